"""Changes of what repeats or waits for a start: its script, its parameters, its times, and more targets.

Source: API reference of October 2026, ModifyInvocationAttribute.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from faultzone.api.ecs.assistant import ModifyInvocationAttribute, is_plain
from faultzone.api.errors import ApiError
from faultzone.model.assistant import parameters
from faultzone.model.assistant.actions import check_room, check_targets, keep, read_script
from faultzone.model.assistant.invoking import check_parameters, find_invocation, read_times
from faultzone.model.assistant.runs import await_start, schedule
from faultzone.model.assistant.state import (
    SCHEDULED,
    WAITING,
    AssistantState,
    Command,
    Invocation,
    Machine,
    Target,
    find_machine,
)
from faultzone.model.assistant.states import detailed_total
from faultzone.model.core.client_tokens import once
from faultzone.model.core.dispatch import Answer, handles
from faultzone.model.core.state import AccountState, RegionState

if TYPE_CHECKING:
    from faultzone.model.assistant.schedules import Schedule

#: The states in which an invocation may still be changed (assistant/modify-invocation-states).
_OPEN: Final = frozenset({"Pending", "Running", "Scheduled", "Stopping"})


@handles(ModifyInvocationAttribute)
@once
def modify_invocation(region: RegionState, account: AccountState, request: ModifyInvocationAttribute) -> Answer:
    """ModifyInvocationAttribute: what has begun goes on as it began, later runs are as changed.

    Clauses: assistant/modify-invocation, assistant/modify-invocation-parameters, assistant/modify-invocation-times,
    assistant/modify-invocation-targets.
    """
    state = account.part(AssistantState)
    invocation = find_invocation(region, state, request.invoke_id)
    _check_open(region, invocation)
    added = _added(region, account, invocation, request.instance_ids)
    _check_agents(region, invocation, added)
    command = _command(region, invocation, request)
    values = _values(region, command, invocation, request)
    times = _times(region, invocation, request)
    if command is not invocation.command:
        if invocation.kept:
            check_room(region, account)
        keep(region, account, command)
        if not invocation.kept:
            del state.commands[command.id]
        _exchange(state, invocation, command)
    invocation.parameters = values
    if times is not None:
        invocation.schedule, invocation.frequency = times, times.text
    _join(region, state, invocation, added)
    return {"CommandId": invocation.command.id}


# Checks


def _check_open(region: RegionState, invocation: Invocation) -> None:
    """Refuse what runs once, and what runs no more (assistant/modify-invocation-states)."""
    if invocation.mode not in SCHEDULED:
        why = "it neither repeats nor waits for a start"
        raise ApiError.of("InvalidParameter", name="InvokeId", why=why)
    if (status := detailed_total(region, invocation)) not in _OPEN:
        raise ApiError.of("InvalidParameter", name="InvokeId", why=f"it is {status}")


def _added(region: RegionState, account: AccountState, invocation: Invocation, ids: Sequence[str]) -> list[Machine]:
    """The targets that are to be added, each fit; those that it has already are left as they are.

    Raises:
        ApiError: one is not fit, or there would be too many.
    """
    targets = check_targets(region, account, ids, invocation.command.kind) if ids else []
    added = [each for each in targets if each.id not in invocation.targets]
    if len(invocation.targets) + len(added) > region.rules.targets_limit():
        raise ApiError("InstanceIds.ExceedLimit")
    return added


def _check_agents(region: RegionState, invocation: Invocation, added: Iterable[Machine]) -> None:
    """Refuse it where the agent of a target would not take the change (assistant/modify-invocation-agents)."""
    known = [find_machine(region, each) for each in invocation.targets]
    for machine in (*known, *added):
        if machine is None or machine.agent is None:
            continue
        if not region.rules.agent_takes_changes(machine.image.system, machine.agent):
            raise ApiError("InvalidOperation.CloudAssistantVersionUnsupported")


def _command(region: RegionState, invocation: Invocation, request: ModifyInvocationAttribute) -> Command:
    """The command that is to run: a new one only where the content changes."""
    now, content = invocation.command, request.command_content
    if content is None:
        return now
    if not now.may_change:
        raise ApiError.of("InvalidParameter", name="CommandContent", why="that of a public command stays")
    if is_plain(request.content_encoding, "PlainText"):
        content = base64.b64encode(content.encode("utf-8", "surrogateescape")).decode()
    script = read_script(region, content)
    checked = region.edition.assistant.names_checked
    names = parameters.names(script, checked=checked) if request.enable_parameter else None
    if (content, names) == (now.content, now.parameters):
        return now
    made = Command("", now.kind, content, script, region.clock.now)
    made.parameters, made.timeout, made.launcher = names, now.timeout, now.launcher
    made.name, made.description, made.directory = now.name, now.description, now.directory
    made.group, made.tags = now.group, now.tags
    return made


def _values(
    region: RegionState, command: Command, invocation: Invocation, request: ModifyInvocationAttribute
) -> Mapping[str, str]:
    """What the placeholders stand for from now on; those of a script that has gone are dropped with it.

    Raises:
        ApiError: there are values, and no EnableParameter; or the command cannot take them.
    """
    if "parameter_values" not in request.given:
        if command is invocation.command:
            return invocation.parameters
        names = {name.lower() for name in command.parameters or ()}
        return {name: value for name, value in invocation.parameters.items() if name.lower() in names}
    if not request.enable_parameter:
        raise ApiError("Parameter.Disabled")
    values: Mapping[str, str] = request.given["parameter_values"]
    check_parameters(region, command.parameters, command.content, values)
    return values


def _times(region: RegionState, invocation: Invocation, request: ModifyInvocationAttribute) -> Schedule | None:
    """The new times; None where they stay.

    Raises:
        ApiError: it has none that can change, or they cannot come true.
    """
    if request.frequency is None:
        return None
    if invocation.mode != "Period":
        raise ApiError.of("InvalidParameter", name="Frequency", why="only what has RepeatMode Period has times")
    return read_times(region, request.frequency, invocation.seconds, invocation.created)


# Changing


def _exchange(state: AssistantState, invocation: Invocation, command: Command) -> None:
    """Let another command take the place of one; runs that have begun stay of the old one, those that wait do not."""
    old = invocation.command
    old.open -= 1
    command.open += 1
    command.invoked += 1
    state.invocation_book.change(invocation, "command", command)
    for target in invocation.targets.values():
        record = target.live
        if record is not None and record.cause == WAITING:
            before = state.record_book.values(record, "batch")
            record.batch.command = command
            state.record_book.refile(record, "batch", before)


def _join(region: RegionState, state: AssistantState, invocation: Invocation, added: Iterable[Machine]) -> None:
    """Take more targets in, and wait for what comes next on all of them."""
    joining = {each.id: Target(each) for each in added}
    if joining:
        state.invocation_book.change(invocation, "targets", {**invocation.targets, **joining})
        state.invocation_book.change(invocation, "outcome", invocation.join(len(joining)))
    if invocation.mode == "Period":
        schedule(region, state, invocation)
    elif joining:
        await_start(region, state, invocation, joining.values())
