"""Answers as tests of clauses read them: what is missing or of another kind is the region's deviation."""

from __future__ import annotations

from typing import Any

import pytest

from faultzone import Invocation, make_region
from faultzone.api.answer import CURRENT, Field, Numbers, Rows, SpacedTime, Structure, Text, Texts, Time, Truth
from faultzone.api.answer import Number as NumberField
from faultzone.backends import answers
from faultzone.backends.answers import deviations, documented, from_control, is_of
from faultzone.errors import HarnessError, IncompleteAnswer, NotListed

FIRST, LATER = (2019, 2), (2020, 12)


def status(**instance: object) -> dict[str, Any]:
    pages = {"RequestId": "1", "TotalCount": 1, "PageNumber": 1, "PageSize": 10}
    return {**pages, "InstanceStatuses": {"InstanceStatus": [instance]}}


def test_what_is_as_documented_is_read_as_it_is() -> None:
    answer = status(InstanceId="i-1", Status="Running")
    held = documented("DescribeInstanceStatus", answer)
    assert held == answer
    assert documented("DescribeInstanceStatus", held) is held
    assert held["InstanceStatuses"]["InstanceStatus"][0]["Status"] == "Running"


@pytest.mark.parametrize(
    ("field", "right", "wrong"),
    [
        (Text(), ["", "x"], [1, True, [], {}]),
        (Time(), ["", "2019-03-01T00:00Z", "2019-03-01T00:00:00Z"], ["2019-03-01 00:00:00", "2019-02-30T00:00Z", 5]),
        (SpacedTime(), ["", "2019-03-01T00:00:00Z", "2019-03-01 00:00:00"], ["yesterday", "2019-03-01 00:00:00 ", 5]),
        (NumberField(), [0, 1.5], ["1", True, []]),
        (Truth(), [True, False], ["true", 1, 0]),
        (Structure(""), [{}], ["", [], 5]),
        (Rows(""), [[], [{}]], [[1], {}, ["x"], [None]]),
        (Texts(), [[], ["x"]], [[1], {}, "x"]),
        (Numbers(), [[], [1, 2.5]], [["1"], [True], {}, 1]),
    ],
    ids=lambda each: type(each).__name__ if isinstance(each, Field) else "",
)
def test_kinds(field: Field, right: list[object], wrong: list[object]) -> None:
    assert [each for each in right if not is_of(field, each)] == []
    assert [each for each in wrong if is_of(field, each)] == []


@pytest.mark.parametrize(
    ("item", "says"),
    [
        ({}, "there is no InstanceStatuses.InstanceStatus[0].Status, only nothing"),
        ({"Status": None}, "InstanceStatuses.InstanceStatus[0].Status is null"),
        ({"Status": 5}, "InstanceStatuses.InstanceStatus[0].Status is 5, where text is documented"),
    ],
)
def test_a_field_that_is_missing_or_of_another_kind_is_told(item: dict[str, Any], says: str) -> None:
    shown = documented("DescribeInstanceStatus", status(**item))["InstanceStatuses"]["InstanceStatus"][0]
    with pytest.raises(IncompleteAnswer) as found:
        shown["Status"]
    assert str(found.value) == f"DescribeInstanceStatus: {says}"
    assert shown.get("Status") is None


def test_an_item_that_is_missing_is_told() -> None:
    shown = documented("DescribeInstanceStatus", status())["InstanceStatuses"]["InstanceStatus"]
    with pytest.raises(IncompleteAnswer, match=r"^DescribeInstanceStatus: InstanceStatuses.InstanceStatus has no item"):
        shown[1]


def test_what_answers_an_unknown_action_is_read_without_kinds() -> None:
    shown = documented("DescribeMoons", {"Moons": 5, "Ring": None})
    assert shown["Moons"] == 5
    with pytest.raises(IncompleteAnswer, match="DescribeMoons: Ring is null"):
        shown["Ring"]
    with pytest.raises(HarnessError, match="DescribeMoons"):
        deviations("DescribeMoons", {}, FIRST)


def test_kinds_are_those_of_the_action() -> None:
    listed = {"Instances": {"Instance": [{"IoOptimized": True}]}}
    assert documented("DescribeInstances", listed)["Instances"]["Instance"][0]["IoOptimized"] is True
    with pytest.raises(IncompleteAnswer, match="IoOptimized is True, where text is documented"):
        documented("DescribeInstanceAttribute", {"IoOptimized": True})["IoOptimized"]


@pytest.mark.parametrize(
    ("item", "told"),
    [
        ({"InstanceId": "i-1", "Status": "Running"}, []),
        ({"InstanceId": "i-1"}, ["InstanceStatuses.InstanceStatus[0].Status is missing"]),
        (
            {"InstanceId": "i-1", "Status": 5},
            ["InstanceStatuses.InstanceStatus[0].Status is 5, where text is documented"],
        ),
        (
            {"InstanceId": "i-1", "Status": "Running", "Moon": 1},
            ["InstanceStatuses.InstanceStatus[0].Moon is not documented"],
        ),
        (
            {"InstanceId": "i-1", "Status": None},
            ["InstanceStatuses.InstanceStatus[0].Status is null"],
        ),
    ],
)
def test_deviations_are_named_with_the_way_to_them(item: dict[str, Any], told: list[str]) -> None:
    answer = status(**item)
    assert deviations("DescribeInstanceStatus", answer, FIRST) == told
    assert deviations("DescribeInstanceStatus", documented("DescribeInstanceStatus", answer), FIRST) == told


def test_what_came_later_is_neither_missed_nor_allowed_before() -> None:
    answer = {"RequestId": "1", "InvokeId": "t-1"}
    assert deviations("InvokeCommand", answer, FIRST) == deviations("InvokeCommand", answer, CURRENT) == []
    region = make_region(edition="2020-12")
    region.call("CreateCommand", Name="a", Type="RunShellScript", CommandContent="eA==")
    listed = region.call("DescribeCommands")
    assert deviations("DescribeCommands", listed, LATER) == []
    assert deviations("DescribeCommands", listed, FIRST) == [
        "Commands.Command[0].EnableParameter came with edition 2020-12",
        "Commands.Command[0].ParameterNames came with edition 2020-12",
    ]
    assert "Commands.Command[0].Tags is missing" in deviations("DescribeCommands", listed, CURRENT)


def test_a_region_reads_no_kinds_outside_tests_of_clauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "shape_of", None)
    region = make_region()
    (instance,) = region.run_instances(1)
    assert instance.describe()["Status"] == "Running"
    region.strict = True
    with pytest.raises(TypeError):
        instance.describe()


def test_output_that_is_no_base64_is_told() -> None:
    assert Invocation.written({"Output": "eA=="}) == "x"
    with pytest.raises(IncompleteAnswer, match="'Output' in the answer is 'x', where Base64 is documented"):
        Invocation.written({"Output": "x"})


def test_what_a_listing_leaves_out_is_told() -> None:
    region = make_region()
    one, other = region.run_instances(2)
    ran = region.run_command("true", on=one)
    assert ran.states[one.id] == "Finished"
    with pytest.raises(NotListed, match=f"shows no target {other.id}, but .*{one.id}"):
        ran.states[other.id]
    with pytest.raises(NotListed, match=f"has no record of {other.id}"):
        ran.result(other)


def test_what_a_control_verb_leaves_out_is_the_harnesss_trouble() -> None:
    hosts = from_control("hosts", {"hosts": [{"id": "h1"}]})["hosts"]
    assert hosts == [{"id": "h1"}]
    with pytest.raises(HarnessError, match=r"the answer to the control verb 'hosts' has no 'zone'; it has \['id'\]"):
        hosts[0]["zone"]
