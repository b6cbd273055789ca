"""What a fault is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from faultzone.clock import Duration
from faultzone.errors import UsageError

if TYPE_CHECKING:
    from faultzone.backends import Backend


class Named(Protocol):
    """Something with an id, such as an `Instance`."""

    id: str


def id_of(target: str | Named, what: str) -> str:
    """The id of an instance or of another target that may be given by its handle.

    Raises:
        UsageError: it is neither an id nor a handle.
    """
    found = target if isinstance(target, str) else getattr(target, "id", None)
    if not isinstance(found, str):
        raise UsageError(f"{what}={target!r}: write an id, or what has one")
    return found


class Fault(ABC):
    """Something to break.

    Attributes:
        capability: what the backend must allow.
        why_no_undo: why it cannot be undone; None for a fault that can.
        compensation: what makes it good, where that is no undo; None where it is.
        undo_within: how long its undo may take until its target is as promised, in region time. What the region itself
            keeps is so at once.
        in_the_way: whether the undo of other faults may fail while it is in force, so that it ends first.
    """

    capability: ClassVar[str]
    compensation: ClassVar[str | None] = None
    undo_within: ClassVar[Duration] = 0
    in_the_way: ClassVar[bool] = False

    def __post_init__(self) -> None:
        """Take the id of an instance that is given by its handle.

        Raises:
            UsageError: what is given is no instance, or no host.
        """
        given = vars(self)
        if given.get("instance") is not None:
            object.__setattr__(self, "instance", id_of(given["instance"], "instance"))
        for name in ("host", "peer"):
            left_out = given.get(name) is None and (name not in given or hasattr(type(self), name))
            if not left_out and not isinstance(given[name], str):
                raise UsageError(f"{name}={given[name]!r}: write a host's id, such as instance.host while it has one")

    @property
    def why_no_undo(self) -> str | None:
        """Why it cannot be undone; None for a fault that can."""
        return None

    def asks(self) -> tuple[str, dict[str, Any]]:
        """The control verb that brings it about, and its arguments.

        Raises:
            UsageError: it takes more than one verb, so that it cannot be scheduled.
        """
        raise UsageError(f"{self!r} is no single control verb, and cannot be scheduled")

    def inject(self, backend: Backend) -> Mapping[str, Any]:
        """Break it; the answer is given to `undo`, which gets an empty one where this failed half-way."""
        return backend.control(*self.asks())

    @abstractmethod
    def undo(self, backend: Backend, injected: Mapping[str, Any]) -> None:
        """Mend it. A target that may have vanished meanwhile is mended `unless_vanished`."""

    def undone(self, backend: Backend, injected: Mapping[str, Any]) -> bool:
        """Whether its target is as the undo promises, as far as this fault is concerned; of another nothing is seen."""
        return True
