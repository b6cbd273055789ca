"""Snapshots of disks: made, listed, changed and deleted, and disks that are made of them."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from faultzone import Instance, Region, assert_refused, one

clause, needs = pytest.mark.clause, pytest.mark.needs

Answer = dict[str, Any]
NO_SNAPSHOT = "s-bp1no0such0snapshot0"
RED = {"Key": "team", "Value": "red"}


def launch(region: Region, **given: Any) -> Instance:
    """An instance in the first zone."""
    return one(region.run_instances(1, ZoneId=region.zones[0], **given))


def disk_of(region: Region, instance: Instance, kind: str = "system") -> str:
    found = region.call("DescribeDisks", InstanceId=instance.id, DiskType=kind)["Disks"]["Disk"]
    return str(one(found)["DiskId"])


def found(region: Region, **filters: object) -> list[Answer]:
    listed: list[Answer] = region.call("DescribeSnapshots", **{"PageSize": 100, **filters})["Snapshots"]["Snapshot"]
    return listed


def snapshot(region: Region, id: str) -> Answer:
    return one(found(region, SnapshotIds=[id]))


def ids(region: Region, **filters: object) -> set[str]:
    return {each["SnapshotId"] for each in found(region, **filters)}


def is_done(region: Region, id: str) -> bool:
    return bool(snapshot(region, id)["Status"] == "accomplished")


def begin(region: Region, disk: str, **given: object) -> str:
    return str(region.call("CreateSnapshot", DiskId=disk, **given)["SnapshotId"])


def take(region: Region, disk: str, **given: object) -> str:
    """A snapshot that is done."""
    made = begin(region, disk, **given)
    region.wait(lambda: is_done(region, made))
    return made


@clause("resource/create-snapshot")
@pytest.mark.parametrize("kind", ["system", "data"])
def test_a_snapshot_of_a_disk_takes_its_time(region: Region, kind: str) -> None:
    instance = launch(region, DataDisk=[{"Size": 60}])
    disk = disk_of(region, instance, kind)
    size = one(region.call("DescribeDisks", DiskIds=[disk])["Disks"]["Disk"])["Size"]
    made = begin(region, disk, SnapshotName="nightly", Description="of the shop", Tag=[RED])
    shown = snapshot(region, made)
    assert (shown["Status"], shown["Progress"] == "100%") == ("progressing", False)
    assert (shown["SnapshotName"], shown["Description"]) == ("nightly", "of the shop")
    assert shown["Tags"]["Tag"] == [{"TagKey": "team", "TagValue": "red"}]
    told = shown["SourceDiskId"], int(shown["SourceDiskSize"]), shown["SourceDiskType"].lower()
    assert told == (disk, size, kind)
    region.wait(lambda: is_done(region, made))
    assert snapshot(region, made)["Progress"] == "100%"


@clause("resource/snapshot-of-disk")
def test_disks_of_which_no_snapshot_is_made(region: Region) -> None:
    zone = region.zones[0]
    free = region.call("CreateDisk", ZoneId=zone, Size=20, DiskCategory="cloud_efficiency")["DiskId"]
    asked = {"ImageId": region.defaults["image"], "InstanceType": region.defaults["instance-type"], "ZoneId": zone}
    never = region.instance(region.call("CreateInstance", **asked)["InstanceId"])
    region.wait(lambda: never.status == "Stopped")
    busy = disk_of(region, launch(region))
    before = begin(region, busy)
    for disk, code in (
        ("d-bp1no0such0disk0at0all", "InvalidDiskId.NotFound"),
        (free, "IncorrectDiskStatus.NeverAttached"),
        (disk_of(region, never), "IncorrectDiskStatus.NeverUsed"),
        (busy, "IncorrectDiskStatus.CreatingSnapshot"),
    ):
        assert_refused(code, partial(begin, region, disk))
    assert ids(region) == {before}
    region.wait(lambda: is_done(region, before))
    later = begin(region, busy)
    assert ids(region, DiskId=busy) == {before, later}


@clause("resource/snapshot-locked")
@needs("change-account")
def test_no_snapshot_of_what_is_locked(region: Region) -> None:
    instance = launch(region)
    disk = disk_of(region, instance)
    with region.chaos.security_lock(instance):
        assert_refused("InstanceLockedForSecurity", partial(begin, region, disk))
        create = partial(region.call, "CreateImage", InstanceId=instance.id)
        assert_refused("InstanceLockedForSecurity", create)
    assert ids(region) == set()


@clause("resource/snapshot-names")
def test_names_of_snapshots(region: Region) -> None:
    disk = disk_of(region, launch(region))
    for wrong in ("s", "s" * 129, "1st", "automatic", "http://a"):
        assert_refused("InvalidSnapshotName.Malformed", partial(begin, region, disk, SnapshotName=wrong))
    assert_refused("InvalidDescription.Malformed", partial(begin, region, disk, Description="http://somewhere"))
    assert ids(region) == set()
    made = take(region, disk, SnapshotName="s" * 128)
    change = partial(region.call, "ModifySnapshotAttribute", SnapshotId=made)
    for wrong in ("s", "s" * 129, "automatic"):
        assert_refused("InvalidSnapshotName.Malformed", partial(change, SnapshotName=wrong))
    assert_refused("InvalidDescription.Malformed", partial(change, Description="http://somewhere"))
    change(SnapshotName="s1")
    assert snapshot(region, made)["SnapshotName"] == "s1"


def is_full_after(region: Region, most: int) -> None:
    disk = disk_of(region, launch(region))
    made = [take(region, disk) for _ in range(most)]
    assert_refused("QuotaExceed.Snapshot", partial(begin, region, disk))
    region.call("DeleteSnapshot", SnapshotId=made[0])
    take(region, disk)


@clause("resource/snapshot-quota")
def test_a_disk_has_64_snapshots(region: Region) -> None:
    is_full_after(region, 64)


@clause("resource/snapshots-256")
def test_a_disk_has_256_snapshots(region: Region) -> None:
    is_full_after(region, 256)


@clause("resource/describe-snapshots")
def test_snapshots_are_found_by_each_condition(region: Region) -> None:
    disks = [{"Size": 20, "Encrypted": True}]
    first, second = launch(region, DataDisk=disks), launch(region)
    system, data, other = disk_of(region, first), disk_of(region, first, "data"), disk_of(region, second)
    one_, two, three = (
        take(region, disk, SnapshotName=name, Tag=[{"Key": "team", "Value": team}])
        for disk, name, team in ((system, "one", "red"), (data, "two", "blue"), (other, "three", "red"))
    )
    four = begin(region, other)
    region.call("CreateDisk", ZoneId=region.zones[0], SnapshotId=two, DiskCategory="cloud_efficiency")
    image = region.call("CreateImage", SnapshotId=one_)["ImageId"]
    assert image
    for filters, expected in (
        ({}, {one_, two, three, four}),
        ({"SnapshotIds": [one_, four, NO_SNAPSHOT]}, {one_, four}),
        ({"DiskId": other}, {three, four}),
        ({"InstanceId": first.id}, {one_, two}),
        ({"SnapshotName": "two"}, {two}),
        ({"Status": "progressing"}, {four}),
        ({"Status": "accomplished"}, {one_, two, three}),
        ({"Status": "failed"}, set()),
        ({"SnapshotType": "auto"}, set()),
        ({"SnapshotType": "user"}, {one_, two, three, four}),
        ({"SourceDiskType": "data"}, {two}),
        ({"SourceDiskType": "system"}, {one_, three, four}),
        ({"Usage": "image"}, {one_}),
        ({"Usage": "disk"}, {two}),
        ({"Usage": "none"}, {three, four}),
        ({"Encrypted": True}, {two}),
        ({"Tag": [RED]}, {one_, three}),
        ({"Tag": [{"Key": "team"}]}, {one_, two, three}),
    ):
        assert ids(region, **filters) == expected, filters
    page = region.call("DescribeSnapshots", PageSize=3, PageNumber=2)
    assert (page["TotalCount"], len(page["Snapshots"]["Snapshot"])) == (4, 1)


@clause("resource/modify-snapshot")
def test_what_is_said_of_a_snapshot_is_changed(region: Region) -> None:
    made = take(region, disk_of(region, launch(region)), SnapshotName="old", Description="of the shop")

    def change(**given: object) -> tuple[str, str]:
        region.call("ModifySnapshotAttribute", SnapshotId=made, **given)
        shown = snapshot(region, made)
        return shown["SnapshotName"], shown["Description"]

    assert change(SnapshotName="new") == ("new", "of the shop")
    assert change(Description="of the office") == ("new", "of the office")
    assert_refused("NoAttributeToModify", change)
    unknown = partial(region.call, "ModifySnapshotAttribute", SnapshotId=NO_SNAPSHOT, SnapshotName="new")
    assert_refused("InvalidSnapshotId.NotFound", unknown)


@clause("resource/snapshot-retention")
@needs("move-time")
def test_a_snapshot_is_released_when_its_days_are_over(region: Region) -> None:
    disk = disk_of(region, launch(region))
    gone, kept = take(region, disk, RetentionDays=2), take(region, disk)
    assert {snapshot(region, each)["RetentionDays"] for each in (gone, kept)} == {0, 2}
    region.clock.advance("47h")
    assert ids(region) == {gone, kept}
    region.clock.advance("1h")
    assert ids(region) == {kept}


@clause("resource/snapshot-kept-longer")
@needs("move-time")
def test_a_snapshot_is_kept_for_longer(region: Region) -> None:
    disk = disk_of(region, launch(region))
    longer, later = take(region, disk, RetentionDays=2), take(region, disk)
    change = partial(region.call, "ModifySnapshotAttribute")
    assert_refused(
        "InvalidOperation.DecreaseRetentionDaysUnsupported", partial(change, SnapshotId=longer, RetentionDays=1)
    )
    change(SnapshotId=longer, RetentionDays=4)
    change(SnapshotId=later, RetentionDays=3)
    region.clock.advance("2d")
    assert ids(region) == {longer, later}
    region.clock.advance("1d")
    assert ids(region) == {longer}
    region.clock.advance("1d")
    assert ids(region) == set()


@clause("resource/delete-snapshot")
def test_a_snapshot_is_deleted(region: Region) -> None:
    disk = disk_of(region, launch(region))
    kept, gone = take(region, disk), take(region, disk)
    delete = partial(region.call, "DeleteSnapshot")
    delete(SnapshotId=gone)
    delete(SnapshotId=NO_SNAPSHOT)
    assert ids(region) == {kept}
    delete(SnapshotId=begin(region, disk))
    assert ids(region) == {kept}
    assert begin(region, disk) != kept


@clause("resource/delete-snapshot-in-use")
def test_a_snapshot_that_is_in_use_stays(region: Region) -> None:
    instance = launch(region, DataDisk=[{"Size": 20}])
    of_image, of_disk = take(region, disk_of(region, instance)), take(region, disk_of(region, instance, "data"))
    disk = region.call("CreateDisk", ZoneId=region.zones[0], SnapshotId=of_disk, DiskCategory="cloud_efficiency")
    image = region.call("CreateImage", SnapshotId=of_image)["ImageId"]
    region.wait(lambda: region.call("DescribeImages", ImageId=image)["TotalCount"] == 1)
    delete = partial(region.call, "DeleteSnapshot")
    assert_refused("SnapshotCreatedImage", partial(delete, SnapshotId=of_image))
    assert_refused("SnapshotCreatedDisk", partial(delete, SnapshotId=of_disk))
    assert ids(region) == {of_image, of_disk}
    delete(SnapshotId=of_disk, Force=True)
    region.call("DeleteImage", ImageId=image)
    delete(SnapshotId=of_image)
    assert ids(region) == set()
    assert one(region.call("DescribeDisks", DiskIds=[disk["DiskId"]])["Disks"]["Disk"])["Size"] == 20


@clause("resource/disk-of-snapshot")
def test_a_disk_is_made_of_a_snapshot(region: Region) -> None:
    instance = launch(region, DataDisk=[{"Size": 40}])
    disk = disk_of(region, instance, "data")
    made = take(region, disk)
    create = partial(region.call, "CreateDisk", ZoneId=region.zones[0], DiskCategory="cloud_efficiency")
    sizes = {create(SnapshotId=made, **given)["DiskId"]: size for given, size in (({}, 40), ({"Size": 60}, 60))}
    assert_refused("InvalidDiskSize.TooSmall", partial(create, SnapshotId=made, Size=20))
    assert_refused("InvalidSnapshotId.NotFound", partial(create, SnapshotId=NO_SNAPSHOT))
    other = launch(region, DataDisk=[{"SnapshotId": made}])
    sizes[disk_of(region, other, "data")] = 40
    run = partial(launch, region)
    assert_refused("InvalidDataDiskSnapshotId.NotFound", partial(run, DataDisk=[{"SnapshotId": NO_SNAPSHOT}]))
    assert_refused("InvalidDiskSize.TooSmall", partial(run, DataDisk=[{"SnapshotId": made, "Size": 20}]))
    early = begin(region, disk)
    assert_refused("InvalidSnapshotId.NotReady", partial(create, SnapshotId=early))
    assert_refused("InvalidSnapshotId.NotReady", partial(run, DataDisk=[{"SnapshotId": early}]))
    shown = region.call("DescribeDisks", SnapshotId=made)["Disks"]["Disk"]
    assert {each["DiskId"]: each["Size"] for each in shown} == sizes
    assert {each["SourceSnapshotId"] for each in shown} == {made}
    assert one(region.call("DescribeDisks", DiskIds=[disk])["Disks"]["Disk"])["SourceSnapshotId"] == ""
