"""The substrate over a pool of hosts: effects become requests to hosts, and what hosts say becomes reports.

A machine of the region gets a container when the first instance is placed on it. Everything is decided on the
switchboard's thread; what the region's lock is held for only posts.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, Final
from weakref import WeakMethod

from faultzone.ecs.assistant import SYSTEM_OF
from faultzone.errors import HarnessError, NotSupported
from faultzone.model.effects import (
    AgentSeen,
    Boot,
    Booted,
    CancelScript,
    Effect,
    GuestCrashed,
    GuestRebooted,
    Halt,
    Halted,
    HostBack,
    HostLost,
    Move,
    PutFile,
    Release,
    Report,
    RunEnded,
    RunOutput,
    RunRefused,
    RunScript,
    RunStarted,
    RunTimedOut,
)
from faultzone.substrate import Sink
from faultzone.substrate.docker.links import Link, Message
from faultzone.substrate.docker.pool import Pool

#: How long a host is not heard of before the region takes it to be lost, in real seconds.
DETECT_SECONDS: Final = 1.0
#: The version that our agent says it is.
AGENT_VERSION: Final = "1.0.1.459"
#: The private networks of regions are parts of 10.0.0.0/8.
_PREFIX: Final = 8
_CLOSE_SECONDS: Final = 30.0
_LEASES: Final = itertools.count(1)
#: What is reported of an instance that ended by itself, by how; of any other, that it crashed.
_ENDS: Final[dict[str, type[Halted] | type[GuestRebooted]]] = {"halt": Halted, "reboot": GuestRebooted}

#: Tells what the metadata service says of an instance of a region, by path.
Describe = Callable[[str, str], Mapping[str, str]]


@dataclass
class Machine:
    """A host of the region.

    Attributes:
        link: the connection to its container, once it has one.
        down: whether it has no power, hangs or is gone.
        noticed: whether the region has been told of that.
        repaired: whether it is to come back as soon as that has been noticed.
    """

    region: str
    index: int
    link: Link | None = None
    leasing: bool = False
    down: bool = False
    noticed: bool = False
    repaired: bool = False
    reversible: bool = True
    waiting: list[Callable[[Link], None]] = field(default_factory=list)


@dataclass
class Guest:
    """An instance: where it is, in which of its lives, and what it was last booted with."""

    machine: Machine
    boot: Boot
    epoch: int
    agent: bool = False


class DockerSubstrate:
    """The hosts of one region's cloud.

    Args:
        pool: where hosts come from.
        sink: takes reports from any thread.
        describe: tells what the metadata service says of an instance of a region, by path. This and the sink are held
            weakly, so that a region that nobody holds can end.
        detect: real seconds of silence after which a host is taken to be lost.
    """

    def __init__(self, pool: Pool, sink: Sink, describe: Describe, detect: float = DETECT_SECONDS) -> None:
        self.pool, self._sink, self._describe, self._detect = pool, WeakMethod(sink), WeakMethod(describe), detect
        self.trouble: BaseException | None = None
        #: When a report was last made, and an effect last asked for, in monotonic seconds.
        self.reported = self.asked = monotonic()
        self._lease = f"{pool.session}-{next(_LEASES)}"
        self._machines: dict[tuple[str, int], Machine] = {}
        self._guests: dict[str, Guest] = {}
        self._names: dict[str, dict[str, str]] = {}
        self._writers: dict[str, Link] = {}
        self._facts: dict[str, Mapping[str, str]] = {}
        self._networks: dict[str, int] = {}
        self._members: dict[int, set[Link]] = {}
        self._cancelled: set[tuple[str, str]] = set()
        self._asked: dict[tuple[str, str], Callable[[Any], None]] = {}
        self._numbers = itertools.count(1)
        self._owed: dict[object, int] = {}
        self._live: set[tuple[str, str]] = set()
        self._closed = False
        self._post(self._watch)

    # What is awaited

    @property
    def owed(self) -> int:
        """How many reports are still to come because of what was asked for."""
        return len(self._owed)

    @property
    def live(self) -> int:
        """How many scripts are running."""
        return len(self._live)

    def check(self) -> None:
        """See that the hosts are sound.

        Raises:
            HarnessError: something has gone wrong with them.
            NotSupported: they were asked for something that they cannot do.
        """
        trouble = self.trouble or self.pool.trouble
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

    # Effects

    def apply(self, region: str, effects: Sequence[Effect]) -> None:
        """Begin to carry the effects out."""
        self.asked = monotonic()
        for effect in effects:
            describe = self._describe()
            if isinstance(effect, Boot) and describe is not None:
                self._facts[effect.instance] = describe(region, effect.instance)
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
            self._deliver(effect, {"op": "put", **effect._asdict()})
        elif isinstance(effect, CancelScript):
            self._cancelled.add((effect.instance, effect.run))

    def _machine(self, region: str, index: int) -> Machine:
        return self._machines.setdefault((region, index), Machine(region, index))

    def _boot(self, region: str, effect: Boot) -> None:
        machine = self._machine(region, effect.host)
        before = self._guests.get(effect.instance)
        agent = effect.agent or (before is not None and before.agent)
        self._guests[effect.instance] = Guest(machine, effect, effect.epoch, agent)
        if before is not None and before.machine is not machine:
            self._leave(before, lambda: self._start(effect.instance, effect.epoch))
        else:
            self._start(effect.instance, effect.epoch)

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
                "host_name": (boot.host_name or instance)[:63],
                "network": number,
                "address": boot.address,
                "prefix": _PREFIX,
                "mac": "00:16:" + ":".join(f"{each:02x}" for each in octets),
                "user_data": boot.user_data,
                "names": self._name(link, boot),
                "facts": self._facts.get(instance, {}),
            }
            link.send("start", self._started, spec=spec)

        self._with_link(guest.machine, start)

    def _name(self, link: Link, boot: Boot) -> str:
        """Let an instance be found by its name in its network; the file of the network's names."""
        file = f"{self._lease}/names-{boot.network}"
        names = self._names.setdefault(boot.network, {})
        names[boot.instance] = f"{boot.address} {boot.host_name or boot.instance}"
        text = "\n".join(["127.0.0.1 localhost", *names.values(), ""])
        # One host writes it, so that an older text cannot overtake a newer one; the others wait until it is there.
        writer = self._writers.get(boot.network)
        if writer is None or not writer.alive:
            writer = self._writers[boot.network] = link
        writer.send("names", file=file, text=text)
        return file

    def _started(self, answer: Message) -> None:
        if "trouble" in answer and "gone" not in answer["trouble"] and "no power" not in answer["trouble"]:
            raise HarnessError(answer["trouble"])

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
        link.heard = monotonic()
        link.hears = lambda message: self._guarded(lambda: self._hear(machine, link, message))
        waiting, machine.waiting = machine.waiting, []
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

    def _halt(self, region: str, effect: Halt) -> None:
        guest = self._guests.get(effect.instance)
        machine = self._machine(region, effect.host)
        if guest is not None:
            guest.epoch = effect.epoch

        def halted(answer: Message) -> None:
            if not machine.down and "trouble" not in answer:
                self._forget_runs(effect.instance)
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
        old = Guest(guest.machine, guest.boot, guest.epoch)
        guest.machine = self._machine(region, effect.to)
        guest.boot = guest.boot._replace(user_data=None, host=effect.to)
        self._report(region, GuestRebooted(effect.instance, effect.epoch))
        self._forget_runs(effect.instance)
        self._leave(old, lambda: self._start(effect.instance, effect.epoch))

    def _release(self, instance: str) -> None:
        guest = self._guests.pop(instance, None)
        if guest is not None:
            self._names.get(guest.boot.network, {}).pop(instance, None)
        self._facts.pop(instance, None)
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
            message = {
                "op": "run",
                "run": effect.run,
                "script": effect.script,
                "directory": effect.directory,
                "seconds": effect.timeout,
                "quota": effect.quota,
            }
            self._deliver(effect, message)

    def _deliver(self, effect: RunScript | PutFile, message: Message) -> None:
        """Give the agent of an instance something to do. Where none serves, the region notices that nothing begins."""
        key = (effect.instance, effect.run)
        guest = self._guests.get(effect.instance)
        link = None if guest is None else guest.machine.link
        if guest is None or link is None or guest.epoch != effect.epoch or not guest.agent or key in self._cancelled:
            self._owed.pop(key, None)
            return

        def taken(answer: Message) -> None:
            if "trouble" in answer:
                self._owed.pop(key, None)

        link.send("guest", taken, instance=effect.instance, epoch=effect.epoch, message=message)

    def _forget_runs(self, instance: str) -> None:
        self._live -= {each for each in self._live if each[0] == instance}
        for key in [each for each in self._owed if isinstance(each, tuple) and each[0] == instance]:
            self._owed.pop(key, None)
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
            seconds + _CLOSE_SECONDS,
        )

    def write(self, instance: str, path: str, content: str, mode: int) -> None:
        """Put a file, given in Base64, into an instance.

        Raises:
            HarnessError: the instance does not run, or the file cannot be written there.
        """
        message = {"op": "put", "path": path, "content": content, "mode": f"{mode:o}", "owner": "", "group": ""}
        self._ask_guest(instance, {**message, "overwrite": True}, _CLOSE_SECONDS)

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
        if event == "up":
            if guest.agent:
                self._report(machine.region, AgentSeen(instance, epoch, AGENT_VERSION))
            self._report(machine.region, Booted(instance, epoch))
            self._settle(instance, epoch)
        elif event == "failed":
            self._settle(instance, epoch)
            raise HarnessError(f"{instance} could not be started on {link.name}: {message['why']}")
        elif event == "gone":
            self._forget_runs(instance)
            kind = _ENDS.get(message["how"], GuestCrashed)
            self._report(machine.region, kind(instance, epoch))
        else:
            self._hear_run(machine.region, message)

    def _settle(self, instance: str, epoch: int) -> None:
        if self._owed.get(instance) == epoch:
            del self._owed[instance]

    def _hear_run(self, region: str, message: Message) -> None:
        """A script has begun, written or ended."""
        instance, epoch, run, event = message["instance"], message["epoch"], message["run"], message["event"]
        key = (instance, run)
        asked = self._asked.get(key)
        if asked is not None:
            if event not in ("started", "output"):
                del self._asked[key]
                asked(message)
            return
        if event == "started":
            self._live.add(key)
            self._report(region, RunStarted(instance, epoch, run))
            self._owed.pop(key, None)
            return
        if event == "output":
            self._report(region, RunOutput(instance, epoch, run, message["output"], message["dropped"]))
            return
        if event == "ended":
            code = int(message["exit_code"])
            self._report(region, RunEnded(instance, epoch, run, code, message["output"], message["dropped"]))
        elif event == "timed-out":
            self._report(region, RunTimedOut(instance, epoch, run, message["output"], message["dropped"]))
        else:
            self._report(region, RunRefused(instance, epoch, run, message["reason"], message["output"]))
        self._owed.pop(key, None)
        self._live.discard(key)

    # Hosts that break

    def crash(self, region: str, host: int, *, reversible: bool) -> None:
        """Take a host's power away: its wire first, then all that runs on it. The region notices by its silence."""
        self._break(region, host, "crash", reversible)

    def hang(self, region: str, host: int) -> None:
        """Let everything on a host stand still, its own word included."""
        self._break(region, host, "hang", True)

    def _break(self, region: str, host: int, operation: str, reversible: bool) -> None:
        key = (region, host)
        self._owed[key] = 0

        def act() -> None:
            machine = self._machine(region, host)
            if machine.down:
                if machine.noticed:
                    self._owed.pop(key, None)
                return
            machine.down, machine.noticed, machine.repaired, machine.reversible = True, False, False, reversible
            if machine.link is not None:
                machine.link.heard = monotonic()
                machine.link.send(operation)
            else:
                self.pool.board.later(self._detect, lambda: self._guarded(lambda: self._lose(machine)))

        self._post(act)

    def wire(self, region: str, host: int, *, up: bool) -> None:
        """Cut a host's wire to all others, or join it."""
        self._tell(region, host, "wire", up=up)

    def peers(self, region: str, one: int, other: int, *, up: bool) -> None:
        """Let two hosts hear one another no longer, or again."""

        def act() -> None:
            first, second = (self._machine(region, each).link for each in (one, other))
            if first is not None and second is not None:
                first.send("peer", address=second.address, up=up)
                second.send("peer", address=first.address, up=up)

        self._post(act)

    def _tell(self, region: str, host: int, operation: str, **arguments: Any) -> None:
        self._post(lambda: self._with_link(self._machine(region, host), lambda link: link.send(operation, **arguments)))

    def _watch(self) -> None:
        """Look for hosts that have not been heard of for too long."""
        now = monotonic()
        for machine in list(self._machines.values()):
            link = machine.link
            if link is not None and not machine.noticed and now - link.heard > self._detect:
                self._lose(machine)
        self.pool.board.later(self._detect / 8, lambda: None if self._closed else self._guarded(self._watch))

    def _lose(self, machine: Machine) -> None:
        """Notice that a host is lost. One that only hangs loses its power, so that nothing runs in two places."""
        if machine.noticed:
            return
        link = machine.link
        if link is not None and link.alive:
            link.send("crash")
        if link is not None:
            for members in self._members.values():
                members.discard(link)
        machine.down = machine.noticed = True
        for instance, guest in self._guests.items():
            if guest.machine is machine:
                self._owed.pop(instance, None)
                self._forget_runs(instance)
        self._report(machine.region, HostLost(machine.index, machine.reversible))
        self._owed.pop((machine.region, machine.index), None)
        if machine.repaired:
            self._return(machine)

    def repair(self, region: str, host: int) -> None:
        """Give a host its power back: it answers at once, but not before its loss is noticed."""
        self._owed[region, host] = 0

        def act() -> None:
            machine = self._machine(region, host)
            if not machine.down:
                self._owed.pop((region, host), None)
            elif machine.noticed:
                self._return(machine)
            else:
                machine.repaired = True

        self._post(act)

    def _return(self, machine: Machine) -> None:
        self._owed[machine.region, machine.index] = 0

        def back(answer: Message) -> None:
            if not machine.down:
                return
            machine.down = machine.noticed = machine.repaired = False
            machine.reversible = True
            if "trouble" in answer and machine.link is not None:
                # Its container is gone: it gets another when it is next needed.
                self.pool.write_off(machine.link)
                machine.link = None
            if machine.link is not None:
                machine.link.heard = monotonic()
            # What the report lets the region ask for is owed before this no longer is: there is no gap for a wait.
            self._report(machine.region, HostBack(machine.index))
            self._owed.pop((machine.region, machine.index), None)

        if machine.link is None:
            back({})
        else:
            machine.link.send("power", back)

    # The end

    def close(self) -> None:
        """Give the hosts back, reset, and remove the disks."""
        if self._closed:
            return

        def act(answer: Callable[[Any], None]) -> None:
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

            for link in links:
                self.pool.give_back(link, one_back)
            if not links:
                answer(None)

        self.pool.board.ask(act, _CLOSE_SECONDS)
