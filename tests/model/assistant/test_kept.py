"""What is kept of invocations and of files, for how long and how many, from edition 2026-10."""

from __future__ import annotations

import pytest

from faultzone import Region, assert_refused, make_region
from faultzone.editions import load


def kept(region: Region) -> tuple[int, int]:
    """How many invocations and how many results."""
    results = region.call("DescribeInvocationResults")["Invocation"]["TotalCount"]
    return region.call("DescribeInvocations")["TotalCount"], results


@pytest.fixture
def region() -> Region:
    return make_region(edition="2026-10")


def test_what_goes_on_is_kept_and_its_old_results_go(region: Region) -> None:
    (instance,) = region.run_instances()
    ran = region.run_command("true", on=instance, frequency="0 0 4 * * *")
    region.clock.advance("45d")
    history = region.call("DescribeInvocationResults", InvokeId=ran.id, IncludeHistory=True)["Invocation"]
    assert history["TotalCount"] == 30
    ran.stop()
    region.clock.advance("29d")
    assert kept(region) == (1, 1)
    region.clock.advance("2d")
    assert kept(region) == (0, 0)


def test_what_was_forgotten_cannot_be_stopped(region: Region) -> None:
    (instance,) = region.run_instances()
    ran = region.run_command("true", on=instance)
    region.clock.advance("31d")
    assert_refused("InvalidInvokeId.NotFound", ran.stop)
    region.call("DeleteCommand", CommandId=ran.command_id)


def test_so_many_results_are_kept() -> None:
    region = make_region(edition=load("2026-10").changed({"assistant.records": 3}))
    (instance,) = region.run_instances()
    for _ in range(4):
        region.run_command("true", on=instance)
    assert kept(region) == (3, 3)
    assert load("2026-10").assistant.records == 10_000


def test_nothing_goes_by_its_age_in_the_first_edition() -> None:
    region = make_region(edition="2019-02")
    (instance,) = region.run_instances()
    region.run_command("true", on=instance)
    region.clock.advance("400d")
    assert kept(region) == (1, 1)
