"""Wrong regions of the chapter on billing: spot instances."""

from __future__ import annotations

from typing import Final

from faultzone.mutations.library import answer, becomes, drop, emptied, put, request, retry, swallow, where
from faultzone.mutations.regions.places import INSTANCES
from faultzone.mutations.row import always, row

RUN: Final = "RunInstances"
MAKE: Final = (RUN, "CreateInstance")
LISTING: Final = "DescribeInstances"
HISTORY: Final = "DescribeSpotPriceHistory"
ADVICE: Final = "DescribeSpotAdvice"
TOLD: Final = "SpotPrices.SpotPriceType"
ADVISED: Final = "AvailableSpotZones.AvailableSpotZone[].AvailableSpotResources.AvailableSpotResource"
NOTES: Final = "notifications"

REGIONS: Final = (
    row("any-limit-is-enough", "billing/spot-price-limit", "launches whatever the limit",
        retry(MAKE, "InvalidSpotPriceLimit.LowerThanPublicPrice", drop("SpotPriceLimit"))),
    row("limits-must-be-above", "billing/spot-price-limit", "refuses a limit that is the price",
        spot_is_too_dear=lambda right, price, limit: price >= limit),
    row("any-price-limits", "billing/spot-price-limit", "holds a limit against those that pay any price",
        request(MAKE, where(lambda given: "SpotPriceLimit" in given, put(SpotStrategy="SpotWithPriceLimit")))),
    row("nobody-is-outbid", "billing/spot-price-moves", "keeps who is outbid", spot_is_too_dear=always(False)),
    row("any-spot-is-outbid", "billing/spot-price-moves", "takes back who bids enough",
        spot_is_too_dear=lambda right, price, limit: 2 * price > limit),
    row("spot-is-never-protected", "billing/spot-protection", "takes back at once", spot_protection=always(0)),
    row("spot-is-protected-for-two-hours", "billing/spot-protection", "protects for two hours",
        spot_protection=lambda right, hours: 2 * right.spot_protection(hours)),
    row("spot-is-always-protected", "billing/spot-protection", "protects for an hour whatever was said",
        spot_protection=lambda right, hours: right.spot_protection(1)),
    row("spot-is-told-a-minute-before", "billing/spot-notice", "gives notice of a minute",
        values={"instance.spot_notice": 60}),
    row("spot-is-told-an-hour-before", "billing/spot-notice", "gives notice of an hour",
        values={"instance.spot_notice": 3_600}),
    row("spot-is-not-told", "billing/spot-notice", "tells of no interruption",
        answer("notifications", NOTES, lambda notes: [each for each in notes if "Interruption" not in str(each)])),
    row("spot-is-told-quietly", "billing/spot-notice", "tells of it as of anything",
        answer("notifications", f"{NOTES}[]", where(lambda each: "level" in each, put(level="INFO")))),
    row("spot-is-not-locked", "billing/spot-lock", "shows no lock of what is taken back",
        answer(LISTING, f"{INSTANCES}[].OperationLocks.LockReason", emptied())),
    row("spot-has-the-old-lock", "billing/spot-lock", "writes the reason as earlier years did",
        values={"instance.spot_lock": "recycling"}),
    row("spot-is-not-found", "billing/spot-lock", "does not find by the reason",
        answer(LISTING, INSTANCES, becomes([]), when=lambda given: "LockReason" in given)),
    row("spot-cannot-be-used", "billing/spot-lock", "refuses what is asked of it",
        refuses_when_locked=lambda right, action, reason="security": (
            reason == "Recycling" or right.refuses_when_locked(action, reason))),
    row("spot-reads-nothing", "billing/spot-metadata", "has no item for it",
        answer("metadata", "", where(lambda told: "T" in str(told.get("text")), put(text=None, status=404)))),
    row("spot-always-ends", "billing/spot-metadata", "has the item always",
        answer("metadata", "", where(lambda told: told["status"] == 404,
                                     put(text="2099-12-31T15:59:00Z", status=200)))),
    row("spot-is-kept", "billing/spot-terminates", "stops what it should release", spot_ends=always("Stop")),
    row("spot-is-lost", "billing/spot-stops", "releases what it should stop", spot_ends=always("Terminate")),
    row("spot-stops-with-charge", "billing/spot-stops", "stops it, and goes on charging",
        qualifies_for_no_charge=always(False)),
    row("spot-starts-at-any-price", "billing/spot-stops", "answers success whatever the price",
        swallow("StartInstance", "OperationDenied.SpotPriceLowerThanPublicPrice")),
    row("history-of-now", "billing/spot-price-history", "tells the usual price always",
        answer(HISTORY, f"{TOLD}[].SpotPrice", becomes(0.096))),
    row("history-backwards", "billing/spot-price-history", "tells the last hour first",
        answer(HISTORY, TOLD, lambda rows: rows[::-1])),
    row("history-of-one-zone", "billing/spot-price-history", "tells the first zone alone",
        answer(HISTORY, TOLD, lambda rows: [each for each in rows if each["ZoneId"] == rows[0]["ZoneId"]])),
    row("history-of-a-quarter", "billing/spot-price-history", "tells of more than 30 days",
        values={"billing.spot_days": 90}),
    row("history-of-one-page", "billing/spot-price-history", "tells no second page",
        answer(HISTORY, "", drop("NextOffset"))),
    row("history-of-any-network", "billing/spot-price-history", "needs no network",
        swallow(HISTORY, "MissingParameter")),
    row("advice-of-one-price", "billing/spot-advice", "tells a fifth always",
        answer(ADVICE, f"{ADVISED}[].AverageSpotDiscount", becomes(20))),
    row("advice-without-risk", "billing/spot-advice", "tells of no interruption",
        answer(ADVICE, f"{ADVISED}[].InterruptionRate", becomes(0))),
    row("advice-in-other-words", "billing/spot-advice", "tells the lowest range always",
        answer(ADVICE, f"{ADVISED}[].InterruptRateDesc", becomes("0-3%"))),
    row("advice-of-any-size", "billing/spot-advice", "does not look at the least size",
        request(ADVICE, where(lambda given: "MinCores" in given, put(MinCores=1, MinMemory=1)))),
    row("advice-of-any-memory", "billing/spot-advice", "does not look at the memory",
        request(ADVICE, where(lambda given: "Memory" in given, put(Memory=8)))),
    row("advice-of-any-level", "billing/spot-advice", "does not look at the level",
        request(ADVICE, drop("InstanceFamilyLevel"))),
    row("advice-of-any-gpu", "billing/spot-advice", "does not look at the GPUs",
        request(ADVICE, drop("GpuAmount", "GpuSpec"))),
    row("advice-of-all-zones", "billing/spot-advice", "tells of all zones", request(ADVICE, drop("ZoneId"))),
    row("advice-of-now", "billing/spot-advice", "tells the price of now for the average",
        values={"billing.spot_days": 1}),
    row("advice-of-a-season", "billing/spot-advice", "counts what was taken back in 90 days",
        values={"billing.spot_days": 90}),
    row("advice-of-the-least-risk", "billing/spot-advice", "tells a rate that does not rise",
        answer(ADVICE, f"{ADVISED}[].InterruptionRate", lambda rate: min(rate, 25))),
    row("advice-of-nothing", "billing/spot-advice", "needs neither types nor size",
        swallow(ADVICE, "InvalidParam.TypeAndCpuMem.Conflict")),
    row("spot-has-no-price", "billing/spot-charges", "charges spot as pay-as-you-go",
        values={"billing.spot_market": False}),
    row("spot-costs-as-much", "billing/spot-charges", "charges what pay-as-you-go costs",
        request(MAKE, drop("SpotStrategy"))),
)  # fmt: skip
