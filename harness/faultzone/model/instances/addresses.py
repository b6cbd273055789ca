"""Where in the network a launch puts what it makes: the zone, and the addresses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, cast

from faultzone.api.errors import ApiError
from faultzone.model.core.addresses import check_groups_of, find_vswitch, read_dotted

if TYPE_CHECKING:
    from faultzone.api.ecs.launches import CreateInstance, RunInstances
    from faultzone.model.core.addresses import VSwitch
    from faultzone.model.core.options import Options
    from faultzone.model.core.state import AccountState, RegionState

#: What few launches say of network interfaces and addresses: `interfaces` looks at it.
DESCRIBED: Final = frozenset("network_interfaces ipv6_addresses ipv6_count".split())


def is_classic(region: RegionState, request: CreateInstance | RunInstances) -> bool:
    """Whether what is made will be in the classic network."""
    return request.vswitch_id is None and not region.shape.default_network


def check_private_addresses(
    region: RegionState, request: CreateInstance | RunInstances, vswitches: Sequence[VSwitch]
) -> int:
    """The zone of the vSwitch that has the address that a launch asks for free, and with a batch those that follow it,
    of those that it may be put into (instance/consecutive-addresses)."""
    if is_classic(region, request):
        raise ApiError.of("MissingParameter", name="VSwitchId")
    amount: int = getattr(request, "amount", 1)
    address = read_dotted(request.private_ip_address or "")
    if address is None:
        raise ApiError("InvalidPrivateIpAddress.Malformed")
    if amount != 1 and not region.edition.instance.consecutive_addresses:
        raise ApiError.of("InvalidParameter.Conflict", why="a private address is for one instance")
    for vswitch in vswitches:
        block = vswitch.addresses
        if block.has(address) and block.has(address + amount - 1):
            if not all(block.is_free(each) for each in range(address, address + amount)):
                raise ApiError("InvalidPrivateIpAddress.Duplicated")
            return vswitch.zone
    raise ApiError("InvalidPrivateIpAddress")


def place_of(
    region: RegionState, account: AccountState, request: CreateInstance | RunInstances
) -> tuple[int | None, VSwitch | None]:
    """The zone that a launch names, or that of its vSwitch, None for any; and the vSwitch that it names."""
    zone = None if request.zone_id is None else region.zone_number(request.zone_id)
    if request.vswitch_id is None:
        return zone, None
    vswitch = find_vswitch(account, request.vswitch_id, zone)
    return vswitch.zone, vswitch


def check_launch_groups(account: AccountState, request: CreateInstance | RunInstances, vswitch: VSwitch | None) -> None:
    """Refuse the security groups of a launch that are not of its VPC; only that which is there from the start has one
    for those who name none (product/launch-into-network)."""
    several = getattr(request, "security_group_ids", ())
    groups = (*several, request.security_group_id) if request.security_group_id else several
    if not groups and vswitch is not None and not vswitch.vpc.is_default:
        raise ApiError.of("MissingParameter", name="SecurityGroupId")
    check_groups_of(account, groups, vswitch)


def addresses_left(account: AccountState, zone: int, vswitch: VSwitch | None, cards: Sequence[VSwitch | None]) -> int:
    """For how many instances a zone has private addresses.

    Args:
        vswitch: the one that the launch names.
        cards: those of the addresses that each instance gets besides; None stands for that of the primary interface.
    """
    primary = vswitch or account.default_vswitches[zone]
    if not cards:
        return primary.addresses.left
    taken = [primary, *(each or primary for each in cards)]
    return min(each.addresses.left // taken.count(each) for each in taken)


def give_addresses(
    region: RegionState,
    account: AccountState,
    request: CreateInstance | RunInstances,
    vswitch: VSwitch,
    number: int,
    groups: tuple[str, ...],
    instance_id: str,
    options: Options,
) -> tuple[int, Options]:
    """The private address of the n-th of a batch, and its options with the addresses that it has besides."""
    if DESCRIBED.isdisjoint(request.given):
        return _private_address(request, vswitch, number), options
    from faultzone.model.instances import interfaces

    launch = cast("RunInstances", request)
    interfaces.reserve(account, launch, vswitch)
    private_ip = _private_address(request, vswitch, number)
    return private_ip, interfaces.give(region, account, launch, vswitch, groups, instance_id, options)


def _private_address(request: CreateInstance | RunInstances, vswitch: VSwitch, number: int) -> int:
    if request.private_ip_address is not None:
        address = (read_dotted(request.private_ip_address) or 0) + number
        vswitch.addresses.claim(address)
        return address
    return vswitch.addresses.allocate() or 0
