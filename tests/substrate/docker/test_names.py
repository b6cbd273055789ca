"""The names of instances are written down by one host, and are there before another mounts them."""

from __future__ import annotations

from typing import Any, cast

import pytest

from faultzone.errors import HarnessError
from faultzone.model.core.effects import Boot
from faultzone.substrate.docker.links import Link, Message, Then
from faultzone.substrate.docker.names import Names

FILE = "lease/names-v"


class Host:
    """A host that is told things, and answers when the test says so."""

    def __init__(self) -> None:
        self.alive = True
        self.told: list[tuple[str, Then]] = []

    def send(self, operation: str, then: Then, **arguments: Any) -> None:
        assert (operation, arguments["file"]) == ("names", FILE)
        self.told.append((arguments["text"], then))

    def answer(self, message: Message) -> None:
        self.told[-1][1](message)

    def die(self) -> None:
        self.alive = False
        self.answer({"trouble": "gone"})


def add(names: Names, host: Host, number: int, ready: list[str]) -> None:
    boot = Boot(f"i-{number}", 1, 1, None, f"host-{number}", address=f"10.0.0.{number}", network="v")
    names.add(cast(Link, host), "r", boot, ready.append)


@pytest.fixture
def names() -> Names:
    return Names("lease")


def test_a_host_waits_for_what_another_writes_and_not_for_what_it_writes_itself(names: Names) -> None:
    first, second = Host(), Host()
    mine: list[str] = []
    its: list[str] = []
    add(names, first, 1, mine)
    add(names, second, 2, its)
    assert (mine, its, second.told) == ([FILE], [], [])
    first.answer({})
    assert its == [FILE]
    assert [each.split() for each in first.told[-1][0].splitlines()[2:]] == [
        ["10.0.0.1", "host-1"],
        ["10.0.0.2", "host-2"],
    ]
    add(names, second, 3, its)
    assert its == [FILE] * 2


def test_what_a_host_that_dies_has_not_written_the_one_that_waits_writes(names: Names) -> None:
    first, second = Host(), Host()
    its: list[str] = []
    add(names, first, 1, [])
    add(names, second, 2, its)
    first.die()
    assert its == [FILE]
    assert "host-1\n" in second.told[-1][0]
    second.answer({})
    assert its == [FILE]


def test_for_a_host_that_is_gone_too_nothing_is_done(names: Names) -> None:
    first, second = Host(), Host()
    its: list[str] = []
    add(names, first, 1, [])
    add(names, second, 2, its)
    second.alive = False
    first.die()
    assert (its, second.told) == ([], [])


def test_names_that_cannot_be_written_are_said_to_be(names: Names) -> None:
    first = Host()
    add(names, first, 1, [])
    with pytest.raises(HarnessError, match="no space"):
        first.answer({"trouble": "no space"})
