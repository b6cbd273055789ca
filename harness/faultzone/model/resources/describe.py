"""What a region has: zones, types, images, disks and supply, as the Describe actions tell it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from faultzone.api.answer import CURRENT
from faultzone.api.ecs.resources import (
    DescribeAvailableResource,
    DescribeDisks,
    DescribeImages,
    DescribeInstanceTypeFamilies,
    DescribeInstanceTypes,
    DescribeRegions,
    DescribeZones,
)
from faultzone.api.ecs.shared import DISK_CATEGORIES, SYSTEM_DISK_GIB
from faultzone.api.errors import ApiError
from faultzone.clock import read_stamp, stamp
from faultzone.model.core import periods, placement
from faultzone.model.core.book import Found, Several
from faultzone.model.core.catalog import InstanceType
from faultzone.model.core.disks import system_disk_gib
from faultzone.model.core.dispatch import Answer, handles
from faultzone.model.core.fields import DiskTerms, bounded, disk_terms, rows_of_ids, tagged
from faultzone.model.core.filters import read_asked_tags, read_bounds, read_tag_list, tag_list, within
from faultzone.model.core.index import NONE, both, either
from faultzone.model.core.listing import Listed, by_token, like, listing, token_of
from faultzone.model.core.state import AccountState, Instance, RegionState

if TYPE_CHECKING:
    from faultzone.model.core.catalog import Image

#: How many items a page by token has; what is asked beyond that is not refused but cut.
MOST_BY_TOKEN = 500
_DATA_DISK_GIB = 40


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
            "SystemDiskCategories": {"supportedSystemDiskCategory": [*DISK_CATEGORIES]},
            "DataDiskCategories": {"supportedDataDiskCategory": [*DISK_CATEGORIES]},
            "NetworkTypes": {"supportedNetworkCategory": ["vpc"]},
        }
        zones.append(
            {
                "ZoneId": zone_id,
                "LocalName": zone_id,
                "ZoneType": "AvailabilityZone",
                "AvailableResourceCreation": {"ResourceTypes": ["VSwitch", "IoOptimized", "Instance", "Disk"]},
                "AvailableDiskCategories": {"DiskCategories": [*DISK_CATEGORIES]},
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


@handles(DescribeInstanceTypes)
def describe_instance_types(region: RegionState, account: AccountState, request: DescribeInstanceTypes) -> Answer:
    """DescribeInstanceTypes: all, or those of a family or list; later editions page them by token."""
    found = [kind for kind in _types(region, request) if request.instance_type_family in (None, kind.family)]
    answer: Answer = {}
    if request.max_results is not None or request.next_token is not None:
        kept = found
        found, answer["NextToken"] = by_token(
            lambda start, most: kept[start : start + most], len(kept), request.next_token, request.max_results or 100
        )
    answer["InstanceTypes"] = {"InstanceType": [_render_type(kind) for kind in found]}
    return answer


def _types(region: RegionState, request: DescribeInstanceTypes) -> Iterable[InstanceType]:
    """The types that are listed, in their order; or those of these names, also those known by the rule of names."""
    asked = request.instance_types
    if not asked:
        return region.catalog.types.values()
    listed = [kind for name, kind in region.catalog.types.items() if name in asked]
    named = (region.catalog.find_type(name) for name in sorted({*asked} - region.catalog.types.keys()))
    return [*listed, *(kind for kind in named if kind is not None)]


def _render_type(kind: InstanceType) -> dict[str, Any]:
    return {
        "InstanceTypeId": kind.name,
        "InstanceTypeFamily": kind.family,
        "CpuCoreCount": kind.vcpus,
        "MemorySize": kind.memory_gib,
        "LocalStorageAmount": kind.local_disks,
        "LocalStorageCapacity": kind.local_disk_gib,
        "LocalStorageCategory": "" if not kind.local_disks else "local_disk",
        "GPUAmount": kind.gpus,
        "GPUSpec": kind.gpu,
    }


@handles(DescribeInstanceTypeFamilies)
def describe_families(region: RegionState, account: AccountState, request: DescribeInstanceTypeFamilies) -> Answer:
    """DescribeInstanceTypeFamilies: all, or those of a generation."""
    return {
        "InstanceTypeFamilies": {
            "InstanceTypeFamily": [
                {"InstanceTypeFamilyId": family.name, "Generation": family.generation}
                for family in region.catalog.families.values()
                if request.generation in (None, family.generation)
            ]
        }
    }


@handles(DescribeAvailableResource)
def describe_available_resource(
    region: RegionState, account: AccountState, request: DescribeAvailableResource
) -> Answer:
    """DescribeAvailableResource: what supply and hosts leave, zone by zone. All types take disks of all categories."""
    if request.destination_resource == "DataDisk" and request.system_disk_category is None:
        raise ApiError.of("MissingParameter", name="SystemDiskCategory")
    kinds = list(region.catalog.types.values())
    if request.instance_type is not None:
        kind = region.catalog.find_type(request.instance_type)
        if kind is None:
            raise ApiError("InvalidInstanceType.ValueNotSupported")
        kinds = [kind]
    if request.cores is not None:
        kinds = [kind for kind in kinds if kind.vcpus == request.cores]
    if request.memory is not None:
        kinds = [kind for kind in kinds if kind.memory_gib == request.memory]
    zones = range(len(region.zone_ids)) if request.zone_id is None else [region.zone_number(request.zone_id)]
    return {"AvailableZones": {"AvailableZone": [_available(region, account, zone, kinds, request) for zone in zones]}}


def _available(
    region: RegionState, account: AccountState, zone: int, kinds: list[InstanceType], request: DescribeAvailableResource
) -> dict[str, Any]:
    sold = {kind.name: _sold(region, account, zone, kind) for kind in kinds}
    if request.destination_resource == "InstanceType":
        values = list(sold.items())
    elif request.destination_resource == "Zone":
        values = [(region.zone_ids[zone], any(sold.values()))]
    else:
        of_system = request.destination_resource == "SystemDisk"
        asked = request.system_disk_category if of_system else request.data_disk_category
        values = [(each, any(sold.values())) for each in DISK_CATEGORIES if asked in (None, each)]
    sizes: dict[str, Any] = {}
    if request.destination_resource == "SystemDisk" and region.edition.has(CURRENT):
        sizes = {"Min": SYSTEM_DISK_GIB[0], "Max": SYSTEM_DISK_GIB[1], "Unit": "GiB"}
    supported = [
        {"Value": value, "Status": _status(there), "StatusCategory": "WithStock" if there else "WithoutStock", **sizes}
        for value, there in values
    ]
    return {
        "RegionId": region.id,
        "ZoneId": region.zone_ids[zone],
        "Status": _status(any(sold.values())),
        "StatusCategory": "WithStock" if any(sold.values()) else "WithoutStock",
        "AvailableResources": {
            "AvailableResource": [
                {"Type": request.destination_resource, "SupportedResources": {"SupportedResource": supported}}
            ]
        },
    }


def _status(there: bool) -> str:
    return "Available" if there else "SoldOut"


@handles(DescribeImages)
def describe_images(region: RegionState, account: AccountState, request: DescribeImages) -> Answer:
    """DescribeImages: by id, name, owner and system."""
    ids = set(request.image_id.split(",")) if request.image_id else None
    if request.instance_type is not None and region.catalog.find_type(request.instance_type) is None:
        raise ApiError("InvalidInstanceType.ValueNotSupported")
    r = request
    if r.dry_run:
        raise ApiError("DryRunOperation")
    bounds = read_bounds(r.filters, ("Creation",))
    read_asked_tags(r.tags)
    in_use = set(account.book.index("image").values()) if r.usage else set()
    # No image is made of a snapshot, has tags or is in a group, and all can do the same.
    none = bool(r.snapshot_id or r.tags or r.resource_group_id)
    none = none or r.supports_cloud_init is False or r.supports_io_optimized is False
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
        and (request.status is None or "Available" in request.status.split(","))
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
        shown |= {"IsPublic": image.kind == "system", "Usable": True, "ImageFamily": image.family}
    return shown


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
            "Attachments": {"Attachment": [{name: shown[name] for name in ("InstanceId", "Device", "AttachedTime")}]},
        }
    return shown
