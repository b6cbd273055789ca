"""What surrounds instances, as it is listed: disks, network interfaces, security groups, images, zones and families;
and dry runs of what changes an instance."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import pytest

from faultzone import ApiError, Instance, Region, assert_refused, one
from faultzone_specs.observing import refused_unchanged

clause, needs = pytest.mark.clause, pytest.mark.needs
TAG = {"Key": "team", "Value": "blue"}
TYPE = "ecs.g5.large"


def disks(region: Region, **filters: Any) -> set[str]:
    """Which disks DescribeDisks lists."""
    return {each["DiskId"] for each in region.describe("DescribeDisks", **filters)}


def disks_of(region: Region, instance: Instance) -> list[str]:
    """The disks of an instance, the system disk first."""
    shown = region.describe("DescribeDisks", InstanceId=instance.id)
    return [each["DiskId"] for each in sorted(shown, key=lambda each: str(each["Device"]))]


@clause("instance/list-disks")
def test_disks_are_listed_by_each_filter(region: Region) -> None:
    """Each by itself."""
    here, there = region.zones[0], region.zones[-1]
    data = [{"Size": 40, "Category": "cloud_ssd", "DiskName": "logs", "DeleteWithInstance": False}]
    (web,) = region.run_instances(1, zone=here, DataDisk=data, Tag=[TAG], SystemDisk={"Category": "cloud_efficiency"})
    (db,) = region.run_instances(1, zone=there, SystemDisk={"Category": "cloud_ssd"})
    known = [*disks_of(region, web), *disks_of(region, db)]
    assert len(known) == 3
    of_web, logs, of_db = known
    every = {of_web, logs, of_db}
    apart = here != there
    for filters, found in (
        ({}, every),
        ({"DiskIds": json.dumps([logs, of_db, "d-none"])}, {logs, of_db}),
        ({"DiskIds": json.dumps([logs]), "DiskType": "system"}, set()),
        ({"InstanceId": web.id}, {of_web, logs}),
        ({"ZoneId": there}, {of_db} if apart else every),
        ({"DiskType": "system"}, {of_web, of_db}),
        ({"DiskType": "data"}, {logs}),
        ({"DiskType": "all"}, every),
        ({"Category": "cloud_ssd"}, {logs, of_db}),
        ({"Category": "cloud_efficiency"}, {of_web}),
        ({"DiskName": "logs"}, {logs}),
        ({"DiskName": "log"}, set()),
        ({"Portable": True}, {logs}),
        ({"Portable": False}, {of_web, of_db}),
        ({"DeleteWithInstance": False}, {logs}),
        ({"DeleteWithInstance": True}, {of_web, of_db}),
        ({"Encrypted": True}, set()),
        ({"Status": "In_use"}, every),
        ({"Status": "Available"}, set()),
        ({"SnapshotId": "s-none"}, set()),
        ({"Tag": [TAG]}, {of_web, logs}),
        ({"Tag": [{"Key": "team", "Value": "red"}]}, set()),
        ({"Category": "cloud_ssd", "DiskType": "data"}, {logs}),
    ):
        assert disks(region, **filters) == found, filters


@clause("instance/list-disks")
def test_disks_are_shown_as_they_were_made(region: Region) -> None:
    """In pages."""
    data = [{"Size": 40, "Category": "cloud_ssd", "DiskName": "logs", "Description": "of the shop"}]
    (web,) = region.run_instances(1, DataDisk=data, SystemDisk={"Size": 60, "Category": "cloud_efficiency"})
    shown = {each["Type"]: each for each in region.describe("DescribeDisks")}
    assert set(shown) == {"system", "data"}
    for kind, size, category, name, text, portable in (
        ("system", 60, "cloud_efficiency", "", "", False),
        ("data", 40, "cloud_ssd", "logs", "of the shop", True),
    ):
        disk = shown[kind]
        assert (disk["Size"], disk["Category"], disk["DiskName"]) == (size, category, name)
        assert (disk["Description"], disk["Portable"], disk["DeleteWithInstance"]) == (text, portable, True)
        assert (disk["InstanceId"], disk["RegionId"], disk["ZoneId"]) == (web.id, region.id, web.zone)
        assert (disk["Status"], disk["DiskChargeType"], disk["Encrypted"]) == ("In_use", "PostPaid", False)
    assert shown["system"]["ImageId"] == web.describe()["ImageId"]
    assert shown["system"]["Device"] != shown["data"]["Device"]
    pages = [region.call("DescribeDisks", PageSize=1, PageNumber=number) for number in (1, 2, 3)]
    assert [each["TotalCount"] for each in pages] == [2, 2, 2]
    listed = [[each["DiskId"] for each in page["Disks"]["Disk"]] for page in pages]
    assert [len(each) for each in listed] == [1, 1, 0]
    assert listed[0] != listed[1]


@clause("instance/list-security-groups")
def test_security_groups_are_listed_by_each_filter(region: Region) -> None:
    """And told of alone as they are listed."""

    def groups(**filters: Any) -> set[str]:
        return {each["SecurityGroupId"] for each in region.describe("DescribeSecurityGroups", **filters)}

    others = groups()
    make = partial(region.call, "CreateSecurityGroup")
    web = make(SecurityGroupName="web", Description="of the shop", Tag=[TAG])["SecurityGroupId"]
    db = make(SecurityGroupName="db")["SecurityGroupId"]
    for filters, found in (
        ({}, {web, db} | others),
        ({"SecurityGroupId": web}, {web}),
        ({"SecurityGroupIds": json.dumps([web, db, "sg-none"])}, {web, db}),
        ({"SecurityGroupName": "web"}, {web}),
        ({"SecurityGroupName": "we"}, set()),
        ({"VpcId": "vpc-none"}, set()),
        ({"Tag": [TAG]}, {web}),
        ({"Tag": [{"Key": "team", "Value": "red"}]}, set()),
    ):
        assert groups(**filters) == found, filters
    shown = one(region.describe("DescribeSecurityGroups", SecurityGroupId=web))
    told = region.call("DescribeSecurityGroupAttribute", SecurityGroupId=web)
    for each in (shown, told):
        assert (each["SecurityGroupId"], each["SecurityGroupName"]) == (web, "web")
        assert (each["Description"], each["VpcId"]) == ("of the shop", shown["VpcId"])
    assert groups(VpcId=shown["VpcId"]) >= {web, db}
    assert told["RegionId"] == region.id
    pages = [
        region.call("DescribeSecurityGroups", PageSize=1, PageNumber=number + 1) for number in range(len(others) + 3)
    ]
    listed = [each["SecurityGroupId"] for page in pages for each in page["SecurityGroups"]["SecurityGroup"]]
    assert sorted(listed) == sorted({web, db} | others)
    region.call("DeleteSecurityGroup", SecurityGroupId=db)
    assert groups() == {web} | others
    for action in ("DeleteSecurityGroup", "DescribeSecurityGroupAttribute"):
        assert_refused("InvalidSecurityGroupId.NotFound", partial(region.call, action, SecurityGroupId=db))


@clause("instance/list-interfaces")
def test_network_interfaces_are_listed_by_each_filter(region: Region) -> None:
    """The primary one of each instance, as the instance shows it."""
    group = region.call("CreateSecurityGroup", SecurityGroupName="web")["SecurityGroupId"]
    (web,) = region.run_instances(1, zone=region.zones[0], SecurityGroupId=group)
    (db,) = region.run_instances(1, zone=region.zones[-1])

    def cards(**filters: Any) -> set[str]:
        return {each["InstanceId"] for each in region.describe("DescribeNetworkInterfaces", **filters)}

    shown = one(region.describe("DescribeNetworkInterfaces", InstanceId=web.id))
    other = one(region.describe("DescribeNetworkInterfaces", InstanceId=db.id))
    attributes = web.describe()["VpcAttributes"]
    assert (shown["PrivateIpAddress"], shown["MacAddress"]) == (web.private_ip, web.identity.mac_address)
    assert (shown["VpcId"], shown["VSwitchId"]) == (attributes["VpcId"], attributes["VSwitchId"])
    assert (shown["ZoneId"], shown["Type"], shown["Status"]) == (web.zone, "Primary", "InUse")
    assert shown["SecurityGroupIds"]["SecurityGroupId"] == web.describe()["SecurityGroupIds"]["SecurityGroupId"]
    both = {web.id, db.id}
    for filters, found in (
        ({}, both),
        ({"NetworkInterfaceId": [shown["NetworkInterfaceId"]]}, {web.id}),
        ({"NetworkInterfaceId": [shown["NetworkInterfaceId"], other["NetworkInterfaceId"]]}, both),
        ({"NetworkInterfaceId": ["eni-none"]}, set()),
        ({"PrimaryIpAddress": db.private_ip}, {db.id}),
        ({"VSwitchId": "vsw-none"}, set()),
        ({"SecurityGroupId": group}, {web.id}),
        ({"Type": "Primary"}, both),
        ({"Type": "Secondary"}, set()),
        ({"Tag": [{"Key": "nobody"}]}, set()),
    ):
        assert cards(**filters) == found, filters
    if len(region.zones) > 1:
        assert cards(VSwitchId=shown["VSwitchId"]) == {web.id}
    pages = [region.call("DescribeNetworkInterfaces", PageSize=1, PageNumber=number) for number in (1, 2, 3)]
    sets = [page["NetworkInterfaceSets"]["NetworkInterfaceSet"] for page in pages]
    assert [len(each) for each in sets] == [1, 1, 0]
    assert {each["InstanceId"] for page in sets for each in page} == both


@clause("instance/list-images")
def test_images_are_listed_by_each_filter(region: Region) -> None:
    """Each by itself; all fit what is asked for."""

    def images(**filters: Any) -> list[dict[str, Any]]:
        return list(region.describe("DescribeImages", **filters))

    every = images()
    by_id = {each["ImageId"]: each for each in every}
    assert len(by_id) == len(every) > 1
    for name in ("ImageId", "ImageName", "OSType", "ImageOwnerAlias"):
        values = {each[name] for each in every}
        for value in sorted(values)[:3]:
            found = images(**{name: value})
            assert found == [each for each in every if each[name] == value], (name, value)
    assert {"linux", "windows"} <= {each["OSType"] for each in every}
    first, second = every[:2]
    both = images(ImageId=f"{first['ImageId']},{second['ImageId']},m-none")
    assert {each["ImageId"] for each in both} == {first["ImageId"], second["ImageId"]}
    assert images(Status="Available") == every
    for filters in ({"Status": "Creating"}, {"SnapshotId": "s-none"}, {"Tag": [TAG]}, {"ImageName": "nobody's"}):
        assert images(**filters) == [], filters
    for each in every:
        assert (each["Status"], each["Architecture"] in ("x86_64", "arm64", "i386")) == ("Available", True)
    (used,) = region.run_instances(1)
    image = used.describe()["ImageId"]
    assert {each["ImageId"] for each in images(Usage="instance")} == {image}
    assert {each["ImageId"] for each in images(Usage="none")} == set(by_id) - {image}
    size = 2
    pages = [region.call("DescribeImages", PageSize=size, PageNumber=number) for number in (1, 2)]
    listed = [each for page in pages for each in page["Images"]["Image"]]
    assert [each["ImageId"] for each in listed] == [each["ImageId"] for each in every][: 2 * size]
    assert [page["TotalCount"] for page in pages] == [len(every)] * 2


@clause("instance/list-zones")
def test_regions_and_zones_are_listed(region: Region) -> None:
    """A zone has what can be launched in it."""
    regions = region.call("DescribeRegions")["Regions"]["Region"]
    mine = one(each for each in regions if each["RegionId"] == region.id)
    assert mine["RegionEndpoint"]
    known = region.call("DescribeInstanceTypes")["InstanceTypes"]["InstanceType"]
    family_of = {each["InstanceTypeId"]: each["InstanceTypeFamily"] for each in known}
    zones = region.call("DescribeZones")["Zones"]["Zone"]
    assert [each["ZoneId"] for each in zones] == region.zones
    for zone in zones:
        assert {"Instance", "Disk", "VSwitch"} <= set(zone["AvailableResourceCreation"]["ResourceTypes"])
        assert {"cloud_efficiency", "cloud_ssd"} <= set(zone["AvailableDiskCategories"]["DiskCategories"])
        assert TYPE in zone["AvailableInstanceTypes"]["InstanceTypes"]
        told = zone["AvailableResources"]["ResourcesInfo"]
        types = {kind for each in told for kind in each["InstanceTypes"]["supportedInstanceType"]}
        families = {kind for each in told for kind in each["InstanceTypeFamilies"]["supportedInstanceTypeFamily"]}
        assert TYPE in types
        assert families == {family_of.get(kind) for kind in types}
        for each in told:
            assert "vpc" in each["NetworkTypes"]["supportedNetworkCategory"]
            assert {"cloud_ssd"} <= set(each["SystemDiskCategories"]["supportedSystemDiskCategory"])
            assert {"cloud_ssd"} <= set(each["DataDiskCategories"]["supportedDataDiskCategory"])


@clause("instance/list-zones")
@needs("set-supply")
def test_what_is_sold_out_is_not_listed(region: Region) -> None:
    """In that zone."""
    here = region.zones[0]
    with region.chaos.shortage(zone=here, family="ecs.g5"):
        for zone in region.call("DescribeZones")["Zones"]["Zone"]:
            types = zone["AvailableInstanceTypes"]["InstanceTypes"]
            assert (TYPE in types) == (zone["ZoneId"] != here)
            assert any(each.startswith("ecs.c5.") for each in types)


@clause("instance/list-families")
def test_families_are_listed_by_generation(region: Region) -> None:
    """Those of all types."""

    def families(**filters: Any) -> dict[str, str]:
        listed = region.call("DescribeInstanceTypeFamilies", **filters)["InstanceTypeFamilies"]["InstanceTypeFamily"]
        return {each["InstanceTypeFamilyId"]: each["Generation"] for each in listed}

    every = families()
    types = region.call("DescribeInstanceTypes")["InstanceTypes"]["InstanceType"]
    assert {each["InstanceTypeFamily"] for each in types} <= set(every)
    assert {"ecs.g5", "ecs.c5"} <= set(every)
    for generation in sorted(set(every.values())):
        found = families(Generation=generation)
        assert found == {id: each for id, each in every.items() if each == generation}
    assert len(set(every.values())) > 1


@clause("instance/change-dry-run")
@pytest.mark.parametrize(
    ("action", "runs", "more"),
    [
        ("StopInstance", True, {}),
        ("StopInstance", True, {"ForceStop": True}),
        ("RebootInstance", True, {}),
        ("StartInstance", False, {}),
        ("DeleteInstance", False, {}),
        ("DeleteInstance", True, {"Force": True}),
    ],
)
def test_a_dry_run_changes_nothing(region: Region, action: str, runs: bool, more: dict[str, bool]) -> None:
    """It is refused with the code that says that all is well."""
    (instance,) = region.run_instances(1)
    if not runs:
        instance.stop()
    refused_unchanged(instance, action, "DryRunOperation", DryRun=True, **more)
    region.hold(lambda: instance.status == ("Running" if runs else "Stopped"), "1s", what="it stays as it is")


@clause("instance/change-dry-run")
@pytest.mark.parametrize(
    ("action", "runs"),
    [("StopInstance", False), ("StartInstance", True), ("RebootInstance", False), ("DeleteInstance", True)],
)
def test_a_dry_run_makes_the_checks_of_the_call(region: Region, action: str, runs: bool) -> None:
    """The state and the id."""
    (instance,) = region.run_instances(1)
    if not runs:
        instance.stop()
    with pytest.raises(ApiError) as right:
        region.call(action, InstanceId=instance.id)
    refused_unchanged(instance, action, right.value.code, DryRun=True)
    assert right.value.code != "DryRunOperation"
    assert_refused("InvalidInstanceId.NotFound", partial(region.call, action, InstanceId="i-none", DryRun=True))


def paged(region: Region, action: str, path: tuple[str, str], name: str, most: int) -> list[list[str]]:
    """The pages of a listing by token: what is on each."""
    pages: list[list[str]] = []
    token: str | None = None
    while len(pages) < 6:
        answer = region.call(action, MaxResults=most, NextToken=token)
        pages.append([str(each[name]) for each in answer[path[0]][path[1]]])
        if not (token := answer.get("NextToken")):
            break
    return pages


@clause("instance/list-filters-today")
def test_disks_and_interfaces_are_listed_by_the_filters_of_today(region: Region) -> None:
    """Each by itself."""
    (hourly,) = region.run_instances(1, DataDisk=[{"Size": 40}])
    (monthly,) = region.run_instances(1, InstanceChargeType="PrePaid", Period=1)
    of_hourly, of_monthly = set(disks_of(region, hourly)), set(disks_of(region, monthly))
    for disk_filters, found in (
        ({"DiskChargeType": "PrePaid"}, of_monthly),
        ({"DiskChargeType": "PostPaid"}, of_hourly),
        ({"LockReason": "financial"}, set()),
    ):
        assert disks(region, **disk_filters) == found, disk_filters
    vpc = hourly.describe()["VpcAttributes"]["VpcId"]
    for filters, ids in (
        ({"VpcId": vpc}, {hourly.id, monthly.id}),
        ({"VpcId": "vpc-none"}, set()),
        ({"Status": "InUse"}, {hourly.id, monthly.id}),
        ({"Status": "Available"}, set()),
        ({"PrivateIpAddress": [monthly.private_ip]}, {monthly.id}),
    ):
        listed: Any = region.describe("DescribeNetworkInterfaces", **filters)
        assert {each["InstanceId"] for each in listed} == ids, filters


@clause("instance/list-filters-today")
def test_security_groups_are_listed_by_their_type(region: Region) -> None:
    """With how many instances each has, and may have."""
    make = partial(region.call, "CreateSecurityGroup")
    basic, large = make()["SecurityGroupId"], make(SecurityGroupType="enterprise")["SecurityGroupId"]

    def groups(**filters: Any) -> dict[str, dict[str, Any]]:
        return {each["SecurityGroupId"]: each for each in region.describe("DescribeSecurityGroups", **filters)}

    assert large in groups(SecurityGroupType="enterprise")
    assert basic not in groups(SecurityGroupType="enterprise")
    assert {basic, large} & groups(SecurityGroupType="normal").keys() == {basic}
    before = groups()[basic]
    region.run_instances(2, SecurityGroupId=basic)
    after = groups()[basic]
    assert (before["EcsCount"], after["EcsCount"], groups()[large]["EcsCount"]) == (0, 2, 0)
    assert before["AvailableInstanceAmount"] - after["AvailableInstanceAmount"] == 2
    assert after["AvailableInstanceAmount"] > 0


@clause("instance/list-filters-today")
def test_images_are_listed_by_what_they_can(region: Region) -> None:
    """All of those here can be used."""

    def images(**filters: Any) -> set[str]:
        return {each["ImageId"] for each in region.describe("DescribeImages", **filters)}

    every = images()
    for name in ("Usable", "IsSupportCloudinit", "IsSupportIoOptimized"):
        assert images(**{name: True}) | images(**{name: False}) == every
        assert images(**{name: True}).isdisjoint(images(**{name: False}))
    assert images(ResourceGroupId="rg-none") == set()


@clause("instance/list-filters-today")
@pytest.mark.parametrize(
    ("action", "path", "name"),
    [
        ("DescribeDisks", ("Disks", "Disk"), "DiskId"),
        ("DescribeNetworkInterfaces", ("NetworkInterfaceSets", "NetworkInterfaceSet"), "NetworkInterfaceId"),
    ],
)
def test_listings_have_pages_by_token(region: Region, action: str, path: tuple[str, str], name: str) -> None:
    """Each item is on one of them."""
    region.run_instances(23, wait=False)
    every = [str(each[name]) for each in region.describe(action)]
    pages = paged(region, action, path, name, most=10)
    assert [len(each) for each in pages] == [10, 10, 3]
    assert sorted(id for page in pages for id in page) == sorted(every)


@clause("instance/list-filters-today")
def test_security_groups_have_pages_by_token(region: Region) -> None:
    """Each is on one of them."""
    for _ in range(12):
        region.call("CreateSecurityGroup")
    every = [each["SecurityGroupId"] for each in region.describe("DescribeSecurityGroups")]
    pages = paged(region, "DescribeSecurityGroups", ("SecurityGroups", "SecurityGroup"), "SecurityGroupId", most=10)
    assert sorted(id for page in pages for id in page) == sorted(every)
    assert len(pages[0]) == 10
