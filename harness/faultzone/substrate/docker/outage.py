"""What a session does while its engine is away: it waits for some seconds, once, and then no more until it is back."""

from __future__ import annotations

import asyncio
from asyncio import sleep
from collections.abc import Awaitable, Callable
from time import monotonic
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

    async def patiently(self, action: Callable[[], Awaitable[Result]], seconds: float | None = None) -> Result:
        """Do something; again once the engine is back, if it was away.

        Args:
            action: what is done.
            seconds: for how many real seconds the engine may be away; `AWAY_SECONDS` if left out.

        Raises:
            HarnessError: it has failed, or the engine does not come back in time.
        """
        while True:
            try:
                result = await action()
            except Away:
                if not await self._over(AWAY_SECONDS if seconds is None else seconds):
                    raise
            else:
                self._since = None
                return result

    async def _over(self, seconds: float) -> bool:
        """Wait until the engine answers; False if it has been away for too long."""
        if self._since is None:
            self._since = monotonic()
        end = self._since + seconds
        while True:
            try:
                await asyncio.to_thread(self._ping)
            except HarnessError:
                if monotonic() >= end:
                    return False
                await sleep(_LOOK_SECONDS)
            else:
                self._since = None
                return True
