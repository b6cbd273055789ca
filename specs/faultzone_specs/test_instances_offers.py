"""What can be bought in October 2026: types, zones, images and disks, and how they are asked for."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import pytest

from faultzone import ApiError, Region, assert_nothing_made, assert_refused

clause = pytest.mark.clause

TYPE = "ecs.g5.large"
#: A parameter that demands at least so much of a field, and one that allows at most so much, if there is one.
LIMITS = {
    "CpuCoreCount": ("MinimumCpuCoreCount", "MaximumCpuCoreCount"),
    "MemorySize": ("MinimumMemorySize", "MaximumMemorySize"),
    "GPUAmount": ("MinimumGPUAmount", "MaximumGPUAmount"),
    "LocalStorageAmount": ("MinimumLocalStorageAmount", None),
    "LocalStorageCapacity": ("MinimumLocalStorageCapacity", None),
    "EniQuantity": ("MinimumEniQuantity", None),
    "EniPrivateIpAddressQuantity": ("MinimumEniPrivateIpAddressQuantity", None),
    "EniIpv6AddressQuantity": ("MinimumEniIpv6AddressQuantity", None),
    "InstanceBandwidthRx": ("MinimumInstanceBandwidthRx", None),
    "InstanceBandwidthTx": ("MinimumInstanceBandwidthTx", None),
    "InstancePpsRx": ("MinimumInstancePpsRx", None),
    "InstancePpsTx": ("MinimumInstancePpsTx", None),
    "PrimaryEniQueueNumber": ("MinimumPrimaryEniQueueNumber", None),
    "SecondaryEniQueueNumber": ("MinimumSecondaryEniQueueNumber", None),
    "CpuSpeedFrequency": ("MinimumCpuSpeedFrequency", "MaximumCpuSpeedFrequency"),
    "CpuTurboFrequency": ("MinimumCpuTurboFrequency", "MaximumCpuTurboFrequency"),
}
#: The same of fields in which all types may be alike.
ALIKE = {
    "DiskQuantity": "MinimumDiskQuantity",
    "EriQuantity": "MinimumEriQuantity",
    "QueuePairNumber": "MinimumQueuePairNumber",
}
#: A parameter that wants a field to be a value, and one that takes several values.
EQUALS = {
    "InstanceTypeFamily": ("InstanceTypeFamily", "InstanceTypeFamilies"),
    "CpuArchitecture": ("CpuArchitecture", "CpuArchitectures"),
    "InstanceCategory": ("InstanceCategory", "InstanceCategories"),
    "LocalStorageCategory": ("LocalStorageCategory", "LocalStorageCategories"),
    "NvmeSupport": ("NvmeSupport", None),
    "InstanceFamilyLevel": ("InstanceFamilyLevel", None),
}


def types(region: Region, **asked: object) -> dict[str, dict[str, Any]]:
    """The types that are listed, by name."""
    found = region.call("DescribeInstanceTypes", **asked)["InstanceTypes"]["InstanceType"]
    return {each["InstanceTypeId"]: each for each in found}


def zones(region: Region, **asked: object) -> list[dict[str, Any]]:
    """The zones in which something can be had."""
    answer = region.call("DescribeAvailableResource", **asked)
    return list(answer["AvailableZones"]["AvailableZone"])


def offered(region: Region, kind: str, **asked: object) -> dict[str, str]:
    """What there is of a kind in the first zone, with its status."""
    (resource,) = zones(region, DestinationResource=kind, **asked)[0]["AvailableResources"]["AvailableResource"]
    assert resource["Type"] == kind
    return {each["Value"]: each["Status"] for each in resource["SupportedResources"]["SupportedResource"]}


# Types


@clause("instance/type-limits")
@pytest.mark.parametrize("field", LIMITS)
def test_types_are_found_by_how_much_they_have(region: Region, field: str) -> None:
    """The bound itself is within."""
    everything = types(region)
    values = sorted({each[field] for each in everything.values()})
    bound = next(value for value in values if value > 0)
    if bound == values[-1]:
        pytest.fail(f"all types have the same {field}")
    least, most = LIMITS[field]
    above = types(region, **{least: bound})
    assert above.keys() == {name for name, each in everything.items() if each[field] >= bound}
    assert types(region, **{least: values[-1] + 1}) == {}
    if most is not None:
        below = types(region, **{most: bound})
        assert below.keys() == {name for name, each in everything.items() if each[field] <= bound}


@clause("instance/type-limits")
@pytest.mark.parametrize("field", ALIKE)
def test_types_that_may_be_alike_are_found_by_how_much_they_have(region: Region, field: str) -> None:
    """More than any has is found nowhere."""
    everything = types(region)
    most = max(each[field] for each in everything.values())
    found = types(region, **{ALIKE[field]: most})
    assert found.keys() == {name for name, each in everything.items() if each[field] >= most}
    assert types(region, **{ALIKE[field]: most + 1}) == {}


@clause("instance/type-filters")
@pytest.mark.parametrize("field", EQUALS)
def test_types_are_found_by_what_they_are(region: Region, field: str) -> None:
    """By one value, and by several."""
    everything = types(region)
    values = sorted({each[field] for each in everything.values() if each[field]})
    assert len(values) > 1
    one, several = EQUALS[field]
    for value in values[:2]:
        found = types(region, **{one: value})
        assert found.keys() == {name for name, each in everything.items() if each[field] == value}
    if several is not None:
        for chosen in (values[:1], values[:2]):
            found = types(region, **{several: chosen})
            assert found.keys() == {name for name, each in everything.items() if each[field] in chosen}


@clause("instance/type-filters")
def test_parts_of_names_find_gpus_and_processors(region: Region) -> None:
    """And all conditions must hold."""
    everything = types(region)
    for field, name in (("GPUSpec", "GPUSpec"), ("PhysicalProcessorModel", "PhysicalProcessorModel")):
        word = next(each[field].split()[0] for each in everything.values() if each[field])
        assert types(region, **{name: word}).keys() == {key for key, each in everything.items() if word in each[field]}
        assert types(region, **{name: "none of these"}) == {}
        words = sorted({each[field].split()[0] for each in everything.values() if each[field]})[:2]
        several = {"GPUSpec": "GpuSpecs", "PhysicalProcessorModel": "PhysicalProcessorModels"}[name]
        found = types(region, **{several: words})
        assert found.keys() == {key for key, each in everything.items() if any(word in each[field] for word in words)}
    both = types(region, InstanceTypeFamily="ecs.g5", MinimumCpuCoreCount=16)
    assert both
    assert both.keys() == {
        name
        for name, each in everything.items()
        if each["InstanceTypeFamily"] == "ecs.g5" and each["CpuCoreCount"] >= 16
    }


@clause("instance/type-facts")
def test_a_type_says_what_it_is_made_of(region: Region) -> None:
    """Of the kinds that the documentation has."""
    for each in types(region).values():
        assert each["CpuArchitecture"] in ("X86", "ARM")
        assert each["NvmeSupport"] in ("required", "unsupported")
        assert each["InstanceFamilyLevel"] in ("EntryLevel", "EnterpriseLevel", "CreditEntryLevel")
        assert (each["LocalStorageCategory"] in ("local_hdd_pro", "local_ssd_pro")) == (each["LocalStorageAmount"] > 0)
        assert each["InstanceCategory"]
        cores = each["CpuOptions"]
        assert cores["Core"] * cores["ThreadsPerCore"] == each["CpuCoreCount"]
        assert 1 <= each["EniQuantity"] <= each["EniTotalQuantity"]
        assert each["EniPrivateIpAddressQuantity"] >= 1
        assert each["DiskQuantity"] > 1
        assert min(each["InstanceBandwidthRx"], each["InstancePpsRx"]) > 0


@clause("instance/type-pages")
def test_pages_of_types_have_all_of_them_once(region: Region) -> None:
    """In the same order; more than 1600 are not shown at once."""
    everything = list(types(region))
    seen: list[str] = []
    token = ""
    while True:
        answer = region.call("DescribeInstanceTypes", MaxResults=150, NextToken=token)
        page = [each["InstanceTypeId"] for each in answer["InstanceTypes"]["InstanceType"]]
        assert 0 < len(page) <= 150
        seen += page
        token = answer["NextToken"]
        if not token:
            break
    assert seen == everything
    assert list(types(region, MaxResults=1600)) == everything
    for most in (0, 1601):
        assert_refused("InvalidParameter", partial(types, region, MaxResults=most))


# Images


@clause("instance/image-types")
def test_an_image_runs_on_the_types_of_its_processor(region: Region) -> None:
    """The listing of images agrees, and so does a launch."""
    found = {}
    for architecture in ("x86_64", "arm64"):
        (image, *_) = region.call("DescribeImages", Architecture=architecture)["Images"]["Image"]
        asked = region.call("DescribeImageSupportInstanceTypes", ImageId=image["ImageId"])
        found[image["ImageId"]] = {each["InstanceTypeId"] for each in asked["InstanceTypes"]["InstanceType"]}
    (usual, its_types), (arm, arm_types) = found.items()
    assert its_types
    assert arm_types
    assert not its_types & arm_types
    assert arm_types <= types(region, CpuArchitecture="ARM").keys()
    kind = min(arm_types, key=lambda name: types(region, InstanceTypes=[name])[name]["CpuCoreCount"])
    with pytest.raises(ApiError):
        region.call("RunInstances", ImageId=usual, InstanceType=kind)
    region.call("RunInstances", ImageId=arm, InstanceType=kind)
    images = region.call("DescribeImages", InstanceType=kind, PageSize=100)["Images"]["Image"]
    assert {each["Architecture"] for each in images} == {"arm64"}
    with pytest.raises(ApiError):
        region.call("DescribeImageSupportInstanceTypes", ImageId="none")


@clause("instance/image-from-family")
def test_a_family_has_its_newest_image(region: Region) -> None:
    """As the listing has it."""
    family = "acs:ubuntu_22_04_x64"
    image = region.call("DescribeImageFromFamily", ImageFamily=family)["Image"]
    listed = region.call("DescribeImages", ImageFamily=family, PageSize=100)["Images"]["Image"]
    newest = max(listed, key=lambda each: each["CreationTime"])
    assert image == {**image, **{name: newest[name] for name in ("ImageId", "OSType", "Architecture", "Size")}}
    assert image["ImageFamily"] == family
    assert not region.call("DescribeImageFromFamily", ImageFamily="none").get("Image")


# Stock


@clause("instance/available-resource")
def test_what_is_asked_for_is_told_zone_by_zone(region: Region) -> None:
    """By the size of types too."""
    assert [each["ZoneId"] for each in zones(region, DestinationResource="Zone")] == region.zones
    last = zones(region, DestinationResource="Zone", ZoneId=region.zones[-1])
    assert [each["ZoneId"] for each in last] == region.zones[-1:]
    assert offered(region, "InstanceType", InstanceType=TYPE) == {TYPE: "Available"}
    everything = types(region)
    found = offered(region, "InstanceType", Cores=2, Memory=8)
    assert found.keys() == {
        name for name, each in everything.items() if (each["CpuCoreCount"], each["MemorySize"]) == (2, 8)
    }
    assert offered(region, "Zone", Cores=3) == offered(region, "Zone")
    assert "vpc" in offered(region, "Network")
    assert "optimized" in offered(region, "IoOptimized")


@clause("instance/available-resource")
def test_what_the_region_lacks_is_not_offered(region: Region) -> None:
    """No reserved instances; no classic network, where there is none."""
    assert zones(region, DestinationResource="Zone", ResourceType="reservedinstance") == []
    assert len(zones(region, DestinationResource="Zone", ResourceType="instance")) == len(region.zones)
    networks = offered(region, "Network")
    for network in ("vpc", "classic"):
        found = zones(region, DestinationResource="InstanceType", InstanceType=TYPE, NetworkCategory=network)
        assert bool(found) == (network in networks)


@clause("instance/available-needs")
def test_disks_are_asked_for_with_what_they_need(region: Region) -> None:
    """A system disk with a type; a data disk of an instance with the category of the system disk."""
    disks = offered(region, "SystemDisk", InstanceType=TYPE)
    assert "Available" in disks.values()
    asked: dict[str, object] = {"InstanceType": TYPE, "SystemDiskCategory": "cloud_ssd"}
    assert offered(region, "SystemDisk", **asked).keys() == {"cloud_ssd"}
    assert offered(region, "DataDisk", DataDiskCategory="cloud_efficiency", **asked).keys() == {"cloud_efficiency"}
    assert offered(region, "DataDisk", ResourceType="disk")
    assert_refused("MissingParameter", partial(zones, region, DestinationResource="SystemDisk"))
    assert_refused("MissingParameter", partial(zones, region, DestinationResource="DataDisk", InstanceType=TYPE))
    for wrong in ({"InstanceType": "ecs.none.large"}, {"InstanceChargeType": "x"}, {"SpotStrategy": "x"}):
        with pytest.raises(ApiError):
            region.call("DescribeAvailableResource", DestinationResource="InstanceType", **wrong)


# Disks


@clause("instance/disk-category-of-types")
@pytest.mark.parametrize("kind", ["SystemDisk", "DataDisk"])
@pytest.mark.parametrize("action", ["RunInstances", "CreateInstance"])
def test_a_category_is_for_types_of_two_families(region: Region, kind: str, action: str) -> None:
    """Another type cannot have such a disk, and is not offered it."""
    disk: dict[str, Any] = {"Category": "cloud_essd_entry", "Size": 100}
    asked: dict[str, Any] = {"ImageId": region.defaults["image"], kind: disk if kind == "SystemDisk" else [disk]}
    code = f"Invalid{kind}Category.ValueNotSupported"
    assert_nothing_made(region, partial(region.call, action, InstanceType=TYPE, **asked), code)
    sorts = {TYPE: False, "ecs.u1-c1m2.large": True, "ecs.e-c1m2.large": True}
    system = {"SystemDiskCategory": "cloud_ssd"} if kind == "DataDisk" else {}
    for name, has_it in sorts.items():
        assert ("cloud_essd_entry" in offered(region, kind, InstanceType=name, **system)) == has_it
    family = region.call(action, InstanceType="ecs.u1-c1m2.large", **asked)
    assert family["RequestId"]


@clause("instance/disk-speed")
@pytest.mark.parametrize(
    ("disk", "operations", "megabytes"),
    [
        ({"Category": "cloud_efficiency", "Size": 100}, 2600, 115),
        ({"Category": "cloud_efficiency", "Size": 1000}, 5000, 140),
        ({"Category": "cloud_ssd", "Size": 100}, 4800, 170),
        ({"Category": "cloud_essd", "Size": 100}, 6800, 170),
        ({"Category": "cloud_essd", "Size": 100, "PerformanceLevel": "PL0"}, 3000, 125),
        ({"Category": "cloud_essd", "Size": 2000, "PerformanceLevel": "PL2"}, 100000, 750),
    ],
)
def test_a_disk_is_as_fast_as_its_category_and_size_say(
    region: Region, disk: dict[str, object], operations: int, megabytes: int
) -> None:
    """An ESSD for which no level is given is of PL1."""
    (instance,) = region.run_instances(1, DataDisk=[disk])
    (shown,) = region.call("DescribeDisks", InstanceId=instance.id, DiskType="data")["Disks"]["Disk"]
    assert {shown[name] for name in ("IOPS", "IOPSRead", "IOPSWrite")} == {operations}
    assert {shown[name] for name in ("Throughput", "ThroughputRead", "ThroughputWrite")} == {megabytes}
    level = str(disk.get("PerformanceLevel", "PL1" if disk["Category"] == "cloud_essd" else ""))
    assert shown["PerformanceLevel"] == level
    for each in ("PL0", "PL1", "PL2"):
        found = region.call("DescribeDisks", InstanceId=instance.id, PerformanceLevel=each)["TotalCount"]
        assert found == (each == level)


RETIRED = ["ecs.t1.small", "ecs.c1.small", "ecs.n1.small", "ecs.e3.small", "ecs.sn1.medium", "ecs.c4.xlarge"]


@clause("instance/retired-types")
@pytest.mark.parametrize("kind", RETIRED)
def test_a_retired_type_is_not_launched(region: Region, kind: str) -> None:
    """Nor offered."""
    code = ("InvalidResourceType.NotSupported", "InvalidInstanceType.ValueNotSupported")
    assert_nothing_made(region, partial(region.run_instances, instance_type=kind, wait=False), code)
    assert_nothing_made(region, partial(region.create_instance, instance_type=kind, wait=False), code)
    listed = region.call("DescribeInstanceTypes")["InstanceTypes"]["InstanceType"]
    assert kind not in {each["InstanceTypeId"] for each in listed}
    zones = region.call("DescribeAvailableResource", DestinationResource="InstanceType")["AvailableZones"]
    assert f'"{kind}"' not in json.dumps(zones)
