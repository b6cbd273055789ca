"""Other types for subscriptions in October 2026: what they cost, and from when on an instance has one."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from faultzone import ApiError, Instance, Region, assert_refused
from faultzone_specs.billing import advance_to, pay_as_you_go, subscription

clause, needs = pytest.mark.clause, pytest.mark.needs

SMALL, LARGE, LARGER, LOCAL = "ecs.g5.large", "ecs.g5.xlarge", "ecs.g5.2xlarge", "ecs.i2.xlarge"
CHANGE, PRICE = "ModifyPrepayInstanceSpec", "DescribeInstanceModificationPrice"


def prices(region: Region) -> None:
    """A month of each type costs twice as much as one of the type before it."""
    for kind, monthly in ((SMALL, 300), (LARGE, 600), (LARGER, 1200)):
        region.set_prices(monthly=monthly, instance_type=kind)


def bought(region: Region, kind: str = SMALL, *, runs: bool = True, **asked: Any) -> Instance:
    """A subscription of a month to a type."""
    instance = subscription(region, instance_type=kind, **asked)
    return instance if runs else instance.stop()


def change(instance: Instance, kind: str = LARGE, **asked: object) -> str:
    """Give a subscription another type; the id of the order."""
    order: str = instance.region.call(CHANGE, InstanceId=instance.id, InstanceType=kind, **asked)["OrderId"]
    return order


def has(instance: Instance) -> tuple[str, int, int]:
    """The type that is shown, with its vCPUs and its memory in MiB."""
    shown = instance.describe()
    return shown["InstanceType"], shown["Cpu"], shown["Memory"]


def told(instance: Instance, **asked: object) -> dict[str, Any]:
    """The price that is told of a change."""
    return dict(instance.region.call(PRICE, InstanceId=instance.id, **asked)["PriceInfo"]["Price"])


IS_SMALL, IS_LARGE = (SMALL, 2, 8192), (LARGE, 4, 16384)


@clause("billing/prepay-spec")
@needs("change-account", "move-time")
def test_an_upgrade_costs_the_difference_for_the_rest_of_the_term(region: Region) -> None:
    """As it was told before, and less as time passes; a stopped instance has its type at once."""
    prices(region)
    taken = []
    for days in (0, 20):
        instance = bought(region, runs=False)
        region.clock.advance(timedelta(days=days))
        ends, price = instance.expires, told(instance, InstanceType=LARGE)["TradePrice"]
        before = region.account_balance
        assert change(instance)
        taken.append(before - region.account_balance)
        assert taken[-1] == Decimal(str(price))
        assert (has(instance), instance.status, instance.expires) == (IS_LARGE, "Stopped", ends)
        instance.start()
        assert (has(instance), instance.status) == (IS_LARGE, "Running")
    assert 330 >= taken[0] > 270 > 130 > taken[1] > 0


@clause("billing/prepay-spec")
@needs("change-account")
def test_what_was_upgraded_is_renewed_at_the_price_of_its_type(region: Region) -> None:
    """Whether it was stopped or has not been restarted yet."""
    prices(region)
    for runs in (False, True):
        instance = bought(region, runs=runs)
        change(instance)
        before = region.account_balance
        instance.renew(1)
        assert before - region.account_balance == 600


@clause("billing/prepay-spec-running")
@pytest.mark.parametrize("how", ["reboot", "stop"])
def test_a_running_instance_has_its_type_after_a_restart(region: Region, how: str) -> None:
    """By the API; until then it runs on."""
    instance = bought(region)
    started = instance.describe()["StartTime"]
    change(instance)
    assert (instance.status, instance.describe()["StartTime"]) == ("Running", started)
    if how == "reboot":
        instance.reboot()
    else:
        instance.stop().start()
    assert (instance.status, has(instance)) == ("Running", IS_LARGE)


@clause("billing/prepay-spec-reboot")
@needs("move-time")
def test_it_is_restarted_when_that_was_asked_for(region: Region) -> None:
    """At once, or at a time; what is stopped stays so."""
    at_once, later, stopped = bought(region), bought(region), bought(region, runs=False)
    due = region.clock.now + timedelta(hours=3)
    change(at_once, RebootWhenFinished=True)
    at_once.wait_until("Running")
    change(later, RebootTime=f"{due:%Y-%m-%dT%H:%MZ}")
    change(stopped, RebootWhenFinished=True)
    assert (has(at_once), at_once.status) == (IS_LARGE, "Running")
    started = later.describe()["StartTime"]
    advance_to(region, due, minutes=-5)
    assert later.describe()["StartTime"] == started
    advance_to(region, due, minutes=5)
    assert (has(later), later.status) == (IS_LARGE, "Running")
    assert later.describe()["StartTime"] > started
    assert stopped.status == "Stopped"


@clause("billing/prepay-spec-reboot")
@needs("move-time")
@pytest.mark.parametrize("when", ["tomorrow", "2019-01-01T00:00Z"])
def test_a_time_that_cannot_be_is_refused(region: Region, when: str) -> None:
    """None, and one that has passed."""
    instance = bought(region)
    codes = ("InvalidRebootTime.MalFormed", "InvalidRebootTime.ValueNotSupported")
    assert_refused(codes, lambda: change(instance, RebootTime=when))
    instance.reboot()
    assert has(instance) == IS_SMALL


@clause("billing/prepay-spec-downgrade")
@needs("change-account", "move-time")
def test_a_downgrade_is_refunded(region: Region) -> None:
    """No more than the difference, and less as time passes; an order that waits is none."""
    prices(region)
    refunded = []
    for days, asked in ((0, {}), (20, {"OperatorType": "downgrade", "AutoPay": False})):
        instance = bought(region, LARGE, runs=False)
        region.clock.advance(timedelta(days=days))
        before = region.account_balance
        change(instance, SMALL, **asked)
        refunded.append(region.account_balance - before)
        assert has(instance) == IS_SMALL
    assert 330 >= refunded[0] > refunded[1] > 0


@clause("billing/prepay-spec-downgrade")
@needs("change-account")
def test_a_running_instance_is_not_downgraded(region: Region) -> None:
    """It has to be stopped before; and nothing is upgraded as a downgrade."""
    prices(region)
    instance = bought(region, LARGE)
    before = region.account_balance
    assert_refused(("InvalidStatus.NotStopped", "IncorrectInstanceStatus"), lambda: change(instance, SMALL))
    instance.stop()
    assert_refused("InvalidParameter", lambda: change(instance, SMALL, OperatorType="upgrade"))
    assert_refused("InvalidParameter", lambda: change(instance, LARGER, OperatorType="downgrade"))
    assert (has(instance), region.account_balance) == (IS_LARGE, before)


@clause("billing/prepay-spec-order")
@needs("change-account")
def test_an_upgrade_that_is_not_paid_changes_nothing(region: Region) -> None:
    """Until its owner pays it."""
    prices(region)
    instance = bought(region, runs=False)
    before = region.account_balance
    order = change(instance, AutoPay=False)
    assert (has(instance), region.account_balance) == (IS_SMALL, before)
    region.control("pay-order", order=order)
    assert has(instance) == IS_LARGE
    assert region.account_balance < before


@clause("billing/prepay-spec-refused")
@needs("change-account", "move-time")
def test_who_cannot_pay_upgrades_nothing(region: Region) -> None:
    """Nor who is in arrears, nor what has expired."""
    prices(region)
    instance = bought(region)
    region.set_prices(monthly=90_000, instance_type=LARGER)
    before = region.account_balance
    assert_refused("InvalidAccountStatus.NotEnoughBalance", lambda: change(instance, LARGER))
    assert region.account_balance == before
    with region.chaos.arrears():
        assert_refused("Account.Arrearage", lambda: change(instance))
    advance_to(region, instance.expires, minutes=10)
    assert_refused(("InvalidInstance.PreInstanceExpired", "ExpiredInstance"), lambda: change(instance))
    assert has(instance) == IS_SMALL


@clause("billing/prepay-spec-refused")
@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("ecs.g5.none", "InvalidInstanceType.ValueNotSupported"),
        (LOCAL, ("OperationDenied.LocalDiskUnsupported", "InvalidInstanceType.NotSupported")),
    ],
)
def test_a_type_that_it_cannot_have_is_refused(region: Region, kind: str, code: Any) -> None:
    """One that there is not, and one with local disks."""
    instance = bought(region, runs=False)
    assert_refused(code, lambda: change(instance, kind))
    assert has(instance) == IS_SMALL


@clause("billing/prepay-spec-refused")
def test_pay_as_you_go_has_an_action_of_its_own(region: Region) -> None:
    """And what is on its way is not changed."""
    instance = pay_as_you_go(region).stop()
    codes = (
        "ChargeTypeViolation",
        "InvalidInstanceChargeType.ValueNotSupported",
        "InvalidBillingMethod.ValueNotSupported",
    )
    assert_refused(codes, lambda: change(instance))
    starting = subscription(region, wait=False)
    assert_refused("IncorrectInstanceStatus", lambda: change(starting))


@clause("billing/prepay-spec-refused")
@needs("set-supply")
def test_a_type_without_stock_is_refused(region: Region) -> None:
    """Nothing changes."""
    instance = bought(region, runs=False)
    with region.chaos.shortage(family="ecs.c5"):
        assert_refused("OperationDenied.NoStock", lambda: change(instance, "ecs.c5.2xlarge"))
    assert has(instance) == IS_SMALL


@clause("billing/modification-price")
@needs("change-account")
def test_the_price_of_an_upgrade_is_told_in_parts(region: Region) -> None:
    """Of the type and of disks that come; more of them cost more."""
    prices(region)
    instance = bought(region)
    disk = {"Category": "cloud_ssd", "Size": 100}
    of_type, of_disk = told(instance, InstanceType=LARGE), told(instance, DataDisk=[disk])
    of_both = told(instance, InstanceType=LARGE, DataDisk=[disk])
    assert told(instance, InstanceType=LARGER)["OriginalPrice"] > of_type["OriginalPrice"] > 0
    assert told(instance, DataDisk=[{**disk, "Size": 200}])["OriginalPrice"] > of_disk["OriginalPrice"] > 0
    for name in ("OriginalPrice", "DiscountPrice", "TradePrice"):
        assert of_both[name] == pytest.approx(of_type[name] + of_disk[name])
    for price in (of_type, of_disk, of_both):
        assert price["TradePrice"] == pytest.approx(price["OriginalPrice"] - price["DiscountPrice"])
    assert has(instance) == IS_SMALL


@clause("billing/modification-price")
@needs("change-account")
def test_what_has_no_such_price_is_refused(region: Region) -> None:
    """A downgrade, pay-as-you-go, and where nothing is asked for."""
    prices(region)
    instance, other = bought(region, LARGE), pay_as_you_go(region)
    for each, asked in ((instance, {"InstanceType": SMALL}), (other, {"InstanceType": LARGER}), (instance, {})):
        with pytest.raises(ApiError):
            told(each, **asked)
    assert_refused("InvalidInstanceId.NotFound", partial(region.call, PRICE, InstanceId="i-none", InstanceType=LARGE))


@clause("billing/spot-price")
@needs("set-supply", "change-account", "move-time")
def test_an_hour_of_spot_costs_what_is_told(region: Region) -> None:
    """In the zone that is asked for."""
    region.set_prices(hourly=1)
    region.control("spot-price", instance_type=SMALL, price="0.4", zone=region.zones[0])
    asked = {"InstanceType": SMALL, "ZoneId": region.zones[0]}
    price = region.call("DescribePrice", **asked, SpotStrategy="SpotAsPriceGo")["PriceInfo"]["Price"]
    assert price["TradePrice"] == pytest.approx(0.4)
    assert price["OriginalPrice"] >= price["TradePrice"]
    for usual in ({}, {"SpotStrategy": "NoSpot"}):
        plain = region.call("DescribePrice", **asked, **usual)["PriceInfo"]["Price"]
        assert plain["TradePrice"] == pytest.approx(1)


@clause("billing/launch-order")
@needs("change-account")
def test_a_launch_that_is_not_paid_makes_nothing(region: Region) -> None:
    """Until its owner pays the order."""
    region.set_prices(monthly=300)
    before = region.account_balance
    asked: dict[str, Any] = {"ImageId": region.defaults["image"], "InstanceType": SMALL, "Amount": 2}
    bought = {"InstanceChargeType": "PrePaid", "Period": 1}
    answered = region.call("RunInstances", **asked, **bought, AutoPay=False)
    assert answered["TradePrice"] == pytest.approx(600)
    assert (len(region.instances), region.account_balance) == (0, before)
    region.control("pay-order", order=answered["OrderId"])
    assert [each.describe()["InstanceChargeType"] for each in region.instances] == ["PrePaid"] * 2
    assert before - region.account_balance == 600


@clause("billing/launch-order")
def test_pay_as_you_go_has_no_order_that_waits(region: Region) -> None:
    """It is refused, and nothing is made."""
    asked: dict[str, Any] = {"ImageId": region.defaults["image"], "InstanceType": SMALL}
    with pytest.raises(ApiError):
        region.call("RunInstances", **asked, AutoPay=False)
    assert len(region.instances) == 0
