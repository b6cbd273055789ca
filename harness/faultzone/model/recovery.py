"""Auto recovery: what becomes of instances whose host or operating system crashes.

Source: manual 3.1 and 3.2 (recovery/*, event/system-failure, event/instance-failure). A host that is lost leaves its
instances impaired. There are two ways on. The immediate one is the default, since section 3.1 gives an unexpected
failure no window and the monitor knows it as Executing and Executed alone: the event is Executing from the loss on.
The planned one (`Shape(recovery="planned")`) is that of section 3.2: the restart is Scheduled, can be queried, and
cannot be answered.

A host whose hardware can restart is waited for, a while; after that, or at once where it cannot, its instances go to
other hosts of their zone. Those with local disks wait without end. One for which there is no host is Stopped until
supply returns, and is then started.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from faultzone.clock import SECOND
from faultzone.model import events, hosting, lifecycle
from faultzone.model.assistant_runs import cut_off
from faultzone.model.dispatch import takes
from faultzone.model.effects import GuestCrashed, HostBack, HostLost
from faultzone.model.lapse import is_locked
from faultzone.model.placement import AT_RISK, DOWN
from faultzone.model.state import KEEP_CHARGING, RUNNING, STARTING, STOPPED, STOPPING

if TYPE_CHECKING:
    from faultzone.model.events import SystemEvent
    from faultzone.model.placement import Host
    from faultzone.model.state import Instance, RegionState

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
        starved: whether it is Stopped for want of a host.
    """

    __slots__ = ("event", "starved")

    def __init__(self, event: SystemEvent) -> None:
        self.event = event
        self.starved = False


def watch(region: RegionState) -> None:
    """Follow the transitions of a region's instances."""
    region.watchers.append(partial(_follow, region))


@takes(HostLost)
def on_host_lost(region: RegionState, report: HostLost) -> bool:
    """A host is gone with what ran on it: each of its instances has its recovery (event/system-failure)."""
    host = region.placement.hosts[report.host]
    if host.state == DOWN:
        return False
    region.placement.power(host, on=False)
    for instance_id in sorted(host.instances):
        instance = region.instances[instance_id]
        if instance.status == STOPPING and instance.next is None:
            instance.epoch += 1
            lifecycle.halted(region, instance)
        elif instance.status in _UP:
            _lose(region, instance, reversible=report.reversible)
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
        recovery = region.recovering.get(instance_id)
        if instance.status == STOPPING and instance.next is None:
            instance.impaired = False
            lifecycle.halted(region, instance)
        # Also what was told to start while the host was away: it never heard of it.
        elif instance.status in _UP or (recovery is not None and recovery.starved):
            if recovery is not None and recovery.event.status == events.SCHEDULED:
                del region.recovering[instance_id]
                events.settle(region, recovery.event, events.CANCELED)
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
    lifecycle.boot(region, instance)
    return True


def _under_way(region: RegionState, instance: Instance) -> list[SystemEvent]:
    """The events whose execution is a restart of the instance that has begun."""
    return [
        event
        for event in region.active_events.get(instance.id, ())
        if event.status == events.EXECUTING and not event.simulated and event.type.startswith(_RESTARTS)
    ]


def _lose(region: RegionState, instance: Instance, *, reversible: bool) -> None:
    """The host of an instance is lost: it is impaired, and its recovery begins or begins anew."""
    instance.epoch += 1
    instance.impaired = True
    instance.next = None
    cut_off(region, instance)
    recovery = region.recovering.get(instance.id)
    if recovery is None:
        # What else was restarting it will not come to its end.
        for event in _under_way(region, instance):
            events.settle(region, event, events.FAILED)
        recovery = region.recovering[instance.id] = Recovery(_announce(region, instance, reversible=reversible))
    if recovery.event.status == events.EXECUTING and region.rules.relocates(instance):
        if reversible:
            patience = region.edition.recovery.host_patience * SECOND
            region.clock.call_later(patience, partial(_relocate, region, instance, instance.epoch))
        else:
            _relocate(region, instance, instance.epoch)


def _announce(region: RegionState, instance: Instance, *, reversible: bool) -> SystemEvent:
    """Publish the recovery of an instance: as a plan where the region plans, as under way otherwise."""
    type = failure_type(region, instance)
    if region.shape.recovery == "immediate" or reversible or not region.rules.relocates(instance):
        return events.begin(region, instance, type)

    def execute() -> None:
        _relocate(region, instance, instance.epoch)

    due = region.clock.now + region.edition.recovery.planned_delay * SECOND
    return events.schedule(region, instance, type, not_before=due, execute=execute)


def failure_type(region: RegionState, instance: Instance) -> str:
    """The type of the event of a failed host (recovery/event-code, recovery/action-on-maintenance)."""
    type: str = region.edition.recovery.failure_type
    action = _ACTIONS.get(instance.get("ActionOnMaintenance"))
    return type if action is None else f"{type.partition('.')[0]}.{action}"


def _relocate(region: RegionState, instance: Instance, epoch: int) -> None:
    """Restart an instance on another host; nothing to do if it has gone on otherwise since `epoch`."""
    recovery = region.recovering.get(instance.id)
    if recovery is None or instance.epoch != epoch:
        return
    if is_locked(instance):  # It was not paid for meanwhile, and is to be stopped anyway.
        del region.recovering[instance.id]
        events.settle(region, recovery.event, events.FAILED)
    elif find_host(region, instance):
        _restart(region, instance)
    else:
        _starve(region, instance, recovery)


def find_host(region: RegionState, instance: Instance) -> bool:
    """Give an instance another host of its zone that keeps the spread of its set.

    Clause: deployment-set/failover-keeps-spread.

    Where none keeps it, a set that allows it loses the member (deployment-set/failover-cancels-membership).

    Returns:
        Whether it has another host; else it keeps what it has of its old one.
    """
    group = instance.group
    host = hosting.choose_elsewhere(region, instance)
    if host is None and group is not None and region.rules.may_leave_set(group):
        host = hosting.choose_elsewhere(region, instance, spread=False)
        if host is not None:
            del group.members[instance.id]
            instance.group = None
            region.record("notice", instance=instance.id, what="membership canceled", deployment_set=group.id)
    if host is not None:
        move(region, instance, host)
    return host is not None


def move(region: RegionState, instance: Instance, host: Host) -> None:
    """Place an instance that is not running on another host."""
    hosting.leave(region, instance)
    hosting.settle(region, instance, host)
    region.say(instance, instance.status, instance.status)


def _restart(region: RegionState, instance: Instance) -> None:
    """Start a recovering instance on the host that it now has; one that is to be stopped by failures is Stopped."""
    recovery = region.recovering.get(instance.id)
    instance.next = None
    if recovery is not None and recovery.event.type.endswith(".Stop"):
        instance.impaired = False
        del region.recovering[instance.id]
        events.settle(region, recovery.event, events.EXECUTED)
        _halt(region, instance)
        return
    if instance.status == STOPPED and instance.bandwidth_out and not instance.public_ip:
        instance.public_ip = region.public.allocate() or 0
    lifecycle.boot(region, instance)


def _starve(region: RegionState, instance: Instance, recovery: Recovery) -> None:
    """There is no host: the instance is Stopped until there is one (recovery/no-supply)."""
    recovery.starved = True
    _halt(region, instance)
    if not region.looking:
        _look_later(region, region.edition.recovery.retry * SECOND)


def _halt(region: RegionState, instance: Instance) -> None:
    """Show an instance that does not run as Stopped."""
    if instance.status == STOPPED:
        return
    instance.epoch += 1
    instance.next = None
    instance.stop_mode_asked = KEEP_CHARGING
    if instance.status != STOPPING:
        region.enter(instance, STOPPING)
    lifecycle.halted(region, instance)


def _look_later(region: RegionState, delay: int) -> None:
    region.looking = True
    region.clock.call_later(delay, lambda: _look(region, delay))


def _look(region: RegionState, delay: int) -> None:
    """See whether supply has returned, each time after twice as long, up to a limit."""
    region.looking = False
    sold_out: set[tuple[int, str]] = set()
    waiting = [region.instances[each] for each, recovery in region.recovering.items() if recovery.starved]
    for instance in waiting:
        # What one instance outside of all sets does not get, another of its type does not get either.
        want = (instance.zone, instance.kind.name)
        if instance.group is None and want in sold_out:
            continue
        _relocate(region, instance, instance.epoch)
        if instance.group is None and instance.status == STOPPED:
            sold_out.add(want)
    if not region.looking and any(recovery.starved for recovery in region.recovering.values()):
        _look_later(region, min(2 * delay, region.edition.recovery.retry_ceiling * SECOND))


def _follow(region: RegionState, instance: Instance, before: str | None, after: str) -> None:
    """See recoveries and restarts through to their ends."""
    recovery = region.recovering.get(instance.id)
    if after == STARTING:
        if recovery is not None:
            recovery.starved = False
        elif instance.host is not None and instance.host.state == DOWN and not instance.impaired:
            # It starts on a host that is known to be dead. Other watchers are still to hear of this transition.
            region.clock.call_at(region.clock.now, partial(_lose_late, region, instance, instance.epoch))
    elif after == RUNNING:
        region.recovering.pop(instance.id, None)
        for event in _under_way(region, instance):
            events.settle(region, event, events.EXECUTED)
        if instance.host is not None and instance.host.state == AT_RISK:
            # It was not running when its host was emptied. Other watchers are still to hear of this transition.
            region.clock.call_at(region.clock.now, partial(_flee, region, instance, instance.epoch))
    elif after == STOPPED and (recovery is None or not recovery.starved):
        if region.recovering.pop(instance.id, None) is not None and recovery is not None:
            # Somebody stopped it who may: billing, when nobody has paid.
            _give_up(region, recovery.event)
        for event in _under_way(region, instance):
            events.settle(region, event, events.EXECUTED)
    elif after == "Released":
        region.recovering.pop(instance.id, None)


def _flee(region: RegionState, instance: Instance, epoch: int) -> None:
    """Carry an instance off a host at risk, on which it has come to run (event/degraded-host-migrates)."""
    if instance.epoch == epoch and instance.host is not None and instance.host.state == AT_RISK:
        lifecycle.migrate(region, instance)


def _give_up(region: RegionState, event: SystemEvent) -> None:
    events.settle(region, event, events.CANCELED if event.may_become(events.CANCELED) else events.FAILED)


def _lose_late(region: RegionState, instance: Instance, epoch: int) -> None:
    host = instance.host
    if instance.epoch == epoch and instance.status == STARTING and host is not None and host.state == DOWN:
        _lose(region, instance, reversible=False)
