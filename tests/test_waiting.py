from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import pytest

from faultzone import assert_refused, make_region, waiting
from faultzone.backends.local import LocalBackend
from faultzone.clock import SECOND, HybridClock
from faultzone.errors import UsageError, WaitTimeout
from tests.support.patience import PATIENCE


class WallBackend(LocalBackend):
    """A region whose time a test cannot move: it must sleep."""

    capabilities = LocalBackend.capabilities - {"move-time"}


@pytest.fixture
def backend() -> LocalBackend:
    return LocalBackend()


@pytest.fixture
def wall(monkeypatch: pytest.MonkeyPatch) -> WallBackend:
    monkeypatch.setattr(waiting, "_POLL", 0.0005)
    return WallBackend()


def test_waiting_goes_from_timer_to_timer_and_stops_where_the_awaited_came(backend: LocalBackend) -> None:
    began, seen = backend.clock.now, list[int]()
    for due in (3, 5, 8):
        backend.clock.call_later(due * SECOND, lambda due=due: seen.append(due))  # type: ignore[misc]
    assert waiting.wait(backend, lambda: 5 in seen and seen, "1h", what="five") == [3, 5]
    assert backend.clock.now - began == 5 * SECOND


def test_what_is_so_already_takes_no_time(backend: LocalBackend) -> None:
    began = backend.clock.now
    assert waiting.wait(backend, lambda: "yes", 0, what="it") == "yes"
    assert backend.clock.now == began


@pytest.mark.parametrize(("within", "comes"), [(4.999, False), (5, True)])
def test_what_comes_at_the_last_instant_has_come_in_time(backend: LocalBackend, within: float, comes: bool) -> None:
    seen: list[int] = []
    began = backend.clock.now
    backend.clock.call_later(5 * SECOND, lambda: seen.append(1))
    if comes:
        assert waiting.wait(backend, lambda: seen, within, what="it") == [1]
    else:
        with pytest.raises(WaitTimeout, match=r"the thing: not within 4\.999 s of region time"):
            waiting.wait(backend, lambda: seen, within, what="the thing")
        assert backend.clock.now - began == 4999


def test_a_timeout_is_a_failed_assertion_so_that_the_region_deviates() -> None:
    assert issubclass(WaitTimeout, AssertionError)


def test_holding_looks_at_every_change_on_the_way(backend: LocalBackend) -> None:
    began, broken = backend.clock.now, list[bool]()
    backend.clock.call_later(10 * SECOND, lambda: broken.append(True))
    backend.clock.call_later(11 * SECOND, broken.clear)
    with pytest.raises(WaitTimeout, match="peace: did not hold for 1 min of region time: it broke after 10 s, at "):
        waiting.hold(backend, lambda: not broken, "1m", what="peace")
    assert backend.clock.now - began == 10 * SECOND


def test_holding_ends_at_its_time_and_looks_once_more(backend: LocalBackend) -> None:
    began, broken = backend.clock.now, list[bool]()
    waiting.hold(backend, lambda: not broken, "1m", what="peace")
    assert backend.clock.now - began == 60 * SECOND
    backend.clock.call_later(60 * SECOND, lambda: broken.append(True))
    with pytest.raises(WaitTimeout):
        waiting.hold(backend, lambda: not broken, "1m", what="peace")


def test_where_time_cannot_be_moved_it_is_waited_for(wall: WallBackend) -> None:
    looks = iter([False, False, 3])
    assert waiting.wait(wall, lambda: next(looks), 5, what="it") == 3
    began = wall.clock.now
    with pytest.raises(WaitTimeout, match=r"it: not within 1 ms and 0\.001 s of grace"):
        waiting.wait(wall, lambda: False, 0.001, what="it", grace=0.001)
    waiting.hold(wall, lambda: True, 0.002, what="it")
    with pytest.raises(WaitTimeout):
        waiting.hold(wall, lambda: next(looks, False), 5, what="it")
    assert wall.clock.now == began


def test_an_error_of_the_predicate_is_not_swallowed(backend: LocalBackend) -> None:
    with pytest.raises(ZeroDivisionError):
        waiting.wait(backend, lambda: 1 // 0, 5, what="it")


def test_the_region_waits_by_its_own_clock() -> None:
    region = make_region()
    (made,) = region.run_instances(1, wait=False)
    began = region.clock.ms
    assert region.wait(lambda: made.status == "Running")
    assert region.clock.ms - began == 3 * SECOND
    region.hold(lambda: made.status == "Running", "1h")
    assert region.clock.ms - began == 3603 * SECOND


class RealTime:
    """Real time of which half a second passes whenever it is looked at, and what is slept."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        self.now += 0.5
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def real_time(monkeypatch: pytest.MonkeyPatch) -> RealTime:
    made = RealTime()
    monkeypatch.setattr(waiting, "time", made)
    return made


@pytest.mark.usefixtures("real_time")
def test_time_that_stands_still_goes_on_with_the_real_time_of_others(backend: LocalBackend) -> None:
    began, seen = backend.clock.now, list[int]()
    for due in (2, 20, 50):
        backend.clock.call_later(due * SECOND, lambda due=due: seen.append(due))  # type: ignore[misc]
    looks = list[tuple[int, int]]()

    def has_come() -> bool:
        looks.append((backend.clock.now - began, len(seen)))
        return 50 in seen

    assert waiting.wait_for_others(backend, has_come, "1m", "30s", what="it")
    passed = [now for now, _ in looks]
    assert passed == sorted(passed)
    # Two seconds for each real one: no look at the real clock is for more than one.
    assert max(later - sooner for sooner, later in pairwise(passed)) <= 2 * SECOND
    assert [next(now for now, count in looks if count == each) for each in (1, 2, 3)] == [2_000, 20_000, 50_000]
    with pytest.raises(WaitTimeout, match=r"^it: not within 30 s of real time$"):
        waiting.wait_for_others(backend, lambda: False, "1m", "30s", what="it")
    assert backend.clock.now - began == 110 * SECOND


@pytest.mark.usefixtures("real_time")
def test_time_stands_still_while_calls_are_answered(backend: LocalBackend) -> None:
    began = backend.clock.now
    with pytest.raises(WaitTimeout, match="it: not within 30 s of real time"):
        waiting.wait_for_others(backend, lambda: False, "1h", "30s", what="it", are_busy=lambda: True)
    assert backend.clock.now == began
    answers = iter([True] * 10)
    with pytest.raises(WaitTimeout):
        waiting.wait_for_others(backend, lambda: False, "1h", "30s", what="it", are_busy=lambda: next(answers, False))
    assert 45 * 60 * SECOND < backend.clock.now - began < 3600 * SECOND


def test_time_that_follows_the_real_one_is_not_moved(real_time: RealTime) -> None:
    with make_region(clock="hybrid", scale=10) as region:
        backend = region.backend
        assert isinstance(backend, LocalBackend)
        backend.clock = clock = HybridClock(region.clock.ms, lambda: real_time.now, 10)
        began = clock.now
        with pytest.raises(WaitTimeout, match="the condition: not within 30 s of real time"):
            region.wait(lambda: False, real="30s")
        assert region.clock.ms - began == pytest.approx(305 * SECOND, rel=0.02)
        with pytest.raises(WaitTimeout, match="it: not within 1 min of region time"):
            region.wait(lambda: False, "1m", real="30s", what="it")
        assert region.clock.ms - began == pytest.approx(370 * SECOND, rel=0.02)


def test_a_wait_of_no_real_time_looks_once(backend: LocalBackend, wall: WallBackend) -> None:
    for each in (backend, wall):
        assert waiting.wait_for_others(each, lambda: 7, None, 0, what="it") == 7
        with pytest.raises(WaitTimeout, match="it: not within 0 s of real time"):
            waiting.wait_for_others(each, lambda: False, None, 0, what="it")
    with pytest.raises(WaitTimeout, match="it: not within 1 ms of real time"):
        waiting.wait_for_others(wall, lambda: False, "1ms", "1h", what="it")
    for bad in ("soon", -1, float("inf")):
        with pytest.raises(UsageError, match="duration="):
            waiting.wait_for_others(backend, lambda: False, None, bad, what="it")
    with pytest.raises(UsageError, match="write lambda:"):
        waiting.wait_for_others(backend, True, None, 1, what="it")  # type: ignore[arg-type]


@pytest.mark.parametrize("clock", ["virtual", "hybrid"])
@pytest.mark.slow
def test_a_test_waits_for_what_another_program_does(clock: str) -> None:
    """It polls, with sleeps of its own, until its instance runs."""
    program = """if True:
        import json, sys, time
        from faultzone.serve.client import connect
        backend = connect(sys.argv[1])
        image, kind = sys.argv[2:]
        asked = {"RegionId": "cn-hangzhou", "ImageId": image, "InstanceType": kind}
        made = backend.call("RunInstances", asked)["InstanceIdSets"]["InstanceIdSet"]
        listing = {"RegionId": "cn-hangzhou", "InstanceIds": json.dumps(made)}
        while backend.call("DescribeInstances", listing)["Instances"]["Instance"][0]["Status"] != "Running":
            time.sleep(0.02)
        backend.call("StopInstance", {"InstanceId": made[0]})
    """
    options: dict[str, Any] = {"clock": "hybrid", "scale": 10} if clock == "hybrid" else {}
    with make_region(**options) as region:
        began = region.clock.ms
        command = [sys.executable, "-c", program, region.endpoint, *region.defaults.values()]
        with subprocess.Popen(command) as running:
            try:
                region.wait(lambda: region.journal.of("call", action="StopInstance"), "1h", real=PATIENCE)
            finally:
                running.kill()
        assert 0 < region.clock.ms - began < 3600 * SECOND


class Running(LocalBackend):
    """A region in which a script runs for longer than hosts may be silent about what they owe."""

    asked = 0
    fresh = False

    def control(self, verb: str, arguments: Mapping[str, object]) -> dict[str, Any]:
        answer = super().control(verb, arguments)
        if verb == "clock":
            self.asked += 1
            answer |= {"owed": 0, "live": 1, "fresh": self.fresh, "silent": 1000.0, "grace": 30.0}
        return answer


def test_a_script_that_says_nothing_for_long_is_waited_for_in_real_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    backend = Running()
    began = backend.clock.now
    waiting.wait(backend, lambda: backend.asked > 10, "10m", what="its end")
    assert backend.clock.now == began


def test_a_script_that_has_just_begun_ends_before_the_next_timer(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the next run of a schedule, which would be left out."""
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    backend = Running()
    backend.fresh = True
    fired: list[int] = []
    backend.call_later(1000, lambda: fired.append(backend.asked))
    waiting.wait(backend, lambda: backend.asked > 10, "10m", what="its end")
    assert fired == []
    backend.fresh = False
    waiting.wait(backend, lambda: fired, "10m", what="the timer")


def test_a_wait_for_a_state_that_there_is_not_is_refused_at_once() -> None:
    with make_region() as region:
        (instance,) = region.run_instances(1)
        began = region.clock.ms
        for wait in (lambda: instance.wait_until("running"), lambda: region.wait_until_all([instance], "running")):
            with pytest.raises(
                UsageError,
                match=r"status='running': did you mean 'Running'.* expected one of 'Pending', 'Starting', 'Run",
            ):
                wait()
        assert region.clock.ms == began


def test_a_wait_that_times_out_says_the_state_last_seen() -> None:
    with make_region() as region:
        (instance,) = region.run_instances(1)
        with pytest.raises(WaitTimeout, match=r"Stopped: not within 5 s of region time; it is Running"):
            instance.wait_until("Stopped", "5s")


def test_what_is_no_function_is_no_predicate_and_no_call(backend: LocalBackend) -> None:
    for wait in (waiting.wait, waiting.hold):
        with pytest.raises(UsageError, match="predicate=True: expected a function: write lambda:"):
            wait(backend, True, "1s", what="it")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="expected a function: write lambda:"):
        assert_refused("Throttling", [])  # type: ignore[arg-type]
