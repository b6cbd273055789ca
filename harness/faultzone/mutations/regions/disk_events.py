"""Wrong regions of events of disks, and of what users report."""

from __future__ import annotations

from typing import Any, Final

from faultzone.clock import HOUR, read_stamp
from faultzone.mutations.described import written
from faultzone.mutations.library import (
    Answer,
    Mutate,
    Next,
    Parameters,
    accept,
    answer,
    at,
    becomes,
    counted,
    drop,
    emptied,
    put,
    read_as,
    refuse,
    request,
    shifted,
    swallow,
    where,
    without,
)
from faultzone.mutations.regions.events import in_both, of_type
from faultzone.mutations.row import row

LIST: Final = "DescribeDisksFullStatus"
DISKS: Final = "DiskFullStatusSet.DiskFullStatusType"
EVENTS: Final = f"{DISKS}[].DiskEventSet.DiskEventType"
HEALTH: Final = f"{DISKS}[].HealthStatus.Name"
REPORT: Final = "ReportInstancesStatus"


@written
def begins(before: int) -> Mutate:
    """Shows only events of disks that began so many milliseconds before now or later, if they have ended."""

    def mutate(name: str, given: Parameters, on: Next) -> Answer:
        now = on.control("clock", {})["now"] if name == LIST else 0
        told = answer(LIST, EVENTS, without(lambda event: _began(event) < now - before and event.get("EventEndTime")))
        return told(name, given, on)

    return mutate


def of_the_first(disks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The disks of the instance of the first one."""
    return [each for each in disks if each["InstanceId"] == disks[0]["InstanceId"]]


def _began(event: dict[str, str]) -> int:
    return read_stamp(event["EventTime"])


REGIONS: Final = (
    row("disks-have-no-events", "event/disk-events", "tells of no event of a disk", answer(LIST, EVENTS, emptied())),
    row("disks-are-always-well", "event/disk-events", "shows every disk as well",
        answer(LIST, HEALTH, read_as({"Warning": "Ok", "Impaired": "Ok"}))),
    row("slow-disks-are-impaired", "event/disk-events", "shows slow disks as Impaired",
        answer(LIST, HEALTH, read_as({"Warning": "Impaired"}))),
    row("stalled-disks-are-slow", "event/disk-events", "shows disks that stand still as Warning",
        answer(LIST, HEALTH, read_as({"Impaired": "Warning"}))),
    row("disks-never-heal", "event/disk-events", "does not tell when an event of a disk ended",
        answer(LIST, f"{EVENTS}[].EventEndTime", emptied())),
    row("disks-ail-late", "event/disk-events", "tells the beginnings of events of disks an hour late",
        answer(LIST, f"{EVENTS}[].EventTime", shifted(HOUR))),
    row("all-disks-are-slow", "event/disk-events", "tells of every event of a disk as Degraded",
        answer(LIST, f"{EVENTS}[].EventType.Name", becomes("Degraded"))),
    row("disks-of-nobody", "event/disk-events", "does not tell whose a disk is",
        answer(LIST, f"{DISKS}[].InstanceId", emptied())),
    row("disks-on-no-device", "event/disk-events", "does not tell what a disk is attached as",
        answer(LIST, f"{DISKS}[].Device", emptied())),
    row("disks-are-available", "event/disk-events", "shows disks in use as Available",
        answer(LIST, f"{DISKS}[].Status.Name", becomes("Available"))),
    row("disks-of-one-kind", "event/disk-events", "shows the disks of one instance alone",
        answer(LIST, DISKS, of_the_first), answer(LIST, "", counted("TotalCount", DISKS))),
    row("disk-events-of-an-hour", "event/disk-events-week", "forgets events of disks after an hour", begins(HOUR)),
    row("lasting-disk-events-hidden", "event/disk-events-week", "forgets what still ails a disk",
        answer(LIST, EVENTS, without(lambda event: not event.get("EventEndTime")))),

    *(
        row(f"disks-of-any-{name.lower()}", "event/disk-filters", f"does not look at {name}", request(LIST, drop(name)))
        for name in ("DiskId", "EventId", "EventType", "HealthStatus", "Status", "ResourceGroupId", "Tag", "EventTime")
    ),
    row("disks-to-any-time", "event/disk-filters", "does not look at EventTime.End",
        request(LIST, at("EventTime", drop("End")))),
    row("disks-of-any-event-beside-ids", "event/disk-filters", "does not look at EventId where disks are named",
        request(LIST, where(lambda given: "DiskId" in given, drop("EventId")))),
    row("disks-of-any-health-beside-ids", "event/disk-filters", "does not look at HealthStatus where disks are named",
        request(LIST, where(lambda given: "DiskId" in given, drop("HealthStatus")))),
    row("any-number-of-disks", "event/disk-filters", "takes more than 100 ids of disks",
        swallow(LIST, "DiskIdLimitExceeded")),
    row("disks-on-pages-of-twenty", "event/disk-filters", "shows twenty where no size is given",
        request(LIST, where(lambda given: "PageSize" not in given, put(PageSize=20)))),
    row("disks-on-the-first-page", "event/disk-filters", "shows the first page for every number",
        request(LIST, drop("PageNumber"))),
    row("disks-of-any-value", "event/disk-filters", "takes values that there are not",
        swallow(LIST, "InvalidParameter")),

    row("isolates-in-silence", "event/disk-damaged", "asks nobody about a damaged disk",
        *in_both(without(of_type("SystemMaintenance.IsolateErrorDisk")))),
    row("isolates-some-disk", "event/disk-damaged", "does not tell which disk is damaged",
        *in_both(at("[].ExtendedAttribute.DiskId", emptied()))),
    row("isolates-nothing", "event/disk-damaged", "isolates no disk that its user has let go",
        accept("AcceptInquiredSystemEvent")),

    row("reports-of-anything", "event/report", "takes reports of instances that there are not",
        swallow(REPORT, "InvalidInstanceId.NotFound")),
    row("reports-of-any-reason", "event/report", "takes any reason", swallow(REPORT, "InvalidParameter")),
    row("reports-of-no-disk", "event/report", "takes reports of disks that name none",
        swallow(REPORT, "MissingParameter")),
    row("reports-of-any-number", "event/report", "takes reports of more than 100 instances",
        swallow(REPORT, "InstanceIdLimitExceeded")),
    row("reports-of-no-time", "event/report", "refuses reports that say when it was",
        refuse(REPORT, "InvalidParameter", lambda given: "StartTime" in given)),
)  # fmt: skip
