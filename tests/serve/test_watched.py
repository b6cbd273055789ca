from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable

import pytest

from faultzone.api.errors import ApiError
from faultzone.listen import Refused, Request
from faultzone.serve.application import Answer
from faultzone.serve.watched import Watched
from tests.support.wire import FakeBackend, make_application, v1_query


def _told(request: Request, backend: FakeBackend | None = None) -> str:
    lines: list[str] = []
    answer = Watched(make_application(backend or FakeBackend()), lines.append).answer(request)
    if isinstance(answer, Awaitable):
        asyncio.run(_wait(answer))
    (line,) = lines
    assert re.match(r"\d\d:\d\d:\d\d  ", line)
    assert re.search(r"  \d+\.\d ms$", line)
    return line[10:].rpartition("  ")[0]


async def _wait(answer: Awaitable[object]) -> None:
    await answer


def _get(query: bytes = b"", path: str = "/", method: str = "GET", **headers: str) -> Request:
    return Request(method, path, query, {name.replace("_", "-"): value for name, value in headers.items()}, b"", "::1")


def _call(**parameters: str) -> Request:
    return _get(v1_query(parameters, method="GET"))


def test_a_request_is_told_with_what_was_asked_and_how_it_ended() -> None:
    assert _told(_call(Action="StopInstance", InstanceId="i-1")) == "200  StopInstance(InstanceId='i-1')"
    refused = FakeBackend(error=ApiError("InvalidInstanceId.NotFound"))
    assert (
        _told(_call(Action="StopInstance", InstanceId="i-1"), refused)
        == "404 InvalidInstanceId.NotFound  StopInstance(InstanceId='i-1')"
    )
    as_xml = _call(Action="StopInstance", InstanceId="i-1", Format="XML")
    assert _told(as_xml, refused).startswith("404 InvalidInstanceId.NotFound  StopInstance(")


def test_no_secret_is_told() -> None:
    assert _told(_call(Action="RunInstances", Password="Secret99!")) == "200  RunInstances(Password='***')"


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        (_get(path="/\x1b[2J"), "404 InvalidApi.NotFound  GET /\\x1b[2J"),
        (_get(b"Action=%00"), "400 InvalidParameter  GET /"),
        (_get(), "200  GET /"),
        (_get(path="/_faultzone/health"), "200  GET /_faultzone/health"),
    ],
)
def test_what_is_no_call_is_told_by_its_path(request_: Request, said: str) -> None:
    assert _told(request_) == said


def test_what_cannot_be_read_is_told() -> None:
    lines: list[str] = []
    Watched(make_application(FakeBackend()), lines.append).refuse(Refused(431, "headers", "there are too many", "GET"))
    assert re.fullmatch(r"\S+  431 InvalidParameter  GET that cannot be read  0\.\d ms", lines[0])


def test_a_browser_is_shown_what_this_is() -> None:
    answer = make_application(FakeBackend()).answer(_get())
    assert isinstance(answer, Answer)
    assert (answer.status, answer.content_type) == (200, "text/html;charset=utf-8")
    assert b"default-src 'none'" in answer.body
    assert b"127.0.0.1:1" in answer.body


@pytest.mark.parametrize(
    "request_",
    [
        _get(x_acs_action="DescribeZones"),
        _get(authorization="ACS3-HMAC-SHA256 x"),
        _get(b"Version=2014-05-26"),
        _get(method="POST"),
    ],
)
def test_whatever_may_be_a_call_is_answered_as_one(request_: Request) -> None:
    answer = make_application(FakeBackend()).answer(request_)
    assert isinstance(answer, Answer)
    assert b"MissingParameter" in answer.body
