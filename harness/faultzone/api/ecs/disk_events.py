"""The actions on events of disks, and on what users report.

Source: API reference of October 2026, chapter "Operations and monitoring".
"""

from __future__ import annotations

from typing import Final

from faultzone.api.answer import CURRENT, PAGES, Answer, Number, Structure, Text, Time, items
from faultzone.api.ecs.events import HEALTH_CODES
from faultzone.api.ecs.reasons import NO_IMPACT
from faultzone.api.ecs.shared import TAG
from faultzone.api.request import Request, integer, structure, structures, text, texts

#: The types of events of disks, and the number of each. Samples have those of Degraded and Stalled, the
#: others are ours.
DISK_EVENTS: Final = {"Degraded": 1, "SeverelyDegraded": 3, "Stalled": 7, "ErrorDetected": 5}
#: The health that filters do not compare: a disk that is well is Ok, and none is maintained.
_NOT_ASKED: Final = ("Ok", "Maintaining")
DISK_STATES = ("In_use", "Available", "Attaching", "Detaching", "Creating", "ReIniting")
#: What a user may report, and what of it is about disks.
REASONS = (
    "instance-hang",
    "instance-stuck-in-status",
    "abnormal-network",
    "abnormal-local-disk",
    "abnormal-cloud-disk",
    "others",
)
OF_DISKS = ("abnormal-local-disk", "abnormal-cloud-disk", "hardware-disk-error")
#: What a user of bare metal may report.
CATEGORIES = (
    *(
        f"hardware-{part}-error"
        for part in ("cpu", "motherboard", "mem", "power", "disk", "networkcard", "raidcard", "fan")
    ),
    "others",
)

_CODED = (Number("Code"), Text("Name"))


class DescribeDisksFullStatus(Request):
    """Show disks with their states, their health and the events of the last week."""

    needs_region = True
    since = CURRENT
    writes = False

    disk_ids: tuple[str, ...] = texts("DiskId", most=100, too_many="DiskIdLimitExceeded")
    event_ids: tuple[str, ...] = texts("EventId", most=100, too_many="EventIdLimitExceeded")
    event_type: str | None = text("EventType", among=(*DISK_EVENTS,))
    health: str | None = text("HealthStatus", among=tuple(each for each in HEALTH_CODES if each not in _NOT_ASKED))
    status: str | None = text("Status", among=DISK_STATES)
    event_time: dict[str, str] | None = structure("EventTime", text("Start"), text("End"))
    tags: tuple[dict[str, str], ...] = structures("Tag", *TAG, most=20)
    resource_group_id: str | None = text("ResourceGroupId")
    page_number: int = integer("PageNumber", 1, least=1)
    page_size: int = integer("PageSize", 10, least=1, most=100)

    answer = Answer(
        *PAGES,
        items(
            "DiskFullStatusSet",
            "DiskFullStatusType",
            Text("DiskId", "InstanceId", "Device"),
            Structure("Status", *_CODED),
            Structure("HealthStatus", *_CODED),
            items(
                "DiskEventSet",
                "DiskEventType",
                Text("EventId"),
                Structure("EventType", *_CODED),
                Time("EventTime"),
                Time("EventEndTime", when="the event has ended"),
                Text("ImpactLevel", empty=NO_IMPACT),
            ),
        ),
    )


class ReportInstancesStatus(Request):
    """Report to the provider that something is wrong with instances."""

    needs_region = True
    since = CURRENT

    instance_ids: tuple[str, ...] = texts("InstanceId", most=100, too_many="InstanceIdLimitExceeded", required=True)
    description: str = text("Description", required=True)
    reason: str | None = text("Reason", among=REASONS)
    category: str | None = text("IssueCategory", among=CATEGORIES)
    disk_ids: tuple[str, ...] = texts("DiskId", most=100, too_many="DiskIdLimitExceeded")
    devices: tuple[str, ...] = texts("Device", most=100, inert=CURRENT, why="nobody looks into a report here")
    start: str | None = text("StartTime")
    end: str | None = text("EndTime")
