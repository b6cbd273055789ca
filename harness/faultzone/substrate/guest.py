"""A scripted guest: what an instance in memory has inside, with an agent, all in virtual time."""

from __future__ import annotations

import base64
import binascii
import re
from posixpath import dirname
from typing import TYPE_CHECKING, Final, NamedTuple

from faultzone.model.core.effects import (
    AgentSeen,
    Boot,
    GuestRebooted,
    Halted,
    PutFile,
    RunChecked,
    RunEnded,
    RunRefused,
    RunScript,
    RunStarted,
)
from faultzone.substrate.guest_agent import Agent
from faultzone.substrate.systems import (
    absolute,
    has_linux_directory,
    has_windows_directory,
    system_of,
    windows_path,
)

if TYPE_CHECKING:
    from faultzone.clock import Timer
    from faultzone.substrate.guests import Guests
    from faultzone.substrate.history import Ran
    from faultzone.substrate.process import Process
    from faultzone.substrate.reaction import Answer

_USERS: Final = {
    "linux": frozenset({"root", "nobody", "ecs-user"}),
    "windows": frozenset({"administrator", "Administrator", "System"}),
}
#: How much of what is printed on a console is kept, from its end.
_CONSOLE_BYTES: Final = 65536
_NO_FILES: Final[frozenset[str]] = frozenset()
#: What has no place in the name of a file; what a directory of Windows begins with.
_NO_NAME: Final = re.compile(r"[/\\\0]")
_DRIVE: Final = re.compile(r"[A-Za-z]:[/\\]")
#: States of an agent in which it begins no run -> what becomes of one (assistant/run-denied).
_REFUSING: Final = {"upgrading": "agent-upgrading", "denied": "denied", "busy": "too-many-tasks"}


class Place(NamedTuple):
    """Where a machine is that is on no host of the cloud: its own id, its addresses, the name of its system, and what
    its hardware tells it from others by."""

    id: str
    private_ip: str
    public_ip: str
    os_name: str
    machine: str


class Guest:
    """What runs inside one instance, or on a machine outside the cloud.

    Attributes:
        id: of the instance; of a machine that has not registered, its own.
        outside: where it is, if it is outside the cloud.
    """

    __slots__ = (
        "agent", "boot_name", "booted", "directories", "epoch", "files", "given_name", "history", "host_name",
        "id", "os_name", "outside", "pending", "power_timer", "powershell", "printed", "printed_at", "processes",
        "ran", "region", "seen", "services", "system", "up", "upgrade_timer", "user_data", "world", "zone",
    )  # fmt: skip

    def __init__(self, world: Guests, region: str, effect: Boot) -> None:
        self.world, self.region, self.id = world, region, effect.instance
        self.system, self.os_name = system_of(effect.system, effect.os_name), effect.os_name
        #: When it last came up, whether its agent did, and whether it ran a start-up program then.
        self.booted: tuple[int, bool, bool] | None = None
        #: What was printed on its console since, from its end, and when the last was.
        self.printed = b""
        self.printed_at = 0
        self.agent = Agent(world.versions[self.system.kind])
        self.outside: Place | None = None
        self.epoch = 0
        #: Its host name now, the one with which it boots, and the one that the region gave it last.
        self.host_name = self.boot_name = self.given_name = ""
        self.user_data: str | None = None
        self.up = False
        #: The version of the agent and the time zone that the region was last told.
        self.seen: tuple[str | None, str] = (None, "")
        #: The time zone of the system, where that is not the one of images.
        self.zone = ""
        # Most guests never run anything, and a set or a deque of its own takes more than all the rest of one.
        self.files = _NO_FILES
        self.directories = _NO_FILES
        #: Whether it has the PowerShell module (assistant/powershell-module).
        self.powershell = True
        self.history: list[Ran] = []
        self.ran = 0
        self.pending: dict[str, RunScript | PutFile] = {}
        self.processes: list[Process] = []
        #: What serves, by port; it goes with the power.
        self.services: dict[int, Answer] = {}
        self.power_timer: Timer | None = None
        self.upgrade_timer: Timer | None = None

    @property
    def administrator(self) -> str:
        """The user as whom commands run (assistant/as-administrator, assistant/as-windows-administrator)."""
        return "root" if self.system.kind == "linux" else "administrator"

    @property
    def users(self) -> frozenset[str]:
        """Who has an account here (assistant/user-name)."""
        return _USERS[self.system.kind]

    def name(self, given: str) -> None:
        """Take the host name that the region has for it; one that it was given before and has changed stays."""
        if given != self.given_name:
            self.given_name = self.boot_name = given

    # Files

    @property
    def _start(self) -> str:
        """Where a script runs unless its command says (assistant/working-dir, assistant/windows-agent-directory)."""
        if self.system.kind == "linux":
            return "/root"
        return rf"C:\ProgramData\aliyun\assist\{self.agent.versions[0]}"

    def has_directory(self, path: str) -> bool | None:
        """Whether a directory is there, by its absolute path; None where that is not known."""
        if self.system.kind == "windows":
            return path == self._start or has_windows_directory(path)
        return path in self.directories or has_linux_directory(path)

    def make_directory(self, path: str) -> None:
        """Make a directory, and what it is in."""
        parts = path.split("/")[1:]
        self.directories |= {"/" + "/".join(parts[:count]) for count in range(1, len(parts) + 1)}

    def place(self, given: str) -> str:
        """The directory in which a script runs: that of its command, or the agent's own (assistant/working-dir)."""
        start = self._start
        if not given:
            return start
        return absolute(given, start) if self.system.kind == "linux" else windows_path(given, start)

    # Power

    def rise(self) -> None:
        """The system is up: the agent starts, then the start-up program (instance/user-data)."""
        self.up, self.host_name = True, self.boot_name
        if self.agent.installed and self.agent.enabled:
            self._start_agent()
        self._await_upgrade()
        self.tell_agent(booted=True)
        program = None if self.user_data is None else _start_up_program(self.user_data)
        self.booted, self.printed = (self.world.clock.now, self.agent.runs, program is not None), b""
        if program is not None:
            kind, script = program
            self.execute(kind, script, by="user-data")

    def print(self, raw: bytes) -> None:
        """Print on the console."""
        self.printed = (self.printed + raw)[-_CONSOLE_BYTES:]
        self.printed_at = self.world.clock.now

    def prompt(self) -> bytes:
        """What the console shows of a system that waits for somebody to log in."""
        return f"\n{self.os_name}\n\n{self.host_name} login: ".encode()

    def console(self) -> tuple[bytes, int] | None:
        """What was printed on the console since the system last came up, and when; None before it ever did
        (instance/console-output)."""
        if self.booted is None:
            return None
        since, served, starts_up = self.booted
        said = [f"\nWelcome to {self.os_name}!\n\nSet hostname to <{self.host_name}>.\n"]
        if served:
            said.append("[\x1b[0;32m  OK  \x1b[0m] Started aliyun-service.\n")
        before = "".join(said).encode() + (b"" if starts_up else self.prompt())
        return before + self.printed, self.printed_at if self.printed else since

    def fall(self) -> None:
        """The power is gone: nothing is heard of what ran."""
        self.up, self.agent.since = False, None
        self._await_upgrade()
        for process in self.processes:
            process.kill()
        self.processes.clear()
        self.services.clear()
        if self.power_timer is not None:
            self.power_timer.cancel()
            self.power_timer = None

    def power(self, how: str | None, after: int) -> None:
        """Reboot or halt from inside after some milliseconds and an orderly shutdown; None calls it off."""
        if self.power_timer is not None:
            self.power_timer.cancel()
            self.power_timer = None
        if how is not None:
            act = self._halted if how == "halt" else self._rebooted
            self.power_timer = self.world.clock.call_later(after + self.world.halt, act)

    def _halted(self) -> None:
        self.fall()
        self.pending.clear()
        if self.outside is None:
            self.world.report(self.region, Halted(self.id, self.epoch))
        elif self.id != self.outside.id:
            # Nobody but its agent tells of it.
            self.world.report(self.region, GuestRebooted(self.id, self.epoch))
            self.tell_agent()

    def _rebooted(self) -> None:
        self.fall()
        self.world.report(self.region, GuestRebooted(self.id, self.epoch))
        self.power_timer = self.world.clock.call_later(self.world.boot, self.rise)

    # The agent

    def tell_agent(self, *, booted: bool = False) -> None:
        """Let the region know whether the agent serves, if that is news, and let it fetch what waits for it."""
        agent = self.agent
        known = self.outside is None or self.id != self.outside.id
        serves = agent.version if self.up and agent.runs and known else None
        if (serves, self.zone) != self.seen or (booted and serves is not None):
            self.seen = (serves, self.zone)
            self.world.report(self.region, AgentSeen(self.id, self.epoch, serves, self.zone))
        if serves is not None:
            for run in list(self.pending):
                self.take(run)

    def change_agent(self, *changes: str) -> None:
        """Install, start, stop or otherwise change the agent."""
        for change in changes:
            self._change_agent(change)
        self._await_upgrade()
        self.tell_agent()

    def _start_agent(self) -> None:
        """Let the agent begin to run; some look for an upgrade first (assistant/upgrade-by-settings)."""
        agent = self.agent
        agent.since = self.world.clock.now
        if agent.outdated is not None and agent.updater and self.world.may_upgrade(self.id, True):
            agent.upgrade()

    def _await_upgrade(self) -> None:
        """Let the agent look for an upgrade when it next does."""
        if self.upgrade_timer is not None:
            self.upgrade_timer.cancel()
            self.upgrade_timer = None
        at = self.agent.next_check(self.world.clock.now, self.world.upgrade_every)
        if at is not None:
            self.upgrade_timer = self.world.clock.call_at(at, self._look_for_upgrade)

    def _look_for_upgrade(self) -> None:
        if self.world.may_upgrade(self.id, False):
            self.agent.upgrade()
            self.tell_agent()
        self._await_upgrade()

    def _change_agent(self, change: str) -> None:
        agent, now = self.agent, self.world.clock.now
        if change in ("install", "running"):
            agent.installed = agent.enabled = True
            agent.hung, agent.refuses = False, ""
            agent.upgrade()
            change = "start"
        if change == "start":
            if agent.since is None and self.up:
                self._start_agent()
        elif change in ("stop", "stopped", "lacking"):
            agent.since = None
            agent.installed = agent.installed and change != "lacking"
        elif change in ("updater-on", "updater-off"):
            agent.updater = change == "updater-on"
        elif change == "outdated":
            agent.version, agent.outdated = agent.versions[1], now
        else:
            agent.hung, agent.refuses = change == "hung", _REFUSING.get(change, "")

    @property
    def agent_state(self) -> str:
        """The state of its agent: `running` if it takes commands as soon as it gets them."""
        agent = self.agent
        if not agent.installed:
            return "lacking"
        if not self.up or not agent.runs:
            return "stopped"
        if agent.hung:
            return "hung"
        refusing = next((state for state, why in _REFUSING.items() if why == agent.refuses), "")
        return refusing or ("running" if agent.outdated is None else "outdated")

    def take(self, run: str) -> None:
        """Let the agent begin a run that was delivered, if it can now."""
        effect, agent = self.pending.get(run), self.agent
        if effect is None or not self.up or not agent.runs or agent.hung:
            return
        del self.pending[run]
        refused = agent.refuses or None
        if isinstance(effect, PutFile):
            self._put(effect, refused)
            return
        from faultzone.api.ecs.assistant import SYSTEM_OF  # Whoever sends a script has loaded it.

        if SYSTEM_OF[effect.kind] != self.system.kind:
            refused = "wrong-system"
        elif effect.user and effect.user not in self.users:
            refused = "no-such-user"
        elif self.has_directory(self.place(effect.directory)) is False:
            refused = "no-such-directory"  # assistant/working-dir-exists, assistant/working-dir-error
        elif effect.kind == "RunPowerShellScript" and not self.powershell:
            refused = "exception"
        if refused is not None:
            self.world.report(self.region, RunRefused(self.id, effect.epoch, run, refused, ""))
            return
        if effect.check:
            self.world.report(self.region, RunChecked(self.id, effect.epoch, run))
            return
        self.world.report(self.region, RunStarted(self.id, effect.epoch, run))
        self.execute(effect.kind, effect.script, by="assistant", effect=effect)

    def execute(self, kind: str, script: str, *, by: str, effect: RunScript | None = None) -> None:
        """Begin to run a script of a kind, such as RunShellScript."""
        from faultzone.substrate.process import Process  # Most guests never run anything.

        Process(self, kind, script, by=by, effect=effect).resume()

    def _put(self, effect: PutFile, refused: str | None) -> None:
        """Write a file that was sent, in a directory that is made, or say why not (assistant/file-directory)."""
        if refused is not None:
            self.world.report(self.region, RunRefused(self.id, effect.epoch, effect.run, refused, ""))
            return
        if self.world.file_errors and (why := self._cannot_put(effect)):
            self.world.report(self.region, RunRefused(self.id, effect.epoch, effect.run, why, ""))
            return
        there = effect.path in self.files and not effect.overwrite
        self.files |= {effect.path}
        if self.system.kind == "linux":
            self.make_directory(dirname(absolute(effect.path, "/")))
        self.world.report(self.region, RunStarted(self.id, effect.epoch, effect.run))
        self.world.report(self.region, RunEnded(self.id, effect.epoch, effect.run, int(there), "", 0))

    def _cannot_put(self, effect: PutFile) -> str:
        """Why a file cannot be written, a key of `invocation_status.OUTCOMES`; empty where it can
        (assistant/file-errors)."""
        linux = self.system.kind == "linux"
        folder = effect.path.removesuffix(effect.name)
        if effect.name in (".", "..") or _NO_NAME.search(effect.name):
            return "bad-file-name"
        if not (folder.startswith("/") if linux else _DRIVE.match(folder)):
            return "bad-file-path"
        if linux and effect.owner not in self.users:
            return "no-such-user"
        if linux and effect.group not in self.users:
            return "no-such-group"  # Each user here has a group of its own name.
        return "file-not-made" if linux and absolute(dirname(effect.path), "/") in self.files else ""


def _start_up_program(user_data: str) -> tuple[str, str] | None:
    """The shell and the script that user data means; None where it is no script."""
    try:
        text = base64.b64decode(user_data).decode("utf-8", "surrogateescape")
    except (binascii.Error, ValueError):
        return None
    first, _, rest = text.partition("\n")
    kinds = {"[bat]": "RunBatScript", "[powershell]": "RunPowerShellScript"}
    if first.startswith("#!"):
        return "RunShellScript", text
    kind = kinds.get(first.strip().lower())
    return None if kind is None else (kind, rest)
