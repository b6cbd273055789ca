"""The actions of Vpc that clients of ECS ask: networks and vSwitches, with their tags and route tables.

Source: API reference of Vpc 2016-04-28 as it is in October 2026, the pages of the actions.
"""

from __future__ import annotations

from typing import Any, Final

from faultzone.api.answer import FIRST, PAGES, Answer, Field, Number, Structure, Text, Time, Truth, items
from faultzone.api.ecs.shared import TAG
from faultzone.api.products import VPC
from faultzone.api.request import Request, flag, integer, structures, text, texts

_NO_IPV6: Final = "which IPv6 block a VPC has cannot be chosen here"
_NO_POOLS: Final = "there are no address pools here"
_NO_CIDR_POOLS: Final = "write CidrBlock; there are no address pools here"
_NO_GATEWAYS: Final = "there are no gateways here"
_NO_OPTIONS: Final = "there are no options sets for DHCP here"
_NO_CEN: Final = "no network is part of another here"
_NO_ACL: Final = "there are no network ACLs here"
_NAMES_ARE_IDS: Final = "regions and zones have no names but their ids"
_ONE_PRODUCT: Final = "all products are in all regions"
_NO_TAGS: Final = "route tables have no tags here"


class _Vpc(Request):
    """What all have in common."""

    product = VPC


class _Read(_Vpc):
    """What those have in common that only tell."""

    writes = False


class _Paged(_Read):
    """A page by number."""

    page_number: int = integer("PageNumber", 1, least=1)
    page_size: int = integer("PageSize", 10, least=1, most=50)


def _tags(**options: Any) -> Any:
    return structures("Tag", *TAG, most=20, too_many="InvalidTagCount", **options)


_TAGS: Final = items("Tags", "Tag", Text("Key", "Value"))
_IPV6: Final = (Truth("EnabledIpv6"), Text("Ipv6CidrBlock"))

#: What the listing and the attributes of a VPC both have.
_OF_VPC: Final[tuple[Field, ...]] = (
    Text("VpcId", "VpcName", "Description", "RegionId", "CidrBlock", "Status", "VRouterId", "ResourceGroupId"),
    Text("DnsHostnameStatus"),
    Text("DhcpOptionsSetId", "DhcpOptionsSetStatus", empty=_NO_OPTIONS),
    Truth("IsDefault"),
    Number("OwnerId"),
    Time("CreationTime"),
    *_IPV6,
    items("Ipv6CidrBlocks", "Ipv6CidrBlock", Text("Ipv6CidrBlock", "Ipv6Isp")),
    items("SecondaryCidrBlocks", "SecondaryCidrBlock", empty="a VPC has one block here"),
    items("UserCidrs", "UserCidr"),
    items("VSwitchIds", "VSwitchId"),
    _TAGS,
)
#: What the listing and the attributes of a vSwitch both have.
_OF_VSWITCH: Final[tuple[Field, ...]] = (
    Text("VSwitchId", "VSwitchName", "Description", "VpcId", "ZoneId", "CidrBlock", "Status", "ResourceGroupId"),
    Text("NetworkAclId", empty=_NO_ACL),
    Text("ShareType", empty="nothing is shared between accounts here"),
    Number("AvailableIpAddressCount", "OwnerId"),
    Truth("IsDefault"),
    Time("CreationTime"),
    *_IPV6,
    Structure("RouteTable", Text("RouteTableId", "RouteTableType")),
    _TAGS,
)


# VPCs


class CreateVpc(_Vpc):
    """Create a VPC."""

    needs_region = True

    cidr_block: str = text("CidrBlock", "172.16.0.0/12")
    vpc_name: str = text("VpcName", "")
    description: str = text("Description", "")
    resource_group_id: str | None = text("ResourceGroupId")
    user_cidr: str | None = text("UserCidr")
    enable_dns_hostname: bool = flag("EnableDnsHostname")
    enable_ipv6: bool = flag("EnableIpv6")
    tags: tuple[dict[str, Any], ...] = _tags()
    dry_run: bool = flag("DryRun")
    client_token: str | None = text("ClientToken")

    not_simulated = (
        (_NO_IPV6, "Ipv6CidrBlock Ipv6Isp=BGP"),
        (_NO_CIDR_POOLS, "Ipv4IpamPoolId Ipv4CidrMask"),
        (_NO_POOLS, "Ipv6IpamPoolId Ipv6CidrMask"),
    )

    answer = Answer(Text("VpcId", "VRouterId", "RouteTableId", "ResourceGroupId"))


class DescribeVpcs(_Paged):
    """List VPCs."""

    needs_region = True

    vpc_id: str | None = text("VpcId")
    vpc_name: str | None = text("VpcName")
    is_default: bool | None = flag("IsDefault", None)
    resource_group_id: str | None = text("ResourceGroupId")
    enable_ipv6: bool | None = flag("EnableIpv6", None)
    owner: int | None = integer("VpcOwnerId")
    options_set: str | None = text("DhcpOptionsSetId")
    tags: tuple[dict[str, Any], ...] = _tags()
    dry_run: bool = flag("DryRun")

    answer = Answer(
        *PAGES,
        items(
            "Vpcs",
            "Vpc",
            *_OF_VPC,
            Text("CenStatus", empty=_NO_CEN),
            items("NatGatewayIds", "NatGatewayIds", empty=_NO_GATEWAYS),
            items("RouterTableIds", "RouterTableIds"),
        ),
    )


class DescribeVpcAttribute(_Read):
    """Tell of one VPC."""

    vpc_id: str = text("VpcId", required=True)
    is_default: bool | None = flag(
        "IsDefault", None, inert=FIRST, why="the VPC says itself whether it is a default one"
    )
    dry_run: bool = flag("DryRun")

    answer = Answer(
        *_OF_VPC,
        Truth("ClassicLinkEnabled", "SupportIpv4Gateway", empty=_NO_GATEWAYS),
        Text("Ipv4GatewayId", empty=_NO_GATEWAYS),
        items("CloudResources", "CloudResourceSetType", Text("ResourceType"), Number("ResourceCount")),
        items("AssociatedCens", "AssociatedCen", Text("CenId", "CenStatus"), Number("CenOwnerId"), empty=_NO_CEN),
        items(
            "AssociatedPropagationSources",
            "AssociatedPropagationSources",
            Text("SourceInstanceId", "SourceType", "Status"),
            Number("SourceOwnerId"),
            Truth("RoutePropagated"),
            empty=_NO_CEN,
        ),
    )


class ModifyVpcAttribute(_Vpc):
    """Change a VPC."""

    vpc_id: str = text("VpcId", required=True)
    vpc_name: str | None = text("VpcName")
    description: str | None = text("Description")
    cidr_block: str | None = text("CidrBlock")
    enable_dns_hostname: bool | None = flag("EnableDnsHostname", None)
    enable_ipv6: bool | None = flag("EnableIPv6", None)

    not_simulated = ((_NO_IPV6, "Ipv6CidrBlock Ipv6Isp=BGP"),)

    answer = Answer()


class DeleteVpc(_Vpc):
    """Delete a VPC that has nothing in it."""

    vpc_id: str = text("VpcId", required=True)
    dry_run: bool = flag("DryRun")
    client_token: str | None = text("ClientToken")
    force: bool = flag("ForceDelete", inert=FIRST, why="it overlooks gateways alone, and there are none here")

    answer = Answer()


# vSwitches


class CreateVSwitch(_Vpc):
    """Create a vSwitch in a VPC."""

    vpc_id: str = text("VpcId", required=True)
    zone_id: str = text("ZoneId", required=True)
    cidr_block: str = text("CidrBlock", required=True)
    vswitch_name: str = text("VSwitchName", "")
    description: str = text("Description", "")
    tags: tuple[dict[str, Any], ...] = _tags()
    client_token: str | None = text("ClientToken")

    ipv6_part: int | None = integer("Ipv6CidrBlock", least=0, most=255)

    not_simulated = ((_NO_IPV6, "Ipv6CidrMask VpcIpv6CidrBlock"), (_NO_CIDR_POOLS, "CidrMask"))

    answer = Answer(Text("VSwitchId"))


class DescribeVSwitches(_Paged):
    """List vSwitches."""

    vpc_id: str | None = text("VpcId")
    vswitch_id: str | None = text("VSwitchId")
    vswitch_name: str | None = text("VSwitchName")
    zone_id: str | None = text("ZoneId")
    is_default: bool | None = flag("IsDefault", None)
    resource_group_id: str | None = text("ResourceGroupId")
    route_table_id: str | None = text("RouteTableId")
    enable_ipv6: bool | None = flag("EnableIpv6", None)
    owner: int | None = integer("VSwitchOwnerId")
    tags: tuple[dict[str, Any], ...] = _tags()
    dry_run: bool = flag("DryRun")

    answer = Answer(*PAGES, items("VSwitches", "VSwitch", *_OF_VSWITCH))


class DescribeVSwitchAttributes(_Read):
    """Tell of one vSwitch."""

    vswitch_id: str = text("VSwitchId", required=True)
    dry_run: bool = flag("DryRun")

    answer = Answer(*_OF_VSWITCH)


class ModifyVSwitchAttribute(_Vpc):
    """Change the name and the description of a vSwitch."""

    vswitch_id: str = text("VSwitchId", required=True)
    vswitch_name: str | None = text("VSwitchName")
    description: str | None = text("Description")

    enable_ipv6: bool | None = flag("EnableIPv6", None)
    ipv6_part: int | None = integer("Ipv6CidrBlock", least=0, most=255)

    not_simulated = ((_NO_IPV6, "Ipv6CidrMask VpcIpv6CidrBlock"),)

    answer = Answer()


class DeleteVSwitch(_Vpc):
    """Delete a vSwitch that nothing has an address of."""

    vswitch_id: str = text("VSwitchId", required=True)
    dry_run: bool = flag("DryRun")

    answer = Answer()


class MoveResourceGroup(_Vpc):
    """Put a VPC into another resource group."""

    resource_type: str = text("ResourceType", required=True)
    resource_id: str = text("ResourceId", required=True)
    new_resource_group_id: str = text("NewResourceGroupId", required=True)

    answer = Answer()


# What is round them


class DescribeRegions(_Read):
    """List the regions of the cloud."""

    product_type: str | None = text("ProductType", inert=FIRST, why=_ONE_PRODUCT)
    accept_language: str | None = text("AcceptLanguage", inert=FIRST, why=_NAMES_ARE_IDS)

    answer = Answer(items("Regions", "Region", Text("RegionId", "LocalName", "RegionEndpoint")))


class DescribeZones(_Read):
    """List the zones of a region."""

    needs_region = True

    zone_type: str | None = text("ZoneType", inert=FIRST, why="all zones are of one type here")
    accept_language: str | None = text("AcceptLanguage", inert=FIRST, why=_NAMES_ARE_IDS)

    answer = Answer(items("Zones", "Zone", Text("ZoneId", "LocalName", "ZoneType")))


class DescribeRouteTableList(_Paged):
    """List the route tables of VPCs."""

    vpc_id: str | None = text("VpcId")
    router_id: str | None = text("RouterId")
    router_type: str | None = text("RouterType")
    route_table_id: str | None = text("RouteTableId")
    route_table_name: str | None = text("RouteTableName")
    route_table_type: str | None = text("RouteTableType")
    resource_group_id: str | None = text("ResourceGroupId")
    tags: tuple[dict[str, Any], ...] = _tags()

    answer = Answer(
        *PAGES,
        items(
            "RouterTableList",
            "RouterTableListType",
            Text("RouteTableId", "RouteTableType", "RouterId", "RouterType", "VpcId", "ResourceGroupId", "Status"),
            Text("AssociateType"),
            Text("RouteTableName", "Description", empty="no route table has one here"),
            Number("OwnerId"),
            Time("CreationTime"),
            Truth("RoutePropagationEnable"),
            items("VSwitchIds", "VSwitchId"),
            items("GatewayIds", "GatewayIds", empty=_NO_GATEWAYS),
            items("Tags", "Tag", Text("Key", "Value"), empty=_NO_TAGS),
        ),
    )


class DescribeRouteTables(_Paged):
    """List the route tables of VPCs with their entries."""

    vrouter_id: str | None = text("VRouterId")
    router_id: str | None = text("RouterId")
    router_type: str | None = text("RouterType")
    route_table_id: str | None = text("RouteTableId")
    route_table_name: str | None = text("RouteTableName")
    type: str | None = text("Type")
    resource_group_id: str | None = text("ResourceGroupId")

    answer = Answer(
        *PAGES,
        items(
            "RouteTables",
            "RouteTable",
            Text("RouteTableId", "RouteTableType", "VRouterId", "ResourceGroupId", "Status"),
            Time("CreationTime"),
            items("VSwitchIds", "VSwitchId"),
            items(
                "RouteEntrys",
                "RouteEntry",
                Text("RouteTableId", "DestinationCidrBlock", "NextHopType", "Status", "Type"),
                Text(
                    "RouteEntryId", "RouteEntryName", "Description", "InstanceId", empty="the system makes all entries"
                ),
                items(
                    "NextHops",
                    "NextHop",
                    Text("NextHopId", "NextHopType"),
                    Number("Enabled", "Weight"),
                    empty="no entry leads to an instance here",
                ),
            ),
        ),
    )


# Tags


class TagResources(_Vpc):
    """Put tags on VPCs or vSwitches."""

    resource_type: str = text("ResourceType", required=True)
    resource_ids: tuple[str, ...] = texts("ResourceId", most=50, required=True)
    tags: tuple[dict[str, Any], ...] = _tags(required=True)

    answer = Answer()


class UnTagResources(_Vpc):
    """Take tags off VPCs or vSwitches."""

    resource_type: str = text("ResourceType", required=True)
    resource_ids: tuple[str, ...] = texts("ResourceId", most=50, required=True)
    tag_keys: tuple[str, ...] = texts("TagKey", most=20)
    all: bool = flag("All")

    answer = Answer()


class ListTagResources(_Read):
    """List the tags of VPCs or vSwitches."""

    resource_type: str = text("ResourceType", required=True)
    resource_ids: tuple[str, ...] = texts("ResourceId", most=50)
    tags: tuple[dict[str, Any], ...] = _tags()
    max_results: int = integer("MaxResults", 50, least=1, most=50)
    next_token: str | None = text("NextToken")

    answer = Answer(
        Text("NextToken"),
        items("TagResources", "TagResource", Text("ResourceId", "ResourceType", "TagKey", "TagValue")),
    )
