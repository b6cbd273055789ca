"""The picture of a run in docs/observing.md: two crashes, a plan, commands and a refusal.

`python -m tests.quality.timeline_picture` draws it anew.
"""

from __future__ import annotations

from faultzone.pages.svg import svg
from tests.quality.sources import ROOT
from tests.support.runs import busy

PICTURE = ROOT / "docs" / "timeline.svg"


def drawn() -> str:
    """The picture as the code draws it."""
    return svg(busy(), "three instances of a deployment set, and two crashes of hosts")


if __name__ == "__main__":
    PICTURE.write_text(drawn(), "utf-8")
