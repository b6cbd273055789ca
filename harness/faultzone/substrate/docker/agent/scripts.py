"""Scripts that run in an instance: real shells with their output, exit code and end."""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Callable
from typing import Any, Final

from . import accounts

Say = Callable[[dict[str, Any]], None]

_CHUNK: Final = 65536
#: How long output is still read after a script's own process has ended, while children of it hold the pipe.
_DRAIN_SECONDS: Final = 0.2
#: How often the output of a script that goes on is told.
_TELL_SECONDS: Final = 0.2
_DIRECTORY: Final = "/var/lib/faultzone"
#: Where a launcher says that the path of the script goes, and how its name is to end.
_PLACE: Final = re.compile(r"\{\{\s*ACS::ScriptFileName\s*(?:\|\s*Ext\(\"([.A-Za-z0-9]*)\"\)\s*)?\}\}")
#: Where memory runs out, the kernel ends scripts and what they have started before the instance's first process.
_FIRST_TO_GO: Final = "500"


class Script:
    """One script: a process group of its own, stdin empty, stdout and stderr in one stream.

    Args:
        name: what its file is called.
        text: the program; a first line `#!…` says what runs it.
        directory: where it runs.
        seconds: after how long its whole process group is killed; None for never.
        quota: how many bytes of output are kept, from the beginning.
        user: as whom it runs; empty for whoever starts it.
        launcher: the program that starts it in the place of `sh`, and its arguments.
        termination: what `kill` ends: `Process` the script, `ProcessTree` all that has come of it; its process group
            when empty.

    Raises:
        LookupError: there is no such user.
        OSError: it cannot be started.
    """

    def __init__(
        self,
        name: str,
        text: str,
        directory: str,
        seconds: float | None,
        quota: int,
        user: str = "",
        launcher: str = "",
        termination: str = "",
    ) -> None:
        self._user = accounts.user(user) if user else None
        os.makedirs(_DIRECTORY, exist_ok=True)
        # Plain process trees share the directory; in a sandbox, this process is the first.
        self._path = f"{_DIRECTORY}/{os.getpid()}-{name.replace('/', '_')}{_suffix(launcher)}"
        self._launcher, self._termination = launcher, termination
        with open(self._path, "w", encoding="utf-8", errors="surrogateescape") as file:
            file.write(text)
        os.chmod(self._path, 0o755)
        self._kept, self.written, self._quota = bytearray(), 0, quota
        self.exit_code: int | None = None
        self.timed_out = False
        self._deadline = None if seconds is None else time.monotonic() + seconds
        self._drained: float | None = None
        self.output, writing = os.pipe()
        os.set_blocking(self.output, False)
        try:
            self.pid = os.fork()
        except OSError:
            os.close(self.output)
            os.close(writing)
            raise
        if self.pid == 0:
            self._become(writing, directory)
        os.close(writing)

    def _become(self, output: int, directory: str) -> None:
        try:
            os.setsid()
            signal.set_wakeup_fd(-1)
            for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGUSR1, signal.SIGUSR2, signal.SIGPIPE):
                signal.signal(number, signal.SIG_DFL)
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            os.dup2(output, 1)
            os.dup2(output, 2)
            os.closerange(3, 4096)
            with open("/proc/self/oom_score_adj", "w", encoding="ascii") as file:
                file.write(_FIRST_TO_GO)
            if self._user is not None:
                os.setgroups(self._user.groups)
                os.setgid(self._user.group)
                os.setuid(self._user.number)
                os.environ.update(HOME=self._user.home, USER=self._user.name)
            os.chdir(directory)
            os.execv("/bin/sh", ["sh", "-c", self._line()])
        finally:
            os._exit(127)

    def _line(self) -> str:
        """What a shell runs. With a termination mode, the script takes the place of that shell: it is the process."""
        line = self._path
        if self._launcher:
            line, placed = _PLACE.subn(lambda _: self._path, self._launcher)
            line = line if placed else f"{line} {self._path}"
        return f"exec {line}" if self._launcher or self._termination else line

    @property
    def wakes(self) -> float | None:
        """The instant, in monotonic seconds, at which `tick` has to be called next."""
        due = [each for each in (self._deadline, self._drained) if each is not None]
        return min(due) if due else None

    def read(self) -> bool:
        """Take in what it has written; False once nobody can write any more."""
        while True:
            try:
                data = os.read(self.output, _CHUNK)
            except BlockingIOError:
                return True
            if not data:
                return False
            self.written += len(data)
            self._kept += data[: max(0, self._quota - len(self._kept))]

    def exited(self, status: int) -> None:
        """Its own process has ended; what else it started may live on."""
        self.exit_code = os.waitstatus_to_exitcode(status)
        self._deadline = None
        self._drained = time.monotonic() + _DRAIN_SECONDS

    def tick(self, now: float) -> None:
        """Kill what has outlasted its time."""
        if self._deadline is not None and now >= self._deadline:
            self._deadline = None
            self.timed_out = True
            self.kill()

    def done(self, now: float, open_: bool) -> bool:
        """Whether it has ended and its output is complete, or need not be waited for."""
        return self.exit_code is not None and (not open_ or (self._drained is not None and now >= self._drained))

    def kill(self) -> None:
        """Kill what its termination mode says, its process group if that is left open."""
        if self._termination == "Process":
            if self.exit_code is None:
                _send(signal.SIGKILL, self.pid)
            return
        if self._termination == "ProcessTree" and self.exit_code is None:
            _kill_tree(self.pid)
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            return

    def said(self) -> dict[str, Any]:
        """Its output so far, in bytes."""
        return {"output": bytes(self._kept), "dropped": self.written - len(self._kept)}

    def close(self) -> None:
        """Give back its pipe and its file."""
        os.close(self.output)
        try:
            os.unlink(self._path)
        except OSError:
            return


def _suffix(launcher: str) -> str:
    """How the name of a script ends, which its launcher may say."""
    found = _PLACE.search(launcher)
    return found[1] if found is not None and found[1] else ".sh"


def _send(number: int, pid: int) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def _kill_tree(pid: int) -> None:
    """Kill a process and all that has come of it. All are made to stand still first: one that hears of the death of
    another would go on, or start more."""
    still: set[int] = set()
    while more := {pid, *_descendants(pid)} - still:
        for each in more:
            _send(signal.SIGSTOP, each)
        still |= more
    for each in still:
        _send(signal.SIGKILL, each)


def _descendants(pid: int) -> list[int]:
    """The processes that have come of one."""
    children: dict[int, list[int]] = {}
    for entry in os.listdir("/proc"):
        if entry.isdecimal():
            try:
                with open(f"/proc/{entry}/stat", encoding="utf-8", errors="replace") as file:
                    parent = int(file.read().rpartition(")")[2].split()[1])
            except OSError:  # It has ended meanwhile.
                continue
            children.setdefault(parent, []).append(int(entry))
    found = [pid]
    for each in found:
        found += children.get(each, ())
    return found[1:]


def lacks(directory: str, user: str) -> tuple[str, str] | None:
    """What an instance lacks of what a script needs, and its name: `no-such-directory` or `no-such-user`."""
    where = directory or "/root"
    if not os.path.isdir(where):
        return "no-such-directory", where
    if user:
        try:
            accounts.user(user)
        except LookupError:
            return "no-such-user", user
    return None


class Runs:
    """All scripts of one instance, by name, and what is told of them.

    Args:
        say: takes what happened: `started`, `output`, `ended`, `timed-out`, `refused`.
    """

    def __init__(self, say: Say) -> None:
        self._say = say
        self.scripts: dict[str, Script] = {}
        self._open: dict[str, bool] = {}
        self._told: dict[str, tuple[float, int]] = {}
        self._pace: dict[str, float] = {}

    def start(
        self,
        run: str,
        text: str,
        directory: str,
        seconds: float | None,
        quota: int,
        *,
        user: str = "",
        tell_seconds: float = _TELL_SECONDS,
        launcher: str = "",
        termination: str = "",
    ) -> None:
        """Begin a script, or say why it cannot begin; see `Script`. Its output is told once in so many seconds."""
        if trouble := lacks(directory, user):
            self._refuse(run, *trouble)
            return
        where = directory or "/root"
        try:
            script = Script(run, text, where, seconds, quota, user, launcher, termination)
        except OSError as error:
            self._refuse(run, "exception", str(error))
            return
        self._pace[run] = tell_seconds
        self.scripts[run] = script
        self._open[run] = True
        self._told[run] = (time.monotonic(), 0)
        self._say({"event": "started", "run": run})

    def _refuse(self, run: str, reason: str, about: str) -> None:
        self._say({"event": "refused", "run": run, "reason": reason, "output": about.encode()})

    def forget(self, run: str) -> Script | None:
        """Tell nothing more of a script, which goes on."""
        script = self.scripts.pop(run, None)
        if script is not None:
            del self._open[run], self._told[run], self._pace[run]
        return script

    def outputs(self) -> dict[int, str]:
        """The files to be read, and the scripts that write to them."""
        return {script.output: run for run, script in self.scripts.items() if self._open[run]}

    def readable(self, run: str) -> None:
        """A script has written, or can no longer."""
        self._open[run] = self.scripts[run].read()

    def read(self) -> None:
        """Take in what all have written."""
        for run in list(self.outputs().values()):
            self.readable(run)

    def exited(self, pid: int, status: int) -> None:
        """A process has ended; it may be a script's."""
        for script in self.scripts.values():
            if script.pid == pid and script.exit_code is None:
                script.exited(status)

    def wakes(self) -> float | None:
        """The instant, in monotonic seconds, at which `tick` has to be called next."""
        due = [script.wakes for script in self.scripts.values()]
        due += [at + self._pace[run] for run, (at, told) in self._told.items() if self.scripts[run].written > told]
        return min((each for each in due if each is not None), default=None)

    def tick(self) -> None:
        """Kill what has outlasted its time, tell what has been written, and what has ended."""
        now = time.monotonic()
        for run, script in list(self.scripts.items()):
            script.tick(now)
            if script.done(now, self._open[run]):
                self._end(run, script)
            elif script.written > self._told[run][1] and now >= self._told[run][0] + self._pace[run]:
                self._told[run] = (now, script.written)
                self._say({"event": "output", "run": run, **script.said()})

    def _end(self, run: str, script: Script) -> None:
        if self._open[run]:
            script.read()
        self.forget(run)
        script.close()
        event = "timed-out" if script.timed_out else "ended"
        self._say({"event": event, "run": run, "exit_code": script.exit_code, **script.said()})
