"""Cloud Assistant: how commands are run as documented today: by tag, at a rate, at a moment, in a time zone, once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from faultzone import Instance, Region, assert_refused

clause, needs = pytest.mark.clause, pytest.mark.needs

SHELL = {"Type": "RunShellScript", "CommandContent": "echo 1", "ContentEncoding": "PlainText"}


def run(region: Region, *on: Instance, **given: object) -> dict[str, Any]:
    """RunCommand."""
    targets = {"InstanceId": [each.id for each in on]} if on else {}
    return region.call("RunCommand", **{**SHELL, **targets, **given})


def invocations(region: Region, **asked: object) -> list[dict[str, Any]]:
    """What DescribeInvocations lists."""
    found: list[dict[str, Any]] = region.call("DescribeInvocations", **asked)["Invocations"]["Invocation"]
    return found


def results(region: Region, invoke_id: str, **asked: object) -> list[dict[str, Any]]:
    """What DescribeInvocationResults lists of one invocation."""
    found = region.call("DescribeInvocationResults", InvokeId=invoke_id, **asked)["Invocation"]["InvocationResults"]
    listed: list[dict[str, Any]] = found["InvocationResult"]
    return listed


def began(region: Region, invoke_id: str) -> list[datetime]:
    """When the runs of a timed invocation began, the first first, to the second."""
    shown = results(region, invoke_id, IncludeHistory=True)
    return sorted(datetime.fromisoformat(each["StartTime"]) for each in shown if each["StartTime"])


def refused(region: Region, code: str, **given: object) -> None:
    """RunCommand refuses it, and nothing is listed."""
    before = invocations(region)
    assert_refused(code, partial(region.call, "RunCommand", **{**SHELL, **given}))
    assert invocations(region) == before


@clause("assistant/targets-by-tag")
@needs("guest", "move-time")
def test_targets_are_those_that_have_all_tags(region: Region) -> None:
    web = [{"Key": "role", "Value": "web"}, {"Key": "stage", "Value": "test"}]
    (both,), (some,), _ = (
        region.run_instances(Tag=web),
        region.run_instances(Tag=web[:1]),
        region.run_instances(Tag=[{"Key": "role", "Value": "db"}]),
    )
    command = region.commands.create("echo 1")
    for asked, expected in ((web, {both.id}), (web[:1], {both.id, some.id}), ([{"Key": "stage"}], {both.id})):
        invoked = region.call("InvokeCommand", CommandId=command, ResourceTag=asked)["InvokeId"]
        for made in (invoked, run(region, ResourceTag=asked)["InvokeId"]):
            shown = region.commands.invocation(made).wait("2m").describe()["InvokeInstances"]["InvokeInstance"]
            assert {each["InstanceId"] for each in shown} == expected
    refused(region, "InvalidParameter.Conflict", ResourceTag=web, InstanceId=[both.id])
    refused(region, "InvalidInstance.NotFound", ResourceTag=[{"Key": "role", "Value": "cache"}])
    refused(region, "MissingParameter.InstanceIds")


@clause("assistant/tags")
def test_commands_and_invocations_keep_tags_and_are_found_by_them(region: Region) -> None:
    (instance,) = region.run_instances()
    tags = [{"Key": "owner", "Value": "ops"}, {"Key": "stage", "Value": "test"}]
    shown = [{"TagKey": each["Key"], "TagValue": each["Value"]} for each in tags]
    command = region.commands.create("echo 1", Tag=tags)
    region.commands.create("echo 2", Tag=tags[1:])
    plain = region.call("InvokeCommand", CommandId=command, InstanceId=[instance.id])["InvokeId"]
    tagged = region.call("InvokeCommand", CommandId=command, InstanceId=[instance.id], Tag=tags)["InvokeId"]
    made = run(region, instance, Tag=tags[1:])["InvokeId"]
    for asked, found in ((tags, [tagged]), (tags[1:], [made, tagged]), ([{"Key": "owner"}], [tagged])):
        assert [each["InvokeId"] for each in invocations(region, Tag=asked)] == found
        records = region.call("DescribeInvocationResults", Tag=asked)["Invocation"]["InvocationResults"]
        assert [each["InvokeId"] for each in records["InvocationResult"]] == found
    listed = region.call("DescribeCommands", Tag=tags)["Commands"]["Command"]
    assert [(each["CommandId"], each["Tags"]["Tag"]) for each in listed] == [(command, shown)]
    assert [each["Tags"]["Tag"] for each in invocations(region)] == [shown[1:], shown, []]
    assert [each["Tags"]["Tag"] for each in results(region, tagged)] == [shown]
    assert [each["Tags"]["Tag"] for each in results(region, plain)] == [[]]


@clause("assistant/client-token")
def test_a_call_that_is_repeated_with_its_token_makes_nothing_more(region: Region) -> None:
    (instance,) = region.run_instances()
    command = region.commands.create("echo 1")
    targets = {"InstanceId": [instance.id]}
    calls: dict[str, dict[str, object]] = {
        "RunCommand": {**SHELL, **targets},
        "InvokeCommand": {"CommandId": command, **targets},
        "CreateCommand": {"Name": "n", "Type": "RunShellScript", "CommandContent": "ZWNobyAx"},
    }
    for action, given in calls.items():
        first = region.call(action, ClientToken="t-1", **given)
        before = len(invocations(region)), region.call("DescribeCommands")["TotalCount"]
        again = region.call(action, ClientToken="t-1", **given)
        assert {**again, "RequestId": ""} == {**first, "RequestId": ""}
        assert (len(invocations(region)), region.call("DescribeCommands")["TotalCount"]) == before
        other = region.call(action, ClientToken="t-2", **given)
        assert {**other, "RequestId": ""} != {**first, "RequestId": ""}


@clause("assistant/invocation-timeout")
@needs("guest", "move-time")
def test_an_invocation_has_a_timeout_of_its_own(region: Region) -> None:
    (instance,) = region.run_instances()
    command = region.commands.create("sleep 100", Timeout=600)
    asked = {"CommandId": command, "InstanceId": [instance.id]}
    ran = region.commands.invocation(region.call("InvokeCommand", Timeout=20, **asked)["InvokeId"]).wait("2m")
    assert [each["InvocationStatus"] for each in results(region, ran.id)] == ["Timeout"]
    assert ran.describe()["Timeout"] == 20
    longer = region.commands.invocation(region.call("InvokeCommand", **asked)["InvokeId"]).wait("5m")
    assert [each["InvocationStatus"] for each in results(region, longer.id)] == ["Success"]
    assert longer.describe()["Timeout"] == 600
    assert_refused("InvalidParameter", partial(region.call, "InvokeCommand", Timeout=9, **asked))


@clause("assistant/invocation-directory")
@needs("guest", "move-time")
def test_an_invocation_has_a_directory_of_its_own(region: Region) -> None:
    (instance,) = region.run_instances()
    command = region.commands.create("pwd", WorkingDir="/tmp")
    for given, directory in (({"WorkingDir": "/usr"}, "/usr"), ({}, "/tmp")):
        made = region.call("InvokeCommand", CommandId=command, InstanceId=[instance.id], **given)["InvokeId"]
        ran = region.commands.invocation(made).wait("2m")
        assert ran.output(instance) == f"{directory}\n"
        assert ran.describe()["WorkingDir"] == directory


@clause("assistant/rate")
@needs("guest", "move-time")
@pytest.mark.parametrize(("rate", "seconds"), [("rate(60s)", 60), ("rate(5m)", 300), ("rate(2h)", 7200)])
def test_a_rate_counts_from_the_creation(region: Region, rate: str, seconds: int) -> None:
    (instance,) = region.run_instances()
    region.clock.advance("17s")
    made, since = run(region, instance, Frequency=rate, Timeout=30)["InvokeId"], region.clock.now
    region.clock.advance(f"{3 * seconds + 5}s")
    whole = since.replace(microsecond=0)
    late = [(each - whole).total_seconds() for each in began(region, made)]
    assert len(late) == 3
    for number, each in enumerate(late, 1):
        assert 0 <= each - number * seconds <= 3


@clause("assistant/rate")
def test_a_rate_is_a_minute_to_a_week_and_longer_than_the_timeout(region: Region) -> None:
    (instance,) = region.run_instances()
    targets = {"InstanceId": [instance.id]}
    for rate in (
        "rate(59s)",
        "rate(8d)",
        "rate(604801s)",
        "rate(0m)",
        "rate(5)",
        "rate(5w)",
        "rate(-1m)",
        "rate(1.5m)",
    ):
        refused(region, "InvalidParam.Frequency", Frequency=rate, Timeout=10, **targets)
    refused(region, "InvalidParam.Frequency", Frequency="rate(100s)", Timeout=100, **targets)
    run(region, instance, Frequency="rate(100s)", Timeout=99)
    run(region, instance, Frequency="rate(7d)", Timeout=10)
    run(region, instance, Frequency="rate(60s)", Timeout=10)


@clause("assistant/at")
@needs("guest", "move-time")
@pytest.mark.parametrize(("zone", "hours"), [("", 0), (" UTC", 0), (" GMT+8:00", 8), (" GMT-3:00", -3)])
def test_a_moment_is_one_run(region: Region, zone: str, hours: int) -> None:
    (instance,) = region.run_instances()
    due = region.clock.now.replace(microsecond=0) + timedelta(minutes=90)
    local = due.astimezone(UTC) + timedelta(hours=hours)
    made = run(region, instance, Frequency=f"at({local:%Y-%m-%d %H:%M:%S}{zone})")["InvokeId"]
    region.clock.advance("89m")
    assert began(region, made) == []
    region.clock.advance("1d")
    assert len(late := [each - due for each in began(region, made)]) == 1
    assert timedelta() <= late[0] <= timedelta(seconds=3)


@clause("assistant/at")
def test_a_moment_that_cannot_be_is_refused(region: Region) -> None:
    (instance,) = region.run_instances()
    for moment in (
        "at(2001-01-01 00:00:00)",
        "at(2031-02-30 00:00:00)",
        "at(tomorrow)",
        "at(2031-01-01 00:00:00 Mars)",
    ):
        refused(region, "InvalidParam.Frequency", Frequency=moment, InstanceId=[instance.id])


@clause("assistant/cron-zone")
@needs("guest", "move-time")
@pytest.mark.parametrize(("zone", "hours"), [("UTC", 0), ("GMT+8:00", 8), ("GMT-3:00", -3)])
def test_a_cron_expression_names_its_zone_and_year(region: Region, zone: str, hours: int) -> None:
    (instance,) = region.run_instances()
    due = region.clock.now.replace(microsecond=0) + timedelta(minutes=150)
    local = due.astimezone(UTC) + timedelta(hours=hours)
    frequency = f"{local:%-S %-M %-H %-d %-m} ? {local:%Y} {zone}"
    made = run(region, instance, Frequency=frequency)["InvokeId"]
    region.clock.advance("2d")
    assert len(late := [each - due for each in began(region, made)]) == 1
    assert timedelta() <= late[0] <= timedelta(seconds=3)
    for wrong in ("0 0 12 * * ? Mars/Phobos", "0 0 12 * * ? GMT+08:00", "0 0 12 * * ? 2001 UTC"):
        refused(region, "InvalidParam.Frequency", Frequency=wrong, InstanceId=[instance.id])


@clause("assistant/period-over-timeout")
def test_a_period_is_no_shorter_than_the_timeout(region: Region) -> None:
    (instance,) = region.run_instances()
    every = {"Frequency": "*/30 * * * * ?", "InstanceId": [instance.id]}
    refused(region, "InvalidParam.Frequency", Timeout=31, **every)
    refused(region, "InvalidParam.Frequency", **every)
    run(region, instance, Timeout=30, Frequency="*/30 * * * * ?")
