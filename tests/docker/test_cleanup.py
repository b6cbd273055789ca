"""Nothing is left behind, at whatever moment a session is killed, and nothing is touched that is not ours."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest

from benchmarks.drills import PATHS, VICTIM
from benchmarks.proxy import proxy
from faultzone.cli import docker as docker_cli
from faultzone.cli import main as cli
from faultzone.substrate.docker import cleanup, lock
from faultzone.substrate.docker.cleanup import expired, labels, leftovers, remove_all, sweep
from faultzone.substrate.docker.engine import Container, Engine, Made, Stream
from faultzone.substrate.docker.session import Session

pytestmark = [pytest.mark.docker, pytest.mark.slow]
ROOT = Path(__file__).parents[2]


#: A session that does its work and ends in order.
SESSION = """
from faultzone.substrate.docker.session import Session, Settings
session = Session(Settings())
session.warm(1)
print(session.id)
session.close()
"""


@contextmanager
def victim(*arguments: str, before: Sequence[str] = ()) -> Iterator[subprocess.Popen[str]]:
    environment = {**os.environ, "PYTHONPATH": PATHS}
    process = subprocess.Popen(
        [*before, sys.executable, *VICTIM, *arguments], stdout=subprocess.PIPE, text=True, env=environment
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


def left_by(hosts: Session, process: subprocess.Popen[str]) -> list[Made]:
    # A volume that the engine makes by itself, for a container that comes late, says no owner: it may be this one's.
    owner = f"/{process.pid}/"
    return [each for each in hosts.engine.made() if owner in each.labels.get("faultzone.owner", owner)]


def gone(hosts: Session, process: subprocess.Popen[str], seconds: float) -> float:
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
def test_a_session_killed_at_a_step_leaves_nothing(hosts: Session, step: str) -> None:
    with victim() as process:
        said = heard(process, "pool")
        if step != "pool":
            heard(process, step)
        process.kill()
        gone(hosts, process, 90)
        assert process_ends(int(said[1]), 90)  # It waits for what the engine has just been asked for.


@pytest.mark.parametrize("turn", range(6))
def test_a_session_killed_at_a_random_moment_leaves_nothing(hosts: Session, turn: int) -> None:
    with victim() as process:
        heard(process, "began")
        time.sleep(random.Random(turn).uniform(0, 3.5))
        process.kill()
        # What the engine was just making when the session was killed may come a moment later.
        for _ in range(3):
            gone(hosts, process, 90)
            time.sleep(0.3)


@contextmanager
def watched(session: str, *said: str, patience: float = 30) -> Iterator[Callable[[], int]]:
    """A watchdog whose session says something and dies when it is told to; the rest of the block is after that."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "harness")}
    command = [sys.executable, "-m", "faultzone.substrate.docker.cleanup", session, str(patience)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == "watching\n"
        process.stdin.write("".join(f"{each}\n" for each in said))
        process.stdin.close()
        yield lambda: process.wait(240)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def wait_until(so: Callable[[], bool]) -> None:
    end = time.monotonic() + 90
    while not so():
        assert time.monotonic() < end
        time.sleep(0.02)


def start(hosts: Session, session: str, volume: str, number: int = 254) -> Stream:
    """Start a container that is a session's, at an address that no host gets."""
    wanted = Container(session, hosts.image, hosts.network, f"{hosts.subnet}.{number}", volume, labels(session))
    return hosts.engine.start(wanted)[1]


def test_what_a_slow_engine_makes_after_the_end_of_its_session_goes_too(hosts: Session) -> None:
    """The container comes once all else is gone: an engine finishes what it was asked for, whoever has asked."""
    hosts.engine.create_volume("late", labels("late"))
    with watched("late", "making volume late", "made volume late", "making container late") as ends:
        wait_until(lambda: not hosts.engine.made("late"))
        time.sleep(1)  # It looks several times in vain.
        stream = start(hosts, "late", hosts.volume)
        assert ends() == 0
        stream.close()
    assert hosts.engine.made("late") == []


def test_what_cannot_be_removed_at_first_keeps_nothing_else_and_goes_later(hosts: Session) -> None:
    """A volume that another's container holds cannot be removed; a container that comes meanwhile goes all the same."""
    hosts.engine.create_volume("held", labels("held"))
    holder = start(hosts, "holder", "held", 253)
    with watched("held") as ends:
        late = start(hosts, "held", hosts.volume)
        wait_until(lambda: [each.kind for each in hosts.engine.made("held")] == ["volume"])
        holder.close()
        assert ends() == 0
        late.close()
    assert hosts.engine.made("held") == hosts.engine.made("holder") == []


def test_the_watch_ends_when_nothing_more_can_come(hosts: Session) -> None:
    """At once after an orderly end; once the engine has had its time after a request that it never got."""
    hosts.engine.create_volume("over", labels("over"))
    with watched("over", "making container over", "closed", patience=600) as ends:
        assert ends() == 0
    with watched("over", "making container over", patience=0.5) as ends:
        assert ends() == 0
    assert hosts.engine.made("over") == []


def test_a_session_killed_with_faults_in_force_leaves_nothing(hosts: Session) -> None:
    with victim("faults") as process:
        said = heard(process, "pool")
        heard(process, "all")
        assert {each.state for each in left_by(hosts, process)} >= {"running", "paused"}
        process.kill()
        gone(hosts, process, 90)
        assert process_ends(int(said[1]), 90)


def test_the_next_sweep_removes_what_a_session_left_whose_watchdog_was_killed_too(hosts: Session) -> None:
    with victim("faults", "no-watchdog") as process:
        heard(process, "all")
        os.kill(process.pid, signal.SIGSTOP)
        assert [each for each in leftovers(hosts.engine) if each in left_by(hosts, process)] == []  # It lives.
        process.kill()
        process.wait()
        assert {each.kind for each in left_by(hosts, process)} >= {"network", "volume"}
        sweep(hosts.engine)
        gone(hosts, process, 90)


@pytest.mark.parametrize(
    "spaces", ["--pid --mount-proc", "--pid", "--pid --mount-proc --uts --net --ipc", "--uts", "--net"]
)
@pytest.mark.parametrize("looks", ["sweep", "session"])
def test_a_session_that_lives_keeps_its_hosts_whoever_looks_from_another_namespace(
    hosts: Session, spaces: str, looks: str
) -> None:
    """As from another container of the same machine: the same host name and boot, and other processes by these ids."""
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        pytest.skip("other namespaces need root and unshare")
    hosts.warm(1)
    before = {each.id for each in hosts.engine.made(hosts.id)}
    command = ["unshare", *spaces.split(), "--fork", "--kill-child", sys.executable]
    command += ["-m", "faultzone.cli.main", "sweep"] if looks == "sweep" else ["-c", SESSION]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "harness")}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    assert {each.id for each in hosts.engine.made(hosts.id)} == before
    assert hosts.engine.made(done.stdout.strip()) == [] if looks == "session" else "removed" in done.stdout


def test_a_session_in_another_namespace_keeps_its_hosts_when_this_one_looks(hosts: Session) -> None:
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        pytest.skip("other namespaces need root and unshare")
    with victim(before=("unshare", "--pid", "--mount-proc", "--fork", "--kill-child")) as process:
        session = heard(process, "pool")[0]
        heard(process, "instances")
        before = {each.id for each in hosts.engine.made(session)}
        assert [each for each in sweep(hosts.engine) if each.id in before] == []
        assert {each.id for each in hosts.engine.made(session)} == before
    # Its watchdog died with its namespace, so nobody sees from here that it is over: that is known after its lease.
    remove_all(hosts.engine, lambda: hosts.engine.made(session))


def test_a_volume_that_the_engine_makes_again_is_the_session_s(hosts: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """A create is under way while the session's end removes the volume: the engine makes the volume by itself."""
    name = f"faultzone-{'0' * 11}a"
    with proxy() as between:
        monkeypatch.setenv("DOCKER_HOST", f"unix://{between.path}")
        engine = Engine()
        engine.create_volume(name, labels("0" * 11 + "a"))
        (volume,) = hosts.engine.made("0" * 11 + "a")
        between.before["/containers/create"] = lambda: hosts.engine.remove(volume)
        wanted = Container(name, hosts.image, hosts.network, f"{hosts.subnet}.254", name, labels("0" * 11 + "a"))
        stream = engine.start(wanted)[1]
        made = hosts.engine.made("0" * 11 + "a")
        assert {each.kind for each in made} == {"container", "volume"}
        assert all(each.labels.items() >= wanted.labels.items() for each in made)
        between.before["/containers/create"] = lambda: hosts.engine.remove(volume)
        stream.close()
        wait_until(lambda: [each.kind for each in hosts.engine.made("0" * 11 + "a")] == ["volume"])
        with engine.container(hosts.image, ("true",), wanted.labels, "", name):
            (again,) = [each for each in hosts.engine.made("0" * 11 + "a") if each.kind == "volume"]
            assert again.labels == wanted.labels
        engine.close()
    hosts.engine.remove(again)


@pytest.mark.parametrize("by", ["sweep", "watchdog"])
def test_a_volume_of_a_session_is_known_by_its_name_too(hosts: Session, by: str) -> None:
    session = "0" * 11 + "b"
    hosts.engine.create_volume(f"faultzone-{session}", {})
    for other in ("faultzone-test-other", f"faultzone-{session}x"):
        hosts.engine.create_volume(other, {})
    if by == "sweep":
        sweep(hosts.engine)
    else:
        with watched(session) as ends:
            assert ends() == 0
    left = [each["Name"] for each in hosts.engine._api.volumes()["Volumes"]]
    for other in ("faultzone-test-other", f"faultzone-{session}x"):
        hosts.engine.remove(Made("volume", other, other, {}))
    assert f"faultzone-{session}" not in left
    assert {"faultzone-test-other", f"faultzone-{session}x"} <= set(left)


def test_sweep_shows_before_it_removes(
    hosts: Session, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Another machine's, for a while yet: a session that begins beside this test must not sweep it away.
    left = {
        **labels("dead"),
        "faultzone.owner": "elsewhere/boot/17/1",
        "faultzone.expires": str(int(time.time()) + 600),
    }
    hosts.engine.create_volume("faultzone-test-left", left)
    later = SimpleNamespace(time=lambda: time.time() + 601, monotonic=time.monotonic, sleep=time.sleep)
    monkeypatch.setattr(cleanup, "time", later)
    assert cli.main(["sweep", "--dry-run"]) == 0
    assert "volume     faultzone-test-left\n" in capsys.readouterr().out
    assert "faultzone-test-left" in {each.name for each in hosts.engine.made("dead")}
    assert cli.main(["sweep"]) == 0
    assert hosts.engine.made("dead") == []


def test_the_doctor_finds_this_machine_well(hosts: Session, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["doctor"]) == 0
    said = capsys.readouterr().out
    assert "instances have everything of their own" in said
    assert "all it made was gone" in said


@pytest.mark.parametrize("kind", ["fifo", "held", "link"])
def test_the_doctor_says_what_is_wrong_with_the_lock(
    hosts: Session,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    kind: str,
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(docker_cli, "_IMAGE_SECONDS", 0.1)
    place = lock.path("image")
    with ExitStack() as stack:
        if kind == "fifo":
            os.mkfifo(place)
        elif kind == "link":
            place.symlink_to(tmp_path / "other")
        else:
            stack.enter_context(lock.held("image", 0))
        assert cli.main(["doctor"]) == 1
    said = capsys.readouterr().out
    assert f"error    {place} " in said
    assert "end it (" in said if kind == "held" else "remove it" in said
    assert not (tmp_path / "other").exists()


def test_a_lease_of_another_machine_ends_with_its_time() -> None:
    ours = labels("s")
    assert not expired(ours, time.time())
    assert expired({**ours, "faultzone.owner": ours["faultzone.owner"] + "0"}, time.time())
    theirs = {**ours, "faultzone.owner": "elsewhere/boot/17/1"}
    assert not expired(theirs, time.time())
    assert expired(theirs, time.time() + 13 * 3600)
