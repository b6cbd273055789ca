"""faultzone ask RUN SENTENCE: which entries of a stored journal a sentence describes, or whether it holds."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from faultzone.cli.journals import read as read_journal

if TYPE_CHECKING:
    from faultzone.conditions import Condition, Description
    from faultzone.journal.journal import Entry

_EPILOG: Final = """\
A sentence describes entries:
  refusal NoStock
  refusal NoStock not preceded by fault within 10m
  refusal not during fault SupplyShortage
  transition Stopped followed by transition Running same instance within 5m
  event is not to=Executed
  refusal Throttling 3 times within 1m

or says what must hold of them, with 'always', 'never', 'eventually' or 'sometimes' before it:
  never refusal NoStock not during fault
  always fault HostCrash followed by event SystemFailure.Reboot within 10s
"""


def add(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], run: Callable[[argparse.Namespace], int]
) -> None:
    """Add the command, which `run` does."""
    ask = commands.add_parser(
        "ask",
        help="ask a stored journal which entries a sentence describes, or whether it holds",
        description="Show the entries of stored journals that a sentence describes, or whether it holds. The exit "
        "status is 0 if there is such an entry, or the sentence holds in each journal; otherwise 1.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    ask.add_argument(
        "journal",
        type=Path,
        metavar="RUN",
        help="a file of --faultzone-journal, or a directory: all *.ndjson files in it and below it",
    )
    ask.add_argument("sentence", metavar="SENTENCE", help="what is asked, in quotes; docs/observing.md has the grammar")
    ask.set_defaults(run=run)


def run(sentence: str, journals: Sequence[Path]) -> int:
    """Answer a sentence from journals; the exit status.

    Raises:
        UsageError: it is no sentence, it is about entries that cannot exist, or a file is no journal.
    """
    from faultzone.conditions import Condition, read
    from faultzone.conditions.judging import see_told

    loaded = [(path, read_journal(path).entries) for path in journals]
    asked = read(sentence, [entry for _, entries in loaded for entry in entries])
    for _, entries in loaded:
        see_told(asked.what if isinstance(asked, Condition) else asked, entries)
    if isinstance(asked, Condition):
        return _judge(asked, loaded)
    return _find(asked, loaded)


def _find(asked: Description, journals: Sequence[tuple[Path, Sequence[Entry]]]) -> int:
    """Print the entries that are described."""
    from faultzone.conditions import Watch

    count = 0
    for path, entries in journals:
        watch = Watch(asked)
        found = [each for entry in entries for each in watch.see(entry)] + watch.end()
        if found and len(journals) > 1:
            print(path)
        for each in sorted(found, key=lambda one: one.entry.number):
            print(each.entry)
            if each.why:
                print(f"{'':>7}{each.why}")
        if watch.open:
            print(f"of {len(watch.open)} more it is not known: the journal ends before")
        count += len(found)
    print(f"{count} {'entry' if count == 1 else 'entries'}: {asked}")
    return 0 if count else 1


def _judge(asked: Condition, journals: Sequence[tuple[Path, Sequence[Entry]]]) -> int:
    """Print whether a condition holds in each journal; what is to be reached sometimes, whether it is in one."""
    from faultzone.conditions import HOLDS, judge
    from faultzone.conditions.sentences import SOMETIMES

    judged = [(path, judge(asked, entries)) for path, entries in journals]
    held = [each.verdict == HOLDS for _, each in judged]
    if asked.demand == SOMETIMES:
        print(f"{asked}: {f'reached in {sum(held)} of {len(held)} journals' if any(held) else 'never reached'}")
        return 0 if any(held) else 1
    for path, each in judged:
        if len(judged) > 1:
            print(path)
        print(each)
    return 0 if all(held) else 1
