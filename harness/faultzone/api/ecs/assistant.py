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
from faultzone.api.ecs.reasons import NO_CONTAINERS, NO_DELIVERY, NO_EFFECT
from faultzone.api.ecs.shared import TAG
from faultzone.api.errors import ApiError
from faultzone.api.request import Request, flag, integer, json_structure, structures, text, texts
from faultzone.editions.edition import Date

#: The types of commands, and the system that each is for.
SYSTEM_OF: Final = {"RunShellScript": "linux", "RunBatScript": "windows", "RunPowerShellScript": "windows"}
TYPES: Final = tuple(SYSTEM_OF)
#: Where one names an encoding, any other text means the default (assistant/encodings).
ENCODINGS: Final = ("PlainText", "Base64")
REPEAT_MODES: Final = ("Once", "Period", "NextRebootOnly", "EveryReboot")
#: The modes of today: one more, which only looks whether a command could run (assistant/dry-run).
MODES_OF_TODAY: Final = (*REPEAT_MODES, "DryRun")
#: What a timeout or a stop ends: the script, or all that it has started too (assistant/termination-mode).
TERMINATION_MODES: Final = ("Process", "ProcessTree")
#: How the manual once spells a type, and the type that is meant (assistant/type-spelling).
SPELLING: Final = {"RunPowershellScript": "RunPowerShellScript"}
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
        instead: what may be given in the place of one of them.
    """

    needs_region = True
    mandatory: ClassVar[tuple[str, ...]] = ()
    instead: ClassVar[Mapping[str, tuple[str, ...]]] = {}

    @classmethod
    def parse(cls, given: Mapping[str, object], *, edition: Date = (2019, 2), unknown: list[str] | None = None) -> Self:
        """Read and check the parameters of one call; see `Request.parse`."""
        if not given.get("RegionId"):
            raise ApiError.of("MissingParameter.RegionId", name="RegionId")
        self = super().parse(given, edition=edition, unknown=unknown)
        values, table = self.given, cls.parameters
        for wire in cls.mandatory:
            if values.get(table[wire].attribute):
                continue
            if not any(values.get(table[other].attribute) for other in cls.instead.get(wire, ())):
                name = "InstanceIds" if wire == "InstanceId" else wire
                raise ApiError.of(f"MissingParameter.{name}", name=name)
        return self


def asked_tags() -> Any:
    """Tag.N: tags that are kept of what is made, or by which a listing is filtered."""
    return structures("Tag", *TAG, most=20, too_many="InvalidTagCount", since=CURRENT)


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
    type: str = text("Type", among=TYPES, spelling=SPELLING, code="InvalidCmdType.NotFound")
    command_content: str = text("CommandContent")
    description: str = text("Description", "")
    working_dir: str = text("WorkingDir", "")
    timeout: int | None = integer("Timeout", least=1)
    time_out: int | None = integer("TimeOut", least=1)
    content_encoding: str = text("ContentEncoding", "Base64", since=LATER)
    enable_parameter: bool = flag("EnableParameter", since=LATER)

    launcher: str = text("Launcher", "", since=CURRENT)
    resource_group: str | None = text("ResourceGroupId", since=CURRENT)
    tags: tuple[dict[str, Any], ...] = asked_tags()
    client_token: str | None = text("ClientToken", since=CURRENT)

    answer = Answer(Text("CommandId"))


class ModifyCommand(AssistantRequest):
    """Change a command: its name and description, in the first edition its content, in later ones directory and
    timeout (assistant/modify-command, assistant/modify-content, assistant/modify-more)."""

    mandatory = ("CommandId",)

    command_id: str = text("CommandId")
    name: str | None = text("Name")
    description: str | None = text("Description")
    command_content: str | None = text("CommandContent", inert=LATER, why=NO_EFFECT)
    type: str | None = text("Type", among=TYPES, spelling=SPELLING, code="InvalidCmdType.NotFound")
    working_dir: str | None = text("WorkingDir", since=LATER)
    timeout: int | None = integer("Timeout", least=1, since=LATER)
    launcher: str | None = text("Launcher", since=CURRENT)


class DeleteCommand(AssistantRequest):
    """Delete a command."""

    mandatory = ("CommandId",)

    command_id: str = text("CommandId")


_PUBLIC: Final = "the command is public"


class DescribeCommands(PagedRequest):
    """List commands, filtered and paged."""

    command_id: str | None = text("CommandId")
    name: str | None = text("Name")
    type: str | None = text("Type", among=TYPES, spelling=SPELLING, code="InvalidCmdType.NotFound")
    description: str | None = text("Description")
    content_encoding: str = text("ContentEncoding", "Base64", since=LATER)
    provider: str | None = text("Provider", since=CURRENT)
    latest: bool = flag("Latest", since=CURRENT)
    resource_group: str | None = text("ResourceGroupId", since=CURRENT)
    tags: tuple[dict[str, Any], ...] = asked_tags()

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
            Text("Launcher", "ResourceGroupId", since=CURRENT),
            tag_items(since=CURRENT),
            Text("Category", "Provider", since=CURRENT, when=_PUBLIC),
            Number("Version", since=CURRENT, when=_PUBLIC),
            Truth("Latest", since=CURRENT, when=_PUBLIC),
            items(
                "ParameterDefinitions",
                "ParameterDefinition",
                Text("ParameterName", "Description", "DefaultValue", "PatternRegex"),
                Truth("Required"),
                items("PossibleValues", "PossibleValue"),
                since=CURRENT,
                when=_PUBLIC,
            ),
        ),
    )


class Invoking(AssistantRequest):
    """What a call says of the runs for which it asks, whether of a command that there is or of a new one.

    Its targets are named, or from edition 2026-10 on chosen by their tags (assistant/resource-tag).
    """

    instead: ClassVar[Mapping[str, tuple[str, ...]]] = {"InstanceId": ("ResourceTag",)}

    instance_ids: tuple[str, ...] = texts("InstanceId")
    timed: bool | None = flag("Timed", None, inert=CURRENT, why=NO_EFFECT)
    frequency: str = text("Frequency", "")
    repeat_mode: str | None = text(
        "RepeatMode", among=REPEAT_MODES, since=LATER, later={CURRENT: {"among": MODES_OF_TODAY}}
    )
    parameter_values: dict[str, str] = json_structure("Parameters", since=LATER)
    user: str = text("Username", "", since=LATER)
    password_name: str = text("WindowsPasswordName", "", since=CURRENT)
    launcher: str = text("Launcher", "", since=CURRENT)
    termination_mode: str = text("TerminationMode", "", among=TERMINATION_MODES, since=CURRENT)
    resource_group: str | None = text("ResourceGroupId", since=CURRENT)
    tags: tuple[dict[str, Any], ...] = asked_tags()
    client_token: str | None = text("ClientToken", since=CURRENT)

    not_simulated = (
        (NO_CONTAINERS, "ContainerId ContainerName"),
        (NO_DELIVERY, "OssOutputDelivery"),
    )


class InvokeCommand(Invoking):
    """Run a command on instances: once, at the times that Frequency names, or when they start."""

    mandatory = ("CommandId", "InstanceId")

    command_id: str = text("CommandId")
    timeout: int | None = integer("Timeout", least=10, since=CURRENT)
    working_dir: str = text("WorkingDir", "", since=CURRENT)
    resource_tags: tuple[dict[str, Any], ...] = structures("ResourceTag", *TAG, most=10, since=CURRENT)

    answer = Answer(Text("InvokeId"))


class RunCommand(Invoking):
    """Create a command and invoke it in one call."""

    since = LATER
    mandatory = ("Type", "CommandContent", "InstanceId")

    type: str = text("Type", among=TYPES, spelling=SPELLING, code="InvalidCmdType.NotFound")
    command_content: str = text("CommandContent")
    content_encoding: str = text("ContentEncoding", "PlainText")
    name: str = text("Name", "")
    description: str = text("Description", "")
    working_dir: str = text("WorkingDir", "")
    timeout: int | None = integer("Timeout", least=1)
    enable_parameter: bool = flag("EnableParameter")
    keep_command: bool = flag("KeepCommand")
    resource_tags: tuple[dict[str, Any], ...] = structures("ResourceTag", *TAG, most=20, since=CURRENT)

    answer = Answer(Text("CommandId", "InvokeId"))


class StopInvocation(AssistantRequest):
    """Stop an invocation on all of its targets, or on those named (assistant/stop-limit)."""

    mandatory = ("InvokeId",)

    invoke_id: str = text("InvokeId")
    instance_ids: tuple[str, ...] = texts(
        "InstanceId", later={CURRENT: {"most": 50, "too_many": "InstanceIds.ExceedLimit"}}
    )


class ModifyInvocationAttribute(AssistantRequest):
    """Change what repeats or waits for a start: its script, its parameters, its times, and add targets."""

    since = CURRENT
    mandatory = ("InvokeId",)

    invoke_id: str = text("InvokeId")
    command_content: str | None = text("CommandContent")
    content_encoding: str = text("ContentEncoding", "PlainText")
    enable_parameter: bool = flag("EnableParameter")
    parameter_values: dict[str, str] | None = json_structure("Parameters")
    frequency: str | None = text("Frequency")
    instance_ids: tuple[str, ...] = texts("InstanceId")
    client_token: str | None = text("ClientToken")

    answer = Answer(Text("CommandId"))
