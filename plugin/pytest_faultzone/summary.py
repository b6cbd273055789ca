"""The summary of a run: what its tests say of clauses, by chapter, as tables of the terminal."""

from __future__ import annotations

from collections import Counter
from textwrap import fill
from typing import TYPE_CHECKING, Any, Final

from faultzone import clauses, verdicts
from pytest_faultzone import departures, options, terminal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from faultzone.verdicts import Finding
    from pytest_faultzone.proof import Proof


#: How the reason of a test begins that the backend does not let run, and how many reasons are written.
_NOT_RUN: Final = "not-supported: "
_REASONS: Final = 5


def _row(chapter: str, cells: Sequence[object]) -> str:
    """A line of the table of chapters, each cell below its title."""
    return f"{chapter:<19}" + "".join(
        f"{cell:>{len(title) + 2}}" for cell, title in zip(cells, verdicts.COLUMNS, strict=True)
    )


def write(reporter: Any, proof: Proof, findings: Sequence[Finding]) -> None:
    """Write a line for each chapter, one for each clause that does not conform, and what is said of departures."""
    tally, width = verdicts.tally(findings), terminal.width()
    reporter.write_sep("=", "faultzone: clauses by chapter")
    head = _row("chapter", verdicts.COLUMNS)
    is_narrow = width < len(head)
    if not is_narrow:
        reporter.write_line(head)
    for chapter in tally.touched if options.CLAUSE.read(reporter.config) else tally.chapters:
        if is_narrow:
            counts = ", ".join(f"{count} {column}" for column, count in chapter.counts.items() if count)
            reporter.write_line(fill(f"{chapter.name}: {counts}", width, subsequent_indent="  "))
        else:
            reporter.write_line(_row(chapter.name, [chapter.counts[column] for column in verdicts.COLUMNS]))
    registry = clauses.load()
    for clause, merged in tally.bad.items():
        verdict, says = merged.verdict, registry[clause].statement
        if merged.is_expected:
            verdict += " as expected"
            says = " ".join(dict.fromkeys(each.reason for each in proof.expected if each.name in merged.excuses))
        reporter.write_line(
            fill(f"{verdict}: {clause} - {says}", width), red=not merged.is_expected, yellow=merged.is_expected
        )
    if proof.expected:
        reporter.write_line(f"expected departures: {sum(each.is_expected for each in tally.bad.values())}")
    departures.summarise(reporter, proof.expected, findings, width)


def write_not_run(reporter: Any) -> None:
    """Say why tests could not be run with this backend, unless pytest itself lists what was skipped."""
    if reporter.hasopt("skipped"):
        return
    reasons: Counter[str] = Counter()
    for report in reporter.stats.get("skipped", ()):
        reason = str(report.longrepr[2]) if isinstance(report.longrepr, tuple) else ""
        said = reason.removeprefix("Skipped: ")
        if said.startswith(_NOT_RUN):
            reasons[said.removeprefix(_NOT_RUN)] += 1
    for reason, count in reasons.most_common(_REASONS):
        tests = "1 test" if count == 1 else f"{count} tests"
        reporter.write_line(fill(f"not supported, {tests}: {reason}", terminal.width()), yellow=True)
    if len(reasons) > _REASONS:
        reporter.write_line(f"and {len(reasons) - _REASONS} other reasons, which -rs lists", yellow=True)
