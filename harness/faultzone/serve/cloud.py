"""A cloud behind an endpoint: one that can be made anew, in another shape, while its address stays."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from faultzone.api.ecs import ECS
from faultzone.backends import TEST_KEYS
from faultzone.backends.local import LocalBackend, account_ids
from faultzone.backends.options import BackendOptions, CloudOptions, docker_backend, local_backend
from faultzone.control.cloud import describe
from faultzone.control.hosted import VERBS
from faultzone.errors import UsageError
from faultzone.journal.asked import Summary

if TYPE_CHECKING:
    from faultzone.listen import Authority
    from faultzone.serve import Endpoint

_logger: Final = logging.getLogger("faultzone.serve")
#: Makes a cloud.
Make = Callable[[CloudOptions], LocalBackend]

#: How often the time of a cloud with real hosts catches up by itself, in seconds.
_TICK_SECONDS: Final = 0.2
#: How long the end waits for it to stop: it may be doing what a test or a schedule has planned.
_TICK_END_SECONDS: Final = 10.0


class Hosted:
    """A backend whose cloud the control verb `reset` replaces by a fresh one.

    The time of a cloud in memory catches up when somebody asks. What is due in one with real hosts happens at its time
    without that: its guests and whoever speaks to them would notice.

    Args:
        make: makes a cloud.
        options: what `CloudOptions.of` takes; a reset starts from them again.

    Raises:
        UsageError: a cloud that cannot be, or has more accounts than there are key pairs.
        NotSupported: it cannot be had here.
    """

    outlives_tests = True

    def __init__(self, make: Make = local_backend, **options: Any) -> None:
        self._make, self._options = make, options
        self._lock = threading.Lock()
        self._ended = threading.Event()
        #: What was asked of the clouds before this one.
        self._asked = Summary()
        #: What gives the IDs of the access keys that each endpoint of it takes; each cloud has these.
        self.keyrings: list[Callable[[], Iterable[str]]] = []
        self._take(self._made({}))
        self._ticker: threading.Thread | None = None
        if self.inner.real is not None:
            self._ticker = threading.Thread(target=self._tick, name="faultzone-time", daemon=True)
            self._ticker.start()

    def _made(self, arguments: Mapping[str, object]) -> LocalBackend:
        options = CloudOptions.of(**{**self._options, **arguments})
        if options.accounts not in range(1, len(TEST_KEYS) + 1):
            raise UsageError.expected_whole("accounts", options.accounts, 1, len(TEST_KEYS))
        return self._make(options)

    def _take(self, cloud: LocalBackend) -> None:
        self.inner, cloud.failing_calls.keyrings = cloud, self.keyrings
        self.name, self.capabilities, self.journal = cloud.name, cloud.capabilities, cloud.journal

    def _tick(self) -> None:
        """Let time catch up, until the end."""
        while not self._ended.wait(_TICK_SECONDS):
            try:
                with self.inner.locked():
                    pass
            except Exception:  # Also what was planned may go wrong.
                _logger.exception("What was due went wrong.")

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
            self._asked.take(before.journal.entries)
            fresh.journal.ignored = before.journal.ignored  # They are of whoever calls the endpoint.
            self._take(fresh)
        before.close()
        return fresh.control("shape", {})

    def summary(self) -> Summary:
        """What was asked of this cloud and of those before it."""
        told = Summary()
        told.add(self._asked)
        return told.take(self.inner.journal.entries)

    def close(self) -> None:
        """End the cloud."""
        self._ended.set()
        if self._ticker is not None:
            self._ticker.join(_TICK_END_SECONDS)
        self.inner.close()


def containers(**settings: Any) -> Make:
    """What makes a cloud whose hosts are containers.

    Args:
        settings: what the user chooses of them, as `BackendOptions.docker` has it.
    """
    return partial(docker_backend, settings=BackendOptions().docker._replace(**settings))


def endpoint(
    cloud: Hosted,
    *,
    port: int = 0,
    key: Sequence[str] = TEST_KEYS[0],
    sts: Sequence[str] | None = None,
    token: str | None = None,
    allow_hosts: Sequence[str] = (),
    watch: Callable[[str], None] | None = None,
    authority: Authority | None = None,
) -> Endpoint:
    """Serve a hosted cloud on loopback.

    Args:
        port: 0 for any that is free.
        key: the id and secret of the first account's key pair, testid and testsecret when left out; the others have
            testid2 and testsecret2, and so on, for as many accounts as a reset may make.
        sts: the id, secret and token of a temporary key that the first account has besides.
        token: what the control routes ask for; random when left out.
        allow_hosts: names that requests may call the endpoint by, besides those of loopback and of the cloud.
        watch: called with a line for each request, once it is answered.
        authority: vouches for it to whoever speaks TLS; one for this endpoint alone when left out.

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
        return serve(cloud, keyring, port=port, token=token, allow_hosts=allow_hosts, watch=watch, authority=authority)
    except OSError as error:
        raise UsageError(f"port={port}: cannot listen there: {error.strerror or error}") from None


@contextmanager
def interruption() -> Iterator[Callable[[], object]]:
    """Notice from now on that the process is interrupted or told to end; what this gives waits until it is."""
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
            yield lambda: awaited.recv(1)
        finally:
            signal.set_wakeup_fd(before)
