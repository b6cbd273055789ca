"""Instances: what a request may say: names of resources, tags, lists and times to filter by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from faultzone import Instance, Region, assert_nothing_made, assert_refused
from faultzone_specs.observing import listed, refusal_of, refused_unchanged

clause, needs = pytest.mark.clause, pytest.mark.needs

SMALL: dict[str, Any] = {"Tag.1.key": "team", "Tag.1.value": "blue"}


def shown_tags(instance: Instance) -> dict[str, str]:
    """The tags that an instance shows, by key."""
    shown = instance.describe().get("Tags", {}).get("Tag", ())
    return {each["TagKey"]: each["TagValue"] for each in shown}


def launches_are_refused(region: Region, code: str | Sequence[str], given: Mapping[str, Any]) -> None:
    """Both actions that make instances refuse, and make none."""
    assert_nothing_made(region, partial(region.run_instances, wait=False, **given), code)
    assert_nothing_made(region, partial(region.create_instance, wait=False, **given), code)


@clause("instance/named-resources")
@pytest.mark.parametrize(
    ("parameter", "code"),
    [
        ("KeyPairName", "InvalidKeyPairName.NotFound"),
        ("HpcClusterId", "InvalidHpcClusterId.NotFound"),
    ],
)
def test_a_launch_with_what_there_is_not_is_refused(region: Region, parameter: str, code: str) -> None:
    """Key pairs and clusters have to be there before."""
    launches_are_refused(region, code, {parameter: "no-such-thing-0"})


@clause("instance/named-resources")
@needs("change-account")
def test_a_launch_with_a_role_that_there_is_not_is_refused(region: Region) -> None:
    """Which roles there are is another product's to say: here the test says it."""
    region.control("account-settings", ram_roles=["reader"])
    launches_are_refused(region, "InvalidRamRole.NotFound", {"RamRoleName": "no-such-role-0"})


@clause("instance/unknown-resource-group")
@needs("shape-region")
def test_a_launch_into_a_resource_group_that_there_is_not_is_refused(region: Region) -> None:
    launches_are_refused(region, "InvalidResourceGroup.NotFound", {"ResourceGroupId": "rg-nosuchgroup0"})


@clause("instance/name-periods")
@needs("shape-region")
def test_names_may_have_periods(region: Region) -> None:
    """Of instances, whichever action makes them, and of their disks."""
    name = "web.example.com"
    (run,) = region.run_instances(InstanceName=name, wait=False, SystemDisk={"DiskName": "root.web"})
    created = region.create_instance(InstanceName=name, wait=False)
    assert {each.describe()["InstanceName"] for each in (run, created)} == {name}


@clause("instance/ordered-names")
@needs("shape-region")
def test_a_batch_is_numbered_where_its_name_says(region: Region) -> None:
    """Both names, each with its own beginning and width, and no suffix where the number ends the name."""
    made = region.run_instances(
        2, InstanceName="node-[1,4]-web", HostName="node-[99,3]", UniqueSuffix=False, public_ip=False, wait=False
    )
    shown = [each.describe() for each in made]
    assert sorted(each["InstanceName"] for each in shown) == ["node-0001-web", "node-0002-web"]
    assert sorted(each["HostName"] for each in shown) == ["node-099", "node-100"]
    ended = region.run_instances(2, InstanceName="instance-[99,3]", UniqueSuffix=True, public_ip=False, wait=False)
    assert sorted(each.describe()["InstanceName"] for each in ended) == ["instance-099", "instance-100"]


@clause("instance/tag-rule")
def test_tags_of_the_documented_form_are_kept(region: Region) -> None:
    """The longest key that every edition allows, and values of both ends."""
    tags = {"k" * 64: "v" * 128, "team": "", "部门": "前端"}
    instance = region.create_instance(Tag=[{"Key": key, "Value": value} for key, value in tags.items()])
    assert shown_tags(instance) == tags


@clause("instance/tag-rule")
@pytest.mark.parametrize("key", ["k" * 129, "aliyun-team", "acs:team", "http://team", "https://team"])
def test_other_keys_of_tags_are_refused(region: Region, key: str) -> None:
    launches_are_refused(region, "InvalidTagKey.Malformed", {"Tag": [{"Key": key, "Value": "blue"}]})


@clause("instance/tag-rule")
@pytest.mark.parametrize("value", ["v" * 129, "http://blue", "https://blue"])
def test_other_values_of_tags_are_refused(region: Region, value: str) -> None:
    launches_are_refused(region, "InvalidTagValue.Malformed", {"Tag": [{"Key": "team", "Value": value}]})


@clause("instance/tag-values-reserved")
def test_no_value_of_a_tag_begins_like_the_systems(region: Region) -> None:
    launches_are_refused(region, "InvalidTagValue.Malformed", {"Tag": [{"Key": "team", "Value": "acs:blue"}]})


@clause("instance/tag-values-free")
def test_a_value_of_a_tag_begins_with_anything(region: Region) -> None:
    """Wherever it is given."""
    tags = {"team": "acs:blue", "for": "aliyun"}
    given = [{"Key": key, "Value": value} for key, value in tags.items()]
    instance = region.create_instance(Tag=given)
    assert shown_tags(instance) == tags
    group = region.call("CreateSecurityGroup", Tag=given)["SecurityGroupId"]
    named = {"ResourceType": "securitygroup", "ResourceId": [group]}
    region.call("TagResources", **named, Tag=[{"Key": "more", "Value": "acs:red"}])
    listed_tags = region.call("ListTagResources", **named)["TagResources"]["TagResource"]
    assert {each["TagKey"]: each["TagValue"] for each in listed_tags} == {**tags, "more": "acs:red"}


@clause("instance/launch-bandwidth-in")
def test_as_much_comes_in_as_goes_out_but_ten(region: Region) -> None:
    """By default, and at most."""

    def bandwidth_in(**given: Any) -> int:
        shown: int = region.create_instance(**given).describe()["InternetMaxBandwidthIn"]
        return shown

    assert bandwidth_in() == 10
    assert bandwidth_in(InternetMaxBandwidthOut=5) == 10
    assert bandwidth_in(InternetMaxBandwidthOut=50) == 50
    assert bandwidth_in(InternetMaxBandwidthOut=50, InternetMaxBandwidthIn=50) == 50
    assert bandwidth_in(InternetMaxBandwidthIn=3) == 3
    code = ("InvalidInternetMaxBandwidthIn.ValueNotSupported", "InvalidParameter")
    for wrong in ({"InternetMaxBandwidthIn": 11}, {"InternetMaxBandwidthOut": 50, "InternetMaxBandwidthIn": 51}):
        launches_are_refused(region, code, wrong)


@clause("instance/group-names")
def test_names_of_groups_have_letters_of_any_script(region: Region) -> None:
    """And begin with one."""
    for name in ("ab", "Gruppe-ä", "группа_1", "組:web.1", "n" * 128):
        group = region.call("CreateSecurityGroup", SecurityGroupName=name)["SecurityGroupId"]
        found = region.call("DescribeSecurityGroups", SecurityGroupId=group)["SecurityGroups"]["SecurityGroup"]
        assert [each["SecurityGroupName"] for each in found] == [name]
    for name in ("n", "n" * 129, "1web", "-web", "web 1", "http://web"):
        refused = partial(region.call, "CreateSecurityGroup", SecurityGroupName=name)
        assert_refused("InvalidSecurityGroupName.Malformed", refused)


@clause("instance/tag-small-letters")
@needs("shape-region")
def test_tags_may_be_written_in_small_letters(region: Region) -> None:
    """Where they are set and where they are asked for."""
    tagged, other = region.create_instance(**SMALL), region.create_instance()
    assert shown_tags(tagged) == {"team": "blue"}
    assert listed(region, [tagged, other], **SMALL) == {tagged.id}
    group = region.call("CreateSecurityGroup", **SMALL)["SecurityGroupId"]
    found = region.call("DescribeSecurityGroups", **SMALL)["SecurityGroups"]["SecurityGroup"]
    assert [each["SecurityGroupId"] for each in found] == [group]


@clause("instance/describe-ids-json")
def test_a_bare_id_is_no_list_of_ids(region: Region) -> None:
    """It is not taken for one, and its instance is not found by it."""
    instance = region.create_instance(wait=False)
    refusal = assert_refused("InvalidParameter", lambda: region.call("DescribeInstances", InstanceIds=instance.id))
    assert refusal.status == 400
    assert "InstanceIds" in refusal.message


@clause("instance/describe-by-time")
def test_subscriptions_are_found_by_the_time_of_their_expiry(region: Region) -> None:
    """Between two times, from one on, until one: as a renewal job asks, and N begins at three."""
    soon = region.create_instance(InstanceChargeType="PrePaid", Period=1)
    late = region.create_instance(InstanceChargeType="PrePaid", Period=6)
    own = [soon, late]
    expiry = datetime.strptime(soon.describe()["ExpiredTime"], "%Y-%m-%dT%H:%MZ").replace(tzinfo=UTC)

    def found(**days: int) -> set[str]:
        given: dict[str, object] = {}
        for n, (key, offset) in enumerate(days.items(), 3):
            given[f"Filter.{n}.Key"] = key
            given[f"Filter.{n}.Value"] = (expiry + timedelta(days=offset)).strftime("%Y-%m-%dT%H:%MZ")
        return listed(region, own, **given)

    assert found(ExpiredStartTime=-9, ExpiredEndTime=9) == {soon.id}
    assert found(ExpiredStartTime=9) == {late.id}
    assert found(ExpiredEndTime=9) == {soon.id}
    assert found(ExpiredStartTime=-9) == {soon.id, late.id}
    assert found(ExpiredStartTime=-9, ExpiredEndTime=-3) == set()


SUBSCRIPTION: dict[str, Any] = {"InstanceChargeType": "PrePaid", "Period": 1, "AutoRenew": True}


@clause("billing/auto-renew-period")
@pytest.mark.parametrize(("period", "unit"), [(1, "Month"), (12, "Month"), (3, "Week")])
def test_documented_periods_of_automatic_renewal_are_taken(region: Region, period: int, unit: str) -> None:
    asked = {**SUBSCRIPTION, "AutoRenewPeriod": period, "PeriodUnit": unit}
    region.run_instances(wait=False, **asked)
    region.create_instance(wait=False, **asked)


@clause("billing/auto-renew-period")
@pytest.mark.parametrize(("period", "unit"), [(0, "Month"), (5, "Month"), (13, "Month"), (6, "Week")])
def test_other_periods_of_automatic_renewal_are_refused(region: Region, period: int, unit: str) -> None:
    asked = {**SUBSCRIPTION, "AutoRenewPeriod": period, "PeriodUnit": unit}
    launches_are_refused(region, "InvalidAutoRenewPeriod.ValueNotSupported", asked)


def written(region: Region, name: str) -> tuple[str, str]:
    """The names of an instance and of its system disk that were both launched with one."""
    disk = {"Category": "cloud_efficiency", "DiskName": name}
    (instance,) = region.run_instances(InstanceName=name, wait=False, SystemDisk=disk)
    (shown,) = region.describe("DescribeDisks", "Disks", "Disk", InstanceId=instance.id)
    return instance.describe()["InstanceName"], shown["DiskName"]


@clause("instance/names-of-launches")
@pytest.mark.region(edition="2026-10")
@pytest.mark.parametrize("name", ["1-web", "-a", "_:", "..", "ñandú", "서버", "сервер", "服务器", "a" * 128, "٣ab"])
def test_a_launch_takes_letters_of_any_script(region: Region, name: str) -> None:
    """In any order, for instances and for their disks."""
    assert written(region, name) == (name, name)
    assert region.create_instance(InstanceName=name, wait=False).describe()["InstanceName"] == name


@clause("instance/names-of-launches")
@pytest.mark.region(edition="2026-10")
@pytest.mark.parametrize("name", ["a", "服", "a" * 129, "we b", "web/1", "http://web", "web@home", "web\n"])
def test_a_launch_takes_no_other_names(region: Region, name: str) -> None:
    for launch in (region.run_instances, region.create_instance):
        assert_nothing_made(region, partial(launch, InstanceName=name, wait=False), "InvalidInstanceName.Malformed")
        for disks in ({"SystemDisk": {"DiskName": name}}, {"DataDisk": [{"Size": 40, "DiskName": name}]}):
            assert_nothing_made(region, partial(launch, wait=False, **disks), "InvalidDiskName.Malformed")


@clause("instance/names-of-launches")
@pytest.mark.region(edition="2026-10")
def test_a_launch_without_a_name_is_named_by_its_id(region: Region) -> None:
    instance = region.create_instance()
    assert instance.describe()["InstanceName"] == instance.id


@clause("instance/rename-rule")
@pytest.mark.region(edition="2026-10")
def test_a_new_name_begins_with_a_letter(region: Region) -> None:
    instance = region.create_instance(InstanceName="1-web")
    for name in ("ab", "a" * 128, "服务器", "A1:b_c-d"):
        region.call("ModifyInstanceAttribute", InstanceId=instance.id, InstanceName=name)
        assert instance.describe()["InstanceName"] == name
    for name in ("a", "a" * 129, "1web", "_web", "-web", ":web", "http://web", "https://web", "we b"):
        refused_unchanged(instance, "ModifyInstanceAttribute", "InvalidInstanceName.Malformed", InstanceName=name)


@clause("billing/auto-renew-period-60")
@pytest.mark.parametrize("months", [24, 36, 48, 60])
def test_a_subscription_renews_itself_for_years(region: Region, months: int) -> None:
    (instance,) = region.run_instances(wait=False, **SUBSCRIPTION, AutoRenewPeriod=months)
    shown = region.call("DescribeInstanceAutoRenewAttribute", InstanceId=instance.id)["InstanceRenewAttributes"]
    (told,) = shown["InstanceRenewAttribute"]
    assert (told["AutoRenewEnabled"], told["Duration"], told["PeriodUnit"]) in (
        (True, months, "Month"), (True, months // 12, "Year"),
    )  # fmt: skip


@clause("billing/auto-renew-period-60")
@pytest.mark.parametrize("months", [18, 72])
def test_other_spans_are_refused(region: Region, months: int) -> None:
    code = "InvalidAutoRenewPeriod.ValueNotSupported"
    launch = partial(region.run_instances, wait=False, **SUBSCRIPTION, AutoRenewPeriod=months)
    assert_nothing_made(region, launch, code)


@clause("instance/status-ids-100")
@pytest.mark.region(edition="2026-10")
def test_the_status_of_a_hundred_instances_is_told(region: Region) -> None:
    """Of these alone."""
    ids = [each.id for each in region.run_instances(100, wait=False)]
    other = region.create_instance(wait=False).id

    def told(*asked: str) -> set[str]:
        answer = region.call("DescribeInstanceStatus", InstanceId=list(asked), PageSize=50)
        assert answer["TotalCount"] == len(asked)
        return {each["InstanceId"] for each in answer["InstanceStatuses"]["InstanceStatus"]}

    assert told(*ids) < set(ids)
    assert told(*ids[:2], other) == {*ids[:2], other}
    assert refusal_of(partial(told, *ids, other)) is not None
