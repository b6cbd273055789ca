"""The verbs of the market of spot instances."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from faultzone.control.registry import Table, verb
from faultzone.control.targets import find_region
from faultzone.errors import UsageError
from faultzone.model.billing import market
from faultzone.model.billing.ledger import units, yuan

if TYPE_CHECKING:
    from faultzone.control.local import Local
    from faultzone.model.core.catalog import InstanceType
    from faultzone.model.core.state import RegionState

VERBS: Table = {}


def find_offer(
    backend: Local, region: RegionState, instance_type: str, zone: str | None
) -> tuple[InstanceType, list[int]]:
    """A type, and the numbers of the zones that are meant: one, or all.

    Raises:
        UsageError: there is no such type or zone.
    """
    kind = backend.cloud.catalog.find_type(instance_type)
    if kind is None:
        raise UsageError.unknown("instance type", instance_type, backend.cloud.catalog.types)
    if zone is not None and zone not in region.zone_ids:
        raise UsageError.unknown("zone", zone, region.zone_ids)
    return kind, [number for number, each in enumerate(region.zone_ids) if zone in (None, each)]


@verb(VERBS, "set-supply")
def spot_price(
    backend: Local,
    *,
    instance_type: str,
    price: str | None = None,
    usual: bool = False,
    zone: str | None = None,
    region: str | None = None,
) -> dict[str, Any]:
    """Return or set the spot price of a type, in yuan an hour, in a zone or in all; `usual` sets the usual one."""
    at = find_region(backend, region)
    kind, zones = find_offer(backend, at, instance_type, zone)
    if price is not None or usual:
        market.set_price(at, kind.name, zones, None if price is None else units(price, what="price"))
    return {"prices": {at.zone_ids[each]: yuan(market.price(at, kind.name, each)) for each in zones}}
