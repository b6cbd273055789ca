"""Faults of money: a subscription runs out, an account falls into arrears. Neither is undone, both are made good."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

from faultzone.clock import Duration
from faultzone.faults.fault import Fault


@dataclass(frozen=True)
class SubscriptionExpiry(Fault):
    """A subscription ends soon: at the first midnight of UTC+8 once `within` has passed.

    Args:
        instance: the instance's id.
        within: how long is left; at least three days leave the whole window in which the stop is announced.
        answered: how long until its owner renews it by himself, with RenewInstance, such as `"10d"` for a renewal after
            the stop; None leaves that to the end of the fault.
    """

    instance: str
    within: Duration = "3d"
    answered: Duration | None = None
    capability: ClassVar = "change-account"
    ends: ClassVar = "renewal by a month, free of charge"
    examples: ClassVar = {"instance": "subscriptions", "within": ("0s", "1d", "3d"), "answered": (None, "1h", "2d")}


@dataclass(frozen=True)
class AccountArrears(Fault):
    """An account gets a bill of another service that leaves it with a debt.

    Args:
        account: its id, None for the default account.
        debt: what it owes after the bill, in yuan.
        answered: how long until its owner pays the bill by himself, such as `"2d"` for a payment after the stop; None
            leaves that to the end of the fault.
        amount: what the bill is of, in yuan, whatever the account owes after it; None for what leaves the debt.
    """

    account: str | None = None
    debt: int | str | Decimal = "10"
    answered: Duration | None = None
    amount: int | str | Decimal | None = None
    capability: ClassVar = "change-account"
    ends: ClassVar = "payment of the bill"
    examples: ClassVar = {"debt": ("1", "10", "100"), "answered": (None, "1h", "2d")}
