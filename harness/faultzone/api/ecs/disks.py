"""The actions that make, attach, change and release disks.

Source: API reference of February 2019, chapter "Disks"; of October 2026, the same actions.
"""

from __future__ import annotations

from typing import Any, Final

from faultzone.api.answer import CURRENT, Answer, Text
from faultzone.api.ecs.reasons import CANNOT_BE_USED, NO_SERVICE_ROLES, NO_STORAGE_SETS
from faultzone.api.ecs.shared import LATER_DATA_DISK_CATEGORIES, TAG
from faultzone.api.request import Request, flag, integer, structures, text, texts

_LATER: Final = (2020, 12)
_CATEGORY: Final = "InvalidDiskCategory.ValueNotSupported"
_BY_HOUR: Final = "a disk is paid by the hour here; those of a subscription come with its launch"
_BOOTS: Final = "an instance keeps the system disk that it was made with here"
_ONE_ZONE: Final = "each disk is in one zone here"


class CreateDisk(Request):
    """Make a data disk that is paid by the hour."""

    needs_region = True

    zone_id: str | None = text("ZoneId")
    disk_name: str | None = text("DiskName")
    description: str | None = text("Description")
    encrypted: bool = flag("Encrypted")
    disk_category: str = text(
        "DiskCategory",
        "cloud",
        among=("cloud", "cloud_efficiency", "cloud_ssd", "cloud_essd"),
        code=_CATEGORY,
        later={CURRENT: {"among": LATER_DATA_DISK_CATEGORIES}},
    )
    size: int | None = integer("Size", code="InvalidSize.ValueNotSupported")
    snapshot_id: str | None = text("SnapshotId")
    tags: tuple[dict[str, Any], ...] = structures("Tag", *TAG, most=20, too_many="InvalidTagCount")
    client_token: str | None = text("ClientToken")
    resource_group_id: str | None = text("ResourceGroupId", since=_LATER)
    kms_key_id: str | None = text("KMSKeyId", since=_LATER)
    performance_level: str | None = text("PerformanceLevel", among=("PL0", "PL1", "PL2", "PL3"), since=_LATER)
    storage_cluster_id: str | None = text("StorageClusterId", since=CURRENT)
    provisioned_iops: int | None = integer("ProvisionedIops", least=0, most=50_000, since=CURRENT)
    bursting_enabled: bool | None = flag("BurstingEnabled", None, since=CURRENT)

    not_simulated = (
        (_BY_HOUR, "InstanceId"),
        (NO_STORAGE_SETS, "StorageSetId StorageSetPartitionNumber"),
        ("each disk is of one instance", "MultiAttach=Disabled"),
        (NO_SERVICE_ROLES, "Arn"),
        (CANNOT_BE_USED, "AdvancedFeatures EncryptAlgorithm"),
    )

    answer = Answer(Text("DiskId"), Text("OrderId", since=CURRENT, missing=_BY_HOUR))


class AttachDisk(Request):
    """Attach a disk to an instance of its zone."""

    instance_id: str = text("InstanceId", required=True)
    disk_id: str = text("DiskId", required=True)
    delete_with_instance: bool = flag("DeleteWithInstance")
    device: str | None = text("Device", since=_LATER)

    not_simulated = ((_BOOTS, "Bootable=false KeyPairName Password"), (_ONE_ZONE, "Force=false"))


class DetachDisk(Request):
    """Detach a data disk from its instance."""

    instance_id: str = text("InstanceId", required=True)
    disk_id: str = text("DiskId", required=True)

    not_simulated = ((_BOOTS, "DeleteWithInstance=false"),)


class DeleteDisk(Request):
    """Release a disk that is attached to nothing."""

    disk_id: str = text("DiskId", required=True)


class ModifyDiskAttribute(Request):
    """Change what is said of disks, and whether they are released with their instances."""

    disk_id: str | None = text("DiskId")
    disk_ids: tuple[str, ...] = texts("DiskIds", most=100, since=_LATER)
    disk_name: str | None = text("DiskName")
    description: str | None = text("Description")
    delete_with_instance: bool | None = flag("DeleteWithInstance", None)
    delete_auto_snapshot: bool | None = flag("DeleteAutoSnapshot", None)
    enable_auto_snapshot: bool | None = flag("EnableAutoSnapshot", None)
    bursting_enabled: bool | None = flag("BurstingEnabled", None, since=CURRENT)


class ResizeDisk(Request):
    """Make a disk larger."""

    disk_id: str = text("DiskId", required=True)
    new_size: int = integer("NewSize", least=1, required=True)
    type: str = text(
        "Type",
        "offline",
        among=("offline", "online"),
        since=_LATER,
        inert=_LATER,
        why="the size of a disk is not seen inside an instance",
    )
    client_token: str | None = text("ClientToken")

    answer = Answer(Text("OrderId", since=CURRENT, missing=_BY_HOUR))
