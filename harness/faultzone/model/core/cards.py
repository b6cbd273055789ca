"""Network interfaces, and the IPv6 addresses of vSwitches.

An account keeps its secondary network interfaces; a primary one is what its instance says of it. Guests know of
neither secondary ones nor IPv6: they have the one address that the host gives them.
Source: API reference 2026-10, chapter "Elastic network interfaces".
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from ipaddress import AddressValueError, IPv6Address
from typing import TYPE_CHECKING, Any, Final

from faultzone.api.errors import ApiError
from faultzone.editions.type_facts import facts_of
from faultzone.model.core.addresses import dotted, mac_address
from faultzone.model.core.filters import read_tag_list

if TYPE_CHECKING:
    from faultzone.clock import Timer
    from faultzone.editions.type_facts import Network
    from faultzone.model.core.addresses import Vpc, VSwitch
    from faultzone.model.core.catalog import InstanceType
    from faultzone.model.core.options import OwnCard
    from faultzone.model.core.state import AccountState, Instance, RegionState

AVAILABLE: Final = "Available"
ATTACHING: Final = "Attaching"
IN_USE: Final = "InUse"
DETACHING: Final = "Detaching"
DELETING: Final = "Deleting"

#: The block that is set aside for documentation, so that no address is ever anybody's.
_V6_BASE: Final = 0x20010DB8 << 96
_V6_SIZE: Final = 1 << 64
#: The first address of a vSwitch that an instance can be given.
_V6_FIRST: Final = 16
#: Bits of the network of the blocks of addresses that an interface can have, and how many addresses they are.
IPV4_PREFIX: Final = 28
IPV6_PREFIX: Final = 80
IPV4_BLOCK: Final = 1 << 32 - IPV4_PREFIX
_V6_SHIFT: Final = 128 - IPV6_PREFIX


class Interface:
    """A network interface.

    Attributes:
        vswitch: that which its addresses are of.
        private_ip: its primary private address; `more` are its secondary ones, `ipv6` those of IPv6.
        ipv4_prefixes, ipv6_prefixes: the first addresses of the blocks that it has besides.
        is_primary: whether it is that of an instance, which cannot be detached; it is made for whoever looks at it.
        status: Available, Attaching, InUse, Detaching or Deleting.
        timer: what ends such a state that does not last.
        instance: the id of the instance that it is attached to; None for none.
        queue_number: how many queues it has; 0 for as many as the type gives it.
        delete_on_release: whether it ends with its instance.
        source_dest_check, tracking: what was asked for and is shown; `tracking` by the names of its fields.
        group: the resource group that it was put into; empty where nobody said one.
    """

    __slots__ = (
        "created", "delete_on_release", "description", "group", "id", "instance", "ipv4_prefixes", "ipv6",
        "ipv6_prefixes", "is_primary", "mac", "more", "name", "private_ip", "queue_number", "security_groups",
        "source_dest_check", "status", "tags", "timer", "tracking", "vswitch",
    )  # fmt: skip

    def __init__(
        self, id: str, vswitch: VSwitch, private_ip: int, created: int, security_groups: tuple[str, ...]
    ) -> None:
        self.id, self.vswitch, self.private_ip, self.created = id, vswitch, private_ip, created
        self.security_groups = security_groups
        self.mac = mac_address(private_ip)
        self.name = self.description = self.group = ""
        self.more: tuple[int, ...] = ()
        self.ipv6: tuple[int, ...] = ()
        self.ipv4_prefixes: tuple[int, ...] = ()
        self.ipv6_prefixes: tuple[int, ...] = ()
        self.is_primary = self.source_dest_check = False
        self.status = AVAILABLE
        self.timer: Timer | None = None
        self.instance: str | None = None
        self.queue_number = 0
        self.delete_on_release = True
        self.tags: Mapping[str, str] = {}
        self.tracking: Mapping[str, int] = {}

    @property
    def kind(self) -> str:
        """Its type, as listings show it."""
        return "Primary" if self.is_primary else "Secondary"


class Interfaces(dict[str, Interface]):
    """The secondary network interfaces of an account by id, oldest first."""


def card_id(instance_id: str, number: int = 0) -> str:
    """The id of a network interface that an instance is made with; the primary one is number 0."""
    return f"eni-{instance_id[2:]}{number or ''}"


def primary_of(instance: Instance) -> Interface:
    """The primary network interface of an instance in a VPC."""
    options, own = instance.options, instance.options.card
    made = Interface(
        card_id(instance.id), instance.vswitch, instance.private_ip, instance.created, instance.security_groups
    )
    made.is_primary, made.status, made.instance = True, IN_USE, instance.id
    made.name, made.description, made.more, made.ipv6 = own.name, own.description, own.more, options.ipv6
    made.ipv4_prefixes, made.ipv6_prefixes = own.ipv4_prefixes, own.ipv6_prefixes
    made.source_dest_check, made.tracking = own.source_dest_check, own.tracking
    made.tags = read_tag_list(options.launch_tags) if own.tags is None else own.tags
    made.group, made.queue_number = options.group_of_part(made.id), options.queue_number or 0
    made.mac = mac_address(options.mac_address or instance.private_ip)
    return made


def attached(account: AccountState, instance: Instance) -> list[Interface]:
    """The secondary network interfaces of an instance, in the order in which they came."""
    kept = account.part(Interfaces)
    return [kept[each] for each in instance.options.cards]


def find_card(account: AccountState, id: str) -> Interface | None:
    """The network interface of this id; None where there is none."""
    if (found := account.part(Interfaces).get(id)) is not None:
        return found
    instance = account.instances.get(f"i-{id.removeprefix('eni-')}")
    if instance is None or not instance.in_vpc or card_id(instance.id) != id:
        return None
    return primary_of(instance)


def card_of(account: AccountState, id: str) -> Interface:
    """The network interface of this id.

    Raises:
        ApiError: `InvalidEniId.NotFound`.
    """
    found = find_card(account, id)
    if found is None:
        raise ApiError("InvalidEniId.NotFound")
    return found


class AllCards(Mapping[str, Interface]):
    """All network interfaces of an account by id."""

    def __init__(self, account: AccountState) -> None:
        self._account = account

    def __getitem__(self, id: str) -> Interface:
        found = find_card(self._account, id)
        if found is None:
            raise KeyError(id)
        return found

    def __iter__(self) -> Iterator[str]:
        yield from (card_id(each.id) for each in self._account.instances.values() if each.in_vpc)
        yield from self._account.part(Interfaces)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def change(region: RegionState, account: AccountState, card: Interface, **values: Any) -> None:
    """Change attributes of a network interface; of a primary one what its instance keeps of them."""
    for name, value in values.items():
        setattr(card, name, value)
    if not card.is_primary:
        return
    instance = account.instances[str(card.instance)]
    if "security_groups" in values:
        region.change(instance, "security_groups", values.pop("security_groups"))
    options = instance.options
    if "ipv6" in values:
        options = options._replace(ipv6=values.pop("ipv6"))
    if "queue_number" in values:
        options = options._replace(queue_number=values.pop("queue_number"))
    if "group" in values:
        options = options._replace(moved_parts={**options.moved_parts, card.id: values.pop("group")})
    options = options._replace(card=options.card._replace(**values))
    region.change(instance, "options", options)


def attach(region: RegionState, card: Interface, instance: Instance, status: str) -> None:
    """Give a secondary network interface to an instance, in a state."""
    card.instance, card.status = instance.id, status
    region.change(instance, "options", instance.options._replace(cards=(*instance.options.cards, card.id)))


def detach(region: RegionState, account: AccountState, card: Interface) -> None:
    """Take a secondary network interface from its instance."""
    instance = account.instances[str(card.instance)]
    left = tuple(each for each in instance.options.cards if each != card.id)
    region.change(instance, "options", instance.options._replace(cards=left))
    card.instance, card.status = None, AVAILABLE


def drop(account: AccountState, card: Interface) -> None:
    """End a secondary network interface: its addresses are free."""
    card.vswitch.addresses.give_back(card.private_ip)
    _give_back_more(account, card.vswitch, card)
    for address in card.ipv6:
        account.part(Ipv6Blocks).give_back(address)
    del account.part(Interfaces)[card.id]


def _give_back_more(account: AccountState, vswitch: VSwitch, card: Interface | OwnCard) -> None:
    """Return what an interface has besides its first address and those of IPv6."""
    for address in card.more:
        vswitch.addresses.give_back(address)
    for first in card.ipv4_prefixes:
        for address in range(first, first + IPV4_BLOCK):
            vswitch.addresses.give_back(address)
    for first in card.ipv6_prefixes:
        account.part(Ipv6Blocks).give_back_prefix(first)


def give_back(account: AccountState, instance: Instance) -> None:
    """Return what an instance that ends has besides its primary private address; interfaces that do not end with it
    stay (instance/interface-released)."""
    for card in attached(account, instance):
        if card.timer is not None:
            card.timer.cancel()
        if card.delete_on_release:
            drop(account, card)
        else:
            card.instance, card.status = None, AVAILABLE
    _give_back_more(account, instance.vswitch, instance.options.card)
    for address in instance.options.ipv6:
        account.part(Ipv6Blocks).give_back(address)


def check_card_texts(region: RegionState, name: str | None, description: str | None, of: str = "") -> None:
    """Refuse a name or a description that a network interface cannot have (instance/interface-texts).

    Args:
        of: what the names of the parameters begin with.

    Raises:
        ApiError: `InvalidParameter`.
    """
    if name is not None and not region.rules.instance_name_is_valid(name):
        raise ApiError.of("InvalidParameter", name=f"{of}NetworkInterfaceName", why="write 2 to 128 characters")
    length = region.edition.instance.description_length
    if description is not None and not region.rules.description_is_valid(description, length):
        raise ApiError.of("InvalidParameter", name=f"{of}Description", why="write 2 to 256 characters")


def network_of_type(kind: InstanceType) -> Network:
    """How many network interfaces, addresses and queues an instance of a type may have."""
    return facts_of(kind.family, kind.vcpus).network


def private_ip_sets(card: Interface, **more: Any) -> dict[str, Any]:
    """The private addresses of a network interface, as listings show them.

    Args:
        more: what is shown of each besides.
    """
    shown = [{"PrivateIpAddress": dotted(each), "Primary": False, **more} for each in (card.private_ip, *card.more)]
    shown[0]["Primary"] = True
    return {"PrivateIpSet": shown}


def ipv6_sets(card: Interface) -> dict[str, Any]:
    """The IPv6 addresses of a network interface, as listings show them."""
    return {"Ipv6Set": [{"Ipv6Address": str(IPv6Address(each)), "Primary": False} for each in card.ipv6]}


def show_ipv4_prefix(first: int) -> str:
    """A block of private addresses."""
    return f"{dotted(first)}/{IPV4_PREFIX}"


def show_ipv6_prefix(first: int) -> str:
    """A block of IPv6 addresses."""
    return f"{IPv6Address(first)}/{IPV6_PREFIX}"


def prefix_sets(card: Interface) -> dict[str, Any]:
    """The blocks of addresses of a network interface, as listings show them."""
    return {
        "Ipv4PrefixSets": {"Ipv4PrefixSet": [{"Ipv4Prefix": show_ipv4_prefix(each)} for each in card.ipv4_prefixes]},
        "Ipv6PrefixSets": {"Ipv6PrefixSet": [{"Ipv6Prefix": show_ipv6_prefix(each)} for each in card.ipv6_prefixes]},
    }


def show_attached(account: AccountState, instance: Instance, *, today: bool) -> list[dict[str, Any]]:
    """The network interfaces of an instance as DescribeInstances shows them, the primary one first; of those that are
    being attached, none.

    Args:
        today: whether it shows all addresses.
    """
    shown = []
    for card in (primary_of(instance), *attached(account, instance)):
        if card.status == ATTACHING:
            continue
        each: dict[str, Any] = {
            "NetworkInterfaceId": card.id,
            "PrimaryIpAddress": dotted(card.private_ip),
            "MacAddress": card.mac,
            "Type": card.kind,
        }
        if today:
            each |= {"PrivateIpSets": private_ip_sets(card), "Ipv6Sets": ipv6_sets(card), **prefix_sets(card)}
        shown.append(each)
    return shown


def read_ipv6(text: str) -> int | None:
    """The IPv6 address that a text names; None where it names none."""
    try:
        return int(IPv6Address(text))
    except AddressValueError:
        return None


class Ipv6Blocks:
    """The IPv6 addresses of the vSwitches of an account that network interfaces have."""

    def __init__(self) -> None:
        self._taken: set[int] = set()
        #: The numbers of the blocks that are taken as a whole.
        self._prefixes: set[int] = set()
        self._next: dict[int, int] = {}

    def allocate(self, base: int) -> int:
        """The next free address of the block that begins with this one."""
        address = self._next.get(base, base + _V6_FIRST)
        while address in self._taken or address >> _V6_SHIFT in self._prefixes:
            address = address + 1 if address in self._taken else (address >> _V6_SHIFT) + 1 << _V6_SHIFT
        self._next[base] = address + 1
        self._taken.add(address)
        return address

    def is_free(self, base: int, address: int) -> bool:
        """Whether an address is of the block that begins with `base`, can be given, and nobody has it."""
        inside = _V6_FIRST <= address - base < _V6_SIZE
        return inside and address not in self._taken and address >> _V6_SHIFT not in self._prefixes

    def prefix_is_free(self, first: int) -> bool:
        """Whether nobody has any address of the block that begins with this one."""
        number = first >> _V6_SHIFT
        return number not in self._prefixes and all(each >> _V6_SHIFT != number for each in self._taken)

    def find_prefixes(self, base: int, count: int, without: Collection[int]) -> list[int]:
        """The first addresses of blocks of the vSwitch that begins with `base` and that nobody has any address of, the
        last ones first; fewer where there are not so many. Addresses of `without` are not in them."""
        found: list[int] = []
        numbers = {each >> _V6_SHIFT for each in without}
        first = base + _V6_SIZE - (1 << _V6_SHIFT)
        while len(found) < count and first > base:
            if first >> _V6_SHIFT not in numbers and self.prefix_is_free(first):
                found.append(first)
            first -= 1 << _V6_SHIFT
        return found

    def claim_prefix(self, first: int) -> None:
        """Take a free block as a whole."""
        self._prefixes.add(first >> _V6_SHIFT)

    def give_back_prefix(self, first: int) -> None:
        """Return a block."""
        self._prefixes.discard(first >> _V6_SHIFT)

    def claim(self, address: int) -> None:
        """Take one free address by name."""
        self._taken.add(address)

    def give_back(self, address: int) -> None:
        """Return an address; it can be taken again by name."""
        self._taken.discard(address)


def ipv6_of_vpc(region: RegionState, account: AccountState, vpc: Vpc) -> int | None:
    """The first address of the IPv6 block of a VPC, a /56; None where it has none."""
    if not (region.shape.ipv6 if vpc.is_default else vpc.ipv6):
        return None
    number = region.cloud_region_ids.index(region.id)
    owner = region.cloud_accounts.index(account.id)
    return _V6_BASE | number << 88 | vpc.ipv6 << 80 | owner << 72


def ipv6_of(region: RegionState, account: AccountState, vswitch: VSwitch) -> int | None:
    """The first address of the IPv6 block of a vSwitch, a /64 of that of its VPC; None where it has none."""
    block, part = ipv6_of_vpc(region, account, vswitch.vpc), vswitch.zone if vswitch.is_default else vswitch.ipv6
    return None if block is None or part is None else block | part << 64
