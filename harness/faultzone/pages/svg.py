"""A picture of a run that stands still: for reports and pages."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from html import escape
from typing import Final, NamedTuple, TypeAlias

from faultzone.clock import in_words
from faultzone.journal.journal import Entry
from faultzone.pages.tracks import Span, Tracks, pack, tracks

#: Where the entry with an index stands, from left to right.
_Place: TypeAlias = Callable[[int], float]

_WIDTH: Final = 1100
_GUTTER: Final = 170
_ROW: Final = 16
_HEAD: Final = 40
#: A lane has so many rows; what has no room there is counted.
_ROWS_MOST: Final = 12
#: Narrower things than this, in pixels, are one: the picture stays small whatever the journal.
_NARROW: Final = 0.5
#: What XML 1.0 cannot hold.
_NOT_XML: Final = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_STYLE: Final = """
text { font: 11px system-ui, sans-serif; fill: #1b1f24; } .faint { fill: #5d6673; } .ground { fill: #fff; }
.in { fill: #fff; } .Running { fill: #1f8a54; } .Stopped { fill: #7b8794; } .Pending { fill: #8d6bc8; }
.passing { fill: #b7791f; } .event { fill: #b4552d; } .run { fill: #0e7f8c; } .fault, .refusal { fill: #c62f2f; }
.lost { fill: #c62f2f; opacity: .2; } .call { fill: #2563c9; } .line { stroke: #d5dae1; }
.money { fill: none; stroke: #2563c9; } .move { fill: none; stroke: #1b1f24; opacity: .6; }
@media (prefers-color-scheme: dark) { text { fill: #e6e9ee; } .faint { fill: #9aa4b2; } .ground { fill: #14171b; }
.in { fill: #14171b; } .Running { fill: #4cc38a; } .Stopped { fill: #8b96a5; } .Pending { fill: #b39ae6; }
.passing { fill: #e0ac4f; } .event { fill: #f0986a; } .run { fill: #4fc5d2; } .fault, .refusal { fill: #ff7b72; }
.call { fill: #79a8ff; } .line { stroke: #343b45; } .money { stroke: #79a8ff; } .move { stroke: #e6e9ee; } }
"""


class _Lane(NamedTuple):
    """A lane: its name, its spans, the class of what it shows, and the losses of its host."""

    name: str
    spans: Sequence[Span]
    shows: str
    lost: Sequence[Span] = ()


def svg(entries: Iterable[Entry], title: str) -> str:
    """The picture, in order of the entries: calls and refusals, faults, events, commands, money, and hosts with the
    instances on them."""
    told = tracks(entries)
    count = max(1, len(told.entries))

    def x(index: int) -> float:
        return _GUTTER + (_WIDTH - _GUTTER - 8) * index / count

    shapes: list[str] = []
    top = _HEAD
    shapes += _marks(told, top, x)
    top += _ROW + 6
    rows: dict[int, float] = {}
    for lane in _lanes(told):
        drawn = min(_ROWS_MOST, max(1, pack(lane.spans)))
        shapes.append(_text(8, top + _ROW - 4, lane.name, "faint"))
        for span in lane.lost:
            width = x(span.end) - x(span.start)
            shapes.append(f'<rect class="lost" x="{x(span.start):.1f}" y="{top}" width="{width:.1f}" '
                          f'height="{drawn * _ROW}"/>')  # fmt: skip
        shapes += _spans(lane, top, x, rows)
        if left := sum(span.row >= _ROWS_MOST for span in lane.spans):
            shapes.append(_text(8, top + 2 * _ROW - 4, f"and {left} more", "faint"))
        top += drawn * _ROW + 6
        shapes.append(f'<path class="line" d="M{_GUTTER} {top - 3}H{_WIDTH}"/>')
    for account, bills in told.bills.items():
        shapes += _money(f"money of {account}" if len(told.bills) > 1 else "money", bills, top, x)
        top += 2 * _ROW + 6
    shapes += _moves(told.instances, rows, x)
    shapes += _ticks(told.entries, x)
    name = escape(_xml(title))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {top}" width="{_WIDTH}" height="{top}" '
        'role="img">'
        f'<title>{name}</title><style>{_STYLE}</style><rect class="ground" width="{_WIDTH}" height="{top}"/>'
        f'<text x="8" y="16">{name}</text>{"".join(shapes)}</svg>\n'
    )


def _lanes(told: Tracks) -> Iterator[_Lane]:
    for name, spans in (("fault", told.faults), ("event", told.events), ("run", told.runs)):
        if spans:
            yield _Lane({"run": "commands"}.get(name, f"{name}s"), spans, name)
    by_host: defaultdict[str, list[Span]] = defaultdict(list)
    lost: defaultdict[str, list[Span]] = defaultdict(list)
    for span in told.instances:
        by_host[span.host or ""].append(span)
    for span in told.lost:
        lost[span.id].append(span)
    for host in sorted({*by_host, *lost}, key=lambda each: (not each, each)):
        yield _Lane(host or "without a host", by_host[host], "instance", lost[host])


def _marks(told: Tracks, top: int, x: _Place) -> Iterator[str]:
    yield _text(8, top + _ROW - 4, "calls", "faint")
    for shows, indices in (("call", told.calls), ("refusal", told.refusals)):
        drawn = -1.0
        for index in indices:
            if x(index) - drawn > _NARROW:
                drawn = x(index)
                yield f'<rect class="{shows}" x="{drawn:.1f}" y="{top + 2}" width="2" height="{_ROW - 4}"/>'


def _spans(lane: _Lane, top: int, x: _Place, rows: dict[int, float]) -> Iterator[str]:
    drawn: dict[int, float] = {}
    for span in lane.spans:
        y = top + min(span.row, _ROWS_MOST - 1) * _ROW
        rows[id(span)] = y + _ROW / 2
        left, right = x(span.start), x(span.end)
        if span.row >= _ROWS_MOST or right - drawn.get(span.row, -1) < _NARROW:
            continue
        drawn[span.row] = right
        shows = lane.shows
        if shows == "instance":
            shows = span.state if span.state in ("Running", "Stopped", "Pending") else "passing"
        said = f"{span.label} {span.state}" if lane.shows != "fault" else span.label
        tip = f"<title>{escape(_xml(said))}</title>"
        width = max(1.0, right - left - 1)
        yield (f'<rect class="{shows}" x="{left:.1f}" y="{y + 1}" width="{width:.1f}" height="{_ROW - 3}">'
               f"{tip}</rect>")  # fmt: skip
        room = int((width - 6) / 6)
        if room >= 4:
            short = said if len(said) <= room else f"{said[: room - 1]}…"
            yield _text(left + 3, y + _ROW - 5, short, "in")


def _money(name: str, bills: Sequence[tuple[int, float]], top: int, x: _Place) -> Iterator[str]:
    least = min(0.0, *(balance for _, balance in bills))
    most = max(least + 1, *(balance for _, balance in bills))
    height = 2 * _ROW
    parts: list[str] = []
    drawn = -1.0
    for number, (index, balance) in enumerate(bills):
        if x(index) - drawn < _NARROW and number < len(bills) - 1:
            continue
        drawn = x(index)
        y = top + height - 3 - (balance - least) / (most - least) * (height - 6)
        parts.append(f"H{drawn:.1f}V{y:.1f}" if parts else f"M{drawn:.1f} {y:.1f}")
    yield _text(8, top + _ROW - 4, name, "faint")
    yield f'<path class="money" d="{"".join(parts)}H{_WIDTH - 8}"/>'


def _moves(instances: Sequence[Span], rows: dict[int, float], x: _Place) -> Iterator[str]:
    """From host to host."""
    latest: dict[str, Span] = {}
    for span in instances:
        before = latest.get(span.id)
        latest[span.id] = span
        if before is not None and before.host != span.host:
            start, end = f"{x(before.end):.1f} {rows[id(before)]}", f"{x(span.start):.1f} {rows[id(span)]}"
            yield f'<path class="move" d="M{start}L{end}"/>'


def _ticks(entries: Sequence[Entry], x: _Place) -> Iterator[str]:
    """The time since the start, at some places."""
    for part in range(8):
        index = part * len(entries) // 8
        if index < len(entries):
            yield _text(x(index), _HEAD - 6, f"+{in_words(entries[index].at - entries[0].at)}", "faint")


def _text(x: float, y: float, said: str, shows: str) -> str:
    return f'<text class="{shows}" x="{x:.1f}" y="{y}">{escape(_xml(said))}</text>'


def _xml(text: str) -> str:
    """A text without what XML cannot hold."""
    return _NOT_XML.sub("\ufffd", text)
