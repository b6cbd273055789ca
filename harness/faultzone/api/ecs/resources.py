"""The actions that tell what a region has: regions, zones, types, images, networks, disks, security groups and tags.

Source: API reference of February 2019, chapters "Regions", "Images", "Disks", "Elastic network interfaces",
    "Security groups" and "Tags"; of the VPC's API, what ECS clients ask of it.
"""

from __future__ import annotations

from typing import Any, Final

from faultzone.api.request import Request, flag, integer, json_texts, number, structures, text, texts

#: The fields of a tag. Clients of the time write them in small letters too, as the pages of CreateInstance and AddTags
#: of 2019-02 have them, and those of security groups and of most Describe actions of 2020-12
#: (instance/tag-small-letters).
TAG: Final = (text("Key", also="key"), text("Value", also="value"))

#: The fields of a filter by time; a client that needs the third and the fourth alone may leave the others out.
FILTER: Final = (text("Key"), text("Value"))

#: Basic and advanced security groups; the first is the default.
GROUP_TYPES: Final = ("normal", "enterprise")
#: Why an instance or a disk may be locked.
LOCK_REASONS: Final = ("financial", "security", "recycling", "dedicatedhostfinancial")


class _Read(Request):
    """What the actions that only tell have in common."""

    writes = False


class _Paged(_Read):
    """What the paged ones have in common."""

    needs_region = True

    page_number: int = integer("PageNumber", 1, least=1)
    page_size: int = integer("PageSize", 10, least=1, most=100)


class PagedByToken(_Paged):
    """Those that later editions page by token too."""

    max_results: int | None = integer("MaxResults", since=(2020, 12))
    next_token: str | None = text("NextToken", since=(2020, 12))


class DescribeRegions(_Read):
    """List the regions of the cloud."""

    instance_charge_type: str | None = text("InstanceChargeType", inert=(2019, 2))
    resource_type: str | None = text("ResourceType", inert=(2019, 2))
    accept_language: str | None = text("AcceptLanguage", inert=(2019, 2))


class DescribeZones(_Read):
    """List the zones of a region with what can be created there."""

    needs_region = True

    instance_charge_type: str | None = text("InstanceChargeType", inert=(2019, 2))
    spot_strategy: str | None = text("SpotStrategy", inert=(2019, 2))
    accept_language: str | None = text("AcceptLanguage", inert=(2019, 2))
    verbose: bool = flag("Verbose", True)


class DescribeInstanceTypes(_Read):
    """List instance types."""

    instance_type_family: str | None = text("InstanceTypeFamily")
    instance_types: tuple[str, ...] = texts("InstanceTypes", most=100)
    max_results: int | None = integer("MaxResults", least=1, most=100, since=(2020, 12))
    next_token: str | None = text("NextToken", since=(2020, 12))


class DescribeInstanceTypeFamilies(_Read):
    """List instance families."""

    needs_region = True

    generation: str | None = text("Generation")


class DescribeAvailableResource(_Read):
    """Tell in which zones instance types can be had."""

    needs_region = True

    destination_resource: str = text("DestinationResource", required=True, among=("Zone", "InstanceType", "SystemDisk"))
    zone_id: str | None = text("ZoneId")
    instance_type: str | None = text("InstanceType")
    cores: int | None = integer("Cores", least=1)
    memory: float | None = number("Memory")
    instance_charge_type: str | None = text("InstanceChargeType", inert=(2019, 2))
    spot_strategy: str | None = text("SpotStrategy", inert=(2019, 2))
    io_optimized: str | None = text("IoOptimized", inert=(2019, 2))
    network_category: str | None = text("NetworkCategory", inert=(2019, 2))
    resource_type: str | None = text("ResourceType", inert=(2019, 2))


class DescribeVpcs(_Paged):
    """List the account's VPCs."""

    vpc_id: str | None = text("VpcId")
    is_default: bool | None = flag("IsDefault", None)


class DescribeVSwitches(_Paged):
    """List the account's vSwitches."""

    needs_region = False

    vpc_id: str | None = text("VpcId")
    vswitch_id: str | None = text("VSwitchId")
    zone_id: str | None = text("ZoneId")
    is_default: bool | None = flag("IsDefault", None)


class DescribeNetworkInterfaces(PagedByToken):
    """List network interfaces."""

    network_interface_ids: tuple[str, ...] = texts("NetworkInterfaceId", most=100)
    network_interface_name: str | None = text("NetworkInterfaceName")
    type: str | None = text("Type", among=("Primary", "Secondary"))
    instance_id: str | None = text("InstanceId")
    vswitch_id: str | None = text("VSwitchId")
    primary_ip_address: str | None = text("PrimaryIpAddress")
    security_group_id: str | None = text("SecurityGroupId")
    tags: tuple[dict[str, Any], ...] = structures("Tag", *TAG, most=20, too_many="InvalidTagCount")
    resource_group_id: str | None = text("ResourceGroupId", since=(2019, 9))
    vpc_id: str | None = text("VpcId", since=(2019, 9))
    status: str | None = text("Status", since=(2020, 12))
    private_ip_addresses: tuple[str, ...] = texts("PrivateIpAddress", most=100, since=(2020, 12))
    service_managed: bool | None = flag("ServiceManaged", None, since=(2020, 12))


class DescribeImages(_Paged):
    """List images."""

    image_id: str | None = text("ImageId")
    image_name: str | None = text("ImageName")
    image_owner_alias: str | None = text("ImageOwnerAlias")
    os_type: str | None = text("OSType", among=("linux", "windows"))
    status: str | None = text("Status")
    instance_type: str | None = text("InstanceType")
    snapshot_id: str | None = text("SnapshotId")
    usage: str | None = text("Usage", among=("instance", "none"))
    tags: tuple[dict[str, Any], ...] = structures("Tag", *TAG, most=20, too_many="InvalidTagCount")
    filters: tuple[dict[str, Any], ...] = structures("Filter", *FILTER, most=4, gaps=True, since=(2020, 12))
    image_family: str | None = text("ImageFamily", since=(2020, 12))
    resource_group_id: str | None = text("ResourceGroupId", since=(2020, 12))
    action_type: str | None = text("ActionType", among=("CreateEcs", "ChangeOS"), since=(2020, 12), inert=(2020, 12))
    architecture: str | None = text("Architecture", among=("i386", "x86_64"), since=(2020, 12))
    show_expired: bool = flag("ShowExpired", since=(2020, 12), inert=(2020, 12))
    supports_cloud_init: bool | None = flag("IsSupportCloudinit", None, since=(2020, 12))
    supports_io_optimized: bool | None = flag("IsSupportIoOptimized", None, since=(2020, 12))
    dry_run: bool = flag("DryRun")


class DescribeDisks(PagedByToken):
    """List disks."""

    disk_ids: tuple[str, ...] | None = json_texts("DiskIds", most=100, too_many="InvalidDiskIds.Malformed")
    instance_id: str | None = text("InstanceId")
    zone_id: str | None = text("ZoneId")
    disk_type: str = text("DiskType", "all", among=("all", "system", "data"))
    status: str | None = text("Status")
    disk_name: str | None = text("DiskName")
    category: str | None = text("Category")
    snapshot_id: str | None = text("SnapshotId")
    portable: bool | None = flag("Portable", None)
    encrypted: bool = flag("Encrypted")
    delete_with_instance: bool | None = flag("DeleteWithInstance", None)
    delete_auto_snapshot: bool | None = flag("DeleteAutoSnapshot", None)
    enable_auto_snapshot: bool | None = flag("EnableAutoSnapshot", None)
    tags: tuple[dict[str, Any], ...] = structures("Tag", *TAG, most=20, too_many="InvalidTagCount")
    filters: tuple[dict[str, Any], ...] = structures("Filter", *FILTER, most=4, gaps=True, since=(2020, 12))
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


class DescribeSecurityGroups(_Paged):
    """List security groups."""

    vpc_id: str | None = text("VpcId")
    security_group_id: str | None = text("SecurityGroupId")
    security_group_ids: tuple[str, ...] | None = json_texts("SecurityGroupIds", most=100)
    security_group_name: str | None = text("SecurityGroupName")
    network_type: str | None = text("NetworkType", among=("classic", "vpc"))
    tags: tuple[dict[str, Any], ...] = structures("Tag", *TAG, most=20, too_many="InvalidTagCount")
    security_group_type: str | None = text("SecurityGroupType", among=GROUP_TYPES, since=(2020, 12))
    resource_group_id: str | None = text("ResourceGroupId", since=(2020, 12))
    dry_run: bool = flag("DryRun")


class DescribeSecurityGroupAttribute(_Read):
    """Show one security group with its rules."""

    needs_region = True

    security_group_id: str = text("SecurityGroupId", required=True)
    nic_type: str | None = text("NicType", among=("internet", "intranet"), inert=(2019, 2))
    direction: str | None = text("Direction", among=("egress", "ingress", "all"), inert=(2019, 2))


class CreateSecurityGroup(Request):
    """Create a security group."""

    needs_region = True

    security_group_name: str | None = text("SecurityGroupName")
    description: str | None = text("Description")
    vpc_id: str | None = text("VpcId")
    tags: tuple[dict[str, Any], ...] = structures("Tag", *TAG, most=20, too_many="InvalidTagCount")
    security_group_type: str = text("SecurityGroupType", GROUP_TYPES[0], among=GROUP_TYPES, since=(2020, 12))
    resource_group_id: str | None = text("ResourceGroupId", since=(2020, 12))
    client_token: str | None = text("ClientToken")


class DeleteSecurityGroup(Request):
    """Delete a security group that no instance is in."""

    needs_region = True

    security_group_id: str = text("SecurityGroupId", required=True)


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


class ListTagResources(_Read):
    """List tags by resource."""

    needs_region = True

    resource_type: str = text("ResourceType", required=True)
    resource_ids: tuple[str, ...] = texts("ResourceId", most=50)
    tags: tuple[dict[str, Any], ...] = structures("Tag", *TAG, most=20, too_many="InvalidTagCount")
    next_token: str | None = text("NextToken")
