"""Cloud Assistant: commands, and what a call may name to run them.

Source: manual, chapter 2; API reference, chapter "Cloud Assistant". Their invocation is in `invoking`.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Sequence

from faultzone.api.ecs.assistant import CreateCommand, DeleteCommand, ModifyCommand, RunCommand, is_plain
from faultzone.api.errors import ApiError
from faultzone.model.assistant import parameters
from faultzone.model.assistant.state import AssistantState, Command, Machine, Managed, find_machine
from faultzone.model.core.client_tokens import once
from faultzone.model.core.dispatch import Answer, handles
from faultzone.model.core.filters import read_tags
from faultzone.model.core.resource_groups import kept_group
from faultzone.model.core.state import AccountState, RegionState

# Commands


@handles(CreateCommand)
@once
def create_command(region: RegionState, account: AccountState, request: CreateCommand) -> Answer:
    """CreateCommand (assistant/create-command, assistant/command-token)."""
    check_texts(region, request.name, request.description)
    check_way(region, request.working_dir, request.launcher)
    command = draft(region, request, request.timeout or request.time_out)
    command.group = kept_group(region, account, request.resource_group)
    command.tags = read_tags(region, request.tags, key_length=region.edition.assistant.tag_key_length)
    check_room(region, account)
    return {"CommandId": keep(region, account, command).id}


def check_room(region: RegionState, account: AccountState) -> None:
    """Refuse one command more than there may be (assistant/command-quota)."""
    if len(account.part(AssistantState).commands) >= region.rules.commands_limit():
        raise ApiError("CmdCount.ExceedQuota")


def check_texts(region: RegionState, name: str | None, description: str | None) -> None:
    """Refuse a name or a description of a command that is too long (assistant/name-limits-128)."""
    if name is not None and not region.rules.name_fits(name):
        raise ApiError("CmdName.ExceedLimit")
    if description is not None and not region.rules.command_description_fits(description):
        raise ApiError("CmdDesc.ExceedLimit")


def check_way(region: RegionState, directory: str | None, launcher: str | None) -> None:
    """Refuse a directory or a launcher that is too long (assistant/working-dir-200, assistant/launcher-limit)."""
    if directory and not region.rules.directory_fits(directory):
        raise ApiError.of("InvalidParameter", name="WorkingDir", why="it is too long")
    if launcher and not region.rules.launcher_fits(launcher):
        raise ApiError.of("InvalidParameter", name="Launcher", why="it is too long")


def draft(region: RegionState, request: CreateCommand | RunCommand, timeout: int | None) -> Command:
    """A command that nobody keeps yet (assistant/content-limit, assistant/content-encoding, assistant/encodings)."""
    given, encoding = request.command_content, request.content_encoding
    if is_plain(encoding, type(request).content_encoding):
        given = base64.b64encode(given.encode()).decode()
    script = read_script(region, given)
    command = Command("", request.type, given, script, region.clock.now)
    command.name, command.description, command.directory = request.name, request.description, request.working_dir
    command.launcher = request.launcher
    command.timeout = timeout or region.edition.assistant.timeout
    checked = region.edition.assistant.names_checked
    command.parameters = parameters.names(script, checked=checked) if request.enable_parameter else None
    return command


def read_script(region: RegionState, content: str) -> str:
    """The script that a content in Base64 is; refuse one that is too large, or no Base64 (assistant/content-limit)."""
    if not region.rules.content_fits(content):
        raise ApiError("CmdContent.ExceedLimit")
    try:
        return base64.b64decode(content, validate=True).decode("utf-8", "surrogateescape")
    except (binascii.Error, ValueError):
        raise ApiError("Invalid.CommandContent") from None


def keep(region: RegionState, account: AccountState, command: Command) -> Command:
    """Give a command its id, and keep it until it is deleted (assistant/create-modify-delete-describe)."""
    command.id = region.world.hex_id("c")
    account.part(AssistantState).commands[command.id] = command
    return command


@handles(ModifyCommand)
def modify_command(region: RegionState, account: AccountState, request: ModifyCommand) -> Answer:
    """ModifyCommand: what has begun keeps the content with which it began.

    Clauses: assistant/modify-command, assistant/modify-content, assistant/modify-more, assistant/modify-command-fields.
    """
    command = find_command(account, request.command_id)
    check_texts(region, request.name, request.description)
    check_way(region, request.working_dir, request.launcher)
    if request.type not in (None, command.kind):
        raise ApiError.of("InvalidParameter", name="Type", why=f"the type of a command stays {command.kind}")
    content = request.command_content if region.rules.content_may_change() else None
    script = None if content is None else read_script(region, content)
    if content is not None and script is not None:
        command.content, command.script = content, script
    if request.name is not None:
        _rename(account.part(AssistantState), command, request.name)
    command.description = command.description if request.description is None else request.description
    command.directory = command.directory if request.working_dir is None else request.working_dir
    command.launcher = command.launcher if request.launcher is None else request.launcher
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
    command = find_command(account, request.command_id)
    if not region.rules.command_is_deletable(command.open > 0):
        raise ApiError("InvalidStatus.CmdIdInUse")
    del account.part(AssistantState).commands[command.id]
    return {}


def find_command(account: AccountState, command_id: str) -> Command:
    """The command of this id, as long as it is kept.

    Raises:
        ApiError: `InvalidCmdId.NotFound`.
    """
    command = account.part(AssistantState).commands.get(command_id)
    if command is None:
        raise ApiError("InvalidCmdId.NotFound")
    return command


# Targets


def find_targets(
    region: RegionState, account: AccountState, ids: Sequence[str], most: int | None = None
) -> list[Machine]:
    """The instances and managed instances that a call names, each once, however often it names one
    (assistant/targets-once); `most` of them, or as many as a command takes.

    Raises:
        ApiError: too many are named, or one does not exist (assistant/targets-limit, assistant/invoke-unknown).
    """
    if len(ids) > (region.rules.targets_limit() if most is None else most):
        raise ApiError("InstanceIds.ExceedLimit")
    instances = region.instances
    found = [instances.get(each) or find_machine(region, each) for each in dict.fromkeys(ids)]
    targets = [each for each in found if each is not None and each.account == account.id]
    if len(targets) < len(found):
        raise ApiError("InvalidInstance.NotFound")
    return targets


def find_fit(region: RegionState, account: AccountState, ids: Sequence[str], most: int | None = None) -> list[Machine]:
    """The instances that a call names, each Running, in a VPC and with an agent that serves.

    Raises:
        ApiError: one of them is not fit.
    """
    targets = find_targets(region, account, ids, most)
    for instance in targets:
        if not region.rules.may_run_in(instance.status):
            raise ApiError("InvalidInstanceStatus")
        if not region.rules.may_run_in_network(instance.in_vpc):
            raise ApiError("InvalidInstance.NotVpc")
        if instance.agent is None:
            raise ApiError("InvalidInstance.NoClient")
    return targets


def check_groups(
    region: RegionState, account: AccountState, targets: Iterable[Machine], group: str | None, *, file: bool = False
) -> str:
    """The id under which what a call makes is kept in the resource group that it names, and its targets must be in
    (assistant/target-groups, assistant/file-groups).

    Args:
        targets: of a command, or of a file.
        group: as it was named; None where none was, which any target is in.
        file: whether a file is sent.

    Raises:
        ApiError: `InvalidResourceGroup.NotFound`; or `InvalidParameter`, a target is in another group.
    """
    kept = kept_group(region, account, group)
    for target in targets if group is not None else ():
        of = target.group if isinstance(target, Managed) else target.options.resource_group_id
        if not region.rules.group_takes(kept, of, file):
            why = f"{target.id} is of another resource group"
            raise ApiError.of("InvalidParameter", name="ResourceGroupId", why=why)
    return kept


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
