"""Faults: typed values that say what to break, one class for each. They lie on the ground and know of no backend.

house.py     the faults of all files below by name, and how JSON is read
fault.py     what a fault is, and its JSON
hosts.py containers.py provider.py guests.py billing.py api.py gray.py time.py   the faults, by what is broken
calls.py     which calls the faults of the API meet, and a call that a step of a schedule waits for

Three files beside them are a room of their own, `schedules`, which stands above the room `conditions`: what a step
waits for is known there. Nothing in the files above imports them.

schedule.py    faults and when they come, as data
patterns.py    schedules that are written often
strategies.py  faults, schedules and shapes drawn by Hypothesis

What breaks and mends each is in `faultzone.control.faults`; what owes its undo is `Chaos`, in the room `region`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from faultzone.faults.house import HOUSE as HOUSE

if TYPE_CHECKING:
    from faultzone.faults.api import *
    from faultzone.faults.billing import *
    from faultzone.faults.containers import *
    from faultzone.faults.fault import Fault as Fault
    from faultzone.faults.gray import *
    from faultzone.faults.guests import *
    from faultzone.faults.hosts import *
    from faultzone.faults.provider import *
    from faultzone.faults.time import *

    #: Every fault that the house has, in the order of docs/chaos.md.
    CATALOGUE: tuple[type[Fault], ...]


def __getattr__(name: str) -> Any:
    if name == "CATALOGUE":
        return tuple(HOUSE.values())
    if name == "Fault":
        from faultzone.faults.fault import Fault

        return Fault
    if name[:1].isupper() and name in HOUSE:  # A fault is a class.
        return HOUSE[name]
    raise AttributeError(f"module 'faultzone.faults' has no attribute {name!r}")
