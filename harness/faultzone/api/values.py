"""How the values of parameters are read: as the text of the wire or as plain Python."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from typing import Any, Final, cast

from faultzone.api.errors import ApiError

_DECODER: Final = json.JSONDecoder()
_decode: Final[Callable[[str], object]] = _DECODER.decode
_decode_raw: Final[Callable[[str], tuple[object, int]]] = _DECODER.raw_decode
_NUMBER: Final = re.compile(r"[0-9]{1,12}(\.[0-9]{1,12})?")
#: How large an index of a repeated parameter may be.
_INDEX_MAX: Final = 1000
_QUOTED: Final = re.compile(r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'', re.DOTALL)
_TRUE, _FALSE = frozenset({"true", "1"}), frozenset({"false", "0"})


def refuse(name: str, why: str) -> ApiError:
    """The refusal of a value that has not the form of its parameter."""
    return ApiError.of("InvalidParameter", name=name, why=why)


def read_text(name: str, value: object) -> str:
    """The value as text; numbers and truth values become the text the wire would carry."""
    if isinstance(value, str):
        if "\x00" in value:
            raise refuse(name, "it contains a NUL character")
        if not value.isascii() and any("\ud800" <= each <= "\udfff" for each in value):
            raise refuse(name, "it is not text that UTF-8 can carry")
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) or (isinstance(value, float) and math.isfinite(value)):
        return str(value)
    if isinstance(value, float):
        raise refuse(name, f"text is expected, not {value}")
    raise refuse(name, f"text is expected, not {type(value).__name__}")


def read_integer(name: str, value: object) -> int:
    """The value as an integer of the range of a signed 64-bit number."""
    number = value
    # The longest are refused unread: turning text into a number takes time with the square of its length.
    if isinstance(value, str) and len(value) <= 20 and value.isascii() and value.removeprefix("-").isdigit():
        number = int(value)
    if isinstance(number, bool) or not isinstance(number, int) or not -(1 << 63) <= number < 1 << 63:
        raise refuse(name, "a whole number is expected")
    return number


def read_number(name: str, value: object) -> float:
    """The value as a number that is not negative, whole or not, such as `0.97`."""
    given = str(value) if type(value) in (int, float) else value
    if not isinstance(given, str) or not _NUMBER.fullmatch(given):
        raise refuse(name, "a number is expected, such as 0.97")
    return float(given)


def read_flag(name: str, value: object) -> bool:
    """The value as a truth value; one SDK sends `True`, another `true`."""
    if isinstance(value, bool):
        return value
    lowered = value.strip().lower() if isinstance(value, str) else ""
    if lowered in _TRUE:
        return True
    if lowered in _FALSE:
        return False
    raise refuse(name, "true or false is expected")


def read_json(text: str) -> object:
    """What JSON text says, where strings may stand in single quotes too.

    The service's parser is a lenient one: a list written by Python, such as `['i-1']`, works.

    Raises:
        ValueError: the text is no JSON, whatever the quotes.
        RecursionError: it is nested too deeply.
    """
    try:
        # Most have no blanks around them, which takes as long to find out as the value to read.
        read, end = _decode_raw(text)
        if end == len(text):
            return read
    except ValueError:
        pass
    try:
        return _decode(text)
    except ValueError:
        if "'" not in text:
            raise
        return _decode(_QUOTED.sub(_in_double_quotes, text))


def read_list(value: object) -> list[Any] | tuple[Any, ...]:
    """The items of a repeated parameter: a list, the JSON text of an array, as the samples of some pages have it, or
    one item alone."""
    if isinstance(value, str) and value.startswith("["):
        try:
            items = read_json(value)
        except (ValueError, RecursionError):
            return (value,)
        return items if isinstance(items, list) else (value,)
    return value if isinstance(value, list | tuple) else (value,)


def _in_double_quotes(found: re.Match[str]) -> str:
    quoted = found[0]
    if quoted[0] == '"':
        return quoted
    return '"' + re.sub(r'\\.|"', _escaped, quoted[1:-1], flags=re.DOTALL) + '"'


def _escaped(found: re.Match[str]) -> str:
    return {'"': '\\"', "\\'": "'"}.get(found[0], found[0])


def read_leaves(name: str, value: object) -> str | tuple[str, ...]:
    """The text of a value, or all texts in a structure or list."""
    if isinstance(value, Mapping):
        return tuple(leaf for each in value.values() for leaf in _leaves(name, each))
    if isinstance(value, list | tuple):
        return tuple(leaf for each in value for leaf in _leaves(name, each))
    return read_text(name, value)


def _leaves(name: str, value: object) -> tuple[str, ...]:
    read = read_leaves(name, value)
    return (read,) if isinstance(read, str) else read


def fold(name: str, value: object, into: dict[str, object]) -> dict[str, object]:
    """Put the value of a dotted name (`Tag.1.Key`) into nested mappings."""
    *parents, leaf = name.split(".")
    if len(parents) > 4 or not all(parents) or not leaf:
        raise ApiError.of("InvalidParameter", name=name[:64], why="it is not the name of a parameter")
    place = into
    for part in parents:
        inner = place.setdefault(part, {})
        if not isinstance(inner, dict):
            raise refuse(name, "it is given both as a value and as a structure")
        place = inner
    if leaf in place:
        raise refuse(name, "it is given twice")
    place[leaf] = value
    return into


def unfold(name: str, value: object, *, gaps: bool = False) -> object:
    """Turn mappings whose keys are 1, 2, 3 … into lists; an index out of range is refused, and so is a gap without
    `gaps`."""
    if not isinstance(value, dict):
        return value
    if not all(key.isascii() and key.isdigit() for key in value):
        return {key: unfold(name, inner) for key, inner in value.items()}
    if len(value) > _INDEX_MAX:
        raise refuse(name, f"at most {_INDEX_MAX} are accepted")
    if gaps and all(len(index) <= len(str(_INDEX_MAX)) for index in value):
        return [unfold(name, value[index]) for index in sorted(value, key=int)]
    try:
        return [unfold(name, value[str(index)]) for index in range(1, len(value) + 1)]
    except KeyError:
        raise refuse(name, "its indices must run from 1 without a gap") from None


def has_no_field(value: object) -> bool:
    """Whether a value is a structure of which a flat request would say nothing."""
    return isinstance(value, Mapping) and all(map(_says_nothing, value.values()))


def _says_nothing(value: object) -> bool:
    if isinstance(value, list | tuple):
        return all(map(_says_nothing, value))
    return value is None or has_no_field(value)


def read_json_mapping(name: str, value: object) -> Mapping[object, object]:
    """A mapping, which may come as the JSON text of an object."""
    if isinstance(value, str):
        try:
            value = read_json(value)
        except (ValueError, RecursionError):
            raise refuse(name, "the JSON text of an object is expected") from None
    return read_mapping(name, value)


def read_mapping(name: str, value: object) -> Mapping[object, object]:
    """A mapping."""
    if not isinstance(value, Mapping):
        raise refuse(name, "a structure is expected")
    return cast("Mapping[object, object]", value)
