"""The verbs of hosts that are containers: what only a kernel and an engine can break, and what is real inside.

None has the lock of the backend: nobody may wait for a host under it.
"""

from __future__ import annotations

import base64
from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, Any

from faultzone.control.registry import Table, verb
from faultzone.control.targets import find_host, find_instance, find_region
from faultzone.errors import UsageError

if TYPE_CHECKING:
    from faultzone.control.local import Containers

VERBS: Table = {}


def _place(backend: Containers, region: str | None, host: str) -> tuple[str, int]:
    """The region and the number of a host."""
    at = find_region(backend, region)
    return at.id, find_host(at, host).index


def _machine(host: tuple[str, int]) -> tuple[str, tuple[str, int]]:
    """The target of faults of a host's wire and disk."""
    return "machine", host


def _check_least(name: str, value: int, least: int) -> None:
    if value < least:
        raise UsageError(f"{name}={value!r}: write a whole number, at least {least}")


def _end(backend: Containers, number: int | None, target: Hashable, *machines: Hashable) -> bool:
    """End the fault of this number on a target, or all; whether none is left on it."""
    faults = backend.active_faults
    for each in list(faults.on(target)) if number is None else [number]:
        for whom in (target, *machines):
            faults.end(whom, each)
    return not faults.on(target)


@verb(VERBS, "break-machines", takes_lock=True)
def host_peers(
    backend: Containers, *, host: str, peer: str, up: bool, id: int | None = None, region: str | None = None
) -> dict[str, Any]:
    """Let two hosts hear one another no longer, or again once nothing keeps them from it."""
    one, other = _place(backend, region, host), _place(backend, region, peer)
    if one == other:
        raise UsageError(f"{host!r} is one host: name two")
    pair = ("peers", *sorted((one, other)))
    if not up:
        backend.hosts.peers(*one, other[1], up=False)
        return {"host": host, "id": backend.active_faults.begin("peers", pair, _machine(one), _machine(other))}
    if _end(backend, id, pair, _machine(one), _machine(other)):
        backend.hosts.peers(*one, other[1], up=True)
    return {"host": host}


@verb(VERBS, "break-machines", takes_lock=True)
def slow_host(
    backend: Containers, *, host: str, kilobits: int | None, id: int | None = None, region: str | None = None
) -> dict[str, Any]:
    """Let a host send at most so many kilobits a second, the least of all that are in force, or all it can."""
    at, faults = _place(backend, region, host), backend.active_faults
    target = ("slow", at)
    if kilobits is None:
        _end(backend, id, target, _machine(at))
        backend.hosts.slow(*at, min(faults.on(target).values(), default=None))
        return {"host": host}
    _check_least("kilobits", kilobits, 8)
    backend.hosts.slow(*at, min((kilobits, *faults.on(target).values())))
    return {"host": host, "id": faults.begin(kilobits, target, _machine(at))}


@verb(VERBS, "break-machines", takes_lock=True)
def fill_disk(
    backend: Containers, *, host: str, full: bool, id: int | None = None, region: str | None = None
) -> dict[str, Any]:
    """Let the local disk of a host be full, or no longer once nothing fills it."""
    at = _place(backend, region, host)
    target = ("disk", at)
    if full:
        backend.hosts.fill(*at, full=True)
        return {"host": host, "id": backend.active_faults.begin("full", target, _machine(at))}
    if _end(backend, id, target, _machine(at)):
        backend.hosts.fill(*at, full=False)
    return {"host": host}


@verb(VERBS, "break-machines", takes_lock=True)
def leave_memory(backend: Containers, *, instance: str, left: int | None, id: int | None = None) -> dict[str, Any]:
    """Leave an instance so many bytes beyond what it uses now, the least of all in force, or as much as any."""
    backend.settle()
    faults, target = backend.active_faults, ("memory", instance)
    if left is None:
        _end(backend, id, target)
        backend.hosts.starve(instance, min(faults.on(target).values(), default=None))
        return {"instance": instance}
    _check_least("left", left, 0)
    backend.hosts.starve(instance, min((left, *faults.on(target).values())))
    return {"instance": instance, "id": faults.begin(left, target)}


@verb(VERBS, "break-machines", takes_lock=True)
def pause_host(backend: Containers, *, host: str, on: bool, region: str | None = None) -> dict[str, Any]:
    """Let the engine freeze a host, or thaw it; a frozen one that was missed is mended by its number."""
    at = _place(backend, region, host)
    backend.hosts.pause(*at, on=on)
    return {"host": host} | ({"id": backend.active_faults.begin("pause", at)} if on else {})


@verb(VERBS, "break-machines", takes_lock=True)
def kill_host(backend: Containers, *, host: str, region: str | None = None) -> dict[str, Any]:
    """Let the engine kill a host; tells the number that mends it."""
    at = _place(backend, region, host)
    backend.hosts.kill(*at)
    return {"host": host, "id": backend.active_faults.begin("kill", at)}


@verb(VERBS, "break-machines", takes_lock=True)
def host_condition(backend: Containers, *, host: str, region: str | None = None) -> dict[str, Any]:
    """What the kernel of a host says of what can be broken there, if it has a container, and the faults in force."""
    at = _place(backend, region, host)
    said = {name: value for name, value in backend.hosts.condition(*at).items() if name != "id"}
    return {**said, "faults": list(backend.active_faults.on(_machine(at)))}


@verb(VERBS, name="exec", takes_lock=True)
def execute(backend: Containers, *, instance: str, script: str, seconds: float = 60) -> dict[str, Any]:
    """Run a script in an instance beside the public API, once what was asked of the hosts has happened."""
    backend.settle()
    said = backend.hosts.execute(instance, script, float(seconds))
    return {"exit_code": said["exit_code"], "output": said["output"]}


@verb(VERBS, takes_lock=True)
def put_file(
    backend: Containers, *, instance: str, path: str, content: str | Sequence[int], mode: int = 0o644
) -> dict[str, Any]:
    """Put a file into an instance, once what was asked of the hosts has happened."""
    backend.settle()
    raw = content.encode() if isinstance(content, str) else bytes(content)
    backend.hosts.write(instance, path, base64.b64encode(raw).decode(), mode)
    return {}


def _host_id(backend: Containers, region_id: str, index: int) -> str:
    return backend.cloud.regions[region_id].placement.hosts[index].id


@verb(VERBS, takes_lock=True)
def host_logs(backend: Containers) -> dict[str, Any]:
    """Tell what each container wrote that is or was a host: its own agent and those of its instances."""
    return {
        "hosts": [
            {"host": _host_id(backend, log.region, log.index), "container": log.container, "log": list(log.lines)}
            for log in backend.hosts.logs()
        ]
    }


@verb(VERBS, takes_lock=True)
def keep_hosts(backend: Containers) -> dict[str, Any]:
    """Leave the hosts as they are after the session; tell what enters each instance, and until when they stay."""
    containers, until = backend.hosts.keep()
    return {
        "until": until,
        "hosts": [
            {
                "host": _host_id(backend, region, index),
                "container": container,
                "attach": {
                    instance: f"docker exec -it {container} python3 -S -E -m agent.attach {instance}"
                    for instance in sorted(backend.cloud.regions[region].placement.hosts[index].instances)
                },
            }
            for (region, index), container in sorted(containers.items())
        ],
    }


@verb(VERBS, takes_lock=True)
def forward_port(backend: Containers, *, instance: str, port: int) -> dict[str, Any]:
    """Open a port of this machine that leads to a port of an instance."""
    find_instance(backend, instance)
    if not 1 <= port <= 65535:
        raise UsageError(f"port={port!r}: write a port, from 1 to 65535")
    address, opened = backend.hosts.reach.forward(instance, port)
    return {"address": address, "port": opened}


@verb(VERBS, takes_lock=True)
def end_forward(backend: Containers, *, port: int) -> dict[str, Any]:
    """Close a port that was opened."""
    backend.hosts.reach.end(port)
    return {}
