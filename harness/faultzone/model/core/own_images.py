"""The images that an account made itself, or that others let it use: and how they are found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from faultzone.clock import Timer
    from faultzone.model.core.catalog import Image
    from faultzone.model.core.state import AccountState, RegionState

CREATING: Final = "Creating"
AVAILABLE: Final = "Available"
DEPRECATED: Final = "Deprecated"
#: How the ids of such images begin.
BEGINS: Final = "m-"


class ImageDisk(NamedTuple):
    """A disk of an image.

    Attributes:
        kind: `system` or `data`.
        snapshot: the id of what is on it; empty for an empty disk.
    """

    device: str
    kind: str
    gib: int
    snapshot: str
    encrypted: bool


class OwnImage:
    """An image that an account made.

    Attributes:
        image: what instances have of it.
        owner: the account.
        ready: the instant at which it is done, in milliseconds.
        group: its resource group; empty for the default one.
        shared: the accounts that may use it, each with the instant from which it may.
        copied: whether it is a copy of another.
    """

    __slots__ = (
        "boot_mode", "copied", "created", "description", "disks", "group", "image", "imds", "nvme", "owner", "ready",
        "shared", "status", "tags", "timer", "version",
    )  # fmt: skip

    def __init__(
        self, image: Image, owner: str, disks: tuple[ImageDisk, ...], created: int, ready: int, *, copied: bool = False
    ) -> None:
        self.image, self.owner, self.disks, self.created, self.ready = image, owner, disks, created, ready
        self.copied, self.status = copied, CREATING
        self.description, self.version, self.group = "", "", ""
        self.boot_mode, self.imds, self.nvme = "BIOS", "v1", "unsupported"
        self.tags: dict[str, str] = {}
        self.shared: dict[str, int] = {}
        self.timer: Timer | None = None

    @property
    def id(self) -> str:
        """What calls name it by."""
        return self.image.id


class OwnImages:
    """The images of an account in a region by id, oldest first."""

    def __init__(self) -> None:
        self.all: dict[str, OwnImage] = {}


def images_of(account: AccountState) -> set[str]:
    """The ids of the snapshots that images of an account are made of."""
    kept = account.kept(OwnImages)
    return set() if kept is None else {disk.snapshot for each in kept.all.values() for disk in each.disks}


def seen_by(region: RegionState, account: AccountState) -> list[OwnImage]:
    """The images of an account, newest first, and then those that others share with it."""
    kept = account.kept(OwnImages)
    found = [] if kept is None else [*reversed(kept.all.values())]
    for other in region.accounts.values():
        if other is not account and (theirs := other.kept(OwnImages)) is not None:
            found += [each for each in reversed(theirs.all.values()) if account.id in each.shared]
    return found


def find_own(region: RegionState, account: AccountState, id: str) -> OwnImage | None:
    """The image of that id which an account made, or which is shared with it."""
    kept = account.kept(OwnImages)
    if kept is not None and id in kept.all:
        return kept.all[id]
    return next((each for each in seen_by(region, account) if each.id == id), None)


def find_image(region: RegionState, account: AccountState, id: str) -> Image | None:
    """The image of that id: of the catalogue, of the account, or one that is shared with it."""
    image = region.catalog.find_image(id)
    if image is None and id.startswith(BEGINS):
        own = find_own(region, account, id)
        image = None if own is None else own.image
    return image


def newest_image(region: RegionState, account: AccountState, family: str) -> Image | None:
    """The newest image of a family: of the account, of those that are shared with it, or of the catalogue."""
    own = [each for each in seen_by(region, account) if each.image.family == family and each.status == AVAILABLE]
    if own:
        return max(own, key=lambda each: each.created).image
    return region.catalog.newest_image(family)
