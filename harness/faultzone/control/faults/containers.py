"""What only a kernel and an engine can break, of hosts that are containers.

None has the lock of the backend: nobody may wait for a host under it.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING, Any, Final

from faultzone.control.faults.breaks import Breakers, Breaking, breaks
from faultzone.control.faults.guests import agent_of
from faultzone.control.faults.hosts import Place, host_of, is_up, place_of
from faultzone.control.targets import find_instance
from faultzone.errors import NotSupported, UsageError
from faultzone.faults.containers import DiskFull, HostKilled, HostPaused, MemoryExhausted, PeerCut, SlowNetwork
from faultzone.faults.guests import AgentOutage, GuestCrash

if TYPE_CHECKING:
    from faultzone.control.local import Containers

BREAKERS: Final[Breakers] = {}
#: The outages of an agent that is a process.
PROCESS_OUTAGES: Final = ("stopped", "hung")


def _condition(backend: Containers, host: Place) -> dict[str, Any]:
    """What the kernel of a host says; of one that has no container it says nothing."""
    return backend.substrate.run(backend.substrate.faults.condition(*host))


def _is(backend: Containers, host: Place, name: str, value: object) -> bool:
    """Whether the kernel of a host says so."""
    return bool(_condition(backend, host).get(name) == value)


def _peers_of(backend: Containers, fault: PeerCut) -> list[Hashable]:
    one, other = (place_of(backend, fault.region, each) for each in (fault.host, fault.peer))
    return [("peers", *sorted((one, other)))]


@breaks(PeerCut, BREAKERS, of=_peers_of)
def cut_peers(backend: Containers, fault: PeerCut, peers: tuple[str, Place, Place]) -> Breaking:
    """Let what they send one another vanish."""
    _, one, other = peers
    backend.substrate.run(backend.substrate.faults.peers(*one, other[1], up=False))
    # Of a host that others are kept from, too, it cannot be told whom it hears.
    yield lambda: all(faults_of(backend, each) or not _condition(backend, each).get("unheard") for each in peers[1:])
    backend.substrate.run(backend.substrate.faults.peers(*one, other[1], up=True))


def faults_of(backend: Containers, host: Place) -> list[int]:
    """The numbers of the faults in force of a host's wires and disk."""
    found: set[int] = set()
    for target, numbers in backend.active_faults.targets().items():
        if isinstance(target, tuple) and target[0] in ("peers", "slow", "disk") and host in target[1:]:
            found |= set(numbers)
    return sorted(found)


def _slow_of(backend: Containers, fault: SlowNetwork) -> list[Hashable]:
    return [("slow", place_of(backend, fault.region, fault.host))]


@breaks(SlowNetwork, BREAKERS, of=_slow_of, shared=False)
def slow(backend: Containers, fault: SlowNetwork, target: tuple[str, Place]) -> Breaking:
    """Let it send so little, the least of all that are in force."""
    host, on = target[1], backend.active_faults.on
    _slow(backend, host, min((fault.kilobits, *(each.kilobits for each in on(target).values()))))
    yield lambda: not _is(backend, host, "queue", "tbf")
    _slow(backend, host, min((each.kilobits for each in on(target).values()), default=None))


def _slow(backend: Containers, host: Place, kilobits: int | None) -> None:
    backend.substrate.run(backend.substrate.faults.slow(*host, kilobits))


def _disk_of(backend: Containers, fault: DiskFull) -> list[Hashable]:
    return [("disk", place_of(backend, fault.region, fault.host))]


@breaks(DiskFull, BREAKERS, of=_disk_of)
def fill(backend: Containers, fault: DiskFull, target: tuple[str, Place]) -> Breaking:
    """Let it be full."""
    backend.substrate.run(backend.substrate.faults.fill(*target[1], full=True))
    yield lambda: not _is(backend, target[1], "local_free", 0)
    backend.substrate.run(backend.substrate.faults.fill(*target[1], full=False))


def _memory_of(backend: Containers, fault: MemoryExhausted) -> list[Hashable]:
    return [("memory", fault.instance)]


@breaks(MemoryExhausted, BREAKERS, of=_memory_of, shared=False)
def starve(backend: Containers, fault: MemoryExhausted, memory: Hashable) -> Breaking:
    """Leave so little, the least of all in force; an instance that no longer runs gets all when it boots."""
    backend.await_hosts()
    on = backend.active_faults.on
    backend.substrate.starve(fault.instance, min((fault.left, *(each.left for each in on(memory).values()))))
    yield None
    backend.await_hosts()
    backend.substrate.starve(fault.instance, min((each.left for each in on(memory).values()), default=None))


@breaks(HostPaused, BREAKERS, of=host_of)
def pause(backend: Containers, fault: HostPaused, host: Place) -> Breaking:
    """Let the engine freeze it; thawed, it gets its power back if it was missed."""
    backend.substrate.run(backend.substrate.faults.pause(*host, on=True))
    yield lambda: is_up(backend, host)
    backend.substrate.run(backend.substrate.faults.pause(*host, on=False))
    with backend.locked():
        backend.substrate.repair(*host)


@breaks(HostKilled, BREAKERS, of=host_of)
def kill(backend: Containers, fault: HostKilled, host: Place) -> Breaking:
    """Let the engine kill it."""
    backend.substrate.run(backend.substrate.faults.kill(*host))
    yield lambda: is_up(backend, host)
    with backend.locked():
        backend.substrate.repair(*host)


@breaks(GuestCrash, BREAKERS)
def crash(backend: Containers, fault: GuestCrash) -> Breaking:
    """Crash the operating system; the region restarts the instance by itself."""
    found = find_instance(backend, fault.instance)
    backend.await_hosts()
    if not backend.substrate.crash_guest(found.id):
        raise UsageError(f"{found.id} is {found.status}: its operating system must be up for this fault")
    backend.await_hosts()
    yield None


def _see_state(backend: Containers, fault: AgentOutage) -> None:
    """See that an agent that is a process can be in this state.

    Raises:
        NotSupported: it cannot.
    """
    if fault.state not in PROCESS_OUTAGES:
        raise NotSupported(f"state={fault.state!r}: the agent of a real instance can be {', '.join(PROCESS_OUTAGES)}")


@breaks(AgentOutage, BREAKERS, of=agent_of, shared=False, check=_see_state)
def put_out_of_order(backend: Containers, fault: AgentOutage, agent: Hashable) -> Breaking:
    """Kill the agent, or let it stand still; with no outage left it runs."""
    bring(backend, fault.instance, fault.state)

    def is_sound() -> bool:
        up, version = backend.substrate.agents.look(fault.instance)
        return not up or version is not None

    yield is_sound
    find_instance(backend, fault.instance)
    for state in ("running", *[each.state for each in backend.active_faults.on(agent).values()][-1:]):
        bring(backend, fault.instance, state)


def bring(backend: Containers, instance: str, state: str) -> None:
    """Bring the agent of an instance into a state, once what was asked of the hosts has happened."""
    backend.await_hosts()
    backend.substrate.run(backend.substrate.agents.set(instance, state))
