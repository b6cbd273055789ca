"""What a sentence is about: entries of a journal, by their kind, by words and by the values of their fields.

refusal NoStock            a refusal whose code or action has this name, or has it as a part
transition to=Stopped      an entry whose field has this value
call Describe*             a pattern of names
fault region!=cn-beijing   an entry whose field has another value
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from faultzone.clock import DAY, HOUR, MINUTE, SECOND
from faultzone.journal.matching import is_wanted, shown, value_of

#: The fields by which the entries of each kind are named: what a bare word is looked for in.
NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "advance": (),
    "bill": ("what", "account", "instance"),
    "call": ("action", "product", "account"),
    "control": ("verb",),
    "effect": ("effect", "instance", "host"),
    "event": ("type", "to", "instance", "event"),
    "fault": ("fault", "host", "instance", "zone", "action"),
    "notice": ("what", "instance"),
    "operation": ("operation", "state", "who"),
    "owed": ("fault", "host", "instance", "zone", "action"),
    "probe": ("probe", "value"),
    "read": ("action", "product", "account"),
    "refusal": ("code", "action", "product", "account"),
    "region": ("backend", "edition"),
    "report": ("report", "instance", "host"),
    "stale": ("report", "instance", "host"),
    "summary": ("not_kept", "action", "code", "invocation"),
    "transition": ("to", "instance", "target", "host", "run"),
    "undo": ("fault", "host", "instance", "zone", "action"),
    "verdict": (),
}
#: What is written without quotes.
_PLAIN: Final = re.compile(r"[\w.*:/@+,-]+")
_UNITS: Final = (("d", DAY), ("h", HOUR), ("m", MINUTE), ("s", SECOND), ("ms", 1))


@dataclass(frozen=True, slots=True)
class Property:
    """A value that a field of an entry has, or has not.

    Args:
        field: its name, with the names of what it is in: `parameters.Amount`.
        value: as text: `3`, `true`, `null`, or a pattern such as `cn-hangzhou-*`.
        equal: whether it has the value, and not another.
    """

    field: str
    value: str
    equal: bool = True

    def __str__(self) -> str:
        return f"{self.field}{'' if self.equal else '!'}={quoted(self.value)}"

    def meets(self, data: Mapping[str, Any]) -> bool:
        """Whether the data of an entry has it."""
        return is_wanted(value_of(data, self.field), self.value) == self.equal


@dataclass(frozen=True, slots=True)
class Pattern:
    """Entries of a kind, as far as words and properties narrow it.

    Args:
        kind: their kind.
        words: each is what a naming field has, or a whole part of that between dots.
        properties: each is so.
    """

    kind: str
    words: tuple[str, ...] = ()
    properties: tuple[Property, ...] = ()

    def __str__(self) -> str:
        return " ".join([self.kind, *map(quoted, self.words), *map(str, self.properties)])

    def meets(self, kind: str, data: Mapping[str, Any]) -> bool:
        """Whether an entry is one of them."""
        if kind != self.kind:
            return False
        named = NAMES[kind]
        return all(any(_has(data.get(name), word) for name in named) for word in self.words) and all(
            each.meets(data) for each in self.properties
        )


def quoted(value: str) -> str:
    """A word of a sentence, in quotes where it needs them."""
    if _PLAIN.fullmatch(value) and value not in KEYWORDS:
        return value
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def length(ms: int) -> str:
    """A length of time as a sentence writes it: `1h30m`."""
    parts = []
    for unit, size in _UNITS:
        count, ms = divmod(ms, size)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"


#: The words of the grammar, which a value in quotes is not.
KEYWORDS: Final = frozenset(
    "always never eventually sometimes not is preceded followed by during within same times".split()
)


def _has(value: object, word: str) -> bool:
    """Whether a name is the word, or has it as a whole part: `NoStock` in `OperationDenied.NoStock`."""
    if value is None:
        return False
    said = shown(value)
    return is_wanted(said, word) or f".{word}." in f".{said}."
