"""What a game day came to: what was broken, what followed from it, what was refused and what was asked.

A fold over a journal, for whoever has let a schedule of faults loose on a served region and its clients.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Final

from faultzone.clock import in_words, stamp
from faultzone.journal import story
from faultzone.journal.asked import Summary
from faultzone.journal.journal import Journal

#: So many lines are told of each part; the others are counted.
_MOST: Final = 40
#: Faults that a report tells of, whatever became of them, and how their states read.
_STATES: Final = {
    "planned": "never came: it was still planned",
    "skipped": "never came",
    "active": "was not undone",
    "undoing": "was being undone at the end",
    "failed": "could not be undone",
}


def report(
    journal: Journal, faults: Sequence[Mapping[str, Any]], asked: Summary, awaiting: Collection[str]
) -> Iterator[str]:
    """The lines of the report.

    Args:
        journal: what happened.
        faults: their records, as the verb `faults` answers them.
        asked: what was asked.
        awaiting: the states in which an event still awaits something.
    """
    entries = list(journal.entries)
    began, ended = (entries[0][1], entries[-1][1]) if entries else (0, 0)
    yield f"game day: {in_words(ended - began)} of region time, from {stamp(began)} to {stamp(ended)}"
    yield from _part("what was broken", _moments(story.faults(journal)), "nothing")
    yield from _part("what became of the faults", list(_became(faults)), "every one was met and has ended")
    yield from _part("what followed", list(_followed(entries, awaiting)), "no event, and no instance changed its state")
    yield from _part("what was refused", _moments(story.refusals(journal)), "nothing")
    yield "what was asked:"
    yield from (f"  {line}" for line in asked.lines())


def _part(title: str, lines: Sequence[str], none: str) -> Iterator[str]:
    if not lines:
        yield f"{title}: {none}"
        return
    yield f"{title}:"
    yield from (f"  {line}" for line in lines[:_MOST])
    if len(lines) > _MOST:
        yield f"  and {len(lines) - _MOST} more, in the journal"


def _moments(moments: Sequence[story.Moment]) -> list[str]:
    return [f"{each.when:>14}  {each.said}" for each in moments]


def _became(faults: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """The faults that did not come, that nothing met, or that have not ended."""
    for each in faults:
        state, said = each["state"], story.named(each["fault"])
        if state in _STATES:
            yield f"{said} {_STATES[state]}{': ' + each['error'] if each['error'] else ''}"
        if not each["met"] and state not in ("planned", "skipped"):
            yield f"{said} met nothing: no call, guest, instance or transition"


def _followed(entries: Sequence[tuple[int, int, str, Mapping[str, Any]]], awaiting: Collection[str]) -> Iterator[str]:
    """How system events ended and how long each took, and through which states instances went."""
    began: dict[str, int] = {}
    took: dict[tuple[str, str], list[int]] = {}
    states: Counter[str] = Counter()
    instances: dict[str, None] = {}
    for _, at, kind, data in entries:
        if kind == "event":
            name = str(data.get("event"))
            began.setdefault(name, at)
            if data.get("to") not in awaiting:
                key = (str(data.get("type")), str(data.get("to")))
                took.setdefault(key, []).append(at - began.pop(name))
        elif kind == "transition" and "run" not in data and data.get("from") != data.get("to"):
            states[str(data.get("to"))] += 1
            instances[str(data.get("instance"))] = None
    for (type_, state), lengths in sorted(took.items()):
        longest = f", the longest after {in_words(max(lengths))}" if max(lengths) else ""
        yield f"{type_}: {len(lengths)} {state}{longest}"
    if began:
        yield f"events that were still pending: {len(began)}"
    if states:
        named = "1 instance" if len(instances) == 1 else f"{len(instances)} instances"
        yield f"{named}: " + ", ".join(f"{state} {count}×" for state, count in states.items())
