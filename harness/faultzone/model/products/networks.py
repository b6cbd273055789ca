"""VPCs and vSwitches: making, showing, changing and deleting them. Source: API reference of Vpc 2016-04-28, 2026-10."""

from __future__ import annotations

from typing import Final

from faultzone.api.errors import ApiError
from faultzone.api.vpc import (
    CreateVpc,
    CreateVSwitch,
    DeleteVpc,
    DeleteVSwitch,
    DescribeVpcAttribute,
    DescribeVpcs,
    DescribeVSwitchAttributes,
    DescribeVSwitches,
    ModifyVpcAttribute,
    ModifyVSwitchAttribute,
)
from faultzone.model.core.addresses import Vpc, VSwitch, vpc_of, vswitch_of
from faultzone.model.core.blanks import nothing
from faultzone.model.core.cards import Interfaces
from faultzone.model.core.client_tokens import once
from faultzone.model.core.dispatch import Answer, check_dry_run, handles
from faultzone.model.core.fields import in_vswitch
from faultzone.model.core.filters import has_tags, read_asked_tags
from faultzone.model.core.listing import listing
from faultzone.model.core.networks import (
    Block,
    block_of,
    group_of,
    read_block,
    route_table_id,
    router_id,
    show_vpc,
    show_vswitch,
    vpc_ipv6,
    vswitch_ipv6,
)
from faultzone.model.core.resource_groups import check_group
from faultzone.model.core.state import AccountState, RegionState
from faultzone.model.products.around_networks import read_network_tags

#: How many VPCs an account may make in a region, and vSwitches in a VPC, besides those that are there from the start.
VPCS_MOST: Final = 10
VSWITCHES_MOST: Final = 150
#: How many bits of the addresses of a VPC, and of a vSwitch, may be those of the network.
VPC_MASKS: Final = (8, 28)
VSWITCH_MASKS: Final = (16, 29)
#: What no address of a network may be in: shared, loopback, link-local and multicast ones, and those that nobody has.
_RESERVED: Final = (
    Block(0, 8),
    Block(100 << 24 | 64 << 16, 10),
    Block(127 << 24, 8),
    Block(169 << 24 | 254 << 16, 16),
    Block(224 << 24, 4),
    Block(240 << 24, 4),
)
_SHARED: Final = _RESERVED[1]
_USER_CIDRS_MOST: Final = 3
_IDS_MOST: Final = 20
_NAME_LENGTH: Final = (1, 128)
_DESCRIPTION_LENGTH: Final = (1, 256)


def _check_text(region: RegionState, text: str | None, length: tuple[int, int], code: str) -> None:
    """Refuse a name or a description that is too long or a URL; none at all is fine (product/network-names)."""
    if text and not region.rules.description_is_valid(text, length):
        raise ApiError(code)


def _check_vpc_texts(region: RegionState, request: CreateVpc | ModifyVpcAttribute) -> None:
    _check_text(region, request.vpc_name, _NAME_LENGTH, "InvalidVpcName.Malformed")
    _check_text(region, request.description, _DESCRIPTION_LENGTH, "InvalidVpcDiscription.Malformed")


def _check_vswitch_texts(region: RegionState, request: CreateVSwitch | ModifyVSwitchAttribute) -> None:
    _check_text(region, request.vswitch_name, _NAME_LENGTH, "InvalidVSwitchName.Malformed")
    _check_text(region, request.description, _DESCRIPTION_LENGTH, "InvalidVSwitchDiscription.Malformed")


def _ready_later(region: RegionState, network: Vpc | VSwitch) -> None:
    """Make a network available after the time that provisioning takes (product/network-pending)."""

    def ready() -> None:
        network.available = True

    if region.provision:
        region.clock.call_later(region.provision, ready)
    else:
        ready()


# VPCs


def _read_vpc_block(text: str) -> Block:
    """The block of a VPC (product/vpc-block)."""
    block, (least, most) = read_block(text), VPC_MASKS
    if block is None or not least <= block.prefix <= most:
        why = f"write a block of {least} to {most} bits by its first address, such as 172.16.0.0/12"
        raise ApiError.of("InvalidParameter", name="CidrBlock", why=why)
    if any(block.meets(each) for each in _RESERVED):
        why = "0.0.0.0/8, 100.64.0.0/10, 127.0.0.0/8, 169.254.0.0/16, 224.0.0.0/4 and 240.0.0.0/4 are reserved"
        raise ApiError.of("InvalidParameter", name="CidrBlock", why=why)
    return block


def _read_user_cidrs(text: str | None) -> tuple[str, ...]:
    """The blocks outside of a VPC that it reaches without the internet (product/user-blocks)."""
    blocks = tuple(each.strip() for each in text.split(",")) if text else ()
    if len(blocks) > _USER_CIDRS_MOST:
        raise ApiError("InvalidUserCidr.Quota")
    for each in blocks:
        read = read_block(each)
        if read is None:
            raise ApiError.of(
                "InvalidParameter", name="UserCidr", why="write blocks such as 192.0.2.0/24,198.51.100.0/24"
            )
        if read.meets(_SHARED):
            raise ApiError("InvalidUserCidr.Malformed")
    return blocks


def _free_ipv6(account: AccountState) -> int:
    """Which of the IPv6 blocks of an account no VPC has."""
    taken = {each.ipv6 for each in account.vpcs.values()}
    return next(number for number in range(1, 256) if number not in taken)


@handles(CreateVpc)
@once
def create_vpc(region: RegionState, account: AccountState, request: CreateVpc) -> Answer:
    """CreateVpc: Pending at first, with a router and a route table.

    Clauses: product/create-vpc, product/vpc-block, product/network-quotas, product/network-token.
    """
    block, user_cidrs = _read_vpc_block(request.cidr_block), _read_user_cidrs(request.user_cidr)
    _check_vpc_texts(region, request)
    check_group(region, account, request.resource_group_id)
    tags = read_network_tags(region, request.tags)
    if sum(not each.is_default for each in account.vpcs.values()) >= VPCS_MOST:
        raise ApiError("QuotaExceeded.Vpc")
    check_dry_run(region, request.dry_run)
    group = request.resource_group_id or ""
    vpc = Vpc(region.world.resource_id("vpc"), *block, region.clock.now, request.vpc_name, request.description, group)
    vpc.tags, vpc.user_cidrs, vpc.dns_hostnames = tags, user_cidrs, request.enable_dns_hostname
    vpc.ipv6 = _free_ipv6(account) if request.enable_ipv6 else 0
    account.vpcs[vpc.id] = vpc
    _ready_later(region, vpc)
    return {
        "VpcId": vpc.id,
        "VRouterId": router_id(vpc),
        "RouteTableId": route_table_id(vpc),
        "ResourceGroupId": group_of(region, account, vpc),
    }


@handles(DescribeVpcs)
def describe_vpcs(region: RegionState, account: AccountState, request: DescribeVpcs) -> Answer:
    """DescribeVpcs: oldest first, by each filter (product/describe-networks)."""
    r, tags = request, read_asked_tags(request.tags)
    ids = r.vpc_id.split(",") if r.vpc_id is not None else None
    if ids is not None and len(ids) > _IDS_MOST:
        raise ApiError.of("InvalidParameter", name="VpcId", why=f"at most {_IDS_MOST} are accepted")
    found = [
        vpc
        for vpc in account.vpcs.values()
        if (ids is None or vpc.id in ids)
        and r.vpc_name in (None, vpc.name)
        and r.is_default in (None, vpc.is_default)
        and r.resource_group_id in (None, group_of(region, account, vpc))
        and r.enable_ipv6 in (None, bool(vpc_ipv6(region, account, vpc)))
        and r.owner in (None, int(account.id))
        and r.options_set is None
        and has_tags(vpc.tags, tags)
    ]
    return listing("Vpcs", "Vpc", found, r, lambda each: show_vpc(region, account, each))


@handles(DescribeVpcAttribute)
def describe_vpc_attribute(region: RegionState, account: AccountState, request: DescribeVpcAttribute) -> Answer:
    """DescribeVpcAttribute: what the listing has, and how much is in the VPC; nothing of one that there is not.

    Clauses: product/describe-networks, product/unknown-network.
    """
    vpc = account.vpcs.get(request.vpc_id)
    if vpc is None:
        return nothing(request.answer, region.edition.date)
    shown = show_vpc(region, account, vpc)
    del shown["RouterTableIds"]
    counts = {"VSwitch": len(vpc.vswitches), "VRouter": 1, "RouteTable": 1}
    resources = [{"ResourceType": kind, "ResourceCount": count} for kind, count in counts.items() if count]
    return {**shown, "CloudResources": {"CloudResourceSetType": resources}}


@handles(ModifyVpcAttribute)
def modify_vpc_attribute(region: RegionState, account: AccountState, request: ModifyVpcAttribute) -> Answer:
    """ModifyVpcAttribute: names, and the block as long as all vSwitches are in it (product/modify-network)."""
    vpc = vpc_of(account, request.vpc_id)
    _check_vpc_texts(region, request)
    if not vpc.available:
        raise ApiError("IncorrectVpcStatus")
    block = block_of(vpc)
    if request.cidr_block is not None:
        block = _read_vpc_block(request.cidr_block)
        if not all(block.has(block_of(each)) for each in vpc.vswitches.values()):
            raise ApiError.of("InvalidParameter", name="CidrBlock", why="a vSwitch of the VPC is outside")
    if request.enable_ipv6 is False and any(each.ipv6 is not None for each in vpc.vswitches.values()):
        raise ApiError("OperationDenied", "A vSwitch of the VPC has an IPv6 block.", 400)
    _check_own_ipv6(vpc, request.enable_ipv6)
    if request.enable_ipv6 is not None and not vpc.is_default:
        vpc.ipv6 = (vpc.ipv6 or _free_ipv6(account)) if request.enable_ipv6 else 0
    vpc.first, vpc.prefix = block
    if request.vpc_name is not None:
        vpc.name = request.vpc_name
    if request.description is not None:
        vpc.description = request.description
    if request.enable_dns_hostname is not None:
        vpc.dns_hostnames = request.enable_dns_hostname
    return {}


@handles(DeleteVpc)
@once
def delete_vpc(region: RegionState, account: AccountState, request: DeleteVpc) -> Answer:
    """DeleteVpc: one that has no vSwitch and no security group; not that which is there from the start.

    Clause: product/delete-vpc.
    """
    vpc = vpc_of(account, request.vpc_id)
    _check_deletable(vpc)
    if not vpc.available:
        raise ApiError("IncorrectVpcStatus")
    if vpc.vswitches:
        raise ApiError("DependencyViolation.VSwitch")
    if any(each.vpc is vpc for each in account.security_groups.values()):
        raise ApiError("DependencyViolation.SecurityGroup")
    check_dry_run(region, request.dry_run)
    del account.vpcs[vpc.id]
    return {}


def _check_deletable(network: Vpc | VSwitch) -> None:
    if network.is_default:
        why = "The network that is there from the start stays: instances for which no vSwitch is named are put into it."
        raise ApiError("OperationDenied", why, 403)


def _check_own_ipv6(network: Vpc | VSwitch, asked: object) -> None:
    """Refuse to change the IPv6 block of what is there from the start, which the region decides."""
    if asked is not None and network.is_default:
        raise ApiError("OperationDenied", "The region decides whether its own network has IPv6.", 403)


# vSwitches


def _check_ipv6(region: RegionState, account: AccountState, vpc: Vpc, part: int, but: VSwitch | None = None) -> None:
    """Refuse a part of the IPv6 block of a VPC that a vSwitch cannot have (product/network-ipv6)."""
    if not vpc_ipv6(region, account, vpc):
        raise ApiError.of("InvalidParameter", name="Ipv6CidrBlock", why="the VPC has no IPv6 block")
    others = (each.zone if each.is_default else each.ipv6 for each in vpc.vswitches.values() if each is not but)
    if part in others:
        raise ApiError.of("InvalidParameter", name="Ipv6CidrBlock", why="another vSwitch has it")


def _read_vswitch_block(vpc: Vpc, text: str) -> Block:
    """The block of a vSwitch: in that of its VPC, and with no address of another (product/vswitch-block)."""
    block = read_block(text)
    if block is None:
        raise ApiError("InvalidCidrBlock.Malformed")
    if not VSWITCH_MASKS[0] <= block.prefix <= VSWITCH_MASKS[1]:
        raise ApiError("InvalidCirdrBlock.MaskLength")
    if not block_of(vpc).has(block):
        raise ApiError.of("InvalidParameter", name="CidrBlock", why="it is not in the block of the VPC")
    if any(block.meets(block_of(each)) for each in vpc.vswitches.values()):
        raise ApiError("InvalidCidrBlock.Overlapped")
    return block


@handles(CreateVSwitch)
@once
def create_vswitch(region: RegionState, account: AccountState, request: CreateVSwitch) -> Answer:
    """CreateVSwitch: in a VPC that is Available; Pending at first.

    Clauses: product/create-vswitch, product/vswitch-block, product/network-quotas, product/network-token.
    """
    vpc, zone = vpc_of(account, request.vpc_id), region.zone_number(request.zone_id)
    _check_vswitch_texts(region, request)
    tags = read_network_tags(region, request.tags)
    if not vpc.available:
        raise ApiError("IncorrectVpcStatus")
    block = _read_vswitch_block(vpc, request.cidr_block)
    if sum(not each.is_default for each in vpc.vswitches.values()) >= VSWITCHES_MOST:
        raise ApiError("QuotaExceeded.VSwitch")
    if request.ipv6_part is not None:
        _check_ipv6(region, account, vpc, request.ipv6_part)
    vswitch = VSwitch(
        region.world.resource_id("vsw"),
        vpc,
        zone,
        *block,
        region.clock.now,
        request.vswitch_name,
        request.description,
    )
    vswitch.tags, vswitch.ipv6 = tags, request.ipv6_part
    account.vswitches[vswitch.id] = vswitch
    _ready_later(region, vswitch)
    return {"VSwitchId": vswitch.id}


@handles(DescribeVSwitches)
def describe_vswitches(region: RegionState, account: AccountState, request: DescribeVSwitches) -> Answer:
    """DescribeVSwitches: oldest first, by each filter (product/describe-networks)."""
    r, tags = request, read_asked_tags(request.tags)
    found = [
        vswitch
        for vswitch in account.vswitches.values()
        if r.vpc_id in (None, vswitch.vpc.id)
        and r.vswitch_id in (None, vswitch.id)
        and r.vswitch_name in (None, vswitch.name)
        and r.zone_id in (None, region.zone_ids[vswitch.zone])
        and r.is_default in (None, vswitch.is_default)
        and r.resource_group_id in (None, group_of(region, account, vswitch.vpc))
        and r.route_table_id in (None, route_table_id(vswitch.vpc))
        and r.enable_ipv6 in (None, bool(vswitch_ipv6(region, account, vswitch)))
        and r.owner in (None, int(account.id))
        and has_tags(vswitch.tags, tags)
    ]
    return listing("VSwitches", "VSwitch", found, r, lambda each: show_vswitch(region, account, each))


@handles(DescribeVSwitchAttributes)
def describe_vswitch_attributes(
    region: RegionState, account: AccountState, request: DescribeVSwitchAttributes
) -> Answer:
    """DescribeVSwitchAttributes: what the listing has; nothing of one that there is not.

    Clauses: product/describe-networks, product/unknown-network.
    """
    vswitch = account.vswitches.get(request.vswitch_id)
    if vswitch is None:
        return nothing(request.answer, region.edition.date)
    return show_vswitch(region, account, vswitch)


@handles(ModifyVSwitchAttribute)
def modify_vswitch_attribute(region: RegionState, account: AccountState, request: ModifyVSwitchAttribute) -> Answer:
    """ModifyVSwitchAttribute: the name and the description (product/modify-network)."""
    vswitch = vswitch_of(account, request.vswitch_id)
    _check_vswitch_texts(region, request)
    part = request.ipv6_part
    if request.enable_ipv6 is not None or part is not None:
        _check_own_ipv6(vswitch, True)
        if request.enable_ipv6 is False:
            if _has_ipv6_addresses(account, vswitch):
                raise ApiError("DependencyViolation", "An IPv6 address of the vSwitch is in use.", 400)
            part = None
        else:
            part = part if part is not None else vswitch.ipv6 or 0
            _check_ipv6(region, account, vswitch.vpc, part, vswitch)
        vswitch.ipv6 = part
    if request.vswitch_name is not None:
        vswitch.name = request.vswitch_name
    if request.description is not None:
        vswitch.description = request.description
    return {}


def _has_ipv6_addresses(account: AccountState, vswitch: VSwitch) -> bool:
    """Whether an instance or a network interface has an IPv6 address of a vSwitch."""
    cards = account.part(Interfaces).values()
    inside = account.book.found(in_vswitch(account, vswitch.id))
    return any(each.options.ipv6 for each in inside) or any(each.ipv6 for each in cards if each.vswitch is vswitch)


def _is_used(account: AccountState, vswitch: VSwitch) -> bool:
    """Whether an instance or a network interface has an address of a vSwitch."""
    cards = account.part(Interfaces).values()
    return bool(in_vswitch(account, vswitch.id)) or any(each.vswitch is vswitch for each in cards)


@handles(DeleteVSwitch)
def delete_vswitch(region: RegionState, account: AccountState, request: DeleteVSwitch) -> Answer:
    """DeleteVSwitch: one that nothing has an address of; not those that are there from the start.

    Clause: product/delete-vswitch.
    """
    vswitch = vswitch_of(account, request.vswitch_id)
    _check_deletable(vswitch)
    if not vswitch.available:
        raise ApiError("IncorrectVSwitchStatus")
    if _is_used(account, vswitch):
        raise ApiError("DependencyViolation", "Specified object has dependent resources.", 400)
    check_dry_run(region, request.dry_run)
    del account.vswitches[vswitch.id], vswitch.vpc.vswitches[vswitch.id]
    return {}
