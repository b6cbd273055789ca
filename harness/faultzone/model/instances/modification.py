"""What an instance can be changed to: the answer agrees with what ModifyInstanceSpec then does."""

from __future__ import annotations

from typing import Any

from faultzone.api.ecs.specs import DescribeResourcesModification
from faultzone.api.errors import ApiError
from faultzone.model.core import retyping
from faultzone.model.core.catalog import InstanceType, stock
from faultzone.model.core.disks import SYSTEM_DISK, category_fits, disk_categories, disk_gib
from faultzone.model.core.dispatch import Answer, handles
from faultzone.model.core.state import AccountState, Instance, RegionState


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
    kinds = _kinds(region, instance, request)
    found = {kind.name: retyping.room_for(region, instance, kind) is not None for kind in kinds}
    supported: list[dict[str, Any]] = [{"Value": value, **stock(there)} for value, there in found.items()]
    if of_disks:
        supported = []
        for category in disk_categories(region.edition, SYSTEM_DISK):
            if not any(category_fits(kind, category) for kind in kinds):
                continue
            least, most = disk_gib(region.edition, SYSTEM_DISK, category)
            sizes = {"Min": least, "Max": most, "Unit": "GiB"}
            supported.append({"Value": category, **stock(any(found.values())), **sizes})
    resources = [{"Type": request.destination_resource, "SupportedResources": {"SupportedResource": supported}}]
    shown = {
        "RegionId": region.id,
        "ZoneId": zone,
        **stock(any(found.values())),
        "AvailableResources": {"AvailableResource": resources},
    }
    return {"AvailableZones": {"AvailableZone": [shown]}}


def _kinds(region: RegionState, instance: Instance, request: DescribeResourcesModification) -> list[InstanceType]:
    """The types that the instance can be changed to, of those that are asked for."""
    of_types = request.destination_resource == "InstanceType"
    return [
        kind
        for kind in region.catalog.types_of(request.instance_type)
        if kind.name != instance.kind.name
        and retyping.why_not(region, instance, kind) is None
        and not (of_types and request.cores not in (None, kind.vcpus))
        and not (of_types and request.memory not in (None, kind.memory_gib))
    ]
