"""Functions that `Region.call_at` calls: who gets what they raise."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from faultzone import Client, Region, UsageError, assert_refused, make_region


@pytest.fixture
def region() -> Iterator[Region]:
    with make_region() as made:
        yield made


class Boom(Exception):
    """What a planned function raises."""


def plan_a_failure(region: Region, moment: str = "30s", said: str = "boom") -> None:
    def fail() -> None:
        raise Boom(said)

    region.call_at(moment, fail)


def test_a_client_that_waits_does_not_get_what_a_function_raises(region: Region) -> None:
    ecs, began = Client(region), region.clock.ms
    plan_a_failure(region)
    with region.chaos.api_failure("DescribeZones", kind="delay", seconds=60):
        assert ecs.DescribeZones()["Zones"]
    assert region.clock.ms - began == 60_000
    with pytest.raises(Boom):
        region.clock.advance("1s")
    region.clock.advance("1s")
    assert region.clock.ms - began == 62_000


def test_a_client_beside_another_may_be_refused(region: Region) -> None:
    """A refusal of the second client is no answer to the first."""
    ecs, rival = Client(region), Client(region)
    region.call_at("30s", lambda: rival.StopInstance(InstanceId="i-none"))
    with region.chaos.api_failure("DescribeZones", kind="delay", seconds=60):
        assert ecs.DescribeZones()["Zones"]
    assert_refused("InvalidInstanceId.NotFound", lambda: region.clock.advance(0))


def test_time_passes_in_full_before_the_test_gets_what_a_function_raises(region: Region) -> None:
    began = region.clock.ms
    plan_a_failure(region)
    with pytest.raises(Boom):
        region.clock.advance("1m")
    assert region.clock.ms - began == 60_000


def test_a_wait_ends_with_what_a_function_raises(region: Region) -> None:
    plan_a_failure(region)
    with pytest.raises(Boom):
        region.wait(lambda: False, "1m")
    plan_a_failure(region)
    with pytest.raises(Boom):
        region.hold(lambda: True, "1m")


def test_of_several_errors_the_first_is_raised_with_the_others_as_notes(region: Region) -> None:
    for said in ("first", "second", "third"):
        plan_a_failure(region, said=said)
    with pytest.raises(Boom, match="first") as raised:
        region.in_region(region.id).clock.advance("1m")
    assert raised.value.__notes__ == [f"A function of call_at raised Boom('{said}')." for said in ("second", "third")]
    region.clock.advance("1m")


def test_a_function_does_not_get_what_another_has_raised(region: Region) -> None:
    seen: list[str] = []

    def act() -> None:
        region.clock.advance("1m")
        seen.append("went on")

    plan_a_failure(region, "10s")
    region.call_at("20s", act)
    with pytest.raises(Boom):
        region.clock.advance("30s")
    assert seen == ["went on"]


def test_a_failure_by_pytest_is_kept_and_an_interrupt_is_not(region: Region) -> None:
    ecs = Client(region)

    def interrupt() -> None:
        raise KeyboardInterrupt

    region.call_at("10s", lambda: pytest.fail("by pytest"))
    with region.chaos.api_failure("DescribeZones", kind="delay", seconds=60):
        assert ecs.DescribeZones()["Zones"]
        with pytest.raises(pytest.fail.Exception, match="by pytest"):
            region.clock.advance("1s")
        region.call_at("10s", interrupt)
        with pytest.raises(KeyboardInterrupt):
            ecs.DescribeZones()


def fail_unheard(region: Region) -> None:
    """Let a function fail while a client waits, and the test ask for nothing more."""
    plan_a_failure(region)
    with region.chaos.api_failure("DescribeZones", kind="delay", seconds=60):
        Client(region).DescribeZones()


def test_the_end_of_a_region_raises_what_a_function_raised() -> None:
    made = make_region()
    fail_unheard(made)
    with pytest.raises(Boom):
        made.close()
    assert made.closed
    made.close()


def test_the_own_error_of_a_block_has_a_note_of_what_a_function_raised() -> None:
    def block() -> None:
        with make_region() as made:
            fail_unheard(made)
            raise ValueError("own")

    with pytest.raises(ValueError, match="own") as raised:
        block()
    assert raised.value.__notes__ == ["A function of call_at raised Boom('boom')."]


@pytest.mark.parametrize(
    "waits",
    [
        lambda region: region.run_instances(1),
        lambda region: region.wait(lambda: False, "5m"),
        lambda region: region.chaos.undo_all(),
    ],
    ids=["run_instances", "wait", "undo_all"],
)
def test_a_function_that_waits_is_told_that_time_stands_still(
    region: Region, waits: Callable[[Region], object]
) -> None:
    (one,) = region.run_instances(1)
    region.chaos.crash(one)
    region.call_at("1s", lambda: waits(region))
    with pytest.raises(UsageError, match="region time stands still while a function of call_at"):
        region.clock.advance("1m")
    region.chaos.undo_all()
