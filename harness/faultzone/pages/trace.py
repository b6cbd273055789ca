"""A run as a Trace Event file, which Perfetto and other viewers of traces read."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, Final

from faultzone.journal.journal import Entry
from faultzone.pages.tracks import tracks

#: A viewer takes hosts and the like for processes, and instances and the like for threads.
_CALLS: Final = "calls"


class _Trace:
    """Events of a trace, with a number for each name of a process and of a thread."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self._processes: dict[str, int] = {}
        self._threads: dict[tuple[str, str], int] = {}

    def add(self, process: str, thread: str, **event: Any) -> None:
        if process not in self._processes:
            self._processes[process] = len(self._processes) + 1
            self._name("process_name", process, self._processes[process], 0)
        key = (process, thread)
        if key not in self._threads:
            self._threads[key] = len(self._threads) + 1
            self._name("thread_name", thread, self._processes[process], self._threads[key])
        self.events.append({**event, "pid": self._processes[process], "tid": self._threads[key]})

    def _name(self, what: str, name: str, pid: int, tid: int) -> None:
        self.events.append({"ph": "M", "name": what, "pid": pid, "tid": tid, "args": {"name": name}})


def trace(entries: Iterable[Entry]) -> str:
    """The trace, as JSON: times are microseconds since the first entry."""
    told = tracks(entries)
    start = told.entries[0].at
    instants = [(entry.at - start) * 1000 for entry in told.entries]
    instants.append(instants[-1])  # What has not ended lasts until the last entry.
    made = _Trace()
    for index in sorted([*told.calls, *told.refusals]):
        entry = told.entries[index]
        said = {"ph": "i", "s": "t", "cat": entry.kind, "ts": instants[index], "args": dict(entry.data)}
        made.add(_CALLS, f"{entry.kind}s", name=str(entry.data.get("action", "")), **said)
    for process, spans in (("faults", told.faults), ("events", told.events), ("commands", told.runs)):
        for span in spans:
            made.add(process, span.id, name=f"{span.label}: {span.state}", **_lasts(instants, span.start, span.end))
    for span in told.instances:
        made.add(span.host or "without a host", span.id, name=span.state, **_lasts(instants, span.start, span.end))
    for span in told.lost:
        made.add(span.id, "the host", name="lost", **_lasts(instants, span.start, span.end))
    for account, bills in told.bills.items():
        for index, balance in bills:
            made.add("money", account, name=f"balance {account}".strip(), ph="C", ts=instants[index],
                     args={"yuan": balance})  # fmt: skip
    return json.dumps({"traceEvents": made.events, "displayTimeUnit": "ms"}, default=str, ensure_ascii=False) + "\n"


def _lasts(instants: list[int], start: int, end: int) -> dict[str, Any]:
    return {"ph": "X", "ts": instants[start], "dur": instants[end] - instants[start]}
