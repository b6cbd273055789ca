"""The addresses of network interfaces: secondary private ones, and those of IPv6, given and taken.

Source: API reference 2026-10, AssignPrivateIpAddresses, UnassignPrivateIpAddresses, AssignIpv6Addresses and
UnassignIpv6Addresses, and the error codes of the pages of 2021-02.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from ipaddress import IPv6Address
from typing import TYPE_CHECKING, Final

from faultzone.api.ecs.interfaces import (
    AssignIpv6Addresses,
    AssignPrivateIpAddresses,
    UnassignIpv6Addresses,
    UnassignPrivateIpAddresses,
)
from faultzone.api.errors import ApiError
from faultzone.model.core.addresses import dotted, read_dotted
from faultzone.model.core.cards import (
    AVAILABLE,
    IN_USE,
    Interface,
    Ipv6Blocks,
    card_of,
    change,
    ipv6_of,
    network_of_type,
    read_ipv6,
)
from faultzone.model.core.client_tokens import once
from faultzone.model.core.dispatch import Answer, handles
from faultzone.model.core.state import RUNNING, STOPPED, AccountState, RegionState

if TYPE_CHECKING:
    from faultzone.model.core.addresses import VSwitch

#: How many secondary private addresses, and how many of IPv6, an interface may have that is not attached.
MORE_MOST: Final = 49
IPV6_MOST: Final = 10


def read_private_addresses(vswitch: VSwitch, texts: Sequence[str]) -> tuple[int, ...]:
    """Private addresses that are named, free ones of a vSwitch (instance/interface-addresses).

    Raises:
        ApiError: one is none of it, is taken, or is named twice.
    """
    addresses = vswitch.addresses
    return _read_each(texts, read_dotted, addresses.has, addresses.is_free, "InvalidVSwitchId.IpInvalid")


def read_ipv6_addresses(
    region: RegionState, account: AccountState, vswitch: VSwitch, texts: Sequence[str], count: int | None
) -> tuple[int, ...]:
    """IPv6 addresses that are named, free ones of a vSwitch, where it has any (instance/interface-ipv6).

    Raises:
        ApiError: one is none of it, is taken, or is named twice; or a number of them is asked for too.
    """
    if not texts and not count:
        return ()
    if texts and count:
        raise ApiError.of("InvalidParameter.Conflict", why="write Ipv6Address or Ipv6AddressCount")
    base = ipv6_of(region, account, vswitch)
    if base is None:
        raise ApiError("InvalidVSwitch.Ipv6NotTurnOn")
    is_free = partial(account.part(Ipv6Blocks).is_free, base)
    return _read_each(texts, read_ipv6, lambda address: address >> 64 == base >> 64, is_free, "InvalidIp.Address")


def _read_each(
    texts: Sequence[str],
    read: Callable[[str], int | None],
    has: Callable[[int], bool],
    is_free: Callable[[int], bool],
    code: str,
) -> tuple[int, ...]:
    """Addresses that are named.

    Args:
        has: whether an address is of the block that they must be of.
        code: refuses one that is not.
    """
    found: list[int] = []
    for text in texts:
        address = read(text)
        if address is None or not has(address):
            raise ApiError.of(code, address=text[:64])
        if not is_free(address):
            raise ApiError.of("InvalidIp.IpAssigned", address=text)
        if address in found:
            raise ApiError.of("InvalidIp.IpRepeated", address=text)
        found.append(address)
    return tuple(found)


def take_ipv6(
    region: RegionState, account: AccountState, vswitch: VSwitch, named: Sequence[int], count: int | None
) -> tuple[int, ...]:
    """Take IPv6 addresses that are named, or any; they are free."""
    blocks, base = account.part(Ipv6Blocks), ipv6_of(region, account, vswitch) or 0
    for each in named:
        blocks.claim(each)
    return (*named, *(blocks.allocate(base) for _ in range(count or 0)))


def take_private(vswitch: VSwitch, named: Sequence[int], count: int | None) -> tuple[int, ...]:
    """Take private addresses that are named, or any; there are so many."""
    for each in named:
        vswitch.addresses.claim(each)
    return (*named, *(vswitch.addresses.allocate() or 0 for _ in range(count or 0)))


def _card(account: AccountState, id: str) -> Interface:
    """The interface whose addresses are to change.

    Raises:
        ApiError: there is none, or its state or that of its instance does not allow it (instance/interface-addresses).
    """
    card = card_of(account, id)
    if card.status not in (AVAILABLE, IN_USE):
        raise ApiError.of("InvalidOperation.InvalidEniState", status=card.status)
    if card.is_primary and account.instances[str(card.instance)].status not in (RUNNING, STOPPED):
        raise ApiError("InvalidOperation.InvalidEcsState")
    return card


def _most(account: AccountState, card: Interface, alone: int) -> int:
    """How many addresses an interface may have by the type of its instance; `alone` where it has none."""
    return alone if card.instance is None else network_of_type(account.instances[card.instance].kind).addresses


@handles(AssignPrivateIpAddresses)
@once
def assign_private_ip_addresses(
    region: RegionState, account: AccountState, request: AssignPrivateIpAddresses
) -> Answer:
    """AssignPrivateIpAddresses: those that are named, or any; as many as the type may have.

    Clauses: instance/interface-addresses, instance/interface-limits.
    """
    card, count = _card(account, request.network_interface_id), request.count
    if not request.addresses and not count:
        raise ApiError.of("MissingParameter", name="PrivateIpAddress")
    if request.addresses and count:
        raise ApiError.of("InvalidParameter.Conflict", why="write PrivateIpAddress or SecondaryPrivateIpAddressCount")
    named = read_private_addresses(card.vswitch, request.addresses)
    more = len(named) + (count or 0)
    most = _most(account, card, 1 + MORE_MOST)
    if 1 + len(card.more) + more > most:
        raise ApiError.of("InvalidOperation.Ipv4CountExceeded", most=most)
    if card.vswitch.addresses.left < more:
        raise ApiError("QuotaExceeded.PrivateIpAddress")
    given = take_private(card.vswitch, named, count)
    change(region, account, card, more=(*card.more, *given))
    answer = {
        "AssignedPrivateIpAddressesSet": {
            "NetworkInterfaceId": card.id,
            "PrivateIpSet": {"PrivateIpAddress": [dotted(each) for each in given]},
        }
    }
    return answer


@handles(UnassignPrivateIpAddresses)
def unassign_private_ip_addresses(
    region: RegionState, account: AccountState, request: UnassignPrivateIpAddresses
) -> Answer:
    """UnassignPrivateIpAddresses: secondary ones that the interface has (instance/interface-addresses-taken)."""
    card = _card(account, request.network_interface_id)
    if not request.addresses:
        raise ApiError.of("MissingParameter", name="PrivateIpAddress")
    read = [(text, read_dotted(text)) for text in dict.fromkeys(request.addresses)]
    for text, address in read:
        if address not in card.more:
            raise ApiError.of("InvalidIp.IpUnassigned", address=text[:64])
    gone = {address for _, address in read}
    change(region, account, card, more=tuple(each for each in card.more if each not in gone))
    for address in gone:
        card.vswitch.addresses.give_back(address or 0)
    return {}


@handles(AssignIpv6Addresses)
@once
def assign_ipv6_addresses(region: RegionState, account: AccountState, request: AssignIpv6Addresses) -> Answer:
    """AssignIpv6Addresses: those that are named, or any, of a vSwitch that has some.

    Clauses: instance/interface-ipv6, instance/interface-limits.
    """
    card = _card(account, request.network_interface_id)
    if not request.addresses and not request.count:
        raise ApiError.of("MissingParameter", name="Ipv6Address")
    named = read_ipv6_addresses(region, account, card.vswitch, request.addresses, request.count)
    most = _most(account, card, IPV6_MOST)
    if len(card.ipv6) + len(named) + (request.count or 0) > most:
        raise ApiError.of("InvalidOperation.Ipv6CountExceeded", most=most)
    given = take_ipv6(region, account, card.vswitch, named, request.count)
    change(region, account, card, ipv6=(*card.ipv6, *given))
    answer = {
        "NetworkInterfaceId": card.id,
        "Ipv6Sets": {"Ipv6Address": [str(IPv6Address(each)) for each in given]},
    }
    return answer


@handles(UnassignIpv6Addresses)
def unassign_ipv6_addresses(region: RegionState, account: AccountState, request: UnassignIpv6Addresses) -> Answer:
    """UnassignIpv6Addresses: those that the interface has (instance/interface-ipv6)."""
    card = _card(account, request.network_interface_id)
    if not request.addresses:
        raise ApiError.of("MissingParameter", name="Ipv6Address")
    read = [(text, read_ipv6(text)) for text in dict.fromkeys(request.addresses)]
    for text, address in read:
        if address not in card.ipv6:
            raise ApiError.of("InvalidIp.IpUnassigned", address=text[:64])
    gone = {address for _, address in read}
    change(region, account, card, ipv6=tuple(each for each in card.ipv6 if each not in gone))
    for address in gone:
        account.part(Ipv6Blocks).give_back(address or 0)
    return {}
