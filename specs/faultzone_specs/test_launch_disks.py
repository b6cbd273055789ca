"""Disks of launches of October 2026: how large each category lets them be."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from faultzone import Region, assert_nothing_made, one

clause = pytest.mark.clause

#: Category and performance level -> the least and the most GiB of a system disk, and of a data disk.
SIZES: dict[tuple[str, str], tuple[tuple[int, int], tuple[int, int]]] = {
    ("cloud", ""): ((20, 500), (5, 2000)),
    ("cloud_efficiency", ""): ((20, 2048), (20, 32768)),
    ("cloud_ssd", ""): ((20, 2048), (20, 32768)),
    ("cloud_essd", ""): ((20, 2048), (20, 65536)),
    ("cloud_essd", "PL0"): ((1, 2048), (1, 65536)),
    ("cloud_essd", "PL1"): ((20, 2048), (20, 65536)),
    ("cloud_essd", "PL2"): ((461, 2048), (461, 65536)),
    ("cloud_essd", "PL3"): ((1261, 2048), (1261, 65536)),
    ("cloud_auto", ""): ((1, 2048), (1, 65536)),
}
#: GiB of the image that the suite launches.
IMAGE = 20


def disk(category: str, level: str, size: int) -> dict[str, Any]:
    """A disk as a launch asks for it."""
    return {"Category": category, "Size": size} | ({"PerformanceLevel": level} if level else {})


def made_sizes(region: Region, kind: str, **asked: Any) -> list[int]:
    """The sizes of the disks of a kind that a launch has made."""
    made = one(region.run_instances(1, wait=False, **asked))
    disks = region.call("DescribeDisks", InstanceId=made.id, DiskType=kind)["Disks"]["Disk"]
    return sorted(each["Size"] for each in disks)


@clause("instance/system-disk-sizes")
@pytest.mark.parametrize(("category", "level"), SIZES)
def test_a_system_disk_is_as_large_as_its_category_allows(region: Region, category: str, level: str) -> None:
    """The least that the image leaves, the most, and one GiB beyond each."""
    least, most = SIZES[category, level][0]
    for size in (max(least, IMAGE), most):
        assert made_sizes(region, "system", SystemDisk=disk(category, level, size)) == [size]
    code = "InvalidSystemDiskSize.ValueNotSupported"
    for size in (*([least - 1] if least > IMAGE else []), most + 1):
        launch = partial(region.run_instances, wait=False, SystemDisk=disk(category, level, size))
        assert_nothing_made(region, launch, code)


@clause("instance/system-disk-sizes")
def test_a_system_disk_is_no_smaller_than_its_image(region: Region) -> None:
    """Where its category would let it be."""
    small = partial(region.run_instances, wait=False, SystemDisk=disk("cloud_auto", "", IMAGE - 1))
    assert_nothing_made(region, small, "InvalidSystemDiskSize.LessThanImageSize")


@clause("instance/data-disk-sizes")
@pytest.mark.parametrize(("category", "level"), SIZES)
def test_a_data_disk_is_as_large_as_its_category_allows(region: Region, category: str, level: str) -> None:
    """The least, the most, and one GiB beyond each; beside a disk that may be of any size."""
    least, most = SIZES[category, level][1]
    other = disk("cloud_efficiency", "", 40)
    for size in (least, most):
        made = made_sizes(region, "data", DataDisk=[other, disk(category, level, size)])
        assert made == sorted([other["Size"], size])
    code = "InvalidDataDiskSize.ValueNotSupported"
    for size in (least - 1, most + 1):
        launch = partial(region.run_instances, wait=False, DataDisk=[other, disk(category, level, size)])
        assert_nothing_made(region, launch, code)


@clause("instance/data-disk-sizes")
def test_sizes_are_told_as_launches_take_them(region: Region) -> None:
    """By DescribeAvailableResource, of each category."""
    asked = {"InstanceType": "ecs.g5.large", "SystemDiskCategory": "cloud_efficiency", "ResourceType": "instance"}
    zone = region.call("DescribeAvailableResource", DestinationResource="DataDisk", **asked)["AvailableZones"]
    (resource,) = zone["AvailableZone"][0]["AvailableResources"]["AvailableResource"]
    told = {each["Value"]: (each["Min"], each["Max"]) for each in resource["SupportedResources"]["SupportedResource"]}
    assert {category for category, _ in SIZES} <= told.keys()
    for category, (least, most) in told.items():
        if (category, "") in SIZES:
            assert (least, most) == SIZES[category, ""][1]
