"""An entry of the journal that is awaited, such as by a step of a schedule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from keyword import iskeyword
from typing import Any

from faultzone.errors import UsageError
from faultzone.journal.journal import KINDS
from faultzone.journal.matching import is_wanted, shown, value_of


@dataclass(frozen=True, init=False)
class Entry:
    """An entry of the journal: `Entry("event", type="SystemFailure.Reboot", to="Executed")`.

    Args:
        kind: its kind.
        nth: which of them, counted from the beginning of the schedule.
        where: the values that its fields have; a handle stands for its ID. A field in a field has the names of both:
            `Entry("call", **{"parameters.Amount": 3})`. In a text, `*` stands for any text; of a list, one item has it.
    """

    kind: str
    nth: int
    where: Mapping[str, object] = field(hash=False)

    def __init__(self, kind: str, /, nth: int = 1, **where: object) -> None:
        self._set(kind, nth, where)

    def _set(self, kind: str, nth: int, where: Mapping[str, object]) -> None:
        if kind not in KINDS:
            raise UsageError.expected_one_of("kind", kind, sorted(KINDS))
        if type(nth) is not int or nth < 1:
            raise UsageError.expected_whole("nth", nth, 1)
        fields = {name: getattr(value, "id", value) for name, value in where.items()}
        for name, value in fields.items():
            if not isinstance(value, str | int | float | None):
                raise UsageError.expected(name, value, "text, a number, a truth or None, as an entry has it")
        object.__setattr__(self, "kind", kind)
        object.__setattr__(self, "nth", nth)
        object.__setattr__(self, "where", fields)

    @classmethod
    def of(cls, kind: str, nth: int, where: Mapping[str, object]) -> Entry:
        """The same, for fields of any name.

        Raises:
            UsageError: there is no such kind, or a value is none that an entry has.
        """
        made = cls.__new__(cls)
        made._set(kind, nth, where)
        return made

    def __repr__(self) -> str:
        plain = {name: value for name, value in self.where.items() if _is_keyword_argument(name)}
        given = {**({"nth": self.nth} if self.nth > 1 else {}), **plain}
        said = [repr(self.kind), *(f"{name}={value!r}" for name, value in given.items())]
        if others := {name: value for name, value in self.where.items() if name not in plain}:
            said.append(f"**{others!r}")
        return f"Entry({', '.join(said)})"

    def meets(self, kind: str, data: Mapping[str, Any]) -> bool:
        """Whether an entry is such a one."""
        return kind == self.kind and all(
            is_wanted(value_of(data, name), shown(value)) for name, value in self.where.items()
        )

    def told(self) -> dict[str, Any]:
        """It as JSON."""
        nth = {"nth": self.nth} if self.nth > 1 else {}
        return {"entry": self.kind, **nth, **({"where": dict(self.where)} if self.where else {})}


def _is_keyword_argument(name: str) -> bool:
    return name.isidentifier() and not iskeyword(name) and name not in ("nth", "self")
