"""Connections that break in place of an answer, plainly and over TLS: what a client reads, and how it ends."""

from __future__ import annotations

import asyncio
import errno
import json
import os
import select
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, suppress

import pytest

from faultzone.errors import NoAnswer
from faultzone.listen import Authority
from faultzone.listen.connection import Connection
from faultzone.serve import Endpoint, serve
from faultzone.serve.signatures import Keyring
from tests.support.patience import PATIENCE
from tests.support.wire import ANSWER, KEY, NOW, FakeBackend, RawClient, http_request, v1_query

FORM = {"content-type": "application/x-www-form-urlencoded"}
HEALTH = b"GET /_faultzone/health HTTP/1.1\r\nhost: localhost\r\n\r\n"


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


@pytest.fixture
def door() -> FakeBackend:
    return FakeBackend()


@pytest.fixture
def endpoint(door: FakeBackend, authority: Authority) -> Iterator[Endpoint]:
    with serve(door, Keyring([KEY]), token="t", now=lambda: NOW, authority=authority) as mounted:
        yield mounted


@pytest.fixture(params=["plain", "tls"])
def connect(
    request: pytest.FixtureRequest, endpoint: Endpoint, authority: Authority
) -> Callable[[], AbstractContextManager[socket.socket]]:
    def made() -> socket.socket:
        plain = socket.create_connection((endpoint.host, endpoint.port))
        if request.param == "plain":
            return plain
        context = ssl.create_default_context(cadata=authority.certificate)
        return context.wrap_socket(plain, server_hostname="localhost")

    return made


def call() -> bytes:
    return http_request(b"/", headers=FORM, body=v1_query({}))


def read_all(client: socket.socket) -> bytes:
    found = b""
    while piece := client.recv(65536):
        found += piece
    return found


Connect = Callable[[], AbstractContextManager[socket.socket]]


def test_a_reset(door: FakeBackend, connect: Connect) -> None:
    door.error = NoAnswer("x", "reset")
    with connect() as client:
        client.sendall(call())
        # What reads TLS tells an end of either kind alike: the socket itself is asked.
        ended = select.poll()
        ended.register(client, 0)
        assert ended.poll(PATIENCE * 1000)
        with socket.socket(fileno=os.dup(client.fileno())) as plain:
            assert plain.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == errno.ECONNRESET


def test_what_is_dropped_is_closed(door: FakeBackend, endpoint: Endpoint) -> None:
    door.error = NoAnswer("x")
    with RawClient((endpoint.host, endpoint.port)) as client:
        client.send(call())
        assert client.receive() is None


def test_half_of_a_body(door: FakeBackend, connect: Connect) -> None:
    door.error = NoAnswer("x", "truncated", ANSWER)
    with connect() as client:
        client.sendall(call())
        head, _, body = read_all(client).partition(b"\r\n\r\n")
    length = next(int(line.split()[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length"))
    assert head.startswith(b"HTTP/1.1 200 ")
    assert 0 < len(body) < length
    with pytest.raises(ValueError, match=r"JSON|delimiter|Unterminated|Expecting"):
        json.loads(body)


@pytest.mark.slow
@pytest.mark.parametrize("encrypted", [False, True])
def test_half_of_a_body_that_nobody_reads_is_cut(
    door: FakeBackend, authority: Authority, monkeypatch: pytest.MonkeyPatch, encrypted: bool
) -> None:
    """Also where the loop does not say that the client is slow, since all that is left fits into its buffer."""
    monkeypatch.setattr("faultzone.listen.connection.READ_SECONDS", 0.02)
    made = Connection.connection_made

    def take_in_all(connection: Connection, transport: asyncio.Transport) -> None:
        raw = getattr(transport, "_raw", transport)
        raw.set_write_buffer_limits(high=1 << 30)
        made(connection, transport)

    monkeypatch.setattr(Connection, "connection_made", take_in_all)
    door.error, door.parts = NoAnswer("x", "truncated", {**ANSWER, "Padding": "a" * (32 << 20)}), 1
    with serve(door, Keyring([KEY]), token="t", now=lambda: NOW, authority=authority, request_seconds=0.05) as hasty:
        connections = hasty._listener._shared.connections
        with socket.create_connection((hasty.host, hasty.port)) as plain:
            context = ssl.create_default_context(cadata=authority.certificate)
            client = context.wrap_socket(plain, server_hostname="localhost") if encrypted else plain
            client.sendall(call())
            until = time.monotonic() + PATIENCE
            while not door.calls or connections:
                assert time.monotonic() < until
                time.sleep(0.002)
            client.close()


def test_an_end_of_one_side(door: FakeBackend, connect: Connect) -> None:
    """The client reads the end, and can still send; no later request is answered."""
    door.error = NoAnswer("x", "half-closed")
    with connect() as client:
        client.sendall(call())
        assert client.recv(1) == b""
        client.sendall(HEALTH)
        assert len(door.calls) == 1


def test_a_silence_ends_with_the_client(door: FakeBackend, connect: Connect, endpoint: Endpoint) -> None:
    door.error = NoAnswer("x", "silent")
    with connect() as client:
        client.sendall(call() + HEALTH)
        client.settimeout(0.05)
        with pytest.raises(TimeoutError):
            client.recv(1)
    with RawClient((endpoint.host, endpoint.port)) as other:
        assert other.ask(HEALTH).status == 200


def test_an_endpoint_that_closes_ends_a_silence(door: FakeBackend, authority: Authority) -> None:
    door.error = NoAnswer("x", "silent")
    with serve(door, Keyring([KEY]), token="t", now=lambda: NOW, authority=authority) as endpoint:
        client = RawClient((endpoint.host, endpoint.port))
        client.send(call())
        with RawClient((endpoint.host, endpoint.port)) as other:
            assert other.ask(HEALTH).status == 200  # The call has been taken by then.
    with client, suppress(ConnectionResetError):
        assert client.receive() is None
