"""The networks of an account: VPCs, their vSwitches with blocks of addresses, and the network card of each instance."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Final

from faultzone.api.errors import ApiError

if TYPE_CHECKING:
    from faultzone.model.core.state import AccountState, Instance

#: The written default network: one VPC, one vSwitch for each zone, one security group. An extension of this
#: project, so that a first call needs no network; the documented service asks for a vSwitch unless the account has a
#: default VPC.
_DEFAULT_BLOCK: Final = (10 << 24, 8)
_ZONE_BITS: Final = 19
#: Bits of the network of the largest and the smallest vSwitch that a zone can have.
LARGEST_VSWITCH: Final = 32 - _ZONE_BITS
SMALLEST_VSWITCH: Final = 29
_PUBLIC_BASE: Final = 198 << 24 | 18 << 16
_PUBLIC_SIZE: Final = 1 << 17
#: The parts of an address as text: each transition writes two of them.
_TEXT: Final = [str(number) for number in range(256)]


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


#: How many security groups an instance, or a network interface, can be in (instance/modify-security-groups).
SECURITY_GROUPS_MOST: Final = 5


class Addresses:
    """Hands out addresses of one block in order, then those that were passed over and those given back, oldest first.

    Args:
        first: the first address of the block.
        size: how many it has.
        passed_over: how many at its beginning come last, unless somebody asks for one.

    Attributes:
        left: how many are free.
    """

    __slots__ = ("_back", "_first", "_next", "_size", "_taken", "left")

    def __init__(self, first: int, size: int, passed_over: int = 0) -> None:
        self._first, self._size, self._next = first, size, passed_over
        self.left = size
        self._back = [first + number for number in range(passed_over)]
        self._taken: set[int] = set()

    def allocate(self) -> int | None:
        """The next free address, or None when the block is used up."""
        while self._next < self._size:
            address = self._first + self._next
            self._next += 1
            if address not in self._taken:
                self.left -= 1
                return address
        if not self._back:
            return None
        self.left -= 1
        return self._back.pop(0)

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
        self.left -= 1
        if address in self._back:
            self._back.remove(address)
        else:
            self._taken.add(address)

    def find_blocks(self, size: int, count: int, without: Collection[int]) -> list[int]:
        """The first addresses of blocks that nobody has any address of, the last ones first; fewer where there are not
        so many.

        Args:
            size: how many addresses a block has, a power of two; each begins at a multiple of it.
            count: how many blocks.
            without: addresses that are not to be in them.
        """
        found: list[int] = []
        first = (self._first + self._size) // size * size - size
        while len(found) < count and first >= self._first:
            block = range(first, first + size)
            if not any(each in block for each in without) and all(map(self.is_free, block)):
                found.append(first)
            first -= size
        return found

    def give_back(self, address: int) -> None:
        """Return an address for later use."""
        self.left += 1
        self._taken.discard(address)
        if address - self._first < self._next:
            self._back.append(address)


#: How many addresses at the beginning and at the end of a vSwitch the network keeps (instance/reserved-addresses).
_KEPT: Final = (1, 3)
#: Of the largest vSwitch the first instance gets the tenth address.
_PASSED_OVER: Final = 9


class Vpc:
    """A VPC.

    Attributes:
        first, prefix: its block: the first address, and how many bits of an address are those of the network.
        vswitches: those in it by id, oldest first.
        available: whether it is made; until then it is Pending.
        group: the resource group that it was put into; empty where nobody said one.
        user_cidrs: blocks outside that are reached without the internet.
        dns_hostnames: whether its instances are to have names, which nobody resolves here.
        ipv6: of one that was made: which of the IPv6 blocks of its account it has, from 1 on; 0 for none.
    """

    __slots__ = (
        "available", "created", "description", "dns_hostnames", "first", "group", "id", "ipv6", "is_default", "name",
        "prefix", "tags", "user_cidrs", "vswitches",
    )  # fmt: skip

    def __init__(
        self, id: str, first: int, prefix: int, created: int, name: str = "", description: str = "", group: str = ""
    ) -> None:
        self.id, self.first, self.prefix, self.created = id, first, prefix, created
        self.name, self.description, self.group = name, description, group
        self.is_default = self.available = self.dns_hostnames = False
        self.ipv6 = 0
        self.tags: dict[str, str] = {}
        self.user_cidrs: tuple[str, ...] = ()
        self.vswitches: dict[str, VSwitch] = {}


class VSwitch:
    """A vSwitch: a block of addresses of a VPC, in one zone.

    Attributes:
        zone: the number of its zone.
        addresses: those for instances, without those that the network keeps.
        available: whether it is made; until then it is Pending.
        ipv6: of one that was made: which part of the IPv6 block of its VPC it has; None for none.
    """

    __slots__ = (
        "addresses", "available", "created", "description", "first", "id", "ipv6", "is_default", "name", "prefix",
        "tags", "vpc", "zone",
    )  # fmt: skip

    def __init__(
        self, id: str, vpc: Vpc, zone: int, first: int, prefix: int, created: int, name: str = "", description: str = ""
    ) -> None:
        self.id, self.vpc, self.zone, self.first, self.prefix, self.created = id, vpc, zone, first, prefix, created
        self.name, self.description = name, description
        self.is_default = self.available = False
        self.ipv6: int | None = None
        self.tags: dict[str, str] = {}
        passed_over = _PASSED_OVER if prefix == LARGEST_VSWITCH else 0
        self.addresses = Addresses(first + _KEPT[0], (1 << (32 - prefix)) - sum(_KEPT), passed_over)
        vpc.vswitches[id] = self


def default_network(vpc_id: str, vswitch_ids: Sequence[str], prefix: int, created: int) -> Vpc:
    """The VPC that is there from the start, with a vSwitch for each zone; each is in a /13 of 10.0.0.0/8.

    Args:
        vswitch_ids: those of the zones, in their order.
        prefix: how many bits of an address say the vSwitch of a zone.
    """
    vpc = Vpc(vpc_id, *_DEFAULT_BLOCK, created)
    vpc.is_default = vpc.available = True
    for zone, vswitch_id in enumerate(vswitch_ids):
        vswitch = VSwitch(vswitch_id, vpc, zone, vpc.first | zone << _ZONE_BITS, prefix, created)
        vswitch.is_default = vswitch.available = True
    return vpc


def vpc_of(account: AccountState, vpc_id: str) -> Vpc:
    """The VPC of this id, whatever it is ready for.

    Raises:
        ApiError: `InvalidVpcId.NotFound`.
    """
    vpc = account.vpcs.get(vpc_id)
    if vpc is None:
        raise ApiError("InvalidVpcId.NotFound")
    return vpc


def vswitch_of(account: AccountState, vswitch_id: str) -> VSwitch:
    """The vSwitch of this id, whatever it is ready for.

    Raises:
        ApiError: `InvalidVSwitchId.NotFound`.
    """
    vswitch = account.vswitches.get(vswitch_id)
    if vswitch is None:
        raise ApiError("InvalidVSwitchId.NotFound")
    return vswitch


def find_vswitch(account: AccountState, vswitch_id: str, zone: int | None, of: str = "") -> VSwitch:
    """The vSwitch of this id, which must be ready and in the zone that is asked for, if any is.

    Args:
        of: what names it, for a message; nothing for the launch itself.

    Raises:
        ApiError: `InvalidVSwitchId.NotFound`, `IncorrectVSwitchStatus` (product/network-pending), or
            `InvalidParameter.NotMatch`.
    """
    vswitch = vswitch_of(account, vswitch_id)
    if not vswitch.available:
        raise ApiError("IncorrectVSwitchStatus")
    if zone not in (None, vswitch.zone):
        raise ApiError.of("InvalidParameter.NotMatch", why=f"the vSwitch{of} is in another zone")
    return vswitch


def vswitches_of(account: AccountState, zone: int | None, vswitch: VSwitch | None) -> list[VSwitch]:
    """The vSwitches that a launch may put what it makes into: the one that it names, else those of its zone, or of all,
    that are there from the start."""
    if vswitch is not None:
        return [vswitch]
    return account.default_vswitches if zone is None else [account.default_vswitches[zone]]


def check_groups_of(account: AccountState, groups: Sequence[str], vswitch: VSwitch | None) -> None:
    """Refuse security groups that are not of the VPC that a launch goes to, or are named twice
    (product/launch-into-network).

    Args:
        vswitch: the one that the launch names; None for one that is there from the start.
    """
    _check_named_once(groups)
    for each in groups:
        group = account.security_groups.get(each)
        if group is None:
            raise ApiError("InvalidSecurityGroupId.NotFound")
        if vswitch is None and not group.vpc.is_default:
            raise ApiError("InvalidSecurityGroup.NotInDefaultVpc")
        if vswitch is not None and group.vpc is not vswitch.vpc:
            raise ApiError(
                "InvalidParameter.Mismatch", "Specified security group and virtual switch are not in the same VPC."
            )


def check_security_groups(account: AccountState, ids: Sequence[str], vpc: Vpc) -> None:
    """Refuse security groups that an instance of a VPC cannot be in together (instance/modify-security-groups,
    product/groups-of-network).

    Raises:
        ApiError: `InvalidSecurityGroupId.NotFound`; `InvalidInstanceId.Mismatch` for one of another VPC;
            `InvalidParameter` for one that is named twice, or for groups of several types;
            `InstanceSecurityGroupLimitExceeded` for too many.
    """
    if any(each not in account.security_groups for each in ids):
        raise ApiError("InvalidSecurityGroupId.NotFound")
    _check_named_once(ids)
    if len(ids) > SECURITY_GROUPS_MOST:
        raise ApiError("InstanceSecurityGroupLimitExceeded")
    if len({account.security_groups[each].type for each in ids}) > 1:
        raise ApiError.of("InvalidParameter", name="SecurityGroupIds", why="they are of several types")
    if any(account.security_groups[each].vpc is not vpc for each in ids):
        raise ApiError("InvalidInstanceId.Mismatch")


def _check_named_once(groups: Sequence[str]) -> None:
    if len(set(groups)) != len(groups):
        raise ApiError.of("InvalidParameter", name="SecurityGroupIds", why="a security group is named twice")


def public_addresses() -> Addresses:
    """Public addresses, from the block that is set aside for tests of networks, so that none is ever anybody's."""
    return Addresses(_PUBLIC_BASE + 1, _PUBLIC_SIZE - 2)


def mac_address(private_ip: int) -> str:
    """The MAC address of a network interface, which is made from its first private address."""
    return "00:16:" + private_ip.to_bytes(4, "big").hex(":")


def network_interface(instance: Instance) -> dict[str, str]:
    """The primary network interface of an instance."""
    return {
        "NetworkInterfaceId": f"eni-{instance.id[2:]}",
        "PrimaryIpAddress": dotted(instance.private_ip),
        "MacAddress": mac_address(instance.options.mac_address or instance.private_ip),
        "Type": "Primary",
    }
