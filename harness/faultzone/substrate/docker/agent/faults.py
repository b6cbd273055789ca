"""What breaks a host besides its power: wires that are cut or slow, peers that are not heard, a full local disk."""

from __future__ import annotations

import os
import socket
import time
from typing import Any

from . import kernel, netlink
from .sandbox import LOCAL

#: What the local disk keeps when it is made full, so that its size is never nothing, which would mean no limit.
_BALLAST = f"{LOCAL}/.full"


#: How often it is looked, every five milliseconds, whether a wire that is joined again works.
_WIRE_TRIES = 100


class Refused(Exception):
    """The kernel cannot do this."""


class Faults:
    """The faults of this host that are in force.

    Args:
        wire: the interface to the other hosts.
    """

    def __init__(self, wire: str) -> None:
        self._wire = wire
        # It leads nowhere, as the network is internal, and would not come back with a wire that was cut.
        netlink.close_way_out()
        room = os.statvfs(LOCAL)
        self._size = room.f_blocks * room.f_frsize
        self._wired = self._wire_state()

    def handle(self, operation: str, message: dict[str, Any]) -> None:
        """Break or mend.

        Raises:
            OSError: the kernel would not.
            Refused: the kernel cannot.
            ValueError: there is no such operation.
        """
        if operation == "wire":
            netlink.set_up(self._wire, message["up"])
        elif operation == "peer":
            self._swallow(message["address"], on=not message["up"])
        elif operation == "slow":
            self._slow(message["kilobits"])
        elif operation == "disk":
            self.fill(message["full"])
        else:
            raise ValueError("there is no such operation")

    def mend(self) -> None:
        """Undo whatever is in force."""
        for address in swallowed():
            netlink.swallow(address, on=False)
        netlink.shape(self._wire, None)
        netlink.set_up(self._wire)
        self.fill(False)
        for _ in range(_WIRE_TRIES):  # The kernel notices by and by that a wire is joined.
            if self._wire_state() == self._wired:
                return
            time.sleep(0.005)

    def condition(self) -> dict[str, Any]:
        """What the kernel says of what can be broken here."""
        room = os.statvfs(LOCAL)
        return {
            "wire": self._wire_state(),
            "queue": netlink.queueing(self._wire),
            "unheard": swallowed(),
            "local_size": room.f_blocks * room.f_frsize,
            "local_free": room.f_bavail * room.f_frsize,
        }

    def _wire_state(self) -> str:
        with open(f"/sys/class/net/{self._wire}/operstate", encoding="ascii") as file:
            return file.read().strip()

    def _swallow(self, peer: str, *, on: bool) -> None:
        if on != (peer in swallowed()):
            netlink.swallow(peer, on=on)

    def _slow(self, kilobits: int | None) -> None:
        try:
            netlink.shape(self._wire, kilobits)
        except OSError as error:
            raise Refused(f"the kernel of the hosts cannot shape what they send: {error}") from error

    def fill(self, full: bool) -> None:
        """Let the local disk have room for no more than what is on it, or again for as much as at first.

        Nothing is written for that but one page: the memory of the engine's machine stays free.
        """
        if full == os.path.exists(_BALLAST):
            return
        if full:
            with open(_BALLAST, "wb") as file:
                file.write(bytes(os.sysconf("SC_PAGE_SIZE")))
            room = os.statvfs(LOCAL)
            self._resize((room.f_blocks - room.f_bfree) * room.f_frsize)
        else:
            self._resize(self._size)
            os.unlink(_BALLAST)

    def _resize(self, size: int) -> None:
        careful = os.statvfs(LOCAL).f_flag & (kernel.NO_SUID | kernel.NO_DEVICES | kernel.NO_PROGRAMS)
        try:
            kernel.mount("none", LOCAL, None, kernel.REMOUNT | careful, f"size={size}")
        except OSError as error:
            if os.path.exists(_BALLAST):
                os.unlink(_BALLAST)
            raise Refused(f"the size of the hosts' local disks cannot be changed: {error}") from error


def swallowed() -> list[str]:
    """The peers that are not heard, by their addresses."""
    with open("/proc/net/route", encoding="ascii") as file:
        routes = [line.split() for line in file.readlines()[1:]]
    return [socket.inet_ntoa(bytes.fromhex(route[1])[::-1]) for route in routes if route[0] == "*"]
