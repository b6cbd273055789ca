"""Faults that the provider brings about: supply that is gone, maintenance, migrations that fail, locks."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from faultzone.clock import Duration, milliseconds
from faultzone.errors import UnknownTarget
from faultzone.faults.base import Fault
from faultzone.faults.promises import number_of, unless_vanished

if TYPE_CHECKING:
    from faultzone.backends import Backend


@dataclass(frozen=True)
class SupplyShortage(Fault):
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

    def asks(self) -> tuple[str, dict[str, Any]]:
        """Take the supply away."""
        return "shortage", asdict(self)

    def undo(self, backend: Backend, injected: Mapping[str, Any]) -> None:
        """End this shortage, and no other of the same scope."""
        backend.control("end-shortage", {"id": number_of(injected), "region": self.region})

    def undone(self, backend: Backend, injected: Mapping[str, Any]) -> bool:
        """The shortage is no longer among those in force."""
        shortages = backend.control("supply", {"region": self.region})["shortages"]
        return all(each["id"] != injected["id"] for each in shortages)


@dataclass(frozen=True)
class Maintenance(Fault):
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

    def asks(self) -> tuple[str, dict[str, Any]]:
        """Plan it."""
        within = None if self.within is None else milliseconds(self.within)
        target = {"instance": self.instance, "host": self.host, "region": self.region}
        return "schedule-maintenance", {**target, "within": within, "outcome": self.outcome}

    def undo(self, backend: Backend, injected: Mapping[str, Any]) -> None:
        """Withdraw what has not begun; an event that is no longer kept is over."""
        for planned in injected.get("events", ()):
            with suppress(UnknownTarget):
                backend.control("cancel-maintenance", {"event": planned["plan"]})

    def undone(self, backend: Backend, injected: Mapping[str, Any]) -> bool:
        """Nothing of it is still to come."""
        for planned in injected.get("events", ()):
            with suppress(UnknownTarget):
                if backend.control("system-event", {"event": planned["plan"]})["pending"]:
                    return False
        return True


@dataclass(frozen=True)
class MigrationFails(Fault):
    """Live migrations fail, or take long: the longest of several of these decides, and one that fails above all.

    Args:
        takes: seconds that each takes; None to let them fail.
    """

    takes: float | None = None
    region: str | None = None
    capability: ClassVar[str] = "break-hosts"

    def asks(self) -> tuple[str, dict[str, Any]]:
        """Let them."""
        return "break-migration", {"fails": self.takes is None, "takes": self.takes, "region": self.region}

    def undo(self, backend: Backend, injected: Mapping[str, Any]) -> None:
        """Let them be as without it; one that is under way takes as long as it takes."""
        backend.control("mend-migration", {"id": number_of(injected), "region": self.region})

    def undone(self, backend: Backend, injected: Mapping[str, Any]) -> bool:
        """Migrations are as they are without it."""
        now = backend.control("migrations", {"region": self.region})
        sound = (now["fails"], now["takes"]) == (False, 0)
        return injected["id"] not in now["faults"] and (sound or bool(now["faults"]))


@dataclass(frozen=True)
class SecurityLock(Fault):
    """An instance is locked for a violation of the terms; one that is so already is refused.

    Args:
        instance: the instance's id.
    """

    instance: str
    capability: ClassVar[str] = "change-account"
    #: What is locked cannot be renewed.
    in_the_way: ClassVar[bool] = True

    def asks(self) -> tuple[str, dict[str, Any]]:
        """Lock it."""
        return "lock", {"instance": self.instance, "reason": "security"}

    def undo(self, backend: Backend, injected: Mapping[str, Any]) -> None:
        """Unlock it; one that was released needs no more."""
        with unless_vanished():
            backend.control("lock", {"instance": self.instance, "reason": "security", "locked": False})

    def undone(self, backend: Backend, injected: Mapping[str, Any]) -> bool:
        """It has no such lock; a financial one may have come meanwhile."""
        return "security" not in backend.control("locks", {"instance": self.instance})["locks"]
