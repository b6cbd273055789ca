"""Prices in October 2026: what they are made of, and that they are what is taken."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from faultzone import ApiError, Region, assert_refused
from faultzone_specs.billing import pay_as_you_go, subscription

clause, needs = pytest.mark.clause, pytest.mark.needs

TYPE = "ecs.g5.large"
DISKS = [{"Category": "cloud_efficiency", "Size": 100}, {"Category": "cloud_ssd", "Size": 200}]


def price_of(region: Region, action: str = "DescribePrice", **asked: object) -> dict[str, Any]:
    """The price that is told, in yuan."""
    price = region.call(action, **asked)["PriceInfo"]["Price"]
    assert price["Currency"] == "CNY"
    assert price["TradePrice"] == pytest.approx(price["OriginalPrice"] - price["DiscountPrice"])
    assert 0 <= price["TradePrice"] <= price["OriginalPrice"]
    return dict(price)


@clause("billing/price")
def test_the_price_of_several_is_so_many_times_that_of_one(region: Region) -> None:
    """Before and after the discount."""
    one, three = price_of(region, InstanceType=TYPE), price_of(region, InstanceType=TYPE, Amount=3)
    assert one["OriginalPrice"] > 0
    for name in ("OriginalPrice", "DiscountPrice", "TradePrice"):
        assert three[name] == pytest.approx(3 * one[name])
    assert price_of(region, InstanceType=TYPE, Amount=1000)["OriginalPrice"] > three["OriginalPrice"]
    for amount in (0, 1001):
        with pytest.raises(ApiError):
            region.call("DescribePrice", InstanceType=TYPE, Amount=amount)


@clause("billing/price")
@needs("change-account")
def test_a_launch_takes_what_the_price_was(region: Region) -> None:
    """Two subscriptions of two months."""
    region.set_prices(monthly="12.5")
    asked: dict[str, Any] = {"InstanceType": TYPE, "Amount": 2}
    told = price_of(region, **asked, Period=2, PriceUnit="Month")["TradePrice"]
    before = region.account_balance
    image = region.defaults["image"]
    region.call("RunInstances", ImageId=image, InstanceChargeType="PrePaid", Period=2, **asked)
    assert told == pytest.approx(50)
    assert before - region.account_balance == Decimal(str(told))


@clause("billing/price-parts")
def test_the_parts_of_an_instance_add_up(region: Region) -> None:
    """Each disk is a part of its own."""
    price = price_of(region, InstanceType=TYPE, SystemDisk={"Category": "cloud_ssd", "Size": 40}, DataDisk=DISKS)
    parts = price["DetailInfos"]["DetailInfo"]
    named = [each["Resource"] for each in parts]
    assert (named.count("InstanceType"), named.count("SystemDisk"), named.count("DataDisk")) == (1, 1, 2)
    for name in ("OriginalPrice", "DiscountPrice", "TradePrice"):
        assert sum(each[name] for each in parts) == pytest.approx(price[name])
    assert all(each["OriginalPrice"] > 0 for each in parts if each["Resource"] != "bandwidth")


@clause("billing/price-parts")
def test_disks_and_bandwidth_have_one_price(region: Region) -> None:
    """Without parts."""
    small = price_of(region, ResourceType="disk", DataDisk=DISKS[:1])
    both = price_of(region, ResourceType="disk", DataDisk=DISKS)
    wide = price_of(region, ResourceType="bandwidth", InternetChargeType="PayByBandwidth", InternetMaxBandwidthOut=5)
    assert 0 < small["OriginalPrice"] < both["OriginalPrice"]
    assert wide["OriginalPrice"] > 0
    assert not any(each.get("DetailInfos", {}).get("DetailInfo") for each in (small, both, wide))


@clause("billing/price-parts")
def test_what_a_price_needs_is_mandatory(region: Region) -> None:
    """A type, or the category and the size of a disk."""
    disk: dict[str, object] = {"ResourceType": "disk"}
    incomplete: list[dict[str, object]] = [{}, disk, {**disk, "DataDisk": [{"Category": "cloud_ssd"}]}]
    for asked in incomplete:
        assert_refused("MissingParameter", partial(region.call, "DescribePrice", **asked))
    with pytest.raises(ApiError):
        region.call("DescribePrice", InstanceType="ecs.none.large")


@clause("billing/price-of-performance")
def test_provisioned_performance_has_a_price(region: Region) -> None:
    """Of itself, and of a disk that has it."""

    def cost(of: str, category: str = "cloud_auto", **more: object) -> float:
        disk = {"Category": category, "Size": 100, **more}
        amount: float = price_of(region, ResourceType=of, DataDisk=[disk])["OriginalPrice"]
        return amount

    less, more = (cost("diskperformance", ProvisionedIops=each) for each in (1_000, 20_000))
    assert 0 < less < more
    plain, fast = cost("disk"), cost("disk", ProvisionedIops=20_000)
    assert fast - plain == pytest.approx(more)
    assert_refused("MissingParameter", partial(cost, "diskperformance"))
    assert_refused("InvalidParameter.Conflict", partial(cost, "diskperformance", "cloud_essd", ProvisionedIops=1_000))


@clause("billing/price-period")
@pytest.mark.parametrize(("unit", "most"), [("Hour", 1), ("Week", 4), ("Month", 9), ("Year", 5)])
def test_each_unit_has_its_periods(region: Region, unit: str, most: int) -> None:
    """The longest of them costs no less than the shortest, and one more is refused."""
    first, last = (
        price_of(region, InstanceType=TYPE, PriceUnit=unit, Period=period)["OriginalPrice"] for period in (1, most)
    )
    assert 0 < first <= last
    assert (last > first) == (most > 1)
    for beyond in (0, 1 + most if unit != "Month" else 10):
        with pytest.raises(ApiError):
            region.call("DescribePrice", InstanceType=TYPE, PriceUnit=unit, Period=beyond)


@clause("billing/renewal-price")
@needs("change-account")
def test_a_renewal_takes_what_its_price_was(region: Region) -> None:
    """Three months of one type that has a price of its own."""
    region.set_prices(monthly="7.5")
    instance = subscription(region)
    told = price_of(region, "DescribeRenewalPrice", ResourceId=instance.id, Period=3, PriceUnit="Month")
    before = region.account_balance
    region.call("RenewInstance", InstanceId=instance.id, Period=3, PeriodUnit="Month")
    assert told["TradePrice"] == pytest.approx(22.5)
    assert before - region.account_balance == Decimal(str(told["TradePrice"]))


@clause("billing/renewal-price")
def test_pay_as_you_go_is_not_renewed(region: Region) -> None:
    """And has no price for it; neither has what there is not."""
    instance = pay_as_you_go(region)
    with pytest.raises(ApiError):
        region.call("DescribeRenewalPrice", ResourceId=instance.id)
    assert_refused("InvalidInstanceId.NotFound", lambda: region.call("DescribeRenewalPrice", ResourceId="i-none"))


@clause("billing/renewal-price-periods")
@pytest.mark.parametrize(("unit", "most"), [("Month", 9), ("Year", 3)])
def test_a_renewal_has_a_price_for_each_of_its_periods(region: Region, unit: str, most: int) -> None:
    """One more is refused."""
    instance = subscription(region)
    asked = {"ResourceId": instance.id, "PriceUnit": unit}
    first, last = (
        price_of(region, "DescribeRenewalPrice", **asked, Period=period)["OriginalPrice"] for period in (1, most)
    )
    assert 0 < first < last
    for beyond in (0, most + 1):
        with pytest.raises(ApiError):
            region.call("DescribeRenewalPrice", **asked, Period=beyond)


@clause("billing/renewal-price-periods")
@pytest.mark.parametrize("unit", ["Week", "Hour", "Day"])
def test_a_renewal_has_no_price_of_other_units(region: Region, unit: str) -> None:
    """Neither of weeks, nor of what no subscription is sold by."""
    instance = subscription(region)
    with pytest.raises(ApiError):
        region.call("DescribeRenewalPrice", ResourceId=instance.id, PriceUnit=unit)


@clause("instance/system-disk-size")
def test_a_system_disk_holds_its_image(region: Region) -> None:
    """Of an image that is not larger, the size that is asked for counts."""
    (image,) = region.call("DescribeImages", ImageId=region.defaults["image"])["Images"]["Image"]
    (plain,), (large,) = region.run_instances(1), region.run_instances(1, SystemDisk={"Size": 120})
    sizes = []
    for instance in (plain, large):
        (disk,) = region.call("DescribeDisks", InstanceId=instance.id, DiskType="system")["Disks"]["Disk"]
        sizes.append(disk["Size"])
    assert sizes[0] >= image["Size"]
    assert sizes[1] == 120
