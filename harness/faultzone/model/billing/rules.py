"""The rules of billing that an edition decides; `Rules` has them all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from faultzone.clock import HOUR
from faultzone.model.core import periods

if TYPE_CHECKING:
    from faultzone.editions import Edition
    from faultzone.model.core.state import Instance


class BillingRules:
    """What the documentation of an edition decides about subscriptions and accounts that run out."""

    edition: Edition

    def subscription_end(self, start: int, period: int, unit: str) -> int:
        """The instant at which a subscription that begins at `start` expires (billing/expiry-time)."""
        return periods.first_expiry(start, period, unit)

    def renewed_until(self, expires: int, period: int, unit: str, now: int) -> int:
        """The new expiry of a subscription that is renewed at the instant `now`: the span counts from the old one, and
        from the renewal where that has passed (billing/renew, billing/renew-late)."""
        return periods.first_expiry(max(expires, now), period, unit)

    def renewed_to_day(self, begin: int, day: int) -> int:
        """The new expiry of a subscription that is renewed from `begin` to a day of a month (billing/renew-day)."""
        return periods.day_after(begin, day)

    def subscription_stop(self, expires: int) -> int:
        """The instant at which an instance is stopped whose subscription expires at `expires` (billing/expiry-stop)."""
        return expires

    def spot_protection(self, hours: int) -> int:
        """For how many milliseconds from its launch a spot instance with this SpotDuration is not taken back
        (billing/spot-protection)."""
        return hours * HOUR

    def spot_is_too_dear(self, price: int, limit: int) -> bool:
        """Whether a price is higher than the limit of a spot instance (billing/spot-price-limit,
        billing/spot-price-moves)."""
        return price > limit

    def spot_ends(self, asked: str | None) -> str:
        """What becomes of a spot instance that is taken back, where this was asked for
        (billing/spot-terminates, billing/spot-stops)."""
        return asked or "Terminate"

    def refunded(self, left: int) -> int:
        """What is refunded of a subscription of whose price so much is not used up, in 1/10000 yuan
        (billing/charge-type-back)."""
        return left

    def spec_difference(self, before: int, after: int) -> int:
        """What is taken for another type where the rest of a term costs `before` and then `after`, in 1/10000 yuan;
        less than 0 for a refund (billing/prepay-spec, billing/prepay-spec-downgrade)."""
        return after - before

    def stops_in_arrears(self, instance: Instance) -> bool:
        """Whether an instance is stopped when its account is in arrears (billing/arrears-stop)."""
        return instance.charge_type == "PostPaid"

    def payment_restarts(self, instance: Instance) -> bool:
        """Whether an instance that was stopped for arrears is started again once these are paid
        (billing/reactivate, billing/restart-after-payment)."""
        return self.edition.billing.payment_restarts and self.stops_in_arrears(instance)

    def charges_in_arrears(self) -> bool:
        """Whether an instance that was stopped for arrears is charged (billing/arrears-stop-suspends-charges)."""
        return False

    def refuses_new_in_arrears(self) -> bool:
        """Whether an account in arrears is refused new pay-as-you-go instances (billing/create-in-arrears)."""
        return True

    def recycling_keeps_public_ip(self) -> bool:
        """Whether the public address stays when an instance's compute is taken back (billing/recycling)."""
        return True
