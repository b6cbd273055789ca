"""What a call may not say together, as documented: the rows of tests/api/combinations.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

FILE: Final[Mapping[str, Any]] = tomllib.loads(
    (Path(__file__).parents[1] / "api" / "combinations.toml").read_text("utf-8")
)
KNOWN: Final[Mapping[str, Mapping[str, Any]]] = FILE["known"]


class Row(NamedTuple):
    """One call of the table."""

    action: str
    known: str
    given: Mapping[str, Any]
    code: str
    says: str
    right: str
    edition: str = "2026-10"

    def __str__(self) -> str:
        names = ", ".join((*self.known.split(), *self.given))
        return f"{self.action}: {names}, {self.edition}"

    @property
    def wrong(self) -> dict[str, Any]:
        """The parameters of the call."""
        return {**self._of(self.known), **self.given}

    @property
    def mended(self) -> dict[str, Any] | None:
        """The parameters of the same call that is taken; None where the row names none."""
        if self.right.startswith("-"):
            return {name: value for name, value in self.wrong.items() if name != self.right[1:]}
        return {**self.wrong, **KNOWN[self.right[1:]]} if self.right else None

    @staticmethod
    def _of(words: str) -> dict[str, Any]:
        return {name: value for word in words.split() for name, value in KNOWN[word].items()}


def rows() -> Iterator[Row]:
    for name, chapter in FILE.items():
        if name not in ("known", "metadata"):
            for actions, *rest in chapter["rows"]:
                yield from (Row(action, *rest) for action in actions.split())


ROWS: Final = (*rows(),)
