"""What the report of a failed test says of its region: what was broken, what happened last, how to run it again."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from typing import TYPE_CHECKING, Final

from faultzone.clock import SECOND
from faultzone.journal.redaction import quoted, text
from pytest_faultzone import examples
from pytest_faultzone.options import OPTIONS
from pytest_faultzone.running import seed_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest

    from faultzone.journal.journal import Journal
    from faultzone.region import Region

#: The kinds of entries that a reader looks for first; the journal has more.
_SHOWN_KINDS: Final = frozenset("call refusal transition event fault undo stale bill notice".split())
_TAIL: Final = 12
#: Columns of what is written where nobody knows how wide the reader's terminal is.
WIDTH: Final = 120
#: Headings of what is written here begin with it, so that it is known again.
_HEADING: Final = "faultzone"
_JOURNAL: Final = "faultzone journal, "


def sections(item: pytest.Item, region: Region | None) -> Iterator[tuple[str, str]]:
    """The sections of the report of a failed test, each with its heading.

    Args:
        item: the test.
        region: the one that it made last, or got; None where it has none.
    """
    if region is not None:
        journal = region.journal
        if broken := _schedule(journal):
            yield "faultzone: what was broken", broken
        shown = [entry for entry in journal if entry.kind in _SHOWN_KINDS or "not_kept" in entry.data]
        yield f"{_JOURNAL}last {min(_TAIL, len(shown))} of {len(journal)}", "\n".join(map(str, shown[-_TAIL:]))
    if region is not None or examples.has_faults(item):
        if (function := examples.as_function(item, seed_of(item))) is not None:
            yield "faultzone: the shortest example, as a test", function
        yield "faultzone: to run it again", run_again(item)


def _schedule(journal: Journal) -> str:
    """The faults of a region and their ends, each with the region time since it was made."""
    lines = []
    for entry in journal:
        if entry.kind in ("fault", "undo"):
            ended = "" if entry.kind == "fault" else "end of "
            said = {key: value for key, value in entry.data.items() if key not in ("fault", "number")}
            named = ", ".join(f"{key}={quoted(value, 200)}" for key, value in said.items())
            lines.append(f"+{(entry.at - journal.entries[0][1]) / SECOND:g} s  {ended}{entry.data['fault']}({named})")
    return "\n".join(lines)


def width() -> int:
    """The columns of the terminal that reports are written to; the variable `COLUMNS` sets them without one."""
    return max(shutil.get_terminal_size((WIDTH, 24)).columns, 40)


def fit(report: pytest.TestReport) -> None:
    """Let what a report has of a region fit the terminal: lines of the journal its width, characters its encoding.

    It is done where the report is written, which a worker of pytest-xdist does not know.
    """
    encoding = getattr(sys.__stdout__, "encoding", None) or "utf-8"
    for number, (heading, said) in enumerate(report.sections):
        if heading.startswith(_HEADING):
            fitted = "\n".join(map(_cut, said.split("\n"))) if heading.startswith(_JOURNAL) else said
            report.sections[number] = (heading, writable(fitted, encoding))


def _cut(line: str) -> str:
    most = width()
    return line if len(line) <= most else f"{line[: most - 1]}…"


def writable(said: str, encoding: str) -> str:
    """A text in the characters of an encoding: what it lacks is escaped, and its lines stay lines.

    pytest escapes a whole text, its ends of lines as well, where one character is lacking.
    """
    try:
        said.encode(encoding)
    except UnicodeEncodeError:
        return said.replace("…", ">").encode(encoding, "backslashreplace").decode(encoding)
    except LookupError:
        pass
    return said


def run_again(item: pytest.Item) -> str:
    """The command that runs a test again with the same regions, from the directory in which this run was started."""
    config = item.config
    path, colons, name = item.nodeid.partition("::")
    words = ["pytest", os.path.relpath(config.rootpath / path, config.invocation_params.dir) + colons + name]
    # A region's seed depends on the test's id, and that on the root directory.
    for written, destination in {"--rootdir": "rootdir", "--config-file": "inifilename"}.items():
        if value := config.getoption(destination, None):
            words.append(f"{written}={text(str(value))}")
    words += [text(written) for option in OPTIONS if option.again for written in option.written(config)]
    return shlex.join(words)
