"""Each fault of the catalogue through the control routes of an endpoint, at once and in a schedule."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from faultzone import Region, make_region
from faultzone.backends.http import HttpBackend
from faultzone.faults import Fault
from faultzone.region import CloudOptions
from faultzone.serve import cloud as hosted
from faultzone.serve.client import connect, prepare
from tests.support.faults import IN_MEMORY, SAMPLES, name_of, stage

every = pytest.mark.parametrize("kind", IN_MEMORY, ids=name_of)


@pytest.fixture(scope="module")
def backend() -> Iterator[HttpBackend]:
    cloud = hosted.Hosted(clock="virtual")
    with hosted.endpoint(cloud, token="token") as served, closing(connect(served.url, token="token")) as connected:
        yield connected


@pytest.fixture
def region(backend: HttpBackend) -> Iterator[Region]:
    prepare(backend, CloudOptions.of(zones=1, hosts_per_zone=3, edition="2026-10"))
    backend.journal.entries.clear()
    with make_region(backend) as made:
        yield made


def said(region: Region) -> list[str]:
    return [entry.kind for entry in region.journal.of("owed", "fault", "undo")]


@every
def test_a_fault_is_injected_and_mended(region: Region, kind: type[Fault]) -> None:
    fault = SAMPLES[kind](stage(region))
    with region.chaos.inject(fault):
        region.clock.advance("1m")
    region.chaos.undo_all()
    assert said(region) == ["owed", "fault"] + ["undo"] * (fault.why_no_undo is None)


@every
def test_a_fault_comes_later_by_the_clock_of_the_endpoint(region: Region, kind: type[Fault]) -> None:
    fault, began = SAMPLES[kind](stage(region)), region.clock.ms
    scheduled = region.chaos.at("2h", fault)
    region.clock.advance("1h")
    assert scheduled.state == "planned"
    region.clock.advance("2h")
    assert scheduled.state != "planned"
    entries = region.control("journal", last=10_000)["entries"]
    came = [entry["at"] - began for entry in entries if entry["kind"] == "fault"]
    assert came == [2 * 3_600_000]
    region.chaos.undo_all()
    assert said(region) == ["owed", "fault"] + ["undo"] * (fault.why_no_undo is None)
