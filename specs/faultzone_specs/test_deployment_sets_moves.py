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
    neighbour,
    refused,
)

clause, needs = pytest.mark.clause, pytest.mark.needs
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
    group = region.create_deployment_set()
    (first,) = region.run_instances(1, deployment_set=group)
    other = next(each for each in region.run_instances(3) if each.host != first.host)
    before = (other.host, other.describe()["StartTime"])
    region.call(
        "ModifyInstanceDeployment",
        InstanceId=other.id,
        DeploymentSetId=group.id,
        Force=False if explicit else None,
    )
    assert_members(group, [first, other])
    assert other.status == "Running"
    assert (other.host, other.describe()["StartTime"]) == before


@clause("deployment-set/modify-instance-keeps-host")
@one_zone
@needs("see-hosts", "shape-region")
@pytest.mark.parametrize("stopped", [True, False])
def test_without_force_a_host_that_does_not_suit_is_no_reason_to_move(region: Region, stopped: bool) -> None:
    """Neither host nor set changes."""
    group, origin = region.create_deployment_set(), region.create_deployment_set()
    (first,) = region.run_instances(1, deployment_set=group)
    other = neighbour(region, first)
    origin.add(other)
    if stopped:
        other.stop(StoppedMode="KeepCharging")
    before = (other.host, other.describe())
    assert_refused("DeploymentSet.ModificationFailed", lambda: group.add(other))
    assert (other.host, other.describe()) == before
    assert_members(group, [first])
    assert_members(origin, [other])


@clause("deployment-set/modify-instance-force")
@one_zone
@needs("see-hosts", "shape-region")
def test_with_force_a_running_instance_moves_and_runs_again(region: Region) -> None:
    """Off the host of another member, as who it was."""
    group = region.create_deployment_set()
    (first,) = region.run_instances(1, deployment_set=group)
    other = neighbour(region, first)
    identity = other.identity
    group.add(other, force=True)
    assert_members(group, [first, other])
    other.wait_until("Running")
    assert_strictly_spread([first, other])
    assert other.identity == identity


@clause("deployment-set/modify-instance-force")
@one_zone
@needs("see-hosts", "shape-region")
def test_with_force_a_stopped_instance_moves(region: Region) -> None:
    """It may be started for it."""
    group = region.create_deployment_set()
    (first,) = region.run_instances(1, deployment_set=group)
    other = neighbour(region, first)
    other.stop(StoppedMode="KeepCharging")
    group.add(other, force=True)
    region.wait(lambda: other.status in ("Stopped", "Running"), what=f"{other.id} settled")
    assert_members(group, [first, other])
    assert_strictly_spread([first, other])


@clause("deployment-set/modify-instance-force")
@one_zone
@needs("see-hosts", "shape-region")
def test_force_does_not_start_what_is_stopped_without_charge(region: Region) -> None:
    """Whether it may join is left open."""
    group = region.create_deployment_set()
    (first,) = region.run_instances(1, deployment_set=group)
    other = neighbour(region, first)
    other.stop(StoppedMode="StopCharging")
    if (refusal := attempt(lambda: group.add(other, force=True))) is None:
        assert_joined(group, other)
    else:
        assert refusal.status < 500
        assert other not in group.members
    region.hold(lambda: other.status == "Stopped" and other.host is None, during="5m", what=f"{other.id} Stopped")
    other.start()
    assert_strictly_spread(group.members)


@clause("deployment-set/modify-instance-force")
@one_host
@needs("shape-region")
def test_force_does_not_help_where_there_is_no_other_host(region: Region) -> None:
    """Nothing changes."""
    group = region.create_deployment_set()
    region.run_instances(1, deployment_set=group)
    (other,) = region.run_instances(1)
    before = other.describe()
    refused(lambda: group.add(other, force=True))
    assert other.describe() == before
    assert other not in group.members


@clause("deployment-set/modify-instance-state")
@pytest.mark.parametrize("force", [True, False])
def test_an_instance_that_is_being_made_cannot_join(region: Region, force: bool) -> None:
    """Once it runs it can."""
    group = region.create_deployment_set()
    (instance,) = region.run_instances(1, wait=False)
    _refused_for_its_state(region, instance, "Pending", force)
    instance.wait_until("Running")
    group.add(instance)
    assert_members(group, [instance])


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
    group = region.create_deployment_set()
    refusal = attempt(lambda: group.add(instance, force=force))
    if refusal is None and not region.supports("move-time") and instance.status != status:
        return
    assert refusal is not None, f"{status}, and yet taken in"
    assert refusal.code == "IncorrectInstanceStatus"
    assert_members(group, [])
    group.delete()


@clause("deployment-set/modify-instance-state")
@pytest.mark.parametrize("mode", [None, "KeepCharging"])
def test_running_and_stopped_instances_can_join(region: Region, mode: str | None) -> None:
    """And stay in their state."""
    group = region.create_deployment_set()
    (instance,) = region.run_instances(1)
    if mode is not None:
        instance.stop(StoppedMode=mode)
    status = instance.status
    group.add(instance)
    assert_members(group, [instance])
    assert instance.status == status


@clause("deployment-set/modify-instance-full")
def test_a_set_that_is_full_takes_nobody_in(region: Region) -> None:
    """By force neither."""
    group = region.create_deployment_set()
    members, zone = full_zone(region, group)
    (other,) = region.run_instances(1, zone=zone)
    for force in (False, True):
        assert_refused("DeploymentSet.InstanceLimitExceeded", partial(group.add, other, force=force))
    assert_members(group, members)
    assert not other.describe()["DeploymentSetId"]


@clause("deployment-set/modify-instance-unknown-set")
def test_an_instance_cannot_join_what_does_not_exist(region: Region) -> None:
    """And stays where it is."""
    group = region.create_deployment_set()
    (instance,) = region.run_instances(1, deployment_set=group)
    to_nowhere = {"InstanceId": instance.id, "DeploymentSetId": NO_SUCH_SET}
    assert_refused("DeploymentSet.InvalidId", lambda: region.call("ModifyInstanceDeployment", **to_nowhere))
    assert_members(group, [instance])


@clause("deployment-set/modify-instance-unknown-set")
def test_what_does_not_exist_cannot_join(region: Region) -> None:
    """An id that nobody has."""
    group = region.create_deployment_set()
    nobody = region.instance("i-nosuchinstance000000")
    assert_refused("InvalidInstanceId.NotFound", lambda: group.add(nobody))
    assert_members(group, [])


@clause("deployment-set/remove-instance")
@pytest.mark.region(edition="2020-12")
@needs("shape-region")
@pytest.mark.parametrize("mode", [None, *STOPS])
def test_an_instance_leaves_its_set(region: Region, mode: str | None) -> None:
    """In its state and without being stopped."""
    group = region.create_deployment_set()
    member, other = region.run_instances(2, deployment_set=group)
    if mode is not None:
        member.stop(StoppedMode=mode)
    status = member.status
    _remove(region, member, group.id)
    assert_members(group, [other])
    assert not member.describe()["DeploymentSetId"]
    assert member.status == status


@clause("deployment-set/remove-instance")
@pytest.mark.region(edition="2020-12")
@needs("shape-region")
def test_only_a_member_leaves_a_set(region: Region) -> None:
    """One of no set, of another set, and a set that does not exist."""
    group, other = region.create_deployment_set(), region.create_deployment_set()
    (member,) = region.run_instances(1, deployment_set=group)
    (stranger,) = region.run_instances(1)
    for instance, set_id in ((stranger, group.id), (member, other.id), (member, NO_SUCH_SET)):
        refused(partial(_remove, region, instance, set_id))
    assert_members(group, [member])
    assert_members(other, [])


def _remove(region: Region, instance: Instance, set_id: str) -> None:
    """Take an instance out of a set."""
    region.call(
        "ModifyInstanceDeployment", InstanceId=instance.id, DeploymentSetId=set_id, RemoveFromDeploymentSet=True
    )
