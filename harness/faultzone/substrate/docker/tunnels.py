"""The session's end of streams: what an instance asks the cloud's services, and ports of instances that are reached.

All of it is on the switchboard's thread.
"""

from __future__ import annotations

import os
import select
import selectors
import socket
from collections.abc import Callable
from errno import ECONNREFUSED
from typing import Any, Final

from faultzone.substrate.docker.agent.streams import Pump, Stream
from faultzone.substrate.docker.links import Switchboard
from faultzone.substrate.gateway.secure import Speakers

#: How long a service is silent until what it has said is taken to be its answer.
_QUIET_SECONDS: Final = 0.25
#: How much an instance may leave unread before it is hung up on.
_UNREAD_BYTES: Final = 1 << 23
_REFUSED: Final = os.strerror(ECONNREFUSED)


class Served:
    """A stream whose other end speaks to a service of the cloud."""

    def __init__(self, stream: Stream, make: Speakers) -> None:
        self._stream = stream
        self._speaker = make(stream.send, stream.end)

    def data(self, data: bytes) -> None:
        """Let the service take bytes in."""
        self._stream.taken(len(data))
        self._speaker.data(data)
        if self._stream.backlog > _UNREAD_BYTES:
            self._stream.close("what was answered is not read")

    def ended(self) -> None:
        """Let the service know that no more bytes come."""
        self._speaker.ended()

    def closed(self, why: str) -> None:
        """Let the service know that nobody is there any more."""
        self._speaker.closed()

    def relieved(self) -> None:
        """Nothing: a service does not wait."""


class Asked:
    """One request to a port of an instance: bytes there, and what is said until the service ends or falls silent.

    Args:
        board: the thread.
        answer: takes the bytes, or what went wrong: `refused` or `silent`.
        seconds: how long an answer is awaited.
    """

    def __init__(self, board: Switchboard, answer: Callable[[Any], None], seconds: float) -> None:
        self._board, self._answer = board, answer
        self._heard = bytearray()
        self._over = False
        self.stream: Stream | None = None
        board.later(seconds, lambda: self._finish("silent"))

    def data(self, data: bytes) -> None:
        """Keep what is said."""
        self._heard += data
        if self.stream is not None:
            self.stream.taken(len(data))
        known = len(self._heard)
        self._board.later(_QUIET_SECONDS, lambda: self._finish("silent") if len(self._heard) == known else None)

    def ended(self) -> None:
        """The service has said all."""
        self._finish("")

    def closed(self, why: str) -> None:
        """The connection is gone, or was refused."""
        self._finish("refused" if why == _REFUSED else "silent" if why else "")

    def relieved(self) -> None:
        """Nothing: all was handed over at once."""

    def _finish(self, trouble: str) -> None:
        if self._over:
            return
        self._over = True
        self._answer({"trouble": trouble} if trouble and not self._heard else {"data": bytes(self._heard)})
        if self.stream is not None:
            self.stream.close("no longer wanted")


class Forward:
    """A port of this machine's own address that leads to a port of an instance.

    Args:
        board: the thread.
        open_stream: opens a stream to the instance's port; `OSError` where it cannot be reached.

    Raises:
        OSError: there is no free port.
    """

    def __init__(self, board: Switchboard, open_stream: Callable[[Pump], Stream]) -> None:
        self._board, self._open_stream = board, open_stream
        self._pumps: set[Pump] = set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.setblocking(False)
        #: Where it is found.
        self.address: tuple[str, int] = self._listener.getsockname()
        board.watch(self._listener, selectors.EVENT_READ, lambda _: self._enter())

    def _enter(self) -> None:
        try:
            entered, _ = self._listener.accept()
        except OSError:
            return
        entered.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        pump = Pump(entered, lambda: self._look(pump))
        try:
            pump.stream = self._open_stream(pump)
        except OSError:
            entered.close()
            return
        self._pumps.add(pump)
        self._look(pump)

    def _look(self, pump: Pump) -> None:
        """Watch a connection for what matters of it now."""
        self._board.forget(pump)
        if pump.over:
            self._pumps.discard(pump)
            return
        wanted = pump.wants()
        events = (selectors.EVENT_READ if wanted & select.POLLIN else 0) | (
            selectors.EVENT_WRITE if wanted & select.POLLOUT else 0
        )
        if events:
            self._board.watch(pump, events, lambda ready: pump.ready(_polled(ready)))

    def close(self) -> None:
        """Close the port and its connections."""
        self._board.forget(self._listener)
        self._listener.close()
        for pump in list(self._pumps):
            if pump.stream is not None:
                pump.stream.close("the port is closed")


def _polled(events: int) -> int:
    """The selector's events as `poll` names them."""
    return (select.POLLIN if events & selectors.EVENT_READ else 0) | (
        select.POLLOUT if events & selectors.EVENT_WRITE else 0
    )
