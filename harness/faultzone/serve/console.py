"""The console: a page that shows a region and breaks it, and the stream that keeps the page up to date.

`GET /` answers the page to a browser. It has no secrets and does nothing by itself: with the control token, which its
user gives it once, it reads `GET /_faultzone/stream` and asks for control verbs. No cookie carries the token, so no
page of another site can use it.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import AsyncGenerator, Mapping
from contextlib import suppress
from functools import cache
from html import escape
from pathlib import Path
from string import Template
from typing import Any, Final, NamedTuple

from faultzone.backends import Backend
from faultzone.errors import FaultzoneError
from faultzone.listen.messages import head
from faultzone.serve.wire import render

_HERE: Final = Path(__file__).parent
#: Seconds from one look at the region to the next, and after how many the page is told the time even if nothing
#: happened: region time may be faster than the real one, and a proxy may end what is silent.
_PAUSE: Final = 0.25
#: The same after a look that found so many entries: nobody reads them one by one, and each look costs the clients.
_BUSY_PAUSE: Final = 1.0
_BUSY: Final = 10
_QUIET: Final = 15.0
#: What an id of the stream is made of: the journal and how many of its entries are known.
_SEPARATOR: Final = ":"


@cache
def _parts() -> tuple[Template, str]:
    """The page without the address, and its policy: its own script and style alone, and requests to its own origin."""
    style, script, page = (_HERE.joinpath(f"console.{kind}").read_text("utf-8") for kind in ("css", "js", "html"))
    policy = (
        f"default-src 'none'; script-src {_hash(script)}; style-src {_hash(style)}; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'"
    )
    filled = Template(page).safe_substitute(policy=policy, style=style, script=script.replace("$", "$$"))
    return Template(filled), policy


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def page(address: str) -> tuple[bytes, tuple[tuple[str, str], ...]]:
    """The page, and the headers that allow it nothing but what it is made of.

    Args:
        address: the host and the port of the endpoint.
    """
    template, policy = _parts()
    headers = (
        ("Content-Security-Policy", f"{policy}; frame-ancestors 'none'"),
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "no-referrer"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
        ("Cache-Control", "no-cache"),
    )
    return template.substitute(address=escape(address)).encode(), headers


class Feed:
    """What has changed in a region, for all who look on: who knows equally much is told the same bytes.

    Args:
        backend: what is looked at, by the verb `overview`.
    """

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        #: What somebody waits for, by what they know, and how many they are.
        self._awaited: dict[tuple[str, str], tuple[asyncio.Task[_Told], int]] = {}

    async def first(self, region: str, known: str) -> Stream:
        """The stream from what is known on.

        Args:
            region: the id of a region, the first when empty.
            known: the last id that was read; everything is told to whoever knows nothing.

        Raises:
            FaultzoneError: there is no such region, or the backend tells nothing of it.
        """
        return Stream(self, region, await self._look(region, known))

    async def _look(self, region: str, known: str) -> _Told:
        of, _, since = known.partition(_SEPARATOR)
        asked: dict[str, object] = {"region": region or None}
        if since.isascii() and since.isdecimal() and len(since) <= 15:
            asked |= {"of": of, "since": int(since)}
        return await asyncio.to_thread(lambda: _Told.of(self._backend.control("overview", asked)))

    async def after(self, region: str, told: _Told) -> _Told:
        """What comes next, once something has happened or some time has passed."""
        key = (region, told.id)
        task, readers = self._awaited.get(key) or (asyncio.create_task(self._await(region, told)), 0)
        self._awaited[key] = task, readers + 1
        try:
            return await asyncio.shield(task)
        finally:
            task, readers = self._awaited[key]
            if readers > 1:
                self._awaited[key] = task, readers - 1
            else:
                del self._awaited[key]
                task.cancel()

    async def _await(self, region: str, told: _Told) -> _Told:
        loop = asyncio.get_running_loop()
        until = loop.time() + _QUIET
        while True:
            await asyncio.sleep(_BUSY_PAUSE if told.busy else _PAUSE)
            found = await self._look(region, told.id)
            if found.id != told.id or found.faults != told.faults or loop.time() > until:
                return found


class _Told(NamedTuple):
    """One message: its id, the faults in it, whether much had happened, and its bytes."""

    id: str
    faults: object
    busy: bool
    message: bytes

    @classmethod
    def of(cls, overview: Mapping[str, Any]) -> _Told:
        """The message that carries an answer of the verb `overview`."""
        id = f"{overview['of']}{_SEPARATOR}{overview['length']}"
        busy = not overview["whole"] and len(overview["entries"]) >= _BUSY
        message = b"id: %b\ndata: %b\n\n" % (id.encode(), render(overview, "", xml=False))
        return cls(id, overview["faults"], busy, message)


class Stream:
    """Server-sent events: what a region is, then what changes."""

    body = b"retry: 1000\n\n"

    def __init__(self, feed: Feed, region: str, told: _Told) -> None:
        self._feed, self._region, self._told = feed, region, told

    def head(self, *, close: bool) -> bytes:
        """The status line and the headers."""
        fields = [("Content-Type", "text/event-stream"), ("Cache-Control", "no-store")]
        return head(200, fields, None, close=close)

    async def pieces(self) -> AsyncGenerator[bytes]:
        """The messages."""
        yield self.body + self._told.message
        # A region that is no longer there ends the stream; whoever asks again is told why.
        with suppress(FaultzoneError):
            while True:
                self._told = await self._feed.after(self._region, self._told)
                yield self._told.message
