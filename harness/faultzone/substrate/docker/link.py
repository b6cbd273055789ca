"""The connection to one host: what it is asked, and what it says. All of it is on the loop's thread."""

from __future__ import annotations

import asyncio
import itertools
import json
import ssl
import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, Final

from faultzone.errors import FaultzoneError, HarnessError, NotSupported, UsageError
from faultzone.substrate.docker.engine import Stream

Message = dict[str, Any]

_HEADER: Final = 8
_STANDARD_ERROR: Final = 2
#: How many of a host's last words are kept, and how much of each.
_LOG_LINES: Final = 200
_LINE_LENGTH: Final = 500
#: How much that a host was told may wait for it to take it.
UNSENT_BYTES: Final = 1 << 26
#: What a socket says that would have to wait, with and without TLS, or by way of SSH.
_NOT_NOW: Final = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError, TimeoutError)


class HostError(HarnessError):
    """A host could not do what it was asked."""


class HostGone(HostError):
    """The connection to a host has ended."""


class Link:
    """The connection to one host.

    Args:
        container: its container's id.
        name: the host's name.
        address: its address among the hosts.
        stream: the attached streams of its first process.
    """

    def __init__(self, container: str, name: str, address: str, stream: Stream) -> None:
        self.container, self.name, self.address = container, name, address
        self._stream, self._wire = stream, stream.wire
        self._wire.setblocking(False)
        self._file = self._wire.fileno()
        self._unsent, self._waits = bytearray(), False
        self.heard = time.monotonic()
        self.alive = True
        #: What the fresh host said of itself: what a reset must bring back.
        self.fresh: Mapping[str, Any] = {}
        self.lost: tuple[str, ...] = ()
        self.log: deque[str] = deque(maxlen=_LOG_LINES)
        #: Takes what the host says by itself; an empty message means that it is gone.
        self.hears: Callable[[Message], object] = _nobody
        self._answers: dict[int, asyncio.Future[Message]] = {}
        self._numbers = itertools.count(1)
        self._frames, self._lines = bytearray(), bytearray()

    def listen(self) -> None:
        """Hear the host from now on."""
        asyncio.get_running_loop().add_reader(self._file, self._read)

    # What it is told

    def send(self, operation: str, **arguments: Any) -> None:
        """Tell the host something; what goes wrong with it is in the host's log.

        What the host does not take now is sent once it does, so that one that stands still holds up no other.
        """
        if self.alive:
            self._say(operation, arguments)

    def ask(self, operation: str, **arguments: Any) -> asyncio.Future[Message]:
        """Tell the host something at once; the future is its answer.

        Raises:
            HostGone: when awaited: the host is gone, or goes meanwhile.
            HostError: it could not.
            NotSupported: its kernel cannot.
            UsageError: it is nothing that can be asked for now.
        """
        answer: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        if not self.alive:
            answer.set_exception(HostGone(f"host {self.name} is gone"))
            return answer
        number = next(self._numbers)
        self._answers[number] = answer
        answer.add_done_callback(lambda _: self._answers.pop(number, None))
        self._say(operation, arguments, number)
        return answer

    def _say(self, operation: str, arguments: Mapping[str, Any], number: int | None = None) -> None:
        if len(self._unsent) > UNSENT_BYTES:
            self.note("the host takes nothing that it is told")
            self.end()
            return
        number = next(self._numbers) if number is None else number
        self._unsent += json.dumps({"id": number, "op": operation, **arguments}).encode() + b"\n"
        self._write()

    def _write(self) -> None:
        """Send what can be sent now, and the rest once it can be."""
        try:
            while self._unsent:
                del self._unsent[: self._wire.send(self._unsent)]
        except _NOT_NOW:
            pass
        except OSError:
            self.end()
            return
        if bool(self._unsent) != self._waits:
            self._waits = not self._waits
            loop = asyncio.get_running_loop()
            if self._waits:
                loop.add_writer(self._file, self._write)
            else:
                loop.remove_writer(self._file)

    # What it says

    def _read(self) -> None:
        try:
            data = self._wire.recv(1 << 18)
        except _NOT_NOW:
            return
        except OSError:
            data = b""
        if not data:
            self.end()
            return
        self._frames += data
        while len(self._frames) >= _HEADER:
            size = int.from_bytes(self._frames[4:_HEADER], "big")
            if len(self._frames) < _HEADER + size:
                break
            stream, body = self._frames[0], bytes(self._frames[_HEADER : _HEADER + size])
            del self._frames[: _HEADER + size]
            if stream == _STANDARD_ERROR:
                for said in body.decode("utf-8", "replace").splitlines():
                    self.note(said)
            else:
                self._lines += body
        *lines, rest = bytes(self._lines).split(b"\n")
        self._lines = bytearray(rest)
        for line in lines:
            self._take(json.loads(line))

    def _take(self, message: Message) -> None:
        self.heard = time.monotonic()
        if "id" not in message:
            self.hears(message)
            return
        answer = self._answers.get(message["id"])
        if answer is None:
            if "error" in message:
                self.note(str(message["error"]))
        elif not answer.done():
            error = _error(message)
            if error is None:
                answer.set_result(message)
            else:
                answer.set_exception(error)

    def note(self, line: str) -> None:
        """Add a line to the host's log."""
        self.log.append(line[:_LINE_LENGTH])

    # The end

    def part(self) -> None:
        """Let whoever had the host hear nothing more of it, not even answers to what was asked."""
        self.hears = _nobody
        for answer in list(self._answers.values()):
            answer.cancel()

    def end(self) -> None:
        """Let go of the host, which ends it; whoever waits for an answer is told."""
        if not self.alive:
            return
        self.alive = False
        self.note("the connection to the host has ended")
        loop = asyncio.get_running_loop()
        loop.remove_reader(self._file)
        loop.remove_writer(self._file)
        self._stream.close()
        for answer in list(self._answers.values()):
            if not answer.done():
                answer.set_exception(HostGone(f"host {self.name} is gone"))
        self.hears({})


def _nobody(message: Message) -> None:
    """Take what a host says that nobody has."""


def _error(message: Message) -> FaultzoneError | None:
    """What an answer says went wrong."""
    if "unable" in message:
        return UsageError(str(message["unable"]))
    if "refused" in message:
        return NotSupported(str(message["refused"]))
    return HostError(str(message["error"])) if "error" in message else None
