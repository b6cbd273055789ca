"""What is left of a failed test: the hosts as they were, if asked for, and what they wrote."""

from __future__ import annotations

import os
import pty
import re
import shlex
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from faultzone.cli import main as cli
from faultzone.substrate.docker.cleanup import leftovers, sweep
from faultzone.substrate.docker.engine import Made
from faultzone.substrate.docker.session import Session
from pytest_faultzone import real_hosts
from tests.docker.conftest import MakeRegion

pytestmark = [pytest.mark.docker, pytest.mark.slow]

TESTS = """
import base64

def test_fails(region):
    program = base64.b64encode(b"#!/bin/sh\\necho the web is up; exit 3\\n").decode()
    instance, = region.run_instances(1, UserData=program)
    region.control("put-file", instance=instance.id, path="/root/mark", content="as it was")
    region.control("exec", instance=instance.id, script="echo said; while ! test -s /root/mark; do sleep .1; done")
    assert instance.status == "Stopped"

def test_passes(region):
    region.run_instances(1)
"""
KEEP = "--faultzone-backend=docker", "--faultzone-keep=failed"


def of_session(hosts: Session, text: str) -> list[Made]:
    """What there is of the session that wrote a text which names its containers."""
    found = re.search(r"faultzone-([0-9a-f]{12})-", text)
    assert found is not None, text
    return hosts.engine.made(found[1])


def at_a_terminal(command: str, typed: str) -> str:
    """What a command shows that is run at a terminal, after something was typed there."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(shlex.split(command), stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True)
    os.close(theirs)
    os.write(ours, typed.encode())
    shown = b""
    try:
        while data := os.read(ours, 4096):
            shown += data
    except OSError:  # The terminal's other end is closed.
        pass
    finally:
        os.close(ours)
        process.wait(120)
    return shown.decode()


def test_the_hosts_of_a_failed_test_stay_and_the_report_says_how_to_enter_them(
    pytester: pytest.Pytester, hosts: Session, capsys: pytest.CaptureFixture[str]
) -> None:
    pytester.makepyfile(TESTS)
    done = pytester.runpytest_subprocess(*KEEP)
    done.assert_outcomes(failed=1, passed=1)
    text = done.stdout.str()
    kept = of_session(hosts, text)
    assert sorted(each.kind for each in kept) == ["container", "network", "volume"]

    (command,) = re.findall(r"docker exec .*", text)
    shown = at_a_terminal(command, "hostname; cat /root/mark; echo; mount -t tmpfs x /mnt; exit 5\n")
    instance = command.split()[-1]
    assert f"iZ{instance.removeprefix('i-')}Z" in shown
    assert "as it was" in shown
    assert "permission denied" in shown

    assert cli.main(["sweep"]) == 0
    shown = capsys.readouterr().out
    for each in kept:
        assert re.search(rf"{each.name}\b.*, kept until 20\d\d-", shown), shown
    assert of_session(hosts, text) == kept
    assert cli.main(["sweep", "--kept"]) == 0
    assert of_session(hosts, text) == []


def test_what_is_kept_is_swept_once_its_lease_has_run_out(
    pytester: pytest.Pytester, hosts: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytester.makepyfile(TESTS)
    text = pytester.runpytest_subprocess(*KEEP, "-k", "fails").stdout.str()
    kept = of_session(hosts, text)
    assert len(kept) == 3
    sweep(hosts.engine)
    assert of_session(hosts, text) == kept
    now = time.time()
    with monkeypatch.context() as patched:
        patched.setattr(time, "time", lambda: now + 13 * 3600)
        assert [each for each in leftovers(hosts.engine) if each in kept] == kept
    cli.main(["sweep", "--kept"])


def watched(session: str) -> bool:
    """Whether a session's watchdog is still at work."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if f"docker.cleanup\0{session}" in path.read_text("utf-8", errors="replace"):
                return True
        except OSError:  # It has just ended.
            continue
    return False


def test_what_is_kept_outlives_a_session_that_is_killed(pytester: pytest.Pytester, hosts: Session) -> None:
    pytester.makepyfile(f"{TESTS}    open('running', 'w').close()\n    __import__('time').sleep(600)\n")
    command = [sys.executable, "-m", "pytest", *KEEP, "-p", "no:cacheprovider"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, cwd=pytester.path) as process:
        while not (pytester.path / "running").exists():
            assert process.poll() is None
            time.sleep(0.05)
        mine = [each for each in hosts.engine.made() if f"/{process.pid}/" in each.labels.get("faultzone.owner", "")]
        session = mine[0].labels["faultzone"]
        assert len(mine) == 4
        assert watched(session)
        process.kill()
    end = time.monotonic() + 120
    while watched(session):
        assert time.monotonic() < end
        time.sleep(0.05)
    left = hosts.engine.made(session)
    assert sorted((each.kind, each.name.endswith("-kept")) for each in left) == [
        ("container", True),
        ("network", False),
        ("volume", False),
    ]
    cli.main(["sweep", "--kept"])
    assert hosts.engine.made(session) == []


def test_nothing_is_kept_unless_asked_and_what_hosts_wrote_is_in_the_report(
    pytester: pytest.Pytester, hosts: Session
) -> None:
    pytester.makepyfile(TESTS)
    done = pytester.runpytest_subprocess("--faultzone-backend=docker", "--alluredir=report")
    text = done.stdout.str()
    assert of_session(hosts, text) == []
    section = text.partition("\nwhat its hosts wrote\n")[2].partition("=====")[0]
    assert re.search(r"cn-hangzhou-a-h01 \(faultzone-[0-9a-f]+-1\)", section)
    assert re.search(r"\d\d:\d\d:\d\d start i-\w+ epoch=1", section)
    assert re.search(r"i-\w+: its start-up program has ended with 3\n.*: the web is up", section)
    attached = [path.read_text("utf-8") for path in (pytester.path / "report").glob("*-attachment.txt")]
    assert any("the web is up" in each and "start-up program has ended with 3" in each for each in attached)


def test_the_hosts_of_a_region_that_has_ended_are_not_kept(make: MakeRegion, hosts: Session) -> None:
    region = make(zones=1, hosts_per_zone=1)
    region.run_instances(1)
    (link,) = hosts.pool.leased
    region.close()
    (block,) = real_hosts.blocks(region, keep=True)
    ((_, says),) = block.rows
    assert block.name == "what its hosts wrote"
    assert "start i-" in says
    assert link in hosts.pool.idle
    assert not link.name.endswith("-kept")


def test_no_more_hosts_are_kept_than_a_session_may_keep(
    make: MakeRegion, hosts: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    region = make(zones=1, hosts_per_zone=1)
    (one,) = region.run_instances(1)
    monkeypatch.setattr(hosts.pool, "kept", [*hosts.pool.leased] * 16)
    (block,) = list(real_hosts.blocks(region, keep=True))[1:]
    ((_, says),) = block.rows
    assert says == "16 hosts of earlier tests are kept, and 16 at most"
    assert one.exec("echo well") == (0, "well\n")


class Noisy:
    """A region whose hosts write very much, and that keeps none."""

    def control(self, verb: str) -> dict[str, Any]:
        assert verb == "host-logs"
        return {"hosts": [{"host": f"h{n}", "container": "c", "log": ["x" * 100] * 200} for n in range(40)]}


def test_what_is_shown_of_logs_is_bounded() -> None:
    (block,) = real_hosts.blocks(Noisy(), keep=False)  # type: ignore[arg-type]
    ((_, text),) = block.rows
    assert block.name == "what its hosts wrote"
    assert len(text) == 20_000
    assert "h39 (c)\n(160 lines more)\nxxx" in text
