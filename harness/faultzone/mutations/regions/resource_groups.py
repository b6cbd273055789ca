"""Wrong regions of resource groups and of filters by tags."""

from __future__ import annotations

from typing import Final

from faultzone.backends import Backend
from faultzone.mutations.library import (
    Answer,
    Next,
    Parameters,
    accept,
    after,
    answer,
    at,
    becomes,
    drop,
    read_as,
    refused_as,
    replaced,
    request,
    retry,
    swallow,
)
from faultzone.mutations.row import row
from faultzone.mutations.wrapper import Wrapper

LAUNCHES: Final = ("RunInstances", "CreateInstance")
JOIN: Final = "JoinResourceGroup"
#: The listings by group, and where each shows the group.
SHOWN: Final = {
    "instances": ("DescribeInstances", "Instances.Instance[]"),
    "disks": ("DescribeDisks", "Disks.Disk[]"),
    "network-interfaces": ("DescribeNetworkInterfaces", "NetworkInterfaceSets.NetworkInterfaceSet[]"),
    "security-groups": ("DescribeSecurityGroups", "SecurityGroups.SecurityGroup[]"),
    "templates": ("DescribeLaunchTemplates", "LaunchTemplateSets.LaunchTemplateSet[]"),
}
FILTERS: Final = ("ResourceGroupId", "TemplateResourceGroupId")


def with_disks(call: Next, given: Parameters, answered: Answer) -> None:
    """Move the disks of an instance with it."""
    if given["ResourceType"] == "instance":
        region = {"RegionId": given["RegionId"]}
        disks = call.ask("DescribeDisks", {**region, "InstanceId": given["ResourceId"]})["Disks"]["Disk"]
        for each in disks:
            call(JOIN, {**given, "ResourceType": "disk", "ResourceId": each["DiskId"]})


class MovesOnce(Wrapper):
    """Answers each further JoinResourceGroup of a resource, and leaves it where it is."""

    def __init__(self, inner: Backend) -> None:
        super().__init__(inner)
        self._moved: set[object] = set()

    def called(self, action: str, parameters: Parameters, account: str | None) -> Answer:
        """Look at what was moved before."""
        moved = parameters["ResourceId"] if action == JOIN else None
        if moved in self._moved:
            return {"RequestId": ""}
        self._moved |= set() if moved is None else {moved}
        return super().called(action, parameters, account)


REGIONS: Final = (
    *(row(f"groups-lost-by-{name}", "instance/resource-group", f"forgets the resource group of {action}",
          request(action, drop(parameter)))
      for name, action, parameter in (
          ("runs", "RunInstances", "ResourceGroupId"), ("creations", "CreateInstance", "ResourceGroupId"),
          ("security-groups", "CreateSecurityGroup", "ResourceGroupId"),
          ("templates", "CreateLaunchTemplate", "TemplateResourceGroupId"))),
    *(row(f"groups-of-{name}-not-shown", "instance/resource-group", f"shows no resource group in {action}",
          answer(action, f"{place}.ResourceGroupId", becomes(""))) for name, (action, place) in SHOWN.items()),
    *(row(f"{name}-of-any-group", "instance/resource-group", f"finds resources of any group in {action}",
          request(action, drop(*FILTERS))) for name, (action, _) in SHOWN.items()),
    row("history-of-any-group", "instance/resource-group", "finds the events of any group",
        request("DescribeInstanceHistoryEvents", drop("ResourceGroupId"))),
    row("unknown-group-is-none", "instance/resource-group", "launches outside groups where there is no such group",
        retry(LAUNCHES, "InvalidResourceGroup.NotFound", drop("ResourceGroupId"))),
    row("security-group-of-no-group", "instance/resource-group", "takes any resource group for a security group",
        retry("CreateSecurityGroup", "InvalidResourceGroup.NotFound", drop("ResourceGroupId"))),
    row("template-of-no-group", "instance/resource-group", "takes any resource group for a launch template",
        retry("CreateLaunchTemplate", "InvalidResourceGroup.NotFound", drop("TemplateResourceGroupId"))),
    row("only-instances-move", "instance/join-resource-group", "moves instances alone",
        refused_as(JOIN, "InvalidResourceId.NotFound", "InvalidResourceType.NotFound")),
    row("kinds-in-any-case", "instance/join-resource-group", "takes kinds in any letters",
        request(JOIN, at("ResourceType", read_as({"Instance": "instance"})))),
    row("nothing-moves", "instance/join-resource-group", "leaves everything in its group", accept(JOIN)),
    row("disks-move-along", "instance/join-resource-group", "moves the disks of an instance with it",
        after(JOIN, with_disks)),
    row("values-of-filters-lost", "instance/tag-filter", "takes any value for one of a filter",
        request("ListTagResources", at("TagFilter[]", drop("TagValues")))),
    row("first-filter-counts", "instance/tag-filter", "takes the first filter alone",
        request("ListTagResources", at("TagFilter", lambda filters: filters[:1]))),
    row("filters-find-no-key", "instance/tag-filter", "wants values of every filter",
        request("ListTagResources", at("TagFilter[]", lambda each: {"TagValues": ["none"], **each}))),
    row("stars-of-keys-are-letters", "instance/tag-filter", "finds no tag by a part of its key",
        request("ListTagResources", at("TagFilter[].TagKey", replaced("*", "")))),
    row("stars-of-values-are-letters", "instance/tag-filter", "finds no tag by a part of its value",
        request("ListTagResources", at("TagFilter[].TagValues[]", replaced("*", "")))),
    row("values-beside-a-star", "instance/tag-filter", "takes values beside a part of a key",
        retry("ListTagResources", "InvalidParameter", at("TagFilter[]", drop("TagValues")))),
    row("tags-beside-filters", "instance/tag-filter", "takes tags and filters at once",
        retry("ListTagResources", "InvalidParameter.Conflict", drop("Tag"))),

    # The default group
    *(row(f"{name}-show-a-default-group", "instance/default-resource-group", f"shows a group of its own in {action}",
          answer(action, f"{place}.ResourceGroupId", read_as({"": "rg-acfmdefault0000"})))
      for name, (action, place) in SHOWN.items()),
    row("commands-show-a-default-group", "instance/default-resource-group", "shows a group of its own of commands",
        answer("DescribeCommands", "Commands.Command[].ResourceGroupId", read_as({"": "rg-acfmdefault0000"}))),
    row("never-comes-back", "instance/default-resource-group", "moves a resource once", wrap=MovesOnce),

    # Security groups
    row("deletes-what-is-used", "instance/security-group-in-use", "deletes a security group that is used",
        swallow("DeleteSecurityGroup", "DependencyViolation")),
    row("used-by-another-code", "instance/security-group-in-use", "refuses to delete what is used otherwise",
        refused_as("DeleteSecurityGroup", "DependencyViolation", "OperationConflict")),
    row("does-not-see-secondary-interfaces", "instance/security-group-in-use",
        "does not put secondary interfaces into their security groups",
        request("RunInstances", at("NetworkInterface", lambda cards: [
            {name: each[name] for name in each if name != "SecurityGroupId"} for each in cards]))),
    row("deletes-no-security-group", "instance/security-group-in-use", "deletes no security group",
        accept("DeleteSecurityGroup")),
)  # fmt: skip
