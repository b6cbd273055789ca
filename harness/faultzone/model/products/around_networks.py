"""What is round VPCs: regions and zones, route tables, elastic addresses, tags and resource groups.

Source: API reference of Vpc 2016-04-28, 2026-10.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from faultzone.api.errors import ApiError
from faultzone.api.products import VPC, host_of
from faultzone.api.vpc import (
    DescribeRegions,
    DescribeRouteTableList,
    DescribeRouteTables,
    DescribeZones,
    ListTagResources,
    MoveResourceGroup,
    TagResources,
    UnTagResources,
)
from faultzone.clock import stamp
from faultzone.model.core.addresses import Vpc, VSwitch
from faultzone.model.core.dispatch import Answer, handles
from faultzone.model.core.filters import TAGS_MOST, has_tags, read_asked_tags, read_tags
from faultzone.model.core.listing import Token, listing
from faultzone.model.core.networks import cidr, group_of, route_table_id, router_id, status_of
from faultzone.model.core.resource_groups import check_group
from faultzone.model.core.state import AccountState, RegionState
from faultzone.model.core.tagging import list_tags

#: What all VPCs reach of the cloud itself.
_SERVICES: Final = "100.64.0.0/10"
#: The types of resources that have tags in the documentation, and that there are none of here.
_NONE_HERE: Final = frozenset("routetable eip eipsegment vpngateway natgateway commonbandwidthpackage".split())


@handles(DescribeRegions)
def describe_regions(region: RegionState, account: AccountState, request: DescribeRegions) -> Answer:
    """DescribeRegions: those of this cloud, with the endpoint of Vpc (product/network-places)."""
    regions = [
        {"RegionId": each, "LocalName": each, "RegionEndpoint": host_of(VPC, each)} for each in region.cloud_region_ids
    ]
    return {"Regions": {"Region": regions}}


@handles(DescribeZones)
def describe_zones(region: RegionState, account: AccountState, request: DescribeZones) -> Answer:
    """DescribeZones: those that a vSwitch can be in (product/network-places)."""
    zones = [{"ZoneId": each, "LocalName": each, "ZoneType": "AvailabilityZone"} for each in region.zone_ids]
    return {"Zones": {"Zone": zones}}


# Route tables


def _with_table(
    region: RegionState, account: AccountState, request: DescribeRouteTableList | DescribeRouteTables, kind: str | None
) -> Iterable[Vpc]:
    """The VPCs whose route table meets the conditions that both listings have; each has one, which the system made."""
    r = request
    if r.router_type not in (None, "VRouter") or kind not in (None, "System") or r.route_table_name:
        return []
    return [
        vpc
        for vpc in account.vpcs.values()
        if r.route_table_id in (None, route_table_id(vpc))
        and r.router_id in (None, router_id(vpc))
        and r.resource_group_id in (None, group_of(region, account, vpc))
    ]


@handles(DescribeRouteTableList)
def describe_route_table_list(region: RegionState, account: AccountState, request: DescribeRouteTableList) -> Answer:
    """DescribeRouteTableList: one of each VPC (product/route-tables)."""
    tags = read_asked_tags(request.tags)
    found = [
        vpc
        for vpc in _with_table(region, account, request, request.route_table_type)
        if request.vpc_id in (None, vpc.id) and not tags
    ]

    def show(vpc: Vpc) -> dict[str, Any]:
        return {
            "RouteTableId": route_table_id(vpc),
            "RouteTableType": "System",
            "RouterId": router_id(vpc),
            "RouterType": "VRouter",
            "VpcId": vpc.id,
            "VSwitchIds": {"VSwitchId": list(vpc.vswitches)},
            "AssociateType": "VSwitch",
            "ResourceGroupId": group_of(region, account, vpc),
            "OwnerId": int(account.id),
            "Status": status_of(vpc),
            "CreationTime": stamp(vpc.created),
            "RoutePropagationEnable": True,
        }

    return listing("RouterTableList", "RouterTableListType", found, request, show)


@handles(DescribeRouteTables)
def describe_route_tables(region: RegionState, account: AccountState, request: DescribeRouteTables) -> Answer:
    """DescribeRouteTables: with an entry for each vSwitch, and one for the cloud itself (product/route-tables)."""
    found = [
        vpc
        for vpc in _with_table(region, account, request, request.type)
        if request.vrouter_id in (None, router_id(vpc))
    ]

    def show(vpc: Vpc) -> dict[str, Any]:
        ways = {**{cidr(each): "local" for each in vpc.vswitches.values()}, _SERVICES: "service"}
        entries = [
            {
                "RouteTableId": route_table_id(vpc),
                "DestinationCidrBlock": block,
                "NextHopType": hop,
                "Status": "Available",
                "Type": "System",
            }
            for block, hop in ways.items()
        ]
        return {
            "RouteTableId": route_table_id(vpc),
            "RouteTableType": "System",
            "VRouterId": router_id(vpc),
            "ResourceGroupId": group_of(region, account, vpc),
            "Status": status_of(vpc),
            "CreationTime": stamp(vpc.created),
            "VSwitchIds": {"VSwitchId": list(vpc.vswitches)},
            "RouteEntrys": {"RouteEntry": entries},
        }

    return listing("RouteTables", "RouteTable", found, request, show)


# Tags and resource groups


def read_network_tags(region: RegionState, given: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """Tags by key, refused with the codes of Vpc (product/network-tags).

    Raises:
        ApiError: `IllegalParam.TagKey` or `IllegalParam.TagValue`, or `Duplicate.TagKey`.
    """
    return read_tags(region, given, "IllegalParam.TagKey", "IllegalParam.TagValue")


def _resources(account: AccountState, kind: str) -> Mapping[str, Vpc | VSwitch]:
    """The resources of a type that have tags, by id."""
    by_type: Mapping[str, Mapping[str, Vpc | VSwitch]] = {"vpc": account.vpcs, "vswitch": account.vswitches}
    name = kind.lower()
    if name not in by_type and name not in _NONE_HERE:
        raise ApiError("InvalidResourceType.NotFound")
    return by_type.get(name, {})


def _chosen(account: AccountState, request: TagResources | UnTagResources) -> list[Vpc | VSwitch]:
    resources = _resources(account, request.resource_type)
    if any(each not in resources for each in request.resource_ids):
        raise ApiError("InvalidResourceId.NotFound")
    return [resources[each] for each in dict.fromkeys(request.resource_ids)]


@handles(TagResources)
def tag_resources(region: RegionState, account: AccountState, request: TagResources) -> Answer:
    """TagResources: all or none; at most 20 on each (product/network-tags)."""
    chosen, tags = _chosen(account, request), read_network_tags(region, request.tags)
    if any(len({**each.tags, **tags}) > TAGS_MOST for each in chosen):
        raise ApiError("LimitExceeded.Tags")
    for each in chosen:
        each.tags = {**each.tags, **tags}
    return {}


@handles(UnTagResources)
def untag_resources(region: RegionState, account: AccountState, request: UnTagResources) -> Answer:
    """UnTagResources: the named keys, or all (product/network-tags)."""
    if not request.tag_keys and not request.all:
        raise ApiError.of("MissingParameter", name="TagKey")
    for each in _chosen(account, request):
        each.tags = {key: value for key, value in each.tags.items() if request.tag_keys and key not in request.tag_keys}
    return {}


@handles(ListTagResources)
def list_tag_resources(region: RegionState, account: AccountState, request: ListTagResources) -> Answer:
    """ListTagResources: by resource, by tag, or both (product/network-tags)."""
    if not request.resource_ids and not request.tags:
        raise ApiError.of("MissingParameter", name="ResourceId")
    asked = read_asked_tags(request.tags)
    found = [
        (id, key, value)
        for id, each in _resources(account, request.resource_type).items()
        if (not request.resource_ids or id in request.resource_ids) and has_tags(each.tags, asked)
        for key, value in each.tags.items()
    ]
    return list_tags(found, request.resource_type, Token(request.next_token, request.max_results))


@handles(MoveResourceGroup)
def move_resource_group(region: RegionState, account: AccountState, request: MoveResourceGroup) -> Answer:
    """MoveResourceGroup: a VPC, and its vSwitches with it (product/network-group)."""
    check_group(region, account, request.new_resource_group_id)
    if request.resource_type.lower() not in {"vpc", *_NONE_HERE}:
        raise ApiError("InvalidResourceType.NotFound")
    vpc = account.vpcs.get(request.resource_id) if request.resource_type.lower() == "vpc" else None
    if vpc is None:
        raise ApiError("InvalidResourceId.NotFound")
    vpc.group = request.new_resource_group_id
    return {}
