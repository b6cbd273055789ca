"""What things cost, as DescribePrice tells it: the price list, and what of it an account is charged.

Source: API reference 2019-02 and 2026-10, DescribePrice and DescribeRenewalPrice. The original price is that of the
price list, or the one that a test has set; the transaction price is what `charges` takes. The discount is the
difference: all, where nothing is charged.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from faultzone.api.ecs.prices import DescribeInstanceModificationPrice, DescribePrice, DescribeRenewalPrice
from faultzone.api.errors import ApiError
from faultzone.clock import DAY
from faultzone.editions.prices import GIB_MONTH, IOPS_MONTH, MBIT_MONTH
from faultzone.model.billing.ledger import books_of, units
from faultzone.model.billing.market import price
from faultzone.model.billing.spec_changes import change_to, check_current
from faultzone.model.billing.subscriptions import span_to_day
from faultzone.model.core import free_disks, periods
from faultzone.model.core.disks import (
    DATA_DISK,
    SYSTEM_DISK,
    data_disk_gib,
    disk_gib,
    performance_level,
    system_disk_category,
    system_disk_gib,
)
from faultzone.model.core.dispatch import Answer, handles
from faultzone.model.core.excluded import check_excluded
from faultzone.model.core.filters import read_instant
from faultzone.model.core.own_images import find_image
from faultzone.model.core.state import AccountState, Instance, RegionState

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
_FREE: Final[Mapping[str, Any]] = {"RuleId": 1, "Description": "Nothing but instances is charged in this region."}
_UNSET: Final[Mapping[str, Any]] = {
    "RuleId": 2,
    "Description": "Instances are charged in this region once their prices are set.",
}
_OF_SPOT: Final[Mapping[str, Any]] = {"RuleId": 3, "Description": "A spot instance costs the price in its zone."}


class _Part(NamedTuple):
    """A part of what is bought: the original price and what is charged, in 1/10000 yuan, and why that is less."""

    resource: str
    original: int
    trade: int
    rule: Mapping[str, Any] = _FREE

    @property
    def rules(self) -> list[dict[str, Any]]:
        """Why it costs less."""
        return [] if self.trade == self.original else [dict(self.rule)]


@handles(DescribePrice)
def describe_price(region: RegionState, account: AccountState, request: DescribePrice) -> Answer:
    """DescribePrice: of instances with their disks and bandwidth, of disks, of what is provisioned for them, or of
    bandwidth.

    Clauses: billing/price, billing/price-parts, billing/spot-price, billing/price-of-performance.
    """
    r = request
    _check_period(r.period, r.price_unit)
    zone = None if r.zone_id is None else region.zone_number(r.zone_id)
    image = None if r.image_id is None else find_image(region, account, r.image_id)
    if r.image_id is not None and image is None:
        raise region.catalog.no_image(r.image_id)
    parts: list[_Part] = []
    if r.resource_type == "instance":
        if r.instance_type is None:
            raise ApiError.of("MissingParameter", name="InstanceType")
        if r.spot_strategy != "NoSpot" and r.price_unit == "Hour" and region.edition.billing.spot_market:
            parts.append(_spot(region, r.instance_type, zone))
        else:
            parts.append(_instance(region, r.instance_type, r.period, r.price_unit))
        disk = {
            **(r.system_disk or {}),
            "Size": system_disk_gib(r.system_disk or {}, image),
            "Category": system_disk_category(r.system_disk or {}),
        }
        parts.append(_disk("SystemDisk", disk, r.period, r.price_unit))
    parts += _data_disks(r)
    if r.resource_type in ("instance", "bandwidth"):
        parts.append(_bandwidth(r))
    parts = [part._replace(original=part.original * r.amount, trade=part.trade * r.amount) for part in parts]
    return _answer(parts, detailed=r.resource_type == "instance")


#: What must be said of each disk whose price is asked for, by what is asked for.
_OF_DISKS: Final[Mapping[str, tuple[str, ...]]] = {
    "instance": ("Size",),
    "disk": ("Category", "Size"),
    "diskperformance": ("Category", "ProvisionedIops"),
}


def _data_disks(request: DescribePrice) -> list[_Part]:
    """The data disks, or what is provisioned for them."""
    kind, parts = request.resource_type, list[_Part]()
    if kind == "bandwidth":
        return parts
    if kind != "instance" and not request.data_disks:
        raise ApiError.of("MissingParameter", name="DataDisk.1.Category")
    for number, disk in enumerate(request.data_disks, 1):
        for name in _OF_DISKS[kind]:
            if name not in disk:
                raise ApiError.of("MissingParameter", name=f"DataDisk.{number}.{name}")
        if "ProvisionedIops" in disk and disk.get("Category") != "cloud_auto":
            raise ApiError.of("InvalidParameter.Conflict", why="ProvisionedIops is for the category cloud_auto alone")
        if kind == "diskperformance":
            month = IOPS_MONTH * int(disk["ProvisionedIops"])
            parts.append(_Part("DataDisk", _of_month(month, request.period, request.price_unit), 0))
        else:
            parts.append(_disk("DataDisk", disk, request.period, request.price_unit))
    return parts


@handles(DescribeRenewalPrice)
def describe_renewal_price(region: RegionState, account: AccountState, request: DescribeRenewalPrice) -> Answer:
    """DescribeRenewalPrice: what RenewInstance takes for the same span (billing/renewal-price, billing/renew-day)."""
    check_excluded(region, request)
    _check_period(request.period, request.price_unit, years=region.edition.billing.renewal_price_years)
    instance = account.instance(request.resource_id)
    if instance.charge_type != "PrePaid":
        raise ApiError("ChargeTypeViolation")
    if request.renewal_day is not None:
        ends, told = span_to_day(region, instance, request.renewal_day)
        months = -(-(ends - max(instance.expires or 0, region.clock.now)) // (30 * DAY))
        original = told or books_of(region).prices.before_discount(instance.bought_kind.name, months, "Month")
        return _answer([_Part("InstanceType", original, told, _UNSET)])
    part = _instance(region, instance.bought_kind.name, request.period, request.price_unit)
    return _answer([part])


@handles(DescribeInstanceModificationPrice)
def describe_modification_price(
    region: RegionState, account: AccountState, request: DescribeInstanceModificationPrice
) -> Answer:
    """DescribeInstanceModificationPrice: of an upgrade of a subscription's type, of its disks and bandwidth, or of
    further data disks, for the rest of its term (billing/modification-price)."""
    instance = account.instance(request.instance_id)
    if request.instance_type is None and not request.data_disks:
        raise ApiError.of("MissingParameter", name="InstanceType")
    left = check_current(region, instance)
    parts = []
    if request.instance_type is not None:
        change = change_to(region, instance, request.instance_type)
        if change.lowers:
            raise ApiError("PriceNotFound")
        parts.append(_Part("InstanceType", change.original, change.trade, _UNSET))
    if request.system_disk is not None:
        parts.append(_more_disk(region, instance, SYSTEM_DISK, request.system_disk, 0, left))
    for number, disk in enumerate(request.data_disks, 1):
        parts.append(_data_disk(region, instance, disk, number, left))
    if request.internet_max_bandwidth_out is not None:
        parts.append(_more_bandwidth(region, instance, request, left))
    return _answer(parts)


def _data_disk(region: RegionState, instance: Instance, disk: Mapping[str, Any], number: int, left: int) -> _Part:
    """A data disk that is added, or one of the instance that is changed.

    Raises:
        ApiError: it has no category, or is not of the instance.
    """
    if "DiskId" in disk:
        numbers = {free_disks.id_of(instance, each): each for each in free_disks.numbers(instance) if each}
        if disk["DiskId"] not in numbers:
            raise ApiError("InvalidDiskId.NotFound")
        return _more_disk(region, instance, DATA_DISK, disk, numbers[disk["DiskId"]], left)
    if "Category" not in disk:
        raise ApiError.of("InvalidDiskCategory.Missing", name=f"DataDisk.{number}.Category")
    level = performance_level(disk["Category"], disk.get("PerformanceLevel"))
    size = disk.get("Size", disk_gib(region.edition, DATA_DISK, disk["Category"], level)[0])
    return _Part(DATA_DISK, periods.price_of_days(_disk_month({**disk, "Size": size}), left), 0)


def _more_disk(
    region: RegionState, instance: Instance, resource: str, asked: Mapping[str, Any], number: int, left: int
) -> _Part:
    """A disk of an instance that is changed; what costs less is not refunded here, it costs nothing."""
    has = instance.options.data_disks[number - 1] if number else instance.options.system_disk
    size = data_disk_gib(has) if number else system_disk_gib(has, instance.image)
    before = {**has, "Size": size}
    month = max(0, _disk_month({**before, **asked}) - _disk_month(before))
    return _Part(resource, periods.price_of_days(month, left), 0)


def _more_bandwidth(
    region: RegionState, instance: Instance, request: DescribeInstanceModificationPrice, left: int
) -> _Part:
    """More bandwidth, for the rest of the term or from one instant to another.

    Raises:
        ApiError: one of the instants is none, or the second is not after the first.
    """
    now = region.clock.now
    start, end = now, now + left
    if request.start_time is not None:
        start = max(now, read_instant(request.start_time, name="StartTime"))
    if request.end_time is not None:
        end = min(end, read_instant(request.end_time, name="EndTime"))
    if end <= start:
        why = "StartTime must be before it, and before the end of the term"
        raise ApiError.of("InvalidParameter", name="EndTime", why=why)
    paid = request.internet_charge_type == "PayByBandwidth"
    more = max(0, (request.internet_max_bandwidth_out or 0) - instance.bandwidth_out)
    return _Part("bandwidth", periods.price_of_days(MBIT_MONTH * more * paid, end - start), 0)


def _check_period(period: int, unit: str, *, years: int = _PERIODS["Year"][-1]) -> None:
    """Refuse a span that is not on sale (billing/price-period, billing/renewal-price-periods)."""
    if period not in _PERIODS[unit] or (unit == "Year" and period > years):
        raise ApiError("InvalidPeriod")


def _instance(region: RegionState, name: str, period: int, unit: str) -> _Part:
    region.catalog.type_of(name)
    prices = books_of(region).prices
    trade = prices.hourly(name) if unit == "Hour" else prices.subscription(name, period, unit)
    return _Part("InstanceType", prices.before_discount(name, period, unit), trade, _UNSET)


def _spot(region: RegionState, name: str, zone: int | None) -> _Part:
    """A spot instance of a type in a zone, or where it costs least (billing/spot-price)."""
    region.catalog.type_of(name)
    prices = books_of(region).prices
    zones = range(len(region.zone_ids)) if zone is None else (zone,)
    market = min(price(region, name, each) for each in zones)
    usual = prices.hourly(name)
    original = max(market, prices.before_discount(name, 1, "Hour"))
    return _Part("InstanceType", original, market if usual else 0, _OF_SPOT if usual else _UNSET)


def _disk(resource: str, disk: Mapping[str, Any], period: int, unit: str) -> _Part:
    """A disk with what is provisioned for it: each is rounded, as it is where it is asked for alone."""
    months = (_disk_month({**disk, "ProvisionedIops": 0}), IOPS_MONTH * int(disk.get("ProvisionedIops", 0)))
    return _Part(resource, sum(_of_month(each, period, unit) for each in months), 0)


def _disk_month(disk: Mapping[str, Any]) -> int:
    """What a month of a disk costs on the price list."""
    category = system_disk_category(disk)
    each = GIB_MONTH.get(f"{category}/{disk.get('PerformanceLevel', '')}", GIB_MONTH[category])
    return each * int(disk["Size"]) + IOPS_MONTH * int(disk.get("ProvisionedIops", 0))


def _bandwidth(request: DescribePrice) -> _Part:
    paid = request.internet_charge_type == "PayByBandwidth"
    month = MBIT_MONTH * request.internet_max_bandwidth_out if paid else 0
    return _Part("bandwidth", _of_month(month, request.period, request.price_unit), 0)


def _of_month(month: int, period: int, unit: str) -> int:
    return -(-month // _HOURS) if unit == "Hour" else periods.price_of(month, period, unit)


def _answer(parts: list[_Part], *, detailed: bool = True) -> Answer:
    original, trade = sum(part.original for part in parts), sum(part.trade for part in parts)
    whole: dict[str, Any] = {"Currency": "CNY", **_amounts(original, trade)}
    if detailed:
        details = [
            {
                "Resource": part.resource,
                **_amounts(part.original, part.trade),
                "SubRules": {"Rule": part.rules},
            }
            for part in parts
        ]
        whole["DetailInfos"] = {"DetailInfo": details}
    rules = {rule["RuleId"]: rule for part in parts for rule in part.rules}
    return {"PriceInfo": {"Price": whole, "Rules": {"Rule": list(rules.values())}}}


def _amounts(original: int, trade: int) -> dict[str, float]:
    yuan = units(1)
    return {
        "OriginalPrice": original / yuan,
        "DiscountPrice": (original - trade) / yuan,
        "TradePrice": trade / yuan,
    }
