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


def throttles(action: str, product: str = ECS) -> bool:
    """Whether an action itself refuses with `Throttling`; see `Request`."""
    known = ACTIONS.get((product, action))
    return known is not None and known.request.throttles


def deviations(action: str, answer: Mapping[str, Any], edition: Date, product: str = ECS) -> list[str]:
    """How an answer differs from what the edition of this date documents: what is missing, of another kind, or not
    documented, each with the way to it, such as `Instances.Instance[0].Cpu`.

    Raises:
        HarnessError: nothing is known of the action.
    """
    shape = shape_of(action, product)
    if shape is None:
        raise HarnessError(f"the answers of {action} have no declared shape")
    return list(_deviations(answer, shape, edition, ""))


def _deviations(shown: Mapping[str, Any], shape: Structure, edition: Date, way: str) -> Iterator[str]:
    # One that is held already has left these out.
    misshapen = shown.whole()._misshapen if isinstance(shown, _Object) else {}
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
    """What has fields. The way to it is that of a message: what is at its beginning, and the names up to here.

    A field is looked at when it is read, since most of a listing never is. What asks for all fields looks at all.
    """

    __slots__ = ("_begins", "_misshapen", "_seen", "_table", "_way")

    def __init__(self, shown: Mapping[str, Any], shape: Structure | None, begins: str, way: str) -> None:
        super().__init__(shown)
        self._begins, self._way = begins, way
        self._table: Mapping[str, Field] = {} if shape is None else shape.table
        self._misshapen: dict[str, str] = {}
        self._seen: set[object] = set()

    def look(self, name: object) -> None:
        """See that a field is as documented: one that is not is left out, and what has parts is held."""
        if name in self._seen or not super().__contains__(name):
            return
        self._seen.add(name)
        name = str(name)
        value, field = super().__getitem__(name), self._table.get(name)
        if value is None:
            why = "null"
        elif field is not None and not _IS[type(field)](value):
            why = f"{value!r:.80}, where {field.kind} is documented"
        else:
            if type(value) not in _PLAIN:
                shape = field if isinstance(field, Structure) else None
                super().__setitem__(name, _held(value, shape, self._begins, f"{self._way}{name}"))
            return
        self._misshapen[name] = why
        super().__delitem__(name)

    def whole(self) -> _Object:
        """The same with each of its fields looked at."""
        names = [*dict.__iter__(self)]
        if not self._seen.issuperset(names):
            for name in names:
                self.look(name)
        return self

    def __getitem__(self, name: str) -> Any:
        self.look(name)
        return super().__getitem__(name)

    def __setitem__(self, name: str, value: Any) -> None:
        self._seen.add(name)
        super().__setitem__(name, value)

    def __contains__(self, name: object) -> bool:
        self.look(name)
        return super().__contains__(name)

    def get(self, name: str, default: Any = None) -> Any:
        """The value of a field, or else the default."""
        self.look(name)
        return super().get(name, default)

    def __missing__(self, field: object) -> Any:
        if field in self._misshapen:
            raise IncompleteAnswer(f"{self._begins}{self._way}{field} is {self._misshapen[str(field)]}")
        there = ", ".join(sorted(self)) or "nothing"
        raise IncompleteAnswer(f"{self._begins}there is no {self._way}{field}, only {there}")


def _of_whole(name: str) -> Callable[..., Any]:
    """A method of dictionaries that reads all fields."""
    method = getattr(dict, name)

    def ask(of: _Object, *given: Any) -> Any:
        return method(of.whole(), *given)

    return ask


for _name in ("__iter__", "__reversed__", "__len__", "__eq__", "__ne__", "__or__", "__ror__", "__repr__"):
    setattr(_Object, _name, _of_whole(_name))
for _name in ("keys", "values", "items", "pop", "popitem", "setdefault", "copy"):
    setattr(_Object, _name, _of_whole(_name))


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
