"""Changes between the ways to pay, and the orders that wait for it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from faultzone import Region, UsageError, assert_refused, editions, make_region
from tests.support.billing import subscription


def change(region: Region, *ids: str, **asked: object) -> dict[str, Any]:
    return dict(region.call("ModifyInstanceChargeType", InstanceIds=json.dumps(ids), **{"Period": 1, **asked}))


@pytest.mark.parametrize("edition", editions.names())
def test_every_edition_changes_charge_types(edition: str) -> None:
    region = make_region(edition=edition)
    (instance,) = region.run_instances(1)
    assert change(region, instance.id)["OrderId"].isdigit()
    assert instance.describe()["InstanceChargeType"] == "PrePaid"
    disks = region.call("DescribeDisks", InstanceId=instance.id)["Disks"]["Disk"]
    assert {each["DiskChargeType"] for each in disks} == {"PrePaid"}


def test_a_repeated_call_pays_once() -> None:
    region = make_region()
    region.set_prices(monthly=100)
    (instance,) = region.run_instances(1)
    first = change(region, instance.id, ClientToken="t")
    assert change(region, instance.id, ClientToken="t")["OrderId"] == first["OrderId"]
    assert region.account_balance == 9900


@pytest.mark.parametrize("to", ["PrePaid", "PostPaid"])
def test_a_dry_run_changes_nothing(to: str) -> None:
    region = make_region()
    region.set_prices(monthly=100)
    instance = region.run_instances(1)[0] if to == "PrePaid" else subscription(region)
    before = region.account_balance
    for _ in range(2):
        assert_refused("DryRunOperation", lambda: change(region, instance.id, InstanceChargeType=to, DryRun=True))
    assert region.account_balance == before
    assert instance.describe()["InstanceChargeType"] != to


def test_what_is_left_counts_each_renewal() -> None:
    region = make_region()
    region.set_prices(monthly=100)
    instance = subscription(region)
    region.set_prices(monthly=400)
    instance.renew()
    before = region.account_balance
    change(region, instance.id, InstanceChargeType="PostPaid")
    assert region.account_balance - before == pytest.approx(500, abs=1)


def test_a_stopped_instance_has_a_stopped_mode_where_it_has_one() -> None:
    region = make_region(edition="2026-10")
    (instance,) = region.run_instances(1, DeletionProtection=True)
    instance.stop(StoppedMode="KeepCharging")
    change(region, instance.id)
    shown = instance.describe()
    assert (shown["StoppedMode"], shown["DeletionProtection"], shown["SaleCycle"]) == ("Not-applicable", False, "Month")
    change(region, instance.id, InstanceChargeType="PostPaid")
    shown = instance.describe()
    assert (shown["StoppedMode"], shown["SaleCycle"]) == ("KeepCharging", "")


def test_what_was_stopped_for_arrears_is_started_before_it_is_changed() -> None:
    """It is not charged: changing it took it from what is charged once more, and the account earned by the hour."""
    region = make_region(edition="2019-02")
    region.set_prices(hourly=1)
    (instance,) = region.run_instances(1)
    with region.chaos.arrears():
        region.wait(lambda: instance.status == "Stopped")
    assert_refused("InvalidStatus.ValueNotSupported", lambda: change(region, instance.id))
    region.clock.advance("1h")
    before = region.account_balance
    region.clock.advance("2h")
    assert region.account_balance == before
    region.call("ReactivateInstances", InstanceId=instance.id)
    region.wait(lambda: instance.status == "Running")
    change(region, instance.id)


def test_an_order_waits_until_it_can_be_paid() -> None:
    region = make_region()
    region.set_prices(monthly=12_000)
    (instance,) = region.run_instances(1)
    order = change(region, instance.id, AutoPay=False)["OrderId"]
    waiting = region.control("orders")["orders"]
    assert waiting == [
        {
            "order": order,
            "account": waiting[0]["account"],
            "amount": "12000.0000",
            "action": "ModifyInstanceChargeType",
            "instances": [instance.id],
        }
    ]
    with pytest.raises(UsageError, match="NotEnoughBalance"):
        region.control("pay-order", order=order)
    region.top_up(5000)
    region.control("pay-order", order=order)
    assert region.control("orders") == {"orders": []}
    assert region.account_balance == 3000
    with pytest.raises(UsageError, match="orders"):
        region.control("pay-order", order=order)


def test_an_order_of_what_is_gone_is_not_paid() -> None:
    region = make_region()
    region.set_prices(monthly=10)
    (instance,) = region.run_instances(1)
    order = change(region, instance.id, AutoPay=False)["OrderId"]
    instance.delete(Force=True)
    with pytest.raises(UsageError, match=r"InvalidParameter\.InstanceIds"):
        region.control("pay-order", order=order)
    assert region.account_balance == 10_000


def test_a_violation_keeps_the_charge_type_in_the_last_edition() -> None:
    region = make_region(edition="2026-10")
    (instance,) = region.run_instances(1)
    region.control("lock", instance=instance.id, reason="security")
    assert_refused("InstanceLockedForSecurity", lambda: change(region, instance.id))
