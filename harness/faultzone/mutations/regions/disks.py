"""Wrong regions of disks by themselves."""

from __future__ import annotations

from typing import Final

from faultzone.mutations.library import (
    accept,
    answer,
    at,
    becomes,
    drop,
    put,
    refuse,
    refused_as,
    request,
    swallow,
    where,
    without,
)
from faultzone.mutations.row import row

CREATE: Final = "CreateDisk"
ATTACH: Final = "AttachDisk"
DETACH: Final = "DetachDisk"
DELETE: Final = "DeleteDisk"
MODIFY: Final = "ModifyDiskAttribute"
RESIZE: Final = "ResizeDisk"
LIST: Final = "DescribeDisks"
DISKS: Final = "Disks.Disk"


def is_free(shown: dict[str, object]) -> bool:
    """Whether a disk that is shown is attached to nothing."""
    return shown["Status"] == "Available"


REGIONS: Final = (
    row("disks-of-a-usual-category", "resource/create-disk", "makes a disk without a category as an efficient one",
        request(CREATE, lambda given: (
            given if given.get("DiskCategory") else {**given, "DiskCategory": "cloud_efficiency", "Size": 20}))),
    row("disks-without-a-name", "resource/create-disk", "forgets the name of a disk",
        request(CREATE, drop("DiskName"))),
    row("disks-without-tags", "resource/create-disk", "forgets the tags of a disk", request(CREATE, drop("Tag"))),
    row("disks-are-not-encrypted", "resource/create-disk", "encrypts no disk", request(CREATE, drop("Encrypted"))),
    row("disks-that-stay-where-they-are", "resource/create-disk", "shows no disk as portable",
        answer(LIST, f"{DISKS}[].Portable", becomes(False))),
    row("disks-of-any-zone", "resource/create-disk", "makes a disk in a zone that there is not",
        swallow(CREATE, "InvalidZoneId.NotFound")),
    row("disks-of-any-size", "resource/disk-sizes", "makes disks of any size",
        swallow(CREATE, "InvalidSize.ValueNotSupported")),
    row("disks-of-no-size", "resource/disk-sizes", "makes a disk of a usual size",
        request(CREATE, lambda given: given if given.get("Size") else {**given, "Size": 40})),
    row("small-disks-alone", "resource/disk-sizes", "makes no disk of 32768 GiB",
        refuse(CREATE, "InvalidSize.ValueNotSupported", lambda given: given.get("Size") == 32768)),
    row("large-disks-alone", "resource/disk-sizes", "makes no disk of 5 GiB",
        refuse(CREATE, "InvalidSize.ValueNotSupported", lambda given: given.get("Size") == 5)),
    row("any-category-of-a-disk", "resource/disk-sizes", "makes a disk of any category",
        swallow(CREATE, "InvalidDiskCategory.ValueNotSupported")),
    row("any-name-of-a-disk", "resource/disk-names", "takes any name of a disk",
        swallow((CREATE, MODIFY), "InvalidDiskName.Malformed")),
    row("any-description-of-a-disk", "resource/disk-names", "takes any description of a disk",
        swallow((CREATE, MODIFY), "InvalidDescription.Malformed")),
    row("names-of-disks-of-127", "resource/disk-names", "takes names of up to 127 characters",
        refuse(MODIFY, "InvalidDiskName.Malformed", lambda given: len(str(given.get("DiskName", ""))) == 128)),
    row("free-disks-are-not-listed", "resource/describe-free-disks", "lists disks of instances alone",
        answer(LIST, DISKS, without(is_free))),
    row("disks-of-any-state", "resource/describe-free-disks", "does not filter disks by state",
        request(LIST, drop("Status"))),
    row("free-disks-of-any-zone", "resource/describe-free-disks", "does not filter disks by zone",
        request(LIST, drop("ZoneId"))),
    row("free-disks-of-any-tag", "resource/describe-free-disks", "does not filter disks by tags",
        request(LIST, drop("Tag"))),
    row("free-disks-of-any-name", "resource/describe-free-disks", "does not filter disks by name",
        request(LIST, drop("DiskName"))),
    row("unknown-disks-are-attached", "resource/unknown-disk", "attaches a disk that there is not",
        swallow(ATTACH, "InvalidDiskId.NotFound")),
    row("unknown-disks-are-resized", "resource/unknown-disk", "resizes a disk that there is not",
        swallow(RESIZE, "InvalidDiskId.NotFound")),
    row("unknown-instances-have-disks", "resource/unknown-disk", "attaches a disk to no instance",
        swallow(ATTACH, "InvalidInstanceId.NotFound")),
    row("disks-are-not-attached", "resource/attach-disk", "attaches no disk", accept(ATTACH)),
    row("disks-are-released-with-instances", "resource/attach-disk", "releases each disk with its instance",
        request(ATTACH, put(DeleteWithInstance=True))),
    row("disks-are-attached-twice", "resource/attach-disk", "attaches a disk that is attached",
        swallow(ATTACH, "IncorrectDiskStatus")),
    row("disks-of-another-zone", "resource/attach-disk", "attaches a disk of another zone",
        swallow(ATTACH, "ResourcesNotInSameZone")),
    row("disks-for-instances-in-any-state", "resource/attach-disk-state", "attaches in any state",
        swallow(ATTACH, "IncorrectInstanceStatus")),
    row("disks-for-locked-instances", "resource/attach-disk-state", "attaches to what is locked for security",
        swallow(ATTACH, "InstanceLockedForSecurity")),
    row("disks-from-locked-instances", "resource/attach-disk-state", "detaches from what is locked for security",
        swallow(DETACH, "InstanceLockedForSecurity")),
    row("seventeen-data-disks", "resource/disks-of-an-instance", "attaches any number of disks",
        swallow(ATTACH, "InstanceDiskLimitExceeded")),
    row("one-device-for-all", "resource/disks-of-an-instance", "shows the same device for all disks",
        answer(LIST, f"{DISKS}[].Device", becomes("/dev/xvdb"))),
    row("any-device", "resource/disk-device", "takes any device", swallow(ATTACH, "InvalidDevice.Malformed")),
    row("devices-are-shared", "resource/disk-device", "takes a device that is taken",
        swallow(ATTACH, "InvalidDevice.InUse")),
    row("no-device-is-asked-for", "resource/disk-device", "does not look at the device",
        request(ATTACH, drop("Device"))),
    row("disks-are-not-detached", "resource/detach-disk", "detaches no disk", accept(DETACH)),
    row("detached-disks-keep-their-instance", "resource/detach-disk", "shows an instance of a detached disk",
        answer(LIST, DISKS, at("[]", where(is_free, put(InstanceId="i-1"))))),
    row("detached-disks-go-with-instances", "resource/detach-disk", "says that a detached disk goes with its instance",
        answer(LIST, DISKS, at("[]", where(is_free, put(DeleteWithInstance=True))))),
    row("disks-are-detached-from-any", "resource/detach-refused", "detaches a disk from another instance",
        swallow(DETACH, "DependencyViolation")),
    row("system-disks-are-detached", "resource/detach-refused", "detaches a system disk",
        swallow(DETACH, "DiskTypeViolation")),
    row("system-disks-are-another-code", "resource/detach-refused", "calls a system disk a disk in a wrong state",
        refused_as(DETACH, "DiskTypeViolation", "IncorrectDiskStatus")),
    row("disks-are-not-released", "resource/delete-disk", "releases no disk", accept(DELETE)),
    row("attached-disks-are-released", "resource/delete-disk", "releases a disk that is attached",
        swallow(DELETE, "IncorrectDiskStatus")),
    row("no-disk-is-passed-over", "resource/delete-disk", "refuses an id that no disk has",
        refuse(DELETE, "InvalidDiskId.NotFound", lambda given: "no0such" in str(given.get("DiskId")))),
    row("all-disks-go", "resource/disk-kept", "releases each disk with its instance",
        request(("RunInstances", ATTACH), lambda given: {
            **given,
            **({"DeleteWithInstance": True} if "DiskId" in given else {}),
            **({"DataDisk": [{**each, "DeleteWithInstance": True} for each in given["DataDisk"]]}
                if "DataDisk" in given else {})})),
    row("no-disk-goes", "resource/disk-kept", "keeps each disk",
        request(("RunInstances", ATTACH), lambda given: {
            **given,
            **({"DeleteWithInstance": False} if "DiskId" in given else {}),
            **({"DataDisk": [{**each, "DeleteWithInstance": False} for each in given["DataDisk"]]}
                if "DataDisk" in given else {})})),
    row("disks-are-not-renamed", "resource/modify-disk", "renames no disk", request(MODIFY, drop("DiskName"))),
    row("disks-are-not-described", "resource/modify-disk", "describes no disk", request(MODIFY, drop("Description"))),
    row("disks-stay-as-they-are", "resource/modify-disk", "changes no disk", accept(MODIFY)),
    row("nothing-to-change-is-fine", "resource/modify-disk", "takes a change of nothing",
        swallow(MODIFY, "NoAttributeToModify")),
    row("disks-keep-their-size", "resource/resize-disk", "enlarges no disk", accept(RESIZE)),
    row("disks-become-smaller", "resource/resize-disk", "takes a smaller size",
        swallow(RESIZE, "InvalidDiskSize.TooSmall")),
    row("disks-become-too-large", "resource/resize-disk", "takes any larger size",
        swallow(RESIZE, "InvalidDiskSize.TooLarge")),
    row("disks-below-two-thousand", "resource/resize-disk", "takes less than 2000 GiB",
        refuse(RESIZE, "InvalidDiskSize.TooLarge", lambda given: given.get("NewSize") == 2000)),
    row("system-disks-are-resized", "resource/resize-data-disks-alone", "enlarges a system disk",
        values={"instance.resized_disk_gib": {}}),
    row("essds-are-resized", "resource/resize-data-disks-alone", "says that an ESSD was enlarged",
        swallow(RESIZE, "OperationDenied")),
    row("system-disks-are-not-resized", "resource/resize-system-disk", "enlarges data disks of old categories alone",
        values={"instance.resized_disk_gib": {"cloud": 2000, "cloud_ssd": 2000}}),
    row("some-disks-are-not-resized", "resource/resize-system-disk", "does nothing where it should enlarge",
        accept(RESIZE)),
)  # fmt: skip
