"""Deployment sets: making instances in them, and how many, of which kind. Manual, 1.1 and 1.3."""

from __future__ import annotations

from typing import Any

import pytest

from faultzone import Instance, Region, assert_nothing_made, assert_refused, one
from faultzone_specs.deployment_sets import (
    FULL,
    NO_SUCH_SET,
    SMALL,
    assert_joined,
    assert_members,
    full_zone,
    limits,
    listed,
    nothing_made,
)
from faultzone_specs.observing import refusal_of

clause, needs = pytest.mark.clause, pytest.mark.needs
by_limit = limits("deployment-set/zone-limit", "deployment-set/zone-limit-20")

#: The families that both lists of the manual have, and one that neither has.
BOTH_LISTS = ["c5", "g5", "hfc5", "hfg5", "r5", "se1ne", "sn1ne", "sn2ne"]
IN_NEITHER = "ecs.t5-c1m2.large"


@clause("deployment-set/run-in-set")
def test_every_new_instance_is_a_member(region: Region) -> None:
    """Of a batch and of a later launch."""
    deployment_set = region.create_deployment_set()
    members = region.run_instances(2, deployment_set=deployment_set) + region.run_instances(
        1, deployment_set=deployment_set
    )
    assert_members(deployment_set, members)
    for member in members:
        assert_joined(deployment_set, member)


@clause("deployment-set/run-in-set")
@by_limit
def test_a_batch_counts_with_the_members_that_are_there(region: Region, limit: int) -> None:
    """Of seven, four and four are too many, four and three are not."""
    deployment_set, half = region.create_deployment_set(), limit // 2 + 1
    members = region.run_instances(half, deployment_set=deployment_set)
    launch: dict[str, Any] = {"deployment_set": deployment_set, "zone": members[0].zone}
    assert_nothing_made(region, lambda: region.run_instances(limit - half + 1, **launch), FULL)
    assert_members(deployment_set, members + region.run_instances(limit - half, **launch))


@clause("deployment-set/create-in-set")
@by_limit
def test_what_create_instance_makes_can_be_a_member(region: Region, limit: int) -> None:
    """From its creation on, before its first start; it is the last that the limit allows."""
    deployment_set = region.create_deployment_set()
    first = region.create_instance(DeploymentSetId=deployment_set.id)
    assert_members(deployment_set, [first])
    others = region.run_instances(limit - 2, deployment_set=deployment_set, zone=first.zone)
    last = region.create_instance(DeploymentSetId=deployment_set.id, ZoneId=first.zone)
    assert_members(deployment_set, [first, *others, last])
    assert first.start().status == "Running"
    full = ("DeploymentSet.NoRoom", FULL)
    asked: dict[str, Any] = {"DeploymentSetId": deployment_set.id, "ZoneId": first.zone, "wait": False}
    assert_nothing_made(region, lambda: region.create_instance(**asked), full)


@clause("deployment-set/create-in-set")
@pytest.mark.parametrize(
    ("asked", "codes"),
    [
        ({"SpotStrategy": "SpotAsPriceGo"}, None),
        ({"DedicatedHostId": "dh-nosuchhost0000000000"}, ("InvalidDeploymentOnHost",)),
        ({"DeploymentSetId": NO_SUCH_SET}, ("DeploymentSet.NotFound", "InvalidDeploymentSetId.NotFound")),
    ],
)
def test_create_instance_keeps_to_the_rules_of_sets(
    region: Region, asked: dict[str, Any], codes: tuple[str, ...] | None
) -> None:
    """Those of RunInstances."""
    deployment_set = region.create_deployment_set()

    def launch() -> object:
        return region.create_instance(wait=False, **{"DeploymentSetId": deployment_set.id, **asked})

    if codes is None:
        nothing_made(region, launch)
    else:
        assert_nothing_made(region, launch, codes)
    assert_members(deployment_set, [])


@clause("deployment-set/zone-limit")
def test_an_eighth_member_in_a_zone_is_refused(region: Region) -> None:
    """After seven that were taken."""
    deployment_set = region.create_deployment_set()
    members, zone = full_zone(region, deployment_set)
    assert_nothing_made(region, lambda: region.run_instances(1, deployment_set=deployment_set, zone=zone), FULL)
    assert_members(deployment_set, members)


@clause("deployment-set/zone-limit")
def test_a_batch_of_eight_is_refused_whole(region: Region) -> None:
    """Whatever the least is that it asks for."""
    deployment_set = region.create_deployment_set()
    (member,) = region.run_instances(1, deployment_set=deployment_set)
    batch: dict[str, Any] = {"deployment_set": deployment_set, "zone": member.zone}
    assert_nothing_made(region, lambda: region.run_instances(8, **batch), FULL)
    assert_nothing_made(region, lambda: region.run_instances(8, MinAmount=1, **batch), FULL)
    assert_members(deployment_set, [member])


@clause("deployment-set/zone-limit")
def test_a_member_that_is_released_makes_room(region: Region) -> None:
    """The limit is of members, not of launches."""
    deployment_set = region.create_deployment_set()
    members, zone = full_zone(region, deployment_set)
    members.pop().delete()
    members += region.run_instances(1, deployment_set=deployment_set, zone=zone)
    assert_members(deployment_set, members)


@clause("deployment-set/region-limit")
@pytest.mark.region(zones=2, hosts_per_zone=8)
@needs("shape-region")
def test_every_zone_can_be_filled_and_no_more(region: Region) -> None:
    """Seven in each of two zones."""
    deployment_set = region.create_deployment_set()
    members, zone = full_zone(region, deployment_set)
    assert_nothing_made(region, lambda: region.run_instances(8, deployment_set=deployment_set), FULL)
    other = region.run_instances(7, deployment_set=deployment_set, public_ip=False)
    assert zone not in {each.zone for each in other}
    assert_nothing_made(region, lambda: region.run_instances(1, deployment_set=deployment_set), FULL)
    assert_members(deployment_set, members + other)


@clause("deployment-set/families")
@pytest.mark.parametrize("family", BOTH_LISTS)
def test_a_documented_family_can_be_in_a_set(region: Region, family: str) -> None:
    """Those of which both sections of the manual speak."""
    deployment_set = region.create_deployment_set()
    assert_members(
        deployment_set, region.run_instances(1, deployment_set=deployment_set, instance_type=f"ecs.{family}.large")
    )


@clause("deployment-set/families")
def test_another_family_is_refused(region: Region) -> None:
    """With the set, not for itself."""
    deployment_set = region.create_deployment_set()
    code = "InvalidInstanceType.NotSupported"
    assert_nothing_made(
        region, lambda: region.run_instances(1, deployment_set=deployment_set, instance_type=IN_NEITHER), code
    )
    assert_members(deployment_set, [])
    assert region.run_instances(1, instance_type=IN_NEITHER)


@clause("deployment-set/no-spot")
@pytest.mark.parametrize("price", [{}, {"SpotPriceLimit": "1.5"}])
def test_a_spot_instance_cannot_be_in_a_set(region: Region, price: dict[str, str]) -> None:
    """With and without a limit to its price."""
    deployment_set = region.create_deployment_set()
    spot: dict[str, Any] = {"SpotStrategy": "SpotWithPriceLimit" if price else "SpotAsPriceGo", **price}
    nothing_made(region, lambda: region.run_instances(1, deployment_set=deployment_set, **spot))
    assert_members(deployment_set, [])


@clause("deployment-set/no-dedicated-host")
def test_a_set_and_a_dedicated_host_exclude_each_other(region: Region) -> None:
    """Whether or not the host exists."""
    deployment_set = region.create_deployment_set()
    host = "dh-nosuchhost0000000000"
    launch: dict[str, Any] = {"deployment_set": deployment_set, "DedicatedHostId": host}
    assert_nothing_made(region, lambda: region.run_instances(1, **launch), "InvalidDeploymentOnHost")
    assert_members(deployment_set, [])


@clause("deployment-set/unknown-set")
def test_a_set_that_does_not_exist_is_not_found(region: Region) -> None:
    """Never made, or deleted."""

    def launch() -> object:
        return region.run_instances(1, DeploymentSetId=NO_SUCH_SET)

    assert_nothing_made(region, launch, "DeploymentSet.NotFound")
    gone = region.create_deployment_set()
    gone.delete()
    assert_nothing_made(region, lambda: region.run_instances(1, deployment_set=gone), "DeploymentSet.NotFound")


@clause("deployment-set/same-region")
@pytest.mark.region(regions=("cn-hangzhou", "cn-beijing"))
@needs("shape-region")
def test_a_set_of_another_region_is_unknown(region: Region) -> None:
    """To a launch and to an instance that would join."""
    elsewhere = region.in_region("cn-beijing").create_deployment_set()
    assert listed(region) == []
    assert_nothing_made(region, lambda: region.run_instances(1, deployment_set=elsewhere), "DeploymentSet.NotFound")
    (instance,) = region.run_instances(1)
    move = {"InstanceId": instance.id, "DeploymentSetId": elsewhere.id}
    assert_refused("DeploymentSet.InvalidId", lambda: region.call("ModifyInstanceDeployment", **move))
    assert_members(elsewhere, [])


@clause("deployment-set/ordered-suffix")
@pytest.mark.parametrize("in_set", [True, False])
def test_a_batch_is_numbered_from_001(region: Region, in_set: bool) -> None:
    """Instance name and host name alike, in a set or without."""
    deployment_set = region.create_deployment_set() if in_set else None
    made = region.run_instances(
        3, deployment_set=deployment_set, InstanceName="web-tier", HostName="web", UniqueSuffix=True, public_ip=False
    )
    shown = [each.describe() for each in made]
    assert sorted(each["InstanceName"] for each in shown) == ["web-tier001", "web-tier002", "web-tier003"]
    assert sorted(each["HostName"] for each in shown) == ["web001", "web002", "web003"]
    assert all(each["InstanceName"][-3:] == each["HostName"][-3:] for each in shown)


@clause("deployment-set/ordered-suffix")
@needs("set-supply")
def test_a_batch_of_which_supply_allows_one_is_numbered_too(region: Region) -> None:
    """It was asked for as a batch."""
    with region.chaos.shortage(limit=1):
        made = one(region.run_instances(3, InstanceName="web-tier", UniqueSuffix=True, MinAmount=1))
    assert made.describe()["InstanceName"] == "web-tier001"


@clause("deployment-set/ordered-suffix")
def test_only_those_who_ask_are_numbered(region: Region) -> None:
    """Without UniqueSuffix a batch has one name."""
    made = region.run_instances(2, InstanceName="web-tier", public_ip=False)
    assert [each.describe()["InstanceName"] for each in made] == ["web-tier", "web-tier"]


@clause("deployment-set/suffix-needs-room")
def test_the_suffix_takes_three_characters_of_the_name(region: Region) -> None:
    """125 characters leave room for it, 126 do not."""
    deployment_set = region.create_deployment_set()
    (first, _) = region.run_instances(2, deployment_set=deployment_set, InstanceName="h" * 125, UniqueSuffix=True)
    assert len(first.describe()["InstanceName"]) == 128

    def launch() -> object:
        return region.run_instances(2, deployment_set=deployment_set, InstanceName="h" * 126, UniqueSuffix=True)

    assert_nothing_made(region, launch, "InvalidParams.InstanceNameExceed")


@clause("deployment-set/suffix-needs-room")
def test_the_suffix_takes_three_characters_of_the_host_name(region: Region) -> None:
    """61 characters leave room for it. 62 do not, or have it: one page allows 64 with it, another 128."""
    (first, _) = region.run_instances(2, HostName="h" * 61, UniqueSuffix=True)
    assert len(first.describe()["HostName"]) == 64
    before = {each.id for each in region.instances}
    made: list[Instance] = []
    refusal = refusal_of(
        lambda: made.extend(region.run_instances(2, HostName="h" * 62, UniqueSuffix=True, public_ip=False))
    )
    if refusal is None:
        assert {len(each.describe()["HostName"]) for each in made} == {65}
    else:
        assert refusal.code == "InvalidParams.HostnameExceed"
        assert {each.id for each in region.instances} == before

    def launch() -> object:
        return region.run_instances(2, HostName="h" * 126, UniqueSuffix=True)

    assert_nothing_made(region, launch, ("InvalidParams.HostnameExceed", "InvalidHostName.Malformed"))


@clause("deployment-set/launch-template")
def test_a_template_carries_the_set(region: Region) -> None:
    """The launch does not name it."""
    deployment_set = region.create_deployment_set()
    template = _template(region, deployment_set.id)
    made = region.call("RunInstances", LaunchTemplateId=template, Amount=2)["InstanceIdSets"]["InstanceIdSet"]
    members = [region.instance(each) for each in made]
    assert_members(deployment_set, members)
    region.wait_until_all(members, "Running")


@clause("deployment-set/launch-template")
@by_limit
def test_the_limit_holds_for_a_template_as_well(region: Region, limit: int) -> None:
    """A full set takes nobody in by this door."""
    deployment_set = region.create_deployment_set()
    members, zone = full_zone(region, deployment_set, limit)
    launch = {"LaunchTemplateId": _template(region, deployment_set.id), "ZoneId": zone}
    assert_nothing_made(region, lambda: region.call("RunInstances", **launch), FULL)
    assert_members(deployment_set, members)


def _template(region: Region, set_id: str) -> str:
    """The id of a launch template that names a set."""
    answer = region.call(
        "CreateLaunchTemplate",
        LaunchTemplateName="web-tier",
        ImageId=region.defaults["image"],
        InstanceType=SMALL,
        DeploymentSetId=set_id,
    )
    return str(answer["LaunchTemplateId"])


@clause("deployment-set/membership-while-stopped")
@by_limit
def test_a_stopped_member_counts_and_keeps_its_set(region: Region, limit: int) -> None:
    """A zone that is full stays full."""
    deployment_set = region.create_deployment_set()
    members, zone = full_zone(region, deployment_set, limit)
    members[0].stop(StoppedMode="KeepCharging")
    assert_joined(deployment_set, members[0])
    assert_nothing_made(region, lambda: region.run_instances(1, deployment_set=deployment_set, zone=zone), FULL)
    assert_members(deployment_set, members)


@clause("deployment-set/membership-while-stopped")
def test_a_set_whose_only_member_is_stopped_is_not_empty(region: Region) -> None:
    """So it cannot be deleted."""
    deployment_set = region.create_deployment_set()
    (member,) = region.run_instances(1, deployment_set=deployment_set)
    member.stop(StoppedMode="KeepCharging")
    assert_refused("DependencyViolation.NotEmpty", deployment_set.delete)
    assert_joined(deployment_set, member)


@clause("deployment-set/membership-while-stopped")
def test_a_stop_without_charge_ends_membership_in_every_way_or_in_none(region: Region) -> None:
    """No source says which."""
    deployment_set = region.create_deployment_set()
    (member,) = region.run_instances(1, deployment_set=deployment_set)
    member.stop(StoppedMode="StopCharging")
    if member in deployment_set.members:
        assert_joined(deployment_set, member)
        assert_refused("DependencyViolation.NotEmpty", deployment_set.delete)
    else:
        assert not member.describe()["DeploymentSetId"]
        deployment_set.delete()
