"""Cloud Assistant: tags that its commands, invocations, files and activations are given later."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from faultzone import Region, assert_refused, one
from faultzone_specs.words import Words

clause = pytest.mark.clause
pytestmark = pytest.mark.region(edition="2026-10")

NOBODY = {
    "command": "c-" + "0" * 32,
    "invocation": "t-" + "0" * 32,
    "activation": "00000000-0000-0000-0000-000000000000",
}


def command(region: Region) -> str:
    return region.commands.create("echo 1")


def invocation(region: Region) -> str:
    (instance,) = region.run_instances()
    asked = {"Type": "RunShellScript", "CommandContent": "echo 1", "InstanceId": [instance.id]}
    return str(region.call("RunCommand", **asked)["InvokeId"])


def sending(region: Region) -> str:
    (instance,) = region.run_instances()
    asked = {"Name": "f", "TargetDir": "/root", "Content": "x", "InstanceId": [instance.id]}
    return str(region.call("SendFile", **asked)["InvokeId"])


def activation(region: Region) -> str:
    return str(region.call("CreateActivation", InstanceCount=1)["ActivationId"])


def commands(region: Region, **asked: object) -> dict[str, Any]:
    return _by("CommandId", region.call("DescribeCommands", **asked)["Commands"]["Command"])


def invocations(region: Region, **asked: object) -> dict[str, Any]:
    return _by("InvokeId", region.call("DescribeInvocations", **asked)["Invocations"]["Invocation"])


def results(region: Region, **asked: object) -> dict[str, Any]:
    answer = region.call("DescribeInvocationResults", **asked)["Invocation"]
    return _by("InvokeId", answer["InvocationResults"]["InvocationResult"])


def sendings(region: Region, **asked: object) -> dict[str, Any]:
    return _by("InvokeId", region.call("DescribeSendFileResults", **asked)["Invocations"]["Invocation"])


def activations(region: Region, **asked: object) -> dict[str, Any]:
    return _by("ActivationId", region.call("DescribeActivations", **asked)["ActivationList"])


def _by(name: str, found: list[dict[str, Any]]) -> dict[str, Any]:
    """The tags of each, by its id."""
    return {each[name]: _tags(each["Tags"]) for each in found}


def _tags(shown: Any) -> dict[str, str]:
    return {each["TagKey"]: each["TagValue"] for each in (shown if isinstance(shown, list) else shown["Tag"])}


def listed(region: Region, kind: str, **asked: object) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for each in region.call("ListTagResources", ResourceType=kind, **asked)["TagResources"]["TagResource"]:
        assert each["ResourceType"] == kind
        found.setdefault(each["ResourceId"], {})[each["TagKey"]] = each["TagValue"]
    return found


@clause("assistant/tag-resources")
@pytest.mark.parametrize(
    ("kind", "make", "shown"),
    [
        ("command", command, commands),
        ("invocation", invocation, invocations),
        ("invocation", invocation, results),
        ("invocation", sending, sendings),
        ("activation", activation, activations),
    ],
    ids=["command", "invocation", "record", "file", "activation"],
)
def test_tags_are_put_on_what_there_is_and_taken_off(
    region: Region, kind: str, make: Callable[[Region], str], shown: Callable[..., dict[str, Any]]
) -> None:
    first, second, said = make(region), make(region), Words(region)
    team, env = said.key("team"), said.key("env")
    region.clock.advance("2m")
    tag = partial(region.call, "TagResources", ResourceType=kind)
    tag(ResourceId=[first, second], Tag=said.tags(team="a", env="x"))
    both = {team: said.value("a"), env: said.value("x")}
    assert shown(region) == listed(region, kind, ResourceId=[first, second])
    assert shown(region) == dict.fromkeys((first, second), both)
    tag(ResourceId=[first], Tag=said.tags(team="b"))
    assert shown(region, Tag=said.tags(team="a")) == {second: both}
    assert listed(region, kind, Tag=said.tags(team="a")) == {second: both}
    region.call("UntagResources", ResourceType=kind, ResourceId=[first], TagKey=[env])
    assert shown(region) == {first: {team: said.value("b")}, second: both}
    assert_refused("InvalidResourceId.NotFound", partial(tag, ResourceId=[first, NOBODY[kind]], Tag=said.tags(new="y")))
    region.call("UntagResources", ResourceType=kind, ResourceId=[second], All=True)
    assert shown(region) == {first: {team: said.value("b")}, second: {}}
    assert listed(region, kind, ResourceId=[first, second]) == {first: {team: said.value("b")}}


@clause("assistant/tag-resources")
@pytest.mark.needs("shape-region")
def test_a_managed_instance_has_tags_of_its_own(region: Region) -> None:
    said = Words(region)
    of = region.call("CreateActivation", Tag=said.tags(team="a"))
    code = {"activation_id": of["ActivationId"], "activation_code": of["ActivationCode"]}
    machine = region.control("add-machine")["machine"]
    made = str(region.control("register-machine", machine=machine, **code)["instance"])
    region.call("TagResources", ResourceType="managedinstance", ResourceId=[made], Tag=said.tags(team="b"))
    assert _tags(one(region.call("DescribeManagedInstances")["Instances"])["Tags"]) == {
        said.key("team"): said.value("b")
    }
    assert listed(region, "managedinstance", ResourceId=[made]) == {made: {said.key("team"): said.value("b")}}
    assert activations(region) == {of["ActivationId"]: {said.key("team"): said.value("a")}}
