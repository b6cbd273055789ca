"""Sockets: one loop in a daemon thread serves every listener of the process, each on a socket of its own.

No server class of a library is used: their stop takes 200 ms, and a listener must cost a test next to nothing.
"""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import threading
from collections import deque
from collections.abc import Callable
from time import perf_counter
from typing import Any, Final, TypeVar

from faultzone.listen.authority import Authority
from faultzone.listen.connection import Connection
from faultzone.listen.hosts import Hosts
from faultzone.listen.limits import REQUEST_SECONDS
from faultzone.listen.messages import Application
from faultzone.listen.secure import Door
from faultzone.listen.shared import Shared

#: Seconds until connections are accepted again after descriptors or memory had run out, which these say.
_PAUSE_SECONDS: Final = 0.1
_EXHAUSTED: Final = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})

#: Connections that wait to be accepted, and how many of them are accepted at once.
_BACKLOG: Final = 512
_ACCEPTED_AT_ONCE: Final = 16

#: Seconds that connections take turns for before the loop looks for new connections and for what has arrived.
_TURNS_SECONDS: Final = 0.004

_T = TypeVar("_T")


def _new_loop() -> asyncio.AbstractEventLoop:
    """A loop of uvloop where it is installed (the extra `fast`): a request takes a twentieth less time."""
    try:
        import uvloop
    except ImportError:
        return asyncio.SelectorEventLoop()
    return uvloop.new_event_loop()


class Turns:
    """Lets the connections of a loop take turns, in order: one piece of work each, so that none waits for all that
    another has sent."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._waiting: deque[Callable[[], None]] = deque()
        self._going = False

    def add(self, turn: Callable[[], None]) -> None:
        """Have this called once all that was added before has been."""
        self._waiting.append(turn)
        if not self._going:
            self._going = True
            self._loop.call_soon(self._run)

    def _run(self) -> None:
        until = perf_counter() + _TURNS_SECONDS
        waiting = self._waiting
        try:
            while waiting:
                waiting.popleft()()
                if perf_counter() > until:
                    break
        finally:
            self._going = bool(waiting)
            if waiting:
                self._loop.call_soon(self._run)


class Loop:
    """The served loop: started with the first listener, ended with the process."""

    def __init__(self) -> None:
        self._pid = os.getpid()
        self.loop = _new_loop()
        self.turns = Turns(self.loop)
        self._thread = threading.Thread(target=self.loop.run_forever, name="faultzone-serve", daemon=True)
        self._thread.start()

    @property
    def runs_here(self) -> bool:
        """Whether this process has the thread: a fork has none of its parent's."""
        return self._pid == os.getpid()

    def call(self, function: Callable[[], _T], *, wait: bool = True) -> _T | None:
        """Call a function on the loop; without `wait`, it is called soon."""
        if threading.current_thread() is self._thread:
            return function()
        if not wait:
            self.loop.call_soon_threadsafe(function)
            return None

        async def called() -> _T:
            return function()

        return asyncio.run_coroutine_threadsafe(called(), self.loop).result()

    _lock: Final = threading.Lock()
    _current: Loop | None = None

    @classmethod
    def current(cls) -> Loop:
        """The loop of this process."""
        with cls._lock:
            if cls._current is None or not cls._current.runs_here:
                cls._current = cls()
            return cls._current


def bind(host: str, port: int) -> socket.socket:
    """A socket that is bound to an address, 0 for any free port.

    Raises:
        OSError: it cannot be.
    """
    family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    # The protocol is named, since asyncio turns Nagle's algorithm off for no other: it costs 40 ms a request.
    listener = socket.socket(family, kind, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except BaseException:
        listener.close()
        raise
    return listener


def _address(listener: socket.socket) -> list[str]:
    """The address that a socket is bound to, unless that is all of them."""
    found = str(listener.getsockname()[0]).partition("%")[0]
    return [] if found in ("0.0.0.0", "::") else [found]


class Listener:
    """An application on a socket, from now until `close`.

    Args:
        application: answers the requests.
        listener: a bound socket.
        hosts: the names that requests may call it by.
        seconds: that a request may take to arrive whole.
        authority: vouches for the names, so that TLS is spoken besides plain HTTP; left out, it is not.
    """

    def __init__(
        self,
        application: Application,
        listener: socket.socket,
        hosts: Hosts,
        seconds: float = REQUEST_SECONDS,
        authority: Authority | None = None,
    ) -> None:
        self.closed = False
        self._listener = listener
        self._served = Loop.current()
        self._accepting: set[asyncio.Task[Any]] = set()
        addresses = dict.fromkeys(("127.0.0.1", "::1", *_address(listener)))
        loop, turns = self._served.loop, self._served.turns
        self._shared = Shared(application, hosts, seconds, loop, turns.add, authority, tuple(addresses), Connection)
        self._begin: type[Connection | Door] = Connection if authority is None else Door
        listener.listen(_BACKLOG)
        listener.setblocking(False)
        # Not waited for: whoever opens it may hold a lock that a request on the loop waits for.
        self._served.call(self._listen, wait=False)

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The loop that the application runs on."""
        return self._served.loop

    def close(self, *, wait: bool = True) -> None:
        """Close the socket and every connection; the port is free afterwards, or soon without `wait`. Closing twice
        does nothing. A fork closes its copy of the socket alone: the rest is its parent's."""
        if self.closed:
            return
        if self._served.runs_here:
            self._served.call(self._close, wait=wait)
        else:
            self.closed = True
            self._listener.close()

    def _listen(self) -> None:
        # Not `create_server`: closed between accepting a connection and making it, it would leave the connection open.
        if not self.closed:
            self.loop.add_reader(self._listener, self._accept)

    def _accept(self) -> None:
        for _ in range(_ACCEPTED_AT_ONCE):
            try:
                connection, _address = self._listener.accept()
            except OSError as error:
                # Nobody waits, the client has gone, or descriptors have run out and others must go first: to ask
                # again at once would take all of the loop's time.
                if error.errno in _EXHAUSTED:
                    self.loop.remove_reader(self._listener)
                    self.loop.call_later(_PAUSE_SECONDS, self._listen)
                return
            begun = self.loop.connect_accepted_socket(lambda: self._begin(self._shared), connection)
            task = self.loop.create_task(begun)
            self._accepting.add(task)
            task.add_done_callback(self._accepting.discard)

    def _close(self) -> None:
        if self.closed:
            return
        self.closed = self._shared.closed = True
        self.loop.remove_reader(self._listener)
        self._listener.close()
        for connection in list(self._shared.connections):
            connection.abort()
