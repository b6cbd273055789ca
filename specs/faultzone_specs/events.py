"""What the tests of system events and recovery share."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from faultzone import Instance, Region, one

MAINTENANCE = "SystemMaintenance.Reboot"
SYSTEM_FAILURE = "SystemFailure.Reboot"
INSTANCE_FAILURE = "InstanceFailure.Reboot"
SETTLED = {"Avoided", "Executed", "Canceled", "Failed"}
#: A recovery may be planned for a day or two ahead, and is executed within six hours then.
EXECUTED = "54h"
HOUR = 3_600_000
DAY = 24 * HOUR


def crash(region: Region, *, reversible: bool = False) -> Instance:
    """An instance whose host has just crashed, which has been noticed: its event is there."""
    (instance,) = region.run_instances(1)
    crash_host_of(region, instance, reversible=reversible)
    return instance


def crash_host_of(region: Region, instance: Instance, *, reversible: bool = False, type: str = SYSTEM_FAILURE) -> None:
    """Crash the host of an instance, and wait until the region has noticed."""
    region.chaos.crash(str(instance.host), reversible=reversible)
    region.wait_for_event(type, instance=instance)


def stamp(region: Region, ms: int) -> str:
    """An instant so many milliseconds from now, as the API writes it; cut to the second."""
    return datetime.fromtimestamp((region.clock.ms + ms) // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def simulate(region: Region, *instances: Instance, type: str = MAINTENANCE, within: int = HOUR) -> list[str]:
    """CreateSimulatedSystemEvents, due in so many milliseconds; the ids of the events."""
    ids = [each.id for each in instances]
    asked = {"InstanceId": ids, "EventType": type, "NotBefore": stamp(region, within)}
    return list(region.call("CreateSimulatedSystemEvents", **asked)["EventIdSet"]["EventId"])


def history(region: Region, **filters: object) -> list[dict[str, Any]]:
    """What DescribeInstanceHistoryEvents lists with these filters."""
    return list(
        region.describe("DescribeInstanceHistoryEvents", "InstanceSystemEventSet", "InstanceSystemEventType", **filters)
    )


def history_ids(region: Region, **filters: object) -> set[str]:
    """Which events DescribeInstanceHistoryEvents lists."""
    return {each["EventId"] for each in history(region, **filters)}


def full(region: Region, **filters: object) -> dict[str, dict[str, Any]]:
    """What DescribeInstancesFullStatus lists with these filters, by the id of the instance."""
    shown = region.describe("DescribeInstancesFullStatus", "InstanceFullStatusSet", "InstanceFullStatusType", **filters)
    return {each["InstanceId"]: each for each in shown}


def planned_ids(region: Region, **filters: object) -> set[str]:
    """Which events DescribeInstancesFullStatus shows."""
    return {
        event["EventId"]
        for each in full(region, **filters).values()
        for event in each["ScheduledSystemEventSet"]["ScheduledSystemEventType"]
    }


def state_of(region: Region, event_id: str) -> str:
    """The state of one event."""
    found = one(event for event in region.events.of() if event.id == event_id)
    return found.state
