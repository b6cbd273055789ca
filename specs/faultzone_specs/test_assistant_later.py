"""Cloud Assistant: what edition 2020-12 adds to commands and invocations."""

from __future__ import annotations

import base64
from functools import partial
from typing import Any

import pytest

from faultzone import Instance, Invocation, Region, assert_refused, one

clause, needs = pytest.mark.clause, pytest.mark.needs


def invoke(region: Region, command: str, instance: Instance, **given: object) -> str:
    """The id of an invocation that has ended."""
    answer = region.call("InvokeCommand", CommandId=command, InstanceId=[instance.id], **given)
    return region.commands.invocation(answer["InvokeId"]).wait("2m").id


@clause("assistant/encodings")
def test_content_and_output_can_be_plain(region: Region) -> None:
    (instance,) = region.run_instances()
    asked = {"Type": "RunShellScript", "InstanceId": [instance.id]}
    encoded = base64.b64encode(b"echo 1").decode()
    for given in ({"CommandContent": "echo 1"}, {"CommandContent": encoded, "ContentEncoding": "Base64"}):
        ran = region.commands.invocation(region.call("RunCommand", **asked, **given)["InvokeId"]).wait("2m")
        assert ran.output(instance) == "1\n"
        shown = region.call("DescribeInvocationResults", InvokeId=ran.id, ContentEncoding="PlainText")
        assert shown["Invocation"]["InvocationResults"]["InvocationResult"][0]["Output"] == "1\n"
    for content, encoding in (("echo 1", "PlainText"), (encoded, "rot13")):
        made = {"Name": "n", "Type": "RunShellScript", "CommandContent": content, "ContentEncoding": encoding}
        command = region.call("CreateCommand", **made)["CommandId"]
        assert region.commands.invocation(invoke(region, command, instance)).output(instance) == "1\n"


@clause("assistant/parameters")
def test_placeholders_are_filled_in(region: Region) -> None:
    (instance,) = region.run_instances()
    # Editions that check the names refuse what is none (assistant/placeholder-characters).
    other = "" if region.edition.assistant.names_checked else " {{no name}}"
    command = region.commands.create("echo {{Greeting}} {{ACS::InstanceId}}" + other, EnableParameter=True)
    ran = region.commands.invocation(invoke(region, command, instance, Parameters='{"greeting": "你好"}'))
    assert ran.output(instance) == f"你好 {instance.id}{other}\n"
    literal = region.commands.create("echo {{Greeting}}")
    assert region.commands.invocation(invoke(region, literal, instance)).output(instance) == "{{Greeting}}\n"
    for refusing, code in ((literal, "Parameter.Disabled"), (command, "Parameter.NotMatched")):
        given = {"CommandId": refusing, "InstanceId": [instance.id], "Parameters": '{"other": "1"}'}
        assert_refused(code, partial(region.call, "InvokeCommand", **given))


@clause("assistant/user-name")
def test_a_command_runs_as_the_user_named(region: Region) -> None:
    (instance,) = region.run_instances()
    command = region.commands.create("whoami")
    ran = region.commands.invocation(invoke(region, command, instance, Username="nobody"))
    assert ran.output(instance) == "nobody\n"
    stranger = region.commands.invocation(invoke(region, command, instance, Username="stranger"))
    shown = one(stranger.results())
    assert (shown["InvokeRecordStatus"], shown["ErrorCode"]) == ("Failed", "AccountNotExists")


@clause("assistant/repeat-mode")
def test_frequency_alone_makes_it_repeat(region: Region) -> None:
    (instance,) = region.run_instances()
    command = region.commands.create("echo 1")
    for given, timed in (
        ({"Frequency": "0 * * * * *"}, True),
        ({"Frequency": "0 * * * * *", "RepeatMode": "Period"}, True),
        ({"Frequency": "0 * * * * *", "RepeatMode": "Once"}, False),
        ({"Frequency": "0 * * * * *", "RepeatMode": "Once", "Timed": True}, True),
        ({"RepeatMode": "Once"}, False),
        ({}, False),
    ):
        answer = region.call("InvokeCommand", CommandId=command, InstanceId=[instance.id], **given)
        assert region.commands.invocation(answer["InvokeId"]).describe()["Timed"] is timed, given


def invoke_at_start(region: Region, instance: Instance, mode: str) -> Invocation:
    given = {"CommandId": region.commands.create("echo 1"), "InstanceId": [instance.id], "RepeatMode": mode}
    return region.commands.invocation(region.call("InvokeCommand", **given)["InvokeId"])


def repeats(ran: Invocation) -> int:
    """How often it has run on its one target."""
    shown = one(ran.describe()["InvokeInstances"]["InvokeInstance"])
    return int(shown["Repeats"])


@clause("assistant/run-at-start")
def test_a_command_runs_at_the_next_start_alone(region: Region) -> None:
    (instance,) = region.run_instances()
    ran, called_off = (invoke_at_start(region, instance, "NextRebootOnly") for _ in range(2))
    shown = ran.describe()
    assert (shown["RepeatMode"], shown["InvokeStatus"], shown["InvocationStatus"], repeats(ran)) == (
        "NextRebootOnly", "Running", "Scheduled", 0,
    )  # fmt: skip
    assert called_off.stop().describe()["InvocationStatus"] == "Stopped"
    for _ in range(2):
        instance.reboot()
        assert ran.wait("2m").output(instance) == "1\n"
    assert (ran.describe()["InvocationStatus"], repeats(ran)) == ("Success", 1)
    assert (called_off.status, repeats(called_off)) == ("Stopped", 0)


@clause("assistant/run-at-start")
def test_a_command_runs_at_every_start_until_it_is_stopped(region: Region) -> None:
    (instance,) = region.run_instances()
    ran = invoke_at_start(region, instance, "EveryReboot")
    for number in (1, 2):
        instance.reboot()
        region.wait(lambda: [each.get("ExitCode") for each in ran.results()] == [0] * number, "2m")  # noqa: B023
        assert (ran.status, repeats(ran)) == ("Running", number)
    ran.stop()
    instance.reboot()
    later = invoke(region, region.commands.create("echo 2"), instance)
    assert region.commands.invocation(later).output(instance) == "2\n"
    assert (ran.status, repeats(ran)) == ("Stopped", 2)


@clause("assistant/include-history")
@needs("move-time")
def test_earlier_runs_are_shown_to_who_asks_for_them(region: Region) -> None:
    (instance,) = region.run_instances()
    region.clock.advance(70 - region.clock.now.second)  # Into a minute, wherever in one the region began.
    ran = region.run_command("echo 1", on=instance, frequency="0 * * * * *")
    region.clock.advance("2m")

    def shown(**asked: object) -> int:
        return int(region.call("DescribeInvocationResults", **asked)["Invocation"]["TotalCount"])

    assert shown(InvokeId=ran.id) == 1
    assert shown(InvokeId=ran.id, IncludeHistory=True) in (2, 3)  # As many full minutes as have begun meanwhile.
    once = invoke(region, region.commands.create("echo 2"), instance)
    for asked in ({}, {"InvokeId": once}):
        assert_refused("InvalidParameter", partial(shown, IncludeHistory=True, **asked))


@clause("assistant/token-paging")
@pytest.mark.parametrize(
    ("action", "path", "name"),
    [
        ("DescribeInvocations", ("Invocations", "Invocation"), "InvokeId"),
        ("DescribeInvocationResults", ("Invocation", "InvocationResults", "InvocationResult"), "InvokeId"),
        ("DescribeCommands", ("Commands", "Command"), "CommandId"),
    ],
)
def test_tokens_lead_through_every_item_once(region: Region, action: str, path: tuple[str, ...], name: str) -> None:
    (instance,) = region.run_instances()
    commands = [region.commands.create("echo 1", Name=f"page-{number}") for number in range(5)]
    made = [invoke(region, each, instance) for each in commands]
    expected = commands if name == "CommandId" else made
    seen: list[str] = []
    token: str | None = None
    pages = []
    while token != "" and len(seen) <= len(made):
        page = region.call(action, MaxResults=2, NextToken=token)
        token = page["Invocation"]["NextToken"] if path[0] == "Invocation" else page["NextToken"]
        shown: Any = page
        for each in path:
            shown = shown[each]
        pages.append(len(shown))
        seen += [each[name] for each in shown]
    assert sorted(seen) == sorted(expected)
    assert pages == [2, 2, 1]
    if action == "DescribeInvocations":
        assert seen == made[::-1]
