"""What the connections of one listener share."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

from faultzone.errors import NotSupported
from faultzone.listen.authority import Authority
from faultzone.listen.hosts import Hosts
from faultzone.listen.limits import HELD_MAX
from faultzone.listen.messages import Application, Refused

if TYPE_CHECKING:
    import ssl


class Cut(Protocol):
    """What ends when the listener closes."""

    def abort(self) -> None:
        """Cut the connection."""


class Inside(asyncio.BufferedProtocol, Cut):
    """What speaks HTTP, over TLS or plainly."""


class Shared:
    """What the connections of one listener share.

    Args:
        application: answers the requests.
        hosts: the names that requests may call it by.
        seconds: that a request may take to arrive whole.
        loop: the loop that serves.
        add_turn: has a function called when a connection's turn comes.
        authority: vouches for the names where TLS is spoken; None where it is not.
        addresses: those that it is called by, besides the names.
        connect: makes what speaks HTTP on a connection, inside a tunnel to a host or in none.
    """

    def __init__(
        self,
        application: Application,
        hosts: Hosts,
        seconds: float,
        loop: asyncio.AbstractEventLoop,
        add_turn: Callable[[Callable[[], None]], None],
        authority: Authority | None,
        addresses: tuple[str, ...],
        connect: Callable[[Shared, str | None], Inside],
    ) -> None:
        self.application, self.hosts, self.seconds, self.loop = application, hosts, seconds, loop
        self.add_turn = add_turn
        self._authority, self._addresses, self._connect = authority, addresses, connect
        self.connections: set[Cut] = set()
        self.closed = False
        # Each read is done with before the next begins.
        self.buffer = memoryview(bytearray(HELD_MAX))

    def connect(self, tunnel: str | None = None) -> Inside:
        """What speaks HTTP on a connection."""
        return self._connect(self, tunnel)

    @cached_property
    def context(self) -> ssl.SSLContext | None:
        """What is shown to whoever speaks TLS; None where it is not spoken, or its extra is not installed."""
        if self._authority is None:
            return None
        try:
            return self._authority.context_by_name(self.hosts.has, self._addresses)
        except NotSupported:
            return None

    def tell(self, why: str) -> None:
        """Have the application note that TLS could not be spoken with a client, which cannot be answered."""
        self.application.refuse(Refused(400, "TLS", why))
