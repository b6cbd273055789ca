"""What becomes of parameters that no edition has, that came later, and that are not simulated."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Any

import pytest

from faultzone import ApiError, UsageError, make_region
from faultzone.api.request import COMMON, Parameter
from faultzone.cli.actions import implemented
from faultzone.editions import EDITIONS, names

#: Names that no edition has: plain, with another case, with an index, in a structure, in a list of structures.
UNKNOWN = {
    "Nonsense": "1",
    "instanceName": "x",
    "Nonsense.1": "1",
    "Nonsense.A.1.B": "1",
    "SystemDisk.size": "40",
    "Tag.1.KEY": "tier",
}
LAUNCH = {"ImageId": "centos_7_06_64_20G_alibase_20190218.vhd", "InstanceType": "ecs.g5.large"}


@pytest.mark.parametrize("edition", names())
def test_names_that_no_edition_has_are_ignored_and_the_journal_names_them(edition: str) -> None:
    with make_region(edition=edition) as region:
        region.call("RunInstances", **LAUNCH, **UNKNOWN, **{"Tag.1.Key": "a"})
        region.call("DescribeInstances", InstanceId="i-none")
        with pytest.raises(ApiError):
            region.call("DeleteInstance", InstanceId="i-none", Colour="red")
        region.call("DescribeInstances")
        entries = [data for *_, data in region.journal.entries if "action" in data]
    said = [sorted(each.get("ignored", ())) for each in entries]
    assert said == [
        ["Nonsense", "Nonsense.1", "Nonsense.A.1.B", "SystemDisk.size", "Tag.1.KEY", "instanceName"],
        ["InstanceId"],
        ["Colour"],
        [],
    ]


@pytest.mark.parametrize("name", UNKNOWN)
def test_a_strict_region_refuses_them_and_changes_nothing(name: str) -> None:
    with make_region(unknown="refuse") as region:
        with pytest.raises(ApiError) as refused:
            region.call("RunInstances", **LAUNCH, **{"Tag.1.Key": "a", name: UNKNOWN[name]})
        assert refused.value.code == "UnsupportedParameter"
        assert region.call("DescribeInstances")["TotalCount"] == 0


class Odd:
    """A value that can be compared with nothing, and not shown."""

    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        raise RuntimeError

    def __repr__(self) -> str:
        raise RuntimeError


ODD_NAMES: dict[str, dict[str, Any]] = {
    "without end": {"A.b.c.d.e.f.g": "1"},
    "with empty parts": {"A..B": "1", ".": "1", "A.": "1"},
    "a value and a structure": {"A": "1", "A.1": "1", "A.1.B": "1"},
    "with a gap": {"A.1": "1", "A.7": "1"},
    "of what has no parts": {"RegionId.1": "1"},
    "escapes": {"A\x1b[31m\n": "1", "A\x00": "1", "\ud800": "1"},
    "any value": {"A": Odd(), "B": [], "C": {"D": Odd()}},
}


@pytest.mark.parametrize("given", ODD_NAMES.values(), ids=ODD_NAMES)
def test_names_of_any_form_are_ignored(given: dict[str, Any]) -> None:
    with make_region() as region:
        region.call("RunInstances", **LAUNCH, **given)
        *_, data = region.journal.of("call")[-1]
        assert (data["ignored"], region.call("DescribeInstances")["TotalCount"]) == (list(given), 1)


def test_the_journal_has_the_first_names_cut_and_no_value() -> None:
    with make_region() as region:
        many = {f"Name{number}": "x" * 999 for number in range(1_000)}
        region.call("RunInstances", **LAUNCH, **{"N" * 100_000: "1", "Kennwort": "geheim", **many})
        region.call("DescribeInstances", **many)
        with pytest.raises(ApiError):
            region.call("DeleteInstance", InstanceId="i-none", **many)
        entries = [data for *_, data in region.journal.entries if "ignored" in data]
        assert len(entries) == 3
        for data in entries:
            assert (len(data["ignored"]), data["ignored"][-1]) == (33, "...")
            assert len(str(data)) < 4_000
        assert entries[0]["ignored"][:2] == ["N" * 64, "Kennwort"]
        assert "geheim" not in str(region.journal.entries)


def test_what_asks_for_what_happens_anyway_is_taken_together() -> None:
    same = {"Tenancy": "default", "HibernationOptions.Configured": "false", "PrivatePoolOptions.MatchCriteria": "None"}
    launch = {"ImageId": "aliyun_3_x64_20G_alibase_20240528.vhd", "InstanceType": "ecs.g8i.large"}
    with make_region(edition="2026-10", unknown="refuse") as region:
        region.call("RunInstances", **launch, **same)
        region.call("CreateLaunchTemplate", **launch, LaunchTemplateName="lt", EnableVmOsConfig="false")
        region.call("RunInstances", LaunchTemplateName="lt", **same)
        assert region.call("DescribeInstances")["TotalCount"] == 2


def test_there_are_two_ways() -> None:
    with pytest.raises(UsageError, match="unknown='drop': expected 'ignore' or 'refuse'"):
        make_region(unknown="drop")


def test_what_came_later_is_refused_with_the_edition_that_has_it() -> None:
    with make_region(edition="2019-02") as region, pytest.raises(ApiError) as refused:
        region.call("RunInstances", **LAUNCH, **{"SystemDisk.PerformanceLevel": "PL1"})
    assert refused.value.code == "UnsupportedParameter"
    assert "it is there from edition 2020-12 on; this region is of 2019-02" in refused.value.message


def refused_parameters() -> Iterator[tuple[str, Parameter]]:
    for name, request in implemented().items():
        yield from ((name, each) for each in request.parameters.values() if each.refused)


@pytest.mark.parametrize(
    ("action", "parameter"), list(refused_parameters()), ids=lambda each: getattr(each, "name", each)
)
def test_what_is_not_simulated_is_refused_with_a_sentence(action: str, parameter: Parameter) -> None:
    request = implemented()[action]
    for value in ("some", ["some"], {"Any": "some"}):
        with pytest.raises(ApiError) as refused:
            request.parse({"RegionId": "cn-hangzhou", parameter.name: value}, edition=EDITIONS[-1].date)
        assert refused.value.code == "UnsupportedParameter"
        assert parameter.refused in refused.value.message
    for harmless in filter(None, map(str, parameter.harmless)):
        assert parameter.read(parameter.name, harmless, EDITIONS[-1].date, None) == harmless
        assert parameter.read(parameter.name, {"Any": harmless}, EDITIONS[-1].date, None) == (harmless,)


def names_of(model: Any) -> set[str]:
    """The names on the wire of the parameters of a class of the SDK."""
    return set(re.findall(r"result\['([^']+)'\]", inspect.getsource(model.to_map)))


@pytest.mark.slow
def test_every_parameter_of_the_sdk_is_declared() -> None:
    """In one of the ways: it acts, it is inert, or it is refused with a sentence."""
    models = pytest.importorskip("alibabacloud_ecs20140526.models")
    missing = []
    for action, request in implemented().items():
        model = getattr(models, f"{action}Request", None)
        if model is None:
            continue  # A name of an earlier time.
        missing += [f"{action}.{name}" for name in names_of(model) - request.parameters.keys() - COMMON]
        for name, parameter in request.parameters.items():
            nested = getattr(models, f"{action}Request{name}", None)
            if nested is not None and parameter.fields is not None:
                missing += [f"{action}.{name}.{field}" for field in names_of(nested) - parameter.fields.keys()]
    assert sorted(missing) == []
