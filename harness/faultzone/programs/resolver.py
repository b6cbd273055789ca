"""A resolver of host names: what a program asks for that has no line in /etc/hosts, and what it asked for in vain."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Mapping
from typing import Final

from faultzone.api.products import DOMAIN

_A: Final = 1
_NO_SUCH_NAME: Final = 3
_SECONDS: Final = 60
#: How many names are remembered that were asked for in vain.
_REMEMBERED: Final = 1_000


class Resolver:
    """Answers questions of DNS on a socket: each name of the cloud is loopback, and of others only those given.

    Args:
        listener: a bound socket of UDP.
        names: further names, each with its address.
        loop: where it runs.

    Attributes:
        refused: the names that it was asked for in vain.
    """

    def __init__(self, listener: socket.socket, names: Mapping[str, str], loop: asyncio.AbstractEventLoop) -> None:
        self._listener, self._names, self._loop = listener, names, loop
        self.refused: dict[str, None] = {}
        listener.setblocking(False)
        loop.call_soon_threadsafe(loop.add_reader, listener, self._read)

    def close(self) -> None:
        """Answer no more; called on the loop."""
        self._loop.remove_reader(self._listener)
        self._listener.close()

    def _read(self) -> None:
        try:
            data, sender = self._listener.recvfrom(4096)
            answer = self._answer(data)
            if answer:
                self._listener.sendto(answer, sender)
        except OSError:  # Nobody waits for the answer.
            pass

    def _answer(self, data: bytes) -> bytes:
        """The answer to a question; empty for what is none."""
        if len(data) < 12 or data[2] & 0x80:
            return b""
        labels, at = [], 12
        while at < len(data) and (size := data[at]):
            labels.append(data[at + 1 : at + 1 + size].decode("latin-1").lower())
            at += 1 + size
        if at + 5 > len(data):
            return b""
        name, kind = ".".join(labels), struct.unpack_from(">H", data, at + 1)[0]
        address = self._address(name)
        status, answers = (0, b"") if address else (_NO_SUCH_NAME, b"")
        if address and kind == _A:
            answers = struct.pack(">HHHIH", 0xC00C, _A, 1, _SECONDS, 4) + socket.inet_aton(address)
        flags = 0x8400 | (data[2] & 0x01) << 8 | 0x80 | status
        head = data[:2] + struct.pack(">HHHHH", flags, 1, bool(answers), 0, 0)
        return head + data[12 : at + 5] + answers

    def _address(self, name: str) -> str | None:
        if name.endswith(DOMAIN) or name == "localhost":
            return "127.0.0.1"
        found = self._names.get(name)
        if found is None and len(self.refused) < _REMEMBERED:
            self.refused[name] = None
        return found
