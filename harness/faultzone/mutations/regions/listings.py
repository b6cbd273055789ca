"""Wrong regions of the chapter on instances: listings of what surrounds them, and dry runs of their changes."""

from __future__ import annotations

from typing import Final

from faultzone.mutations.library import (
    accept,
    answer,
    backwards,
    becomes,
    drop,
    emptied,
    put,
    refused_as,
    request,
    swallow,
    without,
)
from faultzone.mutations.row import WrongRegion, row

#: Clause -> the listing, and the filters that each has a region which ignores it.
FILTERS: Final = {
    "instance/list-disks": (
        "DescribeDisks", "InstanceId DiskIds ZoneId DiskType Category DiskName Portable DeleteWithInstance Encrypted "
        "Status SnapshotId Tag"),
    "instance/list-security-groups": (
        "DescribeSecurityGroups", "SecurityGroupId SecurityGroupIds SecurityGroupName VpcId Tag"),
    "instance/list-interfaces": (
        "DescribeNetworkInterfaces",
        "NetworkInterfaceId InstanceId Type VSwitchId PrimaryIpAddress SecurityGroupId Tag"),
    "instance/list-images": (
        "DescribeImages", "ImageId ImageName ImageOwnerAlias OSType Status SnapshotId Tag Usage"),
    "instance/list-families": ("DescribeInstanceTypeFamilies", "Generation"),
}  # fmt: skip
#: Clause -> the listing that has pages.
PAGES: Final = {clause: action for clause, (action, _) in FILTERS.items() if clause != "instance/list-families"}
#: A field of each listing: the clause, the actions, where it is, and what is told instead.
FIELDS: Final[tuple[tuple[str, str, str, str, object], ...]] = (
    *(("instance/list-disks", "DescribeDisks", "Disks.Disk[]", name, other) for name, other in (
        ("Size", 1), ("Category", "cloud"), ("DiskName", "other"), ("Description", "other"), ("Portable", True),
        ("DeleteWithInstance", False), ("InstanceId", "i-other"), ("ZoneId", "cn-nowhere-a"), ("ImageId", "other"),
        ("Device", "/dev/xvda"))),
    *(("instance/list-security-groups", "DescribeSecurityGroups", "SecurityGroups.SecurityGroup[]", name, "other")
      for name in ("SecurityGroupName", "Description", "VpcId")),
    *(("instance/list-security-groups", "DescribeSecurityGroupAttribute", "", name, "other")
      for name in ("SecurityGroupId", "SecurityGroupName", "Description", "VpcId", "RegionId")),
    *(("instance/list-interfaces", "DescribeNetworkInterfaces", "NetworkInterfaceSets.NetworkInterfaceSet[]", name,
       "other") for name in ("PrivateIpAddress", "MacAddress", "VpcId", "VSwitchId", "ZoneId", "Type", "Status")),
    *(("instance/list-images", "DescribeImages", "Images.Image[]", name, "other")
      for name in ("OSType", "Status", "Architecture")),
    ("instance/list-families", "DescribeInstanceTypeFamilies", "InstanceTypeFamilies.InstanceTypeFamily[]",
     "Generation", "ecs-3"),
)  # fmt: skip
TODAY: Final = "instance/list-filters-today"
#: Filters of later editions, by action.
OF_TODAY: Final = {
    "DescribeDisks": "DiskChargeType LockReason",
    "DescribeNetworkInterfaces": "VpcId Status PrivateIpAddress",
    "DescribeSecurityGroups": "SecurityGroupType",
    "DescribeImages": "Usable ResourceGroupId",
}
CHANGES: Final = ("StartInstance", "StopInstance", "RebootInstance", "DeleteInstance")
ZONES: Final = "Zones.Zone[]"


def _ignores(clause: str, action: str, name: str) -> WrongRegion:
    return row(f"{action}-of-any-{name}", clause, f"does not filter by {name}", request(action, drop(name)))


REGIONS: Final = (
    *(_ignores(clause, action, name) for clause, (action, names) in FILTERS.items() for name in names.split()),
    *(row(f"{action}-has-one-page", clause, "shows the first page whatever was asked",
          request(action, drop("PageNumber"))) for clause, action in PAGES.items()),
    *(row(f"{action}-tells-another-{name}", clause, f"tells another {name}", answer(action, path, put(**{name: other})))
      for clause, action, path, name, other in FIELDS),
    *(row(f"{action}-of-any-{name}", TODAY, f"does not filter by {name}", request(action, drop(name)))
      for action, names in OF_TODAY.items() for name in names.split()),
    *(row(f"{action}-begins-again", TODAY, "shows the first page for every token", request(action, drop("NextToken")))
      for action in PAGES.values() if action != "DescribeImages"),
    *(row(f"security-groups-with-another-{name}", TODAY, f"tells another {name}",
          answer("DescribeSecurityGroups", "SecurityGroups.SecurityGroup[]", put(**{name: 1})))
      for name in ("EcsCount", "AvailableInstanceAmount")),
    row("security-groups-stay", "instance/list-security-groups", "does not delete a security group",
        accept("DeleteSecurityGroup")),
    row("zones-of-elsewhere", "instance/list-zones", "lists the last zone first",
        answer("DescribeZones", "Zones.Zone", backwards())),
    row("zones-without-types", "instance/list-zones", "tells no types",
        answer("DescribeZones", f"{ZONES}.AvailableInstanceTypes.InstanceTypes", emptied())),
    row("zones-without-disks", "instance/list-zones", "tells no categories of disks",
        answer("DescribeZones", f"{ZONES}.AvailableDiskCategories.DiskCategories", emptied())),
    row("zones-of-one-family", "instance/list-zones", "tells one family",
        answer("DescribeZones", f"{ZONES}.AvailableResources.ResourcesInfo[].InstanceTypeFamilies",
               put(supportedInstanceTypeFamily=["ecs.g5"]))),
    row("regions-without-endpoints", "instance/list-zones", "tells no endpoints",
        answer("DescribeRegions", "Regions.Region[].RegionEndpoint", becomes(""))),
    row("families-of-a-few", "instance/list-families", "lists no family of g5",
        answer("DescribeInstanceTypeFamilies", "InstanceTypeFamilies.InstanceTypeFamily",
               without(lambda each: each["InstanceTypeFamilyId"] == "ecs.g5"))),
    *(row(f"{action}-in-a-dry-run", "instance/change-dry-run", "does in a dry run what is asked for",
          request(action, drop("DryRun"))) for action in CHANGES),
    *(row(f"{action}-unchecked", "instance/change-dry-run", "makes no checks in a dry run",
          refused_as(action, "", "DryRunOperation", when=lambda given: "DryRun" in given)) for action in CHANGES),
    row("dry-runs-are-answered", "instance/change-dry-run", "answers a dry run with success",
        swallow(CHANGES, "DryRunOperation")),
)  # fmt: skip
