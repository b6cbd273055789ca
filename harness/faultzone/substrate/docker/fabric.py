"""The network between a session's hosts. Should somebody remove it, the session makes another."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Final

from faultzone.errors import HarnessError
from faultzone.substrate.docker.cleanup import Watchdog
from faultzone.substrate.docker.connection import Taken
from faultzone.substrate.docker.engine import Engine

_SUBNET_TRIES: Final = 64


class Fabric:
    """The network, made at once.

    Args:
        engine: where it is made.
        watchdog: is told of it before it is made.
        session: the session, by which its subnet is told apart.
        labels: what it says of itself.

    Attributes:
        name: its name.
        subnet: the first three numbers of its addresses.

    Raises:
        HarnessError: it cannot be made.
    """

    def __init__(self, engine: Engine, watchdog: Watchdog, session: str, labels: Mapping[str, str]) -> None:
        self._engine, self._watchdog, self._labels = engine, watchdog, labels
        self._seed = int(session, 16)
        self._lock = threading.Lock()
        self.name = f"faultzone-{session}"
        self.subnet = self._make()

    def _make(self) -> str:
        """A network with a small subnet that nobody has."""
        for turn in range(_SUBNET_TRIES):
            place = (self._seed + turn * 977) % (96 * 256)
            subnet = f"10.{150 + place // 256}.{place % 256}"
            try:
                with self._watchdog.expecting("network", self.name):
                    self._engine.create_network(self.name, f"{subnet}.0/24", self._labels)
            except Taken:
                continue
            return subnet
        raise HarnessError(
            f"none of {_SUBNET_TRIES} subnets is free; `faultzone sweep` removes networks that were left behind"
        )

    def restore(self) -> None:
        """Make another if it is not there any more; from any thread.

        Raises:
            HarnessError: it cannot be made.
        """
        with self._lock:
            if not self._engine.has_network(self.name):
                self.subnet = self._make()
