"""The substrate over hosts that are containers: effects become requests to hosts, what hosts say becomes reports.

A machine of the region gets a container when the first instance is placed on it. Everything is decided on the loop's
thread; what the region's lock is held for only posts. Who may wait lets a coroutine of a part run: see `run`.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import replace
from os import cpu_count, getloadavg
from time import monotonic
from typing import TYPE_CHECKING, Any, Final, TypeVar
from weakref import WeakMethod

from faultzone.errors import HarnessError, SubstrateSilent, UnknownTarget
from faultzone.model.core.effects import (
    Boot,
    CancelScript,
    Effect,
    EndScript,
    Halt,
    Interrupt,
    Move,
    PutFile,
    Release,
    Report,
    RunScript,
)
from faultzone.substrate import Sink
from faultzone.substrate.docker.agent.services import METADATA
from faultzone.substrate.docker.agents import Agents
from faultzone.substrate.docker.connection import TIMEOUT
from faultzone.substrate.docker.faults import Faults
from faultzone.substrate.docker.guests import ANSWER_SECONDS, Describe, Guests
from faultzone.substrate.docker.link import Message
from faultzone.substrate.docker.loop import Tasks
from faultzone.substrate.docker.machines import DETECT_SECONDS, HostLog, Machines
from faultzone.substrate.docker.owed import Crash, Failures, Life, Owed, Run, demand
from faultzone.substrate.docker.ports import Ports

if TYPE_CHECKING:
    from faultzone.model.assistant.managed import Registering
    from faultzone.substrate.docker.outside import OutsideMachines
    from faultzone.substrate.docker.session import Session
    from faultzone.substrate.history import Ran

Result = TypeVar("Result")

#: Real seconds for which a wait lets the hosts be silent about what they owe.
GRACE_SECONDS: Final = 30.0
#: For how long a wait lets pass of which nothing is heard, before it looks again.
_LOOK_SECONDS: Final = 0.02
#: For how long after it has begun a script holds up a jump of region time, so that short ones end before it goes on;
#: on a machine that has more to do than it can, so many times as long, up to the second.
_MOMENT_SECONDS: Final = 1.0
_MOMENT_MOST: Final = 10.0
_CORES: Final = cpu_count() or 1
#: Headers of a request that are about its connection or its body, which is empty.
_OF_THE_CONNECTION: Final = frozenset(
    {"host", "connection", "content-length", "transfer-encoding", "upgrade", "expect", "keep-alive", "te", "trailer"}
)
#: How long it may take to give all hosts back.
_CLOSE_SECONDS: Final = 30.0


def _moment() -> float:
    """For how many real seconds a script that has begun holds up a jump of region time."""
    return min(_MOMENT_MOST, _MOMENT_SECONDS * max(1.0, getloadavg()[0] / _CORES))


class DockerSubstrate:
    """The hosts of one region's cloud.

    Args:
        session: where hosts come from.
        sink: takes reports from any thread.
        describe: tells what the metadata service says to an instance at a path.
        now: tells region time. All three are held weakly, so that a region that nobody holds can end.
        root: the directory of what instances have under their system disks, below the volume that hosts share; that of
            the hosts' image when empty.
        detect: real seconds of silence after which a host is taken to be lost.
        version: what our own agent is said to be.
        file_errors: whether it is told why a file cannot be written.

    Attributes:
        owed: what hosts owe.
        machines: the hosts.
        faults: what breaks them.
        guests: the instances.
        agents: their Cloud Assistant agents.
        ports: the ways to their ports.
    """

    def __init__(
        self,
        session: Session,
        sink: Sink,
        describe: Describe,
        now: Callable[[], int],
        root: str = "",
        detect: float = DETECT_SECONDS,
        version: str = "",
        file_errors: bool = False,
    ) -> None:
        self.session, self._sink = session, WeakMethod(sink)
        self._disks = session.next_lease()
        self._closed = False
        self._outside: OutsideMachines | None = None
        self._logs: list[HostLog] = []
        self.owed, self._failures = Owed(), Failures()
        self._tasks = tasks = Tasks(session.loop, self._failures.add)
        self.machines = Machines(session, self._tell, tasks, self.owed, self._failures, detect)
        self.faults = Faults(self.machines, tasks, self.owed)
        self.guests = Guests(self.machines, tasks, self.owed, describe, now, root, self._disks, version, file_errors)
        self.agents = Agents(self.guests, self.machines, self.owed)
        self.ports = Ports(self.guests.open_stream)
        self.machines.inhabit(self.faults, self.guests)
        tasks.post(self.machines.watch)

    def _tell(self, region: str, report: Report) -> None:
        sink = self._sink()
        if sink is not None:
            sink(region, report)

    # From any thread, without waiting

    def apply(self, region: str, effects: Sequence[Effect]) -> None:
        """Begin to carry the effects out."""
        self.owed.asked = monotonic()
        for effect in effects:
            if isinstance(effect, Boot | Halt | Move):
                self.owed.add(Life(effect.instance), effect.epoch)
            elif isinstance(effect, Interrupt):
                self.owed.add(Crash(effect.instance))
            elif isinstance(effect, RunScript | PutFile):
                self.owed.add(Run(effect.instance, effect.run), effect.epoch)
            self._tasks.post(self._carry_out, region, effect)

    async def _carry_out(self, region: str, effect: Effect) -> None:
        if isinstance(effect, Boot):
            await self.guests.boot(region, effect)
        elif isinstance(effect, Halt):
            await self.guests.halt(region, effect)
        elif isinstance(effect, Move):
            await self.guests.move(region, effect)
        elif isinstance(effect, Release):
            self.guests.release(effect)
        elif isinstance(effect, RunScript):
            self.agents.run(effect)
        elif isinstance(effect, PutFile):
            self.agents.deliver(effect)
        elif isinstance(effect, CancelScript):
            self.agents.cancel(effect)
        elif isinstance(effect, EndScript):
            self.agents.end(effect)
        elif not await self.guests.crash(effect.instance, effect.epoch):  # It is an interrupt.
            self.owed.pay(Crash(effect.instance))

    def crash(self, region: str, host: int, *, reversible: bool) -> None:
        """Take a host's power away, with all that runs on it."""
        self.faults.crash(region, host, reversible=reversible)

    def hang(self, region: str, host: int) -> None:
        """Let everything on a host stand still."""
        self.faults.hang(region, host)

    def wire(self, region: str, host: int, *, up: bool) -> None:
        """Cut a host's wire, or join it."""
        self.faults.wire(region, host, up=up)

    def repair(self, region: str, host: int) -> None:
        """Give a host its power back."""
        self.faults.repair(region, host)

    def check(self) -> None:
        """See that the hosts are sound.

        Raises:
            HarnessError: something has gone wrong with them.
            NotSupported: they were asked for something that they cannot do.
        """
        own, session = self._failures.take(), self.session.failures.take()
        demand(own or session)

    def abandon(self) -> None:
        """Give the hosts back without waiting for it."""
        if not (self._closed or self.session.closed):
            self.session.tasks.post(self._give_back)

    # From any thread but the loop's

    def await_hosts(self) -> None:
        """Let real time pass until hosts owe nothing, and no script runs that has just begun.

        Raises:
            SubstrateSilent: hosts have said nothing for longer than the grace.
        """
        owed = self.owed
        while len(owed) or self._is_fresh():
            self.check()
            if len(owed) and owed.silent > GRACE_SECONDS:
                raise SubstrateSilent(f"hosts owe {len(owed)} reports and have said nothing for {GRACE_SECONDS:g} s")
            self.pause(_LOOK_SECONDS)

    def pause(self, seconds: float) -> None:
        """Let real time pass until something is heard of the hosts, and so many seconds at most."""
        self.owed.news.wait(seconds)
        self.owed.news.clear()

    def waits(self) -> Mapping[str, float]:
        """How much hosts still owe, how many scripts run, whether one has just begun, for how long hosts have been
        silent, and may be."""
        owed, fresh = self.owed, self._is_fresh()
        return {"owed": len(owed), "live": owed.live, "fresh": fresh, "silent": owed.silent, "grace": GRACE_SECONDS}

    def _is_fresh(self) -> bool:
        """Whether a script runs that has just begun."""
        return self.owed.live > 0 and self.owed.begun_within(_moment())

    def run(self, coroutine: Coroutine[Any, Any, Result], seconds: float = TIMEOUT + ANSWER_SECONDS) -> Result:
        """Let one of the parts do something, and wait until it has.

        Args:
            coroutine: what is done.
            seconds: real seconds that it may take. As a rule that is what the engine and a host may take.

        Raises:
            HarnessError: it takes longer, or has failed.
        """
        try:
            return self.session.loop.run(coroutine, seconds)
        except TimeoutError as late:
            self.check()  # It may be known why.
            raise HarnessError(f"a host does not answer: {late}") from late

    def execute(self, instance: str, script: str, seconds: float) -> Message:
        """Run a script in an instance beside the public API, and wait for its end; see `Guests.execute`.

        Raises:
            HarnessError: the instance does not run.
        """
        return self.run(self.guests.execute(instance, script, seconds), seconds + 2 * ANSWER_SECONDS)

    def log_in(self, instance: str, script: str) -> int:
        """Begin to run a script in an instance; see `Guests.log_in`.

        Raises:
            UsageError: the instance is not up.
        """
        return self.run(self.guests.log_in(instance, script))

    def make_old(self, instance: str, version: str) -> None:
        """Take the agent of an instance to be of an old version, and wait until the region knows; see `Agents`."""

        async def make() -> None:
            self.agents.make_old(instance, version)

        self.run(make())

    def history(self, instance: str) -> list[Ran]:
        """What ran in an instance, oldest first."""

        async def look() -> list[Ran]:
            guest = self.guests.get(instance)
            if guest is None:
                raise UnknownTarget(f"{instance} has no guest: it was never started, or it was released")
            return [replace(each) for each in self.guests.history.of(guest.instance)]

        return self.run(look())

    def console(self, instance: str) -> tuple[bytes, int] | None:
        """What an instance has printed since it last came up, and when; see `Guests.console`. It does not wait."""
        return self.guests.console(instance)

    def crash_guest(self, instance: str) -> bool:
        """Crash the operating system of an instance; False if none is up."""
        return self.run(self.guests.crash(instance))

    def outside(self, register: Callable[[str, Registering], str]) -> OutsideMachines:
        """The machines outside the cloud.

        Args:
            register: registers one with a region, and gives the id of its managed instance.
        """
        from faultzone.substrate.docker.outside import OutsideMachines  # Few clouds have any.

        if self._outside is None:
            self._outside = OutsideMachines(self.guests, register)
        return self._outside

    def starve(self, instance: str, left: int | None) -> None:
        """Let an instance have no more memory than it has now and `left` bytes, or again as much as any.

        Raises:
            UsageError: it does not run.
            NotSupported: instances have no limits here.
        """

        async def starve() -> None:
            guest = self.guests.get(instance)
            if guest is None:
                raise UnknownTarget(f"{instance} does not run")
            at = guest.machine
            await self.faults.ask(at.region, at.index, "memory", mends=left is None, instance=instance, left=left)

        self.run(starve())

    def reach(self, instance: str, port: int, data: bytes, seconds: float) -> bytes:
        """Send bytes to a port of an instance, and give what is said there; see `Ports.ask`.

        Raises:
            ConnectionRefusedError: nothing serves at the port.
            TimeoutError: nothing is heard.
        """
        return self.session.loop.run(self.ports.ask(instance, port, data, seconds), seconds + ANSWER_SECONDS)

    def metadata(self, instance: str, path: str, method: str, headers: Mapping[str, str]) -> tuple[int, str]:
        """Ask the metadata service from inside an instance; the HTTP status and the text.

        Raises:
            TimeoutError: the instance does not run, or its host is not heard of.
        """
        lines = [f"{method} {path} HTTP/1.1", f"Host: {METADATA}", "Connection: close", "Content-Length: 0"]
        lines += [f"{name}: {value}" for name, value in headers.items() if name.lower() not in _OF_THE_CONNECTION]
        asked = "\r\n".join([*lines, "", ""]).encode("utf-8", "surrogateescape")
        ask = self.ports.ask(instance, 80, asked, ANSWER_SECONDS, METADATA)
        head, _, text = self.session.loop.run(ask, 2 * ANSWER_SECONDS).partition(b"\r\n\r\n")
        return int(head.split(None, 2)[1]), text.decode("utf-8", "surrogateescape")

    def logs(self) -> list[HostLog]:
        """What each container has written that was a host of this region, its own agent and those of its instances."""

        async def note() -> list[HostLog]:
            return self.machines.logs()

        return self._logs if self._closed else self.run(note())

    def keep(self) -> tuple[Mapping[tuple[str, int], str], str]:
        """Leave the hosts as they are now, for somebody to look at: the region has nothing to do with them any more.

        Returns:
            The containers of those that have one, and until when they stay at most. None of a region that has ended:
            its hosts are others' by then.

        Raises:
            HarnessError: they cannot be kept; then the region goes on having them.
        """

        async def keep() -> tuple[Mapping[tuple[str, int], str], str]:
            kept = await self.machines.keep()
            await self._end()
            self.owed.clear()
            return kept

        return ({}, "") if self._closed else self.run(keep())

    def close(self) -> None:
        """Give the hosts back, reset, and remove the disks; a session that is closed has done so."""
        if not (self._closed or self.session.closed):
            self.run(self._give_back(), _CLOSE_SECONDS)

    async def _give_back(self) -> None:
        if not self._closed:
            await self._end()
            await self.machines.give_back(self._disks)

    async def _end(self) -> None:
        """Let nothing more be done here."""
        self._closed = True
        self._logs = self.machines.logs()
        self.ports.close()
        await self._tasks.close()
