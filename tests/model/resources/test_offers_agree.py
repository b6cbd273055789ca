"""Zones, stock, types, images, prices and launches agree: what is offered can be had, what is not is refused."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faultzone import ApiError, Region, make_region

FAMILIES = ("ecs.g5", "ecs.i2", "ecs.g7", "ecs.g8y", "ecs.ebmg7", "ecs.gn7i")
TYPES = (
    "ecs.g5.large",
    "ecs.g5.16xlarge",
    "ecs.i2.xlarge",
    "ecs.g7.xlarge",
    "ecs.g7.32xlarge",
    "ecs.r7.16xlarge",
    "ecs.g8y.small",
    "ecs.ebmg7.32xlarge",
    "ecs.gn7i-c8g1.2xlarge",
    "ecs.g9i.2xlarge",  # Known by the rule of names alone.
    "ecs.none.large",
    "g5.large",
)
IMAGES = {"x86_64": "aliyun_3_x64_20G_alibase_20250629.vhd", "arm64": "aliyun_3_9_arm64_20G_alibase_20231219.vhd"}


def refused(region: Region, action: str, **asked: object) -> str:
    """The code with which a call is refused, empty where it is not."""
    try:
        region.call(action, **asked)
    except ApiError as error:
        return error.code
    return ""


def stock(region: Region, kind: str, zone: str) -> str:
    """What DescribeAvailableResource tells of a type in a zone."""
    asked = {"DestinationResource": "InstanceType", "InstanceType": kind, "ZoneId": zone}
    try:
        (found,) = region.call("DescribeAvailableResource", **asked)["AvailableZones"]["AvailableZone"]
    except ApiError as error:
        return error.code
    (resource,) = found["AvailableResources"]["AvailableResource"]
    (value,) = resource["SupportedResources"]["SupportedResource"]
    return str(value["Status"])


def check(region: Region, kind: str, zone: str, image: str) -> None:
    """Hold what is told of a type against a launch of one."""
    types = region.call("DescribeInstanceTypes", InstanceTypes=[kind])["InstanceTypes"]["InstanceType"]
    told, known = stock(region, kind, zone), bool(types)
    zones = {each["ZoneId"]: each for each in region.call("DescribeZones")["Zones"]["Zone"]}
    sold = zones[zone]["AvailableInstanceTypes"]["InstanceTypes"]
    listed = {each["InstanceTypeId"] for each in region.call("DescribeInstanceTypes")["InstanceTypes"]["InstanceType"]}
    assert (told in ("Available", "SoldOut")) == known
    assert (refused(region, "DescribePrice", InstanceType=kind) == "") == known
    assert (kind in sold) == (told == "Available" and kind in listed)
    images: list[dict[str, Any]] = []
    if known:
        asked = {"InstanceType": kind, "ImageId": image}
        images = region.call("DescribeImages", **asked)["Images"]["Image"]
    launch = {"InstanceType": kind, "ImageId": image, "ZoneId": zone}
    code = refused(region, "RunInstances", DryRun=True, **launch)
    if not known:
        assert code == told == "InvalidInstanceType.ValueNotSupported"
    elif not images:
        assert code == "ImageNotSupportInstanceType"
    elif told == "Available":
        assert code == "DryRunOperation"
        (instance,) = region.call("RunInstances", **launch)["InstanceIdSets"]["InstanceIdSet"]
        (shown,) = region.call("DescribeInstances", InstanceIds=[instance])["Instances"]["Instance"]
        assert (shown["ZoneId"], shown["Cpu"]) == (zone, types[0]["CpuCoreCount"])
        assert (shown["Memory"], shown["GPUAmount"]) == (int(types[0]["MemorySize"] * 1024), types[0]["GPUAmount"])
    else:
        assert code == "OperationDenied.NoStock"
        assert refused(region, "RunInstances", **launch) == "OperationDenied.NoStock"


@pytest.mark.slow
@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    hosts=st.integers(1, 3),
    limits=st.dictionaries(st.sampled_from(FAMILIES), st.integers(0, 2), max_size=3),
    launches=st.lists(
        st.tuples(st.sampled_from(TYPES), st.integers(0, 1), st.sampled_from(sorted(IMAGES))), min_size=1, max_size=8
    ),
)
def test_what_is_offered_can_be_had_and_nothing_else(
    hosts: int, limits: dict[str, int], launches: Sequence[tuple[str, int, str]]
) -> None:
    supply = {f"*/{family}": limit for family, limit in limits.items()}
    with make_region(edition="2026-10", zones=2, hosts_per_zone=hosts, supply=supply) as region:
        for kind, zone, architecture in launches:
            check(region, kind, region.zones[zone], IMAGES[architecture])


def test_each_listed_type_can_be_had_in_an_empty_region() -> None:
    """The largest too, whatever the size of the hosts."""
    with make_region(edition="2026-10", zones=1, hosts_per_zone=1) as region:
        listed = region.call("DescribeInstanceTypes")["InstanceTypes"]["InstanceType"]
        (zone,) = region.call("DescribeZones")["Zones"]["Zone"]
        assert zone["AvailableInstanceTypes"]["InstanceTypes"] == [each["InstanceTypeId"] for each in listed]
        for each in listed:
            image = IMAGES["arm64" if each["CpuArchitecture"] == "ARM" else "x86_64"]
            asked = {"InstanceType": each["InstanceTypeId"], "ImageId": image}
            assert refused(region, "RunInstances", DryRun=True, **asked) == "DryRunOperation"
