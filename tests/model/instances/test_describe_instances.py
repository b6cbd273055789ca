"""The filters of DescribeInstances, and what it shows of an instance in the classic network."""

from __future__ import annotations

import json
from typing import Any

import pytest

from faultzone import Instance, Region, assert_refused, make_region
from faultzone.model.core.listing import like


@pytest.fixture
def region() -> Region:
    return make_region(default_network=False, hosts_per_zone=4)


@pytest.fixture
def pair(region: Region) -> tuple[Instance, Instance]:
    """One in the classic network, one in the VPC."""
    vswitch = region.call("DescribeVSwitches")["VSwitches"]["VSwitch"][0]["VSwitchId"]
    return region.run_instances()[0], region.run_instances(VSwitchId=vswitch)[0]


def found(region: Region, **filters: Any) -> set[str]:
    return {each["InstanceId"] for each in region.call("DescribeInstances", **filters)["Instances"]["Instance"]}


def test_the_classic_network_is_shown_as_such(region: Region, pair: tuple[Instance, Instance]) -> None:
    classic = pair[0].describe()
    assert classic["InnerIpAddress"]["IpAddress"] == [pair[0].private_ip]
    assert classic["VpcAttributes"]["PrivateIpAddress"]["IpAddress"] == []
    assert {classic["VpcAttributes"]["VpcId"], classic["VpcAttributes"]["VSwitchId"]} == {""}
    assert classic["NetworkInterfaces"]["NetworkInterface"] == []
    cards = region.call("DescribeNetworkInterfaces")["NetworkInterfaceSets"]["NetworkInterfaceSet"]
    assert [each["InstanceId"] for each in cards] == [pair[1].id]
    assert_refused(
        "InvalidNetworkType.MismatchRamRole", lambda: region.call("DescribeInstanceRamRole", InstanceIds=[pair[0].id])
    )
    assert pair[0].identity.private_ip == pair[0].private_ip
    inside = pair[1].describe()
    assert inside["InnerIpAddress"]["IpAddress"] == []
    assert inside["VpcAttributes"]["PrivateIpAddress"]["IpAddress"] == [pair[1].private_ip]


def test_filters_tell_the_networks_apart(region: Region, pair: tuple[Instance, Instance]) -> None:
    (classic, inside), vpc = pair, pair[1].describe()["VpcAttributes"]
    for filters, only in (
        ({"InstanceNetworkType": "classic"}, classic),
        ({"InnerIpAddresses": json.dumps([classic.private_ip, inside.private_ip])}, classic),
        ({"InstanceNetworkType": "vpc"}, inside),
        ({"PrivateIpAddresses": json.dumps([classic.private_ip, inside.private_ip])}, inside),
        ({"VpcId": vpc["VpcId"]}, inside),
        ({"VSwitchId": vpc["VSwitchId"]}, inside),
    ):
        assert found(region, **filters) == {only.id}, filters
    assert found(region, VpcId="vpc-none") == set()


def test_times_are_filters_to_the_minute_and_what_never_expires_is_in_no_window() -> None:
    region = make_region()
    plain = region.create_instance()
    region.clock.advance("90s")
    subscribed = region.create_instance(InstanceChargeType="PrePaid", Period=1)
    shown = {each: each.describe() for each in (plain, subscribed)}

    def found_by(**by: str) -> set[str]:
        return found(region, Filter=[{"Key": key, "Value": value} for key, value in by.items()])

    begun, expiry = shown[subscribed]["CreationTime"], shown[subscribed]["ExpiredTime"]
    assert found_by(CreationStartTime=begun, CreationEndTime=begun) == {subscribed.id}
    assert found_by(CreationEndTime=shown[plain]["CreationTime"].replace("Z", ":59Z")) == {plain.id}
    assert found_by(ExpiredStartTime=expiry, ExpiredEndTime=expiry) == {subscribed.id}
    assert found_by(ExpiredStartTime="2019-03-01T00:00Z") == {subscribed.id}
    assert found_by(ExpiredEndTime="2200-01-01T00:00Z") == {subscribed.id}
    assert found_by(ExpiredStartTime=expiry, CreationEndTime="2019-03-01T00:00Z") == set()


@pytest.mark.parametrize(
    "wrong",
    [
        {"Key": "Colour", "Value": "2019-03-01T00:00Z"},
        {"Key": "ExpiredEndTime", "Value": "tomorrow"},
        {"Key": "ExpiredEndTime"},
        {"Value": "2019-03-01T00:00Z"},
    ],
)
def test_a_filter_that_is_none_is_refused(region: Region, wrong: dict[str, str]) -> None:
    refusal = assert_refused("InvalidFilterKey.NotFound", lambda: found(region, Filter=[wrong]))
    assert (refusal.status, "ExpiredEndTime" in refusal.message) == (404, True)


def test_the_elastic_address_stands_before_the_public_one(region: Region) -> None:
    """As the service writes them, in both actions that show an instance: clients that flatten an answer rely on it."""
    (instance,) = region.run_instances()
    attribute = region.call("DescribeInstanceAttribute", InstanceId=instance.id)
    for shown in (instance.describe(), attribute):
        order = [each for each in shown if each in ("EipAddress", "PublicIpAddress")]
        assert order == ["EipAddress", "PublicIpAddress"]


def test_filters_by_what_cannot_be_there_find_nothing(region: Region) -> None:
    region.run_instances()
    for name in ("KeyPairName", "ResourceGroupId"):
        assert found(region, **{name: "none"}) == set()
    assert_refused("InvalidLockReason.NotFound", lambda: found(region, LockReason="none"))
    assert_refused("UnsupportedParameter", lambda: found(region, HpcClusterId="hpc-none"))
    later = make_region(edition="2020-12")
    assert_refused("InvalidHpcClusterId.NotFound", lambda: found(later, HpcClusterId="hpc-none"))


def test_metadata_tells_the_networks_apart(region: Region, pair: tuple[Instance, Instance]) -> None:
    def told(instance: Instance, path: str) -> object:
        return region.control("metadata", instance=instance.id, path=path)["text"]

    assert [told(each, "/latest/meta-data/network-type") for each in pair] == ["classic", "vpc"]
    assert told(pair[0], "/latest/meta-data/vpc-id") is None
    assert told(pair[1], "/latest/meta-data/vpc-id") == pair[1].describe()["VpcAttributes"]["VpcId"]


def test_a_private_address_is_one_of_a_vswitch(region: Region) -> None:
    assert_refused("MissingParameter", lambda: region.run_instances(PrivateIpAddress="172.16.0.9"))


def test_no_role_is_launched_into_the_classic_network(region: Region, pair: tuple[Instance, Instance]) -> None:
    assert_refused("InvalidNetworkType.MismatchRamRole", lambda: region.run_instances(RamRoleName="reader"))
    assert len(region.instances) == 2
    region.run_instances(RamRoleName="reader", VSwitchId=pair[1].describe()["VpcAttributes"]["VSwitchId"])


def test_a_request_goes_to_an_address_in_either_network(region: Region, pair: tuple[Instance, Instance]) -> None:
    region.guest("web", serves=80, answer="here")
    for each in pair:
        region.commands.log_in(each, "web")
        assert region.request(each.private_ip, 80) == b"here"


def test_further_filters(region: Region) -> None:
    group = region.create_deployment_set()
    (member,) = region.run_instances(deployment_set=group)
    (spot,) = region.run_instances(SpotStrategy="SpotAsPriceGo")
    (plain,) = region.run_instances(CreditSpecification="Standard")
    region.call("ModifyInstanceAttribute", InstanceId=spot.id, CreditSpecification="Unlimited")
    assert found(region, DeploymentSetId=group.id) == {member.id}
    assert found(region, DeploymentSetId="ds-none") == set()
    assert found(region, SpotStrategy="SpotAsPriceGo") == {spot.id}
    assert found(region, SpotStrategy="NoSpot") == {member.id, plain.id}
    assert found(region, CreditSpecification="Standard") == {plain.id}
    assert found(region, CreditSpecification="Unlimited") == {spot.id}
    assert found(region, EipAddresses='["10.1.1.1"]') == set()


@pytest.mark.parametrize(
    ("filters", "code"),
    [
        ({"Status": "Broken"}, "InvalidStatus.NotFound"),
        ({"InstanceNetworkType": "lan"}, "InvalidNetworkType.NotFound"),
        ({"InstanceChargeType": "Free"}, "InvalidInstanceChargeType.NotFound"),
        ({"InternetChargeType": "Free"}, "InvalidInternetChargeType.ValueNotSupported"),
    ],
)
def test_filters_of_no_sense_have_their_own_codes(region: Region, filters: dict[str, str], code: str) -> None:
    assert_refused(code, lambda: region.call("DescribeInstances", **filters))


@pytest.mark.parametrize(
    ("pattern", "name", "fits"),
    [
        ("web", "web", True),
        ("web", "web-1", False),
        ("web*", "web-1", True),
        ("*-1", "web-1", True),
        ("w*b*1", "web-1", True),
        ("w*1*1", "web-1", False),
        ("web*eb", "web", False),
        ("*", "", True),
        ("**", "web", True),
        ("w?b", "web", False),
        ("[w]eb", "web", False),
        ("*b*e*", "web", False),
        ("*a" * 60 + "*b", "a" * 128, False),  # A regular expression would take years.
    ],
)
def test_a_star_in_a_name_stands_for_any_characters(pattern: str, name: str, fits: bool) -> None:
    assert like(pattern, name) is fits
