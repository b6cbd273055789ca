"""The departures that a run expects: read from its options, held against what its tests say, and written."""

from __future__ import annotations

from datetime import UTC, datetime
from textwrap import fill
from typing import TYPE_CHECKING, Any

from faultzone.errors import UsageError
from faultzone.verdicts import EXPECTABLE
from faultzone.verdicts.departures import Departure, complaints, entries, parse, tables
from pytest_faultzone import backends, marks, options
from pytest_faultzone.proof import PROOF

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pytest

    from faultzone.verdicts import Finding


def load(config: pytest.Config) -> list[Departure]:
    """The departures that a run expects, and see that new ones can be written.

    Raises:
        UsageError: a file is malformed or cannot be read or written; the text says what to write instead.
    """
    today = datetime.now(UTC).date()
    expected: list[Departure] = []
    if given := options.DEPARTURES.read(config):
        expected += parse(_read(options.DEPARTURES.path(config)), given, today)
    kind = backends.kind_of(config)
    if kind is not None and (known := kind.departures(backends.chosen(config))):
        expected += parse(known, "the backend's own departures", today, strict=False)
    if options.DEPARTURES_WRITE.read(config):
        path = options.DEPARTURES_WRITE.path(config)
        try:
            if path.exists() and not path.is_file():
                raise OSError("it is no file")
            with path.open("a", encoding="utf-8"):
                pass
        except (OSError, ValueError) as error:
            raise UsageError(f"{options.DEPARTURES_WRITE.flag}={path}: {_why(error)}; name a file to write") from None
        tables(_read(path), str(path))
    return expected


def _why(error: Exception) -> str:
    """What is wrong with a file, without its name: the message already has it."""
    if isinstance(error, UnicodeDecodeError):
        return f"it is not text in UTF-8, from byte {error.start} on"
    return (isinstance(error, OSError) and error.strerror) or str(error)


def _read(path: Path) -> str:
    try:
        if path.exists() and not path.is_file():  # To read a pipe may take for ever.
            raise OSError("it is no file")
        return path.read_text("utf-8")
    except (OSError, ValueError) as error:
        raise UsageError(
            f"{options.DEPARTURES.flag}={path}: {_why(error)}; "
            f"{options.DEPARTURES_WRITE.flag}={path} makes such a file from a run"
        ) from None


def count(test: pytest.Item) -> None:
    """Take note of a test that was collected, whether it will be run or not."""
    proof = test.config.stash[PROOF]
    asserted = set(marks.named(test))
    for each in proof.expected:
        if each.clauses & asserted:
            proof.tests[each.name].add(test.nodeid)


def judge(item: pytest.Item, report: pytest.TestReport, says: dict[str, Any]) -> str:
    """Expect what a test says of its clauses to be so, if it is: pytest shows the test as xfailed then.

    Args:
        item: the test.
        report: its report, which becomes that of an expected failure.
        says: the clauses and the verdict; gets the entries of these clauses, each with the number of their tests, and
            the one that excuses.

    Returns:
        why nothing excuses a verdict that could be excused.
    """
    proof = item.config.stash[PROOF]
    known = [each for each in proof.expected if each.clauses & set(says["clauses"])]
    if not known:
        return ""
    says["departures"] = {each.name: len(proof.tests[each.name]) for each in known}
    if not report.failed or says["verdict"] not in EXPECTABLE:
        return ""
    objections = [each.objection(says["verdict"]) for each in known]
    if None not in objections:
        return "\n".join(map(str, objections))
    excuse = known[objections.index(None)]
    says["excused"] = excuse.name
    report.outcome = "skipped"
    report.wasxfail = f"{excuse.name}: {excuse.reason}"
    return ""


def summarise(reporter: Any, expected: Sequence[Departure], findings: Sequence[Finding], width: int) -> None:
    """Say what is wrong with the file, and add to the one that is written."""
    for complaint in complaints(expected, findings):
        reporter.write_line(fill(complaint, width), red=True)
    if options.DEPARTURES_WRITE.read(reporter.config):
        path = options.DEPARTURES_WRITE.path(reporter.config)
        written = entries(findings, tables(_read(path), str(path)))
        with path.open("a", encoding="utf-8") as file:
            file.writelines(written)
        reporter.write_line(f"entries added to {path}, whose reasons are yours to write: {len(written)}")
