"""The summary of a run: what its tests say of clauses, by chapter, as tables of the terminal."""

from __future__ import annotations

from collections import Counter
from textwrap import fill
from typing import TYPE_CHECKING, Any, Final

from faultzone import clauses, verdicts
from pytest_faultzone import by_edition, departures, options, terminal
from pytest_faultzone.causes import NOT_RUN

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from faultzone.verdicts import Finding
    from pytest_faultzone.proof import Proof


#: How many reasons are written of why tests did not run.
_REASONS: Final = 5


def _row(name: str, cells: Iterable[object]) -> str:
    """A line of a table, each cell below its title."""
    return f"{name:<19}" + "".join(
        f"{cell:>{len(title) + 2}}" for cell, title in zip(cells, verdicts.COLUMNS, strict=True)
    )


def _write_table(reporter: Any, by: str, rows: Mapping[str, Mapping[str, int]]) -> None:
    """Write how many clauses each row has in each column; where there is no room, only those that are not zero."""
    reporter.write_sep("=", f"faultzone: clauses by {by}")
    head, width = _row(by, verdicts.COLUMNS), terminal.width()
    if width >= len(head):
        reporter.write_line(head)
    for name, counts in rows.items():
        if width < len(head):
            said = ", ".join(f"{count} {column}" for column, count in counts.items() if count)
            reporter.write_line(fill(f"{name}: {said}", width, subsequent_indent="  "))
        else:
            reporter.write_line(_row(name, counts.values()))


def write(reporter: Any, proof: Proof, findings: Sequence[Finding]) -> None:
    """Write a line for each chapter, or for each edition of several, one for each clause that does not conform, and
    what is said of departures."""
    editions = verdicts.by_edition(findings)
    asked = by_edition.asked(reporter.config)
    if asked == by_edition.ALL:
        tally = verdicts.tally(findings)
        _write_table(reporter, "edition", {name: each.counts for name, each in editions.items()})
    else:
        tally = verdicts.tally(findings, asked or None)
        shown = tally.touched if options.CLAUSE.read(reporter.config) else tally.chapters
        _write_table(reporter, "chapter", {chapter.name: chapter.counts for chapter in shown})
    registry, width = clauses.load(), terminal.width()
    for clause, merged in tally.bad.items():
        verdict, says = merged.verdict, registry[clause].statement
        if asked == by_edition.ALL:
            verdict += f" in {', '.join(name for name, each in editions.items() if clause in each.bad)}"
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
        if said.startswith(NOT_RUN):
            reasons[said.removeprefix(NOT_RUN)] += 1
    for reason, count in reasons.most_common(_REASONS):
        tests = "1 test" if count == 1 else f"{count} tests"
        reporter.write_line(fill(f"not supported, {tests}: {reason}", terminal.width()), yellow=True)
    if len(reasons) > _REASONS:
        reporter.write_line(f"and {len(reasons) - _REASONS} other reasons, which -rs lists", yellow=True)
