"""Nothing is left behind, at whatever moment a session is killed, and nothing is touched that is not ours."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from faultzone import cli
from faultzone.substrate.docker.cleanup import expired, labels, leftovers, sweep
from faultzone.substrate.docker.engine import Made
from faultzone.substrate.docker.pool import Pool

pytestmark = [pytest.mark.docker, pytest.mark.slow]
VICTIM = Path(__file__).with_name("victim.py")
ROOT = VICTIM.parents[2]


@contextmanager
def victim(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "harness")}
    process = subprocess.Popen(
        [sys.executable, str(VICTIM), *arguments], stdout=subprocess.PIPE, text=True, env=environment
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def heard(process: subprocess.Popen[str], word: str) -> list[str]:
    """Wait until the victim says a word, and return what it said with it."""
    assert process.stdout is not None
    for line in process.stdout:
        first, *rest = line.split()
        if first == word:
            return rest
    raise AssertionError(f"the victim ended before it said {word}")


def left_by(hosts: Pool, process: subprocess.Popen[str]) -> list[Made]:
    return [each for each in hosts.engine.made() if f"/{process.pid}/" in each.labels["faultzone.owner"]]


def gone(hosts: Pool, process: subprocess.Popen[str], seconds: float) -> float:
    began = time.monotonic()
    while left := left_by(hosts, process):
        assert time.monotonic() - began < seconds, left
        time.sleep(0.05)
    return time.monotonic() - began


def process_ends(pid: int, seconds: float) -> bool:
    end = time.monotonic() + seconds
    while Path(f"/proc/{pid}").exists():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


@pytest.mark.parametrize("step", ["pool", "asked", "instances"])
def test_a_session_killed_at_a_step_leaves_nothing(hosts: Pool, step: str) -> None:
    with victim() as process:
        said = heard(process, "pool")
        if step != "pool":
            heard(process, step)
        process.kill()
        gone(hosts, process, 15)
        assert process_ends(int(said[1]), 15)


@pytest.mark.parametrize("turn", range(6))
def test_a_session_killed_at_a_random_moment_leaves_nothing(hosts: Pool, turn: int) -> None:
    with victim() as process:
        heard(process, "began")
        time.sleep(random.Random(turn).uniform(0, 3.5))
        process.kill()
        # What the engine was just making when the session was killed may come a moment later.
        for _ in range(3):
            gone(hosts, process, 20)
            time.sleep(0.3)


def test_a_session_killed_with_faults_in_force_leaves_nothing(hosts: Pool) -> None:
    with victim("faults") as process:
        said = heard(process, "pool")
        heard(process, "all")
        assert {each.state for each in left_by(hosts, process)} >= {"running", "paused"}
        process.kill()
        gone(hosts, process, 15)
        assert process_ends(int(said[1]), 15)


def test_the_next_sweep_removes_what_a_session_left_whose_watchdog_was_killed_too(hosts: Pool) -> None:
    with victim("faults", "no-watchdog") as process:
        heard(process, "all")
        os.kill(process.pid, signal.SIGSTOP)
        assert [each for each in leftovers(hosts.engine) if each in left_by(hosts, process)] == []  # It lives.
        process.kill()
        process.wait()
        assert {each.kind for each in left_by(hosts, process)} >= {"network", "volume"}
        sweep(hosts.engine)
        gone(hosts, process, 5)


def test_sweep_shows_before_it_removes(hosts: Pool, capsys: pytest.CaptureFixture[str]) -> None:
    dead = {**labels("dead"), "faultzone.owner": labels("dead")["faultzone.owner"].rpartition("/")[0] + "/1"}
    hosts.engine.create_volume("faultzone-test-left", dead)
    assert cli.main(["sweep", "--dry-run"]) == 0
    assert "volume     faultzone-test-left\n" in capsys.readouterr().out
    assert "faultzone-test-left" in {each.name for each in hosts.engine.made("dead")}
    assert cli.main(["sweep"]) == 0
    assert hosts.engine.made("dead") == []


def test_the_doctor_finds_this_machine_well(hosts: Pool, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["doctor"]) == 0
    said = capsys.readouterr().out
    assert "instances have everything of their own" in said
    assert "all it made was gone" in said


def test_a_lease_of_another_machine_ends_with_its_time() -> None:
    ours = labels("s")
    assert not expired(ours, time.time())
    assert expired({**ours, "faultzone.owner": ours["faultzone.owner"] + "0"}, time.time())
    theirs = {**ours, "faultzone.owner": "elsewhere/boot/17/1"}
    assert not expired(theirs, time.time())
    assert expired(theirs, time.time() + 13 * 3600)
