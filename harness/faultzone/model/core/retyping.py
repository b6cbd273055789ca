"""Other types for instances: which an instance can have, where it goes with it, and from when on it has it.

Source: API reference 2026-10, ModifyInstanceSpec and ModifyPrepayInstanceSpec.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from faultzone.api.errors import ApiError
from faultzone.model.core import events, placement
from faultzone.model.core.options import Ordered

if TYPE_CHECKING:
    from faultzone.model.core.catalog import InstanceType
    from faultzone.model.core.hosts import Host
    from faultzone.model.core.state import Instance, RegionState


def why_not(region: RegionState, instance: Instance, kind: InstanceType) -> str | None:
    """The code with which a change of an instance to a type is refused, whatever there is in stock; None if it is
    not (instance/modify-spec-type, instance/resources-modification)."""
    if instance.kind.local_disks or kind.local_disks:
        return "CategoryViolation"
    family = region.catalog.find_family(kind.family)
    if family is not None and family.retired:
        return "InstanceType.Offline"
    if not region.rules.runs_on(instance.image, kind):
        return "ImageNotSupportInstanceType"
    if instance.group is not None and not region.rules.family_in_set(kind, instance.group.strategy):
        return "DependencyViolation.InstanceType"
    return None


def room_for(region: RegionState, instance: Instance, kind: InstanceType) -> Host | None:
    """The host that an instance would have as one of a type: its own where there is room, else another of its zone;
    None where there is none."""
    if region.placement.fits_as(instance, kind):
        return instance.host
    return placement.choose_elsewhere(region, instance, kind=kind)


def find_host(region: RegionState, instance: Instance, kind: InstanceType) -> Host | None:
    """The host that an instance has once it is of a type; None for one that is stopped without charge
    (instance/modify-spec-stock).

    Raises:
        ApiError: `OperationDenied.NoStock`.
    """
    host = room_for(region, instance, kind)
    if host is None:
        raise ApiError("OperationDenied.NoStock")
    return None if instance.host is None else host


def set_type(
    region: RegionState, instance: Instance, kind: InstanceType, host: Host | None, category: str | None
) -> None:
    """Give a stopped instance another type, on this host; what was chosen of the vCPUs of the other is gone.

    Args:
        category: of the system disk of what becomes I/O optimized; None where nobody said one.
    """
    before = instance.kind
    if host is not None and host is not instance.host:
        placement.relocate(region, instance, host, plans=events.AVOIDED, kind=kind)
    else:
        placement.vacate(region, instance, plans=None)
        region.change(instance, "kind", kind)
        if host is not None:
            placement.allocate(region, instance, host)
    region.meter_as(instance, before)
    options = instance.options._replace(cpu_options={}, queue_number=None, ordered=None)
    if category is not None and options.io_optimized == "none":
        # It is for what becomes I/O optimized alone.
        options = options._replace(io_optimized="optimized", system_disk={**options.system_disk, "Category": category})
    region.change(instance, "options", options)


def order(region: RegionState, instance: Instance, kind: InstanceType, category: str | None) -> None:
    """Let a running instance have another type from its next start or restart on; see `set_type`."""
    ordered = None if kind.name == instance.kind.name else Ordered(kind, category)
    region.change(instance, "options", instance.options._replace(ordered=ordered))


def take_up(region: RegionState, instance: Instance) -> None:
    """Give an instance that has shut down the type that was ordered while it ran; where there is no room for that any
    more it keeps the one that it has until the next time (billing/prepay-spec-running)."""
    ordered = instance.options.ordered
    if ordered is None or instance.impaired:
        return
    host = room_for(region, instance, ordered.kind)
    if host is not None:
        set_type(region, instance, ordered.kind, host, ordered.category)
