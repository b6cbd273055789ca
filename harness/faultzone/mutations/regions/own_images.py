"""Wrong regions of the images that users make."""

from __future__ import annotations

from typing import Any, Final

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
    without,
)
from faultzone.mutations.row import row

CREATE: Final = "CreateImage"
COPY: Final = "CopyImage"
CANCEL: Final = "CancelCopyImage"
DELETE: Final = "DeleteImage"
MODIFY: Final = "ModifyImageAttribute"
SHARE: Final = "ModifyImageSharePermission"
SHARED: Final = "DescribeImageSharePermission"
LIST: Final = "DescribeImages"
RUN: Final = "RunInstances"
IMAGES: Final = "Images.Image"
MAPPED: Final = f"{IMAGES}[].DiskDeviceMappings.DiskDeviceMapping"


def is_own(shown: dict[str, Any]) -> bool:
    """Whether an image that is shown was made of snapshots."""
    return bool(shown["DiskDeviceMappings"]["DiskDeviceMapping"])


def is_data(shown: dict[str, Any]) -> bool:
    """Whether a disk of an image that is shown is a data disk."""
    return bool(shown["Type"] == "data")


REGIONS: Final = (
    row("images-at-once", "resource/create-image", "shows each image as available",
        answer(LIST, f"{IMAGES}[].Status", becomes("Available"))),
    row("images-never-done", "resource/create-image", "shows half of the progress of each image",
        answer(LIST, f"{IMAGES}[].Progress", becomes("50%"))),
    row("images-of-the-system", "resource/create-image", "says that each image is the system's",
        answer(LIST, f"{IMAGES}[].ImageOwnerAlias", becomes("system"))),
    row("images-without-a-name", "resource/create-image", "forgets the name of an image",
        request(CREATE, drop("ImageName"))),
    row("images-without-tags", "resource/create-image", "forgets the tags of an image", request(CREATE, drop("Tag"))),
    row("images-of-windows", "resource/create-image", "shows each image as one of Windows",
        answer(LIST, f"{IMAGES}[].OSType", becomes("windows"), when=lambda given: "Status" in given)),
    row("images-of-system-disks-alone", "resource/create-image", "shows no data disk of an image",
        answer(LIST, MAPPED, without(is_data))),
    row("images-in-any-state", "resource/create-image", "makes an image of an instance that there is not",
        swallow(CREATE, "InvalidInstanceId.NotFound")),
    row("images-of-no-snapshot", "resource/image-of-snapshots", "makes an image of a snapshot that there is not",
        swallow(CREATE, "InvalidSnapshotId.NotFound")),
    row("images-of-early-snapshots", "resource/image-of-snapshots", "makes an image of what is not done",
        swallow(CREATE, "InvalidSnapshotId.NotReady")),
    row("images-of-data-disks", "resource/image-of-snapshots", "makes an image without a system disk",
        swallow(CREATE, "OperationDenied")),
    row("images-of-nothing", "resource/image-of-snapshots", "makes an image of nothing",
        swallow(CREATE, "MissingParameter")),
    row("images-as-large-as-snapshots", "resource/image-of-snapshots", "forgets the sizes of the disks of an image",
        request(CREATE, lambda given: {
            **given,
            **({"DiskDeviceMapping": [
                {name: value for name, value in each.items() if name != "Size"} if "SnapshotId" in each else each
                for each in given["DiskDeviceMapping"]]} if "DiskDeviceMapping" in given else {})})),
    row("launches-of-another-image", "resource/launch-own-image", "shows another image of an instance",
        answer("DescribeInstances", "Instances.Instance[].ImageId", becomes("m-another"))),
    row("launches-without-data-disks", "resource/launch-own-image", "shows no data disk of an image",
        answer("DescribeDisks", "Disks.Disk", without(lambda shown: shown["SourceSnapshotId"] != ""))),
    row("launches-of-early-images", "resource/launch-own-image", "launches an image that is being created",
        swallow(RUN, "OperationDenied.ImageNotValid")),
    row("any-name-of-an-image", "resource/image-names", "takes any name of an image",
        swallow((CREATE, MODIFY), "InvalidImageName.Malformed")),
    row("images-of-one-name", "resource/image-names", "takes a name twice",
        swallow((CREATE, MODIFY), "InvalidImageName.Duplicated")),
    row("any-description-of-an-image", "resource/image-names", "takes any description of an image",
        swallow((CREATE, MODIFY), "InvalidDescription.Malformed")),
    row("names-of-images-of-127", "resource/image-names", "takes names of up to 127 characters",
        refuse(MODIFY, "InvalidImageName.Malformed", lambda given: len(str(given.get("ImageName", ""))) == 128)),
    row("a-hundred-and-one-images", "resource/image-quota", "makes 101 images", values={"instance.own_images": 101}),
    row("ninety-nine-images", "resource/image-quota", "makes 99 images", values={"instance.own_images": 99}),
    row("own-images-are-not-listed", "resource/describe-own-images", "lists no image of an account",
        answer(LIST, IMAGES, without(is_own))),
    row("early-images-are-listed", "resource/describe-own-images", "lists images in any state",
        request(LIST, lambda given: {"Status": "Creating,Available", **given})),
    *(row(f"own-images-of-any-{name.lower()}", "resource/describe-own-images", f"does not filter images by {name}",
        request(LIST, drop(name)))
      for name in "ImageId ImageName ImageOwnerAlias SnapshotId Usage Tag Status".split()),
    row("copies-without-a-name", "resource/copy-image", "forgets the name of a copy",
        request(COPY, drop("DestinationImageName"))),
    row("copies-without-a-description", "resource/copy-image", "forgets the description of a copy",
        request(COPY, drop("DestinationDescription"))),
    row("copies-without-tags", "resource/copy-image", "forgets the tags of a copy", request(COPY, drop("Tag"))),
    row("copies-are-no-copies", "resource/copy-image", "says that no image is a copy",
        answer(LIST, f"{IMAGES}[].IsCopied", becomes(False))),
    row("all-images-are-copies", "resource/copy-image", "says that each image is a copy",
        answer(LIST, f"{IMAGES}[].IsCopied", becomes(True))),
    row("copies-at-once", "resource/copy-image", "shows each copy as available",
        answer(LIST, f"{IMAGES}[].Status", becomes("Available"))),
    row("copies-of-no-image", "resource/copy-image-refused", "copies an image that there is not",
        swallow(COPY, "InvalidImageId.NotFound")),
    row("copies-of-early-images", "resource/copy-image-refused", "copies an image that is being created",
        swallow(COPY, "IncorrectImageStatus")),
    row("copies-to-nowhere", "resource/copy-image-refused", "copies an image to no region",
        swallow(COPY, "DestinationRegion.NotFound")),
    row("copies-go-on", "resource/cancel-copy-image", "gives up no copy", accept(CANCEL)),
    row("finished-copies-are-given-up", "resource/cancel-copy-image", "says that a finished copy was given up",
        swallow(CANCEL, "IncorrectImageStatus")),
    row("images-are-given-up", "resource/cancel-copy-image", "says that what is no copy was given up",
        swallow(CANCEL, "ImageCreatedNotFromCopy")),
    row("images-are-not-deleted", "resource/delete-image", "deletes no image", accept(DELETE)),
    row("no-image-is-passed-over", "resource/delete-image", "refuses an id that no image has",
        refuse(DELETE, "InvalidImageId.NotFound", lambda given: "no0such" in str(given.get("ImageId")))),
    row("snapshots-go-with-images", "resource/delete-image", "lists no snapshot that no image needs",
        answer("DescribeSnapshots", "Snapshots.Snapshot", without(lambda shown: shown["Usage"] == "none"),
            when=lambda given: "SnapshotIds" not in given)),
    row("images-in-use-go", "resource/delete-image-in-use", "deletes by force", request(DELETE, put(Force=True))),
    row("images-in-use-stay", "resource/delete-image-in-use", "deletes nothing by force",
        request(DELETE, drop("Force"))),
    row("early-images-go", "resource/delete-image-in-use", "says that an image was deleted that is being created",
        swallow(DELETE, "ImageIsCreating")),
    row("images-in-use-are-alike", "resource/delete-image-in-use", "calls each use one by an instance",
        refused_as(DELETE, "ImageUseShared", "ImageUsingByInstance")),
    row("images-are-not-renamed", "resource/modify-image", "renames no image", request(MODIFY, drop("ImageName"))),
    row("images-are-not-described", "resource/modify-image", "describes no image",
        request(MODIFY, drop("Description"))),
    row("unknown-images-change", "resource/modify-image", "changes an image that there is not",
        swallow(MODIFY, "InvalidImageId.NotFound")),
    row("images-stay-in-use", "resource/deprecated-image", "deprecates no image", request(MODIFY, drop("Status"))),
    row("deprecated-images-are-listed", "resource/deprecated-image", "lists deprecated images",
        request(LIST, lambda given: {**given, "Status": given.get("Status") or "Available,Deprecated"})),
    row("deprecated-images-are-copied", "resource/deprecated-image", "copies a deprecated image",
        swallow(COPY, "IncorrectImageStatus")),
    row("deprecated-images-are-shared", "resource/deprecated-image", "shares a deprecated image",
        swallow(SHARE, "IncorrectImageStatus")),
    row("deprecated-images-are-not-launched", "resource/deprecated-image", "launches no image of an account",
        refuse(RUN, "OperationDenied.ImageNotValid", lambda given: str(given.get("ImageId")).startswith("m-bp1"))),
    row("shared-images-are-deprecated", "resource/deprecated-image", "says that a shared image was deprecated",
        swallow(MODIFY, "ImageUseShared")),
    row("images-of-no-family", "resource/image-family-of-own", "forgets the family of an image",
        request(CREATE, drop("ImageFamily"))),
    row("images-of-any-family", "resource/image-family-of-own", "does not filter images by family",
        request(LIST, drop("ImageFamily"))),
    row("images-are-not-shared", "resource/share-image", "shares no image", accept(SHARE)),
    row("images-stay-shared", "resource/share-image", "takes no image away from an account",
        request(SHARE, drop("RemoveAccount"))),
    row("shared-with-nobody", "resource/share-image", "tells no account that uses an image",
        answer(SHARED, "Accounts.Account", without(lambda shown: True))),
    row("shared-images-are-ones-own", "resource/share-image", "shows images of others as one's own",
        answer(LIST, f"{IMAGES}[].ImageOwnerAlias", becomes("self"))),
    row("fifty-one-accounts", "resource/share-image-limits", "says that an image was shared with a 51st account",
        swallow(SHARE, "QuotaExceed.ShareImageUser")),
    row("images-shared-with-oneself", "resource/share-image-limits", "shares with the account itself",
        swallow(SHARE, "InvalidAccount.Forbbiden")),
    row("eleven-accounts-of-a-call", "resource/share-image-limits", "refuses more than 10 accounts of a call",
        refuse(SHARE, "InvalidParameter", lambda given: len(given.get("AddAccount", ())) > 10)),
)  # fmt: skip
