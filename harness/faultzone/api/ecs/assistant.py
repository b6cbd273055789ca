"""The actions of Cloud Assistant: commands, invocations and the agent.

Source: API reference of February 2019, chapter "Cloud Assistant"; what came later names its edition.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Final, Self

from faultzone.api.answer import (
    CURRENT,
    PAGES_OR_TOKENS,
    Answer,
    Number,
    Rows,
    SpacedTime,
    Structure,
    Text,
    Time,
    Truth,
    items,
    tag_items,
)
from faultzone.api.ecs.reasons import (
    BY_INSTANCE,
    NO_CONTAINERS,
    NO_DELIVERY,
    NO_GROUPS,
    NO_LAUNCHER,
    NO_PASSWORDS,
    NO_PUBLIC_COMMANDS,
    NO_TAGS,
    NO_TOKENS,
    NOT_FILTERED,
    OF_THE_COMMAND,
    ONE_TERMINATION,
)
from faultzone.api.errors import ApiError
from faultzone.api.request import Request, flag, integer, json_structure, text, texts
from faultzone.editions.edition import Date

#: The types of commands, and the system that each is for.
SYSTEM_OF: Final = {"RunShellScript": "linux", "RunBatScript": "windows", "RunPowerShellScript": "windows"}
TYPES: Final = tuple(SYSTEM_OF)
RECORD_STATES: Final = ("Running", "Finished", "Failed", "Stopped")
INVOKE_STATES: Final = (*RECORD_STATES, "PartialFailed")
#: Where one names an encoding, any other text means the default (assistant/encodings).
ENCODINGS: Final = ("PlainText", "Base64")
REPEAT_MODES: Final = ("Once", "Period", "NextRebootOnly", "EveryReboot")
#: How the manual once spells a type, and the type that is meant (assistant/type-spelling).
_SPELLING: Final = {"RunPowershellScript": "RunPowerShellScript"}
_LATER: Final = (2020, 12)
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
    "FileAlreadyExists": "the file exists already",
}


def is_plain(encoding: str, default: str) -> bool:
    """Whether an encoding, of whatever case, is PlainText; one that is unknown is the default (assistant/encodings)."""
    known = {each.lower(): each for each in ENCODINGS}
    return known.get(encoding.lower(), default) == "PlainText"


class _AssistantRequest(Request):
    """What is mandatory here has a code of its own for each parameter, such as `MissingParameter.Name`.

    Clauses: assistant/create-command-required, assistant/invoke-unknown.

    Class attributes:
        mandatory: the wire names of these parameters, in the order in which they are missed.
    """

    needs_region = True
    mandatory: ClassVar[tuple[str, ...]] = ()

    @classmethod
    def parse(cls, given: Mapping[str, object], *, edition: Date = (2019, 2), unknown: list[str] | None = None) -> Self:
        """Read and check the parameters of one call; see `Request.parse`."""
        if not given.get("RegionId"):
            raise ApiError.of("MissingParameter.RegionId", name="RegionId")
        self = super().parse(given, edition=edition, unknown=unknown)
        for wire in cls.mandatory:
            if not self.given.get(cls.parameters[wire].attribute):
                name = "InstanceIds" if wire == "InstanceId" else wire
                raise ApiError.of(f"MissingParameter.{name}", name=name)
        return self


class PagedRequest(_AssistantRequest):
    """A listing in pages, by number or by token; how large they may be is the edition's to say."""

    writes = False

    page_number: int = integer("PageNumber", 1, least=1, code="InvalidParam.pageNumber")
    page_size: int = integer("PageSize", 10, least=1, code="InvalidParam.PageSize")
    max_results: int | None = integer("MaxResults", least=1, most=50, since=_LATER)
    next_token: str | None = text("NextToken", since=_LATER)


class CreateCommand(_AssistantRequest):
    """Keep a script under a name."""

    mandatory = ("Name", "Type", "CommandContent")

    name: str = text("Name")
    type: str = text("Type", among=TYPES, spelling=_SPELLING, code="InvalidCmdType.NotFound")
    command_content: str = text("CommandContent")
    description: str = text("Description", "")
    working_dir: str = text("WorkingDir", "")
    timeout: int | None = integer("Timeout", least=1)
    time_out: int | None = integer("TimeOut", least=1)
    content_encoding: str = text("ContentEncoding", "Base64", since=_LATER)
    enable_parameter: bool = flag("EnableParameter", since=_LATER)

    not_simulated = (
        (NO_LAUNCHER, "Launcher"),
        (NO_GROUPS, "ResourceGroupId"),
        (NO_TAGS, "Tag"),
        (NO_TOKENS, "ClientToken"),
    )

    answer = Answer(Text("CommandId"))


class ModifyCommand(_AssistantRequest):
    """Change a command: its name and description, in the first edition its content, in later ones directory and
    timeout (assistant/modify-command, assistant/modify-content, assistant/modify-more)."""

    mandatory = ("CommandId",)

    command_id: str = text("CommandId")
    name: str | None = text("Name")
    description: str | None = text("Description")
    command_content: str | None = text("CommandContent", inert=_LATER)
    type: str | None = text("Type", among=TYPES, spelling=_SPELLING, code="InvalidCmdType.NotFound")
    working_dir: str | None = text("WorkingDir", since=_LATER)
    timeout: int | None = integer("Timeout", least=1, since=_LATER)

    not_simulated = ((NO_LAUNCHER, "Launcher"),)


class DeleteCommand(_AssistantRequest):
    """Delete a command."""

    mandatory = ("CommandId",)

    command_id: str = text("CommandId")


_NO_LAUNCHER: Final = "a run has the interpreter of its type"
_NO_TAGS: Final = "what belongs to Cloud Assistant has no tags here"
_NO_PUBLIC: Final = "there are no public commands here"
_NO_CONTAINERS: Final = "nothing runs in containers here"
_NO_BUCKETS: Final = "no output is delivered to a bucket"
_RAN: Final = "a run was sent"
#: What later documentation tells of how a run is to be done.
_MANNER: Final = (
    Text("Launcher", since=CURRENT, empty=_NO_LAUNCHER),
    Text("TerminationMode", since=CURRENT, empty="a run always ends with all of its processes"),
    Text("ContainerId", "ContainerName", since=CURRENT, empty=_NO_CONTAINERS),
    Text("OssOutputDelivery", since=CURRENT, empty=_NO_BUCKETS),
    tag_items(since=CURRENT, empty=_NO_TAGS),
)
_DELIVERED: Final = Text(
    "OssOutputStatus", "OssOutputUri", "OssOutputErrorCode", "OssOutputErrorInfo", since=CURRENT, empty=_NO_BUCKETS
)


class DescribeCommands(PagedRequest):
    """List commands, filtered and paged."""

    command_id: str | None = text("CommandId")
    name: str | None = text("Name")
    type: str | None = text("Type", among=TYPES, spelling=_SPELLING, code="InvalidCmdType.NotFound")
    description: str | None = text("Description")
    content_encoding: str = text("ContentEncoding", "Base64", since=_LATER)

    not_simulated = (
        (NO_PUBLIC_COMMANDS, "Provider Latest=false"),
        (NO_GROUPS, "ResourceGroupId"),
        (NO_TAGS, "Tag"),
    )

    answer = Answer(
        *PAGES_OR_TOKENS,
        items(
            "Commands",
            "Command",
            Text("CommandId", "Name", "Type", "Description", "CommandContent", "WorkingDir"),
            Number("Timeout", "InvokeTimes"),
            Time("CreationTime"),
            Truth("EnableParameter", since=_LATER),
            items("ParameterNames", "ParameterName", since=_LATER),
            Text("Launcher", since=CURRENT, empty=_NO_LAUNCHER),
            Text("ResourceGroupId", since=CURRENT, empty=NO_GROUPS),
            tag_items(since=CURRENT, empty=_NO_TAGS),
            Text("Category", "Provider", since=CURRENT, empty=_NO_PUBLIC),
            Number("Version", since=CURRENT, empty=_NO_PUBLIC),
            Truth("Latest", since=CURRENT, empty=_NO_PUBLIC),
            items(
                "ParameterDefinitions",
                "ParameterDefinition",
                Text("ParameterName", "Description", "DefaultValue", "PatternRegex"),
                Truth("Required"),
                items("PossibleValues", "PossibleValue"),
                since=CURRENT,
                empty=_NO_PUBLIC,
            ),
        ),
    )


class InvokeCommand(_AssistantRequest):
    """Run a command on instances: once, at the times that Frequency names, or when they start."""

    mandatory = ("CommandId", "InstanceId")

    command_id: str = text("CommandId")
    instance_ids: tuple[str, ...] = texts("InstanceId")
    timed: bool | None = flag("Timed", None)
    frequency: str = text("Frequency", "")
    repeat_mode: str | None = text("RepeatMode", among=REPEAT_MODES, since=_LATER)
    parameter_values: dict[str, str] = json_structure("Parameters", since=_LATER)
    user: str = text("Username", "", since=_LATER)

    not_simulated = (
        (NO_LAUNCHER, "Launcher"),
        (NO_GROUPS, "ResourceGroupId"),
        (NO_TAGS, "Tag ResourceTag"),
        (NO_TOKENS, "ClientToken"),
        (NO_CONTAINERS, "ContainerId ContainerName"),
        (NO_DELIVERY, "OssOutputDelivery"),
        (NO_PASSWORDS, "WindowsPasswordName"),
        (ONE_TERMINATION, "TerminationMode=Process"),
        (OF_THE_COMMAND, "Timeout WorkingDir"),
    )

    answer = Answer(Text("InvokeId"))


class RunCommand(_AssistantRequest):
    """Create a command and invoke it in one call."""

    since = _LATER
    mandatory = ("Type", "CommandContent", "InstanceId")

    type: str = text("Type", among=TYPES, spelling=_SPELLING, code="InvalidCmdType.NotFound")
    command_content: str = text("CommandContent")
    content_encoding: str = text("ContentEncoding", "PlainText")
    instance_ids: tuple[str, ...] = texts("InstanceId")
    name: str = text("Name", "")
    description: str = text("Description", "")
    working_dir: str = text("WorkingDir", "")
    timeout: int | None = integer("Timeout", least=1)
    timed: bool | None = flag("Timed", None)
    frequency: str = text("Frequency", "")
    repeat_mode: str | None = text("RepeatMode", among=REPEAT_MODES)
    enable_parameter: bool = flag("EnableParameter")
    parameter_values: dict[str, str] = json_structure("Parameters")
    user: str = text("Username", "")
    keep_command: bool = flag("KeepCommand")

    not_simulated = (
        (NO_LAUNCHER, "Launcher"),
        (NO_GROUPS, "ResourceGroupId"),
        (NO_TAGS, "Tag ResourceTag"),
        (NO_TOKENS, "ClientToken"),
        (NO_CONTAINERS, "ContainerId ContainerName"),
        (NO_DELIVERY, "OssOutputDelivery"),
        (NO_PASSWORDS, "WindowsPasswordName"),
        (ONE_TERMINATION, "TerminationMode=Process"),
    )

    answer = Answer(Text("CommandId", "InvokeId"))


class StopInvocation(_AssistantRequest):
    """Stop an invocation on all of its targets, or on those named."""

    mandatory = ("InvokeId",)

    invoke_id: str = text("InvokeId")
    instance_ids: tuple[str, ...] = texts("InstanceId")


class DescribeInvocations(PagedRequest):
    """List invocations with their total and the state of each target."""

    invoke_id: str | None = text("InvokeId")
    command_id: str | None = text("CommandId")
    command_name: str | None = text("CommandName")
    command_type: str | None = text("CommandType")
    type: str | None = text("Type")
    timed: bool | None = flag("Timed", None)
    invoke_status: str | None = text("InvokeStatus", among=INVOKE_STATES)
    instance_id: str | None = text("InstanceId")
    content_encoding: str = text("ContentEncoding", "Base64", since=_LATER)
    include_output: bool = flag("IncludeOutput", since=_LATER)

    not_simulated = (
        (NO_GROUPS, "ResourceGroupId"),
        (NO_TAGS, "Tag"),
        (NOT_FILTERED, "RepeatMode"),
    )

    answer = Answer(
        *PAGES_OR_TOKENS,
        items(
            "Invocations",
            "Invocation",
            Text("InvokeId", "CommandId", "CommandName", "CommandType", "Frequency", "InvokeStatus"),
            Truth("Timed"),
            Text(
                "InvocationStatus", "RepeatMode", "Parameters", "Username", "CommandContent", "WorkingDir", since=_LATER
            ),
            Time("CreationTime", since=_LATER),
            Number("Timeout", since=_LATER),
            Text("CommandDescription", since=CURRENT),
            *_MANNER,
            items(
                "InvokeInstances",
                "InvokeInstance",
                Text("InstanceId", "InstanceInvokeStatus"),
                Text("InvocationStatus", since=_LATER),
                Truth("Timed", since=_LATER),
                Number("Repeats", since=_LATER),
                Time("CreationTime", "StopTime", since=_LATER),
                Time("StartTime", "FinishTime", since=_LATER, when=_RAN),
                Number("Dropped", since=_LATER, when=_RAN),
                Text("ErrorCode", "ErrorInfo", since=_LATER, when=_RAN),
                Number("ExitCode", since=_LATER, when="the process has ended"),
                Text("Output", since=_LATER, when="IncludeOutput is true and a run was sent"),
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
    invoke_record_status: str | None = text("InvokeRecordStatus", among=RECORD_STATES)
    include_history: bool = flag("IncludeHistory", since=_LATER)
    content_encoding: str = text("ContentEncoding", "Base64", since=_LATER)

    not_simulated = (
        (NO_GROUPS, "ResourceGroupId"),
        (NO_TAGS, "Tag"),
    )

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
                Text("InvocationStatus", "Username", "ErrorCode", "ErrorInfo", since=_LATER),
                Time("StartTime", "StopTime", since=_LATER),
                Number("Repeats", "Dropped", since=_LATER),
                *_MANNER,
                _DELIVERED,
            ),
        ),
    )


_NOT_PAGED: Final = "the instances are named, and none is left for another page"
_AGENT: Final = (
    Text("InstanceId", "CloudAssistantStatus"),
    Text("CloudAssitantStatus", own=True),
    Text("CloudAssistantVersion", "OSType", since=_LATER),
    Number("InvocationCount", "ActiveTaskCount", since=CURRENT),
    Time("LastInvokedTime", since=CURRENT),
    Truth("SupportSessionManager", since=CURRENT, empty="there are no sessions here"),
    Time("LastHeartbeatTime", since=CURRENT, missing="no time is kept of heartbeats"),
)


class DescribeCloudAssistantStatus(_AssistantRequest):
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


class InstallCloudAssistant(_AssistantRequest):
    """Install the agent on instances, with effect from their next RebootInstance."""

    mandatory = ("InstanceId",)

    instance_ids: tuple[str, ...] = texts("InstanceId")


class SendFile(_AssistantRequest):
    """Put a file on instances."""

    since = _LATER
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
    timeout: int = integer("Timeout", 60, least=1)

    not_simulated = (
        (NO_GROUPS, "ResourceGroupId"),
        (NO_TAGS, "Tag"),
        (NO_TOKENS, "ClientToken"),
    )

    answer = Answer(Text("InvokeId"))


class DescribeSendFileResults(PagedRequest):
    """List what became of files that were sent."""

    since = _LATER

    invoke_id: str | None = text("InvokeId")
    instance_id: str | None = text("InstanceId")
    name: str | None = text("Name")
    invocation_status: str | None = text("InvocationStatus")

    not_simulated = (
        (NO_GROUPS, "ResourceGroupId"),
        (NO_TAGS, "Tag"),
    )

    answer = Answer(
        *PAGES_OR_TOKENS,
        items(
            "Invocations",
            "Invocation",
            Text("InvokeId", "Name", "TargetDir", "Content", "ContentType", "Description", "InvocationStatus"),
            Text("FileMode", "FileOwner", "FileGroup", "Overwrite"),
            Number("VmCount"),
            Time("CreationTime"),
            tag_items(since=CURRENT, empty=_NO_TAGS),
            items(
                "InvokeInstances",
                "InvokeInstance",
                Text("InstanceId", "InvocationStatus", "ErrorCode", "ErrorInfo"),
                Time("StartTime", "FinishTime"),
                Time("CreationTime", "UpdateTime", since=CURRENT),
            ),
        ),
    )
