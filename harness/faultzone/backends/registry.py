"""The kinds of backends by name: the house's own, and those that other distributions bring.

A backend is registered by a name and the place of its factory, `module:attribute`, and both are loaded the same way.
Another distribution registers it by an entry point of the group `faultzone.backends`, the house by a row of a table: to
look at what is installed takes longer than to make a region, so it is done only for a name that the table lacks. A
factory takes `BackendOptions` and gives what has `call`, `control` and `close`; a `Kind` says more about it.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from faultzone.backends import Backend, Doors
from faultzone.errors import UsageError
from faultzone.journal import redaction

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

    from faultzone.backends.options import BackendOptions

#: The group of entry points.
GROUP: Final = "faultzone.backends"

#: The house's own: what a name begins with, the colon included where more follows; how it is written; and where its
#: kind is, in the form of an entry point.
OWN: Final = {
    "memory": ("'memory'", "faultzone.backends.options:MEMORY"),
    "docker": ("'docker'", "faultzone.backends.options:DOCKER"),
    "wrong:": ("'wrong:NAME'", "faultzone.mutations:WRONG"),
    "http:": ("the URL of an endpoint", "faultzone.serve.client:ENDPOINT"),
    "https:": ("the URL of an endpoint", "faultzone.serve.client:ENDPOINT"),
}

Make = Callable[["BackendOptions"], Doors]


def _try(options: BackendOptions) -> None:
    """Make one, and end it."""
    create(options).close()


class Kind(NamedTuple):
    """A kind of backend.

    Attributes:
        make: makes one. A region of a test gets a new one, unless it outlives tests: then the run has one.
        check: refuses options that none can be made from, when a run begins; by making one, if nothing cheaper is
            given.
        lasts: whether one serves a whole run, as an endpoint does.
        look: says why none can be had now, within seconds, before a run that judges it; None if nothing is in the way.
        departures: gives what it is known to depart from the manual in, as the text of a file of departures.
        follows_any_edition: whether it follows any edition that it is asked for.
        real_hosts: whether its hosts are more than values in memory: the first may take long to make, and tells how far
            it is.
        sound: whether it means to be right; the checkers do not judge one that is wrong on purpose.
    """

    make: Make
    check: Callable[[BackendOptions], None] = _try
    lasts: bool = False
    look: Callable[[BackendOptions], str | None] = lambda options: None
    departures: Callable[[BackendOptions], str] = lambda options: ""
    follows_any_edition: bool = False
    real_hosts: bool = False
    sound: bool = True


def find(name: str) -> Kind:
    """The kind of backend that a name means.

    Raises:
        UsageError: there is none, which lists those that there are; or another distribution's cannot be loaded.
    """
    begins, colon, _ = name.partition(":")
    if (own := OWN.get(begins + colon)) is not None:
        return _load(own[1], f"backend {begins!r} of faultzone")
    known = _installed()
    found = known.get(begins, [])
    if not found:
        written = dict.fromkeys([*(how for how, _ in OWN.values()), *(f"'{each}'" for each in known)])
        *first, last = written
        raise UsageError(f"unknown backend {redaction.url(name)!r}: expected {', '.join(first)} or {last}")
    if len({each.value for each in found}) > 1:
        owners = " and ".join(sorted(_owner(each) for each in found))
        raise UsageError(f"backend {begins!r}: expected one distribution with this entry point, got {owners}")
    return _load(found[0].value, f"backend {begins!r} of {_owner(found[0])}")


def _installed() -> dict[str, list[EntryPoint]]:
    """The entry points of other distributions by name."""
    from importlib.metadata import entry_points

    found: dict[str, list[EntryPoint]] = {}
    for each in sorted(entry_points(group=GROUP)):
        found.setdefault(each.name, []).append(each)
    return found


def _owner(entry: EntryPoint) -> str:
    return entry.dist.name if entry.dist is not None else entry.value


def _load(value: str, says: str) -> Kind:
    """What an entry point has as its value; `importlib.metadata`, which reads it too, takes long to import."""
    module, _, attributes = value.partition("[")[0].replace(" ", "").partition(":")
    try:
        loaded: Any = import_module(module)
        for each in filter(None, attributes.split(".")):
            loaded = getattr(loaded, each)
    except Exception as error:  # It runs somebody's module.
        raise UsageError(f"{says}: cannot load {value}: {type(error).__name__}: {error}") from error
    if isinstance(loaded, Kind):
        return loaded
    if not callable(loaded):
        raise UsageError(f"{says}: expected {value} to be a function that takes BackendOptions")
    return Kind(loaded)


def create(options: BackendOptions) -> Backend:
    """The backend that the options name.

    Raises:
        UsageError: there is no such backend, or it lacks what each must have.
        NotSupported: it cannot be had here; the text says what to do.
    """
    from faultzone.backends.foreign import complete

    return complete(find(options.name).make(options), options.name)
