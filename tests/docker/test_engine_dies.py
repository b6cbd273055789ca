"""An engine that is really killed, and started again: what it was asked for before is not a matter of the region."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from time import monotonic

import pytest

from faultzone.errors import HarnessError
from faultzone.region import CloudOptions, Region, docker_backend, make_region
from faultzone.substrate.docker import session
from faultzone.substrate.docker.engine import Engine
from faultzone.substrate.docker.session import Session, Settings
from tests.docker.test_cleanup import heard, victim
from tests.docker.test_instances import out, soon
from tests.support.second_engine import SecondEngine, second_engine

pytestmark = [
    pytest.mark.docker,
    pytest.mark.slow,
    # The SDK leaves the sockets open by which it could not reach an engine.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture
def engine(hosts: Session, monkeypatch: pytest.MonkeyPatch) -> Iterator[SecondEngine]:
    with second_engine(hosts) as started:
        monkeypatch.setenv("DOCKER_HOST", started.host)
        yield started
        gc.collect()


@pytest.fixture
def made(engine: SecondEngine) -> Iterator[Callable[[], Region]]:
    """Make regions on the second engine; nothing of them is left there."""
    settings = Settings(hosts=9)

    def make() -> Region:
        options = CloudOptions.of(zones=1, hosts_per_zone=1)
        return make_region(docker_backend(options, settings), zones=1, hosts_per_zone=1)

    yield make
    session._SESSIONS.pop(settings).close()
    assert left() == []


def left(wanted: str | None = None) -> list[str]:
    """What there is of ours on the engine, by name."""
    asked = Engine()
    try:
        return [each.name for each in asked.made(wanted)]
    finally:
        asked.close()


def test_a_killed_engine_fails_the_test_and_not_the_region_and_the_next_works_once_it_is_back(
    engine: SecondEngine, made: Callable[[], Region]
) -> None:
    region = made()
    (one,) = region.run_instances(1)
    assert out(one, "echo well") == "well"
    engine.kill()
    with pytest.raises(HarnessError, match="the Docker engine no longer answers"):
        soon(lambda: one.status != "Running")
    region.close()
    engine.start()
    region = made()
    (one,) = region.run_instances(1)
    assert out(one, "echo well") == "well"
    region.close()


def test_a_session_that_is_killed_with_its_engine_leaves_nothing_once_the_engine_is_back(engine: SecondEngine) -> None:
    with victim() as process:
        session = heard(process, "pool")[0]
        heard(process, "instances")
        engine.kill()
        process.kill()
        process.wait()
    engine.start()
    # For two minutes after the engine's return the watchdog tries what an engine that has just come back refuses.
    end = monotonic() + 300
    while there := left(session):
        assert monotonic() < end, there
