"""A fault that is to come."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from faultzone.clock import Timer
    from faultzone.faults import Fault, Injection


class Scheduled:
    """A fault that comes into force at an instant; leaving the `with` block, or `undo`, calls it off or mends it.

    Attributes:
        injection: the fault in force; None before.
    """

    def __init__(self, fault: Fault, inject: Callable[[Fault], Injection]) -> None:
        self.fault, self._inject = fault, inject
        self.injection: Injection | None = None
        self.timer: Timer | None = None

    def fire(self) -> None:
        """Bring it into force."""
        self.injection = self._inject(self.fault)

    def undo(self) -> None:
        """Call it off; mend it where it has come.

        Raises:
            UndoFailed: it could not be mended.
        """
        if self.timer is not None:
            self.timer.cancel()
        if self.injection is not None:
            self.injection.undo()

    def __enter__(self) -> Scheduled:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.undo()
