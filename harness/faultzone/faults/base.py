"""What a fault is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

if TYPE_CHECKING:
    from faultzone.backends import Backend


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
