"""System events: the machine that each of them goes through, and the book that keeps them.

Source: manual 3.1; API reference, DescribeInstanceHistoryEvents and CreateSimulatedSystemEvents. States and
transitions are data. Chapters publish events (`schedule` for a plan, `begin` for what is under way) and settle them;
what an event does to its instance is theirs to say.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from faultzone.clock import DAY
from faultzone.errors import HarnessError
from faultzone.model.core.book import NOWHERE, Found
from faultzone.model.core.index import both, rows_of, without

if TYPE_CHECKING:
    from faultzone.clock import Timer
    from faultzone.model.core.state import Instance, RegionState

SCHEDULED: Final = "Scheduled"
EXECUTING: Final = "Executing"
AVOIDED: Final = "Avoided"
EXECUTED: Final = "Executed"
CANCELED: Final = "Canceled"
FAILED: Final = "Failed"
INQUIRING: Final = "Inquiring"

#: The states in which an event still awaits something; all others are for good. Which of them there are is for the
#: edition to say (`event.states`).
ACTIVE: Final = frozenset({SCHEDULED, EXECUTING, INQUIRING})

#: State, None before publication -> the states that may follow (event/states).
TRANSITIONS: Final[Mapping[str | None, frozenset[str]]] = {
    None: frozenset({SCHEDULED, EXECUTING, INQUIRING}),
    INQUIRING: frozenset({EXECUTING, AVOIDED, CANCELED}),
    SCHEDULED: frozenset({EXECUTING, AVOIDED, CANCELED}),
    EXECUTING: frozenset({EXECUTED, FAILED}),
    **dict.fromkeys((AVOIDED, EXECUTED, CANCELED, FAILED), frozenset()),
}
#: What simulated events alone may do besides (event/simulated-canceled, event/simulated-executed).
SIMULATED_TRANSITIONS: Final[Mapping[str | None, frozenset[str]]] = {
    SCHEDULED: frozenset({EXECUTED}),
    EXECUTING: frozenset({CANCELED}),
}

MAINTENANCE: Final = "SystemMaintenance.Reboot"
#: How the types begin of what is planned for an instance on its host.
OF_HOSTS: Final = ("SystemMaintenance.", "SystemUpgrade.")
INSTANCE_FAILURE: Final = "InstanceFailure.Reboot"

#: Does at NotBefore what the event announced: True for done, False for failed, None for "settled later, with `settle`".
Execute = Callable[[], bool | None]


class SystemEvent:
    """One system event of one instance. All times are in milliseconds since the epoch.

    Attributes:
        published: when it was published.
        not_before: the end of the user's window; None for what nobody planned.
        initial: what `not_before` was at first.
        executed_from: when its execution began.
        finished: when it became Avoided, Executed, Canceled or Failed.
        simulated: whether nothing is done to the instance.
        about: what else is told of it, by the field of ExtendedAttribute (event/disk-damaged, event/website-banned).
        silent: whether the instance's family has no system events: what is due is done, but never shown
            (event/retired-families).
        timer: fires at NotBefore.
        act: does what was announced.
        acting: whether that is being done at this very moment.
        states: when it came into each of its states, and which, in their order; nothing of a silent one.
        row: its place in the book of events.
    """

    __slots__ = (
        "about", "account", "act", "acting", "executed_from", "finished", "id", "initial", "instance", "not_before",
        "published", "row", "silent", "simulated", "states", "status", "timer", "type",
    )  # fmt: skip

    def __init__(
        self, id: str, type: str, instance: Instance, published: int, not_before: int | None, simulated: bool
    ) -> None:
        self.id, self.simulated = id, simulated
        # Events are found by what is final here; `_enter` alone changes the state, and `move` when one is due.
        self.type: Final = type
        self.instance: Final = instance.id
        self.account: Final = instance.account
        self.published: Final = published
        self.not_before: Final = not_before
        self.initial: Final = not_before
        self.status: Final[str | None] = None
        self.row = NOWHERE
        self.executed_from: int | None = None
        self.finished: int | None = None
        self.timer: Timer | None = None
        self.act: Execute | None = None
        self.acting = False
        self.about: Mapping[str, str] = {}
        self.silent = False
        self.states: tuple[tuple[int, str], ...] = ()

    def __repr__(self) -> str:
        return f"SystemEvent({self.id}, {self.type}, {self.instance}, {self.status})"

    def may_become(self, status: str) -> bool:
        """Whether the machine has a transition from its state to `status`."""
        also = SIMULATED_TRANSITIONS.get(self.status, frozenset()) if self.simulated else frozenset()
        return status in TRANSITIONS[self.status] or status in also


def schedule(
    region: RegionState, instance: Instance, type: str, *, not_before: int, execute: Execute, simulated: bool = False
) -> SystemEvent:
    """Publish a planned event: Scheduled, until `not_before`, then Executing while `execute` does what was announced.

    Args:
        type: one of the edition's types, such as `InstanceExpiration.Stop`.
        not_before: the end of the user's window, in milliseconds since the epoch; one that has passed is executed as
            soon as time moves.
        execute: called at `not_before` if the event is still Scheduled.
        simulated: whether nothing is done to the instance.
    """
    event = _publish(region, instance, type, SCHEDULED, not_before, simulated)
    event.act = execute
    event.timer = region.clock.call_at(not_before, lambda: accept(region, event))
    return event


def begin(
    region: RegionState, instance: Instance, type: str, *, not_before: int | None = None, simulated: bool = False
) -> SystemEvent:
    """Publish an event that is Executing at once, without a window for the user; `settle` ends it.

    Clause: event/unexpected-has-no-window.
    """
    return _publish(region, instance, type, EXECUTING, not_before, simulated)


def inquire(region: RegionState, instance: Instance, type: str, *, execute: Execute) -> SystemEvent:
    """Publish an event that waits for the user's consent, without end: Inquiring until `accept`. Of later editions."""
    event = _publish(region, instance, type, INQUIRING, None, False)
    event.act = execute
    return event


def accept(region: RegionState, event: SystemEvent) -> None:
    """Let an event execute: its NotBefore has come without an answer (event/default-action), or the user consents.

    Raises:
        HarnessError: it is neither Scheduled nor Inquiring.
    """
    event.timer = None
    _enter(region, event, EXECUTING)
    assert event.act is not None
    event.acting = True
    outcome = event.act()
    event.acting = False
    if outcome is not None:
        settle(region, event, EXECUTED if outcome else FAILED)


def settle(region: RegionState, event: SystemEvent, status: str) -> None:
    """Bring an event to an end: Avoided, Executed, Canceled or Failed.

    Raises:
        HarnessError: the machine has no such transition, so the model itself is wrong.
    """
    if status in ACTIVE:
        raise HarnessError(f"{event!r} cannot be settled as {status}")
    _enter(region, event, status)


def move(region: RegionState, event: SystemEvent, not_before: int) -> None:
    """Let an event that is Scheduled be due at another time, in milliseconds since the epoch; nobody is told."""
    assert event.timer is not None
    event.timer.cancel()
    instance = region.instances[event.instance]
    # It is found by when it is due, with the others that are planned for its instance.
    region.change(instance, "planned", ())
    region.event_book.change(event, "not_before", not_before)
    _show(region, event.instance)
    event.timer = region.clock.call_at(not_before, lambda: accept(region, event))
    region.record("notice", instance=event.instance, what="event moved", event=event.id, not_before=not_before)


def active(region: RegionState, instance_id: str) -> list[SystemEvent]:
    """The events of an instance that are not settled, oldest first."""
    return [event for event in region.active_events.get(instance_id, ()) if not event.silent]


def _show(region: RegionState, instance_id: str) -> None:
    """Say of an instance which of its events are shown as planned, and whether it is under maintenance
    (event/pending-query, recovery/health)."""
    instance = region.instances.get(instance_id)
    if instance is None:
        return
    current = active(region, instance_id)
    planned = tuple(event for event in current if region.rules.shows_as_planned(event.status))
    maintained = any(
        event.status == EXECUTING and not event.simulated and event.type.startswith("SystemMaintenance.")
        for event in current
    )
    if planned != instance.planned:
        region.change(instance, "planned", planned)
    if maintained is not instance.maintained:
        region.change(instance, "maintained", maintained)


def avoid(region: RegionState, instance: Instance, *types: str) -> list[SystemEvent]:
    """Settle the awaited events of these types as Avoided, since the user has answered them."""
    answered = [
        event
        for event in region.active_events.get(instance.id, ())
        if event.may_become(AVOIDED) and event.type in types
    ]
    for event in answered:
        settle(region, event, AVOIDED)
    return answered


def withdraw(region: RegionState, instance: Instance, types: tuple[str, ...], status: str) -> None:
    """Settle the awaited events whose types begin so as Avoided or Canceled; simulated ones stay."""
    for event in list(region.active_events.get(instance.id, ())):
        if event.may_become(AVOIDED) and not event.simulated and event.type.startswith(types):
            settle(region, event, status)


def history(region: RegionState, *conditions: Mapping[int, int]) -> Found[SystemEvent]:
    """The events that the region still tells of, oldest first: those that are active, whatever their age, and those
    that were settled lately (event/history-query, event/history-age).

    Args:
        conditions: rows of the book of events, all of which an event is in.
    """
    rules, now, book = region.rules, region.clock.now, region.event_book
    found = book.found(*conditions)
    # No event is older than its publication, and the days are those of the fields.
    end = (now - region.edition.event.history_days * DAY) // DAY * DAY + DAY - 1
    old = both(found.rows, book.rows_between("published", (DAY,), 0, end))
    forgotten = rows_of(event.row for event in Found(book, old) if not rules.is_in_history(event, now))
    return Found(book, without(found.rows, forgotten)) if forgotten else found


def _forget(region: RegionState) -> None:
    """Drop what the history does not tell any more. Only what changes the region does so: a query changes nothing."""
    settled, now = region.settled_events, region.clock.now
    while settled and not region.rules.is_in_history(settled[0], now):
        event = settled.popleft()
        del region.events[event.id]
        region.event_book.drop(event)


def end(region: RegionState, instance: Instance, *, by_user: bool) -> None:
    """End what awaits a released instance; its history stays.

    A plan that its user could answer is Avoided where he has released the instance, any other Canceled. What was under
    way has Failed, but what was only simulated is Canceled (event/avoid-by-release).
    """
    for event in list(region.active_events.get(instance.id, ())):
        if event.acting:
            continue
        if event.status == EXECUTING:
            settle(region, event, CANCELED if event.simulated else FAILED)
        else:
            answered = by_user and region.rules.release_answers(event.type)
            settle(region, event, AVOIDED if answered else CANCELED)


def _publish(
    region: RegionState, instance: Instance, type: str, status: str, not_before: int | None, simulated: bool
) -> SystemEvent:
    event = SystemEvent(region.world.resource_id("e"), type, instance, region.clock.now, not_before, simulated)
    event.silent = not region.has_events(instance)
    if not event.silent:
        region.events[event.id] = event
        region.event_book.enter((event,))
    region.active_events.setdefault(instance.id, []).append(event)
    _enter(region, event, status)
    return event


def _enter(region: RegionState, event: SystemEvent, status: str) -> None:
    """Go through one transition, and say so (event/times-in-order)."""
    if not event.may_become(status):
        raise HarnessError(f"{event!r} cannot become {status}: the machine of system events has no such transition")
    now, before = region.clock.now, event.status
    region.event_book.change(event, "status", status)
    if status == EXECUTING:
        event.executed_from = now
    if status not in ACTIVE:
        event.finished = now
        if event.timer is not None:
            event.timer.cancel()
            event.timer = None
        waiting = region.active_events[event.instance]
        waiting.remove(event)
        if not waiting:
            del region.active_events[event.instance]
    if event.silent:
        return
    event.states = (*event.states, (now, status))
    _show(region, event.instance)
    if event.finished is not None:
        region.settled_events.append(event)
        _forget(region)
    said = {"from": before, "to": status, "not_before": event.not_before, "simulated": event.simulated}
    region.record("event", event=event.id, type=event.type, instance=event.instance, **said)
    for observer in region.event_observers:
        observer(event, before, status)
