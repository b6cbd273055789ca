"""The actions of Cloud Assistant: commands, invocations and the agent.

Source: API reference of February 2019, chapter "Cloud Assistant"; what came later names its edition.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Final, Self

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
    def parse(cls, given: Mapping[str, object], *, edition: Date = (2019, 2)) -> Self:
        """Read and check the parameters of one call; see `Request.parse`."""
        if not given.get("RegionId"):
            raise ApiError.of("MissingParameter.RegionId", name="RegionId")
        self = super().parse(given, edition=edition)
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


class DeleteCommand(_AssistantRequest):
    """Delete a command."""

    mandatory = ("CommandId",)

    command_id: str = text("CommandId")


class DescribeCommands(PagedRequest):
    """List commands, filtered and paged."""

    command_id: str | None = text("CommandId")
    name: str | None = text("Name")
    type: str | None = text("Type", among=TYPES, spelling=_SPELLING, code="InvalidCmdType.NotFound")
    description: str | None = text("Description")
    content_encoding: str = text("ContentEncoding", "Base64", since=_LATER)


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


class DescribeInvocationResults(PagedRequest):
    """List the records of runs with their output."""

    invoke_id: str | None = text("InvokeId")
    instance_id: str | None = text("InstanceId")
    command_id: str | None = text("CommandId")
    invoke_record_status: str | None = text("InvokeRecordStatus", among=RECORD_STATES)
    include_history: bool = flag("IncludeHistory", since=_LATER)
    content_encoding: str = text("ContentEncoding", "Base64", since=_LATER)


class DescribeCloudAssistantStatus(_AssistantRequest):
    """Tell whether instances have the agent."""

    writes = False
    mandatory = ("InstanceId",)

    instance_ids: tuple[str, ...] = texts("InstanceId")


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


class DescribeSendFileResults(PagedRequest):
    """List what became of files that were sent."""

    since = _LATER

    invoke_id: str | None = text("InvokeId")
    instance_id: str | None = text("InstanceId")
    name: str | None = text("Name")
    invocation_status: str | None = text("InvocationStatus")
