"""The console of an instance: what its system prints there, and what programs write to /dev/console.

It is a terminal of the instance's own, of which this end is read by the instance's first process. Without a root of its
own an instance has no such device.
"""

from __future__ import annotations

import fcntl
import os
import struct
import termios
import time
from collections.abc import Callable
from typing import Any, Final

from . import kernel

#: How much is kept that is not told yet, from its end.
_KEPT: Final = 65536
#: How much is told in one go, and how soon more is told after so much.
_TOLD: Final = 16384
_PACE_SECONDS: Final = 0.2
#: How often it is read of a program that writes without end, before others have their turn.
_TURNS: Final = 16
#: Asks for the number of a terminal, and lets it be opened.
_NUMBER, _LOCK = 0x80045430, 0x40045431


def make(devices: str) -> int:
    """Make the device `console` in a directory of devices that has terminals of its own.

    Returns:
        This end of the terminal. The other stays open too: a terminal that nobody has open hangs up.

    Raises:
        OSError: the kernel refuses.
    """
    ours = os.open(f"{devices}/pts/ptmx", os.O_RDWR | os.O_NOCTTY)
    fcntl.ioctl(ours, _LOCK, struct.pack("i", 0))
    (number,) = struct.unpack("I", fcntl.ioctl(ours, _NUMBER, struct.pack("I", 0)))
    terminal = f"{devices}/pts/{number}"
    theirs = os.open(terminal, os.O_RDWR | os.O_NOCTTY)
    settings = termios.tcgetattr(theirs)
    settings[1] &= ~termios.OPOST  # What is written is shown as it is.
    settings[3] &= ~(termios.ECHO | termios.ICANON)
    termios.tcsetattr(theirs, termios.TCSANOW, settings)
    with open(f"{devices}/console", "wb"):
        kernel.mount(terminal, f"{devices}/console", None, kernel.BIND)
    os.set_blocking(ours, False)
    return ours


class Console:
    """What is on the console of an instance.

    Args:
        say: takes what was printed, as `output`.
        terminal: the end of its terminal that is read; None where it has none.
    """

    def __init__(self, say: Callable[[dict[str, Any]], None], terminal: int | None) -> None:
        self._say, self.terminal = say, terminal
        self._untold = bytearray()
        self._told, self._since = 0, 0.0

    @property
    def wakes(self) -> float | None:
        """The instant, in monotonic seconds, at which `tick` has to be called next."""
        return self._since + _PACE_SECONDS if self._untold else None

    def print(self, raw: bytes) -> None:
        """Print something."""
        self._untold += raw
        del self._untold[:-_KEPT]
        self.tick()

    def read(self) -> None:
        """Take in what programs have written."""
        for _ in range(_TURNS):
            try:
                said = os.read(self.terminal, _KEPT) if self.terminal is not None else b""
            except OSError:  # Nothing more, for now.
                return
            if not said:
                return
            self.print(said)

    def tick(self) -> None:
        """Tell what was printed, unless much has just been told."""
        now = time.monotonic()
        if now - self._since >= _PACE_SECONDS:
            self._since, self._told = now, 0
        if self._untold and self._told < _TOLD:
            self._told += len(self._untold)
            self._say({"event": "console", "output": self._untold.decode("utf-8", "surrogateescape")})
            self._untold.clear()

    def finish(self) -> None:
        """Tell what is left: the instance ends."""
        self.read()
        self._told = 0
        self.tick()
