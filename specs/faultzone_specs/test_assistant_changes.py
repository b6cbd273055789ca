"""Cloud Assistant: changing what repeats or waits for a start, as of edition 2026-10."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from faultzone import Instance, Invocation, Region, assert_refused, one
from faultzone_specs.observing import refusal_of

clause, needs = pytest.mark.clause, pytest.mark.needs
pytestmark = pytest.mark.region(edition="2026-10")

LATE, HOUR = timedelta(seconds=30), timedelta(hours=1)


def call(region: Region, *instances: Instance, **given: object) -> dict[str, Any]:
    """The answer to a RunCommand."""
    asked = {"Type": "RunShellScript", "CommandContent": "echo 1", "InstanceId": [each.id for each in instances]}
    return region.call("RunCommand", **{**asked, **given})


def repeating(region: Region, *instances: Instance, **given: object) -> Invocation:
    """What runs each minute."""
    return region.commands.invocation(
        call(region, *instances, **{"Frequency": "0 * * * * *", "Timeout": 10, **given})["InvokeId"]
    )


def change(ran: Invocation, **given: object) -> str:
    """ModifyInvocationAttribute; the command that runs from now on."""
    return str(ran.region.call("ModifyInvocationAttribute", InvokeId=ran.id, **given)["CommandId"])


def refused_unchanged(ran: Invocation, *codes: str, **given: object) -> None:
    """The change is refused, with one of these codes if there are any, and nothing is other than before."""
    before = ran.describe(), commands(ran.region)
    refusal = refusal_of(lambda: change(ran, **given))
    assert refusal is not None, given
    assert not codes or refusal.code in codes, (refusal.code, given)
    assert (ran.describe(), commands(ran.region)) == before


def commands(region: Region) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = region.call("DescribeCommands", PageSize=50)["Commands"]["Command"]
    return found


def next_output(ran: Invocation, instance: Instance) -> str:
    """What the next run writes that begins from now on."""
    before = len(ran.results(instance))
    ran.region.wait(lambda: len(ended(ran, instance)) > before, "3m", what="the next run")
    return ran.output(instance)


def ended(ran: Invocation, instance: Instance) -> list[dict[str, Any]]:
    return [each for each in ran.results(instance) if each["FinishedTime"]]


def written(content: str) -> str:
    return base64.b64encode(content.encode()).decode()


@clause("assistant/modify-invocation")
@needs("move-time")
@pytest.mark.parametrize("kept", [True, False])
def test_later_runs_have_the_new_content(region: Region, kept: bool) -> None:
    (instance,) = region.run_instances()
    asked = {"KeepCommand": kept, "Name": "n", "WorkingDir": "/tmp"}
    ran = repeating(region, instance, **asked)
    old = ran.describe()["CommandId"]
    assert next_output(ran, instance) == "1\n"
    new = change(ran, CommandContent="echo 2; pwd")
    assert new not in ("", old)
    assert next_output(ran, instance) == "2\n/tmp\n"
    shown = ran.describe()
    assert (shown["CommandId"], shown["CommandContent"]) == (new, written("echo 2; pwd"))
    assert {each["CommandId"] for each in ran.results(instance)} == {old, new}
    assert {each["CommandId"] for each in commands(region)} == ({old, new} if kept else set())
    if kept:
        assert {each["CommandContent"] for each in commands(region)} == {written("echo 1"), written("echo 2; pwd")}
    encoded = change(ran, CommandContent=written("echo 3"), ContentEncoding="Base64")
    assert encoded not in (old, new)
    assert next_output(ran, instance) == "3\n"
    assert change(ran, CommandContent=written("echo 3"), ContentEncoding="base64") == encoded


@clause("assistant/modify-invocation")
def test_a_command_that_was_invoked_stays_as_it_is(region: Region) -> None:
    (instance,) = region.run_instances()
    old = region.commands.create("echo 1", Timeout=10)
    asked = {"CommandId": old, "InstanceId": [instance.id], "RepeatMode": "NextRebootOnly"}
    ran = region.commands.invocation(region.call("InvokeCommand", **asked)["InvokeId"])
    new = change(ran, CommandContent="echo 2")
    assert {each["CommandId"]: each["CommandContent"] for each in commands(region)} == {
        old: written("echo 1"),
        new: written("echo 2"),
    }
    instance.reboot()
    assert ran.wait("2m").output(instance) == "2\n"
    region.call("DeleteCommand", CommandId=old)
    refused = partial(change, ran, CommandContent="echo 3")
    assert refusal_of(refused) is not None  # It has run.


@clause("assistant/modify-invocation")
def test_a_content_that_cannot_be_is_refused(region: Region) -> None:
    (instance,) = region.run_instances()
    ran = repeating(region, instance)
    refused_unchanged(ran, "CmdContent.ExceedLimit", CommandContent="#" * 18433)
    refused_unchanged(ran, "Invalid.CommandContent", CommandContent="no base64!", ContentEncoding="Base64")


@clause("assistant/modify-invocation-parameters")
@needs("move-time")
def test_later_runs_have_the_new_parameters(region: Region) -> None:
    (instance,) = region.run_instances()
    given = {"CommandContent": "echo {{a}} {{b}}", "EnableParameter": True, "Parameters": '{"a": "1", "b": "2"}'}
    ran = repeating(region, instance, **given)
    command = ran.describe()["CommandId"]
    assert next_output(ran, instance) == "1 2\n"
    assert change(ran, EnableParameter=True, Parameters='{"a": "3", "b": "4"}') == command
    assert json.loads(ran.describe()["Parameters"]) == {"a": "3", "b": "4"}
    assert next_output(ran, instance) == "3 4\n"
    for wrong in ('{"c": "1"}', json.dumps({f"p{n}": "" for n in range(11)}), json.dumps({"p" * 65: ""})):
        refused_unchanged(ran, EnableParameter=True, Parameters=wrong)
    new = change(ran, CommandContent="echo {{b}} {{c}}", EnableParameter=True, Parameters='{"b": "5", "c": "6"}')
    assert new != command
    assert next_output(ran, instance) == "5 6\n"


def runs(ran: Invocation, instance: Instance) -> list[datetime]:
    return sorted(
        datetime.strptime(each["StartTime"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC) for each in ran.results(instance)
    )


def assert_began(found: list[datetime], *due: datetime) -> None:
    """A run began at each of these times, and no other did."""
    assert len(found) == len(due), (found, due)
    for began, at in zip(found, due, strict=True):
        assert at <= began <= at + LATE, (began, at)


@clause("assistant/modify-invocation-times")
@needs("move-time")
def test_a_new_rate_counts_from_the_first_call(region: Region) -> None:
    (instance,) = region.run_instances()
    ran = repeating(region, instance, Frequency="rate(1d)")
    made = datetime.strptime(ran.describe()["CreationTime"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    region.clock.advance("100m")
    assert change(ran, Frequency="rate(1h)") == ran.describe()["CommandId"]
    assert ran.describe()["Frequency"] == "rate(1h)"
    region.clock.advance("150m")
    assert_began(runs(ran, instance), made + 2 * HOUR, made + 3 * HOUR, made + 4 * HOUR)


@clause("assistant/modify-invocation-times")
@needs("move-time")
def test_the_times_of_what_repeats_change(region: Region) -> None:
    (instance,) = region.run_instances()
    ran = repeating(region, instance, Frequency="0 0 0 1 1 ? 2099 UTC")
    due = region.clock.now.replace(microsecond=0, second=0) + 2 * HOUR
    change(ran, Frequency=f"at({due:%Y-%m-%d %H:%M:%S})")
    region.clock.advance("3h")
    assert_began(runs(ran, instance), due)
    often = repeating(region, instance)
    for wrong in ("rate(59s)", "often", "*/5 * * * * *", "at(2001-01-01 00:00:00)", "0 0 0 1 1 ? 2001 UTC"):
        refused_unchanged(often, "InvalidParam.Frequency", Frequency=wrong)
    slow = repeating(region, instance, Frequency="rate(10m)", Timeout=300)
    refused_unchanged(slow, "InvalidParam.Frequency", Frequency="rate(5m)")
    at_start = repeating(region, instance, Frequency=None, RepeatMode="EveryReboot")
    refusal_of(lambda: change(at_start, Frequency="rate(5m)"))
    assert (at_start.describe()["RepeatMode"], at_start.describe()["Frequency"]) == ("EveryReboot", "")


@clause("assistant/modify-invocation-targets")
@needs("move-time")
def test_targets_are_added(region: Region) -> None:
    first, second, stopped = region.run_instances(3)
    stopped.stop()
    ran = repeating(region, first)
    assert next_output(ran, first) == "1\n"
    refused_unchanged(ran, "InvalidInstanceStatus", InstanceId=[second.id, stopped.id])
    refused_unchanged(ran, "InvalidInstance.NotFound", InstanceId=["i-bp1nosuchinstance000"])
    change(ran, InstanceId=[first.id, second.id])
    assert ran.states == {first.id: "Running", second.id: "Running"}
    assert next_output(ran, second) == "1\n"
    before = len(ran.results(first))
    region.clock.advance("2m")
    assert len(ran.results(first)) > before
    shown = region.call("DescribeInvocations", InstanceId=second.id)["Invocations"]["Invocation"]
    assert one(shown)["InvokeId"] == ran.id


@clause("assistant/modify-invocation-targets")
@pytest.mark.parametrize("mode", ["NextRebootOnly", "EveryReboot"])
def test_targets_are_added_to_what_waits_for_a_start(region: Region, mode: str) -> None:
    first, second = region.run_instances(2)
    ran = region.commands.invocation(call(region, first, RepeatMode=mode)["InvokeId"])
    change(ran, InstanceId=[second.id])
    assert ran.states == {first.id: "Running", second.id: "Running"}
    second.reboot()
    region.wait(lambda: ended(ran, second), "2m", what="a run")
    assert ran.output(second) == "1\n"
    assert ended(ran, first) == []


@clause("assistant/modify-invocation-states")
def test_what_runs_once_or_no_more_is_not_changed(region: Region) -> None:
    (instance,) = region.run_instances()
    once = region.commands.invocation(call(region, instance, CommandContent="sleep 30")["InvokeId"])
    stopped = repeating(region, instance).stop()
    called_off = region.commands.invocation(call(region, instance, RepeatMode="NextRebootOnly")["InvokeId"]).stop()
    for each in (once, stopped, called_off):
        refused_unchanged(each, CommandContent="echo 2")
        refused_unchanged(each, Frequency="rate(5m)")
        refused_unchanged(each, InstanceId=[instance.id])
    unknown = region.commands.invocation("t-" + "0" * 32)
    assert_refused("InvalidInvokeId.NotFound", lambda: change(unknown, CommandContent="echo 2"))
    for mode in ("NextRebootOnly", "EveryReboot"):
        waits = region.commands.invocation(call(region, instance, RepeatMode=mode)["InvokeId"])
        assert waits.describe()["InvocationStatus"] == "Scheduled"
        change(waits, CommandContent="echo 2")
        assert waits.describe()["CommandContent"] == written("echo 2")


@clause("assistant/modify-invocation-agents")
@needs("old-agents", "break-agents")
def test_an_old_agent_takes_no_change(region: Region) -> None:
    first, second = region.run_instances(2)
    ran = repeating(region, first)
    region.control("set-agent", instance=second.id, state="outdated")
    unsupported = "InvalidOperation.CloudAssistantVersionUnsupported"
    refused_unchanged(ran, unsupported, InstanceId=[second.id])
    change(ran, CommandContent="echo 2")
    region.control("set-agent", instance=first.id, state="outdated")
    made: tuple[Callable[[], None], ...] = (
        partial(refused_unchanged, ran, unsupported, CommandContent="echo 3"),
        partial(refused_unchanged, ran, unsupported, Frequency="rate(5m)"),
    )
    for each in made:
        each()
