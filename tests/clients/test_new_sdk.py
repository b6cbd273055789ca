"""alibabacloud-ecs20140526, unmodified, with both signatures, sync and async; contents are asserted, since a wrong
shape is silent there."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from alibabacloud_ecs20140526 import models
from alibabacloud_ecs20140526.client import Client
from alibabacloud_tea_openapi.models import Config
from Tea.exceptions import TeaException

from tests.support.clients import STS, faultzone_up
from tests.support.patience import PATIENCE

IMAGE, TYPE, REGION = "centos_7_06_64_20G_alibase_20190218.vhd", "ecs.g5.large", "cn-hangzhou"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with faultzone_up("--sts", ":".join(STS)) as served:
        yield served


@pytest.fixture(params=["V1", "V3", "V3 with a URL as endpoint"])
def client(request: pytest.FixtureRequest, url: str) -> Any:
    endpoint = url if "URL" in request.param else urlsplit(url).netloc
    config = Config(
        access_key_id="testid", access_key_secret="testsecret", endpoint=endpoint, protocol="http", region_id=REGION
    )
    if request.param == "V1":
        config.signature_algorithm = "v2"
    return Client(config)


def run_request(**options: Any) -> models.RunInstancesRequest:
    tag = models.RunInstancesRequestTag(key="tier", value="web & more")
    return models.RunInstancesRequest(
        region_id=REGION, image_id=IMAGE, instance_type=TYPE, amount=2, tag=[tag], **options
    )


def ids_of(answer: Any) -> list[str]:
    return list(answer.body.instance_id_sets.instance_id_set)


@pytest.mark.slow
def test_instances_are_run_described_and_released(client: Any) -> None:
    made = ids_of(client.run_instances(run_request(instance_name="new", description="n e w+é &=")))
    assert len(made) == 2
    deadline = time.monotonic() + PATIENCE
    shown: list[Any] = []
    while time.monotonic() < deadline and {each.status for each in shown} != {"Running"}:
        time.sleep(0.2)
        asked = models.DescribeInstancesRequest(region_id=REGION, instance_ids=json.dumps(made))
        shown = client.describe_instances(asked).body.instances.instance
    assert {each.status for each in shown} == {"Running"}
    assert {(each.instance_name, each.description) for each in shown} == {("new", "n e w+é &=")}
    assert [(tag.tag_key, tag.tag_value) for tag in shown[0].tags.tag] == [("tier", "web & more")]
    assert shown[0].vpc_attributes.private_ip_address.ip_address[0].startswith("10.")
    assert shown[0].cpu == 2
    for instance_id in made:
        client.delete_instance(models.DeleteInstanceRequest(instance_id=instance_id, force=True))
    assert client.describe_instances(models.DescribeInstancesRequest(region_id=REGION)).body.total_count == 0


def test_a_refusal_has_its_code(client: Any) -> None:
    with pytest.raises(TeaException) as refused:
        client.start_instance(models.StartInstanceRequest(instance_id="i-none"))
    assert refused.value.code == "InvalidInstanceId.NotFound"
    assert refused.value.data["statusCode"] == 404


@pytest.mark.slow
def test_async(client: Any) -> None:
    async def live() -> tuple[list[str], int]:
        made = ids_of(await client.run_instances_async(run_request()))
        listed = await client.describe_instances_async(models.DescribeInstancesRequest(region_id=REGION))
        for each in made:
            while (refused := await delete(each)) == "IncorrectInstanceStatus.Initializing":
                await asyncio.sleep(0.1)
            assert refused is None
        return made, listed.body.total_count

    async def delete(instance_id: str) -> str | None:
        try:
            await client.delete_instance_async(models.DeleteInstanceRequest(instance_id=instance_id, force=True))
        except TeaException as refusal:
            return str(refusal.code)
        return None

    made, total = asyncio.run(live())
    assert len(made) == total == 2


@pytest.mark.parametrize("algorithm", ["v2", None])
def test_a_temporary_key_needs_its_token(url: str, algorithm: str | None) -> None:
    def zones(token: str) -> int:
        key_id, secret, _ = STS
        config = Config(access_key_id=key_id, access_key_secret=secret, security_token=token, protocol="http")
        config.endpoint, config.signature_algorithm = urlsplit(url).netloc, algorithm
        return len(Client(config).describe_zones(models.DescribeZonesRequest(region_id=REGION)).body.zones.zone)

    assert zones(STS[2]) == 2
    with pytest.raises(TeaException) as refused:
        zones("another")
    assert refused.value.code == "InvalidSecurityToken.MismatchWithAccessKey"
