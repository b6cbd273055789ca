"""The picture of the README: what a terminal shows of a run, as SVG.

`python -m tests.quality.picture` draws it anew.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.quality.sources import ROOT
from tests.support.patience import PATIENCE

PICTURE = ROOT / "docs" / "conform.svg"
COMMAND = "faultzone conform --backend wrong:eight-in-a-zone --clause deployment-set/zone-limit --edition 2019-02 -q"
COLUMNS = 120
#: Coloured as in a terminal, but for the source: how that looks depends on the highlighter.
_COLOURED = ("--color=yes", "--code-highlight=no")

_WIDE, _HIGH, _MARGIN = 8.0, 18, 16
_RED, _GREEN = "31", "32"
_COLOURS = {_RED: "#f07178", _GREEN: "#a5d6a7"}
_SGR = re.compile(r"\x1b\[([0-9;]*)m")


def printed() -> list[str]:
    """The lines of a run that do not change from run to run: the failure, then which clause deviates."""
    with TemporaryDirectory() as elsewhere:
        done = subprocess.run(
            [sys.executable, "-m", *COMMAND.replace("faultzone", "faultzone.cli.main", 1).split(), *_COLOURED],
            cwd=elsewhere,
            env={**os.environ, "COLUMNS": str(COLUMNS)},
            capture_output=True,
            text=True,
            check=False,
            timeout=5 * PATIENCE,
        )
    lines = done.stdout.splitlines()
    plain = [_SGR.sub("", line) for line in lines]
    again = next(number for number, line in enumerate(plain) if line.startswith("again "))
    verdict = next(number for number, line in enumerate(plain) if line.startswith("deviates: "))
    end = next(number for number, line in enumerate(plain) if "short test summary" in line)
    return [*lines[:again], "…", *lines[verdict:end]]


def draw(lines: list[str]) -> str:
    """A picture of a terminal that shows a command and these lines."""
    rows = [f"\x1b[{_GREEN}m$\x1b[0m {COMMAND}", *lines]
    width, height = round(COLUMNS * _WIDE) + 2 * _MARGIN, len(rows) * _HIGH + 2 * _MARGIN
    size = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
    drawn = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size}>',
        f"<title>{escape(COMMAND)}</title>",
        '<rect width="100%" height="100%" rx="8" fill="#1e2228"/>',
        '<g font-family="ui-monospace, Menlo, Consolas, monospace" font-size="13" fill="#d7dae0" xml:space="preserve">',
    ]
    for number, row in enumerate(rows):
        spans = "".join(_span(text, style, column) for text, style, column in _runs(row))
        drawn.append(f'<text y="{_MARGIN + (number + 1) * _HIGH - 5}">{spans}</text>')
    return "\n".join([*drawn, "</g>", "</svg>", ""])


def _runs(row: str) -> Iterator[tuple[str, frozenset[str], int]]:
    """The parts of a line with the codes in force there and the column at which they begin."""
    style: frozenset[str] = frozenset()
    column = 0
    for number, part in enumerate(_SGR.split(row)):
        if number % 2:
            codes = set(part.split(";"))
            style = frozenset() if codes & {"0", "00", ""} else style | codes
        elif part:
            yield part, style, column
            column += len(part)


def _span(text: str, style: frozenset[str], column: int) -> str:
    colour = next((f' fill="{_COLOURS[code]}"' for code in sorted(style) if code in _COLOURS), "")
    bold = ' font-weight="bold"' if "1" in style else ""
    # The length is stated so that columns stay in line whatever the font.
    place = f'x="{_MARGIN + column * _WIDE:g}" textLength="{len(text) * _WIDE:g}"'
    return f"<tspan {place}{colour}{bold}>{escape(text, quote=False)}</tspan>" if text.strip() else ""


if __name__ == "__main__":
    Path(PICTURE).write_text(draw(printed()), "utf-8")
