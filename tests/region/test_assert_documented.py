"""Whether an answer is whole is asserted by name."""

from __future__ import annotations

import pytest

from faultzone import HarnessError, Region, assert_documented, make_region
from faultzone.backends.options import CloudOptions, local_backend
from faultzone.editions import names
from faultzone.mutations.library import Answer, Parameters, at, drop, put
from faultzone.mutations.wrapper import Wrapper


class Spoiled(Wrapper):
    """Answers without one field, with another of another kind, and with one that is not documented."""

    def answer(self, action: str, parameters: Parameters, answer: Answer) -> Answer:
        changed: Answer = at("Instances.Instance[]", drop("Cpu"), put(Memory="much", Moon=1))(answer)
        return changed


@pytest.mark.parametrize("edition", names())
def test_what_a_right_region_answers_is_whole(edition: str) -> None:
    region = make_region(edition=edition)
    region.run_instances(1)
    assert assert_documented(region, "DescribeInstances", PageSize=1)["TotalCount"] == 1


def spoiled(instances: int) -> Region:
    region = make_region(Spoiled(local_backend(CloudOptions.of())))
    region.run_instances(instances, wait=False)
    return region


@pytest.mark.parametrize("strict", [False, True])
def test_what_differs_is_told_with_the_way_to_it(strict: bool) -> None:
    region = spoiled(1)
    region.strict = strict
    with pytest.raises(AssertionError) as told:
        assert_documented(region, "DescribeInstances")
    assert set(str(told.value).splitlines()) == {
        "DescribeInstances answers otherwise than edition 2019-02 documents:",
        "  Instances.Instance[0].Cpu is missing",
        "  Instances.Instance[0].Memory is 'much', where a number is documented",
        "  Instances.Instance[0].Moon is not documented",
    }


def test_of_many_deviations_the_first_are_told() -> None:
    with pytest.raises(AssertionError) as told:
        assert_documented(spoiled(5), "DescribeInstances")
    assert (len(str(told.value).splitlines()), str(told.value).endswith("\n  and 5 more")) == (12, True)


def test_nothing_can_be_said_of_an_unknown_action() -> None:
    class Answering(Wrapper):
        def called(self, action: str, parameters: Parameters, account: str | None) -> Answer:
            return {"Coffee": 1}

    region = make_region(Answering(local_backend(CloudOptions.of())))
    with pytest.raises(HarnessError, match="the answers of MakeCoffee have no declared shape"):
        assert_documented(region, "MakeCoffee")
