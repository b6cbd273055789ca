"""Other types for subscriptions, their prices, and launches whose order waits."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from faultzone import ApiError, Region, UsageError, assert_refused, make_region
from faultzone.region.handles import Instance
from tests.support.billing import subscription

SMALL, LARGE, LARGER = "ecs.g5.large", "ecs.g5.xlarge", "ecs.g5.2xlarge"


def region_with_prices(**options: Any) -> Region:
    region = make_region(edition="2026-10", **options)
    region.set_prices(listed=True)
    return region


def change(instance: Instance, kind: str = LARGE, **asked: object) -> str:
    given = {"InstanceId": instance.id, "InstanceType": kind, **asked}
    return str(instance.region.call("ModifyPrepayInstanceSpec", **given)["OrderId"])


def kind_of(instance: Instance) -> str:
    return str(instance.describe()["InstanceType"])


def told(instance: Instance, **asked: object) -> float:
    answer = instance.region.call("DescribeInstanceModificationPrice", InstanceId=instance.id, **asked)
    return float(answer["PriceInfo"]["Price"]["OriginalPrice"])


def test_a_repeated_call_pays_once() -> None:
    region = region_with_prices()
    instance = subscription(region).stop()
    order, balance = change(instance, ClientToken="t"), region.account_balance
    assert change(instance, ClientToken="t") == order
    assert region.account_balance == balance
    assert_refused("IdempotenceParamNotMatch", lambda: change(instance, LARGER, ClientToken="t"))


def test_a_reboot_from_inside_does_not_count() -> None:
    region = region_with_prices()
    instance = subscription(region)
    change(instance)
    region.run_command("reboot", on=instance, wait=False)
    region.clock.advance("1m")
    assert (instance.status, kind_of(instance)) == ("Running", SMALL)
    instance.reboot()
    assert kind_of(instance) == LARGE


def test_an_upgrade_that_waits_for_a_restart_can_be_changed_again() -> None:
    region = region_with_prices()
    instance = subscription(region)
    change(instance)
    assert_refused("InvalidInstanceType.ValueNotSupported", lambda: change(instance))
    assert_refused("InvalidStatus.NotStopped", lambda: change(instance, SMALL))
    change(instance, LARGER)
    assert kind_of(instance.reboot()) == LARGER


def test_what_has_no_room_any_more_keeps_its_type_until_the_next_restart() -> None:
    region = make_region(edition="2026-10", zones=1, hosts_per_zone=1, host_vcpus=8, host_memory_gib=32)
    instance = subscription(region)
    change(instance)
    others = region.run_instances(3, instance_type=SMALL)
    assert (kind_of(instance.reboot()), instance.status) == (SMALL, "Running")
    others[0].delete(Force=True)
    assert kind_of(instance.reboot()) == LARGE


def test_what_is_turned_into_pay_as_you_go_is_charged_as_the_type_that_it_has() -> None:
    region = region_with_prices()
    instance = subscription(region)
    change(instance)
    region.call("ModifyInstanceChargeType", InstanceIds=[instance.id], InstanceChargeType="PostPaid")
    instance.reboot()
    region.clock.advance("1h")
    before = region.account_balance
    region.clock.advance("10h")
    assert kind_of(instance) == LARGE
    assert float(before - region.account_balance) == pytest.approx(10 * (4 * 0.12 + 16 * 0.03))


def test_an_order_is_of_the_type_that_there_was() -> None:
    region = region_with_prices()
    instance = subscription(region).stop()
    first, second = change(instance, AutoPay=False), change(instance, LARGER, AutoPay=False)
    region.control("pay-order", order=second)
    with pytest.raises(UsageError, match="OrderCreationFailed"):
        region.control("pay-order", order=first)
    assert kind_of(instance) == LARGER


def test_an_order_is_of_the_term_that_there_was() -> None:
    region = region_with_prices()
    instance = subscription(region).stop()
    order = change(instance, AutoPay=False)
    region.call("RenewInstance", InstanceId=instance.id, Period=12)
    with pytest.raises(UsageError, match="OrderCreationFailed"):
        region.control("pay-order", order=order)
    assert kind_of(instance) == SMALL


def test_a_conversion_costs_what_the_type_that_was_ordered_does() -> None:
    region = region_with_prices()
    instance = subscription(region)
    change(instance, LARGER)
    convert = {"InstanceIds": [instance.id], "Period": 1}
    region.call("ModifyInstanceChargeType", **convert, InstanceChargeType="PostPaid")
    before = region.account_balance
    region.call("ModifyInstanceChargeType", **convert, InstanceChargeType="PrePaid")
    month = region.call("DescribePrice", ResourceType="instance", InstanceType=LARGER, PriceUnit="Month")
    assert float(before - region.account_balance) == month["PriceInfo"]["Price"]["TradePrice"]


def test_the_price_of_a_launch_is_that_of_its_order() -> None:
    region = region_with_prices()
    order = launch(region)["OrderId"]
    region.set_prices(monthly=9_000)
    with pytest.raises(UsageError, match="OrderCreationFailed"):
        region.control("pay-order", order=order)
    assert region.instances == []


def test_a_restart_is_for_the_order_that_asked_for_it() -> None:
    region = region_with_prices()
    instance = subscription(region)
    change(instance, RebootTime="2019-03-01T12:00Z")
    instance.reboot()
    change(instance, LARGER)
    region.clock.advance("1d")
    assert kind_of(instance) == LARGE


def test_what_was_paid_for_a_term_counts_changes_of_its_type() -> None:
    region = region_with_prices()
    begin = region.account_balance
    instance = subscription(region).stop()
    change(instance)
    change(instance, SMALL)
    change(instance, LARGER)
    region.call("ModifyInstanceChargeType", InstanceIds=[instance.id], InstanceChargeType="PostPaid")
    assert float(region.account_balance) == pytest.approx(float(begin), abs=1)


def test_a_restart_at_a_time_is_for_what_was_not_restarted_yet() -> None:
    region = region_with_prices()
    instance = subscription(region)
    change(instance, RebootTime="2019-03-01T12:00Z")
    instance.reboot()
    started = instance.describe()["StartTime"]
    region.clock.advance("1d")
    assert instance.describe()["StartTime"] == started


def test_a_lock_for_security_refuses_it() -> None:
    region = region_with_prices()
    instance = subscription(region)
    region.chaos.security_lock(instance)
    assert_refused("InstanceLockedForSecurity", lambda: change(instance))


@pytest.mark.parametrize("name", ["Disk", "ModifyMode", "EndTime"])
def test_what_cannot_be_used_is_refused(name: str) -> None:
    region = region_with_prices()
    instance = subscription(region)
    given: dict[str, Any] = {name: [{"DiskId": "d-1"}] if name == "Disk" else "Temporary"}
    assert_refused("UnsupportedParameter", lambda: change(instance, **given))


@pytest.mark.parametrize("edition", ["2019-02", "2020-12"])
def test_earlier_editions_do_not_have_it(edition: str) -> None:
    region = make_region(edition=edition)
    instance = subscription(region)
    for action in ("ModifyPrepayInstanceSpec", "DescribeInstanceModificationPrice"):
        call = partial(region.call, action, InstanceId=instance.id, InstanceType=LARGE)
        refusal = assert_refused("InvalidAction", call)
        assert "2026-10" in refusal.message


def test_disks_and_bandwidth_have_prices_of_their_own() -> None:
    region = region_with_prices()
    instance = subscription(region, DataDisk=[{"Category": "cloud_ssd", "Size": 100}])
    (disk,) = region.call("DescribeDisks", InstanceId=instance.id, DiskType="data")["Disks"]["Disk"]
    of_type = told(instance, InstanceType=LARGE)
    assert told(instance, DataDisk=[{"Category": "cloud_essd"}]) > 0
    assert told(instance, DataDisk=[{"DiskId": disk["DiskId"], "Size": 200}]) == pytest.approx(
        told(instance, DataDisk=[{"Category": "cloud_ssd", "Size": 100}])
    )
    assert told(instance, DataDisk=[{"DiskId": disk["DiskId"], "Size": 50}]) == 0
    assert told(instance, InstanceType=LARGE, SystemDisk={"Category": "cloud_ssd"}) > of_type
    wide = {"InternetChargeType": "PayByBandwidth", "InternetMaxBandwidthOut": 100}
    some = {**wide, "StartTime": "2019-03-02T00:00Z", "EndTime": "2019-03-03T00:00Z"}
    assert told(instance, InstanceType=LARGE, **wide) > told(instance, InstanceType=LARGE, **some) > of_type


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"DataDisk": [{"Size": 20}]}, "InvalidDiskCategory.Missing"),
        ({"DataDisk": [{"DiskId": "d-none", "Size": 20}]}, "InvalidDiskId.NotFound"),
        ({"DataDisk": [{"Category": "tape"}]}, "InvalidParameter"),
        ({}, "MissingParameter"),
        (
            {"InstanceType": LARGE, "InternetMaxBandwidthOut": 5, "EndTime": "2019-01-01T00:00Z"},
            "InvalidParameter",
        ),
        ({"InstanceType": LARGE, "InternetMaxBandwidthOut": 5, "EndTime": "soon"}, "InvalidParameter"),
    ],
)
def test_prices_of_what_cannot_be_are_refused(asked: dict[str, Any], code: str) -> None:
    instance = subscription(region_with_prices())
    assert_refused(code, lambda: told(instance, **asked))


# Launches that wait


def launch(region: Region, **asked: object) -> dict[str, Any]:
    given = {"ImageId": region.defaults["image"], "InstanceType": SMALL, "InstanceChargeType": "PrePaid", "Period": 1}
    return dict(region.call("RunInstances", **{**given, "AutoPay": False, **asked}))


def test_a_launch_waits_until_it_can_be_paid_and_placed() -> None:
    region = region_with_prices()
    answered = launch(region, Amount=2, ClientToken="t")
    assert launch(region, Amount=2, ClientToken="t")["OrderId"] == answered["OrderId"]
    (waiting,) = region.control("orders")["orders"]
    assert (waiting["amount"], waiting["action"], waiting["instances"]) == ("288.0000", "RunInstances", [])
    with region.chaos.shortage(), pytest.raises(UsageError, match=r"OperationDenied\.NoStock"):
        region.control("pay-order", order=answered["OrderId"])
    made = region.control("pay-order", order=answered["OrderId"])["instances"]
    assert sorted(made) == sorted(each.id for each in region.instances)
    assert region.control("orders")["orders"] == []


def test_the_poor_can_order() -> None:
    region = region_with_prices()
    region.set_prices(monthly=20_000)
    order = launch(region)["OrderId"]
    with pytest.raises(UsageError, match="NotEnoughBalance"):
        region.control("pay-order", order=order)
    region.top_up(20_000)
    assert len(region.control("pay-order", order=order)["instances"]) == 1


def test_a_launch_of_a_test_may_wait() -> None:
    region = region_with_prices()
    assert region.run_instances(2, InstanceChargeType="PrePaid", Period=1, AutoPay=False) == []


@pytest.mark.parametrize(
    ("edition", "charge_type", "code"),
    [
        ("2019-02", "PrePaid", "UnsupportedParameter"),
        ("2020-12", "PrePaid", "UnsupportedParameter"),
        ("2026-10", "PostPaid", "InvalidParameter.Conflict"),
    ],
)
def test_what_cannot_wait_is_refused(edition: str, charge_type: str, code: str) -> None:
    region = make_region(edition=edition)
    assert_refused(code, lambda: launch(region, InstanceChargeType=charge_type))
    assert len(region.instances) == 0


def test_spot_costs_least_where_no_zone_is_named() -> None:
    region = region_with_prices(zones=2)
    for zone, price in zip(region.zones, ("0.3", "0.2"), strict=True):
        region.control("spot-price", instance_type=SMALL, price=price, zone=zone)
    asked = {"InstanceType": SMALL, "SpotStrategy": "SpotAsPriceGo"}
    prices = [
        region.call("DescribePrice", **asked, **zone)["PriceInfo"]["Price"]["TradePrice"]
        for zone in ({}, {"ZoneId": region.zones[0]})
    ]
    assert prices == [pytest.approx(0.2), pytest.approx(0.3)]
    with pytest.raises(ApiError):
        region.call("DescribePrice", **{**asked, "InstanceType": "ecs.none"})
