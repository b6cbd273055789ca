"""What was made through the handle of a region, and its deletion: a backend that outlives the test keeps nothing."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from faultzone.api.ecs import ECS
from faultzone.api.errors import ApiError
from faultzone.errors import WaitTimeout

if TYPE_CHECKING:
    from faultzone.region.handles import Instance
    from faultzone.region.region import Region

#: The field that names an event rule: its maker gives the name, and the answer does not tell it.
_RULE: Final = "RuleName"
#: What actions make, but for instances: what deletes it, or stops it where it goes on for ever, the field of the answer
#: that names it, and what makes it. It is deleted in this order: what uses something else before what is used.
_DELETIONS: Final[tuple[tuple[str, str, tuple[str, ...]], ...]] = (
    ("StopInvocation", "InvokeId", ()),
    ("DeleteDeploymentSet", "DeploymentSetId", ("CreateDeploymentSet",)),
    ("DeleteLaunchTemplate", "LaunchTemplateId", ("CreateLaunchTemplate",)),
    ("DeleteCommand", "CommandId", ("CreateCommand",)),
    ("DeleteActivation", "ActivationId", ("CreateActivation",)),
    ("DeletePlanMaintenanceWindow", "PlanWindowId", ("CreatePlanMaintenanceWindow",)),
    ("DeleteEventRules", _RULE, ("PutEventRule",)),
    ("DeleteKeyPairs", "KeyPairName", ("CreateKeyPair", "ImportKeyPair")),
    ("DeleteImage", "ImageId", ("CreateImage", "CopyImage")),
    ("DeleteDisk", "DiskId", ("CreateDisk",)),
    ("DeleteSnapshot", "SnapshotId", ("CreateSnapshot",)),
    ("DeleteNetworkInterface", "NetworkInterfaceId", ("CreateNetworkInterface",)),
    ("ReleaseEipAddress", "AllocationId", ("AllocateEipAddress",)),
    ("DeleteSecurityGroup", "SecurityGroupId", ("CreateSecurityGroup",)),
    ("DeleteVSwitch", "VSwitchId", ("CreateVSwitch",)),
    ("DeleteVpc", "VpcId", ("CreateVpc",)),
)
_MADE: Final = {making: field for _, field, actions in _DELETIONS for making in actions}
#: Which actions are noted: besides those, what makes instances, what may make a command, what gives and takes disks.
NOTED: Final = frozenset(
    {
        *_MADE,
        *("RunInstances", "CreateInstance", "AttachDisk", "DetachDisk"),
        *("InvokeCommand", "RunCommand", "ModifyInvocationAttribute"),
    }
)
#: An invocation goes on, also without its instances, where one of these parameters says when it runs.
_GOES_ON: Final = ("Timed", "Frequency", "RepeatMode")
#: A command is made where this parameter says so.
_KEEPS: Final = {"RunCommand": "KeepCommand", "ModifyInvocationAttribute": "CommandContent"}
#: The parameter that says in which other region something is made.
_ELSEWHERE: Final = "DestinationRegionId"
#: What deletions ask that do not take the name in the field itself.
_ASKED: Final[Mapping[str, Callable[[str], dict[str, object]]]] = {
    "ImageId": lambda name: {"ImageId": name, "Force": True},  # One that is shared is deleted by force alone.
    "KeyPairName": lambda name: {"KeyPairNames": json.dumps([name])},
    _RULE: lambda name: {"RuleNames": [name]},
}
#: How the codes begin that refuse to delete what is still used, or not yet made.
_NOT_YET: Final = (
    "DependencyViolation",
    "ImageIsCreating",
    "IncorrectDiskStatus",
    "IncorrectEipStatus",
    "IncorrectVSwitchStatus",
    "IncorrectVpcStatus",
    "InvalidStatus.CmdIdInUse",
    "InvalidOperation.InvalidEniState",
    "OperationDenied.ImageCopying",
    "SnapshotCreatedDisk",
    "SnapshotCreatedImage",
)
#: The characters of a time up to the minute, which is all that the times of instances tell.
_MINUTE: Final = len("2019-03-01T00:00")
#: For how long the deletion of what is still used is tried again, in region time.
_UNUSED_WITHIN: Final = "10s"
#: The same of an image, which is not deleted while it is made.
_MADE_WITHIN: Final = "15m"


class _Thing(NamedTuple):
    """Something that was made: whose product it is, its name, and the ID of its region."""

    product: str
    name: str
    region: str


class Made:
    """What was made through one handle. Nothing is asked before it is deleted."""

    def __init__(self) -> None:
        #: By the field that names it.
        self._found: defaultdict[str, list[_Thing]] = defaultdict(list)
        #: The disks that were attached through the handle: a launch did not make them.
        self._attached: set[str] = set()

    def __bool__(self) -> bool:
        return bool(self._found)

    def note(self, action: str, product: str, parameters: Mapping[str, object], answer: Mapping[str, Any]) -> None:
        """Remember what the answer to one of the actions `NOTED` says was made."""

        def made(field: str, name: object) -> None:
            self._found[field].append(_Thing(product, str(name), there))

        there = str(parameters.get(_ELSEWHERE) or parameters["RegionId"])
        if "InvokeId" in answer and any(map(parameters.get, _GOES_ON)):
            made("InvokeId", answer["InvokeId"])
        if action == "AttachDisk":
            self._attached.add(str(parameters.get("DiskId")))
        elif action == "DetachDisk":
            disk, instance = str(parameters.get("DiskId")), str(parameters.get("InstanceId"))
            # What a launch made as a part of an instance stays once it is detached.
            if disk not in self._attached and _Thing(product, instance, there) in self._found["InstanceId"]:
                made("DiskId", disk)
        elif "InstanceIdSets" in answer:
            for each in answer["InstanceIdSets"]["InstanceIdSet"]:
                made("InstanceId", each)
        elif action not in _KEEPS:
            field = _MADE.get(action, "InstanceId")
            if name := (parameters if field == _RULE else answer).get(field):
                made(field, name)
        elif str(parameters.get(_KEEPS[action], "")).lower() not in ("", "none", "false"):
            made("CommandId", answer["CommandId"])

    def delete(self, region: Region) -> None:
        """Release the instances, then delete whatever else was made; what cannot be deleted stays.

        Args:
            region: the handle.
        """
        for each in dict.fromkeys(self._found["InstanceId"]):
            there = region if each.region == region.id else region.in_region(each.region)
            self._release(there, there.instance(each.name))
        for each in dict.fromkeys(self._found["ActivationId"]):
            _deregister(region, each)
        for each in dict.fromkeys(self._found["ImageId"]):
            self._found["SnapshotId"] += _snapshots_of(region, each)
        self._delete(region, ("ImageId",), _MADE_WITHIN)
        self._delete(region, [field for _, field, _ in _DELETIONS if field != "ImageId"], _UNUSED_WITHIN)
        self._found.clear()
        self._attached.clear()

    def _delete(self, region: Region, fields: Collection[str], within: str) -> None:
        """Delete what these fields name: again and again, because what used something may be gone the next time."""
        left = [
            partial(_is_gone, region, action, field, each)
            for action, field, _ in _DELETIONS
            if field in fields
            for each in reversed(dict.fromkeys(self._found[field]))
        ]

        def all_gone() -> bool:
            left[:] = [is_gone for is_gone in left if not is_gone()]
            return not left

        with suppress(WaitTimeout):
            region.wait(all_gone, within, what="all that was made is deleted")

    def _release(self, region: Region, instance: Instance) -> None:
        if not instance.exists:
            return
        shown = instance.describe()
        if shown.get("DeletionProtection"):
            region.call("ModifyInstanceAttribute", InstanceId=instance.id, DeletionProtection=False)
        if shown["Status"] == "Pending":
            region.wait(lambda: instance.status != "Pending", what=f"{instance.id} provisioned")
        with suppress(ApiError):  # A region may tell nothing of disks.
            disks = self._kept_disks(region, instance, shown["CreationTime"])
            self._found["DiskId"] += [_Thing(ECS, each, region.id) for each in disks]
        instance.delete()

    def _kept_disks(self, region: Region, instance: Instance, created: str) -> Iterator[str]:
        """The disks that its launch made, and that stay when it is released: none that was there before."""
        for disk in region.describe("DescribeDisks", "Disks", "Disk", InstanceId=instance.id):
            is_of_launch = disk["DiskId"] not in self._attached and disk["CreationTime"] >= created[:_MINUTE]
            if is_of_launch and not disk["DeleteWithInstance"]:
                yield disk["DiskId"]


def _snapshots_of(region: Region, image: _Thing) -> list[_Thing]:
    """The snapshots that an image is made of, which stay when it is deleted."""
    asked = {"ImageId": image.name, "Status": "Creating,Available", "RegionId": image.region}
    with suppress(ApiError):
        shown = [*region.describe("DescribeImages", "Images", "Image", **asked)]
        disks = [disk for each in shown for disk in each["DiskDeviceMappings"]["DiskDeviceMapping"]]
        return [image._replace(name=disk["SnapshotId"]) for disk in disks if disk["SnapshotId"]]
    return []


def _deregister(region: Region, activation: _Thing) -> None:
    """Let the machines go that registered with an activation: it stays as long as there are any."""
    with suppress(ApiError):
        where = {"RegionId": activation.region}
        while found := region.call("DescribeManagedInstances", ActivationId=activation.name, **where)["Instances"]:
            for each in found:
                region.call("DeregisterManagedInstance", InstanceId=each["InstanceId"], **where)


def _is_gone(region: Region, action: str, field: str, thing: _Thing) -> bool:
    """Delete something, and say whether no more is to be done: it is gone, or it cannot be deleted."""
    ask = _ASKED.get(field)
    asked = {field: thing.name} if ask is None else ask(thing.name)
    try:
        region.call(action, thing.product, RegionId=thing.region, **asked)
    except ApiError as refusal:
        return not refusal.code.startswith(_NOT_YET)
    return True
