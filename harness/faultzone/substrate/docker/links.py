"""Connections to hosts: one thread listens to all of them, and everything that is decided about hosts is decided on it.

So nothing here needs a lock: others `post` what is to be done.
"""

from __future__ import annotations

import heapq
import itertools
import json
import os
import selectors
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import Any, Final, Protocol

from faultzone.substrate.docker.engine import Stream

Message = dict[str, Any]
Then = Callable[[Message], None]

_HEADER: Final = 8
_STANDARD_ERROR: Final = 2
#: How many of a host's last words are kept, and how much of each.
_LOG_LINES: Final = 200
_LINE_LENGTH: Final = 500
#: How much that a host was told may wait for it to take it.
UNSENT_BYTES: Final = 1 << 26
#: What a socket says that would have to wait, with and without TLS, or by way of SSH.
_NOT_NOW: Final = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError, TimeoutError)


class HasFileno(Protocol):
    """What can be watched."""

    def fileno(self) -> int:
        """Its file."""
        ...


class Switchboard:
    """The thread. `failed` takes what went wrong in something that was posted."""

    def __init__(self, failed: Callable[[BaseException], None]) -> None:
        self._failed = failed
        self._posted: deque[Callable[[], None]] = deque()
        self._timers: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._selector = selectors.DefaultSelector()
        self._woken, self._waking = os.pipe()
        os.set_blocking(self._woken, False)
        os.set_blocking(self._waking, False)
        self._selector.register(self._woken, selectors.EVENT_READ)
        self._going = True
        self._thread = threading.Thread(target=self._run, name="faultzone-hosts", daemon=True)
        self._thread.start()

    def post(self, action: Callable[[], None]) -> None:
        """Let the thread do something; from any thread, without waiting. Nothing is done once it has ended."""
        if self._going:
            self._posted.append(action)
            self._wake()

    def _wake(self) -> None:
        with suppress(BlockingIOError):
            os.write(self._waking, b"x")

    def later(self, seconds: float, action: Callable[[], None]) -> None:
        """Do something after some real seconds; on the thread alone."""
        heapq.heappush(self._timers, (time.monotonic() + seconds, next(self._order), action))

    def listen(self, link: Link) -> None:
        """Hear a host from now on; on the thread alone."""
        self.watch(link.wire, selectors.EVENT_READ, link.ready)

    def watch(self, file: HasFileno, events: int, action: Callable[[int], None]) -> None:
        """Call `action` with what a file is ready for, of `events`; on the thread alone."""
        self._selector.register(file, events, action)

    def forget(self, file: HasFileno) -> None:
        """Watch a file no more, before it is closed; on the thread alone."""
        with suppress(KeyError, ValueError):
            self._selector.unregister(file)

    def ask(self, action: Callable[[Callable[[Any], None]], None], seconds: float) -> Any:
        """Let the thread do something that has an answer, and wait for it; on the thread itself, do it and do not wait.

        Raises:
            TimeoutError: no answer came in time.
        """
        answered = threading.Event()
        answers: list[Any] = []

        def answer(value: Any) -> None:
            answers.append(value)
            answered.set()

        if threading.current_thread() is self._thread:
            action(answer)
            return answers[0] if answers else None
        self.post(lambda: action(answer))
        if not answered.wait(seconds):
            raise TimeoutError(f"no answer within {seconds:g} s")
        return answers[0]

    def close(self) -> None:
        """End the thread."""
        self._going = False
        self._wake()
        self._thread.join(10)
        self._selector.close()
        os.close(self._woken)
        os.close(self._waking)

    def _run(self) -> None:
        while self._going:
            wait = max(0.0, self._timers[0][0] - time.monotonic()) if self._timers else None
            for key, ready in self._selector.select(wait):
                if key.data is None:
                    with suppress(BlockingIOError):
                        os.read(self._woken, 65536)
                else:
                    self._guard(partial(key.data, ready))
            while self._timers and self._timers[0][0] <= time.monotonic():
                self._guard(heapq.heappop(self._timers)[2])
            while self._posted:
                self._guard(self._posted.popleft())

    def _guard(self, action: Callable[[], None]) -> None:
        try:
            action()
        except Exception as trouble:
            self._failed(trouble)


class Link:
    """The connection to one host.

    Args:
        board: the thread that hears it.
        container: its container's id.
        name: the host's name.
        address: its address among the hosts.
        stream: the attached streams of its first process.
    """

    def __init__(self, board: Switchboard, container: str, name: str, address: str, stream: Stream) -> None:
        self.board, self.container, self.name, self.address = board, container, name, address
        self._stream, self.wire = stream, stream.wire
        self.wire.setblocking(False)
        self._unsent, self._waits = bytearray(), False
        self.heard = time.monotonic()
        self.alive = True
        #: What the fresh host said of itself: what a reset must bring back.
        self.fresh: Mapping[str, Any] = {}
        self.lost: tuple[str, ...] = ()
        self.log: deque[str] = deque(maxlen=_LOG_LINES)
        #: Takes what the host says by itself; an empty message means that it is gone.
        self.hears: Then = lambda message: None
        self._waiting: dict[int, Then] = {}
        self._ids = itertools.count(1)
        self._frames, self._lines = bytearray(), bytearray()

    def send(self, operation: str, then: Then | None = None, **arguments: Any) -> None:
        """Ask the host for something; `then` takes the answer, which names the trouble where it could not.

        What the host does not take now is sent once it does, so that one that stands still holds up no other.
        """
        if not self.alive:
            if then is not None:
                then({"trouble": f"host {self.name} is gone"})
            return
        number = next(self._ids)
        if then is not None:
            self._waiting[number] = then
        if len(self._unsent) > UNSENT_BYTES:
            self.note("the host takes nothing that it is told")
            self.end()
            return
        self._unsent += json.dumps({"id": number, "op": operation, **arguments}).encode() + b"\n"
        self._write()

    def _write(self) -> None:
        """Send what can be sent now, and the rest once it can be."""
        try:
            while self._unsent:
                del self._unsent[: self.wire.send(self._unsent)]
        except _NOT_NOW:
            pass
        except OSError:
            self.end()
            return
        if bool(self._unsent) != self._waits:
            self._waits = not self._waits
            self.board.forget(self.wire)
            events = selectors.EVENT_READ | (selectors.EVENT_WRITE if self._waits else 0)
            self.board.watch(self.wire, events, self.ready)

    def ready(self, events: int) -> None:
        """The host takes what it is told, or has said something."""
        if events & selectors.EVENT_WRITE:
            self._write()
        if events & selectors.EVENT_READ and self.alive:
            self._read()

    def _read(self) -> None:
        try:
            data = self.wire.recv(1 << 18)
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
        if "id" in message:
            then = self._waiting.pop(message["id"], None)
            if then is not None:
                then(message)
            elif "trouble" in message:
                self.note(str(message["trouble"]))
        else:
            self.hears(message)

    def note(self, line: str) -> None:
        """Add a line to the host's log."""
        self.log.append(line[:_LINE_LENGTH])

    def part(self) -> None:
        """Let whoever had the host hear nothing more of it, not even answers to what was asked."""
        self.hears = lambda message: None
        self._waiting.clear()

    def end(self) -> None:
        """Let go of the host, which ends it; whoever waits for an answer is told."""
        if not self.alive:
            return
        self.alive = False
        self.note("the connection to the host has ended")
        self.board.forget(self.wire)
        self._stream.close()
        waiting, self._waiting = list(self._waiting.values()), {}
        for then in waiting:
            then({"trouble": f"host {self.name} is gone"})
        self.hears({})
