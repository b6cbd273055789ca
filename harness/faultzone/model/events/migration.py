"""Live migration: what runs on a host at risk is carried to another, and nobody notices.

Source: manual 3.1 (event/routine-maintenance-is-silent).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from faultzone.errors import UsageError
from faultzone.model.core import placement
from faultzone.model.core.effects import Move
from faultzone.model.core.hosts import UP
from faultzone.model.core.state import RUNNING, Instance, RegionState

if TYPE_CHECKING:
    from faultzone.model.core.hosts import Host


class Migrations:
    """How live migrations go in one region: whether they fail, how many milliseconds one takes, and how many there were
    to be so far."""

    def __init__(self) -> None:
        self.fails = False
        self.takes = 0
        self.asked = 0


def find_at_risk(region: RegionState, host: Host) -> list[str]:
    """Let a host take nothing new, and live-migrate what runs on it; the ids of what has moved.

    Raises:
        UsageError: the host is not up.
    """
    if host.state != UP:
        raise UsageError(f"host {host.id} is {host.state}: only a host that is up can be at risk")
    region.placement.risk(host, at_risk=True)
    return [each for each in sorted(host.instances) if migrate(region, region.instances[each]) is not None]


def find_sound(region: RegionState, host: Host) -> list[str]:
    """Let a host that was at risk take instances again. What was moved away stays where it is: nothing moves."""
    region.placement.risk(host, at_risk=False)
    return []


def break_migrations(region: RegionState, *, fails: bool, takes: int) -> None:
    """Let live migrations fail from now on, or take so many milliseconds."""
    migrations = region.part(Migrations)
    migrations.fails, migrations.takes = fails, takes


def migrate(region: RegionState, instance: Instance) -> Host | None:
    """Live-migrate a running instance within its zone; nothing that the user can see changes.

    Clauses: event/routine-maintenance-is-silent, recovery/intervention-table, deployment-set/strict-spread.

    Returns:
        The new host; None where none can take it, where migrations fail, and where one takes a while and has begun.
    """
    migrations = region.part(Migrations)
    migrations.asked += 1
    if migrations.fails:
        region.record("notice", instance=instance.id, what="live migration failed")
        return None
    if migrations.takes:

        def arrives() -> None:
            _carry(region, instance)

        region.clock.call_later(migrations.takes, arrives)
        return None
    return _carry(region, instance)


def _carry(region: RegionState, instance: Instance) -> Host | None:
    before = instance.host
    if before is None or instance.status != RUNNING or instance.impaired:
        return None
    host = placement.choose_for(region, instance, leaving=before)
    if host is None:
        return None
    placement.relocate(region, instance, host)
    region.emit(Move(instance.id, instance.epoch, before.index, host.index))
    return host
