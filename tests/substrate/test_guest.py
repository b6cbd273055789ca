from __future__ import annotations

import base64
import re

import pytest

from faultzone import Instance, Region, UsageError, make_region
from faultzone.substrate.reaction import Reaction

WINDOWS = "win2016_64_dtc_1607_en-us_40G_alibase_20181220.vhd"


@pytest.fixture(scope="module")
def region() -> Region:
    return make_region(zones=1, edition="2020-12")


@pytest.fixture(scope="module")
def linux(region: Region) -> Instance:
    return region.run_instances(HostName="web")[0]


@pytest.fixture(scope="module")
def windows(region: Region) -> Instance:
    return region.run_instances(ImageId=WINDOWS, HostName="win")[0]


@pytest.fixture
def fresh() -> Region:
    return make_region()


@pytest.mark.parametrize(
    ("script", "code", "output"),
    [
        ("", 0, ""),
        ("echo 123", 0, "123\n"),
        ("#!/bin/sh\n# a comment\necho a # another\n\necho b", 0, "a\nb\n"),
        ("echo -n a; echo b", 0, "ab\n"),
        ("echo -e 'a\\tb'; echo 'a\\tb'", 0, "a\tb\na\\tb\n"),
        ("echo \"a;  b\" 'c && d' e\\ f", 0, "a;  b c && d e f\n"),
        ("printf '%s-%d%%\\n' a 7", 0, "a-7%\n"),
        ("printf", 2, "printf: usage: printf [-v var] format [arguments]\n"),
        ("true && echo yes || echo no", 0, "yes\n"),
        ("false && echo yes || echo no", 0, "no\n"),
        ("false && echo a; echo b", 0, "b\n"),
        ("true &&\n  echo joined", 0, "joined\n"),
        ("false &&\n  echo joined\necho after", 0, "after\n"),
        ("false", 1, ""),
        ("exit 3; echo late", 3, ""),
        ("exit 256", 0, ""),
        ("exit -1", 255, ""),
        ("hostname", 0, "web\n"),
        ("sleep 2; echo slept", 0, "slept\n"),
        ("sleep 0.5m && echo slept", 0, "slept\n"),
        ("sleep soon", 1, "sleep: invalid time interval 'soon'\nTry 'sleep --help' for more information.\n"),
        ("pwd; whoami; id -u", 0, "/root\nroot\n0\n"),
        ("rpm -U aliyun_assist.rpm", 1, "error: open of aliyun_assist.rpm failed: No such file or directory\n"),
        ("systemctl stop nginx", 5, "Failed to stop nginx.service: Unit nginx.service not loaded.\n"),
        ("shutdown later", 1, "Failed to parse time specification: later\n"),
    ],
)
def test_the_shell(region: Region, linux: Instance, script: str, code: int, output: str) -> None:
    ran = region.commands.log_in(linux, script)
    assert (ran["exit_code"], ran["output"]) == (code, output)


@pytest.mark.parametrize("script", ["nosuch --flag", "true; nosuch", "true\r", "'a\t\x01\\'"])
def test_an_unknown_program_ends_as_in_a_shell(region: Region, linux: Instance, script: str) -> None:
    ran = region.commands.log_in(linux, script)
    assert ran["exit_code"] == 127
    assert re.search(r"line 1: (nosuch|\$'true\\r'|\$'a\\t\\001\\\\'): command not found\n", ran["output"])


@pytest.mark.parametrize(
    "script",
    [
        "a | b",
        "echo > f",
        "echo $NAME",
        'echo "$(date)"',
        "X=1",
        "if true; then echo; fi",
        "sleep 9 &",
        "echo 'open",
        "echo `id`",
        "cd /usr/share/zsh; pwd",
        "set -e",
        "true && [ -f /etc/passwd ]",
    ],
)
def test_what_is_not_understood_is_never_guessed(region: Region, linux: Instance, script: str) -> None:
    ran = region.commands.log_in(linux, script)
    assert ran["exit_code"] == 2
    assert "this guest does not understand" in ran["output"]
    assert "region.guest(" in ran["output"]


def test_what_every_shell_has_built_in_can_be_taught(region: Region, linux: Instance) -> None:
    region.guest("set -e")
    ran = region.commands.log_in(linux, "set -e\necho 1\nset -u")
    assert (ran["exit_code"], ran["output"].splitlines()[0]) == (2, "1")


@pytest.mark.parametrize(
    ("kind", "script", "code", "output"),
    [
        ("RunBatScript", "@echo off\r\necho a & echo b\r\nrem no\r\n", 0, "a \r\nb\r\n"),
        ("RunBatScript", "hostname && exit /b 4\r\necho late", 4, "win\r\n"),
        ("RunBatScript", "timeout /t 5\r\nECHO done", 0, "done\r\n"),
        ("RunBatScript", "whoami", 0, "win\\administrator\r\n"),
        (
            "RunBatScript",
            "sc query AliyunService",
            0,
            "\r\nSERVICE_NAME: AliyunService \r\n        STATE              : 4  RUNNING \r\n",
        ),
        ("RunPowerShellScript", "# no\nWrite-Output 'a b'; Start-Sleep -Seconds 3; write-host c", 0, "a b\r\nc\r\n"),
        ("RunPowerShellScript", "exit 6", 6, ""),
    ],
)
def test_the_shells_of_windows(
    region: Region, windows: Instance, kind: str, script: str, code: int, output: str
) -> None:
    ran = region.run_command(script, on=windows, type=kind)
    assert (ran.result(windows)["ExitCode"], ran.output(windows)) == (code, output)


@pytest.mark.parametrize(("kind", "code"), [("RunBatScript", 9009), ("RunPowerShellScript", 1)])
def test_unknown_programs_of_windows(region: Region, windows: Instance, kind: str, code: int) -> None:
    ran = region.run_command("nosuch", on=windows, type=kind)
    assert ran.result(windows)["ExitCode"] == code
    assert "is not recognized" in ran.output(windows)


def test_commands_are_taught_by_text_pattern_and_function(fresh: Region) -> None:
    one, two = fresh.run_instances(2)
    fresh.guest("yum check-update", takes="40s", exit_code=100, output="nginx\n")
    fresh.guest(re.compile(r"yum install -y \w+"), output="installed\n")
    fresh.guest(lambda text: Reaction(output=text.upper()) if text.startswith("shout") else None)
    fresh.guest("yum check-update", on=two, exit_code=1)
    began = fresh.clock.ms
    ran = fresh.run_command("yum  check-update", on=[one, two])
    assert fresh.clock.ms - began >= 40_000
    assert [ran.result(each)["ExitCode"] for each in (one, two)] == [100, 1]
    assert fresh.run_command("yum install -y nginx && shout it", on=one).output(one) == "installed\nSHOUT IT"
    assert "does not understand 'yum'" in fresh.run_command("yum install -y nginx php", on=one).output(one)


def test_a_lesson_may_be_for_once(fresh: Region) -> None:
    (one,) = fresh.run_instances()
    fresh.guest("flaky", times=1, exit_code=1)
    fresh.guest("flaky", on=one, times=1, exit_code=2)
    codes = [fresh.run_command("flaky", on=one).result(one)["ExitCode"] for _ in range(3)]
    assert codes == [2, 1, 127]


def test_hang_and_crash(fresh: Region) -> None:
    (one,) = fresh.run_instances()
    fresh.guest("serve", hang=True)
    fresh.guest("boom", crash=True, output="boom\n")
    assert fresh.run_command("serve", on=one, timeout=7).states == {one.id: "Failed"}
    ran = fresh.run_command("echo a; boom; echo b", on=one)
    assert (ran.states, ran.output(one)) == ({one.id: "Failed"}, "a\nboom\n")


def test_a_guest_is_taught_one_way_at_a_time(fresh: Region) -> None:
    for given in ({}, {"command": "a", "pattern": "b"}):
        with pytest.raises(UsageError, match="teach-guest: expected one of"):
            fresh.control("teach-guest", **given)
    with pytest.raises(UsageError, match="expected a regular expression"):
        fresh.control("teach-guest", pattern="(")


def test_unknown_guests_and_states_are_refused(fresh: Region) -> None:
    (one,) = fresh.run_instances()
    with pytest.raises(UsageError, match="has no guest"):
        fresh.control("agent", instance="i-none")
    with pytest.raises(UsageError, match="'running', 'stopped', 'hung'"):
        fresh.control("set-agent", instance=one.id, state="asleep")
    one.stop()
    with pytest.raises(UsageError, match="start it before logging in"):
        fresh.commands.log_in(one, "true")


@pytest.mark.parametrize(
    ("state", "runs"), [("running", True), ("outdated", True), ("stopped", False), ("lacking", False)]
)
def test_states_of_the_agent(fresh: Region, state: str, runs: bool) -> None:
    (one,) = fresh.run_instances()
    fresh.control("set-agent", instance=one.id, state=state)
    shown = fresh.call("DescribeCloudAssistantStatus", InstanceId=[one.id])
    (item,) = shown["InstanceCloudAssistantStatusSet"]["InstanceCloudAssistantStatus"]
    assert item["CloudAssistantStatus"] == str(runs).lower()


def test_a_stopped_service_comes_back_with_the_next_boot_unless_switched_off(fresh: Region) -> None:
    one, two = fresh.run_instances(2)
    fresh.commands.log_in(one, "systemctl stop agentwatch")
    fresh.commands.log_in(two, "chkconfig agentwatch off")
    for each in (one, two):
        each.reboot()
    running = [fresh.control("agent", instance=each.id)["running"] for each in (one, two)]
    assert running == [True, False]


def test_an_agent_without_an_updater_is_not_upgraded_until_it_has_one(fresh: Region) -> None:
    (one,) = fresh.run_instances()
    timers = fresh.control("clock")["next"]
    fresh.clock.advance("90m")
    fresh.control("set-agent", instance=one.id, state="outdated")
    fresh.clock.advance("29m")
    assert fresh.control("agent", instance=one.id)["version"] != fresh.control("agent", instance=one.id)["latest"]
    fresh.commands.log_in(one, "chmod a-x aliyun_assist_update")
    fresh.clock.advance("3h")
    assert fresh.control("agent", instance=one.id)["version"] != fresh.control("agent", instance=one.id)["latest"]
    fresh.commands.log_in(one, "chmod a+x aliyun_assist_update")
    fresh.clock.advance("61m")
    assert fresh.control("agent", instance=one.id)["version"] == fresh.control("agent", instance=one.id)["latest"]
    assert fresh.control("clock")["next"] == timers


def test_the_updater_of_windows_is_renamed(fresh: Region) -> None:
    (one,) = fresh.run_instances(ImageId=WINDOWS)
    fresh.commands.log_in(one, "rename aliyun_assist_update updater.off")
    assert fresh.control("agent", instance=one.id)["updater"] is False
    fresh.commands.log_in(one, "ren updater.off aliyun_assist_update")
    assert fresh.control("agent", instance=one.id)["updater"] is True


def test_user_data_runs_at_each_boot(fresh: Region) -> None:
    data = base64.b64encode(b"#!/bin/sh\necho up").decode()
    (one,) = fresh.run_instances(UserData=data)
    one.reboot()
    fresh.commands.log_in(one, "reboot")
    fresh.clock.advance("10s")
    assert [each["output"] for each in fresh.commands.ran_on(one) if each["by"] == "user-data"] == ["up\n"] * 3


def test_user_data_that_is_no_script_does_not_run(fresh: Region) -> None:
    (one,) = fresh.run_instances(UserData=base64.b64encode(b"just text").decode())
    assert fresh.commands.ran_on(one) == []


def test_a_shutdown_can_be_called_off(fresh: Region) -> None:
    (one,) = fresh.run_instances()
    fresh.commands.log_in(one, "shutdown -r +5")
    fresh.commands.log_in(one, "shutdown -c")
    fresh.clock.advance("10m")
    assert not fresh.journal.of("report", report="GuestRebooted")
    fresh.commands.log_in(one, "shutdown -h +5")
    fresh.clock.advance("10m")
    assert one.status == "Stopped"


def test_what_waits_is_fetched_after_a_reboot_from_inside(fresh: Region) -> None:
    (one,) = fresh.run_instances()
    fresh.commands.log_in(one, "reboot")
    fresh.clock.advance("1500ms")
    assert fresh.run_command("echo fetched", on=one).output(one) == "fetched\n"
