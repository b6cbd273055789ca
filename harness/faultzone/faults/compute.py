"""Faults of hosts and what runs on them, besides their crash: silence, lost zones, maintenance, migration, locks."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from faultzone.clock import Duration, milliseconds
from faultzone.errors import UsageError
from faultzone.faults.promises import host_state, unless_vanished

if TYPE_CHECKING:
    from faultzone.backends import Backend
    from faultzone.faults import Fault, Injection


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


@dataclass(frozen=True)
class GuestCrash:
    """The operating system of an instance crashes.

    Args:
        instance: the instance's id.
    """

    instance: str
    capability: ClassVar[str] = "guest"
    why_no_undo: ClassVar[str | None] = "the region restarts the instance by itself"

    def inject(self, backend: Backend) -> Mapping[str, Any]:
        """Crash it."""
        return backend.control("guest-crash", {"instance": self.instance})

    def undo(self, backend: Backend, injected: Mapping[str, Any]) -> None:
        """Nothing: see `why_no_undo`."""


@dataclass(frozen=True)
class AgentOutage:
    """The Cloud Assistant agent of an instance is out of order.

    Args:
        instance: the instance's id.
        state: `stopped`, `hung`, `lacking`, `outdated` or `upgrading`.
    """

    instance: str
    state: str = "stopped"
    capability: ClassVar[str] = "guest"
    why_no_undo: ClassVar[str | None] = None

    def inject(self, backend: Backend) -> Mapping[str, Any]:
        """Bring it into that state."""
        return backend.control("set-agent", {"instance": self.instance, "state": self.state})

    def undo(self, backend: Backend, injected: Mapping[str, Any]) -> None:
        """Let it run, as its latest version; an instance that was released has none."""
        with unless_vanished():
            backend.control("set-agent", {"instance": self.instance, "state": "running"})


@dataclass(frozen=True)
class Maintenance:
    """The provider plans the reboot of an instance, or of all on a host.

    Args:
        instance: an instance's id, or None for a host.
        host: a host's id, or None for an instance.
        within: how long until it is due; the documented notice when left out.
        outcome: `executes` or `fails`.
    """

    instance: str | None = None
    host: str | None = None
    within: Duration | None = None
    outcome: str = "executes"
    region: str | None = None
    capability: ClassVar[str] = "break-hosts"
    why_no_undo: ClassVar[str | None] = None

    def inject(self, backend: Backend) -> Mapping[str, Any]:
        """Plan it."""
        due = None
        if self.within is not None:
            due = backend.control("clock", {})["now"] + milliseconds(self.within)
        target = {"instance": self.instance, "host": self.host, "region": self.region}
        return backend.control("schedule-maintenance", {**target, "not_before": due, "outcome": self.outcome})

    def undo(self, backend: Backend, injected: Mapping[str, Any]) -> None:
        """Withdraw what has not begun; an event that is no longer kept is over."""
        for planned in injected.get("events", ()):
            if planned["event"] is not None:
                with suppress(UsageError):
                    backend.control("cancel-maintenance", {"event": planned["event"]})


@dataclass(frozen=True)
class MigrationFails:
    """Live migrations fail, or take long.

    Args:
        takes: seconds that each takes; None to let them fail.
    """

    takes: float | None = None
    region: str | None = None
    capability: ClassVar[str] = "break-hosts"
    why_no_undo: ClassVar[str | None] = None

    def inject(self, backend: Backend) -> Mapping[str, Any]:
        """Let them."""
        return backend.control(
            "set-migration", {"fails": self.takes is None, "takes": self.takes, "region": self.region}
        )

    def undo(self, backend: Backend, injected: Mapping[str, Any]) -> None:
        """Let them be as before."""
        if injected:
            before = {"fails": injected["fails"], "takes": injected["takes"]}
            backend.control("set-migration", {**before, "region": self.region})


@dataclass(frozen=True)
class SecurityLock:
    """An instance is locked for a violation of the terms.

    Args:
        instance: the instance's id.
    """

    instance: str
    capability: ClassVar[str] = "change-account"
    why_no_undo: ClassVar[str | None] = None

    def inject(self, backend: Backend) -> Mapping[str, Any]:
        """Lock it."""
        return backend.control("lock", {"instance": self.instance, "reason": "security"})

    def undo(self, backend: Backend, injected: Mapping[str, Any]) -> None:
        """Unlock it; one that was released needs no more."""
        with unless_vanished():
            backend.control("lock", {"instance": self.instance, "reason": "security", "locked": False})


class ComputeChaos(ABC):
    """The part of chaos that injects these."""

    _region: str | None

    @abstractmethod
    def inject(self, fault: Fault) -> Injection:
        """Bring a fault into force."""

    def hang(self, host: str) -> Injection:
        """Let a host stand still; its repair is owed."""
        return self.inject(HostHang(host, self._region))

    def cut(self, host: str) -> Injection:
        """Cut a host off; joining it again is owed."""
        return self.inject(NetworkCut(host, self._region))

    def zone_outage(self, zone: str) -> Injection:
        """Take the power of a zone away; giving it back is owed."""
        return self.inject(ZoneOutage(zone, self._region))

    def guest_crash(self, instance: str) -> Injection:
        """Crash the operating system of an instance."""
        return self.inject(GuestCrash(instance))

    def agent_outage(self, instance: str, state: str = "stopped") -> Injection:
        """Put an agent out of order; letting it run again is owed."""
        return self.inject(AgentOutage(instance, state))

    def maintenance(
        self,
        instance: str | None = None,
        *,
        host: str | None = None,
        within: Duration | None = None,
        outcome: str = "executes",
    ) -> Injection:
        """Plan the reboot of an instance or of all on a host; withdrawing what has not begun is owed."""
        return self.inject(Maintenance(instance, host, within, outcome, self._region))

    def migration_fails(self, takes: float | None = None) -> Injection:
        """Let live migrations fail, or take so many seconds."""
        return self.inject(MigrationFails(takes, self._region))

    def security_lock(self, instance: str) -> Injection:
        """Lock an instance for a violation; unlocking it is owed."""
        return self.inject(SecurityLock(instance))
