"""A script that runs in a scripted guest, in virtual time."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from faultzone.clock import SECOND
from faultzone.model.core.effects import RunEnded, RunOutput, RunRefused, RunScript, RunTimedOut
from faultzone.substrate.bash import BASH, runs_in_bash
from faultzone.substrate.history import REMEMBERED, Ran
from faultzone.substrate.launchers import known_shell, launch
from faultzone.substrate.programs import linux_program
from faultzone.substrate.reaction import Answer, Reaction
from faultzone.substrate.shell import Crashed, Program, Wait, execute
from faultzone.substrate.windows import BAT, POWERSHELL, windows_program

if TYPE_CHECKING:
    from faultzone.clock import Timer
    from faultzone.model.core.effects import Report
    from faultzone.substrate.guest import Guest

_DIALECTS: Final = {"RunShellScript": BASH, "RunBatScript": BAT, "RunPowerShellScript": POWERSHELL}


class Process:
    """A script that runs in a guest."""

    def __init__(self, guest: Guest, kind: str, script: str, *, by: str, effect: RunScript | None = None) -> None:
        self.guest, self.kind, self.effect = guest, kind, effect
        self.name = f"/tmp/{effect.run if effect else by}.sh"
        self.directory = guest.place(effect.directory if effect else "")
        self.line, self.code = 1, 0
        self.to_console = False
        self._starts_up = by == "user-data"
        # Where /bin/sh is no bash, a script that does not ask for bash gets what both do alike.
        self.plain_sh = guest.system.family not in ("redhat", "suse", "coreos") and not runs_in_bash(script)
        self._ports: list[int] = []
        self._host_name = guest.host_name
        self._kept, self._written, self._told = bytearray(), 0, 0
        self._quota = effect.quota if effect else 1 << 20
        self.user = (effect.user if effect else "") or guest.administrator
        launcher = effect.launcher if effect else ""
        if shell := known_shell(launcher, kind):
            self.plain_sh = self.plain_sh and shell != "bash"
            launcher = ""
        self._steps = launch(launcher, script, self) if launcher else execute(script, self, _DIALECTS[kind])
        clock = guest.world.clock
        self.ran = Ran(guest.ran, by, script, clock.now)
        self._timer: Timer | None = None
        self._deadline = None if effect is None else clock.call_later(effect.timeout * SECOND, self._time_out)
        guest.processes.append(self)
        guest.history.append(self.ran)
        del guest.history[:-REMEMBERED]
        guest.ran += 1

    # What a shell asks of a session

    def write(self, output: str | bytes) -> None:
        """Keep what is put out, from its beginning up to the quota."""
        raw = output.encode("utf-8", "surrogateescape") if isinstance(output, str) else output
        if self.to_console or self._starts_up:
            self.guest.print(raw)
        if self.to_console:
            return
        self._written += len(raw)
        self._kept += raw[: self._quota - len(self._kept)]

    def taught(self, text: str) -> Reaction | None:
        """How a command of this text was taught to behave."""
        return self.guest.world.reaction(self.guest.id, text, self.effect.command if self.effect else "")

    def program(self, name: str) -> Program | None:
        """What a name stands for in this guest; None where there is surely nothing."""
        return linux_program(self, name) if self.guest.system.kind == "linux" else windows_program(self, name)

    def has_directory(self, path: str) -> bool | None:
        """Whether a directory is there; None where that is not known."""
        return self.guest.has_directory(path)

    def variable(self, name: str) -> str | None:
        """The value of an environment variable; None where it is not known."""
        if name == "HOME":
            return {"root": "/root", "ecs-user": "/home/ecs-user"}.get(self.user)
        if name == "HOSTNAME" and not self.plain_sh:
            return self._host_name
        return self.directory if name == "PWD" else None

    def serve(self, port: int, answer: Answer) -> bool:
        """Serve at a port from now on; False where something does already."""
        begun = self.guest.services.setdefault(port, answer) is answer
        if begun:
            self._ports.append(port)
        return begun

    # Running

    def resume(self) -> None:
        """Go on until the next wait, or the end."""
        try:
            wait: Wait = next(self._steps)
        except StopIteration as ended:
            self._end(int(ended.value))
        except Crashed:
            self._crash()
        else:
            if self._written > self._told:
                self._told = self._written
                self.ran.output = self._output()[0]
                self._report(RunOutput, *self._output())
            if wait is not None:
                self._timer = self.guest.world.clock.call_later(wait, self.resume)

    def kill(self) -> None:
        """End without a word."""
        for timer in (self._timer, self._deadline):
            if timer is not None:
                timer.cancel()
        self._steps.close()
        self.ran.ended, self.ran.output = self.guest.world.clock.now, self._output()[0]

    def _output(self) -> tuple[str, int]:
        return bytes(self._kept).decode("utf-8", "surrogateescape"), self._written - len(self._kept)

    def _report(self, kind: Callable[..., Report], *values: object) -> None:
        if self.effect is not None:
            report = kind(self.guest.id, self.effect.epoch, self.effect.run, *values)
            self.guest.world.report(self.guest.region, report)

    def _leave(self) -> None:
        self.kill()
        self.guest.processes.remove(self)
        if self._starts_up:
            self.guest.print(self.guest.prompt())

    def _end(self, code: int) -> None:
        self._leave()
        self.ran.exit_code = code
        self._report(RunEnded, code, *self._output())

    def _crash(self) -> None:
        self._leave()
        self._report(RunRefused, "exception", self._output()[0])

    def terminate(self) -> None:
        """End the script and, where that was asked for, all that it has started (assistant/termination-mode)."""
        self._leave()
        if self.effect is not None and self.effect.termination == "ProcessTree":
            for port in self._ports:
                self.guest.services.pop(port, None)

    def stop(self) -> None:
        """End it since the user wants it stopped."""
        self.terminate()
        self._report(RunRefused, "interrupted", self._output()[0])

    def _time_out(self) -> None:
        self.terminate()
        self._report(RunTimedOut, *self._output())
