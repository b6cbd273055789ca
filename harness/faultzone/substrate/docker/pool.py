"""The hosts of a session: started when first needed, leased to a region, reset, and leased again.

A reset host must say of itself what a fresh one says; one that does not is thrown away. All of it is on the loop's
thread; what blocks, the engine's SDK, is called in threads of its own.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from faultzone.errors import HarnessError
from faultzone.substrate.docker.cleanup import KEPT, lease_end
from faultzone.substrate.docker.connection import Missing, Taken
from faultzone.substrate.docker.engine import Container, Stream
from faultzone.substrate.docker.link import HostError, Link, Message
from faultzone.substrate.docker.loop import Tasks
from faultzone.substrate.docker.progress import Growing

if TYPE_CHECKING:
    from faultzone.substrate.docker.session import Session

#: How many hosts are started at a time: more gain nothing.
_STARTERS: Final = 4
#: How long a host may take until its agent answers.
READY_SECONDS: Final = 20.0
_RESET_SECONDS: Final = 10.0
#: How often a host is tried again where what it needs has been removed, or its address is somebody's.
_TRIES: Final = 3
_KEEP_SECONDS: Final = 2.0
#: How many hosts of failed tests a session keeps at most: they go on running.
_KEPT_HOSTS: Final = 16


class Pool:
    """All hosts of a session.

    Args:
        session: whose they are.

    Attributes:
        idle: those that nobody has.
        leased: those that regions have.
        kept: those of failed tests that stay after the session.
        thrown_away: how many did not become as they were.
        lost: what instances lack on this engine; None before a host has said it.
    """

    def __init__(self, session: Session) -> None:
        self._session, self._engine = session, session.engine
        self._tasks = Tasks(session.loop, session.failures.add)
        self._starters = asyncio.Semaphore(_STARTERS)
        self._numbers = itertools.count(1)
        self._starting = 0
        self._progress = Growing("hosts that start", "hosts")
        self._closing = False
        self.idle: list[Link] = []
        self.leased: set[Link] = set()
        self.kept: list[Link] = []
        self.thrown_away = 0
        self.lost: tuple[str, ...] | None = None

    # Leases

    async def lease(self) -> Link:
        """A host that nobody has, or one that is started for this.

        Raises:
            HarnessError: there would be too many, or it does not start.
        """
        while self.idle:
            link = self.idle.pop()
            if link.alive:
                self.leased.add(link)
                link.log.clear()
                return link
        return await self._start()

    async def _start(self) -> Link:
        limit = self._session.settings.hosts
        if len(self.leased) + self._starting >= limit:
            raise HarnessError(
                f"expected at most {limit} hosts in use at a time: close regions, or raise faultzone_docker_hosts"
            )
        if self._closing:
            raise HarnessError("the session of Docker hosts has ended: use regions before the run of pytest ends")
        self._starting += 1
        self._progress.begin()
        # It goes on if nobody waits for it any more: what the engine is asked for cannot be called back.
        starting = self._tasks.hold(self._make_host())
        starting.add_done_callback(self._started)
        try:
            return await asyncio.shield(starting)
        except asyncio.CancelledError:
            starting.add_done_callback(self._unwanted)
            raise

    def _started(self, starting: asyncio.Task[Link]) -> None:
        self._starting -= 1
        self._progress.end()
        if not starting.cancelled() and starting.exception() is None:
            self.leased.add(starting.result())

    def _unwanted(self, starting: asyncio.Task[Link]) -> None:
        """Keep a host for which nobody waits any more."""
        if not starting.cancelled() and starting.exception() is None:
            self.leased.discard(starting.result())
            self.idle.append(starting.result())

    async def _make_host(self) -> Link:
        """Start a host; another, once the engine is back or what was removed is there again."""
        tried: list[Container] = []

        async def make() -> Link:
            async with self._starters:
                if tried:  # The engine may have made something of it.
                    await asyncio.to_thread(self._engine.discard, tried[-1].name)
                tried.append(self._next())
                container, stream = await asyncio.to_thread(self._start_container, tried[-1])
            return Link(container, tried[-1].name, tried[-1].address, stream)

        for _ in range(_TRIES):
            try:
                return await self._greet(await self._session.outage.patiently(make))
            except (Missing, Taken):
                await asyncio.to_thread(self._session.restore)
        return await self._greet(await self._session.outage.patiently(make))

    def _next(self) -> Container:
        """The next host, with an address that no other has."""
        if self._closing:
            raise HarnessError("the session of Docker hosts has ended: use regions before the run of pytest ends")
        session = self._session
        taken = {link.address.rpartition(".")[2] for link in [*self.idle, *self.leased, *self.kept]}
        places = ((number, number % 250 + 2) for number in self._numbers)
        number, place = next((number, place) for number, place in places if str(place) not in taken)
        return Container(
            f"faultzone-{session.id}-{number}",
            session.image,
            session.network,
            f"{session.subnet}.{place}",
            session.volume,
            session.labels,
            session.settings.plain,
        )

    def _start_container(self, wanted: Container) -> tuple[str, Stream]:
        with self._session.watchdog.expecting("container", wanted.name):
            return self._engine.start(wanted)

    async def _greet(self, link: Link) -> Link:
        """Wait for a host's first words.

        Raises:
            HarnessError: it ends instead, or says nothing.
        """
        hello: asyncio.Future[Message] = asyncio.get_running_loop().create_future()

        def hears(message: Message) -> None:
            if not hello.done() and message.get("event") in (None, "hello"):
                hello.set_result(message)

        link.hears = hears
        link.listen()
        try:
            await asyncio.wait([hello], timeout=READY_SECONDS)
        finally:
            if not hello.done():
                link.end()
        message = hello.result()
        if not message:
            raise HarnessError(f"host {link.name} ended at its start: {' '.join(link.log)}")
        link.fresh, link.lost = message["state"], tuple(message["lost"])
        self.lost = link.lost
        return link

    async def give_back(self, link: Link) -> None:
        """Reset a host and keep it, or throw it away if it does not become as it was."""
        link.part()
        good = False
        try:
            async with asyncio.timeout(_RESET_SECONDS):
                _, said = await asyncio.gather(link.ask("reset"), link.ask("state"))
            # Without roots of their own, instances may have left anything anywhere.
            good = link.alive and "own-root" not in link.lost and said["state"] == link.fresh
        except (HostError, TimeoutError):
            pass
        finally:
            self.leased.discard(link)
            if good:
                self.idle.append(link)
            else:
                self.thrown_away += 1
                link.end()

    async def keep(self, links: Sequence[Link]) -> str:
        """Let hosts stay as they are after the session, until a sweep is told to remove them.

        Returns:
            Until when they stay at most, as text.

        Raises:
            HarnessError: so many are kept already that these are not, or the engine refuses.
        """
        if len(self.kept) + len(links) > _KEPT_HOSTS:
            raise HarnessError(f"{len(self.kept)} hosts of earlier tests are kept, and {_KEPT_HOSTS} at most")
        for link in links:
            await asyncio.to_thread(self._engine.rename, link.container, link.name + KEPT)
            link.name += KEPT
            self.kept.append(link)
        for link in links:
            link.part()
            self.leased.discard(link)
        told = [link.ask("keep") for link in links]
        with suppress(TimeoutError):  # One that the engine has paused does not answer; it will read it all the same.
            async with asyncio.timeout(_KEEP_SECONDS):
                await asyncio.gather(*told, return_exceptions=True)
        for link in links:
            link.part()
            link.end()
        return time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(lease_end(self._session.labels)))

    async def kill(self, link: Link) -> None:
        """Let the engine end a host that does not answer."""
        with suppress(HarnessError):  # It may just be going.
            await asyncio.to_thread(self._engine.kill, link.container)
        link.end()

    def write_off(self, link: Link) -> None:
        """Keep no account of a host that is gone."""
        self.leased.discard(link)
        link.end()

    async def warm(self, count: int) -> None:
        """See that so many hosts are ready.

        Raises:
            HarnessError: one does not start.
        """
        missing = count - len(self.idle)
        made = await asyncio.gather(*(self._start() for _ in range(missing)), return_exceptions=True)
        for link in made:
            if isinstance(link, Link):
                self.leased.discard(link)
                self.idle.append(link)
        for error in made:
            if isinstance(error, BaseException):
                raise error

    async def cool(self) -> None:
        """End the hosts that nobody has, and wait until they are gone."""
        ended = {link.container for link in self.idle}
        while self.idle:
            self.idle.pop().end()
        while ended & {each.id for each in await asyncio.to_thread(self._engine.made, self._session.id)}:
            await asyncio.sleep(0.01)

    async def close(self) -> None:
        """End all hosts, by ending the connections to them; those that are just starting, once they have."""
        self._closing = True
        for link in [*self.idle, *self.leased]:
            link.end()
        await self._tasks.finish(READY_SECONDS)
        for link in [*self.idle, *self.leased]:
            link.end()
