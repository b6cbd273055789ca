"""What users see of system events, and the events that they simulate.

Source: API reference of February 2019, DescribeInstancesFullStatus, DescribeInstanceHistoryEvents,
CreateSimulatedSystemEvents and CancelSimulatedSystemEvents.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any, Final

from faultzone.api.answer import CURRENT
from faultzone.api.ecs.events import (
    CancelSimulatedSystemEvents,
    CreateSimulatedSystemEvents,
    DescribeInstanceHistoryEvents,
    DescribeInstancesFullStatus,
)
from faultzone.api.errors import ApiError
from faultzone.clock import read_stamp, stamp
from faultzone.model.core import events
from faultzone.model.core.dispatch import Answer, handles
from faultzone.model.core.events import SystemEvent
from faultzone.model.core.listing import listing
from faultzone.model.core.state import PENDING, STARTING, STOPPED, AccountState, Instance, RegionState

#: The numbers beside the names. Samples have those of 1, 34 and 65 (types), 0, 8, 24 and 28 (states) and 0, 64 and 128
#: (health); the others are ours.
TYPE_CODES: Final = {
    "SystemMaintenance.Reboot": 1,
    "SystemMaintenance.Stop": 2,
    "SystemMaintenance.RebootAndIsolateErrorDisk": 3,
    "SystemMaintenance.Redeploy": 4,
    "InstanceExpiration.Stop": 34,
    "InstanceExpiration.Delete": 35,
    "AccountUnbalanced.Stop": 36,
    "AccountUnbalanced.Delete": 37,
    "SystemFailure.Reboot": 65,
    "SystemFailure.Stop": 66,
    "SystemFailure.Redeploy": 67,
    "InstanceFailure.Reboot": 129,
    "SecurityPunish.Locked": 161,
}
STATE_CODES: Final = {
    events.EXECUTED: 0,
    events.FAILED: 4,
    events.AVOIDED: 8,
    events.CANCELED: 12,
    events.EXECUTING: 20,
    events.SCHEDULED: 24,
    events.INQUIRING: 28,
}
HEALTH_CODES: Final = {
    "Maintaining": 0,
    "Ok": 0,
    "Initializing": 16,
    "InsufficientData": 32,
    "Warning": 64,
    "Impaired": 128,
    "NotApplicable": 256,
}
STATUS_CODES: Final = {"Pending": 0, "Running": 1, "Starting": 2, "Stopping": 3, "Stopped": 4}

Filter = Callable[[SystemEvent], bool]


def health(region: RegionState, instance: Instance) -> str:
    """The health of an instance (recovery/health)."""
    if instance.impaired:
        return "Impaired"
    if any(
        event.status == events.EXECUTING and not event.simulated and event.type.startswith("SystemMaintenance.")
        for event in events.active(region, instance.id)
    ):
        return "Maintaining"
    if instance.status in (PENDING, STARTING):
        return "Initializing"
    return "NotApplicable" if instance.status == STOPPED else "Ok"


def _filters(
    region: RegionState, request: DescribeInstancesFullStatus | DescribeInstanceHistoryEvents
) -> Iterator[Filter]:
    """The conditions that a query sets on events (event/pending-filters, event/history-filters)."""
    r = request
    types = r.event_types or ((r.event_type,) if r.event_type is not None else ())
    for each in types:
        if each not in region.edition.event.types:
            raise ApiError.of("InvalidParameter", name="InstanceEventType", why=f"there is no type {each[:64]}")
    if types:
        yield lambda event: event.type in types
    if r.event_ids:
        yield lambda event: event.id in r.event_ids
    if r.not_before:
        due = _within("NotBefore", r.not_before)
        yield lambda event: event.not_before is not None and due(event.not_before)
    if r.published:
        published = _within("EventPublishTime", r.published)
        yield lambda event: published(event.published)


def _within(name: str, given: Mapping[str, str]) -> Callable[[int], bool]:
    """Whether an instant is in a range, both ends included; each may be left open (event/times-to-the-second).

    Raises:
        ApiError: `InvalidParameter`, or `InvalidParameter.TimeEndBeforeStart` (event/time-range-order).
    """
    ends: dict[str, int] = {}
    for end, value in given.items():
        try:
            ends[end] = read_stamp(value)
        except ValueError:
            raise ApiError.of("InvalidParameter", name=f"{name}.{end}", why="write yyyy-MM-ddTHH:mm:ssZ") from None
    # Instants are told to the second, so the second that is named belongs to the range.
    first, last = ends.get("Start", 0), ends["End"] + 999 if "End" in ends else float("inf")
    if last < first:
        raise ApiError.of("InvalidParameter.TimeEndBeforeStart", name=name)
    return lambda instant: first <= instant <= last


@handles(DescribeInstancesFullStatus)
def describe_full_status(region: RegionState, account: AccountState, request: DescribeInstancesFullStatus) -> Answer:
    """DescribeInstancesFullStatus: unknown ids are left out; what narrows events leaves out instances without one
    (event/pending-query, event/pending-filters)."""
    filters = list(_filters(region, request))
    ids = request.instance_ids
    instances: Iterable[Instance]
    if ids:
        instances = [account.instances[each] for each in dict.fromkeys(ids) if each in account.instances]
    else:
        instances = account.instances.values()
    found: list[tuple[Instance, list[SystemEvent]]] = []
    for instance in instances:
        if request.status not in (None, instance.status):
            continue
        if request.health is not None and health(region, instance) != request.health:
            continue
        planned = [event for event in events.active(region, instance.id) if region.rules.shows_as_planned(event.status)]
        planned = [event for event in planned if all(condition(event) for condition in filters)]
        if planned or not filters:
            found.append((instance, planned))
    return listing(
        "InstanceFullStatusSet",
        "InstanceFullStatusType",
        found,
        request,
        lambda each: _full_status(region, *each),
    )


def _full_status(region: RegionState, instance: Instance, planned: list[SystemEvent]) -> dict[str, Any]:
    return {
        "InstanceId": instance.id,
        "Status": _coded(instance.status, STATUS_CODES),
        "HealthStatus": _coded(health(region, instance), HEALTH_CODES),
        "ScheduledSystemEventSet": {"ScheduledSystemEventType": [_render(event) for event in planned]},
    }


def _coded(name: str, codes: Mapping[str, int]) -> dict[str, Any]:
    return {"Code": codes[name], "Name": name}


def _render(event: SystemEvent) -> dict[str, Any]:
    """What both queries tell of an event (event/times-to-the-second)."""
    assert event.status is not None
    shown: dict[str, Any] = {
        "EventId": event.id,
        "EventType": _coded(event.type, TYPE_CODES),
        "EventCycleStatus": _coded(event.status, STATE_CODES),
        "EventPublishTime": stamp(event.published),
    }
    if event.not_before is not None:
        shown["NotBefore"] = stamp(event.not_before)
    return shown


@handles(DescribeInstanceHistoryEvents)
def describe_history(region: RegionState, account: AccountState, request: DescribeInstanceHistoryEvents) -> Answer:
    """DescribeInstanceHistoryEvents: newest first; without a filter of states those that are settled.

    Clauses: event/history-query, event/history-default, event/history-limits.
    """
    known = region.edition.event.states
    if len(request.cycle_statuses) > (most := len(known)):
        raise ApiError.of("InvalidParameter", name="InstanceEventCycleStatus", why=f"at most {most} are accepted")
    asked = request.cycle_statuses or ((request.cycle_status,) if request.cycle_status is not None else ())
    for each in asked:
        if each not in known:
            raise ApiError.of("InvalidParameter", name="EventCycleStatus", why=f"there is no state {each[:64]}")
    states = asked or region.edition.event.history_default
    where: list[Filter] = [lambda event: event.account == account.id and event.status in states]
    if request.instance_ids:
        where.append(lambda event: event.instance in request.instance_ids)
    where += _filters(region, request)
    kept = events.history(region)
    return listing(
        "InstanceSystemEventSet",
        "InstanceSystemEventType",
        kept,
        request,
        partial(_past, region),
        where=where,
        latest_first=True,
    )


def _past(region: RegionState, event: SystemEvent) -> dict[str, Any]:
    """One event of the history (event/history-fields)."""
    shown = {"InstanceId": event.instance, **_render(event)}
    if event.finished is not None:
        shown["EventFinishTime"] = stamp(event.finished)
    if region.edition.has(CURRENT):
        # Nothing moves an event, so its first NotBefore is the one that it has.
        planned = {} if event.not_before is None else {"InitialNotBefore": shown["NotBefore"]}
        shown |= {"ResourceType": "instance", "ExtendedAttribute": planned}
    return shown


@handles(CreateSimulatedSystemEvents)
def create_simulated(region: RegionState, account: AccountState, request: CreateSimulatedSystemEvents) -> Answer:
    """CreateSimulatedSystemEvents: all of them or none; nothing is done to an instance (event/simulated,
    event/simulated-refusals)."""
    edition = region.edition.event
    if request.event_type not in edition.simulated_types:
        raise ApiError.of("InvalidParameter", name="EventType", why="events of this type cannot be simulated")
    instances = [account.instance(each) for each in dict.fromkeys(request.instance_ids)]
    if not all(region.has_events(each) for each in instances):
        raise ApiError("InvalidInstanceId.NotFound")
    try:
        not_before = read_stamp(request.not_before)
    except ValueError:
        raise ApiError.of("InvalidParameter", name="NotBefore", why="write yyyy-MM-ddTHH:mm:ssZ") from None
    if not_before < region.clock.now:
        raise ApiError("InvalidNotBefore.Passed")
    awaited = sum(event.simulated for each in account.instances for event in region.active_events.get(each, ()))
    if awaited + len(instances) > edition.simulated_limit:
        raise ApiError("SimulatedEventLimitExceeded")
    made = [_simulate(region, each, request.event_type, not_before) for each in instances]
    return {"EventIdSet": {"EventId": [event.id for event in made]}}


def _simulate(region: RegionState, instance: Instance, type: str, not_before: int) -> SystemEvent:
    """Publish a simulated event; of later editions, a failure is Executing at once.

    Clauses: event/simulated-executed, event/simulated-failure-executes.
    """
    if type.startswith("SystemMaintenance.") or region.edition.event.simulated_failure_begins == events.SCHEDULED:
        return events.schedule(region, instance, type, not_before=not_before, execute=lambda: True, simulated=True)
    event = events.begin(region, instance, type, not_before=not_before, simulated=True)
    event.timer = region.clock.call_at(not_before, lambda: events.settle(region, event, events.EXECUTED))
    return event


@handles(CancelSimulatedSystemEvents)
def cancel_simulated(region: RegionState, account: AccountState, request: CancelSimulatedSystemEvents) -> Answer:
    """CancelSimulatedSystemEvents: all of them or none.

    Clauses: event/simulated-canceled, event/cancel-real, event/cancel-settled, event/cancel-refusals.
    """
    found = []
    for event_id in dict.fromkeys(request.event_ids):
        event = region.events.get(event_id)
        if event is None or event.account != account.id:
            raise ApiError("InvalidEventId.NotFound")
        if not event.simulated:
            raise ApiError("CannotCancelSystemEvent.NotSimulated")
        if event.status not in events.ACTIVE:
            raise ApiError("InvalidEventId.NotFound")
        found.append(event)
    for event in found:
        events.settle(region, event, events.CANCELED)
    return {}
