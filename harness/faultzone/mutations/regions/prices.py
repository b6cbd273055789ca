"""Wrong regions of the chapter on billing: prices; and of the sizes of disks."""

from __future__ import annotations

from typing import Any, Final

from faultzone.mutations.library import answer, at, becomes, drop, emptied, put, request, swallow, where
from faultzone.mutations.row import row

PRICE: Final = "DescribePrice"
RENEWAL: Final = "DescribeRenewalPrice"
TOLD: Final = "PriceInfo.Price"
PARTS: Final = f"{TOLD}.DetailInfos.DetailInfo"


def with_parts(price: dict[str, Any]) -> dict[str, Any]:
    """A price that has a part."""
    part = {name: price[name] for name in ("OriginalPrice", "DiscountPrice", "TradePrice")}
    return {"DetailInfos": {"DetailInfo": [{"Resource": "DataDisk", **part}]}, **price}


def free(price: dict[str, Any]) -> dict[str, Any]:
    """A price that is all discount."""
    return {**price, "TradePrice": 0.0, "DiscountPrice": price["OriginalPrice"]}


def of_disks(given: dict[str, Any]) -> bool:
    """Whether the price of disks is asked for."""
    return given.get("ResourceType") == "disk"


REGIONS: Final = (
    row("price-of-one", "billing/price", "tells the price of one, whatever the amount", request(PRICE, drop("Amount"))),
    row("price-is-no-difference", "billing/price", "does not take the discount off",
        answer(PRICE, f"{TOLD}.DiscountPrice", lambda amount: amount + 1)),
    row("price-is-not-taken", "billing/price", "tells a price that a launch does not take",
        answer(PRICE, TOLD, free)),
    row("any-amount-has-a-price", "billing/price", "tells the price of none and of more than 1000",
        request(PRICE, where(lambda given: str(given.get("Amount")) in ("0", "1001"), drop("Amount")))),
    row("price-without-parts", "billing/price-parts", "tells no parts of an instance", answer(PRICE, PARTS, emptied())),
    row("data-disks-are-free", "billing/price-parts", "does not count data disks",
        request(PRICE, where(lambda given: "InstanceType" in given, drop("DataDisk")))),
    row("parts-cost-more", "billing/price-parts", "tells parts that do not add up",
        answer(PRICE, f"{PARTS}[].OriginalPrice", lambda amount: amount + 0.5)),
    row("disks-have-parts", "billing/price-parts", "tells parts of what is no instance",
        answer(PRICE, TOLD, with_parts)),
    row("price-of-any-type", "billing/price-parts", "tells a price where no type is named", swallow(PRICE)),
    row("all-performance-costs-the-same", "billing/price-of-performance", "tells one price of any performance",
        request(PRICE, at("DataDisk[]", where(lambda disk: "ProvisionedIops" in disk, put(ProvisionedIops="1000"))))),
    row("disks-perform-for-nothing", "billing/price-of-performance", "does not count what is provisioned for a disk",
        request(PRICE, where(of_disks, at("DataDisk[]", drop("ProvisionedIops"))))),
    row("performance-of-nothing", "billing/price-of-performance", "tells a price where no performance is named",
        swallow(PRICE, "MissingParameter")),
    row("performance-of-any-disk", "billing/price-of-performance", "tells the price of performance of any disk",
        swallow(PRICE, "InvalidParameter.Conflict")),
    row("periods-cost-the-same", "billing/price-period", "tells the price of one period",
        request(PRICE, drop("Period"))),
    row("units-cost-the-same", "billing/price-period", "takes every unit for months",
        request(PRICE, where(lambda given: "PriceUnit" in given, put(PriceUnit="Month")))),
    row("any-period-has-a-price", "billing/price-period", "tells a price of any period", swallow(PRICE)),
    row("renewal-price-of-a-month", "billing/renewal-price", "tells the price of one month",
        request(RENEWAL, drop("Period"))),
    row("pay-as-you-go-has-a-renewal-price", "billing/renewal-price", "tells a price of what cannot be renewed",
        swallow(RENEWAL, "ChargeTypeViolation")),
    row("renewal-price-of-nothing", "billing/renewal-price", "tells a price of what there is not",
        swallow(RENEWAL, "InvalidInstanceId.NotFound")),
    row("renewal-price-of-a-week", "billing/renewal-price-periods", "tells the renewal price of weeks",
        request(RENEWAL, where(lambda given: given.get("PriceUnit") == "Week", drop("PriceUnit")))),
    row("renewal-price-of-four-years", "billing/renewal-price-periods", "tells the renewal price of four years",
        values={"billing.renewal_price_years": 4}),
    row("renewal-price-of-two-years", "billing/renewal-price-periods", "tells no renewal price of three years",
        values={"billing.renewal_price_years": 2}),
    row("renewal-price-of-ten-months", "billing/renewal-price-periods", "tells the renewal price of ten months",
        request(RENEWAL, where(lambda given: str(given.get("Period")) == "10", put(Period=9)))),
    row("small-system-disks", "instance/system-disk-size", "shows system disks that their images do not fit on",
        answer("DescribeDisks", "Disks.Disk[].Size", lambda size: size if size > 100 else 10)),
    row("system-disks-of-one-size", "instance/system-disk-size", "shows every system disk as large as the usual one",
        answer("DescribeDisks", "Disks.Disk[].Size", becomes(40))),
)  # fmt: skip
