"""The actions that tell prices. Source: API reference of February 2019 and October 2026, chapter "Billing"."""

from __future__ import annotations

from typing import Any, Final

from faultzone.api.answer import CURRENT, Answer, Number, Structure, Text, items
from faultzone.api.ecs.reasons import NO_CLUSTERS, NO_DEDICATED, NO_PERFORMANCE, NO_RENEWAL_DAY, NO_RESERVATIONS
from faultzone.api.ecs.resources import Read
from faultzone.api.ecs.shared import DISK_CATEGORIES, LATER_DISK_CATEGORIES
from faultzone.api.request import integer, not_simulated, structure, structures, text

_CURRENCY: Final = Text("Currency")
_AMOUNTS: Final = Number("OriginalPrice", "DiscountPrice", "TradePrice")
_RULE: Final = (Number("RuleId"), Text("Description"))
_NO_MARKET: Final = "nothing comes from the marketplace here"
#: What is told of a price.
_PRICE: Final = Answer(
    Structure(
        "PriceInfo",
        Structure(
            "Price",
            _CURRENCY,
            _AMOUNTS,
            Number("ReservedInstanceHourPrice", since=CURRENT, empty=NO_RESERVATIONS),
            items(
                "DetailInfos",
                "DetailInfo",
                Text("Resource"),
                _AMOUNTS,
                items("SubRules", "Rule", *_RULE),
                when="the price is that of an instance",
            ),
        ),
        items("Rules", "Rule", *_RULE),
        Structure(
            "RelatedPrice",
            Structure("MarketplaceImagePrice", _CURRENCY, _AMOUNTS),
            since=CURRENT,
            empty=_NO_MARKET,
        ),
    ),
)
_DISK: Final = (
    text("Category", among=DISK_CATEGORIES, later={CURRENT: {"among": LATER_DISK_CATEGORIES}}),
    text("PerformanceLevel", among=("PL0", "PL1", "PL2", "PL3")),
    integer("Size", least=1, most=32768),
    not_simulated("StorageClusterId", NO_CLUSTERS),
)
#: What a price can be asked of, and what of it there is here.
RESOURCES: Final = ("instance", "disk", "bandwidth")
_SPOT: Final = ("NoSpot", "SpotWithPriceLimit", "SpotAsPriceGo")
_SAME: Final = "the price is the same"


class DescribePrice(Read):
    """Tell what instances, disks or bandwidth cost."""

    needs_region = True

    resource_type: str = text("ResourceType", RESOURCES[0], among=RESOURCES)
    instance_type: str | None = text("InstanceType")
    image_id: str | None = text("ImageId")
    amount: int = integer("Amount", 1, least=1, most=1000)
    price_unit: str = text("PriceUnit", "Hour", among=("Hour", "Week", "Month", "Year"))
    period: int = integer("Period", 1, least=1, most=60, code="InvalidPeriod")
    internet_charge_type: str = text("InternetChargeType", "PayByTraffic", among=("PayByTraffic", "PayByBandwidth"))
    internet_max_bandwidth_out: int = integer("InternetMaxBandwidthOut", 0, least=0, most=100)
    system_disk: dict[str, Any] | None = structure("SystemDisk", *_DISK)
    data_disks: tuple[dict[str, Any], ...] = structures(
        "DataDisk", *_DISK, not_simulated("ProvisionedIops", NO_PERFORMANCE), most=16
    )
    zone_id: str | None = text("ZoneId")
    spot_strategy: str = text("SpotStrategy", "NoSpot", among=_SPOT, inert=(2019, 2), why=_SAME)
    spot_duration: int | None = integer("SpotDuration", least=0, most=6, since=CURRENT, inert=CURRENT, why=_SAME)
    platform: str | None = text("Platform", among=("Windows", "Linux"), since=CURRENT, inert=CURRENT, why=_SAME)
    isp: str | None = text("Isp", since=CURRENT, inert=CURRENT, why=_SAME)
    io_optimized: str | None = text("IoOptimized", among=("none", "optimized"), inert=(2019, 2), why=_SAME)
    network_type: str | None = text("InstanceNetworkType", among=("vpc", "classic"), inert=(2019, 2), why=_SAME)

    not_simulated = (
        (NO_DEDICATED, "DedicatedHostType SchedulerOptions"),
        (
            NO_RESERVATIONS,
            "AssuranceTimes InstanceAmount InstanceCpuCoreCount InstanceTypeList OfferingType RecurrenceRules "
            "Scope=Region StartTime",
        ),
        (NO_CLUSTERS, "Capacity"),
    )

    answer = _PRICE


class DescribeRenewalPrice(Read):
    """Tell what a further span of a subscription costs."""

    needs_region = True

    resource_type: str = text("ResourceType", "instance", among=("instance",))
    resource_id: str = text("ResourceId", required=True)
    period: int = integer("Period", 1, least=1, most=60, code="InvalidPeriod")
    price_unit: str = text("PriceUnit", "Month", among=("Week", "Month", "Year"))

    not_simulated = ((NO_RENEWAL_DAY, "ExpectedRenewDay"),)

    answer = _PRICE
