"""What pytest-html gets of a failed test with a region, where it writes a report; imported nowhere else.

The explanation of the failure is in the report already, since pytest-html writes what the terminal shows. Here come the
picture of the run, its journal, and a link to its timeline, if there is one.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pytest_html import extras

from faultzone.journal.journal import lines
from faultzone.pages.svg import svg

if TYPE_CHECKING:
    import pytest

    from pytest_faultzone.made import Made

#: So many entries of a journal, the last, are in a report.
_ENTRIES: Final = 20_000
#: What an attachment of a region has besides what pytest-html reads of it.
_MARK: Final = "faultzone"


def attach(report: pytest.TestReport, made: Made, written: str) -> None:
    """Put what a region of a failed test shows into its report; a region without a journal shows nothing.

    Args:
        report: of a phase that failed.
        made: the region.
        written: the file of pytest-html's own report.
    """
    if not len(made.journal):  # As behind an endpoint.
        return
    picture = base64.b64encode(svg(made.journal, made.owner or "session").encode()).decode()
    found: list[dict[str, Any]] = [
        extras.svg(picture, name="timeline") | {_MARK: True},
        extras.text("".join(lines(made.journal.tail(_ENTRIES))), name="journal") | {_MARK: True},
    ]
    if made.timeline is not None:
        link = os.path.relpath(made.timeline, _folder(written))
        found.append(extras.url(Path(link).as_posix(), name="timeline page"))
    report.extras = [*getattr(report, "extras", ()), *found]  # type: ignore[attr-defined]


def make_private(reports: Sequence[pytest.TestReport], written: str) -> None:
    """Let their owner alone read the files that pytest-html has made of what was attached.

    Args:
        reports: of all phases of a test, once pytest-html has taken the last.
        written: the file of pytest-html's own report.
    """
    for extra in [each for report in reports for each in getattr(report, "extras", ()) if _MARK in each]:
        # It names the file by now. A report in one file holds the content itself.
        content = str(extra["content"])
        if not content.startswith("data:"):
            with suppress(OSError):  # Some file systems know no such rights.
                _folder(written).joinpath(content).chmod(0o600)


def _folder(written: str) -> Path:
    return Path(os.path.expandvars(written)).expanduser().absolute().parent
