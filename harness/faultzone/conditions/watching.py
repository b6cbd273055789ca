"""Watching a journal for the entries that a description is of: a fold, which tells of each as soon as it is known."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from faultzone.clock import in_words, stamp
from faultzone.conditions.patterns import NAMES, Pattern
from faultzone.conditions.sentences import DURING, FOLLOWED, IS, PRECEDED, Description, Raw, Relation
from faultzone.journal.journal import Entry
from faultzone.journal.matching import shown, value_of
from faultzone.journal.operations import INVOKED
from faultzone.model.core.events import ACTIVE

#: What is known by the same number or ID, by kind: the fields of it.
_IDS: Final[Mapping[str, tuple[str, ...]]] = {
    "fault": ("number",),
    "operation": ("who", "number"),
    "event": ("event",),
    "transition": ("instance", "run", "target"),
    "probe": ("probe",),
}


class Found(NamedTuple):
    """An entry that a description is of.

    Attributes:
        entry: it.
        why: how it stands to others, for a reader; empty where it stands to none.
        others: the entries that show it, besides.
    """

    entry: Entry
    why: str = ""
    others: tuple[Entry, ...] = ()


@dataclass(slots=True)
class _Open:
    """An entry that is yet to be followed."""

    entry: Raw
    deadline: int | None
    key: Hashable


class Watch:
    """The entries that a description is of, as a journal grows.

    Args:
        what: the description.

    Attributes:
        seen: how many entries were of its pattern, whatever they stand to.
    """

    def __init__(self, what: Description) -> None:
        self.what, self.seen = what, 0
        self._relation = what.relation
        #: The last entry of the other pattern, by what must be the same.
        self._last: dict[Hashable, Raw] = {}
        #: What lasts, by its ID; and the last entry of each probe.
        self._lasting: dict[Hashable, Raw] = {}
        self._open: deque[_Open] = deque()
        self._times: dict[Hashable, deque[Raw]] = {}
        self._closed = False

    def see(self, entry: Raw) -> list[Found]:
        """Take one entry in, the next of the journal.

        Returns:
            What is known by it to be described: the entry, or earlier ones that were not followed in time.
        """
        found = self.pass_time(entry[1])
        _, _, kind, data = entry
        meets, meets_other = self.what.pattern.meets(kind, data), False
        relation = self._relation
        if relation is not None and relation.how in (PRECEDED, FOLLOWED, DURING):
            meets_other = relation.other.meets(kind, data)
            if relation.how == FOLLOWED and meets_other:
                found += self._answer(entry, relation)
            if relation.how == DURING or relation.other.kind == "probe":
                self._follow(entry, relation.other, meets_other)
        if meets and not self._closed:
            self.seen += 1
            found += self._judge(entry, relation)
        if meets_other:
            self._last[self._key(data)] = entry
        return found

    def begin(self) -> None:
        """Forget what is open: only entries from now on are described, though they may stand to earlier ones."""
        self._open.clear()
        self._times.clear()
        self.seen = 0

    def close(self) -> None:
        """Describe no entry from now on, but those before that are yet to be followed."""
        self._closed = True

    @property
    def deadline(self) -> int | None:
        """The instant after which an entry has not been followed in time, the next of these; None for none."""
        return self._open[0].deadline if self._open else None

    @property
    def open(self) -> list[Entry]:
        """The entries of which it is not known whether they will be followed in time."""
        return [Entry._make(each.entry) for each in self._open]

    def pass_time(self, now: int) -> list[Found]:
        """What is known to be described, now that it is this instant (ms)."""
        found: list[Found] = []
        # All have the same time, so they end in the order in which they began.
        while self._open and self._open[0].deadline is not None and self._open[0].deadline < now:
            found += self._miss(self._open.popleft())
        return found

    def end(self) -> list[Found]:
        """What is known to be described once nothing comes any more, besides what has time left."""
        found: list[Found] = []
        if self._relation is not None and self._relation.within is None:
            while self._open:
                found += self._miss(self._open.popleft())
        return found

    # How an entry stands

    def _judge(self, entry: Raw, relation: Relation | None) -> list[Found]:
        if relation is None:
            return [Found(Entry._make(entry))]
        if relation.how == IS:
            return self._is(entry, relation)
        if relation.how == PRECEDED:
            return self._preceded(entry, relation)
        if relation.how == DURING:
            return self._during(entry, relation)
        if relation.how == FOLLOWED:
            return self._await(entry, relation)
        return self._count(entry, relation)

    def _is(self, entry: Raw, relation: Relation) -> list[Found]:
        if relation.other.meets(entry[2], entry[3]) is relation.negated:
            return []
        wanted = relation.other
        fields = [each.field for each in wanted.properties] + [*NAMES[wanted.kind]][: 2 if wanted.words else 0]
        had = [f"{each} is {_said(value_of(entry[3], each))}" for each in dict.fromkeys(fields)]
        said = str(wanted).partition(" ")[2]
        return [Found(Entry._make(entry), f"{'not ' * relation.negated}{said}: {', '.join(had)}")]

    def _preceded(self, entry: Raw, relation: Relation) -> list[Found]:
        last = self._last.get(self._key(entry[3]))
        is_true = self._now_true(entry) if relation.other.kind == "probe" else None
        near = is_true or (last is not None and (relation.within is None or entry[1] - last[1] <= relation.within))
        if bool(near) is relation.negated:
            return []
        others = () if last is None else (Entry._make(last),)
        if near:
            before = last if last is not None else entry
            return [Found(Entry._make(entry), f"{relation.other} came {_apart(before, entry)} before", others)]
        limit = "" if relation.within is None else f" in the {in_words(relation.within)} before"
        gone = "there was none" if last is None else f"the last was {_apart(last, entry)} before"
        return [Found(Entry._make(entry), f"no {relation.other}{self._of(entry)} came{limit}; {gone}", others)]

    def _during(self, entry: Raw, relation: Relation) -> list[Found]:
        key = self._key(entry[3])
        around = [each for each in self._lasting.values() if self._key(each[3]) == key]
        if bool(around) is relation.negated:
            return []
        if around:
            return [Found(Entry._make(entry), f"during {relation.other}", tuple(map(Entry._make, around[-1:])))]
        last = self._last.get(key)
        gone = "there was none" if last is None else f"the last began {_apart(last, entry)} before, and was over"
        others = () if last is None else (Entry._make(last),)
        return [Found(Entry._make(entry), f"no {relation.other}{self._of(entry)} was active; {gone}", others)]

    def _await(self, entry: Raw, relation: Relation) -> list[Found]:
        if relation.other.kind == "probe" and self._now_true(entry):
            return [] if relation.negated else [Found(Entry._make(entry), f"{relation.other} was so already")]
        deadline = None if relation.within is None else entry[1] + relation.within
        self._open.append(_Open(entry, deadline, self._key(entry[3])))
        return []

    def _answer(self, entry: Raw, relation: Relation) -> list[Found]:
        """Let an entry of the other pattern follow all that await it."""
        key = self._key(entry[3])
        answered = [each for each in self._open if each.key == key]
        if answered:
            self._open = deque(each for each in self._open if each.key != key)
        if relation.negated:
            return []
        other = Entry._make(entry)
        return [
            Found(Entry._make(each.entry), f"{relation.other} came {_apart(each.entry, entry)} after", (other,))
            for each in answered
        ]

    def _miss(self, missed: _Open) -> list[Found]:
        """What an entry shows that was not followed."""
        relation = self._relation
        if relation is None or not relation.negated:
            return []
        by = (
            "after it"
            if missed.deadline is None or relation.within is None
            else (f"in the {in_words(relation.within)} after, by {stamp(missed.deadline)}")
        )
        return [Found(Entry._make(missed.entry), f"no {relation.other}{self._of(missed.entry)} came {by}")]

    def _count(self, entry: Raw, relation: Relation) -> list[Found]:
        times = self._times.setdefault(self._key(entry[3]), deque())
        times.append(entry)
        while relation.within is not None and entry[1] - times[0][1] > relation.within:
            times.popleft()
        if len(times) > relation.count:
            times.popleft()
        if len(times) < relation.count:
            return []
        why = f"{relation.count} times in {_apart(times[0], entry)}"
        return [Found(Entry._make(entry), why, () if relation.count == 1 else (Entry._make(times[0]),))]

    # What lasts

    def _follow(self, entry: Raw, other: Pattern, meets: bool) -> None:
        """Note what has begun to last, and what is over."""
        _, _, kind, data = entry
        if kind == "undo" and other.kind == "fault":
            self._lasting.pop((data.get("number"),), None)
            return
        if kind != other.kind:
            return
        id = tuple(data.get(each) for each in _IDS[kind])
        if meets and not _is_over(kind, data) and not (kind == "fault" and "number" not in data):
            self._lasting.setdefault(id, entry)
        elif self._lasting.pop(id, None) is not None and kind == "probe":
            self._last[self._key(data)] = entry  # Until now it was so.

    def _now_true(self, entry: Raw) -> bool:
        key = self._key(entry[3])
        return any(self._key(each[3]) == key for each in self._lasting.values())

    def _key(self, data: Mapping[str, Any]) -> Hashable:
        """What is the same in entries that belong together; an entry that lacks the field belongs to no other."""
        relation = self._relation
        if relation is None or not relation.same:
            return ""
        value = value_of(data, relation.same)
        return object() if value is None else shown(value)

    def _of(self, entry: Raw) -> str:
        relation = self._relation
        if relation is None or not relation.same:
            return ""
        return f" of the same {relation.same} ({shown(value_of(entry[3], relation.same))})"


def _is_over(kind: str, data: Mapping[str, Any]) -> bool:
    """Whether an entry says that what it is of has ended."""
    if kind == "event":
        return data.get("to") not in ACTIVE
    if kind == "operation":
        return data.get("state") != INVOKED
    return kind == "transition" and data.get("to") == "Released"


def _apart(first: Raw, second: Raw) -> str:
    """How far apart two entries are, for a reader."""
    return in_words(second[1] - first[1])


def _said(value: object) -> str:
    return shown(value)[:80]
