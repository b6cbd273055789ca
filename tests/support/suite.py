"""Runs of the conformance suite in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from importlib import resources
from queue import SimpleQueue
from threading import Thread
from typing import Any, Final

import pytest

from faultzone.backends import Backend
from faultzone.backends.options import CloudOptions

#: A test, what it says of its clauses, and how it failed, if it did.
Said = tuple[str, dict[str, Any], str]
#: Makes what a region of a test stands on; None leaves that to the run.
Make = Callable[[CloudOptions], Backend | None]

SETTINGS: Final = resources.files("faultzone_specs") / "pytest.ini"
#: What a run inside this one leaves out: reports for a reader, a search for what nobody awaited, which takes longer
#: than the tests and which the outer run has too, and made-up names, which no test of the suite asks for.
QUICK: Final = tuple(f"-pno:{each}" for each in ("terminal", "unraisableexception", "threadexception", "faker"))


class Verdicts:
    """Gathers the verdicts of a run inside this one."""

    def __init__(self) -> None:
        self.seen: list[Said] = []

    def pytest_configure(self, config: pytest.Config) -> None:
        """Long tracebacks take long to write, and nobody reads most of them."""
        config.option.tbstyle = "line"

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        for key, value in report.user_properties:
            if key == "faultzone":
                assert isinstance(value, dict)
                self.seen.append((report.nodeid, value, str(report.longrepr)))


def run_suite(*arguments: str) -> Verdicts:
    """Run the conformance suite in this process, as a user would with these options."""
    verdicts = Verdicts()
    pytest.main(["-c", str(SETTINGS), *QUICK, *arguments, "--pyargs", "faultzone_specs"], plugins=[verdicts])
    return verdicts


class Suite:
    """The conformance suite, gathered once and run as often as is wanted, each time on other regions.

    A run of pytest begins and ends within one call, so it is in a thread of its own, which waits for what is to be run
    next. No checker judges its regions: they may be wrong on purpose.

    Args:
        tests: what pytest is given to gather them; the suite where nothing is.

    Raises:
        AssertionError: they cannot be gathered.
    """

    def __init__(self, *tests: str) -> None:
        #: All tests, the oldest edition first.
        self.all: list[pytest.Item] = []
        #: Clause -> the tests that assert it, in each of its editions.
        self.tests: dict[str, list[pytest.Item]] = {}
        #: The test that is running.
        self.running = ""
        self._make: Make = lambda options: None
        self._verdicts = Verdicts()
        self._wanted: SimpleQueue[tuple[Make, Sequence[pytest.Item]] | None] = SimpleQueue()
        self._ready: SimpleQueue[bool] = SimpleQueue()
        self._gathered = tests or ("--pyargs", "faultzone_specs")
        #: Why the run has ended, or will.
        self._ended: list[str] = []
        self._thread = Thread(target=self._serve, daemon=True)
        self._thread.start()
        self._wait()

    def run(self, make: Make, tests: Iterable[pytest.Item]) -> list[Said]:
        """Run some tests on regions of this make; what a run leaves for the next is the gathered tests alone.

        Raises:
            AssertionError: the run of the suite has ended by itself, now or before: it says why.
        """
        self._verdicts.seen = []
        self._wanted.put((make, list(tests)))
        self._wait()
        return self._verdicts.seen

    def close(self) -> None:
        """End the run."""
        self._wanted.put(None)
        self._thread.join()

    def _wait(self) -> None:
        if not self._ready.get():
            self._ready.put(False)  # Whoever asks next learns it too, in the place of waiting for ever.
            raise AssertionError("\n".join(["the run of the suite has ended by itself:", *self._ended]))

    def _serve(self) -> None:
        try:
            # What a thread of its own captured would be all that this process writes.
            options = ["-c", str(SETTINGS), *QUICK, "--capture=no", "--faultzone-checkers=none"]
            code = pytest.main([*options, *self._gathered], plugins=[self, self._verdicts])
            self._ended.append(f"exit code {pytest.ExitCode(code)!r}")
        except BaseException as error:
            self._ended.append(f"{type(error).__name__}: {error}")
        finally:
            self._ready.put(False)

    # Nobody else tells why: the reports for a reader are left out.

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self._ended.append(report.longreprtext)

    def pytest_internalerror(self, excrepr: object) -> None:
        self._ended.append(str(excrepr))

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        self._ended.append(excinfo.exconly())

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self.all = session.items
        for item in self.all:
            for mark in item.iter_markers("clause"):
                for clause in mark.args:
                    self.tests.setdefault(clause, []).append(item)

    def pytest_faultzone_backend(self, options: CloudOptions) -> Backend | None:
        return self._make(options)

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self.running = nodeid

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        if session.testsfailed:  # Some could not be gathered.
            return True
        self._ready.put(True)
        while (wanted := self._wanted.get()) is not None:
            self._make, tests = wanted
            # The last has no next one: fixtures of the session, such as the one that makes regions, end with it.
            for item, following in zip(tests, [*tests[1:], None], strict=True):
                item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            self._ready.put(True)
        return True
