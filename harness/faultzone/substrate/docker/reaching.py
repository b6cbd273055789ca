"""Ports of instances that the session reaches, though their network has no way out; from any thread."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from faultzone.errors import HarnessError, UsageError
from faultzone.substrate.docker.agent.streams import Stream, User
from faultzone.substrate.docker.links import Switchboard
from faultzone.substrate.docker.tunnels import Asked, Forward

#: How long the switchboard may take beyond what is waited for.
_GRACE_SECONDS: Final = 5.0

#: Opens a stream to a port of an instance; `TimeoutError` where nothing would be heard of it, `OSError` for another
#: reason.
Opener = Callable[[str, User, int], Stream]


class Reach:
    """The ways to the ports of a cloud's instances.

    Args:
        board: the thread that all streams are on.
        open_stream: see `Opener`; it is called on the thread.
    """

    def __init__(self, board: Switchboard, open_stream: Opener) -> None:
        self._board, self._open = board, open_stream
        self._forwards: dict[int, Forward] = {}

    def ask(self, instance: str, port: int, data: bytes, seconds: float) -> bytes:
        """Send bytes to a port, and give what is said there until the service ends or falls silent.

        Raises:
            ConnectionRefusedError: nothing serves at the port.
            TimeoutError: nothing is heard.
        """

        def ask(answer: Callable[[Any], None]) -> None:
            asked = Asked(self._board, answer, seconds)
            try:
                asked.stream = self._open(instance, asked, port)
            except TimeoutError:
                asked.closed("silent")
                return
            asked.stream.send(data)

        said: dict[str, Any] = self._board.ask(ask, seconds + _GRACE_SECONDS)
        if said.get("trouble") == "refused":
            raise ConnectionRefusedError(f"{instance}:{port}")
        if "trouble" in said:
            raise TimeoutError(f"{instance}:{port}")
        return bytes(said["data"])

    def forward(self, instance: str, port: int) -> tuple[str, int]:
        """Open a port here that leads to a port of an instance, wherever that instance will be; its address.

        Raises:
            HarnessError: there is no free port.
        """

        def begin(answer: Callable[[Any], None]) -> None:
            try:
                opened = Forward(self._board, lambda pump: self._open(instance, pump, port))
            except OSError as trouble:
                answer(HarnessError(f"no port can be opened: {trouble}"))
                return
            self._forwards[opened.address[1]] = opened
            answer(opened.address)

        said: tuple[str, int] | HarnessError = self._board.ask(begin, _GRACE_SECONDS)
        if isinstance(said, HarnessError):
            raise said
        return said

    def end(self, port: int) -> None:
        """Close a port that was opened, and its connections.

        Raises:
            UsageError: none was opened.
        """

        def close(answer: Callable[[Any], None]) -> None:
            found = self._forwards.pop(port, None)
            if found is not None:
                found.close()
            answer(found is not None)

        if not self._board.ask(close, _GRACE_SECONDS):
            raise UsageError(f"port={port!r}: no port was opened there")

    def close(self) -> None:
        """Close all ports; on the thread."""
        while self._forwards:
            self._forwards.popitem()[1].close()
