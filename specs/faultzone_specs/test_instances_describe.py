"""Instances: listings, their filters and their pages."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from faultzone import ApiError, Instance, Region
from faultzone_specs.observing import listed
from faultzone_specs.words import Words

clause, needs = pytest.mark.clause, pytest.mark.needs


MINUTE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\dZ")


@clause("instance/describe-times")
def test_times_are_told_to_the_minute(region: Region) -> None:
    """Of a running subscription, which has all three."""
    shown = region.run_instances(InstanceChargeType="PrePaid", Period=1)[0].describe()
    for name in ("CreationTime", "StartTime", "ExpiredTime"):
        assert MINUTE.fullmatch(shown[name]), f"{name} is {shown[name]!r}"
    assert shown["CreationTime"] <= shown["StartTime"] < shown["ExpiredTime"]


@clause("instance/describe-resources")
@pytest.mark.parametrize(("size", "vcpus"), [("large", 2), ("xlarge", 4), ("2xlarge", 8)])
def test_resources_are_told_as_numbers(region: Region, size: str, vcpus: int) -> None:
    """The family has four GiB of memory for each vCPU."""
    shown = region.create_instance(instance_type=f"ecs.g5.{size}").describe()
    assert (shown["Cpu"], shown["Memory"]) == (vcpus, vcpus * 4 * 1024)


@pytest.fixture
def pair(region: Region) -> tuple[Instance, Instance]:
    """A running instance and a stopped one, which differ in all that filters ask for."""
    said = Words(region)
    (running,) = region.run_instances(InstanceName=f"web-{said.name('shop')}-front", Description=said.text("first"))
    stopped = region.create_instance(
        instance_type="ecs.c5.large",
        InstanceName="batch:7",
        ImageId="win2016_64_dtc_1607_en-us_40G_alibase_20181220.vhd",
        Tag=said.tags(team="blue"),
    )
    return running, stopped


@pytest.mark.parametrize(
    "name",
    [
        "Status",
        "InstanceType",
        "InstanceTypeFamily",
        "InstanceName",
        "ImageId",
        "Private",
        "Public",
        "Tag",
    ],
)
@clause("instance/describe-filters")
def test_a_filter_lists_what_matches(region: Region, pair: tuple[Instance, Instance], name: str) -> None:
    """Each filter tells the two apart."""
    running, stopped = pair
    said = Words(region)
    shown = [each.describe() for each in pair]
    if name == "Tag":
        assert listed(region, pair, Tag=said.tags(team="blue")) == {stopped.id}
        assert listed(region, pair, Tag=said.tags(team="red")) == set()
    elif name == "Private":
        assert listed(region, pair, PrivateIpAddresses=json.dumps([stopped.private_ip])) == {stopped.id}
    elif name == "Public":
        assert listed(region, pair, PublicIpAddresses=json.dumps([running.public_ip])) == {running.id}
    else:
        for instance, attributes in zip(pair, shown, strict=True):
            assert listed(region, pair, **{name: attributes[name]}) == {instance.id}


@clause("instance/describe-filters")
def test_the_filter_of_the_charge_type_tells_subscriptions_apart(region: Region) -> None:
    """One of each."""
    own = [region.create_instance(), region.create_instance(InstanceChargeType="PrePaid", Period=1)]
    assert listed(region, own, InstanceChargeType="PostPaid") == {own[0].id}
    assert listed(region, own, InstanceChargeType="PrePaid") == {own[1].id}


@clause("instance/describe-filters")
@needs("see-hosts")
def test_the_filter_of_the_zone_lists_what_is_there(region: Region) -> None:
    """One instance in each of two zones."""
    made = [region.run_instances(zone=zone, wait=False)[0] for zone in region.zones[:2]]
    for instance, zone in zip(made, region.zones, strict=False):
        assert listed(region, made, ZoneId=zone) == {instance.id}
        shown = region.call("DescribeInstanceStatus", ZoneId=zone, PageSize=50)["InstanceStatuses"]["InstanceStatus"]
        assert {each["InstanceId"] for each in shown} & {each.id for each in made} == {instance.id}


@clause("instance/describe-filters")
@needs("see-hosts")
def test_the_filters_of_the_network_tell_two_instances_apart(region: Region) -> None:
    """They are in two zones, so in two vSwitches, and in two security groups; both are in one VPC."""
    vpc = region.create_instance().describe()["VpcAttributes"]["VpcId"]
    group = region.call("CreateSecurityGroup", VpcId=vpc)["SecurityGroupId"]
    zones = region.zones[:2]
    one = region.create_instance(ZoneId=zones[0], InternetChargeType="PayByTraffic")
    two = region.create_instance(ZoneId=zones[-1], SecurityGroupId=group, InternetChargeType="PayByBandwidth")
    own = [one, two]
    if len(zones) == 2:
        for each in own:
            assert listed(region, own, VSwitchId=each.describe()["VpcAttributes"]["VSwitchId"]) == {each.id}
    assert listed(region, own, SecurityGroupId=group) == {two.id}
    for instance, kind in zip(own, ("PayByTraffic", "PayByBandwidth"), strict=True):
        assert listed(region, own, InternetChargeType=kind) == {instance.id}
    for filters in ({"VpcId": vpc}, {"InstanceNetworkType": "vpc"}, {"SpotStrategy": "NoSpot"}):
        assert listed(region, own, **filters) == {one.id, two.id}
    for filters in ({"InstanceNetworkType": "classic"}, {"SpotStrategy": "SpotAsPriceGo"}):
        assert listed(region, own, **filters) == set()
    two.delete()
    region.call("DeleteSecurityGroup", SecurityGroupId=group)


@clause("instance/describe-filters")
def test_the_filters_of_what_few_have_tell_two_instances_apart(region: Region) -> None:
    """A set, a way to earn credits, a disk that is not optimized."""
    group = region.call("CreateDeploymentSet", DeploymentSetName="web")["DeploymentSetId"]
    plain = region.create_instance(IoOptimized="none")
    member = region.create_instance(DeploymentSetId=group, IoOptimized="optimized")
    burst = region.create_instance(instance_type="ecs.t5-lc1m2.small", CreditSpecification="Unlimited")
    own = [plain, member, burst]
    for filters, found in (
        ({"DeploymentSetId": group}, {member.id}),
        ({"DeploymentSetId": "ds-none"}, set()),
        ({"CreditSpecification": "Unlimited"}, {burst.id}),
        ({"CreditSpecification": "Standard"}, set()),
        ({"IoOptimized": False}, {plain.id}),
        ({"IoOptimized": True}, {member.id, burst.id}),
        ({"KeyPairName": "nobody"}, set()),
        ({"EipAddresses": json.dumps(["203.0.113.1"])}, set()),
        ({"InnerIpAddresses": json.dumps([plain.private_ip])}, set()),
    ):
        assert listed(region, own, **filters) == found, filters


@clause("instance/describe-filters")
@needs("change-account")
def test_the_filter_of_the_lock_lists_what_is_locked(region: Region) -> None:
    """By the reason of the lock."""
    own = region.run_instances(2)
    region.control("lock", instance=own[0].id, reason="security")
    assert listed(region, own, LockReason="security") == {own[0].id}
    assert listed(region, own, LockReason="financial") == set()


@clause("instance/describe-filters")
def test_filters_must_all_hold(region: Region, pair: tuple[Instance, Instance]) -> None:
    """Two that hold apart need not hold together."""
    running, stopped = pair
    name = running.describe()["InstanceName"]
    assert listed(region, pair, Status="Running", InstanceName=name) == {running.id}
    assert listed(region, pair, Status="Stopped", InstanceName=name) == set()
    assert listed(region, [running], Status="Stopped") == set()
    assert listed(region, [stopped], InstanceType=stopped.describe()["InstanceType"]) == {stopped.id}


@pytest.mark.parametrize("empty", ["Status", "InstanceName", "InstanceType", "ZoneId", "ImageId"])
@clause("instance/describe-filters")
def test_an_empty_filter_excludes_nothing(region: Region, pair: tuple[Instance, Instance], empty: str) -> None:
    """Empty text is the same as no filter."""
    assert listed(region, pair, **{empty: ""}) == {each.id for each in pair}


@clause("instance/describe-filters")
def test_without_filters_every_instance_is_listed(region: Region, pair: tuple[Instance, Instance]) -> None:
    """In whatever state."""
    answer = region.call("DescribeInstances", PageSize=100)
    assert {each.id for each in pair} <= {each["InstanceId"] for each in answer["Instances"]["Instance"]}


@pytest.mark.parametrize(
    ("pattern", "first", "second"),
    [
        ("web*", True, False),
        ("*7", False, True),
        ("*e*", True, False),
        ("w*o*t", True, False),
        ("*", True, True),
        ("web", False, False),
    ],
)
@clause("instance/describe-name-wildcard")
def test_an_asterisk_stands_for_any_characters(
    region: Region, pair: tuple[Instance, Instance], pattern: str, first: bool, second: bool
) -> None:
    """At either end, in between, and for none at all."""
    wanted = {each.id for each, holds in zip(pair, (first, second), strict=True) if holds}
    assert listed(region, pair, InstanceName=pattern) == wanted


@clause("instance/describe-empty-ids")
def test_an_empty_array_of_ids_lists_nothing(region: Region) -> None:
    """Unlike a filter that is absent."""
    region.create_instance()
    answer = region.call("DescribeInstances", InstanceIds="[]")
    assert (answer["TotalCount"], answer["Instances"]["Instance"]) == (0, [])


@clause("instance/describe-ids-limit")
def test_a_hundred_ids_are_accepted_and_no_more(region: Region) -> None:
    """Ids that do not exist are left out, and count."""
    instance = region.create_instance()
    ids = [instance.id, *(f"i-bp1nosuch{number:011d}" for number in range(100))]
    answer = region.call("DescribeInstances", InstanceIds=json.dumps(ids[:100]))
    assert [each["InstanceId"] for each in answer["Instances"]["Instance"]] == [instance.id]
    with pytest.raises(ApiError):
        region.call("DescribeInstances", InstanceIds=json.dumps(ids))


def pages(region: Region, action: str, total: int, **parameters: object) -> list[list[str]]:
    """The ids of the pages that hold `total` instances, and of the page after them."""
    found, size = [], 10
    for number in range(1, 100):
        answer: dict[str, Any] = region.call(action, **parameters, **({"PageNumber": number} if number > 1 else {}))
        assert (answer["TotalCount"], answer["PageNumber"]) == (total, number)
        size = answer["PageSize"]
        wrapper, item = (
            ("Instances", "Instance") if action == "DescribeInstances" else ("InstanceStatuses", "InstanceStatus")
        )
        found.append([each["InstanceId"] for each in answer[wrapper][item]])
        if (number - 1) * size >= total:
            break
    return found


@pytest.mark.parametrize("action", ["DescribeInstances", "DescribeInstanceStatus"])
@pytest.mark.parametrize(
    ("size", "lengths"), [({}, [10, 1, 0]), ({"PageSize": 4}, [4, 4, 3, 0]), ({"PageSize": 50}, [11, 0])]
)
@clause("instance/describe-paging")
@pytest.mark.region(zones=1)
@needs("shape-region")
def test_pages_name_each_instance_once(region: Region, action: str, size: dict[str, int], lengths: list[int]) -> None:
    """In a region that has no other instances."""
    made = [each.id for each in region.run_instances(11, wait=False)]
    found = pages(region, action, len(made), **size)
    assert [len(page) for page in found] == lengths
    assert sorted(each for page in found for each in page) == sorted(made)


@pytest.mark.parametrize(("action", "most"), [("DescribeInstances", 100), ("DescribeInstanceStatus", 50)])
@clause("instance/describe-paging")
def test_a_page_has_an_upper_limit(region: Region, action: str, most: int) -> None:
    """A larger one is refused, or cut to the limit."""
    assert region.call(action, PageSize=most)["PageSize"] == most
    try:
        size = region.call(action, PageSize=most + 1)["PageSize"]
    except ApiError:
        return
    assert size <= most


@clause("instance/describe-paging")
def test_filters_come_before_pages(region: Region) -> None:
    """The second page of those that are Running."""
    made = [*region.run_instances(2), region.create_instance(), *region.run_instances(1)]
    ids = json.dumps([each.id for each in made])
    answer = region.call("DescribeInstances", InstanceIds=ids, Status="Running", PageSize=2, PageNumber=2)
    assert answer["TotalCount"] == 3
    assert len(answer["Instances"]["Instance"]) == 1
