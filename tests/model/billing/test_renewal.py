"""Renewal, by hand and by itself, at any time: the new expiry lies ahead, and nothing happens before it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faultzone import editions, make_region
from faultzone.clock import DAY, HOUR, SECOND
from faultzone.model.core.periods import add_period, midnight_after
from tests.support.billing import advance_past, events, subscription

PERIODS = [
    *((each, "Week") for each in (1, 2, 3, 4)),
    *((each, "Month") for each in (*range(1, 10), 12, 24, 36, 48, 60)),
]
STOP, DELETE = "InstanceExpiration.Stop", "InstanceExpiration.Delete"


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(
    offset=st.integers(-20 * 24 * 60, 15 * 24 * 60 - 1),
    bought=st.sampled_from(PERIODS),
    edition=st.sampled_from(editions.names()),
)
@pytest.mark.slow
def test_a_renewal_by_hand_never_ends_in_the_past(offset: int, bought: tuple[int, str], edition: str) -> None:
    region = make_region(edition=edition)
    instance = subscription(region)
    first = instance.expires
    region.clock.advance((first - region.clock.now + timedelta(minutes=offset)).total_seconds())
    late, now = offset >= 0, region.clock.ms
    instance.renew(*bought)
    started = max(int(first.timestamp() * SECOND), now)
    assert int(instance.expires.timestamp() * SECOND) == midnight_after(add_period(started, *bought)) > now
    assert instance.lock_reasons == []
    if late:
        instance.wait_until("Stopped").start()
        assert (DELETE, "Avoided") in events(region, instance)
    region.clock.advance((instance.expires - region.clock.now).total_seconds() - 60)
    assert (instance.status, instance.lock_reasons) == ("Running", [])
    executed = [each for each in events(region, instance) if each[1] == "Executed"]
    assert executed == ([(STOP, "Executed")] if late else [])
    advance_past(region, instance.expires)
    assert instance.lock_reasons == ["financial"]


@settings(max_examples=40, deadline=None, derandomize=True, database=None)
@given(
    every=st.sampled_from([each for each in PERIODS if each[1] == "Week" or each[0] in (1, 2, 3, 6, 12, 24)]),
    bought=st.sampled_from([(1, "Week"), (1, "Month"), (3, "Month")]),
    turned_on=st.integers(0, 6 * 24),
    poor=st.integers(0, 8),
)
@pytest.mark.slow
def test_an_automatic_renewal_never_ends_in_the_past(
    every: tuple[int, str], bought: tuple[int, str], turned_on: int, poor: int
) -> None:
    region = make_region()
    instance = subscription(region, Period=bought[0], PeriodUnit=bought[1])
    first = instance.expires
    region.clock.advance(turned_on * HOUR / SECOND)
    asked = {"RenewalStatus": "AutoRenewal", "Duration": every[0], "PeriodUnit": every[1]}
    region.call("ModifyInstanceAutoRenewAttribute", InstanceId=instance.id, **asked)
    region.set_prices(monthly=10_000_000)
    region.clock.advance(poor * DAY / SECOND)
    region.set_prices(monthly=0)
    seen = {instance.expires}
    for _ in range(3):
        region.clock.advance(max(1, (max(seen) - region.clock.now).total_seconds() + 60))
        if instance.lock_reasons:
            assert seen == {first}, "once renewed, it goes on"
            break
        assert instance.expires > region.clock.now
        assert instance.status == "Running"
        seen.add(instance.expires)
    assert (STOP, "Executed") not in events(region, instance) or seen == {first}
