"""A port that serves both TLS and plain HTTP: the first byte tells which. And who vouches for the names served."""

from __future__ import annotations

import os
import ssl
from collections.abc import Callable
from contextlib import ExitStack, suppress
from typing import Final, Protocol

import trustme

#: The first byte of a TLS connection.
_HANDSHAKE: Final = 0x16
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


class Authority:
    """A certificate authority of its own, and a certificate for the names under which the server is found.

    Args:
        names: host names, with wildcards, and addresses.
    """

    def __init__(self, names: tuple[str, ...]) -> None:
        authority = trustme.CA()
        #: The authority's certificate, in PEM, for whoever is to trust it.
        self.certificate = authority.cert_pem.bytes().decode()
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        _load(self.context, authority.issue_cert(*names).private_key_and_cert_chain_pem.bytes())


def _load(context: ssl.SSLContext, pem: bytes) -> None:
    """Let a context show a certificate. Its private key is in no file, which would stay if this process was killed."""
    with ExitStack() as open_:
        paths = []
        for _ in range(2):  # One is read for the certificate, the other for the key.
            reading, writing = os.pipe()
            open_.callback(os.close, reading)
            with os.fdopen(writing, "wb") as file:
                file.write(pem)
            paths.append(f"/dev/fd/{reading}")
        context.load_cert_chain(*paths)


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
            if data[0] == _HANDSHAKE:
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
