"""What a region has: zones, types, images, disks and supply, as the Describe actions tell it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from faultzone.api.answer import CURRENT
from faultzone.api.ecs.resources import (
    SYSTEM_DISK_GIB,
    DescribeAvailableResource,
    DescribeDisks,
    DescribeImages,
    DescribeInstanceTypeFamilies,
    DescribeInstanceTypes,
    DescribeRegions,
    DescribeZones,
    PagedByToken,
)
from faultzone.api.errors import ApiError
from faultzone.clock import read_stamp, stamp
from faultzone.model.core import periods, placement
from faultzone.model.core.catalog import InstanceType
from faultzone.model.core.dispatch import Answer, handles
from faultzone.model.core.filters import has_tags, read_asked_tags, read_bounds, read_tag_list, tag_list, within
from faultzone.model.core.listing import Token, by_token, like, listing
from faultzone.model.core.state import AccountState, Instance, RegionState

if TYPE_CHECKING:
    from faultzone.model.core.catalog import Image

#: How many items a page by token has; what is asked beyond either is not refused but cut.
_FEWEST_BY_TOKEN, MOST_BY_TOKEN = 10, 500
_SYSTEM_DISK_GIB = 40
_DISK_CATEGORIES = ["cloud_efficiency", "cloud_ssd"]


def token_of(request: PagedByToken) -> Token | None:
    """What asks for a page by token, where a later edition is asked for one."""
    if request.max_results is None and request.next_token is None:
        return None
    return Token(request.next_token, min(max(request.max_results or 0, _FEWEST_BY_TOKEN), MOST_BY_TOKEN))


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
            "SystemDiskCategories": {"supportedSystemDiskCategory": _DISK_CATEGORIES},
            "DataDiskCategories": {"supportedDataDiskCategory": _DISK_CATEGORIES},
            "NetworkTypes": {"supportedNetworkCategory": ["vpc"]},
        }
        zones.append(
            {
                "ZoneId": zone_id,
                "LocalName": zone_id,
                "ZoneType": "AvailabilityZone",
                "AvailableResourceCreation": {"ResourceTypes": ["VSwitch", "IoOptimized", "Instance", "Disk"]},
                "AvailableDiskCategories": {"DiskCategories": _DISK_CATEGORIES},
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
        found, answer["NextToken"] = by_token(found, len(found), request.next_token, request.max_results or 100)
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
    """DescribeAvailableResource: what supply and hosts leave, zone by zone."""
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
        values = [(category, any(sold.values())) for category in _DISK_CATEGORIES]
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
    in_use = {each.image.id for each in account.instances.values()} if r.usage else set()
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
    instances = list(reversed(account.instances.values()))
    if request.instance_id is not None:
        instances = [each for each in instances if each.id == request.instance_id]
    if request.zone_id is not None:
        zone = region.zone_number(request.zone_id)
        instances = [each for each in instances if each.zone == zone]
    if request.dry_run:
        raise ApiError("DryRunOperation")
    if bounds := read_bounds(request.filters, ("Creation",)):
        instances = [each for each in instances if within(bounds, {"Creation": each.created})]
    if tags := read_asked_tags(request.tags):
        instances = [each for each in instances if has_tags(read_tag_list(each.options.launch_tags), tags)]
    if request.lock_reason is not None:
        instances = [each for each in instances if request.lock_reason in each.locks]
    found = [disk for each in instances for disk in _disks(region, each)]
    for attribute, name in _DISK_FILTERS.items():
        asked = getattr(request, attribute)
        if asked is not None:
            found = [disk for disk in found if disk[name] == asked]
    if request.category not in (None, "all"):
        found = [disk for disk in found if disk["Category"] == request.category]
    if request.encrypted:
        found = [disk for disk in found if disk["Encrypted"]]
    # No disk is made of a snapshot or with a key, is in a group, or is shared.
    if request.snapshot_id or request.kms_key_id or request.resource_group_id or request.shared:
        found = []
    if request.snapshot_policy_id:
        found = []
    if request.disk_ids is not None:
        found = [disk for disk in found if disk["DiskId"] in request.disk_ids]
    if request.disk_type != "all":
        found = [disk for disk in found if disk["Type"] == request.disk_type]
    if request.status not in (None, "All", "In_use"):
        found = []
    return listing("Disks", "Disk", found, request, token=token_of(request))


#: The filters of DescribeDisks that a field of a disk must equal, by attribute of the request.
_DISK_FILTERS: Final = {
    "disk_name": "DiskName",
    "portable": "Portable",
    "delete_with_instance": "DeleteWithInstance",
    "delete_auto_snapshot": "DeleteAutoSnapshot",
    "enable_auto_snapshot": "EnableAutoSnapshot",
    "has_snapshot_policy": "EnableAutomatedSnapshotPolicy",
    "charge_type": "DiskChargeType",
}


def _disks(region: RegionState, instance: Instance) -> list[dict[str, Any]]:
    """The disks of an instance; their ids follow from its own."""
    described = [
        ("system", instance.options.system_disk),
        *(("data", each) for each in instance.options.data_disks),
    ]
    tags = tag_list(read_tag_list(instance.options.launch_tags))
    disks: list[dict[str, Any]] = [
        {
            "DiskId": f"d-{instance.id[2:]}{number or ''}",
            "DiskName": given.get("DiskName", ""),
            "Description": given.get("Description", ""),
            "Type": kind,
            "Category": given.get("Category", _DISK_CATEGORIES[0]),
            "PerformanceLevel": given.get("PerformanceLevel", ""),
            "Size": given.get("Size", _SYSTEM_DISK_GIB),
            "Status": "In_use",
            "InstanceId": instance.id,
            "ImageId": instance.image.id if kind == "system" else "",
            "RegionId": region.id,
            "ZoneId": region.zone_ids[instance.zone],
            "Device": given.get("Device", f"/dev/xvd{chr(97 + number)}"),
            "Portable": kind == "data",
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
            "Tags": {"Tag": tags},
        }
        for number, (kind, given) in enumerate(described)
    ]
    if region.edition.has(CURRENT):
        for disk in disks:
            attached = {name: disk[name] for name in ("InstanceId", "Device", "AttachedTime")}
            disk |= {
                "ExpiredTime": periods.expiry(instance.expires),
                "SerialNumber": disk["DiskId"].removeprefix("d-"),
                "MultiAttach": "Disabled",
                "Attachments": {"Attachment": [attached]},
            }
    return disks
