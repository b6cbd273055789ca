from __future__ import annotations

import contextlib
import errno
import gc
import logging
import socket
import ssl
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from functools import partial
from http.client import HTTPConnection
from itertools import pairwise
from typing import NoReturn
from urllib.parse import urlencode

import pytest

from faultzone.listen import Authority
from faultzone.listen.limits import BODY_MAX, HEADER_BYTES_MAX, LINE_MAX
from faultzone.listen.server import _PAUSE_SECONDS
from faultzone.serve.application import Refusal
from faultzone.serve.server import Endpoint, serve, serve_backend
from faultzone.serve.signatures import Credential, Keyring, complete_v1
from tests.support.loops import both_loops  # noqa: F401
from tests.support.patience import PATIENCE
from tests.support.wire import (
    ANSWER,
    KEY,
    NOW,
    STS,
    FakeBackend,
    RawClient,
    error_of,
    http_request,
    v1_query,
    v3_headers,
)

HEALTH = b"GET /_faultzone/health HTTP/1.1\r\nhost: localhost\r\n\r\n"
FORM = {"content-type": "application/x-www-form-urlencoded"}


@pytest.fixture
def door() -> FakeBackend:
    return FakeBackend()


@pytest.fixture
def log() -> list[Refusal]:
    return []


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


@pytest.fixture(scope="module")
def trusting(authority: Authority) -> ssl.SSLContext:
    return ssl.create_default_context(cadata=authority.certificate)


@pytest.fixture
def endpoint(door: FakeBackend, log: list[Refusal], authority: Authority) -> Iterator[Endpoint]:
    with serve(door, Keyring([KEY]), token="token", log=log.append, now=lambda: NOW, authority=authority) as mounted:
        yield mounted


@pytest.fixture(params=["plain", "tls"])
def connect(request: pytest.FixtureRequest, endpoint: Endpoint, trusting: ssl.SSLContext) -> Callable[[], RawClient]:
    """Connects to the endpoint: what a client may do wrong is the same over TLS."""
    return partial(RawClient, (endpoint.host, endpoint.port), trusting if request.param == "tls" else None)


@pytest.fixture
def client(connect: Callable[[], RawClient]) -> Iterator[RawClient]:
    with connect() as connected:
        yield connected


def test_an_endpoint_is_on_loopback_and_says_where(endpoint: Endpoint) -> None:
    assert endpoint.url == f"http://127.0.0.1:{endpoint.port}"
    assert endpoint.token not in repr(endpoint)


def test_a_connection_serves_one_request_after_another(client: RawClient, door: FakeBackend) -> None:
    for _ in range(3):
        response = client.ask(http_request(b"/?" + v1_query({"Name": "a b"})))
        assert (response.status, response.json) == (200, ANSWER)
        assert response.headers["content-type"] == "application/json;charset=utf-8"
        assert response.headers["x-acs-request-id"] == ANSWER["RequestId"]
    assert door.calls == [("DescribeInstances", {"Name": "a b"}, KEY.account)] * 3


def test_requests_sent_at_once_are_answered_in_order(client: RawClient, door: FakeBackend) -> None:
    first, second = (http_request(b"/?" + v1_query({"Name": name})) for name in ("1", "2"))
    assert client.ask(first + second).status == 200
    assert client.receive() is not None
    assert [call[1]["Name"] for call in door.calls] == ["1", "2"]


def test_get(client: RawClient) -> None:
    query = v1_query({}, method="GET")
    assert client.ask(http_request(b"/?" + query, method=b"GET")).json == ANSWER


def test_a_form_in_two_parts(client: RawClient, door: FakeBackend) -> None:
    whole = http_request(b"/", headers=FORM, body=v1_query({"Name": "n" * 50_000}))
    client.send(whole[:30_000])
    assert client.ask(whole[30_000:]).status == 200
    assert door.calls[0][1] == {"Name": "n" * 50_000}


def test_a_form_in_chunks(client: RawClient, door: FakeBackend) -> None:
    body = v1_query({"Name": "n"})
    head = (
        b"POST / HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\ncontent-type: %s\r\n\r\n"
        % FORM["content-type"].encode()
    )
    assert client.ask(head + b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)).status == 200
    assert door.calls[0][1] == {"Name": "n"}


def test_a_query_of_200_kib(client: RawClient, door: FakeBackend) -> None:
    content = "aGk+" * 40 * 1024
    target = b"/?" + v1_query({"Content": content})
    assert 200 * 1024 < len(target) <= LINE_MAX
    assert client.ask(http_request(target)).status == 200
    assert door.calls[0][1] == {"Content": content}


def test_a_longer_request_line_is_refused_though_the_client_is_still_writing(connect: Callable[[], RawClient]) -> None:
    for size in (LINE_MAX + 1, 4 * 1024 * 1024):
        with connect() as client:
            response = client.ask(http_request(b"/?a=" + b"a" * size))
            assert (response.status, error_of(response.body).code) == (414, "InvalidParameter")
            assert response.headers["connection"] == "close"
            assert client.receive() is None


@pytest.mark.parametrize(
    "head", [b"x: y\r\n" * 100_000, b"x: y\r\n" * 200_000 + b"\r\n", b"x: %s\r\n\r\n" % (b"y" * HEADER_BYTES_MAX)]
)
def test_headers_too_long_are_refused_with_an_end_and_without(client: RawClient, head: bytes) -> None:
    response = client.ask(b"GET / HTTP/1.1\r\nhost: localhost\r\n" + head)
    assert (response.status, error_of(response.body).code) == (431, "InvalidParameter")


def assert_cut_off(client: RawClient, data: bytes) -> None:
    """The connection is reset under a client that sends this again and again. 256 MiB are more than buffers hold."""
    piece = data * (2**20 // len(data))

    def send() -> None:
        for _ in range(256):
            client.send(piece)

    with pytest.raises((ConnectionError, ssl.SSLEOFError)):
        send()


def test_headers_after_a_body_in_chunks_say_nothing_and_have_an_end(client: RawClient, door: FakeBackend) -> None:
    head = b"POST /_faultzone/control/clock HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n0\r\n"
    response = client.ask(head + b"x-faultzone-token: token\r\n\r\n")
    assert (response.status, error_of(response.body).code) == (403, "Forbidden")
    client.send(head)
    assert_cut_off(client, b"x: %s\r\n" % (b"y" * 1000))
    assert door.verbs == []


@pytest.mark.parametrize("size", [1024 * 1024, 8 * 1024 * 1024])
def test_a_long_body_is_read_and_refused_and_the_connection_goes_on(client: RawClient, size: int) -> None:
    response = client.ask(http_request(b"/", headers=FORM, body=b"a" * size))
    assert (response.status, error_of(response.body).code) == (413, "InvalidParameter")
    assert client.ask(http_request(b"/?" + v1_query({}))).status == 200


@pytest.mark.parametrize("announced", [BODY_MAX + 1, 10**12])
def test_a_body_that_is_announced_too_long_is_not_waited_for(client: RawClient, announced: int) -> None:
    response = client.ask(http_request(b"/", headers={**FORM, "content-length": str(announced)}))
    assert (response.status, error_of(response.body).code) == (413, "InvalidParameter")


def test_who_asks_first_is_told_not_to_send_and_the_connection_ends(client: RawClient) -> None:
    response = client.ask(http_request(b"/", headers={"content-length": "1000000", "expect": "100-continue"}))
    assert (response.status, response.headers["connection"]) == (413, "close")
    assert client.receive() is None


def test_who_asks_first_is_told_to_go_on(client: RawClient) -> None:
    body = v1_query({})
    client.send(http_request(b"/", headers={**FORM, "content-length": str(len(body)), "expect": "100-continue"}))
    assert client.socket.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert client.ask(body).status == 200


def test_a_body_that_grows_too_long_in_chunks_is_refused(client: RawClient) -> None:
    head = b"POST / HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n"
    response = client.ask(head + b"10000\r\n%s\r\n" % (b"a" * 0x10000) * 9)
    assert (response.status, error_of(response.body).code) == (413, "InvalidParameter")


def test_answers_that_nobody_reads_hold_up_the_requests_behind_them(
    connect: Callable[[], RawClient], door: FakeBackend
) -> None:
    door.answer["Padding"] = "a" * (1 << 20)
    asked = 40
    with connect() as client, connect() as other:
        client.send(b"".join(http_request(b"/?" + v1_query({})) for _ in range(asked)))
        # Each of these takes the loop a turn at least.
        for _ in range(2 * asked):
            assert other.ask(HEALTH).status == 200
        assert len(door.calls) < asked
        for _ in range(asked):
            assert client.receive() is not None
    assert len(door.calls) == asked


def test_who_leaves_before_the_answers_leaves_no_error(
    connect: Callable[[], RawClient], door: FakeBackend, caplog: pytest.LogCaptureFixture
) -> None:
    door.answer["Padding"] = "a" * (8 << 20)
    with connect() as client, connect() as other:
        client.send(b"".join(http_request(b"/?" + v1_query({})) for _ in range(4)))
        while not door.calls:
            assert other.ask(HEALTH).status == 200
        client.__exit__()  # With bytes unread: that is a reset.
        for _ in range(20):
            assert other.ask(HEALTH).status == 200
    assert caplog.text == ""


def test_a_body_without_end_is_cut_off(client: RawClient) -> None:
    client.send(http_request(b"/", headers={**FORM, "content-length": str(10**9)}))
    assert_cut_off(client, b"a" * 1000)


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x15\x03\x01\x02\x00",
        b"GARBAGE\r\n\r\n",
        b"GET /?q=\x00 HTTP/1.1\r\n\r\n",
        b"\xff" * 100,
        # How a client begins that knows beforehand that HTTP/2 is spoken.
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00",
    ],
)
def test_garbage_is_refused_in_json_and_logged(client: RawClient, log: list[Refusal], garbage: bytes) -> None:
    response = client.ask(garbage)
    assert (response.status, error_of(response.body).code) == (400, "InvalidParameter")
    assert response.headers["content-type"] == "application/json;charset=utf-8"
    assert client.receive() is None
    assert [(each.code, each.status) for each in log] == [("InvalidParameter", 400)]


def test_garbage_after_a_request_does_not_take_its_answer(client: RawClient) -> None:
    response = client.ask(http_request(b"/?" + v1_query({})) + b"\x00garbage")
    assert response.status == 200
    refused = client.receive()
    assert refused is not None
    assert (refused.status, refused.headers["connection"]) == (400, "close")
    assert client.receive() is None


def test_an_absolute_url_as_a_proxy_gets_it(client: RawClient) -> None:
    for target in (b"http://ecs-cn-hangzhou.aliyuncs.com/?", b"http://ecs-cn-hangzhou.aliyuncs.com?"):
        assert client.ask(http_request(target + v1_query({}))).json == ANSWER


def test_a_host_header_that_is_a_url(client: RawClient, endpoint: Endpoint) -> None:
    headers = v3_headers({"Name": "a b*"}, {"host": endpoint.url})
    assert client.ask(http_request(b"/?Name=a+b*", headers=headers)).json == ANSWER


@pytest.mark.parametrize("method", ["PUT", "HEAD", "OPTIONS"])
def test_other_methods(endpoint: Endpoint, method: str) -> None:
    connection = HTTPConnection(endpoint.host, endpoint.port, timeout=PATIENCE)
    connection.request(method, "/")
    response = connection.getresponse()
    assert response.status == 403
    body = response.read()
    assert (error_of(body).code if body else method) == ("HEAD" if method == "HEAD" else "UnsupportedHTTPMethod")
    connection.close()


def test_an_upgrade_is_answered_as_if_it_had_not_been_asked_for(client: RawClient) -> None:
    headers = {"upgrade": "websocket", "connection": "upgrade"}
    response = client.ask(http_request(b"/?" + v1_query({}), headers=headers))
    assert response.status == 200
    assert client.receive() is None


def test_a_client_that_has_finished_writing_gets_its_answer(client: RawClient) -> None:
    client.send(http_request(b"/?" + v1_query({})))
    client.finish()
    response = client.receive()
    assert response is not None
    assert response.json == ANSWER


@pytest.mark.slow
@pytest.mark.parametrize(
    "start",
    [
        b"",
        b"\r\n",
        b"POST",
        b"POST / HTTP/1.1\r\nhost: x\r\n",
        http_request(b"/", headers={"content-length": "5"}, body=b"a"),
    ],
)
@pytest.mark.parametrize("over", ["plain", "tls"])
def test_a_request_that_does_not_arrive_is_given_up(
    door: FakeBackend, start: bytes, over: str, authority: Authority, trusting: ssl.SSLContext
) -> None:
    with (
        serve(door, Keyring([KEY]), request_seconds=1, authority=authority) as endpoint,
        RawClient((endpoint.host, endpoint.port), trusting if over == "tls" else None) as client,
    ):
        client.send(start)
        response = client.receive()
        if start.startswith(b"POST"):
            assert response is not None
            assert (response.status, error_of(response.body).code) == (408, "InvalidParameter")
            assert client.receive() is None
        else:
            assert response is None


def test_a_slow_sender_does_not_hold_up_others(client: RawClient, endpoint: Endpoint) -> None:
    client.send(b"POST /?Action=")
    with RawClient((endpoint.host, endpoint.port)) as other:
        assert other.ask(http_request(b"/?" + v1_query({}))).status == 200


@pytest.mark.slow
def test_an_idle_connection_outlives_the_time_for_a_request(door: FakeBackend) -> None:
    with (
        serve(door, Keyring([KEY]), request_seconds=2, now=lambda: NOW) as endpoint,
        RawClient((endpoint.host, endpoint.port)) as client,
    ):
        assert client.ask(http_request(b"/?" + v1_query({}))).status == 200
        client.socket.settimeout(2.2)
        with pytest.raises(TimeoutError):
            client.socket.recv(1)


def test_closing_frees_the_port_and_ends_connections(door: FakeBackend) -> None:
    with serve(door, Keyring([KEY])) as first, RawClient((first.host, first.port)) as client:
        first.close()
        first.close()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((first.host, first.port), timeout=PATIENCE)
        with contextlib.suppress(ConnectionResetError):
            assert client.socket.recv(1) == b""
        with serve(door, Keyring([KEY]), port=first.port) as again:
            assert again.port == first.port
        assert "closed" in repr(first)


def test_no_connection_outlives_its_endpoint_however_young_it_is(door: FakeBackend) -> None:
    for _ in range(30):
        with serve(door, Keyring([KEY])) as endpoint:
            client = socket.create_connection((endpoint.host, endpoint.port), timeout=PATIENCE)
        with client, contextlib.suppress(ConnectionResetError):
            assert client.recv(1) == b""


def test_an_address_in_use_is_told_and_leaves_nothing_behind(endpoint: Endpoint, door: FakeBackend) -> None:
    with pytest.raises(OSError, match="in use"):
        serve(door, Keyring([KEY]), port=endpoint.port)
    gc.collect()


def test_a_listener_without_descriptors_rests(door: FakeBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    tried = []

    class Exhausted(socket.socket):
        __slots__ = ()

        def accept(self) -> NoReturn:
            tried.append(time.monotonic())
            raise OSError(errno.EMFILE, "Too many open files")

    with serve(door, Keyring([KEY]), now=lambda: NOW) as endpoint:
        monkeypatch.setattr(endpoint._listener._listener, "__class__", Exhausted)
        client = RawClient((endpoint.host, endpoint.port))
        with client, RawClient((endpoint.host, endpoint.port)):
            until = time.monotonic() + PATIENCE
            while not tried and time.monotonic() < until:
                time.sleep(0.001)
            monkeypatch.undo()
            assert client.ask(http_request(b"/?" + v1_query({}))).status == 200
    assert tried
    assert all(later - earlier > _PAUSE_SECONDS / 2 for earlier, later in pairwise(tried))


@pytest.mark.slow
def test_a_fork_closes_its_own_copy_of_an_endpoint_and_no_more() -> None:
    # In a process of its own: pytest's has threads, beside which a fork is a warning.
    program = """
        import os, signal, sys, urllib.request
        from faultzone.serve import cloud as hosted
        with hosted.endpoint(hosted.Hosted()) as served:
            if not os.fork():
                signal.alarm(5)
                served.close()
                os._exit(0)
            status = os.wait()[1]
            print(status, urllib.request.urlopen(served.url + "/_faultzone/health").read())
    """
    made = [sys.executable, "-W", "ignore", "-c", textwrap.dedent(program)]
    assert subprocess.run(made, capture_output=True, text=True, check=True).stdout == '0 b\'{"status":"ok"}\'\n'


def test_endpoints_are_apart(endpoint: Endpoint, door: FakeBackend) -> None:
    other = FakeBackend()
    with serve(other, Keyring([KEY]), now=lambda: NOW) as second, RawClient((second.host, second.port)) as client:
        assert client.ask(http_request(b"/?" + v1_query({}))).status == 200
    assert (len(other.calls), len(door.calls)) == (1, 0)


def test_each_account_of_a_backend_has_a_key_pair(door: FakeBackend) -> None:
    with serve_backend(door) as endpoint, RawClient((endpoint.host, endpoint.port)) as client:
        for number, account in (("", KEY.account), ("2", STS.account)):
            credential = Credential(f"testid{number}", f"testsecret{number}", account)
            query = v1_query({}, credential=credential, at=time.time())
            assert client.ask(http_request(b"/?" + query)).status == 200
    assert [call[2] for call in door.calls] == [KEY.account, STS.account]


def test_the_first_key_pair_can_be_chosen_and_signs_by_the_present(door: FakeBackend) -> None:
    key = ("mine", "my secret")
    with serve_backend(door, key=key) as endpoint, RawClient((endpoint.host, endpoint.port)) as client:
        parameters = complete_v1("POST", {"Action": "StopInstance", "InstanceId": "i-1"}, key)
        response = client.ask(http_request(b"/", headers=FORM, body=urlencode(parameters).encode()))
    assert (response.status, response.json) == (200, ANSWER)
    assert door.calls == [("StopInstance", {"InstanceId": "i-1"}, KEY.account)]


def test_nothing_of_a_request_is_logged(client: RawClient, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        client.ask(http_request(b"/?" + v1_query({"Name": "private"})))
        client.ask(b"\x00private")
    assert caplog.text == ""
