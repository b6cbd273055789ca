"""Faults of machines that are real: of what their kernel and their engine do. They need hosts that are containers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

from faultzone.clock import Duration
from faultzone.errors import UsageError
from faultzone.faults.fault import Fault
from faultzone.faults.hosts import POWERLESS

#: While one of these is in force, nothing runs on a host, and its kernel cannot be told anything.
_STANDSTILL: Final = ("HostKilled", "HostPaused")


@dataclass(frozen=True)
class PeerCut(Fault):
    """Two hosts hear one another no longer; all others hear both.

    Args:
        host: the id of the one.
        peer: the id of the other.
        region: the region's id, None for the first.
    """

    host: str
    peer: str
    region: str | None = None
    capability: ClassVar = "break-machines"
    excluded_by: ClassVar = (*POWERLESS, *_STANDSTILL)
    ends: ClassVar = "the two hosts reach each other"
    undo_within: ClassVar[Duration] = "10s"

    def __post_init__(self) -> None:
        """Look at the values.

        Raises:
            UsageError: both are one host.
        """
        super().__post_init__()
        if self.host == self.peer:
            raise UsageError(f"peer={self.host!r}: expected another host than host={self.host!r}")


@dataclass(frozen=True)
class SlowNetwork(Fault):
    """What a host sends to others is slow: so many kilobits a second, the rest waits 0.4 s at most and is then lost.

    There is no delay of its own: a wire with little to carry is as quick as ever. To slow both ways, slow both hosts.

    Args:
        host: the host's id.
        kilobits: how many a second, 8 at least.
        region: the region's id, None for the first.
    """

    host: str
    kilobits: int = 256
    region: str | None = None
    capability: ClassVar = "break-machines"
    excluded_by: ClassVar = _STANDSTILL
    ends: ClassVar = "the host sends at full bandwidth"
    undo_within: ClassVar[Duration] = "10s"
    examples: ClassVar = {"kilobits": (8, 256, 10_000)}

    def __post_init__(self) -> None:
        """Look at the values.

        Raises:
            UsageError: that is too slow.
        """
        super().__post_init__()
        if self.kilobits < 8:
            raise UsageError.expected_whole("kilobits", self.kilobits, 8, unit="kilobits per second")


@dataclass(frozen=True)
class DiskFull(Fault):
    """The local disk of a host is full: for what is written to `/mnt/local` in its instances there is no space left.

    What is on it stays, and may be deleted or overwritten. Where the host loses its power, so does the local disk its
    contents, and is empty. System disks lie on the engine's own disk, which is not filled.

    Args:
        host: the host's id.
        region: the region's id, None for the first.
    """

    host: str
    region: str | None = None
    capability: ClassVar = "break-machines"
    excluded_by: ClassVar = _STANDSTILL
    ends: ClassVar = "the local disk has its former size"
    undo_within: ClassVar[Duration] = "10s"


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
    capability: ClassVar = "break-machines"
    ends: ClassVar = "the instance has its full memory"
    is_seen: ClassVar = False

    def __post_init__(self) -> None:
        """Look at the values.

        Raises:
            UsageError: nothing can be left of less than nothing.
        """
        super().__post_init__()
        if self.left < 0:
            raise UsageError.expected_whole("left", self.left, 0, unit="bytes")


@dataclass(frozen=True)
class HostPaused(Fault):
    """The engine freezes a host. Thawed before it is missed, nothing has happened; later it has lost its power.

    Args:
        host: the host's id.
        region: the region's id, None for the first.
    """

    host: str
    region: str | None = None
    capability: ClassVar = "break-machines"
    excluded_by: ClassVar = (*POWERLESS, "HostKilled")
    ends: ClassVar = "the host is thawed, and repaired if it was declared lost"
    undo_within: ClassVar[Duration] = "2m"


@dataclass(frozen=True)
class HostKilled(Fault):
    """The engine kills a host: unlike at a loss of power, peers are told that connections end.

    Repaired, it is in a new container.

    Args:
        host: the host's id.
        region: the region's id, None for the first.
    """

    host: str
    region: str | None = None
    capability: ClassVar = "break-machines"
    alone: ClassVar = True
    excluded_by: ClassVar = POWERLESS
    ends: ClassVar = "the host is repaired"
    undo_within: ClassVar[Duration] = "2m"
