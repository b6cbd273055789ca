"""The actions of the images that users make themselves.

Source: API reference of February 2019, chapter "Images"; of October 2026, the same actions.
"""

from __future__ import annotations

from typing import Any, Final

from faultzone.api.answer import CURRENT, PAGES, Answer, Text, Time, items
from faultzone.api.ecs.reasons import CANNOT_BE_USED
from faultzone.api.ecs.resources import Paged
from faultzone.api.ecs.shared import TAG
from faultzone.api.request import Request, flag, integer, structure, structures, text, texts

_LATER: Final = (2020, 12)
_NO_CHECKS: Final = "no image is checked here"
_NO_SECURE_BOOT: Final = "no instance boots securely here"
_NO_COMMUNITY: Final = "there are no community images here"
_NO_LICENSES: Final = "no image is imported here"
_BOOT_MODES: Final = ("BIOS", "UEFI", "UEFI-Preferred")
_DISKS_MOST: Final = 17
_FEATURES: Final = structure("Features", text("ImdsSupport", among=("v1", "v2")), since=CURRENT)


class CreateImage(Request):
    """Make an image of an instance, of a snapshot of a system disk, or of several snapshots."""

    needs_region = True

    instance_id: str | None = text("InstanceId")
    snapshot_id: str | None = text("SnapshotId")
    disks: tuple[dict[str, Any], ...] = structures(
        "DiskDeviceMapping",
        text("Device"),
        text("DiskType", among=("system", "data")),
        integer("Size", code="InvalidSize.ValueNotSupported"),
        text("SnapshotId"),
        most=_DISKS_MOST,
    )
    image_name: str | None = text("ImageName")
    image_version: str | None = text("ImageVersion")
    description: str | None = text("Description")
    platform: str | None = text("Platform")
    architecture: str | None = text(
        "Architecture",
        among=("i386", "x86_64"),
        code="InvalidArchitecture.Malformed",
        later={CURRENT: {"among": ("i386", "x86_64", "arm64")}},
    )
    tags: tuple[dict[str, Any], ...] = structures("Tag", *TAG, most=20, too_many="InvalidTagCount")
    client_token: str | None = text("ClientToken")
    resource_group_id: str | None = text("ResourceGroupId", since=_LATER)
    image_family: str | None = text("ImageFamily", since=_LATER)
    boot_mode: str | None = text("BootMode", among=_BOOT_MODES, since=CURRENT)
    features: dict[str, Any] | None = _FEATURES
    dry_run: bool = flag("DryRun", since=CURRENT)

    not_simulated = ((_NO_CHECKS, "DetectionStrategy"), (_NO_SECURE_BOOT, "SecureBootOptions"))

    answer = Answer(Text("ImageId"))


class CopyImage(Request):
    """Copy an image, to another region as well."""

    needs_region = True

    image_id: str = text("ImageId", required=True)
    destination_region: str | None = text("DestinationRegionId")
    destination_name: str | None = text("DestinationImageName")
    destination_description: str | None = text("DestinationDescription")
    encrypted: bool = flag("Encrypted")
    kms_key_id: str | None = text("KMSKeyId", since=_LATER)
    tags: tuple[dict[str, Any], ...] = structures("Tag", *TAG, most=20, too_many="InvalidTagCount")
    resource_group_id: str | None = text("ResourceGroupId", since=_LATER)
    client_token: str | None = text("ClientToken", since=CURRENT)
    dry_run: bool = flag("DryRun", since=CURRENT)

    not_simulated = ((CANNOT_BE_USED, "EncryptAlgorithm"),)

    answer = Answer(Text("ImageId"))


class CancelCopyImage(Request):
    """Give up a copy of an image that is being made."""

    needs_region = True

    image_id: str = text("ImageId", required=True)


class DeleteImage(Request):
    """Delete an image of one's own. Its snapshots stay."""

    needs_region = True

    image_id: str = text("ImageId", required=True)
    force: bool = flag("Force")
    dry_run: bool = flag("DryRun", since=CURRENT)


class ModifyImageAttribute(Request):
    """Change what is said of an image of one's own."""

    needs_region = True

    image_id: str = text("ImageId", required=True)
    image_name: str | None = text("ImageName")
    description: str | None = text("Description")
    image_family: str | None = text("ImageFamily", since=_LATER)
    boot_mode: str | None = text("BootMode", among=_BOOT_MODES, since=CURRENT)
    status: str | None = text("Status", among=("Available", "Deprecated"), since=CURRENT)
    features: dict[str, Any] | None = structure(
        "Features",
        text("ImdsSupport", among=("v1", "v2")),
        text("NvmeSupport", among=("supported", "unsupported")),
        since=CURRENT,
    )
    dry_run: bool = flag("DryRun", since=CURRENT)

    not_simulated = ((_NO_LICENSES, "LicenseType"),)


class ModifyImageSharePermission(Request):
    """Let other accounts use an image, or no more."""

    needs_region = True

    image_id: str = text("ImageId", required=True)
    add_accounts: tuple[str, ...] = texts("AddAccount")
    remove_accounts: tuple[str, ...] = texts("RemoveAccount")
    dry_run: bool = flag("DryRun", since=CURRENT)

    not_simulated = ((_NO_COMMUNITY, "IsPublic=false LaunchPermission"),)


class DescribeImageSharePermission(Paged):
    """Tell which accounts may use an image."""

    image_id: str = text("ImageId", required=True)

    answer = Answer(
        *PAGES,
        Text("ImageId", "RegionId"),
        items("Accounts", "Account", Text("AliyunId"), Time("SharedTime", since=CURRENT)),
        items("ShareGroups", "ShareGroup", Text("Group"), empty=_NO_COMMUNITY),
    )
