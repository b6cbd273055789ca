"""The names of instances are written down by one host, and are there before another mounts them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, cast

from faultzone.errors import HarnessError
from faultzone.model.core.effects import Boot
from faultzone.substrate.docker.link import HostError, HostGone, Link, Message
from faultzone.substrate.docker.loop import Loop, Tasks
from faultzone.substrate.docker.names import Names
from tests.support.patience import PATIENCE

FILE = "lease/names-v"


class Host:
    """A host that is told things, and answers when the test says so."""

    def __init__(self) -> None:
        self.alive = True
        self.told: list[tuple[str, asyncio.Future[Message]]] = []

    def ask(self, operation: str, **arguments: Any) -> asyncio.Future[Message]:
        assert (operation, arguments["file"]) == ("names", FILE)
        answer: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self.told.append((arguments["text"], answer))
        return answer

    async def answer(self, error: HostError | None = None) -> None:
        if error is None:
            self.told[-1][1].set_result({})
        else:
            self.told[-1][1].set_exception(error)
        await passed()

    async def die(self) -> None:
        self.alive = False
        await self.answer(HostGone("gone"))


async def passed() -> None:
    """Let all that can go on do so."""
    for _ in range(10):
        await asyncio.sleep(0)


class Book:
    """The names of a network, on a loop that the test's own steps run on, too."""

    def __init__(self, loop: Loop, failed: list[BaseException]) -> None:
        self.tasks = Tasks(loop, failed.append)
        self.names = Names("lease", self.tasks)

    async def add(self, host: Host, number: int, ready: list[str | None]) -> None:
        boot = Boot(f"i-{number}", 1, 1, None, f"host-{number}", address=f"10.0.0.{number}", network="v")

        async def add() -> None:
            ready.append(await self.names.add(cast(Link, host), "r", boot))

        self.tasks.begin(add())
        await passed()


def play(test: Callable[[Book], Awaitable[None]]) -> list[BaseException]:
    """Run the steps of a test; what has failed."""
    failed: list[BaseException] = []
    loop = Loop(failed.append)

    async def steps() -> None:
        book = Book(loop, failed)
        await test(book)
        await book.tasks.close()

    try:
        loop.run(steps(), PATIENCE)
    finally:
        loop.close()
    return failed


def test_a_host_waits_for_what_another_writes_and_not_for_what_it_writes_itself() -> None:
    async def steps(book: Book) -> None:
        first, second = Host(), Host()
        mine: list[str | None] = []
        its: list[str | None] = []
        await book.add(first, 1, mine)
        await book.add(second, 2, its)
        assert (mine, its, second.told) == ([FILE], [], [])
        await first.answer()
        assert its == [FILE]
        assert [each.split() for each in first.told[-1][0].splitlines()[2:]] == [
            ["10.0.0.1", "host-1"],
            ["10.0.0.2", "host-2"],
        ]
        await book.add(second, 3, its)
        assert its == [FILE] * 2

    assert play(steps) == []


def test_what_a_host_that_dies_has_not_written_the_one_that_waits_writes() -> None:
    async def steps(book: Book) -> None:
        first, second = Host(), Host()
        its: list[str | None] = []
        await book.add(first, 1, [])
        await book.add(second, 2, its)
        await first.die()
        assert its == [FILE]
        assert "host-1\n" in second.told[-1][0]
        await second.answer()
        assert its == [FILE]

    assert play(steps) == []


def test_for_a_host_that_is_gone_too_nothing_is_done() -> None:
    async def steps(book: Book) -> None:
        first, second = Host(), Host()
        its: list[str | None] = []
        await book.add(first, 1, [])
        await book.add(second, 2, its)
        second.alive = False
        await first.die()
        assert (its, second.told) == ([None], [])

    assert play(steps) == []


def test_names_that_cannot_be_written_are_said_to_be() -> None:
    async def steps(book: Book) -> None:
        first = Host()
        await book.add(first, 1, [])
        await first.answer(HostError("no space"))

    (error,) = play(steps)
    assert isinstance(error, HarnessError)
    assert "no space" in str(error)
