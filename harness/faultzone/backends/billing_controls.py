"""The control verbs of billing: what an account has and pays, what things cost, when a subscription ends.

Amounts are yuan as text with up to four decimals, so that they travel exactly.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from faultzone.backends.controls import Arguments, verb
from faultzone.ecs.errors import ApiError
from faultzone.errors import NoAnswer, UsageError
from faultzone.model import arrears, subscriptions
from faultzone.model.billing_terms import midnight_after
from faultzone.model.ledger import units, yuan

if TYPE_CHECKING:
    from faultzone.backends.local import LocalBackend
    from faultzone.model.ledger import Books


def _books(backend: LocalBackend) -> Books:
    return next(iter(backend.cloud.regions.values())).books


def _account(backend: LocalBackend, given: Arguments) -> str:
    account = given.get("account") or backend.cloud.accounts[0]
    if account not in backend.cloud.accounts:
        raise UsageError(f"there is no account {account!r}; there are {', '.join(backend.cloud.accounts)}")
    return str(account)


def _render(backend: LocalBackend, account: str) -> dict[str, Any]:
    ledger, now = _books(backend).ledgers[account], backend.clock.now
    return {
        "balance": yuan(ledger.balance(now)),
        "charged": yuan(ledger.charged(now)),
        "in_arrears": ledger.overdue,
        "bills": list(backend.troubles.left(("bills", account))),
    }


def _delay(given: Arguments, name: str) -> int | None:
    delay = given.get(name)
    if delay is not None and delay < 0:
        raise UsageError(f"{name}={delay!r}: write a whole number of milliseconds, 0 or more")
    return delay


@verb("account-balance", "change-account", writes=False, account="string?")
def account_balance(backend: LocalBackend, given: Arguments) -> dict[str, Any]:
    """Tell what an account has, was charged for pay-as-you-go so far, whether it is in arrears, and its open bills."""
    return _render(backend, _account(backend, given))


@verb("top-up", "change-account", amount="string", account="string?")
def top_up(backend: LocalBackend, given: Arguments) -> dict[str, Any]:
    """Pay money into an account."""
    account = _account(backend, given)
    arrears.top_up(_books(backend), account, units(given["amount"]))
    return _render(backend, account)


@verb("bill", "change-account", amount="string?", debt="string?", account="string?", paid_after="integer?")
def bill(backend: LocalBackend, given: Arguments) -> dict[str, Any]:
    """Present the account a bill of some other service: of an amount, or of what leaves it with a debt.

    Tells the number by which it is paid; its owner does so himself after `paid_after` milliseconds, if given.
    """
    account = _account(backend, given)
    ledger = _books(backend).ledgers[account]
    if (given.get("amount") is None) == (given.get("debt") is None):
        raise UsageError("write either amount, what the bill is of, or debt, what is to be owed after it")
    if given.get("amount") is not None:
        amount = units(given["amount"])
    else:
        amount = max(0, ledger.balance(backend.clock.now) + units(given["debt"], what="debt"))
    paid_after = _delay(given, "paid_after")
    arrears.pay(_books(backend), account, amount, "bill")
    number = backend.troubles.begin(amount, ("bills", account))
    if paid_after is not None:
        backend.plan(paid_after, lambda: backend.control("pay-bill", {"id": number, "account": account}))
    return {**_render(backend, account), "amount": yuan(amount), "id": number}


@verb("pay-bill", "change-account", id="integer", account="string?")
def pay_bill(backend: LocalBackend, given: Arguments) -> dict[str, Any]:
    """Pay what a bill took, once."""
    account = _account(backend, given)
    amount = backend.troubles.left(("bills", account)).get(given["id"])
    if amount is not None:
        backend.troubles.end(("bills", account), given["id"])
        arrears.top_up(_books(backend), account, amount)
    return _render(backend, account)


@verb("prices", "change-account", hourly="string?", monthly="string?", instance_type="string?")
def prices(backend: LocalBackend, given: Arguments) -> dict[str, Any]:
    """Tell the prices, or set them: of one instance type, or of all that have none of their own."""
    books = _books(backend)
    kind = given.get("instance_type")
    if kind is not None and kind not in backend.cloud.catalog.types:
        raise UsageError(f"there is no instance type {kind!r}; they are named like ecs.g5.large")
    asked = {each: units(given[each], what=each) for each in ("hourly", "monthly") if given.get(each) is not None}
    if asked:
        books.prices.change(kind, asked.get("hourly"), asked.get("monthly"))
        arrears.reprice(books)
    return books.prices.render()


@verb("expire", "change-account", instance="string", within="integer", renewed_after="integer?")
def expire(backend: LocalBackend, given: Arguments) -> dict[str, Any]:
    """Let a subscription end at the first midnight of UTC+8 after `within` milliseconds, unless it ends sooner.

    Its owner renews it by a month after `renewed_after` milliseconds, if given, where that is not too late by then.
    """
    cloud, within = backend.cloud, given["within"]
    instance = cloud.find_instance(str(given["instance"]))
    if instance is None or instance.expires is None:
        raise UsageError(f"there is no subscription instance {given['instance']!r}")
    if within < 0:
        raise UsageError(f"within={within!r}: write a whole number of milliseconds, 0 or more")
    if instance.expires <= backend.clock.now:
        raise UsageError(f"the subscription of {instance.id} has expired: renew it first")
    renewed_after = _delay(given, "renewed_after")
    region = next(each for each in cloud.regions.values() if instance.id in each.instances)
    before = instance.expires
    subscriptions.move_expiry(region, instance, min(before, midnight_after(backend.clock.now + within)))
    if renewed_after is not None:
        asked, account = {"InstanceId": instance.id, "Period": 1, "RegionId": region.id}, instance.account

        def renew() -> None:
            # The journal has the refusal: it was too late, could not be paid, or the API fails.
            with suppress(ApiError, NoAnswer):
                backend.call("RenewInstance", asked, account=account)

        backend.plan(renewed_after, renew)
    return {"before": before, "expires": instance.expires, "account": instance.account, "region": region.id}
