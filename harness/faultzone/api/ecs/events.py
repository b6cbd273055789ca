"""The actions on system events and maintenance. Source: API reference of February 2019, chapter "System events"."""

from __future__ import annotations

from typing import Any, Final

from faultzone.api.answer import CURRENT, PAGES, Answer, Number, Structure, Text, Time, Truth, items, pages_or_tokens
from faultzone.api.ecs.instances import STATUSES
from faultzone.api.ecs.reasons import (
    CANNOT_BE_USED,
    NO_IMPACT,
)
from faultzone.api.ecs.shared import TAG
from faultzone.api.request import Request, flag, integer, structure, structures, text, texts

#: What the health of an instance may be, in the letters in which filters are compared (event/pending-filters), and the
#: number beside each name. Samples have those of Ok, Warning and Impaired; the others are ours.
HEALTH_CODES: Final = {
    "Ok": 0,
    "Impaired": 128,
    "Warning": 64,
    "Maintaining": 0,
    "Initializing": 16,
    "InsufficientData": 32,
    "NotApplicable": 256,
}
#: What may be done to an instance whose host fails; the first is the default.
ACTIONS_ON_MAINTENANCE = ("AutoRecover", "Stop", "AutoRedeploy")
#: Whose events may be asked for; the first is the default.
RESOURCE_TYPES = ("instance", "ddh", "managedhost")
INSTANCE: Final = RESOURCE_TYPES[0]
#: The fields of a range of time; either may be left out.
_RANGE = (text("Start"), text("End"))


class _Events(Request):
    """What the two queries have in common (event/pending-limits, event/history-limits)."""

    needs_region = True
    writes = False

    event_ids: tuple[str, ...] = texts("EventId", most=100, too_many="EventIdLimitExceeded")
    event_type: str | None = text("EventType")
    event_types: tuple[str, ...] = texts("InstanceEventType", most=30)
    not_before: dict[str, str] | None = structure("NotBefore", *_RANGE)
    published: dict[str, str] | None = structure("EventPublishTime", *_RANGE)
    page_number: int = integer("PageNumber", 1, least=1)
    page_size: int = integer("PageSize", 10, least=1, most=100)


_OF_A_DISK: Final = "the event is about a disk"
_NO_DISK: Final = "no disk that was released has to be cleaned"
_NO_POLICY: Final = "each damaged disk is isolated in one way"
_NO_REASON: Final = "no event has a reason of its own"
#: A state or a type: its number and its name.
_CODED: Final = (Number("Code"), Text("Name"))
#: What both queries tell of an event.
_EVENT: Final = (
    Text("EventId"),
    Structure("EventType", *_CODED),
    Structure("EventCycleStatus", *_CODED),
    Time("EventPublishTime"),
    Time("NotBefore", when="the event was planned"),
    Text("Reason", since=CURRENT),
    Text("ImpactLevel", since=CURRENT, empty=NO_IMPACT),
)
_INACTIVE_DISKS: Final = items(
    "InactiveDisks",
    "InactiveDisk",
    Text("DeviceCategory", "DeviceSize", "DeviceType"),
    Time("CreationTime", "ReleaseTime"),
    empty=_NO_DISK,
)


class DescribeInstancesFullStatus(_Events):
    """Show instances with their states, their health and the events that are planned for them."""

    instance_ids: tuple[str, ...] = texts("InstanceId", most=100, too_many="InstanceIdLimitExceeded")
    status: str | None = text("Status", among=STATUSES)
    health: str | None = text("HealthStatus", among=(*HEALTH_CODES,))

    answer = Answer(
        *PAGES,
        items(
            "InstanceFullStatusSet",
            "InstanceFullStatusType",
            Text("InstanceId"),
            Structure("Status", *_CODED),
            Structure("HealthStatus", *_CODED),
            items(
                "ScheduledSystemEventSet",
                "ScheduledSystemEventType",
                *_EVENT,
                Structure(
                    "ExtendedAttribute",
                    Text("DiskId", "Device", when=_OF_A_DISK),
                    _INACTIVE_DISKS,
                    since=CURRENT,
                    when=_OF_A_DISK,
                ),
            ),
        ),
    )


class DescribeInstanceHistoryEvents(_Events):
    """List the events of the last two months, of instances or of the region."""

    # The reference has one InstanceId, the manual's sample InstanceId.1: event/history-instance-list.
    instance_ids: tuple[str, ...] = texts("InstanceId", most=100, too_many="InstanceIdLimitExceeded")
    cycle_status: str | None = text("EventCycleStatus")
    cycle_statuses: tuple[str, ...] = texts("InstanceEventCycleStatus", most=7)
    max_results: int | None = integer("MaxResults", since=CURRENT)
    next_token: str | None = text("NextToken", since=CURRENT)

    resource_type: str = text("ResourceType", INSTANCE, among=RESOURCE_TYPES, since=CURRENT)
    resource_ids: tuple[str, ...] = texts("ResourceId", most=100, since=CURRENT)
    tags: tuple[dict[str, str], ...] = structures("Tag", *TAG, most=20, since=CURRENT)
    resource_group_id: str | None = text("ResourceGroupId", since=CURRENT)

    not_simulated = ((NO_IMPACT, "ImpactLevel"),)

    answer = Answer(
        *pages_or_tokens(CURRENT)[:-1],
        Text("NextToken", since=CURRENT, when="the page was asked for by token, and another follows"),
        items(
            "InstanceSystemEventSet",
            "InstanceSystemEventType",
            *_EVENT,
            Text("InstanceId"),
            Time("EventFinishTime", when="the event has ended"),
            Text("ResourceType", since=CURRENT),
            Text("ReasonCode", since=CURRENT, empty=_NO_REASON),
            Structure(
                "ExtendedAttribute",
                Time("InitialNotBefore", when="it was planned"),
                Text("DiskId", "Device", when=_OF_A_DISK),
                Text("OnlineRepairPolicy", empty=_NO_POLICY),
                Text("HostId", "HostType", "Rack", empty="the host of an instance is its provider's to know"),
                Text("CanAccept", "ResponseResult", "Code", "MetricName", "MetricValue", empty=_NO_REASON),
                Text("PunishDomain", "PunishUrl", when="a website was banned"),
                Text("PunishType", empty="a violation has nothing but the type of its event"),
                items("MigrationOptions", "MigrationOption", empty="nothing but a restart moves an instance"),
                _INACTIVE_DISKS,
                since=CURRENT,
            ),
        ),
    )


class CreateSimulatedSystemEvents(Request):
    """Publish events on instances to which nothing is done."""

    needs_region = True

    instance_ids: tuple[str, ...] = texts("InstanceId", most=100, too_many="InstanceIdLimitExceeded", required=True)
    event_type: str = text("EventType", required=True)
    not_before: str = text("NotBefore", required=True)

    real: bool = flag("TriggerRealOps", since=CURRENT)

    answer = Answer(items("EventIdSet", "EventId"))


class CancelSimulatedSystemEvents(Request):
    """Withdraw simulated events."""

    needs_region = True

    event_ids: tuple[str, ...] = texts("EventId", most=100, too_many="EventIdLimitExceeded", required=True)


class AcceptInquiredSystemEvent(Request):
    """Consent to an event that awaits it."""

    needs_region = True
    since = (2020, 12)

    event_id: str = text("EventId", required=True)

    not_simulated = ((CANNOT_BE_USED, "Choice"),)


class ModifySystemEventAttribute(Request):
    """Let planned maintenance come sooner."""

    needs_region = True
    since = CURRENT

    instance_id: str = text("InstanceId", required=True)
    event_id: str = text("EventId", required=True)
    not_before: str = text("NotBefore", required=True)


class RedeployInstance(Request):
    """Restart an instance on another host: maintenance is planned for it, or the host of its local disks failed."""

    since = (2019, 6)

    instance_id: str = text("InstanceId", required=True)
    force_stop: bool = flag("ForceStop")

    answer = Answer(Text("TaskId"))


class ModifyInstanceMaintenanceAttributes(Request):
    """Choose what is done to instances whose host fails, and when maintenance is preferred."""

    needs_region = True
    since = (2020, 12)

    instance_ids: tuple[str, ...] = texts("InstanceId", most=100, too_many="InstanceIdLimitExceeded", required=True)
    action: str | None = text("ActionOnMaintenance", among=ACTIONS_ON_MAINTENANCE)
    windows: tuple[dict[str, Any], ...] = structures("MaintenanceWindow", text("StartTime"), text("EndTime"), most=1)
    notify: bool | None = flag("NotifyOnMaintenance", None)


class DescribeInstanceMaintenanceAttributes(Request):
    """Show what is done to instances whose host fails, and when maintenance is preferred."""

    needs_region = True
    since = (2020, 12)
    writes = False

    instance_ids: tuple[str, ...] = texts("InstanceId", most=100, too_many="InstanceIdLimitExceeded")
    page_number: int = integer("PageNumber", 1, least=1)
    page_size: int = integer("PageSize", 10, least=1, most=100)

    answer = Answer(
        *PAGES,
        items(
            "MaintenanceAttributes",
            "MaintenanceAttribute",
            Text("InstanceId"),
            Structure(
                "ActionOnMaintenance",
                Text("Value", "DefaultValue"),
                items("SupportedValues", "SupportedValue"),
            ),
            items("MaintenanceWindows", "MaintenanceWindow", Text("StartTime", "EndTime")),
            Truth("NotifyOnMaintenance"),
        ),
    )
