"""Tags on resources of all types that have them, and of instances and security groups."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from faultzone.api.answer import CURRENT, FIRST
from faultzone.api.ecs.resources import ListTagResources, TagResources, UntagResources
from faultzone.api.errors import ApiError
from faultzone.editions.edition import Date
from faultzone.model.core.book import Book, Several
from faultzone.model.core.dispatch import Answer, handles
from faultzone.model.core.excluded import check_excluded
from faultzone.model.core.fields import tagged
from faultzone.model.core.filters import TAGS_MOST, has_tags, read_asked_tags, read_tag_list, read_tags
from faultzone.model.core.index import both, either
from faultzone.model.core.listing import Listed, Token, like
from faultzone.model.core.state import AccountState, Instance, RegionState
from faultzone.model.core.tagging import TYPES, Tagged, list_tags, retag, tags_of
from faultzone.model.resources.describe import MOST_BY_TOKEN


def _tags(instance: Instance) -> Mapping[str, str]:
    return read_tag_list(instance.options.tags)


def _retag(region: RegionState, account: AccountState, instance: Instance, tags: Mapping[str, str]) -> None:
    given = tuple({"Key": key, "Value": value} for key, value in tags.items())
    region.change(instance, "options", instance.options._replace(tags=given))


def _none(since: Date) -> Tagged:
    """A type that tags are documented for, and of which there is nothing here."""
    return Tagged(lambda account: {}, tags_of, retag, since)


TAGGED: Final = {
    "instance": Tagged(lambda account: account.instances, _tags, _retag),
    "securitygroup": Tagged(lambda account: account.security_groups, tags_of, retag),
    **dict.fromkeys(("volume", "ddh"), _none(FIRST)),
    **dict.fromkeys(("ddhcluster", "reservedinstance", "snapshotpolicy"), _none(CURRENT)),
    **dict.fromkeys(("elasticityassurance", "capacityreservation"), _none(CURRENT)),
}


def _type(region: RegionState, name: str) -> Tagged:
    found = TYPES.get(name.lower())
    if found is None or not region.edition.has(found.since):
        raise ApiError("InvalidResourceType.NotFound")
    return found


def _chosen(resources: Mapping[str, Any], ids: tuple[str, ...]) -> list[Any]:
    if any(each not in resources for each in ids):
        raise ApiError("InvalidResourceId.NotFound")
    return [resources[each] for each in dict.fromkeys(ids)]


@handles(TagResources)
def tag_resources(region: RegionState, account: AccountState, request: TagResources) -> Answer:
    """TagResources: a key that is there gets the new value; at most 20 on each (assistant/tag-resources)."""
    kind = _type(region, request.resource_type)
    chosen, tags = _chosen(kind.resources(account), request.resource_ids), read_tags(region, request.tags)
    merged = [{**kind.tags(resource), **tags} for resource in chosen]
    if any(len(each) > TAGS_MOST for each in merged):
        raise ApiError("LimitExceeded.Tags")
    for resource, each in zip(chosen, merged, strict=True):
        kind.change(region, account, resource, each)
    return {}


@handles(UntagResources)
def untag_resources(region: RegionState, account: AccountState, request: UntagResources) -> Answer:
    """UntagResources: the named keys, or all (assistant/tag-resources)."""
    if not request.tag_keys and not request.all:
        raise ApiError.of("MissingParameter", name="TagKey")
    kind = _type(region, request.resource_type)
    for resource in _chosen(kind.resources(account), request.resource_ids):
        kept = {} if request.all and not request.tag_keys else kind.tags(resource)
        left = {key: value for key, value in kept.items() if key not in request.tag_keys}
        kind.change(region, account, resource, left)
    return {}


@handles(ListTagResources)
def list_tag_resources(region: RegionState, account: AccountState, request: ListTagResources) -> Answer:
    """ListTagResources: by resource, by tag, or both (assistant/tag-resources, instance/tag-filter)."""
    kind = _type(region, request.resource_type)
    if not request.resource_ids and not request.tags and not request.tag_filters:
        raise ApiError.of("MissingParameter", name="ResourceId")
    read_asked_tags(request.tags)
    check_excluded(region, request)
    for number, each in enumerate(request.tag_filters, 1):
        if "TagKey" not in each:
            raise ApiError.of("MissingParameter", name=f"TagFilter.{number}.TagKey")
        if "*" in each["TagKey"] and each.get("TagValues"):
            why = "values go with a whole key, and TagKey has a *"
            raise ApiError.of("InvalidParameter", name=f"TagFilter.{number}.TagValues", why=why)
    found: Listed[tuple[str, str, str]]
    if kind is TAGGED["instance"] and not request.resource_ids:
        book = account.book
        filters = [_rows_of_filter(book, each) for each in request.tag_filters]
        rows = book.found(*tagged(book, "tag", request.tags), *filters).rows
        groups = {count: both(rows, book.rows("tag count", count)) for count in book.index("tag count").values()}
        found = Several(book, groups, partial(_listed, kind))
    else:
        resources = kind.resources(account)
        if request.resource_ids:
            resources = {each: resources[each] for each in request.resource_ids if each in resources}
        found = [
            each
            for resource in resources.values()
            if has_tags(kind.tags(resource), request.tags)
            and all(_passes(kind.tags(resource), each) for each in request.tag_filters)
            for each in _listed(kind, resource)
        ]
    return list_tags(found, request.resource_type, Token(request.next_token, MOST_BY_TOKEN))


def _rows_of_filter(book: Book[Instance], asked: Mapping[str, Any]) -> Mapping[int, int]:
    """The instances that have a tag that passes a filter."""
    key, values = asked["TagKey"], asked.get("TagValues", ())
    if not any("*" in each for each in (key, *values)):
        return either(book.rows("tag", (key, each)) for each in values) if values else book.rows("tag", (key,))
    known = book.index("tag").values()
    passing = (each for each in known if len(each) == 2 and _passes({each[0]: each[1]}, asked))
    return either([book.rows("tag", each) for each in passing])


def _passes(tags: Mapping[str, str], asked: Mapping[str, Any]) -> bool:
    """Whether tags have one with one of the values of a filter, any where it has none; `*` stands for any text."""
    key, values = asked["TagKey"], asked.get("TagValues", ())
    if "*" in key:
        return any(like(key, each) for each in tags)
    return key in tags and (not values or any(like(each, tags[key]) for each in values))


def _listed(kind: Tagged, resource: Any) -> list[tuple[str, str, str]]:
    """The tags of a resource, each with its id."""
    return [(resource.id, key, value) for key, value in kind.tags(resource).items()]
