"""Refusals by faults: the journal has them like those of the region."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from faultzone import (
    ApiFailure,
    Client,
    ConditionBroken,
    Region,
    assert_holds,
    assert_refused,
    make_region,
    never,
    sometimes,
)


@pytest.fixture
def region() -> Iterator[Region]:
    with make_region(edition="2026-10", zones=1, hosts_per_zone=3, seed=7) as made:
        yield made


@pytest.fixture
def ecs(region: Region) -> Client:
    return Client(region)


def test_a_refusal_by_a_fault_is_in_the_journal_like_any_other(region: Region, ecs: Client) -> None:
    web = region.run_instances(2)
    with region.chaos.throttling("StopInstance", times=1):
        assert_refused("Throttling", lambda: ecs.StopInstance(InstanceId=web[0].id))
    with region.chaos.partial_success("StopInstances", item=web[0]):
        assert_refused("InternalError", lambda: ecs.StopInstances(InstanceId=[each.id for each in web]))
    with region.chaos.throttling_bursts(calls=1):
        ecs.DescribeZones()
        assert_refused("Throttling.User", ecs.DescribeZones)
    told = [(each.data["action"], each.data["code"], each.data["fault"]) for each in region.journal.of("refusal")]
    assert told == [
        ("StopInstance", "Throttling", "ApiFailure"),
        ("StopInstances", "InternalError", "PartialSuccess"),
        ("DescribeZones", "Throttling.User", "ThrottlingBursts"),
    ]
    assert_holds(region, sometimes("refusal Throttling action=StopInstance fault=ApiFailure"))
    with pytest.raises(ConditionBroken, match="never refusal Throttling"):
        assert_holds(region, never("refusal Throttling"))


def test_an_experiment_stops_at_a_refusal_by_a_fault(region: Region, ecs: Client) -> None:
    stop = region.chaos.stop_when("refusal Throttling 2 times")
    region.chaos.inject(ApiFailure("DescribeZones", code="Throttling"))
    for _ in range(2):
        assert_refused("Throttling", ecs.DescribeZones)
    assert stop.state == "reached"
    assert ecs.DescribeZones()["Zones"]
