"""What lives on the machines of a region: agents and streams at this end, and doors beside the public API."""

from __future__ import annotations

import itertools
from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from time import monotonic, sleep
from typing import Any, Final
from weakref import WeakMethod

from faultzone.errors import HarnessError, UnknownTarget
from faultzone.model.core.effects import Boot, Report
from faultzone.substrate import Sink
from faultzone.substrate.docker.agent.streams import Stream, Streams, User
from faultzone.substrate.docker.breaking import BreakableMachines
from faultzone.substrate.docker.links import Message
from faultzone.substrate.docker.machines import CLOSE_SECONDS, Machine
from faultzone.substrate.docker.pool import Pool
from faultzone.substrate.docker.reaching import Reach
from faultzone.substrate.docker.tunnels import Served
from faultzone.substrate.gateway.agents import AgentServer
from faultzone.substrate.gateway.http import Conversation, Site
from faultzone.substrate.gateway.metadata import MetadataServer
from faultzone.substrate.gateway.secure import Door

#: For how long an agent may take to serve, or to be seen to have ceased to.
AGENT_SECONDS: Final = 5.0
_POLL_SECONDS: Final = 0.005

#: Tells what the metadata service says to an instance at a path; None where there is nothing.
Describe = Callable[[str, str], str | None]


@dataclass
class Guest:
    """An instance: where it is, in which of its lives, and what it was last booted with.

    Attributes:
        agent: whether it has the Cloud Assistant agent.
        server: what its agent speaks to.
        streams: those between the session and it.
        up: whether its first process serves.
        rising: whether it is up and waits for its agent.
        hung: whether its agent was made to stand still.
    """

    machine: Machine
    boot: Boot
    epoch: int
    agent: bool
    server: AgentServer
    streams: Streams
    up: bool = False
    rising: bool = False
    hung: bool = False


class InhabitedMachines(BreakableMachines):
    """Machines with instances on them.

    Args:
        pool: where hosts come from.
        sink: takes reports from any thread.
        describe: tells what the metadata service says to an instance at a path; it is held weakly, as the sink is.
        detect: real seconds of silence after which a host is taken to be lost.
    """

    def __init__(self, pool: Pool, sink: Sink, describe: Describe, detect: float) -> None:
        super().__init__(pool, sink, detect)
        self._describe = WeakMethod(describe)
        self._guests: dict[str, Guest] = {}
        self._asked: dict[tuple[str, str], Callable[[Any], None]] = {}
        self._numbers = itertools.count(1)
        #: The ways to ports of instances.
        self.reach = Reach(pool.board, self._open_stream)

    @abstractmethod
    def _hear_agent(self, guest: Guest, report: Report) -> None:
        """Take in what the agent of an instance reports."""

    # Agents and streams

    def _guest(self, machine: Machine, boot: Boot, agent: bool) -> Guest:
        """An instance in a life that begins, with what its agent and its streams meet at this end."""
        instance, epoch = boot.instance, boot.epoch

        def heard(report: Report) -> None:
            if self._guests.get(instance) is guest:
                self._hear_agent(guest, report)

        server = AgentServer(machine.region, instance, epoch, heard, self._later)
        guest = Guest(machine, boot, epoch, agent, server, self._streams(boot, server))
        return guest

    def _streams(self, boot: Boot, server: AgentServer) -> Streams:
        instance = boot.instance
        sites: dict[str, Site] = {"assistant": server, "metadata": MetadataServer(self._metadata(instance))}

        def say(message: Message) -> None:
            guest = self._guests.get(instance)
            if guest is not None and guest.machine.link is not None:
                guest.machine.link.send("stream", instance=instance, epoch=guest.epoch, message=message)

        def accept(stream: Stream, to: str) -> Served:
            site = sites[to]
            context = self.pool.authority.context
            make = partial(Conversation, site)
            return Served(stream, lambda send, end: Door(context, make, send, end))

        return Streams(say, accept, 1)

    def _open_stream(self, instance: str, user: User, port: int) -> Stream:
        """Open a stream to a port of an instance, as somebody outside who reaches its network would.

        Raises:
            TimeoutError: nothing is heard of it: it does not run, or its host is down or cut off.
        """
        guest = self._guests.get(instance)
        machine = None if guest is None else guest.machine
        if guest is None or machine is None or not guest.up or machine.down or machine.cut:
            raise TimeoutError(f"{instance} is not heard of")
        return guest.streams.open(user, str(port))

    def _let_go(self) -> None:
        self.reach.close()

    def _metadata(self, instance: str) -> Callable[[str], str | None]:
        def read(path: str) -> str | None:
            describe = self._describe()
            return None if describe is None else describe(instance, path)

        return read

    def _later(self, seconds: float, action: Callable[[], None]) -> None:
        self.pool.board.later(seconds, lambda: None if self._closed else self._guarded(action))

    def _lose_streams(self, guest: Guest) -> None:
        """What runs in an instance has ended: nobody is at the other end of its streams, and its agent is gone."""
        guest.up = False
        guest.server.rebooted()
        streams, guest.streams = guest.streams, self._streams(guest.boot, guest.server)
        streams.lose("the instance has ended")

    # Beside the public API

    def _expect_nothing(self, instance: str) -> None:
        """Nothing is heard any more of what the agent of an instance was given."""
        for key in [each for each in self._live if each[0] == instance]:
            self._live.pop(key, None)
        for key in [each for each in self._owed if isinstance(each, tuple) and each[0] == instance]:
            self._owed.pop(key, None)

    def _forget_runs(self, instance: str) -> None:
        self._expect_nothing(instance)
        for key in [each for each in self._asked if each[0] == instance]:
            self._asked.pop(key)({"trouble": "it ended meanwhile"})

    def execute(self, instance: str, script: str, seconds: float) -> Message:
        """Run a script in an instance beside the public API, and wait for its end.

        Returns:
            `exit_code` and `output`.

        Raises:
            HarnessError: the instance does not run.
        """
        return self._ask_guest(
            instance,
            {"op": "run", "script": script, "directory": "", "seconds": seconds, "quota": 1 << 24},
            seconds + CLOSE_SECONDS,
        )

    def write(self, instance: str, path: str, content: str, mode: int) -> None:
        """Put a file, given in Base64, into an instance.

        Raises:
            HarnessError: the instance does not run, or the file cannot be written there.
        """
        message = {"op": "put", "path": path, "content": content, "mode": f"{mode:o}"}
        self._ask_guest(instance, message, CLOSE_SECONDS)

    def starve(self, instance: str, left: int | None) -> None:
        """Let an instance have no more memory than it has now and `left` bytes, or again as much as any.

        Raises:
            UsageError: it does not run.
            NotSupported: instances have no limits here.
        """
        guest = self._guests.get(instance)
        if guest is None:
            raise UnknownTarget(f"{instance} does not run")
        self._ask(guest.machine.region, guest.machine.index, "memory", mends=left is None, instance=instance, left=left)

    def set_agent(self, instance: str, state: str) -> None:
        """Let the agent of an instance run, be dead or stand still: `running`, `stopped`, `hung`.

        It returns once the region knows whether the agent serves; one that stands still seems to.

        Raises:
            UsageError: it has no agent.
            HarnessError: the agent does not do as it is told.
        """

        def ask(answer: Callable[[Any], None]) -> None:
            guest = self._guests.get(instance)
            if guest is None or not guest.agent:
                answer({"unknown": True})
                return
            guest.hung = state == "hung"
            if guest.hung:
                self._expect_nothing(instance)
            if guest.up and guest.machine.link is not None and not guest.machine.down:
                message = {"op": "agent", "state": state}
                guest.machine.link.send("guest", answer, instance=instance, epoch=guest.epoch, message=message)
            else:
                answer({})

        if "unknown" in self.pool.board.ask(ask, CLOSE_SECONDS):
            raise UnknownTarget(f"{instance} has no agent, or is not there any more")
        end = monotonic() + AGENT_SECONDS
        while state != "hung" and self._agent_lags(instance, serves=state == "running"):
            if monotonic() > end:
                raise HarnessError(f"the agent of {instance} should be {state}, and is not after {AGENT_SECONDS:g} s")
            sleep(_POLL_SECONDS)

    def _agent_lags(self, instance: str, *, serves: bool) -> bool:
        up, version = self.agent_of(instance)
        return up and (version is not None) != serves

    def agent_of(self, instance: str) -> tuple[bool, str | None]:
        """Whether an instance is up, and the version of its agent; None where that does not serve."""
        guest = self._guests.get(instance)
        return (False, None) if guest is None else (guest.up and not guest.machine.down, guest.server.serves)

    def _ask_guest(self, instance: str, message: Message, seconds: float) -> Message:
        run = f"exec-{next(self._numbers)}"

        def ask(answer: Callable[[Any], None]) -> None:
            guest = self._guests.get(instance)
            if guest is None or guest.machine.link is None:
                answer({"trouble": f"{instance} does not run"})
                return
            self._asked[instance, run] = answer
            guest.machine.link.send(
                "guest",
                lambda said: answer(said) if "trouble" in said else None,
                instance=instance,
                epoch=guest.epoch,
                message={**message, "run": run},
            )

        said: Message = self.pool.board.ask(ask, seconds)
        if "exit_code" not in said:
            raise HarnessError(f"{instance}: {said.get('trouble') or said.get('output')}")
        return said
