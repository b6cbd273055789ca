"""Faults of hosts: power, silence, the wire, a found risk, the power of a whole zone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from faultzone.faults.promises import host_state

if TYPE_CHECKING:
    from faultzone.backends import Backend


@dataclass(frozen=True)
class HostCrash:
    """A host loses its power, with all that runs on it.

    Args:
        host: the host's id.
        reversible: whether the hardware can be started again.
    """

    host: str
    reversible: bool = True
    region: str | None = None
    capability: ClassVar[str] = "break-hosts"

    @property
    def why_no_undo(self) -> str | None:
        """An irreversible crash stays."""
        return None if self.reversible else "an irreversible crash cannot be undone"

    def inject(self, backend: Backend) -> Mapping[str, Any]:
        """Cut the power."""
        arguments = {"host": self.host, "reversible": self.reversible, "region": self.region}
        return backend.control("crash-host", arguments)

    def undo(self, backend: Backend, injected: Mapping[str, Any]) -> None:
        """Repair the host."""
        backend.control("repair-host", {"host": self.host, "region": self.region})

    def undone(self, backend: Backend) -> bool:
        """The host has its power back."""
        return host_state(backend, self.host, self.region) != "down"


@dataclass(frozen=True)
class HostHang:
    """Everything on a host stands still. Its silence is noticed, and it loses its power: nothing runs in two places.

    Args:
        host: the host's id.
    """

    host: str
    region: str | None = None
    capability: ClassVar[str] = "break-hosts"
    why_no_undo: ClassVar[str | None] = None

    def inject(self, backend: Backend) -> Mapping[str, Any]:
        """Let it stand still."""
        return backend.control("hang-host", {"host": self.host, "region": self.region})

    def undo(self, backend: Backend, injected: Mapping[str, Any]) -> None:
        """Repair the host."""
        backend.control("repair-host", {"host": self.host, "region": self.region})

    def undone(self, backend: Backend) -> bool:
        """The host has its power back."""
        return host_state(backend, self.host, self.region) != "down"


@dataclass(frozen=True)
class NetworkCut:
    """A host is cut off. Joined before it is missed, nothing has happened; later it has lost its power.

    Args:
        host: the host's id.
    """

    host: str
    region: str | None = None
    capability: ClassVar[str] = "break-hosts"
    why_no_undo: ClassVar[str | None] = None

    def inject(self, backend: Backend) -> Mapping[str, Any]:
        """Cut the wire."""
        return backend.control("host-wire", {"host": self.host, "region": self.region, "up": False})

    def undo(self, backend: Backend, injected: Mapping[str, Any]) -> None:
        """Join the wire, and give the host its power back if it was missed."""
        backend.control("host-wire", {"host": self.host, "region": self.region, "up": True})
        backend.control("repair-host", {"host": self.host, "region": self.region})

    def undone(self, backend: Backend) -> bool:
        """The host has its power back."""
        return host_state(backend, self.host, self.region) != "down"


@dataclass(frozen=True)
class HostAtRisk:
    """A host is found at risk: it is emptied by live migration and takes nothing new.

    Args:
        host: the host's id.
    """

    host: str
    region: str | None = None
    capability: ClassVar[str] = "break-hosts"
    why_no_undo: ClassVar[str | None] = None

    def inject(self, backend: Backend) -> Mapping[str, Any]:
        """Find it at risk."""
        return backend.control("host-at-risk", {"host": self.host, "region": self.region})

    def undo(self, backend: Backend, injected: Mapping[str, Any]) -> None:
        """Find it sound again; what was moved away stays where it is."""
        backend.control("host-at-risk", {"host": self.host, "region": self.region, "at_risk": False})

    def undone(self, backend: Backend) -> bool:
        """The host is no longer at risk; it may be down for another reason."""
        return host_state(backend, self.host, self.region) != "at-risk"


@dataclass(frozen=True)
class ZoneOutage:
    """All hosts of a zone lose their power at once.

    Args:
        zone: the zone's id.
    """

    zone: str
    region: str | None = None
    capability: ClassVar[str] = "break-hosts"
    why_no_undo: ClassVar[str | None] = None

    def inject(self, backend: Backend) -> Mapping[str, Any]:
        """Cut the power."""
        return backend.control("zone-power", {"zone": self.zone, "region": self.region, "on": False})

    def undo(self, backend: Backend, injected: Mapping[str, Any]) -> None:
        """Give it back."""
        backend.control("zone-power", {"zone": self.zone, "region": self.region, "on": True})

    def undone(self, backend: Backend) -> bool:
        """All of its hosts have their power back."""
        hosts = backend.control("hosts", {"region": self.region})["hosts"]
        return all(each["state"] != "down" for each in hosts if each["zone"] == self.zone)
