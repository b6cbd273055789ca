"""Regions that are wrong in what they publish, and in what they tell an instance of itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import count
from typing import Any, Final

from faultzone.mutations.described import written
from faultzone.mutations.library import (
    Answer,
    Mutation,
    Parameters,
    Test,
    answer,
    at,
    backwards,
    drop,
    put,
    request,
    where,
    without,
)
from faultzone.mutations.row import row
from faultzone.mutations.wrapper import Wrapper

Notification = dict[str, Any]


@written
def has(**content: str) -> Test:
    """Whether the content of a notification has one of these values."""
    return lambda each: any(each["content"].get(name) == value for name, value in content.items())


def announced(found: list[Notification]) -> list[Notification]:
    """Failures, told of before they happen."""
    early = [
        {**at("content", put(eventStatus="Scheduled"))(each), "id": f"{each['id']}-0"}
        for each in found
        if has(eventStatus="Executing")(each) and "Failure" in each["content"]["eventType"]
    ]
    return early + found


class NewIds(Wrapper):
    """Gives a notification another id whenever it is delivered."""

    def control(self, verb: str, arguments: Mapping[str, object]) -> Answer:
        numbers = self.__dict__.setdefault("numbers", count())
        anew = at(f"{FOUND}[].id", lambda id: f"{id}-{next(numbers)}")
        answer: Answer = anew(super().control(verb, arguments))
        return answer


class NeverForgetsInside(Wrapper):
    """Goes on showing what it has once shown of the events of an instance inside it."""

    def control(self, verb: str, arguments: Mapping[str, object]) -> Answer:
        answer = super().control(verb, arguments)
        if verb != "metadata" or not asks_for_events(arguments):
            return answer
        seen = self.__dict__.setdefault("seen", {})
        seen[arguments["instance"]] = f"{seen.get(arguments['instance'], '')}{answer['text']}"
        return {**answer, "text": seen[arguments["instance"]]}


def asks_for_events(given: Parameters) -> bool:
    """Whether a request for metadata is for the events of the instance."""
    return "active-system-events" in str(given["path"])


def is_task(notification: Answer) -> bool:
    """Whether a notification is of a task of Cloud Assistant."""
    return "TaskCompleted" in str(notification.get("name"))


def has_code(content: Answer) -> bool:
    """Whether it is what is told of a task."""
    return "exitCode" in content


def numbered(content: Answer) -> Answer:
    """What is told of a task, with a number as its exit code."""
    return {**content, "exitCode": int(content["exitCode"] or 0)}


def changed(fields: Callable[[Answer], Answer]) -> Mutation:
    """Other fields of what is in the form of EventBridge."""

    def change(event: Answer) -> Answer:
        return {**event, **fields(event)}

    return answer(FOUND, f"{FOUND}[]", where(is_cloud_event, change))


def is_cloud_event(notification: Answer) -> bool:
    """Whether it is in the form of EventBridge."""
    return "specversion" in notification


FOUND: Final = "notifications"
TASK: Final = "event/task-notification"
BRIDGE: Final = "event/cloud-events"

REGIONS: Final = (
    row("silent-when-avoided", "event/notification", "publishes nothing of an event that is avoided",
        answer(FOUND, FOUND, without(has(eventStatus="Avoided")))),
    row("silent-when-canceled", "event/notification", "publishes nothing of an event that is canceled",
        answer(FOUND, FOUND, without(has(eventStatus="Canceled")))),
    row("silent-when-failed", "event/notification", "publishes nothing of an event that has failed",
        answer(FOUND, FOUND, without(has(eventStatus="Failed")))),
    row("publishes-backwards", "event/notification", "publishes the latest first", answer(FOUND, FOUND, backwards())),
    row("publishes-under-new-ids", "event/notification",
        "gives a notification another id whenever it is delivered", wrap=NewIds),
    row("announces-failures", "event/notified-during-or-after", "tells of failures before they happen",
        answer(FOUND, FOUND, announced)),
    row("publishes-without-names", "event/notification-name", "names all notifications alike",
        answer(FOUND, f"{FOUND}[]", put(name="Instance:SystemEvent"))),
    row("publishes-calmly", "event/notification-name", "publishes events with the level INFO",
        answer(FOUND, f"{FOUND}[]", put(level="INFO"))),
    row("publishes-without-type", "event/notification-fields", "leaves the type out",
        answer(FOUND, f"{FOUND}[].content", drop("eventType"))),
    row("plans-everything", "event/notification-fields", "gives a NotBefore to what nobody planned",
        answer(FOUND, f"{FOUND}[].content", put(notBefore="2019-03-01T00:00:00Z"))),
    row("born-in-silence", "event/state-change-notification", "publishes nothing of an instance before it starts",
        answer(FOUND, FOUND, without(lambda each: each["content"].get("state") in ("Pending", "Created")))),
    row("pending-is-told", "event/created-notification", "tells of an instance that is pending",
        values={"event.told_when_made": "Pending"}),
    row("created-again", "event/created-notification", "tells of each start that the instance is created",
        answer(FOUND, f"{FOUND}[].content", where(lambda content: content.get("state") == "Starting",
                                                  put(state="Created")))),
    row("states-without-a-level", "event/state-change-notification", "publishes changes of state as critical",
        answer(FOUND, f"{FOUND}[]", where(lambda each: "state" in each["content"], put(level="CRITICAL")))),
    row("avoids-for-a-while", "event/notification-execute-times", "has avoided events end later than they began",
        answer(FOUND, f"{FOUND}[].content", put(executeFinishTime="2099-01-01T00:00:00Z"))),
    row("forgets-when-it-executed", "event/notification-execute-times", "leaves out when an execution began",
        answer(FOUND, f"{FOUND}[].content", drop("executeStartTime"))),
    row("tasks-in-silence", TASK, "tells of no task that has ended", values={"event.notifies_tasks": False}),
    row("tasks-of-success", TASK, "tells of the tasks that succeed alone",
        answer(FOUND, FOUND, without(lambda each: each["content"].get("invocationStatus") in ("Failed", "Timeout")))),
    row("tasks-twice", TASK, "tells of a task twice",
        answer(FOUND, FOUND, lambda found: [each for each in found for _ in range(1 + is_task(each))])),
    row("tasks-with-numbers", TASK, "tells of an exit code as a number, and of none as 0",
        answer(FOUND, f"{FOUND}[].content", where(has_code, numbered))),
    row("tasks-without-names", TASK, "leaves the name of the command out",
        answer(FOUND, f"{FOUND}[].content", drop("commandName"))),
    row("tasks-that-alarm", TASK, "tells of tasks as critical",
        answer(FOUND, f"{FOUND}[]", where(is_task, put(level="CRITICAL")))),
    row("events-from-elsewhere", BRIDGE, "publishes under another source",
        answer(FOUND, f"{FOUND}[]", where(is_cloud_event, put(source="acs.cms")))),
    row("events-with-states", BRIDGE, "has the state of an event in its type",
        changed(lambda event: {"type": f"{event['type']}:Scheduled"})),
    row("events-of-no-subject", BRIDGE, "has the name of the region as the subject",
        changed(lambda event: {"subject": event["aliyunregionid"]})),
    row("events-in-utc", BRIDGE, "tells the time in UTC",
        changed(lambda event: {"time": event["aliyunpublishtime"]})),
    row("events-without-data", BRIDGE, "leaves the data out",
        answer(FOUND, f"{FOUND}[]", where(is_cloud_event, put(data={})))),
    row("events-of-nobody", BRIDGE, "leaves the account out",
        answer(FOUND, f"{FOUND}[]", where(is_cloud_event, drop("aliyunaccountid")))),
    row("bridge-in-plain-form", BRIDGE, "publishes to EventBridge in the form of CloudMonitor",
        request("subscribe", drop("form"))),
    row("blind-inside", "event/metadata", "shows no events inside an instance",
        answer("metadata", "", put(text="[]"), when=asks_for_events)),
    row("never-forgets-inside", "event/metadata", "goes on showing settled events inside an instance",
        wrap=NeverForgetsInside),
)  # fmt: skip
