"""Deployment sets: hosts, and what happens when there are too few of them. Manual, 1.1."""

from __future__ import annotations

from collections import Counter

import pytest

from faultzone import Region, assert_nothing_made, assert_strictly_spread
from faultzone_specs.deployment_sets import assert_members, crowd, neighbour, refused

clause, needs = pytest.mark.clause, pytest.mark.needs
one_zone = pytest.mark.region(zones=1, hosts_per_zone=4)
#: Each of two hosts has room for one instance of the large type, or for some of the small one.
two_small_hosts = pytest.mark.region(zones=1, hosts_per_zone=2, host_vcpus=8, host_memory_gib=32)

NO_STOCK = "OperationDenied.NoStock"
WHOLE_HOST = "ecs.g5.2xlarge"


@clause("deployment-set/strict-spread")
@needs("see-hosts")
def test_members_are_made_on_different_hosts(region: Region) -> None:
    """By a batch, by a later launch, and by CreateInstance."""
    deployment_set = region.create_deployment_set()
    (first, *_) = region.run_instances(4, deployment_set=deployment_set)
    region.run_instances(1, deployment_set=deployment_set)
    region.create_instance(DeploymentSetId=deployment_set.id, ZoneId=first.zone).start()
    assert_strictly_spread(deployment_set.members)


@clause("deployment-set/strict-spread")
@one_zone
@needs("see-hosts", "shape-region")
def test_a_new_member_avoids_even_the_emptiest_host(region: Region) -> None:
    """Where a better spread of all instances speaks for sharing."""
    deployment_set = region.create_deployment_set()
    (first,) = region.run_instances(1, deployment_set=deployment_set)
    crowd(region, but=str(first.host))
    region.run_instances(2, deployment_set=deployment_set)
    assert_strictly_spread(deployment_set.members)


@clause("deployment-set/strict-spread")
@one_zone
@needs("see-hosts", "shape-region")
def test_a_member_that_starts_anew_is_placed_anew(region: Region) -> None:
    """After a stop without charge."""
    deployment_set = region.create_deployment_set()
    first, second = region.run_instances(2, deployment_set=deployment_set)
    second.stop(StoppedMode="StopCharging")
    crowd(region, but=str(first.host))
    second.start()
    assert second.host
    assert_strictly_spread([first, second])


@clause("deployment-set/strict-spread")
@one_zone
@needs("see-hosts", "shape-region")
def test_a_member_that_joins_is_on_a_host_of_its_own_at_every_moment(region: Region) -> None:
    """Also while it is restarted for it."""
    deployment_set = region.create_deployment_set()
    (first,) = region.run_instances(1, deployment_set=deployment_set)
    other = neighbour(region, first)
    crowd(region, but=str(first.host))
    deployment_set.add(other, force=True)

    def settled() -> bool:
        assert_strictly_spread(deployment_set.members)
        return other.status == "Running"

    region.wait(settled, what=f"{other.id} in the set")
    assert_members(deployment_set, [first, other])


@clause("deployment-set/strict-spread")
@one_zone
@needs("see-hosts", "break-hosts", "shape-region")
def test_a_member_that_is_live_migrated_avoids_the_others(region: Region) -> None:
    """Off a host at risk."""
    deployment_set = region.create_deployment_set()
    first, second = region.run_instances(2, deployment_set=deployment_set)
    before = str(second.host)
    crowd(region, but=str(first.host))
    for each in region.instances:
        if each.host == before and each != second:
            each.delete()  # It would go to the emptiest host first.
    with region.chaos.at_risk(before):
        region.wait(lambda: second.host != before, what=f"{second.id} off {before}")
        assert_strictly_spread([first, second])


@clause("deployment-set/best-effort-default")
@one_zone
@needs("see-hosts", "shape-region")
def test_without_a_set_hosts_fill_evenly(region: Region) -> None:
    """As many on each as there are rounds."""
    for each in (1, 2):
        made = region.run_instances(3) + region.run_instances(1)
        assert len({instance.host for instance in made}) == 4, f"round {each}"
    assert set(Counter(each.host for each in region.instances).values()) == {2}


@clause("deployment-set/best-effort-never-refused")
@pytest.mark.region(zones=1, hosts_per_zone=2)
@needs("shape-region")
def test_without_a_set_hosts_are_shared_rather_than_a_launch_refused(region: Region) -> None:
    """Five instances, two hosts."""
    made = region.run_instances(3) + region.run_instances(2)
    assert {each.status for each in made} == {"Running"}


@clause("deployment-set/no-room-create")
@needs("set-supply")
def test_a_launch_that_supply_cannot_fill_leaves_nothing_half_made(region: Region) -> None:
    """What there is can be had, and all of it once supply is back."""
    deployment_set = region.create_deployment_set()
    with region.chaos.shortage(limit=2):
        assert_nothing_made(region, lambda: region.run_instances(3, deployment_set=deployment_set), NO_STOCK)
        assert_members(deployment_set, [])
        members = region.run_instances(2, deployment_set=deployment_set)
        assert_nothing_made(region, lambda: region.run_instances(3, deployment_set=deployment_set), NO_STOCK)
    assert_members(deployment_set, members + region.run_instances(3, deployment_set=deployment_set))


@clause("deployment-set/no-room-create")
@pytest.mark.region(zones=1, hosts_per_zone=3)
@needs("shape-region")
def test_a_launch_for_which_hosts_are_too_few_leaves_nothing_half_made(region: Region) -> None:
    """There is room on them, but not for the spread."""
    deployment_set = region.create_deployment_set()
    assert_nothing_made(region, lambda: region.run_instances(4, deployment_set=deployment_set), NO_STOCK)
    members = region.run_instances(3, deployment_set=deployment_set)
    assert_nothing_made(region, lambda: region.run_instances(1, deployment_set=deployment_set), NO_STOCK)
    members.pop().delete()
    assert_members(deployment_set, members + region.run_instances(1, deployment_set=deployment_set))


@clause("deployment-set/no-room-start")
@needs("set-supply")
def test_a_member_for_which_there_is_no_supply_stays_stopped(region: Region) -> None:
    """No code is documented at the time."""
    deployment_set = region.create_deployment_set()
    member, other = region.run_instances(2, deployment_set=deployment_set)
    member.stop(StoppedMode="StopCharging")
    before = deployment_set.describe()
    with region.chaos.shortage():
        for _ in range(2):
            refused(lambda: member.start(wait=False))
            assert member.status == "Stopped"
            assert deployment_set.describe() == before
        assert other.status == "Running"
    assert member.start().status == "Running"
    assert_members(deployment_set, [member, other])


@clause("deployment-set/no-room-start")
@two_small_hosts
@needs("shape-region")
def test_a_member_for_which_no_host_keeps_the_spread_stays_stopped(region: Region) -> None:
    """There is room beside the other member; it must not be taken."""
    deployment_set = region.create_deployment_set()
    member, other = region.run_instances(2, deployment_set=deployment_set)
    member.stop(StoppedMode="StopCharging")
    before = deployment_set.describe()
    (obstacle,) = region.run_instances(1, instance_type=WHOLE_HOST)
    refused(lambda: member.start(wait=False))
    assert member.status == "Stopped"
    assert deployment_set.describe() == before
    obstacle.delete()
    assert member.start().status == "Running"
    assert_members(deployment_set, [member, other])
