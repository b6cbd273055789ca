"""Wrong regions of the chapter on deployment sets."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from faultzone.model.placement import Host
from faultzone.model.rules import Rules
from faultzone.wrong_regions import declare, wrong

declare(
    "eight-in-a-zone",
    "deployment-set/zone-limit",
    "lets a set have eight members in a zone",
    {"deployment-set.zone-limit": 8},
)


@wrong("members-share-hosts", "deployment-set/strict-spread", "lets members of a set share a host")
class MembersShareHosts(Rules):
    """No host is avoided, and hosts that carry most come first."""

    def hosts_to_avoid(self, others: Iterable[Host]) -> Collection[int]:
        """None."""
        return ()
