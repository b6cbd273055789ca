"""What the installed plugin costs pytest's start, by pairs of processes that take turns.

What counts is the processor time of a process, which never waits: on an idle machine it is the time that passes. Of
each kind the lower quartile is taken, since what disturbs a start of a quarter of a second only ever makes it longer,
and by more than the plugin's whole cost.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import distribution
from pathlib import Path

from packaging.requirements import Requirement

from benchmarks.measure import MILLI, Row, Sizes

_DISTRIBUTION = "pytest-faultzone"
_TARGET = 10.0
_NOTHING_COLLECTED = 5


def _processor_time_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@dataclass(frozen=True)
class _Start:
    """One way to start pytest."""

    python: tuple[str, ...]
    arguments: tuple[str, ...]
    environment: dict[str, str]

    def seconds(self, where: Path) -> float:
        command = [sys.executable, *self.python, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider"]
        begun = _processor_time_of_children()
        done = subprocess.run(
            [*command, *self.arguments],
            cwd=where,
            env={**os.environ, **self.environment},
            capture_output=True,
            text=True,
            check=False,
        )
        taken = _processor_time_of_children() - begun
        if done.returncode != _NOTHING_COLLECTED:
            raise RuntimeError(done.stdout + done.stderr)
        return taken


def plain_site(directory: Path) -> str:
    """A plain install, the distribution and what it requires without extras, as a search path: links into this one."""
    waiting, seen = [_DISTRIBUTION], set[str]()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        dist = distribution(name)
        for requirement in map(Requirement, dist.requires or ()):
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                waiting.append(requirement.name)
        for top in {file.parts[0] for file in dist.files or ()} - {"..", "__pycache__"}:
            link = directory / top
            if not link.exists():
                link.symlink_to(Path(str(dist.locate_file(top))))
    # An editable install is a list of directories.
    lines = [line for path in directory.glob("*.pth") for line in path.read_text("utf-8").splitlines()]
    return os.pathsep.join([str(directory), *(line for line in lines if Path(line).is_dir())])


def _ways(where: Path) -> dict[str, _Start]:
    (where / "pytest.ini").write_text("[pytest]\n")
    (where / "empty_plugin.py").touch()
    off = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": str(where)}
    site = where / "site"
    site.mkdir()
    path = plain_site(site)
    metadata = next(site.glob("pytest_faultzone-*.dist-info"))
    without = where / "without"
    without.mkdir()
    for each in site.iterdir():
        if each != metadata:
            (without / each.name).symlink_to(each.resolve())
    return {
        "plugin": _Start((), ("-p", "pytest_faultzone.plugin"), off),
        "empty": _Start((), ("-p", "empty_plugin"), off),
        "again": _Start((), ("-p", "empty_plugin"), off),
        # -S leaves out what else is installed here, so that autoload finds what a plain install has.
        "plain": _Start(("-S",), (), {"PYTHONPATH": path}),
        "without": _Start(("-S",), (), {"PYTHONPATH": path.replace(str(site), str(without), 1)}),
    }


def measure(sizes: Sizes) -> Iterator[Row]:
    """pytest's start with the plugin over its start with an empty one, and a plain install's with autoload."""
    with tempfile.TemporaryDirectory() as directory:
        where = Path(directory)
        ways = _ways(where)
        taken: dict[str, list[float]] = {name: [] for name in ways}
        for batch in range(sizes.processes + 1):
            # Nobody always runs after the same neighbour.
            for name, way in sorted(ways.items(), reverse=batch % 2 == 1):
                one = way.seconds(where)
                if batch:  # The first one compiles.
                    taken[name].append(one * MILLI)

    start = {name: sorted(each)[len(each) // 4] for name, each in taken.items()}
    noise = {"an empty plugin over itself": start["again"] - start["empty"]}
    for what, more, target in (
        ("pytest's start with the plugin, over an empty plugin", start["plugin"] - start["empty"], _TARGET),
        ("a plain install's with autoload, over one without it", start["plain"] - start["without"], None),
    ):
        yield Row(what, more, "ms", target, noise, difference=True)
    yield Row(
        "pytest's start, plain install with autoload", start["plain"], "ms", None, {"without it": start["without"]}
    )
