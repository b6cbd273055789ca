"""Blocks of addresses of network interfaces: which are chosen, and what becomes of them."""

from __future__ import annotations

from functools import partial
from ipaddress import ip_address, ip_network
from typing import Any

import pytest

from faultzone import Region, assert_refused, make_region
from faultzone.model.core.addresses import Addresses

#: The block of all vSwitches here: addresses 1 to 252 of 256 can be given, and 13 whole blocks are of them.
SMALL = {"edition": "2026-10", "vswitch_prefix": 24, "ipv6": True}


@pytest.fixture
def region() -> Region:
    return make_region(**SMALL)  # type: ignore[arg-type]


def make(region: Region, **given: object) -> dict[str, Any]:
    vswitch = region.call("DescribeVSwitches")["VSwitches"]["VSwitch"][0]["VSwitchId"]
    group = region.call("DescribeSecurityGroups")["SecurityGroups"]["SecurityGroup"][0]["SecurityGroupId"]
    return region.call("CreateNetworkInterface", VSwitchId=vswitch, SecurityGroupId=group, **given)


def blocks(card: dict[str, Any], version: int = 4) -> list[str]:
    return [each[f"Ipv{version}Prefix"] for each in card[f"Ipv{version}PrefixSets"][f"Ipv{version}PrefixSet"]]


def left(region: Region) -> int:
    found: int = region.call("DescribeVSwitches")["VSwitches"]["VSwitch"][0]["AvailableIpAddressCount"]
    return found


def test_blocks_are_whole_and_apart_from_what_is_taken() -> None:
    some = Addresses(33, 95)  # 33 to 127: the first block that is whole begins with 48
    assert some.find_blocks(16, 9, ()) == [112, 96, 80, 64, 48]
    some.claim(100)
    assert some.find_blocks(16, 9, (70,)) == [112, 80, 48]
    assert some.find_blocks(16, 1, ()) == [112]
    assert Addresses(33, 20).find_blocks(16, 1, ()) == []


def test_a_vswitch_has_so_many_blocks_and_none_is_made_of_what_is_left(region: Region) -> None:
    before = left(region)
    given = blocks(make(region, Ipv4PrefixCount=10))
    assert len({*given}) == 10
    few = partial(make, region, Ipv4PrefixCount=10)
    assert_refused("InvalidVSwitchId.IpNotEnough", few)
    assert left(region) == before - 1 - 160


def test_what_is_named_is_not_in_a_block_that_is_chosen(region: Region) -> None:
    (usual,) = blocks(make(region, Ipv4PrefixCount=1))
    wanted = str(ip_network(usual)[0] - 10)
    card = make(region, PrivateIpAddress=[wanted], Ipv4PrefixCount=1)
    assert ip_address(wanted) not in ip_network(blocks(card)[0])
    named = ip_network(blocks(card)[0])
    both = partial(make, region, PrimaryIpAddress=str(named[-1] - 32), Ipv4Prefix=[str(named[0] - 32) + "/28"])
    assert_refused("InvalidIp.IpRepeated", both)
    twice = partial(make, region, Ipv4Prefix=[f"{named[0] - 32}/28"] * 2)
    assert_refused("InvalidIp.IpRepeated", twice)


@pytest.mark.parametrize("text", ["10.0.0.0", "10.0.0.1/28", "10.0.0.0/27", "::/28", "words", "10.0.0.0/28"])
def test_what_is_no_block_of_the_vswitch(region: Region, text: str) -> None:
    """The last of them is one with an address that the network keeps."""
    assert_refused("InvalidVSwitchId.IpInvalid", partial(make, region, Ipv4Prefix=[text]))
    assert_refused("InvalidIp.Address", partial(make, region, Ipv6Prefix=[text]))


def test_what_ends_gives_its_blocks_back(region: Region) -> None:
    (instance,) = region.run_instances(1)
    before, v6 = left(region), {"Ipv6PrefixCount": 1}
    card = make(region, Ipv4PrefixCount=3, **v6)
    primary = f"eni-{instance.id[2:]}"
    region.call("AssignPrivateIpAddresses", NetworkInterfaceId=primary, Ipv4PrefixCount=1)
    (first,) = region.call("AssignIpv6Addresses", NetworkInterfaceId=primary, **v6)["Ipv6PrefixSets"]["Ipv6Prefix"]
    assert left(region) == before - 1 - 4 * 16
    region.call("DeleteNetworkInterface", NetworkInterfaceId=card["NetworkInterfaceId"])
    instance.delete(force=True)
    region.clock.advance("1m")
    assert left(region) == before + 1
    again = make(region, Ipv4Prefix=blocks(card), Ipv6Prefix=[*blocks(card, 6), first])
    assert (blocks(again), blocks(again, 6)) == (blocks(card), [*blocks(card, 6), first])


def test_addresses_of_ipv6_pass_over_a_block_that_is_named(region: Region) -> None:
    one = make(region, Ipv6AddressCount=1)["Ipv6Sets"]["Ipv6Set"][0]["Ipv6Address"]
    start = ip_network(f"{one}/80", strict=False)
    assert_refused("InvalidIp.IpAssigned", partial(make, region, Ipv6Prefix=[str(start)]))
    other = make_region(**SMALL)  # type: ignore[arg-type]
    make(other, Ipv6Prefix=[str(start)])
    (given,) = make(other, Ipv6AddressCount=1)["Ipv6Sets"]["Ipv6Set"]
    assert ip_address(given["Ipv6Address"]) == start[-1] + 1


@pytest.mark.parametrize("version", [4, 6])
def test_blocks_count_as_addresses(region: Region, version: int) -> None:
    (instance,) = region.run_instances(1, instance_type="ecs.g7.large")
    (kind,) = region.call("DescribeInstanceTypes", InstanceTypes=["ecs.g7.large"])["InstanceTypes"]["InstanceType"]
    most = kind["EniPrivateIpAddressQuantity"] - 1 if version == 4 else kind["EniIpv6AddressQuantity"]
    action = "AssignPrivateIpAddresses" if version == 4 else "AssignIpv6Addresses"
    single = "SecondaryPrivateIpAddressCount" if version == 4 else "Ipv6AddressCount"
    assign = partial(region.call, action, NetworkInterfaceId=f"eni-{instance.id[2:]}")
    assign(**{f"Ipv{version}PrefixCount": 1, single: most - 1})
    for name in (f"Ipv{version}PrefixCount", single):
        assert_refused(f"InvalidOperation.Ipv{version}CountExceeded", partial(assign, **{name: 1}))
