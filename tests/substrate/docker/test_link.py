"""What hosts are told: none that stands still holds up another."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from faultzone.errors import NotSupported
from faultzone.substrate.docker import link as links
from faultzone.substrate.docker.engine import Stream
from faultzone.substrate.docker.link import HostError, HostGone, Link, Message
from faultzone.substrate.docker.loop import Loop
from tests.support.patience import PATIENCE

#: More than the buffers of a pair of sockets take.
MUCH = "x" * (1 << 21)


@pytest.fixture
def loop() -> Iterator[Loop]:
    errors: list[BaseException] = []
    made = Loop(errors.append)
    yield made
    made.close()
    assert not errors


Ends = list[tuple[Link, socket.socket]]


@pytest.fixture
def ends(loop: Loop) -> Iterator[Ends]:
    """Two hosts, each with its own end of the connection."""
    made = []
    with ExitStack() as stack:
        for name in ("one", "other"):
            ours, theirs = map(stack.enter_context, socket.socketpair())
            link = Link(name, name, "10.0.0.2", Stream(ours))
            loop.post(link.listen)
            made.append((link, theirs))
        yield made
        for link, _ in made:
            loop.run(end(link), PATIENCE)


async def end(link: Link) -> None:
    link.end()


def tell(loop: Loop, link: Link, text: str) -> asyncio.Future[Message]:
    """Ask a host for something, and do not wait for its answer."""

    async def act() -> asyncio.Future[Message]:
        answer = link.ask("put", text=text)
        answer.add_done_callback(lambda known: known.cancelled() or known.exception())
        return answer

    return loop.run(act(), PATIENCE)


def ask(loop: Loop, link: Link, text: str = "short") -> Message:
    """Ask a host for something, and wait for its answer."""

    async def act() -> Message:
        return await link.ask("put", text=text)

    return loop.run(act(), PATIENCE)


def heard(end: socket.socket) -> dict[str, Any]:
    """What a host is told, up to the end of a line."""
    end.settimeout(PATIENCE)
    data = bytearray()
    while not data.endswith(b"\n"):
        data += end.recv(1 << 20)
    told: dict[str, Any] = json.loads(data)
    return told


def say(end: socket.socket, message: Message) -> None:
    """Let a host say something."""
    data = json.dumps(message).encode() + b"\n"
    end.sendall(bytes([1, 0, 0, 0]) + len(data).to_bytes(4, "big") + data)


def test_a_host_that_takes_nothing_holds_up_no_other(loop: Loop, ends: Ends) -> None:
    (still, its), (other, others) = ends
    tell(loop, still, MUCH)
    tell(loop, other, "short")
    assert heard(others)["text"] == "short"
    assert heard(its)["text"] == MUCH
    tell(loop, still, "short")
    assert heard(its)["text"] == "short"


def test_a_host_for_which_too_much_waits_is_let_go(loop: Loop, ends: Ends, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(links, "UNSENT_BYTES", 1 << 16)
    still, _ = ends[0]
    answers = [tell(loop, still, MUCH)]
    assert not answers[0].done()
    answers.append(tell(loop, still, "one too many"))
    assert not still.alive
    assert [str(each.exception()) for each in answers] == ["host one is gone"] * 2
    assert still.log[0] == "the host takes nothing that it is told"


@pytest.mark.parametrize(("said", "kind"), [({"error": "no space"}, HostError), ({"refused": "no"}, NotSupported)])
def test_what_a_host_could_not_do_is_an_error(loop: Loop, ends: Ends, said: Message, kind: type[Exception]) -> None:
    link, its = ends[0]

    async def act() -> Message:
        answer = link.ask("put")
        number = json.loads(await asyncio.to_thread(its.recv, 1 << 16))["id"]
        say(its, {"id": number, **said})
        return await answer

    with pytest.raises(kind, match=next(iter(said.values()))):
        loop.run(act(), PATIENCE)


def test_a_host_that_is_gone_answers_nothing_more(loop: Loop, ends: Ends) -> None:
    link, its = ends[0]
    its.close()
    with pytest.raises(HostGone):
        ask(loop, link)
    with pytest.raises(HostGone):
        ask(loop, link)


def test_who_has_parted_with_a_host_hears_nothing_more_of_it(loop: Loop, ends: Ends) -> None:
    link, its = ends[0]
    told: list[Message] = []

    async def act() -> bool:
        link.hears = told.append
        answer = link.ask("put")
        link.part()
        number = json.loads(await asyncio.to_thread(its.recv, 1 << 16))["id"]
        say(its, {"id": number})
        say(its, {"event": "beat"})
        last = link.ask("put")
        say(its, {"id": number + 1})
        await last
        return answer.cancelled()

    assert loop.run(act(), PATIENCE)
    assert told == []
