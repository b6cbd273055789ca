"""Commands are real shells, and no script can hurt more than its own instance."""

from __future__ import annotations

import base64
from time import monotonic, sleep

import pytest

from faultzone.region import Instance, Region
from tests.docker.conftest import MakeRegion
from tests.docker.test_instances import answers, out, shell, soon

pytestmark = [pytest.mark.docker, pytest.mark.slow]


def ran(instance: Instance, script: str, timeout: int = 60) -> dict[str, str | int]:
    """The record of a command that has ended, its output decoded."""
    result = instance.region.run_command(script, on=instance, timeout=timeout).result(instance)
    return {**result, "Output": base64.b64decode(str(result["Output"])).decode()}


def test_the_sample_of_the_manual(real: Region) -> None:
    (one,) = real.run_instances(1)
    result = ran(one, "echo 123")
    assert (result["Output"], result["ExitCode"], result["InvokeRecordStatus"]) == ("123\n", 0, "Finished")


@pytest.mark.parametrize(
    ("script", "code", "output"),
    [
        ("#!/bin/bash\n[[ abc == a* ]] && echo ${BASH_VERSION%%.*}", 0, "5\n"),
        ("#!/usr/bin/python3\nprint(6 * 7)", 0, "42\n"),
        ("echo out; echo err >&2; exit 7", 7, "out\nerr\n"),
        ("pwd; id -un; cat", 0, "/root\nroot\n"),
    ],
)
def test_a_script_is_run_by_what_it_names(real: Region, script: str, code: int, output: str) -> None:
    (one,) = real.run_instances(1)
    result = ran(one, script)
    assert (result["ExitCode"], result["Output"]) == (code, output)


def test_a_timeout_kills_the_whole_process_group_in_real_time(real: Region) -> None:
    (one,) = real.run_instances(1)
    began = monotonic()
    result = ran(one, "echo begun; sleep 300 & sleep 301 & wait", timeout=2)
    assert 2 <= monotonic() - began < 200  # The scripts sleep longer.
    assert (result["InvokeRecordStatus"], result["Output"]) == ("Failed", "begun\n")
    assert shell(one, "pgrep -fc '[s]leep 30'")[1] == "0"


def test_a_jump_of_fifteen_days_times_no_live_script_out(real: Region) -> None:
    (one,) = real.run_instances(1)
    script = "until [ -e /root/go ]; do sleep 0.1; done; echo through"
    command = real.run_command(script, on=one, timeout=600, wait=False)
    real.clock.advance("15d")
    assert command.status == "Running"
    assert shell(one, "touch /root/go")[0] == 0
    soon(lambda: command.status == "Finished")
    assert command.output(one) == "through\n"


def test_output_beyond_the_quota_is_counted(real: Region) -> None:
    (one,) = real.run_instances(1)
    result = ran(one, "head -c 3000000 /dev/zero | tr '\\0' x")
    kept = len(str(result["Output"]))
    assert 20_000 < kept < 100_000
    assert int(result.get("Dropped", 3_000_000 - kept)) == 3_000_000 - kept


def test_output_without_end_ends_with_its_time_and_hurts_nobody(real: Region) -> None:
    (one,) = real.run_instances(1)
    result = ran(one, "yes", timeout=2)
    assert result["InvokeRecordStatus"] == "Failed"
    assert 20_000 < len(str(result["Output"])) < 100_000
    assert ran(one, "echo well")["Output"] == "well\n"


def test_what_a_script_starts_in_the_background_outlives_it(real: Region) -> None:
    (one,) = real.run_instances(1)
    assert ran(one, "setsid sleep 300 & echo done")["Output"] == "done\n"
    assert out(one, "pgrep -fc '[s]leep 300'") == "1"
    one.reboot()
    assert shell(one, "pgrep -fc '[s]leep 300'")[1] == "0"


def test_a_script_cannot_kill_its_agent_or_the_first_process(real: Region) -> None:
    (one,) = real.run_instances(1)
    assert ran(one, "kill -9 1; kill -9 $PPID; echo alive")["InvokeRecordStatus"] == "Finished"
    assert ran(one, "echo still")["Output"] == "still\n"


def test_a_script_that_reboots_its_instance(real: Region) -> None:
    (one,) = real.run_instances(1)
    out(one, "echo kept > /root/file; touch /run/gone")
    real.run_command("reboot; sleep 20", on=one, wait=False)
    soon(lambda: answers(one) and shell(one, "test -e /run/gone")[0] == 1)
    assert one.status == "Running"
    assert out(one, "cat /root/file") == "kept"


def test_a_fork_bomb_harms_its_own_instance_alone(make: MakeRegion) -> None:
    region = make(zones=1, hosts_per_zone=1)
    bomber, neighbour = region.run_instances(2)
    region.run_command("#!/bin/bash\nbomb() { bomb | bomb & }; bomb; sleep 20", on=bomber, timeout=20, wait=False)
    for _ in range(5):
        sleep(0.2)
        assert ran(neighbour, "echo well")["Output"] == "well\n"
    bomber.stop(ForceStop=True)
    bomber.start()
    assert out(bomber, "pgrep -c bash || true") == "0"
