"""The verdict that a test gives on its clauses, from how it ended."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import pytest

from faultzone.api.errors import ApiError
from faultzone.checkers import ViolationError
from faultzone.errors import ConditionBroken, IncompleteAnswer, Inconclusive, NotSupported, UndoFailed
from faultzone.verdicts import (
    CONFORMS,
    DEVIATES,
    HARNESS_ERROR,
    INCONCLUSIVE,
    NOT_IMPLEMENTED,
    NOT_SUPPORTED,
    NOT_UNDONE,
)
from pytest_faultzone import causes, departures, failures, frames, marks, options
from pytest_faultzone.made import REGIONS
from pytest_faultzone.running import EDITION
from pytest_faultzone.terminal import STORY, Shown, Story

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from pytest_faultzone.made import Made
    from pytest_faultzone.regions import RegionMaker

#: What the service answers for an action that it does not know, or for a product.
_UNKNOWN_ACTION: Final = frozenset({"InvalidAction", "InvalidApi.NotFound", "InvalidAction.NotFound", "InvalidVersion"})


def verdict_of(call: pytest.CallInfo[None], report: pytest.TestReport) -> str | None:
    """The verdict that one phase of a test gives; None where it gives none."""
    error = call.excinfo.value if call.excinfo is not None else None
    if error is None:
        return CONFORMS if report.when == "call" else None
    if isinstance(error, NotSupported | pytest.skip.Exception):
        return NOT_SUPPORTED
    if isinstance(error, Inconclusive):
        return INCONCLUSIVE
    if isinstance(error, UndoFailed):
        return NOT_UNDONE
    if isinstance(error, ViolationError | ConditionBroken | IncompleteAnswer):
        return DEVIATES
    if report.when != "call":
        return HARNESS_ERROR
    if isinstance(error, ApiError):
        return NOT_IMPLEMENTED if error.code in _UNKNOWN_ACTION else DEVIATES
    assert call.excinfo is not None
    asserted = isinstance(error, AssertionError | pytest.fail.Exception)
    return DEVIATES if asserted and causes.origin(call.excinfo) != causes.MODEL else HARNESS_ERROR


def _edition(item: pytest.Item) -> str | None:
    """The edition that a test has judged: that of its last region, where none of them is of the test's own."""
    edition, regions = item.config.stash.get(EDITION, None), item.config.stash.get(REGIONS, None)
    judged = [made.edition for made in regions.of(item)] if regions is not None else []
    return edition if not judged or edition in judged else judged[-1]


@contextmanager
def showing(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Let pytest show the user's frames alone of what a test with a region has raised."""
    regions = item.config.stash.get(REGIONS, None)
    ours = marks.named(item) or (regions is not None and regions.of(item))
    if call.excinfo is None or not ours or item.config.getoption("fulltrace", False):
        yield
        return
    if frames.is_our_fault(call.excinfo.value):
        yield
        return
    with frames.pruned(call.excinfo):
        yield


def complete(
    item: pytest.Item, call: pytest.CallInfo[None], report: pytest.TestReport, maker: RegionMaker | None
) -> None:
    """Put the verdict into a report, and what explains a failure."""
    if call.excinfo is not None and isinstance(call.excinfo.value, NotSupported):
        path, line, _ = item.location
        report.outcome = "skipped"
        report.longrepr = (str(path), line or 0, f"{causes.NOT_RUN}{call.excinfo.value}")
    named = marks.named(item)
    verdict = verdict_of(call, report) if named else None
    objection = ""
    if verdict is not None:
        says: dict[str, Any] = {
            "clauses": named,
            "edition": _edition(item),
            "verdict": verdict,
            **causes.of(call, report, verdict, maker),
        }
        objection = departures.judge(item, report, says)
        report.user_properties.append(("faultzone", says))
    if options.TIMELINE.read(item.config) != options.TIMELINE.default:
        from pytest_faultzone import timelines

        timelines.keep(item, call, report, verdict)
    if report.failed:
        regions = item.config.stash.get(REGIONS, None)
        story = failures.story_of(item, call, verdict, objection, regions)
        if story.blocks:
            setattr(report, STORY, story.as_json())
            _explain(item, report, story, [] if regions is None else regions.of(item))


def _explain(item: pytest.Item, report: pytest.TestReport, story: Story, made: Sequence[Made]) -> None:
    """Give the reports of Allure and of pytest-html, where they are written, what explains a failure."""
    config = item.config
    if (reporter := config.pluginmanager.get_plugin("faultzone-allure")) is not None:
        reporter.explain(f"{report.when}: what explains the failure", str(Shown(report.longrepr, story)))
    if made and (written := config.getoption("htmlpath", None)):
        from pytest_faultzone import html

        html.attach(report, made[-1], written)
