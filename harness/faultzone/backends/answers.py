"""An answer as a test of clauses reads it: what it lacks, or has in another shape than is documented, is the fault of
the region and not of the harness. The shapes are those that request classes declare."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, SupportsIndex

from faultzone.api import answer as shapes
from faultzone.api.answer import Field, Rows, Structure
from faultzone.api.ecs import ECS
from faultzone.clock import read_stamp
from faultzone.editions import Date, date_text
from faultzone.errors import HarnessError, IncompleteAnswer, UsageError
from faultzone.journal.redaction import recorded
from faultzone.model.core.dispatch import ACTIONS

_SPACED: Final = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", re.ASCII)


def _is_time(value: object) -> bool:
    try:
        return isinstance(value, str) and (not value or read_stamp(value) >= 0)
    except ValueError:
        return False


def _is_spaced_time(value: object) -> bool:
    return _is_time(value) or (isinstance(value, str) and _SPACED.fullmatch(value) is not None)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_list_of(is_one: Callable[[object], bool]) -> Callable[[object], bool]:
    return lambda value: isinstance(value, list) and all(map(is_one, value))


#: Whether a value is of the kind of a field.
_IS: Final[Mapping[type[Field], Callable[[object], bool]]] = {
    shapes.Text: lambda value: isinstance(value, str),
    shapes.Time: _is_time,
    shapes.SpacedTime: _is_spaced_time,
    shapes.Number: _is_number,
    shapes.Truth: lambda value: isinstance(value, bool),
    shapes.Texts: _is_list_of(lambda value: isinstance(value, str)),
    shapes.Numbers: _is_list_of(_is_number),
    Rows: _is_list_of(lambda value: isinstance(value, dict)),
    Structure: lambda value: isinstance(value, dict),
}


#: What is held as it is.
_PLAIN: Final = frozenset({str, int, float, bool})


def is_of(field: Field, value: object) -> bool:
    """Whether a value is of the kind of a field."""
    return _IS[type(field)](value)


def shape_of(action: str, product: str = ECS) -> Structure | None:
    """The shape of the answers to an action, None for an action that is not known."""
    known = ACTIONS.get((product, action))
    return None if known is None else known.request.answer


def deviations(action: str, answer: Mapping[str, Any], edition: Date) -> list[str]:
    """How an answer differs from what the edition of this date documents: what is missing, of another kind, or not
    documented, each with the way to it, such as `Instances.Instance[0].Cpu`.

    Raises:
        HarnessError: nothing is known of the action.
    """
    shape = shape_of(action)
    if shape is None:
        raise HarnessError(f"the answers of {action} have no declared shape")
    return list(_deviations(answer, shape, edition, ""))


def _deviations(shown: Mapping[str, Any], shape: Structure, edition: Date, way: str) -> Iterator[str]:
    # One that is held already has left these out.
    misshapen = shown._misshapen if isinstance(shown, _Object) else {}
    for name, field in shape.table.items():
        due = field.since <= edition and not (field.when or field.own or field.missing)
        if due and name not in shown and name not in misshapen:
            yield f"{way}{name} is missing"
    for name, why in misshapen.items():
        yield f"{way}{name} is {why}"
    for name, value in shown.items():
        known = shape.table.get(name)
        if known is None:
            yield f"{way}{name} is not documented"
        elif known.since > edition:
            yield f"{way}{name} came with edition {date_text(known.since)}"
        elif value is None:
            yield f"{way}{name} is null"
        elif not is_of(known, value):
            yield f"{way}{name} is {value!r:.80}, where {known.kind} is documented"
        elif isinstance(known, Rows):
            for place, each in enumerate(value):
                yield from _deviations(each, known, edition, f"{way}{name}[{place}].")
        elif isinstance(known, Structure):
            yield from _deviations(value, known, edition, f"{way}{name}.")


def documented(action: str, answer: Mapping[str, Any], product: str = ECS) -> dict[str, Any]:
    """An answer whose fields, read by name, are there in their shape or raise `IncompleteAnswer`.

    A null is as good as nothing, and so is what is of another kind than is documented.
    """
    return answer if isinstance(answer, _Object) else _Object(answer, shape_of(action, product), f"{action}: ", "")


class _Object(dict[str, Any]):
    """What has fields. The way to it is that of a message: what is at its beginning, and the names up to here."""

    __slots__ = ("_begins", "_misshapen", "_way")

    def __init__(self, shown: Mapping[str, Any], shape: Structure | None, begins: str, way: str) -> None:
        super().__init__()
        self._begins, self._way = begins, way
        self._misshapen: dict[str, str] = {}
        table: Mapping[str, Field] = {} if shape is None else shape.table
        for name, value in shown.items():
            field = table.get(name)
            if value is None:
                self._misshapen[name] = "null"
            elif field is not None and not _IS[type(field)](value):
                self._misshapen[name] = f"{value!r:.80}, where {field.kind} is documented"
            elif type(value) in _PLAIN:
                self[name] = value
            else:
                self[name] = _held(value, field if isinstance(field, Structure) else None, begins, f"{way}{name}")

    def __missing__(self, field: object) -> Any:
        if field in self._misshapen:
            raise IncompleteAnswer(f"{self._begins}{self._way}{field} is {self._misshapen[str(field)]}")
        there = ", ".join(sorted(self)) or "nothing"
        raise IncompleteAnswer(f"{self._begins}there is no {self._way}{field}, only {there}")


def _held(value: Any, shape: Structure | None, begins: str, way: str) -> Any:
    if isinstance(value, Mapping):
        return _Object(value, shape, begins, f"{way}.")
    if isinstance(value, list):
        return _List(
            [
                each if type(each) in _PLAIN else _held(each, shape, begins, f"{way}[{n}]")
                for n, each in enumerate(value)
            ],
            f"{begins}{way}",
        )
    return value


class _List(list[Any]):
    """What has items."""

    def __init__(self, items: list[Any], way: str) -> None:
        super().__init__(items)
        self._way = way

    def __getitem__(self, place: SupportsIndex | slice) -> Any:
        try:
            return super().__getitem__(place)
        except IndexError:
            raise IncompleteAnswer(f"{self._way} has no item {place}, but {len(self)} of them") from None


class _ControlAnswer(dict[str, Any]):
    """What the answer to a control verb has."""

    __slots__ = ("_verb",)

    def __init__(self, verb: str, answer: Mapping[str, Any]) -> None:
        super().__init__({name: _control_value(verb, value) for name, value in answer.items()})
        self._verb = verb

    def __missing__(self, field: object) -> Any:
        raise HarnessError(f"the answer to the control verb {self._verb!r} has no {field!r}; it has {sorted(self)}")


def _control_value(verb: str, value: Any) -> Any:
    if isinstance(value, dict):
        return _ControlAnswer(verb, value)
    return [_control_value(verb, each) for each in value] if isinstance(value, list) else value


def from_control(verb: str, answer: Mapping[str, Any]) -> dict[str, Any]:
    """The answer to a control verb: reading a field that it lacks raises `HarnessError`, since the fault is
    of the harness and no verdict on the region."""
    return answer if isinstance(answer, _ControlAnswer) else _ControlAnswer(verb, answer)


def kept(answer: Mapping[str, Any]) -> dict[str, Any]:
    """An answer as it may be written down."""
    try:
        return recorded(answer, "the answer")
    except UsageError as odd:  # What somebody else's region answers is for the tests to judge.
        return {"not_kept": str(odd)}
