"""What callers cannot take: the endpoint's time, its memory, its answers, and the turns of others."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from urllib.parse import urlencode

import pytest

from faultzone.api.ecs import ECS
from faultzone.api.errors import ApiError
from faultzone.listen.limits import CHUNKS_MAX, HEADERS_MAX
from faultzone.listen.server import Turns
from faultzone.serve.server import Endpoint, serve
from faultzone.serve.signatures import Keyring, _quoted_name, canonical_query
from faultzone.serve.wire import FORM_MAX, REFUSAL_MAX
from tests.support.loops import both_loops  # noqa: F401
from tests.support.wire import (
    ANSWER,
    KEY,
    NOW,
    FakeBackend,
    RawClient,
    ask,
    error_of,
    http_request,
    make_application,
    v1_parameters,
    v1_query,
    v3_headers,
)

FORM = {"content-type": "application/x-www-form-urlencoded"}


@pytest.fixture
def door() -> FakeBackend:
    return FakeBackend()


@pytest.fixture
def endpoint(door: FakeBackend) -> Iterator[Endpoint]:
    with serve(door, Keyring([KEY]), token="token", now=lambda: NOW, allow_hosts=["ci.example"]) as mounted:
        yield mounted


@pytest.fixture
def client(endpoint: Endpoint) -> Iterator[RawClient]:
    with RawClient((endpoint.host, endpoint.port)) as connected:
        yield connected


@pytest.mark.parametrize("status", [420, 444, 499, 509, 520, 599])
def test_a_status_without_a_name_is_sent(client: RawClient, door: FakeBackend, status: int) -> None:
    door.error = ApiError("Strange", "it is strange", status)
    for _ in range(2):
        response = client.ask(http_request(b"/?" + v1_query({})))
        assert (response.status, error_of(response.body).code) == (status, "Strange")


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "x@localhost", "localhost.evil.example"])
@pytest.mark.parametrize("target", [b"/?", b"/_faultzone/health?"])
def test_another_host_is_refused_by_name(client: RawClient, door: FakeBackend, host: str, target: bytes) -> None:
    response = client.ask(http_request(target + v1_query({}), headers={"host": host}))
    assert (response.status, error_of(response.body).code) == (403, "Forbidden")
    assert "evil.example" in response.json["Message"] or "x@localhost" in response.json["Message"]
    assert client.receive() is None
    assert door.calls == []


@pytest.mark.parametrize("host", ["localhost", "ci.example:1", "ecs.aliyuncs.com", "[::1]:9", "localhost:"])
def test_the_endpoints_own_hosts_are_served(client: RawClient, host: str) -> None:
    assert client.ask(http_request(b"/?" + v1_query({}), headers={"host": host})).json == ANSWER


def test_a_url_of_another_host_is_refused_whatever_the_header_says(client: RawClient, door: FakeBackend) -> None:
    response = client.ask(http_request(b"http://evil.example/?" + v1_query({})))
    assert (response.status, error_of(response.body).code) == (403, "Forbidden")
    assert door.calls == []


@pytest.mark.parametrize("header", [{"origin": "http://evil.example"}, {"sec-fetch-site": "cross-site"}])
@pytest.mark.parametrize("target", [b"/?", b"/_faultzone/health?"])
def test_a_page_of_another_origin_is_refused(
    client: RawClient, door: FakeBackend, header: dict[str, str], target: bytes
) -> None:
    response = client.ask(http_request(target + v1_query({}, method="GET"), method=b"GET", headers=header))
    assert (response.status, error_of(response.body).code) == (403, "Forbidden")
    assert "--allow-host" in response.json["Message"]
    assert door.calls == []


def test_a_page_of_its_own_origin_is_served(client: RawClient, endpoint: Endpoint) -> None:
    headers = {"host": endpoint.url.removeprefix("http://"), "origin": endpoint.url}
    assert client.ask(http_request(b"/?" + v1_query({}), headers=headers)).json == ANSWER


def test_a_refusal_is_xml_where_the_query_asks_for_it(client: RawClient) -> None:
    response = client.ask(http_request(b"/?Format=XML&Action=x", headers={"host": "evil.example"}))
    assert (response.status, response.headers["content-type"]) == (403, "text/xml;charset=utf-8")


@pytest.mark.parametrize(
    "head",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nhost:\r\n\r\n",
        b"GET / HTTP/1.1\r\nhost: localhost\r\nhost: localhost\r\n\r\n",
        b"GET / HTTP/1.0\r\nhost: localhost\r\nhost: evil\r\n\r\n",
        b"POST / HTTP/1.0\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        b"GET / HTTP/2.0\r\nhost: localhost\r\n\r\n",
    ],
)
def test_heads_that_http_forbids(client: RawClient, head: bytes) -> None:
    response = client.ask(head)
    assert (response.status, error_of(response.body).code) == (400, "InvalidParameter")
    assert client.receive() is None


def test_http_1_0_needs_no_host(client: RawClient) -> None:
    target = b"/?" + v1_query({}, method="GET")
    assert client.ask(b"GET " + target + b" HTTP/1.0\r\n\r\n").json == ANSWER
    assert client.receive() is None


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"GET / HTTP/1.1\r\nhost: localhost\r\n" + b"a: b\r\n" * HEADERS_MAX + b"\r\n", 431),
        (
            b"POST / HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n"
            + b"1\r\na\r\n" * (CHUNKS_MAX + 1),
            413,
        ),
        (http_request(b"/", headers=FORM, body=b"a=" + b"b" * FORM_MAX), 413),
    ],
)
def test_more_than_any_client_sends_is_refused(client: RawClient, request_: bytes, status: int) -> None:
    response = client.ask(request_)
    assert (response.status, error_of(response.body).code) == (status, "InvalidParameter")


def test_turns_are_taken_one_by_one_and_end_with_their_time(monkeypatch: pytest.MonkeyPatch) -> None:
    soon: list[object] = []

    class Loop:
        def call_soon(self, function: object) -> None:
            soon.append(function)

    instants = itertools.count()  # Each turn takes a second.
    monkeypatch.setattr("faultzone.listen.server.perf_counter", lambda: next(instants))
    turns, done = Turns(Loop()), []  # type: ignore[arg-type]

    def busy() -> None:
        done.append("busy")
        turns.add(busy)

    turns.add(busy)
    turns.add(lambda: done.append("other"))
    assert len(soon) == 1
    for _ in range(3):
        soon.pop()()  # type: ignore[operator]
        assert len(soon) == 1
    assert done == ["busy", "other", "busy"]


def test_who_sends_many_at_once_waits_for_the_turns_of_others(endpoint: Endpoint, door: FakeBackend) -> None:
    sent, asked = threading.Event(), 2000

    class Waiting(FakeBackend):
        def call(
            self, action: str, parameters: Mapping[str, object], *, product: str = ECS, account: str | None = None
        ) -> dict[str, object]:
            assert sent.wait(10)
            return super().call(action, parameters, product=product, account=account)

    waiting = Waiting()
    with (
        serve(waiting, Keyring([KEY]), now=lambda: NOW) as endpoint,
        RawClient((endpoint.host, endpoint.port)) as many,
        RawClient((endpoint.host, endpoint.port)) as other,
    ):
        assert other.ask(b"GET /_faultzone/health HTTP/1.1\r\nhost: localhost\r\n\r\n").status == 200
        writing = threading.Thread(
            target=many.send, args=(b"".join(http_request(b"/?" + v1_query({})) for _ in range(asked)),)
        )
        writing.start()
        other.send(http_request(b"/?" + v1_query({"Name": "other"})))
        sent.set()
        assert other.receive() is not None
        for _ in range(asked):
            assert many.receive() is not None
        writing.join()
    assert [call[1] for call in waiting.calls].index({"Name": "other"}) < asked // 2


def test_who_does_not_read_is_cut(door: FakeBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("faultzone.listen.connection.READ_SECONDS", 0.02)
    door.answer["Padding"] = "a" * (8 << 20)
    with serve(door, Keyring([KEY]), now=lambda: NOW, request_seconds=0.02) as hasty, ExitStack() as clients:
        connections = hasty._listener._shared.connections
        until = time.monotonic() + 20
        while not door.calls or connections:
            if not connections:  # A busy machine may cut a client before its request has come.
                clients.enter_context(RawClient((hasty.host, hasty.port))).send(http_request(b"/?" + v1_query({})))
            assert time.monotonic() < until
            time.sleep(0.002)


def test_no_refusal_is_long() -> None:
    long = {f"{'n' * 200}{number}": "\u4e2d<&" * 10 for number in range(1000)}
    wrong = {**v1_parameters({"Name": "<&'" * 20_000, "Password": "secret"}), "Signature": "wrong"}
    for given in ({**v1_parameters(long), "Signature": "x"}, wrong, {"Action": "A" * 9000}, {"N" * 250: "x"}):
        for form in ("JSON", "XML"):
            answer = ask(make_application(FakeBackend()), urlencode({**given, "Format": form}).encode())
            assert 400 <= answer.status < 500
            assert len(answer.body) <= REFUSAL_MAX
            assert b"secret" not in answer.body


def test_a_message_of_the_door_is_cut_too() -> None:
    for text in ("a" * 100_000, "\0" * 10_000, "&" * 10_000, "\U0001f600" * 5_000):
        for form in ("JSON", "XML"):
            door = FakeBackend(error=ApiError("Strange", text))
            assert len(ask(make_application(door), v1_query({"Format": form})).body) <= REFUSAL_MAX


def test_names_that_callers_make_up_are_not_kept() -> None:
    _quoted_name.cache_clear()
    for number in range(2000):
        canonical_query({f"{number}" + "n" * 200: "1"})
    assert _quoted_name.cache_info().currsize == 0
    for number in range(2000):
        canonical_query({f"P.{number}": "1"})
    assert _quoted_name.cache_info().currsize <= 1024


@pytest.mark.parametrize(
    "value", ["a+/=%" * 400, "\u4e2d*" * 900, "a b" * 4000, "%25" * 2000, "x\n~_.-" * 900, "=\r\n" * 1500]
)
def test_long_values_are_signed_and_read_like_short_ones(value: str) -> None:
    door = FakeBackend()
    whole = canonical_query({"V": value})
    assert whole == "V=" + "".join(canonical_query({"": each}).removeprefix("=") for each in value)
    assert ask(make_application(door), v1_query({"V": value})).status == 200
    assert door.calls[0][1] == {"V": value}


def test_an_old_spelling_of_the_time_is_read() -> None:
    given = v1_parameters({})
    at = given["Timestamp"]
    del given["Timestamp"], given["Signature"]
    from faultzone.serve.signatures import sign_v1

    given["TimeStamp"] = at
    given["Signature"] = sign_v1("POST", given, KEY.secret)
    door = FakeBackend()
    assert ask(make_application(door), urlencode(given).encode()).status == 200
    assert door.calls[0][1] == {}


def test_v3_needs_the_hash_of_the_body() -> None:
    for given, code in (({}, "IncompleteSignature"), ({"x-acs-content-sha256": "0" * 64}, "SignatureDoesNotMatch")):
        headers = v3_headers({}, given)
        if not given:
            del headers["x-acs-content-sha256"]
        answer = ask(make_application(FakeBackend()), b"", headers)
        assert (answer.status, error_of(answer.body).code) == (400, code)
        assert "x-acs-content-sha256" in answer.body.decode()


def test_v3_signs_no_header_twice() -> None:
    headers = v3_headers({})
    headers["authorization"] = headers["authorization"].replace("SignedHeaders=host", "SignedHeaders=host;host")
    assert error_of(ask(make_application(FakeBackend()), b"", headers).body).code == "IncompleteSignature"
