"""One fault of each kind, of what is in a region."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from faultzone import (
    AccountArrears,
    AgentOutage,
    ApiFailure,
    ClockJump,
    GuestCrash,
    HostAtRisk,
    HostCrash,
    HostHang,
    Instance,
    Maintenance,
    MigrationFails,
    NetworkCut,
    Region,
    SecurityLock,
    SubscriptionLapse,
    SupplyShortage,
    ZoneOutage,
    make_region,
)
from faultzone.faults import CATALOGUE, Fault


class Stage(NamedTuple):
    """A region to break, with a pay-as-you-go instance and a subscription in it, and the host of the first."""

    region: Region
    web: Instance
    paid: Instance
    host: str


def stage(region: Region | None = None) -> Stage:
    """A stage in a region of its own, in memory unless one is given."""
    region = region or make_region(zones=1, hosts_per_zone=3)
    (web,) = region.run_instances(1)
    (paid,) = region.run_instances(1, InstanceChargeType="PrePaid", Period=1)
    return Stage(region, web, paid, str(web.host))


SAMPLES: Final[Mapping[type[Fault], Callable[[Stage], Fault]]] = {
    HostCrash: lambda on: HostCrash(on.host),
    HostHang: lambda on: HostHang(on.host),
    NetworkCut: lambda on: NetworkCut(on.host),
    HostAtRisk: lambda on: HostAtRisk(on.host),
    ZoneOutage: lambda on: ZoneOutage(on.region.zones[0]),
    SupplyShortage: lambda on: SupplyShortage(family="ecs.g5"),
    Maintenance: lambda on: Maintenance(on.web.id, within="10d"),
    MigrationFails: lambda on: MigrationFails(),
    SecurityLock: lambda on: SecurityLock(on.web.id),
    GuestCrash: lambda on: GuestCrash(on.web.id),
    AgentOutage: lambda on: AgentOutage(on.web.id),
    SubscriptionLapse: lambda on: SubscriptionLapse(on.paid.id),
    AccountArrears: lambda on: AccountArrears(),
    ApiFailure: lambda on: ApiFailure("RebootInstance"),
    ClockJump: lambda on: ClockJump("1h"),
}


#: What hosts in memory can suffer: all but what takes a kernel and an engine.
IN_MEMORY: Final = [each for each in CATALOGUE if each.capability != "break-machines"]


def name_of(fault: type[Fault]) -> str:
    """The name of a kind of fault, as the id of a test."""
    return fault.__name__
