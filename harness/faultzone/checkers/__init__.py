"""Checkers: invariants of a region that are judged by its journal, in memory or from a file.

A checker is a fold. It holds, is violated (with the entries that show it), or the journal does not tell. A journal of
an endpoint has the calls alone, so nothing is known of it.

    for result in check(region.journal):
        assert result.verdict != "violated", result

Besides the checkers by name, it takes conditions of the test's own: `check(region.journal, [never("stale")])`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from faultzone.checkers import events, instances, liveness, records
from faultzone.checkers.base import HOLDS, UNKNOWN, VIOLATED, Checker, Origin, Raw, Result
from faultzone.errors import FaultzoneError, HarnessError, UsageError
from faultzone.journal.journal import Journal, stored

if TYPE_CHECKING:
    from faultzone.conditions import Condition
    from faultzone.journal.journal import Stored

#: The checkers by name.
CHECKERS: Final[dict[str, type[Checker]]] = {
    each.name: each
    for each in (
        instances.LifeCycle, instances.Spread, instances.Identity, instances.Conservation, liveness.Stuck,
        instances.Epochs, events.EventMachine, events.Windows, events.Releases, records.Settling, records.Money,
    )
}  # fmt: skip

#: The kinds of entry that begin an input: what came before has been committed.
_INPUTS: Final = frozenset(
    {"call", "read", "refusal", "control", "report", "stale", "advance", "fault", "owed", "undo"}
)


class ViolationError(FaultzoneError, AssertionError):
    """A journal shows that the region has broken an invariant: the region deviates."""


def choose(names: str) -> tuple[str, ...]:
    """The names of the checkers that a list separated by commas, `all` or `none` means.

    Raises:
        UsageError: there is no such checker.
    """
    if names in ("all", "none"):
        return tuple(CHECKERS) if names == "all" else ()
    chosen = tuple(each.strip() for each in names.split(","))
    unknown = [each for each in chosen if each not in CHECKERS]
    if unknown:
        raise UsageError.unknown("checker", unknown[0], ("all", "none", *CHECKERS))
    return chosen


def check(journal: Journal | Iterable[Raw], names: Sequence[str | Condition] | None = None) -> list[Result]:
    """Judge a journal by the checkers of these names, and by conditions; by all checkers when left out.

    Raises:
        HarnessError: a checker failed by itself, which says nothing of the region.
    """
    chosen = tuple(CHECKERS) if names is None else tuple(names)
    entries: Sequence[Raw] = journal.entries if isinstance(journal, Journal) else list(journal)
    if not entries or entries[0][2] != "region":
        why = "the journal does not begin with the region that it is of"
        return [Result(str(name), UNKNOWN, why) for name in chosen]
    origin = Origin(entries[0][3])
    checkers = [_made(name, origin) for name in chosen]
    _fold(entries, checkers)
    return [checker.result for checker in checkers]


def _made(name: str | Condition, origin: Origin) -> Checker:
    if isinstance(name, str):
        return CHECKERS[name](origin)
    from faultzone.checkers.kept import Kept  # Few runs have conditions.

    return Kept(origin, name)


def _fold(entries: Sequence[Raw], checkers: Sequence[Checker]) -> None:
    """Show the checkers the entries of their kinds, and tell those that judge inputs where one ends."""
    takers: dict[str, list[Checker]] = {}
    for checker in checkers:
        for kind in checker.kinds:
            takers.setdefault(kind, []).append(checker)
    sees = {kind: [checker.see for checker in each] for kind, each in takers.items()}
    commits = [checker.commit for checker in checkers if checker.judges_inputs]
    instant, changed = entries[0][1], False
    entry = entries[0]
    try:
        for entry in entries:
            kind = entry[2]
            if changed and (entry[1] != instant or kind in _INPUTS):
                for commit in commits:
                    commit()
                changed = False
            instant = entry[1]
            if kind in sees:
                changed |= kind in ("transition", "notice")
                for see in sees[kind]:
                    see(entry)
        for checker in checkers:
            checker.commit()
            checker.end(instant)
    except Exception as error:
        raise HarnessError(f"a checker failed at entry {entry[0]} ({entry[2]}): {error!r}") from error


def check_file(path: Path, names: Sequence[str | Condition] | None = None) -> list[Result]:
    """Judge a stored journal; a last line that is cut short is left out.

    Raises:
        UsageError: there is no such file, it is no journal, or its entries are others than this version's.
    """
    return check_stored(stored(path), names)


def check_stored(journal: Stored, names: Sequence[str | Condition] | None = None) -> list[Result]:
    """Judge a stored journal that has been read.

    Raises:
        UsageError: its entries are others than this version's.
    """
    try:
        return check(journal.entries, names)
    except HarnessError as error:
        # A region writes what the checkers can read; anybody can have written a file.
        raise UsageError(f"{journal.path}: expected a journal that this version of faultzone wrote: {error}") from error


def demand(journal: Journal | Iterable[Raw], names: Sequence[str | Condition] | None = None) -> None:
    """See that no checker is violated.

    Raises:
        ViolationError: one is; the text has the entries that show it.
        HarnessError: a checker failed by itself.
    """
    violated = [result for result in check(journal, names) if result.verdict == VIOLATED]
    if violated:
        raise ViolationError("\n".join(map(str, violated)))


__all__ = [
    "CHECKERS",
    "HOLDS",
    "UNKNOWN",
    "VIOLATED",
    "Checker",
    "Origin",
    "Result",
    "ViolationError",
    "check",
    "check_file",
    "check_stored",
    "choose",
    "demand",
]
