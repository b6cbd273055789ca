"""The verbs of billing: what an account has and pays, what things cost, when a subscription ends.

Amounts are yuan as text with up to four decimals, so that they travel exactly.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from faultzone.api.errors import ApiError
from faultzone.control.registry import Table, verb
from faultzone.control.targets import find_account, region_of
from faultzone.errors import UsageError
from faultzone.model.billing import arrears, subscriptions
from faultzone.model.billing import orders as ordering
from faultzone.model.billing.ledger import books_of, units, yuan
from faultzone.model.core.periods import midnight_after

if TYPE_CHECKING:
    from faultzone.control.local import Local
    from faultzone.model.billing.ledger import Books
    from faultzone.model.core.state import Instance, RegionState

VERBS: Table = {}


def books(backend: Local) -> Books:
    """The accounts' ledgers, and the prices."""
    return books_of(next(iter(backend.cloud.regions.values())))


def _render(backend: Local, account: str) -> dict[str, Any]:
    ledger, now = books(backend).ledgers[account], backend.clock.now
    return {
        "balance": yuan(ledger.balance(now)),
        "charged": yuan(ledger.charged(now)),
        "in_arrears": ledger.overdue,
    }


@verb(VERBS, "change-account", writes=False)
def account_balance(backend: Local, *, account: str | None = None) -> dict[str, Any]:
    """Return the balance of an account, its pay-as-you-go charges so far, and whether it is in arrears."""
    return _render(backend, find_account(backend, account))


@verb(VERBS, "change-account")
def top_up(backend: Local, *, amount: str, account: str | None = None) -> dict[str, Any]:
    """Add money to an account."""
    payer = find_account(backend, account)
    arrears.top_up(books(backend), payer, units(amount))
    return _render(backend, payer)


@verb(VERBS, "change-account")
def prices(
    backend: Local,
    *,
    hourly: str | None = None,
    monthly: str | None = None,
    instance_type: str | None = None,
    listed: bool | None = None,
) -> dict[str, Any]:
    """Return or set the prices: of one instance type, or of all types without a separate price; `listed` charges the
    latter as the price list has it."""
    accounts = books(backend)
    if instance_type is not None and backend.cloud.catalog.find_type(instance_type) is None:
        raise UsageError.unknown("instance type", instance_type, backend.cloud.catalog.types)
    hour = None if hourly is None else units(hourly, what="hourly")
    month = None if monthly is None else units(monthly, what="monthly")
    if (hour, month) != (None, None):
        arrears.set_prices(accounts, instance_type, hour, month)
    if listed is not None:
        arrears.charge_list(accounts, listed)
    return accounts.prices.render()


@verb(VERBS, "change-account", writes=False)
def orders(backend: Local) -> dict[str, Any]:
    """List the orders that wait to be paid: their IDs, accounts, amounts, actions and instances."""
    return {
        "orders": [
            {
                "order": id,
                "account": each.account,
                "amount": yuan(each.amount),
                "action": each.what,
                "instances": list(each.instances),
            }
            for id, each in books(backend).unpaid.items()
        ]
    }


@verb(VERBS, "change-account")
def pay_order(backend: Local, *, order: str) -> dict[str, Any]:
    """Pay an order that waits, as its owner does in the console, and carry it out; `instances` are those that it is
    about, or that it has made."""
    waiting = books(backend).unpaid
    if order not in waiting:
        raise UsageError.unknown("order", order, waiting, see="the verb 'orders' lists those that wait to be paid")
    try:
        paid, ids = ordering.pay(next(iter(backend.cloud.regions.values())), order)
    except ApiError as refusal:
        raise UsageError(f"order {order} cannot be carried out: {refusal}") from refusal
    return {**_render(backend, paid.account), "instances": list(ids)}


@verb(VERBS, "change-account")
def renewal_day(backend: Local, *, day: int | None = None, account: str | None = None) -> dict[str, Any]:
    """Set the day of a month, 1 to 28, that an account renews its subscriptions to; null for none."""
    if day is not None and not 1 <= day <= 28:
        raise UsageError.expected_whole("day", day, 1, 28)
    subscriptions.set_renewal_day(next(iter(backend.cloud.regions.values())), find_account(backend, account), day)
    return {"day": day}


def subscription(backend: Local, instance: str) -> Instance:
    """The subscription of this id.

    Raises:
        UsageError: there is none.
    """
    found = backend.cloud.find_instance(instance)
    if found is None or found.expires is None:
        raise UsageError.expected("instance", instance, "the ID of a subscription instance")
    return found


def end_early(backend: Local, instance: str, within: int) -> tuple[Instance, RegionState]:
    """Let a subscription end at the first midnight of UTC+8 after `within` milliseconds, unless it ends sooner.

    Raises:
        UsageError: there is no such subscription, or it has expired.
    """
    found = subscription(backend, instance)
    assert found.expires is not None
    if within < 0:
        raise UsageError.expected_whole("within", within, 0, unit="milliseconds")
    if found.expires <= backend.clock.now:
        raise UsageError(f"the subscription of {found.id} has expired: renew it first")
    region = region_of(backend, found)
    subscriptions.move_expiry(region, found, min(found.expires, midnight_after(backend.clock.now + within)))
    return found, region


@verb(VERBS, "change-account")
def expire(backend: Local, *, instance: str, within: int) -> dict[str, Any]:
    """Let a subscription end at the first midnight of UTC+8 after `within` milliseconds, unless it ends sooner."""
    return {"expires": end_early(backend, instance, within)[0].expires}
