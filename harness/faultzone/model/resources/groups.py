"""Moving resources between resource groups: instances with their disks and network cards, security groups, templates.

An instance, its disks and its network cards are in the group that the launch says (instance/resource-group); each is
moved by itself.
Source: API reference 2026-10, JoinResourceGroup.
"""

from __future__ import annotations

from typing import Final

from faultzone.api.ecs.groups import JoinResourceGroup
from faultzone.api.errors import ApiError
from faultzone.model.core import resource_groups
from faultzone.model.core.cards import change, find_card
from faultzone.model.core.dispatch import Answer, handles
from faultzone.model.core.free_disks import Disks, find_disk
from faultzone.model.core.key_pairs import KeyPairs
from faultzone.model.core.resource_groups import kept_group
from faultzone.model.core.state import AccountState, RegionState


@handles(JoinResourceGroup)
def join_resource_group(region: RegionState, account: AccountState, request: JoinResourceGroup) -> Answer:
    """JoinResourceGroup: by kind and id (instance/join-resource-group)."""
    kind = request.resource_type
    kept = kept_group(region, account, request.resource_group_id)
    if kind in resource_groups.NONE_HERE:
        raise ApiError("InvalidResourceId.NotFound")
    if kind not in resource_groups.JOINS:
        raise ApiError("InvalidResourceType.NotFound")
    resource_groups.JOINS[kind](region, account, request.resource_id, kept)
    return {}


def _instance(region: RegionState, account: AccountState, id: str, group: str) -> None:
    instance = account.instances.get(id)
    if instance is None:
        raise ApiError("InvalidResourceId.NotFound")
    region.change(instance, "options", instance.options._replace(resource_group_id=group))


def _disk(region: RegionState, account: AccountState, id: str, group: str) -> None:
    free = account.part(Disks).free.get(id)
    if free is not None:
        free.group = group
        return
    found = find_disk(account, id)
    if found is None:
        raise ApiError("InvalidResourceId.NotFound")
    instance, _ = found
    moved = {**instance.options.moved_parts, id: group}
    region.change(instance, "options", instance.options._replace(moved_parts=moved))


def _card(region: RegionState, account: AccountState, id: str, group: str) -> None:
    found = find_card(account, id)
    if found is None:
        raise ApiError("InvalidResourceId.NotFound")
    change(region, account, found, group=group)


def _security_group(region: RegionState, account: AccountState, id: str, group: str) -> None:
    found = account.security_groups.get(id)
    if found is None:
        raise ApiError("InvalidResourceId.NotFound")
    found.resource_group_id = group


def _key_pair(region: RegionState, account: AccountState, id: str, group: str) -> None:
    found = account.part(KeyPairs).all.get(id)
    if found is None:
        raise ApiError("InvalidResourceId.NotFound")
    found.resource_group_id = group


JOINS: Final[dict[str, resource_groups.Join]] = {
    "instance": _instance,
    "disk": _disk,
    "eni": _card,
    "securitygroup": _security_group,
    "launchtemplate": resource_groups.moves(lambda account: account.launch_templates),
    "keypair": _key_pair,
}
