"""Parameters that few programs give: each has its effect."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from faultzone import ApiError, Instance, Region, assert_refused, make_region
from tests.support.networks import make_vpc

TODAY = "2026-10"


@pytest.fixture
def region() -> Region:
    return make_region(edition=TODAY)


def group_of(region: Region) -> str:
    made: str = region.call("CreateSecurityGroup", SecurityGroupName="web-servers")["SecurityGroupId"]
    return made


def forces(region: Region) -> list[bool]:
    """Of each instance that was told to shut down, in their order: whether its power was cut."""
    told = [entry[3] for entry in region.journal.entries if entry[2] == "effect"]
    return [each["force"] for each in told if each["effect"] in ("Halt", "Reboot")]


FORCED: dict[str, Callable[[Region, Instance, bool], object]] = {
    "StopInstances": lambda region, instance, force: region.call(
        "StopInstances", InstanceId=[instance.id], ForceStop=force
    ),
    "RebootInstances": lambda region, instance, force: region.call(
        "RebootInstances", InstanceId=[instance.id], ForceReboot=force
    ),
    "RedeployInstance": lambda region, instance, force: region.call(
        "RedeployInstance", InstanceId=instance.id, ForceStop=force
    ),
}


@pytest.mark.parametrize("force", [True, False])
@pytest.mark.parametrize("action", FORCED)
def test_power_is_cut_where_that_is_asked(region: Region, action: str, force: bool) -> None:
    (instance,) = region.run_instances(1)
    region.chaos.maintenance(instance, within="2h")
    before = len(forces(region))
    FORCED[action](region, instance, force)
    region.clock.advance("1m")
    assert forces(region)[before:] == [force]


def test_a_batch_of_releases_cuts_power_unless_told_otherwise(region: Region) -> None:
    one, two = region.run_instances(2)
    region.call("DeleteInstances", InstanceId=[one.id], Force=True, ForceStop=False)
    assert one.status == "Stopping"
    region.call("DeleteInstances", InstanceId=[two.id], Force=True)
    assert not two.exists


def test_the_older_spelling_of_a_timeout_counts() -> None:
    region = make_region()
    asked = {"Name": "n", "Type": "RunShellScript", "CommandContent": "ZWNobyAx"}
    made = region.call("CreateCommand", TimeOut=77, **asked)["CommandId"]
    (shown,) = region.call("DescribeCommands", CommandId=made)["Commands"]["Command"]
    assert shown["Timeout"] == 77


def test_a_disk_has_its_key_its_level_and_its_cluster(region: Region) -> None:
    asked: dict[str, Any] = {"KMSKeyId": "key", "Encrypted": True, "StorageClusterId": "dbsc-1"}
    asked |= {"DiskCategory": "cloud_essd", "PerformanceLevel": "PL2", "Size": 500}
    made = region.call("CreateDisk", ZoneId=region.zones[0], **asked)["DiskId"]
    (shown,) = region.call("DescribeDisks", DiskIds=[made])["Disks"]["Disk"]
    kept = {name: shown[name] for name in ("KMSKeyId", "Encrypted", "StorageClusterId", "PerformanceLevel")}
    assert kept == {name: asked[name] for name in kept}
    few = {**asked, "Size": 400}
    assert_refused("InvalidSize.ValueNotSupported", lambda: region.call("CreateDisk", ZoneId=region.zones[0], **few))


@pytest.mark.parametrize("action", ["DescribePrice", "DescribeInstanceModificationPrice"])
@pytest.mark.parametrize("disk", ["SystemDisk", "DataDisk"])
def test_a_faster_disk_costs_more(region: Region, action: str, disk: str) -> None:
    disks = {"SystemDisk": {"Category": "cloud_essd"}}
    bought: dict[str, Any] = {"InstanceChargeType": "PrePaid", "Period": 1, **disks}
    (instance,) = region.run_instances(1, **bought, DataDisk=[{"Category": "cloud_essd", "Size": 1500}])
    data = region.call("DescribeDisks", InstanceId=instance.id, DiskType="data")["Disks"]["Disk"][0]["DiskId"]
    about = {"ResourceType": "instance", "InstanceType": region.defaults["instance-type"]}
    known: dict[str, Any] = (
        about if action == "DescribePrice" else {"InstanceId": instance.id, "InstanceType": "ecs.g5.xlarge"}
    )

    def price(level: str) -> float:
        said: dict[str, Any] = {"Category": "cloud_essd", "PerformanceLevel": level, "Size": 1500}
        if disk == "DataDisk" and action != "DescribePrice":
            said["DiskId"] = data
        asked = {disk: said if disk == "SystemDisk" else [said]}
        told: float = region.call(action, **known, **asked)["PriceInfo"]["Price"]["OriginalPrice"]
        return told

    assert price("PL1") < price("PL2") < price("PL3")


@pytest.mark.parametrize("action", ["CreateNetworkInterface", "ModifyNetworkInterfaceAttribute"])
def test_queues_are_set_in_the_traffic_configuration_too(region: Region, action: str) -> None:
    (instance,) = region.run_instances(1)
    asked = {"VSwitchId": instance.identity.vswitch, "SecurityGroupId": group_of(region)}
    traffic = {"NetworkInterfaceTrafficConfig": {"QueueNumber": 2}}
    made = region.call("CreateNetworkInterface", **asked, **(traffic if action == "CreateNetworkInterface" else {}))
    card = {"NetworkInterfaceId": made["NetworkInterfaceId"]}
    if action != "CreateNetworkInterface":
        region.call(action, **card, **traffic)
    assert region.call("DescribeNetworkInterfaceAttribute", **card)["QueueNumber"] == 2


def test_elastic_addresses_are_found_by_how_they_are_paid_and_locked(region: Region) -> None:
    region.call("AllocateEipAddress")

    def found(**asked: str) -> int:
        count: int = region.call("DescribeEipAddresses", **asked)["TotalCount"]
        return count

    assert [found(ChargeType=each) for each in ("PostPaid", "PrePaid")] == [1, 0]
    assert found(LockReason="financial") == 0


def test_instances_are_found_by_whether_a_disk_can_be_attached(region: Region) -> None:
    region.run_instances(1)
    counts = [region.call("DescribeInstances", DeviceAvailable=each)["TotalCount"] for each in (True, False)]
    assert counts == [1, 0]


def test_what_is_paid_by_the_hour_knows_no_downgrade(region: Region) -> None:
    (paid,), (bought,) = region.run_instances(1), region.run_instances(1, InstanceChargeType="PrePaid", Period=1)

    def ask(instance: Instance, kind: str) -> object:
        asked = {"ResourceId": instance.id, "DestinationResource": "InstanceType", "OperationType": kind}
        return region.call("DescribeResourcesModification", **asked)["AvailableZones"]["AvailableZone"]

    assert ask(paid, "Upgrade")
    assert ask(bought, "Downgrade")
    assert_refused("InvalidParameter", lambda: ask(paid, "Downgrade"))


def test_security_groups_are_found_by_a_part_of_their_name(region: Region) -> None:
    group = group_of(region)

    def found(**asked: object) -> list[str]:
        listed = region.call("DescribeSecurityGroups", **asked)["SecurityGroups"]["SecurityGroup"]
        return [each["SecurityGroupId"] for each in listed]

    assert found(SecurityGroupName="web-serv", FuzzyQuery=True) == [group]
    assert found(SecurityGroupName="web-serv") == found(SecurityGroupName="web-serv", FuzzyQuery=False) == []


def test_tags_have_pages(region: Region) -> None:
    (instance,) = region.run_instances(1)
    tags = [{"Key": f"k{number}", "Value": "v"} for number in range(12)]
    region.call("TagResources", ResourceType="instance", ResourceId=[instance.id], Tag=tags)
    pages = [region.call("DescribeTags", PageNumber=number, PageSize=10) for number in (1, 2)]
    assert [len(each["Tags"]["Tag"]) for each in pages] == [10, 2]
    assert {each["TagKey"] for page in pages for each in page["Tags"]["Tag"]} == {each["Key"] for each in tags}


#: The two names of the owner of a group that a rule names, by the actions on such rules.
OWNERS: dict[str, tuple[str, str, str, str]] = {
    "AuthorizeSecurityGroup": ("SourceGroupId", "SourceGroupOwnerAccount", "SourceGroupOwnerId", "ingress"),
    "AuthorizeSecurityGroupEgress": ("DestGroupId", "DestGroupOwnerAccount", "DestGroupOwnerId", "egress"),
}


@pytest.mark.parametrize("action", OWNERS)
@pytest.mark.parametrize("many", [False, True])
def test_a_rule_names_the_owner_of_a_group(region: Region, action: str, many: bool) -> None:
    """By the name of the account, which is shown, or by its number; RevokeSecurityGroup and
    RevokeSecurityGroupEgress take the rule away by the same, ModifySecurityGroupRule and
    ModifySecurityGroupEgressRule describe it."""
    named, account, number, direction = OWNERS[action]
    vpc = make_vpc(region)
    group, other = (
        str(region.call("CreateSecurityGroup", VpcId=vpc, SecurityGroupName=name)["SecurityGroupId"])
        for name in ("one", "two")
    )

    def rules() -> list[dict[str, Any]]:
        told = region.call("DescribeSecurityGroupAttribute", SecurityGroupId=group, Direction=direction)
        return list(told["Permissions"]["Permission"])

    for owner, shown in (({account: "a@example.com"}, "a@example.com"), ({number: int(region.accounts[0])}, "")):
        rule = {"IpProtocol": "tcp", "PortRange": "22/22", named: other, **owner}
        asked: dict[str, Any] = {"SecurityGroupId": group, **({"Permissions": [rule]} if many else rule)}
        region.call(action, **asked)
        (made,) = rules()
        assert (made[named], made[account]) == (other, shown)
        region.call(
            "ModifySecurityGroupEgressRule" if "Egress" in action else "ModifySecurityGroupRule",
            SecurityGroupId=group,
            SecurityGroupRuleId=made["SecurityGroupRuleId"],
            Description="described",
            **{named: other, **owner},
        )
        (changed,) = rules()
        assert (changed["Description"], changed[account]) == ("described", shown)
        region.call("RevokeSecurityGroupEgress" if "Egress" in action else "RevokeSecurityGroup", **asked)
        assert rules() == []


def test_a_disk_of_a_snapshot_that_there_is_not_is_not_made(region: Region) -> None:
    with pytest.raises(ApiError, match="NotFound"):
        region.call("CreateDisk", ZoneId=region.zones[0], SnapshotId="s-bp1nosuchsnapshot00")


def test_a_template_says_what_becomes_of_a_spot_instance(region: Region) -> None:
    named = {"LaunchTemplateName": "web"}
    said = {"ImageId": region.defaults["image"], "InstanceType": region.defaults["instance-type"]}
    region.call("CreateLaunchTemplate", **named, **said)
    spot = {"SpotStrategy": "SpotAsPriceGo", "SpotInterruptionBehavior": "Stop"}
    region.call("CreateLaunchTemplateVersion", **named, **said, **spot)
    made = region.call("RunInstances", **named, LaunchTemplateVersion=2)["InstanceIdSets"]["InstanceIdSet"][0]
    assert region.instance(made).describe()["SpotInterruptionBehavior"] == "Stop"
