"""What is published: each change of state of a system event or an instance, and each end of a task of Cloud Assistant,
once, as one JSON object in the form of CloudMonitor or in that of EventBridge.

Source: CloudMonitor user guide 2019-02, System events; ECS operations 2019-06, Event notifications (event/notification,
event/notification-name, event/notification-fields); ECS user guide 2026-10, Subscribe to Cloud Assistant events;
EventBridge user guide 2026-10, ECS events (event/cloud-events). Nothing is made where nobody has subscribed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, Final

from faultzone.clock import SECOND, stamp
from faultzone.model.core import events

if TYPE_CHECKING:
    from faultzone.model.core.events import SystemEvent
    from faultzone.model.core.state import Instance, RegionState

#: A notification, as it is published.
Notification = dict[str, Any]

_CHINA: Final = timezone(timedelta(hours=8))
_TIME: Final = "%Y%m%dT%H%M%S.%f%z"

#: The forms in which notifications are published.
CLOUD_MONITOR: Final = "cloudmonitor"
EVENT_BRIDGE: Final = "eventbridge"
FORMS: Final = (CLOUD_MONITOR, EVENT_BRIDGE)


def watch(region: RegionState, publish: Callable[[Notification], None], wanted: Callable[[], bool]) -> None:
    """Publish every transition of events and instances while that is wanted, in the order of the journal."""

    def on_event(event: SystemEvent, before: str | None, after: str) -> None:
        if wanted():
            publish(of_event(region, event, after))

    def on_transition(instance: Instance, before: str | None, after: str) -> None:
        if wanted():
            publish(of_instance(region, instance, after))

    def on_task(account: str, instance: str, task: Mapping[str, Any]) -> None:
        if wanted():
            publish(of_task(region, account, instance, task))

    region.event_observers.append(on_event)
    region.observers.append(on_transition)
    if region.edition.event.notifies_tasks:
        region.task_observers.append(on_task)


def of_event(region: RegionState, event: SystemEvent, status: str) -> Notification:
    """The notification of an event that has come into a state.

    Clauses: event/notification-fields, event/notification-execute-times.
    """
    content: dict[str, Any] = {
        "eventId": event.id,
        "instanceId": event.instance,
        "eventType": event.type,
        "eventStatus": status,
        "publishTime": stamp(event.published),
    }
    if event.not_before is not None:
        content["notBefore"] = stamp(event.not_before)
    if region.edition.event.notifies_execution:
        ended = None if event.finished is None else stamp(event.finished)
        if status in (events.AVOIDED, events.CANCELED):
            content |= {"executeStartTime": ended, "executeFinishTime": ended}
        elif status in (events.EXECUTING, events.EXECUTED) and event.executed_from is not None:
            # While it executes nobody knows when it will have been executed.
            content |= {"executeStartTime": stamp(event.executed_from), "executeFinishTime": ended or ""}
    name = f"Instance:{event.type}:{status}"
    return _notification(region, event.account, event.instance, name, "CRITICAL", content)


def of_instance(region: RegionState, instance: Instance, status: str) -> Notification:
    """The notification of an instance that has come into a state: the first is Pending, a released one is Deleted
    (event/state-change-notification)."""
    content = {
        "resourceId": instance.id,
        "resourceType": "ALIYUN::ECS::Instance",
        "state": "Deleted" if status == "Released" else status,
    }
    return _notification(region, instance.account, instance.id, "Instance:StateChange", "INFO", content)


def of_task(region: RegionState, account: str, instance: str, task: Mapping[str, Any]) -> Notification:
    """The notification of a run of Cloud Assistant that has ended (event/task-notification)."""
    return _notification(region, account, instance, "CloudAssistant:TaskCompleted", "INFO", dict(task))


def as_cloud_event(notification: Notification) -> Notification:
    """A notification of CloudMonitor in the form of EventBridge, which is that of CloudEvents 1.0
    (event/cloud-events)."""
    at = datetime.strptime(notification["eventTime"], _TIME)
    # The state of a system event is in the data, not in the type.
    kind = ":".join(notification["name"].split(":")[:2])
    region, account = notification["regionId"], notification["userId"]
    resource = notification["resourceId"].rpartition("/")[2]
    return {
        "id": notification["id"].lower(),
        "source": "acs.ecs",
        "specversion": "1.0",
        "type": f"ecs:{kind}",
        "subject": f"acs.ecs:{region}:{account}:{resource}",
        "datacontenttype": "application/json;charset=utf-8",
        "time": f"{at:%Y-%m-%dT%H:%M:%S}+08:00",
        "aliyunaccountid": account,
        "aliyunpublishtime": f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "aliyuneventbusname": "default",
        "aliyunregionid": region,
        "data": dict(notification["content"]),
    }


def in_form(notification: Notification, form: str) -> Notification:
    """A notification of CloudMonitor in one of the forms."""
    return as_cloud_event(notification) if form == EVENT_BRIDGE else notification


def _notification(
    region: RegionState, account: str, instance: str, name: str, level: str, content: dict[str, Any]
) -> Notification:
    at = datetime.fromtimestamp(region.clock.now / SECOND, UTC).astimezone(_CHINA)
    return {
        "ver": "1.0",
        "id": region.world.uuid("notification").upper(),
        "product": "ECS",
        "resourceId": f"acs:ecs:{region.id}:{account}:instance/{instance}",
        "level": level,
        "name": name,
        "userId": account,
        "eventTime": f"{at:%Y%m%dT%H%M%S}.{at.microsecond // 1000:03d}+0800",
        "regionId": region.id,
        "content": content,
    }
