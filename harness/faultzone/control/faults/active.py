"""The faults of a cloud: one record for each, from its injection or its plan to its end.

Several may be on one target, and each ends by itself, in any order. What is owed is journalled before it is injected.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from itertools import count
from typing import TYPE_CHECKING, Any, Final

from faultzone.api.callers import CALLER
from faultzone.api.errors import ApiError
from faultzone.clock import in_words, milliseconds, see_moment
from faultzone.control.faults.breaks import OWN, Breaker, Breakers, Breaking, Proof
from faultzone.control.faults.met import Seen, by_fields
from faultzone.control.targets import is_about_described, of_targets, see_targets
from faultzone.errors import FaultzoneError, HarnessError, NotSupported, UndoFailed, UnknownTarget, UsageError
from faultzone.faults.calls import OfCalls

if TYPE_CHECKING:
    from faultzone.control.faults.stops import Stops
    from faultzone.control.local import Local
    from faultzone.faults.fault import Fault

PLANNED: Final = "planned"
ACTIVE: Final = "active"
UNDOING: Final = "undoing"
UNDONE: Final = "undone"
SKIPPED: Final = "skipped"
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
        fault: the value; its targets are described until they are found.
        state: `planned`, `active`, `undoing` until its targets are as promised, `undone`; `skipped` where it could not
            be brought about when it was due; `failed` where its injection failed half-way, or its end is not as
            promised.
        due: the instant at which a planned one comes.
        lasts: after how many milliseconds it ends by itself; None for one that does not.
        since: the instant from which it is in force; None where it never was.
        deadline: the instant by which the targets of one that is undoing are as promised.
        error: why it failed, or was skipped.
        met: whether anything has met it, as far as is known.
        seen: tells whether anything has met it by now; None where it never came into force.
        also: the numbers of the faults on the other targets of the same description, which end with it.
        call_off: what calls a planned one off.
        stopped: whether a stop condition has ended it.
        scheduled: whether it is a step of a schedule, which says how long it lasts.
    """

    number: int
    fault: Fault
    state: str = ACTIVE
    due: int | None = None
    lasts: int | None = None
    deadline: int | None = None
    error: Exception | None = None
    since: int | None = None
    call_off: Callable[[], object] | None = None
    met: bool = True
    seen: Seen | None = None
    also: list[int] = field(default_factory=list)
    half_way: bool = False
    stopped: bool = False
    scheduled: bool = False
    parts: list[_Part] = field(default_factory=list)

    @property
    def goes_on(self) -> bool:
        """Whether it is planned or in force."""
        return self.state in (PLANNED, ACTIVE)

    @property
    def may_be_undone(self) -> bool:
        """Whether it is in force until the test undoes it, which may be at any moment."""
        return self.state == ACTIVE and self.lasts is None and not self.scheduled and self.fault.why_no_undo is None

    def render(self) -> dict[str, Any]:
        """The record as JSON."""
        return {
            "number": self.number,
            "fault": self.fault.told(),
            "state": self.state,
            "due": self.due,
            "lasts": self.lasts,
            "also": self.also,
            "met": self.met,
            "stopped": self.stopped,
            "since": self.since,
            "deadline": self.deadline,
            "error": None if self.error is None else str(self.error),
        }


def _do_nothing() -> None:
    """Call off what nothing brings about by itself."""


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

    @cached_property
    def stops(self) -> Stops:
        """The stop conditions, which few clouds have."""
        from faultzone.control.faults.stops import Stops

        return Stops(self._backend)

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

    def inject(self, fault: Fault, lasts: int | None = None) -> Record:
        """Bring a fault into force; it ends by itself after so many milliseconds, if any are given.

        Raises:
            NotSupported: the backend cannot do it.
            UsageError: the fault names nothing that is there, or cannot end; nothing is broken and nothing owed.
        """
        self._breaker(fault)
        self.see_moments(0, lasts, fault)
        with self._backend.locked():
            see_targets(self._backend, fault)
        found = self._of_targets(fault)
        record = self._add(found[0], lasts)
        try:
            self._begin(record)
        except (NotSupported, UsageError):
            del self.records[record.number]
            raise
        self._inject_also(record, found[1:])
        return record

    def _of_targets(self, fault: Fault) -> list[Fault]:
        """A fault on each target that is described.

        Raises:
            UsageError: there is none.
        """
        with self._backend.locked():
            found = of_targets(self._backend, fault)
        if not found:
            raise UsageError(f"{fault!r}: expected a target that is there now; its description matches none")
        return found

    def _inject_also(self, record: Record, others: list[Fault]) -> None:
        """Hit the other targets of a description, too; one that cannot be hit is left out, and the journal says why."""
        for each in others:
            with suppress(NotSupported, UsageError):
                other = self.inject(each, record.lasts)
                other.scheduled = record.scheduled
                record.also.append(other.number)

    def plan(self, after: int, fault: Fault, lasts: int | None = None) -> Record:
        """Bring a fault into force once so many milliseconds of region time have passed, and before more pass; of none,
        when `come` is called.

        One that cannot be brought about by then is skipped, and its record says why: whoever lets time pass is not
        stopped by it.

        Raises:
            NotSupported: the backend cannot do it.
            UsageError: the fault names nothing that is there, cannot end, or would come after the end of region time.
        """
        self.see(fault)
        self.see_moments(after, lasts, fault)
        self.see_exclusions([(fault, after, lasts)])
        return self.take(after, fault, lasts)

    def take(self, after: int, fault: Fault, lasts: int | None) -> Record:
        """Plan a fault of which whoever asks has seen that it can come then; see `plan`."""
        record = self._add(fault, lasts)
        record.state = PLANNED
        if after:
            self.come_later(record, after)
        else:
            record.due, record.call_off = self._backend.clock.now, _do_nothing
        self._backend.note("notice", {"what": "fault scheduled", "after": after, **self._said(record)})
        return record

    def come_later(self, record: Record, after: int) -> None:
        """Bring a planned fault into force once so many milliseconds have passed."""
        record.due = self._backend.clock.now + after
        with self._backend.locked():
            record.call_off = self._backend.plan(after, lambda: self.come(record)).cancel

    def expect(self, fault: Fault, lasts: int | None) -> Record:
        """The record of a fault that comes once something has happened, which whoever waits for that tells by
        `come`."""
        record = self._add(fault, lasts)
        record.state = PLANNED
        return record

    def see(self, fault: Fault) -> None:
        """See that a fault can be brought about as far as can be known before.

        Raises:
            NotSupported: the backend cannot do it.
            UsageError: it names nothing that is there, or is nothing that can ever be.
        """
        breaker = self._breaker(fault)
        with self._backend.locked():
            see_targets(self._backend, fault)
            # Of a fault of the API, what is described is only a part of its aim.
            if breaker.check is not None and (isinstance(fault, OfCalls) or not is_about_described(fault)):
                breaker.check(self._backend, fault)

    def see_moments(self, after: int, lasts: int | None, fault: Fault) -> None:
        """See that there are the instants at which a fault comes and ends, so many milliseconds from now and later, and
        those that lie as far from its beginning as it says.

        Raises:
            UsageError: one is beyond the end of region time.
        """
        now = self._backend.clock.now
        see_moment("after", f"{after}ms", now)
        if lasts is not None:
            see_moment("until", f"{after + lasts}ms", now)
        for name, length in fault.lengths().items():
            see_moment(name, f"{length}ms", now + after)

    def see_exclusions(self, planned: Sequence[tuple[Fault, int, int | None]]) -> None:
        """See that no fault comes while another one certainly excludes it, of those that are planned or in force too.

        A fault in force that the test may undo before excludes only what comes at once: if it is in force still when
        another is due, that one is skipped.

        Args:
            planned: faults, each with how many milliseconds from now it comes, and for how many.

        Raises:
            UsageError: one does; the text names both.
        """
        from faultzone.control.faults.places import RegionPlaces  # Few faults are planned.
        from faultzone.faults.exclusions import Planned, see_exclusions

        certain: list[Planned] = []
        open_ended: list[Planned] = []
        for each in self.records.values():
            begins = each.due if each.state == PLANNED else each.since if each.state == ACTIVE else None
            if begins is not None:
                (open_ended if each.may_be_undone else certain).append(Planned(each.fault, begins, each.lasts))
        now = self._backend.clock.now
        new = [Planned(fault, now + after, lasts) for fault, after, lasts in planned]
        with self._backend.locked():
            places = RegionPlaces(self._backend)
            see_exclusions(new, places, certain)
            if open_ended:
                see_exclusions([each for each in new if each.begins == now], places, [*certain, *open_ended])

    def come(self, record: Record) -> None:
        """Bring a planned fault into force, or skip it."""
        if record.state != PLANNED:
            return
        record.call_off = None
        self._end_what_is_due()
        try:
            record.fault, *others = self._of_targets(record.fault)
            self._begin(record)
            self._inject_also(record, others)
        except (NotSupported, UsageError) as refused:
            record.state, record.error = SKIPPED, refused
            self._backend.note("notice", {"what": "fault skipped", "why": str(refused), **self._said(record)})
        except Exception as error:  # It is told when it is to be undone.
            record.error = record.error or error

    def _end_what_is_due(self) -> None:
        """End what ends by itself at this instant: only then does what comes at the same instant come."""
        now = self._backend.clock.now
        for each in [*self.records.values()]:
            if each.state == ACTIVE and each.lasts is not None and (each.since or 0) + each.lasts <= now:
                self._end_by_itself(each)

    def _add(self, fault: Fault, lasts: int | None) -> Record:
        if lasts is not None:
            fault.see_end()
        number = next(self._numbers)
        record = self.records[number] = Record(number, fault, lasts=lasts)
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
                if breaker.check is not None:
                    breaker.check(backend, fault)
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
        record.state, record.since = ACTIVE, backend.clock.now
        answered = getattr(fault, "answered", None)
        with backend.locked():
            record.seen = (breaker.meets or by_fields)(backend, fault)
            record.met = record.seen()
            if answered is not None:
                backend.plan(milliseconds(answered), lambda: self._answer(record, breaker))
            if record.lasts is not None:
                backend.plan(record.lasts, lambda: self._end_by_itself(record))
        # Last: it may be what a stop condition waits for, which ends the fault at once.
        backend.note("fault", said)

    def _lose(self, record: Record, error: BaseException) -> None:
        record.state, record.half_way = FAILED, True
        record.error = HarnessError(f"its injection failed half-way, and what it did is not known: {error}")

    def _answer(self, record: Record, breaker: Breaker) -> None:
        """Let the owner make it good by himself; where that is refused, the journal has the refusal."""
        before = CALLER.set(None)
        try:
            if breaker.answer is not None:
                breaker.answer(self._backend, record.fault)
        except (FaultzoneError, ApiError):
            return
        finally:
            CALLER.reset(before)
        self._end_by_itself(record)

    def _end_by_itself(self, record: Record) -> None:
        """End it, unless it has ended; where that fails, it is still owed, and the journal says why."""
        if record.state != ACTIVE:
            return
        try:
            self.undo(record)
        except UndoFailed as failed:
            record.error = failed
            self._backend.note("notice", {"what": "fault not undone", "why": str(failed), **self._said(record)})
        except FaultzoneError:
            pass

    def _said(self, record: Record) -> dict[str, Any]:
        return {**record.fault.told(), "number": record.number}

    # Ending

    def undo(self, record: Record) -> None:
        """Call a planned fault off; mend one in force, once. After a failure it is still owed.

        Raises:
            UndoFailed: it could not be mended, or what it promises at once is not so.
            UsageError: it cannot be undone.
        """
        fault = record.fault
        if record.call_off is not None:
            record.call_off()
            record.call_off, record.state = None, UNDONE
        for number in record.also:
            if self.records[number].state == ACTIVE:
                self.undo(self.records[number])
        if record.state in (UNDONE, UNDOING, SKIPPED):
            return
        if record.half_way:
            raise UndoFailed(f"could not be undone: {fault!r}: {record.error}")
        self.see_met(record)
        if fault.why_no_undo is not None:
            raise UsageError(f"cannot be undone: {fault!r}: {fault.why_no_undo}")
        try:
            self._end(record)
        except Exception as error:
            raise UndoFailed(f"could not be undone: {fault!r}: {error}") from error

    def see_met(self, record: Record) -> Record:
        """The record, which says whether anything has met the fault by now."""
        if record.state == ACTIVE and record.seen is not None:
            with self._backend.locked():
                record.met = record.met or record.seen()
        return record

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
