from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from functools import partial

import pytest

from faultzone import (
    ApiError,
    Instance,
    Region,
    assert_invocation,
    assert_refused,
    failed,
    finished,
    make_region,
    stopped,
)
from faultzone.backends.local import LocalBackend
from faultzone.clock import SECOND, read_stamp
from faultzone.editions import load
from faultzone.model.assistant.invocation_status import Decision
from faultzone.model.core.effects import AgentSeen, GuestRebooted, Halted, Report, RunEnded, RunOutput, RunStarted
from faultzone.model.rules import Rules
from faultzone.region import Region as Handle

CONTENT = base64.b64encode(b"echo 1").decode()


@pytest.fixture
def region() -> Region:
    return make_region(seed=4)


@pytest.fixture
def instance(region: Region) -> Instance:
    return region.run_instances()[0]


def create(region: Region, **given: object) -> str:
    asked = {"Name": "n", "Type": "RunShellScript", "CommandContent": CONTENT, **given}
    return str(region.call("CreateCommand", **asked)["CommandId"])


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"CommandContent": ""}, "MissingParameter.CommandContent"),
        ({"CommandContent": "echo 1"}, "Invalid.CommandContent"),
        ({"CommandContent": "ZWNobw"}, "Invalid.CommandContent"),
        ({"CommandContent": "ZWNo\nbyAx"}, "Invalid.CommandContent"),
        ({"CommandContent": "é" * 4}, "Invalid.CommandContent"),
        ({"CommandContent": "A" * 16388}, "CmdContent.ExceedLimit"),
        ({"Type": "runshellscript"}, "InvalidCmdType.NotFound"),
        ({"Timeout": 0}, "InvalidParameter"),
        ({"Timeout": "soon"}, "InvalidParameter"),
        ({"Name": "n" * 31, "CommandContent": "?"}, "CmdName.ExceedLimit"),
        ({"ContentEncoding": "PlainText"}, "UnsupportedParameter"),
        ({"Name": "a\0b"}, "InvalidParameter"),
    ],
)
def test_create_refuses(region: Region, given: dict[str, object], code: str) -> None:
    assert_refused(code, lambda: create(region, **given))
    assert region.call("DescribeCommands")["TotalCount"] == 0


@pytest.mark.parametrize("script", [b"echo \0", b"echo a\r\necho b\r\n", ("echo " + "汉" * 4000).encode(), b"\xff\xfe"])
def test_any_bytes_make_a_script(region: Region, instance: Instance, script: bytes) -> None:
    ran = region.run_command(script, on=instance)
    assert ran.states == {instance.id: "Finished"}
    shown = region.call("DescribeCommands", CommandId=ran.command_id)["Commands"]["Command"][0]
    assert base64.b64decode(shown["CommandContent"]) == script


@pytest.mark.parametrize("page", [0, -1, 21, 51])
def test_results_refuse_pages(region: Region, page: int) -> None:
    assert_refused("InvalidParam.PageSize", lambda: region.call("DescribeInvocationResults", PageSize=page))
    assert_refused("InvalidParam.pageNumber", lambda: region.call("DescribeInvocationResults", PageNumber=0))


@pytest.mark.parametrize(
    "frequency",
    [
        "",
        "61 * * * * *",
        "0 60 * * * *",
        "0 0 24 * * *",
        "0 0 0 31 2 *",
        "0 0 0 ? * ?",
        "0 */20 * * *",
        "*/9 * * * * *",
        "0,5 * * * * *",
        "0 0 0 1 1 ? 1969",
        "0 0 0 1 1 ? 2018",
        "0 0 0 1 3 ? 2018-2019",
        "* * * * * * * *",
        "rate(60s)",
        "0 0 0 * * MON-",
        "9" * 1000,
    ],
)
def test_invoke_refuses_a_frequency(region: Region, instance: Instance, frequency: str) -> None:
    code = "InvalidParam.Frequency" if frequency else "MissingParameter.Frequency"
    assert_refused(code, lambda: region.run_command("true", on=instance, frequency=frequency))
    assert region.call("DescribeInvocations")["TotalCount"] == 0


@pytest.mark.parametrize(
    ("frequency", "runs"), [("0 0 * * * ?", 24), ("0 0 0 ? * 6 2019", 1), ("0 0 12 L * ? 2020", 0)]
)
def test_firings_of_a_day(region: Region, instance: Instance, frequency: str, runs: int) -> None:
    """It is Friday, 8 o'clock, in the time of cron expressions; 6 is Friday, and the next midnight is Saturday's."""
    ran = region.run_command("true", on=instance, frequency=frequency)
    region.clock.advance("7d" if runs == 1 else "1d")
    assert len(ran.results()) == runs


def test_sixty_days_bring_no_drift(region: Region, instance: Instance) -> None:
    ran = region.run_command("sleep 7", on=instance, frequency="0 30 4 * * *")
    region.clock.advance("60d")
    assert [each["FinishedTime"][11:] for each in ran.results()] == ["20:30:07"] * 60


def test_twenty_one_targets_are_too_many(region: Region) -> None:
    instances = [region.instance(f"i-{number}") for number in range(21)]
    assert_refused("InstanceIds.ExceedLimit", lambda: region.run_command("true", on=instances))


def test_an_agentless_target_is_refused(region: Region) -> None:
    (bare,) = region.run_instances(ImageId="m-bp1custom00000000001")
    assert_refused("InvalidInstance.NoClient", lambda: region.run_command("true", on=bare))
    assert region.call("DescribeInvocations")["TotalCount"] == 0


def test_an_instance_of_another_account_does_not_exist() -> None:
    region = make_region(accounts=2)
    (other,) = region.as_account(1).run_instances()
    assert_refused("InvalidInstance.NotFound", lambda: region.run_command("true", on=other))


def test_the_quota_counts_days_of_utc_plus_8(region: Region, instance: Instance) -> None:
    """It is 8 o'clock there: the quota begins anew 16 hours on."""
    command = create(region)

    def invoke() -> None:
        region.call("InvokeCommand", CommandId=command, InstanceId=[instance.id])

    for _ in range(100):
        invoke()
    region.clock.advance("15h59m")
    assert_refused("Invocation.ExceedQuota", invoke)
    region.clock.advance("1m")
    invoke()


def test_a_refused_invocation_does_not_count(region: Region, instance: Instance) -> None:
    tight = make_region(edition=load().changed({"assistant.invocations_per_day": 1}))
    (one,) = tight.run_instances()
    assert_refused("InvalidInstance.NotFound", lambda: tight.run_command("true", on=[one, instance]))
    tight.run_command("true", on=one)
    assert_refused("Invocation.ExceedQuota", lambda: tight.run_command("true", on=one))


def test_stop_refuses_a_stranger(region: Region, instance: Instance) -> None:
    ran = region.run_command("sleep 9", on=instance, wait=False)
    assert_refused("InvalidParameter", lambda: ran.stop(region.instance("i-stranger")))
    assert ran.status == "Running"


def test_modify_changes_content_and_nothing_where_it_is_refused(region: Region) -> None:
    command = create(region)

    def shown() -> tuple[str, str]:
        found = region.call("DescribeCommands", CommandId=command)["Commands"]["Command"][0]
        return found["CommandContent"], found["Name"]

    for asked, code in (
        ({"CommandContent": "!", "Name": "m"}, "Invalid.CommandContent"),
        ({"CommandContent": "A" * 16_388, "Name": "m"}, "CmdContent.ExceedLimit"),
        ({"CommandContent": "bm8=", "Name": "m" * 31}, "CmdName.ExceedLimit"),
        ({"CommandContent": "bm8=", "Type": "RunBatScript"}, "InvalidParameter"),
        ({"CommandContent": "bm8=", "Timeout": 9}, "UnsupportedParameter"),
    ):
        assert_refused(code, partial(region.call, "ModifyCommand", CommandId=command, **asked))
        assert shown() == (CONTENT, "n")
    region.call("ModifyCommand", CommandId=command, CommandContent="bm8=", Type="RunShellScript")
    assert shown() == ("bm8=", "n")


def test_an_agent_is_told_to_be_there_while_it_can_be_reached(region: Region, instance: Instance) -> None:
    def told() -> str:
        answer = region.call("DescribeCloudAssistantStatus", InstanceId=[instance.id])
        (shown,) = answer["InstanceCloudAssistantStatusSet"]["InstanceCloudAssistantStatus"]
        return str(shown["CloudAssistantStatus"])

    seen = [told()]
    instance.stop()
    seen.append(told())
    instance.start()
    region.clock.advance("1m")
    seen.append(told())
    region.commands.log_in(instance, "systemctl stop agentwatch")
    seen.append(told())
    region.commands.log_in(instance, "systemctl start agentwatch")
    region.clock.advance("1m")
    seen.append(told())
    region.chaos.crash(str(instance.host))
    region.clock.advance("2m")
    seen.append(told())
    assert seen == ["true", "false", "true", "false", "true", "false"]


def test_a_megabyte_of_output_is_cut_to_what_the_agent_kept(region: Region, instance: Instance) -> None:
    region.guest("talk", output="汉" * 400_000)
    shown = region.run_command("talk", on=instance).result(instance)
    assert base64.b64decode(shown["Output"]) == ("汉" * 400_000).encode()[:61440]


def test_output_grows(region: Region, instance: Instance) -> None:
    ran = region.run_command("echo a; sleep 5; echo b; sleep 5; echo c", on=instance, wait=False)
    seen = []
    for _ in range(3):
        region.clock.advance("4s")
        seen.append(ran.output(instance))
    assert seen == ["a\n", "a\nb\n", "a\nb\nc\n"]


def test_a_hung_agent_costs_a_minute(region: Region, instance: Instance) -> None:
    region.control("set-agent", instance=instance.id, state="hung")
    ran = region.run_command("true", on=instance, wait=False)
    region.clock.advance("59s")
    assert ran.status == "Running"
    region.clock.advance("1s")
    assert_invocation(ran, "Failed")
    region.control("set-agent", instance=instance.id, state="running")
    region.clock.advance("1m")
    assert region.commands.ran_on(instance) == []


def test_a_run_on_a_dead_host_is_failed_in_time(region: Region, instance: Instance) -> None:
    ran = region.run_command("sleep 60", on=instance, timeout=30, wait=False)
    region.clock.advance("5s")
    host = instance.host
    assert host is not None
    with region.chaos.crash(host):
        region.clock.advance("90s")
        assert_invocation(ran, "Failed")


def test_a_reboot_from_inside_is_no_call(region: Region, instance: Instance) -> None:
    ran = region.run_command("reboot; sleep 600", on=instance)
    assert_invocation(ran, "Failed")
    assert region.journal.of("report", report="GuestRebooted", instance=instance.id)
    assert not region.journal.of("call", action="RebootInstance")
    assert instance.status == "Running"
    region.clock.advance("5s")
    assert region.run_command("echo back", on=instance).output(instance) == "back\n"


def test_a_shutdown_from_inside_stops_the_instance(region: Region, instance: Instance) -> None:
    assert_invocation(region.run_command("shutdown -h now", on=instance), "Finished")
    instance.wait_until("Stopped", "10s")
    assert not region.journal.of("call", action="StopInstance")


def _delayed(delays: dict[type, Sequence[float]]) -> Region:
    backend = LocalBackend(delays=lambda report: delays.get(type(report), (0,)))
    return Handle(backend, "cn-hangzhou", defaults=make_region().defaults)


@pytest.mark.parametrize(
    "delays",
    [
        {RunEnded: (0, 0, 5)},
        {RunStarted: (3, 0)},
        {RunStarted: ()},
        {RunEnded: (1,), RunStarted: (9,)},
    ],
    ids=["doubled", "late-start", "lost-start", "reordered"],
)
def test_reports_may_come_late_doubled_or_not_at_all(delays: dict[type[Report], Sequence[float]]) -> None:
    region = _delayed(dict(delays))
    (instance,) = region.run_instances()
    ran = region.run_command("echo 1; exit 4", on=instance)
    before = ran.result(instance)
    region.clock.advance("30s")
    assert ran.result(instance) == before
    assert (before["InvokeRecordStatus"], before["ExitCode"], ran.output(instance)) == ("Finished", 4, "1\n")


def test_a_run_begins_once() -> None:
    region = _delayed({RunStarted: (0, 5)})
    (instance,) = region.run_instances()
    region.run_command("sleep 10", on=instance)
    assert len(region.journal.of("report", report="RunStarted")) == 1
    assert len(region.journal.of("stale", report="RunStarted")) == 1


@pytest.mark.parametrize("report", [AgentSeen, Halted, GuestRebooted])
def test_what_is_heard_of_an_earlier_boot_is_stale(report: type[Report]) -> None:
    region = _delayed({report: (0, 600)})
    (instance,) = region.run_instances()
    region.commands.log_in(instance, "reboot")
    region.clock.advance("1m")
    instance.reboot()
    running = region.run_command("sleep 1h", on=instance, wait=False)
    region.clock.advance("12m")
    assert region.journal.of("stale", report=report.__name__)
    assert (instance.status, running.status) == ("Running", "Running")


def test_an_output_that_was_overtaken_takes_nothing_back() -> None:
    late = iter((9, 0))
    backend = LocalBackend(
        edition="2020-12", delays=lambda report: (next(late) if isinstance(report, RunOutput) else 0,)
    )
    region = Handle(backend, "cn-hangzhou", defaults=make_region().defaults)
    (instance,) = region.run_instances()
    region.guest("talk", output="x" * 30_000)
    ran = region.run_command("talk\nsleep 1\ntalk\nsleep 60", on=instance, wait=False)
    for _ in range(2):
        region.clock.advance("8s")
        assert (len(ran.output(instance)), ran.result(instance)["Dropped"]) == (24_576, 60_000 - 24_576)


def test_a_lost_end_is_made_up_for_by_the_timeout() -> None:
    region = _delayed({RunEnded: ()})
    (instance,) = region.run_instances()
    ran = region.run_command("echo 1", on=instance, timeout=20, wait=False)
    region.clock.advance("81s")
    assert_invocation(ran, "Failed")
    assert read_stamp(ran.result(instance)["FinishedTime"].replace(" ", "T") + "Z") < region.clock.ms - 50 * SECOND


def test_the_oldest_records_go_first() -> None:
    region = make_region(edition=load().changed({"assistant.records": 3}))
    (instance,) = region.run_instances()
    ran = [region.run_command(f"echo {number}", on=instance) for number in range(5)]
    assert region.call("DescribeInvocationResults")["Invocation"]["TotalCount"] == 3
    assert region.call("DescribeInvocations")["TotalCount"] == 3
    assert ran[4].output(instance) == "4\n"
    with pytest.raises(LookupError, match=ran[0].id):
        ran[0].describe()


def test_a_wrong_total_is_explained() -> None:
    class Optimist(Rules):
        def one_time_total(self, states: Iterable[str]) -> Decision:
            return super().one_time_total({"Finished"})

    wrong = make_region(rules=Optimist)
    one, two = wrong.run_instances(2)
    ran = wrong.run_command("x", on=[one, two], outcomes={one.id: failed(), two.id: stopped()})
    with pytest.raises(AssertionError) as said:
        assert_invocation(ran, "PartialFailed")
    text = str(said.value)
    assert f"{ran.id} is Finished, not PartialFailed" in text
    assert f"{one.id}: Failed" in text
    assert "some Failed, the others Stopped -> PartialFailed (invocation-status/failed-and-stopped)" in text


def test_outcomes_are_for_one_command_alone(region: Region, instance: Instance) -> None:
    first = region.run_command("deploy", on=instance, outcomes={instance.id: finished(exit_code=3, output="x")})
    again = region.run_command("deploy", on=instance)
    assert (first.result(instance)["ExitCode"], again.result(instance)["ExitCode"]) == (3, 127)


@pytest.fixture
def later() -> Region:
    return make_region(edition="2020-12")


def test_run_command_is_of_the_later_edition(region: Region, later: Region, instance: Instance) -> None:
    given = {"Type": "RunShellScript", "CommandContent": "echo 1", "InstanceId": [instance.id]}
    refusal = assert_refused("InvalidAction", lambda: region.call("RunCommand", **given))
    assert refusal.message == (
        "The specified action RunCommand is not valid. It is there from edition 2020-12 on; this region is of 2019-02."
    )
    (one,) = later.run_instances()
    answer = later.call("RunCommand", **{**given, "InstanceId": [one.id]})
    assert later.commands.invocation(answer["InvokeId"]).wait("1m").output(one) == "1\n"
    assert later.call("DescribeCommands")["TotalCount"] == 0
    kept = later.call("RunCommand", **{**given, "InstanceId": [one.id], "KeepCommand": True})["CommandId"]
    assert [each["CommandId"] for each in later.call("DescribeCommands")["Commands"]["Command"]] == [kept]


def test_the_later_edition_refuses_the_wrong_system(later: Region) -> None:
    (one,) = later.run_instances()
    assert_refused("InvalidInstance.NotMatch", lambda: later.run_command("echo", on=one, type="RunBatScript"))


def test_the_later_edition_says_why(later: Region) -> None:
    (one,) = later.run_instances()
    later.control("set-agent", instance=one.id, state="upgrading")
    ran = later.run_command("true", on=one)
    (shown,) = ran.describe()["InvokeInstances"]["InvokeInstance"]
    assert (shown["InvocationStatus"], shown["ErrorCode"]) == ("Aborted", "ClientIsUpgrading")
    assert shown["ErrorInfo"] == "the aliyun service in the instance is upgrading now"
    assert assert_refused("InvalidInvokeId.NotFound", lambda: later.commands.invocation("t-0").stop()).status == 404


def test_an_edition_says_only_what_differs() -> None:
    earlier, later = load("2019-02"), load("2020-12")
    assert later.deployment_set.zone_limit == earlier.deployment_set.zone_limit
    assert (earlier.assistant.targets, later.assistant.targets) == (20, 50)
    assert later.assistant.content_characters == earlier.assistant.content_characters


def test_a_refusal_is_an_api_error(region: Region) -> None:
    with pytest.raises(ApiError) as refused:
        region.call("InvokeCommand", CommandId="c-0", InstanceId=["i-0"])
    assert (refused.value.code, refused.value.status) == ("InvalidCmdId.NotFound", 404)
