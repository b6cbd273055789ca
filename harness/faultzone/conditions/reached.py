"""What must be reached in at least one of several runs: how often it was so far. The plugin judges it at the end."""

from __future__ import annotations

from typing import Final

from faultzone.conditions.sentences import Condition

#: Sentence -> how many runs there were, and in how many it was reached.
_runs: Final[dict[str, tuple[int, int]]] = {}


def note(condition: Condition, *, reached: bool) -> None:
    """Take note of the end of a run."""
    runs, found = _runs.get(str(condition), (0, 0))
    _runs[str(condition)] = (runs + 1, found + reached)


def take() -> dict[str, tuple[int, int]]:
    """The runs since this was last asked: by sentence, how many, and in how many of them it was reached."""
    found = dict(_runs)
    _runs.clear()
    return found
