"""The names that a request may call a server by, and the web pages that may call it.

A page of any origin can make a browser send requests to loopback, and a name of its own can be made to mean loopback.
So a request must call the server by a name that is known to mean it, and must not come from a page of another origin.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from ipaddress import IPv6Address, ip_address
from typing import Final

from faultzone.errors import UsageError

#: The cloud's own names, which a client sends that takes the server for its proxy.
_CLOUD: Final = ".aliyuncs.com"
_NAME: Final = re.compile(r"[a-z0-9_]([a-z0-9_.-]{0,251}[a-z0-9_])?\.?")
#: An authority, which one SDK writes as a URL; its port may be empty.
_AUTHORITY: Final = re.compile(r"(?:https?://)?(\[[0-9a-f:.]{2,45}\]|[^\[\]:/@\s]{1,253})(?::([0-9]{0,5}))?/?")
#: What a browser says of a request that a page of the same origin makes, or its user.
_OWN_PAGES: Final = frozenset({"same-origin", "none"})
_SHOWN: Final = 200


def split_authority(text: str) -> tuple[str, int | None] | None:
    """The name, in lower case and without a final dot, and the port of `NAME[:PORT]`; None for other text."""
    match = _AUTHORITY.fullmatch(text.lower())
    if match is None:
        return None
    return match[1].strip("[]").removesuffix("."), int(match[2]) if match[2] else None


def is_loopback(address: str) -> bool:
    """Whether an address of IPv4 or IPv6 is one of loopback."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    # A socket of both families shows an address of IPv4 as an IPv6 one.
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return (mapped or found).is_loopback


class Hosts:
    """The names of one server: those of loopback, those of the cloud, the address that it listens on or that a
    connection came to, and those that were allowed.

    Args:
        port: that it listens on.
        allowed: further names, without ports.

    Raises:
        UsageError: one of them is no name of a host.
    """

    def __init__(self, port: int, allowed: Iterable[str] = ()) -> None:
        self._port = port
        names = set()
        for each in allowed:
            # An address of IPv6 may be given with brackets and without.
            parts = split_authority(f"[{each}]" if each.count(":") > 1 and "[" not in each else each)
            named = parts is not None and parts[1] is None and (_NAME.fullmatch(parts[0]) or ":" in parts[0])
            if parts is None or not named or "/" in each:
                raise UsageError.expected("allow_host", each, "the name of a host without a port, such as ci.example")
            names.add(parts[0])
        self._names = frozenset(names)

    def refusal(self, authority: str, came_to: str) -> str | None:
        """Why a request may not call the server by this `NAME[:PORT]`; None if it may.

        Args:
            came_to: the address of the server's end of the connection.
        """
        parts = split_authority(authority)
        if parts is None:
            return f"{authority[:_SHOWN]!r} is not the name of a host"
        name = parts[0]
        if (
            name == "localhost"
            or name.endswith((".localhost", _CLOUD))
            or name in self._names
            or name == came_to.partition("%")[0].removeprefix("::ffff:")
            or is_loopback(name)
        ):
            return None
        return (
            f"{name[:_SHOWN]!r} is none of this server's names; if it means this server, start it with "
            f"--allow-host {name[:_SHOWN]}"
        )

    def has(self, name: str) -> bool:
        """Whether a name, in lower case and without a final dot, is one of this server's."""
        return self.refusal(name, "") is None

    def tunnel_refusal(self, authority: str) -> str | None:
        """Why a CONNECT to this `NAME:PORT` is refused; None if it leads to the cloud, whose place this server takes.

        Loopback is no part of the cloud: a tunnel there would open whatever this machine serves.
        """
        parts = split_authority(authority)
        if parts is None or parts[1] is None:
            return f"{authority[:_SHOWN]!r} is not the name of a host with a port"
        if parts[0].endswith(_CLOUD) or (parts[0] in self._names and not is_loopback(parts[0])):
            return None
        return f"{parts[0][:_SHOWN]!r} is no host of the cloud, and nothing else is reached from here"

    def foreign(self, headers: Mapping[str, str], came_to: str) -> str | None:
        """Why a request comes from a web page that may not call the server; None if it does not."""
        origin = headers.get("origin")
        if origin is not None and not self._is_own(origin, headers.get("host", ""), came_to):
            return (
                f"it comes from a page of {origin[:_SHOWN]!r}, and pages of other origins may not call this server; "
                "a name of this server's own is allowed with --allow-host"
            )
        site = headers.get("sec-fetch-site")
        if site is not None and site.lower() not in _OWN_PAGES:
            return (
                f"a page of another origin sends it (Sec-Fetch-Site is {site[:_SHOWN]!r}), which may not call this "
                "server; a name of this server's own is allowed with --allow-host"
            )
        return None

    def _is_own(self, origin: str, host: str, came_to: str) -> bool:
        scheme, found, authority = origin.partition("://")
        parts = split_authority(authority)
        if not found or scheme.lower() not in ("http", "https") or parts is None:
            return False
        standard = 443 if scheme.lower() == "https" else 80
        port = standard if parts[1] is None else parts[1]
        called = split_authority(host)
        if called is not None and (parts[0], port) == (called[0], standard if called[1] is None else called[1]):
            return True
        return port == self._port and self.refusal(authority, came_to) is None
