"""What entries can have: the fields of each kind, and the values of those fields that have a known set of them.

A condition over entries that cannot exist would never be met, so it is refused. Names that a test or another version
can add are not: codes that a fault of the API makes up, faults of the test's own, operations, probes, notices.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from faultzone.conditions.patterns import KEYWORDS, NAMES, Pattern, Property
from faultzone.errors import UsageError, nearest
from faultzone.journal.matching import shown, value_of

_CALL: Final = "action parameters product account ignored"
_REPORT: Final = "report region instance host zone epoch reversible version run output dropped exit_code reason"
_FAULT: Final = "number why_no_undo not_injected vanished does after_effect"
#: The fields of each kind, besides those of fault classes; kinds that are left out have any.
_FIELDS: Final[Mapping[str, str]] = {
    "advance": "milliseconds timers",
    "bill": "account what amount balance charged instance",
    "call": f"{_CALL} answer",
    "control": "verb arguments",
    "event": "event type instance from to not_before simulated",
    "fault": _FAULT,
    "operation": "operation number state who arguments value error",
    "owed": _FAULT,
    "probe": "probe value",
    "read": f"{_CALL} total verb instance port asked",
    "refusal": f"{_CALL} code request why fault edge status what method query headers",
    "region": "backend regions edition recovery seed clock guests_are_virtual",
    "report": _REPORT,
    "stale": _REPORT,
    "transition": (
        "instance from to epoch region account zone host deployment_set private_ip public_ip stopped_mode why spread "
        "run target"
    ),
    "undo": _FAULT,
}
_OF_FAULTS: Final = frozenset({"fault", "owed", "undo"})
#: Kinds whose names anybody may add to.
_OPEN: Final = frozenset({"bill", "control", "notice", "operation", "probe", "region", "summary"})


def see(pattern: Pattern, entries: Iterable[tuple[int, int, str, Mapping[str, Any]]] = ()) -> None:
    """See that there can be such entries.

    Args:
        pattern: what they are.
        entries: those of a journal, whose fields and names are known too.

    Raises:
        UsageError: no entry has such a kind, field or value; the text says what there is.
    """
    if pattern.kind not in NAMES:
        raise UsageError.unknown("kind of entry", pattern.kind, sorted(NAMES))
    there = [data for _, _, kind, data in entries if kind == pattern.kind]
    for each in pattern.properties:
        _see_property(pattern.kind, each, there)
    for word in pattern.words:
        _see_word(pattern.kind, word, there)


def of_entry(kind: str, where: Mapping[str, object]) -> Pattern:
    """The pattern of entries of a kind whose fields have these values.

    Raises:
        UsageError: there can be no such entry; the text says what there is.
    """
    pattern = Pattern(kind, (), tuple(Property(name, shown(value)) for name, value in where.items()))
    see(pattern)
    return pattern


def see_action(pattern: str) -> None:
    """See that there is an action of this name or pattern.

    Raises:
        UsageError: there is none; the text says which is near.
    """
    from faultzone.model.core.dispatch import find_actions

    find_actions(pattern)


def _see_property(kind: str, wanted: Property, there: list[Mapping[str, Any]]) -> None:
    _see_field(kind, wanted.field, there)
    known = _values(kind).get(wanted.field)
    if known is None or "*" in wanted.value or wanted.value in known:
        return
    if not any(shown(value_of(data, wanted.field)) == wanted.value for data in there):
        raise UsageError.unknown(wanted.field, wanted.value, sorted(known), where=f"of the kind {kind!r}")


def see_field(kind: str, field: str, entries: Iterable[tuple[int, int, str, Mapping[str, Any]]] = ()) -> None:
    """See that entries of a kind can have a field.

    Raises:
        UsageError: they have no such field.
    """
    _see_field(kind, field, [data for _, _, of, data in entries if of == kind])


def _see_field(kind: str, field: str, there: list[Mapping[str, Any]]) -> None:
    first = field.partition(".")[0]
    fields = _fields(kind)
    if fields and first not in fields and not any(first in data for data in there):
        raise UsageError.unknown("field", field, sorted(fields), where=f"of the kind {kind!r}")


def _see_word(kind: str, word: str, there: list[Mapping[str, Any]]) -> None:
    if kind in _OPEN:
        return
    if not NAMES[kind]:
        raise UsageError(f"{kind} {word}: an entry of the kind {kind!r} has no name: write FIELD=VALUE")
    known = _words(kind)
    # An ID has a hyphen or a digit, and no other name has one.
    if "*" in word or word in known or "-" in word or any(each.isdigit() for each in word):
        return
    if any(Pattern(kind, (word,)).meets(kind, data) for data in there):
        return
    near = nearest(word, [*sorted(known), *sorted(KEYWORDS)])
    of = f"of the kind {kind!r}"
    raise UsageError(f"unknown name {word!r} {of}: {(near or _expected(kind)).strip()}{_IN_FULL.get(kind, '')}")


#: How a name that anybody can make up is written.
_IN_FULL: Final = {"refusal": " (a code of your own is written code=…)", "fault": " (one of your own: fault=…)"}


def _expected(kind: str) -> str:
    known = sorted(each for each in _names(kind) if "." not in each)[:6]
    fields = ", ".join(sorted(_fields(kind)))
    return f"expected a name such as {', '.join(known)}, or FIELD=VALUE with one of the fields {fields}"


def _fields(kind: str) -> frozenset[str]:
    """The fields of a kind; empty where it can have any."""
    found = set(_FIELDS.get(kind, "").split())
    if kind in _OF_FAULTS:
        found |= _fault_fields()
    elif kind == "effect":
        found |= {"effect", "region", "type"} | {field for each in _effects().values() for field in each}
    return frozenset(found)


def _fault_fields() -> frozenset[str]:
    from faultzone.faults import CATALOGUE
    from faultzone.faults.fault import KINDS as FAULTS
    from faultzone.faults.fault import parameters

    return frozenset({"fault", "action"}.union(*(parameters(each) for each in (*CATALOGUE, *FAULTS.values()))))


def _effects() -> dict[str, tuple[str, ...]]:
    """The effects and the reports by name, with their fields."""
    from faultzone.model.core import effects

    found = [*effects.Effect.__args__, *effects.Report.__args__]
    return {each.__name__: each._fields for each in found}


def _names(kind: str) -> list[str]:
    """The names of the entries of a kind that are known."""
    found: dict[str, None] = {}
    for field in NAMES[kind]:
        found |= dict.fromkeys(_values(kind).get(field, ()))
    if kind == "refusal":
        from faultzone.api.errors import CODES

        found = dict.fromkeys([*CODES, *_actions()])
    elif kind in _OF_FAULTS:
        found = dict.fromkeys([*_faults(), *_actions()])
    return [*found]


def _words(kind: str) -> frozenset[str]:
    """The names, and their whole parts between dots."""
    found = set()
    for name in _names(kind):
        parts = name.split(".")
        found |= {".".join(parts[a:b]) for a in range(len(parts)) for b in range(a + 1, len(parts) + 1)}
    return frozenset(found)


def _faults() -> list[str]:
    from faultzone.faults import HOUSE
    from faultzone.faults.fault import KINDS as FAULTS

    return [*dict.fromkeys([*HOUSE, *FAULTS, "ApiFault"])]


def _actions() -> list[str]:
    from faultzone.model.core.dispatch import ACTIONS

    return sorted({name for _, name in ACTIONS})


def _values(kind: str) -> Mapping[str, frozenset[str]]:
    """The fields of a kind whose values are known, with these."""
    if kind in ("call", "read"):
        return {"action": frozenset(_actions())}
    if kind == "event":
        return _of_events()
    if kind == "transition":
        states = _states()
        return {"to": states, "from": states | {"null"}}
    if kind in ("report", "stale", "effect"):
        field = "effect" if kind == "effect" else "report"
        return {field: frozenset(_effects())}
    if kind == "operation":
        from faultzone.journal.operations import STATES

        return {"state": frozenset(STATES)}
    return {}


def _states() -> frozenset[str]:
    """Those of instances and of runs of commands."""
    from faultzone.api.ecs.instances import STATUSES
    from faultzone.model.assistant.invocation_status import OUTCOMES

    return frozenset({*STATUSES, "Released", *(each.invoke_status for each in OUTCOMES.values())})


def _of_events() -> dict[str, frozenset[str]]:
    from faultzone import editions

    known = [editions.load(name).event for name in editions.names()]
    states = frozenset(state for each in known for state in each.states)
    types = frozenset(type for each in known for type in each.types)
    return {"type": types, "to": states, "from": states | {"null"}}
