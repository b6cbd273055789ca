"""Faults inside an instance: its operating system crashes, its agent is out of order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from faultzone.faults.promises import unless_vanished

if TYPE_CHECKING:
    from faultzone.backends import Backend


@dataclass(frozen=True)
class GuestCrash:
    """The operating system of an instance crashes.

    Args:
        instance: the instance's id.
    """

    instance: str
    capability: ClassVar[str] = "guest"
    why_no_undo: ClassVar[str | None] = "the region restarts the instance by itself"

    def inject(self, backend: Backend) -> Mapping[str, Any]:
        """Crash it."""
        return backend.control("guest-crash", {"instance": self.instance})

    def undo(self, backend: Backend, injected: Mapping[str, Any]) -> None:
        """Nothing: see `why_no_undo`."""


@dataclass(frozen=True)
class AgentOutage:
    """The Cloud Assistant agent of an instance is out of order.

    Args:
        instance: the instance's id.
        state: `stopped`, `hung`, `lacking`, `outdated` or `upgrading`.
    """

    instance: str
    state: str = "stopped"
    capability: ClassVar[str] = "guest"
    why_no_undo: ClassVar[str | None] = None

    def inject(self, backend: Backend) -> Mapping[str, Any]:
        """Bring it into that state."""
        return backend.control("set-agent", {"instance": self.instance, "state": self.state})

    def undo(self, backend: Backend, injected: Mapping[str, Any]) -> None:
        """Let it run, as its latest version; an instance that was released has none."""
        with unless_vanished():
            backend.control("set-agent", {"instance": self.instance, "state": "running"})
