"""Limits of each instance, where the kernel lets the host set them: how many processes it has and how much memory."""

from __future__ import annotations

import os
import time
from typing import Final

from . import kernel

#: What there is where the kernel has control groups of version 2 alone.
_UNIFIED: Final = "/sys/fs/cgroup/cgroup.controllers"
_ROOT: Final = "/run/limits"
#: The group of the host's agent itself.
_OWN: Final = "host"
PROCESSES: Final = 512
MEMORY_BYTES: Final = 1 << 30
#: Where the kernel tells how much memory a group uses, by the file of its limit.
_USED: Final = {"memory.max": "memory.current", "memory.limit_in_bytes": "memory.usage_in_bytes"}


class Limits:
    """The control groups of this host's instances, of version 1 or 2.

    Attributes:
        why_not: why there are none; None where there are.
    """

    def __init__(self) -> None:
        self.why_not: str | None = None
        self._limits: list[tuple[str, str, int]] = []
        try:
            if os.path.exists(_UNIFIED):
                self._unified()
            else:
                self._separate()
        except OSError as error:
            self.why_not = str(error)

    def _unified(self) -> None:
        """Version 2: one tree, whose root must have no process of its own before it can limit."""
        os.makedirs(_ROOT, exist_ok=True)
        kernel.mount("cgroup2", _ROOT, "cgroup2")
        os.makedirs(f"{_ROOT}/{_OWN}", exist_ok=True)
        _write(f"{_ROOT}/{_OWN}/cgroup.procs", os.getpid())
        _write(f"{_ROOT}/cgroup.subtree_control", "+pids +memory")
        self._limits = [(_ROOT, "pids.max", PROCESSES), (_ROOT, "memory.max", MEMORY_BYTES)]

    def _separate(self) -> None:
        """Version 1: a tree for each thing that is limited."""
        for name, file, limit in (
            ("pids", "pids.max", PROCESSES),
            ("memory", "memory.limit_in_bytes", MEMORY_BYTES),
        ):
            os.makedirs(f"{_ROOT}/{name}", exist_ok=True)
            kernel.mount("cgroup", f"{_ROOT}/{name}", "cgroup", 0, name)
            if os.path.exists(f"{_ROOT}/{name}/release_agent"):
                raise OSError(f"the control group of {name} is the machine's own")
            self._limits.append((f"{_ROOT}/{name}", file, limit))

    def place(self, instance: str, process: int) -> None:
        """Put an instance's first process, and so all that it starts, under limits.

        Raises:
            OSError: the kernel refuses.
        """
        for directory, file, limit in self._limits:
            os.makedirs(f"{directory}/{instance}", exist_ok=True)
            _write(f"{directory}/{instance}/{file}", limit)
        for directory, _, _ in self._limits:
            _write(f"{directory}/{instance}/cgroup.procs", process)

    def names(self) -> list[str]:
        """What there are limits for."""
        return sorted(
            entry.name
            for directory, _, _ in self._limits
            for entry in os.scandir(directory)
            if entry.is_dir() and entry.name != _OWN
        )

    def leave(self, instance: str, left: int | None) -> None:
        """Let an instance have no more memory than it has now and `left` bytes; None for as much as any.

        Raises:
            OSError: it does not run, or the kernel refuses.
        """
        directory, file, _ = next(each for each in self._limits if each[1] in _USED)
        with open(f"{directory}/{instance}/{_USED[file]}", encoding="ascii") as used:
            limit = MEMORY_BYTES if left is None else min(MEMORY_BYTES, int(used.read()) + left)
        _write(f"{directory}/{instance}/{file}", limit)

    def remove(self, instance: str) -> None:
        """Forget an instance that has ended; its last processes may take a moment to vanish."""
        for directory, _, _ in self._limits:
            for _ in range(100):
                try:
                    os.rmdir(f"{directory}/{instance}")
                except FileNotFoundError:
                    break
                except OSError:
                    time.sleep(0.002)
                else:
                    break


def _write(path: str, value: object) -> None:
    with open(path, "w", encoding="ascii") as file:
        file.write(str(value))
