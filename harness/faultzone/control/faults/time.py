"""What moves time: it jumps ahead, for good."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from faultzone.clock import milliseconds
from faultzone.control.faults import met
from faultzone.control.faults.breaks import Breakers, Breaking, breaks
from faultzone.faults.time import ClockJump

if TYPE_CHECKING:
    from faultzone.control.local import Local

BREAKERS: Final[Breakers] = {}


@breaks(ClockJump, BREAKERS, meets=met.by_anything)
def jump(backend: Local, fault: ClockJump) -> Breaking:
    """Let the time pass."""
    backend.advance(milliseconds(fault.by))
    yield None
