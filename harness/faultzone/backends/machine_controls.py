"""The control verbs of hosts and instances that are real: what only a kernel and an engine can break."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Any, Final

from faultzone.backends.controls import Arguments, Run, Verb, _host, _region, verb
from faultzone.errors import UsageError

if TYPE_CHECKING:
    from faultzone.backends.docker import DockerBackend

#: The verbs of the docker backend alone.
VERBS: Final[dict[str, Verb]] = {}


def real(name: str, capability: str, **arguments: str) -> Callable[[Run[DockerBackend]], Run[DockerBackend]]:
    """Register a control verb of hosts and instances that are real; see `controls.verb`.

    It takes no lock: nobody may wait for a host under one.
    """
    return verb(name, capability, writes=True, outside_lock=True, into=VERBS, **arguments)


def place(backend: DockerBackend, given: Arguments, name: str = "host") -> tuple[str, int]:
    """The region and the number of the host that the arguments name.

    Raises:
        UsageError: they name none.
    """
    region = _region(backend, given)
    return region.id, _host(region, {"host": given[name]}).index


def _machine(host: tuple[str, int]) -> tuple[str, tuple[str, int]]:
    """What the wire and the disk of a host have their troubles noted under."""
    return "machine", host


def _at_least(given: Arguments, name: str, least: int) -> int | None:
    """A whole number, or None.

    Raises:
        UsageError: it is too small.
    """
    value: int | None = given.get(name)
    if value is not None and value < least:
        raise UsageError(f"{name}={value!r}: write a whole number, at least {least}")
    return value


def _lift(backend: DockerBackend, given: Arguments, target: Hashable, *machines: Hashable) -> bool:
    """End the trouble of the number that is given with a target, or all; whether nothing is wrong with it now."""
    troubles, number = backend.troubles, given.get("id")
    for each in list(troubles.left(target)) if number is None else [number]:
        for whom in (target, *machines):
            troubles.end(whom, each)
    return not troubles.left(target)


@real("host-peers", "break-machines", host="string", peer="string", up="boolean", id="integer?", region="string?")
def _peers(backend: DockerBackend, given: Arguments) -> dict[str, Any]:
    """Let two hosts hear one another no longer, or again once nothing keeps them from it."""
    one, other = place(backend, given), place(backend, given, "peer")
    if one == other:
        raise UsageError(f"{given['host']!r} is one host: name two")
    pair = ("peers", *sorted((one, other)))
    if not given["up"]:
        backend.hosts.peers(*one, other[1], up=False)
        return {"host": given["host"], "id": backend.troubles.begin("peers", pair, _machine(one), _machine(other))}
    if _lift(backend, given, pair, _machine(one), _machine(other)):
        backend.hosts.peers(*one, other[1], up=True)
    return {"host": given["host"]}


@real("slow-host", "break-machines", host="string", kilobits="integer or null", id="integer?", region="string?")
def _slow(backend: DockerBackend, given: Arguments) -> dict[str, Any]:
    """Let a host send at most so many kilobits a second, the least of all that are in force, or all it can."""
    host, kilobits = place(backend, given), _at_least(given, "kilobits", 8)
    target, left = ("slow", host), backend.troubles.left
    if kilobits is None:
        _lift(backend, given, target, _machine(host))
        backend.hosts.slow(*host, min(left(target).values(), default=None))
        return {"host": given["host"]}
    backend.hosts.slow(*host, min((kilobits, *left(target).values())))
    return {"host": given["host"], "id": backend.troubles.begin(kilobits, target, _machine(host))}


@real("fill-disk", "break-machines", host="string", full="boolean", id="integer?", region="string?")
def _disk(backend: DockerBackend, given: Arguments) -> dict[str, Any]:
    """Let the local disk of a host be full, or no longer once nothing fills it."""
    host = place(backend, given)
    target = ("disk", host)
    if given["full"]:
        backend.hosts.fill(*host, full=True)
        return {"host": given["host"], "id": backend.troubles.begin("full", target, _machine(host))}
    if _lift(backend, given, target, _machine(host)):
        backend.hosts.fill(*host, full=False)
    return {"host": given["host"]}


@real("leave-memory", "break-machines", instance="string", left="integer or null", id="integer?")
def _memory(backend: DockerBackend, given: Arguments) -> dict[str, Any]:
    """Leave an instance so many bytes beyond what it uses now, the least of all in force, or as much as any."""
    backend.settle()
    instance, left = given["instance"], _at_least(given, "left", 0)
    target = ("memory", instance)
    if left is None:
        _lift(backend, given, target)
        backend.hosts.starve(instance, min(backend.troubles.left(target).values(), default=None))
        return {"instance": instance}
    backend.hosts.starve(instance, min((left, *backend.troubles.left(target).values())))
    return {"instance": instance, "id": backend.troubles.begin(left, target)}


@real("pause-host", "break-machines", host="string", on="boolean", region="string?")
def _pause(backend: DockerBackend, given: Arguments) -> dict[str, Any]:
    """Let the engine freeze a host, or thaw it; a frozen one that was missed is mended by its number."""
    machine, on = place(backend, given), given["on"]
    backend.hosts.pause(*machine, on=on)
    return {"host": given["host"]} | ({"id": backend.troubles.begin("pause", machine)} if on else {})


@real("kill-host", "break-machines", host="string", region="string?")
def _kill(backend: DockerBackend, given: Arguments) -> dict[str, Any]:
    """Let the engine kill a host; tells the number that mends it."""
    machine = place(backend, given)
    backend.hosts.kill(*machine)
    return {"host": given["host"], "id": backend.troubles.begin("kill", machine)}


@real("host-condition", "break-machines", host="string", region="string?")
def _condition(backend: DockerBackend, given: Arguments) -> dict[str, Any]:
    """What the kernel of a host says of what can be broken there, if it has a container, and by number what is."""
    host = place(backend, given)
    said = {name: value for name, value in backend.hosts.condition(*host).items() if name != "id"}
    return {**said, "troubles": list(backend.troubles.left(_machine(host)))}
