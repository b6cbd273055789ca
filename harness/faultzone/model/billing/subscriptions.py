"""Subscriptions: their milestones from reminder to expiry, renewal by hand and by itself.

Source: manual 3.1; ECS pricing, Subscription; ECS user guide, Automatic renewal; API reference, RenewInstance. Each
subscription has one timer, at its next milestone.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from faultzone.api.answer import CURRENT
from faultzone.api.ecs.billing import (
    DescribeInstanceAutoRenewAttribute,
    ModifyInstanceAutoRenewAttribute,
    RenewInstance,
)
from faultzone.api.errors import ApiError
from faultzone.clock import DAY, HOUR, SECOND
from faultzone.model.billing import arrears, nonpayment
from faultzone.model.billing.ledger import Term, books_of
from faultzone.model.core import events, locks, periods
from faultzone.model.core.client_tokens import once_or
from faultzone.model.core.dispatch import Answer, handles
from faultzone.model.core.excluded import check_excluded
from faultzone.model.core.listing import Listed, listing
from faultzone.model.core.state import AccountState, Instance, RegionState

if TYPE_CHECKING:
    from faultzone.model.core.events import SystemEvent

AUTOMATIC, MANUAL, NEVER = "AutoRenewal", "Normal", "NotRenewal"


def begin(region: RegionState, instance: Instance, price: int) -> None:
    """Watch over a subscription that was just bought for a price, with the automatic renewal that its launch asked
    for."""
    asked = instance.options
    region.change(instance, "renewal", AUTOMATIC if asked.auto_renew else MANUAL)
    term = Term(asked.auto_renew_period or 1, asked.period_unit or "Month", price, region.clock.now)
    _terms(region, instance)[instance.id] = term
    _arm(region, instance, term)


def close(region: RegionState, instance: Instance) -> None:
    """Forget a subscription whose instance has been released."""
    term = _terms(region, instance).pop(instance.id, None)
    if term is not None and term.timer is not None:
        term.timer.cancel()


def move_expiry(region: RegionState, instance: Instance, expires: int) -> None:
    """Let a subscription end at another instant; what was announced for the former one is Avoided.

    An instance that was stopped for its expiry is unlocked and stays Stopped; nothing else of it changes.

    Clauses: billing/renew, billing/renew-keeps-identity.
    """
    events.avoid(region, instance, *region.edition.billing.renewal_avoids)
    region.change(instance, "expires", expires)
    nonpayment.unlock(region, instance)
    term = _terms(region, instance).get(instance.id)
    if term is not None:
        term.announced = False
        _arm(region, instance, term)


def term_of(region: RegionState, instance: Instance) -> Term:
    """What is agreed for a subscription."""
    return _terms(region, instance)[instance.id]


def _terms(region: RegionState, instance: Instance) -> dict[str, Term]:
    return books_of(region).ledgers[instance.account].terms


def _arm(region: RegionState, instance: Instance, term: Term) -> None:
    """Set the timer to the next milestone; the stop is announced at once where its time has passed."""
    if term.timer is not None:
        term.timer.cancel()
        term.timer = None
    assert instance.expires is not None
    now, expires = region.clock.now, instance.expires
    notice = expires - region.edition.event.expiration_window * SECOND
    if now >= notice and not term.announced:
        term.announced = True
        at = max(now, region.rules.subscription_stop(expires))
        nonpayment.announce(
            region, instance, region.edition.billing.expiration_events[0], at, partial(_expire, region, instance)
        )
    following = [
        each
        for each in (notice, *_reminders(region, expires, instance), *_attempts(region, expires, instance))
        if each > now
    ]
    if following:
        term.timer = region.clock.call_at(min(following), lambda: _milestone(region, instance, term))


def _reminders(region: RegionState, expires: int, instance: Instance) -> list[int]:
    """When the owner is reminded of an expiry; the instance stays as it is (billing/reminders,
    billing/about-to-expire)."""
    terms = region.edition.billing
    days = terms.last_reminder_days if instance.renewal == NEVER else terms.reminder_days
    return [expires - each * DAY for each in days]


def _attempts(region: RegionState, expires: int, instance: Instance) -> list[int]:
    """When automatic renewal is tried: days before the expiry at an hour of UTC+8, then daily for want of money
    (billing/auto-renew)."""
    if instance.renewal != AUTOMATIC:
        return []
    terms = region.edition.billing
    # An expiry is a midnight of UTC+8.
    return [expires - each * DAY + terms.auto_renew_hour * HOUR for each in range(terms.auto_renew_days, 0, -1)]


def _milestone(region: RegionState, instance: Instance, term: Term) -> None:
    """Do what is due at this instant, then wait for the next."""
    now, expires = region.clock.now, instance.expires
    assert expires is not None
    term.timer = None
    if now in _attempts(region, expires, instance):
        price = books_of(region).prices.subscription(instance.bought_kind.name, term.duration, term.unit)
        if arrears.can_pay(books_of(region), instance.account, price):
            _extend(region, instance, region.rules.renewed_until(expires, term.duration, term.unit, now), price)
            return
    if now in _reminders(region, expires, instance):
        region.record("notice", instance=instance.id, what="expiry", days=(expires - now) // DAY)
    _arm(region, instance, term)


def _expire(region: RegionState, instance: Instance, event: SystemEvent) -> None:
    nonpayment.stop(region, instance, event, region.edition.billing.expiration_events[1])


def set_renewal_day(region: RegionState, account: str, day: int | None) -> None:
    """Set the day of a month that an account renews its subscriptions to, None for none (billing/renew-day)."""
    books_of(region).ledgers[account].renewal_day = day


def span_to_day(region: RegionState, instance: Instance, day: int) -> tuple[int, int]:
    """When a subscription ends that is renewed to its account's day, and what that costs in 1/10000 yuan
    (billing/renew-day).

    Raises:
        ApiError: the account has no such day, or another.
    """
    books = books_of(region)
    if day != books.ledgers[instance.account].renewal_day:
        why = "it must be the day that the account has set for all renewals"
        raise ApiError.of("InvalidParameter", name="ExpectedRenewDay", why=why)
    begin = max(instance.expires or 0, region.clock.now)
    ends = region.rules.renewed_to_day(begin, day)
    return ends, books.prices.days(instance.bought_kind.name, ends - begin)


def _extend(region: RegionState, instance: Instance, ends: int, price: int) -> None:
    """Buy a further span (billing/renew)."""
    assert instance.expires is not None
    term_of(region, instance).pay(region.clock.now, instance.expires, price)
    arrears.pay(books_of(region), instance.account, price, "renewal", instance=instance.id)
    move_expiry(region, instance, ends)


def renew_free(region: RegionState, instance: Instance) -> None:
    """Let a subscription go on for a month that nobody pays, whatever locks it."""
    assert instance.expires is not None
    move_expiry(region, instance, region.rules.renewed_until(instance.expires, 1, "Month", region.clock.now))


@handles(RenewInstance)
def renew_instance(region: RegionState, account: AccountState, request: RenewInstance) -> Answer:
    """RenewInstance: of a subscription, until it is released.

    Clauses: billing/renew, billing/renew-charge-type, billing/renew-day, billing/security-lock.
    """
    check_excluded(region, request)
    if request.period is None and request.renewal_day is None:
        raise ApiError.of("MissingParameter", name="Period")
    return _renew(region, account, request)


@once_or("IdempotenceParamNotMatch")
def _renew(region: RegionState, account: AccountState, request: RenewInstance) -> Answer:
    """Renew it for a period, or to the day of the account."""
    instance = account.instance(request.instance_id)
    if instance.charge_type != "PrePaid":
        raise ApiError("ChargeTypeViolation")
    locks.check(region, instance, "RenewInstance")
    if request.renewal_day is not None:
        ends, price = span_to_day(region, instance, request.renewal_day)
    else:
        period, unit = request.period or 1, request.period_unit
        periods.check_period(region.edition, period, unit)
        ends = region.rules.renewed_until(instance.expires or 0, period, unit, region.clock.now)
        price = books_of(region).prices.subscription(instance.bought_kind.name, period, unit)
    if not arrears.can_pay(books_of(region), account.id, price):
        raise ApiError("InsufficientBalance")
    _extend(region, instance, ends, price)
    return {"OrderId": region.world.number("order")} if region.edition.has(CURRENT) else {}


def _named(account: AccountState, text: str) -> list[Instance]:
    """The subscription instances of a list of ids separated by commas."""
    ids = [each.strip() for each in text.split(",")]
    if len(ids) > 100:
        raise ApiError("InvalidParameter.ToManyInstanceIds")
    if any(each not in account.instances for each in ids):
        raise ApiError("InvalidParameter.InvalidInstanceId")
    found = [account.instances[each] for each in dict.fromkeys(ids)]
    if any(each.charge_type != "PrePaid" for each in found):
        raise ApiError("ChargeTypeViolation")
    return found


@handles(ModifyInstanceAutoRenewAttribute)
def modify_auto_renew(region: RegionState, account: AccountState, request: ModifyInstanceAutoRenewAttribute) -> Answer:
    """ModifyInstanceAutoRenewAttribute: of up to 100 subscriptions that have not expired (billing/auto-renew,
    billing/auto-renew-expired, billing/auto-renew-years)."""
    instances = _named(account, request.instance_id)
    if any(locks.is_unpaid(each) or (each.expires or 0) <= region.clock.now for each in instances):
        raise ApiError("IncorrectInstanceStatus")
    status = request.renewal_status or (AUTOMATIC if request.auto_renew else MANUAL)
    terms = region.edition.billing
    durations = {"Week": terms.auto_renew_weeks, "Month": terms.auto_renew_months, "Year": terms.auto_renew_years}
    named = status == AUTOMATIC or request.duration is not None
    if named and request.duration not in durations[request.period_unit]:
        raise ApiError("InvalidParameter.Duration")
    for instance in instances:
        term = _terms(region, instance)[instance.id]
        region.change(instance, "renewal", status)
        if request.duration is not None:
            term.duration, term.unit = request.duration, request.period_unit
        _arm(region, instance, term)
    return {}


@handles(DescribeInstanceAutoRenewAttribute)
def describe_auto_renew(
    region: RegionState, account: AccountState, request: DescribeInstanceAutoRenewAttribute
) -> Answer:
    """DescribeInstanceAutoRenewAttribute: of the subscriptions named, or of those in a state; of all in earlier
    editions (billing/auto-renew-listing)."""
    if request.instance_id is None and request.renewal_status is None and region.edition.billing.renewals_are_named:
        raise ApiError.of("MissingParameter", name="InstanceId")
    conditions = [account.book.rows("charge type", "PrePaid")]
    if request.renewal_status is not None:
        conditions.append(account.book.rows("renewal", request.renewal_status))
    selected = account.book.found(*conditions)
    found: Listed[Instance] = selected
    if request.instance_id is not None:
        found = [each for each in _named(account, request.instance_id) if each in selected]
    return listing(
        "InstanceRenewAttributes",
        "InstanceRenewAttribute",
        found,
        request,
        lambda each: _render(region, each, term_of(region, each)),
    )


def _render(region: RegionState, instance: Instance, term: Term) -> dict[str, Any]:
    automatic = instance.renewal == AUTOMATIC
    shown = {
        "InstanceId": instance.id,
        "AutoRenewEnabled": automatic,
        "Duration": term.duration if automatic else 0,
        "PeriodUnit": term.unit if automatic else "",
        "RenewalStatus": instance.renewal,
    }
    if region.edition.has(CURRENT):
        shown["EnableExpectedRenewDay"] = books_of(region).ledgers[instance.account].renewal_day is not None
    return shown
