"""The fault of time: it jumps ahead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final

from faultzone.clock import Duration, milliseconds
from faultzone.faults.base import Fault

if TYPE_CHECKING:
    from faultzone.backends import Backend

_FORWARD: Final = "time does not run backwards"


@dataclass(frozen=True)
class ClockJump(Fault):
    """Region time jumps ahead; all that is due on the way happens. One that comes while time advances is added to that.

    Args:
        by: how far.
    """

    by: Duration
    capability: ClassVar[str] = "move-time"

    @property
    def why_no_undo(self) -> str | None:
        """What has happened stays."""
        return _FORWARD

    def asks(self) -> tuple[str, dict[str, Any]]:
        """Let the time pass."""
        return "advance", {"milliseconds": milliseconds(self.by)}

    def undo(self, backend: Backend, injected: Mapping[str, Any]) -> None:
        """Nothing: see `why_no_undo`."""
