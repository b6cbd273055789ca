"""What a region shows of its system events: the handle's view of the two queries, waiting for events, timelines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from faultzone.api.errors import ApiError
from faultzone.clock import Duration, read_stamp, stamp
from faultzone.errors import UsageError, WaitTimeout
from faultzone.faults.targets import id_of

if TYPE_CHECKING:
    from faultzone.region import Instance, Region


class SystemEvent(NamedTuple):
    """A system event in the history. Times are in milliseconds since the epoch.

    Attributes:
        state: a state of the edition, such as Scheduled or Executed.
        not_before: the end of the user's window; None for an unplanned event.
        finished: the time of its end; None before.
    """

    id: str
    instance: str
    type: str
    state: str
    published: int
    not_before: int | None
    finished: int | None

    def __repr__(self) -> str:
        due = f", not before {stamp(self.not_before)}" if self.not_before is not None else ""
        done = f", finished {stamp(self.finished)}" if self.finished is not None else ""
        said = f"{self.type} of {self.instance} {self.state}, published {stamp(self.published)}{due}{done}"
        return f"SystemEvent({self.id}: {said})"

    @classmethod
    def of(cls, shown: dict[str, Any]) -> SystemEvent:
        """The event of one entry of DescribeInstanceHistoryEvents."""

        def instant(name: str) -> int | None:
            return read_stamp(shown[name]) if shown.get(name) else None

        return cls(
            shown["EventId"],
            shown["InstanceId"],
            shown["EventType"]["Name"],
            shown["EventCycleStatus"]["Name"],
            read_stamp(shown["EventPublishTime"]),
            instant("NotBefore"),
            instant("EventFinishTime"),
        )


class Events:
    """The system events of a region.

    Args:
        region: which.
    """

    def __init__(self, region: Region) -> None:
        self._region = region

    def __repr__(self) -> str:
        return f"Events({self._region!r})"

    def of(self, instance: Instance | str | None = None, type: str | None = None) -> list[SystemEvent]:
        """The system events in every state, oldest first, of one instance and of one type or of all."""
        asked: dict[str, object] = {"InstanceEventCycleStatus": list(self._region.edition.event.states)}
        if instance is not None:
            asked["InstanceId"] = id_of(instance, "instance")
        if type is not None:
            asked["InstanceEventType"] = [type]
        shown = self._region.describe(
            "DescribeInstanceHistoryEvents", "InstanceSystemEventSet", "InstanceSystemEventType", **asked
        )
        return sorted(map(SystemEvent.of, shown), key=lambda event: event.published)

    def planned(self, instance: Instance | str) -> list[dict[str, Any]]:
        """The planned events of an instance in DescribeInstancesFullStatus."""
        events = self.full_status(instance)["ScheduledSystemEventSet"]["ScheduledSystemEventType"]
        return list(events)

    def full_status(self, instance: Instance | str) -> dict[str, Any]:
        """The entry of an instance in DescribeInstancesFullStatus.

        Raises:
            ApiError: `InvalidInstanceId.NotFound`, because the listing omits an unknown instance.
        """
        answer = self._region.call("DescribeInstancesFullStatus", InstanceId=[id_of(instance, "instance")])
        found = answer["InstanceFullStatusSet"]["InstanceFullStatusType"]
        if not found:
            raise ApiError("InvalidInstanceId.NotFound")
        shown: dict[str, Any] = found[0]
        return shown

    def health(self, instance: Instance | str) -> str:
        """Ok, Impaired, Maintaining, Initializing, NotApplicable …"""
        return str(self.full_status(instance)["HealthStatus"]["Name"])

    def wait(
        self,
        type: str,
        *,
        instance: Instance | str | None = None,
        state: str | None = None,
        within: Duration | None = None,
        real: Duration | None = None,
    ) -> SystemEvent:
        """Let region time pass until an event of this type exists, and return the latest.

        Args:
            instance: of this instance, or the one with this ID (default: of any instance).
            state: in this state (default: in any state).
            within: the timeout, in region time; see `Region.wait`.
            real: the timeout, in real time, where another program is to act.

        Raises:
            UsageError: the edition has no such state.
            WaitTimeout: no event in time; the text has the last entries of the instance.
        """
        region = self._region
        of = None if instance is None else region.instance(instance)
        states = region.edition.event.states
        if state is not None and state not in states:
            raise UsageError.expected_one_of("state", state, states)

        def found() -> SystemEvent | None:
            matching = [event for event in self.of(of, type) if state in (None, event.state)]
            return matching[-1] if matching else None

        what = f"{type} {state or ''}".strip() + (f" of {of.id}" if of is not None else "")
        try:
            event = region.wait(found, within, real=real, what=what)
        except WaitTimeout as late:
            raise WaitTimeout(f"{late}\n{brief(of)}" if of is not None else str(late)) from None
        assert event is not None
        return event


#: How many things an assertion that fails tells of an instance.
_TOLD = 8


def brief(instance: Instance) -> str:
    """How an instance is and what happened to it last, for a message; `timeline` has all of it."""
    from faultzone.journal import story  # A wait that succeeds needs none.

    region = instance.region
    lines = [_seen(instance)]
    told = story.last(region.journal, _TOLD, instance.id)
    widest = max((len(each.when) for each in told), default=0)
    lines += [f"  {each.when:<{widest}}  {_alone(each.said, instance.id)}" for each in told]
    return "\n".join(lines)


def _alone(said: str, instance_id: str) -> str:
    """What is said of one instance, without its id."""
    return said.removeprefix(f"{instance_id}: ").replace(f" of {instance_id}: ", ": ", 1)


def _seen(instance: Instance) -> str:
    try:
        full = instance.region.events.full_status(instance)
    except ApiError as refusal:
        return f"{instance.id} cannot be seen: {refusal.code}"
    return f"{instance.id} is {full['Status']['Name']}, its health {full['HealthStatus']['Name']}"


def timeline(instance: Instance | str, *, region: Region | None = None) -> str:
    """The timeline of an instance: its state, its events in the public API, and its journal entries.

    Args:
        instance: it, or its ID.
        region: where it is; only an ID needs it.

    Raises:
        UsageError: an ID has no region.
    """
    from faultzone.journal import timeline as report  # A wait that succeeds needs none.
    from faultzone.region.handles import Instance, held

    instance = held(Instance, instance, "instance", region)
    region = instance.region
    lines = [_seen(instance)]
    try:
        for event in region.events.of(instance):
            due = f", due {stamp(event.not_before)}" if event.not_before is not None else ""
            done = f", settled {stamp(event.finished)}" if event.finished is not None else ""
            lines.append(f"{event.id} {event.type} {event.state}: published {stamp(event.published)}{due}{done}")
    except ApiError as refusal:
        lines.append(f"its events cannot be seen: {refusal.code}")
    lines.append(report.timeline(region.journal, instance.id))
    return "\n".join(lines)
