"""What a session does while its engine is away: it waits for some seconds, once, and then no more until it is back."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final, TypeVar

from faultzone.errors import HarnessError
from faultzone.substrate.docker.connection import Away

Result = TypeVar("Result")
#: For how many real seconds an engine may be away, from when that was first seen, until what needs it fails at once.
#: It is less than for how long a wait lets hosts be silent.
AWAY_SECONDS: Final = 15.0
_LOOK_SECONDS: Final = 0.1


class Outage:
    """Whether the engine is away, and since when.

    Args:
        ping: raises `HarnessError` while it is.
    """

    def __init__(self, ping: Callable[[], None]) -> None:
        self._ping = ping
        self._since: float | None = None

    def patiently(self, action: Callable[[], Result], seconds: float | None = None) -> Result:
        """Do something; again once the engine is back, if it was away.

        Args:
            action: what is done.
            seconds: for how many real seconds the engine may be away; `AWAY_SECONDS` if left out.

        Raises:
            HarnessError: it has failed, or the engine does not come back in time.
        """
        while True:
            try:
                result = action()
            except Away:
                if not self._over(AWAY_SECONDS if seconds is None else seconds):
                    raise
            else:
                self._since = None
                return result

    def _over(self, seconds: float) -> bool:
        """Wait until the engine answers; False if it has been away for too long."""
        if self._since is None:
            self._since = time.monotonic()
        end = self._since + seconds
        while True:
            try:
                self._ping()
            except HarnessError:
                if time.monotonic() >= end:
                    return False
                time.sleep(_LOOK_SECONDS)
            else:
                self._since = None
                return True
