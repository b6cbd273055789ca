"""The socket between a host's agent and an instance: JSON lines, both ways, and neither ever waits for the other."""

from __future__ import annotations

import json
import socket
from typing import Any


class Wire:
    """One end. What cannot be written now is written when `flush` is called again."""

    def __init__(self, end: socket.socket) -> None:
        end.setblocking(False)
        self._end = end
        self._input, self._output = bytearray(), bytearray()

    def fileno(self) -> int:
        """The file to poll."""
        return self._end.fileno()

    @property
    def waits(self) -> bool:
        """Whether something is still to be written."""
        return bool(self._output)

    def say(self, message: dict[str, Any]) -> None:
        """Send a message."""
        self._output += json.dumps(message).encode() + b"\n"
        self.flush()

    def flush(self) -> None:
        """Write what can be written now; to a peer that is gone, nothing."""
        try:
            while self._output:
                del self._output[: self._end.send(self._output)]
        except (BlockingIOError, TimeoutError):
            return
        except OSError:
            self._output.clear()

    def finish(self) -> None:
        """Write what is left, at most for a second: this process ends."""
        self._end.settimeout(1)
        self.flush()

    def hear(self) -> list[dict[str, Any]] | None:
        """What has arrived; None once the peer is gone."""
        try:
            data = self._end.recv(1 << 20)
        except BlockingIOError:
            return []
        except ConnectionError:  # It has ended without having read all that it was told.
            data = b""
        if not data:
            return None
        self._input += data
        *lines, rest = bytes(self._input).split(b"\n")
        self._input = bytearray(rest)
        return [json.loads(line) for line in lines]

    def close(self) -> None:
        """Let go of it."""
        self._end.close()
