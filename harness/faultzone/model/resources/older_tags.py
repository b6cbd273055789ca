"""Tags as older clients put them on, take them off and list them: by one resource, and by how many have each.

Source: API reference 2019-02, AddTags, RemoveTags and DescribeTags.
"""

from __future__ import annotations

from collections import Counter
from typing import Final

from faultzone.api.answer import CURRENT
from faultzone.api.ecs.older_tags import AddTags, DescribeTags, RemoveTags
from faultzone.api.errors import ApiError
from faultzone.model.core.dispatch import Answer, handles
from faultzone.model.core.filters import TAGS_MOST, read_asked_tags, read_tags
from faultzone.model.core.free_disks import disks_by_id, retag_disk, tags_of_disk
from faultzone.model.core.listing import listing
from faultzone.model.core.state import AccountState, RegionState
from faultzone.model.core.tagging import TYPES, Tagged

#: ResourceType -> what listings call it, of the types that have tags.
_COUNTED: Final = {
    "ddh": "Ddh",
    "disk": "Disk",
    "eni": "Eni",
    "image": "Image",
    "instance": "Instance",
    "keypair": "KeyPair",
    "launchtemplate": "LaunchTemplate",
    "reservedinstance": "ReservedInstance",
    "securitygroup": "Securitygroup",
    "snapshot": "Snapshot",
    "snapshotpolicy": "SnapshotPolicy",
    "volume": "Volume",
}
#: What listings count from the documentation of today on.
_OF_TODAY: Final = ("ReservedInstance", "SnapshotPolicy")


TAGGED: Final = {"disk": Tagged(disks_by_id, tags_of_disk, retag_disk)}


def _types(region: RegionState) -> dict[str, Tagged]:
    """The types that may have tags in a region, by ResourceType."""
    return {name: kind for name in _COUNTED if region.edition.has((kind := TYPES[name]).since)}


def _resource(region: RegionState, account: AccountState, type: str, id: str) -> tuple[Tagged, object]:
    """A resource and its type.

    Raises:
        ApiError: `InvalidResourceType.NotFound` or `InvalidResourceId.NotFound`.
    """
    kind = _types(region).get(type)
    if kind is None:
        raise ApiError("InvalidResourceType.NotFound")
    found = kind.resources(account).get(id)
    if found is None:
        raise ApiError("InvalidResourceId.NotFound")
    return kind, found


@handles(AddTags)
def add_tags(region: RegionState, account: AccountState, request: AddTags) -> Answer:
    """AddTags: a key that is there gets the new value; at most 20 on each (resource/add-tags)."""
    read_asked_tags(request.tags)
    kind, found = _resource(region, account, request.resource_type, request.resource_id)
    merged = {**kind.tags(found), **read_tags(region, request.tags)}
    if len(merged) > TAGS_MOST:
        raise ApiError("InvalidTagCount")
    kind.change(region, account, found, merged)
    return {}


@handles(RemoveTags)
def remove_tags(region: RegionState, account: AccountState, request: RemoveTags) -> Answer:
    """RemoveTags: those with a key, and with its value where one is named (resource/remove-tags)."""
    asked = [(each["Key"], each.get("Value")) for each in read_asked_tags(request.tags)]
    kind, found = _resource(region, account, request.resource_type, request.resource_id)
    left = {
        key: value
        for key, value in kind.tags(found).items()
        if asked and not any(key == name and said in (None, "", value) for name, said in asked)
    }
    kind.change(region, account, found, left)
    return {}


@handles(DescribeTags)
def describe_tags(region: RegionState, account: AccountState, request: DescribeTags) -> Answer:
    """DescribeTags: each key with its value once, with how many resources have it (resource/describe-tags)."""
    r, asked, types = request, read_asked_tags(request.tags), _types(region)
    if r.resource_type is not None and r.resource_type not in types:
        raise ApiError("InvalidResourceType.NotFound")
    counts: dict[tuple[str, str], Counter[str]] = {}
    for name, kind in types.items():
        shown = _COUNTED[name]
        if r.resource_type in (None, name):
            for id, each in kind.resources(account).items():
                if r.resource_id in (None, id):
                    for tag in kind.tags(each).items():
                        counts.setdefault(tag, Counter())[shown] += 1
    found = [
        tag
        for tag in sorted(counts)
        if all(each["Key"] == tag[0] and each.get("Value") in (None, "", tag[1]) for each in asked)
    ]
    known = [each for each in _COUNTED.values() if each not in _OF_TODAY or region.edition.has(CURRENT)]

    def show(tag: tuple[str, str]) -> dict[str, object]:
        told = {name: counts[tag][name] for name in known}
        return {"TagKey": tag[0], "TagValue": tag[1], "ResourceTypeCount": told}

    return listing("Tags", "Tag", found, r, show)
