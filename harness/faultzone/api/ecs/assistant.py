"""The actions of Cloud Assistant on commands and their invocation.

Source: API reference of February 2019, chapter "Cloud Assistant"; what came later names its edition.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Final, Self

from faultzone.api.answer import (
    CURRENT,
    PAGES_OR_TOKENS,
    Answer,
    Number,
    Text,
    Time,
    Truth,
    items,
    tag_items,
)
from faultzone.api.ecs.reasons import (
    NO_CONTAINERS,
    NO_DELIVERY,
    NO_GROUPS,
    NO_LAUNCHER,
    NO_PASSWORDS,
    NO_PUBLIC_COMMANDS,
    ONE_TERMINATION,
)
from faultzone.api.ecs.shared import TAG
from faultzone.api.errors import ApiError
from faultzone.api.request import Request, flag, integer, json_structure, structures, text, texts
from faultzone.editions.edition import Date

#: The types of commands, and the system that each is for.
SYSTEM_OF: Final = {"RunShellScript": "linux", "RunBatScript": "windows", "RunPowerShellScript": "windows"}
TYPES: Final = tuple(SYSTEM_OF)
#: Where one names an encoding, any other text means the default (assistant/encodings).
ENCODINGS: Final = ("PlainText", "Base64")
_TAGS_MOST: Final = 20


def tag_filter(name: str = "Tag", since: Date = CURRENT) -> Any:
    """Up to twenty tags, to be given or to be filtered by."""
    return structures(name, *TAG, most=_TAGS_MOST, too_many="InvalidTagCount", since=since)


REPEAT_MODES: Final = ("Once", "Period", "NextRebootOnly", "EveryReboot")
#: How the manual once spells a type, and the type that is meant (assistant/type-spelling).
_SPELLING: Final = {"RunPowershellScript": "RunPowerShellScript"}
LATER: Final = (2020, 12)


def is_plain(encoding: str, default: str) -> bool:
    """Whether an encoding, of whatever case, is PlainText; one that is unknown is the default (assistant/encodings)."""
    known = {each.lower(): each for each in ENCODINGS}
    return known.get(encoding.lower(), default) == "PlainText"


class AssistantRequest(Request):
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
            if wire == "InstanceId" and self.given.get("resource_tags"):
                continue
            if not self.given.get(cls.parameters[wire].attribute):
                name = "InstanceIds" if wire == "InstanceId" else wire
                raise ApiError.of(f"MissingParameter.{name}", name=name)
        return self


class PagedRequest(AssistantRequest):
    """A listing in pages, by number or by token; how large they may be is the edition's to say."""

    writes = False

    page_number: int = integer("PageNumber", 1, least=1, code="InvalidParam.pageNumber")
    page_size: int = integer("PageSize", 10, least=1, code="InvalidParam.PageSize")
    max_results: int | None = integer("MaxResults", least=1, most=50, since=LATER)
    next_token: str | None = text("NextToken", since=LATER)


class CreateCommand(AssistantRequest):
    """Keep a script under a name."""

    mandatory = ("Name", "Type", "CommandContent")

    name: str = text("Name")
    type: str = text("Type", among=TYPES, spelling=_SPELLING, code="InvalidCmdType.NotFound")
    command_content: str = text("CommandContent")
    description: str = text("Description", "")
    working_dir: str = text("WorkingDir", "")
    timeout: int | None = integer("Timeout", least=1)
    time_out: int | None = integer("TimeOut", least=1)
    content_encoding: str = text("ContentEncoding", "Base64", since=LATER)
    enable_parameter: bool = flag("EnableParameter", since=LATER)
    tags: tuple[dict[str, str], ...] = tag_filter()
    client_token: str | None = text("ClientToken", since=CURRENT)

    not_simulated = (
        (NO_LAUNCHER, "Launcher"),
        (NO_GROUPS, "ResourceGroupId"),
    )

    answer = Answer(Text("CommandId"))


class ModifyCommand(AssistantRequest):
    """Change a command: its name and description, in the first edition its content, in later ones directory and
    timeout (assistant/modify-command, assistant/modify-content, assistant/modify-more)."""

    mandatory = ("CommandId",)

    command_id: str = text("CommandId")
    name: str | None = text("Name")
    description: str | None = text("Description")
    command_content: str | None = text("CommandContent", inert=LATER)
    type: str | None = text("Type", among=TYPES, spelling=_SPELLING, code="InvalidCmdType.NotFound")
    working_dir: str | None = text("WorkingDir", since=LATER)
    timeout: int | None = integer("Timeout", least=1, since=LATER)

    not_simulated = ((NO_LAUNCHER, "Launcher"),)


class DeleteCommand(AssistantRequest):
    """Delete a command."""

    mandatory = ("CommandId",)

    command_id: str = text("CommandId")


NO_LAUNCHER_HERE: Final = "a run has the interpreter of its type"
_NO_PUBLIC: Final = "there are no public commands here"


class DescribeCommands(PagedRequest):
    """List commands, filtered and paged."""

    command_id: str | None = text("CommandId")
    name: str | None = text("Name")
    type: str | None = text("Type", among=TYPES, spelling=_SPELLING, code="InvalidCmdType.NotFound")
    description: str | None = text("Description")
    content_encoding: str = text("ContentEncoding", "Base64", since=LATER)
    tags: tuple[dict[str, str], ...] = tag_filter()

    not_simulated = (
        (NO_PUBLIC_COMMANDS, "Provider Latest=false"),
        (NO_GROUPS, "ResourceGroupId"),
    )

    answer = Answer(
        *PAGES_OR_TOKENS,
        items(
            "Commands",
            "Command",
            Text("CommandId", "Name", "Type", "Description", "CommandContent", "WorkingDir"),
            Number("Timeout", "InvokeTimes"),
            Time("CreationTime"),
            Truth("EnableParameter", since=LATER),
            items("ParameterNames", "ParameterName", since=LATER),
            Text("Launcher", since=CURRENT, empty=NO_LAUNCHER_HERE),
            Text("ResourceGroupId", since=CURRENT, empty=NO_GROUPS),
            tag_items(since=CURRENT),
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


class InvokeCommand(AssistantRequest):
    """Run a command on instances: once, at the times that Frequency names, or when they start."""

    mandatory = ("CommandId", "InstanceId")

    command_id: str = text("CommandId")
    instance_ids: tuple[str, ...] = texts("InstanceId")
    timed: bool | None = flag("Timed", None)
    frequency: str = text("Frequency", "")
    repeat_mode: str | None = text("RepeatMode", among=REPEAT_MODES, since=LATER)
    parameter_values: dict[str, str] = json_structure("Parameters", since=LATER)
    user: str = text("Username", "", since=LATER)
    timeout: int | None = integer("Timeout", least=10, since=CURRENT)
    working_dir: str | None = text("WorkingDir", since=CURRENT)
    resource_tags: tuple[dict[str, str], ...] = tag_filter("ResourceTag")
    tags: tuple[dict[str, str], ...] = tag_filter()
    client_token: str | None = text("ClientToken", since=CURRENT)

    not_simulated = (
        (NO_LAUNCHER, "Launcher"),
        (NO_GROUPS, "ResourceGroupId"),
        (NO_CONTAINERS, "ContainerId ContainerName"),
        (NO_DELIVERY, "OssOutputDelivery"),
        (NO_PASSWORDS, "WindowsPasswordName"),
        (ONE_TERMINATION, "TerminationMode=Process"),
    )

    answer = Answer(Text("InvokeId"))


class RunCommand(AssistantRequest):
    """Create a command and invoke it in one call."""

    since = LATER
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
    resource_tags: tuple[dict[str, str], ...] = tag_filter("ResourceTag")
    tags: tuple[dict[str, str], ...] = tag_filter()
    client_token: str | None = text("ClientToken", since=CURRENT)

    not_simulated = (
        (NO_LAUNCHER, "Launcher"),
        (NO_GROUPS, "ResourceGroupId"),
        (NO_CONTAINERS, "ContainerId ContainerName"),
        (NO_DELIVERY, "OssOutputDelivery"),
        (NO_PASSWORDS, "WindowsPasswordName"),
        (ONE_TERMINATION, "TerminationMode=Process"),
    )

    answer = Answer(Text("CommandId", "InvokeId"))


class StopInvocation(AssistantRequest):
    """Stop an invocation on all of its targets, or on those named."""

    mandatory = ("InvokeId",)

    invoke_id: str = text("InvokeId")
    instance_ids: tuple[str, ...] = texts("InstanceId")
