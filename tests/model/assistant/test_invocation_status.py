from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, combinations_with_replacement

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faultzone.api.ecs.invocations import ERROR_INFO
from faultzone.model.assistant.invocation_status import (
    DETAILED,
    ONE_TIME,
    OUTCOMES,
    TIMED,
    Row,
    Table,
    timed_instance,
    total,
)

LETTERS = {"R": "Running", "F": "Finished", "X": "Failed", "S": "Stopped"}
OLD, NEW = ONE_TIME["2019-02"], ONE_TIME["2020-12"]

# The documented table, set by set: Running, Finished, X for Failed, Stopped; total of 2019-02, total of 2020-12.
DOCUMENTED = """
R     Running        Running
F     Finished       Finished
X     Failed         Failed
S     Stopped        Stopped
RF    Running        Running
RX    Running        Running
RS    Running        Running
FX    PartialFailed  PartialFailed
FS    Finished       Finished
XS    PartialFailed  Failed
RFX   Running        Running
RFS   Running        Running
RXS   Running        Running
FXS   PartialFailed  PartialFailed
RFXS  Running        Running
"""
ROWS = [line.split() for line in DOCUMENTED.strip().splitlines()]


def _states(table: Table) -> list[str]:
    return sorted(frozenset[str]().union(*(row.any_of | row.all_in | row.contains for row in table)))


def _sets(states: list[str]) -> Iterator[tuple[str, ...]]:
    for size in range(1, len(states) + 1):
        yield from combinations(states, size)


TABLES = {"2019-02": OLD, "2020-12": NEW, "timed": TIMED, "detailed": DETAILED}


@pytest.mark.parametrize(
    ("states", "matches"), [("ab", True), ("abc", True), ("a", False), ("b", False), ("bc", False), ("abd", False)]
)
def test_a_row_needs_all_of_its_conditions(states: str, matches: bool) -> None:
    row = Row("", "", "", any_of=frozenset("bd"), all_in=frozenset("abc"), contains=frozenset("a"))
    assert row.matches(frozenset(states)) is matches


@pytest.mark.parametrize(("letters", "old", "new"), ROWS)
def test_documented_combination(letters: str, old: str, new: str) -> None:
    states = [LETTERS[letter] for letter in letters]
    assert total(states, OLD).state == old
    assert total(states, NEW).state == new


def test_the_documented_table_has_all_fifteen_sets() -> None:
    assert len({frozenset(letters) for letters, _, _ in ROWS}) == len(ROWS) == 15


@pytest.mark.parametrize("table", [OLD, NEW], ids=["2019-02", "2020-12"])
def test_every_multiset_up_to_six_instances_has_the_total_of_its_set(table: Table) -> None:
    column = 1 if table is OLD else 2
    documented = {frozenset(LETTERS[letter] for letter in row[0]): row[column] for row in ROWS}
    for size in range(1, 7):
        for states in combinations_with_replacement(sorted(LETTERS.values()), size):
            assert total(states, table).state == documented[frozenset(states)], states


def test_editions_differ_exactly_where_failed_meets_stopped() -> None:
    differing = [set(s) for s in _sets(sorted(LETTERS.values())) if total(s, OLD).state != total(s, NEW).state]
    assert differing == [{"Failed", "Stopped"}]


def test_stopping_gives_way_to_running_alone() -> None:
    for states in _sets(sorted(LETTERS.values())):
        expected = "Running" if "Running" in states else "Stopping"
        assert total((*states, "Stopping"), NEW).state == expected


@pytest.mark.parametrize("name", TABLES)
def test_tables_are_total_and_every_row_decides_something(name: str) -> None:
    table = TABLES[name]
    assert {total(states, table).row for states in _sets(_states(table))} == set(table)
    assert all(row.clause.startswith("invocation-status/") for row in table)


@given(st.lists(st.sampled_from(_states(DETAILED)), min_size=1, max_size=30))
def test_the_detailed_total_follows_its_priorities(states: list[str]) -> None:
    for first in ("Pending", "Scheduled", "Running", "Stopping"):
        if first in states:
            assert total(states, DETAILED).state == first
            return
    ended = {"Cancelled": "S", "Terminated": "S", "Success": "F"}
    kinds = {ended.get(state, "X") for state in states}
    expected = {"S": "Stopped", "F": "Success", "FS": "Success", "X": "Failed", "SX": "Failed"}
    assert total(states, DETAILED).state == expected.get("".join(sorted(kinds)), "PartialFailed")


@pytest.mark.parametrize("name", ["2019-02", "2020-12", "detailed"])
@given(data=st.data())
def test_only_the_set_of_states_counts(name: str, data: st.DataObject) -> None:
    table = TABLES[name]
    states = data.draw(st.lists(st.sampled_from(_states(table)), min_size=1, max_size=30))
    shuffled = data.draw(st.permutations(states + states[:10]))
    assert total(shuffled, table) == total(set(states), table)


@pytest.mark.parametrize("name", TABLES)
def test_no_instances_have_no_total(name: str) -> None:
    with pytest.raises(ValueError, match="without instances"):
        total([], TABLES[name])


def test_a_state_of_another_edition_is_refused() -> None:
    with pytest.raises(ValueError, match="Stopping"):
        total(["Running", "Stopping"], OLD)
    with pytest.raises(ValueError, match="Finished"):
        total(["Running", "Finished"], TIMED)


def test_decision_names_its_row() -> None:
    assert total(["Failed", "Stopped"], OLD).row.clause == "invocation-status/failed-and-stopped"
    assert total(["Failed", "Stopped"], NEW).row.clause == "invocation-status/failed-and-stopped-2020"
    assert total(["Failed", "Running"], OLD).row.name == "any Running"


def test_timed_runs_until_every_instance_is_stopped() -> None:
    instances = [timed_instance(stopped=stopped).state for stopped in (False, True)]
    assert instances == ["Running", "Stopped"]
    assert total(instances, TIMED).state == "Running"
    assert total(["Running"], TIMED).state == "Running"
    assert total(["Stopped", "Stopped"], TIMED).state == "Stopped"


def test_outcomes_speak_the_words_of_both_editions() -> None:
    assert {outcome.invoke_status for outcome in OUTCOMES.values()} == set(_states(NEW))
    assert {outcome.invocation_status for outcome in OUTCOMES.values()} == set(_states(DETAILED))
    codes = [outcome.error_code for outcome in OUTCOMES.values() if outcome.error_code]
    assert len(codes) == len(set(codes))


def test_an_exit_code_is_success_or_failure_in_the_later_words_alone() -> None:
    zero, nonzero = OUTCOMES["exited-zero"], OUTCOMES["exited-nonzero"]
    assert zero.invoke_status == nonzero.invoke_status == "Finished"
    assert (zero.invocation_status, nonzero.invocation_status) == ("Success", "Failed")


# ErrorCode, the later InvocationStatus and the old name of what it stands for; "-" is no code.
PAIRS = """
-                     Pending    Running
-                     Scheduled  Running
-                     Running    Running
-                     Stopping   Stopping
-                     Success    Finished
-                     Success    Finished
-                     Cancelled  Stopped
-                     Terminated Stopped
ExitCodeNonzero       Failed     Finished
ExecutionTimeout      Timeout    Failed
ExecutionException    Error      Failed
ExecutionInterrupted  Error      Failed
InstanceNotExists     Aborted    Failed
InstanceReleased      Aborted    Failed
InstanceNotRunning    Aborted    Failed
ClientNotRunning      Aborted    Failed
ClientNotResponse     Aborted    Failed
ClientIsUpgrading     Aborted    Failed
ClientNeedUpgrade     Aborted    Failed
DeliveryTimeout       Aborted    Failed
CommandNotApplicable  Invalid    Failed
AccountNotExists      Invalid    Failed
DirectoryNotExists    Invalid    Failed
BadCronExpression     Invalid    Failed
SecurityGroupRuleDenied  Aborted  Failed
TaskConcurrencyLimit  Aborted    Failed
UserGroupNotExists    Invalid    Failed
FileNameInvalid       Invalid    Failed
FilePathInvalid       Invalid    Failed
FileCreateFail        Failed     Failed
"""


def test_each_outcome_has_the_words_that_belong_together() -> None:
    made = [(each.error_code or "-", each.invocation_status, each.invoke_status) for each in OUTCOMES.values()]
    assert {code for code, _, _ in made} - {"-"} <= ERROR_INFO.keys()
    assert sorted(made) == sorted((code, new, old) for code, new, old in map(str.split, PAIRS.strip().splitlines()))


def test_a_cause_is_not_taken_for_another() -> None:
    shown = {cause: OUTCOMES[cause].invocation_status for cause in ("delivering", "waiting-for-its-time", "running")}
    assert shown == {"delivering": "Pending", "waiting-for-its-time": "Scheduled", "running": "Running"}
    codes = {cause: each.error_code for cause, each in OUTCOMES.items() if each.error_code}
    assert codes["not-delivered"] == "DeliveryTimeout"
    assert codes["instance-released"] == "InstanceReleased"
    assert codes["agent-upgrading"] == "ClientIsUpgrading"
    assert [OUTCOMES[f"stopped-{when}"].invocation_status for when in ("before-start", "while-running")] == [
        "Cancelled",
        "Terminated",
    ]
