"""The default network of an account, with the network card of each instance, as the Describe actions tell it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from faultzone.api.answer import CURRENT
from faultzone.api.ecs.network import DescribeNetworkInterfaces, DescribeVpcs, DescribeVSwitches
from faultzone.clock import stamp
from faultzone.model.core.addresses import VPC_CIDR, network_interface, private_count, vswitch_cidr
from faultzone.model.core.dispatch import Answer, handles
from faultzone.model.core.filters import has_tags, read_asked_tags, read_tag_list, tag_list
from faultzone.model.core.listing import listing
from faultzone.model.core.state import AccountState, Instance, RegionState
from faultzone.model.resources.describe import token_of


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
            used = sum(instance.in_vpc and instance.zone == zone for instance in account.instances.values())
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
    read_asked_tags(request.tags)
    none = request.type == "Secondary" or request.service_managed
    found = [] if none else list(_interfaces(region, account, request))
    return listing("NetworkInterfaceSets", "NetworkInterfaceSet", found, request, token=token_of(request))


def _interfaces(
    region: RegionState, account: AccountState, request: DescribeNetworkInterfaces
) -> Iterator[dict[str, Any]]:
    for instance in reversed(account.instances.values()):
        if not instance.in_vpc:
            continue
        shown = _render_interface(region, account, instance)
        if (
            (not request.network_interface_ids or shown["NetworkInterfaceId"] in request.network_interface_ids)
            and request.instance_id in (None, instance.id)
            and request.vswitch_id in (None, shown["VSwitchId"])
            and request.vpc_id in (None, shown["VpcId"])
            and request.primary_ip_address in (None, shown["PrivateIpAddress"])
            and request.network_interface_name in (None, shown["NetworkInterfaceName"])
            and request.resource_group_id in (None, shown["ResourceGroupId"])
            and request.status in (None, shown["Status"])
            and (not request.private_ip_addresses or shown["PrivateIpAddress"] in request.private_ip_addresses)
            and has_tags(read_tag_list(instance.options.launch_tags), request.tags)
            and (request.security_group_id is None or request.security_group_id in instance.security_groups)
        ):
            yield shown


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
        }
    return shown
