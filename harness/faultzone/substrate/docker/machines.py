"""The machines of one region: which container each has, how they break and mend, and the networks between them.

Everything is decided on the switchboard's thread; what the region's lock is held for only posts.
"""

from __future__ import annotations

import itertools
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, Final
from weakref import WeakMethod

from faultzone.errors import HarnessError, NotSupported
from faultzone.model.core.effects import HostBack, HostLost, Report
from faultzone.substrate import Sink
from faultzone.substrate.docker.agent.guest import START_UP
from faultzone.substrate.docker.links import Link, Message
from faultzone.substrate.docker.names import Names
from faultzone.substrate.docker.pool import Pool

#: How long a host is not heard of before the region takes it to be lost, in real seconds.
DETECT_SECONDS: Final = 1.0
#: The same where nothing is known to have broken it: the machine that it runs on may only be busy.
BUSY_SECONDS: Final = 10.0
#: For how many real seconds a start-up program may take until what it starts serves.
_RISING_SECONDS: Final = 30.0
#: For how long an answer of the hosts is waited for, beyond what they are asked to do.
CLOSE_SECONDS: Final = 30.0
#: For how long a host's own agent may take to end all that runs there, before the engine does.
_FENCE_SECONDS: Final = 1.0
_LEASES: Final = itertools.count(1)


@dataclass
class Machine:
    """A host of the region.

    Attributes:
        link: the connection to its container, once it has one.
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
    leasing: bool = False
    down: bool = False
    fenced: bool = False
    noticed: bool = False
    repaired: bool = False
    reversible: bool = True
    paused: bool = False
    cut: bool = False
    slowed: int | None = None
    unheard: dict[int, str] = field(default_factory=dict)
    waiting: list[Callable[[Link], None]] = field(default_factory=list)

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


class Machines(ABC):
    """The hosts of one region's cloud, without what runs on them.

    Args:
        pool: where hosts come from.
        sink: takes reports from any thread; it is held weakly, so that a region that nobody holds can end.
        detect: real seconds of silence after which a host is taken to be lost.
    """

    def __init__(self, pool: Pool, sink: Sink, detect: float) -> None:
        self.pool, self._sink, self._detect = pool, WeakMethod(sink), detect
        self.trouble: BaseException | None = None
        self._hopeless: HarnessError | None = None
        #: When a report was last made, and an effect last asked for, in monotonic seconds.
        self.reported = self.asked = monotonic()
        self._lease = f"{pool.session}-{next(_LEASES)}"
        self._machines: dict[tuple[str, int], Machine] = {}
        self._names = Names(self._lease)
        self._networks: dict[str, int] = {}
        self._members: dict[int, set[Link]] = {}
        self._owed: dict[object, int] = {}
        #: When each script that runs has begun, in monotonic seconds, by its instance and name.
        self._live: dict[tuple[str, str], float] = {}
        self._had: list[tuple[Machine, Link]] = []
        self._logs: list[HostLog] = []
        self._closed = False
        self._post(self._watch)

    @abstractmethod
    def _hear(self, machine: Machine, link: Link, message: Message) -> None:
        """Take in what a host says by itself."""

    @abstractmethod
    def _mar(self, machine: Machine, link: Link) -> None:
        """Bring what is in force on a machine to a container that it has just got."""

    @abstractmethod
    def _write_off(self, machine: Machine) -> None:
        """Expect nothing more of what ran on a host that is lost."""

    @abstractmethod
    def _let_go(self) -> None:
        """Close what leads to the hosts from outside."""

    # What is awaited

    @property
    def owed(self) -> int:
        """How many reports are still to come because of what was asked for."""
        return len(self._owed)

    @property
    def live(self) -> int:
        """How many scripts are running whose end may be waited for; a start-up program may serve for good."""
        now = monotonic()
        return sum(run != START_UP or now - began < _RISING_SECONDS for (_, run), began in list(self._live.items()))

    def begun_within(self, seconds: float) -> bool:
        """Whether a script runs, other than a start-up program, that has begun within the last real seconds."""
        now = monotonic()
        return any(run != START_UP and now - began < seconds for (_, run), began in list(self._live.items()))

    def check(self) -> None:
        """See that the hosts are sound.

        Raises:
            HarnessError: something has gone wrong with them.
            NotSupported: they were asked for something that they cannot do.
        """
        trouble = self._hopeless or self.trouble or self.pool.trouble
        if trouble is not None:
            self.trouble = self.pool.trouble = None
            if isinstance(trouble, NotSupported):
                raise trouble
            raise HarnessError(f"the hosts are in trouble: {trouble}") from trouble

    def _post(self, action: Callable[[], None]) -> None:
        self.pool.board.post(lambda: None if self._closed else self._guarded(action))

    def _guarded(self, action: Callable[[], None]) -> None:
        try:
            action()
        except Exception as trouble:
            self.trouble = self.trouble or trouble

    def _report(self, region: str, report: Report) -> None:
        self.reported = monotonic()
        sink = self._sink()
        if sink is not None:
            sink(region, report)

    # Containers and networks

    def _machine(self, region: str, index: int) -> Machine:
        return self._machines.setdefault((region, index), Machine(region, index))

    def _with_link(self, machine: Machine, action: Callable[[Link], None]) -> None:
        if machine.link is not None:
            action(machine.link)
            return
        machine.waiting.append(action)
        if not machine.leasing:
            machine.leasing = True
            self.pool.lease(lambda link: self._leased(machine, link))

    def _leased(self, machine: Machine, link: Link | HarnessError) -> None:
        machine.leasing = False
        if isinstance(link, HarnessError):
            self.trouble = self.trouble or link
            return
        if self._closed:
            self.pool.give_back(link, lambda: None)
            return
        machine.link = link
        self._had.append((machine, link))
        link.heard = monotonic()
        link.hears = lambda message: self._guarded(lambda: self._hear(machine, link, message))
        waiting, machine.waiting = machine.waiting, []
        self._mar(machine, link)
        if machine.down:
            link.send("crash")
            return
        for action in waiting:
            action(link)

    def _join(self, link: Link, network: str) -> int:
        """The number of a private network of which the host has an end, and all that have one know one another."""
        number = self._networks.get(network)
        if number is None:
            number = self._networks[network] = self.pool.next_network()
        members = self._members.setdefault(number, set())
        if link not in members:
            members.add(link)
            members -= {each for each in members if not each.alive}
            for each in members:
                each.send("network", number=number, peers=[other.address for other in members if other is not each])
        return number

    # Hosts that are lost

    def _watch(self) -> None:
        """Look for hosts that have not been heard of for too long."""
        now = monotonic()
        for machine in list(self._machines.values()):
            link = machine.link
            if link is None or machine.noticed:
                continue
            known = machine.down or machine.paused or not link.alive
            if now - link.heard > (self._detect if known else max(self._detect, BUSY_SECONDS)):
                self._lose(machine)
        self.pool.board.later(self._detect / 8, lambda: None if self._closed else self._guarded(self._watch))

    def _lose(self, machine: Machine) -> None:
        """Take a host to be lost, once it certainly has no power: nothing may run in two places."""
        if machine.noticed or machine.fenced:
            return
        machine.down = machine.fenced = True
        if machine.link is None:
            self._lost(machine)
        else:
            self._fence(machine.link, lambda: self._lost(machine))

    def _fence(self, link: Link, then: Callable[[], None]) -> None:
        """Take a host's power away by its own agent or, where that does not answer, by the engine."""
        done: list[bool] = []

        def fenced(answer: Message) -> None:
            done.append(True)
            if link.alive:
                self._guarded(then)
            else:  # Its container is gone, unless it is the engine that is.
                self.pool.look(lambda trouble: self._guarded(then) if trouble is None else self._give_up(trouble))

        link.send("crash", fenced)
        self.pool.board.later(_FENCE_SECONDS, lambda: None if done or self._closed else self.pool.kill(link))

    def _give_up(self, trouble: HarnessError) -> None:
        """Judge nothing any more: what is seen from now on is not the region's doing."""
        self._hopeless = self._hopeless or trouble

    def _lost(self, machine: Machine) -> None:
        """Tell the region that a host is lost."""
        for members in self._members.values():
            if machine.link is not None:
                members.discard(machine.link)
        machine.noticed, machine.fenced, machine.paused = True, False, False
        self._write_off(machine)
        self._report(machine.region, HostLost(machine.index, machine.reversible))
        self._owed.pop((machine.region, machine.index), None)
        if machine.repaired:
            self._return(machine)

    def _return(self, machine: Machine) -> None:
        def back(answer: Message) -> None:
            if not machine.down:
                return
            machine.down = machine.noticed = machine.repaired = machine.cut = False
            machine.reversible = True
            if "trouble" in answer and machine.link is not None:
                # Its container is gone: it gets another when it is next needed.
                self.pool.write_off(machine.link)
                machine.link = None
            if machine.link is not None:
                machine.link.heard = monotonic()
            # What the report lets the region ask for is owed before this no longer is: there is no gap for a wait.
            self._report(machine.region, HostBack(machine.index))
            self._owed.pop(("back", machine.region, machine.index), None)

        if machine.link is None:
            back({})
        else:
            machine.link.send("power", back)

    # What is left of a test

    def logs(self) -> list[HostLog]:
        """What each container has written that was a host of this region, its own agent and those of its instances."""

        def note(answer: Callable[[Any], None]) -> None:
            self._note_logs()
            answer(None)

        if not self._closed:
            self.pool.board.ask(note, CLOSE_SECONDS)
        return self._logs

    def _note_logs(self) -> None:
        self._logs = [HostLog(machine.region, machine.index, link.name, tuple(link.log)) for machine, link in self._had]

    def keep(self) -> tuple[Mapping[tuple[str, int], str], str]:
        """Leave the hosts as they are now, for somebody to look at: the region has nothing to do with them any more.

        Returns:
            The containers of those that have one, and until when they stay at most. None of a region that has ended:
            its hosts are others' by then.

        Raises:
            HarnessError: they cannot be kept; then the region goes on having them.
        """
        if self._closed:
            return {}, ""

        def part(answer: Callable[[Any], None]) -> None:
            self._closed = True
            answer(
                {key: each.link for key, each in self._machines.items() if each.link is not None and each.link.alive}
            )

        links: dict[tuple[str, int], Link] = self.pool.board.ask(part, CLOSE_SECONDS)
        try:
            until = self.pool.keep(list(links.values()))
        except HarnessError:
            self._closed = False
            self._post(self._watch)
            raise

        def end(answer: Callable[[Any], None]) -> None:
            self._note_logs()
            self._let_go()
            answer(None)

        self.pool.board.ask(end, CLOSE_SECONDS)
        self._owed.clear()
        self._live.clear()
        return {key: link.name for key, link in links.items()}, until

    # The end

    def close(self) -> None:
        """Give the hosts back, reset, and remove the disks; a pool that is closed has done so."""
        if not (self._closed or self.pool.closed):
            self.pool.board.ask(self._give_back, CLOSE_SECONDS)

    def abandon(self) -> None:
        """Let that be done, from any thread and without waiting for it."""
        if not (self._closed or self.pool.closed):
            self.pool.board.post(lambda: self._give_back(lambda _: None))

    def _give_back(self, answer: Callable[[Any], None]) -> None:
        self._note_logs()
        self._let_go()
        self._closed = True
        links = [each.link for each in self._machines.values() if each.link is not None]
        left = len(links)

        def one_back() -> None:
            nonlocal left
            left -= 1
            if left == 0:
                alive = next((each for each in links if each.alive), None)
                if alive is not None:
                    alive.send("forget", disk=self._lease, instance="-")
                answer(None)

        for machine in self._machines.values():
            if machine.paused and machine.link is not None:  # It would not hear that it is to reset.
                self.pool.kill(machine.link)
        for link in links:
            self.pool.give_back(link, one_back)
        if not links:
            answer(None)
