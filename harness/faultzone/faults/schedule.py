"""A schedule of faults as data: what breaks, and when. It can be written, drawn, printed, sent and replayed.

    Schedule([
        At("5m10s", HostCrash("cn-hangzhou-a-h01"), until="7m"),
        On(Call("RunInstances", nth=3), HostCrash(host_of(newest("instance")))),
        On(Entry("event", type="SystemFailure.Reboot"), AgentOutage(all("agent")), after="2s", lasts="1m"),
    ])

As JSON it has a version, `{"version": 1, "steps": […]}`; `Schedule.read` takes it again, `schema` describes it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from faultzone.clock import Duration, in_words, milliseconds, see_moment
from faultzone.errors import UsageError
from faultzone.faults.calls import Call as Call
from faultzone.faults.calls import without_none
from faultzone.faults.exclusions import Places, Planned, see_exclusions
from faultzone.faults.fault import Fault
from faultzone.faults.fault import schema as schema_of
from faultzone.faults.house import read
from faultzone.journal import stored
from faultzone.journal.awaited import Entry as Entry
from faultzone.journal.journal import KINDS

VERSION: Final = 1


@dataclass(frozen=True)
class At:
    """A fault at a moment of the schedule.

    Args:
        after: when it comes, from the beginning of the schedule; 0 is the moment at which it is played.
        fault: what breaks.
        until: when it ends, from there too; None for when the region ends.
    """

    after: Duration
    fault: Fault
    until: Duration | None = None

    def __post_init__(self) -> None:
        """Look at the values.

        Raises:
            UsageError: it ends before it begins, cannot end, or begins or ends after the end of region time.
        """
        _see_fault(self.fault)
        begins = see_moment("after", self.after)
        if self.until is not None:
            if see_moment("until", self.until) <= begins:
                raise UsageError.expected("until", self.until, f"a moment after its beginning, {self.after!r}")
            self.fault.see_end()

    @property
    def begins(self) -> int:
        """When it comes, in milliseconds."""
        return milliseconds(self.after)

    @property
    def lasts(self) -> int | None:
        """For how many milliseconds; None until the region ends."""
        return None if self.until is None else milliseconds(self.until) - self.begins

    @property
    def planned(self) -> Planned:
        """When it is in force."""
        return Planned(self.fault, self.begins, self.lasts)

    def told(self) -> dict[str, Any]:
        """It as JSON."""
        return without_none(at=_length(self.after), fault=self.fault.told(), until=_length(self.until))


@dataclass(frozen=True)
class On:
    """A fault after something that happens, once.

    Args:
        what: a `Call` or an `Entry`.
        fault: what breaks.
        after: how much later; at once when left out, before anything else is called and before time passes.
        lasts: for how long; None until the region ends.
    """

    what: Call | Entry
    fault: Fault
    after: Duration = 0
    lasts: Duration | None = None

    def __post_init__(self) -> None:
        """Look at the values.

        Raises:
            UsageError: one cannot be; or no entry has such a field or value.
        """
        if not isinstance(self.what, Call | Entry):
            raise UsageError.expected("what", self.what, "a Call or an Entry, such as Call('RunInstances', nth=3)")
        _see_awaited(self.what)
        _see_fault(self.fault)
        see_moment("after", self.after)
        if self.lasts is not None:
            if see_moment("lasts", self.lasts) <= 0:
                raise UsageError.expected("lasts", self.lasts, "more than 0")
            self.fault.see_end()

    @property
    def planned(self) -> Planned:
        """When it is in force, counted from what it waits for."""
        return Planned(self.fault, milliseconds(self.after), None if self.lasts is None else milliseconds(self.lasts))

    def told(self) -> dict[str, Any]:
        """It as JSON."""
        after = _length(self.after) if milliseconds(self.after) else None
        return without_none(on=self.what.told(), fault=self.fault.told(), after=after, lasts=_length(self.lasts))


Step = At | On


@dataclass(frozen=True, init=False)
class Schedule:
    """Steps, each of which brings a fault into force: `At` a moment, or `On` something that happens.

    Args:
        steps: in any order.
        stop_when: sentences that describe entries, or the values that these say, such as `refusal not during fault`:
            with the first such entry, all faults of the schedule are undone, and those to come are cancelled; see
            `faultzone.conditions.sentences`.

    Raises:
        UsageError: a step is none, two faults exclude each other on one target, or a sentence describes no entries, or
            such as cannot exist.
    """

    steps: tuple[Step, ...]
    stop_when: tuple[str, ...] = ()

    def __init__(self, steps: Iterable[Step], stop_when: object = ()) -> None:
        given: object = steps
        if not isinstance(given, Iterable):
            raise UsageError.expected("steps", given, "a list of At(...) and On(...)")
        found = tuple(steps)
        for each in found:
            if not isinstance(each, At | On):
                raise UsageError.expected("steps", each, "At(...) or On(...)")
        object.__setattr__(self, "steps", found)
        object.__setattr__(self, "stop_when", _sentences(stop_when))
        see_exclusions(each.planned for each in found if isinstance(each, At))
        see_followers(found)

    def __repr__(self) -> str:
        stops = f", stop_when={list(self.stop_when)!r}" if self.stop_when else ""
        return f"Schedule([{', '.join(map(repr, self.steps))}]{stops})"

    def told(self) -> dict[str, Any]:
        """The schedule as JSON carries it."""
        stops = {"stop_when": list(self.stop_when)} if self.stop_when else {}
        return {"version": VERSION, "steps": [each.told() for each in self.steps], **stops}

    def text(self) -> str:
        """The schedule as the text of a file."""
        return stored.text(self.told())

    @classmethod
    def read(cls, given: object) -> Schedule:
        """The schedule that JSON describes, or that it is already.

        Raises:
            UsageError: it is of another version, or something in it cannot be; the text says in which step.
        """
        if isinstance(given, Schedule):
            return given
        if not isinstance(given, Mapping) or not isinstance(given.get("steps"), list):
            raise UsageError.expected("schedule", given, '{"version": 1, "steps": [...]}')
        stored.see_version(given, VERSION)
        stored.see_fields(given, ("version", "steps", "stop_when"), "of the schedule")
        steps = [_numbered(number, each) for number, each in enumerate(given["steps"], 1)]
        return cls(steps, given.get("stop_when", ()))

    @classmethod
    def load(cls, path: Path | str) -> Schedule:
        """The schedule of a file.

        Raises:
            UsageError: it cannot be read, is no whole JSON, or `read` refuses it.
        """
        return stored.load(path, "schedule", cls.read)


class _Following(Places):
    """Places as they are known after a call or an entry: where instances are by then is not.

    Args:
        what: the call or the entry.
        known: what is known of places now.
    """

    def __init__(self, what: Call | Entry, known: Places) -> None:
        self._what, self._known = what, known
        self.missed, self.back, self.boot = known.missed, known.back, known.boot
        self.restart, self.moved = known.restart, known.moved

    def moment(self, ms: int) -> str:
        """A moment of the plan, for a reader."""
        return f"{in_words(ms)} after {self._what!r}"

    def around(self, host: str) -> Iterable[str]:
        """What the host is in."""
        return self._known.around(host)


def see_followers(steps: Iterable[Step], places: Places | None = None) -> None:
    """See that no fault comes while another one excludes it that waits for the same call or entry.

    Args:
        steps: those of a schedule; only `On` steps are looked at.
        places: where the faults are.

    Raises:
        UsageError: one does; the text names both, and says how long after the call or the entry.
    """
    waiting = [each for each in steps if isinstance(each, On)]
    while waiting:
        what = waiting[0].what
        same = [each for each in waiting if each.what == what]
        waiting = [each for each in waiting if each.what != what]
        if len(same) > 1:
            see_exclusions((each.planned for each in same), _Following(what, places or Places()))


def _sentences(given: object) -> tuple[str, ...]:
    """The sentences of stop conditions: several, or one.

    Raises:
        UsageError: one is empty, nothing that is written as a sentence, or about entries that cannot exist.
    """
    several = given if isinstance(given, list | tuple) else [given]
    if not several:
        return ()
    from faultzone.conditions.sentences import describe  # Few schedules have stop conditions.

    for each in several:
        if each is None or isinstance(each, int | float | Mapping) or not str(each).strip():
            raise UsageError.expected("stop_when", each, "a sentence, such as 'refusal not during fault'")
        try:
            describe(str(each))
        except UsageError as wrong:
            raise UsageError(f"stop_when: {wrong}") from None
    return tuple(map(str, several))


def _length(length: Duration | None) -> str | int | float | None:
    return length if length is None or isinstance(length, str | int | float) else f"{milliseconds(length)}ms"


def _see_awaited(what: Call | Entry) -> None:
    """See that there can be such a call or entry: what can be is known where journals are judged.

    Raises:
        UsageError: there is no such action, field or value; the text says what there is.
    """
    from faultzone.conditions import vocabulary  # A schedule of moments does without.

    if isinstance(what, Call):
        vocabulary.see_action(what.action)
    else:
        vocabulary.of_entry(what.kind, what.where)


def _see_fault(fault: object) -> None:
    if not isinstance(fault, Fault):
        raise UsageError.expected("fault", fault, "a fault such as HostCrash('cn-hangzhou-a-h01')")


def _numbered(number: int, given: object) -> Step:
    try:
        return _step(given)
    except UsageError as wrong:
        raise UsageError(f"step {number}: {wrong}") from None


def _step(given: object) -> Step:
    if not isinstance(given, Mapping) or ("at" in given) == ("on" in given):
        raise UsageError.expected("step", given, '{"at": "5m", "fault": {...}} or {"on": {...}, "fault": {...}}')
    fault = read(_mapping(given, "fault"))
    if "at" in given:
        _see_fields(given, ("at", "fault", "until"))
        return At(given["at"], fault, given.get("until"))
    _see_fields(given, ("on", "fault", "after", "lasts"))
    on = _mapping(given, "on")
    if "call" in on:
        _see_fields(on, ("call", "nth", "only", "about"))
        what: Call | Entry = Call(on["call"], on.get("nth", 1), on.get("only"), on.get("about"))
    else:
        _see_fields(on, ("entry", "nth", "where"))
        where = _mapping(on, "where") if "where" in on else {}
        what = Entry.of(on.get("entry", ""), on.get("nth", 1), {str(name): value for name, value in where.items()})
    return On(what, fault, given.get("after", 0), given.get("lasts"))


def _mapping(given: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = given.get(name)
    if not isinstance(found, Mapping):
        raise UsageError.expected(name, found, "a JSON object")
    return found


def _see_fields(given: Mapping[str, Any], known: tuple[str, ...]) -> None:
    if unknown := [name for name in given if name not in known]:
        raise UsageError.unknown("field", unknown[0], known)
    for name in {"at", "until", "after", "lasts"} & given.keys():
        if isinstance(given[name], bool) or not isinstance(given[name], str | int | float):
            raise UsageError.expected(name, given[name], "a length of time, such as '5m10s'")


# Its schema


def fault_schema() -> dict[str, object]:
    """The JSON schema of a fault."""
    from faultzone.faults import CATALOGUE

    return {"oneOf": [schema_of(each) for each in CATALOGUE]}


def schema() -> dict[str, object]:
    """The JSON schema of a schedule."""
    length, nth = {"type": ["string", "number"]}, {"type": "integer", "minimum": 1}
    call = _object({"call": {"type": "string"}, "nth": nth, "only": {"type": "string"}, "about": {"type": "string"}}, 1)
    entry = _object({"entry": {"enum": sorted(KINDS)}, "nth": nth, "where": {"type": "object"}}, 1)
    fault = fault_schema()
    at = _object({"at": length, "fault": fault, "until": length}, 2)
    on = _object({"on": {"oneOf": [call, entry]}, "fault": fault, "after": length, "lasts": length}, 2)
    steps = {"type": "array", "items": {"oneOf": [at, on]}}
    sentences = {"type": "array", "items": {"type": "string"}}
    return _object({"version": {"const": VERSION}, "steps": steps, "stop_when": sentences}, 2)


def _object(properties: dict[str, object], required: int) -> dict[str, object]:
    """The schema of an object, whose first properties must be there."""
    return {
        "type": ["object"],
        "properties": properties,
        "required": [*properties][:required],
        "additionalProperties": False,
    }
