"""Values that a declaration does not take, in the smallest request of an action: its code, and nothing changes."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any, Final

import pytest

from faultzone import ApiError
from faultzone.api.readers import Fraction, JsonTexts, Structures, Texts, Whole, Wholes, Word, read_json_texts_by_name
from faultzone.api.request import Parameter
from faultzone.api.values import read_flag, read_json_mapping
from faultzone.editions import EDITIONS, Date
from tests.support.requests import BY_ACTION, MINIMAL, Way, valid
from tests.support.things import Things, shown

WORD: Final = "nonsense"
INVALID: Final = "InvalidParameter"
#: No whole numbers, and one that is larger than 64 bits.
NO_NUMBERS: Final = ("abc", "1.5", " 1", "1e2", "٣", "9" * 20)


def bad(parameter: Parameter, edition: Date) -> Iterator[tuple[Any, str]]:
    """Values that a parameter does not take, each with the code of its refusal, which the declaration has."""
    reader = parameter.reader(edition)
    match reader:
        case Word():
            yield from ((word, reader.code or INVALID) for word in (WORD, reader.among[0].swapcase()))
        case Whole():
            yield from ((each, INVALID) for each in NO_NUMBERS)
            if reader.least is not None:
                yield reader.least - 1, reader.code or INVALID
            if reader.most is not None:
                yield reader.most + 1, reader.code or INVALID
        case Fraction():
            yield from ((each, reader.code or INVALID) for each in ("abc", "-1", "nan", "1,5"))
        case Wholes():
            yield from (([each], INVALID) for each in NO_NUMBERS)
            yield [reader.least - 1], INVALID
        case Texts() if reader.among:
            yield [WORD], INVALID
        case JsonTexts():
            yield from ((each, INVALID) for each in ("i-1", "[", '{"a": 1}', "[1]", '["a"'))
    if isinstance(reader, Texts | JsonTexts | Structures) and reader.most is not None:
        item: object = {} if isinstance(reader, Structures) else "a"
        yield [item] * (reader.most + 1), reader.too_many or INVALID
    if reader is read_flag:
        yield from ((each, INVALID) for each in ("yes", "2", "None"))
    if reader in (read_json_texts_by_name, read_json_mapping):
        yield from ((each, INVALID) for each in ("{", "[1]", "a"))


def tried(way: Way) -> Iterator[tuple[dict[str, Any], str]]:
    """Calls with a bad value of a parameter, or of the structures that it is in."""
    for end in range(1, len(way.path) + 1):
        outer = way._replace(path=way.path[:end])
        yield from ((outer.given(value), code) for value, code in bad(outer.last, way.edition.date))


@pytest.mark.slow
@pytest.mark.parametrize(("edition", "product", "action"), BY_ACTION)
def test_a_bad_value_has_the_code_of_its_declaration(edition: str, product: str, action: str) -> None:
    if action not in MINIMAL[product]:
        pytest.skip("no request of this action is answered")
    things = Things(edition)
    region, wrong = things.region, []
    things.filled([given for way in BY_ACTION[edition, product, action] for given, _ in tried(way)])
    before = shown(region)
    for way in BY_ACTION[edition, product, action]:
        for given, code in tried(way):
            asked, expected = things.filled(given), way.edition.code(code)
            try:
                region.call(action, product, **asked)
            except ApiError as refusal:
                seen = refusal.code
            else:
                seen = "an answer"
            if seen != expected:
                wrong.append(f"{way}: {given} has {seen}, not {expected}")
    assert wrong == []
    assert shown(region) == before


#: How what is named twice is refused, where it does not count once.
TWICE: Final = (INVALID, "InvalidIp.IpRepeated")


@pytest.mark.slow
@pytest.mark.parametrize(("edition", "product", "action"), BY_ACTION)
def test_what_is_named_twice_counts_once_or_is_refused(edition: str, product: str, action: str) -> None:
    def told(way: Way, value: list[Any]) -> tuple[object, object]:
        things = Things(edition)
        try:
            answer: object = {**things.region.call(action, product, **things.filled(way.given(value))), "RequestId": ""}
        except ApiError as refusal:
            answer = refusal.code
        return answer, shown(things.region)

    for way in BY_ACTION[edition, product, action]:
        if isinstance(way.last.reader(way.edition.date), Texts | JsonTexts) and action in MINIMAL[product]:
            item, *_ = valid(way, Random(str(way)))
            twice = told(way, [item, item])
            assert twice[0] in TWICE or twice == told(way, [item]), way


def test_there_are_bad_values_of_each_kind() -> None:
    """And each edition has some."""
    kinds = {
        (edition.name, type(each.last.reader(edition.date)))
        for edition in EDITIONS
        for (name, _, _), found in BY_ACTION.items()
        if name == edition.name
        for each in found
        if [*bad(each.last, edition.date)]
    }
    for kind in (Word, Whole, Fraction, Texts, JsonTexts):
        assert {edition for edition, each in kinds if each is kind} == {each.name for each in EDITIONS}, kind
