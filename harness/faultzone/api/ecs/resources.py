"""The actions that tell what a region has: regions, zones, types, images, disks and tags.

Source: API reference of February 2019, chapters "Regions", "Images", "Disks" and "Tags".
"""

from __future__ import annotations

from typing import Any, Final

from faultzone.api.answer import (
    CURRENT,
    PAGES,
    PAGES_OR_TOKENS,
    Answer,
    Number,
    Structure,
    Text,
    Time,
    Truth,
    items,
    tag_items,
)
from faultzone.api.ecs.reasons import (
    NO_DEDICATED,
    NO_SETTING,
    UNKNOWN,
)
from faultzone.api.ecs.shared import (
    DISK_CATEGORIES,
    LATER_DATA_DISK_CATEGORIES,
    LATER_DISK_CATEGORIES,
    LOCK_REASONS,
    TAG,
    offers,
    time_filters,
)
from faultzone.api.request import Request, flag, integer, json_texts, number, structures, text, texts


class Read(Request):
    """What the actions that only tell have in common."""

    writes = False


class Paged(Read):
    """What the paged ones have in common."""

    needs_region = True

    page_number: int = integer("PageNumber", 1, least=1)
    page_size: int = integer("PageSize", 10, least=1, most=100)


class PagedByToken(Paged):
    """Those that later editions page by token too."""

    max_results: int | None = integer("MaxResults", since=(2020, 12))
    next_token: str | None = text("NextToken", since=(2020, 12))


CHARGE_TYPES: Final = ("PrePaid", "PostPaid")
SPOT_STRATEGIES: Final = ("NoSpot", "SpotWithPriceLimit", "SpotAsPriceGo")
_SOLD_ALIKE: Final = "what there is is sold in every way"


def _accept_language() -> Any:
    """The language of the names that are told."""
    return text(
        "AcceptLanguage",
        among=("zh-CN", "zh-TW", "en-US", "ja", "fr", "de", "ko"),
        code="InvalidAcceptLanguage.NotFound",
        inert=(2019, 2),
        why="regions and zones have no names but their ids",
    )


class DescribeRegions(Read):
    """List the regions of the cloud."""

    instance_charge_type: str | None = text(
        "InstanceChargeType", among=(*CHARGE_TYPES, *SPOT_STRATEGIES[1:]), inert=(2019, 2), why=_SOLD_ALIKE
    )
    resource_type: str | None = text(
        "ResourceType",
        among=("instance", "disk", "reservedinstance", "scu"),
        spelling={"reservedInstance": "reservedinstance"},
        code="InvalidResourceType.NotFound",
        inert=(2019, 2),
        why="all resources are in all regions",
    )
    accept_language: str | None = _accept_language()

    answer = Answer(items("Regions", "Region", Text("RegionId", "LocalName", "RegionEndpoint", "Status")))


_NO_STORAGE_SETS: Final = "there are no storage sets or clusters here"
_NO_MARKET: Final = "there is no marketplace here"
_NO_IMPORTS: Final = "no image is imported or checked here"


class DescribeZones(Read):
    """List the zones of a region with what can be created there."""

    needs_region = True

    instance_charge_type: str | None = text(
        "InstanceChargeType",
        among=CHARGE_TYPES,
        code="InvalidInstanceChargeType.NotFound",
        inert=(2019, 2),
        why=_SOLD_ALIKE,
    )
    spot_strategy: str | None = text(
        "SpotStrategy", among=SPOT_STRATEGIES, code="InvalidSpotStrategy", inert=(2019, 2), why=_SOLD_ALIKE
    )
    accept_language: str | None = _accept_language()
    verbose: bool = flag("Verbose", True)

    answer = Answer(
        items(
            "Zones",
            "Zone",
            Text("ZoneId", "LocalName", "ZoneType"),
            items("AvailableResourceCreation", "ResourceTypes"),
            items("AvailableDiskCategories", "DiskCategories"),
            items("AvailableInstanceTypes", "InstanceTypes"),
            items("AvailableVolumeCategories", "VolumeCategories", empty="there is no shared block storage here"),
            items("AvailableDedicatedHostTypes", "DedicatedHostType", empty=NO_DEDICATED),
            items("DedicatedHostGenerations", "DedicatedHostGeneration", empty=NO_DEDICATED),
            items(
                "AvailableResources",
                "ResourcesInfo",
                Truth("IoOptimized"),
                items("InstanceTypes", "supportedInstanceType"),
                items("InstanceTypeFamilies", "supportedInstanceTypeFamily"),
                items("InstanceGenerations", "supportedInstanceGeneration"),
                items("SystemDiskCategories", "supportedSystemDiskCategory"),
                items("DataDiskCategories", "supportedDataDiskCategory"),
                items("NetworkTypes", "supportedNetworkCategory"),
            ),
        ),
    )


#: What DescribeAvailableResource can be asked for; data disks with the category of the system disk.
DESTINATIONS: Final = ("Zone", "InstanceType", "SystemDisk", "DataDisk")
#: What it can be asked for today.
_DESTINATIONS_TODAY: Final = (*DESTINATIONS, "IoOptimized", "Network")


class DescribeAvailableResource(Read):
    """Tell in which zones instance types can be had."""

    needs_region = True

    destination_resource: str = text(
        "DestinationResource",
        required=True,
        among=DESTINATIONS,
        code="Invalid.Param",
        absent={"ddh": NO_DEDICATED},
        later={CURRENT: {"among": _DESTINATIONS_TODAY}},
    )
    zone_id: str | None = text("ZoneId")
    system_disk_category: str | None = text(
        "SystemDiskCategory",
        among=DISK_CATEGORIES,
        code="Invalid.Param",
        later={CURRENT: {"among": LATER_DISK_CATEGORIES}},
    )
    data_disk_category: str | None = text(
        "DataDiskCategory",
        among=DISK_CATEGORIES,
        code="Invalid.Param",
        later={CURRENT: {"among": LATER_DATA_DISK_CATEGORIES}},
    )
    instance_type: str | None = text("InstanceType")
    cores: int | None = integer("Cores", least=1)
    memory: float | None = number("Memory")
    instance_charge_type: str | None = text(
        "InstanceChargeType", among=CHARGE_TYPES, code="Invalid.InstanceChargeType", inert=(2019, 2), why=_SOLD_ALIKE
    )
    spot_strategy: str | None = text(
        "SpotStrategy", among=SPOT_STRATEGIES, code="Invalid.Param", inert=(2019, 2), why=_SOLD_ALIKE
    )
    spot_duration: int | None = integer("SpotDuration", least=0, most=6, since=CURRENT, inert=CURRENT, why=_SOLD_ALIKE)
    io_optimized: str | None = text(
        "IoOptimized", among=("none", "optimized"), code="Invalid.IoOptimized", inert=(2019, 2), why=_SOLD_ALIKE
    )
    network_category: str | None = text(
        "NetworkCategory",
        among=("vpc", "classic"),
        code="Invalid.NetworkCategory",
        inert=(2019, 2),
        acts=CURRENT,
        why="what there is is sold in every network",
    )
    resource_type: str | None = text(
        "ResourceType",
        among=("instance", "disk", "reservedinstance", "ddh"),
        code="Invalid.Param",
        inert=(2019, 2),
        acts=CURRENT,
        why="DestinationResource says what is asked for",
    )
    scope: str | None = text(
        "Scope",
        among=("Region", "Zone"),
        since=CURRENT,
        inert=CURRENT,
        why="it is of reserved instances, which there are not",
    )

    not_simulated = ((NO_DEDICATED, "DedicatedHostId"),)

    answer = Answer(offers())


#: What is told of each image, in a listing and alone.
_OF_IMAGES: Final = (
    Text("ImageVersion", "Description", "IsSelfShared"),
    Text("ProductCode", empty=_NO_MARKET),
    Time("CreationTime"),
    Number("Size"),
    Truth("IsSupportCloudinit", "IsSupportIoOptimized"),
    Truth("IsCopied"),
    Truth("IsSubscribed", empty=_NO_MARKET),
)


class DescribeImages(Paged):
    """List images."""

    image_id: str | None = text("ImageId")
    image_name: str | None = text("ImageName")
    image_owner_alias: str | None = text(
        "ImageOwnerAlias",
        among=("system", "self", "others", "marketplace"),
        code="InvalidImageOwnerAlias.ValueNotSupported",
    )
    os_type: str | None = text("OSType", among=("linux", "windows"), code="InvalidOSType")
    status: str | None = text("Status")
    instance_type: str | None = text("InstanceType")
    snapshot_id: str | None = text("SnapshotId")
    usage: str | None = text("Usage", among=("instance", "none"), code="InvalidUsage")
    tags: tuple[dict[str, Any], ...] = structures("Tag", *TAG, most=20, too_many="InvalidTagCount")
    filters: tuple[dict[str, Any], ...] = time_filters((2020, 12))
    image_family: str | None = text("ImageFamily", since=(2020, 12))
    resource_group_id: str | None = text("ResourceGroupId", since=(2020, 12))
    action_type: str | None = text(
        "ActionType",
        among=("CreateEcs", "ChangeOS"),
        since=(2020, 12),
        inert=(2020, 12),
        why="an image can do both",
    )
    architecture: str | None = text(
        "Architecture",
        among=("i386", "x86_64"),
        code="InvalidArchitecture",
        since=(2020, 12),
        later={CURRENT: {"among": ("i386", "x86_64", "arm64")}},
    )
    show_expired: bool = flag("ShowExpired", since=(2020, 12), inert=(2020, 12), why="no image expires here")
    owner: str | None = text("ImageOwnerId", since=CURRENT)
    is_public: bool = flag("IsPublic", since=CURRENT)
    usable: bool | None = flag("Usable", None, since=CURRENT)
    supports_cloud_init: bool | None = flag("IsSupportCloudinit", None, since=(2020, 12))
    supports_io_optimized: bool | None = flag("IsSupportIoOptimized", None, since=(2020, 12))
    dry_run: bool = flag("DryRun")

    answer = Answer(
        *PAGES,
        Text("RegionId"),
        items(
            "Images",
            "Image",
            Text("ImageId", "ImageName", "ImageOwnerAlias", "Architecture", "OSType", "OSName", "OSNameEn", "Platform"),
            Text("Status", "Progress", "Usage"),
            *_OF_IMAGES,
            items(
                "DiskDeviceMappings",
                "DiskDeviceMapping",
                Text("Device", "Progress", "Size", "SnapshotId", "Type"),
                Text("Format", "ImportOSSBucket", "ImportOSSObject", empty=_NO_IMPORTS),
                Number("RemainTime"),
                Truth("Encrypted"),
            ),
            tag_items(),
            Truth("IsPublic", "Usable", since=CURRENT),
            Truth("LoginAsNonRootSupported", since=CURRENT, empty=NO_SETTING),
            Number("ImageOwnerId", since=CURRENT),
            Text("ImageFamily", since=CURRENT),
            Text("SupplierName", since=CURRENT, empty=_NO_MARKET),
            Text("ResourceGroupId", since=CURRENT),
            Text("BootMode", since=CURRENT),
            Text("LicenseType", since=CURRENT, empty=UNKNOWN),
            Structure("SecureBootOptions", Text("SecureBootSupport"), since=CURRENT, empty=UNKNOWN),
            Structure(
                "DetectionOptions",
                Text("Status"),
                items("Items", "Item", Text("Name", "RiskCode", "RiskLevel", "Value")),
                since=CURRENT,
                empty=_NO_IMPORTS,
            ),
            Structure(
                "Features",
                Text("CpuOnlineDowngrade", "CpuOnlineUpgrade", empty=UNKNOWN),
                Text("MemoryOnlineDowngrade", "MemoryOnlineUpgrade", empty=UNKNOWN),
                Text("ImdsSupport", "NvmeSupport"),
                since=CURRENT,
            ),
        ),
    )


#: What is told of the image of a family.
IMAGE_OF_FAMILY: Final = (
    "ImageId ImageName ImageOwnerAlias ImageFamily Architecture OSType OSName Platform Status Progress Usage "
    "ImageVersion Description ProductCode IsSelfShared CreationTime Size IsSupportCloudinit IsSupportIoOptimized "
    "IsSubscribed IsCopied DiskDeviceMappings Tags"
).split()


class DescribeImageFromFamily(Read):
    """Show the newest image of a family."""

    since = CURRENT
    needs_region = True

    image_family: str = text("ImageFamily", required=True)

    answer = Answer(
        Structure(
            "Image",
            Text("ImageId", "ImageName", "ImageOwnerAlias", "ImageFamily", "Architecture", "OSType", "OSName"),
            Text("Platform", "Status", "Progress", "Usage"),
            *_OF_IMAGES,
            items(
                "DiskDeviceMappings",
                "DiskDeviceMapping",
                Text("Device", "Size", "SnapshotId", "Type"),
                Text("Format", "ImportOSSBucket", "ImportOSSObject", empty=_NO_IMPORTS),
            ),
            tag_items(),
            when="the family has an image",
        ),
    )


_NOT_SHARED: Final = "each disk is of one instance"


#: The categories that disks are listed by, local ones included.
_LISTED_CATEGORIES: Final = (
    *("all", *LATER_DATA_DISK_CATEGORIES, "ephemeral", "ephemeral_hdd"),
    *("local_ssd_pro", "local_hdd_pro"),
)


class DescribeDisks(PagedByToken):
    """List disks."""

    disk_ids: tuple[str, ...] | None = json_texts("DiskIds", most=100, too_many="InvalidDiskIds.Malformed")
    instance_id: str | None = text("InstanceId")
    zone_id: str | None = text("ZoneId")
    disk_type: str = text("DiskType", "all", among=("all", "system", "data"), code="InvalidDiskType.ValueNotSupported")
    status: str | None = text("Status")
    disk_name: str | None = text("DiskName")
    category: str | None = text("Category", among=_LISTED_CATEGORIES, code="InvalidCategory.ValueNotSupported")
    snapshot_id: str | None = text("SnapshotId")
    portable: bool | None = flag("Portable", None)
    encrypted: bool = flag("Encrypted")
    delete_with_instance: bool | None = flag("DeleteWithInstance", None)
    delete_auto_snapshot: bool | None = flag("DeleteAutoSnapshot", None)
    enable_auto_snapshot: bool | None = flag("EnableAutoSnapshot", None)
    tags: tuple[dict[str, Any], ...] = structures("Tag", *TAG, most=20, too_many="InvalidTagCount")
    filters: tuple[dict[str, Any], ...] = time_filters((2020, 12))
    charge_type: str | None = text(
        "DiskChargeType", among=("PrePaid", "PostPaid"), code="InvalidDiskChargeType.NotFound", since=(2020, 12)
    )
    lock_reason: str | None = text(
        "LockReason", among=LOCK_REASONS, code="InvalidLockReason.NotFound", since=(2020, 12)
    )
    resource_group_id: str | None = text("ResourceGroupId", since=(2020, 12))
    kms_key_id: str | None = text("KMSKeyId", since=(2020, 12))
    snapshot_policy_id: str | None = text("AutoSnapshotPolicyId", since=(2020, 12))
    has_snapshot_policy: bool | None = flag("EnableAutomatedSnapshotPolicy", None, since=(2020, 12))
    shared: bool | None = flag("EnableShared", None, since=(2020, 12))
    dry_run: bool = flag("DryRun")

    performance_level: str | None = text("PerformanceLevel", among=("PL0", "PL1", "PL2", "PL3"), since=CURRENT)
    multi_attach: str | None = text("MultiAttach", among=("Disabled", "Enabled", "LegacyShared"), since=CURRENT)
    additional_attributes: tuple[str, ...] = texts(
        "AdditionalAttributes", since=CURRENT, inert=CURRENT, why="no disk is in several zones"
    )

    answer = Answer(
        *PAGES_OR_TOKENS,
        items(
            "Disks",
            "Disk",
            Text("DiskId", "DiskName", "Description", "Type", "Category", "PerformanceLevel", "Status", "Device"),
            Text("InstanceId", "ImageId", "RegionId", "ZoneId", "DiskChargeType"),
            Text("AutoSnapshotPolicyId"),
            Text("SourceSnapshotId"),
            Text("ProductCode", empty="nothing comes from the marketplace here"),
            Text("ResourceGroupId"),
            Number("Size"),
            Truth("Portable", "DeleteWithInstance", "EnableAutoSnapshot", "Encrypted"),
            Truth("EnableAutomatedSnapshotPolicy"),
            Truth("DeleteAutoSnapshot"),
            Time("CreationTime", "AttachedTime"),
            Time("DetachedTime"),
            items("OperationLocks", "OperationLock", Text("LockReason")),
            tag_items(),
            Time("ExpiredTime", since=CURRENT),
            Text("SerialNumber", "MultiAttach", since=CURRENT),
            Text("KMSKeyId", since=CURRENT),
            items(
                "Attachments",
                "Attachment",
                Text("InstanceId", "Device"),
                Time("AttachedTime"),
                since=CURRENT,
            ),
            items(
                "MountInstances",
                "MountInstance",
                Text("InstanceId", "Device"),
                Time("AttachedTime"),
                since=CURRENT,
                empty=_NOT_SHARED,
            ),
            Number("MountInstanceNum", since=CURRENT, empty=_NOT_SHARED),
            Number("IOPS", "IOPSRead", "IOPSWrite", since=CURRENT),
            Number("Throughput", "ThroughputRead", "ThroughputWrite", since=CURRENT),
            Number("ProvisionedIops", since=CURRENT),
            Truth("BurstingEnabled", since=CURRENT),
            Text("BdfId", since=CURRENT, empty="no instance is a bare-metal one here"),
            Text("SourceDiskId", since=CURRENT, empty="no disk is a copy here"),
            Structure("DataSource", Text("Id", "Type"), since=CURRENT, empty="no disk is a copy here"),
            Structure("Placement", Text("ZoneIds"), since=CURRENT, empty="each disk is in one zone"),
            Text("StorageClusterId", since=CURRENT),
            Text("StorageSetId", since=CURRENT, empty=_NO_STORAGE_SETS),
            Number("StorageSetPartitionNumber", since=CURRENT, empty=_NO_STORAGE_SETS),
        ),
    )


class TagResources(Request):
    """Put tags on resources."""

    needs_region = True

    resource_type: str = text("ResourceType", required=True)
    resource_ids: tuple[str, ...] = texts("ResourceId", most=50, required=True)
    tags: tuple[dict[str, Any], ...] = structures("Tag", *TAG, most=20, too_many="InvalidTagCount", required=True)


class UntagResources(Request):
    """Take tags off resources."""

    needs_region = True

    resource_type: str = text("ResourceType", required=True)
    resource_ids: tuple[str, ...] = texts("ResourceId", most=50, required=True)
    tag_keys: tuple[str, ...] = texts("TagKey", most=20)
    all: bool = flag("All")


class ListTagResources(Read):
    """List tags by resource."""

    needs_region = True

    resource_type: str = text("ResourceType", required=True)
    resource_ids: tuple[str, ...] = texts("ResourceId", most=50)
    tags: tuple[dict[str, Any], ...] = structures("Tag", *TAG, most=20, too_many="InvalidTagCount")
    tag_filters: tuple[dict[str, Any], ...] = structures(
        "TagFilter", text("TagKey"), texts("TagValues", most=5), most=5, since=CURRENT
    )
    next_token: str | None = text("NextToken")

    answer = Answer(
        Text("NextToken"),
        items("TagResources", "TagResource", Text("ResourceId", "ResourceType", "TagKey", "TagValue")),
    )
