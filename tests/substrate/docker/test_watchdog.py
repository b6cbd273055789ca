"""How long the watchdog tries to remove what a killed session has left."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import pytest

from faultzone.errors import HarnessError
from faultzone.substrate.docker import cleanup
from faultzone.substrate.docker.connection import Away
from faultzone.substrate.docker.engine import LABEL, Engine, Made

LEFT = Made("network", "1", "faultzone-1", {LABEL: "1"})


class Played:
    """An engine and a clock: from which second it answers, and from which it removes."""

    def __init__(self, answers_at: float, removes_at: float, error: HarnessError) -> None:
        self._answers_at, self._removes_at, self._error = answers_at, removes_at, error
        self.now = 0.0
        self.left = [LEFT]

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def made(self, session: str) -> list[Made]:
        assert session == "1"
        self.sleep(1)
        if self.now < self._answers_at:
            raise self._error
        return list(self.left)

    def remove(self, made: Made) -> None:
        if self.now < self._removes_at:
            raise HarnessError("it is in use")
        self.left.remove(made)


@pytest.mark.parametrize(
    ("answers_at", "removes_at", "error", "ends"),
    [
        pytest.param(0, 100, Away("away"), True, id="what does not go at first"),
        pytest.param(0, 130, Away("away"), False, id="what does not go in two minutes"),
        pytest.param(300, 400, Away("away"), True, id="an engine that is away for minutes"),
        pytest.param(300, 430, Away("away"), False, id="two minutes from its return"),
        pytest.param(900, 0, Away("away"), False, id="an engine that stays away"),
        pytest.param(300, 0, HarnessError("refused"), False, id="an engine that answers with errors"),
    ],
)
def test_time_in_which_the_engine_is_away_does_not_count(
    monkeypatch: pytest.MonkeyPatch, answers_at: float, removes_at: float, error: HarnessError, *, ends: bool
) -> None:
    played = Played(answers_at, removes_at, error)
    monkeypatch.setattr(cleanup, "time", SimpleNamespace(monotonic=played.monotonic, sleep=played.sleep))
    assert cleanup._clean_up(cast(Engine, played), "1", set(), 60) is ends
    assert (played.left == []) is ends
