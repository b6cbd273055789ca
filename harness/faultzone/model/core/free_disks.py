"""The disks of an account by themselves: those that are attached to nothing, and which instance has each of the others.

A disk that a launch makes is told by the number that it has there. What is said of a disk goes with it: an instance
keeps it among its options, and `FreeDisk` while it is attached to nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from faultzone.model.core.disks import data_disk_gib, disk_id, system_disk_gib
from faultzone.model.core.filters import read_tag_list

if TYPE_CHECKING:
    from faultzone.model.core.state import AccountState, Instance, RegionState

#: The states that a disk which is attached to nothing can be in.
AVAILABLE: Final = "Available"
DETACHING: Final = "Detaching"

#: What is said of a disk, by the names of the parameters of a launch, and besides: DiskId, CreationTime, AttachedTime,
#: Tags, DeleteAutoSnapshot and EnableAutoSnapshot.
Said = Mapping[str, Any]


class FreeDisk:
    """A disk that is attached to nothing.

    Attributes:
        said: what is said of it, which goes with it.
        instance: that which it is being detached from; empty once it is.
        detached: when it was, in milliseconds; None where it never was attached.
        group: its resource group; empty for the default one.
    """

    __slots__ = ("detached", "group", "id", "instance", "said", "status", "zone")

    def __init__(self, id: str, zone: int, said: Said, group: str) -> None:
        self.id, self.zone, self.said, self.group = id, zone, said, group
        self.status, self.instance = AVAILABLE, ""
        self.detached: int | None = None


class Disks:
    """The disks of an account that are attached to nothing, and the instances that others than their launch have
    given one: disk -> instance."""

    def __init__(self) -> None:
        self.free: dict[str, FreeDisk] = {}
        self.attached: dict[str, str] = {}
        self.retagged = False

    @property
    def any(self) -> bool:
        """Whether a disk is not where its launch has put it, or was given other tags."""
        return bool(self.free or self.attached or self.retagged)


def said_of(instance: Instance, number: int) -> Said:
    """What is said of a disk of an instance; the system disk is number 0."""
    return instance.options.data_disks[number - 1] if number else instance.options.system_disk


def id_of(instance: Instance, number: int) -> str:
    """The id of a disk of an instance."""
    return str(said_of(instance, number).get("DiskId") or disk_id(instance.id, number))


def device_of(instance: Instance, number: int) -> str:
    """What a disk of an instance is attached as."""
    return str(said_of(instance, number).get("Device") or f"/dev/xvd{chr(97 + number)}")


def numbers(instance: Instance) -> range:
    """The numbers of the disks of an instance."""
    return range(1 + len(instance.options.data_disks))


def owners_of_disk(account: AccountState, id: str) -> list[str]:
    """The ids that the instance may have which has this disk: the number of a disk has two digits at most."""
    kept = account.kept(Disks)
    if kept is not None and id in kept.attached:
        return [kept.attached[id]]
    name = f"i-{id[2:]}"
    return [name[: len(name) - digits] for digits in range(3)]


def find_disk(account: AccountState, id: str) -> tuple[Instance, int] | None:
    """The instance that has a disk, and its number there; None where none has it."""
    for owner in owners_of_disk(account, id):
        instance = account.instances.get(owner)
        if instance is not None:
            for number in numbers(instance):
                if id_of(instance, number) == id:
                    return instance, number
    return None


def change_said(region: RegionState, instance: Instance, number: int, said: Said) -> None:
    """Say something else of a disk of an instance."""
    options = instance.options
    if number:
        disks = (*options.data_disks[: number - 1], said, *options.data_disks[number:])
        region.change(instance, "options", options._replace(data_disks=disks))
    else:
        region.change(instance, "options", options._replace(system_disk=said))


def _settled(instance: Instance) -> list[Said]:
    """The data disks of an instance with their ids and devices, which are those of their numbers otherwise."""
    return [
        {"DiskId": id_of(instance, each), "Device": device_of(instance, each), **said_of(instance, each)}
        for each in numbers(instance)
        if each
    ]


def attach(region: RegionState, account: AccountState, disk: FreeDisk, instance: Instance, said: Said) -> None:
    """Let an instance have a disk, with this said of it besides (resource/attach-disk)."""
    kept, options = account.part(Disks), instance.options
    disks = (*_settled(instance), {**disk.said, **said, "DiskId": disk.id, "AttachedTime": region.clock.now})
    moved = {**options.moved_parts, disk.id: disk.group}
    region.change(instance, "options", options._replace(data_disks=disks, moved_parts=moved))
    del kept.free[disk.id]
    kept.attached[disk.id] = instance.id


def _freed(instance: Instance, number: int) -> FreeDisk:
    """A disk of an instance by itself (resource/detach-disk, resource/disk-kept)."""
    said, options = said_of(instance, number), instance.options
    id = id_of(instance, number)
    whole = {
        "CreationTime": instance.created,
        "Tags": read_tag_list(options.launch_tags),
        "Size": data_disk_gib(said) if number else system_disk_gib(said, instance.image),
        **said,
        "DeleteWithInstance": False,
    }
    gone = {"DiskId", "Device", "AttachedTime"}
    kept = {name: value for name, value in whole.items() if name not in gone}
    return FreeDisk(id, instance.zone, kept, options.group_of_part(id))


def detach(region: RegionState, account: AccountState, instance: Instance, number: int) -> FreeDisk:
    """Take a data disk from its instance; it is not released with it any more (resource/detach-disk)."""
    disk, options = _freed(instance, number), instance.options
    disks = tuple(each for each in _settled(instance) if each["DiskId"] != disk.id)
    moved = {id: group for id, group in options.moved_parts.items() if id != disk.id}
    region.change(instance, "options", options._replace(data_disks=disks, moved_parts=moved))
    kept = account.part(Disks)
    kept.attached.pop(disk.id, None)
    kept.free[disk.id] = disk
    return disk


def part(region: RegionState, account: AccountState, instance: Instance) -> None:
    """Keep those disks of an instance that ends which are not to end with it; of one that is locked for security all
    end (resource/disk-kept)."""
    locked = "security" in instance.locks
    for number in numbers(instance):
        stays = said_of(instance, number).get("DeleteWithInstance", True) is False and not locked
        if stays:
            disk = _freed(instance, number)
            disk.detached = region.clock.now
            account.part(Disks).free[disk.id] = disk
        kept = account.kept(Disks)
        if kept is not None:
            kept.attached.pop(id_of(instance, number), None)


def all_disks(account: AccountState) -> Iterator[FreeDisk | tuple[Instance, int]]:
    """Each disk of an account: by itself, or as that of an instance."""
    yield from account.part(Disks).free.values()
    for instance in account.instances.values():
        for number in numbers(instance):
            yield instance, number


class DiskOfAccount(NamedTuple):
    """A disk, wherever it is."""

    id: str
    found: FreeDisk | tuple[Instance, int]


def disks_by_id(account: AccountState) -> dict[str, DiskOfAccount]:
    """All disks of an account."""
    found = {each.id if isinstance(each, FreeDisk) else id_of(*each): each for each in all_disks(account)}
    return {id: DiskOfAccount(id, each) for id, each in found.items()}


def tags_of_disk(disk: DiskOfAccount) -> dict[str, str]:
    """The tags of a disk: its own, or those of its launch."""
    if isinstance(disk.found, FreeDisk):
        return dict(disk.found.said["Tags"])
    said, options = said_of(*disk.found), disk.found[0].options
    return dict(said["Tags"]) if "Tags" in said else read_tag_list(options.launch_tags)


def say(region: RegionState, found: FreeDisk | tuple[Instance, int], more: Said) -> None:
    """Say more of a disk, wherever it is."""
    if isinstance(found, FreeDisk):
        found.said = {**found.said, **more}
    else:
        change_said(region, *found, {**said_of(*found), **more})


def retag_disk(region: RegionState, account: AccountState, disk: DiskOfAccount, tags: dict[str, str]) -> None:
    """Give a disk other tags."""
    account.part(Disks).retagged = True
    say(region, disk.found, {"Tags": tags})
