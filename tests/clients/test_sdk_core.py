"""An unmodified client: the requests of aliyun-python-sdk-core, against a door that notes what arrives."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from aliyunsdkcore.acs_exception.exceptions import ServerException
from aliyunsdkcore.auth.credentials import StsTokenCredential
from aliyunsdkcore.client import AcsClient
from aliyunsdkcore.request import CommonRequest, RpcRequest

from faultzone.api.errors import ApiError
from faultzone.serve.server import Endpoint, serve
from faultzone.serve.signatures import Keyring
from tests.support.wire import ANSWER, KEY, REQUEST_ID, STS, FakeBackend


@pytest.fixture
def door() -> FakeBackend:
    return FakeBackend()


@pytest.fixture
def endpoint(door: FakeBackend, monkeypatch: pytest.MonkeyPatch) -> Iterator[Endpoint]:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with serve(door, Keyring([KEY, STS])) as mounted:
        yield mounted


def _client(endpoint: Endpoint, secret: str = KEY.secret, **options: Any) -> Any:
    client = AcsClient(KEY.access_key_id, secret, "cn-hangzhou", **options)
    client.add_endpoint("cn-hangzhou", "Ecs", f"127.0.0.1:{endpoint.port}")
    return client


def _request(action: str, **parameters: str) -> Any:
    request = RpcRequest("Ecs", "2014-05-26", action)
    for name, value in parameters.items():
        request.add_query_param(name, value)
    return request


def test_a_call_arrives_and_its_answer_comes_back(endpoint: Endpoint, door: FakeBackend) -> None:
    request = _request("DescribeInstances", InstanceName="a b*~+é/&=", Frequency="")
    body = _client(endpoint).do_action_with_exception(request)
    assert json.loads(body) == ANSWER
    expected = {"InstanceName": "a b*~+é/&=", "Frequency": "", "RegionId": "cn-hangzhou"}
    assert door.calls == [("DescribeInstances", expected, KEY.account)]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_methods(endpoint: Endpoint, door: FakeBackend, method: str) -> None:
    request = _request("StopInstance", InstanceId="i-1")
    request.set_method(method)
    assert json.loads(_client(endpoint).do_action_with_exception(request))["RequestId"] == REQUEST_ID
    assert door.calls == [("StopInstance", {"InstanceId": "i-1", "RegionId": "cn-hangzhou"}, KEY.account)]


def test_a_form(endpoint: Endpoint, door: FakeBackend) -> None:
    request = CommonRequest(f"127.0.0.1:{endpoint.port}", "2014-05-26", "CreateCommand", product="Ecs")
    request.set_method("POST")
    request.add_query_param("Name", "n")
    request.add_body_params("CommandContent", "ZWNobyAx+/=")
    _client(endpoint).do_action_with_exception(request)
    [(action, parameters, _)] = door.calls
    assert (action, parameters["Name"], parameters["CommandContent"]) == ("CreateCommand", "n", "ZWNobyAx+/=")


def test_a_temporary_key(endpoint: Endpoint, door: FakeBackend) -> None:
    credential = StsTokenCredential(STS.access_key_id, STS.secret, STS.token)
    client = AcsClient(region_id="cn-hangzhou", credential=credential)
    client.add_endpoint("cn-hangzhou", "Ecs", f"127.0.0.1:{endpoint.port}")
    client.do_action_with_exception(_request("DescribeInstances"))
    assert door.calls == [("DescribeInstances", {"RegionId": "cn-hangzhou"}, STS.account)]


def test_a_program_that_only_sets_a_proxy(endpoint: Endpoint, door: FakeBackend) -> None:
    client = AcsClient(KEY.access_key_id, KEY.secret, "cn-hangzhou", proxy={"http": endpoint.url})
    request = _request("DescribeInstances")
    request.set_endpoint("ecs-cn-hangzhou.aliyuncs.com")
    assert json.loads(client.do_action_with_exception(request)) == ANSWER
    assert len(door.calls) == 1


def test_a_long_command(endpoint: Endpoint, door: FakeBackend) -> None:
    content = "+/=a" * 8 * 1024
    _client(endpoint).do_action_with_exception(_request("CreateCommand", CommandContent=content))
    assert door.calls[0][1]["CommandContent"] == content


@pytest.mark.filterwarnings("ignore:do_action:DeprecationWarning")
@pytest.mark.parametrize(("wanted", "start"), [("XML", b"<?xml"), (None, b"{")])
def test_the_format_is_the_callers(endpoint: Endpoint, wanted: str | None, start: bytes) -> None:
    """Without one the SDK sends the text `None`."""
    request = _request("DescribeInstances")
    request.set_accept_format(wanted)
    assert _client(endpoint).do_action(request).startswith(start)


def test_a_refusal_is_a_server_exception_with_all_its_parts(endpoint: Endpoint, door: FakeBackend) -> None:
    door.error = ApiError("IncorrectInstanceStatus")
    door.error.request_id = REQUEST_ID
    with pytest.raises(ServerException) as caught:
        _client(endpoint).do_action_with_exception(_request("StartInstance", InstanceId="i-1"))
    error = caught.value
    assert (error.get_error_code(), error.get_http_status()) == ("IncorrectInstanceStatus", 403)
    assert error.get_error_msg() == door.error.message
    assert error.get_request_id() == REQUEST_ID
    assert len(door.calls) == 1


def test_a_wrong_secret_is_told_as_such(endpoint: Endpoint, door: FakeBackend) -> None:
    """The SDK finds its own string to sign in the message and concludes that the secret is wrong."""
    with pytest.raises(ServerException) as caught:
        _client(endpoint, secret="wrong").do_action_with_exception(_request("DescribeInstances"))
    assert (caught.value.get_error_code(), caught.value.get_http_status()) == ("InvalidAccessKeySecret", 400)
    assert door.calls == []


def test_an_unknown_version(endpoint: Endpoint) -> None:
    request = RpcRequest("Ecs", "2014-08-28", "DescribeScalingGroups")
    with pytest.raises(ServerException) as caught:
        _client(endpoint).do_action_with_exception(request)
    assert (caught.value.get_error_code(), caught.value.get_http_status()) == ("InvalidVersion", 404)
