"""The metadata service of an instance, asked of the region whenever the instance asks."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from faultzone.substrate.gateway.http import Answer, Channel, Request


class MetadataServer:
    """The metadata service.

    Args:
        answer: gives the HTTP status and the text for a path, a method and headers, their names in lower case.
    """

    def __init__(self, answer: Callable[[str, str, Mapping[str, str]], tuple[int, str]]) -> None:
        self._answer = answer

    def answer(self, request: Request) -> Answer:
        """Answer a request."""
        status, text = self._answer(request.path, request.method, request.headers)
        return Answer(status, text.encode("utf-8", "replace"))

    def takes(self, request: Request) -> bool:
        """There is no websocket here."""
        return False

    def opened(self, channel: Channel) -> None:
        """Never happens."""

    def heard(self, channel: Channel, text: str) -> None:
        """Never happens."""

    def gone(self, channel: Channel) -> None:
        """Never happens."""
