"""What Allure gets of a test with a region, where allure-pytest writes a report; imported nowhere else.

The journal as steps and as an attachment, a picture of it, a timeline of each instance, what guests wrote, what
explains a failure, and the clauses as features and stories. The times of steps are those of the region, so that a run
on several workers reports the same.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from hashlib import md5
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
from allure_commons import hookimpl, plugin_manager
from allure_commons.model2 import Status, TestStepResult
from allure_commons.types import AttachmentType, LabelType

from faultzone import clauses
from faultzone.journal.journal import lines
from faultzone.journal.redaction import text
from faultzone.journal.timeline import timeline
from faultzone.pages.svg import svg
from pytest_faultzone import failures, marks, options, real_hosts
from pytest_faultzone.made import REGIONS
from pytest_faultzone.running import EDITION, without_edition

if TYPE_CHECKING:
    from faultzone.journal.journal import Journal

#: What is shown as a step; all else is in the attachment.
_STEPS: Final = frozenset("call refusal transition event fault undo control bill notice".split())
_STEPS_SHOWN: Final = 300
_TIMELINES: Final = 20


class Reporter:
    """Adds to the results that allure-pytest makes.

    Args:
        config: pytest's configuration.
    """

    def __init__(self, config: pytest.Config) -> None:
        self._config = config

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> Generator[None, object, object]:
        """Report the region while it is there, and after allure-pytest has its own say give the test its history."""
        listener = self._config.pluginmanager.get_plugin("allure_listener")
        result = None if listener is None else listener.allure_logger.get_test(None)
        named = sorted(set(map(str, marks.named(item))))
        regions = self._config.stash.get(REGIONS, None)
        region = None if regions is None else failures.region_of(regions.of(item))
        for chapter in sorted({clauses.get(clause).chapter for clause in named}):
            _label(LabelType.FEATURE, chapter)
        for clause in named:
            _label(LabelType.STORY, clause)
        if named or region is not None:
            _label(LabelType.EPIC, "faultzone")
        if region is not None and result is not None:
            result.steps.extend(_steps(region.journal))
            folder = Path(self._config.getoption("allure_report_dir"))
            _attach_all(folder, region.journal)
            for name, log in real_hosts.logs(region):
                _attach(folder, f"log of {name}", text(log))
        try:
            return (yield)
        finally:
            if named and result is not None:
                test = without_edition(item.name, item)
                about = [test, options.BACKEND.read(self._config), str(self._config.stash.get(EDITION, None))]
                result.historyId = _history(named, about)

    def explain(self, name: str, said: str) -> None:
        """Attach what explains a failure of the test that is under way."""
        _attach(Path(self._config.getoption("allure_report_dir")), name, text(said))


def _history(named: list[str], about: list[str]) -> str:
    """What identifies a test over many runs: its clauses, its own name, the backend and the edition, not its file."""
    return md5("|".join([*named, *about]).encode(), usedforsecurity=False).hexdigest()


def _label(kind: str, value: str) -> None:
    plugin_manager.hook.add_label(label_type=kind, labels=(value,))


class _Private:
    """Makes the file of an attachment before allure-pytest writes it: its owner's alone, from the first byte.

    Args:
        folder: where the report is written.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @hookimpl(hookwrapper=True)
    def report_attached_data(self, body: object, file_name: str) -> Generator[None, None, None]:
        """Make the file, empty; where it is written under another name first, that as well."""
        self._folder.mkdir(parents=True, exist_ok=True)
        written = [self._folder / name for name in (file_name, f"{file_name}.tmp")]
        for path in written:
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))
        yield
        written[1].unlink(missing_ok=True)


def _attach(folder: Path, name: str, text: str, kind: AttachmentType = AttachmentType.TEXT) -> None:
    private = _Private(folder)
    plugin_manager.register(private)
    try:
        plugin_manager.hook.attach_data(body=text, name=name, attachment_type=kind, extension=None)
    finally:
        plugin_manager.unregister(private)


def _steps(journal: Journal) -> Iterator[TestStepResult]:
    shown = [entry for entry in journal if entry.kind in _STEPS or "not_kept" in entry.data]
    for entry in shown[:_STEPS_SHOWN]:
        status = Status.FAILED if entry.kind == "refusal" else Status.PASSED
        yield TestStepResult(name=str(entry)[:300], status=status, start=entry.at, stop=entry.at)
    if (left := len(shown) - _STEPS_SHOWN) > 0:
        yield TestStepResult(name=f"and {left} more, in the attached journal", status=Status.PASSED)


def _attach_all(folder: Path, journal: Journal) -> None:
    _attach(folder, "journal.ndjson", "".join(lines(journal)))
    _attach(folder, "timeline.svg", svg(journal, "timeline"), AttachmentType.SVG)
    made: dict[str, None] = {}
    written: list[str] = []
    for entry in journal:
        data: Any = entry.data
        if entry.kind == "transition" and "instance" in data:
            made[data["instance"]] = None
        elif entry.kind in ("report", "stale") and data.get("output"):
            written.append(f"{data['instance']} {data.get('run', '')}: {data['report']}\n{data['output']}")
    for instance in list(made)[:_TIMELINES]:
        _attach(folder, f"timeline of {instance}", timeline(journal, instance))
    if written:
        _attach(folder, "guest output", "\n".join(written))
