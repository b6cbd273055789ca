"""Resource groups: what the resources of an account are sorted into, the same in all regions of a cloud.

Another product keeps them. Here is which there are, and where each kind of resource says in which it is. Source: API
reference 2026-10, JoinResourceGroup.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from faultzone.api.errors import ApiError
from faultzone.loading import Loaded

if TYPE_CHECKING:
    from faultzone.model.core.options import Options
    from faultzone.model.core.state import AccountState, RegionState

#: Puts the resource of this id into the group of that id.
Join = Callable[["RegionState", "AccountState", str, str], None]
#: The kinds of resource that can join a group, by the word of ResourceType. A module with some of them has `JOINS`.
JOINS: Final[Loaded[str, Join]] = Loaded(
    {
        "faultzone.model.resources.groups": "instance disk eni securitygroup launchtemplate keypair".split(),
        "faultzone.model.resources.snapshots": ("snapshot",),
        "faultzone.model.resources.own_images": ("image",),
        "faultzone.model.assistant.groups": "command activation managedinstance".split(),
    },
    "JOINS",
)


def moves(kept: Callable[[AccountState], Mapping[str, Any]]) -> Join:
    """Puts a thing of an account into a group, one of those that this tells by id; what has it says so as `group`."""

    def move(region: RegionState, account: AccountState, id: str, group: str) -> None:
        found = kept(account).get(id)
        if found is None:
            raise ApiError("InvalidResourceId.NotFound")
        found.group = group

    return move


#: Those that can too and that there are none of here.
NONE_HERE: Final = ("ddh", "ddhcluster")


#: How the published ids begin, and how many characters follow.
_ID_BEGINS: Final = "rg-acfm"
_ID_LENGTH: Final = 11


class ResourceGroup(NamedTuple):
    """A resource group.

    Attributes:
        name: unique in its account.
        created: in milliseconds.
    """

    id: str
    name: str
    display_name: str
    created: int


class ResourceGroups:
    """The resource groups of an account, by id; the first is the default one.

    Args:
        region: any of the cloud.
    """

    def __init__(self, region: RegionState) -> None:
        self._region = region
        self._groups: dict[str, ResourceGroup] = {}
        self.default: Final = self.add("default", "default")

    def add(self, name: str, display_name: str) -> ResourceGroup:
        """Make a group."""
        region, now = self._region, self._region.clock.now
        made = ResourceGroup(_ID_BEGINS + region.world.resource_id("rg")[-_ID_LENGTH:], name, display_name, now)
        self._groups[made.id] = made
        return made

    @property
    def all(self) -> Mapping[str, ResourceGroup]:
        """All of them by id, in the order in which they were made."""
        return self._groups


class _OfAccounts(dict[str, ResourceGroups]):
    """The groups of the accounts of a cloud, which its regions share."""


def groups_of(region: RegionState, account: str) -> ResourceGroups:
    """The resource groups of an account."""
    kept = region.first.part(_OfAccounts)
    if account not in kept:
        kept[account] = ResourceGroups(region)
    return kept[account]


def check_group(region: RegionState, account: AccountState, group: str | None) -> None:
    """Refuse a group that there is not; none at all is fine.

    Raises:
        ApiError: `InvalidResourceGroup.NotFound` (instance/unknown-resource-group, instance/resource-group).
    """
    if group is not None and group not in groups_of(region, account.id).all:
        raise ApiError("InvalidResourceGroup.NotFound")


def kept_group(region: RegionState, account: AccountState, group: str | None) -> str:
    """The id under which a resource of ECS is put into a group that a call names: empty for the default one, and where
    none is named, as listings show it (instance/default-resource-group).

    Raises:
        ApiError: there is no such group.
    """
    check_group(region, account, group)
    return "" if group in (None, groups_of(region, account.id).default.id) else str(group)


def put_in_group(region: RegionState, account: AccountState, options: Options) -> Options:
    """The options of a launch that names a group, with the group as it is kept."""
    kept = kept_group(region, account, options.resource_group_id)
    return options._replace(resource_group_id=kept, launch_group=kept)
