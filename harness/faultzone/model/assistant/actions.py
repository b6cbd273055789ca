"""Cloud Assistant: commands, their invocation and stop.

Source: manual, chapter 2; API reference, chapter "Cloud Assistant". The runs themselves are in `runs`.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable, Sequence
from typing import Final

from faultzone.api.ecs.assistant import (
    CreateCommand,
    DeleteCommand,
    InvokeCommand,
    ModifyCommand,
    RunCommand,
    StopInvocation,
    is_plain,
)
from faultzone.api.errors import ApiError
from faultzone.model.assistant import parameters
from faultzone.model.assistant.cron import CronError
from faultzone.model.assistant.runs import close, forget_old, settle, start
from faultzone.model.assistant.schedules import Schedule, ZonedCron, read_special, split_zone
from faultzone.model.assistant.state import (
    DELIVERING,
    AssistantState,
    Command,
    Invocation,
    Machine,
    Outside,
    Target,
    find_machine,
    machine_of,
)
from faultzone.model.core.dispatch import Answer, handles
from faultzone.model.core.effects import CancelScript
from faultzone.model.core.filters import has_tags, read_asked_tags, read_tag_list, read_tags
from faultzone.model.core.state import AccountState, RegionState

_USER_LENGTH: Final = 255

# Commands


@handles(CreateCommand)
def create_command(region: RegionState, account: AccountState, request: CreateCommand) -> Answer:
    """CreateCommand (assistant/create-command, assistant/client-token)."""
    asked = ("CreateCommand", request.client_token, request.given)
    if (earlier := account.tokens.replay(*asked)) is not None:
        return earlier
    _check_texts(region, request.name, request.description)
    command = _draft(region, request, request.timeout or request.time_out)
    _check_room(region, account)
    return account.tokens.remember(*asked, {"CommandId": _keep(region, account, command).id})


def _check_room(region: RegionState, account: AccountState) -> None:
    if len(account.part(AssistantState).commands) >= region.rules.commands_limit():
        raise ApiError("CmdCount.ExceedQuota")


def _check_texts(region: RegionState, name: str | None, description: str | None) -> None:
    """Refuse a name or a description of a command that is too long (assistant/name-limits)."""
    if name is not None and not region.rules.name_fits(name):
        raise ApiError("CmdName.ExceedLimit")
    if description is not None and not region.rules.command_description_fits(description):
        raise ApiError("CmdDesc.ExceedLimit")


def _draft(region: RegionState, request: CreateCommand | RunCommand, timeout: int | None) -> Command:
    """A command that nobody keeps yet (assistant/content-limit, assistant/content-encoding, assistant/encodings)."""
    given, encoding = request.command_content, request.content_encoding
    if is_plain(encoding, type(request).content_encoding):
        given = base64.b64encode(given.encode()).decode()
    script = _script(region, given)
    command = Command("", request.type, given, script, region.clock.now)
    command.name, command.description, command.directory = request.name, request.description, request.working_dir
    command.timeout = timeout or region.edition.assistant.timeout
    command.parameters = parameters.names(script) if request.enable_parameter else None
    command.tags = read_tags(region, request.tags)
    return command


def _script(region: RegionState, content: str) -> str:
    """The script that a content in Base64 is; refuse one that is too large, or no Base64 (assistant/content-limit)."""
    if not region.rules.content_fits(content):
        raise ApiError("CmdContent.ExceedLimit")
    try:
        return base64.b64decode(content, validate=True).decode("utf-8", "surrogateescape")
    except (binascii.Error, ValueError):
        raise ApiError("Invalid.CommandContent") from None


def _keep(region: RegionState, account: AccountState, command: Command) -> Command:
    """Give a command its id, and keep it until it is deleted (assistant/create-modify-delete-describe)."""
    command.id = region.world.hex_id("c")
    account.part(AssistantState).commands[command.id] = command
    return command


@handles(ModifyCommand)
def modify_command(region: RegionState, account: AccountState, request: ModifyCommand) -> Answer:
    """ModifyCommand: what has begun keeps the content with which it began.

    Clauses: assistant/modify-command, assistant/modify-content, assistant/modify-more.
    """
    command = _command(region, account, request.command_id)
    _check_texts(region, request.name, request.description)
    if request.type not in (None, command.kind):
        raise ApiError.of("InvalidParameter", name="Type", why=f"the type of a command stays {command.kind}")
    content = request.command_content if region.rules.content_may_change() else None
    script = None if content is None else _script(region, content)
    if content is not None and script is not None:
        command.content, command.script = content, script
    if request.name is not None:
        _rename(account.part(AssistantState), command, request.name)
    command.description = command.description if request.description is None else request.description
    command.directory = command.directory if request.working_dir is None else request.working_dir
    command.timeout = request.timeout or command.timeout
    return {}


def _rename(state: AssistantState, command: Command, name: str) -> None:
    """Name a command anew; its invocations are found by its name."""
    book = state.invocation_book
    invocations = [(each, book.values(each, "command")) for each in book.found(book.rows("command", command.id))]
    command.name = name
    for invocation, before in invocations:
        book.refile(invocation, "command", before)


@handles(DeleteCommand)
def delete_command(region: RegionState, account: AccountState, request: DeleteCommand) -> Answer:
    """DeleteCommand; invocations of it go on (assistant/delete-command)."""
    command = _command(region, account, request.command_id)
    if not region.rules.command_is_deletable(command.open > 0):
        raise ApiError("InvalidStatus.CmdIdInUse")
    del account.part(AssistantState).commands[command.id]
    return {}


def _command(region: RegionState, account: AccountState, command_id: str) -> Command:
    command = account.part(AssistantState).commands.get(command_id)
    if command is None:
        raise ApiError("InvalidCmdId.NotFound")
    return command


# Invocations


@handles(InvokeCommand)
def invoke_command(region: RegionState, account: AccountState, request: InvokeCommand) -> Answer:
    """InvokeCommand: on all targets or none.

    Clauses: assistant/all-or-nothing, assistant/invoke-is-asynchronous, assistant/client-token.
    """
    asked = ("InvokeCommand", request.client_token, request.given)
    if (earlier := account.tokens.replay(*asked)) is not None:
        return earlier
    command = _command(region, account, request.command_id)
    mode, times = _schedule(region, request, request.timeout or command.timeout)
    targets = check_targets(region, account, _named(region, account, request), command.kind)
    _check_values(region, request, command)
    tags = read_tags(region, request.tags)
    _check_quota(region, account)
    invocation = _invoke(region, account, command, request, targets, mode, times)
    invocation.own_timeout, invocation.own_directory, invocation.tags = request.timeout, request.working_dir, tags
    start(region, account.part(AssistantState), invocation)
    return account.tokens.remember(*asked, {"InvokeId": invocation.id})


@handles(RunCommand)
def run_command(region: RegionState, account: AccountState, request: RunCommand) -> Answer:
    """RunCommand: a command that is made and invoked in one call, and not listed unless it is to be kept."""
    asked = ("RunCommand", request.client_token, request.given)
    if (earlier := account.tokens.replay(*asked)) is not None:
        return earlier
    _check_texts(region, request.name, request.description)
    command = _draft(region, request, request.timeout)
    mode, times = _schedule(region, request, command.timeout)
    targets = check_targets(region, account, _named(region, account, request), request.type)
    _check_values(region, request, command)
    if request.keep_command:
        _check_room(region, account)
    _check_quota(region, account)
    _keep(region, account, command)
    if not request.keep_command:
        del account.part(AssistantState).commands[command.id]
    invocation = _invoke(region, account, command, request, targets, mode, times)
    invocation.tags = command.tags
    start(region, account.part(AssistantState), invocation)
    return account.tokens.remember(*asked, {"CommandId": command.id, "InvokeId": invocation.id})


def _named(region: RegionState, account: AccountState, request: InvokeCommand | RunCommand) -> Sequence[str]:
    """The ids of the targets: those that the call names, or of all that have its tags (assistant/targets-by-tag)."""
    asked = read_asked_tags(request.resource_tags)
    if not asked:
        return request.instance_ids
    if request.instance_ids:
        raise ApiError.of("InvalidParameter.Conflict", why="InstanceId and ResourceTag exclude one another")
    found = [each.id for each in account.instances.values() if has_tags(read_tag_list(each.options.tags), asked)]
    found += [id for id, each in (region.kept(Outside) or {}).items() if has_tags(each.tags, asked)]
    if not found:
        raise ApiError("InvalidInstance.NotFound")
    return found


def _schedule(region: RegionState, request: InvokeCommand | RunCommand, timeout: int) -> tuple[str, Schedule | None]:
    """In what mode an invocation runs, and for one at set times these times (assistant/frequency-required)."""
    mode = region.rules.repeat_mode(request.repeat_mode, request.timed, request.frequency)
    if mode != "Period":
        return mode, None
    if not request.frequency:
        raise ApiError("MissingParameter.Frequency")
    try:
        times = _times(region, request.frequency)
        region.rules.check_period(times.minimum_period(), timeout, rate=request.frequency.startswith("rate("))
    except CronError as wrong:
        raise ApiError.of("InvalidParam.Frequency", why=wrong) from None
    if times.next_after(region.clock.now, region.rules.cron_offset()) is None:
        raise ApiError.of("InvalidParam.Frequency", why="all of its times have passed")
    return mode, times


def _times(region: RegionState, frequency: str) -> Schedule:
    """The times that a frequency names (assistant/rate, assistant/at, assistant/cron-zone).

    Raises:
        CronError: it is malformed.
    """
    rules = region.rules
    if not rules.takes_rates():
        return rules.schedule(frequency)
    if (special := read_special(frequency, region.clock.now)) is not None:
        return special
    expression, zone = split_zone(frequency)
    cron = rules.schedule(expression)
    return cron if zone is None else ZonedCron(frequency, cron, zone)


def _check_values(region: RegionState, request: InvokeCommand | RunCommand, command: Command) -> None:
    """Refuse what a later invocation adds to its command (assistant/parameters, assistant/user-name)."""
    parameters.check(command.parameters, request.parameter_values)
    if request.parameter_values:
        given = base64.b64encode(json.dumps(request.parameter_values, ensure_ascii=False).encode()).decode()
        if not region.rules.content_fits(command.content + given):
            raise ApiError("CmdContent.ExceedLimit")
    if len(request.user) > _USER_LENGTH:
        raise ApiError("Username.ExceedLimit")


def find_targets(region: RegionState, account: AccountState, ids: Sequence[str]) -> list[Machine]:
    """The instances and managed instances that a call names, each once, however often it names one
    (assistant/targets-once).

    Raises:
        ApiError: too many are named, or one does not exist (assistant/targets-limit, assistant/invoke-unknown).
    """
    if len(ids) > region.rules.targets_limit():
        raise ApiError("InstanceIds.ExceedLimit")
    found = [find_machine(region, each) for each in dict.fromkeys(ids)]
    targets = [each for each in found if each is not None and each.account == account.id]
    if len(targets) < len(found):
        raise ApiError("InvalidInstance.NotFound")
    return targets


def find_fit(region: RegionState, account: AccountState, ids: Sequence[str]) -> list[Machine]:
    """The instances that a call names, each Running, in a VPC and with an agent that serves.

    Raises:
        ApiError: one of them is not fit.
    """
    targets = find_targets(region, account, ids)
    for instance in targets:
        if not region.rules.may_run_in(instance.status):
            raise ApiError("InvalidInstanceStatus")
        if not region.rules.may_run_in_network(instance.in_vpc):
            raise ApiError("InvalidInstance.NotVpc")
        if instance.agent is None:
            raise ApiError("InvalidInstance.NoClient")
    return targets


def check_targets(region: RegionState, account: AccountState, ids: Sequence[str], kind: str) -> list[Machine]:
    """The targets of an invocation, each fit for it (assistant/all-or-nothing).

    Raises:
        ApiError: one of them is not; nothing runs anywhere.
    """
    rules = region.rules
    targets = find_fit(region, account, ids)
    if rules.refuses_mismatch() and not all(rules.type_fits(kind, each.image.system) for each in targets):
        raise ApiError("InvalidInstance.NotMatch")
    return targets


def _check_quota(region: RegionState, account: AccountState) -> None:
    """Refuse what is too much for this day (assistant/invocation-quota)."""
    state = account.part(AssistantState)
    today = region.rules.quota_day(region.clock.now)
    if state.day == today and state.invoked_today >= region.rules.invocations_limit():
        raise ApiError("Invocation.ExceedQuota")


def _invoke(
    region: RegionState,
    account: AccountState,
    command: Command,
    request: InvokeCommand | RunCommand,
    targets: Iterable[Machine],
    mode: str,
    times: Schedule | None,
) -> Invocation:
    """An invocation that is listed, and has not begun."""
    state, now = account.part(AssistantState), region.clock.now
    today = region.rules.quota_day(now)
    state.invoked_today = state.invoked_today + 1 if state.day == today else 1
    state.day = today
    invocation = Invocation(region.world.hex_id("t"), command, map(Target, targets), now, mode)
    invocation.parameters, invocation.user = request.parameter_values, request.user
    state.invocations[invocation.id] = invocation
    state.invocation_book.enter((invocation,))
    command.invoked += 1
    command.open += 1
    if times is not None:
        invocation.times, invocation.frequency = times, times.text
    return invocation


@handles(StopInvocation)
def stop_invocation(region: RegionState, account: AccountState, request: StopInvocation) -> Answer:
    """StopInvocation: what has not begun never does, what has begun runs on, and both read Stopped (assistant/stop)."""
    state = account.part(AssistantState)
    forget_old(region, state)
    invocation = state.invocations.get(request.invoke_id)
    if invocation is None:
        raise ApiError("InvalidInvokeId.NotFound")
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
    """Stop one target: the process that is under way goes on, and nothing is heard of it any more. A record that has
    settled stays as it is (assistant/stop-settled)."""
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
    settle(region, state, record, region.rules.stopped_cause(begun))
