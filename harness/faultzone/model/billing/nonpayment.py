"""What follows when nobody pays: stop with a financial lock, recycling, and release after the days of grace.

Source: manual 3.1; ECS pricing, Subscription and Pay-as-you-go (billing/release-after-15-days, billing/recycling).
Subscriptions and accounts differ in when it begins and in the types of their events alone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from faultzone.api.errors import ApiError
from faultzone.clock import SECOND
from faultzone.model.billing.ledger import books_of
from faultzone.model.core import events, locks, placement, transitions
from faultzone.model.core.locks import FINANCIAL
from faultzone.model.core.state import (
    KEEP_CHARGING,
    NOT_APPLICABLE,
    RUNNING,
    STOPPED,
    STOPPING,
    Instance,
    RegionState,
)

if TYPE_CHECKING:
    from faultzone.model.core.events import SystemEvent


def announce(
    region: RegionState, instance: Instance, type: str, at: int, act: Callable[[SystemEvent], bool | None]
) -> None:
    """Publish that something will happen to an instance at an instant; `act` does it unless the event is answered."""
    event = events.schedule(region, instance, type, not_before=at, execute=lambda: act(event))


def stop(region: RegionState, instance: Instance, event: SystemEvent, release_type: str) -> None:
    """Lock an instance, bring it down, and announce its release.

    Whether it ran is remembered, for those that come back by themselves (billing/restart-after-payment).

    Args:
        event: what has announced the stop; it is settled once the instance is Stopped.
        release_type: of the event that announces the release.
    """
    locks.put_on(region, instance, FINANCIAL)
    announce_release(region, instance, release_type)
    ledger = books_of(region).ledgers[instance.account]
    ledger.stops[instance.id] = event
    stopped = instance.status == STOPPED and not instance.waits_for_host
    if not stopped and not (instance.status == STOPPING and instance.next is None):
        ledger.ran.add(instance.id)
    _bring_down(region, instance)


def announce_release(region: RegionState, instance: Instance, type: str) -> None:
    """Announce that an instance will be released after the days of grace (billing/release-after-15-days)."""
    grace = region.edition.billing.release_after * SECOND
    announce(region, instance, type, region.clock.now + grace, lambda due: _release(region, instance, due))


def unlock(region: RegionState, instance: Instance) -> None:
    """Take the financial lock off."""
    locks.take_off(region, instance, FINANCIAL)
    books_of(region).ledgers[instance.account].ran.discard(instance.id)


def come_back(region: RegionState, instance: Instance) -> None:
    """Let an instance be as it was before its stop, now that its debt is paid; one for which there is no host, and one
    that is locked for a violation, stays Stopped and locked until it is reactivated (billing/restart-after-payment)."""
    ledger = books_of(region).ledgers[instance.account]
    if (
        not locks.is_unpaid(instance)
        or locks.SECURITY in instance.locks
        or ledger.overdue
        or instance.status != STOPPED
    ):
        return
    if instance.id not in ledger.ran:
        unlock(region, instance)
        return
    try:
        host = transitions.find_host(region, instance)
    except ApiError:
        return
    unlock(region, instance)
    transitions.start_on(region, instance, host)


def follow(region: RegionState, instance: Instance, before: str | None, after: str) -> None:
    """See a stop that is under way through to its end."""
    ledger = books_of(region).ledgers[instance.account]
    stops = ledger.stops
    if after == "Released":
        ledger.ran.discard(instance.id)
    if instance.id not in stops:
        return
    if after == STOPPED:
        _rest(region, instance)
    elif after == RUNNING:
        _bring_down(region, instance)
    elif after == "Released":
        del stops[instance.id]


def _bring_down(region: RegionState, instance: Instance) -> None:
    """Go on with a stop: from Running at once, as where the host is lost, on which there is nothing to shut down; from
    a transitional state an instance reaches Running or Stopped first."""
    stops = books_of(region).ledgers[instance.account].stops
    if instance.id not in stops:
        return
    if instance.status == STOPPED:
        region.give_up(instance)
        _rest(region, instance)
    elif instance.impaired and locks.is_unpaid(instance):
        region.give_up(instance)
    elif instance.status == RUNNING:
        if not locks.is_unpaid(instance):
            events.settle(region, stops.pop(instance.id), events.FAILED)  # It was renewed on the way.
        else:
            instance.stop_mode_asked = KEEP_CHARGING
            transitions.halt(region, instance, then=None, force=False)


def _rest(region: RegionState, instance: Instance) -> None:
    """The instance is Stopped: its compute goes back unless it was paid for on the way, and the event is over."""
    if locks.is_unpaid(instance):
        placement.vacate(region, instance)
        if not region.rules.recycling_keeps_public_ip():
            transitions.drop_public_ip(region, instance)
        if instance.stopped_mode == KEEP_CHARGING:
            instance.stopped_mode = NOT_APPLICABLE
        region.say(instance, STOPPED, STOPPED)
    ledger = books_of(region).ledgers[instance.account]
    events.settle(region, ledger.stops.pop(instance.id), events.EXECUTED)
    if region.rules.payment_restarts(instance) and not ledger.overdue:
        come_back(region, instance)  # It was paid on the way down.


def _release(region: RegionState, instance: Instance, event: SystemEvent) -> bool:
    transitions.release(region, instance, event.type)
    return True
