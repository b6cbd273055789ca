"""Cloud Assistant at its limits: sizes, floods of runs, lost hosts, and bad input to what came later."""

from __future__ import annotations

import base64
from collections import Counter

import pytest

from faultzone import Instance, Region, assert_invocation, assert_refused, make_region
from faultzone.clock import VIRTUAL_START
from faultzone.editions import load

WINDOWS = "win2016_64_dtc_1607_en-us_40G_alibase_20181220.vhd"


@pytest.fixture
def region() -> Region:
    return make_region(seed=4)


@pytest.fixture
def instance(region: Region) -> Instance:
    return region.run_instances()[0]


@pytest.fixture
def later() -> Region:
    return make_region(edition="2020-12")


@pytest.fixture
def one(later: Region) -> Instance:
    return later.run_instances()[0]


# Sizes


def test_the_largest_script_has_sixteen_kilobytes_as_encoded(region: Region, instance: Instance) -> None:
    script = "# " + "汉" * 4095 + "\n"
    assert len(base64.b64encode(script.encode())) == 16384
    ran = region.run_command(script, on=instance)
    (shown,) = region.call("DescribeCommands", CommandId=ran.command_id)["Commands"]["Command"]
    assert base64.b64decode(shown["CommandContent"]).decode() == script
    assert ran.result(instance)["ExitCode"] == 0
    assert_refused("CmdContent.ExceedLimit", lambda: region.commands.create(script + "#"))


def test_windows_keeps_less_of_a_long_output(region: Region) -> None:
    (windows,) = region.run_instances(ImageId=WINDOWS)
    region.guest("talk", output="x" * (1 << 20))
    ran = region.run_command("talk", on=windows, type="RunBatScript")
    assert ran.output(windows) == "x" * 18432


def test_dropped_bytes_are_counted_in_bytes(later: Region, one: Instance) -> None:
    later.guest("talk", output="汉" * 400_000)
    shown = later.run_command("talk", on=one).result(one)
    assert (len(base64.b64decode(shown["Output"])), shown["Dropped"]) == (24576, 1_200_000 - 24576)


# Targets and invocations that cannot be


def test_an_instance_named_twice_gets_one_run(region: Region, instance: Instance) -> None:
    ran = region.run_command("echo 1", on=[instance, instance])
    assert len(ran.results()) == 1
    assert len(region.journal.of("effect", effect="RunScript")) == 1


def test_twenty_names_of_one_instance_are_within_the_limit_and_twenty_one_are_not(
    region: Region, instance: Instance
) -> None:
    assert region.run_command("true", on=[instance] * 20).states == {instance.id: "Finished"}
    assert_refused("InstanceIds.ExceedLimit", lambda: region.run_command("true", on=[instance] * 21))


@pytest.mark.parametrize("state", ["stopped", "lacking"])
def test_a_target_whose_agent_is_gone_is_refused(region: Region, instance: Instance, state: str) -> None:
    region.control("set-agent", instance=instance.id, state=state)
    assert_refused("InvalidInstance.NoClient", lambda: region.run_command("true", on=instance))


def test_a_stopped_target_is_refused(region: Region, instance: Instance) -> None:
    instance.stop()
    assert_refused("InvalidInstanceStatus", lambda: region.run_command("true", on=instance))


def test_unknown_invocations(region: Region) -> None:
    unknown = region.commands.invocation("t-" + "0" * 32)
    refusal = assert_refused("InvalidInvokeId.NotFound", unknown.stop)
    assert refusal.status == 400
    assert unknown.results() == []
    with pytest.raises(LookupError, match="does not list"):
        unknown.describe()


def test_stop_of_a_finished_invocation_changes_nothing(region: Region, instance: Instance) -> None:
    ran = region.run_command("echo 1", on=instance)
    before = (ran.describe(), ran.results())
    ran.stop()
    ran.stop(instance)
    assert (ran.describe(), ran.results()) == before


def test_stop_of_a_stopped_timed_invocation_changes_nothing(region: Region, instance: Instance) -> None:
    ran = region.run_command("echo 1", on=instance, frequency="0 * * * * *")
    region.clock.advance("2m")
    before = ran.stop().describe()
    region.clock.advance("2m")
    assert ran.stop().describe() == before


def test_a_timed_invocation_goes_on_until_the_last_of_its_targets_is_released(region: Region) -> None:
    one, two = region.run_instances(2)
    ran = region.run_command("echo 1", on=[one, two], frequency="0 * * * * *")
    region.clock.advance("90s")
    one.delete(Force=True)
    region.clock.advance("3m")
    assert Counter(each["InstanceId"] for each in ran.results()) == {one.id: 1, two.id: 4}
    two.delete(Force=True)
    region.clock.advance("3m")
    assert len(ran.results()) == 5


# Floods


def test_the_journal_has_one_entry_for_each_firing(region: Region) -> None:
    instances = region.run_instances(3)
    region.guest("tick", on=instances[2], exit_code=3)
    ran = region.run_command("tick || exit 3", on=instances, frequency="0 * * * * *")
    region.guest("tick", on=instances[0])
    region.guest("tick", on=instances[1])
    before = len(region.journal)
    region.clock.advance("3m")
    entries = [each for each in region.journal if each.number >= before]
    assert [each.data["runs"] for each in entries if each.kind == "summary"] == [3, 3, 3]
    first = next(each for each in entries if each.kind == "summary")
    assert first.data == {
        "invocation": ran.id,
        "run": f"{ran.id}.1",
        "began": VIRTUAL_START + 60_000,
        "runs": 3,
        "exited-zero": 2,
        "exited-nonzero": 1,
    }
    # The one that ends otherwise is told of whole: its report and its record.
    assert Counter(each.kind for each in entries) == {"summary": 3, "report": 3, "transition": 3, "advance": 1}
    assert {each.data["target"] for each in entries if each.kind == "transition"} == {instances[2].id}


def test_a_stale_report_of_a_timed_run_is_journalled(region: Region, instance: Instance) -> None:
    ran = region.run_command("sleep 5", on=instance, frequency="0 * * * * *")
    region.clock.advance("61s")
    ran.stop()
    region.clock.advance("10s")
    (stale,) = region.journal.of("stale", report="RunEnded")
    assert stale.data["run"] == f"{ran.id}.1"


def test_a_run_that_lasts_does_not_keep_the_others() -> None:
    region = make_region(edition=load().changed({"assistant.records": 3}))
    one, two = region.run_instances(2)
    lasting = region.run_command("sleep 50m", on=one, wait=False)
    timed = region.run_command("echo 1", on=two, frequency="0 * * * * *")
    region.clock.advance("30m")
    assert region.call("DescribeInvocationResults")["Invocation"]["TotalCount"] == 3
    assert len(timed.results()) == 2
    assert lasting.wait().result(one)["InvokeRecordStatus"] == "Finished"
    timed.stop()
    region.run_command("echo 2", on=two)
    region.run_command("echo 3", on=two)
    region.run_command("echo 4", on=two)
    shown = region.call("DescribeInvocations")["Invocations"]["Invocation"]
    assert lasting.id not in [each["InvokeId"] for each in shown]


def test_the_oldest_sendings_go_first() -> None:
    region = make_region(edition=load("2020-12").changed({"assistant.sendings": 2}))
    (one,) = region.run_instances()
    file = {"TargetDir": "/tmp", "Content": "x", "InstanceId": [one.id]}
    for name in ("a", "b", "c"):
        region.call("SendFile", Name=name, **file)
        region.clock.advance("1s")
    shown = region.call("DescribeSendFileResults")["Invocations"]["Invocation"]
    assert [each["Name"] for each in shown] == ["c", "b"]


def test_a_guest_remembers_its_last_hundred_scripts(region: Region, instance: Instance) -> None:
    for number in range(105):
        assert region.commands.log_in(instance, f"echo {number}")["output"] == f"{number}\n"
    ran = region.commands.ran_on(instance)
    assert [each["number"] for each in ran] == list(range(5, 105))


# Lost hosts


@pytest.mark.parametrize("recovery", ["immediate", "planned"])
@pytest.mark.parametrize("reversible", [True, False])
def test_a_run_ends_when_its_host_is_known_to_be_dead(recovery: str, reversible: bool) -> None:
    region = make_region(recovery=recovery)
    here, there = region.run_instances(2)
    ran = region.run_command("sleep 20m", on=[here, there], wait=False)
    region.clock.advance("5s")
    host = here.host
    assert host is not None
    assert host != there.host
    with region.chaos.crash(host, reversible=reversible):
        region.clock.advance("2s")
        assert ran.states == {here.id: "Failed", there.id: "Running"}
        before = ran.result(here)
        region.clock.advance("30m")
        assert ran.result(here) == before
    assert_invocation(ran, "PartialFailed")


def test_what_waits_for_an_agent_on_a_dead_host_never_begins(region: Region, instance: Instance) -> None:
    region.control("set-agent", instance=instance.id, state="hung")
    ran = region.run_command("echo 1", on=instance, wait=False)
    host = instance.host
    assert host is not None
    with region.chaos.crash(host, reversible=True):
        region.clock.advance("2s")
        assert_invocation(ran, "Failed")
    region.clock.advance("10m")
    assert region.commands.ran_on(instance) == []


# What came later


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"Parameters": "[1]"}, "InvalidParameter"),
        ({"Parameters": "{"}, "InvalidParameter"),
        ({"Parameters": '{"a": {}}'}, "InvalidParameter"),
        ({"Parameters": '{"other": "1"}'}, "Parameter.NotMatched"),
        ({"Parameters": '{"name": "1", "NAME": "2"}'}, "ParameterKey.Duplicate"),
        ({"Parameters": {f"p{number}": "" for number in range(11)}}, "ParameterCount.ExceedLimit"),
        ({"Parameters": {"n" * 65: ""}}, "ParameterKey.ExceedLimit"),
        ({"Parameters": {"name": "x" * 16384}}, "CmdContent.ExceedLimit"),
        ({"Username": "u" * 256}, "Username.ExceedLimit"),
        ({"RepeatMode": "DryRun"}, "InvalidParameter"),
        ({"RepeatMode": "Period", "Frequency": "rate(60s)"}, "InvalidParam.Frequency"),
        ({"RepeatMode": "Period", "Frequency": "at(2026-01-01 00:00:00)"}, "InvalidParam.Frequency"),
        ({"Timeout": 60}, "UnsupportedParameter"),
        ({"WorkingDir": "/tmp"}, "UnsupportedParameter"),
        ({"ClientToken": "t"}, "UnsupportedParameter"),
        ({"RepeatMode": "Period"}, "MissingParam.Frequency"),
    ],
)
def test_invoke_refuses_what_came_later(later: Region, one: Instance, given: dict[str, object], code: str) -> None:
    command = later.commands.create("echo {{name}}", EnableParameter=True)
    asked = {"CommandId": command, "InstanceId": [one.id], **given}
    assert_refused(code, lambda: later.call("InvokeCommand", **asked))
    assert later.call("DescribeInvocations")["TotalCount"] == 0


@pytest.mark.parametrize(
    ("script", "code"),
    [
        ("{{" + "n" * 65 + "}}", "CmdParamName.ExceedLimit"),
        (" ".join(f"{{{{n{number}}}}}" for number in range(21)), "InvalidParameter"),
    ],
)
def test_placeholders_have_limits(later: Region, script: str, code: str) -> None:
    assert_refused(code, lambda: later.commands.create(script, EnableParameter=True))
    assert later.commands.create(script).startswith("c-")


def test_blanks_round_a_placeholder_and_the_case_of_an_encoding_make_no_difference(
    later: Region, one: Instance
) -> None:
    asked = {"Name": "n", "Type": "RunShellScript", "ContentEncoding": "plaintext", "EnableParameter": True}
    command = later.call("CreateCommand", CommandContent="echo {{ a }} {{\nB\n}} {{a b}}", **asked)["CommandId"]
    given = {"CommandId": command, "InstanceId": [one.id], "Parameters": {"A": "1", "b": "2"}}
    ran = later.commands.invocation(later.call("InvokeCommand", **given)["InvokeId"]).wait("1m")
    shown = later.call("DescribeInvocationResults", InvokeId=ran.id, ContentEncoding="PLAINTEXT")
    assert shown["Invocation"]["InvocationResults"]["InvocationResult"][0]["Output"] == "1 2 {{a b}}\n"


def test_what_is_filled_in_is_not_filled_in_again(later: Region, one: Instance) -> None:
    command = later.commands.create(
        "echo '{{a}}' '{{A}}' '{{b}}' '{{ACS::RegionId}}' '{{ACS::Other}}'", EnableParameter=True
    )
    given = {"CommandId": command, "InstanceId": [one.id], "Parameters": {"a": "{{b}}"}}
    ran = later.commands.invocation(later.call("InvokeCommand", **given)["InvokeId"]).wait("1m")
    assert ran.output(one) == "{{b}} {{b}}  cn-hangzhou {{ACS::Other}}\n"


@pytest.mark.parametrize(
    ("action", "given"),
    [
        ("CreateCommand", {"EnableParameter": True}),
        ("InvokeCommand", {"Parameters": "{}"}),
        ("InvokeCommand", {"Username": "root"}),
        ("InvokeCommand", {"RepeatMode": "Once"}),
        ("InvokeCommand", {"RepeatMode": "EveryReboot"}),
        ("DescribeCommands", {"MaxResults": 1}),
        ("DescribeInvocations", {"NextToken": "fz1"}),
        ("DescribeInvocations", {"IncludeOutput": True}),
        ("DescribeInvocationResults", {"ContentEncoding": "PlainText"}),
        ("DescribeInvocationResults", {"IncludeHistory": True}),
    ],
)
def test_the_earlier_edition_refuses_what_came_later(region: Region, action: str, given: dict[str, object]) -> None:
    assert_refused("UnsupportedParameter", lambda: region.call(action, **given))


@pytest.mark.parametrize("token", ["fz", "1", "fz-1", "fz" + "9" * 30, "fz²"])
def test_tokens_that_were_not_given_out(later: Region, token: str) -> None:
    assert_refused("InvalidParameter", lambda: later.call("DescribeCommands", NextToken=token))


def test_pages_by_token_do_not_move_when_there_is_more(later: Region) -> None:
    made = [later.commands.create(f"echo {number}") for number in range(4)]
    first = later.call("DescribeCommands", MaxResults=2)
    later.commands.create("echo new")
    second = later.call("DescribeCommands", MaxResults=2, NextToken=first["NextToken"])
    seen = [each["CommandId"] for page in (first, second) for each in page["Commands"]["Command"]]
    assert (seen, second["NextToken"]) == (made[::-1], "")


def test_output_is_included_for_those_named_alone(later: Region, one: Instance) -> None:
    ran = later.run_command("echo 1", on=one)
    assert_refused("InvalidParameter", lambda: later.call("DescribeInvocations", IncludeOutput=True))
    (shown,) = later.call("DescribeInvocations", IncludeOutput=True, InstanceId=one.id)["Invocations"]["Invocation"]
    (item,) = shown["InvokeInstances"]["InvokeInstance"]
    assert base64.b64decode(item["Output"]) == b"1\n"
    assert "Output" not in ran.describe()["InvokeInstances"]["InvokeInstance"][0]


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"Name": "n" * 256}, "FileName.ExceedLimit"),
        ({"Description": "d" * 513}, "FileDesc.ExceedLimit"),
        ({"TargetDir": "/" + "d" * 255}, "FileTargetDir.Invalid"),
        ({"FileMode": "rwx"}, "FileMode.Invalid"),
        ({"FileMode": "0888"}, "FileMode.Invalid"),
        ({"ContentType": "rot13"}, "FileContentType.Invalid"),
        ({"Content": "!", "ContentType": "Base64"}, "FileContent.DecodeError"),
        ({"Content": "x" * 24577}, "FileSize.ExceedLimit"),
        ({"InstanceId": ["i-none"]}, "InvalidInstance.NotFound"),
    ],
)
def test_send_file_refuses(later: Region, one: Instance, given: dict[str, object], code: str) -> None:
    asked = {"Name": "f", "TargetDir": "/tmp", "Content": "x", "InstanceId": [one.id], **given}
    assert_refused(code, lambda: later.call("SendFile", **asked))
    assert later.call("DescribeSendFileResults")["TotalCount"] == 0


def test_a_file_takes_a_short_timeout_a_long_name_and_a_short_mode(later: Region, one: Instance) -> None:
    later.call(
        "SendFile", Name="n" * 255, TargetDir="/tmp", Content="x", InstanceId=[one.id], Timeout=1, FileMode="644"
    )
    later.clock.advance("5s")
    (shown,) = later.call("DescribeSendFileResults")["Invocations"]["Invocation"]
    assert shown["InvocationStatus"] == "Success"
