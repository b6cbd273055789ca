"""Wrong regions of what older clients ask ECS for: tags of one resource, and networks."""

from __future__ import annotations

from typing import Final

from faultzone.mutations.library import accept, answer, becomes, drop, request, swallow
from faultzone.mutations.row import row

ADD: Final = "AddTags"
REMOVE: Final = "RemoveTags"
LIST: Final = "DescribeTags"
COUNTS: Final = "Tags.Tag[].ResourceTypeCount"
OF_ECS: Final = "product/networks-in-ecs"

REGIONS: Final = (
    row("older-tags-are-not-put-on", "resource/add-tags", "puts no tag on", accept(ADD)),
    row("one-older-tag-alone", "resource/add-tags", "puts the first tag on alone",
        request(ADD, lambda given: {**given, "Tag": given["Tag"][:1]})),
    row("more-than-twenty-older-tags", "resource/add-tags", "says nothing of more than 20 tags",
        swallow(ADD, "InvalidTagCount")),
    row("older-tags-without-a-key", "resource/add-tags", "takes a value without a key",
        swallow(ADD, "InvalidTag.Mismatch")),
    row("older-tags-of-any-type", "resource/add-tags", "tags any type", swallow(ADD, "InvalidResourceType.NotFound")),
    row("older-tags-stay", "resource/remove-tags", "takes no tag off", accept(REMOVE)),
    row("older-tags-go-by-key", "resource/remove-tags", "does not look at the value",
        request(REMOVE, lambda given: {**given, "Tag": [{"Key": each["Key"]} for each in given["Tag"]]})),
    row("all-older-tags-go", "resource/remove-tags", "takes all tags off", request(REMOVE, drop("Tag"))),
    row("older-tags-of-all-types", "resource/describe-tags", "lists tags of all types",
        request(LIST, drop("ResourceType"))),
    row("older-tags-of-all-resources", "resource/describe-tags", "lists tags of all resources",
        request(LIST, drop("ResourceId"))),
    row("older-tags-of-any-key", "resource/describe-tags", "does not filter tags", request(LIST, drop("Tag"))),
    row("disks-are-not-counted", "resource/describe-tags", "counts no disk",
        answer(LIST, f"{COUNTS}.Disk", becomes(0))),
    row("networks-of-a-usual-block", OF_ECS, "makes a VPC with the usual block",
        request("CreateVpc", drop("CidrBlock"))),
    row("networks-without-a-name", OF_ECS, "forgets the name of a VPC", request("CreateVpc", drop("VpcName"))),
    row("vswitches-without-names", OF_ECS, "forgets the name of a vSwitch",
        request("CreateVSwitch", drop("VSwitchName"))),
    row("networks-are-not-changed", OF_ECS, "changes no network",
        accept(("ModifyVpcAttribute", "ModifyVSwitchAttribute"))),
    row("full-networks-are-deleted", "product/networks-in-ecs-deleted", "deletes a VPC with vSwitches",
        swallow("DeleteVpc", "DependencyViolation.VSwitch")),
    row("vswitches-of-ecs-stay", "product/networks-in-ecs-deleted", "deletes no vSwitch", accept("DeleteVSwitch")),
    row("vpcs-of-ecs-stay", "product/networks-in-ecs-deleted", "deletes no VPC", accept("DeleteVpc")),
)  # fmt: skip
