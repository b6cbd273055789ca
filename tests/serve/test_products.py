"""Products over HTTP: told apart by version and host, and called with the keys that STS gives."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from faultzone import ApiError, Region, make_region
from faultzone.serve import Credential, Endpoint, serve_backend
from faultzone.serve.application import Refusal
from tests.support.wire import (
    FakeBackend,
    RawClient,
    Response,
    ask,
    error_of,
    http_request,
    make_application,
    v1_query,
)

VERSION = {"sts": "2015-04-01", "location": "2015-06-12", "ecs": "2014-05-26"}
TESTID = Credential("testid", "testsecret", "1000000000000001")


@pytest.fixture
def region() -> Iterator[Region]:
    with make_region() as made:
        yield made


@pytest.fixture
def endpoint(region: Region) -> Iterator[Endpoint]:
    with serve_backend(region.backend) as served:
        yield served


def _ask(
    endpoint: Endpoint, product: str, action: str, *, credential: Credential = TESTID, host: str = "", **given: str
) -> Response:
    named = {"Action": action, "Version": VERSION[product], **given}
    query = v1_query(named, credential=credential, at=time.time())
    with RawClient((endpoint.host, endpoint.port)) as client:
        return client.ask(http_request(b"/?" + query, headers={"host": host} if host else None))


def test_the_keys_of_a_role_work_until_they_end(region: Region, endpoint: Endpoint) -> None:
    arn = "acs:ram::1000000000000001:role/reader"
    answer = _ask(endpoint, "sts", "AssumeRole", DurationSeconds="900", RoleArn=arn, RoleSessionName="alice")
    made = answer.json["Credentials"]
    key = Credential(made["AccessKeyId"], made["AccessKeySecret"], "", token=made["SecurityToken"])
    assert _ask(endpoint, "ecs", "DescribeInstances", credential=key, RegionId=region.id).status == 200
    told = _ask(endpoint, "sts", "GetCallerIdentity", credential=key).json
    assert told["Arn"] == "acs:ram::1000000000000001:assumed-role/reader/alice"
    assert _ask(endpoint, "sts", "GetCallerIdentity").json["IdentityType"] == "Account"
    region.clock.advance(900)
    assert _ask(endpoint, "sts", "GetCallerIdentity", credential=key).json["Code"] == "InvalidSecurityToken.Expired"


@pytest.mark.parametrize("host", ["", "location-readonly.aliyuncs.com"])
def test_endpoints_are_where_the_request_was_sent_or_the_clouds(region: Region, endpoint: Endpoint, host: str) -> None:
    told = _ask(endpoint, "location", "DescribeEndpoints", host=host, Id=region.id, ServiceCode="ecs").json
    (shown,) = told["Endpoints"]["Endpoint"]
    assert shown["Endpoint"] == (f"ecs.{region.id}.aliyuncs.com" if host else "127.0.0.1")


def _refused(given: dict[str, str], host: str) -> tuple[ApiError, list[Refusal], FakeBackend]:
    log: list[Refusal] = []
    door = FakeBackend()
    answer = ask(make_application(door, log=log), v1_query(given), {"host": host})
    return error_of(answer.body), log, door


@pytest.mark.parametrize(
    ("version", "host", "says"),
    [
        ("2014-05-15", "slb.aliyuncs.com", "The product slb is not simulated"),
        ("2014-05-15", "127.0.0.1", "Its product is not simulated"),
        ("2014-05-26", "slb.cn-hangzhou.aliyuncs.com", "The product slb is not simulated"),
        ("2014-05-26", "sts.aliyuncs.com", "The version of sts is 2015-04-01, and not 2014-05-26."),
    ],
)
def test_a_product_that_is_not_simulated_is_refused_with_a_sentence(version: str, host: str, says: str) -> None:
    error, log, door = _refused({"Version": version}, host)
    assert (error.code, door.calls) == ("InvalidVersion", [])
    assert says in error.message
    assert says in log[0].reason


def _seen(given: dict[str, str], host: str) -> dict[str, Any]:
    door = FakeBackend()
    ask(make_application(door), v1_query(given), {"host": host})
    return door.calls[0][1]


def test_a_host_of_the_cloud_names_the_region_of_a_call_without_one() -> None:
    assert _seen({}, "ecs.cn-beijing.aliyuncs.com") == {"RegionId": "cn-beijing"}
    assert _seen({"RegionId": "cn-hangzhou"}, "ecs.cn-beijing.aliyuncs.com") == {"RegionId": "cn-hangzhou"}
    assert _seen({}, "ecs.aliyuncs.com") == {}


def test_only_sts_is_told_the_key() -> None:
    assert _seen({"Version": VERSION["sts"], "Action": "GetCallerIdentity"}, "") == {"AccessKeyId": "testid"}
    assert _seen({}, "") == {}
    assert json.dumps(_seen({"Version": VERSION["location"]}, "")) == "{}"
