"""The control verbs of system events: maintenance, crashes of guests, hosts that hang or are cut off, lost zones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from faultzone.backends.controls import Arguments, _host, _instance, _region, verb
from faultzone.errors import NotSupported, UsageError
from faultzone.model import events, maintenance
from faultzone.substrate.memory import MemorySubstrate

if TYPE_CHECKING:
    from faultzone.backends.local import LocalBackend
    from faultzone.model.events import SystemEvent
    from faultzone.model.placement import Host
    from faultzone.model.state import Instance, RegionState


def _memory(backend: LocalBackend) -> MemorySubstrate:
    if not isinstance(backend.substrate, MemorySubstrate):
        raise NotSupported(f"the hosts of the {backend.name} backend are no hosts in memory")
    return backend.substrate


def _home(backend: LocalBackend, instance: Instance) -> RegionState:
    return next(each for each in backend.cloud.regions.values() if instance.id in each.instances)


def _planned(backend: LocalBackend, event_id: object) -> tuple[RegionState, SystemEvent]:
    for region in backend.cloud.regions.values():
        if (event := region.events.get(str(event_id))) is not None:
            return region, event
    raise UsageError(f"there is no event {event_id!r}")


@verb(
    "schedule-maintenance",
    "break-hosts",
    instance="string?",
    host="string?",
    type="string?",
    not_before="integer?",
    outcome="string?",
    region="string?",
)
def schedule_maintenance(backend: LocalBackend, given: Arguments) -> dict[str, Any]:
    """Plan maintenance of an instance, or of all on a host, for an instant in milliseconds since the epoch.

    `outcome` is `executes` or `fails`, or `inquires` for one that waits for consent. Instances of retired families are
    rebooted all the same, but no event tells of it.
    """
    type, outcome = given.get("type") or events.MAINTENANCE, given.get("outcome") or "executes"
    due = given.get("not_before")
    known = [each for each in backend.cloud.edition.event.types if each.startswith("SystemMaintenance.")]
    if type not in known:
        raise UsageError(f"type={type!r}: write one of {', '.join(known)}")
    outcomes = ("executes", "fails", "inquires") if backend.cloud.edition.event.inquires else ("executes", "fails")
    if outcome not in outcomes:
        raise UsageError(f"outcome={outcome!r}: write one of {', '.join(outcomes)}")
    if (given.get("instance") is None) == (given.get("host") is None):
        raise UsageError("schedule-maintenance is for an instance or for a host: name one of them")
    if due is not None and (isinstance(due, bool) or not isinstance(due, int) or due < backend.clock.now):
        raise UsageError(f"not_before={due!r}: write an instant that has not passed; it is {backend.clock.now} now")
    if given.get("instance") is not None:
        instance = _instance(backend, given)
        region, instances = _home(backend, instance), [instance]
    else:
        region = _region(backend, given)
        instances = [region.instances[each] for each in sorted(_host(region, given).instances)]
    fails, inquires = outcome == "fails", outcome == "inquires"
    made = [maintenance.plan(region, each, type, due, fails=fails, inquires=inquires) for each in instances]
    return {"events": [{"event": None if each.silent else each.id, "instance": each.instance} for each in made]}


@verb("cancel-maintenance", "break-hosts", event="string")
def cancel_maintenance(backend: LocalBackend, given: Arguments) -> dict[str, Any]:
    """Withdraw a planned event; tells whether there was anything left to withdraw."""
    region, event = _planned(backend, given["event"])
    if event.simulated:
        raise UsageError(f"{event.id} is simulated: its user cancels it with CancelSimulatedSystemEvents")
    withdrawn = event.may_become(events.CANCELED)
    if withdrawn:
        events.settle(region, event, events.CANCELED)
    return {"withdrawn": withdrawn, "status": event.status}


@verb("guest-crash", "guest", instance="string")
def guest_crash(backend: LocalBackend, given: Arguments) -> dict[str, Any]:
    """Crash the operating system of an instance."""
    instance = _instance(backend, given)
    if not _memory(backend).crash_guest(instance.id):
        raise UsageError(f"no operating system is up in {instance.id}: it is {instance.status}")
    return {}


@verb("hang-host", "break-hosts", host="string", region="string?")
def hang_host(backend: LocalBackend, given: Arguments) -> dict[str, Any]:
    """Let everything on a host stand still. Its silence is noticed, and it loses its power; `repair-host` mends it."""
    region = _region(backend, given)
    backend.substrate.crash(region.id, _host(region, given).index, reversible=True)
    return {"host": given["host"]}


@verb("host-wire", "break-hosts", host="string", up="boolean", region="string?")
def host_wire(backend: LocalBackend, given: Arguments) -> dict[str, Any]:
    """Cut a host's wire, or join it. Once its silence is noticed it loses its power, and `repair-host` mends it."""
    region = _region(backend, given)
    _memory(backend).wire(region.id, _host(region, given).index, up=bool(given["up"]))
    return {"host": given["host"]}


def _hosts_of(region: RegionState, zone: object) -> list[Host]:
    if zone not in region.zone_ids:
        raise UsageError(f"there is no zone {zone!r}; there are {', '.join(region.zone_ids)}")
    return region.placement.by_zone[region.zone_ids.index(str(zone))]


@verb("zone-power", "break-hosts", zone="string", on="boolean", region="string?")
def zone_power(backend: LocalBackend, given: Arguments) -> dict[str, Any]:
    """Take the power of all hosts of a zone away, or give it back."""
    region = _region(backend, given)
    hosts = _hosts_of(region, given["zone"])
    for host in hosts:
        if given["on"]:
            backend.substrate.repair(region.id, host.index)
        else:
            backend.substrate.crash(region.id, host.index, reversible=True)
    return {"hosts": [region.placement.host_id(each) for each in hosts]}


@verb("set-migration", "break-hosts", fails="boolean?", takes="number?", region="string?")
def set_migration(backend: LocalBackend, given: Arguments) -> dict[str, Any]:
    """Let live migrations fail, or take so many seconds; tells how it was before."""
    region = _region(backend, given)
    before = {"fails": region.migration_fails, "takes": region.migration_takes / 1000}
    takes = given.get("takes")
    if takes is not None:
        if isinstance(takes, bool) or not isinstance(takes, int | float) or not 0 <= takes < 86_400:
            raise UsageError(f"takes={takes!r}: write seconds, 0 or more and less than a day")
        region.migration_takes = round(takes * 1000)
    if given.get("fails") is not None:
        region.migration_fails = bool(given["fails"])
    return before
