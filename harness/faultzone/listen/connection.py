"""One connection: requests in, answers out in their order, within limits.

One request of a connection is answered at a time, and connections take turns. What a connection sends meanwhile waits:
64 KiB are taken in, the rest stays with the client. So does what it sends while it does not read its answers.
"""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections import deque
from collections.abc import Awaitable
from math import inf
from typing import Any, Final, cast
from urllib.parse import unquote

import httptools

from faultzone.journal.redaction import text
from faultzone.listen.arriving import Head, Stop
from faultzone.listen.authority import ADVICE
from faultzone.listen.broken import goes_on
from faultzone.listen.hosts import split_authority
from faultzone.listen.limits import (
    BODY_MAX,
    CHUNKS_MAX,
    DROPPED_MAX,
    HEADER_BYTES_MAX,
    HEADERS_MAX,
    HELD_MAX,
    IDLE_SECONDS,
    LINE_MAX,
    LINGER_SECONDS,
    PATH_MAX,
    PIECES_MAX,
    READ_SECONDS,
    SLICE,
)
from faultzone.listen.messages import Answer, Broken, Refused, Request, Stream
from faultzone.listen.secure import HANDSHAKE, Door, Secured
from faultzone.listen.shared import Inside, Shared
from faultzone.listen.streaming import Flow

_logger: Final = logging.getLogger("faultzone.serve")


class Connection(Inside):
    """One connection of a listener.

    Args:
        tunnel: the host that all its requests are for, where a CONNECT has asked for one.
    """

    def __init__(self, shared: Shared, tunnel: str | None = None) -> None:
        self._shared, self._tunnel = shared, tunnel
        self._parser: Any = httptools.HttpRequestParser(self)
        if hasattr(self._parser, "set_dangerous_leniencies"):
            # What follows the last request is not looked at, and must not take its answer away.
            self._parser.set_dangerous_leniencies(lenient_data_after_close=True)
        self._transport: asyncio.Transport = cast("asyncio.Transport", None)
        self._peer = self._came_to = ""
        self._allowed: str | None = None
        # What has been read and not parsed, what waits for its answer, and whether one is being answered.
        self._held = b""
        self._waiting: deque[tuple[Request | Refused, bool]] = deque()
        self._task: asyncio.Task[None] | None = None
        self._flow: Flow | None = None
        self._queued = self._paused = self._stuck = self._lost = False
        #: Nothing more is parsed; the connection ends; what has been dropped since.
        self._done = self._ending = self._closing = False
        self._dropped = self._unsent = 0
        # The request that is arriving.
        self._arriving: Head | None = None
        self._headed = self._skipping = False
        self._arrived = self._pieces = 0
        self._due = inf
        self._timer: asyncio.TimerHandle | None = None

    # What the transport calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin, unless the listener has closed meanwhile."""
        self._transport = cast("asyncio.Transport", transport)
        if self._shared.closed:
            # It was accepted before the listener closed, and is made only now.
            return self._transport.abort()
        self._shared.connections.add(self)
        self._peer = str((transport.get_extra_info("peername") or ("::",))[0])
        self._came_to = str((transport.get_extra_info("sockname") or ("",))[0])
        self._due = self._shared.loop.time() + self._shared.seconds
        self._tick()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget all that was to be done."""
        self._lost = True
        self._shared.connections.discard(self)
        self._waiting.clear()
        self._held, self._arriving, self._parser = b"", None, None
        if self._timer is not None:
            self._timer.cancel()
        if self._task is not None and (self._flow is not None or self._shared.application.gives_up):
            self._task.cancel()

    def get_buffer(self, sizehint: int) -> memoryview:
        """Where what arrives is put."""
        return self._shared.buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Take in what has arrived."""
        if self._done:
            self._dropped += nbytes
            if self._dropped > DROPPED_MAX:
                self._transport.abort()
            return
        data = bytes(self._shared.buffer[:nbytes])
        self._held = self._held + data if self._held else data
        self._queue()
        self._regulate()

    def eof_received(self) -> bool:
        """Keep the connection for what is still to be answered."""
        if self._task is None and not self._waiting and not self._held:
            return False
        if self._task is not None and (self._flow is not None or self._shared.application.gives_up):
            # It may have finished writing alone, but most have left.
            return False
        self._ending = True
        return True

    def pause_writing(self) -> None:
        """Answer nothing more, and read nothing more, until the client reads."""
        self._stuck = True
        if self._flow is not None:
            self._flow.pause()
        self._unsent = self._transport.get_write_buffer_size()
        self._due = self._shared.loop.time() + READ_SECONDS

    def resume_writing(self) -> None:
        """Go on: the client has read."""
        self._stuck = False
        if self._flow is not None:
            self._due = inf
            self._flow.resume()
            return
        self._rest()
        self._queue()

    # Turns.

    def _queue(self) -> None:
        if not (self._queued or self._lost or self._task is not None or self._stuck) and (self._waiting or self._held):
            self._queued = True
            self._shared.add_turn(self._take_turn)

    def _take_turn(self) -> None:
        self._queued = False
        if self._lost or self._task is not None or self._stuck:
            return
        if not self._waiting:
            self._parse()
        if self._waiting:
            self._answer_next()
        elif self._ending and not self._held:
            self._close()
        self._queue()
        self._regulate()

    def _regulate(self) -> None:
        """Read no more than can be dealt with soon."""
        held = len(self._held)
        pause = held >= HELD_MAX or (held > 0 and (self._stuck or self._task is not None))
        if pause is not self._paused and not self._lost and not self._transport.is_closing():
            self._paused = pause
            if pause:
                self._transport.pause_reading()
            else:
                self._transport.resume_reading()

    def _parse(self) -> None:
        while self._held and not self._waiting:
            if len(self._held) <= SLICE:
                data, self._held = self._held, b""
            else:
                data, self._held = self._held[:SLICE], self._held[SLICE:]
            self._feed(data)
        if not self._waiting and not self._done:
            if self._arriving is None:
                return
            if self._due > (due := self._shared.loop.time() + self._shared.seconds) or self._pieces == 1:
                self._due = due
            if self._headed and self._arriving.expects:
                self._arriving.expects = False
                self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def _feed(self, data: bytes) -> None:
        self._arrived += len(data)
        self._pieces += 1
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            # No protocol but HTTP is spoken: the request is answered like any other, and nothing after it is read.
            if self._waiting:
                self._waiting.append((self._waiting.pop()[0], False))
            self._end_reading()
        except httptools.HttpParserError:
            if self._done:
                return
            secure = data[0] == HANDSHAKE and self._arrived == len(data)
            self._refuse(400, "request", f"it is TLS, which needs {ADVICE}" if secure else "it is not HTTP/1.1")
        else:
            if self._arriving is None or self._done:
                return
            if not self._headed and (self._pieces > PIECES_MAX or self._arrived > LINE_MAX + HEADER_BYTES_MAX + SLICE):
                most = f"{PIECES_MAX} pieces or {LINE_MAX + HEADER_BYTES_MAX} bytes"
                self._refuse(431, "headers", f"request line and headers have more than {most}")
            elif self._arrived > DROPPED_MAX:
                self._transport.abort()

    # What the parser calls.

    def on_message_begin(self) -> None:
        """A request begins."""
        if self._done:
            raise Stop
        self._arriving = Head()
        self._headed = self._skipping = False

    def on_url(self, url: bytes) -> None:
        """A part of its target."""
        arriving = cast("Head", self._arriving)
        arriving.url += url
        if len(arriving.url) > LINE_MAX:
            self._refuse(414, "request line", f"it has more than {LINE_MAX} bytes")
            raise Stop

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header, or a line after a body in chunks."""
        arriving = cast("Head", self._arriving)
        arriving.fields += 1
        arriving.size += len(name) + len(value) + 4
        if arriving.fields > HEADERS_MAX or arriving.size > HEADER_BYTES_MAX:
            self._refuse(431, "headers", f"there are more than {HEADERS_MAX} or {HEADER_BYTES_MAX} bytes of them")
            raise Stop
        if self._headed:
            return  # Headers that come after a body in chunks are not those of the request.
        lowered = name.decode("latin-1").lower()
        if lowered == "host":
            arriving.hosts += 1
        arriving.headers[lowered] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        """The head is there, and is judged."""
        arriving = cast("Head", self._arriving)
        self._headed = True
        arriving.method = self._parser.get_method().decode("ascii")
        # A client that takes this server for its proxy sends an absolute URL: the path counts.
        raw, _, query = bytes(arriving.url).partition(b"?")
        arriving.query = query
        authority = ""
        if arriving.method == "CONNECT":
            authority, raw = raw.decode("latin-1"), b"/"
        elif not raw.startswith(b"/"):
            named, _, rest = raw.partition(b"://")[2].partition(b"/")
            authority, raw = named.decode("latin-1"), b"/" + rest
        path = raw.decode("latin-1")
        arriving.path = unquote(path) if "%" in path and len(path) <= PATH_MAX else path
        headers = arriving.headers
        if refusal := self._judge(arriving, authority):
            self._refuse(*refusal)
            raise Stop
        if arriving.method == "CONNECT":
            arriving.path = cast("tuple[str, int | None]", split_authority(authority))[0]
        length = headers.get("content-length", "")
        arriving.expects = headers.get("expect", "").lower() == "100-continue"
        if length and int(length[:20]) > BODY_MAX:
            self._refuse_body(f"it has more than {BODY_MAX} bytes")

    def _judge(self, arriving: Head, authority: str) -> tuple[int, str, str] | None:
        """Why a request may not be handed on, judged by its head: status, what, and why."""
        version, headers = self._parser.get_http_version(), arriving.headers
        if version not in ("1.1", "1.0"):
            return 400, "request", f"HTTP/{version} is not spoken here; write HTTP/1.1"
        host = headers.get("host", "").strip()
        if arriving.hosts > 1:
            return 400, "headers", "Host is given twice"
        if version == "1.1" and not host:
            return 400, "headers", "Host is missing, which HTTP/1.1 requires"
        if version == "1.0" and "transfer-encoding" in headers:
            return 400, "headers", "Transfer-Encoding is not a header of HTTP/1.0"
        hosts = self._shared.hosts
        if arriving.method == "CONNECT":
            return self._judge_tunnel(authority)
        # The names of a connection's requests are the same, mostly.
        if host and host != self._allowed:
            if why := hosts.refusal(host, self._came_to):
                return 403, "Host", why
            self._allowed = host
        if authority and (why := hosts.refusal(authority, self._came_to)):
            return 403, "Host", why
        if self._tunnel is not None and (split_authority(host) or ("",))[0] != self._tunnel:
            return 403, "Host", f"it is for another host than {self._tunnel}, which this tunnel leads to"
        if ("origin" in headers or "sec-fetch-site" in headers) and (why := hosts.foreign(headers, self._came_to)):
            return 403, "Origin", why
        return None

    def _judge_tunnel(self, authority: str) -> tuple[int, str, str] | None:
        """Why a CONNECT is refused."""
        if self._tunnel is not None or isinstance(self._transport, Secured):
            return 403, "CONNECT", "it asks for a tunnel inside of another, or of TLS"
        if why := self._shared.hosts.tunnel_refusal(authority):
            return 403, "CONNECT", why
        if self._shared.context is None:
            return 403, "CONNECT", f"a tunnel needs TLS: {ADVICE}"
        return None

    def on_chunk_header(self) -> None:
        """A chunk of the body begins."""
        arriving = cast("Head", self._arriving)
        arriving.chunks += 1
        if arriving.chunks > CHUNKS_MAX:
            self._refuse(413, "body", f"it has more than {CHUNKS_MAX} chunks")
            raise Stop

    def on_body(self, body: bytes) -> None:
        """A part of the body."""
        if self._skipping:
            return
        arriving = cast("Head", self._arriving)
        arriving.body += body
        if len(arriving.body) > BODY_MAX:
            self._refuse_body(f"it has more than {BODY_MAX} bytes")

    def on_message_complete(self) -> None:
        """The request is there, and waits for its turn."""
        arriving, self._arriving = cast("Head", self._arriving), None
        self._arrived = self._pieces = 0
        if self._skipping:
            return
        keep = self._parser.get_http_version() == "1.1" and self._parser.should_keep_alive()
        request = Request(
            arriving.method, arriving.path, arriving.query, arriving.headers, bytes(arriving.body), self._peer
        )
        self._waiting.append((request, keep))
        if not keep:
            self._end_reading()

    # Answers.

    def _answer_next(self) -> None:
        item, keep = self._waiting.popleft()
        if isinstance(item, Refused):
            return self._write(self._shared.application.refuse(item), keep, item.method)
        if item.method == "CONNECT":
            return self._open_tunnel(item.path)
        try:
            answer = self._shared.application.answer(item)
        except Exception:
            _logger.error("The application could not answer.\n%s", text(traceback.format_exc()))
            answer = None
        if isinstance(answer, Awaitable):
            self._due = inf
            self._task = self._shared.loop.create_task(self._answer_later(answer, keep, item.method))
        else:
            self._write(answer, keep, item.method)

    def _open_tunnel(self, host: str) -> None:
        """Give the connection to whatever is spoken inside a tunnel; clients send nothing there before this answer."""
        self._transport.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        transport, paused = self._transport, self._paused
        self.connection_lost(None)
        door = Door(self._shared, host)
        transport.set_protocol(door)
        door.connection_made(transport)
        if paused:
            transport.resume_reading()

    async def _answer_later(self, awaited: Awaitable[Answer | Broken | None], keep: bool, method: str) -> None:
        answer: Answer | Broken | None = None
        try:
            answer = await awaited
            if isinstance(answer, Stream) and not self._lost:
                self._flow = Flow(self._transport, stuck=self._stuck)
                await self._flow.send(answer)
                self._close()
                return
        except Exception:
            _logger.error("The application could not answer.\n%s", text(traceback.format_exc()))
            answer = None
        self._task = None
        self._write(answer, keep, method)
        self._queue()
        self._regulate()

    def _write(self, answer: Answer | Broken | None, keep: bool, method: str) -> None:
        if self._lost or self._transport.is_closing():
            return
        if answer is None or isinstance(answer, Broken):
            return self._break(answer)
        # Once nothing more is read, the connection ends after the last answer.
        close = not keep or (self._ending and not self._waiting and not self._held)
        head = answer.head(close=close)
        self._transport.write(head if method == "HEAD" else head + answer.body)
        if not close:
            self._rest()
        elif self._done and not self._ending:
            self._linger()
        else:
            self._close()

    def _break(self, broken: Broken | None) -> None:
        """Break the connection; one that ends does so within a time, also if its client reads nothing."""
        if not goes_on(self._transport, broken):
            return self._close()
        self._waiting.clear()
        self._end_reading()
        # A client that has sent its last byte cannot be seen leaving.
        self._due = self._shared.loop.time() + READ_SECONDS if self._ending else inf

    def _rest(self) -> None:
        """Wait for the next request, unless the rest of one is waited for."""
        if self._stuck or self._closing:
            return
        if self._arriving is None:
            self._due = self._shared.loop.time() + IDLE_SECONDS
        else:
            self._due = self._shared.loop.time() + self._shared.seconds

    def _end_reading(self) -> None:
        """Parse nothing more."""
        self._done, self._held = True, b""

    def _refuse(self, status: int, what: str, why: str) -> None:
        """Answer with a refusal, once what came before has been answered, and end the connection."""
        self._end_reading()
        self._waiting.append((self._refused(status, what, why), False))
        self._arriving = None

    def _refuse_body(self, why: str) -> None:
        """Answer with a refusal, and drop the body; a client that waits for 100 Continue gets none."""
        arriving = cast("Head", self._arriving)
        keep = not arriving.expects and self._parser.get_http_version() == "1.1" and self._parser.should_keep_alive()
        self._skipping = True
        arriving.body.clear()
        self._waiting.append((self._refused(413, "body", why), keep))
        if not keep:
            self._end_reading()
            raise Stop

    def _refused(self, status: int, what: str, why: str) -> Refused:
        if (arriving := self._arriving) is None or not self._headed:
            return Refused(status, what, why)
        return Refused(status, what, why, arriving.method, arriving.query, arriving.headers)

    # Ends.

    def _linger(self) -> None:
        # To close with bytes unread would reset the connection, and a client that still writes would lose the answer.
        if self._transport.can_write_eof():
            self._transport.write_eof()
        self._due = self._shared.loop.time() + LINGER_SECONDS
        self._tick_by(self._due)

    def _close(self) -> None:
        self._closing = self._done = True
        self._transport.close()
        self._unsent = self._transport.get_write_buffer_size()
        self._due = self._shared.loop.time() + READ_SECONDS

    def abort(self) -> None:
        """Cut the connection."""
        self._transport.abort()

    def _tick(self) -> None:
        """See whether what is waited for is overdue. One timer is set at a time, so that a request costs none."""
        now = self._shared.loop.time()
        if now >= self._due:
            self._expire()
            if self._lost:
                return
        self._tick_by(min(self._due, now + self._shared.seconds))

    def _tick_by(self, instant: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._shared.loop.call_at(instant, self._tick)

    def _expire(self) -> None:
        if self._stuck or self._closing:
            unsent = self._transport.get_write_buffer_size()
            if 0 < self._unsent <= unsent or not unsent:
                self._transport.abort()
            self._unsent = unsent
            self._due = self._shared.loop.time() + READ_SECONDS
        elif self._done or self._skipping or self._arriving is None:
            self._close()
        else:
            self._refuse(408, "request", f"it did not arrive within {self._shared.seconds:g} seconds")
            self._due = self._shared.loop.time() + READ_SECONDS
            self._queue()
