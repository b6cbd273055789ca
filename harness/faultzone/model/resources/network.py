"""The default network of an account, with the network card of each instance, as the Describe actions tell it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from faultzone.api.answer import CURRENT
from faultzone.api.ecs.network import DescribeNetworkInterfaces, DescribeVpcs, DescribeVSwitches
from faultzone.clock import stamp
from faultzone.editions.type_facts import facts_of
from faultzone.model.core.addresses import VPC_CIDR, network_interface, private_count, vswitch_cidr
from faultzone.model.core.dispatch import Answer, handles
from faultzone.model.core.fields import addressed, in_vswitch, rows_of_ids, tagged, where_terms
from faultzone.model.core.filters import read_asked_tags, read_tag_list, tag_list
from faultzone.model.core.index import NONE, size
from faultzone.model.core.listing import listing, token_of
from faultzone.model.core.state import AccountState, Instance, RegionState
from faultzone.model.resources.describe import MOST_BY_TOKEN


@handles(DescribeVpcs)
def describe_vpcs(region: RegionState, account: AccountState, request: DescribeVpcs) -> Answer:
    """DescribeVpcs: the default network's."""
    vpc = {
        "VpcId": account.vpc_id,
        "VpcName": "",
        "Description": "",
        "RegionId": region.id,
        "CidrBlock": VPC_CIDR,
        "IsDefault": True,
        "Status": "Available",
        "VRouterId": f"vrt{account.vpc_id[3:]}",
        "CreationTime": stamp(account.created),
        "UserCidrs": {"UserCidr": []},
        "VSwitchIds": {"VSwitchId": list(account.vswitch_ids)},
    }
    ids = set(request.vpc_id.split(",")) if request.vpc_id else {account.vpc_id}
    found = [vpc] if account.vpc_id in ids and request.is_default is not False else []
    return listing("Vpcs", "Vpc", found, request)


@handles(DescribeVSwitches)
def describe_vswitches(region: RegionState, account: AccountState, request: DescribeVSwitches) -> Answer:
    """DescribeVSwitches: one for each zone."""
    found = []
    for zone, vswitch_id in enumerate(account.vswitch_ids):
        if (
            request.vswitch_id in (None, vswitch_id)
            and request.vpc_id in (None, account.vpc_id)
            and request.zone_id in (None, region.zone_ids[zone])
            and request.is_default is not False
        ):
            used = size(in_vswitch(account, vswitch_id))
            found.append(
                {
                    "VSwitchId": vswitch_id,
                    "VSwitchName": "",
                    "Description": "",
                    "VpcId": account.vpc_id,
                    "ZoneId": region.zone_ids[zone],
                    "CidrBlock": vswitch_cidr(zone),
                    "AvailableIpAddressCount": private_count() - used,
                    "IsDefault": True,
                    "Status": "Available",
                    "CreationTime": stamp(account.created),
                    "ResourceGroupId": "",
                }
            )
    return listing("VSwitches", "VSwitch", found, request)


@handles(DescribeNetworkInterfaces)
def describe_network_interfaces(
    region: RegionState, account: AccountState, request: DescribeNetworkInterfaces
) -> Answer:
    """DescribeNetworkInterfaces: the primary one of each instance in the VPC, with the tags of its launch; there are no
    others, and none that another product manages."""
    tags = read_asked_tags(request.tags)
    found = account.book.found(*_conditions(account, request), *tagged(account.book, "launch tag", tags))
    return listing(
        "NetworkInterfaceSets",
        "NetworkInterfaceSet",
        found,
        request,
        lambda each: _render_interface(region, account, each),
        latest_first=True,
        token=token_of(request, most=MOST_BY_TOKEN),
    )


def _conditions(account: AccountState, request: DescribeNetworkInterfaces) -> Iterator[Mapping[int, int]]:
    """The instances whose network interface meets each condition of the request but tags, by their rows."""
    r, book = request, account.book
    yield from where_terms(book, in_vpc=True)
    if r.network_interface_ids:
        yield rows_of_ids(account, [f"i-{each[4:]}" for each in r.network_interface_ids if each.startswith("eni-")])
    if r.instance_id is not None:
        yield rows_of_ids(account, [r.instance_id])
    if r.vswitch_id is not None:
        yield in_vswitch(account, r.vswitch_id)
    if r.primary_ip_address is not None:
        yield addressed(book, "private address", [r.primary_ip_address])
    if r.private_ip_addresses:
        yield addressed(book, "private address", r.private_ip_addresses)
    if r.security_group_id is not None:
        yield book.rows("security group", r.security_group_id)
    unlike_all = (
        r.type == "Secondary",
        r.service_managed,
        r.vpc_id not in (None, account.vpc_id),
        r.network_interface_name not in (None, ""),
        r.resource_group_id not in (None, ""),
        r.status not in (None, "InUse"),
    )
    if any(unlike_all):
        yield NONE


def _render_interface(region: RegionState, account: AccountState, instance: Instance) -> dict[str, Any]:
    card = network_interface(instance)
    nowhere = {"AllocationId": "", "PublicIpAddress": ""}
    address = {"PrivateIpAddress": card["PrimaryIpAddress"], "Primary": True, "AssociatedPublicIp": nowhere}
    shown: dict[str, Any] = {
        "NetworkInterfaceId": card["NetworkInterfaceId"],
        "NetworkInterfaceName": "",
        "Description": "",
        "Type": card["Type"],
        "Status": "InUse",
        "InstanceId": instance.id,
        "ZoneId": region.zone_ids[instance.zone],
        "VpcId": account.vpc_id,
        "VSwitchId": account.vswitch_ids[instance.zone],
        "PrivateIpAddress": card["PrimaryIpAddress"],
        "PrivateIpSets": {"PrivateIpSet": [address]},
        "Ipv6Sets": {"Ipv6Set": []},
        "MacAddress": card["MacAddress"],
        "SecurityGroupIds": {"SecurityGroupId": list(instance.security_groups)},
        "AssociatedPublicIp": nowhere,
        "ResourceGroupId": "",
        "CreationTime": stamp(instance.created),
        "Tags": {"Tag": tag_list(read_tag_list(instance.options.launch_tags))},
    }
    if region.edition.has(CURRENT):
        shown |= {
            "Attachment": {"InstanceId": instance.id},
            "DeleteOnRelease": True,
            "OwnerId": account.id,
            "NetworkInterfaceTrafficMode": "Standard",
            "QueueNumber": facts_of(instance.kind.family, instance.kind.vcpus).network.queues,
        }
    return shown
