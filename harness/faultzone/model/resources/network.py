"""The default network of an account, with the network card of each instance, as the Describe actions tell it."""

from __future__ import annotations

from typing import Any, Final

from faultzone.api.ecs.network import DescribeVpcs, DescribeVSwitches
from faultzone.model.core.addresses import Vpc, VSwitch
from faultzone.model.core.dispatch import Answer, handles
from faultzone.model.core.listing import listing
from faultzone.model.core.networks import show_vpc, show_vswitch
from faultzone.model.core.state import AccountState, RegionState

#: What ECS shows of what the product Vpc has.
_OF_VPC: Final = (
    "VpcId VpcName Description RegionId CidrBlock IsDefault Status VRouterId CreationTime UserCidrs VSwitchIds".split()
)
_OF_VSWITCH: Final = (
    "VSwitchId VSwitchName Description VpcId ZoneId CidrBlock AvailableIpAddressCount IsDefault Status CreationTime "
    "ResourceGroupId".split()
)


@handles(DescribeVpcs)
def describe_vpcs(region: RegionState, account: AccountState, request: DescribeVpcs) -> Answer:
    """DescribeVpcs: those that the product Vpc has (product/describe-networks)."""
    ids = set(request.vpc_id.split(",")) if request.vpc_id else account.vpcs.keys()
    found = [each for each in account.vpcs.values() if each.id in ids and request.is_default in (None, each.is_default)]

    def show(vpc: Vpc) -> dict[str, Any]:
        shown = show_vpc(region, account, vpc)
        return {name: shown[name] for name in _OF_VPC}

    return listing("Vpcs", "Vpc", found, request, show)


@handles(DescribeVSwitches)
def describe_vswitches(region: RegionState, account: AccountState, request: DescribeVSwitches) -> Answer:
    """DescribeVSwitches: those that the product Vpc has (product/describe-networks)."""
    found = [
        each
        for each in account.vswitches.values()
        if request.vswitch_id in (None, each.id)
        and request.vpc_id in (None, each.vpc.id)
        and request.zone_id in (None, region.zone_ids[each.zone])
        and request.is_default in (None, each.is_default)
    ]

    def show(vswitch: VSwitch) -> dict[str, Any]:
        shown = show_vswitch(region, account, vswitch)
        return {name: shown[name] for name in _OF_VSWITCH}

    return listing("VSwitches", "VSwitch", found, request, show)
