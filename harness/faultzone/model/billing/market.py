"""The market of spot instances: what an hour of one costs by zone and type, and since when.

Source: ECS user guide 2026-10, Spot instances. A price stays as it is until a test moves it; the usual one is a share
of the price of pay-as-you-go. A spot instance with a limit is taken back when the price is above it, unless it is
protected; what is protected is looked at again when that ends.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, NamedTuple

from faultzone.model.billing import arrears
from faultzone.model.billing.ledger import books_of, units
from faultzone.model.core import spot

if TYPE_CHECKING:
    from faultzone.model.core.catalog import InstanceType
    from faultzone.model.core.state import Instance, RegionState

#: A zone by its number, and a type.
_Offer = tuple[int, str]


class _Rise(NamedTuple):
    """A price that is held for a time, in some zones."""

    kind: str
    zones: Collection[int]
    price: int


class Market:
    """The spot prices of a region, in 1/10000 yuan an hour.

    Attributes:
        rises: the prices that are held for a time, by number.
    """

    def __init__(self) -> None:
        self._set: dict[_Offer, int] = {}
        self.rises: dict[int, _Rise] = {}
        self.numbers = count(1)
        #: When the price of an offer has moved, and to what; None for the usual one.
        self._moves: dict[_Offer, list[tuple[int, int | None]]] = {}

    def now(self, offer: _Offer) -> int | None:
        """The price that an offer has now: the highest of those that are held, or what was set; None for the usual."""
        held = [each.price for each in self.rises.values() if each.kind == offer[1] and offer[0] in each.zones]
        return max(held, default=self._set.get(offer))

    def put(self, offer: _Offer, price: int | None) -> None:
        """Set a price for good, or the usual one."""
        if price is None:
            self._set.pop(offer, None)
        else:
            self._set[offer] = price

    def move(self, offer: _Offer, at: int) -> None:
        """Note the price that an offer has from an instant on."""
        self._moves.setdefault(offer, []).append((at, self.now(offer)))

    def at(self, offer: _Offer, instant: int) -> int | None:
        """The price that an offer had at an instant."""
        moves = self._moves.get(offer, [])
        place = bisect_right(moves, instant, key=lambda move: move[0])
        return moves[place - 1][1] if place else None

    def moved(self, offer: _Offer) -> list[int]:
        """When the price of an offer has moved."""
        return [at for at, _ in self._moves.get(offer, [])]


def _open(region: RegionState) -> Market:
    """The market of a region; from its opening on, spot instances are charged at its prices."""
    books = books_of(region)
    regions = {each.id: each for each in books.regions}

    def charged(key: str) -> int:
        at, zone, kind = key.split(":")
        return price(regions[at], kind, int(zone))

    books.prices.spot = charged
    return region.part(Market)


def price(region: RegionState, kind: str, zone: int, instant: int | None = None) -> int:
    """The price of an hour of a spot instance in a zone, now or at an instant, in 1/10000 yuan."""
    market = region.kept(Market)
    moved = None
    if market is not None:
        moved = market.now((zone, kind)) if instant is None else market.at((zone, kind), instant)
    return books_of(region).prices.usual_spot(kind) if moved is None else moved


def affordable(region: RegionState, kind: InstanceType, limit: float) -> Collection[int]:
    """The zones, by number, in which a type costs no more than a limit in yuan; see `RegionState.affordable`."""
    market, most = region.kept(Market), round(limit * units(1))
    usual = books_of(region).prices.usual_spot(kind.name) if region.edition.billing.spot_market else 0

    def asked(zone: int) -> int:
        moved = None if market is None else market.now((zone, kind.name))
        return usual if moved is None else moved

    return [zone for zone in range(len(region.zone_ids)) if not region.rules.spot_is_too_dear(asked(zone), most)]


def set_price(region: RegionState, kind: str, zones: Collection[int], price: int | None) -> None:
    """Set the price of a type in some zones for good, in 1/10000 yuan, or to the usual one."""
    market = _open(region)
    for zone in zones:
        market.put((zone, kind), price)
    _move(region, kind, zones)


def begin_rise(region: RegionState, kind: str, zones: Collection[int], price: int) -> int:
    """Hold a price in some zones until `end_rise` of the number that is given back."""
    market = _open(region)
    number = next(market.numbers)
    market.rises[number] = _Rise(kind, zones, price)
    _move(region, kind, zones)
    return number


def end_rise(region: RegionState, number: int) -> None:
    """Hold a price no longer."""
    ended = region.part(Market).rises.pop(number, None)
    if ended is not None:
        _move(region, ended.kind, ended.zones)


def _move(region: RegionState, kind: str, zones: Collection[int]) -> None:
    """Charge what runs at the new price, and take back what does not bid it (billing/spot-price-moves)."""
    for zone in zones:
        region.part(Market).move((zone, kind), region.clock.now)
    arrears.charge_anew(books_of(region))
    for instance in list(region.instances.values()):
        if instance.kind.name == kind and instance.zone in zones and _is_outbid(region, instance):
            spot.interrupt(region, instance, partial(_is_outbid, region, instance))


def _is_outbid(region: RegionState, instance: Instance) -> bool:
    """Whether the price is above what a spot instance bids at most."""
    limit = instance.options.spot_price_limit
    if instance.options.spot_strategy != "SpotWithPriceLimit" or not limit:
        return False
    return instance.zone not in affordable(region, instance.kind, limit)
