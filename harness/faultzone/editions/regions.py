"""The public regions of the cloud by edition."""

from __future__ import annotations

from typing import Final

from faultzone.editions.edition import Date

_FIRST: Final[Date] = (2019, 2)
_NEVER: Final[Date] = (9999, 12)

#: Since when a region is open, until when it is, and the ids of those regions.
_OPEN: Final[tuple[tuple[Date, Date, str], ...]] = (
    (
        _FIRST,
        _NEVER,
        "cn-qingdao cn-beijing cn-zhangjiakou cn-huhehaote cn-hangzhou cn-shanghai cn-shenzhen cn-chengdu cn-hongkong "
        "ap-northeast-1 ap-southeast-1 ap-southeast-3 ap-southeast-5 us-east-1 us-west-1 eu-west-1 eu-central-1 "
        "me-east-1",
    ),
    (_FIRST, (2026, 10), "ap-southeast-2 ap-south-1"),
    ((2020, 12), _NEVER, "cn-wulanchabu cn-heyuan cn-guangzhou"),
    (
        (2026, 10),
        _NEVER,
        "cn-nanjing cn-fuzhou cn-wuhan-lr ap-northeast-2 ap-southeast-6 ap-southeast-7 me-central-1 na-south-1",
    ),
)


def region_ids(date: Date) -> tuple[str, ...]:
    """The ids of the regions that an edition of this date knows."""
    return tuple(each for since, until, ids in _OPEN if since <= date < until for each in ids.split())
