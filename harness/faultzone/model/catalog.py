"""The catalogue: instance families and types, images, and the default network of a region.

The data is in `editions/catalog.py`; a test may replace parts of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from faultzone.editions import Date
from faultzone.editions.catalog import FAMILIES, IMAGES, FamilyData, ImageData


@dataclass(frozen=True, slots=True)
class InstanceType:
    """What an instance of this type is made of: vCPUs, memory in GiB, and local disks as (count, GiB each)."""

    name: str
    family: str
    vcpus: int
    memory_gib: float
    local_disks: int = 0
    local_disk_gib: int = 0


@dataclass(frozen=True, slots=True)
class Family:
    """A family of instance types. A retired one has no system events."""

    name: str
    generation: str
    types: tuple[str, ...]
    retired: bool = False
    since: Date | None = None
    local_disks: bool = False


@dataclass(frozen=True, slots=True)
class Image:
    """An operating system image; `agent` says whether the Cloud Assistant agent is in it."""

    id: str
    name: str
    system: str
    os_name: str
    kind: str
    agent: bool
    created: str
    platform: str = ""


def _full_name(family: str, size: str) -> str:
    """The name of a type: a size that begins with a hyphen belongs to a variant of the family
    (`ecs.d1-c14d3.14xlarge`)."""
    return f"{family}{size}" if size.startswith("-") else f"{family}.{size}"


class Catalog:
    """Families, types and images by name.

    Args:
        families: by name.
        images: by id.
        edition: the date of an edition. Families that came after it are left out.
    """

    def __init__(
        self, families: Mapping[str, FamilyData], images: Mapping[str, ImageData], edition: Date = (2019, 2)
    ) -> None:
        self.families: dict[str, Family] = {}
        self.types: dict[str, InstanceType] = {}
        for name, family in families.items():
            if family.since is not None and family.since > edition:
                continue
            for short, (vcpus, memory) in family.types.items():
                count, size = family.local_disks.get(short, (0, 0))
                full = _full_name(name, short)
                self.types[full] = InstanceType(full, name, vcpus, memory, count, size)
            self.families[name] = Family(
                name=name,
                generation=family.generation,
                types=tuple(_full_name(name, short) for short in family.types),
                retired=family.retired,
                since=family.since,
                local_disks=bool(family.local_disks),
            )
        self.images: dict[str, Image] = {
            id: Image(
                id=id,
                name=image.name or id,
                system=image.system,
                os_name=image.os_name,
                kind=image.kind,
                agent=image.agent,
                created=image.created,
                platform=image.platform,
            )
            for id, image in images.items()
        }


@cache
def default_catalog(edition: Date = (2019, 2)) -> Catalog:
    """The catalogue that regions of an edition of this date have unless a test gives another."""
    return Catalog(FAMILIES, IMAGES, edition)


#: The written default network: one VPC, one vSwitch for each zone, one security group. An extension of this
#: project, so that a first call needs no network; the documented service asks for a vSwitch unless the account has a
#: default VPC.
VPC_CIDR: Final = "10.0.0.0/8"
_ZONE_BITS: Final = 19
_PUBLIC_BASE: Final = 198 << 24 | 18 << 16
_PUBLIC_SIZE: Final = 1 << 17


def private_base(zone: int) -> int:
    """The first address of a zone's vSwitch as a number; each vSwitch is a /13 of 10.0.0.0/8."""
    return (10 << 24) | (zone << _ZONE_BITS)


def vswitch_cidr(zone: int) -> str:
    """The address block of a zone's vSwitch."""
    return f"{dotted(private_base(zone))}/{32 - _ZONE_BITS}"


def dotted(address: int) -> str:
    """An address as text; 0, which no instance has, as the empty text."""
    return f"{address >> 24}.{address >> 16 & 255}.{address >> 8 & 255}.{address & 255}" if address else ""


class Addresses:
    """Hands out addresses of one block in order, and those given back before new ones, oldest first."""

    __slots__ = ("_back", "_first", "_next", "_size", "_taken")

    def __init__(self, first: int, size: int) -> None:
        self._first, self._size, self._next = first, size, 0
        self._back: list[int] = []
        self._taken: set[int] = set()

    def allocate(self) -> int | None:
        """The next free address, or None when the block is used up."""
        while self._next < self._size:
            address = self._first + self._next
            self._next += 1
            if address not in self._taken:
                return address
        return self._back.pop(0) if self._back else None

    def has(self, address: int) -> bool:
        """Whether an address is of this block."""
        return 0 <= address - self._first < self._size

    def is_free(self, address: int) -> bool:
        """Whether an address is of this block and nobody has it."""
        if address in self._back:
            return True
        return self._next <= address - self._first < self._size and address not in self._taken

    def claim(self, address: int) -> None:
        """Take one free address by name."""
        if address in self._back:
            self._back.remove(address)
        else:
            self._taken.add(address)

    def give_back(self, address: int) -> None:
        """Return an address for later use."""
        self._taken.discard(address)
        if address - self._first < self._next:
            self._back.append(address)


def private_count() -> int:
    """How many addresses a zone's vSwitch has for instances."""
    return (1 << _ZONE_BITS) - 20


def private_addresses(zone: int) -> Addresses:
    """The addresses of a zone's vSwitch, without the first ten, which the network keeps."""
    return Addresses(private_base(zone) + 10, private_count())


def public_addresses() -> Addresses:
    """Public addresses, from the block that is set aside for tests of networks, so that none is ever anybody's."""
    return Addresses(_PUBLIC_BASE + 1, _PUBLIC_SIZE - 2)
