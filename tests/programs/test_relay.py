"""Connections that are passed on."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator

import pytest

from faultzone.listen.server import Loop
from faultzone.programs.relay import Relay
from tests.support.endpoints import listening
from tests.support.loops import both_loops  # noqa: F401
from tests.support.patience import PATIENCE


def echo(connection: socket.socket) -> None:
    while data := connection.recv(65536):
        connection.sendall(data)


@pytest.fixture
def target() -> Iterator[int]:
    with listening(echo) as url:
        yield int(url.rpartition(":")[2])


def relay_to(port: int) -> tuple[Relay, tuple[str, int]]:
    listener = socket.create_server(("127.0.0.1", 0))
    return Relay(listener, "127.0.0.1", port, Loop.current().loop), listener.getsockname()


def close(relay: Relay) -> None:
    Loop.current().call(relay.close)


def test_all_bytes_arrive_and_the_end_of_each_side_does(target: int) -> None:
    relay, address = relay_to(target)
    sent = bytes(range(256)) * 4_000
    # A socket that has a timeout gives what there is, whatever it is told to wait for; its file waits for all.
    with socket.create_connection(address, timeout=PATIENCE) as client, client.makefile("rb") as answers:
        client.sendall(b"first")
        assert answers.read(5) == b"first"
        got = b""
        for start in range(0, len(sent), 64_000):
            client.sendall(sent[start : start + 64_000])
            got += answers.read(len(sent[start : start + 64_000]))
        assert got == sent
        client.shutdown(socket.SHUT_WR)
        assert answers.read(1) == b""
    close(relay)


def test_a_target_that_is_not_there_ends_the_connection() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    relay, address = relay_to(port)
    with socket.create_connection(address, timeout=PATIENCE) as client:
        assert client.recv(1) == b""
    close(relay)


def test_a_relay_that_closes_cuts_its_connections(target: int) -> None:
    relay, address = relay_to(target)
    with socket.create_connection(address, timeout=PATIENCE) as client:
        client.sendall(b"x")
        assert client.recv(1) == b"x"
        close(relay)
        with contextlib.suppress(ConnectionResetError):
            assert client.recv(1) == b""
    with pytest.raises(OSError, match=r"."):
        socket.create_connection(address, timeout=PATIENCE)
