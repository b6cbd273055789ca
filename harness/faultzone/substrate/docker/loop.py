"""The one thread on which everything about hosts is decided: an asyncio event loop, and the owners of its coroutines.

So nothing here needs a lock. Other threads `post` what is to be done, or `run` a coroutine and wait for it.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import CancelledError, ThreadPoolExecutor
from typing import Any, Final, TypeVar

from faultzone.errors import HarnessError

Result = TypeVar("Result")

#: How many threads there are for what blocks: the engine's SDK.
_THREADS: Final = 16
#: How long the end of the loop waits for what is left on it.
_END_SECONDS: Final = 10.0


class Loop:
    """The thread.

    Args:
        failed: takes the errors that nobody else takes.
    """

    def __init__(self, failed: Callable[[BaseException], None]) -> None:
        self._failed = failed
        # The collector may end a region in the middle of anything, so whoever has the lock may want it again.
        self._lock = threading.RLock()
        self._open = True
        self._loop = asyncio.new_event_loop()
        self._loop.set_exception_handler(self._take)
        self._workers = ThreadPoolExecutor(_THREADS, "faultzone-engine")
        self._loop.set_default_executor(self._workers)
        self._thread = threading.Thread(target=self._serve, name="faultzone-hosts", daemon=True)
        self._thread.start()

    def post(self, action: Callable[..., object], *values: object) -> None:
        """Let the thread call a function; from any thread, without waiting. After the end, nothing is called."""
        with self._lock:
            if self._open:
                self._loop.call_soon_threadsafe(action, *values)

    def run(self, coroutine: Coroutine[Any, Any, Result], seconds: float | None = None) -> Result:
        """Run a coroutine on the thread and wait for its result; from any other thread.

        Args:
            coroutine: what is run. It is canceled if nobody waits for it any more.
            seconds: real seconds that it may take; None where its own steps are bounded.

        Raises:
            TimeoutError: it takes longer.
            HarnessError: the loop has ended, or ends meanwhile; or this is its own thread, which would wait for itself.
        """
        with self._lock:
            if threading.current_thread() is self._thread or not self._open:
                coroutine.close()
                raise HarnessError(
                    "the session of Docker hosts has ended: use regions before the run of pytest ends"
                    if not self._open
                    else "what is called while hosts are heard cannot wait for hosts: let the test do it"
                )
            future = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        try:
            return future.result(seconds)
        except CancelledError:
            raise HarnessError("the session of Docker hosts has ended") from None
        except TimeoutError:
            if future.done():  # It is the coroutine's own.
                raise
            raise TimeoutError(f"no answer within {seconds:g} s") from None
        finally:
            future.cancel()

    def close(self) -> None:
        """Cancel what is left, and end the thread."""
        with self._lock:
            if not self._open:
                return
            self._open = False
            self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(2 * _END_SECONDS)

    def _take(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        self._failed(context.get("exception") or HarnessError(context["message"]))

    def _serve(self) -> None:
        try:
            self._loop.run_forever()
            # Twice: the first turn begins what was posted just before the end.
            for _ in range(2):
                self._loop.run_until_complete(_cancel(asyncio.all_tasks(self._loop)))
        finally:
            # A thread that waits for an engine that stands still ends with the SDK's own limit.
            self._workers.shutdown(wait=False, cancel_futures=True)
            self._loop.close()


class Tasks:
    """Coroutines of one owner: none is left once they are closed, and no error of theirs is lost.

    Args:
        loop: the thread.
        failed: takes their errors.
    """

    def __init__(self, loop: Loop, failed: Callable[[BaseException], None]) -> None:
        self._loop, self._failed = loop, failed
        self._tasks: set[asyncio.Task[Any]] = set()
        self._closed = False

    def post(self, function: Callable[..., Coroutine[Any, Any, object]], *values: object) -> None:
        """Begin a coroutine function on the thread; from any thread, without waiting. They begin in their order."""
        self._loop.post(self._begin, function, values)

    def _begin(self, function: Callable[..., Coroutine[Any, Any, object]], values: tuple[object, ...]) -> None:
        if not self._closed:
            self.begin(function(*values))

    def begin(self, coroutine: Coroutine[Any, Any, object]) -> None:
        """Begin a coroutine; on the thread alone. After the end, none begins."""
        if self._closed:
            coroutine.close()
        else:
            self.hold(coroutine).add_done_callback(self._look)

    def hold(self, coroutine: Coroutine[Any, Any, Result]) -> asyncio.Task[Result]:
        """Begin a coroutine whose result and error are those of who awaits it; on the thread alone."""
        task = asyncio.get_running_loop().create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def later(self, seconds: float, action: Callable[[], None]) -> None:
        """Call a function after some real seconds; on the thread alone."""

        async def call() -> None:
            await asyncio.sleep(seconds)
            action()

        self.begin(call())

    def _look(self, task: asyncio.Task[Any]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            self._failed(error)

    async def close(self) -> None:
        """Cancel all but whoever asks for it, and wait for their end. Nothing begins any more."""
        self._closed = True
        await _cancel(self._tasks - {asyncio.current_task()})

    async def finish(self, seconds: float) -> None:
        """Let them come to their end, and cancel what takes longer. Nothing is posted any more."""
        self._closed = True
        if waiting := self._tasks - {asyncio.current_task()}:
            await asyncio.wait(waiting, timeout=seconds)
        await self.close()


async def _cancel(tasks: set[Any]) -> None:
    others = tasks - {asyncio.current_task()}
    for each in others:
        each.cancel()
    if others:
        await asyncio.wait(others, timeout=_END_SECONDS)
    else:
        await asyncio.sleep(0)
