"""The aggregation of states, proven over every multiset of up to four runs, in the words of each level."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import combinations_with_replacement

import pytest

from faultzone.model.assistant.invocation_status import DETAILED, ONE_TIME, OUTCOMES, total

MOST = 4
UNSUCCESSFUL = ("Invalid", "Aborted", "Failed", "Error", "Timeout")


def today(states: Sequence[str]) -> str:
    """What the pages of today say, by counting, row by row; where they leave it open, what our region does."""
    count, targets = Counter(states), len(states)
    for unsettled in ("Pending", "Scheduled", "Running", "Stopping"):
        if count[unsettled]:
            return unsettled
    well = count["Success"]
    stopped = count["Cancelled"] + count["Terminated"]
    badly = sum(count[each] for each in UNSUCCESSFUL)
    assert well + stopped + badly == targets
    if stopped == targets:
        return "Stopped"
    if well and well + stopped == targets:
        return "Success"
    if badly + stopped == targets:
        return "Failed"
    assert well
    assert badly
    return "PartialFailed"


def of_2019(states: Sequence[str]) -> str:
    """The same of the states of February 2019."""
    count, targets = Counter(states), len(states)
    if count["Running"]:
        return "Running"
    if count["Stopped"] == targets:
        return "Stopped"
    if not count["Failed"]:
        return "Finished"
    return "Failed" if count["Failed"] == targets else "PartialFailed"


def of_2020(states: Sequence[str]) -> str:
    """And of those of December 2020, which are today's older words."""
    count, targets = Counter(states), len(states)
    if count["Running"]:
        return "Running"
    if count["Stopping"]:
        return "Stopping"
    if count["Stopped"] == targets:
        return "Stopped"
    if not count["Failed"]:
        return "Finished"
    return "PartialFailed" if count["Finished"] else "Failed"


CAUSES = sorted(OUTCOMES)


def multisets(of: Sequence[str]) -> list[tuple[str, ...]]:
    return [each for size in range(1, MOST + 1) for each in combinations_with_replacement(of, size)]


WORDS = sorted({each.invocation_status for each in OUTCOMES.values()})


def test_the_total_of_today_is_that_of_the_pages_for_every_multiset() -> None:
    every = multisets(WORDS)
    assert (len(WORDS), len(every)) == (12, 1819)
    assert [states for states in every if total(states, DETAILED).state != today(states)] == []


@pytest.mark.slow
def test_every_multiset_of_causes_has_its_totals_in_the_words_of_both_levels() -> None:
    every = multisets(CAUSES)
    wrong = []
    for causes in every:
        outcomes = [OUTCOMES[each] for each in causes]
        older, later = [each.invoke_status for each in outcomes], [each.invocation_status for each in outcomes]
        if total(later, DETAILED).state != today(later) or total(older, ONE_TIME["2020-12"]).state != of_2020(older):
            wrong.append(causes)
        if "Stopping" not in older and total(older, ONE_TIME["2019-02"]).state != of_2019(older):
            wrong.append(causes)
    assert wrong == []


def test_each_cause_has_a_word_of_each_level() -> None:
    assert {each.invoke_status for each in OUTCOMES.values()} == {
        "Running",
        "Finished",
        "Failed",
        "Stopped",
        "Stopping",
    }
    assert {*WORDS} == {
        "Pending", "Scheduled", "Running", "Stopping", "Success", "Cancelled", "Terminated", *UNSUCCESSFUL,
    }  # fmt: skip
