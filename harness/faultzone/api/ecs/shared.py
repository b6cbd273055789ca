"""What the requests of several chapters take alike."""

from __future__ import annotations

from typing import Any, Final

from faultzone.api.answer import CURRENT, FIRST, Field, Number, Structure, Text, items
from faultzone.api.ecs.reasons import CANNOT_BE_USED
from faultzone.api.request import flag, integer, not_simulated, structures, text
from faultzone.editions.edition import Date

#: The fields of a tag. Clients of the time write them in small letters too, as the pages of CreateInstance and AddTags
#: of 2019-02 have them, and those of security groups and of most Describe actions of 2020-12
#: (instance/tag-small-letters).
TAG: Final = (text("Key", also="key"), text("Value", also="value"))


_OF_DISKS: Final = "disks are asked for"


def time_filters(since: Date = FIRST) -> Any:
    """The filters by time of a listing. A client that needs the third and the fourth alone may leave the others out
    (instance/describe-by-time)."""
    fields = (text("Key", also="key"), text("Value", also="value"))
    return structures("Filter", *fields, most=4, gaps=True, since=since)


def offers(*more: Field) -> Structure:
    """What can be had, zone by zone, with `more` that is told of each kind of it."""
    return items(
        "AvailableZones",
        "AvailableZone",
        Text("RegionId", "ZoneId", "Status", "StatusCategory"),
        items(
            "AvailableResources",
            "AvailableResource",
            Text("Type"),
            items(
                "SupportedResources",
                "SupportedResource",
                Text("Value", "Status", "StatusCategory"),
                Number("Min", "Max", since=CURRENT, when=_OF_DISKS),
                Text("Unit", since=CURRENT, when=_OF_DISKS),
            ),
            *more,
        ),
    )


#: How vCPUs are made of cores and their threads.
CPU_OPTIONS: Final = (
    integer("Core", least=1),
    integer("ThreadsPerCore", least=1),
    text("TopologyType", among=("ContinuousCoreToHTMapping", "DiscreteCoreToHTMapping")),
    not_simulated("NestedVirtualization", CANNOT_BE_USED),
)
#: Which private names an instance has.
PRIVATE_NAMES: Final = (
    text("HostnameType", among=("Custom", "IpBased", "InstanceIdBased")),
    flag("EnableInstanceIdDnsAAAARecord"),
    flag("EnableInstanceIdDnsARecord"),
    flag("EnableIpDnsARecord"),
    flag("EnableIpDnsPtrRecord"),
)

#: The categories that disks may have; the first is that of a disk for which none is given.
DISK_CATEGORIES: Final = ("cloud_efficiency", "cloud_ssd", "cloud_essd", "cloud", "ephemeral_ssd")
#: Those of today, which a launch may have besides.
LATER_DISK_CATEGORIES: Final = (*DISK_CATEGORIES, "cloud_auto", "cloud_essd_entry")
#: The same of data disks, which today may have more.
LATER_DATA_DISK_CATEGORIES: Final = (
    *LATER_DISK_CATEGORIES,
    "cloud_regional_disk_auto",
    "elastic_ephemeral_disk_standard",
    "elastic_ephemeral_disk_premium",
)
#: How large a system disk may be, in GiB; today its category says it, and this is the least and the most of all.
SYSTEM_DISK_GIB: Final = (20, 500)
LATER_SYSTEM_DISK_GIB: Final = (1, 2048)
#: How large a data disk may be, likewise.
DATA_DISK_GIB: Final = (5, 32768)
LATER_DATA_DISK_GIB: Final = (1, 65536)
#: Why an instance or a disk may be locked.
LOCK_REASONS: Final = ("financial", "security", "recycling", "dedicatedhostfinancial")
