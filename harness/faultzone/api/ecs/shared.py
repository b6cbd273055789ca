"""What the requests of several chapters take alike."""

from __future__ import annotations

from typing import Final

from faultzone.api.request import text

#: The fields of a tag. Clients of the time write them in small letters too, as the pages of CreateInstance and AddTags
#: of 2019-02 have them, and those of security groups and of most Describe actions of 2020-12
#: (instance/tag-small-letters).
TAG: Final = (text("Key", also="key"), text("Value", also="value"))

#: The fields of a filter by time; a client that needs the third and the fourth alone may leave the others out.
FILTER: Final = (text("Key"), text("Value"))

#: The categories that disks may have; the first is that of a disk for which none is given.
DISK_CATEGORIES: Final = ("cloud_efficiency", "cloud_ssd", "cloud_essd", "cloud", "ephemeral_ssd")
#: How large a system disk may be, in GiB.
SYSTEM_DISK_GIB: Final = (20, 500)
#: Why an instance or a disk may be locked.
LOCK_REASONS: Final = ("financial", "security", "recycling", "dedicatedhostfinancial")
