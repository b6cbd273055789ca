"""Networks of the product Vpc that are ready."""

from __future__ import annotations

from faultzone import Region


def make_vpc(region: Region, **given: object) -> str:
    """The id of a VPC, 192.168.0.0/16 unless another block is asked for."""
    made: str = region.call("CreateVpc", "vpc", **{"CidrBlock": "192.168.0.0/16", **given})["VpcId"]
    region.clock.advance(1)
    return made


def make_vswitch(region: Region, vpc: str, block: str = "192.168.1.0/24", **given: object) -> str:
    """The id of a vSwitch in the first zone."""
    asked = {"VpcId": vpc, "ZoneId": region.zones[0], "CidrBlock": block, **given}
    made: str = region.call("CreateVSwitch", "vpc", **asked)["VSwitchId"]
    region.clock.advance(1)
    return made


def look_at_networks(region: Region) -> None:
    """Ask ECS for all networks, among them a VPC and a vSwitch that have all that they can be given."""
    vpc = make_vpc(region, VpcName="web", Description="of tests", UserCidr="192.0.2.0/24")
    make_vswitch(region, vpc, VSwitchName="web", Description="of tests")
    region.call("DescribeVpcs")
    region.call("DescribeVSwitches")


def look_at_interfaces(region: Region) -> None:
    """Make, attach, change, detach and delete a network interface that has all that one can be given."""
    (instance,) = region.run_instances(1)
    vswitch = instance.describe()["VpcAttributes"]["VSwitchId"]
    group = region.call("CreateSecurityGroup")["SecurityGroupId"]
    asked = {"NetworkInterfaceName": "back", "Description": "of tests", "SecondaryPrivateIpAddressCount": 1}
    asked |= {"Tag": [{"Key": "team", "Value": "blue"}], "Ipv6AddressCount": 1, "SourceDestCheck": True}
    asked |= {"Ipv4PrefixCount": 1, "Ipv6PrefixCount": 1}
    asked |= {"ResourceGroupId": region.control("add-resource-group", name="cards")["resource_group"]}
    card = region.call("CreateNetworkInterface", VSwitchId=vswitch, SecurityGroupId=group, **asked)
    named = {"NetworkInterfaceId": card["NetworkInterfaceId"]}
    region.call("DescribeNetworkInterfaces")
    region.call("AttachNetworkInterface", InstanceId=instance.id, **named)
    region.clock.advance("1m")
    (private,) = region.call("AssignPrivateIpAddresses", SecondaryPrivateIpAddressCount=1, **named)[
        "AssignedPrivateIpAddressesSet"
    ]["PrivateIpSet"]["PrivateIpAddress"]
    (ipv6,) = region.call("AssignIpv6Addresses", Ipv6AddressCount=1, **named)["Ipv6Sets"]["Ipv6Address"]
    region.call("AssignPrivateIpAddresses", Ipv4PrefixCount=1, **named)
    region.call("AssignIpv6Addresses", Ipv6PrefixCount=1, **named)
    region.call("DescribeNetworkInterfaces")
    region.call("DescribeNetworkInterfaceAttribute", Attribute="connectionTrackingConfiguration", **named)
    region.call("DescribeInstances", InstanceIds=[instance.id])
    region.call("UnassignPrivateIpAddresses", PrivateIpAddress=[private], **named)
    region.call("UnassignIpv6Addresses", Ipv6Address=[ipv6], **named)
    region.call("ModifyNetworkInterfaceAttribute", Description="of a test", **named)
    region.call("DetachNetworkInterface", InstanceId=instance.id, **named)
    region.clock.advance("1m")
    region.call("DeleteNetworkInterface", **named)
