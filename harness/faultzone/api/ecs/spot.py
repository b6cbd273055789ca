"""The actions that tell of spot instances. Source: API reference of October 2026, chapter "Instances"."""

from __future__ import annotations

from faultzone.api.answer import CURRENT, Answer, Number, Text, Time, items
from faultzone.api.ecs.resources import Read
from faultzone.api.request import integer, number, text, texts

_SAME = "the price is the same"


class DescribeSpotPriceHistory(Read):
    """List the prices of spot instances of a type, hour by hour."""

    needs_region = True
    since = CURRENT

    instance_type: str = text("InstanceType", required=True)
    network_type: str = text("NetworkType", among=("vpc", "classic"), required=True)
    zone_id: str | None = text("ZoneId")
    start_time: str | None = text("StartTime")
    end_time: str | None = text("EndTime")
    io_optimized: str = text("IoOptimized", "optimized", among=("optimized", "none"))
    os_type: str | None = text("OSType", among=("linux", "windows"), inert=CURRENT, why=_SAME)
    spot_duration: int | None = integer(
        "SpotDuration", least=0, most=1, code="InvalidSpotDuration", inert=CURRENT, why=_SAME
    )
    offset: int = integer("Offset", 0, least=0)

    answer = Answer(
        Text("Currency"),
        Number("NextOffset", when="more prices follow"),
        items(
            "SpotPrices",
            "SpotPriceType",
            Text("InstanceType", "IoOptimized", "NetworkType", "ZoneId"),
            Number("OriginPrice", "SpotPrice"),
            Time("Timestamp"),
        ),
    )


class DescribeSpotAdvice(Read):
    """Tell how cheap spot instances were in the last days, and how many of them were taken back."""

    needs_region = True
    since = CURRENT

    zone_id: str | None = text("ZoneId")
    instance_types: tuple[str, ...] = texts("InstanceTypes", most=10)
    family: str | None = text("InstanceTypeFamily")
    level: str | None = text("InstanceFamilyLevel", among=("EntryLevel", "EnterpriseLevel", "CreditEntryLevel"))
    cores: int | None = integer("Cores", least=1)
    memory: float | None = number("Memory")
    min_cores: int | None = integer("MinCores", least=1)
    min_memory: float | None = number("MinMemory")
    gpu_spec: str | None = text("GpuSpec")
    gpu_amount: int | None = integer("GpuAmount", least=0)

    answer = Answer(
        Text("RegionId"),
        items(
            "AvailableSpotZones",
            "AvailableSpotZone",
            Text("ZoneId"),
            items(
                "AvailableSpotResources",
                "AvailableSpotResource",
                Text("InstanceType", "InterruptRateDesc"),
                Number("AverageSpotDiscount", "InterruptionRate"),
            ),
        ),
    )
