"""What a checker is: one invariant, judged by a fold over the entries of a journal."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Final

from faultzone import editions
from faultzone.clock import utc
from faultzone.editions import Edition
from faultzone.journal.journal import Entry

HOLDS: Final = "holds"
VIOLATED: Final = "violated"
UNKNOWN: Final = "unknown"

#: An entry as the journal keeps it: number, instant, kind, data.
Raw = tuple[int, int, str, Mapping[str, Any]]

#: A broken region repeats itself; the first violations show what it does.
_SHOWN: Final = 5


def launched(answer: Mapping[str, Any]) -> list[Any]:
    """The ids that the answer of a launch has; none where its order waits to be paid."""
    ids: list[Any] = answer.get("InstanceIdSets", {}).get("InstanceIdSet") or [answer.get("InstanceId")]
    return [] if ids == [None] and answer.get("OrderId") else ids


@dataclass(frozen=True, slots=True)
class Result:
    """What one checker makes of a journal.

    Attributes:
        checker: its name.
        verdict: holds, violated, or unknown: the journal does not show it.
        why: what is wrong, or why nothing is known.
        entries: those that show a violation.
    """

    checker: str
    verdict: str
    why: str = ""
    entries: tuple[Entry, ...] = ()

    def __str__(self) -> str:
        return "\n".join([f"{self.checker}: {self.verdict}{self.why and ': ' + self.why}", *map(str, self.entries)])


class Origin:
    """What the first entry of a journal says of the cloud.

    Attributes:
        guests_are_virtual: whether guest time is region time, so that the journal's instants measure guests.
    """

    def __init__(self, data: Mapping[str, Any]) -> None:
        self._edition = str(data.get("edition"))
        self.guests_are_virtual = data.get("guests_are_virtual") is True
        #: The values of the chapter on recovery, also where a test has changed the edition.
        self.recovery: Mapping[str, Any] = data.get("recovery") or {}

    @cached_property
    def edition(self) -> Edition | None:
        """The edition that the cloud follows, by its name; None for one that is not known here."""
        return editions.load(self._edition) if self._edition in editions.names() else None


class Checker(ABC):
    """A fold over a journal: `see` takes its entries in order, `commit` what an input has changed, `end` the end.

    Attributes:
        name: what it is chosen by.
        kinds: of the entries that it is shown.
    """

    name: ClassVar[str]
    kinds: ClassVar[frozenset[str]]
    #: Whether it judges what an input leaves behind rather than each step on the way.
    judges_inputs: ClassVar[bool] = False

    def __init__(self, origin: Origin) -> None:
        self.origin = origin
        self._wrong: list[str] = []
        self._entries: dict[int, Entry] = {}
        #: Why nothing can be said, if so.
        self.unknown = ""

    @abstractmethod
    def see(self, entry: Raw) -> None:
        """Take one entry in."""

    def commit(self) -> None:
        """Judge what the last input has left behind; most have nothing to add to what they saw."""
        return

    def end(self, now: int) -> None:
        """Judge what is left open at the end of the journal, at the instant `now` (ms); most leave nothing open."""
        return

    def blame(self, why: str, *entries: Raw | None) -> None:
        """Note a violation and the entries that show it."""
        if len(self._wrong) < _SHOWN:
            self._entries.update((entry[0], Entry._make(entry)) for entry in entries if entry is not None)
        self._wrong.append(why)

    @property
    def result(self) -> Result:
        """What it makes of what it has seen."""
        wrong = self._wrong
        if wrong:
            more = [f"and {len(wrong) - _SHOWN} more"] if len(wrong) > _SHOWN else []
            shown = tuple(self._entries[number] for number in sorted(self._entries))
            return Result(self.name, VIOLATED, "; ".join(wrong[:_SHOWN] + more), shown)
        return Result(self.name, UNKNOWN, self.unknown) if self.unknown else Result(self.name, HOLDS)


class Holders:
    """Who holds what only one may hold: a host for a set, an address."""

    def __init__(self) -> None:
        self._by_thing: dict[Hashable, dict[str, Raw]] = {}
        self._by_holder: dict[str, Hashable] = {}
        self._disputed: set[Hashable] = set()

    def take(self, holder: str, thing: Hashable | None, entry: Raw) -> None:
        """Let `holder` hold this and nothing else; None for nothing."""
        before = self._by_holder.get(holder)
        if before == thing:
            return
        if before is not None:
            del self._by_thing[before][holder]
        if thing is None:
            del self._by_holder[holder]
            return
        self._by_holder[holder] = thing
        holders = self._by_thing.setdefault(thing, {})
        holders[holder] = entry
        if len(holders) > 1:
            self._disputed.add(thing)

    def disputes(self) -> list[tuple[Hashable, dict[str, Raw]]]:
        """What has come to be held by several since last time, and still is, with the entries that say so."""
        if not self._disputed:
            return []
        found = [(thing, dict(self._by_thing[thing])) for thing in self._disputed if len(self._by_thing[thing]) > 1]
        self._disputed.clear()
        return sorted(found, key=str)


def when(instant: int) -> str:
    """An instant for a message, to the millisecond."""
    return utc(instant).isoformat(timespec="milliseconds").replace("+00:00", "Z")
