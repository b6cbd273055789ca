"""Faults: typed values that say what to break, one class for each. They lie on the ground and know of no backend.

house.py     the names of the faults, and in which file each is
fault.py     what a fault is, and how JSON carries it
hosts.py containers.py provider.py guests.py billing.py api.py time.py   the faults, by what is broken
strategies.py  faults drawn by Hypothesis

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
    from faultzone.faults.guests import *
    from faultzone.faults.hosts import *
    from faultzone.faults.provider import *
    from faultzone.faults.time import *

    #: Every fault that the house has, in the order of docs/chaos.md.
    CATALOGUE: tuple[type[Fault], ...]


def __getattr__(name: str) -> Any:
    if name in HOUSE:
        return HOUSE[name]
    if name == "CATALOGUE":
        return tuple(HOUSE.values())
    if name == "Fault":
        from faultzone.faults.fault import Fault

        return Fault
    raise AttributeError(f"module 'faultzone.faults' has no attribute {name!r}")


def table() -> str:
    """The catalogue as docs/chaos.md has it: how each fault ends, and within what time its targets are as promised."""
    rows = ["| fault | how it ends | as promised within |", "|---|---|---|"]
    for kind in HOUSE.values():
        if kind.never_ends is not None:
            how, within = f"none: {kind.never_ends}", ""
        else:
            how = f"compensation: {kind.compensation}" if kind.compensation else f"undo: {kind.ends}"
            within = str(kind.undo_within or "at once") if kind.is_seen else "cannot be seen"
        rows.append(f"| `{kind.__name__}` | {how} | {within + ' ' if within else ''}|")
    return "\n".join(rows)
