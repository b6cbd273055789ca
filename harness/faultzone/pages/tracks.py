"""Who was where and in which state, from which entry of a journal to which.

A fold over the entries, for the pictures that are made without a browser; the page itself folds the same way, since it
takes journals that no Python has seen.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from faultzone.journal.journal import Entry
from faultzone.journal.redaction import quoted

#: The states in which an event and a run do not stay.
_EVENT_ENDED: Final = frozenset({"Executed", "Avoided", "Canceled", "Failed", "Rejected"})
_RUN_ENDED: Final = frozenset(
    "Finished Success Failed Stopped Timeout Aborted Cancelled Error Invalid Terminated".split()
)


@dataclass(slots=True)
class Span:
    """Something that lasted.

    Attributes:
        id: of the instance, the event, the run and its target, the fault or the host.
        start: the index of the entry with which it began.
        end: that of the entry with which it ended; the number of entries if it has not.
        state: an instance's, an event's or a run's; `fault`, or `lost` of a host.
        label: what it is, for a reader.
        host: where an instance was, or which host a fault is of.
        row: which row of its lane it has.
    """

    id: str
    start: int
    end: int
    state: str
    label: str
    host: str | None = None
    row: int = 0


class _Track:
    """Spans by an id, each with at most one that has not ended."""

    def __init__(self, count: int) -> None:
        self.spans: list[Span] = []
        self._count = count
        self._open: dict[str, Span] = {}

    def begin(self, id: str, index: int, state: str, label: str, host: str | None = None) -> None:
        self.end(id, index)
        self._open[id] = Span(id, index, self._count, state, label, host)
        self.spans.append(self._open[id])

    def end(self, id: str, index: int) -> Span | None:
        span = self._open.pop(id, None)
        if span is not None:
            span.end = index
        return span

    def now(self, id: str) -> Span | None:
        return self._open.get(id)


@dataclass(slots=True)
class Tracks:
    """What a journal says.

    Attributes:
        entries: it, in order.
        calls: the indices of calls, and of refusals.
        bills: index and balance, each time that money moved, by account.
    """

    entries: Sequence[Entry]
    instances: list[Span] = field(default_factory=list)
    events: list[Span] = field(default_factory=list)
    runs: list[Span] = field(default_factory=list)
    faults: list[Span] = field(default_factory=list)
    lost: list[Span] = field(default_factory=list)
    calls: list[int] = field(default_factory=list)
    refusals: list[int] = field(default_factory=list)
    bills: dict[str, list[tuple[int, float]]] = field(default_factory=dict)


def tracks(entries: Iterable[Entry]) -> Tracks:
    """What the entries of a journal say. What an entry lacks that another version wrote is left out."""
    told = Tracks(list(entries))
    count = len(told.entries)
    instances, events, runs, faults, lost = (_Track(count) for _ in range(5))
    scripts: dict[str, str] = {}
    for index, entry in enumerate(told.entries):
        kind, data = entry.kind, entry.data
        if kind in ("call", "refusal"):
            (told.calls if kind == "call" else told.refusals).append(index)
        elif kind == "transition" and "run" in data:
            _run(runs, scripts, index, data)
        elif kind == "transition" and "instance" in data:
            _instance(instances, index, data)
        elif kind == "event":
            events.end(str(data.get("event")), index)
            if data.get("to") not in _EVENT_ENDED:
                label = f"{data.get('type')} of {data.get('instance')}"
                events.begin(str(data.get("event")), index, str(data.get("to")), label)
        elif kind == "fault" and "number" in data and "not_injected" not in data:
            faults.begin(str(data["number"]), index, "fault", _fault(data), data.get("host"))
        elif kind == "undo":
            faults.end(str(data.get("number", data.get("fault"))), index)
        elif kind == "effect" and data.get("effect") == "RunScript":
            id = f"{data.get('run')} {data.get('instance')}"
            scripts[id] = str(data.get("script", ""))
            if runs.now(id) is None:
                runs.begin(id, index, "Running", f"{scripts[id]} on {data.get('instance')}")
        elif kind == "report" and data.get("report") == "HostLost":
            lost.begin(str(data.get("host")), index, "lost", str(data.get("host")), str(data.get("host")))
        elif kind == "report" and data.get("report") == "HostBack":
            lost.end(str(data.get("host")), index)
        elif kind == "bill":
            told.bills.setdefault(str(data.get("account", "")), []).append((index, _amount(data.get("balance"))))
    told.instances, told.events, told.runs = instances.spans, events.spans, runs.spans
    told.faults, told.lost = faults.spans, lost.spans
    return told


def _instance(track: _Track, index: int, data: Any) -> None:
    id, state, host = str(data["instance"]), str(data.get("to")), data.get("host")
    now = track.now(id)
    if state == "Released":
        track.end(id, index)
    elif now is None or now.state != state or now.host != host:
        track.begin(id, index, state, id, host)


def _run(track: _Track, scripts: dict[str, str], index: int, data: Any) -> None:
    id = f"{data['run']} {data.get('target')}"
    if track.now(id) is None:
        track.begin(id, index, "Running", f"{scripts.get(id, data['run'])} on {data.get('target')}")
    if data.get("to") in _RUN_ENDED and (span := track.end(id, index)) is not None:
        span.state = str(data["to"])


def _fault(data: Any) -> str:
    left_out = ("fault", "number", "region", "why_no_undo")
    given = [f"{name}={quoted(value)}" for name, value in data.items() if name not in left_out and value is not None]
    return f"{data['fault']}({', '.join(given)})"


def _amount(value: object) -> float:
    try:
        return float(str(value))
    except ValueError:
        return 0.0


def pack(spans: Iterable[Span]) -> int:
    """Give each span the lowest row that is free when it begins; how many rows there are.

    All spans of one stay of an instance on a host have the same row.
    """
    free: list[int] = []
    ending: list[tuple[int, int]] = []
    rows = 0
    for stay in _stays(spans):
        while ending and ending[0][0] <= stay[0].start:
            heapq.heappush(free, heapq.heappop(ending)[1])
        if not free:
            heapq.heappush(free, rows)
            rows += 1
        row = heapq.heappop(free)
        heapq.heappush(ending, (stay[-1].end, row))
        for span in stay:
            span.row = row
    return rows


def _stays(spans: Iterable[Span]) -> list[list[Span]]:
    """Spans of one thing that follow one another, in the order in which they begin."""
    stays: list[list[Span]] = []
    latest: dict[str, list[Span]] = {}
    for span in spans:
        stay = latest.get(span.id)
        if stay is not None and stay[-1].end == span.start and stay[-1].host == span.host:
            stay.append(span)
        else:
            latest[span.id] = [span]
            stays.append(latest[span.id])
    return stays
