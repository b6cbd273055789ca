"""What takes money away: a subscription that runs out, a bill that leaves a debt. Both are made good, not undone."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING, Final

from faultzone.api.errors import ApiError
from faultzone.clock import milliseconds
from faultzone.control.billing import books, end_early
from faultzone.control.faults.breaks import Breakers, Breaking, breaks
from faultzone.control.targets import find_account
from faultzone.errors import NoAnswer, UnknownTarget
from faultzone.faults.billing import AccountArrears, SubscriptionLapse
from faultzone.model.billing import arrears
from faultzone.model.billing.ledger import units

if TYPE_CHECKING:
    from faultzone.control.local import Local

BREAKERS: Final[Breakers] = {}


@breaks(SubscriptionLapse, BREAKERS)
def lapse(backend: Local, fault: SubscriptionLapse) -> Breaking:
    """Bring its expiry forward. Its owner renews it by a month, unless somebody has; a refusal may be tried again."""
    with backend.locked():
        found, region = end_early(backend, fault.instance, milliseconds(fault.within))
        expires, account = found.expires or 0, found.account

    def is_renewed() -> bool | None:
        """Whether it ends later than it was made to; None where it is gone."""
        with backend.locked():
            now = backend.cloud.find_instance(fault.instance)
            return None if now is None else (now.expires or 0) > expires

    yield lambda: is_renewed() is not False
    while not is_renewed():
        try:
            asked = {"InstanceId": fault.instance, "Period": 1, "RegionId": region.id}
            backend.call("RenewInstance", asked, account=account)
        except ApiError as refusal:
            if refusal.code == "InvalidInstanceId.NotFound":
                raise UnknownTarget(refusal.code) from refusal
            yield refusal
        except NoAnswer as lost:
            yield lost
        else:
            return


def _bills_of(backend: Local, fault: AccountArrears) -> list[Hashable]:
    return [("bills", find_account(backend, fault.account))]


@breaks(AccountArrears, BREAKERS, of=_bills_of, shared=False, locked=True)
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
