"""Wrong regions of system events that have causes of their own, and of what is told of disks."""

from __future__ import annotations

from typing import Any, Final

from faultzone.mutations.library import Next, Parameters, after, answer, drop, put, where, without
from faultzone.mutations.regions.events import of_type
from faultzone.mutations.row import always, row

HISTORY: Final = "DescribeInstanceHistoryEvents"
EVENTS: Final = "InstanceSystemEventSet.InstanceSystemEventType"
DELETE: Final = "SystemFailure.Delete"
NOTES: Final = "notifications"


def lock(on: Next, given: Parameters, answered: object) -> None:
    """Lock what has a banned website."""
    on.control("lock", {"instance": given["instance"], "reason": "security"})


def of_disk(note: dict[str, Any]) -> bool:
    """Whether a notification is of a disk, in the form of CloudMonitor."""
    return str(note.get("name")).startswith("Disk:")


REGIONS: Final = (
    row("failed-launches-are-not-told", "event/creation-failure", "has no event of a launch that failed",
        answer(HISTORY, EVENTS, without(of_type(DELETE)))),
    row("failed-launches-fail-to-fail", "event/creation-failure", "says that the release of what failed has Failed",
        answer(HISTORY, f"{EVENTS}[]", where(of_type(DELETE), put(EventCycleStatus={"Code": 4, "Name": "Failed"})))),
    row("failed-launches-are-planned", "event/creation-failure", "tells of a plan for what has failed",
        answer(HISTORY, f"{EVENTS}[]", where(of_type(DELETE), put(NotBefore="2019-03-02T00:00:00Z")))),
    row("failed-launches-cost", "event/creation-failure", "keeps what was paid", refunded=always(0)),
    row("banned-nowhere", "event/website-banned", "does not tell what was banned",
        answer(HISTORY, f"{EVENTS}[].ExtendedAttribute", drop("PunishDomain", "PunishUrl"))),
    row("banned-and-locked", "event/website-banned", "locks what has a banned website", after("ban-website", lock)),
    row("disks-are-not-told", "event/disk-notification", "tells nothing of disks",
        answer(NOTES, NOTES, without(of_disk))),
    row("disks-are-told-once", "event/disk-notification", "tells of no end",
        answer(NOTES, NOTES, without(lambda note: of_disk(note) and "executeFinishTime" in note["content"]))),
    row("disks-are-told-quietly", "event/disk-notification", "tells of disks as of anything",
        answer(NOTES, f"{NOTES}[]", where(of_disk, put(level="INFO")))),
    row("disks-are-told-of-nobody", "event/disk-notification", "does not tell whose disk it is",
        answer(NOTES, f"{NOTES}[]", where(of_disk, put(resourceId="")))),
    row("disks-are-told-as-instances", "event/disk-notification", "tells of disks as of instances",
        answer(NOTES, f"{NOTES}[].type", lambda type: str(type).replace("Disk:", "Instance:"))),
)  # fmt: skip
