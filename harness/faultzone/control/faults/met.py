"""Whether anything met a fault: a call, a guest, an instance, a transition. A fault that nothing met shows nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from faultzone.control.targets import SHARED, find_account, find_region, hosts_sharing
from faultzone.faults.billing import AccountArrears
from faultzone.faults.calls import OfCalls
from faultzone.faults.hosts import MigrationFails
from faultzone.faults.provider import LaunchFailure, SupplyShortage
from faultzone.faults.time import ClockJump
from faultzone.journal.timeline import is_of, names
from faultzone.model.events import migration

if TYPE_CHECKING:
    from faultzone.control.faults.active import Record
    from faultzone.control.local import Local
    from faultzone.faults.fault import Fault
    from faultzone.model.core.hosts import Host

#: The entries that say that something happened, and not that it was broken.
_HAPPENED: Final = frozenset("call read refusal transition effect report stale event bill".split())
#: The fields that name where hosts are.
_PLACES: Final = ("host", "zone", "rack", "switch")
#: What happens to an account, or is refused to it.
_OF_ACCOUNTS: Final = frozenset("call refusal transition event bill".split())
#: The calls that make instances, and so may fail while they are made.
_LAUNCHING: Final = ("RunInstances", "CreateInstance", "CreateAutoProvisioningGroup")
#: The calls that look for room, and so meet what hosts and zones lack.
_PLACING: Final = ("Run", "Create", "Start", "Reboot", "Redeploy", "Modify", "ReActivate", "Reactivate")


def begin(backend: Local, record: Record) -> None:
    """Note what a fault hits as it begins, and what has happened by then: `is_met` asks for what comes after."""
    fault = record.fault
    record.began = len(backend.journal)
    if isinstance(fault, ClockJump):
        record.met = any(each.instances for each in backend.cloud.regions.values())
        return
    if isinstance(fault, MigrationFails):
        record.migrations = _migrations(backend, fault)
    record.met = _has_instances(backend, fault)


def is_met(backend: Local, record: Record) -> bool:
    """Whether anything has met a fault so far; what cannot be told counts as met."""
    if record.met:
        return True
    fault = record.fault
    if isinstance(fault, OfCalls):
        return any(each.fault is fault and each.met for each in backend.failing_calls.begun)
    happened = _since(backend, record.began)
    if isinstance(fault, ClockJump):
        return any(happened)
    if isinstance(fault, MigrationFails):
        return _migrations(backend, fault) > record.migrations
    if isinstance(fault, AccountArrears):
        account = find_account(backend, fault.account)
        return any(_is_of_account(backend, account, kind, data) for kind, data in happened)
    if isinstance(fault, LaunchFailure):
        return any(kind == "call" and data["action"] in _LAUNCHING for kind, data in happened)
    instance = getattr(fault, "instance", None)
    if instance is not None:
        return any(is_of(instance, kind, data) or _looks_at(instance, kind, data) for kind, data in happened)
    if any(hasattr(fault, each) for each in _PLACES):
        places = [str(getattr(fault, each)) for each in ("host", "zone") if getattr(fault, each, None) is not None]
        places += [each.id for each in _hosts_behind(backend, fault)]
        return any(_places(kind, data) or _is_in(places, data) for kind, data in happened)
    return True


def _has_instances(backend: Local, fault: Fault) -> bool:
    """Whether there are instances on the hosts of a fault."""
    region = backend.cloud.regions.get(getattr(fault, "region", None) or backend.cloud.default_region)
    host, zone = getattr(fault, "host", None), getattr(fault, "zone", None)
    named = any(getattr(fault, each, None) is not None for each in _PLACES)
    if region is None or getattr(fault, "instance", None) is not None or not named:
        return False
    if isinstance(fault, SupplyShortage):
        return False
    # A host is found at once: many may fail, one by one, of a region with many.
    if host is not None:
        found = region.placement.find_host(host)
        return found is not None and bool(found.instances)
    if zone is None:
        return any(each.instances for each in _hosts_behind(backend, fault))
    return zone in region.zone_ids and any(
        each.instances for each in region.placement.by_zone[region.zone_ids.index(zone)]
    )


def _hosts_behind(backend: Local, fault: Fault) -> list[Host]:
    """The hosts of the rack or the switch of a fault; of one that names neither, none."""
    for what in SHARED:
        if (name := getattr(fault, what, None)) is not None:
            return hosts_sharing(find_region(backend, getattr(fault, "region", None)), what, name)
    return []


def _since(backend: Local, first: int) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for _, _, kind, data in backend.journal.entries[first:]:
        if kind in _HAPPENED:
            yield kind, data


def _migrations(backend: Local, fault: MigrationFails) -> int:
    """How many live migrations were asked for in the region of a fault, up to now."""
    return find_region(backend, fault.region).part(migration.Migrations).asked


def _is_of_account(backend: Local, account: str, kind: str, data: Mapping[str, Any]) -> bool:
    """Whether an entry is of an account: its call, a refusal of one, its bill, or what becomes of its instances."""
    if kind not in _OF_ACCOUNTS:
        return False
    if kind in ("call", "refusal", "bill"):
        return bool(data.get("account", backend.cloud.accounts[0]) == account)
    found = backend.cloud.find_instance(str(data.get("instance")))
    return found is None or found.account == account


def _places(kind: str, data: Mapping[str, Any]) -> bool:
    return kind in ("call", "refusal") and str(data.get("action", "")).startswith(_PLACING)


def _is_in(places: list[str], data: Mapping[str, Any]) -> bool:
    """Whether an entry is of an instance in one of some places."""
    return ("instance" in data or "target" in data) and any(names(data, each) for each in places)


def _looks_at(instance: str, kind: str, data: Mapping[str, Any]) -> bool:
    """Whether an entry is a look at this instance, or at all that there are."""
    if kind not in ("read", "refusal"):
        return False
    parameters = data.get("parameters") or {}
    return names(parameters, instance) or not any("InstanceId" in each for each in parameters)
