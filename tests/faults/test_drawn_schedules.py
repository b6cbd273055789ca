"""Faults of all kinds planned, drawn, printed, read back and replayed: the same journal."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st

from faultzone import Client, HarnessError, Region, UnmetFault, make_region
from faultzone.api.errors import ApiError
from faultzone.errors import NoAnswer, UsageError
from faultzone.faults import CATALOGUE, AgentOutage, ApiFailure, Fault, GuestCrash, HostKilled, PageSlip, StaleReads
from faultzone.faults.schedule import At, Call, Entry, On, Schedule
from faultzone.faults.strategies import faults, patterns, schedules, shapes
from faultzone.faults.targets import all, is_described
from faultzone.region.drawn import draw, profiles
from tests.support.faults import IN_MEMORY, Stage, name_of, stage


def played(schedule: Schedule, drawn: int = 0) -> list[str]:
    """The journal of a program that runs while a schedule is played in a fresh region, with so many drawn instances."""
    on = stage(make_region(zones=1, hosts_per_zone=3, seed=7))
    if drawn:
        draw(on.region, drawn)
    ecs = Client(on.region, timeout="10m")
    on.region.chaos.play(schedule)
    for _ in range(4):
        with suppress(ApiError, NoAnswer):
            ecs.DescribeInstances()
        with suppress(ApiError, NoAnswer):
            ecs.RunInstances(ImageId=on.region.defaults["image"], InstanceType="ecs.g5.large")
        with suppress(ApiError, NoAnswer):
            ecs.StopInstance(InstanceId=on.web.id)
        on.region.clock.advance("20m")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UnmetFault)
        with suppress(HarnessError):
            on.region.chaos.undo_all()
    return [str(entry) for entry in on.region.journal]


#: What the text of a schedule is made of.
NAMES = {each.__name__: each for each in (At, On, Call, Entry, Schedule, Decimal, *CATALOGUE)}


def read_back(schedule: Schedule) -> Schedule:
    return Schedule.read(json.loads(json.dumps(schedule.told())))


@pytest.fixture(scope="module")
def on() -> Stage:
    return stage(make_region(zones=1, hosts_per_zone=3, seed=7))


@pytest.mark.slow
@pytest.mark.parametrize("kind", IN_MEMORY, ids=name_of)
@settings(max_examples=4, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_fault_of_each_kind_is_replayed(on: Stage, kind: type[Fault], data: st.DataObject) -> None:
    """Planned, drawn, printed, read back and replayed: it comes, and the journal is the same."""
    fault = data.draw(faults(on.region, kinds=[kind]))
    schedule = Schedule([At("10m", fault), On(Call("StopInstance", nth=2), fault, after="3s")])
    assert read_back(schedule) == schedule
    assert eval(repr(schedule), NAMES) == schedule
    first = played(schedule)
    assert any(kind.__name__ in line for line in first)
    assert played(read_back(schedule)) == first


class Able:
    """A region that says that its backend can bring about everything, real machines included."""

    def __init__(self, region: Region) -> None:
        self.id, self.zones, self.hosts, self.instances = region.id, region.zones, region.hosts, region.instances

    def supports(self, capability: str) -> bool:
        return bool(capability)


@pytest.mark.parametrize("kind", CATALOGUE, ids=name_of)
@settings(max_examples=5, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_fault_of_each_kind_is_drawn_printed_and_read_back(on: Stage, kind: type[Fault], data: st.DataObject) -> None:
    fault = data.draw(faults(Able(on.region), kinds=[kind]))
    schedule = Schedule([At("10m", fault), On(Call("StopInstance"), fault, after="3s")])
    assert read_back(schedule) == schedule
    assert eval(repr(schedule), NAMES) == schedule
    assert Schedule.read(json.loads(schedule.text())) == schedule


@pytest.mark.slow
@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_what_is_drawn_is_replayed(data: st.DataObject) -> None:
    region = stage(make_region(zones=1, hosts_per_zone=3, seed=7)).region
    schedule = data.draw(schedules(region))
    assert read_back(schedule) == schedule
    assert played(read_back(schedule)) == played(schedule)


@pytest.mark.slow
@settings(max_examples=10, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_what_is_drawn_of_a_drawn_region_is_replayed(data: st.DataObject) -> None:
    """Names, tags and messages of many scripts included."""
    pytest.importorskip("faker")
    with make_region(zones=1, hosts_per_zone=3, seed=7) as region:
        draw(stage(region).region, 3)
        schedule = data.draw(schedules(region))
    first, second = (played(each, drawn=3) for each in (schedule, read_back(schedule)))
    assert first == second


@pytest.mark.slow
def test_the_texts_of_a_drawn_region_are_those_of_its_scenarios() -> None:
    pytest.importorskip("faker")
    with make_region(zones=1, hosts_per_zone=3, seed=7) as region:
        (one,) = draw(region, 1)
        who = next(profiles(7))
        wanted = [
            GuestCrash(all("instance", name=who.name)),
            GuestCrash(all("agent", tag=f"owner={who.owner}")),
            GuestCrash(all("agent", tag="team")),
        ]
        assert one.describe()["InstanceName"] == who.name
        quick = settings(max_examples=500, database=None, derandomize=True, phases=[Phase.generate])
        for each in wanted:
            find(faults(region, kinds=[GuestCrash]), lambda fault, each=each: fault == each, settings=quick)  # type: ignore[misc]
        found = find(
            faults(region, kinds=[ApiFailure]), lambda each: bool(getattr(each, "message", None)), settings=quick
        )
        assert getattr(found, "message", "") == f"{who.owner}, {who.city}"


@pytest.mark.slow
def test_schedules_are_drawn_with_all_that_they_can_have(on: Stage) -> None:
    """Stop conditions, gray failures, aims, targets that are described, calls and entries."""
    quick = settings(
        max_examples=500, database=None, derandomize=True, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    drawn = schedules(on.region)
    wanted: list[Callable[[Schedule], bool]] = [
        lambda each: len(each.stop_when) == 2,
        lambda each: any(
            isinstance(step.fault, StaleReads | PageSlip) and step.fault.page is not None for step in each.steps
        ),
        lambda each: any(getattr(step.fault, "nth", None) for step in each.steps),
        lambda each: any(is_described(getattr(step.fault, "zone", None) or "") for step in each.steps),
        lambda each: any(isinstance(step, On) and getattr(step.what, "about", None) for step in each.steps),
        lambda each: any(isinstance(step, On) and isinstance(step.what, Entry) for step in each.steps),
    ]
    for holds in wanted:
        find(drawn, holds, settings=quick)


def test_what_a_region_cannot_suffer_is_not_drawn(on: Stage) -> None:
    with pytest.raises(UsageError, match="has nothing that HostKilled could hit"):
        faults(on.region, kinds=[HostKilled])
    with make_region() as empty, pytest.raises(UsageError, match="has nothing that AgentOutage could hit"):
        faults(empty, kinds=[AgentOutage])


@pytest.mark.slow
@settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_patterns_of_drawn_regions_are_mended(data: st.DataObject) -> None:
    """In a region of any shape, whatever pattern its hosts follow: it can be read back, and all are up at its end."""
    with make_region(shape=data.draw(shapes(zones=2, hosts_per_zone=4)), seed=7) as region:
        schedule = data.draw(patterns(region))
        assert read_back(schedule) == schedule
        region.chaos.play(schedule)
        region.clock.advance("6h")
        assert {each["state"] for each in region.hosts} == {"up"}
