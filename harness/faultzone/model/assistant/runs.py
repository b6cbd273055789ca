"""Invocations and their runs: how a run begins, what ends it, and what is forgotten of it.

Nothing runs but what a user has invoked (assistant/never-by-itself).

A run is given to the agent, must begin within the time of delivery, and settles once: by the agent's report, by the
user's stop, with its instance's leave of Running or loss, or because nothing was heard. A report about a settled run
changes nothing. Firings of a timed invocation that come due while the run before is still under way on an instance are
left out there; so firings that a jump of time passes coalesce (assistant/timed-overlap). What is to run when an
instance starts waits for its next start, of whatever origin.

The journal has one entry for each firing of a timed invocation, written when its last run has settled: how many runs,
and what became of how many. A run there that did not end well has its own entry besides.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Final

from faultzone.clock import DAY, SECOND, stamp
from faultzone.model.assistant.state import (
    DELIVERING,
    DRY_RUN,
    STOPPING,
    WAITING,
    AssistantState,
    Batch,
    Invocation,
    Machine,
    Record,
    Target,
    find_machine,
    machine_of,
)
from faultzone.model.core.effects import CancelScript, EndScript, firing
from faultzone.model.core.state import RUNNING

if TYPE_CHECKING:
    from faultzone.model.core.state import Instance, RegionState

#: Of runs of timed invocations, this one is only counted.
_WELL: Final = "exited-zero"
#: What becomes of a run by itself.
_BY_ITSELF: Final = frozenset({_WELL, "exited-nonzero", "timed-out"})


def watch(region: RegionState) -> None:
    """Follow the transitions of a region's instances."""
    region.reactions.append(partial(_follow, region))
    region.cut_off = partial(_cut_off, region)


def _follow(region: RegionState, instance: Instance, before: str | None, after: str) -> None:
    """Interrupt what runs on an instance that leaves Running; begin what is to run when it starts."""
    state = region.account(instance.account).part(AssistantState)
    if before == RUNNING and region.edition.assistant.heartbeat:
        state.silence(instance.id, region.clock.now)
    if before is not None and instance.id in state.live and region.rules.interrupts(before, after):
        interrupt(region, state, instance.id, "instance-released" if after == "Released" else None)
    if after == RUNNING and state.at_start:
        begin_at_start(region, state, instance)


# Beginning


def begin(region: RegionState, state: AssistantState, invocation: Invocation, targets: Iterable[Target]) -> None:
    """Give one run of an invocation to the agents of its targets."""
    invocation.firings += 1
    run = firing(invocation.id, invocation.firings) if invocation.timed else invocation.id
    batch = Batch(run, region.clock.now, invocation.command)
    _file(state, invocation, [_open(state, invocation, target, batch, DELIVERING) for target in targets])
    if invocation.schedule is not None or batch.command.parameters is not None:
        _refuse_the_old(region, state, invocation, batch)
    if batch.open:
        _deliver(region, state, invocation, batch)
    _forget_oldest(region, state)


def _refuse_the_old(region: RegionState, state: AssistantState, invocation: Invocation, batch: Batch) -> None:
    """End the runs of which the agent is too old for the form of their times, or for what it should fill in.

    Clauses: assistant/forms-need-agent, assistant/built-ins-need-agent.
    """
    command, several, forms = batch.command, len(invocation.targets) > 1, False
    names: set[str] = set()
    if command.parameters is not None:
        from faultzone.model.assistant.parameters import built_ins

        names = built_ins(command.script, checked=region.edition.assistant.names_checked)
    if invocation.schedule is not None:
        from faultzone.model.assistant.cron import Cron  # Few regions have timed invocations.

        forms = not isinstance(invocation.schedule, Cron)
    for record in list(batch.open.values()) if forms or names else ():
        machine = machine_of(region, record.target.instance)
        told = machine.image.system, machine.agent or ""
        runs_forms = not forms or region.rules.agent_runs_forms(*told)
        if not (runs_forms and region.rules.agent_fills_in(names, several, invocation.fresh, *told)):
            settle(region, state, record, "agent-too-old")


def _open(state: AssistantState, invocation: Invocation, target: Target, batch: Batch, cause: str) -> Record:
    """The record of a run that nobody has been asked for yet: one for each run on each target, of which none changes
    another (invocation-status/timed-record, assistant/instances-independent)."""
    if target.records:
        state.record_book.change(target.records[-1], "superseded", invocation.timed)
    record = target.live = Record(invocation, target, batch, cause)
    target.records.append(record)
    invocation.records.append(record)
    state.tell(invocation, target, cause)
    batch.open[target.instance] = record
    state.live.setdefault(target.instance, {})[batch.run] = record
    return record


def _file(state: AssistantState, invocation: Invocation, records: Sequence[Record]) -> None:
    """List new records of one invocation, unless it is a sending of files."""
    if invocation.id in state.invocations and records:
        state.records.extend(records)
        state.record_book.enter(records)


def _deliver(region: RegionState, state: AssistantState, invocation: Invocation, batch: Batch) -> None:
    """Give the runs of a batch to the agents."""
    command, instances, counts = batch.command, region.instances, invocation.mode != DRY_RUN
    for record in batch.open.values():
        if record.cause != DELIVERING:
            state.judge(record, DELIVERING)
        record.target.runs += counts
        machine = instances.get(record.target.instance) or machine_of(region, record.target.instance)
        region.emit(command.effect(region, invocation, machine, batch.run))
    batch.timeout = invocation.seconds
    batch.timer = region.clock.guest_later(region.rules.delivery(), lambda: _overdue(region, state, batch))


def await_start(region: RegionState, state: AssistantState, invocation: Invocation, targets: Iterable[Target]) -> None:
    """Let an invocation run when these targets start: each time, or only the next (assistant/run-at-start)."""
    if invocation not in state.at_start:
        state.at_start.append(invocation)
    if not invocation.timed:
        run, now, command = invocation.id, region.clock.now, invocation.command
        waiting = [_open(state, invocation, target, Batch(run, now, command), WAITING) for target in targets]
        _file(state, invocation, waiting)


def begin_at_start(region: RegionState, state: AssistantState, instance: Machine) -> None:
    """Begin what is to run when an instance starts, once the agent that its system brought up serves."""
    if instance.agent is None:
        state.cold.add(instance.id)
        return
    state.cold.discard(instance.id)
    for invocation in list(state.at_start):
        target = invocation.targets.get(instance.id)
        if target is None or not _fires(region, target):
            continue
        if target.live is not None and target.live.cause == WAITING:
            _deliver(region, state, invocation, target.live.batch)
        elif invocation.timed and target.live is None:
            begin(region, state, invocation, (target,))


def schedule(region: RegionState, state: AssistantState, invocation: Invocation) -> None:
    """Wait for the next firing of a timed invocation, while any target may still get a run.

    An expression that names no zone is meant in that of each target's system, so targets in several zones have times of
    their own (assistant/cron-instance-zone).
    """
    from faultzone.model.assistant.schedules import next_run  # Few regions have timed invocations.

    assert invocation.schedule is not None
    if invocation.timer is not None:
        invocation.timer.cancel()
    invocation.timer = None
    due: dict[str | None, int] = {}
    for target in invocation.targets.values():
        zone = state.zones.get(target.instance)
        if zone not in due and _fires(region, target) and find_machine(region, target.instance):
            at = next_run(invocation.schedule, region.clock.now, region.rules.cron_zone(zone), invocation.created)
            if at is not None:
                due[zone] = at
            if not state.zones:
                break
    if not due:
        was_open, invocation.exhausted = invocation.open, True
        if was_open and not invocation.open:
            close(state, invocation)
        return
    first = min(due.values())

    def fire() -> None:
        ready = [
            target
            for target in invocation.targets.values()
            if _fires(region, target)
            and _is_able(region, target)
            and (not state.zones or due.get(state.zones.get(target.instance)) == first)
        ]
        if ready:
            begin(region, state, invocation, ready)
        schedule(region, state, invocation)

    invocation.timer = region.clock.call_at(first, fire)


def rezone(region: RegionState, state: AssistantState, machine_id: str, zone: str) -> None:
    """Note that the system of a machine is in another time zone; empty for that of images."""
    if zone:
        state.zones[machine_id] = zone
    else:
        state.zones.pop(machine_id, None)
    for invocation in list(state.invocations.values()):
        if invocation.timer is not None and machine_id in invocation.targets:
            schedule(region, state, invocation)


def _fires(region: RegionState, target: Target) -> bool:
    return region.rules.fires_again(target.stopped is not None)


def _is_able(region: RegionState, target: Target) -> bool:
    """Whether a firing makes a run here: none is under way and the instance can take one (assistant/timed-missed)."""
    instance = find_machine(region, target.instance)
    return (
        target.live is None
        and instance is not None
        and instance.status == RUNNING
        and not instance.impaired
        and instance.agent is not None
    )


def _forget_oldest(region: RegionState, state: AssistantState) -> None:
    """Keep no more records than the edition does, of settled runs; an invocation goes with the last of its records."""
    excess = len(state.records) - region.edition.assistant.records
    under_way = []
    while excess > 0 and state.records:
        record = state.records.popleft()
        if record.finished is None:
            under_way.append(record)
            continue
        excess -= 1
        _forget(state, record)
    state.records.extendleft(reversed(under_way))


def _forget(state: AssistantState, record: Record) -> None:
    """Forget a record, and with the last of an invocation that is over the invocation."""
    invocation = record.invocation
    state.record_book.drop(record)
    record.target.records.remove(record)
    invocation.records.remove(record)
    if not invocation.records and not invocation.open and state.invocations.pop(invocation.id, None) is not None:
        state.invocation_book.drop(invocation)


def forget_old(region: RegionState, state: AssistantState) -> None:
    """Forget the records of runs that settled too many days ago; whoever lists or looks one up asks first
    (assistant/retention, assistant/retention-two-weeks)."""
    days = region.edition.assistant.record_days
    if not days:
        return
    since = region.clock.now - days * DAY
    young = []
    while state.records and state.records[0].batch.began < since:
        record = state.records.popleft()
        if record.finished is None or record.finished >= since:
            young.append(record)
        else:
            _forget(state, record)
    state.records.extendleft(reversed(young))


# Ending


def settle(
    region: RegionState,
    state: AssistantState,
    record: Record,
    cause: str,
    exit_code: int | None = None,
    at: int | None = None,
) -> None:
    """End a record, for good (invocation-status/monotone). What was to be stopped was, unless it ended by itself before
    (invocation-status/stopping)."""
    if record.cause == STOPPING and cause not in _BY_ITSELF:
        cause = region.rules.stopped_cause(True)
    target, batch = record.target, record.batch
    before = region.rules.record_state(record.cause)
    state.judge(record, cause)
    record.exit_code = exit_code
    record.finished = region.clock.now if at is None else at
    target.live = None
    del batch.open[target.instance]
    runs = state.live[target.instance]
    del runs[record.run]
    if not runs:
        del state.live[target.instance]
    if not batch.open and batch.timer is not None:
        batch.timer.cancel()
    invocation = record.invocation
    if (not invocation.timed or invocation.exhausted) and not batch.open and not invocation.open:
        close(state, invocation)
    batch.ended[cause] += 1
    if region.task_observers:
        _tell(region, state, record)
    if not invocation.timed or cause != _WELL:
        after = region.rules.record_state(cause)
        said = {"from": before, "to": after, "why": cause}
        region.record("transition", run=record.run, target=target.instance, **said)
    if invocation.timed and not batch.open:
        counts = {"runs": batch.ended.total(), **batch.ended}
        region.record("summary", invocation=invocation.id, run=batch.run, began=batch.began, **counts)


def _tell(region: RegionState, state: AssistantState, record: Record) -> None:
    """Tell whoever asks of a run that has ended (event/task-notification)."""
    from faultzone.model.assistant.invocation_status import OUTCOMES  # Few subscribe.

    account = next(each.id for each in region.accounts.values() if each.kept(AssistantState) is state)
    command = record.batch.command
    told = {
        "commandId": command.id,
        "commandName": command.name,
        "exitCode": "" if record.exit_code is None else str(record.exit_code),
        "finishTime": "" if record.finished is None else stamp(record.finished),
        "instanceId": record.target.instance,
        "invocationStatus": OUTCOMES[record.cause].invocation_status,
        "invokeId": record.invocation.id,
    }
    for observer in region.task_observers:
        observer(account, record.target.instance, told)


def close(state: AssistantState, invocation: Invocation) -> None:
    """An invocation gets no further run, and none is under way."""
    invocation.command.open -= 1
    if invocation.timer is not None:
        invocation.timer.cancel()
    if invocation in state.at_start:
        state.at_start.remove(invocation)


def _cut_off(region: RegionState, instance: Instance) -> None:
    """End every run on an instance whose host is lost (assistant/run-interrupted)."""
    state = region.account(instance.account).part(AssistantState)
    if region.edition.assistant.heartbeat:
        state.silence(instance.id, region.clock.now)
    interrupt(region, state, instance.id, None)


def interrupt(region: RegionState, state: AssistantState, instance_id: str, cause: str | None) -> None:
    """End every run on an instance that cannot go on (assistant/run-interrupted); what waits for a start goes on
    waiting, unless a cause says otherwise."""
    for record in list(state.live.get(instance_id, {}).values()):
        if record.cause == WAITING and cause is None:
            continue
        ended = "interrupted" if record.started is not None else "instance-not-running"
        settle(region, state, record, cause or ended)


def end(region: RegionState, state: AssistantState, record: Record) -> None:
    """Let the agent end a run that has begun; until it says that it did, in the time of a delivery, it is being stopped
    (invocation-status/stopping)."""
    machine = machine_of(region, record.target.instance)
    region.emit(EndScript(machine.id, machine.epoch, record.run))
    state.judge(record, STOPPING)

    def silent() -> None:
        if record.finished is None:
            settle(region, state, record, region.rules.stopped_cause(True))

    region.clock.guest_later(region.rules.delivery(), silent)


def _overdue(region: RegionState, state: AssistantState, batch: Batch) -> None:
    """End what has not begun in time, and later what has not been heard of again (invocation-status/settles)."""
    for record in list(batch.open.values()):
        if record.cause == DELIVERING:
            instance = machine_of(region, record.target.instance)
            region.emit(CancelScript(instance.id, instance.epoch, record.run))
            settle(region, state, record, "not-delivered")

    timeout = batch.timeout * SECOND

    def silent() -> None:
        for record in list(batch.open.values()):
            assert record.started is not None
            settle(region, state, record, "timed-out", at=record.started + timeout)

    if batch.open:
        batch.timer = region.clock.guest_later(timeout, silent)
