"""The instances on the machines of a region: they boot, stop, move and go, and what they say is heard.

All of it is on the loop's thread.
"""

from __future__ import annotations

import asyncio
import base64
import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final
from weakref import WeakMethod

from faultzone.errors import HarnessError, UsageError
from faultzone.model.core.effects import (
    AgentSeen,
    Boot,
    Booted,
    GuestCrashed,
    GuestRebooted,
    Halt,
    Halted,
    Move,
    Release,
    Report,
    RunChecked,
    RunEnded,
    RunOutput,
    RunRefused,
    RunStarted,
    RunTimedOut,
)
from faultzone.substrate.docker.agent.guest import START_UP
from faultzone.substrate.docker.agent.streams import Stream, Streams, User
from faultzone.substrate.docker.link import HostError, HostGone, Link, Message
from faultzone.substrate.docker.loop import Tasks
from faultzone.substrate.docker.machines import OUTSIDE, Machine, Machines
from faultzone.substrate.docker.names import Names
from faultzone.substrate.docker.owed import Crash, Life, Loss, Owed, Run
from faultzone.substrate.docker.ports import Served
from faultzone.substrate.gateway.agents import AgentServer
from faultzone.substrate.gateway.http import Conversation, Site
from faultzone.substrate.gateway.metadata import MetadataServer
from faultzone.substrate.gateway.secure import Door
from faultzone.substrate.history import ASSISTANT, LOGIN, USER_DATA, History

#: Gives what the metadata service answers an instance for a path, a method and headers: an HTTP status and a text.
Describe = Callable[[str, str, str, Mapping[str, str]], tuple[int, str]]

#: Registers a machine outside the cloud: what it says of itself -> the answer.
Register = Callable[[dict[str, Any]], dict[str, Any]]
Enlist = Callable[["Guest", dict[str, Any]], dict[str, Any]]

#: For how long an agent may take to serve, or to be seen to have ceased to.
AGENT_SECONDS: Final = 5.0
#: How long an answer of an instance is awaited, beyond what it is asked to do.
ANSWER_SECONDS: Final = 30.0
_POLL_SECONDS: Final = 0.005
#: The private networks of regions are parts of 10.0.0.0/8.
_PREFIX: Final = 8
#: How much of what is printed on a console is kept, from its end.
_CONSOLE_BYTES: Final = 65536
#: How many lines that a start-up program wrote get into the log of the host.
_START_UP_LINES: Final = 20
#: What is reported of an instance that ended by itself, by how; of any other, that it crashed.
_ENDS: Final[dict[str, type[Halted] | type[GuestRebooted]]] = {"halt": Halted, "reboot": GuestRebooted}


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
        public: the address by which a machine outside the cloud is seen; None of an instance.
        managed: the id of the managed instance as which such a machine has registered; empty before.
        told: the id of the region that is told of it.
        printed: what is on its console since it last came up, and the instant of the last; None before it ever did.
        old: the version of which its agent is said to be, where that is not the newest.
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
    printed: tuple[bytes, int] | None = None
    public: str | None = None
    managed: str = ""
    told: str = ""
    old: str = ""

    @property
    def instance(self) -> str:
        """Its id, by which its host knows it."""
        return self.boot.instance

    @property
    def known(self) -> str:
        """The id by which the region knows it."""
        return self.managed or self.boot.instance


class Guests:
    """The instances of one region's cloud.

    Args:
        machines: what they are on.
        tasks: owns what goes on here.
        owed: what hosts owe.
        describe: tells what the metadata service says to an instance at a path.
        now: tells region time. Both are held weakly.
        root: the directory of what instances have under their system disks; that of the hosts' image when empty.
        disks: the directory of their system disks. Both are below the volume that hosts share.
        version: what our own agent is said to be.
        file_errors: whether it is told why a file cannot be written.
    """

    def __init__(
        self,
        machines: Machines,
        tasks: Tasks,
        owed: Owed,
        describe: Describe,
        now: Callable[[], int],
        root: str,
        disks: str,
        version: str,
        file_errors: bool = False,
    ) -> None:
        self._file_errors = file_errors
        self._machines, self._tasks, self._owed = machines, tasks, owed
        self._describe, self._now = WeakMethod(describe), WeakMethod(now)
        self._root, self._disks, self._version = root, disks, version
        self._names = Names(disks, tasks)
        self._guests: dict[str, Guest] = {}
        self.history = History()
        #: Machines outside the cloud, by the ids of their managed instances.
        self._managed: dict[str, Guest] = {}
        #: What those wait for who run a script in an instance beside the public API.
        self._asked: dict[tuple[str, str], asyncio.Future[Message]] = {}
        self._numbers = itertools.count(1)

    def get(self, instance: str) -> Guest | None:
        """An instance that has been booted and not released, or a machine outside the cloud by either of its ids."""
        return self._guests.get(instance) or self._managed.get(instance)

    # Lives

    async def boot(self, region: str, effect: Boot) -> None:
        """Start an instance, on whatever host it was before."""
        machine = self._machines.at(region, effect.host)
        before = self._guests.get(effect.instance)
        agent = effect.agent or (before is not None and before.agent)
        guest = self._guests[effect.instance] = self._new(machine, effect, agent)
        if before is not None:
            guest.printed = before.printed
            self.be_old(guest, before.old)
        if before is not None and before.machine is not machine:
            await self._leave(effect.instance, before.machine)
        await self._start(guest, effect.epoch)

    async def move(self, region: str, effect: Move) -> None:
        """Start an instance on another host with its disk and address. What ran in it begins anew."""
        guest = self._guests.get(effect.instance)
        if guest is None:
            self._owed.pay_life(effect.instance, effect.epoch)
            return
        before = guest.machine
        self._lose_streams(guest)
        guest.machine = self._machines.at(region, effect.to)
        guest.boot = guest.boot._replace(user_data=None, host=effect.to)
        self._machines.report(region, GuestRebooted(effect.instance, effect.epoch))
        self._forget_runs(effect.instance)
        await self._leave(effect.instance, before)
        await self._start(guest, effect.epoch)

    async def _leave(self, instance: str, machine: Machine) -> None:
        """See that nothing of an instance runs on the host that it was on; one that is down runs nothing."""
        link = machine.link
        if link is not None and link.alive and not machine.down:
            try:
                await link.ask("stop", instance=instance, force=True)
            except HostError:
                return  # It has lost its power meanwhile.

    async def _start(self, guest: Guest, epoch: int) -> None:
        """Start an instance on its host, once that has a container; not if it is to do something else meanwhile."""

        def wanted() -> bool:
            return self._guests.get(guest.instance) is guest and guest.epoch == epoch and not guest.machine.down

        if not wanted():
            return
        link = await self._machines.link_of(guest.machine)
        if not wanted():
            return
        names = await self._names.add(link, guest.machine.region, guest.boot)
        if names is None or not wanted():
            return
        try:
            await link.ask("start", spec=self._spec(guest, link, epoch, names))
        except HostGone:
            return
        except HostError as error:
            if not guest.machine.down and "no power" not in str(error):
                raise

    def _spec(self, guest: Guest, link: Link, epoch: int, names: str) -> Message:
        boot, session = guest.boot, self._machines.session
        octets = [int(each) for each in boot.address.split(".")]
        return {
            "instance": boot.instance,
            "epoch": epoch,
            "disk": f"{self._disks}/{boot.instance}",
            "root": self._root,
            "host_name": (boot.host_name or boot.instance)[:63],
            "system": boot.os_name or "Linux",
            "network": 0 if "own-address" in link.lost else self._machines.join(link, boot.network),
            "address": boot.address,
            "prefix": _PREFIX,
            "mac": "00:16:" + ":".join(f"{each:02x}" for each in octets),
            "user_data": boot.user_data,
            "names": names,
            "agent": session.agent if guest.agent else "",
            "known": guest.known,
            "outside": guest.public is not None,
            "trusted": session.trusted,
        }

    async def halt(self, region: str, effect: Halt) -> None:
        """Stop an instance."""
        guest = self._guests.get(effect.instance)
        machine = self._machines.at(region, effect.host)
        if guest is not None:
            guest.epoch = effect.epoch
        if machine.link is not None or machine.leasing is not None:
            link = await self._machines.link_of(machine)
            try:
                await link.ask("stop", instance=effect.instance, force=effect.force)
            except HostError:
                return
        if machine.down:
            return
        self._owed.pay(Crash(effect.instance))
        self._forget_runs(effect.instance)
        if guest is not None:
            self._lose_streams(guest)
        self._machines.report(region, Halted(effect.instance, effect.epoch))
        self._owed.pay_life(effect.instance, effect.epoch)

    def release(self, effect: Release) -> None:
        """End an instance, and remove its disk; a machine outside the cloud goes on."""
        if effect.instance in self._managed:
            self._dismiss(self._managed[effect.instance])
            return
        guest = self._guests.pop(effect.instance, None)
        if guest is not None:
            self._names.remove(guest.boot)
            self._lose_streams(guest)
            self.history.forget(effect.instance)
        self._owed.pay(Life(effect.instance))
        self._owed.pay(Crash(effect.instance))
        self._forget_runs(effect.instance)
        if guest is None or guest.machine.link is None:
            return
        link = guest.machine.link
        if not guest.machine.down:
            link.send("stop", instance=effect.instance, force=True)
        link.send("forget", disk=f"{self._disks}/{effect.instance}", instance=effect.instance)

    async def crash(self, instance: str, epoch: int | None = None) -> bool:
        """Crash the operating system of an instance, in one of its lives if that is given; False if it is not up."""
        guest = self._guests.get(instance)
        if guest is None or epoch not in (None, guest.epoch):
            return False
        link = guest.machine.link
        if not guest.up or guest.machine.down or link is None:
            return False
        self._owed.add(Crash(instance))
        try:
            await link.ask("panic", instance=instance, epoch=guest.epoch)
        except HostError:  # It has ended by itself, or with its host.
            self._owed.pay(Crash(instance))
            return False
        return True

    def console(self, instance: str) -> tuple[bytes, int] | None:
        """What an instance has printed since it last came up, and when the last was; None before it ever did. It can be
        called from any thread."""
        guest = self._guests.get(instance)
        return None if guest is None else guest.printed

    def be_old(self, guest: Guest, version: str) -> None:
        """Take the agent of an instance to be of an old version; of the newest if that is empty."""
        guest.old = version
        guest.server.be(version or self._version)

    def _instant(self) -> int:
        """Region time, in milliseconds since the epoch."""
        now = self._now()
        return 0 if now is None else now()

    def _print(self, guest: Guest, raw: bytes) -> None:
        """Something is printed on a console."""
        now = self._now()
        if now is not None:
            before = b"" if guest.printed is None else guest.printed[0]
            guest.printed = ((before + raw)[-_CONSOLE_BYTES:], now())

    # Machines outside the cloud

    async def add_machine(self, region: str, boot: Boot, public: str, register: Enlist) -> None:
        """Start a machine outside the cloud; it returns once that is up.

        Args:
            region: the region that it is nearest to.
            boot: what it is: its id, host name, address and system.
            public: the address by which it is seen.
            register: registers it: takes it and what it says of itself, and gives the answer.

        Raises:
            HarnessError: it does not start.
        """
        machine = self._machines.at(region, OUTSIDE)
        guest = self._guests[boot.instance] = self._new(machine, boot, False, lambda said: register(guest, said))
        guest.public = public
        await self._start(guest, boot.epoch)
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                while not guest.up:
                    await asyncio.sleep(_POLL_SECONDS)
        except TimeoutError:
            del self._guests[boot.instance]
            raise HarnessError(f"the machine {boot.instance} does not start") from None

    def outside(self) -> list[str]:
        """The machines outside the cloud."""
        return [each.instance for each in self._guests.values() if each.public is not None]

    def enlist(self, guest: Guest, region: str, managed: str) -> None:
        """A machine outside the cloud has registered: its agent runs from now on."""
        if (other := self._managed.get(managed)) is not None:
            self._dismiss(other)
        guest.managed, guest.agent, guest.told = managed, True, region
        self._managed[managed] = guest
        guest.server.belong_to(managed)
        if guest.machine.link is not None:
            agent = self._machines.session.agent
            guest.machine.link.send("enlist", instance=guest.instance, known=managed, agent=agent)

    def _dismiss(self, guest: Guest) -> None:
        """A machine outside the cloud is a managed instance no more: its agent is not heard of."""
        self._forget_runs(guest.managed)
        self._managed.pop(guest.managed)
        guest.managed, guest.agent = "", False
        guest.server.belong_to(guest.instance)
        if guest.machine.link is not None:
            guest.machine.link.send("dismiss", instance=guest.instance)

    # Agents and streams

    def _new(self, machine: Machine, boot: Boot, agent: bool, register: Register | None = None) -> Guest:
        """An instance in a life that begins, with what its agent and its streams meet at this end."""

        def heard(report: Report) -> None:
            if self._guests.get(boot.instance) is guest:
                self._hear_agent(guest, report)

        told = (boot.instance, boot.epoch, heard, self._tasks.later, self._version)
        server = AgentServer(machine.region, *told, register, self._file_errors)
        guest = Guest(machine, boot, boot.epoch, agent, server, self._streams(boot, server), told=machine.region)
        return guest

    def _streams(self, boot: Boot, server: AgentServer) -> Streams:
        instance, context = boot.instance, self._machines.session.context
        sites: dict[str, Site] = {
            "assistant": server,
            "metadata": MetadataServer(partial(self._read_metadata, instance)),
        }

        def say(message: Message) -> None:
            guest = self._guests.get(instance)
            if guest is not None and guest.machine.link is not None:
                guest.machine.link.send("stream", instance=instance, epoch=guest.epoch, message=message)

        def accept(stream: Stream, to: str) -> Served:
            make = partial(Conversation, sites[to])
            return Served(stream, lambda send, end: Door(context, make, send, end))

        return Streams(say, accept, 1)

    def _read_metadata(self, instance: str, path: str, method: str, headers: Mapping[str, str]) -> tuple[int, str]:
        describe = self._describe()
        return (404, "") if describe is None else describe(instance, path, method, headers)

    def open_stream(self, instance: str, user: User, port: int, address: str = "") -> Stream:
        """Open a stream to a port of an instance, as somebody outside who reaches its network would.

        Args:
            address: opens it from within the instance to a port of this address.

        Raises:
            TimeoutError: nothing is heard of it: it does not run, or its host is down or cut off.
        """
        guest = self.get(instance)
        machine = None if guest is None else guest.machine
        if guest is None or machine is None or not guest.up or machine.down or machine.cut:
            raise TimeoutError(f"{instance} is not heard of")
        return guest.streams.open(user, f"{address}:{port}" if address else str(port))

    def _lose_streams(self, guest: Guest) -> None:
        """What runs in an instance has ended: nobody is at the other end of its streams, and its agent is gone."""
        guest.up = False
        self.history.end_all(guest.instance, self._instant())
        guest.server.rebooted()
        streams, guest.streams = guest.streams, self._streams(guest.boot, guest.server)
        streams.lose("the instance has ended")

    # What hosts and agents say

    def hear(self, machine: Machine, link: Link, message: Message) -> None:
        """Take in what a host says by itself."""
        event = message.get("event")
        if event is None and not machine.noticed:  # Its container is gone.
            self._owed.add(Loss(machine.region, machine.index))
        if event is None or event == "beat":
            return
        instance, epoch = str(message["instance"]), int(message["epoch"])
        guest = self._guests.get(instance)
        if guest is None or guest.machine is not machine:
            return
        if guest.epoch != epoch:
            if "run" in message:  # What a script has written while the instance was being stopped.
                self._remember(instance, message["run"], message)
            return
        if event == "stream":
            guest.streams.hear(message)
        elif event == "up":
            guest.up, guest.rising, guest.hung = True, True, False
            guest.printed = None
            if guest.agent:
                self._tasks.later(AGENT_SECONDS, lambda: self._risen(guest))
            else:
                self._risen(guest)
        elif event == "failed":
            self._owed.pay_life(instance, epoch)
            raise HarnessError(f"{instance} could not be started on {link.name}: {message['why']}")
        elif event == "gone":
            self._forget_runs(guest.known)
            self._lose_streams(guest)
            if guest.public is not None:
                self._lose_machine(guest)
                return
            kind = _ENDS.get(message["how"], GuestCrashed)
            self._machines.report(machine.region, kind(instance, epoch))
            self._owed.pay(Crash(instance))
        elif event == "going":
            if guest.public is None:
                self._owed.add(Crash(instance))
        elif event == "console":
            self._print(guest, message["output"].encode("utf-8", "surrogateescape"))
        else:
            self._hear_run(link, message)

    def _hear_run(self, link: Link, message: Message) -> None:
        """A script that was not run by the agent has begun, written or ended."""
        instance, run, event = message["instance"], message["run"], message["event"]
        self._remember(instance, run, message)
        if run == START_UP and event == "ended":
            link.note(f"{instance}: its start-up program has ended with {message['exit_code']}")
            for line in message["output"].splitlines()[-_START_UP_LINES:]:
                link.note(f"{instance}: {line}")
        if event == "started":
            self._owed.begun(instance, run)
        elif event != "output":
            self._owed.ended(instance, run)
            self._answer((instance, run), message)

    def _remember(self, instance: str, run: str, message: Message) -> None:
        """Note what became of a start-up program, or of a script of somebody who has logged in."""
        event, guest = message["event"], self._guests[instance]
        if event == "started":
            if run == START_UP:
                said = base64.b64decode(guest.boot.user_data or "").decode("utf-8", "surrogateescape")
                self.history.begin(instance, run, USER_DATA, said, self._instant())
        elif event == "output":
            self.history.write(instance, run, message["output"])
        else:
            self.history.end(instance, run, self._instant(), message.get("exit_code"), message["output"])

    def _remember_run(self, guest: Guest, report: Report) -> None:
        """Note what the agent tells of a script."""
        of, now = guest.instance, self._instant()
        if isinstance(report, RunStarted):
            if (script := guest.server.script_of(report.run)) is not None:
                self.history.begin(of, report.run, ASSISTANT, script, now)
        elif isinstance(report, RunOutput):
            self.history.write(of, report.run, report.output)
        elif isinstance(report, RunEnded):
            self.history.end(of, report.run, now, report.exit_code, report.output)
        elif isinstance(report, RunTimedOut | RunRefused):
            self.history.end(of, report.run, now, None, report.output)

    def _lose_machine(self, guest: Guest) -> None:
        """A machine outside the cloud is down or boots again, of which nobody but its agent tells."""
        if guest.managed:
            self._machines.report(guest.told, GuestRebooted(guest.managed, guest.epoch))
            self._machines.report(guest.told, AgentSeen(guest.managed, guest.epoch, None))

    def _hear_agent(self, guest: Guest, report: Report) -> None:
        """The agent of an instance serves or no longer does, or has reported something of a run."""
        if guest.public is not None and not guest.managed:
            return
        self._remember_run(guest, report)
        self._machines.report(guest.told, report)
        if isinstance(report, AgentSeen):
            if report.version is None:
                self._owed.forget_runs(guest.known)
            self._risen(guest)
        elif isinstance(report, RunStarted | RunChecked | RunEnded | RunTimedOut | RunRefused):
            self._owed.pay(Run(guest.known, report.run))
            if isinstance(report, RunStarted):
                self._owed.begun(guest.known, report.run)
            else:
                self._owed.ended(guest.known, report.run)

    def _risen(self, guest: Guest) -> None:
        """An instance is Running once its agent serves, or has not come to serve in time."""
        if guest.rising and self._guests.get(guest.instance) is guest:
            guest.rising = False
            if guest.server.serves is None:
                self._owed.forget_runs(guest.known)
            if guest.public is not None:
                return
            self._machines.report(guest.machine.region, Booted(guest.instance, guest.epoch))
            self._owed.pay_life(guest.instance, guest.epoch)

    def write_off(self, machine: Machine) -> None:
        """Expect nothing more of what ran on a host that is lost."""
        for instance, guest in self._guests.items():
            if guest.machine is machine:
                self._owed.pay(Life(instance))
                self._owed.pay(Crash(instance))
                self._forget_runs(guest.known)
                self._lose_streams(guest)
                if guest.public is not None:
                    self._lose_machine(guest)

    def _forget_runs(self, instance: str) -> None:
        self._owed.forget_runs(instance)
        if (guest := self.get(instance)) is not None:
            instance = guest.instance
        for key in [each for each in self._asked if each[0] == instance]:
            self._answer(key, {"error": "it ended meanwhile"})

    def _answer(self, key: tuple[str, str], message: Message) -> None:
        asked = self._asked.pop(key, None)
        if asked is not None and not asked.done():
            asked.set_result(message)

    # Beside the public API

    async def execute(self, instance: str, script: str, seconds: float) -> Message:
        """Run a script in an instance beside the public API, and wait for its end.

        Returns:
            `exit_code` and `output`.

        Raises:
            HarnessError: the instance does not run.
        """
        message = {"op": "run", "script": script, "directory": "", "seconds": seconds, "quota": 1 << 24}
        return await self._ask(instance, message, seconds + ANSWER_SECONDS)

    async def log_in(self, instance: str, script: str) -> int:
        """Begin to run a script in an instance beside the public API; its number in what ran there.

        Raises:
            UsageError: the instance is not up.
        """
        guest = self.get(instance)
        if guest is None or guest.machine.link is None or not guest.up:
            raise UsageError(f"{instance} is not up: start it before logging in")
        run = f"login-{next(self._numbers)}"
        message = {"op": "run", "run": run, "script": script, "directory": "", "seconds": None, "quota": 1 << 20}
        # Its own process is what is ended with the instance, and no shell around it.
        message["termination"] = "Process"
        number = self.history.begin(guest.instance, run, LOGIN, script, self._instant())
        # It is not to be taken for over before it has begun.
        self._owed.begun(guest.instance, run)
        try:
            await guest.machine.link.ask("guest", instance=guest.instance, epoch=guest.epoch, message=message)
        except HostError as error:
            self._owed.ended(guest.instance, run)
            raise HarnessError(f"{instance}: {error}") from None
        return number

    async def write(self, instance: str, path: str, content: str, mode: int) -> None:
        """Put a file, given in Base64, into an instance.

        Raises:
            HarnessError: the instance does not run, or the file cannot be written there.
        """
        message = {"op": "put", "path": path, "content": content, "mode": f"{mode:o}"}
        await self._ask(instance, message, ANSWER_SECONDS)

    async def _ask(self, instance: str, message: Message, seconds: float) -> Message:
        guest = self.get(instance)
        if guest is None or guest.machine.link is None:
            raise HarnessError(f"{instance} does not run: start it first")
        instance = guest.instance
        run = f"exec-{next(self._numbers)}"
        asked = self._asked[instance, run] = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(seconds):
                await guest.machine.link.ask(
                    "guest", instance=instance, epoch=guest.epoch, message={**message, "run": run}
                )
                said: dict[str, Any] = await asked
        except HostError as error:
            raise HarnessError(f"{instance}: {error}") from None
        finally:
            self._asked.pop((instance, run), None)
        if "exit_code" not in said:
            raise HarnessError(f"{instance}: {said.get('error') or said.get('output')}")
        return said
