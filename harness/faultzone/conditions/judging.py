"""Judging a condition by a journal: it holds, is broken, or that is not known yet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from faultzone.clock import in_words, stamp
from faultzone.conditions.sentences import ALWAYS, EVENTUALLY, NEVER, SOMETIMES, Condition, Description, Raw
from faultzone.conditions.watching import Found, Watch
from faultzone.errors import UsageError
from faultzone.journal.journal import Entry

HOLDS: Final = "holds"
BROKEN: Final = "broken"
OPEN: Final = "open"

#: So many of the entries that break a condition are told.
_SHOWN: Final = 5


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a journal says of a condition.

    Attributes:
        condition: it.
        verdict: `holds`, `broken`, or `open`: the journal ends before it is known.
        why: a line for each entry that breaks it, or why it is open.
        entries: those that show it.
    """

    condition: Condition
    verdict: str
    why: tuple[str, ...] = ()
    entries: tuple[Entry, ...] = ()

    def __str__(self) -> str:
        return "\n".join(
            [f"{self.condition}: {self.verdict}", *(f"  {each}" for each in self.why), *map(str, self.entries)]
        )


class Judge:
    """A condition, judged by the entries of a journal as they come.

    Args:
        condition: it.
        began: the instant from which on it is judged (ms); that of the first entry when left out.
    """

    def __init__(self, condition: Condition, began: int | None = None) -> None:
        self.condition, self._began = condition, began
        what = condition.what.opposite if condition.demand == ALWAYS else condition.what
        self._watch = Watch(what)
        self._found: list[Found] = []
        self._count = 0
        self._now = began or 0

    def see_earlier(self, entry: Raw) -> None:
        """Take in an entry from before it is judged, which others may stand to."""
        self._watch.see(entry)

    def begin(self, now: int) -> None:
        """Judge from here on, at this instant."""
        self._watch.begin()
        self._began = self._now = now

    def see(self, entry: Raw) -> None:
        """Take in the next entry."""
        if self._began is None:
            self._began = entry[1]
        self._now = max(self._now, entry[1])
        self._note(self._watch.see(entry))

    def pass_time(self, now: int) -> None:
        """Take in that it is this instant (ms)."""
        self._now = max(self._now, now)
        self._note(self._watch.pass_time(now))

    def close(self) -> None:
        """Judge no entry from now on, but those before that can still be followed, and what is still to come."""
        if self.condition.demand in (ALWAYS, NEVER):
            self._watch.close()

    def _note(self, found: list[Found]) -> None:
        if self.condition.demand == EVENTUALLY and self.condition.within is not None:
            found = [each for each in found if each.entry.at <= self._due]
        self._count += len(found)
        self._found += found[: _SHOWN - len(self._found)]

    @property
    def deadline(self) -> int | None:
        """The instant by which more is known without any entry (ms); None where that needs one."""
        if self.condition.demand == EVENTUALLY:
            return None if self._count or self.condition.within is None else self._due
        return self._watch.deadline

    @property
    def is_broken(self) -> bool:
        """Whether it is known to be broken."""
        if self.condition.demand in (ALWAYS, NEVER):
            return bool(self._count)
        due = self.deadline
        return self.condition.demand == EVENTUALLY and due is not None and self._now > due

    @property
    def _due(self) -> int:
        return (self._began or 0) + (self.condition.within or 0)

    def end(self) -> Judgement:
        """What is known at the end of the journal."""
        self._note(self._watch.end())
        demand = self.condition.demand
        if demand in (EVENTUALLY, SOMETIMES):
            return self._end_of_search()
        if self._count:
            return self._broken()
        if waiting := self._watch.open:
            why = [
                f"at {stamp(self._now)}, entry {each.number} of {stamp(each.at)} can still be followed in time"
                for each in waiting[:_SHOWN]
            ]
            return Judgement(self.condition, OPEN, tuple(why), tuple(waiting[:_SHOWN]))
        if demand == ALWAYS and not self._watch.seen:
            return Judgement(self.condition, HOLDS, (f"there was no {self.condition.what.pattern}",))
        return Judgement(self.condition, HOLDS)

    def _end_of_search(self) -> Judgement:
        if self._count:
            first = self._found[0]
            return Judgement(self.condition, HOLDS, entries=(first.entry,))
        what, began = self.condition.what, self._began or 0
        if self.condition.demand == EVENTUALLY and self.condition.within is not None:
            if self._now <= self._due:
                return Judgement(
                    self.condition, OPEN, (f"at {stamp(self._now)}, there is time until {stamp(self._due)}",)
                )
            limit = f"in the {in_words(self.condition.within)} from {stamp(began)} on"
        else:
            limit = f"between {stamp(began)} and {stamp(self._now)}"
        return Judgement(self.condition, BROKEN, (f"expected {what} {limit}; there was none",))

    def _broken(self) -> Judgement:
        why = [_line(self.condition, each) for each in self._found]
        if self._count > len(why):
            why.append(f"and {self._count - len(why)} more")
        shown = {entry.number: entry for each in self._found for entry in (each.entry, *each.others)}
        return Judgement(self.condition, BROKEN, tuple(why), tuple(shown[number] for number in sorted(shown)))


def _line(condition: Condition, found: Found) -> str:
    """What is wrong with an entry, for a reader."""
    entry = found.entry
    return f"entry {entry.number}, {stamp(entry.at)}: {found.why or f'expected no {condition.what}'}"


def judge(condition: Condition, entries: Iterable[Raw]) -> Judgement:
    """What the entries of a journal say of a condition."""
    judging = Judge(condition)
    for entry in entries:
        judging.see(entry)
    return judging.end()


#: The kinds of entry that the journal of an endpoint lacks, which has what was asked of it.
_INSIDE: Final = frozenset({"transition", "event", "effect", "report", "stale", "bill"})


def see_told(what: Description, entries: Sequence[Raw]) -> None:
    """See that a journal has entries of the kinds that a description is about.

    Raises:
        UsageError: it is that of an endpoint, which has calls and faults alone.
    """
    if not entries or entries[0][2] == "region":
        return
    kinds = {what.pattern.kind} | ({what.relation.other.kind} if what.relation else set())
    if lacking := sorted(kinds & _INSIDE):
        raise UsageError(
            f"{what}: the journal does not begin with the region that it is of, so it has no entries of the kind "
            f"{lacking[0]!r}: expected the journal of a region in this process, or that of the endpoint itself"
        )
