"""Patterns of faults, as schedules: hosts that go one by one and come back in another order, one that flaps, and a walk
through refusals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from faultzone.clock import SECOND, Duration, milliseconds
from faultzone.errors import UsageError
from faultzone.faults.api import ApiFailure, branched_on
from faultzone.faults.fault import Fault
from faultzone.faults.schedule import At, Schedule
from faultzone.world import World

if TYPE_CHECKING:
    from typing import Unpack

    from faultzone.faults.calls import Aim


def swizzle(
    faults: Sequence[Fault], *, every: Duration = "10s", after: Duration = "0s", seed: int | str = 0
) -> Schedule:
    """Let faults come one after the other in one order, until all are in force, and end in another order.

    Args:
        faults: what breaks, such as the crash of each host.
        every: the time between two that come or end.
        after: when the first comes, from the beginning of the schedule.
        seed: which orders; equal seeds give equal ones.

    Raises:
        UsageError: there are no faults, one cannot end, or no time lies between them.
    """
    given: object = faults
    if not isinstance(given, Sequence) or not given:
        raise UsageError.expected("faults", given, "a list of at least one fault")
    step, begin = _length("every", every), milliseconds(after)
    chance = World(seed).stream("swizzle")
    coming, ending = ([*range(len(faults))] for _ in range(2))
    chance.shuffle(coming)
    chance.shuffle(ending)
    steps = []
    for place, number in enumerate(coming):
        comes, ends = begin + place * step, begin + (len(faults) + ending.index(number)) * step
        steps.append(At(_said(comes), faults[number], until=_said(ends)))
    return Schedule(steps)


def flapping(
    fault: Fault, *, down: Duration = "30s", up: Duration = "30s", times: int = 3, after: Duration = "0s"
) -> Schedule:
    """Let a fault come and end again and again.

    Args:
        fault: what breaks, such as the cut of a host.
        down: for how long it is in force each time.
        up: for how long it is not, between two times.
        times: how often it comes.
        after: when it first comes, from the beginning of the schedule.

    Raises:
        UsageError: it cannot end, or a length or the number of times is 0.
    """
    if type(times) is not int or times < 1:
        raise UsageError.expected_whole("times", times, 1)
    lasts, pause, begin = _length("down", down), _length("up", up), milliseconds(after)
    starts = [begin + number * (lasts + pause) for number in range(times)]
    return Schedule([At(_said(each), fault, until=_said(each + lasts)) for each in starts])


def refusals(
    action: str, codes: str | Sequence[str] = "all", *, after: Duration = "0s", **aim: Unpack[Aim]
) -> Schedule:
    """Refuse one call with each of some codes, in their order.

    Args:
        action: the action's name, or a pattern.
        codes: the codes, or whose client branches on them: a name in `faultzone.faults.api.BRANCHED_ON`, or `all`.
        after: from when on calls are refused, from the beginning of the schedule.
        aim: which calls are meant; `times` is how many calls each code refuses, by default one.

    Raises:
        UsageError: no such client is known, or there are no codes.
    """
    chosen: dict[str, Any] = {"times": 1, **aim}
    return Schedule([At(after, ApiFailure(action, code=each, **chosen)) for each in branched_on(codes)])


def _length(name: str, given: Duration) -> int:
    """A length of time in milliseconds, and more than none."""
    found = milliseconds(given)
    if found < 1:
        raise UsageError.expected(name, given, "more than 0, such as '10s'")
    return found


def _said(ms: int) -> str:
    return f"{ms}ms" if ms % SECOND else f"{ms // SECOND}s"
