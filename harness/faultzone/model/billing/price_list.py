"""What things cost, as DescribePrice tells it: the price list, and what of it an account is charged.

Source: API reference 2019-02 and 2026-10, DescribePrice and DescribeRenewalPrice. The original price is that of the
price list, or the one that a test has set; the transaction price is what `charges` takes. The discount is the
difference: all, where nothing is charged.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from faultzone.api.ecs.prices import DescribePrice, DescribeRenewalPrice
from faultzone.api.errors import ApiError
from faultzone.editions.prices import GIB_MONTH, MBIT_MONTH
from faultzone.model.billing.ledger import books_of, units
from faultzone.model.core import periods
from faultzone.model.core.disks import system_disk_category, system_disk_gib
from faultzone.model.core.dispatch import Answer, handles
from faultzone.model.core.state import AccountState, RegionState

#: The hours of a month of 30 days: what an hour of a disk and of bandwidth costs is a share of their month.
_HOURS: Final = 720
#: Which periods can be asked for by their unit.
_PERIODS: Final[Mapping[str, Sequence[int]]] = {
    "Hour": (1,),
    "Week": range(1, 5),
    "Month": range(1, 10),
    "Year": range(1, 6),
}
#: Why something costs less than the price list says.
_FREE: Final = {"RuleId": 1, "Description": "Nothing but instances is charged in this region."}
_UNSET: Final = {"RuleId": 2, "Description": "Instances are charged in this region once their prices are set."}


class _Part(NamedTuple):
    """A part of what is bought: the original price and what is charged, in 1/10000 yuan."""

    resource: str
    original: int
    trade: int

    @property
    def rules(self) -> list[dict[str, Any]]:
        """Why it costs less."""
        if self.trade == self.original:
            return []
        return [_UNSET if self.resource == "InstanceType" else _FREE]


@handles(DescribePrice)
def describe_price(region: RegionState, account: AccountState, request: DescribePrice) -> Answer:
    """DescribePrice: of instances with their disks and bandwidth, of disks, or of bandwidth.

    Clauses: billing/price, billing/price-parts.
    """
    r = request
    _check_period(r.period, r.price_unit)
    if r.zone_id is not None:
        region.zone_number(r.zone_id)
    image = None if r.image_id is None else region.catalog.find_image(r.image_id)
    if r.image_id is not None and image is None:
        raise region.catalog.no_image(r.image_id)
    parts: list[_Part] = []
    if r.resource_type == "instance":
        if r.instance_type is None:
            raise ApiError.of("MissingParameter", name="InstanceType")
        parts.append(_instance(region, r.instance_type, r.period, r.price_unit))
        disk = {
            **(r.system_disk or {}),
            "Size": system_disk_gib(r.system_disk or {}, image),
            "Category": system_disk_category(r.system_disk or {}),
        }
        parts.append(_disk("SystemDisk", disk, r.period, r.price_unit))
    if r.resource_type == "disk" and not r.data_disks:
        raise ApiError.of("MissingParameter", name="DataDisk.1.Category")
    if r.resource_type != "bandwidth":
        for number, disk in enumerate(r.data_disks, 1):
            for name in ("Category", "Size"):
                if name not in disk and (name == "Size" or r.resource_type == "disk"):
                    raise ApiError.of("MissingParameter", name=f"DataDisk.{number}.{name}")
            parts.append(_disk("DataDisk", disk, r.period, r.price_unit))
    if r.resource_type != "disk":
        parts.append(_bandwidth(r))
    return _answer([part._replace(original=part.original * r.amount, trade=part.trade * r.amount) for part in parts], r)


@handles(DescribeRenewalPrice)
def describe_renewal_price(region: RegionState, account: AccountState, request: DescribeRenewalPrice) -> Answer:
    """DescribeRenewalPrice: what RenewInstance takes for the same span (billing/renewal-price)."""
    _check_period(request.period, request.price_unit)
    instance = account.instance(request.resource_id)
    if instance.charge_type != "PrePaid":
        raise ApiError("ChargeTypeViolation")
    part = _instance(region, instance.kind.name, request.period, request.price_unit)
    return _answer([part], request)


def _check_period(period: int, unit: str) -> None:
    """Refuse a span that is not on sale (billing/price-period)."""
    if period not in _PERIODS[unit]:
        raise ApiError("InvalidPeriod")


def _instance(region: RegionState, name: str, period: int, unit: str) -> _Part:
    if region.catalog.find_type(name) is None:
        raise region.catalog.no_type(name)
    prices = books_of(region).prices
    trade = prices.hourly(name) if unit == "Hour" else prices.subscription(name, period, unit)
    return _Part("InstanceType", prices.before_discount(name, period, unit), trade)


def _disk(resource: str, disk: Mapping[str, Any], period: int, unit: str) -> _Part:
    category = disk.get("Category", "cloud_efficiency")
    month = GIB_MONTH.get(f"{category}/{disk.get('PerformanceLevel', '')}", GIB_MONTH[category]) * disk["Size"]
    return _Part(resource, _of_month(month, period, unit), 0)


def _bandwidth(request: DescribePrice) -> _Part:
    paid = request.internet_charge_type == "PayByBandwidth"
    month = MBIT_MONTH * request.internet_max_bandwidth_out if paid else 0
    return _Part("bandwidth", _of_month(month, request.period, request.price_unit), 0)


def _of_month(month: int, period: int, unit: str) -> int:
    return -(-month // _HOURS) if unit == "Hour" else periods.price_of(month, period, unit)


def _answer(parts: list[_Part], request: DescribePrice | DescribeRenewalPrice) -> Answer:
    original, trade = sum(part.original for part in parts), sum(part.trade for part in parts)
    price: dict[str, Any] = {"Currency": "CNY", **_amounts(original, trade)}
    if request.resource_type == "instance":
        details = [
            {
                "Resource": part.resource,
                **_amounts(part.original, part.trade),
                "SubRules": {"Rule": [dict(rule) for rule in part.rules]},
            }
            for part in parts
        ]
        price["DetailInfos"] = {"DetailInfo": details}
    rules = {rule["RuleId"]: dict(rule) for part in parts for rule in part.rules}
    return {"PriceInfo": {"Price": price, "Rules": {"Rule": list(rules.values())}}}


def _amounts(original: int, trade: int) -> dict[str, float]:
    yuan = units(1)
    return {
        "OriginalPrice": original / yuan,
        "DiscountPrice": (original - trade) / yuan,
        "TradePrice": trade / yuan,
    }
