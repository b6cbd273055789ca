"""Whatever comes between, what is under way has its outcome: a table, each cell of which is a test."""

from __future__ import annotations

import tomllib
from itertools import product
from pathlib import Path
from typing import Final

import pytest

from faultzone import editions
from faultzone.checkers import demand
from tests.support.transitions import CAUSES, IMPOSSIBLE, UNDER_WAY, make, outcome

#: What is under way -> what comes between -> what becomes of both: the refusal, the instance's state, its events.
TABLE: Final[dict[str, dict[str, str]]] = tomllib.loads(
    Path(__file__).with_suffix("").with_name("transitions.toml").read_text(encoding="utf-8")
)
CELLS: Final = [each for each in product(UNDER_WAY, CAUSES) if each not in IMPOSSIBLE]
#: Releases are judged by the days of grace of the edition, which that cause takes away.
JUDGES: Final = ("life-cycle", "stuck", "epochs", "event-machine", "windows", "settling", "money", "identity")


def test_the_table_is_whole() -> None:
    assert [(row, column) for row, cells in TABLE.items() for column in cells] == CELLS


@pytest.mark.parametrize(("under_way", "cause"), CELLS)
def test_it_has_its_outcome(under_way: str, cause: str) -> None:
    cell = make(under_way, cause)
    assert outcome(cell, cause) == TABLE[under_way][cause]
    demand(cell.region.journal, JUDGES)


@pytest.mark.slow
@pytest.mark.parametrize(("edition", "recovery"), [*product(editions.names(), ("planned", "immediate"))])
def test_nothing_is_left_on_its_way(edition: str, recovery: str) -> None:
    """In every edition and both ways of recovery; one for which there is no host is Stopped, and waits."""
    for under_way, cause in CELLS:
        came = editions.load(CAUSES[cause].edition).date
        if (under_way, recovery) == ("recovery-planned", "immediate") or not editions.load(edition).has(came):
            continue
        cell = make(under_way, cause, edition=edition, recovery=recovery)
        told = outcome(cell, cause)
        assert "Executing" not in told or "Stopped, " in told, (under_way, cause)
        assert not {"Pending", "Starting", "Stopping"} & {each.status for each in cell.region.instances}, under_way
        demand(cell.region.journal, JUDGES)
