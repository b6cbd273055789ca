"""The history of system events: how long it keeps them, and what each edition has in it."""

from __future__ import annotations

import pytest

from faultzone import Region, assert_refused, editions, make_region
from faultzone.api.ecs.instances import STATUSES
from faultzone.editions import load
from faultzone.errors import UsageError
from faultzone.model.core import events
from faultzone.model.core.events import MAINTENANCE
from faultzone.model.events import actions
from tests.support.events import STATES, bring_to, inside


@pytest.fixture
def region() -> Region:
    return make_region(zones=1, hosts_per_zone=4)


@pytest.mark.parametrize(("edition", "kept"), [("2020-12", "62d"), ("2026-10", "30d")])
def test_what_is_old_leaves_the_history_once_it_is_settled(edition: str, kept: str) -> None:
    region = make_region(edition=edition, zones=1, hosts_per_zone=4)
    state, instance = inside(region)
    over = bring_to(state, instance, events.EXECUTED, simulated=False)
    waiting = events.inquire(state, instance, MAINTENANCE, execute=lambda: True)
    region.clock.advance(kept)
    assert list(events.history(state)) == [over, waiting]
    region.clock.advance("1m")
    assert list(events.history(state)) == [waiting]


def test_the_history_counts_from_the_end_of_an_event(region: Region) -> None:
    state, instance = inside(region)
    event = bring_to(state, instance, events.SCHEDULED, simulated=True)
    assert event.timer is not None
    event.timer.cancel()
    region.clock.advance("70d")
    assert list(events.history(state)) == [event]
    events.settle(state, event, events.CANCELED)
    region.clock.advance("62d")
    assert list(events.history(state)) == [event]
    region.clock.advance(1)
    assert list(events.history(state)) == []


def test_a_query_leaves_the_book_as_it_is_and_the_next_end_clears_it(region: Region) -> None:
    state, instance = inside(region)
    old = bring_to(state, instance, events.EXECUTED, simulated=False)
    region.clock.advance("63d")
    assert region.events.of() == []
    assert list(state.events) == [old.id]
    new = bring_to(state, instance, events.EXECUTED, simulated=False)
    assert list(state.events) == [new.id]
    assert list(state.settled_events) == [new]


@pytest.mark.parametrize("edition", editions.names())
def test_the_region_tells_events_in_every_state_that_its_edition_has(edition: str) -> None:
    region = make_region(edition=edition)
    state, instance = inside(region)
    for status in state.edition.event.states:
        bring_to(state, instance, status, simulated=False)
    assert sorted(event.state for event in region.events.of()) == sorted(state.edition.event.states)
    assert set(state.edition.event.states) <= set(STATES)
    with pytest.raises(UsageError, match=r"state='Over': .*expected one of 'Scheduled', 'Executing', "):
        region.wait_for_event(MAINTENANCE, state="Over")


def test_a_backend_says_which_edition_its_region_follows() -> None:
    made = make_region(edition="2020-12")
    assert make_region(made.backend).edition.name == "2020-12"


@pytest.mark.parametrize("edition", editions.names())
def test_each_type_and_state_has_a_number_of_its_own(edition: str) -> None:
    chapter = load(edition).event
    for codes, names in (
        (actions.TYPE_CODES, chapter.types),
        (actions.STATE_CODES, chapter.states),
        (actions.STATUS_CODES, STATUSES),
    ):
        assert len({codes[each] for each in names}) == len(names)


@pytest.mark.parametrize(("edition", "most"), [("2019-02", 6), ("2020-12", 7)])
def test_a_query_takes_as_many_states_as_there_are(edition: str, most: int) -> None:
    region = make_region(edition=edition)
    region.call("DescribeInstanceHistoryEvents", InstanceEventCycleStatus=["Executed"] * most)
    more = ["Executed"] * (most + 1)
    assert_refused(
        "InvalidParameter", lambda: region.call("DescribeInstanceHistoryEvents", InstanceEventCycleStatus=more)
    )
