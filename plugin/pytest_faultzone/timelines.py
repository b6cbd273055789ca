"""The pages that show the runs of tests as pictures, where an option asks for them; imported nowhere else."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from faultzone.journal.journal import open_private
from faultzone.journal.redaction import text
from faultzone.pages.timeline import Mark, page
from pytest_faultzone import options
from pytest_faultzone.made import REGIONS

if TYPE_CHECKING:
    from pytest_faultzone.made import Made

#: Where they are, if there is no directory for journals.
_DIRECTORY: Final = "faultzone-timelines"
_SAID_MOST: Final = 200
#: Whether a phase of a test has failed.
_FAILED: pytest.StashKey[bool] = pytest.StashKey()


def keep(item: pytest.Item, call: pytest.CallInfo[None], report: pytest.TestReport, verdict: str | None) -> None:
    """Write the pages of a test's regions: where a phase has failed, at once, since the failure names them; and at its
    end again, with the rest."""
    regions = item.config.stash.get(REGIONS, None)
    # The journal of an endpoint may have no entry.
    made = [one for one in regions.of(item) if len(one.journal)] if regions is not None else []
    if report.failed and call.excinfo is not None:
        item.stash[_FAILED] = True
        said = text(call.excinfo.exconly(tryshort=True).partition("\n")[0])[:_SAID_MOST]
        for one in made:
            one.failed.append((one.journal.tail(1)[0].number, f"{verdict}: {said}" if verdict else said))
    ended = report.when == "teardown" and (item.stash.get(_FAILED, False) or options.TIMELINE.read(item.config) == "on")
    if report.failed or ended:
        for one in made:
            _write(item.config, one)


def _write(config: pytest.Config, made: Made) -> None:
    if made.timeline is None:
        beside = options.JOURNAL.read(config)
        directory = options.JOURNAL.path(config) if beside else Path(config.invocation_params.dir, _DIRECTORY)
        made.timeline = directory / f"{made.path}.html"
        made.timeline.parent.mkdir(parents=True, exist_ok=True)
    with open_private(made.timeline) as file:
        file.write(page(made.journal, made.owner or "session", [Mark(*each) for each in made.failed]))
