"""Wrong regions of the chapter on billing, and of the system events that come from it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from faultzone.clock import DAY
from faultzone.ecs.errors import ApiError
from faultzone.model.core import periods
from faultzone.model.core.state import Instance
from faultzone.model.rules import Rules
from faultzone.wrong_regions import Answer, Parameters, Wrapper, declare, wrong
from faultzone.wrong_regions.wrappers import ignores, swallows

EXPIRATION, ARREARS = (
    ["InstanceExpiration.Stop", "InstanceExpiration.Delete"],
    ["AccountUnbalanced.Stop", "AccountUnbalanced.Delete"],
)

for _name, _clause, _says, _values in (
    ("expiry-named-arrears", "billing/expiry-event", "announces an expiry as arrears", {"expiration_events": ARREARS}),
    ("arrears-named-expiry", "billing/arrears-event", "announces arrears as an expiry", {"arrears_events": EXPIRATION}),
    ("settles-daily", "billing/hourly-settlement", "settles once a day", {"settlement": 86_400}),
    (
        "released-after-a-fortnight",
        "billing/release-after-15-days",
        "releases a day early",
        {"release_after": 1_209_600},
    ),
    (
        "reactivates-the-poor",
        "billing/reactivate-balance",
        "reactivates for an empty account",
        {"reactivation_balance": "0"},
    ),
    (
        "released-after-payment",
        "billing/payment-cancels-release",
        "releases what was paid for and reactivated",
        {"payment_avoids": ["AccountUnbalanced.Stop"]},
    ),
    ("stopped-after-renewal", "event/avoid-by-renewal", "stops what was renewed in time", {"renewal_avoids": []}),
    ("released-after-renewal", "billing/renew", "releases what was renewed late", {"renewal_avoids": EXPIRATION[:1]}),
    (
        "stopped-after-payment",
        "event/avoid-by-payment",
        "stops although the debt is paid",
        {"payment_avoids": ARREARS[1:]},
    ),
    (
        "leaves-the-paid-stopped",
        "billing/restart-after-payment",
        "starts nothing again once the debt is paid",
        {"payment_restarts": False},
    ),
    (
        "starts-what-is-locked",
        "billing/financial-lock",
        "starts instances of a financial lock",
        {"financial_lock_refuses": {}},
    ),
):
    declare(_name, _clause, _says, {f"billing.{key}": value for key, value in _values.items()})

wrong("renews-by-hand-alone", "billing/auto-renew", "does not look at AutoRenew")(ignores("RunInstances", "AutoRenew"))
wrong("renews-for-a-month", "billing/auto-renew", "renews for a month whatever the duration")(
    ignores("RunInstances", "AutoRenewPeriod")
)
for _name, _says, _unit, _periods in (
    ("renews-for-five-months", "takes five months", "month", [1, 2, 3, 5, 6, 12]),
    ("renews-for-half-a-year-at-most", "refuses twelve months", "month", [1, 2, 3, 6]),
    ("renews-for-six-weeks", "takes six weeks", "week", [1, 2, 3, 6]),
):
    _says = f"{_says} as the period of automatic renewal"
    declare(_name, "billing/auto-renew-period", _says, {f"instance.renewals_{_unit}": _periods})
wrong("promises-late-renewal", "billing/auto-renew-expired", "takes automatic renewal of what has expired")(
    swallows("ModifyInstanceAutoRenewAttribute", "IncorrectInstanceStatus")
)
for _name, _says, _left in (
    ("renews-what-is-locked", "renews what is locked for security", "RenewInstance"),
    ("reactivates-what-is-locked", "reactivates what is locked for security", "ReActivateInstances"),
):
    _held = ["StartInstance", "StopInstance", "RebootInstance", "ModifyInstanceAttribute"]
    _held += [each for each in ("RenewInstance", "ReActivateInstances") if each != _left]
    declare(_name, "billing/security-lock", _says, {"instance.security_lock_refuses": _held})
declare("renews-by-ten", "billing/renew-periods", "sells ten months", {"instance.periods_month": [1, 9, 10, 12, 60]})
declare(
    "announces-a-week-ahead", "event/window-expiration", "announces a week ahead", {"event.expiration_window": 604_800}
)
declare("waits-two-hours", "event/window-arrears", "leaves a debtor two hours", {"event.arrears_window": 7_200})


@wrong("expires-within-the-day", "billing/expiry-time", "lets a subscription expire at the hour at which it was bought")
class ExpiresWithinTheDay(Rules):
    """The span is not rounded up to a midnight."""

    def subscription_end(self, start: int, period: int, unit: str) -> int:
        """To the millisecond."""
        return periods.add_period(start, period, unit)


@wrong("stops-a-day-late", "billing/expiry-stop", "stops an expired instance a day late")
class StopsADayLate(Rules):
    """A day is given away."""

    def subscription_stop(self, expires: int) -> int:
        """The day after."""
        return expires + DAY


@wrong("stops-while-paid", "billing/about-to-expire", "stops an instance once its expiry is announced")
class StopsWhilePaid(Rules):
    """The announcement is taken for the stop."""

    def subscription_stop(self, expires: int) -> int:
        """Ten days before."""
        return expires - 10 * DAY


@wrong("renewal-moves-nothing", "billing/renew", "takes the money of a renewal and leaves the expiry as it was")
class RenewalMovesNothing(Rules):
    """The span is lost."""

    def renewed_until(self, expires: int, period: int, unit: str, now: int) -> int:
        """The old expiry."""
        return expires


@wrong("renewal-ends-in-the-past", "billing/renew-late", "counts a late renewal from the old expiry")
class RenewalEndsInThePast(Rules):
    """However long ago that was."""

    def renewed_until(self, expires: int, period: int, unit: str, now: int) -> int:
        """From the old expiry."""
        return periods.add_period(expires, period, unit)


@wrong("arrears-stop-subscriptions", "billing/arrears-stop", "stops subscriptions for arrears too")
class ArrearsStopSubscriptions(Rules):
    """The charge type does not matter."""

    def stops_in_arrears(self, instance: Instance) -> bool:
        """Any."""
        return True


@wrong("charges-the-stopped", "billing/arrears-stop-suspends-charges", "charges for what is stopped for arrears")
class ChargesTheStopped(Rules):
    """The debt grows."""

    def charges_in_arrears(self) -> bool:
        """Always."""
        return True


@wrong("creates-in-arrears", "billing/create-in-arrears", "sells pay-as-you-go to a debtor")
class CreatesInArrears(Rules):
    """Nobody looks at the balance."""

    def refuses_new_in_arrears(self) -> bool:
        """Never."""
        return False


@wrong("recycling-loses-the-address", "billing/recycling", "takes the public address with the compute")
class RecyclingLosesTheAddress(Rules):
    """As for a stop without charge."""

    def recycling_keeps_public_ip(self) -> bool:
        """No."""
        return False


class _Accepts(Wrapper):
    """Answers an action that should be refused as if nothing were wrong."""

    action: str

    def call(self, action: str, parameters: Parameters, *, account: str | None = None) -> Answer:
        """Swallow the refusal."""
        try:
            return super().call(action, parameters, account=account)
        except ApiError:
            if action != self.action:
                raise
            return {"RequestId": ""}


@wrong("renews-pay-as-you-go", "billing/renew-charge-type", "accepts the renewal of a pay-as-you-go instance")
class RenewsPayAsYouGo(_Accepts):
    """And does nothing."""

    action = "RenewInstance"


@wrong("reactivates-anything", "billing/reactivate-state", "accepts the reactivation of whatever it is given")
class ReactivatesAnything(_Accepts):
    """And does nothing."""

    action = "ReActivateInstances"


@wrong(
    "renewal-changes-the-address", "billing/renew-keeps-identity", "gives a renewed instance another private address"
)
class RenewalChangesTheAddress(Wrapper):
    """As if it had been made anew."""

    def __init__(self, inner: Any) -> None:
        super().__init__(inner)
        self._renewed: set[object] = set()

    def answer(self, action: str, parameters: Parameters, answer: Answer) -> Answer:
        """The last number of the address becomes 253."""
        if action == "RenewInstance":
            self._renewed.add(parameters["InstanceId"])
        elif action == "DescribeInstances":
            for shown in answer["Instances"]["Instance"]:
                if shown["InstanceId"] in self._renewed:
                    addresses = shown["VpcAttributes"]["PrivateIpAddress"]["IpAddress"]
                    addresses[:] = [each.rpartition(".")[0] + ".253" for each in addresses]
        return answer


@wrong("payment_restarts", "billing/reactivate", "starts what was stopped for arrears as soon as it is paid")
class PaymentRestarts(Wrapper):
    """No reactivation is needed."""

    def control(self, verb: str, arguments: Mapping[str, object]) -> Answer:
        """Reactivate whatever can be after each payment."""
        answer = self.inner.control(verb, arguments)
        if verb == "top-up":
            for shown in self.ask("DescribeInstances", {})["Instances"]["Instance"]:
                if shown["Status"] == "Stopped":
                    with suppress(ApiError):  # What is stopped or locked for another reason stays so.
                        self.inner.call("ReActivateInstances", {"InstanceId": shown["InstanceId"]})
        return answer
