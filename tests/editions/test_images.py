"""Public images by the rule of their names."""

from __future__ import annotations

from typing import Any

import pytest

from faultzone import ApiError, Region, make_region
from faultzone.editions.catalog import IMAGES, PUBLISHED
from faultzone.editions.images import read_image

#: Name -> system, OSName, architecture, GiB, date of publication, family.
NAMES = {
    "aliyun_3_x64_20G_alibase_20240528.vhd": (
        "linux Alibaba Cloud Linux 3.2104 LTS 64 bit x86_64 20 2024-05-28 acs:alibaba_cloud_linux_3_2104_lts_x64"
    ),
    "aliyun_3_9_arm64_20G_alibase_20231219.vhd": (
        "linux Alibaba Cloud Linux 3.9 64 bit ARM Edition arm64 20 2023-12-19 acs:alibaba_cloud_linux_3_9_arm64"
    ),
    "ubuntu_22_04_uefi_x64_20G_alibase_20240130.vhd": (
        "linux Ubuntu 22.04 UEFI 64 bit x86_64 20 2024-01-30 acs:ubuntu_22_04_uefi_x64"
    ),
    "ubuntu_18_04_32_40G_alibase_20190223.vhd": "linux Ubuntu 18.04 32 bit i386 40 2019-02-23 acs:ubuntu_18_04_i386",
    "centos_stream_9_x64_20G_alibase_20240219.vhd": (
        "linux CentOS Stream 9 64 bit x86_64 20 2024-02-19 acs:centos_stream_9_x64"
    ),
    "sles_15_sp5_x64_20G_alibase_20230621.vhd": (
        "linux SUSE Linux Enterprise Server 15 SP5 64 bit x86_64 20 2023-06-21 acs:sles_15_sp5_x64"
    ),
    "anolisos_8_8_x64_20G_rhck_alibase_20230804.vhd": (
        "linux Anolis OS 8.8 64 bit x86_64 20 2023-08-04 acs:anolisos_8_8_x64"
    ),
    "lifsea_3_x64_5G_alibase_20260519.qcow2": "linux LifseaOS 3 64 bit x86_64 5 2026-05-19 acs:lifsea_os_3_x64",
    "win2022_21H2_x64_dtc_en-us_40G_alibase_20240617.vhd": (
        "windows Windows Server 2022 21H2 Datacenter English 64 bit x86_64 40 2024-06-17 acs:win2022_21H2_dtc_en-us_x64"
    ),
    "acs:ubuntu_22_04_64": "linux Ubuntu 22.04 64 bit x86_64 20 2026-10-01 acs:ubuntu_22_04_x64",
    "acs:rocky_linux_9_7_x64": "linux Rocky Linux 9.7 64 bit x86_64 20 2026-10-01 acs:rocky_linux_9_7_x64",
}
NO_NAMES = (
    "ubunut_22_04_x64_20G_alibase_20240130.vhd",
    "ubuntu_22_04_x64_20G_alibase_20241330.vhd",
    "ubuntu_22_04_x64_20G_alibase_20240230.vhd",
    "ubuntu_22_04_x64_20G_alibase_20240130",
    "ubuntu_22_04_x64_20G_alibase_20240130.iso",
    "ubuntu_22_04_x64_G_alibase_20240130.vhd",
    "ubuntu_22_04_x64_0G_alibase_20240130.vhd",
    "ubuntu_22_04_sparc_20G_alibase_20240130.vhd",
    "ubuntu_x64_20G_alibase_20240130.vhd",
    "ubuntu_22__04_x64_20G_alibase_20240130.vhd",
    "ubuntu_22_04_x64_20G_alibase_\uff12\uff10240130.vhd",
    "ubuntu_\u06622_04_x64_20G_alibase_20240130.vhd",
    "ubuntu_\xb22_04_x64_20G_alibase_20240130.vhd",
    "ubuntu_22_\x1b[31m_x64_20G_alibase_20240130.vhd",
    "ubuntu_22_a,b_x64_20G_alibase_20240130.vhd",
    "ubuntu_22_" + "x" * 120 + "_x64_20G_alibase_20240130.vhd",
    "acs:debian_" + "9" * 120 + "_x64",
    "acs:ubuntu_22_04_x64\n",
    "ubuntu" + "_1" * 40 + "_x64_20G_alibase_20240130.vhd",
    "acs:",
    "acs:ubuntu",
    "acs:ubuntu_22_04",
    "acs:plan9_4_x64",
    "m-bp1none",
    ".vhd",
    "_",
)


@pytest.mark.parametrize("name", NAMES)
def test_a_name_of_the_published_form_says_what_the_image_is(name: str) -> None:
    image = read_image(name)
    assert image is not None
    said = (image.system, image.os_name, image.architecture, image.gib, image.published, image.family)
    assert " ".join(map(str, said)) == NAMES[name]


@pytest.mark.parametrize("name", NO_NAMES)
def test_a_name_of_another_form_says_nothing(name: str) -> None:
    assert read_image(name) is None


@pytest.mark.parametrize("name", [*PUBLISHED, *(name for name, each in IMAGES.items() if each.kind == "system")])
def test_the_images_that_are_listed_have_names_of_the_form(name: str) -> None:
    image = read_image(name)
    assert image is not None
    if name in IMAGES:
        assert (image.system, image.published.isoformat()) == (IMAGES[name].system, IMAGES[name].created)


def launch(region: Region, image: str) -> dict[str, Any]:
    kind = "ecs.g8y.large" if "arm64" in image else "ecs.g5.large"
    return region.call("RunInstances", RegionId=region.id, ImageId=image, InstanceType=kind)


def test_launches_and_listings_agree_on_images_in_the_edition_that_knows_the_rule() -> None:
    with make_region(edition="2026-10") as region:
        for name in NAMES:
            shown = region.call("DescribeImages", RegionId=region.id, ImageId=name)["Images"]["Image"]
            assert [each["ImageId"] for each in shown] == [name]
            launch(region, name)
        for name in NO_NAMES:
            assert region.call("DescribeImages", RegionId=region.id, ImageId=name)["TotalCount"] == 0
            with pytest.raises(ApiError, match=r"InvalidImageId\.NotFound"):
                launch(region, name)


@pytest.mark.parametrize("edition", ["2019-02", "2020-12"])
def test_earlier_editions_know_the_images_that_they_list(edition: str) -> None:
    with make_region(edition=edition) as region:
        with pytest.raises(ApiError, match=r"InvalidImageId\.NotFound"):
            launch(region, "aliyun_3_x64_20G_alibase_20240528.vhd")
        shown = region.call("DescribeImages", RegionId=region.id, PageSize=100)["Images"]["Image"]
        assert [each["ImageId"] for each in shown] == list(IMAGES)


def test_a_family_is_found_among_the_images() -> None:
    with make_region(edition="2026-10") as region:
        shown = region.call("DescribeImages", RegionId=region.id, ImageFamily="acs:ubuntu_24_04_x64")
        assert [each["ImageId"] for each in shown["Images"]["Image"]] == ["ubuntu_24_04_x64_20G_alibase_20251102.vhd"]
