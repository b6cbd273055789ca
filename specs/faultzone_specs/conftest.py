"""Fixtures of the suite."""

from __future__ import annotations

import pytest

from faultzone import Region
from faultzone_specs.scripts import Scripts


@pytest.fixture
def region(monkeypatch: pytest.MonkeyPatch, region: Region) -> Region:
    """A region that is asked, and answers, in letters of other scripts; its tests read and write ASCII."""
    scripts = Scripts(region)
    monkeypatch.setattr(region.backend, "call", scripts.call)
    monkeypatch.setattr(region.backend, "control", scripts.control)
    return region
