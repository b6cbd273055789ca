"""The control verbs of agents that are processes: they can be killed and stopped, and run again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from faultzone.backends.controls import Arguments
from faultzone.backends.machine_controls import real
from faultzone.errors import NotSupported, UsageError

if TYPE_CHECKING:
    from faultzone.backends.docker import DockerBackend

_BROKEN: Final = ("stopped", "hung")


def _bring(backend: DockerBackend, instance: str, state: str) -> None:
    """Bring the agent of an instance into a state, once what was asked of the hosts has happened."""
    backend.settle()
    backend.hosts.set_agent(instance, state)


def _check(state: str, *allowed: str) -> str:
    if state not in allowed:
        raise NotSupported(f"state={state!r}: the agent of a real instance can be {', '.join(allowed)}")
    return state


@real("agent-outage", "break-agents", instance="string", state="string")
def _outage(backend: DockerBackend, given: Arguments) -> dict[str, Any]:
    """Kill the agent of an instance, or let it stand still; tells the number that ends it."""
    instance, state = given["instance"], _check(given["state"], *_BROKEN)
    _bring(backend, instance, state)
    return {"id": backend.troubles.begin(state, ("agent", instance))}


@real("end-agent-outage", "break-agents", instance="string", id="integer?")
def _end_outage(backend: DockerBackend, given: Arguments) -> dict[str, Any]:
    """End an outage of an agent, or all; with none left it runs."""
    instance, number = given["instance"], given.get("id")
    agent = ("agent", instance)
    if backend.cloud.find_instance(instance) is None:
        raise UsageError(f"there is no instance {instance!r}")
    if number is None or number in backend.troubles.left(agent):
        backend.troubles.end(agent, number)
        for state in ("running", *list(backend.troubles.left(agent).values())[-1:]):
            _bring(backend, instance, state)
    return {}


@real("set-agent", "break-agents", instance="string", state="string")
def _set(backend: DockerBackend, given: Arguments) -> dict[str, Any]:
    """Bring the agent of an instance into a state."""
    _bring(backend, given["instance"], _check(given["state"], "running", *_BROKEN))
    return {"states": ["running", *_BROKEN]}


@real("agent", "break-agents", instance="string")
def _look(backend: DockerBackend, given: Arguments) -> dict[str, Any]:
    """Look at the agent of an instance: whether its system is up, whether it serves, its version, outages."""
    instance = given["instance"]
    up, version = backend.hosts.agent_of(instance)
    troubles = list(backend.troubles.left(("agent", instance)))
    return {"up": up, "running": version is not None, "version": version, "latest": version, "troubles": troubles}
