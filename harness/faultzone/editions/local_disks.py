"""The local disks of instance types that are read by rule: their names don't say them (instance/local-disk-types).

Sources: the pages "Instance families with local SSDs" and "Big data instance families" of the user guide, of 2026.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

#: Family -> size -> (how many, GiB of each).
LOCAL_DISKS: Final[Mapping[str, Mapping[str, tuple[int, int]]]] = {
    "d2c": {"6xlarge": (3, 3700), "12xlarge": (6, 3700), "24xlarge": (12, 3700)},
    "d2s": {"5xlarge": (8, 7300), "10xlarge": (15, 7300), "20xlarge": (30, 7300)},
    "d3c": {"3xlarge": (1, 12800), "7xlarge": (2, 12800), "14xlarge": (4, 12800)},
    "d3s": {
        "2xlarge": (4, 11100),
        "4xlarge": (8, 11100),
        "8xlarge": (16, 11100),
        "12xlarge": (24, 11100),
        "16xlarge": (32, 11100),
    },
    "i2gne": {"2xlarge": (1, 894), "4xlarge": (1, 1788), "8xlarge": (2, 1788), "16xlarge": (4, 1788)},
    "i2ne": {
        "xlarge": (1, 894),
        "2xlarge": (1, 1788),
        "4xlarge": (2, 1788),
        "8xlarge": (4, 1788),
        "16xlarge": (8, 1788),
        "20xlarge": (10, 1788),
    },
    "i3": {
        "xlarge": (1, 894),
        "2xlarge": (1, 1788),
        "4xlarge": (2, 1788),
        "8xlarge": (4, 1788),
        "13xlarge": (6, 1788),
        "26xlarge": (12, 1788),
    },
    "i3g": {"2xlarge": (1, 447), "4xlarge": (1, 894), "8xlarge": (2, 894), "13xlarge": (3, 894), "26xlarge": (6, 894)},
    "i4": {
        "large": (1, 447),
        "xlarge": (1, 894),
        "2xlarge": (1, 1788),
        "4xlarge": (1, 3576),
        "8xlarge": (2, 3576),
        "16xlarge": (4, 3576),
        "32xlarge": (8, 3576),
    },
    "i4g": {"4xlarge": (1, 894), "8xlarge": (1, 1788), "16xlarge": (2, 1788), "32xlarge": (4, 1788)},
    # Persistent memory, which is used as local disks.
    "i4p": {
        "2xlarge": (1, 126),
        "4xlarge": (2, 126),
        "6xlarge": (3, 126),
        "8xlarge": (4, 126),
        "16xlarge": (1, 1008),
        "32xlarge": (2, 1008),
    },
    "i4r": {"4xlarge": (1, 894), "8xlarge": (1, 1788), "16xlarge": (2, 1788), "32xlarge": (4, 1788)},
    "i5": {
        "xlarge": (1, 894),
        "2xlarge": (1, 1788),
        "4xlarge": (1, 3576),
        "8xlarge": (2, 3576),
        "12xlarge": (3, 3576),
        "16xlarge": (4, 3576),
    },
    "i5e": {
        "2xlarge": (1, 3576),
        "4xlarge": (1, 7152),
        "8xlarge": (2, 7152),
        "12xlarge": (3, 7152),
        "16xlarge": (4, 7152),
        "32xlarge": (8, 7152),
    },
    "i5g": {"8xlarge": (1, 1788), "16xlarge": (1, 3576)},
    "i5ge": {"3xlarge": (1, 1788), "6xlarge": (1, 3576), "12xlarge": (2, 3576), "24xlarge": (4, 3576)},
}
