"""Whether a field of an entry has a value that somebody has written down: a pattern of a schedule, or a sentence."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any


def value_of(data: Mapping[str, Any], field: str) -> Any:
    """What a field of an entry has; None where the entry lacks it.

    Args:
        data: that of the entry.
        field: its name, with the names of what it is in: `parameters.Amount`.
    """
    value: Any = data
    for name in field.split("."):
        if not isinstance(value, Mapping):
            return None
        value = value.get(name)
    return value


def shown(value: object) -> str:
    """A value as a sentence writes it."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def is_wanted(value: object, wanted: str) -> bool:
    """Whether a value is the wanted one, or, of a list, one of its items is.

    Args:
        value: what an entry has.
        wanted: a text such as `3`, `true` or `null`; `*` in it stands for any text.
    """
    if isinstance(value, list | tuple):
        return any(is_wanted(each, wanted) for each in value)
    said = shown(value)
    return said == wanted or ("*" in wanted and _pattern(wanted).fullmatch(said) is not None)


@lru_cache(maxsize=1024)
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, text.split("*"))), re.DOTALL)
