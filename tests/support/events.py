"""What the tests of system events share: the model behind a region, and events in whatever state."""

from __future__ import annotations

from faultzone import Region
from faultzone.backends.local import LocalBackend
from faultzone.model.cloud import Cloud
from faultzone.model.core import events
from faultzone.model.core.events import ACTIVE, MAINTENANCE, TRANSITIONS, SystemEvent
from faultzone.model.core.state import Instance, RegionState

HOUR = 3_600_000
STATES = sorted(filter(None, TRANSITIONS))
SETTLED = sorted(set(STATES) - ACTIVE)


def cloud_of(region: Region) -> Cloud:
    assert isinstance(region.backend, LocalBackend)
    return region.backend.cloud


def inside(region: Region) -> tuple[RegionState, Instance]:
    """The model of a region, and an instance in it."""
    (made,) = region.run_instances(1)
    state = cloud_of(region).regions[region.id]
    return state, state.instances[made.id]


def bring_to(
    state: RegionState, instance: Instance, status: str, simulated: bool, type: str = MAINTENANCE
) -> SystemEvent:
    """An event that has reached a state by documented ways alone."""
    if status == events.INQUIRING:
        return events.inquire(state, instance, type, execute=lambda: True)
    due = state.clock.now + HOUR
    if status in (events.SCHEDULED, events.AVOIDED, events.CANCELED):
        made = events.schedule(state, instance, type, not_before=due, execute=lambda: True, simulated=simulated)
    else:
        made = events.begin(state, instance, type, simulated=simulated)
    if status not in ACTIVE:
        events.settle(state, made, status)
    return made
