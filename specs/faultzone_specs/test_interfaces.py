"""Network interfaces that are made, attached, detached, changed and deleted by themselves."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from faultzone import Instance, Region, assert_refused, one
from faultzone_specs.test_launch_network import free, interfaces, new_group, vswitches

clause, needs = pytest.mark.clause, pytest.mark.needs
pytestmark = pytest.mark.region(edition="2026-10", zones=2)

Answer = dict[str, Any]
STATE = "InvalidOperation.InvalidEniState"


def make(region: Region, vswitch: str | None = None, **given: object) -> str:
    """The id of a new network interface, by default in the first zone."""
    asked = {"VSwitchId": vswitch or vswitches(region)[0], "SecurityGroupId": new_group(region), **given}
    made: str = region.call("CreateNetworkInterface", **asked)["NetworkInterfaceId"]
    return made


def shown(region: Region, card: str) -> Answer:
    """A network interface as the listing has it."""
    return one(interfaces(region, NetworkInterfaceId=[card]))


def become(region: Region, card: str, status: str) -> None:
    """Wait until a network interface is in a state."""
    region.wait(lambda: shown(region, card)["Status"] == status, "10m", what=f"{card} {status}")


def launch(region: Region, zone: int = 0, **given: Any) -> Instance:
    """An instance of a zone, in its vSwitch."""
    return one(region.run_instances(1, VSwitchId=vswitches(region)[zone], **given))


def attach(region: Region, card: str, instance: Instance) -> None:
    """Attach a network interface, and wait until it is."""
    region.call("AttachNetworkInterface", NetworkInterfaceId=card, InstanceId=instance.id)
    become(region, card, "InUse")


def cards_of(instance: Instance) -> list[str]:
    """The network interfaces that an instance shows."""
    return [each["NetworkInterfaceId"] for each in instance.describe()["NetworkInterfaces"]["NetworkInterface"]]


def secondary_ips(region: Region, card: str) -> list[str]:
    """The secondary private addresses of a network interface."""
    sets = shown(region, card)["PrivateIpSets"]["PrivateIpSet"]
    return [each["PrivateIpAddress"] for each in sets if not each["Primary"]]


def changes(region: Region, card: str, **given: object) -> Any:
    """A call that changes a network interface."""
    return partial(region.call, "ModifyNetworkInterfaceAttribute", NetworkInterfaceId=card, **given)


@clause("instance/interface-created")
def test_an_interface_is_made_and_shown(region: Region) -> None:
    """Available, in its vSwitch and its security groups, with what was said of it."""
    vswitch, groups = vswitches(region)[0], [new_group(region), new_group(region)]
    before = free(region, vswitch)
    texts = {"NetworkInterfaceName": "back", "Description": "of a test"}
    made = region.call("CreateNetworkInterface", VSwitchId=vswitch, SecurityGroupIds=groups, **texts)
    assert (made["Status"], made["Type"], made["NetworkInterfaceName"]) == ("Available", "Secondary", "back")
    card = shown(region, made["NetworkInterfaceId"])
    assert (card["Status"], card["Type"], card["InstanceId"]) == ("Available", "Secondary", "")
    assert (card["VSwitchId"], card["Description"]) == (vswitch, "of a test")
    assert sorted(card["SecurityGroupIds"]["SecurityGroupId"]) == sorted(groups)
    assert card["PrivateIpAddress"] == made["PrivateIpAddress"]
    assert free(region, vswitch) == before - 1
    other = make(region, vswitches(region)[1])
    found = partial(interfaces, region)
    assert [each["NetworkInterfaceId"] for each in found(VSwitchId=vswitch)] == [card["NetworkInterfaceId"]]
    assert {each["NetworkInterfaceId"] for each in found(Status="Available")} == {card["NetworkInterfaceId"], other}
    assert found(Status="InUse") == []


@clause("instance/interface-created")
def test_what_an_interface_lacks_is_refused(region: Region) -> None:
    """A security group, and one way to name it; a vSwitch and a group that there are."""
    vswitch, group = vswitches(region)[0], new_group(region)
    refused: tuple[tuple[Answer, str | tuple[str, ...]], ...] = (
        ({"VSwitchId": vswitch}, "MissingParameter"),
        ({"VSwitchId": vswitch, "SecurityGroupId": group, "SecurityGroupIds": [group]}, "InvalidParameter.Conflict"),
        ({"VSwitchId": "vsw-nosuchswitch0", "SecurityGroupId": group}, "InvalidVSwitchId.NotFound"),
        ({"VSwitchId": vswitch, "SecurityGroupId": "sg-nosuchgroup0"}, "InvalidSecurityGroupId.NotFound"),
        ({"SecurityGroupId": group}, "MissingParameter"),
    )
    for asked, code in refused:
        assert_refused(code, partial(region.call, "CreateNetworkInterface", **asked))
    assert interfaces(region) == []


@clause("instance/interface-created")
def test_what_an_interface_uses_is_not_deleted(region: Region) -> None:
    """A security group stays as long as an interface is in it."""
    group = new_group(region)
    card = make(region, SecurityGroupId=group)
    assert_refused("DependencyViolation", partial(region.call, "DeleteSecurityGroup", SecurityGroupId=group))
    region.call("ModifyNetworkInterfaceAttribute", NetworkInterfaceId=card, SecurityGroupId=[new_group(region)])
    region.call("DeleteSecurityGroup", SecurityGroupId=group)


@clause("instance/interface-texts")
def test_names_and_descriptions_have_a_form(region: Region) -> None:
    """At the creation and at a change."""
    card = make(region, NetworkInterfaceName="n" * 128, Description="d" * 256)
    for wrong in (
        {"NetworkInterfaceName": "n"},
        {"NetworkInterfaceName": "n" * 129},
        {"Description": "http://of.a.test"},
        {"Description": "d" * 257},
    ):
        assert_refused("InvalidParameter", partial(make, region, **wrong))
        assert_refused("InvalidParameter", changes(region, card, **wrong))


@clause("instance/interface-attached")
def test_an_interface_is_attached(region: Region) -> None:
    """To an instance that runs, which shows it, and to one that is stopped."""
    running, stopped = launch(region), launch(region)
    stopped.stop()
    first, second = make(region), make(region)
    region.call("AttachNetworkInterface", NetworkInterfaceId=first, InstanceId=running.id)
    assert shown(region, first)["Status"] in ("Attaching", "InUse")
    become(region, first, "InUse")
    assert shown(region, first)["InstanceId"] == running.id
    assert [each["NetworkInterfaceId"] for each in interfaces(region, InstanceId=running.id)][1:] == [first]
    assert cards_of(running)[1:] == [first]
    attach(region, second, stopped)
    assert cards_of(stopped)[1:] == [second]


@clause("instance/interface-attached")
@needs("move-time")
def test_attaching_takes_a_while(region: Region) -> None:
    """And the instance shows the interface once it is done."""
    instance, card = launch(region), make(region)
    region.call("AttachNetworkInterface", NetworkInterfaceId=card, InstanceId=instance.id)
    assert shown(region, card)["Status"] == "Attaching"
    become(region, card, "InUse")


@clause("instance/interface-attached")
def test_what_cannot_be_attached_is_refused(region: Region) -> None:
    """One that is attached, one that there is not, and to an instance that is being made."""
    instance, other, card = launch(region), launch(region), make(region)
    attach(region, card, instance)
    asked: Any = partial(region.call, "AttachNetworkInterface")
    assert_refused(STATE, partial(asked, NetworkInterfaceId=card, InstanceId=other.id))
    unknown = partial(asked, NetworkInterfaceId="eni-nosuchcard0", InstanceId=other.id)
    assert_refused("InvalidEniId.NotFound", unknown)
    young = region.create_instance(wait=False, VSwitchId=vswitches(region)[0])
    spare = make(region)
    if young.status == "Pending":
        assert_refused(
            "InvalidOperation.InvalidEcsState", partial(asked, NetworkInterfaceId=spare, InstanceId=young.id)
        )
    nobody = partial(asked, NetworkInterfaceId=spare, InstanceId="i-nosuchinstance0")
    assert_refused(("InvalidInstanceId.NotFound", "InvalidEcsId.NotFound"), nobody)
    assert shown(region, spare)["Status"] == "Available"


@clause("instance/interface-elsewhere")
def test_an_interface_stays_in_its_zone(region: Region) -> None:
    """An instance elsewhere does not get it."""
    instance, card = launch(region, 1), make(region)
    asked = partial(region.call, "AttachNetworkInterface", NetworkInterfaceId=card, InstanceId=instance.id)
    assert_refused("InvalidOperation.AvailabilityZoneMismatch", asked)
    vpc = region.call("CreateVpc", "vpc", CidrBlock="192.168.0.0/16")["VpcId"]

    def made() -> bool:
        listed = region.call("DescribeVpcs", "vpc", RegionId=region.id, VpcId=vpc)["Vpcs"]["Vpc"]
        return [each["Status"] for each in listed] == ["Available"]

    region.wait(made, "10m")
    block = {"VpcId": vpc, "ZoneId": region.zones[1], "CidrBlock": "192.168.1.0/24"}
    vswitch = region.call("CreateVSwitch", "vpc", **block)["VSwitchId"]

    def ready() -> bool:
        listed = region.call("DescribeVSwitches", VSwitchId=vswitch)["VSwitches"]["VSwitch"]
        return [each["Status"] for each in listed] == ["Available"]

    region.wait(ready, "10m")
    group = region.call("CreateSecurityGroup", VpcId=vpc)["SecurityGroupId"]
    alien = make(region, vswitch, SecurityGroupId=group)
    asked = partial(region.call, "AttachNetworkInterface", NetworkInterfaceId=alien, InstanceId=instance.id)
    assert_refused("InvalidOperation.VpcMismatch", asked)


def limits(region: Region, kind: str) -> tuple[int, int]:
    """How many network interfaces a type may have, and how many private addresses each."""
    listed = region.call("DescribeInstanceTypes", InstanceTypes=[kind])["InstanceTypes"]["InstanceType"]
    return one(listed)["EniQuantity"], one(listed)["EniPrivateIpAddressQuantity"]


@clause("instance/interface-limits")
def test_a_type_has_so_many_interfaces(region: Region) -> None:
    """One more is refused."""
    instance = launch(region, instance_type="ecs.g7.large")
    most, _ = limits(region, "ecs.g7.large")
    for _ in range(most - 1):
        attach(region, make(region), instance)
    card = make(region)
    asked = partial(region.call, "AttachNetworkInterface", NetworkInterfaceId=card, InstanceId=instance.id)
    assert_refused("EniPerInstanceLimitExceeded", asked)
    assert len(cards_of(instance)) == most


@clause("instance/interface-limits")
def test_an_interface_has_so_many_addresses(region: Region) -> None:
    """49 besides its primary one while nobody has it, then as many as the type allows."""
    instance = launch(region, instance_type="ecs.g7.large")
    _, most = limits(region, "ecs.g7.large")
    count = "InvalidOperation.Ipv4CountExceeded"
    assign: Any = partial(region.call, "AssignPrivateIpAddresses")
    card = make(region, SecondaryPrivateIpAddressCount=49)
    assert_refused(count, partial(assign, NetworkInterfaceId=card, SecondaryPrivateIpAddressCount=1))
    asked = partial(region.call, "AttachNetworkInterface", NetworkInterfaceId=card, InstanceId=instance.id)
    assert_refused(count, asked)
    other = make(region, SecondaryPrivateIpAddressCount=most - 1)
    attach(region, other, instance)
    assert_refused(count, partial(assign, NetworkInterfaceId=other, SecondaryPrivateIpAddressCount=1))
    assert len(secondary_ips(region, other)) == most - 1


@clause("instance/interface-detached")
def test_an_interface_is_detached_and_attached_elsewhere(region: Region) -> None:
    """With the addresses that it has."""
    first, second, card = launch(region), launch(region), make(region, SecondaryPrivateIpAddressCount=1)
    addresses = shown(region, card)["PrivateIpSets"]
    attach(region, card, first)
    asked: Any = partial(region.call, "DetachNetworkInterface")
    asked(NetworkInterfaceId=card, InstanceId=first.id)
    assert shown(region, card)["Status"] in ("Detaching", "Available")
    become(region, card, "Available")
    assert (shown(region, card)["InstanceId"], len(cards_of(first))) == ("", 1)
    assert_refused(STATE, partial(asked, NetworkInterfaceId=card, InstanceId=first.id))
    attach(region, card, second)
    assert (cards_of(second)[1:], shown(region, card)["PrivateIpSets"]) == ([card], addresses)
    second.stop()
    asked(NetworkInterfaceId=card, InstanceId=second.id)
    become(region, card, "Available")


@clause("instance/interface-detached")
def test_a_primary_interface_is_not_detached(region: Region) -> None:
    """It stays with its instance."""
    instance = launch(region)
    (primary,) = cards_of(instance)
    asked = partial(region.call, "DetachNetworkInterface", NetworkInterfaceId=primary, InstanceId=instance.id)
    assert_refused("InvalidOperation.DetachPrimaryEniNotAllowed", asked)
    assert cards_of(instance) == [primary]


@clause("instance/interface-deleted")
def test_an_interface_is_deleted(region: Region) -> None:
    """Once nobody has it, and its addresses are free."""
    vswitch, instance = vswitches(region)[0], launch(region)
    before = free(region, vswitch)
    card = make(region, SecondaryPrivateIpAddressCount=2)
    attach(region, card, instance)
    asked: Any = partial(region.call, "DeleteNetworkInterface")
    assert_refused(STATE, partial(asked, NetworkInterfaceId=card))
    assert_refused((STATE, "InvalidOperation.InvalidEniType"), partial(asked, NetworkInterfaceId=cards_of(instance)[0]))
    region.call("DetachNetworkInterface", NetworkInterfaceId=card, InstanceId=instance.id)
    become(region, card, "Available")
    asked(NetworkInterfaceId=card)
    region.wait(lambda: interfaces(region, NetworkInterfaceId=[card]) == [], "10m", what="deleted")
    assert free(region, vswitch) == before
    assert_refused("InvalidEniId.NotFound", partial(asked, NetworkInterfaceId=card))


@clause("instance/interface-released")
def test_an_interface_ends_with_its_instance_or_stays(region: Region) -> None:
    """As it was made, as the launch said, or as it was changed to."""
    vswitch = vswitches(region)[0]
    before = free(region, vswitch)
    instance = launch(region, instance_type="ecs.g7.2xlarge", NetworkInterface=[{"DeleteOnRelease": False}])
    kept = cards_of(instance)[1]
    gone, stays, changed = make(region), make(region, DeleteOnRelease=False), make(region)
    changes(region, changed, DeleteOnRelease=False)()
    for card in (gone, stays):
        attach(region, card, instance)
    other = launch(region)
    attach(region, changed, other)
    for each in (instance, other):
        each.delete(Force=True)
    left = {each["NetworkInterfaceId"]: each["Status"] for each in interfaces(region)}
    assert left == dict.fromkeys((kept, stays, changed), "Available")
    assert free(region, vswitch) == before - 3


@clause("instance/interface-changed")
def test_attributes_of_an_interface_change(region: Region) -> None:
    """Those that are given."""
    card = make(region, NetworkInterfaceName="front", Description="of a test")
    group = new_group(region)
    changes(region, card, NetworkInterfaceName="back", SecurityGroupId=[group], SourceDestCheck=True)()
    there = shown(region, card)
    assert (there["NetworkInterfaceName"], there["Description"]) == ("back", "of a test")
    assert (there["SecurityGroupIds"]["SecurityGroupId"], there["SourceDestCheck"]) == ([group], True)
    changes(region, card, Description="of another")()
    assert (shown(region, card)["NetworkInterfaceName"], shown(region, card)["Description"]) == ("back", "of another")
    instance = launch(region)
    (primary,) = cards_of(instance)
    changes(region, primary, NetworkInterfaceName="first", Description="of it")()
    there = shown(region, primary)
    assert (there["NetworkInterfaceName"], there["Description"], there["Type"]) == ("first", "of it", "Primary")


@clause("instance/interface-changed")
def test_queues_change_while_nothing_uses_them(region: Region) -> None:
    """While the interface is Available, or its instance Stopped."""
    instance, card = launch(region, instance_type="ecs.g7.2xlarge"), make(region)
    changes(region, card, QueueNumber=4)()
    assert shown(region, card)["QueueNumber"] == 4
    attach(region, card, instance)
    assert_refused((STATE, "InvalidOperation.InvalidEcsState"), changes(region, card, QueueNumber=2))
    instance.stop()
    changes(region, card, QueueNumber=2)()
    assert shown(region, card)["QueueNumber"] == 2


@clause("instance/interface-attribute")
def test_one_interface_is_shown(region: Region) -> None:
    """As it is listed, and how it remembers connections."""
    card = make(region, ConnectionTrackingConfiguration={"UdpTimeout": 60}, NetworkInterfaceName="back")
    asked: Any = partial(region.call, "DescribeNetworkInterfaceAttribute", NetworkInterfaceId=card)
    there, listed = asked(), shown(region, card)
    for name in ("Status", "PrivateIpAddress", "MacAddress", "VSwitchId", "NetworkInterfaceName", "SecurityGroupIds"):
        assert there[name] == listed[name], name
    assert "ConnectionTrackingConfiguration" not in there
    tracking: Any = partial(asked, Attribute="connectionTrackingConfiguration")
    usual = {"TcpEstablishedTimeout": 910, "UdpTimeout": 60, "TcpClosedAndTimeWaitTimeout": 3}
    assert tracking()["ConnectionTrackingConfiguration"] == usual
    changes(region, card, ConnectionTrackingConfiguration={"TcpEstablishedTimeout": 300})()
    changed = {**usual, "TcpEstablishedTimeout": 300}
    assert tracking()["ConnectionTrackingConfiguration"] == changed


@clause("instance/interface-addresses")
def test_secondary_addresses_are_given(region: Region) -> None:
    """So many, or those that are named, to one that nobody has and to the primary one of an instance."""
    vswitch, instance = vswitches(region)[0], launch(region)
    (primary,) = cards_of(instance)
    before = free(region, vswitch)
    assign: Any = partial(region.call, "AssignPrivateIpAddresses")
    given = assign(NetworkInterfaceId=primary, SecondaryPrivateIpAddressCount=2)["AssignedPrivateIpAddressesSet"]
    addresses = given["PrivateIpSet"]["PrivateIpAddress"]
    assert (given["NetworkInterfaceId"], len({*addresses})) == (primary, 2)
    assert secondary_ips(region, primary) == addresses
    assert free(region, vswitch) == before - 2
    card = one(instance.describe()["NetworkInterfaces"]["NetworkInterface"])
    assert [each["PrivateIpAddress"] for each in card["PrivateIpSets"]["PrivateIpSet"]][1:] == addresses
    *most, last = addresses[0].split(".")
    named = ".".join([*most, str((int(last) + 40) % 250 + 2)])
    other = make(region, PrivateIpAddress=[named])
    assert secondary_ips(region, other) == [named]
    assert [each["NetworkInterfaceId"] for each in interfaces(region, PrivateIpAddress=[named])] == [other]
    refused: tuple[tuple[Answer, str | tuple[str, ...]], ...] = (
        ({"PrivateIpAddress": [named]}, ("InvalidIp.IpAssigned", "InvalidPrivateIpAddress.Duplicated")),
        ({"PrivateIpAddress": ["192.0.2.1"]}, "InvalidVSwitchId.IpInvalid"),
        ({"PrivateIpAddress": [named], "SecondaryPrivateIpAddressCount": 1}, "InvalidParameter.Conflict"),
        ({}, "MissingParameter"),
    )
    for asked, code in refused:
        assert_refused(code, partial(assign, NetworkInterfaceId=other, **asked))
    assert secondary_ips(region, other) == [named]


@clause("instance/interface-addresses-taken")
def test_secondary_addresses_are_taken(region: Region) -> None:
    """Those that the interface has besides its primary one, and others can have them."""
    card = make(region, SecondaryPrivateIpAddressCount=3)
    first, second, third = secondary_ips(region, card)
    unassign: Any = partial(region.call, "UnassignPrivateIpAddresses", NetworkInterfaceId=card)
    unassign(PrivateIpAddress=[first, third])
    assert secondary_ips(region, card) == [second]
    primary = shown(region, card)["PrivateIpAddress"]
    for wrong in (first, primary):
        assert_refused("InvalidIp.IpUnassigned", partial(unassign, PrivateIpAddress=[wrong]))
    assert secondary_ips(region, make(region, PrivateIpAddress=[first])) == [first]


@clause("instance/interface-ipv6")
@pytest.mark.region(ipv6=True)
@needs("shape-region")
def test_ipv6_addresses_are_given_and_taken(region: Region) -> None:
    """To any interface of a vSwitch that has some."""
    card, (primary,) = make(region), cards_of(launch(region))
    for each in (card, primary):
        assign: Any = partial(region.call, "AssignIpv6Addresses", NetworkInterfaceId=each)
        given = assign(Ipv6AddressCount=2)["Ipv6Sets"]["Ipv6Address"]
        assert len({*given}) == 2
        there = [entry["Ipv6Address"] for entry in shown(region, each)["Ipv6Sets"]["Ipv6Set"]]
        assert there == given
        region.call("UnassignIpv6Addresses", NetworkInterfaceId=each, Ipv6Address=given[:1])
        assert [entry["Ipv6Address"] for entry in shown(region, each)["Ipv6Sets"]["Ipv6Set"]] == given[1:]
        assign(Ipv6Address=given[:1])
        assert len(shown(region, each)["Ipv6Sets"]["Ipv6Set"]) == 2


@clause("instance/interface-ipv6")
@pytest.mark.region(ipv6=False)
@needs("shape-region")
def test_a_vswitch_without_ipv6_gives_an_interface_none(region: Region) -> None:
    """It is refused."""
    asked = partial(region.call, "AssignIpv6Addresses", NetworkInterfaceId=make(region), Ipv6AddressCount=1)
    assert_refused("InvalidVSwitch.Ipv6NotTurnOn", asked)


@clause("instance/interface-launched")
def test_a_launch_takes_an_interface_that_is_there(region: Region) -> None:
    """For one instance, and without what describes another."""
    vswitch, card = vswitches(region)[0], make(region, SecondaryPrivateIpAddressCount=1)
    asked: Any = partial(region.run_instances, wait=False, VSwitchId=vswitch)
    known = {"NetworkInterfaceId": card}
    conflict = "InvalidParameter.Conflict"
    for amount, cards, code in (
        (2, [known], conflict),
        (1, [{**known, "NetworkInterfaceName": "back"}], conflict),
        (1, [known, known], conflict),
        (1, [{"NetworkInterfaceId": "eni-nosuchcard0"}], "InvalidEniId.NotFound"),
    ):
        assert_refused(code, partial(asked, amount, NetworkInterface=cards))
    assert shown(region, card)["Status"] == "Available"
    made = one(asked(1, NetworkInterface=[known]))
    assert (shown(region, card)["InstanceId"], shown(region, card)["Status"]) == (made.id, "InUse")
    assert_refused(STATE, partial(asked, 1, NetworkInterface=[known]))


@clause("instance/interface-launched")
def test_a_launch_gives_interfaces_addresses(region: Region) -> None:
    """The primary one and others."""
    vswitch, group = vswitches(region)[0], new_group(region)
    before = free(region, vswitch)
    primary = {"InstanceType": "Primary", "VSwitchId": vswitch, "SecurityGroupId": group}
    more = {"SecondaryPrivateIpAddressCount": 2}
    made = one(region.run_instances(1, NetworkInterface=[{**primary, **more}, more]))
    assert [len(secondary_ips(region, each)) for each in cards_of(made)] == [2, 2]
    assert free(region, vswitch) == before - 6
    made.delete(Force=True)
    assert free(region, vswitch) == before


@clause("instance/interface-tags")
def test_interfaces_have_tags(region: Region) -> None:
    """Of their creation, and given and taken afterwards, of a primary one too."""
    (primary,) = cards_of(launch(region))
    card = make(region, Tag=[{"Key": "team", "Value": "blue"}])
    asked = {"ResourceType": "eni", "ResourceId": [card, primary]}
    region.call("TagResources", **asked, Tag=[{"Key": "for", "Value": "web"}])
    listed = region.call("ListTagResources", **asked)["TagResources"]["TagResource"]
    assert {(each["ResourceId"], each["TagKey"], each["TagValue"]) for each in listed} == {
        (card, "team", "blue"),
        (card, "for", "web"),
        (primary, "for", "web"),
    }
    blue = interfaces(region, Tag=[{"Key": "team", "Value": "blue"}])
    assert [each["NetworkInterfaceId"] for each in blue] == [card]
    web = interfaces(region, Tag=[{"Key": "for"}])
    assert {each["NetworkInterfaceId"] for each in web} == {card, primary}
    region.call("UntagResources", **asked, TagKey=["for"])
    assert interfaces(region, Tag=[{"Key": "for"}]) == []
