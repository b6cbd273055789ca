"""What pytest reports of tests with regions and clauses: the hooks, which bring in what writes when there is something.

It is loaded at pytest's start, so it imports nothing beyond the standard library and pytest.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest

from pytest_faultzone.fixtures import MAKER
from pytest_faultzone.proof import PROOF
from pytest_faultzone.running import asserts_clauses

if TYPE_CHECKING:
    from collections.abc import Generator


class Reporting:
    """Gives the report of a test its verdict and what explains a failure, and a run its summary.

    Args:
        config: pytest's configuration.
    """

    def __init__(self, config: pytest.Config) -> None:
        self.config = config

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Give the report of a test of clauses its verdict, and that of any failed test what its regions show."""
        report = yield
        stash = self.config.stash
        if MAKER in stash or "pytest_faultzone.examples" in sys.modules or asserts_clauses(item):
            from pytest_faultzone import judging

            judging.complete(item, call, report, stash.get(MAKER, None))
        return report

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Let what a report has of a region fit the terminal, before anybody writes it."""
        ours = report.failed and any(heading.startswith("faultzone") for heading, _ in report.sections)
        if ours and not self.config.stash[PROOF].is_worker:
            from pytest_faultzone import failures

            failures.fit(report)

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Write, by chapter, which clauses were asserted, deviate, are not supported here or were not asserted."""
        proof = self.config.stash[PROOF]
        if findings := proof.findings():
            from pytest_faultzone import failures, summary

            summary.write(terminalreporter, proof, findings, failures.WIDTH)
        if proof.lost is not None and not proof.reasons and (lost := proof.lost()):
            terminalreporter.write_line(lost)
