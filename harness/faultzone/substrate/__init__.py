"""What hosts are made of. The model asks for effects; a substrate carries them out and reports what happened."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from faultzone.model.core.effects import Effect, Report

#: Takes a report of a region into the model.
Sink = Callable[[str, Report], None]


class Substrate(Protocol):
    """Hosts and what runs on them.

    `apply` is called with the region's lock held, after the effects are journalled, and must not wait; reports go to
    the sink, later.
    """

    def apply(self, region: str, effects: Sequence[Effect]) -> None:
        """Begin to carry the effects out."""
        ...

    def crash(self, region: str, host: int, *, reversible: bool) -> None:
        """Take a host's power away, with all that runs on it."""
        ...

    def hang(self, region: str, host: int) -> None:
        """Let everything on a host stand still; once its silence is noticed, it loses its power."""
        ...

    def wire(self, region: str, host: int, *, up: bool) -> None:
        """Cut a host's wire, or join it."""
        ...

    def repair(self, region: str, host: int) -> None:
        """Give a crashed host its power back."""
        ...

    def close(self) -> None:
        """End all that runs."""
        ...
