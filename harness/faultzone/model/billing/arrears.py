"""Accounts that run out: bills that are not covered, the stop of pay-as-you-go instances, payment.

Source: manual 3.1; ECS pricing, Pay-as-you-go (billing/hourly-settlement, billing/arrears-stop). Each account has one
timer, at the hour whose bill it will not be able to pay.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from faultzone.clock import SECOND
from faultzone.model.billing import nonpayment
from faultzone.model.core import events, locks

if TYPE_CHECKING:
    from faultzone.model.billing.ledger import Books, Ledger
    from faultzone.model.core.events import SystemEvent
    from faultzone.model.core.state import Instance, RegionState


def can_pay(books: Books, account: str, price: int) -> bool:
    """Whether an account's balance covers a price; nothing can be had for nothing even in arrears."""
    return not price or price <= books.ledgers[account].balance(books.clock.now)


def pay(books: Books, account: str, amount: int, what: str, *, instance: str | None = None) -> None:
    """Take money from an account; a bill may drive it into arrears."""
    ledger = books.ledgers[account]
    ledger.funds -= amount
    if amount:
        books.record(ledger, what, amount, **({} if instance is None else {"instance": instance}))
    review(books, ledger)


def top_up(books: Books, account: str, amount: int) -> None:
    """Pay money into an account; once that covers the arrears, stops and releases to come are Avoided
    (event/avoid-by-payment, billing/payment-cancels-release)."""
    ledger = books.ledgers[account]
    ledger.funds += amount
    books.record(ledger, "top-up", amount)
    review(books, ledger)


def refund(books: Books, account: str, amount: int, *, instance: str) -> None:
    """Pay back what of a subscription is not used up."""
    ledger = books.ledgers[account]
    ledger.funds += amount
    if amount:
        books.record(ledger, "refund", amount, instance=instance)
    review(books, ledger)


def meter(books: Books, ledger: Ledger, key: str, count: int) -> None:
    """Charge for `count` more instances of a key of `Prices.metered` from now on, or for fewer."""
    ledger.metered[key] += count
    price = books.prices.metered(key)
    if price:
        ledger.change_rate(books.clock.now, ledger.rate + price * count)
        review(books, ledger)


def set_prices(books: Books, instance_type: str | None, hourly: int | None, monthly: int | None) -> None:
    """Set prices of one type, or of all that have none of their own. What runs is charged at them from now on.

    Args:
        hourly, monthly: in 1/10000 yuan; None leaves a price as it is.
    """
    books.prices.change(instance_type, hourly, monthly)
    charge_anew(books)


def charge_list(books: Books, listed: bool) -> None:
    """Charge types without a price of their own as the price list has it from now on, or no longer."""
    books.prices.charges_list = listed
    charge_anew(books)


def charge_anew(books: Books) -> None:
    """Charge what runs at the prices that there are now."""
    for ledger in books.ledgers.values():
        rate = sum(books.prices.metered(key) * count for key, count in ledger.metered.items())
        if rate != ledger.rate:
            ledger.change_rate(books.clock.now, rate)
            review(books, ledger)


def review(books: Books, ledger: Ledger) -> None:
    """See whether an account is in arrears, act where that has changed, and look again when it will be."""
    if ledger.balance(books.clock.now) < 0:
        if not ledger.overdue:
            ledger.overdue = True
            books.record(ledger, "arrears", 0)
            for region, instance in _instances(books, ledger):
                _announce_stop(region, instance)
        _look_again(books, ledger, None)
        return
    if ledger.overdue:
        ledger.overdue = False
        for region, instance in _instances(books, ledger):
            events.avoid(region, instance, *region.edition.billing.payment_avoids)
            if region.rules.payment_restarts(instance):
                nonpayment.come_back(region, instance)
    _look_again(books, ledger, ledger.arrears_at())


def _look_again(books: Books, ledger: Ledger, at: int | None) -> None:
    timer = ledger.timer
    if timer is not None:
        if timer.live and timer.due == at:
            return
        timer.cancel()
    ledger.timer = None if at is None else books.clock.call_at(at, lambda: review(books, ledger))


def _instances(books: Books, ledger: Ledger) -> Iterator[tuple[RegionState, Instance]]:
    """What the account has in all regions."""
    for region in books.regions:
        account = region.accounts.get(ledger.account)
        if account is not None:
            for instance in list(account.instances.values()):
                yield region, instance


def _announce_stop(region: RegionState, instance: Instance) -> None:
    """Announce the stop of an instance; one that is stopped already, since nobody has reactivated it, is released."""
    if not region.rules.stops_in_arrears(instance):
        return
    stop_type, release_type = region.edition.billing.arrears_events
    if not locks.is_unpaid(instance):
        window, stop = region.edition.event.arrears_window * SECOND, partial(_stop, region, instance)
        nonpayment.announce(region, instance, stop_type, region.clock.now + window, stop)
    elif not any(event.type == release_type for event in region.active_events.get(instance.id, ())):
        nonpayment.announce_release(region, instance, release_type)


def _stop(region: RegionState, instance: Instance, event: SystemEvent) -> None:
    nonpayment.stop(region, instance, event, region.edition.billing.arrears_events[1])
