"""The verbs of agents that are processes: they can be killed and stopped, and run again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from faultzone.control.registry import Table, verb
from faultzone.control.targets import find_instance
from faultzone.errors import NotSupported

if TYPE_CHECKING:
    from faultzone.control.local import Containers

VERBS: Table = {}
_BROKEN: Final = ("stopped", "hung")


def _bring(backend: Containers, instance: str, state: str) -> None:
    """Bring the agent of an instance into a state, once what was asked of the hosts has happened."""
    backend.settle()
    backend.hosts.set_agent(instance, state)


def _check(state: str, *allowed: str) -> str:
    if state not in allowed:
        raise NotSupported(f"state={state!r}: the agent of a real instance can be {', '.join(allowed)}")
    return state


@verb(VERBS, "break-agents", takes_lock=True)
def agent_outage(backend: Containers, *, instance: str, state: str) -> dict[str, Any]:
    """Kill the agent of an instance, or let it stand still; tells the number that ends it."""
    _bring(backend, instance, _check(state, *_BROKEN))
    return {"id": backend.active_faults.begin(state, ("agent", instance))}


@verb(VERBS, "break-agents", takes_lock=True)
def end_agent_outage(backend: Containers, *, instance: str, id: int | None = None) -> dict[str, Any]:
    """End an outage of an agent, or all; with none left it runs."""
    find_instance(backend, instance)
    agent = ("agent", instance)
    if id is None or id in backend.active_faults.on(agent):
        backend.active_faults.end(agent, id)
        for state in ("running", *list(backend.active_faults.on(agent).values())[-1:]):
            _bring(backend, instance, state)
    return {}


@verb(VERBS, "break-agents", takes_lock=True)
def set_agent(backend: Containers, *, instance: str, state: str) -> dict[str, Any]:
    """Bring the agent of an instance into a state."""
    _bring(backend, instance, _check(state, "running", *_BROKEN))
    return {"states": ["running", *_BROKEN]}


@verb(VERBS, "break-agents", takes_lock=True)
def agent(backend: Containers, *, instance: str) -> dict[str, Any]:
    """Look at the agent of an instance: whether its system is up, whether it serves, its version, outages."""
    up, version = backend.hosts.agent_of(instance)
    faults = list(backend.active_faults.on(("agent", instance)))
    return {"up": up, "running": version is not None, "version": version, "latest": version, "faults": faults}
