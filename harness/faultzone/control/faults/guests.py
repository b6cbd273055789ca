"""What breaks inside of guests in memory: their operating system, their agent."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING, Final

from faultzone.control.faults.breaks import Breakers, Breaking, breaks
from faultzone.control.guests import memory_of
from faultzone.control.targets import find_instance
from faultzone.errors import UsageError
from faultzone.faults.guests import AgentOutage, GuestCrash

if TYPE_CHECKING:
    from faultzone.control.local import Local

BREAKERS: Final[Breakers] = {}


@breaks(GuestCrash, BREAKERS, locked=True)
def crash(backend: Local, fault: GuestCrash) -> Breaking:
    """Crash the operating system; the region restarts the instance by itself."""
    found = find_instance(backend, fault.instance)
    if not memory_of(backend).crash_guest(found.id):
        raise UsageError(f"{found.id} is {found.status}: its operating system must be up for this fault")
    yield None


def agent_of(backend: Local, fault: AgentOutage) -> list[Hashable]:
    """The agent of a fault that has one."""
    return [("agent", fault.instance)]


@breaks(AgentOutage, BREAKERS, of=agent_of, shared=False, locked=True)
def put_out_of_order(backend: Local, fault: AgentOutage, agent: Hashable) -> Breaking:
    """Put it out of order; with no outage left it runs, as its latest version, wherever its system is up."""
    guests = memory_of(backend).guests
    guests.set_agent(fault.instance, fault.state)

    def is_sound() -> bool:
        seen = guests.agent(fault.instance)
        return not seen["up"] or (seen["running"] and seen["version"] == seen["latest"])

    yield is_sound
    guests.guest(fault.instance)
    guests.set_agent(fault.instance, "running", *(each.state for each in backend.active_faults.on(agent).values()))
