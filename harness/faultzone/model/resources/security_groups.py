"""Security groups, as far as instances need one, and tags on instances and security groups."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from faultzone.api.answer import CURRENT
from faultzone.api.ecs.network import (
    CreateSecurityGroup,
    DeleteSecurityGroup,
    DescribeSecurityGroupAttribute,
    DescribeSecurityGroups,
)
from faultzone.api.ecs.resources import ListTagResources, TagResources, UntagResources
from faultzone.api.errors import ApiError
from faultzone.clock import stamp
from faultzone.model.core.book import Several
from faultzone.model.core.dispatch import Answer, handles
from faultzone.model.core.fields import tagged
from faultzone.model.core.filters import has_tags, read_asked_tags, read_tag_list, read_tags, tag_list
from faultzone.model.core.index import both, size
from faultzone.model.core.listing import Listed, by_token, cut, listing, token_of
from faultzone.model.core.state import AccountState, Instance, RegionState, SecurityGroup
from faultzone.model.resources.describe import MOST_BY_TOKEN

_TAGS_MOST = 20
#: How many private addresses a basic and an advanced group may have.
_ADDRESSES_MOST = {"normal": 6000, "enterprise": 65536}


@handles(CreateSecurityGroup)
def create_security_group(region: RegionState, account: AccountState, request: CreateSecurityGroup) -> Answer:
    """CreateSecurityGroup: in the VPC of the default network."""
    rules, edition = region.rules, region.edition.instance
    if request.security_group_name is not None and not rules.name_is_valid(
        request.security_group_name, edition.name_length
    ):
        raise ApiError("InvalidSecurityGroupName.Malformed")
    if request.description is not None and not rules.description_is_valid(
        request.description, edition.description_length
    ):
        raise ApiError("InvalidDescription.Malformed")
    if request.vpc_id not in (None, account.vpc_id):
        raise ApiError("InvalidVpcId.NotFound")
    if request.resource_group_id is not None:
        raise ApiError("InvalidResourceGroup.NotFound")
    tags = read_tags(region, request.tags)
    earlier = account.tokens.replay("CreateSecurityGroup", request.client_token, request.given)
    if earlier is not None:
        return earlier
    group = SecurityGroup(
        region.world.resource_id("sg"), request.security_group_name or "", request.description or "", region.clock.now
    )
    group.tags, group.type = tags, request.security_group_type
    account.security_groups[group.id] = group
    answer = {"SecurityGroupId": group.id}
    return account.tokens.remember("CreateSecurityGroup", request.client_token, request.given, answer)


@handles(DeleteSecurityGroup)
def delete_security_group(region: RegionState, account: AccountState, request: DeleteSecurityGroup) -> Answer:
    """DeleteSecurityGroup: one that no instance is in."""
    if request.security_group_id not in account.security_groups:
        raise ApiError("InvalidSecurityGroupId.NotFound")
    if account.book.rows("security group", request.security_group_id):
        raise ApiError("DependencyViolation")
    del account.security_groups[request.security_group_id]
    return {}


@handles(DescribeSecurityGroups)
def describe_security_groups(region: RegionState, account: AccountState, request: DescribeSecurityGroups) -> Answer:
    """DescribeSecurityGroups: filtered and paged."""
    r = request
    if r.dry_run:
        raise ApiError("DryRunOperation")
    tags = read_asked_tags(r.tags)
    found = [
        group
        for group in reversed(account.security_groups.values())
        if r.security_group_id in (None, group.id)
        and (r.security_group_ids is None or group.id in r.security_group_ids)
        and (r.security_group_name in (None, group.name) or (r.fuzzy and str(r.security_group_name) in group.name))
        and not r.service_managed
        and r.vpc_id in (None, account.vpc_id)
        and r.network_type != "classic"
        and r.security_group_type in (None, group.type)
        and r.resource_group_id is None
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
        "VpcId": account.vpc_id,
        "CreationTime": stamp(group.created),
        "Tags": {"Tag": tag_list(group.tags)},
    }
    if today:
        count = size(account.book.rows("security group", group.id))
        shown |= {"EcsCount": count, "AvailableInstanceAmount": max(0, _ADDRESSES_MOST[group.type] - count)}
    return shown


@handles(DescribeSecurityGroupAttribute)
def describe_security_group_attribute(
    region: RegionState, account: AccountState, request: DescribeSecurityGroupAttribute
) -> Answer:
    """DescribeSecurityGroupAttribute: no group has rules, since no action here makes any."""
    group = account.security_groups.get(request.security_group_id)
    if group is None:
        raise ApiError("InvalidSecurityGroupId.NotFound")
    return {
        "RegionId": region.id,
        "SecurityGroupId": group.id,
        "SecurityGroupName": group.name,
        "Description": group.description,
        "VpcId": account.vpc_id,
        "InnerAccessPolicy": "Accept",
        "Permissions": {"Permission": []},
    }


Tagged = Instance | SecurityGroup


def _resources(account: AccountState, kind: str) -> Mapping[str, Tagged]:
    resources: Mapping[str, Mapping[str, Tagged]] = {
        "instance": account.instances,
        "securitygroup": account.security_groups,
    }
    if kind.lower() not in resources:
        raise ApiError("InvalidResourceType.NotFound")
    return resources[kind.lower()]


def _chosen(account: AccountState, kind: str, ids: tuple[str, ...]) -> list[Tagged]:
    resources = _resources(account, kind)
    if any(each not in resources for each in ids):
        raise ApiError("InvalidResourceId.NotFound")
    return [resources[each] for each in dict.fromkeys(ids)]


def _tags(resource: Tagged) -> dict[str, str]:
    if isinstance(resource, SecurityGroup):
        return resource.tags
    return read_tag_list(resource.options.tags)


def _set_tags(region: RegionState, resource: Tagged, tags: dict[str, str]) -> None:
    if isinstance(resource, SecurityGroup):
        resource.tags = tags
    else:
        given = tuple({"Key": key, "Value": value} for key, value in tags.items())
        region.change(resource, "options", resource.options._replace(tags=given))


@handles(TagResources)
def tag_resources(region: RegionState, account: AccountState, request: TagResources) -> Answer:
    """TagResources: a key that is there gets the new value; at most 20 on each."""
    chosen, tags = _chosen(account, request.resource_type, request.resource_ids), read_tags(region, request.tags)
    merged = [{**_tags(resource), **tags} for resource in chosen]
    if any(len(each) > _TAGS_MOST for each in merged):
        raise ApiError("LimitExceeded.Tags")
    for resource, each in zip(chosen, merged, strict=True):
        _set_tags(region, resource, each)
    return {}


@handles(UntagResources)
def untag_resources(region: RegionState, account: AccountState, request: UntagResources) -> Answer:
    """UntagResources: the named keys, or all."""
    if not request.tag_keys and not request.all:
        raise ApiError.of("MissingParameter", name="TagKey")
    for resource in _chosen(account, request.resource_type, request.resource_ids):
        kept = {} if request.all and not request.tag_keys else _tags(resource)
        _set_tags(region, resource, {key: value for key, value in kept.items() if key not in request.tag_keys})
    return {}


@handles(ListTagResources)
def list_tag_resources(region: RegionState, account: AccountState, request: ListTagResources) -> Answer:
    """ListTagResources: by resource, by tag, or both."""
    if not request.resource_ids and not request.tags:
        raise ApiError.of("MissingParameter", name="ResourceId")
    read_asked_tags(request.tags)
    resources = _resources(account, request.resource_type)
    found: Listed[tuple[str, str, str]]
    if request.resource_type.lower() == "instance" and not request.resource_ids:
        book = account.book
        rows = book.found(*tagged(book, "tag", request.tags)).rows
        groups = {count: both(rows, book.rows("tag count", count)) for count in book.index("tag count").values()}
        found = Several(book, groups, _listed)
    else:
        if request.resource_ids:
            resources = {each: resources[each] for each in request.resource_ids if each in resources}
        found = [
            each
            for resource in resources.values()
            if has_tags(_tags(resource), request.tags)
            for each in _listed(resource)
        ]
    shown, token = by_token(partial(cut, found), len(found), request.next_token, MOST_BY_TOKEN)
    listed = [
        {"ResourceId": id, "ResourceType": request.resource_type, "TagKey": key, "TagValue": value}
        for id, key, value in shown
    ]
    return {"NextToken": token, "TagResources": {"TagResource": listed}}


def _listed(resource: Tagged) -> list[tuple[str, str, str]]:
    """The tags of a resource, each with its id."""
    return [(resource.id, key, value) for key, value in _tags(resource).items()]
