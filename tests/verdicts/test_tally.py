"""Verdicts of a run, merged and counted, without pytest."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter

import pytest

from faultzone import clauses, verdicts
from faultzone.verdicts import BAD, COLUMNS, COUNTED, ORDER, Finding, Merged, tally, worst
from tests.support.patience import PATIENCE

ONE, OTHER = "deployment-set/strict-spread", "deployment-set/zone-limit"


def test_the_worst_verdict_of_a_clause_wins() -> None:
    for place, verdict in enumerate(ORDER):
        assert worst(ORDER[: place + 1]) == worst(ORDER[place::-1]) == verdict
        assert tally([Finding((ONE,), each) for each in ORDER[: place + 1]]).clauses[ONE].verdict == verdict


def test_every_verdict_is_counted_in_one_column() -> None:
    assert Counter(verdict for counted in COUNTED.values() for verdict in counted) == dict.fromkeys(ORDER, 1)
    assert COLUMNS[: len(COUNTED)] == tuple(COUNTED)


@pytest.mark.parametrize("verdict", ORDER)
def test_a_chapter_counts_each_of_its_clauses_once(verdict: str) -> None:
    (column,) = [name for name, counted in COUNTED.items() if verdict in counted]
    result = tally([Finding((ONE, "instance/life-cycle"), verdict)])
    sizes = Counter(each.chapter for each in clauses.load().values())
    assert [each.name for each in result.chapters] == list(clauses.chapters())
    assert {each.name: sum(each.counts.values()) for each in result.chapters} == sizes
    assert [each.counts[column] for each in result.touched] == [1, 1]
    assert {each.name for each in result.touched} == {"deployment-set", "instance"}
    untestable = sum(each.untestable_because is not None for each in clauses.load().values())
    assert sum(each.counts["untestable"] for each in result.chapters) == untestable


def test_what_does_not_conform_is_listed_with_its_excuses() -> None:
    bad, more = sorted(BAD)[:2]
    result = tally(
        [
            Finding((ONE, OTHER), "conforms"),
            Finding((ONE,), bad, "deployment-set/*"),
            Finding((OTHER,), more, "b"),
            Finding((OTHER,), bad),
            Finding((OTHER,), bad, "a"),
            Finding(("no/such",), bad),
        ]
    )
    assert result.bad == {
        ONE: Merged(bad, ("deployment-set/*",), is_expected=True),
        OTHER: Merged(worst([bad, more]), ("a", "b"), is_expected=False),
    }


def test_a_finding_is_read_from_what_a_report_carries() -> None:
    said = {"clauses": [ONE], "verdict": "deviates", "excused": "x", "departures": {"x": 2}, "because": "y"}
    assert Finding.of(said) == Finding((ONE,), "deviates", "x", {"x": 2})
    with pytest.raises(ValueError, match="no verdict 'red'; there are not-supported, conforms"):
        Finding.of({"clauses": [ONE], "verdict": "red"})


@pytest.mark.slow
def test_reports_are_read_where_no_pytest_is() -> None:
    script = "import sys; sys.modules['pytest'] = None; from faultzone import verdicts; print(verdicts.tally([]).bad)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=PATIENCE)
    assert done.stdout == "{}\n"
    assert verdicts.tally([]).touched == ()
