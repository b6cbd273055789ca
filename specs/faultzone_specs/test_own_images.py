"""Images that users make: of instances and snapshots, launched, copied, shared, changed and deleted."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from faultzone import Instance, Region, assert_refused, one
from faultzone_specs.test_snapshots import NO_SNAPSHOT, RED, begin, disk_of, launch, take
from faultzone_specs.test_snapshots import ids as snapshot_ids

clause, needs = pytest.mark.clause, pytest.mark.needs

Answer = dict[str, Any]
NO_IMAGE = "m-bp1no0such0image0000"
ANY_STATUS = "Creating,Waiting,Available,UnAvailable,CreateFailed"


def found(region: Region, **filters: object) -> list[Answer]:
    """Images that are made of snapshots: the catalogue may have others of the account."""
    asked = {"PageSize": 100, "ImageOwnerAlias": "self", "Status": ANY_STATUS, **filters}
    listed: list[Answer] = region.call("DescribeImages", **asked)["Images"]["Image"]
    return [each for each in listed if each["DiskDeviceMappings"]["DiskDeviceMapping"]]


def ids(region: Region, **filters: object) -> set[str]:
    return {each["ImageId"] for each in found(region, **filters)}


def image(region: Region, id: str, **filters: object) -> Answer:
    return one(found(region, ImageId=id, **filters))


def is_there(region: Region, id: str) -> bool:
    return bool(image(region, id)["Status"] == "Available")


def begin_image(region: Region, **given: object) -> str:
    return str(region.call("CreateImage", **given)["ImageId"])


def make(region: Region, **given: object) -> str:
    """An image that is available."""
    made = begin_image(region, **given)
    region.wait(lambda: is_there(region, made))
    return made


def plain(region: Region, **given: object) -> str:
    """An available image of a snapshot."""
    return make(region, SnapshotId=take(region, disk_of(region, launch(region))), **given)


def copy(region: Region, id: str, to: str = "cn-beijing", **given: object) -> str:
    return str(region.call("CopyImage", ImageId=id, DestinationRegionId=to, **given)["ImageId"])


def share(region: Region, id: str, *accounts: str, parameter: str = "AddAccount") -> Answer:
    return region.call("ModifyImageSharePermission", ImageId=id, **{parameter: list(accounts)})


def mapped(region: Region, id: str) -> list[tuple[str, str, int]]:
    """The disks of an image: device, type and size."""
    disks = image(region, id)["DiskDeviceMappings"]["DiskDeviceMapping"]
    return sorted((each["Device"], each["Type"], int(each["Size"])) for each in disks)


@clause("resource/create-image")
@pytest.mark.parametrize("state", ["Running", "Stopped"])
def test_an_image_is_made_of_an_instance(region: Region, state: str) -> None:
    instance = launch(region, DataDisk=[{"Size": 60}])
    if state == "Stopped":
        instance.stop()
    system = one(region.call("DescribeImages", ImageId=region.defaults["image"])["Images"]["Image"])
    made = begin_image(region, InstanceId=instance.id, ImageName="golden", Description="of the shop", Tag=[RED])
    shown = image(region, made)
    assert shown["Status"] == "Creating"
    assert (shown["ImageName"], shown["Description"], shown["ImageOwnerAlias"]) == ("golden", "of the shop", "self")
    assert shown["Tags"]["Tag"] == [{"TagKey": "team", "TagValue": "red"}]
    assert (shown["OSType"], shown["OSName"]) == (system["OSType"], system["OSName"])
    region.wait(lambda: is_there(region, made))
    assert image(region, made)["Progress"] == "100%"
    assert mapped(region, made) == [("/dev/xvda", "system", 40), ("/dev/xvdb", "data", 60)]
    of_image = {each["SnapshotId"] for each in image(region, made)["DiskDeviceMappings"]["DiskDeviceMapping"]}
    assert snapshot_ids(region, InstanceId=instance.id, Status="accomplished") == of_image
    assert len(of_image) == 2
    (early,) = region.run_instances(1, wait=False)
    if early.status not in ("Running", "Stopped"):
        assert_refused("IncorrectInstanceStatus", partial(begin_image, region, InstanceId=early.id))
    assert_refused("InvalidInstanceId.NotFound", partial(begin_image, region, InstanceId="i-no-such"))


@clause("resource/image-of-snapshots")
def test_an_image_is_made_of_snapshots(region: Region) -> None:
    instance = launch(region, DataDisk=[{"Size": 20}])
    disk = disk_of(region, instance)
    system, data = take(region, disk), take(region, disk_of(region, instance, "data"))
    assert mapped(region, make(region, SnapshotId=system)) == [("/dev/xvda", "system", 40)]
    parts = [{"SnapshotId": system, "Size": 60}, {"SnapshotId": data}, {"Device": "/dev/xvdf", "Size": 100}]
    whole = make(region, DiskDeviceMapping=parts)
    assert mapped(region, whole) == [("/dev/xvda", "system", 60), ("/dev/xvdb", "data", 20), ("/dev/xvdf", "data", 100)]
    before = ids(region)
    early = begin(region, disk)
    for given, code in (
        ({"SnapshotId": NO_SNAPSHOT}, "InvalidSnapshotId.NotFound"),
        ({"SnapshotId": early}, "InvalidSnapshotId.NotReady"),
        ({"DiskDeviceMapping": [{"SnapshotId": early}]}, "InvalidSnapshotId.NotReady"),
        ({"SnapshotId": data}, "OperationDenied"),
        ({"DiskDeviceMapping": [{"SnapshotId": data}]}, "OperationDenied"),
        ({"DiskDeviceMapping": [{"SnapshotId": system}, {"SnapshotId": system}]}, "OperationDenied"),
        ({}, "MissingParameter"),
    ):
        assert_refused(code, partial(begin_image, region, **given))
    assert ids(region) == before


@clause("resource/launch-own-image")
def test_an_image_of_ones_own_is_launched(region: Region) -> None:
    first = launch(region, DataDisk=[{"Size": 60}])
    made = begin_image(region, InstanceId=first.id)
    not_yet = ("OperationDenied.ImageNotValid", "OperationDenied", "IncorrectImageStatus", "InvalidImageId.NotFound")
    assert_refused(not_yet, partial(region.run_instances, 1, wait=False, ImageId=made))
    region.wait(lambda: is_there(region, made))
    second = one(region.run_instances(1, ImageId=made))
    assert (second.status, second.describe()["ImageId"]) == ("Running", made)
    disks = region.call("DescribeDisks", InstanceId=second.id)["Disks"]["Disk"]
    assert sorted((each["Type"], each["Size"]) for each in disks) == [("data", 60), ("system", 40)]
    third = one(region.run_instances(1, ImageId=made, DataDisk=[{"Size": 20}]))
    disks = region.call("DescribeDisks", InstanceId=third.id, DiskType="data")["Disks"]["Disk"]
    assert sorted(each["Size"] for each in disks) == [20, 60]
    assert len({each["Device"] for each in disks}) == 2


@clause("resource/image-names")
def test_names_of_images(region: Region) -> None:
    snapshot = take(region, disk_of(region, launch(region)))
    create = partial(begin_image, region, SnapshotId=snapshot)
    one_, two = make(region, SnapshotId=snapshot, ImageName="one"), make(region, SnapshotId=snapshot, ImageName="two")
    change = partial(region.call, "ModifyImageAttribute", ImageId=two)
    for call in (create, change):
        for wrong in ("m", "m" * 129, "1st", "http://a"):
            assert_refused("InvalidImageName.Malformed", partial(call, ImageName=wrong))
        assert_refused("InvalidImageName.Duplicated", partial(call, ImageName="one"))
        assert_refused("InvalidDescription.Malformed", partial(call, Description="http://somewhere"))
    assert {each["ImageId"]: each["ImageName"] for each in found(region)} == {one_: "one", two: "two"}
    change(ImageName="m" * 128)
    assert image(region, two)["ImageName"] == "m" * 128


@clause("resource/image-quota")
def test_an_account_has_a_hundred_images(region: Region) -> None:
    snapshot = take(region, disk_of(region, launch(region)))
    create = partial(begin_image, region, SnapshotId=snapshot)
    made = [create() for _ in range(100)]
    assert_refused("QuotaExceed.Image", create)
    region.wait(lambda: is_there(region, made[0]))
    region.call("DeleteImage", ImageId=made[0])
    assert create() not in made


@clause("resource/describe-own-images")
def test_images_of_ones_own_are_found_by_each_condition(region: Region) -> None:
    snapshot = take(region, disk_of(region, launch(region)))
    red = make(region, SnapshotId=snapshot, ImageName="web-red", Tag=[RED])
    used = plain(region, ImageName="used")
    one(region.run_instances(1, ImageId=used))
    early = begin_image(region, SnapshotId=snapshot, ImageName="web-early")
    everything = region.call("DescribeImages", PageSize=100)["Images"]["Image"]
    listed = {each["ImageId"] for each in everything}
    assert {red, used, region.defaults["image"]} <= listed
    assert early not in listed
    for filters, expected in (
        ({}, {red, used, early}),
        ({"Status": "Available"}, {red, used}),
        ({"Status": None}, {red, used}),
        ({"Status": "Creating"}, {early}),
        ({"ImageId": f"{red},{early}"}, {red, early}),
        ({"ImageName": "web-*"}, {red, early}),
        ({"ImageName": "used"}, {used}),
        ({"SnapshotId": snapshot}, {red, early}),
        ({"Usage": "instance"}, {used}),
        ({"Usage": "none"}, {red, early}),
        ({"Tag": [RED]}, {red}),
        ({"ImageOwnerAlias": "others"}, set()),
        ({"OSType": "windows"}, set()),
    ):
        assert ids(region, **filters) == expected, filters
    assert {red, used, early}.isdisjoint(ids(region, ImageOwnerAlias="system"))


@clause("resource/copy-image")
@needs("shape-region")
@pytest.mark.region(regions=("cn-hangzhou", "cn-beijing"))
def test_an_image_is_copied_to_another_region(region: Region) -> None:
    there = region.in_region("cn-beijing")
    first = launch(region, DataDisk=[{"Size": 60}])
    source = make(region, InstanceId=first.id, ImageName="golden")
    copied = copy(region, source, DestinationImageName="copy", DestinationDescription="of golden", Tag=[RED])
    shown = image(there, copied)
    assert (shown["Status"], shown["IsCopied"]) == ("Creating", True)
    assert (shown["ImageName"], shown["Description"]) == ("copy", "of golden")
    assert shown["Tags"]["Tag"] == [{"TagKey": "team", "TagValue": "red"}]
    region.wait(lambda: is_there(there, copied))
    assert mapped(there, copied) == mapped(region, source)
    theirs = {each["SnapshotId"] for each in image(there, copied)["DiskDeviceMappings"]["DiskDeviceMapping"]}
    assert snapshot_ids(there) == theirs
    assert theirs.isdisjoint(snapshot_ids(region))
    assert ids(region) == {source}
    assert image(region, source)["IsCopied"] is False
    made = one(there.run_instances(1, ImageId=copied))
    assert made.describe()["ImageId"] == copied


@clause("resource/copy-image-refused")
@needs("shape-region")
@pytest.mark.region(regions=("cn-hangzhou", "cn-beijing"))
def test_images_that_are_not_copied(region: Region) -> None:
    early = begin_image(region, SnapshotId=take(region, disk_of(region, launch(region))))
    assert_refused("InvalidImageId.NotFound", partial(copy, region, NO_IMAGE))
    assert_refused("IncorrectImageStatus", partial(copy, region, early))
    region.wait(lambda: is_there(region, early))
    assert_refused("DestinationRegion.NotFound", partial(copy, region, early, "cn-no-such-region"))
    assert ids(region.in_region("cn-beijing")) == set()


@clause("resource/cancel-copy-image")
@needs("shape-region")
@pytest.mark.region(regions=("cn-hangzhou", "cn-beijing"))
def test_a_copy_is_given_up(region: Region) -> None:
    there, source = region.in_region("cn-beijing"), plain(region)
    gone, done = copy(region, source), copy(region, source)
    there.call("CancelCopyImage", ImageId=gone)
    assert ids(there) == {done}
    region.wait(lambda: is_there(there, done))
    assert_refused("IncorrectImageStatus", partial(there.call, "CancelCopyImage", ImageId=done))
    assert_refused("ImageCreatedNotFromCopy", partial(region.call, "CancelCopyImage", ImageId=source))
    assert (ids(there), ids(region)) == ({done}, {source})
    assert is_there(region, source)


@clause("resource/delete-image")
def test_an_image_is_deleted(region: Region) -> None:
    snapshot = take(region, disk_of(region, launch(region)))
    gone, kept = make(region, SnapshotId=snapshot), make(region, SnapshotId=snapshot)
    region.call("DeleteImage", ImageId=gone)
    region.call("DeleteImage", ImageId=NO_IMAGE)
    assert ids(region) == {kept}
    assert_refused("InvalidImageId.NotFound", partial(region.run_instances, 1, wait=False, ImageId=gone))
    region.call("DeleteImage", ImageId=kept)
    assert (ids(region), snapshot_ids(region)) == (set(), {snapshot})


@clause("resource/delete-image-in-use")
def test_an_image_that_is_in_use_is_deleted_by_force(region: Region) -> None:
    snapshot = take(region, disk_of(region, launch(region)))
    used, shared = make(region, SnapshotId=snapshot), make(region, SnapshotId=snapshot)
    early = begin_image(region, SnapshotId=snapshot)
    instance: Instance = one(region.run_instances(1, ImageId=used))
    share(region, shared, "1000000000000099")
    delete = partial(region.call, "DeleteImage")
    assert_refused("ImageUsingByInstance", partial(delete, ImageId=used))
    assert_refused("ImageUseShared", partial(delete, ImageId=shared))
    late = begin_image(region, SnapshotId=snapshot)
    assert_refused("ImageIsCreating", partial(delete, ImageId=late, Force=True))
    assert ids(region) == {used, shared, early, late}
    for each in (used, shared):
        delete(ImageId=each, Force=True)
    assert ids(region) == {early, late}
    assert instance.status == "Running"


@clause("resource/modify-image")
def test_what_is_said_of_an_image_is_changed(region: Region) -> None:
    made = plain(region, ImageName="old", Description="of the shop")

    def change(**given: object) -> tuple[str, str]:
        region.call("ModifyImageAttribute", ImageId=made, **given)
        shown = image(region, made)
        return shown["ImageName"], shown["Description"]

    assert change(ImageName="new") == ("new", "of the shop")
    assert change(Description="of the office") == ("new", "of the office")
    assert change(ImageName="new") == ("new", "of the office")
    for unknown in (NO_IMAGE, region.defaults["image"]):
        call = partial(region.call, "ModifyImageAttribute", ImageId=unknown, ImageName="other")
        assert_refused("InvalidImageId.NotFound", call)


@clause("resource/deprecated-image")
@needs("shape-region")
@pytest.mark.region(regions=("cn-hangzhou", "cn-beijing"))
def test_an_image_is_deprecated(region: Region) -> None:
    made, shared = plain(region), plain(region)
    share(region, shared, "1000000000000099")

    def become(id: str, status: str) -> None:
        region.call("ModifyImageAttribute", ImageId=id, Status=status)

    assert_refused("ImageUseShared", partial(become, shared, "Deprecated"))
    become(made, "Deprecated")
    assert ids(region, Status=None) == {shared}
    assert ids(region, Status="Deprecated") == {made}
    assert_refused("IncorrectImageStatus", partial(copy, region, made))
    assert_refused("IncorrectImageStatus", partial(share, region, made, "1000000000000099"))
    assert one(region.run_instances(1, ImageId=made)).status == "Running"
    become(made, "Available")
    assert ids(region, Status=None) == {made, shared}


@clause("resource/image-family-of-own")
@needs("move-time")
def test_a_family_stands_for_its_newest_image(region: Region) -> None:
    snapshot = take(region, disk_of(region, launch(region)))
    first = make(region, SnapshotId=snapshot, ImageFamily="golden")
    region.clock.advance("1h")
    second = make(region, SnapshotId=snapshot, ImageFamily="golden")
    other = make(region, SnapshotId=snapshot, ImageFamily="silver")
    early = begin_image(region, SnapshotId=snapshot, ImageFamily="golden")
    assert ids(region, ImageFamily="golden") == {first, second, early}
    assert ids(region, ImageFamily="silver") == {other}
    instance = one(region.run_instances(1, ImageId=None, ImageFamily="golden"))
    assert instance.describe()["ImageId"] == second


@clause("resource/share-image")
@needs("shape-region")
@pytest.mark.region(accounts=2)
def test_another_account_uses_an_image(region: Region) -> None:
    other, made = region.as_account(1), plain(region, ImageName="golden")
    account = region.accounts[1]
    assert_refused("InvalidImageId.NotFound", partial(other.run_instances, 1, wait=False, ImageId=made))
    share(region, made, account)
    told = region.call("DescribeImageSharePermission", ImageId=made)
    assert [each["AliyunId"] for each in told["Accounts"]["Account"]] == [account]
    shown = image(other, made, ImageOwnerAlias="others")
    assert (shown["ImageName"], shown["ImageOwnerAlias"]) == ("golden", "others")
    assert ids(other) == set()
    instance = one(other.run_instances(1, ImageId=made))
    assert instance.describe()["ImageId"] == made
    unknown = partial(other.call, "ModifyImageAttribute", ImageId=made, ImageName="mine")
    assert_refused("InvalidImageId.NotFound", unknown)
    share(region, made, account, parameter="RemoveAccount")
    assert ids(other, ImageOwnerAlias=None, ImageId=made) == set()
    assert region.call("DescribeImageSharePermission", ImageId=made)["TotalCount"] == 0
    assert_refused("InvalidImageId.NotFound", partial(other.run_instances, 1, wait=False, ImageId=made))


@clause("resource/share-image-limits")
@needs("shape-region")
@pytest.mark.region(accounts=2)
def test_an_image_is_shared_with_fifty_accounts(region: Region) -> None:
    made, me = plain(region), region.accounts[0]
    some = [str(2_000_000_000_000_000 + number) for number in range(51)]

    def told() -> list[str]:
        listed = region.call("DescribeImageSharePermission", ImageId=made, PageSize=100)["Accounts"]["Account"]
        return [each["AliyunId"] for each in listed]

    assert_refused("InvalidAccount.Forbbiden", partial(share, region, made, me))
    share(region, made, *some[:12])
    assert sorted(told()) == some[:10]
    for begins in range(10, 50, 10):
        share(region, made, *some[begins : begins + 10])
    assert sorted(told()) == some[:50]
    assert_refused("QuotaExceed.ShareImageUser", partial(share, region, made, some[50]))
    assert sorted(told()) == some[:50]
