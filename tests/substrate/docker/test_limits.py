"""The limits of instances: control groups of either version, and none, on a tree of ordinary files."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from faultzone.substrate.docker.agent import kernel as calls
from faultzone.substrate.docker.agent import limits
from faultzone.substrate.docker.agent.limits import MEMORY_BYTES, PROCESSES, Limits


class Kernel:
    """What is asked of the kernel: mounts, and writes in their order, to a tree of ordinary files."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.mounts: list[tuple[str, str]] = []
        self.writes: list[tuple[str, str]] = []
        self.refuses = False

    def mount(self, source: str, target: str, kind: str, flags: int = 0, data: str = "") -> None:
        if self.refuses:
            raise OSError(1, "Operation not permitted")
        self.mounts.append((kind, data))

    def write(self, path: str, value: object) -> None:
        Path(path).write_text(str(value))
        self.writes.append((os.path.relpath(path, self.root), str(value)))


@pytest.fixture
def kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Kernel:
    found = Kernel(tmp_path / "limits")
    monkeypatch.setattr(limits, "_ROOT", str(found.root))
    monkeypatch.setattr(limits, "_UNIFIED", str(tmp_path / "cgroup.controllers"))
    monkeypatch.setattr(limits, "_write", found.write)
    monkeypatch.setattr(calls, "mount", found.mount)
    rmdir = os.rmdir

    def remove(path: str) -> None:
        for each in os.scandir(path):  # The files of a group go with it.
            os.unlink(each)
        rmdir(path)

    monkeypatch.setattr(os, "rmdir", remove)
    return found


def test_version_2_empties_the_root_before_it_limits_and_then_limits_each_instance(
    kernel: Kernel, tmp_path: Path
) -> None:
    (tmp_path / "cgroup.controllers").touch()
    made = Limits()
    assert made.why_not is None
    assert kernel.mounts == [("cgroup2", "")]
    assert kernel.writes == [("host/cgroup.procs", str(os.getpid())), ("cgroup.subtree_control", "+pids +memory")]
    kernel.writes.clear()
    made.place("i-1", 17)
    assert kernel.writes[:2] == [("i-1/pids.max", str(PROCESSES)), ("i-1/memory.max", str(MEMORY_BYTES))]
    assert set(kernel.writes[2:]) == {("i-1/cgroup.procs", "17")}
    assert set(made.names()) == {"i-1"}
    made.remove("i-1")
    assert made.names() == []
    assert (kernel.root / "host").is_dir()


def test_version_1_has_a_tree_for_each_limit(kernel: Kernel) -> None:
    made = Limits()
    assert made.why_not is None
    assert kernel.mounts == [("cgroup", "pids"), ("cgroup", "memory")]
    made.place("i-1", 17)
    assert kernel.writes == [
        ("pids/i-1/pids.max", str(PROCESSES)),
        ("memory/i-1/memory.limit_in_bytes", str(MEMORY_BYTES)),
        ("pids/i-1/cgroup.procs", "17"),
        ("memory/i-1/cgroup.procs", "17"),
    ]
    made.remove("i-1")
    assert made.names() == []


def test_the_machine_s_own_groups_are_left_alone(kernel: Kernel) -> None:
    (kernel.root / "memory").mkdir(parents=True)
    (kernel.root / "memory/release_agent").touch()
    assert Limits().why_not == "the control group of memory is the machine's own"


def test_without_control_groups_nothing_is_limited_and_it_is_said_why(kernel: Kernel) -> None:
    kernel.refuses = True
    made = Limits()
    assert made.why_not is not None
    assert "not permitted" in made.why_not
    made.place("i-1", 17)
    made.remove("i-1")
    assert (kernel.writes, made.names()) == ([], [])
