"""The two ways in which a test waits: until something is so, and while it stays so, both in region time.

Where the backend lets time move, waiting costs no real time: it goes from timer to timer. Elsewhere it polls and
sleeps. So does a wait for what another program does, which needs real time.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final, TypeVar

from faultzone.backends import Backend
from faultzone.clock import SECOND, Duration, in_words, milliseconds, stamp
from faultzone.errors import SubstrateSilent, UsageError, WaitTimeout

T = TypeVar("T")

#: How long a change of state or an event may take before a wait gives up, in region time: twice what our own region
#: needs at the most, where a recovery is planned.
STATE_CHANGE: Final = "1h"
#: How often a backend whose time cannot be moved is asked, in real seconds.
_POLL: Final = 0.05
#: How often a backend whose guests are real is asked, in real seconds; and one that tells when it has heard of them.
_REAL_POLL: Final = 0.002
_TOLD_POLL: Final = 0.02


def wait(backend: Backend, predicate: Callable[[], T], within: Duration, *, what: str, grace: float = 0.0) -> T:
    """Let region time pass until `predicate()` is true, and return its result.

    Args:
        within: the timeout, in region time.
        what: the name of the condition, for the message.
        grace: more real seconds, for a backend that cannot advance time.

    Raises:
        WaitTimeout: the condition did not become true in time.
        UsageError: the predicate is not callable.
    """
    _check(predicate)
    limit = milliseconds(within)
    if "move-time" in backend.capabilities:
        deadline = backend.control("clock", {})["now"] + limit
        while not (result := predicate()):
            if not _pass(backend, deadline):
                if result := predicate():
                    return result
                raise WaitTimeout(f"{what}: not within {in_words(limit)} of region time")
        return result
    end = time.monotonic() + limit / SECOND + grace
    while not (result := predicate()):
        if time.monotonic() >= end:
            raise WaitTimeout(f"{what}: not within {in_words(limit)} and {grace:g} s of grace")
        time.sleep(min(_POLL, max(0.0, end - time.monotonic())))
    return result


def wait_for_others(
    backend: Backend,
    predicate: Callable[[], T],
    within: Duration | None,
    real: Duration,
    *,
    what: str,
    are_busy: Callable[[], bool] = lambda: False,
) -> T:
    """Let real time pass until `predicate()` is true, while other programs act, and return its result.

    Region time that runs by itself is left alone. Time that stands still is moved, as much of `within` as of `real` has
    passed, from timer to timer, and not while calls are being answered.

    Args:
        within: the timeout, in region time; None for an hour where it stands still, and for none where it runs.
        real: the timeout, in real time.
        what: the name of the condition, for the message.
        are_busy: whether calls are being answered.

    Raises:
        WaitTimeout: the condition did not become true in time.
        UsageError: the predicate is not callable.
    """
    _check(predicate)
    most = milliseconds(real)
    limit = milliseconds(STATE_CHANGE if within is None else within)
    clock = backend.control("clock", {}) if "move-time" in backend.capabilities else {}
    stands, began = clock.get("kind") == "virtual", clock.get("now", 0)
    if not clock and within is not None:
        most = min(most, limit)  # The time of such a backend is the real one.
    first = last = time.monotonic()
    busy = 0.0
    while not (result := predicate()):
        now = time.monotonic()
        is_busy = are_busy()
        busy, last = busy + (now - last) * is_busy, now
        waited = min(most, int((now - first) * SECOND))
        due = began + limit * max(0, waited - int(busy * SECOND)) // max(1, most)
        moved = stands and not is_busy and _pass(backend, due, for_scripts=False)
        if waited >= most and (not moved or "owed" in clock):
            raise WaitTimeout(f"{what}: not within {in_words(most)} of real time")
        if moved:
            continue
        if clock and not stands and within is not None and backend.control("clock", {})["now"] - began >= limit:
            if result := predicate():
                return result
            raise WaitTimeout(f"{what}: not within {in_words(limit)} of region time")
        time.sleep(min(_POLL, most / SECOND))
    return result


def hold(backend: Backend, predicate: Callable[[], object], during: Duration, *, what: str) -> None:
    """Let region time pass and see that `predicate()` stays true at every change on the way.

    Raises:
        WaitTimeout: it became false; the message says when.
        UsageError: the predicate cannot be called.
    """
    _check(predicate)
    limit = milliseconds(during)
    began = backend.control("clock", {})["now"] if "move-time" in backend.capabilities else 0
    real_began = time.monotonic()
    end = real_began + limit / SECOND
    going = True
    while True:
        if not predicate():
            if "move-time" in backend.capabilities:
                now = backend.control("clock", {})["now"]
                if now > began + limit:
                    return  # Time that runs by itself has gone past the end meanwhile.
                broke = f"after {in_words(now - began)}, at {stamp(now)}"
            else:
                broke = f"after {in_words(int((time.monotonic() - real_began) * SECOND))}"
            raise WaitTimeout(f"{what}: did not hold for {in_words(limit)} of region time: it broke {broke}")
        if not going:
            return
        if "move-time" in backend.capabilities:
            going = _pass(backend, began + limit, for_scripts=False)
        else:
            time.sleep(min(_POLL, max(0.0, end - time.monotonic())))
            going = time.monotonic() < end


def _check(predicate: object) -> None:
    if not callable(predicate):
        raise UsageError.expected("predicate", predicate, "a function: write lambda: before the condition")


def _pass(backend: Backend, deadline: int, *, for_scripts: bool = True) -> bool:
    """Go on to the next timer, or to the deadline; False once that is reached.

    Within what is called while time passes, time stands still: a wait would never end there.

    Where guests are real, real time passes instead while hosts owe reports, and, unless told otherwise, while a script
    has just begun, or scripts run and no timer is due.

    Raises:
        SubstrateSilent: hosts owe reports and have said nothing for longer than the backend allows.
        UsageError: time stands still.
    """
    clock = backend.control("clock", {})
    now, following = clock["now"], clock["next"]
    if clock.get("owed"):
        if clock["silent"] > clock["grace"]:
            raise SubstrateSilent(
                f"hosts owe {clock['owed']} reports and have said nothing for {clock['silent']:.0f} s"
            )
        _pause(backend)
        return True
    if now >= deadline:
        return False
    if for_scripts and (clock.get("fresh") or (clock.get("live") and (following is None or following > deadline))):
        _pause(backend)
        return True
    to = deadline if following is None else min(max(following, now), deadline)
    passed = backend.control(
        "advance", {"milliseconds": to - now} | ({"await_hosts": False} if "owed" in clock else {})
    )
    if passed["now"] == now < to and "owed" not in clock and clock["kind"] == "virtual":
        raise UsageError(
            "region time stands still while a function of call_at, a subscriber or a probe runs: expected it to return "
            "without a wait; write what comes later as another function of region.call_at"
        )
    return True


def _pause(backend: Backend) -> None:
    """Let real time pass until something may have changed."""
    pause: Callable[[float], None] | None = getattr(backend, "pause", None)
    if pause is None:
        time.sleep(_REAL_POLL)
    else:
        pause(_TOLD_POLL)
