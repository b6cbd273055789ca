from __future__ import annotations

from collections.abc import Sequence

import pytest

from faultzone import Instance, Region, make_region
from faultzone.backends.local import LocalBackend
from faultzone.clock import Clock
from faultzone.errors import UsageError
from faultzone.model.core.effects import Boot, Booted, Halt, HostBack, HostLost, Report
from faultzone.model.core.shape import Shape
from faultzone.substrate.memory import MemorySubstrate, Timings


class Guests:
    """A substrate by itself, and what it reported when."""

    def __init__(self, timings: Timings | None = None) -> None:
        self.clock, self.heard = Clock(0), list[tuple[int, str, Report]]()
        self.substrate = MemorySubstrate(
            self.clock, lambda region, report: self.heard.append((self.clock.now, region, report)), timings
        )

    def run(self, to: int) -> list[tuple[int, str, Report]]:
        while self.clock.step(to):
            pass
        return self.heard


def boot(instance: str, host: int, epoch: int = 1) -> Boot:
    return Boot(instance, epoch, host, None)


def test_a_guest_boots_in_its_time() -> None:
    guests = Guests(Timings(boot=3))
    guests.substrate.apply("r", [boot("i-1", 0)])
    assert guests.run(2999) == []
    assert guests.run(3000) == [(3000, "r", Booted("i-1", 1))]


def test_nothing_is_heard_of_a_boot_during_which_the_host_dies() -> None:
    guests = Guests()
    guests.substrate.apply("r", [boot("i-1", 0), boot("i-2", 1)])
    guests.run(500)
    guests.substrate.crash("r", 0, reversible=True)
    assert guests.run(60_000) == [(1500, "r", HostLost(0, True)), (2000, "r", Booted("i-2", 1))]


def test_a_newer_effect_silences_the_older() -> None:
    guests = Guests()
    guests.substrate.apply("r", [boot("i-1", 0), Halt("i-1", 2, 0, True), boot("i-1", 0, epoch=3)])
    assert guests.run(60_000) == [(2000, "r", Booted("i-1", 3))]


def test_hosts_of_the_same_number_in_two_regions_are_two_hosts() -> None:
    guests = Guests()
    guests.substrate.apply("r", [boot("i-1", 0)])
    guests.substrate.apply("s", [boot("i-2", 0)])
    guests.substrate.crash("r", 0, reversible=True)
    assert (2000, "s", Booted("i-2", 1)) in guests.run(60_000)
    assert not [each for each in guests.heard if isinstance(each[2], Booted) and each[1] == "r"]


@pytest.mark.parametrize(("detect", "restore"), [(1, 1), (5, 1), (1, 5)])
def test_a_host_is_back_only_after_its_loss_was_noticed(detect: int, restore: int) -> None:
    guests = Guests(Timings(detect=detect, restore=restore))
    guests.substrate.crash("r", 0, reversible=True)
    guests.substrate.crash("r", 0, reversible=True)
    guests.substrate.repair("r", 0)
    guests.substrate.repair("r", 0)
    assert [each[2] for each in guests.run(60_000)] == [HostLost(0, True), HostBack(0)]


def test_a_sound_host_needs_no_repair() -> None:
    guests = Guests()
    guests.substrate.repair("r", 0)
    assert guests.run(60_000) == []


@pytest.mark.parametrize("value", [-1, float("nan"), float("inf"), "2s"])
def test_timings_are_seconds(value: object) -> None:
    with pytest.raises(UsageError, match=r"Timings\(boot\)=.*: expected 0 or more seconds of guest time"):
        Timings(boot=value).check()  # type: ignore[arg-type]


# With the model


@pytest.fixture
def region() -> Region:
    return make_region(zones=1, hosts_per_zone=2)


def test_a_crash_during_boot_leaves_the_instance_starting_until_the_host_is_back(region: Region) -> None:
    (made,) = region.run_instances(1, wait=False)
    region.clock.advance(2)
    assert made.status == "Starting"
    with region.chaos.crash(str(made.host)):
        region.hold(lambda: made.status == "Starting", "10s")
    made.wait_until("Running")


def test_what_is_started_on_a_host_that_is_away_runs_once_it_is_back(region: Region) -> None:
    (made,) = region.run_instances(1, wait=False)
    with region.chaos.crash(str(made.host)):
        region.clock.advance("1m")
    made.wait_until("Running", within="10s")


def test_a_stop_during_which_the_host_dies_ends_with_it(region: Region) -> None:
    (made,) = region.run_instances(1)
    made.stop(wait=False)
    with region.chaos.crash(str(made.host)):
        made.wait_until("Stopped", within="10s")


@pytest.mark.parametrize("dies", ["before", "meanwhile"])
def test_a_move_to_another_host_does_not_hang_on_the_death_of_the_one_that_is_left(region: Region, dies: str) -> None:
    group = region.create_deployment_set()
    (member,) = region.run_instances(1, deployment_set=group)
    moving = next(each for each in region.run_instances(2) if each.host == member.host)
    left = str(moving.host)
    if dies == "before":
        region.chaos.crash(left)
    group.add(moving, force=True)
    region.chaos.crash(left)
    assert moving.host != left
    moving.wait_until("Running", within="10s")


class Held(LocalBackend):
    """A region that hears of nothing until the test hands a report on."""

    def __init__(self) -> None:
        self.kept: list[Report] = []
        super().__init__((Shape(zones=1, hosts_per_zone=2),), delays=self.keep)

    def keep(self, report: Report) -> Sequence[float]:
        self.kept.append(report)
        return ()

    def deliver(self, report: Report) -> None:
        self.clock.call_later(0, lambda: self._on_report("cn-hangzhou", report))
        self.advance(0)


def everything(region: Region) -> object:
    return list(region.describe("DescribeInstances", "Instances", "Instance")), region.hosts


def stale(region: Region, backend: Held, report: Report) -> bool:
    """Whether a report is stale, and changes nothing."""
    before, transitions = everything(region), len(region.journal.of("transition", "effect"))
    backend.deliver(report)
    if region.journal.of("report", "stale")[-1].kind == "report":
        return False
    assert everything(region) == before
    assert len(region.journal.of("transition", "effect")) == transitions
    return True


def running() -> tuple[Held, Region, Instance, Report]:
    backend = Held()
    region = make_region(backend)
    (made,) = region.run_instances(1, wait=False)
    region.clock.advance(10)
    (booted,) = [each for each in backend.kept if isinstance(each, Booted)]
    return backend, region, made, booted


def test_a_report_that_comes_twice_is_stale_the_second_time() -> None:
    backend, region, made, booted = running()
    assert not stale(region, backend, booted)
    assert made.status == "Running"
    assert stale(region, backend, booted)
    made.reboot(wait=False)
    region.clock.advance(10)
    halted = backend.kept[-1]
    assert not stale(region, backend, halted)
    assert stale(region, backend, halted)
    assert stale(region, backend, booted), "of the boot before"


def test_a_report_of_a_boot_that_a_crash_cut_short_is_stale() -> None:
    backend, region, made, booted = running()
    assert not stale(region, backend, HostLost(0, True))
    assert stale(region, backend, booted)
    assert stale(region, backend, HostLost(0, True))
    assert not stale(region, backend, HostBack(0))
    assert stale(region, backend, HostBack(0))
    assert made.status == "Starting"


def test_a_report_of_an_instance_that_is_gone_is_stale() -> None:
    backend, region, made, booted = running()
    made.delete()
    assert stale(region, backend, booted)
    assert not made.exists
