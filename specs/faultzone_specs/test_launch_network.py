"""Networks of launches in October 2026: vSwitches that are full, network interfaces and IPv6 addresses."""

from __future__ import annotations

from functools import partial
from ipaddress import IPv4Network
from typing import Any

import pytest

from faultzone import Region, assert_nothing_made, one
from faultzone_specs.observing import refusal_of

clause, needs = pytest.mark.clause, pytest.mark.needs


def free(region: Region, vswitch: str) -> int:
    """How many addresses of a vSwitch are free."""
    shown = one(region.call("DescribeVSwitches", VSwitchId=vswitch)["VSwitches"]["VSwitch"])
    count: int = shown["AvailableIpAddressCount"]
    return count


def vswitches(region: Region) -> list[str]:
    """The vSwitches of the zones, in the order of the zones."""
    return [each["VSwitchId"] for each in region.call("DescribeVSwitches", PageSize=50)["VSwitches"]["VSwitch"]]


@clause("instance/vswitch-addresses")
@pytest.mark.region(vswitch_prefix=29)
@needs("shape-region")
def test_a_full_vswitch_takes_no_more(region: Region) -> None:
    """Four addresses of a /29 are for instances: all or nothing, until one is given back."""
    vswitch = vswitches(region)[0]
    launch: Any = partial(region.run_instances, wait=False, VSwitchId=vswitch)
    code = "InvalidVSwitchId.IpNotEnough"
    assert free(region, vswitch) == 4
    assert_nothing_made(region, partial(launch, 5), code)
    made = region.run_instances(4, VSwitchId=vswitch)
    assert len({each.private_ip for each in made}) == 4
    assert free(region, vswitch) == 0
    assert_nothing_made(region, partial(launch, 1), code)
    assert_nothing_made(region, partial(region.create_instance, wait=False, VSwitchId=vswitch), code)
    made[2].delete(Force=True)
    assert free(region, vswitch) == 1
    assert len(launch(1)) == 1


@clause("instance/vswitch-addresses")
@pytest.mark.region(vswitch_prefix=29)
@needs("shape-region")
def test_with_a_least_amount_a_vswitch_is_filled(region: Region) -> None:
    """As supply is; but the least must have addresses."""
    vswitch = vswitches(region)[0]
    launch: Any = partial(region.run_instances, wait=False, VSwitchId=vswitch)
    assert_nothing_made(region, partial(launch, 8, MinAmount=5), "InvalidVSwitchId.IpNotEnough")
    assert len(launch(8, MinAmount=2)) == 4
    assert free(region, vswitch) == 0


# Network interfaces


def interfaces(region: Region, **filters: object) -> list[dict[str, Any]]:
    """The network interfaces that a listing shows, the primary ones first."""
    shown = region.call("DescribeNetworkInterfaces", PageSize=100, **filters)["NetworkInterfaceSets"]
    return sorted(shown["NetworkInterfaceSet"], key=lambda each: str(each["Type"]))


def new_group(region: Region) -> str:
    """The id of a new security group."""
    made: str = region.call("CreateSecurityGroup")["SecurityGroupId"]
    return made


@clause("instance/network-interfaces")
def test_a_primary_interface_stands_for_the_parameters_of_the_instance(region: Region) -> None:
    """Its vSwitch, security groups and address."""
    vswitch, group = vswitches(region)[1], new_group(region)
    probe = one(region.run_instances(1, wait=False, VSwitchId=vswitch))
    *most, last = probe.private_ip.split(".")
    address = ".".join([*most, str(int(last) + 30)])
    primary = {
        "InstanceType": "Primary",
        "VSwitchId": vswitch,
        "SecurityGroupIds": [group],
        "PrimaryIpAddress": address,
    }
    made = one(region.run_instances(1, wait=False, NetworkInterface=[primary]))
    shown = made.describe()
    assert made.private_ip == address
    assert shown["VpcAttributes"]["VSwitchId"] == vswitch
    assert shown["SecurityGroupIds"]["SecurityGroupId"] == [group]
    assert [each["Type"] for each in shown["NetworkInterfaces"]["NetworkInterface"]] == ["Primary"]


@clause("instance/network-interfaces")
def test_a_secondary_interface_is_shown_and_found(region: Region) -> None:
    """With its own name, address and security group, beside the primary one, and it ends with its instance."""
    group = new_group(region)
    vswitch = vswitches(region)[0]
    card = {"NetworkInterfaceName": "back", "Description": "of a test", "SecurityGroupId": group}
    plain = {"VSwitchId": vswitch}
    before = free(region, vswitch)
    made, other = region.run_instances(2, VSwitchId=vswitch, NetworkInterface=[card, plain])
    assert free(region, vswitch) == before - 6
    for each in (made, other):
        primary, *secondary = interfaces(region, InstanceId=each.id)
        assert [len(secondary), primary["Type"], primary["NetworkInterfaceName"]] == [2, "Primary", ""]
        assert len({each["PrivateIpAddress"] for each in (primary, *secondary)}) == 3
        assert len({each["NetworkInterfaceId"] for each in (primary, *secondary)}) == 3
        named = one([each for each in secondary if each["NetworkInterfaceName"] == "back"])
        assert (named["Description"], named["SecurityGroupIds"]["SecurityGroupId"]) == ("of a test", [group])
        assert {shown["VSwitchId"] for shown in secondary} == {vswitch}
        cards = each.describe()["NetworkInterfaces"]["NetworkInterface"]
        assert sorted((card["NetworkInterfaceId"], card["Type"]) for card in cards) == sorted(
            (card["NetworkInterfaceId"], card["Type"]) for card in (primary, *secondary)
        )
    back = interfaces(region, NetworkInterfaceName="back")
    assert {each["InstanceId"] for each in back} == {made.id, other.id}
    assert {each["Type"] for each in interfaces(region, Type="Secondary")} == {"Secondary"}
    assert interfaces(region, PrimaryIpAddress=back[0]["PrivateIpAddress"]) == [back[0]]
    assert interfaces(region, SecurityGroupId=group) == back
    made.delete(Force=True)
    assert free(region, vswitch) == before - 3
    assert {each["InstanceId"] for each in interfaces(region, NetworkInterfaceName="back")} == {other.id}


@clause("instance/network-interfaces")
def test_what_excludes_one_another_is_refused(region: Region) -> None:
    """And what an interface lacks, or cannot be; nothing is made."""
    vswitch, other = vswitches(region)[:2]
    group = new_group(region)
    primary = {"InstanceType": "Primary", "VSwitchId": vswitch, "SecurityGroupId": group}
    conflict = "InvalidParameter.Conflict"
    ip = one(region.run_instances(1, wait=False, VSwitchId=vswitch)).private_ip
    refused: tuple[tuple[dict[str, Any], str], ...] = (
        ({"NetworkInterface": [primary], "VSwitchId": vswitch}, conflict),
        ({"NetworkInterface": [primary], "SecurityGroupId": group}, conflict),
        ({"NetworkInterface": [primary], "SecurityGroupIds": [group]}, conflict),
        ({"NetworkInterface": [primary], "PrivateIpAddress": ip}, conflict),
        ({"NetworkInterface": [{**primary, "SecurityGroupIds": [group]}]}, conflict),
        ({"NetworkInterface": [primary, primary]}, conflict),
        ({"NetworkInterface": [{**primary, "VSwitchId": ""}]}, "MissingParameter"),
        ({"NetworkInterface": [{**primary, "SecurityGroupId": ""}]}, "MissingParameter"),
        ({"NetworkInterface": [{"SecurityGroupId": "sg-nosuchgroup0"}]}, "InvalidSecurityGroupId.NotFound"),
        ({"NetworkInterface": [{"VSwitchId": "vsw-nosuchswitch0"}]}, "InvalidVSwitchId.NotFound"),
        ({"NetworkInterface": [{"VSwitchId": other}], "VSwitchId": vswitch}, "InvalidParameter.NotMatch"),
        ({"NetworkInterface": [{"PrimaryIpAddress": ip}]}, "InvalidPrivateIpAddress.Duplicated"),
        ({"NetworkInterface": [{"InstanceType": "Secondary"}] * 40}, "InvalidOperation.EniCountExceeded"),
    )
    for asked, code in refused:
        launch = partial(region.run_instances, 1, wait=False, **asked)
        assert_nothing_made(region, launch, code)


# IPv6


@clause("instance/ipv6-addresses")
@pytest.mark.region(ipv6=True)
@needs("shape-region")
def test_ipv6_addresses_are_given_and_found(region: Region) -> None:
    """As many as are asked for, or those that are named; each is of one instance."""
    made, other = region.run_instances(2, Ipv6AddressCount=2)

    def addresses(id: str) -> list[str]:
        primary = one(interfaces(region, InstanceId=id))
        listed = one(region.call("DescribeInstances", InstanceIds=[id])["Instances"]["Instance"])
        shown = [each["Ipv6Address"] for each in primary["Ipv6Sets"]["Ipv6Set"]]
        card = one(listed["NetworkInterfaces"]["NetworkInterface"])
        assert [each["Ipv6Address"] for each in card["Ipv6Sets"]["Ipv6Set"]] == shown
        return shown

    mine, others = addresses(made.id), addresses(other.id)
    assert (len(mine), len(others), len({*mine, *others})) == (2, 2, 4)
    found = region.call("DescribeInstances", Ipv6Address=[mine[1]])["Instances"]["Instance"]
    assert [each["InstanceId"] for each in found] == [made.id]
    assert [each["InstanceId"] for each in interfaces(region, Ipv6Address=[others[0]])] == [other.id]
    named = partial(region.run_instances, 1, VSwitchId=made.describe()["VpcAttributes"]["VSwitchId"], wait=False)
    assert_nothing_made(region, partial(named, Ipv6Address=[mine[0]]), "InvalidParameter")
    made.delete(Force=True)
    assert addresses(one(named(Ipv6Address=mine)).id) == mine


@clause("instance/ipv6-addresses")
@pytest.mark.region(ipv6=True)
@needs("shape-region")
def test_ipv6_addresses_that_cannot_be_are_refused(region: Region) -> None:
    """And nothing is made."""
    conflict = "InvalidParameter.Conflict"
    address = "2001:db8::1:2:3"
    group, vswitch = new_group(region), vswitches(region)[0]
    primary = {"InstanceType": "Primary", "VSwitchId": vswitch, "SecurityGroupId": group, "Ipv6AddressCount": 1}
    refused: tuple[tuple[dict[str, Any], str], ...] = (
        ({"Ipv6Address": [address], "Ipv6AddressCount": 1}, conflict),
        ({"Ipv6Address": [address], "Amount": 2}, conflict),
        ({"Ipv6Address": [address, address]}, "InvalidParameter"),
        ({"Ipv6Address": ["10.0.0.1"]}, "InvalidParameter"),
        ({"Ipv6AddressCount": 0}, "InvalidParameter"),
        ({"Ipv6AddressCount": 11}, "InvalidParameter"),
        ({"NetworkInterface": [primary], "Ipv6AddressCount": 1}, conflict),
        ({"NetworkInterface": [{"Ipv6AddressCount": 1}]}, "InvalidParameter"),
    )
    for asked, code in refused:
        launch = partial(region.run_instances, wait=False, **asked)
        assert_nothing_made(region, launch, code)
    made = one(region.run_instances(1, wait=False, NetworkInterface=[primary]))
    assert len(one(interfaces(region, InstanceId=made.id))["Ipv6Sets"]["Ipv6Set"]) == 1


@clause("instance/ipv6-addresses")
@pytest.mark.region(ipv6=False)
@needs("shape-region")
def test_a_vswitch_without_ipv6_gives_no_such_address(region: Region) -> None:
    """It is refused."""
    launch = partial(region.run_instances, wait=False, Ipv6AddressCount=1)
    assert_nothing_made(region, launch, "InvalidVSwitch.Ipv6NotTurnOn")


@clause("instance/reserved-addresses")
def test_the_ends_of_a_vswitch_are_kept(region: Region) -> None:
    """One at its beginning, three at its end; their neighbours can be had."""
    shown = one(region.call("DescribeVSwitches", VSwitchId=vswitches(region)[0])["VSwitches"]["VSwitch"])
    network = IPv4Network(shown["CidrBlock"])
    assert shown["AvailableIpAddressCount"] == network.num_addresses - 4
    launch: Any = partial(region.create_instance, wait=False, VSwitchId=shown["VSwitchId"])
    for number in (0, -3, -2, -1):
        before = [*region.describe("DescribeInstances", "Instances", "Instance")]
        assert refusal_of(partial(launch, PrivateIpAddress=str(network[number]))) is not None
        assert [*region.describe("DescribeInstances", "Instances", "Instance")] == before
    for number in (1, 2, -4):
        assert launch(PrivateIpAddress=str(network[number])).private_ip == str(network[number])
