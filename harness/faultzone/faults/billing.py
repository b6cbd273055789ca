"""Faults of money: a subscription runs out, an account falls into arrears. Neither is undone, both are made good."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

from faultzone.clock import Duration, milliseconds, read_stamp
from faultzone.ecs.errors import ApiError
from faultzone.errors import HarnessError
from faultzone.faults.base import Fault
from faultzone.faults.promises import TargetVanishedError, number_of
from faultzone.model.billing.ledger import Money

if TYPE_CHECKING:
    from faultzone.backends import Backend


@dataclass(frozen=True)
class SubscriptionLapse(Fault):
    """A subscription ends soon: at the first midnight of UTC+8 once `within` has passed.

    Args:
        instance: the instance's id.
        within: how long is left; at least three days leave the whole window in which the stop is announced.
        answered: how long until its owner renews it by himself, such as `"10d"` for a renewal after the stop; None
            leaves that to the end of the fault.
    """

    instance: str
    within: Duration = "3d"
    answered: Duration | None = None
    capability: ClassVar[str] = "change-account"
    compensation: ClassVar[str | None] = "renewal by a month"

    def asks(self) -> tuple[str, dict[str, Any]]:
        """Bring its expiry forward."""
        answered = None if self.answered is None else milliseconds(self.answered)
        return "expire", {
            "instance": self.instance,
            "within": milliseconds(self.within),
            "renewed_after": answered,
        }

    def undo(self, backend: Backend, injected: Mapping[str, Any]) -> None:
        """Renew it by a month, unless somebody has; one that has been released is beyond renewal."""
        if not injected:
            raise HarnessError("its injection failed half-way, and what it did is not known")
        if self._renewed(backend, injected):
            return
        try:
            asked = {"InstanceId": self.instance, "Period": 1, "RegionId": injected["region"]}
            backend.call("RenewInstance", asked, account=injected["account"])
        except ApiError as refusal:
            if refusal.code != "InvalidInstanceId.NotFound":
                raise
            raise TargetVanishedError(refusal.code) from refusal

    def undone(self, backend: Backend, injected: Mapping[str, Any]) -> bool:
        """It ends later than the lapse let it end, or is not there any more."""
        return self._renewed(backend, injected) is not False

    def _renewed(self, backend: Backend, injected: Mapping[str, Any]) -> bool | None:
        """Whether it ends later than it was made to; None where it is gone."""
        asked = {"InstanceIds": json.dumps([self.instance]), "RegionId": injected["region"]}
        shown = backend.call("DescribeInstances", asked, account=injected["account"])["Instances"]["Instance"]
        return read_stamp(shown[0]["ExpiredTime"]) > injected["expires"] if shown else None


@dataclass(frozen=True)
class AccountArrears(Fault):
    """An account gets a bill of another service that leaves it with a debt.

    Args:
        account: its id, None for the default account.
        debt: what it owes after the bill, in yuan.
        answered: how long until its owner pays the bill by himself, such as `"2d"` for a payment after the stop; None
            leaves that to the end of the fault.
    """

    account: str | None = None
    debt: Money = "10"
    answered: Duration | None = None
    capability: ClassVar[str] = "change-account"
    compensation: ClassVar[str | None] = "payment of what the bill took"
    #: A lapse is made good by a call that must be answered, and paid for.
    in_the_way: ClassVar[bool] = True

    def asks(self) -> tuple[str, dict[str, Any]]:
        """Present the bill."""
        answered = None if self.answered is None else milliseconds(self.answered)
        return "bill", {"debt": str(self.debt), "account": self.account, "paid_after": answered}

    def undo(self, backend: Backend, injected: Mapping[str, Any]) -> None:
        """Pay it, unless somebody has; what was stopped may wait for ReactivateInstances (billing/reactivate)."""
        backend.control("pay-bill", {"id": number_of(injected), "account": self.account})

    def undone(self, backend: Backend, injected: Mapping[str, Any]) -> bool:
        """The bill is paid, and the account in arrears only for other bills, or for what it has used itself."""
        now = backend.control("account-balance", {"account": self.account})
        used = Decimal(now["charged"]) - Decimal(injected["charged"])
        had = Decimal(injected["balance"]) + Decimal(injected["amount"])
        explained = bool(now["bills"]) or used > had
        return injected["id"] not in now["bills"] and (not now["in_arrears"] or explained)
