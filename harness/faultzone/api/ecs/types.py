"""The actions that tell which instance types there are.

Source: API reference of February 2019, chapter "Instances"; that of October 2026.
"""

from __future__ import annotations

from typing import Any, Final

from faultzone.api.answer import CURRENT, Answer, Number, Structure, Text, Truth, items
from faultzone.api.ecs.reasons import NO_EFFECT, UNKNOWN
from faultzone.api.ecs.resources import Read
from faultzone.api.request import integer, number, structures, text, texts

_RATES: Final = Number("VpcBandwidth", "VpcBurstBandwidth", "EbsBandwidth", "EbsBurstBandwidth")
_ONE_CARD: Final = "a type has one card"
_NO_RDMA: Final = "no type has interfaces for RDMA here"
_NO_CREDITS: Final = "the catalogue does not have the credits of burstable types"
#: What today's documentation has of types besides.
_OF_TYPES_TODAY: Final = (
    Text("CpuArchitecture", "InstanceCategory", "InstanceFamilyLevel", since=CURRENT),
    Text("NvmeSupport", "PhysicalProcessorModel", since=CURRENT),
    Number("CpuSpeedFrequency", "CpuTurboFrequency", "GPUMemorySize", since=CURRENT),
    Number("BaselineCredit", "InitialCredit", since=CURRENT, empty=_NO_CREDITS),
    Number("DiskQuantity", "NetworkCardQuantity", "EniQuantity", "EniTotalQuantity", since=CURRENT),
    Number("EriQuantity", "QueuePairNumber", since=CURRENT, empty=_NO_RDMA),
    Number("EniIpv6AddressQuantity", "EniPrivateIpAddressQuantity", since=CURRENT),
    Number("InstanceBandwidthRx", "InstanceBandwidthTx", "InstancePpsRx", "InstancePpsTx", since=CURRENT),
    Number("MaximumQueueNumberPerEni", "PrimaryEniQueueNumber", since=CURRENT),
    Number("SecondaryEniQueueNumber", "TotalEniQueueQuantity", since=CURRENT),
    Truth("EniTrunkSupported", "JumboFrameSupport", "NetworkEncryptionSupport", since=CURRENT, empty=UNKNOWN),
    items("Attributes", "Attribute", Text("Name", "Value"), since=CURRENT, empty=UNKNOWN),
    items("SupportedBootModes", "SupportedBootMode", since=CURRENT),
    items("NetworkCards", "NetworkCardInfo", Number("NetworkCardIndex", empty=_ONE_CARD), since=CURRENT),
    Structure("Clock", Text("PtpSupport"), since=CURRENT, empty=UNKNOWN),
    Structure("SecurityOptions", Text("SecureBootSupport"), since=CURRENT, empty=UNKNOWN),
    Structure(
        "CpuOptions",
        Number("Core", "CoreFactor", "ThreadsPerCore"),
        Truth("HyperThreadingAdjustable"),
        Text("NestedVirtualizationSupport", empty=UNKNOWN),
        items("SupportedTopologyTypes", "SupportedTopologyType"),
        since=CURRENT,
    ),
    Structure(
        "EnhancedNetwork",
        Truth("ExpressSupport", "RssSupport", "SriovSupport"),
        Number("VfQueueNumberPerEni"),
        since=CURRENT,
        empty="the documentation does not publish it",
    ),
    Structure(
        "NetworkInfo",
        Structure("BandwidthWeighting", items("WeightingInfos", "WeightingInfo", Text("Name"), _RATES)),
        since=CURRENT,
        empty=UNKNOWN,
    ),
)
ARCHITECTURES: Final = ("X86", "ARM")
LOCAL_DISKS: Final = ("local_hdd_pro", "local_ssd_pro")
#: The page describes six; families that came later are numbered on.
GENERATIONS: Final = tuple(f"ecs-{number}" for number in range(1, 10))
CATEGORIES: Final = (
    "General-purpose",
    "Compute-optimized",
    "Memory-optimized",
    "Big data",
    "Local SSDs",
    "High Clock Speed",
    "Enhanced",
    "Shared",
    "Compute-optimized with GPU",
    "Visual Compute-optimized",
    "Heterogeneous Service",
    "Compute-optimized with FPGA",
    "Compute-optimized with NPU",
    "ECS Bare Metal",
    "Super Computing Cluster",
    "High Performance Compute",
)


class DescribeInstanceTypes(Read):
    """List instance types."""

    instance_type_family: str | None = text("InstanceTypeFamily")
    instance_type_families: tuple[str, ...] = texts("InstanceTypeFamilies", most=10, since=CURRENT)
    instance_types: tuple[str, ...] = texts("InstanceTypes", most=100, later={CURRENT: {"most": 10}})
    max_results: int | None = integer(
        "MaxResults", least=1, most=100, since=(2020, 12), later={CURRENT: {"most": 1600}}
    )
    next_token: str | None = text("NextToken", since=(2020, 12))
    additional_attributes: tuple[str, ...] = texts(
        "AdditionalAttributes", since=CURRENT, inert=CURRENT, why="the answer has all of them"
    )
    architecture: str | None = text("CpuArchitecture", among=ARCHITECTURES, since=CURRENT)
    architectures: tuple[str, ...] = texts("CpuArchitectures", most=2, among=ARCHITECTURES, since=CURRENT)
    category: str | None = text("InstanceCategory", among=CATEGORIES, since=CURRENT)
    categories: tuple[str, ...] = texts("InstanceCategories", most=10, among=CATEGORIES, since=CURRENT)
    level: str | None = text(
        "InstanceFamilyLevel", among=("EntryLevel", "EnterpriseLevel", "CreditEntryLevel"), since=CURRENT
    )
    gpu: str | None = text("GPUSpec", since=CURRENT)
    gpus: tuple[str, ...] = texts("GpuSpecs", most=10, since=CURRENT)
    processor: str | None = text("PhysicalProcessorModel", since=CURRENT)
    processors: tuple[str, ...] = texts("PhysicalProcessorModels", most=10, since=CURRENT)
    local_disks: str | None = text("LocalStorageCategory", among=LOCAL_DISKS, since=CURRENT)
    local_disk_kinds: tuple[str, ...] = texts("LocalStorageCategories", most=2, among=LOCAL_DISKS, since=CURRENT)
    nvme: str | None = text("NvmeSupport", among=("required", "unsupported"), since=CURRENT)
    least_vcpus: int | None = integer("MinimumCpuCoreCount", least=1, since=CURRENT)
    most_vcpus: int | None = integer("MaximumCpuCoreCount", least=1, since=CURRENT)
    least_memory: float | None = number("MinimumMemorySize", since=CURRENT)
    most_memory: float | None = number("MaximumMemorySize", since=CURRENT)
    least_gpus: int | None = integer("MinimumGPUAmount", least=1, since=CURRENT)
    most_gpus: int | None = integer("MaximumGPUAmount", least=1, since=CURRENT)
    least_base: float | None = number("MinimumCpuSpeedFrequency", since=CURRENT)
    most_base: float | None = number("MaximumCpuSpeedFrequency", since=CURRENT)
    least_turbo: float | None = number("MinimumCpuTurboFrequency", since=CURRENT)
    most_turbo: float | None = number("MaximumCpuTurboFrequency", since=CURRENT)
    least_disks: int | None = integer("MinimumDiskQuantity", since=CURRENT)
    least_local_disks: int | None = integer("MinimumLocalStorageAmount", since=CURRENT)
    least_local_disk: int | None = integer("MinimumLocalStorageCapacity", since=CURRENT)
    least_cards: int | None = integer("MinimumEniQuantity", since=CURRENT)
    least_addresses: int | None = integer("MinimumEniPrivateIpAddressQuantity", since=CURRENT)
    least_v6_addresses: int | None = integer("MinimumEniIpv6AddressQuantity", since=CURRENT)
    least_bandwidth_in: int | None = integer("MinimumInstanceBandwidthRx", since=CURRENT)
    least_bandwidth_out: int | None = integer("MinimumInstanceBandwidthTx", since=CURRENT)
    least_packets_in: int | None = integer("MinimumInstancePpsRx", since=CURRENT)
    least_packets_out: int | None = integer("MinimumInstancePpsTx", since=CURRENT)
    least_queues: int | None = integer("MinimumPrimaryEniQueueNumber", since=CURRENT)
    least_more_queues: int | None = integer("MinimumSecondaryEniQueueNumber", since=CURRENT)
    least_rdma_cards: int | None = integer("MinimumEriQuantity", since=CURRENT)
    least_pairs: int | None = integer("MinimumQueuePairNumber", since=CURRENT)

    not_simulated = ((_NO_CREDITS, "MinimumBaselineCredit MinimumInitialCredit"),)

    answer = Answer(
        Text("NextToken", since=(2020, 12), when="a page was asked for by token"),
        items(
            "InstanceTypes",
            "InstanceType",
            Text("InstanceTypeId", "InstanceTypeFamily", "LocalStorageCategory"),
            Number("CpuCoreCount", "MemorySize", "LocalStorageAmount", "LocalStorageCapacity"),
            Text("GPUSpec"),
            Number("GPUAmount"),
            *_OF_TYPES_TODAY,
        ),
    )


class DescribeInstanceTypeFamilies(Read):
    """List instance families."""

    needs_region = True

    generation: str | None = text("Generation", among=GENERATIONS)

    answer = Answer(items("InstanceTypeFamilies", "InstanceTypeFamily", Text("InstanceTypeFamilyId", "Generation")))


class DescribeImageSupportInstanceTypes(Read):
    """List the instance types that an image runs on."""

    since = CURRENT
    needs_region = True

    image_id: str | None = text("ImageId", required=True)
    action_type: str | None = text(
        "ActionType", among=("CreateEcs", "ChangeOS"), inert=CURRENT, why="an image runs on a type either way"
    )
    filters: tuple[dict[str, Any], ...] = structures(
        "Filter", text("Key"), text("Value"), gaps=True, inert=CURRENT, why=NO_EFFECT
    )

    answer = Answer(
        Text("RegionId", "ImageId"),
        items(
            "InstanceTypes",
            "InstanceType",
            Text("InstanceTypeId", "InstanceTypeFamily"),
            Number("CpuCoreCount", "MemorySize"),
        ),
    )
