"""The actions that tell prices. Source: API reference of February 2019 and October 2026, chapter "Billing"."""

from __future__ import annotations

from typing import Any, Final

from faultzone.api.answer import CURRENT, Answer, Field, Number, Structure, Text, items
from faultzone.api.ecs.reasons import NO_CLUSTERS, NO_DEDICATED, NO_RESERVATIONS
from faultzone.api.ecs.resources import Read
from faultzone.api.ecs.shared import (
    DISK_CATEGORIES,
    LATER_DATA_DISK_CATEGORIES,
    LATER_DATA_DISK_GIB,
    LATER_DISK_CATEGORIES,
)
from faultzone.api.request import integer, not_simulated, structure, structures, text

_CURRENCY: Final = Text("Currency")
_AMOUNTS: Final = Number("OriginalPrice", "DiscountPrice", "TradePrice")
_RULE: Final = (Number("RuleId"), Text("Description"))
_NO_MARKET: Final = "nothing comes from the marketplace here"


def _price(*more: Field) -> Answer:
    """What is told of a price, with `more` of it."""
    return Answer(
        Structure(
            "PriceInfo",
            Structure(
                "Price",
                _CURRENCY,
                _AMOUNTS,
                *more,
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


_PRICE: Final = _price(Number("ReservedInstanceHourPrice", since=CURRENT, empty=NO_RESERVATIONS))


def _disk(later: tuple[str, ...]) -> tuple[Any, ...]:
    """The fields of a disk whose price is asked for, and its categories of today."""
    return (
        text("Category", among=DISK_CATEGORIES, later={CURRENT: {"among": later}}),
        text("PerformanceLevel", among=("PL0", "PL1", "PL2", "PL3")),
        integer("Size", least=1, most=32768, later={CURRENT: {"most": LATER_DATA_DISK_GIB[1]}}),
        not_simulated("StorageClusterId", NO_CLUSTERS),
    )


#: What a price can be asked of, and what of it there is here.
RESOURCES: Final = ("instance", "disk", "bandwidth")
_RESOURCES_TODAY: Final = (*RESOURCES, "diskperformance")
_SPOT: Final = ("NoSpot", "SpotWithPriceLimit", "SpotAsPriceGo")
_SAME: Final = "the price is the same"


class DescribePrice(Read):
    """Tell what instances, disks or bandwidth cost."""

    needs_region = True

    resource_type: str = text(
        "ResourceType",
        RESOURCES[0],
        among=RESOURCES,
        absent={"ddh": NO_DEDICATED, "ElasticityAssurance": NO_RESERVATIONS, "CapacityReservation": NO_RESERVATIONS},
        later={CURRENT: {"among": _RESOURCES_TODAY}},
    )
    instance_type: str | None = text("InstanceType")
    image_id: str | None = text("ImageId")
    amount: int = integer("Amount", 1, least=1, most=1000)
    price_unit: str = text("PriceUnit", "Hour", among=("Hour", "Week", "Month", "Year"))
    period: int = integer("Period", 1, least=1, most=60, code="InvalidPeriod")
    internet_charge_type: str = text("InternetChargeType", "PayByTraffic", among=("PayByTraffic", "PayByBandwidth"))
    internet_max_bandwidth_out: int = integer("InternetMaxBandwidthOut", 0, least=0, most=100)
    system_disk: dict[str, Any] | None = structure("SystemDisk", *_disk(LATER_DISK_CATEGORIES))
    data_disks: tuple[dict[str, Any], ...] = structures(
        "DataDisk",
        *_disk(LATER_DATA_DISK_CATEGORIES),
        integer("ProvisionedIops", least=0, most=50_000, since=CURRENT),
        most=16,
    )
    zone_id: str | None = text("ZoneId")
    spot_strategy: str = text("SpotStrategy", "NoSpot", among=_SPOT, inert=(2019, 2), acts=CURRENT, why=_SAME)
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
    price_unit: str = text(
        "PriceUnit", "Month", among=("Week", "Month", "Year"), later={CURRENT: {"among": ("Month", "Year")}}
    )
    renewal_day: int | None = integer("ExpectedRenewDay", least=1, most=28, since=CURRENT)

    answer = _PRICE


class DescribeInstanceModificationPrice(Read):
    """Tell what an upgrade of a subscription, or further data disks, cost for the rest of its term."""

    needs_region = True
    since = CURRENT

    instance_id: str = text("InstanceId", required=True)
    instance_type: str | None = text("InstanceType")
    system_disk: dict[str, Any] | None = structure("SystemDisk", *_disk(LATER_DISK_CATEGORIES))
    data_disks: tuple[dict[str, Any], ...] = structures(
        "DataDisk", text("DiskId"), *_disk(LATER_DATA_DISK_CATEGORIES), most=16
    )
    internet_charge_type: str = text("InternetChargeType", "PayByTraffic", among=("PayByTraffic", "PayByBandwidth"))
    internet_max_bandwidth_out: int | None = integer("InternetMaxBandwidthOut", least=0, most=200)
    start_time: str | None = text("StartTime")
    end_time: str | None = text("EndTime")
    image_id: str | None = text("ImageId", inert=CURRENT, why=_SAME)
    isp: str | None = text("ISP", inert=CURRENT, why=_SAME)

    answer = _price()
