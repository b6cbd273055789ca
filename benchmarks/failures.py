"""What is written of failures that everybody meets: how wide, through whose files, and how soon the cause is named.

Beside it stands what is written of the same tests with pytest's own tracebacks (`--tb=long`).
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Final

from benchmarks.measure import Row, Sizes
from pytest_faultzone.terminal import columns

#: Seconds that the run of them may take at most.
_PATIENCE: Final = 600.0
TYPICAL: Final = Path(__file__).with_name("typical_failures.py").read_text("utf-8")
#: How many failures there are in it.
COUNT: Final = len(re.findall(r"^ *def test_", TYPICAL, re.MULTILINE))


#: What stands above a failure: the name of the test, without a parameter.
_HEADER: Final = r"^(?:\x1b\[[0-9;]*m)*_+ (?:ERROR at \w+ of )?([\w.]+)(?:\[.*\])? _+(?:\x1b\[0m)?$"


@cache
def shown(width: int, *arguments: str, encoding: str = "utf-8") -> dict[str, list[str]]:
    """What is written of each failure at this width, by the name of the test."""
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        Path(folder, "test_it.py").write_text(TYPICAL, "utf-8")
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments, "test_it.py"]
        plain = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
        ran = subprocess.run(
            command,
            cwd=folder,
            env={**plain, "COLUMNS": str(width), "PYTHONIOENCODING": encoding, "CI": ""},
            capture_output=True,
            check=False,
            timeout=_PATIENCE,
        )
    output = ran.stdout.decode(encoding)
    # Fixtures that fail come first.
    failures = output.partition(" ERRORS ")[2].partition(" faultzone: clauses by chapter ")[0]
    parts = re.split(_HEADER, failures, flags=re.MULTILINE)
    found = dict(zip(parts[1::2], [each.strip("\n").splitlines() for each in parts[2::2]], strict=True))
    assert len(found) == COUNT, f"{output}{ran.stderr.decode(encoding)}(ended with {ran.returncode})"
    return found


def of_ours(lines: Sequence[str]) -> Sequence[str]:
    """The lines of a failure without what the test itself has logged and printed."""
    ends = [number for number, line in enumerate(lines) if re.match(r"-+ Captured ", line)]
    ends += [number for number, line in enumerate(lines) if line.startswith("=====")]
    return lines[: min(ends, default=len(lines))]


def wide(told: Mapping[str, Sequence[str]], width: int) -> dict[str, list[str]]:
    """The lines that are wider than the terminal, of the failures that have some."""
    found = {name: [line for line in of_ours(lines) if columns(line) > width] for name, lines in told.items()}
    return {name: lines for name, lines in found.items() if lines}


def frames(told: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """The files that each failure leads through, without their ends."""
    return {
        name: [
            each[1]
            for line in of_ours(lines)
            if (each := re.search(r"(\S+)\.py:\d+", line)) and not line.startswith("E ")
        ]
        for name, lines in told.items()
    }


def before_cause(told: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """How many lines stand before the cause of each failure; all of them where it is not named."""
    return {
        name: next((number for number, line in enumerate(lines) if line.startswith("E ")), len(lines))
        for name, lines in told.items()
    }


def measure(sizes: Sizes) -> Iterator[Row]:
    """The figures of all failures together, at three widths of the terminal."""
    for width in (120, 80, 40):
        ours, plain = shown(width), shown(width, "--tb=long")
        about = f"{COUNT} failures at {width} columns"
        beside = "pytest's own traceback"
        for what, target, count in (
            ("lines over the width", 0.0, lambda told, width=width: sum(map(len, wide(told, width).values()))),
            ("frames that are not of the user", 0.0, _foreign),
            ("most lines before the cause", 3.0, lambda told: max(before_cause(told).values())),
            ("lines of the longest", None, lambda told: max(len(of_ours(lines)) for lines in told.values())),
        ):
            yield Row(f"{about}: {what}", count(ours), "lines", target, {beside: count(plain)})


def _foreign(told: Mapping[str, Sequence[str]]) -> int:
    return sum(file != "test_it" for files in frames(told).values() for file in files)
