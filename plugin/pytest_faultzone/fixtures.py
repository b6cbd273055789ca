"""The fixtures: regions, and the parts of one that tests name most.

It is loaded at pytest's start, so the harness is imported only when a test first asks for a region.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from faultzone.journal.journal import Journal
    from faultzone.region import Chaos, Client, Region, RegionClock
    from pytest_faultzone.regions import RegionMaker

#: What makes the regions of the session, once a test has asked for one.
MAKER: pytest.StashKey[RegionMaker] = pytest.StashKey()


@pytest.fixture(scope="session")
def make_region(pytestconfig: pytest.Config) -> Iterator[RegionMaker]:
    """Make a region: `make_region(zones=3, hosts_per_zone=8, accounts=2, seed=7)`.

    Cheap enough for each example of a `@given` test. A region ends with the last reference to it, with the `with` block
    that it is used in, or with the session: what is still broken is mended and its endpoint closes.
    """
    from pytest_faultzone.regions import RegionMaker

    maker = pytestconfig.stash[MAKER] = RegionMaker(pytestconfig)
    yield maker
    maker.close()


@pytest.fixture
def region(request: pytest.FixtureRequest, make_region: RegionMaker) -> Iterator[Region]:
    """A region of the test's own, of the shape that `@pytest.mark.region(...)` says."""
    from pytest_faultzone import marks

    with make_region(**marks.shape(request.node)) as made:
        for mark in request.node.iter_markers("schedule"):
            for planned in made.chaos.play(marks.schedule(request.node, mark)):
                planned.where = str(request.node.path), (request.node.location[1] or 0) + 1
        yield made


@pytest.fixture
def ecs(region: Region) -> Client:
    """The public API of `region` alone: `ecs.DescribeInstances(PageSize=1)`."""
    from faultzone.region import Client

    return Client(region)


@pytest.fixture
def chaos(region: Region) -> Chaos:
    """What breaks `region`: `with chaos.crash(host): ...`."""
    return region.chaos


@pytest.fixture
def clock(region: Region) -> RegionClock:
    """The time of `region`: `clock.now`, `clock.advance("2h")`."""
    return region.clock


@pytest.fixture
def journal(region: Region) -> Journal:
    """The record of what happened in `region`."""
    return region.journal
