"""What a region has: zones, types, images, disks and supply, as the Describe actions tell it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from faultzone.api.answer import CURRENT
from faultzone.api.ecs.resources import (
    IMAGE_OF_FAMILY,
    DescribeAvailableResource,
    DescribeDisks,
    DescribeImageFromFamily,
    DescribeImages,
    DescribeRegions,
    DescribeZones,
)
from faultzone.api.ecs.shared import DATA_DISK_GIB, DISK_CATEGORIES, SYSTEM_DISK_GIB
from faultzone.api.errors import ApiError
from faultzone.clock import read_stamp, stamp
from faultzone.model.core import periods, placement
from faultzone.model.core.book import Found, Several
from faultzone.model.core.catalog import InstanceType
from faultzone.model.core.disks import disk_categories, disk_speed, performance_level, system_disk_gib
from faultzone.model.core.dispatch import Answer, handles
from faultzone.model.core.fields import DiskTerms, bounded, disk_terms, rows_of_ids, tagged
from faultzone.model.core.filters import read_asked_tags, read_bounds, read_tag_list, tag_list, within
from faultzone.model.core.index import NONE, both, either
from faultzone.model.core.listing import Listed, like, listing, token_of
from faultzone.model.core.state import AccountState, Instance, RegionState

if TYPE_CHECKING:
    from faultzone.model.core.catalog import Image

#: How many items a page by token has; what is asked beyond that is not refused but cut.
MOST_BY_TOKEN = 500
_DATA_DISK_GIB = 40
#: How large disks may be, in GiB.
_DISK_GIB: Final = {"SystemDisk": SYSTEM_DISK_GIB, "DataDisk": DATA_DISK_GIB}
#: What can be asked for and is not there.
_NOT_SOLD: Final = ("reservedinstance", "ddh")


@handles(DescribeRegions)
def describe_regions(region: RegionState, account: AccountState, request: DescribeRegions) -> Answer:
    """DescribeRegions: those of this cloud."""
    return {
        "Regions": {
            "Region": [
                {
                    "RegionId": each,
                    "LocalName": each,
                    "RegionEndpoint": f"ecs.{each}.aliyuncs.com",
                    "Status": "available",
                }
                for each in region.cloud_regions
            ]
        }
    }


@handles(DescribeZones)
def describe_zones(region: RegionState, account: AccountState, request: DescribeZones) -> Answer:
    """DescribeZones: each with the types that are for sale there."""
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
            "SystemDiskCategories": {"supportedSystemDiskCategory": [*disk_categories(region.edition)]},
            "DataDiskCategories": {"supportedDataDiskCategory": [*disk_categories(region.edition)]},
            "NetworkTypes": {"supportedNetworkCategory": ["vpc"]},
        }
        zones.append(
            {
                "ZoneId": zone_id,
                "LocalName": zone_id,
                "ZoneType": "AvailabilityZone",
                "AvailableResourceCreation": {"ResourceTypes": ["VSwitch", "IoOptimized", "Instance", "Disk"]},
                "AvailableDiskCategories": {"DiskCategories": [*disk_categories(region.edition)]},
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
    """DescribeAvailableResource: what supply and hosts leave, zone by zone. All types take disks of all categories.

    Clauses: instance/available-resource, instance/available-needs.
    """
    today, of_types = region.edition.has(CURRENT), request.destination_resource == "InstanceType"
    of_disks = request.resource_type == "disk" and today
    if request.destination_resource == "DataDisk" and request.system_disk_category is None and not of_disks:
        raise ApiError.of("MissingParameter", name="SystemDiskCategory")
    if request.destination_resource == "SystemDisk" and request.instance_type is None and today:
        raise ApiError.of("MissingParameter", name="InstanceType")
    kinds = list(region.catalog.types.values())
    if request.instance_type is not None:
        kind = region.catalog.find_type(request.instance_type)
        if kind is None:
            raise region.catalog.no_type(request.instance_type)
        kinds = [kind]
    # Later documentation says that both count for types alone.
    if request.cores is not None and (of_types or not today):
        kinds = [kind for kind in kinds if kind.vcpus == request.cores]
    if request.memory is not None and (of_types or not today):
        kinds = [kind for kind in kinds if kind.memory_gib == request.memory]
    zones = [*range(len(region.zone_ids))] if request.zone_id is None else [region.zone_number(request.zone_id)]
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
    sizes: dict[str, Any] = {}
    if asked in _DISK_GIB and region.edition.has(CURRENT):
        least, most = _DISK_GIB[asked]
        sizes = {"Min": least, "Max": most, "Unit": "GiB"}
    category = request.system_disk_category if asked == "SystemDisk" else request.data_disk_category
    values: Mapping[str, Iterable[str]] = {
        "Zone": (region.zone_ids[zone],),
        "IoOptimized": ("optimized", "none"),
        "Network": _networks(region),
        **{kind: [each for each in disk_categories(region.edition) if category in (None, each)] for kind in _DISK_GIB},
    }
    told = sold if asked == "InstanceType" else dict.fromkeys(values[asked], there)
    supported = [{"Value": value, **_stock(has), **sizes} for value, has in told.items()]
    resources = [{"Type": asked, "SupportedResources": {"SupportedResource": supported}}]
    shown = {"RegionId": region.id, "ZoneId": region.zone_ids[zone], **_stock(there)}
    return {**shown, "AvailableResources": {"AvailableResource": resources}}


def _stock(there: bool) -> dict[str, str]:
    return {
        "Status": "Available" if there else "SoldOut",
        "StatusCategory": "WithStock" if there else "WithoutStock",
    }


@handles(DescribeImages)
def describe_images(region: RegionState, account: AccountState, request: DescribeImages) -> Answer:
    """DescribeImages: by id, name, owner and system."""
    ids = set(request.image_id.split(",")) if request.image_id else None
    kind = None if request.instance_type is None else region.catalog.find_type(request.instance_type)
    if request.instance_type is not None and kind is None:
        raise region.catalog.no_type(request.instance_type)
    r = request
    if r.dry_run:
        raise ApiError("DryRunOperation")
    bounds = read_bounds(r.filters, ("Creation",))
    read_asked_tags(r.tags)
    in_use = set(account.book.index("image").values()) if r.usage else set()
    # No image is made of a snapshot, has tags or is in a group, and all can do the same.
    none = bool(r.snapshot_id or r.tags or r.resource_group_id)
    none = none or r.supports_cloud_init is False or r.supports_io_optimized is False
    # All are there to use, and none is a community's.
    none = none or r.is_public or r.usable is False
    statuses = ("Available", "ALL") if region.edition.has(CURRENT) else ("Available",)
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
        and (request.status is None or not {*statuses}.isdisjoint(request.status.split(",")))
    ]
    return {
        "RegionId": region.id,
        **listing("Images", "Image", found, request),
    }


def _images(region: RegionState, ids: set[str] | None) -> Iterable[Image]:
    """The images that are listed, or those with these ids; the catalogue knows more by the rule of names."""
    if ids is None:
        return region.catalog.images.values()
    # In the order of the listing, whatever the order of the ids.
    listed = [image for image in region.catalog.images.values() if image.id in ids]
    named = (region.catalog.find_image(each) for each in sorted(ids - region.catalog.images.keys()))
    return [*listed, *(image for image in named if image is not None)]


_OWNER = {"system": "system", "self": "self", "marketplace": "marketplace"}


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
            "IsPublic": image.kind == "system",
            "Usable": True,
            "ImageFamily": image.family,
            "BootMode": "UEFI" if image.architecture == "arm64" or "uefi" in image.id.lower() else "BIOS",
            "Features": {"ImdsSupport": "v2"},
        }
    return shown


@handles(DescribeImageFromFamily)
def describe_image_from_family(region: RegionState, account: AccountState, request: DescribeImageFromFamily) -> Answer:
    """DescribeImageFromFamily: the newest that is listed of a family, or that of the rule of names
    (instance/image-from-family)."""
    image = region.catalog.newest_image(request.image_family)
    if image is None:
        return {}
    shown = _render_image(region, image)
    return {"Image": {name: shown[name] for name in IMAGE_OF_FAMILY if name in shown}}


@handles(DescribeDisks)
def describe_disks(region: RegionState, account: AccountState, request: DescribeDisks) -> Answer:
    """DescribeDisks: the system disk and the data disks of each instance."""
    book, conditions = account.book, []
    if request.instance_id is not None:
        conditions.append(rows_of_ids(account, [request.instance_id]))
    if request.zone_id is not None:
        conditions.append(book.rows("zone", region.zone_number(request.zone_id)))
    if request.dry_run:
        raise ApiError("DryRunOperation")
    conditions += bounded(book, read_bounds(request.filters, ("Creation",)))
    conditions += tagged(book, "launch tag", read_asked_tags(request.tags))
    if request.lock_reason is not None:
        conditions.append(book.rows("lock", request.lock_reason))
    if request.charge_type is not None:
        conditions.append(book.rows("charge type", request.charge_type))
    if request.disk_ids is not None:
        conditions.append(rows_of_ids(account, [each for id in request.disk_ids for each in _owners(id)]))
    # No disk is made of a snapshot or with a key, is in a group, or is shared; all have the same policy.
    nobody_has = (request.snapshot_id, request.kms_key_id, request.resource_group_id, request.snapshot_policy_id)
    unlike_all = (
        request.shared,
        request.delete_auto_snapshot,
        request.enable_auto_snapshot is False,
        request.has_snapshot_policy,
        request.multi_attach not in (None, "Disabled"),
        request.status not in (None, "All", "In_use"),
    )
    if any(nobody_has) or any(unlike_all):
        conditions.append(NONE)
    selected = book.found(*conditions).rows
    groups: dict[int, Mapping[int, int]] = {}
    found: Listed[tuple[Instance, int]]
    if request.disk_ids is None:
        for terms in book.index("disks").values():
            count = len(_matching(request, terms))
            groups[count] = either((groups.get(count, NONE), both(selected, book.rows("disks", terms))))
        found = Several(book, groups, lambda each: [(each, number) for number in _matching(request, disk_terms(each))])
    else:
        asked = set(request.disk_ids)
        found = [
            (each, number)
            for each in Found(book, selected)
            for number in reversed(_matching(request, disk_terms(each)))
            if disk_id(each, number) in asked
        ]
    return listing(
        "Disks",
        "Disk",
        found,
        request,
        lambda each: _render_disk(region, *each),
        latest_first=True,
        token=token_of(request, most=MOST_BY_TOKEN),
    )


def disk_id(instance: Instance, number: int) -> str:
    """The id of a disk, which follows from its instance's."""
    return f"d-{instance.id[2:]}{number or ''}"


def _owners(id: str) -> list[str]:
    """The ids that an instance may have which has this disk: the number of a disk has two digits at most."""
    name = f"i-{id[2:]}"
    return [name[: len(name) - digits] for digits in range(3)]


def _matching(request: DescribeDisks, disks: Sequence[DiskTerms]) -> list[int]:
    """The numbers of those disks of an instance that the request asks for."""
    r, category = request, None if request.category == "all" else request.category
    return [
        each.number
        for each in disks
        if (r.disk_type == "all" or (r.disk_type == "system") == (each.number == 0))
        and r.portable in (None, each.number > 0)
        and r.disk_name in (None, each.name)
        and category in (None, each.category or DISK_CATEGORIES[0])
        and r.delete_with_instance in (None, each.deleted_with_instance)
        and (not r.encrypted or each.encrypted)
        and r.performance_level in (None, performance_level(each.category, each.performance_level))
    ]


#: What a launch may say of a disk that is shown as it was said, and what is shown where it did not.
_ASKED_OF_DISKS: Final = (
    ("KMSKeyId", ""),
    ("ProvisionedIops", 0),
    ("BurstingEnabled", False),
    ("StorageClusterId", ""),
)


def _render_disk(region: RegionState, instance: Instance, number: int) -> dict[str, Any]:
    options = instance.options
    given = (options.system_disk, *options.data_disks)[number]
    shown: dict[str, Any] = {
        "DiskId": disk_id(instance, number),
        "DiskName": given.get("DiskName", ""),
        "Description": given.get("Description", ""),
        "Type": "data" if number else "system",
        "Category": given.get("Category", DISK_CATEGORIES[0]),
        "PerformanceLevel": given.get("PerformanceLevel", ""),
        "Size": given.get("Size", _DATA_DISK_GIB) if number else system_disk_gib(given, instance.image),
        "Status": "In_use",
        "InstanceId": instance.id,
        "ImageId": "" if number else instance.image.id,
        "RegionId": region.id,
        "ZoneId": region.zone_ids[instance.zone],
        "Device": given.get("Device", f"/dev/xvd{chr(97 + number)}"),
        "Portable": number > 0,
        "DeleteWithInstance": given.get("DeleteWithInstance", True),
        "DeleteAutoSnapshot": False,
        "EnableAutoSnapshot": True,
        "EnableAutomatedSnapshotPolicy": False,
        "AutoSnapshotPolicyId": "",
        "SourceSnapshotId": "",
        "ProductCode": "",
        "ResourceGroupId": "",
        "DiskChargeType": instance.charge_type,
        "Encrypted": given.get("Encrypted", False),
        "CreationTime": stamp(instance.created),
        "AttachedTime": stamp(instance.created),
        "DetachedTime": "",
        "OperationLocks": {"OperationLock": [{"LockReason": reason} for reason in instance.locks]},
        "Tags": {"Tag": tag_list(read_tag_list(instance.options.launch_tags))},
    }
    if region.edition.has(CURRENT):
        shown |= {
            "ExpiredTime": periods.expiry(instance.expires),
            "SerialNumber": shown["DiskId"].removeprefix("d-"),
            "MultiAttach": "Disabled",
            "AutoSnapshotPolicyId": given.get("AutoSnapshotPolicyId", ""),
            "EnableAutomatedSnapshotPolicy": "AutoSnapshotPolicyId" in given,
            **{name: given.get(name, usual) for name, usual in _ASKED_OF_DISKS},
            "PerformanceLevel": performance_level(shown["Category"], shown["PerformanceLevel"]),
            **_speed(shown),
            "Attachments": {"Attachment": [{name: shown[name] for name in ("InstanceId", "Device", "AttachedTime")}]},
        }
    return shown


def _speed(shown: dict[str, Any]) -> dict[str, int]:
    """What a disk can do, by its category, performance level and size (instance/disk-speed)."""
    level = performance_level(shown["Category"], shown["PerformanceLevel"])
    operations, megabytes = disk_speed(shown["Category"], level, shown["Size"])
    return {
        **dict.fromkeys(("IOPS", "IOPSRead", "IOPSWrite"), operations),
        **dict.fromkeys(("Throughput", "ThroughputRead", "ThroughputWrite"), megabytes),
    }
