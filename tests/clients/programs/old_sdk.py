"""aliyun-python-sdk-ecs: the life of two instances."""

from __future__ import annotations

import json
from importlib import import_module
from typing import Any

from aliyunsdkcore.acs_exception.exceptions import ServerException
from aliyunsdkcore.client import AcsClient

from tests.clients.programs.steps import IMAGE, REGION, TYPE, step, wait

client = AcsClient("testid", "testsecret", REGION)
made: list[str] = []


def call(action: str, **parameters: object) -> Any:
    module = import_module(f"aliyunsdkecs.request.v20140526.{action}Request")
    request = getattr(module, f"{action}Request")()
    request.set_accept_format("json")
    request.set_protocol_type("https")
    for name, value in parameters.items():
        request.add_query_param(name, value)
    return json.loads(client.do_action_with_exception(request))


def statuses() -> set[str]:
    shown = call("DescribeInstances", InstanceIds=json.dumps(made))["Instances"]["Instance"]
    assert len(shown) == len(made)
    return {each["Status"] for each in shown}


@step
def zones_are_listed() -> None:
    assert {each["ZoneId"] for each in call("DescribeZones")["Zones"]["Zone"]} == {"cn-hangzhou-a", "cn-hangzhou-b"}


@step
def two_instances_are_run() -> None:
    answer = call("RunInstances", ImageId=IMAGE, InstanceType=TYPE, Amount=2, InstanceName="old")
    made.extend(answer["InstanceIdSets"]["InstanceIdSet"])
    wait(lambda: statuses() == {"Running"})


@step
def they_are_stopped_and_started() -> None:
    for each in made:
        call("StopInstance", InstanceId=each)
    wait(lambda: statuses() == {"Stopped"})
    for each in made:
        call("StartInstance", InstanceId=each)
    wait(lambda: statuses() == {"Running"})


@step
def a_refusal_has_its_code() -> None:
    try:
        call("StartInstance", InstanceId="i-none")
    except ServerException as refused:
        assert refused.get_error_code() == "InvalidInstanceId.NotFound"
        return
    raise AssertionError("it was not refused")


@step
def they_are_deleted() -> None:
    for each in made:
        call("DeleteInstance", InstanceId=each, Force=True)
    assert call("DescribeInstances")["TotalCount"] == 0
