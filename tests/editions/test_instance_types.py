"""Instance types by the rule of their names."""

from __future__ import annotations

import pytest

from faultzone import ApiError, Region, ShapeError, make_region
from faultzone.editions import instance_types
from faultzone.editions.catalog import FAMILIES, is_arm
from faultzone.editions.instance_types import read_instance_type
from faultzone.editions.local_disks import LOCAL_DISKS

#: Name -> vCPUs, GiB, GPUs; from the pages of instance families.
TYPES = {
    "ecs.g8i.2xlarge": (8, 32, 0),
    "ecs.c7.large": (2, 4, 0),
    "ecs.r8i.16xlarge": (64, 512, 0),
    "ecs.g8y.small": (1, 4, 0),
    "ecs.c6r.large": (2, 4, 0),
    "ecs.e-c1m2.large": (2, 4, 0),
    "ecs.e-c4m1.large": (2, 0.5, 0),
    "ecs.u1-c1m8.xlarge": (4, 32, 0),
    "ecs.t5-lc2m1.nano": (1, 0.5, 0),
    "ecs.ebmg7.32xlarge": (128, 512, 0),
    "ecs.ebmc6me.16xlarge": (64, 192, 0),
    "ecs.g7a-nps1.16xlarge": (64, 256, 0),
    "ecs.g6e.26xlarge": (104, 384, 0),
    "ecs.r6.13xlarge": (52, 384, 0),
    "ecs.hfc6.20xlarge": (80, 192, 0),
    "ecs.hfg7.12xlarge": (48, 192, 0),
    "ecs.g8i.48xlarge": (192, 1024, 0),
    "ecs.g9i.48xlarge": (192, 768, 0),
    "ecs.re6.52xlarge": (208, 3072, 0),
    "ecs.re7p.large": (2, 8, 0),
    "ecs.i4.large": (2, 16, 0),
    "ecs.i3g.26xlarge": (104, 384, 0),
    "ecs.i4p.2xlarge": (8, 32, 0),
    "ecs.i5ge.3xlarge": (12, 72, 0),
    "ecs.i2ne.20xlarge": (80, 704, 0),
    "ecs.d3c.3xlarge": (14, 56, 0),
    "ecs.d3s.2xlarge": (8, 32, 0),
    "ecs.gn6i-c24g1.12xlarge": (48, 186, 2),
    "ecs.gn7i-c16g1.4xlarge": (16, 60, 1),
    "ecs.gn7i-c32g1.32xlarge": (128, 752, 4),
    "ecs.gn7e-c16g1.32xlarge": (128, 1000, 8),
    "ecs.gn8is-2x.8xlarge": (32, 256, 2),
    "ecs.gn8v-8x.48xlarge": (192, 1024, 8),
    "ecs.f3-c16f1.4xlarge": (16, 64, 0),
    "ecs.vgn6i-m8-vws.2xlarge": (10, 46, 1),
}
NO_TYPES = (
    "ecs.g8i",
    "ecs.g8i.",
    "g8i.2xlarge",
    "ecs.G8i.2xlarge",
    "ecs.g8i.0xlarge",
    "ecs.g8i.100xlarge",
    "ecs.g8i.huge",
    "ecs.g.large",
    "ecs.e.large",
    "ecs.u1.large",
    "ecs.zz9.large",
    "ecs.none.large",
    "ecs.g8i.2xlarge\n",
    "ecs.g\uff18i.2xlarge",
    "ecs.g8i.\u0662xlarge",
    "ecs.g" + "9" * 40 + ".large",
    "ecs.g8i" + "-a" * 40 + ".large",
    "ecs.gn7-" + "9" * 5000 + "x.large",
)


@pytest.mark.parametrize("name", TYPES)
def test_a_name_of_the_published_form_says_what_the_type_is(name: str) -> None:
    said = read_instance_type(name)
    assert said is not None
    assert (said.vcpus, said.memory_gib, said.gpus) == TYPES[name]


@pytest.mark.parametrize("name", instance_types._EXCEPTIONS)
def test_a_type_that_is_otherwise_than_its_name_says_is_as_it_is_listed(name: str) -> None:
    said = read_instance_type(f"ecs.{name}")
    assert said is not None
    assert (said.vcpus, said.memory_gib) == instance_types._EXCEPTIONS[name]


@pytest.mark.parametrize("family", LOCAL_DISKS)
def test_a_family_with_local_disks_has_those_of_each_size(family: str) -> None:
    """And of a size that is not published none are known."""
    for size, disks in LOCAL_DISKS[family].items():
        said = read_instance_type(f"ecs.{family}.{size}")
        assert said is not None
        assert (said.local_disks, said.local_disk_gib) == disks
    other = read_instance_type(f"ecs.{family}.99xlarge")
    assert other is not None
    assert (other.local_disks, other.local_disk_gib) == (0, 0)


@pytest.mark.parametrize("name", NO_TYPES)
def test_a_name_of_another_form_says_nothing(name: str) -> None:
    assert read_instance_type(name) is None


def test_the_types_whose_letters_say_what_they_are_for_are_listed_as_their_names_say() -> None:
    """The catalogue was made from other pages."""
    told = ("ecs.c5", "ecs.g5", "ecs.r5", "ecs.hfc5", "ecs.i2", "ecs.t5", "ecs.c6", "ecs.g6", "ecs.r6")
    for family in told:
        for size, made in FAMILIES[family].types.items():
            name = f"{family}{size}" if size.startswith("-") else f"{family}.{size}"
            said = read_instance_type(name)
            assert said is not None
            assert (said.family, said.vcpus, said.memory_gib) == (family, *made)


def launch(region: Region, instance_type: str) -> str:
    image = "aliyun_3_x64_20G_alibase_20240528.vhd"
    if is_arm(instance_type.rpartition(".")[0]):
        image = "aliyun_3_9_arm64_20G_alibase_20231219.vhd"
    answer = region.call("RunInstances", RegionId=region.id, ImageId=image, InstanceType=instance_type)
    return str(answer["InstanceIdSets"]["InstanceIdSet"][0])


def test_launches_and_listings_agree_on_types_in_the_edition_that_knows_the_rule() -> None:
    with make_region(edition="2026-10", host_vcpus=208, host_memory_gib=3072, hosts_per_zone=len(TYPES)) as region:
        for name, (vcpus, gib, gpus) in TYPES.items():
            kinds = region.call("DescribeInstanceTypes", InstanceTypes=[name])["InstanceTypes"]["InstanceType"]
            assert [(each["InstanceTypeId"], each["CpuCoreCount"], each["MemorySize"]) for each in kinds] == [
                (name, vcpus, gib)
            ]
            zones = region.call(
                "DescribeAvailableResource",
                RegionId=region.id,
                DestinationResource="InstanceType",
                InstanceType=name,
            )["AvailableZones"]["AvailableZone"]
            assert {each["Status"] for each in zones} == {"Available"}
            instance = region.call("DescribeInstances", RegionId=region.id, InstanceIds=[launch(region, name)])
            (shown,) = instance["Instances"]["Instance"]
            assert (shown["Cpu"], shown["Memory"], shown["GPUAmount"]) == (vcpus, int(gib * 1024), gpus)
            family = kinds[0]["InstanceTypeFamily"]
            of_family = region.call("DescribeInstances", RegionId=region.id, InstanceTypeFamily=family, PageSize=100)
            assert shown in of_family["Instances"]["Instance"]
            assert {each["InstanceTypeFamily"] for each in of_family["Instances"]["Instance"]} == {family}
        for name in NO_TYPES:
            assert not region.call("DescribeInstanceTypes", InstanceTypes=[name])["InstanceTypes"]["InstanceType"]
            with pytest.raises(ApiError, match=r"InvalidInstanceType\.ValueNotSupported"):
                launch(region, name)


@pytest.mark.parametrize("edition", ["2019-02", "2020-12"])
def test_earlier_editions_know_the_types_that_they_list(edition: str) -> None:
    with make_region(edition=edition) as region, pytest.raises(ApiError, match=r"InvalidInstanceType"):
        region.run_instances(1, instance_type="ecs.g8i.2xlarge")


def test_supply_is_told_of_families_known_by_the_rule() -> None:
    with make_region(edition="2026-10", supply={"*/ecs.g8i": 1}, family_hosts={"ecs.c9i": 1}) as region:
        region.run_instances(1, instance_type="ecs.g8i.2xlarge")
        with pytest.raises(ApiError, match="NoStock"):
            region.run_instances(1, instance_type="ecs.g8i.large")


@pytest.mark.parametrize("variant", ["ecs.e-c1m2", "ecs.g8i-c1m2", "ecs.gn8v-2x", "ecs.ebmre6-6t"])
def test_a_variant_is_no_family_whose_supply_could_be_told(variant: str) -> None:
    with pytest.raises(ShapeError, match=f"unknown family '{variant}'"):
        make_region(edition="2026-10", supply={f"*/{variant}": 0})
    with pytest.raises(ShapeError, match=f"unknown family '{variant}'"):
        make_region(edition="2026-10", family_hosts={variant: 1})


def test_a_variant_without_a_number_of_gpus_has_one() -> None:
    said = read_instance_type("ecs.gn8v-0x.4xlarge")
    assert said is not None
    assert said.gpus == 1
