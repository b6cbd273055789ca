"""The tables that backends are handed: of verbs, and of what breaks faults."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final

from faultzone.errors import FaultzoneError, NotSupported, UsageError
from faultzone.loading import Loaded

if TYPE_CHECKING:
    from faultzone.control.faults.breaks import Breakers
    from faultzone.control.registry import Verb, Verbs

_CONTROL: Final = "faultzone.control."
#: The modules of verbs, and their verbs.
_IN_MEMORY: Final[Mapping[str, Iterable[str]]] = {
    f"{_CONTROL}cloud": (
        "verbs shape hosts host-of set-supply supply lock locks account-settings clock advance journal".split()
    ),
    f"{_CONTROL}hosts": "migrate replace-host migrations".split(),
    f"{_CONTROL}events": "schedule-maintenance cancel-maintenance system-event".split(),
    f"{_CONTROL}guests": ("teach-guest guest-request set-agent set-powershell agent log-in guest-history".split()),
    f"{_CONTROL}machines": "add-machine register-machine".split(),
    f"{_CONTROL}billing": "account-balance top-up prices expire".split(),
    f"{_CONTROL}metadata": "metadata role-key".split(),
    f"{_CONTROL}notifications": "subscribe unsubscribe notices notifications".split(),
    f"{_CONTROL}serving": "note call-delay prepare-call release".split(),
    f"{_CONTROL}faults.verbs": "inject schedule undo faults".split(),
}
_IN_CONTAINERS: Final[Mapping[str, Iterable[str]]] = {
    f"{_CONTROL}containers": (
        "set-agent agent host-condition exec put-file host-logs keep-hosts forward-port end-forward".split()
    ),
}

#: The verbs of a cloud whose hosts are in memory.
MEMORY: Final[Loaded[str, Verb]] = Loaded(_IN_MEMORY, "VERBS")
#: The verbs of a cloud whose hosts are containers; where both have one of a name, that of containers.
CONTAINERS: Final[Loaded[str, Verb]] = Loaded({**_IN_MEMORY, **_IN_CONTAINERS}, "VERBS")


def memory_breakers() -> Breakers:
    """What breaks a cloud whose hosts are in memory. No fault is known before the first is asked for."""
    from faultzone.control.faults import api, billing, guests, hosts, provider, time

    return {
        **hosts.BREAKERS,
        **provider.BREAKERS,
        **guests.BREAKERS,
        **billing.BREAKERS,
        **api.BREAKERS,
        **time.BREAKERS,
    }


def container_breakers() -> Breakers:
    """What breaks a cloud whose hosts are containers; where both have a kind of fault, that of containers."""
    from faultzone.control.faults import containers

    return {**memory_breakers(), **containers.BREAKERS}


def unknown(name: str, backend: str, table: Verbs) -> FaultzoneError:
    """The error for a verb that a backend does not have.

    Returns:
        `NotSupported` where another backend has it; otherwise `UsageError` with a close match.
    """
    from faultzone.control import hosted

    known = {*CONTAINERS, *hosted.VERBS}
    if name in known:
        return NotSupported(f"the {backend} backend has no control verb {name!r}; it has {', '.join(sorted(table))}")
    return UsageError.unknown("control verb", name, sorted(known), see="docs/control.md lists the verbs")
