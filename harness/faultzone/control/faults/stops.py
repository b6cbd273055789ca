"""Stop conditions: an experiment ends, its faults undone, once the journal has what a sentence describes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any, Final

from faultzone.api.callers import CALLER
from faultzone.conditions import Description, Found, Watch, describe
from faultzone.control.faults import aims
from faultzone.errors import FaultzoneError, UsageError

if TYPE_CHECKING:
    from faultzone.control.faults.active import Record
    from faultzone.control.local import Local

WAITING: Final = "waiting"
REACHED: Final = "reached"
ENDED: Final = "ended"


@dataclass
class Stop:
    """One stop condition.

    Attributes:
        number: what it is known by.
        what: the entries that it waits for.
        records: the faults that it undoes; None for all that there are by then.
        state: `waiting`, `reached`, or `ended`: it waits no longer.
        found: the entry that was described.
    """

    number: int
    what: Description
    records: Sequence[Record] | None
    state: str = WAITING
    found: Found | None = None

    def end(self) -> None:
        """Let it wait no longer, if it does."""
        if self.state == WAITING:
            self.state = ENDED

    def render(self) -> dict[str, Any]:
        """It as JSON."""
        entry = None if self.found is None else self.found.entry._asdict()
        return {"number": self.number, "condition": str(self.what), "state": self.state, "entry": entry}


@dataclass
class Stops:
    """The stop conditions of a cloud.

    Args:
        backend: whose journal is watched, and whose faults are undone.
    """

    backend: Local
    kept: dict[int, Stop] = field(default_factory=dict)
    _numbers: count[int] = field(default_factory=lambda: count(1))

    def find(self, number: int) -> Stop:
        """The one of this number.

        Raises:
            UsageError: there is none.
        """
        found = self.kept.get(number)
        if found is None:
            raise UsageError(f"unknown stop condition {number!r}: the verb 'stops' lists the numbers")
        return found

    def all(self) -> list[Stop]:
        """All of them."""
        return list(self.kept.values())

    def end(self, number: int) -> Stop:
        """Let one wait no longer.

        Raises:
            UsageError: there is none of this number.
        """
        stop = self.find(number)
        stop.end()
        return stop

    def wait_for(self, what: Description, records: Sequence[Record] | None = None) -> Stop:
        """Undo faults once the journal has an entry, from now on, that is described."""
        stop = Stop(next(self._numbers), what, records)
        self.kept[stop.number] = stop
        self.backend.note("notice", {"what": "stop condition", "condition": str(what), "number": stop.number})
        with self.backend.locked():
            _Waiting(self, stop).begin()
        return stop

    def end_with(self, stop: Stop) -> None:
        """Let the others of the same schedule wait no longer."""
        for each in self.kept.values():
            if each.records is stop.records is not None:
                each.end()


class _Waiting:
    """A stop condition while it waits."""

    def __init__(self, stops: Stops, stop: Stop) -> None:
        self._stops, self._backend, self._stop, self._watch = stops, stops.backend, stop, Watch(stop.what)
        #: The instant at which it is looked again without an entry, if that is planned.
        self._planned: int | None = None

    def begin(self) -> None:
        """Watch the journal from now on."""
        for entry in self._backend.journal.entries:
            self._watch.see(entry)
        self._watch.begin()
        self._backend.journal.watchers.append(self._hear)

    def _hear(self, at: int, kind: str, data: Mapping[str, Any]) -> None:
        if self._stop.state != WAITING:
            self._leave()
            return
        self._take(self._watch.see((len(self._backend.journal.entries) - 1, at, kind, data)))

    def _take(self, found: list[Found]) -> None:
        """Take in what is known to be described; whoever calls has the lock."""
        backend = self._backend
        if found:
            self._stop.found, self._stop.state = found[0], REACHED
            self._leave()
            self._stops.end_with(self._stop)
            backend.plan(0, self._reach, soon=True)
            return
        deadline = self._watch.deadline
        if deadline is not None and self._planned is None:
            self._planned = deadline + 1
            backend.plan(max(0, self._planned - backend.clock.now), self._look)

    def _look(self) -> None:
        """Look whether something was not followed in time."""
        self._planned = None
        if self._stop.state == WAITING:
            with self._backend.locked():
                self._take(self._watch.pass_time(self._backend.clock.now))

    def _leave(self) -> None:
        with suppress(ValueError):
            self._backend.journal.watchers.remove(self._hear)

    def _reach(self) -> None:
        """Undo the faults, the latest first; what fails is still owed."""
        backend, stop = self._backend, self._stop
        faults = backend.active_faults
        assert stop.found is not None
        records = list(faults.records.values()) if stop.records is None else [*stop.records]
        said = {"what": "experiment stopped", "condition": str(stop.what), "number": stop.number}
        backend.note("notice", {**said, "entry": stop.found.entry.number, "why": stop.found.why})
        before = CALLER.set(None)
        try:
            for record in reversed(records):
                if record.goes_on:
                    record.stopped = True
                    with suppress(FaultzoneError):
                        faults.undo(record)
        finally:
            CALLER.reset(before)


def see(backend: Local, sentence: str) -> Description:
    """The description that a sentence is, of entries that there can be in this cloud.

    Raises:
        UsageError: it is none, or they cannot exist.
    """
    described = describe(sentence)
    with backend.locked():
        aims.see_described(backend, described)
    return described


def read(backend: Local, sentences: Sequence[str]) -> list[Description]:
    """The descriptions that stop conditions of a cloud are.

    Raises:
        UsageError: one is none, or about entries that cannot exist, in any cloud or in this one.
    """
    found = []
    for each in sentences:
        try:
            found.append(see(backend, each))
        except UsageError as wrong:
            raise UsageError(f"stop_when: {wrong}") from None
    return found
