"""Instances: batches, their size, and what happens when supply is short of it."""

from __future__ import annotations

import pytest

from faultzone import ApiError, Region, assert_nothing_made

clause, needs = pytest.mark.clause, pytest.mark.needs


@pytest.mark.parametrize("amount", [1, 3])
@clause("instance/run-amount")
def test_as_many_as_asked_for_are_made(region: Region, amount: int) -> None:
    """The answer names them, and no others are there."""
    before = {each.id for each in region.instances}
    made = region.run_instances(amount)
    assert len({each.id for each in made}) == amount
    assert {each.id for each in region.instances} - before == {each.id for each in made}


@clause("instance/run-amount")
@pytest.mark.region(hosts_per_zone=12)
@needs("shape-region")
def test_a_hundred_are_made_at_once(region: Region) -> None:
    """The largest batch."""
    assert len({each.id for each in region.run_instances(100, wait=False)}) == 100


@clause("instance/run-amount")
def test_one_is_made_by_default(region: Region) -> None:
    """A launch that says no amount."""
    answer = region.call(
        "RunInstances", ImageId=region.defaults["image"], InstanceType=region.defaults["instance-type"]
    )
    assert len(answer["InstanceIdSets"]["InstanceIdSet"]) == 1


@pytest.mark.parametrize("amount", ["0", "-1", "101", "1.5", "two"])
@clause("instance/run-amount")
def test_any_other_amount_is_refused(region: Region, amount: str) -> None:
    """Just outside the range, and what is no whole number."""
    before = region.instances
    with pytest.raises(ApiError):
        region.run_instances(Amount=amount, wait=False)
    assert region.instances == before


@pytest.mark.parametrize("supply", [0, 2])
@clause("instance/run-all-or-nothing")
@needs("set-supply")
def test_a_batch_that_supply_cannot_fill_leaves_nothing_behind(region: Region, supply: int) -> None:
    """Not even the instances that there was supply for."""
    with region.chaos.shortage(limit=supply):
        assert_nothing_made(region, lambda: region.run_instances(3, wait=False), "OperationDenied.NoStock")
        if supply:
            assert len(region.run_instances(supply)) == supply


@pytest.mark.parametrize(("supply", "made"), [(1, 1), (2, 2), (9, 3)])
@clause("instance/min-amount")
@needs("set-supply")
def test_with_min_amount_supply_decides_how_many_are_made(region: Region, supply: int, made: int) -> None:
    """As many as there is supply for, at most what is asked."""
    with region.chaos.shortage(limit=supply):
        assert len(region.run_instances(3, MinAmount=1)) == made
        assert len(region.instances) == made


@clause("instance/min-amount")
@pytest.mark.region(zones=2)
@needs("set-supply", "shape-region")
def test_the_zone_with_the_most_supply_is_taken(region: Region) -> None:
    """Supply is 1 in the first zone and 3 in the second: an answer of 1 is not what supply allows."""
    first, second = region.zones
    with region.chaos.shortage(zone=first, limit=1), region.chaos.shortage(zone=second, limit=3):
        assert len(region.run_instances(4, MinAmount=1)) >= 3


@clause("instance/min-amount")
@needs("set-supply")
def test_supply_below_min_amount_makes_nothing(region: Region) -> None:
    """Two are the least, and there is supply for one."""
    with region.chaos.shortage(limit=1):
        assert_nothing_made(region, lambda: region.run_instances(3, MinAmount=2, wait=False), "OperationDenied.NoStock")
