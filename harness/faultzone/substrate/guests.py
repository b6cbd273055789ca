"""The scripted guests of a cloud: what the memory substrate and the control verbs speak to.

They report what agents would. A test teaches them commands, and may take an agent away, stop, hang or outdate it.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from faultzone.clock import HOUR, SECOND
from faultzone.errors import UnknownTarget, UsageError
from faultzone.model.core.effects import Boot, CancelScript, EndScript, PutFile, Report, RunScript
from faultzone.substrate.guest_agent import AGENT_PROCESS, VERSIONS

if TYPE_CHECKING:
    from faultzone.clock import Clock
    from faultzone.model.assistant.managed import Registering
    from faultzone.model.cloud import Cloud
    from faultzone.model.core.state import RegionState
    from faultzone.substrate.guest import Guest, Place
    from faultzone.substrate.reaction import Answer, Reaction

#: Gives the reaction to a command's text; None where it is not meant.
Taught = Callable[[str], "Reaction | None"]

#: The host of what is on none.
_NO_HOST: Final = -1


class _Rule:
    __slots__ = ("command", "instance", "matches", "times")

    def __init__(self, matches: Taught, instance: str | None, times: int | None, command: str | None) -> None:
        self.matches, self.instance, self.times, self.command = matches, instance, times, command


class Guests:
    """All scripted guests of a cloud.

    Args:
        clock: their time.
        report: takes (region, report).
        boot: milliseconds from a reboot to answering.
        halt: milliseconds that an orderly shutdown takes.
        deliver: milliseconds from the request to the start of a run.
        metadata: gives what the metadata service answers an instance for a path, a method and headers: an HTTP status
            and a text.
        address: gives the instance that an instance finds by a name or an address; None where there is none.
        reachable: gives what serves in an instance, as `services`; None where nothing is heard of it from outside.

    Attributes:
        register: registers a machine in a region as a managed instance, and gives the id of that.
        machines: how many machines there are outside the cloud.
        versions: the newest version of the agent for each system, and one that is not.
        file_errors: whether they tell why a file cannot be written.
        upgrade_every: milliseconds between two looks of an agent for an upgrade.
        may_upgrade: whether the agent of an instance upgrades itself now, given whether it has just started.
    """

    register: Callable[[str, Registering], str]

    def __init__(
        self,
        clock: Clock,
        report: Callable[[str, Report], None],
        boot: int,
        halt: int,
        deliver: int,
        metadata: Callable[[str, str, str, Mapping[str, str]], tuple[int, str]] = lambda *asked: (404, ""),
        address: Callable[[str, str], str | None] = lambda instance, name: None,
        reachable: Callable[[str], dict[int, Answer] | None] = lambda instance: None,
    ) -> None:
        self.clock, self.report = clock, report
        self.boot, self.halt, self.deliver = boot, halt, deliver
        self.metadata, self.address, self.reachable = metadata, address, reachable
        #: The thread in which a guest asks what a test serves, and which must not call the region meanwhile.
        self.asking: int | None = None
        self._guests: dict[str, Guest] = {}
        self._rules: list[_Rule] = []
        self.machines, self.file_errors = 0, False
        self.versions: Mapping[str, tuple[str, str]] = {"linux": VERSIONS, "windows": VERSIONS}
        self.upgrade_every = HOUR
        self.may_upgrade: Callable[[str, bool], bool] = lambda instance, starts: not starts

    def belong_to(self, cloud: Cloud) -> None:
        """Ask a cloud what guests find out from it, have the agents of its edition, and let it see consoles."""
        self.metadata, self.address, self.register = cloud.metadata, cloud.find_by_address, cloud.register_machine
        self.versions, self.may_upgrade = cloud.edition.assistant.agent_versions, cloud.may_upgrade
        self.upgrade_every = cloud.edition.assistant.upgrade_every * SECOND
        cloud.watch_regions(self._show_console)
        self.file_errors = cloud.edition.assistant.file_errors

    def _show_console(self, region: RegionState) -> None:
        region.console = self.console

    def add_machine(self, region: str, place: Place, host_name: str, system: str) -> None:
        """Let a machine be there outside the cloud, with an agent that has not registered."""
        from faultzone.substrate.guest import Guest  # Few clouds have such machines.

        boot = Boot(place.id, 0, _NO_HOST, None, host_name, system, os_name=place.os_name)
        guest = self._guests[place.id] = Guest(self, region, boot)
        self.machines += 1
        guest.outside, guest.agent.installed = place, True
        guest.name(host_name)
        guest.rise()

    def know_as(self, managed_id: str, guest: Guest) -> None:
        """Have a machine outside the cloud known by the id of its managed instance too, and no other by that."""
        self.forget(managed_id)
        self._guests[managed_id] = guest

    # For the substrate

    def up(self, region: str, effect: Boot) -> None:
        """An instance has booted."""
        guest = self._guests.get(effect.instance)
        if guest is None:
            from faultzone.substrate.guest import Guest  # The first instance comes later than the first region.

            guest = self._guests[effect.instance] = Guest(self, region, effect)
        guest.epoch, guest.user_data = effect.epoch, effect.user_data
        guest.name(effect.host_name)
        if effect.agent:
            guest.agent.installed = guest.agent.enabled = True
        guest.rise()

    def down(self, instance: str) -> None:
        """An instance has lost its power or was halted by the region."""
        guest = self._guests.get(instance)
        if guest is not None:
            guest.fall()
            guest.pending.clear()

    def forget(self, instance: str) -> None:
        """An instance was released; a machine outside the cloud goes on, and its agent is not heard of."""
        guest = self._guests.get(instance)
        if guest is not None and guest.outside is not None:
            del self._guests[instance]
            guest.id, guest.seen = guest.outside.id, (None, "")
            guest.pending.clear()
            return
        self.down(instance)
        self._guests.pop(instance, None)

    def run(self, effect: RunScript | PutFile) -> None:
        """Deliver a script or a file to the agent of an instance."""
        guest = self._guests.get(effect.instance)
        if guest is not None:
            guest.pending[effect.run] = effect
            self.clock.call_later(self.deliver, partial(guest.take, effect.run))

    def cancel(self, effect: CancelScript) -> None:
        """Call a run off that has not begun."""
        guest = self._guests.get(effect.instance)
        if guest is not None:
            guest.pending.pop(effect.run, None)

    def console(self, instance: str) -> tuple[bytes, int] | None:
        """What an instance has printed on its console since it last came up, and when; None before it ever did."""
        guest = self._guests.get(instance)
        return None if guest is None else guest.console()

    def end(self, effect: EndScript) -> None:
        """Let an agent end a run that has begun, as it was asked for with it (assistant/termination-mode)."""
        self.clock.call_later(self.deliver, partial(self._end, effect))

    def _end(self, effect: EndScript) -> None:
        guest = self._guests.get(effect.instance)
        for process in () if guest is None or guest.epoch != effect.epoch else list(guest.processes):
            if process.effect is not None and process.effect.run == effect.run:
                process.stop()

    def services(self, instance: str) -> dict[int, Answer] | None:
        """What serves in an instance, by port; None where no system is up."""
        guest = self._guests.get(instance)
        return guest.services if guest is not None and guest.up else None

    def find(self, instance: str, name: str) -> str | None:
        """The instance that an instance finds by a name or an address; itself by its own."""
        guest = self._guests[instance]
        if name in ("localhost", guest.host_name, guest.boot_name) or re.fullmatch(r"127(\.[0-9]{1,3}){3}", name):
            return instance
        return self.address(instance, name)

    def seen_from(self, instance: str, other: str) -> dict[int, Answer] | None:
        """What serves in another instance; None where one of the two is cut off, or the other is not up."""
        return None if self.reachable(instance) is None else self.reachable(other)

    def ask(self, answer: Answer, request: bytes) -> bytes:
        """Send a request of a guest to a service of a test. It is answered in the region's turn."""
        self.asking = threading.get_ident()
        try:
            return answer(request)
        finally:
            self.asking = None

    # For whoever tests

    def guest(self, instance: str) -> Guest:
        """The guest of an instance.

        Raises:
            UsageError: it has not booted yet.
        """
        found = self._guests.get(instance)
        if found is None:
            raise UnknownTarget(f"{instance} has no guest: it was never started, or it was released")
        return found

    def teach(
        self, matches: Taught, instance: str | None = None, times: int | None = None, command: str | None = None
    ) -> None:
        """Teach guests a command; what was taught last is asked first.

        Args:
            matches: gives the reaction to a command's text. It has the region's turn: it must not call the region.
            instance: only this one.
            times: how often it applies; for ever when left out.
            command: only the runs of the command of this id.
        """
        self._rules.insert(0, _Rule(matches, instance, times, command))

    def reaction(self, instance: str, text: str, command: str) -> Reaction | None:
        """What was taught for a text, as part of a run of a command."""
        for rule in self._rules:
            if rule.instance not in (None, instance) or rule.command not in (None, command):
                continue
            if (found := rule.matches(text)) is not None:
                if rule.times is not None:
                    rule.times -= 1
                    if not rule.times:
                        self._rules.remove(rule)
                return found
        return None

    def set_agent(self, instance: str, *states: str) -> None:
        """Bring the agent of an instance into a state, such as `running`, after others that are not to be seen."""
        self.guest(instance).change_agent(*states)

    def agent(self, instance: str) -> dict[str, Any]:
        """What is to be seen of the agent of an instance."""
        agent = self.guest(instance).agent
        return {
            "up": self.guest(instance).up,
            "state": self.guest(instance).agent_state,
            "installed": agent.installed,
            "running": agent.runs,
            "process": AGENT_PROCESS if agent.runs else None,
            "version": agent.version,
            "latest": agent.versions[0],
            "checks": agent.checks(self.clock.now, self.upgrade_every),
            "updater": agent.updater,
        }

    def log_in(self, instance: str, script: str, kind: str) -> int:
        """Run a script in a guest as its administrator, without the agent; its number among what ran there."""
        guest = self.guest(instance)
        if not guest.up:
            raise UsageError(f"{instance} is not up: start it before logging in")
        guest.execute(kind, script, by="login")
        return guest.ran - 1

    def set_powershell(self, instance: str, there: bool) -> None:
        """Take the PowerShell module away from a Windows guest, or give it back (assistant/powershell-module)."""
        self.guest(instance).powershell = there


def exactly(command: str, reaction: Reaction) -> Taught:
    """Meant for a command of exactly this text, blanks aside."""
    wanted = " ".join(command.split())
    return lambda text: reaction if " ".join(text.split()) == wanted else None


def like(pattern: str | re.Pattern[str], reaction: Reaction) -> Taught:
    """Meant for a command of which the whole text matches a regular expression."""
    try:
        compiled = re.compile(pattern)
    except re.error as wrong:
        raise UsageError(f"pattern={pattern!r}: expected a regular expression: {wrong}") from None
    return lambda text: reaction if compiled.fullmatch(text) else None
