"""Locks on instances: what puts them on and takes them off. No other module changes them.

Source: manual 3.1; API reference, OperationLocks (instance/security-lock, billing/financial-lock, event/violation).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from faultzone.api.errors import ApiError
from faultzone.errors import UsageError
from faultzone.model.core import events

if TYPE_CHECKING:
    from faultzone.model.core.state import Instance, RegionState

FINANCIAL: Final = "financial"
SECURITY: Final = "security"
#: Why an instance may be locked here.
REASONS: Final = (FINANCIAL, SECURITY)


def is_unpaid(instance: Instance) -> bool:
    """Whether an instance has a financial lock."""
    return FINANCIAL in instance.locks


def put_on(region: RegionState, instance: Instance, reason: str) -> None:
    """Lock an instance for a reason, unless it is so already."""
    if reason not in instance.locks:
        _set(region, instance, (*instance.locks, reason))


def take_off(region: RegionState, instance: Instance, reason: str) -> None:
    """Unlock an instance that is locked for a reason; what else it is locked for stays."""
    if reason in instance.locks:
        _set(region, instance, tuple(each for each in instance.locks if each != reason))


def change(region: RegionState, instance: Instance, reason: str, *, locked: bool) -> None:
    """Lock an instance as its provider does, for a violation with an event of it; or take that lock off.

    Raises:
        UsageError: there is no lock for this reason, or the instance has it already.
    """
    if reason not in REASONS:
        raise UsageError.expected_one_of("reason", reason, REASONS)
    if not locked:
        take_off(region, instance, reason)
    elif reason in instance.locks:
        raise UsageError(f"{instance.id} is locked already for reason {reason!r}: unlock it first")
    elif reason == SECURITY:
        punish(region, instance)
    else:
        put_on(region, instance, reason)


def punish(region: RegionState, instance: Instance) -> None:
    """Lock an instance for a violation, and say so with an event: it is not planned, and over at once
    (event/violation)."""
    event = events.begin(region, instance, region.edition.event.violation_type)
    put_on(region, instance, SECURITY)
    events.settle(region, event, events.EXECUTED)


def _set(region: RegionState, instance: Instance, locks: tuple[str, ...]) -> None:
    region.change(instance, "locks", locks)
    region.record("notice", instance=instance.id, what="locks", locks=list(locks))


def check(region: RegionState, instance: Instance, action: str) -> None:
    """Refuse an action that a lock of the instance forbids (instance/security-lock, billing/financial-lock).

    Raises:
        ApiError: with the code that the edition has for lock and action.
    """
    for reason in instance.locks:
        if region.rules.refuses_when_locked(action, reason):
            raise ApiError(region.rules.lock_code(action, reason, instance.charge_type))
