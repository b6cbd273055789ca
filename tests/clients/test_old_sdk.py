"""aliyun-python-sdk-core with aliyun-python-sdk-ecs, unmodified, lives through the chapter on a served region."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

import pytest
from aliyunsdkcore.acs_exception.exceptions import ServerException
from aliyunsdkcore.auth.credentials import StsTokenCredential
from aliyunsdkcore.client import AcsClient

from tests.support.clients import STS, faultzone_up
from tests.support.patience import PATIENCE

IMAGE, TYPE = "centos_7_06_64_20G_alibase_20190218.vhd", "ecs.g5.large"


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    # The documentation of its time names the quota of sets; that of today refers to one that it does not name.
    with faultzone_up("--edition", "2020-12", "--hosts", "3", "--zones", "1", "--sts", ":".join(STS)) as url:
        yield urlsplit(url).netloc


def connect(address: str, secret: str = "testsecret", token: str | None = None) -> Any:
    if token is None:
        client = AcsClient("testid", secret, "cn-hangzhou")
    else:
        client = AcsClient(region_id="cn-hangzhou", credential=StsTokenCredential(STS[0], secret, token))
    client.add_endpoint("cn-hangzhou", "Ecs", address)
    return client


@pytest.fixture
def client(address: str) -> Any:
    return connect(address)


def call(client: Any, action: str, **parameters: object) -> dict[str, Any]:
    """What the client answers for the request class of an action, each parameter set by its own setter."""
    module = import_module(f"aliyunsdkecs.request.v20140526.{action}Request")
    request = getattr(module, f"{action}Request")()
    for name, value in parameters.items():
        getattr(request, f"set_{name}")(value)
    answer: dict[str, Any] = json.loads(client.do_action_with_exception(request))
    return answer


def wait_until(client: Any, instance_ids: list[str], status: str) -> float:
    """Poll with real sleeps, as users of this client do; the seconds that it took."""
    answer: dict[str, Any] = {}
    began = time.monotonic()
    while time.monotonic() - began < PATIENCE:
        answer = call(client, "DescribeInstances", InstanceIds=json.dumps(instance_ids))
        if {each["Status"] for each in answer["Instances"]["Instance"]} == {status}:
            return time.monotonic() - began
        time.sleep(0.2)
    raise AssertionError(f"not {status} within {PATIENCE:g} s: {answer}")


@pytest.mark.slow
def test_a_deployment_set_from_its_creation_to_its_deletion(client: Any) -> None:
    group = call(client, "CreateDeploymentSet", DeploymentSetName="web", Description="the web tier")["DeploymentSetId"]
    made = call(client, "RunInstances", ImageId=IMAGE, InstanceType=TYPE, Amount=3, DeploymentSetId=group,
                InstanceName="web-", UniqueSuffix=True)["InstanceIdSets"]["InstanceIdSet"]  # fmt: skip
    listed = call(client, "DescribeInstances", InstanceIds=json.dumps(made))["Instances"]["Instance"]
    assert {each["Status"] for each in listed} <= {"Pending", "Starting"}
    assert {each["InstanceName"] for each in listed} == {"web-001", "web-002", "web-003"}
    assert {each["DeploymentSetId"] for each in listed} == {group}
    wait_until(client, made, "Running")

    # Three hosts, three members: the spread cannot be kept for a fourth.
    with pytest.raises(ServerException) as refused:
        call(client, "RunInstances", ImageId=IMAGE, InstanceType=TYPE, Amount=1, DeploymentSetId=group)
    assert (refused.value.get_error_code(), refused.value.get_http_status()) == ("OperationDenied.NoStock", 403)
    assert call(client, "DescribeDeploymentSets")["DeploymentSets"]["DeploymentSet"][0]["InstanceAmount"] == 3

    with pytest.raises(ServerException) as refused:
        call(client, "DeleteDeploymentSet", DeploymentSetId=group)
    assert refused.value.get_error_code() == "DependencyViolation.NotEmpty"

    call(client, "StopInstance", InstanceId=made[0])
    wait_until(client, made[:1], "Stopped")
    for instance_id in made:
        call(client, "DeleteInstance", InstanceId=instance_id, Force=True)
    call(client, "DeleteDeploymentSet", DeploymentSetId=group)
    assert call(client, "DescribeDeploymentSets")["TotalCount"] == 0


def test_the_quota_of_sets_is_refused_as_documented(client: Any) -> None:
    made = [call(client, "CreateDeploymentSet")["DeploymentSetId"] for _ in range(2)]
    with pytest.raises(ServerException) as refused:
        call(client, "CreateDeploymentSet")
    assert refused.value.get_error_code() == "DEPLOYMENTSET.QUOTA_FULL"
    for group in made:
        call(client, "DeleteDeploymentSet", DeploymentSetId=group)


def test_a_wrong_secret_is_told(address: str) -> None:
    with pytest.raises(ServerException) as refused:
        call(connect(address, "wrong"), "DescribeInstances")
    assert refused.value.get_error_code() == "InvalidAccessKeySecret"


def test_a_temporary_key_needs_its_token(address: str) -> None:
    _, secret, token = STS
    assert call(connect(address, secret, token), "DescribeZones")["Zones"]["Zone"][0]["ZoneId"] == "cn-hangzhou-a"
    with pytest.raises(ServerException) as refused:
        call(connect(address, secret, "another"), "DescribeZones")
    assert refused.value.get_error_code() == "InvalidSecurityToken.MismatchWithAccessKey"
