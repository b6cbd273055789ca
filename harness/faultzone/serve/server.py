"""An endpoint: a backend on a socket."""

from __future__ import annotations

import secrets
import socket
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict
from functools import partial
from types import TracebackType
from typing import Self

from faultzone.backends import Backend, Doors, key_pairs
from faultzone.backends.foreign import complete
from faultzone.errors import FaultzoneError
from faultzone.listen import Application, Authority, Hosts, Listener, bind
from faultzone.listen.limits import REQUEST_SECONDS
from faultzone.serve.application import Application as Answering
from faultzone.serve.application import Refusal
from faultzone.serve.control import Control
from faultzone.serve.signatures import Credential, Keyring, Verifier


def _role_credential(backend: Backend, access_key_id: str) -> Credential | None:
    """The credential of the RAM role of an instance, which the metadata service gave; None where there is none."""
    try:
        key = backend.control("role-key", {"access_key_id": access_key_id})["key"]
    except FaultzoneError:  # A backend that does not know the verb knows no such key either.
        return None
    if key is None:
        return None
    return Credential(access_key_id, key["secret"], key["account"], token=key["token"], ended=key["ended"])


def _settings(keyring: Keyring, host: str, region: str) -> dict[str, str]:
    """The settings of clients for the first key pair of an endpoint; none where it has no key."""
    from faultzone.serve.settings import all_texts

    first = keyring.first()
    return {} if first is None else all_texts(host, (first.access_key_id, first.secret), region)


class Endpoint:
    """A backend on a socket, from `serve` until `close`; a context manager.

    Attributes:
        host: the address it listens on.
        port: the port it listens on.
        url: what clients are given, `http://127.0.0.1:54321`.
        token: what the control routes ask for.
        authority: vouches for it to whoever speaks TLS, on the same port.
    """

    def __init__(
        self,
        backend: Backend,
        keyring: Keyring,
        *,
        listener: socket.socket,
        token: str,
        authority: Authority,
        log: Callable[[Refusal], None] | None,
        watch: Callable[[str], None] | None,
        now: Callable[[], float],
        request_seconds: float,
        allow_hosts: Sequence[str],
    ) -> None:
        self.host, self.port = listener.getsockname()[:2]
        self.token, self.authority = token, authority
        host_id = f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"
        self.url = f"http://{host_id}"
        verifier = Verifier(keyring, now, temporary=partial(_role_credential, backend))
        control = Control(backend, token, authority, partial(_settings, keyring, host_id))
        self._answering = Answering(backend, verifier, control, host_id, log)
        self._application: Application = self._answering
        if watch is not None:
            from faultzone.serve.watched import Watched

            self._application = Watched(self._application, watch)
        self._names, self._seconds = allow_hosts, request_seconds
        self._listener = self.listen(listener)

    def __repr__(self) -> str:
        return f"Endpoint({self.url!r}{', closed' if self._listener.closed else ''})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def is_busy(self) -> bool:
        """Whether it is answering a call, which a fault delays or which takes long."""
        return self._answering.under_way > 0

    def listen(self, listener: socket.socket) -> Listener:
        """Answer on another bound socket too, until what is returned is closed."""
        hosts = Hosts(listener.getsockname()[1], self._names)
        return Listener(self._application, listener, hosts, self._seconds, self.authority)

    def close(self) -> None:
        """Close the socket and every connection; the port is free afterwards. Closing twice does nothing. A fork closes
        its copy of the socket alone: the endpoint is its parent's."""
        self._listener.close()


def serve_backend(
    backend: Doors,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    token: str | None = None,
    key: tuple[str, str] | None = None,
    log: Callable[[Refusal], None] | None = None,
    allow_hosts: Sequence[str] = (),
) -> Endpoint:
    """Put a backend on a socket, with a key pair for each of its accounts.

    The first account has `key`, or else `testid` and `testsecret`; the second `testid2` and `testsecret2`, and so on.
    The other arguments are those of `serve`.

    Raises:
        OSError: the address cannot be listened on.
        NotSupported: the backend does not list its accounts.
    """
    accounts: Sequence[str] = backend.control("shape", {})["accounts"]
    first, *others = key_pairs(len(accounts))
    pairs = [key or first, *others]
    keyring = Keyring([Credential(*pair, account) for pair, account in zip(pairs, accounts, strict=True)])
    return serve(backend, keyring, host=host, port=port, token=token, log=log, allow_hosts=allow_hosts)


def serve(
    backend: Doors,
    keyring: Keyring,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    token: str | None = None,
    log: Callable[[Refusal], None] | None = None,
    watch: Callable[[str], None] | None = None,
    now: Callable[[], float] = time.time,
    request_seconds: float = REQUEST_SECONDS,
    allow_hosts: Sequence[str] = (),
    authority: Authority | None = None,
) -> Endpoint:
    """Put a backend on a socket.

    Args:
        backend: what answers.
        keyring: who may sign; changes take effect at once.
        host: the address to listen on; other machines can reach any other than loopback.
        port: the port, 0 for any that is free.
        token: what the control routes ask for; a random one when left out.
        log: called with each request that is refused before the backend sees it, on the serving thread; left
            out, it is noted in the journal of the backend.
        watch: called with a line for each request, once it is answered, on the serving thread.
        now: the wall clock that signatures are judged by, in seconds since the epoch.
        request_seconds: how long a request may take to arrive whole.
        allow_hosts: names that requests may call the endpoint by, besides those of loopback and of the cloud, `host`
            and the address that a connection comes to.
        authority: vouches for it to whoever speaks TLS; one for this endpoint alone when left out.

    Raises:
        OSError: the address cannot be listened on.
        UsageError: one of `allow_hosts` is no name of a host.
    """
    names = allow_hosts if _is_any(host) else (*allow_hosts, host)
    served = complete(backend, type(backend).__name__)
    listener = bind(host, port)
    # A backend of this process wants to know whose calls its faults can be aimed at.
    if (keyrings := getattr(backend, "keyrings", None)) is not None:
        keyrings.append(keyring.ids)
    try:
        return Endpoint(
            served,
            keyring,
            listener=listener,
            token=token or secrets.token_urlsafe(),
            authority=authority or Authority(),
            log=log or partial(_note, served),
            watch=watch,
            now=now,
            request_seconds=request_seconds,
            allow_hosts=names,
        )
    except BaseException:
        listener.close()
        raise


def _note(backend: Backend, refused: Refusal) -> None:
    """Note a refusal in the journal of a backend, if it lets others do so."""
    with suppress(FaultzoneError):
        backend.control("note", {"kind": "refusal", "data": {"edge": True, **asdict(refused)}})


def _is_any(host: str) -> bool:
    """Whether this is the address of all interfaces, which is no name that a request has."""
    return host in ("", "0.0.0.0", "::")
