"""RedeployInstance, the answer to maintenance of a later edition: to another host, with the same identity."""

from __future__ import annotations

import pytest

from faultzone import Region, assert_refused, assert_unchanged

clause, needs = pytest.mark.clause, pytest.mark.needs


@clause("instance/redeploy")
@needs("see-hosts", "break-hosts", "shape-region")
def test_an_instance_is_redeployed_while_maintenance_is_planned(region: Region) -> None:
    (instance,) = region.run_instances(1)
    before, host = instance.identity, instance.host
    region.chaos.maintenance(instance.id, within="30h")
    region.call("RedeployInstance", InstanceId=instance.id)
    instance.wait_until("Running")
    assert instance.host != host, "it is on the host that it was to leave"
    assert_unchanged(before, instance.identity, "its identity")


@clause("instance/redeploy")
@needs("shape-region")
def test_without_an_event_there_is_nothing_to_redeploy_for(region: Region) -> None:
    (instance,) = region.run_instances(1)
    assert_refused("InvalidOperation.RedeployInstance", lambda: region.call("RedeployInstance", InstanceId=instance.id))
