"""The actions of the rules of security groups.

Source: API reference of February 2019, chapter "Security groups"; of October 2026, the same actions.
"""

from __future__ import annotations

from typing import Any, Final

from faultzone.api.answer import CURRENT, Answer, Text, items
from faultzone.api.ecs.resources import Read
from faultzone.api.request import Request, not_simulated, structures, text, texts

_LATER: Final = (2020, 12)
_NIC_TYPES: Final = ("internet", "intranet")
_NO_LISTS: Final = "there are no lists of addresses or ports here"
#: How many rules one call names.
_PERMISSIONS_MOST: Final = 100
_NIC: Final = "InvalidNicType.ValueNotSupported"


def _permissions(side: str) -> Any:
    """The rules that a call names, each with all that it has; `side` says where its peer is: `Source` or `Dest`."""
    return structures(
        "Permissions",
        text("IpProtocol"),
        text("PortRange"),
        text("SourcePortRange"),
        text("NicType", among=_NIC_TYPES, code=_NIC),
        text("Policy"),
        text("Priority"),
        text("SourceCidrIp"),
        text("DestCidrIp"),
        text("Ipv6SourceCidrIp"),
        text("Ipv6DestCidrIp"),
        text(f"{side}GroupId"),
        text(f"{side}GroupOwnerAccount"),
        text(f"{side}GroupOwnerId"),
        text("Description"),
        not_simulated(f"{side}PrefixListId", _NO_LISTS),
        not_simulated("PortRangeListId", _NO_LISTS),
        most=_PERMISSIONS_MOST,
        since=CURRENT,
    )


class OneRule(Request):
    """What all actions on rules take of one, but its peer."""

    needs_region = True

    security_group_id: str = text("SecurityGroupId", required=True)
    ip_protocol: str | None = text("IpProtocol")
    port_range: str | None = text("PortRange")
    source_port_range: str | None = text("SourcePortRange")
    nic_type: str | None = text("NicType", among=_NIC_TYPES, code=_NIC)
    policy: str | None = text("Policy")
    priority: str | None = text("Priority")
    source_cidr_ip: str | None = text("SourceCidrIp")
    dest_cidr_ip: str | None = text("DestCidrIp")
    ipv6_source_cidr_ip: str | None = text("Ipv6SourceCidrIp")
    ipv6_dest_cidr_ip: str | None = text("Ipv6DestCidrIp")
    rule_description: str | None = text("Description")
    client_token: str | None = text("ClientToken", since=_LATER)


class Inbound(OneRule):
    """A rule for what comes in: its peer is the source."""

    peer_group_id: str | None = text("SourceGroupId")
    peer_account: str | None = text("SourceGroupOwnerAccount")
    peer_owner_id: str | None = text("SourceGroupOwnerId")

    not_simulated = ((_NO_LISTS, "SourcePrefixListId"),)


class Outbound(OneRule):
    """A rule for what goes out: its peer is the destination."""

    peer_group_id: str | None = text("DestGroupId")
    peer_account: str | None = text("DestGroupOwnerAccount")
    peer_owner_id: str | None = text("DestGroupOwnerId")

    not_simulated = ((_NO_LISTS, "DestPrefixListId"),)


class AuthorizeSecurityGroup(Inbound):
    """Add rules for what comes in."""

    permissions: tuple[dict[str, Any], ...] = _permissions("Source")


class AuthorizeSecurityGroupEgress(Outbound):
    """Add rules for what goes out."""

    permissions: tuple[dict[str, Any], ...] = _permissions("Dest")


class RevokeSecurityGroup(Inbound):
    """Delete rules for what comes in."""

    permissions: tuple[dict[str, Any], ...] = _permissions("Source")
    rule_ids: tuple[str, ...] = texts("SecurityGroupRuleId", most=_PERMISSIONS_MOST, since=CURRENT)


class RevokeSecurityGroupEgress(Outbound):
    """Delete rules for what goes out."""

    permissions: tuple[dict[str, Any], ...] = _permissions("Dest")
    rule_ids: tuple[str, ...] = texts("SecurityGroupRuleId", most=_PERMISSIONS_MOST, since=CURRENT)


class ModifySecurityGroupRule(Inbound):
    """Change a rule for what comes in: its description, or all of it where its id is named."""

    rule_id: str | None = text("SecurityGroupRuleId", since=CURRENT)

    not_simulated = ((_NO_LISTS, "PortRangeListId"),)


class ModifySecurityGroupEgressRule(Outbound):
    """Change a rule for what goes out: its description, or all of it where its id is named."""

    since = _LATER

    rule_id: str | None = text("SecurityGroupRuleId", since=CURRENT)

    not_simulated = ((_NO_LISTS, "PortRangeListId"),)


class ModifySecurityGroupAttribute(Request):
    """Change the name or the description of a security group."""

    needs_region = True

    security_group_id: str = text("SecurityGroupId", required=True)
    security_group_name: str | None = text("SecurityGroupName")
    description: str | None = text("Description")


class ModifySecurityGroupPolicy(Request):
    """Say whether the instances of a basic security group reach each other."""

    needs_region = True

    security_group_id: str = text("SecurityGroupId", required=True)
    inner_access_policy: str = text("InnerAccessPolicy", required=True)
    client_token: str | None = text("ClientToken", since=_LATER)


class DescribeSecurityGroupReferences(Read):
    """Tell in the rules of which security groups others are named."""

    needs_region = True

    security_group_ids: tuple[str, ...] = texts(
        "SecurityGroupId", most=10, too_many="Abs.GroupNos.Malformed", required=True
    )

    answer = Answer(
        items(
            "SecurityGroupReferences",
            "SecurityGroupReference",
            Text("SecurityGroupId"),
            items("ReferencingSecurityGroups", "ReferencingSecurityGroup", Text("SecurityGroupId", "AliUid")),
        ),
    )
