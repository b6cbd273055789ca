"""The addresses of network interfaces: secondary private ones, those of IPv6, and blocks of both, given and taken.

A block, which the documentation calls a prefix, counts as one address. It may be anywhere in its vSwitch: no part of
one is kept for blocks here. Source: API reference 2026-10, AssignPrivateIpAddresses, UnassignPrivateIpAddresses,
AssignIpv6Addresses and UnassignIpv6Addresses; user guide 2026-05, IP prefixes; error codes of the pages of 2021-02.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from ipaddress import IPv4Network, IPv6Address, IPv6Network
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
    IPV4_BLOCK,
    IPV4_PREFIX,
    IPV6_PREFIX,
    Interface,
    Ipv6Blocks,
    card_of,
    change,
    ipv6_of,
    network_of_type,
    read_ipv6,
    show_ipv4_prefix,
    show_ipv6_prefix,
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
    base = _ipv6_base(region, account, vswitch, "Ipv6Address", both=bool(texts and count))
    is_free = partial(account.part(Ipv6Blocks).is_free, base)
    return _read_each(texts, read_ipv6, lambda address: address >> 64 == base >> 64, is_free, "InvalidIp.Address")


def _ipv6_base(region: RegionState, account: AccountState, vswitch: VSwitch, name: str, *, both: bool) -> int:
    """The first IPv6 address of a vSwitch.

    Args:
        name: the parameter that names what is asked for; the one that asks for so many of it is called `…Count`.
        both: whether both are given.

    Raises:
        ApiError: they are, or the vSwitch has no IPv6 block.
    """
    if both:
        raise ApiError.of("InvalidParameter.Conflict", why=f"write {name} or {name}Count")
    base = ipv6_of(region, account, vswitch)
    if base is None:
        raise ApiError("InvalidVSwitch.Ipv6NotTurnOn")
    return base


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


def _read_prefix(network: type[IPv4Network | IPv6Network], bits: int, text: str) -> int | None:
    """The first address of the block that a text names, such as 10.0.0.16/28; None where it names none of this size."""
    try:
        named = network(text)
    except ValueError:
        return None
    return int(named.network_address) if named.prefixlen == bits else None


def choose_ipv4_prefixes(
    vswitch: VSwitch, texts: Sequence[str], count: int | None, addresses: Sequence[int] = ()
) -> tuple[int, ...]:
    """Free blocks of private addresses of a vSwitch, those that are named or so many (instance/interface-prefixes).

    Args:
        addresses: that are asked for beside them.

    Raises:
        ApiError: one is none of it, is taken, or is named twice; there are not so many; or both are asked for.
    """
    if texts and count:
        raise ApiError.of("InvalidParameter.Conflict", why="write Ipv4Prefix or Ipv4PrefixCount")
    block = vswitch.addresses

    def of_all(is_so: Callable[[int], bool]) -> Callable[[int], bool]:
        return lambda first: all(map(is_so, range(first, first + IPV4_BLOCK)))

    read = partial(_read_prefix, IPv4Network, IPV4_PREFIX)
    named = _read_each(texts, read, of_all(block.has), of_all(block.is_free), "InvalidVSwitchId.IpInvalid")
    _check_apart(named, addresses, IPV4_BLOCK, dotted)
    found = block.find_blocks(IPV4_BLOCK, count or 0, addresses)
    if len(found) < (count or 0):
        raise ApiError("QuotaExceeded.PrivateIpAddress")
    return (*named, *found)


def choose_ipv6_prefixes(
    region: RegionState,
    account: AccountState,
    vswitch: VSwitch,
    texts: Sequence[str],
    count: int | None,
    addresses: Sequence[int] = (),
) -> tuple[int, ...]:
    """The same of IPv6 (instance/interface-prefixes-ipv6)."""
    if not texts and not count:
        return ()
    base = _ipv6_base(region, account, vswitch, "Ipv6Prefix", both=bool(texts and count))
    blocks, read = account.part(Ipv6Blocks), partial(_read_prefix, IPv6Network, IPV6_PREFIX)
    named = _read_each(texts, read, lambda first: first >> 64 == base >> 64, blocks.prefix_is_free, "InvalidIp.Address")
    _check_apart(named, addresses, 1 << 128 - IPV6_PREFIX, lambda address: str(IPv6Address(address)))
    return (*named, *blocks.find_prefixes(base, count or 0, addresses))


def _check_apart(blocks: Sequence[int], addresses: Sequence[int], size: int, show: Callable[[int], str]) -> None:
    """Refuse addresses that are named beside a block that has them."""
    for each in addresses:
        if any(first <= each < first + size for first in blocks):
            raise ApiError.of("InvalidIp.IpRepeated", address=show(each))


def take_prefixes(account: AccountState, vswitch: VSwitch, ipv4: Sequence[int], ipv6: Sequence[int]) -> None:
    """Take blocks of addresses; they are free."""
    for first in ipv4:
        for address in range(first, first + IPV4_BLOCK):
            vswitch.addresses.claim(address)
    for first in ipv6:
        account.part(Ipv6Blocks).claim_prefix(first)


def _taken_off(texts: Sequence[str], read: Callable[[str], int | None], held: Sequence[int]) -> tuple[int, ...]:
    """What of what an interface has is named.

    Raises:
        ApiError: `InvalidIp.IpUnassigned`: it does not have it.
    """
    found: list[int] = []
    for text in dict.fromkeys(texts):
        each = read(text)
        if each is None or each not in held:
            raise ApiError.of("InvalidIp.IpUnassigned", address=text[:64])
        found.append(each)
    return tuple(dict.fromkeys(found))


def _without(held: Sequence[int], gone: Sequence[int]) -> tuple[int, ...]:
    return tuple(each for each in held if each not in gone)


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
    """AssignPrivateIpAddresses: those that are named, or any, and blocks of them; as many as the type may have.

    Clauses: instance/interface-addresses, instance/interface-prefixes, instance/interface-limits.
    """
    r, card = request, _card(account, request.network_interface_id)
    if not (r.addresses or r.count or r.ipv4_prefixes or r.ipv4_prefix_count):
        raise ApiError.of("MissingParameter", name="PrivateIpAddress")
    if r.addresses and r.count:
        raise ApiError.of("InvalidParameter.Conflict", why="write PrivateIpAddress or SecondaryPrivateIpAddressCount")
    named = read_private_addresses(card.vswitch, r.addresses)
    blocks = choose_ipv4_prefixes(card.vswitch, r.ipv4_prefixes, r.ipv4_prefix_count, named)
    more, most = len(named) + (r.count or 0), _most(account, card, 1 + MORE_MOST)
    if 1 + len(card.more) + len(card.ipv4_prefixes) + more + len(blocks) > most:
        raise ApiError.of("InvalidOperation.Ipv4CountExceeded", most=most)
    if card.vswitch.addresses.left < more + len(blocks) * IPV4_BLOCK:
        raise ApiError("QuotaExceeded.PrivateIpAddress")
    take_prefixes(account, card.vswitch, blocks, ())
    given = take_private(card.vswitch, named, r.count)
    change(region, account, card, more=(*card.more, *given), ipv4_prefixes=(*card.ipv4_prefixes, *blocks))
    shown: Answer = {"NetworkInterfaceId": card.id}
    shown["PrivateIpSet"] = {"PrivateIpAddress": [dotted(each) for each in given]}
    shown["Ipv4PrefixSet"] = {"Ipv4Prefixes": [show_ipv4_prefix(each) for each in blocks]}
    return {"AssignedPrivateIpAddressesSet": shown}


@handles(UnassignPrivateIpAddresses)
def unassign_private_ip_addresses(
    region: RegionState, account: AccountState, request: UnassignPrivateIpAddresses
) -> Answer:
    """UnassignPrivateIpAddresses: secondary ones and blocks that the interface has.

    Clauses: instance/interface-addresses-taken, instance/interface-prefixes.
    """
    card = _card(account, request.network_interface_id)
    if not request.addresses and not request.ipv4_prefixes:
        raise ApiError.of("MissingParameter", name="PrivateIpAddress")
    gone = _taken_off(request.addresses, read_dotted, card.more)
    blocks = _taken_off(request.ipv4_prefixes, partial(_read_prefix, IPv4Network, IPV4_PREFIX), card.ipv4_prefixes)
    change(region, account, card, more=_without(card.more, gone), ipv4_prefixes=_without(card.ipv4_prefixes, blocks))
    for address in (*gone, *(each for first in blocks for each in range(first, first + IPV4_BLOCK))):
        card.vswitch.addresses.give_back(address)
    return {}


@handles(AssignIpv6Addresses)
@once
def assign_ipv6_addresses(region: RegionState, account: AccountState, request: AssignIpv6Addresses) -> Answer:
    """AssignIpv6Addresses: those that are named, or any, and blocks of them, of a vSwitch that has some.

    Clauses: instance/interface-ipv6, instance/interface-prefixes-ipv6, instance/interface-limits.
    """
    r, card = request, _card(account, request.network_interface_id)
    if not (r.addresses or r.count or r.ipv6_prefixes or r.ipv6_prefix_count):
        raise ApiError.of("MissingParameter", name="Ipv6Address")
    named = read_ipv6_addresses(region, account, card.vswitch, r.addresses, r.count)
    blocks = choose_ipv6_prefixes(region, account, card.vswitch, r.ipv6_prefixes, r.ipv6_prefix_count, named)
    most = _most(account, card, IPV6_MOST)
    if len(card.ipv6) + len(card.ipv6_prefixes) + len(named) + (r.count or 0) + len(blocks) > most:
        raise ApiError.of("InvalidOperation.Ipv6CountExceeded", most=most)
    take_prefixes(account, card.vswitch, (), blocks)
    given = take_ipv6(region, account, card.vswitch, named, r.count)
    change(region, account, card, ipv6=(*card.ipv6, *given), ipv6_prefixes=(*card.ipv6_prefixes, *blocks))
    return {
        "NetworkInterfaceId": card.id,
        "Ipv6Sets": {"Ipv6Address": [str(IPv6Address(each)) for each in given]},
        "Ipv6PrefixSets": {"Ipv6Prefix": [show_ipv6_prefix(each) for each in blocks]},
    }


@handles(UnassignIpv6Addresses)
def unassign_ipv6_addresses(region: RegionState, account: AccountState, request: UnassignIpv6Addresses) -> Answer:
    """UnassignIpv6Addresses: those and blocks that the interface has (instance/interface-ipv6,
    instance/interface-prefixes-ipv6)."""
    card = _card(account, request.network_interface_id)
    if not request.addresses and not request.ipv6_prefixes:
        raise ApiError.of("MissingParameter", name="Ipv6Address")
    gone = _taken_off(request.addresses, read_ipv6, card.ipv6)
    blocks = _taken_off(request.ipv6_prefixes, partial(_read_prefix, IPv6Network, IPV6_PREFIX), card.ipv6_prefixes)
    change(region, account, card, ipv6=_without(card.ipv6, gone), ipv6_prefixes=_without(card.ipv6_prefixes, blocks))
    for address in gone:
        account.part(Ipv6Blocks).give_back(address)
    for first in blocks:
        account.part(Ipv6Blocks).give_back_prefix(first)
    return {}
