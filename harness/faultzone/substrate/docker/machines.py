"""The machines of one region: which container each has, how it is missed and comes back, and their private networks.

All of it is on the loop's thread.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING, Final, Protocol

from faultzone.errors import HarnessError
from faultzone.model.core.effects import HostBack, HostLost, Report
from faultzone.substrate.docker.link import HostError, Link, Message
from faultzone.substrate.docker.loop import Tasks
from faultzone.substrate.docker.owed import Failures, Loss, Owed, Return

if TYPE_CHECKING:
    from faultzone.substrate.docker.session import Session

#: How long a host is not heard of before the region takes it to be lost, in real seconds.
DETECT_SECONDS: Final = 1.0
#: The same where nothing is known to have broken it: the machine that it runs on may only be busy.
BUSY_SECONDS: Final = 10.0
#: For how long a host's own agent may take to end all that runs there, before the engine does.
_FENCE_SECONDS: Final = 1.0
#: Where the machines outside the cloud are, of which the region knows nothing.
OUTSIDE: Final = -1


@dataclass
class Machine:
    """A host of the region.

    Attributes:
        link: the connection to its container, once it has one.
        leasing: what gives it a container just now.
        down: whether it has no power, hangs or is gone.
        fenced: whether its power is being taken away, because it has been silent for too long.
        noticed: whether the region has been told of that.
        repaired: whether it is to come back as soon as that has been noticed.
        paused: whether the engine has frozen it.
        cut: whether its wire to all others is cut.
        slowed: how many kilobits a second it may send, if not as many as it can.
        unheard: the machines of the region that it does not hear, and the addresses that it drops for that.
    """

    region: str
    index: int
    link: Link | None = None
    leasing: asyncio.Task[Link] | None = None
    down: bool = False
    fenced: bool = False
    noticed: bool = False
    repaired: bool = False
    reversible: bool = True
    paused: bool = False
    cut: bool = False
    slowed: int | None = None
    unheard: dict[int, str] = field(default_factory=dict)

    @property
    def gone(self) -> bool:
        """Whether its container has ended; that may not have been noticed yet."""
        return self.link is not None and not self.link.alive


@dataclass(frozen=True)
class HostLog:
    """What a host has written since a region got it.

    Args:
        region: the region's id.
        index: which of its hosts.
        container: the container's name.
        lines: the last ones; bounded in number and length.
    """

    region: str
    index: int
    container: str
    lines: tuple[str, ...]


class Damage(Protocol):
    """What is broken on machines."""

    def bring(self, machine: Machine, link: Link) -> None:
        """Bring what is in force on a machine to a container that it has just got."""


class Inhabitants(Protocol):
    """What runs on machines."""

    def hear(self, machine: Machine, link: Link, message: Message) -> None:
        """Take in what a host says by itself."""

    def write_off(self, machine: Machine) -> None:
        """Expect nothing more of what ran on a host that is lost."""


class Machines:
    """The hosts of one region's cloud, without what runs on them.

    Args:
        session: where hosts come from.
        tell: takes reports.
        tasks: owns what goes on here.
        owed: what hosts owe.
        failures: takes what goes wrong.
        detect: real seconds of silence after which a host is taken to be lost.
    """

    def __init__(
        self,
        session: Session,
        tell: Callable[[str, Report], None],
        tasks: Tasks,
        owed: Owed,
        failures: Failures,
        detect: float,
    ) -> None:
        self.session, self._pool = session, session.pool
        self._tell, self._tasks, self._owed, self._failures = tell, tasks, owed, failures
        self.detect = detect
        #: The machines that something was asked of.
        self.known: dict[tuple[str, int], Machine] = {}
        #: Whether hosts are looked for.
        self.watched = True
        self._networks: dict[str, int] = {}
        self._members: dict[int, set[Link]] = {}
        self._had: list[tuple[Machine, Link]] = []

    def inhabit(self, damage: Damage, inhabitants: Inhabitants) -> None:
        """Say what breaks on them and what runs on them, before any is asked for."""
        self._damage, self._inhabitants = damage, inhabitants

    def report(self, region: str, report: Report) -> None:
        """Tell the region something."""
        self._tell(region, report)
        self._owed.note_report()

    # Containers and networks

    def at(self, region: str, index: int) -> Machine:
        """A machine, which need not have a container."""
        return self.known.setdefault((region, index), Machine(region, index))

    async def link_of(self, machine: Machine) -> Link:
        """The connection to a machine's container, which it is given if it has none.

        Raises:
            HarnessError: none starts.
        """
        if machine.link is not None:
            return machine.link
        if machine.leasing is None:
            machine.leasing = self._tasks.hold(self._lease(machine))
        # All who wait for it wait for the same.
        return await asyncio.shield(machine.leasing)

    async def _lease(self, machine: Machine) -> Link:
        try:
            link = await self._pool.lease()
        finally:
            machine.leasing = None
        machine.link = link
        self._had.append((machine, link))
        link.heard = monotonic()
        link.hears = lambda message: self._hear(machine, link, message)
        self._damage.bring(machine, link)
        if machine.down:
            link.send("crash")
        return link

    def _hear(self, machine: Machine, link: Link, message: Message) -> None:
        try:
            self._inhabitants.hear(machine, link, message)
        except Exception as error:
            self._failures.add(error)

    def join(self, link: Link, network: str) -> int:
        """The number of a private network of which the host has an end, and all that have one know one another."""
        number = self._networks.get(network)
        if number is None:
            number = self._networks[network] = self.session.next_network()
        members = self._members.setdefault(number, set())
        if link not in members:
            members.add(link)
            members -= {each for each in members if not each.alive}
            for each in members:
                each.send("network", number=number, peers=[other.address for other in members if other is not each])
        return number

    # Hosts that are lost

    async def watch(self) -> None:
        """Look for hosts that have not been heard of for too long, as long as there is a region."""
        while True:
            now = monotonic()
            for machine in list(self.known.values()) if self.watched else ():
                link = machine.link
                if link is None or machine.noticed or machine.fenced:
                    continue
                known = machine.down or machine.paused or not link.alive
                if now - link.heard > (self.detect if known else max(self.detect, BUSY_SECONDS)):
                    self._tasks.begin(self.lose(machine))
            await asyncio.sleep(self.detect / 8)

    async def lose(self, machine: Machine, after: float = 0) -> None:
        """Take a host to be lost, once it certainly has no power: nothing may run in two places.

        Args:
            machine: the host.
            after: real seconds until then.
        """
        if after:
            await asyncio.sleep(after)
        if machine.noticed or machine.fenced:
            return
        machine.down = machine.fenced = True
        if machine.link is None or await self._fence(machine.link):
            await self._lost(machine)

    async def _fence(self, link: Link) -> bool:
        """Take a host's power away by its own agent or, where that does not answer, by the engine.

        Returns:
            Whether that is certain; else it is the engine that is gone.
        """
        try:
            async with asyncio.timeout(_FENCE_SECONDS):
                await link.ask("crash")
        except TimeoutError:
            await self._pool.kill(link)
        except HostError:
            pass
        if not link.alive:
            try:
                await asyncio.to_thread(self.session.engine.ping)
            except HarnessError as error:
                self._failures.give_up(error)
                return False
        return True

    async def _lost(self, machine: Machine) -> None:
        """Tell the region that a host is lost."""
        for members in self._members.values():
            if machine.link is not None:
                members.discard(machine.link)
        machine.noticed, machine.fenced, machine.paused = True, False, False
        self._inhabitants.write_off(machine)
        if machine.index != OUTSIDE:
            self.report(machine.region, HostLost(machine.index, machine.reversible))
        self._owed.pay(Loss(machine.region, machine.index))
        if machine.repaired:
            await self.bring_back(machine)

    async def bring_back(self, machine: Machine) -> None:
        """Give a host that is lost its power back."""
        gone = False
        if machine.link is not None:
            try:
                await machine.link.ask("power")
            except HostError:
                gone = True
        if not machine.down:
            return
        machine.down = machine.noticed = machine.repaired = machine.cut = False
        machine.reversible = True
        if gone and machine.link is not None:
            # Its container is gone: it gets another when it is next needed.
            self._pool.write_off(machine.link)
            machine.link = None
        if machine.link is not None:
            machine.link.heard = monotonic()
        # What the report lets the region ask for is owed before this no longer is: there is no gap for a wait.
        self.report(machine.region, HostBack(machine.index))
        self._owed.pay(Return(machine.region, machine.index))

    # What is left of a test

    def logs(self) -> list[HostLog]:
        """What each container has written that was a host of this region, its own agent and those of its instances."""
        return [HostLog(machine.region, machine.index, link.name, tuple(link.log)) for machine, link in self._had]

    async def keep(self) -> tuple[Mapping[tuple[str, int], str], str]:
        """Leave the hosts as they are now, for somebody to look at.

        Returns:
            The containers of those that have one, and until when they stay at most.

        Raises:
            HarnessError: they cannot be kept; then the region goes on having them.
        """
        links = {key: each.link for key, each in self.known.items() if each.link is not None and each.link.alive}
        self.watched = False
        try:
            until = await self._pool.keep(list(links.values()))
        except HarnessError:
            self.watched = True
            raise
        return {key: link.name for key, link in links.items()}, until

    async def give_back(self, disks: str) -> None:
        """Give the hosts back, reset, and remove the region's disks, which are in a directory below the volume."""
        links = [each.link for each in self.known.values() if each.link is not None]
        # One that is frozen would not hear that it is to reset.
        frozen = [each.link for each in self.known.values() if each.paused and each.link is not None]
        await asyncio.gather(*(self._pool.kill(link) for link in frozen))
        await asyncio.gather(*(self._pool.give_back(link) for link in links))
        if (alive := next((each for each in links if each.alive), None)) is not None:
            alive.send("forget", disk=disks, instance="-")
