"""The handle of a region sees system events in every state that its edition has, and waits for each."""

from __future__ import annotations

from typing import Final

import pytest

from faultzone import UsageError, editions, make_region
from faultzone.model.core import events
from faultzone.model.core.events import ACTIVE, MAINTENANCE, TRANSITIONS
from tests.support.events import HOUR, STATES, bring_to, inside

#: Each edition with each of its states.
TABLE: Final = [(name, state) for name in editions.names() for state in editions.load(name).event.states]


@pytest.mark.parametrize(("edition", "state"), TABLE)
def test_an_event_is_seen_in_each_state(edition: str, state: str) -> None:
    with make_region(edition=edition, zones=1, hosts_per_zone=4) as region:
        inner, instance = inside(region)
        made = bring_to(inner, instance, state, simulated=False)
        (seen,) = region.events.of(instance.id)
        assert (seen.id, seen.type, seen.state) == (made.id, MAINTENANCE, state)
        assert seen.published == made.published
        assert (seen.finished is None) is (state in ACTIVE)
        assert region.events.of() == region.events.of(type=MAINTENANCE) == [seen]
        planned = [each["EventId"] for each in region.events.planned(instance.id)]
        assert planned == [made.id] * (state in region.edition.event.pending)
        assert region.wait_for_event(MAINTENANCE, instance=instance.id, state=state, within=0) == seen
        assert region.wait_for_event(MAINTENANCE, within=0) == seen


@pytest.mark.parametrize(("edition", "state"), TABLE)
def test_a_state_that_comes_later_is_waited_for(edition: str, state: str) -> None:
    with make_region(edition=edition, zones=1, hosts_per_zone=4) as region:
        inner, instance = inside(region)

        def come() -> None:
            bring_to(inner, instance, state, simulated=False)

        inner.clock.call_later(HOUR // 2, come)
        assert region.events.of() == []
        seen = region.wait_for_event(MAINTENANCE, instance=instance.id, state=state, within=HOUR)
        assert seen.state == state


@pytest.mark.parametrize(
    ("edition", "before", "after"),
    [
        (edition, before, after)
        for edition, before in TABLE
        for after in sorted(TRANSITIONS[before])
        if after in editions.load(edition).event.states
    ],
)
def test_a_state_that_an_event_comes_into_is_waited_for(edition: str, before: str, after: str) -> None:
    with make_region(edition=edition, zones=1, hosts_per_zone=4) as region:
        inner, instance = inside(region)
        made = bring_to(inner, instance, before, simulated=False)
        made.act = lambda: None  # It executes until somebody settles it.
        if after != events.EXECUTING:
            inner.clock.call_later(HOUR // 4, lambda: events.settle(inner, made, after))
        elif before == events.INQUIRING:
            inner.clock.call_later(HOUR // 4, lambda: events.accept(inner, made))
        seen = region.wait_for_event(MAINTENANCE, instance=instance.id, state=after, within=2 * HOUR)
        assert (seen.id, seen.state) == (made.id, after)


@pytest.mark.parametrize(
    ("edition", "state"),
    [(name, state) for name in editions.names() for state in STATES if (name, state) not in TABLE],
)
def test_a_state_that_an_edition_lacks_is_not_waited_for(edition: str, state: str) -> None:
    with (
        make_region(edition=edition, zones=1, hosts_per_zone=1) as region,
        pytest.raises(UsageError, match=f"state='{state}'"),
    ):
        region.wait_for_event(MAINTENANCE, state=state)
