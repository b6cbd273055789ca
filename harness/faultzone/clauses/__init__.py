"""The registry of clauses: what the documentation promises, one entry for each promise.

A chapter is a TOML file beside this module, a clause is a table in it. Clauses are data: nothing here asserts them.

    >>> get("deployment-set/strict-spread").level
    <Level.MUST: 'MUST'>
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Final

from faultzone import editions
from faultzone.editions import Edition
from faultzone.errors import HarnessError, UsageError

__all__ = [
    "CAPABILITIES",
    "Clause",
    "Level",
    "UnknownClause",
    "chapters",
    "get",
    "load",
    "matching",
    "read_chapter",
    "render_markdown",
]

#: What a clause may need beyond the public API.
CAPABILITIES: Final = frozenset(
    "see-hosts break-hosts break-agents move-time change-account set-supply shape-region reach-guests outside-machines "
    "crash-guests consoles log-in guest-time old-agents windows guest".split()
)

#: The files, in the order of the operations manual, with the headings that the rendered page gives them.
_CHAPTERS: Final = {
    "deployment-set": "Deployment sets",
    "instance": "Instances",
    "assistant": "Cloud Assistant",
    "invocation-status": "Invocation status",
    "event": "System events",
    "recovery": "Auto recovery",
    "billing": "Billing",
    "resource": "Key pairs, rules and disks",
    "product": "Products beside ECS",
}
_NAME: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_EDITION: Final = re.compile(r"\d{4}-\d{2}")
_REQUIRED: Final = ("level", "statement", "source", "edition")
_REMARKS: Final = ("ambiguous-because", "untestable-because")
_KEYS: Final = frozenset({*_REQUIRED, *_REMARKS, "needs", "until"})


class Level(StrEnum):
    """How strongly the documentation binds: SHOULD where it says usually or recommends, MAY where it permits."""

    MUST = "MUST"
    SHOULD = "SHOULD"
    MAY = "MAY"


class UnknownClause(UsageError, KeyError):
    """No clause has this id. The text names those that come close."""

    def __str__(self) -> str:
        # KeyError would show the text in quotation marks.
        return str(self.args[0])


@dataclass(frozen=True, slots=True)
class Clause:
    """One documented promise.

    Attributes:
        id: chapter and name, as in `deployment-set/strict-spread`.
        level: how strongly the documentation binds.
        statement: the promise in our own words.
        source: the public documents that make it, with their sections or pages and edition dates.
        edition: the first edition that has it, as in `2019-02`.
        until: the first edition that no longer has it; None where all later ones have it.
        ambiguous_because: where sources disagree or are silent: the readings, and what our region does.
        untestable_because: why neither the public API nor a harness can assert it.
        needs: the capabilities without which it cannot be provoked or observed.
    """

    id: str
    chapter: str
    name: str
    level: Level
    statement: str
    source: str
    edition: str
    ambiguous_because: str | None = None
    untestable_because: str | None = None
    needs: tuple[str, ...] = ()
    until: str | None = None

    def holds_in(self, edition: Edition | str) -> bool:
        """Whether an edition has it.

        Raises:
            UsageError: there is no such edition.
        """
        asked = editions.load(edition) if isinstance(edition, str) else edition
        if not asked.has(editions.load(self.edition).date):
            return False
        return self.until is None or not asked.has(editions.load(self.until).date)


def chapters() -> tuple[str, ...]:
    """The chapters in the order of the manual."""
    return tuple(_CHAPTERS)


@cache
def load() -> Mapping[str, Clause]:
    """Every clause by its id, chapter by chapter in the order of the files.

    The files are read once; the mapping is read-only.

    Raises:
        HarnessError: a file of the registry is malformed; the text names file and entry.
    """
    folder = Path(__file__).parent
    return MappingProxyType(
        {clause.id: clause for chapter in _CHAPTERS for clause in read_chapter(folder / f"{chapter}.toml")}
    )


def get(clause_id: str) -> Clause:
    """The clause of this id.

    Raises:
        UnknownClause: there is none; the text names close matches.
    """
    clauses = load()
    try:
        return clauses[clause_id]
    except KeyError:
        raise UnknownClause(f"unknown clause {clause_id!r}: {_hint(clause_id, clauses)}") from None


@cache
def matching(patterns: str) -> frozenset[str]:
    """The ids that one of the patterns, separated by commas, matches: `deployment-set/*`, `*/describe`.

    Raises:
        UnknownClause: a pattern matches none; the text names close matches.
    """
    found: set[str] = set()
    for pattern in (each.strip() for each in patterns.split(",")):
        matched = {clause for clause in load() if fnmatchcase(clause, pattern)}
        if not matched:
            raise UnknownClause(
                f"unknown clause {pattern!r}: write a clause such as 'deployment-set/zone-limit', "
                f"or a pattern such as 'instance/*'; {_hint(pattern, load())}"
            )
        found |= matched
    return frozenset(found)


def read_chapter(path: Path) -> list[Clause]:
    """The clauses of one file, whose stem is the chapter.

    Raises:
        HarnessError: the file is malformed; the text names file and entry.
    """
    import tomllib

    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise HarnessError(f"{path.name}: {error}") from error
    return [_clause(path, name, table) for name, table in tables.items()]


def render_markdown() -> str:
    """The registry as a page of tables, one for each chapter."""
    clauses = load().values()
    lines = [
        "# Clauses",
        "",
        f"The {len(clauses)} promises of the documentation that faultzone knows, generated from the registry in",
        "`faultzone.clauses`; a test keeps the two equal. MUST binds, SHOULD is what the documentation calls usual,",
        "normal or recommended, MAY is what it permits. Each holds from edition 2019-02 on, in all later editions,",
        "unless the remarks say otherwise. So many of each chapter hold in each edition:",
        "",
        *_by_edition(clauses),
    ]
    for chapter, heading in _CHAPTERS.items():
        lines += ["", f"## {heading}", ""]
        lines += ["| id | level | statement | source | remarks |", "|---|---|---|---|---|"]
        lines += [_row(clause) for clause in clauses if clause.chapter == chapter]
    return "\n".join(lines) + "\n"


def _by_edition(clauses: Collection[Clause]) -> Iterator[str]:
    """How many clauses of each chapter hold in each edition."""
    names = editions.names()
    yield f"| chapter | {' | '.join(names)} |"
    yield f"|---|{'---|' * len(names)}"
    for chapter, heading in _CHAPTERS.items():
        of_chapter = [clause for clause in clauses if clause.chapter == chapter]
        yield f"| {heading} | {_counts(of_chapter)} |"
    yield f"| all | {_counts(clauses)} |"


def _counts(clauses: Collection[Clause]) -> str:
    """How many of them hold in each edition, as cells."""
    return " | ".join(str(sum(clause.holds_in(name) for clause in clauses)) for name in editions.names())


def _clause(path: Path, name: str, table: object) -> Clause:
    """One entry, checked."""

    def bad(fault: str) -> HarnessError:
        return HarnessError(f"{path.name}, entry {name!r}: {fault}")

    if not _NAME.fullmatch(name):
        raise bad("a name consists of lower-case letters, digits and single hyphens")
    if not isinstance(table, dict):
        raise bad("is no table")
    if unknown := sorted(table.keys() - _KEYS):
        raise bad(f"unknown keys {', '.join(unknown)}; known are {', '.join(sorted(_KEYS))}")
    for key in _REQUIRED + _REMARKS:
        text = table.get(key, "" if key in _REQUIRED else "absent")
        if not isinstance(text, str) or not text.strip():
            raise bad(f"{key} must be text that is not empty")
    if table["level"] not in Level.__members__:
        raise bad(f"level {table['level']!r} is none of {', '.join(Level)}")
    _check_editions(table, bad)
    needs = table.get("needs", [])
    if not isinstance(needs, list) or not all(isinstance(need, str) and need in CAPABILITIES for need in needs):
        raise bad(f"needs {needs!r} must list capabilities: {', '.join(sorted(CAPABILITIES))}")
    return Clause(
        id=f"{path.stem}/{name}",
        chapter=path.stem,
        name=name,
        level=Level(table["level"]),
        statement=table["statement"],
        source=table["source"],
        edition=table["edition"],
        ambiguous_because=table.get("ambiguous-because"),
        untestable_because=table.get("untestable-because"),
        needs=tuple(needs),
        until=table.get("until"),
    )


def _check_editions(table: Mapping[str, object], bad: Callable[[str], HarnessError]) -> None:
    """See that an entry begins with an edition, and ends with a later one if it ends."""
    for key in ("edition", "until"):
        if (name := table.get(key)) is None:
            continue
        if not isinstance(name, str) or not _EDITION.fullmatch(name):
            raise bad(f"{key} {name!r} is no year and month, such as 2019-02")
        if name not in editions.names():
            raise bad(f"{key} {name!r} is none of the editions {', '.join(editions.names())}")
    begins, ends = table["edition"], table.get("until")
    if ends is not None and editions.names().index(str(ends)) <= editions.names().index(str(begins)):
        raise bad(f"until {ends!r} is not later than edition {begins!r}")


def _hint(clause_id: str, clauses: Mapping[str, Clause]) -> str:
    """What may have been meant by an id that is not in the registry."""
    # A test often has the right name with the wrong chapter, or with none.
    name = clause_id.rpartition("/")[2]
    close = [known for known, clause in clauses.items() if clause.name == name]
    close += [known for known in get_close_matches(clause_id, clauses, n=3) if known not in close]
    return f"did you mean {' or '.join(close)}?" if close else f"the chapters are {', '.join(_CHAPTERS)}."


def _row(clause: Clause) -> str:
    """A clause as a row of a table."""
    remarks = []
    if clause.edition != editions.names()[0]:
        remarks.append(f"From edition {clause.edition}.")
    if clause.until is not None:
        remarks.append(f"Not from edition {clause.until} on.")
    if clause.needs:
        remarks.append(f"Needs {', '.join(clause.needs)}.")
    if clause.ambiguous_because:
        remarks.append(f"Ambiguous: {clause.ambiguous_because}")
    if clause.untestable_because:
        remarks.append(f"Untestable: {clause.untestable_because}")
    # A bare asterisk or bar would be read as emphasis or as the end of a cell.
    cells = (f"`{clause.id}`", clause.level, *map(_plain, (clause.statement, clause.source, " ".join(remarks))))
    return f"| {' | '.join(cells)} |"


def _plain(text: str) -> str:
    """Text that means itself within a table of Markdown."""
    return re.sub(r"([\\*|<>_])", r"\\\1", text)
