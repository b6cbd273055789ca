"""Invocations and their runs: how a run begins, what ends it, and what is forgotten of it.

A run is given to the agent, must begin within the time of delivery, and settles once: by the agent's report, by the
user's stop, with its instance's leave of Running or loss, or because nothing was heard. A report about a settled run
changes nothing. Firings of a timed invocation that come due while the run before is still under way on an instance are
left out there; so firings that a jump of time passes coalesce (assistant/timed-overlap).

The journal has one entry for each firing of a timed invocation, written when its last run has settled: how many runs,
and what became of how many. A run there that did not end well has its own entry besides.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from faultzone.clock import SECOND
from faultzone.model.assistant_state import DELIVERING, UNDER_WAY, AssistantState, Batch, Invocation, Record, Target
from faultzone.model.dispatch import takes
from faultzone.model.effects import (
    AgentSeen,
    CancelScript,
    GuestRebooted,
    RunEnded,
    RunOutput,
    RunRefused,
    RunStarted,
    RunTimedOut,
    firing,
)
from faultzone.model.state import RUNNING

if TYPE_CHECKING:
    from faultzone.model.state import AccountState, Instance, RegionState

#: Of runs of timed invocations, this one is only counted.
_WELL: Final = "exited-zero"
_RunReport = RunStarted | RunOutput | RunEnded | RunTimedOut | RunRefused


def state_of(region: RegionState, account: AccountState) -> AssistantState:
    """The account's commands and invocations here; made when first asked for, then told of its instances."""
    state = account.assistant
    if state is None:
        state = account.assistant = AssistantState()
        made = state

        def on_transition(instance: Instance, before: str, after: str) -> None:
            if instance.id in made.live and region.rules.interrupts(before, after):
                interrupt(region, made, instance.id, "instance-released" if after == "Released" else None)

        region.watchers.append(on_transition)
    return state


# Beginning


def begin(region: RegionState, state: AssistantState, invocation: Invocation, targets: Iterable[Target]) -> None:
    """Give one run of an invocation to the agents of its targets."""
    command, rules = invocation.command, region.rules
    invocation.firings += 1
    run = firing(invocation.id, invocation.firings) if invocation.timed else invocation.id
    batch = Batch(run, region.clock.now)
    for target in targets:
        instance = region.instances[target.instance]
        record = target.live = Record(invocation, target, batch)
        target.runs += 1
        target.records.append(record)
        invocation.records.append(record)
        if invocation.id in state.invocations:
            state.records.append(record)
        batch.open[instance.id] = record
        state.live.setdefault(instance.id, {})[batch.run] = record
        region.emit(command.effect(region, invocation, instance, batch.run))
    batch.timer = region.clock.guest_later(rules.delivery(), lambda: _overdue(region, state, batch, command.timeout))
    _forget_oldest(region, state)


def schedule(region: RegionState, state: AssistantState, invocation: Invocation) -> None:
    """Wait for the next firing of a timed invocation, while any target may still get a run."""
    assert invocation.cron is not None
    rules, targets = region.rules, invocation.targets.values()
    invocation.timer = None
    due = invocation.cron.next_after(region.clock.now, rules.cron_offset())
    if due is None or not any(_fires(region, target) and target.instance in region.instances for target in targets):
        return

    def fire() -> None:
        ready = [target for target in targets if _fires(region, target) and _is_able(region, target)]
        if ready:
            begin(region, state, invocation, ready)
        schedule(region, state, invocation)

    invocation.timer = region.clock.call_at(due, fire)


def _fires(region: RegionState, target: Target) -> bool:
    return region.rules.fires_again(target.stopped is not None)


def _is_able(region: RegionState, target: Target) -> bool:
    """Whether a firing makes a run here: none is under way and the instance can take one (assistant/timed-missed)."""
    instance = region.instances.get(target.instance)
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
        invocation = record.invocation
        del record.target.records[0]
        invocation.records.remove(record)
        if not invocation.records and not invocation.open:
            state.invocations.pop(invocation.id, None)
    state.records.extendleft(reversed(under_way))


# Ending


def settle(
    region: RegionState,
    state: AssistantState,
    record: Record,
    cause: str,
    exit_code: int | None = None,
    at: int | None = None,
) -> None:
    """End a record, for good (invocation-status/monotone)."""
    target, batch = record.target, record.batch
    before = region.rules.record_state(record.cause)
    record.cause = cause
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
    if not invocation.timed and not batch.open:
        invocation.command.open -= 1
    batch.ended[cause] += 1
    if not invocation.timed or cause != _WELL:
        after = region.rules.record_state(cause)
        said = {"from": before, "to": after, "why": cause}
        region.record("transition", run=record.run, target=target.instance, **said)
    if invocation.timed and not batch.open:
        counts = {"runs": batch.ended.total(), **batch.ended}
        region.record("summary", invocation=invocation.id, run=batch.run, began=batch.began, **counts)


def cut_off(region: RegionState, instance: Instance) -> None:
    """End every run on an instance whose host is lost (assistant/run-interrupted)."""
    state = region.account(instance.account).assistant
    if state is not None:
        interrupt(region, state, instance.id, None)


def interrupt(region: RegionState, state: AssistantState, instance_id: str, cause: str | None) -> None:
    """End every run on an instance that cannot go on (assistant/run-interrupted)."""
    for record in list(state.live.get(instance_id, {}).values()):
        ended = "interrupted" if record.started is not None else "instance-not-running"
        settle(region, state, record, cause or ended)


def _overdue(region: RegionState, state: AssistantState, batch: Batch, timeout: int) -> None:
    """End what has not begun in time, and later what has not been heard of again (invocation-status/settles)."""
    for record in list(batch.open.values()):
        if record.cause == DELIVERING:
            instance = region.instances[record.target.instance]
            region.emit(CancelScript(instance.id, instance.epoch, record.run))
            settle(region, state, record, "not-delivered")

    def silent() -> None:
        for record in list(batch.open.values()):
            settle(region, state, record, "timed-out")

    if batch.open:
        batch.timer = region.clock.guest_later(timeout * SECOND, silent)


# Reports


def _live(region: RegionState, report: _RunReport) -> tuple[AssistantState, Record] | None:
    """The record that a report is about; None where it has settled, or the report is of an earlier epoch."""
    instance = region.instances.get(report.instance)
    if instance is None or instance.epoch != report.epoch:
        return None
    state = region.account(instance.account).assistant
    record = None if state is None else state.live.get(report.instance, {}).get(report.run)
    return None if state is None or record is None else (state, record)


def _begun(region: RegionState, record: Record) -> int:
    """Note that a run has begun, by whatever report first says so; its instant."""
    if record.started is None:
        record.started = region.clock.now
        record.cause = UNDER_WAY
    return record.started


@takes(RunStarted)
def on_started(region: RegionState, report: RunStarted) -> bool:
    """A run has begun."""
    found = _live(region, report)
    if found is None or found[1].started is not None:
        return False
    _begun(region, found[1])
    return True


@takes(RunOutput)
def on_output(region: RegionState, report: RunOutput) -> bool:
    """A run has written more; a shorter output is one that was overtaken."""
    found = _live(region, report)
    if found is None or len(report.output) + report.dropped <= len(found[1].output) + found[1].dropped:
        return False
    _begun(region, found[1])
    found[1].output, found[1].dropped = report.output, report.dropped
    return True


@takes(RunEnded)
def on_ended(region: RegionState, report: RunEnded) -> bool:
    """A process has ended: the record is Finished whatever the exit code (assistant/finished-is-not-success)."""
    found = _live(region, report)
    if found is None:
        return False
    state, record = found
    _begun(region, record)
    record.output, record.dropped = report.output, report.dropped
    settle(region, state, record, "exited-nonzero" if report.exit_code else "exited-zero", report.exit_code)
    return True


@takes(RunTimedOut)
def on_timed_out(region: RegionState, report: RunTimedOut) -> bool:
    """A run was killed: the record is Failed, its FinishedTime follows from the timeout (assistant/timeout)."""
    found = _live(region, report)
    if found is None:
        return False
    state, record = found
    begun = _begun(region, record)
    record.output, record.dropped = report.output, report.dropped
    settle(region, state, record, "timed-out", at=begun + record.invocation.command.timeout * SECOND)
    return True


@takes(RunRefused)
def on_refused(region: RegionState, report: RunRefused) -> bool:
    """A run could not begin or go on: the record is Failed (assistant/record-failed)."""
    found = _live(region, report)
    if found is None:
        return False
    state, record = found
    record.output = report.output or record.output
    settle(region, state, record, report.reason)
    return True


@takes(AgentSeen)
def on_agent_seen(region: RegionState, report: AgentSeen) -> bool:
    """An agent has begun or ceased to serve."""
    instance = region.instances.get(report.instance)
    if instance is None or instance.epoch != report.epoch:
        return False
    instance.agent = report.version
    return True


@takes(GuestRebooted)
def on_guest_rebooted(region: RegionState, report: GuestRebooted) -> bool:
    """An instance was rebooted from inside: it stays Running, and what had begun there is interrupted."""
    instance = region.instances.get(report.instance)
    if instance is None or instance.epoch != report.epoch or instance.status != RUNNING:
        return False
    state = region.account(instance.account).assistant
    if state is not None:
        for record in list(state.live.get(instance.id, {}).values()):
            if record.started is not None:
                settle(region, state, record, "interrupted")
    return True
