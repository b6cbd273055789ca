"""Chaos: what injects faults and owes their undo.

What is owed is written into the journal before the fault is injected, and always runs: at the end of the `with` block,
or when the region ends. A fault without an undo says why it has none.
"""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Any

from faultzone.backends import Backend
from faultzone.backends.local import LocalBackend
from faultzone.clock import Duration, milliseconds
from faultzone.errors import NotSupported, UndoFailed, UsageError
from faultzone.faults.base import Fault
from faultzone.faults.calls import Calls
from faultzone.faults.promises import Promise, TargetVanishedError, Verifiable
from faultzone.faults.schedule import Scheduled


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


class Chaos(Calls):
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
