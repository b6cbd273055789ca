"""The substrate over a pool of hosts: effects become requests to hosts, and what hosts say becomes reports.

A machine of the region gets a container when the first instance is placed on it. Everything is decided on the
switchboard's thread; what the region's lock is held for only posts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from time import monotonic
from typing import Final

from faultzone.api.ecs.assistant import SYSTEM_OF
from faultzone.errors import HarnessError, NotSupported
from faultzone.model.core.effects import (
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
from faultzone.substrate.docker.guests import AGENT_SECONDS, Describe, Guest, InhabitedMachines
from faultzone.substrate.docker.links import Link, Message
from faultzone.substrate.docker.machines import DETECT_SECONDS, Machine
from faultzone.substrate.docker.pool import Pool

#: The private networks of regions are parts of 10.0.0.0/8.
_PREFIX: Final = 8
#: How many lines that a start-up program wrote get into the log of the host.
_START_UP_LINES: Final = 20
#: What is reported of an instance that ended by itself, by how; of any other, that it crashed.
_ENDS: Final[dict[str, type[Halted] | type[GuestRebooted]]] = {"halt": Halted, "reboot": GuestRebooted}


class DockerSubstrate(InhabitedMachines):
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
        super().__init__(pool, sink, describe, detect)
        self._root = root

    # Effects

    def apply(self, region: str, effects: Sequence[Effect]) -> None:
        """Begin to carry the effects out."""
        self.asked = monotonic()
        for effect in effects:
            if isinstance(effect, Boot | Halt | Move):
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

        def wanted() -> bool:
            return self._guests.get(instance) is guest and guest.epoch == epoch and not guest.machine.down

        def name(link: Link) -> None:
            if wanted():
                self._names.add(link, guest.machine.region, guest.boot, lambda names: start(link, names))

        def start(link: Link, names: str) -> None:
            if not wanted():
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
                "names": names,
                "agent": self.pool.agent if guest.agent else "",
                "trusted": self.pool.authority.certificate,
            }
            link.send("start", self._started, spec=spec)

        self._with_link(guest.machine, name)

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
            self._settle(effect.instance, effect.epoch)
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
            self._names.remove(guest.boot)
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
        # It may have been given up when what was there before was forgotten: an instance that moved, for one.
        self._owed[effect.instance, effect.run] = effect.epoch
        guest.server.give(effect)
        # One that is just booting fetches it once its agent serves.
        if guest.hung or (guest.up and not guest.rising and guest.server.serves is None):
            self._owed.pop((effect.instance, effect.run), None)

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
                self._later(AGENT_SECONDS, lambda: self._risen(guest))
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
            if guest.server.serves is None:
                self._expect_nothing(instance)
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
            if isinstance(report, RunStarted):
                self._live[key] = monotonic()
            else:
                self._live.pop(key, None)

    def _hear_run(self, message: Message) -> None:
        """A script that was not run by the agent has begun, written or ended."""
        key, event = (message["instance"], message["run"]), message["event"]
        if event == "started":
            self._live[key] = monotonic()
        elif event != "output":
            self._live.pop(key, None)
            if key in self._asked:
                self._asked.pop(key)(message)

    def _write_off(self, machine: Machine) -> None:
        for instance, guest in self._guests.items():
            if guest.machine is machine:
                self._owed.pop(instance, None)
                self._forget_runs(instance)
                self._lose_streams(guest)
