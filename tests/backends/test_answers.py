"""Answers as tests of clauses read them: what is missing or of another kind is the region's deviation."""

from __future__ import annotations

from typing import Any

import pytest

from faultzone import Invocation, make_region
from faultzone.backends import answers
from faultzone.backends.answers import documented, fields, from_control, is_of
from faultzone.errors import HarnessError, IncompleteAnswer, NotListed


def test_what_is_as_documented_is_read_as_it_is() -> None:
    answer = {"TotalCount": 1, "Instances": {"Instance": [{"Status": "Running", "Cpu": 2, "Recyclable": False}]}}
    assert documented(answer) == answer
    assert documented(documented(answer)) == answer
    assert documented(answer)["Instances"]["Instance"][0]["Recyclable"] is False


@pytest.mark.parametrize(
    ("kind", "right", "wrong"),
    [
        ("text", ["", "x"], [1, True, [], {}]),
        ("time", ["", "2019-03-01T00:00Z", "2019-03-01T00:00:00Z"], ["2019-03-01 00:00:00", "2019-02-30T00:00Z", 5]),
        ("date", ["", "2019-03-01T00:00:00Z", "2019-03-01 00:00:00"], ["yesterday", "2019-03-01 00:00:00 ", 5]),
        ("number", [0, 1.5], ["1", True, []]),
        ("truth", [True, False], ["true", 1, 0]),
        ("object", [{}], ["", [], 5]),
        ("objects", [[], [{}]], [[1], {}, ["x"], [None]]),
        ("texts", [[], ["x"]], [[1], {}, "x"]),
        ("list", [[], [1, "x"]], [{}, "x"]),
    ],
)
def test_kinds(kind: str, right: list[object], wrong: list[object]) -> None:
    assert [each for each in right if not is_of(kind, each)] == []
    assert [each for each in wrong if is_of(kind, each)] == []


def test_every_kind_that_fields_have_is_one() -> None:
    kinds = {kind for names in fields().values() for kind in names.values()}
    assert [kind for kind in kinds if not isinstance(is_of(kind, ""), bool)] == []


@pytest.mark.parametrize(
    ("item", "says"),
    [
        ({}, "there is no 'Status' in the answer, where it has []"),
        ({"Status": None}, "'Status' in the answer is null"),
        ({"Status": 5}, "'Status' in the answer is 5, where text is documented"),
    ],
)
def test_a_field_that_is_missing_or_of_another_kind_is_told(item: dict[str, Any], says: str) -> None:
    shown = documented({"Instances": {"Instance": [item]}})["Instances"]["Instance"][0]
    with pytest.raises(IncompleteAnswer) as found:
        shown["Status"]
    assert str(found.value) == says
    assert shown.get("Status") is None


def test_a_region_reads_no_kinds_outside_tests_of_clauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "fields", None)
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
