"""Rules of security groups: adding, deleting and changing them, and what is refused of each.

Source: API reference 2019-02, AuthorizeSecurityGroup and its siblings; 2020-12 and 2026-10 where they differ.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from faultzone.api.ecs.rules import (
    AuthorizeSecurityGroup,
    AuthorizeSecurityGroupEgress,
    DescribeSecurityGroupReferences,
    ModifySecurityGroupAttribute,
    ModifySecurityGroupEgressRule,
    ModifySecurityGroupPolicy,
    ModifySecurityGroupRule,
    Outbound,
    RevokeSecurityGroup,
    RevokeSecurityGroupEgress,
)
from faultzone.api.errors import ApiError
from faultzone.model.core.addresses import read_dotted
from faultzone.model.core.client_tokens import once
from faultzone.model.core.dispatch import Answer, handles
from faultzone.model.core.rules_of_groups import EGRESS, INGRESS, GroupRule

if TYPE_CHECKING:
    from faultzone.api.ecs.rules import Inbound
    from faultzone.model.core.state import AccountState, RegionState, SecurityGroup

#: The protocols that have ports, and those that have none.
_WITH_PORTS: Final = ("tcp", "udp")
_PROTOCOLS: Final = (*_WITH_PORTS, "icmp", "gre", "all")
_POLICIES: Final = ("accept", "drop")
_ALL_PORTS: Final = "-1/-1"
_PORTS: Final = re.compile(r"([0-9]{1,5})/([0-9]{1,5})")
_PORT_MOST: Final = 65_535
_PRIORITY_MOST: Final = 100
_DESCRIPTION_LENGTH: Final = (1, 512)
_NO_MATCH: Final = "The specified IpProtocol does not exist or IpProtocol and PortRange do not match."
_Authorize = AuthorizeSecurityGroup | AuthorizeSecurityGroupEgress
_Revoke = RevokeSecurityGroup | RevokeSecurityGroupEgress
_Modify = ModifySecurityGroupRule | ModifySecurityGroupEgressRule


def _group(account: AccountState, id: str) -> SecurityGroup:
    group = account.security_groups.get(id)
    if group is None:
        raise ApiError("InvalidSecurityGroupId.NotFound")
    return group


def _side(request: Inbound | Outbound) -> tuple[str, str]:
    """The direction of the rules of a request, and the side that their peer is on, as parameters begin."""
    return (EGRESS, "Dest") if isinstance(request, Outbound) else (INGRESS, "Source")


def _said(request: Inbound | Outbound) -> dict[str, Any]:
    """The rule that a request names outside of Permissions, by the names of its fields."""
    r, (_, side) = request, _side(request)
    said = {
        "IpProtocol": r.ip_protocol,
        "PortRange": r.port_range,
        "SourcePortRange": r.source_port_range,
        "NicType": r.nic_type,
        "Policy": r.policy,
        "Priority": r.priority,
        "SourceCidrIp": r.source_cidr_ip,
        "DestCidrIp": r.dest_cidr_ip,
        "Ipv6SourceCidrIp": r.ipv6_source_cidr_ip,
        "Ipv6DestCidrIp": r.ipv6_dest_cidr_ip,
        f"{side}GroupId": r.peer_group_id,
        f"{side}GroupOwnerAccount": r.peer_account,
        f"{side}GroupOwnerId": r.peer_owner_id,
        "Description": r.rule_description,
    }
    return {name: value for name, value in said.items() if value is not None}


def _asked(request: _Authorize | _Revoke) -> Sequence[Mapping[str, Any]]:
    """The rules that a request names."""
    said = _said(request)
    return (*([said] if said or not request.permissions else []), *request.permissions)


# What a rule may be


def _read_ports(protocol: str, text: str, code: str) -> str:
    """The range of ports of a protocol (resource/group-rule-ports)."""
    if protocol not in _WITH_PORTS:
        if text != _ALL_PORTS:
            raise ApiError("OperationDenied", _NO_MATCH, 400)
        return text
    found = _PORTS.fullmatch(text)
    if found is None or not 1 <= int(found[1]) <= int(found[2]) <= _PORT_MOST:
        raise ApiError(code)
    return text


def _read_priority(text: str) -> int:
    """The priority of a rule (resource/group-rule-priority)."""
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise ApiError("InvalidPriority.Malformed")
    if not 1 <= int(text) <= _PRIORITY_MOST:
        raise ApiError("InvalidPriority.ValueNotSupported")
    return int(text)


def _is_v4(text: str) -> bool:
    address, slash, bits = text.partition("/")
    return read_dotted(address) is not None and (not slash or (bits.isdecimal() and len(bits) <= 2 and int(bits) <= 32))


def _is_v6(text: str) -> bool:
    from ipaddress import IPv6Network  # Few rules are for IPv6.

    try:
        IPv6Network(text, strict=False)
    except ValueError:
        return False
    return True


def _check_addresses(given: Mapping[str, Any]) -> None:
    """Refuse addresses that are none, and two kinds for one end (resource/group-rule-addresses)."""
    for name in ("SourceCidrIp", "DestCidrIp"):
        if name in given and not _is_v4(given[name]):
            raise ApiError(f"Invalid{name}.Malformed")
    for end in ("Source", "Dest"):
        name = f"Ipv6{end}CidrIp"
        if name in given:
            if f"{end}CidrIp" in given:
                raise ApiError(f"InvalidParam.{end}Ip")
            if not _is_v6(given[name]):
                raise ApiError(f"InvalidParam.{name}")


def _peer(account: AccountState, group: SecurityGroup, given: Mapping[str, Any], side: str) -> str:
    """The security group that is the peer of a rule; none where an address is (resource/group-rule-peer).

    Raises:
        ApiError: it names neither, or a group that cannot be.
    """
    if f"{side}CidrIp" in given or f"Ipv6{side}CidrIp" in given:
        return ""
    name = f"{side}GroupId"
    if name not in given:
        why = f'The input parameter "{name}" or "{side}CidrIp" cannot be both blank.'
        raise ApiError("MissingParameter", why, 403)
    mismatch = f"Invalid{name}.Mismatch"
    if given.get("NicType") == "internet":
        raise ApiError(mismatch, "NicType is required or NicType expects intranet.", 403)
    id = str(given[name])
    if id == group.id:
        raise ApiError("InvalidParamter.Conflict")
    other = account.security_groups.get(id)
    if other is None or given.get(f"{side}GroupOwnerId", account.id) != account.id:
        raise ApiError(f"Invalid{name}.NotFound")
    if other.vpc is not group.vpc:
        raise ApiError(mismatch)
    return id


def _read(
    region: RegionState, account: AccountState, group: SecurityGroup, given: Mapping[str, Any], at: tuple[str, str]
) -> GroupRule:
    """The rule that a request names, without an id.

    Raises:
        ApiError: it cannot be (resource/group-rule-fields, resource/group-rule-description).
    """
    direction, side = at
    for name in ("IpProtocol", "PortRange"):
        if name not in given:
            raise ApiError.of("MissingParameter", name=name)
    protocol, policy = str(given["IpProtocol"]).lower(), str(given.get("Policy", _POLICIES[0])).lower()
    if protocol not in _PROTOCOLS:
        raise ApiError("OperationDenied", _NO_MATCH, 400)
    code = "InvalidPortRange.Malformed" if direction == EGRESS else "InvalidIpProtocol.Malformed"
    ports = _read_ports(protocol, given["PortRange"], code)
    source_ports = given.get("SourcePortRange", "")
    if source_ports:
        _read_ports(protocol, source_ports, "InvalidSourcePortRange.Malformed")
    if policy not in _POLICIES:
        raise ApiError("InvalidPolicy.Malformed")
    priority = _read_priority(given.get("Priority", "1"))
    _check_addresses(given)
    description = given.get("Description", "")
    if description and not region.rules.description_is_valid(description, _DESCRIPTION_LENGTH):
        raise ApiError("InvalidSecurityGroupDiscription.Malformed")
    return GroupRule(
        id="",
        created=region.clock.now,
        direction=direction,
        protocol=protocol,
        ports=ports,
        source_ports=source_ports,
        policy=policy,
        priority=priority,
        source=given.get("SourceCidrIp", ""),
        dest=given.get("DestCidrIp", ""),
        v6_source=given.get("Ipv6SourceCidrIp", ""),
        v6_dest=given.get("Ipv6DestCidrIp", ""),
        group=_peer(account, group, given, side),
        account=given.get(f"{side}GroupOwnerAccount", ""),
        description=description,
    )


# The actions


@handles(AuthorizeSecurityGroup)
def authorize_security_group(region: RegionState, account: AccountState, request: AuthorizeSecurityGroup) -> Answer:
    """AuthorizeSecurityGroup: for what comes in (resource/authorize)."""
    return _authorize(region, account, request)


@handles(AuthorizeSecurityGroupEgress)
def authorize_egress(region: RegionState, account: AccountState, request: AuthorizeSecurityGroupEgress) -> Answer:
    """AuthorizeSecurityGroupEgress: for what goes out (resource/authorize)."""
    return _authorize(region, account, request)


@once
def _authorize(region: RegionState, account: AccountState, request: _Authorize) -> Answer:
    """Add rules: all of them, or none where one is refused.

    Clauses: resource/authorize, resource/authorize-many, resource/group-rule-limit, resource/group-rule-again,
    resource/group-rule-same.
    """
    group, at = _group(account, request.security_group_id), _side(request)
    there, new = {each.key for each in group.rules.values()}, list[GroupRule]()
    for given in _asked(request):
        rule = _read(region, account, group, given, at)
        if rule.key in there:
            if region.edition.instance.same_rule_refused:
                raise ApiError.of("InvalidParameter", name="IpProtocol", why="the security group has this rule")
            continue
        there.add(rule.key)
        new.append(rule)
    if len(group.rules) + len(new) > region.edition.instance.group_rules:
        raise ApiError("AuthorizationLimitExceed")
    for rule in new:
        id = region.world.resource_id("sgr")
        group.rules[id] = rule._replace(id=id)
    return {}


@handles(RevokeSecurityGroup)
def revoke_security_group(region: RegionState, account: AccountState, request: RevokeSecurityGroup) -> Answer:
    """RevokeSecurityGroup: of what comes in (resource/revoke)."""
    return _revoke(region, account, request)


@handles(RevokeSecurityGroupEgress)
def revoke_egress(region: RegionState, account: AccountState, request: RevokeSecurityGroupEgress) -> Answer:
    """RevokeSecurityGroupEgress: of what goes out (resource/revoke)."""
    return _revoke(region, account, request)


@once
def _revoke(region: RegionState, account: AccountState, request: _Revoke) -> Answer:
    """Delete rules, by all that tells them apart or by their ids.

    Clauses: resource/revoke, resource/revoke-unknown, resource/revoke-nothing, resource/revoke-by-id.
    """
    group, at = _group(account, request.security_group_id), _side(request)
    gone = {id for id in request.rule_ids if id in group.rules and group.rules[id].direction == at[0]}
    if not request.rule_ids:
        keys = {_read(region, account, group, given, at).key for given in _asked(request)}
        gone = {each.id for each in group.rules.values() if each.key in keys}
        if len(gone) < len(keys) and region.edition.instance.same_rule_refused:
            raise ApiError("InvalidGroupAuthItem.NotFound")
    for id in gone:
        del group.rules[id]
    return {}


@handles(ModifySecurityGroupRule)
def modify_rule(region: RegionState, account: AccountState, request: ModifySecurityGroupRule) -> Answer:
    """ModifySecurityGroupRule: of what comes in (resource/modify-group-rule)."""
    return _modify(region, account, request)


@handles(ModifySecurityGroupEgressRule)
def modify_egress_rule(region: RegionState, account: AccountState, request: ModifySecurityGroupEgressRule) -> Answer:
    """ModifySecurityGroupEgressRule: of what goes out (resource/modify-group-rule)."""
    return _modify(region, account, request)


@once
def _modify(region: RegionState, account: AccountState, request: _Modify) -> Answer:
    """Change a rule: its description, or what is given where its id is named.

    Clauses: resource/modify-group-rule, resource/modify-by-id.
    """
    group, at = _group(account, request.security_group_id), _side(request)
    said = _said(request)
    if request.rule_id is None:
        if "Description" not in said:
            raise ApiError.of("MissingParameter", name="Description")
        rule = _read(region, account, group, said, at)
        found = next((each for each in group.rules.values() if each.key == rule.key), None)
    else:
        found = group.rules.get(request.rule_id)
    if found is None or found.direction != at[0]:
        raise ApiError("InvalidGroupAuthItem.NotFound")
    if request.rule_id is None:
        group.rules[found.id] = found._replace(description=said["Description"])
        return {}
    changed = _read(region, account, group, _merged(found, said, at[1]), at)
    if any(each.key == changed.key and each.id != found.id for each in group.rules.values()):
        raise ApiError.of("InvalidParameter", name="SecurityGroupRuleId", why="another rule is the same then")
    group.rules[found.id] = changed._replace(id=found.id, created=found.created)
    return {}


def _merged(rule: GroupRule, said: Mapping[str, Any], side: str) -> dict[str, Any]:
    """A rule with what a request changes of it. Another peer takes the place of the one that it has."""
    had = {
        "IpProtocol": rule.protocol,
        "PortRange": rule.ports,
        "SourcePortRange": rule.source_ports,
        "Policy": rule.policy,
        "Priority": str(rule.priority),
        "SourceCidrIp": rule.source,
        "DestCidrIp": rule.dest,
        "Ipv6SourceCidrIp": rule.v6_source,
        "Ipv6DestCidrIp": rule.v6_dest,
        f"{side}GroupId": rule.group,
        f"{side}GroupOwnerAccount": rule.account,
        "Description": rule.description,
    }
    peers = {f"{side}CidrIp", f"Ipv6{side}CidrIp", f"{side}GroupId"}
    if not peers.isdisjoint(said):
        had = {name: value for name, value in had.items() if name not in peers}
    return {**{name: value for name, value in had.items() if value}, **said}


@handles(ModifySecurityGroupAttribute)
def modify_attribute(region: RegionState, account: AccountState, request: ModifySecurityGroupAttribute) -> Answer:
    """ModifySecurityGroupAttribute: the name and the description (resource/modify-security-group)."""
    rules, edition = region.rules, region.edition.instance
    group, name, description = (
        _group(account, request.security_group_id),
        request.security_group_name,
        request.description,
    )
    if name is not None and not rules.name_is_valid(name, edition.name_length):
        raise ApiError("InvalidSecurityGroupName.Malformed")
    if description is not None and not rules.description_is_valid(description, edition.description_length):
        raise ApiError("InvalidSecurityGroupDiscription.Malformed")
    group.name = group.name if name is None else name
    group.description = group.description if description is None else description
    return {}


@handles(ModifySecurityGroupPolicy)
@once
def modify_policy(region: RegionState, account: AccountState, request: ModifySecurityGroupPolicy) -> Answer:
    """ModifySecurityGroupPolicy: of a basic group; an advanced one keeps its own (resource/inner-access)."""
    group, policy = _group(account, request.security_group_id), request.inner_access_policy.capitalize()
    if policy.lower() not in _POLICIES or group.type != "normal":
        raise ApiError("InvalidPolicy.Malformed")
    group.inner_access = policy
    return {}


@handles(DescribeSecurityGroupReferences)
def describe_references(region: RegionState, account: AccountState, request: DescribeSecurityGroupReferences) -> Answer:
    """DescribeSecurityGroupReferences: of groups that others name (resource/group-references)."""
    listed = []
    for id in request.security_group_ids:
        _group(account, id)
        naming = [each.id for each in account.security_groups.values() if each.names(id)]
        if naming:
            items = [{"SecurityGroupId": each, "AliUid": account.id} for each in naming]
            listed.append({"SecurityGroupId": id, "ReferencingSecurityGroups": {"ReferencingSecurityGroup": items}})
    return {"SecurityGroupReferences": {"SecurityGroupReference": listed}}
