"""The verbs of faults: one brings a fault into force, one plans it, one ends it, one lists them.

A fault is the object `{"fault": "HostCrash", "host": …}`: the name of its class, and its fields.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from faultzone.control.faults.active import FAILED
from faultzone.control.registry import GivenFault, GivenSchedule, Table, verb
from faultzone.errors import FaultzoneError, NotSupported, UsageError
from faultzone.faults.house import read

if TYPE_CHECKING:
    from faultzone.control.local import Local

VERBS: Table = {}


@verb(VERBS, takes_lock=True)
def inject(backend: Local, *, fault: GivenFault, lasts: int | None = None) -> dict[str, Any]:
    """Inject a fault; returns its record. The verb `undo` takes the number of the record; with `lasts`, the fault ends
    after that many milliseconds."""
    return backend.active_faults.inject(read(fault), _checked(backend, lasts)).render()


def _checked(backend: Local, lasts: int | None) -> int | None:
    """How long a fault lasts.

    Raises:
        NotSupported: it ends by itself, and no clock could bring that about.
        UsageError: it ends before it begins.
    """
    if lasts is not None:
        _see_clock(backend)
        if lasts <= 0:
            raise UsageError.expected_whole("lasts", lasts, 1, unit="milliseconds")
    return lasts


def _see_clock(backend: Local) -> None:
    if "move-time" not in backend.capabilities:
        raise NotSupported(f"{backend.name} has no clock that could bring a fault about later")


@verb(VERBS, "move-time", takes_lock=True)
def schedule(backend: Local, *, after: int, fault: GivenFault, lasts: int | None = None) -> dict[str, Any]:
    """Inject a fault after `after` milliseconds of region time, at once after 0; with `lasts`, it ends that much later.

    A fault that cannot be injected when it is due is skipped, and its record says why. `undo` calls it off.
    """
    _see_clock(backend)
    if after < 0:
        raise UsageError.expected_whole("after", after, 0, unit="milliseconds")
    known = backend.active_faults
    record = known.plan(after, read(fault), _checked(backend, lasts))
    if not after:
        known.come(record)
    return record.render()


@verb(VERBS, "move-time", takes_lock=True)
def play(backend: Local, *, schedule: GivenSchedule) -> dict[str, Any]:
    """Plan the faults of a schedule, which begins now: those at 0 are injected. Returns the records of all, or plans
    none if one can never be."""
    from faultzone.control.faults import plays
    from faultzone.faults.schedule import Schedule

    _see_clock(backend)
    return {"faults": [each.render() for each in plays.play(backend, Schedule.read(schedule))]}


@verb(VERBS, takes_lock=True)
def stop_when(backend: Local, *, condition: str) -> dict[str, Any]:
    """Undo all faults once the journal has an entry that the sentence `condition` describes; returns the stop condition
    with its `number`."""
    from faultzone.control.faults import stops

    return backend.active_faults.stops.wait_for(stops.read(backend, [condition])[0]).render()


@verb(VERBS, writes=False, takes_lock=True)
def see_condition(backend: Local, *, condition: str) -> dict[str, Any]:
    """Refuse the sentence `condition` if it describes entries that the journal of this cloud can never have."""
    from faultzone.control.faults import stops

    stops.see(backend, condition)
    return {}


@verb(VERBS, takes_lock=True)
def end_stop(backend: Local, *, number: int) -> dict[str, Any]:
    """End a stop condition by its number, without an effect on faults."""
    return backend.active_faults.stops.end(number).render()


@verb(VERBS, writes=False, takes_lock=True)
def stops(backend: Local, *, number: int | None = None) -> dict[str, Any]:
    """List the stop conditions, or the one with this number.

    A state is `waiting`, `reached` or `ended`; the `entry` of a reached one is that of the journal.
    """
    known = backend.active_faults.stops
    return {"stops": [each.render() for each in (known.all() if number is None else [known.find(number)])]}


@verb(VERBS, takes_lock=True)
def undo(backend: Local, *, number: int) -> dict[str, Any]:
    """Cancel or undo a fault by its number; it can be `undoing` until the undo takes effect."""
    faults = backend.active_faults
    record = faults.find(number)
    faults.undo(faults.look(record))
    return record.render()


@verb(VERBS, takes_lock=True)
def undo_all(backend: Local) -> dict[str, Any]:
    """Cancel every planned fault and undo every active one, the latest first.

    Returns the records of those that ended, and of those that could not, with the reason as their `error`.
    """
    known = backend.active_faults
    undone, failed = [], []
    for record in [known.look(each) for each in reversed([*known.records.values()])]:
        if not (record.goes_on or record.state == FAILED):
            continue
        try:
            known.undo(record)
        except FaultzoneError as error:
            failed.append({**record.render(), "error": str(error)})
        else:
            undone.append(record.render())
    return {"undone": undone, "failed": failed}


@verb(VERBS, writes=False, takes_lock=True)
def faults(backend: Local, *, number: int | None = None) -> dict[str, Any]:
    """List the faults, or the fault with this number: each with its state, and with its deadline while it is undoing.

    A state is `planned`, `active`, `undoing` or `undone`; or `skipped` or `failed`, which have an `error`. `met` says
    whether a call, a guest, an instance or a transition has met the fault so far. An instant is in milliseconds since
    the epoch.
    """
    known = backend.active_faults
    wanted = list(known.records.values()) if number is None else [known.find(number)]
    return {"faults": [known.look(known.see_met(each)).render() for each in wanted]}
