"""What a step of a schedule waits for: a call of the API, or an entry of the journal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from keyword import iskeyword
from typing import Any

from faultzone.errors import UsageError
from faultzone.faults.calls import check_only
from faultzone.faults.targets import id_of, is_described
from faultzone.journal.journal import KINDS
from faultzone.journal.matching import is_wanted, shown, value_of


@dataclass(frozen=True)
class Call:
    """A call of the API, once it was carried out or has gone wrong.

    Args:
        action: its name, or a pattern such as `Describe*`.
        nth: which of them, counted from the beginning of the schedule.
        only: whose calls; see `ApiFailure`.
        about: only calls that name this resource, by its handle or its ID.
    """

    action: str
    nth: int = 1
    only: str | None = None
    about: str | None = None

    def __post_init__(self) -> None:
        """Look at the values.

        Raises:
            UsageError: one cannot be.
        """
        if self.about is not None:
            object.__setattr__(self, "about", id_of(self.about, "about"))
            if is_described(self.about):
                raise UsageError.expected("about", self.about, "an ID; only the fields of a fault take a description")
        action: object = self.action
        if not isinstance(action, str) or not action:
            raise UsageError.expected("action", action, "the name of an action, such as 'RunInstances'")
        _see_nth(self.nth)
        check_only(self.only)

    def told(self) -> dict[str, Any]:
        """It as JSON."""
        return without_none(call=self.action, nth=self.nth if self.nth > 1 else None, only=self.only, about=self.about)


@dataclass(frozen=True, init=False)
class Entry:
    """An entry of the journal: `Entry("event", type="SystemFailure.Reboot", to="Executed")`.

    Args:
        kind: its kind.
        nth: which of them, counted from the beginning of the schedule.
        where: the values that its fields have. A field in a field has the names of both:
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
        _see_nth(nth)
        for name, value in where.items():
            if not isinstance(value, str | int | float | None):
                raise UsageError.expected(name, value, "text, a number, a truth or None, as an entry has it")
        object.__setattr__(self, "kind", kind)
        object.__setattr__(self, "nth", nth)
        object.__setattr__(self, "where", dict(where))

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
        return without_none(entry=self.kind, nth=self.nth if self.nth > 1 else None, where=dict(self.where) or None)


def _is_keyword_argument(name: str) -> bool:
    return name.isidentifier() and not iskeyword(name) and name not in ("nth", "self")


def without_none(**fields: object) -> dict[str, Any]:
    """The fields that have a value, as JSON has them."""
    return {name: value for name, value in fields.items() if value is not None}


def _see_nth(nth: object) -> None:
    if type(nth) is not int or nth < 1:
        raise UsageError.expected_whole("nth", nth, 1)
