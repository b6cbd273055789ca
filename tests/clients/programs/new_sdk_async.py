"""alibabacloud-ecs20140526, async."""

from __future__ import annotations

import asyncio

from alibabacloud_ecs20140526 import models
from alibabacloud_ecs20140526.client import Client
from alibabacloud_tea_openapi.models import Config

from tests.clients.programs.steps import IMAGE, REGION, TYPE, step

made: list[str] = []


def client() -> Client:
    return Client(Config(access_key_id="testid", access_key_secret="testsecret", region_id=REGION))


@step
def zones_are_listed() -> None:
    answer = asyncio.run(client().describe_zones_async(models.DescribeZonesRequest(region_id=REGION)))
    assert {each.zone_id for each in answer.body.zones.zone} == {"cn-hangzhou-a", "cn-hangzhou-b"}


@step
def instances_are_run_at_once() -> None:
    async def run() -> None:
        asked = models.RunInstancesRequest(region_id=REGION, image_id=IMAGE, instance_type=TYPE)
        here = client()
        answers = await asyncio.gather(*(here.run_instances_async(asked) for _ in range(3)))
        made.extend(each for answer in answers for each in answer.body.instance_id_sets.instance_id_set)

    asyncio.run(run())
    assert len({*made}) == 3


@step
def they_are_listed() -> None:
    answer = asyncio.run(client().describe_instances_async(models.DescribeInstancesRequest(region_id=REGION)))
    assert {each.instance_id for each in answer.body.instances.instance} == {*made}
