"""Blocks of addresses of network interfaces."""

from __future__ import annotations

from functools import partial
from ipaddress import ip_network
from typing import Any

import pytest

from faultzone import Region, assert_refused
from faultzone_specs.test_interfaces import Answer, cards_of, launch, limits, make, shown
from faultzone_specs.test_launch_network import free, vswitches

clause, needs = pytest.mark.clause, pytest.mark.needs
pytestmark = pytest.mark.region(edition="2026-10", zones=2)


def blocks(card: Answer, version: int = 4) -> list[str]:
    """The blocks of addresses that a network interface shows."""
    return [each[f"Ipv{version}Prefix"] for each in card[f"Ipv{version}PrefixSets"][f"Ipv{version}PrefixSet"]]


@clause("instance/interface-prefixes")
def test_blocks_of_addresses_are_given(region: Region) -> None:
    """So many, or those that are named, to a new interface, to one that nobody has, and to that of an instance."""
    vswitch, instance = vswitches(region)[0], launch(region, instance_type="ecs.g7.large")
    (primary,) = cards_of(instance)
    before = free(region, vswitch)
    card = make(region, Ipv4PrefixCount=2)
    made = [ip_network(each) for each in blocks(shown(region, card))]
    assert len(made) == 2
    first, second = made
    assert (first.prefixlen, second.prefixlen, first.overlaps(second)) == (28, 28, False)
    assert free(region, vswitch) == before - 1 - 2 * 16
    assign: Any = partial(region.call, "AssignPrivateIpAddresses")
    told = assign(NetworkInterfaceId=primary, Ipv4PrefixCount=1)["AssignedPrivateIpAddressesSet"]
    assert len(told["Ipv4PrefixSet"]["Ipv4Prefixes"]) == 1
    (third,) = told["Ipv4PrefixSet"]["Ipv4Prefixes"]
    assert (told["PrivateIpSet"]["PrivateIpAddress"], blocks(shown(region, primary))) == ([], [third])
    assert [blocks(each) for each in instance.describe()["NetworkInterfaces"]["NetworkInterface"]] == [[third]]
    assert not any(ip_network(third).overlaps(each) for each in (first, second))
    _, most = limits(region, "ecs.g7.large")
    count = "InvalidOperation.Ipv4CountExceeded"
    assert_refused(count, partial(assign, NetworkInterfaceId=primary, Ipv4PrefixCount=most - 1))
    taken = ("InvalidIp.IpAssigned", "InvalidPrivateIpAddress.Duplicated")
    refused: tuple[tuple[Answer, str | tuple[str, ...]], ...] = (
        ({"PrivateIpAddress": [str(first[3])]}, taken),
        ({"Ipv4Prefix": [third]}, taken),
        ({"Ipv4Prefix": ["192.0.2.0/28"]}, "InvalidVSwitchId.IpInvalid"),
        ({"Ipv4Prefix": [str(first.supernet())]}, "InvalidVSwitchId.IpInvalid"),
        ({"Ipv4Prefix": [third], "Ipv4PrefixCount": 1}, "InvalidParameter.Conflict"),
    )
    for asked, code in refused:
        assert_refused(code, partial(assign, NetworkInterfaceId=card, **asked))
    unassign: Any = partial(region.call, "UnassignPrivateIpAddresses", NetworkInterfaceId=card)
    assert_refused("InvalidIp.IpUnassigned", partial(unassign, Ipv4Prefix=[third]))
    unassign(Ipv4Prefix=[str(first)])
    assert blocks(shown(region, card)) == [str(second)]
    lowest = str(ip_network(f"{second[0] - 160}/28"))
    for named in (str(first), lowest):
        assert blocks(shown(region, make(region, Ipv4Prefix=[named]))) == [named]


@clause("instance/interface-prefixes-ipv6")
@pytest.mark.region(ipv6=True)
@needs("shape-region")
def test_blocks_of_ipv6_addresses_are_given(region: Region) -> None:
    """To a new interface, and to one that is there; nobody else gets their addresses."""
    card, (primary,) = make(region, Ipv6PrefixCount=1), cards_of(launch(region))
    assert len(blocks(shown(region, card), 6)) == 1
    (first,) = blocks(shown(region, card), 6)
    assert ip_network(first).prefixlen == 80
    assign: Any = partial(region.call, "AssignIpv6Addresses", NetworkInterfaceId=primary)
    given = assign(Ipv6PrefixCount=2)["Ipv6PrefixSets"]["Ipv6Prefix"]
    assert blocks(shown(region, primary), 6) == given
    assert len({first, *given}) == 3
    inside = str(ip_network(first)[5])
    for asked in ({"Ipv6Prefix": [first]}, {"Ipv6Address": [inside]}):
        assert_refused("InvalidIp.IpAssigned", partial(assign, **asked))
    region.call("UnassignIpv6Addresses", NetworkInterfaceId=card, Ipv6Prefix=[first])
    assert blocks(shown(region, card), 6) == []
    assert blocks(shown(region, make(region, Ipv6Prefix=[first])), 6) == [first]


@clause("instance/interface-prefixes-ipv6")
@pytest.mark.region(ipv6=False)
@needs("shape-region")
def test_a_vswitch_without_ipv6_gives_no_blocks_of_it(region: Region) -> None:
    """To no interface."""
    no_block = "InvalidVSwitch.Ipv6NotTurnOn"
    assert_refused(no_block, partial(make, region, Ipv6PrefixCount=1))
    asked = partial(region.call, "AssignIpv6Addresses", NetworkInterfaceId=make(region), Ipv6PrefixCount=1)
    assert_refused(no_block, asked)
