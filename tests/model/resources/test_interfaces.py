"""Network interfaces whose instance ends while they are on their way."""

from __future__ import annotations

import pytest

from faultzone import Instance, Region, make_region


def made_on(region: Region, instance: Instance, *, ends_too: bool) -> str:
    """A network interface that is being attached to an instance."""
    vswitch = instance.describe()["VpcAttributes"]["VSwitchId"]
    group = instance.describe()["SecurityGroupIds"]["SecurityGroupId"][0]
    card: str = region.call("CreateNetworkInterface", VSwitchId=vswitch, SecurityGroupId=group)["NetworkInterfaceId"]
    region.clock.advance("1m")
    region.call("AttachNetworkInterface", InstanceId=instance.id, NetworkInterfaceId=card)
    region.call("ModifyNetworkInterfaceAttribute", DeleteOnRelease=ends_too, NetworkInterfaceId=card)
    return card


def states(region: Region, card: str) -> list[str]:
    """The state of a network interface; of none where it is gone."""
    asked = {"NetworkInterfaceId": [card]}
    listed = region.call("DescribeNetworkInterfaces", **asked)["NetworkInterfaceSets"]["NetworkInterfaceSet"]
    return [each["Status"] for each in listed]


@pytest.mark.parametrize("ends_too", [True, False])
def test_an_instance_ends_while_a_network_interface_is_detached(ends_too: bool) -> None:
    region = make_region(edition="2026-10", provision=60)
    (instance,) = region.run_instances(1)
    card = made_on(region, instance, ends_too=ends_too)
    region.clock.advance("1m")
    region.call("DetachNetworkInterface", InstanceId=instance.id, NetworkInterfaceId=card)
    region.call("DeleteInstance", InstanceId=instance.id, Force=True)
    region.clock.advance("1h")
    assert states(region, card) == ([] if ends_too else ["Available"])


def test_what_is_attached_elsewhere_meanwhile_arrives_there_in_its_time() -> None:
    region = make_region(edition="2026-10", provision=60)
    first, second = region.run_instances(2, ZoneId=region.zones[0])
    card = made_on(region, first, ends_too=False)
    region.clock.advance("30s")
    region.call("DeleteInstance", InstanceId=first.id, Force=True)
    region.clock.advance("15s")
    region.call("AttachNetworkInterface", InstanceId=second.id, NetworkInterfaceId=card)
    region.clock.advance("30s")
    assert states(region, card) == ["Attaching"]
    region.clock.advance("30s")
    assert states(region, card) == ["InUse"]
