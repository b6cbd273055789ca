"""The summary of a run: what its tests say of clauses, by chapter, as tables of the terminal."""

from __future__ import annotations

from textwrap import fill
from typing import TYPE_CHECKING, Any

from faultzone import clauses, verdicts
from pytest_faultzone import departures, options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from faultzone.verdicts import Finding
    from pytest_faultzone.proof import Proof


def _row(chapter: str, cells: Sequence[object]) -> str:
    """A line of the table of chapters, each cell below its title."""
    return f"{chapter:<19}" + "".join(
        f"{cell:>{len(title) + 2}}" for cell, title in zip(cells, verdicts.COLUMNS, strict=True)
    )


def write(reporter: Any, proof: Proof, findings: Sequence[Finding], width: int) -> None:
    """Write a line for each chapter, one for each clause that does not conform, and what is said of departures."""
    tally = verdicts.tally(findings)
    reporter.write_sep("=", "faultzone: clauses by chapter")
    reporter.write_line(_row("chapter", verdicts.COLUMNS))
    for chapter in tally.touched if options.CLAUSE.read(reporter.config) else tally.chapters:
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
