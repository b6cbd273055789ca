"""The actions of Cloud Assistant on its agents.

Source: API reference of February 2019, chapter "Cloud Assistant"; what came later names its edition.
"""

from __future__ import annotations

from typing import Final

from faultzone.api.answer import CURRENT, Answer, Number, Rows, Structure, Text, Time, Truth, items
from faultzone.api.ecs.assistant import LATER, AssistantRequest
from faultzone.api.request import integer, text, texts

_AGENT: Final = (
    Text("InstanceId", "CloudAssistantStatus"),
    Text("CloudAssitantStatus", own=True),
    Text("CloudAssistantVersion", "OSType", since=LATER),
    Number("InvocationCount", "ActiveTaskCount", since=CURRENT),
    Time("LastInvokedTime", "LastHeartbeatTime", since=CURRENT),
    Truth("SupportSessionManager", since=CURRENT),
)


class DescribeCloudAssistantStatus(AssistantRequest):
    """Tell whether instances have the agent: those that are named, or from edition 2026-10 on all of a region."""

    writes = False

    instance_ids: tuple[str, ...] = texts("InstanceId")
    os_type: str | None = text("OSType", among=("Windows", "Linux", "FreeBSD"), since=CURRENT)
    page_number: int = integer("PageNumber", 1, least=1, since=CURRENT)
    page_size: int = integer("PageSize", 10, least=1, most=50, since=CURRENT)
    max_results: int | None = integer("MaxResults", least=1, most=50, since=CURRENT)
    next_token: str | None = text("NextToken", since=CURRENT)

    answer = Answer(
        items("InstanceCloudAssistantStatusSet", "InstanceCloudAssistantStatus", *_AGENT),
        # As pages of the time spell it.
        Structure("InstanceCloudAssitantStatus", Rows("InstanceCloudAssitantStatusSet", *_AGENT), own=True),
        Number("TotalCount", since=CURRENT),
        Number("PageNumber", "PageSize", since=CURRENT, when="the page was asked for by number"),
        Text("NextToken", since=CURRENT, when="the page was asked for by token"),
    )


class InstallCloudAssistant(AssistantRequest):
    """Install the agent on instances, with effect from their next RebootInstance."""

    mandatory = ("InstanceId",)

    instance_ids: tuple[str, ...] = texts("InstanceId")
