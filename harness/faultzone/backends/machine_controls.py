"""The control verbs of hosts and instances that are real: what only a kernel and an engine can break."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import TYPE_CHECKING, Any, Final

from faultzone.errors import UsageError

if TYPE_CHECKING:
    from faultzone.backends.docker import DockerBackend

Verb = Callable[["DockerBackend", dict[str, Any]], dict[str, Any]]


def place(backend: DockerBackend, given: Mapping[str, Any], name: str = "host") -> tuple[str, int]:
    """The region and the number of the host that the arguments name.

    Raises:
        UsageError: they name none.
    """
    region_id = str(given.get("region") or backend.cloud.default_region)
    region = backend.cloud.regions.get(region_id)
    host = None if region is None else region.placement.find_host(str(given[name]))
    if host is None:
        raise UsageError(f"there is no host {given[name]!r} in {region_id}")
    return region_id, host.index


def _machine(host: tuple[str, int]) -> tuple[str, tuple[str, int]]:
    """What the wire and the disk of a host have their troubles noted under."""
    return "machine", host


def _number(given: Mapping[str, Any], name: str, least: int) -> int | None:
    """A whole number, or None.

    Raises:
        UsageError: it is none, or too small.
    """
    value = given.get(name)
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < least):
        raise UsageError(f"{name}={value!r}: write a whole number, at least {least}")
    return value


def _lift(backend: DockerBackend, given: Mapping[str, Any], target: Hashable, *machines: Hashable) -> bool:
    """End the trouble of the number that is given with a target, or all; whether nothing is wrong with it now."""
    troubles, number = backend.troubles, _number(given, "id", 1)
    for each in list(troubles.left(target)) if number is None else [number]:
        for whom in (target, *machines):
            troubles.end(whom, each)
    return not troubles.left(target)


def _peers(backend: DockerBackend, given: dict[str, Any]) -> dict[str, Any]:
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


def _slow(backend: DockerBackend, given: dict[str, Any]) -> dict[str, Any]:
    """Let a host send at most so many kilobits a second, the least of all that are in force, or all it can."""
    host, kilobits = place(backend, given), _number(given, "kilobits", 8)
    target, left = ("slow", host), backend.troubles.left
    if kilobits is None:
        _lift(backend, given, target, _machine(host))
        backend.hosts.slow(*host, min(left(target).values(), default=None))
        return {"host": given["host"]}
    backend.hosts.slow(*host, min((kilobits, *left(target).values())))
    return {"host": given["host"], "id": backend.troubles.begin(kilobits, target, _machine(host))}


def _disk(backend: DockerBackend, given: dict[str, Any]) -> dict[str, Any]:
    """Let the local disk of a host be full, or no longer once nothing fills it."""
    host = place(backend, given)
    target = ("disk", host)
    if given["full"]:
        backend.hosts.fill(*host, full=True)
        return {"host": given["host"], "id": backend.troubles.begin("full", target, _machine(host))}
    if _lift(backend, given, target, _machine(host)):
        backend.hosts.fill(*host, full=False)
    return {"host": given["host"]}


def _memory(backend: DockerBackend, given: dict[str, Any]) -> dict[str, Any]:
    """Leave an instance so many bytes beyond what it uses now, the least of all in force, or as much as any."""
    backend.settle()
    instance, left = str(given["instance"]), _number(given, "left", 0)
    target = ("memory", instance)
    if left is None:
        _lift(backend, given, target)
        backend.hosts.starve(instance, min(backend.troubles.left(target).values(), default=None))
        return {"instance": instance}
    backend.hosts.starve(instance, min((left, *backend.troubles.left(target).values())))
    return {"instance": instance, "id": backend.troubles.begin(left, target)}


def _pause(backend: DockerBackend, given: dict[str, Any]) -> dict[str, Any]:
    """Let the engine freeze a host, or thaw it; a frozen one that was missed is mended by its number."""
    machine, on = place(backend, given), bool(given["on"])
    backend.hosts.pause(*machine, on=on)
    return {"host": given["host"]} | ({"id": backend.troubles.begin("pause", machine)} if on else {})


def _kill(backend: DockerBackend, given: dict[str, Any]) -> dict[str, Any]:
    """Let the engine kill a host; tells the number that mends it."""
    machine = place(backend, given)
    backend.hosts.kill(*machine)
    return {"host": given["host"], "id": backend.troubles.begin("kill", machine)}


def _condition(backend: DockerBackend, given: dict[str, Any]) -> dict[str, Any]:
    """What the kernel of a host says of what can be broken there, if it has a container, and by number what is."""
    host = place(backend, given)
    said = {name: value for name, value in backend.hosts.condition(*host).items() if name != "id"}
    return {**said, "troubles": list(backend.troubles.left(_machine(host)))}


VERBS: Final[Mapping[str, Verb]] = {
    "host-peers": _peers,
    "slow-host": _slow,
    "fill-disk": _disk,
    "leave-memory": _memory,
    "pause-host": _pause,
    "kill-host": _kill,
    "host-condition": _condition,
}
