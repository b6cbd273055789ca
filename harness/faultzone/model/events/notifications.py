"""What CloudMonitor publishes: each change of state of a system event or an instance, once, as one JSON object.

Source: CloudMonitor user guide 2019-02, System events; ECS operations 2019-06, Event notifications (event/notification,
event/notification-name, event/notification-fields). Nothing is made where nobody has subscribed.
"""

from __future__ import annotations

from collections.abc import Callable
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


def watch(region: RegionState, publish: Callable[[Notification], None], wanted: Callable[[], bool]) -> None:
    """Publish every transition of events and instances while that is wanted, in the order of the journal."""

    def on_event(event: SystemEvent, before: str | None, after: str) -> None:
        if wanted():
            publish(of_event(region, event, after))

    def on_transition(instance: Instance, before: str | None, after: str) -> None:
        if wanted():
            publish(of_instance(region, instance, after))

    region.event_observers.append(on_event)
    region.observers.append(on_transition)


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
