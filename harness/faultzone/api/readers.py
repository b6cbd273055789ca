"""What reads the value of a parameter, and refuses one that its declaration does not take.

A reader is called with the name of the parameter, as it was given, and the value. What it takes stands in its
attributes, so that whoever needs a value, right or wrong, can read it there.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from faultzone.api.errors import ApiError
from faultzone.api.values import read_integer, read_json, read_json_mapping, read_list, read_number, read_text, refuse


def _refusal(code: str | None, name: str, why: str) -> ApiError:
    return ApiError.of(code, name=name, why=why) if code else refuse(name, why)


def _bound(name: str, count: int, most: int | None, code: str | None) -> None:
    if most is not None and count > most:
        raise ApiError(code) if code else refuse(name, f"at most {most} are accepted")


class Word(NamedTuple):
    """One of several texts.

    Attributes:
        among: the texts, in the letters in which they are taken.
        spelling: other ways to write some of them.
        absent: texts that are documented and not simulated, each with the sentence that refuses it.
        code: of the refusal; InvalidParameter if None.
    """

    among: tuple[str, ...]
    spelling: Mapping[str, str] = MappingProxyType({})
    absent: Mapping[str, str] = MappingProxyType({})
    code: str | None = None

    def __call__(self, given: str, value: object) -> str:
        """The text that is meant."""
        word = read_text(given, value)
        word = self.spelling.get(word, word)
        if word in self.among:
            return word
        if word in self.absent:
            raise ApiError.of("UnsupportedParameter", name=given, why=self.absent[word])
        raise _refusal(self.code, given, f"it must be one of {', '.join(self.among)}")


class Whole(NamedTuple):
    """A whole number.

    Attributes:
        least, most: the bounds, both included; None for one that there is not.
        code: of the refusal of a number beyond them; InvalidParameter if None.
    """

    least: int | None = None
    most: int | None = None
    code: str | None = None

    def __call__(self, given: str, value: object) -> int:
        """The number."""
        number = read_integer(given, value)
        if (self.least is not None and number < self.least) or (self.most is not None and number > self.most):
            between = f"at least {self.least}" if self.most is None else f"between {self.least} and {self.most}"
            raise _refusal(self.code, given, f"it must be {between}")
        return number


class Fraction(NamedTuple):
    """A number that is not negative, whole or not.

    Attributes:
        code: of the refusal; InvalidParameter if None.
    """

    code: str | None = None

    def __call__(self, given: str, value: object) -> float:
        """The number."""
        try:
            return read_number(given, value)
        except ApiError:
            if self.code:
                raise ApiError(self.code) from None
            raise refuse(given, "a number is expected, such as 0.97") from None


class Texts(NamedTuple):
    """Several texts.

    Attributes:
        most: how many; None for any number.
        too_many: the code of the refusal of more; InvalidParameter if None.
        among: the only texts that are taken; any if empty.
    """

    most: int | None = None
    too_many: str | None = None
    among: tuple[str, ...] = ()

    def __call__(self, given: str, value: object) -> tuple[str, ...]:
        """The texts."""
        items = read_list(value)
        _bound(given, len(items), self.most, self.too_many)
        texts = tuple(read_text(given, item) for item in items)
        if self.among and not {*texts} <= {*self.among}:
            raise refuse(given, f"each must be one of {', '.join(self.among)}")
        return texts


class Wholes(NamedTuple):
    """Several whole numbers.

    Attributes:
        least: the least that one may be.
        most: how many; None for any number.
    """

    least: int = 1
    most: int | None = None

    def __call__(self, given: str, value: object) -> tuple[int, ...]:
        """The numbers."""
        items = read_list(value)
        _bound(given, len(items), self.most, None)
        numbers = tuple(read_integer(given, item) for item in items)
        if any(number < self.least for number in numbers):
            raise refuse(given, f"it must be at least {self.least}")
        return numbers


class JsonTexts(NamedTuple):
    """Several texts, as the JSON text of an array.

    Attributes:
        most: how many; None for any number.
        too_many: the code of the refusal of more; InvalidParameter if None.
    """

    most: int | None = None
    too_many: str | None = None

    def __call__(self, given: str, value: object) -> tuple[str, ...]:
        """The texts."""
        items: object = value
        if isinstance(value, str):
            try:
                items = read_json(value)
            except (ValueError, RecursionError):
                raise refuse(given, 'the JSON text of an array is expected, such as ["i-1"]') from None
        if not isinstance(items, list | tuple):
            raise refuse(given, 'the JSON text of an array is expected, such as ["i-1"]')
        _bound(given, len(items), self.most, self.too_many)
        for item in items:
            if type(item) is not str:
                raise refuse(given, "an array of texts is expected")
        return tuple(items)


class Structures(NamedTuple):
    """Several structures, whose fields are read afterwards.

    Attributes:
        most: how many; None for any number.
        too_many: the code of the refusal of more; InvalidParameter if None.
    """

    most: int | None = None
    too_many: str | None = None

    def __call__(self, given: str, value: object) -> list[object] | tuple[object, ...]:
        """The structures."""
        items = read_list(value)
        _bound(given, len(items), self.most, self.too_many)
        return items


def read_json_texts_by_name(given: str, value: object) -> dict[str, str]:
    """A mapping from text to text, which may come as the JSON text of an object; what has no value is left out."""
    items = read_json_mapping(given, value).items()
    return {read_text(given, field): read_text(given, each) for field, each in items if each is not None}
