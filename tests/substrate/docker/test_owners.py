"""Whose something on the engine is, and whether that session is over: judged only where it can be seen."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from typing import cast

import pytest

from faultzone.substrate.docker import cleanup
from faultzone.substrate.docker.cleanup import expired, labels, leftovers
from faultzone.substrate.docker.engine import Engine, Made

OWNER, LEASE = "faultzone.owner", "faultzone.expires"
LATER = 13 * 3600


@pytest.fixture(scope="module")
def process() -> Iterator[subprocess.Popen[bytes]]:
    """Another process of this machine's, which lives."""
    with subprocess.Popen(["sleep", "600"]) as started:
        yield started
        started.kill()


def of(process: int, started: str | None = None) -> dict[str, str]:
    """The marks of what a process has made."""
    ours = labels("session")
    began = started or cleanup._told(process)[19]
    return {**ours, OWNER: f"{cleanup._machine()}/{process}/{began}"}


def test_what_a_process_that_lives_has_made_is_in_use_for_however_long(process: subprocess.Popen[bytes]) -> None:
    for marks in (labels("session"), of(process.pid)):
        assert not expired(marks, time.time() + LATER)


def test_a_later_process_with_the_same_id_is_another(process: subprocess.Popen[bytes]) -> None:
    assert expired(of(process.pid, "1"), time.time())


def test_a_process_that_nobody_has_reaped_is_over() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        marks = of(ended.pid)
        os.waitid(os.P_PID, ended.pid, os.WEXITED | os.WNOWAIT)
        assert expired(marks, time.time())
    assert expired(marks, time.time())


@pytest.mark.parametrize("part", ["host", "boot", "namespace"])
def test_a_process_of_another_machine_or_namespace_is_not_judged_by_its_id(part: str) -> None:
    """Whatever has that id here: nothing, or something else."""
    host, boot, space, _, began = labels("session")[OWNER].split("/")
    other = {"host": ("x", boot, space), "boot": (host, "x", space), "namespace": (host, boot, "1")}[part]
    for process in (os.getpid(), 1, 4194304):
        marks = {**labels("session"), OWNER: "/".join((*other, str(process), began))}
        assert not expired(marks, time.time())
        assert expired(marks, time.time() + LATER)


def test_the_processes_of_another_namespace_s_proc_are_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "readlink", lambda path: "4711")
    assert cleanup._ended(os.getpid(), "1") is None
    assert not expired(of(os.getpid(), "1"), time.time())


def test_a_process_that_is_hidden_is_not_taken_to_be_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where /proc shows a user's own processes alone."""
    marks = of(os.getpid())

    def hide(process: int | str) -> list[str]:
        raise FileNotFoundError(process)

    monkeypatch.setattr(cleanup, "_told", hide)
    assert not expired(marks, time.time())


def test_without_a_proc_nothing_is_judged_by_its_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cleanup, "_machine", lambda: None)
    marks = labels("session")
    assert not expired({**marks, OWNER: "-/4194304/17"}, time.time())
    assert not expired(marks, time.time())


def looked(*made: Made) -> list[str]:
    """What is taken to be left behind of what an engine has."""

    class Lists:
        def made(self) -> list[Made]:
            return list(made)

    return [each.name for each in leftovers(cast(Engine, Lists()))]


def there(kind: str, name: str, marks: Mapping[str, str], state: str = "") -> Made:
    return Made(kind, name, name, marks, state)


def test_a_session_elsewhere_whose_host_runs_lives_longer_than_its_lease() -> None:
    old = {**labels("old"), OWNER: "elsewhere/boot/1/17/1", LEASE: str(int(time.time()) - 60)}
    volume = there("volume", "volume", old)
    assert looked(volume, there("container", "host", old, "running")) == []
    for state in ("paused", "created", "exited"):
        assert looked(volume, there("container", "host", old, state)) == ["volume", "host"]
    assert looked(volume, there("container", "host-kept", old, "running")) == ["volume", "host-kept"]


def test_a_host_that_runs_is_no_sign_of_life_where_the_process_is_seen_to_be_over(
    process: subprocess.Popen[bytes],
) -> None:
    assert looked(there("container", "host", of(process.pid, "1"), "running")) == ["host"]


def test_what_does_not_say_whose_it_is_goes_with_its_session() -> None:
    nameless = there("volume", "faultzone-session", {"faultzone": "session"})
    assert looked(nameless) == ["faultzone-session"]
    assert looked(nameless, there("network", "network", labels("session"))) == []
    assert looked(nameless, there("network", "network", labels("other"))) == ["faultzone-session"]
