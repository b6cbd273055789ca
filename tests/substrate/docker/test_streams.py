"""Byte streams over messages: both ends, joined here by hand."""

from __future__ import annotations

import select
import socket
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from faultzone.substrate.docker.agent.streams import MOST, WINDOW, Pump, Stream, Streams, User
from faultzone.substrate.docker.agent.wire import Wire


class Ear:
    """Keeps what it hears; what it hears is taken unless it is to wait."""

    def __init__(self, stream: Stream | None = None, *, takes: bool = True) -> None:
        self.stream, self.takes = stream, takes
        self.heard, self.ends, self.reasons, self.relief = b"", 0, list[str](), 0

    def data(self, data: bytes) -> None:
        self.heard += data
        if self.takes and self.stream is not None:
            self.stream.taken(len(data))

    def ended(self) -> None:
        self.ends += 1

    def closed(self, why: str) -> None:
        self.reasons.append(why)

    def relieved(self) -> None:
        self.relief += 1


class Pair:
    """Both ends; what one says is heard by the other when `pass_on` is called."""

    def __init__(self, accept: Callable[[Stream, str], User]) -> None:
        self.there: deque[dict[str, Any]] = deque()
        self.back: deque[dict[str, Any]] = deque()
        self.ours = Streams(self.there.append, accept, 1)
        self.theirs = Streams(self.back.append, accept, 2)

    def pass_on(self) -> None:
        while self.there or self.back:
            while self.there:
                self.theirs.hear(self.there.popleft())
            while self.back:
                self.ours.hear(self.back.popleft())


@pytest.fixture
def met() -> list[tuple[Ear, str]]:
    return []


@pytest.fixture
def pair(met: list[tuple[Ear, str]]) -> Pair:
    def accept(stream: Stream, to: str) -> Ear:
        met.append((Ear(stream), to))
        return met[-1][0]

    return Pair(accept)


def opened(pair: Pair, to: str = "80") -> tuple[Ear, Stream]:
    ear = Ear()
    ear.stream = pair.ours.open(ear, to)
    return ear, ear.stream


def test_bytes_go_both_ways_unchanged_and_an_orderly_end_closes_both(pair: Pair, met: list[tuple[Ear, str]]) -> None:
    ear, stream = opened(pair, "metadata")
    everything = bytes(range(256)) * 8
    stream.send(everything)
    pair.pass_on()
    there, to = met[0]
    assert (there.heard, to) == (everything, "metadata")
    assert there.stream is not None
    there.stream.send(everything[::-1])
    there.stream.end()
    stream.end()
    pair.pass_on()
    assert (ear.heard, ear.ends, ear.reasons) == (everything[::-1], 1, [""])
    assert (there.ends, there.reasons) == (1, [""])


def test_no_more_is_sent_than_the_other_end_takes(pair: Pair, met: list[tuple[Ear, str]]) -> None:
    ear, stream = opened(pair)
    pair.pass_on()
    there = met[0][0]
    there.takes = False
    stream.send(bytes(3 * WINDOW))
    stream.end()
    pair.pass_on()
    assert (len(there.heard), stream.backlog, there.ends) == (WINDOW, 2 * WINDOW, 0)
    assert there.stream is not None
    for taken in (1, 2, 3):
        there.stream.taken(WINDOW)
        pair.pass_on()
        assert len(there.heard) == min(3, taken + 1) * WINDOW
    assert (stream.backlog, there.ends) == (0, 1)
    assert ear.relief == 3


def test_streams_are_told_apart_whoever_opens_them(pair: Pair, met: list[tuple[Ear, str]]) -> None:
    ours = [opened(pair, f"ours {number}") for number in range(3)]
    their_ear = Ear()
    theirs = [pair.theirs.open(their_ear, f"theirs {number}") for number in range(3)]
    for number, (_, stream) in enumerate(ours):
        stream.send(b"o%d" % number)
    for number, stream in enumerate(theirs):
        stream.send(b"t%d" % number)
    pair.pass_on()
    assert {to: ear.heard for ear, to in met} == {f"ours {n}": b"o%d" % n for n in range(3)} | {
        f"theirs {n}": b"t%d" % n for n in range(3)
    }


def test_a_stream_that_is_refused_or_closed_says_why_once(pair: Pair, met: list[tuple[Ear, str]]) -> None:
    def refuse(stream: Stream, to: str) -> Ear:
        raise ConnectionRefusedError(111, "Connection refused")

    refusing = Pair(refuse)
    ear, stream = opened(refusing)
    stream.send(b"hello")
    refusing.pass_on()
    assert ear.reasons == ["Connection refused"]
    stream.send(b"to nobody")
    stream.close("again")
    refusing.pass_on()
    assert ear.reasons == ["Connection refused"]
    ear, stream = opened(pair)
    pair.pass_on()
    stream.close("enough")
    pair.pass_on()
    assert (ear.reasons, met[0][0].reasons) == (["enough"], ["enough"])


def test_those_who_are_left_are_told(pair: Pair) -> None:
    ears = [opened(pair)[0] for _ in range(3)]
    pair.ours.lose("gone")
    assert [ear.reasons for ear in ears] == [["gone"]] * 3


def test_there_are_not_more_streams_than_so_many(pair: Pair) -> None:
    for _ in range(MOST):
        opened(pair)
    with pytest.raises(OSError, match="more than"):
        opened(pair)


# Sockets


@contextmanager
def pumped() -> Iterator[tuple[socket.socket, Pump, list[dict[str, Any]]]]:
    """A socket, the pump at its other end, and what the pump's stream says."""
    near, far = socket.socketpair()
    said: list[dict[str, Any]] = []
    pump = Pump(far)
    pump.stream = Streams(said.append, lambda stream, to: pump, 1).open(pump, "80")
    said.clear()
    with near, far:
        yield near, pump, said


def test_a_pump_carries_bytes_ends_and_the_close() -> None:
    with pumped() as (near, pump, said):
        assert pump.wants() == select.POLLIN
        near.sendall(b"asked")
        pump.ready(select.POLLIN)
        near.shutdown(socket.SHUT_WR)
        pump.ready(select.POLLIN)
        assert [each["do"] for each in said] == ["data", "end"]
        assert pump.wants() == 0
        pump.data(b"answered")
        pump.ended()
        assert (near.recv(100), near.recv(100)) == (b"answered", b"")
        pump.closed("")
        assert pump.over


def test_a_pump_keeps_what_cannot_be_written_and_says_that_it_took_what_could() -> None:
    with pumped() as (near, pump, said):
        pump.data(bytes(WINDOW * 8))
        assert pump.wants() & select.POLLOUT
        pump.closed("")
        total = 0
        while pump.wants() & select.POLLOUT:
            total += len(near.recv(1 << 20))
            pump.ready(select.POLLOUT)
        assert pump.over
        while data := near.recv(1 << 20):
            total += len(data)
        assert total == WINDOW * 8
        assert sum(each.get("bytes", 0) for each in said) > 7 * WINDOW


def test_a_pump_whose_peer_is_gone_closes_its_stream() -> None:
    with pumped() as (near, pump, said):
        near.close()
        pump.data(b"to nobody")
        assert (pump.over, said[-1]["do"]) == (True, "close")


def test_a_wire_never_waits_and_loses_nothing() -> None:
    near, far = socket.socketpair()
    with near, far:
        one, other = Wire(near), Wire(far)
        messages = [{"number": number, "text": "x" * 4000} for number in range(200)]
        for message in messages:
            one.say(message)
        assert one.waits
        heard: list[dict[str, Any]] = []
        while len(heard) < len(messages):
            heard += other.hear() or []
            one.flush()
        assert (heard, one.waits, other.hear()) == (messages, False, [])
        one.close()
        assert other.hear() is None
        other.say({"to": "nobody"})
        assert not other.waits
