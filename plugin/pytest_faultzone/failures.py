"""What is told of a failed test: what is wrong and where, what its regions show, and how to run it again."""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Final

from faultzone import clauses
from faultzone.journal import story
from faultzone.journal.redaction import text
from pytest_faultzone import examples, frames, marks, options, real_hosts
from pytest_faultzone.running import edition_parameter, seed_of, without_edition
from pytest_faultzone.terminal import Block, Frame, Story

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pytest

    from faultzone.region import Region
    from pytest_faultzone.made import Made, Regions

#: How many of the last things that happened are told, and of refusals, faults and runs.
_LAST: Final = 6
_MOST: Final = 3
#: Regions that are told.
_REGIONS: Final = 3
_COLOURS: Final = re.compile(r"\x1b\[[0-9;]*m")
#: Lines of what an exception says.
_SAID: Final = 40


def story_of(
    item: pytest.Item,
    call: pytest.CallInfo[None],
    verdict: str | None,
    objection: str,
    regions: Regions | None,
) -> Story:
    """What is told of a failed test.

    Args:
        item: the test.
        call: the phase of it that failed.
        verdict: the one that it gives on its clauses, if it has any.
        objection: why a known departure does not excuse it; empty if there is none.
        regions: those of the run, if there are any.
    """
    made = regions.of(item) if regions is not None else []
    blocks = [*_clauses(item, verdict, objection)]
    blocks += _regions(made, item)
    for region in [one.region for one in made if one.region is not None]:
        blocks += real_hosts.blocks(region, keep=options.KEEP.read(item.config) == "failed")
    if made or examples.has_faults(item):
        if (function := examples.as_function(item, seed_of(item))) is not None:
            is_code = "\n" in function
            blocks.append(
                Block(
                    "the shortest example, as a test:" if is_code else "example",
                    [("", function)],
                    "verbatim" if is_code else "text",
                )
            )
        blocks += _again(item, made)
    wrong, way = _wrong(item, call)
    return Story(wrong, way, blocks)


def _wrong(item: pytest.Item, call: pytest.CallInfo[None]) -> tuple[list[str], list[Frame]]:
    """What is wrong, and the way to it; nothing where pytest's own traceback is to be shown."""
    chosen = item.config.option
    # Without pytest's terminal there are none of its options.
    own_style = getattr(chosen, "tbstyle", "auto") != "auto" or any(
        getattr(chosen, name, False) for name in ("fulltrace", "showlocals")
    )
    if call.excinfo is None:  # It passed and should not: what pytest says has no place.
        return [], [frames.of_test(item)]
    if own_style:
        return [], []
    error = call.excinfo.value
    if frames.is_our_fault(error):
        return [], []
    start = Path(str(item.config.invocation_params.dir))
    # pytest may have coloured parts of it, which a line that is folded would cut.
    told = _COLOURS.sub("", _said(call.excinfo))
    said = told.removeprefix(f"{type(error).__module__}.").splitlines()
    said = said or [type(error).__name__]
    if len(said) > _SAID:
        said = [*said[:_SAID], f"... and {len(said) - _SAID} more lines"]
    said += frames.members(error, start)
    said += [f"because of {frames.brief(cause, start)}" for cause in frames.causes(error)]
    return said, frames.of(call.excinfo, start)


def _said(excinfo: pytest.ExceptionInfo[BaseException]) -> str:
    if isinstance(excinfo.value, BaseExceptionGroup):  # Of which Python would write all tracebacks.
        return f"{excinfo.typename}: {excinfo.value}"
    return excinfo.exconly(tryshort=True)


def _clauses(item: pytest.Item, verdict: str | None, objection: str) -> Iterator[Block]:
    if verdict is not None:
        rows = []
        for clause in map(clauses.get, marks.named(item)):
            rows.append(("", f"{clause.id} ({clause.level}): {clause.statement} [{clause.source}]"))
        yield Block("clause", [*rows, ("", f"verdict: {verdict}")], "text")
    if objection:
        yield Block("excused?", [("", f"no: {objection}")], "text")


def _path(path: Path, start: Path) -> str:
    return os.path.relpath(path, start) if path.is_relative_to(start) else str(path)


def _regions(made: Sequence[Made], item: pytest.Item) -> Iterator[Block]:
    """What the journals of a test's regions have to say: of the last, since more do not fit on a screen."""
    start = Path(item.config.invocation_params.dir)
    # Those of other examples have nothing to do with the one that failed.
    most = 1 if hasattr(getattr(item, "obj", None), "hypothesis") else _REGIONS
    told = [one for one in made if len(one.journal)][-most:] or made[-1:]
    for number, one in enumerate(told, 1):
        if len(told) > 1:
            yield Block("region", [("", f"{number} of the last {len(told)} that the test has")], "text")
        yield from _region(one, start, _LAST // len(told))


def _region(made: Made, start: Path, most: int) -> Iterator[Block]:
    """What the journal of a region has to say.

    Args:
        made: the region.
        start: the directory in which the run was started.
        most: how many of the last things that happened.
    """
    journal = made.journal
    told: set[str] = set()
    for name, moments in (("broken", story.faults(journal)), ("refused", story.refusals(journal)[-_MOST:])):
        if moments:
            yield Block(name, [(each.when, each.said) for each in moments[-2 * _MOST :]])
            told.update(each.said for each in moments)
    runs = story.runs(journal)
    if runs := [run for run in runs if not run.good][-_MOST:] or runs[-1:]:
        yield Block("guest", [_run(run) for run in runs])
    last = story.last(journal, most)
    if any(each.said not in told for each in last):
        yield Block("last", [(each.when, each.said) for each in last])
    for name, file in (("journal", made.file), ("timeline", made.timeline)):
        if file is not None:
            yield Block(name, [("", _path(file, start))], "text")


def _run(run: story.Run) -> tuple[str, str]:
    ran = f" of {run.script!r}" if run.script else ""
    return run.when, f"{run.instance}: {run.ended}{ran}" + (f"\n{run.output}" if run.output else "")


def _again(item: pytest.Item, made: Sequence[Made]) -> Iterator[Block]:
    """How to run a test again with the same regions."""
    shared = [one for one in made if one.owner != item.nodeid]
    owner = shared[-1].owner if shared else without_edition(item.nodeid, item)
    yield Block("again", [("", run_again(item, owner))], "command")
    if shared:
        whose = f"all tests of {owner or 'the run'}"
        yield Block("", [("", f"({whose}: they share the region, and what they did before is part of it)")], "text")


def run_again(item: pytest.Item, node: str) -> str:
    """The command that runs a test, or what holds tests, again with the same regions, from the directory in which this
    run was started."""
    config = item.config
    path, colons, name = node.partition("::")
    start = config.invocation_params.dir
    words = ["pytest"]
    if node:
        words.append(os.path.relpath(config.rootpath / path, start) + colons + name)
    elif config.args_source is config.ArgsSource.ARGS:
        words += config.args
    # A region's seed depends on the test's id, and that on the root directory.
    for written, destination in {"--rootdir": "rootdir", "--config-file": "inifilename"}.items():
        if value := config.getoption(destination, None):
            words.append(f"{written}={text(str(value))}")
    edition = edition_parameter(item)
    for option in options.OPTIONS:
        if edition is not None and option is options.EDITION:
            words.append(f"{option.flag}={edition}")
        elif option.again:
            words += map(text, option.written(config))
    return shlex.join(words)


def region_of(made: Sequence[Made]) -> Region | None:
    """The region that was made last."""
    return made[-1].region if made else None
