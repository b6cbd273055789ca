"""What sentences find in journals that are written by hand, and what they demand of these."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from faultzone.clock import MINUTE, SECOND, VIRTUAL_START
from faultzone.conditions import BROKEN, HOLDS, OPEN, Condition, Judge, Judgement, Watch, describe, judge, read
from faultzone.conditions.judging import see_told
from faultzone.conditions.sentences import Raw
from faultzone.errors import UsageError

STOCK = {"code": "OperationDenied.NoStock", "action": "RunInstances"}
CRASH = {"fault": "HostCrash", "host": "h1", "number": 1}


class Written:
    """A journal written by hand; each entry a second after the one before, unless told otherwise."""

    def __init__(self) -> None:
        self.entries: list[Raw] = []
        self.now = VIRTUAL_START
        self.add("region")

    def add(self, kind: str, data: Mapping[str, Any] | None = None, *, after: int = SECOND, **more: Any) -> Written:
        self.now += after
        self.entries.append((len(self.entries), self.now, kind, {**(data or {}), **more}))
        return self

    def went(self, *states: str, instance: str = "i-1", after: int = SECOND) -> Written:
        for state in states:
            self.add("transition", {"instance": instance, "from": "x", "to": state}, after=after)
        return self

    def found(self, sentence: str) -> list[int]:
        """The numbers of the entries that a sentence describes."""
        watch = Watch(describe(sentence, self.entries))
        found = [each for entry in self.entries for each in watch.see(entry)] + watch.end()
        return sorted(each.entry.number for each in found)

    def judge(self, sentence: str) -> Judgement:
        condition = read(sentence, self.entries)
        assert isinstance(condition, Condition)
        return judge(condition, self.entries)


def test_before() -> None:
    run = Written().add("fault", CRASH).add("refusal", STOCK, after=10 * MINUTE).add("refusal", STOCK, after=1)
    assert run.found("refusal preceded by fault within 10m") == [2]
    assert run.found("refusal not preceded by fault within 10m") == [3]
    assert run.found("refusal not preceded by fault") == []
    assert run.found("refusal not preceded by undo") == [2, 3]
    assert run.found("refusal preceded by refusal") == [3]


def test_before_looks_at_the_last() -> None:
    run = Written().add("fault", CRASH).add("fault", CRASH, after=MINUTE, number=2).add("refusal", STOCK)
    assert run.found("refusal preceded by fault within 1s") == [3]


def test_after() -> None:
    run = Written().add("fault", CRASH).add("event", {"to": "Executing"}, after=5 * SECOND).add("advance", after=MINUTE)
    assert run.found("fault followed by event Executing within 5s") == [1]
    assert run.found("fault not followed by event Executing within 5s") == []
    assert run.found("fault followed by event Executing within 4999ms") == []
    assert run.found("fault not followed by event Executing within 4999ms") == [1]
    assert run.found("fault not followed by undo") == [1]
    assert run.found("event followed by fault") == []


def test_what_can_still_come_is_neither() -> None:
    run = Written().add("fault", CRASH).add("advance", after=5 * SECOND)
    assert run.found("fault not followed by undo within 5s") == []
    judged = run.judge("always fault followed by undo within 5s")
    assert judged.verdict == OPEN
    assert "entry 1 of" in judged.why[0]
    run.add("advance", after=1)
    assert run.found("fault not followed by undo within 5s") == [1]
    assert run.judge("always fault followed by undo within 5s").verdict == BROKEN


def test_one_entry_follows_all_that_await_it() -> None:
    run = Written().add("fault", CRASH).add("fault", CRASH, number=2).add("undo", CRASH)
    assert run.found("fault followed by undo within 1m") == [1, 2]
    assert run.found("fault not followed by undo same number within 1m") == []  # Of the second it is not known yet.
    assert run.add("advance", after=MINUTE).found("fault not followed by undo same number within 1m") == [2]


def test_the_same() -> None:
    run = Written().went("Stopped").went("Stopped", instance="i-2").went("Running", instance="i-2")
    assert run.found("transition Stopped followed by transition Running same instance") == [2]
    assert run.found("transition Stopped not followed by transition Running same instance") == [1]
    assert run.found("transition Running not preceded by transition Stopped same instance within 1s") == []
    assert run.found("transition Stopped 2 times") == [2]
    assert run.found("transition Stopped 2 times same instance") == []


def test_is() -> None:
    run = Written().add("refusal", STOCK).add("refusal", code="Throttling.User")
    assert run.found("refusal is Throttling") == [2]
    assert run.found("refusal is not Throttling") == [1]
    judged = run.judge("always refusal is Throttling")
    assert judged.verdict == BROKEN
    assert judged.why[0].endswith("not Throttling: code is OperationDenied.NoStock, action is RunInstances")
    assert [entry.number for entry in judged.entries] == [1]


def test_during_a_fault() -> None:
    run = Written().add("refusal", STOCK).add("fault", CRASH).add("fault", CRASH, number=2).add("undo", CRASH)
    run.add("refusal", STOCK).add("undo", CRASH, number=2).add("refusal", STOCK)
    assert run.found("refusal during fault HostCrash") == [5]
    assert run.found("refusal not during fault") == [1, 7]
    assert run.found("refusal during fault NetworkCut") == []
    (_, last) = run.judge("always refusal during fault").why
    assert last.endswith("no fault was active; the last began 4 s before, and was over")


def test_a_fault_of_calls_that_was_met_lasts_no_longer() -> None:
    run = Written().add("fault", fault="ApiFault", action="RunInstances").add("refusal", STOCK)
    assert run.found("refusal during fault") == []


def test_during_what_else_lasts() -> None:
    run = Written().add("event", event="e-1", to="Executing").add("call", action="RunInstances")
    run.add("event", event="e-1", to="Executed").add("call", action="RunInstances").went("Stopped")
    run.add("call", action="RunInstances").went("Running").add("call", action="RunInstances")
    write = {"operation": "write", "who": "a", "number": 1}
    run.add("operation", write, state="invoked").add("call", action="RunInstances")
    run.add("operation", write, state="returned").add("call", action="RunInstances")
    run.add("probe", probe="up", value=True).add("call", action="RunInstances")
    run.add("probe", probe="up", value=False).add("call", action="RunInstances")
    assert run.found("call during event") == [2]
    assert run.found("call during event Executing") == [2]
    assert run.found("call during transition Stopped") == [6]
    assert run.found("call during operation write") == [10]
    assert run.found("call during probe up true") == [14]
    assert run.found("call during probe up false") == [16]


def test_times() -> None:
    run = Written()
    for gap in (0, 10, 10, 50, 1):
        run.add("refusal", STOCK, after=gap * SECOND)
    assert run.found("refusal 3 times within 20s") == [3]
    assert run.found("refusal 3 times within 1m") == [3, 4, 5]
    assert run.found("refusal 4 times") == [4, 5]
    assert run.found("refusal 1 times") == [1, 2, 3, 4, 5]


def test_a_probe_counts_as_it_is() -> None:
    run = Written().add("probe", probe="up", value=True).add("undo", CRASH).add("probe", probe="up", value=False)
    run.add("undo", CRASH, after=MINUTE).add("advance", after=MINUTE)
    assert run.found("undo followed by probe up true within 1s") == [2]
    assert run.found("undo not followed by probe up true within 1s") == [4]
    assert run.found("undo preceded by probe up true within 1s") == [2]
    assert run.found("undo preceded by probe up true within 1m") == [2, 4]  # Until a minute before.
    assert run.found("undo not preceded by probe up true within 1m") == []


def test_never_and_always() -> None:
    run = Written().add("fault", CRASH).add("refusal", STOCK)
    assert run.judge("never undo").verdict == HOLDS
    assert run.judge("never refusal NoStock").verdict == BROKEN
    assert run.judge("never refusal NoStock").why == ("entry 2, 2019-03-01T00:00:03Z: expected no refusal NoStock",)
    assert run.judge("always refusal preceded by fault within 1s").verdict == HOLDS
    assert run.judge("always refusal not preceded by fault").why == (
        "entry 2, 2019-03-01T00:00:03Z: fault came 1 s before",
    )
    assert run.judge("always undo preceded by fault").why == ("there was no undo",)


def test_eventually() -> None:
    run = Written().add("fault", CRASH, after=MINUTE)
    assert run.judge("eventually fault").verdict == HOLDS
    assert run.judge("eventually undo").verdict == BROKEN
    # From the first entry on, which is a second after the beginning.
    assert run.judge("eventually within 1m fault").verdict == HOLDS
    assert run.judge("eventually within 59s fault").verdict == BROKEN
    assert run.judge("eventually within 1m undo").verdict == OPEN
    assert run.judge("eventually within 59s undo").why == (
        "expected undo in the 59 s from 2019-03-01T00:00:01Z on; there was none",
    )


def test_sometimes_is_found_or_not() -> None:
    run = Written().add("fault", CRASH)
    assert run.judge("sometimes fault").verdict == HOLDS
    assert run.judge("sometimes undo").verdict == BROKEN


def test_many_violations_are_counted() -> None:
    run = Written()
    for _ in range(9):
        run.add("refusal", STOCK)
    judged = run.judge("never refusal")
    assert len(judged.entries) == 5
    assert judged.why[-1] == "and 4 more"


def test_what_was_before_counts_as_before_alone() -> None:
    run = Written().add("fault", CRASH).add("refusal", STOCK)
    condition = read("never refusal preceded by fault")
    assert isinstance(condition, Condition)
    judging = Judge(condition)
    for entry in run.entries:
        judging.see_earlier(entry)
    judging.begin(run.now)
    assert judging.end().verdict == HOLDS
    judging.see(run.add("refusal", STOCK).entries[-1])
    assert judging.end().verdict == BROKEN


def test_an_entry_that_lacks_what_is_asked_for_is_not_met() -> None:
    run = Written().add("transition").add("event").add("operation").add("probe").add("fault").add("undo")
    assert run.found("event not during transition Stopped") == [2]
    assert run.found("event during operation") == []
    assert run.found("transition is to=null") == [1]


def test_what_lacks_a_field_has_it_not_in_common_with_another() -> None:
    run = Written().add("fault").add("bill").add("bill")
    assert run.found("bill preceded by fault same instance") == []
    assert run.found("bill 2 times same instance") == []
    assert run.found("fault followed by bill same instance") == []


def test_the_journal_of_an_endpoint_has_no_transitions() -> None:
    calls: list[Raw] = [(0, 0, "call", {"action": "RunInstances"})]
    see_told(describe("call RunInstances"), calls)
    for sentence in ("transition Running", "call not preceded by event"):
        with pytest.raises(UsageError, match="does not begin with the region"):
            see_told(describe(sentence), calls)
