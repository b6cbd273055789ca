"""Faults that the provider brings about: supply that is gone, maintenance, locks."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
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
class LaunchFailure(Fault):
    """New instances fail while they are made: each is Pending, and is then released; from edition 2026-10 on an event
    `SystemFailure.Delete` tells of it. What was there before stays.

    Args:
        zone: a zone's id, None for every zone.
        family: such as `ecs.g5`, None for every family.
        region: the region's id, None for the first.
    """

    zone: str | None = None
    family: str | None = None
    region: str | None = None
    capability: ClassVar = "set-supply"
    ends: ClassVar = "instances can be made again"
    examples: ClassVar = {"zone": "zones"}


@dataclass(frozen=True)
class SpotInterruption(Fault):
    """A spot instance is taken back: it is told five minutes before, at the earliest when its protected period ends.

    Args:
        instance: the instance's id.
    """

    instance: str
    capability: ClassVar = "set-supply"
    alone: ClassVar = True
    #: The notice: an instance that was told already is not told again.
    alone_for: ClassVar[Duration] = "5m"
    never_ends: ClassVar = "what is taken back is released, or can be started again"
    examples: ClassVar = {"instance": "spots"}


@dataclass(frozen=True)
class SpotPriceRise(Fault):
    """Spot instances of a type cost more, and supply may run short meanwhile. Of several the highest price counts.

    Args:
        instance_type: such as `ecs.g5.large`.
        price: of an hour, in yuan.
        zone: a zone's id, None for every zone.
        limit: how many instances of the family may be placed there meanwhile; None for no limit.
        region: the region's id, None for the first.
    """

    instance_type: str
    price: int | str | Decimal
    zone: str | None = None
    limit: int | None = None
    region: str | None = None
    capability: ClassVar = "set-supply"
    ends: ClassVar = "this rise and its shortage end; what was taken back is gone"
    examples: ClassVar = {
        "instance_type": ("ecs.g5.large",),
        "price": ("0.01", "1", "5"),
        "zone": "zones",
        "limit": (None, 0),
    }

    def __post_init__(self) -> None:
        """Look at the values.

        Raises:
            UsageError: fewer than none cannot be placed.
        """
        super().__post_init__()
        if self.limit is not None and self.limit < 0:
            raise UsageError.expected_whole("limit", self.limit, 0, unit="instances")


@dataclass(frozen=True)
class Maintenance(Fault):
    """The provider plans maintenance of an instance, or of all on a host: a reboot, unless another type is named.

    Args:
        instance: an instance's id, or None for a host.
        host: a host's id, or None for an instance.
        within: how long until it is due; the documented notice when left out.
        outcome: `executes` or `fails`, or from edition 2020-12 on `inquires`.
        region: the region's id, None for the first.
        type: of its events, of SystemMaintenance or SystemUpgrade.
    """

    instance: str | None = None
    host: str | None = None
    within: Duration | None = None
    outcome: str = "executes"
    region: str | None = None
    type: str = "SystemMaintenance.Reboot"
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
    alone: ClassVar = True
    ends: ClassVar = "the instance is unlocked"


@dataclass(frozen=True)
class DiskImpaired(Fault):
    """A disk is slow, stands still or is damaged. Its user sees that; what programs read and write stays as it is.

    Args:
        instance: the instance's id.
        disk: the number of the disk, 0 for the system disk.
        type: `Degraded`, `SeverelyDegraded`, `Stalled`, or for instances with local disks `ErrorDetected`.
    """

    instance: str
    disk: int = 0
    type: str = "Stalled"
    capability: ClassVar = "break-hosts"
    ends: ClassVar = "the disk is healthy"
    examples: ClassVar = {"type": ("Degraded", "SeverelyDegraded", "Stalled")}
