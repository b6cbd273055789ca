"""Wrong regions of the chapter on billing, and of the system events that come from it."""

from __future__ import annotations

from contextlib import suppress
from typing import Final

from faultzone.clock import DAY
from faultzone.errors import HarnessError
from faultzone.model.core.periods import add_period
from faultzone.mutations.described import written
from faultzone.mutations.library import (
    Answer,
    Mutate,
    Next,
    Parameters,
    after,
    answer,
    at,
    drop,
    once_called,
    put,
    request,
    swallow,
    where,
)
from faultzone.mutations.regions.instance_release import LOCKED
from faultzone.mutations.regions.places import INSTANCES
from faultzone.mutations.row import always, row

EXPIRATION: Final = ["InstanceExpiration.Stop", "InstanceExpiration.Delete"]
ARREARS: Final = ["AccountUnbalanced.Stop", "AccountUnbalanced.Delete"]


def reactivate_all(on: Next, given: Parameters, paid: Answer) -> None:
    """Reactivate whatever can be."""
    for shown in on.ask("DescribeInstances", {})["Instances"]["Instance"]:
        if shown["Status"] == "Stopped":
            with suppress(HarnessError):  # What is stopped or locked for another reason stays so.
                on.ask("ReActivateInstances", {"InstanceId": shown["InstanceId"]})


@written
def promised_in_lists(turning_on: str, showing: str, path: str) -> Mutate:
    """Shows automatic renewal of all that were named together, whether they have expired or not."""

    def mutate(name: str, given: Parameters, on: Next) -> Answer:
        promised = on.memory.setdefault(turning_on, set())
        if name == turning_on and "," in str(given["InstanceId"]):
            promised.update(str(given["InstanceId"]).split(","))
        right = on(name, given)
        shown = where(lambda each: each["InstanceId"] in promised, put(RenewalStatus="AutoRenewal"))
        wrong: Answer = at(path, shown)(right)
        return wrong if name == showing else right

    return mutate


RENEWALS: Final = "DescribeInstanceAutoRenewAttribute"

REGIONS: Final = (
    row("expiry-named-arrears", "billing/expiry-event", "announces an expiry as arrears",
        values={"billing.expiration_events": ARREARS}),
    row("arrears-named-expiry", "billing/arrears-event", "announces arrears as an expiry",
        values={"billing.arrears_events": EXPIRATION}),
    row("settles-daily", "billing/hourly-settlement", "settles once a day", values={"billing.settlement": 86_400}),
    row("released-after-a-fortnight", "billing/release-after-15-days", "releases a day early",
        values={"billing.release_after": 1_209_600}),
    row("reactivates-the-poor", "billing/reactivate-balance", "reactivates for an empty account",
        values={"billing.reactivation_balance": "0"}),
    row("reactivates-for-less", "billing/reactivate-at-least", "reactivates for less than a hundred",
        values={"billing.reactivation_balance": "99"}),
    row("reactivates-for-more", "billing/reactivate-at-least", "wants more than a hundred",
        values={"billing.reactivation_balance": "100"}),
    row("renews-to-the-next-day", "billing/renew-day", "renews to the day after",
        renewed_to_day=lambda right, begin, day: right.renewed_to_day(begin, day) + DAY),
    row("renews-for-two-months", "billing/renew-day", "renews to the day of a month later",
        renewed_to_day=lambda right, begin, day: add_period(right.renewed_to_day(begin, day), 1, "Month")),
    row("renews-to-any-day", "billing/renew-day", "answers success for any day",
        swallow("RenewInstance", "InvalidParameter")),
    row("renews-to-both", "billing/renew-day", "answers success for a day and a period",
        swallow("RenewInstance", "InvalidParameter.Conflict")),
    row("renews-for-nothing", "billing/renew-day", "answers success for neither",
        swallow("RenewInstance", "MissingParameter")),
    row("renews-for-four-years", "billing/auto-renew-years", "takes no five years",
        values={"billing.auto_renew_years": [1, 2, 3, 4]}),
    row("renews-for-six-years", "billing/auto-renew-years", "takes six years",
        values={"billing.auto_renew_years": [1, 2, 3, 4, 5, 6]}),
    row("renews-for-months", "billing/auto-renew-years", "takes years for months",
        request("ModifyInstanceAutoRenewAttribute",
                where(lambda given: given.get("PeriodUnit") == "Year", drop("PeriodUnit")))),
    row("renewals-of-any-state", "billing/auto-renew-listing", "does not look at the state where ids are given",
        request(RENEWALS, where(lambda given: "InstanceId" in given, drop("RenewalStatus")))),
    row("renewals-of-one", "billing/auto-renew-listing", "lists the first of several",
        answer(RENEWALS, "InstanceRenewAttributes.InstanceRenewAttribute", lambda listed: listed[:1])),
    row("lists-all-renewals", "billing/auto-renew-listing", "lists all where nothing is named",
        values={"billing.renewals_are_named": False}),
    row("released-after-payment", "billing/payment-cancels-release", "releases what was paid for and reactivated",
        values={"billing.payment_avoids": ["AccountUnbalanced.Stop"]}),
    row("stopped-after-renewal", "event/avoid-by-renewal", "stops what was renewed in time",
        values={"billing.renewal_avoids": []}),
    row("released-after-renewal", "billing/renew", "releases what was renewed late",
        values={"billing.renewal_avoids": EXPIRATION[:1]}),
    row("stopped-after-payment", "event/avoid-by-payment", "stops although the debt is paid",
        values={"billing.payment_avoids": ARREARS[1:]}),
    row("leaves-the-paid-stopped", "billing/restart-after-payment", "starts nothing again once the debt is paid",
        values={"billing.payment_restarts": False}),
    row("starts-what-is-locked", "billing/financial-lock", "starts instances of a financial lock",
        values={"billing.financial_lock_refuses": {}}),
    row("renews-by-hand-alone", "billing/auto-renew", "does not look at AutoRenew",
        request("RunInstances", drop("AutoRenew"))),
    row("renews-for-a-month", "billing/auto-renew", "renews for a month whatever the duration",
        request("RunInstances", drop("AutoRenewPeriod"))),
    row("renews-for-five-months", "billing/auto-renew-period", "takes five months as the period of automatic renewal",
        values={"instance.renewals_month": [1, 2, 3, 5, 6, 12]}),
    row("renews-for-half-a-year-at-most", "billing/auto-renew-period",
        "refuses twelve months as the period of automatic renewal", values={"instance.renewals_month": [1, 2, 3, 6]}),
    row("renews-for-six-weeks", "billing/auto-renew-period", "takes six weeks as the period of automatic renewal",
        values={"instance.renewals_week": [1, 2, 3, 6]}),
    row("promises-late-renewal", "billing/auto-renew-expired", "takes automatic renewal of what has expired",
        swallow("ModifyInstanceAutoRenewAttribute", "IncorrectInstanceStatus")),
    row("promises-late-renewal-in-a-list", "billing/auto-renew-expired",
        "takes automatic renewal of what has expired beside another",
        promised_in_lists("ModifyInstanceAutoRenewAttribute", "DescribeInstanceAutoRenewAttribute",
                          "InstanceRenewAttributes.InstanceRenewAttribute[]")),
    row("renews-what-is-locked", "billing/security-lock", "renews what is locked for security",
        values={"instance.security_lock_refuses": [*LOCKED, "ReActivateInstances"]}),
    row("reactivates-what-is-locked", "billing/security-lock", "reactivates what is locked for security",
        values={"instance.security_lock_refuses": [*LOCKED, "RenewInstance"]}),
    row("renews-by-ten", "billing/renew-periods", "sells ten months",
        values={"instance.periods_month": [1, 9, 10, 12, 60]}),
    row("announces-a-week-ahead", "event/window-expiration", "announces a week ahead",
        values={"event.expiration_window": 604_800}),
    row("waits-two-hours", "event/window-arrears", "leaves a debtor two hours", values={"event.arrears_window": 7_200}),
    row("expires-within-the-day", "billing/expiry-time",
        "lets a subscription expire at the hour at which it was bought",
        subscription_end=lambda right, start, period, unit: add_period(start, period, unit)),
    row("stops-a-day-late", "billing/expiry-stop", "stops an expired instance a day late",
        subscription_stop=lambda right, expires: expires + DAY),
    row("stops-while-paid", "billing/about-to-expire", "stops an instance once its expiry is announced",
        subscription_stop=lambda right, expires: expires - 10 * DAY),
    row("renewal-moves-nothing", "billing/renew", "takes the money of a renewal and leaves the expiry as it was",
        renewed_until=lambda right, expires, period, unit, now: expires),
    row("renewal-ends-in-the-past", "billing/renew-late", "counts a late renewal from the old expiry",
        renewed_until=lambda right, expires, period, unit, now: add_period(expires, period, unit)),
    row("arrears-stop-subscriptions", "billing/arrears-stop", "stops subscriptions for arrears too",
        stops_in_arrears=always(True)),
    row("charges-the-stopped", "billing/arrears-stop-suspends-charges", "charges for what is stopped for arrears",
        charges_in_arrears=always(True)),
    row("creates-in-arrears", "billing/create-in-arrears", "sells pay-as-you-go to a debtor",
        refuses_new_in_arrears=always(False)),
    row("recycling-loses-the-address", "billing/recycling", "takes the public address with the compute",
        recycling_keeps_public_ip=always(False)),
    row("renews-pay-as-you-go", "billing/renew-charge-type", "accepts the renewal of a pay-as-you-go instance",
        swallow("RenewInstance")),
    row("reactivates-anything", "billing/reactivate-state", "accepts the reactivation of whatever it is given",
        swallow("ReActivateInstances")),
    row("renewal-changes-the-address", "billing/renew-keeps-identity",
        "gives a renewed instance another private address",
        once_called("RenewInstance", "InstanceId", "DescribeInstances", f"{INSTANCES}[]",
                    at("VpcAttributes.PrivateIpAddress.IpAddress[]",
                       lambda address: address.rpartition(".")[0] + ".253"))),
    row("payment_restarts", "billing/reactivate", "starts what was stopped for arrears as soon as it is paid",
        after("top-up", reactivate_all)),
)  # fmt: skip
