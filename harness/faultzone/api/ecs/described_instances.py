"""The actions that show instances.

Source: API reference of February 2019, chapter "Instances".
"""

from __future__ import annotations

from typing import Any, Final

from faultzone.api.answer import (
    CURRENT,
    PAGES,
    Answer,
    Number,
    Structure,
    Text,
    Time,
    Truth,
    items,
    pages_or_tokens,
    tag_items,
)
from faultzone.api.ecs.instances import (
    CHARGE_TYPES,
    CREDIT_SPECIFICATIONS,
    INTERNET_CHARGE_TYPES,
    SPOT_STRATEGIES,
    STATUSES,
)
from faultzone.api.ecs.reasons import (
    CANNOT_BE_USED,
    NO_DEDICATED,
    NO_PRIMARY_IPV6,
    NO_PRIVATE_NAMES,
    NO_SETTING,
    OF_THE_CLASSIC_NETWORK,
)
from faultzone.api.ecs.shared import TAG, time_filters
from faultzone.api.request import (
    Request,
    flag,
    integer,
    json_texts,
    structures,
    text,
    texts,
)

_NO_CLASSIC: Final = "a cluster and a VLAN were of the classic network's early days"
#: What both actions are documented to show of an instance.
_INSTANCE: Final = (
    Text("InstanceId", "InstanceName", "HostName", "Description", "Status", "StoppedMode", "RegionId", "ZoneId"),
    Text("InstanceType", "ImageId", "SerialNumber", "InstanceChargeType", "CreditSpecification"),
    Text("InstanceNetworkType", "InternetChargeType"),
    Text("ClusterId", "VlanId", empty=_NO_CLASSIC),
    Number("Cpu", "Memory", "InternetMaxBandwidthIn", "InternetMaxBandwidthOut"),
    Time("CreationTime", "ExpiredTime"),
    items("PublicIpAddress", "IpAddress"),
    items("InnerIpAddress", "IpAddress"),
    items("SecurityGroupIds", "SecurityGroupId"),
    Structure(
        "VpcAttributes",
        Text("VpcId", "VSwitchId"),
        items("PrivateIpAddress", "IpAddress"),
        Text("NatIpAddress", empty="nothing is reached by NAT here"),
    ),
)
_EIP: Final = Text("AllocationId", "IpAddress", "InternetChargeType")
_EIP_BANDWIDTH: Final = Number("Bandwidth", since=CURRENT, when="the instance has an elastic address")
_LOCK_MESSAGE: Final = Text("LockMsg", since=CURRENT, empty="a lock has nothing but its reason")
_DEDICATED: Final = Text("DedicatedHostId", "DedicatedHostName", empty=NO_DEDICATED)
_CARD: Final = Text("NetworkInterfaceId", "MacAddress", "PrimaryIpAddress", "Type")


#: What today's documentation has besides. Most is set by parameters that are not taken here.
_OF_TODAY: Final = (
    Number("SpotDuration", since=CURRENT, when="it is a spot instance"),
    Text("SpotInterruptionBehavior", since=CURRENT),
    Number("DeploymentSetGroupNo", since=CURRENT, when="it is in a group of a deployment set"),
    Text("HpcClusterId", since=CURRENT, empty="there are no HPC clusters here"),
    Text("ISP", since=CURRENT),
    Truth("EnableNVS", since=CURRENT, empty=NO_SETTING),
    Structure(
        "AdditionalInfo",
        Text("ManagedHostId", "NodeSerialNumber"),
        Truth("EnableHighDensityMode"),
        since=CURRENT,
        empty=NO_DEDICATED,
    ),
    Structure("DedicatedInstanceAttribute", Text("Affinity", "Tenancy"), since=CURRENT, empty=NO_DEDICATED),
    Structure("ClockOptions", Text("PtpStatus"), since=CURRENT),
    Structure(
        "CpuOptions",
        Text("TopologyType"),
        Text("Numa", "TurboMode", "NestedVirtualization", empty=NO_SETTING),
        Truth("EnableVISST", "EnableVRDT", empty=NO_SETTING),
        Number("CoreCount", "ThreadsPerCore"),
        since=CURRENT,
    ),
    Structure(
        "EcsCapacityReservationAttr",
        Text("CapacityReservationId", empty="no capacity is reserved here"),
        Text("CapacityReservationPreference"),
        since=CURRENT,
    ),
    Structure("HibernationOptions", Truth("Configured"), since=CURRENT),
    Structure(
        "ImageOptions",
        Truth("LoginAsNonRoot"),
        Truth("CurrentOSNVMeSupported", empty=NO_SETTING),
        since=CURRENT,
    ),
    Structure(
        "PrivateDnsNameOptions",
        Text("HostnameType"),
        Truth("EnableInstanceIdDnsAAAARecord", "EnableInstanceIdDnsARecord"),
        Truth("EnableIpDnsARecord", "EnableIpDnsPtrRecord"),
        since=CURRENT,
    ),
    items("RdmaIpAddress", "IpAddress", since=CURRENT, empty="there are no HPC clusters here"),
    Structure("SecurityOptions", Truth("EnableSecureBoot"), since=CURRENT),
)


class DescribeInstances(Request):
    """List instances in full, filtered and paged.

    Clauses: instance/describe-paging, instance/describe-ids-json, instance/describe-ids-limit.
    """

    needs_region = True
    writes = False

    instance_ids: tuple[str, ...] | None = json_texts("InstanceIds", most=100)
    vpc_id: str | None = text("VpcId")
    vswitch_id: str | None = text("VSwitchId")
    zone_id: str | None = text("ZoneId")
    instance_network_type: str | None = text(
        "InstanceNetworkType", among=("classic", "vpc"), code="InvalidNetworkType.NotFound"
    )
    security_group_id: str | None = text("SecurityGroupId")
    deployment_set_id: str | None = text("DeploymentSetId")
    private_ip_addresses: tuple[str, ...] | None = json_texts("PrivateIpAddresses", most=100)
    inner_ip_addresses: tuple[str, ...] | None = json_texts("InnerIpAddresses", most=100)
    public_ip_addresses: tuple[str, ...] | None = json_texts("PublicIpAddresses", most=100)
    eip_addresses: tuple[str, ...] | None = json_texts("EipAddresses", most=100)
    instance_charge_type: str | None = text(
        "InstanceChargeType", among=CHARGE_TYPES, code="InvalidInstanceChargeType.NotFound"
    )
    internet_charge_type: str | None = text(
        "InternetChargeType", among=INTERNET_CHARGE_TYPES, code="InvalidInternetChargeType.ValueNotSupported"
    )
    spot_strategy: str | None = text("SpotStrategy", among=SPOT_STRATEGIES)
    credit_specification: str | None = text("CreditSpecification", among=CREDIT_SPECIFICATIONS)
    instance_name: str | None = text("InstanceName")
    image_id: str | None = text("ImageId")
    instance_type: str | None = text("InstanceType")
    instance_type_family: str | None = text("InstanceTypeFamily")
    key_pair_name: str | None = text("KeyPairName")
    status: str | None = text("Status", among=STATUSES, code="InvalidStatus.NotFound")
    lock_reason: str | None = text("LockReason")
    device_available: bool | None = flag("DeviceAvailable", None)
    io_optimized: bool | None = flag("IoOptimized", None)
    resource_group_id: str | None = text("ResourceGroupId")
    tags: tuple[dict[str, Any], ...] = structures("Tag", *TAG, most=20, too_many="InvalidTagCount")
    filters: tuple[dict[str, Any], ...] = time_filters()
    hpc_cluster_id: str | None = text("HpcClusterId", since=(2020, 12))
    rdma_ip_addresses: tuple[str, ...] | None = json_texts("RdmaIpAddresses", most=100, since=(2020, 12))
    http_endpoint: str | None = text("HttpEndpoint", among=("enabled", "disabled"), since=(2020, 12))
    http_tokens: str | None = text("HttpTokens", among=("optional", "required"), since=(2020, 12))
    additional_attributes: tuple[str, ...] = texts("AdditionalAttributes", most=20, since=(2020, 12))
    hop_limit: int | None = integer("HttpPutResponseHopLimit", since=CURRENT, inert=CURRENT, why=CANNOT_BE_USED)
    ipv6_addresses: tuple[str, ...] = texts("Ipv6Address", most=100, since=CURRENT)
    need_sale_cycle: bool = flag("NeedSaleCycle", since=CURRENT, inert=CURRENT, why="SaleCycle is always answered")
    page_number: int = integer("PageNumber", 1, least=1)
    page_size: int = integer("PageSize", 10, least=1, most=100)
    max_results: int | None = integer("MaxResults", since=CURRENT)
    next_token: str | None = text("NextToken", since=CURRENT)
    dry_run: bool = flag("DryRun")

    answer = Answer(
        *pages_or_tokens(CURRENT),
        items(
            "Instances",
            "Instance",
            *_INSTANCE,
            Text("InstanceTypeFamily", "OSType", "OSName", "OSNameEn", "SaleCycle", "SpotStrategy", "DeploymentSetId"),
            Text("GPUSpec"),
            Number("GPUAmount"),
            Text("KeyPairName"),
            Text("ResourceGroupId"),
            Number("LocalStorageAmount", "LocalStorageCapacity", "SpotPriceLimit"),
            Truth("DeviceAvailable", "IoOptimized", "DeletionProtection"),
            Truth("Recyclable", empty="what is released is gone"),
            Time("StartTime", "AutoReleaseTime"),
            tag_items(when="it has tags"),
            items("OperationLocks", "LockReason", Text("LockReason"), _LOCK_MESSAGE),
            Structure(
                "EipAddress",
                _EIP,
                _EIP_BANDWIDTH,
                Truth("IsSupportUnassociate", since=CURRENT),
            ),
            Structure(
                "DedicatedHostAttribute", _DEDICATED, Text("DedicatedHostClusterId", since=CURRENT, empty=NO_DEDICATED)
            ),
            items(
                "NetworkInterfaces",
                "NetworkInterface",
                _CARD,
                items(
                    "PrivateIpSets",
                    "PrivateIpSet",
                    Text("PrivateIpAddress"),
                    Text("PrivateDnsName", empty=NO_PRIVATE_NAMES),
                    Truth("Primary"),
                    since=CURRENT,
                ),
                items(
                    "Ipv6Sets",
                    "Ipv6Set",
                    Text("Ipv6Address"),
                    Truth("Primary", empty=NO_PRIMARY_IPV6),
                    since=CURRENT,
                ),
                items("Ipv4PrefixSets", "Ipv4PrefixSet", Text("Ipv4Prefix"), since=CURRENT),
                items("Ipv6PrefixSets", "Ipv6PrefixSet", Text("Ipv6Prefix"), since=CURRENT),
            ),
            Structure(
                "MetadataOptions",
                Text("HttpEndpoint", "HttpTokens"),
                Text("InstanceMetadataTags", since=CURRENT),
                Number("HttpPutResponseHopLimit", since=CURRENT, when="the launch said it"),
                since=(2020, 12),
                when="AdditionalAttributes has META_OPTIONS, or the edition is a later one",
            ),
            *_OF_TODAY,
        ),
    )


class DescribeInstanceStatus(Request):
    """List ids and states of instances, in smaller pages (instance/describe-paging, instance/status-ids-100)."""

    needs_region = True
    writes = False

    instance_ids: tuple[str, ...] = texts("InstanceId", most=100)
    zone_id: str | None = text("ZoneId")
    page_number: int = integer("PageNumber", 1, least=1)
    page_size: int = integer("PageSize", 10, least=1, most=50)

    not_simulated = ((OF_THE_CLASSIC_NETWORK, "ClusterId"),)

    answer = Answer(*PAGES, items("InstanceStatuses", "InstanceStatus", Text("InstanceId", "Status")))


class DescribeInstanceAttribute(Request):
    """Show one instance."""

    writes = False

    instance_id: str = text("InstanceId", required=True)

    answer = Answer(
        *_INSTANCE,
        Text("IoOptimized"),
        items("OperationLocks", "LockReason", Text("LockReason")),
        Structure("EipAddress", _EIP, _EIP_BANDWIDTH),
        Structure("DedicatedHostAttribute", _DEDICATED),
        Truth("EnableJumboFrame", since=CURRENT),
        Truth("EnableNetworkEncryption", since=CURRENT, empty=NO_SETTING),
        Structure(
            "NetworkOptions",
            Text("BandwidthWeighting"),
            Truth("EnableJumboFrame"),
            Truth("EnableNetworkEncryption", empty=NO_SETTING),
            since=CURRENT,
        ),
        Structure("SecurityOptions", Truth("EnableSecureBoot"), since=CURRENT),
        # What DescribeInstances shows besides.
        Text("InstanceTypeFamily", "OSType", "OSName", "OSNameEn", "SaleCycle", "SpotStrategy", own=True),
        Text("DeploymentSetId", own=True),
        Text("GPUSpec", own=True),
        Number("GPUAmount", own=True),
        Text("KeyPairName", own=True),
        Text("ResourceGroupId", own=True),
        Number("LocalStorageAmount", "LocalStorageCapacity", "SpotPriceLimit", own=True),
        Truth("DeviceAvailable", "DeletionProtection", own=True),
        Truth("Recyclable", empty="what is released is gone", own=True),
        Time("StartTime", "AutoReleaseTime", own=True),
        items("NetworkInterfaces", "NetworkInterface", _CARD, own=True),
        tag_items(when="it has tags", own=True),
    )


class DescribeUserData(Request):
    """Show the user data of one instance, in Base64."""

    needs_region = True
    writes = False

    instance_id: str = text("InstanceId", required=True)

    answer = Answer(Text("RegionId", "InstanceId", "UserData"))


class DescribeInstanceRamRole(Request):
    """List the roles that instances were given."""

    needs_region = True
    writes = False

    instance_ids: tuple[str, ...] | None = json_texts("InstanceIds", most=100)
    ram_role_name: str | None = text("RamRoleName")
    page_number: int = integer("PageNumber", 1, least=1)
    page_size: int = integer("PageSize", 10, least=1, most=50)

    answer = Answer(
        Text("RegionId"),
        Number("TotalCount"),
        Number("PageNumber", "PageSize", own=True),
        items("InstanceRamRoleSets", "InstanceRamRoleSet", Text("InstanceId", "RamRoleName")),
    )
