"""The terms of subscriptions: which periods there are, and the instant at which one ends. Source: manual 3.1; API
reference, RunInstances."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from faultzone.api.errors import ApiError
from faultzone.clock import DAY, HOUR, SECOND, stamp_minute, utc

if TYPE_CHECKING:
    from faultzone.editions import Edition

#: The day of bills and quotas is that of UTC+8.
BILLING_ZONE: Final = 8 * HOUR
#: How the service writes that pay-as-you-go never expires.
_NEVER: Final = "2099-12-31T15:59Z"


def expiry(expires: int | None) -> str:
    """An expiry as answers have it, None for what has none."""
    return _NEVER if expires is None else stamp_minute(expires)


def check_period(edition: Edition, period: int | None, unit: str) -> None:
    """Refuse a period that is not on sale; a subscription must name one (billing/renew-periods).

    Raises:
        ApiError: `InvalidPeriod`.
    """
    sold = edition.instance
    allowed = {"Week": sold.periods_week, "Month": sold.periods_month, "Year": edition.billing.periods_year}
    if period not in allowed[unit]:
        raise ApiError("InvalidPeriod")


def check_renewal(edition: Edition, period: int | None, unit: str) -> None:
    """Refuse a period of automatic renewal that is not on sale (billing/auto-renew-period).

    Raises:
        ApiError: `InvalidAutoRenewPeriod.ValueNotSupported`.
    """
    allowed = edition.instance.renewals_week if unit == "Week" else edition.instance.renewals_month
    if period is not None and period not in allowed:
        raise ApiError("InvalidAutoRenewPeriod.ValueNotSupported")


def first_expiry(start: int, period: int, unit: str) -> int:
    """The end of a subscription that starts now: the first midnight of UTC+8 after the paid span
    (billing/expiry-stop)."""
    return midnight_after(add_period(start, period, unit))


def price_of(monthly: int, period: int, unit: str) -> int:
    """What so many weeks, months or years cost of which a month costs so much: a week a quarter, a year twelve times
    as much."""
    return monthly * period // 4 if unit == "Week" else monthly * period * (12 if unit == "Year" else 1)


def price_of_days(monthly: int, length: int) -> int:
    """What a time in milliseconds costs of which a month costs so much: each day, begun or not, a thirtieth."""
    return monthly * -(-length // DAY) // 30


def add_period(instant: int, period: int, unit: str) -> int:
    """The same day and hour `period` weeks, months or years later; a day that the month lacks becomes its last."""
    local = utc(instant + BILLING_ZONE)
    if unit == "Week":
        later = local + timedelta(weeks=period)
    else:
        month = local.month - 1 + period * (12 if unit == "Year" else 1)
        year, month = local.year + month // 12, month % 12 + 1
        later = local
        for day in range(local.day, 0, -1):
            try:
                later = local.replace(year=year, month=month, day=day)
                break
            except ValueError:
                continue
    return int(later.timestamp() * SECOND) - BILLING_ZONE


def day_after(instant: int, day: int) -> int:
    """The first midnight of UTC+8 after an instant with which this day of a month begins."""
    local = utc(instant + BILLING_ZONE).replace(hour=0, minute=0, second=0, microsecond=0, day=day)
    at = int(local.timestamp() * SECOND) - BILLING_ZONE
    return at if at > instant else add_period(at, 1, "Month")


def midnight_after(instant: int) -> int:
    """The first 00:00:00 of UTC+8 at or after an instant."""
    day = 24 * HOUR
    return -(-(instant + BILLING_ZONE) // day) * day - BILLING_ZONE
