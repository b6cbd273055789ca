"""What Cloud Assistant tells of invocations and of their runs: the Describe actions, states and error codes.

Source: API reference of February 2019, chapter "Cloud Assistant"; what came later names its edition.
"""

from __future__ import annotations

from typing import Any, Final

from faultzone.api.answer import (
    CURRENT,
    PAGES_OR_TOKENS,
    Answer,
    Number,
    SpacedTime,
    Structure,
    Text,
    Time,
    Truth,
    items,
    tag_items,
)
from faultzone.api.ecs.assistant import LATER, MODES_OF_TODAY, SPELLING, TYPES, PagedRequest, asked_tags
from faultzone.api.request import flag, text

_RECORD_STATES: Final = ("Running", "Finished", "Failed", "Stopped")
#: Words of the later InvocationStatus that filters take besides (invocation-status/filter-by-later-words).
_RECORD_STATES_OF_TODAY: Final = (*_RECORD_STATES, "Success", "PartialFailed", "Stopping")
#: ErrorCode of a run or of a file that was sent -> ErrorInfo, as the service writes it.
ERROR_INFO: Final = {
    "InstanceNotExists": "the specified instance does not exists",
    "InstanceReleased": "the instance has released when create task",
    "InstanceNotRunning": "the instance is not running when create task",
    "CommandNotApplicable": "the command is not applicable",
    "AccountNotExists": "the specified account does not exists",
    "DirectoryNotExists": "the specified directory does not exists",
    "BadCronExpression": "the cron job expression is invalid",
    "ClientNotRunning": "the aliyun service is not running on the instance",
    "ClientNotResponse": "the aliyun service in the instance does not response",
    "ClientIsUpgrading": "the aliyun service in the instance is upgrading now",
    "ClientNeedUpgrade": "the aliyun service in the instance need upgrade",
    "DeliveryTimeout": "the command delivery has been timeout",
    "ExecutionTimeout": "the command execution has been timeout",
    "ExecutionException": "the command execution got an exception",
    "ExecutionInterrupted": "the command execution has been interrupted",
    "ExitCodeNonzero": "the command execution exit code is not zero",
    "SecurityGroupRuleDenied": "the security group rules denied access to the aliyun service",
    "TaskConcurrencyLimit": "the number of concurrent tasks on the instance exceeds the limit",
    "FileAlreadyExists": "the file exists already",
    "FileCreateFail": "the file creation is failed due to unknown error",
    "FileNameInvalid": "File name is invalid",
    "FilePathInvalid": "File path is invalid",
    "UserGroupNotExists": "Group not exists",
}


_NO_CONTAINERS: Final = "nothing runs in containers here"
_NO_BUCKETS: Final = "no output is delivered to a bucket"
_RAN: Final = "a run was sent"
#: What later documentation tells of how a run is to be done.
_MANNER: Final = (
    Text("Launcher", "TerminationMode", since=CURRENT),
    Text("ContainerId", "ContainerName", since=CURRENT, empty=_NO_CONTAINERS),
    Text("OssOutputDelivery", since=CURRENT, empty=_NO_BUCKETS),
    tag_items(since=CURRENT),
)
_DELIVERED: Final = Text(
    "OssOutputStatus", "OssOutputUri", "OssOutputErrorCode", "OssOutputErrorInfo", since=CURRENT, empty=_NO_BUCKETS
)


class DescribeInvocations(PagedRequest):
    """List invocations with their total and the state of each target."""

    invoke_id: str | None = text("InvokeId")
    command_id: str | None = text("CommandId")
    command_name: str | None = text("CommandName")
    command_type: str | None = text("CommandType", among=TYPES, spelling=SPELLING)
    type: str | None = text("Type", among=TYPES, spelling=SPELLING)
    timed: bool | None = flag("Timed", None)
    invoke_status: str | None = text(
        "InvokeStatus",
        among=(*_RECORD_STATES, "PartialFailed"),
        later={CURRENT: {"among": (*_RECORD_STATES_OF_TODAY, "Pending", "Scheduled")}},
    )
    instance_id: str | None = text("InstanceId")
    content_encoding: str = text("ContentEncoding", "Base64", since=LATER)
    include_output: bool = flag("IncludeOutput", since=LATER)
    repeat_mode: str | None = text("RepeatMode", among=MODES_OF_TODAY, since=CURRENT)
    resource_group: str | None = text("ResourceGroupId", since=CURRENT)
    tags: tuple[dict[str, Any], ...] = asked_tags()

    answer = Answer(
        *PAGES_OR_TOKENS,
        items(
            "Invocations",
            "Invocation",
            Text("InvokeId", "CommandId", "CommandName", "CommandType", "Frequency", "InvokeStatus"),
            Truth("Timed"),
            Text(
                "InvocationStatus", "RepeatMode", "Parameters", "Username", "CommandContent", "WorkingDir", since=LATER
            ),
            Time("CreationTime", since=LATER),
            Number("Timeout", since=LATER),
            Text("CommandDescription", since=CURRENT),
            *_MANNER,
            items(
                "InvokeInstances",
                "InvokeInstance",
                Text("InstanceId", "InstanceInvokeStatus"),
                Text("InvocationStatus", since=LATER),
                Truth("Timed", since=LATER),
                Number("Repeats", since=LATER),
                Time("CreationTime", "StopTime", since=LATER),
                Time("StartTime", "FinishTime", since=LATER, when=_RAN),
                Number("Dropped", since=LATER, when=_RAN),
                Text("ErrorCode", "ErrorInfo", since=LATER, when=_RAN),
                Number("ExitCode", since=LATER, when="the process has ended"),
                Text("Output", since=LATER, when="IncludeOutput is true and a run was sent"),
                Time("UpdateTime", since=CURRENT),
                _DELIVERED,
            ),
        ),
    )


class DescribeInvocationResults(PagedRequest):
    """List the records of runs with their output."""

    invoke_id: str | None = text("InvokeId")
    instance_id: str | None = text("InstanceId")
    command_id: str | None = text("CommandId")
    invoke_record_status: str | None = text(
        "InvokeRecordStatus", among=_RECORD_STATES, later={CURRENT: {"among": _RECORD_STATES_OF_TODAY}}
    )
    include_history: bool = flag("IncludeHistory", since=LATER)
    content_encoding: str = text("ContentEncoding", "Base64", since=LATER)
    resource_group: str | None = text("ResourceGroupId", since=CURRENT)
    tags: tuple[dict[str, Any], ...] = asked_tags()

    answer = Answer(
        Structure(
            "Invocation",
            *PAGES_OR_TOKENS,
            items(
                "InvocationResults",
                "InvocationResult",
                Text("InvokeId", "CommandId", "InstanceId", "InvokeRecordStatus", "Output"),
                SpacedTime("FinishedTime"),
                Number("ExitCode", when="the process has ended"),
                Text("InvocationStatus", "Username", "ErrorCode", "ErrorInfo", since=LATER),
                Time("StartTime", "StopTime", since=LATER),
                Number("Repeats", "Dropped", since=LATER),
                *_MANNER,
                _DELIVERED,
            ),
        ),
    )
