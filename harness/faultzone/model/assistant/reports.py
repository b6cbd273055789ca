"""What agents report of runs and of themselves. A report about a settled run changes nothing
(invocation-status/monotone)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from faultzone.clock import SECOND
from faultzone.model.assistant.runs import begin_at_start, rezone, settle
from faultzone.model.assistant.state import UNDER_WAY, AssistantState, Managed, Record, find_machine
from faultzone.model.core.dispatch import takes
from faultzone.model.core.effects import (
    AgentSeen,
    GuestRebooted,
    RunChecked,
    RunEnded,
    RunOutput,
    RunRefused,
    RunStarted,
    RunTimedOut,
)
from faultzone.model.core.state import RUNNING

if TYPE_CHECKING:
    from faultzone.model.core.state import RegionState

_RunReport = RunStarted | RunChecked | RunOutput | RunEnded | RunTimedOut | RunRefused


def _live(region: RegionState, report: _RunReport) -> tuple[AssistantState, Record] | None:
    """The record that a report is about; None where it has settled, or the report is of an earlier epoch."""
    instance = find_machine(region, report.instance)
    if instance is None or instance.epoch != report.epoch:
        return None
    state = region.account(instance.account).part(AssistantState)
    record = state.live.get(report.instance, {}).get(report.run)
    return None if record is None else (state, record)


def _begun(region: RegionState, state: AssistantState, record: Record) -> int:
    """Note that a run has begun, by whatever report first says so; its instant."""
    if record.started is None:
        record.started = region.clock.now
        state.judge(record, UNDER_WAY)
    return record.started


@takes(RunStarted)
def on_started(region: RegionState, report: RunStarted) -> bool:
    """A run has begun."""
    found = _live(region, report)
    if found is None or found[1].started is not None:
        return False
    _begun(region, *found)
    return True


@takes(RunChecked)
def on_checked(region: RegionState, report: RunChecked) -> bool:
    """A run that was only to be looked at could begin: it has ended well, and nothing ran (assistant/dry-run)."""
    found = _live(region, report)
    if found is None:
        return False
    settle(region, *found, "checked")
    return True


@takes(RunOutput)
def on_output(region: RegionState, report: RunOutput) -> bool:
    """A run has written more; a shorter output is one that was overtaken."""
    found = _live(region, report)
    if found is None or len(report.output) + report.dropped <= len(found[1].output) + found[1].dropped:
        return False
    _begun(region, *found)
    found[1].output, found[1].dropped = report.output, report.dropped
    return True


@takes(RunEnded)
def on_ended(region: RegionState, report: RunEnded) -> bool:
    """A process has ended: the record is Finished whatever the exit code (assistant/finished-is-not-success)."""
    found = _live(region, report)
    if found is None:
        return False
    state, record = found
    _begun(region, state, record)
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
    begun = _begun(region, state, record)
    record.output, record.dropped = report.output, report.dropped
    settle(region, state, record, "timed-out", at=begun + record.batch.timeout * SECOND)
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
    """An agent has begun or ceased to serve; none does on a system that is not listed (assistant/os-list)."""
    instance = find_machine(region, report.instance)
    if instance is None or instance.epoch != report.epoch:
        return False
    version = instance.agent = report.version if region.rules.serves(instance.image.os_name) else None
    state = region.account(instance.account).part(AssistantState)
    if region.edition.assistant.heartbeat:
        state.hear(instance.id, region.clock.now, serves=version is not None)
    if report.version is not None and report.zone != state.zones.get(instance.id, ""):
        rezone(region, state, instance.id, report.zone)
    if isinstance(instance, Managed):
        instance.seen = version or instance.seen
    if instance.id in state.cold and instance.status == RUNNING:
        begin_at_start(region, state, instance)
    return True


@takes(GuestRebooted)
def on_guest_rebooted(region: RegionState, report: GuestRebooted) -> bool:
    """An instance was rebooted from inside: it stays Running, what had begun there is interrupted, and no event is
    answered (event/guest-reboot-does-not-avoid)."""
    instance = find_machine(region, report.instance)
    if instance is None or instance.epoch != report.epoch or instance.status != RUNNING:
        return False
    state = region.account(instance.account).part(AssistantState)
    state.cold.add(instance.id)
    for record in list(state.live.get(instance.id, {}).values()):
        if record.started is not None:
            settle(region, state, record, "interrupted")
    return True
