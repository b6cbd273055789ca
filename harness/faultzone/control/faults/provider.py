"""What the provider breaks: supply that is gone, maintenance, locks."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING, Final

from faultzone.clock import milliseconds
from faultzone.control.events import find_event, plan_maintenance, withdraw
from faultzone.control.faults.breaks import Breakers, Breaking, breaks
from faultzone.control.targets import find_instance, find_region, region_of
from faultzone.errors import UnknownTarget
from faultzone.faults.provider import Maintenance, SecurityLock, SupplyShortage
from faultzone.model.core import events, locks

if TYPE_CHECKING:
    from faultzone.control.local import Local

BREAKERS: Final[Breakers] = {}


@breaks(SupplyShortage, BREAKERS, locked=True)
def take_supply(backend: Local, fault: SupplyShortage) -> Breaking:
    """Hold a limit beside all others, whatever comes and goes meanwhile."""
    at = find_region(backend, fault.region)
    zone, family = fault.zone or "*", fault.family or "*"
    at.placement.check_scope(zone, family, at.catalog)
    number = at.placement.begin_shortage(zone, family, fault.limit)
    yield lambda: number not in at.placement.supply.shortages
    at.placement.end_shortage(number)


@breaks(Maintenance, BREAKERS, locked=True)
def plan(backend: Local, fault: Maintenance) -> Breaking:
    """Plan it; what has not begun is withdrawn, and an event that is no longer kept is over."""
    planned = plan_maintenance(
        backend,
        instance=fault.instance,
        host=fault.host,
        within=None if fault.within is None else milliseconds(fault.within),
        outcome=fault.outcome,
        region=fault.region,
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
