"""Parsing: one request class, two forms of each value, and nothing ignored in silence."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faultzone.api.ecs.batches import StartInstances
from faultzone.api.errors import CODES, ApiError
from faultzone.api.request import (
    Request,
    flag,
    integer,
    json_structure,
    json_texts,
    number,
    structure,
    structures,
    text,
    texts,
)
from faultzone.backends.http import flatten
from faultzone.editions import Date


class Sample(Request):
    """Every kind of parameter."""

    name: str | None = text("Name")
    colour: str | None = text("Colour", among=("red", "blue"))
    shade: str | None = text("Shade", among=("dark",), code="InvalidPeriod")
    count: int = integer("Count", 7, least=1, most=100)
    period: int | None = integer("Period", least=1, code="InvalidPeriod")
    anything: int | None = integer("Anything")
    price: float | None = number("Price")
    dry: bool = flag("Dry")
    ids: tuple[str, ...] = texts("Id", most=3, too_many="InstanceIds.ExceedLimit")
    json_ids: tuple[str, ...] | None = json_texts("JsonIds", most=3)
    disk: dict[str, Any] | None = structure(
        "Disk", integer("Size", least=1), text("Kind"), text("Level", since=(2020, 12))
    )
    tags: tuple[dict[str, Any], ...] = structures("Tag", text("Key"), text("Value"), most=2)
    filters: tuple[dict[str, Any], ...] = structures("Filter", text("Key", also="key"), gaps=True)
    options: dict[str, str] = json_structure("Options")
    later: str | None = text("Later", since=(2020, 12))


class Strict(Sample):
    """With what is mandatory."""

    parameters: ClassVar = Sample.parameters
    needs_region = True
    key: str = text("Key", required=True)


def refused(given: dict[str, object], kind: type[Request] = Sample) -> str:
    """The code with which these parameters are refused."""
    with pytest.raises(ApiError) as refusal:
        kind.parse(given)
    assert refusal.value.code in CODES
    return refusal.value.code


def test_what_is_absent_has_its_default_and_is_not_given() -> None:
    request = Sample.parse({"Name": "", "Count": None})
    assert (request.name, request.count, request.dry, request.ids, request.tags) == (None, 7, False, (), ())
    assert request.given == {}


@pytest.mark.parametrize(
    ("flat", "nested", "attribute", "value"),
    [
        ({"Count": "9"}, {"Count": 9}, "count", 9),
        ({"Anything": "-12"}, {"Anything": -12}, "anything", -12),
        ({"Anything": str(-(1 << 63))}, {"Anything": -(1 << 63)}, "anything", -(1 << 63)),
        ({"Anything": str((1 << 63) - 1)}, {"Anything": (1 << 63) - 1}, "anything", (1 << 63) - 1),
        ({"Price": "0.97"}, {"Price": 0.97}, "price", 0.97),
        ({"Price": "3"}, {"Price": 3}, "price", 3.0),
        ({"Dry": "True"}, {"Dry": True}, "dry", True),
        ({"Dry": " false "}, {"Dry": False}, "dry", False),
        ({"Name": "true"}, {"Name": True}, "name", "true"),
        ({"Name": "1.5"}, {"Name": 1.5}, "name", "1.5"),
        ({"Id.1": "a", "Id.2": "b"}, {"Id": ["a", "b"]}, "ids", ("a", "b")),
        ({"Id.2": "b", "Id.1": "a"}, {"Id": ("a", "b")}, "ids", ("a", "b")),
        ({"Id": "a"}, {"Id": ["a"]}, "ids", ("a",)),
        ({"JsonIds": '["a", "b"]'}, {"JsonIds": ["a", "b"]}, "json_ids", ("a", "b")),
        ({"JsonIds": "[]"}, {"JsonIds": []}, "json_ids", ()),
        # as Python writes a list, which the service's parser takes
        ({"JsonIds": "['a', 'b']"}, {"JsonIds": ["a", "b"]}, "json_ids", ("a", "b")),
        (
            {"JsonIds": "['\"a\"', \"b'\", 'c\\'\\n']"},
            {"JsonIds": ['"a"', "b'", "c'\n"]},
            "json_ids",
            ('"a"', "b'", "c'\n"),
        ),
        ({"Options": "{'a': 'b'}"}, {"Options": {"a": "b"}}, "options", {"a": "b"}),
        (
            {"Filter.3.Key": "a", "Filter.12.key": "b"},
            {"Filter": [{"Key": "a"}, {"key": "b"}]},
            "filters",
            ({"Key": "a"}, {"Key": "b"}),
        ),
        (
            {"Disk.Size": "40", "Disk.Kind": "x"},
            {"Disk": {"Size": 40, "Kind": "x"}},
            "disk",
            {"Size": 40, "Kind": "x"},
        ),
        ({"Tag.1.Key": "k"}, {"Tag": [{"Key": "k"}]}, "tags", ({"Key": "k"},)),
    ],
)
def test_flat_and_python_forms_mean_the_same(
    flat: dict[str, object], nested: dict[str, object], attribute: str, value: object
) -> None:
    assert getattr(Sample.parse(flat), attribute) == getattr(Sample.parse(nested), attribute) == value


@pytest.mark.parametrize(
    ("code", "given"),
    [
        # gaps, duplicates, places that exclude each other
        ("InvalidParameter", {"Id.1": "a", "Id.3": "b"}),
        ("InvalidParameter", {"Id.0": "a"}),
        ("InvalidParameter", {"Id.01": "a"}),
        ("InvalidParameter", {"Id.-1": "a"}),
        ("InvalidParameter", {"Id.x": "a"}),
        ("InvalidParameter", {"Id.1000000000000000000000": "a"}),
        ("InvalidParameter", {"Id": "a", "Id.1": "b"}),
        ("InvalidParameter", {"Id.1": "b", "Id": "a"}),
        ("InvalidParameter", {"Tag.1": "a", "Tag.1.Key": "b"}),
        ("InvalidParameter", {"Tag.1.Key": "b", "Tag.1": "a"}),
        ("InvalidParameter", {"Tag.1.Key": "a", "Tag.3.Key": "b"}),
        ("InvalidParameter", {"Tag.Key": "a"}),
        ("InvalidParameter", {"Filter." + "9" * 5_000 + ".Key": "a"}),
        ("InvalidParameter", {"Filter.1.Key": "a", "Filter.1.key": "a"}),
        ("UnsupportedParameter", {"Filter.1.KEY": "a"}),
        ("InvalidParameter", {"Disk.1": "a"}),
        ("InvalidParameter", {"Name.1": "a"}),
        ("UnsupportedParameter", {".": "a"}),
        ("InvalidParameter", {"Tag..Key": "a"}),
        ("InvalidParameter", {"Tag.1.": "a"}),
        ("UnsupportedParameter", {".".join("abcdefg"): "a"}),
        ("InvalidParameter", {"Tag.1.a.b.c.d.e": "a"}),
        # values of another type
        ("InvalidParameter", {"Name": ["a"]}),
        ("InvalidParameter", {"Name": {"a": "b"}}),
        ("InvalidParameter", {"Name": b"a"}),
        ("InvalidParameter", {"Count": "nine"}),
        ("InvalidParameter", {"Count": "1.0"}),
        ("InvalidParameter", {"Count": "\uff11"}),
        ("InvalidParameter", {"Count": 1.0}),
        ("InvalidParameter", {"Count": True}),
        ("InvalidParameter", {"Count": " 1"}),
        ("InvalidParameter", {"Count": "--1"}),
        *(("InvalidParameter", {"Price": each}) for each in ("nan", "inf", "-1", "1e5", ".5", "9" * 99, True)),
        *(("InvalidParameter", {"Price": each}) for each in (float("nan"), -0.5, 10**30, ["1"])),
        ("InvalidParameter", {"Dry": "yes"}),
        ("InvalidParameter", {"Dry": 1}),
        ("InvalidParameter", {"Id": [["a"]]}),
        ("InvalidParameter", {"Id": [None]}),
        ("InvalidParameter", {"Disk": "ssd"}),
        ("InvalidParameter", {"Disk": {"Size": ["40"]}}),
        ("InvalidParameter", {"Disk": {"Size": "abc"}}),
        ("InvalidParameter", {"Disk.Size": "0"}),
        ("InvalidParameter", {"Disk.Size.B.C.D": "deep"}),
        ("InvalidParameter", {"Tag": ["k"]}),
        ("InvalidParameter", {"Tag": [{"Key": {"k": "v"}}]}),
        # text that is no array of texts, in quotes of either kind
        ("InvalidParameter", {"JsonIds": "('a',)"}),
        ("InvalidParameter", {"JsonIds": "['a"}),
        ("InvalidParameter", {"JsonIds": "['a' 'b']"}),
        ("InvalidParameter", {"JsonIds": "[a]"}),
        ("InvalidParameter", {"JsonIds": "'a'"}),
        ("InvalidParameter", {"JsonIds": "{'a': 'b'}"}),
        ("InvalidParameter", {"JsonIds": "[" * 100_000 + "'"}),
        ("InvalidParameter", {"JsonIds": "a"}),
        ("InvalidParameter", {"JsonIds": '"a"'}),
        ("InvalidParameter", {"JsonIds": '{"a": 1}'}),
        ("InvalidParameter", {"JsonIds": "[1]"}),
        ("InvalidParameter", {"JsonIds": "[null]"}),
        ("InvalidParameter", {"JsonIds": "[" * 100_000}),
        ("InvalidParameter", {"JsonIds": "9" * 5_000}),
        ("InvalidParameter", {"JsonIds": {"a": "b"}}),
        # what no text may hold
        ("InvalidParameter", {"Name": "a\x00b"}),
        ("InvalidParameter", {"Id": ["\x00"]}),
        ("InvalidParameter", {"Name": "\ud800"}),
        # numbers out of range
        ("InvalidParameter", {"Count": 0}),
        ("InvalidParameter", {"Count": 101}),
        ("InvalidParameter", {"Anything": 1 << 63}),
        ("InvalidParameter", {"Anything": "1" * 20}),
        ("InvalidParameter", {"Anything": "9" * 10_000}),
        ("InvalidPeriod", {"Period": 0}),
        # too many, and none of those that there are
        ("InstanceIds.ExceedLimit", {"Id": list("abcd")}),
        ("InvalidParameter", {"JsonIds": list("abcd")}),
        ("InvalidParameter", {"Tag": [{"Key": each} for each in "abc"]}),
        ("InvalidParameter", {f"Id.{each}": "a" for each in range(1, 1002)}),
        ("InvalidParameter", {"Colour": "Red"}),
        ("InvalidPeriod", {"Shade": "light"}),
        # what the action does not take
        ("UnsupportedParameter", {"name": "a"}),
        ("UnsupportedParameter", {"Nonsense": "a"}),
        ("UnsupportedParameter", {"Nonsense.1": "a"}),
        ("UnsupportedParameter", {"Later": "a"}),
        ("UnsupportedParameter", {"Disk.size": "40"}),
        ("UnsupportedParameter", {"Disk.Level": "high"}),
        ("UnsupportedParameter", {"Tag.1.key": "k"}),
        ("UnsupportedParameter", {"Tag": [{"Key": "k", "Colour": "red"}]}),
    ],
)
def test_what_is_refused_has_a_code(code: str, given: dict[str, object]) -> None:
    assert refused(given) == code


def test_what_is_mandatory_must_be_given() -> None:
    assert refused({"RegionId": "cn-hangzhou"}, Strict) == "MissingParameter"
    assert refused({"RegionId": "cn-hangzhou", "Key": ""}, Strict) == "MissingParameter"
    batch = {"RegionId": "cn-hangzhou", "InstanceId": []}
    with pytest.raises(ApiError, match="InstanceId"):
        StartInstances.parse(batch, edition=(2020, 12))
    assert refused({"Key": "k"}, Strict) == "MissingParameter"
    assert Strict.parse({"Key": "k", "RegionId": "cn-hangzhou"}).key == "k"


def test_what_came_later_is_taken_from_its_edition_on() -> None:
    later = Sample.parse({"Later": "a", "Disk.Level": "high"}, edition=(2020, 12))
    assert (later.later, later.disk) == ("a", {"Level": "high"})


def test_what_every_action_takes_is_not_looked_at() -> None:
    common = {"Action": "Sample", "Version": "2014-05-26", "OwnerId": "1", "Signature": "x", "Timestamp": "now"}
    assert Sample.parse(common).given == {}


TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1, max_size=12)
NESTED = st.fixed_dictionaries(
    {},
    optional={
        "Name": TEXT,
        "Count": st.integers(1, 100),
        "Anything": st.integers(-(1 << 63), (1 << 63) - 1),
        "Dry": st.booleans(),
        "Id": st.lists(TEXT, min_size=1, max_size=3),
        "Disk": st.fixed_dictionaries({"Size": st.integers(1, 100)}, optional={"Kind": TEXT}),
        "Tag": st.lists(st.fixed_dictionaries({"Key": TEXT}, optional={"Value": TEXT}), min_size=1, max_size=2),
    },
)


@given(NESTED)
def test_flattened_parameters_mean_the_same(nested: dict[str, object]) -> None:
    assert Sample.parse(flatten(nested)).given == Sample.parse(nested).given


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.binary(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
NAMES = st.sampled_from([*Sample.parameters, "Id.1", "Id.2", "Tag.1.Key", "Tag.2.Key", "Disk.Size"]) | st.text(
    max_size=8
)


@given(st.dictionaries(NAMES, ANYTHING, max_size=4))
def test_whatever_is_given_is_taken_or_refused(given: dict[str, object]) -> None:
    with suppress(ApiError):
        assert isinstance(Sample.parse(given), Sample)


def test_a_later_edition_takes_other_values() -> None:
    class Ask(Request):
        word: str | None = text("Word", among=("a", "b"), later={(2020, 12): {"among": ("b", "c")}})
        count: int = integer("Count", 1, most=5, later={(2020, 12): {"most": 7}, (2026, 10): {"least": 2, "most": 9}})
        ids: tuple[str, ...] = texts("Id", most=1, too_many="InstanceIds.ExceedLimit", later={(2026, 10): {"most": 2}})

    def takes(edition: Date, **given: object) -> bool:
        try:
            Ask.parse(given, edition=edition)
        except ApiError:
            return False
        return True

    editions: tuple[Date, ...] = ((2019, 2), (2020, 12), (2026, 10))
    taken = {
        (name, value): [takes(each, **{name: value}) for each in editions]
        for name, value in (("Word", "a"), ("Word", "b"), ("Word", "c"), ("Count", 1), ("Count", 6), ("Count", 9))
    }
    assert taken == {
        ("Word", "a"): [True, False, False],
        ("Word", "b"): [True, True, True],
        ("Word", "c"): [False, True, True],
        ("Count", 1): [True, True, False],
        ("Count", 6): [False, True, True],
        ("Count", 9): [False, False, True],
    }
    assert [takes(each, Id=["1", "2"]) for each in editions] == [False, False, True]
    assert not takes((2026, 10), Id=["1", "2", "3"])
