"""The disks of an instance where its launch says nothing of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from faultzone.api.answer import CURRENT
from faultzone.api.ecs.shared import (
    DATA_DISK_GIB,
    DISK_CATEGORIES,
    LATER_DATA_DISK_CATEGORIES,
    LATER_DISK_CATEGORIES,
    SYSTEM_DISK_GIB,
)

if TYPE_CHECKING:
    from faultzone.editions import Edition
    from faultzone.model.core.catalog import Image, InstanceType

#: The kinds of disks, as parameters call them.
SYSTEM_DISK: Final = "SystemDisk"
DATA_DISK: Final = "DataDisk"
_ESSD: Final = "cloud_essd"
#: The category that few types take, and their families. Source: API reference 2026-10, RunInstances.
_ESSD_ENTRY: Final = "cloud_essd_entry"
_WITH_ESSD_ENTRY: Final = frozenset({"ecs.u1", "ecs.e"})
#: The performance level of an ESSD for which none is given.
_USUAL_LEVEL: Final = "PL1"
#: Category, of an ESSD with its performance level -> operations a second: the least, for each GiB, the most; and the
#: same of MB a second. Source: user guide 2026-10, Block storage performance.
_SPEEDS: Final[Mapping[str, tuple[int, int, int, int, float, int]]] = {
    "cloud_efficiency": (1_800, 8, 5_000, 100, 0.15, 140),
    "cloud_ssd": (1_800, 30, 25_000, 120, 0.5, 300),
    "cloud_auto": (1_800, 50, 50_000, 100, 0.25, 300),
    "cloud_essd_entry": (1_800, 8, 6_000, 100, 0.15, 150),
    "cloud_regional_disk_auto": (1_800, 50, 50_000, 100, 0.25, 300),
    "cloud_essd/PL0": (1_800, 12, 10_000, 100, 0.25, 180),
    "cloud_essd/PL1": (1_800, 50, 50_000, 120, 0.5, 350),
    "cloud_essd/PL2": (1_800, 50, 100_000, 120, 0.5, 750),
    "cloud_essd/PL3": (1_800, 50, 1_000_000, 120, 0.5, 4_000),
}

#: GiB of a data disk whose launch says no size.
_USUAL_DATA_GIB: Final = 40
#: GiB of a system disk, where neither the launch nor the image wants more.
_LEAST_GIB: Final = 40


def disk_id(instance_id: str, number: int) -> str:
    """The id of a disk of an instance, by its number."""
    return f"d-{instance_id[2:]}{number or ''}"


def disk_categories(edition: Edition, kind: str) -> tuple[str, ...]:
    """The categories that disks of a kind may have: `SystemDisk` or `DataDisk`."""
    if not edition.has(CURRENT):
        return DISK_CATEGORIES
    return LATER_DATA_DISK_CATEGORIES if kind == DATA_DISK else LATER_DISK_CATEGORIES


def category_fits(kind: InstanceType, category: str) -> bool:
    """Whether instances of a type take disks of a category (instance/disk-category-of-types)."""
    return category != _ESSD_ENTRY or kind.family in _WITH_ESSD_ENTRY


def disk_gib(edition: Edition, kind: str, category: str, level: str = "") -> tuple[int, int]:
    """How large a disk of a kind may be, in GiB, the least and the most, by its category and, of an ESSD, its
    performance level (instance/system-disk-sizes, instance/data-disk-sizes)."""
    of_data = kind == DATA_DISK
    table = edition.instance.data_disk_gib if of_data else edition.instance.system_disk_gib
    level = performance_level(category, level) if category == _ESSD else ""
    return table.get(f"{category}/{level}" if level else category, DATA_DISK_GIB if of_data else SYSTEM_DISK_GIB)


def system_disk_gib(given: Mapping[str, Any], image: Image | None) -> int:
    """The size of a system disk: what is asked for, else what the image needs, but at least 40 GiB
    (instance/system-disk-size)."""
    size: int | None = given.get("Size")
    return max(_LEAST_GIB, image.gib if image is not None else 0) if size is None else size


def data_disk_gib(given: Mapping[str, Any]) -> int:
    """The size of a data disk: what is asked for, else 40 GiB."""
    size: int = given.get("Size", _USUAL_DATA_GIB)
    return size


def system_disk_category(given: Mapping[str, Any]) -> str:
    """The category of a system disk."""
    category: str = given.get("Category", DISK_CATEGORIES[0])
    return category


def performance_level(category: object, given: object) -> str:
    """The performance level of a disk: what is given, and of an ESSD the usual one else."""
    if given:
        return str(given)
    return _USUAL_LEVEL if category == _ESSD else ""


def disk_speed(category: str, level: str, gib: int) -> tuple[int, int]:
    """How many operations and how many MB a second a disk can do; 0 where it is not documented."""
    speed = _SPEEDS.get(f"{category}/{level}" if level else category)
    if speed is None:
        return 0, 0
    least, each, most, least_mb, each_mb, most_mb = speed
    return min(least + each * gib, most), round(min(least_mb + each_mb * gib, most_mb))
