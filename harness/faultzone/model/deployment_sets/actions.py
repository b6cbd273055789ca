"""Deployment sets: their own life, and how instances come into them and move between them.

Source: manual, chapter 1; API reference, chapter "Deployment sets".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
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
from faultzone.model.core.dispatch import Answer, handles
from faultzone.model.core.hosts import Host
from faultzone.model.core.listing import like, listing
from faultzone.model.core.state import RUNNING, AccountState, DeploymentSet, Instance, RegionState

#: Values that all mean the one strategy (deployment-set/strategy-parameter), and those of the retired parameters
#: (deployment-set/retired-parameters); the misspelling is in the published example.
_STRATEGY = frozenset({"Availability", "StrictDispersion"})
_DOMAIN = frozenset({"default", "defalut"})
_GRANULARITY = frozenset({"host"})


@handles(CreateDeploymentSet)
def create_deployment_set(region: RegionState, account: AccountState, request: CreateDeploymentSet) -> Answer:
    """CreateDeploymentSet (deployment-set/strategy, deployment-set/sets-per-region, deployment-set/id-form)."""
    strategies = region.edition.deployment_set.strategies
    _check_retired(request, request.strategy, request.deployment_strategy, known=strategies)
    _check_texts(region, request.deployment_set_name, request.description)
    earlier = account.tokens.replay("CreateDeploymentSet", request.client_token, request.given)
    if earlier is not None:
        return earlier
    if len(account.deployment_sets) >= region.rules.sets_limit():
        raise ApiError("DEPLOYMENTSET.QUOTA_FULL")
    group = DeploymentSet(
        id=region.world.resource_id("ds"),
        name=request.deployment_set_name or "",
        description=request.description or "",
        strategy=strategies[0],
        on_unable=request.on_unable,
        created=region.clock.now,
    )
    account.deployment_sets[group.id] = group
    answer = {"DeploymentSetId": group.id}
    return account.tokens.remember("CreateDeploymentSet", request.client_token, request.given, answer)


def _check_retired(
    request: CreateDeploymentSet | DescribeDeploymentSets, *strategies: str | None, known: Iterable[str] = ()
) -> None:
    """Refuse another value of a retired parameter than the one that it has.

    Clauses: deployment-set/strategy-parameter, deployment-set/retired-parameters.
    """
    for strategy in strategies:
        if strategy not in (None, *known, *_STRATEGY):
            raise ApiError("InvalidParameter.Strategy")
    if request.domain is not None and request.domain.lower() not in _DOMAIN:
        raise ApiError("InvalidParameter.Domain")
    if request.granularity is not None and request.granularity.lower() not in _GRANULARITY:
        raise ApiError("InvalidParameter.granularity")


def _check_texts(region: RegionState, name: str | None, description: str | None) -> None:
    rules, edition = region.rules, region.edition.deployment_set
    if name is not None and not rules.set_name_is_valid(name):
        raise ApiError("InvalidDeploymentSetName.Malformed")
    if description is not None and not rules.description_is_valid(description, edition.description_length):
        raise ApiError("InvalidDescription.Malformed")


def _group(account: AccountState, set_id: str, code: str) -> DeploymentSet:
    group = account.deployment_sets.get(set_id)
    if group is None:
        raise ApiError(code)
    return group


@handles(DescribeDeploymentSets)
def describe_deployment_sets(region: RegionState, account: AccountState, request: DescribeDeploymentSets) -> Answer:
    """DescribeDeploymentSets: filtered, paged, with members (deployment-set/describe)."""
    r = request
    _check_retired(r, r.strategy)
    found = list(reversed(account.deployment_sets.values()))
    if r.deployment_set_ids is not None:
        found = [group for group in found if group.id in r.deployment_set_ids]
    if r.deployment_set_name is not None:
        found = [group for group in found if like(r.deployment_set_name, group.name)]
    if r.network_type == "classic":
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
            "Type": "host",
            "Affinity": 1,
            "Capacities": {"Capacity": list(_capacities(region, group))},
        }
    return shown


def _capacities(region: RegionState, group: DeploymentSet) -> Iterator[dict[str, Any]]:
    """How many members each zone has that has some, and how many more it may have."""
    for zone in sorted({member.zone for member in group.members.values()}):
        used = region.rules.members_in_zone(group, zone)
        left = max(0, region.rules.zone_limit() - used)
        yield {"ZoneId": region.zone_ids[zone], "UsedAmount": used, "AvailableAmount": left}


@handles(ModifyDeploymentSetAttribute)
def modify_deployment_set(region: RegionState, account: AccountState, request: ModifyDeploymentSetAttribute) -> Answer:
    """ModifyDeploymentSetAttribute: name and description.

    Clauses: deployment-set/modify-attributes, deployment-set/modify-unknown-set.
    """
    group = _group(account, request.deployment_set_id, "InvalidDeploymentSetId.NotFound")
    _check_texts(region, request.deployment_set_name, request.description)
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
def modify_instance_deployment(region: RegionState, account: AccountState, request: ModifyInstanceDeployment) -> Answer:
    """ModifyInstanceDeployment: join a set, move between sets or, in later editions, leave one.

    Only Force may change the host (deployment-set/modify-instance, deployment-set/modify-instance-force,
    deployment-set/modify-instance-unknown-set, deployment-set/remove-instance).
    """
    instance = account.instance(request.instance_id)
    if request.deployment_set_id is None:
        if request.dedicated_host_id is not None:
            raise ApiError("InvalidDedicatedHostId.NotFound")
        raise ApiError.of("MissingParameter", name="DeploymentSetId")
    group = _group(account, request.deployment_set_id, "DeploymentSet.InvalidId")
    if request.remove:
        if instance.group is not group:
            raise ApiError.of("InvalidParameter", name="InstanceId", why="it is not in this deployment set")
        _leave(region, instance)
        return {}
    _check_joining(region, instance, group, request)
    if instance.group is not group:
        _join(region, instance, group, _host_in(region, instance, group, request.force))
    return {}


def _check_joining(
    region: RegionState, instance: Instance, group: DeploymentSet, request: ModifyInstanceDeployment
) -> None:
    """Every check of an instance that is to join a set but the one for a host.

    Clauses: deployment-set/modify-instance-state, deployment-set/modify-instance-full.
    """
    rules = region.rules
    if request.dedicated_host_id is not None and not rules.set_on_dedicated_host():
        raise ApiError("InvalidDeploymentOnHost")
    if instance.status not in region.edition.deployment_set.modify_from:
        raise ApiError("IncorrectInstanceStatus")
    if not rules.family_in_set(instance.kind):
        raise ApiError("InvalidInstanceType.NotSupported")
    if instance.options.spot_strategy != "NoSpot" and not rules.spot_in_set():
        raise ApiError.of("InvalidParameter.Conflict", why="a deployment set cannot hold spot instances")
    if instance.group is group:
        return
    full = rules.members_in_zone(group, instance.zone) >= rules.zone_limit()
    if full or len(group.members) >= rules.region_limit(len(region.zone_ids)):
        raise ApiError("DeploymentSet.InstanceLimitExceeded")


def _host_in(region: RegionState, instance: Instance, group: DeploymentSet, force: bool) -> Host | None:
    """The host that the instance has as a member: its own where the set accepts it, another where it may change.

    One that is stopped without charge has none, and gets one that suits the set when it starts.

    Raises:
        ApiError: `DeploymentSet.ModificationFailed`.
    """
    rules, here, others = region.rules, instance.host, group.hosts()
    if here is None or here.index not in rules.hosts_to_avoid(others, instance):
        return here
    host = None
    # What ran on a host that is lost cannot be shut down there; it moves when it is recovered.
    if rules.host_may_change(force) and not instance.impaired:
        host = placement.choose(
            region, instance.account, instance.kind, instance.zone, others, leaving=here, member=instance
        )
    if host is None:
        raise ApiError("DeploymentSet.ModificationFailed")
    return host


def _join(region: RegionState, instance: Instance, group: DeploymentSet, host: Host | None) -> None:
    """Make the instance a member, on that host; a running one that changes host is restarted there."""
    _leave(region, instance)
    region.change(instance, "group", group)
    group.members[instance.id] = instance
    here = None if instance.host is None else instance.host.id
    region.record("notice", instance=instance.id, what="membership", deployment_set=group.id, host=here)
    if host is None or host is instance.host:
        return
    if instance.status == RUNNING:
        transitions.halt(region, instance, then="start", force=False)
    placement.relocate(region, instance, host, plans=events.AVOIDED)


def _leave(region: RegionState, instance: Instance) -> None:
    """Take the instance out of the set that it is in, if any."""
    if instance.group is not None:
        del instance.group.members[instance.id]
        region.change(instance, "group", None)


@handles(DescribeDeploymentSetSupportedInstanceTypeFamily)
def describe_supported_families(
    region: RegionState, account: AccountState, request: DescribeDeploymentSetSupportedInstanceTypeFamily
) -> Answer:
    """DescribeDeploymentSetSupportedInstanceTypeFamily: the families of deployment-set/families."""
    if request.strategy not in (None, *_STRATEGY):
        raise ApiError("InvalidParameter.Strategy")
    return {"InstanceTypeFamilies": ",".join(sorted(region.edition.deployment_set.families))}
