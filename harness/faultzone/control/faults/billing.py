"""What takes money away: a subscription that runs out, a bill that leaves a debt. Both are made good, not undone."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING, Final

from faultzone.clock import milliseconds
from faultzone.control.billing import books, end_early, subscription
from faultzone.control.faults import met
from faultzone.control.faults.breaks import Breakers, Breaking, breaks
from faultzone.control.targets import find_account, find_instance, region_of
from faultzone.faults.billing import AccountArrears, SubscriptionExpiry
from faultzone.model.billing import arrears, subscriptions
from faultzone.model.billing.ledger import units

if TYPE_CHECKING:
    from faultzone.control.local import Local

BREAKERS: Final[Breakers] = {}


def _see_subscription(backend: Local, fault: SubscriptionExpiry) -> None:
    subscription(backend, fault.instance)


def _renew_as_owner(backend: Local, fault: SubscriptionExpiry) -> None:
    """RenewInstance; where that is refused, the journal has the refusal."""
    account, asked = None, {"InstanceId": fault.instance, "Period": 1}
    with backend.locked():
        found = backend.cloud.find_instance(fault.instance)
        if found is not None:
            account, asked["RegionId"] = found.account, region_of(backend, found).id
    backend.call("RenewInstance", asked, account=account)


@breaks(SubscriptionExpiry, BREAKERS, locked=True, check=_see_subscription, answer=_renew_as_owner)
def expire(backend: Local, fault: SubscriptionExpiry) -> Breaking:
    """Bring its expiry forward. The end renews it by a month, unless somebody has; whatever locks it or is owed."""
    found, region = end_early(backend, fault.instance, milliseconds(fault.within))
    expires = found.expires or 0

    def is_renewed() -> bool:
        now = backend.cloud.find_instance(fault.instance)
        return now is None or (now.expires or 0) > expires

    yield is_renewed
    find_instance(backend, fault.instance)
    if not is_renewed():
        subscriptions.renew_free(region, found)


def _bills_of(backend: Local, fault: AccountArrears) -> list[Hashable]:
    return [("bills", find_account(backend, fault.account))]


def _see_bill(backend: Local, fault: AccountArrears) -> None:
    """See that the debt and the amount are amounts.

    Raises:
        UsageError: one is none.
    """
    units(fault.debt, what="debt")
    if fault.amount is not None:
        units(fault.amount)


@breaks(AccountArrears, BREAKERS, of=_bills_of, shared=False, locked=True, check=_see_bill, meets=met.by_account)
def bill(backend: Local, fault: AccountArrears, bills: tuple[str, str]) -> Breaking:
    """Present the bill, and pay it; what was stopped may wait for ReactivateInstances (billing/reactivate)."""
    payer, accounts = bills[1], books(backend)
    ledger, now = accounts.ledgers[payer], backend.clock.now
    had, charged = ledger.balance(now), ledger.charged(now)
    debt = max(0, had + units(fault.debt, what="debt"))
    amount = debt if fault.amount is None else units(fault.amount)
    arrears.pay(accounts, payer, amount, "bill")

    def is_paid() -> bool:
        """The account is in arrears only for what it has used itself since."""
        return not ledger.overdue or ledger.charged(backend.clock.now) - charged > had

    yield is_paid
    arrears.top_up(accounts, payer, amount)
