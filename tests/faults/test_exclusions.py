"""Faults that exclude each other on one target: refused when they are planned, by whatever way, and both named."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

import pytest

from faultzone import (
    GuestCrash,
    HostAtRisk,
    HostCrash,
    HostHang,
    Instance,
    NetworkCut,
    RackOutage,
    Region,
    Schedule,
    SecurityLock,
    SwitchOutage,
    UnmetFault,
    UsageError,
    ZoneOutage,
    make_region,
    milliseconds,
)
from faultzone.faults import CATALOGUE, Fault
from faultzone.faults.schedule import At, Call, Entry, On
from faultzone.faults.targets import FIELDS, rack_of, zone_of
from faultzone.region import Injection

_HOST: Final = "cn-hangzhou-a-h01"

LOSSES: Final[dict[str, Callable[[Instance], Fault]]] = {
    "HostCrash": lambda web: HostCrash(str(web.host)),
    "HostCrash of an instance": lambda web: HostCrash(web),  # type: ignore[arg-type]
    "HostCrash for good": lambda web: HostCrash(str(web.host), reversible=False),
    "HostHang": lambda web: HostHang(str(web.host)),
    "NetworkCut": lambda web: NetworkCut(str(web.host)),
    "RackOutage": lambda web: RackOutage(str(web.rack)),
    "RackOutage of an instance": lambda web: RackOutage(rack_of(web)),
    "RackOutage of a host": lambda web: RackOutage(rack_of(str(web.host))),
    "SwitchOutage": lambda web: SwitchOutage(str(web.switch)),
    "ZoneOutage": lambda web: ZoneOutage(web.zone),
    "ZoneOutage of a host": lambda web: ZoneOutage(zone_of(str(web.host))),
    "HostAtRisk": lambda web: HostAtRisk(str(web.host)),
    "GuestCrash": lambda web: GuestCrash(web.id),
    "SecurityLock": lambda web: SecurityLock(web.id),
}
COMING: Final[dict[str, Callable[[Instance], Fault]]] = {
    name: make for name, make in LOSSES.items() if name in ("HostAtRisk", "GuestCrash", "SecurityLock", "HostCrash")
} | {"HostAtRisk of an instance": lambda web: HostAtRisk(web)}


def made(edition: str) -> tuple[Region, Instance]:
    region = make_region(edition=edition, zones=2, hosts_per_zone=4, hosts_per_rack=2, racks_per_switch=1, seed=1)
    (web,) = region.run_instances(1, zone="cn-hangzhou-a")
    return region, web


@pytest.fixture
def region() -> Iterator[Region]:
    with made("2026-10")[0] as region:
        yield region


@pytest.fixture
def web(region: Region) -> Instance:
    return region.instances[0]


@pytest.mark.parametrize("lasts", [None, "90s"])
@pytest.mark.parametrize("second", COMING)
@pytest.mark.parametrize("first", LOSSES)
def test_what_is_planned_comes_or_is_refused_when_it_is_planned(first: str, second: str, lasts: str | None) -> None:
    """Whatever two faults hit one instance and its host, in force or planned: none is skipped for the other."""
    for after in ("0s", "1s", "89s", "90s", "2m", "20m"):
        with made("2026-10")[0] as region:
            (web,) = region.instances
            one, other = LOSSES[first](web), COMING[second](web)
            until = None if lasts is None or one.why_no_undo else milliseconds("1m") + milliseconds(lasts)
            region.chaos.at("1m", one, until=None if until is None else until / 1000)
            refused, coming = "", None
            try:
                coming = region.chaos.at(60 + milliseconds(after) / 1000, other)
            except UsageError as error:
                refused = str(error)
            region.clock.advance("30m")
            if coming is None:
                assert (type(one).__name__ in refused, type(other).__name__ in refused) == (True, True)
            else:
                assert coming.state != "skipped", f"{after} after: {coming.record['error']}"
            region.chaos._owed.clear()


def test_what_ends_at_an_instant_has_ended_for_what_comes_then(region: Region, web: Instance) -> None:
    lock = SecurityLock(web.id)
    second = region.chaos.at("2m", lock, until="3m")
    first = region.chaos.at("1m", lock, until="2m")
    region.clock.advance("150s")
    assert (first.state, second.state) == ("undone", "active")


@pytest.mark.parametrize("edition", ["2019-02", "2026-10"])
def test_each_is_refused_beside_the_loss_of_its_host(edition: str) -> None:
    region, web = made(edition)
    with region:
        for name in ("HostCrash", "HostHang", "RackOutage", "ZoneOutage", "HostCrash of an instance"):
            loss = LOSSES[name](web)
            for other in (GuestCrash(web.id), HostAtRisk(str(web.host))):
                steps = [At("1m", loss, until="3m"), At("2m", other)]
                if name == "HostCrash of an instance" and isinstance(other, HostAtRisk):
                    continue
                with pytest.raises(
                    UsageError, match=rf"{type(other).__name__}.* cannot come at .*{type(loss).__name__}"
                ):
                    region.chaos.play(Schedule(steps))
                with region.chaos.inject(loss, lasts="3m"), pytest.raises(UsageError, match="cannot come at"):
                    region.chaos.at("5s", other)
                region.clock.advance("20m")
        assert [each["state"] for each in region.control("faults")["faults"] if each["state"] == "planned"] == []


def plans(region: Region, after: str, fault: Fault) -> list[Callable[[], object]]:
    """Every way to plan a fault."""
    schedule = Schedule([At(after, fault)])
    return [
        lambda: region.chaos.at(after, fault),
        lambda: region.chaos.play(schedule),
        lambda: region.control("schedule", after=milliseconds(after), fault=fault.told()),
        lambda: region.control("play", schedule=schedule.told()),
    ]


def test_a_fault_that_has_an_end_excludes_by_every_way_in(region: Region, web: Instance) -> None:
    region.chaos.inject(RackOutage(str(web.rack)), lasts="5m")
    said = r"HostAtRisk\(.* cannot come at 2019-03-01T.*: RackOutage\(.* excludes it on its host from 2019-03-01T"
    for way in plans(region, "1m", HostAtRisk(str(web.host))):
        with pytest.raises(UsageError, match=said):
            way()


#: What is in force until it is undone, and what it excludes while it is.
OPEN: Final[dict[str, tuple[Callable[[Instance], Fault], Callable[[Instance], Fault]]]] = {
    "power": (lambda web: HostCrash(str(web.host)), lambda web: HostAtRisk(str(web.host))),
    "rack": (lambda web: RackOutage(str(web.rack)), lambda web: HostAtRisk(str(web.host))),
    "itself": (lambda web: SecurityLock(web.id), lambda web: SecurityLock(web.id)),
    "risk": (lambda web: HostAtRisk(str(web.host)), lambda web: HostAtRisk(str(web.host))),
    "guest": (lambda web: HostHang(str(web.host)), lambda web: GuestCrash(web.id)),
}
BY_HAND: Final[dict[str, Callable[[Region, Fault], Injection]]] = {
    "inject": lambda region, fault: region.chaos.inject(fault),
    "at": lambda region, fault: region.chaos.at(0, fault),
}


@pytest.mark.parametrize("by", BY_HAND)
@pytest.mark.parametrize("what", OPEN)
def test_what_is_planned_beside_a_fault_without_an_end_comes_once_that_is_undone(
    region: Region, web: Instance, what: str, by: str
) -> None:
    one, other = (make(web) for make in OPEN[what])
    first = BY_HAND[by](region, one)
    region.clock.advance("1s")
    later = region.chaos.at("10m", other)
    first.undo()
    region.clock.advance("15m")
    assert later.state == "active"


PLANNED: Final[dict[str, Callable[[Region, Fault], Injection]]] = {
    "at": lambda region, fault: region.chaos.at("30s", fault),
    "play": lambda region, fault: region.chaos.play(Schedule([At("30s", fault)]))[0],
}


@pytest.mark.parametrize("by", BY_HAND)
@pytest.mark.parametrize("plan", PLANNED)
@pytest.mark.parametrize("what", OPEN)
def test_what_is_planned_beside_a_fault_that_is_in_force_still_is_skipped_and_told(
    region: Region, web: Instance, what: str, plan: str, by: str
) -> None:
    one, other = (make(web) for make in OPEN[what])
    first = BY_HAND[by](region, one)
    region.clock.advance("1s")
    planned = PLANNED[plan](region, other)
    region.clock.advance("1m")
    assert (first.state, planned.state) == ("active", "skipped")
    with pytest.warns(UnmetFault, match=rf"{type(other).__name__}.* was skipped: .+"):
        planned.undo()
    (notice,) = region.journal.of("notice", what="fault skipped", fault=type(other).__name__)
    assert notice.data["number"] == planned.number


@pytest.mark.parametrize("what", OPEN)
def test_what_comes_at_once_beside_a_fault_without_an_end_is_refused(region: Region, web: Instance, what: str) -> None:
    one, other = (make(web) for make in OPEN[what])
    region.chaos.inject(one)
    region.clock.advance("1s")
    for way in (lambda: region.chaos.inject(other), *plans(region, "0s", other)):
        with pytest.raises(UsageError):
            way()
    assert len(region.control("faults")["faults"]) == 1


def test_a_fault_of_a_schedule_lasts_as_the_schedule_says(region: Region, web: Instance) -> None:
    region.chaos.play(Schedule([At(0, HostCrash(str(web.host)))]))
    with pytest.raises(UsageError, match=r"HostAtRisk.* cannot come at .*HostCrash"):
        region.chaos.at("10m", HostAtRisk(str(web.host)))


def test_what_cannot_be_undone_excludes_for_good(region: Region, web: Instance) -> None:
    region.chaos.inject(HostCrash(str(web.host), reversible=False))
    with pytest.raises(UsageError, match=r"HostAtRisk.* cannot come at .*HostCrash"):
        region.chaos.at("10m", HostAtRisk(str(web.host)))


def test_what_was_planned_before_is_excluded_too(region: Region, web: Instance) -> None:
    region.chaos.at("5m", SecurityLock(web.id))
    with pytest.raises(UsageError, match=r"SecurityLock\(.* excludes a second one on its target"):
        region.chaos.at("1m", SecurityLock(web.id))
    region.chaos.at("1m", SecurityLock(web.id), until="5m")
    region.chaos.inject(SecurityLock(web.id), lasts="30s")
    with pytest.raises(UsageError, match="excludes a second one"):
        region.chaos.at("29s", SecurityLock(web.id))


def test_what_may_have_moved_is_not_excluded(region: Region, web: Instance) -> None:
    host = str(web.host)
    _, _, crash = region.chaos.play(
        Schedule([At("1m", HostAtRisk(host)), At("2m", HostCrash(host)), At("150s", GuestCrash(web.id))])
    )
    region.clock.advance("5m")
    assert crash.state == "active"


def test_what_hits_another_target_is_not_excluded(region: Region, web: Instance) -> None:
    (far,) = region.run_instances(1, zone="cn-hangzhou-b")
    hosts = [str(each["host"]) for each in region.hosts]
    beside, rack = next(each for each in hosts if each != web.host), str(region.hosts[2]["rack"])
    assert rack != web.rack
    for loss, other in [
        (HostCrash(web), HostAtRisk(beside)),  # type: ignore[arg-type]
        (RackOutage(rack_of(web)), HostAtRisk(str(region.hosts[2]["host"]))),
        (RackOutage(rack), GuestCrash(web.id)),
        (RackOutage(rack), HostAtRisk(str(web.host))),
        (ZoneOutage("cn-hangzhou-b"), GuestCrash(web.id)),
        (ZoneOutage(zone_of(web)), GuestCrash(far.id)),
        (HostCrash(str(web.host)), SecurityLock(web.id)),
        (SecurityLock(far.id), SecurityLock(web.id)),
    ]:
        for each in region.chaos.play(Schedule([At("1m", loss, until="2m"), At("90s", other)])):
            with each:
                assert each.state == "planned"


def test_what_excludes_a_kind_is_a_kind_of_a_host() -> None:
    """The names are text, since files of faults do not import all others."""
    kinds = {each.__name__: each for each in CATALOGUE}
    for kind in CATALOGUE:
        for name in (*kind.excluded_by, *kind.excluded_once_missed):
            assert name in kinds, f"{kind.__name__} is excluded by {name}, which there is not"
            fields = kinds[name].__dataclass_fields__.keys()  # type: ignore[attr-defined]
            assert {"host", "zone", "rack", "switch"} & fields, f"{name} has no host"
        if kind.excluded_by or kind.alone:
            assert FIELDS.keys() & kind.__dataclass_fields__.keys()  # type: ignore[attr-defined]


@pytest.mark.parametrize("what", [Call("RunInstances"), Entry("transition", to="Stopped")])
def test_faults_after_the_same_thing_that_exclude_each_other_are_named(what: Call | Entry) -> None:
    lock, outage, risk = SecurityLock("i-1"), ZoneOutage("cn-hangzhou-a"), HostAtRisk(_HOST)
    with pytest.raises(UsageError, match=r"excludes a second one .* from 0 s after (Call|Entry)\("):
        Schedule([On(what, lock), On(what, lock)])
    with pytest.raises(UsageError, match=r"HostAtRisk\(.* cannot come at 1 min after (Call|Entry)\(.*: ZoneOutage\("):
        Schedule([On(what, outage), At("1m", risk), On(what, risk, after="1m")])
    other = Call("RunInstances", nth=2)
    fine = [On(what, lock, lasts="1m"), On(what, lock, after="1m"), On(other, lock), On(what, SecurityLock("i-2"))]
    assert len(Schedule(fine).steps) == 4


def test_a_region_knows_of_more_faults_after_the_same_thing_that_exclude_each_other() -> None:
    region = make_region(zones=2, hosts_per_zone=3)
    what, (rack,) = Call("RunInstances"), {str(each["rack"]) for each in region.hosts if each["host"] == _HOST}
    schedule = Schedule([On(what, RackOutage(rack)), On(what, HostAtRisk(_HOST), after="1m")])
    with pytest.raises(UsageError, match=r"HostAtRisk\(.* cannot come at 1 min after Call\(.*: RackOutage\("):
        region.chaos.play(schedule)
    assert region.control("faults")["faults"] == []
