"""What users see of system events, and the events that they simulate.

Source: API reference of February 2019, DescribeInstancesFullStatus, DescribeInstanceHistoryEvents,
CreateSimulatedSystemEvents and CancelSimulatedSystemEvents.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any, Final, NamedTuple

from faultzone.api.answer import CURRENT
from faultzone.api.ecs.events import (
    HEALTH_CODES,
    INSTANCE,
    CancelSimulatedSystemEvents,
    CreateSimulatedSystemEvents,
    DescribeInstanceHistoryEvents,
    DescribeInstancesFullStatus,
)
from faultzone.api.errors import ApiError
from faultzone.clock import stamp
from faultzone.model.core import events
from faultzone.model.core.book import Book, Found
from faultzone.model.core.dispatch import Answer, handles
from faultzone.model.core.events import SystemEvent
from faultzone.model.core.fields import TO_THE_SECOND, rows_of_ids, tagged
from faultzone.model.core.filters import read_asked_tags, read_instant, read_range
from faultzone.model.core.index import NONE, both, either, rows_of, without
from faultzone.model.core.listing import Envelope, Listed, listing, token_of
from faultzone.model.core.state import (
    PENDING,
    RUNNING,
    STARTING,
    STOPPED,
    STOPPING,
    AccountState,
    Instance,
    RegionState,
)
from faultzone.model.events import operations

#: The numbers beside the names. Samples have those of 1, 34 and 65 (types), 0, 8, 24 and 28 (states); the others are
#: ours.
TYPE_CODES: Final = {
    "SystemMaintenance.Reboot": 1,
    "SystemMaintenance.Stop": 2,
    "SystemMaintenance.RebootAndIsolateErrorDisk": 3,
    "SystemMaintenance.Redeploy": 4,
    "SystemMaintenance.RebootAndReInitErrorDisk": 5,
    "SystemMaintenance.IsolateErrorDisk": 6,
    "SystemMaintenance.ReInitErrorDisk": 7,
    "SystemMaintenance.StopAndRepair": 8,
    "SystemMaintenance.CleanInactiveDisks": 9,
    "SystemUpgrade.Migrate": 17,
    "InstanceExpiration.Stop": 34,
    "InstanceExpiration.Delete": 35,
    "AccountUnbalanced.Stop": 36,
    "AccountUnbalanced.Delete": 37,
    "SystemFailure.Reboot": 65,
    "SystemFailure.Stop": 66,
    "SystemFailure.Redeploy": 67,
    "SystemFailure.Delete": 68,
    "InstanceFailure.Reboot": 129,
    "SecurityPunish.Locked": 161,
    "SecurityPunish.WebsiteBanned": 162,
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
#: Why a simulated event was published (event/reason).
SIMULATED: Final = "A simulated event."
STATUS_CODES: Final = {"Pending": 0, "Running": 1, "Starting": 2, "Stopping": 3, "Stopped": 4}


def health(instance: Instance) -> str:
    """The health of an instance (recovery/health)."""
    if instance.impaired:
        return "Impaired"
    if instance.maintained:
        return "Maintaining"
    if instance.status in (PENDING, STARTING):
        return "Initializing"
    return "NotApplicable" if instance.status == STOPPED else "Ok"


def _rows_of_health(book: Book[Instance], health: str) -> Mapping[int, int]:
    """The instances of a health, as `health` tells it of one."""
    impaired, maintained = book.rows("impaired", True), book.rows("maintained", True)
    if health == "Impaired":
        return impaired
    if health == "Maintaining":
        return without(maintained, impaired)
    states = {"Initializing": (PENDING, STARTING), "NotApplicable": (STOPPED,), "Ok": (RUNNING, STOPPING)}
    if health not in states:
        return NONE
    return without(book.rows("status", *states[health]), either((impaired, maintained)))


class _Filter(NamedTuple):
    """A condition that a query sets on events.

    Attributes:
        meets: whether an event meets it.
        events: those that do, by their rows.
        instances: those with an event that does, by their rows.
    """

    meets: Callable[[SystemEvent], bool]
    events: Mapping[int, int]
    instances: Mapping[int, int]


def _filters(
    region: RegionState, account: AccountState, request: DescribeInstancesFullStatus | DescribeInstanceHistoryEvents
) -> Iterator[_Filter]:
    """The conditions that a query sets on events (event/pending-filters, event/history-filters)."""
    r, book, instances = request, region.event_book, account.book
    types = r.event_types or ((r.event_type,) if r.event_type is not None else ())
    for each in types:
        if each not in region.edition.event.types:
            raise ApiError.of("InvalidParameter", name="InstanceEventType", why=f"there is no type {each[:64]}")
    if types:
        yield _Filter(
            lambda event: event.type in types, book.rows("event type", *types), instances.rows("event type", *types)
        )
    if r.event_ids:
        named = [event for each in r.event_ids if (event := region.events.get(each)) is not None]
        yield _Filter(
            lambda event: event.id in r.event_ids,
            rows_of({event.row for event in named}),
            rows_of_ids(account, [event.instance for event in named if region.rules.shows_as_planned(event.status)]),
        )
    if r.not_before:
        first, last = read_range("NotBefore", r.not_before)
        yield _Filter(
            lambda event: event.not_before is not None and first <= event.not_before <= last,
            book.rows_between("due", TO_THE_SECOND, first, last),
            instances.rows_between("due", TO_THE_SECOND, first, last),
        )
    if r.published:
        begin, end = read_range("EventPublishTime", r.published)
        yield _Filter(
            lambda event: begin <= event.published <= end,
            book.rows_between("published", TO_THE_SECOND, begin, end),
            instances.rows_between("published", TO_THE_SECOND, begin, end),
        )


@handles(DescribeInstancesFullStatus)
def describe_full_status(region: RegionState, account: AccountState, request: DescribeInstancesFullStatus) -> Answer:
    """DescribeInstancesFullStatus: unknown ids are left out; what narrows events leaves out instances without one
    (event/pending-query, event/pending-filters)."""
    filters = list(_filters(region, account, request))
    book, conditions = account.book, [each.instances for each in filters]
    if request.status is not None:
        conditions.append(book.rows("status", request.status))
    if request.health is not None:
        conditions.append(_rows_of_health(book, request.health))
    selected = book.found(*conditions)
    if len(filters) > 1:
        # One event has to meet all conditions: of two events of an instance, each may meet one.
        several = Found(book, both(selected.rows, book.rows("event count", 2)))
        none = rows_of(each.row for each in several if not _planned(each, filters))
        selected = Found(book, without(selected.rows, none))
    found: Listed[Instance] = selected
    if ids := request.instance_ids:
        instances = [account.instances[each] for each in dict.fromkeys(ids) if each in account.instances]
        found = [each for each in instances if each in selected]
    return listing(
        "InstanceFullStatusSet",
        "InstanceFullStatusType",
        found,
        request,
        lambda each: _full_status(region, each, _planned(each, filters)),
    )


def _planned(instance: Instance, filters: Iterable[_Filter]) -> list[SystemEvent]:
    """Those events of an instance that are shown as planned and meet all conditions."""
    return [event for event in instance.planned if all(each.meets(event) for each in filters)]


def _full_status(region: RegionState, instance: Instance, planned: list[SystemEvent]) -> dict[str, Any]:
    return {
        "InstanceId": instance.id,
        "Status": _coded(instance.status, STATUS_CODES),
        "HealthStatus": _coded(health(instance), HEALTH_CODES),
        "ScheduledSystemEventSet": {"ScheduledSystemEventType": [_render(region, event) for event in planned]},
    }


def _coded(name: str, codes: Mapping[str, int]) -> dict[str, Any]:
    return {"Code": codes[name], "Name": name}


def _render(region: RegionState, event: SystemEvent) -> dict[str, Any]:
    """What both queries tell of an event (event/times-to-the-second, event/reason)."""
    assert event.status is not None
    shown: dict[str, Any] = {
        "EventId": event.id,
        "EventType": _coded(event.type, TYPE_CODES),
        "EventCycleStatus": _coded(event.status, STATE_CODES),
        "EventPublishTime": stamp(event.published),
    }
    if event.not_before is not None:
        shown["NotBefore"] = stamp(event.not_before)
    if region.edition.has(CURRENT):
        shown["Reason"] = SIMULATED if event.simulated else ""
        if event.about:
            shown["ExtendedAttribute"] = dict(event.about)
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
    book = region.event_book
    conditions = [book.rows("account", account.id), book.rows("status", *states)]
    if resources := request.resource_ids or request.instance_ids:
        conditions.append(book.rows("instance", *dict.fromkeys(resources)))
    if request.resource_type != INSTANCE:
        conditions.append(NONE)  # Hosts have no events here (event/history-resources).
    if request.tags:
        tagged_ones = account.book.found(*tagged(account.book, "tag", read_asked_tags(request.tags)))
        conditions.append(book.rows("instance", *(each.id for each in tagged_ones)))
    if request.resource_group_id is not None:
        of_group = account.book.found(account.book.rows("resource group", request.resource_group_id))
        conditions.append(book.rows("instance", *(each.id for each in of_group)))
    conditions += [each.events for each in _filters(region, account, request)]
    kept = events.history(region, *conditions)
    return listing(
        "InstanceSystemEventSet",
        "InstanceSystemEventType",
        kept,
        request,
        partial(_past, region),
        latest_first=True,
        token=token_of(request),
        envelope=Envelope(ends=False),  # The last page has no token (event/history-token-paging).
    )


def _past(region: RegionState, event: SystemEvent) -> dict[str, Any]:
    """One event of the history (event/history-fields)."""
    shown = {"InstanceId": event.instance, **_render(region, event)}
    if event.finished is not None:
        shown["EventFinishTime"] = stamp(event.finished)
    if region.edition.has(CURRENT):
        planned = {} if event.initial is None else {"InitialNotBefore": stamp(event.initial)}
        shown |= {"ResourceType": "instance", "ExtendedAttribute": planned | shown.get("ExtendedAttribute", {})}
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
    not_before = read_instant(request.not_before, name="NotBefore")
    if not_before < region.clock.now:
        raise ApiError("InvalidNotBefore.Passed")
    book = region.event_book
    rows = (book.rows("account", account.id), book.rows("simulated", True), book.rows("status", *events.ACTIVE))
    awaited = len(book.found(*rows))
    if awaited + len(instances) > edition.simulated_limit:
        raise ApiError("SimulatedEventLimitExceeded")
    made = [_simulate(region, each, request.event_type, not_before, request.real) for each in instances]
    return {"EventIdSet": {"EventId": [event.id for event in made]}}


def _simulate(region: RegionState, instance: Instance, type: str, not_before: int, real: bool) -> SystemEvent:
    """Publish a simulated event; of later editions, a failure is Executing at once. Where what it announces is `real`,
    that is done when it begins to execute.

    Clauses: event/simulated-executed, event/simulated-failure-executes, event/real-operations.
    """

    def execute() -> bool:
        return not real or operations.carry_out(region, instance, type) is not False

    if type.startswith("SystemMaintenance.") or region.edition.event.simulated_failure_begins == events.SCHEDULED:
        return events.schedule(region, instance, type, not_before=not_before, execute=execute, simulated=True)
    event = events.begin(region, instance, type, not_before=not_before, simulated=True)
    outcome = events.EXECUTED if execute() else events.FAILED
    event.timer = region.clock.call_at(not_before, lambda: events.settle(region, event, outcome))
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
