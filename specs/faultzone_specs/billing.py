"""What the tests of billing share: buying, waiting for instants, and looking events up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from faultzone import Instance, Region

#: How long after its instant something that was announced may take.
SOON = "10m"


@dataclass(frozen=True)
class Event:
    """A system event as the history shows it."""

    type: str
    status: str
    published: datetime
    not_before: datetime | None


def subscription(region: Region, **parameters: Any) -> Instance:
    """A running subscription instance, of one month by default."""
    (made,) = region.run_instances(1, InstanceChargeType="PrePaid", **{"Period": 1, **parameters})
    return made


def pay_as_you_go(region: Region) -> Instance:
    """A running pay-as-you-go instance."""
    (made,) = region.run_instances(1, InstanceChargeType="PostPaid")
    return made


def advance_to(region: Region, instant: datetime, *, minutes: int = 0) -> None:
    """Let time pass until so many minutes after an instant, or before it where they are negative."""
    region.clock.advance(instant - region.clock.now + timedelta(minutes=minutes))


def next_hour(region: Region) -> datetime:
    """The instant at which the present hour ends."""
    return region.clock.now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)


def _instant(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)


def events(region: Region, instance: Instance, type: str) -> list[Event]:
    """The events of a type that an instance has had or awaits, by the time of their publication."""
    return [
        Event(
            each.type,
            each.state,
            _instant(each.published),
            None if each.not_before is None else _instant(each.not_before),
        )
        for each in region.events.of(instance, type)
    ]


def statuses(region: Region, instance: Instance, type: str) -> list[str]:
    """The states of those events."""
    return [event.status for event in events(region, instance, type)]
