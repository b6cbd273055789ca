"""Each fault of the catalogue in each of its forms, and what becomes of an undo that does not do what it promises."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, find, settings

from faultzone import Region, UndoFailed, make_region
from faultzone.backends.local import LocalBackend
from faultzone.clock import HOUR, Duration
from faultzone.control.faults.breaks import Breaker, Breaking
from faultzone.control.tables import memory_breakers
from faultzone.faults import (
    DiskFull,
    Fault,
    GuestCrash,
    HostAtRisk,
    HostCrash,
    HostHang,
    HostKilled,
    HostPaused,
    Maintenance,
    MemoryExhausted,
    MigrationFails,
    NetworkCut,
    PeerCut,
    SlowNetwork,
    ZoneOutage,
)
from faultzone.faults.strategies import faults
from faultzone.faults.targets import is_described
from faultzone.region import Chaos, Injection
from tests.support.faults import IN_MEMORY, SAMPLES, Stage, name_of, stage

every = pytest.mark.parametrize("kind", IN_MEMORY, ids=name_of)
MENDED = [each for each in IN_MEMORY if each.never_ends is None and each.is_seen]


@pytest.fixture
def on() -> Iterator[Stage]:
    made = stage()
    with made.region:
        yield made


def said(region: Region, fault: Fault) -> list[str]:
    return [entry.kind for entry in region.journal.of("owed", "fault", "undo", fault=type(fault).__name__)]


def ends(fault: Fault) -> list[str]:
    return ["owed", "fault"] + ["undo"] * (fault.why_no_undo is None)


@every
def test_a_fault_in_a_block(on: Stage, kind: type[Fault]) -> None:
    fault = SAMPLES[kind](on)
    with on.region.chaos.inject(fault):
        assert said(on.region, fault) == ["owed", "fault"]
    assert said(on.region, fault) == ends(fault)


CALLS: Mapping[str, Callable[[Chaos, Stage], object]] = {
    "HostCrash": lambda chaos, on: chaos.crash(on.host),
    "HostHang": lambda chaos, on: chaos.hang(on.host),
    "NetworkCut": lambda chaos, on: chaos.cut(on.host),
    "HostAtRisk": lambda chaos, on: chaos.at_risk(on.host),
    "ZoneOutage": lambda chaos, on: chaos.zone_outage(on.region.zones[0]),
    "SupplyShortage": lambda chaos, on: chaos.shortage(family="ecs.g5"),
    "LaunchFailure": lambda chaos, on: chaos.launch_failure(family="ecs.g5"),
    "SpotInterruption": lambda chaos, on: chaos.spot_interruption(on.spot.id),
    "SpotPriceRise": lambda chaos, on: chaos.spot_price_rise("ecs.g5.large", "0.5", limit=0),
    "Maintenance": lambda chaos, on: chaos.maintenance(on.web.id, within="10d"),
    "MigrationFails": lambda chaos, on: chaos.migration_fails(),
    "DiskImpaired": lambda chaos, on: chaos.disk_impaired(on.web.id),
    "SecurityLock": lambda chaos, on: chaos.security_lock(on.web.id),
    "GuestCrash": lambda chaos, on: chaos.guest_crash(on.web.id),
    "AgentOutage": lambda chaos, on: chaos.agent_outage(on.web.id),
    "SubscriptionExpiry": lambda chaos, on: chaos.subscription_expiry(on.paid.id),
    "AccountArrears": lambda chaos, on: chaos.arrears(),
    "ApiFailure": lambda chaos, on: chaos.api_failure("RebootInstance"),
    "ClockJump": lambda chaos, on: chaos.jump("1h"),
}


@pytest.mark.parametrize("kind", [each for each in IN_MEMORY if each.__name__ in CALLS], ids=name_of)
def test_a_fault_as_a_call_is_mended_at_the_end(on: Stage, kind: type[Fault]) -> None:
    injection = CALLS[kind.__name__](on.region.chaos, on)
    wanted = SAMPLES[kind](on)
    assert {**vars(injection.fault), "region": None} == {**vars(wanted), "region": None}  # type: ignore[attr-defined]
    assert said(on.region, wanted) == ["owed", "fault"]
    on.region.chaos.undo_all()
    assert said(on.region, wanted) == ends(wanted)


REAL: Mapping[str, tuple[Callable[[Chaos], object], Fault]] = {
    "PeerCut": (lambda chaos: chaos.peer_cut("h1", "h2"), PeerCut("h1", "h2", "r")),
    "SlowNetwork": (lambda chaos: chaos.slow_network("h1", 64), SlowNetwork("h1", 64, "r")),
    "DiskFull": (lambda chaos: chaos.disk_full("h1"), DiskFull("h1", "r")),
    "MemoryExhausted": (lambda chaos: chaos.memory_exhausted("i-1", 5), MemoryExhausted("i-1", 5)),
    "HostPaused": (lambda chaos: chaos.pause("h1"), HostPaused("h1", "r")),
    "HostKilled": (lambda chaos: chaos.kill("h1"), HostKilled("h1", "r")),
}


class Said(Chaos):
    def __init__(self) -> None:
        super().__init__(LocalBackend(), "r")

    def inject(self, fault: Fault, *, lasts: Duration | None = None) -> Injection:
        return Injection(fault, 1, LocalBackend())


@pytest.mark.parametrize("kind", REAL)
def test_a_fault_of_real_machines_as_a_call(kind: str) -> None:
    call, wanted = REAL[kind]
    injection = call(Said())
    assert isinstance(injection, Injection)
    assert injection.fault == wanted


def test_what_a_call_leaves_out_is_what_the_fault_leaves_out() -> None:
    chaos = Said()
    assert chaos.memory_exhausted("i-1").fault == MemoryExhausted("i-1")
    assert chaos.slow_network("h1").fault == SlowNetwork("h1", region="r")


@every
def test_a_fault_in_a_schedule(on: Stage, kind: type[Fault]) -> None:
    fault, began = SAMPLES[kind](on), on.region.clock.ms
    scheduled = on.region.chaos.at("2h", fault)
    on.region.clock.advance("119m")
    assert (said(on.region, fault), scheduled.state) == ([], "planned")
    on.region.clock.advance("2m")
    assert scheduled.state == "active"
    assert on.region.journal.of("fault", fault=kind.__name__)[0].at == began + 2 * HOUR
    on.region.chaos.undo_all()
    assert said(on.region, fault) == ends(fault)


@every
def test_a_fault_that_is_drawn(on: Stage, kind: type[Fault]) -> None:
    quick = settings(
        max_examples=200, database=None, derandomize=True, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    drawn = find(faults(on.region, kinds=[kind]), lambda fault: not is_described(str(fault.told())), settings=quick)
    assert type(drawn) is kind
    with on.region.chaos.inject(drawn):
        assert said(on.region, drawn) == ["owed", "fault"]


def lazy(breaker: Breaker) -> Breaker:
    """What breaks as it should, and says that it has mended."""

    def breaking(*given: Any) -> Breaking:
        running = breaker.function(*given)
        LEFT.append(running)
        yield next(running)

    return breaker._replace(function=breaking)


#: The generators that do not mend: one that is collected would end.
LEFT: list[Breaking] = []


@pytest.mark.parametrize("kind", MENDED, ids=name_of)
def test_an_undo_that_does_nothing_is_found_out(kind: type[Fault]) -> None:
    backend = LocalBackend(breakers=lambda: {each: lazy(breaker) for each, breaker in memory_breakers().items()})
    on = stage(make_region(backend))
    on.region.chaos.inject(SAMPLES[kind](on))
    on.region.clock.advance("1m")
    began = on.region.clock.ms
    with pytest.raises(UndoFailed, match=f"not as promised.*{kind.__name__}|{kind.__name__}.*not as promised"):
        on.region.chaos.undo_all()
    waited = (on.region.clock.ms - began) / 1000
    assert waited == {"0": 0, "2m": 120, "5m": 300}[str(kind.undo_within)]


PAIRS = [
    (lambda on: HostCrash(on.host), lambda on: HostHang(on.host)),
    (lambda on: NetworkCut(on.host), lambda on: HostCrash(on.host)),
    (lambda on: ZoneOutage(on.region.zones[0]), lambda on: HostCrash(on.host)),
    (lambda on: ZoneOutage(on.region.zones[0]), lambda on: ZoneOutage(on.region.zones[0])),
    (lambda on: NetworkCut(on.host), lambda on: NetworkCut(on.host)),
]


@pytest.mark.parametrize("pause", ["0s", "5m"])
@pytest.mark.parametrize("last", [0, 1])
@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_a_host_is_up_once_the_last_of_its_faults_is_undone(
    on: Stage, one: Callable[[Stage], Fault], other: Callable[[Stage], Fault], last: int, pause: str
) -> None:
    def state() -> str:
        return next(str(each["state"]) for each in on.region.hosts if each["host"] == on.host)

    injections = [on.region.chaos.inject(one(on)), on.region.chaos.inject(other(on))]
    on.region.clock.advance(pause)
    injections.pop(1 - last).undo()
    on.region.clock.advance("5m")
    assert state() == "down"
    injections.pop().undo()
    on.region.clock.advance("5m")
    assert state() == "up"


def test_an_irreversible_crash_outlasts_what_else_hits_its_host(on: Stage) -> None:
    with on.region.chaos.zone_outage(on.region.zones[0]):
        on.region.chaos.crash(on.host, reversible=False)
        on.region.clock.advance("1m")
    on.region.clock.advance("5m")
    assert [each["host"] for each in on.region.hosts if each["state"] == "down"] == [on.host]


def test_a_host_at_risk_is_so_still_once_it_is_back(on: Stage) -> None:
    risk = on.region.chaos.inject(HostAtRisk(on.host))
    with on.region.chaos.crash(on.host):
        on.region.clock.advance("1m")
    on.region.clock.advance("1m")
    states = {each["host"]: each["state"] for each in on.region.hosts}
    assert states[on.host] == "at-risk"
    risk.undo()
    assert {each["state"] for each in on.region.hosts} == {"up"}


@pytest.mark.parametrize("first", [0, 1])
def test_faults_of_agents_and_migrations_end_each_by_itself(on: Stage, first: int) -> None:
    agents = [on.region.chaos.agent_outage(on.web.id, state) for state in ("outdated", "stopped")]
    slow = [on.region.chaos.migration_fails(takes) for takes in (30.0, None)]
    agents.pop(first).undo()
    slow.pop(first).undo()
    agent = on.region.control("agent", instance=on.web.id)
    assert (agent["running"], agent["version"] == agent["latest"]) == ((False, True) if first == 0 else (True, False))
    migrations = on.region.control("migrations", region=on.region.id)
    assert (migrations["fails"], migrations["takes"]) == ((True, 0) if first == 0 else (False, 30))
    on.region.chaos.undo_all()
    agent = on.region.control("agent", instance=on.web.id)
    assert agent["running"]
    assert agent["version"] == agent["latest"]
    migrations = on.region.control("migrations", region=on.region.id)
    assert (migrations["fails"], migrations["takes"]) == (False, 0)
    assert MigrationFails().why_no_undo is None


def test_what_is_planned_for_a_retired_family_is_withdrawn_too(on: Stage) -> None:
    (old,) = on.region.run_instances(1, instance_type="ecs.s1.small")
    booted = len(on.region.journal.of("effect", effect="Boot", instance=old.id))
    with on.region.chaos.inject(Maintenance(old.id, within="1h")):
        assert on.region.events.of(old) == []
    on.region.clock.advance("2h")
    assert len(on.region.journal.of("effect", effect="Boot", instance=old.id)) == booted


def test_a_locked_instance_is_not_locked_again(on: Stage) -> None:
    with on.region.chaos.security_lock(on.web.id):
        with pytest.raises(ValueError, match="is locked already for reason 'security'"):
            on.region.chaos.security_lock(on.web.id)
        assert on.web.lock_reasons == ["security"]
    assert on.web.lock_reasons == []


def test_a_guest_that_has_crashed_cannot_crash_again_before_it_is_up(on: Stage) -> None:
    on.region.chaos.inject(GuestCrash(on.web.id))
    with pytest.raises(ValueError, match="its operating system must be up"):
        on.region.chaos.inject(GuestCrash(on.web.id))
    on.region.clock.advance("1m")
    on.region.chaos.inject(GuestCrash(on.web.id))
