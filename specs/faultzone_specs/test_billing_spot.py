"""Spot instances in October 2026: what they cost, and how they are taken back."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from faultzone import (
    ApiError,
    Instance,
    Region,
    assert_nothing_made,
    assert_refused,
    assert_released,
    assert_unchanged,
    one,
)
from faultzone_specs.billing import advance_to, next_hour

clause, needs = pytest.mark.clause, pytest.mark.needs

TYPE, LARGER = "ecs.g5.large", "ecs.g5.xlarge"
TOO_LOW = "InvalidSpotPriceLimit.LowerThanPublicPrice"
NOTICE = timedelta(minutes=5)


def spot(region: Region, *, limit: object = None, **asked: Any) -> Instance:
    """A running spot instance, without a protected hour unless it is asked for."""
    chosen: dict[str, Any] = {"SpotStrategy": "SpotAsPriceGo"}
    if limit is not None:
        chosen = {"SpotStrategy": "SpotWithPriceLimit", "SpotPriceLimit": limit}
    (made,) = region.run_instances(1, **{**chosen, "SpotDuration": 0, **asked})
    return made


def move_price(region: Region, price: str, **where: object) -> None:
    """Let the spot price of the usual type be so many yuan an hour."""
    region.control("spot-price", instance_type=TYPE, price=price, **where)


def advise(region: Region, **asked: object) -> list[dict[str, Any]]:
    """What DescribeSpotAdvice tells of the zones."""
    zones = region.call("DescribeSpotAdvice", **asked)["AvailableSpotZones"]["AvailableSpotZone"]
    return [each for zone in zones for each in zone.get("AvailableSpotResources", {}).get("AvailableSpotResource", [])]


@clause("billing/spot-price-limit")
@needs("set-supply")
def test_a_limit_below_the_price_makes_nothing(region: Region) -> None:
    """In the zone that is named, or in all."""
    move_price(region, "0.3")
    here, *others = region.zones
    bid: dict[str, Any] = {"SpotStrategy": "SpotWithPriceLimit", "SpotPriceLimit": "0.299"}
    assert_nothing_made(region, lambda: region.run_instances(1, wait=False, **bid), TOO_LOW)
    assert_nothing_made(region, lambda: region.create_instance(**bid), TOO_LOW)
    assert spot(region, limit="0.3").status == "Running"
    assert spot(region, SpotPriceLimit="0.1").status == "Running"
    move_price(region, "0.2", zone=here)
    assert {each.zone for each in (spot(region, limit="0.25") for _ in range(3))} == {here}
    for each in others[:1]:
        assert_nothing_made(region, partial(region.run_instances, 1, wait=False, zone=each, **bid), TOO_LOW)


@clause("billing/spot-price-moves")
@needs("set-supply", "move-time")
def test_who_is_outbid_is_taken_back(region: Region) -> None:
    """Others stay: those that bid more, that pay any price, and that are in another zone or of another type."""
    here = region.zones[0]
    outbid = spot(region, limit="0.2", zone=here)
    kept = [spot(region, limit="0.5", zone=here), spot(region, zone=here)]
    if len(region.zones) > 1:
        kept.append(spot(region, limit="0.2", zone=region.zones[1]))
    kept.append(spot(region, limit="0.3", zone=here, InstanceType=LARGER))
    with region.chaos.spot_price_rise(TYPE, "0.4", zone=here):
        region.clock.advance(NOTICE + timedelta(minutes=1))
        assert_released(outbid)
        region.clock.advance("2h")
    assert {each.status for each in kept} == {"Running"}
    assert all(each.lock_reasons == [] for each in kept)


@clause("billing/spot-protection")
@needs("set-supply", "move-time")
def test_a_protected_instance_stays_for_an_hour(region: Region) -> None:
    """Then it is taken back, if the price is still above its limit."""
    began = region.clock.now
    outbid, other = (spot(region, limit=limit, SpotDuration=None) for limit in ("0.2", "0.3"))
    move_price(region, "0.4")
    region.clock.advance("50m")
    assert (outbid.lock_reasons, other.lock_reasons) == ([], [])
    move_price(region, "0.25")
    advance_to(region, began + timedelta(hours=1), minutes=1)
    assert (outbid.lock_reasons, other.lock_reasons) == (["Recycling"], [])
    region.clock.advance("6m")
    assert_released(outbid)
    assert other.status == "Running"


@clause("billing/spot-protection")
@needs("set-supply", "move-time")
def test_what_is_not_protected_is_taken_back_at_once(region: Region) -> None:
    """Within its first hour."""
    instance = spot(region, limit="0.2")
    move_price(region, "0.4")
    assert instance.lock_reasons == ["Recycling"]
    region.clock.advance("6m")
    assert_released(instance)


def interruptions(region: Region, inbox: int) -> list[dict[str, Any]]:
    """The notifications of spot instances that are taken back."""
    read = region.control("notifications", id=inbox)["notifications"]
    return [each for each in read if each["name"] == "Instance:PreemptibleInstanceInterruption"]


@clause("billing/spot-notice")
@needs("set-supply", "move-time")
def test_the_owner_is_told_five_minutes_before(region: Region) -> None:
    """Once, and in the form of EventBridge too."""
    instance = spot(region)
    inbox = int(region.control("subscribe")["id"])
    bridge = int(region.control("subscribe", form="eventbridge")["id"])
    told = region.clock.now
    region.chaos.spot_interruption(instance)
    notice = one(interruptions(region, inbox))
    assert notice["level"] == "WARN"
    assert (notice["content"].get("instanceId"), notice["content"].get("action")) == (instance.id, "delete")
    kinds = [each["type"] for each in region.control("notifications", id=bridge)["notifications"]]
    assert "ecs:Instance:PreemptibleInstanceInterruption" in kinds
    advance_to(region, told + NOTICE - timedelta(seconds=1))
    assert instance.status == "Running"
    advance_to(region, told + NOTICE, minutes=1)
    assert_released(instance)
    assert len(interruptions(region, inbox)) == 1


@clause("billing/spot-lock")
@needs("set-supply", "move-time")
def test_what_is_taken_back_is_locked_and_can_be_used(region: Region) -> None:
    """It is found by the reason, runs, and can be restarted and deleted."""
    instance, other, third = spot(region), spot(region), spot(region)
    for each in (instance, third):
        region.chaos.spot_interruption(each)
    found = region.call("DescribeInstances", LockReason="Recycling")["Instances"]["Instance"]
    assert {each["InstanceId"] for each in found} == {instance.id, third.id}
    assert (instance.lock_reasons, other.lock_reasons) == (["Recycling"], [])
    instance.reboot()
    assert instance.status == "Running"
    third.delete(Force=True)
    assert_released(third)


@clause("billing/spot-metadata")
@needs("set-supply", "reach-guests")
def test_an_instance_reads_when_it_ends(region: Region) -> None:
    """Nothing before."""
    instance, other = spot(region), spot(region)
    path = "/latest/meta-data/instance/spot/termination-time"
    assert region.control("metadata", instance=instance.id, path=path)["status"] == 404
    told = region.clock.now
    region.chaos.spot_interruption(instance)
    text = region.control("metadata", instance=instance.id, path=path)["text"]
    assert text
    assert abs(datetime.fromisoformat(text) - told - NOTICE) < timedelta(seconds=30)
    assert region.control("metadata", instance=other.id, path=path)["status"] == 404


@clause("billing/spot-terminates")
@needs("set-supply", "move-time")
@pytest.mark.parametrize("asked", [{}, {"SpotInterruptionBehavior": "Terminate"}])
def test_a_spot_instance_is_released(region: Region, asked: dict[str, str]) -> None:
    """Whether it runs or is stopped."""
    instance, stopped = spot(region, **asked), spot(region, **asked)
    stopped.stop(StoppedMode="KeepCharging")
    for each in (instance, stopped):
        region.chaos.spot_interruption(each)
    region.clock.advance("6m")
    for each in (instance, stopped):
        assert_released(each)
        assert region.call("DescribeDisks", InstanceId=each.id)["TotalCount"] == 0


@clause("billing/spot-stops")
@needs("set-supply", "move-time")
def test_a_spot_instance_may_be_stopped_instead(region: Region) -> None:
    """It is the same when it is started again."""
    instance = spot(region, SpotInterruptionBehavior="Stop")
    before, disks = instance.identity, region.call("DescribeDisks", InstanceId=instance.id)["TotalCount"]
    region.chaos.spot_interruption(instance)
    region.clock.advance("10m")
    shown = instance.describe()
    assert (shown["Status"], shown["StoppedMode"]) == ("Stopped", "StopCharging")
    assert instance.lock_reasons == []
    with region.chaos.shortage():
        assert_refused("OperationDenied.NoStock", lambda: instance.start(wait=False))
    instance.start()
    assert_unchanged(before._replace(public_ip=""), instance.identity._replace(public_ip=""), "the identity of it")
    assert region.call("DescribeDisks", InstanceId=instance.id)["TotalCount"] == disks


@clause("billing/spot-stops")
@needs("set-supply", "move-time")
def test_what_was_outbid_starts_once_its_price_is_back(region: Region) -> None:
    """Not before."""
    instance = spot(region, limit="0.2", SpotInterruptionBehavior="Stop")
    with region.chaos.spot_price_rise(TYPE, "0.4"):
        region.clock.advance("10m")
        assert instance.status == "Stopped"
        dear = "OperationDenied.SpotPriceLowerThanPublicPrice"
        assert_refused(dear, lambda: instance.start(wait=False))
    instance.start()
    assert instance.status == "Running"


@clause("billing/spot-price-history")
@needs("set-supply", "move-time")
def test_prices_are_told_hour_by_hour(region: Region) -> None:
    """Those of the last three hours, with a move between them."""
    here = region.zones[0]
    advance_to(region, next_hour(region) + timedelta(hours=1), minutes=30)
    move_price(region, "0.7", zone=here)
    region.clock.advance("2h")
    asked: dict[str, Any] = {"InstanceType": TYPE, "NetworkType": "vpc"}
    told = region.call("DescribeSpotPriceHistory", **asked, ZoneId=here)["SpotPrices"]["SpotPriceType"]
    hours = [datetime.fromisoformat(each["Timestamp"]) for each in told]
    assert hours == sorted(hours)
    assert [(region.clock.now - each) // timedelta(minutes=1) for each in hours] == [150, 90, 30]
    prices = [each["SpotPrice"] for each in told]
    assert prices[1:] == [0.7, 0.7]
    assert 0 < prices[0] < told[0]["OriginPrice"]
    assert {(each["InstanceType"], each["ZoneId"], each["NetworkType"]) for each in told} == {(TYPE, here, "vpc")}
    everywhere = region.call("DescribeSpotPriceHistory", **asked)["SpotPrices"]["SpotPriceType"]
    assert {each["ZoneId"] for each in everywhere} == set(region.zones)


@clause("billing/spot-price-history")
@needs("set-supply", "move-time")
def test_prices_of_thirty_days_are_told_page_by_page(region: Region) -> None:
    """Of more they are not; a type and a network must be named."""
    asked: dict[str, Any] = {"InstanceType": TYPE, "NetworkType": "vpc"}
    now = region.clock.now

    def of(days: int) -> dict[str, str]:
        return {"StartTime": f"{now - timedelta(days=days):%Y-%m-%dT%H:%M:%SZ}", "EndTime": f"{now:%Y-%m-%dT%H:%M:%SZ}"}

    rows, offset = 0, 0
    while True:
        page = region.call("DescribeSpotPriceHistory", **asked, **of(30), Offset=offset)
        rows += len(page["SpotPrices"]["SpotPriceType"])
        if not page.get("NextOffset"):
            break
        offset = page["NextOffset"]
    assert 30 * 24 <= rows / len(region.zones) <= 30 * 24 + 1
    assert_refused("InvalidParams.StartTime", lambda: region.call("DescribeSpotPriceHistory", **asked, **of(31)))
    for missing in asked:
        given = {name: value for name, value in asked.items() if name != missing}
        assert_refused("MissingParameter", partial(region.call, "DescribeSpotPriceHistory", **given))


@clause("billing/spot-advice")
@needs("set-supply", "move-time")
def test_advice_follows_prices_and_interruptions(region: Region) -> None:
    """In each zone; the range in words has the rate."""
    instance, _ = spot(region), spot(region)
    usual = advise(region, InstanceTypes=[TYPE])
    assert [each["InstanceType"] for each in usual] == [TYPE] * len(region.zones)
    assert {(each["InterruptionRate"], each["InterruptRateDesc"]) for each in usual} == {(0, "0-3%")}
    assert all(1 <= each["AverageSpotDiscount"] <= 100 for each in usual)
    region.chaos.spot_interruption(instance)
    move_price(region, "5")
    region.clock.advance("31d")
    assert {each["AverageSpotDiscount"] for each in advise(region, InstanceTypes=[TYPE])} == {100}
    region.chaos.spot_interruption(spot(region))
    told = advise(region, InstanceTypes=[TYPE])
    rates = {(each["InterruptionRate"] > 10, each["InterruptRateDesc"]) for each in told}
    assert (True, "10-100%") in rates


@clause("billing/spot-advice")
@needs("set-supply", "move-time")
def test_advice_tells_an_average(region: Region) -> None:
    """Of what a price was, weighed by how long it was that."""

    def told() -> int:
        (found,) = {each["AverageSpotDiscount"] for each in advise(region, InstanceTypes=[TYPE])}
        return int(found)

    usual = told()
    region.clock.advance("40d")
    assert told() == usual
    history = region.call("DescribeSpotPriceHistory", InstanceType=TYPE, NetworkType="vpc")["SpotPrices"]
    move_price(region, str(history["SpotPriceType"][0]["OriginPrice"]))
    for days, percent in ((15, (usual + 100) / 2), (16, 100)):
        region.clock.advance(f"{days}d")
        assert abs(told() - percent) <= 3
    move_price(region, "0.0001")
    for days, percent in ((10, 67), (5, 50), (16, 1)):
        region.clock.advance(f"{days}d")
        assert abs(told() - percent) <= 3


@clause("billing/spot-advice")
@needs("set-supply", "move-time")
def test_advice_tells_how_many_were_taken_back(region: Region) -> None:
    """In a zone, of a type, in the last 30 days; the range in words has the rate."""
    here = region.zones[0]

    def rate(zone: str = here, kind: str = TYPE) -> float:
        found = one(advise(region, InstanceTypes=[kind], ZoneId=zone))
        least, most = map(int, found["InterruptRateDesc"].removesuffix("%").split("-"))
        assert least <= found["InterruptionRate"] <= most
        return float(found["InterruptionRate"])

    several = [spot(region, zone=here) for _ in range(4)]
    assert rate() == 0
    rates = [0.0]
    for each in several[:3]:
        region.chaos.spot_interruption(each)
        region.clock.advance("10m")
        rates.append(rate())
    assert rates == sorted(set(rates)), "it rises with each"
    assert 50 < rates[-1] < 100, "most are gone, and one is there"
    assert rate(kind=LARGER) == 0
    for zone in region.zones[1:]:
        assert rate(zone) == 0
    region.clock.advance("31d")
    assert rate() == 0


@clause("billing/spot-advice")
@needs("set-supply", "move-time")
def test_advice_is_asked_by_each_filter(region: Region) -> None:
    """By one zone, by a level of families, by what a type has at the least or exactly."""

    def types(**asked: object) -> set[str]:
        return {each["InstanceType"] for each in advise(region, **asked)}

    size: dict[str, Any] = {"Cores": 2, "Memory": 8}
    assert TYPE in types(**size)
    assert TYPE not in types(Cores=2, Memory=16)
    assert TYPE not in types(Cores=4, Memory=8)
    assert TYPE in types(MinCores=2, MinMemory=8)
    assert TYPE not in types(MinCores=3, MinMemory=8)
    assert TYPE not in types(MinCores=2, MinMemory=9)
    assert types(**size, InstanceTypeFamily="ecs.g5") == {TYPE}
    assert TYPE in types(**size, InstanceFamilyLevel="EnterpriseLevel")
    for level in ("EntryLevel", "CreditEntryLevel"):
        assert TYPE not in types(**size, InstanceFamilyLevel=level)
    assert TYPE in types(**size, GpuAmount=0)
    assert TYPE not in types(MinCores=1, MinMemory=1, GpuAmount=1)
    assert TYPE not in types(MinCores=1, MinMemory=1, GpuSpec="NVIDIA V100")
    for zone in region.zones:
        told = region.call("DescribeSpotAdvice", InstanceTypes=[TYPE], ZoneId=zone)["AvailableSpotZones"]
        assert [each["ZoneId"] for each in told["AvailableSpotZone"]] == [zone]


@clause("billing/spot-advice")
@needs("set-supply", "move-time")
def test_advice_is_asked_by_types_or_by_size(region: Region) -> None:
    """By one of them."""
    found = advise(region, Cores=2, Memory=8, InstanceTypeFamily="ecs.g5")
    assert {each["InstanceType"] for each in found} == {TYPE}
    assert {each["InstanceType"] for each in advise(region, InstanceTypes=[TYPE, LARGER])} == {TYPE, LARGER}
    larger = {each["InstanceType"] for each in advise(region, MinCores=4, MinMemory=16, InstanceTypeFamily="ecs.g5")}
    assert LARGER in larger
    assert TYPE not in larger
    with pytest.raises(ApiError):
        region.call("DescribeSpotAdvice")


@clause("billing/spot-charges")
@needs("set-supply", "change-account", "move-time")
def test_an_hour_costs_what_the_price_is(region: Region) -> None:
    """Before and after it has moved."""
    region.set_prices(hourly=1)
    move_price(region, "0.2")
    advance_to(region, next_hour(region), minutes=1)
    spot(region)
    advance_to(region, next_hour(region), minutes=1)
    for price, hours in (("0.2", 5), ("0.6", 3)):
        advance_to(region, next_hour(region))
        move_price(region, price)
        before = region.account_balance
        region.clock.advance(timedelta(hours=hours))
        assert before - region.account_balance == Decimal(price) * hours
