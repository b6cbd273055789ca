"""What an instance finds at the addresses of the cloud's services: what is said there goes to the session, as streams.

The session opens streams too, to ports of the instance.
"""

from __future__ import annotations

import select
import socket
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any, Final

from .services import ASSISTANT, METADATA, beside
from .streams import Pump, Stream, Streams, reset_at_end

_SERVICES: Final = (
    (METADATA, 80, "metadata"),
    (ASSISTANT, 80, "assistant"),
    (ASSISTANT, 443, "assistant"),
)
_BACKLOG: Final = 128


class Doors:
    """The listeners of an instance, and the connections that go through them.

    Args:
        say: tells the session.
        own: the instance's own address, at which its ports are reached; None where it has no network of its own.

    Raises:
        OSError: an address cannot be listened on.
    """

    def __init__(self, say: Callable[[dict[str, Any]], None], own: str | None) -> None:
        self._own = own or "127.0.0.1"
        self._streams = Streams(lambda message: say({"event": "stream", **message}), self._accept, 2)
        self._listeners: dict[int, tuple[socket.socket, str]] = {}
        self._pumps: dict[int, Pump] = {}
        # Without a network of its own an instance finds the assistant's server alone, at a port that it is told.
        services = _SERVICES if own is not None else (("127.0.0.1", 0, "assistant"),)
        with beside() if own is not None else nullcontext():
            for address, port, to in services:
                listener = socket.create_server((address, port), backlog=_BACKLOG)
                listener.setblocking(False)
                self._listeners[listener.fileno()] = (listener, to)
                if to == "assistant":
                    #: Where the Cloud Assistant's server is found: its name and port.
                    self.assistant: tuple[str, int] = listener.getsockname()

    def files(self) -> dict[int, int]:
        """The files to poll, and for what."""
        wanted = {number: pump.wants() for number, pump in self._pumps.items()}
        return dict.fromkeys(self._listeners, select.POLLIN) | {
            number: events for number, events in wanted.items() if events
        }

    def ready(self, number: int, events: int) -> None:
        """One of the files is ready."""
        if number in self._listeners:
            self._enter(*self._listeners[number])
        elif number in self._pumps:
            self._pumps[number].ready(events)
            self._clear()

    def hear(self, message: dict[str, Any]) -> None:
        """Take in what the session says of a stream."""
        self._streams.hear(message)
        self._clear()

    def _enter(self, listener: socket.socket, to: str) -> None:
        """Somebody connects to a service."""
        try:
            entered, _ = listener.accept()
        except OSError:
            return
        entered.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # If this process is killed, the namespace of its end goes too: a peer that waited for an answer to its goodbye
        # would keep the instance's, and with it its hardware address, for minutes.
        reset_at_end(entered, on=True)
        pump = Pump(entered)
        try:
            pump.stream = self._streams.open(pump, to)
        except OSError:
            entered.close()
            return
        self._pumps[pump.fileno()] = pump

    def _accept(self, stream: Stream, to: str) -> Pump:
        """The session wants to reach a port of the instance, or from within it a port of another address."""
        address, _, port = to.rpartition(":")
        wire = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        wire.setblocking(False)
        try:
            wire.connect((address or self._own, int(port)))
        except BlockingIOError:
            pass
        except OSError:
            wire.close()
            raise
        pump = Pump(wire)
        pump.stream = stream
        self._pumps[pump.fileno()] = pump
        return pump

    def _clear(self) -> None:
        for number in [number for number, pump in self._pumps.items() if pump.over]:
            del self._pumps[number]
