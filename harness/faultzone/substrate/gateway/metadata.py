"""The metadata service of an instance, asked of the region whenever the instance asks."""

from __future__ import annotations

from collections.abc import Callable

from faultzone.substrate.gateway.http import Answer, Channel, Request


class MetadataServer:
    """The metadata service.

    Args:
        read: gives the text at a path; None where there is nothing.
    """

    def __init__(self, read: Callable[[str], str | None]) -> None:
        self._read = read

    def answer(self, request: Request) -> Answer:
        """Answer a request: the service is read, without a token, and nothing else."""
        if request.method != "GET":
            return Answer(405)
        text = self._read(request.path)
        return Answer(404, b"not found") if text is None else Answer(200, text.encode("utf-8", "replace"))

    def takes(self, request: Request) -> bool:
        """There is no websocket here."""
        return False

    def opened(self, channel: Channel) -> None:
        """Never happens."""

    def heard(self, channel: Channel, text: str) -> None:
        """Never happens."""

    def gone(self, channel: Channel) -> None:
        """Never happens."""
