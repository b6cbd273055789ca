"""The actions of snapshots of disks.

Source: API reference of February 2019, chapter "Snapshots"; of October 2026, the same actions.
"""

from __future__ import annotations

from typing import Any, Final

from faultzone.api.answer import CURRENT, PAGES_OR_TOKENS, Answer, Number, Text, Time, Truth, items, tag_items
from faultzone.api.ecs.reasons import CANNOT_BE_USED
from faultzone.api.ecs.resources import PagedByToken
from faultzone.api.ecs.shared import TAG, time_filters
from faultzone.api.request import Request, flag, integer, json_texts, structures, text

_LATER: Final = (2020, 12)
_AT_ONCE: Final = "snapshots can be used as soon as they are made, and this setting is not used any more"
_STANDARD: Final = "Category=standard|Standard"
_ONE_CATEGORY: Final = "all snapshots are standard ones here"
_DAYS_MOST: Final = 65_536
_DAYS_CODE: Final = "InvalidRetentionDays.Malformed"


class CreateSnapshot(Request):
    """Make a snapshot of a disk."""

    disk_id: str = text("DiskId", required=True)
    snapshot_name: str | None = text("SnapshotName")
    description: str | None = text("Description")
    retention_days: int | None = integer("RetentionDays", least=1, most=_DAYS_MOST, code=_DAYS_CODE)
    tags: tuple[dict[str, Any], ...] = structures("Tag", *TAG, most=20, too_many="InvalidTagCount")
    client_token: str | None = text("ClientToken")
    resource_group_id: str | None = text("ResourceGroupId", since=_LATER)
    instant_access: bool = flag("InstantAccess", since=_LATER, inert=_LATER, why=_AT_ONCE)
    instant_access_days: int | None = integer(
        "InstantAccessRetentionDays", least=1, most=65_535, code=_DAYS_CODE, since=_LATER, inert=_LATER, why=_AT_ONCE
    )

    not_simulated = ((_ONE_CATEGORY, _STANDARD), (CANNOT_BE_USED, "StorageLocationArn"))

    answer = Answer(Text("SnapshotId"))


class DescribeSnapshots(PagedByToken):
    """List snapshots."""

    snapshot_ids: tuple[str, ...] | None = json_texts("SnapshotIds", most=100)
    disk_id: str | None = text("DiskId")
    instance_id: str | None = text("InstanceId")
    snapshot_name: str | None = text("SnapshotName")
    status: str = text(
        "Status", "all", among=("progressing", "accomplished", "failed", "all"), code="InvalidStatus.NotFound"
    )
    snapshot_type: str = text("SnapshotType", "all", among=("auto", "user", "all"), code="InvalidSnapshotType.NotFound")
    source_disk_type: str | None = text(
        "SourceDiskType",
        among=("system", "data"),
        spelling={"System": "system", "Data": "data"},
        code="InvalidSourceDiskType",
    )
    usage: str | None = text("Usage", among=("image", "disk", "image_disk", "none"), code="InvalidUsage")
    encrypted: bool = flag("Encrypted")
    filters: tuple[dict[str, Any], ...] = time_filters()
    tags: tuple[dict[str, Any], ...] = structures("Tag", *TAG, most=20, too_many="InvalidTagCount")
    dry_run: bool = flag("DryRun")
    resource_group_id: str | None = text("ResourceGroupId", since=_LATER)
    kms_key_id: str | None = text("KMSKeyId", since=_LATER)
    snapshot_link_id: str | None = text("SnapshotLinkId", since=_LATER)
    category: str | None = text(
        "Category",
        among=("standard", "flash", "archive"),
        spelling={"Standard": "standard", "Flash": "flash", "Archive": "archive"},
        since=_LATER,
    )

    answer = Answer(
        *PAGES_OR_TOKENS,
        items(
            "Snapshots",
            "Snapshot",
            Text("SnapshotId", "SnapshotName", "Description", "Progress", "SnapshotType", "Status", "Usage"),
            Text("SourceDiskId", "SourceDiskSize", "SourceDiskType", "SourceStorageType"),
            Text("ProductCode", empty="no image is of the marketplace here"),
            Number("RetentionDays"),
            Number("RemainTime"),
            Time("CreationTime"),
            Truth("Encrypted"),
            tag_items(),
            Time("LastModifiedTime", since=_LATER),
            Text("KMSKeyId", "ResourceGroupId", "SnapshotLinkId", "SnapshotSN", "Category", since=_LATER),
            Truth("InstantAccess", since=_LATER),
            Number("InstantAccessRetentionDays", since=_LATER, empty=_AT_ONCE),
            Truth("Available", since=CURRENT),
            Number("FullSnapshotSizeInBytes", since=CURRENT),
            Text("RegionId", since=CURRENT),
            Text("SourceRegionId", "SourceSnapshotId", since=CURRENT, when="it is of a copied image"),
        ),
    )


class ModifySnapshotAttribute(Request):
    """Change what is said of a snapshot, and for how long it is kept."""

    snapshot_id: str = text("SnapshotId", required=True)
    snapshot_name: str | None = text("SnapshotName")
    description: str | None = text("Description")
    retention_days: int | None = integer("RetentionDays", least=1, most=_DAYS_MOST, code=_DAYS_CODE, since=CURRENT)
    disable_instant_access: bool = flag("DisableInstantAccess", since=_LATER, inert=_LATER, why=_AT_ONCE)


class DeleteSnapshot(Request):
    """Delete a snapshot; one that is being made is given up."""

    snapshot_id: str = text("SnapshotId", required=True)
    force: bool = flag("Force")
