"""What the provider breaks: supply that is gone, maintenance, locks."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING, Final

from faultzone.api.ecs.disk_events import DISK_EVENTS
from faultzone.clock import milliseconds
from faultzone.control.events import find_event, plan_maintenance, see_maintenance, withdraw
from faultzone.control.faults import met
from faultzone.control.faults.breaks import Breakers, Breaking, breaks
from faultzone.control.spot import find_offer
from faultzone.control.targets import find_instance, find_region, region_of
from faultzone.errors import UnknownTarget, UsageError
from faultzone.faults.provider import (
    DiskImpaired,
    LaunchFailure,
    Maintenance,
    SecurityLock,
    SpotInterruption,
    SpotPriceRise,
    SupplyShortage,
)
from faultzone.model.billing import market
from faultzone.model.billing.ledger import units
from faultzone.model.core import events, locks, spot
from faultzone.model.core.state import STOP_CHARGING
from faultzone.model.instances import failures

if TYPE_CHECKING:
    from faultzone.control.local import Local
    from faultzone.model.core.catalog import InstanceType
    from faultzone.model.core.state import Instance

BREAKERS: Final[Breakers] = {}


@breaks(SupplyShortage, BREAKERS, locked=True, meets=met.by_placing)
def take_supply(backend: Local, fault: SupplyShortage) -> Breaking:
    """Hold a limit beside all others, whatever comes and goes meanwhile."""
    at = find_region(backend, fault.region)
    zone, family = fault.zone or "*", fault.family or "*"
    at.placement.check_scope(zone, family, at.catalog)
    number = at.placement.begin_shortage(zone, family, fault.limit)
    yield lambda: number not in at.placement.supply.shortages
    at.placement.end_shortage(number)


@breaks(LaunchFailure, BREAKERS, locked=True, meets=met.by_launches)
def fail_launches(backend: Local, fault: LaunchFailure) -> Breaking:
    """Let what is made from now on fail; what is being made already fails too."""
    at = find_region(backend, fault.region)
    zone, family = fault.zone or "*", fault.family or "*"
    at.placement.check_scope(zone, family, at.catalog)
    number = failures.begin(at, zone, family)
    yield lambda: number not in at.failing
    failures.end(at, number)


def _find_spot(backend: Local, fault: SpotInterruption) -> Instance:
    """The spot instance of a fault.

    Raises:
        UsageError: it is none.
    """
    found = find_instance(backend, fault.instance)
    if found.options.spot_strategy == "NoSpot":
        raise UsageError.expected("instance", fault.instance, "the ID of a spot instance")
    return found


@breaks(SpotInterruption, BREAKERS, locked=True, check=_find_spot)
def take_back(backend: Local, fault: SpotInterruption) -> Breaking:
    """Take it back, once it is not protected any more."""
    found = _find_spot(backend, fault)
    if found.stopped_mode == STOP_CHARGING:
        raise UsageError(f"{found.id} is stopped without charge, and there is nothing to take back: start it first")
    spot.interrupt(region_of(backend, found), found)
    yield None


def _find_rise(backend: Local, fault: SpotPriceRise) -> tuple[InstanceType, list[int], int]:
    """The type whose price rises, the numbers of the zones, and the price.

    Raises:
        UsageError: there is no such type or zone, or it is no price.
    """
    at = find_region(backend, fault.region)
    return *find_offer(backend, at, fault.instance_type, fault.zone), units(fault.price, what="price")


@breaks(SpotPriceRise, BREAKERS, locked=True, check=_find_rise, meets=met.by_spot)
def raise_price(backend: Local, fault: SpotPriceRise) -> Breaking:
    """Hold a price beside all others, and a limit of supply with it."""
    at, zone = find_region(backend, fault.region), fault.zone or "*"
    kind, zones, price = _find_rise(backend, fault)
    number = market.begin_rise(at, kind.name, zones, price)
    shortage = None if fault.limit is None else at.placement.begin_shortage(zone, kind.family, fault.limit)
    yield lambda: number not in at.part(market.Market).rises
    market.end_rise(at, number)
    if shortage is not None:
        at.placement.end_shortage(shortage)


def _see_maintenance(backend: Local, fault: Maintenance) -> None:
    see_maintenance(backend, fault.type, fault.outcome)


@breaks(Maintenance, BREAKERS, locked=True, check=_see_maintenance)
def plan(backend: Local, fault: Maintenance) -> Breaking:
    """Plan it; what has not begun is withdrawn, and an event that is no longer kept is over."""
    planned = plan_maintenance(
        backend,
        instance=fault.instance,
        host=fault.host,
        within=None if fault.within is None else milliseconds(fault.within),
        outcome=fault.outcome,
        region=fault.region,
        type=fault.type,
    )
    ids = [each.id for each in planned]

    def is_pending(event: str) -> bool:
        try:
            return find_event(backend, event)[1].may_become(events.CANCELED)
        except UnknownTarget:
            return False

    yield lambda: not any(map(is_pending, ids))
    for each in filter(is_pending, ids):
        withdraw(*find_event(backend, each))


def _lock_of(backend: Local, fault: SecurityLock) -> list[Hashable]:
    return [("lock", find_instance(backend, fault.instance).id)]


@breaks(SecurityLock, BREAKERS, of=_lock_of, locked=True)
def lock(backend: Local, fault: SecurityLock, target: Hashable) -> Breaking:
    """Lock it; a financial lock may come meanwhile."""

    def change(*, locked: bool) -> None:
        found = find_instance(backend, fault.instance)
        locks.change(region_of(backend, found), found, locks.SECURITY, locked=locked)

    change(locked=True)
    yield lambda: locks.SECURITY not in find_instance(backend, fault.instance).locks
    change(locked=False)


def _see_disk(backend: Local, fault: DiskImpaired) -> None:
    """See that there is such a disk, which can be impaired so.

    Raises:
        UsageError: there is not; the text says what there is.
    """
    from faultzone.model.events import disks  # Few tests break a disk.

    found = find_instance(backend, fault.instance)
    count = 1 + len(found.options.data_disks)
    if fault.type not in DISK_EVENTS:
        raise UsageError.expected_one_of("type", fault.type, DISK_EVENTS)
    if fault.type == disks.DAMAGED and not found.kind.local_disks:
        raise UsageError(f"DiskImpaired: {found.id} has no local disks, and only those are damaged: write another type")
    if not 0 <= fault.disk < count:
        raise UsageError.expected("disk", fault.disk, f"a number from 0 to {count - 1}, as the instance has disks")


@breaks(DiskImpaired, BREAKERS, locked=True, check=_see_disk)
def impair(backend: Local, fault: DiskImpaired) -> Breaking:
    """Begin the event; it is over before its end once its user has isolated the disk."""
    from faultzone.model.events import disks  # Few tests break a disk.

    found = find_instance(backend, fault.instance)
    at = region_of(backend, found)
    event = disks.begin(at, found, fault.disk, fault.type)
    yield lambda: event.ended is not None
    disks.end(at, event)
