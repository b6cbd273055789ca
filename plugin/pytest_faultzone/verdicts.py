"""Verdicts: what each test says of the clauses that it asserts, and their summary by chapter."""

from __future__ import annotations

from collections import defaultdict
from textwrap import fill
from typing import TYPE_CHECKING, Any, Final

import pytest

from faultzone import clauses
from faultzone.api.errors import ApiError
from faultzone.backends import CAPABILITIES
from faultzone.checkers import ViolationError
from faultzone.errors import IncompleteAnswer, Inconclusive, NotSupported, UndoFailed, UsageError
from pytest_faultzone import causes, failures, real_hosts
from pytest_faultzone.failures import WIDTH
from pytest_faultzone.plugin import option
from pytest_faultzone.proof import DEPARTURES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pytest_faultzone.regions import RegionMaker

CONFORMS: Final = "conforms"
NOT_SUPPORTED: Final = "not-supported"
INCONCLUSIVE: Final = "inconclusive"
NOT_IMPLEMENTED: Final = "not-implemented"
DEVIATES: Final = "deviates"
NOT_UNDONE: Final = "not-undone"
HARNESS_ERROR: Final = "harness-error"

#: From best to worst. A clause gets the worst verdict of its tests; only where no test could be run is it not
#: supported.
ORDER: Final = (NOT_SUPPORTED, CONFORMS, INCONCLUSIVE, NOT_IMPLEMENTED, DEVIATES, NOT_UNDONE, HARNESS_ERROR)

#: The columns of the summary, each with the verdicts of the clauses that it counts.
_COLUMNS: Final = {
    "asserted": (CONFORMS,),
    "deviating": (DEVIATES,),
    "not implemented": (NOT_IMPLEMENTED,),
    "undecided": (INCONCLUSIVE, NOT_UNDONE, HARNESS_ERROR),
    "not supported": (NOT_SUPPORTED,),
}
#: Those of clauses without a verdict.
_WITHOUT: Final = ("not asserted", "untestable")
#: What the service answers for an action that it does not know.
_UNKNOWN_ACTION: Final = frozenset({"InvalidAction", "InvalidApi.NotFound", "InvalidAction.NotFound"})
#: Clauses whose tests use up a quota of the account for a while.
_QUOTAS: Final = frozenset({"deployment-set/sets-per-region", "assistant/command-quota", "assistant/invocation-quota"})


def check_marks(test: pytest.Function) -> None:
    """Refuse a test that names an unknown clause or capability, or, in the conformance suite, no clause.

    Raises:
        pytest.Collector.CollectError: with what to write instead.
    """
    try:
        named = [clause for mark in test.iter_markers("clause") for clause in mark.args]
        for clause in named:
            clauses.get(str(clause))
        if not named and "faultzone_specs" in test.module.__name__.split("."):
            raise UsageError(
                "it names no clause: every test of the conformance suite is marked @pytest.mark.clause('chapter/name')"
            )
        for name, example in (("clause", "deployment-set/zone-limit"), ("needs", "see-hosts")):
            if not all(mark.args for mark in test.iter_markers(name)):
                raise UsageError(f"the marker {name} names nothing: write at least one, such as {name}({example!r})")
        for capability in (each for mark in test.iter_markers("needs") for each in mark.args):
            if capability not in CAPABILITIES:
                raise UsageError(
                    f"needs({capability!r}): there is no such capability; write some of {', '.join(CAPABILITIES)}"
                )
        if any(mark.args for mark in test.iter_markers("region")):
            raise UsageError("the marker region takes names and values, such as region(zones=2, hosts_per_zone=8)")
    except UsageError as mistake:
        raise pytest.Collector.CollectError(f"{test.nodeid}: {mistake}") from None


def asserts(item: pytest.Item, patterns: str) -> bool:
    """Whether a test asserts a clause that one of the patterns, separated by commas, matches."""
    named = [clause for mark in item.iter_markers("clause") for clause in mark.args]
    return not clauses.matching(patterns).isdisjoint(named)


def uses_up_a_quota(item: pytest.Item) -> bool:
    """Whether a test asserts a quota of the account, which the tests after it would run into on a lasting backend."""
    return any(clause in _QUOTAS for mark in item.iter_markers("clause") for clause in mark.args)


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
    if isinstance(error, ViolationError | IncompleteAnswer):
        return DEVIATES
    if report.when != "call":
        return HARNESS_ERROR
    if isinstance(error, ApiError):
        return NOT_IMPLEMENTED if error.code in _UNKNOWN_ACTION else DEVIATES
    assert call.excinfo is not None
    asserted = isinstance(error, AssertionError | pytest.fail.Exception)
    return DEVIATES if asserted and causes.origin(call.excinfo) != causes.MODEL else HARNESS_ERROR


def complete(
    item: pytest.Item, call: pytest.CallInfo[None], report: pytest.TestReport, maker: RegionMaker | None
) -> None:
    """Put the verdict into a report, and what explains a failure."""
    if call.excinfo is not None and isinstance(call.excinfo.value, NotSupported):
        path, line, _ = item.location
        report.outcome = "skipped"
        report.longrepr = (str(path), line or 0, f"not-supported: {call.excinfo.value}")
    named = [clause for mark in item.iter_markers("clause") for clause in mark.args]
    verdict = verdict_of(call, report) if named else None
    objection = ""
    if verdict is not None:
        says: dict[str, Any] = {"clauses": named, "verdict": verdict, **causes.of(call, report, verdict, maker)}
        if DEPARTURES in item.config.stash:
            from pytest_faultzone import departures

            objection = departures.judge(item, report, says)
        report.user_properties.append(("faultzone", says))
    if not report.failed:
        return
    if verdict is not None:
        statements = [
            f"{fill(f'{clause.id} ({clause.level}): {clause.statement}', WIDTH)}\n    {clause.source}"
            for clause in map(clauses.get, named)
        ]
        report.sections.append((f"faultzone: {verdict}", "\n".join(statements)))
    if objection:
        report.sections.append(("faultzone: not excused", objection))
    report.sections += failures.sections(item, maker.of_test(item) if maker is not None else None)
    for each in maker.all_of_test(item) if maker is not None else ():
        report.sections += real_hosts.sections(each, keep=option(item.config, "keep") == "failed")


def worst(verdicts: Iterable[str]) -> str:
    """The verdict of a clause from those of its tests."""
    return max(verdicts, key=ORDER.index)


def _row(chapter: str, cells: Sequence[object]) -> str:
    """A line of the table of chapters, each cell below its title."""
    widths = [len(title) + 2 for title in (*_COLUMNS, *_WITHOUT)]
    return f"{chapter:<19}" + "".join(f"{cell:>{width}}" for cell, width in zip(cells, widths, strict=True))


def summarise(reporter: Any, seen: Sequence[dict[str, Any]]) -> None:
    """Write a line for each chapter, one for each clause that does not conform, and what is said of departures."""
    by_clause: defaultdict[str, list[str]] = defaultdict(list)
    excuses: defaultdict[str, set[str | None]] = defaultdict(set)
    for each in seen:
        for clause in each["clauses"]:
            by_clause[clause].append(each["verdict"])
            if each["verdict"] in ORDER[2:]:
                excuses[clause].add(each.get("excused"))
    verdicts = {clause: worst(found) for clause, found in by_clause.items()}
    registry = clauses.load()
    reporter.write_sep("=", "faultzone: clauses by chapter")
    reporter.write_line(_row("chapter", [*_COLUMNS, *_WITHOUT]))
    asked = option(reporter.config, "clause")
    for chapter in clauses.chapters():
        if asked and not any(registry[clause].chapter == chapter for clause in verdicts):
            continue
        ids = [clause for clause in registry.values() if clause.chapter == chapter]
        found = [verdicts[clause.id] for clause in ids if clause.id in verdicts]
        counts = [sum(map(found.count, each)) for each in _COLUMNS.values()]
        untestable = sum(clause.untestable_because is not None and clause.id not in verdicts for clause in ids)
        reporter.write_line(_row(chapter, [*counts, len(ids) - sum(counts) - untestable, untestable]))
    expected = reporter.config.stash.get(DEPARTURES, ())
    for clause, names in sorted(excuses.items()):
        verdict, says, as_expected = verdicts[clause], registry[clause].statement, None not in names
        if as_expected:
            verdict += " as expected"
            says = " ".join(dict.fromkeys(each.reason for each in expected if each.name in names))
        reporter.write_line(fill(f"{verdict}: {clause} - {says}", WIDTH), red=not as_expected, yellow=as_expected)
    if expected:
        reporter.write_line(f"expected departures: {sum(None not in names for names in excuses.values())}")
    if expected or option(reporter.config, "departures_write"):
        from pytest_faultzone import departures

        departures.summarise(reporter, seen)
