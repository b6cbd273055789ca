"""What pytest reports of tests with regions and clauses: the hooks, which bring in what writes when there is something.

It is loaded at pytest's start, so it imports nothing beyond the standard library and pytest.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Final

import pytest

from pytest_faultzone.fixtures import MAKER
from pytest_faultzone.proof import PROOF
from pytest_faultzone.running import asserts_clauses

if TYPE_CHECKING:
    from collections.abc import Generator


#: Characters that are shown of each side of a comparison.
_SIDE: Final = 36


class Reporting:
    """Gives the report of a test its verdict and what explains a failure, and a run its summary.

    Args:
        config: pytest's configuration.
    """

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        #: The reports of tests that have not ended, of which pytest-html has got something: by the ids of the tests.
        self._attached: dict[str, list[pytest.TestReport]] = {}

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Give the report of a test of clauses its verdict, and that of any failed test what its regions show."""
        used = {"pytest_faultzone.made", "pytest_faultzone.examples"} & sys.modules.keys()
        if not used and not asserts_clauses(item):
            return (yield)
        from pytest_faultzone import judging

        with judging.showing(item, call):
            report = yield
        judging.complete(item, call, report, self.config.stash.get(MAKER, None))
        return report

    def pytest_assertrepr_compare(self, op: str, left: object, right: object) -> list[str] | None:
        """Say how identities, instances, events and states of an invocation differ."""
        if op != "==" or "faultzone.region.region" not in sys.modules:
            return None
        from faultzone.region.differences import differences

        if not (found := differences(left, right)):
            return None
        from faultzone.journal.redaction import quoted

        return [f"{quoted(left, _SIDE)} == {quoted(right, _SIDE)}", *found]

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> Generator[None, None, None]:
        """Let what a report has of a region fit the terminal, before anybody writes it, and let its owner alone read
        the files of pytest-html."""
        if report.failed and hasattr(report, "faultzone") and not self.config.stash[PROOF].is_worker:
            from pytest_faultzone import terminal

            terminal.draw(report)
            if self.config.getoption("htmlpath", None):
                self._attached.setdefault(report.nodeid, []).append(report)
        yield
        if self._attached and report.when == "teardown" and report.nodeid in self._attached:
            from pytest_faultzone import html

            html.make_private(self._attached.pop(report.nodeid), self.config.getoption("htmlpath"))

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Write, by chapter, which clauses were asserted, deviate, are not supported here or were not asserted."""
        proof = self.config.stash[PROOF]
        if findings := proof.findings():
            from pytest_faultzone import summary

            summary.write(terminalreporter, proof, findings)
        if "faultzone" in sys.modules:
            from pytest_faultzone import summary

            summary.write_not_run(terminalreporter)
        if proof.ignored:
            from faultzone.journal import ignored

            for line in ignored.lines(proof.ignored):
                terminalreporter.write_line(line, yellow=True)
        if proof.conditions:
            from pytest_faultzone import conditions

            for line in conditions.summary(proof.conditions):
                terminalreporter.write_line(f"condition: {line}")
        for line in proof.unreached():
            terminalreporter.write_line(f"never reached: {line}", red=True)
        if proof.lost is not None and not proof.reasons and (lost := proof.lost()):
            terminalreporter.write_line(lost)
