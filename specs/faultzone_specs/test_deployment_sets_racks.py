"""Deployment sets as they are documented today: hosts, racks, switches and affinity."""

from __future__ import annotations

from collections import Counter

import pytest

from faultzone import Region, assert_nothing_made, assert_refused, assert_spread
from faultzone import assert_strictly_spread as assert_apart
from faultzone_specs.deployment_sets import FULL, assert_members, crowd, listed, lose_host_of, refused

clause, needs = pytest.mark.clause, pytest.mark.needs
#: Four racks of two hosts, two switches.
eight_hosts = pytest.mark.region(zones=1, hosts_per_zone=8, hosts_per_rack=2, racks_per_switch=2)
two_hosts = pytest.mark.region(zones=1, hosts_per_zone=2)

NO_STOCK = "OperationDenied.NoStock"


@clause("deployment-set/type")
@eight_hosts
@needs("see-hosts", "shape-region")
@pytest.mark.parametrize(("kind", "over", "most"), [("host", "host", 8), ("rack", "rack", 4), ("sw", "switch", 2)])
def test_members_share_no_place_of_their_type(region: Region, kind: str, over: str, most: int) -> None:
    """As many are taken as there are places, by a batch and one by one."""
    deployment_set = region.create_deployment_set(Type=kind)
    assert deployment_set.describe()["Type"] == kind
    assert_nothing_made(region, lambda: region.run_instances(most + 1, deployment_set=deployment_set), NO_STOCK)
    members = region.run_instances(1, deployment_set=deployment_set)
    members += region.run_instances(most - 1, deployment_set=deployment_set)
    assert_apart(members, over=over)
    assert_spread(deployment_set)
    assert_nothing_made(region, lambda: region.run_instances(1, deployment_set=deployment_set), NO_STOCK)
    assert_members(deployment_set, members)


@clause("deployment-set/type")
@eight_hosts
@needs("see-hosts", "shape-region")
def test_hosts_are_the_default_type(region: Region) -> None:
    """Members share racks, if there are more than racks."""
    deployment_set = region.create_deployment_set()
    assert deployment_set.describe()["Type"] == "host"
    assert_apart(region.run_instances(8, deployment_set=deployment_set))


@clause("deployment-set/type")
@needs("see-hosts", "shape-region")
@pytest.mark.parametrize("kind", ["room", "switch", "Host"])
def test_another_type_is_refused(region: Region, kind: str) -> None:
    """And makes no set."""
    refused(lambda: region.create_deployment_set(Type=kind))
    assert listed(region) == []


@clause("deployment-set/type")
@eight_hosts
@needs("see-hosts", "shape-region")
@pytest.mark.parametrize(("kind", "most"), [("rack", 3), ("sw", 1)])
def test_a_member_that_joins_leaves_the_rack_or_switch_of_another(region: Region, kind: str, most: int) -> None:
    """By force; without it is refused, also on another host than that of the member."""
    deployment_set = region.create_deployment_set(Type=kind)
    members = region.run_instances(most, deployment_set=deployment_set)
    assert_spread(deployment_set)
    place = "rack" if kind == "rack" else "switch"
    others = region.run_instances(16, public_ip=False)
    beside = next(
        each
        for each in others
        if getattr(each, place) == getattr(members[0], place) and each.host not in {one.host for one in members}
    )
    before = beside.host
    crowd(region, but=str(members[0].host))
    assert_refused("DeploymentSet.ModificationFailed", lambda: deployment_set.add(beside))
    assert beside.host == before
    deployment_set.add(beside, force=True)
    beside.wait_until("Running")
    assert_spread(deployment_set)
    assert_members(deployment_set, [*members, beside])


@clause("deployment-set/type")
@eight_hosts
@needs("see-hosts", "shape-region")
@pytest.mark.parametrize("kind", ["rack", "sw"])
def test_a_member_that_starts_anew_keeps_to_its_type(region: Region, kind: str) -> None:
    """Where the emptiest host is beside another member."""
    deployment_set = region.create_deployment_set(Type=kind)
    first, second = region.run_instances(2, deployment_set=deployment_set)
    second.stop(StoppedMode="StopCharging")
    place = "rack" if kind == "rack" else "switch"
    shared = {each["host"] for each in region.hosts if each[place] == getattr(first, place)}
    for each in region.run_instances(24, public_ip=False):
        if each.host in shared:
            each.delete()
    second.start()
    assert_spread(deployment_set)


@clause("deployment-set/type")
@eight_hosts
@needs("see-hosts", "break-hosts", "shape-region", "move-time")
@pytest.mark.parametrize("kind", ["rack", "sw"])
def test_a_member_that_is_recovered_keeps_to_its_type(region: Region, kind: str) -> None:
    """Where the emptiest host is beside another member."""
    deployment_set = region.create_deployment_set(Type=kind)
    first, second = region.run_instances(2, deployment_set=deployment_set)
    place = "rack" if kind == "rack" else "switch"
    shared = {each["host"] for each in region.hosts if each[place] == getattr(first, place)}
    for each in region.run_instances(24, public_ip=False):
        if each.host in shared:
            each.delete()
    lose_host_of(region, second)
    assert second.status == "Running"
    assert_spread(deployment_set)
    assert_members(deployment_set, [first, second])


@clause("deployment-set/affinity")
@eight_hosts
@needs("see-hosts", "shape-region")
@pytest.mark.parametrize(
    ("kind", "affinity", "most"), [("host", 2, 16), ("rack", 3, 12), ("sw", 2, 4), ("sw", 10, 20), ("rack", 1, 4)]
)
def test_as_many_share_a_place_as_the_affinity_says(region: Region, kind: str, affinity: int, most: int) -> None:
    """That many are taken and never more are in one place."""
    deployment_set = region.create_deployment_set(Type=kind, Affinity=affinity)
    assert deployment_set.describe()["Affinity"] == affinity
    members = region.run_instances(most - 1, deployment_set=deployment_set, public_ip=False)
    members += region.run_instances(1, deployment_set=deployment_set)
    assert_spread(deployment_set)
    place = "switch" if kind == "sw" else kind
    assert set(Counter(getattr(each, place) for each in members).values()) == {affinity}
    refusal = (NO_STOCK, FULL)
    assert_nothing_made(region, lambda: region.run_instances(1, deployment_set=deployment_set), refusal)
    assert_members(deployment_set, members)


@clause("deployment-set/affinity")
@two_hosts
@needs("see-hosts", "shape-region")
def test_affinity_is_one_by_default(region: Region) -> None:
    """Two hosts take two members."""
    deployment_set = region.create_deployment_set()
    assert deployment_set.describe()["Affinity"] == 1
    members = region.run_instances(2, deployment_set=deployment_set)
    assert_nothing_made(region, lambda: region.run_instances(1, deployment_set=deployment_set), NO_STOCK)
    assert_apart(members)


@clause("deployment-set/affinity")
@needs("see-hosts", "shape-region")
@pytest.mark.parametrize("affinity", [0, 11])
def test_affinity_is_one_to_ten(region: Region, affinity: int) -> None:
    """No set is made with another."""
    refused(lambda: region.create_deployment_set(Affinity=affinity))
    assert listed(region) == []
