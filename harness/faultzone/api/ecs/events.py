"""The actions on system events and maintenance. Source: API reference of February 2019, chapter "System events"."""

from __future__ import annotations

from typing import Any

from faultzone.api.ecs.instances import STATUSES
from faultzone.api.request import Request, flag, integer, structure, structures, text, texts

#: What the health of an instance may be, in the letters in which filters are compared (event/pending-filters).
HEALTH = ("Ok", "Impaired", "Warning", "Maintaining", "Initializing", "InsufficientData", "NotApplicable")
#: What may be done to an instance whose host fails; the first is the default.
ACTIONS_ON_MAINTENANCE = ("AutoRecover", "Stop", "AutoRedeploy")
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


class DescribeInstancesFullStatus(_Events):
    """Show instances with their states, their health and the events that are planned for them."""

    instance_ids: tuple[str, ...] = texts("InstanceId", most=100, too_many="InstanceIdLimitExceeded")
    status: str | None = text("Status", among=STATUSES)
    health: str | None = text("HealthStatus", among=HEALTH)


class DescribeInstanceHistoryEvents(_Events):
    """List the events of the last two months, of instances or of the region."""

    # The reference has one InstanceId, the manual's sample InstanceId.1: event/history-instance-list.
    instance_ids: tuple[str, ...] = texts("InstanceId", most=100, too_many="InstanceIdLimitExceeded")
    cycle_status: str | None = text("EventCycleStatus")
    cycle_statuses: tuple[str, ...] = texts("InstanceEventCycleStatus")


class CreateSimulatedSystemEvents(Request):
    """Publish events on instances to which nothing is done."""

    needs_region = True

    instance_ids: tuple[str, ...] = texts("InstanceId", most=100, too_many="InstanceIdLimitExceeded", required=True)
    event_type: str = text("EventType", required=True)
    not_before: str = text("NotBefore", required=True)


class CancelSimulatedSystemEvents(Request):
    """Withdraw simulated events."""

    needs_region = True

    event_ids: tuple[str, ...] = texts("EventId", most=100, too_many="EventIdLimitExceeded", required=True)


class AcceptInquiredSystemEvent(Request):
    """Consent to an event that awaits it."""

    needs_region = True
    since = (2020, 12)

    event_id: str = text("EventId", required=True)


class RedeployInstance(Request):
    """Restart an instance on another host: maintenance is planned for it, or the host of its local disks failed."""

    since = (2019, 6)

    instance_id: str = text("InstanceId", required=True)
    force_stop: bool = flag("ForceStop")


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
