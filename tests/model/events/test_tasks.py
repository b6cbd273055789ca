"""Tasks of redeployments: how they end where the instance does not just run."""

from __future__ import annotations

import pytest

from faultzone import Instance, Region, assert_refused, make_region

LOCAL_DISKS = "ecs.i2.xlarge"


@pytest.fixture
def region() -> Region:
    return make_region(edition="2026-10", zones=1, hosts_per_zone=4)


def status(region: Region, task: str) -> str:
    return str(region.call("DescribeTaskAttribute", TaskId=task)["TaskStatus"])


def redeploy(region: Region, instance: Instance) -> str:
    return str(region.call("RedeployInstance", InstanceId=instance.id)["TaskId"])


def test_a_redeployment_goes_on_where_the_new_host_is_lost(region: Region) -> None:
    (instance,) = region.run_instances(1)
    region.chaos.maintenance(instance.id)
    task = redeploy(region, instance)
    region.chaos.crash(str(instance.host))
    assert status(region, task) == "Processing"
    region.clock.advance("1h")
    assert (instance.status, status(region, task)) == ("Running", "Finished")


def test_a_second_redeployment_ends_the_first(region: Region) -> None:
    """What has local disks may lose the host on which it is restarted."""
    (instance,) = region.run_instances(1, instance_type=LOCAL_DISKS)
    region.chaos.crash(str(instance.host), reversible=False)
    region.clock.advance("1m")
    first = redeploy(region, instance)
    region.chaos.crash(str(instance.host), reversible=False)
    region.clock.advance("1m")
    second = redeploy(region, instance)
    assert (status(region, first), status(region, second)) == ("Failed", "Processing")
    instance.wait_until("Running")
    assert (status(region, first), status(region, second)) == ("Failed", "Finished")


@pytest.mark.parametrize(
    "given", [{"StartTime": "yesterday"}, {"EndTime": "2026"}, {"TaskIds": ",".join(f"t-{n}" for n in range(101))}]
)
def test_a_query_that_makes_no_sense_is_refused(region: Region, given: dict[str, str]) -> None:
    assert_refused("InvalidParameter", lambda: region.call("DescribeTasks", **given))
