"""Disks by themselves: making, attaching, detaching, changing and releasing them.

Source: API reference 2019-02, chapter "Disks"; 2020-12 and 2026-10 where they differ.
"""

from __future__ import annotations

import re
from typing import Final

from faultzone.api.ecs.disks import AttachDisk, CreateDisk, DeleteDisk, DetachDisk, ModifyDiskAttribute, ResizeDisk
from faultzone.api.errors import ApiError
from faultzone.model.core import free_disks
from faultzone.model.core.client_tokens import once
from faultzone.model.core.disks import DATA_DISK, SYSTEM_DISK, data_disk_gib, disk_gib, system_disk_gib
from faultzone.model.core.dispatch import Answer, handles
from faultzone.model.core.filters import read_tags
from faultzone.model.core.free_disks import AVAILABLE, DETACHING, Disks, FreeDisk, find_disk, said_of
from faultzone.model.core.resource_groups import kept_group
from faultzone.model.core.snapshots import Snapshots, find_ready
from faultzone.model.core.state import RUNNING, STOPPED, AccountState, Instance, RegionState

#: How many data disks an instance has at most.
_DATA_DISKS_MOST: Final = 16
_DEVICE: Final = re.compile(r"/dev/xvd[b-z]")
#: Those that stay where they were made.
_LOCAL: Final = ("ephemeral_ssd",)
#: What a disk is that nobody has said a category of at a launch.
_USUAL: Final = "cloud_efficiency"
_NOT_ATTACHED: Final = "The specified disk has not been attached on the specified instance."
_NO_SUCH_TYPE: Final = "The type of the disk does not support the operation."


def _find(account: AccountState, id: str) -> FreeDisk | tuple[Instance, int]:
    """A disk by its id: by itself, or as that of an instance.

    Raises:
        ApiError: `InvalidDiskId.NotFound` (resource/unknown-disk).
    """
    free = account.part(Disks).free.get(id)
    found = free if free is not None else find_disk(account, id)
    if found is None:
        raise ApiError("InvalidDiskId.NotFound")
    return found


def _check_said(region: RegionState, name: str | None, description: str | None) -> None:
    """Refuse what cannot be said of a disk (resource/disk-names)."""
    if name is not None and not region.rules.disk_name_is_valid(name):
        raise ApiError("InvalidDiskName.Malformed")
    if description is not None and not region.rules.description_is_valid(
        description, region.edition.instance.description_length
    ):
        raise ApiError("InvalidDescription.Malformed")


def _gib(region: RegionState, category: str, level: str) -> tuple[int, int]:
    """How large a disk that is made by itself may be (resource/disk-sizes)."""
    own = region.edition.instance.created_disk_gib
    return own[category] if category in own else disk_gib(region.edition, DATA_DISK, category, level)


@handles(CreateDisk)
@once
def create_disk(region: RegionState, account: AccountState, request: CreateDisk) -> Answer:
    """CreateDisk: Available, and paid by the hour.

    Clauses: resource/create-disk, resource/disk-sizes, resource/disk-names, resource/disk-of-snapshot.
    """
    r = request
    if r.zone_id is None:
        raise ApiError.of("MissingParameter", name="ZoneId")
    zone = region.zone_number(r.zone_id)
    _check_said(region, r.disk_name, r.description)
    source = None if r.snapshot_id is None else find_ready(account, r.snapshot_id).source
    size = r.size if r.size is not None or source is None else source.gib
    if size is None:
        raise ApiError("MissingParameter", "The input parameter either SnapshotId or Size should be specified.", 400)
    least, most = _gib(region, r.disk_category, r.performance_level or "")
    if not (least <= size <= most or (source is not None and size == source.gib <= most)):
        raise ApiError("InvalidSize.ValueNotSupported")
    if source is not None and size < source.gib:
        raise ApiError("InvalidDiskSize.TooSmall", "Specified disk size is less than the size of snapshot.", 403)
    if (r.provisioned_iops is not None or r.bursting_enabled) and r.disk_category != "cloud_auto":
        why = "ProvisionedIops and BurstingEnabled are for the category cloud_auto alone"
        raise ApiError.of("InvalidParameter.Conflict", why=why)
    tags, group = read_tags(region, r.tags), kept_group(region, account, r.resource_group_id)
    said = {
        "Category": r.disk_category,
        "Size": size,
        "SnapshotId": r.snapshot_id,
        "DiskName": r.disk_name,
        "Description": r.description,
        "Encrypted": r.encrypted or (source is not None and source.encrypted),
        "PerformanceLevel": r.performance_level,
        "KMSKeyId": r.kms_key_id,
        "StorageClusterId": r.storage_cluster_id,
        "ProvisionedIops": r.provisioned_iops,
        "BurstingEnabled": r.bursting_enabled,
        "CreationTime": region.clock.now,
        "Tags": tags,
        "DeleteAutoSnapshot": True,
        "DeleteWithInstance": False,
        "DiskChargeType": "PostPaid",
    }
    given = {name: value for name, value in said.items() if value is not None}
    disk = FreeDisk(region.world.resource_id("d"), zone, given, group)
    account.part(Disks).free[disk.id] = disk
    if r.snapshot_id is not None:
        account.part(Snapshots).used.add(r.snapshot_id)
    return {"DiskId": disk.id}


def _check_instance(instance: Instance) -> None:
    """Refuse to attach or detach where the instance does not let it be (resource/attach-disk-state)."""
    if "security" in instance.locks:
        raise ApiError("InstanceLockedForSecurity")
    if instance.status not in (RUNNING, STOPPED):
        raise ApiError("IncorrectInstanceStatus")


def _device(instance: Instance, asked: str | None) -> str:
    """What a disk is attached as: the first that is free, or what is asked for (resource/disk-device)."""
    taken = {free_disks.device_of(instance, number) for number in free_disks.numbers(instance)}
    if asked is None:
        return next(each for each in (f"/dev/xvd{chr(letter)}" for letter in range(98, 123)) if each not in taken)
    if not _DEVICE.fullmatch(asked):
        raise ApiError("InvalidDevice.Malformed")
    if asked in taken:
        raise ApiError("InvalidDevice.InUse")
    return asked


@handles(AttachDisk)
def attach_disk(region: RegionState, account: AccountState, request: AttachDisk) -> Answer:
    """AttachDisk: of the same zone, and attached to nothing.

    Clauses: resource/attach-disk, resource/attach-disk-state, resource/disks-of-an-instance, resource/unknown-disk.
    """
    instance = account.instance(request.instance_id)
    if "security" in instance.locks:
        raise ApiError("InstanceLockedForSecurity")
    disk = _find(account, request.disk_id)
    if not isinstance(disk, FreeDisk) or disk.status != AVAILABLE:
        raise ApiError("IncorrectDiskStatus")
    _check_instance(instance)
    if "financial" in instance.locks:
        raise ApiError("InstanceExpiredOrInArrears")
    if disk.zone != instance.zone:
        raise ApiError("ResourcesNotInSameZone")
    if len(instance.options.data_disks) >= _DATA_DISKS_MOST:
        raise ApiError("InstanceDiskLimitExceeded")
    device = _device(instance, request.device)
    said = {"Device": device, "DeleteWithInstance": request.delete_with_instance}
    free_disks.attach(region, account, disk, instance, said)
    return {}


@handles(DetachDisk)
def detach_disk(region: RegionState, account: AccountState, request: DetachDisk) -> Answer:
    """DetachDisk: Detaching, then Available.

    Clauses: resource/detach-disk, resource/detach-refused, resource/unknown-disk.
    """
    instance, found = account.instance(request.instance_id), _find(account, request.disk_id)
    if isinstance(found, FreeDisk) or found[0] is not instance:
        raise ApiError("DependencyViolation", _NOT_ATTACHED, 403)
    number = found[1]
    if not number:
        raise ApiError("DiskTypeViolation")
    if said_of(instance, number).get("Category") in _LOCAL:
        raise ApiError("DiskNotPortable")
    _check_instance(instance)
    disk = free_disks.detach(region, account, instance, number)
    disk.status, disk.instance = DETACHING, instance.id

    def detached() -> None:
        disk.status, disk.instance, disk.detached = AVAILABLE, "", region.clock.now

    if region.provision:
        region.clock.call_later(region.provision, detached)
    else:
        detached()
    return {}


@handles(DeleteDisk)
def delete_disk(region: RegionState, account: AccountState, request: DeleteDisk) -> Answer:
    """DeleteDisk: one that is attached to nothing; an id that there is not is passed over (resource/delete-disk)."""
    free = account.part(Disks).free
    disk = free.get(request.disk_id)
    if disk is None:
        found = find_disk(account, request.disk_id)
        if found is not None:
            raise ApiError("IncorrectDiskStatus" if found[1] else "DiskTypeViolation")
        return {}
    if disk.status != AVAILABLE:
        raise ApiError("IncorrectDiskStatus")
    del free[disk.id]
    return {}


@handles(ModifyDiskAttribute)
def modify_disk(region: RegionState, account: AccountState, request: ModifyDiskAttribute) -> Answer:
    """ModifyDiskAttribute: of one disk or of several, all or none (resource/modify-disk, resource/disk-names)."""
    r = request
    ids = (r.disk_id,) if r.disk_id is not None else r.disk_ids
    if not ids:
        raise ApiError.of("MissingParameter", name="DiskId")
    if r.disk_id is not None and r.disk_ids:
        raise ApiError.of("InvalidParameter.Conflict", why="write DiskId or DiskIds")
    said = {
        "DiskName": r.disk_name,
        "Description": r.description,
        "DeleteWithInstance": r.delete_with_instance,
        "DeleteAutoSnapshot": r.delete_auto_snapshot,
        "EnableAutoSnapshot": r.enable_auto_snapshot,
        "BurstingEnabled": r.bursting_enabled,
    }
    more = {name: value for name, value in said.items() if value is not None}
    if not more:
        raise ApiError("NoAttributeToModify")
    found = [_find(account, each) for each in dict.fromkeys(ids)]
    _check_said(region, r.disk_name, r.description)
    for each in found:
        had = each.said if isinstance(each, FreeDisk) else said_of(*each)
        category, is_system = had.get("Category", _USUAL), not isinstance(each, FreeDisk) and not each[1]
        if r.delete_with_instance is False and (category in _LOCAL or (category == "cloud" and is_system)):
            raise ApiError("DiskNotPortable")
        if r.bursting_enabled is not None and category != "cloud_auto":
            raise ApiError.of("InvalidParameter.Conflict", why="BurstingEnabled is for the category cloud_auto alone")
    for each in found:
        free_disks.say(region, each, more)
    return {}


@handles(ResizeDisk)
@once
def resize_disk(region: RegionState, account: AccountState, request: ResizeDisk) -> Answer:
    """ResizeDisk: larger, and not too large; in the first edition a data disk of an older category alone.

    Clauses: resource/resize-disk, resource/resize-data-disks-alone, resource/resize-system-disk.
    """
    found, limits = _find(account, request.disk_id), region.edition.instance.resized_disk_gib
    is_system = not isinstance(found, FreeDisk) and not found[1]
    said = found.said if isinstance(found, FreeDisk) else said_of(*found)
    category, level = said.get("Category", _USUAL), said.get("PerformanceLevel", "")
    if limits and (is_system or category not in limits):
        raise ApiError("OperationDenied", _NO_SUCH_TYPE, 403)
    if isinstance(found, FreeDisk):
        size = data_disk_gib(said)
    else:
        size = system_disk_gib(said, found[0].image) if is_system else data_disk_gib(said)
        if found[0].status not in (RUNNING, STOPPED):
            raise ApiError("IncorrectInstanceStatus")
    if request.new_size <= size:
        raise ApiError("InvalidDiskSize.TooSmall")
    most = limits.get(category) or _most(region, category, level, is_system=is_system)
    if request.new_size > most:
        raise ApiError("InvalidDiskSize.TooLarge")
    free_disks.say(region, found, {"Size": request.new_size})
    return {}


def _most(region: RegionState, category: str, level: str, *, is_system: bool) -> int:
    """How many GiB a disk may have at most once it is made."""
    return disk_gib(region.edition, SYSTEM_DISK, category, level)[1] if is_system else _gib(region, category, level)[1]
