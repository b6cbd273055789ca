"""Where two runs first differ."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import zip_longest

from faultzone.journal.journal import Entry


def first_difference(one: Sequence[Entry], other: Sequence[Entry]) -> tuple[Entry | None, Entry | None] | None:
    """The first entries that do not say the same, None for a run that has ended; None if there are none.

    Numbers and times are not compared, nor what the regions were made with, if both journals begin with that.
    """
    for place, (each, beside) in enumerate(zip_longest(one, other)):
        if place == 0 and one and other and one[0].kind == other[0].kind == "region":
            continue
        if each is None or beside is None or _key(each) != _key(beside):
            return each, beside
    return None


def _key(entry: Entry) -> tuple[str, str]:
    return entry.kind, json.dumps(entry.data, sort_keys=True, default=str)
