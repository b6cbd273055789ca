from __future__ import annotations

import pytest

# Runs in this process forget what they import; what is imported here they find.
import faultzone.conditions.reached  # noqa: F401
import pytest_faultzone.checks
import pytest_faultzone.judging
import pytest_faultzone.regions
import pytest_faultzone.summary  # noqa: F401
from faultzone.control.tables import MEMORY
from faultzone.faults import HOUSE
from faultzone.model.core.dispatch import ACTIONS, REPORTS

for _table in (ACTIONS, REPORTS, MEMORY, HOUSE):
    for _name in _table:
        _table[_name]  # type: ignore[index]


@pytest.fixture(autouse=True)
def nothing_of_the_outer_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run inside a test is no worker, whatever this one is, and its terminal has a known width.

    It does not search for what nobody awaited, which takes longer than its tests: the outer run has its own search.
    """
    monkeypatch.setenv("COLUMNS", "120")
    for name in ("PYTEST_XDIST_WORKER", "PYTEST_XDIST_WORKER_COUNT", "PYTEST_XDIST_TESTRUNUID"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PYTEST_ADDOPTS", "-p no:unraisableexception -p no:threadexception")
