"""Ports of instances: the session's end of their streams, and ways from this machine to a network that has no way out.

All of it is on the loop's thread.
"""

from __future__ import annotations

import asyncio
import os
import select
import socket
from collections.abc import Callable
from contextlib import suppress
from errno import ECONNREFUSED
from typing import Final

from faultzone.errors import HarnessError, UsageError
from faultzone.substrate.docker.agent.streams import Pump, Stream, User
from faultzone.substrate.gateway.secure import Speakers

#: How long a service is silent until what it has said is taken to be its answer.
_QUIET_SECONDS: Final = 0.25
#: How much an instance may leave unread before it is hung up on.
_UNREAD_BYTES: Final = 1 << 23
_REFUSED: Final = os.strerror(ECONNREFUSED)

#: Opens a stream to a port of an instance, or from within it to a port of another address; `TimeoutError` where nothing
#: would be heard of it, `OSError` for another reason.
Opener = Callable[[str, User, int, str], Stream]


class Ports:
    """The ways to the ports of a cloud's instances.

    Args:
        open_stream: see `Opener`.
    """

    def __init__(self, open_stream: Opener) -> None:
        self._open = open_stream
        self._forwards: dict[int, Forward] = {}

    async def ask(self, instance: str, port: int, data: bytes, seconds: float, address: str = "") -> bytes:
        """Send bytes to a port, and give what is said there until the service ends or falls silent.

        Args:
            address: sends them from within the instance, to a port of this address.

        Raises:
            ConnectionRefusedError: nothing serves at the port.
            TimeoutError: nothing is heard.
        """
        asked = Asked()
        stream = asked.stream = self._open(instance, asked, port, address)
        try:
            stream.send(data)
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await asked.end()
        finally:
            stream.close("no longer wanted")
        if not asked.heard and asked.why == _REFUSED:
            raise ConnectionRefusedError(f"{instance}:{port}")
        if not asked.heard and (asked.why or not asked.over):
            raise TimeoutError(f"{instance}:{port}")
        return bytes(asked.heard)

    async def forward(self, instance: str, port: int) -> tuple[str, int]:
        """Open a port here that leads to a port of an instance, wherever that instance will be; its address.

        Raises:
            HarnessError: there is no free port.
        """
        try:
            opened = Forward(lambda pump: self._open(instance, pump, port, ""))
        except OSError as error:
            raise HarnessError(f"no port can be opened: {error}") from None
        self._forwards[opened.address[1]] = opened
        return opened.address

    async def end(self, port: int) -> None:
        """Close a port that was opened, and its connections.

        Raises:
            UsageError: none was opened.
        """
        found = self._forwards.pop(port, None)
        if found is None:
            raise UsageError.expected("port", port, "a port that `forward` opened and that is still open")
        found.close()

    def close(self) -> None:
        """Close all ports."""
        while self._forwards:
            self._forwards.popitem()[1].close()


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
    """One request to a port of an instance: what is said until the service ends or falls silent.

    Attributes:
        heard: what was said.
        over: whether the service has ended.
        why: why the connection was closed, if not in order.
    """

    def __init__(self) -> None:
        self.heard = bytearray()
        self.over, self.why = False, ""
        self.stream: Stream | None = None
        self._said = asyncio.Event()

    async def end(self) -> None:
        """Wait until the service ends, or has said something and then nothing for a while."""
        while not self.over:
            self._said.clear()
            try:
                async with asyncio.timeout(_QUIET_SECONDS if self.heard else None):
                    await self._said.wait()
            except TimeoutError:
                return

    def data(self, data: bytes) -> None:
        """Keep what is said."""
        self.heard += data
        self._said.set()
        if self.stream is not None:
            self.stream.taken(len(data))

    def ended(self) -> None:
        """The service has said all."""
        self.closed("")

    def closed(self, why: str) -> None:
        """The connection is gone, or was refused."""
        if not self.over:
            self.over, self.why = True, why
            self._said.set()

    def relieved(self) -> None:
        """Nothing: all was handed over at once."""


class Forward:
    """A port of this machine's own address that leads to a port of an instance.

    Args:
        open_stream: opens a stream to the instance's port; `OSError` where it cannot be reached.

    Raises:
        OSError: there is no free port.
    """

    def __init__(self, open_stream: Callable[[Pump], Stream]) -> None:
        self._open_stream = open_stream
        self._pumps: set[Pump] = set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.setblocking(False)
        #: Where it is found.
        self.address: tuple[str, int] = self._listener.getsockname()
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._listener, self._enter)

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
        number = pump.fileno()
        if pump.over:
            self._pumps.discard(pump)
            for forget in (self._loop.remove_reader, self._loop.remove_writer):
                with suppress(OSError):  # It is closed already.
                    forget(number)
            return
        wanted = pump.wants()
        if wanted & select.POLLIN:
            self._loop.add_reader(number, pump.ready, select.POLLIN)
        else:
            self._loop.remove_reader(number)
        if wanted & select.POLLOUT:
            self._loop.add_writer(number, pump.ready, select.POLLOUT)
        else:
            self._loop.remove_writer(number)

    def close(self) -> None:
        """Close the port and its connections."""
        self._loop.remove_reader(self._listener)
        self._listener.close()
        for pump in list(self._pumps):
            if pump.stream is not None:
                pump.stream.close("the port is closed")
