from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from faultzone import (
    assert_refused,
    assert_released,
    make_region,
)
from faultzone.clock import HOUR, SECOND
from faultzone.errors import UsageError
from faultzone.model.core.catalog import default_catalog
from tests.support.billing import advance_past, events, subscription

# Arrears


def test_a_bill_that_is_just_covered_is_no_debt() -> None:
    region = make_region()
    region.run_instances(1)
    region.chaos.arrears(amount="10000")
    assert not region.control("account-balance")["in_arrears"]
    region.chaos.arrears(amount="0.0001")
    assert region.control("account-balance")["in_arrears"]
    region.top_up("0.0001")
    assert not region.control("account-balance")["in_arrears"]


def test_the_hour_of_arrears_is_found_without_a_timer_for_each_hour() -> None:
    region = make_region()
    region.set_prices(hourly="1")
    region.run_instances(1)
    fired = region.control("advance", milliseconds=9_999 * HOUR)["timers"]
    assert fired == 0
    assert not region.control("account-balance")["in_arrears"]
    region.clock.advance("2h")
    assert region.control("account-balance")["in_arrears"]


def test_payment_after_the_stop_alone_saves_and_does_not_start() -> None:
    region = make_region()
    (instance,) = region.run_instances(1)
    with region.chaos.arrears():
        region.clock.advance("1h")
    assert region.account_balance == 10_000
    assert events(region, instance)[-1] == ("AccountUnbalanced.Delete", "Avoided")
    region.clock.advance("30d")
    assert (instance.status, instance.lock_reasons) == ("Stopped", ["financial"])
    region.chaos.arrears()
    region.clock.advance("14d23h")
    assert instance.exists
    region.clock.advance("2h")
    assert_released(instance)


def test_what_is_paid_on_the_way_down_is_reactivated_later() -> None:
    region = make_region()
    (instance,) = region.run_instances(1)
    with region.chaos.arrears():
        region.clock.advance(30 * 60)
        assert instance.status == "Stopping"
    region.clock.advance("20d")
    assert (instance.status, instance.lock_reasons) == ("Stopped", ["financial"])
    region.call("ReActivateInstances", InstanceId=instance.id)
    assert instance.wait_until("Running").lock_reasons == []


@pytest.mark.parametrize("paid_after", [31 * 60, 30 * 60, 2 * 3600, 14 * 86_400])
def test_later_payment_starts_what_ran_whenever_it_comes(paid_after: int) -> None:
    region = make_region(edition="2020-12")
    ran, rested = region.run_instances(2)
    rested.stop()
    with region.chaos.arrears():
        region.clock.advance(paid_after)
    region.clock.advance("5m")
    assert [(each.status, each.lock_reasons) for each in (ran, rested)] == [("Running", []), ("Stopped", [])]
    assert events(region, ran)[-1][1] in ("Avoided", "Executed")
    assert rested.start().status == "Running"
    assert_refused(
        "ReactivateInstances.InstanceStatusNotValid", lambda: region.call("ReActivateInstances", InstanceId=ran.id)
    )


def test_later_what_cannot_be_started_after_payment_waits_for_reactivation() -> None:
    region = make_region(edition="2020-12", zones=1)
    short, punished = region.run_instances(2)
    with region.chaos.shortage():
        with region.chaos.arrears():
            region.clock.advance("1h")
            lock = region.chaos.security_lock(punished.id)
        assert [each.status for each in (short, punished)] == ["Stopped", "Stopped"]
    lock.undo()
    for each in (short, punished):
        assert each.lock_reasons == ["financial"]
        region.call("ReActivateInstances", InstanceId=each.id)
        assert each.wait_until("Running").lock_reasons == []


def test_locks_change_in_one_place_and_say_so() -> None:
    region = make_region()
    (instance,) = region.run_instances(1)
    for reason in ("financial", "security"):
        region.control("lock", instance=instance.id, reason=reason)
        region.control("lock", instance=instance.id, reason=reason, locked=False)
        region.control("lock", instance=instance.id, reason=reason, locked=False)
    said = [entry.data["locks"] for entry in region.journal.of("notice", what="locks")]
    assert said == [["financial"], [], ["security"], []]
    assert events(region, instance) == [("SecurityPunish.Locked", "Executing"), ("SecurityPunish.Locked", "Executed")]
    with pytest.raises(UsageError, match="reason='boredom': expected 'financial' or 'security'"):
        region.control("lock", instance=instance.id, reason="boredom")


@pytest.mark.parametrize("dead", [False, True])
def test_a_stop_for_arrears_is_of_no_mode_whatever_the_one_before_was(dead: bool) -> None:
    region = make_region()
    (instance,) = region.run_instances(1)
    instance.stop(StoppedMode="StopCharging")
    instance.start()
    with region.chaos.arrears():
        event = region.wait_for_event("AccountUnbalanced.Stop", instance=instance, state="Scheduled")
        assert event.not_before is not None
        region.clock.advance((event.not_before - region.clock.ms) / SECOND - 60)
        if dead:
            region.chaos.crash(str(instance.host))
        region.clock.advance("2m")
        assert (instance.status, instance.describe()["StoppedMode"]) == ("Stopped", "Not-applicable")


def test_reactivation_needs_more_than_a_hundred_yuan() -> None:
    region = make_region()
    (instance,) = region.run_instances(1)
    region.chaos.arrears(debt=50)
    region.clock.advance("1h")
    for paid, balance in ((149, 99), (1, 100)):
        assert region.top_up(paid) == balance
        assert_refused("InsufficientBalance", lambda: region.call("ReactivateInstances", InstanceId=instance.id))
    region.top_up("0.0001")
    region.call("ReactivateInstances", InstanceId=instance.id)
    instance.wait_until("Running")
    assert instance.lock_reasons == []


def test_reactivation_waits_for_supply() -> None:
    region = make_region(zones=1)
    (instance,) = region.run_instances(1)
    with region.chaos.arrears():
        region.clock.advance("1h")
    with region.chaos.shortage():
        assert_refused("OperationDenied.NoStock", lambda: region.call("ReactivateInstances", InstanceId=instance.id))
        assert instance.lock_reasons == ["financial"]
    region.call("ReactivateInstances", InstanceId=instance.id)
    instance.wait_until("Running")


def test_an_instance_that_is_rebooting_when_its_stop_is_due_is_stopped_once_it_runs() -> None:
    region = make_region()
    (instance,) = region.run_instances(1)
    region.chaos.arrears()
    region.clock.advance(30 * 60 - 1)
    instance.reboot(wait=False)
    region.clock.advance("2s")
    assert instance.status in ("Stopping", "Starting")
    region.clock.advance("1m")
    assert instance.status == "Stopped"
    assert events(region, instance)[-2:] == [
        ("AccountUnbalanced.Delete", "Scheduled"),
        ("AccountUnbalanced.Stop", "Executed"),
    ]


def test_an_instance_on_a_dead_host_is_stopped_all_the_same() -> None:
    region = make_region()
    instance = subscription(region)
    region.chaos.subscription_expiry(instance.id)
    region.clock.advance("3d12h")
    with region.chaos.crash(str(instance.host)):
        advance_past(region, instance.expires)
        region.clock.advance("1d")
        assert instance.status == "Stopped"
    region.clock.advance("1h")
    assert instance.status == "Stopped"


def test_a_financial_lock_by_hand_refuses_power_alone() -> None:
    region = make_region()
    (instance,), other = region.run_instances(1), subscription(region)
    other.stop()
    for each in (instance, other):
        region.control("lock", instance=each.id, reason="financial")
    assert_refused("InstanceExpired", other.start)
    assert_refused("IncorrectInstanceStatus", instance.stop)
    assert_refused(
        "ReactivateInstances.InstanceStatusNotValid", lambda: region.call("ReActivateInstances", InstanceId=instance.id)
    )
    assert region.call("DescribeInstances", LockReason="financial")["TotalCount"] == 2
    assert other.renew().lock_reasons == []
    other.start()


def test_a_retired_family_is_stopped_and_released_without_an_event() -> None:
    region = make_region(edition="2019-02")
    kind = next(name for name, each in default_catalog().types.items() if each.family == "ecs.t1")
    instance = subscription(region, instance_type=kind)
    advance_past(region, instance.expires)
    assert instance.status == "Stopped"
    region.clock.advance("15d")
    assert_released(instance)
    assert events(region, instance) == []


def test_a_deleted_instance_leaves_no_plan_behind() -> None:
    region = make_region()
    (instance,) = region.run_instances(1)
    region.chaos.arrears()
    region.clock.advance("1h")
    instance.delete()
    region.clock.advance("20d")
    assert ("AccountUnbalanced.Delete", "Executed") not in events(region, instance)


# Subscriptions


def test_a_subscription_that_nobody_renews() -> None:
    region = make_region()
    instance = subscription(region)
    expires = instance.expires
    advance_past(region, expires)
    assert (instance.status, instance.lock_reasons, instance.host) == ("Stopped", ["financial"], None)
    advance_past(region, expires + timedelta(days=15))
    assert_released(instance)
    stop, delete = "InstanceExpiration.Stop", "InstanceExpiration.Delete"
    assert events(region, instance) == [
        (stop, "Scheduled"),
        (stop, "Executing"),
        (delete, "Scheduled"),
        (stop, "Executed"),
        (delete, "Executing"),
        (delete, "Executed"),
    ]


def test_renewal_before_the_stop_between_stop_and_release_and_too_late() -> None:
    region = make_region()
    instance = subscription(region)
    first = instance.expires
    instance.renew()
    assert instance.expires == datetime(2019, 5, 1, 16, tzinfo=UTC)
    advance_past(region, first)
    assert instance.status == "Running"
    advance_past(region, instance.expires + timedelta(days=14))
    instance.renew(2, "Month")
    assert (instance.status, instance.lock_reasons) == ("Stopped", [])
    assert instance.expires == datetime(2019, 7, 16, 16, tzinfo=UTC)
    instance.start()
    advance_past(region, instance.expires + timedelta(days=15))
    assert_refused("InvalidInstanceId.NotFound", instance.renew)
    assert region.journal.of("event", type="InstanceExpiration.Delete", to="Avoided")


def test_month_ends_stay_within_the_month_when_renewed() -> None:
    region = make_region()
    region.clock.advance("29d")  # 30 March
    instance = subscription(region)
    assert instance.expires == datetime(2019, 4, 30, 16, tzinfo=UTC)  # 1 May, UTC+8
    assert instance.renew(9).expires == datetime(2020, 1, 31, 16, tzinfo=UTC)


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({"Period": 10}, "InvalidPeriod"),
        ({"Period": 0}, "InvalidPeriod"),
        ({"Period": -1}, "InvalidPeriod"),
        ({"Period": 61}, "InvalidPeriod"),
        ({"Period": 5, "PeriodUnit": "Week"}, "InvalidPeriod"),
        ({"Period": 1, "PeriodUnit": "Year"}, "InvalidPeriodUnit.ValueNotSupported"),
        ({"Period": "one"}, "InvalidParameter"),
        ({}, "MissingParameter"),
        ({"Period": 1, "InstanceId": "i-unknown"}, "InvalidInstanceId.NotFound"),
    ],
)
def test_bad_renewals_change_nothing(parameters: dict[str, Any], code: str) -> None:
    region = make_region()
    instance = subscription(region)
    before = instance.expires
    assert_refused(code, lambda: region.call("RenewInstance", **{"InstanceId": instance.id, **parameters}))
    assert instance.expires == before


def test_pay_as_you_go_cannot_be_renewed() -> None:
    region = make_region()
    (instance,) = region.run_instances(1)
    assert_refused("ChargeTypeViolation", instance.renew)


def test_a_renewal_that_is_repeated_with_its_token_counts_once() -> None:
    region = make_region()
    instance = subscription(region)
    instance.renew(ClientToken="t")
    once = instance.expires
    assert instance.renew(ClientToken="t").expires == once
    assert_refused("IdempotenceParamNotMatch", lambda: instance.renew(2, ClientToken="t"))


def test_a_security_lock_refuses_renewal() -> None:
    region = make_region()
    instance = subscription(region)
    region.control("lock", instance=instance.id, reason="security")
    assert_refused("InstanceLockedForSecurity", instance.renew)


def test_subscriptions_cost_what_their_span_costs_and_are_refused_without_money() -> None:
    region = make_region()
    region.set_prices(monthly="100")
    instance = subscription(region, Period=2)
    subscription(region, PeriodUnit="Week")
    instance.renew()
    assert region.account_balance == 10_000 - 200 - 25 - 100
    region.chaos.arrears(debt="0")
    assert_refused("InvalidAccountStatus.NotEnoughBalance", lambda: subscription(region))
    assert_refused("InsufficientBalance", instance.renew)


def test_nothing_that_is_free_is_refused_in_arrears() -> None:
    region = make_region()
    region.chaos.arrears()
    assert subscription(region).renew().status == "Running"


def test_reminders_are_those_of_the_renewal_status() -> None:
    region = make_region()
    instance, other = subscription(region), subscription(region)
    region.call("ModifyInstanceAutoRenewAttribute", InstanceId=other.id, RenewalStatus="NotRenewal")
    advance_past(region, instance.expires)
    days = {
        each.id: [e.data["days"] for e in region.journal.of("notice", instance=each.id, what="expiry")]
        for each in (instance, other)
    }
    assert days == {instance.id: [15, 7, 3, 1], other.id: [3]}


# Automatic renewal


def test_automatic_renewal_keeps_an_instance_running_unannounced() -> None:
    region = make_region()
    region.set_prices(monthly="10")
    instance = subscription(region, AutoRenew=True, AutoRenewPeriod=2)
    region.clock.advance("60d")
    assert instance.status == "Running"
    assert instance.expires == datetime(2019, 6, 1, 16, tzinfo=UTC)
    assert events(region, instance) == []
    assert region.account_balance == 10_000 - 10 - 20


def test_automatic_renewal_is_tried_again_daily_for_want_of_money() -> None:
    region = make_region()
    region.set_prices(monthly="10")
    instance = subscription(region, AutoRenew=True)
    region.chaos.arrears(debt="0")
    advance_past(region, instance.expires - timedelta(days=2))
    assert events(region, instance) == [("InstanceExpiration.Stop", "Scheduled")]
    region.top_up(10)
    region.clock.advance("1d")
    assert events(region, instance)[-1] == ("InstanceExpiration.Stop", "Avoided")
    assert region.account_balance == 0


def test_automatic_renewal_is_described_as_it_was_set() -> None:
    region = make_region()
    one, two = subscription(region), subscription(region)
    region.run_instances(1)

    def described(**parameters: Any) -> list[dict[str, Any]]:
        answer = region.call("DescribeInstanceAutoRenewAttribute", **parameters)
        shown: list[dict[str, Any]] = answer["InstanceRenewAttributes"]["InstanceRenewAttribute"]
        assert answer["TotalCount"] == len(shown)
        return shown

    both = f"{one.id},{two.id}"
    assert [each["RenewalStatus"] for each in described(InstanceId=both)] == ["Normal", "Normal"]
    region.call("ModifyInstanceAutoRenewAttribute", InstanceId=one.id, AutoRenew=True, Duration=3)
    region.call("ModifyInstanceAutoRenewAttribute", InstanceId=two.id, AutoRenew=True, RenewalStatus="NotRenewal")
    assert described() == [
        {
            "InstanceId": one.id,
            "AutoRenewEnabled": True,
            "Duration": 3,
            "PeriodUnit": "Month",
            "RenewalStatus": "AutoRenewal",
        },
        {
            "InstanceId": two.id,
            "AutoRenewEnabled": False,
            "Duration": 0,
            "PeriodUnit": "",
            "RenewalStatus": "NotRenewal",
        },
    ]
    assert [each["InstanceId"] for each in described(RenewalStatus="NotRenewal")] == [two.id]
    for duration, unit in ((4, "Week"), (6, "Month")):
        asked = {"InstanceId": two.id, "AutoRenew": True, "Duration": duration, "PeriodUnit": unit}
        region.call("ModifyInstanceAutoRenewAttribute", **asked)
        (shown,) = described(InstanceId=two.id)
        assert (shown["Duration"], shown["PeriodUnit"]) == (duration, unit)


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({"AutoRenew": True}, "InvalidParameter.Duration"),
        ({"AutoRenew": True, "Duration": 5}, "InvalidParameter.Duration"),
        ({"AutoRenew": True, "Duration": 4}, "InvalidParameter.Duration"),
        ({"AutoRenew": True, "Duration": 6, "PeriodUnit": "Week"}, "InvalidParameter.Duration"),
        ({"RenewalStatus": "Always"}, "InvalidParameter.RenewalStatus"),
        ({"InstanceId": "i-unknown"}, "InvalidParameter.InvalidInstanceId"),
        ({"InstanceId": ",".join("i" * 101)}, "InvalidParameter.ToManyInstanceIds"),
        ({"AutoRenew": True, "Duration": 1, "PeriodUnit": "Day"}, "InvalidPeriodUnit.ValueNotSupported"),
    ],
)
def test_bad_automatic_renewals_are_refused(parameters: dict[str, Any], code: str) -> None:
    region = make_region()
    instance = subscription(region)
    asked = {"InstanceId": instance.id, **parameters}
    assert_refused(code, lambda: region.call("ModifyInstanceAutoRenewAttribute", **asked))


def test_automatic_renewal_is_for_subscriptions_that_have_not_expired() -> None:
    region = make_region()
    instance = subscription(region)
    (other,) = region.run_instances(1)
    assert_refused(
        "ChargeTypeViolation", lambda: region.call("DescribeInstanceAutoRenewAttribute", InstanceId=other.id)
    )
    advance_past(region, instance.expires)
    asked = {"InstanceId": instance.id, "AutoRenew": True, "Duration": 1}
    assert_refused("IncorrectInstanceStatus", lambda: region.call("ModifyInstanceAutoRenewAttribute", **asked))
