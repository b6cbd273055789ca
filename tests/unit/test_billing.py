from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faultzone import (
    AccountArrears,
    ApiError,
    ClockJump,
    HarnessError,
    Instance,
    Region,
    SubscriptionLapse,
    UsageError,
    assert_refused,
    assert_released,
    make_region,
)
from faultzone.clock import HOUR, MINUTE
from faultzone.model.billing_terms import add_period, first_expiry
from faultzone.model.catalog import default_catalog
from faultzone.model.ledger import Ledger, units, yuan

CHINA = timedelta(hours=8)


def ms(*parts: int) -> int:
    """An instant of UTC+8."""
    return int((datetime(*parts, tzinfo=UTC) - CHINA).timestamp() * 1000)  # type: ignore[arg-type,misc]


def subscription(region: Region, **parameters: Any) -> Instance:
    (made,) = region.run_instances(1, InstanceChargeType="PrePaid", **{"Period": 1, **parameters})
    return made


def events(region: Region, instance: Instance) -> list[tuple[str, str]]:
    return [(entry.data["type"], entry.data["to"]) for entry in region.journal.of("event", instance=instance.id)]


def advance_past(region: Region, instant: datetime) -> None:
    region.clock.advance((instant - region.clock.now).total_seconds() + 60)


# Periods


@pytest.mark.parametrize(
    ("start", "period", "unit", "end"),
    [
        ((2019, 1, 31, 10), 1, "Month", (2019, 2, 28, 10)),
        ((2020, 1, 31, 10), 1, "Month", (2020, 2, 29, 10)),
        ((2020, 2, 29, 10), 12, "Month", (2021, 2, 28, 10)),
        ((2020, 2, 29, 10), 48, "Month", (2024, 2, 29, 10)),
        ((2019, 8, 31, 0), 6, "Month", (2020, 2, 29, 0)),
        ((2019, 12, 31, 23), 2, "Month", (2020, 2, 29, 23)),
        ((2019, 12, 15, 1), 1, "Month", (2020, 1, 15, 1)),
        ((2019, 2, 25, 1), 1, "Week", (2019, 3, 4, 1)),
        ((2020, 2, 25, 1), 4, "Week", (2020, 3, 24, 1)),
    ],
)
def test_periods_end_on_the_same_day_or_the_last_of_the_month(
    start: tuple[int, ...], period: int, unit: str, end: tuple[int, ...]
) -> None:
    assert add_period(ms(*start), period, unit) == ms(*end)


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ((2019, 3, 1, 8), (2019, 4, 2)),
        ((2019, 3, 1, 0), (2019, 4, 1)),
        ((2019, 3, 1, 0, 0, 1), (2019, 4, 2)),
        ((2019, 1, 31, 23, 59), (2019, 3, 1)),
        # 17:00 UTC is the next day in UTC+8.
        ((2019, 3, 2, 1), (2019, 4, 3)),
    ],
)
def test_a_subscription_ends_at_the_first_midnight_after_its_span(start: tuple[int, ...], end: tuple[int, ...]) -> None:
    assert first_expiry(ms(*start), 1, "Month") == ms(*end)


# Money


@pytest.mark.parametrize(
    "amount", [-1, "-0.0001", "0.00001", 1.5, True, "NaN", "Infinity", "1e30", "ten", "", None, Decimal("1.00005")]
)
def test_amounts_that_are_no_money_are_refused(amount: Any) -> None:
    with pytest.raises(UsageError, match="four decimals"):
        units(amount)


@given(st.integers(0, 10**15))
def test_amounts_are_read_back_exactly(amount: int) -> None:
    assert units(yuan(amount)) == amount
    assert yuan(-amount).lstrip("-") == yuan(amount)


@settings(deadline=None)
@given(
    opening=st.integers(0, 50_000),
    start=st.integers(0, 2 * HOUR),
    changes=st.lists(st.tuples(st.integers(0, 5 * HOUR), st.integers(0, 30_000)), max_size=8),
)
def test_the_closed_form_is_the_sum_of_the_hours(opening: int, start: int, changes: list[tuple[int, int]]) -> None:
    ledger = Ledger("1", opening, start, HOUR)
    now = start
    used = rate = 0
    hourly = HOUR - start % HOUR + start
    billed = 0

    def pass_hours(to: int) -> None:
        """What a bill at each whole hour comes to, one after the other."""
        nonlocal now, used, hourly, billed
        while hourly <= to:
            used += rate * (hourly - now)
            now, billed = hourly, used // HOUR
            hourly += HOUR
        used += rate * (to - now)
        now = to

    for delay, new_rate in changes:
        if ledger.balance(now) >= 0 and (at := ledger.arrears_at()) is not None and at <= now + delay:
            assert at > now
            assert ledger.balance(at - 1) >= 0 > ledger.balance(at)
        pass_hours(now + delay)
        assert ledger.charged(now) == billed
        assert ledger.balance(now) == opening - billed
        ledger.change_rate(now, new_rate)
        assert ledger.charged(now) == billed
        rate = new_rate


OPERATIONS = st.lists(
    st.one_of(
        st.tuples(st.just("advance"), st.integers(1, 40 * 60)),
        st.tuples(st.just("top-up"), st.integers(0, 200)),
        st.tuples(st.just("bill"), st.integers(0, 100)),
        st.tuples(st.just("price"), st.integers(0, 30_000)),
        st.tuples(
            st.sampled_from(["start", "stop", "free-stop", "renew", "reactivate", "delete", "run", "buy"]),
            st.integers(0, 7),
        ),
    ),
    max_size=25,
)


def _operate(region: Region, what: str, amount: int) -> None:
    """One step of a random life; what is refused is part of it."""
    known = region.instances
    instance = known[amount % len(known)] if known else None
    if what == "advance":
        region.clock.advance(amount * 60)
    elif what == "top-up":
        region.top_up(amount)
    elif what == "bill":
        region.control("bill", amount=str(amount))
    elif what == "price":
        region.set_prices(hourly=Decimal(amount) / 10_000)
    elif what == "run":
        region.run_instances(1, wait=False)
    elif what == "buy":
        region.run_instances(1, wait=False, InstanceChargeType="PrePaid", Period=1, PeriodUnit="Week")
    elif instance is not None:
        _operate_on(region, instance, what)


def _operate_on(region: Region, instance: Instance, what: str) -> None:
    if what == "start":
        instance.start(wait=False)
    elif what == "stop":
        instance.stop(wait=False)
    elif what == "free-stop":
        instance.stop(wait=False, StoppedMode="StopCharging")
    elif what == "renew":
        instance.renew(1, "Week")
    elif what == "reactivate":
        region.call("ReActivateInstances", InstanceId=instance.id)
    else:
        instance.delete(TerminateSubscription=True)


@pytest.mark.slow
@settings(deadline=None, max_examples=60)
@given(OPERATIONS)
def test_no_money_appears_or_vanishes(operations: list[tuple[str, int]]) -> None:
    region = make_region()
    region.set_prices(hourly="3.3333", monthly="70")
    for what, amount in operations:
        try:
            _operate(region, what, amount)
        except ApiError:
            continue
        shown = region.control("account-balance")
        moved = {"top-up": 1, "bill": -1, "subscription": -1, "renewal": -1, "arrears": 0}
        paid = sum(moved[entry.data["what"]] * Decimal(entry.data["amount"]) for entry in region.journal.of("bill"))
        assert Decimal(shown["balance"]) == 10_000 + paid - Decimal(shown["charged"])
        for entry in region.journal.of("bill"):
            assert Decimal(entry.data["charged"]) >= 0


def test_each_whole_hour_is_billed_for_what_ran_in_it() -> None:
    region = make_region()
    region.set_prices(hourly="0.5")
    one, _ = region.run_instances(2)  # from 00:00:00 on
    region.clock.advance("59m")
    assert region.account_balance == 10_000
    advance_past(region, datetime(2019, 3, 1, 1, tzinfo=UTC))
    assert region.account_balance == 9_999
    region.clock.advance("29m")
    one.delete()
    advance_past(region, datetime(2019, 3, 1, 2, tzinfo=UTC))
    assert region.account_balance == Decimal("9998.25")


def test_a_stop_without_charge_costs_nothing_and_a_stop_with_charge_does() -> None:
    region = make_region()
    (instance,) = region.run_instances(1)
    instance.stop(StoppedMode="StopCharging")
    region.set_prices(hourly="1")
    region.clock.advance("10h")
    assert region.account_balance == 10_000
    instance.start()
    instance.stop(StoppedMode="KeepCharging")
    region.clock.advance("2h")
    assert region.account_balance < 9_999


def test_prices_are_by_type_and_change_from_now_on() -> None:
    region = make_region()
    region.run_instances(1)
    region.run_instances(1, instance_type="ecs.c5.large")
    advance_past(region, datetime(2019, 3, 1, 1, tzinfo=UTC) - timedelta(minutes=1))
    region.set_prices(hourly="1", instance_type="ecs.c5.large")
    region.set_prices(hourly="0.1")
    region.clock.advance("1h")
    assert region.control("prices")["hourly"] == {"*": "0.1000", "ecs.c5.large": "1.0000"}
    assert region.account_balance == Decimal("10000") - Decimal("1.1")


def test_accounts_pay_for_what_they_have_in_every_region_and_for_nobody_else() -> None:
    region = make_region(regions=("cn-hangzhou", "cn-beijing"), accounts=2)
    region.set_prices(hourly="1")
    region.run_instances(1)
    region.in_region("cn-beijing").run_instances(1)
    other = region.as_account(1)
    other.run_instances(1)
    advance_past(region, datetime(2019, 3, 1, 1, tzinfo=UTC))
    assert 10_000 - region.account_balance == pytest.approx(2, abs=Decimal("0.01"))
    assert 10_000 - other.account_balance == pytest.approx(1, abs=Decimal("0.01"))


def test_arrears_stop_instances_in_every_region_but_not_those_of_others() -> None:
    region = make_region(regions=("cn-hangzhou", "cn-beijing"), accounts=2)
    there = region.in_region("cn-beijing")
    mine = [*region.run_instances(1), *there.run_instances(1)]
    (other,) = region.as_account(1).run_instances(1)
    with region.chaos.arrears():
        region.clock.advance("1h")
        assert [each.status for each in (*mine, other)] == ["Stopped", "Stopped", "Running"]


# Arrears


def test_a_bill_that_is_just_covered_is_no_debt() -> None:
    region = make_region()
    region.run_instances(1)
    region.control("bill", amount="10000")
    assert not region.control("account-balance")["in_arrears"]
    region.control("bill", amount="0.0001")
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


def test_payment_after_the_stop_alone_neither_starts_nor_saves() -> None:
    region = make_region()
    (instance,) = region.run_instances(1)
    with region.chaos.arrears():
        region.clock.advance("1h")
    assert region.account_balance == 10_000
    region.clock.advance("14d")
    assert instance.status == "Stopped"
    region.clock.advance("1d")
    assert_released(instance)


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
    region.chaos.lapse(instance.id)
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
    region = make_region()
    kind = next(name for name, each in default_catalog("2019-02").types.items() if each.family == "ecs.t1")
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
    assert instance.expires == datetime(2019, 7, 1, 16, tzinfo=UTC)
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
        ({"Period": 1, "PeriodUnit": "Year"}, "InvalidPeriod"),
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
    region.control("bill", debt="0")
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
    region.control("bill", debt="0")
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


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({"AutoRenew": True}, "InvalidParameter.Duration"),
        ({"AutoRenew": True, "Duration": 5}, "InvalidParameter.Duration"),
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


# Faults


def test_a_lapse_is_made_good_by_renewal() -> None:
    region = make_region()
    instance = subscription(region)
    with region.chaos.lapse(instance.id) as injection:
        assert injection.fault == SubscriptionLapse(instance.id, "3d")
        region.clock.advance("4d")
        assert instance.status == "Stopped"
    assert instance.lock_reasons == []
    region.clock.advance("16d")
    assert instance.exists


def test_a_lapse_whose_instance_is_gone_needs_nothing() -> None:
    region = make_region()
    instance = subscription(region)
    with region.chaos.inject(SubscriptionLapse(instance.id, "0s")):
        region.clock.advance("17d")
        assert_released(instance)


def test_a_lapse_that_cannot_be_renewed_is_a_trouble_of_its_own() -> None:
    region = make_region()
    instance = subscription(region)
    region.set_prices(monthly="20000")
    with pytest.raises(HarnessError, match="InsufficientBalance"), region.chaos.lapse(instance.id):
        pass
    region.set_prices(monthly="0")


def test_arrears_are_made_good_by_payment() -> None:
    region = make_region()
    (instance,) = region.run_instances(1)
    with region.chaos.inject(AccountArrears(debt="2.5")):
        assert region.account_balance == Decimal("-2.5")
    assert region.account_balance == 10_000
    region.clock.advance("1h")
    assert instance.status == "Running"


def test_a_jump_of_the_clock_is_not_undone() -> None:
    region = make_region()
    before = region.clock.ms
    with region.chaos.jump("90m") as injection:
        assert injection.fault == ClockJump("90m")
    assert region.clock.ms == before + 90 * MINUTE


@pytest.mark.parametrize(
    ("verb", "arguments"),
    [
        ("top-up", {"amount": "-1"}),
        ("top-up", {"amount": 0.1}),
        ("bill", {}),
        ("bill", {"amount": "1", "debt": "1"}),
        ("prices", {"hourly": "-1"}),
        ("prices", {"hourly": "1", "instance_type": "ecs.none"}),
        ("expire", {"instance": "i-unknown", "within": 0}),
        ("account-balance", {"account": "nobody"}),
    ],
)
def test_bad_arguments_are_told_what_to_write(verb: str, arguments: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        make_region().control(verb, **arguments)


def test_only_a_subscription_can_be_made_to_expire() -> None:
    region = make_region()
    (instance,) = region.run_instances(1)
    with pytest.raises(UsageError, match="no subscription instance"):
        region.chaos.lapse(instance.id)
    other = subscription(region)
    with pytest.raises(UsageError, match="within"):
        region.control("expire", instance=other.id, within=-1)
    before = other.expires
    with region.chaos.lapse(other.id, within="90d"):
        assert other.expires == before
    advance_past(region, other.expires)
    with pytest.raises(UsageError, match="has expired"):
        region.chaos.lapse(other.id)


def test_a_release_that_has_not_happened_is_told_with_its_timeline() -> None:
    region = make_region()
    (instance,) = region.run_instances(1)
    with pytest.raises(AssertionError, match=r"not been released: it is Running(.|\n)*from=Starting to=Running"):
        assert_released(instance)
