"""What is done to an instance when an event of a type executes.

Source: manual 3.1; API reference of October 2026, CreateSimulatedSystemEvents, which names the effect of each type
(event/default-action, event/effects, event/real-operations).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from faultzone.model.core import placement, transitions
from faultzone.model.core.hosts import DOWN
from faultzone.model.core.state import (
    KEEP_CHARGING,
    PENDING,
    RUNNING,
    STARTING,
    STOPPED,
    STOPPING,
    Instance,
    RegionState,
)
from faultzone.model.events import migration

#: Does something to an instance that is up, or on its way: True for done, False for failed, None for under way.
#: Recovery settles what is under way once the instance is Running or Stopped.
Operation = Callable[[RegionState, Instance], bool | None]


def carry_out(region: RegionState, instance: Instance, type: str) -> bool | None:
    """Do to an instance what an event of this type announces; where it does not run there is nothing to do, and where
    it is lost that fails.

    Returns:
        True for done, False for failed, None for under way.
    """
    if instance.impaired and (instance.host is None or instance.host.state == DOWN):
        return False
    effect = type.partition(".")[2]
    operation = _reboot if effect.startswith("Reboot") else _OPERATIONS.get(effect)
    if operation is None or instance.status in (PENDING, STOPPED):
        return True
    return operation(region, instance)


def _reboot(region: RegionState, instance: Instance) -> None:
    # What is being restarted or stopped already need not be rebooted besides.
    if instance.status == RUNNING:
        transitions.halt(region, instance, then=transitions.START, force=False)


def _stop(region: RegionState, instance: Instance) -> bool | None:
    if instance.impaired:
        return False  # It is being recovered: what that has begun comes to its end.
    if instance.status in (RUNNING, STARTING):
        instance.stop_mode_asked = KEEP_CHARGING
        transitions.halt(region, instance, then=None, force=False)
    elif instance.next == transitions.START:
        instance.next = None
    return None


def _redeploy(region: RegionState, instance: Instance) -> bool | None:
    """Restart it on another host."""
    host = placement.choose_elsewhere(region, instance)
    if host is None:
        return False
    if instance.status != STOPPING:
        transitions.halt(region, instance, then=transitions.START, force=False)
    placement.relocate(region, instance, host)
    return None


def _migrate(region: RegionState, instance: Instance) -> bool:
    return instance.status != RUNNING or migration.migrate(region, instance) is not None


#: Effect of a type -> what is done; nothing where it is a disk's, and `Reboot…` is a reboot.
_OPERATIONS: Final[Mapping[str, Operation]] = {
    "Stop": _stop,
    "StopAndRepair": _stop,
    "Redeploy": _redeploy,
    "Migrate": _migrate,
}
