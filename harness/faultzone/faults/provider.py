"""Faults that the provider brings about: supply that is gone, maintenance, migrations that fail, locks."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from faultzone.clock import Duration, milliseconds
from faultzone.errors import UsageError
from faultzone.faults.promises import unless_vanished

if TYPE_CHECKING:
    from faultzone.backends import Backend


@dataclass(frozen=True)
class SupplyShortage:
    """No more than `limit` instances of a family can be placed in a zone at a time; those that are placed stay.

    Args:
        zone: a zone's id, None for every zone.
        family: such as `ecs.g5`, None for every family.
        limit: how many may be placed; 0 sells nothing more.
    """

    zone: str | None = None
    family: str | None = None
    limit: int = 0
    region: str | None = None
    capability: ClassVar[str] = "set-supply"
    why_no_undo: ClassVar[str | None] = None

    def inject(self, backend: Backend) -> Mapping[str, Any]:
        """Take the supply away."""
        return backend.control("shortage", asdict(self))

    def undo(self, backend: Backend, injected: Mapping[str, Any]) -> None:
        """End this shortage, and no other of the same scope."""
        backend.control("end-shortage", {"id": injected["id"], "region": self.region})


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
