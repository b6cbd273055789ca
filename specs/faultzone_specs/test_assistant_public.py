"""Cloud Assistant: public commands, which providers publish for all accounts."""

from __future__ import annotations

import json
from typing import Any

import pytest

from faultzone import Instance, Region, assert_refused, one
from faultzone_specs.observing import refusal_of

clause, needs = pytest.mark.clause, pytest.mark.needs
pytestmark = [pytest.mark.region(edition="2026-10"), needs("shape-region", "move-time")]

GUEST, OTHER = "AlibabaCloud.ECS.GuestOS", "AlibabaCloud.ECS.GuestOSDiagnose"


def publish(region: Region, name: str, content: str, **given: object) -> str:
    return str(region.control("publish-command", name=name, content=content, **given)["command"])


def listed(region: Region, **asked: object) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = region.call("DescribeCommands", **asked)["Commands"]["Command"]
    return found


def ids(region: Region, **asked: object) -> set[str]:
    return {each["CommandId"] for each in listed(region, **asked)}


def output(region: Region, named: str, instance: Instance, **given: object) -> str:
    answer = region.call("InvokeCommand", CommandId=named, InstanceId=[instance.id], **given)
    return region.commands.invocation(answer["InvokeId"]).wait("2m").output(instance)


@clause("assistant/public-commands")
def test_public_commands_are_listed_by_their_provider(region: Region) -> None:
    own = region.commands.create("echo own", Name="check-web")
    old = publish(region, "check-disk.sh", "echo old", category="disk", description="looks at disks")
    new = publish(region, "check-disk.sh", "echo new", category="disk", description="looks at disks")
    another = publish(region, "check-disk.sh", "echo x", category="other")
    foreign = publish(region, "trace.sh", "echo trace", provider=OTHER)
    assert ids(region) == {own}
    assert ids(region, Provider="AlibabaCloud") == {old, new, another, foreign}
    assert ids(region, Provider=GUEST) == {old, new, another}
    assert ids(region, Provider=OTHER) == {foreign}
    assert ids(region, Provider="Nobody") == set()
    assert ids(region, Provider="AlibabaCloud", Latest=True) == {new, another, foreign}
    assert ids(region, Provider=GUEST, Name="eck-d") == {old, new, another}
    assert ids(region, Provider=GUEST, Description="at disk") == {old, new}
    assert ids(region, Provider=GUEST, Name="trace") == set()
    first, second = (
        one([each for each in listed(region, Provider=GUEST) if each["CommandId"] == id]) for id in (old, new)
    )
    assert (first["Version"], first["Latest"], second["Version"], second["Latest"]) == (1, False, 2, True)
    assert (first["Provider"], first["Category"], first["Name"]) == (GUEST, "disk", "check-disk.sh")
    assert refusal_of(lambda: region.call("DeleteCommand", CommandId=old))
    assert refusal_of(lambda: region.call("ModifyCommand", CommandId=old, Name="mine"))
    assert ids(region, Provider=GUEST) == {old, new, another}


@clause("assistant/public-command-runs")
def test_a_public_command_runs_by_its_id_and_by_its_name(region: Region) -> None:
    (instance,) = region.run_instances()
    old = publish(region, "check.sh", "echo old")
    publish(region, "check.sh", "echo new")
    assert output(region, old, instance) == "old\n"
    assert output(region, "check.sh", instance) == "new\n"
    assert_refused("InvalidCmdId.NotFound", lambda: output(region, "check", instance))
    asked = {"CommandId": old, "InstanceId": [instance.id], "Frequency": "rate(1h)"}
    repeats = region.call("InvokeCommand", **asked)["InvokeId"]
    change = {"InvokeId": repeats, "CommandContent": "echo mine"}
    assert refusal_of(lambda: region.call("ModifyInvocationAttribute", **change))
    region.clock.advance("61m")
    assert region.commands.invocation(repeats).output(instance) == "old\n"


@clause("assistant/public-commands", "assistant/public-command-runs")
def test_parameters_of_a_public_command_are_as_it_defines_them(region: Region) -> None:
    (instance,) = region.run_instances()
    url = {"ParameterName": "url", "Required": True, "PatternRegex": "https://.*", "Description": "where to"}
    mode = {"ParameterName": "mode", "DefaultValue": "fast", "PossibleValues": ["fast", "slow"]}
    made = publish(region, "send.sh", "echo {{url}} {{mode}}", parameters=[url, mode])
    definitions = one(listed(region, Provider=GUEST))["ParameterDefinitions"]["ParameterDefinition"]
    first, second = definitions
    assert {name: first[name] for name in url} == url
    assert {**mode, "PossibleValues": {"PossibleValue": ["fast", "slow"]}}.items() <= second.items()
    assert (first["DefaultValue"], second["Required"]) == ("", False)

    def sent(**values: str) -> str:
        return output(region, made, instance, Parameters=json.dumps(values))

    assert sent(url="https://a") == "https://a fast\n"
    assert sent(url="https://a", mode="slow") == "https://a slow\n"
    before = region.call("DescribeInvocations")["TotalCount"]
    assert refusal_of(lambda: output(region, made, instance))
    assert refusal_of(lambda: sent(mode="slow"))
    assert refusal_of(lambda: sent(url="ftp://a"))
    assert refusal_of(lambda: sent(url="https://a", mode="other"))
    assert region.call("DescribeInvocations")["TotalCount"] == before
