"""What lies below the actions of the model: reactions to transitions, moves, options, requests, listings."""

from __future__ import annotations

from typing import Any

import pytest

from faultzone import Region, make_region
from faultzone.api.ecs.instances import StopInstance
from faultzone.api.ecs.launches import RunInstances
from faultzone.api.ecs.templates import TemplateParameters
from faultzone.model.core import placement, transitions
from faultzone.model.core.listing import Token, listing
from faultzone.model.core.state import Instance
from faultzone.model.instances.templates import _OF_TEMPLATE, _SHOWN_ALONE
from tests.support.events import cloud_of, inside


@pytest.fixture
def region() -> Region:
    return make_region(zones=1, hosts_per_zone=3)


def test_reactions_run_one_after_the_other_in_the_order_of_the_transitions(region: Region) -> None:
    state, instance = inside(region)
    seen: list[str] = []

    def reaction(of: Instance, before: str | None, after: str) -> None:
        seen.append(f"begin {after}")
        if after == "Running":  # What follows from a reaction waits until it has ended.
            transitions.halt(state, of, then=None, force=True)
        seen.append(f"end {after}")

    state.reactions.append(reaction)
    region.call("RebootInstance", InstanceId=instance.id)
    region.clock.advance("10m")
    order = ["Stopping", "Starting", "Running", "Stopping", "Stopped"]
    assert seen == [f"{word} {each}" for each in order for word in ("begin", "end")]


def test_observers_hear_of_a_transition_before_anything_reacts(region: Region) -> None:
    state, instance = inside(region)
    told: list[str] = []
    state.observers.append(lambda of, before, after: told.append(f"observed {after}"))
    state.reactions.append(lambda of, before, after: told.append(f"reacted {after}"))
    transitions.halt(state, instance, then=None, force=True)
    assert told == ["observed Stopping"]
    assert not cloud_of(region).clean
    cloud_of(region).react()
    assert told == ["observed Stopping", "reacted Stopping"]


def test_a_move_to_another_host_is_said_once(region: Region) -> None:
    state, instance = inside(region)
    old = instance.host
    assert old is not None
    new = next(host for host in state.placement.hosts if host is not old)
    said = cloud_of(region).said
    placement.relocate(state, instance, new)
    assert instance.host is new
    assert (instance.id in old.instances, instance.id in new.instances) == (False, True)
    assert [data["host"] for kind, data in said if kind == "transition"] == [new.id]
    said.clear()


def test_the_instances_of_a_launch_share_their_options_until_one_is_changed(region: Region) -> None:
    made = region.run_instances(2, Description="web", Tag=[{"Key": "role", "Value": "web"}])
    state = cloud_of(region).regions[region.id]
    one, other = (state.instances[each.id] for each in made)
    assert one.options is other.options
    assert one.options.launch_tags == one.options.tags
    region.call("ModifyInstanceAttribute", InstanceId=one.id, Description="database")
    assert (one.options.description, other.options.description) == ("database", "web")


def test_what_asks_for_nothing_particular_has_the_options_that_all_have(region: Region) -> None:
    one, other = region.run_instances(1)[0], region.run_instances(1)[0]
    state = cloud_of(region).regions[region.id]
    assert state.instances[one.id].options is state.instances[other.id].options


def test_a_request_is_built_as_it_is_parsed() -> None:
    built = StopInstance.build(instance_id="i-1", force_stop=True, stopped_mode=None)
    assert built.given == StopInstance.parse({"InstanceId": "i-1", "ForceStop": "true"}).given
    assert built.replace(force_stop=None, dry_run=True).given == {"instance_id": "i-1", "dry_run": True}
    assert built.force_stop is True


def test_a_request_takes_no_parameter_that_its_action_lacks() -> None:
    with pytest.raises(TypeError, match="StopInstance has no amount, forse"):
        StopInstance.build(instance_id="i-1", forse=True, amount=1)


def test_a_launch_takes_whatever_a_template_keeps() -> None:
    kept = {each.attribute for each in TemplateParameters.parameters.values()} - _OF_TEMPLATE - _SHOWN_ALONE
    assert kept <= {each.attribute for each in RunInstances.parameters.values()}


class _Page:
    page_number, page_size = 2, 2


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, {"TotalCount": 5, "PageNumber": 2, "PageSize": 2, "Items": {"Item": [3, 4]}}),
        ({"latest_first": True}, {"TotalCount": 5, "PageNumber": 2, "PageSize": 2, "Items": {"Item": [3, 2]}}),
        (
            {"having": [(1, lambda each: each % 2), (None, bool)]},
            {"TotalCount": 3, "PageNumber": 2, "PageSize": 2, "Items": {"Item": [5]}},
        ),
        (
            {"where": [lambda each: each > 4]},
            {"TotalCount": 1, "PageNumber": 2, "PageSize": 2, "Items": {"Item": []}},
        ),
        ({"token": Token(None, 3)}, {"TotalCount": 5, "NextToken": "fz2", "Items": {"Item": [1, 2, 3]}}),
        (
            {"RegionId": "here"},
            {"TotalCount": 5, "PageNumber": 2, "PageSize": 2, "RegionId": "here", "Items": {"Item": [3, 4]}},
        ),
    ],
)
def test_a_listing(asked: dict[str, Any], expected: dict[str, Any]) -> None:
    answer = listing("Items", "Item", [1, 2, 3, 4, 5], _Page(), **asked)
    assert list(answer.items()) == list(expected.items())
