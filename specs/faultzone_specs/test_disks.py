"""Disks by themselves: made, attached, detached, changed and released."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from faultzone import ApiError, Instance, Region, assert_refused, one

clause, needs = pytest.mark.clause, pytest.mark.needs

Answer = dict[str, Any]
ATTACHED = ("IncorrectDiskStatus", "DiskError", "InvalidDevice.InUse", "InvalidDisk.InUse", "DiskStillAttached")
NO_DISK = "d-bp1no0such0disk0at0all"


def make(region: Region, **given: object) -> str:
    """A disk in the first zone."""
    asked = {"ZoneId": region.zones[0], "Size": 20, "DiskCategory": "cloud_efficiency", **given}
    made: str = region.call("CreateDisk", **asked)["DiskId"]
    region.wait(lambda: status(region, made) == "Available")
    return made


def found(region: Region, **filters: object) -> list[Answer]:
    listed: list[Answer] = region.call("DescribeDisks", **{"PageSize": 100, **filters})["Disks"]["Disk"]
    return listed


def disk(region: Region, id: str) -> Answer:
    return one(found(region, DiskIds=[id]))


def status(region: Region, id: str) -> str:
    return str(disk(region, id)["Status"])


def ids(region: Region, **filters: object) -> set[str]:
    return {each["DiskId"] for each in found(region, **filters)}


def attach(region: Region, instance: Instance | str, id: str, **given: object) -> Answer:
    owner = instance if isinstance(instance, str) else instance.id
    return region.call("AttachDisk", InstanceId=owner, DiskId=id, **given)


def detach(region: Region, instance: Instance | str, id: str) -> Answer:
    owner = instance if isinstance(instance, str) else instance.id
    return region.call("DetachDisk", InstanceId=owner, DiskId=id)


def launch(region: Region, **given: Any) -> Instance:
    """An instance in the first zone."""
    return one(region.run_instances(1, ZoneId=region.zones[0], **given))


def data_disk(region: Region, instance: Instance) -> str:
    return str(one(found(region, InstanceId=instance.id, DiskType="data"))["DiskId"])


@clause("resource/create-disk")
def test_a_disk_is_made_by_itself(region: Region) -> None:
    tag = {"Key": "team", "Value": "red"}
    given = {"DiskName": "data", "Description": "of the shop", "Encrypted": True, "Size": 40, "Tag": [tag]}
    full, plain = disk(region, make(region, **given)), disk(region, make(region, DiskCategory=None, Size=5))
    assert (full["DiskName"], full["Description"], full["Size"]) == ("data", "of the shop", 40)
    assert (full["Category"], full["Encrypted"], full["ZoneId"]) == ("cloud_efficiency", True, region.zones[0])
    assert full["Tags"]["Tag"] == [{"TagKey": "team", "TagValue": "red"}]
    assert (plain["Category"], plain["DiskName"], plain["Size"], plain["Encrypted"]) == ("cloud", "", 5, False)
    for each in (full, plain):
        assert (each["Type"], each["Status"], each["DiskChargeType"]) == ("data", "Available", "PostPaid")
        assert (each["Portable"], each["InstanceId"], each["DeleteAutoSnapshot"]) == (True, "", True)
    assert_refused("InvalidZoneId.NotFound", partial(make, region, ZoneId="cn-no-such-zone"))


@clause("resource/disk-sizes")
@pytest.mark.parametrize(
    ("category", "least", "most"),
    [("cloud", 5, 2000), ("cloud_efficiency", 20, 32768), ("cloud_ssd", 20, 32768)],
)
def test_sizes_are_those_of_the_category(region: Region, category: str, least: int, most: int) -> None:
    create = partial(make, region, DiskCategory=category)
    for size in (least - 1, most + 1):
        assert_refused("InvalidSize.ValueNotSupported", partial(create, Size=size))
    assert_refused("MissingParameter", partial(create, Size=None))
    assert ids(region) == set()
    assert {disk(region, create(Size=size))["Size"] for size in (least, most)} == {least, most}


@clause("resource/disk-sizes")
def test_other_categories_are_refused(region: Region) -> None:
    assert_refused("InvalidDiskCategory.ValueNotSupported", partial(make, region, DiskCategory="floppy"))
    assert ids(region) == set()


@clause("resource/disk-names")
def test_names_of_disks_are_within_bounds(region: Region) -> None:
    id = make(region, DiskName="data")
    for wrong in ("d", "d" * 129):
        assert_refused("InvalidDiskName.Malformed", partial(make, region, DiskName=wrong))
        change = partial(region.call, "ModifyDiskAttribute", DiskId=id, DiskName=wrong)
        assert_refused("InvalidDiskName.Malformed", change)
    web = "http://somewhere"
    assert_refused("InvalidDescription.Malformed", partial(make, region, Description=web))
    change = partial(region.call, "ModifyDiskAttribute", DiskId=id, Description=web)
    assert_refused("InvalidDescription.Malformed", change)
    assert [each["DiskName"] for each in found(region)] == ["data"]
    for right in ("da", "d" * 128):
        region.call("ModifyDiskAttribute", DiskId=id, DiskName=right)
        assert disk(region, id)["DiskName"] == right


@clause("resource/describe-free-disks")
@needs("shape-region")
@pytest.mark.region(zones=2)
def test_disks_are_found_by_each_condition(region: Region) -> None:
    first, second = region.zones
    instance = launch(region, DataDisk=[{"Size": 20, "DiskName": "of-launch"}])
    here = make(region, DiskName="here", Tag=[{"Key": "team", "Value": "red"}])
    there = make(region, ZoneId=second, DiskCategory="cloud_ssd")
    attached = make(region, DiskName="attached", Tag=[{"Key": "team", "Value": "blue"}])
    attach(region, instance, attached)
    launched = ids(region) - {here, there, attached}
    system = ids(region, DiskType="system")
    assert len(launched) == 2
    assert len(system) == 1
    assert ids(region, DiskIds=[here, attached, NO_DISK]) == {here, attached}
    assert ids(region, ZoneId=first) == launched | {here, attached}
    assert ids(region, ZoneId=second) == {there}
    assert ids(region, DiskType="data") == (launched - system) | {here, there, attached}
    assert ids(region, Status="Available") == {here, there}
    assert ids(region, Status="In_use") == launched | {attached}
    assert ids(region, DiskName="here") == {here}
    assert ids(region, DiskName="of-launch") == launched - system
    assert ids(region, Category="cloud_ssd") == {there}
    assert ids(region, Tag=[{"Key": "team"}]) == {here, attached}
    assert ids(region, Tag=[{"Key": "team", "Value": "blue"}]) == {attached}
    assert ids(region, Portable=False) == system
    assert ids(region, InstanceId=instance.id) == launched | {attached}
    page = region.call("DescribeDisks", PageSize=2, PageNumber=3)
    assert (page["TotalCount"], len(page["Disks"]["Disk"])) == (5, 1)


@clause("resource/unknown-disk")
def test_disks_and_instances_that_there_are_not(region: Region) -> None:
    instance, id = launch(region), make(region)
    for call in (
        partial(attach, region, instance, NO_DISK),
        partial(detach, region, instance, NO_DISK),
        partial(region.call, "ModifyDiskAttribute", DiskId=NO_DISK, DiskName="data"),
        partial(region.call, "ResizeDisk", DiskId=NO_DISK, NewSize=100),
    ):
        assert_refused("InvalidDiskId.NotFound", call)
    for act in (attach, detach):
        assert_refused("InvalidInstanceId.NotFound", partial(act, region, "i-no-such", id))
    assert status(region, id) == "Available"


@clause("resource/attach-disk")
@needs("shape-region")
@pytest.mark.region(zones=2)
def test_a_disk_is_attached(region: Region) -> None:
    first, other = launch(region), launch(region)
    id, kept, there = make(region, DiskName="data"), make(region), make(region, ZoneId=region.zones[1])
    attach(region, first, id, DeleteWithInstance=True)
    first.stop()
    attach(region, first, kept)
    region.wait(lambda: {status(region, each) for each in (id, kept)} == {"In_use"})
    shown = disk(region, id)
    assert (shown["InstanceId"], shown["DeleteWithInstance"], shown["DiskName"]) == (first.id, True, "data")
    assert disk(region, kept)["DeleteWithInstance"] is False
    devices = {each["Device"] for each in found(region, InstanceId=first.id)}
    assert len(devices) == 3
    assert all(devices)
    for instance in (first, other):
        assert_refused(ATTACHED, partial(attach, region, instance, id))
    assert_refused("ResourcesNotInSameZone", partial(attach, region, other, there))
    assert ids(region, InstanceId=other.id, DiskType="data") == set()


@clause("resource/attach-disk-state")
@needs("change-account", "move-time")
def test_the_instance_is_running_or_stopped(region: Region) -> None:
    id, kept = make(region), make(region)
    running = launch(region)
    attach(region, running, kept)
    (early,) = region.run_instances(1, wait=False, ZoneId=region.zones[0])
    assert early.status != "Running"
    assert_refused("IncorrectInstanceStatus", partial(attach, region, early, id))
    with region.chaos.security_lock(running):
        assert_refused("InstanceLockedForSecurity", partial(attach, region, running, id))
        assert_refused("InstanceLockedForSecurity", partial(detach, region, running, kept))
    assert (status(region, id), status(region, kept)) == ("Available", "In_use")
    attach(region, running, id)
    assert disk(region, id)["InstanceId"] == running.id


@clause("resource/disks-of-an-instance")
def test_an_instance_has_sixteen_data_disks(region: Region) -> None:
    instance = launch(region, DataDisk=[{"Size": 20}])
    for _ in range(15):
        attach(region, instance, make(region))
    more = make(region)
    assert_refused("InstanceDiskLimitExceeded", partial(attach, region, instance, more))
    attached = found(region, InstanceId=instance.id, DiskType="data")
    assert len({each["Device"] for each in attached}) == len(attached) == 16
    assert status(region, more) == "Available"


@clause("resource/disk-device")
def test_a_device_is_asked_for(region: Region) -> None:
    instance, id, other = launch(region), make(region), make(region)
    for wrong in ("/dev/sda", "xvdc", "/dev/xvd1"):
        assert_refused("InvalidDevice.Malformed", partial(attach, region, instance, id, Device=wrong))
    attach(region, instance, id, Device="/dev/xvdf")
    assert disk(region, id)["Device"] == "/dev/xvdf"
    assert_refused("InvalidDevice.InUse", partial(attach, region, instance, other, Device="/dev/xvdf"))
    attach(region, instance, other)
    assert disk(region, other)["Device"] not in ("", "/dev/xvdf")


@clause("resource/detach-disk")
def test_a_disk_is_detached_and_attached_elsewhere(region: Region) -> None:
    """One that a launch has made as well, beside others that stay what they are."""
    first, other = launch(region, DataDisk=[{"Size": 20, "DiskName": name} for name in ("one", "two")]), launch(region)
    named = {each["DiskName"]: each for each in found(region, InstanceId=first.id, DiskType="data")}
    id, stays = named["one"]["DiskId"], named["two"]
    detach(region, first, id)
    region.wait(lambda: status(region, id) == "Available")
    shown = disk(region, id)
    assert (shown["InstanceId"], shown["DeleteWithInstance"], shown["DiskName"]) == ("", False, "one")
    assert shown["Size"] == 20
    left = one(found(region, InstanceId=first.id, DiskType="data"))
    assert {name: left[name] for name in ("DiskId", "Device", "DiskName")} == {
        name: stays[name] for name in ("DiskId", "Device", "DiskName")
    }
    attach(region, other, id)
    assert disk(region, id)["InstanceId"] == other.id
    first.delete(force=True)
    assert ids(region, DiskIds=[id, stays["DiskId"]]) == {id}
    detach(region, other, id)
    other.delete(force=True)
    region.wait(lambda: status(region, id) == "Available")
    assert disk(region, id)["InstanceId"] == ""


@clause("resource/detach-refused")
def test_what_cannot_be_detached(region: Region) -> None:
    first, other = launch(region, DataDisk=[{"Size": 20}]), launch(region)
    id, free = data_disk(region, first), make(region)
    system = one(found(region, InstanceId=first.id, DiskType="system"))["DiskId"]
    assert_refused("DependencyViolation", partial(detach, region, other, id))
    assert_refused("DependencyViolation", partial(detach, region, first, free))
    assert_refused("DiskTypeViolation", partial(detach, region, first, system))
    assert {status(region, each) for each in (id, system)} == {"In_use"}


@clause("resource/delete-disk")
def test_a_disk_is_released(region: Region) -> None:
    instance, free, used = launch(region), make(region), make(region)
    attach(region, instance, used)
    system = one(found(region, InstanceId=instance.id, DiskType="system"))["DiskId"]
    region.call("DeleteDisk", DiskId=free)
    region.call("DeleteDisk", DiskId=NO_DISK)
    for each in (used, system):
        assert_refused((*ATTACHED, "DiskTypeViolation"), partial(region.call, "DeleteDisk", DiskId=each))
    assert ids(region) == {used, system}
    detach(region, instance, used)
    region.wait(lambda: status(region, used) == "Available")
    region.call("DeleteDisk", DiskId=used)
    assert ids(region) == {system}


@clause("resource/disk-kept")
@needs("change-account")
def test_disks_stay_where_they_are_to(region: Region) -> None:
    disks = [{"Size": 20, "DiskName": "keep", "DeleteWithInstance": False}, {"Size": 20, "DiskName": "gone"}]
    first, locked = launch(region, DataDisk=disks), launch(region, DataDisk=disks)
    kept, goes = make(region, DiskName="later"), make(region)
    attach(region, first, kept)
    attach(region, first, goes, DeleteWithInstance=True)
    first.delete(force=True)
    left = {each["DiskName"]: each for each in found(region, Status="Available")}
    assert left.keys() == {"keep", "later"}
    assert {each["InstanceId"] for each in left.values()} == {""}
    before = ids(region, Status="Available")
    with region.chaos.security_lock(locked):
        locked.delete(force=True)
    assert ids(region) == before


@clause("resource/modify-disk")
@pytest.mark.parametrize("where", ["free", "attached", "of a launch", "system"])
def test_what_is_said_of_a_disk_is_changed(region: Region, where: str) -> None:
    instance = launch(region, DataDisk=[{"Size": 20, "DiskName": "old"}])
    id = make(region, DiskName="old")
    if where == "attached":
        attach(region, instance, id, DeleteWithInstance=True)
    elif where == "of a launch":
        id = data_disk(region, instance)
    elif where == "system":
        id = one(found(region, InstanceId=instance.id, DiskType="system"))["DiskId"]

    def told() -> tuple[object, ...]:
        shown = disk(region, id)
        return tuple(shown[name] for name in ("DiskName", "Description", "DeleteAutoSnapshot", "EnableAutoSnapshot"))

    others = {each["DiskId"]: each["DiskName"] for each in found(region) if each["DiskId"] != id}
    name, _, snapshots, policy = told()
    region.call("ModifyDiskAttribute", DiskId=id, Description="of the shop")
    assert told() == (name, "of the shop", snapshots, policy)
    region.call("ModifyDiskAttribute", DiskId=id, DiskName="new", DeleteAutoSnapshot=not snapshots)
    assert told() == ("new", "of the shop", not snapshots, policy)
    region.call("ModifyDiskAttribute", DiskId=id, EnableAutoSnapshot=not policy)
    assert told() == ("new", "of the shop", not snapshots, not policy)
    for value in (True, False):
        region.call("ModifyDiskAttribute", DiskId=id, DeleteWithInstance=value)
        assert disk(region, id)["DeleteWithInstance"] is value
    assert_refused("NoAttributeToModify", partial(region.call, "ModifyDiskAttribute", DiskId=id))
    assert {each["DiskId"]: each["DiskName"] for each in found(region) if each["DiskId"] != id} == others


@clause("resource/resize-disk")
@pytest.mark.parametrize("where", ["free", "attached", "of a launch"])
def test_a_disk_is_made_larger(region: Region, where: str) -> None:
    instance = launch(region, DataDisk=[{"Size": 20, "Category": "cloud"}])
    id = make(region, DiskCategory="cloud")
    if where == "attached":
        attach(region, instance, id)
    elif where == "of a launch":
        id = data_disk(region, instance)
    resize = partial(region.call, "ResizeDisk", DiskId=id)
    for size in (19, 20):
        assert_refused("InvalidDiskSize.TooSmall", partial(resize, NewSize=size))
    assert_refused("InvalidDiskSize.TooLarge", partial(resize, NewSize=2001))
    assert disk(region, id)["Size"] == 20
    for size in (21, 2000):
        resize(NewSize=size)
        assert disk(region, id)["Size"] == size


@clause("resource/resize-data-disks-alone")
def test_no_system_disk_and_no_essd_is_resized(region: Region) -> None:
    instance, essd = launch(region), make(region, DiskCategory="cloud_essd")
    system = one(found(region, InstanceId=instance.id, DiskType="system"))
    for id in (system["DiskId"], essd):
        assert_refused("OperationDenied", partial(region.call, "ResizeDisk", DiskId=id, NewSize=300))
    assert (disk(region, system["DiskId"])["Size"], disk(region, essd)["Size"]) == (system["Size"], 20)
    other = make(region, DiskCategory="cloud_ssd")
    region.call("ResizeDisk", DiskId=other, NewSize=300)
    assert disk(region, other)["Size"] == 300


@clause("resource/resize-system-disk")
def test_a_system_disk_and_an_essd_are_resized(region: Region) -> None:
    instance, essd = launch(region), make(region, DiskCategory="cloud_essd")
    system = one(found(region, InstanceId=instance.id, DiskType="system"))["DiskId"]
    for id in (system, essd):
        region.call("ResizeDisk", DiskId=id, NewSize=300)
        assert disk(region, id)["Size"] == 300
        with pytest.raises(ApiError):
            region.call("ResizeDisk", DiskId=id, NewSize=300)
