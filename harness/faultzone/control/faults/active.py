"""The faults of a cloud: one record for each, from its injection or its plan to its end.

Several may be on one target, and each ends by itself, in any order. What is owed is journalled before it is injected.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any, Final

from faultzone.api.errors import ApiError
from faultzone.clock import in_words, milliseconds
from faultzone.control.faults.breaks import OWN, Breaker, Breakers, Breaking, Proof
from faultzone.errors import FaultzoneError, HarnessError, NotSupported, UndoFailed, UnknownTarget, UsageError

if TYPE_CHECKING:
    from faultzone.clock import Timer
    from faultzone.control.local import Local
    from faultzone.faults.fault import Fault

PLANNED: Final = "planned"
ACTIVE: Final = "active"
UNDOING: Final = "undoing"
UNDONE: Final = "undone"
FAILED: Final = "failed"


@dataclass
class _Part:
    """What one fault does to one of its targets.

    Attributes:
        breaker: what it is a part of.
        on: the target; None for none that others may hit, too.
        running: the generator, at its `yield` until it mends.
        proof: whether the end is as promised.
        over: whether the fault is over as far as it is concerned; it may have to wait until nothing else is in force.
        lost: why mending failed for good.
    """

    breaker: Breaker
    on: Hashable
    running: Breaking
    proof: Proof
    over: bool = False
    lost: Exception | None = None

    def mend(self) -> None:
        """Let the generator mend.

        Raises:
            Exception: it could not.
        """
        if self.lost is not None:
            if self.proof is None or not self.proof():
                raise self.lost
            return
        try:
            said = next(self.running, None)
        except UnknownTarget:
            raise
        except BaseException as error:  # A generator that has raised does not go on.
            self.lost = error if isinstance(error, Exception) else HarnessError(f"it was interrupted: {error!r}")
            raise
        if isinstance(said, Exception):
            raise said


@dataclass
class Record:
    """One fault.

    Attributes:
        number: what it is known by.
        fault: the value.
        state: `planned`, `active`, `undoing` until its targets are as promised, `undone`; `failed` where it could not
            be brought about, or its end is not as promised.
        due: the instant at which a planned one comes.
        since: the instant from which it is in force; None where it never was.
        deadline: the instant by which the targets of one that is undoing are as promised.
        error: why it failed.
        told: whether that has been raised.
    """

    number: int
    fault: Fault
    state: str = ACTIVE
    due: int | None = None
    deadline: int | None = None
    error: FaultzoneError | None = None
    told: bool = False
    since: int | None = None
    timer: Timer | None = None
    half_way: bool = False
    parts: list[_Part] = field(default_factory=list)

    def render(self) -> dict[str, Any]:
        """The record as JSON."""
        return {
            "number": self.number,
            "fault": self.fault.told(),
            "state": self.state,
            "due": self.due,
            "since": self.since,
            "deadline": self.deadline,
            "error": None if self.error is None else str(self.error),
        }


class ActiveFaults:
    """All faults of a cloud, by number.

    Args:
        backend: what they break.
        breakers: what breaks each kind.
    """

    def __init__(self, backend: Local, breakers: Breakers) -> None:
        self._backend, self._breakers = backend, breakers
        self._numbers = count(1)
        self.records: dict[int, Record] = {}
        #: The parts in force by target and number, and those whose faults are over and whose target is not free yet.
        self._on: dict[Hashable, dict[int, tuple[Fault, _Part]]] = {}
        self._waiting: dict[Hashable, list[_Part]] = {}
        #: Those that were planned, could not be brought about, and of which nothing was said yet.
        self.missed: list[Record] = []

    def on(self, target: Hashable) -> Mapping[int, Any]:
        """The faults in force on a target by number, the latest last."""
        return {number: fault for number, (fault, _) in self._on.get(target, {}).items()}

    def targets(self) -> dict[Hashable, list[int]]:
        """The targets with faults in force, and the numbers of these."""
        return {target: list(parts) for target, parts in self._on.items() if parts}

    def find(self, number: int) -> Record:
        """The record of this number.

        Raises:
            UsageError: there is none.
        """
        record = self.records.get(number)
        if record is None:
            raise UsageError(f"unknown fault {number!r}: the verb 'faults' lists the numbers of faults")
        return record

    # Beginning

    def inject(self, fault: Fault) -> Record:
        """Bring a fault into force.

        Raises:
            NotSupported: the backend cannot do it.
            UsageError: the fault names nothing that is there; nothing is broken and nothing owed.
        """
        self._breaker(fault)
        record = self._add(fault)
        try:
            self._begin(record)
        except (NotSupported, UsageError):
            del self.records[record.number]
            raise
        return record

    def plan(self, after: int, fault: Fault) -> Record:
        """Bring a fault into force once so many milliseconds of region time have passed, and before more pass."""
        self._breaker(fault)
        record = self._add(fault)
        record.state, record.due = PLANNED, self._backend.clock.now + after

        def come() -> None:
            record.timer = None
            try:
                self._begin(record)
            except FaultzoneError as error:
                record.state, record.error = FAILED, error
                self.missed.append(record)

        with self._backend.locked():
            record.timer = self._backend.plan(after, come)
        self._backend.note("notice", {"what": "fault scheduled", "after": after, **self._said(record)})
        return record

    def _add(self, fault: Fault) -> Record:
        number = next(self._numbers)
        record = self.records[number] = Record(number, fault)
        return record

    def _breaker(self, fault: Fault) -> Breaker:
        backend, name = self._backend, type(fault).__name__
        if fault.capability not in backend.capabilities:
            raise NotSupported.lacking(name, backend.name, fault.capability)
        for kind in type(fault).__mro__:
            found = self._breakers.get(kind) or OWN.get(kind)
            if found is not None:
                return found
        raise NotSupported(f"{name}: nothing in the {backend.name} backend breaks it; write a generator that does")

    @contextmanager
    def _door(self, breaker: Breaker) -> Iterator[None]:
        """With the lock of the backend, where the generator wants it."""
        if breaker.locked:
            with self._backend.locked():
                yield
        else:
            yield

    def _begin(self, record: Record) -> None:
        fault, backend, said = record.fault, self._backend, self._said(record)
        breaker = self._breaker(fault)
        # Owed before it is in force: an injection that fails half-way may have broken something.
        backend.note("owed", {**said, "why_no_undo": fault.why_no_undo})
        try:
            with self._door(breaker):
                for target in breaker.targets(backend, fault):
                    running = breaker.begin(backend, fault, target)
                    proof = next(running, None)
                    part = _Part(breaker, target, running, None if isinstance(proof, Exception) else proof)
                    record.parts.append(part)
                    if target is not None:
                        self._on.setdefault(target, {})[record.number] = (fault, part)
        except (NotSupported, UsageError) as refused:
            if not record.parts:
                backend.note("undo", {**said, "not_injected": str(refused)})
                raise
            self._lose(record, refused)
            raise HarnessError(f"{fault!r} was refused half-way: {refused}") from refused
        except BaseException as error:
            self._lose(record, error)
            raise
        backend.note("fault", said)
        record.state, record.since = ACTIVE, backend.clock.now
        answered = getattr(fault, "answered", None)
        if answered is not None:
            with backend.locked():
                backend.plan(milliseconds(answered), lambda: self._answer(record))

    def _lose(self, record: Record, error: BaseException) -> None:
        record.state, record.half_way = FAILED, True
        record.error = HarnessError(f"its injection failed half-way, and what it did is not known: {error}")

    def _answer(self, record: Record) -> None:
        """Let the owner make it good by himself; where that is refused, the journal has the refusal."""
        with suppress(FaultzoneError, ApiError):
            self.undo(record)

    def _said(self, record: Record) -> dict[str, Any]:
        return {**record.fault.told(), "number": record.number}

    # Ending

    def undo(self, record: Record) -> None:
        """Call a planned fault off; mend one in force, once. After a failure it is still owed.

        Raises:
            UndoFailed: it could not be mended, or what it promises at once is not so.
            UsageError: it cannot be undone; or it was planned and could not be brought about, which nothing has told.
        """
        fault = record.fault
        if record.timer is not None:
            record.timer.cancel()
            record.timer, record.state = None, UNDONE
        if record.state in (UNDONE, UNDOING):
            return
        if record.half_way:
            raise UndoFailed(f"could not be undone: {fault!r}: {record.error}")
        if record.state == FAILED and not record.parts:
            if not record.told:
                record.told = True
                raise UsageError(f"could not be injected when it was due: {fault!r}: {record.error}")
            return
        if fault.why_no_undo is not None:
            raise UsageError(f"cannot be undone: {fault!r}: {fault.why_no_undo}")
        try:
            self._end(record)
        except Exception as error:
            raise UndoFailed(f"could not be undone: {fault!r}: {error}") from error

    def _end(self, record: Record) -> None:
        backend, said = self._backend, self._said(record)
        try:
            for part in record.parts:
                if not part.over:
                    self._free(record, part)
            kept = self._kept(record)
        except UnknownTarget as gone:
            for part in record.parts:
                part.over = True
                self._on.get(part.on, {}).pop(record.number, None)
            record.state = UNDONE
            backend.note("undo", {**said, "vanished": str(gone)})
            return
        within = milliseconds(record.fault.undo_within)
        if not within and not kept:
            record.state = FAILED
            raise HarnessError("not as promised")
        record.state = UNDONE if kept else UNDOING
        backend.note("undo", said)
        record.deadline = None if kept else backend.clock.now + within

    def _free(self, record: Record, part: _Part) -> None:
        """End a fault on one target, and mend that once nothing else is in force there."""
        others, shared = self._on.get(part.on, {}), part.breaker.shared
        entry = others.pop(record.number, None)
        waiting = self._waiting.setdefault(part.on, []) if shared and part.on is not None else []
        waiting.append(part)
        part.over = True
        if shared and others:
            return
        try:
            while waiting:
                with self._door(waiting[0].breaker):
                    waiting[0].mend()
                waiting.pop(0)
        except UnknownTarget:
            waiting.clear()
            raise
        except BaseException:
            part.over = False
            with suppress(ValueError):
                waiting.remove(part)
            if entry is not None:
                others[record.number] = entry
            raise

    def clear(self, target: Hashable) -> None:
        """End what is in force on a target, also what cannot be undone: the target itself is another."""
        for number in list(self.on(target)):
            record = self.records[number]
            for part in record.parts:
                if part.on == target and not part.over:
                    self._free(record, part)
            if all(part.over for part in record.parts):
                record.state = UNDONE
                self._backend.note("undo", self._said(record))

    def _kept(self, record: Record) -> bool:
        """Whether its targets are as promised by now, as far as this fault is concerned, or nothing can be seen."""
        return all(self._sound(part) for part in record.parts)

    def _sound(self, part: _Part) -> bool:
        if part.proof is None or (part.on is not None and self._on.get(part.on)):
            return True
        try:
            with self._door(part.breaker):
                return bool(part.proof())
        except (NotSupported, UnknownTarget):
            return True

    def look(self, record: Record) -> Record:
        """The record as of now: one that is undoing may have become as promised, or be late."""
        if record.state == UNDOING:
            if self._kept(record):
                record.state, record.deadline = UNDONE, None
            elif record.deadline is not None and self._backend.clock.now >= record.deadline:
                within = milliseconds(record.fault.undo_within)
                late = f"not within {in_words(within)} of region time"
                record.state, record.error = FAILED, UndoFailed(f"not as promised: {record.fault!r}: {late}")
        return record
