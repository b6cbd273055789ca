"""Which instance types there are, as the Describe actions tell it."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable
from typing import Any, Final, NamedTuple

from faultzone.api.answer import CURRENT
from faultzone.api.ecs.types import (
    DescribeImageSupportInstanceTypes,
    DescribeInstanceTypeFamilies,
    DescribeInstanceTypes,
)
from faultzone.editions.type_facts import facts_of
from faultzone.model.core.catalog import InstanceType
from faultzone.model.core.dispatch import Answer, handles
from faultzone.model.core.listing import BARE, MOST_BY_TOKEN, Token, listing
from faultzone.model.core.own_images import find_image
from faultzone.model.core.state import AccountState, RegionState

#: How many disks an instance may have: the system disk, and as many data disks as a launch takes.
_DISKS: Final = 17
#: What the service calls a Gbit/s, in kbit/s.
_KBIT: Final = 1_024_000
_LARGEST_PAGE: Final = 1600


class _Filter(NamedTuple):
    """What a parameter demands of a field that is shown."""

    attribute: str
    field: str
    holds: Callable[[Any, Any], object]


def _has(shown: str, asked: str) -> bool:
    return asked in shown


def _has_one(shown: str, asked: tuple[str, ...]) -> bool:
    return any(each in shown for each in asked)


def _is_one(shown: str, asked: tuple[str, ...]) -> bool:
    return shown in asked


#: instance/type-filters, instance/type-limits
_FILTERS: Final = (
    _Filter("instance_type_family", "InstanceTypeFamily", operator.eq),
    _Filter("instance_type_families", "InstanceTypeFamily", _is_one),
    _Filter("architecture", "CpuArchitecture", operator.eq),
    _Filter("architectures", "CpuArchitecture", _is_one),
    _Filter("category", "InstanceCategory", operator.eq),
    _Filter("categories", "InstanceCategory", _is_one),
    _Filter("level", "InstanceFamilyLevel", operator.eq),
    _Filter("gpu", "GPUSpec", _has),
    _Filter("gpus", "GPUSpec", _has_one),
    _Filter("processor", "PhysicalProcessorModel", _has),
    _Filter("processors", "PhysicalProcessorModel", _has_one),
    _Filter("local_disks", "LocalStorageCategory", operator.eq),
    _Filter("local_disk_kinds", "LocalStorageCategory", _is_one),
    _Filter("nvme", "NvmeSupport", operator.eq),
    _Filter("least_vcpus", "CpuCoreCount", operator.ge),
    _Filter("most_vcpus", "CpuCoreCount", operator.le),
    _Filter("least_memory", "MemorySize", operator.ge),
    _Filter("most_memory", "MemorySize", operator.le),
    _Filter("least_gpus", "GPUAmount", operator.ge),
    _Filter("most_gpus", "GPUAmount", operator.le),
    _Filter("least_base", "CpuSpeedFrequency", operator.ge),
    _Filter("most_base", "CpuSpeedFrequency", operator.le),
    _Filter("least_turbo", "CpuTurboFrequency", operator.ge),
    _Filter("most_turbo", "CpuTurboFrequency", operator.le),
    _Filter("least_disks", "DiskQuantity", operator.ge),
    _Filter("least_local_disks", "LocalStorageAmount", operator.ge),
    _Filter("least_local_disk", "LocalStorageCapacity", operator.ge),
    _Filter("least_cards", "EniQuantity", operator.ge),
    _Filter("least_addresses", "EniPrivateIpAddressQuantity", operator.ge),
    _Filter("least_v6_addresses", "EniIpv6AddressQuantity", operator.ge),
    _Filter("least_bandwidth_in", "InstanceBandwidthRx", operator.ge),
    _Filter("least_bandwidth_out", "InstanceBandwidthTx", operator.ge),
    _Filter("least_packets_in", "InstancePpsRx", operator.ge),
    _Filter("least_packets_out", "InstancePpsTx", operator.ge),
    _Filter("least_queues", "PrimaryEniQueueNumber", operator.ge),
    _Filter("least_more_queues", "SecondaryEniQueueNumber", operator.ge),
    _Filter("least_rdma_cards", "EriQuantity", operator.ge),
    _Filter("least_pairs", "QueuePairNumber", operator.ge),
)


@handles(DescribeInstanceTypes)
def describe_instance_types(region: RegionState, account: AccountState, request: DescribeInstanceTypes) -> Answer:
    """DescribeInstanceTypes: all that meet each filter; later editions page them by token
    (instance/type-pages)."""
    today, given = region.edition.has(CURRENT), request.given
    asked = [each for each in _FILTERS if each.attribute in given]
    shown = (_render(kind, today=today) for kind in _types(region, request))
    found = [each for each in shown if all(row.holds(each.get(row.field, 0), given[row.attribute]) for row in asked)]
    token = None
    if request.max_results is not None or request.next_token is not None:
        token = Token(request.next_token, request.max_results or (_LARGEST_PAGE if today else MOST_BY_TOKEN))
    return listing("InstanceTypes", "InstanceType", found, None, token=token, envelope=BARE)


def _types(region: RegionState, request: DescribeInstanceTypes) -> Iterable[InstanceType]:
    """The types that are listed, in their order; or those of these names, also those known by the rule of names."""
    asked = request.instance_types
    if not asked:
        return region.catalog.types.values()
    listed = [kind for name, kind in region.catalog.types.items() if name in asked]
    named = (region.catalog.find_type(name) for name in sorted({*asked} - region.catalog.types.keys()))
    return [*listed, *(kind for kind in named if kind is not None)]


def _render(kind: InstanceType, *, today: bool) -> dict[str, Any]:
    shown = {
        "InstanceTypeId": kind.name,
        "InstanceTypeFamily": kind.family,
        "CpuCoreCount": kind.vcpus,
        "MemorySize": kind.memory_gib,
        "LocalStorageAmount": kind.local_disks,
        "LocalStorageCapacity": kind.local_disk_gib,
        "LocalStorageCategory": "" if not kind.local_disks else "local_disk",
        "GPUAmount": kind.gpus,
        "GPUSpec": kind.gpu,
    }
    return {**shown, **_render_today(kind)} if today else shown


def _render_today(kind: InstanceType) -> dict[str, Any]:
    """What later documentation tells of a type besides (instance/type-facts)."""
    facts = facts_of(kind.family, kind.vcpus, kind.gpu, local_disks=bool(kind.local_disks))
    network, cores = facts.network, kind.vcpus // 2 or 1
    bandwidth, packets = round(network.gbit * _KBIT), network.packets * 1000
    return {
        "LocalStorageCategory": facts.local_disks,
        "CpuArchitecture": "ARM" if facts.arm else "X86",
        "InstanceCategory": facts.category,
        "InstanceFamilyLevel": facts.level,
        "NvmeSupport": "required" if facts.nvme else "unsupported",
        "PhysicalProcessorModel": facts.processor,
        "CpuSpeedFrequency": facts.base_ghz,
        "CpuTurboFrequency": facts.turbo_ghz,
        "GPUMemorySize": facts.gpu_gib,
        "DiskQuantity": _DISKS,
        "EniQuantity": network.cards,
        "EniTotalQuantity": network.cards,
        "EniPrivateIpAddressQuantity": network.addresses,
        "EniIpv6AddressQuantity": network.addresses,
        "InstanceBandwidthRx": bandwidth,
        "InstanceBandwidthTx": bandwidth,
        "InstancePpsRx": packets,
        "InstancePpsTx": packets,
        "MaximumQueueNumberPerEni": network.queues,
        "PrimaryEniQueueNumber": network.queues,
        "SecondaryEniQueueNumber": network.queues,
        "TotalEniQueueQuantity": network.queues * network.cards,
        "NetworkCardQuantity": 1,
        "NetworkCards": {"NetworkCardInfo": [{"NetworkCardIndex": 0}]},
        "SupportedBootModes": {"SupportedBootMode": [*facts.boot_modes]},
        "CpuOptions": {
            "Core": cores,
            "CoreFactor": 1,
            "ThreadsPerCore": kind.vcpus // cores,
            "HyperThreadingAdjustable": kind.vcpus > cores,
            "SupportedTopologyTypes": {
                "SupportedTopologyType": ["ContinuousCoreToHTMapping", "DiscreteCoreToHTMapping"]
            },
        },
    }


@handles(DescribeInstanceTypeFamilies)
def describe_families(region: RegionState, account: AccountState, request: DescribeInstanceTypeFamilies) -> Answer:
    """DescribeInstanceTypeFamilies: all, or those of a generation (instance/list-families)."""
    return {
        "InstanceTypeFamilies": {
            "InstanceTypeFamily": [
                {"InstanceTypeFamilyId": family.name, "Generation": family.generation}
                for family in region.catalog.families.values()
                if request.generation in (None, family.generation)
            ]
        }
    }


@handles(DescribeImageSupportInstanceTypes)
def describe_image_support(
    region: RegionState, account: AccountState, request: DescribeImageSupportInstanceTypes
) -> Answer:
    """DescribeImageSupportInstanceTypes: the types of the processor that an image is made for
    (instance/image-types)."""
    image = find_image(region, account, request.image_id or "")
    if image is None:
        raise region.catalog.no_image(request.image_id or "")
    kinds = [kind for kind in region.catalog.types.values() if region.rules.runs_on(image, kind)]
    shown = [
        {
            "InstanceTypeId": kind.name,
            "InstanceTypeFamily": kind.family,
            "CpuCoreCount": kind.vcpus,
            "MemorySize": kind.memory_gib,
        }
        for kind in kinds
    ]
    return {"RegionId": region.id, "ImageId": image.id, "InstanceTypes": {"InstanceType": shown}}
