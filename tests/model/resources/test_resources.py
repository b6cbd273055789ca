"""What a region tells of itself, tags, security groups and the batch forms."""

from __future__ import annotations

import pytest

from faultzone import ApiError, Region, UsageError, assert_refused, make_region
from faultzone.editions import names


@pytest.fixture
def region() -> Region:
    return make_region(zones=2, hosts_per_zone=2, regions=("cn-hangzhou", "cn-beijing"))


@pytest.fixture
def later() -> Region:
    return make_region(edition="2020-12")


def test_regions_and_zones(region: Region) -> None:
    regions = region.call("DescribeRegions")["Regions"]["Region"]
    assert [each["RegionId"] for each in regions] == ["cn-hangzhou", "cn-beijing"]
    zones = region.call("DescribeZones")["Zones"]["Zone"]
    assert [each["ZoneId"] for each in zones] == region.zones
    assert "ecs.g5.large" in zones[0]["AvailableInstanceTypes"]["InstanceTypes"]


def test_a_zone_does_not_offer_what_it_has_no_supply_of(region: Region) -> None:
    with region.chaos.shortage(zone=region.zones[0], family="ecs.g5"):
        asked = {"DestinationResource": "InstanceType", "InstanceType": "ecs.g5.large"}
        zones = region.call("DescribeAvailableResource", **asked)["AvailableZones"]["AvailableZone"]
        assert [each["Status"] for each in zones] == ["SoldOut", "Available"]
        first = region.call("DescribeZones")["Zones"]["Zone"][0]
        assert "ecs.g5.large" not in first["AvailableInstanceTypes"]["InstanceTypes"]


def test_types_and_families(region: Region) -> None:
    types = region.call("DescribeInstanceTypes", InstanceTypeFamily="ecs.g5")["InstanceTypes"]["InstanceType"]
    assert {each["InstanceTypeFamily"] for each in types} == {"ecs.g5"}
    assert next(each for each in types if each["InstanceTypeId"] == "ecs.g5.large")["CpuCoreCount"] == 2
    families = region.call("DescribeInstanceTypeFamilies")["InstanceTypeFamilies"]["InstanceTypeFamily"]
    assert "ecs.c6" not in {each["InstanceTypeFamilyId"] for each in families}
    assert_refused("UnsupportedParameter", lambda: region.call("DescribeInstanceTypes", MaxResults=5))


def test_the_families_that_a_set_may_hold_are_listed(region: Region, later: Region) -> None:
    listed = later.call("DescribeDeploymentSetSupportedInstanceTypeFamily")["InstanceTypeFamilies"].split(",")
    everything = later.call("DescribeInstanceTypeFamilies")["InstanceTypeFamilies"]["InstanceTypeFamily"]
    assert set(listed) < {each["InstanceTypeFamilyId"] for each in everything}
    group = later.create_deployment_set()
    assert {"ecs.g5", "ecs.t5"} & set(listed) == {"ecs.g5"}
    later.run_instances(1, instance_type="ecs.g5.large", deployment_set=group)
    assert_refused(
        "InvalidInstanceType.NotSupported",
        lambda: later.run_instances(1, instance_type="ecs.t5-lc1m2.large", deployment_set=group),
    )
    assert_refused("InvalidAction", lambda: region.call("DescribeDeploymentSetSupportedInstanceTypeFamily"))


def test_types_by_token_in_a_later_edition(later: Region) -> None:
    seen: list[str] = []
    token = ""
    while True:
        answer = later.call("DescribeInstanceTypes", MaxResults=50, NextToken=token)
        seen += [each["InstanceTypeId"] for each in answer["InstanceTypes"]["InstanceType"]]
        token = answer["NextToken"]
        if not token:
            break
    everything = later.call("DescribeInstanceTypes")["InstanceTypes"]["InstanceType"]
    assert seen == [each["InstanceTypeId"] for each in everything]
    assert_refused("InvalidParameter", lambda: later.call("DescribeInstanceTypes", NextToken="x"))


def test_the_default_network(region: Region) -> None:
    vpc = region.call("DescribeVpcs")["Vpcs"]["Vpc"][0]
    switches = region.call("DescribeVSwitches", VpcId=vpc["VpcId"])["VSwitches"]["VSwitch"]
    assert [each["VSwitchId"] for each in switches] == vpc["VSwitchIds"]["VSwitchId"]
    before = switches[1]["AvailableIpAddressCount"]
    (made,) = region.run_instances(1, VSwitchId=switches[1]["VSwitchId"])
    assert made.zone == switches[1]["ZoneId"]
    assert region.call("DescribeVSwitches")["VSwitches"]["VSwitch"][1]["AvailableIpAddressCount"] == before - 1


def test_filters_of_the_network_must_all_hold(region: Region) -> None:
    (vpc,) = region.call("DescribeVpcs")["Vpcs"]["Vpc"]
    one, two = region.call("DescribeVSwitches")["VSwitches"]["VSwitch"]

    def found(action: str, **asked: object) -> int:
        total: int = region.call(action, **asked)["TotalCount"]
        return total

    holds: dict[str, object] = {"VpcId": vpc["VpcId"], "IsDefault": True}
    assert found("DescribeVpcs", **holds) == 1
    for name, other in {"VpcId": "vpc-none", "IsDefault": False}.items():
        assert found("DescribeVpcs", **{**holds, name: other}) == 0, name
    holds |= {"VSwitchId": one["VSwitchId"], "ZoneId": one["ZoneId"]}
    assert found("DescribeVSwitches", **holds) == 1
    others = {"VSwitchId": two["VSwitchId"], "ZoneId": two["ZoneId"], "VpcId": "vpc-none", "IsDefault": False}
    for name, other in others.items():
        assert found("DescribeVSwitches", **{**holds, name: other}) == 0, name


def test_each_instance_has_one_network_interface(region: Region) -> None:
    one, two = region.run_instances(2)
    shown = region.call("DescribeInstances", InstanceIds=[two.id])["Instances"]["Instance"][0]
    card = shown["NetworkInterfaces"]["NetworkInterface"][0]
    answer = region.call("DescribeNetworkInterfaces", NetworkInterfaceId=[card["NetworkInterfaceId"]])
    (found,) = answer["NetworkInterfaceSets"]["NetworkInterfaceSet"]
    assert (found["InstanceId"], found["MacAddress"]) == (two.id, card["MacAddress"])
    assert found["PrivateIpSets"]["PrivateIpSet"][0]["PrivateIpAddress"] == card["PrimaryIpAddress"]
    assert found["VSwitchId"] == shown["VpcAttributes"]["VSwitchId"]
    assert found["SecurityGroupIds"] == shown["SecurityGroupIds"]
    assert region.call("DescribeNetworkInterfaces")["TotalCount"] == 2
    assert region.call("DescribeNetworkInterfaces", InstanceId=one.id, Type="Primary")["TotalCount"] == 1


def test_filters_of_network_interfaces_must_all_hold(later: Region) -> None:
    _, two = later.run_instances(2)
    (found,) = later.call("DescribeNetworkInterfaces", InstanceId=two.id)["NetworkInterfaceSets"]["NetworkInterfaceSet"]
    holds = {
        "NetworkInterfaceId": [found["NetworkInterfaceId"]],
        "InstanceId": two.id,
        "VSwitchId": found["VSwitchId"],
        "VpcId": found["VpcId"],
        "PrimaryIpAddress": found["PrivateIpAddress"],
        "NetworkInterfaceName": "",
        "ResourceGroupId": "",
        "Status": "InUse",
        "SecurityGroupId": found["SecurityGroupIds"]["SecurityGroupId"][0],
        "Type": "Primary",
    }
    assert later.call("DescribeNetworkInterfaces", **holds)["TotalCount"] == 1
    others = dict.fromkeys(holds, "other") | {
        "NetworkInterfaceId": ["eni-none"],
        "PrimaryIpAddress": "10.9.9.9",
        "Status": "Available",
        "Tag": [{"Key": "a"}],
        "Type": "Secondary",
    }
    for name, other in others.items():
        asked = {**holds, name: other}
        assert later.call("DescribeNetworkInterfaces", **asked)["TotalCount"] == 0, name


def test_the_roles_of_instances(region: Region) -> None:
    assert region.control("account-settings")["ram_roles"] is None
    with pytest.raises(UsageError, match=r"ram_roles=.*: expected a list of names"):
        region.control("account-settings", ram_roles=["reader", 1])
    assert region.control("account-settings", ram_roles=["reader"])["ram_roles"] == ["reader"]
    assert_refused("InvalidRamRole.NotFound", lambda: region.run_instances(1, RamRoleName="writer"))
    (plain,), (with_role,) = region.run_instances(1), region.run_instances(1, RamRoleName="reader")

    def roles(**asked: object) -> list[tuple[str, str]]:
        answer = region.call("DescribeInstanceRamRole", **asked)["InstanceRamRoleSets"]["InstanceRamRoleSet"]
        return [(each["InstanceId"], each["RamRoleName"]) for each in answer]

    assert roles(InstanceIds=[plain.id, with_role.id]) == [(plain.id, ""), (with_role.id, "reader")]
    assert roles(RamRoleName="reader") == [(with_role.id, "reader")]
    assert_refused("InvalidInstanceId.NotFound", lambda: roles(InstanceIds=["i-none"]))
    assert_refused("InvalidParameter.AllEmpty", roles)


def test_metadata_options_are_shown_when_they_are_asked_for(region: Region, later: Region) -> None:
    later.run_instances(1)
    (plain,) = later.call("DescribeInstances")["Instances"]["Instance"]
    (more,) = later.call("DescribeInstances", AdditionalAttributes=["META_OPTIONS"])["Instances"]["Instance"]
    assert more == {**plain, "MetadataOptions": {"HttpEndpoint": "enabled", "HttpTokens": "optional"}}
    assert_refused(
        "UnsupportedParameter", lambda: region.call("DescribeInstances", AdditionalAttributes=["META_OPTIONS"])
    )


def test_images(region: Region) -> None:
    images = region.call("DescribeImages", OSType="windows", PageSize=100)["Images"]["Image"]
    assert images
    assert {each["OSType"] for each in images} == {"windows"}
    assert region.call("DescribeImages", ImageId=region.defaults["image"])["TotalCount"] == 1


def test_a_disk_is_as_it_was_asked_for(later: Region) -> None:
    asked = {"DiskName": "logs", "Device": "/dev/xvdk", "Category": "cloud_essd", "PerformanceLevel": "PL1"}
    given = {**asked, "Size": "20", "DeleteWithInstance": "false", "Encrypted": "True"}
    (made,) = later.run_instances(1, DataDisk=[given])
    (disk,) = later.call("DescribeDisks", InstanceId=made.id, DiskType="data")["Disks"]["Disk"]
    assert disk == {**disk, **asked, "Size": 20, "DeleteWithInstance": False, "Encrypted": True}


def test_disks(region: Region) -> None:
    (made,) = region.run_instances(1, SystemDisk={"Size": 60}, DataDisk=[{"Size": 200, "Category": "cloud_ssd"}])
    disks = region.call("DescribeDisks", InstanceId=made.id)["Disks"]["Disk"]
    assert [(each["Type"], each["Size"]) for each in disks] == [("system", 60), ("data", 200)]
    assert {each["DeleteWithInstance"] for each in disks} == {True}
    assert {each["Encrypted"] for each in disks} == {False}
    assert len({each["DiskId"] for each in disks}) == 2
    made.delete()
    assert region.call("DescribeDisks")["TotalCount"] == 0


@pytest.mark.parametrize(
    ("action", "wrapper", "item", "id_name"),
    [
        ("DescribeDisks", "Disks", "Disk", "DiskId"),
        ("DescribeNetworkInterfaces", "NetworkInterfaceSets", "NetworkInterfaceSet", "NetworkInterfaceId"),
    ],
)
def test_pages_by_token_in_a_later_edition(
    region: Region, later: Region, action: str, wrapper: str, item: str, id_name: str
) -> None:
    def listed(**asked: object) -> tuple[list[str], str]:
        answer = later.call(action, **asked)
        return [each[id_name] for each in answer[wrapper][item]], answer["NextToken"]

    later.run_instances(12)
    shown = [each[id_name] for each in later.call(action, PageSize=50)[wrapper][item]]
    first, token = listed(MaxResults=3)  # Fewer than ten are not to be had.
    later.run_instances(1)
    second, end = listed(NextToken=token)
    assert ([*first, *second], len(first), end) == (shown, 10, "")
    everything, end = listed(MaxResults=501)
    assert (len(everything), end) == (13, "")
    assert_refused("InvalidParameter", lambda: later.call(action, NextToken="fz-1"))
    assert_refused("UnsupportedParameter", lambda: region.call(action, MaxResults=10))


def test_security_groups(region: Region) -> None:
    made = region.call("CreateSecurityGroup", SecurityGroupName="web", Tag=[{"Key": "a", "Value": "b"}])
    group = made["SecurityGroupId"]
    (instance,) = region.run_instances(1, SecurityGroupId=group)
    assert instance.describe()["SecurityGroupIds"]["SecurityGroupId"] == [group]
    assert_refused("DependencyViolation", lambda: region.call("DeleteSecurityGroup", SecurityGroupId=group))
    shown = region.call("DescribeSecurityGroupAttribute", SecurityGroupId=group)
    assert (shown["SecurityGroupName"], shown["Permissions"]) == ("web", {"Permission": []})
    found = region.call("DescribeSecurityGroups", Tag=[{"Key": "a"}])["SecurityGroups"]["SecurityGroup"]
    assert [each["SecurityGroupId"] for each in found] == [group]
    instance.delete()
    region.call("DeleteSecurityGroup", SecurityGroupId=group)
    asked = {"SecurityGroupId": group}
    assert_refused("InvalidSecurityGroupId.NotFound", lambda: region.call("DescribeSecurityGroupAttribute", **asked))
    assert_refused("InvalidSecurityGroupId.NotFound", lambda: region.run_instances(1, SecurityGroupId=group))


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"SecurityGroupName": "1"}, "InvalidSecurityGroupName.Malformed"),
        ({"SecurityGroupName": "http://web"}, "InvalidSecurityGroupName.Malformed"),
        ({"Description": "a"}, "InvalidDescription.Malformed"),
        ({"Description": "https://web"}, "InvalidDescription.Malformed"),
        ({"VpcId": "vpc-none"}, "InvalidVpcId.NotFound"),
    ],
)
def test_a_security_group_that_cannot_be_is_not_made(region: Region, given: dict[str, str], code: str) -> None:
    good = {"SecurityGroupName": "web", "Description": "of the tier"}
    before = region.call("DescribeSecurityGroups")["TotalCount"]
    assert_refused(code, lambda: region.call("CreateSecurityGroup", **{**good, **given}))
    assert region.call("DescribeSecurityGroups")["TotalCount"] == before
    region.call("CreateSecurityGroup", **good)
    found = region.call("DescribeSecurityGroups", SecurityGroupName="web")["SecurityGroups"]["SecurityGroup"]
    assert [each["Description"] for each in found] == ["of the tier"]


def tags_of(region: Region, instance_id: str) -> dict[str, str]:
    listed = region.call("ListTagResources", ResourceType="instance", ResourceId=[instance_id])
    return {each["TagKey"]: each["TagValue"] for each in listed["TagResources"]["TagResource"]}


def test_tags(region: Region) -> None:
    one, two = (each.id for each in region.run_instances(2, Tag=[{"Key": "tier", "Value": "web"}]))
    tag = {"ResourceType": "instance", "ResourceId": [one, two]}
    region.call("TagResources", **tag, Tag=[{"Key": "tier", "Value": "db"}, {"Key": "x"}])
    assert tags_of(region, one) == {"tier": "db", "x": ""}
    region.call("UntagResources", ResourceType="instance", ResourceId=[one], TagKey=["x"])
    assert tags_of(region, one) == {"tier": "db"}
    region.call("UntagResources", ResourceType="instance", ResourceId=[one], All=True)
    assert tags_of(region, one) == {}
    listed = region.call("DescribeInstances", Tag=[{"Key": "tier", "Value": "db"}])
    assert [each["InstanceId"] for each in listed["Instances"]["Instance"]] == [two]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"ResourceId": ["i-none"]}, "InvalidResourceId.NotFound"),
        ({"ResourceType": "moon"}, "InvalidResourceType.NotFound"),
        ({"Tag": [{"Key": "acs:x"}]}, "InvalidTagKey.Malformed"),
        ({"Tag": [{"Key": "a", "Value": "http://"}]}, "InvalidTagValue.Malformed"),
        ({"Tag": [{"Key": "a"}, {"Key": "a"}]}, "Duplicate.TagKey"),
    ],
)
def test_bad_tags(region: Region, changes: dict[str, object], code: str) -> None:
    (made,) = region.run_instances(1)
    asked = {"ResourceType": "instance", "ResourceId": [made.id], "Tag": [{"Key": "a"}], **changes}
    assert_refused(code, lambda: region.call("TagResources", **asked))
    assert tags_of(region, made.id) == {}


@pytest.mark.parametrize("kind", ["command", "invocation", "activation", "managedinstance", "launchtemplate"])
def test_types_that_later_documentation_has_are_unknown_before(region: Region, kind: str) -> None:
    asked = {"ResourceType": kind, "ResourceId": ["x"]}
    assert_refused("InvalidResourceType.NotFound", lambda: region.call("TagResources", **asked, Tag=[{"Key": "a"}]))


def test_tags_of_a_launch_template() -> None:
    region = make_region(edition="2026-10")
    made = region.call("CreateLaunchTemplate", LaunchTemplateName="web")["LaunchTemplateId"]
    region.call("TagResources", ResourceType="launchtemplate", ResourceId=[made], Tag=[{"Key": "a", "Value": "b"}])
    found = region.call("DescribeLaunchTemplates", TemplateTag=[{"Key": "a"}])["LaunchTemplateSets"]
    assert [each["LaunchTemplateId"] for each in found["LaunchTemplateSet"]] == [made]


def test_no_more_than_twenty_tags(region: Region) -> None:
    (made,) = region.run_instances(1)
    asked = {"ResourceType": "instance", "ResourceId": [made.id]}
    region.call("TagResources", **asked, Tag=[{"Key": f"k{n}"} for n in range(20)])
    assert_refused("LimitExceeded.Tags", lambda: region.call("TagResources", **asked, Tag=[{"Key": "one-more"}]))


def test_tags_are_listed_by_token_where_there_are_many(region: Region) -> None:
    made = [each.id for each in region.run_instances(26)]
    asked = {"ResourceType": "instance", "ResourceId": made}
    region.call("TagResources", **asked, Tag=[{"Key": f"k{n}"} for n in range(20)])
    first = region.call("ListTagResources", **asked)
    second = region.call("ListTagResources", **asked, NextToken=first["NextToken"])
    listed = [*first["TagResources"]["TagResource"], *second["TagResources"]["TagResource"]]
    assert len({(each["ResourceId"], each["TagKey"]) for each in listed}) == len(listed) == 520
    assert second["NextToken"] == ""
    assert_refused("InvalidParameter", lambda: region.call("ListTagResources", **asked, NextToken="x"))


def test_what_has_so_much_memory(region: Region) -> None:
    asked = {"DestinationResource": "InstanceType", "ZoneId": region.zones[0], "Memory": "0.5"}
    (zone,) = region.call("DescribeAvailableResource", **asked)["AvailableZones"]["AvailableZone"]
    (offered,) = zone["AvailableResources"]["AvailableResource"]
    names = [each["Value"] for each in offered["SupportedResources"]["SupportedResource"]]
    types = region.call("DescribeInstanceTypes")["InstanceTypes"]["InstanceType"]
    assert names == [each["InstanceTypeId"] for each in types if each["MemorySize"] == 0.5] != []


def test_batch_forms_are_later_than_the_edition(region: Region) -> None:
    assert_refused("InvalidAction", lambda: region.call("StopInstances", InstanceId=["i-1"]))


def test_a_batch_is_all_or_nothing_unless_asked_otherwise(later: Region) -> None:
    one, two = later.run_instances(2)
    one.stop()
    ids = [one.id, two.id]
    assert_refused("IncorrectInstanceStatus", lambda: later.call("StopInstances", InstanceId=ids))
    assert two.status == "Running"
    assert_refused("DRYRUN.SUCCESS", lambda: later.call("StopInstances", InstanceId=[two.id], DryRun=True))
    answer = later.call("StopInstances", InstanceId=ids, BatchOptimization="SuccessFirst")
    codes = {each["InstanceId"]: each["Code"] for each in answer["InstanceResponses"]["InstanceResponse"]}
    assert codes == {one.id: "IncorrectInstanceStatus", two.id: "200"}
    two.wait_until("Stopped")
    answer = later.call("StartInstances", InstanceId=ids)
    assert {each["CurrentStatus"] for each in answer["InstanceResponses"]["InstanceResponse"]} == {"Starting"}
    later.wait_until_all([one, two], "Running")
    later.call("RebootInstances", InstanceId=ids)
    later.wait_until_all([one, two], "Running")
    released = later.call("DeleteInstances", InstanceId=ids, Force=True, ClientToken="once")
    again = later.call("DeleteInstances", InstanceId=ids, Force=True, ClientToken="once")
    assert again == {**released, "RequestId": again["RequestId"]}
    assert later.instances == []
    with pytest.raises(ApiError):
        later.call("DeleteInstances", InstanceId=ids)


@pytest.mark.parametrize("edition", names())
def test_zones_supply_and_launches_agree_on_categories_of_disks(edition: str) -> None:
    with make_region(edition=edition, hosts_per_zone=16) as region:
        # One of the few that take disks of all categories, where there is any.
        kind = "ecs.u1-c1m2.large" if edition == "2026-10" else "ecs.g5.large"
        zone = region.call("DescribeZones", Verbose=True)["Zones"]["Zone"][0]
        (more,) = zone["AvailableResources"]["ResourcesInfo"]
        told = more["SystemDiskCategories"]["supportedSystemDiskCategory"]
        data = more["DataDiskCategories"]["supportedDataDiskCategory"]
        assert data[: len(told)] == told
        assert zone["AvailableDiskCategories"]["DiskCategories"] == data
        for asked, found in (
            ({"DestinationResource": "SystemDisk"}, told),
            ({"DestinationResource": "SystemDisk", "SystemDiskCategory": told[1]}, told[1:2]),
            ({"DestinationResource": "DataDisk", "SystemDiskCategory": told[1]}, data),
            ({"DestinationResource": "DataDisk", "SystemDiskCategory": told[1], "DataDiskCategory": told[0]}, told[:1]),
        ):
            asked = {"InstanceType": kind, **asked}
            zones = region.call("DescribeAvailableResource", **asked)["AvailableZones"]["AvailableZone"]
            (resource,) = zones[0]["AvailableResources"]["AvailableResource"]
            assert [each["Value"] for each in resource["SupportedResources"]["SupportedResource"]] == found
        for category in told:
            region.run_instances(1, instance_type=kind, SystemDisk={"Category": category})
        for category in data:
            region.run_instances(1, instance_type=kind, DataDisk=[{"Category": category, "Size": 100}])
        for refused in (
            {"DestinationResource": "DataDisk"},
            {"DestinationResource": "SystemDisk", "SystemDiskCategory": "x"},
        ):
            with pytest.raises(ApiError):
                region.call("DescribeAvailableResource", **refused)


def test_images_are_filtered_by_what_they_can_do() -> None:
    region = make_region(edition="2026-10")

    def found(key: str, value: str) -> int:
        shown: int = region.call("DescribeImages", Filter=[{"Key": key, "Value": value}])["TotalCount"]
        return shown

    every = region.call("DescribeImages")["TotalCount"]
    assert [found("NetworkType", each) for each in ("vpc", "classic")] == [every, 0]
    assert [found("MemoryOnlineUpgrade", each) for each in ("supported", "unsupported")] == [0, every]
    assert_refused("InvalidParameter", lambda: found("NetworkType", "moon"))
    assert_refused("InvalidFilterKey.NotFound", lambda: found("Moon", "vpc"))
