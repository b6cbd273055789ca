"""Launches that fail: what was made is released while it is Pending, and an event tells of it.

Source: API reference 2026-10, RunInstances, and the types of DescribeInstanceHistoryEvents (event/creation-failure).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from faultzone.model.core import events, transitions

if TYPE_CHECKING:
    from faultzone.model.core.state import Instance, RegionState

_TYPE: Final = "SystemFailure.Delete"


def begin(region: RegionState, zone: str, family: str) -> int:
    """Let launches in a zone and of a family fail, `*` for all; the number by which `end` knows that."""
    number = max(region.failing, default=0) + 1
    region.failing[number] = (zone, family)
    return number


def end(region: RegionState, number: int) -> None:
    """Let these launches succeed again, if they still fail."""
    region.failing.pop(number, None)


def fails(region: RegionState, instance: Instance) -> bool:
    """Whether the launch of an instance fails, for its zone and its family."""
    made_in, made_of = region.zone_ids[instance.zone], instance.kind.family
    return any(zone in ("*", made_in) and family in ("*", made_of) for zone, family in region.failing.values())


def give_up(region: RegionState, instance: Instance) -> None:
    """Release an instance that could not be made; earlier editions have no event for that."""
    event = None
    if _TYPE in region.edition.event.types:
        event = events.begin(region, instance, _TYPE)
        event.acting = True
    transitions.release(region, instance, "failure")
    if event is not None:
        event.acting = False
        events.settle(region, event, events.EXECUTED)
