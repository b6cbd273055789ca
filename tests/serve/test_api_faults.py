"""Faults of the API: what callers in process and clients on the wire meet, and what has had an effect."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from aliyunsdkcore.acs_exception.exceptions import ClientException, ServerException
from aliyunsdkcore.client import AcsClient
from aliyunsdkcore.request import RpcRequest

from faultzone import ApiError, NoAnswer, Region, UsageError, make_region


@pytest.fixture
def served() -> Iterator[Region]:
    with make_region(clock="hybrid") as region:
        yield region


def inject(region: Region, **fault: object) -> int:
    return int(region.control("inject", fault={"fault": "ApiFailure", **fault})["number"])


def test_a_refusal_comes_before_the_effect(served: Region) -> None:
    inject(served, action="RunInstances", code="Throttling", times=1)
    with pytest.raises(ApiError) as refused:
        served.run_instances(1, wait=False)
    assert (refused.value.code, refused.value.status) == ("Throttling", 400)
    assert served.instances == []
    assert len(served.run_instances(1, wait=False)) == 1


def test_an_answer_is_lost_after_the_effect_when_asked(served: Region) -> None:
    inject(served, action="RunInstances", kind="drop", after_effect=True, times=1)
    with pytest.raises(NoAnswer):
        served.run_instances(1, wait=False)
    assert len(served.instances) == 1


def test_a_pattern_and_its_end(served: Region) -> None:
    fault = inject(served, action="Describe*")
    with pytest.raises(ApiError, match="ServiceUnavailable"):
        served.call("DescribeInstances")
    for _ in range(2):
        assert served.control("undo", number=fault)["state"] == "undone"
    assert served.call("DescribeInstances")["TotalCount"] == 0


def test_a_delay_in_process_is_region_time() -> None:
    with make_region() as region:
        inject(region, action="DescribeInstances", kind="delay", seconds=90, times=1)
        began = region.clock.ms
        region.call("DescribeInstances")
        assert region.clock.ms - began == 90_000


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "explode"},
        {"status": 200},
        {"status": 99},
        {"status": 1000},
        {"status": 304},
        {"status": 399},
        {"status": 600},
        {"status": True},
        {"status": "x"},
        {"status": "503"},
        {"status": 503.0},
        {"code": 1},
        {"code": ""},
        {"message": 1},
        {"seconds": "1"},
        {"times": "1"},
        {"times": True},
        {"retry_after": "1"},
        {"retry_after": 1.5},
        {"seconds": -1},
        {"kind": "delay", "seconds": float("nan")},
        {"kind": "delay", "seconds": float("inf")},
        {"times": 0},
        {"retry_after": -1},
    ],
)
def test_a_fault_that_cannot_be_is_refused(served: Region, fault: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        inject(served, action="RunInstances", **fault)


@pytest.mark.parametrize("status", [420, 499, 520, 599])
def test_a_client_meets_a_status_that_has_no_name(served: Region, status: int) -> None:
    inject(served, action="DescribeInstances", code="Strange", status=status, times=1)
    with pytest.raises(ServerException) as refused:
        client_of(served).do_action_with_exception(RpcRequest("Ecs", "2014-05-26", "DescribeInstances"))
    assert (refused.value.get_http_status(), refused.value.get_error_code()) == (status, "Strange")


def client_of(region: Region) -> Any:
    client = AcsClient("testid", "testsecret", "cn-hangzhou", auto_retry=False)
    client.add_endpoint("cn-hangzhou", "Ecs", region.endpoint.removeprefix("http://"))
    return client


def test_a_client_meets_the_refusal_and_its_header(served: Region) -> None:
    inject(served, action="DescribeInstances", code="Throttling.User", retry_after=1500, times=1)
    with pytest.raises(ServerException) as refused:
        client_of(served).do_action_with_exception(RpcRequest("Ecs", "2014-05-26", "DescribeInstances"))
    assert refused.value.get_error_code() == "Throttling.User"


def test_a_client_meets_a_dropped_connection(served: Region) -> None:
    inject(served, action="DescribeInstances", kind="drop", times=1)
    with pytest.raises(ClientException) as lost:
        client_of(served).do_action_with_exception(RpcRequest("Ecs", "2014-05-26", "DescribeInstances"))
    assert lost.value.get_error_code() == "SDK.HttpError"


def test_a_delay_holds_up_no_other_call(served: Region) -> None:
    client = client_of(served)
    inject(served, action="DescribeInstances", kind="delay", seconds=0.15, times=1)
    began = time.monotonic()
    client.do_action_with_exception(RpcRequest("Ecs", "2014-05-26", "DescribeInstances"))
    assert time.monotonic() - began >= 0.15


def test_the_old_client_retries_and_so_makes_a_second_batch(served: Region) -> None:
    """Its own retry after a 5xx, without a token: why faults come before the effect unless asked otherwise."""
    inject(served, action="RunInstances", code="InternalError", after_effect=True, times=1)
    client = AcsClient("testid", "testsecret", "cn-hangzhou")
    client.add_endpoint("cn-hangzhou", "Ecs", served.endpoint.removeprefix("http://"))
    request = RpcRequest("Ecs", "2014-05-26", "RunInstances")
    request.set_action_name("RunInstances")
    for name, value in (("ImageId", served.defaults["image"]), ("InstanceType", served.defaults["instance-type"])):
        request.add_query_param(name, value)
    made = json.loads(client.do_action_with_exception(request))["InstanceIdSets"]["InstanceIdSet"]
    assert len(made) == 1
    assert len(served.instances) == 2
