"""Wrong regions of the chapter on system events."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from faultzone.backends import Backend
from faultzone.clock import DAY, HOUR, read_stamp, stamp
from faultzone.ecs.errors import ApiError
from faultzone.errors import UsageError
from faultzone.model.core.catalog import Family
from faultzone.model.core.events import SystemEvent
from faultzone.model.rules import Rules
from faultzone.wrong_regions import Answer, Parameters, Wrapper, declare, wrong
from faultzone.wrong_regions.wrappers import does_nothing, ignores, swallows

PENDING, HISTORY = "DescribeInstancesFullStatus", "DescribeInstanceHistoryEvents"
CREATE, CANCEL = "CreateSimulatedSystemEvents", "CancelSimulatedSystemEvents"
Event = dict[str, Any]


class Events(Wrapper):
    """Overridden, it tells the events of a query otherwise: `tell` gives what is shown of each, or None."""

    actions: tuple[str, ...] = (PENDING, HISTORY)

    def tell(self, event: Event) -> Event | None:
        """What is shown of an event."""
        return event

    def answer(self, action: str, parameters: Parameters, answer: Answer) -> Answer:
        """The answer, told otherwise."""
        if action not in self.actions:
            return answer
        if action == HISTORY:
            shown = answer["InstanceSystemEventSet"]["InstanceSystemEventType"]
            shown[:] = [told for each in shown if (told := self.tell(each)) is not None]
        else:
            for instance in answer["InstanceFullStatusSet"]["InstanceFullStatusType"]:
                planned = instance["ScheduledSystemEventSet"]["ScheduledSystemEventType"]
                planned[:] = [told for each in planned if (told := self.tell(each)) is not None]
        return answer


def told(change: Callable[[Event], Event | None], *actions: str) -> type[Events]:
    """A wrapper that shows events in these queries as `change` makes them."""

    class Told(Events):
        def tell(self, event: Event) -> Event | None:
            return change(event)

    Told.actions = actions or Events.actions
    return Told


def named(event: Event, kind: str, names: Mapping[str, str]) -> Event:
    """The event with another name of its type or state."""
    code = event[kind]
    return {**event, kind: {**code, "Name": names.get(code["Name"], code["Name"])}}


def shifted(event: Event, field: str, by: int) -> Event:
    """The event with one of its instants moved by so many milliseconds."""
    return {**event, field: stamp(read_stamp(event[field]) + by)} if event.get(field) else event


def is_of(event: Event, kind: str) -> bool:
    """Whether the type of the event begins so."""
    return bool(event["EventType"]["Name"].startswith(kind))


class Controls(Wrapper):
    """Overridden, it answers a control verb and does something more."""

    def each_instance(self) -> list[str]:
        """The ids of all instances of the account."""
        listed = self.ask("DescribeInstances", {"PageSize": 100})["Instances"]["Instance"]
        return [str(each["InstanceId"]) for each in listed]


# What is shown

wrong("type-of-its-own", "event/types", "has events of an undocumented type")(
    told(lambda event: named(event, "EventType", {"InstanceFailure.Reboot": "InstanceFailure.Restart"}), HISTORY)
)
wrong("failure-is-avoidance", "event/states", "shows an event whose execution failed as Avoided")(
    told(lambda event: named(event, "EventCycleStatus", {"Failed": "Avoided"}), HISTORY)
)
wrong("planned-is-executing", "event/pending-query", "shows planned events as Executing")(
    told(lambda event: named(event, "EventCycleStatus", {"Scheduled": "Executing"}), PENDING)
)
declare(
    "plans-under-way",
    "event/pending-query",
    "shows what is Executing among what is planned",
    {"event.pending": ["Scheduled", "Executing"]},
)
wrong("health-unfiltered", "event/pending-filters", "does not look at HealthStatus")(ignores(PENDING, "HealthStatus"))
wrong("single-type-unfiltered", "event/pending-filters", "does not look at EventType")(ignores(PENDING, "EventType"))
wrong("any-number-of-instances", "event/pending-limits", "takes more than 100 ids of instances")(
    swallows(PENDING, "InstanceIdLimitExceeded")
)
wrong("range-backwards", "event/time-range-order", "takes ranges that end before they start")(
    swallows(PENDING, "InvalidParameter.TimeEndBeforeStart")
)
declare("history-of-three-days", "event/history-query", "forgets events after three days", {"event.history_days": 3})
declare("history-of-a-year", "event/history-query", "shows events for a year", {"event.history_days": 365})


@wrong("history-counts-from-publishing", "event/history-age", "forgets events two months after their publication")
class HistoryCountsFromPublishing(Rules):
    """When they were settled does not matter."""

    def is_in_history(self, event: SystemEvent, now: int) -> bool:
        """For two months, or until it is settled."""
        return event.finished is None or event.published >= now - 62 * DAY


@wrong(
    "history-forgets-plans", "event/history-age", "forgets events two months after their publication, settled or not"
)
class HistoryForgetsPlans(Rules):
    """What is still to come is forgotten too."""

    def is_in_history(self, event: SystemEvent, now: int) -> bool:
        """For two months."""
        return event.published >= now - 62 * DAY


declare(
    "history-shows-plans",
    "event/history-default",
    "shows Scheduled events in the history unasked",
    {"event.history_default": ["Scheduled", "Avoided", "Executed", "Canceled", "Failed"]},
)
declare(
    "forgets-what-was-avoided",
    "event/history-default",
    "shows what was avoided only when asked for it",
    {"event.history_default": ["Executed", "Canceled", "Failed"]},
)


wrong("events-to-the-minute", "event/times-to-the-second", "tells the times of events to the minute")(
    told(lambda event: {**event, "EventPublishTime": event["EventPublishTime"][:16] + "Z"})
)


@wrong("no-history-of-lists", "event/history-instance-list", "knows no events of an instance that is given in a list")
class NoHistoryOfLists(Wrapper):
    """The list is taken for an instance that does not exist."""

    def call(self, action: str, parameters: Parameters, *, account: str | None = None) -> Answer:
        """Look for another instance."""
        if action == HISTORY and isinstance(parameters.get("InstanceId"), list):
            parameters = {**parameters, "InstanceId": "i-none"}
        return super().call(action, parameters, account=account)


wrong("single-state-unfiltered", "event/history-filters", "does not look at EventCycleStatus")(
    ignores(HISTORY, "EventCycleStatus")
)
wrong("any-number-of-events", "event/history-limits", "takes more than 100 ids of events")(
    swallows(HISTORY, "EventIdLimitExceeded")
)
wrong("no-finish-time", "event/history-fields", "does not tell when an event was settled")(
    told(lambda event: {**event, "EventFinishTime": ""} if event.get("EventFinishTime") else event, HISTORY)
)
wrong("finished-before-published", "event/times-in-order", "tells that events were finished a day too early")(
    told(lambda event: shifted(event, "EventFinishTime", -DAY), HISTORY)
)

# What happens, and what answers it


@wrong("migration-announced", "event/routine-maintenance-is-silent", "announces live migrations as maintenance")
class MigrationAnnounced(Controls):
    """Each migration has an event."""

    def control(self, verb: str, arguments: Mapping[str, object]) -> Answer:
        """Announce it first."""
        if verb == "migrate":
            super().control("schedule-maintenance", {"instance": arguments["instance"]})
        return super().control(verb, arguments)


@wrong("risk-restarts", "event/degraded-host-migrates", "restarts what it moves away from a host at risk")
class RiskRestarts(Controls):
    """What was moved crashes."""

    def control(self, verb: str, arguments: Mapping[str, object]) -> Answer:
        """Move it, and crash it."""
        answer = super().control(verb, arguments)
        for moved in answer.get("moved", ()):
            super().control("guest-crash", {"instance": moved})
        return answer


@wrong("retired-have-events", "event/retired-families", "has events of instances of retired families")
class RetiredHaveEvents(Rules):
    """All families have events."""

    def has_events(self, family: Family) -> bool:
        """Always."""
        return True


@wrong("nothing-told", "event/system-failure", "tells of no event at all")
class NothingTold(Rules):
    """No family has events."""

    def has_events(self, family: Family) -> bool:
        """Never."""
        return False


declare("ten-hours-notice", "event/window-maintenance", "gives ten hours' notice", {"event.maintenance_notice": 36_000})
wrong("seven-hours-of-execution", "event/window-execution", "takes seven hours to execute an event")(
    told(lambda event: shifted(event, "EventFinishTime", 7 * HOUR), HISTORY)
)
wrong("failure-announced", "event/unexpected-has-no-window", "announces failures as Scheduled")(
    told(
        lambda event: (
            named(event, "EventCycleStatus", {"Executing": "Scheduled"}) if is_of(event, "SystemFailure") else event
        ),
        HISTORY,
    )
)
wrong("executes-early", "event/default-action", "executes events three hours before their NotBefore")(
    told(lambda event: shifted(event, "NotBefore", 3 * HOUR), HISTORY)
)


@wrong("crashes-spread", "event/instance-failure", "crashes every operating system when one crashes")
class CrashesSpread(Controls):
    """One crash is a crash of all."""

    def control(self, verb: str, arguments: Mapping[str, object]) -> Answer:
        """Crash all."""
        answer = super().control(verb, arguments)
        for each in self.each_instance() if verb == "guest-crash" else ():
            if each != arguments["instance"]:
                with suppress(UsageError):  # Its system is not up.
                    super().control(verb, {"instance": each})
        return answer


_ONLY = "SystemMaintenance.Reboot"
declare("reboot-avoids-nothing", "event/avoid-by-reboot", "goes on after a reboot", {"event.avoided_by_reboot": []})
declare(
    "reboot-avoids-system-failures",
    "event/simulated-avoided",
    "takes a reboot for the answer to a failure of the host",
    {"event.avoided_by_reboot": [_ONLY, "SystemFailure.Reboot"]},
)
declare(
    "reboot-avoids-guest-failures",
    "event/recommended-action",
    "takes a reboot for the answer to a failure of the instance",
    {"event.avoided_by_reboot": [_ONLY, "InstanceFailure.Reboot"]},
)


@wrong("guest-reboot-avoids", "event/guest-reboot-does-not-avoid", "takes a reboot from inside for an answer")
class GuestRebootAvoids(Wrapper):
    """A reboot is a reboot."""

    def control(self, verb: str, arguments: Mapping[str, object]) -> Answer:
        """Reboot by the API, too."""
        answer = super().control(verb, arguments)
        if verb == "log-in" and arguments.get("script") == "reboot":
            self.ask("RebootInstance", {"InstanceId": arguments["instance"]})
        return answer


@wrong("withdrawal-ignored", "event/canceled", "executes maintenance that was withdrawn")
class WithdrawalIgnored(Wrapper):
    """It cannot be withdrawn."""

    def control(self, verb: str, arguments: Mapping[str, object]) -> Answer:
        """Do nothing."""
        return {} if verb == "cancel-maintenance" else super().control(verb, arguments)


@wrong("maintenance-follows", "event/maintenance-of-its-host", "reboots what has left the host of its maintenance")
class MaintenanceFollows(Rules):
    """It is of the instance, wherever that is."""

    def maintenance_stays_with_host(self) -> bool:
        """Never."""
        return False


@wrong("maintenance-never-fails", "event/failed", "tells that maintenance was executed when it failed")
class MaintenanceNeverFails(Wrapper):
    """It always executes."""

    def control(self, verb: str, arguments: Mapping[str, object]) -> Answer:
        """Let it."""
        given = {**arguments, "outcome": "executes"} if verb == "schedule-maintenance" else arguments
        return super().control(verb, given)


# Simulated events


@wrong("one-id-for-all", "event/simulated", "gives one id to all events of a call")
class OneIdForAll(Wrapper):
    """The first id stands for all."""

    def answer(self, action: str, parameters: Parameters, answer: Answer) -> Answer:
        """Repeat it."""
        if action == CREATE:
            ids = answer["EventIdSet"]["EventId"]
            ids[:] = ids[:1] * len(ids)
        return answer


@wrong("simulation-is-real", "event/simulated-executed", "does to the instance what is simulated")
class SimulationIsReal(Wrapper):
    """The instance crashes."""

    def answer(self, action: str, parameters: Parameters, answer: Answer) -> Answer:
        """Crash it."""
        if action == CREATE:
            ids = parameters["InstanceId"]
            for each in ids if isinstance(ids, list) else [ids]:
                self.inner.control("guest-crash", {"instance": each})
        return answer


wrong("cancel-does-nothing", "event/simulated-canceled", "accepts a cancellation and does nothing")(
    does_nothing(CANCEL)
)
wrong("simulates-the-past", "event/simulated-refusals", "takes events whose NotBefore has passed")(
    swallows(CREATE, "InvalidNotBefore.Passed")
)
wrong("cancels-unknown-events", "event/cancel-refusals", "accepts the cancellation of an unknown event")(
    swallows(CANCEL, "InvalidEventId.NotFound")
)
wrong("cancels-real-events", "event/cancel-real", "accepts the cancellation of a real event")(
    swallows(CANCEL, "CannotCancelSystemEvent.NotSimulated")
)


@wrong("cancels-the-past", "event/cancel-settled", "turns a settled event into a Canceled one")
class CancelsThePast(Events):
    """What somebody tried to cancel is Canceled."""

    def __init__(self, inner: Backend) -> None:
        super().__init__(inner)
        self.asked: list[object] = []

    def call(self, action: str, parameters: Parameters, *, account: str | None = None) -> Answer:
        """Note what is to be canceled."""
        try:
            return super().call(action, parameters, account=account)
        except ApiError:
            if action != CANCEL:
                raise
            ids = parameters["EventId"]
            self.asked += ids if isinstance(ids, list) else [ids]
            return {"RequestId": ""}

    def tell(self, event: Event) -> Event:
        """Tell that it is."""
        return named(event, "EventCycleStatus", {"Executed": "Canceled"}) if event["EventId"] in self.asked else event


declare(
    "simulated-failure-is-planned",
    "event/simulated-failure-executes",
    "begins simulated failures as Scheduled",
    {"event.simulated_failure_begins": "Scheduled"},
)

wrong("punishes-in-silence", "event/violation", "locks for a violation without an event")(
    told(lambda event: None if is_of(event, "SecurityPunish") else event)
)


@wrong("announces-violations", "event/violation", "tells of a violation as of something planned")
class AnnouncesViolations(Events):
    """It is Scheduled."""

    def tell(self, event: Event) -> Event:
        """As planned."""
        planned = is_of(event, "SecurityPunish")
        return named(event, "EventCycleStatus", {"Executed": "Scheduled"}) if planned else event


@wrong("events-without-locks", "event/violation", "tells of a violation, and locks nothing")
class EventsWithoutLocks(Wrapper):
    """The lock is off again at once."""

    def control(self, verb: str, arguments: Mapping[str, object]) -> Answer:
        """Take it off."""
        answer = super().control(verb, arguments)
        if verb == "lock" and arguments.get("locked") is not False:
            super().control(verb, {**arguments, "locked": False})
        return answer


@wrong("withdraws-what-is-released", "event/avoid-by-release", "cancels what is planned for a released instance")
class WithdrawsWhatIsReleased(Rules):
    """A release answers nothing."""

    def release_answers(self, type: str) -> bool:
        """Never."""
        return False


wrong("hides-inquiries", "event/inquiring", "shows no event that is Inquiring")(
    told(lambda event: None if event["EventCycleStatus"]["Name"] == "Inquiring" else event)
)
wrong("consent-is-ignored", "event/inquiring", "executes nothing that its user has accepted")(
    does_nothing("AcceptInquiredSystemEvent")
)


@wrong("inquires-for-a-month", "event/inquiring", "forgets an inquiry that nobody answers for a month")
class InquiresForAMonth(Rules):
    """It is taken for settled."""

    def is_in_history(self, event: SystemEvent, now: int) -> bool:
        """Unless nobody has answered."""
        waits = event.status == "Inquiring" and event.published < now - 30 * DAY
        return not waits and super().is_in_history(event, now)


@wrong(
    "maintains-at-any-hour", "event/maintenance-window", "plans maintenance without a look at the window of its user"
)
class MaintainsAtAnyHour(Rules):
    """A day ahead."""

    def in_window(self, instant: int, start: int, end: int) -> int:
        """Whenever that is."""
        return instant
