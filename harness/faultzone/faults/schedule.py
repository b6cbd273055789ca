"""A fault that is to come."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Any

from faultzone.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from faultzone.backends import Backend
    from faultzone.faults.base import Fault
    from faultzone.faults.chaos import Injection


class Scheduled:
    """A fault that comes into force at an instant; leaving the `with` block, or `undo`, calls it off or mends it.

    The clock of the region brings it about, also where that is another process.

    Args:
        fault: what is to come.
        backend: where.
        number: of the verb that is to come there.
        adopt: makes the injection of what has come from the answer.
    """

    def __init__(
        self, fault: Fault, backend: Backend, number: int, adopt: Callable[[Mapping[str, Any]], Injection]
    ) -> None:
        self.fault, self._backend, self._number, self._adopt = fault, backend, number, adopt
        self._injection: Injection | None = None
        self._active = True

    @property
    def injection(self) -> Injection | None:
        """The fault in force; None before."""
        if self._injection is None:
            came = self._came()
            self._injection = self._adopt(came["answer"]) if came["came"] else None
        return self._injection

    def _came(self) -> dict[str, Any]:
        return self._backend.control("came", {"id": self._number})

    def undo(self) -> None:
        """Call it off; mend it where it has come.

        Raises:
            UndoFailed: it could not be mended.
            UsageError: it could not be brought about, which nothing has told so far.
        """
        if not self._active:
            return
        self._backend.control("call-off", {"id": self._number})
        if self.injection is not None:
            self.injection.undo()
        self._active = False
        came = self._came()
        if came["error"] is not None and not came["told"]:
            raise UsageError(f"{self.fault!r} was to come and could not: {came['error']}")

    def __enter__(self) -> Scheduled:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.undo()
