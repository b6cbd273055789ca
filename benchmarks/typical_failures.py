"""Failures that everybody meets; `failures.py` runs them and measures what is written of each."""
# mypy: ignore-errors

import asyncio
import unittest

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faultzone import (
    HostCrash,
    assert_invocation,
    assert_recovered,
    assert_refused,
    assert_strictly_spread,
)
from faultzone import (
    make_region as make_plain_region,
)


@pytest.fixture(scope="module")
def shared(make_region):
    return make_region()


def deploy(region, count):
    web = region.run_instances(count)
    return web


@pytest.fixture
def tier(region):
    return region.run_instances(2, zone="cn-hangzhou-z")


@pytest.fixture
def emptied(region):
    yield region
    assert region.instances == [], "instances are left"


def test_status(region):
    one, two = region.run_instances(2)
    one.stop()
    assert two.status == "Stopped"


def test_exit_code(region):
    (one,) = region.run_instances(1)
    ran = region.run_command("ls | wc -l", on=one)
    assert ran.result(one)["ExitCode"] == 0


def test_event(region):
    (one,) = region.run_instances(1)
    region.wait_for_event("SystemFailure.Reboot", instance=one, within="4d")


def test_spread(region):
    web = region.run_instances(9)
    with region.chaos.crash(web[0].host, reversible=False):
        region.clock.advance("4d12h")
        assert_strictly_spread([web[0], *web])


def test_recovered(region):
    (one,) = region.run_instances(1)
    before = one.identity
    region.chaos.crash(one.host)
    assert_recovered(one, before)


def test_not_refused(region):
    group = region.create_deployment_set()
    assert_refused("OperationDenied.NoStock", lambda: region.run_instances(1, deployment_set=group))


def test_refused_otherwise(region):
    assert_refused("OperationDenied.NoStock", lambda: region.call("StopInstance", InstanceId="i-none"))


@pytest.mark.region(zones=1, hosts_per_zone=2)
def test_refused(region):
    group = region.create_deployment_set()
    deploy(region, 1)
    region.run_instances(3, deployment_set=group)


def test_usage(region, chaos):
    chaos.crash("cn-hangzhou-a-h99")


def test_hold(region):
    web = region.run_instances(3)
    region.chaos.crash(web[0].host)
    region.hold(lambda: all(each.status == "Running" for each in web), "2d", what="all running")


def test_shared(shared):
    assert shared.run_instances(1)[0].zone == "cn-hangzhou-z"


class TestUnit(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.region = make_plain_region(zones=3)

    def test_unit(self):
        (one,) = self.region.run_instances(1)
        with self.region.chaos.crash(one.host):
            self.assertEqual(one.status, "Stopped")  # noqa: PT009 - as many write it


@settings(max_examples=10, derandomize=True, database=None, deadline=None)
@given(count=st.integers(1, 20), crash=st.builds(HostCrash, st.just("cn-hangzhou-a-h01")))
def test_given(make_region, count, crash):
    region = make_region()
    web = region.run_instances(count)
    with region.chaos.inject(crash):
        assert len(web) < 4


@pytest.mark.clause("deployment-set/strict-spread", "instance/life-cycle")
def test_clause(region):
    region.run_instances(2, InstanceName="名字" * 30, Description="a long description " * 8)
    assert region.instances[0].zone == "somewhere"


def test_identity(region):
    one, two = region.run_instances(2)
    assert one.identity == two.identity


def test_many(region):
    region.run_instances(9)
    assert region.clock.kind == "hybrid"


def test_invocation(region):
    web = region.run_instances(3)
    ran = region.run_command("false", on=web)
    assert_invocation(ran, "PartialFailed")


def test_states(region):
    web = region.run_instances(3)
    ran = region.run_command("exit 3", on=web)
    assert ran.states == {each.id: "Failed" for each in web}


def test_total(region):
    web = region.run_instances(3)
    ran = region.run_command("exit 3", on=web)
    assert ran.status == "Failed"


@pytest.mark.region(edition="2026-10")
def test_groups(region):
    group = region.create_deployment_set(Strategy="AvailabilityGroup", GroupCount=2)
    one, two = region.run_instances(2, deployment_set=group)
    assert group.groups == {1: [one, two], 2: []}


def test_events(region):
    (one,) = region.run_instances(1)
    region.chaos.crash(one.host)
    region.clock.advance("1h")
    assert region.events.of(one) == []


def test_instances(region):
    web = region.run_instances(3)
    web[0].delete()
    assert set(region.instances) == set(web)


def test_sdk(region):
    core = pytest.importorskip("aliyunsdkcore.client")
    from aliyunsdkecs.request.v20140526 import StartInstanceRequest

    client = core.AcsClient("testid", "testsecret", "cn-hangzhou")
    request = StartInstanceRequest.StartInstanceRequest()
    request.set_endpoint(region.endpoint.removeprefix("http://"))
    request.set_InstanceId("i-none")
    client.do_action_with_exception(request)


def test_newer_sdk(region):
    pytest.importorskip("alibabacloud_ecs20140526")
    from alibabacloud_ecs20140526 import client as ecs
    from alibabacloud_ecs20140526 import models
    from alibabacloud_tea_openapi import models as openapi

    config = openapi.Config(access_key_id="testid", access_key_secret="testsecret", protocol="http")
    config.endpoint = region.endpoint.removeprefix("http://")
    ecs.Client(config).start_instance(models.StartInstanceRequest(instance_id="i-none"))


def test_request(region):
    (one,) = region.run_instances(1)
    one.request(80)


@pytest.mark.xfail(strict=True, reason="SHOP-12")
def test_passes_and_should_not(region):
    region.run_instances(1)


def test_group(region):
    async def start(one):  # Without a thread, so that all fail before the first can cancel the others.
        region.call("StartInstance", InstanceId=one)

    async def main():
        async with asyncio.TaskGroup() as group:
            for number in range(3):
                group.create_task(start(f"i-{number}"))

    asyncio.run(main())


def test_recursion(region):
    def again(number):
        return again(number + 1)

    again(0)


@pytest.mark.filterwarnings("error")
def test_unmet(region):
    (one,) = region.run_instances(1)
    region.chaos.at("1h", HostCrash(one))
    one.delete()


def test_fixture(tier):
    assert tier


def test_teardown(emptied):
    emptied.run_instances(1)


def test_two_regions(make_region):
    first, second = make_region(), make_region(zones=2)
    first.chaos.crash(*first.run_instances(1))
    assert len(second.run_instances(1)) == len(first.hosts)


def test_cause(region):
    try:
        region.call("StartInstance", InstanceId="i-none")
    except Exception as refused:
        raise RuntimeError("the deployment has failed") from refused


def test_callback(region):
    def told(notice):
        raise LookupError(notice["name"])

    region.subscribe(told)
    region.run_instances(1)


def test_markup(region):
    region.run_instances(1, Description="<script>alert('名字')</script> " * 6, InstanceName="-" * 200)


@pytest.mark.parametrize("name", ["a long name of a parameter that no terminal of forty columns has room for"])
def test_parameter(region, name):
    assert region.create_deployment_set("web").id == name


def test_coroutine(region):
    async def main():
        await asyncio.to_thread(region.call, "StartInstance", InstanceId="i-none")

    asyncio.run(main())
