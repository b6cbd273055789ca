"""The verbs of faults: one brings a fault into force, one plans it, one ends it, one lists them.

A fault is the object `{"fault": "HostCrash", "host": …}`: the name of its class, and its fields.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from faultzone.control.registry import Table, verb
from faultzone.errors import NotSupported, UsageError
from faultzone.faults.fault import read

if TYPE_CHECKING:
    from faultzone.control.local import Local

VERBS: Table = {}


@verb(VERBS, takes_lock=True)
def inject(backend: Local, *, fault: Mapping[str, Any]) -> dict[str, Any]:
    """Inject a fault; returns its record. The verb `undo` takes the number of the record."""
    return backend.active_faults.inject(read(fault)).render()


@verb(VERBS, "move-time", takes_lock=True)
def schedule(backend: Local, *, after: int, fault: Mapping[str, Any]) -> dict[str, Any]:
    """Inject a fault after `after` milliseconds of region time.

    An advance of time that meets what cannot be brought about is refused. `undo` calls it off.
    """
    if "move-time" not in backend.capabilities:
        raise NotSupported(f"{backend.name} has no clock that could bring a fault about later")
    if after < 0:
        raise UsageError.expected_whole("after", after, 0, unit="milliseconds")
    return backend.active_faults.plan(after, read(fault)).render()


@verb(VERBS, takes_lock=True)
def undo(backend: Local, *, number: int) -> dict[str, Any]:
    """Cancel or undo a fault by its number; it can be `undoing` until the undo takes effect."""
    faults = backend.active_faults
    record = faults.find(number)
    faults.undo(faults.look(record))
    return record.render()


@verb(VERBS, writes=False, takes_lock=True)
def faults(backend: Local, *, number: int | None = None) -> dict[str, Any]:
    """List the faults, or the fault with this number: each with its state, and with its deadline while it is undoing.

    A state is `planned`, `active`, `undoing`, `undone` or `failed`, which has an `error`. An instant is in milliseconds
    since the epoch.
    """
    known = backend.active_faults
    wanted = list(known.records.values()) if number is None else [known.find(number)]
    return {"faults": [known.look(each).render() for each in wanted]}
