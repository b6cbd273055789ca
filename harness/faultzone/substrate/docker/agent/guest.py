"""What runs in an instance as its first process: it reaps, runs scripts for the host, and ends the instance.

It is a fork of the host's agent, so that its memory is shared with it.
"""

from __future__ import annotations

import base64
import os
import select
import signal
import socket
import time
from typing import Any, Final, NoReturn

from . import files, kernel
from .assistant import Assistant
from .console import Console
from .doors import Doors
from .front import Front
from .keeper import Keeper
from .scripts import Runs
from .wire import Wire

#: How long processes have between the request to end and their end.
_PATIENCE_SECONDS: Final = 1.0
#: What the process of our own agent is called.
AGENT: Final = "AliyunService"
#: The run that the start-up program is.
START_UP: Final = "user-data"
#: What a system says on its console of a service that has started.
_STARTED: Final = b"[\x1b[0;32m  OK  \x1b[0m] Started aliyun-service.\n"
#: What programs in an instance are given.
ENVIRONMENT: Final = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/root",
    "USER": "root",
}


class Guest:
    """The first process of an instance.

    Args:
        wire: the socket to the host's agent: JSON lines.
        isolated: whether the instance has process ids of its own, so that signals to -1 stay in it.
        own: its own address; None where it has no network of its own.
        terminal: where its console is read; None where it has none.

    Raises:
        OSError: the addresses of the cloud's services cannot be listened on.
    """

    def __init__(self, wire: socket.socket, isolated: bool, own: str | None, terminal: int | None) -> None:
        self._wire, self._isolated = Wire(wire), isolated
        self._console = Console(self.say, terminal)
        self._prompt, self._shown = b"", 0
        self._doors = Doors(self.say, own)
        self._runs = Runs(self._tell)
        self._agent: Keeper | None = None
        self._front: Front | None = None
        self._asked: str | None = None
        self._woken, waking = os.pipe()
        os.set_blocking(self._woken, False)
        os.set_blocking(waking, False)
        signal.set_wakeup_fd(waking, warn_on_full_buffer=False)
        # The requests of the usual programs: poweroff, halt and reboot.
        for number, how in (
            (signal.SIGUSR1, "halt"),
            (signal.SIGUSR2, "halt"),
            (signal.SIGTERM, "reboot"),
            (signal.SIGCHLD, None),
        ):
            signal.signal(number, lambda *_, how=how: self._ask(how))

    def _ask(self, how: str | None) -> None:
        self._asked = how or self._asked

    def say(self, message: dict[str, Any]) -> None:
        """Tell the host's agent."""
        self._wire.say(message)

    def _tell(self, message: dict[str, Any]) -> None:
        """Tell of a script; bytes of its output that are no UTF-8 are surrogates."""
        if "output" in message:
            if message["run"] == START_UP:
                self._show(message)
            message = {**message, "output": message["output"].decode("utf-8", "surrogateescape")}
        self.say(message)

    def _show(self, message: dict[str, Any]) -> None:
        """Print what the start-up program has written; once it has ended, somebody may log in."""
        self._console.print(message["output"][self._shown :])
        self._shown = len(message["output"])
        if message["event"] != "output":
            self._console.print(self._prompt)

    def serve(self, user_data: str | None, instance: str, agent: str, system: str, outside: bool) -> NoReturn:
        """Run until the instance ends.

        Args:
            user_data: the start-up program in Base64, None for none.
            instance: the instance's id.
            agent: the Cloud Assistant agent: empty for none, `own` for ours, else the program that is it.
            system: what its system is called.
            outside: whether it is a machine outside the cloud, which can register.
        """
        host_name = socket.gethostname()
        os.environ.clear()
        os.environ.update(ENVIRONMENT, HOSTNAME=host_name)
        if outside:
            self._front = Front(self._doors.assistant)
        self.say({"event": "up"})
        self._prompt = f"\n{system}\n\n{host_name} login: ".encode()
        self._console.print(f"\nWelcome to {system}!\n\nSet hostname to <{host_name}>.\n".encode())
        if agent:
            self._console.print(_STARTED)
            self._keep(instance, agent)
        if user_data is None or not self._start_up(user_data):
            self._console.print(self._prompt)
        while True:
            self._wait()
            self._reap()
            if self._asked is not None:
                self._end(self._asked)
            self._runs.tick()
            self._console.tick()
            if self._agent is not None:
                self._agent.tick()

    def _keep(self, instance: str, agent: str) -> None:
        """Have an agent, which is kept running."""
        self._agent = Keeper(lambda: self._start_agent(instance, agent))
        self._agent.bring("running")

    def _start_agent(self, instance: str, agent: str) -> int:
        """Start the process of the agent."""
        process = os.fork()
        if process:
            return process
        try:
            os.setsid()
            signal.set_wakeup_fd(-1)
            for number in (signal.SIGTERM, signal.SIGUSR1, signal.SIGUSR2, signal.SIGCHLD):
                signal.signal(number, signal.SIG_DFL)
            address = self._doors.assistant
            kernel.close_others({0, 1, 2})
            if agent == "own":
                with open("/proc/self/comm", "w", encoding="ascii") as file:
                    file.write(AGENT)
                Assistant(address, instance).serve()
            os.execv(agent, [agent])
        except BaseException as error:
            os.write(2, f"the agent of {instance}: {error!r}\n".encode())
        finally:
            os._exit(1)

    def _start_up(self, encoded: str) -> bool:
        """Start the program that user data is; False where they are none."""
        program = base64.b64decode(encoded).decode("utf-8", "surrogateescape")
        if not program.startswith("#!"):
            return False
        self._runs.start(START_UP, program, "/", None, 1 << 20)
        return True

    def _wait(self) -> None:
        outputs, doors = self._runs.outputs(), self._doors.files()
        due = (self._runs.wakes(), self._console.wakes, None if self._agent is None else self._agent.wakes)
        wakes = min((each for each in due if each is not None), default=None)
        poll = select.poll()
        terminal = self._console.terminal
        for number in (self._woken, *outputs, *(() if terminal is None else (terminal,))):
            poll.register(number, select.POLLIN)
        if self._front is not None:
            poll.register(self._front.fileno(), select.POLLIN)
        poll.register(self._wire.fileno(), select.POLLIN | (select.POLLOUT if self._wire.waits else 0))
        for number, wanted in doors.items():
            poll.register(number, wanted)
        ready = poll.poll(None if wakes is None else max(0.0, (wakes - time.monotonic()) * 1000 + 1))
        # First, so that what a script has printed is told before its agent says that it has ended.
        self._console.read()
        for number, events in ready:
            if number == terminal:
                continue
            if number in outputs:
                self._runs.readable(outputs[number])
            elif number == self._woken:
                os.read(self._woken, 4096)
            elif self._front is not None and number == self._front.fileno():
                self._front.ready()
            elif number in doors:
                self._doors.ready(number, events)
            else:
                self._receive()

    def _receive(self) -> None:
        self._wire.flush()
        messages = self._wire.hear()
        if messages is None:  # The host's agent has let go of this instance.
            self._end("gone")
        for message in messages:
            self._handle(message)

    def _handle(self, message: dict[str, Any]) -> None:
        operation = message["op"]
        if operation == "stream":
            self._doors.hear(message)
        elif operation == "run":
            self._runs.start(
                message["run"],
                message["script"],
                message["directory"],
                message["seconds"],
                message["quota"],
                termination=message.get("termination", ""),
            )
        elif operation == "halt":
            self._asked = "halt"
        elif operation == "put":
            self._put(message)
        elif operation == "enlist":
            self._keep(message["known"], message["agent"])
        elif operation == "dismiss" and self._agent is not None:
            self._agent.bring("stopped")
            self._agent = None
        elif operation == "agent" and self._agent is not None:
            self._agent.bring(message["state"])

    def _put(self, message: dict[str, Any]) -> None:
        """Write a file; it is told as a run."""
        run = message["run"]
        try:
            files.put(message["path"], message["content"], message["mode"], "", "", overwrite=True)
        except OSError as error:
            self.say({"event": "refused", "run": run, "reason": "exception", "output": str(error)})
        else:
            self.say({"event": "ended", "run": run, "exit_code": 0, "output": "", "dropped": 0})

    def _reap(self) -> bool:
        """Take in what has ended; False once there are no children left."""
        try:
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if pid == 0:
                    return True
                self._runs.exited(pid, status)
                if self._agent is not None:
                    self._agent.exited(pid)
        except ChildProcessError:
            return False

    def _end(self, how: str) -> NoReturn:
        """Shut down in order: ask, wait, kill; then the instance is gone. It is said before any script is told to have
        ended, so that nobody takes the instance for one that goes on."""
        if how != "gone":
            self.say({"event": "going"})
        self._signal_all(signal.SIGTERM)
        self._signal_all(signal.SIGCONT)
        patience = time.monotonic() + _PATIENCE_SECONDS
        while self._reap() and time.monotonic() < patience:
            self._runs.read()
            self._runs.tick()
            time.sleep(0.005)
        self._runs.read()
        self._runs.tick()
        self._signal_all(signal.SIGKILL)
        self._console.finish()
        if how != "gone":
            self.say({"event": "ending", "how": how})
        self._wire.finish()
        os._exit(0)

    def _signal_all(self, number: int) -> None:
        targets = [-1] if self._isolated else descendants(os.getpid())
        for target in targets:
            try:
                os.kill(target, number)
            except ProcessLookupError:
                continue


def descendants(ancestor: int) -> list[int]:
    """The processes that a process has started, and those that they have."""
    parents: dict[int, int] = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", encoding="ascii", errors="replace") as file:
                    parents[int(name)] = int(file.read().rpartition(")")[2].split()[1])
            except OSError:
                continue
    found = [ancestor]
    for each in found:
        found += [pid for pid, parent in parents.items() if parent == each]
    return found[1:]
