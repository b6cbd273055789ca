"""What the checker of windows says of events that were moved."""

from __future__ import annotations

import pytest

from faultzone.checkers import VIOLATED
from faultzone.clock import DAY, HOUR
from tests.checkers.test_checkers import START, History, judged


def moved(first: int, due: int) -> History:
    """An event that is planned, and then is due at another time."""
    history = History().event("Scheduled", due=first)
    return history.add("notice", what="event moved", event="e-1", instance="i-1", not_before=due)


def test_an_event_begins_when_it_is_due_now() -> None:
    history = moved(START + DAY, START + HOUR).later(HOUR).event("Executing", due=START + HOUR)
    assert judged(history.journal, "windows").verdict != VIOLATED


@pytest.mark.parametrize(
    ("history", "why"),
    [
        (moved(START + DAY, START).later(HOUR).add("advance"), "still Scheduled"),
        (moved(START, START + DAY).event("Executing", due=START + DAY), "before its NotBefore"),
    ],
)
def test_an_event_begins_at_no_other_time(history: History, why: str) -> None:
    result = judged(history.journal, "windows")
    assert result.verdict == VIOLATED
    assert why in result.why
    assert all(each in list(history.journal) for each in result.entries)
