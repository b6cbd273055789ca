"""Whatever happens, members of deployment sets are where their strategy, type, affinity and group demand."""

from __future__ import annotations

from collections import Counter, defaultdict
from contextlib import suppress
from random import Random
from typing import Any

import pytest

from faultzone import ApiError, Region, assert_spread, assert_strictly_spread, make_region
from faultzone import DeploymentSet as Handle
from faultzone.backends.local import LocalBackend
from faultzone.checkers import demand
from faultzone.errors import ShapeError, UsageError
from faultzone.model.core.catalog import default_catalog
from faultzone.model.core.placement import Placement
from faultzone.model.core.shape import Shape
from faultzone.model.core.state import DeploymentSet, RegionState

TODAY = "2026-10"


def placement(**shape: Any) -> Placement:
    return Placement(Shape(**{"zones": 2, "hosts_per_zone": 7, **shape}), default_catalog())


# Racks and switches


def test_hosts_of_a_zone_share_racks_and_switches_in_their_order() -> None:
    placed = placement(hosts_per_rack=2, racks_per_switch=2)
    for zone, start in enumerate((0, 7)):
        hosts = placed.by_zone[zone]
        assert [placed.sharing(host, "rack") for host in hosts] == [
            *[range(start, start + 2)] * 2,
            *[range(start + 2, start + 4)] * 2,
            *[range(start + 4, start + 6)] * 2,
            range(start + 6, start + 7),
        ]
        assert [placed.sharing(host, "sw") for host in hosts] == [
            *[range(start, start + 4)] * 4,
            *[range(start + 4, start + 7)] * 3,
        ]
        assert [placed.sharing(host, "host") for host in hosts] == [range(n, n + 1) for n in range(start, start + 7)]


def test_racks_and_switches_have_names_of_their_zone() -> None:
    placed = placement(hosts_per_rack=3, racks_per_switch=2)
    names = [(placed.place(each, "rack"), placed.place(each, "sw")) for each in placed.by_zone[1]]
    assert names == [
        *[("cn-hangzhou-b-r01", "cn-hangzhou-b-s01")] * 3,
        *[("cn-hangzhou-b-r02", "cn-hangzhou-b-s01")] * 3,
        ("cn-hangzhou-b-r03", "cn-hangzhou-b-s02"),
    ]
    assert placed.place(placed.by_zone[1][0], "host") == "cn-hangzhou-b-h01"


@pytest.mark.parametrize("wrong", [{"hosts_per_rack": 0}, {"racks_per_switch": 0}, {"hosts_per_rack": True}])
def test_a_rack_and_a_switch_have_one_at_the_least(wrong: dict[str, int]) -> None:
    with pytest.raises(ShapeError, match="whole number"):
        Shape(**wrong).check()  # type: ignore[arg-type]


def test_a_region_shows_racks_and_switches() -> None:
    region = make_region(zones=1, hosts_per_zone=4, hosts_per_rack=3, racks_per_switch=1)
    assert [(each["rack"][-3:], each["switch"][-3:]) for each in region.hosts] == [("r01", "s01")] * 3 + [
        ("r02", "s02")
    ]
    (instance,) = region.run_instances(1)
    shown = next(each for each in region.hosts if each["host"] == instance.host)
    assert (instance.rack, instance.switch) == (shown["rack"], shown["switch"])
    instance.stop(StoppedMode="StopCharging")
    assert (instance.host, instance.rack, instance.switch) == (None, None, None)
    assert region.control("shape")["regions"][region.id]["hosts_per_rack"] == 3


# Any order of happenings

#: The strategies that a walk has, each with what it demands.
SETS: list[dict[str, Any]] = [
    {},
    {"Affinity": 2},
    {"Type": "rack"},
    {"Type": "rack", "Affinity": 3},
    {"Type": "sw", "OnUnableToRedeployFailedInstance": "KeepStopped"},
    {"Strategy": "AvailabilityGroup", "GroupCount": 2},
    {"Strategy": "AvailabilityGroup", "OnUnableToRedeployFailedInstance": "KeepStopped"},
    {"Strategy": "LowLatency"},
]
TYPES = ("ecs.g7.large", "ecs.g7.2xlarge", "ecs.i5.xlarge")


def assert_demanded(state: RegionState, group: DeploymentSet) -> None:
    """What the documentation demands, by a look at every member."""
    members = [each for each in group.members.values() if each.host is not None]
    shape = state.shape
    size = {"host": 1, "rack": shape.hosts_per_rack, "sw": shape.hosts_per_rack * shape.racks_per_switch}
    if group.strategy == "LowLatency":
        assert len({each.zone for each in group.members.values()}) <= 1
        assert len(group.members) <= 20
    elif group.strategy == "AvailabilityGroup":
        on = defaultdict(set)
        for each in members:
            assert each.host is not None
            on[each.host.id].add(group.numbers[each.id])
        assert all(len(numbers) == 1 for numbers in on.values()), on
        assert group.numbers.keys() == group.members.keys()
        assert set(group.numbers.values()) <= {*range(1, group.group_count + 1)}
    else:
        places = Counter((each.zone, each.host.number // size[group.apart_by]) for each in members if each.host)
        assert max(places.values(), default=0) <= group.affinity, (group.apart_by, places)
        assert not group.numbers


def step(region: Region, chance: Random, sets: list[Handle]) -> None:
    """Something happens; whether it is refused does not matter here."""
    some = region.instances
    one = chance.choice(some) if some else None
    group = chance.choice(sets)
    numbered: dict[str, Any] = {"DeploymentSetGroupNo": chance.randint(1, 3)} if chance.random() < 0.3 else {}
    host = chance.choice(region.hosts)
    match chance.randrange(11):
        case 0 | 1 | 2:
            kind, zone = chance.choice(TYPES), chance.choice([None, *region.zones])
            amount = chance.randint(1, 6)
            region.run_instances(
                amount, deployment_set=group, instance_type=kind, zone=zone, wait=False, MinAmount=1, **numbered
            )
        case 3:
            region.run_instances(chance.randint(1, 3), instance_type=chance.choice(TYPES), wait=False)
        case 4 | 5 if one:
            group.add(one, force=chance.random() < 0.7, group=chance.choice([None, 1, 2]))
        case 6 if one:
            one.stop(wait=False, ForceStop=True, StoppedMode=chance.choice(["StopCharging", "KeepCharging"]))
        case 7 if one:
            one.start(wait=False)
        case 8 if one:
            one.delete()
        case 9 if host["faults"]:
            region.control("undo", number=host["faults"][0])
        case 9:
            region.chaos.crash(host["host"], reversible=chance.random() < 0.5)
        case 10 if one:
            region.control("migrate", instance=one.id)
        case _:
            region.clock.advance(chance.choice([1, 60, 1200]))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(12))
def test_the_documented_spread_holds_over_any_walk(seed: int) -> None:
    chance = Random(seed)
    shape: dict[str, Any] = {"hosts_per_rack": chance.choice([1, 2, 3]), "racks_per_switch": chance.choice([1, 2])}
    backend = LocalBackend(
        (Shape(zones=2, hosts_per_zone=chance.choice([4, 8]), host_vcpus=32, host_memory_gib=128, **shape),),
        edition=TODAY,
        seed=seed,
    )
    region = make_region(backend)
    sets = [region.create_deployment_set(**asked) for asked in SETS]
    (state,) = backend.cloud.regions.values()
    placed = 0
    for _ in range(120):
        with suppress(ApiError, UsageError):
            step(region, chance, sets)
        for account in state.accounts.values():
            for group in account.deployment_sets.values():
                assert_demanded(state, group)
                placed += sum(each.host is not None for each in group.members.values())
    for each in sets:
        assert_spread(each)
    demand(region.journal, ["spread"])
    assert placed > 300


# What the assertions say


def test_assert_spread_names_what_shares_a_place() -> None:
    region = make_region(edition=TODAY, zones=1, hosts_per_zone=2)
    shared = region.run_instances(3)
    with pytest.raises(AssertionError, match=r"not strictly spread: .*-h0[12] has i-"):
        assert_strictly_spread(shared)
    with pytest.raises(AssertionError, match=r"not strictly spread: cn-hangzhou-a-r01 has i-"):
        assert_strictly_spread(shared[:2], over="rack")
    assert_strictly_spread(shared[:1], over="switch")
    with pytest.raises(UsageError, match="expected one of 'host', 'rack', 'switch'"):
        assert_strictly_spread(shared, over="room")
