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
    DiskImpaired,
    GuestCrash,
    HostAtRisk,
    HostCrash,
    HostHang,
    Instance,
    LaunchFailure,
    Maintenance,
    MigrationFails,
    NetworkCut,
    PageSlip,
    PartialSuccess,
    RackOutage,
    Region,
    SecurityLock,
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
from faultzone.faults import CATALOGUE, Fault

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


#: What hosts in memory can suffer: all but what takes a kernel and an engine.
IN_MEMORY: Final = [each for each in CATALOGUE if each.capability != "break-machines"]


def name_of(fault: type[Fault]) -> str:
    """The name of a kind of fault, as the id of a test."""
    return fault.__name__
