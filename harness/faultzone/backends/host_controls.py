"""The control verbs of hosts: power, silence, the wire, lost zones, a found risk, live migrations.

Several troubles of one host end each by themselves: it comes back once none is left.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from faultzone.backends.controls import Arguments, _host, _instance, _region, verb
from faultzone.errors import UsageError
from faultzone.model import lifecycle
from faultzone.model.placement import UP

if TYPE_CHECKING:
    from faultzone.backends.local import LocalBackend
    from faultzone.model.placement import Host
    from faultzone.model.state import RegionState

_POWER: Final = "power"
_HANG: Final = "hang"
_WIRE: Final = "wire"


def _break(
    backend: LocalBackend, region: RegionState, hosts: Sequence[Host], what: str, *, reversible: bool = True
) -> int:
    """Break hosts; the number of the trouble. One that is down already stays so for one reason more."""
    machines = [(region.id, host.index) for host in hosts]
    number = backend.troubles.begin(what, *machines)
    for machine in machines:
        if what == _WIRE:
            backend.substrate.wire(*machine, up=False)
        elif what == _HANG:
            backend.substrate.hang(*machine)
        else:
            backend.substrate.crash(*machine, reversible=reversible)
    return number


def _mend(backend: LocalBackend, region: RegionState, hosts: Sequence[Host], number: int | None) -> None:
    """End one trouble of hosts, or all; what is sound then gets its wire and its power back."""
    for host in hosts:
        machine = (region.id, host.index)
        ended = backend.troubles.end(machine, number)
        if ended is None:
            continue
        if _WIRE in ended:
            backend.substrate.wire(*machine, up=True)
        backend.substrate.repair(*machine)


@verb("crash-host", "break-hosts", host="string", region="string?", reversible="boolean?")
def crash_host(backend: LocalBackend, given: Arguments) -> dict[str, Any]:
    """Take a host's power away, with all that runs on it; tells the number that gives it back."""
    region = _region(backend, given)
    host = _host(region, given)
    number = _break(backend, region, [host], _POWER, reversible=bool(given.get("reversible", False)))
    return {"host": given["host"], "id": number}


@verb("repair-host", "break-hosts", host="string", region="string?", id="integer?")
def repair_host(backend: LocalBackend, given: Arguments) -> dict[str, Any]:
    """Mend a host: the trouble of this number, or all; with none left it has its wire and its power back."""
    region = _region(backend, given)
    _mend(backend, region, [_host(region, given)], given.get("id"))
    return {"host": given["host"]}


@verb("hang-host", "break-hosts", host="string", region="string?")
def hang_host(backend: LocalBackend, given: Arguments) -> dict[str, Any]:
    """Let everything on a host stand still. Its silence is noticed, and it loses its power; `repair-host` mends it."""
    region = _region(backend, given)
    return {"host": given["host"], "id": _break(backend, region, [_host(region, given)], _HANG)}


@verb("host-wire", "break-hosts", host="string", up="boolean", region="string?", id="integer?")
def host_wire(backend: LocalBackend, given: Arguments) -> dict[str, Any]:
    """Cut a host's wire, or join it, which mends what came of the cut. Tells the number that joins it again."""
    region = _region(backend, given)
    host = _host(region, given)
    if not given["up"]:
        return {"host": given["host"], "id": _break(backend, region, [host], _WIRE)}
    cuts = backend.troubles.left((region.id, host.index))
    numbers = [each for each, what in cuts.items() if what == _WIRE and given.get("id") in (None, each)]
    for number in numbers:
        _mend(backend, region, [host], number)
    return {"host": given["host"]}


@verb("zone-power", "break-hosts", zone="string", on="boolean", region="string?", id="integer?")
def zone_power(backend: LocalBackend, given: Arguments) -> dict[str, Any]:
    """Take the power of all hosts of a zone away, or give it back: after the outage of this number, or after all."""
    region, zone = _region(backend, given), given["zone"]
    if zone not in region.zone_ids:
        raise UsageError(f"there is no zone {zone!r}; there are {', '.join(region.zone_ids)}")
    hosts = region.placement.by_zone[region.zone_ids.index(str(zone))]
    answer: dict[str, Any] = {"hosts": [each.id for each in hosts]}
    if given["on"]:
        _mend(backend, region, hosts, given.get("id"))
        return answer
    return {**answer, "id": _break(backend, region, hosts, _POWER)}


@verb("host-at-risk", "break-hosts", host="string", region="string?", at_risk="boolean?")
def host_at_risk(backend: LocalBackend, given: Arguments) -> dict[str, Any]:
    """Find a host at risk: it takes nothing new, and what runs on it is live-migrated away where there is room."""
    region = _region(backend, given)
    host = _host(region, given)
    if given.get("at_risk", True) is False:
        region.placement.risk(host, at_risk=False)
        return {"moved": [], "stayed": sorted(host.instances)}
    if host.state != UP:
        raise UsageError(f"host {given['host']} is {host.state}; only one that is up can be found at risk")
    region.placement.risk(host, at_risk=True)
    moved = [each for each in sorted(host.instances) if lifecycle.migrate(region, region.instances[each]) is not None]
    return {"moved": moved, "stayed": sorted(host.instances)}


@verb("migrate", "break-hosts", instance="string")
def migrate(backend: LocalBackend, given: Arguments) -> dict[str, Any]:
    """Live-migrate a running instance to another host of its zone; null where none can take it."""
    instance = _instance(backend, given)
    region = next(each for each in backend.cloud.regions.values() if instance.id in each.instances)
    host = lifecycle.migrate(region, instance)
    return {"host": None if host is None else host.id}


@verb("break-migration", "break-hosts", fails="boolean?", takes="number?", region="string?")
def break_migration(backend: LocalBackend, given: Arguments) -> dict[str, Any]:
    """Let live migrations fail, or take so many seconds; tells the number that ends it."""
    region, takes = _region(backend, given), given.get("takes") or 0
    if not 0 <= takes < 86_400:
        raise UsageError(f"takes={takes!r}: write seconds, 0 or more and less than a day")
    number = backend.troubles.begin((bool(given.get("fails")), round(takes * 1000)), ("migrations", region.id))
    _migrate_as_told(backend, region)
    return {"id": number}


@verb("mend-migration", "break-hosts", id="integer", region="string?")
def mend_migration(backend: LocalBackend, given: Arguments) -> dict[str, Any]:
    """End what is wrong with live migrations by its number."""
    region = _region(backend, given)
    backend.troubles.end(("migrations", region.id), given["id"])
    _migrate_as_told(backend, region)
    return {}


@verb("migrations", "see-hosts", writes=False, region="string?")
def migrations(backend: LocalBackend, given: Arguments) -> dict[str, Any]:
    """Tell whether live migrations fail, how many seconds one takes, and the numbers of what is wrong with them."""
    region = _region(backend, given)
    return {
        "fails": region.migration_fails,
        "takes": region.migration_takes / 1000,
        "troubles": list(backend.troubles.left(("migrations", region.id))),
    }


def _migrate_as_told(backend: LocalBackend, region: RegionState) -> None:
    left = backend.troubles.left(("migrations", region.id)).values()
    region.migration_fails = any(fails for fails, _ in left)
    region.migration_takes = max((takes for _, takes in left), default=0)
