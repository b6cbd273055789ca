"""The resolver that a program asks about names that /etc/hosts does not have."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator

import pytest

from faultzone.listen.server import Loop
from faultzone.programs.resolver import Resolver
from tests.support.patience import PATIENCE


@pytest.fixture
def resolver() -> Iterator[Resolver]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        listener.bind(("127.0.0.1", 0))
        made = Resolver(listener, {"pypi.example": "127.0.2.1"}, Loop.current().loop)
        yield made
        Loop.current().call(made.close)


def ask(resolver: Resolver, data: bytes) -> bytes:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.settimeout(PATIENCE)
        asking.sendto(data, resolver._listener.getsockname())
        return asking.recv(4096)


def question(name: str, kind: int = 1) -> bytes:
    labels = b"".join(bytes([len(each)]) + each.encode() for each in name.split("."))
    return struct.pack(">HHHHHH", 7, 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">HH", kind, 1)


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("oos.eu-west-1.aliyuncs.com", "127.0.0.1"),
        ("1234.MNS.cn-hangzhou.aliyuncs.com", "127.0.0.1"),
        ("pypi.example", "127.0.2.1"),
        ("localhost", "127.0.0.1"),
    ],
)
def test_a_known_name_has_its_address(resolver: Resolver, name: str, address: str) -> None:
    answer = ask(resolver, question(name))
    assert struct.unpack(">HHHH", answer[:8]) == (7, 0x8580, 1, 1)
    assert socket.inet_ntoa(answer[-4:]) == address
    assert resolver.refused == {}


def test_a_known_name_has_no_address_of_ipv6(resolver: Resolver) -> None:
    answer = ask(resolver, question("ecs.aliyuncs.com", 28))
    assert struct.unpack(">HHHH", answer[:8]) == (7, 0x8580, 1, 0)


def test_another_name_is_none_and_is_remembered(resolver: Resolver) -> None:
    answer = ask(resolver, question("example.com"))
    assert struct.unpack(">HHHH", answer[:8]) == (7, 0x8583, 1, 0)
    assert list(resolver.refused) == ["example.com"]


@pytest.mark.parametrize("nonsense", [b"", b"\0" * 11, question("a.example")[:-3], question("a.example")[:20]])
def test_what_is_no_question_is_not_answered(resolver: Resolver, nonsense: bytes) -> None:
    assert resolver._answer(nonsense) == b""
