"""What runs in an instance as its first process: it reaps, runs scripts for the host, and ends the instance.

It is a fork of the host's agent, so that its memory is shared with it.
"""

from __future__ import annotations

import base64
import json
import os
import select
import signal
import socket
import time
from typing import Any, Final, NoReturn

from .metadata import Metadata
from .scripts import Runs

#: How long processes have between the request to end and their end.
_PATIENCE_SECONDS: Final = 1.0
#: The run that the start-up program is.
START_UP: Final = "user-data"
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
        metadata: the service that it asks about itself; None where it has no network of its own.
    """

    def __init__(self, wire: socket.socket, isolated: bool, metadata: Metadata | None) -> None:
        self._wire, self._isolated, self._metadata = wire, isolated, metadata
        self._buffer = b""
        self._runs = Runs(self.say)
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
        self._wire.sendall(json.dumps(message).encode() + b"\n")

    def serve(self, user_data: str | None) -> NoReturn:
        """Run until the instance ends."""
        os.environ.clear()
        os.environ.update(ENVIRONMENT, HOSTNAME=socket.gethostname())
        self.say({"event": "up"})
        if user_data is not None:
            self._start_up(user_data)
        while True:
            self._wait()
            self._reap()
            self._runs.tick()
            if self._asked is not None:
                self._end(self._asked)

    def _start_up(self, encoded: str) -> None:
        program = base64.b64decode(encoded).decode("utf-8", "surrogateescape")
        if program.startswith("#!"):
            self._runs.start(START_UP, program, "/", None, 1 << 20)

    def _wait(self) -> None:
        outputs = self._runs.outputs()
        wakes = self._runs.wakes()
        poll = select.poll()
        files = [self._wire.fileno(), self._woken, *outputs]
        if self._metadata is not None:
            files.append(self._metadata.fileno())
        for number in files:
            poll.register(number, select.POLLIN)
        ready = poll.poll(None if wakes is None else max(0.0, (wakes - time.monotonic()) * 1000 + 1))
        for number, _ in ready:
            if number in outputs:
                self._runs.readable(outputs[number])
            elif number == self._woken:
                os.read(self._woken, 4096)
            elif self._metadata is not None and number == self._metadata.fileno():
                self._metadata.serve()
            else:
                self._receive()

    def _receive(self) -> None:
        data = self._wire.recv(1 << 20)
        if not data:  # The host's agent has let go of this instance.
            self._end("gone")
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        for line in lines:
            self._handle(json.loads(line))

    def _handle(self, message: dict[str, Any]) -> None:
        operation = message["op"]
        if operation == "run":
            self._runs.start(
                message["run"], message["script"], message["directory"], message["seconds"], message["quota"]
            )
        elif operation == "halt":
            self._asked = "halt"
        elif operation == "put":
            self._put(message)

    def _put(self, message: dict[str, Any]) -> None:
        """Write a file; it is told as a run that ends with 1 where the file was there and is to stay."""
        run, path = message["run"], message["path"]
        self.say({"event": "started", "run": run})
        there = os.path.exists(path) and not message["overwrite"]
        try:
            if not there:
                os.makedirs(os.path.dirname(path), exist_ok=True)
                with open(path, "wb") as file:
                    file.write(base64.b64decode(message["content"]))
                os.chmod(path, int(message["mode"] or "644", 8))
                _give(path, message["owner"], message["group"])
        except (OSError, LookupError) as trouble:
            self.say({"event": "refused", "run": run, "reason": "exception", "output": str(trouble)})
        else:
            self.say({"event": "ended", "run": run, "exit_code": int(there), "output": "", "dropped": 0})

    def _reap(self) -> bool:
        """Take in what has ended; False once there are no children left."""
        try:
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if pid == 0:
                    return True
                self._runs.exited(pid, status)
        except ChildProcessError:
            return False

    def _end(self, how: str) -> NoReturn:
        """Shut down in order: ask, wait, kill; then the instance is gone."""
        self._signal_all(signal.SIGTERM)
        self._signal_all(signal.SIGCONT)
        patience = time.monotonic() + _PATIENCE_SECONDS
        while self._reap() and time.monotonic() < patience:
            time.sleep(0.005)
        self._signal_all(signal.SIGKILL)
        if how != "gone":
            self.say({"event": "ending", "how": how})
        os._exit(0)

    def _signal_all(self, number: int) -> None:
        targets = [-1] if self._isolated else descendants(os.getpid())
        for target in targets:
            try:
                os.kill(target, number)
            except ProcessLookupError:
                continue


def _give(path: str, owner: str, group: str) -> None:
    """Give a file to a user and a group, by name."""
    os.chown(path, _number("/etc/passwd", owner), _number("/etc/group", group))


def _number(path: str, name: str) -> int:
    """The number of a user or a group, from the instance's own file; -1, which changes nothing, for no name.

    The C library would ask plug-ins, which are those of another system where the instance's root is the user's image.

    Raises:
        LookupError: there is none of that name.
    """
    if not name:
        return -1
    with open(path, encoding="utf-8", errors="replace") as file:
        for fields in (line.split(":") for line in file):
            if fields[0] == name and fields[2:3] and fields[2].isdigit():
                return int(fields[2])
    raise LookupError(f"{path} does not name {name}")


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
