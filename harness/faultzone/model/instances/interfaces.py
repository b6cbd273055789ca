"""Network interfaces and IPv6 addresses of launches. Source: API reference 2026-10, RunInstances."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from faultzone.api.errors import ApiError
from faultzone.model.core.addresses import check_groups_of, find_vswitch, read_dotted, vswitches_of
from faultzone.model.core.cards import (
    AVAILABLE,
    IN_USE,
    Interface,
    Interfaces,
    Ipv6Blocks,
    card_id,
    card_of,
    check_card_texts,
    ipv6_of,
    network_of_type,
    read_ipv6,
)
from faultzone.model.core.filters import read_tag_list
from faultzone.model.core.options import OwnCard

if TYPE_CHECKING:
    from faultzone.api.ecs.launches import RunInstances
    from faultzone.api.ecs.templates import TemplateParameters
    from faultzone.model.core.addresses import VSwitch
    from faultzone.model.core.catalog import InstanceType
    from faultzone.model.core.options import Options
    from faultzone.model.core.state import AccountState, RegionState

#: The parameters of which one is in force, what each is called of the primary interface, and its attribute.
_TWINS: Final = {
    "VSwitchId": "vswitch_id",
    "SecurityGroupId": "security_group_id",
    "SecurityGroupIds": "security_group_ids",
    "PrimaryIpAddress": "private_ip_address",
    "QueueNumber": "queue_number",
    "Ipv6Address": "ipv6_addresses",
    "Ipv6AddressCount": "ipv6_count",
}
#: What only a primary interface has.
_OF_PRIMARY: Final = ("Ipv6Address", "Ipv6AddressCount")
#: What may be said of an interface that is there besides its id.
_OF_EXISTING: Final = frozenset({"NetworkInterfaceId", "InstanceType", "DeleteOnRelease"})


def _is_primary(card: Mapping[str, Any]) -> bool:
    return card.get("InstanceType") == "Primary"


def with_primary(request: RunInstances) -> RunInstances:
    """The request with what it says of its primary network interface in the place of the parameters of the same sense
    (instance/network-interfaces).

    Raises:
        ApiError: it says some of it twice, or lacks what a primary interface needs.
    """
    card = check_primary(request)
    if card is None:
        return request
    return request.replace(**{attribute: card[twin] for twin, attribute in _TWINS.items() if twin in card})


def check_primary(request: RunInstances | TemplateParameters) -> Mapping[str, Any] | None:
    """The primary network interface of a launch or of a template, None where it names none.

    Raises:
        ApiError: there are two, or the request says twice what it is, or lacks what it needs.
    """
    primary = [(number, each) for number, each in enumerate(request.network_interfaces, 1) if _is_primary(each)]
    if not primary:
        return None
    if len(primary) > 1:
        raise ApiError.of("InvalidParameter.Conflict", why="one network interface is primary")
    ((number, card),) = primary
    given, name = request.given, f"NetworkInterface.{number}"
    for twin, attribute in _TWINS.items():
        if attribute in given:
            why = f"{name} is primary: write {name}.{twin} for {_name_of(request, attribute)}"
            raise ApiError.of("InvalidParameter.Conflict", why=why)
    if "VSwitchId" not in card:
        raise ApiError.of("MissingParameter", name=f"{name}.VSwitchId")
    if not {"SecurityGroupId", "SecurityGroupIds"} & card.keys():
        raise ApiError.of("MissingParameter", name=f"{name}.SecurityGroupId")
    check_groups_once(card, name)
    return card


def check_groups_once(card: Mapping[str, Any], name: str) -> None:
    """Refuse a network interface that names its security groups in both ways."""
    if {"SecurityGroupId", "SecurityGroupIds"} <= card.keys():
        raise ApiError.of("InvalidParameter.Conflict", why=f"{name} names security groups once")


def _name_of(request: RunInstances | TemplateParameters, attribute: str) -> str:
    return next(each.name for each in request.parameters.values() if each.attribute == attribute)


def check(
    region: RegionState,
    account: AccountState,
    request: RunInstances,
    kind: InstanceType,
    zone: int | None,
    vswitch: VSwitch | None,
) -> tuple[int | None, tuple[VSwitch | None, ...]]:
    """The zone that network interfaces leave to a launch, and the vSwitch of each private address that an instance gets
    besides its primary one, None for that of the primary interface.

    Args:
        vswitch: that which the launch names.

    Clauses: instance/network-interfaces, instance/interface-launched, instance/ipv6-addresses.

    Raises:
        ApiError: an interface or an address cannot be.
    """
    taken: list[VSwitch | None] = []
    cards = 0
    network = network_of_type(kind)
    for number, card in enumerate(request.network_interfaces, 1):
        name = f"NetworkInterface.{number}"
        _check_alike(region, card, name, kind)
        more = card.get("SecondaryPrivateIpAddressCount", 0)
        if more >= network.addresses:
            raise ApiError.of("InvalidOperation.Ipv4CountExceeded", most=network.addresses)
        if _is_primary(card):
            taken += [None] * more
            continue
        cards += 1
        if "NetworkInterfaceId" in card:
            zone = _check_existing(account, request, card, zone, vswitch)
            continue
        zone, found = _check_card(account, request, name, card, zone, vswitch)
        taken += [found] * (1 + more)
    if cards and request.vswitch_id is None and not region.shape.default_network:
        raise ApiError.of("MissingParameter", name="VSwitchId")
    if cards >= network.cards:
        raise ApiError.of("InvalidOperation.EniCountExceeded", most=network.cards, kind=kind.name, asked=cards + 1)
    given = [card for card in request.network_interfaces if not _is_primary(card)]
    named = [each for card in given if (each := card.get("PrimaryIpAddress")) is not None]
    if len({*named, request.private_ip_address}) <= len(named):
        raise ApiError("InvalidPrivateIpAddress.Duplicated")
    ids = [each for card in given if (each := card.get("NetworkInterfaceId")) is not None]
    if len({*ids}) < len(ids):
        raise ApiError.of("InvalidParameter.Conflict", why="a network interface is named twice")
    _check_ipv6(region, account, request, network.addresses, zone, vswitch)
    return zone, tuple(taken)


def _check_alike(region: RegionState, card: Mapping[str, Any], name: str, kind: InstanceType) -> None:
    """Refuse what no interface of a launch can be."""
    check_card_texts(region, card.get("NetworkInterfaceName"), card.get("Description"), f"{name}.")
    queues = network_of_type(kind).queues
    if card.get("QueueNumber", 0) > queues and not _is_primary(card):
        raise ApiError.of("InvalidOperation.MaxEniQueueNumberExceeded", most=queues, kind=kind.name)
    check_groups_once(card, name)


def _check_existing(
    account: AccountState, request: RunInstances, card: Mapping[str, Any], zone: int | None, vswitch: VSwitch | None
) -> int:
    """Refuse an interface that is there and cannot be attached; the zone of its vSwitch."""
    if others := card.keys() - _OF_EXISTING:
        why = f"NetworkInterfaceId names an interface that is there, and excludes {', '.join(sorted(others))}"
        raise ApiError.of("InvalidParameter.Conflict", why=why)
    if request.amount > 1:
        raise ApiError.of("InvalidParameter.Conflict", why="a network interface is for one instance")
    found = card_of(account, card["NetworkInterfaceId"])
    if found.status != AVAILABLE:
        raise ApiError.of("InvalidOperation.InvalidEniState", status=found.status)
    if zone not in (None, found.vswitch.zone):
        raise ApiError("InvalidOperation.AvailabilityZoneMismatch")
    if found.vswitch.vpc is not (account.default_vpc if vswitch is None else vswitch.vpc):
        raise ApiError("InvalidOperation.VpcMismatch")
    return found.vswitch.zone


def _check_card(
    account: AccountState,
    request: RunInstances,
    name: str,
    card: Mapping[str, Any],
    zone: int | None,
    vswitch: VSwitch | None,
) -> tuple[int | None, VSwitch | None]:
    """Refuse a secondary interface that cannot be made; the zone that its vSwitch leaves, and the vSwitch that it
    names."""
    for field in _OF_PRIMARY:
        if field in card:
            raise ApiError.of("InvalidParameter", name=f"{name}.{field}", why="it is for a primary interface alone")
    check_groups_of(account, _security_groups(card), vswitch)
    if request.amount > 1 and request.private_ip_address is not None:
        why = "a batch with consecutive addresses has no secondary interfaces"
        raise ApiError.of("InvalidParameter.Conflict", why=why)
    own = None
    if "VSwitchId" in card:
        own = find_vswitch(account, card["VSwitchId"], zone, f" of {name}")
        if own.vpc is not (account.default_vpc if vswitch is None else vswitch.vpc):
            raise ApiError.of("InvalidParameter.NotMatch", why=f"the vSwitch of {name} is in another VPC")
        zone = own.zone
    if "PrimaryIpAddress" in card:
        places = vswitches_of(account, zone, own or vswitch)
        zone = _check_address(request, card["PrimaryIpAddress"], places)
    return zone, own


def _check_address(request: RunInstances, text: str, places: Sequence[VSwitch]) -> int:
    address = read_dotted(text)
    if address is None:
        raise ApiError("InvalidPrivateIpAddress.Malformed")
    if request.amount > 1:
        raise ApiError.of("InvalidParameter.Conflict", why="the address of a secondary interface is for one instance")
    for vswitch in places:
        if vswitch.addresses.has(address):
            if not vswitch.addresses.is_free(address):
                raise ApiError("InvalidPrivateIpAddress.Duplicated")
            return vswitch.zone
    raise ApiError("InvalidPrivateIpAddress")


def _check_ipv6(
    region: RegionState,
    account: AccountState,
    request: RunInstances,
    most: int,
    zone: int | None,
    vswitch: VSwitch | None,
) -> None:
    """Refuse IPv6 addresses that cannot be; those who make a VPC cannot give it any (instance/ipv6-addresses)."""
    addresses, count = request.ipv6_addresses, request.ipv6_count
    if not addresses and not count:
        return
    if addresses and request.amount > 1:
        raise ApiError.of("InvalidParameter.Conflict", why="IPv6 addresses are for one instance")
    inside = region.shape.default_network if vswitch is None else True
    if not inside or ipv6_of(region, account, vswitch or account.default_vswitches[0]) is None:
        raise ApiError("InvalidVSwitch.Ipv6NotTurnOn")
    if max(len(addresses), count or 0) > most:
        raise ApiError.of("InvalidOperation.Ipv6CountExceeded", most=most)
    read = [read_ipv6(each) for each in addresses]
    bases = [ipv6_of(region, account, each) or 0 for each in vswitches_of(account, zone, vswitch)]
    blocks = account.part(Ipv6Blocks)
    for text, address in zip(addresses, read, strict=True):
        if address is None:
            raise ApiError.of("InvalidParameter", name="Ipv6Address", why=f"{text} is no IPv6 address")
        if read.count(address) > 1 or not any(blocks.is_free(base, address) for base in bases):
            why = f"{text} is not a free address of the vSwitch"
            raise ApiError.of("InvalidParameter", name="Ipv6Address", why=why)


def zone_of_ipv6(region: RegionState, account: AccountState, request: RunInstances, zone: int | None) -> int | None:
    """The zone whose vSwitch has the IPv6 addresses that are named."""
    if not request.ipv6_addresses or request.vswitch_id is not None:
        return zone
    bases = {(ipv6_of(region, account, each) or 0) >> 64: each.zone for each in account.default_vswitches}
    found = {bases[(read_ipv6(each) or 0) >> 64] for each in request.ipv6_addresses}
    if len(found) > 1:
        raise ApiError.of("InvalidParameter.NotMatch", why="the IPv6 addresses are of several vSwitches")
    return found.pop()


def _security_groups(card: Mapping[str, Any]) -> tuple[str, ...]:
    return (card["SecurityGroupId"],) if "SecurityGroupId" in card else tuple(card.get("SecurityGroupIds", ()))


def _own(account: AccountState, asked: Mapping[str, Any], vswitch: VSwitch) -> VSwitch:
    """The vSwitch of a secondary interface: its own, or that of the primary one."""
    return account.vswitches[asked["VSwitchId"]] if "VSwitchId" in asked else vswitch


def reserve(account: AccountState, request: RunInstances, vswitch: VSwitch) -> None:
    """Take the addresses that secondary interfaces are to have by name, before any other is handed out."""
    for asked in request.network_interfaces:
        if not _is_primary(asked) and (address := read_dotted(asked.get("PrimaryIpAddress", ""))) is not None:
            _own(account, asked, vswitch).addresses.claim(address)


def give(
    region: RegionState,
    account: AccountState,
    request: RunInstances,
    vswitch: VSwitch,
    groups: tuple[str, ...],
    instance_id: str,
    of: Options,
) -> Options:
    """The options of one instance with its own interfaces and addresses, which are taken but for those reserved.

    Clauses: instance/network-interfaces, instance/interface-launched.
    """
    kept, cards, own = account.part(Interfaces), list[str](), OwnCard()
    for asked in request.network_interfaces:
        if _is_primary(asked):
            own = _own_card(asked, vswitch)
            continue
        card = kept.get(asked.get("NetworkInterfaceId", ""))
        if card is None:
            card = _make(region, account, asked, vswitch, groups, card_id(instance_id, len(cards) + 1), of)
            kept[card.id] = card
        card.delete_on_release = asked.get("DeleteOnRelease", card.delete_on_release)
        card.instance, card.status = instance_id, IN_USE
        cards.append(card.id)
    v6, base = account.part(Ipv6Blocks), ipv6_of(region, account, vswitch) or 0
    ipv6 = [each for text in request.ipv6_addresses if (each := read_ipv6(text)) is not None]
    for each in ipv6:
        v6.claim(each)
    ipv6 += [v6.allocate(base) for _ in range(request.ipv6_count or 0)]
    if own != OwnCard():
        of = of._replace(card=own)
    return of._replace(cards=tuple(cards), ipv6=tuple(ipv6))


def _own_card(asked: Mapping[str, Any], vswitch: VSwitch) -> OwnCard:
    """What a launch says of its primary interface besides what stands for parameters of the instance."""
    return OwnCard(
        asked.get("NetworkInterfaceName", ""),
        asked.get("Description", ""),
        tuple(vswitch.addresses.allocate() or 0 for _ in range(asked.get("SecondaryPrivateIpAddressCount", 0))),
        asked.get("SourceDestCheck", False),
    )


def _make(
    region: RegionState,
    account: AccountState,
    asked: Mapping[str, Any],
    vswitch: VSwitch,
    groups: tuple[str, ...],
    id: str,
    of: Options,
) -> Interface:
    """A secondary interface that a launch describes; it has the tags and the resource group of the launch."""
    own = _own(account, asked, vswitch)
    address = read_dotted(asked.get("PrimaryIpAddress", "")) or own.addresses.allocate() or 0
    card = Interface(id, own, address, region.clock.now, _security_groups(asked) or groups)
    card.name, card.description = asked.get("NetworkInterfaceName", ""), asked.get("Description", "")
    card.queue_number, card.source_dest_check = asked.get("QueueNumber", 0), asked.get("SourceDestCheck", False)
    more = range(asked.get("SecondaryPrivateIpAddressCount", 0))
    card.more = tuple(own.addresses.allocate() or 0 for _ in more)
    card.tags, card.group = read_tag_list(of.launch_tags), of.launch_group
    return card
