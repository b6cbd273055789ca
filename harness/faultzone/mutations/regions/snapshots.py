"""Wrong regions of snapshots."""

from __future__ import annotations

from typing import Final

from faultzone.mutations.library import (
    accept,
    answer,
    becomes,
    drop,
    put,
    refuse,
    refused_as,
    request,
    swallow,
)
from faultzone.mutations.row import row

CREATE: Final = "CreateSnapshot"
LIST: Final = "DescribeSnapshots"
MODIFY: Final = "ModifySnapshotAttribute"
DELETE: Final = "DeleteSnapshot"
DISK: Final = "CreateDisk"
RUN: Final = "RunInstances"
SNAPSHOTS: Final = "Snapshots.Snapshot"


REGIONS: Final = (
    row("snapshots-at-once", "resource/create-snapshot", "shows each snapshot as done",
        answer(LIST, f"{SNAPSHOTS}[]", put(Status="accomplished", Progress="100%"))),
    row("snapshots-never-done", "resource/create-snapshot", "shows half of the progress of each snapshot",
        answer(LIST, f"{SNAPSHOTS}[]", put(Progress="50%"))),
    row("snapshots-without-a-name", "resource/create-snapshot", "forgets the name of a snapshot",
        request(CREATE, drop("SnapshotName"))),
    row("snapshots-without-tags", "resource/create-snapshot", "forgets the tags of a snapshot",
        request(CREATE, drop("Tag"))),
    row("snapshots-of-system-disks-alone", "resource/create-snapshot", "shows each disk as a system disk",
        answer(LIST, f"{SNAPSHOTS}[].SourceDiskType", becomes("system"))),
    row("snapshots-of-forty", "resource/create-snapshot", "shows 40 GiB of each disk",
        answer(LIST, f"{SNAPSHOTS}[].SourceDiskSize", becomes("40"))),
    row("snapshots-of-no-disk", "resource/snapshot-of-disk", "makes a snapshot of a disk that there is not",
        swallow(CREATE, "InvalidDiskId.NotFound")),
    row("snapshots-of-new-disks", "resource/snapshot-of-disk", "makes a snapshot of a disk that was never attached",
        swallow(CREATE, "IncorrectDiskStatus.NeverAttached")),
    row("snapshots-of-unused-disks", "resource/snapshot-of-disk", "makes a snapshot of what was never started",
        swallow(CREATE, "IncorrectDiskStatus.NeverUsed")),
    row("two-snapshots-at-once", "resource/snapshot-of-disk", "makes two snapshots of a disk at once",
        swallow(CREATE, "IncorrectDiskStatus.CreatingSnapshot")),
    row("snapshots-of-locked-instances", "resource/snapshot-locked", "makes snapshots of a locked instance",
        swallow(CREATE, "InstanceLockedForSecurity")),
    row("images-of-locked-instances", "resource/snapshot-locked", "makes images of a locked instance",
        swallow("CreateImage", "InstanceLockedForSecurity")),
    row("any-name-of-a-snapshot", "resource/snapshot-names", "takes any name of a snapshot",
        swallow((CREATE, MODIFY), "InvalidSnapshotName.Malformed")),
    row("names-of-automatic-snapshots", "resource/snapshot-names", "takes names that begin like those of the service",
        request((CREATE, MODIFY), lambda given: (
            {**given, "SnapshotName": "n" + str(given["SnapshotName"])}
            if str(given.get("SnapshotName", "")).startswith("auto") else given))),
    row("any-description-of-a-snapshot", "resource/snapshot-names", "takes any description of a snapshot",
        swallow((CREATE, MODIFY), "InvalidDescription.Malformed")),
    row("short-names-of-snapshots", "resource/snapshot-names", "takes no name of 128 characters",
        refuse(CREATE, "InvalidSnapshotName.Malformed", lambda given: len(str(given.get("SnapshotName", ""))) == 128)),
    row("sixty-five-snapshots", "resource/snapshot-quota", "makes 65 snapshots of a disk",
        values={"instance.disk_snapshots": 65}),
    row("sixty-three-snapshots", "resource/snapshot-quota", "makes 63 snapshots of a disk",
        values={"instance.disk_snapshots": 63}),
    row("still-sixty-four-snapshots", "resource/snapshots-256", "makes 64 snapshots of a disk",
        values={"instance.disk_snapshots": 64}),
    row("snapshots-without-end", "resource/snapshots-256", "makes any number of snapshots of a disk",
        values={"instance.disk_snapshots": 1_000}),
    *(row(f"snapshots-of-any-{name.lower()}", "resource/describe-snapshots", f"does not filter snapshots by {name}",
        request(LIST, drop(name)))
      for name in "SnapshotIds DiskId InstanceId SnapshotName Status SnapshotType SourceDiskType Usage Encrypted "
      "Tag".split()),
    row("all-snapshots-on-a-page", "resource/describe-snapshots", "does not page snapshots",
        request(LIST, drop("PageNumber", "PageSize"))),
    row("snapshots-are-not-renamed", "resource/modify-snapshot", "renames no snapshot",
        request(MODIFY, drop("SnapshotName"))),
    row("snapshots-are-not-described", "resource/modify-snapshot", "changes nothing of a snapshot", accept(MODIFY)),
    row("unknown-snapshots-change", "resource/modify-snapshot", "changes a snapshot that there is not",
        swallow(MODIFY, "InvalidSnapshotId.NotFound")),
    row("snapshots-change-by-nothing", "resource/modify-snapshot", "takes a change of nothing",
        swallow(MODIFY, "NoAttributeToModify")),
    row("snapshots-stay-for-ever", "resource/snapshot-retention", "releases no snapshot",
        request(CREATE, drop("RetentionDays"))),
    row("snapshots-go-after-a-day", "resource/snapshot-retention", "releases a snapshot after a day",
        request(CREATE, lambda given: {**given, **({"RetentionDays": 1} if "RetentionDays" in given else {})})),
    row("all-snapshots-go", "resource/snapshot-retention", "releases each snapshot after two days",
        request(CREATE, lambda given: {"RetentionDays": 2, **given})),
    row("snapshots-go-as-before", "resource/snapshot-kept-longer", "keeps no snapshot longer",
        request(MODIFY, drop("RetentionDays")), swallow(MODIFY, "NoAttributeToModify")),
    row("snapshots-go-earlier", "resource/snapshot-kept-longer", "takes fewer days",
        swallow(MODIFY, "InvalidOperation.DecreaseRetentionDaysUnsupported")),
    row("snapshots-are-not-deleted", "resource/delete-snapshot", "deletes no snapshot", accept(DELETE)),
    row("no-snapshot-is-passed-over", "resource/delete-snapshot", "refuses an id that no snapshot has",
        refuse(DELETE, "InvalidSnapshotId.NotFound", lambda given: "no0such" in str(given.get("SnapshotId")))),
    row("snapshots-of-images-go", "resource/delete-snapshot-in-use", "says that a snapshot of an image was deleted",
        swallow(DELETE, "SnapshotCreatedImage")),
    row("snapshots-of-disks-go", "resource/delete-snapshot-in-use", "deletes by force",
        request(DELETE, put(Force=True))),
    row("snapshots-of-disks-stay", "resource/delete-snapshot-in-use", "deletes nothing by force",
        request(DELETE, drop("Force"))),
    row("snapshots-in-use-are-alike", "resource/delete-snapshot-in-use", "calls each use one by a disk",
        refused_as(DELETE, "SnapshotCreatedImage", "SnapshotCreatedDisk")),
    row("disks-of-no-snapshot", "resource/disk-of-snapshot", "makes an empty disk",
        request(DISK, lambda given: (
            {name: value for name, value in {"Size": 40, **given}.items() if name != "SnapshotId"}))),
    row("disks-smaller-than-snapshots", "resource/disk-of-snapshot", "makes a disk that is too small",
        swallow((DISK, RUN), "InvalidDiskSize.TooSmall")),
    row("disks-of-unknown-snapshots", "resource/disk-of-snapshot", "makes a disk of a snapshot that there is not",
        swallow(DISK, "InvalidSnapshotId.NotFound")),
    row("disks-of-early-snapshots", "resource/disk-of-snapshot", "makes a disk of what is not done",
        swallow(DISK, "InvalidSnapshotId.NotReady")),
    row("disks-hide-their-snapshots", "resource/disk-of-snapshot", "does not show the snapshot of a disk",
        answer("DescribeDisks", "Disks.Disk[].SourceSnapshotId", becomes(""))),
    row("disks-of-any-snapshot", "resource/disk-of-snapshot", "does not filter disks by snapshot",
        request("DescribeDisks", drop("SnapshotId"))),
)  # fmt: skip
