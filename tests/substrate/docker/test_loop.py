"""The loop's thread: what runs on it has an owner, and its end is bounded."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import pytest

from faultzone.errors import HarnessError
from faultzone.substrate.docker.loop import Loop, Tasks
from tests.support.patience import PATIENCE


@pytest.fixture
def failed() -> list[BaseException]:
    return []


@pytest.fixture
def loop(failed: list[BaseException]) -> Iterator[Loop]:
    made = Loop(failed.append)
    yield made
    made.close()


async def nothing() -> None:
    await asyncio.sleep(0)


def test_what_is_run_gives_its_result_or_its_error(loop: Loop) -> None:
    async def answer() -> int:
        await asyncio.sleep(0)
        return 1

    async def fail() -> None:
        raise KeyError("why")

    assert loop.run(answer(), PATIENCE) == 1
    with pytest.raises(KeyError, match="why"):
        loop.run(fail(), PATIENCE)


def test_what_takes_too_long_is_canceled(loop: Loop) -> None:
    ended = threading.Event()

    async def wait() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    with pytest.raises(TimeoutError, match="no answer within 0 s"):
        loop.run(wait(), 0)
    loop.run(nothing(), PATIENCE)
    assert ended.wait(PATIENCE)


def test_the_thread_does_not_wait_for_itself(loop: Loop) -> None:
    async def wait() -> None:
        loop.run(nothing())

    with pytest.raises(HarnessError, match="while hosts are heard"):
        loop.run(wait(), PATIENCE)


def test_after_the_end_nothing_is_done() -> None:
    """A region that nobody holds may be collected at any time: its hosts have gone with their session."""
    loop, done = Loop(lambda error: None), list[str]()
    loop.close()
    loop.close()
    loop.post(done.append, "late")
    Tasks(loop, lambda error: None).post(nothing)
    assert done == []
    with pytest.raises(HarnessError, match="the session of Docker hosts has ended"):
        loop.run(nothing())


def test_who_waits_at_the_end_is_told(failed: list[BaseException]) -> None:
    loop = Loop(failed.append)
    waiting = threading.Event()

    async def wait() -> None:
        waiting.set()
        await asyncio.Event().wait()

    def close() -> None:
        waiting.wait(PATIENCE)
        loop.close()

    thread = threading.Thread(target=close)
    thread.start()
    with pytest.raises(HarnessError, match="the session of Docker hosts has ended"):
        loop.run(wait(), PATIENCE)
    thread.join()
    assert failed == []


def test_no_error_is_lost(loop: Loop, failed: list[BaseException]) -> None:
    def called() -> None:
        raise KeyError("called")

    async def begun() -> None:
        raise KeyError("begun")

    tasks = Tasks(loop, failed.append)
    loop.post(called)
    tasks.post(begun)
    loop.run(tasks.finish(PATIENCE), PATIENCE)
    assert [str(each) for each in failed] == ["'called'", "'begun'"]


def test_no_task_is_left_by_its_owner(loop: Loop, failed: list[BaseException]) -> None:
    ended: list[str] = []

    async def wait() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("canceled")

    async def begin() -> None:
        tasks.later(PATIENCE, lambda: ended.append("later"))

    tasks = Tasks(loop, failed.append)
    tasks.post(wait)
    loop.run(begin(), PATIENCE)
    loop.run(tasks.close(), PATIENCE)
    tasks.post(wait)
    loop.run(begin(), PATIENCE)
    assert ended == ["canceled"]
    assert failed == []


def test_tasks_begin_in_the_order_in_which_they_were_posted(loop: Loop, failed: list[BaseException]) -> None:
    begun: list[int] = []

    async def begin(number: int) -> None:
        begun.append(number)

    tasks = Tasks(loop, failed.append)
    for number in range(20):
        tasks.post(begin, number)
    loop.run(tasks.finish(PATIENCE), PATIENCE)
    assert begun == list(range(20))
