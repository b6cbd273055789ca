"""Connections that are passed on, byte by byte, to another address."""

from __future__ import annotations

import asyncio
import socket
from typing import Any, cast


class _Side(asyncio.Protocol):
    """One end of a passed-on connection: what it gets goes to the other end."""

    def __init__(self, relay: Relay, other: _Side | None = None) -> None:
        self._relay, self.other = relay, other
        self._ended = False
        self.transport: asyncio.Transport = cast("asyncio.Transport", None)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self._relay.transports.add(self.transport)

    def data_received(self, data: bytes) -> None:
        if self.other is not None:
            self.other.transport.write(data)

    def eof_received(self) -> bool:
        self._ended = True
        if self.other is None or self.other._ended:
            return False
        self.other.transport.write_eof()
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        self._relay.transports.discard(self.transport)
        if self.other is not None:
            self.other.transport.close()

    def pause_writing(self) -> None:
        if self.other is not None:
            self.other.transport.pause_reading()

    def resume_writing(self) -> None:
        if self.other is not None:
            self.other.transport.resume_reading()


class Relay:
    """Passes the connections to a socket on to an address, from now until `close`.

    Args:
        listener: a listening socket.
        host, port: where they go; the name is looked up for each.
        loop: where it runs.
    """

    def __init__(self, listener: socket.socket, host: str, port: int, loop: asyncio.AbstractEventLoop) -> None:
        self._listener, self._host, self._port, self._loop = listener, host, port, loop
        self.transports: set[asyncio.Transport] = set()
        self._tasks: set[asyncio.Task[Any]] = set()
        listener.setblocking(False)
        loop.call_soon_threadsafe(loop.add_reader, listener, self._accept)

    def close(self) -> None:
        """Cut every connection; called on the loop."""
        self._loop.remove_reader(self._listener)
        self._listener.close()
        for task in self._tasks:
            task.cancel()
        for transport in list(self.transports):
            transport.abort()

    def _accept(self) -> None:
        try:
            connection, _ = self._listener.accept()
        except OSError:
            return
        task = self._loop.create_task(self._connect(connection))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _connect(self, connection: socket.socket) -> None:
        """Connect to where it goes first: whoever cannot be reached there is not taken in here."""
        try:
            _, there = await self._loop.create_connection(lambda: _Side(self), self._host, self._port)
        except BaseException as error:
            connection.close()
            if isinstance(error, OSError):
                return
            raise
        # What the other side sends at once waits until there is somebody to give it to.
        there.transport.pause_reading()
        _, here = await self._loop.connect_accepted_socket(lambda: _Side(self, there), connection)
        there.other = here
        there.transport.resume_reading()
