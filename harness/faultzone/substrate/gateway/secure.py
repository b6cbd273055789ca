"""A port that serves both TLS and plain HTTP: the first byte tells which."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from contextlib import suppress
from typing import Final, Protocol

from faultzone.listen.secure import HANDSHAKE

_PIECE: Final = 1 << 16


class Speaker(Protocol):
    """What takes in the plain bytes of a connection."""

    def data(self, data: bytes) -> None:
        """Bytes have come."""
        ...

    def ended(self) -> None:
        """No more bytes will come."""
        ...

    def closed(self) -> None:
        """The connection is gone."""
        ...


#: Makes what takes in plain bytes, from what sends bytes and what ends the connection.
Speakers = Callable[[Callable[[bytes], None], Callable[[], None]], Speaker]


class Door:
    """A connection of which the first byte tells whether it is TLS.

    Args:
        context: the certificate that is shown.
        inside: makes what takes in the plain bytes.
        send: sends bytes.
        end: ends the connection, once all is sent.
    """

    def __init__(
        self, context: ssl.SSLContext, inside: Speakers, send: Callable[[bytes], None], end: Callable[[], None]
    ) -> None:
        self._context, self._make, self._send, self._end = context, inside, send, end
        self._inside: Speaker | None = None
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls: ssl.SSLObject | None = None

    def data(self, data: bytes) -> None:
        """Bytes have come."""
        if self._inside is None and data:
            if data[0] == HANDSHAKE:
                self._tls = self._context.wrap_bio(self._in, self._out, server_side=True)
                self._inside = self._make(self._encrypt, self._finish)
            else:
                self._inside = self._make(self._send, self._end)
        if self._tls is None:
            if self._inside is not None:
                self._inside.data(data)
            return
        self._in.write(data)
        self._decrypt(self._tls)

    def _decrypt(self, tls: ssl.SSLObject) -> None:
        assert self._inside is not None
        try:
            # The handshake goes on by itself while there is nothing else to read.
            while plain := tls.read(_PIECE):
                self._inside.data(plain)
            self._inside.ended()
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLError:
            self._flush()
            self._inside.closed()
            self._end()
        self._flush()

    def _encrypt(self, data: bytes) -> None:
        assert self._tls is not None
        self._tls.write(data)
        self._flush()

    def _finish(self) -> None:
        """Say goodbye, without waiting for the other's."""
        assert self._tls is not None
        with suppress(ssl.SSLError):
            self._tls.unwrap()
        self._flush()
        self._end()

    def _flush(self) -> None:
        if data := self._out.read():
            self._send(data)

    def ended(self) -> None:
        """No more bytes will come."""
        if self._inside is None:
            self._end()
        else:
            self._inside.ended()

    def closed(self) -> None:
        """The connection is gone."""
        if self._inside is not None:
            self._inside.closed()
