"""What must hold in a region over time: for a block of a test, or so far; and the operations of a test's own client."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Any, Final

from faultzone import waiting
from faultzone.api.errors import ApiError
from faultzone.clock import SECOND
from faultzone.conditions import BROKEN, HOLDS, Condition, Judge, Judgement, Probe, reached, read
from faultzone.conditions.judging import see_told
from faultzone.conditions.sentences import SOMETIMES
from faultzone.errors import ConditionBroken, NotSupported, UsageError
from faultzone.journal import operations
from faultzone.journal.redaction import quoted, recorded
from faultzone.region.planned import ASKED

if TYPE_CHECKING:
    from types import TracebackType

    from faultzone.conditions.sentences import Raw
    from faultzone.region.region import Region

#: pytest shows the line of the test, and none of here.
__tracebackhide__ = True

_PAGE: Final = 1000
_ERROR_MOST: Final = 200
_SCALARS: Final = (str, int, float, bool, type(None))


# The entries


def entries_from(region: Region, first: int = 0) -> Sequence[Raw]:
    """The entries of the region's journal from a number on; of an endpoint with control routes, of its own journal."""
    kept = region.journal.entries
    if not region.backend.outlives_tests or not region.supports("see-hosts"):
        return kept[first:]
    found: list[Raw] = []
    while True:
        page = region.backend.control("journal", {"first": first + len(found), "last": _PAGE})
        found += [(each["number"], each["at"], each["kind"], each["data"]) for each in page["entries"]]
        if first + len(found) >= page["length"] or not page["entries"]:
            return found


def now(region: Region) -> int:
    """The present of the region in milliseconds since the epoch."""
    if region.supports("move-time"):
        return region.clock.ms
    return int(time.time() * SECOND)


def note(region: Region, kind: str, data: Mapping[str, Any]) -> None:
    """Put an entry of the test's own into the journal: of an endpoint with control routes, also into that of it."""
    try:
        region.backend.control("note", {"kind": kind, "data": dict(data)})
    except NotSupported:
        region.journal.append(int(time.time() * SECOND), kind, recorded(data, "data"))


# Probes


class Watched:
    """A probe whose value the journal has, from now on until it is ended.

    Args:
        region: where it is asked: after each change, before more time passes.
        asked: the probe.

    Raises:
        NotSupported: the region is not in this process.
    """

    def __init__(self, region: Region, asked: Probe) -> None:
        self.probe, self._region = asked, region
        self._ended, self._asking = False, False
        self._value: object = self  # None is a value.
        region.control("watch", function=self._changed)
        try:
            self.ask()
        except BaseException:
            self._ended = True
            raise

    def __repr__(self) -> str:
        return f"Watched({self.probe.name!r})"

    def _changed(self) -> bool:
        if not self._ended:
            self.ask()
        return self._ended

    def ask(self) -> None:
        """Ask it now; the journal gets the value if it is another."""
        if self._asking:  # It calls the region, which has changed by that.
            return
        self._asking, before = True, ASKED.set(self.probe.name)
        try:
            value = self.probe.function()
        finally:
            self._asking = False
            ASKED.reset(before)
        if not isinstance(value, _SCALARS):
            value = bool(value)
        if value != self._value or type(value) is not type(self._value):
            self._value = value
            note(self._region, "probe", {"probe": self.probe.name, "value": value})

    def end(self) -> None:
        """Ask it a last time, and no more."""
        if not self._ended:
            self._ended = True
            self.ask()

    def forget(self) -> None:
        """Ask it no more."""
        self._ended = True

    def __enter__(self) -> Watched:
        return self

    def __exit__(self, *ended: object) -> None:
        self.end()


def watch(region: Region, asked: Probe | Callable[[], object]) -> Watched:
    """Watch a probe; see `Region.probe`."""
    return Watched(region, Probe.of(asked, "probe"))


# Conditions


class Expecting:
    """A `with` block in which conditions must hold; see `Region.expect`."""

    def __init__(self, region: Region, conditions: Sequence[Condition | str]) -> None:
        self._region, self._conditions = region, _conditions(conditions)
        self._watched: list[Watched] = []
        self._judges: list[Judge] = []
        self._next = 0

    def __repr__(self) -> str:
        return f"Expecting({', '.join(map(str, self._conditions))})"

    def __enter__(self) -> Expecting:
        earlier, present = entries_from(self._region), now(self._region)
        self._next = len(earlier)
        for condition in self._conditions:
            _see(self._region, condition, earlier)
            judging = Judge(condition)
            for entry in earlier:
                judging.see_earlier(entry)
            judging.begin(present)
            self._judges.append(judging)
        try:
            for each in {each.name: each for condition in self._conditions for each in condition.probes}.values():
                self._watched.append(Watched(self._region, each))
        except BaseException:
            for watched in self._watched:
                watched.forget()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is None:
                self._take()
                for judging in self._judges:
                    judging.close()
                self._await_open()
        finally:
            with ExitStack() as ends:
                for watched in self._watched:
                    # The block's own error is the one that counts.
                    ends.callback(watched.end if error is None else watched.forget)
        self._take()
        judged = [each.end() for each in self._judges]
        for each in judged:
            if each.condition.demand == SOMETIMES and error is None:
                reached.note(each.condition, reached=each.verdict == HOLDS)
        broken = [each for each in judged if each.verdict == BROKEN and each.condition.demand != SOMETIMES]
        if error is None:
            _refuse(broken or [each for each in judged if each.verdict not in (HOLDS, BROKEN)])
        elif isinstance(error, Exception):
            for each in broken:
                error.add_note(str(each))

    def _take(self) -> None:
        """Show the judges what is new."""
        fresh, present = entries_from(self._region, self._next), now(self._region)
        self._next += len(fresh)
        for judging in self._judges:
            for entry in fresh:
                judging.see(entry)
            judging.pass_time(present)

    def _await_open(self) -> None:
        """Let time pass until it is known of all whether they hold, or until one is broken."""

        def is_decided() -> bool:
            self._take()
            return all(each.deadline is None for each in self._judges) or any(each.is_broken for each in self._judges)

        if is_decided():
            return
        latest = max(each.deadline or 0 for each in self._judges)
        # A millisecond later it is known.
        length = max(0, latest - now(self._region)) + 1
        waiting.wait(self._region.backend, self._region.planned.telling(is_decided), length / SECOND, what=repr(self))


def assert_holds(region: Region, *conditions: Condition | str) -> None:
    """Conditions hold of all that has happened in the region so far; else the entries that break them.

    Raises:
        ConditionBroken: one is broken, or it is not known yet whether it holds.
        UsageError: one is none, asks a function, or is about what the journal of an endpoint lacks, or what names
            nothing that is or was there.
    """
    entries, present = entries_from(region), now(region)
    judged = []
    for condition in _conditions(conditions):
        if condition.probes:
            raise UsageError(
                f"{condition}: it asks a function, which can only be asked from now on: write region.expect"
            )
        _see(region, condition, entries)
        judging = Judge(condition)
        for entry in entries:
            judging.see(entry)
        judging.pass_time(present)
        judged.append(judging.end())
    _refuse([each for each in judged if each.verdict != HOLDS])


def _see(region: Region, condition: Condition, entries: Sequence[Raw]) -> None:
    """See that the journal of a region can have the entries that a condition is about.

    Raises:
        UsageError: it lacks their kind, or they name what there is not.
    """
    see_told(condition.what, entries)
    if condition.probes or not entries or entries[0][2] != "region":
        return
    try:
        with suppress(NotSupported):
            region.backend.control("see-condition", {"condition": str(condition.what)})
    except UsageError as wrong:
        raise UsageError(f"{condition}: {wrong}") from None


def _conditions(given: Sequence[Condition | str]) -> list[Condition]:
    """The conditions, read where they are sentences."""
    wanted = "a condition, such as never('refusal NoStock') or 'never refusal NoStock'"
    if not given:
        raise UsageError(f"expected {wanted}")
    found: list[Condition] = []
    for each in given:
        condition: object = read(each) if isinstance(each, str) else each
        if not isinstance(condition, Condition):
            raise UsageError(f"{condition!s}: expected {wanted}")
        found.append(condition)
    return found


def _refuse(judged: Sequence[Judgement]) -> None:
    if judged:
        raise ConditionBroken("\n".join(map(str, judged)))


# Operations


class UnderWay:
    """An operation in its `with` block; see `Region.operation`.

    Attributes:
        number: its number.
    """

    def __init__(
        self, region: Region, number: int, said: dict[str, Any], fails: tuple[type[BaseException], ...]
    ) -> None:
        self.number, self._region, self._fails = number, region, fails
        self._said = {"operation": said["operation"], "number": number, "who": said["who"]}
        self._arguments: list[Any] = said["arguments"]
        self._value: object = None
        self._begun, self._over = False, False

    def __repr__(self) -> str:
        return f"UnderWay({self._said['operation']!r}, number={self.number})"

    def returns(self, value: object) -> None:
        """Say what it returned.

        Raises:
            UsageError: JSON cannot carry it, or the operation is over.
        """
        _see_json("value", value)
        if self._over:
            raise UsageError(f"{self!r} is over: expected what it returned within its block")
        self._value = value

    def __enter__(self) -> UnderWay:
        if self._begun:
            raise UsageError(f"{self!r} has begun before: write region.operation(...) for each operation")
        self._begun = True
        note(self._region, "operation", {**self._said, "state": operations.INVOKED, "arguments": self._arguments})
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over = True
        if error is None:
            more: dict[str, Any] = {"state": operations.RETURNED, "value": self._value}
        else:
            state = operations.FAILED if isinstance(error, self._fails) else operations.UNKNOWN
            more = {"state": state, "error": f"{type(error).__name__}: {error}"[:_ERROR_MOST]}
        note(self._region, "operation", {**self._said, **more})


def operation(
    region: Region, name: str, arguments: Sequence[object], who: str | None, fails: Sequence[type[BaseException]]
) -> UnderWay:
    """An operation to be entered; see `Region.operation`."""
    called: object = name
    if not isinstance(called, str) or not called or not called.isprintable():
        raise UsageError.expected("name", name, "the name of an operation, such as 'write'")
    for each in arguments:
        _see_json("arguments", each)
    listed: object = fails
    if not isinstance(listed, list | tuple):
        raise UsageError.expected("fails", fails, "a list of exceptions, such as [TimeoutError]")
    for failure in listed:
        if not (isinstance(failure, type) and issubclass(failure, BaseException)):
            raise UsageError.expected("fails", failure, "exceptions, such as [TimeoutError]")
    named: object = who
    if named is not None and not (isinstance(named, str) and named):
        raise UsageError.expected("who", who, "the name of a client, such as 'reader'")
    if who is None:
        thread = threading.current_thread()
        who = "main" if thread is threading.main_thread() else thread.name
    said = {"operation": name, "who": who, "arguments": list(arguments)}
    return UnderWay(region, next(region.operations), said, (ApiError, *fails))


def _see_json(what: str, value: object) -> None:
    import json

    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        raise UsageError(f"{what}={quoted(value)}: expected what JSON can carry, such as a number or text") from None
