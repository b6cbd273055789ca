"""The actions of Cloud Assistant on its agents.

Source: API reference of February 2019, chapter "Cloud Assistant"; what came later names its edition.
"""

from __future__ import annotations

from typing import Final

from faultzone.api.answer import CURRENT, Answer, Number, Rows, Structure, Text, Time, Truth, items
from faultzone.api.ecs.assistant import LATER, AssistantRequest
from faultzone.api.ecs.reasons import BY_INSTANCE
from faultzone.api.request import texts

_NOT_PAGED: Final = "the instances are named, and none is left for another page"
_AGENT: Final = (
    Text("InstanceId", "CloudAssistantStatus"),
    Text("CloudAssitantStatus", own=True),
    Text("CloudAssistantVersion", "OSType", since=LATER),
    Number("InvocationCount", "ActiveTaskCount", since=CURRENT),
    Time("LastInvokedTime", since=CURRENT),
    Truth("SupportSessionManager", since=CURRENT, empty="there are no sessions here"),
    Time("LastHeartbeatTime", since=CURRENT, missing="no time is kept of heartbeats"),
)


class DescribeCloudAssistantStatus(AssistantRequest):
    """Tell whether instances have the agent."""

    writes = False
    mandatory = ("InstanceId",)

    instance_ids: tuple[str, ...] = texts("InstanceId")

    not_simulated = ((BY_INSTANCE, "OSType MaxResults NextToken PageNumber PageSize"),)

    answer = Answer(
        items("InstanceCloudAssistantStatusSet", "InstanceCloudAssistantStatus", *_AGENT),
        # As pages of the time spell it.
        Structure("InstanceCloudAssitantStatus", Rows("InstanceCloudAssitantStatusSet", *_AGENT), own=True),
        Number("TotalCount", "PageNumber", "PageSize", since=CURRENT, missing=_NOT_PAGED),
        Text("NextToken", since=CURRENT, missing=_NOT_PAGED),
    )


class InstallCloudAssistant(AssistantRequest):
    """Install the agent on instances, with effect from their next RebootInstance."""

    mandatory = ("InstanceId",)

    instance_ids: tuple[str, ...] = texts("InstanceId")
