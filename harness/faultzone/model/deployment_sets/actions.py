"""Deployment sets: their own life, and how instances come into them and move between them.

Source: manual, chapter 1; API reference, chapter "Deployment sets".
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from faultzone.api.answer import CURRENT
from faultzone.api.ecs.deployment_sets import (
    CreateDeploymentSet,
    DeleteDeploymentSet,
    DescribeDeploymentSets,
    DescribeDeploymentSetSupportedInstanceTypeFamily,
    ModifyDeploymentSetAttribute,
    ModifyInstanceDeployment,
)
from faultzone.api.errors import ApiError
from faultzone.clock import stamp
from faultzone.model.core import events, placement, transitions
from faultzone.model.core.client_tokens import once
from faultzone.model.core.dispatch import Answer, handles
from faultzone.model.core.excluded import check_excluded
from faultzone.model.core.hosts import Host
from faultzone.model.core.listing import like, listing
from faultzone.model.core.seats import AVAILABILITY, GROUPS, check_group_number, emptiest_groups, hosts_to_avoid, seat
from faultzone.model.core.state import RUNNING, AccountState, DeploymentSet, Instance, RegionState

#: Values of the retired parameters (deployment-set/retired-parameters); the misspelling is in the published example.
_DOMAIN = frozenset({"default", "defalut"})
_GRANULARITY = frozenset({"host"})


@handles(CreateDeploymentSet)
@once
def create_deployment_set(region: RegionState, account: AccountState, request: CreateDeploymentSet) -> Answer:
    """CreateDeploymentSet: of one strategy, with what that has (deployment-set/strategy, deployment-set/strategies,
    deployment-set/sets-per-region, deployment-set/id-form, deployment-set/group-count)."""
    strategies = [_strategy(region, each) for each in (request.strategy, request.deployment_strategy)]
    strategy = strategies[0] or strategies[1] or region.edition.deployment_set.strategies[0]
    _check_retired(region, request)
    check_excluded(region, request)
    name = request.deployment_set_name
    if name is not None and not region.rules.set_name_is_valid(name):
        raise ApiError("InvalidDeploymentSetName.Malformed")
    _check_description(region, request.description)
    if len(account.deployment_sets) >= region.rules.sets_limit():
        raise ApiError("DEPLOYMENTSET.QUOTA_FULL")
    group = DeploymentSet(
        id=region.world.resource_id("ds"),
        name=name or "",
        description=request.description or "",
        strategy=strategy,
        on_unable=request.on_unable,
        created=region.clock.now,
        apart_by=request.apart_by,
        affinity=request.affinity,
        group_count=request.group_count if strategy == GROUPS else 0,
    )
    account.deployment_sets[group.id] = group
    return {"DeploymentSetId": group.id}


def _strategy(region: RegionState, said: str | None) -> str | None:
    """The strategy that a parameter names, None for none.

    Raises:
        ApiError: `InvalidParameter.Strategy` (deployment-set/strategy-parameter).
    """
    edition = region.edition.deployment_set
    if said in edition.old_strategies:
        return edition.strategies[0]
    if said is not None and said not in edition.strategies:
        raise ApiError("InvalidParameter.Strategy")
    return said


def _check_retired(region: RegionState, request: CreateDeploymentSet | DescribeDeploymentSets) -> None:
    """Refuse another value of a retired parameter than the one that it has, until both are ignored.

    Clauses: deployment-set/retired-parameters, deployment-set/retired-ignored.
    """
    if region.edition.deployment_set.retired_ignored:
        return
    if request.domain is not None and request.domain.lower() not in _DOMAIN:
        raise ApiError("InvalidParameter.Domain")
    if request.granularity is not None and request.granularity.lower() not in _GRANULARITY:
        raise ApiError("InvalidParameter.granularity")


def _check_description(region: RegionState, description: str | None) -> None:
    length = region.edition.deployment_set.description_length
    if description is not None and not region.rules.description_is_valid(description, length):
        raise ApiError("InvalidDescription.Malformed")


def _group(account: AccountState, set_id: str, code: str) -> DeploymentSet:
    group = account.deployment_sets.get(set_id)
    if group is None:
        raise ApiError(code)
    return group


@handles(DescribeDeploymentSets)
def describe_deployment_sets(region: RegionState, account: AccountState, request: DescribeDeploymentSets) -> Answer:
    """DescribeDeploymentSets: filtered, paged, with members.

    Clauses: deployment-set/describe, deployment-set/describe-today, deployment-set/page-size-50.
    """
    r = request
    strategy = _strategy(region, r.strategy)
    _check_retired(region, r)
    found = list(reversed(account.deployment_sets.values()))
    if strategy is not None:
        found = [group for group in found if group.strategy == strategy]
    if r.apart_by is not None:
        found = [group for group in found if group.apart_by == r.apart_by]
    if r.deployment_set_ids is not None:
        found = [group for group in found if group.id in r.deployment_set_ids]
    if r.deployment_set_name is not None:
        found = [group for group in found if like(r.deployment_set_name, group.name)]
    if r.network_type == "classic" and not region.edition.deployment_set.retired_ignored:
        found = []
    return listing("DeploymentSets", "DeploymentSet", found, r, partial(_render, region, account), RegionId=region.id)


def _render(region: RegionState, account: AccountState, group: DeploymentSet) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "DeploymentSetId": group.id,
        "DeploymentSetName": group.name,
        "DeploymentSetDescription": group.description,
        "DeploymentStrategy": group.strategy,
        "Strategy": group.strategy,
        "Domain": "default",
        "Granularity": "host",
        "InstanceAmount": len(group.members),
        "InstanceIds": {"InstanceId": list(group.members)},
        "CreationTime": stamp(group.created),
    }
    if region.edition.has(CURRENT):
        shown |= {
            "AccountId": int(account.id),
            "Type": group.apart_by,
            "Affinity": group.affinity,
            "Capacities": {"Capacity": list(_capacities(region, group))},
        }
        if group.group_count:
            shown["GroupCount"] = group.group_count
    return shown


def _capacities(region: RegionState, group: DeploymentSet) -> Iterator[dict[str, Any]]:
    """How many members each zone has that has some, and how many more it may have (deployment-set/capacities)."""
    for zone in sorted({member.zone for member in group.members.values()}):
        used = region.rules.members_in_zone(group, zone)
        left = max(0, region.rules.room_in_set(group, zone, len(region.zone_ids)))
        yield {"ZoneId": region.zone_ids[zone], "UsedAmount": used, "AvailableAmount": left}


@handles(ModifyDeploymentSetAttribute)
def modify_deployment_set(region: RegionState, account: AccountState, request: ModifyDeploymentSetAttribute) -> Answer:
    """ModifyDeploymentSetAttribute: name and description, in later editions the affinity.

    Clauses: deployment-set/modify-attributes, deployment-set/modify-unknown-set, deployment-set/rename-rule,
    deployment-set/affinity-change.
    """
    group = _group(account, request.deployment_set_id, "InvalidDeploymentSetId.NotFound")
    rules, name, affinity = region.rules, request.deployment_set_name, request.affinity
    if name is not None and not rules.set_rename_is_valid(name):
        raise ApiError("InvalidDeploymentSetName.Malformed")
    _check_description(region, request.description)
    if affinity is not None:
        if group.strategy != AVAILABILITY:
            raise ApiError.of("InvalidParameter", name="Affinity", why="it is for the strategy Availability alone")
        if not rules.may_change_affinity(group, affinity):
            raise ApiError("DependencyViolation.NotEmpty")
        group.affinity = affinity
    if request.deployment_set_name is not None:
        group.name = request.deployment_set_name
    if request.description is not None:
        group.description = request.description
    return {}


@handles(DeleteDeploymentSet)
def delete_deployment_set(region: RegionState, account: AccountState, request: DeleteDeploymentSet) -> Answer:
    """DeleteDeploymentSet: an empty one (deployment-set/delete-empty-only, deployment-set/delete-unknown)."""
    group = _group(account, request.deployment_set_id, "InvalidDeploymentSetId.NotFound")
    if not region.rules.set_is_deletable(group):
        raise ApiError("DependencyViolation.NotEmpty")
    del account.deployment_sets[group.id]
    for member in group.members.values():
        region.change(member, "group", None)
    return {}


@handles(ModifyInstanceDeployment)
@once
def modify_instance_deployment(region: RegionState, account: AccountState, request: ModifyInstanceDeployment) -> Answer:
    """ModifyInstanceDeployment: join a set, move between sets or, in later editions, between groups, or leave one.

    Only Force may change the host (deployment-set/modify-instance, deployment-set/modify-instance-force,
    deployment-set/modify-instance-unknown-set, deployment-set/remove-instance).
    """
    instance = account.instance(request.instance_id)
    check_excluded(region, request)
    if request.deployment_set_id is None:
        if request.dedicated_host_id is not None:
            raise ApiError("InvalidDedicatedHostId.NotFound")
        if request.tenancy is not None:  # The region is to choose a dedicated host, and there is none.
            raise ApiError("OperationDenied.NoStock")
        raise ApiError.of("MissingParameter", name="DeploymentSetId")
    group = _group(account, request.deployment_set_id, "DeploymentSet.InvalidId")
    if request.remove:
        if instance.group is not group:
            raise ApiError.of("InvalidParameter", name="InstanceId", why="it is not in this deployment set")
        if instance.status not in region.edition.deployment_set.leave_from:
            raise ApiError("IncorrectInstanceStatus")
        _leave(region, instance)
        return {}
    _check_joining(region, instance, group, request)
    numbers = _groups_to_join(region, instance, group, request.group_number)
    if instance.group is not group or group.number(instance) not in numbers:
        host, number = _host_in(region, instance, group, numbers, request.force)
        _join(region, instance, group, number, host)
    return {}


def _check_joining(
    region: RegionState, instance: Instance, group: DeploymentSet, request: ModifyInstanceDeployment
) -> None:
    """Every check of an instance that is to join a set but the one for a host.

    Clauses: deployment-set/modify-instance-state, deployment-set/modify-instance-full,
    deployment-set/low-latency-one-zone.
    """
    rules = region.rules
    if request.dedicated_host_id is not None and not rules.set_on_dedicated_host():
        raise ApiError("InvalidDeploymentOnHost")
    if instance.status not in region.edition.deployment_set.modify_from:
        raise ApiError("IncorrectInstanceStatus")
    if not rules.family_in_set(instance.kind, group.strategy):
        raise ApiError("InvalidInstanceType.NotSupported")
    if instance.options.spot_strategy != "NoSpot" and not rules.spot_in_set():
        raise ApiError.of("InvalidParameter.Conflict", why="a deployment set cannot hold spot instances")
    check_group_number(group, request.group_number)
    if instance.group is group:
        return
    if rules.room_in_set(group, instance.zone, len(region.zone_ids)) <= 0:
        raise ApiError("DeploymentSet.InstanceLimitExceeded")
    if not rules.zone_in_set(group, instance.zone):
        raise ApiError("DeploymentSet.ModificationFailed")


def _groups_to_join(region: RegionState, instance: Instance, group: DeploymentSet, number: int | None) -> Sequence[int]:
    """The groups that an instance may come into: the one of this number, else the emptiest; it stays where it is, if it
    is in one of them.

    Clauses: deployment-set/group-number, deployment-set/group-respread.

    Raises:
        ApiError: `DeploymentSet.InstanceLimitExceeded`.
    """
    if number is None:
        return emptiest_groups(region, group, instance.zone, without=instance)
    there = instance.group is group and group.number(instance) == number
    if not there and region.rules.room_in_group(group, instance.zone, number) <= 0:
        raise ApiError("DeploymentSet.InstanceLimitExceeded")
    return [number]


def _host_in(
    region: RegionState, instance: Instance, group: DeploymentSet, numbers: Sequence[int], force: bool
) -> tuple[Host | None, int]:
    """The host that the instance has as a member of one of these groups, and the group: its own host where the set
    accepts it, another where it may change.

    One that is stopped without charge has none, and gets one that suits the set when it starts.

    Raises:
        ApiError: `DeploymentSet.ModificationFailed`.
    """
    here = instance.host
    seats = {number: seat(region, group, number, without=instance) for number in numbers}
    for number, place in seats.items():
        if here is None or here.index not in hosts_to_avoid(region, place, instance):
            return here, number
    # What ran on a host that is lost cannot be shut down there; it moves when it is recovered. What has local disks
    # moves as well (deployment-set/force-moves-local-disks).
    if region.rules.host_may_change(force) and not instance.impaired:
        for number, place in seats.items():
            host = placement.choose(
                region, instance.account, instance.kind, instance.zone, place, leaving=here, member=instance
            )
            if host is not None:
                return host, number
    raise ApiError("DeploymentSet.ModificationFailed")


def _join(region: RegionState, instance: Instance, group: DeploymentSet, number: int, host: Host | None) -> None:
    """Make the instance a member, on that host; a running one that changes host is restarted there."""
    _leave(region, instance)
    region.change(instance, "group", group)
    group.enter(instance, number)
    here, spread = None if instance.host is None else instance.host.id, region.told_of_spread(instance)
    region.record("notice", instance=instance.id, what="membership", deployment_set=group.id, host=here, **spread)
    if host is None or host is instance.host:
        return
    if instance.status == RUNNING:
        transitions.halt(region, instance, then="start", force=False)
    placement.relocate(region, instance, host, plans=events.AVOIDED)


def _leave(region: RegionState, instance: Instance) -> None:
    """Take the instance out of the set that it is in, if any."""
    if instance.group is not None:
        instance.group.leave(instance)
        region.change(instance, "group", None)


@handles(DescribeDeploymentSetSupportedInstanceTypeFamily)
def describe_supported_families(
    region: RegionState, account: AccountState, request: DescribeDeploymentSetSupportedInstanceTypeFamily
) -> Answer:
    """DescribeDeploymentSetSupportedInstanceTypeFamily: the families that sets of a strategy may hold.

    Clauses: deployment-set/families, deployment-set/families-by-strategy.
    """
    strategy = _strategy(region, request.strategy) or AVAILABILITY
    return {"InstanceTypeFamilies": ",".join(sorted(region.rules.families_in_set(strategy)))}
