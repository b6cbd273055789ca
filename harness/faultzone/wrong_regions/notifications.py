"""Regions that are wrong in what they publish, and in what they tell an instance of itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from itertools import count
from typing import Any

from faultzone.wrong_regions import Answer, Wrapper, wrong

Notification = dict[str, Any]
Spoil = Callable[[list[Notification]], list[Notification]]


def _publishes(spoil: Spoil) -> type[Wrapper]:
    """A region whose notifications reach their readers spoilt."""

    def control(self: Wrapper, verb: str, arguments: Mapping[str, object]) -> Answer:
        answer = Wrapper.control(self, verb, arguments)
        if verb != "notifications":
            return answer
        return {"notifications": spoil(deepcopy(answer["notifications"]))}

    return type("Publishes", (Wrapper,), {"control": control})


def _each(change: Callable[[Notification], Notification]) -> Spoil:
    return lambda found: [change(each) for each in found]


def _with_content(each: Notification, **content: object) -> Notification:
    return {**each, "content": {**each["content"], **content}}


def _without(key: str) -> Callable[[Notification], Notification]:
    return lambda each: {**each, "content": {name: value for name, value in each["content"].items() if name != key}}


def _announced(found: list[Notification]) -> list[Notification]:
    """Failures, told of before they happen."""
    early = [
        {**_with_content(each, eventStatus="Scheduled"), "id": f"{each['id']}-0"}
        for each in found
        if each["content"].get("eventStatus") == "Executing" and "Failure" in each["content"]["eventType"]
    ]
    return early + found


_ANEW = count()

for _name, _clause, _says, _spoil in (
    (
        "silent-when-avoided", "notification", "publishes nothing of an event that is avoided",
        lambda found: [each for each in found if each["content"].get("eventStatus") != "Avoided"],
    ),
    (
        "silent-when-canceled", "notification", "publishes nothing of an event that is canceled",
        lambda found: [each for each in found if each["content"].get("eventStatus") != "Canceled"],
    ),
    (
        "silent-when-failed", "notification", "publishes nothing of an event that has failed",
        lambda found: [each for each in found if each["content"].get("eventStatus") != "Failed"],
    ),
    ("publishes-backwards", "notification", "publishes the latest first", lambda found: found[::-1]),
    (
        "publishes-under-new-ids", "notification", "gives a notification another id whenever it is delivered",
        _each(lambda each: {**each, "id": f"{each['id']}-{next(_ANEW)}"}),
    ),
    ("announces-failures", "notified-during-or-after", "tells of failures before they happen", _announced),
    (
        "publishes-without-names", "notification-name", "names all notifications alike",
        _each(lambda each: {**each, "name": "Instance:SystemEvent"}),
    ),
    (
        "publishes-calmly", "notification-name", "publishes events with the level INFO",
        _each(lambda each: {**each, "level": "INFO"}),
    ),
    ("publishes-without-type", "notification-fields", "leaves the type out", _each(_without("eventType"))),
    (
        "plans-everything", "notification-fields", "gives a NotBefore to what nobody planned",
        _each(lambda each: _with_content(each, notBefore="2019-03-01T00:00:00Z")),
    ),
    (
        "born-in-silence", "state-change-notification", "publishes nothing of an instance before it starts",
        lambda found: [each for each in found if each["content"].get("state") != "Pending"],
    ),
    (
        "states-without-a-level", "state-change-notification", "publishes changes of state as critical",
        _each(lambda each: {**each, "level": "CRITICAL"} if "state" in each["content"] else each),
    ),
    (
        "avoids-for-a-while", "notification-execute-times", "has avoided events end later than they began",
        _each(lambda each: _with_content(each, executeFinishTime="2099-01-01T00:00:00Z")),
    ),
    (
        "forgets-when-it-executed", "notification-execute-times", "leaves out when an execution began",
        _each(_without("executeStartTime")),
    ),
):  # fmt: skip
    wrong(_name, f"event/{_clause}", _says)(_publishes(_spoil))


@wrong("blind-inside", "event/metadata", "shows no events inside an instance")
class _BlindInside(Wrapper):
    def control(self, verb: str, arguments: Mapping[str, object]) -> Answer:
        answer = super().control(verb, arguments)
        return {"text": "[]"} if verb == "metadata" and "active-system-events" in str(arguments["path"]) else answer


@wrong("never-forgets-inside", "event/metadata", "goes on showing settled events inside an instance")
class _NeverForgetsInside(Wrapper):
    def control(self, verb: str, arguments: Mapping[str, object]) -> Answer:
        answer = super().control(verb, arguments)
        if verb != "metadata" or "active-system-events" not in str(arguments["path"]):
            return answer
        seen = self.__dict__.setdefault("seen", {})
        seen[arguments["instance"]] = f"{seen.get(arguments['instance'], '')}{answer['text']}"
        return {"text": seen[arguments["instance"]]}
