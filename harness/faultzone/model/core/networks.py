"""VPCs and vSwitches as the products Vpc and ECS show them, and how blocks of addresses are read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from faultzone.clock import stamp
from faultzone.model.core.addresses import dotted, read_dotted
from faultzone.model.core.resource_groups import groups_of

if TYPE_CHECKING:
    from faultzone.model.core.addresses import Vpc, VSwitch
    from faultzone.model.core.state import AccountState, RegionState

_WRITTEN: Final = re.compile(r"([0-9.]{7,15})/([0-9]{1,2})")


class Block(NamedTuple):
    """A block of addresses: the first one, and how many bits of an address are those of the network."""

    first: int
    prefix: int

    @property
    def last(self) -> int:
        """Its last address."""
        return self.first + (1 << (32 - self.prefix)) - 1

    def has(self, other: Block) -> bool:
        """Whether all addresses of another block are in this one."""
        return self.first <= other.first and other.last <= self.last

    def meets(self, other: Block) -> bool:
        """Whether an address is in both."""
        return self.first <= other.last and other.first <= self.last


def read_block(text: str) -> Block | None:
    """The block that a text names, such as `192.168.0.0/16`; None where it names none, or not by its first address."""
    written = _WRITTEN.fullmatch(text)
    first = None if written is None else read_dotted(written[1])
    if written is None or first is None:
        return None
    prefix = int(written[2])
    return Block(first, prefix) if prefix <= 32 and not first & ((1 << (32 - prefix)) - 1) else None


def block_of(network: Vpc | VSwitch) -> Block:
    """The block of a VPC or a vSwitch."""
    return Block(network.first, network.prefix)


def router_id(vpc: Vpc) -> str:
    """The id of the router of a VPC."""
    return f"vrt{vpc.id[3:]}"


def route_table_id(vpc: Vpc) -> str:
    """The id of the route table of a VPC, which is that of all its vSwitches."""
    return f"vtb{vpc.id[3:]}"


def group_of(region: RegionState, account: AccountState, vpc: Vpc) -> str:
    """The resource group that a VPC and its vSwitches are in, the default one where nobody said one."""
    return vpc.group or groups_of(region, account.id).default.id


def status_of(network: Vpc | VSwitch) -> str:
    """The state of a VPC or a vSwitch (product/network-pending)."""
    return "Available" if network.available else "Pending"


def cidr(network: Vpc | VSwitch) -> str:
    """The block of a VPC or a vSwitch as text."""
    return f"{dotted(network.first)}/{network.prefix}"


def _tags(network: Vpc | VSwitch) -> dict[str, list[dict[str, str]]]:
    """Tags as the product Vpc writes them."""
    return {"Tag": [{"Key": key, "Value": value} for key, value in network.tags.items()]}


def _block(first: int | None, prefix: int) -> str:
    """An IPv6 block as text; empty for none."""
    if first is None:
        return ""
    from ipaddress import IPv6Network  # Few networks have any.

    return str(IPv6Network((first, prefix)))


def vpc_ipv6(region: RegionState, account: AccountState, vpc: Vpc) -> str:
    """The IPv6 block of a VPC as text; empty for none."""
    from faultzone.model.core.cards import ipv6_of_vpc  # Few networks have any.

    return _block(ipv6_of_vpc(region, account, vpc), 56)


def vswitch_ipv6(region: RegionState, account: AccountState, vswitch: VSwitch) -> str:
    """The IPv6 block of a vSwitch as text; empty for none."""
    from faultzone.model.core.cards import ipv6_of  # Few networks have any.

    return _block(ipv6_of(region, account, vswitch), 64)


def show_vpc(region: RegionState, account: AccountState, vpc: Vpc) -> dict[str, Any]:
    """A VPC as the listing of the product Vpc has it."""
    block = vpc_ipv6(region, account, vpc)
    return {
        "VpcId": vpc.id,
        "VpcName": vpc.name,
        "Description": vpc.description,
        "RegionId": region.id,
        "CidrBlock": cidr(vpc),
        "IsDefault": vpc.is_default,
        "Status": status_of(vpc),
        "VRouterId": router_id(vpc),
        "RouterTableIds": {"RouterTableIds": [route_table_id(vpc)]},
        "CreationTime": stamp(vpc.created),
        "ResourceGroupId": group_of(region, account, vpc),
        "OwnerId": int(account.id),
        "UserCidrs": {"UserCidr": list(vpc.user_cidrs)},
        "VSwitchIds": {"VSwitchId": list(vpc.vswitches)},
        "EnabledIpv6": bool(block),
        "Ipv6CidrBlock": block,
        "Ipv6CidrBlocks": {"Ipv6CidrBlock": [{"Ipv6CidrBlock": block, "Ipv6Isp": "BGP"}] if block else []},
        "DnsHostnameStatus": "ENABLED" if vpc.dns_hostnames else "DISABLED",
        "Tags": _tags(vpc),
    }


def show_vswitch(region: RegionState, account: AccountState, vswitch: VSwitch) -> dict[str, Any]:
    """A vSwitch as the listing of the product Vpc has it (product/vswitch-addresses)."""
    block = vswitch_ipv6(region, account, vswitch)
    return {
        "VSwitchId": vswitch.id,
        "VSwitchName": vswitch.name,
        "Description": vswitch.description,
        "VpcId": vswitch.vpc.id,
        "ZoneId": region.zone_ids[vswitch.zone],
        "CidrBlock": cidr(vswitch),
        "AvailableIpAddressCount": vswitch.addresses.left,
        "IsDefault": vswitch.is_default,
        "Status": status_of(vswitch),
        "CreationTime": stamp(vswitch.created),
        "ResourceGroupId": group_of(region, account, vswitch.vpc),
        "OwnerId": int(account.id),
        "RouteTable": {"RouteTableId": route_table_id(vswitch.vpc), "RouteTableType": "System"},
        "EnabledIpv6": bool(block),
        "Ipv6CidrBlock": block,
        "Tags": _tags(vswitch),
    }
