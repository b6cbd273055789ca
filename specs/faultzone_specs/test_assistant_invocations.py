"""Cloud Assistant: invoking commands, once and on a schedule. Manual 2.1 and 2.3."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime

import pytest

from faultzone import ApiError, Instance, Region, assert_refused

clause, needs = pytest.mark.clause, pytest.mark.needs

UNKNOWN = "i-bp1nosuchinstance000"
NO_FREQUENCY = ["MissingParameter.Frequency", "MissingParam.Frequency"]


def invocations(region: Region) -> int:
    """How many invocations are listed, timed ones and others."""
    return sum(int(region.call("DescribeInvocations", Timed=timed)["TotalCount"]) for timed in (True, False))


def invoke(region: Region, command_id: str, *instances: Instance, **given: object) -> Callable[[], object]:
    """An InvokeCommand to be made."""
    ids = [each.id for each in instances]
    return lambda: region.call("InvokeCommand", CommandId=command_id, InstanceId=ids, **given)


def nothing_runs(region: Region, code: str | list[str], call: Callable[[], object]) -> None:
    """The call is refused, and no invocation is listed on account of it."""
    before = invocations(region)
    assert_refused(code, call)
    assert invocations(region) == before


@clause("assistant/invoke-is-asynchronous")
def test_invoke_answers_before_anything_has_run(region: Region) -> None:
    instances = region.run_instances(2)
    ran = region.run_command("sleep 6", on=instances, wait=False)
    assert re.fullmatch("t-[0-9a-f]{32}", ran.id)
    assert set(ran.states.values()) == {"Running"}
    assert set(ran.wait("2m").states.values()) == {"Finished"}


@clause("assistant/invoke-unknown")
def test_unknown_commands_and_instances_are_refused(region: Region) -> None:
    (instance,) = region.run_instances()
    command = region.commands.create("echo 1")
    nothing_runs(region, "InvalidCmdId.NotFound", invoke(region, "c-" + "0" * 32, instance))
    nothing_runs(region, "InvalidInstance.NotFound", invoke(region, command, instance, region.instance(UNKNOWN)))
    nothing_runs(region, "MissingParameter.CommandId", invoke(region, "", instance))
    nothing_runs(region, "MissingParameter.InstanceIds", invoke(region, command))


@clause("assistant/targets-limit")
@pytest.mark.region(zones=1, hosts_per_zone=8)
def test_twenty_targets_and_no_more_than_fifty(region: Region) -> None:
    instances = region.run_instances(51)
    command = region.commands.create("echo 1")
    invoke(region, command, *instances[:20])()
    nothing_runs(region, "InstanceIds.ExceedLimit", invoke(region, command, *instances))


@clause("assistant/targets-once")
def test_an_instance_named_twice_runs_once(region: Region) -> None:
    (instance,) = region.run_instances()
    ran = region.run_command("echo 1", on=[instance, instance])
    assert [each["InvokeRecordStatus"] for each in ran.results()] == ["Finished"]


@clause("assistant/running-only")
def test_a_target_that_does_not_run_is_refused(region: Region) -> None:
    (instance,) = region.run_instances()
    command = region.commands.create("echo 1")
    instance.stop(wait=False)
    nothing_runs(region, "InvalidInstanceStatus", invoke(region, command, instance))
    instance.wait_until("Stopped")
    nothing_runs(region, "InvalidInstanceStatus", invoke(region, command, instance))


@clause("assistant/all-or-nothing")
def test_one_unfit_target_refuses_the_call(region: Region) -> None:
    fit, unfit = region.run_instances(2)
    unfit.stop()
    command = region.commands.create("echo 1")
    nothing_runs(region, "InvalidInstanceStatus", invoke(region, command, fit, unfit))
    assert region.call("DescribeInvocationResults", InstanceId=fit.id)["Invocation"]["TotalCount"] == 0


@clause("assistant/instances-independent")
@needs("guest")
def test_targets_run_independently(region: Region) -> None:
    well, hung, lost = instances = region.run_instances(3)
    region.guest("serve", on=hung, hang=True)
    region.guest("serve", on=lost, hang=True)
    region.guest("serve", on=well, output="served\n", takes="5s")
    ran = region.run_command("serve", on=instances, timeout=20, wait=False)
    lost.delete()
    ran.wait("2m")
    assert ran.states == {well.id: "Finished", hung.id: "Failed", lost.id: "Failed"}
    assert ran.output(well) == "served\n"


@clause("assistant/invocation-quota")
@needs("move-time")
def test_a_hundred_invocations_a_day(region: Region) -> None:
    (instance,) = region.run_instances()
    again = invoke(region, region.commands.create("echo 1"), instance)
    for _ in range(100):
        again()
    nothing_runs(region, "Invocation.ExceedQuota", again)
    region.clock.advance("24h")
    again()


@clause("assistant/frequency-required")
def test_a_timed_invocation_needs_a_frequency(region: Region) -> None:
    """Timed comes as text and Frequency empty, as the published sample sends them."""
    (instance,) = region.run_instances()
    command = region.commands.create("echo 1")
    nothing_runs(region, NO_FREQUENCY, invoke(region, command, instance, Timed="true", Frequency=""))
    answer = region.call("InvokeCommand", CommandId=command, InstanceId=[instance.id], Timed="false", Frequency="")
    assert region.commands.invocation(answer["InvokeId"]).wait("2m").status == "Finished"


@clause("assistant/period-floor")
def test_ten_seconds_are_the_least_period(region: Region) -> None:
    (instance,) = region.run_instances()
    command = region.commands.create("echo 1", Timeout=5)
    for frequency in ("*/9 * * * * *", "* * * * * *", "0,9 * * * * *", "0,51 * * * * *"):
        nothing_runs(
            region, "InvalidParam.Frequency", invoke(region, command, instance, Timed=True, Frequency=frequency)
        )
    invoke(region, command, instance, Timed=True, Frequency="*/10 * * * * *")()


@clause("assistant/cron")
def test_malformed_expressions_are_refused(region: Region) -> None:
    (instance,) = region.run_instances()
    command = region.commands.create("echo 1")
    wrong = (
        "61 * * * * *",
        "0 0 24 * * *",
        "0 0 0 30 2 *",
        "0 0 0 1 13 *",
        "0 0 0 * * 8",
        "often",
        "0 0",
        "0 0 0 0 1 * *",
    )
    for frequency in wrong:
        nothing_runs(
            region, "InvalidParam.Frequency", invoke(region, command, instance, Timed=True, Frequency=frequency)
        )


@clause("assistant/cron")
@needs("move-time")
def test_every_twenty_minutes(region: Region) -> None:
    """The form with six fields does; that of the manual's sample, with five, may be refused."""
    (instance,) = region.run_instances()
    ran = region.run_command("echo 1", on=instance, frequency="0 */20 * * * *")
    region.clock.advance("2h")
    assert len(ran.results()) == 6
    try:
        sample = region.run_command("echo 1", on=instance, frequency="0 */20 * * *")
    except ApiError as refusal:
        assert refusal.code == "InvalidParam.Frequency"  # noqa: PT017 - either reading of the sample conforms
        return
    region.clock.advance("2h")
    assert len(sample.results()) == 6


@clause("assistant/cron-week-and-year")
@needs("move-time")
def test_weekdays_have_names(region: Region) -> None:
    (instance,) = region.run_instances()
    ran = region.run_command("echo 1", on=instance, frequency="0 0 12 ? * SUN")
    region.clock.advance("14d")
    assert len(ran.results()) == 2
    assert {_finished(each["FinishedTime"]).weekday() for each in ran.results()} == {6}


def _finished(text: str) -> datetime:
    return datetime.fromisoformat(text.rstrip("Z"))


@clause("assistant/cron-time-zone")
@needs("move-time")
def test_hours_are_those_of_utc_plus_8(region: Region) -> None:
    (instance,) = region.run_instances()
    ran = region.run_command("echo 1", on=instance, frequency="0 0 9 * * *")
    now = region.clock.now
    to_nine = ((9 - 8 - now.hour) * 3600 - now.minute * 60 - now.second) % 86400
    region.clock.advance(to_nine - 5)
    assert ran.results() == []
    region.clock.advance(15)
    assert len(ran.results()) == 1


@clause("assistant/timed-runs-repeat")
@needs("move-time")
def test_a_timed_invocation_repeats_whatever_became_of_a_run(region: Region) -> None:
    (instance,) = region.run_instances()
    ran = region.run_command("exit 3", on=instance, frequency="0 * * * * *")
    region.clock.advance("60m")
    assert len(ran.results()) == 60
    assert {each["ExitCode"] for each in ran.results()} == {3}


@clause("assistant/stop", "assistant/timed-runs-repeat")
@needs("move-time")
def test_a_target_that_is_stopped_gets_no_further_run_and_the_others_do(region: Region) -> None:
    one, two = region.run_instances(2)
    ran = region.run_command("echo 1", on=[one, two], frequency="*/30 * * * * *", timeout=20)
    region.wait(lambda: ran.results(one) and ran.results(two), "2m", what="a run on each")
    region.clock.advance("5s")
    ran.stop(one)
    before = [ran.results(each) for each in (one, two)]
    region.clock.advance("5m")
    assert ran.results(one) == before[0]
    assert ran.results(two) != before[1]


@clause("assistant/timed-overlap")
@needs("guest-time", "move-time")
def test_a_firing_during_a_run_is_left_out(region: Region) -> None:
    (instance,) = region.run_instances()
    ran = region.run_command("sleep 45", on=instance, frequency="*/20 * * * * *")
    region.clock.advance("10m")
    states = [each["InvokeRecordStatus"] for each in ran.results()]
    assert states.count("Running") <= 1
    assert 9 <= len(states) <= 11


@clause("assistant/timed-missed")
@needs("move-time")
def test_a_firing_on_a_stopped_instance_leaves_no_finished_record(region: Region) -> None:
    (instance,) = region.run_instances()
    ran = region.run_command("echo 1", on=instance, frequency="*/30 * * * * *", timeout=20)
    instance.stop()
    before = len([each for each in ran.results() if each["InvokeRecordStatus"] == "Finished"])
    region.clock.advance("5m")
    assert len([each for each in ran.results() if each["InvokeRecordStatus"] == "Finished"]) == before
    assert ran.status == "Running"
    instance.start()
    region.clock.advance("2m")
    assert len([each for each in ran.results() if each["InvokeRecordStatus"] == "Finished"]) > before
