"""Wrong regions of the chapter on billing: changes of charge types."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Final

from faultzone.errors import HarnessError
from faultzone.mutations.library import (
    Answer,
    Next,
    Parameters,
    accept,
    after,
    after_refusal,
    answer,
    becomes,
    default,
    drop,
    put,
    request,
    swallow,
    where,
)
from faultzone.mutations.regions.places import INSTANCES
from faultzone.mutations.row import always, row

CHANGE: Final = "ModifyInstanceChargeType"
LISTING: Final = "DescribeInstances"
BAD_CHANGE: Final = "InvalidInstanceChargeType.ValueNotSupported"


def gives_back(given: Parameters) -> bool:
    """Whether subscriptions are to become pay-as-you-go."""
    return given.get("InstanceChargeType") == "PostPaid"


def pay_back(on: Next, given: Parameters, answered: Answer) -> None:
    """Give the price of two months of the test back."""
    if not gives_back(given):
        on.control("top-up", {"amount": "600"})


def change_the_first(on: Next, given: Parameters) -> None:
    """Change the first of several by itself."""
    ids = json.loads(given["InstanceIds"])
    if len(ids) == 2:
        with suppress(HarnessError):
            on.ask(CHANGE, {**given, "InstanceIds": json.dumps(ids[:1])})


REGIONS: Final = (
    row("charge-type-stays", "billing/charge-type", "answers success, and keeps the charge type",
        swallow(CHANGE, "DryRunOperation"), request(CHANGE, put(DryRun=True))),
    row("charge-type-is-free", "billing/charge-type", "takes nothing for a subscription", after(CHANGE, pay_back)),
    row("charge-type-of-a-month", "billing/charge-type", "sells a month, whatever the period",
        request(CHANGE, where(lambda given: "Period" in given, put(Period=1)))),
    row("charge-type-is-pay-as-you-go", "billing/charge-type", "makes pay-as-you-go where nothing is said",
        request(CHANGE, default(InstanceChargeType="PostPaid"))),
    row("charge-type-is-not-found", "billing/charge-type", "does not find by the new charge type",
        answer(LISTING, INSTANCES, becomes([]), when=lambda given: given.get("InstanceChargeType") == "PrePaid")),
    row("charge-type-without-order", "billing/charge-type", "answers no order", answer(CHANGE, "", put(OrderId=""))),
    row("charge-type-goes-one-way", "billing/charge-type-back", "keeps subscriptions as they are",
        swallow(CHANGE, "DryRunOperation"), request(CHANGE, where(gives_back, put(DryRun=True)))),
    row("refunds-nothing", "billing/charge-type-back", "keeps what was paid", refunded=always(0)),
    row("refunds-alike", "billing/charge-type-back", "refunds as much of any subscription",
        refunded=always(2_000_000)),
    row("refunds-the-first-price", "billing/charge-type-back", "refunds no more than a month costs",
        refunded=lambda right, left: min(right.refunded(left), 3_000_000)),
    row("refunds-are-not-told", "billing/charge-type-back", "does not tell refunds",
        request(CHANGE, drop("IsDetailFee"))),
    row("charge-type-keeps-the-expiry", "billing/charge-type-back", "stops what is no subscription any more",
        values={"billing.renewal_avoids": []}),
    row("charge-type-for-ten-months", "billing/charge-type-periods", "sells ten months",
        values={"instance.periods_month": [*range(1, 11), 12, 24, 36, 48, 60]}),
    row("charge-type-for-five-weeks", "billing/charge-type-periods", "sells five weeks",
        values={"instance.periods_week": [1, 2, 3, 4, 5]}),
    row("charge-type-for-four-years", "billing/charge-type-periods", "sells no five years",
        values={"billing.periods_year": [1, 2, 3, 4]}),
    row("charge-type-of-the-unknown", "billing/charge-type-batch", "answers success for what there is not",
        swallow(CHANGE, "InvalidParameter.InstanceIds")),
    row("charge-type-of-too-many", "billing/charge-type-batch", "answers success for more than 20",
        swallow(CHANGE, "InstancesIdQuotaExceed")),
    row("charge-type-of-a-part", "billing/charge-type-batch", "changes the first of two that cannot both be changed",
        after_refusal(CHANGE, BAD_CHANGE, change_the_first)),
    row("charge-type-in-any-state", "billing/charge-type-state", "answers success in every state",
        swallow(CHANGE, "InvalidStatus.ValueNotSupported")),
    row("charge-type-of-anything", "billing/charge-type-state", "answers success whatever an instance is charged as",
        swallow(CHANGE, BAD_CHANGE)),
    row("charge-type-before-release", "billing/charge-type-release-time",
        "answers success for what has a release time", swallow(CHANGE, "ReleaseTimeHaveBeenSet")),
    row("charge-type-in-arrears", "billing/charge-type-unpaid", "answers success to a debtor",
        swallow(CHANGE, "Account.Arrearage")),
    row("charge-type-on-credit", "billing/charge-type-unpaid", "answers success to the poor",
        swallow(CHANGE, "InvalidAccountStatus.NotEnoughBalance")),
    row("charge-type-of-the-expired", "billing/charge-type-unpaid", "answers success for what has expired",
        swallow(CHANGE, "ExpiredInstance")),
    row("refunds-without-end", "billing/charge-type-quota", "refunds whatever is asked for",
        values={"billing.refund_vcpu_hours": 10**9}),
    row("orders-are-paid-at-once", "billing/charge-type-order", "pays every order at once",
        request(CHANGE, drop("AutoPay"))),
    row("orders-come-to-nothing", "billing/charge-type-order", "takes the payment of an order, and forgets it",
        accept("pay-order")),
)  # fmt: skip
