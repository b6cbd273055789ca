"""What a program asked: products, actions and parameters that were answered, ignored, refused or are not simulated.

A fold over a journal, so that a program that only its user can run says what it misses here.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TextIO

from faultzone.errors import UsageError
from faultzone.journal.ignored import NOT_SIMULATED
from faultzone.journal.journal import open_private
from faultzone.journal.redaction import quoted

#: The product of an entry that names none.
_USUAL: Final = "ecs"
#: What a name of a repeated parameter has in the place of the number.
_NUMBER: Final = re.compile(r"\.[0-9]+(?=\.|$)")
#: So many actions, and so many names of parameters and reasons of one, are remembered.
_ACTIONS_MOST: Final = 2_000
_NAMES_MOST: Final = 200
_NAME_MOST: Final = 64


@dataclass
class Asked:
    """What was asked of one action.

    Attributes:
        answered: how many calls were answered.
        refused: how many were refused, by code.
        parameters: the names that answered calls gave and the action has.
        ignored: the names that no edition has.
        not_simulated: why calls were refused that asked for what is not simulated.
    """

    answered: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    parameters: dict[str, None] = field(default_factory=dict)
    ignored: dict[str, None] = field(default_factory=dict)
    not_simulated: dict[str, None] = field(default_factory=dict)

    def take(self, kind: str, data: Mapping[str, Any]) -> None:
        """Take in the entry of one call: a `call`, a `read` or a `refusal`."""
        ignored = data.get("ignored", ())
        _remember(self.ignored, ignored)
        if kind == "refusal":
            code = str(data.get("code"))
            self.refused[code] += 1
            if code in NOT_SIMULATED and (why := data.get("why") or data.get("reason")):
                _remember(self.not_simulated, [str(why)])
            return
        self.answered += 1
        _remember(self.parameters, (_flat(name) for name in data.get("parameters", ()) if name not in ignored))

    def add(self, other: Asked) -> None:
        """Take in what was asked elsewhere."""
        self.answered += other.answered
        self.refused += other.refused
        for mine, theirs in (
            (self.parameters, other.parameters),
            (self.ignored, other.ignored),
            (self.not_simulated, other.not_simulated),
        ):
            _remember(mine, theirs)

    def as_json(self) -> dict[str, object]:
        """The same as plain values."""
        return {
            "answered": self.answered,
            "refused": dict(sorted(self.refused.items())),
            "parameters": {"answered": sorted(self.parameters), "ignored": sorted(self.ignored)},
            "not_simulated": list(self.not_simulated),
        }

    def lines(self) -> Iterator[str]:
        """What a reader is told, the first line without the name of the action."""
        codes = ", ".join(f"{code} {count}" for code, count in sorted(self.refused.items()))
        refused = f"{self.refused.total()} refused ({codes})" if codes else ""
        yield ", ".join(part for part in (f"{self.answered} answered" if self.answered else "", refused) if part)
        if self.ignored:
            yield f"ignored: {', '.join(sorted(self.ignored))}"
        for why in self.not_simulated:
            yield f"not simulated: {why}"


class Summary:
    """What was asked, by product and action."""

    def __init__(self) -> None:
        self.products: defaultdict[str, defaultdict[str, Asked]] = defaultdict(lambda: defaultdict(Asked))
        #: How many calls are not told apart: those that a full journal only counts, and those of too many actions.
        self.others = 0
        self._actions = 0

    def take(self, entries: Iterable[tuple[int, int, str, Mapping[str, Any]]]) -> Summary:
        """Take in the entries of a journal; itself."""
        for _, _, kind, data in entries:
            if kind == "summary":
                self.others += int(data.get("count", 0))
            elif kind in ("call", "read", "refusal") and data.get("action"):
                found = self._find(str(data.get("product") or _USUAL), str(data["action"]))
                if found is None:
                    self.others += 1
                else:
                    found.take(kind, data)
        return self

    def add(self, other: Summary) -> None:
        """Take in another summary."""
        self.others += other.others
        for product, actions in other.products.items():
            for action, asked in actions.items():
                found = self._find(product, action)
                if found is None:
                    self.others += asked.answered + asked.refused.total()
                else:
                    found.add(asked)

    def _find(self, product: str, action: str) -> Asked | None:
        product, action = _shown(product), _shown(action)
        actions = self.products.get(product)
        if actions is None or action not in actions:
            if self._actions >= _ACTIONS_MOST:
                return None
            self._actions += 1
        return self.products[product][action]

    def as_json(self) -> dict[str, object]:
        """The same as plain values: by product, by action."""
        products = {
            product: {action: asked.as_json() for action, asked in sorted(actions.items())}
            for product, actions in sorted(self.products.items())
        }
        return {"products": products, "others": self.others}

    def lines(self) -> Iterator[str]:
        """The same for a reader."""
        for product, actions in sorted(self.products.items(), key=lambda item: (item[0] != _USUAL, item[0])):
            yield product
            width = max(map(len, actions))
            for action, asked in sorted(actions.items()):
                first, *more = asked.lines()
                yield f"  {action:<{width}}  {first}"
                yield from (f"      {line}" for line in more)
        if self.others:
            yield f"and {self.others} calls that are only counted"
        if not self.products and not self.others:
            yield "nothing was asked"


def check(where: str) -> None:
    """See that a summary can be told there, before there is one.

    Raises:
        UsageError: the file could not be written.
    """
    if where != "-" and (not Path(where).parent.is_dir() or Path(where).is_dir()):
        raise UsageError.expected("summary", where, "-, or the name of a file in a folder that there is")


def write(summary: Summary, where: str, output: TextIO | None = None) -> None:
    """Tell a summary: `-` prints it, another text is the name of a file, which has JSON where it ends in `.json`.

    Args:
        output: where `-` prints it; left out, the standard output.

    Raises:
        UsageError: the file cannot be written.
    """
    if where == "-":
        print(*summary.lines(), sep="\n", file=output, flush=True)
        return
    said = json.dumps(summary.as_json(), indent=2) if where.endswith(".json") else "\n".join(summary.lines())
    try:
        with open_private(Path(where)) as file:
            file.write(said + "\n")
    except OSError as error:
        raise UsageError(f"summary={quoted(where)}: cannot be written: {error.strerror or error}") from None


def _remember(known: dict[str, None], names: Iterable[str]) -> None:
    for name in names:
        if len(known) >= _NAMES_MOST:
            return
        known[name if name.isprintable() else ascii(name)[1:-1]] = None


def _flat(name: str) -> str:
    """`Tag.N.Key` for `Tag.1.Key`."""
    return _NUMBER.sub(".N", name)


def _shown(name: str) -> str:
    name = name[:_NAME_MOST]
    return name if name.isprintable() else ascii(name)[1:-1]
