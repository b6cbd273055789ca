from __future__ import annotations

import pytest

from faultzone import assert_refused, editions, make_region
from faultzone.errors import UsageError


def test_the_default_is_one_of_the_editions() -> None:
    assert editions.DEFAULT in editions.names()
    assert list(editions.names()) == sorted(editions.names())


@pytest.mark.parametrize("name", editions.names())
def test_every_edition_loads_and_is_read_once(name: str) -> None:
    edition = editions.load(name)
    assert edition.name == name
    assert editions.load(name) is edition
    assert edition.deployment_set.zone_limit > 0
    assert "ecs.g5" in edition.deployment_set.families


def test_an_unknown_edition_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(UsageError, match=r"no edition '1999-01'; there are .*2019-02"):
        editions.load("1999-01")


def test_a_derived_edition_differs_in_what_was_changed_alone() -> None:
    original = editions.load(editions.DEFAULT)
    before = original.deployment_set.zone_limit
    derived = original.changed({"deployment-set.zone-limit": 20, "deployment-set.families": ["ecs.c5"]})
    assert derived.deployment_set.zone_limit == 20
    assert derived.deployment_set.families == {"ecs.c5"}
    assert derived.name == original.name
    assert derived.instance.__dict__ == original.instance.__dict__
    assert original.deployment_set.zone_limit == before
    assert derived.changed({"instance.suffix-first": 0}).deployment_set.zone_limit == 20


@pytest.mark.parametrize("path", ["zone-limit", "deployment-set.zone_limit", "nothing.zone-limit", ""])
def test_a_value_that_an_edition_does_not_have_cannot_be_changed(path: str) -> None:
    with pytest.raises(UsageError, match=r"has no value .*it has .*deployment-set\.zone-limit"):
        editions.load(editions.DEFAULT).changed({path: 1})


def test_a_missing_value_is_named_as_in_the_file() -> None:
    with pytest.raises(AttributeError, match=r"deployment-set\.zone-minimum"):
        _ = editions.load(editions.DEFAULT).deployment_set.zone_minimum


@pytest.mark.parametrize(
    ("name", "code"), [("2019-02", "InvalidParam.pageNumber"), ("2020-12", "InvalidParam.PageNumber")]
)
def test_a_code_has_the_name_that_the_edition_gives_it(name: str, code: str) -> None:
    region = make_region(edition=name)
    refusal = assert_refused(code, lambda: region.call("DescribeInvocations", PageNumber=0))
    assert (refusal.status, refusal.message) == (403, "The specified parameter is invalid.")
