"""The process of the Cloud Assistant agent: started, started again when it ended by itself, and broken on purpose."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from typing import Final

#: How long after its end it is started again: longer than it takes the region to notice that it is gone.
_AGAIN_SECONDS: Final = 2.0


class Keeper:
    """Keeps the agent running.

    Args:
        start: starts it; its process id.
    """

    def __init__(self, start: Callable[[], int]) -> None:
        self._start = start
        self._process: int | None = None
        self._again: float | None = None

    @property
    def wakes(self) -> float | None:
        """The instant, in monotonic seconds, at which `tick` has to be called next."""
        return self._again

    def tick(self) -> None:
        """Start it again if it is time."""
        if self._again is not None and time.monotonic() >= self._again:
            self._again = None
            self._process = self._start()

    def exited(self, pid: int) -> None:
        """A process has ended; if it was the agent, it is started again later."""
        if pid == self._process:
            self._process, self._again = None, time.monotonic() + _AGAIN_SECONDS

    def bring(self, state: str) -> None:
        """Let the agent run, be dead, or stand still: `running`, `stopped`, `hung`. Scripts that run go on."""
        process = self._process
        if state == "running":
            if process is None:
                self._again = None
                self._process = self._start()
            else:
                os.kill(process, signal.SIGCONT)
        elif state == "hung":
            if process is not None:
                os.kill(process, signal.SIGSTOP)
        else:
            self._process = self._again = None
            if process is not None:
                os.kill(process, signal.SIGKILL)
