"""Wrong regions of the chapter on instances: what can be bought."""

from __future__ import annotations

from typing import Any, Final

from faultzone.mutations.library import (
    Parameters,
    answer,
    at,
    becomes,
    default,
    drop,
    emptied,
    put,
    read_as,
    request,
    retry,
    swallow,
    where,
    without,
)
from faultzone.mutations.row import row

TYPES: Final = "DescribeInstanceTypes"
LISTED: Final = "InstanceTypes.InstanceType"
STOCK: Final = "DescribeAvailableResource"
ZONES: Final = "AvailableZones.AvailableZone"
OFFERED: Final = f"{ZONES}[].AvailableResources.AvailableResource[].SupportedResources.SupportedResource"
SUPPORT: Final = "DescribeImageSupportInstanceTypes"
FROM_FAMILY: Final = "DescribeImageFromFamily"
DISKS: Final = "DescribeDisks"
DISK: Final = "Disks.Disk[]"
LEAST: Final = (
    "MinimumCpuCoreCount MinimumMemorySize MinimumGPUAmount MinimumLocalStorageAmount MinimumLocalStorageCapacity "
    "MinimumEniQuantity MinimumEniPrivateIpAddressQuantity MinimumInstanceBandwidthRx MinimumInstancePpsTx "
    "MinimumInstanceBandwidthTx MinimumInstancePpsRx MinimumEniIpv6AddressQuantity MinimumPrimaryEniQueueNumber "
    "MinimumSecondaryEniQueueNumber MinimumCpuSpeedFrequency MinimumCpuTurboFrequency MinimumDiskQuantity "
    "MinimumEriQuantity MinimumQueuePairNumber"
).split()
EQUAL: Final = (
    "InstanceTypeFamily InstanceTypeFamilies CpuArchitecture CpuArchitectures InstanceCategory InstanceCategories "
    "LocalStorageCategory LocalStorageCategories NvmeSupport InstanceFamilyLevel GPUSpec PhysicalProcessorModel "
    "GpuSpecs PhysicalProcessorModels"
).split()


def one_of_two(shown: dict[str, Any]) -> dict[str, Any]:
    """A type that shows half of its cores."""
    return {**shown, "CpuOptions": {**shown["CpuOptions"], "Core": shown["CpuOptions"]["Core"] + 1}}


def with_both(shown: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A listing that has types of both processors."""
    return [*shown, {"InstanceTypeId": "ecs.g5.large"}, {"InstanceTypeId": "ecs.g8y.large"}]


def is_image(given: Parameters) -> bool:
    """Whether what runs on a type is asked for."""
    return "InstanceType" in given


REGIONS: Final = (
    *(row(f"ignores-{name.lower()}", "instance/type-limits", f"does not look at {name}", request(TYPES, drop(name)))
      for name in (*LEAST, "MaximumCpuCoreCount", "MaximumMemorySize", "MaximumGPUAmount",
                   "MaximumCpuSpeedFrequency", "MaximumCpuTurboFrequency")),
    row("bound-is-beyond", "instance/type-limits", "leaves out what has just as many vCPUs",
        request(TYPES, where(lambda given: "MinimumCpuCoreCount" in given,
                             lambda given: {**given, "MinimumCpuCoreCount": int(given["MinimumCpuCoreCount"]) + 1}))),
    row("most-is-beyond", "instance/type-limits", "leaves out what has just as much memory",
        request(TYPES, where(lambda given: "MaximumMemorySize" in given,
                             lambda given: {**given, "MaximumMemorySize": float(given["MaximumMemorySize"]) / 2}))),
    *(row(f"ignores-{name.lower()}", "instance/type-filters", f"does not look at {name}", request(TYPES, drop(name)))
      for name in EQUAL),
    row("any-condition-is-enough", "instance/type-filters", "looks at the family alone",
        request(TYPES, where(lambda given: "InstanceTypeFamily" in given, drop("MinimumCpuCoreCount")))),
    row("all-types-are-x86", "instance/type-facts", "names the architecture as images do",
        answer(TYPES, f"{LISTED}[].CpuArchitecture", becomes("x86_64"))),
    row("nvme-is-a-switch", "instance/type-facts", "tells of NVMe with other words",
        answer(TYPES, f"{LISTED}[].NvmeSupport", becomes("supported"))),
    row("levels-are-lost", "instance/type-facts", "tells no level of a type",
        answer(TYPES, f"{LISTED}[].InstanceFamilyLevel", becomes(""))),
    row("categories-are-lost", "instance/type-facts", "tells no category of a type",
        answer(TYPES, f"{LISTED}[].InstanceCategory", becomes(""))),
    row("local-disks-of-no-kind", "instance/type-facts", "tells of local disks as it did before",
        answer(TYPES, f"{LISTED}[].LocalStorageCategory", becomes("local_disk"))),
    row("more-cores-than-vcpus", "instance/type-facts", "tells cores that do not make the vCPUs",
        answer(TYPES, f"{LISTED}[]", one_of_two)),
    row("types-without-a-card", "instance/type-facts", "tells no network interfaces",
        answer(TYPES, f"{LISTED}[].EniQuantity", becomes(0))),
    row("types-without-bandwidth", "instance/type-facts", "tells no bandwidth",
        answer(TYPES, f"{LISTED}[].InstanceBandwidthRx", becomes(0))),
    row("types-in-one-page", "instance/type-pages", "shows all types at once", request(TYPES, drop("MaxResults"))),
    row("types-start-again", "instance/type-pages", "ends after the first page",
        answer(TYPES, "NextToken", emptied())),
    row("pages-of-100-types", "instance/type-pages", "refuses pages of more than 100 types",
        request(TYPES, where(lambda given: str(given.get("MaxResults")) == "1600", default(MaxResults=1),
                             lambda given: {**given, "MaxResults": 100}))),
    row("pages-of-any-size", "instance/type-pages", "takes pages of any size",
        request(TYPES, where(lambda given: str(given.get("MaxResults")) in ("0", "1601"), drop("MaxResults")))),
    row("images-run-anywhere", "instance/image-types", "lists all types for any image",
        answer(SUPPORT, LISTED, with_both)),
    row("images-run-nowhere", "instance/image-types", "lists no types for an image",
        answer(SUPPORT, LISTED, becomes([]))),
    row("any-image-starts", "instance/image-types", "starts an image on any processor",
        swallow("RunInstances", "ImageNotSupportInstanceType")),
    row("images-of-any-type", "instance/image-types", "lists all images for any type",
        request("DescribeImages", where(is_image, drop("InstanceType")))),
    row("types-of-no-image", "instance/image-types", "lists the types of an image that there is not",
        swallow(SUPPORT, "InvalidImageId.NotFound")),
    row("family-of-another-system", "instance/image-from-family", "answers an image of another system",
        answer(FROM_FAMILY, "Image.ImageId", becomes("centos_7_06_64_20G_alibase_20190218.vhd"))),
    row("family-without-a-name", "instance/image-from-family", "does not name the family",
        answer(FROM_FAMILY, "Image.ImageFamily", becomes(""))),
    row("every-family-has-an-image", "instance/image-from-family", "answers an image of any family",
        request(FROM_FAMILY, where(lambda given: given.get("ImageFamily") == "none",
                                   lambda given: {**given, "ImageFamily": "acs:ubuntu_22_04_x64"}))),
    row("zones-are-all-told", "instance/available-resource", "tells of all zones", request(STOCK, drop("ZoneId"))),
    row("one-zone-is-told", "instance/available-resource", "tells of the first zone",
        answer(STOCK, ZONES, lambda zones: zones[:1])),
    row("stock-of-any-cores", "instance/available-resource", "does not look at the vCPUs",
        request(STOCK, drop("Cores"))),
    row("stock-of-any-memory", "instance/available-resource", "does not look at the memory",
        request(STOCK, drop("Memory"))),
    row("stock-of-any-type", "instance/available-resource", "tells of all types", request(
        STOCK, where(lambda given: given.get("DestinationResource") == "InstanceType", drop("InstanceType")))),
    row("reservations-are-sold", "instance/available-resource", "offers reserved instances",
        request(STOCK, drop("ResourceType"))),
    row("every-network-is-there", "instance/available-resource", "offers the classic network",
        request(STOCK, drop("NetworkCategory"))),
    row("cores-sell-out-zones", "instance/available-resource", "tells a zone by the vCPUs of its types", answer(
        STOCK, f"{OFFERED}[].Status", becomes("SoldOut"),
        when=lambda given: given.get("DestinationResource") == "Zone" and "Cores" in given)),
    row("system-disks-without-a-type", "instance/available-needs", "tells of system disks without a type",
        request(STOCK, where(lambda given: given.get("DestinationResource") == "SystemDisk",
                             default(InstanceType="ecs.g5.large")))),
    row("data-disks-alone", "instance/available-needs", "tells of data disks without the system disk",
        request(STOCK, where(lambda given: given.get("DestinationResource") == "DataDisk",
                             default(SystemDiskCategory="cloud_ssd")))),
    row("system-disk-categories-are-all-told", "instance/available-needs", "tells of all system disks", request(
        STOCK, where(lambda given: given.get("DestinationResource") == "SystemDisk", drop("SystemDiskCategory")))),
    row("data-disk-categories-are-all-told", "instance/available-needs", "tells of all data disks",
        request(STOCK, drop("DataDiskCategory"))),
    row("entry-disks-are-offered-to-all", "instance/disk-category-of-types", "offers disks as if for another type",
        request(STOCK, where(lambda given: given.get("DestinationResource") in ("SystemDisk", "DataDisk"),
                             at("InstanceType", becomes("ecs.u1-c1m2.large"))))),
    row("entry-disks-are-offered-to-none", "instance/disk-category-of-types", "offers no such disks", request(
        STOCK, where(lambda given: given.get("DestinationResource") in ("SystemDisk", "DataDisk"),
                     at("InstanceType", becomes("ecs.g5.large"))))),
    row("any-charge-type-is-sold", "instance/available-needs", "takes any way to be charged",
        request(STOCK, drop("InstanceChargeType"))),
    row("any-strategy-is-sold", "instance/available-needs", "takes any strategy", request(STOCK, drop("SpotStrategy"))),
    row("any-type-is-sold", "instance/available-needs", "tells of types that there are not",
        swallow(STOCK, "InvalidInstanceType.ValueNotSupported")),
    row("disks-of-one-speed", "instance/disk-speed", "tells the same speed of all disks",
        answer(DISKS, f"{DISK}.IOPS", becomes(1800))),
    row("writes-are-slow", "instance/disk-speed", "tells other operations for writing",
        answer(DISKS, f"{DISK}.IOPSWrite", lambda operations: operations // 2)),
    row("disks-of-one-throughput", "instance/disk-speed", "tells the same throughput of all disks",
        answer(DISKS, f"{DISK}.Throughput", becomes(100))),
    row("reads-are-slow", "instance/disk-speed", "tells another throughput for reading",
        answer(DISKS, f"{DISK}.ThroughputRead", lambda megabytes: megabytes - 1)),
    row("disks-of-no-level", "instance/disk-speed", "tells a level only where one was given",
        answer(DISKS, f"{DISK}.PerformanceLevel", read_as({"PL1": ""}))),
    row("disks-of-any-level", "instance/disk-speed", "does not look at the level",
        request(DISKS, drop("PerformanceLevel"))),
    row("largest-types-are-hidden", "instance/type-limits", "hides the largest types from a bound",
        answer(TYPES, LISTED, without(lambda each: each["CpuCoreCount"] > 100),
               when=lambda given: "MinimumCpuCoreCount" in given)),
    row("retired-types-launched", "instance/retired-types", "launches another type for a retired one",
        retry("RunInstances", "InvalidResourceType.NotSupported", put(InstanceType="ecs.g5.large"))),
    row("retired-types-listed", "instance/retired-types", "lists a retired type",
        answer(TYPES, f"{LISTED}[]", where(lambda each: each["InstanceTypeId"] == "ecs.g5.large",
                                           put(InstanceTypeId="ecs.t1.small")))),
)  # fmt: skip
