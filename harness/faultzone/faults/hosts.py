"""Faults of hosts: power, silence, the wire, a found risk, the power of a whole zone.

Several of them may hit one host: it is up again once the last is undone, in whatever order.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from faultzone.clock import Duration
from faultzone.faults.base import Fault

if TYPE_CHECKING:
    from faultzone.backends import Backend


def hosts_of(backend: Backend, region: str | None) -> list[dict[str, Any]]:
    """The hosts of a region, as far as there are any to be seen."""
    return list(backend.control("hosts", {"region": region})["hosts"])


def mended(host: Mapping[str, Any], injected: Mapping[str, Any]) -> bool:
    """Whether a host is up, or down for another reason."""
    return injected.get("id") not in host["faults"] and (host["state"] != "down" or bool(host["faults"]))


class LosesHost(Fault):
    """What may cost a host its power: repaired, it is up unless it is down for another reason.

    Attributes:
        host: the host's id.
        region: the region's id, None for the first.
    """

    host: str
    region: str | None
    capability: ClassVar[str] = "break-hosts"
    #: A host answers seconds after its repair; one that is a container may have to be made anew.
    undo_within: ClassVar[Duration] = "2m"

    def undo(self, backend: Backend, injected: Mapping[str, Any]) -> None:
        """Repair the host."""
        backend.control("repair-host", {"host": self.host, "region": self.region, "id": injected.get("id")})

    def undone(self, backend: Backend, injected: Mapping[str, Any]) -> bool:
        """The host has its power back."""
        return all(mended(each, injected) for each in hosts_of(backend, self.region) if each["host"] == self.host)


@dataclass(frozen=True)
class HostCrash(LosesHost):
    """A host loses its power, with all that runs on it.

    Args:
        host: the host's id.
        reversible: whether the hardware can be started again.
    """

    host: str
    reversible: bool = True
    region: str | None = None

    @property
    def why_no_undo(self) -> str | None:
        """An irreversible crash stays."""
        return None if self.reversible else "an irreversible crash cannot be undone"

    def asks(self) -> tuple[str, dict[str, Any]]:
        """Cut the power."""
        return "crash-host", {"host": self.host, "reversible": self.reversible, "region": self.region}


@dataclass(frozen=True)
class HostHang(LosesHost):
    """Everything on a host stands still. Its silence is noticed, and it loses its power: nothing runs in two places.

    Args:
        host: the host's id.
    """

    host: str
    region: str | None = None

    def asks(self) -> tuple[str, dict[str, Any]]:
        """Let it stand still."""
        return "hang-host", {"host": self.host, "region": self.region}


@dataclass(frozen=True)
class NetworkCut(LosesHost):
    """A host is cut off. Joined before it is missed, nothing has happened; later it has lost its power.

    Args:
        host: the host's id.
    """

    host: str
    region: str | None = None

    def asks(self) -> tuple[str, dict[str, Any]]:
        """Cut the wire."""
        return "host-wire", {"host": self.host, "region": self.region, "up": False}

    def undo(self, backend: Backend, injected: Mapping[str, Any]) -> None:
        """Join the wire, and give the host its power back if it was missed."""
        asked = {"host": self.host, "region": self.region, "up": True, "id": injected.get("id")}
        backend.control("host-wire", asked)


@dataclass(frozen=True)
class HostAtRisk(Fault):
    """A host is found at risk: it is emptied by live migration and takes nothing new.

    Args:
        host: the host's id.
    """

    host: str
    region: str | None = None
    capability: ClassVar[str] = "break-hosts"

    def asks(self) -> tuple[str, dict[str, Any]]:
        """Find it at risk."""
        return "host-at-risk", {"host": self.host, "region": self.region}

    def undo(self, backend: Backend, injected: Mapping[str, Any]) -> None:
        """Find it sound again; what was moved away stays where it is."""
        backend.control("host-at-risk", {"host": self.host, "region": self.region, "at_risk": False})

    def undone(self, backend: Backend, injected: Mapping[str, Any]) -> bool:
        """The host is no longer at risk; it may be down for another reason."""
        return all(each["state"] != "at-risk" for each in hosts_of(backend, self.region) if each["host"] == self.host)


@dataclass(frozen=True)
class ZoneOutage(Fault):
    """All hosts of a zone lose their power at once.

    Args:
        zone: the zone's id.
    """

    zone: str
    region: str | None = None
    capability: ClassVar[str] = "break-hosts"
    #: As after a crash, but for all hosts of the zone at once.
    undo_within: ClassVar[Duration] = "5m"

    def asks(self) -> tuple[str, dict[str, Any]]:
        """Cut the power."""
        return "zone-power", {"zone": self.zone, "region": self.region, "on": False}

    def undo(self, backend: Backend, injected: Mapping[str, Any]) -> None:
        """Give it back."""
        asked = {"zone": self.zone, "region": self.region, "on": True, "id": injected.get("id")}
        backend.control("zone-power", asked)

    def undone(self, backend: Backend, injected: Mapping[str, Any]) -> bool:
        """All of its hosts have their power back."""
        return all(mended(each, injected) for each in hosts_of(backend, self.region) if each["zone"] == self.zone)
