"""Cloud Assistant: what becomes of a run, and what is shown of it. Manual 2.1 and 2.3."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from typing import Any

import pytest

from faultzone import ApiError, Region, assert_refused

clause, needs = pytest.mark.clause, pytest.mark.needs

UNKNOWN = "t-" + "0" * 32
WINDOWS = "win2016_64_dtc_1607_en-us_40G_alibase_20181220.vhd"


@clause("assistant/as-administrator")
def test_commands_run_as_root(region: Region) -> None:
    (instance,) = region.run_instances()
    assert region.run_command("whoami", on=instance).output(instance).strip() == "root"


@clause("assistant/working-dir")
def test_commands_run_in_their_directory(region: Region) -> None:
    (instance,) = region.run_instances()
    assert region.run_command("pwd", on=instance).output(instance).strip() == "/root"
    assert region.run_command("pwd", on=instance, working_dir="/tmp").output(instance).strip() == "/tmp"


@clause("assistant/working-dir-exists")
def test_a_command_does_not_run_where_its_directory_is_missing(region: Region) -> None:
    (instance,) = region.run_instances()
    ran = region.run_command("echo ran", on=instance, working_dir="/no-such-directory")
    shown = ran.result(instance)
    assert (shown["InvokeRecordStatus"], ran.output(instance).strip()) == ("Failed", "")


@clause("assistant/working-dir-error")
def test_the_record_says_that_the_directory_is_missing(region: Region) -> None:
    (instance,) = region.run_instances()
    shown = region.run_command("echo ran", on=instance, working_dir="/no-such-directory").result(instance)
    assert (shown["InvocationStatus"], shown["ErrorCode"]) == ("Invalid", "DirectoryNotExists")


@clause("assistant/host-name-by-command")
@needs("guest")
def test_a_command_changes_the_host_name(region: Region) -> None:
    (instance,) = region.run_instances()
    assert region.run_command("hostname renamed", on=instance).result(instance)["ExitCode"] == 0
    assert region.run_command("hostname", on=instance).output(instance) == "renamed\n"


@clause("assistant/record-running", "assistant/record-finished")
def test_a_record_is_running_then_finished(region: Region) -> None:
    (instance,) = region.run_instances()
    ran = region.run_command("sleep 6", on=instance, wait=False)
    assert ran.result(instance)["InvokeRecordStatus"] == "Running"
    ran.wait("2m")
    assert ran.result(instance)["InvokeRecordStatus"] == "Finished"


@clause("assistant/finished-is-not-success")
def test_a_command_that_ends_badly_is_finished(region: Region) -> None:
    (instance,) = region.run_instances()
    ran = region.run_command("echo broken; exit 7", on=instance)
    shown = ran.result(instance)
    assert (shown["InvokeRecordStatus"], shown["ExitCode"], ran.output(instance)) == ("Finished", 7, "broken\n")


@clause("assistant/timeout", "assistant/record-failed")
def test_a_run_that_outlasts_its_timeout_is_failed(region: Region) -> None:
    (instance,) = region.run_instances()
    ran = region.run_command("echo begun; sleep 60; echo late", on=instance, timeout=5, wait=False)
    region.wait(lambda: "begun" in ran.output(instance) or ran.status != "Running", "1m", what="begun")
    ran.wait("2m")
    assert ran.result(instance)["InvokeRecordStatus"] == "Failed"
    assert "late" not in ran.output(instance)


def killed_after(region: Region, seconds: int, **options: Any) -> None:
    """A long run is killed so late, and its FinishedTime follows from that."""
    (instance,) = region.run_instances()
    begun = region.clock.now.replace(tzinfo=None)
    ran = region.run_command("sleep 2h", on=instance, wait=False, **options)
    region.clock.advance(seconds - 5)
    assert ran.status == "Running"
    region.clock.advance("3m")
    shown = ran.result(instance)
    assert shown["InvokeRecordStatus"] == "Failed"
    took = datetime.fromisoformat(shown["FinishedTime"].rstrip("Z")) - begun
    assert seconds - 1 <= took.total_seconds() <= seconds + 60


@clause("assistant/timeout")
@needs("guest-time", "move-time")
@pytest.mark.parametrize("seconds", [100, 3000])
def test_a_run_ends_after_the_timeout_of_its_command(region: Region, seconds: int) -> None:
    killed_after(region, seconds, timeout=seconds)


@clause("assistant/timeout-default")
@needs("guest-time", "move-time")
def test_the_timeout_is_an_hour_by_default(region: Region) -> None:
    killed_after(region, 3600)


@clause("assistant/timeout-default-2020")
@needs("guest-time", "move-time")
def test_later_the_timeout_is_a_minute_by_default(region: Region) -> None:
    killed_after(region, 60)


@clause("assistant/output-base64")
def test_output_decodes_to_what_was_written(region: Region) -> None:
    (instance,) = region.run_instances()
    ran = region.run_command("printf '汉字 \\t%s\\n' done", on=instance)
    assert ran.output(instance) == "汉字 \tdone\n"
    assert region.run_command("true", on=instance).result(instance)["Output"] == ""


def _numbers(most: int) -> str:
    """What `seq` writes."""
    return "".join(f"{number}\n" for number in range(1, most + 1))


@clause("assistant/output-kept")
def test_of_long_output_one_end_is_kept(region: Region) -> None:
    """Or all of it."""
    (instance,) = region.run_instances()
    written = 2 * _numbers(30_000)
    kept = region.run_command("seq 30000; sleep 2; seq 30000", on=instance).output(instance)
    assert kept
    assert written.startswith(kept) or written.endswith(kept)


@clause("assistant/output-cap")
@needs("shape-region")
def test_long_output_is_cut(region: Region) -> None:
    (instance,) = region.run_instances()
    ran = region.run_command("seq 20000", on=instance)
    assert len(ran.output(instance)) == 24576
    assert ran.result(instance)["Dropped"] == len(_numbers(20_000)) - 24576


@clause("assistant/describe-invocations")
def test_invocations_are_listed_and_filtered(region: Region) -> None:
    one, two = region.run_instances(2)
    first = region.run_command("echo 1", on=one)
    second = region.run_command("echo 2", on=[one, two])

    def ids(**filters: object) -> set[str]:
        shown = region.call("DescribeInvocations", **{"Timed": False, **filters})["Invocations"]["Invocation"]
        return {each["InvokeId"] for each in shown}

    made = {first.id, second.id}
    assert made <= ids()  # An endpoint may show what others have run before.
    assert ids(InvokeId=first.id) == {first.id}
    assert ids(CommandId=second.command_id) == {second.id}
    assert ids(InstanceId=two.id) == {second.id}
    assert not made & ids(Timed=True)
    assert made <= ids(CommandName="faultzone", CommandType="RunShellScript", InvokeStatus="Finished")
    for other in ({"CommandName": "another"}, {"CommandType": "RunBatScript"}, {"InvokeStatus": "Failed"}):
        assert not made & ids(**other)
    assert region.call("DescribeInvocations", PageSize=50)["PageSize"] == 50
    assert_refused("InvalidParam.PageSize", lambda: region.call("DescribeInvocations", PageSize=51))
    shown = second.describe()
    assert (shown["CommandId"], shown["CommandType"], shown["Timed"]) == (second.command_id, "RunShellScript", False)
    assert set(second.states) == {one.id, two.id}


@clause("assistant/describe-invocations")
def test_the_pages_of_invocations_name_each_once(region: Region) -> None:
    (instance,) = region.run_instances()
    made = {region.run_command("echo 1", on=instance).id for _ in range(3)}
    seen: list[str] = []
    for number in (1, 2, 3):
        asked = {"InstanceId": instance.id, "Timed": False, "PageNumber": number, "PageSize": 2}
        answer = region.call("DescribeInvocations", **asked)
        assert (answer["TotalCount"], answer["PageNumber"], answer["PageSize"]) == (3, number, 2)
        seen += [each["InvokeId"] for each in answer["Invocations"]["Invocation"]]
    assert (len(seen), set(seen)) == (3, made)


@clause("assistant/describe-results")
def test_the_pages_of_results_name_each_once(region: Region) -> None:
    made = region.run_instances(3)
    ran = region.run_command("echo 1", on=made)
    seen: list[str] = []
    for number in (1, 2, 3):
        asked = {"InvokeId": ran.id, "PageNumber": number, "PageSize": 2}
        answer = region.call("DescribeInvocationResults", **asked)["Invocation"]
        assert (answer["TotalCount"], answer["PageNumber"], answer["PageSize"]) == (3, number, 2)
        seen += [each["InstanceId"] for each in answer["InvocationResults"]["InvocationResult"]]
    assert (len(seen), set(seen)) == (3, {each.id for each in made})


@clause("assistant/describe-results")
def test_results_are_filtered_by_command_and_state(region: Region) -> None:
    one, two = region.run_instances(2)
    ran = region.run_command("echo 1", on=[one, two])
    other = region.run_command("sleep 60", on=one, wait=False)

    def shown(**filters: object) -> set[tuple[str, str]]:
        answer = region.call("DescribeInvocationResults", InstanceId=one.id, **filters)["Invocation"]
        return {(each["InvokeId"], each["InstanceId"]) for each in answer["InvocationResults"]["InvocationResult"]}

    assert shown() == {(ran.id, one.id), (other.id, one.id)}
    assert shown(CommandId=ran.command_id) == {(ran.id, one.id)}
    assert shown(InvokeRecordStatus="Finished") == {(ran.id, one.id)}
    assert shown(InvokeRecordStatus="Running", CommandId=other.command_id) == {(other.id, one.id)}
    assert shown(InvokeRecordStatus="Failed") == set()


@clause("assistant/describe-results")
def test_results_are_listed_and_filtered(region: Region) -> None:
    one, two = region.run_instances(2)
    ran = region.run_command("hostname", on=[one, two])
    region.run_command("echo other", on=one)
    shown = ran.results()
    assert {(each["InvokeId"], each["InstanceId"]) for each in shown} == {(ran.id, one.id), (ran.id, two.id)}
    for instance in (one, two):
        found = ran.results(instance)
        assert [each["InstanceId"] for each in found] == [instance.id]
        result = found[0]
        assert (result["InvokeRecordStatus"], result["ExitCode"]) == ("Finished", 0)
        assert result["FinishedTime"]
        assert ran.output(instance).strip() == instance.describe()["HostName"]
    region.call("DescribeInvocationResults", InvokeId=ran.id, PageSize=20)
    for_51 = assert_refused(
        "InvalidParam.PageSize", lambda: region.call("DescribeInvocationResults", InvokeId=ran.id, PageSize=51)
    )
    assert for_51.status == 403


@clause("assistant/stop", "assistant/record-stopped", "invocation-status/monotone")
def test_stop_settles_a_run_for_good(region: Region) -> None:
    (instance,) = region.run_instances()
    ran = region.run_command("echo begun; sleep 60; echo late", on=instance, wait=False)
    region.wait(lambda: "begun" in ran.output(instance), "1m", what="begun")
    ran.stop()
    shown = ran.result(instance)
    assert shown["InvokeRecordStatus"] == "Stopped"
    during = "90s" if region.supports("move-time") else "5s"
    region.hold(lambda: ran.result(instance) == shown, during, what="the record")


@clause("assistant/stop")
def test_stop_of_a_subset_leaves_the_others(region: Region) -> None:
    one, two = region.run_instances(2)
    ran = region.run_command("sleep 8", on=[one, two], wait=False).stop(one)
    assert ran.states == {one.id: "Stopped", two.id: "Running"}
    assert ran.wait("2m").states == {one.id: "Stopped", two.id: "Finished"}


@clause("assistant/stop")
@needs("move-time")
def test_a_stopped_timed_invocation_runs_no_more(region: Region) -> None:
    (instance,) = region.run_instances()
    ran = region.run_command("echo 1", on=instance, frequency="*/10 * * * * *", timeout=10)
    region.clock.advance("1m")
    ran.stop()
    before = ran.results()
    assert before
    region.clock.advance("10m")
    assert ran.results() == before


@clause("assistant/stop-unknown")
def test_an_unknown_invocation_cannot_be_stopped(region: Region) -> None:
    assert_refused("MissingParameter.InvokeId", lambda: region.call("StopInvocation"))
    assert_refused("InvalidInvokeId.NotFound", lambda: region.commands.invocation(UNKNOWN).stop())


@clause("assistant/stop-settled", "invocation-status/monotone")
def test_a_settled_invocation_stays_as_it_is(region: Region) -> None:
    (instance,) = region.run_instances()
    ran = region.run_command("echo done", on=instance)
    before = ran.result(instance)
    with suppress(ApiError):  # It may be refused or accepted.
        ran.stop()
    assert (ran.result(instance), ran.status) == (before, "Finished")


@clause("assistant/run-interrupted", "assistant/record-failed")
@pytest.mark.parametrize("how", ["stop", "reboot", "delete", "inside"])
def test_a_run_ends_with_its_instance(region: Region, how: str) -> None:
    """Failed, or without a record where the instance was lost."""
    (instance,) = region.run_instances()
    script = "echo begun; sleep 3; reboot; sleep 600" if how == "inside" else "echo begun; sleep 600"
    ran = region.run_command(script, on=instance, timeout=60, wait=False)
    region.wait(lambda: "begun" in ran.output(instance), "1m", what="begun")
    if how != "inside":
        getattr(instance, how)()
    ran.wait("5m")
    assert {each["InvokeRecordStatus"] for each in ran.results()} <= {"Failed"}
    if how == "inside":
        assert instance.status == "Running"


@clause("assistant/run-interrupted", "assistant/instances-independent")
@needs("guest-time", "see-hosts", "break-hosts")
@pytest.mark.parametrize("reversible", [True, False])
def test_a_run_ends_with_its_host_and_no_other_does(region: Region, reversible: bool) -> None:
    """Failed within the timeout while the host is down, or without a record; what comes later changes nothing."""
    deployment_set = region.create_deployment_set("apart")
    lost, other = region.run_instances(2, deployment_set=deployment_set)
    ran = region.run_command("echo begun; sleep 600", on=[lost, other], timeout=900, wait=False)
    region.wait(lambda: all("begun" in ran.output(each) for each in (lost, other)), "1m", what="begun")
    with region.chaos.crash(str(lost.host), reversible=reversible):
        ran.wait("20m", besides=[other.id])
        assert {each["InvokeRecordStatus"] for each in ran.results(lost)} <= {"Failed"}
        assert ran.wait("20m").states[other.id] == "Finished"
    before = ran.results(lost)
    region.hold(lambda: ran.results(lost) == before, "30s", what="the record")


@clause("assistant/as-windows-administrator", "assistant/windows-agent-directory")
@needs("windows")
def test_commands_run_as_administrator_on_windows(region: Region) -> None:
    (instance,) = region.run_instances(ImageId=WINDOWS)
    ran = region.run_command("whoami", on=instance, type="RunBatScript")
    assert ran.output(instance).strip().lower().endswith("\\administrator")
    directory = region.run_command("cd", on=instance, type="RunBatScript").output(instance).strip()
    assert directory.lower().startswith("c:\\programdata\\aliyun\\assist\\")
