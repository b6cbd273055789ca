"""IPv6 blocks of networks of the product Vpc, and addresses of them."""

from __future__ import annotations

from functools import partial
from ipaddress import IPv6Address, IPv6Network
from typing import Any

import pytest

from faultzone import Region, one
from faultzone_specs.observing import refusal_of
from faultzone_specs.test_networks import ask, make_vpc, make_vswitch, vpcs, vswitches

clause = pytest.mark.clause
pytestmark = pytest.mark.region(edition="2026-10")


def block_of(listed: list[dict[str, Any]]) -> IPv6Network:
    """The IPv6 block of the one network that is listed."""
    shown = one(listed)
    assert shown["EnabledIpv6"] is True
    return IPv6Network(shown["Ipv6CidrBlock"])


@clause("product/network-ipv6")
def test_networks_are_made_with_ipv6(region: Region) -> None:
    """Each VPC has a block, and each vSwitch a part of it that no other has."""
    vpc, other, plain = make_vpc(region, EnableIpv6=True), make_vpc(region, EnableIpv6=True), make_vpc(region)
    block = block_of(vpcs(region, VpcId=vpc))
    assert block.prefixlen == 56
    assert block != block_of(vpcs(region, VpcId=other))
    assert one(vpcs(region, VpcId=plain))["EnabledIpv6"] is False
    vswitch = make_vswitch(region, vpc, Ipv6CidrBlock=7)
    part = block_of(vswitches(region, VSwitchId=vswitch))
    assert part == [*block.subnets(new_prefix=64)][7]
    without = make_vswitch(region, vpc, CidrBlock="192.168.2.0/24")
    assert one(vswitches(region, VSwitchId=without))["EnabledIpv6"] is False
    listed = {each["VSwitchId"] for each in vswitches(region, VpcId=vpc, EnableIpv6=True)}
    assert listed == {vswitch}
    again = {"ZoneId": region.zones[0], "CidrBlock": "192.168.3.0/24"}
    for wrong in ({"VpcId": vpc, "Ipv6CidrBlock": 7}, {"VpcId": plain, "Ipv6CidrBlock": 1}):
        assert refusal_of(partial(ask, region, "CreateVSwitch", **again, **wrong)) is not None, wrong


@clause("product/network-ipv6")
def test_instances_have_addresses_of_their_vswitch(region: Region) -> None:
    """As soon as the networks have blocks."""
    vpc = make_vpc(region)
    vswitch = make_vswitch(region, vpc)
    ask(region, "ModifyVpcAttribute", VpcId=vpc, EnableIPv6=True)
    ask(region, "ModifyVSwitchAttribute", VSwitchId=vswitch, EnableIPv6=True, Ipv6CidrBlock=3)
    part = block_of(vswitches(region, VSwitchId=vswitch))
    assert part == [*block_of(vpcs(region, VpcId=vpc)).subnets(new_prefix=64)][3]
    group = region.call("CreateSecurityGroup", VpcId=vpc)["SecurityGroupId"]
    given = {"VSwitchId": vswitch, "SecurityGroupId": group, "Ipv6AddressCount": 1}
    made = one(region.run_instances(1, wait=False, public_ip=False, **given))
    card = one(made.describe()["NetworkInterfaces"]["NetworkInterface"])
    assert IPv6Address(one(card["Ipv6Sets"]["Ipv6Set"])["Ipv6Address"]) in part
