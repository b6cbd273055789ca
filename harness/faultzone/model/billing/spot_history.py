"""What is told of spot instances: their prices of the last days, and how many of them were taken back.

Source: API reference 2026-10, DescribeSpotPriceHistory and DescribeSpotAdvice.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any, Final

from faultzone.api.ecs.spot import DescribeSpotAdvice, DescribeSpotPriceHistory
from faultzone.api.errors import ApiError
from faultzone.clock import DAY, HOUR, stamp
from faultzone.model.billing.ledger import books_of, units
from faultzone.model.billing.market import Market, price
from faultzone.model.core.catalog import InstanceType
from faultzone.model.core.dispatch import Answer, handles
from faultzone.model.core.filters import read_instant
from faultzone.model.core.spot import Interruptions, is_spot
from faultzone.model.core.state import AccountState, RegionState

#: So many prices are on a page.
_PAGE: Final = 1000
#: So long before the end prices are listed from where nobody says.
_USUAL_SPAN: Final = 3 * HOUR
#: How rates are put into words: below which percentage, and how.
_RATES: Final = ((3, "0-3%"), (5, "3-5%"), (10, "5-10%"), (101, "10-100%"))
#: Families of the entry level, and of those that earn credits; all others are of the enterprise level.
_ENTRY: Final = ("ecs.xn4", "ecs.n4", "ecs.mn4", "ecs.e4", "ecs.e", "ecs.s6", "ecs.u1")
_CREDIT: Final = ("ecs.t5", "ecs.t6")


@handles(DescribeSpotPriceHistory)
def describe_spot_price_history(
    region: RegionState, account: AccountState, request: DescribeSpotPriceHistory
) -> Answer:
    """DescribeSpotPriceHistory: the price at each whole hour, zone by zone, oldest first (billing/spot-price-history).

    What is paid as it goes is told beside it.
    """
    kind = region.catalog.type_of(request.instance_type)
    zones = range(len(region.zone_ids)) if request.zone_id is None else [region.zone_number(request.zone_id)]
    start, end = _span(region, request)
    hours = range(-(-start // HOUR) * HOUR, end + 1, HOUR)
    rows = [(zone, hour) for zone in zones for hour in hours]
    origin = books_of(region).prices.before_discount(kind.name, 1, "Hour") / units(1)
    shown = [
        {
            "InstanceType": kind.name,
            "IoOptimized": request.io_optimized,
            "NetworkType": request.network_type,
            "ZoneId": region.zone_ids[zone],
            "OriginPrice": origin,
            "SpotPrice": price(region, kind.name, zone, hour) / units(1),
            "Timestamp": stamp(hour),
        }
        for zone, hour in rows[request.offset : request.offset + _PAGE]
    ]
    answer: Answer = {"Currency": "CNY", "SpotPrices": {"SpotPriceType": shown}}
    if request.offset + _PAGE < len(rows):
        answer["NextOffset"] = request.offset + _PAGE
    return answer


def _span(region: RegionState, request: DescribeSpotPriceHistory) -> tuple[int, int]:
    """From when to when prices are asked for: 30 days at most, and nothing of the future.

    Raises:
        ApiError: `InvalidParams.StartTime` or `InvalidParams.EndTime`.
    """
    now, most = region.clock.now, region.edition.billing.spot_days * DAY
    end = now if request.end_time is None else read_instant(request.end_time, "InvalidParams.EndTime")
    start = (
        end - _USUAL_SPAN if request.start_time is None else read_instant(request.start_time, "InvalidParams.StartTime")
    )
    if not 0 <= end - start <= most:
        why = f"it must be at most {region.edition.billing.spot_days} days before EndTime, and not after it"
        raise ApiError.of("InvalidParams.StartTime", why=why)
    return start, min(end, now)


@handles(DescribeSpotAdvice)
def describe_spot_advice(region: RegionState, account: AccountState, request: DescribeSpotAdvice) -> Answer:
    """DescribeSpotAdvice: the average price in percent of pay-as-you-go, and how many of the spot instances were taken
    back, by zone; the cheapest first (billing/spot-advice)."""
    zones = range(len(region.zone_ids)) if request.zone_id is None else [region.zone_number(request.zone_id)]
    kinds = _kinds(region, request)
    shown = []
    for zone in zones:
        found = sorted((_advise(region, zone, kind) for kind in kinds), key=lambda each: each["AverageSpotDiscount"])
        shown.append({"ZoneId": region.zone_ids[zone], "AvailableSpotResources": {"AvailableSpotResource": found}})
    return {"RegionId": region.id, "AvailableSpotZones": {"AvailableSpotZone": shown}}


def _kinds(region: RegionState, request: DescribeSpotAdvice) -> list[InstanceType]:
    """The types that are asked for, by their names, or by vCPUs and memory.

    Raises:
        ApiError: neither is given, or there is no type of a name.
    """
    r = request
    if r.instance_types:
        return [region.catalog.type_of(name) for name in dict.fromkeys(r.instance_types)]
    if (r.cores is None or r.memory is None) and (r.min_cores is None or r.min_memory is None):
        raise ApiError("InvalidParam.TypeAndCpuMem.Conflict")
    return [
        kind
        for kind in region.catalog.types.values()
        if r.cores in (None, kind.vcpus)
        and r.memory in (None, kind.memory_gib)
        and kind.vcpus >= (r.min_cores or 0)
        and kind.memory_gib >= (r.min_memory or 0)
        and r.family in (None, kind.family)
        and r.level in (None, _level(kind.family))
        and r.gpu_spec in (None, kind.gpu)
        and r.gpu_amount in (None, kind.gpus)
    ]


def _level(family: str) -> str:
    if family in _CREDIT:
        return "CreditEntryLevel"
    return "EntryLevel" if family in _ENTRY else "EnterpriseLevel"


def _advise(region: RegionState, zone: int, kind: InstanceType) -> dict[str, Any]:
    """What is told of a type in a zone; a rate is of those that were taken back and those that are there."""
    now = region.clock.now
    begin = now - region.edition.billing.spot_days * DAY
    origin = books_of(region).prices.before_discount(kind.name, 1, "Hour")
    average = _average(region, zone, kind.name, begin, now)
    percent = round(100 * average / origin) if origin else 100
    known = region.kept(Interruptions)
    taken = sum(each[0] >= begin and each[1:] == (zone, kind.name) for each in ([] if known is None else known.told))
    there = sum(
        each.zone == zone and each.kind.name == kind.name and is_spot(each) for each in region.instances.values()
    )
    rate = 100 * taken / (taken + there) if taken else 0
    return {
        "InstanceType": kind.name,
        "AverageSpotDiscount": max(1, min(100, percent)),
        "InterruptionRate": round(rate, 2),
        "InterruptRateDesc": next(words for below, words in _RATES if rate < below),
    }


def _average(region: RegionState, zone: int, kind: str, begin: int, end: int) -> float:
    """The average of a price over a time."""
    market = region.kept(Market)
    moved = [] if market is None else [at for at in market.moved((zone, kind)) if begin < at < end]
    bounds = [begin, *moved, end]
    return sum(price(region, kind, zone, first) * (last - first) for first, last in pairwise(bounds)) / (end - begin)
