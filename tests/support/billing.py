"""What the tests of billing share."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from faultzone import Instance, Region


def subscription(region: Region, **parameters: Any) -> Instance:
    (made,) = region.run_instances(1, InstanceChargeType="PrePaid", **{"Period": 1, **parameters})
    return made


def events(region: Region, instance: Instance) -> list[tuple[str, str]]:
    return [(entry.data["type"], entry.data["to"]) for entry in region.journal.of("event", instance=instance.id)]


def advance_past(region: Region, instant: datetime) -> None:
    region.clock.advance((instant - region.clock.now).total_seconds() + 60)
