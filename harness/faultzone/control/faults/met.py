"""Whether anything met a fault: a call, a guest, an instance, a transition. A fault that nothing met shows nothing.

What meets a kind of fault, its generator says beside what it breaks: `breaks(..., meets=met.by_launches)`. Where it
says nothing, the fields of the fault do: `by_fields`.

Each function here takes the backend and a fault that has just come into force, and returns what tells whether anything
has met it by then. What cannot be told counts as met.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from faultzone.api.ecs import ECS
from faultzone.control.targets import SHARED, find_account, find_region, hosts_sharing
from faultzone.journal.timeline import is_of, names
from faultzone.model.core.dispatch import ACTIONS

if TYPE_CHECKING:
    from faultzone.control.local import Local
    from faultzone.faults.billing import AccountArrears
    from faultzone.faults.fault import Fault
    from faultzone.faults.provider import LaunchFailure, SpotPriceRise, SupplyShortage
    from faultzone.model.core.hosts import Host
    from faultzone.model.core.state import Instance, RegionState

#: Whether anything has met a fault by now.
Seen = Callable[[], bool]

#: The entries that say that something happened, and not that it was broken.
_HAPPENED: Final = frozenset("call read refusal transition effect report stale event bill".split())
#: The fields that name where hosts are.
_PLACES: Final = ("host", "peer", "zone", "rack", "switch")
#: What happens to an account, or is refused to it.
_OF_ACCOUNTS: Final = frozenset("call refusal transition event bill".split())
#: The calls that make instances, and so may fail while they are made.
LAUNCHING: Final = ("RunInstances", "CreateInstance")
#: The calls that look for room, and so meet what hosts and zones lack.
PLACING: Final = frozenset(
    {
        *LAUNCHING,
        "AcceptInquiredSystemEvent",
        "DescribeAccountAttributes",
        "DescribeAvailableResource",
        "DescribeResourcesModification",
        "DescribeZones",
        "ModifyInstanceChargeType",
        "ModifyInstanceDeployment",
        "ModifyInstanceSpec",
        "ModifyPrepayInstanceSpec",
        "ReActivateInstances",
        "ReactivateInstances",
        "RedeployInstance",
        "StartInstance",
        "StartInstances",
    }
)
#: The calls that answer what spot instances cost.
PRICING: Final = frozenset({"DescribePrice", "DescribeSpotAdvice", "DescribeSpotPriceHistory"})


def by_fields(backend: Local, fault: Fault) -> Seen:
    """By the calls that it has met, if it lets calls fail; else by what happens to its instance or in its places."""
    failing = [each for each in backend.failing_calls.begun if each.fault is fault]
    if failing:
        return lambda: any(each.met for each in failing)
    instance = getattr(fault, "instance", None)
    if instance is not None:
        return _by(backend, lambda kind, data: is_of(instance, kind, data) or _looks_at(instance, kind, data))
    if any(hasattr(fault, each) for each in _PLACES):
        return _by_places(backend, fault)
    return _always


def by_anything(backend: Local, fault: Fault) -> Seen:
    """By each instance that there is, and by whatever happens."""
    if any(each.instances for each in backend.cloud.regions.values()):
        return _always
    return _by(backend, lambda kind, data: True)


def by_account(backend: Local, fault: AccountArrears) -> Seen:
    """By what its account calls, is refused and is billed, and what becomes of the instances of the account."""
    payer = find_account(backend, fault.account)
    return _by(backend, lambda kind, data: _is_of_account(backend, payer, kind, data))


def by_launches(backend: Local, fault: LaunchFailure) -> Seen:
    """By launches that may be in its zone and of its family, and by what was being made and has failed."""
    scope = _Scope(backend, fault.region, fault.zone, fault.family)

    def meets(kind: str, data: Mapping[str, Any]) -> bool:
        if kind == "call":
            return data.get("action") in LAUNCHING and scope.may_have(data)
        return kind == "transition" and data.get("why") == "failure"

    return _by(backend, meets)


def by_placing(backend: Local, fault: SupplyShortage) -> Seen:
    """By calls that look for room, which may be in its zone and of its family."""
    scope = _Scope(backend, fault.region, fault.zone, fault.family)
    return _by(backend, lambda kind, data: _looks_for_room(kind, data) and scope.may_have(data))


def by_spot(backend: Local, fault: SpotPriceRise) -> Seen:
    """By calls that look for room or ask for prices, and by what becomes of spot instances of its type."""
    found = backend.cloud.catalog.find_type(fault.instance_type)
    scope = _Scope(backend, fault.region, fault.zone, None if found is None else found.family)
    there = {each.id for each in scope.instances() if _is_spot(each, fault.instance_type)}

    def meets(kind: str, data: Mapping[str, Any]) -> bool:
        if _looks_for_room(kind, data) or (kind == "read" and data.get("action") in PRICING):
            return scope.may_have(data)
        return kind in ("transition", "event") and data.get("instance") in there

    return _by(backend, meets)


# What is known of entries


def _always() -> bool:
    return True


def _by(backend: Local, meets: Callable[[str, Mapping[str, Any]], bool]) -> Seen:
    """By the entries from now on that are such ones."""
    first = len(backend.journal)
    return lambda: any(meets(kind, data) for kind, data in _since(backend, first))


def _since(backend: Local, first: int) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for _, _, kind, data in backend.journal.entries[first:]:
        if kind in _HAPPENED:
            yield kind, data


def _is_of_account(backend: Local, account: str, kind: str, data: Mapping[str, Any]) -> bool:
    """Whether an entry is of an account: its call, a refusal of one, its bill, or what becomes of its instances."""
    if kind not in _OF_ACCOUNTS:
        return False
    if kind in ("call", "refusal", "bill"):
        return bool(data.get("account", backend.cloud.accounts[0]) == account)
    found = backend.cloud.find_instance(str(data.get("instance")))
    return found is None or found.account == account


def _looks_for_room(kind: str, data: Mapping[str, Any]) -> bool:
    return kind in ("call", "refusal", "read") and data.get("action") in PLACING


def _looks_at(instance: str, kind: str, data: Mapping[str, Any]) -> bool:
    """Whether an entry is a look at this instance, or at all that there are."""
    if kind not in ("read", "refusal"):
        return False
    parameters = data.get("parameters") or {}
    if any("InstanceId" in each for each in parameters):
        return names(parameters, instance)
    # One that names no instance shows all, where its action can name some.
    entry = ACTIONS.get((data.get("product", ECS), str(data.get("action"))))
    return entry is not None and any("InstanceId" in each for each in entry.request.parameters)


def _is_spot(instance: Instance, instance_type: str) -> bool:
    return instance.kind.name == instance_type and instance.options.spot_strategy != "NoSpot"


class _Scope:
    """What the supply of a region is of: a zone or all, a family or all."""

    def __init__(self, backend: Local, region: str | None, zone: str | None, family: str | None) -> None:
        self._backend, self._region = backend, find_region(backend, region)
        self._zone, self._family = zone, family

    def may_have(self, data: Mapping[str, Any]) -> bool:
        """Whether a call may be about it, as far as its parameters say."""
        parameters, cloud = data.get("parameters") or {}, self._backend.cloud
        if parameters.get("RegionId", cloud.default_region) != self._region.id:
            return False
        if self._zone is not None and parameters.get("ZoneId", self._zone) != self._zone:
            return False
        kind = cloud.catalog.find_type(str(parameters.get("InstanceType")))
        if kind is not None and self._family not in (None, kind.family):
            return False
        named = cloud.find_instance(str(parameters.get("InstanceId")))
        return named is None or kind is not None or self.has(named)

    def instances(self) -> Iterator[Instance]:
        """The instances that are of it."""
        return filter(self.has, self._region.instances.values())

    def has(self, instance: Instance) -> bool:
        """Whether an instance is of it."""
        if instance.id not in self._region.instances:
            return False
        zone = self._region.zone_ids[instance.zone]
        return self._zone in (None, zone) and self._family in (None, instance.kind.family)


# What is known of places


def _by_places(backend: Local, fault: Fault) -> Seen:
    """By the instances that are in the places of a fault, by what becomes of any there, and by calls that look for
    room."""
    if _has_instances(backend, fault):
        return _always
    places = [str(value) for each in ("host", "peer", "zone") if (value := getattr(fault, each, None)) is not None]
    places += [each.id for each in _hosts_behind(backend, fault)]
    return _by(backend, lambda kind, data: _looks_for_room(kind, data) or _is_in(places, data))


def _has_instances(backend: Local, fault: Fault) -> bool:
    """Whether there are instances on the hosts of a fault."""
    region = backend.cloud.regions.get(getattr(fault, "region", None) or backend.cloud.default_region)
    if region is None:
        return False
    zone = getattr(fault, "zone", None)
    if zone in region.zone_ids:
        return _any_on(region.placement.by_zone[region.zone_ids.index(zone)])
    # A host is found at once: many may fail, one by one, of a region with many.
    named = [_find_host(region, getattr(fault, each, None)) for each in ("host", "peer")]
    return _any_on(each for each in named if each is not None) or _any_on(_hosts_behind(backend, fault))


def _find_host(region: RegionState, host: str | None) -> Host | None:
    return None if host is None else region.placement.find_host(host)


def _any_on(hosts: Iterable[Host]) -> bool:
    return any(each.instances for each in hosts)


def _hosts_behind(backend: Local, fault: Fault) -> list[Host]:
    """The hosts of the rack or the switch of a fault; of one that names neither, none."""
    for what in SHARED:
        if (name := getattr(fault, what, None)) is not None:
            return hosts_sharing(find_region(backend, getattr(fault, "region", None)), what, name)
    return []


def _is_in(places: list[str], data: Mapping[str, Any]) -> bool:
    """Whether an entry is of an instance in one of some places."""
    return ("instance" in data or "target" in data) and any(_is_at(each, data) for each in places)


def _is_at(place: str, value: object) -> bool:
    """Whether a value is, or holds, the ID of a place, or of a host of a zone."""
    if isinstance(value, str):
        return value == place or value.startswith(f"{place}-")
    if isinstance(value, Mapping):
        return any(_is_at(place, each) for each in value.values())
    return isinstance(value, list | tuple) and any(_is_at(place, each) for each in value)
