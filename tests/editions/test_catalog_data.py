from __future__ import annotations

import re
from datetime import date

import pytest

from faultzone.editions.catalog import DEFAULT_IMAGE, DEFAULT_INSTANCE_TYPE, FAMILIES, IMAGES

DEPLOYMENT_SET = set(
    "ecs.c5 ecs.d1 ecs.d1ne ecs.g5 ecs.hfc5 ecs.hfg5 ecs.i2 ecs.ic5 ecs.r5 ecs.se1ne ecs.sn1ne ecs.sn2ne".split()
)
RETIRED = set("t1 s1 s2 s3 m1 m2 c1 c2 c4 ce4 cm4 n1 n2 e3 sn1 sn2".split())


def test_deployment_set_families_are_on_sale_in_every_edition() -> None:
    assert set(FAMILIES) >= DEPLOYMENT_SET
    assert [name for name in DEPLOYMENT_SET if FAMILIES[name].retired or FAMILIES[name].since] == []


def test_retired_families_are_those_of_the_manual() -> None:
    assert {name.removeprefix("ecs.") for name, family in FAMILIES.items() if family.retired} == RETIRED


def test_later_families_name_the_edition_they_came_with() -> None:
    assert {name: family.since for name, family in FAMILIES.items() if family.since} == dict.fromkeys(
        ("ecs.c6", "ecs.g6", "ecs.r6"), (2019, 10)
    )


@pytest.mark.parametrize("name", FAMILIES)
def test_family_is_well_formed(name: str) -> None:
    family = FAMILIES[name]
    assert re.fullmatch(r"ecs\.[a-z][a-z0-9]*", name)
    assert re.fullmatch(r"ecs-[1-5]", family.generation)
    assert family.types
    for size, (vcpus, memory) in family.types.items():
        assert re.fullmatch(r"(-[a-z0-9]+\.)?(nano|tiny|small|medium|large|\d*xlarge)", size)
        assert type(vcpus) is int
        assert vcpus > 0
        assert memory > 0
    disks = family.local_disks
    # In a family with local disks every type has them.
    assert not disks or disks.keys() == family.types.keys()
    assert all(count > 0 and gib > 0 for count, gib in disks.values())


def test_local_disk_families_are_those_that_lose_data_with_their_host() -> None:
    assert {name for name, family in FAMILIES.items() if family.local_disks} == set(
        "ecs.d1 ecs.d1ne ecs.i1 ecs.i2 ecs.i2g ecs.gn5 ecs.ga1".split()
    )


@pytest.mark.parametrize("id", IMAGES)
def test_image_is_well_formed(id: str) -> None:
    image = IMAGES[id]
    assert image.system == ("windows" if image.platform.startswith("Windows") else "linux")
    assert image.os_name.partition(" ")[0] in image.platform + " Linux"
    assert date.fromisoformat(image.created) < date(2019, 3, 1)
    if image.kind == "system":
        assert id.endswith(f"_{image.created.replace('-', '')}.vhd")
        assert image.name == id
        assert image.agent is True
    else:
        assert re.fullmatch(r"m-[a-z0-9]{20}", id)
        assert image.agent is False


def test_images_cover_each_kind_and_system() -> None:
    assert {image.kind for image in IMAGES.values()} == {"system", "self", "marketplace"}
    assert {image.system for image in IMAGES.values()} == {"linux", "windows"}
    public = [image for image in IMAGES.values() if image.kind == "system"]
    assert len(public) >= 12


def test_defaults_exist_and_suit_the_first_test_of_a_newcomer() -> None:
    image = IMAGES[DEFAULT_IMAGE]
    assert (image.kind, image.system, image.agent) == ("system", "linux", True)
    family, _, size = DEFAULT_INSTANCE_TYPE.rpartition(".")
    assert family in DEPLOYMENT_SET
    assert size in FAMILIES[family].types
