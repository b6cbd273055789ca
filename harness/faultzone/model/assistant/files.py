"""Sending files, from edition 2020-12: delivered and settled as runs are, listed apart from them."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any, Final

from faultzone.api.answer import CURRENT
from faultzone.api.ecs.files import DescribeSendFileResults, SendFile
from faultzone.api.ecs.invocations import ERROR_INFO
from faultzone.api.errors import ApiError
from faultzone.clock import DAY, stamp
from faultzone.model.assistant.actions import check_groups, find_fit
from faultzone.model.assistant.describe import last_change, token_of
from faultzone.model.assistant.invocation_status import OUTCOMES
from faultzone.model.assistant.runs import begin
from faultzone.model.assistant.state import AssistantState, Command, Invocation, Machine, Target
from faultzone.model.assistant.states import detailed_total, target_outcome
from faultzone.model.core.client_tokens import once
from faultzone.model.core.dispatch import Answer, handles
from faultzone.model.core.effects import PutFile
from faultzone.model.core.filters import has_tags, read_asked_tags, read_tags, tag_list
from faultzone.model.core.listing import listing
from faultzone.model.core.state import AccountState, RegionState

_NAME_MOST: Final = 255
_DESCRIPTION_MOST: Final = 512
_DIRECTORY_MOST: Final = 255
#: Seconds; a shorter timeout counts as this one (assistant/file-timeout).
_TIMEOUT_LEAST: Final = 10
_MODE: Final = re.compile(r"[0-7]{3,4}")


class File(Command):
    """A file to be put on instances."""

    __slots__ = ("request",)

    def __init__(self, id: str, request: SendFile, content: str, created: int) -> None:
        super().__init__(id, "SendFile", content, "", created)
        self.request = request
        self.name, self.description, self.directory = request.name, request.description, request.target_dir
        self.timeout = max(_TIMEOUT_LEAST, request.timeout)

    def effect(self, region: RegionState, invocation: Invocation, instance: Machine, run: str) -> PutFile:
        """What the agent of an instance is asked to do."""
        asked = self.request
        return PutFile(
            instance.id,
            instance.epoch,
            run,
            f"{self.directory.rstrip('/')}/{self.name}",
            self.content,
            asked.file_mode,
            asked.file_owner,
            asked.file_group,
            asked.overwrite,
            self.name,
        )


@handles(SendFile)
@once
def send_file(region: RegionState, account: AccountState, request: SendFile) -> Answer:
    """SendFile (assistant/send-file, assistant/file-targets, assistant/file-groups, assistant/file-labels)."""
    _check_words(region, request)
    tags = read_tags(region, request.tags, key_length=region.edition.assistant.tag_key_length)
    content = request.content
    if request.content_type == "PlainText":
        content = base64.b64encode(content.encode()).decode()
    if not region.rules.file_fits(content):
        raise ApiError("FileSize.ExceedLimit")
    try:
        base64.b64decode(content, validate=True)
    except (binascii.Error, ValueError):
        raise ApiError("FileContent.DecodeError") from None
    targets = find_fit(region, account, request.instance_ids, region.rules.sendings_limit())
    group = check_groups(region, account, targets, request.resource_group, file=True)
    state, now = account.part(AssistantState), region.clock.now
    sending = Invocation(region.world.hex_id("f"), File("", request, content, now), map(Target, targets), now)
    sending.command.open = 1
    sending.group, sending.tags = group, tags
    state.sendings[sending.id] = sending
    _forget_oldest(region, state)
    begin(region, state, sending, sending.targets.values())
    return {"InvokeId": sending.id}


def _check_words(region: RegionState, request: SendFile) -> None:
    """Refuse what is said of a file where it is too long, or no mode (assistant/file-words, assistant/file-limits)."""
    for text, most, code in (
        (request.name, _NAME_MOST, "FileName.ExceedLimit"),
        (request.description, _DESCRIPTION_MOST, "FileDesc.ExceedLimit"),
        (request.target_dir, _DIRECTORY_MOST, "FileTargetDir.Invalid"),
    ):
        if len(text) > most:
            raise ApiError(code)
    if not _MODE.fullmatch(request.file_mode):
        raise ApiError("FileMode.Invalid")
    most = region.edition.assistant.file_owner_length
    for name, text in (("FileOwner", request.file_owner), ("FileGroup", request.file_group)):
        if most and len(text) > most:
            raise ApiError.of("InvalidParameter", name=name, why=f"at most {most} characters are accepted")


def _forget_oldest(region: RegionState, state: AssistantState) -> None:
    """Keep no more sendings than the edition does, the latest, and none for longer (assistant/files-kept). Those under
    way settle within minutes."""
    edition = region.edition.assistant
    since = region.clock.now - edition.sending_days * DAY if edition.sending_days else 0
    few = len(state.sendings) <= edition.sendings
    oldest = [] if few else list(state.sendings)[: -edition.sendings]
    for sending in state.sendings.values():
        if sending.created >= since:
            break
        oldest.append(sending.id)
    for gone in dict.fromkeys(oldest):
        del state.sendings[gone]


@handles(DescribeSendFileResults)
def describe_files(region: RegionState, account: AccountState, request: DescribeSendFileResults) -> Answer:
    """DescribeSendFileResults, latest first (assistant/send-file, assistant/file-listing, assistant/file-totals)."""
    state, asked = account.part(AssistantState), read_asked_tags(request.tags)
    _forget_oldest(region, state)
    return listing(
        "Invocations",
        "Invocation",
        state.sendings.values(),
        request,
        lambda each: _shown(region, each),
        having=(
            (request.invoke_id, lambda each: each.id),
            (request.name, lambda each: each.command.name),
            (None if request.instance_id is None else True, lambda each: request.instance_id in each.targets),
            (request.invocation_status, lambda each: detailed_total(region, each)),
            (request.resource_group, lambda each: each.group),
        ),
        where=[lambda each: has_tags(each.tags, asked)],
        latest_first=True,
        token=token_of(request, region.edition.assistant.page_size_invocations),
    )


def _shown(region: RegionState, sending: Invocation) -> dict[str, Any]:
    file = sending.command
    assert isinstance(file, File)
    asked = file.request
    labels = {"Tags": {"Tag": tag_list(sending.tags)}} if region.edition.has(CURRENT) else {}
    return {
        **labels,
        "InvokeId": sending.id,
        "Name": file.name,
        "TargetDir": file.directory,
        "Content": asked.content,
        "ContentType": asked.content_type,
        "Description": file.description,
        "FileMode": asked.file_mode,
        "FileOwner": asked.file_owner,
        "FileGroup": asked.file_group,
        "Overwrite": str(asked.overwrite).lower(),
        "VmCount": len(sending.targets),
        "CreationTime": stamp(sending.created),
        "InvocationStatus": detailed_total(region, sending),
        "InvokeInstances": {"InvokeInstance": [_on(region, sending, each) for each in sending.targets.values()]},
    }


def _on(region: RegionState, sending: Invocation, target: Target) -> dict[str, Any]:
    record = target.records[-1]
    error = "FileAlreadyExists" if record.exit_code else OUTCOMES[record.cause].error_code
    shown = {
        "InstanceId": target.instance,
        "InvocationStatus": target_outcome(region, sending, target).invocation_status,
        "ErrorCode": error,
        "ErrorInfo": ERROR_INFO.get(error, ""),
        "StartTime": "" if record.started is None else stamp(record.started),
        "FinishTime": "" if record.finished is None else stamp(record.finished),
    }
    if region.edition.has(CURRENT):
        shown |= {"CreationTime": stamp(sending.created), "UpdateTime": stamp(last_change(sending, target))}
    return shown
