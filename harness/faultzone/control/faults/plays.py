"""Schedules under way: the faults of one, planned, and what is waited for before they come."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any

from faultzone.clock import milliseconds
from faultzone.control.faults.api import aims_at
from faultzone.errors import UsageError
from faultzone.faults.calls import Call
from faultzone.faults.schedule import At, On, Schedule, see_followers
from faultzone.journal.awaited import Entry

if TYPE_CHECKING:
    from faultzone.conditions import Description
    from faultzone.control.faults.active import Record
    from faultzone.control.faults.failing import Made
    from faultzone.control.local import Local


def play(backend: Local, schedule: Schedule) -> list[Record]:
    """Plan the faults of a schedule, which begins now.

    Raises:
        NotSupported: the backend cannot do one of them.
        UsageError: one of them can never be; nothing is planned.
    """
    faults, stop_when = backend.active_faults, _stop_conditions(backend, schedule)
    for number, step in enumerate(schedule.steps, 1):
        try:
            faults.see(step.fault)
            if isinstance(step, At):
                faults.see_moments(step.begins, step.lasts, step.fault)
            else:
                faults.see_moments(milliseconds(step.after), None, step.fault)
                _see_awaited(backend, step.what)
        except UsageError as wrong:
            raise type(wrong)(f"step {number}: {wrong}") from None
    faults.see_exclusions([(each.fault, each.begins, each.lasts) for each in schedule.steps if isinstance(each, At)])
    if any(isinstance(each, On) for each in schedule.steps):
        _see_followers(backend, schedule)
    records = [
        faults.take(step.begins, step.fault, step.lasts) if isinstance(step, At) else _await(backend, step)
        for step in schedule.steps
    ]
    for record in records:
        record.scheduled = True
    for each in stop_when:
        faults.stops.wait_for(each, records)
    # Once everything is awaited that these may bring about.
    for step, record in zip(schedule.steps, records, strict=True):
        if isinstance(step, At) and not step.begins:
            faults.come(record)
    return records


def _see_awaited(backend: Local, what: Call | Entry) -> None:
    """See that there is what a step waits for.

    Raises:
        UsageError: a client, a resource, or a place is not there.
    """
    from faultzone.control.faults import aims  # A schedule of moments does without.

    with backend.locked():
        if isinstance(what, Call):
            aims.see(backend, what)
        else:
            aims.see_entry(backend, what)


def _see_followers(backend: Local, schedule: Schedule) -> None:
    """See that no fault excludes another one that waits for the same, by what the region knows of places.

    Raises:
        UsageError: one does.
    """
    from faultzone.control.faults.places import RegionPlaces  # Few faults wait.

    with backend.locked():
        see_followers(schedule.steps, RegionPlaces(backend))


def _stop_conditions(backend: Local, schedule: Schedule) -> list[Description]:
    """What ends a schedule.

    Raises:
        UsageError: one is no description of entries, or of entries that cannot exist.
    """
    if not schedule.stop_when:
        return []
    from faultzone.control.faults import stops  # Few schedules have any.

    return stops.read(backend, schedule.stop_when)


def _await(backend: Local, step: On) -> Record:
    """Plan a fault that comes after a call or an entry."""
    record = backend.active_faults.expect(step.fault, None if step.lasts is None else milliseconds(step.lasts))
    said = {"what": "fault scheduled", "on": step.what.told(), **step.fault.told(), "number": record.number}
    backend.note("notice", said)
    after = milliseconds(step.after)
    if isinstance(step.what, Call):
        _await_call(backend, record, step.what, after)
    else:
        _await_entry(backend, record, step.what, after)
    return record


def _await_call(backend: Local, record: Record, what: Call, after: int) -> None:
    faults, awaiting, left = backend.active_faults, backend.failing_calls.awaiting, count(what.nth - 1, -1)

    def hear(made: Made) -> None:
        if aims_at(what, made) and not next(left):
            awaiting.remove(hear)
            if after:
                faults.come_later(record, after)
            else:
                record.due = backend.clock.now
                faults.come(record)

    awaiting.append(hear)
    record.call_off = partial(_stop, awaiting, hear)


def _await_entry(backend: Local, record: Record, what: Entry, after: int) -> None:
    faults, awaiting, left = backend.active_faults, backend.journal.watchers, count(what.nth - 1, -1)

    def hear(at: int, kind: str, data: Mapping[str, Any]) -> None:
        if what.meets(kind, data) and not next(left):
            awaiting.remove(hear)
            record.due = at + after
            # Whoever appends has the lock: it comes once that is free.
            record.call_off = backend.plan(after, lambda: faults.come(record), soon=True).cancel

    awaiting.append(hear)
    record.call_off = partial(_stop, awaiting, hear)


def _stop(awaiting: list[Any], hear: object) -> None:
    if hear in awaiting:
        awaiting.remove(hear)
