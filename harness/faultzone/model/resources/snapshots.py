"""Snapshots of disks: making, listing, changing and deleting them.

Source: API reference 2019-02, chapter "Snapshots"; 2020-12 and 2026-10 where they differ.
"""

from __future__ import annotations

from typing import Any, Final

from faultzone.api.answer import CURRENT
from faultzone.api.ecs.snapshots import CreateSnapshot, DeleteSnapshot, DescribeSnapshots, ModifySnapshotAttribute
from faultzone.api.errors import ApiError
from faultzone.clock import stamp
from faultzone.model.core.client_tokens import once
from faultzone.model.core.dispatch import Answer, handles
from faultzone.model.core.filters import has_tags, read_asked_tags, read_bounds, read_tags, tag_list, within
from faultzone.model.core.free_disks import Disks, FreeDisk, find_disk
from faultzone.model.core.listing import listing, plain_token
from faultzone.model.core.own_images import images_of
from faultzone.model.core.resource_groups import Join, kept_group, moves
from faultzone.model.core.snapshots import (
    Snapshot,
    Snapshots,
    disks_made_of,
    in_progress,
    keep_for,
    part_done,
    remove,
    source_of,
    take,
)
from faultzone.model.core.state import RUNNING, STOPPED, AccountState, Instance, RegionState
from faultzone.model.core.tagging import Tagged, retag, tags_of

#: The disks that have no snapshots.
_LOCAL: Final = ("ephemeral_ssd",)
_GIB: Final = 1 << 30
#: The categories whose snapshots can be used as soon as they are begun.
_AT_ONCE: Final = ("cloud_essd", "cloud_auto", "cloud_essd_entry", "cloud_regional_disk_auto")
#: What names may not begin with: those that the service gives begin so.
_RESERVED: Final = "auto"
_INSTANCE_STATUS: Final = "The current status of the resource does not support this operation."
_LOCKED: Final = "The disk attached instance is locked due to security."

TAGGED: Final = {"snapshot": Tagged(lambda account: account.part(Snapshots).all, tags_of, retag)}
JOINS: Final[dict[str, Join]] = {"snapshot": moves(lambda account: account.part(Snapshots).all)}


def _check_said(region: RegionState, name: str | None, description: str | None) -> None:
    """Refuse what cannot be said of a snapshot (resource/snapshot-names)."""
    edition = region.edition.instance
    if name is not None and (name.startswith(_RESERVED) or not region.rules.name_is_valid(name, edition.name_length)):
        raise ApiError("InvalidSnapshotName.Malformed")
    if description is not None and not region.rules.description_is_valid(description, edition.description_length):
        raise ApiError("InvalidDescription.Malformed")


def _check_instance(instance: Instance) -> None:
    """Refuse an instance whose disks have no snapshots now (resource/snapshot-of-disk, resource/snapshot-locked)."""
    if "security" in instance.locks:
        raise ApiError("InstanceLockedForSecurity", _LOCKED, 403)
    if instance.status not in (RUNNING, STOPPED):
        raise ApiError("IncorrectInstanceStatus", _INSTANCE_STATUS, 400)
    if instance.started is None:
        raise ApiError("IncorrectDiskStatus.NeverUsed")


@handles(CreateSnapshot)
@once
def create_snapshot(region: RegionState, account: AccountState, request: CreateSnapshot) -> Answer:
    """CreateSnapshot: of a disk that was attached once, one at a time.

    Clauses: resource/create-snapshot, resource/snapshot-of-disk, resource/snapshot-quota, resource/snapshot-names.
    """
    r = request
    free = account.part(Disks).free.get(r.disk_id)
    found: FreeDisk | tuple[Instance, int] | None = free if free is not None else find_disk(account, r.disk_id)
    if found is None:
        raise ApiError("InvalidDiskId.NotFound")
    _check_said(region, r.snapshot_name, r.description)
    source = source_of(found)
    if source.category in _LOCAL:
        raise ApiError("DiskCategory.OperationNotSupported")
    if not isinstance(found, FreeDisk):
        _check_instance(found[0])
    elif found.detached is None:
        raise ApiError("IncorrectDiskStatus.NeverAttached")
    if in_progress(account, source.disk):
        raise ApiError("IncorrectDiskStatus.CreatingSnapshot")
    of_disk = [each for each in account.part(Snapshots).all.values() if each.source.disk == source.disk]
    if len(of_disk) >= region.edition.instance.disk_snapshots:
        raise ApiError("QuotaExceed.Snapshot")
    tags, group = read_tags(region, r.tags), kept_group(region, account, r.resource_group_id)
    made = take(region, account, source)
    made.name, made.description, made.days = r.snapshot_name or "", r.description or "", r.retention_days
    made.tags, made.group = tags, group
    return {"SnapshotId": made.id}


def _find(account: AccountState, id: str) -> Snapshot:
    found = account.part(Snapshots).all.get(id)
    if found is None:
        raise ApiError("InvalidSnapshotId.NotFound")
    return found


@handles(ModifySnapshotAttribute)
def modify_snapshot(region: RegionState, account: AccountState, request: ModifySnapshotAttribute) -> Answer:
    """ModifySnapshotAttribute: a snapshot is kept for longer, and not for less long.

    Clauses: resource/modify-snapshot, resource/snapshot-names, resource/snapshot-kept-longer.
    """
    r, snapshot = request, _find(account, request.snapshot_id)
    if r.snapshot_name is None and r.description is None and r.retention_days is None:
        raise ApiError("NoAttributeToModify")
    _check_said(region, r.snapshot_name, r.description)
    if r.retention_days is not None:
        if snapshot.days is not None and r.retention_days < snapshot.days:
            raise ApiError("InvalidOperation.DecreaseRetentionDaysUnsupported")
        keep_for(region, account, snapshot, r.retention_days)
    snapshot.name = snapshot.name if r.snapshot_name is None else r.snapshot_name
    snapshot.description = snapshot.description if r.description is None else r.description
    snapshot.changed = region.clock.now
    return {}


@handles(DeleteSnapshot)
def delete_snapshot(region: RegionState, account: AccountState, request: DeleteSnapshot) -> Answer:
    """DeleteSnapshot: of one that there is not nothing is said; not of one that an image needs.

    Clauses: resource/delete-snapshot, resource/delete-snapshot-in-use.
    """
    found = account.part(Snapshots).all.get(request.snapshot_id)
    if found is None:
        return {}
    if found.id in images_of(account):
        raise ApiError("SnapshotCreatedImage")
    if not request.force and found.id in disks_made_of(account):
        raise ApiError("SnapshotCreatedDisk")
    remove(account, found)
    return {}


def _usage(snapshot: Snapshot, of_images: set[str], of_disks: set[str]) -> str:
    used = [word for word, ids in (("image", of_images), ("disk", of_disks)) if snapshot.id in ids]
    return "_".join(used) or "none"


@handles(DescribeSnapshots)
def describe_snapshots(region: RegionState, account: AccountState, request: DescribeSnapshots) -> Answer:
    """DescribeSnapshots: by each filter, newest first (resource/describe-snapshots)."""
    r, bounds, tags = request, read_bounds(request.filters, ("Creation",)), read_asked_tags(request.tags)
    kept = account.kept(Snapshots)
    of_images, of_disks = images_of(account), disks_made_of(account)
    found = [
        each
        for each in ([] if kept is None else reversed(kept.all.values()))
        if (r.snapshot_ids is None or each.id in r.snapshot_ids)
        and r.disk_id in (None, each.source.disk)
        and r.instance_id in (None, each.source.instance)
        and r.snapshot_name in (None, each.name)
        and r.status in ("all", each.status)
        and r.snapshot_type in ("all", "user")
        and r.source_disk_type in (None, _kind(each))
        and r.usage in (None, _usage(each, of_images, of_disks))
        and (not r.encrypted or each.source.encrypted)
        and r.kms_key_id in (None, each.source.kms_key)
        and r.resource_group_id in (None, each.group)
        and r.snapshot_link_id in (None, _chain(each))
        and r.category in (None, "standard")
        and (not bounds or within(bounds, {"Creation": each.created}))
        and has_tags(each.tags, tags)
    ]

    def show(each: Snapshot) -> dict[str, Any]:
        return _render(region, each, _usage(each, of_images, of_disks))

    return listing("Snapshots", "Snapshot", found, r, show, token=plain_token(r))


def _kind(snapshot: Snapshot) -> str:
    return "data" if snapshot.source.image is None else "system"


def _chain(snapshot: Snapshot) -> str:
    """The chain of the snapshots of a disk."""
    return f"sl-{snapshot.source.disk[2:]}"


def _render(region: RegionState, snapshot: Snapshot, usage: str) -> dict[str, Any]:
    source = snapshot.source
    progress, left = part_done(snapshot.created, snapshot.ready, region.clock.now)
    shown: dict[str, Any] = {
        "SnapshotId": snapshot.id,
        "SnapshotName": snapshot.name,
        "Description": snapshot.description,
        "Progress": progress,
        "RemainTime": left,
        "SnapshotType": "user",
        "Status": snapshot.status,
        "Usage": usage,
        "SourceDiskId": source.disk,
        "SourceDiskSize": str(source.gib),
        "SourceDiskType": _kind(snapshot),
        "SourceStorageType": "disk",
        "ProductCode": "",
        "RetentionDays": snapshot.days or 0,
        "CreationTime": stamp(snapshot.created),
        "Encrypted": source.encrypted,
        "Tags": {"Tag": tag_list(snapshot.tags)},
    }
    if region.edition.has((2020, 12)):
        shown |= {
            "LastModifiedTime": stamp(snapshot.changed),
            "KMSKeyId": source.kms_key,
            "ResourceGroupId": snapshot.group,
            "SnapshotLinkId": _chain(snapshot),
            "SnapshotSN": snapshot.id.removeprefix("s-"),
            "Category": "standard",
            "InstantAccess": False,
            "InstantAccessRetentionDays": 0,
        }
    if region.edition.has(CURRENT):
        shown |= {
            "Available": snapshot.is_done or source.category in _AT_ONCE,
            "InstantAccess": source.category in _AT_ONCE,
            "FullSnapshotSizeInBytes": source.gib * _GIB,
            "RegionId": region.id,
        }
        if source.copied is not None:
            shown["SourceRegionId"], shown["SourceSnapshotId"] = source.copied
    return shown
