"""The actions of networks: VPCs, vSwitches and security groups.

Source: API reference of February 2019, chapter "Security groups"; of the VPC's API, what ECS clients ask of it.
"""

from __future__ import annotations

from typing import Any, Final

from faultzone.api.answer import (
    CURRENT,
    PAGES,
    Answer,
    Number,
    Text,
    Time,
    Truth,
    items,
    tag_items,
)
from faultzone.api.ecs.reasons import (
    NO_SERVICES,
)
from faultzone.api.ecs.resources import Paged, Read
from faultzone.api.ecs.shared import TAG
from faultzone.api.request import Request, flag, integer, json_texts, structures, text

#: Basic and advanced security groups; the first is the default.
GROUP_TYPES: Final = ("normal", "enterprise")
#: A page, which later documentation has by token too.
PAGES_OR_TOKENS_TODAY: Final = (
    Number("TotalCount"),
    Number("PageNumber", "PageSize", when="the page was asked for by number"),
    Text("NextToken", since=CURRENT, when="the page was asked for by token"),
)
_NO_LISTS: Final = "there are no lists of addresses or ports here"
_NO_POLICIES: Final = "no security group has a snapshot policy here"
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
            Text("VpcName", "Description"),
            Truth("IsDefault"),
            Time("CreationTime"),
            items("UserCidrs", "UserCidr"),
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
            Text("VSwitchName", "Description"),
            Number("AvailableIpAddressCount"),
            Truth("IsDefault"),
            Time("CreationTime"),
            Text("ResourceGroupId"),
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
            Number("RuleCount", "GroupToGroupRuleCount", since=CURRENT),
            Text("ResourceGroupId", since=CURRENT),
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
    Text(
        *("SourcePrefixListId", "SourcePrefixListName", "DestPrefixListId", "DestPrefixListName"),
        *("PortRangeListId", "PortRangeListName"),
        since=CURRENT,
        empty=_NO_LISTS,
    ),
)


class DescribeSecurityGroupAttribute(Read):
    """Show one security group with its rules."""

    needs_region = True

    security_group_id: str = text("SecurityGroupId", required=True)
    nic_type: str | None = text(
        "NicType",
        among=("internet", "intranet"),
        code="InvalidNicType.ValueNotSupported",
        inert=(2019, 2),
        why="all security groups are in VPCs",
    )
    direction: str | None = text("Direction", among=("egress", "ingress", "all"))

    attribute: str | None = text("Attribute", since=CURRENT, inert=CURRENT, why=_NO_POLICIES)
    max_results: int | None = integer("MaxResults", least=10, most=1000, since=CURRENT)
    next_token: str | None = text("NextToken", since=CURRENT)

    answer = Answer(
        Text("RegionId", "SecurityGroupId", "SecurityGroupName", "Description", "VpcId", "InnerAccessPolicy"),
        items("Permissions", "Permission", *_RULE),
        items("SnapshotPolicyIds", "SnapshotPolicyId", since=CURRENT, empty=_NO_POLICIES),
        Text("NextToken", since=CURRENT),
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
