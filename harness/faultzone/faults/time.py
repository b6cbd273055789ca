"""The fault of time: it jumps ahead."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from faultzone.clock import Duration
from faultzone.faults.fault import Fault


@dataclass(frozen=True)
class ClockJump(Fault):
    """Region time jumps ahead; all that is due on the way happens. One that comes while time advances is added to that.

    Args:
        by: how far.
    """

    by: Duration
    capability: ClassVar = "move-time"
    never_ends: ClassVar = "time does not run backwards"
    examples: ClassVar = {"by": ("1s", "10m", "1d")}
