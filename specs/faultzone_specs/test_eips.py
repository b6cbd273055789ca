"""Elastic addresses, by the product VPC and by the actions that ECS has for them."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest

from faultzone import Instance, Region, assert_refused, one

clause = pytest.mark.clause
pytestmark = pytest.mark.region(edition="2026-10")

Answer = dict[str, Any]
NO_EIP = "eip-no-such"


@pytest.fixture(params=["vpc", "ecs"])
def product(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def allocate(region: Region, product: str = "vpc", **given: object) -> str:
    made: str = region.call("AllocateEipAddress", product, **given)["AllocationId"]
    return made


def listed(region: Region, product: str = "vpc", **filters: object) -> list[Answer]:
    answer = region.call("DescribeEipAddresses", product, PageSize=50, **filters)
    found: list[Answer] = answer["EipAddresses"]["EipAddress"]
    return found


def eip(region: Region, id: str) -> Answer:
    return one(listed(region, AllocationId=id))


def settle(region: Region, id: str, status: str) -> None:
    region.wait(lambda: eip(region, id)["Status"] == status)


def associate(region: Region, id: str, instance: Instance | str, product: str = "vpc") -> Answer:
    owner = instance if isinstance(instance, str) else instance.id
    return region.call("AssociateEipAddress", product, AllocationId=id, InstanceId=owner)


def unassociate(region: Region, id: str, product: str = "vpc", **given: object) -> Answer:
    return region.call("UnassociateEipAddress", product, AllocationId=id, **given)


def launch(region: Region, **given: Any) -> Instance:
    return one(region.run_instances(1, public_ip=False, **given))


@clause("product/allocate-eip")
def test_an_address_is_allocated(region: Region, product: str) -> None:
    made = region.call("AllocateEipAddress", product, Bandwidth="200", InternetChargeType="PayByTraffic")
    plain = eip(region, allocate(region, product))
    told = eip(region, made["AllocationId"])
    assert (told["IpAddress"], told["Status"], told["Bandwidth"]) == (made["EipAddress"], "Available", "200")
    assert (told["InternetChargeType"], told["InstanceId"]) == ("PayByTraffic", "")
    assert (plain["Bandwidth"], plain["InternetChargeType"]) == ("5", "PayByBandwidth")
    assert plain["IpAddress"] != told["IpAddress"]
    for wrong in ("0", "201", "fast"):
        assert_refused("InvalidParameter", partial(allocate, region, product, Bandwidth=wrong))
    assert len(listed(region)) == 2


@clause("product/eip-quota")
def test_an_account_has_twenty(region: Region) -> None:
    ids = [allocate(region, product) for product in ("vpc", "ecs") * 10]
    for product in ("vpc", "ecs"):
        assert_refused("QuotaExceeded.Eip", partial(allocate, region, product))
    region.call("ReleaseEipAddress", "vpc", AllocationId=ids[0])
    allocate(region)
    assert len(listed(region)) == 20


@clause("product/unknown-eip")
def test_addresses_that_there_are_not(region: Region, product: str) -> None:
    instance = launch(region)
    for action, more in (
        ("AssociateEipAddress", {"InstanceId": instance.id}),
        ("UnassociateEipAddress", {"InstanceId": instance.id}),
        ("ReleaseEipAddress", {}),
        ("ModifyEipAddressAttribute", {"Bandwidth": "9"}),
    ):
        call = partial(region.call, action, product, AllocationId=NO_EIP, **more)
        assert_refused("InvalidAllocationId.NotFound", call)


@clause("product/associate-eip")
def test_an_address_is_given_to_an_instance(region: Region, product: str) -> None:
    running, stopped, other = launch(region), launch(region), launch(region)
    stopped.stop()
    first, second = allocate(region, product), allocate(region, product)
    associate(region, first, running, product)
    assert eip(region, first)["Status"] in ("Associating", "InUse")
    associate(region, second, stopped, product)
    for id, instance in ((first, running), (second, stopped)):
        settle(region, id, "InUse")
        told = eip(region, id)
        assert (told["InstanceId"], told["InstanceType"]) == (instance.id, "EcsInstance")
        shown = instance.describe()["EipAddress"]
        assert (shown["AllocationId"], shown["IpAddress"]) == (id, told["IpAddress"])
        found = region.call("DescribeInstances", EipAddresses=[told["IpAddress"]])["Instances"]["Instance"]
        assert [each["InstanceId"] for each in found] == [instance.id]
        (card,) = region.call("DescribeNetworkInterfaces", InstanceId=instance.id)["NetworkInterfaceSets"][
            "NetworkInterfaceSet"
        ]
        for shown in (card, card["PrivateIpSets"]["PrivateIpSet"][0]):
            assert shown["AssociatedPublicIp"] == {"AllocationId": id, "PublicIpAddress": told["IpAddress"]}
    assert_refused("IncorrectEipStatus", partial(associate, region, first, other, product))
    third = allocate(region, product)
    assert_refused("InvalidAssociation.Duplicated", partial(associate, region, third, running, product))
    with pytest.raises(Exception, match=r"Inst.*NotFound"):
        associate(region, third, "i-no-such", product)
    (early,) = region.run_instances(1, wait=False, public_ip=False)
    assert_refused("IncorrectInstanceStatus", partial(associate, region, third, early, product))
    assert (eip(region, third)["Status"], other.describe()["EipAddress"]["IpAddress"]) == ("Available", "")


@clause("product/unassociate-eip")
def test_an_address_is_taken_from_its_instance(region: Region, product: str) -> None:
    instance, id = launch(region), allocate(region)
    assert_refused("IncorrectEipStatus", partial(unassociate, region, id, product, InstanceId=instance.id))
    associate(region, id, instance)
    settle(region, id, "InUse")
    unassociate(region, id, product, InstanceId=instance.id)
    assert eip(region, id)["Status"] in ("Unassociating", "Available")
    settle(region, id, "Available")
    assert (eip(region, id)["InstanceId"], instance.describe()["EipAddress"]["AllocationId"]) == ("", "")
    associate(region, id, instance)
    settle(region, id, "InUse")


@clause("product/release-eip")
def test_an_address_is_given_back(region: Region, product: str) -> None:
    instance, used, free = launch(region), allocate(region), allocate(region)
    associate(region, used, instance)
    settle(region, used, "InUse")
    for id in (used, free):
        release = partial(region.call, "ReleaseEipAddress", product, AllocationId=id)
        if id == used:
            assert_refused("IncorrectEipStatus", release)
        else:
            release()
    assert [each["AllocationId"] for each in listed(region)] == [used]


@clause("product/modify-eip")
def test_what_is_said_of_an_address_is_changed(region: Region) -> None:
    id, other = allocate(region, Name="web"), allocate(region, Name="back")

    def told(of: str) -> tuple[str, str, str]:
        shown = eip(region, of)
        return shown["Bandwidth"], shown["Name"], shown["Descritpion"]

    modify = partial(region.call, "ModifyEipAddressAttribute")
    modify("vpc", AllocationId=id, Bandwidth="9")
    assert told(id) == ("9", "web", "")
    modify("vpc", AllocationId=id, Name="front", Description="of the shop")
    assert told(id) == ("9", "front", "of the shop")
    modify("ecs", AllocationId=id, Bandwidth="10")
    assert (told(id), told(other)) == (("10", "front", "of the shop"), ("5", "back", ""))


@clause("product/describe-eips")
def test_addresses_are_found_by_each_condition(region: Region, product: str) -> None:
    instance = launch(region)
    first, second, third = (allocate(region) for _ in range(3))
    associate(region, second, instance)
    settle(region, second, "InUse")

    def ids(**filters: object) -> set[str]:
        return {each["AllocationId"] for each in listed(region, product, **filters)}

    assert ids() == {first, second, third}
    assert ids(AllocationId=first) == {first}
    assert ids(EipAddress=eip(region, third)["IpAddress"]) == {third}
    assert ids(Status="Available") == {first, third}
    assert ids(AssociatedInstanceId=instance.id, AssociatedInstanceType="EcsInstance") == {second}
    page = region.call("DescribeEipAddresses", product, PageSize=2, PageNumber=2)
    assert (page["TotalCount"], len(page["EipAddresses"]["EipAddress"])) == (3, 1)
    best = allocate(region, product, ISP="BGP_PRO")
    assert (ids(ISP="BGP_PRO"), ids(ISP="BGP")) == ({best}, {first, second, third})


@clause("product/describe-eips")
def test_addresses_are_found_by_their_time(region: Region, product: str) -> None:
    """By the minute, from it or until it."""
    id = allocate(region, product)
    made = datetime.fromisoformat(eip(region, id)["AllocationTime"])

    def found(end: str, minutes: int) -> bool:
        time = f"{made + timedelta(minutes=minutes):%Y-%m-%dT%H:%MZ}"
        return bool(listed(region, product, Filter=[{"Key": f"Creation{end}Time", "Value": time}]))

    assert [found("Start", each) for each in (-1, 0, 1)] == [True, True, False]
    assert [found("End", each) for each in (-1, 1)] == [False, True]


@clause("product/eip-kept")
def test_an_address_outlives_its_instance(region: Region) -> None:
    instance, id = launch(region), allocate(region)
    associate(region, id, instance)
    settle(region, id, "InUse")
    instance.delete(force=True)
    settle(region, id, "Available")
    assert eip(region, id)["InstanceId"] == ""
    region.call("ReleaseEipAddress", "vpc", AllocationId=id)
    assert listed(region) == []
