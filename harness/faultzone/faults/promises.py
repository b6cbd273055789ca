"""What an undo promises: a target that has vanished owes nothing; any other is as promised by a deadline."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from faultzone import waiting
from faultzone.clock import milliseconds
from faultzone.errors import HarnessError, NotSupported, UndoFailed, UnknownTarget, WaitTimeout

if TYPE_CHECKING:
    from faultzone.backends import Backend
    from faultzone.faults.base import Fault


class TargetVanishedError(Exception):
    """What was to be mended is not there any more, so that nothing is owed."""


@contextmanager
def unless_vanished() -> Iterator[None]:
    """Mend something that may not be there any more.

    Raises:
        TargetVanishedError: the backend knows no such target.
    """
    try:
        yield
    except UnknownTarget as unknown:
        raise TargetVanishedError(str(unknown)) from unknown


def number_of(injected: Mapping[str, Any]) -> int:
    """The number by which a fault in force ends.

    Raises:
        HarnessError: it is not known, since the injection failed half-way.
    """
    if "id" not in injected:
        raise HarnessError("its injection failed half-way, and what it did is not known")
    return int(injected["id"])


@dataclass(frozen=True)
class Promise:
    """An undo that was carried out, and whose effect is compared with what it promises."""

    fault: Fault
    injected: Mapping[str, Any]

    @property
    def at_once(self) -> bool:
        """Whether the effect is to be seen with the undo."""
        return milliseconds(self.fault.undo_within) == 0

    def kept(self, backend: Backend) -> bool:
        """Whether the target is as promised by now, has vanished, or cannot be seen; no time passes."""
        try:
            return self.fault.undone(backend, self.injected)
        except (NotSupported, UnknownTarget):
            return True

    def settle(self, backend: Backend) -> None:
        """Let time pass until the target is as promised.

        Raises:
            UndoFailed: it is not, by the deadline.
        """
        fault = self.fault
        try:
            waiting.wait(backend, lambda: self.kept(backend), fault.undo_within, what=f"{fault!r} undone")
        except (WaitTimeout, HarnessError) as late:
            raise UndoFailed(f"not as promised: {fault!r}: {late}") from late
