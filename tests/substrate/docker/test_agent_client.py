"""Our agent's side of its protocol, against the server that it speaks to, over sockets of this machine."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Thread
from typing import Any

import pytest

from faultzone.model.core.effects import RunScript
from faultzone.substrate.docker.agent.client import Channel, Server
from faultzone.substrate.gateway.agents import AgentServer
from faultzone.substrate.gateway.http import Conversation
from tests.support.patience import PATIENCE

HEADERS = {"User-Agent": "linux_amd64/1.0.1.459", "X-Client-Instance-Id": "i-1"}


@contextmanager
def served(serve: Callable[[socket.socket], None]) -> Iterator[tuple[str, int]]:
    """A port at which each connection is handled by `serve`, on a thread of its own."""
    threads: list[Thread] = []
    with socket.create_server(("127.0.0.1", 0)) as door:

        def accept() -> None:
            while True:
                try:
                    wire, _ = door.accept()
                except OSError:
                    return
                threads.append(Thread(target=serve, args=(wire,)))
                threads[-1].start()

        listener = Thread(target=accept)
        listener.start()
        yield door.getsockname()
        door.shutdown(socket.SHUT_RDWR)
        listener.join(PATIENCE)
    for thread in threads:
        thread.join(PATIENCE)


def raw(*answers: bytes) -> Callable[[socket.socket], None]:
    """Answer one request after the other with these bytes, then hang up."""
    left = list(answers)

    def serve(wire: socket.socket) -> None:
        with wire:
            while left:
                if not wire.recv(1 << 16):
                    return
                wire.sendall(left.pop(0))

    return serve


def answer(status: str, body: bytes = b"") -> bytes:
    return b"HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n%s" % (status.encode(), len(body), body)


@pytest.fixture
def site() -> AgentServer:
    return AgentServer("cn-hangzhou", "i-1", 3, lambda report: None, lambda seconds, action: None)


@pytest.fixture
def address(site: AgentServer) -> Iterator[tuple[str, int]]:
    def serve(wire: socket.socket) -> None:
        with wire:
            conversation = Conversation(site, wire.sendall, lambda: wire.shutdown(socket.SHUT_RDWR))
            with suppress(ConnectionError):  # A channel is closed with what it has not read.
                while data := wire.recv(1 << 16):
                    conversation.data(data)
            conversation.closed()

    with served(serve) as found:
        yield found


def opened(address: tuple[str, int], path: str = "/luban/notify_server") -> Channel:
    server = Server(address, HEADERS)
    return server.take_channel(server.ask_channel(path))


def close(server: Server) -> None:
    server._connection.close()


def until_it_ends(channel: Channel) -> None:
    while True:
        channel.hear()


def test_requests_go_over_one_connection_that_is_kept(address: tuple[str, int]) -> None:
    server = Server(address, HEADERS)
    assert server.ask("GET", "/luban/api/connection_detect", {}) == b"ok"
    kept = server._connection.sock
    assert (
        server.ask("POST", "/luban/api/v1/task/running", {"taskId": "t 1", "start": 1}, b"\xff\0") == b'{"code": 200}'
    )
    assert server._connection.sock is kept
    close(server)


def test_a_channel_wakes_whole_words_and_many_at_once(site: AgentServer, address: tuple[str, int]) -> None:
    channel = opened(address)
    for number in range(40):
        site.give(RunScript("i-1", 3, f"t-{number:0200}", "c-1", "RunShellScript", "true", 60, "", 100))
    heard: list[str] = []
    while len(heard) < 40:
        heard += channel.hear()
    assert heard == [f"kick_vm task run t-{number:0200}" for number in range(40)]
    channel.say("accept:" + heard[0])
    channel.ping()
    channel.close()


def test_a_server_that_takes_no_channel_is_told_apart(address: tuple[str, int]) -> None:
    with pytest.raises(OSError, match="404"):
        opened(address, "/elsewhere")
    with served(raw()) as silent, pytest.raises(OSError, match=r"closed|reset"):
        opened(silent)


def test_a_channel_that_ends_says_so(address: tuple[str, int]) -> None:
    head = b"HTTP/1.1 101 Switching Protocols\r\n\r\n"
    for frames in (b"", b"\x88\x02\x03\xe8"):
        with served(raw(head + frames)) as door:
            channel = opened(door)
            with pytest.raises(OSError, match="closed"):
                until_it_ends(channel)
            channel.close()


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ([answer("200 OK", b"well")], b"well"),
        ([answer("400 Bad Request", b"no")], b"no"),
        ([answer("500 Internal Server Error")], None),
        ([answer("401 Unauthorized")], None),
        ([b"garbage\r\n\r\n"], None),
        ([], None),
    ],
)
def test_what_counts_as_an_answer(answers: list[bytes], said: bytes | None) -> None:
    with served(raw(*answers)) as door:
        server = Server(door, HEADERS)
        assert server.ask("POST", "/x", {}) == said
        close(server)


def test_a_connection_that_was_closed_meanwhile_is_made_again() -> None:
    with served(raw(answer("200 OK", b"first"))) as door:
        server = Server(door, HEADERS)
        assert server.ask("GET", "/x", {}) == b"first"
    with served(raw(answer("200 OK", b"second"))) as door:
        server._address = door
        assert server.ask("GET", "/x", {}) == b"second"
        close(server)


def test_nobody_there_is_no_answer() -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:
        nowhere: Any = door.getsockname()
    assert Server(nowhere, HEADERS).ask("GET", "/x", {}) is None
