"""Security groups: making, listing and deleting them, and showing their rules."""

from __future__ import annotations

from typing import Any, Final

from faultzone.api.answer import CURRENT
from faultzone.api.ecs.network import (
    CreateSecurityGroup,
    DeleteSecurityGroup,
    DescribeSecurityGroupAttribute,
    DescribeSecurityGroups,
)
from faultzone.api.errors import ApiError
from faultzone.clock import stamp
from faultzone.model.core.addresses import vpc_of
from faultzone.model.core.cards import Interfaces
from faultzone.model.core.client_tokens import once
from faultzone.model.core.dispatch import Answer, handles
from faultzone.model.core.filters import has_tags, read_asked_tags, read_tags, tag_list
from faultzone.model.core.index import size
from faultzone.model.core.listing import BARE, Token, listing, token_of
from faultzone.model.core.resource_groups import kept_group
from faultzone.model.core.rules_of_groups import INGRESS, GroupRule
from faultzone.model.core.state import AccountState, RegionState, SecurityGroup

#: How many private addresses a basic and an advanced group may have.
_ADDRESSES_MOST = {"normal": 6000, "enterprise": 65536}
#: How many rules a page has where nobody says it.
_RULES_BY_TOKEN: Final = 500


@handles(CreateSecurityGroup)
@once
def create_security_group(region: RegionState, account: AccountState, request: CreateSecurityGroup) -> Answer:
    """CreateSecurityGroup: in a VPC, by default that which is there from the start (product/groups-of-network)."""
    rules, edition = region.rules, region.edition.instance
    if request.security_group_name is not None and not rules.group_name_is_valid(request.security_group_name):
        raise ApiError("InvalidSecurityGroupName.Malformed")
    if request.description is not None and not rules.description_is_valid(
        request.description, edition.description_length
    ):
        raise ApiError("InvalidDescription.Malformed")
    vpc = account.default_vpc if request.vpc_id is None else vpc_of(account, request.vpc_id)
    if not vpc.available:
        raise ApiError("IncorrectVpcStatus")
    kept = kept_group(region, account, request.resource_group_id)
    tags = read_tags(region, request.tags)
    group = SecurityGroup(
        region.world.resource_id("sg"),
        vpc,
        request.security_group_name or "",
        request.description or "",
        region.clock.now,
    )
    group.tags, group.type, group.resource_group_id = tags, request.security_group_type, kept
    account.security_groups[group.id] = group
    return {"SecurityGroupId": group.id}


@handles(DeleteSecurityGroup)
def delete_security_group(region: RegionState, account: AccountState, request: DeleteSecurityGroup) -> Answer:
    """DeleteSecurityGroup: one that neither an instance nor a secondary network interface is in, and that no rule of
    another names (instance/security-group-in-use, resource/group-references)."""
    group = request.security_group_id
    if group not in account.security_groups:
        raise ApiError("InvalidSecurityGroupId.NotFound")
    of_cards = any(group in each.security_groups for each in account.part(Interfaces).values())
    if of_cards or account.book.rows("security group", group):
        raise ApiError("DependencyViolation")
    if any(each.names(group) for each in account.security_groups.values()):
        raise ApiError("DependencyViolation", "The specified security group has been authorized in another one.")
    del account.security_groups[group]
    return {}


@handles(DescribeSecurityGroups)
def describe_security_groups(region: RegionState, account: AccountState, request: DescribeSecurityGroups) -> Answer:
    """DescribeSecurityGroups: filtered and paged (instance/list-security-groups)."""
    r = request
    tags = read_asked_tags(r.tags)
    found = [
        group
        for group in reversed(account.security_groups.values())
        if r.security_group_id in (None, group.id)
        and (r.security_group_ids is None or group.id in r.security_group_ids)
        and (r.security_group_name in (None, group.name) or (r.fuzzy and str(r.security_group_name) in group.name))
        and not r.service_managed
        and r.vpc_id in (None, group.vpc.id)
        and r.network_type != "classic"
        and r.security_group_type in (None, group.type)
        and r.resource_group_id in (None, group.resource_group_id)
        and has_tags(group.tags, tags)
    ]
    today = region.edition.has(CURRENT)
    listed = listing(
        "SecurityGroups",
        "SecurityGroup",
        found,
        r,
        lambda each: _render(account, each, today=today),
        token=token_of(r),
    )
    return {"RegionId": region.id, **listed}


def _render(account: AccountState, group: SecurityGroup, *, today: bool) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "SecurityGroupId": group.id,
        "SecurityGroupName": group.name,
        "Description": group.description,
        "SecurityGroupType": group.type,
        "VpcId": group.vpc.id,
        "CreationTime": stamp(group.created),
        "Tags": {"Tag": tag_list(group.tags)},
    }
    if today:
        count = size(account.book.rows("security group", group.id))
        shown["ResourceGroupId"] = group.resource_group_id
        rules = group.rules.values()
        shown |= {"RuleCount": len(rules), "GroupToGroupRuleCount": sum(bool(each.group) for each in rules)}
        shown |= {"EcsCount": count, "AvailableInstanceAmount": max(0, _ADDRESSES_MOST[group.type] - count)}
    return shown


@handles(DescribeSecurityGroupAttribute)
def describe_security_group_attribute(
    region: RegionState, account: AccountState, request: DescribeSecurityGroupAttribute
) -> Answer:
    """DescribeSecurityGroupAttribute: with its rules, those of a direction where one is named.

    Clauses: resource/authorize, resource/rules-by-direction, resource/rules-by-token.
    """
    group = account.security_groups.get(request.security_group_id)
    if group is None:
        raise ApiError("InvalidSecurityGroupId.NotFound")
    today = region.edition.has(CURRENT)
    rules = [each for each in group.rules.values() if request.direction in (None, "all", each.direction)]
    listed = listing(
        "Permissions",
        "Permission",
        rules,
        None,
        lambda each: _render_rule(account, each, today=today),
        token=Token(request.next_token, request.max_results or _RULES_BY_TOKEN) if today else None,
        envelope=BARE,
    )
    answer = {
        "RegionId": region.id,
        "SecurityGroupId": group.id,
        "SecurityGroupName": group.name,
        "Description": group.description,
        "VpcId": group.vpc.id,
        "InnerAccessPolicy": group.inner_access,
        **listed,
    }
    return {**answer, "SnapshotPolicyIds": {"SnapshotPolicyId": []}} if today else answer


def _render_rule(account: AccountState, rule: GroupRule, *, today: bool) -> dict[str, Any]:
    """A rule as the listing has it: of two ends, the peer is the one that names a group."""
    inbound = rule.direction == INGRESS
    ends = [("Source", inbound), ("Dest", not inbound)]
    name = account.security_groups[rule.group].name if rule.group in account.security_groups else ""
    shown: dict[str, Any] = {
        "Direction": rule.direction,
        "NicType": "intranet",
        "Policy": rule.policy.capitalize(),
        "Priority": str(rule.priority),
        "Description": rule.description,
        "IpProtocol": rule.protocol.upper(),
        "PortRange": rule.ports,
        "SourceCidrIp": rule.source,
        "DestCidrIp": rule.dest,
        "CreateTime": stamp(rule.created),
    }
    for end, is_peer in ends:
        shown[f"{end}GroupId"] = rule.group if is_peer else ""
        shown[f"{end}GroupName"] = name if is_peer else ""
        shown[f"{end}GroupOwnerAccount"] = rule.account if is_peer else ""
    if today:
        shown |= {
            "Ipv6SourceCidrIp": rule.v6_source,
            "Ipv6DestCidrIp": rule.v6_dest,
            "SourcePortRange": rule.source_ports,
            "SecurityGroupRuleId": rule.id,
        }
    return shown
