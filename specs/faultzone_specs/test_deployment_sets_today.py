"""Deployment sets as they are documented today: their strategies, attributes, limits and listings."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from faultzone import ApiError, Region, assert_nothing_made, assert_refused, one
from faultzone_specs.deployment_sets import (
    FULL,
    MODERN,
    assert_joined,
    assert_members,
    attempt,
    listed,
    listing,
    refused,
)
from faultzone_specs.words import Words

clause, needs = pytest.mark.clause, pytest.mark.needs

STRATEGIES = ["Availability", "AvailabilityGroup", "LowLatency"]
NO_STOCK = "OperationDenied.NoStock"
GOOD_NAMES = ["1st", "web.tier", "-web", ".web", "_w", "é界ßя", "h" * 128, "9:9"]
BAD_NAMES = ["a", "h" * 129, "we b", "web/1", "web@1", "web+", "web,api"]


@clause("deployment-set/strategies")
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_set_has_the_strategy_that_it_is_made_with(region: Region, strategy: str) -> None:
    """It is shown."""
    deployment_set = region.create_deployment_set("web-tier", Strategy=strategy)
    shown = deployment_set.describe()
    assert shown.get("Strategy", shown.get("DeploymentStrategy")) == strategy
    assert shown["DeploymentSetName"] == "web-tier"


@clause("deployment-set/strategies")
def test_availability_is_the_default(region: Region) -> None:
    """Members of such a set do not share a host."""
    shown = region.create_deployment_set().describe()
    assert shown.get("Strategy", shown.get("DeploymentStrategy")) == "Availability"


@clause("deployment-set/strategies")
@pytest.mark.parametrize("strategy", ["NearlyAvailability", "availabilitygroup", "LowLatency2"])
def test_another_strategy_is_refused(region: Region, strategy: str) -> None:
    """And makes no set."""
    assert_refused("InvalidParameter.Strategy", lambda: region.create_deployment_set(Strategy=strategy))
    assert listed(region) == []


@clause("deployment-set/group-count")
@pytest.mark.parametrize(("given", "count"), [({}, 3), ({"GroupCount": 1}, 1), ({"GroupCount": 7}, 7)])
def test_a_set_has_as_many_groups_as_it_is_made_with(region: Region, given: dict[str, Any], count: int) -> None:
    """Three, if nothing is said."""
    deployment_set = region.create_deployment_set(Strategy="AvailabilityGroup", **given)
    assert deployment_set.describe()["GroupCount"] == count


@clause("deployment-set/group-count")
@pytest.mark.parametrize("count", [0, 8])
def test_a_set_has_one_to_seven_groups(region: Region, count: int) -> None:
    """No set is made with another number."""
    refused(lambda: region.create_deployment_set(Strategy="AvailabilityGroup", GroupCount=count))
    assert listed(region) == []


@clause("deployment-set/group-count")
@pytest.mark.parametrize("strategy", ["Availability", "LowLatency"])
def test_the_number_of_groups_takes_effect_with_groups_alone(region: Region, strategy: str) -> None:
    """It is taken and not shown."""
    deployment_set = region.create_deployment_set(Strategy=strategy, GroupCount=5)
    assert not deployment_set.describe().get("GroupCount")


@clause("deployment-set/zone-limit-20")
@pytest.mark.region(zones=2, hosts_per_zone=21)
@needs("shape-region")
def test_a_zone_takes_twenty_members_and_no_more(region: Region) -> None:
    """A batch of more is refused whole; another zone has room for as many."""
    deployment_set, (first, second) = region.create_deployment_set(), region.zones
    launch: dict[str, Any] = {"deployment_set": deployment_set, "zone": first, "public_ip": False}
    assert_nothing_made(region, lambda: region.run_instances(21, **launch), FULL)
    assert_nothing_made(region, lambda: region.run_instances(21, MinAmount=1, **launch), FULL)
    members = region.run_instances(20, **launch)
    assert_nothing_made(region, lambda: region.run_instances(1, **launch), FULL)
    (other,) = region.run_instances(1, zone=first)
    for force in (False, True):
        assert_refused("DeploymentSet.InstanceLimitExceeded", partial(deployment_set.add, other, force=force))
    members += region.run_instances(20, **{**launch, "zone": second})
    assert_members(deployment_set, members)
    members.pop(0).delete()
    assert_members(deployment_set, members + region.run_instances(1, **launch))


@clause("deployment-set/low-latency-limit")
def test_low_latency_has_twenty_members(region: Region) -> None:
    """The twentieth is taken, one more is not."""
    deployment_set = region.create_deployment_set(Strategy="LowLatency")
    launch: dict[str, Any] = {"deployment_set": deployment_set, "instance_type": MODERN, "public_ip": False}
    assert_nothing_made(region, lambda: region.run_instances(21, **launch), FULL)
    members = region.run_instances(20, **launch)
    assert_nothing_made(region, lambda: region.run_instances(1, **launch), FULL)
    (other,) = region.run_instances(1, zone=members[0].zone, instance_type=MODERN)
    assert_refused("DeploymentSet.InstanceLimitExceeded", lambda: deployment_set.add(other, force=True))
    assert_members(deployment_set, members)


@clause("deployment-set/low-latency-one-zone")
@pytest.mark.region(zones=2)
@needs("shape-region")
def test_low_latency_is_had_in_one_zone(region: Region) -> None:
    """That of the first member, for launches and for what would join."""
    deployment_set, (first, second) = region.create_deployment_set(Strategy="LowLatency"), region.zones
    launch: dict[str, Any] = {"deployment_set": deployment_set, "instance_type": MODERN}
    members = region.run_instances(1, zone=second, **launch)
    before = region.instances
    refused(lambda: region.run_instances(1, zone=first, **launch))
    assert region.instances == before
    for _ in range(3):
        members += region.run_instances(1, **launch)
    assert {each.zone for each in members} == {second}
    (stranger,), (neighbour,) = (region.run_instances(1, zone=zone, instance_type=MODERN) for zone in (first, second))
    refused(lambda: deployment_set.add(stranger, force=True))
    deployment_set.add(neighbour, force=True)
    assert_members(deployment_set, [*members, neighbour])


@clause("deployment-set/low-latency-one-zone")
@pytest.mark.region(zones=2)
@needs("shape-region")
def test_a_set_of_low_latency_that_is_empty_again_takes_any_zone(region: Region) -> None:
    """It has no zone of its own."""
    deployment_set, (first, second) = region.create_deployment_set(Strategy="LowLatency"), region.zones
    launch: dict[str, Any] = {"deployment_set": deployment_set, "instance_type": MODERN}
    (gone,) = region.run_instances(1, zone=first, **launch)
    gone.delete()
    assert_members(deployment_set, region.run_instances(1, zone=second, **launch))


@clause("deployment-set/low-latency-may-share")
@pytest.mark.region(zones=1, hosts_per_zone=1)
@needs("shape-region")
def test_low_latency_is_had_on_one_host(region: Region) -> None:
    """By a batch, a later launch and what joins."""
    deployment_set = region.create_deployment_set(Strategy="LowLatency")
    members = region.run_instances(3, deployment_set=deployment_set, instance_type=MODERN)
    members += region.run_instances(1, deployment_set=deployment_set, instance_type=MODERN)
    (other,) = region.run_instances(1, instance_type=MODERN)
    deployment_set.add(other)
    assert_members(deployment_set, [*members, other])


@clause("deployment-set/affinity-change")
@pytest.mark.region(zones=1, hosts_per_zone=2)
@needs("shape-region")
def test_an_affinity_is_raised_at_any_time_and_lowered_without_members(region: Region) -> None:
    """A raise lets more in at once."""
    deployment_set = region.create_deployment_set()
    members = region.run_instances(2, deployment_set=deployment_set)
    assert_nothing_made(region, lambda: region.run_instances(1, deployment_set=deployment_set), NO_STOCK)
    _modify(region, deployment_set.id, Affinity=2)
    assert deployment_set.describe()["Affinity"] == 2
    members += region.run_instances(2, deployment_set=deployment_set)
    refused(lambda: _modify(region, deployment_set.id, Affinity=1))
    assert deployment_set.describe()["Affinity"] == 2
    for each in members:
        each.delete()
    _modify(region, deployment_set.id, Affinity=1)
    region.run_instances(2, deployment_set=deployment_set)
    assert_nothing_made(region, lambda: region.run_instances(1, deployment_set=deployment_set), NO_STOCK)


@clause("deployment-set/affinity-change")
@needs("shape-region")
@pytest.mark.parametrize("strategy", ["AvailabilityGroup", "LowLatency"])
def test_an_affinity_is_for_availability(region: Region, strategy: str) -> None:
    """A refused change changes nothing else either."""
    deployment_set = region.create_deployment_set("web-tier", Strategy=strategy)
    before = deployment_set.describe()
    refused(lambda: _modify(region, deployment_set.id, Affinity=2, DeploymentSetName="api-tier"))
    assert deployment_set.describe() == before


@clause("deployment-set/affinity-change")
@needs("shape-region")
@pytest.mark.parametrize("affinity", [0, 11])
def test_an_affinity_keeps_to_its_range(region: Region, affinity: int) -> None:
    """As at the creation."""
    deployment_set = region.create_deployment_set(Affinity=10)
    refused(lambda: _modify(region, deployment_set.id, Affinity=affinity))
    assert deployment_set.describe()["Affinity"] == 10


def _modify(region: Region, set_id: str, **changes: object) -> None:
    region.call("ModifyDeploymentSetAttribute", DeploymentSetId=set_id, **changes)


@clause("deployment-set/families-by-strategy")
@pytest.mark.parametrize("strategy", [None, *STRATEGIES])
def test_what_a_set_may_hold_is_listed_and_taken(region: Region, strategy: str | None) -> None:
    """Three families that are listed for every strategy."""
    families = _families(region, strategy)
    assert {"ecs.g7", "ecs.c8i", "ecs.r7"} <= families
    deployment_set = region.create_deployment_set(**({} if strategy is None else {"Strategy": strategy}))
    zone, made = region.zones[0] if region.supports("see-hosts") else None, []
    for family in ("g7", "c8i", "r7"):
        made += region.run_instances(1, deployment_set=deployment_set, instance_type=f"ecs.{family}.large", zone=zone)
    assert_members(deployment_set, made)


@clause("deployment-set/families-by-strategy")
@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("family", ["c8ae", "g6", "t5"])
def test_what_a_set_may_not_hold_is_refused(region: Region, strategy: str, family: str) -> None:
    """What is listed is taken, what is not is refused, at the launch and later."""
    deployment_set = region.create_deployment_set(Strategy=strategy)
    kind = "ecs.t5-c1m2.large" if family == "t5" else f"ecs.{family}.large"
    if f"ecs.{family}" in _families(region, strategy):
        assert_members(deployment_set, region.run_instances(1, deployment_set=deployment_set, instance_type=kind))
        return
    code = "InvalidInstanceType.NotSupported"
    assert_nothing_made(
        region, lambda: region.run_instances(1, deployment_set=deployment_set, instance_type=kind), code
    )
    (other,) = region.run_instances(1, instance_type=kind)
    assert_refused(code, lambda: deployment_set.add(other, force=True))
    assert_members(deployment_set, [])


@clause("deployment-set/families-by-strategy")
def test_families_differ_by_strategy_and_need_one_that_exists(region: Region) -> None:
    """By default they are those of availability."""
    assert _families(region, None) == _families(region, "Availability") == _families(region, "AvailabilityGroup")
    assert _families(region, "LowLatency") != _families(region, "Availability")
    assert_refused("InvalidParameter.Strategy", lambda: _families(region, "NearlyAvailability"))


def _families(region: Region, strategy: str | None) -> set[str]:
    answer = region.call("DescribeDeploymentSetSupportedInstanceTypeFamily", Strategy=strategy)
    return set(answer["InstanceTypeFamilies"].replace(" ", "").split(","))


@clause("deployment-set/capacities")
@pytest.mark.region(zones=3)
@needs("shape-region")
@pytest.mark.parametrize(("strategy", "most"), [("Availability", 20), ("AvailabilityGroup", 40)])
def test_each_zone_shows_what_it_has_and_may_have(region: Region, strategy: str, most: int) -> None:
    """A zone without members shows nothing."""
    deployment_set = region.create_deployment_set(Strategy=strategy, GroupCount=2)
    assert deployment_set.describe()["Capacities"]["Capacity"] == []
    first, second, _ = region.zones
    for zone, amount in ((first, 3), (second, 1)):
        region.run_instances(amount, deployment_set=deployment_set, zone=zone)
    shown = {each["ZoneId"]: each for each in deployment_set.describe()["Capacities"]["Capacity"]}
    assert {zone: (each["UsedAmount"], each["AvailableAmount"]) for zone, each in shown.items()} == {
        first: (3, most - 3),
        second: (1, most - 1),
    }


@clause("deployment-set/capacities")
@needs("shape-region")
def test_a_zone_of_low_latency_shows_what_the_set_may_have(region: Region) -> None:
    """Twenty in all."""
    deployment_set = region.create_deployment_set(Strategy="LowLatency")
    members = region.run_instances(2, deployment_set=deployment_set, instance_type=MODERN)
    shown = one(deployment_set.describe()["Capacities"]["Capacity"])
    assert (shown["ZoneId"], shown["UsedAmount"], shown["AvailableAmount"]) == (members[0].zone, 2, 18)


@clause("deployment-set/describe-today")
def test_a_set_shows_its_account_type_affinity_and_size(region: Region) -> None:
    """Members count as they come."""
    deployment_set = region.create_deployment_set(Type="rack", Affinity=4)
    shown = deployment_set.describe()
    assert (shown["Type"], shown["Affinity"], shown["InstanceAmount"]) == ("rack", 4, 0)
    assert int(shown["AccountId"]) > 0
    assert shown["CreationTime"].endswith("Z")
    region.run_instances(2, deployment_set=deployment_set)
    assert deployment_set.describe()["InstanceAmount"] == 2


@clause("deployment-set/describe-today")
def test_sets_are_found_by_strategy_and_by_type(region: Region) -> None:
    """Each filter finds its own, and both together what has both."""
    plain, rack, switch, groups = (
        region.create_deployment_set(**asked).id
        for asked in ({}, {"Type": "rack"}, {"Type": "sw"}, {"Strategy": "AvailabilityGroup"})
    )
    assert listed(region, Strategy="Availability") == sorted([plain, rack, switch])
    assert listed(region, Strategy="AvailabilityGroup") == [groups]
    assert listed(region, Strategy="LowLatency") == []
    assert (listed(region, Type="rack"), listed(region, Type="sw")) == ([rack], [switch])
    assert listed(region, Strategy="Availability", Type="host") == [plain]
    assert_refused("InvalidParameter.Strategy", lambda: listing(region, Strategy="NearlyAvailability"))


@clause("deployment-set/page-size-50")
def test_a_page_has_fifty_sets_at_most(region: Region) -> None:
    """Ten, if nothing is said. More than fifty may be refused, or cut down to fifty."""
    assert region.call("DescribeDeploymentSets")["PageSize"] == 10
    assert region.call("DescribeDeploymentSets", PageSize=50)["PageSize"] == 50
    if attempt(lambda: region.call("DescribeDeploymentSets", PageSize=51)) is None:
        assert region.call("DescribeDeploymentSets", PageSize=51)["PageSize"] <= 50


@clause("deployment-set/retired-ignored")
@pytest.mark.parametrize("parameter", ["Domain", "Granularity"])
@pytest.mark.parametrize("value", ["Default", "Host", "Galaxy"])
def test_what_is_deprecated_is_ignored(region: Region, parameter: str, value: str) -> None:
    """At the creation and in listings."""
    deployment_set = region.create_deployment_set(**{parameter: value})
    plain = region.create_deployment_set()
    both = sorted([deployment_set.id, plain.id])
    assert listed(region, **{parameter: value}) == both
    assert listed(region, NetworkType="classic") == listed(region, NetworkType="vpc") == both


@clause("deployment-set/rename-rule")
@pytest.mark.parametrize("name", GOOD_NAMES)
def test_a_set_takes_a_name_of_any_script(region: Region, name: str) -> None:
    """Whatever it begins with."""
    text = Words(region).text("three")
    deployment_set = region.create_deployment_set("web-tier", Description=text)
    _modify(region, deployment_set.id, DeploymentSetName=name)
    shown = deployment_set.describe()
    assert (shown["DeploymentSetName"], shown["DeploymentSetDescription"]) == (name, text)


@clause("deployment-set/rename-rule")
@pytest.mark.parametrize("name", BAD_NAMES)
def test_a_set_takes_no_other_name(region: Region, name: str) -> None:
    """It keeps the one that it has."""
    deployment_set = region.create_deployment_set("web-tier")
    code = "InvalidDeploymentSetName.Malformed"
    assert_refused(code, lambda: _modify(region, deployment_set.id, DeploymentSetName=name))
    assert deployment_set.describe()["DeploymentSetName"] == "web-tier"


@clause("deployment-set/remove-instance-state")
@pytest.mark.parametrize("status", ["Pending", "Stopping", "Starting"])
def test_only_what_runs_or_is_stopped_leaves(region: Region, status: str) -> None:
    """If the state is seen at all."""
    deployment_set = region.create_deployment_set()
    (member,) = region.run_instances(1, deployment_set=deployment_set, wait=status != "Pending")
    if status != "Pending":
        member.stop(wait=status == "Starting", StoppedMode="KeepCharging")
    if status == "Starting":
        member.start(wait=False)
    refusal = attempt(lambda: deployment_set.remove(member))
    if refusal is None and not region.supports("move-time"):
        return
    assert refusal is not None, f"{status}, and yet let go"
    assert refusal.status < 500
    assert_joined(deployment_set, member)


@clause("deployment-set/remove-instance-state")
@pytest.mark.parametrize("mode", [None, "KeepCharging", "StopCharging"])
def test_what_leaves_stays_in_its_state(region: Region, mode: str | None) -> None:
    """Running or Stopped."""
    deployment_set = region.create_deployment_set()
    (member,) = region.run_instances(1, deployment_set=deployment_set)
    if mode is not None:
        member.stop(StoppedMode=mode)
    status = member.status
    deployment_set.remove(member)
    assert_members(deployment_set, [])
    assert member.status == status
    deployment_set.delete()


@clause("deployment-set/not-with-dedicated-host-parameters")
@pytest.mark.parametrize(
    "beside",
    [
        {"Tenancy": "host"},
        {"Affinity": "host"},
        {"Affinity": "default"},
        {"DedicatedHostId": "dh-nosuchhost0000000000"},
        {"Tenancy": "host", "Affinity": "host"},
    ],
)
def test_a_set_and_a_dedicated_host_are_not_changed_at_once(region: Region, beside: dict[str, str]) -> None:
    """The instance stays what it is."""
    deployment_set = region.create_deployment_set()
    (instance,) = region.run_instances(1)
    before = instance.describe()
    asked = {"InstanceId": instance.id, "DeploymentSetId": deployment_set.id, "Force": True, **beside}
    with pytest.raises(ApiError) as refusal:
        region.call("ModifyInstanceDeployment", **asked)
    assert refusal.value.status < 500
    assert instance.describe() == before
    assert_members(deployment_set, [])
    deployment_set.add(instance)
    assert_joined(deployment_set, instance)
