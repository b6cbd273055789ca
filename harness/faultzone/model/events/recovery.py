"""Auto recovery: what becomes of instances whose host or operating system crashes.

Source: manual 3.1 and 3.2 (recovery/*, event/system-failure, event/instance-failure). A host that is lost leaves its
instances impaired. How they go on is a table, `PATHS`. Section 3.1 has failures whose restart is under way when their
user hears of them; section 3.2 has the irreversible crash, whose recovery is Scheduled: it can be queried, and cannot
be answered. `Shape(recovery="immediate")` has no plans.

A host whose hardware can restart is waited for, a while; after that, or at the time of the plan where it cannot, its
instances go to other hosts of their zone. One for which there is no host is Stopped until supply returns, and is then
started; in later editions, a set that keeps its members stopped leaves that to their user
(deployment-set/keep-stopped-stays). Those with local disks wait for their own host; their event fails at the end of
its execution window.

What else may happen meanwhile, and what then becomes of the event, is a table too, `ENDS`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Final

from faultzone.clock import SECOND
from faultzone.model.core import events, placement, transitions
from faultzone.model.core.dispatch import takes
from faultzone.model.core.effects import GuestCrashed, HostBack, HostLost
from faultzone.model.core.hosts import AT_RISK, DOWN
from faultzone.model.core.locks import is_unpaid
from faultzone.model.core.shape import IMMEDIATE, PLANNED
from faultzone.model.core.state import RUNNING, STARTING, STOPPED, STOPPING
from faultzone.model.events import migration

if TYPE_CHECKING:
    from faultzone.clock import Timer
    from faultzone.model.core.events import SystemEvent
    from faultzone.model.core.state import Instance, RegionState

#: What may have befallen the host of an instance that is up: it is lost and can restart, it is lost for good, or it
#: was dead before the instance came to start there.
RETURNS: Final = "its host is lost and can restart"
GONE: Final = "its host is lost for good"
DEAD: Final = "it starts on a host that is dead"

#: What befell, and whether the instance may go to another host -> how it is recovered. `IMMEDIATE`: its event is
#: Executing when it is published. `PLANNED`: it is Scheduled first.
PATHS: Final[Mapping[tuple[str, bool], str]] = {
    (RETURNS, True): IMMEDIATE,  # event/unexpected-has-no-window, event/notified-during-or-after
    (RETURNS, False): IMMEDIATE,  # recovery/local-disk
    (GONE, True): PLANNED,  # recovery/queryable
    (GONE, False): IMMEDIATE,  # recovery/local-disk-lost: there is nothing that could be planned
    (DEAD, True): IMMEDIATE,  # whoever has just started it waits for it
    (DEAD, False): IMMEDIATE,
}

#: What ends the recovery or the restart of an instance -> the state that its event had -> what it becomes.
ENDS: Final[Mapping[str, Mapping[str | None, str]]] = {
    "it runs": {events.EXECUTING: events.EXECUTED, events.SCHEDULED: events.CANCELED},
    "it has stopped": {events.EXECUTING: events.EXECUTED, events.SCHEDULED: events.CANCELED},
    "its host is lost": {events.EXECUTING: events.FAILED},
    "its host is back": {events.SCHEDULED: events.CANCELED},
    "it is to be stopped": {events.EXECUTING: events.FAILED, events.SCHEDULED: events.CANCELED},
    "its window is over": {events.EXECUTING: events.FAILED},
    "its set keeps it stopped": {events.EXECUTING: events.FAILED},
}

#: Types of events whose execution restarts the instance.
_RESTARTS: Final = ("SystemMaintenance.", "SystemFailure.", "InstanceFailure.")
#: The states in which a crash interrupts something.
_UP: Final = frozenset({STARTING, RUNNING, STOPPING})
#: ActionOnMaintenance -> the end of the type of the failure event (recovery/action-on-maintenance).
_ACTIONS: Final = {"Stop": "Stop", "AutoRedeploy": "Redeploy"}


class Recovery:
    """The recovery of one instance.

    Attributes:
        event: the system event that tells of it.
        relocates: whether it may go to another host, as its user had chosen when its host was lost.
    """

    __slots__ = ("event", "relocates")

    def __init__(self, event: SystemEvent, *, relocates: bool) -> None:
        self.event = event
        self.relocates = relocates


class Recoveries(dict[str, Recovery]):
    """The recoveries of a region by the id of their instance, in the order of the failures.

    Attributes:
        search: makes the next look for the supply that some of them wait for.
    """

    search: Timer | None = None


def watch(region: RegionState) -> None:
    """Follow the transitions of a region's instances."""
    region.reactions.append(partial(_follow, region))
    region.give_up = partial(_give_up, region)


@takes(HostLost)
def on_host_lost(region: RegionState, report: HostLost) -> bool:
    """A host is gone with what ran on it: each of its instances has its recovery, no other (event/system-failure,
    recovery/others-serve)."""
    host = region.placement.hosts[report.host]
    if host.state == DOWN:
        return False
    region.placement.power(host, on=False)
    for instance_id in sorted(host.instances):
        instance = region.instances[instance_id]
        if instance.status in _UP:
            _lose(region, instance, RETURNS if report.reversible else GONE)
    return True


@takes(HostBack)
def on_host_back(region: RegionState, report: HostBack) -> bool:
    """A repaired host: what it carries boots again, and a plan to restart it elsewhere is withdrawn."""
    host = region.placement.hosts[report.host]
    if host.state != DOWN:
        return False
    region.placement.power(host, on=True)
    for instance_id in sorted(host.instances):
        instance = region.instances[instance_id]
        recovery = region.part(Recoveries).get(instance_id)
        # Also what was told to start while the host was away: it never heard of it.
        if instance.status in _UP or (recovery is not None and instance.waits_for_host):
            if recovery is not None and recovery.event.status == events.SCHEDULED:
                _end(region, instance, "its host is back")
            _restart(region, instance)
    return True


@takes(GuestCrashed)
def on_guest_crashed(region: RegionState, report: GuestCrashed) -> bool:
    """An operating system has crashed: its instance, no other, is restarted where it is (event/instance-failure)."""
    instance = region.instances.get(report.instance)
    if instance is None or instance.epoch != report.epoch:
        return False
    if instance.status not in (STARTING, RUNNING):
        return False
    if not any(event.type == events.INSTANCE_FAILURE for event in _under_way(region, instance)):
        events.begin(region, instance, events.INSTANCE_FAILURE)
    transitions.boot(region, instance)
    return True


def _under_way(region: RegionState, instance: Instance) -> list[SystemEvent]:
    """The events whose execution is a restart of the instance that has begun."""
    return [
        event
        for event in region.active_events.get(instance.id, ())
        if event.status == events.EXECUTING and not event.simulated and event.type.startswith(_RESTARTS)
    ]


def _end(region: RegionState, instance: Instance, why: str, *, but: Recovery | None = None) -> None:
    """End the recovery of an instance and what else was restarting it, as `ENDS` has it for what has happened.

    Args:
        but: the recovery, where that goes on.
    """
    ends = ENDS[why]
    recovery = region.part(Recoveries).pop(instance.id, None) if but is None else None
    ended = [event for event in _under_way(region, instance) if but is None or event is not but.event]
    if recovery is not None and recovery.event not in ended:
        ended.append(recovery.event)
    for event in ended:
        if event.status in ends:
            events.settle(region, event, ends[event.status])


def _lose(region: RegionState, instance: Instance, what: str) -> None:
    """The host of an instance is lost: it is impaired, and its recovery begins, or goes on with the event that it has;
    what was to be stopped is Stopped.

    Clauses: recovery/status, recovery/second-failure.
    """
    if instance.status == STOPPING and instance.next in (None, transitions.RELEASE):
        transitions.cut(region, instance)
        return
    if is_unpaid(instance):
        _give_up(region, instance)
        return
    instance.epoch += 1
    region.change(instance, "impaired", True)
    instance.next = None
    region.cut_off(instance)
    recovery = region.part(Recoveries).get(instance.id)
    if recovery is not None and recovery.event.status not in events.ACTIVE:
        recovery = None
    # What else was restarting it will not come to its end.
    _end(region, instance, "its host is lost", but=recovery)
    if recovery is None:
        relocates = region.rules.relocates(instance)
        event = _announce(region, instance, PATHS[what, relocates])
        recovery = region.part(Recoveries)[instance.id] = Recovery(event, relocates=relocates)
    if recovery.event.status == events.EXECUTING:
        if what == RETURNS:
            patience = region.edition.recovery.host_patience * SECOND
            region.clock.call_later(patience, partial(_relocate, region, instance, instance.epoch))
        else:
            _relocate(region, instance, instance.epoch)


def _announce(region: RegionState, instance: Instance, path: str) -> SystemEvent:
    """Publish the recovery of an instance: as a plan where the region has plans, else as under way."""
    type = failure_type(region, instance)
    if IMMEDIATE in (path, region.shape.recovery):
        return events.begin(region, instance, type)

    def execute() -> None:
        _relocate(region, instance, instance.epoch)

    due = region.clock.now + region.edition.recovery.planned_delay * SECOND
    return events.schedule(region, instance, type, not_before=due, execute=execute)


def _run_out(region: RegionState, instance: Instance, event: SystemEvent) -> None:
    """The execution window of an event is over, and the host of the local disks is not back: the event has Failed, and
    the instance waits for its host without it (recovery/local-disk-lost)."""
    recovery = region.part(Recoveries).get(instance.id)
    if (
        recovery is not None
        and recovery.event is event
        and instance.waits_for_host
        and event.status == events.EXECUTING
    ):
        events.settle(region, event, ENDS["its window is over"][event.status])


def failure_type(region: RegionState, instance: Instance) -> str:
    """The type of the event of a failed host (recovery/event-code, recovery/action-on-maintenance)."""
    type: str = region.edition.recovery.failure_type
    action = _ACTIONS.get(instance.options.action_on_maintenance or "")
    return type if action is None else f"{type.partition('.')[0]}.{action}"


def _relocate(region: RegionState, instance: Instance, epoch: int) -> None:
    """Restart an instance on another host; nothing to do if it has gone on otherwise since `epoch`."""
    recovery = region.part(Recoveries).get(instance.id)
    if recovery is None or instance.epoch != epoch:
        return
    if is_unpaid(instance):  # It was locked meanwhile, and is to be stopped anyway.
        _give_up(region, instance)
    elif recovery.relocates and _move(region, instance):
        _restart(region, instance)
    elif recovery.relocates and instance.group is not None and region.rules.keeps_stopped(instance.group):
        _end(region, instance, "its set keeps it stopped")
        transitions.cut(region, instance)
    else:
        _wait(region, instance, recovery)


def _move(region: RegionState, instance: Instance) -> bool:
    """Give an instance another host of its zone that keeps the spread of its set.

    Clause: deployment-set/failover-keeps-spread.

    Where none keeps it, a set that allows it loses the member (deployment-set/failover-cancels-membership).

    Returns:
        Whether it has another host; else it keeps what it has of its old one.
    """
    group = instance.group
    host = placement.choose_elsewhere(region, instance)
    if host is None and group is not None and region.rules.may_leave_set(group):
        host = placement.choose_elsewhere(region, instance, spread=False)
        if host is not None:
            group.leave(instance)
            region.change(instance, "group", None)
            region.record("notice", instance=instance.id, what="membership canceled", deployment_set=group.id)
    if host is not None:
        placement.relocate(region, instance, host)
    return host is not None


def _restart(region: RegionState, instance: Instance) -> None:
    """Start a recovering instance on the host that it now has; one that is to be stopped by failures is Stopped."""
    recovery = region.part(Recoveries).get(instance.id)
    instance.next = None
    if recovery is not None and recovery.event.type.endswith(".Stop"):
        _end(region, instance, "it has stopped")
        transitions.cut(region, instance)
        return
    if instance.status == STOPPED:
        transitions.regain_public_ip(region, instance)
    transitions.boot(region, instance)


def _wait(region: RegionState, instance: Instance, recovery: Recovery) -> None:
    """There is no host: the instance is Stopped until there is one (recovery/no-supply), or until its own is back."""
    transitions.cut(region, instance, repaired=False)
    terms, event = region.edition.recovery, recovery.event
    if recovery.relocates:
        _search(region, terms.retry * SECOND)
    elif event.executed_from is not None:
        due = event.executed_from + terms.execution_window * SECOND
        region.clock.call_at(due, partial(_run_out, region, instance, event))


def _search(region: RegionState, delay: int) -> None:
    """Look for supply after a while, unless that is to be done earlier anyway."""
    recoveries = region.part(Recoveries)
    timer, due = recoveries.search, region.clock.now + delay
    if timer is not None and timer.live:
        if timer.due <= due:
            return
        timer.cancel()
    recoveries.search = region.clock.call_at(due, partial(_look, region, delay))


def _look(region: RegionState, delay: int) -> None:
    """See whether supply has returned, each time after twice as long, up to a limit."""
    sold_out: set[tuple[int, str]] = set()
    left = False
    for instance_id, recovery in list(region.part(Recoveries).items()):
        instance = region.instances[instance_id]
        if not (instance.waits_for_host and recovery.relocates):
            continue
        if is_unpaid(instance):
            _give_up(region, instance)
            continue
        # What one instance outside of all sets does not get, another of its type does not get either.
        want = (instance.zone, instance.kind.name)
        if (instance.group is not None or want not in sold_out) and _move(region, instance):
            _restart(region, instance)
            continue
        left = True
        if instance.group is None:
            sold_out.add(want)
    if left:
        _search(region, min(2 * delay, region.edition.recovery.retry_ceiling * SECOND))


def _follow(region: RegionState, instance: Instance, before: str | None, after: str) -> None:
    """See recoveries and restarts through to their ends."""
    recovery = region.part(Recoveries).get(instance.id)
    if after == STARTING:
        host = instance.host
        on_a_dead_one = host is not None and host.state == DOWN and instance.status == STARTING
        if recovery is None and on_a_dead_one and not instance.impaired:
            _lose(region, instance, DEAD)
    elif after == RUNNING:
        _end(region, instance, "it runs")
        if instance.status == RUNNING and instance.host is not None and instance.host.state == AT_RISK:
            # It was not running when its host was emptied (event/degraded-host-migrates).
            migration.migrate(region, instance)
    elif after == STOPPED:
        if recovery is None:
            _end(region, instance, "it has stopped")
        elif not instance.waits_for_host:
            # Somebody stopped it who may: billing, when nobody has paid.
            _end(region, instance, "it is to be stopped")
    elif after == "Released":
        region.part(Recoveries).pop(instance.id, None)


def _give_up(region: RegionState, instance: Instance) -> None:
    """Recover an instance no longer, since it is to be stopped: on a host that is lost it is Stopped at once."""
    _end(region, instance, "it is to be stopped")
    transitions.cut(region, instance)
