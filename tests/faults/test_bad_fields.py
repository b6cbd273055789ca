"""Every field of every kind of fault with values that cannot be: refused when the fault is planned, and by a sentence.

The values follow from the declaration of a field. What is taken when it is planned must come when it is due.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any, Final, NamedTuple

import pytest

from faultzone import HostHang, Schedule, UsageError
from faultzone.faults import CATALOGUE, Fault
from faultzone.faults.fault import parameters
from faultzone.faults.schedule import At, Call, On
from faultzone.faults.targets import FIELDS
from tests.support.faults import Stage, all_kinds, name_of, sample, stage

LONG: Final = "i-" + "x" * 300


class Values(NamedTuple):
    """Values for a field.

    Attributes:
        bad: those that cannot be, whatever the fault.
        odd: those that some fields take.
    """

    bad: Sequence[object]
    odd: Sequence[object] = ()


class Thing:
    """No value of any field, and what has no text."""

    def __repr__(self) -> str:
        raise RuntimeError


ANY_TYPE: Final[list[object]] = [[], {}, ("x",), b"x", Thing(), {"id": "i-1"}]
#: By the name of an annotation.
OF_TYPE: Final[Mapping[str, Values]] = {
    "str": Values(["", " "], ["nope", "主机-網站", LONG, "newest(moon)", "a\x00\n\u202eb", "*", "(", "host_of(i-1)"]),
    "bool": Values([]),
    "int": Values([-1, -(10**30)], [0, 10**30]),
    "float": Values([-1.0, math.nan, math.inf, -math.inf], [0.0, 1e300, 10**400]),
    "Decimal": Values([Decimal(-1), Decimal("nan"), Decimal("inf"), Decimal("1e400")], [Decimal(0)]),
    "Duration": Values(
        [-1, -0.01, math.nan, math.inf, "", "soon", "-5s", "十秒", "\u0665s", "5", 1e300, 10**400, timedelta(days=-1),
         "9999999999d", timedelta.max],
        [0, "0s"],
    ),
}  # fmt: skip
#: Text in any of these is one of a few names, or an amount of money.
CHOSEN: Final = {"state", "type", "outcome", "kind", "how", "region", "zone", "family", "account", "instance_type"}
MONEY: Final = {"price", "debt", "amount"}
#: Fields of text that a test may choose as it likes; the empty text is one of them where a refusal says nothing.
FREE: Final = {"message", "code"}
TARGETS: Final = {*FIELDS} - {"about", "item"}


def values(name: str, annotation: str) -> Values:
    """What a field is given."""
    types = annotation.split(" | ")
    bad: list[object] = [*ANY_TYPE]
    odd: list[object] = []
    for each in types:
        if each in OF_TYPE:
            bad += OF_TYPE[each].bad
            odd += OF_TYPE[each].odd
    if "str" in types and (name in CHOSEN or name in MONEY or name in TARGETS):
        bad, odd = (
            bad + [each for each in odd if isinstance(each, str)],
            [each for each in odd if type(each) is not str],
        )
    if "None" not in types:
        bad += [None]
    if "bool" not in types:
        bad += [True, False]
    if not {"int", "float", "Duration"} & {*types}:
        bad += [5, 1.5]
    elif "float" not in types and "Duration" not in types:
        bad += [1.5, math.nan, math.inf]
    if not {"str", "Duration"} & {*types}:
        bad += ["5", "x"]
    if name == "message":
        bad = [each for each in bad if each not in ("", " ")]
    return Values(bad, odd)


def cases(kind: type[Fault | Call], *, odd: bool) -> Iterator[tuple[str, object]]:
    """Each field with each value."""
    for each in fields(kind):  # type: ignore[arg-type]
        for value in values(each.name, str(each.type))[odd]:
            yield each.name, value


@pytest.fixture
def on() -> Iterator[Stage]:
    made = stage(all_kinds())
    with made.region:
        yield made


def ways(on: Stage, kind: type[Fault], given: Mapping[str, Any]) -> dict[str, Callable[[], object]]:
    """Every way in for a fault with these fields."""
    chaos, control = on.region.chaos, on.region.control
    told = {"fault": kind.__name__, **given}
    schedule = {"version": 1, "steps": [{"at": "1s", "fault": told}]}
    written: dict[str, Callable[[], object]] = {
        "play": lambda: chaos.play(schedule),
        "verb inject": lambda: control("inject", fault=told),
        "verb schedule": lambda: control("schedule", after=1000, fault=told),
        "verb play": lambda: control("play", schedule=schedule),
    }
    try:
        fault = kind(**given)
    except UsageError:  # What is not made goes in nowhere.
        return {"made": lambda: kind(**given), "verb inject": written["verb inject"], "play": written["play"]}
    return {
        "at": lambda: chaos.at("1s", fault),
        "inject": lambda: chaos.inject(fault),
        "schedule": lambda: chaos.play(Schedule([At("1s", fault)])),
        "on": lambda: chaos.play(Schedule([On(Call("DeleteKeyPairs"), fault)])),
        **written,
    }


def given_for(on: Stage, kind: type[Fault], name: str, value: object) -> dict[str, Any]:
    """The fields of a sample that stand for themselves, and one of this value."""
    there = sample(on, kind)
    said = {each: getattr(there, each) for each in parameters(kind) if getattr(there, each) is not None}
    if kind.__name__ == "Maintenance" and name == "host":
        said.pop("instance")
    return {**said, name: value}


every = pytest.mark.parametrize("kind", CATALOGUE, ids=name_of)


def answer(ask: Callable[[], object]) -> str:
    """What is answered: `taken`, `refused` with a sentence, or what is raised else."""
    try:
        ask()
    except UsageError as refused:
        return "refused" if len(str(refused)) > 10 else f"refused by {refused}"
    except Exception as error:
        return repr(error)[:200]
    return "taken"


def shown(value: object) -> str:
    """A value, for a reader."""
    return type(value).__name__ if isinstance(value, Thing) else repr(value)[:40]


@every
def test_what_cannot_be_is_refused_when_it_is_planned(on: Stage, kind: type[Fault]) -> None:
    wrong = []
    for name, value in cases(kind, odd=False):
        for way, ask in ways(on, kind, given_for(on, kind, name, value)).items():
            if (said := answer(ask)) != "refused":
                wrong.append((name, shown(value), way, said))
    on.region.chaos._owed.clear()
    assert wrong == []
    assert on.region.control("faults")["faults"] == []


@pytest.mark.slow
@every
def test_what_is_taken_when_it_is_planned_comes_when_it_is_due(kind: type[Fault]) -> None:
    wrong: list[object] = []
    on = stage(all_kinds())
    for name, value in cases(kind, odd=True):
        said = {way: answer(ask) for way, ask in ways(on, kind, given_for(on, kind, name, value)).items()}
        if set(said.values()) == {"refused"}:
            continue
        # Of several of one kind that exclude each other, the first is taken.
        if not {*said.values()} <= {"taken", "refused"} or (said["at"] == "refused"):
            wrong.append((name, shown(value), said))
        on.region.clock.advance("2s")
        first = on.region.control("faults")["faults"][0]
        if first["error"] is not None or first["since"] is None:
            wrong.append((name, shown(value), first))
        on.region.chaos._owed.clear()
        on = stage(all_kinds())
    assert wrong == []


def test_a_step_waits_for_no_call_that_cannot_be(on: Stage) -> None:
    wrong = []
    fault = sample(on, CATALOGUE[0])
    for name, value in cases(Call, odd=False):
        given: dict[str, Any] = {"action": "RunInstances", name: value}
        told = {"call" if each == "action" else each: said for each, said in given.items()}
        schedule = {"version": 1, "steps": [{"on": told, "fault": fault.told()}]}
        for way, ask in {
            "made": lambda given=given: On(Call(**given), fault),
            "play": lambda schedule=schedule: on.region.chaos.play(schedule),
        }.items():
            if (said := answer(ask)) != "refused":
                wrong.append((name, shown(value), way, said))
    assert wrong == []


@pytest.mark.parametrize("name", ["after", "until", "lasts"])
def test_a_step_has_no_moment_that_cannot_be(on: Stage, name: str) -> None:
    wrong, fault = [], HostHang(on.host)
    for value in values(name, "Duration" if name == "after" else "Duration | None").bad:
        step: dict[str, Callable[[Any], object]] = {
            "after": lambda given: At(given, fault),
            "until": lambda given: At("1s", fault, given),
            "lasts": lambda given: On(Call("RunInstances"), fault, lasts=given),
        }
        by_call: dict[str, Callable[[Any], object]] = {
            "after": lambda given: on.region.chaos.at(given, fault),
            "until": lambda given: on.region.chaos.at("1s", fault, until=given),
            "lasts": lambda given: on.region.chaos.inject(fault, lasts=given),
        }
        for ways_in in (step, by_call):
            if (said := answer(partial(ways_in[name], value))) != "refused":
                wrong.append((shown(value), said))
    assert wrong == []
    assert on.region.control("faults")["faults"] == []
