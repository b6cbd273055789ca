"""The substrate over a pool of hosts: effects become requests to hosts, and what hosts say becomes reports.

A machine of the region gets a container when the first instance is placed on it. Everything is decided on the
switchboard's thread; what the region's lock is held for only posts.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from time import monotonic, sleep
from typing import Any, Final
from weakref import WeakMethod

from faultzone.ecs.assistant import SYSTEM_OF
from faultzone.errors import HarnessError, NotSupported, UsageError
from faultzone.model.effects import (
    AgentSeen,
    Boot,
    Booted,
    Effect,
    GuestCrashed,
    GuestRebooted,
    Halt,
    Halted,
    Move,
    PutFile,
    Release,
    Report,
    RunEnded,
    RunRefused,
    RunScript,
    RunStarted,
    RunTimedOut,
)
from faultzone.substrate import Sink
from faultzone.substrate.docker.agent.guest import START_UP
from faultzone.substrate.docker.agent.streams import Stream, Streams, User
from faultzone.substrate.docker.breaking import BreakableMachines
from faultzone.substrate.docker.links import Link, Message
from faultzone.substrate.docker.machines import CLOSE_SECONDS, DETECT_SECONDS, Machine
from faultzone.substrate.docker.pool import Pool
from faultzone.substrate.docker.reaching import Reach
from faultzone.substrate.docker.tunnels import Served
from faultzone.substrate.gateway.agents import AgentServer
from faultzone.substrate.gateway.http import Conversation, Site
from faultzone.substrate.gateway.metadata import MetadataServer
from faultzone.substrate.gateway.secure import Door

#: For how long an instance that is up is not yet Running because its agent does not serve yet.
_AGENT_SECONDS: Final = 5.0
_POLL_SECONDS: Final = 0.005
#: The private networks of regions are parts of 10.0.0.0/8.
_PREFIX: Final = 8
#: How many lines that a start-up program wrote get into the log of the host.
_START_UP_LINES: Final = 20
#: What is reported of an instance that ended by itself, by how; of any other, that it crashed.
_ENDS: Final[dict[str, type[Halted] | type[GuestRebooted]]] = {"halt": Halted, "reboot": GuestRebooted}

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


class DockerSubstrate(BreakableMachines):
    """The hosts of one region's cloud.

    Args:
        pool: where hosts come from.
        sink: takes reports from any thread.
        describe: tells what the metadata service says to an instance at a path. This and the sink are held
            weakly, so that a region that nobody holds can end.
        root: the directory of what instances have under their system disks, below the volume that hosts share; that of
            the hosts' image when empty.
        detect: real seconds of silence after which a host is taken to be lost.
    """

    def __init__(
        self, pool: Pool, sink: Sink, describe: Describe, root: str = "", detect: float = DETECT_SECONDS
    ) -> None:
        super().__init__(pool, sink, detect)
        self._root = root
        self._describe = WeakMethod(describe)
        self._guests: dict[str, Guest] = {}
        self._asked: dict[tuple[str, str], Callable[[Any], None]] = {}
        self._numbers = itertools.count(1)
        #: The ways to ports of instances.
        self.reach = Reach(pool.board, self._open_stream)

    # Effects

    def apply(self, region: str, effects: Sequence[Effect]) -> None:
        """Begin to carry the effects out."""
        self.asked = monotonic()
        for effect in effects:
            if isinstance(effect, Boot | Halt):
                self._owed[effect.instance] = effect.epoch
            elif isinstance(effect, RunScript | PutFile):
                self._owed[effect.instance, effect.run] = effect.epoch
            self._post(lambda effect=effect: self._carry_out(region, effect))  # type: ignore[misc]

    def _carry_out(self, region: str, effect: Effect) -> None:
        if isinstance(effect, Boot):
            self._boot(region, effect)
        elif isinstance(effect, Halt):
            self._halt(region, effect)
        elif isinstance(effect, Move):
            self._move(region, effect)
        elif isinstance(effect, Release):
            self._release(effect.instance)
        elif isinstance(effect, RunScript):
            self._run(effect)
        elif isinstance(effect, PutFile):
            self._deliver(effect)
        elif (guest := self._guests.get(effect.instance)) is not None:
            guest.server.cancel(effect.run)
            self._owed.pop((effect.instance, effect.run), None)

    def _boot(self, region: str, effect: Boot) -> None:
        machine = self._machine(region, effect.host)
        before = self._guests.get(effect.instance)
        agent = effect.agent or (before is not None and before.agent)
        self._guests[effect.instance] = self._guest(machine, effect, agent)
        if before is not None and before.machine is not machine:
            self._leave(before, lambda: self._start(effect.instance, effect.epoch))
        else:
            self._start(effect.instance, effect.epoch)

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

    def _leave(self, guest: Guest, then: Callable[[], None]) -> None:
        """See that nothing of an instance runs on the host that it was on; one that is down runs nothing."""
        link = guest.machine.link
        if link is None or not link.alive or guest.machine.down:
            then()
        else:
            link.send("stop", lambda _: then(), instance=guest.boot.instance, force=True)

    def _start(self, instance: str, epoch: int) -> None:
        """Start an instance on its host, once that has a container."""
        guest = self._guests.get(instance)
        if guest is None or guest.epoch != epoch or guest.machine.down:
            return

        def start(link: Link) -> None:
            current = self._guests.get(instance)
            if current is not guest or current.epoch != epoch or guest.machine.down:
                return
            boot = guest.boot
            number = 0 if "own-address" in link.lost else self._join(link, boot.network)
            octets = [int(each) for each in boot.address.split(".")]
            spec = {
                "instance": instance,
                "epoch": epoch,
                "disk": f"{self._lease}/{instance}",
                "root": self._root,
                "host_name": (boot.host_name or instance)[:63],
                "network": number,
                "address": boot.address,
                "prefix": _PREFIX,
                "mac": "00:16:" + ":".join(f"{each:02x}" for each in octets),
                "user_data": boot.user_data,
                "names": self._name(link, guest.machine.region, boot),
                "agent": self.pool.agent if guest.agent else "",
                "trusted": self.pool.authority.certificate,
            }
            link.send("start", self._started, spec=spec)

        self._with_link(guest.machine, start)

    def _started(self, answer: Message) -> None:
        if "trouble" in answer and "gone" not in answer["trouble"] and "no power" not in answer["trouble"]:
            raise HarnessError(answer["trouble"])

    def _halt(self, region: str, effect: Halt) -> None:
        guest = self._guests.get(effect.instance)
        machine = self._machine(region, effect.host)
        if guest is not None:
            guest.epoch = effect.epoch

        def halted(answer: Message) -> None:
            if not machine.down and "trouble" not in answer:
                self._forget_runs(effect.instance)
                if guest is not None:
                    self._lose_streams(guest)
                self._report(region, Halted(effect.instance, effect.epoch))
                self._settle(effect.instance, effect.epoch)

        if machine.link is not None:
            machine.link.send("stop", halted, instance=effect.instance, force=effect.force)
        elif not machine.leasing:
            halted({})
        else:
            self._with_link(
                machine, lambda link: link.send("stop", halted, instance=effect.instance, force=effect.force)
            )

    def _move(self, region: str, effect: Move) -> None:
        """Start an instance on another host with its disk and address. What ran in it begins anew."""
        guest = self._guests.get(effect.instance)
        if guest is None:
            return
        old = replace(guest)
        self._lose_streams(guest)
        guest.machine = self._machine(region, effect.to)
        guest.boot = guest.boot._replace(user_data=None, host=effect.to)
        self._report(region, GuestRebooted(effect.instance, effect.epoch))
        self._forget_runs(effect.instance)
        self._leave(old, lambda: self._start(effect.instance, effect.epoch))

    def _release(self, instance: str) -> None:
        guest = self._guests.pop(instance, None)
        if guest is not None:
            self._names.get(guest.boot.network, {}).pop(instance, None)
            self._lose_streams(guest)
        self._owed.pop(instance, None)
        self._forget_runs(instance)
        if guest is None or guest.machine.link is None:
            return
        link = guest.machine.link
        if not guest.machine.down:
            link.send("stop", instance=instance, force=True)
        link.send("forget", disk=f"{self._lease}/{instance}", instance=instance)

    # Scripts

    def _run(self, effect: RunScript) -> None:
        guest = self._guests.get(effect.instance)
        if guest is not None and SYSTEM_OF[effect.kind] != guest.boot.system:
            self._owed.pop((effect.instance, effect.run), None)
            report = RunRefused(effect.instance, effect.epoch, effect.run, "wrong-system", "")
            self._report(guest.machine.region, report)
        elif effect.kind != "RunShellScript":
            self._owed.pop((effect.instance, effect.run), None)
            self.trouble = self.trouble or NotSupported(f"instances run Linux here, so no {effect.kind}")
        else:
            self._deliver(effect)

    def _deliver(self, effect: RunScript | PutFile) -> None:
        """Give the agent of an instance something to do. Where none serves, the region notices that nothing begins."""
        guest = self._guests.get(effect.instance)
        if guest is None or guest.epoch != effect.epoch or not guest.agent or guest.machine.down:
            self._owed.pop((effect.instance, effect.run), None)
            return
        guest.server.give(effect)
        if guest.hung or (guest.server.serves is None and not guest.rising):
            self._owed.pop((effect.instance, effect.run), None)

    def _expect_nothing(self, instance: str) -> None:
        """Nothing is heard any more of what the agent of an instance was given."""
        self._live -= {each for each in self._live if each[0] == instance}
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
            raise UsageError(f"{instance} does not run")
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
            raise UsageError(f"{instance} has no agent, or is not there any more")
        end = monotonic() + _AGENT_SECONDS
        while state != "hung" and self._agent_lags(instance, serves=state == "running"):
            if monotonic() > end:
                raise HarnessError(f"the agent of {instance} should be {state}, and is not after {_AGENT_SECONDS:g} s")
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

    # What hosts say

    def _hear(self, machine: Machine, link: Link, message: Message) -> None:
        event = message.get("event")
        if event is None and not machine.noticed:  # Its container is gone.
            self._owed[machine.region, machine.index] = 0
        if event is None or event == "beat":
            return
        instance, epoch = str(message["instance"]), int(message["epoch"])
        guest = self._guests.get(instance)
        if guest is None or guest.epoch != epoch or guest.machine is not machine:
            return
        if event == "stream":
            guest.streams.hear(message)
        elif event == "up":
            guest.up, guest.rising, guest.hung = True, True, False
            if guest.agent:
                self._later(_AGENT_SECONDS, lambda: self._risen(guest))
            else:
                self._risen(guest)
        elif event == "failed":
            self._settle(instance, epoch)
            raise HarnessError(f"{instance} could not be started on {link.name}: {message['why']}")
        elif event == "gone":
            self._forget_runs(instance)
            self._lose_streams(guest)
            kind = _ENDS.get(message["how"], GuestCrashed)
            self._report(machine.region, kind(instance, epoch))
        else:
            if message["run"] == START_UP and event == "ended":
                link.note(f"{instance}: its start-up program has ended with {message['exit_code']}")
                for line in message["output"].splitlines()[-_START_UP_LINES:]:
                    link.note(f"{instance}: {line}")
            self._hear_run(message)

    def _risen(self, guest: Guest) -> None:
        """An instance is Running once its agent serves, or has not come to serve in time."""
        instance = guest.boot.instance
        if guest.rising and self._guests.get(instance) is guest:
            guest.rising = False
            self._report(guest.machine.region, Booted(instance, guest.epoch))
            self._settle(instance, guest.epoch)

    def _settle(self, instance: str, epoch: int) -> None:
        if self._owed.get(instance) == epoch:
            del self._owed[instance]

    def _hear_agent(self, guest: Guest, report: Report) -> None:
        """The agent of an instance serves or no longer does, or has reported something of a run."""
        self._report(guest.machine.region, report)
        if isinstance(report, AgentSeen):
            if report.version is None:
                self._expect_nothing(guest.boot.instance)
            self._risen(guest)
        elif isinstance(report, RunStarted | RunEnded | RunTimedOut | RunRefused):
            key = (guest.boot.instance, report.run)
            self._owed.pop(key, None)
            (self._live.add if isinstance(report, RunStarted) else self._live.discard)(key)

    def _hear_run(self, message: Message) -> None:
        """A script that was not run by the agent has begun, written or ended."""
        key, event = (message["instance"], message["run"]), message["event"]
        if event == "started":
            if message["run"] != START_UP:  # It may serve for as long as the instance runs.
                self._live.add(key)
        elif event != "output":
            self._live.discard(key)
            if key in self._asked:
                self._asked.pop(key)(message)

    def _write_off(self, machine: Machine) -> None:
        for instance, guest in self._guests.items():
            if guest.machine is machine:
                self._owed.pop(instance, None)
                self._forget_runs(instance)
                self._lose_streams(guest)
