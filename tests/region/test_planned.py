"""Faults that are planned: they come when they are due, end when they are to, and stop nobody if they cannot come."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pytest

from faultzone import (
    AccountArrears,
    AgentOutage,
    ApiFailure,
    Client,
    ClockJump,
    HostCrash,
    PeerCut,
    Region,
    SubscriptionExpiry,
    SupplyShortage,
    UndoFailed,
    UnmetFault,
    UsageError,
    ZoneOutage,
    make_region,
)
from faultzone.backends.local import LocalBackend
from faultzone.control.faults.breaks import Breaking, breaks
from faultzone.control.local import Local
from faultzone.control.tables import container_breakers
from faultzone.errors import NotSupported
from faultzone.faults import Fault

HOST = "cn-hangzhou-a-h01"


@pytest.fixture
def region() -> Region:
    return make_region(zones=1, hosts_per_zone=2)


def state(region: Region) -> str:
    return next(str(each["state"]) for each in region.hosts if each["host"] == HOST)


def said(region: Region) -> list[str]:
    return [entry.kind for entry in region.journal.of("owed", "fault", "undo")]


@dataclass(frozen=True)
class HalfWay(Fault):
    """A fault whose injection fails half-way."""

    capability: ClassVar = "break-hosts"


@breaks(HalfWay)
def break_half_way(backend: Local, fault: HalfWay) -> Breaking:
    if fault.capability:
        raise OSError("injecting failed")
    yield None


def test_a_scheduled_fault_comes_while_time_advances(region: Region) -> None:
    before = region.clock.ms
    scheduled = region.chaos.at("2h", HostCrash(HOST))
    region.clock.advance("1h")
    assert scheduled.state == "planned"
    region.clock.advance("3h")
    assert state(region) == "down"
    assert [entry.at - before for entry in region.journal.of("owed", "fault")] == [7_200_000, 7_200_000]
    region.close()
    assert state(region) == "up"
    assert said(region) == ["owed", "fault", "undo"]


def test_where_time_is_not_the_tests_to_move_nothing_is_scheduled() -> None:
    class Wall(LocalBackend):
        capabilities = LocalBackend.capabilities - {"move-time"}

    region = make_region(Wall())
    with pytest.raises(NotSupported, match="memory has no clock that could bring a fault about later"):
        region.chaos.at("1h", HostCrash(HOST))


def test_a_scheduled_fault_comes_while_a_test_waits(region: Region) -> None:
    region.chaos.at("90s", HostCrash(HOST))
    region.wait(lambda: state(region) == "down", "2m", what="the crash")


def test_a_scheduled_fault_is_called_off_by_the_end_of_its_block(region: Region) -> None:
    with region.chaos.at("2h", HostCrash(HOST)):
        region.clock.advance("1h")
    region.clock.advance("2h")
    assert said(region) == []
    assert region.journal.of("notice")[0].data["what"] == "fault scheduled"


def test_a_scheduled_fault_without_its_target_is_skipped_and_told(region: Region) -> None:
    (instance,) = region.run_instances(1)
    scheduled = region.chaos.at("1m", AgentOutage(instance.id))
    instance.delete()
    began = region.clock.ms
    region.clock.advance("2m")
    assert region.clock.ms - began == 120_000
    assert scheduled.state == "skipped"
    assert instance.id in scheduled.record["error"]
    (told,) = region.journal.of("notice", what="fault skipped")
    assert (told.at - began, told.data["fault"], instance.id in told.data["why"]) == (60_000, "AgentOutage", True)
    with pytest.warns(UnmetFault, match=f"AgentOutage.* was skipped: .*{instance.id}") as told_at_the_end:
        region.close()
    assert told_at_the_end[0].filename == __file__


def test_a_call_that_lets_time_pass_is_not_stopped_by_a_fault_without_its_target(region: Region) -> None:
    ecs = Client(region)
    (instance,) = region.run_instances(1)
    region.chaos.at("10s", AgentOutage(instance.id))
    region.chaos.api_failure("DescribeZones", kind="delay", seconds=60)
    instance.delete()
    assert len(ecs.DescribeZones()["Zones"]["Zone"]) == 1
    with pytest.warns(UnmetFault):
        region.close()


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        (HostCrash("h1"), "unknown host 'h1'"),
        (PeerCut(HOST, "h1"), "unknown host 'h1'"),
        (ZoneOutage("z"), "unknown zone 'z'"),
        (SupplyShortage(family="ecs.none"), "unknown family 'ecs.none'"),
        (AgentOutage("i-1"), "unknown instance 'i-1'"),
        (SubscriptionExpiry("i-1"), "unknown instance 'i-1'"),
        (AccountArrears("nobody"), "unknown account 'nobody'"),
        (HostCrash(HOST, region="cn-mars"), "unknown region 'cn-mars'"),
        (ApiFailure("RunInstanses"), "unknown action 'RunInstanses'"),
        (ApiFailure("DescribeZones", kind="ignore"), "expected an action that answers its RequestId alone"),
    ],
)
def test_what_can_never_be_is_refused_when_it_is_planned(fault: Fault, why: str) -> None:
    machines = LocalBackend.capabilities | {"break-machines"}
    backend = LocalBackend(capabilities=machines, breakers=container_breakers)
    region = make_region(backend)
    with pytest.raises(UsageError, match=why):
        region.chaos.at("1m", fault)
    assert region.control("faults")["faults"] == []
    assert said(region) == []


def test_an_expiry_of_what_is_no_subscription_is_refused_when_it_is_planned(region: Region) -> None:
    (instance,) = region.run_instances(1)
    with pytest.raises(UsageError, match="the ID of a subscription instance"):
        region.chaos.at("1m", SubscriptionExpiry(instance.id))


def test_a_scheduled_fault_ends_by_itself(region: Region) -> None:
    began = region.clock.ms
    crash = region.chaos.at("5m10s", HostCrash(HOST), until="7m")
    region.clock.advance("6m")
    assert (crash.state, state(region)) == ("active", "down")
    region.clock.advance("4m")
    assert (crash.state, state(region)) == ("undone", "up")
    assert [entry.at - began for entry in region.journal.of("fault", "undo")] == [310_000, 420_000]
    region.close()
    assert said(region) == ["owed", "fault", "undo"]


def test_a_fault_lasts_as_long_as_it_is_told_to(region: Region) -> None:
    crash = region.chaos.inject(HostCrash(HOST), lasts="1m")
    region.clock.advance("59s")
    assert crash.state == "active"
    region.clock.advance("10s")
    assert crash.state in ("undoing", "undone")


@pytest.mark.parametrize("until", ["1m", "30s"])
def test_a_fault_does_not_end_before_it_begins(region: Region, until: str) -> None:
    with pytest.raises(UsageError, match=f"until='{until}': expected a moment after its beginning, '1m'"):
        region.chaos.at("1m", HostCrash(HOST), until=until)
    with pytest.raises(UsageError, match="lasts=0: expected a whole number of milliseconds, 1 or more"):
        region.chaos.inject(HostCrash(HOST), lasts=0)


def test_what_cannot_be_undone_has_no_end(region: Region) -> None:
    with pytest.raises(UsageError, match="does not end: an irreversible crash cannot be undone; leave out its end"):
        region.chaos.at("1m", HostCrash(HOST, reversible=False), until="2m")


def test_an_injection_that_fails_half_way_when_it_is_due_stops_no_time(region: Region) -> None:
    region.chaos.at("1m", HalfWay())
    region.clock.advance("2m")
    with pytest.raises(UndoFailed, match="half-way, and what it did is not known: injecting failed"):
        region.close()


def test_a_jump_that_comes_while_time_advances_is_added_to_it(region: Region) -> None:
    before = region.clock.ms
    region.chaos.at("1m", ClockJump("1h"))
    region.clock.advance("2m")
    assert region.clock.ms - before == 62 * 60_000
    region.clock.advance("2m")
    assert region.clock.ms - before == 64 * 60_000
