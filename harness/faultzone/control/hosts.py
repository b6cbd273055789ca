"""The verbs of hosts: power, silence, the wire, lost zones, a found risk, live migrations.

Several faults of one host end each by itself: it comes back once none is left.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from faultzone.control.registry import Table, verb
from faultzone.control.targets import find_host, find_instance, find_region, region_of
from faultzone.errors import UsageError
from faultzone.model.events import migration

if TYPE_CHECKING:
    from faultzone.control.local import Local
    from faultzone.model.core.placement import Host
    from faultzone.model.core.state import RegionState

VERBS: Table = {}
_POWER: Final = "power"
_HANG: Final = "hang"
_WIRE: Final = "wire"


def _break(backend: Local, region: RegionState, hosts: Sequence[Host], what: str, *, reversible: bool = True) -> int:
    """Break hosts; the number of the fault. One that is down already stays so for one reason more."""
    machines = [(region.id, host.index) for host in hosts]
    number = backend.active_faults.begin(what, *machines)
    for machine in machines:
        if what == _WIRE:
            backend.substrate.wire(*machine, up=False)
        elif what == _HANG:
            backend.substrate.hang(*machine)
        else:
            backend.substrate.crash(*machine, reversible=reversible)
    return number


def _mend(backend: Local, region: RegionState, hosts: Sequence[Host], number: int | None) -> None:
    """End one fault of hosts, or all; what is sound then gets its wire and its power back."""
    for host in hosts:
        machine = (region.id, host.index)
        ended = backend.active_faults.end(machine, number)
        if ended is None:
            continue
        if _WIRE in ended:
            backend.substrate.wire(*machine, up=True)
        backend.substrate.repair(*machine)


@verb(VERBS, "break-hosts")
def crash_host(backend: Local, *, host: str, region: str | None = None, reversible: bool = False) -> dict[str, Any]:
    """Take a host's power away, with all that runs on it; tells the number that gives it back."""
    at = find_region(backend, region)
    return {"host": host, "id": _break(backend, at, [find_host(at, host)], _POWER, reversible=reversible)}


@verb(VERBS, "break-hosts")
def repair_host(backend: Local, *, host: str, region: str | None = None, id: int | None = None) -> dict[str, Any]:
    """Mend a host: the fault of this number, or all; with none left it has its wire and its power back."""
    at = find_region(backend, region)
    _mend(backend, at, [find_host(at, host)], id)
    return {"host": host}


@verb(VERBS, "break-hosts")
def hang_host(backend: Local, *, host: str, region: str | None = None) -> dict[str, Any]:
    """Let everything on a host stand still. Its silence is noticed, and it loses its power; `repair-host` mends it."""
    at = find_region(backend, region)
    return {"host": host, "id": _break(backend, at, [find_host(at, host)], _HANG)}


@verb(VERBS, "break-hosts")
def host_wire(
    backend: Local, *, host: str, up: bool, region: str | None = None, id: int | None = None
) -> dict[str, Any]:
    """Cut a host's wire, or join it, which mends what came of the cut. Tells the number that joins it again."""
    at = find_region(backend, region)
    found = find_host(at, host)
    if not up:
        return {"host": host, "id": _break(backend, at, [found], _WIRE)}
    cuts = backend.active_faults.on((at.id, found.index))
    for number in [each for each, what in cuts.items() if what == _WIRE and id in (None, each)]:
        _mend(backend, at, [found], number)
    return {"host": host}


@verb(VERBS, "break-hosts")
def zone_power(
    backend: Local, *, zone: str, on: bool, region: str | None = None, id: int | None = None
) -> dict[str, Any]:
    """Take the power of all hosts of a zone away, or give it back: after the outage of this number, or after all."""
    at = find_region(backend, region)
    if zone not in at.zone_ids:
        raise UsageError(f"there is no zone {zone!r}; there are {', '.join(at.zone_ids)}")
    hosts = at.placement.by_zone[at.zone_ids.index(zone)]
    answer: dict[str, Any] = {"hosts": [each.id for each in hosts]}
    if on:
        _mend(backend, at, hosts, id)
        return answer
    return {**answer, "id": _break(backend, at, hosts, _POWER)}


@verb(VERBS, "break-hosts")
def host_at_risk(backend: Local, *, host: str, region: str | None = None, at_risk: bool = True) -> dict[str, Any]:
    """Find a host at risk: it takes nothing new, and what runs on it is live-migrated away where there is room."""
    at = find_region(backend, region)
    found = find_host(at, host)
    moved = migration.find_at_risk(at, found) if at_risk else migration.find_sound(at, found)
    return {"moved": moved, "stayed": sorted(found.instances)}


@verb(VERBS, "break-hosts")
def migrate(backend: Local, *, instance: str) -> dict[str, Any]:
    """Live-migrate a running instance to another host of its zone; null where none can take it."""
    found = find_instance(backend, instance)
    host = migration.migrate(region_of(backend, found), found)
    return {"host": None if host is None else host.id}


@verb(VERBS, "break-hosts")
def break_migration(
    backend: Local, *, fails: bool = False, takes: float = 0, region: str | None = None
) -> dict[str, Any]:
    """Let live migrations fail, or take so many seconds; tells the number that ends it."""
    at = find_region(backend, region)
    if not 0 <= takes < 86_400:
        raise UsageError(f"takes={takes!r}: write seconds, 0 or more and less than a day")
    number = backend.active_faults.begin((fails, round(takes * 1000)), ("migrations", at.id))
    _apply_migration_faults(backend, at)
    return {"id": number}


@verb(VERBS, "break-hosts")
def mend_migration(backend: Local, *, id: int, region: str | None = None) -> dict[str, Any]:
    """End a fault of live migrations by its number."""
    at = find_region(backend, region)
    backend.active_faults.end(("migrations", at.id), id)
    _apply_migration_faults(backend, at)
    return {}


@verb(VERBS, "see-hosts", writes=False)
def migrations(backend: Local, *, region: str | None = None) -> dict[str, Any]:
    """Tell whether live migrations fail, how many seconds one takes, and the numbers of the faults in force."""
    at = find_region(backend, region)
    return {
        "fails": at.part(migration.Migrations).fails,
        "takes": at.part(migration.Migrations).takes / 1000,
        "faults": list(backend.active_faults.on(("migrations", at.id))),
    }


def _apply_migration_faults(backend: Local, region: RegionState) -> None:
    left = backend.active_faults.on(("migrations", region.id)).values()
    migration.break_migrations(
        region, fails=any(fails for fails, _ in left), takes=max((takes for _, takes in left), default=0)
    )
