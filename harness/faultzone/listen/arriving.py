"""What has arrived of one request, while its parser goes on."""

from __future__ import annotations


class Stop(Exception):
    """Ends the parsing: a refusal has been queued, or nothing more is to be read."""


class Head:
    """What has arrived of one request."""

    __slots__ = ("body", "chunks", "expects", "fields", "headers", "hosts", "method", "path", "query", "size", "url")

    def __init__(self) -> None:
        self.url, self.body = bytearray(), bytearray()
        self.headers: dict[str, str] = {}
        self.fields = self.size = self.hosts = self.chunks = 0
        self.expects = False
        self.method = self.path = ""
        self.query = b""
