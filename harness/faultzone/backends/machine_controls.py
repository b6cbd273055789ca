"""The control verbs of hosts and instances that are real: what only a kernel and an engine can break."""

from __future__ import annotations

from collections.abc import Callable, Mapping
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


def _number(given: Mapping[str, Any], name: str, least: int) -> int | None:
    """A whole number, or None.

    Raises:
        UsageError: it is none, or too small.
    """
    value = given.get(name)
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < least):
        raise UsageError(f"{name}={value!r}: write a whole number, at least {least}")
    return value


def _peers(backend: DockerBackend, given: dict[str, Any]) -> dict[str, Any]:
    """Let two hosts hear one another no longer, or again."""
    (region, one), (_, other) = place(backend, given), place(backend, given, "peer")
    if one == other:
        raise UsageError(f"{given['host']!r} is one host: name two")
    backend.hosts.peers(region, one, other, up=bool(given["up"]))
    return {"host": given["host"]}


def _slow(backend: DockerBackend, given: dict[str, Any]) -> dict[str, Any]:
    """Let a host send at most so many kilobits a second, or all it can."""
    backend.hosts.slow(*place(backend, given), _number(given, "kilobits", 8))
    return {"host": given["host"]}


def _disk(backend: DockerBackend, given: dict[str, Any]) -> dict[str, Any]:
    """Let the local disk of a host be full, or no longer."""
    backend.hosts.fill(*place(backend, given), full=bool(given["full"]))
    return {"host": given["host"]}


def _memory(backend: DockerBackend, given: dict[str, Any]) -> dict[str, Any]:
    """Leave an instance so many bytes of memory beyond what it has now, or as much as any."""
    backend.settle()
    backend.hosts.starve(str(given["instance"]), _number(given, "left", 0))
    return {"instance": given["instance"]}


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
    """What the kernel of a host says of what can be broken there; nothing of one without a container."""
    said = backend.hosts.condition(*place(backend, given))
    return {name: value for name, value in said.items() if name != "id"}


VERBS: Final[Mapping[str, Verb]] = {
    "host-peers": _peers,
    "slow-host": _slow,
    "fill-disk": _disk,
    "leave-memory": _memory,
    "pause-host": _pause,
    "kill-host": _kill,
    "host-condition": _condition,
}
