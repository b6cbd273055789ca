"""An answer that goes back piece by piece."""

from __future__ import annotations

import socket
import threading
from collections.abc import AsyncGenerator, Awaitable, Iterator
from contextlib import contextmanager, suppress

import pytest

from faultzone.listen import Answer, Hosts, Listener, Refused, Request, bind, head
from tests.support.loops import both_loops  # noqa: F401
from tests.support.patience import PATIENCE
from tests.support.wire import http_request

PIECE = b"x" * 65_536


class Pieces:
    """A stream of so many pieces, which notes how many were sent and when it has ended."""

    body = b""

    def __init__(self, count: int) -> None:
        self.count, self.sent = count, 0
        self.ended = threading.Event()

    def head(self, *, close: bool) -> bytes:
        return head(200, [], None, close=close)

    async def pieces(self) -> AsyncGenerator[bytes]:
        try:
            for _ in range(self.count):
                self.sent += 1
                yield PIECE
            if self.count == 1:
                raise RuntimeError("the stream fails")
        finally:
            self.ended.set()


class Streams:
    """Answers each request with the stream."""

    gives_up = False

    def __init__(self, stream: Pieces) -> None:
        self.stream = stream

    def answer(self, request: Request) -> Answer | Awaitable[Answer | None] | None:
        async def later() -> Answer:
            return self.stream

        return later()

    def refuse(self, refused: Refused) -> Answer:
        raise AssertionError(refused)


@contextmanager
def _asked(stream: Pieces) -> Iterator[socket.socket]:
    """A connection on which the stream was asked for."""
    bound = bind("127.0.0.1", 0)
    listener = Listener(Streams(stream), bound, Hosts(bound.getsockname()[1]))
    try:
        with socket.create_connection(bound.getsockname(), timeout=PATIENCE) as client:
            client.sendall(http_request(b"/", method=b"GET"))
            yield client
    finally:
        listener.close()


def _read(client: socket.socket) -> bytes:
    with client.makefile("rb") as file:
        return file.read()


def test_a_stream_has_no_length_and_ends_with_its_connection() -> None:
    stream = Pieces(3)
    with _asked(stream) as client:
        before, _, after = _read(client).partition(b"\r\n\r\n")
    assert before == b"HTTP/1.1 200 OK\r\nConnection: close"
    assert after == 3 * PIECE


def test_a_stream_waits_for_a_client_that_does_not_read_and_goes_on() -> None:
    stream = Pieces(500)
    with _asked(stream) as client:
        assert client.recv(1) == b"H"
        # Until the buffers of both ends are full; nothing is sent beyond.
        seen = -1
        while stream.sent != seen:
            seen = stream.sent
            assert not stream.ended.wait(0.05)
        assert stream.sent < 500
        assert len(_read(client).partition(b"\r\n\r\n")[2]) == 500 * len(PIECE)
        assert stream.sent == 500


def test_a_stream_ends_when_its_client_leaves() -> None:
    stream = Pieces(10_000)
    with _asked(stream) as client:
        assert client.recv(1) == b"H"
    assert stream.ended.wait(PATIENCE)
    assert stream.sent < 10_000


def test_a_stream_that_fails_cuts_the_connection(caplog: pytest.LogCaptureFixture) -> None:
    stream = Pieces(1)
    with _asked(stream) as client:
        with suppress(ConnectionResetError):
            assert len(_read(client)) <= len(PIECE) + 100
        assert stream.ended.wait(PATIENCE)
    assert "the stream fails" in caplog.text
