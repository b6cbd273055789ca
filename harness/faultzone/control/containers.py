"""The verbs of hosts that are containers: what their kernels say, and what is real inside.

None has the lock of the backend: nobody may wait for a host under it.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from faultzone.control.faults.containers import AGENT_STATES, bring, faults_of
from faultzone.control.faults.hosts import place_of
from faultzone.control.registry import Table, verb
from faultzone.control.targets import find_instance
from faultzone.errors import NotSupported, UsageError

if TYPE_CHECKING:
    from faultzone.control.local import Containers

VERBS: Table = {}
_AGENT_STATES: Final = ("running", *AGENT_STATES)


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


def _host_id(backend: Containers, region_id: str, index: int) -> str:
    return backend.cloud.regions[region_id].placement.hosts[index].id


@verb(VERBS, takes_lock=True)
def host_logs(backend: Containers) -> dict[str, Any]:
    """Return the output of each container that is or was a host: of its agent and of its instances."""
    return {
        "hosts": [
            {"host": _host_id(backend, log.region, log.index), "container": log.container, "log": list(log.lines)}
            for log in backend.substrate.logs()
        ]
    }


@verb(VERBS, takes_lock=True)
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
    if state not in _AGENT_STATES:
        raise NotSupported(f"state={state!r}: the agent of a real instance can be {', '.join(_AGENT_STATES)}")
    bring(backend, instance, state)
    return {"states": list(_AGENT_STATES)}


@verb(VERBS, "break-agents", writes=False, takes_lock=True)
def agent(backend: Containers, *, instance: str) -> dict[str, Any]:
    """Return the state of the agent of an instance: whether it is up, whether it serves, its version, outages."""
    up, version = backend.substrate.agents.look(instance)
    faults = list(backend.active_faults.on(("agent", instance)))
    return {"up": up, "running": version is not None, "version": version, "latest": version, "faults": faults}
