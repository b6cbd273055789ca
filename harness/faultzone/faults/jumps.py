"""The fault of time: it jumps ahead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from faultzone.clock import Duration, milliseconds

if TYPE_CHECKING:
    from faultzone.backends import Backend


@dataclass(frozen=True)
class ClockJump:
    """Region time jumps ahead; all that is due on the way happens.

    Args:
        by: how far.
    """

    by: Duration
    capability: ClassVar[str] = "move-time"
    why_no_undo: ClassVar[str | None] = "time does not run backwards"

    def inject(self, backend: Backend) -> Mapping[str, Any]:
        """Let the time pass."""
        return backend.control("advance", {"milliseconds": milliseconds(self.by)})

    def undo(self, backend: Backend, injected: Mapping[str, Any]) -> None:
        """Nothing: see `why_no_undo`."""
