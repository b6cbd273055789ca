"""The actions of Cloud Assistant on files that are sent to instances, from edition 2020-12."""

from __future__ import annotations

from faultzone.api.answer import CURRENT, PAGES_OR_TOKENS, Answer, Number, Text, Time, items, tag_items
from faultzone.api.ecs.assistant import ENCODINGS, LATER, AssistantRequest, PagedRequest
from faultzone.api.ecs.shared import TAG
from faultzone.api.request import flag, integer, structures, text, texts


class SendFile(AssistantRequest):
    """Put a file on instances."""

    since = LATER
    mandatory = ("Name", "TargetDir", "Content", "InstanceId")

    name: str = text("Name")
    target_dir: str = text("TargetDir")
    content: str = text("Content")
    content_type: str = text("ContentType", "PlainText", among=ENCODINGS, code="FileContentType.Invalid")
    instance_ids: tuple[str, ...] = texts("InstanceId")
    description: str = text("Description", "")
    file_mode: str = text("FileMode", "0644")
    file_owner: str = text("FileOwner", "root")
    file_group: str = text("FileGroup", "root")
    overwrite: bool = flag("Overwrite")
    #: A short one counts as longer (assistant/file-timeout).
    timeout: int = integer("Timeout", 60, least=1, later={CURRENT: {"least": None}})
    resource_group: str | None = text("ResourceGroupId", since=CURRENT)
    tags: tuple[dict[str, str], ...] = structures("Tag", *TAG, since=CURRENT, most=20, too_many="InvalidTagCount")
    client_token: str | None = text("ClientToken", since=CURRENT)

    answer = Answer(Text("InvokeId"))


class DescribeSendFileResults(PagedRequest):
    """List what became of files that were sent."""

    since = LATER

    invoke_id: str | None = text("InvokeId")
    instance_id: str | None = text("InstanceId")
    name: str | None = text("Name")
    invocation_status: str | None = text(
        "InvocationStatus", among=("Pending", "Running", "Success", "Failed", "PartialFailed")
    )
    resource_group: str | None = text("ResourceGroupId", since=CURRENT)
    tags: tuple[dict[str, str], ...] = structures("Tag", *TAG, since=CURRENT, most=20, too_many="InvalidTagCount")

    answer = Answer(
        *PAGES_OR_TOKENS,
        items(
            "Invocations",
            "Invocation",
            Text("InvokeId", "Name", "TargetDir", "Content", "ContentType", "Description", "InvocationStatus"),
            Text("FileMode", "FileOwner", "FileGroup", "Overwrite"),
            Number("VmCount"),
            Time("CreationTime"),
            tag_items(since=CURRENT),
            items(
                "InvokeInstances",
                "InvokeInstance",
                Text("InstanceId", "InvocationStatus", "ErrorCode", "ErrorInfo"),
                Time("StartTime", "FinishTime"),
                Time("CreationTime", "UpdateTime", since=CURRENT),
            ),
        ),
    )
