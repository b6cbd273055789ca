"""Changes between the ways to pay, in October 2026."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from faultzone import ApiError, Instance, Region, assert_refused, assert_unchanged
from faultzone_specs.billing import advance_to, next_hour, pay_as_you_go, statuses, subscription

clause, needs = pytest.mark.clause, pytest.mark.needs

NEVER = "2099-12-31T15:59Z"


def change(region: Region, *instances: Instance, to: str | None = None, **asked: object) -> dict[str, Any]:
    """ModifyInstanceChargeType, of a month where a subscription is to be bought."""
    chosen = {} if to is None else {"InstanceChargeType": to}
    bought = {} if to == "PostPaid" else {"Period": 1}
    ids = json.dumps([each.id for each in instances])
    return dict(region.call("ModifyInstanceChargeType", InstanceIds=ids, **{**chosen, **bought, **asked}))


def charged_as(instance: Instance) -> str:
    """Its charge type."""
    return str(instance.describe()["InstanceChargeType"])


@clause("billing/charge-type")
@needs("change-account", "move-time")
def test_pay_as_you_go_becomes_a_subscription(region: Region) -> None:
    """By default; its price is taken once, and no hour any more."""
    region.set_prices(hourly=1, monthly=300)
    advance_to(region, next_hour(region), minutes=1)
    instance = pay_as_you_go(region)
    before, paid = instance.identity, region.account_balance
    answered = change(region, instance, Period=2)
    assert answered.get("OrderId")
    assert paid - region.account_balance == 600
    assert charged_as(instance) == "PrePaid"
    assert timedelta(days=58) < instance.expires - region.clock.now < timedelta(days=64)
    advance_to(region, next_hour(region), minutes=1)
    settled = region.account_balance
    region.clock.advance("5h")
    assert region.account_balance == settled
    assert_unchanged(before, instance.identity, "the identity across a change to a subscription")
    assert instance.status == "Running"
    found = region.call("DescribeInstances", InstanceChargeType="PrePaid")["Instances"]["Instance"]
    assert [each["InstanceId"] for each in found] == [instance.id]


@clause("billing/charge-type")
@needs("change-account", "move-time")
def test_what_became_a_subscription_can_be_renewed_and_expires(region: Region) -> None:
    """Like any other; stopped instances too."""
    instance = pay_as_you_go(region)
    instance.stop(StoppedMode="KeepCharging")
    change(region, instance, PeriodUnit="Week")
    first = instance.expires
    assert first - region.clock.now < timedelta(days=8, minutes=1)
    assert instance.renew(1, "Week").expires - first >= timedelta(days=7)
    instance.start()
    advance_to(region, instance.expires, minutes=10)
    assert (instance.status, instance.lock_reasons) == ("Stopped", ["financial"])


@clause("billing/charge-type-back")
@needs("change-account", "move-time")
def test_a_subscription_becomes_pay_as_you_go(region: Region) -> None:
    """What is left of its price comes back, and each hour costs from now on."""
    region.set_prices(hourly=1, monthly=300)
    advance_to(region, next_hour(region), minutes=1)
    early, late = subscription(region), subscription(region)
    had = region.account_balance
    refunded = []
    for instance, days in ((early, 1), (late, 20)):
        region.clock.advance(timedelta(days=days))
        before = region.account_balance
        answered = change(region, instance, to="PostPaid", IsDetailFee=True)
        fee = answered.get("FeeOfInstances", {}).get("FeeOfInstance", [])
        assert [(each["InstanceId"], each["Currency"]) for each in fee] == [(instance.id, "CNY")]
        refunded.append(region.account_balance - before)
        assert abs(Decimal(fee[0]["Fee"])) == refunded[-1]
        assert (charged_as(instance), instance.describe()["ExpiredTime"]) == ("PostPaid", NEVER)
        assert instance.status == "Running"
        if instance is early:
            assert region.account_balance == had + refunded[0]
    assert 300 > refunded[0] > refunded[1] > 0
    advance_to(region, next_hour(region), minutes=1)
    before = region.account_balance
    region.clock.advance("3h")
    assert before - region.account_balance == 6


@clause("billing/charge-type-back")
@needs("change-account", "move-time")
def test_all_that_was_paid_for_the_term_counts(region: Region) -> None:
    """With what it was renewed for, and with what a larger type cost more; a day of it is used up."""
    region.set_prices(monthly=300)
    region.set_prices(monthly=600, instance_type="ecs.g5.xlarge")
    plain, renewed, upgraded = (subscription(region) for _ in range(3))
    renewed.renew(2)
    upgraded.stop()
    before = region.account_balance
    region.call("ModifyPrepayInstanceSpec", InstanceId=upgraded.id, InstanceType="ecs.g5.xlarge")
    more = before - region.account_balance
    region.clock.advance("1d")
    for instance, paid in ((plain, Decimal(300)), (renewed, Decimal(900)), (upgraded, 300 + more)):
        before = region.account_balance
        change(region, instance, to="PostPaid")
        assert paid * Decimal("0.9") < region.account_balance - before < paid


@clause("billing/charge-type-back")
@needs("change-account", "move-time")
def test_what_was_renewed_late_is_refunded_for_what_is_left(region: Region) -> None:
    """What was used before is not."""
    region.set_prices(monthly=300)
    instance = subscription(region)
    region.clock.advance("20d")
    instance.renew(1)
    left = instance.expires - region.clock.now
    before = region.account_balance
    change(region, instance, to="PostPaid")
    assert abs(region.account_balance - before - Decimal(300 * left / timedelta(days=30.4))) < 30


@clause("billing/charge-type-back")
@needs("change-account", "move-time")
def test_what_became_pay_as_you_go_does_not_expire(region: Region) -> None:
    """What was announced for it is Avoided; it can be deleted."""
    instance = subscription(region)
    first = instance.expires
    advance_to(region, first - timedelta(days=1))
    change(region, instance, to="PostPaid")
    assert statuses(region, instance, "InstanceExpiration.Stop") == ["Avoided"]
    advance_to(region, first, minutes=10)
    assert (instance.status, instance.lock_reasons) == ("Running", [])
    instance.delete(Force=True)
    assert not instance.exists


@clause("billing/charge-type-periods")
@pytest.mark.parametrize(
    ("unit", "period", "days"), [("Week", 4, 28), ("Month", 9, 274), ("Month", 12, 365), ("Year", 5, 1826)]
)
def test_periods_on_sale_are_accepted(region: Region, unit: str, period: int, days: int) -> None:
    """The expiry is that far away."""
    instance = pay_as_you_go(region)
    change(region, instance, Period=period, PeriodUnit=unit)
    assert abs(instance.expires - region.clock.now - timedelta(days=days)) < timedelta(days=4)


@clause("billing/charge-type-periods")
@pytest.mark.parametrize(("period", "unit"), [(0, "Month"), (10, "Month"), (5, "Week"), (6, "Year"), (1, "Day")])
def test_other_periods_are_refused(region: Region, period: int, unit: str) -> None:
    """The instance stays as it is."""
    instance = pay_as_you_go(region)
    assert_refused("InvalidPeriod", lambda: change(region, instance, Period=period, PeriodUnit=unit))
    assert charged_as(instance) == "PostPaid"


@clause("billing/charge-type-batch")
def test_several_are_changed_together(region: Region) -> None:
    """To subscriptions and back."""
    several = region.run_instances(3)
    change(region, *several)
    assert {charged_as(each) for each in several} == {"PrePaid"}
    change(region, *several, to="PostPaid")
    assert {charged_as(each) for each in several} == {"PostPaid"}


@clause("billing/charge-type-batch")
def test_all_are_changed_or_none(region: Region) -> None:
    """One that cannot be changed keeps the others, and so does a number of them that is too large."""
    (instance,), other = region.run_instances(1), subscription(region)
    for ids in (
        [instance.id, other.id],
        [other.id, instance.id],
        [instance.id, "i-bp1nosuchinstance000"],
        [instance.id] + ["i-none"] * 20,
        [],
    ):
        with pytest.raises(ApiError):
            region.call("ModifyInstanceChargeType", InstanceIds=json.dumps(ids), Period=1)
        assert (charged_as(instance), charged_as(other)) == ("PostPaid", "PrePaid")


@clause("billing/charge-type-state")
def test_only_what_runs_or_is_stopped_is_changed(region: Region) -> None:
    """Not while it starts, and not while it is stopped without charge."""
    (instance,) = region.run_instances(1, wait=False)
    assert_refused("InvalidStatus.ValueNotSupported", lambda: change(region, instance))
    instance.wait_until("Running").stop(StoppedMode="StopCharging")
    assert_refused("InvalidStatus.ValueNotSupported", lambda: change(region, instance))
    assert charged_as(instance) == "PostPaid"


@clause("billing/charge-type-state")
def test_what_is_charged_so_already_is_refused(region: Region) -> None:
    """And so is what is of spot."""
    code = "InvalidInstanceChargeType.ValueNotSupported"
    (spot,) = region.run_instances(1, SpotStrategy="SpotAsPriceGo")
    assert_refused(code, lambda: change(region, subscription(region)))
    assert_refused(code, lambda: change(region, pay_as_you_go(region), to="PostPaid"))
    assert_refused(code, lambda: change(region, spot))


@clause("billing/charge-type-release-time")
def test_what_is_to_be_released_is_not_changed(region: Region) -> None:
    """Until its release time is canceled."""
    instance = pay_as_you_go(region)
    due = region.clock.now + timedelta(days=2)
    region.call("ModifyInstanceAutoReleaseTime", InstanceId=instance.id, AutoReleaseTime=f"{due:%Y-%m-%dT%H:%M:00Z}")
    assert_refused("ReleaseTimeHaveBeenSet", lambda: change(region, instance))
    assert charged_as(instance) == "PostPaid"
    region.call("ModifyInstanceAutoReleaseTime", InstanceId=instance.id)
    change(region, instance)
    assert charged_as(instance) == "PrePaid"


@clause("billing/charge-type-unpaid")
@needs("change-account", "move-time")
def test_who_cannot_pay_changes_nothing(region: Region) -> None:
    """Neither in arrears nor with too little, nor what has expired."""
    instance, other = pay_as_you_go(region), subscription(region)
    region.set_prices(monthly=20_000)
    before = region.account_balance
    assert_refused("InvalidAccountStatus.NotEnoughBalance", lambda: change(region, instance))
    assert region.account_balance == before
    region.set_prices(monthly=0)
    with region.chaos.arrears():
        for each, to in ((instance, "PrePaid"), (other, "PostPaid")):
            assert_refused("Account.Arrearage", partial(change, region, each, to=to))
    advance_to(region, other.expires, minutes=10)
    assert_refused("ExpiredInstance", lambda: change(region, other, to="PostPaid"))
    assert (charged_as(instance), charged_as(other)) == ("PostPaid", "PrePaid")


@clause("billing/charge-type-quota")
@needs("move-time")
def test_refunds_of_a_month_are_limited(region: Region) -> None:
    """Of subscriptions of five years, some can be changed back in a month, and more in the next."""
    several = region.run_instances(8, instance_type="ecs.g5.2xlarge", InstanceChargeType="PrePaid", Period=60)
    with suppress(ApiError):
        for each in several:
            change(region, each, to="PostPaid")
    kept = [each for each in several if charged_as(each) == "PrePaid"]
    assert kept
    assert_refused("QuotaExceed.RufundVcpu", lambda: change(region, kept[0], to="PostPaid"))
    region.clock.advance("32d")
    short = subscription(region)
    change(region, short, to="PostPaid")
    assert charged_as(short) == "PostPaid"


@clause("billing/charge-type-order")
@needs("change-account")
def test_an_order_that_is_not_paid_changes_nothing(region: Region) -> None:
    """Until its owner pays it."""
    region.set_prices(monthly=300)
    instance = pay_as_you_go(region)
    before = region.account_balance
    order = change(region, instance, AutoPay=False)["OrderId"]
    assert (charged_as(instance), region.account_balance) == ("PostPaid", before)
    region.control("pay-order", order=order)
    assert charged_as(instance) == "PrePaid"
    assert before - region.account_balance == 300
