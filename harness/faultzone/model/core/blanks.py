"""What never has a value here: put into answers as it is declared, so that no handler names it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, NamedTuple

from faultzone.api.answer import Answer, Field, Number, Numbers, Rows, Structure, Texts, Truth
from faultzone.editions import Date


class _Blanks(NamedTuple):
    """What an object of an answer is given where it lacks it, and the objects in it that are given something."""

    made: Mapping[str, Callable[[], Any]]
    inner: Mapping[str, _Blanks]


def fill(answer: dict[str, Any], shape: Answer, edition: Date) -> dict[str, Any]:
    """The answer with an empty value for each field of the edition that never has one and that it lacks.

    Lists stay as they are; what is in them is filled in too.
    """
    _fill(answer, _blanks(shape, edition))
    return answer


def _fill(shown: dict[str, Any], blanks: _Blanks) -> None:
    for name, make in blanks.made.items():
        if name not in shown:
            shown[name] = make()
    for name, inner in blanks.inner.items():
        there = shown.get(name, ())
        for each in there if isinstance(there, list) else (there,):
            if isinstance(each, dict):
                _fill(each, inner)


@cache
def _blanks(shape: Structure, edition: Date) -> _Blanks:
    made: dict[str, Callable[[], Any]] = {}
    inner: dict[str, _Blanks] = {}
    for name, field in shape.table.items():
        if _is_due(field, edition) and _is_blank(field, edition):
            made[name] = _maker(field, edition)
        if isinstance(field, Structure) and field.since <= edition and not field.empty:
            blanks = _blanks(field, edition)
            if blanks.made or blanks.inner:
                inner[name] = blanks
    return _Blanks(made, inner)


def _is_due(field: Field, edition: Date) -> bool:
    """Whether each answer of the edition has a field."""
    return field.since <= edition and not (field.when or field.missing)


def _is_blank(field: Field, edition: Date) -> bool:
    """Whether a field never has a value, by itself or since all that it always has are such."""
    if field.empty or isinstance(field, Rows) or not isinstance(field, Structure):
        return bool(field.empty)
    due = [each for each in field.table.values() if _is_due(each, edition)]
    return bool(due) and all(_is_blank(each, edition) for each in due)


def _maker(field: Field, edition: Date) -> Callable[[], Any]:
    """What makes the empty value of a field; one that can be changed is made anew each time."""
    if isinstance(field, Rows | Texts | Numbers):
        return list
    if isinstance(field, Structure):
        inner = {name: _maker(each, edition) for name, each in field.table.items() if _is_due(each, edition)}
        return lambda: {name: make() for name, make in inner.items()}
    if isinstance(field, Truth):
        return bool
    return int if isinstance(field, Number) else str
