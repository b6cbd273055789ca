"""Faults: typed values that say what to break, and the chaos that injects them and owes their undo.

What is owed is written into the journal before the fault is injected, and always runs: at the end of the `with` block,
or when the region ends. A fault without an undo says why it has none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from types import TracebackType
from typing import Any, ClassVar, Protocol

from faultzone.backends import Backend
from faultzone.backends.local import LocalBackend
from faultzone.clock import Duration, milliseconds
from faultzone.errors import NotSupported, UndoFailed, UsageError
from faultzone.faults.billing import BillingChaos
from faultzone.faults.compute import ComputeChaos
from faultzone.faults.promises import Promise, TargetVanishedError, Verifiable, host_state
from faultzone.faults.schedule import Scheduled


class Fault(Protocol):
    """Something to break.

    Attributes:
        capability: what the backend must allow.
        why_no_undo: why it cannot be undone; None for a fault that can.
    """

    capability: ClassVar[str]

    @property
    def why_no_undo(self) -> str | None:
        """Why it cannot be undone; None for a fault that can."""
        ...

    def inject(self, backend: Backend) -> Mapping[str, Any]:
        """Break it; the answer is given to `undo`, which gets an empty one where this failed half-way."""
        ...

    def undo(self, backend: Backend, injected: Mapping[str, Any]) -> None:
        """Mend it. A target that may have vanished meanwhile is mended `unless_vanished`."""
        ...


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


class Injection:
    """A fault in force; leaving the `with` block, or `undo`, mends it."""

    def __init__(self, fault: Fault, undo: Callable[[], None]) -> None:
        self.fault = fault
        self._undo = undo
        self.active = True

    def undo(self) -> None:
        """Mend it, once; after a failure it is still owed.

        Raises:
            UndoFailed: it could not be mended.
        """
        if not self.active:
            return
        try:
            self._undo()
        except Exception as trouble:
            raise UndoFailed(f"could not be undone: {self.fault!r}: {trouble}") from trouble
        self.active = False

    def __enter__(self) -> Injection:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.undo()


class Chaos(BillingChaos, ComputeChaos):
    """Breaks things in one region and mends them.

    Args:
        backend: what is broken.
        region: the region's id.
        say: takes (kind, data) into the journal.
        owed: where what is owed is kept; views of one cloud share it.
        promised: likewise what was undone and is not as promised yet.
    """

    def __init__(
        self,
        backend: Backend,
        region: str | None,
        say: Callable[[str, dict[str, Any]], None],
        owed: list[Injection | Scheduled] | None = None,
        promised: list[Promise] | None = None,
    ) -> None:
        self._backend, self._region, self._say = backend, region, say
        self._owed: list[Injection | Scheduled] = [] if owed is None else owed
        self._promised: list[Promise] = [] if promised is None else promised

    def of(self, region: str) -> Chaos:
        """The same for another region of the cloud; what it breaks is owed here."""
        return Chaos(self._backend, region, self._say, self._owed, self._promised)

    def inject(self, fault: Fault) -> Injection:
        """Bring a fault into force.

        Raises:
            NotSupported: the backend cannot do it.
            UsageError: the fault names nothing that is there; nothing is broken and nothing owed.
        """
        backend, described = self._backend, self._described(fault)
        why = fault.why_no_undo
        injected: dict[str, Any] = {}

        def undo() -> None:
            if why is not None:
                return
            try:
                fault.undo(backend, injected)
            except TargetVanishedError as gone:
                self._say("undo", {**described, "vanished": str(gone)})
                return
            self._say("undo", described)
            if isinstance(fault, Verifiable) and "see-hosts" in backend.capabilities:
                self._promised.append(Promise(fault, fault.capability))

        # Owed before it is in force: an injection that fails half-way may have broken something.
        injection = Injection(fault, undo)
        self._owed.append(injection)
        self._say("owed", {**described, "why_no_undo": why})
        try:
            injected.update(fault.inject(backend))
        except (NotSupported, UsageError) as refused:
            self._owed.remove(injection)
            self._say("undo", {**described, "not_injected": str(refused)})
            raise
        self._say("fault", described)
        # What breaks now may break again what was mended before; nothing can be promised of that any more.
        self._promised[:] = [each for each in self._promised if each.capability != fault.capability]
        return injection

    def at(self, after: Duration, fault: Fault) -> Scheduled:
        """Bring a fault into force once this much region time has passed; mended, or called off, when the region ends.

        It happens between the timers of that instant and any later one, while time advances or a test waits. Where the
        target is gone by then, the advance raises what `inject` would.

        Raises:
            NotSupported: the backend cannot do it, or is not in this process.
            UsageError: the fault would move time, which is moving already when it comes.
        """
        described, backend = self._described(fault), self._backend
        if fault.capability == "move-time":
            raise UsageError(f"{fault!r} cannot be scheduled: time is moving when it comes; advance instead")
        if not isinstance(backend, LocalBackend):
            raise NotSupported(f"{backend.name} is not in this process: advance, and inject the fault then")
        delay = milliseconds(after)
        scheduled = Scheduled(fault, self.inject)
        self._owed.append(scheduled)
        self._say("notice", {"what": "fault scheduled", "after": delay, **described})
        scheduled.timer = backend.call_later(delay, scheduled.fire)
        return scheduled

    def _described(self, fault: Fault) -> dict[str, Any]:
        """What the journal says of a fault that the backend can bring about."""
        name, backend = type(fault).__name__, self._backend
        if fault.capability not in backend.capabilities:
            raise NotSupported(f"{name}: the {backend.name} backend lacks the capability {fault.capability!r}")
        return {"fault": name, **{key: value for key, value in vars(fault).items() if value is not None}}

    def crash(self, host: str, *, reversible: bool = True) -> Injection:
        """Crash a host; by default its repair is owed."""
        return self.inject(HostCrash(host, reversible, self._region))

    def at_risk(self, host: str) -> Injection:
        """Find a host at risk, which empties it by live migration."""
        return self.inject(HostAtRisk(host, self._region))

    def shortage(self, *, zone: str | None = None, family: str | None = None, limit: int = 0) -> Injection:
        """Take supply away."""
        return self.inject(SupplyShortage(zone, family, limit, self._region))

    def undo_all(self) -> None:
        """Mend what is still broken, the latest first, and see that the end state is as promised.

        One undo that fails does not keep the others from running. Time passes until each promise is kept.

        Raises:
            UndoFailed: an undo failed, or did not have its effect within `UNDO_WITHIN`; all others have run.
        """
        failed: list[str] = []
        while self._owed:
            try:
                self._owed.pop().undo()
            except UndoFailed as trouble:
                failed.append(str(trouble))
        while self._promised:
            try:
                self._promised.pop().settle(self._backend)
            except UndoFailed as trouble:
                failed.append(str(trouble))
        if failed:
            raise UndoFailed("; ".join(failed))
