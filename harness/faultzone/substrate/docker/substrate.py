"""The substrate over hosts that are containers: effects become requests to hosts, what hosts say becomes reports.

A machine of the region gets a container when the first instance is placed on it. Everything is decided on the loop's
thread; what the region's lock is held for only posts. Who may wait lets a coroutine of a part run: see `run`.
"""

from __future__ import annotations

from collections.abc import Coroutine, Mapping, Sequence
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any, Final, TypeVar
from weakref import WeakMethod

from faultzone.errors import HarnessError, SubstrateSilent, UnknownTarget
from faultzone.model.core.effects import (
    Boot,
    CancelScript,
    Effect,
    EndScript,
    Halt,
    Move,
    PutFile,
    Release,
    Report,
    RunScript,
)
from faultzone.substrate import Sink
from faultzone.substrate.docker.agents import Agents
from faultzone.substrate.docker.connection import TIMEOUT
from faultzone.substrate.docker.faults import Faults
from faultzone.substrate.docker.guests import ANSWER_SECONDS, Describe, Guests
from faultzone.substrate.docker.link import Message
from faultzone.substrate.docker.loop import Tasks
from faultzone.substrate.docker.machines import DETECT_SECONDS, HostLog, Machines
from faultzone.substrate.docker.owed import Failures, Life, Owed, Run, demand
from faultzone.substrate.docker.ports import Ports

if TYPE_CHECKING:
    from faultzone.substrate.docker.session import Session

Result = TypeVar("Result")

#: Real seconds for which a wait lets the hosts be silent about what they owe.
GRACE_SECONDS: Final = 30.0
_POLL_SECONDS: Final = 0.002
#: For how long after it has begun a script holds up a jump of region time, so that short ones end before it goes on.
_MOMENT_SECONDS: Final = 1.0
#: How long it may take to give all hosts back.
_CLOSE_SECONDS: Final = 30.0


class DockerSubstrate:
    """The hosts of one region's cloud.

    Args:
        session: where hosts come from.
        sink: takes reports from any thread.
        describe: tells what the metadata service says to an instance at a path. This and the sink are held
            weakly, so that a region that nobody holds can end.
        root: the directory of what instances have under their system disks, below the volume that hosts share; that of
            the hosts' image when empty.
        detect: real seconds of silence after which a host is taken to be lost.
        version: what our own agent is said to be.

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
        root: str = "",
        detect: float = DETECT_SECONDS,
        version: str = "",
    ) -> None:
        self.session, self._sink = session, WeakMethod(sink)
        self._disks = session.next_lease()
        self._closed = False
        self._logs: list[HostLog] = []
        self.owed, self._failures = Owed(), Failures()
        self._tasks = tasks = Tasks(session.loop, self._failures.add)
        self.machines = Machines(session, self._tell, tasks, self.owed, self._failures, detect)
        self.faults = Faults(self.machines, tasks, self.owed)
        self.guests = Guests(self.machines, tasks, self.owed, describe, root, self._disks, version)
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
        # The model asks for an interrupt of scripted guests alone.

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
        while len(owed) or owed.begun_within(_MOMENT_SECONDS):
            self.check()
            if len(owed) and owed.silent > GRACE_SECONDS:
                raise SubstrateSilent(f"hosts owe {len(owed)} reports and have said nothing for {GRACE_SECONDS:g} s")
            sleep(_POLL_SECONDS)

    def waits(self) -> Mapping[str, float]:
        """How much hosts still owe, how many scripts run, for how long hosts have been silent, and may be."""
        owed = self.owed
        return {"owed": len(owed), "live": owed.live, "silent": owed.silent, "grace": GRACE_SECONDS}

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
