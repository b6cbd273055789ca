"""Faults of machines that are real: of what their kernel and their engine do. They need hosts that are containers."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from faultzone.clock import Duration
from faultzone.errors import UsageError
from faultzone.faults.base import Fault
from faultzone.faults.hosts import LosesHost
from faultzone.faults.promises import unless_vanished

if TYPE_CHECKING:
    from faultzone.backends import Backend


class BreaksMachine(Fault):
    """What the agent of a host breaks there and mends, and its kernel is asked about.

    Attributes:
        host: the host's id.
        region: the region's id, None for the first.
    """

    host: str
    region: str | None
    capability: ClassVar[str] = "break-machines"
    undo_within: ClassVar[Duration] = "10s"

    @abstractmethod
    def _shown(self, said: Mapping[str, Any]) -> bool:
        """Whether the condition of a host shows it."""

    def _broken(self) -> tuple[str, ...]:
        """The hosts whose condition shows it."""
        return (self.host,)

    def undone(self, backend: Backend, injected: Mapping[str, Any]) -> bool:
        """Nothing is left of it, as far as that can be seen while others are in force there."""
        for host in self._broken():
            said = backend.control("host-condition", {"host": host, "region": self.region})
            left = said["faults"]
            if injected.get("id") in left or (not left and self._shown(said)):
                return False
        return True


@dataclass(frozen=True)
class PeerCut(BreaksMachine):
    """Two hosts hear one another no longer; all others hear both.

    Args:
        host: the id of the one.
        peer: the id of the other.
    """

    host: str
    peer: str
    region: str | None = None

    def asks(self) -> tuple[str, dict[str, Any]]:
        """Let what they send one another vanish."""
        return "host-peers", {**vars(self), "up": False}

    def undo(self, backend: Backend, injected: Mapping[str, Any]) -> None:
        """Let them hear one another."""
        backend.control("host-peers", {**vars(self), "up": True, "id": injected.get("id")})

    def _broken(self) -> tuple[str, ...]:
        return self.host, self.peer

    def _shown(self, said: Mapping[str, Any]) -> bool:
        return bool(said.get("unheard"))


@dataclass(frozen=True)
class SlowNetwork(BreaksMachine):
    """What a host sends to others is slow: so many kilobits a second, the rest waits 0.4 s at most and is then lost.

    There is no delay of its own: a wire with little to carry is as quick as ever. To slow both ways, slow both hosts.

    Args:
        host: the host's id.
        kilobits: how many a second, 8 at least.
    """

    host: str
    kilobits: int = 256
    region: str | None = None

    def asks(self) -> tuple[str, dict[str, Any]]:
        """Slow it down."""
        if self.kilobits is None:
            raise UsageError("kilobits=None: write how many kilobits a second the host may send")
        return "slow-host", dict(vars(self))

    def undo(self, backend: Backend, injected: Mapping[str, Any]) -> None:
        """Let it send all it can."""
        backend.control("slow-host", {**vars(self), "kilobits": None, "id": injected.get("id")})

    def _shown(self, said: Mapping[str, Any]) -> bool:
        return said.get("queue") == "tbf"


@dataclass(frozen=True)
class DiskFull(BreaksMachine):
    """The local disk of a host is full: for what is written to `/mnt/local` in its instances there is no space left.

    What is on it stays, and may be deleted or overwritten. Where the host loses its power, so does the local disk its
    contents, and is empty. System disks lie on the engine's own disk, which is not filled.

    Args:
        host: the host's id.
    """

    host: str
    region: str | None = None

    def asks(self) -> tuple[str, dict[str, Any]]:
        """Let it be full."""
        return "fill-disk", {**vars(self), "full": True}

    def undo(self, backend: Backend, injected: Mapping[str, Any]) -> None:
        """Let it be as large as it was."""
        backend.control("fill-disk", {**vars(self), "full": False, "id": injected.get("id")})

    def _shown(self, said: Mapping[str, Any]) -> bool:
        return said.get("local_free") == 0


@dataclass(frozen=True)
class MemoryExhausted(Fault):
    """An instance has hardly any memory left: what asks for more is ended by the kernel, scripts first.

    The instance itself goes on while its first process is left, else it crashes and boots again, with all its memory.

    Args:
        instance: the instance's id.
        left: how many bytes it gets beyond what it uses now.
    """

    instance: str
    left: int = 4 << 20
    capability: ClassVar[str] = "break-machines"

    def asks(self) -> tuple[str, dict[str, Any]]:
        """Take the rest away."""
        return "leave-memory", dict(vars(self))

    def undo(self, backend: Backend, injected: Mapping[str, Any]) -> None:
        """Give it back; an instance that no longer runs gets all when it boots."""
        with unless_vanished():
            backend.control("leave-memory", {**vars(self), "left": None, "id": injected.get("id")})


@dataclass(frozen=True)
class HostPaused(LosesHost):
    """The engine freezes a host. Thawed before it is missed, nothing has happened; later it has lost its power.

    Args:
        host: the host's id.
    """

    host: str
    region: str | None = None
    capability: ClassVar[str] = "break-machines"

    def asks(self) -> tuple[str, dict[str, Any]]:
        """Freeze it."""
        return "pause-host", {**vars(self), "on": True}

    def undo(self, backend: Backend, injected: Mapping[str, Any]) -> None:
        """Thaw it, and give it its power back if it was missed."""
        backend.control("pause-host", {**vars(self), "on": False})
        super().undo(backend, injected)


@dataclass(frozen=True)
class HostKilled(LosesHost):
    """The engine kills a host: unlike at a loss of power, peers are told that connections end.

    Repaired, it is in a new container.

    Args:
        host: the host's id.
    """

    host: str
    region: str | None = None
    capability: ClassVar[str] = "break-machines"

    def asks(self) -> tuple[str, dict[str, Any]]:
        """Kill it."""
        return "kill-host", dict(vars(self))
