"""The states of invocations and of their targets: the older ones and the later InvocationStatus, from what is kept."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from faultzone.model.assistant.invocation_status import OUTCOMES, Outcome
from faultzone.model.assistant.state import STOPPING, UNDER_WAY, WAITING, find_machine

if TYPE_CHECKING:
    from faultzone.model.assistant.state import Invocation, Target
    from faultzone.model.core.state import RegionState

#: The words of InvokeStatus and InvokeRecordStatus that are of the later InvocationStatus alone.
LATER_WORDS: Final = frozenset({"Success", "Pending", "Scheduled"})


def instance_state(region: RegionState, invocation: Invocation, target: Target) -> str:
    """The state of a target: that of its one record, or for a timed invocation whether the user has stopped it.

    Clauses: invocation-status/instance-equals-record, invocation-status/timed-instance.
    """
    if invocation.timed:
        return region.rules.timed_instance_state(target.stopped is not None)
    return region.rules.record_state(target.cause)


def total(region: RegionState, invocation: Invocation) -> str:
    """The total of an invocation (invocation-status/one-time, invocation-status/timed-total)."""
    return total_of(region, invocation.timed, invocation.outcome)


def total_of(region: RegionState, timed: bool, outcome: Iterable[str | bool]) -> str:
    """The total that follows from an outcome; see `Invocation.outcome`."""
    rules = region.rules
    if timed:
        return rules.timed_total({rules.timed_instance_state(bool(stopped)) for stopped in outcome}).state
    return rules.one_time_total({rules.record_state(str(cause)) for cause in outcome}).state


def detailed_total(region: RegionState, invocation: Invocation) -> str:
    """The later InvocationStatus of an invocation (invocation-status/detailed-status)."""
    states = {target_outcome(region, invocation, each).invocation_status for each in invocation.targets.values()}
    return region.rules.detailed_total(states).state


def target_outcome(region: RegionState, invocation: Invocation, target: Target) -> Outcome:
    """What has become of a target in the later words (invocation-status/detailed-status).

    Of what repeats, edition 2020-12 tells no more than whether a run is under way; from 2026-10 on also that it has not
    begun, and once there is no further run, how the last one ended (invocation-status/scheduled-target,
    invocation-status/schedule-over).
    """
    return OUTCOMES[_cause(region, invocation, target)]


def _cause(region: RegionState, invocation: Invocation, target: Target) -> str:
    if not invocation.timed:
        return target.cause
    if target.stopped is not None:
        if target.live is not None and target.live.cause == STOPPING:
            return STOPPING
        return "stopped-while-running" if target.runs else "stopped-before-start"
    if not region.edition.assistant.detailed_schedules:
        return WAITING if target.live is None else UNDER_WAY
    if target.live is not None:
        return target.live.cause
    if not is_over(region, invocation, target):
        return WAITING
    gone = "instance-missing" if find_machine(region, target.instance) is None else "instance-not-running"
    return target.cause or gone


def is_over(region: RegionState, invocation: Invocation, target: Target) -> bool:
    """Whether a target gets no further run, and none is under way."""
    if target.live is not None:
        return False
    ends = invocation.exhausted or find_machine(region, target.instance) is None
    return not invocation.timed or target.stopped is not None or ends


def goes_on(region: RegionState, invocation: Invocation) -> bool:
    """Whether an invocation may still run, or does (assistant/timed-filter)."""
    return not all(is_over(region, invocation, target) for target in invocation.targets.values())
