from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Coroutine, Mapping
from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree

import pytest

from faultzone.api.errors import ApiError
from faultzone.errors import HarnessError
from faultzone.listen import Request
from faultzone.serve.application import Answer, Refusal
from tests.support.wire import (
    ANSWER,
    KEY,
    REQUEST_ID,
    STS,
    FakeBackend,
    ask,
    error_of,
    make_application,
    v1_parameters,
    v1_query,
    v3_headers,
)

JSON = "application/json;charset=utf-8"
XML = "text/xml;charset=utf-8"


def _ask(door: FakeBackend, query: bytes, log: list[Refusal] | None = None) -> Answer:
    return ask(make_application(door, log=log), query)


def test_a_signed_call_reaches_the_door_and_its_answer_comes_back() -> None:
    door = FakeBackend()
    answer = _ask(door, v1_query({"InstanceId.1": "i-1", "SignatureType": ""}))
    assert (answer.status, answer.content_type, answer.request_id) == (200, JSON, REQUEST_ID)
    assert json.loads(answer.body) == ANSWER
    assert door.calls == [("DescribeInstances", {"InstanceId.1": "i-1"}, KEY.account)]


def test_a_call_in_a_form_signed_with_v3_by_a_temporary_key() -> None:
    door = FakeBackend()
    body = urlencode({"CommandContent": "ZWNobyAx+/="}).encode()
    headers = v3_headers(
        {"Name": "n"}, {"content-type": "application/x-www-form-urlencoded"}, body=body, credential=STS
    )
    answer = ask(make_application(door), b"Name=n", headers, body)
    assert answer.status == 200
    assert door.calls == [("DescribeInstances", {"Name": "n", "CommandContent": "ZWNobyAx+/="}, STS.account)]


@pytest.mark.parametrize("host", ["127.0.0.1:8080", "ecs.cn-hangzhou.aliyuncs.com"])
def test_regions_answer_where_the_request_was_sent(host: str) -> None:
    """The second as to a proxy, which is asked for the cloud's other names too."""
    kept = {"RegionId": "cn-hangzhou", "Status": "available"}
    answered: dict[str, object] = {"Regions": {"Region": [{**kept, "RegionEndpoint": "elsewhere"}]}}
    query = v1_query({"Action": "DescribeRegions"})
    answer = ask(make_application(FakeBackend(answered)), query, {"host": host}, b"")
    at = "elsewhere" if host.endswith(".aliyuncs.com") else host
    assert json.loads(answer.body) == {"Regions": {"Region": [{**kept, "RegionEndpoint": at}]}}
    unnamed = ask(make_application(FakeBackend(answered)), v1_query({"Action": "DescribeRegions"}), {}, b"")
    assert json.loads(unnamed.body) == answered


def test_xml_when_asked() -> None:
    answer = _ask(FakeBackend(), v1_query({"Format": "XML"}))
    assert (answer.status, answer.content_type) == (200, XML)
    assert ElementTree.fromstring(answer.body).tag == "DescribeInstancesResponse"


def test_a_refusal_by_the_door_keeps_its_request_id() -> None:
    error = ApiError("OperationDenied.NoStock")
    error.request_id = REQUEST_ID
    answer = _ask(FakeBackend(error=error), v1_query({}))
    assert (answer.status, answer.content_type, answer.request_id) == (403, JSON, REQUEST_ID)
    assert json.loads(answer.body)["RequestId"] == REQUEST_ID
    assert error_of(answer.body).code == "OperationDenied.NoStock"


def test_a_refusal_before_the_door_gets_a_request_id() -> None:
    door = FakeBackend()
    answer = _ask(door, v1_query({"Version": "2014-08-28"}))
    assert (answer.status, error_of(answer.body).code) == (404, "InvalidVersion")
    assert json.loads(answer.body)["RequestId"] == answer.request_id == answer.request_id.upper()
    assert door.calls == []


def test_refusals_are_xml_too_once_the_format_is_known() -> None:
    answer = _ask(FakeBackend(), v1_query({"Version": "2014-08-28", "Format": "XML"}))
    assert (answer.status, answer.content_type) == (404, XML)
    assert ElementTree.fromstring(answer.body).findtext("Code") == "InvalidVersion"


def test_refusals_are_logged_without_what_was_signed() -> None:
    log: list[Refusal] = []
    parameters = {**v1_parameters({"Name": "private"}), "Signature": "bad"}
    answer = _ask(FakeBackend(), urlencode(parameters).encode(), log)
    assert [(each.code, each.status, each.request_id) for each in log] == [
        ("SignatureDoesNotMatch", 400, answer.request_id)
    ]
    assert "private" not in str(log)
    assert "testid" not in str(log)


def test_what_the_door_refuses_is_the_doors_to_record() -> None:
    log: list[Refusal] = []
    _ask(FakeBackend(error=ApiError("Throttling")), v1_query({}), log)
    assert log == []


@pytest.mark.parametrize("door", [FakeBackend(error=ZeroDivisionError()), FakeBackend(answer={"RequestId": {1, 2}})])
def test_a_bug_behind_the_door_is_an_internal_error(door: FakeBackend, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR, "faultzone.serve"):
        answer = _ask(door, v1_query({"Name": "private"}))
    assert (answer.status, error_of(answer.body).code) == (500, "InternalError")
    assert "DescribeInstances" in caplog.text
    assert "private" not in caplog.text


def test_others_are_answered_between_the_parts_of_a_long_call() -> None:
    backend = FakeBackend(parts=3)
    application = make_application(backend)
    order: list[str] = []

    async def long() -> None:
        query = v1_query({"InstanceName": "web-*"})
        answer = application.answer(Request("POST", "/", query, {}, b"", "127.0.0.1"))
        assert isinstance(answer, Coroutine)
        assert backend.calls == []
        assert isinstance(await answer, Answer)
        order.append("long")

    async def others() -> None:
        for _ in range(2):
            order.append("other")
            await asyncio.sleep(0)

    async def both() -> None:
        await asyncio.gather(long(), others())

    asyncio.run(both())
    assert order == ["other", "other", "long"]
    assert (backend.prepared, len(backend.calls)) == (4, 1)


def test_a_call_that_lists_nothing_is_not_prepared() -> None:
    backend = FakeBackend(parts=3)
    assert _ask(backend, v1_query({"Action": "RunInstances", "InstanceName": "web-*"})).status == 200
    assert backend.prepared == 0


def test_of_listings_by_the_same_parameters_one_in_a_while_is_prepared(monkeypatch: pytest.MonkeyPatch) -> None:
    backend, now = FakeBackend(), [100.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    application = make_application(backend)
    prepared = []
    for waits, parameters in (
        (0.0, {"Status": "Running"}),
        (0.0, {"Status": "Stopped"}),
        (0.0, {"Status": "Stopped", "ZoneId": "a"}),
        (0.0, {"Status": "Stopped", "RegionId": "cn-beijing"}),
        (0.0, {"Action": "DescribeDisks", "Status": "Stopped"}),
        (0.9, {"Status": "Stopped"}),
        (0.2, {"Status": "Stopped"}),
        (0.0, {"InstanceName": "a*"}),
        (0.0, {"InstanceName": "b*"}),
        (0.0, {"InstanceName": "b"}),
    ):
        now[0] += waits
        before = backend.prepared
        assert ask(application, v1_query(parameters)).status == 200
        prepared.append(backend.prepared - before)
    assert prepared == [1, 0, 1, 1, 1, 0, 1, 1, 1, 0]


def test_a_call_that_cannot_be_prepared_says_itself_what_is_wrong() -> None:
    class Broken(FakeBackend):
        def control(self, verb: str, arguments: Mapping[str, object]) -> dict[str, Any]:
            raise HarnessError("the model failed")

    query = {"InstanceName": "*"}
    assert _ask(Broken(), v1_query(query)).status == 200
    assert _ask(Broken(error=ApiError("Throttling")), v1_query(query)).status == 400


@pytest.mark.parametrize("query", [b"Action=DescribeRegions", v1_query({"Action": "DescribeRegions"}, method="GET")])
def test_a_refusal_names_the_host_that_was_asked(query: bytes) -> None:
    """Before the call, and of the call."""
    application = make_application(FakeBackend(error=ApiError("InvalidRegionId.NotFound")))
    request = Request("GET", "/", query, {"host": "ecs.cn-beijing.aliyuncs.com"}, b"", "127.0.0.1")
    answer = application.answer(request)
    assert isinstance(answer, Answer)
    assert b"ecs.cn-beijing.aliyuncs.com" in answer.body
