"""Faults inside an instance: its operating system crashes, its agent is out of order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

from faultzone.clock import Duration
from faultzone.errors import UsageError
from faultzone.faults.fault import Fault
from faultzone.faults.hosts import CUT, POWERLESS

_STATES: Final = ("stopped", "hung", "lacking", "outdated", "upgrading", "denied", "busy")


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

    Args:
        instance: the instance's id.
        state: `stopped`, `hung`, `lacking`, `outdated` or `upgrading`; of one that is a process, the first two.
    """

    instance: str
    state: str = "stopped"
    capability: ClassVar = "break-agents"
    ends: ClassVar = "the agent runs"
    examples: ClassVar = {"state": _STATES[:2]}

    def __post_init__(self) -> None:
        """Look at the values.

        Raises:
            UsageError: there is no such state.
        """
        super().__post_init__()
        if self.state not in _STATES:
            raise UsageError.expected_one_of("state", self.state, _STATES)
