"""The rules of billing that an edition decides; `Rules` has them all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from faultzone.model import billing_terms

if TYPE_CHECKING:
    from faultzone.model.state import Instance


class BillingRules:
    """What the documentation of an edition decides about subscriptions and accounts that run out."""

    def subscription_end(self, start: int, period: int, unit: str) -> int:
        """The instant at which a subscription that begins at `start` expires (billing/expiry-time)."""
        return billing_terms.first_expiry(start, period, unit)

    def renewed_until(self, expires: int, period: int, unit: str) -> int:
        """The new expiry of a renewed subscription: the span counts from the old one (billing/renew)."""
        return billing_terms.add_period(expires, period, unit)

    def subscription_stop(self, expires: int) -> int:
        """The instant at which an instance is stopped whose subscription expires at `expires` (billing/expiry-stop)."""
        return expires

    def stops_in_arrears(self, instance: Instance) -> bool:
        """Whether an instance is stopped when its account is in arrears (billing/arrears-stop)."""
        return instance.charge_type == "PostPaid"

    def charges_in_arrears(self) -> bool:
        """Whether an instance that was stopped for arrears is charged (billing/arrears-stop-suspends-charges)."""
        return False

    def refuses_new_in_arrears(self) -> bool:
        """Whether an account in arrears is refused new pay-as-you-go instances (billing/create-in-arrears)."""
        return True

    def recycling_keeps_public_ip(self) -> bool:
        """Whether the public address stays when an instance's compute is taken back (billing/recycling)."""
        return True
