"""What follows when nobody pays: stop with a financial lock, recycling, and release after the days of grace.

Source: manual 3.1; ECS pricing, Subscription and Pay-as-you-go (billing/release-after-15-days, billing/recycling).
Subscriptions and accounts differ in when it begins and in the types of their events alone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from faultzone.clock import SECOND
from faultzone.errors import UsageError
from faultzone.model import events, hosting, lifecycle
from faultzone.model.state import KEEP_CHARGING, NOT_APPLICABLE, RUNNING, STOPPED, STOPPING, Instance, RegionState

if TYPE_CHECKING:
    from faultzone.model.events import SystemEvent

FINANCIAL: Final = "financial"
SECURITY: Final = "security"


def announce(
    region: RegionState, instance: Instance, type: str, at: int, act: Callable[[SystemEvent], bool | None]
) -> None:
    """Publish that something will happen to an instance at an instant; `act` does it unless the event is answered."""
    event = events.schedule(region, instance, type, not_before=at, execute=lambda: act(event))


def stop(region: RegionState, instance: Instance, event: SystemEvent, release_type: str) -> None:
    """Lock an instance, bring it down, and announce its release.

    Args:
        event: what has announced the stop; it is settled once the instance is Stopped.
        release_type: of the event that announces the release.
    """
    if not is_locked(instance):
        _set_locks(region, instance, (*instance.locks, FINANCIAL))
    grace = region.edition.billing.release_after * SECOND
    announce(region, instance, release_type, region.clock.now + grace, lambda due: _release(region, instance, due))
    region.books.ledgers[instance.account].stops[instance.id] = event
    _bring_down(region, instance)


def lock(region: RegionState, instance: Instance, reason: str, *, locked: bool) -> None:
    """Put a lock on an instance, or take it off.

    Raises:
        UsageError: there is no lock of this name, or it is there already.
    """
    if reason not in (FINANCIAL, SECURITY):
        raise UsageError(f"reason={reason!r}: write {FINANCIAL!r} or {SECURITY!r}")
    if locked and reason in instance.locks:
        raise UsageError(f"{instance.id} is locked already: {reason}")
    others = tuple(each for each in instance.locks if each != reason)
    _set_locks(region, instance, (*others, reason) if locked else others)


def is_locked(instance: Instance) -> bool:
    """Whether an instance has a financial lock."""
    return FINANCIAL in instance.locks


def unlock(region: RegionState, instance: Instance) -> None:
    """Take the financial lock off."""
    if is_locked(instance):
        _set_locks(region, instance, tuple(each for each in instance.locks if each != FINANCIAL))


def follow(region: RegionState, instance: Instance, before: str | None, after: str) -> None:
    """See a stop that is under way through to its end."""
    stops = region.books.ledgers[instance.account].stops
    if instance.id not in stops:
        return
    if after == STOPPED:
        _rest(region, instance)
    elif after == RUNNING:
        # Other watchers are still to hear of this transition, so the next one waits for them.
        region.clock.call_at(region.clock.now, lambda: _bring_down(region, instance))
    elif after == "Released":
        del stops[instance.id]


def _set_locks(region: RegionState, instance: Instance, locks: tuple[str, ...]) -> None:
    instance.locks = locks
    region.record("notice", instance=instance.id, what="locks", locks=list(locks))


def _bring_down(region: RegionState, instance: Instance) -> None:
    """Go on with a stop: from Running at once; an instance in a transitional state reaches Running or Stopped first."""
    stops = region.books.ledgers[instance.account].stops
    if instance.id not in stops:
        return
    if instance.status == STOPPED:
        _rest(region, instance)
    elif instance.status == RUNNING:
        if not is_locked(instance):
            events.settle(region, stops.pop(instance.id), events.FAILED)  # It was renewed on the way.
        elif instance.impaired:  # Nothing runs on its dead host that could be asked to shut down.
            instance.impaired = False
            instance.epoch += 1
            instance.next = None
            instance.stop_mode_asked = KEEP_CHARGING
            region.enter(instance, STOPPING)
            lifecycle.halted(region, instance)
        else:
            instance.stop_mode_asked = KEEP_CHARGING
            lifecycle.halt(region, instance, then=None, force=False)


def _rest(region: RegionState, instance: Instance) -> None:
    """The instance is Stopped: its compute goes back unless it was paid for on the way, and the event is over."""
    if is_locked(instance):
        hosting.leave(region, instance)
        if not region.rules.recycling_keeps_public_ip():
            lifecycle.drop_public_ip(region, instance)
        if instance.stopped_mode == KEEP_CHARGING:
            instance.stopped_mode = NOT_APPLICABLE
        region.say(instance, STOPPED, STOPPED)
    event = region.books.ledgers[instance.account].stops.pop(instance.id)
    events.settle(region, event, events.EXECUTED)


def _release(region: RegionState, instance: Instance, event: SystemEvent) -> bool:
    lifecycle.release(region, instance, event.type)
    return True
