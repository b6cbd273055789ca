"""The verbs of hosts that are containers: what their kernels say, and what is real inside.

None has the lock of the backend: nobody may wait for a host under it.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from faultzone.control.faults.containers import PROCESS_OUTAGES, bring, faults_of
from faultzone.control.faults.hosts import place_of
from faultzone.control.metadata import who_asks
from faultzone.control.registry import Table, verb
from faultzone.control.targets import find_instance
from faultzone.errors import HarnessError, NotSupported, UsageError
from faultzone.substrate.docker.machines import OUTSIDE
from faultzone.substrate.guest_agent import AGENT_PROCESS

if TYPE_CHECKING:
    from faultzone.control.local import Containers

VERBS: Table = {}
#: What a request over a network has as its method and the names of headers, as its path, and as values of headers.
_TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_PATH: Final = re.compile(r"/[!-~]*")
_VALUE: Final = re.compile(r"[\t -~]*")
_AGENT_STATES: Final = ("running", *PROCESS_OUTAGES, "outdated")


@verb(VERBS, "break-machines", writes=False, takes_lock=True)
def host_condition(backend: Containers, *, host: str, region: str | None = None) -> dict[str, Any]:
    """Return the state of the network, disk and memory of a host from its kernel, and its active faults."""
    at = place_of(backend, region, host)
    condition = backend.substrate.run(backend.substrate.faults.condition(*at))
    said = {name: value for name, value in condition.items() if name != "id"}
    return {**said, "faults": faults_of(backend, at)}


@verb(VERBS, name="exec", takes_lock=True)
def execute(backend: Containers, *, instance: str, script: str, seconds: float = 60) -> dict[str, Any]:
    """Run a script in an instance without the public API, after all pending effects."""
    backend.await_hosts()
    said = backend.substrate.execute(instance, script, float(seconds))
    return {"exit_code": said["exit_code"], "output": said["output"]}


@verb(VERBS, takes_lock=True)
def put_file(
    backend: Containers, *, instance: str, path: str, content: str | Sequence[int], mode: int = 0o644
) -> dict[str, Any]:
    """Put a file into an instance, once what was asked of the hosts has happened."""
    backend.await_hosts()
    raw = content.encode() if isinstance(content, str) else bytes(content)
    backend.substrate.run(backend.substrate.guests.write(instance, path, base64.b64encode(raw).decode(), mode))
    return {}


@verb(VERBS, "reach-guests", writes=False, takes_lock=True)
def metadata(
    backend: Containers, *, instance: str, path: str, method: str = "GET", headers: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Ask the metadata service from inside a running instance: the HTTP status, and the text, null for an unknown
    path."""
    backend.await_hosts()
    with backend.locked():
        found, named = who_asks(backend, instance, headers)
    for what, given, form in (
        ("method", [method], _TOKEN),
        ("path", [path], _PATH),
        ("headers", named, _TOKEN),
        ("headers", named.values(), _VALUE),
    ):
        if wrong := [each for each in given if not form.fullmatch(each)]:
            raise UsageError.expected(what, wrong[0], "what a request can have on one line")
    if "own-address" not in backend.capabilities:
        raise NotSupported("instances have no network of their own here, in which they could reach the service")
    try:
        status, said = backend.substrate.metadata(found.id, path, method, named)
    except (OSError, ValueError) as error:
        raise HarnessError(f"{found.id} cannot reach the metadata service: {error}") from error
    return {"text": None if status == 404 else said, "status": status}


def _host_id(backend: Containers, region_id: str, index: int) -> str:
    if index == OUTSIDE:
        return "outside"
    return backend.cloud.regions[region_id].placement.hosts[index].id


def _instances_on(backend: Containers, region_id: str, index: int) -> Iterable[str]:
    """The ids of what a host has by which one enters it."""
    if index == OUTSIDE:
        return backend.substrate.guests.outside()
    return backend.cloud.regions[region_id].placement.hosts[index].instances


@verb(VERBS, takes_lock=True, last=True)
def host_logs(backend: Containers) -> dict[str, Any]:
    """Return the output of each container that is or was a host: of its agent and of its instances."""
    return {
        "hosts": [
            {"host": _host_id(backend, log.region, log.index), "container": log.container, "log": list(log.lines)}
            for log in backend.substrate.logs()
        ]
    }


@verb(VERBS, takes_lock=True, last=True)
def keep_hosts(backend: Containers) -> dict[str, Any]:
    """Keep the hosts after the session; return the command that enters each instance, and the end of the lease."""
    containers, until = backend.substrate.keep()
    return {
        "until": until,
        "hosts": [
            {
                "host": _host_id(backend, region, index),
                "container": container,
                "attach": {
                    instance: f"docker exec -it {container} python3 -S -E -m agent.attach {instance}"
                    for instance in sorted(_instances_on(backend, region, index))
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
        raise UsageError.expected_whole("port", port, 1, 65535)
    address, opened = backend.substrate.run(backend.substrate.ports.forward(instance, port))
    return {"address": address, "port": opened}


@verb(VERBS, takes_lock=True)
def end_forward(backend: Containers, *, port: int) -> dict[str, Any]:
    """Close a port of `forward-port`."""
    backend.substrate.run(backend.substrate.ports.end(port))
    return {}


@verb(VERBS, "break-agents", takes_lock=True)
def set_agent(backend: Containers, *, instance: str, state: str) -> dict[str, Any]:
    """Set the state of the agent of an instance."""
    if state not in _AGENT_STATES or (state == "outdated" and "old-agents" not in backend.capabilities):
        raise NotSupported(f"state={state!r}: the agent of a real instance can be {', '.join(_AGENT_STATES)}")
    old = backend.cloud.edition.assistant.agent_versions["linux"][1]
    bring(backend, instance, "running" if state == "outdated" else state)
    version = {"outdated": old, "running": ""}.get(state)
    if version is not None:
        backend.substrate.make_old(instance, version)
    return {"states": list(_AGENT_STATES)}


@verb(VERBS, "log-in", takes_lock=True)
def log_in(backend: Containers, *, instance: str, script: str, kind: str | None = None) -> dict[str, Any]:
    """Run a script in a guest as administrator, as over a remote login; returns its place in `guest-history`."""
    if kind not in (None, "RunShellScript"):
        raise UsageError.expected_one_of("kind", kind, ["RunShellScript"])
    backend.await_hosts()
    return {"number": backend.substrate.log_in(instance, script)}


@verb(VERBS, "log-in", writes=False, takes_lock=True)
def guest_history(backend: Containers, *, instance: str) -> dict[str, Any]:
    """List the scripts that ran in a guest, oldest first: the starter, the times and the results."""
    return {"ran": [asdict(each) for each in backend.substrate.history(instance)]}


@verb(VERBS, "break-agents", writes=False, takes_lock=True)
def agent(backend: Containers, *, instance: str) -> dict[str, Any]:
    """Return the state of the agent of an instance: `running` if it takes commands, else a state of `AgentOutage`;
    whether it serves, its version, outages."""
    up, version = backend.substrate.agents.look(instance)
    outages = backend.active_faults.on(("agent", instance))
    state = [each.state for each in outages.values()] or ["running" if version is not None else "stopped"]
    latest = version
    if version is not None and "old-agents" in backend.capabilities:
        latest = backend.cloud.edition.assistant.agent_versions["linux"][0]
    told: dict[str, Any] = {"running": version is not None, "version": version, "latest": latest}
    if "old-agents" in backend.capabilities:  # It is ours, which calls itself so.
        told["process"] = AGENT_PROCESS if up and state[-1] != "stopped" else None
    return {"up": up, "state": state[-1], **told, "faults": list(outages)}
