"""The written default network of an account: its blocks of addresses, and the network card of each instance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from faultzone.model.core.state import Instance

#: The written default network: one VPC, one vSwitch for each zone, one security group. An extension of this
#: project, so that a first call needs no network; the documented service asks for a vSwitch unless the account has a
#: default VPC.
VPC_CIDR: Final = "10.0.0.0/8"
_ZONE_BITS: Final = 19
_PUBLIC_BASE: Final = 198 << 24 | 18 << 16
_PUBLIC_SIZE: Final = 1 << 17
#: The parts of an address as text: each transition writes two of them.
_TEXT: Final = [str(number) for number in range(256)]


def private_base(zone: int) -> int:
    """The first address of a zone's vSwitch as a number; each vSwitch is a /13 of 10.0.0.0/8."""
    return (10 << 24) | (zone << _ZONE_BITS)


def vswitch_cidr(zone: int) -> str:
    """The address block of a zone's vSwitch."""
    return f"{dotted(private_base(zone))}/{32 - _ZONE_BITS}"


def dotted(address: int) -> str:
    """An address as text; 0, which no instance has, as the empty text."""
    if not address:
        return ""
    return f"{_TEXT[address >> 24]}.{_TEXT[address >> 16 & 255]}.{_TEXT[address >> 8 & 255]}.{_TEXT[address & 255]}"


def read_dotted(text: str) -> int | None:
    """The address that a text names; None where it names none."""
    from ipaddress import IPv4Address  # Few launches ask for an address.

    try:
        return int(IPv4Address(text))
    except ValueError:
        return None


class Addresses:
    """Hands out addresses of one block in order, and those given back before new ones, oldest first."""

    __slots__ = ("_back", "_first", "_next", "_size", "_taken")

    def __init__(self, first: int, size: int) -> None:
        self._first, self._size, self._next = first, size, 0
        self._back: list[int] = []
        self._taken: set[int] = set()

    def allocate(self) -> int | None:
        """The next free address, or None when the block is used up."""
        while self._next < self._size:
            address = self._first + self._next
            self._next += 1
            if address not in self._taken:
                return address
        return self._back.pop(0) if self._back else None

    def has(self, address: int) -> bool:
        """Whether an address is of this block."""
        return 0 <= address - self._first < self._size

    def is_free(self, address: int) -> bool:
        """Whether an address is of this block and nobody has it."""
        if address in self._back:
            return True
        return self._next <= address - self._first < self._size and address not in self._taken

    def claim(self, address: int) -> None:
        """Take one free address by name."""
        if address in self._back:
            self._back.remove(address)
        else:
            self._taken.add(address)

    def give_back(self, address: int) -> None:
        """Return an address for later use."""
        self._taken.discard(address)
        if address - self._first < self._next:
            self._back.append(address)


def private_count() -> int:
    """How many addresses a zone's vSwitch has for instances."""
    return (1 << _ZONE_BITS) - 20


def private_addresses(zone: int) -> Addresses:
    """The addresses of a zone's vSwitch, without the first ten, which the network keeps."""
    return Addresses(private_base(zone) + 10, private_count())


def public_addresses() -> Addresses:
    """Public addresses, from the block that is set aside for tests of networks, so that none is ever anybody's."""
    return Addresses(_PUBLIC_BASE + 1, _PUBLIC_SIZE - 2)


def network_interface(instance: Instance) -> dict[str, str]:
    """The one network card of an instance, whose address is made from the first private address that it had."""
    return {
        "NetworkInterfaceId": f"eni-{instance.id[2:]}",
        "PrimaryIpAddress": dotted(instance.private_ip),
        "MacAddress": "00:16:" + (instance.options.mac_address or instance.private_ip).to_bytes(4, "big").hex(":"),
        "Type": "Primary",
    }
