"""Verdicts: what a test says of the clauses that it asserts, their order, and how those of a run are counted.

Reports are written and read with them, also where no pytest is.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from faultzone import clauses, editions

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
#: Those that show that something is wrong, with the region or with the harness.
BAD: Final = frozenset(ORDER[2:])
#: Those of tests in which the harness failed: of the region they show nothing.
HARNESS_FAILED: Final = frozenset({NOT_UNDONE, HARNESS_ERROR})
#: What a backend may be known to give. Where the harness failed nothing is known of the region.
EXPECTABLE: Final = (DEVIATES, NOT_IMPLEMENTED)

#: The columns of a table of chapters, each with the verdicts of the clauses that it counts.
COUNTED: Final[Mapping[str, tuple[str, ...]]] = {
    "asserted": (CONFORMS,),
    "deviating": (DEVIATES,),
    "not implemented": (NOT_IMPLEMENTED,),
    "undecided": (INCONCLUSIVE, NOT_UNDONE, HARNESS_ERROR),
    "not supported": (NOT_SUPPORTED,),
}
NOT_ASSERTED: Final = "not asserted"
UNTESTABLE: Final = "untestable"
#: All columns; the last two are of clauses without a verdict.
COLUMNS: Final = (*COUNTED, NOT_ASSERTED, UNTESTABLE)


def worst(verdicts: Iterable[str]) -> str:
    """The verdict of a clause from those of its tests.

    Raises:
        ValueError: there is none, or one that is no verdict.
    """
    return max(verdicts, key=ORDER.index)


@dataclass(frozen=True, slots=True)
class Finding:
    """What one test says.

    Attributes:
        clauses: the ids of the clauses that it asserts.
        verdict: one of `ORDER`.
        excused: the entry of known departures that excuses the verdict; None where none does.
        tests: the entries of known departures that name one of the clauses, each with the number of their tests.
        edition: the edition of the documentation in which it was run; None where that is not known.
    """

    clauses: tuple[str, ...]
    verdict: str
    excused: str | None = None
    tests: Mapping[str, int] = field(default_factory=dict)
    edition: str | None = None

    @property
    def harness_failed(self) -> bool:
        """Whether the harness failed in the test, so that it shows nothing of the region."""
        return self.verdict in HARNESS_FAILED

    @property
    def was_run(self) -> bool:
        """Whether the test could be run at all."""
        return self.verdict != NOT_SUPPORTED

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> Finding:
        """The finding that a test's report carries as JSON.

        Raises:
            ValueError: the verdict is none.
        """
        if said["verdict"] not in ORDER:
            raise ValueError(f"there is no verdict {said['verdict']!r}; there are {', '.join(ORDER)}")
        return cls(
            tuple(said["clauses"]),
            said["verdict"],
            said.get("excused"),
            said.get("departures", {}),
            said.get("edition"),
        )


@dataclass(frozen=True, slots=True)
class Merged:
    """What all tests of a clause say together.

    Attributes:
        verdict: the worst of theirs.
        excuses: the entries that excuse what is bad among them, by name.
        is_expected: whether every bad verdict is excused.
    """

    verdict: str
    excuses: tuple[str, ...] = ()
    is_expected: bool = False


@dataclass(frozen=True, slots=True)
class Chapter:
    """How many clauses of a chapter each of `COLUMNS` counts."""

    name: str
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Tally:
    """What the tests of a run say together.

    Attributes:
        clauses: each clause that a test asserts, by its id.
        chapters: all chapters of the manual, in its order.
    """

    clauses: Mapping[str, Merged]
    chapters: tuple[Chapter, ...]

    @property
    def bad(self) -> dict[str, Merged]:
        """The clauses that do not conform, by their ids in order."""
        return {clause: merged for clause, merged in sorted(self.clauses.items()) if merged.verdict in BAD}

    @property
    def touched(self) -> tuple[Chapter, ...]:
        """The chapters of which a test asserts a clause."""
        registry = clauses.load()
        seen = {registry[clause].chapter for clause in self.clauses}
        return tuple(chapter for chapter in self.chapters if chapter.name in seen)

    @property
    def counts(self) -> dict[str, int]:
        """How many clauses of all chapters each of `COLUMNS` counts."""
        return {column: sum(chapter.counts[column] for chapter in self.chapters) for column in COLUMNS}


def by_edition(findings: Iterable[Finding]) -> dict[str, Tally]:
    """What tests say together in each edition in which some were run, the oldest first. Each counts its own clauses."""
    found: defaultdict[str | None, list[Finding]] = defaultdict(list)
    for finding in findings:
        found[finding.edition].append(finding)
    return {name: tally(found[name], name) for name in editions.names() if name in found}


def tally(findings: Iterable[Finding], edition: str | None = None) -> Tally:
    """Merge what tests say, and count it by chapter. A clause that the registry does not have counts nowhere.

    Args:
        findings: what they say.
        edition: where it is given, the clauses of this edition alone are counted.
    """
    by_clause: defaultdict[str, list[Finding]] = defaultdict(list)
    registry = clauses.load()
    for finding in findings:
        for clause in finding.clauses:
            if clause in registry:
                by_clause[clause].append(finding)
    merged = {clause: _merged(found) for clause, found in by_clause.items()}
    return Tally(merged, tuple(_chapter(name, merged, edition) for name in clauses.chapters()))


def _merged(findings: list[Finding]) -> Merged:
    excuses = {each.excused for each in findings if each.verdict in BAD}
    named = tuple(sorted(each for each in excuses if each is not None))
    return Merged(worst(each.verdict for each in findings), named, bool(excuses) and None not in excuses)


def _chapter(name: str, merged: Mapping[str, Merged], edition: str | None) -> Chapter:
    column_of = {verdict: column for column, verdicts in COUNTED.items() for verdict in verdicts}
    counts = Counter(dict.fromkeys(COLUMNS, 0))
    for clause in clauses.load().values():
        if clause.chapter != name or (edition is not None and not clause.holds_in(edition)):
            continue
        if clause.id in merged:
            counts[column_of[merged[clause.id].verdict]] += 1
        else:
            counts[NOT_ASSERTED if clause.untestable_because is None else UNTESTABLE] += 1
    return Chapter(name, dict(counts))
