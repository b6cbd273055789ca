"""Faults inside an instance: its operating system crashes, its agent is out of order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

from faultzone.clock import Duration
from faultzone.faults.fault import Fault
from faultzone.faults.hosts import CUT, POWERLESS

#: The states of an agent that is out of order.
OUTAGES: Final = ("stopped", "hung", "lacking", "outdated", "upgrading", "denied", "busy")


@dataclass(frozen=True)
class GuestCrash(Fault):
    """The operating system of an instance crashes.

    Args:
        instance: the instance's id.
    """

    instance: str
    capability: ClassVar = "crash-guests"
    alone: ClassVar = True
    #: What has crashed cannot crash at the same instant; it is restarted after that.
    alone_for: ClassVar[Duration] = "1ms"
    excluded_by: ClassVar = (*POWERLESS, "HostKilled")
    excluded_once_missed: ClassVar = CUT
    never_ends: ClassVar = "the region restarts the instance"


@dataclass(frozen=True)
class AgentOutage(Fault):
    """The Cloud Assistant agent of an instance is out of order. Of several such faults the latest is to be seen.

    An agent that is a process can be in the first two states alone.

    Args:
        instance: the instance's id.
        state: the state of the agent, one of OUTAGES:
    """

    instance: str
    state: str = "stopped"
    capability: ClassVar = "break-agents"
    ends: ClassVar = "the agent runs"
    examples: ClassVar = {"state": OUTAGES[:2]}
    choices: ClassVar = {"state": OUTAGES}
