"""Faults of money: a subscription runs out, an account falls into arrears. Neither is undone, both are made good."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from faultzone.clock import Duration, milliseconds
from faultzone.ecs.errors import ApiError
from faultzone.faults.promises import TargetVanishedError
from faultzone.model.ledger import Money

if TYPE_CHECKING:
    from faultzone.backends import Backend


@dataclass(frozen=True)
class SubscriptionLapse:
    """A subscription ends soon: at the first midnight of UTC+8 once `within` has passed.

    Args:
        instance: the instance's id.
        within: how long is left; at least three days leave the whole window in which the stop is announced.
    """

    instance: str
    within: Duration = "3d"
    capability: ClassVar[str] = "change-account"
    compensation: ClassVar[str] = "renewal by a month"
    why_no_undo: ClassVar[str | None] = None

    def inject(self, backend: Backend) -> Mapping[str, Any]:
        """Bring its expiry forward."""
        return backend.control("expire", {"instance": self.instance, "within": milliseconds(self.within)})

    def undo(self, backend: Backend, injected: Mapping[str, Any]) -> None:
        """Renew it by a month; one that has been released is beyond renewal."""
        if not injected:
            return
        try:
            asked = {"InstanceId": self.instance, "Period": 1, "RegionId": injected["region"]}
            backend.call("RenewInstance", asked, account=injected["account"])
        except ApiError as refusal:
            if refusal.code != "InvalidInstanceId.NotFound":
                raise
            raise TargetVanishedError(refusal.code) from refusal


@dataclass(frozen=True)
class AccountArrears:
    """An account gets a bill of another service that leaves it with a debt.

    Args:
        account: its id, None for the default account.
        debt: what it owes after the bill, in yuan.
    """

    account: str | None = None
    debt: Money = "10"
    capability: ClassVar[str] = "change-account"
    compensation: ClassVar[str] = "payment of what the bill took"
    why_no_undo: ClassVar[str | None] = None

    def inject(self, backend: Backend) -> Mapping[str, Any]:
        """Present the bill."""
        return backend.control("bill", {"debt": str(self.debt), "account": self.account})

    def undo(self, backend: Backend, injected: Mapping[str, Any]) -> None:
        """Pay it; what was stopped meanwhile waits for ReactivateInstances (billing/reactivate)."""
        if injected:
            backend.control("top-up", {"amount": injected["amount"], "account": self.account})
