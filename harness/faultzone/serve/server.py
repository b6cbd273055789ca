"""Sockets: one loop in a daemon thread serves every endpoint of the process, each on a socket of its own.

uvicorn's protocol class is used without uvicorn's server, whose stop takes 200 ms: an endpoint must cost
a test next to nothing.

What arrives is bounded. Beyond any of these the answer is a refusal in JSON like all others, and the connection ends:

| bound | refusal |
|---|---|
| a request line of 256 KiB | 414 InvalidParameter |
| request line and headers of 320 KiB | 431 InvalidParameter |
| a body of 512 KiB, or the word of one | 413 InvalidParameter; 8 MiB are read and dropped: some write all first |
| 10 s for a request to arrive whole | 408 InvalidParameter; a connection without a request is closed |
| what is not HTTP | 400 InvalidParameter |
"""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import secrets
import socket
import threading
import time
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import asdict
from functools import partial
from types import TracebackType
from typing import Any, Final, Self, TypeVar, cast

import httptools
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from faultzone.ecs.errors import ApiError
from faultzone.serve.application import REPLY, Answer, Application, Refusal
from faultzone.serve.control import Control
from faultzone.serve.door import Door
from faultzone.serve.signatures import Credential, Keyring, Verifier
from faultzone.serve.wire import BODY_MAX, LINE_MAX, refusal

HEAD_MAX: Final = LINE_MAX + 64 * 1024
#: What is read of a request before the connection is cut: 8 MiB of a body too long, for clients that write all first.
REQUEST_MAX: Final = HEAD_MAX + BODY_MAX + 8 * 1024 * 1024
#: Seconds for a request to arrive whole, and for a new connection to begin one.
REQUEST_SECONDS: Final = 10.0
#: Seconds that a connection may idle after an answer: longer than clients keep theirs, or they meet a closed one.
IDLE_SECONDS: Final = 75
#: Seconds that the sender of a refused request has to read the refusal.
_LINGER_SECONDS: Final = 2.0

#: Seconds until connections are accepted again after descriptors or memory had run out, which these say.
_PAUSE_SECONDS: Final = 0.1
_EXHAUSTED: Final = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})

#: Connections that wait to be accepted.
_BACKLOG: Final = 512

_T = TypeVar("_T")

_logger: Final = logging.getLogger("faultzone.serve")


class _State(ServerState):
    """The connections of one endpoint, and whether it is closed."""

    closed = False


def _too_long_a_head() -> ApiError:
    return refusal("headers", f"request line and headers have more than {HEAD_MAX} bytes", 431)


class _Protocol(HttpToolsProtocol):
    """One connection: uvicorn's, with bounds, with long request lines, and with refusals that a client can parse."""

    def __init__(self, config: Config, state: _State, application: Application, request_seconds: float) -> None:
        super().__init__(config, state, {})
        # Request lines hold signatures and tokens: no log of them, whatever logging the process has set up.
        self.access_log = False
        self.logger = _logger
        self._application = application
        self._state = state
        self._seconds = request_seconds
        self._deadline: asyncio.TimerHandle | None = None
        self._error: ApiError | None = None
        self._discarding = False
        # What has arrived of a request: its first byte, its last header, its last byte; and how much.
        self._begun = self._headed = self._whole = False
        self._arrived = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if self._state.closed:
            # It was accepted before the endpoint closed, and is made only now.
            transport.abort()
            return
        self._deadline = self.loop.call_later(self._seconds, self._expire)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_deadline()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._arrived += len(data)
        if self._arrived > REQUEST_MAX:
            self.transport.abort()
        if self._arrived > REQUEST_MAX or self._discarding:
            return
        self._whole = False
        self._unset_keepalive_if_required()
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            # No protocol but HTTP is spoken: the request is answered like any other, and nothing after it is read.
            self.cycle.keep_alive = False
            self._discarding = True
        except httptools.HttpParserError:
            self._refuse(self._error or refusal("request", "it is not HTTP"))
        if self._arrived > HEAD_MAX and self._begun and not self._headed and not self._discarding:
            self._refuse(_too_long_a_head())
        if self._whole:
            self._stop_deadline()
        elif self._deadline is None:
            self._deadline = self.loop.call_later(self._seconds, self._expire)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._begun, self._headed, self._whole = True, False, False

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        if len(self.url) > LINE_MAX:
            # The parser stops at an exception and reports one of its own.
            self._error = refusal("request line", f"it has more than {LINE_MAX} bytes", 414)
            raise self._error

    def on_headers_complete(self) -> None:
        if self._arrived > HEAD_MAX < len(self.url) + sum(len(name) + len(value) for name, value in self.headers):
            self._error = _too_long_a_head()
            raise self._error
        self._headed = True
        # The query goes past the URL parser of uvicorn, which knows no URL of 64 KiB or more. A client that takes this
        # endpoint for its proxy sends an absolute URL: the path counts. `CONNECT host:443` has none, so `/` stands in.
        target, _, query = self.url.partition(b"?")
        if not target.startswith(b"/"):
            target = b"/" + target.partition(b"://")[2].partition(b"/")[2]
        self.url = target
        super().on_headers_complete()
        self.scope["query_string"] = query
        # Headers that come after a body in chunks are not those of the request.
        self.headers = []
        self.scope[REPLY] = partial(self._reply, self.cycle)  # type: ignore[typeddict-unknown-key]

    def on_message_complete(self) -> None:
        self._arrived = 0
        self._begun, self._headed, self._whole = False, False, True
        super().on_message_complete()

    async def _reply(self, cycle: RequestResponseCycle, answer: Answer | None) -> None:
        if self.flow.write_paused and not cycle.disconnected:
            await self.flow.drain()
        # uvicorn tells this to the last alone of the requests that were sent at once.
        cycle.disconnected |= self.transport.is_closing()
        if cycle.disconnected:
            return
        cycle.response_started = cycle.response_complete = True
        if answer is None:
            self.transport.abort()
            return
        if cycle.waiting_for_100_continue:
            # It is answered without its body, which may follow all the same: no telling where the next request begins.
            cycle.keep_alive = False
        head = answer.head(close=not cycle.keep_alive)
        self.transport.write(head if cycle.scope["method"] == "HEAD" else head + answer.body)
        if not cycle.keep_alive:
            self.transport.close()
        self.on_response_complete()

    def _stop_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _expire(self) -> None:
        self._deadline = None
        if self._begun:
            self._refuse(refusal("request", f"it did not arrive within {self._seconds:g} seconds", 408))
        else:
            self.transport.close()

    def _refuse(self, error: ApiError) -> None:
        """End the connection with a refusal, unless an answer is on its way or out already."""
        self._discarding = True
        self.flow.resume_reading()
        cycle: RequestResponseCycle | None = self.cycle
        if cycle is not None and not cycle.response_complete and not (self._headed and cycle.more_body):
            # What came before is still being answered: that answer goes out whole, then the connection ends.
            cycle.keep_alive = False
            return
        if not (self._headed and cycle is not None and cycle.response_started):
            answer = self._application.refuse(error)
            self.transport.write(answer.head(close=True) + answer.body)
        # To close with bytes unread would reset the connection, and a client that still writes would lose the refusal.
        self.transport.write_eof()
        self._stop_deadline()
        self._deadline = self.loop.call_later(_LINGER_SECONDS, self.transport.close)


def _new_loop() -> asyncio.AbstractEventLoop:
    """A loop of uvloop where it is installed (the extra `fast`): a request takes a twentieth less time."""
    try:
        import uvloop
    except ImportError:
        return asyncio.SelectorEventLoop()
    return uvloop.new_event_loop()


class _Loop:
    """The served loop: started with the first endpoint, ended with the process."""

    def __init__(self) -> None:
        self._pid = os.getpid()
        self._loop = _new_loop()
        threading.Thread(target=self._loop.run_forever, name="faultzone-serve", daemon=True).start()

    @property
    def runs_here(self) -> bool:
        """Whether this process has the thread: a fork has none of its parent's."""
        return self._pid == os.getpid()

    def run(self, coroutine: Coroutine[Any, Any, _T]) -> _T:
        """Run on the loop and wait for the end."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()

    _lock: Final = threading.Lock()
    _current: _Loop | None = None

    @classmethod
    def current(cls) -> _Loop:
        """The loop of this process."""
        with cls._lock:
            if cls._current is None or not cls._current.runs_here:
                cls._current = cls()
            return cls._current


class Endpoint:
    """A door on a socket, from `serve` until `close`; a context manager.

    Attributes:
        host: the address it listens on.
        port: the port it listens on.
        url: what clients are given, `http://127.0.0.1:54321`.
        token: what the control routes ask for.
    """

    def __init__(
        self,
        door: Door,
        keyring: Keyring,
        *,
        listener: socket.socket,
        token: str,
        log: Callable[[Refusal], None] | None,
        now: Callable[[], float],
        request_seconds: float,
    ) -> None:
        self.host, self.port = listener.getsockname()[:2]
        self.token = token
        host_id = f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"
        self.url = f"http://{host_id}"
        application = Application(door, Verifier(keyring, now), Control(door, token), host_id, log)
        config = Config(
            application,
            log_config=None,
            lifespan="off",
            ws="none",
            interface="asgi3",
            proxy_headers=False,
            timeout_keep_alive=IDLE_SECONDS,
        )
        config.load()
        self._state = _State()
        self._listener = listener
        self._accepting: set[asyncio.Task[Any]] = set()
        self._factory = lambda: _Protocol(config, self._state, application, request_seconds)
        self._loop = _Loop.current()
        self._loop.run(self._open())

    def __repr__(self) -> str:
        return f"Endpoint({self.url!r}{', closed' if self._state.closed else ''})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the socket and every connection; the port is free afterwards. Closing twice does nothing. A fork closes
        its copy of the socket alone: the endpoint is its parent's."""
        if self._state.closed:
            return
        if self._loop.runs_here:
            self._loop.run(self._close())
        else:
            self._state.closed = True
            self._listener.close()

    async def _open(self) -> None:
        self._listener.listen(_BACKLOG)
        self._listener.setblocking(False)
        self._listen()

    def _listen(self) -> None:
        # Not `create_server`: closed between accepting a connection and making it, it would leave the connection open.
        if not self._state.closed:
            asyncio.get_running_loop().add_reader(self._listener, self._accept)

    def _accept(self) -> None:
        try:
            connection, _ = self._listener.accept()
        except OSError as trouble:
            # The client has gone, or descriptors have run out and others must go first: to ask again at once would take
            # all of the loop's time.
            if trouble.errno in _EXHAUSTED:
                asyncio.get_running_loop().remove_reader(self._listener)
                asyncio.get_running_loop().call_later(_PAUSE_SECONDS, self._listen)
            return
        loop = asyncio.get_running_loop()
        task = loop.create_task(loop.connect_accepted_socket(self._factory, connection))
        self._accepting.add(task)
        task.add_done_callback(self._accepting.discard)

    async def _close(self) -> None:
        self._state.closed = True
        asyncio.get_running_loop().remove_reader(self._listener)
        self._listener.close()
        for connection in list(self._state.connections):
            connection.transport.abort()


def serve_backend(
    backend: Door,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    token: str | None = None,
    key: tuple[str, str] | None = None,
    log: Callable[[Refusal], None] | None = None,
) -> Endpoint:
    """Put a backend on a socket, with a key pair for each of its accounts.

    The first account has `key`, or else `testid` and `testsecret`; the second `testid2` and `testsecret2`, and so on.
    The other arguments are those of `serve`.

    Raises:
        OSError: the address cannot be listened on.
        NotSupported: the backend does not tell its accounts.
    """
    accounts = cast("Sequence[str]", backend.control("shape", {})["accounts"])
    keys = [key or ("testid", "testsecret"), *((f"testid{n}", f"testsecret{n}") for n in range(2, len(accounts) + 1))]
    credentials = [Credential(*pair, account) for pair, account in zip(keys, accounts, strict=True)]
    return serve(backend, Keyring(credentials), host=host, port=port, token=token, log=log)


def serve(
    door: Door,
    keyring: Keyring,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    token: str | None = None,
    log: Callable[[Refusal], None] | None = None,
    now: Callable[[], float] = time.time,
    request_seconds: float = REQUEST_SECONDS,
) -> Endpoint:
    """Put a door on a socket.

    Args:
        door: the backend.
        keyring: who may sign; changes take effect at once.
        host: the address to listen on; other machines can reach any other than loopback.
        port: the port, 0 for any that is free.
        token: what the control routes ask for; a random one when left out.
        log: told of each request that is refused before the door sees it, on the serving thread; left out, the door
            notes
            it in its journal.
        now: the wall clock that signatures are judged by, in seconds since the epoch.
        request_seconds: how long a request may take to arrive whole.

    Raises:
        OSError: the address cannot be listened on.
    """
    family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    # The protocol is named, since asyncio turns Nagle's algorithm off for no other: it costs 40 ms a request.
    listener = socket.socket(family, kind, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        return Endpoint(
            door,
            keyring,
            listener=listener,
            token=token or secrets.token_urlsafe(),
            log=log or (lambda refused: door.note("refusal", {"edge": True, **asdict(refused)})),
            now=now,
            request_seconds=request_seconds,
        )
    except BaseException:
        listener.close()
        raise
