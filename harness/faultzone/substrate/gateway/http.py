"""Requests out of bytes: one connection, with HTTP requests one after the other or a websocket.

What is no HTTP gets an answer that says so, and the connection ends.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Protocol
from urllib.parse import parse_qsl, urlsplit

import h11
from wsproto import ConnectionType, WSConnection
from wsproto.events import (
    AcceptConnection,
    BytesMessage,
    CloseConnection,
    Event,
    Ping,
    TextMessage,
)
from wsproto.events import Request as Opening
from wsproto.utilities import LocalProtocolError, RemoteProtocolError

#: The greatest body that is taken in.
BODY_BYTES: Final = 1 << 20
_HEAD_BYTES: Final = 1 << 16


@dataclass(frozen=True)
class Request:
    """One request."""

    method: str
    path: str
    query: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True)
class Answer:
    """What is answered."""

    status: int = 200
    body: bytes = b""
    kind: str = "text/plain; charset=utf-8"


class Site(Protocol):
    """What answers at the end of a connection."""

    def answer(self, request: Request) -> Answer:
        """Answer a request."""
        ...

    def takes(self, request: Request) -> bool:
        """Whether there is a websocket where the request asks for one."""
        ...

    def opened(self, channel: Channel) -> None:
        """A websocket that was asked for is there."""
        ...

    def heard(self, channel: Channel, text: str) -> None:
        """A message has come over a websocket."""
        ...

    def gone(self, channel: Channel) -> None:
        """A websocket has ended."""
        ...


class Channel:
    """A websocket, as a site holds it."""

    def __init__(self, connection: WSConnection, send: Callable[[bytes], None]) -> None:
        self._connection, self._send = connection, send

    def say(self, text: str) -> None:
        """Send a message; to one that is just closing, nothing."""
        self.put(TextMessage(data=text))

    def put(self, event: Event) -> None:
        """Send a frame."""
        try:
            self._send(self._connection.send(event))
        except LocalProtocolError:
            return


class Conversation:
    """One connection of somebody who speaks HTTP.

    Args:
        site: what answers.
        send: sends bytes.
        end: ends the connection, once all is sent.
    """

    def __init__(self, site: Site, send: Callable[[bytes], None], end: Callable[[], None]) -> None:
        self._site, self._send, self._end = site, send, end
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=_HEAD_BYTES)
        self._head: h11.Request | None = None
        self._body = bytearray()
        self._socket: WSConnection | None = None
        self._channel: Channel | None = None
        self._text = ""
        self._over = False

    def data(self, data: bytes) -> None:
        """Bytes have come."""
        if self._over or not data:
            return
        if self._socket is not None:
            self._hear(data)
            return
        self._http.receive_data(data)
        self._take()

    def ended(self) -> None:
        """No more bytes will come."""
        self.closed()
        if not self._over:
            self._over = True
            self._end()

    def closed(self) -> None:
        """The connection is gone."""
        channel, self._channel = self._channel, None
        if channel is not None:
            self._site.gone(channel)

    def _take(self) -> None:
        """Take in what is complete of the requests."""
        try:
            while not self._over and self._socket is None:
                event = self._http.next_event()
                if event is h11.NEED_DATA or event is h11.PAUSED:
                    return
                if isinstance(event, h11.Request):
                    self._head = event
                elif isinstance(event, h11.Data):
                    self._body += event.data
                    if len(self._body) > BODY_BYTES:
                        self._refuse(413)
                elif isinstance(event, h11.EndOfMessage):
                    self._ask()
                elif isinstance(event, h11.ConnectionClosed):
                    self._over = True
                    self._end()
        except h11.RemoteProtocolError as error:
            self._refuse(error.error_status_hint)

    def _refuse(self, status: int) -> None:
        """Answer that a request cannot be taken in, and end."""
        if self._http.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            self._say(Answer(status), close=True)
        if not self._over:
            self._over = True
            self._end()

    def _ask(self) -> None:
        """A request is complete."""
        head = self._head
        assert head is not None
        target = urlsplit(head.target.decode("latin-1"))
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in head.headers}
        query = dict(parse_qsl(target.query, keep_blank_values=True))
        request = Request(head.method.decode("latin-1"), target.path, query, headers, bytes(self._body))
        self._body.clear()
        if headers.get("upgrade", "").lower() == "websocket":
            self._upgrade(head, request)
            return
        self._say(self._site.answer(request))
        if self._http.our_state is h11.MUST_CLOSE:
            self._over = True
            self._end()
        elif not self._over:
            self._http.start_next_cycle()

    def _say(self, answer: Answer, close: bool = False) -> None:
        headers = [("Content-Type", answer.kind), ("Content-Length", str(len(answer.body)))]
        if close:
            headers.append(("Connection", "close"))
        parts = (
            self._http.send(h11.Response(status_code=answer.status, headers=headers)),
            self._http.send(h11.Data(data=answer.body)),
            self._http.send(h11.EndOfMessage()),
        )
        self._send(b"".join(part for part in parts if part))

    # Websockets

    def _upgrade(self, head: h11.Request, request: Request) -> None:
        opened = WSConnection(ConnectionType.SERVER)
        try:
            opened.initiate_upgrade_connection(list(head.headers), head.target.decode("latin-1"))
        except RemoteProtocolError:
            self._refuse(400)
            return
        if not any(isinstance(event, Opening) for event in opened.events()):
            self._refuse(400)
            return
        if not self._site.takes(request):
            self._refuse(404)
            return
        self._socket, self._channel = opened, Channel(opened, self._send)
        self._channel.put(AcceptConnection())
        self._site.opened(self._channel)
        rest, _ = self._http.trailing_data
        if rest:
            self._hear(rest)

    def _hear(self, data: bytes) -> None:
        assert self._socket is not None
        assert self._channel is not None
        try:
            self._socket.receive_data(data)
            for event in self._socket.events():
                self._frame(event, self._channel)
        except RemoteProtocolError as error:
            if error.event_hint is not None:
                self._channel.put(error.event_hint)
            self.ended()

    def _frame(self, event: Event, channel: Channel) -> None:
        if isinstance(event, Ping):
            channel.put(event.response())
        elif isinstance(event, TextMessage):
            self._text += event.data
            if len(self._text) > BODY_BYTES:
                channel.put(CloseConnection(code=1009))
                self.ended()
            elif event.message_finished:
                text, self._text = self._text, ""
                self._site.heard(channel, text)
        elif isinstance(event, BytesMessage):
            return
        elif isinstance(event, CloseConnection):
            channel.put(event.response())
            self.ended()
