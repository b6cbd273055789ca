"""Departures: the clauses at which a backend is known not to conform, from a file that its owner keeps."""

from __future__ import annotations

import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from textwrap import fill
from typing import Any, Final

from faultzone import clauses
from faultzone.errors import UsageError
from faultzone.journal.redaction import quoted
from faultzone.verdicts import CONFORMS, DEVIATES, EXPECTABLE, NOT_SUPPORTED, Finding

_KEYS: Final = ("reason", "until", "verdicts")
_FORM: Final = 'write ["deployment-set/zone-limit"] and below it reason = "Why it departs there."'
#: Columns of the comments in a file that is written.
_WIDTH: Final = 120


@dataclass(frozen=True, slots=True)
class Departure:
    """An entry of such a file.

    Attributes:
        name: the clause or the pattern, as it is written.
        file: where it is.
        clauses: the ids that it matches.
        reason: why the backend departs there.
        verdicts: those that it excuses.
        until: the last day on which it excuses.
        expired: whether that day is over.
        strict: whether a run fails if its clauses conform.
    """

    name: str
    file: str
    clauses: frozenset[str]
    reason: str
    verdicts: tuple[str, ...] = (DEVIATES,)
    until: date | None = None
    expired: bool = False
    strict: bool = True

    def objection(self, verdict: str) -> str | None:
        """Why it does not excuse a verdict; None where it does."""
        if verdict not in self.verdicts:
            return f"{self.file}: {self.name!r} excuses {' and '.join(self.verdicts)}, not {verdict}"
        if self.expired:
            return f"{self.file}: {self.name!r} has expired on {self.until} and excuses nothing since"
        return None


def parse(text: str, file: str, today: date, *, strict: bool = True) -> list[Departure]:
    """The entries of a file.

    Args:
        text: what is in it.
        file: its name.
        today: the day by which entries have expired or not.
        strict: whether a run fails if what is expected to depart conforms.

    Raises:
        UsageError: it is malformed or names an unknown clause; the text says what to write instead.
    """
    return [_departure(name, table, file, today, strict) for name, table in tables(text, file).items()]


def tables(text: str, file: str) -> dict[str, Any]:
    """The tables of a file, by the clause or pattern.

    Raises:
        UsageError: it is no TOML.
    """
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise UsageError(f"{file}: it is nested too deeply; {_FORM}") from None
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{file}: {error}; {_FORM}") from None
    except ValueError:  # Of Python's own, which reads numbers of so many digits only.
        raise UsageError(f"{file}: it has a number that is too long; {_FORM}") from None


def _departure(name: str, table: object, file: str, today: date, strict: bool) -> Departure:
    """One entry, checked."""

    def bad(fault: str) -> UsageError:
        return UsageError(f"{file}, {quoted(name)}: {fault}")

    if not isinstance(table, dict):
        raise bad(f"this is outside of any entry; {_FORM}")
    try:
        matched = clauses.matching(name)
    except UsageError as unknown:
        raise bad(str(unknown)) from None
    if unknown_keys := sorted(table.keys() - _KEYS):
        raise bad(f"unknown key {', '.join(each[:64] for each in unknown_keys[:8])}; an entry has {', '.join(_KEYS)}")
    reason, until, verdicts = (table.get(key) for key in _KEYS)
    if not isinstance(reason, str) or not reason.strip():
        raise bad('it has no reason; write why the backend departs there, and who mends it: reason = "..."')
    if until is not None and type(until) is not date:
        raise bad("until is no date; write the last day on which the entry holds, without quotation marks: 2027-01-31")
    if verdicts is None:
        verdicts = [DEVIATES]
    if not isinstance(verdicts, list) or not verdicts or not all(each in EXPECTABLE for each in verdicts):
        raise bad(f"verdicts = {quoted(verdicts)}; write some of {list(EXPECTABLE)}: nothing else can be expected")
    expired = until is not None and until < today
    return Departure(name, file, matched, reason.strip(), tuple(verdicts), until, expired, strict)


def complaints(expected: Iterable[Departure], findings: Iterable[Finding]) -> Iterator[str]:
    """What is wrong with the file, by what all tests of a run say: entries that conform, and those that do not excuse.

    An entry is found to conform only where all tests of its clauses were run, or are not supported.
    """
    said = list(findings)
    for each in expected:
        judged = [finding for finding in said if each.name in finding.tests]
        verdicts = [finding.verdict for finding in judged]
        all_run = len(verdicts) >= max((finding.tests[each.name] for finding in judged), default=0)
        if each.strict and all_run and CONFORMS in verdicts and not set(verdicts) - {CONFORMS, NOT_SUPPORTED}:
            yield f"{each.file}: {each.name!r} is expected to depart and conforms: take the entry out"
        for verdict in sorted({finding.verdict for finding in judged if not finding.excused}.intersection(EXPECTABLE)):
            if objection := each.objection(verdict):
                yield objection


def entries(findings: Iterable[Finding], there: Mapping[str, object]) -> list[str]:
    """An entry, as text, for each clause that departs, is not excused and is not `there`.

    The reason is left to who knows it: until it is written, the file is refused.
    """
    found: defaultdict[str, set[str]] = defaultdict(set)
    for finding in findings:
        for clause in finding.clauses:
            if finding.verdict in EXPECTABLE and not finding.excused and clause not in there:
                found[clause].add(finding.verdict)
    written = []
    for clause, verdicts in sorted(found.items()):
        statement = fill(clauses.get(clause).statement, _WIDTH, initial_indent="# ", subsequent_indent="# ")
        # A list of TOML is written as one of Python.
        besides = "" if verdicts == {DEVIATES} else f"verdicts = {sorted(verdicts)}\n"
        written.append(f'\n{statement}\n["{clause}"]\nreason = ""\n{besides}')
    return written
