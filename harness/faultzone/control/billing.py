"""The verbs of billing: what an account has and pays, what things cost, when a subscription ends.

Amounts are yuan as text with up to four decimals, so that they travel exactly.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from faultzone.control.registry import Table, verb
from faultzone.control.targets import find_account, region_of
from faultzone.ecs.errors import ApiError
from faultzone.errors import NoAnswer, UsageError
from faultzone.model.billing import arrears, subscriptions
from faultzone.model.billing.ledger import books_of, units, yuan
from faultzone.model.core.periods import midnight_after

if TYPE_CHECKING:
    from faultzone.control.local import Local
    from faultzone.model.billing.ledger import Books

VERBS: Table = {}


def _books(backend: Local) -> Books:
    return books_of(next(iter(backend.cloud.regions.values())))


def _render(backend: Local, account: str) -> dict[str, Any]:
    ledger, now = _books(backend).ledgers[account], backend.clock.now
    return {
        "balance": yuan(ledger.balance(now)),
        "charged": yuan(ledger.charged(now)),
        "in_arrears": ledger.overdue,
        "bills": list(backend.active_faults.on(("bills", account))),
    }


def _check_delay(name: str, delay: int | None) -> None:
    if delay is not None and delay < 0:
        raise UsageError(f"{name}={delay!r}: write a whole number of milliseconds, 0 or more")


@verb(VERBS, "change-account", writes=False)
def account_balance(backend: Local, *, account: str | None = None) -> dict[str, Any]:
    """Tell what an account has, was charged for pay-as-you-go so far, whether it is in arrears, and its open bills."""
    return _render(backend, find_account(backend, account))


@verb(VERBS, "change-account")
def top_up(backend: Local, *, amount: str, account: str | None = None) -> dict[str, Any]:
    """Pay money into an account."""
    payer = find_account(backend, account)
    arrears.top_up(_books(backend), payer, units(amount))
    return _render(backend, payer)


@verb(VERBS, "change-account")
def bill(
    backend: Local,
    *,
    amount: str | None = None,
    debt: str | None = None,
    account: str | None = None,
    paid_after: int | None = None,
) -> dict[str, Any]:
    """Present the account a bill of some other service: of an amount, or of what leaves it with a debt.

    Tells the number by which it is paid; its owner does so himself after `paid_after` milliseconds, if given.
    """
    payer = find_account(backend, account)
    ledger = _books(backend).ledgers[payer]
    if amount is not None and debt is None:
        owed = units(amount)
    elif debt is not None and amount is None:
        owed = max(0, ledger.balance(backend.clock.now) + units(debt, what="debt"))
    else:
        raise UsageError("write either amount, what the bill is of, or debt, what is to be owed after it")
    _check_delay("paid_after", paid_after)
    arrears.pay(_books(backend), payer, owed, "bill")
    number = backend.active_faults.begin(owed, ("bills", payer))
    if paid_after is not None:
        backend.plan(paid_after, lambda: backend.control("pay-bill", {"id": number, "account": payer}))
    return {**_render(backend, payer), "amount": yuan(owed), "id": number}


@verb(VERBS, "change-account")
def pay_bill(backend: Local, *, id: int, account: str | None = None) -> dict[str, Any]:
    """Pay what a bill took, once."""
    payer = find_account(backend, account)
    amount = backend.active_faults.on(("bills", payer)).get(id)
    if amount is not None:
        backend.active_faults.end(("bills", payer), id)
        arrears.top_up(_books(backend), payer, amount)
    return _render(backend, payer)


@verb(VERBS, "change-account")
def prices(
    backend: Local, *, hourly: str | None = None, monthly: str | None = None, instance_type: str | None = None
) -> dict[str, Any]:
    """Tell the prices, or set them: of one instance type, or of all that have none of their own."""
    books = _books(backend)
    if instance_type is not None and instance_type not in backend.cloud.catalog.types:
        raise UsageError(f"there is no instance type {instance_type!r}; they are named like ecs.g5.large")
    hour = None if hourly is None else units(hourly, what="hourly")
    month = None if monthly is None else units(monthly, what="monthly")
    if (hour, month) != (None, None):
        arrears.set_prices(books, instance_type, hour, month)
    return books.prices.render()


@verb(VERBS, "change-account")
def expire(backend: Local, *, instance: str, within: int, renewed_after: int | None = None) -> dict[str, Any]:
    """Let a subscription end at the first midnight of UTC+8 after `within` milliseconds, unless it ends sooner.

    Its owner renews it by a month after `renewed_after` milliseconds, if given, where that is not too late by then.
    """
    found = backend.cloud.find_instance(instance)
    if found is None or found.expires is None:
        raise UsageError(f"there is no subscription instance {instance!r}")
    if within < 0:
        raise UsageError(f"within={within!r}: write a whole number of milliseconds, 0 or more")
    if found.expires <= backend.clock.now:
        raise UsageError(f"the subscription of {found.id} has expired: renew it first")
    _check_delay("renewed_after", renewed_after)
    region, before = region_of(backend, found), found.expires
    subscriptions.move_expiry(region, found, min(before, midnight_after(backend.clock.now + within)))
    if renewed_after is not None:
        asked, account = {"InstanceId": found.id, "Period": 1, "RegionId": region.id}, found.account

        def renew() -> None:
            # The journal has the refusal: it was too late, could not be paid, or the API fails.
            with suppress(ApiError, NoAnswer):
                backend.call("RenewInstance", asked, account=account)

        backend.plan(renewed_after, renew)
    return {"before": before, "expires": found.expires, "account": found.account, "region": region.id}
