"""What never has a value here: put into answers as it is declared, so that no handler names it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, Final, NamedTuple

from faultzone.api.answer import Answer, Field, Number, Numbers, Rows, Structure, Texts, Truth
from faultzone.editions import Date

#: What makes an empty value that nobody can change.
_PLAIN: Final = (bool, int, str)
#: What makes the empty value of a field, anew each time if it can be changed.
_Maker = Callable[[], Any]


class _Blanks(NamedTuple):
    """What an object of an answer is given where it lacks it.

    Attributes:
        plain: fields with a value that nobody can change.
        made: fields with what makes their value.
        inner: what has objects that are given something: its name, that of the list in it if it is round one, and what
            these are given.
    """

    plain: tuple[tuple[str, object], ...]
    made: tuple[tuple[str, _Maker], ...]
    inner: tuple[tuple[str, str, _Blanks], ...]


def fill(answer: dict[str, Any], shape: Answer, edition: Date) -> dict[str, Any]:
    """The answer with an empty value for each field of the edition that never has one and that it lacks.

    Lists stay as they are; what is in them is filled in too.
    """
    _fill(answer, _blanks(shape, edition))
    return answer


def nothing(shape: Answer, edition: Date) -> dict[str, Any]:
    """The answer of an action that tells of one thing by empty values that there is none."""
    made: dict[str, Any] = _maker(shape, edition)()
    del made["RequestId"]
    return made


def _fill(shown: dict[str, Any], blanks: _Blanks) -> None:
    # Each answer passes here, with each object in it; most objects are given plain values alone, without a call.
    for name, value in blanks.plain:
        if name not in shown:
            shown[name] = value
    for name, make in blanks.made:
        if name not in shown:
            shown[name] = make()
    for name, item, within in blanks.inner:
        there = shown.get(name)
        if item and there is not None:
            there = there.get(item)
        if isinstance(there, dict):
            there = (there,)
        elif not there:
            continue
        plain, made, inner = within
        for each in there:
            if made or inner:
                _fill(each, within)
            else:
                for field, value in plain:
                    if field not in each:
                        each[field] = value


@cache
def _blanks(shape: Structure, edition: Date) -> _Blanks:
    plain: list[tuple[str, object]] = []
    made: list[tuple[str, _Maker]] = []
    inner: list[tuple[str, str, _Blanks]] = []
    for name, field in shape.table.items():
        if _is_due(field, edition) and _is_blank(field, edition):
            make = _maker(field, edition)
            if make in _PLAIN:
                plain.append((name, make()))
            else:
                made.append((name, make))
        if isinstance(field, Structure) and field.since <= edition and not field.empty:
            blanks, item = _blanks(field, edition), ""
            is_round_one = len(blanks.inner) == 1 and not (blanks.plain or blanks.made or blanks.inner[0][1])
            if is_round_one and not isinstance(field, Rows):
                ((item, _, blanks),) = blanks.inner
            if blanks.plain or blanks.made or blanks.inner:
                inner.append((name, item, blanks))
    return _Blanks(tuple(plain), tuple(made), tuple(inner))


def _is_due(field: Field, edition: Date) -> bool:
    """Whether each answer of the edition has a field."""
    return field.since <= edition and not (field.when or field.missing)


def _is_blank(field: Field, edition: Date) -> bool:
    """Whether a field never has a value, by itself or since all that it always has are such."""
    if field.empty or isinstance(field, Rows) or not isinstance(field, Structure):
        return bool(field.empty)
    due = [each for each in field.table.values() if _is_due(each, edition)]
    return bool(due) and all(_is_blank(each, edition) for each in due)


def _maker(field: Field, edition: Date) -> _Maker:
    """What makes the empty value of a field; one that can be changed is made anew each time."""
    if isinstance(field, Rows | Texts | Numbers):
        return list
    if isinstance(field, Structure):
        inner = {name: _maker(each, edition) for name, each in field.table.items() if _is_due(each, edition)}
        if all(make in _PLAIN for make in inner.values()):
            return {name: make() for name, make in inner.items()}.copy
        if len(inner) == 1:  # A list in its structure, nearly always.
            ((name, make),) = inner.items()
            return lambda: {name: make()}
        return lambda: {name: make() for name, make in inner.items()}
    if isinstance(field, Truth):
        return bool
    return int if isinstance(field, Number) else str
