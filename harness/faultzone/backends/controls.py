"""The control verbs of a local cloud: what a harness may see and do besides the public API.

Each verb is one function with a name, typed arguments and a sentence, so that the same table serves the process, the
control routes of an endpoint and their schema.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

from faultzone.errors import UsageError

if TYPE_CHECKING:
    from faultzone.backends.local import LocalBackend
    from faultzone.model.placement import Host
    from faultzone.model.state import Instance, RegionState

Arguments = dict[str, Any]
B = TypeVar("B")
Run = Callable[[B, Arguments], dict[str, Any]]


class Verb(NamedTuple):
    """One control verb."""

    run: Run[Any]
    says: str
    arguments: dict[str, str]
    capability: str
    writes: bool
    outside_lock: bool


VERBS: dict[str, Verb] = {}
#: Verbs of modules that are not imported everywhere: `backends.docker`, and endpoints that can start anew.
ELSEWHERE: Final = frozenset({"exec", "put-file", "host-logs", "keep-hosts", "forward-port", "end-forward", "reset"})


def verb(
    name: str,
    capability: str,
    *,
    writes: bool = True,
    outside_lock: bool = False,
    into: dict[str, Verb] = VERBS,
    **arguments: str,
) -> Callable[[Run[B]], Run[B]]:
    """Register a control verb.

    Args:
        name: what it is asked for by.
        capability: the one that a backend with this verb has.
        writes: whether it may change something, and so is journalled.
        outside_lock: whether it takes the lock itself.
        into: the table that it is found in; that of all local clouds if left out.
        arguments: each argument with its JSON type, `?` at the end for an optional one.
    """

    def register(run: Run[B]) -> Run[B]:
        says = (run.__doc__ or "").split("\n")[0]

        def checked(backend: B, given: Arguments) -> dict[str, Any]:
            given = {each: value for each, value in given.items() if not _is_left_out(value, arguments.get(each, ""))}
            unknown = given.keys() - arguments.keys()
            missing = {each for each, kind in arguments.items() if not kind.endswith("?")} - given.keys()
            wrong = {each for each in given.keys() - unknown if not _is_of(given[each], arguments[each])}
            if unknown or missing or wrong:
                takes = ", ".join(f"{each}: {kind}" for each, kind in arguments.items()) or "nothing"
                said = ", ".join(f"{each}: {_json_type(given[each])}" for each in sorted(given)) or "nothing"
                raise UsageError(f"control verb {name!r} takes {takes}; given {said}")
            return run(backend, given)

        into[name] = Verb(checked, says, arguments, capability, writes, outside_lock)
        return run

    return register


_JSON_TYPES: Final = {bool: "boolean", int: "integer", float: "number", str: "string", type(None): "null"}


def _json_type(value: object) -> str:
    if callable(value):
        return "callable, in process alone"
    return _JSON_TYPES.get(type(value)) or ("object" if isinstance(value, Mapping) else "array")


def _is_left_out(value: object, declared: str) -> bool:
    return value is None and declared.endswith("?") and "null" not in declared


def _is_of(value: object, declared: str) -> bool:
    kinds = declared.removesuffix("?").split(" or ")
    kind = _json_type(value)
    return "any" in kinds or kind in kinds or (kind == "integer" and "number" in kinds)


def _region(backend: LocalBackend, given: Arguments) -> RegionState:
    region_id = given.get("region") or backend.cloud.default_region
    region = backend.cloud.regions.get(region_id)
    if region is None:
        raise UsageError(f"there is no region {region_id!r}; there are {', '.join(backend.cloud.regions)}")
    return region


def _host(region: RegionState, given: Arguments) -> Host:
    host = region.placement.find_host(str(given["host"]))
    if host is None:
        raise UsageError(
            f"there is no host {given['host']!r} in {region.id}; they are named like {region.zone_ids[0]}-h01"
        )
    return host


def _instance(backend: LocalBackend, given: Arguments) -> Instance:
    instance = backend.cloud.find_instance(str(given["instance"]))
    if instance is None:
        raise UsageError(f"there is no instance {given['instance']!r}")
    return instance


@verb("verbs", "", writes=False)
def verbs(backend: LocalBackend, given: Arguments) -> dict[str, Any]:
    """Name the verbs with their arguments."""
    return {
        name: {"says": each.says, "arguments": each.arguments, "capability": each.capability}
        for name, each in backend.verbs.items()
    }


@verb("shape", "see-hosts", writes=False)
def shape(backend: LocalBackend, given: Arguments) -> dict[str, Any]:
    """Tell the regions, zones, accounts, edition and capabilities."""
    cloud = backend.cloud
    return {
        "regions": {
            each.id: {"zones": list(each.zone_ids), "hosts_per_zone": each.shape.hosts_per_zone}
            for each in cloud.regions.values()
        },
        "accounts": list(cloud.accounts),
        "edition": cloud.edition.name,
        "clock": backend.clock.kind,
        "capabilities": sorted(backend.capabilities),
    }


@verb("hosts", "see-hosts", writes=False, region="string?")
def hosts(backend: LocalBackend, given: Arguments) -> dict[str, Any]:
    """List the hosts with their zone, state, free capacity, instances, and the numbers of what is wrong with them."""
    region = _region(backend, given)
    placement = region.placement
    return {
        "hosts": [
            {
                "host": host.id,
                "zone": region.zone_ids[host.zone],
                "state": host.state,
                "vcpus_free": host.vcpus_free,
                "memory_free": host.memory_free,
                "instances": sorted(host.instances),
                "troubles": list(backend.troubles.left((region.id, host.index))),
            }
            for host in placement.hosts
        ]
    }


@verb("host-of", "see-hosts", writes=False, instance="string")
def host_of(backend: LocalBackend, given: Arguments) -> dict[str, Any]:
    """Tell the host of an instance; null while it is stopped without charge."""
    host = _instance(backend, given).host
    return {"host": None if host is None else host.id}


@verb("set-supply", "set-supply", zone="string?", family="string?", limit="integer or null", region="string?")
def set_supply(backend: LocalBackend, given: Arguments) -> dict[str, Any]:
    """Limit how many instances may be in a zone and of a family at a time; null lifts it. Tells the limit before."""
    region = _region(backend, given)
    zone, family, limit = given.get("zone") or "*", given.get("family") or "*", given["limit"]
    region.placement.check_scope(zone, family, region.catalog)
    if limit is not None and limit < 0:
        raise UsageError(
            f"limit={limit!r}: write how many instances may be placed there, 0 or more, or null for no limit"
        )
    limits = region.placement.supply.limits
    before = limits.get((zone, family))
    if limit is None:
        limits.pop((zone, family), None)
    else:
        limits[zone, family] = limit
    return {"before": before}


@verb("shortage", "set-supply", zone="string?", family="string?", limit="integer", region="string?")
def shortage(backend: LocalBackend, given: Arguments) -> dict[str, Any]:
    """Let no more than `limit` instances be in a zone and of a family at a time; tells the number that ends it."""
    region = _region(backend, given)
    zone, family, limit = given.get("zone") or "*", given.get("family") or "*", given["limit"]
    region.placement.check_scope(zone, family, region.catalog)
    if limit < 0:
        raise UsageError(f"limit={limit!r}: write how many instances may be placed there, 0 or more")
    number = backend.troubles.begin("shortage")
    region.placement.supply.shortages[number] = (zone, family, limit)
    return {"id": number}


@verb("supply", "set-supply", writes=False, region="string?")
def supply(backend: LocalBackend, given: Arguments) -> dict[str, Any]:
    """Tell the limits of supply, and the shortages by number; `*` stands for every zone or family."""
    found = _region(backend, given).placement.supply
    return {
        "limits": [{"zone": zone, "family": family, "limit": each} for (zone, family), each in found.limits.items()],
        "shortages": [
            {"id": number, "zone": zone, "family": family, "limit": limit}
            for number, (zone, family, limit) in found.shortages.items()
        ],
    }


@verb("end-shortage", "set-supply", id="integer", region="string?")
def end_shortage(backend: LocalBackend, given: Arguments) -> dict[str, Any]:
    """End a shortage; tells whether it was still in force."""
    return {"ended": _region(backend, given).placement.supply.shortages.pop(int(given["id"]), None) is not None}


@verb("lock", "change-account", instance="string", reason="string", locked="boolean?")
def lock(backend: LocalBackend, given: Arguments) -> dict[str, Any]:
    """Put a lock on an instance (financial or security), or take it off."""
    instance = _instance(backend, given)
    reason = given["reason"]
    if reason not in ("financial", "security"):
        raise UsageError(f"reason={reason!r}: write 'financial' or 'security'")
    locking = given.get("locked", True) is not False
    if locking and reason in instance.locks:
        raise UsageError(f"{instance.id} is locked already: {reason}")
    others = tuple(each for each in instance.locks if each != reason)
    instance.locks = (*others, reason) if locking else others
    return {"locks": list(instance.locks)}


@verb("locks", "change-account", writes=False, instance="string")
def locks(backend: LocalBackend, given: Arguments) -> dict[str, Any]:
    """Tell the locks on an instance."""
    return {"locks": list(_instance(backend, given).locks)}


@verb("account-settings", "change-account", account="string?", region="string?", stop_without_charge="boolean?")
def account_settings(backend: LocalBackend, given: Arguments) -> dict[str, Any]:
    """Read or change an account's settings: whether a stop is one without charge where the call does not say."""
    region = _region(backend, given)
    account = given.get("account") or backend.cloud.accounts[0]
    if account not in backend.cloud.accounts:
        raise UsageError(f"there is no account {account!r}; there are {', '.join(backend.cloud.accounts)}")
    state = region.account(account)
    if "stop_without_charge" in given:
        state.stop_without_charge_by_default = bool(given["stop_without_charge"])
    return {"stop_without_charge": state.stop_without_charge_by_default}


@verb(
    "api-fault",
    "break-api",
    action="string",
    kind="string?",
    code="string?",
    status="integer?",
    message="string?",
    seconds="number?",
    times="integer?",
    after_effect="boolean?",
    retry_after="integer?",
)
def api_fault(backend: LocalBackend, given: Arguments) -> dict[str, Any]:
    """Refuse, delay or drop the next calls of an action; tells the number that takes the fault out again."""
    return {"id": backend.api_faults.inject({name: value for name, value in given.items() if value is not None})}


@verb("remove-api-fault", "break-api", id="integer")
def remove_api_fault(backend: LocalBackend, given: Arguments) -> dict[str, Any]:
    """Take a fault of the API out; tells whether it was still in force."""
    return {"removed": backend.api_faults.remove(int(given["id"]))}


@verb("api-faults", "break-api", writes=False)
def api_faults(backend: LocalBackend, given: Arguments) -> dict[str, Any]:
    """List the numbers of the faults of the API in force."""
    return {"ids": [each.id for each in backend.api_faults.faults]}


@verb("clock", "move-time", writes=False)
def clock(backend: LocalBackend, given: Arguments) -> dict[str, Any]:
    """Tell the present of the region in milliseconds since the epoch, the kind of its clock and the next timer."""
    return {"now": backend.clock.now, "kind": backend.clock.kind, "next": backend.clock.next_due()}


@verb("advance", "move-time", outside_lock=True, milliseconds="integer", settle="boolean?")
def advance(backend: LocalBackend, given: Arguments) -> dict[str, Any]:
    """Let region time pass; unless told otherwise, real hosts have then carried out what fell due."""
    length = given["milliseconds"]
    if length < 0:
        raise UsageError(f"milliseconds={length!r}: write a whole number, 0 or more")
    fired = backend.advance(length, settle=given.get("settle", True) is not False)
    return {"now": backend.clock.now, "timers": fired}


@verb("journal", "see-hosts", writes=False, last="integer?")
def journal(backend: LocalBackend, given: Arguments) -> dict[str, Any]:
    """Show the last entries of the journal."""
    last = given.get("last", 100)
    if last < 0:
        raise UsageError(f"last={last!r}: write how many entries, 0 or more")
    return {"entries": [entry._asdict() for entry in backend.journal.tail(last)], "length": len(backend.journal)}


# Verbs of single chapters register themselves; they need what is above.
from faultzone.backends import (  # noqa: E402
    billing_controls,  # noqa: F401
    event_controls,  # noqa: F401
    guest_controls,  # noqa: F401
    host_controls,  # noqa: F401
    later_controls,  # noqa: F401
    metadata_controls,  # noqa: F401
    notice_controls,  # noqa: F401
)
