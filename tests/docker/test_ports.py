"""Ports of instances that a test reaches, though their network has no way out."""

from __future__ import annotations

import http.client
import socket
from contextlib import suppress
from hashlib import sha256
from threading import Thread
from typing import Any

import pytest

from faultzone.errors import UsageError
from faultzone.region import Instance, Region
from tests.docker.test_instances import answers, out, soon

pytestmark = [pytest.mark.docker, pytest.mark.slow]

#: Says back what it hears, upside down, until it hears no more.
ECHO = """
import socket, threading
def serve(wire):
    while data := wire.recv(1 << 16):
        wire.sendall(data[::-1])
    wire.close()
door = socket.create_server(("", 7), backlog=64)
while True:
    threading.Thread(target=serve, args=(door.accept()[0],)).start()
"""


def start(instance: Instance, program: str, port: int) -> None:
    out(instance, f"setsid python3 -c '{program}' </dev/null >/dev/null 2>&1 &")
    soon(lambda: f":{port:04X} 00000000:0000 0A " in out(instance, "cat /proc/net/tcp"))  # It listens.


def said(wire: socket.socket) -> bytes:
    """All that comes until the end."""
    return b"".join(iter(lambda: wire.recv(1 << 16), b""))


@pytest.fixture
def echo(real: Region) -> Instance:
    (one,) = real.run_instances(1)
    start(one, ECHO, 7)
    return one


def test_a_request_is_answered_refused_or_not_heard(echo: Instance) -> None:
    assert echo.request(7, bytes(range(256))) == bytes(range(255, -1, -1))
    with pytest.raises(ConnectionRefusedError):
        echo.request(8, b"anybody?")
    echo.stop()
    with pytest.raises(TimeoutError):
        echo.request(7, b"anybody?", within=1)


@pytest.mark.parametrize("port", [80, 443])
def test_the_ports_of_the_cloud_s_services_are_the_instance_s_own(real: Region, port: int) -> None:
    """They serve all the same."""
    (one,) = real.run_instances(1)
    start(one, ECHO.replace("7", str(port)), port)
    assert one.request(port, b"abc") == b"cba"
    assert out(one, "wget -qO- http://100.100.100.200/latest/meta-data/instance-id") == one.id
    assert real.run_command("echo $((1 + 1))", on=one).output(one) == "2\n"


def test_a_service_that_says_nothing_is_silent(real: Region) -> None:
    (one,) = real.run_instances(1)
    start(one, 'import socket, time; door = socket.create_server(("", 9)); time.sleep(300)', 9)
    with pytest.raises(TimeoutError):
        one.request(9, b"anybody?", within=0.5)


def test_nothing_is_heard_of_a_host_that_is_cut_off_until_it_is_joined(echo: Instance) -> None:
    with echo.region.chaos.cut(str(echo.host)), pytest.raises(TimeoutError):
        echo.request(7, b"abc", within=1)
    assert echo.request(7, b"abc") == b"cba"


def test_a_forwarded_port_is_the_instance_s(echo: Instance) -> None:
    start(echo, "import http.server; http.server.test(http.server.SimpleHTTPRequestHandler, port=8000)", 8000)
    out(echo, "echo served > /root/page")
    with echo.forward(8000) as (name, port):
        for _ in range(3):
            asked = http.client.HTTPConnection(name, port, timeout=60)
            asked.request("GET", "/page")
            assert asked.getresponse().read() == b"served\n"
            asked.close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((name, port), timeout=5)


def test_much_goes_both_ways_at_once_unchanged(echo: Instance) -> None:
    sent = b"".join(sha256(b"%d" % number).digest() for number in range(1 << 16))
    heard = []

    def hear(wire: socket.socket) -> None:
        heard.append(said(wire))

    with echo.forward(7) as address, socket.create_connection(address, timeout=60) as wire:
        ear = Thread(target=hear, args=(wire,))
        ear.start()
        wire.sendall(sent)
        wire.shutdown(socket.SHUT_WR)
        ear.join(60)
    assert len(heard[0]) == len(sent)
    assert sorted(heard[0]) == sorted(sent)


def test_a_peer_that_does_not_read_holds_nobody_else_up(echo: Instance) -> None:
    with echo.forward(7) as address, socket.create_connection(address, timeout=1) as lazy:
        with suppress(TimeoutError):
            for _ in range(1000):
                lazy.sendall(bytes(1 << 16))
        assert echo.request(7, b"abc") == b"cba"
        assert out(echo, "echo well") == "well"


def test_connections_are_told_apart_and_end_with_the_instance(echo: Instance) -> None:
    with echo.forward(7) as address:
        wires = [socket.create_connection(address, timeout=60) for _ in range(20)]
        for number, wire in enumerate(wires):
            wire.sendall(b"<%d" % number)
        assert [wire.recv(100) for wire in wires] == [(b"<%d" % number)[::-1] for number in range(20)]
        echo.reboot()
        for wire in wires:
            with suppress(ConnectionError):
                assert said(wire) == b""
            wire.close()
        start(echo, ECHO, 7)
        with socket.create_connection(address, timeout=60) as again:
            again.sendall(b"ab")
            assert again.recv(100) == b"ba"


def test_a_port_leads_to_the_instance_wherever_it_is(echo: Instance) -> None:
    with echo.forward(7) as address:
        echo.region.control("migrate", instance=echo.id)
        soon(lambda: answers(echo))
        start(echo, ECHO, 7)
        with socket.create_connection(address, timeout=60) as wire:
            wire.sendall(b"ab")
            assert wire.recv(100) == b"ba"


def test_what_nothing_serves_is_closed(real: Region) -> None:
    (one,) = real.run_instances(1)
    with one.forward(99) as address, socket.create_connection(address, timeout=60) as wire, suppress(ConnectionError):
        assert said(wire) == b""
    one.stop()
    with one.forward(99) as address, socket.create_connection(address, timeout=60) as wire, suppress(ConnectionError):
        assert said(wire) == b""


@pytest.mark.parametrize("port", [0, 65536, "80", True])
def test_what_is_no_port_is_refused(real: Region, port: Any) -> None:
    (one,) = real.run_instances(1)
    with pytest.raises(UsageError, match=r"port[=:]"), one.forward(port):
        pass
    with pytest.raises(UsageError, match="expected a port that"):
        real.control("end-forward", port=1)
    with pytest.raises(UsageError, match="unknown instance"):
        real.control("forward-port", instance="i-none", port=80)
