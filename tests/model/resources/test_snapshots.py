"""Snapshots and own images: what the suite does not look at."""

from __future__ import annotations

from functools import partial

import pytest

from faultzone import ApiError, Region, assert_refused, make_region


@pytest.fixture
def region() -> Region:
    return make_region(edition="2026-10")


def snapshot(region: Region, **given: object) -> str:
    (instance,) = region.run_instances(1)
    (disk,) = region.call("DescribeDisks", InstanceId=instance.id)["Disks"]["Disk"]
    made: str = region.call("CreateSnapshot", DiskId=disk["DiskId"], **given)["SnapshotId"]
    region.clock.advance("1m")
    return made


def image(region: Region, **given: object) -> str:
    made: str = region.call("CreateImage", **given)["ImageId"]
    region.clock.advance("1m")
    return made


def test_both_are_tagged_and_moved_and_counted(region: Region) -> None:
    first = snapshot(region)
    second = image(region, SnapshotId=first)
    group = region.control("add-resource-group", name="web")["resource_group"]
    for kind, id in (("snapshot", first), ("image", second)):
        region.call("TagResources", ResourceType=kind, ResourceId=[id], Tag=[{"Key": "team", "Value": "red"}])
        region.call("JoinResourceGroup", ResourceType=kind, ResourceId=id, ResourceGroupId=group)
        listed = region.call("ListTagResources", ResourceType=kind, ResourceId=[id])["TagResources"]["TagResource"]
        assert [each["TagValue"] for each in listed] == ["red"]
    (tag,) = region.call("DescribeTags")["Tags"]["Tag"]
    counted = {name: count for name, count in tag["ResourceTypeCount"].items() if count}
    assert counted == {"Snapshot": 1, "Image": 1}
    assert region.call("DescribeSnapshots", ResourceGroupId=group)["TotalCount"] == 1
    (shown,) = region.call("DescribeImages", ResourceGroupId=group)["Images"]["Image"]
    assert (shown["ImageId"], shown["ResourceGroupId"]) == (second, group)


def test_progress_is_told_by_the_second(region: Region) -> None:
    (instance,) = region.run_instances(1)
    (disk,) = region.call("DescribeDisks", InstanceId=instance.id)["Disks"]["Disk"]
    region.call("CreateSnapshot", DiskId=disk["DiskId"])
    told = []
    for _ in range(5):
        (shown,) = region.call("DescribeSnapshots")["Snapshots"]["Snapshot"]
        told.append((shown["Progress"], shown["RemainTime"], shown["Status"]))
        region.clock.advance("10s")
    assert told == [
        ("0%", 40, "progressing"),
        ("25%", 30, "progressing"),
        ("50%", 20, "progressing"),
        ("75%", 10, "progressing"),
        ("100%", 0, "accomplished"),
    ]


def test_a_snapshot_of_an_image_outlives_its_days(region: Region) -> None:
    kept = snapshot(region, RetentionDays=1)
    image(region, SnapshotId=kept)
    region.clock.advance("2d")
    assert region.call("DescribeSnapshots")["TotalCount"] == 1


def test_the_same_token_makes_one(region: Region) -> None:
    (instance,) = region.run_instances(1)
    (disk,) = region.call("DescribeDisks", InstanceId=instance.id)["Disks"]["Disk"]
    make = partial(region.call, "CreateSnapshot", DiskId=disk["DiskId"], ClientToken="one")
    assert make()["SnapshotId"] == make()["SnapshotId"]
    region.clock.advance("1m")
    again = partial(region.call, "CreateImage", InstanceId=instance.id, ClientToken="one")
    assert again()["ImageId"] == again()["ImageId"]
    assert_refused("IdempotentParameterMismatch", partial(again, ImageName="other"))


def test_the_devices_of_an_image_of_parts(region: Region) -> None:
    system = snapshot(region)
    parts = partial(region.call, "CreateImage")
    for disks, code in (
        ([{"SnapshotId": system, "Device": "/dev/xvdb"}], "InvalidDevice.Malformed"),
        ([{"SnapshotId": system}, {"Size": 20, "Device": "/dev/sda"}], "InvalidDevice.Malformed"),
        ([{"SnapshotId": system}, *[{"Size": 20, "Device": "/dev/xvdc"}] * 2], "InvalidDevice.InUse"),
        ([{"SnapshotId": system, "Size": 20}], "InvalidSize.ValueNotSupported"),
        ([{"SnapshotId": system}, {"Size": 5}], "InvalidSize.ValueNotSupported"),
    ):
        assert_refused(code, partial(parts, DiskDeviceMapping=disks))
    made = image(region, DiskDeviceMapping=[{"SnapshotId": system}])
    (kept,) = region.call("DescribeImages", ImageId=made)["Images"]["Image"]
    assert kept["DiskDeviceMappings"]["DiskDeviceMapping"][0]["Device"] == "/dev/xvda"


def test_a_launch_takes_the_place_of_a_disk_of_the_image(region: Region) -> None:
    (instance,) = region.run_instances(1, DataDisk=[{"Size": 20}])
    made = image(region, InstanceId=instance.id)
    disks = [{"Device": "/dev/xvdb", "Size": 60}, {"Size": 30}]
    (other,) = region.run_instances(1, ImageId=made, DataDisk=disks)
    shown = region.call("DescribeDisks", InstanceId=other.id, DiskType="data")["Disks"]["Disk"]
    told = {each["Device"]: (each["Size"], bool(each["SourceSnapshotId"])) for each in shown}
    assert told == {"/dev/xvdb": (60, True), "/dev/xvdc": (30, False)}


def test_a_data_disk_becomes_a_system(region: Region) -> None:
    (instance,) = region.run_instances(1, DataDisk=[{"Size": 40}])
    (disk,) = region.call("DescribeDisks", InstanceId=instance.id, DiskType="data")["Disks"]["Disk"]
    made = region.call("CreateSnapshot", DiskId=disk["DiskId"])["SnapshotId"]
    region.clock.advance("1m")
    parts = [{"SnapshotId": made, "DiskType": "system"}]
    id = image(region, DiskDeviceMapping=parts, Platform="Windows Server 2022", Architecture="x86_64")
    (shown,) = region.call("DescribeImages", ImageId=id)["Images"]["Image"]
    assert (shown["OSType"], shown["Platform"]) == ("windows", "Windows Server 2022")
    with pytest.raises(ApiError, match="InvalidPlatform"):
        region.call("CreateImage", DiskDeviceMapping=parts, Platform="a toaster")


def test_snapshots_are_found_by_the_chain_of_their_disk(region: Region) -> None:
    first, second = snapshot(region), snapshot(region)
    shown = {each["SnapshotId"]: each for each in region.call("DescribeSnapshots")["Snapshots"]["Snapshot"]}
    chains = {id: each["SnapshotLinkId"] for id, each in shown.items()}
    assert chains[first] != chains[second]
    (found,) = region.call("DescribeSnapshots", SnapshotLinkId=chains[first])["Snapshots"]["Snapshot"]
    assert found["SnapshotId"] == first


def test_images_of_others_are_found_by_their_owner_and_their_accounts_paged() -> None:
    region = make_region(edition="2026-10", accounts=2)
    mine, other = region.accounts
    made = image(region, SnapshotId=snapshot(region))
    region.call("ModifyImageSharePermission", ImageId=made, AddAccount=[other, "1000000000000077"])
    page = region.call("DescribeImageSharePermission", ImageId=made, PageSize=1, PageNumber=2)
    assert (page["TotalCount"], [each["AliyunId"] for each in page["Accounts"]["Account"]]) == (2, ["1000000000000077"])
    for owner, count in ((mine, 1), (other, 0)):
        assert region.as_account(1).call("DescribeImages", ImageOwnerId=owner)["TotalCount"] == count


def test_an_image_that_is_shared_is_copied_where_it_is(region: Region) -> None:
    region = make_region(edition="2026-10", accounts=2, regions=("cn-hangzhou", "cn-beijing"))
    other, source = region.as_account(1), image(region, SnapshotId=snapshot(region))
    region.call("ModifyImageSharePermission", ImageId=source, AddAccount=[region.accounts[1]])
    copy = partial(other.call, "CopyImage", ImageId=source)
    assert_refused("OperationDenied.SameRegionOnly", partial(copy, DestinationRegionId="cn-beijing"))
    copied = copy()["ImageId"]
    assert_refused("OperationDenied.ImageCopying", partial(other.call, "DeleteImage", ImageId=copied, Force=True))
    region.clock.advance("1m")
    (shown,) = other.call("DescribeImages", ImageId=copied)["Images"]["Image"]
    assert (shown["ImageOwnerAlias"], shown["IsCopied"]) == ("self", True)
    assert_refused("IncorrectDestinationRegion", partial(region.call, "CopyImage", ImageId=source))
