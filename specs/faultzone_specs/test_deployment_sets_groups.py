"""Deployment sets as they are documented today: groups, moves and failures."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from faultzone import DeploymentSet, Region, assert_nothing_made, assert_refused, assert_spread
from faultzone import assert_strictly_spread as assert_apart
from faultzone_specs.deployment_sets import FULL, assert_members, crowd, lose_host_of, neighbour, refused

clause, needs = pytest.mark.clause, pytest.mark.needs
one_zone = pytest.mark.region(zones=1)
four_hosts = pytest.mark.region(zones=1, hosts_per_zone=4)
two_hosts = pytest.mark.region(zones=1, hosts_per_zone=2)

NO_STOCK = "OperationDenied.NoStock"
LOCAL = "ecs.i2.xlarge"


def groups(region: Region, count: int = 3, **more: Any) -> DeploymentSet:
    """A deployment set with so many groups."""
    return region.create_deployment_set(Strategy="AvailabilityGroup", GroupCount=count, **more)


def sizes(deployment_set: DeploymentSet) -> list[int]:
    """How many members each group has."""
    return [len(found) for found in deployment_set.groups.values()]


# Groups


@clause("deployment-set/group-number")
@pytest.mark.parametrize("number", [1, 2, 5])
def test_an_instance_comes_into_the_group_that_is_named(region: Region, number: int) -> None:
    """By a launch, by CreateInstance, and when it joins."""
    deployment_set = groups(region, 5)
    members = region.run_instances(2, deployment_set=deployment_set, DeploymentSetGroupNo=number)
    asked: dict[str, Any] = {
        "DeploymentSetId": deployment_set.id,
        "ZoneId": members[0].zone,
        "DeploymentSetGroupNo": number,
    }
    members.append(region.create_instance(**asked))
    (other,) = region.run_instances(1, zone=members[0].zone)
    deployment_set.add(other, force=True, group=number)
    members.append(other)
    assert {each.describe()["DeploymentSetGroupNo"] for each in members} == {number}
    assert_members(deployment_set, members)


@clause("deployment-set/group-number")
@pytest.mark.parametrize("number", [0, 4, 7, 8])
def test_a_group_that_there_is_not_takes_nobody(region: Region, number: int) -> None:
    """Beyond the three of the set, and out of the range."""
    deployment_set = groups(region)
    (other,) = region.run_instances(1)
    before = region.instances
    refused(lambda: region.run_instances(1, deployment_set=deployment_set, DeploymentSetGroupNo=number))
    refused(lambda: deployment_set.add(other, force=True, group=number))
    assert region.instances == before
    assert_members(deployment_set, [])


@clause("deployment-set/group-number")
def test_what_is_in_no_group_shows_no_number(region: Region) -> None:
    """In a set without groups, in no set, and once it has left."""
    deployment_set = region.create_deployment_set()
    plain = region.run_instances(1) + region.run_instances(1, deployment_set=deployment_set)
    assert not any(each.describe().get("DeploymentSetGroupNo") for each in plain)
    with_groups = groups(region)
    (member,) = region.run_instances(1, deployment_set=with_groups, DeploymentSetGroupNo=2)
    assert member.describe()["DeploymentSetGroupNo"] == 2
    with_groups.remove(member)
    assert not member.describe().get("DeploymentSetGroupNo")


@clause("deployment-set/group-even")
@one_zone
@needs("shape-region")
def test_instances_are_spread_evenly_over_the_groups(region: Region) -> None:
    """By one batch, and by launches of one."""
    deployment_set = groups(region)
    region.run_instances(5, deployment_set=deployment_set)
    assert sorted(sizes(deployment_set)) == [1, 2, 2]
    for amount in (1, 1, 1, 1):
        region.run_instances(amount, deployment_set=deployment_set)
        assert max(sizes(deployment_set)) - min(sizes(deployment_set)) <= 1
    assert sizes(deployment_set) == [3, 3, 3]


@clause("deployment-set/group-even")
@one_zone
@needs("shape-region")
@pytest.mark.parametrize("full", [1, 2, 3])
def test_the_emptiest_groups_are_filled_first(region: Region, full: int) -> None:
    """Whatever was put into one of them."""
    deployment_set = groups(region)
    region.run_instances(3, deployment_set=deployment_set, DeploymentSetGroupNo=full)
    region.run_instances(4, deployment_set=deployment_set)
    expected = [2, 2, 2]
    expected[full - 1] = 3
    assert sizes(deployment_set) == expected
    region.run_instances(2, deployment_set=deployment_set)
    assert sizes(deployment_set) == [3, 3, 3]


@clause("deployment-set/group-spread")
@four_hosts
@needs("see-hosts", "shape-region")
def test_groups_are_made_on_different_hosts(region: Region) -> None:
    """By batches, with and without a number, and by CreateInstance."""
    deployment_set = groups(region)
    region.run_instances(6, deployment_set=deployment_set)
    for number in (3, 1, 2):
        region.run_instances(2, deployment_set=deployment_set, DeploymentSetGroupNo=number)
        region.create_instance(DeploymentSetId=deployment_set.id, DeploymentSetGroupNo=number).start()
        assert_spread(deployment_set)
    assert sizes(deployment_set) == [5, 5, 5]


@clause("deployment-set/group-spread")
@two_hosts
@needs("see-hosts", "shape-region")
def test_a_group_for_which_there_is_no_host_is_refused(region: Region) -> None:
    """Those that have hosts take more, on the same hosts."""
    deployment_set = groups(region)
    members = region.run_instances(2, deployment_set=deployment_set, DeploymentSetGroupNo=1)
    members += region.run_instances(1, deployment_set=deployment_set, DeploymentSetGroupNo=2)
    launch = partial(region.run_instances, 1, deployment_set=deployment_set, DeploymentSetGroupNo=3)
    assert_nothing_made(region, launch, NO_STOCK)
    for number in (1, 2):
        members += region.run_instances(3, deployment_set=deployment_set, DeploymentSetGroupNo=number)
    assert_spread(deployment_set)
    assert_members(deployment_set, members)


@clause("deployment-set/group-spread")
@four_hosts
@needs("see-hosts", "shape-region")
def test_a_member_of_a_group_that_starts_anew_avoids_the_other_groups(region: Region) -> None:
    """After a stop without charge, on hosts that carry more than those of the others."""
    deployment_set = groups(region, 2)
    first, second = region.run_instances(2, deployment_set=deployment_set)
    second.stop(StoppedMode="StopCharging")
    crowd(region, but=str(first.host))
    second.start()
    assert second.host
    assert_spread(deployment_set)


@clause("deployment-set/group-spread")
@four_hosts
@needs("see-hosts", "shape-region")
def test_an_instance_that_joins_a_group_leaves_the_host_of_another(region: Region) -> None:
    """By force; without it is refused. Beside its own group it stays."""
    deployment_set = groups(region, 2)
    (first,) = region.run_instances(1, deployment_set=deployment_set, DeploymentSetGroupNo=1)
    other = neighbour(region, first)
    crowd(region, but=str(first.host))
    code = "DeploymentSet.ModificationFailed"
    assert_refused(code, lambda: deployment_set.add(other, group=2))
    assert other.host == first.host
    deployment_set.add(other, force=True, group=2)
    other.wait_until("Running")
    assert_members(deployment_set, [first, other])
    assert_spread(deployment_set)
    beside = neighbour(region, first)
    deployment_set.add(beside, group=1)
    assert beside.host == first.host
    assert_spread(deployment_set)


@clause("deployment-set/group-spread")
@four_hosts
@needs("see-hosts", "break-hosts", "shape-region", "move-time")
def test_groups_that_are_recovered_stay_apart(region: Region) -> None:
    """All members of a lost host, on one that carries no other group."""
    deployment_set = groups(region)
    members = region.run_instances(6, deployment_set=deployment_set)
    before = [each.describe()["DeploymentSetGroupNo"] for each in members]
    crowd(region, but=str(members[1].host))
    lose_host_of(region, members[0])
    region.wait_until_all(members, "Running")
    assert_spread(deployment_set)
    assert_members(deployment_set, members)
    assert [each.describe()["DeploymentSetGroupNo"] for each in members] == before


@clause("deployment-set/group-spread")
@four_hosts
@needs("see-hosts", "break-hosts", "shape-region")
def test_groups_that_are_live_migrated_stay_apart(region: Region) -> None:
    """Off a host at risk."""
    deployment_set = groups(region, 2)
    first, second = region.run_instances(2, deployment_set=deployment_set)
    before = str(second.host)
    crowd(region, but=str(first.host))
    for each in region.instances:
        if each.host == before and each != second:
            each.delete()
    with region.chaos.at_risk(before):
        region.wait(lambda: second.host != before, what=f"{second.id} off {before}")
        assert_spread(deployment_set)


@clause("deployment-set/group-respread")
@four_hosts
@needs("see-hosts", "shape-region")
def test_a_member_moves_to_the_group_that_is_named(region: Region) -> None:
    """And to no other host than one that its group may have."""
    deployment_set = groups(region)
    members = region.run_instances(3, deployment_set=deployment_set)
    mover = next(each for each in members if each.describe()["DeploymentSetGroupNo"] == 1)
    identity = mover.identity
    deployment_set.add(mover, force=True, group=3)
    mover.wait_until("Running")
    assert sizes(deployment_set) == [0, 1, 2]
    assert mover.describe()["DeploymentSetGroupNo"] == 3
    assert_spread(deployment_set)
    assert_members(deployment_set, members)
    assert mover.identity == identity


@clause("deployment-set/group-respread")
@four_hosts
@needs("see-hosts", "shape-region")
def test_a_member_that_is_spread_anew_comes_to_the_emptiest_group(region: Region) -> None:
    """Its present set is named, and no number; one that is well placed stays."""
    deployment_set = groups(region)
    members = region.run_instances(3, deployment_set=deployment_set, DeploymentSetGroupNo=2)
    for each in members[:2]:
        deployment_set.add(each, force=True)
        each.wait_until("Running")
        assert_spread(deployment_set)
    assert sizes(deployment_set) == [1, 1, 1]
    shown = [(each.host, each.describe()["DeploymentSetGroupNo"]) for each in members]
    for each in members:
        deployment_set.add(each, force=True)
    assert [(each.host, each.describe()["DeploymentSetGroupNo"]) for each in members] == shown


@clause("deployment-set/group-respread")
@two_hosts
@needs("see-hosts", "shape-region")
def test_a_member_stays_in_its_group_if_its_host_does_not_suit_another(region: Region) -> None:
    """Without Force the host does not change; with it, there is none that suits."""
    deployment_set = groups(region)
    members = region.run_instances(2, deployment_set=deployment_set)
    shared = neighbour(region, members[0])
    deployment_set.add(shared, group=1)
    before = [(each.host, each.describe()) for each in (*members, shared)]
    for force in (False, True):
        code = "DeploymentSet.ModificationFailed"
        assert_refused(code, partial(deployment_set.add, shared, force=force, group=3))
    assert [(each.host, each.describe()) for each in (*members, shared)] == before


@clause("deployment-set/group-limit")
@four_hosts
@needs("shape-region")
def test_a_group_takes_twenty_members_and_no_more(region: Region) -> None:
    """The other groups have room then, with and without a number."""
    deployment_set = groups(region, 2)
    launch: dict[str, Any] = {"deployment_set": deployment_set, "DeploymentSetGroupNo": 1, "public_ip": False}
    assert_nothing_made(region, lambda: region.run_instances(21, **launch), FULL)
    members = region.run_instances(20, **launch)
    assert_nothing_made(region, lambda: region.run_instances(1, **launch), FULL)
    (other,) = region.run_instances(1)
    full = "DeploymentSet.InstanceLimitExceeded"
    assert_refused(full, lambda: deployment_set.add(other, force=True, group=1))
    members += region.run_instances(19, deployment_set=deployment_set, public_ip=False)
    assert sizes(deployment_set) == [20, 19]
    assert_refused(full, lambda: deployment_set.add(members[-1], force=True, group=1))
    assert_nothing_made(region, lambda: region.run_instances(2, deployment_set=deployment_set), FULL)
    members += region.run_instances(1, **{**launch, "DeploymentSetGroupNo": 2})
    assert_nothing_made(region, lambda: region.run_instances(1, deployment_set=deployment_set), FULL)
    assert_refused(full, lambda: deployment_set.add(other, force=True))
    assert_members(deployment_set, members)


@clause("deployment-set/group-limit")
@pytest.mark.region(zones=2, hosts_per_zone=2)
@needs("shape-region")
def test_a_group_takes_twenty_members_in_each_zone(region: Region) -> None:
    """The limit of one zone is not that of the next."""
    deployment_set = groups(region, 1)
    for zone in region.zones:
        launch: dict[str, Any] = {"deployment_set": deployment_set, "zone": zone, "public_ip": False}
        region.run_instances(20, **launch)
        assert_nothing_made(region, partial(region.run_instances, 1, **launch), FULL)
    assert sizes(deployment_set) == [40]


# Moves and failures


@clause("deployment-set/force-moves-local-disks")
@two_hosts
@needs("see-hosts", "shape-region")
def test_local_disks_move_by_force_alone(region: Region) -> None:
    """Without it the instance stays on its host and outside of the set."""
    deployment_set = region.create_deployment_set()
    (first,) = region.run_instances(1, deployment_set=deployment_set, instance_type=LOCAL)
    other = next(each for each in region.run_instances(2, instance_type=LOCAL) if each.host == first.host)
    assert_refused("DeploymentSet.ModificationFailed", lambda: deployment_set.add(other))
    assert (other.host, other.status) == (first.host, "Running")
    identity = other.identity
    deployment_set.add(other, force=True)
    other.wait_until("Running")
    assert_members(deployment_set, [first, other])
    assert_apart([first, other])
    assert other.identity == identity


@clause("deployment-set/keep-stopped-stays")
@pytest.mark.region(zones=1, hosts_per_zone=3)
@needs("shape-region", "see-hosts", "break-hosts", "move-time")
def test_a_member_that_is_kept_is_started_by_its_user(region: Region) -> None:
    """Not by the region, when its host is back."""
    deployment_set = region.create_deployment_set(OnUnableToRedeployFailedInstance="KeepStopped")
    members = region.run_instances(3, deployment_set=deployment_set)
    lost = members[0]
    with region.chaos.crash(str(lost.host)):
        region.wait(lambda: lost.status == "Stopped", what="given up", within="2h")
        region.hold(lambda: lost.status == "Stopped" and lost in deployment_set.members, "2h", what="kept and stopped")
        refused(lambda: lost.start(wait=False))
    region.hold(lambda: lost.status == "Stopped" and lost in deployment_set.members, "2h", what="still kept")
    assert lost.start().status == "Running"
    assert_members(deployment_set, members)
    assert_apart(members)


@clause("deployment-set/keep-stopped-stays")
@pytest.mark.region(zones=1, hosts_per_zone=3)
@needs("shape-region", "see-hosts", "break-hosts", "move-time")
def test_a_member_that_is_kept_starts_on_a_host_that_has_become_free(region: Region) -> None:
    """While its own is still lost. It keeps its place in its group."""
    deployment_set = groups(region, OnUnableToRedeployFailedInstance="KeepStopped")
    members = region.run_instances(3, deployment_set=deployment_set)
    lost, other, _ = members
    number = lost.describe()["DeploymentSetGroupNo"]
    region.chaos.crash(str(lost.host), reversible=False)
    region.wait(lambda: lost.status == "Stopped", what="given up", within="2h")
    other.delete()
    region.hold(lambda: lost.status == "Stopped", "1h", what="kept")
    assert lost.start().status == "Running"
    assert lost.describe()["DeploymentSetGroupNo"] == number
    assert_spread(deployment_set)
