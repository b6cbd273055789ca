"""Invocation status: how the states of instances add up. Manual 2.1, tables 2-2 to 2-4."""

from __future__ import annotations

import pytest

from faultzone import Outcome, Region, assert_invocation, failed, finished, running, stopped

clause, needs = pytest.mark.clause, pytest.mark.needs

#: Every set of instance states, and its total. R Running, F Finished, X Failed, S Stopped.
TOTALS = {
    "R": "Running",
    "F": "Finished",
    "X": "Failed",
    "S": "Stopped",
    "RF": "Running",
    "RX": "Running",
    "RS": "Running",
    "FX": "PartialFailed",
    "FS": "Finished",
    "XS": "PartialFailed",
    "RFX": "Running",
    "RFS": "Running",
    "RXS": "Running",
    "FXS": "PartialFailed",
    "RFXS": "Running",
}
OUTCOMES = {"R": running(), "F": finished(), "X": failed(), "S": stopped()}
NAMES = {"R": "Running", "F": "Finished", "X": "Failed", "S": "Stopped"}


def scripted(region: Region, letters: str) -> dict[str, Outcome]:
    """An outcome for each of as many new instances."""
    return {each.id: OUTCOMES[letter] for each, letter in zip(region.run_instances(len(letters)), letters, strict=True)}


@clause("invocation-status/one-time", "invocation-status/instance-equals-record")
@needs("guest")
@pytest.mark.parametrize("letters", sorted(TOTALS.keys() - {"XS"}))  # Editions count those two otherwise.
def test_the_total_follows_from_the_set_of_states(region: Region, letters: str) -> None:
    """Two instances in the first state, so that how many there are plays no part."""
    outcomes = scripted(region, letters[0] + letters)
    ran = region.run_command("deploy", on=[region.instance(each) for each in outcomes], outcomes=outcomes)
    states = [NAMES[letter] for letter in letters[0] + letters]
    assert list(ran.states.values()) == states
    assert {each["InstanceId"]: each["InvokeRecordStatus"] for each in ran.results()} == ran.states
    assert_invocation(ran, TOTALS[letters])


@clause("invocation-status/failed-and-stopped")
@needs("guest")
def test_failed_and_stopped_is_partly_failed(region: Region) -> None:
    outcomes = scripted(region, "XS")
    ran = region.run_command("deploy", on=[region.instance(each) for each in outcomes], outcomes=outcomes)
    assert_invocation(ran, "PartialFailed")


@clause("invocation-status/failed-and-stopped-2020")
@needs("guest", "shape-region")
def test_failed_and_stopped_is_failed_from_2020(region: Region) -> None:
    outcomes = scripted(region, "XS")
    ran = region.run_command("deploy", on=[region.instance(each) for each in outcomes], outcomes=outcomes)
    assert_invocation(ran, "Failed", edition="2020-12")


@clause("invocation-status/detailed-status")
@needs("guest", "shape-region")
def test_detailed_states_tell_success_from_failure(region: Region) -> None:
    well, bad, broken, over = instances = region.run_instances(4)
    outcomes = {
        well.id: finished(),
        bad.id: finished(exit_code=3),
        broken.id: failed(),
        over.id: running(),
    }
    ran = region.run_command("deploy", on=instances, outcomes=outcomes, timeout=20).wait("3m")
    shown = ran.describe()
    states = {each["InstanceId"]: each["InvocationStatus"] for each in shown["InvokeInstances"]["InvokeInstance"]}
    assert states == {well.id: "Success", bad.id: "Failed", broken.id: "Error", over.id: "Timeout"}
    assert (shown["InvocationStatus"], shown["InvokeStatus"]) == ("PartialFailed", "PartialFailed")
    assert region.run_command("x", on=well, outcomes={well.id: stopped()}).describe()["InvocationStatus"] == "Stopped"


@clause("invocation-status/filter-by-total")
@needs("guest")
def test_invocations_are_filtered_by_their_total(region: Region) -> None:
    by_total: dict[str, set[str]] = {total: set() for total in TOTALS.values()}
    for letters in ("R", "F", "X", "S", "FX", "XS", "RF"):
        outcomes = scripted(region, letters)
        ran = region.run_command("deploy", on=[region.instance(each) for each in outcomes], outcomes=outcomes)
        by_total[ran.status].add(ran.id)
    for total, ids in by_total.items():
        shown = region.call("DescribeInvocations", InvokeStatus=total, Timed=False)["Invocations"]["Invocation"]
        assert {each["InvokeId"] for each in shown} == ids


@clause("invocation-status/timed-total", "invocation-status/timed-instance")
@needs("move-time")
def test_a_timed_invocation_runs_until_all_targets_are_stopped(region: Region) -> None:
    one, two = region.run_instances(2)
    ran = region.run_command("exit 1", on=[one, two], frequency="*/10 * * * * *", timeout=10)
    region.hold(lambda: ran.status == "Running" and set(ran.states.values()) == {"Running"}, "1m", what="Running")
    ran.stop(one)
    assert ran.states == {one.id: "Stopped", two.id: "Running"}
    assert_invocation(ran, "Running")
    ran.stop(two)
    assert ran.states == {one.id: "Stopped", two.id: "Stopped"}
    assert_invocation(ran, "Stopped")


@clause("invocation-status/timed-record")
@needs("guest-time", "move-time")
def test_each_run_of_a_timed_invocation_has_a_record(region: Region) -> None:
    (instance,) = region.run_instances()
    ran = region.run_command("sleep 30", on=instance, frequency="0 * * * * *", timeout=10)
    region.wait(lambda: [each["InvokeRecordStatus"] for each in ran.results()][:1] == ["Running"], "2m", what="a run")
    region.clock.advance("20s")
    assert ran.result(instance)["InvokeRecordStatus"] == "Failed"
    assert ran.states == {instance.id: "Running"}
    region.wait(lambda: ran.result(instance)["InvokeRecordStatus"] == "Running", "2m", what="the next run")


@clause("invocation-status/settles")
@needs("move-time", "break-hosts", "see-hosts", "guest-time")
def test_every_record_settles(region: Region) -> None:
    """Within the timeout and a minute, even if instance, host or agent is gone."""
    gone, dead, deaf = instances = region.run_instances(3)
    region.control("set-agent", instance=deaf.id, state="hung")
    ran = region.run_command("sleep 1h", on=instances, timeout=30, wait=False)
    region.clock.advance("5s")
    gone.delete()
    host = dead.host
    assert host is not None
    with region.chaos.crash(host, reversible=False):
        region.clock.advance("90s")
        assert {each["InvokeRecordStatus"] for each in ran.results()} <= {"Failed"}
        assert set(ran.states.values()) == {"Failed"}
        assert_invocation(ran, "Failed")
