"""The actions of the default network: VPCs, vSwitches, network interfaces and security groups.

Source: API reference of February 2019, chapters "Elastic network interfaces" and "Security groups"; of the VPC's API,
    what ECS clients ask of it.
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
    NO_ADDRESSES,
    NO_GROUPS,
    NO_IPV6,
    NO_PRIVATE_NAMES,
    NO_RULES,
    NO_SERVICES,
    NO_SETTING,
)
from faultzone.api.ecs.resources import Paged, PagedByToken, Read
from faultzone.api.ecs.shared import TAG
from faultzone.api.request import Request, flag, integer, json_texts, structures, text, texts

#: Basic and advanced security groups; the first is the default.
GROUP_TYPES: Final = ("normal", "enterprise")
#: A page, which later documentation has by token too.
PAGES_OR_TOKENS_TODAY: Final = (
    Number("TotalCount"),
    Number("PageNumber", "PageSize", when="the page was asked for by number"),
    Text("NextToken", since=CURRENT, when="the page was asked for by token"),
)
_NO_RULES: Final = "no security group has rules here"
_NO_SERVICE: Final = "no other service manages anything here"


class DescribeVpcs(Paged):
    """List the account's VPCs."""

    vpc_id: str | None = text("VpcId")
    is_default: bool | None = flag("IsDefault", None)

    answer = Answer(
        *PAGES,
        items(
            "Vpcs",
            "Vpc",
            Text("VpcId", "RegionId", "CidrBlock", "Status", "VRouterId"),
            Text("VpcName", "Description", empty="the default network has neither"),
            Truth("IsDefault"),
            Time("CreationTime"),
            items("UserCidrs", "UserCidr", empty="it has one block"),
            items("VSwitchIds", "VSwitchId"),
        ),
    )


class DescribeVSwitches(Paged):
    """List the account's vSwitches."""

    needs_region = False

    vpc_id: str | None = text("VpcId")
    vswitch_id: str | None = text("VSwitchId")
    zone_id: str | None = text("ZoneId")
    is_default: bool | None = flag("IsDefault", None)

    answer = Answer(
        *PAGES,
        items(
            "VSwitches",
            "VSwitch",
            Text("VSwitchId", "VpcId", "ZoneId", "CidrBlock", "Status"),
            Text("VSwitchName", "Description", empty="the default network has neither"),
            Number("AvailableIpAddressCount"),
            Truth("IsDefault"),
            Time("CreationTime"),
            Text("ResourceGroupId", empty=NO_GROUPS),
        ),
    )


_ASSOCIATED: Final = Structure("AssociatedPublicIp", Text("AllocationId", "PublicIpAddress"), empty=NO_ADDRESSES)


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

    not_simulated = ((NO_IPV6, "Ipv6Address"),)

    answer = Answer(
        *PAGES_OR_TOKENS,
        items(
            "NetworkInterfaceSets",
            "NetworkInterfaceSet",
            Text("NetworkInterfaceId", "Type", "Status", "InstanceId", "ZoneId", "VpcId", "VSwitchId"),
            Text("PrivateIpAddress", "MacAddress"),
            Text("NetworkInterfaceName", "Description", empty="the card of an instance has neither"),
            Text("ResourceGroupId", empty=NO_GROUPS),
            Time("CreationTime"),
            items("SecurityGroupIds", "SecurityGroupId"),
            tag_items(),
            _ASSOCIATED,
            items(
                "PrivateIpSets",
                "PrivateIpSet",
                Text("PrivateIpAddress"),
                Truth("Primary"),
                _ASSOCIATED,
                Text("PrivateDnsName", since=CURRENT, empty=NO_PRIVATE_NAMES),
            ),
            items("Ipv6Sets", "Ipv6Set", Text("Ipv6Address"), Truth("Primary", since=CURRENT), empty=NO_IPV6),
            items("Ipv4PrefixSets", "Ipv4PrefixSet", Text("Ipv4Prefix"), since=CURRENT, empty=NO_SETTING),
            items("Ipv6PrefixSets", "Ipv6PrefixSet", Text("Ipv6Prefix"), since=CURRENT, empty=NO_IPV6),
            Structure(
                "Attachment",
                Text("InstanceId"),
                Number("DeviceIndex", "NetworkCardIndex", empty="an instance has one card"),
                Text("TrunkNetworkInterfaceId", empty="no card is on a trunk here"),
                since=CURRENT,
            ),
            Truth("DeleteOnRelease", since=CURRENT),
            Text("OwnerId", "NetworkInterfaceTrafficMode", since=CURRENT),
            Number("QueueNumber", since=CURRENT),
            Number("QueuePairNumber", since=CURRENT, empty="no card is for RDMA here"),
            Number("ServiceID", since=CURRENT, empty=_NO_SERVICE),
            Truth("ServiceManaged", since=CURRENT, empty=_NO_SERVICE),
            Truth("SourceDestCheck", since=CURRENT, empty=NO_SETTING),
        ),
    )


class DescribeSecurityGroups(Paged):
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

    max_results: int | None = integer("MaxResults", since=CURRENT)
    next_token: str | None = text("NextToken", since=CURRENT)
    fuzzy: bool = flag("FuzzyQuery", since=CURRENT)
    counts: bool = flag("IsQueryEcsCount", since=CURRENT, inert=CURRENT, why="the numbers are always answered")
    service_managed: bool | None = flag("ServiceManaged", None, since=CURRENT)

    answer = Answer(
        *PAGES_OR_TOKENS_TODAY,
        Text("RegionId"),
        items(
            "SecurityGroups",
            "SecurityGroup",
            Text("SecurityGroupId", "SecurityGroupName", "Description", "SecurityGroupType", "VpcId"),
            Time("CreationTime"),
            tag_items(),
            Number("EcsCount", "AvailableInstanceAmount", since=CURRENT),
            Number("RuleCount", "GroupToGroupRuleCount", since=CURRENT, empty=_NO_RULES),
            Text("ResourceGroupId", since=CURRENT, empty=NO_GROUPS),
            Number("ServiceID", since=CURRENT, empty=_NO_SERVICE),
            Truth("ServiceManaged", since=CURRENT, empty=_NO_SERVICE),
        ),
    )


#: What a rule has: where it holds, what it lets through, and of whom and to whom.
_RULE: Final = (
    Text("Direction", "NicType", "Policy", "Priority", "Description", "IpProtocol", "PortRange"),
    Text("SourceCidrIp", "SourceGroupId", "SourceGroupName", "SourceGroupOwnerAccount"),
    Text("DestCidrIp", "DestGroupId", "DestGroupName", "DestGroupOwnerAccount"),
    Time("CreateTime"),
    Text("Ipv6SourceCidrIp", "Ipv6DestCidrIp", "SourcePortRange", "SecurityGroupRuleId", since=CURRENT),
    Text("SourcePrefixListId", "SourcePrefixListName", "DestPrefixListId", "DestPrefixListName", since=CURRENT),
    Text("PortRangeListId", "PortRangeListName", since=CURRENT),
)


class DescribeSecurityGroupAttribute(Read):
    """Show one security group with its rules."""

    needs_region = True

    security_group_id: str = text("SecurityGroupId", required=True)
    nic_type: str | None = text("NicType", among=("internet", "intranet"), inert=(2019, 2))
    direction: str | None = text("Direction", among=("egress", "ingress", "all"), inert=(2019, 2))

    attribute: str | None = text("Attribute", since=CURRENT, inert=CURRENT, why=NO_RULES)
    max_results: int | None = integer("MaxResults", since=CURRENT, inert=CURRENT, why=NO_RULES)
    next_token: str | None = text("NextToken", since=CURRENT, inert=CURRENT, why=NO_RULES)

    answer = Answer(
        Text("RegionId", "SecurityGroupId", "SecurityGroupName", "Description", "VpcId", "InnerAccessPolicy"),
        items("Permissions", "Permission", *_RULE, empty=_NO_RULES),
        items("SnapshotPolicyIds", "SnapshotPolicyId", since=CURRENT, empty=_NO_RULES),
        Text("NextToken", since=CURRENT, empty=_NO_RULES),
    )


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

    not_simulated = ((NO_SERVICES, "ServiceManaged=false"),)

    answer = Answer(Text("SecurityGroupId"))


class DeleteSecurityGroup(Request):
    """Delete a security group that no instance is in."""

    needs_region = True

    security_group_id: str = text("SecurityGroupId", required=True)
