"""Network interfaces as the Describe actions tell of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from faultzone.api.answer import CURRENT
from faultzone.api.ecs.interfaces import CLOSED, DescribeNetworkInterfaceAttribute, DescribeNetworkInterfaces
from faultzone.clock import stamp
from faultzone.model.core import cards
from faultzone.model.core.addresses import dotted, read_dotted
from faultzone.model.core.cards import Interface, Interfaces, card_of, network_of_type, primary_of, read_ipv6
from faultzone.model.core.dispatch import Answer, handles
from faultzone.model.core.eips import eip_of
from faultzone.model.core.fields import addressed, in_vpc, in_vswitch, rows_of_ids, tagged, where_terms, with_ipv6
from faultzone.model.core.filters import has_tags, read_asked_tags, tag_list
from faultzone.model.core.index import NONE
from faultzone.model.core.listing import listing, token_of
from faultzone.model.core.state import AccountState, Instance, RegionState
from faultzone.model.resources.describe import MOST_BY_TOKEN

_NOWHERE = {"AllocationId": "", "PublicIpAddress": ""}


@handles(DescribeNetworkInterfaces)
def describe_network_interfaces(
    region: RegionState, account: AccountState, request: DescribeNetworkInterfaces
) -> Answer:
    """DescribeNetworkInterfaces: those of each instance in the VPC, with the tags of its launch, and those that are
    kept by themselves; there are none that another product manages.

    Clauses: instance/network-interfaces, instance/interface-created, instance/list-interfaces.
    """
    tags, token = read_asked_tags(request.tags), token_of(request, most=MOST_BY_TOKEN)

    def show_one(card: Interface) -> dict[str, Any]:
        return show(region, account, card)

    if account.part(Interfaces) or account.book.rows("cards", True):
        conditions = [*_wanted(request)]
        found = [
            each
            for each in _candidates(account, request)
            if all(is_so(each) for is_so in conditions) and has_tags(each.tags, tags)
        ]
        return listing(
            "NetworkInterfaceSets",
            "NetworkInterfaceSet",
            found,
            request,
            show_one,
            latest_first=True,
            token=token,
        )
    rows = account.book.found(*_conditions(account, request), *tagged(account.book, "launch tag", tags))

    def show_primary(instance: Instance) -> dict[str, Any]:
        return show_one(primary_of(instance))

    return listing(
        "NetworkInterfaceSets", "NetworkInterfaceSet", rows, request, show_primary, latest_first=True, token=token
    )


@handles(DescribeNetworkInterfaceAttribute)
def describe_network_interface_attribute(
    region: RegionState, account: AccountState, request: DescribeNetworkInterfaceAttribute
) -> Answer:
    """DescribeNetworkInterfaceAttribute: what the listing has, and more of one (instance/interface-attribute)."""
    card = card_of(account, request.network_interface_id)
    shown = show(region, account, card)
    traffic = {name: shown[name] for name in ("NetworkInterfaceTrafficMode", "QueueNumber") if name in shown}
    shown["NetworkInterfaceTrafficConfig"] = traffic
    if request.attribute == "connectionTrackingConfiguration":
        usual = {"TcpClosedAndTimeWaitTimeout": CLOSED[0], "TcpEstablishedTimeout": 910, "UdpTimeout": 30}
        shown["ConnectionTrackingConfiguration"] = {**usual, **card.tracking}
    return shown


def _candidates(account: AccountState, request: DescribeNetworkInterfaces) -> Iterable[Interface]:
    """The network interfaces that a request may be about, oldest first."""
    if request.network_interface_ids:
        found = [cards.find_card(account, each) for each in dict.fromkeys(request.network_interface_ids)]
        return sorted((each for each in found if each is not None), key=_age)
    book, where = account.book, where_terms(account.book, in_vpc=True)
    if request.instance_id is not None:
        where.append(rows_of_ids(account, [request.instance_id]))
    primary = [] if request.type == "Secondary" else map(primary_of, book.found(*where))
    return sorted([*primary, *account.part(Interfaces).values()], key=_age)


def _age(card: Interface) -> int:
    return card.created


def _wanted(request: DescribeNetworkInterfaces) -> Iterator[Callable[[Interface], object]]:
    """The conditions of a request but ids and tags."""
    r = request
    ipv6 = {read_ipv6(each) for each in r.ipv6_addresses}
    private = {read_dotted(each) for each in r.private_ip_addresses}
    plain: tuple[tuple[object, Callable[[Interface], object]], ...] = (
        (r.network_interface_name or None, lambda card: card.name),
        (r.type, lambda card: card.kind),
        (r.instance_id, lambda card: card.instance),
        (r.vswitch_id, lambda card: card.vswitch.id),
        (r.vpc_id, lambda card: card.vswitch.vpc.id),
        (r.primary_ip_address, lambda card: dotted(card.private_ip)),
        (r.resource_group_id or None, lambda card: card.group),
        (r.status, lambda card: card.status),
    )
    for value, read in plain:
        if value is not None:
            yield _is(value, read)
    if r.security_group_id is not None:
        yield lambda card: r.security_group_id in card.security_groups
    if private:
        yield lambda card: not private.isdisjoint((card.private_ip, *card.more))
    if ipv6:
        yield lambda card: not ipv6.isdisjoint(card.ipv6)
    if r.service_managed:
        yield lambda card: False


def _is(value: object, read: Callable[[Interface], object]) -> Callable[[Interface], bool]:
    return lambda card: read(card) == value


def _conditions(account: AccountState, request: DescribeNetworkInterfaces) -> Iterator[Mapping[int, int]]:
    """The instances whose network interface meets each condition of the request but tags, by their rows, where none has
    more than the usual one."""
    r, book = request, account.book
    yield from where_terms(book, in_vpc=True)
    if r.network_interface_ids:
        yield rows_of_ids(account, [f"i-{each[4:]}" for each in r.network_interface_ids if each.startswith("eni-")])
    if r.instance_id is not None:
        yield rows_of_ids(account, [r.instance_id])
    if r.vswitch_id is not None:
        yield in_vswitch(account, r.vswitch_id)
    if r.primary_ip_address is not None:
        yield addressed(book, "private address", [r.primary_ip_address])
    if r.private_ip_addresses:
        yield addressed(book, "private address", r.private_ip_addresses)
    if r.security_group_id is not None:
        yield book.rows("security group", r.security_group_id)
    if r.ipv6_addresses:
        yield with_ipv6(book, r.ipv6_addresses)
    if r.resource_group_id:
        yield book.rows("card group", r.resource_group_id)
    if r.vpc_id is not None:
        yield in_vpc(account, r.vpc_id)
    unlike_all = (
        r.type == "Secondary",
        r.service_managed,
        r.network_interface_name not in (None, ""),
        r.status not in (None, "InUse"),
    )
    if any(unlike_all):
        yield NONE


def show_made(region: RegionState, account: AccountState, card: Interface) -> dict[str, Any]:
    """A network interface as the answer to its creation has it."""
    shown: dict[str, Any] = {
        "NetworkInterfaceId": card.id,
        "NetworkInterfaceName": card.name,
        "Description": card.description,
        "Type": card.kind,
        "Status": card.status,
        "ZoneId": region.zone_ids[card.vswitch.zone],
        "VpcId": card.vswitch.vpc.id,
        "VSwitchId": card.vswitch.id,
        "PrivateIpAddress": dotted(card.private_ip),
        "PrivateIpSets": cards.private_ip_sets(card),
        "Ipv6Sets": cards.ipv6_sets(card),
        "MacAddress": card.mac,
        "SecurityGroupIds": {"SecurityGroupId": list(card.security_groups)},
        "ResourceGroupId": card.group,
        "Tags": {"Tag": tag_list(card.tags)},
    }
    if region.edition.has(CURRENT):
        shown |= {"OwnerId": account.id, "SourceDestCheck": card.source_dest_check, **cards.prefix_sets(card)}
    else:
        shown["Ipv6Sets"] = {"Ipv6Set": []}
    return shown


def _associated(account: AccountState, card: Interface) -> dict[str, str]:
    """The elastic address of an instance, which is that of its primary private address (product/associate-eip)."""
    eip = eip_of(account, account.instances[str(card.instance)]) if card.is_primary else None
    return _NOWHERE if eip is None else {"AllocationId": eip.id, "PublicIpAddress": dotted(eip.address)}


def show(region: RegionState, account: AccountState, card: Interface) -> dict[str, Any]:
    """A network interface as the listing has it."""
    shown, associated = show_made(region, account, card), _associated(account, card)
    addresses = cards.private_ip_sets(card, AssociatedPublicIp=_NOWHERE)
    addresses["PrivateIpSet"][0]["AssociatedPublicIp"] = associated
    shown |= {
        "InstanceId": card.instance or "",
        "PrivateIpSets": addresses,
        "AssociatedPublicIp": associated,
        "CreationTime": stamp(card.created),
    }
    if region.edition.has(CURRENT):
        shown |= {
            "Attachment": {"InstanceId": card.instance or ""},
            "DeleteOnRelease": card.delete_on_release,
            "NetworkInterfaceTrafficMode": "Standard",
        }
        queues = card.queue_number
        if not queues and card.instance is not None:
            queues = network_of_type(account.instances[card.instance].kind).queues
        if queues:
            shown["QueueNumber"] = queues
    return shown
