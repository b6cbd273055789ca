"""What is shown of commands, invocations and records: the Describe actions of Cloud Assistant."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from faultzone.api.answer import CURRENT
from faultzone.api.ecs.assistant import DescribeCommands, PagedRequest, is_plain
from faultzone.api.ecs.invocations import ERROR_INFO, DescribeInvocationResults, DescribeInvocations
from faultzone.api.errors import ApiError
from faultzone.clock import stamp, utc
from faultzone.model.assistant.invocation_status import OUTCOMES
from faultzone.model.assistant.runs import forget_old
from faultzone.model.assistant.state import SCHEDULED, AssistantState, Command, Invocation, Record, Target
from faultzone.model.assistant.states import (
    LATER_WORDS,
    detailed_total,
    goes_on,
    instance_state,
    target_outcome,
    total,
    total_of,
)
from faultzone.model.core.dispatch import Answer, handles
from faultzone.model.core.fields import tagged
from faultzone.model.core.filters import has_tags, read_asked_tags, tag_list
from faultzone.model.core.index import without
from faultzone.model.core.listing import Listed, Token, listing, plain_token
from faultzone.model.core.state import AccountState, RegionState


def token_of(request: PagedRequest, limit: int) -> Token | None:
    """What asks for a page by token; None for a page by number (assistant/token-paging).

    Raises:
        ApiError: `InvalidParam.PageSize`: a page would have more than the limit.
    """
    if request.page_size > limit:
        raise ApiError("InvalidParam.PageSize")
    return plain_token(request)


@handles(DescribeCommands)
def describe_commands(region: RegionState, account: AccountState, request: DescribeCommands) -> Answer:
    """DescribeCommands, latest first: those of the account, or with a provider public ones.

    Clauses: assistant/describe-commands, assistant/command-labels, assistant/public-commands.
    """
    plain, edition = is_plain(request.content_encoding, "Base64"), region.edition.assistant
    if request.provider is not None:
        from faultzone.model.assistant import public  # Few ask for them.

        everything = public.published(region)
        newest = public.latest(everything)
        found = [each for each in (newest if request.latest else everything) if each.is_of(request.provider)]
        about = {each.id: public.shown(each, is_latest=each in newest) for each in found}
        commands: Listed[Command] = found
    else:
        about, commands = {}, account.part(AssistantState).commands.values()
    asked = read_asked_tags(request.tags)
    return listing(
        "Commands",
        "Command",
        commands,
        request,
        lambda each: {**_command(region, each, plain), **about.get(each.id, {})},
        where=[lambda command: has_tags(command.tags, asked), *_texts(region, request)],
        having=(
            (request.command_id, lambda command: command.id),
            (request.type, lambda command: command.kind),
            (request.resource_group, lambda command: command.group),
        ),
        latest_first=True,
        token=token_of(request, edition.page_size_commands),
    )


def _texts(region: RegionState, request: DescribeCommands) -> Iterator[Callable[[Command], bool]]:
    """The conditions on names and descriptions; of public commands any part will do."""
    matches, (name, description) = region.rules.command_matches, (request.name, request.description)
    if request.provider is not None:
        name, description = (each and f"*{each.strip('*')}*" for each in (name, description))
    if name is not None:
        yield lambda command: matches(command.name, name)
    if description is not None:
        yield lambda command: matches(command.description, description)


def _labels(group: str, tags: Mapping[str, str]) -> dict[str, Any]:
    """What something was given to be found by (assistant/command-labels)."""
    return {"ResourceGroupId": group, "Tags": {"Tag": tag_list(tags)}}


def _command(region: RegionState, command: Command, plain: bool) -> dict[str, Any]:
    names, edition = list(command.parameters or ()), region.edition
    placeholders = {"EnableParameter": command.parameters is not None, "ParameterNames": {"ParameterName": names}}
    of_today = {"Launcher": command.launcher, **_labels(command.group, command.tags)}
    return {
        "CommandId": command.id,
        "Name": command.name,
        "Type": command.kind,
        "Description": command.description,
        "CommandContent": command.script if plain else command.content,
        "WorkingDir": command.directory,
        "Timeout": command.timeout,
        "InvokeTimes": command.invoked,
        "CreationTime": stamp(command.created),
        **(placeholders if edition.assistant.detailed else {}),
        **(of_today if edition.has(CURRENT) else {}),
    }


# Invocations


@handles(DescribeInvocations)
def describe_invocations(region: RegionState, account: AccountState, request: DescribeInvocations) -> Answer:
    """DescribeInvocations, latest first.

    Clauses: assistant/describe-invocations, invocation-status/filter-by-total, assistant/filters-beside-instance,
    assistant/include-output, assistant/invocation-shows.
    """
    if request.include_output and request.invoke_id is None and request.instance_id is None:
        raise ApiError.of("InvalidParameter", name="IncludeOutput", why="it goes with InvokeId or InstanceId alone")
    state = account.part(AssistantState)
    forget_old(region, state)
    if request.instance_id is not None and region.edition.assistant.instance_prevails:
        partly = request.invoke_status == "PartialFailed"
        status = None if partly else request.invoke_status
        request = request.replace(command_name=None, repeat_mode=None, invoke_status=status)
    found: Listed[Invocation] = state.invocation_book.found(*_conditions(region, state, request))
    if request.invoke_id is not None:
        named = state.invocations.get(request.invoke_id)
        found = () if named is None or named not in found else (named,)
    return listing(
        "Invocations",
        "Invocation",
        found,
        request,
        lambda each: _invocation(region, request, each),
        where=_looks(region, request),
        latest_first=True,
        token=token_of(request, region.edition.assistant.page_size_invocations),
    )


def _conditions(
    region: RegionState, state: AssistantState, request: DescribeInvocations
) -> Iterator[Mapping[int, int]]:
    """The invocations that meet each condition of the request but the id, by their rows."""
    r, book = request, state.invocation_book
    if r.command_id is not None:
        yield book.rows("command", r.command_id)
    if r.command_name is not None:
        yield book.rows("command name", r.command_name)
    for kind in (r.command_type, r.type):
        if kind is not None:
            yield book.rows("type", kind)
    if r.repeat_mode is not None:
        yield book.rows("mode", r.repeat_mode)
    if r.timed is not None and (r.timed or not region.edition.assistant.timed_while_open):
        yield book.rows("repeats", r.timed)
    if r.instance_id is not None:
        yield book.rows("instance", r.instance_id)
    if r.resource_group is not None:
        yield book.rows("group", r.resource_group)
    yield from tagged(book, "tag", read_asked_tags(r.tags))
    if r.invoke_status is not None and r.invoke_status not in LATER_WORDS:
        yield book.rows_where("outcome", lambda outcome: total_of(region, *outcome) == r.invoke_status)


def _looks(region: RegionState, request: DescribeInvocations) -> Iterator[Callable[[Invocation], bool]]:
    """Conditions that time alone may end, or that are of the later words: no index has them."""
    if request.timed is False and region.edition.assistant.timed_while_open:
        yield lambda each: each.mode not in SCHEDULED or not goes_on(region, each)
    if request.invoke_status in LATER_WORDS:
        yield lambda each: detailed_total(region, each) == request.invoke_status


def _invocation(region: RegionState, request: DescribeInvocations, invocation: Invocation) -> dict[str, Any]:
    command = invocation.command
    detailed = region.edition.assistant.detailed
    items = []
    for target in invocation.targets.values():
        item = {"InstanceId": target.instance, "InstanceInvokeStatus": instance_state(region, invocation, target)}
        items.append({**item, **_details(region, request, invocation, target)} if detailed else item)
    shown = {
        "InvokeId": invocation.id,
        "CommandId": command.id,
        "CommandName": command.name,
        "CommandType": command.kind,
        "Timed": invocation.mode in SCHEDULED,
        "Frequency": invocation.frequency,
        "InvokeStatus": total(region, invocation),
        "InvokeInstances": {"InvokeInstance": items},
    }
    if detailed:
        shown["InvocationStatus"] = detailed_total(region, invocation)
        shown |= {
            "CreationTime": stamp(invocation.created),
            "RepeatMode": invocation.mode,
            "Parameters": json.dumps(invocation.parameters, ensure_ascii=False),
            "Username": invocation.user,
            "CommandContent": command.script if is_plain(request.content_encoding, "Base64") else command.content,
            "WorkingDir": invocation.place,
            "Timeout": invocation.seconds,
        }
    if region.edition.has(CURRENT):
        shown |= {"CommandDescription": command.description, **_manner(invocation)}
        for item, target in zip(items, invocation.targets.values(), strict=True):
            item["UpdateTime"] = stamp(last_change(invocation, target))
    return shown


def _manner(invocation: Invocation) -> dict[str, Any]:
    """How a run is to be done, and what it was given to be found by.

    Clauses: assistant/launcher, assistant/termination-mode, assistant/invocation-labels.
    """
    return {
        "Launcher": invocation.starter,
        "TerminationMode": invocation.termination,
        "Tags": {"Tag": tag_list(invocation.tags)},
    }


def last_change(invocation: Invocation, target: Target) -> int:
    """When something last happened to a target: it was named, its run began, ended or was stopped."""
    record = target.records[-1] if target.records else None
    of_run = (None,) if record is None else (record.started, record.finished, record.stopped)
    return max(each or 0 for each in (invocation.created, target.stopped, *of_run))


def _details(
    region: RegionState, request: DescribeInvocations, invocation: Invocation, target: Target
) -> dict[str, Any]:
    """What edition 2020-12 shows beside the state of an instance (assistant/run-times, assistant/repeats)."""
    record = target.records[-1] if target.records else None
    outcome = target_outcome(region, invocation, target)
    shown: dict[str, Any] = {
        "InvocationStatus": outcome.invocation_status,
        "Timed": invocation.mode in SCHEDULED,
        "Repeats": target.runs,
        "CreationTime": stamp(invocation.created),
        "StopTime": _stamp(target.stopped),
    }
    if record is not None:
        shown |= {"FinishTime": _stamp(record.finished), **_record_details(record)}
        if request.include_output:
            shown["Output"] = record.output if is_plain(request.content_encoding, "Base64") else encoded(record.output)
    elif outcome.error_code:
        shown |= {"ErrorCode": outcome.error_code, "ErrorInfo": ERROR_INFO[outcome.error_code]}
    return shown


# Records


@handles(DescribeInvocationResults)
def describe_results(region: RegionState, account: AccountState, request: DescribeInvocationResults) -> Answer:
    """DescribeInvocationResults: every record that is kept, the latest run first (assistant/describe-results)."""
    state = account.part(AssistantState)
    forget_old(region, state)
    book, conditions, once = state.record_book, [], False
    if request.invoke_id is not None:
        invocation = state.invocations.get(request.invoke_id)
        once = invocation is not None and not invocation.timed
        conditions.append(book.rows("invocation", request.invoke_id))
    if request.include_history and (request.invoke_id is None or once):
        raise ApiError.of("InvalidParameter", name="IncludeHistory", why="it goes with the InvokeId of what repeats")
    named = (("instance", request.instance_id), ("command", request.command_id), ("group", request.resource_group))
    conditions += [book.rows(field, asked) for field, asked in named if asked is not None]
    conditions += tagged(book, "tag", read_asked_tags(request.tags))
    if (status := request.invoke_record_status) is not None:
        later = status in LATER_WORDS
        conditions.append(book.rows_where("cause", lambda cause: _reads(region, cause, later=later) == status))
    if region.edition.assistant.detailed and not request.include_history:
        # Of what repeats, the last run of each target (assistant/include-history).
        conditions.append(without(book.all, book.rows("superseded", True)))
    plain = is_plain(request.content_encoding, "Base64")
    listed = listing(
        "InvocationResults",
        "InvocationResult",
        book.found(*conditions),
        request,
        lambda each: _record(region, each, plain),
        # The targets of one run come in the order in which the call named them, runs and invocations the latest first.
        latest_first=not once,
        token=token_of(request, region.edition.assistant.page_size_results),
    )
    return {"Invocation": listed}


def _reads(region: RegionState, cause: str, *, later: bool) -> str:
    """What a record with this cause reads, in the older or the later words."""
    return OUTCOMES[cause].invocation_status if later else region.rules.record_state(cause)


def _record(region: RegionState, record: Record, plain: bool) -> dict[str, Any]:
    edition = region.edition.assistant
    finished = "" if record.finished is None else utc(record.finished).strftime(edition.finished_format)
    shown: dict[str, Any] = {
        "InvokeId": record.invocation.id,
        "CommandId": record.batch.command.id,
        "InstanceId": record.target.instance,
        "InvokeRecordStatus": region.rules.record_state(record.cause),
        "FinishedTime": finished,
        "Output": record.output if plain else encoded(record.output),
    }
    if record.exit_code is not None:
        shown["ExitCode"] = record.exit_code
    if edition.detailed:
        shown |= {
            "InvocationStatus": OUTCOMES[record.cause].invocation_status,
            "Repeats": record.target.runs,
            "StopTime": _stamp(record.stopped),
            "Username": record.invocation.user,
            **_record_details(record),
        }
    return {**shown, **_manner(record.invocation)} if region.edition.has(CURRENT) else shown


def _record_details(record: Record) -> dict[str, Any]:
    outcome = OUTCOMES[record.cause]
    details: dict[str, Any] = {
        "StartTime": _stamp(record.started),
        "Dropped": record.dropped,
        "ErrorCode": outcome.error_code,
        "ErrorInfo": ERROR_INFO.get(outcome.error_code, ""),
    }
    return details if record.exit_code is None else {**details, "ExitCode": record.exit_code}


def encoded(output: str) -> str:
    """An output as the wire carries it (assistant/output-base64)."""
    return base64.b64encode(output.encode("utf-8", "surrogateescape")).decode()


def _stamp(at: int | None) -> str:
    return "" if at is None else stamp(at)
