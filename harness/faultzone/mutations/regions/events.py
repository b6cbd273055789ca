"""Wrong regions of the chapter on system events."""

from __future__ import annotations

from contextlib import suppress
from typing import Final

from faultzone.api.errors import ApiError
from faultzone.clock import DAY, HOUR
from faultzone.errors import UsageError
from faultzone.model.core.events import SystemEvent
from faultzone.mutations.described import written
from faultzone.mutations.library import (
    Answer,
    Apply,
    Mutate,
    Mutation,
    Next,
    Parameters,
    Test,
    accept,
    after,
    answer,
    at,
    before,
    changed,
    default,
    drop,
    emptied,
    once_called,
    put,
    read_as,
    refuse,
    request,
    shifted,
    swallow,
    to_the_minute,
    where,
    without,
)
from faultzone.mutations.regions.places import EVENTS, HISTORY, PENDING, PLANNED
from faultzone.mutations.row import always, row
from faultzone.mutations.wrapper import Wrapper

CREATE: Final = "CreateSimulatedSystemEvents"
CANCEL: Final = "CancelSimulatedSystemEvents"
STATE: Final = "EventCycleStatus.Name"
ONLY: Final = "SystemMaintenance.Reboot"


@written
def of_type(start: str) -> Test:
    """Whether the type of an event begins so."""
    return lambda event: event["EventType"]["Name"].startswith(start)


@written
def in_state(state: str) -> Test:
    """Whether an event is in this state."""
    return lambda event: event["EventCycleStatus"]["Name"] == state


def in_both(*changes: Apply) -> tuple[Mutation, Mutation]:
    """Changes the list of events wherever it is shown."""
    return answer(HISTORY, EVENTS, *changes), answer(PENDING, PLANNED, *changes)


def avoided_by_reboot_of(kind: str) -> Mutation:
    """Shows the failures of an instance as Avoided once its user has rebooted it."""
    shown = where(of_type(kind), put(EventCycleStatus={"Code": 8, "Name": "Avoided"}))
    return once_called("RebootInstance", "InstanceId", HISTORY, f"{EVENTS}[]", shown)


def each_instance(on: Next) -> list[str]:
    """The ids of all instances of the account."""
    listed = on.ask("DescribeInstances", {"PageSize": 100})["Instances"]["Instance"]
    return [str(each["InstanceId"]) for each in listed]


def announce(on: Next, given: Parameters) -> None:
    """Plan maintenance for what is to be migrated."""
    on.control("schedule-maintenance", {"instance": given["instance"]})


def crash(on: Next, instance: str) -> None:
    """Crash the operating system of an instance."""
    on.control("inject", {"fault": {"fault": "GuestCrash", "instance": instance}})


@written
def restart_what_moves(fault: str) -> Mutate:
    """Crashes what a fault has moved to another host."""

    def hosts(on: Next) -> dict[str, object]:
        return {each: on.control("host-of", {"instance": each})["host"] for each in each_instance(on)}

    def mutate(name: str, given: Parameters, on: Next) -> Answer:
        if name != fault:
            return on(name, given)
        before, answer = hosts(on), on(name, given)
        for each, host in hosts(on).items():
            if before[each] != host:
                crash(on, each)
        return answer

    return mutate


def show_all_planned(on: Next, given: Parameters, answer: Answer) -> None:
    """Show all that is planned for an instance of which something was asked for."""
    for each in answer["InstanceFullStatusSet"]["InstanceFullStatusType"]:
        (whole,) = on.ask(PENDING, {"InstanceId": [each["InstanceId"]]})["InstanceFullStatusSet"][
            "InstanceFullStatusType"
        ]
        each["ScheduledSystemEventSet"] = whole["ScheduledSystemEventSet"]


def crash_others(on: Next, given: Parameters, answer: Answer) -> None:
    """Crash every other instance."""
    for each in each_instance(on):
        if each != given["instance"]:
            with suppress(UsageError):  # Its system is not up.
                crash(on, each)


def reboot_too(on: Next, given: Parameters, answer: Answer) -> None:
    """Reboot by the API what reboots from inside."""
    if given.get("script") == "reboot":
        on.ask("RebootInstance", {"InstanceId": given["instance"]})


def crash_named(on: Next, given: Parameters, answer: Answer) -> None:
    """Crash the instances that a call names."""
    ids = given["InstanceId"]
    for each in ids if isinstance(ids, list) else [ids]:
        crash(on, each)


def unlock(on: Next, given: Parameters, answer: Answer) -> None:
    """Take a lock off again."""
    if given.get("locked") is not False:
        on.control("lock", {"instance": given["instance"], "reason": given.get("reason", "security"), "locked": False})


def waits_for_long(event: SystemEvent, now: int) -> bool:
    """Whether nobody has answered an inquiry for a month."""
    return event.status == "Inquiring" and event.published < now - 30 * DAY


class CancelsThePast(Wrapper):
    """Shows as Canceled what somebody tried in vain to cancel."""

    def called(self, action: str, parameters: Parameters, account: str | None) -> Answer:
        asked = self.__dict__.setdefault("asked", [])
        try:
            answer = super().called(action, parameters, account)
        except ApiError:
            if action != CANCEL:
                raise
            ids = parameters["EventId"]
            asked += ids if isinstance(ids, list) else [ids]
            return {"RequestId": ""}
        canceled = where(lambda event: event["EventId"] in asked, at(STATE, read_as({"Executed": "Canceled"})))
        shown: Answer = changed(answer, [at(f"{EVENTS}[]", canceled), at(f"{PLANNED}[]", canceled)])
        return shown


REGIONS: Final = (
    # What is shown
    row("type-of-its-own", "event/types", "has events of an undocumented type",
        answer(HISTORY, f"{EVENTS}[].EventType.Name", read_as({"InstanceFailure.Reboot": "InstanceFailure.Restart"}))),
    row("failure-is-avoidance", "event/states", "shows an event whose execution failed as Avoided",
        answer(HISTORY, f"{EVENTS}[].{STATE}", read_as({"Failed": "Avoided"}))),
    row("planned-is-executing", "event/pending-query", "shows planned events as Executing",
        answer(PENDING, f"{PLANNED}[].{STATE}", read_as({"Scheduled": "Executing"}))),
    row("plans-under-way", "event/pending-query", "shows what is Executing among what is planned",
        values={"event.pending": ["Scheduled", "Executing"]}),
    row("health-unfiltered", "event/pending-filters", "does not look at HealthStatus",
        request(PENDING, drop("HealthStatus"))),
    row("status-unfiltered-beside-ids", "event/pending-filters", "does not look at Status where instances are named",
        request(PENDING, where(lambda given: "InstanceId" in given, drop("Status")))),
    row("health-unfiltered-beside-ids", "event/pending-filters",
        "does not look at HealthStatus where instances are named",
        request(PENDING, where(lambda given: "InstanceId" in given, drop("HealthStatus")))),
    row("types-unfiltered-beside-ids", "event/pending-filters",
        "does not look at the types of events where instances are named",
        request(PENDING, where(lambda given: "InstanceId" in given, drop("InstanceEventType")))),
    row("type-unfiltered-beside-events", "event/pending-filters", "does not look at EventType where events are named",
        request(PENDING, where(lambda given: "EventId" in given, drop("EventType")))),
    row("all-planned-where-one-matches", "event/pending-filters",
        "shows all that is planned for an instance of which one event is asked for", after(PENDING, show_all_planned)),
    row("single-type-unfiltered", "event/pending-filters", "does not look at EventType",
        request(PENDING, drop("EventType"))),
    row("any-number-of-instances", "event/pending-limits", "takes more than 100 ids of instances",
        swallow(PENDING, "InstanceIdLimitExceeded")),
    row("range-backwards", "event/time-range-order", "takes ranges that end before they start",
        swallow(PENDING, "InvalidParameter.TimeEndBeforeStart")),
    row("history-of-three-days", "event/history-query", "forgets events after three days",
        values={"event.history_days": 3}),
    row("history-of-a-year", "event/history-query", "shows events for a year", values={"event.history_days": 365}),
    row("history-counts-from-publishing", "event/history-age", "forgets events two months after their publication",
        is_in_history=lambda right, event, now: event.finished is None or event.published >= now - 62 * DAY),
    row("history-forgets-plans", "event/history-age",
        "forgets events two months after their publication, settled or not",
        is_in_history=lambda right, event, now: event.published >= now - 62 * DAY),
    row("history-shows-plans", "event/history-default", "shows Scheduled events in the history unasked",
        values={"event.history_default": ["Scheduled", "Avoided", "Executed", "Canceled", "Failed"]}),
    row("forgets-what-was-avoided", "event/history-default", "shows what was avoided only when asked for it",
        values={"event.history_default": ["Executed", "Canceled", "Failed"]}),
    row("events-to-the-minute", "event/times-to-the-second", "tells the times of events to the minute",
        *in_both(at("[].EventPublishTime", to_the_minute()))),
    row("no-history-of-lists", "event/history-instance-list",
        "knows no events of an instance that is given in a list",
        request(HISTORY, where(lambda given: isinstance(given.get("InstanceId"), list), put(InstanceId="i-none")))),
    row("single-state-unfiltered", "event/history-filters", "does not look at EventCycleStatus",
        request(HISTORY, drop("EventCycleStatus"))),
    row("any-number-of-events", "event/history-limits", "takes more than 100 ids of events",
        swallow(HISTORY, "EventIdLimitExceeded")),
    row("no-finish-time", "event/history-fields", "does not tell when an event was settled",
        answer(HISTORY, f"{EVENTS}[].EventFinishTime", emptied())),
    row("finished-before-published", "event/times-in-order", "tells that events were finished a day too early",
        answer(HISTORY, f"{EVENTS}[].EventFinishTime", shifted(-DAY))),

    # What happens, and what answers it
    row("migration-announced", "event/routine-maintenance-is-silent", "announces live migrations as maintenance",
        before("migrate", announce)),
    row("risk-restarts", "event/degraded-host-migrates", "restarts what it moves away from a host at risk",
        restart_what_moves("HostAtRisk")),
    row("retired-have-events", "event/retired-families", "has events of instances of retired families",
        has_events=always(True)),
    row("nothing-told", "event/system-failure", "tells of no event at all", has_events=always(False)),
    row("ten-hours-notice", "event/window-maintenance", "gives ten hours' notice",
        values={"event.maintenance_notice": 36_000}),
    row("seven-hours-of-execution", "event/window-execution", "takes seven hours to execute an event",
        answer(HISTORY, f"{EVENTS}[].EventFinishTime", shifted(7 * HOUR))),
    row("failure-announced", "event/unexpected-has-no-window", "announces failures as Scheduled",
        answer(HISTORY, f"{EVENTS}[]", where(of_type("SystemFailure"),
                                             at(STATE, read_as({"Executing": "Scheduled"}))))),
    row("executes-early", "event/default-action", "executes events three hours before their NotBefore",
        answer(HISTORY, f"{EVENTS}[].NotBefore", shifted(3 * HOUR))),
    row("crashes-spread", "event/instance-failure", "crashes every operating system when one crashes",
        after("GuestCrash", crash_others)),
    row("reboot-avoids-nothing", "event/avoid-by-reboot", "goes on after a reboot",
        values={"event.avoided_by_reboot": []}),
    row("reboot-avoids-system-failures", "event/simulated-avoided",
        "takes a reboot for the answer to a failure of the host",
        avoided_by_reboot_of("SystemFailure")),
    row("reboot-avoids-guest-failures", "event/recommended-action",
        "takes a reboot for the answer to a failure of the instance",
        avoided_by_reboot_of("InstanceFailure")),
    row("guest-reboot-avoids", "event/guest-reboot-does-not-avoid", "takes a reboot from inside for an answer",
        after("log-in", reboot_too)),
    row("withdrawal-ignored", "event/canceled", "executes maintenance that was withdrawn",
        accept("cancel-maintenance")),
    row("maintenance-follows", "event/maintenance-of-its-host", "reboots what has left the host of its maintenance",
        maintenance_stays_with_host=always(False)),
    row("maintenance-never-fails", "event/failed", "tells that maintenance was executed when it failed",
        request(("schedule-maintenance", "Maintenance"), put(outcome="executes"))),

    # Simulated events
    row("one-id-for-all", "event/simulated", "gives one id to all events of a call",
        answer(CREATE, "EventIdSet.EventId", lambda ids: ids[:1] * len(ids))),
    row("simulation-is-real", "event/simulated-executed", "does to the instance what is simulated",
        after(CREATE, crash_named)),
    row("cancel-does-nothing", "event/simulated-canceled", "accepts a cancellation and does nothing", accept(CANCEL)),
    row("simulates-the-past", "event/simulated-refusals", "takes events whose NotBefore has passed",
        swallow(CREATE, "InvalidNotBefore.Passed")),
    row("cancels-unknown-events", "event/cancel-refusals", "accepts the cancellation of an unknown event",
        swallow(CANCEL, "InvalidEventId.NotFound")),
    row("cancels-real-events", "event/cancel-real", "accepts the cancellation of a real event",
        swallow(CANCEL, "CannotCancelSystemEvent.NotSimulated")),
    row("cancels-the-past", "event/cancel-settled", "turns a settled event into a Canceled one", wrap=CancelsThePast),
    row("simulated-failure-is-planned", "event/simulated-failure-executes", "begins simulated failures as Scheduled",
        values={"event.simulated_failure_begins": "Scheduled"}),

    # Pages by token
    row("history-has-one-page", "event/history-token-paging", "gives no token", answer(HISTORY, "", drop("NextToken"))),
    row("history-begins-again", "event/history-token-paging", "shows the first page for every token",
        request(HISTORY, drop("NextToken"))),
    row("history-never-ends", "event/history-token-paging", "gives a token with the last page too",
        answer(HISTORY, "", default(NextToken="fz0"), when=lambda given: "MaxResults" in given)),
    row("history-forgets-states", "event/history-token-paging", "forgets the states after the first page",
        request(HISTORY, where(lambda given: "NextToken" in given, drop("InstanceEventCycleStatus")))),
    row("history-has-small-pages", "event/history-token-paging", "shows one event where one is asked for",
        answer(HISTORY, EVENTS, lambda page: page[:1], when=lambda given: int(given.get("MaxResults") or 10) < 10)),
    row("history-refuses-large-pages", "event/history-token-paging", "refuses pages of more than 100",
        refuse(HISTORY, "InvalidParameter", lambda given: int(given.get("MaxResults") or 10) > 100)),
    row("history-takes-any-token", "event/history-token-paging", "shows the first page for a token that it never gave",
        request(HISTORY, where(lambda given: " " in str(given.get("NextToken")), drop("NextToken")))),

    # What the documentation of today has
    row("no-types-of-today", "event/types-of-today", "refuses types that came later",
        refuse(HISTORY, "InvalidParameter",
               lambda given: given.get("InstanceEventType") == ["SystemMaintenance.ReInitErrorDisk"])),
    row("plans-of-no-type-of-today", "event/types-of-today", "refuses types that came later among what is planned",
        refuse(PENDING, "InvalidParameter", lambda given: given.get("EventType") == "SecurityPunish.WebsiteBanned")),
    row("any-type-of-event", "event/types-of-today", "takes types that there are not",
        swallow((HISTORY, PENDING), "InvalidParameter")),
    row("history-of-62-days", "event/history-30-days", "shows events for two months",
        values={"event.history_days": 62}),
    row("history-of-29-days", "event/history-30-days", "forgets events after 29 days",
        values={"event.history_days": 29}),
    row("30-days-from-publishing", "event/history-30-days", "forgets events 30 days after their publication",
        is_in_history=lambda right, event, now: event.finished is None or event.published >= now - 30 * DAY),
    row("30-days-settled-or-not", "event/history-30-days",
        "forgets events 30 days after their publication, settled or not",
        is_in_history=lambda right, event, now: event.published >= now - 30 * DAY),
    row("resources-unfiltered", "event/history-resources", "does not look at ResourceId",
        request(HISTORY, drop("ResourceId"))),
    row("instance-before-resources", "event/history-resources", "looks at InstanceId before ResourceId",
        request(HISTORY, where(lambda given: "InstanceId" in given, drop("ResourceId")))),
    row("any-number-of-resources", "event/history-resources", "takes more than 100 resources",
        swallow(HISTORY, "InvalidParameter")),
    row("resource-type-unfiltered", "event/history-resources", "does not look at ResourceType",
        request(HISTORY, drop("ResourceType"))),
    row("history-tags-unfiltered", "event/history-resources", "does not look at tags", request(HISTORY, drop("Tag"))),
    row("history-of-the-first-tag", "event/history-resources", "looks at the first tag alone",
        request(HISTORY, at("Tag", lambda tags: tags[:1]))),
    row("simulations-give-no-reason", "event/reason", "does not say that an event is simulated",
        *in_both(at("[].Reason", emptied()))),
    row("all-is-simulated", "event/reason", "says of all events that they are simulated",
        *in_both(at("[]", put(Reason="A simulated event.")))),

    # Violations, releases, inquiries, windows
    row("punishes-in-silence", "event/violation", "locks for a violation without an event",
        *in_both(without(of_type("SecurityPunish")))),
    row("announces-violations", "event/violation", "tells of a violation as of something planned",
        *in_both(at("[]", where(of_type("SecurityPunish"), at(STATE, read_as({"Executed": "Scheduled"})))))),
    row("events-without-locks", "event/violation", "tells of a violation, and locks nothing",
        after(("lock", "SecurityLock"), unlock)),
    row("withdraws-what-is-released", "event/avoid-by-release", "cancels what is planned for a released instance",
        release_answers=always(False)),
    row("hides-inquiries", "event/inquiring", "shows no event that is Inquiring",
        *in_both(without(in_state("Inquiring")))),
    row("consent-is-ignored", "event/inquiring", "executes nothing that its user has accepted",
        accept("AcceptInquiredSystemEvent")),
    row("inquires-for-a-month", "event/inquiring", "forgets an inquiry that nobody answers for a month",
        is_in_history=lambda right, event, now: not waits_for_long(event, now) and right.is_in_history(event, now)),
    row("maintains-at-any-hour", "event/maintenance-window",
        "plans maintenance without a look at the window of its user",
        in_window=lambda right, instant, start, end: instant),
)  # fmt: skip
