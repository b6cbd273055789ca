"""A port that serves both TLS and plain HTTP: the first byte of a connection tells which.

TLS is spoken here, over bytes in memory, and not by the loop: it is the same on every loop, takes less time than that
of asyncio, and can begin in the middle of a connection, as behind a CONNECT.
"""

from __future__ import annotations

import asyncio
import ssl
from contextlib import suppress
from typing import Any, Final, cast

from faultzone.listen.shared import Shared

#: The first byte of a TLS connection.
HANDSHAKE: Final = 0x16
#: How OpenSSL names the alerts by which a client says that it does not trust a certificate.
_DISTRUST: Final = ("UNKNOWN_CA", "CERTIFICATE_UNKNOWN", "BAD_CERTIFICATE")
#: And the one by which it says that the certificate is out of date.
_EXPIRED: Final = "CERTIFICATE_EXPIRED"


class Door(asyncio.BufferedProtocol):
    """A connection of which nothing has arrived yet.

    Args:
        tunnel: the host that a CONNECT before this one asked for.
    """

    def __init__(self, shared: Shared, tunnel: str | None = None) -> None:
        self._shared, self._tunnel = shared, tunnel
        self._transport: asyncio.Transport = cast("asyncio.Transport", None)
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Wait for the first byte, but not for ever."""
        self._transport = cast("asyncio.Transport", transport)
        if self._shared.closed:
            self._transport.abort()
            return
        self._shared.connections.add(self)
        self._timer = self._shared.loop.call_later(self._shared.seconds, transport.close)

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no longer."""
        self._leave()

    def get_buffer(self, sizehint: int) -> memoryview:
        """Where what arrives is put."""
        return self._shared.buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Give the connection to what speaks its protocol."""
        self._leave()
        connection = self._shared.connect(self._tunnel)
        context = self._shared.context if self._shared.buffer[0] == HANDSHAKE else None
        speaker: asyncio.BufferedProtocol = connection
        if context is not None:
            speaker = Secured(self._shared, context, connection)
        self._transport.set_protocol(speaker)
        speaker.connection_made(self._transport)
        speaker.buffer_updated(nbytes)

    def eof_received(self) -> bool:
        """End it: nothing was asked."""
        return False

    def abort(self) -> None:
        """Cut the connection."""
        self._transport.abort()

    def _leave(self) -> None:
        self._shared.connections.discard(self)
        if self._timer is not None:
            self._timer.cancel()


class Secured(asyncio.Transport, asyncio.BufferedProtocol):
    """A connection that speaks TLS: a protocol to the socket's transport, and a transport to what is inside.

    Args:
        context: what is shown.
        inside: takes in what is decrypted.
    """

    def __init__(self, shared: Shared, context: ssl.SSLContext, inside: asyncio.BufferedProtocol) -> None:
        super().__init__()
        self._shared, self._inside = shared, inside
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._in, self._out, server_side=True)
        self._raw: asyncio.Transport = cast("asyncio.Transport", None)
        self._closed = self._greeted = False

    # To the socket's transport.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._raw = cast("asyncio.Transport", transport)
        self._inside.connection_made(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Pass it on."""
        self._closed = True
        self._inside.connection_lost(exc)

    def get_buffer(self, sizehint: int) -> memoryview:
        """Where what arrives is put, before it is decrypted."""
        return self._shared.buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Decrypt what has arrived; the handshake goes on by itself while there is nothing else to read."""
        buffer = self._shared.buffer
        self._in.write(buffer[:nbytes])
        try:
            while not self._closed:
                # At most what one reading of the socket brought: so what is inside is given little after it has paused.
                count = self._tls.read(len(buffer), buffer)
                if not count:
                    self._end()
                    break
                self._greeted = True
                self._inside.buffer_updated(cast("int", count))
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLError as error:
            self._fail(error)
        self._flush()

    def eof_received(self) -> bool:
        """Pass it on: some clients end the connection without a goodbye, and read ours."""
        if self._inside.eof_received():
            return True
        self.write_eof()
        return False

    def pause_writing(self) -> None:
        """Pass it on."""
        self._inside.pause_writing()

    def resume_writing(self) -> None:
        """Pass it on."""
        self._inside.resume_writing()

    def _end(self) -> None:
        if not self._inside.eof_received():
            self.close()

    def _fail(self, error: ssl.SSLError) -> None:
        reason = error.reason or "unknown"
        if _EXPIRED in reason:
            self._shared.tell("the client's clock says that the certificate of this server has expired")
        elif any(each in reason for each in _DISTRUST):
            self._shared.tell("the client does not trust the certificate of this server's authority")
        elif not self._greeted:
            self._shared.tell(f"the handshake failed: {reason.lower().replace('_', ' ')}")
        self._flush()
        self._closed = True
        self._raw.close()

    def _flush(self) -> None:
        if self._out.pending and not self._raw.is_closing():
            self._raw.write(self._out.read())

    # To what is inside.

    def write(self, data: Any) -> None:
        """Encrypt and send."""
        rest = memoryview(data)
        try:
            while rest and not self._closed:
                rest = rest[self._tls.write(rest) :]
        except ssl.SSLError:
            self.abort()
        self._flush()

    def can_write_eof(self) -> bool:
        """A goodbye says that no more will come."""
        return True

    def write_eof(self) -> None:
        """Say goodbye, without waiting for the other's."""
        with suppress(ssl.SSLError):
            self._tls.unwrap()
        self._flush()

    def close(self) -> None:
        """Say goodbye, and end the connection once all is sent."""
        if not self._closed:
            self._closed = True
            self.write_eof()
            self._raw.close()

    def abort(self) -> None:
        """Cut the connection."""
        self._closed = True
        self._raw.abort()

    def is_closing(self) -> bool:
        """Whether it is ending."""
        return self._closed or self._raw.is_closing()

    def pause_reading(self) -> None:
        """Read nothing more from the socket."""
        self._raw.pause_reading()

    def resume_reading(self) -> None:
        """Read from the socket again."""
        self._raw.resume_reading()

    def get_write_buffer_size(self) -> int:
        """How many bytes wait to be sent."""
        return self._raw.get_write_buffer_size()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """What is known of the socket."""
        return self._raw.get_extra_info(name, default)
