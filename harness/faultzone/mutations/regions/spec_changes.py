"""Wrong regions of the chapter on billing: other types for subscriptions, and orders that wait."""

from __future__ import annotations

from typing import Final

from faultzone.mutations.library import (
    Answer,
    Next,
    Parameters,
    accept,
    after,
    answer,
    default,
    drop,
    instead,
    put,
    request,
    retry,
    swallow,
    where,
)
from faultzone.mutations.row import always, row

CHANGE: Final = "ModifyPrepayInstanceSpec"
TOLD: Final = "DescribeInstanceModificationPrice"
PRICE: Final = "DescribePrice"
RUN: Final = "RunInstances"
PARTS: Final = "PriceInfo.Price"


def restart(on: Next, given: Parameters, answered: Answer) -> None:
    """Restart what was changed, if it runs."""
    named = {name: given[name] for name in ("RegionId", "InstanceId") if name in given}
    if on("DescribeInstanceAttribute", named)["Status"] == "Running":
        on("RebootInstance", {"InstanceId": given["InstanceId"]})


def start(on: Next, given: Parameters, answered: Answer) -> None:
    """Start what was changed, if it is stopped and was to be restarted."""
    named = {name: given[name] for name in ("RegionId", "InstanceId") if name in given}
    if "RebootWhenFinished" in given and on("DescribeInstanceAttribute", named)["Status"] == "Stopped":
        on("StartInstance", {"InstanceId": given["InstanceId"]})


REGIONS: Final = (
    row("spec-stays", "billing/prepay-spec", "answers success, and keeps the type", accept(CHANGE)),
    row("spec-is-free", "billing/prepay-spec", "takes nothing for another type", spec_difference=always(0)),
    row("spec-costs-a-month", "billing/prepay-spec", "takes as much whatever is left",
        spec_difference=always(3_000_000)),
    row("spec-price-is-another", "billing/prepay-spec", "tells a price that is not taken",
        answer(TOLD, f"{PARTS}.TradePrice", lambda amount: amount + 1)),
    row("spec-without-order", "billing/prepay-spec", "answers no order", answer(CHANGE, "", put(OrderId=""))),
    row("spec-restarts-at-once", "billing/prepay-spec-running", "restarts what runs", after(CHANGE, restart)),
    row("spec-needs-a-stop", "billing/prepay-spec-running", "does not give another type with a restart",
        accept("RebootInstance")),
    row("spec-never-restarts", "billing/prepay-spec-reboot", "leaves every restart to the user",
        request(CHANGE, drop("RebootWhenFinished", "RebootTime"))),
    row("spec-restarts-without-its-time", "billing/prepay-spec-reboot", "restarts at once, whatever the time",
        request(CHANGE, where(lambda given: "RebootTime" in given, put(RebootWhenFinished=True)))),
    row("spec-starts-what-is-stopped", "billing/prepay-spec-reboot", "starts what is stopped", after(CHANGE, start)),
    row("spec-at-any-time", "billing/prepay-spec-reboot", "takes a time that has passed",
        swallow(CHANGE, "InvalidRebootTime.ValueNotSupported")),
    row("spec-at-no-time", "billing/prepay-spec-reboot", "takes a text that is no time",
        swallow(CHANGE, "InvalidRebootTime.MalFormed")),
    row("spec-refunds-nothing", "billing/prepay-spec-downgrade", "keeps what a lower type costs less",
        spec_difference=lambda right, before, after: max(0, after - before)),
    row("spec-lowers-what-runs", "billing/prepay-spec-downgrade", "answers success while it runs",
        swallow(CHANGE, "InvalidStatus.NotStopped")),
    row("spec-in-either-way", "billing/prepay-spec-downgrade", "looks at no OperatorType",
        request(CHANGE, drop("OperatorType"))),
    row("spec-lower-waits", "billing/prepay-spec-downgrade", "does nothing for a downgrade with AutoPay=false",
        instead(CHANGE, "DescribeRegions", when=lambda given: given.get("OperatorType") == "downgrade")),
    row("spec-is-paid-at-once", "billing/prepay-spec-order", "pays every order at once",
        request(CHANGE, drop("AutoPay"))),
    row("spec-order-comes-to-nothing", "billing/prepay-spec-order", "takes the payment of an order, and forgets it",
        accept("pay-order")),
    row("spec-on-credit", "billing/prepay-spec-refused", "answers success to the poor",
        swallow(CHANGE, "InvalidAccountStatus.NotEnoughBalance")),
    row("spec-in-arrears", "billing/prepay-spec-refused", "answers success to a debtor",
        swallow(CHANGE, "Account.Arrearage")),
    row("spec-of-the-expired", "billing/prepay-spec-refused", "answers success for what has expired",
        swallow(CHANGE, "InvalidInstance.PreInstanceExpired")),
    row("spec-of-an-unknown-type", "billing/prepay-spec-refused", "answers success for a type that there is not",
        swallow(CHANGE, "InvalidInstanceType.ValueNotSupported")),
    row("spec-with-local-disks", "billing/prepay-spec-refused", "answers success where there are local disks",
        swallow(CHANGE, "OperationDenied.LocalDiskUnsupported")),
    row("spec-of-pay-as-you-go", "billing/prepay-spec-refused", "answers success for pay-as-you-go",
        swallow(CHANGE, "ChargeTypeViolation")),
    row("spec-on-the-way", "billing/prepay-spec-refused", "answers success in every state",
        swallow(CHANGE, "IncorrectInstanceStatus")),
    row("spec-without-stock", "billing/prepay-spec-refused", "answers success without stock",
        swallow(CHANGE, "OperationDenied.NoStock")),
    row("spec-price-without-disks", "billing/modification-price", "tells the price of the type alone",
        request(TOLD, where(lambda given: "InstanceType" in given, drop("DataDisk")))),
    row("spec-price-of-any", "billing/modification-price", "tells a price of what has none", swallow(TOLD)),
    row("spec-price-is-no-difference", "billing/modification-price", "does not take the discount off",
        answer(TOLD, f"{PARTS}.DiscountPrice", lambda amount: amount + 1)),
    row("spot-costs-as-any", "billing/spot-price", "tells of spot what pay-as-you-go costs",
        request(PRICE, drop("SpotStrategy"))),
    row("any-costs-as-spot", "billing/spot-price", "tells the price of spot where nothing is said",
        request(PRICE, default(SpotStrategy="SpotAsPriceGo"))),
    row("launches-are-paid-at-once", "billing/launch-order", "pays every launch at once",
        request(RUN, drop("AutoPay"))),
    row("launch-orders-come-to-nothing", "billing/launch-order", "takes the payment of a launch, and forgets it",
        accept("pay-order")),
    row("launches-wait-for-nothing", "billing/launch-order", "launches pay-as-you-go with AutoPay=false",
        retry(RUN, "InvalidParameter.Conflict", drop("AutoPay"))),
)  # fmt: skip
