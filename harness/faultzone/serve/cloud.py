"""A cloud behind an endpoint: one that can be made anew, in another shape, while its address stays."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from faultzone.api.ecs import ECS
from faultzone.backends import TEST_KEYS
from faultzone.backends.local import LocalBackend, account_ids
from faultzone.backends.options import CloudOptions, local_backend
from faultzone.control.cloud import describe
from faultzone.control.hosted import VERBS
from faultzone.errors import UsageError

if TYPE_CHECKING:
    from faultzone.serve import Endpoint


class Hosted:
    """A backend whose cloud the control verb `reset` replaces by a fresh one.

    Args:
        options: what `CloudOptions.of` takes; a reset starts from them again.

    Raises:
        UsageError: a cloud that cannot be, or has more accounts than there are key pairs.
    """

    outlives_tests = True

    def __init__(self, **options: Any) -> None:
        self._options = options
        self._lock = threading.Lock()
        self._take(self._made({}))

    def _made(self, arguments: Mapping[str, object]) -> LocalBackend:
        options = CloudOptions.of(**{**self._options, **arguments})
        if options.accounts not in range(1, len(TEST_KEYS) + 1):
            raise UsageError.expected_whole("accounts", options.accounts, 1, len(TEST_KEYS))
        return local_backend(options)

    def _take(self, cloud: LocalBackend) -> None:
        self.inner = cloud
        self.name, self.capabilities, self.journal = cloud.name, cloud.capabilities, cloud.journal

    @property
    def delaying(self) -> bool:
        """Whether a fault delays calls."""
        return self.inner.delaying

    def call(
        self, action: str, parameters: Mapping[str, object], *, product: str = ECS, account: str | None = None
    ) -> dict[str, Any]:
        """Answer one action."""
        return self.inner.call(action, parameters, product=product, account=account)

    def control(self, verb: str, arguments: Mapping[str, object]) -> dict[str, Any]:
        """Do what only a harness may do; `reset` makes the cloud anew.

        Raises:
            UsageError: a reset to something that cannot be; the cloud stays as it was.
        """
        own = VERBS.get(verb)
        if own is not None:
            return own.run(self, arguments)
        answer = self.inner.control(verb, arguments)
        return answer | describe(VERBS) if verb == "verbs" else answer

    def reset(self, options: Mapping[str, object]) -> dict[str, Any]:
        """Make the cloud anew.

        Raises:
            UsageError: it cannot be of this shape; the cloud stays as it was.
        """
        fresh = self._made(options)
        with self._lock:
            before = self.inner
            fresh.journal.ignored = before.journal.ignored  # They are of whoever calls the endpoint.
            self._take(fresh)
        before.close()
        return fresh.control("shape", {})

    def close(self) -> None:
        """End the cloud."""
        self.inner.close()


def endpoint(
    cloud: Hosted,
    *,
    port: int = 0,
    key: Sequence[str] = TEST_KEYS[0],
    sts: Sequence[str] | None = None,
    token: str | None = None,
    allow_hosts: Sequence[str] = (),
) -> Endpoint:
    """Serve a hosted cloud on loopback.

    Args:
        port: 0 for any that is free.
        key: the id and secret of the first account's key pair, testid and testsecret when left out; the others have
            testid2 and testsecret2, and so on, for as many accounts as a reset may make.
        sts: the id, secret and token of a temporary key that the first account has besides.
        token: what the control routes ask for; random when left out.
        allow_hosts: names that requests may call the endpoint by, besides those of loopback and of the cloud.

    Raises:
        UsageError: one of `allow_hosts` is no name of a host, a key's id belongs to another, no header carries the
            token, or the port cannot be listened on.
    """
    from faultzone.serve import Credential, Keyring, serve

    if token and (not token.isascii() or not token.isprintable() or " " in token):
        raise UsageError("token: expected printable ASCII without spaces, as a header carries it")
    key_id, secret = key
    pairs = ((key_id, secret), *TEST_KEYS[1:])
    if (sts is not None and sts[0] == key_id) or {key_id, *(sts or ())[:1]} & {each for each, _ in TEST_KEYS[1:]}:
        raise UsageError(
            "keys: expected a different ID for each key pair; further accounts have testid2, testid3 and so on"
        )
    accounts = account_ids(len(pairs))
    keyring = Keyring([Credential(*pair, account) for pair, account in zip(pairs, accounts, strict=True)])
    if sts is not None:
        key_id, secret, session = sts
        keyring.add(Credential(key_id, secret, accounts[0], token=session))
    try:
        return serve(cloud, keyring, port=port, token=token, allow_hosts=allow_hosts)
    except OSError as error:
        raise UsageError(f"port={port}: cannot listen there: {error.strerror or error}") from None


def wait_for_interrupt() -> None:
    """Wait until the process is interrupted or told to end."""
    import signal
    import socket

    # An event would not do. Handlers run between two instructions of this thread: a signal just before it sleeps would
    # be noticed when the next one comes, and the handler would wait for ever for the event's lock if that is held.
    awaited, wakes = socket.socketpair()
    with awaited, wakes:
        wakes.setblocking(False)
        before = signal.set_wakeup_fd(wakes.fileno(), warn_on_full_buffer=False)
        try:
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, lambda *_: None)
            awaited.recv(1)
        finally:
            signal.set_wakeup_fd(before)
