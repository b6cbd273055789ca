"""A fault that a test has planned or injected, until it is undone; and what is told of one that nothing met."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Final
from warnings import warn_explicit

from faultzone.errors import HarnessError, UndoFailed, UnmetFault

if TYPE_CHECKING:
    from types import TracebackType

    from faultzone.backends import Backend
    from faultzone.faults import Fault

#: What the modules of the harness are called; the first frame of another is the test's.
_OURS: Final = ("faultzone", "contextlib")


def _line_of_test() -> tuple[str, int]:
    """The file and the line of the test from which the harness was called."""
    frame = sys._getframe(1)
    while frame.f_back is not None and str(frame.f_globals.get("__name__", "")).partition(".")[0] in _OURS:
        frame = frame.f_back
    return frame.f_code.co_filename, frame.f_lineno


class Injection:
    """A planned or active fault. The end of its `with` block, or `undo`, cancels or undoes it.

    Attributes:
        fault: the fault.
        number: its number; None if the injection failed half-way.
        active: whether it has still to be undone.
        where: the file and the line that are told where nothing meets it: those of the test that injected it.
    """

    def __init__(
        self, fault: Fault, number: int | None, backend: Backend, *, planned: bool = False, half_way: str = ""
    ) -> None:
        self.fault, self.number, self.active = fault, number, True
        self.where = _line_of_test()
        #: Whether nobody is told that nothing met it: the test has failed by itself.
        self._quiet = False
        #: Whether it is undone by the end of the region.
        self._at_end = False
        self._backend, self._planned, self._half_way = backend, planned, half_way

    def __repr__(self) -> str:
        state = "its undo is owed" if self.active else "undone"
        return f"Injection({self.fault!r}, {state})"

    @property
    def record(self) -> dict[str, Any]:
        """The record of the fault: its state, and when it is due or to be undone; see the control verb `faults`."""
        if self.number is None:
            return {"number": None, "fault": self.fault.told(), "state": "failed", "error": self._half_way}
        found: dict[str, Any] = self._backend.control("faults", {"number": self.number})["faults"][0]
        return found

    @property
    def state(self) -> str:
        """`planned`, `active`, `undoing` until its targets are as promised, `undone`, `skipped` or `failed`."""
        return str(self.record["state"])

    def undo(self) -> None:
        """Cancel or undo the fault, once. After a failure, it can be called again.

        Raises:
            UndoFailed: the undo failed.

        Warns:
            UnmetFault: nothing met it; or it was planned, and skipped when it was due.
        """
        if not self.active:
            return
        if self.number is None:
            raise UndoFailed(f"could not be undone: {self.fault!r}: {self._half_way}")
        try:
            if self.fault.why_no_undo is None or (self._planned and self.state != "active"):
                self._backend.control("undo", {"number": self.number})
        except HarnessError as error:
            raise UndoFailed(str(error)) from error
        except Exception as error:
            raise UndoFailed(f"could not be undone: {self.fault!r}: {error}") from error
        self.active = False
        self._tell()

    def _tell(self) -> None:
        """Warn of a fault that was skipped, that never came, or that nothing met."""
        found = {} if self._quiet else self.record
        if found.get("stopped"):  # As the test has said.
            return
        if found.get("state") == "skipped":
            said = f"was skipped: {found['error']}"
        elif found.get("state") == "undone" and found["since"] is None and self._at_end:
            said = "never came: the region ended before"
        elif found.get("since") is not None and not found.get("met", True):
            said = "met nothing: no call, guest, instance or transition saw it while it was in force"
        else:
            return
        told = UnmetFault(f"{self.fault!r} {said}")
        told.where = self.where
        warn_explicit(told, UnmetFault, *self.where)

    def __enter__(self) -> Injection:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._quiet = error is not None
        self.undo()
