"""Private addresses that a launch asks for."""

from __future__ import annotations

import pytest

from faultzone import Region, assert_refused, make_region


@pytest.fixture
def region() -> Region:
    return make_region(zones=2, hosts_per_zone=8)


def test_an_address_asked_for_is_nobody_elses(region: Region) -> None:
    (asked,) = region.run_instances(PrivateIpAddress="10.0.0.12")
    others = region.run_instances(4, zone=region.zones[0])
    assert asked.private_ip == "10.0.0.12"
    assert "10.0.0.12" not in [each.private_ip for each in others]
    assert_refused("InvalidPrivateIpAddress.Duplicated", lambda: region.run_instances(PrivateIpAddress="10.0.0.12"))
    asked.delete()
    assert region.run_instances(PrivateIpAddress="10.0.0.12")[0].private_ip == "10.0.0.12"


def test_an_address_is_of_the_zone_of_its_vswitch(region: Region) -> None:
    vswitches = region.call("DescribeVSwitches")["VSwitches"]["VSwitch"]
    second = next(each for each in vswitches if each["ZoneId"] == region.zones[1])
    address = second["CidrBlock"].rsplit(".", 1)[0] + ".77"
    (instance,) = region.run_instances(PrivateIpAddress=address)
    assert (instance.zone, instance.private_ip) == (region.zones[1], address)
    outside = {"PrivateIpAddress": address, "zone": region.zones[0]}
    assert_refused("InvalidPrivateIpAddress", lambda: region.run_instances(**outside))


@pytest.mark.parametrize(
    ("address", "amount", "code"),
    [
        ("10.0.0", 1, "InvalidPrivateIpAddress.Malformed"),
        ("192.168.1.1", 1, "InvalidPrivateIpAddress"),
        ("10.0.0.12", 2, "InvalidParameter.Conflict"),
    ],
)
def test_an_address_that_cannot_be_is_refused(region: Region, address: str, amount: int, code: str) -> None:
    assert_refused(code, lambda: region.run_instances(amount, PrivateIpAddress=address))
    assert region.instances == []
