"""Spot instances that are taken back: the notice, and what follows it.

Source: ECS user guide 2026-10, Spot instances, and API reference, RunInstances. Why one is taken back is for others to
say. Its owner is told by a notification, the lock and the metadata; no system event has a type for it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from faultzone.clock import SECOND
from faultzone.model.core import locks, placement, transitions
from faultzone.model.core.state import RUNNING, STOP_CHARGING, STOPPED

if TYPE_CHECKING:
    from faultzone.model.core.state import Instance, RegionState


class Interruptions:
    """What is taken back in a region.

    Attributes:
        ends: when those that have been told end, by instance id.
        stopping: the ids of those that are on their way to be stopped.
        told: the notices so far: when, in which zone, and of which type.
    """

    def __init__(self) -> None:
        self.ends: dict[str, int] = {}
        self.stopping: set[str] = set()
        self.told: list[tuple[int, int, str]] = []
        self.follows = False


def is_spot(instance: Instance) -> bool:
    """Whether it is a spot instance."""
    return instance.options.spot_strategy != "NoSpot"


def ends_at(region: RegionState, instance: Instance) -> int | None:
    """When an instance ends that is about to be taken back, in milliseconds since the epoch; None for any other."""
    known = region.kept(Interruptions)
    return None if known is None else known.ends.get(instance.id)


def protected_until(region: RegionState, instance: Instance) -> int:
    """The instant before which nobody is told that it is taken back (billing/spot-protection)."""
    if not region.edition.billing.spot_market:
        return instance.created
    asked = instance.options.spot_duration
    return instance.created + region.rules.spot_protection(1 if asked is None else asked)


def interrupt(region: RegionState, instance: Instance, still: Callable[[], bool] = lambda: True) -> None:
    """Take a spot instance back, at the earliest when it is not protected any more.

    Args:
        still: asked then, whether there is still a reason.
    """
    begins = protected_until(region, instance)
    if begins > region.clock.now:
        region.clock.call_at(begins, partial(_tell, region, instance, still))
    else:
        _tell(region, instance, still)


def _tell(region: RegionState, instance: Instance, still: Callable[[], bool]) -> None:
    """Give notice, unless the instance is gone, has been told already, or has nothing that could be taken back
    (billing/spot-notice, billing/spot-lock)."""
    known, terms = region.part(Interruptions), region.edition.instance
    if region.instances.get(instance.id) is not instance or instance.id in known.ends:
        return
    if instance.stopped_mode == STOP_CHARGING or not still():
        return
    now = region.clock.now
    ends = known.ends[instance.id] = now + terms.spot_notice * SECOND
    known.told.append((now, instance.zone, instance.kind.name))
    locks.put_on(region, instance, terms.spot_lock)
    action = "stop" if _stops(region, instance) else "delete"
    region.record("notice", instance=instance.id, what="interruption", ends=ends, action=action)
    for observer in region.interruption_observers:
        observer(instance, action)
    region.clock.call_at(ends, partial(_end, region, instance))


def _stops(region: RegionState, instance: Instance) -> bool:
    return region.rules.spot_ends(instance.options.spot_interruption) == "Stop"


def _end(region: RegionState, instance: Instance) -> None:
    """Its time has come: release it, or stop it without charge (billing/spot-terminates, billing/spot-stops)."""
    known = region.part(Interruptions)
    if region.instances.get(instance.id) is not instance:
        known.ends.pop(instance.id, None)
    elif _stops(region, instance):
        known.stopping.add(instance.id)
        if not known.follows:
            known.follows = True
            region.reactions.append(partial(_follow, region))
        _bring_down(region, instance)
    else:
        del known.ends[instance.id]
        transitions.release(region, instance, "spot")


def _follow(region: RegionState, instance: Instance, before: str | None, after: str) -> None:
    """See a stop through whose instance was in between."""
    known = region.part(Interruptions)
    if instance.id in known.stopping:
        if after == "Released":
            known.stopping.discard(instance.id)
            known.ends.pop(instance.id, None)
        elif after in (RUNNING, STOPPED):
            _bring_down(region, instance)


def _bring_down(region: RegionState, instance: Instance) -> None:
    if instance.impaired:
        region.give_up(instance)
    if instance.status == RUNNING:
        instance.stop_mode_asked = STOP_CHARGING
        transitions.halt(region, instance, then=None, force=False)
    elif instance.status == STOPPED:
        _rest(region, instance)


def _rest(region: RegionState, instance: Instance) -> None:
    """It is Stopped: what it has goes back, if its user has stopped it and kept that; then it can be started again."""
    known = region.part(Interruptions)
    known.stopping.discard(instance.id)
    known.ends.pop(instance.id, None)
    locks.take_off(region, instance, region.edition.instance.spot_lock)
    if instance.stopped_mode != STOP_CHARGING and region.rules.qualifies_for_no_charge(instance):
        instance.stopped_mode = STOP_CHARGING
        placement.vacate(region, instance)
        if not region.rules.keeps_public_ip(STOP_CHARGING):
            transitions.drop_public_ip(region, instance)
        region.enter(instance, STOPPED)
