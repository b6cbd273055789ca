from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from faultzone.world import World

MAKERS: dict[str, tuple[Callable[[World], str], str]] = {
    "instance": (lambda world: world.resource_id("i"), r"i-bp1[0-9a-z]{17}"),
    "set": (lambda world: world.resource_id("ds"), r"ds-bp1[0-9a-z]{17}"),
    "other site": (lambda world: world.resource_id("i", "uf6"), r"i-uf6[0-9a-z]{17}"),
    "command": (lambda world: world.hex_id("c"), r"c-[0-9a-f]{32}"),
    "request": (World.request_id, r"[0-9A-F]{8}-[0-9A-F]{4}-4[0-9A-F]{3}-A[0-9A-F]{3}-[0-9A-F]{12}"),
    "uuid": (lambda world: world.uuid("serial"), r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}"),
}


@pytest.mark.parametrize("kind", MAKERS)
def test_ids_have_their_documented_shape_and_follow_from_the_seed(kind: str) -> None:
    make, shape = MAKERS[kind]
    made = [[make(world) for _ in range(20)] for world in (World(7), World(7), World(8))]
    assert all(re.fullmatch(shape, each) for each in made[0])
    assert made[0] == made[1]
    assert len({*made[0], *made[2]}) == 40


def test_the_nth_id_of_a_kind_does_not_depend_on_other_kinds() -> None:
    quiet, busy = World("s"), World("s")
    expected = [quiet.resource_id("i") for _ in range(5)]
    found = []
    for n in range(5):
        for kind in ("set", "command", "request", "uuid"):
            for _ in range(n):
                MAKERS[kind][0](busy)
        busy.stream("placement").random()
        found.append(busy.resource_id("i"))
    assert found == expected


def test_streams_are_apart_and_repeat() -> None:
    world = World(1)
    assert world.stream("a").random() == world.stream("a").random() == World(1).stream("a").random()
    assert len({world.stream("a").random(), world.stream("b").random(), World(2).stream("a").random()}) == 3


@pytest.mark.slow
def test_a_hundred_thousand_ids_do_not_collide() -> None:
    world = World(0)
    assert len({world.resource_id("i") for _ in range(100_000)}) == 100_000
    assert len({world.request_id() for _ in range(100_000)}) == 100_000
