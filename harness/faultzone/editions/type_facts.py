"""What DescribeInstanceTypes tells of a type besides its size: by rule of the letters of its family, or by data.

Sources: the pages of instance families of the user guide, of 2026, for processors, categories and the network of the
seventh generation. For other families the network is our own: that of
a type of the seventh generation with as many vCPUs.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final, NamedTuple

from faultzone.editions.catalog import is_arm

_FAMILY: Final = re.compile(r"ecs\.([a-z]+)([0-9]*)([a-z]*)")

GENERAL: Final = "General-purpose"
COMPUTE: Final = "Compute-optimized"
MEMORY: Final = "Memory-optimized"
#: What a family is for, by its letters; the first that fits counts.
_CATEGORIES: Final[tuple[tuple[str, str], ...]] = (
    (r"ebm.*", "ECS Bare Metal"),
    (r"scc.*", "Super Computing Cluster"),
    (r"hpc.*", "High Performance Compute"),
    (r"vgn|ga|sgn", "Visual Compute-optimized"),
    (r"gn", "Compute-optimized with GPU"),
    (r"f", "Compute-optimized with FPGA"),
    (r"hf[cgr]|hf", "High Clock Speed"),
    (r"d", "Big data"),
    (r"i", "Local SSDs"),
    (r"e|s|t|n|xn|mn|ce|cm", "Shared"),
    (r"se|sn", "Enhanced"),
    (r"re|r|m", MEMORY),
    (r"c|ic", COMPUTE),
    (r"g|u", GENERAL),
)
#: Families whose vCPUs are shared, and those that gather credits for them.
_ENTRY: Final = re.compile(r"ecs\.(e|e4|n1|n2|n4|xn4|mn4|s1|s2|s3|s6|t1|m1|m2|c1|c2)")
_CREDIT: Final = re.compile(r"ecs\.t[56]")
#: The first generation whose disks are attached by NVMe.
_NVME_SINCE: Final = 8
_UEFI_SINCE: Final = 7

#: Family -> its processor, and its base and turbo frequency in GHz.
_PROCESSORS: Final[Mapping[str, tuple[str, float, float]]] = {
    **dict.fromkeys("c5 g5 r5".split(), ("Intel Xeon(Skylake) Platinum 8163", 2.5, 2.7)),
    **dict.fromkeys("c6 g6 r6".split(), ("Intel Xeon(Cascade Lake) Platinum 8269CY", 2.5, 3.2)),
    **dict.fromkeys("c7 g7 r7 ebmc7 ebmg7 ebmr7".split(), ("Intel Xeon(Ice Lake) Platinum 8369B", 2.7, 3.5)),
    **dict.fromkeys("c8i g8i r8i".split(), ("Intel Xeon(Sapphire Rapids) Platinum 8475B", 2.7, 3.2)),
    **dict.fromkeys("c8y g8y r8y".split(), ("YiTian 710", 2.75, 2.75)),
    "gn7i": ("Intel Xeon(Ice Lake) Platinum 8369B", 2.9, 3.5),
}
#: GPU -> GiB of its memory.
_GPU_GIB: Final[Mapping[str, float]] = {
    "NVIDIA P100": 16.0,
    "NVIDIA P4": 8.0,
    "NVIDIA V100": 16.0,
    "NVIDIA T4": 16.0,
    "NVIDIA A100": 80.0,
    "NVIDIA A10": 24.0,
    "NVIDIA L20": 48.0,
    "GPU H": 96.0,
}


class Network(NamedTuple):
    """The network of a type.

    Attributes:
        gbit: of bandwidth, each way.
        packets: thousands of packets a second, each way.
        cards: how many network interfaces it may have.
        addresses: how many private addresses each of them may have.
        queues: of an interface.
    """

    gbit: float
    packets: int
    cards: int
    addresses: int
    queues: int


#: vCPUs -> the network of a type of the seventh generation with as many; one between two has that of the smaller.
_NETWORKS: Final[Mapping[int, Network]] = {
    1: Network(1, 300, 2, 2, 1),
    2: Network(2, 900, 3, 6, 2),
    4: Network(3, 1_000, 4, 15, 4),
    8: Network(5, 1_600, 4, 15, 8),
    12: Network(8, 2_400, 8, 15, 8),
    16: Network(10, 3_000, 8, 30, 8),
    24: Network(12, 4_500, 8, 30, 12),
    32: Network(16, 6_000, 8, 30, 16),
    64: Network(32, 12_000, 8, 30, 32),
    128: Network(64, 24_000, 15, 50, 32),
}


class Facts(NamedTuple):
    """What is known of a type by its family; empty texts and zeros for what is not known."""

    arm: bool
    category: str
    level: str
    nvme: bool
    boot_modes: tuple[str, ...]
    processor: str
    base_ghz: float
    turbo_ghz: float
    local_disks: str
    gpu_gib: float
    network: Network


@lru_cache(maxsize=4096)
def facts_of(family: str, vcpus: int, gpu: str = "", *, local_disks: bool = False) -> Facts:
    """What is known of a type of a family with so many vCPUs."""
    parts = _FAMILY.fullmatch(family)
    letters, digits = (parts[1], parts[2]) if parts is not None else ("", "")
    generation = int(digits or 0)
    arm = is_arm(family)
    category = next((name for form, name in _CATEGORIES if re.fullmatch(form, letters)), "")
    level = "EnterpriseLevel"
    if _CREDIT.fullmatch(family):
        level = "CreditEntryLevel"
    elif _ENTRY.fullmatch(family):
        level = "EntryLevel"
    modes = ("UEFI",) if arm else ("BIOS", "UEFI") if generation >= _UEFI_SINCE else ("BIOS",)
    processor, base, turbo = _PROCESSORS.get(family.removeprefix("ecs."), ("", 0.0, 0.0))
    disks = ("local_hdd_pro" if letters == "d" else "local_ssd_pro") if local_disks else ""
    return Facts(
        arm,
        category,
        level,
        generation >= _NVME_SINCE,
        modes,
        processor,
        base,
        turbo,
        disks,
        _GPU_GIB.get(gpu, 0.0),
        _NETWORKS[max(each for each in _NETWORKS if each <= max(vcpus, 1))],
    )
