"""Networks of the product Vpc: VPCs and vSwitches, made, listed, changed and deleted."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Any

import pytest

from faultzone import ApiError, Region, assert_refused, one
from faultzone_specs.words import Words

clause = pytest.mark.clause
pytestmark = pytest.mark.region(edition="2026-10")

Answer = dict[str, Any]
CIDR = "192.168.0.0/16"
TAG = {"Key": "team", "Value": "web"}
#: What the listing of VPCs and the attributes of one have beside what makes it.
BOTH = "Description RegionId IsDefault OwnerId ResourceGroupId UserCidrs Tags".split()


def ask(region: Region, action: str, **given: object) -> Answer:
    return region.call(action, "vpc", **given)


def vpcs(region: Region, **filters: object) -> list[Answer]:
    listed: list[Answer] = ask(region, "DescribeVpcs", **{"PageSize": 50, **filters})["Vpcs"]["Vpc"]
    return listed


def vswitches(region: Region, **filters: object) -> list[Answer]:
    given = {"PageSize": 50, "RegionId": region.id, **filters}
    listed: list[Answer] = ask(region, "DescribeVSwitches", **given)["VSwitches"]["VSwitch"]
    return listed


def make_vpc(region: Region, **given: object) -> str:
    """A VPC that is ready."""
    made: str = ask(region, "CreateVpc", **{"CidrBlock": CIDR, **given})["VpcId"]
    region.wait(lambda: one(vpcs(region, VpcId=made))["Status"] == "Available")
    return made


def make_vswitch(region: Region, vpc: str, **given: object) -> str:
    """A vSwitch that is ready."""
    asked = {"VpcId": vpc, "ZoneId": region.zones[0], "CidrBlock": "192.168.1.0/24", **given}
    made: str = ask(region, "CreateVSwitch", **asked)["VSwitchId"]
    region.wait(lambda: one(vswitches(region, VSwitchId=made))["Status"] == "Available")
    return made


@clause("product/create-vpc")
def test_a_vpc_is_made_with_a_router_and_a_route_table(region: Region) -> None:
    name, text = Words(region).name("web"), Words(region).text("shop")
    made = ask(region, "CreateVpc", VpcName=name, Description=text)
    shown = one(vpcs(region, VpcId=made["VpcId"]))
    assert (shown["CidrBlock"], shown["VpcName"], shown["Description"]) == ("172.16.0.0/12", name, text)
    assert (shown["VRouterId"], shown["IsDefault"]) == (made["VRouterId"], False)
    assert shown["RouterTableIds"]["RouterTableIds"] == [made["RouteTableId"]]
    other = one(vpcs(region, VpcId=make_vpc(region)))
    assert other["CidrBlock"] == CIDR
    assert other["VpcId"] != made["VpcId"]


@clause("product/vpc-block")
@pytest.mark.parametrize(
    "block",
    "10.0.0.0/7 10.0.0.0/29 10.0.0.1/8 10.0.0.0 10.0.0.0/255.0.0.0 ten 10.0.0.0/8,172.16.0.0/12 100.64.0.0/16 "
    "127.0.0.0/8 169.254.0.0/20 224.0.0.0/8 100.0.0.0/8".split(),
)
def test_the_block_of_a_vpc_is_within_bounds(region: Region, block: str) -> None:
    before = len(vpcs(region))
    assert_refused("InvalidParameter", partial(ask, region, "CreateVpc", CidrBlock=block))
    assert len(vpcs(region)) == before


@clause("product/vpc-block")
def test_the_smallest_and_the_largest_block_are_taken(region: Region) -> None:
    for block in ("10.0.0.0/8", "10.1.0.0/28"):
        made = ask(region, "CreateVpc", CidrBlock=block)["VpcId"]
        assert one(vpcs(region, VpcId=made))["CidrBlock"] == block


@clause("product/user-blocks")
def test_a_vpc_has_up_to_three_user_blocks(region: Region) -> None:
    made = make_vpc(region, UserCidr="198.51.100.0/24,203.0.113.0/24,192.0.2.0/24")
    shown = ask(region, "DescribeVpcAttribute", VpcId=made)["UserCidrs"]["UserCidr"]
    assert shown == ["198.51.100.0/24", "203.0.113.0/24", "192.0.2.0/24"]
    for given, code in (
        ("1.0.0.0/8,2.0.0.0/8,3.0.0.0/8,4.0.0.0/8", "InvalidUserCidr.Quota"),
        ("100.64.0.0/16", "InvalidUserCidr.Malformed"),
        ("nowhere", "InvalidParameter"),
    ):
        assert_refused(code, partial(ask, region, "CreateVpc", UserCidr=given))


@clause("product/network-names")
def test_names_and_descriptions_keep_to_their_form(region: Region) -> None:
    vpc = make_vpc(region, VpcName="v" * 128, Description="d" * 256)
    vswitch = make_vswitch(region, vpc, VSwitchName="s" * 128, Description="d" * 256)
    bad_names, bad_texts = ("n" * 129, "http://a", "https://a"), ("d" * 257, "http://a")
    in_vpc = {"VpcId": vpc, "ZoneId": region.zones[0], "CidrBlock": "192.168.2.0/24"}
    for action, given, name, of in (
        ("CreateVpc", {}, "VpcName", "Vpc"),
        ("ModifyVpcAttribute", {"VpcId": vpc}, "VpcName", "Vpc"),
        ("CreateVSwitch", in_vpc, "VSwitchName", "VSwitch"),
        ("ModifyVSwitchAttribute", {"VSwitchId": vswitch}, "VSwitchName", "VSwitch"),
    ):
        call = partial(ask, region, action, **given)
        for bad in bad_names:
            assert_refused(f"Invalid{of}Name.Malformed", partial(call, **{name: bad}))
        for bad in bad_texts:
            assert_refused(f"Invalid{of}Discription.Malformed", partial(call, Description=bad))
    assert one(vpcs(region, VpcId=vpc))["VpcName"] == "v" * 128
    assert one(vswitches(region, VSwitchId=vswitch))["VSwitchName"] == "s" * 128


@clause("product/network-pending")
def test_networks_are_pending_until_they_are_made(region: Region) -> None:
    vpc = ask(region, "CreateVpc", CidrBlock=CIDR)["VpcId"]
    into = {"VpcId": vpc, "ZoneId": region.zones[0], "CidrBlock": "192.168.1.0/24"}
    assert ask(region, "DescribeVpcAttribute", VpcId=vpc)["Status"] == "Pending"
    assert_refused("IncorrectVpcStatus", partial(ask, region, "CreateVSwitch", **into))
    assert vswitches(region, VpcId=vpc) == []
    region.wait(lambda: ask(region, "DescribeVpcAttribute", VpcId=vpc)["Status"] == "Available")
    group = region.call("CreateSecurityGroup", VpcId=vpc)["SecurityGroupId"]
    vswitch = ask(region, "CreateVSwitch", **into)["VSwitchId"]
    launch = partial(region.run_instances, 1, VSwitchId=vswitch, SecurityGroupId=group)
    assert one(vswitches(region, VSwitchId=vswitch))["Status"] == "Pending"
    assert_refused("IncorrectVSwitchStatus", launch)
    region.wait(lambda: one(vswitches(region, VSwitchId=vswitch))["Status"] == "Available")
    assert len(launch()) == 1


@clause("product/create-vswitch")
def test_a_vswitch_is_made_in_its_zone_and_vpc(region: Region) -> None:
    vpc, zone = make_vpc(region), region.zones[-1]
    name, text = Words(region).name("front"), Words(region).text("shop")
    made = make_vswitch(region, vpc, ZoneId=zone, VSwitchName=name, Description=text)
    shown = one(vswitches(region, VSwitchId=made))
    assert (shown["VpcId"], shown["ZoneId"], shown["CidrBlock"]) == (vpc, zone, "192.168.1.0/24")
    assert (shown["VSwitchName"], shown["Description"], shown["IsDefault"]) == (name, text, False)
    assert one(vpcs(region, VpcId=vpc))["VSwitchIds"]["VSwitchId"] == [made]
    into = {"VpcId": vpc, "ZoneId": zone, "CidrBlock": "192.168.2.0/24"}
    for wrong, code in (
        ({"VpcId": "vpc-none"}, "InvalidVpcId.NotFound"),
        ({"ZoneId": "cn-nowhere-a"}, "InvalidZoneId.NotFound"),
    ):
        assert_refused(code, partial(ask, region, "CreateVSwitch", **{**into, **wrong}))


@clause("product/vswitch-block")
def test_the_block_of_a_vswitch_is_in_its_vpc_and_nobody_elses(region: Region) -> None:
    vpc = make_vpc(region, CidrBlock="10.0.0.0/8")
    make_vswitch(region, vpc, CidrBlock="10.1.0.0/16")
    call = partial(ask, region, "CreateVSwitch", VpcId=vpc, ZoneId=region.zones[0])
    for block, code in (
        ("10.2.0.0/15", "InvalidCirdrBlock.MaskLength"),
        ("10.2.0.0/30", "InvalidCirdrBlock.MaskLength"),
        ("11.0.0.0/16", "InvalidParameter"),
        ("10.1.255.248/29", "InvalidCidrBlock.Overlapped"),
        ("10.1.0.0/16", "InvalidCidrBlock.Overlapped"),
        ("10.2.0.1/24", "InvalidCidrBlock.Malformed"),
        ("ten", "InvalidCidrBlock.Malformed"),
    ):
        assert_refused(code, partial(call, CidrBlock=block))
    assert len(vswitches(region, VpcId=vpc)) == 1
    for block in ("10.2.0.0/16", "10.3.0.0/29"):
        made = call(CidrBlock=block)["VSwitchId"]
        assert one(vswitches(region, VSwitchId=made))["CidrBlock"] == block


@clause("product/network-quotas")
def test_an_account_makes_so_many_networks(region: Region) -> None:
    own = len(vpcs(region, IsDefault=False))
    made = [ask(region, "CreateVpc", CidrBlock="10.0.0.0/8")["VpcId"] for _ in range(10 - own)]
    assert_refused("QuotaExceeded.Vpc", partial(ask, region, "CreateVpc"))
    assert len(vpcs(region, IsDefault=False)) == 10
    region.wait(lambda: one(vpcs(region, VpcId=made[-1]))["Status"] == "Available")
    into = partial(ask, region, "CreateVSwitch", VpcId=made[-1], ZoneId=region.zones[0])
    for number in range(150):
        into(CidrBlock=f"10.{number}.0.0/24")
    assert_refused("QuotaExceeded.VSwitch", partial(into, CidrBlock="10.200.0.0/24"))


@clause("product/network-token")
def test_a_token_makes_one_network_and_a_dry_run_none(region: Region) -> None:
    create = partial(ask, region, "CreateVpc", CidrBlock=CIDR)
    assert_refused("DryRunOperation", partial(create, DryRun=True))
    assert vpcs(region, IsDefault=False) == []
    vpc = create(ClientToken="first")["VpcId"]
    assert create(ClientToken="first")["VpcId"] == vpc
    assert create(ClientToken="second")["VpcId"] != vpc
    assert len(vpcs(region, IsDefault=False)) == 2
    region.wait(lambda: one(vpcs(region, VpcId=vpc))["Status"] == "Available")
    into = {"VpcId": vpc, "ZoneId": region.zones[0], "CidrBlock": "192.168.1.0/24", "ClientToken": "first"}
    made = [ask(region, "CreateVSwitch", **into)["VSwitchId"] for _ in range(2)]
    assert made[0] == made[1] == one(vswitches(region, VpcId=vpc))["VSwitchId"]
    region.wait(lambda: one(vswitches(region, VSwitchId=made[0]))["Status"] == "Available")
    assert_refused("DryRunOperation", partial(ask, region, "DeleteVSwitch", VSwitchId=made[0], DryRun=True))
    assert len(vswitches(region, VpcId=vpc)) == 1


@clause("product/network-token")
def test_a_vpc_is_deleted_once_and_not_in_a_dry_run(region: Region) -> None:
    """A dry run makes the checks of the call."""
    assert_refused("InvalidParameter", partial(ask, region, "CreateVpc", CidrBlock="ten", DryRun=True))
    used, free = make_vpc(region), make_vpc(region)
    make_vswitch(region, used)
    assert_refused("DependencyViolation.VSwitch", partial(ask, region, "DeleteVpc", VpcId=used, DryRun=True))
    assert_refused("DryRunOperation", partial(ask, region, "DeleteVpc", VpcId=free, DryRun=True))
    assert len(vpcs(region, VpcId=free)) == 1
    delete = partial(ask, region, "DeleteVpc", VpcId=free, ClientToken="gone")
    delete()
    delete()
    assert [each["VpcId"] for each in vpcs(region, IsDefault=False)] == [used]


@clause("product/describe-networks")
def test_networks_are_listed_by_each_filter(region: Region) -> None:
    said = Words(region)
    one_vpc, other_vpc = (make_vpc(region, VpcName=said.name(each)) for each in ("web", "data"))
    first = make_vswitch(region, one_vpc, VSwitchName=said.name("front"))
    second = make_vswitch(region, one_vpc, ZoneId=region.zones[-1], CidrBlock="192.168.2.0/24")
    third = make_vswitch(region, other_vpc)

    def ids(listed: list[Answer], of: str) -> set[str]:
        return {each[of] for each in listed}

    assert {one_vpc, other_vpc} < ids(vpcs(region), "VpcId")
    assert ids(vpcs(region, VpcId=f"{one_vpc},{other_vpc},vpc-none"), "VpcId") == {one_vpc, other_vpc}
    assert ids(vpcs(region, VpcName=said.name("web")), "VpcId") == {one_vpc}
    assert ids(vpcs(region, IsDefault=False), "VpcId") == {one_vpc, other_vpc}
    assert {one_vpc, other_vpc}.isdisjoint(ids(vpcs(region, IsDefault=True), "VpcId"))
    assert ids(vswitches(region, VpcId=one_vpc), "VSwitchId") == {first, second}
    assert ids(vswitches(region, ZoneId=region.zones[-1], IsDefault=False), "VSwitchId") == {second}
    assert ids(vswitches(region, VSwitchName=said.name("front")), "VSwitchId") == {first}
    assert ids(vswitches(region, VSwitchId=third), "VSwitchId") == {third}
    table = one(vpcs(region, VpcId=other_vpc))["RouterTableIds"]["RouterTableIds"][0]
    assert ids(vswitches(region, RouteTableId=table), "VSwitchId") == {third}
    owner = one(vpcs(region, VpcId=one_vpc))["OwnerId"]
    assert ids(vpcs(region, VpcOwnerId=owner, VpcName=said.name("web")), "VpcId") == {one_vpc}
    assert vpcs(region, VpcOwnerId=owner + 1) == vswitches(region, VSwitchOwnerId=owner + 1) == []
    assert {one_vpc, other_vpc} < ids(vpcs(region, EnableIpv6=False), "VpcId")
    assert {one_vpc, other_vpc}.isdisjoint(ids(vpcs(region, EnableIpv6=True), "VpcId"))
    assert {first, second, third} < ids(vswitches(region, EnableIpv6=False), "VSwitchId")
    assert {first, second, third}.isdisjoint(ids(vswitches(region, EnableIpv6=True), "VSwitchId"))
    assert {first, second, third}.isdisjoint(ids(vswitches(region, IsDefault=True), "VSwitchId"))
    assert vswitches(region, VpcId=one_vpc, ResourceGroupId="rg-none") == []


@clause("product/describe-networks")
def test_networks_have_pages(region: Region) -> None:
    """Of ten where no size is given, of fifty at the most."""
    vpc = make_vpc(region, CidrBlock="10.0.0.0/8")
    made = [make_vswitch(region, vpc, CidrBlock=f"10.{number}.0.0/24") for number in range(12)]
    others = [make_vpc(region), make_vpc(region)]

    def pages(action: str, path: tuple[str, str, str], sizes: list[int], **given: object) -> list[str]:
        told = [ask(region, action, **given, PageNumber=number + 1) for number in range(len(sizes))]
        items = [each[path[0]][path[1]] for each in told]
        assert [len(each) for each in items] == sizes
        assert [each["TotalCount"] for each in told] == [sum(sizes)] * len(sizes)
        assert [each["PageNumber"] for each in told] == [number + 1 for number in range(len(sizes))]
        assert [each["PageSize"] for each in told] == [given.get("PageSize", 10)] * len(sizes)
        return [each[path[2]] for page in items for each in page]

    of_vswitches = ("VSwitches", "VSwitch", "VSwitchId")
    assert sorted(pages("DescribeVSwitches", of_vswitches, [10, 2, 0], VpcId=vpc)) == sorted(made)
    assert sorted(pages("DescribeVSwitches", of_vswitches, [7, 5], VpcId=vpc, PageSize=7)) == sorted(made)
    of_vpcs = ("Vpcs", "Vpc", "VpcId")
    assert sorted(pages("DescribeVpcs", of_vpcs, [2, 1], IsDefault=False, PageSize=2)) == sorted([vpc, *others])
    for action in ("DescribeVpcs", "DescribeVSwitches"):
        for size in (0, 51):
            assert_refused("InvalidParameter", partial(ask, region, action, PageSize=size))


@clause("product/describe-networks")
def test_attributes_and_ecs_tell_what_the_listing_tells(region: Region) -> None:
    began, said = region.clock.ms, Words(region)
    given = {"VpcName": said.name("web"), "Description": said.text("shop"), "UserCidr": "192.0.2.0/24", "Tag": [TAG]}
    vpc = make_vpc(region, **given)
    vswitch = make_vswitch(region, vpc, VSwitchName=said.name("front"), Description=said.text("front"), Tag=[TAG])
    listed, attributes = one(vpcs(region, VpcId=vpc)), ask(region, "DescribeVpcAttribute", VpcId=vpc)
    for name in "VpcId VpcName CidrBlock Status VRouterId CreationTime VSwitchIds".split() + BOTH:
        assert attributes[name] == listed[name], name
    assert (listed["UserCidrs"]["UserCidr"], listed["Tags"]["Tag"]) == (["192.0.2.0/24"], [TAG])
    resources = attributes["CloudResources"]["CloudResourceSetType"]
    assert {"ResourceType": "VSwitch", "ResourceCount": 1} in resources
    of_ecs = one(region.call("DescribeVpcs", VpcId=vpc)["Vpcs"]["Vpc"])
    for name in ("VpcId", "VpcName", "CidrBlock", "Status", "IsDefault", "VSwitchIds"):
        assert of_ecs[name] == listed[name], name
    shown = one(vswitches(region, VSwitchId=vswitch))
    attributes = ask(region, "DescribeVSwitchAttributes", VSwitchId=vswitch)
    of_ecs = one(region.call("DescribeVSwitches", VSwitchId=vswitch)["VSwitches"]["VSwitch"])
    for name in ("VSwitchId", "VSwitchName", "VpcId", "ZoneId", "CidrBlock", "Status", "AvailableIpAddressCount"):
        assert attributes[name] == of_ecs[name] == shown[name], name
    for name in ("CreationTime", "RouteTable", "Tags", "Description", "ResourceGroupId", "OwnerId", "IsDefault"):
        assert attributes[name] == shown[name], name
    account = region.call("GetCallerIdentity", "sts")["AccountId"]
    assert (listed["RegionId"], shown["Tags"]["Tag"]) == (region.id, [TAG])
    for each in (listed, shown):
        assert each["OwnerId"] == int(account)
        made = datetime.fromisoformat(each["CreationTime"]).timestamp() * 1000
        assert began - 1000 <= made <= region.clock.ms


@clause("product/unknown-network")
def test_nothing_is_told_of_a_network_that_there_is_not(region: Region) -> None:
    for action, name in (("DescribeVpcAttribute", "VpcId"), ("DescribeVSwitchAttributes", "VSwitchId")):
        shown: Answer = {}
        with suppress(ApiError):
            shown = ask(region, action, **{name: "none"})
        assert not any(shown.get(each) for each in (name, "Status", "CidrBlock"))


@clause("product/modify-network")
def test_what_is_given_is_changed_and_the_rest_stays(region: Region) -> None:
    said = Words(region)
    before, after = said.text("before"), said.text("after")
    vpc = make_vpc(region, VpcName=said.name("web"), Description=before)
    vswitch = make_vswitch(region, vpc, VSwitchName=said.name("front"), Description=before)
    ask(region, "ModifyVpcAttribute", VpcId=vpc, VpcName=said.name("shop"))
    ask(region, "ModifyVSwitchAttribute", VSwitchId=vswitch, Description=after)
    of_vpc, of_vswitch = one(vpcs(region, VpcId=vpc)), one(vswitches(region, VSwitchId=vswitch))
    assert (of_vpc["VpcName"], of_vpc["Description"]) == (said.name("shop"), before)
    assert (of_vswitch["VSwitchName"], of_vswitch["Description"]) == (said.name("front"), after)
    ask(region, "ModifyVpcAttribute", VpcId=vpc, Description=after)
    ask(region, "ModifyVSwitchAttribute", VSwitchId=vswitch, VSwitchName=said.name("back"))
    of_vpc, of_vswitch = one(vpcs(region, VpcId=vpc)), one(vswitches(region, VSwitchId=vswitch))
    assert (of_vpc["VpcName"], of_vpc["Description"], of_vpc["CidrBlock"]) == (said.name("shop"), after, CIDR)
    assert (of_vswitch["VSwitchName"], of_vswitch["Description"]) == (said.name("back"), after)
    other = one(vpcs(region, VpcId=make_vpc(region, VpcName=said.name("other"))))
    ask(region, "ModifyVpcAttribute", VpcId=vpc, CidrBlock="192.168.0.0/20")
    assert one(vpcs(region, VpcId=other["VpcId"])) == other
    assert one(vpcs(region, VpcId=vpc))["CidrBlock"] == "192.168.0.0/20"
    for block in ("192.168.2.0/24", "10.0.0.0/8", "ten"):
        assert_refused("InvalidParameter", partial(ask, region, "ModifyVpcAttribute", VpcId=vpc, CidrBlock=block))
    assert one(vpcs(region, VpcId=vpc))["CidrBlock"] == "192.168.0.0/20"
    assert_refused("InvalidVpcId.NotFound", partial(ask, region, "ModifyVpcAttribute", VpcId="vpc-none"))
    assert_refused("InvalidVSwitchId.NotFound", partial(ask, region, "ModifyVSwitchAttribute", VSwitchId="vsw-none"))


@clause("product/delete-vpc")
def test_a_vpc_is_deleted_once_nothing_is_in_it(region: Region) -> None:
    vpc = make_vpc(region)
    vswitch, group = make_vswitch(region, vpc), region.call("CreateSecurityGroup", VpcId=vpc)["SecurityGroupId"]
    delete = partial(ask, region, "DeleteVpc", VpcId=vpc)
    assert_refused("DependencyViolation.VSwitch", delete)
    ask(region, "DeleteVSwitch", VSwitchId=vswitch)
    assert vswitches(region, VpcId=vpc) == []
    assert_refused("DependencyViolation.SecurityGroup", delete)
    assert len(vpcs(region, VpcId=vpc)) == 1
    region.call("DeleteSecurityGroup", SecurityGroupId=group)
    delete()
    assert vpcs(region, VpcId=vpc) == []
    assert_refused("InvalidVpcId.NotFound", delete)
