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
    "disk": "Disk",
    "instance": "Instance",
    "keypair": "KeyPair",
    "launchtemplate": "LaunchTemplate",
    "securitygroup": "Securitygroup",
}
#: What listings count besides, and none of which has tags here.
_NONE: Final = ("Ddh", "Eni", "Image", "Snapshot", "Volume")
_NONE_OF_TODAY: Final = ("ReservedInstance", "SnapshotPolicy")


TAGGED: Final = {"disk": Tagged(disks_by_id, tags_of_disk, retag_disk)}


def _resource(account: AccountState, type: str, id: str) -> tuple[Tagged, object]:
    """A resource and its type.

    Raises:
        ApiError: `InvalidResourceType.NotFound` or `InvalidResourceId.NotFound`.
    """
    if type not in _COUNTED:
        raise ApiError("InvalidResourceType.NotFound")
    kind = TYPES[type]
    found = kind.resources(account).get(id)
    if found is None:
        raise ApiError("InvalidResourceId.NotFound")
    return kind, found


@handles(AddTags)
def add_tags(region: RegionState, account: AccountState, request: AddTags) -> Answer:
    """AddTags: a key that is there gets the new value; at most 20 on each (resource/add-tags)."""
    read_asked_tags(request.tags)
    kind, found = _resource(account, request.resource_type, request.resource_id)
    merged = {**kind.tags(found), **read_tags(region, request.tags)}
    if len(merged) > TAGS_MOST:
        raise ApiError("InvalidTagCount")
    kind.change(region, account, found, merged)
    return {}


@handles(RemoveTags)
def remove_tags(region: RegionState, account: AccountState, request: RemoveTags) -> Answer:
    """RemoveTags: those with a key, and with its value where one is named (resource/remove-tags)."""
    asked = [(each["Key"], each.get("Value")) for each in read_asked_tags(request.tags)]
    kind, found = _resource(account, request.resource_type, request.resource_id)
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
    r, asked = request, read_asked_tags(request.tags)
    if r.resource_type is not None and r.resource_type not in _COUNTED:
        raise ApiError("InvalidResourceType.NotFound")
    counts: dict[tuple[str, str], Counter[str]] = {}
    for name, shown in _COUNTED.items():
        if r.resource_type in (None, name):
            kind = TYPES[name]
            for id, each in kind.resources(account).items():
                if r.resource_id in (None, id):
                    for tag in kind.tags(each).items():
                        counts.setdefault(tag, Counter())[shown] += 1
    found = [
        tag
        for tag in sorted(counts)
        if all(each["Key"] == tag[0] and each.get("Value") in (None, "", tag[1]) for each in asked)
    ]
    others = (*_NONE, *(_NONE_OF_TODAY if region.edition.has(CURRENT) else ()))

    def show(tag: tuple[str, str]) -> dict[str, object]:
        told = {name: counts[tag][name] for name in (*_COUNTED.values(), *others)}
        return {"TagKey": tag[0], "TagValue": tag[1], "ResourceTypeCount": told}

    return listing("Tags", "Tag", found, r, show)
