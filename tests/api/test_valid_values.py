"""Every parameter of every action, with values that it takes, in the smallest request: the call is answered."""

from __future__ import annotations

from random import Random
from typing import Final

import pytest

from faultzone import ApiError
from faultzone.api.products import VERSIONS
from faultzone.cli.actions import implemented
from faultzone.editions import EDITIONS
from tests.support.requests import BY_ACTION, MINIMAL, Way, refused, valid
from tests.support.things import Things

#: How many values of each parameter are tried.
DRAWN: Final = 2
#: No task of an action that is answered here can be canceled (recovery/task-cancel).
NEVER_ANSWERED: Final = {("ecs", "CancelTask")}
#: A dry run that has passed is a refusal.
TRIED: Final = {"DryRunOperation", "DRYRUN.SUCCESS"}

IN_EACH_EDITION: Final = [
    (edition.name, product, action)
    for edition in EDITIONS
    for product in VERSIONS
    for action, request in implemented(product).items()
    if action == request.__name__ and edition.has(request.since) and (product, action) not in NEVER_ANSWERED
]


def test_the_table_has_the_actions_that_there_are() -> None:
    there = {
        (product, action)
        for product in VERSIONS
        for action, each in implemented(product).items()
        if action == each.__name__
    }
    assert {(product, action) for product, asked in MINIMAL.items() for action in asked} == there - NEVER_ANSWERED


def answered(way: Way, number: int) -> str:
    """What is wrong with the answer to a call with a drawn value; nothing if it is empty."""
    things = Things(way.edition.name)
    value = valid(way, Random(f"{way} {number}"))
    asked = way.given(value)
    expected = {*refused(way, asked), *(TRIED if way.last.name == "DryRun" else ())}
    try:
        things.region.call(way.action, way.product, **things.filled(asked))
    except ApiError as refusal:
        return "" if refusal.code in expected else f"{way} = {value!r}: {refusal}"
    return ""


@pytest.mark.slow
@pytest.mark.parametrize(("edition", "product", "action"), IN_EACH_EDITION)
def test_what_a_parameter_takes_is_answered(edition: str, product: str, action: str) -> None:
    things = Things(edition)
    assert things.region.call(action, product, **things.filled(MINIMAL[product][action]))["RequestId"]
    told = [answered(way, number) for way in BY_ACTION.get((edition, product, action), ()) for number in range(DRAWN)]
    assert [each for each in told if each] == []
