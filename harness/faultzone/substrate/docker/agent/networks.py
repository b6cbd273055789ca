"""This host's ends of the private networks that span hosts, and the interfaces of instances on them."""

from __future__ import annotations

from . import netlink


class Networks:
    """The ends.

    They are in a network namespace of their own: to take interfaces away, one host after the other, takes the kernel
    long, and what is in a namespace that nobody has any more it takes away by and by.

    Args:
        wire: the interface to the other hosts.
    """

    def __init__(self, wire: str) -> None:
        self._wire = wire
        self._space: netlink.Space | None = None
        self._peers: dict[int, set[str]] = {}

    def join(self, number: int, peers: set[str]) -> None:
        """Make this host's end of a network, and let it reach the hosts that have another.

        Raises:
            OSError: the kernel would not.
        """
        if self._space is None:
            self._space = netlink.Space()
        known = self._peers.get(number)
        if known is None:
            self._space.add_vxlan(number, self._wire)
            known = self._peers[number] = set()
        for peer in peers - known:
            self._space.flood(number, peer)
        for peer in known - peers:
            self._space.flood(number, peer, on=False)
        self._peers[number] = peers

    def connect(self, number: int, mac: bytes, process: int) -> None:
        """Give the network namespace of a process an interface on a network, its `eth0`.

        Raises:
            OSError: this host has no end of that network, or the kernel would not.
        """
        if self._space is None or number not in self._peers:
            raise OSError(f"there is no interface of network {number}")
        self._space.add_child(number, mac, process)

    def leave(self, *, at_once: bool) -> None:
        """Have no end of any network; only what is gone at once can be joined again at once."""
        if self._space is not None:
            for number in self._peers if at_once else ():
                self._space.delete(number)
            self._space.close()
            self._space = None
        self._peers.clear()
