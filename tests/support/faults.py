"""One fault of each kind, of what is in a region."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, NamedTuple

from faultzone import (
    AccountArrears,
    AgentOutage,
    ApiFailure,
    BrokenConnection,
    ClockJump,
    DiskFull,
    DiskImpaired,
    GuestCrash,
    HostAtRisk,
    HostCrash,
    HostHang,
    HostKilled,
    HostPaused,
    Instance,
    LaunchFailure,
    Maintenance,
    MemoryExhausted,
    MigrationFails,
    NetworkCut,
    PageSlip,
    PartialSuccess,
    PeerCut,
    RackOutage,
    Region,
    SecurityLock,
    SlowNetwork,
    SpotInterruption,
    SpotPriceRise,
    StaleReads,
    SubscriptionExpiry,
    SupplyShortage,
    SwitchOutage,
    ThrottlingBursts,
    ZoneOutage,
    make_region,
)
from faultzone.backends.local import LocalBackend
from faultzone.control.faults.breaks import Breaking
from faultzone.control.tables import container_breakers, memory_breakers
from faultzone.faults import CATALOGUE, Fault
from faultzone.model.core.shape import Shape

#: The page that has the catalogue.
PAGE: Final = Path(__file__).parents[2] / "docs/chaos.md"


class Stage(NamedTuple):
    """A region to break, with instances in it: pay-as-you-go, with its host, a subscription, and one of spot."""

    region: Region
    web: Instance
    paid: Instance
    spot: Instance
    host: str


def stage(region: Region | None = None) -> Stage:
    """A stage in a region of its own, in memory unless one is given."""
    region = region or make_region(zones=1, hosts_per_zone=3)
    (web,) = region.run_instances(1)
    (paid,) = region.run_instances(1, InstanceChargeType="PrePaid", Period=1)
    (spot,) = region.run_instances(1, SpotStrategy="SpotAsPriceGo", SpotDuration=0)
    return Stage(region, web, paid, spot, str(web.host))


SAMPLES: Final[Mapping[type[Fault], Callable[[Stage], Fault]]] = {
    HostCrash: lambda on: HostCrash(on.host),
    HostHang: lambda on: HostHang(on.host),
    NetworkCut: lambda on: NetworkCut(on.host),
    HostAtRisk: lambda on: HostAtRisk(on.host),
    ZoneOutage: lambda on: ZoneOutage(on.region.zones[0]),
    RackOutage: lambda on: RackOutage(str(on.web.rack)),
    SwitchOutage: lambda on: SwitchOutage(str(on.web.switch)),
    SupplyShortage: lambda on: SupplyShortage(family="ecs.g5"),
    LaunchFailure: lambda on: LaunchFailure(family="ecs.g5"),
    SpotInterruption: lambda on: SpotInterruption(on.spot.id),
    SpotPriceRise: lambda on: SpotPriceRise("ecs.g5.large", "0.5", limit=0),
    Maintenance: lambda on: Maintenance(on.web.id, within="10d"),
    MigrationFails: lambda on: MigrationFails(),
    DiskImpaired: lambda on: DiskImpaired(on.web.id),
    SecurityLock: lambda on: SecurityLock(on.web.id),
    GuestCrash: lambda on: GuestCrash(on.web.id),
    AgentOutage: lambda on: AgentOutage(on.web.id),
    SubscriptionExpiry: lambda on: SubscriptionExpiry(on.paid.id),
    AccountArrears: lambda on: AccountArrears(),
    ApiFailure: lambda on: ApiFailure("RebootInstance"),
    StaleReads: lambda on: StaleReads(by="30m"),
    PageSlip: lambda on: PageSlip(share=0.5),
    PartialSuccess: lambda on: PartialSuccess(item=on.web.id),
    ThrottlingBursts: lambda on: ThrottlingBursts(calls=1),
    BrokenConnection: lambda on: BrokenConnection(share=0.5),
    ClockJump: lambda on: ClockJump("1h"),
}


#: The same of what takes a kernel and an engine, on another host than that of the first instance.
OF_MACHINES: Final[Mapping[type[Fault], Callable[[Stage], Fault]]] = {
    PeerCut: lambda on: PeerCut(on.host, _another(on)),
    SlowNetwork: lambda on: SlowNetwork(on.host),
    DiskFull: lambda on: DiskFull(on.host),
    MemoryExhausted: lambda on: MemoryExhausted(on.web.id),
    HostPaused: lambda on: HostPaused(on.host),
    HostKilled: lambda on: HostKilled(on.host),
}


def _another(on: Stage) -> str:
    return next(str(each["host"]) for each in on.region.hosts if each["host"] != on.host)


def sample(on: Stage, kind: type[Fault]) -> Fault:
    """A fault of any kind, of what is on a stage."""
    return (SAMPLES[kind] if kind in SAMPLES else OF_MACHINES[kind])(on)


def all_kinds() -> Region:
    """A region in memory that takes faults of every kind; those that need a kernel and an engine break nothing there,
    and are refused and met as on real hosts."""

    def nothing(*given: object) -> Breaking:
        yield None

    real = {kind: each for kind, each in container_breakers().items() if kind in OF_MACHINES}
    breakers = {**memory_breakers(), **{kind: each._replace(function=nothing) for kind, each in real.items()}}
    backend = LocalBackend(
        [Shape(zones=4, hosts_per_zone=4)],
        edition="2026-10",
        all_regions=True,
        capabilities=LocalBackend.capabilities | {"break-machines"},
        breakers=lambda: breakers,
    )
    return make_region(backend)


#: What hosts in memory can suffer: all but what takes a kernel and an engine.
IN_MEMORY: Final = [each for each in CATALOGUE if each.capability != "break-machines"]


def name_of(fault: type[Fault]) -> str:
    """The name of a kind of fault, as the id of a test."""
    return fault.__name__
