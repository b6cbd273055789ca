"""Spot instances that are taken back, in whatever state they are, and the prices of their market."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from faultzone import Instance, Region, UsageError, assert_released, make_region

TYPE = "ecs.g5.large"


def spot(region: Region, **asked: Any) -> Instance:
    (made,) = region.run_instances(1, **{"SpotStrategy": "SpotAsPriceGo", "SpotDuration": 0, **asked})
    return made


@pytest.fixture
def region() -> Region:
    return make_region(zones=2, hosts_per_zone=2, edition="2026-10")


@pytest.mark.parametrize(
    ("edition", "reason"), [("2019-02", "recycling"), ("2020-12", "recycling"), ("2026-10", "Recycling")]
)
def test_every_edition_takes_back_with_its_lock(edition: str, reason: str) -> None:
    region = make_region(edition=edition)
    instance = spot(region)
    region.chaos.spot_interruption(instance)
    assert instance.lock_reasons == [reason]
    region.clock.advance("299s")
    assert instance.status == "Running"
    region.clock.advance("1s")
    assert_released(instance)


def _lose(instance: Instance) -> None:
    instance.region.chaos.crash(str(instance.host), reversible=False)


def _keep(instance: Instance) -> None:
    instance.stop(StoppedMode="KeepCharging")


def _nothing(instance: Instance) -> None:
    pass


#: What comes some seconds before the end, and what half a second before it.
STATES: dict[str, tuple[Callable[[Instance], object], Callable[[Instance], object]]] = {
    "running": (_nothing, _nothing),
    "stopped": (_keep, _nothing),
    "stopping": (_nothing, lambda instance: instance.stop(wait=False, StoppedMode="KeepCharging")),
    "starting": (_keep, lambda instance: instance.start(wait=False)),
    "rebooting": (_nothing, lambda instance: instance.reboot(wait=False)),
    "lost": (_lose, _nothing),
    "shut-down": (_nothing, lambda each: each.region.run_command("poweroff", on=each, wait=False)),
}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("behavior", ["Stop", "Terminate"])
def test_it_ends_as_its_launch_said_from_any_state(region: Region, state: str, behavior: str) -> None:
    instance = spot(region, SpotInterruptionBehavior=behavior)
    region.chaos.spot_interruption(instance)
    ends, (early, late) = region.clock.ms + 300_000, STATES[state]
    region.clock.advance("4m")
    early(instance)
    region.clock.advance(f"{ends - 500 - region.clock.ms}ms")
    late(instance)
    region.clock.advance("30m")
    if behavior == "Terminate":
        assert_released(instance)
        return
    shown = instance.describe()
    assert (shown["Status"], shown["StoppedMode"], instance.lock_reasons) == ("Stopped", "StopCharging", [])
    assert instance.host is None
    assert instance.start().status == "Running"


def test_what_is_stopped_for_its_owner_costs_nothing(region: Region) -> None:
    region.set_prices(hourly=1)
    instance = spot(region, SpotInterruptionBehavior="Stop")
    instance.stop(StoppedMode="KeepCharging")
    region.chaos.spot_interruption(instance)
    region.clock.advance("2h")
    before = region.account_balance
    region.clock.advance("1d")
    assert region.account_balance == before


def test_a_second_interruption_changes_nothing(region: Region) -> None:
    instance = spot(region)
    region.chaos.spot_interruption(instance)
    region.clock.advance("4m")
    region.chaos.spot_interruption(instance)
    region.clock.advance("1m")
    assert_released(instance)
    assert len(region.journal.of("notice", what="interruption")) == 1


def test_what_is_gone_or_away_is_not_taken_back(region: Region) -> None:
    instance, usual = spot(region, SpotDuration=1), region.run_instances(1)[0]
    with pytest.raises(UsageError, match="the ID of a spot instance"):
        region.chaos.spot_interruption(usual)
    region.chaos.spot_interruption(instance)
    assert instance.lock_reasons == []
    instance.stop(StoppedMode="StopCharging")
    with pytest.raises(UsageError, match="start it first"):
        region.chaos.spot_interruption(instance)
    region.clock.advance("2h")
    assert instance.lock_reasons == []
    instance.delete()
    assert_released(instance)


def test_of_several_rises_the_highest_counts(region: Region) -> None:
    def price() -> set[Decimal]:
        return {Decimal(each) for each in region.control("spot-price", instance_type=TYPE)["prices"].values()}

    (usual,) = price()
    first = region.chaos.spot_price_rise(TYPE, "0.5")
    second = region.chaos.spot_price_rise(TYPE, "0.4")
    assert price() == {Decimal("0.5")}
    first.undo()
    assert price() == {Decimal("0.4")}
    second.undo()
    assert price() == {usual}
    region.control("spot-price", instance_type=TYPE, price="0.3", zone=region.zones[0])
    assert price() == {Decimal("0.3"), usual}
    region.control("spot-price", instance_type=TYPE, usual=True)
    assert price() == {usual}


def test_supply_runs_short_while_a_price_is_up(region: Region) -> None:
    with region.chaos.spot_price_rise(TYPE, "0.5", zone=region.zones[0], limit=0):
        assert {each.zone for each in region.run_instances(3)} == {region.zones[1]}
    assert region.run_instances(1, zone=region.zones[0])


@pytest.mark.parametrize("edition", ["2019-02", "2020-12"])
def test_earlier_editions_know_no_price_that_nobody_has_moved(edition: str) -> None:
    region = make_region(edition=edition)
    region.set_prices(hourly=1)
    instance = spot(region, SpotStrategy="SpotWithPriceLimit", SpotPriceLimit="0.001")
    with region.chaos.spot_price_rise(TYPE, "0.5"):
        region.clock.advance("6m")
        assert_released(instance)
    other = spot(region, SpotStrategy="SpotWithPriceLimit", SpotPriceLimit="0.001")
    region.clock.advance("1h")
    before = region.account_balance
    region.clock.advance("1d")
    assert before - region.account_balance == 24
    assert other.status == "Running"


@pytest.mark.parametrize(
    "wrong",
    [
        {"instance_type": "ecs.none.large"},
        {"instance_type": TYPE, "zone": "nowhere"},
        {"instance_type": TYPE, "price": "-1"},
    ],
)
def test_bad_prices_are_told_what_to_write(region: Region, wrong: dict[str, str]) -> None:
    with pytest.raises(UsageError):
        region.control("spot-price", **wrong)
