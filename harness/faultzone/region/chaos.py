"""Chaos injects faults and undoes them.

The journal records the undo before the injection. The undo always runs: at the end of the `with` block, or when the
region ends. A fault without an undo says why.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from faultzone import faults, waiting
from faultzone.clock import milliseconds
from faultzone.errors import HarnessError, NotSupported, UndoFailed, UnmetFault, UsageError
from faultzone.region.fault_calls import FaultCalls
from faultzone.region.injection import Injection

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from faultzone.backends import Backend
    from faultzone.clock import Duration
    from faultzone.conditions import Description
    from faultzone.faults import Fault
    from faultzone.faults.schedule import Schedule
    from faultzone.region.stops import StopCondition

_HALF_WAY: Final = "its injection failed half-way, and what it did is not known"


class Chaos(FaultCalls):
    """Injects faults into one region, and undoes them. Each fault is a method, too, such as `crash`.

    Args:
        backend: the backend of the region.
        region: the ID of the region.
        owed: the faults to undo; views of one cloud share this list.
    """

    def __init__(self, backend: Backend, region: str | None, owed: list[Injection] | None = None) -> None:
        super().__init__(region)
        self._backend = backend
        #: Every injection until its undo has run and its end is seen.
        self._owed: list[Injection] = [] if owed is None else owed

    def __repr__(self) -> str:
        owed = ", ".join(repr(each.fault) for each in self._owed)
        return f"Chaos({self._region!r}, {f'owes the undo of {owed}' if owed else 'nothing is broken'})"

    def of(self, region: str) -> Chaos:
        """The chaos of another region of the same cloud; this chaos undoes its faults."""
        return Chaos(self._backend, region, self._owed)

    def inject(self, fault: Fault, *, lasts: Duration | None = None) -> Injection:
        """Inject a fault.

        Args:
            lasts: after how much region time it ends by itself (default: it lasts until it is undone).

        Raises:
            NotSupported: the backend cannot inject it.
            UsageError: the fault has an unknown target, or a wrong value; nothing is broken.
        """
        return self._ask(fault, "inject", {"lasts": None if lasts is None else milliseconds(lasts)})

    def at(self, after: Duration, fault: Fault, *, until: Duration | None = None) -> Injection:
        """Inject a fault after this much region time. The end of the region cancels or undoes it.

        The region injects it while time advances or a test waits, after the timers of the same time and before later
        ones. If the target is gone by then, the fault is skipped: its record says why, and its end warns.

        Args:
            after: from now; 0 injects it at once.
            until: when it ends by itself, from now too (default: it lasts until it is undone).

        Raises:
            NotSupported: the backend cannot inject it, or cannot advance time.
            UsageError: it names nothing that is there, can never be, ends before it begins, or would come after the
                end of region time.
        """
        from faultzone.faults.schedule import At

        step = At(after, fault, until)
        return self._ask(fault, "schedule", {"after": step.begins, "lasts": step.lasts})

    def play(
        self, schedule: Schedule | Mapping[str, Any], *, stop_when: str | Description | Sequence[str] = ()
    ) -> list[Injection]:
        """Plan the faults of a schedule, which begins now; see `faultzone.faults.schedule`.

        Args:
            schedule: it, or what JSON has for it.
            stop_when: what ends it besides its own stop conditions: with the first entry that a sentence describes, all
                its faults are undone, and those to come are cancelled.

        Returns:
            One for each step. The end of the region cancels or undoes them.

        Raises:
            NotSupported: the backend cannot inject one of them, or cannot advance time.
            UsageError: one of them can never be; nothing is planned.
        """
        from faultzone.faults.schedule import Schedule

        wanted = Schedule.read(schedule)
        if stop_when != ():
            wanted = Schedule(wanted.steps, [*wanted.stop_when, *Schedule((), stop_when).stop_when])
        steps = [each.fault for each in wanted.steps]
        for fault in steps:
            self._see_capability(fault)
        records = self._backend.control("play", {"schedule": wanted.told()})["faults"]
        made = [
            Injection(fault, record["number"], self._backend, planned=True)
            for fault, record in zip(steps, records, strict=True)
        ]
        self._owed += made
        return made

    def stop_when(self, what: str | Description) -> StopCondition:
        """Undo all faults, also planned ones, once the journal has an entry from now on that is described. The region
        does it at once, before anything else is called and before time passes.

        Args:
            what: a sentence such as `refusal not during fault`, or its value; see `faultzone.conditions`.

        Raises:
            NotSupported: the backend cannot do it.
            UsageError: it describes no entries, or such as cannot exist.
        """
        from faultzone.region.stops import StopCondition

        return StopCondition(self._backend, str(what))

    def _see_capability(self, fault: Fault) -> None:
        if fault.capability not in self._backend.capabilities:
            raise NotSupported.lacking(type(fault).__name__, self._backend.name, fault.capability)

    def _ask(self, fault: Fault, verb: str, more: dict[str, object]) -> Injection:
        if not isinstance(fault, faults.Fault):
            raise UsageError.expected("fault", fault, "a fault such as HostCrash(instance.host)")
        self._see_capability(fault)
        try:
            asked = {name: value for name, value in more.items() if value is not None}
            number = self._backend.control(verb, {**asked, "fault": fault.told()})["number"]
        except (NotSupported, UsageError):
            raise
        except BaseException as error:  # It may have broken something.
            self._owed.append(Injection(fault, None, self._backend, half_way=f"{_HALF_WAY}: {error}"))
            raise
        injection = Injection(fault, number, self._backend, planned=verb == "schedule")
        self._owed.append(injection)
        return injection

    def undo_all(self) -> None:
        """Undo all active faults, the latest first, and check the effects.

        A failed undo does not stop the others. Time passes until each undo takes effect.

        Raises:
            UndoFailed: an undo failed, or did not take effect within its `undo_within`; all others have run.
        """
        failed: list[str] = []
        undone: list[Injection] = []
        unmet: list[UnmetFault] = []
        while self._owed:
            owed = self._owed.pop()
            owed._at_end = True
            try:
                owed.undo()
                undone.append(owed)
            except UnmetFault as told:  # Where warnings are errors.
                undone.append(owed)
                unmet.append(told)
            except Exception as error:
                failed.append(str(error))
            except BaseException:
                self._owed.append(owed)  # What is interrupted is still owed.
                raise
        failed += [late for late in map(self._await, undone) if late]
        if failed:
            raise UndoFailed("; ".join(failed))
        if unmet:
            raise unmet[0]

    def _await(self, undone: Injection) -> str:
        """Let time pass until an end is as promised; why it is not, or nothing."""
        fault = undone.fault
        if milliseconds(fault.undo_within) == 0 or fault.why_no_undo is not None:
            return ""
        record: dict[str, Any] = {}

        def is_over() -> bool:
            record.update(undone.record)
            return bool(record["state"] != "undoing")

        try:
            waiting.wait(self._backend, is_over, fault.undo_within, what=f"{fault!r} undone")
        except (AssertionError, HarnessError) as late:
            return f"not as promised: {fault!r}: {late}"
        return str(record["error"]) if record["state"] == "failed" and record["since"] is not None else ""
