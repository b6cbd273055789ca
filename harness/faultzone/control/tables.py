"""The tables that backends are handed: of verbs, and of what breaks faults."""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType
from typing import TYPE_CHECKING, Final

from faultzone.errors import FaultzoneError, NotSupported, UsageError
from faultzone.loading import Searched

if TYPE_CHECKING:
    from faultzone.control.faults.breaks import Breakers
    from faultzone.control.registry import Verb, Verbs

#: The files of verbs, first those that most processes need.
_IN_MEMORY: Final = (
    "cloud serving faults.verbs notifications hosts events metadata machines public_commands spot guests billing "
    "answers overview"
)
_IN_CONTAINERS: Final = "containers outside"


def _verbs_of(module: ModuleType) -> Mapping[str, Verb]:
    """The verbs of a file."""
    verbs: Mapping[str, Verb] = module.VERBS
    return verbs


def _in_files(names: str) -> Searched[Verb]:
    """A table of the verbs of these files."""
    return Searched([f"faultzone.control.{each}" for each in names.split()], _verbs_of)


#: The verbs of a cloud whose hosts are in memory.
MEMORY: Final = _in_files(_IN_MEMORY)
#: The verbs of a cloud whose hosts are containers; where both have one of a name, that of containers.
CONTAINERS: Final = _in_files(f"{_IN_CONTAINERS} {_IN_MEMORY}")


def memory_breakers() -> Breakers:
    """What breaks a cloud whose hosts are in memory. No fault is known before the first is asked for."""
    from faultzone.control.faults import api, billing, gray, guests, hosts, provider, time

    return {
        **hosts.BREAKERS,
        **provider.BREAKERS,
        **guests.BREAKERS,
        **billing.BREAKERS,
        **api.BREAKERS,
        **gray.BREAKERS,
        **time.BREAKERS,
    }


def container_breakers() -> Breakers:
    """What breaks a cloud whose hosts are containers; where both have a kind of fault, that of containers."""
    from faultzone.control.faults import containers

    return {**memory_breakers(), **containers.BREAKERS}


def is_of_calls(fault: str) -> bool:
    """Whether a fault of the house, by its name, is one of calls of the API."""
    from faultzone.faults.calls import OfCalls
    from faultzone.faults.house import HOUSE

    kind = HOUSE.get(fault)
    return kind is not None and issubclass(kind, OfCalls)


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
