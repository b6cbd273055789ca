"""The docker backend: the same region over hosts that are containers, with guests that are real.

Control-plane time is real time plus an offset, which `advance` raises; guest time is real. So fifteen days pass in a
moment, and no process notices.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from heapq import heappop, heappush
from itertools import count
from time import monotonic, sleep
from typing import Any, Final
from weakref import finalize

from faultzone.api.ecs import ECS
from faultzone.backends import OWN
from faultzone.backends.local import LocalBackend
from faultzone.clock import SECOND, Clock, HybridClock, Timer
from faultzone.control import tables
from faultzone.errors import NotSupported, SubstrateSilent
from faultzone.substrate import Sink, Substrate
from faultzone.substrate.docker.session import Session, session
from faultzone.substrate.docker.settings import Settings

#: Real seconds for which a wait lets the hosts be silent about what they owe.
GRACE_SECONDS: Final = 30.0
_POLL_SECONDS: Final = 0.002
#: For how long after it has begun a script holds up a jump of region time, so that short ones end before it goes on.
_MOMENT_SECONDS: Final = 1.0


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


class DockerBackend(LocalBackend):
    """A cloud whose hosts are containers.

    Args:
        settings: the base image and the like.
        root_image: the image whose files instances have as their root; the hosts' own when empty.
        start: the first instant of region time, in milliseconds since the epoch.
        options: what `LocalBackend` takes, but for the clock and what hosts are made of.

    Raises:
        NotSupported: no engine answers, or no image can be had; the text says what to do.
        UsageError: there is no such root image, or it has no shell.
    """

    name = "docker"
    #: One, so that hosts carry out what each instant asks of them before the next.
    steps_per_turn = 1
    capabilities = LocalBackend.capabilities - {"guest", "live-migration"} | {"break-machines"} | OWN

    def __init__(
        self, *shapes: Any, settings: Settings | None = None, root_image: str = "", start: int, **options: Any
    ) -> None:
        self.session: Session = session(settings or Settings())
        self.capabilities -= set(self.session.lost)
        if root_image and "own-root" in self.session.lost:
            raise NotSupported("instances are plain process trees here, which have no root, so no root_image either")
        root = self.session.root(root_image) if root_image else ""

        # What it needs is there: the session has seen to that.
        from faultzone.substrate.docker.substrate import DockerSubstrate

        def hosts(clock: Clock, sink: Sink) -> Substrate:
            self.hosts = DockerSubstrate(self.session, sink, self.metadata, root)
            return self.hosts

        super().__init__(
            *shapes,
            clock=SplitClock(start),
            substrate=hosts,
            verbs=tables.CONTAINERS,
            breakers=tables.container_breakers,
            **options,
        )
        # Whoever runs the collector may hold a lock that the hosts' thread wants, so nothing is waited for then.
        self._end = finalize(self, self.hosts.abandon)

    def metadata(self, instance_id: str, path: str) -> str | None:
        """What the metadata service answers an instance for a path now; None where there is nothing."""
        with self._turn():
            return self.cloud.metadata(instance_id, path)

    def call(
        self, action: str, parameters: Mapping[str, object], *, product: str = ECS, account: str | None = None
    ) -> dict[str, Any]:
        """Answer one action; see `Backend.call`.

        Raises:
            HarnessError: the hosts failed.
        """
        self.hosts.check()
        return super().call(action, parameters, product=product, account=account)

    def control(self, verb: str, arguments: Mapping[str, object]) -> dict[str, Any]:
        """Do what only a harness may do; see `Backend.control`. Hosts that are real have verbs of their own.

        Raises:
            HarnessError: the hosts failed.
        """
        if verb not in _LAST_VERBS:
            self.hosts.check()
        known = self.verbs.get(verb)
        if known is not None and known.capability and known.capability not in self.capabilities:
            raise NotSupported(f"the docker backend lacks the capability {known.capability!r}, which {verb!r} needs")
        answer = super().control(verb, arguments)
        if verb == "clock":
            owed = self.hosts.owed
            answer |= {"owed": len(owed), "live": owed.live, "silent": owed.silent, "grace": GRACE_SECONDS}
        return answer

    def reach(self, instance: str, port: int, data: bytes, seconds: float) -> bytes:
        """Send a request to what serves in an instance now, whatever hosts still owe: a host may just have been lost.

        The answer ends when the service closes the connection, or says nothing more for a quarter of a second.
        """
        return self.hosts.reach(instance, port, data, seconds)

    def settle(self) -> None:
        """Let real time pass until hosts owe nothing, and no script runs that has just begun.

        Raises:
            SubstrateSilent: hosts have said nothing for longer than the grace.
        """
        hosts = self.hosts
        owed = hosts.owed
        while len(owed) or owed.begun_within(_MOMENT_SECONDS):
            hosts.check()
            if len(owed) and owed.silent > GRACE_SECONDS:
                raise SubstrateSilent(f"hosts owe {len(owed)} reports and have said nothing for {GRACE_SECONDS:g} s")
            sleep(_POLL_SECONDS)

    def release(self) -> None:
        """Give the hosts back, too."""
        super().release()
        if self._end.detach():
            self.hosts.close()

    def close(self) -> None:
        """Give the hosts back and finish the journal's file."""
        self.release()
        super().close()


#: The verbs that may be used after the hosts failed: to see why, and to end.
_LAST_VERBS: Final = frozenset({"host-logs", "keep-hosts", "note", "release"})
