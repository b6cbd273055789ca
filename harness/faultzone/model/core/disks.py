"""The disks of an instance where its launch says nothing of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from faultzone.api.ecs.shared import DISK_CATEGORIES

if TYPE_CHECKING:
    from faultzone.model.core.catalog import Image

#: GiB of a system disk, where neither the launch nor the image wants more.
_LEAST_GIB: Final = 40


def system_disk_gib(given: Mapping[str, Any], image: Image | None) -> int:
    """The size of a system disk: what is asked for, else what the image needs, but at least 40 GiB
    (instance/system-disk-size)."""
    size: int | None = given.get("Size")
    return max(_LEAST_GIB, image.gib if image is not None else 0) if size is None else size


def system_disk_category(given: Mapping[str, Any]) -> str:
    """The category of a system disk."""
    category: str = given.get("Category", DISK_CATEGORIES[0])
    return category
