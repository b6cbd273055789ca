from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from contextlib import suppress
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faultzone import ApiError, Region, assert_refused, make_region
from faultzone.backends.local import LocalBackend
from faultzone.errors import ShapeError
from faultzone.model.core.catalog import InstanceType, default_catalog
from faultzone.model.core.hosts import AT_RISK, DOWN, Batch, Host, Spread
from faultzone.model.core.placement import Placement, Supply
from faultzone.model.core.shape import Shape

CATALOG = default_catalog()
LARGE, LOCAL = CATALOG.types["ecs.g5.large"], CATALOG.types["ecs.i2.xlarge"]
MINE, THEIRS = "1", "2"


def placement(**shape: Any) -> Placement:
    return Placement(
        Shape(**{"zones": 2, "hosts_per_zone": 3, "host_vcpus": 8, "host_memory_gib": 32, **shape}), CATALOG
    )


# Hosts


def test_hosts_are_numbered_through_the_region_and_named_by_zone() -> None:
    placed = placement()
    assert [host.index for host in placed.hosts] == list(range(6))
    names = [host.id for host in placed.hosts]
    assert names[0] == "cn-hangzhou-a-h01"
    assert names[5] == "cn-hangzhou-b-h03"
    assert [placed.find_host(name) for name in names] == placed.hosts


@pytest.mark.parametrize(
    "name", ["cn-hangzhou-a-h00", "cn-hangzhou-a-h04", "cn-hangzhou-c-h01", "h01", "", "a-hx", "cn-hangzhou-a-h²"]
)
def test_no_host_has_another_name(name: str) -> None:
    assert placement().find_host(name) is None


@pytest.mark.parametrize(
    "shape", [{"family_hosts": {"ecs.g9": 1}}, {"supply": {"*/ecs.g9": 1}}, {"supply": {"z/*": 1}}]
)
def test_a_shape_may_name_only_what_there_is(shape: dict[str, object]) -> None:
    with pytest.raises(ShapeError):
        placement(**shape)


def test_a_host_holds_what_it_has_room_for() -> None:
    placed = placement()
    host = placed.hosts[0]
    for number in range(4):
        assert placed.fits(host, LARGE)
        placed.take(host, LARGE, MINE, f"i-{number}")
    assert not placed.fits(host, LARGE)
    assert (host.vcpus_free, host.memory_free) == (0, 0)
    placed.free(host, LARGE, MINE, "i-2")
    assert placed.fits(host, LARGE)
    assert host.instances == {"i-0", "i-1", "i-3"}


@pytest.mark.parametrize("scarce", [{"host_vcpus": 1}, {"host_memory_gib": 7}])
def test_vcpus_and_memory_both_count(scarce: dict[str, int]) -> None:
    placed = placement(**scarce)
    assert not placed.fits(placed.hosts[0], LARGE)


@pytest.mark.parametrize("state", [DOWN, AT_RISK])
def test_a_host_that_is_not_up_takes_nothing(state: str) -> None:
    placed = placement()
    placed.hosts[0].state = state
    assert not placed.fits(placed.hosts[0], LARGE)


def test_a_scarce_family_is_on_the_first_hosts_of_each_zone() -> None:
    placed = placement(family_hosts={"ecs.i2": 2})
    assert [placed.fits(host, LOCAL) for host in placed.hosts] == [True, True, False] * 2
    assert all(placed.fits(host, LARGE) for host in placed.hosts)


# Spread


def one_by_one(placed: Placement, account: str, kind: InstanceType, avoid: tuple[int, ...] = ()) -> list[int]:
    """The hosts of the first zone that an instance can go to, in the order in which they are chosen."""
    found: list[int] = []
    spread = placed.spread(account, 0)
    while host := placed.first(spread, range(len(spread.levels)), kind, {*avoid, *found}):
        found.append(host.index)
    return found


def test_the_emptiest_hosts_come_first_and_those_to_avoid_not_at_all() -> None:
    placed = placement()
    for index, instance in ((0, "i-0"), (0, "i-1"), (1, "i-2")):
        placed.take(placed.hosts[index], LARGE, MINE, instance)

    def order(account: str, *avoid: int) -> list[int]:
        return one_by_one(placed, account, LARGE, avoid)

    assert order(MINE) == [2, 1, 0]
    assert order(MINE, 1) == [2, 0]
    assert order(MINE, 0, 1, 2) == []
    assert order(THEIRS) == [0, 1, 2]


def test_the_spread_is_one_of_account_and_zone() -> None:
    placed = placement()
    placed.take(placed.hosts[3], LARGE, MINE, "i-0")
    assert [placed.spread(MINE, zone).total for zone in range(2)] == [0, 1]
    assert placed.spread(THEIRS, 1).total == 0
    placed.free(placed.hosts[3], LARGE, MINE, "i-0")
    assert placed.spread(MINE, 1).total == 0


@given(st.lists(st.tuples(st.integers(0, 3), st.booleans()), max_size=40))
@settings(max_examples=40, deadline=None, derandomize=True, database=None)
def test_levels_are_the_true_counts(moves: list[tuple[int, bool]]) -> None:
    spread, true = Spread(placement(zones=1, hosts_per_zone=4).hosts), Counter(dict.fromkeys(range(4), 0))
    for index, arrives in moves:
        if arrives or true[index]:
            change = 1 if arrives else -1
            spread.move(index, change)
            true[index] += change
    assert {index: count for count, level in enumerate(spread.levels) for index in level} == true
    assert sum(map(len, spread.levels)) == 4
    assert spread.count == +true
    assert spread.total == true.total()


def test_a_host_that_is_back_takes_new_instances_again() -> None:
    region = make_region(zones=1, hosts_per_zone=2)
    group = region.create_deployment_set()
    (first,) = region.run_instances(1, deployment_set=group)
    other = next(each["host"] for each in region.hosts if each["host"] != first.host)
    with region.chaos.crash(other):
        region.clock.advance("1m")
        assert_refused("OperationDenied.NoStock", lambda: region.run_instances(1, deployment_set=group))
    region.clock.advance("1m")
    (second,) = region.run_instances(1, deployment_set=group)
    assert second.host == other


# Supply


@pytest.mark.parametrize(
    ("limits", "left"),
    [
        ({}, None),
        ({("*", "*"): 5}, 2),
        ({("a", "*"): 5}, 3),
        ({("*", "g5"): 5}, 4),
        ({("a", "g5"): 5}, 5),
        ({("a", "g5"): 5, ("*", "*"): 4}, 1),
        ({("*", "*"): 1}, 0),
        ({("b", "*"): 0, ("*", "i2"): 0}, None),
    ],
)
def test_the_strictest_limit_that_concerns_a_launch_counts(
    limits: dict[tuple[str, str], int], left: int | None
) -> None:
    supply = Supply(limits)
    supply.placed.update({("a", "i2"): 2, ("b", "g5"): 1})
    assert supply.left("a", "g5") == left


# Any order of happenings, seen from inside

SIZE, SETS = 4, 2
#: A family with local disks cannot be stopped without charge; its stops keep the host.
TYPES = {"ecs.g5.large": 2, "ecs.g5.xlarge": 4, "ecs.i2.xlarge": 4}
steps = st.one_of(
    st.tuples(st.just("run"), st.integers(1, 3), st.integers(0, SETS), st.sampled_from(sorted(TYPES))),
    st.tuples(st.just("stop"), st.integers(0, 9), st.sampled_from(["StopCharging", "KeepCharging"])),
    st.tuples(st.sampled_from(["start", "migrate", "delete"]), st.integers(0, 9)),
    st.tuples(st.just("move"), st.integers(0, 9), st.integers(0, SETS - 1), st.booleans()),
    st.tuples(st.just("advance"), st.sampled_from([0, 1, 60])),
)


def take(region: Region, step: tuple[Any, ...]) -> None:
    """One step; whether it is refused does not matter here."""
    verb, *given_ = step
    if verb == "advance":
        region.clock.advance(given_[0])
    elif verb == "run":
        amount, group, kind = given_
        asked = {"InstanceType": kind, "Amount": amount, "ImageId": region.defaults["image"]}
        region.call("RunInstances", **asked, DeploymentSetId=None if group == SETS else set_ids(region)[group])
    elif instances := region.instances:
        instance = instances[given_[0] % len(instances)]
        if verb == "stop":
            instance.stop(wait=False, StoppedMode=given_[1], ForceStop=True)
        elif verb == "start":
            instance.start(wait=False)
        elif verb == "migrate":
            region.control("migrate", instance=instance.id)
        elif verb == "delete":
            instance.delete()
        else:
            move = {"DeploymentSetId": set_ids(region)[given_[1]], "Force": given_[2]}
            region.call("ModifyInstanceDeployment", InstanceId=instance.id, **move)


def set_ids(region: Region) -> list[str]:
    sets = region.call("DescribeDeploymentSets")["DeploymentSets"]["DeploymentSet"]
    return sorted(each["DeploymentSetId"] for each in sets)


def assert_adds_up(backend: LocalBackend) -> None:
    """The hosts, their free capacity, the spread and the supply all say the same of the same instances."""
    (region,) = backend.cloud.regions.values()
    placed = region.placement
    instances = [each for each in region.instances.values() if each.host is not None]
    for host in placed.hosts:
        here = [each for each in instances if each.host is host]
        assert host.instances == {each.id for each in here}
        assert host.vcpus_free == placed.shape.host_vcpus - sum(each.kind.vcpus for each in here) >= 0
        assert host.memory_free == placed.shape.host_memory_gib - sum(each.kind.memory_gib for each in here) >= 0
        groups = [each.group.id for each in here if each.group is not None]
        assert len(set(groups)) == len(groups), "two members of a set share a host"
    for (account, zone), spread in placed._spreads.items():
        true = Counter(
            each.host.index for each in instances if each.host and (each.account, each.zone) == (account, zone)
        )
        counted = {index: count for count, level in enumerate(spread.levels) for index in level}
        assert counted == {host.index: true[host.index] for host in placed.by_zone[zone]}
        assert (spread.count, spread.total) == (+true, true.total())
    families = Counter((placed.zone_ids[each.zone], each.kind.family) for each in instances)
    assert +Counter(placed.supply.placed) == families
    for state in region.accounts.values():
        for group in state.deployment_sets.values():
            assert group.members == {each.id: each for each in state.instances.values() if each.group is group}


@pytest.mark.slow
@given(st.lists(steps, min_size=5, max_size=25))
@settings(max_examples=150, deadline=None, derandomize=True, database=None)
def test_any_order_of_happenings_adds_up(happenings: list[tuple[Any, ...]]) -> None:
    backend = LocalBackend((Shape(zones=2, hosts_per_zone=SIZE, host_vcpus=8, host_memory_gib=64),))
    region = make_region(backend)
    for _ in range(SETS):
        region.create_deployment_set()
    for step in happenings:
        with suppress(ApiError):
            take(region, step)
        assert_adds_up(backend)
    for instance in region.instances:
        region.clock.advance(5)
        instance.delete()
    assert_adds_up(backend)
    (state,) = backend.cloud.regions.values()
    assert all((host.vcpus_free, host.memory_free) == (8, 64) for host in state.placement.hosts)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 9), max_size=20), st.integers(1, 10))
def test_a_scarce_family_finds_what_a_look_at_every_host_would(loads: list[int], carried: int) -> None:
    """Those of the least loaded level first, whichever way a level is looked through."""
    placed = placement(
        zones=1, hosts_per_zone=10, host_vcpus=999, host_memory_gib=9999, family_hosts={LOCAL.family: carried}
    )
    for number, index in enumerate(loads):
        placed.take(placed.hosts[index], LARGE, MINE, f"i-{number}")
    found = one_by_one(placed, MINE, LOCAL)
    assert sorted(found) == list(range(carried))
    counts = [loads.count(index) for index in found]
    assert counts == sorted(counts)


def naive(
    placed: Placement,
    spread: Spread,
    order: Iterable[int],
    kind: InstanceType,
    avoid: Collection[int],
    batch: Batch | None = None,
) -> Host | None:
    """A look at every host of every level, in order: what `Placement.first` finds."""
    carriers = [host.index for host in placed.hosts if placed.carries(host, kind)]
    more = {} if batch is None else batch.more
    for level in order:
        stay = [index for index in spread.levels[level] if index not in more] if level < len(spread.levels) else []
        there = [*stay, *(() if batch is None else batch.came(level))]
        if kind.family in placed.shape.family_hosts and len(carriers) < len(there):
            there = [index for index in carriers if index in there]
        for index in there:
            if index not in avoid and placed.fits(placed.hosts[index], kind, 1 + more.get(index, 0)):
                return placed.hosts[index]
    return None


KINDS = [CATALOG.types[name] for name in ("ecs.g5.large", "ecs.c5.xlarge", "ecs.r5.large", "ecs.i2.xlarge")]


@pytest.mark.parametrize("seed", range(6))
def test_any_placement_is_what_a_look_at_every_host_would_choose(seed: int) -> None:
    """Whether or not it is known which hosts have room, and whatever happens to them meanwhile."""
    chance = Random(seed)
    scarce = [{}, {"ecs.i2": 3}, {"ecs.i2": 3, "ecs.g5": 7}, {"ecs.i2": 12}][seed % 4]
    placed = placement(zones=2, hosts_per_zone=12, host_vcpus=6, host_memory_gib=34, family_hosts=scarce)
    there: list[tuple[Host, InstanceType, str, str]] = []
    asked = 0
    for number in range(400):
        account, zone, kind = chance.choice([MINE, MINE, THEIRS]), chance.choice([0, 0, 1]), chance.choice(KINDS)
        spread, host = placed.spread(account, zone), chance.choice(placed.hosts)
        match chance.randrange(9):
            case 0 if there:
                placed.free(*there.pop(chance.randrange(len(there))))
            case 1:
                placed.power(host, on=host.state == DOWN)
            case 2:
                placed.risk(host, at_risk=not host.at_risk)
            case 3:
                spread.missed = spread.size + 1
        batch = Batch(spread) if chance.random() < 0.5 else None
        chosen: list[Host] = []
        for _ in range(chance.choice([1, 1, 4])):
            avoid = {each.index for each in chance.sample(placed.by_zone[zone], chance.randrange(3))}
            depth = len(spread.levels) if batch is None else batch.depth
            order = range(depth) if chance.random() < 0.8 else range(depth)[::-1]
            found = placed.first(spread, order, kind, avoid, batch)
            assert found is naive(placed, spread, order, kind, avoid, batch)
            asked += bool(spread.orders)
            if found is None:
                break
            chosen.append(found)
            if batch is None:
                break
            batch.add(found.index)
        for count, each in enumerate(chosen):
            there.append((each, kind, account, f"i-{number}-{count}"))
            placed.take(*there[-1])
    assert asked > 100


def test_it_is_known_which_hosts_have_room_once_many_were_looked_at_in_vain() -> None:
    placed = placement(zones=1, hosts_per_zone=150, host_vcpus=2)
    for host in placed.hosts[:-1]:
        placed.take(host, LARGE, THEIRS, f"i-{host.index}")
    spread = placed.spread(MINE, 0)
    for _ in range(3):
        assert placed.first(spread, range(1), LARGE, ()) is placed.hosts[-1]
    assert spread.orders
    placed.take(placed.hosts[-1], LARGE, THEIRS, "i-last")
    assert placed.first(spread, range(1), LARGE, ()) is None
    placed.free(placed.hosts[7], LARGE, THEIRS, "i-7")
    assert placed.first(spread, range(1), LARGE, ()) is placed.hosts[7]


def test_a_batch_of_a_scarce_family_goes_where_one_after_the_other_would() -> None:
    def hosts(*amounts: int) -> list[str | None]:
        region = make_region(zones=1, hosts_per_zone=8, family_hosts={"ecs.g5": 3})
        for each in reversed(region.run_instances(3)):
            each.stop()
            each.delete()
        return [each.host for amount in amounts for each in region.run_instances(amount)]

    assert hosts(3) == hosts(1, 1, 1)
