"""Images that users make: of instances and snapshots, copied, shared, changed and deleted.

Source: API reference 2019-02, chapter "Images"; 2020-12 and 2026-10 where they differ.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from faultzone.api.answer import CURRENT
from faultzone.api.ecs.own_images import (
    CancelCopyImage,
    CopyImage,
    CreateImage,
    DeleteImage,
    DescribeImageSharePermission,
    ModifyImageAttribute,
    ModifyImageSharePermission,
)
from faultzone.api.errors import ApiError
from faultzone.clock import stamp
from faultzone.model.core.catalog import Image
from faultzone.model.core.client_tokens import once
from faultzone.model.core.dispatch import Answer, check_dry_run, handles
from faultzone.model.core.filters import read_tags
from faultzone.model.core.free_disks import device_of, id_of, numbers, said_of
from faultzone.model.core.listing import listing
from faultzone.model.core.own_images import (
    AVAILABLE,
    CREATING,
    DEPRECATED,
    ImageDisk,
    OwnImage,
    OwnImages,
    find_own,
)
from faultzone.model.core.resource_groups import Join, kept_group, moves
from faultzone.model.core.snapshots import (
    Snapshot,
    Snapshots,
    find_ready,
    in_progress,
    lasts,
    remove,
    source_of,
    take,
)
from faultzone.model.core.state import RUNNING, STOPPED, AccountState, RegionState
from faultzone.model.core.tagging import Tagged, retag, tags_of

#: The disks of which no image is made.
_LOCAL: Final = ("ephemeral_ssd",)
_SYSTEM_DEVICE: Final = "/dev/xvda"
_DATA_DEVICE: Final = re.compile(r"/dev/xvd[b-z]")
#: What names of images may not begin with today.
_RESERVED: Final = ("aliyun", "acs:")
#: GiB of a disk of an image, the least and the most: of an empty one, and of the editions before today's.
_GIB: Final = {True: (20, 32_768), False: (5, 2_000)}
_SHARED_MOST: Final = 50
#: How many accounts of one call are looked at.
_ACCOUNTS_LOOKED_AT: Final = 10
_OTHERS: Final = "Others Linux"
_WINDOWS: Final = "2003 2008 2012 2016 2019 2022".split()
_PLATFORMS: Final = frozenset(
    [
        *"Aliyun Anolis CentOS Ubuntu CoreOS SUSE Debian OpenSUSE FreeBSD RedHat Kylin UOS Fedora AlmaLinux".split(),
        "Gentoo",
        *("Aliyun Linux", "CentOS Stream", "Customized Linux", "Fedora CoreOS", "Rocky Linux", "Windows 7", _OTHERS),
        *(f"Windows Server {year}" for year in _WINDOWS),
    ]
)
_NO_SOURCE: Final = (
    "The input parameter SnapshotId or InstanceId or DiskDeviceMapping that is mandatory for processing this request "
    "is not supplied."
)
_INSTANCE_STATUS: Final = "The current status of the instance does not support this operation."
_LOCKED: Final = "The specified operation is denied as your instance is locked for security reasons."
_NOT_SYSTEM: Final = "The specified snapshot is not from system disk."
_NO_SYSTEM: Final = "The specified parameter DiskDeviceMapping.n.SnapshotId does not contain system disk snapshot."
_TWO_SYSTEMS: Final = (
    "The specified parameter DiskDeviceMapping.n.SnapshotId contains two or more system disk snapshots."
)

TAGGED: Final = {"image": Tagged(lambda account: account.part(OwnImages).all, tags_of, retag)}
JOINS: Final[dict[str, Join]] = {"image": moves(lambda account: account.part(OwnImages).all)}


def _check_said(
    region: RegionState, account: AccountState, name: str | None, description: str | None, family: str | None
) -> None:
    """Refuse what cannot be said of an image (resource/image-names)."""
    edition, rules = region.edition.instance, region.rules
    reserved = _RESERVED if region.edition.has((2020, 12)) else ()
    if name is not None and (name.startswith(reserved) or not rules.name_is_valid(name, edition.name_length)):
        raise ApiError("InvalidImageName.Malformed")
    if name is not None and any(each.image.name == name for each in account.part(OwnImages).all.values()):
        raise ApiError("InvalidImageName.Duplicated")
    if description is not None and not rules.description_is_valid(description, edition.description_length):
        raise ApiError("InvalidDescription.Malformed")
    if family is not None and (family.startswith(_RESERVED) or not rules.name_is_valid(family, edition.name_length)):
        raise ApiError.of("InvalidParameter", name="ImageFamily", why="it is written like the name of an image")


def _check_quota(region: RegionState, account: AccountState) -> None:
    if len(account.part(OwnImages).all) >= region.edition.instance.own_images:
        raise ApiError("QuotaExceed.Image")


@handles(CreateImage)
@once
def create_image(region: RegionState, account: AccountState, request: CreateImage) -> Answer:
    """CreateImage: of an instance, whose disks get snapshots, of snapshots by device, or of one.

    Clauses: resource/create-image, resource/image-of-snapshots, resource/image-names, resource/image-quota.
    """
    r = request
    if r.instance_id is None and not r.disks and r.snapshot_id is None:
        raise ApiError("MissingParameter", _NO_SOURCE, 400)
    _check_said(region, account, r.image_name, r.description, r.image_family)
    if r.platform is not None and r.platform not in _PLATFORMS:
        raise ApiError("InvalidPlatform.Malformed")
    tags, group = read_tags(region, r.tags), kept_group(region, account, r.resource_group_id)
    now = region.clock.now
    if r.instance_id is not None:
        base, disks, ready = _of_instance(region, account, request)
    else:
        if r.disks:
            of_disks = _read_disks(region, account, r.disks)
        else:
            snapshot = find_ready(account, str(r.snapshot_id))
            if snapshot.source.image is None:
                raise ApiError("OperationDenied", _NOT_SYSTEM, 403)
            of_disks = [(_of_snapshot(snapshot, _SYSTEM_DEVICE, "system", snapshot.source.gib), snapshot)]
        _check_quota(region, account)
        check_dry_run(region, r.dry_run)
        disks, ready = tuple(each for each, _ in of_disks), now + lasts(0)
        base = _system_of(of_disks, r)
    made = OwnImage(_named(region, base, disks, r.image_name, r.image_family), account.id, disks, now, ready)
    made.description, made.version, made.tags, made.group = r.description or "", r.image_version or "", tags, group
    made.boot_mode = r.boot_mode or ("UEFI" if base.architecture == "arm64" else "BIOS")
    made.imds = (r.features or {}).get("ImdsSupport", "v1" if r.instance_id is None else "v2")
    _begin(region, account, made)
    return {"ImageId": made.id}


def _named(region: RegionState, base: Image, disks: Sequence[ImageDisk], name: str | None, family: str | None) -> Image:
    """The image of a system, by a name and an id of its own."""
    (gib,) = (each.gib for each in disks if each.kind == "system")
    return base._replace(
        id=region.world.resource_id("m"),
        name=name or "",
        kind="self",
        created=stamp(region.clock.now)[:10],
        gib=gib,
        family=family or "",
    )


def _begin(region: RegionState, account: AccountState, made: OwnImage) -> None:
    """Let an image be made from now on."""

    def finish() -> None:
        made.timer, made.status = None, AVAILABLE

    account.part(OwnImages).all[made.id] = made
    made.timer = region.clock.call_at(made.ready, finish)


def _of_instance(
    region: RegionState, account: AccountState, request: CreateImage
) -> tuple[Image, tuple[ImageDisk, ...], int]:
    """The system, the disks and the end of an image of an instance: each of its disks gets a snapshot
    (resource/create-image, resource/snapshot-locked)."""
    instance = account.instance(str(request.instance_id))
    if "security" in instance.locks:
        raise ApiError("InstanceLockedForSecurity", _LOCKED, 400)
    if instance.status not in (RUNNING, STOPPED):
        raise ApiError("IncorrectInstanceStatus", _INSTANCE_STATUS, 400)
    wanted = [each for each in numbers(instance) if said_of(instance, each).get("Category") not in _LOCAL]
    if any(in_progress(account, id_of(instance, each)) for each in wanted):
        raise ApiError("IncorrectDiskStatus.CreatingSnapshot")
    _check_quota(region, account)
    check_dry_run(region, request.dry_run)
    disks, ready = [], region.clock.now
    for number in wanted:
        snapshot = take(region, account, source_of((instance, number)))
        ready = max(ready, snapshot.ready)
        device, kind = (device_of(instance, number), "data") if number else (_SYSTEM_DEVICE, "system")
        disks.append(_of_snapshot(snapshot, device, kind, snapshot.source.gib))
    agent = instance.agent is not None or instance.image.agent
    return instance.image._replace(agent=agent), tuple(disks), ready


def _of_snapshot(snapshot: Snapshot, device: str, kind: str, gib: int) -> ImageDisk:
    return ImageDisk(device, kind, gib, snapshot.id, snapshot.source.encrypted)


def _read_disks(
    region: RegionState, account: AccountState, given: Sequence[Mapping[str, Any]]
) -> list[tuple[ImageDisk, Snapshot | None]]:
    """The disks that an image is put together of, each with its snapshot.

    Raises:
        ApiError: one of them cannot be, or they have not one system disk (resource/image-of-snapshots).
    """
    found: list[tuple[ImageDisk, Snapshot | None]] = []
    free = iter(f"/dev/xvd{chr(letter)}" for letter in range(98, 123))
    named = {each["Device"] for each in given if "Device" in each}
    least, most = _GIB[region.edition.has(CURRENT)]
    for each in given:
        snapshot = find_ready(account, each["SnapshotId"]) if "SnapshotId" in each else None
        usual = "system" if snapshot is not None and snapshot.source.image is not None else "data"
        kind = each.get("DiskType", usual)
        gib = each.get("Size", least if snapshot is None else snapshot.source.gib)
        if "Size" in each and not (least if snapshot is None else snapshot.source.gib) <= gib <= most:
            raise ApiError("InvalidSize.ValueNotSupported")
        device = each.get("Device")
        if device is None:
            device = _SYSTEM_DEVICE if kind == "system" else next(one for one in free if one not in named)
        if not (device == _SYSTEM_DEVICE if kind == "system" else _DATA_DEVICE.fullmatch(device)):
            raise ApiError("InvalidDevice.Malformed")
        if kind == "data" and any(disk.device == device for disk, _ in found):
            raise ApiError("InvalidDevice.InUse")
        encrypted = snapshot is not None and snapshot.source.encrypted
        found.append((ImageDisk(device, kind, gib, "" if snapshot is None else snapshot.id, encrypted), snapshot))
    systems = [snapshot for disk, snapshot in found if disk.kind == "system"]
    if not systems or None in systems:
        raise ApiError("OperationDenied", _NO_SYSTEM, 400)
    if len(systems) > 1:
        raise ApiError("OperationDenied", _TWO_SYSTEMS, 400)
    return found


def _system_of(disks: Sequence[tuple[ImageDisk, Snapshot | None]], request: CreateImage) -> Image:
    """The system of an image: that of its system disk, or what the request says of what was a data disk."""
    snapshot = next(snapshot for disk, snapshot in disks if disk.kind == "system")
    source = None if snapshot is None else snapshot.source
    if source is not None and source.image is not None:
        return source.image._replace(agent=source.agent)
    platform = request.platform or _OTHERS
    windows, architecture = platform.startswith("Windows"), request.architecture or "x86_64"
    bits = "32 bit" if architecture == "i386" else "64 bit"
    return Image(
        id="",
        name="",
        system="windows" if windows else "linux",
        os_name=f"{platform} {bits}",
        kind="self",
        agent=False,
        created="",
        platform=platform,
        architecture=architecture,
    )


def _own(account: AccountState, id: str) -> OwnImage:
    """The image of that id which the account made.

    Raises:
        ApiError: `InvalidImageId.NotFound` (resource/modify-image).
    """
    found = account.part(OwnImages).all.get(id)
    if found is None:
        raise ApiError("InvalidImageId.NotFound")
    return found


@handles(CopyImage)
@once
def copy_image(region: RegionState, account: AccountState, request: CopyImage) -> Answer:
    """CopyImage: of one's own to another region, or encrypted to the same; of one that is shared, to the same alone.

    Clauses: resource/copy-image, resource/copy-image-refused.
    """
    r, source = request, find_own(region, account, request.image_id)
    if source is None:
        raise ApiError("InvalidImageId.NotFound")
    wanted = region.id if r.destination_region is None else r.destination_region
    there = region.cloud_region(wanted)
    if there is None:
        raise ApiError("DestinationRegion.NotFound")
    if source.status != AVAILABLE:
        raise ApiError("IncorrectImageStatus")
    if source.owner != account.id and there is not region:
        raise ApiError("OperationDenied.SameRegionOnly")
    if source.owner == account.id and there is region and not r.encrypted:
        raise ApiError("IncorrectDestinationRegion")
    holder = there.account(account.id)
    _check_said(there, holder, r.destination_name, r.destination_description, None)
    tags, group = read_tags(there, r.tags), kept_group(there, holder, r.resource_group_id)
    _check_quota(there, holder)
    check_dry_run(region, r.dry_run)
    theirs, disks, ready = region.account(source.owner).part(Snapshots).all, [], there.clock.now + lasts(0)
    for disk in source.disks:
        snapshot = theirs.get(disk.snapshot)
        if snapshot is None:
            disks.append(disk)
            continue
        copied = snapshot.source._replace(
            encrypted=r.encrypted or snapshot.source.encrypted,
            kms_key=r.kms_key_id or snapshot.source.kms_key,
            copied=(region.id, snapshot.id),
        )
        taken = take(there, holder, copied)
        disks.append(disk._replace(snapshot=taken.id, encrypted=copied.encrypted))
        ready = max(ready, taken.ready)
    image = _named(there, source.image, disks, r.destination_name, None)
    made = OwnImage(image, account.id, tuple(disks), there.clock.now, ready, copied=True)
    made.description, made.version, made.tags, made.group = r.destination_description or "", source.version, tags, group
    made.boot_mode, made.imds, made.nvme = source.boot_mode, source.imds, source.nvme
    _begin(there, holder, made)
    return {"ImageId": made.id}


def _drop(account: AccountState, image: OwnImage) -> None:
    if image.timer is not None:
        image.timer.cancel()
    del account.part(OwnImages).all[image.id]


@handles(CancelCopyImage)
def cancel_copy(region: RegionState, account: AccountState, request: CancelCopyImage) -> Answer:
    """CancelCopyImage: the copy is given up with its snapshots, and the source stays (resource/cancel-copy-image)."""
    found = _own(account, request.image_id)
    if not found.copied:
        raise ApiError("ImageCreatedNotFromCopy")
    if found.status != CREATING:
        raise ApiError("IncorrectImageStatus", "The image is copied finished.", 400)
    _drop(account, found)
    for disk in found.disks:
        snapshot = account.part(Snapshots).all.get(disk.snapshot)
        if snapshot is not None:
            remove(account, snapshot)
    return {}


@handles(DeleteImage)
def delete_image(region: RegionState, account: AccountState, request: DeleteImage) -> Answer:
    """DeleteImage: of one that there is not nothing is said; one that is in use is deleted by force alone.

    Clauses: resource/delete-image, resource/delete-image-in-use.
    """
    found = account.part(OwnImages).all.get(request.image_id)
    if found is None:
        check_dry_run(region, request.dry_run)
        return {}
    if found.status == CREATING:
        raise ApiError("OperationDenied.ImageCopying" if found.copied else "ImageIsCreating")
    if not request.force:
        if found.shared:
            raise ApiError("ImageUseShared")
        if account.book.rows("image", found.id):
            raise ApiError("ImageUsingByInstance")
    check_dry_run(region, request.dry_run)
    _drop(account, found)
    return {}


@handles(ModifyImageAttribute)
def modify_image(region: RegionState, account: AccountState, request: ModifyImageAttribute) -> Answer:
    """ModifyImageAttribute: what is given is changed, and the rest stays.

    Clauses: resource/modify-image, resource/image-names, resource/deprecated-image.
    """
    r, found = request, _own(account, request.image_id)
    name = None if r.image_name == found.image.name else r.image_name
    _check_said(region, account, name, r.description, r.image_family)
    if r.status is not None and found.status == CREATING:
        raise ApiError("IncorrectImageStatus")
    if r.status == DEPRECATED and found.shared:
        raise ApiError("ImageUseShared")
    features = r.features or {}
    if features.get("ImdsSupport") == "v1" and found.imds == "v2":
        raise ApiError.of("InvalidParameter", name="Features.ImdsSupport", why="v2 does not become v1 again")
    check_dry_run(region, r.dry_run)
    image = found.image
    found.image = image._replace(
        name=image.name if r.image_name is None else r.image_name,
        family=image.family if r.image_family is None else r.image_family,
    )
    found.description = found.description if r.description is None else r.description
    found.boot_mode, found.status = r.boot_mode or found.boot_mode, r.status or found.status
    found.imds, found.nvme = features.get("ImdsSupport", found.imds), features.get("NvmeSupport", found.nvme)
    return {}


@handles(ModifyImageSharePermission)
def share_image(region: RegionState, account: AccountState, request: ModifyImageSharePermission) -> Answer:
    """ModifyImageSharePermission: the first ten accounts of each list are looked at.

    Clauses: resource/share-image, resource/share-image-limits.
    """
    r, found = request, _own(account, request.image_id)
    more, fewer = (list(each[:_ACCOUNTS_LOOKED_AT]) for each in (r.add_accounts, r.remove_accounts))
    if account.id in (*more, *fewer):
        raise ApiError("InvalidAccount.Forbbiden")
    if not all(each.isascii() and each.isdigit() for each in (*more, *fewer)):
        raise ApiError("InvalidAccount.NotFound")
    if found.status != AVAILABLE:
        raise ApiError("IncorrectImageStatus")
    shared = {each: since for each, since in found.shared.items() if each not in fewer}
    shared |= {each: region.clock.now for each in more if each not in shared}
    if len(shared) > _SHARED_MOST:
        raise ApiError("QuotaExceed.ShareImageUser")
    check_dry_run(region, r.dry_run)
    found.shared = shared
    return {}


@handles(DescribeImageSharePermission)
def describe_shared(region: RegionState, account: AccountState, request: DescribeImageSharePermission) -> Answer:
    """DescribeImageSharePermission: the accounts, in the order in which they came (resource/share-image)."""
    found, today = _own(account, request.image_id), region.edition.has(CURRENT)

    def show(each: tuple[str, int]) -> dict[str, str]:
        return {"AliyunId": each[0], **({"SharedTime": stamp(each[1])} if today else {})}

    answer = listing("Accounts", "Account", list(found.shared.items()), request, show)
    return {**answer, "ImageId": found.id, "RegionId": region.id, "ShareGroups": {"ShareGroup": []}}
