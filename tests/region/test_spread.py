"""What the assertions on deployment sets and their handles say."""

from __future__ import annotations

from typing import Any

import pytest

from faultzone import Region, assert_spread, assert_strictly_spread, make_region
from faultzone.model.rules import Rules

TODAY = "2026-10"


class _Loose(Rules):
    """Demands nothing of placement."""

    def hosts_to_avoid(self, others: Any, member: Any = None) -> Any:
        return ()

    def zone_in_set(self, group: Any, zone: Any, without: Any = None) -> bool:
        return True

    def preference(self, levels: Any) -> Any:
        return reversed(levels)


def loose() -> Region:
    return make_region(edition=TODAY, zones=2, hosts_per_zone=4, rules=_Loose)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({}, r"not spread \(Availability, host, 1\): cn-hangzhou-a-h01 has i-\w+, i-\w+"),
        ({"Type": "rack"}, r"not spread \(Availability, rack, 1\): cn-hangzhou-a-r01 has i-"),
        ({"Type": "sw", "Affinity": 2}, r"not spread \(Availability, switch, 2\): cn-hangzhou-a-s01 has i-"),
        ({"Strategy": "AvailabilityGroup"}, r"not spread \(AvailabilityGroup, host, 1\): cn-hangzhou-a-h01 has i-"),
    ],
)
def test_assert_spread_says_what_is_shared_and_what_happened(asked: dict[str, Any], said: str) -> None:
    region = loose()
    deployment_set = region.create_deployment_set(**asked)
    assert_spread(deployment_set)
    region.run_instances(3, deployment_set=deployment_set, zone=region.zones[0])
    with pytest.raises(AssertionError, match=rf"{deployment_set.id} is {said}") as wrong:
        assert_spread(deployment_set)
    assert "RunInstances" in str(wrong.value)


def test_assert_spread_wants_low_latency_in_one_zone() -> None:
    region = loose()
    deployment_set = region.create_deployment_set(Strategy="LowLatency")
    for zone in region.zones:
        assert_spread(deployment_set)
        region.run_instances(2, deployment_set=deployment_set, zone=zone, instance_type="ecs.g7.large")
    with pytest.raises(AssertionError, match="has members in cn-hangzhou-a and cn-hangzhou-b"):
        assert_spread(deployment_set)


@pytest.mark.parametrize("edition", ["2019-02", "2020-12"])
def test_assert_spread_knows_the_sets_of_every_edition(edition: str) -> None:
    region = make_region(edition=edition)
    deployment_set = region.create_deployment_set()
    assert_strictly_spread(region.run_instances(3, deployment_set=deployment_set))
    assert_spread(deployment_set)
    assert deployment_set.groups == {}


def test_a_set_names_the_members_of_its_groups() -> None:
    region = make_region(edition=TODAY)
    deployment_set = region.create_deployment_set(Strategy="AvailabilityGroup", GroupCount=2)
    assert deployment_set.groups == {1: [], 2: []}
    first, second = region.run_instances(2, deployment_set=deployment_set)
    assert deployment_set.groups == {1: [first], 2: [second]}
    deployment_set.add(first, force=True, group=2)
    assert deployment_set.groups == {1: [], 2: [second, first]}
    deployment_set.remove(second)
    assert deployment_set.groups == {1: [], 2: [first]}


def test_a_member_that_its_set_keeps_stopped_ends_its_recovery() -> None:
    """The event has Failed: the instance was not restarted."""
    region = make_region(edition=TODAY, zones=1, hosts_per_zone=2)
    deployment_set = region.create_deployment_set(OnUnableToRedeployFailedInstance="KeepStopped")
    lost, _ = region.run_instances(2, deployment_set=deployment_set)
    with region.chaos.crash(str(lost.host)):
        region.clock.advance("2h")
        assert [event.state for event in region.events.of(lost)] == ["Failed"]
        assert lost.status == "Stopped"
        assert lost.describe()["StoppedMode"] == "KeepCharging"
    region.clock.advance("2h")
    assert [event.state for event in region.events.of(lost)] == ["Failed"]
    assert lost.start().status == "Running"
