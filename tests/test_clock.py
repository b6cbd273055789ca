from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faultzone import clock as clocks
from faultzone.clock import (
    DAY,
    HOUR,
    MINUTE,
    SECOND,
    VIRTUAL_START,
    Clock,
    Duration,
    HybridClock,
    milliseconds,
    read_stamp,
    stamp,
    stamp_minute,
    utc,
)
from faultzone.errors import HarnessError, UsageError


@pytest.mark.parametrize(
    ("duration", "expected"),
    [
        (0, 0),
        (2, 2 * SECOND),
        (0.25, 250),
        (timedelta(minutes=1, milliseconds=3), MINUTE + 3),
        ("90s", 90 * SECOND),
        ("1.5h", 90 * MINUTE),
        ("1d12h", DAY + 12 * HOUR),
        ("1d 12h", DAY + 12 * HOUR),
        ("20ms", 20),
        ("1m1ms", MINUTE + 1),
    ],
)
def test_a_duration_has_one_length(duration: Duration, expected: int) -> None:
    assert milliseconds(duration) == expected


@pytest.mark.parametrize("text", ["", "90", "s", "1x", "1h and more", "-1s", "h1", "1,5h"])
def test_a_duration_of_another_form_is_refused_with_what_to_write(text: str) -> None:
    with pytest.raises(UsageError, match=r"'90s', '2h' or '1d12h'"):
        milliseconds(text)


@pytest.mark.parametrize(
    "length", [-1, -0.001, timedelta(seconds=-1), float("inf"), float("nan"), 1e308, "9" * 400 + "d"]
)
def test_a_duration_is_neither_negative_nor_endless(length: Duration) -> None:
    with pytest.raises(UsageError, match="duration"):
        milliseconds(length)


@pytest.mark.parametrize("length", [None, [], {}, object()])
def test_what_is_no_duration_is_refused(length: Any) -> None:
    with pytest.raises(UsageError, match="expected a duration such as '90s', or a number of seconds"):
        milliseconds(length)


def test_stamps_are_the_ones_of_the_api() -> None:
    assert stamp(VIRTUAL_START + 1999) == "2019-03-01T00:00:01Z"
    assert stamp_minute(VIRTUAL_START + 59_999) == "2019-03-01T00:00Z"
    assert read_stamp("2019-03-01T00:00:01Z") == VIRTUAL_START + SECOND
    assert read_stamp("2019-03-01T00:01Z") == VIRTUAL_START + MINUTE
    assert utc(VIRTUAL_START + 1) == datetime(2019, 3, 1, 0, 0, 0, 1000, tzinfo=UTC)


@pytest.mark.parametrize("text", ["2019-03-01", "2019-03-01T00:00:00", "2019-13-01T00:00Z", "01/03/2019 00:00:00Z"])
def test_an_instant_of_another_form_is_no_stamp(text: str) -> None:
    with pytest.raises(ValueError, match=r"month must be|is not written"):
        read_stamp(text)


def run(clock: Clock, to: int) -> None:
    while clock.step(to):
        pass


def test_timers_fire_by_time_and_those_of_one_instant_in_the_order_in_which_they_were_set() -> None:
    clock, fired = Clock(0), list[str]()
    for name, due in (("c", 20), ("a", 10), ("d", 20), ("b", 10)):
        clock.call_at(due, lambda name=name: fired.append(f"{name}{clock.now}"))  # type: ignore[misc]
    run(clock, 30)
    assert fired == ["a10", "b10", "c20", "d20"]
    assert clock.now == 30


def test_a_timer_set_by_a_timer_for_the_same_instant_fires_after_those_that_are_due() -> None:
    clock, fired = Clock(0), list[str]()

    def first() -> None:
        fired.append("first")
        clock.call_later(0, lambda: fired.append("third"))

    clock.call_at(5, first)
    clock.call_at(5, lambda: fired.append("second"))
    run(clock, 5)
    assert fired == ["first", "second", "third"]


def test_a_cancelled_timer_never_fires() -> None:
    clock, fired = Clock(0), list[int]()
    timer = clock.call_at(5, lambda: fired.append(1))
    later = clock.call_at(6, lambda: fired.append(2))
    clock.call_at(4, later.cancel)
    timer.cancel()
    timer.cancel()
    assert [timer.live, later.live] == [False, True]
    assert clock.next_due() == 4
    run(clock, 10)
    assert fired == []
    assert clock.next_due() is None


def test_a_timer_that_fired_is_not_live_and_may_be_cancelled() -> None:
    clock = Clock(0)
    timer = clock.call_later(1, lambda: None)
    assert clock.step(1)
    assert not timer.live
    timer.cancel()
    assert not clock.step(1)


def test_timers_that_set_one_another_at_one_instant_come_to_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clocks, "CHAIN_MOST", 5)
    clock, fired = Clock(), []

    def again() -> None:
        fired.append(clock.now)
        clock.call_later(0, again)

    clock.call_later(1000, again)
    with pytest.raises(HarnessError, match=r"2019-03-01T00:00:01Z: 5 timers .* set one another, .*\.again;"):
        run(clock, clock.now + 1000)
    assert fired == [VIRTUAL_START + 1000] * 6


def test_any_number_of_timers_fire_at_one_instant(monkeypatch: pytest.MonkeyPatch) -> None:
    """What counts is how long the chain is in which they set one another; what time passes over ends it."""
    monkeypatch.setattr(clocks, "CHAIN_MOST", 2)
    clock, fired = Clock(), list[int]()

    def again(number: int) -> None:
        clock.call_later(0, partial(fired.append, number))

    for number in range(10):
        clock.call_later(0, partial(again, number))
    for _ in range(3):
        while clock.step(clock.now):
            pass
        clock.call_later(0, lambda: None)
    assert fired == [*range(10)]


def test_a_step_goes_no_further_than_its_limit() -> None:
    clock, fired = Clock(0), list[int]()
    clock.call_at(10, lambda: fired.append(clock.now))
    assert not clock.step(9)
    assert (clock.now, fired) == (9, [])
    assert clock.step(10)
    assert fired == [10]


def test_an_instant_that_has_passed_is_due_at_once_and_time_does_not_go_back() -> None:
    clock, fired = Clock(100), list[int]()
    clock.call_at(5, lambda: fired.append(clock.now))
    assert clock.step(100)
    assert (fired, clock.now) == ([100], 100)
    assert not clock.step(50)
    assert clock.now == 100


@settings(derandomize=True, max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50))), st.lists(st.integers(0, 60), max_size=5))
def test_time_only_moves_forward_and_every_timer_fires_once(timers: list[tuple[int, int]], limits: list[int]) -> None:
    clock = Clock(0)
    seen, fired = [0], list[int]()

    def fire(number: int, again: int) -> None:
        seen.append(clock.now)
        fired.append(number)
        if again % 3 == 0:
            clock.call_at(again, lambda: seen.append(clock.now))

    for number, (due, again) in enumerate(timers):
        clock.call_at(due, lambda number=number, again=again: fire(number, again))  # type: ignore[misc]
    for limit in (*limits, 100):
        run(clock, limit)
        seen.append(clock.now)
    assert seen == sorted(seen)
    assert sorted(fired) == list(range(len(timers)))
    assert fired == [number for number, _ in sorted(enumerate(timers), key=lambda each: each[1][0])]


class RealClock:
    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


def test_a_hybrid_clock_follows_the_real_one_multiplied_by_its_scale() -> None:
    real = RealClock()
    clock = HybridClock(500, real, scale=10)
    assert clock.target() == 500
    real.seconds += 2
    assert clock.target() == 500 + 20 * SECOND
    assert clock.now == 500, "it moves only when it is caught up"
    run(clock, clock.target())
    assert clock.now == 20_500


def test_a_jump_of_a_hybrid_clock_is_kept_when_real_time_goes_on() -> None:
    real = RealClock()
    clock = HybridClock(0, real)
    run(clock, HOUR)
    clock.jump(HOUR)
    real.seconds += 1
    assert clock.target() == HOUR + SECOND


def test_a_jump_to_where_real_time_already_is_changes_nothing() -> None:
    real = RealClock()
    clock = HybridClock(0, real)
    real.seconds += 10
    clock.jump(3 * SECOND)
    assert clock.target() == 10 * SECOND


@pytest.mark.parametrize("scale", [0, -1.0, float("nan"), 1e308, True, "2"])
def test_a_clock_cannot_stand_still_run_backwards_or_out_of_hand(scale: float) -> None:
    with pytest.raises(UsageError, match=r"scale=.*: expected region seconds for each real second"):
        HybridClock(0, RealClock(), scale)


@pytest.mark.parametrize(
    "text",
    [
        "\uff12\uff10\uff11\uff19-03-01T00:00:00Z",
        "2019-03-01T00:00:0\u0661Z",
        "2019-3-01T00:00:00Z",
        "2019-03-01T00:00Z\n",
    ],
)
def test_a_time_is_written_in_digits_of_ascii(text: str) -> None:
    with pytest.raises(ValueError, match="is not written"):
        read_stamp(text)


@pytest.mark.parametrize("text", ["\uff15d", "1\u0661s"])
def test_a_duration_is_written_in_digits_of_ascii(text: str) -> None:
    with pytest.raises(UsageError, match="expected a duration such as"):
        milliseconds(text)
