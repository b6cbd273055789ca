"""alibabacloud-ecs20140526, sync: the life of two instances."""

from __future__ import annotations

import json

from alibabacloud_ecs20140526 import models
from alibabacloud_ecs20140526.client import Client
from alibabacloud_tea_openapi.models import Config
from Tea.exceptions import TeaException

from tests.clients.programs.steps import IMAGE, REGION, TYPE, step, wait

client = Client(Config(access_key_id="testid", access_key_secret="testsecret", region_id=REGION))
made: list[str] = []


def statuses() -> set[str]:
    asked = models.DescribeInstancesRequest(region_id=REGION, instance_ids=json.dumps(made))
    return {each.status for each in client.describe_instances(asked).body.instances.instance}


@step
def zones_are_listed() -> None:
    answer = client.describe_zones(models.DescribeZonesRequest(region_id=REGION))
    assert {each.zone_id for each in answer.body.zones.zone} == {"cn-hangzhou-a", "cn-hangzhou-b"}


@step
def two_instances_are_run() -> None:
    asked = models.RunInstancesRequest(region_id=REGION, image_id=IMAGE, instance_type=TYPE, amount=2)
    made.extend(client.run_instances(asked).body.instance_id_sets.instance_id_set)
    assert len(made) == 2
    wait(lambda: statuses() == {"Running"})


@step
def a_command_runs_on_them() -> None:
    asked = models.RunCommandRequest(
        region_id=REGION, type="RunShellScript", command_content="echo hello", instance_id=made
    )
    invoked = client.run_command(asked).body.invoke_id
    listed = models.DescribeInvocationResultsRequest(region_id=REGION, invoke_id=invoked)

    def done() -> bool:
        results = client.describe_invocation_results(listed).body.invocation.invocation_results.invocation_result
        return [each.invocation_status for each in results] == ["Success", "Success"]

    wait(done)


@step
def a_refusal_has_its_code() -> None:
    try:
        client.start_instance(models.StartInstanceRequest(instance_id="i-none"))
    except TeaException as refused:
        assert refused.code == "InvalidInstanceId.NotFound"
        return
    raise AssertionError("it was not refused")


@step
def they_are_deleted() -> None:
    for each in made:
        client.delete_instance(models.DeleteInstanceRequest(instance_id=each, force=True))
    listed = client.describe_instances(models.DescribeInstancesRequest(region_id=REGION))
    assert listed.body.total_count == 0
