"""What a region has: zones, types, images, disks and supply, as the Describe actions tell it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from faultzone.api.answer import CURRENT
from faultzone.api.ecs.resources import (
    IMAGE_OF_FAMILY,
    DescribeAvailableResource,
    DescribeImageFromFamily,
    DescribeImages,
    DescribeRegions,
    DescribeZones,
)
from faultzone.api.errors import ApiError
from faultzone.clock import read_stamp
from faultzone.model.core import placement
from faultzone.model.core.catalog import InstanceType, image_gib, stock
from faultzone.model.core.disks import (
    DATA_DISK,
    SYSTEM_DISK,
    category_fits,
    disk_categories,
    disk_gib,
)
from faultzone.model.core.dispatch import Answer, handles
from faultzone.model.core.filters import read_asked_tags, read_bounds, within
from faultzone.model.core.listing import like, listing
from faultzone.model.core.own_images import OwnImages, find_own, newest_image
from faultzone.model.core.state import AccountState, RegionState

if TYPE_CHECKING:
    from faultzone.model.core.catalog import Image

#: How many items a page by token has; what is asked beyond that is not refused but cut.
MOST_BY_TOKEN = 500
#: The kinds of disks that can be asked for.
_DISKS: Final = (SYSTEM_DISK, DATA_DISK)
#: What can be asked for and is not there.
_NOT_SOLD: Final = ("reservedinstance", "ddh")


@handles(DescribeRegions)
def describe_regions(region: RegionState, account: AccountState, request: DescribeRegions) -> Answer:
    """DescribeRegions: those of this cloud (instance/list-zones)."""
    return {
        "Regions": {
            "Region": [
                {
                    "RegionId": each,
                    "LocalName": each,
                    "RegionEndpoint": f"ecs.{each}.aliyuncs.com",
                    "Status": "available",
                }
                for each in region.cloud_region_ids
            ]
        }
    }


@handles(DescribeZones)
def describe_zones(region: RegionState, account: AccountState, request: DescribeZones) -> Answer:
    """DescribeZones: each with the types that are for sale there (instance/list-zones)."""
    zones = []
    for number, zone_id in enumerate(region.zone_ids):
        types = [kind.name for kind in region.catalog.types.values() if _sold(region, account, number, kind)]
        families = sorted({region.catalog.types[name].family for name in types})
        resources = {
            "IoOptimized": True,
            "InstanceTypes": {"supportedInstanceType": types},
            "InstanceTypeFamilies": {"supportedInstanceTypeFamily": families},
            "InstanceGenerations": {
                "supportedInstanceGeneration": sorted({region.catalog.families[each].generation for each in families})
            },
            "SystemDiskCategories": {"supportedSystemDiskCategory": [*disk_categories(region.edition, SYSTEM_DISK)]},
            "DataDiskCategories": {"supportedDataDiskCategory": [*disk_categories(region.edition, DATA_DISK)]},
            "NetworkTypes": {"supportedNetworkCategory": ["vpc"]},
        }
        zones.append(
            {
                "ZoneId": zone_id,
                "LocalName": zone_id,
                "ZoneType": "AvailabilityZone",
                "AvailableResourceCreation": {"ResourceTypes": ["VSwitch", "IoOptimized", "Instance", "Disk"]},
                "AvailableDiskCategories": {"DiskCategories": [*disk_categories(region.edition, DATA_DISK)]},
                "AvailableInstanceTypes": {"InstanceTypes": types},
                "AvailableVolumeCategories": {"VolumeCategories": []},
                "AvailableDedicatedHostTypes": {"DedicatedHostType": []},
                "DedicatedHostGenerations": {"DedicatedHostGeneration": []},
                "AvailableResources": {"ResourcesInfo": [resources] if request.verbose else []},
            }
        )
    return {"Zones": {"Zone": zones}}


def _sold(region: RegionState, account: AccountState, zone: int, kind: InstanceType) -> bool:
    """Whether one more of a type can be had in a zone now."""
    return placement.choose(region, account.id, kind, zone, None) is not None


@handles(DescribeAvailableResource)
def describe_available_resource(
    region: RegionState, account: AccountState, request: DescribeAvailableResource
) -> Answer:
    """DescribeAvailableResource: what supply and hosts leave, zone by zone.

    Clauses: instance/available-resource, instance/available-needs, instance/disk-category-of-types.
    """
    today, of_types = region.edition.has(CURRENT), request.destination_resource == "InstanceType"
    of_disks = request.resource_type == "disk" and today
    if request.destination_resource == "DataDisk" and request.system_disk_category is None and not of_disks:
        raise ApiError.of("MissingParameter", name="SystemDiskCategory")
    if request.destination_resource == "SystemDisk" and request.instance_type is None and today:
        raise ApiError.of("MissingParameter", name="InstanceType")
    kinds = region.catalog.types_of(request.instance_type)
    # Later documentation says that both count for types alone.
    if request.cores is not None and (of_types or not today):
        kinds = [kind for kind in kinds if kind.vcpus == request.cores]
    if request.memory is not None and (of_types or not today):
        kinds = [kind for kind in kinds if kind.memory_gib == request.memory]
    zones = [*range(len(region.zone_ids))] if request.zone_id is None else [region.zone_number(request.zone_id)]
    if today:
        for category in (request.system_disk_category, request.data_disk_category):
            kinds = [kind for kind in kinds if category is None or category_fits(kind, category)]
    if today and (request.network_category not in (None, *_networks(region)) or request.resource_type in _NOT_SOLD):
        zones = []
    return {"AvailableZones": {"AvailableZone": [_available(region, account, zone, kinds, request) for zone in zones]}}


def _networks(region: RegionState) -> tuple[str, ...]:
    """The kinds of network that an instance can be in."""
    return ("vpc",) if region.shape.default_network else ("vpc", "classic")


def _available(
    region: RegionState, account: AccountState, zone: int, kinds: list[InstanceType], request: DescribeAvailableResource
) -> dict[str, Any]:
    sold = {kind.name: _sold(region, account, zone, kind) for kind in kinds}
    asked, there = request.destination_resource, any(sold.values())
    category = request.system_disk_category if asked == "SystemDisk" else request.data_disk_category
    values: Mapping[str, Iterable[str]] = {
        "Zone": (region.zone_ids[zone],),
        "IoOptimized": ("optimized", "none"),
        "Network": _networks(region),
        **{
            disk: [
                each
                for each in disk_categories(region.edition, disk)
                if category in (None, each) and any(category_fits(kind, each) for kind in kinds)
            ]
            for disk in _DISKS
        },
    }
    told = sold if asked == "InstanceType" else dict.fromkeys(values[asked], there)
    supported: list[dict[str, Any]] = [{"Value": value, **stock(has)} for value, has in told.items()]
    if asked in _DISKS and region.edition.has(CURRENT):
        for each in supported:
            each["Min"], each["Max"] = disk_gib(region.edition, asked, each["Value"])
            each["Unit"] = "GiB"
    resources = [{"Type": asked, "SupportedResources": {"SupportedResource": supported}}]
    shown = {"RegionId": region.id, "ZoneId": region.zone_ids[zone], **stock(there)}
    return {**shown, "AvailableResources": {"AvailableResource": resources}}


@handles(DescribeImages)
def describe_images(region: RegionState, account: AccountState, request: DescribeImages) -> Answer:
    """DescribeImages: by id, name, owner and system (instance/list-images)."""
    ids = {*request.image_id.split(",")} if request.image_id else None
    kind = None if request.instance_type is None else region.catalog.type_of(request.instance_type)
    r = request
    filters, features = _split(region, r.filters)
    bounds = read_bounds(filters, ("Creation",))
    read_asked_tags(r.tags)
    in_use = set(account.book.index("image").values()) if r.usage else set()
    # None of the catalogue is made of a snapshot, has tags or is in a group, and all can do the same.
    none = bool(r.snapshot_id or r.tags or r.resource_group_id)
    none = none or (r.owner is not None and region.edition.has(CURRENT))
    none = none or r.supports_cloud_init is False or r.supports_io_optimized is False
    # All are there to use, and none is a community's.
    none = none or r.is_public or r.usable is False or not _HAVE.issuperset(features)
    available = _are_available(region, r.status)
    found = [
        _render_image(region, image)
        for image in (() if none else _images(region, ids))
        if (r.usage is None or (image.id in in_use) == (r.usage == "instance"))
        and (not bounds or within(bounds, {"Creation": read_stamp(f"{image.created}T00:00Z")}))
        and r.image_family in (None, image.family)
        and r.architecture in (None, image.architecture)
        and (request.image_name is None or like(request.image_name, image.name))
        and request.image_owner_alias in (None, _OWNER[image.kind])
        and request.os_type in (None, image.system)
        and (kind is None or region.rules.runs_on(image, kind))
        and available
    ]
    own: list[dict[str, Any]] = []
    if _HAVE.issuperset(features) and any(each.kept(OwnImages) for each in region.accounts.values()):
        from faultzone.model.resources import own_image_listing  # Few regions have any.

        own = [
            {**_render_image(region, each.image), **own_image_listing.said_of_own(region, account, each)}
            for each in own_image_listing.of_listing(region, account, request, ids, kind, bounds)
        ]
    return {
        "RegionId": region.id,
        **listing("Images", "Image", [*own, *found], request),
    }


_STATUSES: Final = ("Creating", "Waiting", "Available", "UnAvailable", "CreateFailed", "Deprecated", "ALL")


def _are_available(region: RegionState, status: str | None) -> bool:
    """Whether a filter by status is met by what is available, as all images of the catalogue are.

    Raises:
        ApiError: `InvalidParameter`: a word is none of a status, or ALL does not stand alone.
    """
    asked, today = [] if status is None else status.split(","), region.edition.has(CURRENT)
    if not {*asked} <= {*_STATUSES}:
        raise ApiError.of(
            "InvalidParameter", name="Status", why=f"it must be one of {', '.join(_STATUSES)}, or several"
        )
    if today and "ALL" in asked and len(asked) > 1:
        raise ApiError.of("InvalidParameter", name="Status", why="ALL stands alone")
    return not asked or "Available" in asked or (today and "ALL" in asked)


#: What filters of images may ask for today besides times, and what all images have: they are for VPCs, and nobody can
#: change the vCPUs and the memory of an instance that runs.
_FEATURES: Final = {
    "NetworkType": ("vpc", "classic"),
    **dict.fromkeys(
        ("CpuOnlineUpgrade", "CpuOnlineDowngrade", "MemoryOnlineUpgrade", "MemoryOnlineDowngrade"),
        ("supported", "unsupported"),
    ),
}
_HAVE: Final = frozenset((name, "vpc" if name == "NetworkType" else "unsupported") for name in _FEATURES)


def _split(
    region: RegionState, filters: Sequence[Mapping[str, str]]
) -> tuple[list[Mapping[str, str]], set[tuple[str, str]]]:
    """The filters of images by time, and what the others want images to have."""
    times, features = list[Mapping[str, str]](), set[tuple[str, str]]()
    for each in filters:
        key, value = each.get("Key", ""), each.get("Value", "")
        if key not in _FEATURES or not region.edition.has(CURRENT):
            times.append(each)
        elif value not in _FEATURES[key]:
            raise ApiError.of("InvalidParameter", name="Filter", why=f"{key} is {' or '.join(_FEATURES[key])}")
        else:
            features.add((key, value))
    return times, features


def _images(region: RegionState, ids: set[str] | None) -> Iterable[Image]:
    """The images that are listed, or those with these ids; the catalogue knows more by the rule of names."""
    if ids is None:
        return region.catalog.images.values()
    # In the order of the listing, whatever the order of the ids.
    listed = [image for image in region.catalog.images.values() if image.id in ids]
    named = (region.catalog.find_image(each) for each in sorted(ids - region.catalog.images.keys()))
    return [*listed, *(image for image in named if image is not None)]


#: What a listing alone tells of the disks of an image.
_OF_LISTING_ALONE: Final = ("Progress", "RemainTime", "Encrypted")
_OWNER: Final = {"system": "system", "self": "self", "marketplace": "marketplace"}


def _render_image(region: RegionState, image: Image) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "ImageId": image.id,
        "ImageName": image.name,
        "ImageOwnerAlias": _OWNER[image.kind],
        "ImageVersion": "",
        "Description": "",
        "Architecture": image.architecture,
        "OSType": image.system,
        "OSName": image.os_name,
        "OSNameEn": image.os_name,
        "Platform": image.platform,
        "CreationTime": f"{image.created}T00:00:00Z",
        "Size": image.gib,
        "Status": "Available",
        "Progress": "100%",
        "Usage": "instance",
        "IsSubscribed": False,
        "IsCopied": False,
        "IsSelfShared": "",
        "IsSupportCloudinit": True,
        "IsSupportIoOptimized": True,
        "ProductCode": "",
        "DiskDeviceMappings": {"DiskDeviceMapping": []},
        "Tags": {"Tag": []},
    }
    if region.edition.has(CURRENT):
        shown |= {
            "Size": image_gib(image),
            "IsPublic": image.kind == "system",
            "Usable": True,
            "ImageFamily": image.family,
            "BootMode": "UEFI" if image.architecture == "arm64" or "uefi" in image.id.lower() else "BIOS",
            "ImageOwnerId": 0,
            "ResourceGroupId": "",
            "Features": {"ImdsSupport": "v2", "NvmeSupport": ""},
        }
    return shown


@handles(DescribeImageFromFamily)
def describe_image_from_family(region: RegionState, account: AccountState, request: DescribeImageFromFamily) -> Answer:
    """DescribeImageFromFamily: the newest that is listed of a family, or that of the rule of names
    (instance/image-from-family)."""
    image = newest_image(region, account, request.image_family)
    if image is None:
        return {}
    shown = _render_image(region, image)
    if (own := find_own(region, account, image.id)) is not None:
        from faultzone.model.resources.own_image_listing import said_of_own

        shown |= said_of_own(region, account, own)
        for disk in shown["DiskDeviceMappings"]["DiskDeviceMapping"]:
            for name in _OF_LISTING_ALONE:
                del disk[name]
    return {"Image": {name: shown[name] for name in IMAGE_OF_FAMILY if name in shown}}
