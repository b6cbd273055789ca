"""What hosts are made of. The model asks for effects; a substrate carries them out and reports what happened."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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


class RealHosts(Substrate, Protocol):
    """Hosts that take real time, and may fail. None of this is called with the region's lock held."""

    def check(self) -> None:
        """See that the hosts are sound.

        Raises:
            FaultzoneError: something has gone wrong with them, or they were asked for something that they cannot do.
        """
        ...

    def await_hosts(self) -> None:
        """Let real time pass until they have done what was asked of them.

        Raises:
            SubstrateSilent: they have said nothing for too long.
        """
        ...

    def pause(self, seconds: float) -> None:
        """Let real time pass until something is heard of them, and so many seconds at most."""
        ...

    def console(self, instance: str) -> tuple[bytes, int] | None:
        """What an instance has printed on its console since it last came up, and when; None before it ever did. It is
        called with the region's lock held, and must not wait."""
        ...

    def waits(self) -> Mapping[str, float]:
        """What a wait needs to know: how much is still to come, and for how long they have been silent."""
        ...

    def reach(self, instance: str, port: int, data: bytes, seconds: float) -> bytes:
        """Send bytes to a port of an instance, and give what is said there.

        Raises:
            ConnectionRefusedError: nothing serves at the port.
            TimeoutError: nothing is heard.
        """
        ...

    def abandon(self) -> None:
        """The same as `close`, without waiting for it: whoever calls may hold what hosts wait for."""
        ...
