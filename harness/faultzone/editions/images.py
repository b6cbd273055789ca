"""Images by rule: what the published form of an image's name says of it.

A public image is named after its system, version, architecture, size and date of publication, with parts joined by
underscores: `aliyun_3_x64_20G_alibase_20240528.vhd`, `ubuntu_22_04_uefi_x64_20G_alibase_20240130.vhd`,
`win2022_21H2_x64_dtc_en-us_40G_alibase_20240617.vhd`. The name of a family has neither size nor date:
`acs:ubuntu_22_04_x64`.

Sources: the pages "Public images" and "Release notes of public images" of the user guide, and published answers of
DescribeImages and DescribeImageFromFamily.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Final, NamedTuple

#: The first parts of a name -> (the system, as OSName has it; Platform). The longest that fits counts.
_SYSTEMS: Final = {
    "alibaba_cloud_linux": ("Alibaba Cloud Linux", "Aliyun"),
    "alinux": ("Alibaba Cloud Linux", "Aliyun"),
    "aliyun": ("Alibaba Cloud Linux", "Aliyun"),
    "almalinux": ("AlmaLinux", "AlmaLinux"),
    "anolis": ("Anolis OS", "Anolis"),
    "anolis_os": ("Anolis OS", "Anolis"),
    "anolisos": ("Anolis OS", "Anolis"),
    "centos": ("CentOS", "CentOS"),
    "centos_stream": ("CentOS Stream", "CentOS Stream"),
    "coreos": ("CoreOS", "CoreOS"),
    "debian": ("Debian", "Debian"),
    "fedora": ("Fedora", "Fedora"),
    "fedora_coreos": ("Fedora CoreOS", "Fedora CoreOS"),
    "freebsd": ("FreeBSD", "Freebsd"),
    "gentoo": ("Gentoo", "Gentoo"),
    "kylin": ("Kylin", "Kylin"),
    "lifsea": ("LifseaOS", "Aliyun"),
    "lifsea_os": ("LifseaOS", "Aliyun"),
    "openeuler": ("openEuler", "openEuler"),
    "opensuse": ("openSUSE", "OpenSUSE"),
    "redhat": ("Red Hat Enterprise Linux", "RedHat"),
    "rhel": ("Red Hat Enterprise Linux", "RedHat"),
    "rocky_linux": ("Rocky Linux", "Rocky Linux"),
    "rockylinux": ("Rocky Linux", "Rocky Linux"),
    "sles": ("SUSE Linux Enterprise Server", "SUSE"),
    "suse": ("SUSE Linux Enterprise Server", "SUSE"),
    "ubuntu": ("Ubuntu", "Ubuntu"),
    "uos": ("UOS", "UOS"),
    **{
        f"{begins}{year}{release}": (
            f"Windows Server {year}{release.upper().replace('R', ' R')}",
            f"Windows Server {year}",
        )
        for begins in ("win", "windows_server_")
        for year in (2003, 2008, 2012, 2016, 2019, 2022, 2025)
        for release in ("", "r2")
    },
    "winsvr": ("Windows Server", "Windows Server Semi-Annual"),
}
_ARCHITECTURES: Final = {"x64": "x86_64", "64": "x86_64", "x86": "i386", "32": "i386", "arm64": "arm64"}
#: Words of a name that belong to the name of the system.
_WORDS: Final = {
    "dtc": "Datacenter",
    "dtcc": "Datacenter",
    "ent": "Enterprise",
    "std": "Standard",
    "uefi": "UEFI",
    "rhck": "RHCK",
    "anck": "ANCK",
    "zh-cn": "Chinese",
    "en-us": "English",
}
#: Versions whose name has more than the parts that name them -> as OSName has it, and as the name of the family has it.
_VERSIONS: Final = {
    ("Alibaba Cloud Linux", "3"): ("3.2104 LTS", "3_2104_lts"),
    ("Alibaba Cloud Linux", "3.2104"): ("3.2104 LTS", "3_2104_lts"),
    ("Alibaba Cloud Linux", "2.1903"): ("2.1903 LTS", "2_1903_lts"),
}
#: The names of families begin otherwise than those of their images.
_FAMILIES: Final = {"aliyun": "alibaba_cloud_linux", "rockylinux": "rocky_linux", "lifsea": "lifsea_os"}
_SUFFIXES: Final = (".vhd", ".qcow2", ".raw")
_PARTS_MOST: Final = 16
_NAME: Final = re.compile(r"(acs:)?[A-Za-z0-9._-]{1,120}")
FAMILY_PREFIX: Final = "acs:"
#: The size and the date of an image that is asked for by its family; none is published.
_FAMILY_GIB: Final = {"linux": 20, "windows": 40}
_FAMILY_DATE: Final = date(2026, 10, 1)


class PublicImage(NamedTuple):
    """What the name of a public image says.

    Attributes:
        id: the name.
        system: `linux` or `windows`; FreeBSD counts as `linux`.
        os_name: as the API shows it.
        platform: as the API shows it.
        architecture: `x86_64`, `i386` or `arm64`.
        gib: the size of its system disk.
        published: the date of its publication.
        family: the name of its family.
    """

    id: str
    system: str
    os_name: str
    platform: str
    architecture: str
    gib: int
    published: date
    family: str


def read_image(name: str) -> PublicImage | None:
    """The public image of a name or a family, None where the name has not the published form."""
    if not _NAME.fullmatch(name):
        return None
    if name.startswith(FAMILY_PREFIX):
        return _read_family(name)
    base, dot, _ = name.rpartition(".")
    parts = base.split("_")
    if not dot or name[len(base) :] not in _SUFFIXES or len(parts) > _PARTS_MOST:
        return None
    published = _read_date(parts.pop())
    at = next((n for n, part in enumerate(parts) if part[-1:] == "G" and _is_number(part[:-1], 4)), None)
    if published is None or at is None:
        return None
    described = _read_system(parts[:at])
    if described is None:
        return None
    system, os_name, platform, architecture, family = described
    return PublicImage(name, system, os_name, platform, architecture, int(parts[at][:-1]), published, family)


def _read_family(name: str) -> PublicImage | None:
    described = _read_system(name.removeprefix(FAMILY_PREFIX).split("_"))
    if described is None:
        return None
    system, os_name, platform, architecture, family = described
    return PublicImage(name, system, os_name, platform, architecture, _FAMILY_GIB[system], _FAMILY_DATE, family)


def _read_system(parts: list[str]) -> tuple[str, str, str, str, str] | None:
    """The kind, OSName, Platform, architecture and family that these parts of a name say."""
    if len(parts) > _PARTS_MOST or not all(parts):
        return None
    taken = next((n for n in range(min(3, len(parts)), 0, -1) if "_".join(parts[:n]).lower() in _SYSTEMS), 0)
    if not taken:
        return None
    title, platform = _SYSTEMS["_".join(parts[:taken]).lower()]
    # The last part that can be an architecture is it: `ubuntu_16_0402_64` and `win2016_64_dtc_1607`.
    where = [n for n, part in enumerate(parts) if n >= taken and part in _ARCHITECTURES]
    if not where:
        return None
    architecture = _ARCHITECTURES[parts[where[-1]]]
    rest = [part for n, part in enumerate(parts) if n >= taken and n != where[-1]]
    system = "windows" if platform.startswith("Windows") else "linux"
    digits = [part for part in rest if part[0].isdigit()]
    if system == "linux" and not digits:
        return None
    version = ".".join(digits if platform == "Ubuntu" else [part.lstrip("0") or "0" for part in digits])
    shown, of_family = _VERSIONS.get((title, version), (version, "_".join(part for part in rest if part != "lts")))
    words = [_WORDS.get(part.lower(), part.upper() if part[:2] == "sp" else "") for part in rest if part not in digits]
    bits = {"x86_64": "64 bit", "i386": "32 bit", "arm64": "64 bit ARM Edition"}[architecture]
    begins = "_".join(parts[:taken]).lower()
    family = "_".join((_FAMILIES.get(begins, begins), of_family, "x64" if architecture == "x86_64" else architecture))
    os_name = " ".join(each for each in (title, shown, *words, bits) if each)
    return system, os_name, platform, architecture, FAMILY_PREFIX + family


def _is_number(text: str, digits: int) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= digits and text[0] != "0"


def _read_date(text: str) -> date | None:
    if not (len(text) == 8 and text.isascii() and text.isdigit()):
        return None
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return None
