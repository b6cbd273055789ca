"""The actions of network interfaces.

Source: API reference of February 2019 and of October 2026, chapter "Elastic network interfaces".
"""

from __future__ import annotations

from typing import Any, Final

from faultzone.api.answer import (
    CURRENT,
    PAGES_OR_TOKENS,
    Answer,
    Number,
    Structure,
    Text,
    Time,
    Truth,
    items,
    tag_items,
)
from faultzone.api.ecs.reasons import (
    CANNOT_BE_USED,
    NO_LIMITED_CARDS,
    NO_MANAGED_CARDS,
    NO_PRIMARY_IPV6,
    NO_PRIVATE_NAMES,
    NO_RDMA,
    NO_TRUNKS,
    NOT_USED_ANY_MORE,
    ONE_CARD,
)
from faultzone.api.ecs.resources import PagedByToken, Read
from faultzone.api.ecs.shared import TAG
from faultzone.api.request import Request, flag, integer, not_simulated, structure, structures, text, texts

#: How long connections are remembered, in seconds: the field, and what it may be.
ESTABLISHED: Final = (30, 60, 80, 100, 200, 300, 500, 700, 910)
UDP: Final = (10, 20, 30, 60, 80, 100)
CLOSED: Final = (3, 15)

_ASSOCIATED: Final = Structure("AssociatedPublicIp", Text("AllocationId", "PublicIpAddress"))
_IPV6: Final = items(
    "Ipv6Sets",
    "Ipv6Set",
    Text("Ipv6Address", since=CURRENT),
    Truth("Primary", since=CURRENT, empty=NO_PRIMARY_IPV6),
)
_PREFIXES: Final = (
    items("Ipv4PrefixSets", "Ipv4PrefixSet", Text("Ipv4Prefix"), since=CURRENT),
    items("Ipv6PrefixSets", "Ipv6PrefixSet", Text("Ipv6Prefix"), since=CURRENT),
)
#: What each answer of one has.
_ALIKE: Final = (
    Text("NetworkInterfaceId", "Type", "Status", "ZoneId", "VpcId", "VSwitchId"),
    Text("PrivateIpAddress", "MacAddress"),
    Text("NetworkInterfaceName", "Description"),
    Text("ResourceGroupId"),
    items("SecurityGroupIds", "SecurityGroupId"),
    tag_items(),
    _IPV6,
    *_PREFIXES,
    Text("OwnerId", since=CURRENT),
    Number("ServiceID", since=CURRENT, empty=NO_MANAGED_CARDS),
    Truth("ServiceManaged", since=CURRENT, empty=NO_MANAGED_CARDS),
    Truth("SourceDestCheck", since=CURRENT),
)
#: What is shown of one that is there.
_SHOWN: Final = (
    *_ALIKE,
    Text("InstanceId"),
    Time("CreationTime"),
    _ASSOCIATED,
    Truth("DeleteOnRelease", since=CURRENT),
    Text("NetworkInterfaceTrafficMode", since=CURRENT),
    Number("QueueNumber", since=CURRENT, when="it is attached, or somebody said it"),
    Number("QueuePairNumber", since=CURRENT, empty=NO_RDMA),
)
_ATTACHMENT: Final = (
    Text("InstanceId"),
    Number("DeviceIndex", "NetworkCardIndex", empty=ONE_CARD),
    Text("TrunkNetworkInterfaceId", empty=NO_TRUNKS),
)


class DescribeNetworkInterfaces(PagedByToken):
    """List network interfaces."""

    network_interface_ids: tuple[str, ...] = texts("NetworkInterfaceId", most=100)
    network_interface_name: str | None = text("NetworkInterfaceName")
    type: str | None = text("Type", among=("Primary", "Secondary"))
    instance_id: str | None = text("InstanceId")
    vswitch_id: str | None = text("VSwitchId")
    primary_ip_address: str | None = text("PrimaryIpAddress")
    security_group_id: str | None = text("SecurityGroupId")
    tags: tuple[dict[str, Any], ...] = structures("Tag", *TAG, most=20, too_many="InvalidTagCount")
    resource_group_id: str | None = text("ResourceGroupId", since=(2019, 9))
    vpc_id: str | None = text("VpcId", since=(2019, 9))
    status: str | None = text(
        "Status", among=("Available", "Attaching", "InUse", "Detaching", "Deleting"), since=(2020, 12)
    )
    private_ip_addresses: tuple[str, ...] = texts("PrivateIpAddress", most=100, since=(2020, 12))
    service_managed: bool | None = flag("ServiceManaged", None, since=(2020, 12))
    ipv6_addresses: tuple[str, ...] = texts("Ipv6Address", most=100, since=CURRENT)

    answer = Answer(
        *PAGES_OR_TOKENS,
        items(
            "NetworkInterfaceSets",
            "NetworkInterfaceSet",
            *_SHOWN,
            items(
                "PrivateIpSets",
                "PrivateIpSet",
                Text("PrivateIpAddress"),
                Truth("Primary"),
                _ASSOCIATED,
                Text("PrivateDnsName", since=CURRENT, empty=NO_PRIVATE_NAMES),
            ),
            Structure("Attachment", *_ATTACHMENT, since=CURRENT),
        ),
    )


class DescribeNetworkInterfaceAttribute(Read):
    """Show one network interface."""

    since = CURRENT
    needs_region = True

    network_interface_id: str = text("NetworkInterfaceId", required=True)
    attribute: str | None = text("Attribute", among=("attachment", "connectionTrackingConfiguration"))

    not_simulated = ((CANNOT_BE_USED, "Tag"),)

    answer = Answer(
        *_SHOWN,
        items("PrivateIpSets", "PrivateIpSet", Text("PrivateIpAddress"), Truth("Primary"), _ASSOCIATED),
        Structure(
            "Attachment",
            *_ATTACHMENT,
            items("MemberNetworkInterfaceIds", "MemberNetworkInterfaceId", empty=NO_TRUNKS),
        ),
        Structure(
            "ConnectionTrackingConfiguration",
            Number("TcpClosedAndTimeWaitTimeout", "TcpEstablishedTimeout", "UdpTimeout"),
            when="Attribute is connectionTrackingConfiguration",
        ),
        Structure(
            "NetworkInterfaceTrafficConfig",
            Text("NetworkInterfaceTrafficMode"),
            Number("QueueNumber", when="it is attached, or somebody said it"),
            Number("QueuePairNumber", empty=NO_RDMA),
        ),
        Structure(
            "EnhancedNetwork",
            Truth("EnableExpress", "EnableRss", "EnableSriov"),
            Number("VirtualFunctionQuantity", "VirtualFunctionTotalQueueNumber"),
            missing=CANNOT_BE_USED,
        ),
        Structure(
            "BondInterfaceSpecification",
            Text("BondMode"),
            items(
                "SlaveInterfaceSpecification",
                "SlaveInterfaceSpecificationSet",
                Text("BondNetworkInterfaceId", "SlaveNetworkInterfaceId", "WorkState"),
            ),
            missing=CANNOT_BE_USED,
        ),
        Structure(
            "SlaveInterfaceSpecification",
            Text("BondNetworkInterfaceId", "SlaveNetworkInterfaceId", "WorkState"),
            missing=CANNOT_BE_USED,
        ),
        Structure(
            "QoSConfig",
            Truth("EnableQoS"),
            Structure("QoS", Number("BandwidthRx", "BandwidthTx", "ConcurrentConnections", "PpsRx", "PpsTx")),
            missing=NO_LIMITED_CARDS,
        ),
        Text("TcpOptionAddressEnabled", missing=CANNOT_BE_USED),
    )


def _tracking() -> Any:
    """How long connections are remembered."""
    return structure(
        "ConnectionTrackingConfiguration",
        integer("TcpClosedAndTimeWaitTimeout", least=CLOSED[0], most=CLOSED[1]),
        integer("TcpEstablishedTimeout"),
        integer("UdpTimeout"),
    )


def _traffic() -> Any:
    """How an interface carries traffic."""
    return structure(
        "NetworkInterfaceTrafficConfig",
        integer("QueueNumber", least=1, most=2048),
        not_simulated("NetworkInterfaceTrafficMode=Standard", NO_RDMA),
        not_simulated("QueuePairNumber", NO_RDMA),
        not_simulated("RxQueueSize", CANNOT_BE_USED),
        not_simulated("TxQueueSize", CANNOT_BE_USED),
    )


class _OfInterface(Request):
    """What several of the actions have in common."""

    since = CURRENT
    needs_region = True


class CreateNetworkInterface(_OfInterface):
    """Make a network interface that no instance has yet."""

    vswitch_id: str = text("VSwitchId", required=True)
    security_group_id: str | None = text("SecurityGroupId")
    security_group_ids: tuple[str, ...] = texts("SecurityGroupIds", most=16)
    primary_ip_address: str | None = text("PrimaryIpAddress")
    private_ip_addresses: tuple[str, ...] = texts("PrivateIpAddress", most=49)
    private_ip_count: int | None = integer("SecondaryPrivateIpAddressCount", least=1, most=49)
    ipv6_addresses: tuple[str, ...] = texts("Ipv6Address", most=10)
    ipv6_count: int | None = integer("Ipv6AddressCount", least=1, most=10)
    ipv4_prefixes: tuple[str, ...] = texts("Ipv4Prefix", most=10)
    ipv4_prefix_count: int | None = integer("Ipv4PrefixCount", least=1, most=10)
    ipv6_prefixes: tuple[str, ...] = texts("Ipv6Prefix", most=10)
    ipv6_prefix_count: int | None = integer("Ipv6PrefixCount", least=1, most=10)
    network_interface_name: str | None = text("NetworkInterfaceName")
    description: str | None = text("Description")
    queue_number: int | None = integer("QueueNumber", least=1, most=2048)
    traffic: dict[str, Any] | None = _traffic()
    tracking: dict[str, Any] | None = _tracking()
    delete_on_release: bool = flag("DeleteOnRelease", True)
    source_dest_check: bool = flag("SourceDestCheck")
    resource_group_id: str | None = text("ResourceGroupId")
    tags: tuple[dict[str, Any], ...] = structures("Tag", *TAG, most=20, too_many="InvalidTagCount")
    business_type: str | None = text("BusinessType", inert=CURRENT, why=NOT_USED_ANY_MORE)
    visible: bool | None = flag("Visible", None, inert=CURRENT, why=NOT_USED_ANY_MORE)
    client_token: str | None = text("ClientToken")

    not_simulated = (
        (NO_TRUNKS, "InstanceType=Secondary"),
        (NO_RDMA, "NetworkInterfaceTrafficMode=Standard QueuePairNumber"),
        (NO_PRIMARY_IPV6, "EnablePrimaryIPv6=false"),
        (CANNOT_BE_USED, "EnhancedNetwork RxQueueSize TxQueueSize"),
    )

    answer = Answer(*_ALIKE, items("PrivateIpSets", "PrivateIpSet", Text("PrivateIpAddress"), Truth("Primary")))


class AttachNetworkInterface(_OfInterface):
    """Attach a network interface to an instance."""

    instance_id: str = text("InstanceId", required=True)
    network_interface_id: str = text("NetworkInterfaceId", required=True)
    waits: bool | None = flag("WaitForNetworkConfigurationReady", None, inert=CURRENT, why=NOT_USED_ANY_MORE)

    not_simulated = ((ONE_CARD, "NetworkCardIndex=0"), (CANNOT_BE_USED, "TrunkNetworkInstanceId"))


class DetachNetworkInterface(_OfInterface):
    """Detach a secondary network interface from its instance."""

    instance_id: str = text("InstanceId", required=True)
    network_interface_id: str = text("NetworkInterfaceId", required=True)

    not_simulated = ((CANNOT_BE_USED, "TrunkNetworkInstanceId"),)


class DeleteNetworkInterface(_OfInterface):
    """Delete a network interface that no instance has."""

    network_interface_id: str = text("NetworkInterfaceId", required=True)


class ModifyNetworkInterfaceAttribute(_OfInterface):
    """Change the attributes of a network interface."""

    network_interface_id: str = text("NetworkInterfaceId", required=True)
    network_interface_name: str | None = text("NetworkInterfaceName")
    description: str | None = text("Description")
    security_group_ids: tuple[str, ...] = texts("SecurityGroupId", most=16)
    queue_number: int | None = integer("QueueNumber", least=1, most=2048)
    traffic: dict[str, Any] | None = _traffic()
    tracking: dict[str, Any] | None = _tracking()
    delete_on_release: bool | None = flag("DeleteOnRelease", None)
    source_dest_check: bool | None = flag("SourceDestCheck", None)

    not_simulated = (
        (NO_PRIMARY_IPV6, "EnablePrimaryIPv6=false"),
        (CANNOT_BE_USED, "EnhancedNetwork RxQueueSize TxQueueSize"),
    )


class AssignPrivateIpAddresses(_OfInterface):
    """Give a network interface secondary private addresses."""

    network_interface_id: str = text("NetworkInterfaceId", required=True)
    addresses: tuple[str, ...] = texts("PrivateIpAddress", most=49)
    count: int | None = integer("SecondaryPrivateIpAddressCount", least=1, most=49)
    ipv4_prefixes: tuple[str, ...] = texts("Ipv4Prefix", most=10)
    ipv4_prefix_count: int | None = integer("Ipv4PrefixCount", least=1, most=10)
    client_token: str | None = text("ClientToken")

    answer = Answer(
        Structure(
            "AssignedPrivateIpAddressesSet",
            Text("NetworkInterfaceId"),
            items("PrivateIpSet", "PrivateIpAddress"),
            items("Ipv4PrefixSet", "Ipv4Prefixes"),
        )
    )


class UnassignPrivateIpAddresses(_OfInterface):
    """Take secondary private addresses from a network interface."""

    network_interface_id: str = text("NetworkInterfaceId", required=True)
    addresses: tuple[str, ...] = texts("PrivateIpAddress", most=49)
    ipv4_prefixes: tuple[str, ...] = texts("Ipv4Prefix", most=10)


class AssignIpv6Addresses(_OfInterface):
    """Give a network interface IPv6 addresses."""

    network_interface_id: str = text("NetworkInterfaceId", required=True)
    addresses: tuple[str, ...] = texts("Ipv6Address", most=10)
    count: int | None = integer("Ipv6AddressCount", least=1, most=10)
    ipv6_prefixes: tuple[str, ...] = texts("Ipv6Prefix", most=10)
    ipv6_prefix_count: int | None = integer("Ipv6PrefixCount", least=1, most=10)
    client_token: str | None = text("ClientToken")

    answer = Answer(
        Text("NetworkInterfaceId"),
        items("Ipv6Sets", "Ipv6Address"),
        items("Ipv6PrefixSets", "Ipv6Prefix"),
    )


class UnassignIpv6Addresses(_OfInterface):
    """Take IPv6 addresses from a network interface."""

    network_interface_id: str = text("NetworkInterfaceId", required=True)
    addresses: tuple[str, ...] = texts("Ipv6Address", most=10)
    ipv6_prefixes: tuple[str, ...] = texts("Ipv6Prefix", most=10)
