"""Maintenance: what the provider plans for instances, and what their users make of it.

Source: manual 3.1 (event/default-action, event/failed, event/canceled); API reference, RedeployInstance (2019-06),
AcceptInquiredSystemEvent and the maintenance attributes (2020-12).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from faultzone.api.ecs.events import (
    ACTIONS_ON_MAINTENANCE,
    AcceptInquiredSystemEvent,
    DescribeInstanceMaintenanceAttributes,
    ModifyInstanceMaintenanceAttributes,
    RedeployInstance,
)
from faultzone.api.errors import ApiError
from faultzone.clock import SECOND
from faultzone.model.core import events, locks, placement, transitions
from faultzone.model.core.dispatch import Answer, handles
from faultzone.model.core.fields import rows_of_ids
from faultzone.model.core.hosts import DOWN
from faultzone.model.core.listing import listing
from faultzone.model.core.state import PENDING, RUNNING, STOPPED, AccountState, Instance, RegionState

if TYPE_CHECKING:
    from faultzone.model.core.events import SystemEvent

_HOURS: Final = 24
#: The ends of a window, as `HH:mm:ss`.
_ENDS: Final = ("StartTime", "EndTime")


def plan(
    region: RegionState, instance: Instance, type: str, not_before: int | None, *, fails: bool, inquires: bool = False
) -> SystemEvent:
    """Plan maintenance of an instance: a reboot, on its host.

    not_before: when it is due, in milliseconds since the epoch; by default after the usual notice, in the window
        that its user prefers (event/window-maintenance, event/maintenance-window).
    fails: whether its execution will fail.
    inquires: whether it waits for the user's consent instead (later editions).
    """

    def execute() -> bool | None:
        return False if fails else _maintain(region, instance)

    if inquires:
        return events.inquire(region, instance, type, execute=execute)
    if not_before is None:
        not_before = region.clock.now + region.edition.event.maintenance_notice * SECOND
        for window in instance.options.maintenance_windows:
            least = region.clock.now + region.edition.event.maintenance_notice_least * SECOND
            not_before = region.rules.in_window(least, *(int(window[end].partition(":")[0]) for end in _ENDS))
    return events.schedule(region, instance, type, not_before=not_before, execute=execute)


def _maintain(region: RegionState, instance: Instance) -> bool | None:
    """Reboot an instance; where it is not running there is nothing to reboot, and where it is lost that fails."""
    if instance.impaired and (instance.host is None or instance.host.state == DOWN):
        return False
    if instance.status in (PENDING, STOPPED):
        return True
    if instance.status == RUNNING:
        transitions.halt(region, instance, then="start", force=False)
    # Else it is being restarted or stopped already; recovery settles the event once it is Running or Stopped.
    return None


@handles(AcceptInquiredSystemEvent)
def accept_inquired_event(region: RegionState, account: AccountState, request: AcceptInquiredSystemEvent) -> Answer:
    """AcceptInquiredSystemEvent: an event that is Inquiring executes."""
    event = region.events.get(request.event_id)
    if event is None or event.account != account.id or event.status != events.INQUIRING:
        raise ApiError("InvalidEventId.NoInquiringEventFound")
    events.accept(region, event)
    return {}


@handles(RedeployInstance)
def redeploy_instance(region: RegionState, account: AccountState, request: RedeployInstance) -> Answer:
    """RedeployInstance: to another host, while maintenance is planned or the host of its local disks is waited for
    (instance/redeploy)."""
    instance = account.instance(request.instance_id)
    planned = [
        event.type
        for event in region.active_events.get(instance.id, ())
        if event.type.startswith("SystemMaintenance.") and event.may_become(events.AVOIDED) and not event.simulated
    ]
    lost = instance.host is not None and instance.host.state == DOWN
    stranded = lost and instance.status != PENDING and instance.kind.local_disks
    if not planned and not stranded:
        raise ApiError("InvalidOperation.RedeployInstance")
    if not stranded and (instance.impaired or instance.status not in (RUNNING, STOPPED)):
        raise ApiError("IncorrectInstanceStatus")
    locks.check(region, instance, "RebootInstance")
    host = placement.choose_elsewhere(region, instance)
    if host is None:
        raise ApiError("OperationDenied.NoStock")
    events.avoid(region, instance, *planned, simulated=False)
    if instance.status == RUNNING and not stranded:
        transitions.halt(region, instance, then="start", force=request.force_stop)
        placement.relocate(region, instance, host)
    else:
        instance.next = None
        placement.relocate(region, instance, host)
        transitions.start_on(region, instance, host)
    return {"TaskId": region.world.resource_id("t")}


@handles(ModifyInstanceMaintenanceAttributes)
def modify_attributes(
    region: RegionState, account: AccountState, request: ModifyInstanceMaintenanceAttributes
) -> Answer:
    """ModifyInstanceMaintenanceAttributes (recovery/action-on-maintenance)."""
    instances = [account.instance(each) for each in request.instance_ids]
    for window in request.windows:
        _check_window(window)
    if request.action == "AutoRedeploy" and not all(each.kind.local_disks for each in instances):
        raise ApiError.of("InvalidParameter", name="ActionOnMaintenance", why="AutoRedeploy is for local disks")
    for instance in instances:
        before = instance.options
        after = before._replace(
            action_on_maintenance=request.action or before.action_on_maintenance,
            maintenance_windows=request.windows or before.maintenance_windows,
            notify_on_maintenance=before.notify_on_maintenance if request.notify is None else request.notify,
        )
        region.change(instance, "options", after)
    return {}


def _check_window(window: dict[str, Any]) -> None:
    """Windows are of whole hours, one at the least and 23 at the most."""
    hours = []
    for name in _ENDS:
        hour, _, rest = str(window.get(name, "")).partition(":")
        if not (hour.isascii() and hour.isdigit() and len(hour) <= 2) or int(hour) >= _HOURS or rest.strip("0:"):
            raise ApiError.of("InvalidParameter", name="MaintenanceWindow", why="write whole hours such as 02:00:00")
        hours.append(int(hour))
    if hours[0] == hours[1]:
        raise ApiError.of("InvalidParameter", name="MaintenanceWindow", why="it has 1 to 23 hours")


@handles(DescribeInstanceMaintenanceAttributes)
def describe_attributes(
    region: RegionState, account: AccountState, request: DescribeInstanceMaintenanceAttributes
) -> Answer:
    """DescribeInstanceMaintenanceAttributes: unknown ids are left out."""
    named = [rows_of_ids(account, request.instance_ids)] if request.instance_ids else []
    return listing("MaintenanceAttributes", "MaintenanceAttribute", account.book.found(*named), request, _render)


def _render(instance: Instance) -> dict[str, Any]:
    supported = ACTIONS_ON_MAINTENANCE[: 3 if instance.kind.local_disks else 2]
    return {
        "InstanceId": instance.id,
        "ActionOnMaintenance": {
            "Value": instance.options.action_on_maintenance or supported[0],
            "DefaultValue": supported[0],
            "SupportedValues": {"SupportedValue": list(supported)},
        },
        "MaintenanceWindows": {"MaintenanceWindow": list(instance.options.maintenance_windows)},
        "NotifyOnMaintenance": instance.options.notify_on_maintenance,
    }
