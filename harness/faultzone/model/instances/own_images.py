"""What a launch takes of images that users made, and of snapshots: the image itself, and disks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from faultzone.api.errors import ApiError
from faultzone.model.core.own_images import BEGINS, CREATING, find_image, find_own, newest_image
from faultzone.model.core.snapshots import Snapshots, find_ready

if TYPE_CHECKING:
    from faultzone.api.ecs.launches import CreateInstance, RunInstances
    from faultzone.model.core.catalog import Image
    from faultzone.model.core.state import AccountState, RegionState

_DATA_DISKS_MOST: Final = 16


def launched_image(region: RegionState, account: AccountState, request: CreateInstance | RunInstances) -> Image:
    """The image of a launch that names none of the catalogue: a family, or one that was made here.

    Clauses: instance/image-family, resource/launch-own-image, resource/image-family-of-own.

    Raises:
        ApiError: `MissingParameter`, `InvalidImageId.NotFound`, or `OperationDenied.ImageNotValid`.
    """
    if request.image_id is not None:
        image = find_image(region, account, request.image_id)
    elif request.image_family is not None:
        image = newest_image(region, account, request.image_family)
    else:
        raise ApiError.of("MissingParameter", name="ImageId")
    if image is None:
        raise region.catalog.no_image(request.image_id or request.image_family or "")
    own = find_own(region, account, image.id) if image.id.startswith(BEGINS) else None
    if own is not None and own.status == CREATING:
        raise ApiError("OperationDenied.ImageNotValid")
    return image


def with_disks(
    region: RegionState, account: AccountState, request: CreateInstance | RunInstances, image: Image
) -> CreateInstance | RunInstances:
    """A launch with the data disks of its image, and with the sizes of the snapshots that it names.

    A disk of the launch with the device of one of the image takes its place (resource/launch-own-image,
    resource/disk-of-snapshot).
    """
    given: list[dict[str, Any]] = [_sized(account, each) for each in request.data_disks]
    own = find_own(region, account, image.id) if image.id.startswith(BEGINS) else None
    if own is not None:
        devices = {each.get("Device"): number for number, each in enumerate(given)}
        more: list[dict[str, Any]] = []
        for disk in own.disks:
            if disk.kind == "system":
                continue
            said: dict[str, Any] = {"Device": disk.device, "Size": disk.gib, "Encrypted": disk.encrypted}
            if disk.snapshot:
                said["SnapshotId"] = disk.snapshot
                account.part(Snapshots).used.add(disk.snapshot)
            if disk.device in devices:
                given[devices[disk.device]] = {**said, **given[devices[disk.device]]}
            else:
                more.append(said)
        given = [*more, *(_placed(given, {each["Device"] for each in more}) if more else given)]
    if len(given) > _DATA_DISKS_MOST:
        raise ApiError("InstanceDiskLimitExceeded")
    return request.replace(data_disks=tuple(given)) if given else request


def _placed(given: list[dict[str, Any]], taken: set[str]) -> list[dict[str, Any]]:
    """Disks with a device each, where the image has some."""
    used = taken | {each["Device"] for each in given if "Device" in each}
    free = iter([each for each in (f"/dev/xvd{chr(letter)}" for letter in range(98, 123)) if each not in used])
    return [each if "Device" in each else {**each, "Device": next(free)} for each in given]


def _sized(account: AccountState, disk: dict[str, Any]) -> dict[str, Any]:
    """What a launch says of a disk, with the size of its snapshot where it says none."""
    if "SnapshotId" not in disk:
        return disk
    snapshot = find_ready(account, disk["SnapshotId"], "InvalidDataDiskSnapshotId.NotFound")
    if snapshot.source.image is not None:
        raise ApiError("InvalidSnapshotId.NotDataDiskSnapshot")
    if disk.get("Size", snapshot.source.gib) < snapshot.source.gib:
        raise ApiError("InvalidDiskSize.TooSmall", "Specified disk size is less than the size of snapshot.", 403)
    account.part(Snapshots).used.add(snapshot.id)
    return {"Size": snapshot.source.gib, **disk}
