from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faultzone import (
    ApiError,
    Instance,
    Region,
    UsageError,
    make_region,
)
from faultzone.clock import HOUR
from faultzone.model.billing.ledger import Ledger, units, yuan
from faultzone.model.core.periods import add_period, first_expiry
from tests.support.billing import advance_past, subscription

CHINA = timedelta(hours=8)


def ms(*parts: int) -> int:
    """An instant of UTC+8."""
    return int((datetime(*parts, tzinfo=UTC) - CHINA).timestamp() * 1000)  # type: ignore[arg-type,misc]


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


# From the last start on, a rate of 7 reaches a whole unit a fraction of a millisecond after the hour.
@pytest.mark.parametrize("start", [0, 1, HOUR // 2, HOUR - 1, HOUR - HOUR // 7])
def test_the_hour_of_arrears_is_the_first_that_is_not_covered(start: int) -> None:
    for opening in range(8):
        for rate in range(8):
            ledger = Ledger("1", opening, start, HOUR)
            ledger.change_rate(start, rate)
            uncovered = (hour * HOUR for hour in range(1, 12) if ledger.balance(hour * HOUR) < 0)
            assert ledger.arrears_at() == next(uncovered, None)


def test_what_was_used_before_everything_ended_is_still_billed() -> None:
    ledger = Ledger("1", 0, 0, HOUR)
    ledger.change_rate(0, 2)
    ledger.change_rate(HOUR // 2, 0)
    assert ledger.arrears_at() == HOUR
    assert ledger.balance(HOUR) == -1


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
        region.chaos.arrears(amount=str(amount))
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


def test_the_journal_names_the_instance_that_a_price_was_paid_for() -> None:
    region = make_region()
    region.set_prices(monthly="70")
    made = subscription(region)
    region.chaos.arrears(amount="1")
    bought, billed = region.journal.of("bill")
    assert (bought.data["instance"], "instance" in billed.data) == (made.id, False)
