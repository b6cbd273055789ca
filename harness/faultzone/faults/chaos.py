"""Chaos: what injects faults and owes their undo.

What is owed is written into the journal before the fault is injected, and always runs: at the end of the `with` block,
or when the region ends. A fault without an undo says why it has none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any

from faultzone.backends import Backend
from faultzone.backends.local import LocalBackend
from faultzone.clock import Duration, milliseconds
from faultzone.errors import NotSupported, UndoFailed, UsageError
from faultzone.faults.base import Fault
from faultzone.faults.calls import Calls
from faultzone.faults.promises import Promise, TargetVanishedError
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
        described = self._described(fault)
        injected: dict[str, Any] = {}
        # Owed before it is in force: an injection that fails half-way may have broken something.
        injection = self._injection(fault, injected)
        self._owed.append(injection)
        self._say("owed", {**described, "why_no_undo": fault.why_no_undo})
        try:
            injected.update(fault.inject(self._backend))
        except (NotSupported, UsageError) as refused:
            self._owed.remove(injection)
            self._say("undo", {**described, "not_injected": str(refused)})
            raise
        self._say("fault", described)
        return injection

    def _injection(self, fault: Fault, injected: Mapping[str, Any]) -> Injection:
        """A fault in force, with what was answered to it, and its undo."""
        backend, described = self._backend, self._described(fault)

        def undo() -> None:
            if fault.why_no_undo is not None:
                return
            try:
                fault.undo(backend, injected)
            except TargetVanishedError as gone:
                self._say("undo", {**described, "vanished": str(gone)})
                return
            promise = Promise(fault, injected)
            if not promise.at_once:
                self._promised.append(promise)
            elif not promise.kept(backend):
                raise UndoFailed("not as promised")
            self._say("undo", described)

        return Injection(fault, undo)

    def at(self, after: Duration, fault: Fault) -> Scheduled:
        """Bring a fault into force once this much region time has passed; mended, or called off, when the region ends.

        It happens between the timers of that instant and any later one, while time advances or a test waits, by the
        region's own clock. Where the target is gone by then, the advance raises what `inject` would.

        Raises:
            NotSupported: the backend cannot do it, or its time is not the test's to move.
            UsageError: the fault is no single control verb.
        """
        described, backend, delay = self._described(fault), self._backend, milliseconds(after)
        if "move-time" not in backend.capabilities:
            raise NotSupported(f"{backend.name} has no clock that could bring a fault about later")
        verb, arguments = fault.asks()
        says = {**described, "why_no_undo": fault.why_no_undo}
        asked = {"after": delay, "verb": verb, "arguments": arguments, "says": says}
        self._say("notice", {"what": "fault scheduled", "after": delay, **described})
        number = backend.control("later", asked)["id"]

        def adopt(answer: Mapping[str, Any]) -> Injection:
            if not isinstance(backend, LocalBackend):  # The journal of the endpoint says so; this one is the test's.
                self._say("owed", says)
                self._say("fault", described)
            return self._injection(fault, answer)

        scheduled = Scheduled(fault, backend, number, adopt)
        self._owed.append(scheduled)
        return scheduled

    def _described(self, fault: Fault) -> dict[str, Any]:
        """What the journal says of a fault that the backend can bring about."""
        if not isinstance(fault, Fault):
            raise UsageError(f"{fault!r} is no fault: write one such as HostCrash(instance.host)")
        name, backend = type(fault).__name__, self._backend
        if fault.capability not in backend.capabilities:
            raise NotSupported(f"{name}: the {backend.name} backend lacks the capability {fault.capability!r}")
        given = {key: value for key, value in vars(fault).items() if value is not None}
        said = {key: value if isinstance(value, str | int | float) else str(value) for key, value in given.items()}
        return {"fault": name, **said}

    def undo_all(self) -> None:
        """Mend what is still broken, the latest first, and see that the end state is as promised.

        What stands in the way of other undos ends before all else. One undo that fails does not keep the others from
        running. Time passes until each promise is kept.

        Raises:
            UndoFailed: an undo failed, or did not have its effect within its `undo_within`; all others have run.
            UsageError: a fault that was to come could not, which nothing has told so far.
        """
        failed: list[str] = []
        missed: list[UsageError] = []
        self._owed.sort(key=lambda owed: owed.fault.in_the_way)
        while self._owed:
            owed = self._owed.pop()
            try:
                owed.undo()
            except UsageError as trouble:
                missed.append(trouble)
            except Exception as trouble:
                failed.append(str(trouble))
            except BaseException:
                self._owed.append(owed)  # What is interrupted is still owed.
                raise
        while self._promised:
            try:
                self._promised.pop().settle(self._backend)
            except UndoFailed as trouble:
                failed.append(str(trouble))
        if failed:
            raise UndoFailed("; ".join(failed))
        if missed:
            raise missed[0]
