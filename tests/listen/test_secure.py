"""TLS on the port of plain HTTP, and tunnels to the cloud's names."""

from __future__ import annotations

import contextlib
import gc
import socket
import ssl
import sys
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Final

import pytest
import trustme

from faultzone.errors import UsageError
from faultzone.listen.authority import Authority
from faultzone.listen.hosts import Hosts
from faultzone.listen.limits import LINE_MAX
from faultzone.listen.secure import Secured
from faultzone.serve.application import Refusal
from faultzone.serve.server import Endpoint, serve
from faultzone.serve.signatures import Keyring
from tests.support.loops import both_loops  # noqa: F401
from tests.support.patience import PATIENCE
from tests.support.wire import ANSWER, KEY, NOW, FakeBackend, RawClient, error_of, http_request, v1_query

NAME: Final = "ecs.cn-hangzhou.aliyuncs.com"
HEALTH: Final = b"GET /_faultzone/health HTTP/1.1\r\nhost: %s\r\n\r\n" % NAME.encode()


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


@pytest.fixture
def log() -> list[Refusal]:
    return []


@pytest.fixture
def door() -> FakeBackend:
    return FakeBackend()


@pytest.fixture
def endpoint(door: FakeBackend, log: list[Refusal], authority: Authority) -> Iterator[Endpoint]:
    with serve(door, Keyring([KEY]), token="t", log=log.append, now=lambda: NOW, authority=authority) as mounted:
        yield mounted


def trusting(authority: Authority) -> ssl.SSLContext:
    return ssl.create_default_context(cadata=authority.certificate)


class SecureClient(RawClient):
    """A connection that speaks TLS and trusts an authority, for one name; through a tunnel where `through` is given."""

    def __init__(self, endpoint: Endpoint, context: ssl.SSLContext, name: str = NAME, through: bytes = b"") -> None:
        super().__init__((endpoint.host, endpoint.port))
        if through:
            self.send(through)
            assert self._file.readline().split()[1] == b"200"
            assert self._file.readline() == b"\r\n"
        self._file.close()
        self.socket = context.wrap_socket(self.socket, server_hostname=name)
        self._file = self.socket.makefile("rb")


def connect_to(authority: str) -> bytes:
    return f"CONNECT {authority} HTTP/1.1\r\nhost: {authority}\r\n\r\n".encode()


@pytest.mark.parametrize("name", [NAME, "sts.aliyuncs.com", "localhost", "127.0.0.1"])
def test_a_name_of_the_server_has_a_certificate(endpoint: Endpoint, authority: Authority, name: str) -> None:
    with SecureClient(endpoint, trusting(authority), name) as client:
        for _ in range(2):
            assert client.ask(HEALTH).json == {"status": "ok"}


def test_a_call_is_answered_as_over_plain_http(endpoint: Endpoint, authority: Authority, door: FakeBackend) -> None:
    name = "n" * 50_000
    with SecureClient(endpoint, trusting(authority)) as client:
        form = {"content-type": "application/x-www-form-urlencoded"}
        whole = http_request(b"/", headers=form, body=v1_query({"Name": name}))
        client.send(whole[:30_000])
        assert client.ask(whole[30_000:]).json == ANSWER
    assert door.calls == [("DescribeInstances", {"Name": name}, KEY.account)]


def test_requests_sent_at_once_are_answered_in_order(endpoint: Endpoint, authority: Authority) -> None:
    with SecureClient(endpoint, trusting(authority)) as client:
        client.send(HEALTH * 20)
        assert [getattr(client.receive(), "status", None) for _ in range(20)] == [200] * 20


def test_the_limits_are_those_of_plain_http(endpoint: Endpoint, authority: Authority) -> None:
    with SecureClient(endpoint, trusting(authority)) as client:
        response = client.ask(http_request(b"/?a=" + b"a" * LINE_MAX))
        assert (response.status, error_of(response.body).code) == (414, "InvalidParameter")


def test_a_client_that_says_goodbye_is_left(endpoint: Endpoint, authority: Authority) -> None:
    with SecureClient(endpoint, trusting(authority)) as client:
        assert client.ask(HEALTH).status == 200
        assert isinstance(client.socket, ssl.SSLSocket)
        client.socket.unwrap()


def test_connection_close_ends_with_a_goodbye(endpoint: Endpoint, authority: Authority) -> None:
    with SecureClient(endpoint, trusting(authority)) as client:
        assert client.ask(HEALTH[:-2] + b"connection: close\r\n\r\n").status == 200
        assert client.receive() is None


def test_a_name_that_is_not_the_servers_has_none(endpoint: Endpoint, authority: Authority) -> None:
    for name in ("example.com", "a_b.aliyuncs.com"):
        with pytest.raises(ssl.SSLError, match=r"(?i)unrecognized.name"):
            SecureClient(endpoint, trusting(authority), name)


def test_a_client_that_trusts_nothing_is_noted(endpoint: Endpoint, log: list[Refusal]) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        SecureClient(endpoint, ssl.create_default_context())
    until = time.monotonic() + PATIENCE
    while not log and time.monotonic() < until:
        time.sleep(0.001)
    assert [each.reason.partition(": ")[2] for each in log] == [
        "the client does not trust the certificate of this server's authority."
    ]


def test_a_client_whose_clock_is_past_the_certificate_is_told_of(
    endpoint: Endpoint, log: list[Refusal], authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a program does that runs under another clock: here the certificate has ended instead."""
    monkeypatch.setattr(trustme, "DEFAULT_EXPIRY", datetime(2020, 1, 1))
    with pytest.raises(ssl.SSLCertVerificationError, match="expired"):
        SecureClient(endpoint, trusting(authority), "sts.aliyuncs.com")
    until = time.monotonic() + PATIENCE
    while not log and time.monotonic() < until:
        time.sleep(0.001)
    assert [each.reason.partition(": ")[2] for each in log] == [
        "the client's clock says that the certificate of this server has expired."
    ]


def test_http_2_is_offered_and_not_taken(endpoint: Endpoint, authority: Authority) -> None:
    context = trusting(authority)
    context.set_alpn_protocols(["h2", "http/1.1"])
    with SecureClient(endpoint, context) as client:
        assert isinstance(client.socket, ssl.SSLSocket)
        assert client.socket.selected_alpn_protocol() == "http/1.1"
        assert client.ask(HEALTH).status == 200


def test_nonsense_that_begins_like_tls_is_cut_off(endpoint: Endpoint) -> None:
    with RawClient((endpoint.host, endpoint.port)) as client:
        client.send(b"\x16\x03\x01" + b"nonsense" * 100)
        assert client.socket.recv(1024)[:1] in (b"\x15", b"")  # An alert.
        assert client.socket.recv(1024) == b""


def test_a_connection_that_asks_nothing_is_closed(door: FakeBackend) -> None:
    with (
        serve(door, Keyring([KEY]), request_seconds=0.02) as endpoint,
        RawClient((endpoint.host, endpoint.port)) as client,
    ):
        assert client.socket.recv(1) == b""
    for first in (b"\x16", b"G"):
        with (
            serve(door, Keyring([KEY]), request_seconds=0.02, authority=Authority()) as endpoint,
            RawClient((endpoint.host, endpoint.port)) as client,
        ):
            client.send(first)
            assert first == b"G" or client.socket.recv(1) == b""


def test_an_endpoint_that_closes_cuts_what_has_asked_nothing(door: FakeBackend) -> None:
    with serve(door, Keyring([KEY])) as endpoint, RawClient((endpoint.host, endpoint.port)) as client:
        with RawClient((endpoint.host, endpoint.port)) as other:
            assert other.ask(HEALTH).status == 200  # Both are accepted by now.
        endpoint.close()
        with contextlib.suppress(ConnectionResetError):
            assert client.socket.recv(1) == b""


def test_without_its_extra_a_client_of_tls_is_told_so(
    door: FakeBackend, log: list[Refusal], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "trustme", None)
    with serve(door, Keyring([KEY]), log=log.append) as endpoint:
        with pytest.raises(ssl.SSLError):
            SecureClient(endpoint, ssl.create_default_context())
        assert log[0].reason.endswith("it is TLS, which needs pip install 'pytest-faultzone[tls]'.")
        with RawClient((endpoint.host, endpoint.port)) as client:
            asked = client.ask(b"GET /_faultzone/ca.pem HTTP/1.1\r\nhost: localhost\r\n\r\n")
            assert (asked.status, error_of(asked.body).code) == (501, "NotSupported")
            refused = client.ask(connect_to(f"{NAME}:443"))
            assert (refused.status, "pytest-faultzone[tls]" in error_of(refused.body).message) == (403, True)


def test_the_certificate_of_the_authority_is_given_to_whoever_asks(endpoint: Endpoint, authority: Authority) -> None:
    with RawClient((endpoint.host, endpoint.port)) as client:
        answer = client.ask(b"GET /_faultzone/ca.pem HTTP/1.1\r\nhost: localhost\r\n\r\n")
    assert answer.body.decode() == authority.certificate
    assert answer.headers["content-type"] == "application/x-pem-file"


# Tunnels.


def test_a_tunnel_leads_to_the_cloud(endpoint: Endpoint, authority: Authority) -> None:
    with SecureClient(endpoint, trusting(authority), through=connect_to(f"{NAME}:443")) as client:
        for _ in range(2):
            assert client.ask(HEALTH).json == {"status": "ok"}


def test_plain_http_is_spoken_in_a_tunnel_too(endpoint: Endpoint) -> None:
    with RawClient((endpoint.host, endpoint.port)) as client:
        client.send(connect_to(f"{NAME}:80"))
        assert client.socket.recv(1024) == b"HTTP/1.1 200 Connection established\r\n\r\n"
        assert client.ask(HEALTH).json == {"status": "ok"}


def test_a_tunnel_opens_after_what_was_asked_before(endpoint: Endpoint) -> None:
    with RawClient((endpoint.host, endpoint.port)) as client:
        assert client.ask(HEALTH).status == 200
        client.send(HEALTH + connect_to(f"{NAME}:80"))
        received = b""
        while not received.endswith(b"\r\n\r\n"):
            received += client.socket.recv(1024)
        assert received.endswith(b'{"status":"ok"}HTTP/1.1 200 Connection established\r\n\r\n')


@pytest.mark.parametrize(
    ("authority", "why"),
    [
        ("127.0.0.1:443", "is no host of the cloud"),
        ("localhost:22", "is no host of the cloud"),
        ("[::1]:443", "is no host of the cloud"),
        ("example.com:443", "is no host of the cloud"),
        ("100.100.100.200:80", "is no host of the cloud"),
        # Addresses and names of this machine that are not loopback's.
        ("0.0.0.0:443", "is no host of the cloud"),
        ("[::]:443", "is no host of the cloud"),
        ("[::ffff:127.0.0.1]:443", "is no host of the cloud"),
        (f"{socket.gethostname()}:443", "is no host of the cloud"),
        ("www.localhost:443", "is no host of the cloud"),
        (NAME, "is not the name of a host with a port"),
    ],
)
def test_a_tunnel_to_anything_else_is_refused(endpoint: Endpoint, authority: str, why: str) -> None:
    with RawClient((endpoint.host, endpoint.port)) as client:
        refused = client.ask(connect_to(authority))
        assert refused.status == 403
        assert why in error_of(refused.body).message
        assert client.receive() is None


def test_a_request_for_another_host_inside_a_tunnel_is_refused(endpoint: Endpoint, authority: Authority) -> None:
    with SecureClient(endpoint, trusting(authority), through=connect_to(f"{NAME}:443")) as client:
        refused = client.ask(HEALTH.replace(b"ecs.", b"vpc."))
        assert refused.status == 403
        assert f"another host than {NAME}" in error_of(refused.body).message


def test_a_tunnel_inside_of_another_is_refused(endpoint: Endpoint, authority: Authority) -> None:
    with SecureClient(endpoint, trusting(authority), through=connect_to(f"{NAME}:443")) as client:
        assert client.ask(connect_to(f"{NAME}:443")).status == 403
    with SecureClient(endpoint, trusting(authority)) as client:
        assert client.ask(connect_to(f"{NAME}:443")).status == 403


def test_a_name_that_was_allowed_can_be_tunnelled_to_but_not_loopback() -> None:
    hosts = Hosts(1, ["ci.example", "127.0.0.1"])
    assert hosts.tunnel_refusal("ci.example:443") is None
    assert hosts.tunnel_refusal("127.0.0.1:443") is not None


def test_nothing_of_a_connection_stays(endpoint: Endpoint, authority: Authority) -> None:
    with SecureClient(endpoint, trusting(authority)) as client:
        assert client.ask(HEALTH).status == 200
    until = time.monotonic() + PATIENCE
    while any(isinstance(each, Secured) for each in gc.get_objects()) and time.monotonic() < until:
        time.sleep(0.01)
        gc.collect()
    assert not any(isinstance(each, Secured) for each in gc.get_objects())


# The authority.


def test_an_authority_is_kept(tmp_path: Path) -> None:
    kept = tmp_path / "new" / "ca"
    first = Authority(kept).certificate
    assert Authority(kept).certificate == first == (kept / "ca.pem").read_text()
    assert {path.name: path.stat().st_mode & 0o777 for path in kept.iterdir()} == {
        "ca.pem": 0o644,
        "authority.pem": 0o600,
    }
    (kept / "ca.pem").unlink()
    assert Authority(kept).certificate == (kept / "ca.pem").read_text()
    Authority(kept).context("localhost")


def test_an_authority_that_cannot_be_kept_says_why(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    with pytest.raises(UsageError, match=r"file: expected a directory in which the authority can be kept; "):
        assert Authority(file).certificate
    (tmp_path / "authority.pem").write_text("nonsense")
    with pytest.raises(UsageError, match=r"authority\.pem: expected a key with its certificate; remove the file"):
        assert Authority(tmp_path).certificate
    one, other = trustme.CA(), trustme.CA()
    (tmp_path / "authority.pem").write_bytes(one.private_key_pem.bytes() + other.cert_pem.bytes())
    with pytest.raises(UsageError, match="expected a key with its certificate"):
        assert Authority(tmp_path).certificate


def test_an_authority_that_has_expired_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trustme, "DEFAULT_EXPIRY", datetime(2020, 1, 1))
    made = trustme.CA()
    (tmp_path / "authority.pem").write_bytes(made.private_key_pem.bytes() + made.cert_pem.bytes())
    with pytest.raises(UsageError, match=r"good today, found one from 2000-01-01 to 2020-01-01; remove the file"):
        assert Authority(tmp_path).certificate


def test_two_that_make_one_at_once_have_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Slow(trustme.CA):
        def __init__(self, organization_name: str) -> None:
            super().__init__(organization_name=organization_name)
            monkeypatch.undo()
            self.other = Authority(tmp_path).certificate

    monkeypatch.setattr(trustme, "CA", Slow)
    first = Authority(tmp_path).certificate
    assert first == Authority(tmp_path).certificate == (tmp_path / "ca.pem").read_text()


def test_sockets_are_still_what_clients_are_served_on(endpoint: Endpoint) -> None:
    with socket.create_connection((endpoint.host, endpoint.port), timeout=PATIENCE) as plain:
        plain.sendall(HEALTH)
        assert plain.recv(1024).startswith(b"HTTP/1.1 200 OK\r\n")
