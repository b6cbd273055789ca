"""Deployment sets: manual, chapter 1."""

from __future__ import annotations

import pytest

from faultzone import Region, assert_refused, assert_strictly_spread

clause, needs = pytest.mark.clause, pytest.mark.needs


@clause("deployment-set/strict-spread")
@needs("see-hosts")
def test_members_are_on_different_hosts(region: Region) -> None:
    """A batch and a later single launch into one set."""
    group = region.create_deployment_set()
    members = region.run_instances(4, deployment_set=group) + region.run_instances(1, deployment_set=group)
    assert_strictly_spread(members)


@clause("deployment-set/zone-limit")
@pytest.mark.region(zones=1, hosts_per_zone=9)
@needs("shape-region")
def test_an_eighth_member_in_a_zone_is_refused(region: Region) -> None:
    """Seven fit, the eighth does not, although there is a host for it."""
    group = region.create_deployment_set()
    region.run_instances(7, deployment_set=group)
    assert_refused("QuotaExceed.DeploymentSetInstanceQuotaFull", lambda: region.run_instances(1, deployment_set=group))
