"""What a verb's arguments name: a region, a host, an instance, an account.

Each refuses a name that there is not, and says how they are named: `UnknownTarget` for what may have gone meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING, Final

from faultzone.errors import UnknownTarget, UsageError
from faultzone.faults.targets import FIELDS, STEPS, Described, described, is_described
from faultzone.model.core.filters import has_tags, read_tag_list
from faultzone.model.core.listing import like
from faultzone.model.core.seats import BY_RACK, BY_SWITCH
from faultzone.model.core.state import RUNNING

#: What hosts share that a fault may name, and what placement calls it.
SHARED: Final = {"rack": BY_RACK, "switch": BY_SWITCH}

if TYPE_CHECKING:
    from faultzone.control.local import Local
    from faultzone.faults.fault import Fault
    from faultzone.model.core.hosts import Host
    from faultzone.model.core.state import Instance, RegionState


def find_region(backend: Local, region_id: str | None) -> RegionState:
    """The region of this id, or the first."""
    cloud = backend.cloud
    region = cloud.find_region(cloud.default_region if region_id is None else region_id)
    if region is None:
        raise UsageError.unknown("region", region_id, cloud.region_ids)
    return region


def find_host(region: RegionState, host_id: str) -> Host:
    """The host of this id."""
    host = region.placement.find_host(host_id)
    if host is None:
        raise UnknownTarget.unknown(
            "host", host_id, see=f"a host of {region.id} has an ID such as {region.zone_ids[0]}-h01"
        )
    return host


def hosts_sharing(region: RegionState, what: str, name: str) -> list[Host]:
    """The hosts of a rack or a switch.

    Args:
        what: `rack` or `switch`.
        name: such as `cn-hangzhou-a-r01`.
    """
    placement = region.placement
    found = [host for host in placement.hosts if placement.place(host, SHARED[what]) == name]
    if not found:
        raise UsageError.unknown(
            what, name, dict.fromkeys(placement.place(each, SHARED[what]) for each in placement.hosts)
        )
    return found


def find_instance(backend: Local, instance_id: str) -> Instance:
    """The instance of this id."""
    instance = backend.cloud.find_instance(instance_id)
    if instance is None:
        raise UnknownTarget.unknown("instance", instance_id)
    return instance


def region_of(backend: Local, instance: Instance) -> RegionState:
    """The region that an instance is in."""
    return next(each for each in backend.cloud.regions.values() if instance.id in each.instances)


def find_account(backend: Local, account: str | None) -> str:
    """The account of this id, or the first."""
    accounts = backend.cloud.accounts
    if account is not None and account not in accounts:
        raise UsageError.unknown("account", account, accounts)
    return account or accounts[0]


def see_targets(backend: Local, fault: Fault) -> None:
    """See that what a fault names is there: its fields are called as what they name. What is described is looked for
    when it is due, but for the ID that its description names.

    Raises:
        UsageError: something is not.
    """
    later = _described_fields(fault)
    for name in later:
        _see_described(backend, described(getattr(fault, name)))
    named = {name: value for name, value in vars(fault).items() if isinstance(value, str) and name not in later}
    region = find_region(backend, named.get("region"))
    for name in {"host", "peer"} & named.keys():
        find_host(region, named[name])
    if "instance" in named:
        find_instance(backend, named["instance"])
    if "account" in named:
        find_account(backend, named["account"])
    if "zone" in named and named["zone"] not in region.zone_ids:
        raise UsageError.unknown("zone", named["zone"], region.zone_ids)
    for name in SHARED.keys() & named.keys():
        hosts_sharing(region, name, named[name])
    if "family" in named and backend.cloud.catalog.find_family(named["family"]) is None:
        raise UsageError.unknown("family", named["family"], sorted(backend.cloud.catalog.families))


def _see_described(backend: Local, what: Described) -> None:
    """See that the instance or the host that a description names is there, or may be: the ID of an instance that a run
    with the same seed has told.

    Raises:
        UnknownTarget: it is not.
    """
    while isinstance(what.of, Described):
        what = what.of
    target = (
        what.of if what.how in STEPS else what.common[1] if what.common and what.common[0] == "expires_with" else None
    )
    if target is None or backend.cloud.world.can_make(target):
        return
    if all(each.placement.find_host(target) is None for each in backend.cloud.regions.values()):
        find_instance(backend, target)


def is_about_described(fault: Fault) -> bool:
    """Whether a target of a fault is described, and so is known when it is due."""
    return bool(_described_fields(fault))


def _described_fields(fault: Fault) -> list[str]:
    return [name for name in FIELDS if isinstance(value := getattr(fault, name, None), str) and is_described(value)]


def of_targets(backend: Local, fault: Fault) -> list[Fault]:
    """A fault with its targets as they are now in place of their descriptions: one for each target, or none.

    Raises:
        UsageError: a description begins with an ID that there is not.
    """
    named = _described_fields(fault)
    if not named:
        return [fault]
    region = find_region(backend, getattr(fault, "region", None))
    regions = [region] if hasattr(fault, "region") else list(backend.cloud.regions.values())
    found = [_found(backend, regions, described(getattr(fault, name))) for name in named]
    return [replace(fault, **dict(zip(named, each, strict=True))) for each in product(*found)]  # type: ignore[type-var]


def _found(backend: Local, regions: Sequence[RegionState], what: Described) -> list[str]:
    """What a description leads to."""
    if what.how in STEPS:
        assert isinstance(what.of, str | Described)
        begin = [what.of] if isinstance(what.of, str) else _found(backend, regions, what.of)
        led = [_STEPS[what.how](backend, regions, each) for each in begin]
        return list(dict.fromkeys(each for each in led if each is not None))
    every = [each for region in regions for each in _of_kind(region, str(what.of))]
    if what.common is not None:
        every = _with_common(backend, every, *what.common)
    if what.how == "all":
        return every
    place = {"newest": len(every), "oldest": 1}.get(what.how, what.place)
    return every[place - 1 : place] if place else []


def _of_kind(region: RegionState, kind: str) -> list[str]:
    if kind == "zone":
        return list(region.zone_ids)
    if kind == "host":
        return [each.id for each in region.placement.hosts]
    if kind in SHARED:
        return list(dict.fromkeys(region.placement.place(each, SHARED[kind]) for each in region.placement.hosts))
    every = region.instances.values()
    if kind == "agent":
        return [each.id for each in every if each.status == RUNNING]
    return [each.id for each in every if kind == "instance" or each.expires is not None]


def _with_common(backend: Local, instances: list[str], what: str, value: str) -> list[str]:
    """The instances of an image, of a name or with a tag, or those whose subscriptions end together with another."""
    found = [find_instance(backend, each) for each in instances]
    if what == "image":
        return [each.id for each in found if each.image.id == value]
    if what == "name":
        return [each.id for each in found if like(value, each.name)]
    if what == "tag":
        key, _, tag = value.partition("=")
        asked = [{"Key": key, "Value": tag}]
        return [each.id for each in found if has_tags(read_tag_list(each.options.tags), asked)]
    until = find_instance(backend, value).expires
    return [each.id for each in found if each.expires == until]


def _host_of(backend: Local, regions: Sequence[RegionState], instance: str) -> str | None:
    host = find_instance(backend, instance).host
    return None if host is None else host.id


def _zone_of(backend: Local, regions: Sequence[RegionState], target: str) -> str | None:
    for region in regions:
        if (host := region.placement.find_host(target)) is not None:
            return region.zone_ids[host.zone]
    found = find_instance(backend, target)
    return region_of(backend, found).zone_ids[found.zone]


def _sharing(what: str) -> Step:
    """From a host, or the host of an instance, to its rack or switch."""

    def step(backend: Local, regions: Sequence[RegionState], target: str) -> str | None:
        for region in regions:
            if (host := region.placement.find_host(target)) is not None:
                return region.placement.place(host, SHARED[what])
        found = find_instance(backend, target)
        return None if found.host is None else region_of(backend, found).placement.place(found.host, SHARED[what])

    return step


#: From a target to where it is; None where it is nowhere.
Step = Callable[["Local", Sequence["RegionState"], str], str | None]
_STEPS: Final[dict[str, Step]] = {
    "host_of": _host_of,
    "rack_of": _sharing("rack"),
    "switch_of": _sharing("switch"),
    "zone_of": _zone_of,
}
