"""Sessions that are killed at drawn moments while the engine is busy, away or stands still: nothing of them is left.

`FAULTZONE_DRILLS=N` says how many, as for `python -m benchmarks drills`.
"""

from __future__ import annotations

import os

import pytest

from benchmarks import drills
from faultzone.substrate.docker.session import Session

pytestmark = [pytest.mark.docker, pytest.mark.slow]
COUNT = int(os.environ.get("FAULTZONE_DRILLS") or 2 * len(drills.KINDS))


def test_nothing_is_left_of_killed_sessions(hosts: Session) -> None:
    results = drills.perform(drills.draw(COUNT))
    assert len(results) == COUNT
    assert [each for each in results if each.left] == []
