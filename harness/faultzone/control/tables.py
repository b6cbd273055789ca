"""The tables that backends are handed: of verbs, and of what breaks faults."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Final

from faultzone.control import billing, cloud, events, guests, hosts, metadata, notifications
from faultzone.control.faults import api as api_faults
from faultzone.control.faults import billing as billing_faults
from faultzone.control.faults import guests as guest_faults
from faultzone.control.faults import hosts as host_faults
from faultzone.control.faults import provider as provider_faults
from faultzone.control.faults import time as time_faults
from faultzone.control.faults import verbs
from faultzone.control.faults.breaks import Breakers
from faultzone.control.registry import Table
from faultzone.errors import FaultzoneError, NotSupported, UsageError

#: The verbs of a cloud whose hosts are in memory.
MEMORY: Final[Table] = {
    **cloud.VERBS,
    **hosts.VERBS,
    **events.VERBS,
    **guests.VERBS,
    **billing.VERBS,
    **metadata.VERBS,
    **notifications.VERBS,
    **verbs.VERBS,
}

#: What breaks a cloud whose hosts are in memory.
MEMORY_BREAKERS: Final[Breakers] = {
    **host_faults.BREAKERS,
    **provider_faults.BREAKERS,
    **guest_faults.BREAKERS,
    **billing_faults.BREAKERS,
    **api_faults.BREAKERS,
    **time_faults.BREAKERS,
}


def containers() -> Table:
    """The verbs of a cloud whose hosts are containers; where both have one of a name, that of containers."""
    from faultzone.control import containers as own

    return {**MEMORY, **own.VERBS}


def container_breakers() -> Breakers:
    """What breaks a cloud whose hosts are containers; where both have a kind of fault, that of containers."""
    from faultzone.control.faults import containers as own

    return {**MEMORY_BREAKERS, **own.BREAKERS}


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
