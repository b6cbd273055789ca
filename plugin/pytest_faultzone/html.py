"""What pytest-html gets of a failed test with a region, where it writes a report; imported nowhere else.

The explanation of the failure is in the report already, since pytest-html writes what the terminal shows. Here come the
picture of the run, its journal, and a link to its timeline, if there is one.
"""

from __future__ import annotations

import base64
import os
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
        extras.svg(picture, name="timeline"),
        extras.text("".join(lines(made.journal.tail(_ENTRIES))), name="journal"),
    ]
    if made.timeline is not None:
        link = os.path.relpath(made.timeline, Path(os.path.expandvars(written)).expanduser().absolute().parent)
        found.append(extras.url(Path(link).as_posix(), name="timeline page"))
    report.extras = [*getattr(report, "extras", ()), *found]  # type: ignore[attr-defined]
