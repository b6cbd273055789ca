"""Instances and security groups in networks of the product Vpc, and what is round the networks."""

from __future__ import annotations

from functools import partial
from ipaddress import ip_address, ip_network
from typing import Any, NamedTuple

import pytest

from faultzone import ApiError, Region, assert_nothing_made, assert_refused, one
from faultzone_specs.test_networks import ask, make_vpc, make_vswitch, vpcs, vswitches
from faultzone_specs.words import Words

clause = pytest.mark.clause
pytestmark = pytest.mark.region(edition="2026-10")


class Network(NamedTuple):
    """A VPC with a vSwitch in the first zone, 192.168.1.0/24, and a security group."""

    vpc: str
    vswitch: str
    group: str


def make_network(region: Region) -> Network:
    vpc = make_vpc(region)
    group: str = region.call("CreateSecurityGroup", VpcId=vpc)["SecurityGroupId"]
    return Network(vpc, make_vswitch(region, vpc), group)


def free(region: Region, vswitch: str) -> int:
    count: int = one(vswitches(region, VSwitchId=vswitch))["AvailableIpAddressCount"]
    return count


def launch(region: Region, network: Network, amount: int = 1, **given: object) -> Any:
    into: dict[str, Any] = {"VSwitchId": network.vswitch, "SecurityGroupId": network.group}
    return region.run_instances(amount, **{**into, **given})


@clause("product/vswitch-addresses")
def test_four_addresses_are_reserved_and_the_others_counted(region: Region) -> None:
    network = make_network(region)
    small = make_vswitch(region, network.vpc, CidrBlock="192.168.2.0/29")
    assert (free(region, network.vswitch), free(region, small)) == (252, 4)
    made = launch(region, network, 4, VSwitchId=small)
    assert {each.private_ip for each in made} == {f"192.168.2.{number}" for number in (1, 2, 3, 4)}
    assert (free(region, network.vswitch), free(region, small)) == (252, 0)
    assert_nothing_made(region, partial(launch, region, network, VSwitchId=small), "InvalidVSwitchId.IpNotEnough")
    made[0].delete(Force=True)
    assert free(region, small) == 1


@clause("product/delete-vswitch")
def test_a_vswitch_is_deleted_once_nothing_has_an_address_of_it(region: Region) -> None:
    network = make_network(region)
    instance = one(launch(region, network))
    delete = partial(ask, region, "DeleteVSwitch", VSwitchId=network.vswitch)
    assert_refused("DependencyViolation", delete)
    assert len(vswitches(region, VSwitchId=network.vswitch)) == 1
    instance.delete(Force=True)
    delete()
    assert vswitches(region, VSwitchId=network.vswitch) == []
    assert_refused("InvalidVSwitchId.NotFound", delete)
    assert_nothing_made(region, partial(launch, region, network), "InvalidVSwitchId.NotFound")


@clause("product/delete-vswitch")
def test_a_secondary_network_interface_has_an_address_too(region: Region) -> None:
    network = make_network(region)
    second = make_vswitch(region, network.vpc, CidrBlock="192.168.2.0/24")
    card = {"VSwitchId": second, "SecurityGroupId": network.group}
    instance = one(launch(region, network, NetworkInterface=[card]))
    listed = region.call("DescribeNetworkInterfaces", InstanceId=instance.id, Type="Secondary")
    shown = one(listed["NetworkInterfaceSets"]["NetworkInterfaceSet"])
    assert (shown["VSwitchId"], free(region, second)) == (second, 251)
    assert ip_address(shown["PrivateIpAddress"]) in ip_network("192.168.2.0/24")
    assert_refused("DependencyViolation", partial(ask, region, "DeleteVSwitch", VSwitchId=second))
    instance.delete(Force=True)
    ask(region, "DeleteVSwitch", VSwitchId=second)


@clause("product/launch-into-network")
def test_instances_are_put_into_the_vswitch_that_is_named(region: Region) -> None:
    network = make_network(region)
    made = launch(region, network, 3)
    for each in made:
        shown = each.describe()
        assert (shown["VpcAttributes"]["VpcId"], shown["VpcAttributes"]["VSwitchId"]) == network[:2]
        assert ip_address(each.private_ip) in ip_network("192.168.1.0/24")
        assert (each.zone, shown["SecurityGroupIds"]["SecurityGroupId"]) == (region.zones[0], [network.group])
    elsewhere = one(region.run_instances(1))
    inside = {each.id for each in made}
    for filters in ({"VpcId": network.vpc}, {"VSwitchId": network.vswitch}):
        listed = region.call("DescribeInstances", PageSize=50, **filters)["Instances"]["Instance"]
        assert {each["InstanceId"] for each in listed} == inside
    assert elsewhere.describe()["VpcAttributes"]["VpcId"] != network.vpc
    asked = one(launch(region, network, PrivateIpAddress="192.168.1.77"))
    assert asked.private_ip == "192.168.1.77"
    outside = partial(launch, region, network, PrivateIpAddress="192.168.2.77")
    assert_nothing_made(region, outside, "InvalidPrivateIpAddress")


@clause("product/launch-into-network")
def test_two_networks_may_have_the_same_addresses(region: Region) -> None:
    one_of, other = one(launch(region, make_network(region))), one(launch(region, make_network(region)))
    assert one_of.private_ip == other.private_ip
    assert one_of.describe()["VpcAttributes"]["VpcId"] != other.describe()["VpcAttributes"]["VpcId"]


@clause("product/launch-into-network")
def test_security_groups_are_of_the_vpc_of_the_launch(region: Region) -> None:
    network, other = make_network(region), make_network(region)
    alien = partial(launch, region, network, SecurityGroupId=other.group)
    assert_nothing_made(region, alien, "InvalidParameter.Mismatch")
    assert_nothing_made(
        region, partial(region.run_instances, 1, SecurityGroupId=network.group), "InvalidSecurityGroup.NotInDefaultVpc"
    )
    create = partial(region.create_instance, VSwitchId=network.vswitch, SecurityGroupId=other.group)
    assert_nothing_made(region, create, "InvalidParameter.Mismatch")


@clause("product/groups-of-network")
def test_a_security_group_is_of_one_vpc(region: Region) -> None:
    network, other = make_network(region), make_network(region)
    listed = region.call("DescribeSecurityGroups", VpcId=network.vpc)["SecurityGroups"]["SecurityGroup"]
    assert [(each["SecurityGroupId"], each["VpcId"]) for each in listed] == [(network.group, network.vpc)]
    shown = region.call("DescribeSecurityGroupAttribute", SecurityGroupId=other.group)
    assert shown["VpcId"] == other.vpc
    assert_refused("InvalidVpcId.NotFound", partial(region.call, "CreateSecurityGroup", VpcId="vpc-none"))
    instance = one(launch(region, network))
    join = partial(region.call, "JoinSecurityGroup", InstanceId=instance.id)
    assert_refused("InvalidInstanceId.Mismatch", partial(join, SecurityGroupId=other.group))
    change = partial(region.call, "ModifyInstanceAttribute", InstanceId=instance.id)
    assert_refused("InvalidInstanceId.Mismatch", partial(change, SecurityGroupIds=[other.group]))
    assert instance.describe()["SecurityGroupIds"]["SecurityGroupId"] == [network.group]
    second = region.call("CreateSecurityGroup", VpcId=network.vpc)["SecurityGroupId"]
    join(SecurityGroupId=second)
    assert instance.describe()["SecurityGroupIds"]["SecurityGroupId"] == [network.group, second]


@clause("product/change-network")
def test_an_instance_is_moved_to_another_vswitch_of_its_zone(region: Region) -> None:
    network, other = make_network(region), make_network(region)
    second = make_vswitch(region, network.vpc, CidrBlock="192.168.2.0/24")
    elsewhere = make_vswitch(region, network.vpc, CidrBlock="192.168.3.0/24", ZoneId=region.zones[-1])
    instance = one(launch(region, network))
    instance.stop()
    move = partial(region.call, "ModifyInstanceVpcAttribute", InstanceId=instance.id)
    for wrong in (elsewhere, other.vswitch):
        assert_refused("InvalidVSwitchId.Mismatch", partial(move, VSwitchId=wrong))
    move(VSwitchId=second)
    assert instance.describe()["VpcAttributes"]["VSwitchId"] == second
    assert ip_address(instance.private_ip) in ip_network("192.168.2.0/24")
    assert (free(region, network.vswitch), free(region, second)) == (252, 251)
    instance.start()
    instance.stop()
    leave = partial(move, VSwitchId=other.vswitch, VpcId=other.vpc)
    assert_refused("MissingParameter", leave)
    assert_refused("InvalidInstanceId.Mismatch", partial(leave, SecurityGroupId=[network.group]))
    leave(SecurityGroupId=[other.group], PrivateIpAddress="192.168.1.99")
    shown = instance.describe()
    assert (shown["VpcAttributes"]["VpcId"], instance.private_ip) == (other.vpc, "192.168.1.99")
    assert shown["SecurityGroupIds"]["SecurityGroupId"] == [other.group]


@clause("product/network-places")
def test_vpc_knows_the_regions_and_zones_of_ecs(region: Region) -> None:
    listed = ask(region, "DescribeRegions")["Regions"]["Region"]
    of_ecs = region.call("DescribeRegions")["Regions"]["Region"]
    assert [each["RegionId"] for each in listed] == [each["RegionId"] for each in of_ecs]
    assert all(each["RegionEndpoint"] for each in listed)
    zones = ask(region, "DescribeZones")["Zones"]["Zone"]
    assert [each["ZoneId"] for each in zones] == region.zones


@clause("product/route-tables")
def test_a_vpc_has_one_system_route_table(region: Region) -> None:
    made = ask(region, "CreateVpc", CidrBlock="192.168.0.0/16")
    region.wait(lambda: one(vpcs(region, VpcId=made["VpcId"]))["Status"] == "Available")
    vswitch = make_vswitch(region, made["VpcId"])
    listed = ask(region, "DescribeRouteTableList", VpcId=made["VpcId"])["RouterTableList"]["RouterTableListType"]
    shown = one(listed)
    assert (shown["RouteTableId"], shown["RouterId"]) == (made["RouteTableId"], made["VRouterId"])
    assert (shown["RouteTableType"], shown["VSwitchIds"]["VSwitchId"]) == ("System", [vswitch])
    of_vswitch = ask(region, "DescribeVSwitchAttributes", VSwitchId=vswitch)["RouteTable"]
    assert of_vswitch == {"RouteTableId": made["RouteTableId"], "RouteTableType": "System"}
    table = one(ask(region, "DescribeRouteTables", VRouterId=made["VRouterId"])["RouteTables"]["RouteTable"])
    entries = {each["DestinationCidrBlock"] for each in table["RouteEntrys"]["RouteEntry"]}
    assert entries == {"192.168.1.0/24", "100.64.0.0/10"}
    assert {each["RouteTableId"] for each in table["RouteEntrys"]["RouteEntry"]} == {made["RouteTableId"]}
    assert (table["RouteTableId"], table["VSwitchIds"]["VSwitchId"]) == (made["RouteTableId"], [vswitch])
    for filters in ({"RouteTableType": "Custom"}, {"RouterType": "VBR"}, {"RouteTableId": "vtb-none"}):
        assert ask(region, "DescribeRouteTableList", **filters)["TotalCount"] == 0


@clause("product/route-tables")
def test_route_tables_are_listed_by_each_filter(region: Region) -> None:
    """Those of the other VPCs are left out."""
    made = ask(region, "CreateVpc", CidrBlock="192.168.0.0/16")
    make_vpc(region)
    table = made["RouteTableId"]

    def listed(**filters: object) -> list[str]:
        shown = ask(region, "DescribeRouteTableList", PageSize=50, **filters)["RouterTableList"]
        return [each["RouteTableId"] for each in shown["RouterTableListType"]]

    def told(**filters: object) -> list[str]:
        shown = ask(region, "DescribeRouteTables", PageSize=50, **filters)["RouteTables"]["RouteTable"]
        return [each["RouteTableId"] for each in shown]

    assert listed(VpcId=made["VpcId"]) == listed(RouterId=made["VRouterId"]) == listed(RouteTableId=table) == [table]
    assert told(RouteTableId=table) == told(VRouterId=made["VRouterId"]) == [table]
    assert len(listed(RouterType="VRouter")) == len(listed()) == len(told()) > 1
    assert listed(ResourceGroupId="rg-none") == told(RouteTableId="vtb-none") == []


@clause("product/network-tags")
def test_networks_have_tags(region: Region) -> None:
    said = Words(region)
    vpc = make_vpc(region, Tag=said.tags(team="web"))
    vswitch = make_vswitch(region, vpc, Tag=said.tags(team="data"))
    assert one(vpcs(region, VpcId=vpc))["Tags"]["Tag"] == said.tags(team="web")
    assert [each["VSwitchId"] for each in vswitches(region, Tag=[{"Key": said.key("team")}])] == [vswitch]
    assert vpcs(region, Tag=said.tags(team="data")) == []
    of_vpc = {"ResourceType": "VPC", "ResourceId": [vpc]}
    ask(region, "TagResources", **of_vpc, Tag=said.tags(stage="test"))

    def tags(**given: object) -> dict[str, str]:
        listed = ask(region, "ListTagResources", **{"ResourceType": "VPC", **given})["TagResources"]["TagResource"]
        return {each["TagKey"]: each["TagValue"] for each in listed if each["ResourceId"] == vpc}

    assert (
        tags(ResourceId=[vpc])
        == tags(Tag=[{"Key": said.key("stage")}])
        == {
            said.key("team"): said.value("web"),
            said.key("stage"): said.value("test"),
        }
    )
    ask(region, "UnTagResources", **of_vpc, TagKey=[said.key("team")])
    assert tags(ResourceId=[vpc]) == {said.key("stage"): said.value("test")}
    ask(region, "UnTagResources", **of_vpc, All=True)
    assert tags(ResourceId=[vpc]) == {}
    assert_refused("IllegalParam.TagKey", partial(ask, region, "CreateVpc", Tag=[{"Key": "acs:team", "Value": "a"}]))
    bad = [{"Key": "http://team", "Value": "a"}]
    assert_refused("IllegalParam.TagKey", partial(ask, region, "TagResources", **of_vpc, Tag=bad))


@clause("product/network-tags")
def test_tags_of_networks_are_each_by_themselves(region: Region) -> None:
    """A key that is given again has the new value; what names what there is not does nothing."""
    vpc = make_vpc(region, Tag=[{"Key": "team", "Value": "web"}, {"Key": "stage", "Value": "test"}])
    vswitch, other = make_vswitch(region, vpc), make_vpc(region, Tag=[{"Key": "team", "Value": "data"}])
    of_vpc = {"ResourceType": "VPC", "ResourceId": [vpc]}

    def tags(kind: str, **given: object) -> dict[tuple[str, str], str]:
        listed = ask(region, "ListTagResources", ResourceType=kind, **given)["TagResources"]["TagResource"]
        assert {each["ResourceType"].lower() for each in listed} <= {kind.lower()}
        return {(each["ResourceId"], each["TagKey"]): each["TagValue"] for each in listed}

    ask(region, "TagResources", **of_vpc, Tag=[{"Key": "stage", "Value": "live"}])
    ask(region, "TagResources", ResourceType="VSWITCH", ResourceId=[vswitch], Tag=[{"Key": "team", "Value": "web"}])
    web = {(vpc, "team"): "web", (vpc, "stage"): "live"}
    assert tags("VPC", ResourceId=[vpc]) == tags("VPC", Tag=[{"Key": "team", "Value": "web"}]) == web
    assert tags("VPC", Tag=[{"Key": "team"}]) == {**web, (other, "team"): "data"}
    assert tags("VPC", ResourceId=[vpc, other], Tag=[{"Key": "stage"}]) == web
    assert tags("VSWITCH", ResourceId=[vswitch]) == {(vswitch, "team"): "web"}
    assert [each["VpcId"] for each in vpcs(region, Tag=[{"Key": "team", "Value": "web"}])] == [vpc]
    with pytest.raises(ApiError):
        ask(region, "TagResources", ResourceType="VPC", ResourceId=[vpc, "vpc-none"], Tag=[{"Key": "new"}])
    ask(region, "UnTagResources", **of_vpc, TagKey=["stage"])
    assert tags("VPC", ResourceId=[vpc]) == {(vpc, "team"): "web"}
    assert tags("VPC", ResourceId=[other]) == {(other, "team"): "data"}


@clause("product/network-tags")
def test_tags_of_networks_have_pages(region: Region) -> None:
    """By token; each is on one of them."""
    vpc = make_vpc(region, Tag=[{"Key": f"k{number}", "Value": ""} for number in range(5)])
    pages: list[list[str]] = []
    token: str | None = None
    while len(pages) < 5:
        given = {"ResourceType": "VPC", "ResourceId": [vpc], "MaxResults": 2, "NextToken": token}
        told = ask(region, "ListTagResources", **given)
        pages.append([each["TagKey"] for each in told["TagResources"]["TagResource"]])
        if not (token := told.get("NextToken")):
            break
    assert [len(each) for each in pages] == [2, 2, 1]
    assert sorted(key for page in pages for key in page) == [f"k{number}" for number in range(5)]


@clause("product/network-group")
def test_a_vpc_is_in_a_resource_group_with_its_vswitches(region: Region) -> None:
    listed = region.call("ListResourceGroups", "resourcemanager", PageSize=100)["ResourceGroups"]["ResourceGroup"]
    default = one(each["Id"] for each in listed if each["Name"] == "default")
    made = ask(region, "CreateVpc", CidrBlock="192.168.0.0/16", ResourceGroupId=default)
    assert made["ResourceGroupId"] == default
    vpc = make_vpc(region)
    vswitch = make_vswitch(region, vpc)
    for shown in (one(vpcs(region, VpcId=vpc)), one(vswitches(region, VSwitchId=vswitch))):
        assert shown["ResourceGroupId"] == default
    assert vpc in [each["VpcId"] for each in vpcs(region, ResourceGroupId=default)]
    assert vpcs(region, ResourceGroupId="rg-none") == []
    nowhere = {"ResourceType": "vpc", "ResourceId": vpc, "NewResourceGroupId": "rg-none"}
    assert_refused("InvalidResourceGroup.NotFound", partial(ask, region, "MoveResourceGroup", **nowhere))


@clause("product/network-group")
@pytest.mark.needs("change-account")
def test_a_vpc_is_moved_to_another_resource_group(region: Region) -> None:
    group = region.control("add-resource-group", name="web")["resource_group"]
    vpc = make_vpc(region)
    vswitch = make_vswitch(region, vpc)
    ask(region, "MoveResourceGroup", ResourceType="vpc", ResourceId=vpc, NewResourceGroupId=group)
    assert [each["VpcId"] for each in vpcs(region, ResourceGroupId=group)] == [vpc]
    assert one(vswitches(region, VSwitchId=vswitch))["ResourceGroupId"] == group
