"""faultzone timeline RUN: a stored journal as a picture."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from faultzone.cli.journals import read
from faultzone.errors import UsageError

if TYPE_CHECKING:
    from faultzone.journal.journal import Entry, Stored
    from faultzone.pages.timeline import Mark, Run

#: Form -> how the name of its file ends.
_ENDS: Final = {"html": ".html", "svg": ".svg", "trace": ".trace.json"}


def add(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], run: Callable[[argparse.Namespace], int]
) -> None:
    """Add the command, which `run` does."""
    timeline = commands.add_parser(
        "timeline",
        help="show a stored journal as a picture",
        description="Make one HTML page of a stored journal: the run as a picture, the region as it stood at each "
        "entry, and the entries. The page loads nothing. You can drop a journal on it. With OTHER, both runs stand "
        "side by side; the first difference is marked.",
    )
    timeline.add_argument(
        "journal",
        type=Path,
        metavar="RUN",
        help="a file of --faultzone-journal, or a directory: all *.ndjson files in it and below it",
    )
    timeline.add_argument(
        "other", type=Path, nargs="?", metavar="OTHER", help="a file with another run, to compare with"
    )
    form = timeline.add_mutually_exclusive_group()
    form.add_argument("--svg", action="store_const", const="svg", dest="form", help="make a picture in SVG instead")
    form.add_argument(
        "--trace",
        action="store_const",
        const="trace",
        dest="form",
        help="make Trace Event JSON instead, for Perfetto and other viewers",
    )
    timeline.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        help="the file to write, or - for the standard output (default: beside the journal, with its name)",
    )
    timeline.set_defaults(run=run, form="html")


def run(options: argparse.Namespace, journals: Sequence[Path]) -> int:
    """Write what was asked for, and the names of the files.

    Args:
        options: what the command line says.
        journals: the stored journals that it means.

    Raises:
        UsageError: one file is to be written or compared, and there are several journals; or one is no journal.
    """
    if options.other is not None:
        return _compare(options, journals)
    if options.output is not None and len(journals) > 1:
        found = f"found {len(journals)} in {options.journal}: name one of them"
        raise UsageError(f"--output {options.output}: expected one journal, {found}")
    for path in journals:
        _put(options, path.with_name(path.stem + _ENDS[options.form]), _made(path, options.form))
    return 0


def _put(options: argparse.Namespace, usual: Path, made: str) -> None:
    """Write what was made to the file that the command line names, or the usual one, and print the name."""
    if options.output == "-":
        sys.stdout.write(made)
        return
    target = usual if options.output is None else Path(options.output)
    write(target, made)
    print(target)


def _compare(options: argparse.Namespace, journals: Sequence[Path]) -> int:
    """Write a page of two runs, and say on the standard error where they first differ."""
    if options.form != "html":
        raise UsageError(f"--{options.form}: expected one journal; two stand side by side on a page alone")
    if len(journals) > 1 or options.other.is_dir():
        raise UsageError(f"{options.journal} {options.other}: expected two files, found a directory")
    from faultzone.pages.compare import first_difference

    (path,) = journals
    names = _names(path, options.other)
    one, other = read(path), read(options.other)
    usual = path.with_name(f"{path.stem}-and-{options.other.stem}.html")
    _put(options, usual, _page(_run(one, names[0]), _run(other, names[1])))
    found = first_difference(one.entries, other.entries)
    if found is None:
        print("no difference", file=sys.stderr)
    else:
        print("the first difference:", file=sys.stderr)
        for name, entry in zip(names, found, strict=True):
            print(f"  {name}: {'nothing more' if entry is None else str(entry).strip()}", file=sys.stderr)
    return 0


def _names(path: Path, other: Path) -> tuple[str, str]:
    """What two runs are called: by their files, with the directories where the files are called the same."""
    return (path.stem, other.stem) if path.stem != other.stem else (str(path), str(other))


def write(target: Path, made: str) -> None:
    """Write a file that its owner alone can read, as the journal that it is made of.

    Raises:
        UsageError: it cannot be written.
    """
    from faultzone.journal.journal import open_private

    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with open_private(target) as file:
            file.write(made)
    except OSError as error:
        raise UsageError(f"{os.fspath(target)}: cannot be written: {error.strerror or error}") from None


def _made(path: Path, form: str) -> str:
    """What a stored journal looks like in a form."""
    journal = read(path)
    if form == "svg":
        from faultzone.pages.svg import svg

        return svg(journal.entries, path.stem)
    if form == "trace":
        from faultzone.pages.trace import trace

        return trace(journal.entries)
    return _page(_run(journal, path.stem))


def _run(journal: Stored, name: str) -> Run:
    """A stored journal as a page shows it."""
    from faultzone.pages.timeline import Run

    return Run(journal.entries, name, _verdicts(journal.entries), journal.cut)


def _page(run: Run, other: Run | None = None) -> str:
    """A page of a run, or of two."""
    from faultzone.pages.timeline import page

    return page(run.entries, run.title, run.marks, other, cut=run.cut)


def _verdicts(entries: list[Entry]) -> list[Mark]:
    """What the checkers object to, at the entries that show it; nothing of a journal that they cannot read."""
    from faultzone import checkers
    from faultzone.errors import HarnessError
    from faultzone.pages.timeline import Mark

    try:
        found = checkers.check(entries)
    except HarnessError:
        return []
    return [
        Mark(entry.number, f"{result.checker}: {result.why}")
        for result in found
        if result.verdict == checkers.VIOLATED
        for entry in result.entries[-1:]
    ]
