"""A fault that nothing met is told, with the line of the fault."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import partial

import pytest

from faultzone import (
    AgentOutage,
    ApiError,
    Client,
    HostCrash,
    LaunchFailure,
    NoAnswer,
    Region,
    SpotPriceRise,
    SupplyShortage,
    UnmetFault,
    UsageError,
    make_region,
)
from faultzone.control.faults.met import PLACING, PRICING
from faultzone.faults import CATALOGUE, Fault
from faultzone.faults.fault import parameters
from faultzone.model.core.dispatch import find_actions
from faultzone.region import Injection
from tests.support.faults import Stage, all_kinds, name_of, sample, stage

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
    "supply": lambda region: Client(region).call("DescribeAvailableResource", DestinationResource="InstanceType"),
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
    made = stage(all_kinds())
    with made.region:
        yield made


def idle(on: Stage, kind: type[Fault]) -> Fault:
    """A fault of a kind, of a place where nothing is."""
    fault = sample(on, kind)
    used = {each["zone"] for each in on.region.hosts if each["instances"]}
    place, other = [each for each in on.region.hosts if each["zone"] not in used][:2]
    named = {"host", "rack", "switch", "zone"} & parameters(kind).keys()
    there = {name: place[name] for name in named if getattr(fault, name) is not None}
    if "peer" in parameters(kind):
        there["peer"] = other["host"]
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


every = pytest.mark.parametrize("kind", CATALOGUE, ids=name_of)


@pytest.mark.parametrize("planned", [False, True])
@every
def test_a_fault_of_each_kind_that_nothing_met_is_told_with_its_line(
    on: Stage, kind: type[Fault], planned: bool
) -> None:
    chaos, fault = on.region.chaos, idle(on, kind)
    broken = chaos.at("1s", fault) if planned else chaos.inject(fault)
    line = sys._getframe().f_lineno - 1
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always", UnmetFault)
        on.region.clock.advance("2s")
        broken.undo()
    told = [(each.filename, each.lineno) for each in found]
    assert told == ([] if kind.__name__ in AT_ONCE else [(__file__, line)])
    assert [str(each.message) for each in found if "met nothing" not in str(each.message)] == []


@every
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


@pytest.mark.parametrize("planned", [False, True])
@every
def test_a_fault_of_each_kind_that_something_met_is_not(on: Stage, kind: type[Fault], planned: bool) -> None:
    chaos, fault = on.region.chaos, sample(on, kind)
    broken = chaos.at("1s", fault) if planned else chaos.inject(fault)
    assert told(on.region, broken, lambda region: busy(on)) == []


#: What is no meeting: by fault, of an empty zone unless it is of an instance, and what is done meanwhile.
BESIDE: dict[str, tuple[Callable[[Stage], Fault], Callable[[Client, Stage], object]]] = {
    "a host and a key": (
        lambda on: HostCrash("cn-hangzhou-d-h04"),
        lambda ecs, on: ecs.CreateKeyPair(KeyPairName="keys"),
    ),
    "a host and a name": (
        lambda on: HostCrash("cn-hangzhou-d-h04"),
        lambda ecs, on: ecs.ModifyInstanceAttribute(InstanceId=on.web.id, InstanceName="other"),
    ),
    "supply and another family": (lambda on: SupplyShortage(family="ecs.g5"), lambda ecs, on: launch(ecs, on)),
    "supply and another zone": (
        lambda on: SupplyShortage(zone="cn-hangzhou-d"),
        lambda ecs, on: launch(ecs, on, ZoneId="cn-hangzhou-c"),
    ),
    "supply and another instance": (
        lambda on: SupplyShortage(zone="cn-hangzhou-d"),
        lambda ecs, on: ecs.RebootInstance(InstanceId=on.web.id),
    ),
    "supply and another region": (
        lambda on: SupplyShortage(region="cn-beijing"),
        lambda ecs, on: launch(ecs, on, RegionId="cn-hangzhou"),
    ),
    "launches and another family": (lambda on: LaunchFailure(family="ecs.g5"), lambda ecs, on: launch(ecs, on)),
    "launches and another zone": (
        lambda on: LaunchFailure(zone="cn-hangzhou-d"),
        lambda ecs, on: launch(ecs, on, ZoneId="cn-hangzhou-c"),
    ),
    "a price and another type": (lambda on: SpotPriceRise("ecs.g5.large", "0.5"), lambda ecs, on: launch(ecs, on)),
    "an agent and zones": (lambda on: AgentOutage(on.web.id), lambda ecs, on: ecs.DescribeZones()),
    "an agent and another": (
        lambda on: AgentOutage(on.web.id),
        lambda ecs, on: ecs.DescribeCloudAssistantStatus(InstanceId=[on.paid.id]),
    ),
}


def launch(ecs: Client, on: Stage, **more: object) -> object:
    """Launch an instance of another family."""
    return ecs.RunInstances(ImageId=on.region.defaults["image"], InstanceType="ecs.r5.large", **more)


@pytest.mark.parametrize("what", BESIDE)
def test_what_has_nothing_to_do_with_a_fault_does_not_meet_it(on: Stage, what: str) -> None:
    make, do = BESIDE[what]
    (said,) = told(on.region, on.region.chaos.inject(make(on)), lambda region: do(Client(region), on))
    assert "met nothing" in said


def happen(said: Mapping[str, object], region: Region) -> None:
    """Let the journal have a report."""
    region.journal.append(region.clock.ms, "report", said)


def test_a_host_is_not_met_in_a_host_whose_id_begins_like_its_own(region: Region) -> None:
    for host, count in ((f"{EMPTY}0", 1), (EMPTY, 0)):
        said = {"report": "Halted", "instance": region.instances[0].id, "host": host}
        assert len(told(region, region.chaos.crash(EMPTY), partial(happen, said))) == count


def test_an_instance_that_is_taken_back_meets_the_price_that_takes_it(on: Stage) -> None:
    (dear,) = on.region.run_instances(1, SpotStrategy="SpotWithPriceLimit", SpotPriceLimit=0.5, SpotDuration=0)
    rise = on.region.chaos.inject(SpotPriceRise("ecs.g5.large", "5"))
    assert told(on.region, rise, lambda region: region.clock.advance("2h")) == []
    assert dear.id not in {each.id for each in on.region.instances}


def test_a_question_for_the_price_meets_it(on: Stage) -> None:
    rise = on.region.chaos.inject(SpotPriceRise("ecs.g5.large", "5"))

    def ask(region: Region) -> None:
        Client(region).DescribeSpotPriceHistory(NetworkType="vpc", InstanceType="ecs.g5.large")

    assert told(on.region, rise, ask) == []


def test_the_calls_that_look_for_room_are_calls() -> None:
    for name in (*PLACING, *PRICING):
        assert find_actions(name) == [name]


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
