"""The catalogue: instance families and types, images, and the default network of a region.

The data is in `editions/catalog.py`; a test may replace parts of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from typing import NamedTuple

from faultzone.api.errors import ApiError, came_later
from faultzone.editions import EDITIONS, Date
from faultzone.editions.catalog import (
    BY_RULE,
    FAMILIES,
    IMAGES,
    ON_SALE,
    PUBLISHED,
    UNSOLD,
    FamilyData,
    ImageData,
)


class InstanceType(NamedTuple):
    """What an instance of this type is made of: vCPUs, memory in GiB, GPUs, and local disks as (count, GiB each)."""

    name: str
    family: str
    vcpus: int
    memory_gib: float
    local_disks: int = 0
    local_disk_gib: int = 0
    gpus: int = 0
    gpu: str = ""


class Family(NamedTuple):
    """A family of instance types. A retired one has no system events."""

    name: str
    generation: str
    types: tuple[str, ...]
    retired: bool = False
    since: Date | None = None
    local_disks: bool = False


class Image(NamedTuple):
    """An operating system image.

    `agent` says whether the Cloud Assistant agent is in it; `gib` is the size of its system disk.
    """

    id: str
    name: str
    system: str
    os_name: str
    kind: str
    agent: bool
    created: str
    platform: str = ""
    architecture: str = "x86_64"
    gib: int = 40
    family: str = ""


#: One size of each form that types of a family may have.
_SIZES_TRIED = (".large", "-c1m2.large", "-c8g1.2xlarge")


def _full_name(family: str, size: str) -> str:
    """The name of a type: a size that begins with a hyphen belongs to a variant of the family
    (`ecs.d1-c14d3.14xlarge`)."""
    return f"{family}{size}" if size.startswith("-") else f"{family}.{size}"


class Catalog:
    """Families, types and images by name.

    Args:
        families: by name.
        images: by id.
        edition: the date of an edition. Families that came after it, or are not sold any more, are left out.
    """

    def __init__(
        self, families: Mapping[str, FamilyData], images: Mapping[str, ImageData], edition: Date = (2019, 2)
    ) -> None:
        self._edition = edition
        retired = (name for name, each in families.items() if each.retired)
        self._unsold = frozenset(retired if edition >= UNSOLD else ())
        self.families: dict[str, Family] = {}
        self.types: dict[str, InstanceType] = {}
        for name, family in families.items():
            if name in self._unsold or (family.since is not None and family.since > edition):
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
        self._by_rule = edition >= BY_RULE
        if self._by_rule:
            self.images |= {id: image for id in PUBLISHED if (image := _public_image(id)) is not None}
            self._sell(ON_SALE)

    def _sell(self, families: Mapping[str, str]) -> None:
        """List types by the rule of their names: family -> sizes."""
        for name, sizes in families.items():
            types = [kind for size in sizes.split() if (kind := _named_type(_full_name(name, size))) is not None]
            self.types |= {kind.name: kind for kind in types}
            self.families[name] = _named_family(name, tuple(kind.name for kind in types))

    def find_type(self, name: str) -> InstanceType | None:
        """The instance type of this name: one of those that are listed, or by the rule of published names."""
        found = self.types.get(name)
        if found is None and self._by_rule and name.rpartition(".")[0] not in self._unsold:
            return _named_type(name)
        return found

    def type_of(self, name: str) -> InstanceType:
        """The instance type of this name.

        Raises:
            ApiError: `InvalidInstanceType.ValueNotSupported`, with the edition that has it, or
                `InvalidResourceType.NotSupported` where its family is not sold any more (instance/retired-types).
        """
        found = self.find_type(name)
        if found is None and name.rpartition(".")[0] in self._unsold:
            raise ApiError("InvalidResourceType.NotSupported")
        if found is None:
            raise self._refused("InvalidInstanceType.ValueNotSupported", lambda later: later.find_type(name))
        return found

    def types_of(self, name: str | None) -> list[InstanceType]:
        """All types, or the one of this name.

        Raises:
            ApiError: as `type_of`.
        """
        return list(self.types.values()) if name is None else [self.type_of(name)]

    def no_image(self, name: str) -> ApiError:
        """The refusal of an image that is not in the catalogue, with the edition that has it, or its family."""
        return self._refused(
            "InvalidImageId.NotFound", lambda later: later.find_image(name) or later.newest_image(name)
        )

    def _refused(self, code: str, knows: Callable[[Catalog], object]) -> ApiError:
        for each in EDITIONS:
            if each.date > self._edition and knows(default_catalog(each.date)):
                return ApiError(code, came_later(ApiError(code).message, each.date, self._edition))
        return ApiError(code)

    def find_family(self, name: str) -> Family | None:
        """The family of this name: one of those that are listed, or by the rule of the names of its types."""
        found = self.families.get(name)
        if found is None and self._by_rule:
            types = (self.find_type(f"{name}{size}") for size in _SIZES_TRIED)
            # A variant, such as ecs.e-c1m2, is no family: no type would be of it.
            if any(kind.family == name for kind in types if kind is not None):
                return _named_family(name)
        return found

    def newest_image(self, family: str) -> Image | None:
        """The newest image of a family: of those that are listed, or what its name stands for by the rule of names."""
        listed = [image for image in self.images.values() if image.family == family]
        if listed:
            return max(listed, key=lambda image: image.created)
        image = self.find_image(family)
        return image if image is not None and image.family == family else None

    def find_image(self, id: str) -> Image | None:
        """The image with this id, or the newest of the family of this name: one of those that are listed, or by the
        rule of published names."""
        return self.images.get(id) or (_public_image(id) if self._by_rule else None)


@lru_cache(maxsize=4096)
def _named_type(name: str) -> InstanceType | None:
    from faultzone.editions.instance_types import read_instance_type  # Most types are listed.

    named = read_instance_type(name)
    if named is None:
        return None
    return InstanceType(
        name,
        named.family,
        named.vcpus,
        named.memory_gib,
        named.local_disks,
        named.local_disk_gib,
        named.gpus,
        named.gpu,
    )


@lru_cache(maxsize=1024)
def _named_family(name: str, types: tuple[str, ...] = ()) -> Family:
    digits = "".join(each for each in name if each.isdigit())
    return Family(name, f"ecs-{max(int(digits[:1] or 1) - 1, 1)}", types)


@lru_cache(maxsize=1024)
def _public_image(id: str) -> Image | None:
    from faultzone.editions.images import read_image  # Most regions know all images that they are asked for.

    public = read_image(id)
    if public is None:
        return None
    return Image(
        id=id,
        name=id,
        system=public.system,
        os_name=public.os_name,
        kind="system",
        agent=True,
        created=public.published.isoformat(),
        platform=public.platform,
        architecture=public.architecture,
        gib=public.gib,
        family=public.family,
    )


def image_gib(image: Image) -> int:
    """The size of an image in GiB, as today's documentation has it: that of its name, where it says one."""
    public = _public_image(image.id)
    return image.gib if public is None else min(image.gib, public.gib)


@cache
def default_catalog(edition: Date = (2019, 2)) -> Catalog:
    """The catalogue that regions of an edition of this date have unless a test gives another."""
    return Catalog(FAMILIES, IMAGES, edition)


def stock(there: bool) -> dict[str, str]:
    """How the API says whether something can be had."""
    return {
        "Status": "Available" if there else "SoldOut",
        "StatusCategory": "WithStock" if there else "WithoutStock",
    }
