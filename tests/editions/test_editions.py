from __future__ import annotations

import ast
from pathlib import Path

import pytest

import faultzone
from faultzone import ApiError, assert_refused, editions, make_region
from faultzone.editions import Edition
from faultzone.errors import UsageError

#: One whose name and date no code knows.
TOMORROW = editions.EDITIONS[-1]._replace(name="tomorrow", date=(2090, 1))


def test_editions_are_ordered_by_their_dates() -> None:
    assert editions.DEFAULT in editions.names()
    assert [each.date for each in editions.EDITIONS] == sorted({each.date for each in editions.EDITIONS})
    assert [editions.date_text(each.date) for each in editions.EDITIONS] == list(editions.names())


@pytest.mark.parametrize("name", editions.names())
def test_every_edition_loads(name: str) -> None:
    edition = editions.load(name)
    assert edition.name == name
    assert editions.load(name) is edition
    assert edition.deployment_set.zone_limit > 0
    assert "ecs.g5" in edition.deployment_set.families


def test_an_unknown_edition_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(UsageError, match=r"unknown edition '1999-01': expected one of '2019-02'"):
        editions.load("1999-01")


def test_a_derived_edition_differs_in_what_was_changed_alone() -> None:
    original = editions.load(editions.DEFAULT)
    before = original.deployment_set.zone_limit
    families = frozenset({"ecs.c5"})
    derived = original.changed({"deployment_set.zone_limit": 20, "deployment_set.families": families})
    assert derived.deployment_set.zone_limit == 20
    assert derived.deployment_set.families == families
    assert derived.name == original.name
    assert derived.instance is original.instance
    assert original.deployment_set.zone_limit == before
    assert derived.changed({"instance.suffix_first": 0}).deployment_set.zone_limit == 20


@pytest.mark.parametrize(
    "path", ["zone_limit", "deployment_set.zone-limit", "deployment_sets.zone_limit", "zone-limit"]
)
def test_a_value_that_an_edition_does_not_have_cannot_be_changed(path: str) -> None:
    with pytest.raises(UsageError, match=r"unknown value .*: .*'deployment_set\.zone_limit'"):
        editions.load(editions.DEFAULT).changed({path: 1})


@pytest.mark.parametrize(
    ("name", "code"), [("2019-02", "InvalidParam.pageNumber"), ("2020-12", "InvalidParam.PageNumber")]
)
def test_a_code_has_the_name_that_the_edition_gives_it(name: str, code: str) -> None:
    region = make_region(edition=name)
    refusal = assert_refused(code, lambda: region.call("DescribeInvocations", PageNumber=0))
    assert (refusal.status, refusal.message) == (403, "The specified parameter is invalid.")


@pytest.mark.parametrize("edition", [TOMORROW, editions.EDITIONS[0]._replace(name="renamed")])
def test_a_region_follows_an_edition_whose_name_nobody_knew(edition: Edition) -> None:
    region = make_region(edition=edition)
    (instance,) = region.run_instances(1)
    assert region.run_command("true", on=instance).status == "Finished"
    with region.chaos.crash(instance.host or ""):
        region.clock.advance("1h")
    assert instance.status == "Running"


def test_what_came_with_an_edition_is_there_in_all_that_are_later() -> None:
    assert TOMORROW.has((2020, 12))
    assert not editions.load("2019-02").has((2019, 3))
    asked = {"MaxResults": 10}
    assert make_region(edition=TOMORROW).call("DescribeDisks", **asked)["Disks"]["Disk"] == []
    assert_refused("UnsupportedParameter", lambda: make_region(edition="2019-02").call("DescribeDisks", **asked))


@pytest.mark.slow
def test_each_value_is_read_by_the_code() -> None:
    """One that nothing reads would be a rule that stands in the file alone."""
    sources = [each for each in Path(faultzone.__path__[0]).rglob("*.py") if "mutations" not in each.parts]
    read = {
        node.attr
        for source in sources
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute)
    }
    values = {
        f"{chapter}.{name}": name
        for edition in editions.EDITIONS
        for chapter, names in edition.values().items()
        for name in names
    }
    assert {path for path, attribute in values.items() if attribute not in read} == set()


@pytest.mark.parametrize(
    "chapter", [each for each in editions.load()._fields if hasattr(getattr(editions.load(), each), "_fields")]
)
def test_a_value_that_is_missing_or_unknown_is_named_when_the_edition_is_imported(chapter: str) -> None:
    """The type checker finds both before that: a chapter is a NamedTuple without defaults."""
    whole = getattr(editions.load(editions.MANUAL), chapter)
    assert not whole._field_defaults
    for name in whole._fields:
        with pytest.raises(TypeError, match=rf"missing 1 required positional argument: '{name}'"):
            type(whole)(**{each: value for each, value in whole._asdict().items() if each != name})
    with pytest.raises((TypeError, ValueError), match="colour"):
        whole._replace(colour="blue")


def test_regions_follow_the_newest_complete_edition_unless_another_is_pinned() -> None:
    assert [each.name for each in editions.EDITIONS if each.complete][-1] == editions.DEFAULT
    before = editions.followed()
    end, inner = editions.follow("2026-10"), editions.follow("2019-02")
    assert editions.followed() == editions.load().name == "2019-02"
    inner()
    assert editions.followed() == "2026-10"
    with make_region() as region:
        assert region.edition.name == "2026-10"
    end()
    assert editions.followed() == before
    with pytest.raises(UsageError, match="unknown edition '1999-01'"):
        editions.follow("1999-01")


LATER_TYPE, LATER_IMAGE = "ecs.g8i.large", "aliyun_3_x64_20G_alibase_20240528.vhd"


@pytest.mark.parametrize("edition", ["2019-02", "2020-12"])
@pytest.mark.parametrize(
    ("action", "given", "code"),
    [
        ("RunInstances", {"InstanceType": LATER_TYPE, "ImageId": LATER_IMAGE}, "InvalidInstanceType.ValueNotSupported"),
        ("RunInstances", {"InstanceType": "ecs.g5.large", "ImageId": LATER_IMAGE}, "InvalidImageId.NotFound"),
    ],
)
def test_what_a_later_edition_knows_is_refused_with_that_edition(
    edition: str, action: str, given: dict[str, str], code: str
) -> None:
    with make_region(edition=edition) as region, pytest.raises(ApiError) as refused:
        region.call(action, **given)
    assert refused.value.code == code
    said = f" It is there from edition 2026-10 on; this region is of {edition}."
    assert refused.value.message.endswith(said)


def test_what_no_edition_knows_is_refused_without_one() -> None:
    launch = {"InstanceType": "ecs.g5.large", "ImageId": "no_such_image"}
    for wrong in (launch, {**launch, "InstanceType": "ecs.nonsense.vast"}):
        with make_region(edition="2019-02") as region, pytest.raises(ApiError) as refused:
            region.call("RunInstances", **wrong)
        assert "edition" not in refused.value.message


@pytest.mark.parametrize("edition", editions.names())
def test_an_action_that_is_not_simulated_is_refused_with_the_nearest(edition: str) -> None:
    with make_region(edition=edition) as region:
        for action, says in (
            ("DescribeInstancez", " It is not simulated; did you mean 'DescribeInstances'?"),
            ("Xyzzy", " It is not simulated."),
        ):
            with pytest.raises(ApiError) as refused:
                region.call(action)
            assert refused.value.code in ("InvalidAction", "InvalidAction.NotFound")
            assert refused.value.message.endswith(says)


def test_an_unknown_parameter_is_refused_with_the_nearest() -> None:
    with make_region(unknown="refuse") as region:
        for name, says in (
            ("PageSzie", "DescribeInstances has no such parameter; did you mean 'PageSize'?"),
            ("Xyzzy", "DescribeInstances has no such parameter"),
        ):
            with pytest.raises(ApiError) as refused:
                region.call("DescribeInstances", **{name: "1"})
            assert refused.value.code == "UnsupportedParameter"
            assert says in refused.value.message
            assert ("did you mean" in refused.value.message) == ("did you mean" in says)
