"""What an undo promises: a target that has vanished owes nothing; any other is as promised by a deadline."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol, runtime_checkable

from faultzone import waiting
from faultzone.errors import HarnessError, UndoFailed, UsageError, WaitTimeout

if TYPE_CHECKING:
    from faultzone.backends import Backend

#: How long an undo may take until its target is as promised, in region time where that can be moved.
UNDO_WITHIN: Final = "10m"


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
    except UsageError as unknown:
        raise TargetVanishedError(str(unknown)) from unknown


@runtime_checkable
class Verifiable(Protocol):
    """A fault whose undo promises something that can be seen."""

    def undone(self, backend: Backend) -> bool:
        """Whether its target is as its undo promises."""
        ...


@dataclass(frozen=True)
class Promise:
    """An undo that was carried out and whose effect is still awaited."""

    fault: Verifiable
    capability: str

    def kept(self, backend: Backend) -> bool:
        """Whether the target is as promised by now; no time passes."""
        return self.fault.undone(backend)

    def settle(self, backend: Backend) -> None:
        """Let time pass until the target is as promised.

        Raises:
            UndoFailed: it is not, by the deadline.
        """
        try:
            waiting.wait(backend, lambda: self.kept(backend), UNDO_WITHIN, what=f"{self.fault!r} undone")
        except (WaitTimeout, HarnessError) as late:
            raise UndoFailed(f"not as promised: {self.fault!r}: {late}") from late


def host_state(backend: Backend, host: str, region: str | None) -> str | None:
    """up, down or at-risk; None where there is no such host."""
    hosts = backend.control("hosts", {"region": region})["hosts"]
    return next((str(each["state"]) for each in hosts if each["host"] == host), None)
