"""Regions that are wrong in what they publish, and in what they tell an instance of itself."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count
from typing import Any, Final

from faultzone.mutations.described import written
from faultzone.mutations.library import (
    Answer,
    Parameters,
    Test,
    answer,
    at,
    backwards,
    drop,
    put,
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


FOUND: Final = "notifications"

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
        answer(FOUND, FOUND, without(has(state="Pending")))),
    row("states-without-a-level", "event/state-change-notification", "publishes changes of state as critical",
        answer(FOUND, f"{FOUND}[]", where(lambda each: "state" in each["content"], put(level="CRITICAL")))),
    row("avoids-for-a-while", "event/notification-execute-times", "has avoided events end later than they began",
        answer(FOUND, f"{FOUND}[].content", put(executeFinishTime="2099-01-01T00:00:00Z"))),
    row("forgets-when-it-executed", "event/notification-execute-times", "leaves out when an execution began",
        answer(FOUND, f"{FOUND}[].content", drop("executeStartTime"))),
    row("blind-inside", "event/metadata", "shows no events inside an instance",
        answer("metadata", "", put(text="[]"), when=asks_for_events)),
    row("never-forgets-inside", "event/metadata", "goes on showing settled events inside an instance",
        wrap=NeverForgetsInside),
)  # fmt: skip
