"""Byte streams over the messages between the session and an instance: opened, filled, ended and closed by either end.

Both ends run this code. Neither sends more than the other has room for, so that nothing piles up on the way. A message
has the stream's number and what is done: `open` (`to` says what is meant), `data` (in Base64), `more` (so many bytes
were taken), `end` (no more bytes will come), `close` (`why` is empty after an orderly end).
"""

from __future__ import annotations

import base64
import select
import socket
import struct
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final, Protocol

Message = dict[str, Any]

#: How many bytes an end sends before the other has said that it took some.
WINDOW: Final = 1 << 17
#: How many streams an instance may have open at a time.
MOST: Final = 256
_PIECE: Final = 1 << 15


class User(Protocol):
    """What is at this end of a stream."""

    def data(self, data: bytes) -> None:
        """Take bytes in; `Stream.taken` says when there is room for others."""
        ...

    def ended(self) -> None:
        """No more bytes will come."""
        ...

    def closed(self, why: str) -> None:
        """It is over in both directions; `why` is empty after an orderly end."""
        ...

    def relieved(self) -> None:
        """The other end has taken some of what waited."""
        ...


class Stream:
    """One end of a stream."""

    def __init__(self, streams: Streams, number: int) -> None:
        self._streams, self.number = streams, number
        self.user: User | None = None
        self._room, self._taken = WINDOW, 0
        self._waiting = bytearray()
        self._ending = self._said_end = self._heard_end = self._closed = False

    @property
    def backlog(self) -> int:
        """How many bytes wait until the other end has room."""
        return len(self._waiting)

    def send(self, data: bytes) -> None:
        """Send bytes, as the other end has room for them."""
        self._waiting += data
        self._flush()

    def end(self) -> None:
        """Send no more bytes after those that wait."""
        self._ending = True
        self._flush()

    def taken(self, count: int) -> None:
        """So many bytes have gone on from here: the other end may send as many again."""
        self._taken += count
        if self._taken >= WINDOW // 4:
            self._say("more", bytes=self._taken)
            self._taken = 0

    def close(self, why: str) -> None:
        """End it at once in both directions, and say why."""
        if not self._closed:
            self._say("close", why=why)
            self._over(why)

    def _say(self, what: str, **more: Any) -> None:
        if not self._closed:
            self._streams.say({"stream": self.number, "do": what, **more})

    def _flush(self) -> None:
        while self._waiting and self._room:
            piece = bytes(self._waiting[: min(_PIECE, self._room)])
            del self._waiting[: len(piece)]
            self._room -= len(piece)
            self._say("data", data=base64.b64encode(piece).decode())
        if self._ending and not self._waiting and not self._said_end:
            self._say("end")
            self._said_end = True
            self._look_for_the_end()

    def hear(self, message: Message) -> None:
        """Take in what the other end did."""
        what, user = message["do"], self.user
        if what == "data" and user is not None:
            user.data(base64.b64decode(message["data"]))
        elif what == "more":
            self._room += message["bytes"]
            self._flush()
            if user is not None:
                user.relieved()
        elif what == "end" and user is not None:
            self._heard_end = True
            user.ended()
            self._look_for_the_end()
        elif what == "close":
            self._over(message["why"])

    def _look_for_the_end(self) -> None:
        if self._said_end and self._heard_end:
            self._over("")

    def _over(self, why: str) -> None:
        if self._closed:
            return
        self._closed = True
        self._streams.forget(self)
        if self.user is not None:
            self.user.closed(why)

    def lose(self, why: str) -> None:
        """The other end is gone."""
        self._over(why)


class Streams:
    """The streams between the session and an instance, at one end.

    Args:
        say: sends a message to the other end.
        accept: gives what a stream that the other end opens meets here; `OSError` refuses it.
        first: 1 at the session's end, 2 at the instance's: the ends number their streams apart.
    """

    def __init__(self, say: Callable[[Message], None], accept: Callable[[Stream, str], User], first: int) -> None:
        self.say, self._accept, self._next = say, accept, first
        self._open: dict[int, Stream] = {}

    def open(self, user: User, to: str) -> Stream:
        """Open a stream to what `to` means at the other end.

        Raises:
            OSError: there are too many.
        """
        if len(self._open) >= MOST:
            raise OSError(f"more than {MOST} streams")
        stream = self._open[self._next] = Stream(self, self._next)
        self._next += 2
        stream.user = user
        self.say({"stream": stream.number, "do": "open", "to": to})
        return stream

    def hear(self, message: Message) -> None:
        """Take in what the other end says."""
        number = message["stream"]
        if message["do"] != "open":
            stream = self._open.get(number)
            if stream is not None:
                stream.hear(message)
            return
        stream = self._open[number] = Stream(self, number)
        try:
            stream.user = self._accept(stream, message["to"])
        except OSError as error:
            stream.close(error.strerror or str(error))

    def forget(self, stream: Stream) -> None:
        """Keep no account of a stream that is over."""
        self._open.pop(stream.number, None)

    def lose(self, why: str) -> None:
        """The other end is gone, and all streams with it."""
        for stream in list(self._open.values()):
            stream.lose(why)


def reset_at_end(wire: socket.socket, *, on: bool) -> None:
    """Let a connection be reset when it is closed, or its process killed; off, it ends in order.

    Raises:
        OSError: it is no socket that can.
    """
    wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", on, 0))


class Pump:
    """Carries bytes between a socket and a stream.

    Args:
        wire: the socket; it may still be connecting.
        changed: called when what `wants` says may have changed.
    """

    def __init__(self, wire: socket.socket, changed: Callable[[], None] = lambda: None) -> None:
        wire.setblocking(False)
        self.wire, self.changed = wire, changed
        self.stream: Stream | None = None
        self.over = False
        self._number = wire.fileno()
        self._out = bytearray()
        self._heard_end = self._said_end = self._closing = False

    def fileno(self) -> int:
        """The socket's file, also once it is closed."""
        return self._number

    def wants(self) -> int:
        """The events of the socket that matter now, as `select.poll` names them."""
        reads = not self._said_end and self.stream is not None and self.stream.backlog < WINDOW
        return (select.POLLIN if reads else 0) | (select.POLLOUT if self._out else 0)

    def ready(self, events: int) -> None:
        """The socket can be read or written, or has failed."""
        try:
            if events & select.POLLOUT or self._out:
                self._write()
            if not self.over and events & ~select.POLLOUT:
                self._read()
        except BlockingIOError:
            pass
        except OSError as error:
            self._fail(error)
        self.changed()

    def _read(self) -> None:
        data = self.wire.recv(_PIECE)
        if self.stream is None:
            return
        if data:
            self.stream.send(data)
        elif not self._said_end:
            self._said_end = True
            self.stream.end()

    def _write(self) -> None:
        while self._out:
            count = self.wire.send(self._out)
            del self._out[:count]
            if self.stream is not None:
                self.stream.taken(count)
        if self._closing:
            self._shut()
        elif self._heard_end:
            self.wire.shutdown(socket.SHUT_WR)

    def _fail(self, error: OSError) -> None:
        if self.stream is not None:
            self.stream.close(error.strerror or str(error))
        self._shut()

    def _shut(self) -> None:
        if not self.over:
            self.over = True
            with suppress(OSError):
                reset_at_end(self.wire, on=False)
            self.wire.close()

    # The stream's other end

    def data(self, data: bytes) -> None:
        """Write bytes to the socket."""
        self._out += data
        self.ready(0)

    def ended(self) -> None:
        """Tell the socket's peer that no more will come, once all is written."""
        self._heard_end = True
        if not self._out and not self.over:
            try:
                self.wire.shutdown(socket.SHUT_WR)
            except OSError as error:
                self._fail(error)
        self.changed()

    def closed(self, why: str) -> None:
        """Close the socket: after an orderly end once all is written, else at once."""
        self._closing = True
        if why or not self._out:
            self._shut()
        self.changed()

    def relieved(self) -> None:
        """There may be room for what the socket's peer says."""
        self.changed()
