"""The Cloud Assistant agent of real instances, through the public API: what it is asked, and how it fails."""

from __future__ import annotations

import base64
from datetime import timedelta
from time import sleep
from typing import Any

import pytest

from faultzone import assert_refused
from faultzone.errors import NotSupported, UsageError
from faultzone.region import Instance, Region
from faultzone.region.commands import Invocation
from tests.docker.conftest import MakeRegion
from tests.docker.test_instances import out, shell, soon
from tests.docker.test_scripts import ran

pytestmark = [pytest.mark.docker, pytest.mark.slow]


def serves(instance: Instance) -> bool:
    listed = instance.region.call("DescribeCloudAssistantStatus", InstanceId=[instance.id])
    (shown,) = listed["InstanceCloudAssistantStatusSet"]["InstanceCloudAssistantStatus"]
    return bool(shown["CloudAssistantStatus"] == "true")


def test_an_instance_that_is_running_has_an_agent_that_serves(real: Region) -> None:
    ones = real.run_instances(3)
    assert all(serves(each) for each in ones)
    assert ran(ones[0], "echo $$")["InvokeRecordStatus"] == "Finished"


def test_the_output_of_a_script_that_goes_on_is_seen(real: Region) -> None:
    (one,) = real.run_instances(1)
    command = real.run_command("echo first; sleep 3; echo last", on=one, wait=False)
    soon(lambda: command.output(one) == "first\n")
    assert command.status == "Running"
    soon(lambda: command.status == "Finished")
    assert command.output(one) == "first\nlast\n"


def test_many_commands_run_at_once(real: Region) -> None:
    ones = real.run_instances(4)
    commands = [real.run_command(f"sleep 0.5; echo {number}", on=ones, wait=False) for number in range(8)]
    for number, command in enumerate(commands):
        soon(lambda command=command: command.status == "Finished")  # type: ignore[misc]
        assert [command.output(each) for each in ones] == [f"{number}\n"] * 4


def asked(instance: Instance, script: str, **parameters: object) -> dict[str, Any]:
    """What DescribeInvocationResults shows of a command that is run with further parameters, once it has ended."""
    region = instance.region
    about = {"Type": "RunShellScript", "CommandContent": script, "InstanceId": [instance.id], **parameters}
    command = Invocation(region, region.call("RunCommand", **about)["InvokeId"])
    return command.wait().result(instance)


def test_a_directory_or_user_that_is_not_there_is_refused(make: MakeRegion) -> None:
    region = make(zones=1, hosts_per_zone=1, edition="2020-12")
    (one,) = region.run_instances(1)
    assert asked(one, "true", WorkingDir="/nowhere")["ErrorCode"] == "DirectoryNotExists"
    assert asked(one, "true", Username="somebody")["ErrorCode"] == "AccountNotExists"


@pytest.mark.parametrize("user", ["nobody", "root"])
def test_a_command_runs_as_the_user_that_is_named(make: MakeRegion, user: str) -> None:
    region = make(zones=1, hosts_per_zone=1, edition="2020-12")
    (one,) = region.run_instances(1)
    assert base64.b64decode(asked(one, "id -un", Username=user)["Output"]).decode() == f"{user}\n"


@pytest.fixture
def today(make: MakeRegion) -> Instance:
    """An instance of a region of edition 2026-10."""
    (one,) = make(zones=1, hosts_per_zone=1, edition="2026-10").run_instances(1)
    return one


PYTHON = "import sys; print(6 * 7, sys.argv[0].rpartition('.')[2], sys.flags.dont_write_bytecode)"


@pytest.mark.parametrize(
    ("launcher", "output"),
    [
        ("python3", "42 sh 0\n"),
        ("python3 -B", "42 sh 1\n"),
        ('python3 -B {{ACS::ScriptFileName|Ext(".py")}} -x', "42 py 1\n"),
    ],
)
def test_a_launcher_starts_a_script(today: Instance, launcher: str, output: str) -> None:
    record = asked(today, PYTHON, Launcher=launcher)
    assert (base64.b64decode(record["Output"]).decode(), record["Launcher"]) == (output, launcher)


def test_a_launcher_that_there_is_not_runs_nothing(today: Instance) -> None:
    record = asked(today, "echo ran", Launcher="no-such-program")
    assert record["ExitCode"] == 127
    assert b"ran\n" not in base64.b64decode(record["Output"])


@pytest.mark.parametrize("by", ["timeout", "stop"])
@pytest.mark.parametrize(("mode", "left"), [("Process", "child apart"), ("ProcessTree", "")])
def test_a_run_ends_alone_or_with_what_it_has_started(today: Instance, mode: str, left: str, by: str) -> None:
    script = "sleep 31 & setsid sleep 32 & sleep 0.2; touch /root/begun; sleep 33; echo over > /root/over"
    region = today.region
    given: dict[str, object] = {"Type": "RunShellScript", "CommandContent": f"#!/bin/sh\n{script}"}
    given |= {"InstanceId": [today.id]}
    given |= {"Timeout": 2 if by == "timeout" else 600, "TerminationMode": mode}
    command = Invocation(region, region.call("RunCommand", **given)["InvokeId"])
    soon(lambda: shell(today, "test -e /root/begun")[0] == 0)
    if by == "stop":
        command.stop()
    soon(lambda: command.states[today.id] == ("Stopped" if by == "stop" else "Failed"))
    # What the script itself waits for is a child of its own as well.
    names = {"31": "child", "32": "apart", "33": "last"}
    soon(lambda: running(today, names) == {*left.split(), *(["last"] if mode == "Process" else [])})
    assert shell(today, "test -e /root/over")[0] != 0
    out(today, "pkill sleep || true")


def running(instance: Instance, names: dict[str, str]) -> set[str]:
    """Which of these sleeps go on."""
    listed = out(instance, "pgrep -a sleep || true").splitlines()
    return {names[words[2]] for words in map(str.split, listed) if len(words) == 3 and words[2] in names}


def test_a_dry_run_looks_and_runs_nothing(today: Instance) -> None:
    dry = {"RepeatMode": "DryRun"}
    record = asked(today, "touch /root/ran", **dry)
    assert (record["InvocationStatus"], record["Output"], record["Repeats"]) == ("Success", "", 0)
    assert asked(today, "true", WorkingDir="/nowhere", **dry)["ErrorCode"] == "DirectoryNotExists"
    assert asked(today, "true", Username="somebody", **dry)["ErrorCode"] == "AccountNotExists"
    assert shell(today, "test -e /root/ran")[0] != 0


def test_an_expression_is_meant_in_the_zone_of_the_system(today: Instance) -> None:
    region = today.region
    due = region.clock.now.replace(second=0, microsecond=0) + timedelta(minutes=61)
    given = {"Type": "RunShellScript", "CommandContent": "echo now", "InstanceId": [today.id], "Timeout": 10}
    assert out(today, "date +%z") == "+0000"
    made = region.call("RunCommand", Frequency=f"0 {due.minute} {due.hour} * * *", **given)["InvokeId"]
    rate = region.call("RunCommand", Frequency="rate(1h)", **given)["InvokeId"]
    region.clock.advance("62m")
    for each in (made, rate):
        command = Invocation(region, each)
        soon(lambda command=command: [each["ExitCode"] for each in command.results()] == [0])  # type: ignore[misc]


def test_an_invocation_is_changed(today: Instance) -> None:
    region = today.region
    given = {"Type": "RunShellScript", "CommandContent": "echo 1", "InstanceId": [today.id], "Timeout": 10}
    command = Invocation(region, region.call("RunCommand", Frequency="rate(1h)", **given)["InvokeId"])
    region.call("ModifyInvocationAttribute", InvokeId=command.id, CommandContent="echo 2")
    region.clock.advance("61m")
    soon(lambda: [each["ExitCode"] for each in command.results()] == [0])
    assert command.output(today) == "2\n"


def test_a_file_that_is_sent_is_there_with_its_owner_and_mode(make: MakeRegion) -> None:
    region = make(zones=1, hosts_per_zone=1, edition="2020-12")
    (one,) = region.run_instances(1)
    sent = {"Name": "a file", "TargetDir": "/srv/new", "Content": "text\n", "FileMode": "0604", "FileOwner": "nobody"}

    def send() -> str:
        sending = region.call("SendFile", InstanceId=[one.id], **sent)["InvokeId"]

        def status() -> str:
            listed = region.call("DescribeSendFileResults", InvokeId=sending)["Invocations"]["Invocation"]
            return str(listed[0]["InvokeInstances"]["InvokeInstance"][0]["InvocationStatus"])

        soon(lambda: status() not in ("Pending", "Running"))
        return status()

    assert send() == "Success"
    assert out(one, "cat '/srv/new/a file'; stat -c '%U %a' '/srv/new/a file'") == "text\nnobody 604"
    assert send() == "Failed"


def test_a_script_that_kills_its_agent_is_not_heard_of_again_and_the_next_one_runs(real: Region) -> None:
    (one,) = real.run_instances(1)
    killer = "sleep 0.3; agent=$(pgrep -P 1 -o); kill -9 $agent; sleep 4; echo survived > /root/after"
    command = real.run_command(killer, on=one, timeout=2, wait=False)
    soon(lambda: not serves(one))
    soon(lambda: serves(one))
    assert ran(one, "echo next")["Output"] == "next\n"
    soon(lambda: shell(one, "cat /root/after")[1] == "survived")
    # The region gives it up a minute later, once it is overdue.
    assert command.status == "Running"


def test_the_metadata_service_answers_what_is_so_when_it_is_asked(real: Region) -> None:
    (one,) = real.run_instances(1)
    asked = "wget -qO- http://100.100.100.200/latest/"
    assert out(one, f"{asked}meta-data/region-id") == real.id
    assert out(one, f"{asked}maintenance/active-system-events") == "[]"
    real.control("schedule-maintenance", instance=one.id)
    assert "SystemMaintenance.Reboot" in out(one, f"{asked}maintenance/active-system-events")
    assert shell(one, f"{asked}meta-data/nothing")[0] != 0


def test_a_reboot_from_inside_leaves_an_agent_that_serves(real: Region) -> None:
    (one,) = real.run_instances(1)
    out(one, "touch /run/gone")
    real.run_command("reboot; sleep 20", on=one, wait=False)
    soon(lambda: shell(one, "test -e /run/gone")[0] == 1)
    soon(lambda: serves(one))
    assert ran(one, "echo again")["Output"] == "again\n"


def test_instances_trust_the_server_and_find_it_by_name(real: Region) -> None:
    (one,) = real.run_instances(1)
    program = f"""
import ssl, urllib.request
for address in "https://{real.id}.axt.aliyun.com", "https://100.100.100.10", "http://{real.id}.axt.aliyun.com":
    print(urllib.request.urlopen(address + "/luban/api/connection_detect", timeout=5).read().decode())
"""
    assert out(one, f"python3 - <<'END'\n{program}\nEND") == "ok\nok\nok"


def test_a_service_that_is_flooded_keeps_its_instance_working(real: Region) -> None:
    (one,) = real.run_instances(1)
    program = """
import socket
held = []
for _ in range(400):
    wire = socket.socket()
    wire.settimeout(2)
    held.append(wire)
    try:
        wire.connect(("100.100.100.200", 80))
        wire.sendall(b"GET /latest/meta-data/ HTTP/1.1")
    except OSError:  # What is flooded may cut some of it off.
        pass
"""
    out(one, f"python3 - <<'END'\n{program}\nEND")
    sleep(0.2)
    assert ran(one, "wget -qO- http://100.100.100.200/latest/meta-data/instance-id")["Output"] == one.id


def test_an_instance_gets_a_token_and_the_key_of_its_role(make: MakeRegion) -> None:
    (one,) = make(zones=1, hosts_per_zone=1, edition="2026-10").run_instances(1, RamRoleName="reader")
    program = """
import json, urllib.error, urllib.request as web
root = "http://100.100.100.200/latest/"
seconds = {"X-aliyun-ecs-metadata-token-ttl-seconds": "60"}
token = web.urlopen(web.Request(root + "api/token", method="PUT", headers=seconds)).read().decode()
asked = web.Request(root + "meta-data/ram/security-credentials/reader", headers={"X-aliyun-ecs-metadata-token": token})
print(json.loads(web.urlopen(asked).read())["Code"])
try:
    web.urlopen(web.Request(root, headers={"X-aliyun-ecs-metadata-token": "x"}))
except urllib.error.HTTPError as error:
    print(error.code)
"""
    assert out(one, f"python3 - <<'END'\n{program}\nEND") == "Success\n403"


# Agents that are broken on purpose


def test_an_agent_that_is_killed_serves_no_more_until_that_is_undone(real: Region) -> None:
    (one,) = real.run_instances(1)
    script = "touch /root/began; until [ -e /root/go ]; do sleep 0.1; done; echo through > /root/mark"
    running = real.run_command(script, on=one, wait=False)
    soon(lambda: shell(one, "cat /root/began")[0] == 0)
    with real.chaos.agent_outage(one.id, "stopped"):
        assert not serves(one)
        assert_refused("InvalidInstance.NoClient", lambda: real.run_command("true", on=one))
        shell(one, "touch /root/go")
        soon(lambda: shell(one, "cat /root/mark")[1] == "through")
        assert running.status == "Running"
    assert serves(one)
    assert ran(one, "echo well")["Output"] == "well\n"


def test_an_agent_that_hangs_seems_to_serve_and_does_what_it_was_given_later(real: Region) -> None:
    (one,) = real.run_instances(1)
    with real.chaos.agent_outage(one.id, "hung"):
        assert serves(one)
        command = real.run_command("echo late", on=one, wait=False)
        real.clock.advance("30s")
        sleep(0.5)
        assert command.status == "Running"
        assert command.output(one) == ""
    soon(lambda: command.status == "Finished")
    assert command.output(one) == "late\n"


def test_outages_of_an_agent_end_one_by_one_and_with_a_reboot(real: Region) -> None:
    (one,) = real.run_instances(1)
    first = real.chaos.agent_outage(one.id, "hung")
    second = real.chaos.agent_outage(one.id, "stopped")
    assert not serves(one)
    second.undo()
    assert serves(one)
    one.reboot()
    assert ran(one, "echo well")["Output"] == "well\n"
    first.undo()
    assert real.control("agent", instance=one.id)["faults"] == []


def test_what_cannot_be_broken_of_an_agent_that_is_a_process_says_so(real: Region) -> None:
    (one,) = real.run_instances(1)
    with pytest.raises(NotSupported, match="can be stopped, hung"):
        real.chaos.agent_outage(one.id, "upgrading")
    with pytest.raises(UsageError, match="has no agent"):
        real.control("set-agent", instance="i-none", state="hung")


def test_what_somebody_runs_who_has_logged_in_is_shown_beside_what_the_agent_ran(real: Region) -> None:
    (instance,) = real.run_instances(1)
    assert real.run_command("echo 1", on=instance).output(instance) == "1\n"
    ran = real.commands.log_in(instance, "echo 2; exit 3")
    assert (ran["exit_code"], ran["output"]) == (3, "2\n")
    real.control("log-in", instance=instance.id, script="echo begun; sleep 600")
    real.wait(lambda: real.commands.ran_on(instance)[-1]["output"] == "begun\n", "1m", what="its beginning")
    instance.reboot()
    shown = [(each["by"], each["exit_code"], each["ended"] is not None) for each in real.commands.ran_on(instance)]
    assert shown[:2] == [("assistant", 0, True), ("login", 3, True)]
    assert shown[2][0] == "login"
    assert shown[2][1] != 0
    assert shown[2][2]


def test_an_agent_that_was_made_old_stays_so_until_it_is_mended(real: Region) -> None:
    (instance,) = real.run_instances(1)
    newest = real.control("agent", instance=instance.id)["version"]
    real.control("set-agent", instance=instance.id, state="outdated")
    shown = real.control("agent", instance=instance.id)
    assert shown["version"] != newest == shown["latest"]
    instance.reboot()
    assert real.control("agent", instance=instance.id)["version"] == shown["version"]
    real.control("set-agent", instance=instance.id, state="running")
    assert real.control("agent", instance=instance.id)["version"] == newest


def test_what_an_agent_was_given_while_it_stood_still_is_waited_for_once_it_runs(real: Region) -> None:
    (instance,) = real.run_instances(1)
    real.control("set-agent", instance=instance.id, state="hung")
    ran = real.run_command("echo 1", on=instance, wait=False)
    real.control("set-agent", instance=instance.id, state="running")
    real.clock.advance("59s")  # After a minute it would be given up, if nobody waited for the agent.
    assert ran.states == {instance.id: "Finished"}
