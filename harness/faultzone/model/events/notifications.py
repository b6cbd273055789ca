"""What is published: each change of state of a system event or an instance, each begin and end of what ails a disk, and
each end of a task of Cloud Assistant, once, as one JSON object in the form of CloudMonitor or in that of EventBridge.

Source: CloudMonitor user guide 2019-02, System events; ECS operations 2019-06, Event notifications (event/notification,
event/notification-name, event/notification-fields); ECS user guide 2026-10, Subscribe to Cloud Assistant events;
EventBridge user guide 2026-10, ECS events (event/cloud-events). Nothing is made where nobody has subscribed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, Final, NamedTuple

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
#: What an event rule can send notifications to: a URL, or a queue of a name.
WEBHOOK: Final = "webhook"
QUEUE: Final = "queue"


#: The name of a host that can be posted to: at most 253 characters, which whoever uses it bounds.
_LABEL: Final = r"[a-zA-Z0-9_](?:[a-zA-Z0-9_-]{0,61}[a-zA-Z0-9_])?"
HOST_NAME: Final = rf"{_LABEL}(?:\.{_LABEL})*\.?"


class Destination(NamedTuple):
    """Where notifications are sent: the kind, the URL or the name of the queue, and whose it is."""

    kind: str
    where: str
    account: str


def watch(region: RegionState, publish: Callable[[Notification], None], wanted: Callable[[], bool]) -> None:
    """Publish every transition of events and instances while that is wanted, in the order of the journal."""

    def on_event(event: SystemEvent, before: str | None, after: str) -> None:
        if wanted():
            publish(of_event(region, event, after))

    def on_transition(instance: Instance, before: str | None, after: str) -> None:
        if wanted():
            publish(of_instance(region, instance, before, after))

    def on_task(account: str, instance: str, task: Mapping[str, Any]) -> None:
        if wanted():
            publish(of_task(region, account, instance, task))

    def on_interruption(instance: Instance, action: str) -> None:
        if wanted():
            publish(of_interruption(region, instance, action))

    def on_disk(instance: Instance, disk: str, said: Mapping[str, Any]) -> None:
        if wanted():
            publish(of_disk(region, instance, disk, said))

    def on_test(notification: Notification) -> None:
        if wanted():
            publish(notification)

    region.interruption_observers.append(on_interruption)
    region.test_observers.append(on_test)
    region.event_observers.append(on_event)
    region.observers.append(on_transition)
    if region.edition.event.notifies_tasks:
        region.task_observers.append(on_task)
    if region.edition.event.notifies_disks:
        region.disk_observers.append(on_disk)


def of_event(region: RegionState, event: SystemEvent, status: str, at: int | None = None) -> Notification:
    """The notification of an event that has come into a state: now, or as it was told at an instant.

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
            finished = ended or "" if status == events.EXECUTED else ""
            content |= {"executeStartTime": stamp(event.executed_from), "executeFinishTime": finished}
    name = f"Instance:{event.type}:{status}"
    told = None if at is None else (at, _id_of(region, event, status))
    return _notification(region, event.account, event.instance, name, "CRITICAL", content, told=told)


def _id_of(region: RegionState, event: SystemEvent, status: str) -> str:
    """The id by which a listing has what became of an event, the same whenever it is asked."""
    return region.world.sign("cloud monitor", event.id, status)[:32].upper()


def of_instance(region: RegionState, instance: Instance, before: str | None, after: str) -> Notification:
    """The notification of an instance that has come into a state: the first, before which it had none, has a name of
    the edition, and a released one is Deleted (event/state-change-notification, event/created-notification)."""
    state = region.edition.event.told_when_made if before is None else "Deleted" if after == "Released" else after
    content = {"resourceId": instance.id, "resourceType": "ALIYUN::ECS::Instance", "state": state}
    return _notification(region, instance.account, instance.id, "Instance:StateChange", "INFO", content)


def of_interruption(region: RegionState, instance: Instance, action: str) -> Notification:
    """The notification of a spot instance that is about to be taken back (billing/spot-notice)."""
    content = {"instanceId": instance.id, "instanceName": instance.name, "action": action}
    name = "Instance:PreemptibleInstanceInterruption"
    return _notification(region, instance.account, instance.id, name, "WARN", content)


def of_disk(region: RegionState, instance: Instance, disk: str, said: Mapping[str, Any]) -> Notification:
    """The notification of an event of a disk that has begun, or has ended (event/disk-notification)."""
    status = events.EXECUTED if "executeFinishTime" in said else events.EXECUTING
    name = f"Disk:{said['eventType']}:{status}"
    return _notification(region, instance.account, disk, name, "CRITICAL", dict(said), kind="disk")


def of_task(region: RegionState, account: str, instance: str, task: Mapping[str, Any]) -> Notification:
    """The notification of a run of Cloud Assistant that has ended (event/task-notification)."""
    return _notification(region, account, instance, "CloudAssistant:TaskCompleted", "INFO", dict(task))


def dry_run(region: RegionState, account: str, name: str, content: dict[str, Any]) -> Notification:
    """The notification of an event that is none (product/event-dry-run)."""
    resource = str(content.get("instanceId") or content.get("resourceId") or "")
    return _notification(region, account, resource, name, "INFO", content)


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
    region: RegionState,
    account: str,
    resource: str,
    name: str,
    level: str,
    content: dict[str, Any],
    *,
    kind: str = "instance",
    told: tuple[int, str] | None = None,
) -> Notification:
    """A notification of now; or one that was told, with its time and its id."""
    now, id = told or (region.clock.now, region.world.uuid("notification").upper())
    at = datetime.fromtimestamp(now / SECOND, UTC).astimezone(_CHINA)
    return {
        "ver": "1.0",
        "id": id,
        "product": "ECS",
        "resourceId": f"acs:ecs:{region.id}:{account}:{kind}/{resource}",
        "level": level,
        "name": name,
        "userId": account,
        "eventTime": f"{at:%Y%m%dT%H%M%S}.{at.microsecond // 1000:03d}+0800",
        "regionId": region.id,
        "content": content,
    }
