"""The metadata service of one instance on a socket, for a program that takes its address."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

from faultzone.errors import FaultzoneError
from faultzone.listen import Hosts, Listener, Refused, Request, bind, head

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any


class _Controlled(Protocol):
    """What is asked: a backend, by its control verbs."""

    def control(self, verb: str, arguments: Mapping[str, object]) -> dict[str, Any]: ...


class _Answer(NamedTuple):
    status: int
    body: bytes

    def head(self, *, close: bool) -> bytes:
        """The status line and the headers."""
        return head(self.status, [("Content-Type", "text/plain; charset=utf-8")], len(self.body), close=close)


class MetadataService:
    """Answers the requests to one instance's service."""

    gives_up = False

    def __init__(self, backend: _Controlled, instance: str) -> None:
        self._backend, self._instance = backend, instance

    def answer(self, request: Request) -> _Answer:
        """What the instance would be answered now; 503 while it is not up."""
        asked = {
            "instance": self._instance,
            "path": request.path,
            "method": request.method,
            "headers": dict(request.headers),
        }
        try:
            told = self._backend.control("metadata", asked)
        except FaultzoneError as error:
            return _Answer(503, str(error).encode())
        body = (told["text"] or "404 - Not Found").encode("utf-8", "replace")
        return _Answer(told["status"], b"" if request.method == "HEAD" else body)

    def refuse(self, refused: Refused) -> _Answer:
        """The answer to what is no request that can be read."""
        return _Answer(refused.status, f"The {refused.what} cannot be served: {refused.why}.".encode())


class NoInstance:
    """Answers a program that asks for metadata and is on no instance."""

    gives_up = False

    def answer(self, request: Request) -> _Answer:
        """There is none."""
        return _Answer(404, b"This program is on no instance: run it with --instance, or with instance=... in a test.")

    def refuse(self, refused: Refused) -> _Answer:
        """The answer to what is no request that can be read."""
        return _Answer(refused.status, b"")


class MetadataEndpoint:
    """The metadata service of an instance on a port of loopback, until `close`.

    Args:
        backend: of the region.
        instance: the ID of the instance.

    Attributes:
        url: what takes the place of `http://100.100.100.200`.
    """

    def __init__(self, backend: _Controlled, instance: str) -> None:
        socket = bind("127.0.0.1", 0)
        port = socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        hosts = Hosts(port, ["100.100.100.200"])
        self._listener = Listener(MetadataService(backend, instance), socket, hosts)

    def close(self) -> None:
        """Close the socket and every connection."""
        self._listener.close()
