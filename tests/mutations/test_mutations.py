"""Mutations: what each changes, that the original stays, and what it shows of itself."""

from __future__ import annotations

import inspect
import subprocess
import sys
from copy import deepcopy
from typing import Any

import pytest

from faultzone import ApiError, UsageError, mutations
from faultzone.backends.options import CloudOptions, local_backend
from faultzone.cli import main as cli
from faultzone.errors import HarnessError
from faultzone.model.rules import Rules
from faultzone.mutations.library import (
    EVERY,
    Answer,
    Change,
    Mutation,
    Parameters,
    accept,
    after,
    after_refusal,
    answer,
    as_text,
    at,
    backwards,
    becomes,
    before,
    copy,
    counted,
    default,
    drop,
    emptied,
    instead,
    once_called,
    put,
    read_as,
    refuse,
    refused_as,
    repeated,
    replaced,
    request,
    retry,
    shifted,
    swallow,
    to_the_minute,
    where,
    without,
)
from faultzone.mutations.row import always, row
from faultzone.mutations.wrapper import Mutated, Wrapper

TREE = {"Instances": {"Instance": [{"Cpu": 2, "Id": "a"}, {"Cpu": 4, "Id": "b"}]}, "Total": 2}


@pytest.mark.parametrize(
    ("change", "given", "made"),
    [
        (drop("A", "X"), {"A": 1, "B": 2}, {"B": 2}),
        (put(A=3, C=4), {"A": 1, "B": 2}, {"A": 3, "B": 2, "C": 4}),
        (default(A=3, C=4), {"A": 1}, {"A": 1, "C": 4}),
        (copy("A", to="B"), {"A": 1, "B": 2}, {"A": 1, "B": 1}),
        (copy("X", to="B"), {"A": 1, "B": 2}, {"A": 1, "B": 2}),
        (counted("Total", "Instances.Instance"), {**TREE, "Total": 9}, TREE),
        (becomes(7), "x", 7),
        (emptied(), "x", ""),
        (emptied(), [1], []),
        (emptied(), 5, 0),
        (as_text(), 5, "5"),
        (read_as({"a": "b"}), "a", "b"),
        (read_as({"a": "b"}), "c", "c"),
        (replaced("Z", ":00Z"), "2019-03-01T00:00Z", "2019-03-01T00:00:00Z"),
        (shifted(60_000), "2019-03-01T00:00:00Z", "2019-03-01T00:01:00Z"),
        (shifted(60_000), "", ""),
        (to_the_minute(), "2019-03-01T00:01:02Z", "2019-03-01T00:01Z"),
        (to_the_minute(), "", ""),
        (repeated(), [1, 2], [1, 2, 1, 2]),
        (repeated(lambda each: each > 1), [1, 2], [1, 2, 2]),
        (backwards(), [1, 2], [2, 1]),
        (without(lambda each: each > 1), [1, 2], [1]),
        (where(lambda value: value > 1, as_text(), replaced("2", "3")), 2, "3"),
        (where(lambda value: value > 1, as_text()), 1, 1),
        (at("Total", as_text()), TREE, {**TREE, "Total": "2"}),
        (at("", put(Total=0)), TREE, {**TREE, "Total": 0}),
        (at("Instances.Instance", emptied()), TREE, {"Instances": {"Instance": []}, "Total": 2}),
        (
            at("Instances.Instance[].Cpu", as_text()),
            TREE,
            {"Instances": {"Instance": [{"Cpu": "2", "Id": "a"}, {"Cpu": "4", "Id": "b"}]}, "Total": 2},
        ),
        (at("Instances.Nothing[].Cpu", as_text()), TREE, TREE),
        (at("Total[].Cpu", as_text()), TREE, TREE),
        (at("Total.Cpu", as_text()), TREE, TREE),
    ],
    ids=repr,
)
def test_a_change_makes_another_value_and_leaves_the_one_it_is_given(change: Change, given: Any, made: Any) -> None:
    before = deepcopy(given)
    assert change(given) == made
    assert given == before


class Right:
    """Answers what it was asked, or refuses it."""

    def __init__(self, *codes: str) -> None:
        self.codes, self.asked, self.memory = list(codes), list[tuple[str, Parameters]](), dict[object, set[object]]()

    def __call__(self, name: str, given: Parameters) -> Answer:
        self.asked.append((name, given))
        if self.codes:
            raise ApiError(self.codes.pop(0))
        return {"RequestId": "right", "Items": [{"InstanceId": "i-1"}, {"InstanceId": "i-2"}]}

    def ask(self, action: str, given: Parameters) -> Answer:
        return self(action, given)

    def control(self, verb: str, arguments: Parameters) -> Answer:
        return self(verb, arguments)


@pytest.mark.parametrize(
    ("mutation", "asked"),
    [
        (request("A", drop("X")), [("A", {"Y": 2})]),
        (request(("B", "A"), drop("X"), put(Z=3)), [("A", {"Y": 2, "Z": 3})]),
        (request(EVERY, drop("X")), [("A", {"Y": 2})]),
        (request("B", drop("X")), [("A", {"X": 1, "Y": 2})]),
        (instead("A", "B", drop("X")), [("B", {"Y": 2})]),
        (instead("A", "B", when=lambda given: given["X"] == 2), [("A", {"X": 1, "Y": 2})]),
        (accept("A"), []),
        (before("A", lambda on, given: on.control("verb", {})), [("verb", {}), ("A", {"X": 1, "Y": 2})]),
        (after("A", lambda on, given, answer: on.ask("B", answer)), [("A", {"X": 1, "Y": 2}), ("B", Right()("A", {}))]),
        (after("B", lambda on, given, answer: on.ask("B", {})), [("A", {"X": 1, "Y": 2})]),
    ],
    ids=repr,
)
def test_what_is_asked_in_place_of_a_request(mutation: Mutation, asked: list[object]) -> None:
    right = Right()
    mutation("A", {"X": 1, "Y": 2}, right)
    assert right.asked == asked


@pytest.mark.parametrize(
    ("mutation", "answered"),
    [
        (answer("A", "RequestId", becomes("wrong")), "wrong"),
        (answer("B", "RequestId", becomes("wrong")), "right"),
        (answer("A", "RequestId", becomes("wrong"), when=lambda given: "X" in given), "wrong"),
        (answer("A", "RequestId", becomes("wrong"), when=lambda given: "Z" in given), "right"),
    ],
    ids=repr,
)
def test_what_is_answered_in_place_of_an_answer(mutation: Mutation, answered: str) -> None:
    assert mutation("A", {"X": 1}, Right())["RequestId"] == answered


def test_an_item_is_changed_once_a_call_has_named_it() -> None:
    right, mutation = Right(), once_called("Start", "Id", "List", "Items[]", put(State="wrong"))
    assert "wrong" not in str(mutation("List", {}, right))
    mutation("Start", {"Id": "i-2"}, right)
    assert mutation("List", {}, right)["Items"] == [{"InstanceId": "i-1"}, {"InstanceId": "i-2", "State": "wrong"}]
    assert "wrong" not in str(mutation("Other", {}, right))
    assert "wrong" not in str(mutation("List", {}, Right())), "another region remembers nothing"


LOCKED, STOCK = "OperationConflict", "OperationDenied.NoStock"


@pytest.mark.parametrize(
    ("mutation", "told"),
    [
        (swallow("A", LOCKED), "success"),
        (swallow("A"), "success"),
        (swallow("A", STOCK), (LOCKED, 409)),
        (swallow("B", LOCKED), (LOCKED, 409)),
        (retry("A", LOCKED, drop("X")), "success"),
        (retry("A", "", drop("X")), "success"),
        (retry("A", STOCK, drop("X")), (LOCKED, 409)),
        (refused_as("A", LOCKED, STOCK), (STOCK, 403)),
        (refused_as("A", STOCK, "Throttling"), (LOCKED, 409)),
        (refused_as("A", LOCKED, status=200), (LOCKED, 200)),
        (refused_as(EVERY, status=200, only=lambda right: right.code == STOCK), (LOCKED, 409)),
        (refused_as(EVERY, status=200, when=lambda given: "X" in given), (LOCKED, 200)),
        (refuse("A", STOCK), (STOCK, 403)),
        (refuse("A", STOCK, lambda given: "Z" in given), (LOCKED, 409)),
    ],
    ids=repr,
)
def test_what_becomes_of_a_refusal(mutation: Mutation, told: object) -> None:
    assert outcome(mutation, Right(LOCKED)) == told


def outcome(mutation: Mutation, right: Right) -> object:
    try:
        mutation("A", {"X": 1}, right)
    except ApiError as refusal:
        return refusal.code, refusal.status
    return "success"


def test_a_refusal_may_lose_its_message_and_the_id_of_its_request() -> None:
    with pytest.raises(ApiError) as refused:
        refused_as("A", message="", has_id=False)("A", {}, Right(LOCKED))
    assert (refused.value.message, refused.value.request_id) == ("", None)


def test_something_more_is_done_where_a_call_is_refused() -> None:
    right = Right(LOCKED)
    with pytest.raises(ApiError, match=LOCKED):
        after_refusal("A", LOCKED, lambda on, given: on("B", {}))("A", {}, right)
    assert right.asked == [("A", {}), ("B", {})]


def test_a_mutation_shows_how_it_was_written() -> None:
    assert repr(request(("A", "B"), drop("X"))) == "request(('A', 'B'), drop('X'))"
    shown = repr(answer("A", "Items[]", where(lambda each: each["N"] > 1, str.lower), when=len))
    assert shown == "answer('A', 'Items[]', where(lambda each: each['N'] > 1, str.lower), when=len)"
    two = [without(lambda each: each == 1), without(lambda each: each == 2)]
    assert repr(two) == "[without(lambda each: each == 1), without(lambda each: each == 2)]"


def test_calls_and_control_verbs_pass_through_the_first_mutation_first() -> None:
    inner = local_backend(CloudOptions.of())
    path = [
        answer("clock", "now", becomes(1)),
        answer("clock", "now", as_text()),
        answer("DescribeRegions", "RequestId", becomes("wrong")),
    ]
    assert "now" in inner.control("clock", {})
    assert Mutated(inner, path).control("clock", {})["now"] == 1
    assert Mutated(inner, path[::-1]).control("clock", {})["now"] == "1"
    assert Mutated(inner, path).call("DescribeRegions", {})["RequestId"] == "wrong"


def test_a_mutation_that_asks_for_what_is_refused_is_in_trouble() -> None:
    made = Mutated(
        local_backend(CloudOptions.of()), [before("DescribeRegions", lambda on, given: on.ask("Nothing", {}))]
    )
    with pytest.raises(HarnessError, match=r"asked for Nothing and was refused: InvalidAction"):
        made.call("DescribeRegions", {})


# Wrong regions


@pytest.mark.parametrize(
    ("clause", "changes", "says"),
    [
        ("instance/nothing", {"relocates": always(True)}, "instance/nothing"),
        ("recovery/relocates", {}, "changes nothing"),
        ("recovery/relocates", {"relocate": always(True)}, "unknown rule 'relocate'"),
        ("recovery/relocates", {"values": {"recovery.nothing": 1}}, "nothing"),
    ],
)
def test_a_row_that_makes_no_sense_is_refused(clause: str, changes: dict[str, Any], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        row("x", clause, "does something wrong", **changes)


def test_each_rule_of_a_row_takes_what_the_right_one_takes() -> None:
    right = Rules.__dict__ | {name: getattr(Rules, name) for name in dir(Rules)}
    for region in mutations.load().values():
        for name, rule in region.rules.items():
            names = list(inspect.signature(right[name]).parameters)[1:]
            function = getattr(rule, "function", rule)
            inspect.signature(function).bind("right", *names)


def test_rules_that_a_row_does_not_name_stay_right() -> None:
    made = row("x", "recovery/relocates", "says", zone_limit=lambda right: right.zone_limit() + 1)
    backend = made.backend(CloudOptions.of())
    rules = backend.cloud.rules  # type: ignore[attr-defined]
    assert (rules.zone_limit(), rules.region_limit(2), rules.sets_limit()) == (8, 16, 2)


def test_the_changes_of_every_row_can_be_read() -> None:
    for region in mutations.load().values():
        assert region.changes(), region.name
        for change in region.changes():
            assert " at 0x" not in change, region.name
            assert not change.endswith("lambda"), region.name
        assert region.wrap is None or (region.wrap.__doc__ != Wrapper.__doc__ and region.wrap.__doc__), region.name


def test_the_command_shows_what_a_wrong_region_changes(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["wrong", "vcpus-as-text"]) == 0
    told = capsys.readouterr().out
    assert told.startswith("vcpus-as-text tells vCPUs as a text\nIt breaks instance/describe-resources: ")
    assert told.endswith("\n- answer('DescribeInstances', 'Instances.Instance[].Cpu', as_text())\n")
    assert cli.main(["wrong", "vcpu-as-text"]) != 0
    assert "did you mean 'vcpus-as-text'" in capsys.readouterr().err
    assert cli.main(["wrong"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == len(mutations.load())


@pytest.mark.slow
def test_the_facade_imports_no_mutations() -> None:
    script = "import sys, faultzone; sys.exit('faultzone.mutations' in sys.modules)"
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)
