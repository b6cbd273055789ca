"""Faults that the provider brings about: supply that is gone, maintenance, locks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from faultzone.clock import Duration
from faultzone.errors import UsageError
from faultzone.faults.fault import Fault


@dataclass(frozen=True)
class SupplyShortage(Fault):
    """No more than `limit` instances of a family can be placed in a zone at a time; those that are placed stay.

    Args:
        zone: a zone's id, None for every zone.
        family: such as `ecs.g5`, None for every family.
        limit: how many may be placed; 0 sells nothing more.
        region: the region's id, None for the first.
    """

    zone: str | None = None
    family: str | None = None
    limit: int = 0
    region: str | None = None
    capability: ClassVar = "set-supply"
    ends: ClassVar = "this shortage ends"
    examples: ClassVar = {"zone": "zones", "limit": (0, 1, 8)}

    def __post_init__(self) -> None:
        """Look at the values.

        Raises:
            UsageError: fewer than none cannot be placed.
        """
        super().__post_init__()
        if self.limit < 0:
            raise UsageError.expected_whole("limit", self.limit, 0, unit="instances")


@dataclass(frozen=True)
class Maintenance(Fault):
    """The provider plans the reboot of an instance, or of all on a host.

    Args:
        instance: an instance's id, or None for a host.
        host: a host's id, or None for an instance.
        within: how long until it is due; the documented notice when left out.
        outcome: `executes` or `fails`.
        region: the region's id, None for the first.
    """

    instance: str | None = None
    host: str | None = None
    within: Duration | None = None
    outcome: str = "executes"
    region: str | None = None
    capability: ClassVar = "break-hosts"
    ends: ClassVar = "planned events are withdrawn"
    examples: ClassVar = {"instance": "instances", "within": ("10m", "1h", "24h")}

    def __post_init__(self) -> None:
        """Look at the values.

        Raises:
            UsageError: it is for neither an instance nor a host, or for both.
        """
        super().__post_init__()
        if (self.instance is None) == (self.host is None):
            raise UsageError("Maintenance: expected either instance or host")


@dataclass(frozen=True)
class SecurityLock(Fault):
    """An instance is locked for a violation of the terms; one that is so already is refused.

    Args:
        instance: the instance's id.
    """

    instance: str
    capability: ClassVar = "change-account"
    ends: ClassVar = "the instance is unlocked"
    #: What is locked cannot be renewed.
    in_the_way: ClassVar = True
