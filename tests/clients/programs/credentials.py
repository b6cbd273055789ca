"""alibabacloud-credentials: the keys of an instance's role, from the metadata service, and a call that they sign."""

from __future__ import annotations

from alibabacloud_credentials.client import Client as Credentials
from alibabacloud_credentials.models import Config as Kind
from alibabacloud_ecs20140526 import models
from alibabacloud_ecs20140526.client import Client
from alibabacloud_tea_openapi.models import Config

from tests.clients.programs.steps import REGION, step


@step
def a_role_that_is_named_gives_keys() -> None:
    found = Credentials(Kind(type="ecs_ram_role", role_name="web")).get_credential()
    assert found.access_key_id.startswith("STS.")
    assert found.access_key_secret
    assert found.security_token


@step
def a_role_that_is_not_named_is_found() -> None:
    assert Credentials(Kind(type="ecs_ram_role")).get_credential().access_key_id.startswith("STS.")


@step
def the_default_chain_ends_at_the_role() -> None:
    assert Credentials().get_credential().access_key_id.startswith("STS.")


@step
def they_sign_a_call() -> None:
    credential = Credentials(Kind(type="ecs_ram_role", role_name="web"))
    client = Client(Config(credential=credential, region_id=REGION))
    answer = client.describe_instances(models.DescribeInstancesRequest(region_id=REGION))
    assert answer.body.total_count == 1
