"""`python -m benchmarks [NAME ...]`: measure, and print one table.

No figure fails a run: a target that is not met is a row that says so.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from benchmarks import (
    aimed,
    assistant,
    breaking,
    calls,
    console,
    docker,
    drills,
    failures,
    hostile,
    memory,
    pages,
    peers,
    placement,
    plugin,
    programs,
    regions,
    scale,
    start,
    stateful,
    timers,
    walks,
    wire,
)
from benchmarks.measure import QUICK, Row, Sizes
from benchmarks.table import as_data, as_row, number, record, table

BENCHMARKS: Final[dict[str, Callable[[Sizes], Iterator[Row]]]] = {
    "regions": regions.measure,
    "calls": calls.measure,
    "faults": calls.measure_faults,
    "drawn": regions.measure_drawn,
    "aimed": aimed.measure,
    "whole": calls.measure_whole,
    "memory": memory.measure,
    "placement": placement.measure,
    "scale": scale.measure,
    "timers": timers.measure,
    "stateful": stateful.measure,
    "start": start.measure,
    "plugin": plugin.measure,
    "assistant": assistant.measure,
    "breaking": breaking.measure,
    "walks": walks.measure,
    "wire": wire.measure,
    "programs": programs.measure,
    "hostile": hostile.measure,
    "failures": failures.measure,
    "pages": pages.measure,
    "console": console.measure,
    "docker": docker.measure,
    "drills": drills.measure,
}


def machine() -> str:
    """What the figures were measured on."""
    model = platform.machine()
    cpus = Path("/proc/cpuinfo")
    if cpus.exists():
        names = [
            line.partition(":")[2].strip() for line in cpus.read_text().splitlines() if line.startswith("model name")
        ]
        model = names[0] if names else model
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{python}, {platform.system()}, {os.cpu_count()} x {model}, {datetime.now(UTC):%Y-%m-%d}"


def _apart(name: str, options: Sequence[str]) -> list[Row]:
    """The rows of one benchmark from a process of its own: the collector would look through what those before it have
    left behind, which halved the rate of the timers."""
    with TemporaryDirectory() as folder:
        written = Path(folder, "rows.json")
        command = [sys.executable, "-m", "benchmarks", name, *options, "--json", str(written)]
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
        return [as_row(each) for each in json.loads(written.read_text(encoding="utf-8"))["rows"]]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what was asked for; the exit code says only whether it could be measured."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description="Measure, and print one table with a ratio to each peer."
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"some of {', '.join(BENCHMARKS)}; all when left out")
    parser.add_argument("--quick", action="store_true", help="fewer and smaller: a minute, rougher")
    parser.add_argument(
        "--peers-at-10000", action="store_true", help="the peers also among 10,000 instances: many minutes more"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the rows to FILE as well")
    parser.add_argument("--record", action="store_true", help="write the figures into the documentation")
    chosen = parser.parse_args(arguments)
    if unknown := set(chosen.names) - BENCHMARKS.keys():
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}; there are {', '.join(BENCHMARKS)}")
    sizes = QUICK if chosen.quick else Sizes()
    if chosen.peers_at_10000:
        sizes = replace(sizes, peer_instances=(*sizes.peer_instances, 10_000))
    names = chosen.names or list(BENCHMARKS)
    for missing, extra in ((not peers.INSTALLED, "moto and boto3"), (not stateful.INSTALLED, "hypothesis")):
        if missing:
            print(f"{extra}: not installed, left out", file=sys.stderr)
    # The peers are installed with their bytecode: so is this project where it is used.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    described = machine()
    rows: list[Row] = []
    failed: list[str] = []
    if len(names) == 1:
        print(f"measuring {names[0]} ...", file=sys.stderr)
        load = os.getloadavg()[0]
        for row in BENCHMARKS[names[0]](sizes):
            rows.append(row)
            # Each as it comes: where one takes long, that can be seen.
            print(f"  {row.what}: {number(row.value)} {row.unit}", file=sys.stderr)
        if chosen.record:
            record(names[0], f"{described}; load {load:.1f} at the beginning:", rows)
    else:
        options = [
            flag for flag in ("--quick", "--peers-at-10000", "--record") if getattr(chosen, flag[2:].replace("-", "_"))
        ]
        for name in names:
            try:
                rows += _apart(name, options)
            except subprocess.CalledProcessError:
                # Its own process has said why; the figures of the others are worth having.
                failed.append(name)
    print(f"{described}\n\n{table(rows)}")
    if chosen.json:
        content = {"machine": described, "rows": [as_data(row) for row in rows]}
        chosen.json.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    if failed:
        print(f"not measured: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
