"""What answers a program in the cloud's place: an endpoint of this process, or one elsewhere."""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self
from urllib.parse import urlsplit

from faultzone.errors import UsageError
from faultzone.listen import Hosts, Listener
from faultzone.listen.server import Loop
from faultzone.programs.names import METADATA
from faultzone.programs.passed import Passed
from faultzone.programs.relay import Relay
from faultzone.programs.resolver import Resolver
from faultzone.serve.control import CERTIFICATE
from faultzone.serve.metadata import NoInstance

if TYPE_CHECKING:
    from faultzone.listen import Application
    from faultzone.serve import Endpoint

_SECONDS: Final = 10.0
_BEGINS: Final = "-----BEGIN CERTIFICATE-----"
#: What an endpoint without the extra `tls` answers to whoever asks for its certificate.
_NOT_SUPPORTED: Final = 501


class Place:
    """What answers a program in the cloud's place, from now until `close`.

    A context manager.

    Args:
        endpoint: one of this process, or the URL of another.
        metadata: answers at the address of the metadata service; left out, nobody is there.
        regions: the ids of its regions.

    Attributes:
        certificate: that of the authority that vouches for it, in PEM.

    Raises:
        NotSupported: the extra `tls` is not installed.
        UsageError: nothing answers at the URL, or it speaks no TLS.
    """

    def __init__(
        self, endpoint: Endpoint | str, metadata: Application | None = None, regions: Sequence[str] = ()
    ) -> None:
        self._endpoint, self._metadata, self.regions = endpoint, metadata or NoInstance(), regions
        self.certificate = _certificate(endpoint) if isinstance(endpoint, str) else endpoint.authority.certificate
        self._ends: list[Callable[[], None]] = []
        self._resolver: Resolver | None = None

    @property
    def refused(self) -> list[str]:
        """The names of hosts that the program asked for and may not reach."""
        return [] if self._resolver is None else list(self._resolver.refused)

    def serve(self, sockets: Sequence[socket.socket], passed: Passed) -> None:
        """Answer on sockets: two of the cloud, that of metadata, that of names, and those that lead elsewhere."""
        secure, plain, metadata, names, *others = sockets
        served = Loop.current()
        for each in (secure, plain):
            if isinstance(self._endpoint, str):
                parts = urlsplit(self._endpoint)
                self._add(Relay(each, str(parts.hostname), parts.port or 80, served.loop).close)
            else:
                self._ends.append(self._endpoint.listen(each).close)
        self._ends.append(Listener(self._metadata, metadata, Hosts(80, [METADATA])).close)
        self._resolver = Resolver(names, passed.names, served.loop)
        self._add(self._resolver.close)
        for each, (host, port) in zip(others, passed.targets, strict=True):
            self._add(Relay(each, host, port, served.loop).close)

    def _add(self, end: Callable[[], None]) -> None:
        self._ends.append(lambda: Loop.current().call(end))

    def proxy(self, passed: Passed) -> dict[str, str]:
        """The variables by which a program takes it for its proxy."""
        url = self._endpoint if isinstance(self._endpoint, str) else self._endpoint.url
        direct = ",".join(dict.fromkeys(["localhost", "127.0.0.1", "::1", *passed.names]))
        found = {}
        for name, value in (("http_proxy", url), ("https_proxy", url), ("no_proxy", direct)):
            found[name] = found[name.upper()] = value
        # Node reads the others since 24, where this is set.
        return found | {"NODE_USE_ENV_PROXY": "1"}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Answer no more."""
        while self._ends:
            self._ends.pop()()


def _certificate(url: str) -> str:
    """The certificate of the authority of an endpoint elsewhere."""
    from http.client import HTTPException
    from urllib.error import HTTPError
    from urllib.request import ProxyHandler, build_opener

    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - it is read, and may be no number
    except ValueError:
        parts = urlsplit("")
    if parts.scheme != "http" or not parts.hostname:
        raise UsageError.expected("endpoint", url, "the URL that `faultzone up` prints, such as http://127.0.0.1:8080")
    try:
        with build_opener(ProxyHandler({})).open(url.rstrip("/") + CERTIFICATE, timeout=_SECONDS) as answer:
            found = str(answer.read(1 << 16).decode())
            if not found.startswith(_BEGINS):
                raise ValueError("what answers there is another server")
            return found
    except HTTPError as error:
        error.close()
        if error.code != _NOT_SUPPORTED:
            raise UsageError.expected("endpoint", url, f"the URL of `faultzone up`; it answers {error.code}") from None
        raise UsageError(
            f"endpoint={url!r}: it speaks no TLS; start `faultzone up` there with the extra: "
            "pip install 'pytest-faultzone[tls]'"
        ) from None
    except (OSError, HTTPException, ValueError) as error:
        reason = getattr(error, "reason", error)
        raise UsageError.expected("endpoint", url, f"the URL of an endpoint that answers; {reason}") from None
