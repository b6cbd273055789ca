"""Types that are larger than a host, in the edition that lets them take a whole one."""

from __future__ import annotations

import pytest

from faultzone import ApiError, Region, make_region

LARGE = ("ecs.ebmg7.32xlarge", "ecs.r7.16xlarge", "ecs.g8i.48xlarge")


def offered(region: Region, kind: str) -> list[str]:
    """The stock of a type, zone by zone."""
    asked = {"DestinationResource": "InstanceType", "InstanceType": kind}
    zones = region.call("DescribeAvailableResource", **asked)["AvailableZones"]["AvailableZone"]
    return [each["Status"] for each in zones]


@pytest.mark.parametrize("kind", LARGE)
def test_it_takes_an_empty_host_whole(kind: str) -> None:
    region = make_region(edition="2026-10", zones=1, hosts_per_zone=2)
    (small,) = region.run_instances(1)
    (large,) = region.run_instances(1, instance_type=kind)
    taken = large.host
    assert taken != small.host
    assert offered(region, kind) == ["SoldOut"]
    with pytest.raises(ApiError, match="NoStock"):
        region.run_instances(1, instance_type=kind)
    assert taken not in {each.host for each in region.run_instances(6)}
    large.delete()
    assert offered(region, kind) == ["Available"]
    (again,) = region.run_instances(1, instance_type=kind)
    assert again.host == taken


def test_a_host_that_it_leaves_has_all_of_its_room_again() -> None:
    region = make_region(edition="2026-10", zones=1, hosts_per_zone=1)
    before = [(each["vcpus_free"], each["memory_free"]) for each in region.hosts]
    for kind in LARGE:
        (made,) = region.run_instances(1, instance_type=kind)
        made.delete()
        assert [(each["vcpus_free"], each["memory_free"]) for each in region.hosts] == before


def test_types_of_earlier_editions_need_the_room_that_they_have() -> None:
    region = make_region(edition="2020-12", host_vcpus=4, host_memory_gib=16)
    with pytest.raises(ApiError, match="NoStock"):
        region.run_instances(1, instance_type="ecs.g5.2xlarge")


def test_many_hosts_without_room_are_passed_over() -> None:
    region = make_region(edition="2026-10", zones=1, hosts_per_zone=100)
    region.run_instances(99)
    (large,) = region.run_instances(1, instance_type="ecs.ebmg7.32xlarge")
    assert [each["instances"] for each in region.hosts if large.host in each.values()] == [[large.id]]
    assert offered(region, "ecs.ebmg7.32xlarge") == ["SoldOut"]
