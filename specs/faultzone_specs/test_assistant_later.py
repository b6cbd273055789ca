"""Cloud Assistant: what edition 2020-12 adds to commands and invocations."""

from __future__ import annotations

import base64
from functools import partial

import pytest

from faultzone import Instance, Region, assert_refused

clause, needs = pytest.mark.clause, pytest.mark.needs
pytestmark = [pytest.mark.region(edition="2020-12"), needs("shape-region")]


def invoke(region: Region, command: str, instance: Instance, **given: object) -> str:
    """The id of an invocation that has ended."""
    answer = region.call("InvokeCommand", CommandId=command, InstanceId=[instance.id], **given)
    return region.invocation(answer["InvokeId"]).wait("2m").id


@clause("assistant/encodings")
def test_content_and_output_can_be_plain(region: Region) -> None:
    (instance,) = region.run_instances()
    asked = {"Type": "RunShellScript", "InstanceId": [instance.id]}
    encoded = base64.b64encode(b"echo 1").decode()
    for given in ({"CommandContent": "echo 1"}, {"CommandContent": encoded, "ContentEncoding": "Base64"}):
        ran = region.invocation(region.call("RunCommand", **asked, **given)["InvokeId"]).wait("2m")
        assert ran.output(instance) == "1\n"
        shown = region.call("DescribeInvocationResults", InvokeId=ran.id, ContentEncoding="PlainText")
        assert shown["Invocation"]["InvocationResults"]["InvocationResult"][0]["Output"] == "1\n"
    for content, encoding in (("echo 1", "PlainText"), (encoded, "rot13")):
        made = {"Name": "n", "Type": "RunShellScript", "CommandContent": content, "ContentEncoding": encoding}
        command = region.call("CreateCommand", **made)["CommandId"]
        assert region.invocation(invoke(region, command, instance)).output(instance) == "1\n"


@clause("assistant/parameters")
def test_placeholders_are_filled_in(region: Region) -> None:
    (instance,) = region.run_instances()
    command = region.create_command("echo {{Greeting}} {{ACS::InstanceId}} {{no name}}", EnableParameter=True)
    ran = region.invocation(invoke(region, command, instance, Parameters='{"greeting": "hello"}'))
    assert ran.output(instance) == f"hello {instance.id} {{{{no name}}}}\n"
    literal = region.create_command("echo {{Greeting}}")
    assert region.invocation(invoke(region, literal, instance)).output(instance) == "{{Greeting}}\n"
    for refusing, code in ((literal, "Parameter.Disabled"), (command, "Parameter.NotMatched")):
        given = {"CommandId": refusing, "InstanceId": [instance.id], "Parameters": '{"other": "1"}'}
        assert_refused(code, partial(region.call, "InvokeCommand", **given))


@clause("assistant/user-name")
@needs("guest")
def test_a_command_runs_as_the_user_named(region: Region) -> None:
    (instance,) = region.run_instances()
    command = region.create_command("whoami")
    ran = region.invocation(invoke(region, command, instance, Username="nobody"))
    assert ran.output(instance) == "nobody\n"
    stranger = region.invocation(invoke(region, command, instance, Username="stranger"))
    (shown,) = stranger.results()
    assert (shown["InvokeRecordStatus"], shown["ErrorCode"]) == ("Failed", "AccountNotExists")


@clause("assistant/repeat-mode")
def test_frequency_alone_makes_it_repeat(region: Region) -> None:
    (instance,) = region.run_instances()
    command = region.create_command("echo 1")
    for given, timed in (
        ({"Frequency": "0 * * * * *"}, True),
        ({"Frequency": "0 * * * * *", "RepeatMode": "Period"}, True),
        ({"Frequency": "0 * * * * *", "RepeatMode": "Once"}, False),
        ({"RepeatMode": "Once"}, False),
        ({}, False),
    ):
        answer = region.call("InvokeCommand", CommandId=command, InstanceId=[instance.id], **given)
        assert region.invocation(answer["InvokeId"]).describe()["Timed"] is timed, given


@clause("assistant/token-paging")
def test_tokens_lead_through_every_item_once(region: Region) -> None:
    (instance,) = region.run_instances()
    command = region.create_command("echo 1")
    made = [invoke(region, command, instance) for _ in range(5)]
    seen: list[str] = []
    token: str | None = None
    while token != "" and len(seen) <= len(made):
        page = region.call("DescribeInvocations", CommandId=command, MaxResults=2, NextToken=token)
        seen += [each["InvokeId"] for each in page["Invocations"]["Invocation"]]
        token = page["NextToken"]
    assert seen == made[::-1]
