"""Events of disks: what ails them, what their users see of it, and what they report.

Source: API reference of October 2026, DescribeDisksFullStatus and ReportInstancesStatus (event/disk-events,
event/report).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from faultzone.api.ecs.disk_events import DISK_EVENTS, OF_DISKS, DescribeDisksFullStatus, ReportInstancesStatus
from faultzone.api.ecs.events import HEALTH_CODES
from faultzone.api.errors import ApiError
from faultzone.clock import DAY, stamp
from faultzone.model.core import events
from faultzone.model.core.book import Several
from faultzone.model.core.dispatch import Answer, handles
from faultzone.model.core.fields import disk_terms, tagged
from faultzone.model.core.filters import read_asked_tags, read_instant, read_range
from faultzone.model.core.free_disks import device_of, find_disk, id_of
from faultzone.model.core.index import NONE, both, either
from faultzone.model.core.listing import Listed, listing
from faultzone.model.core.state import AccountState, Instance, RegionState

_IN_USE: Final = {"Code": 128, "Name": "In_use"}
#: A damaged local disk is isolated once its user consents.
DAMAGED: Final = "ErrorDetected"
#: While an event of these types lasts, a disk is Impaired; while one of the others does, its health is Warning.
_IMPAIRS: Final = frozenset({"Stalled", DAMAGED})
_ISOLATES: Final = "SystemMaintenance.IsolateErrorDisk"
#: How long events are told of after they began.
_TOLD: Final = 7 * DAY


class DiskEvent:
    """One event of a disk; times are in milliseconds since the epoch, `ended` is None while it lasts."""

    __slots__ = ("began", "device", "disk", "ended", "id", "instance", "type")

    def __init__(self, id: str, type: str, instance: Instance, number: int, began: int) -> None:
        self.id, self.type, self.instance, self.began = id, type, instance.id, began
        self.disk, self.device = id_of(instance, number), device_of(instance, number)
        self.ended: int | None = None


class DiskEvents(list[DiskEvent]):
    """The events of the disks of an account in a region, oldest first."""


def begin(region: RegionState, instance: Instance, number: int, type: str) -> DiskEvent:
    """Let something ail a disk, by its number; of a damaged one its user is asked whether it may be isolated
    (event/disk-damaged)."""
    event = DiskEvent(region.world.resource_id("e"), type, instance, number, region.clock.now)
    region.account(instance.account).part(DiskEvents).append(event)
    region.record("notice", instance=instance.id, what="disk", disk=event.disk, event=event.id, type=type)
    if type == DAMAGED and _ISOLATES in region.edition.event.types:

        def isolate() -> bool:
            end(region, event)
            return True

        asked = events.inquire(region, instance, _ISOLATES, execute=isolate)
        asked.about = {"DiskId": event.disk, "Device": event.device}
    _tell(region, instance, event)
    return event


def end(region: RegionState, event: DiskEvent) -> None:
    """End what ails a disk, unless that is over."""
    if event.ended is None:
        event.ended = region.clock.now
        region.record("notice", instance=event.instance, what="disk is well", disk=event.disk, event=event.id)
        instance = region.instances.get(event.instance)
        if instance is not None:
            _tell(region, instance, event)


def _tell(region: RegionState, instance: Instance, event: DiskEvent) -> None:
    """Tell that an event of a disk has begun, or has ended (event/disk-notification)."""
    said = {
        "eventId": event.id,
        "diskId": event.disk,
        "device": event.device,
        "eventType": event.type,
        "executeStartTime": stamp(event.began),
        **({} if event.ended is None else {"executeFinishTime": stamp(event.ended)}),
        "ecsInstanceId": instance.id,
        "ecsInstanceName": instance.name,
    }
    for observer in region.disk_observers:
        observer(instance, event.disk, said)


@handles(DescribeDisksFullStatus)
def describe_full_status(region: RegionState, account: AccountState, request: DescribeDisksFullStatus) -> Answer:
    """DescribeDisksFullStatus: what narrows events leaves out disks without one (event/disk-events,
    event/disk-events-week, event/disk-filters)."""
    r, now = request, region.clock.now
    told = [each for each in account.part(DiskEvents) if each.began >= now - _TOLD or each.ended is None]
    first, last = read_range("EventTime", r.event_time or {})
    shown = [
        each
        for each in told
        if each.instance in account.instances
        and (not r.event_ids or each.id in r.event_ids)
        and r.event_type in (None, each.type)
        and first <= each.began <= last
    ]
    narrowed = bool(r.event_ids or r.event_type or r.event_time)
    book = account.book
    conditions = tagged(book, "launch tag", read_asked_tags(r.tags))
    if r.status not in (None, "In_use"):
        conditions.append(NONE)
    found: Listed[tuple[Instance, int]]
    group = r.resource_group_id or None
    if narrowed or r.health is not None or r.disk_ids:
        ids = r.disk_ids or [each.disk for each in (shown if narrowed else told)]
        if narrowed:
            ids = [each for each in ids if any(event.disk == each for event in shown)]
        selected = book.found(*conditions)
        found = [
            (each, number)
            for each, number in _named(account, ids)
            if each in selected
            and r.health in (None, _health(told, id_of(each, number)))
            and group in (None, disk_terms(each)[number].resource_group)
        ]
    else:
        found = _all(account, book.found(*conditions).rows, group)
    return listing(
        "DiskFullStatusSet",
        "DiskFullStatusType",
        found,
        request,
        lambda each: _render(*each, told, shown),
    )


def _all(account: AccountState, rows: Any, group: str | None) -> Several[Instance, tuple[Instance, int]]:
    """All disks of these instances, or those of a resource group."""
    book = account.book
    groups: dict[int, Any] = {}
    for terms in book.index("disks").values():
        count = sum(group in (None, each.resource_group) for each in terms)
        groups[count] = either((groups.get(count, NONE), both(rows, book.rows("disks", terms))))

    def of(instance: Instance) -> list[tuple[Instance, int]]:
        return [(instance, each.number) for each in disk_terms(instance) if group in (None, each.resource_group)]

    return Several(book, groups, of)


def _named(account: AccountState, ids: Iterable[str]) -> list[tuple[Instance, int]]:
    """The disks of instances that have these ids."""
    found = (find_disk(account, id) for id in dict.fromkeys(ids))
    return [each for each in found if each is not None]


def _health(told: Sequence[DiskEvent], disk: str) -> str:
    lasting = {each.type for each in told if each.disk == disk and each.ended is None}
    if not lasting:
        return "Ok"
    return "Impaired" if lasting & _IMPAIRS else "Warning"


def _render(instance: Instance, number: int, told: Sequence[DiskEvent], shown: Sequence[DiskEvent]) -> dict[str, Any]:
    disk = id_of(instance, number)
    health = _health(told, disk)
    return {
        "DiskId": disk,
        "InstanceId": instance.id,
        "Device": device_of(instance, number),
        "Status": _IN_USE,
        "HealthStatus": {"Code": HEALTH_CODES[health], "Name": health},
        "DiskEventSet": {"DiskEventType": [_render_event(each) for each in shown if each.disk == disk]},
    }


def _render_event(event: DiskEvent) -> dict[str, Any]:
    shown = {
        "EventId": event.id,
        "EventType": {"Code": DISK_EVENTS[event.type], "Name": event.type},
        "EventTime": stamp(event.began),
    }
    return shown if event.ended is None else {**shown, "EventEndTime": stamp(event.ended)}


@handles(ReportInstancesStatus)
def report_status(region: RegionState, account: AccountState, request: ReportInstancesStatus) -> Answer:
    """ReportInstancesStatus: the journal has it; nobody here looks into it (event/report)."""
    r = request
    for each in dict.fromkeys(r.instance_ids):
        account.instance(each)
    if (r.reason in OF_DISKS or r.category in OF_DISKS) and not r.disk_ids:
        raise ApiError.of("MissingParameter", name="DiskId")
    if len(_named(account, r.disk_ids)) < len({*r.disk_ids}):
        raise ApiError.of("InvalidParameter", name="DiskId", why="there is no such disk")
    start, last = (
        None if value is None else read_instant(value, name=name)
        for name, value in (("StartTime", r.start), ("EndTime", r.end))
    )
    if start is not None and last is not None and last < start:
        raise ApiError.of("InvalidParameter", name="EndTime", why="it is before StartTime")
    for each in dict.fromkeys(r.instance_ids):
        region.record("notice", instance=each, what="report", reason=r.reason, description=r.description)
    return {}
