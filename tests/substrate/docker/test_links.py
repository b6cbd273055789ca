"""What hosts are told: none that stands still holds up another."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from faultzone.substrate.docker import links
from faultzone.substrate.docker.engine import Stream
from faultzone.substrate.docker.links import Link, Message, Switchboard
from tests.support.patience import PATIENCE

#: More than the buffers of a pair of sockets take.
MUCH = "x" * (1 << 21)


@pytest.fixture
def board() -> Iterator[Switchboard]:
    troubles: list[BaseException] = []
    made = Switchboard(troubles.append)
    yield made
    made.close()
    assert not troubles


@pytest.fixture
def ends(board: Switchboard) -> Iterator[list[tuple[Link, socket.socket]]]:
    """Two hosts, each with its own end of the connection."""
    made = []
    with ExitStack() as stack:
        for name in ("one", "other"):
            ours, theirs = map(stack.enter_context, socket.socketpair())
            link = Link(board, name, name, "10.0.0.2", Stream(ours))
            board.post(lambda link=link: board.listen(link))  # type: ignore[misc]
            made.append((link, theirs))
        yield made


def tell(link: Link, text: str, answers: list[Message]) -> None:
    def act(answer: Any) -> None:
        link.send("put", answers.append, text=text)
        answer(None)

    link.board.ask(act, 5)


def heard(end: socket.socket) -> dict[str, Any]:
    """What a host is told, up to the end of a line."""
    end.settimeout(PATIENCE)
    data = bytearray()
    while not data.endswith(b"\n"):
        data += end.recv(1 << 20)
    told: dict[str, Any] = json.loads(data)
    return told


def test_a_host_that_takes_nothing_holds_up_no_other(ends: list[tuple[Link, socket.socket]]) -> None:
    (still, its), (other, others) = ends
    tell(still, MUCH, [])
    tell(other, "short", [])
    assert heard(others)["text"] == "short"
    assert heard(its)["text"] == MUCH
    tell(still, "short", [])
    assert heard(its)["text"] == "short"


def test_a_host_for_which_too_much_waits_is_let_go(
    ends: list[tuple[Link, socket.socket]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(links, "UNSENT_BYTES", 1 << 16)
    still, _ = ends[0]
    answers: list[Message] = []
    tell(still, MUCH, answers)
    assert not answers
    tell(still, "one too many", answers)
    assert not still.alive
    assert answers == [{"trouble": "host one is gone"}] * 2
    assert still.log[0] == "the host takes nothing that it is told"


def test_what_comes_after_the_end_is_let_be() -> None:
    """A region that nobody holds may be collected at any time: its hosts have gone with their session."""
    board, done = Switchboard(lambda trouble: None), list[str]()
    board.close()
    board.post(lambda: done.append("late"))
    assert done == []
