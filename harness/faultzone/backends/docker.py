"""The docker backend: the same region over hosts that are containers, with guests that are real.

Control-plane time is real time plus an offset, which `advance` raises; guest time is real. So fifteen days pass in a
moment, and no process notices.
"""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush
from itertools import count
from time import monotonic
from typing import Any, Final

from faultzone.backends import OWN
from faultzone.backends.local import LocalBackend
from faultzone.clock import SECOND, HybridClock, Timer
from faultzone.control import tables
from faultzone.errors import NotSupported
from faultzone.substrate.docker.session import session
from faultzone.substrate.docker.settings import Settings

#: What hosts in memory let a test do and containers do not, each with the reason.
LACKS: Final = {
    "guest-time": "processes are real, and so is their time",
    "windows": "containers share the kernel of the engine's machine, which is Linux",
    "guest": "what runs is real, so it does what its program does; and there is no cloud outside to install from",
    "live-migration": "processes end on one host and begin anew on another",
}


class SplitClock(HybridClock):
    """Region time that follows real time and may be moved ahead of it; guest time stays real."""

    def __init__(self, start: int, real: Callable[[], float] = monotonic) -> None:
        super().__init__(start, real)
        self._guest: list[tuple[float, int, Timer]] = []
        self._orders = count()

    def guest_later(self, delay: int, action: Callable[[], None]) -> Timer:
        """Run `action` after `delay` real milliseconds, however far region time is moved meanwhile."""
        timer = Timer(0, action)
        heappush(self._guest, (self._real() + delay / SECOND, next(self._orders), timer))
        return timer

    def step(self, limit: int) -> bool:
        """Fire the earliest guest timer that is due in real time, else the earliest of region time by `limit`."""
        while self._guest and self._guest[0][0] <= self._real():
            timer = heappop(self._guest)[2]
            if timer.action is not None:
                action, timer.action = timer.action, None
                action()
                return True
        return super().step(limit)


def container_backend(
    *shapes: Any, settings: Settings | None = None, root_image: str = "", start: int, **options: Any
) -> LocalBackend:
    """A cloud whose hosts are containers.

    Args:
        shapes: one for each region.
        settings: the base image and the like.
        root_image: the image whose files instances have as their root; the hosts' own when empty.
        start: the first instant of region time, in milliseconds since the epoch.
        options: what `LocalBackend` takes, but for the clock and what hosts are made of.

    Raises:
        NotSupported: no engine answers, or no image can be had; the text says what to do.
        UsageError: there is no such root image, or it has no shell.
    """
    opened = session(settings or Settings())
    lost = opened.lost
    if root_image and "own-root" in lost:
        raise NotSupported("instances are plain process trees here, which have no root, so no root_image either")
    root = opened.root(root_image) if root_image else ""

    lacking = {*lost, *(("launchers", "outside-machines", "old-agents") if opened.agent != "own" else ())}
    if "own-root" in lost:
        # A console is a device of the instance's own, and the program of a machine a file of its own.
        lacking |= {"consoles", "outside-machines"}

    # What it needs is there: the session has seen to that.
    from faultzone.substrate.docker.substrate import DockerSubstrate

    return LocalBackend(
        *shapes,
        clock=SplitClock(start),
        hosts=lambda backend: DockerSubstrate(
            opened,
            backend.take_report,
            backend.metadata,
            backend.clock.target,
            root,
            version=backend.cloud.edition.assistant.agent_versions["linux"][0],
            file_errors=backend.cloud.edition.assistant.file_errors,
        ),
        name="docker",
        capabilities=(LocalBackend.capabilities - LACKS.keys() | {"break-machines"} | OWN) - lacking,
        verbs=tables.CONTAINERS,
        breakers=tables.container_breakers,
        **options,
    )
