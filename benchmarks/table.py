"""Rows as a table, and the tables of the documentation, which are made from what was recorded."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any, Final

from benchmarks.measure import Row

ROOT: Final = Path(__file__).parents[1]
#: What was recorded: the name of a benchmark -> `taken`, the sentence that says where and when, and `rows`.
RECORDED: Final = ROOT / "docs" / "benchmarks.json"
#: The pages with tables of it.
PAGES: Final = (ROOT / "docs" / "benchmarks.md", ROOT / "docs" / "docker.md")
_HEAD: Final = ("measured", "figure", "target", "met", "beside (how many times better ours is)")
_TABLE: Final = re.compile(r"(?<=<!-- figures: )([\w ]+)( -->\n).*?(?=<!-- end of figures -->)", re.DOTALL)


def number(value: float) -> str:
    """A figure with three digits that count."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def cells(row: Row) -> tuple[str, ...]:
    """A row of the table as text."""
    ratios = {peer: row.ratio(peer) for peer in row.peers or {}}
    said = {peer: "" if ratio is None else f" (x{number(ratio)})" for peer, ratio in ratios.items()}
    beside = [f"{peer} {number(value)}{said[peer]}" for peer, value in (row.peers or {}).items()]
    bound = "≥" if row.unit.endswith("/s") else "≤"
    targets = [] if row.target is None else [f"{bound} {number(row.target)}"]
    targets += [f"x{number(least)} {peer}" for peer, least in row.asked.items()]
    met = {None: "", True: "yes", False: "no"}[row.met]
    return row.what, f"{number(row.value)} {row.unit}", "; ".join(targets), met, "; ".join(beside)


def table(rows: Sequence[Row]) -> str:
    """The rows as a Markdown table whose columns stand under each other."""
    lines = [_HEAD, *map(cells, rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(_HEAD))]
    lines.insert(1, tuple("-" * width for width in widths))
    return "\n".join("| " + " | ".join(map(str.ljust, line, widths)) + " |" for line in lines)


def as_data(row: Row) -> dict[str, Any]:
    """A row as JSON has it, with whether its targets are met."""
    return {**asdict(row), "met": row.met}


def as_row(data: Mapping[str, Any]) -> Row:
    """The row that was written like that."""
    named = {each.name for each in fields(Row)}
    return Row(**{key: value for key, value in data.items() if key in named})


def record(name: str, taken: str, rows: Sequence[Row]) -> None:
    """Keep the rows of one benchmark in the place of those before, and write the tables of the pages anew."""
    recorded = json.loads(RECORDED.read_text("utf-8")) if RECORDED.exists() else {}
    recorded[name] = {"taken": taken, "rows": [as_data(row) for row in rows]}
    ordered = dict(sorted(recorded.items()))
    RECORDED.write_text(json.dumps(ordered, indent=1, ensure_ascii=False) + "\n", "utf-8")
    for page in PAGES:
        page.write_text(filled(page.read_text("utf-8"), recorded), "utf-8")


def filled(page: str, recorded: Mapping[str, Any]) -> str:
    """A page with the tables that its marks name, made from what was recorded."""

    def tables(mark: re.Match[str]) -> str:
        made = "".join(
            f"\n{found['taken']}\n\n{table([as_row(row) for row in found['rows']])}\n"
            for found in (recorded[name] for name in mark[1].split() if name in recorded)
        )
        return f"{mark[1]}{mark[2]}{made}\n"

    return _TABLE.sub(tables, page)
