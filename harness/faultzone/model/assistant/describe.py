"""What is shown of commands, invocations and records: the Describe actions of Cloud Assistant."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from typing import Any

from faultzone.api.answer import CURRENT
from faultzone.api.ecs.assistant import (
    ERROR_INFO,
    DescribeCommands,
    DescribeInvocationResults,
    DescribeInvocations,
    PagedRequest,
    is_plain,
)
from faultzone.api.errors import ApiError
from faultzone.clock import stamp, utc
from faultzone.model.assistant.invocation_status import OUTCOMES
from faultzone.model.assistant.state import UNDER_WAY, AssistantState, Command, Invocation, Record, Target
from faultzone.model.core.dispatch import Answer, handles
from faultzone.model.core.listing import Listed, Token, listing
from faultzone.model.core.state import AccountState, RegionState


def token_of(request: PagedRequest, limit: int) -> Token | None:
    """What asks for a page by token; None for a page by number (assistant/token-paging).

    Raises:
        ApiError: `InvalidParam.PageSize`: a page would have more than the limit.
    """
    if request.page_size > limit:
        raise ApiError("InvalidParam.PageSize")
    if request.max_results is None and request.next_token is None:
        return None
    return Token(request.next_token, request.max_results or type(request).page_size)


@handles(DescribeCommands)
def describe_commands(region: RegionState, account: AccountState, request: DescribeCommands) -> Answer:
    """DescribeCommands, latest first (assistant/describe-commands)."""
    plain, edition = is_plain(request.content_encoding, "Base64"), region.edition.assistant
    return listing(
        "Commands",
        "Command",
        account.part(AssistantState).commands.values(),
        request,
        lambda each: _command(each, plain, edition.detailed),
        having=(
            (request.command_id, lambda command: command.id),
            (request.name, lambda command: command.name),
            (request.type, lambda command: command.kind),
            (request.description, lambda command: command.description),
        ),
        latest_first=True,
        token=token_of(request, edition.page_size_commands),
    )


def _command(command: Command, plain: bool, detailed: bool) -> dict[str, Any]:
    names = list(command.parameters or ())
    placeholders = {"EnableParameter": command.parameters is not None, "ParameterNames": {"ParameterName": names}}
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
        **(placeholders if detailed else {}),
    }


# Invocations


def instance_state(region: RegionState, invocation: Invocation, target: Target) -> str:
    """The state of a target: that of its one record, or for a timed invocation whether the user has stopped it.

    Clauses: invocation-status/instance-equals-record, invocation-status/timed-instance.
    """
    if invocation.timed:
        return region.rules.timed_instance_state(target.stopped is not None)
    return region.rules.record_state(target.records[-1].cause)


def total(region: RegionState, invocation: Invocation) -> str:
    """The total of an invocation (invocation-status/one-time, invocation-status/timed-total)."""
    states = {instance_state(region, invocation, target) for target in invocation.targets.values()}
    rules = region.rules
    return (rules.timed_total(states) if invocation.timed else rules.one_time_total(states)).state


@handles(DescribeInvocations)
def describe_invocations(region: RegionState, account: AccountState, request: DescribeInvocations) -> Answer:
    """DescribeInvocations, latest first (assistant/describe-invocations, invocation-status/filter-by-total)."""
    if request.include_output and request.invoke_id is None and request.instance_id is None:
        raise ApiError.of("InvalidParameter", name="IncludeOutput", why="it goes with InvokeId or InstanceId alone")
    invocations = account.part(AssistantState).invocations
    candidates: Listed[Invocation] = invocations.values()
    if request.invoke_id is not None:
        named = invocations.get(request.invoke_id)
        candidates = () if named is None else (named,)
    return listing(
        "Invocations",
        "Invocation",
        candidates,
        request,
        lambda each: _invocation(region, request, each),
        having=(
            (request.command_id, lambda each: each.command.id),
            (request.command_name, lambda each: each.command.name),
            (request.command_type, lambda each: each.command.kind),
            (request.type, lambda each: each.command.kind),
            (request.timed, lambda each: each.mode != "Once"),
            (None if request.instance_id is None else True, lambda each: request.instance_id in each.targets),
            (request.invoke_status, lambda each: total(region, each)),
        ),
        latest_first=True,
        token=token_of(request, region.edition.assistant.page_size_invocations),
    )


def _invocation(region: RegionState, request: DescribeInvocations, invocation: Invocation) -> dict[str, Any]:
    command = invocation.command
    detailed = region.edition.assistant.detailed
    items = []
    for target in invocation.targets.values():
        item = {"InstanceId": target.instance, "InstanceInvokeStatus": instance_state(region, invocation, target)}
        items.append({**item, **_details(request, invocation, target)} if detailed else item)
    shown = {
        "InvokeId": invocation.id,
        "CommandId": command.id,
        "CommandName": command.name,
        "CommandType": command.kind,
        "Timed": invocation.mode != "Once",
        "Frequency": invocation.frequency,
        "InvokeStatus": total(region, invocation),
        "InvokeInstances": {"InvokeInstance": items},
    }
    if detailed:
        states = {detailed_state(invocation, target) for target in invocation.targets.values()}
        shown["InvocationStatus"] = region.rules.detailed_total(states).state
        shown |= {
            "CreationTime": stamp(invocation.created),
            "RepeatMode": invocation.mode,
            "Parameters": json.dumps(invocation.parameters, ensure_ascii=False),
            "Username": invocation.user,
            "CommandContent": command.script if is_plain(request.content_encoding, "Base64") else command.content,
            "WorkingDir": command.directory,
            "Timeout": command.timeout,
        }
    if region.edition.has(CURRENT):
        shown["CommandDescription"] = command.description
        for item, target in zip(items, invocation.targets.values(), strict=True):
            item["UpdateTime"] = stamp(last_change(invocation, target))
    return shown


def last_change(invocation: Invocation, target: Target) -> int:
    """When something last happened to a target: it was named, its run began, ended or was stopped."""
    record = target.records[-1] if target.records else None
    of_run = (None,) if record is None else (record.started, record.finished, record.stopped)
    return max(each or 0 for each in (invocation.created, target.stopped, *of_run))


def detailed_state(invocation: Invocation, target: Target) -> str:
    """The later InvocationStatus of a target (invocation-status/detailed-status)."""
    record = target.records[-1] if target.records else None
    if not invocation.timed:
        assert record is not None
        return OUTCOMES[record.cause].invocation_status
    if target.stopped is not None:
        return OUTCOMES["stopped-while-running" if target.runs else "stopped-before-start"].invocation_status
    return OUTCOMES[UNDER_WAY if target.live is not None else "waiting-for-its-time"].invocation_status


def _details(request: DescribeInvocations, invocation: Invocation, target: Target) -> dict[str, Any]:
    """What edition 2020-12 shows beside the state of an instance."""
    record = target.records[-1] if target.records else None
    shown: dict[str, Any] = {
        "InvocationStatus": detailed_state(invocation, target),
        "Timed": invocation.mode != "Once",
        "Repeats": target.runs,
        "CreationTime": stamp(invocation.created),
        "StopTime": _stamp(target.stopped),
    }
    if record is not None:
        shown |= {"FinishTime": _stamp(record.finished), **_record_details(record)}
        if request.include_output:
            shown["Output"] = record.output if is_plain(request.content_encoding, "Base64") else encoded(record.output)
    return shown


# Records


@handles(DescribeInvocationResults)
def describe_results(region: RegionState, account: AccountState, request: DescribeInvocationResults) -> Answer:
    """DescribeInvocationResults: every record that is kept, the latest run first (assistant/describe-results)."""
    state = account.part(AssistantState)
    records: Sequence[Record] = state.records
    once = False
    if request.invoke_id is not None:
        invocation = state.invocations.get(request.invoke_id)
        records = () if invocation is None else invocation.records
        once = invocation is not None and not invocation.timed
        if invocation is not None and request.instance_id is not None:
            target = invocation.targets.get(request.instance_id)
            records = () if target is None else target.records
    if request.include_history and (request.invoke_id is None or once):
        raise ApiError.of("InvalidParameter", name="IncludeHistory", why="it goes with the InvokeId of what repeats")
    if region.edition.assistant.detailed and not request.include_history and not once:
        # Of what repeats, the last run of each target (assistant/include-history).
        records = [each for each in records if not each.invocation.timed or each is each.target.records[-1]]
    plain = is_plain(request.content_encoding, "Base64")
    listed = listing(
        "InvocationResults",
        "InvocationResult",
        records,
        request,
        lambda each: _record(region, each, plain),
        having=(
            (request.instance_id if request.invoke_id is None else None, lambda record: record.target.instance),
            (request.command_id, lambda record: record.invocation.command.id),
            (request.invoke_record_status, lambda record: region.rules.record_state(record.cause)),
        ),
        # The targets of one run come in the order in which the call named them, runs and invocations the latest first.
        latest_first=not once,
        token=token_of(request, region.edition.assistant.page_size_results),
    )
    return {"Invocation": listed}


def _record(region: RegionState, record: Record, plain: bool) -> dict[str, Any]:
    edition = region.edition.assistant
    finished = "" if record.finished is None else utc(record.finished).strftime(edition.finished_format)
    shown: dict[str, Any] = {
        "InvokeId": record.invocation.id,
        "CommandId": record.invocation.command.id,
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
    return shown


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
