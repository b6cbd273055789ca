"""What a session does while its engine is away: it waits once for some seconds, and then no more until it is back."""

from __future__ import annotations

import asyncio

import pytest

from faultzone.errors import HarnessError
from faultzone.substrate.docker import outage
from faultzone.substrate.docker.connection import Away
from faultzone.substrate.docker.outage import AWAY_SECONDS, Outage


class Engine:
    """An engine that comes back at an instant; time passes while it is waited for."""

    def __init__(self, back: float) -> None:
        self.now, self.back, self.asked = 100.0, back, 0

    def monotonic(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds

    def ping(self) -> None:
        if self.now < self.back:
            raise Away("away")

    async def ask(self) -> str:
        self.asked += 1
        self.ping()
        return "answer"


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Engine:
    made = Engine(back=0)
    monkeypatch.setattr(outage, "monotonic", made.monotonic)
    monkeypatch.setattr(outage, "sleep", made.sleep)
    return made


def patiently(away: Outage, engine: Engine) -> str:
    return asyncio.run(away.patiently(engine.ask))


def test_one_that_is_there_is_asked_once(engine: Engine) -> None:
    assert patiently(Outage(engine.ping), engine) == "answer"
    assert (engine.asked, engine.now) == (1, 100)


def test_one_that_comes_back_is_asked_again(engine: Engine) -> None:
    engine.back = 102.5
    assert patiently(Outage(engine.ping), engine) == "answer"
    assert engine.asked == 2
    assert engine.now == pytest.approx(102.5, abs=0.2)


def test_one_that_stays_away_is_waited_for_once(engine: Engine) -> None:
    engine.back = 1000
    away = Outage(engine.ping)
    for _ in range(2):
        with pytest.raises(Away):
            patiently(away, engine)
        assert engine.now == pytest.approx(100 + AWAY_SECONDS, abs=0.2)
    engine.now = 1000
    assert patiently(away, engine) == "answer"
    engine.back = 1005
    assert patiently(away, engine) == "answer"


def test_what_fails_for_another_reason_is_not_done_again(engine: Engine) -> None:
    async def fail() -> None:
        engine.asked += 1
        raise HarnessError("no space left on device")

    with pytest.raises(HarnessError, match="no space"):
        asyncio.run(Outage(engine.ping).patiently(fail))
    assert engine.asked == 1
