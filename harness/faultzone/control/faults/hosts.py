"""What breaks hosts: power, silence, the wire, a found risk, live migrations.

A host comes back once no fault is left on it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Final, Protocol

from faultzone.control.faults.breaks import Breakers, Breaking, breaks
from faultzone.control.targets import find_host, find_region, hosts_sharing
from faultzone.errors import UsageError
from faultzone.faults.hosts import (
    HostAtRisk,
    HostCrash,
    HostHang,
    MigrationFails,
    NetworkCut,
    RackOutage,
    SwitchOutage,
    ZoneOutage,
)
from faultzone.model.events import migration

if TYPE_CHECKING:
    from faultzone.control.local import Local

BREAKERS: Final[Breakers] = {}

#: A host: its region and its number there.
Place = tuple[str, int]


def place_of(backend: Local, region: str | None, host: str) -> Place:
    """Where a host is."""
    at = find_region(backend, region)
    return at.id, find_host(at, host).index


class OfHost(Protocol):
    """A fault of a host."""

    @property
    def host(self) -> str:
        """The host's id."""

    @property
    def region(self) -> str | None:
        """The region's id, None for the first."""


def host_of(backend: Local, fault: OfHost) -> list[Place]:
    """The host of a fault that has one."""
    return [place_of(backend, fault.region, fault.host)]


def _hosts_of_zone(backend: Local, fault: ZoneOutage) -> list[Place]:
    at = find_region(backend, fault.region)
    if fault.zone not in at.zone_ids:
        raise UsageError.unknown("zone", fault.zone, at.zone_ids)
    return [(at.id, host.index) for host in at.placement.by_zone[at.zone_ids.index(fault.zone)]]


def is_up(backend: Local, place: Place) -> bool:
    """Whether a host has its power."""
    return backend.cloud.regions[place[0]].placement.hosts[place[1]].state != "down"


@breaks(HostCrash, BREAKERS, of=host_of, locked=True)
def crash(backend: Local, fault: HostCrash, host: Place) -> Breaking:
    """Take the power away; one that is down already stays so for one reason more."""
    backend.substrate.crash(*host, reversible=fault.reversible)
    yield lambda: is_up(backend, host)
    backend.substrate.repair(*host)


def _hosts_sharing(backend: Local, region: str | None, what: str, name: str) -> list[Place]:
    at = find_region(backend, region)
    return [(at.id, host.index) for host in hosts_sharing(at, what, name)]


def _hosts_of_rack(backend: Local, fault: RackOutage) -> list[Place]:
    return _hosts_sharing(backend, fault.region, "rack", fault.rack)


def _hosts_of_switch(backend: Local, fault: SwitchOutage) -> list[Place]:
    return _hosts_sharing(backend, fault.region, "switch", fault.switch)


@breaks(RackOutage, BREAKERS, of=_hosts_of_rack, locked=True)
@breaks(ZoneOutage, BREAKERS, of=_hosts_of_zone, locked=True)
def cut_power(backend: Local, fault: ZoneOutage | RackOutage, host: Place) -> Breaking:
    """Take the power of one host of the zone or the rack away."""
    backend.substrate.crash(*host, reversible=True)
    yield lambda: is_up(backend, host)
    backend.substrate.repair(*host)


@breaks(HostHang, BREAKERS, of=host_of, locked=True)
def hang(backend: Local, fault: HostHang, host: Place) -> Breaking:
    """Let everything stand still; once its silence is noticed, it loses its power."""
    backend.substrate.hang(*host)
    yield lambda: is_up(backend, host)
    backend.substrate.repair(*host)


@breaks(SwitchOutage, BREAKERS, of=_hosts_of_switch, locked=True)
@breaks(NetworkCut, BREAKERS, of=host_of, locked=True)
def cut(backend: Local, fault: NetworkCut | SwitchOutage, host: Place) -> Breaking:
    """Cut the wire; where it was missed meanwhile, it has lost its power, too."""
    backend.substrate.wire(*host, up=False)
    yield lambda: is_up(backend, host)
    backend.substrate.wire(*host, up=True)
    backend.substrate.repair(*host)


def _risk_of(backend: Local, fault: HostAtRisk) -> list[Hashable]:
    return [("risk", place) for place in host_of(backend, fault)]


@breaks(HostAtRisk, BREAKERS, of=_risk_of, locked=True)
def find_at_risk(backend: Local, fault: HostAtRisk, risk: tuple[str, Place]) -> Breaking:
    """Find it at risk: it takes nothing new, and what runs on it is live-migrated away where there is room."""
    region, index = risk[1]
    at = backend.cloud.regions[region]
    host = at.placement.hosts[index]
    migration.find_at_risk(at, host)
    yield lambda: host.state != "at-risk"
    migration.find_sound(at, host)


def _migrations_of(backend: Local, fault: MigrationFails) -> list[Hashable]:
    return [("migrations", find_region(backend, fault.region).id)]


def _migrations_asked(backend: Local, fault: MigrationFails) -> Callable[[], bool]:
    """By live migrations that are asked for in its region."""
    migrations = find_region(backend, fault.region).part(migration.Migrations)
    before = migrations.asked
    return lambda: migrations.asked > before


@breaks(MigrationFails, BREAKERS, of=_migrations_of, shared=False, locked=True, meets=_migrations_asked)
def break_migrations(backend: Local, fault: MigrationFails, migrations: tuple[str, str]) -> Breaking:
    """Let them fail or take long; one that is under way takes as long as it takes."""
    at = backend.cloud.regions[migrations[1]]
    now = at.part(migration.Migrations)

    def apply(*faults: MigrationFails) -> None:
        takes = [each.takes for each in faults if each.takes is not None]
        fails = len(takes) < len(faults)
        migration.break_migrations(at, fails=fails, takes=round(max(takes, default=0) * 1000))

    apply(*backend.active_faults.on(migrations).values(), fault)
    yield lambda: (now.fails, now.takes) == (False, 0)
    apply(*backend.active_faults.on(migrations).values())
