"""Faults inside an instance: its operating system crashes, its agent is out of order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final

from faultzone.faults.base import Fault
from faultzone.faults.promises import unless_vanished

if TYPE_CHECKING:
    from faultzone.backends import Backend

_RESTARTED: Final = "the region restarts the instance by itself"


@dataclass(frozen=True)
class GuestCrash(Fault):
    """The operating system of an instance crashes.

    Args:
        instance: the instance's id.
    """

    instance: str
    capability: ClassVar[str] = "guest"

    @property
    def why_no_undo(self) -> str | None:
        """There is nothing left to mend."""
        return _RESTARTED

    def asks(self) -> tuple[str, dict[str, Any]]:
        """Crash it."""
        return "guest-crash", {"instance": self.instance}

    def undo(self, backend: Backend, injected: Mapping[str, Any]) -> None:
        """Nothing: see `why_no_undo`."""


@dataclass(frozen=True)
class AgentOutage(Fault):
    """The Cloud Assistant agent of an instance is out of order. Of several such faults the latest is to be seen.

    Args:
        instance: the instance's id.
        state: `stopped`, `hung`, `lacking`, `outdated` or `upgrading`; of one that is a process, the first two.
    """

    instance: str
    state: str = "stopped"
    capability: ClassVar[str] = "break-agents"

    def asks(self) -> tuple[str, dict[str, Any]]:
        """Bring it into that state."""
        return "agent-outage", {"instance": self.instance, "state": self.state}

    def undo(self, backend: Backend, injected: Mapping[str, Any]) -> None:
        """Let it run, as its latest version, once nothing else is wrong; an instance that was released has none."""
        with unless_vanished():
            backend.control("end-agent-outage", {"instance": self.instance, "id": injected.get("id")})

    def undone(self, backend: Backend, injected: Mapping[str, Any]) -> bool:
        """It runs as its latest version wherever its system is up and nothing else is wrong with it."""
        agent = backend.control("agent", {"instance": self.instance})
        sound = not agent["up"] or (agent["running"] and agent["version"] == agent["latest"])
        return injected.get("id") not in agent["faults"] and (sound or bool(agent["faults"]))
