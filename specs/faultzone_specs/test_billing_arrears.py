"""Accounts that run out: manual, section 3.1."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from faultzone import ApiError, Instance, Region, assert_nothing_made, assert_refused, assert_released, one
from faultzone_specs.billing import SOON, advance_to, events, next_hour, pay_as_you_go, statuses, subscription
from faultzone_specs.observing import AS_OF_2019
from faultzone_specs.words import Words

clause, needs = pytest.mark.clause, pytest.mark.needs

STOP, DELETE = "AccountUnbalanced.Stop", "AccountUnbalanced.Delete"
GRACE = timedelta(days=15)
#: The window is normally shorter than this.
WINDOW = timedelta(hours=1)
STATE = ("ReactivateInstances.InstanceStatusNotValid", "IncorrectInstanceStatus")
POOR = ("ReactivateInstances.InstanceNotEnoughBalance", "InsufficientBalance")


def reactivate(region: Region, instance: Instance) -> None:
    """By the spelling of the published clients, or that of the reference where the backend knows no other."""
    try:
        region.call("ReActivateInstances", InstanceId=instance.id)
    except ApiError as refusal:
        if refusal.code not in ("InvalidAction", "InvalidApi.NotFound", "InvalidAction.NotFound"):
            raise
        region.call("ReactivateInstances", InstanceId=instance.id)


def stopped_for_arrears(region: Region) -> tuple[Instance, datetime]:
    """An instance that was stopped because the account owes ten yuan, and when its stop was due."""
    instance = pay_as_you_go(region)
    region.chaos.arrears()
    due = events(region, instance, STOP)[-1].not_before
    assert due is not None
    advance_to(region, due)
    return instance.wait_until("Stopped", within=SOON), due


@clause("billing/arrears-stop")
@needs("change-account", "move-time")
def test_arrears_stop_pay_as_you_go_and_nothing_else(region: Region) -> None:
    """Once the window has passed; the subscription runs on."""
    other = subscription(region)
    instance, _ = stopped_for_arrears(region)
    assert instance.lock_reasons == ["financial"]
    region.clock.advance("1d")
    assert (other.status, other.lock_reasons) == ("Running", [])


@clause("billing/arrears-event")
@needs("change-account", "move-time")
def test_stop_and_release_for_arrears_are_announced_for_each_instance(region: Region) -> None:
    """Scheduled before, Executed after."""
    instances = region.run_instances(2)
    region.chaos.arrears()
    assert [statuses(region, each, STOP) for each in instances] == [["Scheduled"]] * 2
    region.clock.advance(WINDOW + timedelta(minutes=10))
    assert [statuses(region, each, STOP) for each in instances] == [["Executed"]] * 2
    assert [statuses(region, each, DELETE) for each in instances] == [["Scheduled"]] * 2
    region.clock.advance(GRACE)
    assert [statuses(region, each, DELETE) for each in instances] == [["Executed"]] * 2


@clause("event/window-arrears")
@needs("change-account", "move-time")
def test_the_window_of_arrears_is_shorter_than_an_hour(region: Region) -> None:
    """And the instance runs until its end."""
    instance = pay_as_you_go(region)
    region.chaos.arrears()
    announced = one(events(region, instance, STOP))
    assert announced.not_before is not None
    assert timedelta(0) < announced.not_before - announced.published < WINDOW
    advance_to(region, announced.not_before - timedelta(seconds=1))
    assert instance.status == "Running"


@clause("event/avoid-by-payment")
@needs("change-account", "move-time")
def test_payment_within_the_window_avoids_the_stop(region: Region) -> None:
    """Nothing happens at NotBefore."""
    instance = pay_as_you_go(region)
    region.chaos.arrears(debt=10)
    region.top_up("9.99")
    assert statuses(region, instance, STOP) == ["Scheduled"]
    region.top_up("0.01")
    assert statuses(region, instance, STOP) == ["Avoided"]
    region.clock.advance("2h")
    assert (instance.status, instance.lock_reasons) == ("Running", [])


@clause("billing/hourly-settlement")
@needs("change-account", "move-time")
def test_each_whole_hour_is_settled_by_itself(region: Region) -> None:
    """The balance moves on the hour alone, and the bill that it does not cover brings arrears."""
    region.set_prices(hourly=1)
    # The hour has just begun: it cannot end by itself meanwhile, where region time follows the real clock.
    advance_to(region, next_hour(region), minutes=1)
    instance = pay_as_you_go(region)
    on_the_hour = next_hour(region)
    before = region.account_balance
    advance_to(region, on_the_hour, minutes=-1)
    assert region.account_balance == before
    for hour in range(3):
        before = region.account_balance
        advance_to(region, on_the_hour + timedelta(hours=hour), minutes=1)
        paid = before - region.account_balance
        assert paid == 1 if hour else Decimal(0) < paid <= 1
    region.chaos.arrears(debt="0")
    region.top_up("1.5")
    advance_to(region, on_the_hour + timedelta(hours=3), minutes=1)
    assert region.account_balance >= 0
    advance_to(region, on_the_hour + timedelta(hours=4), minutes=1)
    assert region.account_balance < 0
    announced = one(events(region, instance, STOP))
    assert announced.published == on_the_hour + timedelta(hours=4)


@clause("billing/arrears-stop-suspends-charges")
@needs("change-account", "move-time")
def test_what_is_stopped_for_arrears_costs_nothing(region: Region) -> None:
    """From the hour after the stop on the debt stays as it is."""
    region.set_prices(hourly=1)
    stopped_for_arrears(region)
    region.clock.advance("1h")
    owed = region.account_balance
    region.clock.advance("10d")
    assert region.account_balance == owed


@clause("billing/release-after-15-days")
@needs("change-account", "move-time")
def test_what_was_stopped_for_arrears_is_released_after_fifteen_days(region: Region) -> None:
    """Where nothing is done."""
    instance, stopped = stopped_for_arrears(region)
    announced = one(events(region, instance, DELETE))
    assert announced.status == "Scheduled"
    advance_to(region, stopped + GRACE, minutes=-1)
    assert instance.status == "Stopped"
    advance_to(region, stopped + GRACE, minutes=10)
    assert_released(instance)


@clause("billing/reactivate")
@needs("change-account", "move-time")
def test_payment_alone_restarts_nothing_and_reactivation_does(region: Region) -> None:
    """Starting, then Running, with no lock left."""
    instance, _ = stopped_for_arrears(region)
    region.top_up(1000)
    region.clock.advance("1h")
    assert instance.status == "Stopped"
    reactivate(region, instance)
    assert instance.status in ("Starting", "Running")
    instance.wait_until("Running")
    assert instance.lock_reasons == []


@clause("billing/restart-after-payment")
@needs("shape-region", "change-account", "move-time")
def test_later_payment_brings_back_what_it_was_stopped_for(region: Region) -> None:
    """What ran runs, what was stopped by its user stays so and can be started."""
    ran, rested = region.run_instances(2)
    rested.stop()
    region.chaos.arrears()
    region.clock.advance("2h")
    assert [(each.status, each.lock_reasons) for each in (ran, rested)] == [("Stopped", ["financial"])] * 2
    region.top_up(1000)
    ran.wait_until("Running")
    assert (ran.lock_reasons, rested.lock_reasons, rested.status) == ([], [], "Stopped")
    rested.start()
    region.clock.advance("16d")
    assert (ran.status, rested.status) == ("Running", "Running")


@clause("billing/reactivate-balance")
@needs("change-account", "move-time")
@AS_OF_2019
def test_reactivation_needs_more_than_a_hundred_yuan(region: Region) -> None:
    """Exactly a hundred are not enough."""
    instance, _ = stopped_for_arrears(region)
    for balance in (0, 100):
        region.top_up(balance - region.account_balance)
        assert_refused(POOR, lambda: reactivate(region, instance))
        assert instance.status == "Stopped"
    region.top_up("0.01")
    reactivate(region, instance)
    instance.wait_until("Running")


@clause("billing/reactivate-balance")
@needs("change-account", "move-time", "set-supply")
def test_what_payment_could_not_start_is_reactivated_for_more_than_a_hundred_yuan(region: Region) -> None:
    """In whichever edition: there is no room when the debt is paid."""
    instance, _ = stopped_for_arrears(region)
    with region.chaos.shortage():
        for balance in (0, 100):
            region.top_up(balance - region.account_balance)
            assert_refused(POOR, lambda: reactivate(region, instance))
            assert instance.status == "Stopped"
    assert_refused(POOR, lambda: reactivate(region, instance))
    region.top_up("0.01")
    reactivate(region, instance)
    instance.wait_until("Running")


@clause("billing/reactivate-at-least")
@needs("change-account", "move-time", "set-supply")
def test_later_a_hundred_yuan_are_enough(region: Region) -> None:
    """And less are not."""
    instance, _ = stopped_for_arrears(region)
    with region.chaos.shortage():
        for balance in ("0", "99.9999"):
            region.top_up(Decimal(balance) - region.account_balance)
            assert_refused(POOR, lambda: reactivate(region, instance))
            assert instance.status == "Stopped"
    region.top_up("0.0001")
    assert region.account_balance == 100
    reactivate(region, instance)
    instance.wait_until("Running")


@clause("billing/reactivate-state")
def test_reactivation_is_for_what_was_stopped_for_arrears(region: Region) -> None:
    """Not for what runs or was stopped by its user, nor for subscriptions."""
    instance = pay_as_you_go(region)
    assert_refused(STATE, lambda: reactivate(region, instance))
    instance.stop()
    assert_refused(STATE, lambda: reactivate(region, instance))
    assert_refused("InvalidPayType.NotSupport", lambda: reactivate(region, subscription(region)))


@clause("billing/security-lock")
@needs("change-account", "move-time")
def test_what_is_locked_for_security_is_not_reactivated(region: Region) -> None:
    """Until that lock is off."""
    instance, _ = stopped_for_arrears(region)
    region.control("lock", instance=instance.id, reason="security")
    region.top_up(1000)
    region.clock.advance("1h")
    assert_refused("InstanceLockedForSecurity", lambda: reactivate(region, instance))
    assert instance.status == "Stopped"
    region.control("lock", instance=instance.id, reason="security", locked=False)
    reactivate(region, instance)
    instance.wait_until("Running")


@clause("billing/payment-cancels-release")
@needs("change-account", "move-time")
def test_payment_and_reactivation_avoid_the_release(region: Region) -> None:
    """It is not released at its time."""
    instance, stopped = stopped_for_arrears(region)
    region.clock.advance("14d")
    region.top_up(1000)
    if instance.status == "Stopped":
        reactivate(region, instance)
    assert statuses(region, instance, DELETE) == ["Avoided"]
    advance_to(region, stopped + GRACE, minutes=10)
    assert instance.status == "Running"


@clause("billing/payment-cancels-release")
@needs("change-account", "move-time")
def test_what_payment_alone_avoids_is_not_released(region: Region) -> None:
    """Whether it avoids the release is left open; its event says which."""
    instance, stopped = stopped_for_arrears(region)
    region.clock.advance("14d")
    region.top_up(1000)
    state = one(statuses(region, instance, DELETE))
    assert state in ("Scheduled", "Avoided")
    advance_to(region, stopped + GRACE, minutes=10)
    assert instance.exists == (state == "Avoided")
    assert statuses(region, instance, DELETE) == ["Avoided" if state == "Avoided" else "Executed"]


@clause("billing/financial-lock")
@needs("change-account", "move-time")
def test_an_instance_in_arrears_refuses_power_and_shows_itself(region: Region) -> None:
    """Start, stop and reboot are refused; it can be described, renamed and deleted."""
    instance, _ = stopped_for_arrears(region)
    assert_refused(("InstanceExpired", "InsufficientBalance"), lambda: instance.start(wait=False))
    for act in (instance.stop, instance.reboot):
        with pytest.raises(ApiError):
            act(wait=False)
    region.call("ModifyInstanceAttribute", InstanceId=instance.id, InstanceName=Words(region).name("owing"))
    assert instance.describe()["InstanceName"] == Words(region).name("owing")
    instance.delete()
    assert_released(instance)


@clause("billing/create-in-arrears")
@needs("change-account")
def test_an_account_in_arrears_gets_no_more_pay_as_you_go(region: Region) -> None:
    """Until it has paid."""
    codes = ("Account.Arrearage", "InvalidAccountStatus.NotEnoughBalance")
    with region.chaos.arrears():
        assert_nothing_made(region, lambda: region.run_instances(1), codes)
        assert_nothing_made(region, lambda: region.create_instance(), codes)
    assert len(region.run_instances(1)) == 1
