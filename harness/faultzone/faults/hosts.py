"""Faults of hosts: power, silence, the wire, a found risk, the power of a rack or zone, a switch, migrations.

Several of them may hit one host: it is up again once the last is undone, in whatever order.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

from faultzone.clock import Duration
from faultzone.errors import UsageError
from faultzone.faults.fault import Fault

#: What takes the power of a host at once.
POWERLESS: Final = ("HostCrash", "HostHang", "RackOutage", "ZoneOutage")
#: What cuts a host off, which has lost its power once that is missed.
CUT: Final = ("NetworkCut", "SwitchOutage", "HostPaused")


@dataclass(frozen=True)
class HostCrash(Fault):
    """A host loses its power, with all that runs on it.

    Args:
        host: the host's id.
        reversible: whether the hardware can be started again.
        region: the region's id, None for the first.
    """

    host: str
    reversible: bool = True
    region: str | None = None
    capability: ClassVar = "break-hosts"
    ends: ClassVar = "the host is repaired; an irreversible crash cannot be undone"
    #: A host answers seconds after its repair; one that is a container may have to be made anew.
    undo_within: ClassVar[Duration] = "2m"
    examples: ClassVar = {"reversible": (True, False)}

    @property
    def why_no_undo(self) -> str | None:
        """An irreversible crash stays."""
        return None if self.reversible else "an irreversible crash cannot be undone"


@dataclass(frozen=True)
class HostHang(Fault):
    """Everything on a host stands still. Its silence is noticed, and it loses its power: nothing runs in two places.

    Args:
        host: the host's id.
        region: the region's id, None for the first.
    """

    host: str
    region: str | None = None
    capability: ClassVar = "break-hosts"
    ends: ClassVar = "the host is repaired"
    undo_within: ClassVar[Duration] = "2m"


@dataclass(frozen=True)
class NetworkCut(Fault):
    """A host is cut off. Joined before it is missed, nothing has happened; later it has lost its power.

    Args:
        host: the host's id.
        region: the region's id, None for the first.
    """

    host: str
    region: str | None = None
    capability: ClassVar = "break-hosts"
    ends: ClassVar = "the network is restored, and the host repaired if it was declared lost"
    undo_within: ClassVar[Duration] = "2m"


@dataclass(frozen=True)
class HostAtRisk(Fault):
    """A host is found at risk: it is emptied by live migration and takes nothing new.

    Args:
        host: the host's id.
        region: the region's id, None for the first.
    """

    host: str
    region: str | None = None
    capability: ClassVar = "break-hosts"
    alone: ClassVar = True
    excluded_by: ClassVar = (*POWERLESS, "HostKilled")
    excluded_once_missed: ClassVar = CUT
    ends: ClassVar = "the host is healthy; moved instances stay on their new hosts"


@dataclass(frozen=True)
class ZoneOutage(Fault):
    """All hosts of a zone lose their power at once.

    Args:
        zone: the zone's id.
        region: the region's id, None for the first.
    """

    zone: str
    region: str | None = None
    capability: ClassVar = "break-hosts"
    ends: ClassVar = "the power comes back"
    #: As after a crash, but for all hosts of the zone at once.
    undo_within: ClassVar[Duration] = "5m"


@dataclass(frozen=True)
class RackOutage(Fault):
    """All hosts of a rack lose their power at once.

    Args:
        rack: the rack's id, such as `cn-hangzhou-a-r01`.
        region: the region's id, None for the first.
    """

    rack: str
    region: str | None = None
    capability: ClassVar = "break-hosts"
    ends: ClassVar = "the power comes back"
    undo_within: ClassVar[Duration] = "5m"


@dataclass(frozen=True)
class SwitchOutage(Fault):
    """All hosts behind a switch are cut off at once. Joined before they are missed, nothing has happened.

    Args:
        switch: the switch's id, such as `cn-hangzhou-a-s01`.
        region: the region's id, None for the first.
    """

    switch: str
    region: str | None = None
    capability: ClassVar = "break-hosts"
    ends: ClassVar = "the network is restored, and each host repaired that was declared lost"
    undo_within: ClassVar[Duration] = "5m"


@dataclass(frozen=True)
class MigrationFails(Fault):
    """Live migrations fail, or take long: the longest of several of these decides, and one that fails above all.

    Args:
        takes: seconds that each takes; None to let them fail.
        region: the region's id, None for the first.
    """

    takes: float | None = None
    region: str | None = None
    capability: ClassVar = "break-hosts"
    ends: ClassVar = "migrations succeed again"
    examples: ClassVar = {"takes": (None, 0.0, 5.0, 600.0)}

    def __post_init__(self) -> None:
        """Look at the values.

        Raises:
            UsageError: no migration takes that long.
        """
        super().__post_init__()
        if self.takes is not None and not 0 <= self.takes < 86_400:
            raise UsageError.expected("takes", self.takes, "0 or more seconds, less than a day")
