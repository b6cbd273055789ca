"""Instance types by rule: what the published form of a type's name says of it.

`ecs.g8i.2xlarge` is the type 2xlarge of the family g8i: eight vCPUs, and general purpose, that is 4 GiB for each vCPU.
`ecs.e-c1m2.large` says the ratio itself: 1 vCPU to 2 GiB. What a name does not say is listed below.

Sources: the pages of instance families of the user guide, of July 2021 and of 2026.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from faultzone.editions.local_disks import LOCAL_DISKS

#: Its parts are bounded: the longest published name has 28 characters.
_NAME: Final = re.compile(r"ecs\.([a-z]{1,12})([0-9]{0,2})([a-z]{0,8})((?:-[a-z0-9]{1,12}){0,3})\.([a-z0-9]{1,12})")
_VARIANT: Final = re.compile(r"l?c([1-9][0-9]?)([mg])([1-9][0-9]?)")
_COUNT: Final = re.compile(r"([1-9][0-9]?)x")
_MULTIPLE: Final = re.compile(r"([1-9][0-9]?)xlarge")
_SIZES: Final = {"nano": 1, "small": 1, "large": 2, "xlarge": 4}
#: What is left of a family's letters without these says what it is for: bare metal, high frequency, super computing.
_PREFIXES: Final = ("ebm", "scc", "hf")
#: GiB for each vCPU, by letters of families; where the letters say otherwise in a generation, by that too.
_RATIOS: Final = {
    "c": 2.0,
    "d": 4.0,
    "g": 4.0,
    "i": 8.0,
    "r": 8.0,
    "re": 16.0,
    "c6me": 3.0,
    "i2g": 4.0,
    "i2gne": 4.0,
    "i3g": 4.0,
    "i4g": 4.0,
    "i4p": 4.0,
    "i5g": 4.0,
    "i5ge": 6.0,
    "re6p": 4.0,
    "re7p": 4.0,
}
#: Families whose names say the ratio in a variant alone.
_BY_VARIANT: Final = ("e", "s", "t", "u", "v")
#: Families with GPUs -> (the GPU, GiB for each vCPU).
_GPUS: Final = {
    "gn5": ("NVIDIA P100", 7.5),
    "gn5i": ("NVIDIA P4", 4.0),
    "gn6e": ("NVIDIA V100", 92 / 12),
    "gn6i": ("NVIDIA T4", 3.875),
    "gn6v": ("NVIDIA V100", 4.0),
    "gn7": ("NVIDIA A100", 95 / 13),
    "gn7e": ("NVIDIA A100", 7.8125),
    "gn7i": ("NVIDIA A10", 5.875),
    "gn8is": ("NVIDIA L20", 8.0),
    "gn8v": ("GPU H", 16 / 3),
}
#: The same of families with GPUs that are not listed; our own number.
_GPU_RATIO: Final = 4.0
#: Half and whole hosts of the sixth generation have less memory for each vCPU than the other types of their families.
_SCANT_SIZES: Final = ("13xlarge", "26xlarge", "52xlarge")
_SCANT: Final = 12 / 13
#: The largest types of high frequency of the sixth generation have more.
_AMPLE_SIZES: Final = ("10xlarge", "20xlarge")
_AMPLE: Final = 1.2
#: Types that are otherwise than their names say: vCPUs and GiB.
_EXCEPTIONS: Final = {
    "c8i.48xlarge": (192, 512.0),
    "d2c.12xlarge": (48, 176.0),
    "d2c.24xlarge": (96, 352.0),
    "d2c.6xlarge": (24, 88.0),
    "d2s.10xlarge": (40, 176.0),
    "d2s.20xlarge": (80, 352.0),
    "d2s.5xlarge": (20, 88.0),
    "d3c.3xlarge": (14, 56.0),
    "ebmg8i.48xlarge": (192, 1024.0),
    "ebmgn6e.24xlarge": (96, 768.0),
    "ebmgn6i.24xlarge": (96, 384.0),
    "ebmgn7.26xlarge": (104, 768.0),
    "ebmgn7i.32xlarge": (128, 768.0),
    "ebmre6-6t.52xlarge": (208, 6144.0),
    "f1-c28f1.14xlarge": (56, 224.0),
    "f1-c28f1.7xlarge": (28, 112.0),
    "f1-c8f1.2xlarge": (8, 60.0),
    "f1-c8f1.4xlarge": (16, 120.0),
    "f2-c28f1.14xlarge": (56, 224.0),
    "f2-c28f1.7xlarge": (28, 112.0),
    "f2-c8f1.2xlarge": (8, 60.0),
    "f2-c8f1.4xlarge": (16, 120.0),
    "f3-c16f1.16xlarge": (64, 256.0),
    "f3-c16f1.4xlarge": (16, 64.0),
    "f3-c16f1.8xlarge": (32, 128.0),
    "f3-c22f1.22xlarge": (88, 336.0),
    "f3-c4f1.xlarge": (4, 16.0),
    "f3-c8f1.2xlarge": (8, 32.0),
    "g5se.18xlarge": (70, 336.0),
    "g8i.48xlarge": (192, 1024.0),
    "gn6i-c24g1.18xlarge": (72, 288.0),
    "gn6i-c32g1.8xlarge": (32, 128.0),
    "gn6i-c48g1.12xlarge": (48, 192.0),
    "gn6i-c4g1.xlarge": (4, 15.0),
    "gn6v-c10g1.20xlarge": (82, 336.0),
    "gn7-c12g1.3xlarge": (12, 95.0),
    "gn7i-c16g1.4xlarge": (16, 60.0),
    "gn7i-c80g1.20xlarge": (80, 572.0),
    "gn7i-c8g1.2xlarge": (8, 30.0),
    "gn8v-2x.8xlarge": (32, 192.0),
    "gn8v-4x.8xlarge": (32, 384.0),
    "gn8v-8x.16xlarge": (64, 768.0),
    "gn8v.4xlarge": (16, 96.0),
    "i2d.11xlarge": (46, 356.0),
    "i2d.21xlarge": (84, 712.0),
    "i2d.23xlarge": (92, 712.0),
    "i2ne.20xlarge": (80, 704.0),
    "vgn5i-m1.large": (2, 6.0),
    "vgn5i-m2.xlarge": (4, 12.0),
    "vgn5i-m4.2xlarge": (8, 24.0),
    "vgn5i-m8.4xlarge": (16, 48.0),
    "vgn6i-m4-vws.xlarge": (4, 23.0),
    "vgn6i-m4.xlarge": (4, 23.0),
    "vgn6i-m8-vws.2xlarge": (10, 46.0),
    "vgn6i-m8.2xlarge": (10, 46.0),
}


class NamedType(NamedTuple):
    """What the name of an instance type says.

    Attributes:
        family: such as `ecs.g8i`.
        vcpus: how many.
        memory_gib: of memory.
        gpus: how many.
        gpu: which, as the API shows it.
        local_disks: how many.
        local_disk_gib: of each of them.
    """

    family: str
    vcpus: int
    memory_gib: float
    gpus: int = 0
    gpu: str = ""
    local_disks: int = 0
    local_disk_gib: int = 0


def read_instance_type(name: str) -> NamedType | None:
    """What a name of the published form says, None for a name of another form."""
    if (parts := _NAME.fullmatch(name)) is None:
        return None
    letters, digits, more, variants, size = parts.groups()
    multiple = _MULTIPLE.fullmatch(size)
    vcpus = 4 * int(multiple[1]) if multiple else _SIZES.get(size)
    if vcpus is None:
        return None
    family = f"{letters}{digits}{more}"
    gpus, gpu, ratio = 0, "", _ratio(letters, digits, more)
    for variant in (each for each in map(_VARIANT.fullmatch, variants.split("-")) if each is not None):
        per, kind, amount = int(variant[1]), variant[2], int(variant[3])
        if kind == "m":
            ratio = amount / per
        else:
            gpus = max(vcpus // per, 1) * amount
    if "gn" in letters:
        gpu, ratio = _GPUS.get(family.removeprefix("ebm").removeprefix("scc"), ("", _GPU_RATIO))
        gpus = gpus or _count(variants)
    if (listed := _EXCEPTIONS.get(name.removeprefix("ecs."))) is not None:
        return NamedType(f"ecs.{family}", *listed, gpus, gpu, *_local_disks(family, size))
    if ratio is None:
        return None
    if size in _SCANT_SIZES and (digits == "6" or family in ("i3", "i3g")):
        ratio *= _SCANT
    elif size in _AMPLE_SIZES and digits == "6" and "hf" in letters:
        ratio *= _AMPLE
    return NamedType(f"ecs.{family}", vcpus, vcpus * ratio, gpus, gpu, *_local_disks(family, size))


def _local_disks(family: str, size: str) -> tuple[int, int]:
    return LOCAL_DISKS.get(family, {}).get(size, (0, 0))


def _ratio(letters: str, digits: str, more: str) -> float | None:
    """GiB for each vCPU, None where the name does not say it."""
    for prefix in _PREFIXES:
        letters = letters.removeprefix(prefix)
    if letters in _BY_VARIANT or (not digits and letters != "e"):
        return None
    for known in (f"{letters}{digits}{more}", f"{letters}{digits}", letters):
        if known in _RATIOS:
            return _RATIOS[known]
    return None


def _count(variants: str) -> int:
    """The GPUs that a variant such as `-2x` says; one where it says none."""
    return next((int(found[1]) for found in map(_COUNT.fullmatch, variants.split("-")) if found is not None), 1)
