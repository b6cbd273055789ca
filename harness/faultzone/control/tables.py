"""The tables of verbs that backends are handed."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Final

from faultzone.control import api, billing, cloud, events, guests, hosts, metadata, notifications, schedule
from faultzone.control.registry import Table
from faultzone.errors import FaultzoneError, NotSupported, UsageError

#: The verbs of a cloud whose hosts are in memory.
MEMORY: Final[Table] = {
    **cloud.VERBS,
    **hosts.VERBS,
    **events.VERBS,
    **guests.VERBS,
    **billing.VERBS,
    **schedule.VERBS,
    **metadata.VERBS,
    **notifications.VERBS,
    **api.VERBS,
}


def containers() -> Table:
    """The verbs of a cloud whose hosts are containers; where both have one of a name, that of containers."""
    from faultzone.control import agents
    from faultzone.control import containers as own

    return {**MEMORY, **own.VERBS, **agents.VERBS}


def unknown(name: str, backend: str, table: Table) -> FaultzoneError:
    """The error for a verb that a backend does not have.

    Returns:
        `NotSupported` where another backend has it; otherwise `UsageError` with a close match.
    """
    from faultzone.control import hosted

    known = containers() | hosted.VERBS
    if name in known:
        return NotSupported(f"the {backend} backend has no control verb {name!r}; it has {', '.join(sorted(table))}")
    near = get_close_matches(name, known, 1)
    hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(sorted(known))}"
    return UsageError(f"no backend has a control verb {name!r}; {hint}")
