"""What was made through the handle of a region, and its deletion: a backend that outlives the test keeps nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from faultzone.api.ecs import ECS
from faultzone.api.errors import ApiError
from faultzone.errors import WaitTimeout

if TYPE_CHECKING:
    from faultzone.region.handles import Instance
    from faultzone.region.region import Region

#: What actions make, but for instances: what deletes it, the field of the answer that names it, and what makes it. It
#: is deleted in this order: what uses something else before what is used.
_DELETIONS: Final = (
    ("DeleteDeploymentSet", "DeploymentSetId", ("CreateDeploymentSet",)),
    ("DeleteLaunchTemplate", "LaunchTemplateId", ("CreateLaunchTemplate",)),
    ("DeleteCommand", "CommandId", ("CreateCommand",)),
    ("DeleteActivation", "ActivationId", ("CreateActivation",)),
    ("DeletePlanMaintenanceWindow", "PlanWindowId", ("CreatePlanMaintenanceWindow",)),
    ("DeleteKeyPairs", "KeyPairName", ("CreateKeyPair", "ImportKeyPair")),
    ("DeleteImage", "ImageId", ("CreateImage",)),
    ("DeleteSnapshot", "SnapshotId", ("CreateSnapshot",)),
    ("DeleteDisk", "DiskId", ("CreateDisk",)),
    ("DeleteNetworkInterface", "NetworkInterfaceId", ("CreateNetworkInterface",)),
    ("ReleaseEipAddress", "AllocationId", ("AllocateEipAddress",)),
    ("DeleteSecurityGroup", "SecurityGroupId", ("CreateSecurityGroup",)),
    ("DeleteVSwitch", "VSwitchId", ("CreateVSwitch",)),
    ("DeleteVpc", "VpcId", ("CreateVpc",)),
)
_MADE: Final = {making: field for _, field, actions in _DELETIONS for making in actions}
#: Which actions are noted: besides those, what makes instances, what may make a command, what gives and takes disks.
NOTED: Final = frozenset(
    {*_MADE, "RunInstances", "CreateInstance", "RunCommand", "ModifyInvocationAttribute", "AttachDisk", "DetachDisk"}
)
#: A command is made where this parameter says so.
_KEEPS: Final = {"RunCommand": "KeepCommand", "ModifyInvocationAttribute": "CommandContent"}
#: How the codes begin that refuse to delete what is still used.
_IN_USE: Final = ("DependencyViolation", "IncorrectEipStatus", "IncorrectDiskStatus", "ImageIsCreating")
#: The characters of a time up to the minute, which is all that the times of instances tell.
_MINUTE: Final = len("2019-03-01T00:00")
#: For how long the deletion of what is still used is tried again, in region time.
_UNUSED_WITHIN: Final = "10s"
#: The same of an image, which is not deleted while it is made.
_MADE_WITHIN: Final = "15m"


class Made:
    """What was made through one handle. Nothing is asked before it is deleted."""

    def __init__(self) -> None:
        #: The field that names it -> the product and the name.
        self._found: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
        #: The disks that were attached through the handle: a launch did not make them.
        self._attached: set[str] = set()

    def __bool__(self) -> bool:
        return bool(self._found)

    def note(self, action: str, product: str, parameters: Mapping[str, object], answer: Mapping[str, Any]) -> None:
        """Remember what the answer to one of the actions `NOTED` says was made."""
        if action == "AttachDisk":
            self._attached.add(str(parameters.get("DiskId")))
        elif action == "DetachDisk":
            self._note_detached(product, str(parameters.get("DiskId")), str(parameters.get("InstanceId")))
        elif "InstanceIdSets" in answer:
            self._found["InstanceId"] += [(product, each) for each in answer["InstanceIdSets"]["InstanceIdSet"]]
        elif action not in _KEEPS:
            field = _MADE.get(action, "InstanceId")
            if field in answer:
                self._found[field].append((product, answer[field]))
        elif str(parameters.get(_KEEPS[action], "")).lower() not in ("", "none", "false"):
            self._found["CommandId"].append((product, answer["CommandId"]))

    def _note_detached(self, product: str, disk: str, instance: str) -> None:
        """What a launch made as a part of an instance stays once it is detached."""
        if disk not in self._attached and (product, instance) in self._found["InstanceId"]:
            self._found["DiskId"].append((product, disk))

    def delete(self, region: Region) -> None:
        """Release the instances, then delete whatever else was made; what cannot be deleted stays.

        Args:
            region: the handle.
        """
        for _, instance in dict.fromkeys(self._found["InstanceId"]):
            self._release(region, region.instance(instance))
        for product, activation in dict.fromkeys(self._found["ActivationId"]):
            _deregister(region, product, activation)
        for action, field, _ in _DELETIONS:
            within = _MADE_WITHIN if field == "ImageId" else _UNUSED_WITHIN
            for product, name in reversed(dict.fromkeys(self._found[field])):
                if field == "ImageId":
                    self._found["SnapshotId"] += [(product, each) for each in _snapshots_of(region, name)]
                named = {"KeyPairNames": f'["{name}"]'} if field == "KeyPairName" else {field: name}
                with suppress(ApiError, WaitTimeout):
                    region.wait(partial(_is_gone, region, action, product, named), within, what=f"no {name}")
        self._found.clear()
        self._attached.clear()

    def _release(self, region: Region, instance: Instance) -> None:
        if not instance.exists:
            return
        shown = instance.describe()
        if shown.get("DeletionProtection"):
            region.call("ModifyInstanceAttribute", InstanceId=instance.id, DeletionProtection=False)
        if shown["Status"] == "Pending":
            region.wait(lambda: instance.status != "Pending", what=f"{instance.id} provisioned")
        with suppress(ApiError):  # A region may tell nothing of disks.
            self._found["DiskId"] += [(ECS, each) for each in self._kept_disks(region, instance, shown["CreationTime"])]
        instance.delete()

    def _kept_disks(self, region: Region, instance: Instance, created: str) -> Iterator[str]:
        """The disks that its launch made, and that stay when it is released: none that was there before."""
        for disk in region.describe("DescribeDisks", "Disks", "Disk", InstanceId=instance.id):
            is_of_launch = disk["DiskId"] not in self._attached and disk["CreationTime"] >= created[:_MINUTE]
            if is_of_launch and not disk["DeleteWithInstance"]:
                yield disk["DiskId"]


def _snapshots_of(region: Region, image: str) -> list[str]:
    """The snapshots that an image is made of, which stay when it is deleted."""
    asked = {"ImageId": image, "Status": "Creating,Available"}
    with suppress(ApiError):
        shown = [*region.describe("DescribeImages", "Images", "Image", **asked)]
        disks = [disk for each in shown for disk in each["DiskDeviceMappings"]["DiskDeviceMapping"]]
        return [disk["SnapshotId"] for disk in disks if disk["SnapshotId"]]
    return []


def _deregister(region: Region, product: str, activation: str) -> None:
    """Let the machines go that registered with an activation: it stays as long as there are any."""
    with suppress(ApiError):
        while found := region.call("DescribeManagedInstances", product, ActivationId=activation)["Instances"]:
            for each in found:
                region.call("DeregisterManagedInstance", product, InstanceId=each["InstanceId"])


def _is_gone(region: Region, action: str, product: str, named: Mapping[str, str]) -> bool:
    """Delete something, and say whether it is gone: it is not while anything uses it."""
    try:
        region.call(action, product, **named)
    except ApiError as refusal:
        if refusal.code.startswith(_IN_USE):
            return False
        raise
    return True
