"""Images that users made, as DescribeImages tells of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from faultzone.api.answer import CURRENT
from faultzone.clock import stamp
from faultzone.model.core.filters import Bound, has_tags, tag_list, within
from faultzone.model.core.listing import like
from faultzone.model.core.own_images import AVAILABLE, CREATING, DEPRECATED, OwnImage, seen_by
from faultzone.model.core.snapshots import Snapshots, part_done
from faultzone.model.core.state import AccountState, RegionState

if TYPE_CHECKING:
    from faultzone.api.ecs.resources import DescribeImages
    from faultzone.model.core.catalog import InstanceType


def of_listing(
    region: RegionState,
    account: AccountState,
    request: DescribeImages,
    ids: set[str] | None,
    kind: InstanceType | None,
    bounds: Sequence[Bound],
) -> list[OwnImage]:
    """The images of one's own and of others that a listing asks for, newest first (resource/describe-own-images)."""
    r, today = request, region.edition.has(CURRENT)
    statuses = set((r.status or AVAILABLE).split(","))
    if "ALL" in statuses and today:
        statuses = {CREATING, AVAILABLE, DEPRECATED}
    in_use = set(account.book.index("image").values()) if r.usage else set()
    return [
        each
        for each in seen_by(region, account)
        if (ids is None or each.id in ids)
        and each.status in statuses
        and r.image_owner_alias in (None, _alias(account, each))
        and (r.owner is None or not today or each.owner == r.owner)
        and not r.is_public
        and (r.usable is None or r.usable == (each.status != CREATING))
        and r.supports_cloud_init is not False
        and r.supports_io_optimized is not False
        and (r.usage is None or (each.id in in_use) == (r.usage == "instance"))
        and (not bounds or within(bounds, {"Creation": each.created}))
        and r.image_family in (None, each.image.family)
        and r.architecture in (None, each.image.architecture)
        and r.os_type in (None, each.image.system)
        and (r.image_name is None or like(r.image_name, each.image.name))
        and (r.snapshot_id is None or any(disk.snapshot == r.snapshot_id for disk in each.disks))
        and (not r.resource_group_id or (each.owner == account.id and each.group == r.resource_group_id))
        and (kind is None or region.rules.runs_on(each.image, kind))
        and has_tags(each.tags if each.owner == account.id else {}, r.tags)
    ]


def _alias(account: AccountState, image: OwnImage) -> str:
    return "self" if image.owner == account.id else "others"


def said_of_own(region: RegionState, account: AccountState, own: OwnImage) -> dict[str, Any]:
    """What is told of such an image otherwise than of one of the catalogue."""
    mine, snapshots = own.owner == account.id, region.account(own.owner).part(Snapshots).all
    progress, _ = part_done(own.created, own.ready, region.clock.now)
    disks = []
    for disk in own.disks:
        snapshot = snapshots.get(disk.snapshot)
        done, rest = ("100%", 0) if snapshot is None else part_done(snapshot.created, snapshot.ready, region.clock.now)
        shown = {
            "Device": disk.device,
            "Type": disk.kind,
            "Size": str(disk.gib),
            "SnapshotId": disk.snapshot if mine else "",
            "Format": "",
            "ImportOSSBucket": "",
            "ImportOSSObject": "",
            "Progress": done,
            "RemainTime": rest,
            "Encrypted": disk.encrypted,
        }
        disks.append(shown)
    said: dict[str, Any] = {
        "ImageOwnerAlias": _alias(account, own),
        "ImageVersion": own.version,
        "Description": own.description,
        "CreationTime": stamp(own.created),
        "Status": own.status,
        "Progress": progress,
        "Usage": "instance" if account.book.rows("image", own.id) else "none",
        "IsCopied": own.copied,
        "IsSelfShared": str(bool(own.shared)) if mine else "",
        "DiskDeviceMappings": {"DiskDeviceMapping": disks},
        "Tags": {"Tag": tag_list(own.tags) if mine else []},
    }
    if region.edition.has(CURRENT):
        said |= {
            "Size": own.image.gib,
            "IsPublic": False,
            "Usable": own.status != CREATING,
            "ImageFamily": own.image.family,
            "ImageOwnerId": int(own.owner),
            "BootMode": own.boot_mode,
            "ResourceGroupId": own.group if mine else "",
            "Features": {"ImdsSupport": own.imds, "NvmeSupport": own.nvme},
        }
    return said
