"""Cloud Assistant: what edition 2026-10 adds to commands, and to how they are run."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from faultzone import Instance, Invocation, Region, assert_refused, one
from faultzone_specs.groups import make_group
from faultzone_specs.observing import fresh_token, refusal_of
from faultzone_specs.words import Words

clause, needs = pytest.mark.clause, pytest.mark.needs
pytestmark = pytest.mark.region(edition="2026-10")

WINDOWS = "win2016_64_dtc_1607_en-us_40G_alibase_20181220.vhd"
SHELL = {"Type": "RunShellScript", "CommandContent": "echo 1"}


def run(region: Region, *instances: Instance, **given: object) -> Invocation:
    """RunCommand of these parameters, of a script that writes 1 unless another is given."""
    asked: dict[str, object] = {**SHELL, **given}
    if instances:
        asked["InstanceId"] = [each.id for each in instances]
    return region.commands.invocation(region.call("RunCommand", **asked)["InvokeId"])


def invoke(region: Region, command: str, *instances: Instance, **given: object) -> Invocation:
    asked: dict[str, object] = {"CommandId": command, **given}
    if instances:
        asked["InstanceId"] = [each.id for each in instances]
    return region.commands.invocation(region.call("InvokeCommand", **asked)["InvokeId"])


def commands(region: Region, **asked: object) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = region.call("DescribeCommands", **{"PageSize": 50, **asked})["Commands"]["Command"]
    return found


def names(region: Region, **asked: object) -> set[str]:
    return {each["Name"] for each in commands(region, **asked)}


def invocations(region: Region, **asked: object) -> set[str]:
    found = region.call("DescribeInvocations", PageSize=50, **asked)["Invocations"]["Invocation"]
    return {each["InvokeId"] for each in found}


def results(region: Region, **asked: object) -> set[str]:
    answer = region.call("DescribeInvocationResults", PageSize=50, **asked)["Invocation"]
    return {each["InvokeId"] for each in answer["InvocationResults"]["InvocationResult"]}


def nothing_made(region: Region, *calls: Callable[[], object], code: str = "") -> None:
    """Each call is refused, with a code if one is documented, and makes neither a command nor an invocation."""
    before = commands(region), invocations(region)
    for call in calls:
        refusal = refusal_of(call)
        assert refusal is not None
        assert code in ("", refusal.code)
    assert (commands(region), invocations(region)) == before


def shown_tags(item: dict[str, Any]) -> dict[str, str]:
    return {each["TagKey"]: each["TagValue"] for each in item["Tags"]["Tag"]}


# Limits


@clause("assistant/command-quota-500")
def test_as_many_commands_are_kept_as_the_quota_says(region: Region) -> None:
    asked = region.call("DescribeAccountAttributes", AttributeName=["max-axt-command-count"])
    item = one(asked["AccountAttributeItems"]["AccountAttributeItem"])
    quota = int(one(item["AttributeValues"]["ValueItem"])["Value"])
    assert 500 <= quota <= 50_000
    (instance,) = region.run_instances()
    made = [region.commands.create("echo 1") for _ in range(quota)]
    assert_refused("CmdCount.ExceedQuota", lambda: region.commands.create("echo 1"))
    assert_refused("CmdCount.ExceedQuota", lambda: run(region, instance, KeepCommand=True))
    run(region, instance)
    region.call("DeleteCommand", CommandId=made[0])
    run(region, instance, KeepCommand=True)
    assert_refused("CmdCount.ExceedQuota", lambda: region.commands.create("echo 1"))


@clause("assistant/content-24k")
def test_content_of_24_kb_is_taken_and_no_more(region: Region) -> None:
    (instance,) = region.run_instances()
    fits, too_long = ("#" + "x" * size for size in (24576 // 4 * 3 - 1, 24576 // 4 * 3))
    command = region.commands.create(fits)
    assert one(commands(region, CommandId=command))["CommandContent"] == base64.b64encode(fits.encode()).decode()
    run(region, instance, CommandContent=fits)
    nothing_made(
        region,
        lambda: region.commands.create(too_long),
        lambda: run(region, instance, CommandContent=too_long),
        lambda: run(
            region, instance, CommandContent=f"#{'x' * 18000}{{{{a}}}}", EnableParameter=True,
            Parameters=json.dumps({"a": "b" * 1000}),
        ),
        code="CmdContent.ExceedLimit",
    )  # fmt: skip


@clause("assistant/targets-100")
@needs("shape-region")
@pytest.mark.region(zones=2, hosts_per_zone=8)
def test_a_hundred_targets_and_no_more(region: Region) -> None:
    mark = Words(region).tags(batch="b1")
    instances = [*region.run_instances(100, Tag=mark), *region.run_instances(1)]
    command = region.commands.create("echo 1")
    assert len(invoke(region, command, *instances[:100]).states) == 100
    assert len(run(region, ResourceTag=mark).states) == 100
    region.call("TagResources", ResourceType="instance", ResourceId=[instances[-1].id], Tag=mark)
    nothing_made(
        region,
        lambda: invoke(region, command, *instances),
        lambda: run(region, *instances),
        lambda: run(region, ResourceTag=mark),
        lambda: invoke(region, command, ResourceTag=mark),
        code="InstanceIds.ExceedLimit",
    )


@clause("assistant/stop-limit")
@needs("shape-region")
@pytest.mark.region(zones=2, hosts_per_zone=8)
def test_fifty_targets_are_stopped_at_once_and_no_more(region: Region) -> None:
    instances = region.run_instances(51)
    ran = run(region, *instances, CommandContent="sleep 30")
    assert refusal_of(lambda: ran.stop(*instances)) is not None
    assert set(ran.states.values()) == {"Running"}
    ran.stop(*instances[:50])
    assert [ran.states[each.id] for each in instances] == ["Stopped"] * 50 + ["Running"]


@clause("assistant/working-dir-200")
def test_directories_of_200_characters_are_taken_and_no_longer(region: Region) -> None:
    (instance,) = region.run_instances()
    fits, too_long = (f"/{'d' * size}" for size in (199, 200))
    command = region.commands.create("echo 1", WorkingDir=fits)
    region.call("ModifyCommand", CommandId=command, WorkingDir=f"/{'e' * 199}")
    invoke(region, command, instance, WorkingDir=fits)
    run(region, instance, WorkingDir=fits)
    nothing_made(
        region,
        lambda: region.commands.create("echo 1", WorkingDir=too_long),
        lambda: region.call("ModifyCommand", CommandId=command, WorkingDir=too_long),
        lambda: invoke(region, command, instance, WorkingDir=too_long),
        lambda: run(region, instance, WorkingDir=too_long),
    )


@clause("assistant/launcher-limit")
def test_launchers_of_a_kilobyte_are_taken_and_no_longer(region: Region) -> None:
    (instance,) = region.run_instances()
    fits, too_long = ("l" * size for size in (1024, 1025))
    command = region.commands.create("echo 1", Launcher=fits)
    region.call("ModifyCommand", CommandId=command, Launcher="bash")
    invoke(region, command, instance, Launcher=fits)
    run(region, instance, Launcher=fits)
    nothing_made(
        region,
        lambda: region.commands.create("echo 1", Launcher=too_long),
        lambda: region.call("ModifyCommand", CommandId=command, Launcher=too_long),
        lambda: invoke(region, command, instance, Launcher=too_long),
        lambda: run(region, instance, Launcher=too_long),
    )


# Commands


@clause("assistant/keep-command")
def test_a_command_that_is_run_is_kept_if_that_is_asked_for(region: Region) -> None:
    (instance,) = region.run_instances()
    kept = region.call("RunCommand", **SHELL, InstanceId=[instance.id], KeepCommand=True, Name="kept")
    passing = region.call("RunCommand", **SHELL, InstanceId=[instance.id])
    assert one(commands(region))["CommandId"] == kept["CommandId"]
    assert one(commands(region))["Name"] == "kept"
    assert invoke(region, kept["CommandId"], instance).wait("2m").output(instance) == "1\n"
    assert_refused("InvalidCmdId.NotFound", lambda: invoke(region, passing["CommandId"], instance))
    assert region.commands.invocation(passing["InvokeId"]).wait("2m").output(instance) == "1\n"


@clause("assistant/modify-command-fields")
def test_what_is_modified_changes_and_the_rest_stays(region: Region) -> None:
    first: dict[str, object] = {"Name": "n", "Description": "d", "WorkingDir": "/tmp", "Timeout": 77, "Launcher": "sh"}
    content = base64.b64encode(b"echo 1").decode()
    command = region.call("CreateCommand", Type="RunShellScript", CommandContent=content, **first)["CommandId"]
    before = one(commands(region, CommandId=command))
    assert {name: before[name] for name in first} == first
    for name, value in {
        "Name": "m",
        "Description": "e",
        "WorkingDir": "/root",
        "Timeout": 88,
        "Launcher": "bash",
    }.items():
        region.call("ModifyCommand", CommandId=command, **{name: value})
        after = one(commands(region, CommandId=command))
        assert after == {**before, name: value}
        before = after


@clause("assistant/command-labels")
@needs("change-account")
def test_commands_are_found_by_their_group_and_tags(region: Region) -> None:
    web, db, said = make_group(region, "web"), make_group(region, "db"), Words(region)
    both = region.commands.create("echo 1", Name="both", ResourceGroupId=web, Tag=said.tags(env="a", team="b"))
    region.commands.create("echo 1", Name="one", ResourceGroupId=db, Tag=said.tags(env="c"))
    region.commands.create("echo 1", Name="none")
    shown = one(commands(region, CommandId=both))
    assert (shown["ResourceGroupId"], shown_tags(shown)) == (
        web,
        {said.key("env"): said.value("a"), said.key("team"): said.value("b")},
    )
    assert names(region) == {"both", "one", "none"}
    for asked, found in (
        ({"ResourceGroupId": web}, {"both"}),
        ({"ResourceGroupId": "rg"}, set()),
        ({"Tag": [{"Key": said.key("env")}]}, {"both", "one"}),
        ({"Tag": said.tags(env="a")}, {"both"}),
        ({"Tag": said.tags(env="c", team="b")}, set()),
        ({"Tag": said.tags(env="a", team="b")}, {"both"}),
        ({"Tag": said.tags(team="a")}, set()),
    ):
        assert names(region, **asked) == found, asked


@clause("assistant/command-patterns")
def test_commands_are_found_by_parts_of_their_names_and_descriptions(region: Region) -> None:
    for name in ("web-start", "web-stop", "db-start", "start"):
        region.commands.create("echo 1", Name=name, Description=f"of {name} ")
    for pattern, found in (
        ("web*", {"web-start", "web-stop"}),
        ("*start", {"web-start", "db-start", "start"}),
        ("*-st*", {"web-start", "web-stop", "db-start"}),
        ("start", {"start"}),
        ("web", set()),
        ("start*", {"start"}),
    ):
        assert names(region, Name=pattern) == found, pattern
    assert names(region, Description="of web*") == {"web-start", "web-stop"}
    assert names(region, Description="*stop ") == {"web-stop"}
    assert names(region, Description="of web") == set()


@clause("assistant/command-token")
def test_the_same_call_with_its_token_answers_as_before(region: Region) -> None:
    (instance,) = region.run_instances()
    command = region.commands.create("echo 1")
    timed = invoke(region, command, instance, Frequency="0 0 * * * *")
    content, on = base64.b64encode(b"echo 1").decode(), [instance.id]
    for action, given, other in (
        ("CreateCommand", {"Name": "n", "Type": "RunShellScript", "CommandContent": content}, {"Name": "m"}),
        ("RunCommand", {**SHELL, "InstanceId": on}, {"CommandContent": "echo 2"}),
        ("InvokeCommand", {"CommandId": command, "InstanceId": on}, {"Username": "root"}),
        ("ModifyInvocationAttribute", {"InvokeId": timed.id, "CommandContent": "echo 2"}, {"CommandContent": "echo 3"}),
    ):
        token = fresh_token(region)
        call = partial(region.call, action, **given, ClientToken=token)
        answer = call()
        before = commands(region), invocations(region)
        again = call()
        ids = {name for name in answer if name.endswith("Id")} - {"RequestId"}
        assert {name: again[name] for name in ids} == {name: answer[name] for name in ids}, action
        assert (commands(region), invocations(region)) == before
        assert_refused(
            "IdempotentParameterMismatch",
            partial(region.call, action, **{**given, **other}, ClientToken=token),
        )
        for bad in ("x" * 65, "é"):
            assert refusal_of(partial(region.call, action, **given, ClientToken=bad)) is not None, action
        assert (commands(region), invocations(region)) == before


# What an invocation says of itself


@clause("assistant/invocation-labels")
@needs("change-account")
def test_invocations_are_found_by_their_group_and_tags(region: Region) -> None:
    (instance,) = region.run_instances()
    web, db = make_group(region, "web"), make_group(region, "db")
    command, said = region.commands.create("echo 1"), Words(region)
    first = run(region, instance, ResourceGroupId=web, Tag=said.tags(env="a", team="b")).wait("2m").id
    second = invoke(region, command, instance, ResourceGroupId=db, Tag=said.tags(env="c")).wait("2m").id
    third = invoke(region, command, instance).wait("2m").id
    shown = region.commands.invocation(first)
    assert (
        shown_tags(shown.describe())
        == shown_tags(one(shown.results()))
        == {said.key("env"): said.value("a"), said.key("team"): said.value("b")}
    )
    for asked, found in (
        ({}, {first, second, third}),
        ({"ResourceGroupId": web}, {first}),
        ({"ResourceGroupId": db}, {second}),
        ({"ResourceGroupId": "rg"}, set()),
        ({"Tag": [{"Key": said.key("env")}]}, {first, second}),
        ({"Tag": said.tags(env="c")}, {second}),
        ({"Tag": said.tags(env="c", team="b")}, set()),
        ({"Tag": said.tags(env="a", team="b")}, {first}),
    ):
        assert invocations(region, **asked) == found, asked
        assert results(region, **asked) == found, asked


def shows(ran: Invocation, name: str) -> set[object]:
    """What DescribeInvocations and DescribeInvocationResults show in a field."""
    return {ran.describe()[name], *(each[name] for each in ran.results())}


@clause("assistant/launcher")
def test_a_launcher_starts_the_script(region: Region) -> None:
    """What only bash has a value for tells which shell runs."""
    (instance,) = region.run_instances()
    command = region.commands.create("echo 1", Launcher="no-such-program")
    assert one(commands(region, CommandId=command))["Launcher"] == "no-such-program"
    assert refuses(invoke(region, command, instance), instance)
    own = invoke(region, command, instance, Launcher="bash").wait("2m")
    assert (own.output(instance), shows(own, "Launcher")) == ("1\n", {"bash"})
    assert one(commands(region, CommandId=command))["Launcher"] == "no-such-program"
    ran = run(region, instance, Launcher="/bin/bash").wait("2m")
    assert (ran.output(instance), shows(ran, "Launcher")) == ("1\n", {"/bin/bash"})
    assert refuses(run(region, instance, Launcher="no-such-program"), instance)
    assert shows(run(region, instance).wait("2m"), "Launcher") == {""}


def refuses(ran: Invocation, instance: Instance) -> bool:
    """Whether the script did not run."""
    shown = ran.wait("2m").result(instance)
    return shown.get("ExitCode") != 0 and "1\n" not in ran.output(instance)


@clause("assistant/own-timeout")
def test_an_invocation_has_a_timeout_of_its_own(region: Region) -> None:
    (instance,) = region.run_instances()
    command = region.commands.create("sleep 12; echo 1", Timeout=300)
    short = invoke(region, command, instance, Timeout=10)
    usual = invoke(region, command, instance)
    assert (short.describe()["Timeout"], usual.describe()["Timeout"]) == (10, 300)
    short.wait("2m"), usual.wait("2m")
    assert one(short.results())["ErrorCode"] == "ExecutionTimeout"
    assert usual.output(instance) == "1\n"
    assert one(commands(region, CommandId=command))["Timeout"] == 300
    nothing_made(region, lambda: invoke(region, command, instance, Timeout=9))


@clause("assistant/own-directory")
def test_an_invocation_has_a_directory_of_its_own(region: Region) -> None:
    (instance,) = region.run_instances()
    command = region.commands.create("pwd", WorkingDir="/tmp")
    own, usual = invoke(region, command, instance, WorkingDir="/"), invoke(region, command, instance)
    assert (own.wait("2m").output(instance), usual.wait("2m").output(instance)) == ("/\n", "/tmp\n")
    assert (own.describe()["WorkingDir"], usual.describe()["WorkingDir"]) == ("/", "/tmp")
    assert one(commands(region, CommandId=command))["WorkingDir"] == "/tmp"


@clause("assistant/parameters-default-empty")
def test_a_placeholder_without_a_value_is_empty(region: Region) -> None:
    (instance,) = region.run_instances()
    asked = {"CommandContent": "echo '{{a}}' '{{ b }}' '{{c}}'", "EnableParameter": True}
    for given, output in ((None, "  "), ({"a": "1"}, "1  "), ({"B": "2", "c": ""}, " 2 ")):
        values = None if given is None else json.dumps(given)
        ran = run(region, instance, **asked, Parameters=values).wait("2m")
        assert ran.output(instance) == f"{output}\n"


@clause("assistant/built-in-parameters")
def test_what_the_service_knows_is_filled_in(region: Region) -> None:
    first, second = region.run_instances(2, InstanceName="网站-[1,1]")
    known = "RegionId InstanceId InstanceName InvokeId CommandId AccountId".split()
    script = "echo " + " ".join(f"{{{{ACS::{name}}}}}" for name in known)
    answer = region.call(
        "RunCommand", Type="RunShellScript", CommandContent=script, EnableParameter=True,
        InstanceId=[first.id, second.id],
    )  # fmt: skip
    ran = region.commands.invocation(answer["InvokeId"]).wait("2m")
    for each in (first, second):
        *said, account = ran.output(each).split()
        assert said == [region.id, each.id, each.describe()["InstanceName"], ran.id, answer["CommandId"]]
        assert account.isdecimal()


# Windows


def windows(region: Region) -> Instance:
    (instance,) = region.run_instances(ImageId=WINDOWS)
    return instance


def said(region: Region, instance: Instance, script: str, **given: object) -> str:
    """What a script of Windows writes."""
    return (
        run(region, instance, Type="RunBatScript", CommandContent=script, **given).wait("2m").output(instance).strip()
    )


@clause("assistant/run-as-system", "assistant/windows-directory", "assistant/windows-password")
@needs("windows")
def test_commands_run_as_system_on_windows(region: Region) -> None:
    instance = windows(region)
    assert said(region, instance, "whoami").lower() == "nt authority\\system"
    assert said(region, instance, "whoami", Username="System").lower() == "nt authority\\system"
    assert said(region, instance, "cd") == "C:\\Windows\\System32"
    named = said(region, instance, "whoami", Username="administrator", WindowsPasswordName="axt_pwd")
    assert named.lower().endswith("\\administrator")


@clause("assistant/windows-password")
@needs("windows")
def test_users_of_windows_need_the_name_of_a_password(region: Region) -> None:
    instance, command = windows(region), region.commands.create("echo 1", type="RunBatScript")
    for given in (
        {"Username": "administrator"},
        {"WindowsPasswordName": "axt_pwd"},
        {"Username": "administrator", "WindowsPasswordName": "n" * 256},
    ):
        nothing_made(
            region,
            partial(run, region, instance, Type="RunBatScript", **given),
            partial(invoke, region, command, instance, **given),
        )
    long = invoke(region, command, instance, Username="administrator", WindowsPasswordName="n" * 255)
    assert long.wait("2m").output(instance).strip() == "1"


@clause("assistant/tag-keys")
def test_keys_of_tags_have_64_characters(region: Region) -> None:
    """Of commands, runs, sent files and activations."""
    (instance,) = region.run_instances()
    on = {"InstanceId": [instance.id]}
    run = {"Type": "RunShellScript", "CommandContent": base64.b64encode(b"echo 1").decode()}
    command = region.commands.create("echo 1")
    for action, given in (
        ("CreateCommand", {**run, "Name": "tagged"}),
        ("RunCommand", {**run, **on}),
        ("InvokeCommand", {"CommandId": command, **on}),
        ("SendFile", {"Name": "a", "TargetDir": "/tmp", "Content": "b", **on}),
        ("CreateActivation", {}),
    ):
        region.call(action, **given, Tag=[{"Key": "k" * 64, "Value": "v"}])
        long = [{"Key": "k" * 65, "Value": "v"}]
        assert refusal_of(partial(region.call, action, **given, Tag=long)) is not None, action
