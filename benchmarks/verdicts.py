"""`python -m benchmarks.verdicts BACKEND ...`: judge a backend by the conformance suite, and record what came of it.

A backend is `memory`, `docker` or `URL`, a region that is served on loopback. Clauses of each edition are counted by
their verdicts; docs/verdicts.json keeps the last counts of each backend, and docs/backends.md shows them as a table.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from faultzone import editions

ROOT: Final = Path(__file__).parents[1]
RECORDED: Final = ROOT / "docs" / "verdicts.json"
PAGE: Final = ROOT / "docs" / "backends.md"
BACKENDS: Final = ("memory", "docker", "URL")
#: What the summary of a run counts, in the order of its columns.
COLUMNS: Final = (
    "asserted",
    "deviating",
    "not implemented",
    "undecided",
    "not supported",
    "not asserted",
    "untestable",
)
_TOKEN: Final = "of-this-run"
_ROW: Final = re.compile(rf"^([a-z0-9-]+)((?: +\d+){{{len(COLUMNS)}}})$", re.MULTILINE)
_TABLE: Final = re.compile(r"(?<=<!-- verdicts -->\n).*?(?=<!-- end of verdicts -->)", re.DOTALL)

#: Edition -> how many of its clauses have each verdict, by the columns.
Counts = dict[str, list[int]]


def read(said: str, edition: str = "") -> Counts:
    """The counts in the summary of a run.

    Args:
        said: what the run has written.
        edition: that it was judged by, where it was one: its summary has a row for each chapter.

    Raises:
        ValueError: it has no summary.
    """
    rows = {name: [int(each) for each in counts.split()] for name, counts in _ROW.findall(said)}
    if not rows:
        raise ValueError(f"the run has no summary: {said[-500:]}")
    return {edition: [sum(each) for each in zip(*rows.values(), strict=True)]} if edition else rows


def judge(backend: str) -> Counts:
    """Run the suite in all editions against a backend."""
    if backend != "URL":
        return read(_conform("--backend", backend))
    counts: Counts = {}
    for edition in editions.names():
        with _served(edition) as url:
            said = _conform("--backend", url, "--token", _TOKEN, "--edition", edition)
        counts |= read(said, edition)
    return counts


def _conform(*arguments: str) -> str:
    command = [sys.executable, "-m", "faultzone", "conform", "-q", "-p", "no:cacheprovider", *arguments]
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False).stdout


@contextmanager
def _served(edition: str) -> Iterator[str]:
    command = [sys.executable, "-m", "faultzone", "up", "--edition", edition, "--token", _TOKEN]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as served:
        assert served.stdout is not None
        try:
            yield served.stdout.readline().removeprefix("ready ").strip()
        finally:
            served.terminate()


def table(recorded: Mapping[str, Mapping[str, Any]]) -> str:
    """What was recorded, as the rows of the page."""
    lines = [f"| backend | edition | {' | '.join(COLUMNS)} |", f"|---|---|{'---|' * len(COLUMNS)}"]
    for backend in BACKENDS:
        for edition, counts in recorded.get(backend, {}).get("editions", {}).items():
            lines.append(f"| `{backend}` | {edition} | {' | '.join(map(str, counts))} |")
    taken = "; ".join(f"`{each}` on {recorded[each]['taken']}" for each in BACKENDS if each in recorded)
    return "\n".join([*lines, "", f"Judged: {taken}.", ""])


def page(text: str, recorded: Mapping[str, Mapping[str, Any]]) -> str:
    """The page with the table of what was recorded."""
    return _TABLE.sub(lambda _: table(recorded), text)


def main(arguments: Sequence[str] | None = None) -> int:
    """Judge each backend that is named, and write the record and the page."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.verdicts", description="Judge backends by the suite.")
    parser.add_argument("backends", nargs="+", choices=BACKENDS, metavar="BACKEND", help=", ".join(BACKENDS))
    recorded = json.loads(RECORDED.read_text("utf-8")) if RECORDED.exists() else {}
    for backend in parser.parse_args(arguments).backends:
        recorded[backend] = {"taken": f"{datetime.now(UTC):%Y-%m-%d}", "editions": judge(backend)}
    RECORDED.write_text(json.dumps(recorded, indent=1) + "\n", "utf-8")
    PAGE.write_text(page(PAGE.read_text("utf-8"), recorded), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
