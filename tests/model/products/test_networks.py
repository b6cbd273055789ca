"""Networks in process: the form of their answers in each edition, bad input, and what instances have of them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from faultzone import Region, assert_nothing_made, assert_refused, make_region, one
from faultzone.backends.answers import deviations
from faultzone.backends.local import LocalBackend
from faultzone.cli.actions import implemented
from faultzone.editions import load, names
from faultzone.model.core.networks import Block, read_block
from tests.support.networks import make_vpc, make_vswitch

Given = dict[str, Any]


_TAGGED: Given = {"ResourceId": ["vpc-none"], "Tag": [{"Key": "a"}]}


def _listed(region: Region, vswitch: str) -> Given:
    found: Given = one(region.call("DescribeVSwitches", "vpc", VSwitchId=vswitch)["VSwitches"]["VSwitch"])
    return found


def test_what_is_asked_of_an_elastic_address_with_a_token_happens_once() -> None:
    """By Vpc alone: ECS documents no ClientToken for them."""
    with make_region(edition="2026-10") as region:
        (instance,) = region.run_instances(1, public_ip=False)
        address = region.call("AllocateEipAddress", "vpc")["AllocationId"]
        for action in ("AssociateEipAddress", "UnassociateEipAddress", "ReleaseEipAddress"):
            asked: Given = {"AllocationId": address, "ClientToken": action}
            if action != "ReleaseEipAddress":
                asked["InstanceId"] = instance.id
            for _ in range(2):
                region.call(action, "vpc", **asked)
                region.clock.advance("1m")
            other = {**asked, "AllocationId": "eip-none"}
            assert_refused("IdempotentParameterMismatch", partial(region.call, action, "vpc", **other))
        asked = {"AllocationId": address, "ClientToken": "\u00e9"}
        assert_refused(
            "InvalidClientToken.ValueNotSupported", partial(region.call, "ModifyEipAddressAttribute", "vpc", **asked)
        )


def _ask_of_addresses(region: Region, ask: Callable[..., Given]) -> None:
    """Get an elastic address, let an instance have it, and give it back."""
    (instance,) = region.run_instances(1, public_ip=False)
    of_address = {
        "AllocationId": ask("AllocateEipAddress", Name="web", Tag=[{"Key": "a", "Value": "b"}])["AllocationId"]
    }
    ask("ModifyEipAddressAttribute", **of_address, Bandwidth="9")
    for action in ("AssociateEipAddress", "UnassociateEipAddress"):
        ask(action, **of_address, InstanceId=instance.id)
        region.clock.advance(1)
        ask("DescribeEipAddresses")
    ask("ReleaseEipAddress", **of_address)


@pytest.mark.parametrize("edition", names())
def test_answers_have_what_is_declared_and_nothing_else(edition: str) -> None:
    with make_region(edition=edition, ipv6=True) as region:
        wrong: list[str] = []
        asked: set[str] = set()

        def ask(action: str, **given: object) -> Given:
            asked.add(action)
            answer = region.call(action, "vpc", **given)
            wrong.extend(f"{action}: {each}" for each in deviations(action, answer, load(edition).date, "vpc"))
            return answer

        vpc = ask("CreateVpc", UserCidr="192.0.2.0/24", Tag=[{"Key": "a", "Value": "b"}])["VpcId"]
        region.clock.advance(1)
        at = {"VpcId": vpc, "ZoneId": region.zones[0], "CidrBlock": "172.16.1.0/24"}
        vswitch = ask("CreateVSwitch", **at, Tag=[{"Key": "a", "Value": "b"}])["VSwitchId"]
        region.clock.advance(1)
        of_vpc, of_vswitch = {"VpcId": vpc}, {"VSwitchId": vswitch}
        tagged = {"ResourceType": "VPC", "ResourceId": [vpc]}
        group = ask("DescribeVpcAttribute", **of_vpc)["ResourceGroupId"]
        for action, given in (
            ("DescribeVpcs", {}),
            ("DescribeVSwitches", {}),
            ("DescribeVpcAttribute", {"VpcId": "vpc-none"}),
            ("DescribeVSwitchAttributes", of_vswitch),
            ("DescribeVSwitchAttributes", {"VSwitchId": "vsw-none"}),
            ("ModifyVpcAttribute", {**of_vpc, "EnableDnsHostname": True}),
            ("ModifyVSwitchAttribute", {**of_vswitch, "VSwitchName": "web"}),
            ("DescribeRegions", {}),
            ("DescribeZones", {}),
            ("DescribeRouteTableList", {}),
            ("DescribeRouteTables", {}),
            ("DescribeEipAddresses", {"EipAddress": "192.0.2.1"}),
            ("TagResources", {**tagged, "Tag": [{"Key": "c", "Value": ""}]}),
            ("ListTagResources", tagged),
            ("UnTagResources", {**tagged, "All": True}),
            ("MoveResourceGroup", {"ResourceType": "vpc", "ResourceId": vpc, "NewResourceGroupId": group}),
            ("DeleteVSwitch", of_vswitch),
            ("DeleteVpc", of_vpc),
        ):
            ask(action, **given)
        _ask_of_addresses(region, ask)
    assert wrong == []
    assert asked == implemented("vpc").keys()


@pytest.mark.parametrize(
    ("text", "block"),
    [
        ("10.0.0.0/8", Block(10 << 24, 8)),
        ("0.0.0.0/0", Block(0, 0)),
        ("192.0.2.1/32", Block(0xC0000201, 32)),
        *((each, None) for each in ("10.0.0.0/33", "10.0.0.1/8", "10.0.0.0", "10.0.0/8", "10.0.0.0/8/8", "a", "")),
        *((each, None) for each in ("10.0.0.0/-1", "1000.0.0.0/8", "10.0.0.0/٨", " 10.0.0.0/8")),
    ],
)
def test_a_block_is_read_if_it_is_written_by_its_first_address(text: str, block: Block | None) -> None:
    assert read_block(text) == block


@pytest.mark.parametrize(
    ("action", "given", "code"),
    [
        ("CreateVpc", {"RegionId": ""}, "MissingParameter"),
        ("CreateVpc", {"CidrBlock": "0.0.0.0/8"}, "InvalidParameter"),
        ("CreateVpc", {"CidrBlock": "240.0.0.0/8"}, "InvalidParameter"),
        ("CreateVpc", {"Ipv6CidrBlock": "2001:db8::/56"}, "UnsupportedParameter"),
        ("CreateVpc", {"Ipv4IpamPoolId": "pool"}, "UnsupportedParameter"),
        ("CreateVpc", {"ResourceGroupId": "rg-none"}, "InvalidResourceGroup.NotFound"),
        ("CreateVpc", {"Tag": [{"Key": "a", "Value": "b"}] * 2}, "Duplicate.TagKey"),
        ("CreateVpc", {"Tag": [{"Key": "a", "Value": "http://a"}]}, "IllegalParam.TagValue"),
        ("CreateVpc", {"Tag": [{"Key": f"k{n}"} for n in range(21)]}, "InvalidTagCount"),
        ("CreateVSwitch", {"ZoneId": "cn-hangzhou-a", "CidrBlock": "10.0.0.0/24"}, "MissingParameter"),
        ("DescribeVpcs", {"VpcId": ",".join(["vpc-none"] * 21)}, "InvalidParameter"),
        ("DescribeVpcs", {"DryRun": True}, "DryRunOperation"),
        ("DescribeVpcs", {"PageNumber": 0}, "InvalidParameter"),
        ("DescribeVpcAttribute", {}, "MissingParameter"),
        ("DeleteVSwitch", {"VSwitchId": "vsw-none", "DryRun": True}, "InvalidVSwitchId.NotFound"),
        ("TagResources", {**_TAGGED, "ResourceType": "VPC"}, "InvalidResourceId.NotFound"),
        ("TagResources", {**_TAGGED, "ResourceType": "moon"}, "InvalidResourceType.NotFound"),
        ("TagResources", {"ResourceType": "VPC", "ResourceId": ["a"]}, "MissingParameter"),
        ("UnTagResources", {"ResourceType": "VPC", "ResourceId": ["a"]}, "MissingParameter"),
        ("ListTagResources", {"ResourceType": "VPC"}, "MissingParameter"),
        ("ListTagResources", {"ResourceType": "VPC", "ResourceId": ["a"], "NextToken": "no"}, "InvalidParameter"),
        ("MoveResourceGroup", {"ResourceType": "vpc", "ResourceId": "a"}, "MissingParameter"),
        ("CreateNatGateway", {}, "InvalidAction"),
    ],
)  # fmt: skip
def test_bad_input_is_refused_and_makes_nothing(action: str, given: Given, code: str) -> None:
    with make_region() as region:
        assert_refused(code, partial(region.call, action, "vpc", **given))
        assert region.call("DescribeVpcs", "vpc")["TotalCount"] == 1


def test_the_network_that_is_there_from_the_start_stays() -> None:
    with make_region() as region:
        vpc = one(region.call("DescribeVpcs", "vpc")["Vpcs"]["Vpc"])
        vswitch = vpc["VSwitchIds"]["VSwitchId"][0]
        for action, given in (("DeleteVpc", {"VpcId": vpc["VpcId"]}), ("DeleteVSwitch", {"VSwitchId": vswitch})):
            refused = assert_refused("OperationDenied", partial(region.call, action, "vpc", **given))
            assert "from the start" in refused.message
        assert region.run_instances(1)[0].describe()["VpcAttributes"]["VpcId"] == vpc["VpcId"]


def test_a_vswitch_is_made_in_the_default_network_beside_those_of_the_zones() -> None:
    with make_region() as region:
        vpc = one(region.call("DescribeVpcs", "vpc")["Vpcs"]["Vpc"])["VpcId"]
        vswitch = make_vswitch(region, vpc, "10.200.0.0/24")
        assert _listed(region, vswitch)["IsDefault"] is False
        assert region.call("DescribeVSwitches", "vpc", IsDefault=True)["TotalCount"] == len(region.zones)
        (made,) = region.run_instances(1, VSwitchId=vswitch)
        assert made.private_ip.startswith("10.200.0.")
        (usual,) = region.run_instances(1, ZoneId=region.zones[0])
        assert not usual.private_ip.startswith("10.200.0.")


def test_a_launch_into_another_network_names_a_security_group() -> None:
    with make_region() as region:
        launch = partial(region.run_instances, 1, VSwitchId=make_vswitch(region, make_vpc(region)))
        assert_nothing_made(region, launch, "MissingParameter")
        assert_nothing_made(region, partial(launch, SecurityGroupId="sg-none"), "InvalidSecurityGroupId.NotFound")


def test_a_secondary_interface_stays_in_the_vpc_of_its_instance() -> None:
    with make_region(edition="2026-10") as region:
        vpc = make_vpc(region)
        vswitch, second = make_vswitch(region, vpc), make_vswitch(region, vpc, "192.168.2.0/29")
        elsewhere = make_vswitch(region, make_vpc(region))
        group = region.call("CreateSecurityGroup", VpcId=vpc)["SecurityGroupId"]
        launch = partial(region.run_instances, VSwitchId=vswitch, SecurityGroupId=group)

        def card(of: str, **more: object) -> Given:
            return {"VSwitchId": of, "SecurityGroupId": group, **more}

        assert_nothing_made(region, partial(launch, 1, NetworkInterface=[card(elsewhere)]), "InvalidParameter.NotMatch")
        assert_nothing_made(
            region, partial(launch, 1, NetworkInterface=[card(second, PrimaryIpAddress="192.168.1.9")]),
            "InvalidPrivateIpAddress",
        )  # fmt: skip
        full = partial(launch, 5, NetworkInterface=[card(second)])
        assert_nothing_made(region, full, "InvalidVSwitchId.IpNotEnough")
        (made,) = launch(1, NetworkInterface=[card(second, PrimaryIpAddress="192.168.2.3")])
        cards = [each["PrimaryIpAddress"] for each in made.describe()["NetworkInterfaces"]["NetworkInterface"]]
        assert cards == [made.private_ip, "192.168.2.3"]
        assert _listed(region, second)["AvailableIpAddressCount"] == 3
        made.stop()
        group_elsewhere = region.call("CreateSecurityGroup", VpcId=_listed(region, elsewhere)["VpcId"])
        move = partial(
            region.call, "ModifyInstanceVpcAttribute", InstanceId=made.id, VSwitchId=elsewhere,
            VpcId=_listed(region, elsewhere)["VpcId"], SecurityGroupId=[group_elsewhere["SecurityGroupId"]],
        )  # fmt: skip
        assert_refused("OperationDenied", move)


def test_an_instance_is_not_moved_into_a_full_vswitch() -> None:
    with make_region(edition="2026-10") as region:
        vpc = make_vpc(region)
        vswitch, small = make_vswitch(region, vpc), make_vswitch(region, vpc, "192.168.2.0/29")
        group = region.call("CreateSecurityGroup", VpcId=vpc)["SecurityGroupId"]
        (made,) = region.run_instances(1, VSwitchId=vswitch, SecurityGroupId=group)
        region.run_instances(4, VSwitchId=small, SecurityGroupId=group)
        made.stop()
        before = made.describe()["VpcAttributes"]
        move = partial(region.call, "ModifyInstanceVpcAttribute", InstanceId=made.id, VSwitchId=small)
        assert_refused("InvalidVSwitchId.IpNotEnough", move)
        assert made.describe()["VpcAttributes"] == before


def test_an_instance_finds_those_of_its_own_network_alone() -> None:
    """Two networks with the same addresses: an instance reaches the one beside it."""
    with make_region() as region:
        assert isinstance(region.backend, LocalBackend)
        find = region.backend.cloud.find_by_address
        addresses, askers = [], []
        for name in ("one", "other"):
            vpc = make_vpc(region)
            group = region.call("CreateSecurityGroup", VpcId=vpc)["SecurityGroupId"]
            into = {"VSwitchId": make_vswitch(region, vpc), "SecurityGroupId": group}
            (asks,) = region.run_instances(1, **into)
            (told,) = region.run_instances(1, **into, HostName=name)
            assert find(asks.id, told.private_ip) == find(asks.id, name) == told.id
            addresses.append(told.private_ip)
            askers.append(asks.id)
        assert addresses[0] == addresses[1]
        assert find(askers[1], "one") is None


def test_networks_of_another_account_are_unknown() -> None:
    with make_region(accounts=2) as region:
        vpc, other = make_vpc(region), region.as_account(1)
        assert vpc not in [each["VpcId"] for each in other.call("DescribeVpcs", "vpc")["Vpcs"]["Vpc"]]
        assert_refused("InvalidVpcId.NotFound", partial(other.call, "DeleteVpc", "vpc", VpcId=vpc))


def test_an_instance_tells_its_network_of_itself() -> None:
    with make_region() as region:
        vpc = make_vpc(region)
        vswitch, group = make_vswitch(region, vpc), region.call("CreateSecurityGroup", VpcId=vpc)["SecurityGroupId"]
        (made,) = region.run_instances(1, VSwitchId=vswitch, SecurityGroupId=group)
        ask = "curl -s http://100.100.100.200/latest/meta-data/"
        told = [region.run_command(f"{ask}{name}", on=made).output(made) for name in ("vpc-id", "vswitch-id")]
        assert told == [vpc, vswitch]
