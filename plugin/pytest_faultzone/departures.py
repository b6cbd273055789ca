"""Departures: the clauses at which a backend is known not to conform, from a file that its owner keeps."""

from __future__ import annotations

import tomllib
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from importlib.resources import files
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING, Any, Final

from faultzone import clauses
from faultzone.errors import UsageError
from faultzone.journal.redaction import quoted
from pytest_faultzone.failures import WIDTH
from pytest_faultzone.plugin import option
from pytest_faultzone.proof import DEPARTURES
from pytest_faultzone.verdicts import CONFORMS, DEVIATES, NOT_IMPLEMENTED, NOT_SUPPORTED

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pytest

#: What may be expected. Where the harness failed nothing is known of the region, so there is nothing to expect.
_EXPECTABLE: Final = (DEVIATES, NOT_IMPLEMENTED)
_KEYS: Final = ("reason", "until", "verdicts")
_FORM: Final = 'write ["deployment-set/zone-limit"] and below it reason = "Why it departs there."'


@dataclass(slots=True)
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
        tests: the ids of the tests of its clauses that were collected.
    """

    name: str
    file: str
    clauses: frozenset[str]
    reason: str
    verdicts: tuple[str, ...] = (DEVIATES,)
    until: date | None = None
    expired: bool = False
    strict: bool = True
    tests: set[str] = field(default_factory=set)

    def objection(self, verdict: str) -> str | None:
        """Why it does not excuse a verdict; None where it does."""
        if verdict not in self.verdicts:
            return f"{self.file}: {self.name!r} excuses {' and '.join(self.verdicts)}, not {verdict}"
        if self.expired:
            return f"{self.file}: {self.name!r} has expired on {self.until} and excuses nothing since"
        return None


def load(config: pytest.Config) -> list[Departure]:
    """The departures that a run expects, and see that new ones can be written.

    Raises:
        UsageError: a file is malformed or cannot be read or written; the text says what to write instead.
    """
    today = datetime.now(UTC).date()
    expected: list[Departure] = []
    if given := option(config, "departures"):
        expected += parse(_read(_path(config, "departures")), given, today)
    if option(config, "backend") == "docker" and option(config, "docker_agent"):
        genuine = files("faultzone.substrate.docker").joinpath("genuine.toml").read_text("utf-8")
        expected += parse(genuine, "genuine.toml", today, strict=False)
    if option(config, "departures_write"):
        path = _path(config, "departures_write")
        where = f"--faultzone-departures-write={path}"
        try:
            if path.exists() and not path.is_file():
                raise OSError("it is no file")
            with path.open("a", encoding="utf-8"):
                pass
        except (OSError, ValueError) as error:
            raise UsageError(f"{where}: {_why(error)}; name a file to write") from None
        _tables(_read(path), str(path))
    return expected


def _path(config: pytest.Config, name: str) -> Path:
    """The path that an option means: from the configuration file, it is one below the root directory."""
    from_command_line = config.getoption(f"faultzone_{name}") is not None
    return Path(config.invocation_params.dir if from_command_line else config.rootpath, option(config, name))


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
            f"--faultzone-departures={path}: {_why(error)}; "
            f"--faultzone-departures-write={path} makes such a file from a run"
        ) from None


def _tables(text: str, file: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise UsageError(f"{file}: it is nested too deeply; {_FORM}") from None
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{file}: {error}; {_FORM}") from None
    except ValueError:  # Of Python's own, which reads numbers of so many digits only.
        raise UsageError(f"{file}: it has a number that is too long; {_FORM}") from None


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
    return [_departure(name, table, file, today, strict) for name, table in _tables(text, file).items()]


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
    if not isinstance(verdicts, list) or not verdicts or not all(each in _EXPECTABLE for each in verdicts):
        raise bad(f"verdicts = {quoted(verdicts)}; write some of {list(_EXPECTABLE)}: nothing else can be expected")
    expired = until is not None and until < today
    return Departure(name, file, matched, reason.strip(), tuple(verdicts), until, expired, strict)


def count(test: pytest.Item) -> None:
    """Take note of a test that was collected, whether it will be run or not."""
    named = {clause for mark in test.iter_markers("clause") for clause in mark.args}
    for each in test.config.stash.get(DEPARTURES, ()):
        if each.clauses & named:
            each.tests.add(test.nodeid)


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
    known = [each for each in item.config.stash.get(DEPARTURES, ()) if each.clauses & set(says["clauses"])]
    if not known:
        return ""
    says["departures"] = {each.name: len(each.tests) for each in known}
    if not report.failed or says["verdict"] not in _EXPECTABLE:
        return ""
    objections = [each.objection(says["verdict"]) for each in known]
    if None not in objections:
        return "\n".join(map(str, objections))
    excuse = known[objections.index(None)]
    says["excused"] = excuse.name
    report.outcome = "skipped"
    report.wasxfail = f"{excuse.name}: {excuse.reason}"
    return ""


def complaints(expected: Sequence[Departure], seen: Sequence[dict[str, Any]]) -> Iterator[str]:
    """What is wrong with the file, by what all tests of a run say: entries that conform, and those that do not excuse.

    An entry is found to conform only where all tests of its clauses were run, or are not supported.
    """
    for each in expected:
        judged = [says for says in seen if each.name in says.get("departures", ())]
        verdicts = [says["verdict"] for says in judged]
        all_run = len(verdicts) >= max((says["departures"][each.name] for says in judged), default=0)
        if each.strict and all_run and CONFORMS in verdicts and not set(verdicts) - {CONFORMS, NOT_SUPPORTED}:
            yield f"{each.file}: {each.name!r} is expected to depart and conforms: take the entry out"
        for verdict in sorted({says["verdict"] for says in judged if "excused" not in says}.intersection(_EXPECTABLE)):
            if objection := each.objection(verdict):
                yield objection


def summarise(reporter: Any, seen: Sequence[dict[str, Any]]) -> None:
    """Say what is wrong with the file, and add to the one that is written."""
    for complaint in complaints(reporter.config.stash.get(DEPARTURES, ()), seen):
        reporter.write_line(fill(complaint, WIDTH), red=True)
    if option(reporter.config, "departures_write"):
        path = _path(reporter.config, "departures_write")
        reporter.write_line(f"entries added to {path}, whose reasons are yours to write: {_write(path, seen)}")


def _write(path: Path, seen: Sequence[dict[str, Any]]) -> int:
    """Add an entry to a file for each clause that departs and is not expected to; returns how many.

    A reason is left to who knows it: until it is written, the file is refused.
    """
    there = _tables(_read(path), str(path))
    found: defaultdict[str, set[str]] = defaultdict(set)
    for says in seen:
        for clause in says["clauses"]:
            if says["verdict"] in _EXPECTABLE and "excused" not in says and clause not in there:
                found[clause].add(says["verdict"])
    with path.open("a", encoding="utf-8") as file:
        for clause, verdicts in sorted(found.items()):
            statement = fill(clauses.get(clause).statement, WIDTH, initial_indent="# ", subsequent_indent="# ")
            file.write(f'\n{statement}\n["{clause}"]\nreason = ""\n')
            if verdicts != {DEVIATES}:
                # A list of TOML is written as one of Python.
                file.write(f"verdicts = {sorted(verdicts)}\n")
    return len(found)
