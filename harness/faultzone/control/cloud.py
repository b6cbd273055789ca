"""The verbs of a cloud as a whole: its shape, hosts, supply, accounts, time and journal."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from faultzone.control.registry import Table, Verb, verb
from faultzone.control.targets import find_account, find_instance, find_region, region_of
from faultzone.errors import UsageError
from faultzone.model.core import locks as locking
from faultzone.model.core.seats import BY_RACK, BY_SWITCH

if TYPE_CHECKING:
    from faultzone.control.local import Local

VERBS: Table = {}

#: The kinds of entry that tell of no change.
_LOOKS: Final = frozenset({"read", "probe"})


def describe(table: Mapping[str, Verb]) -> dict[str, Any]:
    """What the verb `verbs` answers for a table: for each verb what it does, its parameters and its capability."""
    return {
        name: {
            "says": each.summary,
            "arguments": {parameter: str(kind) for parameter, kind in each.parameters.items()},
            "capability": each.capability,
        }
        for name, each in table.items()
    }


@verb(VERBS, writes=False)
def verbs(backend: Local) -> dict[str, Any]:
    """List the verbs with their arguments."""
    return describe(backend.verbs)


@verb(VERBS, "see-hosts", writes=False)
def shape(backend: Local) -> dict[str, Any]:
    """Return the regions, zones, accounts, edition and capabilities."""
    cloud = backend.cloud
    return {
        "regions": {
            each.region_id: {
                "zones": list(each.zone_ids()),
                "hosts_per_zone": each.hosts_per_zone,
                "hosts_per_rack": each.hosts_per_rack,
                "racks_per_switch": each.racks_per_switch,
                "recovery": each.recovery,
            }
            for each in map(cloud.shape, cloud.region_ids)
        },
        "accounts": list(cloud.accounts),
        "edition": cloud.edition.name,
        "clock": backend.clock.kind,
        "capabilities": sorted(backend.capabilities),
    }


@verb(VERBS, "see-hosts", writes=False)
def hosts(backend: Local, *, region: str | None = None) -> dict[str, Any]:
    """List the hosts: zone, rack, switch, state, free capacity, instances, and the numbers of active faults."""
    found = find_region(backend, region)
    return {
        "hosts": [
            {
                "host": host.id,
                "zone": found.zone_ids[host.zone],
                "rack": found.placement.place(host, BY_RACK),
                "switch": found.placement.place(host, BY_SWITCH),
                "state": host.state,
                "vcpus_free": host.vcpus_free,
                "memory_free": host.memory_free,
                "instances": sorted(host.instances),
                "faults": list(backend.active_faults.on((found.id, host.index))),
            }
            for host in found.placement.hosts
        ]
    }


@verb(VERBS, "see-hosts", writes=False)
def host_of(backend: Local, *, instance: str) -> dict[str, Any]:
    """Return the host of an instance, with its rack and switch; null while it is stopped without charge."""
    found = find_instance(backend, instance)
    host, placement = found.host, region_of(backend, found).placement
    if host is None:
        return {"host": None, "rack": None, "switch": None}
    return {"host": host.id, "rack": placement.place(host, BY_RACK), "switch": placement.place(host, BY_SWITCH)}


@verb(VERBS, "set-supply")
def set_supply(
    backend: Local, *, limit: int | None, zone: str | None = None, family: str | None = None, region: str | None = None
) -> dict[str, Any]:
    """Limit the instances in a zone and of a family; null removes the limit. Returns the former limit."""
    at = find_region(backend, region)
    return {"before": at.placement.limit_supply(zone or "*", family or "*", limit, at.catalog)}


@verb(VERBS, "set-supply", writes=False)
def supply(backend: Local, *, region: str | None = None) -> dict[str, Any]:
    """Return the permanent limits of supply, and the limits of shortages; `*` means every zone or family."""
    found = find_region(backend, region).placement.supply
    return {
        "limits": [{"zone": zone, "family": family, "limit": each} for (zone, family), each in found.limits.items()],
        "shortages": [
            {"zone": zone, "family": family, "limit": limit} for zone, family, limit in found.shortages.values()
        ],
    }


@verb(VERBS, "change-account")
def lock(backend: Local, *, instance: str, reason: str, locked: bool = True) -> dict[str, Any]:
    """Lock or unlock an instance: financial, or security for a violation, which has an event."""
    found = find_instance(backend, instance)
    locking.change(region_of(backend, found), found, reason, locked=locked)
    return {"locks": list(found.locks)}


@verb(VERBS, "change-account", writes=False)
def locks(backend: Local, *, instance: str) -> dict[str, Any]:
    """Return the locks on an instance."""
    return {"locks": list(find_instance(backend, instance).locks)}


@verb(VERBS, "change-account")
def account_settings(
    backend: Local,
    *,
    account: str | None = None,
    region: str | None = None,
    stop_without_charge: bool | None = None,
    ram_roles: Sequence[Any] | None = None,
) -> dict[str, Any]:
    """Read or change settings of an account: the default stopped mode, and the existing RAM roles (null: all)."""
    state = find_region(backend, region).account(find_account(backend, account))
    if stop_without_charge is not None:
        state.set_stop_without_charge(stop_without_charge)
    if ram_roles is not None:
        if not all(isinstance(each, str) and each for each in ram_roles):
            raise UsageError.expected("ram_roles", ram_roles, "a list of names, such as ['reader']")
        state.set_ram_roles(ram_roles)
    roles = None if state.ram_roles is None else sorted(state.ram_roles)
    return {"stop_without_charge": state.stop_without_charge_by_default, "ram_roles": roles}


@verb(VERBS, "change-account")
def add_resource_group(backend: Local, *, name: str, account: str | None = None) -> dict[str, Any]:
    """Make a resource group, which other products keep and resources can be put into. Returns its ID."""
    from faultzone.model.core.resource_groups import groups_of

    region, owner = find_region(backend, None), find_account(backend, account)
    if not name:
        raise UsageError.expected("name", name, "the name of the group, such as 'web'")
    if any(each.name == name for each in groups_of(region, owner).all.values()):
        raise UsageError.expected("name", name, "a name that no resource group of the account has")
    return {"resource_group": groups_of(region, owner).add(name, name).id}


@verb(VERBS, "move-time", writes=False)
def clock(backend: Local) -> dict[str, Any]:
    """Return the present of the region in milliseconds since the epoch, the kind of its clock and the next timer."""
    clock = backend.clock
    return {"now": clock.now, "kind": clock.kind, "next": clock.next_due(), **backend.waits()}


@verb(VERBS, "move-time", takes_lock=True)
def advance(backend: Local, *, milliseconds: int, await_hosts: bool = True, to_notice: bool = False) -> dict[str, Any]:
    """Advance region time. By default, wait until real hosts have run their due effects.

    With `to_notice`, it stops at the next notification, and the answer has the milliseconds `left`.
    """
    if milliseconds < 0:
        raise UsageError.expected_whole("milliseconds", milliseconds, 0)
    if to_notice:
        fired, left = backend.advance_to_notice(milliseconds)
        return {"now": backend.clock.now, "timers": fired, "left": left}
    fired = backend.advance(milliseconds, await_hosts=await_hosts)
    return {"now": backend.clock.now, "timers": fired}


@verb(VERBS, "move-time", takes_lock=True)
def call_later(backend: Local, *, after: int, function: Callable[[], object]) -> dict[str, Any]:
    """Call a function after `after` milliseconds of region time, and before more pass."""
    if after < 0:
        raise UsageError.expected_whole("after", after, 0, unit="milliseconds")
    with backend.locked():
        backend.plan(after, function)
    return {}


@verb(VERBS, takes_lock=True)
def watch(backend: Local, *, function: Callable[[], object]) -> dict[str, Any]:
    """Call a function after each change, and before more region time passes, until it returns true."""
    watchers, planned = backend.journal.watchers, False

    def look() -> None:
        nonlocal planned
        try:
            if function() and hear in watchers:
                watchers.remove(hear)
        finally:
            planned = False

    def hear(at: int, kind: str, data: Mapping[str, Any]) -> None:
        nonlocal planned
        if kind not in _LOOKS and not planned:
            planned = True
            # Whoever appends has the lock.
            backend.plan(0, look, soon=True)

    watchers.append(hear)
    return {}


@verb(VERBS, "see-hosts", writes=False)
def journal(backend: Local, *, last: int = 100, first: int | None = None) -> dict[str, Any]:
    """Return the last entries of the journal; with `first`, the entries from this number on."""
    if last < 0:
        raise UsageError.expected_whole("last", last, 0, unit="entries")
    if first is not None and first < 0:
        raise UsageError.expected_whole("first", first, 0)
    kept = backend.journal
    shown = kept.tail(last) if first is None else kept.page(first, last)
    return {"entries": [entry._asdict() for entry in shown], "length": len(kept)}
