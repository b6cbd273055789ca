"""The agent's side of its server: requests over one connection that is kept, and the websocket that wakes it."""

from __future__ import annotations

import base64
import http.client
import os
import select
import socket
import struct
from collections.abc import Iterator
from typing import Final
from urllib.parse import urlencode

_PATIENCE_SECONDS: Final = 5.0
_TEXT, _CLOSE, _PING, _PONG = 1, 8, 9, 10


class Server:
    """The server of an instance's agent.

    Args:
        address: its name and port.
        headers: what every request carries.
    """

    def __init__(self, address: tuple[str, int], headers: dict[str, str]) -> None:
        self._address, self._headers = address, headers
        self._connection = http.client.HTTPConnection(*address, timeout=_PATIENCE_SECONDS)

    def ask(self, method: str, path: str, query: dict[str, object], body: bytes = b"") -> bytes | None:
        """What is answered; None where nothing is, or that it went wrong, so that it may be asked again."""
        target = f"{path}?{urlencode(query)}" if query else path
        # A connection that was kept may be closed by now, which shows when it is used.
        for _ in range(2):
            fresh = self._connection.sock is None
            try:
                if fresh:
                    self._connection.sock = self._connect()
                self._connection.request(method, target, body, self._headers)
                answer = self._connection.getresponse()
                said = answer.read()
            except (OSError, http.client.HTTPException):
                self._connection.close()
                if fresh:
                    return None
            else:
                return said if answer.status <= 400 else None
        return None

    def _connect(self) -> socket.socket:
        """A connection. The address is numeric, so nothing that resolves names is loaded."""
        wire = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        wire.settimeout(_PATIENCE_SECONDS)
        try:
            wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            wire.connect(self._address)
        except OSError:
            wire.close()
            raise
        return wire

    def ask_channel(self, path: str) -> socket.socket:
        """Ask for a websocket, and do not wait for the answer: see `take_channel`.

        Raises:
            OSError: the server is not there.
        """
        wire = self._connect()
        key = base64.b64encode(os.urandom(16)).decode()
        lines = [f"GET {path} HTTP/1.1", f"Host: {self._address[0]}", "Connection: Upgrade", "Upgrade: websocket"]
        lines += ["Sec-WebSocket-Version: 13", f"Sec-WebSocket-Key: {key}"]
        lines += [f"{name}: {value}" for name, value in self._headers.items()]
        try:
            wire.sendall("\r\n".join([*lines, "", ""]).encode())
        except OSError:
            wire.close()
            raise
        return wire

    def take_channel(self, wire: socket.socket) -> Channel:
        """The websocket that was asked for.

        Raises:
            OSError: the server does not take it.
        """
        try:
            head = b""
            while b"\r\n\r\n" not in head:
                said = wire.recv(4096)
                if not said:
                    raise OSError("the server closed the connection")
                head += said
            if not head.startswith(b"HTTP/1.1 101"):
                raise OSError(head.splitlines()[0].decode("latin-1"))
        except OSError:
            wire.close()
            raise
        return Channel(wire, head.partition(b"\r\n\r\n")[2])


class Channel:
    """A websocket, at the client's end."""

    def __init__(self, wire: socket.socket, rest: bytes) -> None:
        self._wire, self._input = wire, bytearray(rest)

    def fileno(self) -> int:
        """The file to poll."""
        return self._wire.fileno()

    def hear(self) -> list[str]:
        """The messages that have come.

        Raises:
            OSError: it has ended.
        """
        while select.select([self._wire], [], [], 0)[0]:
            data = self._wire.recv(1 << 16)
            if not data:
                raise OSError("the server closed the channel")
            self._input += data
        return list(self._messages())

    def _messages(self) -> Iterator[str]:
        while (frame := self._frame()) is not None:
            kind, payload = frame
            if kind == _CLOSE:
                raise OSError("the server closed the channel")
            if kind == _PING:
                self._send(_PONG, payload)
            elif kind == _TEXT:
                yield payload.decode("utf-8", "replace")

    def _frame(self) -> tuple[int, bytes] | None:
        """The first frame that is complete; the server's are short, whole and not masked."""
        if len(self._input) < 2:
            return None
        size, begin = self._input[1] & 0x7F, 2
        if size == 126:
            if len(self._input) < 4:
                return None
            size, begin = struct.unpack_from("!H", self._input, 2)[0], 4
        if len(self._input) < begin + size:
            return None
        kind, payload = self._input[0] & 0x0F, bytes(self._input[begin : begin + size])
        del self._input[: begin + size]
        return kind, payload

    def say(self, text: str) -> None:
        """Send a message.

        Raises:
            OSError: it has ended.
        """
        self._send(_TEXT, text.encode())

    def ping(self) -> None:
        """Show that this end is there.

        Raises:
            OSError: it has ended.
        """
        self._send(_PING, b"keepalive")

    def _send(self, kind: int, payload: bytes) -> None:
        mask = os.urandom(4)
        size = struct.pack("!B", 0x80 | len(payload)) if len(payload) < 126 else struct.pack("!BH", 0xFE, len(payload))
        masked = bytes(each ^ mask[place % 4] for place, each in enumerate(payload))
        self._wire.sendall(bytes([0x80 | kind]) + size + mask + masked)

    def close(self) -> None:
        """End it."""
        self._wire.close()
