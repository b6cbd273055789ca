"""Random walks leave nothing on its way, whatever users, hosts, supply, time and money do."""

from __future__ import annotations

from itertools import product

import pytest

from benchmarks.walks import walk
from faultzone import editions


@pytest.mark.slow
@pytest.mark.parametrize(("edition", "recovery"), [*product(editions.names(), ("planned", "immediate"))])
def test_nothing_is_stuck_after_a_walk(edition: str, recovery: str) -> None:
    """Each walk is judged by all checkers besides."""
    for seed in range(4):
        assert walk(edition, recovery, seed, checked=True) == []
