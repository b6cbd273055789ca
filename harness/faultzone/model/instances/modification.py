"""What an instance can be changed to: the answer agrees with what ModifyInstanceSpec then does."""

from __future__ import annotations

from typing import Any

from faultzone.api.ecs.shared import DISK_CATEGORIES, SYSTEM_DISK_GIB
from faultzone.api.ecs.specs import DescribeResourcesModification
from faultzone.api.errors import ApiError
from faultzone.model.core import placement
from faultzone.model.core.catalog import InstanceType
from faultzone.model.core.dispatch import Answer, handles
from faultzone.model.core.state import AccountState, Instance, RegionState
from faultzone.model.instances.specs import why_not


@handles(DescribeResourcesModification)
def describe_resources_modification(
    region: RegionState, account: AccountState, request: DescribeResourcesModification
) -> Answer:
    """DescribeResourcesModification: in the zone of the instance, since none leaves its zone
    (instance/resources-modification)."""
    instance = account.instance(request.resource_id)
    zone = region.zone_ids[instance.zone]
    if request.zone_id is not None and region.zone_number(request.zone_id) != instance.zone:
        return {"AvailableZones": {"AvailableZone": []}}
    if instance.charge_type == "PostPaid" and request.operation_type != "Upgrade":
        raise ApiError.of("InvalidParameter", name="OperationType", why="pay-as-you-go knows Upgrade alone")
    of_disks = request.destination_resource == "SystemDisk"
    if of_disks and request.instance_type is None:
        raise ApiError.of("MissingParameter", name="InstanceType")
    found = {kind.name: _is_there(region, instance, kind) for kind in _kinds(region, instance, request)}
    values = {category: any(found.values()) for category in DISK_CATEGORIES} if of_disks else found
    sizes: dict[str, Any] = {}
    if of_disks:
        sizes = {"Min": SYSTEM_DISK_GIB[0], "Max": SYSTEM_DISK_GIB[1], "Unit": "GiB"}
    supported = [{"Value": value, **_stock(there=there), **sizes} for value, there in values.items()]
    resources = [{"Type": request.destination_resource, "SupportedResources": {"SupportedResource": supported}}]
    shown = {
        "RegionId": region.id,
        "ZoneId": zone,
        **_stock(there=any(found.values())),
        "AvailableResources": {"AvailableResource": resources},
    }
    return {"AvailableZones": {"AvailableZone": [shown]}}


def _kinds(region: RegionState, instance: Instance, request: DescribeResourcesModification) -> list[InstanceType]:
    """The types that the instance can be changed to, of those that are asked for."""
    kinds = list(region.catalog.types.values())
    if request.instance_type is not None:
        kind = region.catalog.find_type(request.instance_type)
        if kind is None:
            raise region.catalog.no_type(request.instance_type)
        kinds = [kind]
    of_types = request.destination_resource == "InstanceType"
    return [
        kind
        for kind in kinds
        if kind.name != instance.kind.name
        and why_not(region, instance, kind) is None
        and not (of_types and request.cores not in (None, kind.vcpus))
        and not (of_types and request.memory not in (None, kind.memory_gib))
    ]


def _is_there(region: RegionState, instance: Instance, kind: InstanceType) -> bool:
    """Whether there is a host for the instance as one of a type."""
    if region.placement.fits_as(instance, kind):
        return True
    return placement.choose_elsewhere(region, instance, kind=kind) is not None


def _stock(*, there: bool) -> dict[str, str]:
    return {
        "Status": "Available" if there else "SoldOut",
        "StatusCategory": "WithStock" if there else "WithoutStock",
    }
