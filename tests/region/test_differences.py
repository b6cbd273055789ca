"""What an assertion says of two things that differ, and what every public object says of itself."""

from __future__ import annotations

import pickle

import pytest

import faultzone
from faultzone import HostCrash, make_region
from faultzone.region import Client, Region
from faultzone.region.commands import Total
from faultzone.region.differences import changed, differences


@pytest.fixture
def region() -> Region:
    return make_region()


def test_identities_differ_field_by_field(region: Region) -> None:
    one, two = region.run_instances(2)
    assert differences(one.identity, one.identity) == []
    said = differences(one.identity, two.identity)
    assert said is not None
    assert said[:2] == [f"id: {one.id!r} != {two.id!r}", f"private_ip: {one.private_ip!r} != {two.private_ip!r}"]


def test_instances_differ_by_those_that_one_side_lacks(region: Region) -> None:
    one, two, three = region.run_instances(3)
    assert differences({one, two}, {two, three}) == [f"only left: {one.id}", f"only right: {three.id}"]
    assert differences([one], []) == [f"only left: {one.id}"]
    assert differences({one, two, three}, set()) == [f"only left: {', '.join(sorted((one.id, two.id, three.id)))}"]
    assert differences([two, one], [three]) == [f"only left: {two.id}, {one.id}", f"only right: {three.id}"]
    assert differences([one, two], [two, one]) == [f"item 0: {one.id} != {two.id}", f"item 1: {two.id} != {one.id}"]
    assert differences([one, one], [one]) == [f"item 1: {one.id} != none"]


def test_events_differ_place_by_place(region: Region) -> None:
    (one,) = region.run_instances(1)
    with region.chaos.crash(str(one.host)):
        region.clock.advance("1h")
    (event,) = region.events.of(one)
    assert differences([event], []) == [f"event 1: {event} != none"]
    assert differences([event], [event]) == []


def test_states_of_an_invocation_differ_target_by_target(region: Region) -> None:
    one, two = region.run_instances(2)
    states = region.run_command("echo 1", on=[one, two]).states
    assert differences(states, {one.id: "Failed", two.id: "Finished"}) == [f"{one.id}: Finished != Failed"]
    assert differences({two.id: "Finished"}, states) == [f"{one.id}: none != Finished"]


def test_a_total_says_what_it_is_made_of(region: Region) -> None:
    one, two = region.run_instances(2)
    ran = region.run_command("exit 3", on=[one, two])
    assert differences(ran.status, "Failed") == [f"{target}: {state}" for target, state in ran.states.items()]
    assert differences("Stopped", ran.status) == differences(ran.status, "Failed")
    assert differences(ran.status, str(ran.status)) == []
    assert pickle.loads(pickle.dumps(ran.status)) == ran.status
    many = Total("Failed", {f"i-{number}": "Failed" for number in range(30)})
    assert differences(many, "Stopped")[-1] == "and 10 more"  # type: ignore[index]


def test_groups_differ_by_who_is_elsewhere(region: Region) -> None:
    one, two, three = region.run_instances(3)
    assert differences({1: [one, two], 2: [three]}, {1: [one], 2: [three, two]}) == [
        f"1: only left: {two.id}",
        f"2: only right: {two.id}",
    ]
    assert differences({1: [one]}, {1: [one], 3: [two]}) == [f"3: only right: {two.id}"]
    assert differences({"host": [one]}, {"host": (one,)}) == []


def test_what_is_not_of_the_harness_is_left_to_pytest() -> None:
    for left, right in ((1, 2), ("a", "b"), ({"a": 1}, {"a": 2}), ([], [1]), ([], []), ([1], ["a"])):
        assert differences(left, right) is None


def test_changed_compares_what_has_fields_or_keys() -> None:
    assert changed({"a": 1}, {"a": 2, "b": 3}) == [("a", 1, 2), ("b", None, 3)]
    assert changed(HostCrash("h1"), HostCrash("h2")) == [("host", "h1", "h2")]
    assert changed(1, 2) == []


def test_every_public_object_says_what_it_is(region: Region) -> None:
    (one,) = region.run_instances(1)
    group = region.create_deployment_set()
    ran = region.run_command("echo 1", on=one)
    injection = region.chaos.crash(str(one.host))
    region.clock.advance("1h")
    (event,) = region.events.of(one)
    things = (region, one, group, ran, injection, event, region.clock, region.chaos, region.journal, Client(region))
    more = (
        region.commands,
        region.events,
        HostCrash("h"),
        faultzone.finished(),
        one.identity,
        faultzone.CloudOptions.of(),
    )
    for thing in (*things, *more):
        assert type(thing).__name__ in repr(thing)
        assert " object at 0x" not in repr(thing), type(thing)
    assert repr(injection) == f"Injection({injection.fault!r}, its undo is owed)"
    assert "owes the undo of HostCrash(" in repr(region.chaos)
    assert repr(region.clock) == "RegionClock(memory, 2019-03-01T01:00:03Z when something last happened)"
    assert f"SystemFailure.Reboot of {one.id} Executed, published 2019-03-01T00:00:04Z" in repr(event)
    injection.undo()
    assert repr(injection).endswith("undone)")
    assert "nothing is broken" in repr(make_region().chaos)
