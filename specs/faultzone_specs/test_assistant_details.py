"""Cloud Assistant: limits of what is given, and what is shown of invocations and of agents."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest

from faultzone import Instance, Invocation, Region, assert_refused, one
from faultzone_specs.files import found, send, sent
from faultzone_specs.observing import refusal_of

clause, needs = pytest.mark.clause, pytest.mark.needs

SHELL = {"Type": "RunShellScript", "CommandContent": "echo 1"}
STAMP = "%Y-%m-%dT%H:%M:%SZ"
ENCODED = {**SHELL, "CommandContent": base64.b64encode(b"echo 1").decode()}


def run(region: Region, *instances: Instance, **given: object) -> Invocation:
    """RunCommand of these parameters, of a script that writes 1 unless another is given."""
    asked = {**SHELL, "InstanceId": [each.id for each in instances], **given}
    return region.commands.invocation(region.call("RunCommand", **asked)["InvokeId"])


def commands(region: Region, **asked: object) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = region.call("DescribeCommands", **asked)["Commands"]["Command"]
    return found


def state_of(region: Region) -> tuple[list[dict[str, Any]], list[str]]:
    """All commands and invocations."""
    invocations = region.call("DescribeInvocations")["Invocations"]["Invocation"]
    return commands(region), [each["InvokeId"] for each in invocations]


def nothing_made(region: Region, code: str, *calls: Callable[[], object]) -> None:
    """Each call is refused, with this code if one is documented, and neither makes nor changes anything."""
    before = state_of(region)
    for call in calls:
        refusal = refusal_of(call)
        assert refusal is not None
        assert code in ("", refusal.code)
    assert state_of(region) == before


# Limits


@clause("assistant/name-limits-128")
@pytest.mark.parametrize(
    ("name", "most", "code"), [("Name", 128, "CmdName.ExceedLimit"), ("Description", 512, "CmdDesc.ExceedLimit")]
)
def test_names_and_descriptions_have_a_length(region: Region, name: str, most: int, code: str) -> None:
    """In characters, whatever the script."""
    (instance,) = region.run_instances()
    fits, too_long = "名" * most, "n" * (most + 1)
    create = partial(region.call, "CreateCommand", **{"Name": "n", **ENCODED})
    made = create(**{name: fits})["CommandId"]
    assert one(commands(region))[name] == fits
    modify = partial(region.call, "ModifyCommand", CommandId=made)
    modify(**{name: "é" * most})
    assert one(commands(region))[name] == "é" * most
    nothing_made(
        region, code, lambda: create(**{name: too_long}), lambda: modify(**{name: too_long}),
        lambda: run(region, instance, **{name: too_long}),
    )  # fmt: skip
    run(region, instance, **{name: fits})


@clause("assistant/user-name-limit")
def test_names_of_users_have_a_length(region: Region) -> None:
    (instance,) = region.run_instances()
    command = region.call("CreateCommand", Name="n", **ENCODED)["CommandId"]
    invoke = partial(region.call, "InvokeCommand", CommandId=command, InstanceId=[instance.id])
    nothing_made(
        region, "Username.ExceedLimit", lambda: run(region, instance, Username="u" * 256),
        lambda: invoke(Username="u" * 256),
    )  # fmt: skip
    assert run(region, instance, Username="u" * 255).describe()["Username"] == "u" * 255
    invoke(Username="u" * 255)


@clause("assistant/placeholder-names")
def test_what_stands_in_double_braces_is_a_parameter(region: Region) -> None:
    """If it can be a name."""
    (instance,) = region.run_instances()
    script = "echo {{ one-1 }} {{\nTwo_2\n}} {{ONE-1}}"
    made = region.commands.create(script, EnableParameter=True)
    shown = one(commands(region, CommandId=made))
    assert [each.lower() for each in shown["ParameterNames"]["ParameterName"]] == ["one-1", "two_2"]
    assert shown["EnableParameter"] is True
    given = json.dumps({"ONE-1": "a", "two_2": "b"})
    answer = region.call("InvokeCommand", CommandId=made, InstanceId=[instance.id], Parameters=given)
    ran = region.commands.invocation(answer["InvokeId"]).wait("2m")
    assert ran.output(instance) == "a b a\n"
    plain = region.commands.create(script)
    shown = one(commands(region, CommandId=plain))
    assert (shown["EnableParameter"], shown["ParameterNames"]["ParameterName"]) == (False, [])


@clause("assistant/placeholder-characters")
@pytest.mark.region(edition="2026-10")
def test_what_is_no_name_of_a_parameter_is_refused(region: Region) -> None:
    """Where parameters are enabled."""
    (instance,) = region.run_instances()
    for inside, code in (
        ("no.name", "InvalidParamName"), ("no name", "InvalidParamName"), ("ACS::Foo", "InvalidParamName"),
        ("acs::Foo", "InvalidParamName"), ("имя", "InvalidParamName"), ("", "EmptyKey"), (" \n", "EmptyKey"),
    ):  # fmt: skip
        script = f"echo {{{{fine}}}} '{{{{{inside}}}}}'"
        create = partial(region.commands.create, script, EnableParameter=True)
        nothing_made(region, f"CmdParam.{code}", create)
        nothing_made(region, "", partial(run, region, instance, CommandContent=script, EnableParameter=True))
    assert run(region, instance, CommandContent="echo '{{no.name}}'").wait("2m").output(instance) == "{{no.name}}\n"


@clause("assistant/placeholder-characters")
@pytest.mark.region(edition="2026-10")
def test_built_in_parameters_are_so_in_any_letters(region: Region) -> None:
    (instance,) = region.run_instances()
    script = "echo {{acs::instanceid}} {{ Acs::REGIONID }}"
    ran = run(region, instance, CommandContent=script, EnableParameter=True).wait("2m")
    assert ran.output(instance) == f"{instance.id} {region.id}\n"


@clause("assistant/placeholder-names")
def test_a_command_has_no_more_than_twenty_parameters(region: Region) -> None:
    def script(names: int, length: int = 2) -> str:
        return "echo " + " ".join("{{p" + str(n).zfill(length - 1) + "}}" for n in range(names))

    create = partial(region.commands.create, EnableParameter=True)
    (instance,) = region.run_instances()
    made = create(script(20, 64))
    assert len(one(commands(region, CommandId=made))["ParameterNames"]["ParameterName"]) == 20
    runs = partial(run, region, instance, EnableParameter=True)
    nothing_made(region, "", lambda: create(script(21)), lambda: runs(CommandContent=script(21)))
    nothing_made(
        region, "CmdParamName.ExceedLimit", lambda: create(script(1, 65)), lambda: runs(CommandContent=script(1, 65))
    )
    create(script(21) + script(21, 65), EnableParameter=False)


@clause("assistant/parameter-limits")
def test_an_invocation_has_no_more_than_ten_parameters(region: Region) -> None:
    (instance,) = region.run_instances()
    script = "echo " + " ".join(f"{{{{p{n}}}}}" for n in range(11))
    made = region.commands.create(script, EnableParameter=True)

    def invoke(values: dict[str, str]) -> Invocation:
        asked = {"CommandId": made, "InstanceId": [instance.id], "Parameters": json.dumps(values)}
        return region.commands.invocation(region.call("InvokeCommand", **asked)["InvokeId"])

    def runs(values: dict[str, str]) -> Invocation:
        given = {"EnableParameter": True, "Parameters": json.dumps(values), "CommandContent": script}
        return run(region, instance, **given)

    for call in (invoke, runs):
        assert json.loads(call({f"p{n}": str(n) for n in range(10)}).describe()["Parameters"])["p9"] == "9"
        for code, values in (
            ("ParameterCount.ExceedLimit", {f"p{n}": "" for n in range(11)}),
            ("ParameterKey.ExceedLimit", {"p" * 65: ""}),
            ("ParameterKey.Duplicate", {"p1": "a", "P1": "b"}),
        ):
            nothing_made(region, code, partial(call, values))


@clause("assistant/include-output")
def test_output_is_shown_to_who_asks_for_it(region: Region) -> None:
    (instance,) = region.run_instances()
    ran = run(region, instance).wait("2m")

    def shown(**asked: object) -> dict[str, Any]:
        invocation = one(region.call("DescribeInvocations", **asked)["Invocations"]["Invocation"])
        target: dict[str, Any] = one(invocation["InvokeInstances"]["InvokeInstance"])
        return target

    for named in ({"InvokeId": ran.id}, {"InstanceId": instance.id}):
        assert shown(IncludeOutput=True, **named)["Output"] == base64.b64encode(b"1\n").decode()
        assert not shown(IncludeOutput=False, **named).get("Output")
        assert not shown(**named).get("Output")
    for asked in ({}, {"CommandType": "RunShellScript"}):
        assert refusal_of(partial(region.call, "DescribeInvocations", IncludeOutput=True, **asked)) is not None
    assert not shown(IncludeOutput=False).get("Output")


@clause("assistant/results-page-50")
def test_a_page_of_results_has_at_most_fifty(region: Region) -> None:
    (instance,) = region.run_instances()
    made = [run(region, instance).id for _ in range(51)]
    results = partial(region.call, "DescribeInvocationResults")
    answer = results(PageSize=50)["Invocation"]
    shown = [each["InvokeId"] for each in answer["InvocationResults"]["InvocationResult"]]
    assert (shown, answer["PageSize"], answer["TotalCount"]) == (made[:0:-1], 50, 51)
    assert_refused("InvalidParam.PageSize", partial(results, PageSize=51))


@clause("assistant/retention-two-weeks")
def test_invocations_are_kept_for_two_weeks(region: Region) -> None:
    (instance,) = region.run_instances()
    first = run(region, instance).wait("2m").id
    region.clock.advance("13d")
    second = run(region, instance).wait("2m").id

    def kept() -> tuple[set[str], set[str]]:
        records = region.call("DescribeInvocationResults")["Invocation"]["InvocationResults"]["InvocationResult"]
        return set(state_of(region)[1]), {each["InvokeId"] for each in records}

    assert kept() == ({first, second}, {first, second})
    region.clock.advance("25h")
    assert kept() == ({second}, {second})


# Files


def nothing_sent(region: Region, code: str, *instances: str, **given: object) -> None:
    """The call is refused with this code, and nothing is listed."""
    before = found(region)
    asked = {"Name": "c", "TargetDir": "/srv", "Content": "1", "InstanceId": list(instances), **given}
    assert_refused(code, partial(region.call, "SendFile", **asked))
    assert found(region) == before


@clause("assistant/file-words")
@pytest.mark.parametrize(
    ("name", "fits", "does_not", "code"),
    [
        ("Name", "名" * 255, "n" * 256, "FileName.ExceedLimit"),
        ("TargetDir", "/" + "d" * 254, "/" + "d" * 255, "FileTargetDir.Invalid"),
        ("Description", "名" * 512, "n" * 513, "FileDesc.ExceedLimit"),
        ("FileMode", "600", "rw", "FileMode.Invalid"),
        ("FileMode", "0755", "0888", "FileMode.Invalid"),
    ],
)
def test_what_is_said_of_a_file_has_limits(region: Region, name: str, fits: str, does_not: str, code: str) -> None:
    (instance,) = region.run_instances()
    nothing_sent(region, code, instance.id, **{name: does_not})
    assert sent(region, send(region, instance, **{name: fits}))[name] == fits


@clause("assistant/file-targets")
@needs("shape-region")
def test_a_file_is_sent_to_fifty_fit_instances(region: Region) -> None:
    """At the most."""
    instances = region.run_instances(51)
    nothing_sent(region, "InstanceIds.ExceedLimit", *(each.id for each in instances))
    assert sent(region, send(region, *instances[:50]))["VmCount"] == 50
    first, second = instances[:2]
    nothing_sent(region, "MissingParameter.InstanceIds")
    nothing_sent(region, "InvalidInstance.NotFound", first.id, "i-bp1nosuchinstance000")
    second.stop()
    nothing_sent(region, "InvalidInstanceStatus", first.id, second.id)
    (bare,) = region.run_instances(ImageId="m-bp1custom00000000001")
    nothing_sent(region, "InvalidInstance.NoClient", first.id, bare.id)


# What is shown


@clause("assistant/invocation-shows")
@pytest.mark.region(edition="2026-10")
def test_an_invocation_shows_what_counts_for_it(region: Region) -> None:
    (instance,) = region.run_instances()
    own = {"Name": "greet", "Description": "says something", "WorkingDir": "/tmp", "Timeout": 30}
    asked = {**SHELL, **own, "CommandContent": "echo {{what}}", "EnableParameter": True, "Username": "nobody"}
    before = region.clock.now
    ran = run(region, instance, **asked, Parameters='{"what": "你好"}')
    shown = ran.describe()
    assert {name: shown[name] for name in ("CommandName", "CommandDescription", "CommandType", "Username")} == {
        "CommandName": "greet", "CommandDescription": "says something", "CommandType": "RunShellScript",
        "Username": "nobody",
    }  # fmt: skip
    assert (shown["WorkingDir"], shown["Timeout"], json.loads(shown["Parameters"])) == ("/tmp", 30, {"what": "你好"})
    assert base64.b64decode(shown["CommandContent"]).decode() == "echo {{what}}"
    assert (shown["RepeatMode"], shown["Timed"], shown["Frequency"]) == ("Once", False, "")
    assert f"{before:{STAMP}}" <= shown["CreationTime"] <= f"{region.clock.now:{STAMP}}"
    plain = one(region.call("DescribeInvocations", ContentEncoding="PlainText")["Invocations"]["Invocation"])
    assert plain["CommandContent"] == "echo {{what}}"
    command = region.commands.create("echo 2", Name="kept", Description="is kept", Timeout=45, WorkingDir="/srv")
    given = {"CommandId": command, "InstanceId": [instance.id], "Frequency": "rate(2h)"}
    shown = region.commands.invocation(region.call("InvokeCommand", **given)["InvokeId"]).describe()
    named = ("CommandId", "CommandName", "CommandDescription", "Timeout", "WorkingDir", "Username", "Parameters")
    assert [shown[name] for name in named] == [command, "kept", "is kept", 45, "/srv", "", "{}"]
    assert (shown["RepeatMode"], shown["Timed"], shown["Frequency"]) == ("Period", True, "rate(2h)")


def stamps(region: Region, ran: Invocation) -> tuple[dict[str, str], dict[str, Any]]:
    """The times of the one target of an invocation, and its record."""
    shown = one(ran.describe()["InvokeInstances"]["InvokeInstance"])
    names = ("CreationTime", "StartTime", "FinishTime", "StopTime", "UpdateTime")
    return {name: shown[name] for name in names}, one(ran.results())


@clause("assistant/run-times")
@needs("guest-time")
@pytest.mark.region(edition="2026-10")
def test_the_times_of_a_run_are_told(region: Region) -> None:
    (instance,) = region.run_instances()

    def at() -> str:
        return f"{region.clock.now:{STAMP}}"

    begun = at()
    ran = run(region, instance, CommandContent="sleep 40", Timeout=100)
    region.clock.advance("20s")
    times, record = stamps(region, ran)
    assert begun <= times["CreationTime"] <= times["StartTime"] == times["UpdateTime"] <= at()
    assert times["FinishTime"] == times["StopTime"] == record["StopTime"] == record["FinishedTime"] == ""
    assert record["StartTime"] == times["StartTime"]
    region.clock.advance("1m")
    times, record = stamps(region, ran)
    assert times["StartTime"] < times["FinishTime"] == record["FinishedTime"] == times["UpdateTime"] < at()
    assert times["StopTime"] == ""
    region.clock.advance("1h")
    created = at()
    ran = run(region, instance, CommandContent="sleep 10m", Timeout=100, TerminationMode="Process")
    region.clock.advance("30s")
    stopped = at()
    ran.stop()
    region.clock.advance("10s")
    times, record = stamps(region, ran)
    assert created <= times["StartTime"] < stopped <= times["StopTime"] == record["StopTime"] < at()
    assert times["UpdateTime"] >= times["StopTime"]


@clause("assistant/run-times")
@needs("guest-time")
@pytest.mark.region(edition="2026-10")
def test_a_run_that_outlasts_its_timeout_finishes_with_it(region: Region) -> None:
    (instance,) = region.run_instances()
    ran = run(region, instance, CommandContent="sleep 10m", Timeout=100)
    region.clock.advance("5m")
    times, record = stamps(region, ran)
    assert [len(times[name]) for name in ("StartTime", "FinishTime")] == [20, 20]
    began, ended = (datetime.strptime(times[name], STAMP) for name in ("StartTime", "FinishTime"))
    assert ended - began == timedelta(seconds=100)
    assert (record["FinishedTime"], record["StopTime"], times["StopTime"]) == (times["FinishTime"], "", "")


@clause("assistant/repeats")
@pytest.mark.region(edition="2026-10")
def test_runs_are_counted(region: Region) -> None:
    (instance,) = region.run_instances()

    def counts(ran: Invocation) -> tuple[int, set[int]]:
        return int(one(ran.describe()["InvokeInstances"]["InvokeInstance"])["Repeats"]), {
            each["Repeats"] for each in ran.results()
        }

    assert counts(run(region, instance).wait("2m")) == (1, {1})
    at_start = run(region, instance, RepeatMode="NextRebootOnly")
    assert counts(at_start)[0] == 0
    repeated = run(region, instance, Frequency="rate(1h)")
    assert counts(repeated) == (0, set())
    for expected in (1, 2, 3):
        region.clock.advance("1h")
        region.clock.advance("1m")
        assert counts(repeated) == (expected, {expected})
    instance.reboot()
    at_start.wait("2m")
    assert counts(at_start) == (1, {1})


@clause("assistant/status-counts")
@pytest.mark.region(edition="2026-10")
def test_what_an_agent_did_is_told(region: Region) -> None:
    here, there = region.run_instances(2)

    def told(instance: Instance) -> tuple[int, int, str]:
        answer = region.call("DescribeCloudAssistantStatus", InstanceId=[instance.id])
        shown = one(answer["InstanceCloudAssistantStatusSet"]["InstanceCloudAssistantStatus"])
        return shown["InvocationCount"], shown["ActiveTaskCount"], shown["LastInvokedTime"]

    assert told(here) == told(there) == (0, 0, "")
    ran = [run(region, here).wait("2m") for _ in range(2)]
    started = [one(each.results())["StartTime"] for each in ran]
    assert told(here) == (2, 0, max(started))
    long = run(region, here, CommandContent="sleep 10m", Timeout=3600)
    region.wait(lambda: one(long.results())["StartTime"] != "", "1m", what="the run")
    assert told(here) == (2, 1, one(long.results())["StartTime"])
    long.stop()
    assert told(here)[:2] == (3, 0)
    assert told(there) == (0, 0, "")


@clause("assistant/built-ins-need-agent")
@pytest.mark.region(edition="2026-10")
def test_an_older_agent_fills_in_less(region: Region) -> None:
    old, new = region.run_instances(2)
    region.control("set-agent", instance=old.id, state="outdated")

    def printed(name: str, *targets: Instance) -> list[str]:
        """Where a script printed what a built-in parameter stands for."""
        ran = run(region, *targets, CommandContent=f"echo :{{{{ACS::{name}}}}}", EnableParameter=True).wait("2m")
        shown = {each["InstanceId"]: ran.written(each) for each in ran.results()}
        right = {"InvokeId": ran.id} | {each.id: each.describe().get(name, "") for each in targets}
        return [each.id for each in targets if shown[each.id] == f":{right.get(name) or right[each.id]}\n"]

    assert printed("InvokeId", old, new) == printed("InvokeId", new) == [new.id]
    assert printed("InvokeId", old) == []
    for name in ("InstanceId", "InstanceName"):
        assert printed(name, old, new) == [new.id]
        assert printed(name, old) == [old.id]
    content = "echo {{ACS::CommandId}}"
    by_run = run(region, old, new, CommandContent=content, EnableParameter=True).wait("2m")
    made = by_run.describe()["CommandId"]
    assert [by_run.written(each).strip() for each in by_run.results()].count(made) == 1
    command = region.commands.create(content, EnableParameter=True)
    invoked = region.call("InvokeCommand", CommandId=command, InstanceId=[old.id])["InvokeId"]
    assert region.commands.invocation(invoked).wait("2m").output(old).strip() == command
    assert run(region, old, new, CommandContent="echo {{ACS::RegionId}}", EnableParameter=True).wait("2m").output(old)


# Systems

IMAGES = (
    "ubuntu_18_04_64_20G_alibase_20181212.vhd", "ubuntu_24_04_x64_20G_alibase_20240812.vhd",
    "aliyun_2_1903_x64_20G_alibase_20201120.vhd", "aliyun_3_x64_20G_alibase_20240528.vhd",
    "centos_8_2_x64_20G_alibase_20201120.vhd", "centos_stream_9_x64_20G_alibase_20240528.vhd",
    "debian_12_4_x64_20G_alibase_20240528.vhd", "fedora_39_1_x64_20G_alibase_20240528.vhd",
    "rockylinux_9_3_x64_20G_alibase_20240528.vhd", "almalinux_9_3_x64_20G_alibase_20240528.vhd",
    "anolisos_8_8_x64_20G_rhck_alibase_20240528.vhd", "freebsd_13_2_x64_30G_alibase_20240528.vhd",
    "win2019_1809_x64_dtc_en-us_40G_alibase_20201120.vhd", "win2022_21H2_x64_dtc_en-us_40G_alibase_20240617.vhd",
)  # fmt: skip


def serves(region: Region, image: str) -> dict[str, Any]:
    """What is told of the agent of a new instance of an image, which runs a command."""
    (instance,) = region.run_instances(ImageId=image)
    kind = "RunBatScript" if image.startswith("win") else "RunShellScript"
    ran = region.run_command("echo 1", on=instance, type=kind)
    assert ran.output(instance).strip() == "1", image
    answer = region.call("DescribeCloudAssistantStatus", InstanceId=[instance.id])
    told: dict[str, Any] = one(answer["InstanceCloudAssistantStatusSet"]["InstanceCloudAssistantStatus"])
    assert told["CloudAssistantStatus"] == "true"
    return told


@clause("assistant/os-of-public-images")
@pytest.mark.region(edition="2026-10")
def test_every_public_image_runs_commands(region: Region) -> None:
    told = {image: serves(region, image) for image in IMAGES}
    systems = {image: "Windows" if image.startswith("win") else "Linux" for image in IMAGES}
    systems |= {image: "FreeBSD" for image in IMAGES if image.startswith("freebsd")}
    assert {image: shown["OSType"] for image, shown in told.items()} == systems
    for system in ("FreeBSD", "Linux", "Windows"):
        answer = region.call("DescribeCloudAssistantStatus", OSType=system, MaxResults=50)
        shown = answer["InstanceCloudAssistantStatusSet"]["InstanceCloudAssistantStatus"]
        assert {each["InstanceId"] for each in shown} == {
            told[image]["InstanceId"] for image in IMAGES if systems[image] == system
        }
