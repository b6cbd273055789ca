"""Deployment sets: joining one and moving between them. Manual, 1.1; API reference, ModifyInstanceDeployment."""

from __future__ import annotations

from functools import partial

import pytest

from faultzone import Instance, Region, assert_refused, assert_strictly_spread
from faultzone_specs.deployment_sets import (
    NO_SUCH_SET,
    assert_joined,
    assert_members,
    attempt,
    full_zone,
    limits,
    neighbour,
    refused,
)

clause, needs = pytest.mark.clause, pytest.mark.needs
by_limit = limits("deployment-set/zone-limit", "deployment-set/zone-limit-20")
one_zone = pytest.mark.region(zones=1, hosts_per_zone=3)
one_host = pytest.mark.region(zones=1, hosts_per_zone=1)

STOPS = ["KeepCharging", "StopCharging"]


@clause("deployment-set/modify-instance")
def test_an_instance_joins_a_set_and_moves_to_another(region: Region) -> None:
    """Only the set that it came to last lists it."""
    first, second = region.create_deployment_set(), region.create_deployment_set()
    (instance,) = region.run_instances(1)
    first.add(instance)
    assert_joined(first, instance)
    assert_members(first, [instance])
    second.add(instance)
    assert_joined(second, instance)
    assert_members(second, [instance])
    assert_members(first, [])


@clause("deployment-set/modify-instance")
def test_the_others_stay_where_they_are(region: Region) -> None:
    """One of two members moves."""
    first, second = region.create_deployment_set(), region.create_deployment_set()
    members = region.run_instances(2, deployment_set=first)
    second.add(members[0], force=True)
    assert_members(first, members[1:])
    assert_members(second, members[:1])
    region.wait_until_all(members, "Running")


@clause("deployment-set/modify-instance")
def test_a_set_whose_members_have_moved_can_be_deleted(region: Region) -> None:
    """The one that they came to cannot."""
    first, second = region.create_deployment_set(), region.create_deployment_set()
    (instance,) = region.run_instances(1, deployment_set=first)
    second.add(instance)
    first.delete()
    assert_refused("DependencyViolation.NotEmpty", second.delete)


@clause("deployment-set/modify-instance-keeps-host")
@one_zone
@needs("see-hosts", "shape-region")
@pytest.mark.parametrize("explicit", [True, False])
def test_without_force_a_host_that_suits_is_kept(region: Region, explicit: bool) -> None:
    """And the instance goes on running."""
    deployment_set = region.create_deployment_set()
    (first,) = region.run_instances(1, deployment_set=deployment_set)
    other = next(each for each in region.run_instances(3) if each.host != first.host)
    before = (other.host, other.describe()["StartTime"])
    region.call(
        "ModifyInstanceDeployment",
        InstanceId=other.id,
        DeploymentSetId=deployment_set.id,
        Force=False if explicit else None,
    )
    assert_members(deployment_set, [first, other])
    assert other.status == "Running"
    assert (other.host, other.describe()["StartTime"]) == before


@clause("deployment-set/modify-instance-keeps-host")
@one_zone
@needs("see-hosts", "shape-region")
@pytest.mark.parametrize("stopped", [True, False])
def test_without_force_a_host_that_does_not_suit_is_no_reason_to_move(region: Region, stopped: bool) -> None:
    """Neither host nor set changes."""
    deployment_set, origin = region.create_deployment_set(), region.create_deployment_set()
    (first,) = region.run_instances(1, deployment_set=deployment_set)
    other = neighbour(region, first)
    origin.add(other)
    if stopped:
        other.stop(StoppedMode="KeepCharging")
    before = (other.host, other.describe())
    assert_refused("DeploymentSet.ModificationFailed", lambda: deployment_set.add(other))
    assert (other.host, other.describe()) == before
    assert_members(deployment_set, [first])
    assert_members(origin, [other])


@clause("deployment-set/modify-instance-force")
@one_zone
@needs("see-hosts", "shape-region")
def test_with_force_a_running_instance_moves_and_runs_again(region: Region) -> None:
    """Off the host of another member, as who it was."""
    deployment_set = region.create_deployment_set()
    (first,) = region.run_instances(1, deployment_set=deployment_set)
    other = neighbour(region, first)
    identity = other.identity
    deployment_set.add(other, force=True)
    assert_members(deployment_set, [first, other])
    other.wait_until("Running")
    assert_strictly_spread([first, other])
    assert other.identity == identity


@clause("deployment-set/modify-instance-force")
@one_zone
@needs("see-hosts", "shape-region")
def test_with_force_a_stopped_instance_moves(region: Region) -> None:
    """It may be started for it."""
    deployment_set = region.create_deployment_set()
    (first,) = region.run_instances(1, deployment_set=deployment_set)
    other = neighbour(region, first)
    other.stop(StoppedMode="KeepCharging")
    deployment_set.add(other, force=True)
    region.wait(lambda: other.status in ("Stopped", "Running"), what=f"{other.id} settled")
    assert_members(deployment_set, [first, other])
    assert_strictly_spread([first, other])


@clause("deployment-set/modify-instance-force")
@one_zone
@needs("see-hosts", "shape-region")
def test_force_does_not_start_what_is_stopped_without_charge(region: Region) -> None:
    """Whether it may join is left open."""
    deployment_set = region.create_deployment_set()
    (first,) = region.run_instances(1, deployment_set=deployment_set)
    other = neighbour(region, first)
    other.stop(StoppedMode="StopCharging")
    if (refusal := attempt(lambda: deployment_set.add(other, force=True))) is None:
        assert_joined(deployment_set, other)
    else:
        assert refusal.status < 500
        assert other not in deployment_set.members
    region.hold(lambda: other.status == "Stopped" and other.host is None, during="5m", what=f"{other.id} Stopped")
    other.start()
    assert_strictly_spread(deployment_set.members)


@clause("deployment-set/modify-instance-force")
@one_host
@needs("shape-region")
def test_force_does_not_help_where_there_is_no_other_host(region: Region) -> None:
    """Nothing changes."""
    deployment_set = region.create_deployment_set()
    region.run_instances(1, deployment_set=deployment_set)
    (other,) = region.run_instances(1)
    before = other.describe()
    refused(lambda: deployment_set.add(other, force=True))
    assert other.describe() == before
    assert other not in deployment_set.members


@clause("deployment-set/modify-instance-state")
@pytest.mark.parametrize("force", [True, False])
def test_an_instance_that_is_being_made_cannot_join(region: Region, force: bool) -> None:
    """Once it runs it can."""
    deployment_set = region.create_deployment_set()
    (instance,) = region.run_instances(1, wait=False)
    _refused_for_its_state(region, instance, "Pending", force)
    instance.wait_until("Running")
    deployment_set.add(instance)
    assert_members(deployment_set, [instance])


@clause("deployment-set/modify-instance-state")
def test_an_instance_between_states_cannot_join(region: Region) -> None:
    """Neither on its way down nor on its way up."""
    (instance,) = region.run_instances(1)
    instance.stop(wait=False, StoppedMode="KeepCharging")
    _refused_for_its_state(region, instance, "Stopping")
    instance.wait_until("Stopped").start(wait=False)
    _refused_for_its_state(region, instance, "Starting")


def _refused_for_its_state(region: Region, instance: Instance, status: str, force: bool = False) -> None:
    """The instance cannot join a set, if the state is seen at all."""
    deployment_set = region.create_deployment_set()
    refusal = attempt(lambda: deployment_set.add(instance, force=force))
    if refusal is None and not region.supports("move-time") and instance.status != status:
        return
    assert refusal is not None, f"{status}, and yet taken in"
    assert refusal.code == "IncorrectInstanceStatus"
    assert_members(deployment_set, [])
    deployment_set.delete()


@clause("deployment-set/modify-instance-state")
@pytest.mark.parametrize("mode", [None, "KeepCharging"])
def test_running_and_stopped_instances_can_join(region: Region, mode: str | None) -> None:
    """And stay in their state."""
    deployment_set = region.create_deployment_set()
    (instance,) = region.run_instances(1)
    if mode is not None:
        instance.stop(StoppedMode=mode)
    status = instance.status
    deployment_set.add(instance)
    assert_members(deployment_set, [instance])
    assert instance.status == status


@clause("deployment-set/modify-instance-full")
@by_limit
def test_a_set_that_is_full_takes_nobody_in(region: Region, limit: int) -> None:
    """By force neither."""
    deployment_set = region.create_deployment_set()
    members, zone = full_zone(region, deployment_set, limit)
    (other,) = region.run_instances(1, zone=zone)
    for force in (False, True):
        assert_refused("DeploymentSet.InstanceLimitExceeded", partial(deployment_set.add, other, force=force))
    assert_members(deployment_set, members)
    assert not other.describe()["DeploymentSetId"]


@clause("deployment-set/modify-instance-unknown-set")
def test_an_instance_cannot_join_what_does_not_exist(region: Region) -> None:
    """And stays where it is."""
    deployment_set = region.create_deployment_set()
    (instance,) = region.run_instances(1, deployment_set=deployment_set)
    to_nowhere = {"InstanceId": instance.id, "DeploymentSetId": NO_SUCH_SET}
    assert_refused("DeploymentSet.InvalidId", lambda: region.call("ModifyInstanceDeployment", **to_nowhere))
    assert_members(deployment_set, [instance])


@clause("deployment-set/modify-instance-unknown-set")
def test_what_does_not_exist_cannot_join(region: Region) -> None:
    """An id that nobody has."""
    deployment_set = region.create_deployment_set()
    nobody = region.instance("i-nosuchinstance000000")
    assert_refused("InvalidInstanceId.NotFound", lambda: deployment_set.add(nobody))
    assert_members(deployment_set, [])


@clause("deployment-set/remove-instance")
@needs("shape-region")
@pytest.mark.parametrize("mode", [None, *STOPS])
def test_an_instance_leaves_its_set(region: Region, mode: str | None) -> None:
    """In its state and without being stopped."""
    deployment_set = region.create_deployment_set()
    member, other = region.run_instances(2, deployment_set=deployment_set)
    if mode is not None:
        member.stop(StoppedMode=mode)
    status = member.status
    _remove(region, member, deployment_set.id)
    assert_members(deployment_set, [other])
    assert not member.describe()["DeploymentSetId"]
    assert member.status == status


@clause("deployment-set/remove-instance")
@needs("shape-region")
def test_only_a_member_leaves_a_set(region: Region) -> None:
    """One of no set, of another set, and a set that does not exist."""
    deployment_set, other = region.create_deployment_set(), region.create_deployment_set()
    (member,) = region.run_instances(1, deployment_set=deployment_set)
    (stranger,) = region.run_instances(1)
    for instance, set_id in ((stranger, deployment_set.id), (member, other.id), (member, NO_SUCH_SET)):
        refused(partial(_remove, region, instance, set_id))
    assert_members(deployment_set, [member])
    assert_members(other, [])


def _remove(region: Region, instance: Instance, set_id: str) -> None:
    """Take an instance out of a set."""
    region.call(
        "ModifyInstanceDeployment", InstanceId=instance.id, DeploymentSetId=set_id, RemoveFromDeploymentSet=True
    )
