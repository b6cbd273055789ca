"""The snapshots of an account: how one is made of a disk, takes its time, and ends."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

from faultzone.api.errors import ApiError
from faultzone.model.core.disks import data_disk_gib, system_disk_gib
from faultzone.model.core.free_disks import FreeDisk, all_disks, id_of, said_of
from faultzone.model.core.own_images import images_of

if TYPE_CHECKING:
    from faultzone.clock import Timer
    from faultzone.model.core.catalog import Image
    from faultzone.model.core.state import AccountState, Instance, RegionState

PROGRESSING: Final = "progressing"
ACCOMPLISHED: Final = "accomplished"
#: A snapshot takes a second for each GiB, a rule of our own, but at least and at most so many.
_SECONDS: Final = (10, 600)
_DAY: Final = 86_400_000
_USUAL: Final = "cloud_efficiency"


class Source(NamedTuple):
    """What a snapshot is made of.

    Attributes:
        disk: its id.
        gib: its size.
        image: that of a system disk; None for a data disk.
        agent: whether the agent is on it.
        instance: that which has the disk; empty where none has it.
        copied: the region and the snapshot that it is a copy of.
    """

    disk: str
    gib: int
    category: str
    encrypted: bool
    kms_key: str
    image: Image | None
    agent: bool
    instance: str
    copied: tuple[str, str] | None = None


def source_of(found: FreeDisk | tuple[Instance, int]) -> Source:
    """What there is to know of a disk that a snapshot is made of."""
    if isinstance(found, FreeDisk):
        id, said, size, image, agent, instance = found.id, found.said, data_disk_gib(found.said), None, False, ""
    else:
        of, number = found
        id, said, instance = id_of(of, number), said_of(of, number), of.id
        size = data_disk_gib(said) if number else system_disk_gib(said, of.image)
        image = None if number else of.image
        agent = not number and (of.agent is not None or of.image.agent)
    encrypted, key = bool(said.get("Encrypted", False)), str(said.get("KMSKeyId", ""))
    return Source(id, size, str(said.get("Category", _USUAL)), encrypted, key, image, agent, instance)


class Snapshot:
    """A snapshot of a disk.

    Attributes:
        ready: the instant at which it is done, in milliseconds.
        changed: the instant at which something was last said of it.
        days: for how many it is kept; None for ever.
        group: its resource group; empty for the default one.
    """

    __slots__ = (
        "changed", "created", "days", "description", "group", "id", "name", "ready", "source", "status", "tags",
        "timer",
    )  # fmt: skip

    def __init__(self, id: str, source: Source, created: int, ready: int) -> None:
        self.id, self.source, self.created, self.ready = id, source, created, ready
        self.name, self.description, self.group, self.status = "", "", "", PROGRESSING
        self.tags: dict[str, str] = {}
        self.days: int | None = None
        self.changed = created
        self.timer: Timer | None = None

    @property
    def is_done(self) -> bool:
        """Whether it can be used."""
        return self.status == ACCOMPLISHED


class Snapshots:
    """The snapshots of an account in a region by id, oldest first.

    Attributes:
        used: the ids of those that a disk was ever made of.
    """

    def __init__(self) -> None:
        self.all: dict[str, Snapshot] = {}
        self.used: set[str] = set()


def lasts(gib: int) -> int:
    """How many milliseconds a snapshot of so many GiB takes."""
    least, most = _SECONDS
    return 1000 * min(max(gib, least), most)


def part_done(created: int, ready: int, now: int) -> tuple[str, int]:
    """How much of something is done, as the API tells it, and how many seconds are left."""
    whole, left = max(ready - created, 1), max(ready - now, 0)
    return f"{100 * (whole - left) // whole}%", -(-left // 1000)


def take(region: RegionState, account: AccountState, source: Source) -> Snapshot:
    """Begin to make a snapshot (resource/create-snapshot)."""
    now = region.clock.now
    made = Snapshot(region.world.resource_id("s"), source, now, now + lasts(source.gib))
    account.part(Snapshots).all[made.id] = made
    made.timer = region.clock.call_at(made.ready, partial(_finish, region, account, made))
    return made


def _finish(region: RegionState, account: AccountState, snapshot: Snapshot) -> None:
    snapshot.status, snapshot.timer = ACCOMPLISHED, None
    keep_for(region, account, snapshot, snapshot.days)


def keep_for(region: RegionState, account: AccountState, snapshot: Snapshot, days: int | None) -> None:
    """Let a snapshot be released so many days after it was made (resource/snapshot-retention)."""
    snapshot.days = days
    if snapshot.is_done and days is not None:
        if snapshot.timer is not None:
            snapshot.timer.cancel()
        due = max(snapshot.created + days * _DAY, region.clock.now)
        snapshot.timer = region.clock.call_at(due, partial(_expire, account, snapshot))


def _expire(account: AccountState, snapshot: Snapshot) -> None:
    """Release a snapshot whose time has come, unless an image needs it."""
    snapshot.timer = None
    if snapshot.id not in images_of(account):
        account.part(Snapshots).all.pop(snapshot.id, None)


def remove(account: AccountState, snapshot: Snapshot) -> None:
    """Delete a snapshot, and give up what is not done of it."""
    if snapshot.timer is not None:
        snapshot.timer.cancel()
    account.part(Snapshots).all.pop(snapshot.id, None)


def in_progress(account: AccountState, disk: str) -> bool:
    """Whether a snapshot of a disk is being made."""
    kept = account.kept(Snapshots)
    return kept is not None and any(each.source.disk == disk and not each.is_done for each in kept.all.values())


def find_ready(account: AccountState, id: str, code: str = "InvalidSnapshotId.NotFound") -> Snapshot:
    """The account's snapshot of that id, which can be used.

    Raises:
        ApiError: there is none, by that code, or it is not done: `InvalidSnapshotId.NotReady`.
    """
    kept = account.kept(Snapshots)
    found = None if kept is None else kept.all.get(id)
    if found is None:
        raise ApiError(code)
    if not found.is_done:
        raise ApiError("InvalidSnapshotId.NotReady")
    return found


def disks_made_of(account: AccountState) -> set[str]:
    """The ids of the snapshots of which a disk was made that is still there."""
    kept = account.kept(Snapshots)
    if kept is None or not kept.used:
        return set()
    said = (each.said if isinstance(each, FreeDisk) else said_of(*each) for each in all_disks(account))
    return {str(each["SnapshotId"]) for each in said if "SnapshotId" in each}
