"""Letters of other scripts: what a test of the suite writes in ASCII is sent in them, and is read in ASCII again.

Each letter has one of another script, so names keep their lengths, their beginnings and their patterns; digits and
signs stay as they are. `FORMS` says which fields that is so for, `ASCII` why it is not so for the others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random
from string import ascii_letters, ascii_lowercase
from typing import Any, Final

from faultzone import Region
from faultzone.region.drawn import seed_of

#: Latin and Chinese letters, as the documentation has it; and letters of any script.
CHINESE: Final = "Chinese"
ANY: Final = "any"
#: Fields whose text is said in other letters. One of an action of its own is written `CreateCommand:Name`.
FORMS: Final[Mapping[str, str]] = {
    **dict.fromkeys(
        (
            "DeploymentSetName",
            "DiskName",
            "EipName",
            "InstanceName",
            "KeyPairName",
            "KeyPairNames",
            "LaunchTemplateName",
            "NetworkInterfaceName",
            "PlanWindowName",
            "RouteTableName",
            "SecurityGroupName",
            "SnapshotName",
            "VSwitchName",
            "VpcName",
            "vpc.AllocateEipAddress:Name",
            "vpc.ModifyEipAddressAttribute:Name",
        ),
        CHINESE,
    ),
    **dict.fromkeys(
        (
            "CommandName",
            "CreateCommand:Name",
            "DescribeCommands:Name",
            "Description",
            "DestinationDescription",
            "ModifyCommand:Name",
            "ResourceTag.Key",
            "ResourceTag.Value",
            "RunCommand:Name",
            "Tag.Key",
            "Tag.Value",
            "TagFilter.TagKey",
            "TagFilter.TagValues",
            "TagKey",
            "Tags.Key",
            "Tags.Value",
            "TargetResourceTags.Key",
            "TargetResourceTags.Value",
            "TemplateTag.Key",
            "TemplateTag.Value",
            "VersionDescription",
        ),
        ANY,
    ),
}
#: Fields that are asked in ASCII, and why; what is said of one action goes before what is said of all.
ASCII: Final[Mapping[str, str]] = {
    "AttributeName": "a word of the documentation",
    "CreateActivation:InstanceName": "letters, digits and .-_: of managed instances, as the documentation has it",
    "DescribeActivations:InstanceName": "as that of CreateActivation",
    "DescribeManagedInstances:InstanceName": "as that of CreateActivation",
    "ModifyManagedInstance:InstanceName": "as that of CreateActivation",
    "CommandContent": "a script: its guest runs it, and a test reads what it says",
    "ContainerName": "a container that a guest has, by the name that its engine takes",
    "Content": "a file: what a guest has of it is read by scripts; tests of files say it in words",
    "DestinationImageName": "as ImageName",
    "DescribeSendFileResults:Name": "as that of SendFile",
    "Filter.Key": "a word of the documentation",
    "Filter.Value": "an instant or a number",
    "HostName": "ASCII letters, digits, periods and hyphens, as the documentation has it",
    "HostNames": "as HostName",
    "ImageName": "the public images are called so",
    "ListPluginStatus:Name": "a plug-in is called so",
    "Parameters": "JSON with the names that a script has for them; tests of parameters say their values in words",
    "RamRoleName": "ASCII letters, digits and hyphens, as the documentation has it",
    "RoleName": "as RamRoleName",
    "RoleSessionName": "ASCII letters, digits and .@-_, as the documentation has it",
    "RuleName": "no form is documented",
    "RuleNames": "as RuleName",
    "SendFile:Name": "a path in a guest; tests of files say it in words",
    "WindowsPasswordName": "ASCII letters, digits and signs, as the documentation has it",
    "cms.DescribeEventRuleList:NamePrefix": "as RuleName",
    "cms.DescribeSystemEventAttribute:Name": "a word of the documentation",
    "cms.SendDryRunSystemEvent:EventContent": "JSON, as the documentation has it",
    "EventName": "a word of the documentation",
    "EventPattern.NameList": "words of the documentation",
    "resourcemanager.ListResourceGroups:DisplayName": "the group that each account has is called so",
    "resourcemanager.ListResourceGroups:Name": "ASCII letters, digits and hyphens, as the documentation has it",
}
#: What has a meaning of its own: names that nobody has given, and beginnings that are reserved.
KEPT: Final = ("default", "acs:", "aliyun", "auto", "http://", "https://")
#: Chinese letters that hardly any name has, and letters of scripts that no drawn name has: with capitals and without.
_RARE: Final = [chr(each) for each in range(0x9F00, 0x9F4A) if each not in (0x9F0E, 0x9F13, 0x9F20, 0x9F3B)]
_CAPITALS: Final = {"Armenian": (0x531, 0x561), "Georgian": (0x1C90, 0x10D0), "Cherokee": (0x13A0, 0xAB70)}
_PLAIN: Final = {"Ethiopic": 0x1200, "Yi": 0xA000}


def form_of(path: Sequence[str], action: str) -> str | None:
    """The form of a field, or why it is ASCII; None where neither table has it.

    Args:
        path: the names of the structures that it is in, and its own.
        action: the action, with its product before it if that is another than ECS.
    """
    names = (f"{action}:{path[-1]}", ".".join(path[-2:]), path[-1])
    return next((table[name] for name in names for table in (FORMS, ASCII) if name in table), None)


class Scripts:
    """What passes between the tests of a region and the region.

    Args:
        region: whose seed decides which letters they are.
    """

    def __init__(self, region: Region) -> None:
        chance = Random(f"{seed_of(region)}/scripts")
        chinese = chance.sample(_RARE, len(ascii_letters))
        others = _letters(chance.choice([*_CAPITALS, *_PLAIN]))
        self._to = {
            form: str.maketrans(ascii_letters, "".join(each)) for form, each in ((CHINESE, chinese), (ANY, others))
        }
        self._back = str.maketrans("".join((*chinese, *others)), ascii_letters * 2)
        self._call, self._control = region.backend.call, region.backend.control

    def call(
        self, action: str, parameters: Mapping[str, object], *, product: str = "ecs", account: str | None = None
    ) -> dict[str, Any]:
        """Answer one action, which is asked and answers in these letters."""
        if "Provider" in parameters:  # Public commands are called as their provider calls them.
            return self._call(action, parameters, product=product, account=account)
        name = action if product == "ecs" else f"{product}.{action}"
        asked = {field: self._written(field.split("."), value, name) for field, value in parameters.items()}
        answer: dict[str, Any] = self.read(self._call(action, asked, product=product, account=account))
        return answer

    def control(self, verb: str, arguments: Mapping[str, object]) -> dict[str, Any]:
        """Do what only a harness may do; what it tells, and whom it calls with it, reads ASCII."""
        asked = dict(arguments)
        if verb == "subscribe" and callable(function := asked.get("function")):
            asked["function"] = lambda told: function(self.read(told))
        answer: dict[str, Any] = self.read(self._control(verb, asked))
        return answer

    def read(self, said: Any) -> Any:
        """What is answered or told, in ASCII."""
        if isinstance(said, str):
            return said if said.isascii() else said.translate(self._back)
        if isinstance(said, Mapping):
            return {name: self.read(value) for name, value in said.items()}
        return [self.read(each) for each in said] if isinstance(said, list) else said

    def _written(self, path: list[str], value: object, action: str) -> object:
        if isinstance(value, Mapping):
            return {name: self._written([*path, *str(name).split(".")], each, action) for name, each in value.items()}
        if isinstance(value, list | tuple):
            return [self._written(path, each, action) for each in value]
        if not isinstance(value, str) or value.startswith(KEPT):
            return value
        form = form_of([each for each in path if not each.isdigit()], action)
        return value.translate(self._to[form]) if form in self._to else value


def _letters(script: str) -> list[str]:
    """The letters of a script for small letters, then those for capitals."""
    if script in _PLAIN:
        return [chr(_PLAIN[script] + place) for place in range(len(ascii_letters))]
    capitals, small = _CAPITALS[script]
    return [chr(first + place) for first in (small, capitals) for place in range(len(ascii_lowercase))]
