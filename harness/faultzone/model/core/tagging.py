"""What TagResources, UntagResources and ListTagResources know: the types of resources that have tags.

Chapters write theirs in a mapping `TAGGED`; the table says in which module each is, which is loaded when it is first
asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from faultzone.api.answer import FIRST
from faultzone.loading import Loaded
from faultzone.model.core.listing import BARE, listing

if TYPE_CHECKING:
    from faultzone.editions.edition import Date
    from faultzone.model.core.listing import Listed, Token
    from faultzone.model.core.state import AccountState, RegionState


class Tagged(NamedTuple):
    """A type of resources that have tags.

    Attributes:
        resources: gives those of an account, by id.
        tags: gives those of a resource.
        change: gives a resource of an account other tags.
        since: the date of the documentation that first has the type.
    """

    resources: Callable[[AccountState], Mapping[str, Any]]
    tags: Callable[[Any], Mapping[str, str]]
    change: Callable[[RegionState, AccountState, Any, dict[str, str]], None]
    since: Date = FIRST


def tags_of(resource: Any) -> Mapping[str, str]:
    """The tags of a resource that has them by key."""
    tags: Mapping[str, str] = resource.tags
    return tags


def retag(region: RegionState, account: AccountState, resource: Any, tags: dict[str, str]) -> None:
    """Give other tags to a resource that has them by key, and that no index knows."""
    resource.tags = tags


def list_tags(found: Listed[tuple[str, str, str]], kind: str, token: Token) -> dict[str, Any]:
    """The answer of ListTagResources.

    Args:
        found: resources by id, each with a key and a value; as often as it has tags.
        kind: their type, as the request has it.
        token: asks for the page.
    """

    def show(each: tuple[str, str, str]) -> dict[str, str]:
        id, key, value = each
        return {"ResourceId": id, "ResourceType": kind, "TagKey": key, "TagValue": value}

    return listing("TagResources", "TagResource", found, None, show, token=token, envelope=BARE)


#: ResourceType, in small letters -> the type.
TYPES: Final[Loaded[str, Tagged]] = Loaded(
    {
        "faultzone.model.resources.tags": (
            *("instance", "securitygroup", "volume", "ddh", "ddhcluster", "reservedinstance"),
            *("snapshotpolicy", "elasticityassurance", "capacityreservation"),
        ),
        "faultzone.model.resources.key_pairs": ("keypair",),
        "faultzone.model.resources.interfaces": ("eni",),
        "faultzone.model.resources.older_tags": ("disk",),
        "faultzone.model.resources.snapshots": ("snapshot",),
        "faultzone.model.resources.own_images": ("image",),
        "faultzone.model.instances.templates": ("launchtemplate",),
        "faultzone.model.assistant.tagged": ("command", "invocation"),
        "faultzone.model.assistant.managed": ("activation", "managedinstance"),
    },
    "TAGGED",
)
