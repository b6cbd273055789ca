"""The stored journals that a command reads: which files are meant, and what is told of one that was cut short."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from faultzone.errors import UsageError

if TYPE_CHECKING:
    from faultzone.journal.journal import Stored


def found(paths: Sequence[Path]) -> list[Path]:
    """The journals that these paths mean.

    Raises:
        UsageError: there is none in a directory.
    """
    every = []
    for path in paths:
        below = sorted(path.rglob("*.ndjson")) if path.is_dir() else [path]
        if not below:
            raise UsageError(f"{path}: expected a journal, found no file named *.ndjson")
        every += below
    return every


def read(path: Path) -> Stored:
    """A stored journal. The error stream says if its last line is cut short: what is there is judged all the same.

    Raises:
        UsageError: there is no such file, it is no journal, or it has no entry.
    """
    from faultzone.journal.journal import stored

    journal = stored(path)
    if journal.told:
        print(journal.told, file=sys.stderr)
    return journal
