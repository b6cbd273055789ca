"""Renewal in October 2026: to a day that an account has for all, and for years."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from faultzone import ApiError, Region, assert_refused
from faultzone_specs.billing import advance_to, pay_as_you_go, subscription

clause, needs = pytest.mark.clause, pytest.mark.needs

CHINA = timedelta(hours=8)


def in_china(instant: datetime) -> datetime:
    """The time on the clocks of UTC+8."""
    return instant + CHINA


@clause("billing/renew-day")
@needs("change-account")
@pytest.mark.parametrize("day", [1, 15, 28])
def test_a_subscription_is_renewed_to_the_day_of_its_account(region: Region, day: int) -> None:
    """No longer than a month ahead, and for the price that is told."""
    region.set_prices(monthly=300)
    region.control("renewal-day", day=day)
    instance = subscription(region)
    first = instance.expires
    told = region.call("DescribeRenewalPrice", ResourceId=instance.id, ExpectedRenewDay=day)["PriceInfo"]["Price"]
    before = region.account_balance
    region.call("RenewInstance", InstanceId=instance.id, ExpectedRenewDay=day)
    assert timedelta(0) < instance.expires - first <= timedelta(days=31)
    ends = in_china(instance.expires)
    assert (ends.day, ends.hour, ends.minute) == (day, 0, 0)
    taken = before - region.account_balance
    assert taken == Decimal(str(told["TradePrice"]))
    assert 0 < taken <= 310


@clause("billing/renew-day")
@needs("change-account")
def test_another_day_is_refused(region: Region) -> None:
    """And every day while the account has none."""
    instance = subscription(region)
    first = instance.expires
    renew = partial(region.call, "RenewInstance", InstanceId=instance.id)
    with pytest.raises(ApiError):
        renew(ExpectedRenewDay=5)
    region.control("renewal-day", day=5)
    for day in (6, 0, 29):
        with pytest.raises(ApiError):
            renew(ExpectedRenewDay=day)
    assert instance.expires == first


@clause("billing/renew-day")
@needs("change-account")
def test_a_renewal_has_a_day_or_a_period(region: Region) -> None:
    """One of them."""
    region.control("renewal-day", day=5)
    instance = subscription(region)
    first = instance.expires
    asked: list[dict[str, Any]] = [
        {},
        {"Period": 1, "ExpectedRenewDay": 5},
        {"PeriodUnit": "Week", "ExpectedRenewDay": 5},
    ]
    for each in asked:
        with pytest.raises(ApiError):
            region.call("RenewInstance", InstanceId=instance.id, **each)
    assert instance.expires == first


@clause("billing/auto-renew-years")
@needs("move-time")
@pytest.mark.parametrize("years", [1, 5])
def test_a_subscription_renews_itself_for_years(region: Region, years: int) -> None:
    """By its last day."""
    instance = subscription(region)
    first = instance.expires
    given = {"InstanceId": instance.id, "RenewalStatus": "AutoRenewal", "PeriodUnit": "Year"}
    region.call("ModifyInstanceAutoRenewAttribute", **given, Duration=years)
    advance_to(region, first, minutes=10)
    assert abs(instance.expires - first - timedelta(days=365.25 * years)) < timedelta(days=4)
    with pytest.raises(ApiError):
        region.call("ModifyInstanceAutoRenewAttribute", **given, Duration=6)


@clause("billing/auto-renew-listing")
def test_renewals_are_listed_by_id_or_by_state(region: Region) -> None:
    """Not all of them, and nothing that is no subscription."""
    plain, never, automatic, hourly = (*(subscription(region) for _ in range(3)), pay_as_you_go(region))
    modify = partial(region.call, "ModifyInstanceAutoRenewAttribute")
    modify(InstanceId=never.id, RenewalStatus="NotRenewal")
    modify(InstanceId=automatic.id, RenewalStatus="AutoRenewal", Duration=2)

    def told(**asked: object) -> dict[str, tuple[str, bool, int]]:
        shown = region.call("DescribeInstanceAutoRenewAttribute", **asked)["InstanceRenewAttributes"]
        return {
            each["InstanceId"]: (each["RenewalStatus"], each["AutoRenewEnabled"], each["Duration"])
            for each in shown["InstanceRenewAttribute"]
        }

    of_automatic = {automatic.id: ("AutoRenewal", True, 2)}
    assert told(InstanceId=f"{plain.id},{automatic.id}") == {plain.id: ("Normal", False, 0), **of_automatic}
    assert told(RenewalStatus="Normal") == {plain.id: ("Normal", False, 0)}
    assert told(RenewalStatus="NotRenewal").keys() == {never.id}
    assert told(RenewalStatus="AutoRenewal") == of_automatic
    assert told(InstanceId=f"{plain.id},{automatic.id}", RenewalStatus="AutoRenewal") == of_automatic
    modify(InstanceId=f"{plain.id},{never.id}", RenewalStatus="AutoRenewal", Duration=3)
    assert told(RenewalStatus="AutoRenewal").keys() == {plain.id, never.id, automatic.id}
    for several in ([plain.id, hourly.id], [hourly.id, plain.id], [plain.id, "i-none"]):
        with pytest.raises(ApiError):
            modify(InstanceId=",".join(several), RenewalStatus="NotRenewal")
    assert told(RenewalStatus="NotRenewal") == {}
    assert_refused("MissingParameter", lambda: region.call("DescribeInstanceAutoRenewAttribute"))
