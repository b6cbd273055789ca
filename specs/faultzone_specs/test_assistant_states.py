"""Cloud Assistant: the states of today, of runs, of targets and of whole invocations, and what is kept of them."""

from __future__ import annotations

from typing import Any

import pytest

from faultzone import Instance, Invocation, Region, failed, finished, one, running

clause, needs = pytest.mark.clause, pytest.mark.needs
pytestmark = [pytest.mark.region(edition="2026-10"), needs("shape-region")]

#: What can become of a target, by a letter: its InvocationStatus, its older state, and its ErrorCode.
ENDS = {
    "P": ("Pending", "Running", ""),
    "R": ("Running", "Running", ""),
    "S": ("Success", "Finished", ""),
    "F": ("Failed", "Finished", "ExitCodeNonzero"),
    "T": ("Timeout", "Failed", "ExecutionTimeout"),
    "E": ("Error", "Failed", "ExecutionException"),
    "A": ("Aborted", "Failed", "DeliveryTimeout"),
    "I": ("Invalid", "Failed", "DirectoryNotExists"),
    "C": ("Cancelled", "Stopped", ""),
    "M": ("Terminated", "Stopped", ""),
}
#: How a script goes on its instance, where that alone decides.
OUTCOMES = {"S": finished(), "F": finished(exit_code=3), "E": failed()}
UNSUCCESSFUL, STOPPED = "FTEAI", "CM"


def brought_about(region: Region, letters: str) -> tuple[Invocation, list[Instance]]:
    """An invocation of which this has become of its targets; P stands beside no A and no T, R beside no T."""
    instances = region.run_instances(len(letters))
    with_directory = [each for each, letter in zip(instances, letters, strict=True) if letter != "I"]
    if with_directory:
        region.run_command("mkdir -p /srv/app", on=with_directory)
    for each, letter in zip(instances, letters, strict=True):
        if letter in "PA":
            region.control("set-agent", instance=each.id, state="hung")
    outcomes = {each: OUTCOMES.get(letter, running()) for each, letter in zip(instances, letters, strict=True)}
    ran = region.run_command("deploy", on=instances, outcomes=outcomes, timeout=600, working_dir="/srv/app", wait=False)
    called_off = [each for each, letter in zip(instances, letters, strict=True) if letter == "C"]
    if called_off:
        ran.stop(*called_off)
    region.clock.advance("5s")
    ended = [each for each, letter in zip(instances, letters, strict=True) if letter == "M"]
    if ended:
        ran.stop(*ended)
    if "T" in letters:
        region.clock.advance("11m")
    elif "A" in letters:
        region.clock.advance("61s")
    return ran, instances


def targets_of(ran: Invocation) -> list[dict[str, Any]]:
    shown: list[dict[str, Any]] = ran.describe()["InvokeInstances"]["InvokeInstance"]
    return shown


@clause("invocation-status/target-words", "invocation-status/error-codes")
@needs("guest", "move-time", "break-agents")
@pytest.mark.parametrize("letter", ENDS)
def test_a_target_reads_what_has_become_of_it(region: Region, letter: str) -> None:
    ran, (instance,) = brought_about(region, letter)
    words, older, code = ENDS[letter]
    target, result = one(targets_of(ran)), one(ran.results())
    assert (target["InstanceId"], result["InstanceId"]) == (instance.id, instance.id)
    assert (target["InvocationStatus"], result["InvocationStatus"]) == (words, words)
    assert (target["InstanceInvokeStatus"], result["InvokeRecordStatus"]) == (older, older)
    assert (target["ErrorCode"], result["ErrorCode"]) == (code, code)
    assert bool(target["ErrorInfo"]) is bool(result["ErrorInfo"]) is bool(code)
    assert target["Timed"] is False
    assert letter in "CP" or target["Repeats"] == 1
    assert bool(target["StopTime"]) is (letter in STOPPED)
    assert target.get("ExitCode") == {"S": 0, "F": 3}.get(letter)


def totals(letters: str) -> set[str]:
    """What an invocation may read with such targets, as the documentation words it."""
    under_way = {ENDS[each][0] for each in letters if each in "PR"}
    if under_way:
        return under_way
    well, badly, stopped = ({each for each in letters if each in kind} for kind in ("S", UNSUCCESSFUL, STOPPED))
    if well and badly:
        return {"PartialFailed"}
    if well:
        return {"Success", "PartialFailed"} if stopped else {"Success"}
    return {"Failed"} if badly else {"Stopped"}


@clause("invocation-status/total-words")
@needs("guest", "move-time", "break-agents")
@pytest.mark.parametrize(
    "letters",
    "SF ST SE SA SI SC SM FC TM EC AM IC CM FT EA AI SFC SAM PS PF PC PRF RS RF RC RA PM RFCS SS FF CC".split(),
)
def test_the_total_follows_from_its_targets(region: Region, letters: str) -> None:
    ran, instances = brought_about(region, letters)
    assert [each["InstanceId"] for each in targets_of(ran)] == [each.id for each in instances]
    assert [each["InvocationStatus"] for each in targets_of(ran)] == [ENDS[each][0] for each in letters]
    assert ran.describe()["InvocationStatus"] in totals(letters)


@clause("invocation-status/filter-by-later-words")
@needs("guest", "move-time", "break-agents")
def test_invocations_and_results_are_filtered_by_later_words(region: Region) -> None:
    made = {letters: brought_about(region, letters)[0].id for letters in ("S", "F", "C", "SF", "R", "P")}

    def listed(status: str) -> set[str]:
        answer = region.call("DescribeInvocations", InvokeStatus=status)
        found = {each["InvokeId"] for each in answer["Invocations"]["Invocation"]} & set(made.values())
        return {letters for letters, invoke_id in made.items() if invoke_id in found}

    def recorded(status: str, letters: str) -> int:
        answer = region.call("DescribeInvocationResults", InvokeId=made[letters], InvokeRecordStatus=status)
        return len(answer["Invocation"]["InvocationResults"]["InvocationResult"])

    assert [listed(each) for each in ("Success", "Pending", "Scheduled")] == [{"S"}, {"P"}, set()]
    assert [listed(each) for each in ("Stopped", "Stopping", "PartialFailed")] == [{"C"}, set(), set()]
    assert [recorded("Success", each) for each in ("S", "F", "C", "SF", "R")] == [1, 0, 0, 1, 0]
    assert [recorded(each, "SF") for each in ("Finished", "Failed", "PartialFailed")] == [2, 0, 0]


@clause("invocation-status/scheduled-target")
@needs("guest-time", "move-time", "break-agents")
def test_what_repeats_is_scheduled_between_its_runs(region: Region) -> None:
    (instance,) = region.run_instances()
    region.clock.advance(70 - region.clock.now.second)
    ran = region.run_command("sleep 20", on=instance, frequency="0 * * * * *", timeout=30)

    def reads() -> tuple[str, str, str]:
        target = one(targets_of(ran))
        return target["InvocationStatus"], ran.describe()["InvocationStatus"], target["InstanceInvokeStatus"]

    seen = [reads()]
    region.wait(lambda: reads()[0] == "Running", "2m", what="a run")
    seen.append(reads())
    region.clock.advance("30s")
    seen.append(reads())
    region.control("set-agent", instance=instance.id, state="hung")
    region.wait(lambda: reads()[0] == "Pending", "2m", what="a run that has not begun")
    seen.append(reads())
    assert seen == [(each, each, "Running") for each in ("Scheduled", "Running", "Scheduled", "Pending")]
    ran.stop()
    assert reads() == ("Terminated", "Stopped", "Stopped")


@clause("invocation-status/schedule-over")
@needs("move-time")
@pytest.mark.parametrize(("exit_code", "word"), [(0, "Success"), (4, "Failed")])
def test_what_no_longer_repeats_reads_as_its_last_run(region: Region, exit_code: int, word: str) -> None:
    (instance,) = region.run_instances()
    script = region.commands.create(f"exit {exit_code}")
    given = {"CommandId": script, "InstanceId": [instance.id], "RepeatMode": "EveryReboot"}
    ran = region.commands.invocation(region.call("InvokeCommand", **given)["InvokeId"])
    instance.reboot()
    region.wait(lambda: [each.get("ExitCode") for each in ran.results()] == [exit_code], "3m", what="its run")
    assert (one(targets_of(ran))["InvocationStatus"], ran.describe()["InvocationStatus"]) == ("Scheduled", "Scheduled")
    instance.delete()
    target = one(targets_of(ran))
    assert (target["InvocationStatus"], ran.describe()["InvocationStatus"]) == (word, word)
    assert (target["ExitCode"], target["Repeats"], target["InstanceInvokeStatus"]) == (exit_code, 1, "Running")


def ids_of(answer: dict[str, Any]) -> set[str]:
    return {each["InvokeId"] for each in answer["Invocations"]["Invocation"]}


@clause("assistant/timed-filter")
@needs("move-time")
def test_timed_false_also_finds_what_repeats_no_longer(region: Region) -> None:
    (instance,) = region.run_instances()
    once = region.run_command("true", on=instance).id
    stopped, goes_on = (region.run_command("true", on=instance, frequency="0 0 * * * *") for _ in range(2))
    stopped.stop()
    given = {"CommandId": region.commands.create("true"), "InstanceId": [instance.id], "RepeatMode": "NextRebootOnly"}
    waits = region.call("InvokeCommand", **given)["InvokeId"]
    assert ids_of(region.call("DescribeInvocations", Timed=True)) == {stopped.id, goes_on.id, waits}
    assert ids_of(region.call("DescribeInvocations", Timed=False)) == {once, stopped.id}
    instance.reboot()
    region.commands.invocation(waits).wait("3m")
    assert ids_of(region.call("DescribeInvocations", Timed=True)) == {stopped.id, goes_on.id, waits}
    assert ids_of(region.call("DescribeInvocations", Timed=False)) == {once, stopped.id, waits}


@clause("assistant/filters-beside-instance")
def test_some_filters_do_nothing_beside_an_instance(region: Region) -> None:
    here, there = region.run_instances(2)
    ran = region.run_command("true", on=here).id
    repeats = region.run_command("true", on=here, frequency="0 0 0 1 1 *").id
    elsewhere = region.run_command("true", on=there).id
    for given in ({}, {"CommandName": "another"}, {"RepeatMode": "Once"}, {"InvokeStatus": "PartialFailed"}):
        assert ids_of(region.call("DescribeInvocations", InstanceId=here.id, **given)) == {ran, repeats}, given
    assert ids_of(region.call("DescribeInvocations", InstanceId=here.id, InvokeStatus="Finished")) == {ran}
    assert ids_of(region.call("DescribeInvocations", RepeatMode="Once")) == {ran, elsewhere}
    assert ids_of(region.call("DescribeInvocations", RepeatMode="Period")) == {repeats}
    assert ids_of(region.call("DescribeInvocations", RepeatMode="EveryReboot")) == set()
    assert ids_of(region.call("DescribeInvocations", CommandName="another")) == set()
    assert ids_of(region.call("DescribeInvocations", InvokeStatus="PartialFailed")) == set()


@clause("assistant/retention")
@needs("move-time")
def test_invocations_are_kept_for_thirty_days(region: Region) -> None:
    (instance,) = region.run_instances()
    ran = region.run_command("true", on=instance).id
    region.clock.advance("29d")
    later = region.run_command("true", on=instance).id

    def kept() -> tuple[set[str], set[str]]:
        records = region.call("DescribeInvocationResults")["Invocation"]["InvocationResults"]["InvocationResult"]
        return ids_of(region.call("DescribeInvocations")), {each["InvokeId"] for each in records}

    assert kept() == ({ran, later}, {ran, later})
    region.clock.advance("25h")
    assert kept() == ({later}, {later})


@clause("invocation-status/stopping")
@needs("guest-time", "move-time")
@pytest.mark.parametrize("more", [{}, {"Frequency": "rate(2h)", "Timeout": 3600}], ids=["once", "repeated"])
def test_what_is_stopped_is_stopping_until_it_has_ended(region: Region, more: dict[str, object]) -> None:
    (instance,) = region.run_instances()
    asked = {"Type": "RunShellScript", "CommandContent": "echo begun; sleep 50m", "Timeout": 3600}
    asked |= {"InstanceId": [instance.id], "TerminationMode": "ProcessTree", **more}
    ran = region.commands.invocation(region.call("RunCommand", **asked)["InvokeId"])
    region.clock.advance("121m" if more else "1m")
    assert one(targets_of(ran))["InvocationStatus"] == "Running"
    ran.stop()
    shown, target, result = ran.describe(), one(targets_of(ran)), one(ran.results())
    assert shown["InvocationStatus"] == target["InvocationStatus"] == result["InvocationStatus"] == "Stopping"
    assert bool(result["FinishedTime"]) is False
    region.clock.advance("2m")
    shown, target, result = ran.describe(), one(targets_of(ran)), one(ran.results())
    assert shown["InvocationStatus"] == "Stopped"
    assert target["InvocationStatus"] == result["InvocationStatus"] == "Terminated"
    assert ran.written(result) == "begun\n"
