"""The declared shapes of answers, held against what regions of each edition answer."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from faultzone.api.answer import CURRENT, Field, Rows, Structure
from faultzone.backends.answers import deviations
from faultzone.cli.actions import implemented
from faultzone.editions import EDITIONS, Date
from tests.support.answers import Answers, all_answers

BY_NAME = {each.name: each for each in EDITIONS}
IMPLEMENTED = implemented()
REQUESTS = {request.__name__: request for request in IMPLEMENTED.values()}
in_each_edition = pytest.mark.parametrize("name", BY_NAME)


@cache
def answers(name: str) -> Answers:
    return all_answers(BY_NAME[name])


@cache
def values(name: str) -> dict[str, dict[str, list[Any]]]:
    """All values that were answered, by action and by the way to the field."""
    found: dict[str, dict[str, list[Any]]] = defaultdict(lambda: defaultdict(list))

    def look(action: str, shown: dict[str, Any], way: str) -> None:
        for name, value in shown.items():
            found[action][f"{way}{name}"].append(value)
            for each in value if isinstance(value, list) else [value]:
                if isinstance(each, dict):
                    look(action, each, f"{way}{name}[]." if isinstance(value, list) else f"{way}{name}.")

    for action, answer in answers(name):
        look(action, answer, "")
    return found


def declared(shape: Structure, edition: Date, way: str = "") -> dict[str, tuple[Field, bool, bool]]:
    """The fields of an edition by the way to them; whether one is empty, or missing, with what it is in."""
    found = {}
    for name, field in shape.table.items():
        if field.since > edition:
            continue
        found[f"{way}{name}"] = (field, bool(field.empty), bool(field.missing))
        if isinstance(field, Structure):
            inner = declared(field, edition, f"{way}{name}[]." if isinstance(field, Rows) else f"{way}{name}.")
            for place, (each, empty, missing) in inner.items():
                found[place] = (each, empty or bool(field.empty), missing or bool(field.missing))
    return found


def is_empty(value: Any) -> bool:
    if isinstance(value, dict):
        return all(is_empty(each) for each in value.values())
    return not value


def test_no_name_is_declared_twice() -> None:
    def look(shape: Structure, way: str) -> list[str]:
        names = [name for field in shape.fields for name in field.names]
        twice = [f"{way}{name}" for name in set(names) if names.count(name) > 1]
        for field in shape.fields:
            if isinstance(field, Structure):
                twice += look(field, f"{way}{field.names[0]}.")
        return twice

    assert [each for name, request in REQUESTS.items() for each in look(request.answer, f"{name}: ")] == []


#: No task of an action that is answered here can be canceled (recovery/task-cancel).
REFUSED = {"CancelTask"}


@in_each_edition
def test_every_action_was_asked(name: str) -> None:
    known = {action for action, request in REQUESTS.items() if BY_NAME[name].has(request.since)} - REFUSED
    assert known - {action for action, _ in answers(name)} == set()


@in_each_edition
def test_answers_have_what_is_declared_and_nothing_else(name: str) -> None:
    date = BY_NAME[name].date
    wrong = {f"{action}: {each}" for action, answer in answers(name) for each in deviations(action, answer, date)}
    assert wrong == set()


@in_each_edition
def test_every_declared_field_is_answered_or_declared_missing(name: str) -> None:
    edition, wrong = BY_NAME[name], set()
    for action, request in REQUESTS.items():
        if action in REFUSED or not edition.has(request.since):
            continue
        for way, (_, empty, missing) in declared(request.answer, edition.date).items():
            seen = values(name)[action].get(way)
            if missing and seen:
                wrong.add(f"{action}: {way} is answered, and declared missing")
            elif not missing and not empty and seen is None:
                wrong.add(f"{action}: {way} is never answered, and not declared missing")
            elif seen and empty and not all(map(is_empty, seen)):
                wrong.add(f"{action}: {way} has a value, and is declared empty")
    assert wrong == set()


def places(shown: dict[str, Any], shape: Structure, way: str = "") -> Iterator[tuple[str, dict[str, Any], Structure]]:
    """Each object of an answer, with the way to it and its shape."""
    yield way, shown, shape
    for name, value in shown.items():
        field = shape.table[name]
        if isinstance(field, Rows):
            for number, each in enumerate(value):
                yield from places(each, field, f"{way}{name}[{number}].")
        elif isinstance(field, Structure):
            yield from places(value, field, f"{way}{name}.")


@pytest.mark.slow
@in_each_edition
def test_a_field_too_few_or_too_many_is_told_wherever_it_is(name: str) -> None:
    date, tried = BY_NAME[name].date, set()
    for action, answer in answers(name):
        whole = json.loads(json.dumps(answer))
        for way, shown, shape in places(whole, IMPLEMENTED[action].answer):
            place = (action, re.sub(r"\d+", "", way), frozenset(shown))
            if place in tried:
                continue
            tried.add(place)
            shown["Moon"] = 1
            assert deviations(action, whole, date) == [f"{way}Moon is not documented"]
            del shown["Moon"]
            for field in list(shown):
                value, declared = shown.pop(field), shape.table[field]
                due = [] if declared.when or declared.own else [f"{way}{field} is missing"]
                assert deviations(action, whole, date) == due
                shown[field] = value
    assert len(tried) > 100


def test_a_field_without_a_value_in_any_edition_is_declared_empty() -> None:
    shown = [each for name in BY_NAME for each in values(name).items()]
    wrong = set()
    for action, request in REQUESTS.items():
        for way, (field, empty, _) in declared(request.answer, CURRENT).items():
            seen = [value for name, ways in shown if name == action for value in ways.get(way, ())]
            if seen and not empty and type(field) is not Structure and all(map(is_empty, seen)):
                wrong.add(f"{action}: {way}")
    assert wrong == set()
