"""Instance families, instance types and images, as a user of ECS found them in February 2019.

A size that begins with a hyphen belongs to a variant of the family: "-c14d3.14xlarge" of ecs.d1 is the type
ecs.d1-c14d3.14xlarge. Any other size is joined with a dot.
FPGA, bare metal and super computing families are not here: the simulated hosts could not tell them from the others.

Sources: product introduction 2019-02, instance type families; the page of retired types; answers of
DescribeInstanceTypeFamilies. Those name no generation for ecs.d1, ic5, i1, i2g, re4e, gn4, gn5i, gn6v, ga1, c4, ce4 and
cm4, which have that of their siblings.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, NamedTuple


class FamilyData(NamedTuple):
    """A family of instance types.

    Attributes:
        generation: as DescribeInstanceTypeFamilies names it.
        types: size -> (vCPUs, memory in GiB).
        local_disks: size -> (how many, GiB of each).
        retired: whether it is no longer on sale; it has no system events then.
        since: the year and month of the documentation in which it first is; None for all editions.
    """

    generation: str
    types: Mapping[str, tuple[int, float]]
    local_disks: Mapping[str, tuple[int, int]] = {}
    retired: bool = False
    since: tuple[int, int] | None = None


class ImageData(NamedTuple):
    """An image of an operating system.

    Attributes:
        system: `linux` or `windows`.
        os_name: as the API shows it.
        kind: `system`, `self` or `marketplace`.
        agent: whether the Cloud Assistant agent is in it.
        created: when, as the API shows it.
        name: its name; its id when empty.
        platform: as the API shows it.
    """

    system: str
    os_name: str
    kind: str
    agent: bool
    created: str
    name: str = ""
    platform: str = ""


#: Families with ARM processors: their last letter is y, or r in the sixth generation.
_ARM: Final = re.compile(r"ecs\.(ebm)?[cgr](6r|[0-9]+y[a-z]*)")


def is_arm(family: str) -> bool:
    """Whether the types of a family have ARM processors."""
    return _ARM.fullmatch(family) is not None


DEFAULT_IMAGE: Final = "centos_7_06_64_20G_alibase_20190218.vhd"
DEFAULT_INSTANCE_TYPE: Final = "ecs.g5.large"

FAMILIES: Final[Mapping[str, FamilyData]] = {
    # The families whose instances may be in a deployment set.
    "ecs.c5": FamilyData(
        generation="ecs-4",
        types={
            "large": (2, 4),
            "xlarge": (4, 8),
            "2xlarge": (8, 16),
            "3xlarge": (12, 24),
            "4xlarge": (16, 32),
            "6xlarge": (24, 48),
            "8xlarge": (32, 64),
            "16xlarge": (64, 128),
        },
    ),
    "ecs.d1": FamilyData(
        generation="ecs-3",
        types={
            "2xlarge": (8, 32),
            "3xlarge": (12, 48),
            "4xlarge": (16, 64),
            "6xlarge": (24, 96),
            "-c8d3.8xlarge": (32, 128),
            "8xlarge": (32, 128),
            "-c14d3.14xlarge": (56, 160),
            "14xlarge": (56, 224),
        },
        local_disks={
            "2xlarge": (4, 5500),
            "3xlarge": (6, 5500),
            "4xlarge": (8, 5500),
            "6xlarge": (12, 5500),
            "-c8d3.8xlarge": (12, 5500),
            "8xlarge": (16, 5500),
            "-c14d3.14xlarge": (12, 5500),
            "14xlarge": (28, 5500),
        },
    ),
    "ecs.d1ne": FamilyData(
        generation="ecs-3",
        types={
            "2xlarge": (8, 32),
            "4xlarge": (16, 64),
            "6xlarge": (24, 96),
            "-c8d3.8xlarge": (32, 128),
            "8xlarge": (32, 128),
            "-c14d3.14xlarge": (56, 160),
            "14xlarge": (56, 224),
        },
        local_disks={
            "2xlarge": (4, 5500),
            "4xlarge": (8, 5500),
            "6xlarge": (12, 5500),
            "-c8d3.8xlarge": (12, 5500),
            "8xlarge": (16, 5500),
            "-c14d3.14xlarge": (12, 5500),
            "14xlarge": (28, 5500),
        },
    ),
    "ecs.g5": FamilyData(
        generation="ecs-4",
        types={
            "large": (2, 8),
            "xlarge": (4, 16),
            "2xlarge": (8, 32),
            "3xlarge": (12, 48),
            "4xlarge": (16, 64),
            "6xlarge": (24, 96),
            "8xlarge": (32, 128),
            "16xlarge": (64, 256),
        },
    ),
    "ecs.hfc5": FamilyData(
        generation="ecs-4",
        types={
            "large": (2, 4),
            "xlarge": (4, 8),
            "2xlarge": (8, 16),
            "3xlarge": (12, 24),
            "4xlarge": (16, 32),
            "6xlarge": (24, 48),
            "8xlarge": (32, 64),
        },
    ),
    "ecs.hfg5": FamilyData(
        generation="ecs-4",
        types={
            "large": (2, 8),
            "xlarge": (4, 16),
            "2xlarge": (8, 32),
            "3xlarge": (12, 48),
            "4xlarge": (16, 64),
            "6xlarge": (24, 96),
            "8xlarge": (32, 128),
            "14xlarge": (56, 160),
        },
    ),
    "ecs.i2": FamilyData(
        generation="ecs-4",
        types={
            "xlarge": (4, 32),
            "2xlarge": (8, 64),
            "4xlarge": (16, 128),
            "8xlarge": (32, 256),
            "16xlarge": (64, 512),
        },
        local_disks={
            "xlarge": (1, 894),
            "2xlarge": (1, 1788),
            "4xlarge": (2, 1788),
            "8xlarge": (4, 1788),
            "16xlarge": (8, 1788),
        },
    ),
    "ecs.ic5": FamilyData(
        generation="ecs-4",
        types={"large": (2, 2), "xlarge": (4, 4), "2xlarge": (8, 8), "3xlarge": (12, 12), "4xlarge": (16, 16)},
    ),
    "ecs.r5": FamilyData(
        generation="ecs-4",
        types={
            "large": (2, 16),
            "xlarge": (4, 32),
            "2xlarge": (8, 64),
            "3xlarge": (12, 96),
            "4xlarge": (16, 128),
            "6xlarge": (24, 192),
            "8xlarge": (32, 256),
            "16xlarge": (64, 512),
        },
    ),
    "ecs.se1ne": FamilyData(
        generation="ecs-3",
        types={
            "large": (2, 16),
            "xlarge": (4, 32),
            "2xlarge": (8, 64),
            "3xlarge": (12, 96),
            "4xlarge": (16, 128),
            "6xlarge": (24, 192),
            "8xlarge": (32, 256),
            "14xlarge": (56, 480),
        },
    ),
    "ecs.sn1ne": FamilyData(
        generation="ecs-3",
        types={
            "large": (2, 4),
            "xlarge": (4, 8),
            "2xlarge": (8, 16),
            "3xlarge": (12, 24),
            "4xlarge": (16, 32),
            "6xlarge": (24, 48),
            "8xlarge": (32, 64),
        },
    ),
    "ecs.sn2ne": FamilyData(
        generation="ecs-3",
        types={
            "large": (2, 8),
            "xlarge": (4, 16),
            "2xlarge": (8, 32),
            "3xlarge": (12, 48),
            "4xlarge": (16, 64),
            "6xlarge": (24, 96),
            "8xlarge": (32, 128),
            "14xlarge": (56, 224),
        },
    ),
    # The other families on sale.
    "ecs.t5": FamilyData(
        generation="ecs-4",
        types={
            "-lc2m1.nano": (1, 0.5),
            "-lc1m1.small": (1, 1),
            "-lc1m2.small": (1, 2),
            "-c1m1.large": (2, 2),
            "-lc1m2.large": (2, 4),
            "-c1m2.large": (2, 4),
            "-lc1m4.large": (2, 8),
            "-c1m4.large": (2, 8),
            "-c1m1.xlarge": (4, 4),
            "-c1m2.xlarge": (4, 8),
            "-c1m4.xlarge": (4, 16),
            "-c1m1.2xlarge": (8, 8),
            "-c1m2.2xlarge": (8, 16),
            "-c1m4.2xlarge": (8, 32),
            "-c1m1.4xlarge": (16, 16),
            "-c1m2.4xlarge": (16, 32),
        },
    ),
    "ecs.xn4": FamilyData(generation="ecs-3", types={"small": (1, 1)}),
    "ecs.n4": FamilyData(
        generation="ecs-3",
        types={
            "small": (1, 2),
            "large": (2, 4),
            "xlarge": (4, 8),
            "2xlarge": (8, 16),
            "4xlarge": (16, 32),
            "8xlarge": (32, 64),
        },
    ),
    "ecs.mn4": FamilyData(
        generation="ecs-3",
        types={
            "small": (1, 4),
            "large": (2, 8),
            "xlarge": (4, 16),
            "2xlarge": (8, 32),
            "4xlarge": (16, 64),
            "8xlarge": (32, 128),
        },
    ),
    "ecs.e4": FamilyData(
        generation="ecs-3",
        types={"small": (1, 8), "large": (2, 16), "xlarge": (4, 32), "2xlarge": (8, 64), "4xlarge": (16, 128)},
    ),
    "ecs.se1": FamilyData(
        generation="ecs-3",
        types={
            "large": (2, 16),
            "xlarge": (4, 32),
            "2xlarge": (8, 64),
            "4xlarge": (16, 128),
            "8xlarge": (32, 256),
            "14xlarge": (56, 480),
        },
    ),
    "ecs.re4": FamilyData(generation="ecs-3", types={"20xlarge": (80, 960), "40xlarge": (160, 1920)}),
    "ecs.re4e": FamilyData(generation="ecs-3", types={"40xlarge": (160, 3840)}),
    "ecs.i1": FamilyData(
        generation="ecs-3",
        types={
            "xlarge": (4, 16),
            "2xlarge": (8, 32),
            "3xlarge": (12, 48),
            "4xlarge": (16, 64),
            "-c5d1.4xlarge": (16, 64),
            "6xlarge": (24, 96),
            "8xlarge": (32, 128),
            "-c10d1.8xlarge": (32, 128),
            "14xlarge": (56, 224),
        },
        local_disks={
            "xlarge": (2, 104),
            "2xlarge": (2, 208),
            "3xlarge": (2, 312),
            "4xlarge": (2, 416),
            "-c5d1.4xlarge": (2, 1456),
            "6xlarge": (2, 624),
            "8xlarge": (2, 832),
            "-c10d1.8xlarge": (2, 1456),
            "14xlarge": (2, 1456),
        },
    ),
    "ecs.i2g": FamilyData(
        generation="ecs-4",
        types={"2xlarge": (8, 32), "4xlarge": (16, 64), "8xlarge": (32, 128), "16xlarge": (64, 256)},
        local_disks={"2xlarge": (1, 894), "4xlarge": (1, 1788), "8xlarge": (2, 1788), "16xlarge": (4, 1788)},
    ),
    "ecs.gn4": FamilyData(
        generation="ecs-3",
        types={
            "-c4g1.xlarge": (4, 30),
            "-c8g1.2xlarge": (8, 30),
            "-c4g1.2xlarge": (8, 60),
            "-c8g1.4xlarge": (16, 60),
            "8xlarge": (32, 48),
            "14xlarge": (56, 96),
        },
    ),
    "ecs.gn5": FamilyData(
        generation="ecs-3",
        types={
            "-c4g1.xlarge": (4, 30),
            "-c8g1.2xlarge": (8, 60),
            "-c4g1.2xlarge": (8, 60),
            "-c8g1.4xlarge": (16, 120),
            "-c28g1.7xlarge": (28, 112),
            "-c8g1.8xlarge": (32, 240),
            "-c8g1.14xlarge": (54, 480),
            "-c28g1.14xlarge": (56, 224),
        },
        local_disks={
            "-c4g1.xlarge": (1, 440),
            "-c8g1.2xlarge": (1, 440),
            "-c4g1.2xlarge": (1, 880),
            "-c8g1.4xlarge": (1, 880),
            "-c28g1.7xlarge": (1, 440),
            "-c8g1.8xlarge": (1, 1760),
            "-c8g1.14xlarge": (1, 3520),
            "-c28g1.14xlarge": (1, 880),
        },
    ),
    "ecs.gn5i": FamilyData(
        generation="ecs-3",
        types={
            "-c2g1.large": (2, 8),
            "-c4g1.xlarge": (4, 16),
            "-c8g1.2xlarge": (8, 32),
            "-c16g1.4xlarge": (16, 64),
            "-c16g1.8xlarge": (32, 128),
            "-c28g1.14xlarge": (56, 224),
        },
    ),
    "ecs.gn6v": FamilyData(
        generation="ecs-4", types={"-c8g1.2xlarge": (8, 32), "-c8g1.8xlarge": (32, 128), "-c8g1.16xlarge": (64, 256)}
    ),
    "ecs.ga1": FamilyData(
        generation="ecs-3",
        types={"xlarge": (4, 10), "2xlarge": (8, 20), "4xlarge": (16, 40), "8xlarge": (32, 80), "14xlarge": (56, 160)},
        local_disks={
            "xlarge": (1, 87),
            "2xlarge": (1, 175),
            "4xlarge": (1, 350),
            "8xlarge": (1, 700),
            "14xlarge": (1, 1400),
        },
    ),
    # Families no longer on sale; they have no system events.
    "ecs.t1": FamilyData(generation="ecs-1", types={"small": (1, 1)}, retired=True),
    "ecs.s1": FamilyData(generation="ecs-1", types={"small": (1, 2), "medium": (1, 4), "large": (1, 8)}, retired=True),
    "ecs.s2": FamilyData(
        generation="ecs-1", types={"small": (2, 2), "large": (2, 4), "xlarge": (2, 8), "2xlarge": (2, 16)}, retired=True
    ),
    "ecs.s3": FamilyData(generation="ecs-1", types={"medium": (4, 4), "large": (4, 8)}, retired=True),
    "ecs.m1": FamilyData(generation="ecs-1", types={"medium": (4, 16), "xlarge": (8, 32)}, retired=True),
    "ecs.m2": FamilyData(generation="ecs-1", types={"medium": (4, 32)}, retired=True),
    "ecs.c1": FamilyData(generation="ecs-1", types={"small": (8, 8), "large": (8, 16)}, retired=True),
    "ecs.c2": FamilyData(
        generation="ecs-1", types={"medium": (16, 16), "large": (16, 32), "xlarge": (16, 64)}, retired=True
    ),
    "ecs.n1": FamilyData(
        generation="ecs-2",
        types={
            "tiny": (1, 1),
            "small": (1, 2),
            "medium": (2, 4),
            "large": (4, 8),
            "xlarge": (8, 16),
            "3xlarge": (16, 32),
            "7xlarge": (32, 64),
        },
        retired=True,
    ),
    "ecs.n2": FamilyData(
        generation="ecs-2",
        types={
            "small": (1, 4),
            "medium": (2, 8),
            "large": (4, 16),
            "xlarge": (8, 32),
            "3xlarge": (16, 64),
            "7xlarge": (32, 128),
        },
        retired=True,
    ),
    "ecs.e3": FamilyData(
        generation="ecs-2",
        types={"small": (1, 8), "medium": (2, 16), "large": (4, 32), "xlarge": (8, 64), "3xlarge": (16, 128)},
        retired=True,
    ),
    "ecs.sn1": FamilyData(
        generation="ecs-2",
        types={"medium": (2, 4), "large": (4, 8), "xlarge": (8, 16), "3xlarge": (16, 32), "7xlarge": (32, 64)},
        retired=True,
    ),
    "ecs.sn2": FamilyData(
        generation="ecs-2",
        types={
            "medium": (2, 8),
            "large": (4, 16),
            "xlarge": (8, 32),
            "3xlarge": (16, 64),
            "7xlarge": (32, 128),
            "13xlarge": (56, 224),
        },
        retired=True,
    ),
    "ecs.c4": FamilyData(
        generation="ecs-3",
        types={"xlarge": (4, 8), "2xlarge": (8, 16), "3xlarge": (12, 24), "4xlarge": (16, 32)},
        retired=True,
    ),
    "ecs.ce4": FamilyData(generation="ecs-3", types={"xlarge": (4, 32), "2xlarge": (8, 64)}, retired=True),
    "ecs.cm4": FamilyData(
        generation="ecs-3",
        types={"xlarge": (4, 16), "2xlarge": (8, 32), "3xlarge": (12, 48), "4xlarge": (16, 64), "6xlarge": (24, 96)},
        retired=True,
    ),
    # Families that came later.
    "ecs.c6": FamilyData(
        generation="ecs-5",
        types={
            "large": (2, 4),
            "xlarge": (4, 8),
            "2xlarge": (8, 16),
            "3xlarge": (12, 24),
            "4xlarge": (16, 32),
            "6xlarge": (24, 48),
            "8xlarge": (32, 64),
            "13xlarge": (52, 96),
            "26xlarge": (104, 192),
        },
        since=(2019, 10),
    ),
    "ecs.g6": FamilyData(
        generation="ecs-5",
        types={
            "large": (2, 8),
            "xlarge": (4, 16),
            "2xlarge": (8, 32),
            "3xlarge": (12, 48),
            "4xlarge": (16, 64),
            "6xlarge": (24, 96),
            "8xlarge": (32, 128),
            "13xlarge": (52, 192),
            "26xlarge": (104, 384),
        },
        since=(2019, 10),
    ),
    "ecs.r6": FamilyData(
        generation="ecs-5",
        types={
            "large": (2, 16),
            "xlarge": (4, 32),
            "2xlarge": (8, 64),
            "3xlarge": (12, 96),
            "4xlarge": (16, 128),
            "6xlarge": (24, 192),
            "8xlarge": (32, 256),
            "13xlarge": (52, 384),
            "26xlarge": (104, 768),
        },
        since=(2019, 10),
    ),
}

#: From this edition on, images and types are known by the rule of their names, and what is listed below is what shows
#: in listings.
BY_RULE: Final = (2026, 10)
#: From this edition on, nobody can launch types of retired families. The page of retired types says that they are not
#: sold any more, in February 2019 already; instances of them were there then, of which the manual has a rule.
UNSOLD: Final = (2026, 10)
#: Families that listings show from that edition on, besides the older ones that are still on sale -> their sizes.
ON_SALE: Final[Mapping[str, str]] = {
    "ecs.c7": "large xlarge 2xlarge 3xlarge 4xlarge 6xlarge 8xlarge 16xlarge 32xlarge",
    "ecs.g7": "large xlarge 2xlarge 3xlarge 4xlarge 6xlarge 8xlarge 16xlarge 32xlarge",
    "ecs.r7": "large xlarge 2xlarge 3xlarge 4xlarge 6xlarge 8xlarge 16xlarge 32xlarge",
    "ecs.c8i": "large xlarge 2xlarge 3xlarge 4xlarge 6xlarge 8xlarge 12xlarge 16xlarge 24xlarge 48xlarge",
    "ecs.g8i": "large xlarge 2xlarge 3xlarge 4xlarge 6xlarge 8xlarge 12xlarge 16xlarge 24xlarge 48xlarge",
    "ecs.r8i": "large xlarge 2xlarge 3xlarge 4xlarge 6xlarge 8xlarge 12xlarge 16xlarge",
    "ecs.c8y": "small large xlarge 2xlarge 4xlarge 8xlarge 16xlarge 32xlarge",
    "ecs.g8y": "small large xlarge 2xlarge 4xlarge 8xlarge 16xlarge 32xlarge",
    "ecs.r8y": "small large xlarge 2xlarge 4xlarge 8xlarge 16xlarge",
    "ecs.g8ae": "large xlarge 2xlarge 4xlarge 8xlarge 16xlarge 32xlarge",
    "ecs.e": "-c1m1.large -c1m2.large -c1m2.xlarge -c1m4.large -c1m4.xlarge",
    "ecs.u1": "-c1m1.large -c1m2.large -c1m2.xlarge -c1m4.large -c1m4.xlarge -c1m8.large -c1m8.xlarge",
    "ecs.t6": "-c4m1.large -c2m1.large -c1m1.large -c1m2.large -c1m4.large -c1m4.xlarge",
    "ecs.gn7i": "-c8g1.2xlarge -c16g1.4xlarge -c32g1.8xlarge -c32g1.16xlarge -c32g1.32xlarge",
    "ecs.ebmg7": "32xlarge",
}
#: The names of public images that listings show from that edition on, besides the older ones.
PUBLISHED: Final = (
    "aliyun_3_x64_20G_alibase_20250629.vhd",
    "aliyun_3_9_arm64_20G_alibase_20231219.vhd",
    "aliyun_2_1903_x64_20G_alibase_20240628.vhd",
    "almalinux_9_3_x64_20G_alibase_20240219.vhd",
    "anolisos_8_8_x64_20G_rhck_alibase_20230804.vhd",
    "centos_7_9_x64_20G_alibase_20240403.vhd",
    "centos_stream_9_x64_20G_alibase_20250707.vhd",
    "debian_12_6_x64_20G_alibase_20240711.vhd",
    "rockylinux_9_3_x64_20G_alibase_20240119.vhd",
    "ubuntu_22_04_x64_20G_alibase_20250214.vhd",
    "ubuntu_24_04_x64_20G_alibase_20251102.vhd",
    "win2019_1809_x64_dtc_zh-cn_40G_alibase_20240617.vhd",
    "win2022_21H2_x64_dtc_en-us_40G_alibase_20250817.vhd",
    "win2022_21H2_x64_dtc_zh-cn_40G_alibase_20240110.vhd",
)

#: By id; those of public images are real ones of the time. An instance that is made from a public image
#: has had the Cloud Assistant agent since 2017-12-01, however old the image is; one that is made from another may
#: lack it (assistant/preinstalled).
IMAGES: Final[Mapping[str, ImageData]] = {
    "centos_7_06_64_20G_alibase_20190218.vhd": ImageData(
        name="centos_7_06_64_20G_alibase_20190218.vhd",
        system="linux",
        os_name="CentOS 7.6 64-bit",
        platform="CentOS",
        kind="system",
        created="2019-02-18",
        agent=True,
    ),
    "centos_6_09_64_20G_alibase_20180326.vhd": ImageData(
        name="centos_6_09_64_20G_alibase_20180326.vhd",
        system="linux",
        os_name="CentOS 6.9 64-bit",
        platform="CentOS",
        kind="system",
        created="2018-03-26",
        agent=True,
    ),
    "alinux_17_01_64_20G_cloudinit_20171222.vhd": ImageData(
        name="alinux_17_01_64_20G_cloudinit_20171222.vhd",
        system="linux",
        os_name="Aliyun Linux 17.1 64-bit",
        platform="Aliyun",
        kind="system",
        created="2017-12-22",
        agent=True,
    ),
    "ubuntu_18_04_64_20G_alibase_20181212.vhd": ImageData(
        name="ubuntu_18_04_64_20G_alibase_20181212.vhd",
        system="linux",
        os_name="Ubuntu 18.04 64-bit",
        platform="Ubuntu",
        kind="system",
        created="2018-12-12",
        agent=True,
    ),
    "ubuntu_16_0402_64_20G_alibase_20180409.vhd": ImageData(
        name="ubuntu_16_0402_64_20G_alibase_20180409.vhd",
        system="linux",
        os_name="Ubuntu 16.04 64-bit",
        platform="Ubuntu",
        kind="system",
        created="2018-04-09",
        agent=True,
    ),
    "ubuntu_16_0402_32_20G_alibase_20180409.vhd": ImageData(
        name="ubuntu_16_0402_32_20G_alibase_20180409.vhd",
        system="linux",
        os_name="Ubuntu 16.04 32-bit",
        platform="Ubuntu",
        kind="system",
        created="2018-04-09",
        agent=True,
    ),
    "debian_9_06_64_20G_alibase_20190103.vhd": ImageData(
        name="debian_9_06_64_20G_alibase_20190103.vhd",
        system="linux",
        os_name="Debian 9.6 64-bit",
        platform="Debian",
        kind="system",
        created="2019-01-03",
        agent=True,
    ),
    "coreos_1745_7_0_64_30G_alibase_20180705.vhd": ImageData(
        name="coreos_1745_7_0_64_30G_alibase_20180705.vhd",
        system="linux",
        os_name="CoreOS 1745.7.0 64-bit",
        platform="CoreOS",
        kind="system",
        created="2018-07-05",
        agent=True,
    ),
    "opensuse_42_03_64_20G_alibase_20171031.vhd": ImageData(
        name="opensuse_42_03_64_20G_alibase_20171031.vhd",
        system="linux",
        os_name="openSUSE 42.3 64-bit",
        platform="openSUSE",
        kind="system",
        created="2017-10-31",
        agent=True,
    ),
    "sles_12_sp2_64_20G_alibase_20170907.vhd": ImageData(
        name="sles_12_sp2_64_20G_alibase_20170907.vhd",
        system="linux",
        os_name="SUSE Linux Enterprise Server 12 SP2 64-bit",
        platform="SUSE",
        kind="system",
        created="2017-09-07",
        agent=True,
    ),
    "win2016_64_dtc_1607_zh-cn_40G_alibase_20181220.vhd": ImageData(
        name="win2016_64_dtc_1607_zh-cn_40G_alibase_20181220.vhd",
        system="windows",
        os_name="Windows Server 2016 Datacenter 64-bit Chinese",
        platform="Windows Server 2016",
        kind="system",
        created="2018-12-20",
        agent=True,
    ),
    "win2016_64_dtc_1607_en-us_40G_alibase_20181220.vhd": ImageData(
        name="win2016_64_dtc_1607_en-us_40G_alibase_20181220.vhd",
        system="windows",
        os_name="Windows Server 2016 Datacenter 64-bit English",
        platform="Windows Server 2016",
        kind="system",
        created="2018-12-20",
        agent=True,
    ),
    "win2012r2_64_dtc_9600_en-us_40G_alibase_20181220.vhd": ImageData(
        name="win2012r2_64_dtc_9600_en-us_40G_alibase_20181220.vhd",
        system="windows",
        os_name="Windows Server 2012 R2 Datacenter 64-bit English",
        platform="Windows Server 2012",
        kind="system",
        created="2018-12-20",
        agent=True,
    ),
    "win2008r2_64_ent_sp1_zh-cn_40G_alibase_20181220.vhd": ImageData(
        name="win2008r2_64_ent_sp1_zh-cn_40G_alibase_20181220.vhd",
        system="windows",
        os_name="Windows Server 2008 R2 Enterprise SP1 64-bit Chinese",
        platform="Windows Server 2008",
        kind="system",
        created="2018-12-20",
        agent=True,
    ),
    "m-bp1custom00000000001": ImageData(
        name="web-base-2018-06",
        system="linux",
        os_name="CentOS 7.4 64-bit",
        platform="CentOS",
        kind="self",
        created="2018-06-01",
        agent=False,
    ),
    "m-bp1market00000000001": ImageData(
        name="LAMP on CentOS 7.2",
        system="linux",
        os_name="CentOS 7.2 64-bit",
        platform="CentOS",
        kind="marketplace",
        created="2018-03-01",
        agent=False,
    ),
}
