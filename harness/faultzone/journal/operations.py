"""Operations of a client of the test's own, such as a read or a write, as the journal has them: a history to be judged.

An operation has two entries: `invoked`, and how it ended. Of one that is `unknown`, nobody knows whether it took
effect: it may do so at any time from its invocation on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from faultzone.clock import in_words, stamp
from faultzone.journal.journal import Journal

INVOKED: Final = "invoked"
RETURNED: Final = "returned"
FAILED: Final = "failed"
UNKNOWN: Final = "unknown"

#: What the entries of an operation say of it, in order: its invocation, then one of the others.
STATES: Final = (INVOKED, RETURNED, FAILED, UNKNOWN)


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation.

    Attributes:
        number: its number, counted from 1.
        name: what it does, such as `write`.
        arguments: with what.
        who: whose it is.
        state: `invoked` while it has not ended, `returned`, `failed` if it took no effect, or `unknown`.
        invoked: when it began, in milliseconds since the epoch.
        ended: when it ended; None if it has not.
        value: what it returned.
        error: why it did not return.
        first: the number of the entry of its invocation.
        last: the number of the entry of its end; None if it has not ended.
    """

    number: int
    name: str
    arguments: tuple[Any, ...]
    who: str
    state: str
    invoked: int
    ended: int | None = None
    value: Any = None
    error: str | None = None
    first: int = 0
    last: int | None = None

    def __str__(self) -> str:
        given = ", ".join(map(repr, self.arguments))
        ends = "" if self.ended is None else f" after {in_words(self.ended - self.invoked)}"
        result = {RETURNED: f" -> {self.value!r}", FAILED: f": {self.error}", UNKNOWN: f": {self.error}"}
        return f"{stamp(self.invoked)} {self.who}: {self.name}({given}) {self.state}{ends}{result.get(self.state, '')}"

    def before(self, other: Operation) -> bool:
        """Whether it was over before the other began: any effect of it came first."""
        return self.state in (RETURNED, FAILED) and self.last is not None and self.last < other.first


def history(
    journal: Journal | Iterable[tuple[int, int, str, Mapping[str, Any]]], *names: str, who: str | None = None
) -> list[Operation]:
    """The operations of a journal, in the order in which they were invoked.

    Args:
        journal: it, or its entries, such as those of a stored one.
        names: only those with these names.
        who: only those of this client.
    """
    entries = journal.entries if isinstance(journal, Journal) else journal
    found: dict[tuple[Any, ...], Operation] = {}
    for number, at, kind, data in entries:
        if kind != "operation" or (names and data.get("operation") not in names):
            continue
        if who is not None and data.get("who") != who:
            continue
        key = (data.get("who"), data.get("number"))
        if data.get("state") == INVOKED:
            found[key] = _begun(number, at, data)
        elif key in found:
            begun = found[key]
            found[key] = Operation(
                begun.number, begun.name, begun.arguments, begun.who, str(data.get("state")), begun.invoked, at,
                data.get("value"), data.get("error"), begun.first, number,
            )  # fmt: skip
    return list(found.values())


def _begun(number: int, at: int, data: Mapping[str, Any]) -> Operation:
    arguments = tuple(data.get("arguments") or ())
    return Operation(
        int(data.get("number") or 0), str(data.get("operation")), arguments, str(data.get("who")), INVOKED, at,
        first=number,
    )  # fmt: skip
