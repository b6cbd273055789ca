"""The console as a browser meets it: its page, and the stream of what changes."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

import pytest

from faultzone.errors import UsageError
from faultzone.serve import Endpoint, console, serve
from faultzone.serve.cloud import Hosted, endpoint
from faultzone.serve.console import Feed, page
from faultzone.serve.settings import all_texts
from faultzone.serve.signatures import Keyring
from tests.support.loops import both_loops  # noqa: F401
from tests.support.patience import PATIENCE
from tests.support.wire import FakeBackend, RawClient, http_request

TOKEN = "the-token"
CRASH = {"fault": {"fault": "HostCrash", "host": "cn-hangzhou-a-h01"}}


@pytest.fixture(autouse=True)
def _without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("faultzone.serve.console._PAUSE", 0.01)


@pytest.fixture
def cloud() -> Iterator[Hosted]:
    made = Hosted(regions=["cn-hangzhou", "cn-beijing"], zones=1, hosts_per_zone=2)
    yield made
    made.close()


@pytest.fixture
def served(cloud: Hosted) -> Iterator[Endpoint]:
    with endpoint(cloud, token=TOKEN, key=("me", "mine")) as made:
        yield made


class Reader:
    """Reads a stream."""

    def __init__(self, served: Endpoint, query: bytes = b"", **headers: str) -> None:
        self.client = RawClient((served.host, served.port))
        given = {"x-faultzone-token": TOKEN, **{name.replace("_", "-"): value for name, value in headers.items()}}
        self.client.send(http_request(b"/_faultzone/stream" + query, method=b"GET", headers=given))
        self.lines = self.client.socket.makefile("rb")
        self.head = [*iter(lambda: self.lines.readline().strip().decode(), "")]
        self.id = ""

    def __enter__(self) -> Reader:
        return self

    def __exit__(self, *_: object) -> None:
        self.lines.close()
        self.client.__exit__()

    def next(self) -> dict[str, Any]:
        """The data of the next message."""
        fields = dict[str, str]()
        while "data" not in fields:
            for line in iter(self.lines.readline, b"\n"):
                assert line, "the stream has ended"
                name, _, value = line.decode().strip().partition(": ")
                fields[name] = value
        self.id = fields["id"]
        found: dict[str, Any] = json.loads(fields["data"])
        return found

    def until_end(self) -> bytes:
        """What comes before the stream ends."""
        return self.lines.read()


def _ask(served: Endpoint, path: bytes, method: bytes = b"GET", **headers: str) -> tuple[int, Mapping[str, str], bytes]:
    with RawClient((served.host, served.port)) as client:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = client.ask(http_request(path, method=method, headers=given))
        return answer.status, answer.headers, answer.body


def test_a_page_allows_its_own_script_and_style_alone(served: Endpoint) -> None:
    status, headers, body = _ask(served, b"/")
    text = body.decode()
    policy = headers["content-security-policy"]
    assert status == 200
    for kind in ("script", "style"):
        (inline,) = re.findall(rf"<{kind}>(.*?)</{kind}>", text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(inline.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}';" in policy
    assert policy.startswith("default-src 'none'; ")
    assert policy.endswith("; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
    assert not re.findall(r'\b(?:src|href|style|on\w+)="', text)
    assert headers["x-content-type-options"] == "nosniff"
    assert "set-cookie" not in headers
    assert f"127.0.0.1:{served.port}" in text


def test_a_page_says_without_script_what_it_needs() -> None:
    text = page("<b>&")[0].decode()
    assert "&lt;b&gt;&amp;" in text
    assert "This page needs JavaScript." in re.findall(r"<noscript>(.*?)</noscript>", text, re.DOTALL)[0]


def test_a_stream_tells_all_and_then_what_changes(served: Endpoint, cloud: Hosted) -> None:
    with Reader(served) as reader:
        assert reader.head[0] == "HTTP/1.1 200 OK"
        assert "Content-Type: text/event-stream" in reader.head
        assert "Cache-Control: no-store" in reader.head
        first = reader.next()
        assert first["whole"]
        assert first["regions"] == ["cn-hangzhou", "cn-beijing"]
        cloud.control("inject", CRASH)
        while "hosts" not in (then := reader.next()):
            pass
        assert not then["whole"]
        assert then["faults"][0]["fault"]["fault"] == "HostCrash"


def test_a_stream_goes_on_where_another_ended(served: Endpoint, cloud: Hosted) -> None:
    with Reader(served) as reader:
        reader.next()
        known = reader.id
    cloud.control("inject", CRASH)
    with Reader(served, last_event_id=known) as again:
        then = again.next()
        assert not then["whole"]
        assert [each["kind"] for each in then["entries"]][-1] == "fault"
    for other in (known + "0000000", "what:1", "nothing", f"{known[:12]}:-1", f"{known[:12]}:\u00b2"):
        with Reader(served, last_event_id=other) as anew:
            assert anew.next()["whole"]


def test_a_fresh_cloud_is_told_as_a_whole(served: Endpoint, cloud: Hosted) -> None:
    with Reader(served) as reader:
        before = reader.next()
        cloud.control("reset", {"zones": 3})
        then = reader.next()
    assert then["whole"]
    assert then["of"] != before["of"]
    assert len(then["zones"]) == 3


def test_another_region_is_shown_and_one_that_is_gone_ends_the_stream(served: Endpoint, cloud: Hosted) -> None:
    with Reader(served, b"?region=cn-beijing") as reader:
        assert reader.next()["region"] == "cn-beijing"
        cloud.control("reset", {"regions": ["cn-hangzhou"]})
        assert reader.until_end() == b""
    status, _, body = _ask(served, b"/_faultzone/stream?region=cn-beijing", x_faultzone_token=TOKEN)
    assert (status, json.loads(body)["Code"]) == (400, "UsageError")


@pytest.mark.parametrize("path", [b"stream", b"settings", b"schema", b"control/overview"])
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x_faultzone_token": "a guess"},
        {"x_faultzone_token": TOKEN, "origin": "http://evil.example"},
        {"x_faultzone_token": TOKEN, "sec_fetch_site": "cross-site"},
        {"x_faultzone_token": TOKEN, "host": "evil.example"},
        {"cookie": f"x-faultzone-token={TOKEN}"},
    ],
)
def test_nothing_is_told_without_the_token_or_to_another_site(
    served: Endpoint, path: bytes, headers: dict[str, str]
) -> None:
    method = b"POST" if b"control" in path else b"GET"
    status, _, body = _ask(served, b"/_faultzone/" + path, method, **headers)
    assert status == 403
    assert b"Forbidden" in body


def test_the_settings_of_clients_are_told(served: Endpoint) -> None:
    _, _, body = _ask(served, b"/_faultzone/settings?region=cn-beijing", x_faultzone_token=TOKEN)
    told = json.loads(body)
    assert list(told) == ["environment", "python", "node", "terraform", "aliyun"]
    for text in told.values():
        assert all(each in text for each in ("me", "mine"))
    for client in ("environment", "python", "terraform", "aliyun"):
        assert "cn-beijing" in told[client]


def test_settings_are_those_of_a_region_that_there_is(served: Endpoint) -> None:
    status, _, body = _ask(served, b"/_faultzone/settings?region=nowhere", x_faultzone_token=TOKEN)
    assert status == 400
    assert b"unknown region 'nowhere'" in body


def test_a_template_in_a_key_is_none_for_terraform() -> None:
    told = all_texts("127.0.0.1:1", ("id", "a${b}%{c}"), "cn-hangzhou")["terraform"]
    assert '"a$${b}%%{c}"' in told


def test_an_endpoint_without_keys_has_no_settings() -> None:
    with serve(FakeBackend(), Keyring(), token=TOKEN) as served:
        assert _ask(served, b"/_faultzone/settings", x_faultzone_token=TOKEN)[2] == b"{}"


def test_a_backend_that_has_no_overview_refuses_the_stream() -> None:
    class Bare(FakeBackend):
        def control(self, verb: str, arguments: Mapping[str, object]) -> dict[str, Any]:
            raise UsageError("unknown verb")

    with serve(Bare(), Keyring(), token=TOKEN) as served:
        assert _ask(served, b"/_faultzone/stream", x_faultzone_token=TOKEN)[0] == 400


def test_a_stream_ends_with_the_endpoint(cloud: Hosted) -> None:
    with endpoint(cloud, token=TOKEN) as served, Reader(served) as reader:
        reader.next()
        served.close()
        with suppress(ConnectionResetError):
            assert reader.until_end() == b""


class Counted:
    """A region that counts how often it is looked at."""

    def __init__(self) -> None:
        self.length = self.looks = 0

    def control(self, verb: str, arguments: Mapping[str, object]) -> dict[str, Any]:
        self.looks += 1
        return {"of": "a", "length": self.length, "faults": [], "whole": False, "entries": [], "given": dict(arguments)}


def test_who_knows_equally_much_is_told_at_once_by_one_look() -> None:
    region = Counted()

    async def read() -> None:
        feed = Feed(region)  # type: ignore[arg-type]
        streams = [(await feed.first("", "")).pieces() for _ in range(3)]
        for each in streams:
            await anext(each)
        looked = region.looks
        region.length = 7
        told = await asyncio.wait_for(asyncio.gather(*map(anext, streams)), PATIENCE)
        assert len({*told}) == 1
        assert b"id: a:7\n" in told[0]
        assert b'"since":0' in told[0]
        assert region.looks == looked + 1
        waits = [asyncio.create_task(anext(each)) for each in streams]
        await asyncio.sleep(0)
        for wait in waits:
            wait.cancel()
        await asyncio.gather(*waits, return_exceptions=True)
        assert feed._awaited == {}

    asyncio.run(read())


@pytest.mark.parametrize(("whole", "count", "busy"), [(False, 9, False), (False, 10, True), (True, 10, False)])
def test_a_region_where_much_happens_is_looked_at_less_often(whole: bool, count: int, busy: bool) -> None:
    told = console._Told.of({"of": "a", "length": 3, "faults": [], "whole": whole, "entries": [{}] * count})
    assert told.busy is busy


def test_the_time_is_told_where_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("faultzone.serve.console._QUIET", 0.0)

    async def read() -> None:
        stream = (await Feed(Counted()).first("", "")).pieces()  # type: ignore[arg-type]
        await anext(stream)
        assert b"id: a:0\n" in await asyncio.wait_for(anext(stream), PATIENCE)

    asyncio.run(read())
