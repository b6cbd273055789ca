"""Network interfaces: making, attaching, detaching, changing and deleting them.

What takes the service a while takes as long as provisioning an instance. Source: API reference 2026-10, chapter
"Elastic network interfaces", and the error codes of the pages of 2021-02.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from faultzone.api.answer import CURRENT
from faultzone.api.ecs.interfaces import (
    ESTABLISHED,
    UDP,
    AttachNetworkInterface,
    CreateNetworkInterface,
    DeleteNetworkInterface,
    DetachNetworkInterface,
    ModifyNetworkInterfaceAttribute,
)
from faultzone.api.errors import ApiError
from faultzone.model.core import cards
from faultzone.model.core.addresses import check_security_groups, find_vswitch
from faultzone.model.core.cards import (
    ATTACHING,
    AVAILABLE,
    DELETING,
    DETACHING,
    IN_USE,
    IPV4_BLOCK,
    Interface,
    Interfaces,
    card_of,
    check_card_texts,
    network_of_type,
)
from faultzone.model.core.client_tokens import once
from faultzone.model.core.dispatch import Answer, handles
from faultzone.model.core.filters import read_tags
from faultzone.model.core.resource_groups import kept_group
from faultzone.model.core.state import RUNNING, STOPPED, AccountState, Instance, RegionState
from faultzone.model.core.tagging import Tagged, tags_of
from faultzone.model.resources.interface_addresses import (
    IPV6_MOST,
    MORE_MOST,
    choose_ipv4_prefixes,
    choose_ipv6_prefixes,
    read_ipv6_addresses,
    read_private_addresses,
    take_ipv6,
    take_prefixes,
    take_private,
)
from faultzone.model.resources.interface_listing import show_made

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from faultzone.model.core.addresses import VSwitch


def _later(region: RegionState, card: Interface, status: str, then: Callable[[], None]) -> None:
    """Put an interface into a state, and do what follows once it has been there for a while, unless its instance ends
    before."""
    card.status = status
    region.record("notice", what="network interface", interface=card.id, instance=card.instance, status=status)

    def arrived() -> None:
        then()
        said = "Deleted" if card.status == DELETING else card.status
        region.record("notice", what="network interface", interface=card.id, instance=card.instance, status=said)

    if region.provision:
        card.timer = region.clock.call_later(region.provision, arrived)
    else:
        arrived()


@handles(CreateNetworkInterface)
@once
def create_network_interface(region: RegionState, account: AccountState, request: CreateNetworkInterface) -> Answer:
    """CreateNetworkInterface: Available at once, in a vSwitch and in security groups of its VPC.

    Clauses: instance/interface-created, instance/interface-addresses, instance/interface-prefixes,
    instance/interface-texts.
    """
    r = request
    vswitch = find_vswitch(account, r.vswitch_id, None)
    groups = _read_groups(account, request, vswitch)
    check_card_texts(region, r.network_interface_name, r.description)
    group, tags = kept_group(region, account, r.resource_group_id), read_tags(region, r.tags)
    tracking = _read_tracking(r.tracking)
    named = () if r.primary_ip_address is None else (r.primary_ip_address,)
    primary = read_private_addresses(vswitch, named)
    more = read_private_addresses(vswitch, (*named, *r.private_ip_addresses))[len(named) :]
    if more and r.private_ip_count:
        raise ApiError.of("InvalidParameter.Conflict", why="write PrivateIpAddress or SecondaryPrivateIpAddressCount")
    ipv4_blocks = choose_ipv4_prefixes(vswitch, r.ipv4_prefixes, r.ipv4_prefix_count, (*primary, *more))
    secondary = len(more) + (r.private_ip_count or 0)
    if secondary + len(ipv4_blocks) > MORE_MOST:
        raise ApiError.of("InvalidOperation.Ipv4CountExceeded", most=1 + MORE_MOST)
    if vswitch.addresses.left < 1 + secondary + len(ipv4_blocks) * IPV4_BLOCK:
        raise ApiError("QuotaExceeded.PrivateIpAddress")
    ipv6 = read_ipv6_addresses(region, account, vswitch, r.ipv6_addresses, r.ipv6_count)
    ipv6_blocks = choose_ipv6_prefixes(region, account, vswitch, r.ipv6_prefixes, r.ipv6_prefix_count, ipv6)
    if len(ipv6) + (r.ipv6_count or 0) + len(ipv6_blocks) > IPV6_MOST:
        raise ApiError.of("InvalidOperation.Ipv6CountExceeded", most=IPV6_MOST)
    take_prefixes(account, vswitch, ipv4_blocks, ipv6_blocks)
    more = take_private(vswitch, more, None)
    (address,) = take_private(vswitch, primary, None if primary else 1)
    made = Interface(region.world.resource_id("eni"), vswitch, address, region.clock.now, groups)
    made.more = (*more, *take_private(vswitch, (), r.private_ip_count))
    made.ipv4_prefixes, made.ipv6_prefixes = ipv4_blocks, ipv6_blocks
    made.ipv6 = take_ipv6(region, account, vswitch, ipv6, r.ipv6_count)
    made.name, made.description = r.network_interface_name or "", r.description or ""
    made.queue_number = (r.traffic or {}).get("QueueNumber") or r.queue_number or 0
    made.delete_on_release, made.source_dest_check = r.delete_on_release, r.source_dest_check
    made.tracking, made.tags, made.group = tracking, tags, group
    account.part(Interfaces)[made.id] = made
    return show_made(region, account, made)


def _read_groups(account: AccountState, request: CreateNetworkInterface, vswitch: VSwitch) -> tuple[str, ...]:
    if request.security_group_id is not None and request.security_group_ids:
        raise ApiError.of("InvalidParameter.Conflict", why="write SecurityGroupId or SecurityGroupIds")
    groups = (request.security_group_id,) if request.security_group_id else request.security_group_ids
    if not groups:
        raise ApiError.of("MissingParameter", name="SecurityGroupId")
    check_security_groups(account, groups, vswitch.vpc)
    return groups


def _read_tracking(given: Mapping[str, int] | None) -> dict[str, int]:
    """How long connections are remembered.

    Raises:
        ApiError: a number is none that it may be.
    """
    for name, among in (("TcpEstablishedTimeout", ESTABLISHED), ("UdpTimeout", UDP)):
        if given and name in given and given[name] not in among:
            why = f"it must be one of {', '.join(map(str, among))}"
            raise ApiError.of("InvalidParameter", name=f"ConnectionTrackingConfiguration.{name}", why=why)
    return dict(given or {})


def _instance(account: AccountState, instance_id: str) -> Instance:
    """The instance to or from which an interface goes.

    Raises:
        ApiError: there is none, or it is neither Running nor Stopped.
    """
    instance = account.instance(instance_id)
    if instance.status not in (RUNNING, STOPPED):
        raise ApiError("InvalidOperation.InvalidEcsState")
    return instance


@handles(AttachNetworkInterface)
def attach_network_interface(region: RegionState, account: AccountState, request: AttachNetworkInterface) -> Answer:
    """AttachNetworkInterface: Attaching, then InUse, in the zone and the VPC of the instance, as many as its type may
    have.

    Clauses: instance/interface-attached, instance/interface-elsewhere, instance/interface-limits.
    """
    card = card_of(account, request.network_interface_id)
    if card.is_primary:
        raise ApiError("InvalidOperation.InvalidEniType")
    instance = _instance(account, request.instance_id)
    if card.status != AVAILABLE:
        raise ApiError.of("InvalidOperation.InvalidEniState", status=card.status)
    if not instance.in_vpc or card.vswitch.vpc is not instance.vswitch.vpc:
        raise ApiError("InvalidOperation.VpcMismatch")
    if card.vswitch.zone != instance.zone:
        raise ApiError("InvalidOperation.AvailabilityZoneMismatch")
    _check_limits(instance, card)
    cards.attach(region, card, instance, ATTACHING)

    def arrived() -> None:
        card.status = IN_USE

    _later(region, card, ATTACHING, arrived)
    return {}


def _check_limits(instance: Instance, card: Interface) -> None:
    """Refuse one interface more, or more addresses or queues of it, than a type may have
    (instance/interface-limits)."""
    network, kind = network_of_type(instance.kind), instance.kind.name
    if 2 + len(instance.options.cards) > network.cards:
        raise ApiError.of("EniPerInstanceLimitExceeded", most=network.cards, kind=kind)
    if 1 + len(card.more) + len(card.ipv4_prefixes) > network.addresses:
        raise ApiError.of("InvalidOperation.Ipv4CountExceeded", most=network.addresses)
    if len(card.ipv6) + len(card.ipv6_prefixes) > network.addresses:
        raise ApiError.of("InvalidOperation.Ipv6CountExceeded", most=network.addresses)
    if card.queue_number > network.queues:
        raise ApiError.of("InvalidOperation.MaxEniQueueNumberExceeded", most=network.queues, kind=kind)


@handles(DetachNetworkInterface)
def detach_network_interface(region: RegionState, account: AccountState, request: DetachNetworkInterface) -> Answer:
    """DetachNetworkInterface: Detaching, then Available; not a primary one (instance/interface-detached)."""
    card = card_of(account, request.network_interface_id)
    if card.is_primary:
        raise ApiError("InvalidOperation.DetachPrimaryEniNotAllowed")
    instance = _instance(account, request.instance_id)
    if card.status not in (IN_USE, DETACHING):
        raise ApiError.of("InvalidOperation.InvalidEniState", status=card.status)
    if card.instance != instance.id:
        raise ApiError.of("InvalidParameter", name="InstanceId", why="the network interface is another instance's")
    if card.status == IN_USE:
        _later(region, card, DETACHING, lambda: cards.detach(region, account, card))
    return {}


@handles(DeleteNetworkInterface)
def delete_network_interface(region: RegionState, account: AccountState, request: DeleteNetworkInterface) -> Answer:
    """DeleteNetworkInterface: one that no instance has; Deleting, then gone (instance/interface-deleted)."""
    card = card_of(account, request.network_interface_id)
    if card.status not in (AVAILABLE, DELETING):
        raise ApiError.of("InvalidOperation.InvalidEniState", status=card.status)
    if card.status == AVAILABLE:
        _later(region, card, DELETING, lambda: cards.drop(account, card))
    return {}


@handles(ModifyNetworkInterfaceAttribute)
def modify_network_interface_attribute(
    region: RegionState, account: AccountState, request: ModifyNetworkInterfaceAttribute
) -> Answer:
    """ModifyNetworkInterfaceAttribute: what is not given stays (instance/interface-changed)."""
    r, card = request, card_of(account, request.network_interface_id)
    if card.is_primary and (r.security_group_ids or r.delete_on_release is False):
        raise ApiError("InvalidOperation.InvalidEniType")
    check_card_texts(region, r.network_interface_name, r.description)
    if r.network_interface_name is not None and not r.network_interface_name[0].isalpha():
        raise ApiError.of("InvalidParameter", name="NetworkInterfaceName", why="begin it with a letter")
    check_security_groups(account, r.security_group_ids, card.vswitch.vpc)
    queues = (r.traffic or {}).get("QueueNumber") or r.queue_number
    if queues is not None:
        _check_queues(account, card, queues)
    asked: dict[str, Any] = {
        "name": r.network_interface_name,
        "description": r.description,
        "security_groups": r.security_group_ids or None,
        "queue_number": queues,
        "source_dest_check": r.source_dest_check,
        "tracking": {**card.tracking, **_read_tracking(r.tracking)} if r.tracking else None,
    }
    if not card.is_primary:
        asked["delete_on_release"] = r.delete_on_release
    changes = {name: value for name, value in asked.items() if value is not None}
    if changes:
        cards.change(region, account, card, **changes)
    return {}


def _check_queues(account: AccountState, card: Interface, queues: int) -> None:
    """Refuse a number of queues of an interface that is attached to an instance that is not Stopped, or whose type does
    not have so many."""
    if card.instance is None:
        return
    instance = account.instances[card.instance]
    if card.status != IN_USE:
        raise ApiError.of("InvalidOperation.InvalidEniState", status=card.status)
    if instance.status != STOPPED:
        raise ApiError("InvalidOperation.InvalidEcsState")
    most = network_of_type(instance.kind).queues
    if queues > most:
        raise ApiError.of("InvalidOperation.MaxEniQueueNumberExceeded", most=most, kind=instance.kind.name)


def _retag(region: RegionState, account: AccountState, card: Interface, tags: dict[str, str]) -> None:
    cards.change(region, account, card, tags=tags)


#: Network interfaces among what has tags (instance/interface-tags).
TAGGED: Final = {"eni": Tagged(cards.AllCards, tags_of, _retag, CURRENT)}
