"""Commands that run when an instance starts: RepeatMode NextRebootOnly and EveryReboot of edition 2020-12."""

from __future__ import annotations

import pytest

from faultzone import Instance, Invocation, Region, assert_invocation, assert_refused, make_region


@pytest.fixture
def region() -> Region:
    return make_region(edition="2020-12", seed=5)


@pytest.fixture
def pair(region: Region) -> list[Instance]:
    return region.run_instances(2)


def invoke(region: Region, on: list[Instance], mode: str, script: str = "echo 1") -> Invocation:
    asked = {"CommandId": region.commands.create(script), "InstanceId": [each.id for each in on], "RepeatMode": mode}
    return region.commands.invocation(region.call("InvokeCommand", **asked)["InvokeId"])


def repeats(ran: Invocation) -> list[int]:
    return [each["Repeats"] for each in ran.describe()["InvokeInstances"]["InvokeInstance"]]


@pytest.mark.parametrize("mode", ["NextRebootOnly", "EveryReboot"])
def test_each_target_begins_when_it_starts(region: Region, pair: list[Instance], mode: str) -> None:
    ran = invoke(region, pair, mode)
    pair[1].reboot()
    region.clock.advance("5s")
    assert (repeats(ran), ran.output(pair[1]), ran.status) == ([0, 1], "1\n", "Running")
    pair[0].stop()
    region.clock.advance("1h")
    assert repeats(ran) == [0, 1]
    pair[0].start()
    region.clock.advance("5s")
    assert (repeats(ran), ran.output(pair[0])) == ([1, 1], "1\n")
    assert ran.status == ("Finished" if mode == "NextRebootOnly" else "Running")


def test_a_reboot_from_inside_is_a_start(region: Region, pair: list[Instance]) -> None:
    ran = invoke(region, pair[:1], "EveryReboot")
    region.commands.log_in(pair[0], "reboot")
    region.clock.advance("1m")
    assert (repeats(ran), ran.output(pair[0]), pair[0].status) == ([1], "1\n", "Running")


def test_a_recovery_is_a_start(region: Region, pair: list[Instance]) -> None:
    ran = invoke(region, pair, "NextRebootOnly")
    host = pair[0].host
    assert host is not None
    region.chaos.crash(host, reversible=False)
    region.clock.advance("5m")
    assert (pair[0].status, repeats(ran), ran.output(pair[0])) == ("Running", [1, 0], "1\n")


def test_a_start_waits_for_its_agent(region: Region, pair: list[Instance]) -> None:
    ran = invoke(region, pair[:1], "NextRebootOnly")
    region.commands.log_in(pair[0], "chkconfig agentwatch off")
    pair[0].reboot()
    region.clock.advance("1h")
    assert (repeats(ran), ran.status) == ([0], "Running")
    region.commands.log_in(pair[0], "chkconfig agentwatch on")
    region.clock.advance("1m")
    assert (repeats(ran), ran.output(pair[0]), ran.status) == ([1], "1\n", "Finished")


def test_an_agent_that_comes_back_is_no_start(region: Region, pair: list[Instance]) -> None:
    ran = invoke(region, pair[:1], "EveryReboot")
    region.commands.log_in(pair[0], "systemctl stop agentwatch; systemctl start agentwatch")
    region.clock.advance("1h")
    assert repeats(ran) == [0]


def test_what_waits_is_called_off_for_some(region: Region, pair: list[Instance]) -> None:
    ran = invoke(region, pair, "NextRebootOnly")
    ran.stop(pair[0])
    for each in pair:
        each.reboot()
    region.clock.advance("1m")
    assert (list(ran.states.values()), ran.status, repeats(ran)) == (["Stopped", "Finished"], "Finished", [0, 1])
    shown = ran.describe()["InvokeInstances"]["InvokeInstance"]
    assert [each["InvocationStatus"] for each in shown] == ["Cancelled", "Success"]


def test_what_waits_on_a_released_instance_is_failed(region: Region, pair: list[Instance]) -> None:
    ran = invoke(region, pair, "NextRebootOnly")
    pair[0].delete()
    pair[1].reboot()
    region.clock.advance("1m")
    assert_invocation(ran, "PartialFailed")
    assert ran.result(pair[0])["ErrorCode"] == "InstanceReleased"


def test_a_run_that_a_start_began_ends_with_the_next(region: Region, pair: list[Instance]) -> None:
    ran = invoke(region, pair[:1], "EveryReboot", "sleep 600")
    for _ in range(2):
        pair[0].reboot()
        region.clock.advance("5s")
    assert [each["InvokeRecordStatus"] for each in ran.results()] == ["Running", "Failed"]


@pytest.mark.parametrize("mode", ["NextRebootOnly", "EveryReboot"])
def test_the_command_is_in_use_until_nothing_is_to_come(region: Region, pair: list[Instance], mode: str) -> None:
    ran = invoke(region, pair, mode)
    command = ran.describe()["CommandId"]
    pair[0].reboot()
    region.clock.advance("1m")
    assert_refused("InvalidStatus.CmdIdInUse", lambda: region.call("DeleteCommand", CommandId=command))
    ran.stop(pair[1]) if mode == "NextRebootOnly" else ran.stop()
    region.call("DeleteCommand", CommandId=command)
    pair[1].reboot()
    region.clock.advance("1m")
    assert repeats(ran) == [1, 0]
    assert region.backend.control("clock", {})  # Nothing went wrong inside.


def test_the_history_of_what_runs_at_starts(region: Region, pair: list[Instance]) -> None:
    ran = invoke(region, pair, "EveryReboot")
    for _ in range(2):
        pair[0].reboot()
        region.clock.advance("1m")
    pair[1].reboot()
    region.clock.advance("1m")

    def count(**asked: object) -> int:
        return int(region.call("DescribeInvocationResults", **asked)["Invocation"]["TotalCount"])

    assert (count(), count(InvokeId=ran.id), count(InvokeId=ran.id, InstanceId=pair[0].id)) == (2, 2, 1)
    assert count(InvokeId=ran.id, IncludeHistory=True) == 3
    assert count(InvokeId=ran.id, InstanceId=pair[0].id, IncludeHistory=True) == 2
    assert (count(InstanceId=pair[0].id), count(InvokeId="t-none")) == (1, 0)
