"""A timeline: one page of HTML that carries a journal and loads nothing from anywhere."""

from __future__ import annotations

import base64
import gzip
import hashlib
import html
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from string import Template
from typing import NamedTuple

from faultzone.journal.journal import Entry, lines

_HERE = Path(__file__).parent


class Mark(NamedTuple):
    """A verdict on a run: the number of the entry that shows it, and what it says."""

    n: int
    text: str


class Run(NamedTuple):
    """A run that a page shows.

    Attributes:
        entries: of its journal.
        title: what it is called.
        marks: verdicts on it.
        cut: the number of the last line of its stored journal, if that is cut short and left out; 0 if it is whole.
    """

    entries: Iterable[Entry]
    title: str
    marks: Sequence[Mark] = ()
    cut: int = 0


def page(
    entries: Iterable[Entry], title: str, marks: Sequence[Mark] = (), other: Run | None = None, *, cut: int = 0
) -> str:
    """The page. It takes other journals too, which are dropped on it; without an entry it only waits for one.

    Whatever names and outputs hold is data of the page and never a part of it: the policy of the page allows its own
    script and style alone, and the script writes text.

    Args:
        entries: of the journal.
        title: what the run is called.
        marks: verdicts on it, such as those of checkers.
        other: another run, which stands beside it; the first difference is marked.
        cut: as of a `Run`.
    """
    style, script = (_HERE.joinpath(name).read_text("utf-8") for name in ("page.css", "timeline.js"))
    about = _about(title, marks, cut)
    about["other"] = None if other is None else _about(other.title, other.marks, other.cut)
    policy = f"default-src 'none'; script-src {_hash(script)}; style-src {_hash(style)}; base-uri 'none'"
    return Template(_HERE.joinpath("page.html").read_text("utf-8")).substitute(
        title=html.escape(title if other is None else f"{title} | {other.title}"),
        policy=html.escape(policy, quote=False),
        style=style,
        script=script,
        journal=_carried(entries),
        other="" if other is None else _carried(other.entries),
        about=json.dumps(about).replace("<", "\\u003c"),
    )


def _about(title: str, marks: Sequence[Mark], cut: int) -> dict[str, object]:
    return {"title": title, "marks": [mark._asdict() for mark in marks], "cut": cut}


def _carried(entries: Iterable[Entry]) -> str:
    """A journal as the page carries it. Without the time of writing: equal journals make equal pages."""
    written = "".join(lines(entries)).encode()
    return base64.b64encode(gzip.compress(written, 6, mtime=0)).decode() if written else ""


def _hash(text: str) -> str:
    """How a policy names an inline text that it allows."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
