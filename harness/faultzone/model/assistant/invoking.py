"""Cloud Assistant: the invocation of commands, and its stop.

Source: manual, chapter 2; API reference, chapter "Cloud Assistant". The runs themselves are in `runs`.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from faultzone.api.answer import CURRENT
from faultzone.api.ecs.assistant import InvokeCommand, RunCommand, StopInvocation
from faultzone.api.errors import ApiError
from faultzone.model.assistant import parameters
from faultzone.model.assistant.actions import (
    check_groups,
    check_room,
    check_targets,
    check_texts,
    check_way,
    draft,
    find_command,
    keep,
)
from faultzone.model.assistant.runs import await_start, begin, close, end, forget_old, schedule, settle
from faultzone.model.assistant.state import (
    DELIVERING,
    DRY_RUN,
    UNDER_WAY,
    AssistantState,
    Command,
    Invocation,
    Machine,
    Target,
    machine_of,
)
from faultzone.model.core.client_tokens import once
from faultzone.model.core.dispatch import Answer, handles
from faultzone.model.core.effects import CancelScript
from faultzone.model.core.excluded import check_excluded
from faultzone.model.core.fields import tagged
from faultzone.model.core.filters import read_asked_tags, read_tags
from faultzone.model.core.resource_groups import kept_group
from faultzone.model.core.state import AccountState, RegionState

if TYPE_CHECKING:
    from faultzone.model.assistant.schedules import Schedule

_USER_LENGTH: Final = 255


@handles(InvokeCommand)
@once
def invoke_command(region: RegionState, account: AccountState, request: InvokeCommand) -> Answer:
    """InvokeCommand: on all targets or none (assistant/all-or-nothing, assistant/invoke-is-asynchronous)."""
    mode = _mode(region, request)
    command = _command(region, account, request.command_id)
    times = read_times(region, request.frequency, request.timeout or command.timeout) if mode == "Period" else None
    targets = _targets(region, account, request, command.kind)
    tags = _check_values(region, request, command, targets)
    _check_quota(region, account)
    invocation = _invoke(region, account, command, request, tags, targets, mode, times)
    return {"InvokeId": invocation.id}


@handles(RunCommand)
@once
def run_command(region: RegionState, account: AccountState, request: RunCommand) -> Answer:
    """RunCommand: a command that is made and invoked in one call, and not listed unless it is to be kept
    (assistant/keep-command)."""
    check_texts(region, request.name, request.description)
    command = draft(region, request, request.timeout)
    mode = _mode(region, request)
    times = read_times(region, request.frequency, command.timeout) if mode == "Period" else None
    targets = _targets(region, account, request, request.type)
    tags = _check_values(region, request, command, targets)
    kept = request.keep_command and mode != DRY_RUN
    if kept:
        check_room(region, account)
    _check_quota(region, account)
    keep(region, account, command)
    if not kept:
        del account.part(AssistantState).commands[command.id]
    invocation = _invoke(region, account, command, request, tags, targets, mode, times)
    invocation.kept = kept
    return {"CommandId": command.id, "InvokeId": invocation.id}


# Checks


def _command(region: RegionState, account: AccountState, named: str) -> Command:
    """The command that a call names by its id; a public one by its name too (assistant/public-command-runs).

    Raises:
        ApiError: `InvalidCmdId.NotFound`.
    """
    if named not in account.part(AssistantState).commands and region.edition.has(CURRENT):
        from faultzone.model.assistant.public import find_public  # Few regions have them.

        if (found := find_public(region, named)) is not None:
            return found
    return find_command(account, named)


def _mode(region: RegionState, request: InvokeCommand | RunCommand) -> str:
    """In what mode an invocation runs (assistant/frequency-required, assistant/frequency-for-period)."""
    mode = region.rules.repeat_mode(request.repeat_mode, request.timed, request.frequency)
    if mode == "Period" and not request.frequency:
        raise ApiError("MissingParameter.Frequency")
    return mode


def read_times(
    region: RegionState, frequency: str, timeout: int, created: int | None = None, zone: str | None = None
) -> Schedule:
    """The times of an invocation.

    Args:
        region: where it runs.
        frequency: as it was given.
        timeout: how long a run may take, in seconds.
        created: when it was made, now if that is left out.
        zone: the time zone of the system of a target; None for that of images.

    Raises:
        ApiError: `InvalidParam.Frequency`: it is malformed, too fast, or of the past.
    """
    from faultzone.model.assistant.cron import CronError  # Few regions have timed invocations.
    from faultzone.model.assistant.schedules import next_run

    rules, now = region.rules, region.clock.now
    try:
        times = rules.schedule(frequency)
    except CronError as wrong:
        raise ApiError.of("InvalidParam.Frequency", why=wrong) from None
    if not rules.period_fits(times, timeout):
        raise ApiError.of("InvalidParam.Frequency", why=f"a run may take {timeout} s, which is longer")
    if next_run(times, now, rules.cron_zone(zone), now if created is None else created) is None:
        raise ApiError.of("InvalidParam.Frequency", why="all of its times have passed")
    return times


def _targets(
    region: RegionState, account: AccountState, request: InvokeCommand | RunCommand, kind: str
) -> list[Machine]:
    """The targets that a call names or chooses by their tags, each fit (assistant/resource-tag,
    assistant/resource-tag-excludes-ids, assistant/target-groups).

    Raises:
        ApiError: one is not, there is none, or both ways are used.
    """
    check_excluded(region, request)
    ids: Sequence[str] = request.instance_ids
    if request.resource_tags:
        asked = read_asked_tags(request.resource_tags)
        ids = [each.id for each in account.book.found(*tagged(account.book, "tag", asked))]
        if not ids:
            raise ApiError("InvalidInstance.NotFound")
    targets = check_targets(region, account, ids, kind)
    check_groups(region, account, targets, request.resource_group)
    return targets


def _check_values(
    region: RegionState, request: InvokeCommand | RunCommand, command: Command, targets: Iterable[Machine]
) -> Mapping[str, str]:
    """Refuse what an invocation adds to its command, and return its tags.

    Clauses: assistant/parameters, assistant/user-name-limit.
    """
    check_parameters(region, command.parameters, command.content, request.parameter_values)
    if len(request.user) > _USER_LENGTH:
        raise ApiError("Username.ExceedLimit")
    if len(request.password_name) > _USER_LENGTH:
        why = f"at most {_USER_LENGTH} characters are accepted"
        raise ApiError.of("InvalidParameter", name="WindowsPasswordName", why=why)
    if not region.rules.password_suffices(request.user, request.password_name) and any(
        each.image.system == "windows" for each in targets
    ):
        why = "on Windows, a Username other than System and it go together"
        raise ApiError.of("InvalidParameter", name="WindowsPasswordName", why=why)
    check_way(region, request.working_dir, request.launcher)
    return read_tags(region, request.tags, key_length=region.edition.assistant.tag_key_length)


def check_parameters(
    region: RegionState, defined: tuple[str, ...] | None, content: str, given: Mapping[str, str]
) -> None:
    """Refuse values of placeholders that a command cannot take, or that make it too long (assistant/parameters)."""
    parameters.check(defined, given)
    if given:
        encoded = base64.b64encode(json.dumps(given, ensure_ascii=False).encode()).decode()
        if not region.rules.content_fits(content + encoded):
            raise ApiError("CmdContent.ExceedLimit")


def _check_quota(region: RegionState, account: AccountState) -> None:
    """Refuse what is too much for this day (assistant/invocation-quota)."""
    state = account.part(AssistantState)
    today = region.rules.quota_day(region.clock.now)
    if state.day == today and state.invoked_today >= region.rules.invocations_limit():
        raise ApiError("Invocation.ExceedQuota")


# Running


def _invoke(
    region: RegionState,
    account: AccountState,
    command: Command,
    request: InvokeCommand | RunCommand,
    tags: Mapping[str, str],
    targets: Iterable[Machine],
    mode: str,
    times: Schedule | None,
) -> Invocation:
    values = command.complete(request.parameter_values)
    state, now = account.part(AssistantState), region.clock.now
    invocation = Invocation(region.world.hex_id("t"), command, map(Target, targets), now, mode)
    invocation.parameters, invocation.user = values, request.user
    invocation.launcher, invocation.termination = request.launcher, request.termination_mode
    invocation.group, invocation.tags = kept_group(region, account, request.resource_group), tags
    if isinstance(request, InvokeCommand):
        invocation.timeout, invocation.directory = request.timeout, request.working_dir
    else:
        invocation.fresh = True
    state.invocations[invocation.id] = invocation
    state.invocation_book.enter((invocation,))
    command.open += 1
    if mode != DRY_RUN:
        today = region.rules.quota_day(now)
        state.invoked_today = state.invoked_today + 1 if state.day == today else 1
        state.day = today
        command.invoked += 1
    if times is not None:
        invocation.schedule, invocation.frequency = times, times.text
        schedule(region, state, invocation)
    elif mode in ("Once", DRY_RUN):
        begin(region, state, invocation, invocation.targets.values())
    else:
        await_start(region, state, invocation, invocation.targets.values())
    return invocation


def find_invocation(region: RegionState, state: AssistantState, invoke_id: str) -> Invocation:
    """The invocation of this id, as long as it is kept.

    Raises:
        ApiError: `InvalidInvokeId.NotFound` (assistant/stop-unknown).
    """
    forget_old(region, state)
    invocation = state.invocations.get(invoke_id)
    if invocation is None:
        raise ApiError("InvalidInvokeId.NotFound")
    return invocation


@handles(StopInvocation)
def stop_invocation(region: RegionState, account: AccountState, request: StopInvocation) -> Answer:
    """StopInvocation: what has not begun never does, what has begun runs on, and both read Stopped (assistant/stop)."""
    state = account.part(AssistantState)
    invocation = find_invocation(region, state, request.invoke_id)
    if unknown := set(request.instance_ids) - invocation.targets.keys():
        raise ApiError.of("InvalidParameter", name="InstanceId", why=f"{min(unknown)} is no target of the invocation")
    was_open = invocation.open
    for target in invocation.targets.values():
        if region.rules.stops(request.instance_ids, target.instance):
            _stop(region, state, invocation, target)
    repeats = invocation.timed and not invocation.exhausted
    if repeats and was_open and all(target.stopped is not None for target in invocation.targets.values()):
        close(state, invocation)
    return {}


def _stop(region: RegionState, state: AssistantState, invocation: Invocation, target: Target) -> None:
    """Stop one target: the process that is under way goes on, unless it was said what a stop ends, and nothing is heard
    of it any more. A record that has settled stays as it is (assistant/stop-settled, assistant/termination-mode)."""
    now, record = region.clock.now, target.live
    if target.stopped is None and (invocation.timed or record is not None):
        state.stop(invocation, target, now)
    if record is None:
        return
    record.stopped = now
    begun = record.started is not None
    if record.cause == DELIVERING:
        instance = machine_of(region, target.instance)
        region.emit(CancelScript(instance.id, instance.epoch, record.run))
    elif record.cause == UNDER_WAY and invocation.termination:
        end(region, state, record)
        return
    settle(region, state, record, region.rules.stopped_cause(begun))
