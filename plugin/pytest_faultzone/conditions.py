"""The conditions of the run: what must hold in the region of each test, judged by its journal after the test."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from faultzone.conditions import BROKEN, HOLDS, OPEN, Condition, Judgement, judge, read
from faultzone.conditions.judging import see_told
from faultzone.conditions.sentences import SOMETIMES
from faultzone.errors import UsageError
from pytest_faultzone import options
from pytest_faultzone.proof import PROOF

if TYPE_CHECKING:
    from collections.abc import Mapping

    from faultzone.journal.journal import Journal

#: The conditions of a run, once they have been read.
_CHOSEN: pytest.StashKey[tuple[Condition, ...]] = pytest.StashKey()
#: Whose runs are counted of what must be reached sometimes.
_ALL: Final = "all tests"


def chosen(config: pytest.Config) -> tuple[Condition, ...]:
    """The conditions of a run.

    Raises:
        UsageError: a sentence is no condition, or about entries that cannot exist.
    """
    if _CHOSEN not in config.stash:
        sentences = [each.strip() for each in options.CONDITION.read(config).splitlines()]
        config.stash[_CHOSEN] = tuple(_condition(each) for each in sentences if each)
    return config.stash[_CHOSEN]


def _condition(sentence: str) -> Condition:
    try:
        found = read(sentence)
    except UsageError as wrong:
        raise UsageError(f"{options.CONDITION.flag}: {wrong}") from None
    if not isinstance(found, Condition):
        raise UsageError(
            f"{options.CONDITION.flag}={sentence!r}: expected a condition: write always, never, eventually or "
            f"sometimes before it"
        )
    return found


def broken_by(journal: Journal, config: pytest.Config) -> list[str]:
    """What of the conditions of a run a journal breaks, each with the entries that show it; all are counted.

    Of a journal that lacks such entries, or that ends before it is known, nothing is said. What must be reached
    sometimes is judged at the end of the run.
    """
    found, proof = [], config.stash[PROOF]
    for condition in chosen(config):
        judged = _judged(condition, journal)
        if condition.demand == SOMETIMES:
            if judged is not None:
                proof.note_sometimes(_ALL, {str(condition): (1, judged.verdict == HOLDS)})
            continue
        verdict = OPEN if judged is None else judged.verdict
        proof.note_condition({str(condition): {verdict: 1}})
        if verdict == BROKEN:
            found.append(str(judged))
    return found


def _judged(condition: Condition, journal: Journal) -> Judgement | None:
    """What a journal says of a condition; None where it has no entries of such kinds."""
    try:
        see_told(condition.what, journal.entries)
    except UsageError:
        return None
    return judge(condition, journal.entries)


def summary(counted: Mapping[str, Mapping[str, int]]) -> list[str]:
    """A line for each condition: in how many regions it held, was broken, or was not decided."""
    words = {HOLDS: "held in", BROKEN: "was broken in", OPEN: "was not decided in"}
    lines = []
    for sentence, verdicts in counted.items():
        said = [f"{words[each]} {verdicts[each]}" for each in words if verdicts.get(each)]
        count = sum(verdicts.values())
        lines.append(f"{sentence}: {', '.join(said)} of {count} {'region' if count == 1 else 'regions'}")
    return lines
