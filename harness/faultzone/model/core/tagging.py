"""What TagResources, UntagResources and ListTagResources know: the types of resources that have tags.

Chapters write theirs in a mapping `TAGGED`; the table says in which module each is, which is loaded when it is first
asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from faultzone.api.answer import FIRST
from faultzone.loading import Loaded

if TYPE_CHECKING:
    from faultzone.editions.edition import Date
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


#: ResourceType, in small letters -> the type.
TYPES: Final[Loaded[str, Tagged]] = Loaded(
    {
        "faultzone.model.resources.tags": ("instance", "securitygroup"),
        "faultzone.model.resources.key_pairs": ("keypair",),
        "faultzone.model.resources.interfaces": ("eni",),
        "faultzone.model.resources.older_tags": ("disk",),
        "faultzone.model.instances.templates": ("launchtemplate",),
        "faultzone.model.assistant.tagged": ("command", "invocation"),
        "faultzone.model.assistant.managed": ("activation", "managedinstance"),
    },
    "TAGGED",
)
