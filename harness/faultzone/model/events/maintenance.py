"""Maintenance: what the provider plans for instances, and what their users make of it.

Source: manual 3.1 (event/default-action, event/failed, event/canceled); API reference, RedeployInstance (2019-06),
AcceptInquiredSystemEvent and the maintenance attributes (2020-12).
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from faultzone.api.ecs.events import (
    ACTIONS_ON_MAINTENANCE,
    AcceptInquiredSystemEvent,
    DescribeInstanceMaintenanceAttributes,
    ModifyInstanceMaintenanceAttributes,
    ModifySystemEventAttribute,
    RedeployInstance,
)
from faultzone.api.errors import ApiError
from faultzone.clock import SECOND, stamp
from faultzone.model.core import events, locks, placement, tasks, transitions
from faultzone.model.core.dispatch import Answer, handles
from faultzone.model.core.fields import rows_of_ids
from faultzone.model.core.filters import read_instant
from faultzone.model.core.hosts import DOWN
from faultzone.model.core.listing import listing
from faultzone.model.core.state import PENDING, RUNNING, STOPPED, AccountState, Instance, RegionState
from faultzone.model.events import operations

if TYPE_CHECKING:
    from faultzone.model.core.events import SystemEvent
    from faultzone.model.core.tasks import Task

#: The ends of a window, and how each is written.
_ENDS: Final = ("StartTime", "EndTime")
_WHOLE_HOUR: Final = r"(?:[01][0-9]|2[0-3]):00:00"


def plan(
    region: RegionState, instance: Instance, type: str, not_before: int | None, *, fails: bool, inquires: bool = False
) -> SystemEvent:
    """Plan maintenance of an instance: a reboot on its host, or what else the type says.

    not_before: when it is due, in milliseconds since the epoch; by default after the usual notice, in the window
        that its user prefers (event/window-maintenance, event/maintenance-window).
    fails: whether its execution will fail.
    inquires: whether it waits for the user's consent instead (later editions).
    """

    def execute() -> bool | None:
        return False if fails else operations.carry_out(region, instance, type)

    if inquires:
        return events.inquire(region, instance, type, execute=execute)
    if not_before is None:
        not_before = _usual_time(region, instance)
    return events.schedule(region, instance, type, not_before=not_before, execute=execute)


def _usual_time(region: RegionState, instance: Instance) -> int:
    """When maintenance is planned for: in the window that its user prefers for the instance, else in one of the
    account's, else after the usual notice."""
    from faultzone.model.events import windows  # Few plan maintenance.

    terms = region.edition.event
    least = region.clock.now + terms.maintenance_notice_least * SECOND
    for window in instance.options.maintenance_windows:
        return region.rules.in_window(least, *(int(window[end].partition(":")[0]) for end in _ENDS))
    found = windows.first_in_window(region, instance, least)
    return region.clock.now + terms.maintenance_notice * SECOND if found is None else found


@handles(AcceptInquiredSystemEvent)
def accept_inquired_event(region: RegionState, account: AccountState, request: AcceptInquiredSystemEvent) -> Answer:
    """AcceptInquiredSystemEvent: an event that is Inquiring executes."""
    event = region.events.get(request.event_id)
    if event is None or event.account != account.id or event.status != events.INQUIRING:
        raise ApiError("InvalidEventId.NoInquiringEventFound")
    events.accept(region, event)
    return {}


@handles(ModifySystemEventAttribute)
def modify_event(region: RegionState, account: AccountState, request: ModifySystemEventAttribute) -> Answer:
    """ModifySystemEventAttribute: maintenance that is Scheduled comes sooner, or goes back towards its first time
    (event/move, event/move-bounds, event/move-refusals)."""
    instance = account.instance(request.instance_id)
    event = region.events.get(request.event_id)
    if event is None or event.instance != instance.id:
        raise ApiError("InvalidEventId.NotFound")
    not_before = read_instant(request.not_before, name="NotBefore")
    if event.status != events.SCHEDULED or not event.type.startswith("SystemMaintenance."):
        raise ApiError.of("InvalidParameter", name="EventId", why="only maintenance that is Scheduled can be moved")
    if not_before < region.clock.now:
        raise ApiError("InvalidNotBefore.Passed")
    assert event.initial is not None
    if not_before > event.initial:
        why = f"it cannot be later than {stamp(event.initial)}, for which the event was first planned"
        raise ApiError.of("InvalidParameter", name="NotBefore", why=why)
    events.move(region, event, not_before)
    return {}


@handles(RedeployInstance)
def redeploy_instance(region: RegionState, account: AccountState, request: RedeployInstance) -> Answer:
    """RedeployInstance: to another host, while maintenance is planned or the host of its local disks is waited for
    (instance/redeploy)."""
    instance = account.instance(request.instance_id)
    planned = [
        event
        for event in region.active_events.get(instance.id, ())
        if not event.simulated and region.rules.redeploy_answers(event.type, event.status)
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
    for event in planned:
        events.settle(region, event, events.AVOIDED)
    task = tasks.begin(region, account, "RedeployInstance", "InstanceId", instance.id)
    _follow(region, instance, task)
    if instance.status == RUNNING and not stranded:
        transitions.halt(region, instance, then="start", force=request.force_stop)
        placement.relocate(region, instance, host)
    else:
        instance.next = None
        placement.relocate(region, instance, host)
        transitions.start_on(region, instance, host)
    return {"TaskId": task.id}


class Redeployments(dict[str, "Task"]):
    """The tasks of a region that redeploy an instance, by its id."""


def _follow(region: RegionState, instance: Instance, task: Task) -> None:
    """See a task through to its end: the instance runs, or will not (recovery/task)."""
    if region.kept(Redeployments) is None:
        region.reactions.append(partial(_react, region))
    redeployments = region.part(Redeployments)
    if (earlier := redeployments.get(instance.id)) is not None:
        tasks.end(region, earlier, tasks.FAILED)
    redeployments[instance.id] = task


def _react(region: RegionState, instance: Instance, before: str | None, after: str) -> None:
    if after == RUNNING or after == "Released" or (after == STOPPED and not instance.waits_for_host):
        task = region.part(Redeployments).pop(instance.id, None)
        if task is not None:
            tasks.end(region, task, tasks.FINISHED if after == RUNNING else tasks.FAILED)


@handles(ModifyInstanceMaintenanceAttributes)
def modify_attributes(
    region: RegionState, account: AccountState, request: ModifyInstanceMaintenanceAttributes
) -> Answer:
    """ModifyInstanceMaintenanceAttributes: what is left out stays (recovery/action-on-maintenance,
    event/maintenance-attributes)."""
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
    """Windows are of whole hours, one at the least and 23 at the most (event/maintenance-window-form)."""
    for name in _ENDS:
        if not re.fullmatch(_WHOLE_HOUR, window.get(name, "")):
            why = "write both ends as whole hours, such as 02:00:00"
            raise ApiError.of("InvalidParameter", name=f"MaintenanceWindow.{name}", why=why)
    if window["StartTime"] == window["EndTime"]:
        raise ApiError.of("InvalidParameter", name="MaintenanceWindow", why="it has 1 to 23 hours")


@handles(DescribeInstanceMaintenanceAttributes)
def describe_attributes(
    region: RegionState, account: AccountState, request: DescribeInstanceMaintenanceAttributes
) -> Answer:
    """DescribeInstanceMaintenanceAttributes: unknown ids are left out (event/maintenance-attributes)."""
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
