"""What a program may reach besides the cloud."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import ip_address
from typing import Final

from faultzone.api.products import DOMAIN
from faultzone.errors import UsageError
from faultzone.listen.hosts import split_authority
from faultzone.programs.names import METADATA

_PORTS: Final = (80, 443)
_LOOPBACK: Final = "127.0.0.1"
_MOST: Final = 100


class Passed:
    """Hosts that are let out: each has an address of loopback in the program's namespace.

    Args:
        hosts: `HOST`, of which ports 80 and 443 are meant, or `HOST:PORT`; `localhost` is that of this machine.

    Attributes:
        names: of each host its address there.
        addresses: those that loopback must be given, besides its own.
        sockets: the address, the port and the kind of each socket.
        targets: of each socket the host and the port that it leads to.

    Raises:
        UsageError: one of them is no host, or the cloud's.
    """

    def __init__(self, hosts: Sequence[str]) -> None:
        if len(hosts) > _MOST:
            raise UsageError.expected("pass_through", len(hosts), f"at most {_MOST} hosts")
        self.names: dict[str, str] = {}
        self.addresses: list[str] = []
        self.sockets: list[tuple[str, int, str]] = []
        self.targets: list[tuple[str, int]] = []
        for each in hosts:
            name, port = _read(each)
            address = self._address(name)
            for number in _PORTS if port is None else (port,):
                if address == _LOOPBACK and number in _PORTS:
                    raise UsageError.expected("pass_through", each, "another port: 80 and 443 are the cloud's there")
                if (name, number) not in self.targets:
                    self.targets.append((name, number))
                    self.sockets.append((address, number, "tcp"))

    def _address(self, name: str) -> str:
        if name not in self.names:
            try:
                given = ip_address(name)
            except ValueError:
                own = f"127.0.2.{len(self.names) + 1}"
                self.names[name] = _LOOPBACK if name == "localhost" else own
            else:
                self.names[name] = name
                if not given.is_loopback:
                    self.addresses.append(name)
        return self.names[name]


def _read(given: str) -> tuple[str, int | None]:
    parts = split_authority(given) if "://" not in given else None
    if parts is None or parts[1] == 0 or (parts[1] or 0) > 65535 or ":" in parts[0]:
        raise UsageError.expected("pass_through", given, "HOST or HOST:PORT, such as proxy.example:8080")
    if parts[0].endswith(DOMAIN) or parts[0] == METADATA:
        raise UsageError.expected("pass_through", given, "a host that is not the cloud's: the region answers those")
    return parts
