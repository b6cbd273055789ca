"""A pytest plugin of the runs against mutants: which tests run, and by what a mutant was seen.

The environment says what to do: `MUTANTS_ONLY` names a file with the tests to run, `MUTANTS_SEEN` the file for what
failed first, and `MUTANTS_MAP` the file for which test runs which function of which folder, `MUTANTS_UNDER`.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from collections.abc import Generator
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, Final

import pytest

#: A mutant that takes ever more memory is ended.
_BYTES: Final = 3 << 30
_SHOWN: Final = 300


def _file(name: str) -> Path | None:
    return Path(os.environ[name]) if os.environ.get(name) else None


class Watching:
    """What a run is to do and has seen."""

    def __init__(self) -> None:
        self.only = _file("MUTANTS_ONLY")
        self.seen = _file("MUTANTS_SEEN")
        self.map = _file("MUTANTS_MAP")
        self.under = os.environ.get("MUTANTS_UNDER", "")
        self.reached: dict[str, list[str]] = {}

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        if self.only is not None:
            only = set(json.loads(self.only.read_text()))
            items[:] = [each for each in items if each.nodeid in only]

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        if self.map is None:
            return (yield)
        codes: set[CodeType] = set()

        def note(frame: FrameType, event: str, argument: object) -> None:
            if event == "call":
                codes.add(frame.f_code)

        sys.setprofile(note)
        try:
            return (yield)
        finally:
            sys.setprofile(None)
            for code in codes:
                if code.co_filename.startswith(self.under):
                    self.reached.setdefault(f"{code.co_filename}:{code.co_firstlineno}", []).append(item.nodeid)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(
        self, call: pytest.CallInfo[Any]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        if report.failed and self.seen is not None and not self.seen.exists() and call.excinfo is not None:
            said: dict[str, Any] = {}
            for key, value in report.user_properties:
                if key == "faultzone" and isinstance(value, dict):
                    said = value
            asserted = issubclass(call.excinfo.type, AssertionError | pytest.fail.Exception)
            shown = str(call.excinfo.value).strip().splitlines()
            self._write(
                report.nodeid,
                asserted if report.when != "call" or not said else said["verdict"] == "deviates",
                f"{call.excinfo.type.__name__}: {shown[0] if shown else ''}",
                said.get("clauses", []),
            )
        return report

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed and self.seen is not None and not self.seen.exists():
            self._write(report.nodeid, False, str(report.longrepr).strip().splitlines()[-1], [])

    def pytest_sessionfinish(self) -> None:
        if self.map is not None:
            self.map.write_text(json.dumps(self.reached))

    def _write(self, test: str, asserted: bool, why: str, clauses: list[str]) -> None:
        assert self.seen is not None
        found = {"test": test, "asserted": asserted, "why": why[:_SHOWN], "clauses": clauses}
        self.seen.write_text(json.dumps(found))


def pytest_configure(config: pytest.Config) -> None:
    config.option.tbstyle = "line"  # Long ones take long to write, and nobody reads them.
    resource.setrlimit(resource.RLIMIT_AS, (_BYTES, _BYTES))
    config.pluginmanager.register(Watching(), "mutants-watching")
