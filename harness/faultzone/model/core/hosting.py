"""Which host an instance has: choosing one by supply and rules, taking it, leaving it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from faultzone.model.core import events

if TYPE_CHECKING:
    from collections.abc import Collection

    from faultzone.model.core.catalog import InstanceType
    from faultzone.model.core.placement import Batch, Host
    from faultzone.model.core.state import Instance, RegionState


def choose(
    region: RegionState,
    account: str,
    kind: InstanceType,
    zone: int,
    others: list[Host] | None,
    *,
    leaving: Host | None = None,
    member: Instance | None = None,
    batch: Batch | None = None,
) -> Host | None:
    """The host that an instance should go to, or None for lack of supply. Nothing is reserved.

    Args:
        others: the hosts of the other members of its deployment set, None without a set.
        leaving: the host that it must leave.
        member: which member of the set it is; None for an instance that is being made.
        batch: those of the same batch for which a host has been chosen already.
    """
    placement, rules = region.placement, region.rules
    if (
        leaving is None
        and placement.supply.left(region.zone_ids[zone], kind.family, 0 if batch is None else -batch.size) == 0
    ):
        return None
    avoid: Collection[int] = rules.hosts_to_avoid(others, member) if others else ()
    if leaving is not None:
        avoid = {*avoid, leaving.index}
    if batch is None:
        return next(placement.candidates(rules.preference(placement.spread(account, zone).levels), kind, avoid), None)
    return next(placement.candidates(rules.preference(batch.levels()), kind, avoid, batch.more), None)


def choose_for(region: RegionState, instance: Instance, leaving: Host | None = None) -> Host | None:
    """The host that an existing instance should go to, within its zone."""
    others = None if instance.group is None else instance.group.hosts(without=instance)
    return choose(region, instance.account, instance.kind, instance.zone, others, leaving=leaving, member=instance)


def choose_elsewhere(region: RegionState, instance: Instance, *, spread: bool = True) -> Host | None:
    """The host of its zone to which an instance can go that cannot run where it is, or None for lack of supply.

    What it takes of the supply where it is counts as given back.

    Args:
        spread: whether the spread of its set is kept.
    """
    zone = region.zone_ids[instance.zone]
    own = 0 if instance.host is None else 1
    if region.placement.supply.left(zone, instance.kind.family, given_back=own) == 0:
        return None
    if spread:
        return choose_for(region, instance, leaving=instance.host)
    return choose(region, instance.account, instance.kind, instance.zone, None, leaving=instance.host)


def settle(region: RegionState, instance: Instance, host: Host) -> None:
    """Give an instance the vCPUs and memory of a host."""
    instance.host = host
    region.placement.take(host, instance.kind, instance.account, instance.id)


def leave(region: RegionState, instance: Instance, *, plans: str | None = events.CANCELED) -> None:
    """Give an instance's vCPUs and memory back.

    Args:
        plans: what becomes of the maintenance that was planned for it on its host (event/maintenance-of-its-host):
            Canceled where the region has made it leave, Avoided where its user has; None where it is released, which
            ends all of its events.
    """
    if instance.host is not None:
        if plans is not None and region.rules.maintenance_stays_with_host():
            events.withdraw(region, instance, "SystemMaintenance.", plans)
        region.placement.free(instance.host, instance.kind, instance.account, instance.id)
        instance.host = None
