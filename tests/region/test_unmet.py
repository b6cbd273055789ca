"""A fault that nothing met is told, with the line of the fault."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace

import pytest

from faultzone import ApiError, Client, HostCrash, NoAnswer, Region, UnmetFault, UsageError, make_region
from faultzone.faults import Fault
from faultzone.faults.fault import parameters
from faultzone.region import Injection
from tests.support.faults import IN_MEMORY, SAMPLES, Stage, name_of, stage

EMPTY = "cn-hangzhou-a-h03"


@pytest.fixture
def region() -> Iterator[Region]:
    with make_region(zones=2, hosts_per_zone=3) as made:
        made.run_instances(1, zone="cn-hangzhou-a")
        made.run_instances(1, zone="cn-hangzhou-a", InstanceChargeType="PrePaid", Period=1)
        made.guest("echo 1", output="1")
        yield made


def told(region: Region, broken: Injection, meet: Callable[[Region], object]) -> list[str]:
    """What is told of a fault during which something is done."""
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always", UnmetFault)
        with broken:
            region.clock.advance("1s")
            meet(region)
    return [str(each.message) for each in found]


def nothing(region: Region) -> None:
    """Nothing is done."""


UNMET: dict[str, Callable[[Region], Injection]] = {
    "api": lambda region: region.chaos.throttling("RenewInstance", times=3),
    "host": lambda region: region.chaos.crash(EMPTY),
    "zone": lambda region: region.chaos.zone_outage("cn-hangzhou-b"),
    "supply": lambda region: region.chaos.shortage(family="ecs.g5"),
    "agent": lambda region: region.chaos.agent_outage(region.instances[0]),
}
MEETING: dict[str, Callable[[Region], object]] = {
    "api": lambda region: Client(region).call("DescribeZones"),
    "host": lambda region: region.run_instances(1),
    "zone": lambda region: region.run_instances(1),
    "supply": lambda region: region.run_instances(1, instance_type="ecs.r5.large"),
    "agent": lambda region: region.instances[0].describe(),
}


@pytest.mark.parametrize("what", UNMET)
def test_a_fault_that_nothing_met_is_told(region: Region, what: str) -> None:
    (said,) = told(region, UNMET[what](region), nothing)
    assert "met nothing: no call, guest, instance or transition saw it" in said


@pytest.mark.parametrize("what", [each for each in MEETING if each != "api"])
def test_a_fault_that_something_met_is_not(region: Region, what: str) -> None:
    assert told(region, UNMET[what](region), MEETING[what]) == []


def test_a_call_that_a_fault_meets_meets_it(region: Region) -> None:
    broken = region.chaos.api_failure("DescribeZones", kind="drop")

    def ask(region: Region) -> None:
        with pytest.raises(NoAnswer):
            Client(region).DescribeZones()

    assert told(region, broken, ask) == []
    assert (
        len(told(region, region.chaos.api_failure("DescribeZones"), lambda region: region.call("DescribeZones"))) == 1
    )


def test_a_host_with_instances_is_met_by_them(region: Region) -> None:
    assert told(region, region.chaos.crash(str(region.instances[0].host)), nothing) == []


#: What happens to an instance in any case: time passes, and what has crashed is started again.
AT_ONCE = {"ClockJump", "GuestCrash"}


@pytest.fixture
def on() -> Iterator[Stage]:
    made = stage(make_region(edition="2026-10", zones=4, hosts_per_zone=4))
    with made.region:
        yield made


def idle(on: Stage, kind: type[Fault]) -> Fault:
    """A fault of a kind, of a place where nothing is."""
    fault = SAMPLES[kind](on)
    used = {each["zone"] for each in on.region.hosts if each["instances"]}
    place = next(each for each in on.region.hosts if each["zone"] not in used)
    named = {"host", "rack", "switch", "zone"} & parameters(kind).keys()
    there = {name: place[name] for name in named if getattr(fault, name) is not None}
    return replace(fault, **there)  # type: ignore[type-var]


def busy(on: Stage) -> None:
    """What a program does to a region, and the region by itself."""
    ecs, region = Client(on.region), on.region
    for call in (
        lambda: region.run_instances(8, wait=False),
        lambda: ecs.RunInstances(ImageId=region.defaults["image"], InstanceType="ecs.g5.large"),
        lambda: ecs.DescribeInstances(PageSize=10, PageNumber=1),
        lambda: ecs.DescribeInstances(PageSize=10, PageNumber=1),
        lambda: ecs.RebootInstance(InstanceId=on.web.id),
        lambda: ecs.StopInstances(InstanceId=[on.web.id, on.paid.id], BatchOptimization="SuccessFirst"),
    ):
        with suppress(ApiError, NoAnswer):
            call()
    region.clock.advance("1m")
    with suppress(UsageError):
        region.control("migrate", instance=on.spot.id)
    region.clock.advance("5d")


@pytest.mark.parametrize("kind", IN_MEMORY, ids=name_of)
def test_a_fault_of_each_kind_that_nothing_met_is_told(on: Stage, kind: type[Fault]) -> None:
    broken = on.region.chaos.inject(idle(on, kind))
    said = told(on.region, broken, nothing)
    assert len(said) == (kind.__name__ not in AT_ONCE), said


@pytest.mark.parametrize("kind", IN_MEMORY, ids=name_of)
def test_a_fault_of_each_kind_that_nothing_met_is_an_error_where_asked(on: Stage, kind: type[Fault]) -> None:
    broken = on.region.chaos.inject(idle(on, kind))
    on.region.clock.advance("1s")
    with warnings.catch_warnings():
        warnings.simplefilter("error", UnmetFault)
        if kind.__name__ in AT_ONCE:
            broken.undo()
        else:
            with pytest.raises(UnmetFault, match=f"{kind.__name__}.* met nothing"):
                broken.undo()
    assert not broken.active


@pytest.mark.parametrize("kind", IN_MEMORY, ids=name_of)
def test_a_fault_of_each_kind_that_something_met_is_not(on: Stage, kind: type[Fault]) -> None:
    broken = on.region.chaos.inject(SAMPLES[kind](on))
    assert told(on.region, broken, lambda region: busy(on)) == []


def test_a_fault_that_never_came_is_told_at_the_end_with_its_line(region: Region) -> None:
    region.chaos.at("1h", HostCrash(EMPTY))
    with pytest.warns(UnmetFault, match=r"HostCrash.* never came: the region ended before") as found:
        region.chaos.undo_all()
    assert found[0].filename == __file__


def test_a_test_that_fails_by_itself_hears_of_nothing_else(region: Region) -> None:
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always", UnmetFault)
        with pytest.raises(ZeroDivisionError), region.chaos.crash(EMPTY):
            raise ZeroDivisionError
    assert found == []


def test_where_warnings_are_errors_all_is_undone_before_one_is_raised(region: Region) -> None:
    region.chaos.crash(EMPTY)
    region.chaos.throttling("RenewInstance")
    with warnings.catch_warnings():
        warnings.simplefilter("error", UnmetFault)
        with pytest.raises(UnmetFault, match=r"ApiFailure.*met nothing"):
            region.chaos.undo_all()
    region.clock.advance("1m")
    assert {each["state"] for each in region.hosts} == {"up"}
