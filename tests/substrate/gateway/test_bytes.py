"""The bytes under the servers of instances: HTTP in any pieces, websockets, TLS and plain at one port."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping
from typing import Any

import h11
import pytest
from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, CloseConnection, Ping, Pong, TextMessage
from wsproto.events import Request as Opening

from faultzone.listen.authority import Authority
from faultzone.substrate.gateway.agents import AgentServer
from faultzone.substrate.gateway.http import BODY_BYTES, Conversation
from faultzone.substrate.gateway.metadata import MetadataServer
from faultzone.substrate.gateway.secure import Door

AGENT = {"User-Agent": "linux_amd64/1.0.1.459", "Host": "assist"}


class Line:
    """A connection that speaks HTTP."""

    def __init__(self, site: Any) -> None:
        self.site = site
        self.sent = bytearray()
        self.ends = 0
        self.conversation = Conversation(site, self.sent.extend, self._end)
        self.client = h11.Connection(h11.CLIENT)

    def _end(self) -> None:
        self.ends += 1

    def ask(self, method: str, target: str, body: bytes = b"", **headers: str) -> tuple[int, bytes]:
        fields = {**AGENT, "Content-Length": str(len(body)), **headers}
        for event in (
            h11.Request(method=method, target=target, headers=list(fields.items())),
            h11.Data(data=body),
            h11.EndOfMessage(),
        ):
            self.conversation.data(self.client.send(event) or b"")
        self.client.receive_data(bytes(self.sent))
        self.sent.clear()
        status, said = 0, b""
        heard: object = None
        while not isinstance(heard, h11.EndOfMessage):
            heard = self.client.next_event()
            if isinstance(heard, h11.Response):
                status = heard.status_code
            elif isinstance(heard, h11.Data):
                said += heard.data
        if self.client.our_state is h11.DONE:
            self.client.start_next_cycle()
        return status, bytes(said)


class Socket:
    """A websocket of an agent."""

    def __init__(self, site: Any, path: str = "/luban/notify_server") -> None:
        self.line = Line(site)
        self.client = WSConnection(ConnectionType.CLIENT)
        headers = [(name.encode(), value.encode()) for name, value in AGENT.items() if name != "Host"]
        self.send(Opening(host="assist", target=path, extra_headers=headers))

    def send(self, event: Any) -> None:
        self.line.conversation.data(self.client.send(event))

    def heard(self) -> list[Any]:
        self.client.receive_data(bytes(self.line.sent))
        self.line.sent.clear()
        return list(self.client.events())

    def texts(self) -> list[str]:
        return [event.data for event in self.heard() if isinstance(event, TextMessage)]


@pytest.fixture
def line() -> Line:
    """A connection to the server of an agent."""
    return Line(AgentServer("cn-hangzhou", "i-1", 3, lambda report: None, lambda seconds, action: None))


def test_requests_may_come_in_any_pieces_and_several_at_once(line: Line) -> None:
    request = b"GET /luban/api/connection_detect HTTP/1.1\r\nHost: a\r\n\r\n"
    for each in request:
        line.conversation.data(bytes([each]))
    line.conversation.data(request * 2)
    assert bytes(line.sent).count(b"\r\n\r\nok") == 3


def test_what_is_no_http_is_told_so_and_hung_up_on(line: Line) -> None:
    line.conversation.data(b"\x00\x01\x02 garbage\r\n\r\n")
    assert bytes(line.sent).startswith(b"HTTP/1.1 400")
    line.conversation.data(b"GET / HTTP/1.1\r\n\r\n")
    assert line.ends == 1


def test_a_body_that_is_too_large_is_refused(line: Line) -> None:
    head = b"POST /luban/api/metrics HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % (BODY_BYTES + 1)
    line.conversation.data(head)
    line.conversation.data(bytes(BODY_BYTES))
    assert not line.sent
    line.conversation.data(b"x")
    assert bytes(line.sent).startswith(b"HTTP/1.1 413")
    assert line.ends == 1


def test_a_connection_that_ends_early_or_wants_to_is_ended(line: Line) -> None:
    line.conversation.data(b"POST /luban/api/metrics HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc")
    line.conversation.ended()
    assert line.ends == 1
    polite = Line(line.site)
    assert polite.ask("GET", "/luban/api/connection_detect", Connection="close")[0] == 200
    assert polite.ends == 1


def test_a_channel_answers_pings_and_its_end(line: Line) -> None:
    channel = Socket(line.site)
    assert [type(event) for event in channel.heard()] == [AcceptConnection]
    channel.send(Ping(payload=b"keepalive"))
    channel.send(TextMessage(data="accept:kick_vm"))
    (pong,) = channel.heard()
    assert (type(pong), pong.payload) == (Pong, b"keepalive")
    channel.send(CloseConnection(code=1000))
    assert [type(event) for event in channel.heard()] == [CloseConnection]
    assert channel.line.ends == 1


def test_a_channel_that_breaks_the_rules_is_ended(line: Line) -> None:
    channel = Socket(line.site)
    channel.heard()
    channel.line.conversation.data(b"\x81\x05hello")
    assert [type(event) for event in channel.heard()] == [CloseConnection]
    assert channel.line.ends == 1


def test_there_is_a_channel_at_one_path_alone(line: Line) -> None:
    nowhere = Socket(line.site, "/luban/session/backend")
    assert bytes(nowhere.line.sent).startswith(b"HTTP/1.1 404")
    halfway = Line(line.site)
    halfway.conversation.data(b"GET /luban/notify_server HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n\r\n")
    assert bytes(halfway.sent).startswith(b"HTTP/1.1 400")


#: A site that says which path it was asked for.
ECHO = MetadataServer(lambda path, method, headers: (200, path))


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


@pytest.fixture(scope="module")
def context(authority: Authority) -> ssl.SSLContext:
    return authority.context("*.axt.aliyun.com", "100.100.100.10")


class Tls:
    """A client of a door that speaks TLS, and the door."""

    def __init__(self, authority: Authority, context: ssl.SSLContext, name: str) -> None:
        trusting = ssl.create_default_context(cadata=authority.certificate)
        self.back, self.out, self.ends = ssl.MemoryBIO(), ssl.MemoryBIO(), 0
        self.tls = trusting.wrap_bio(self.back, self.out, server_hostname=name)
        self.door = Door(context, lambda send, end: Conversation(ECHO, send, end), self._back, self._end)

    def _back(self, data: bytes) -> None:
        self.back.write(data)

    def _end(self) -> None:
        self.ends += 1

    def until(self, action: Callable[[], Any]) -> Any:
        while True:
            try:
                return action()
            except ssl.SSLWantReadError:
                self.door.data(self.out.read())


@pytest.mark.parametrize("name", ["cn-hangzhou.axt.aliyun.com", "100.100.100.10"])
def test_a_port_speaks_tls_to_those_who_trust_the_authority(
    authority: Authority, context: ssl.SSLContext, name: str
) -> None:
    client = Tls(authority, context, name)
    client.until(client.tls.do_handshake)
    client.tls.write(b"GET /secret HTTP/1.1\r\nHost: a\r\n\r\n")
    said = client.until(lambda: client.tls.read(65536))
    assert said.endswith(b"\r\n\r\n/secret")
    client.tls.write(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    client.door.data(client.out.read())
    assert client.ends == 1


def test_a_port_speaks_plainly_too(context: ssl.SSLContext) -> None:
    sent = bytearray()
    door = Door(context, lambda send, end: Conversation(ECHO, send, end), sent.extend, lambda: None)
    door.data(b"GET /plain HTTP/1.1\r\nHost: a\r\n\r\n")
    assert bytes(sent).endswith(b"/plain")


def test_a_client_of_tls_that_does_not_trust_or_talks_nonsense_is_hung_up_on(
    authority: Authority, context: ssl.SSLContext
) -> None:
    client = Tls(authority, context, "cn-hangzhou.axt.aliyun.com.example")
    with pytest.raises(ssl.SSLCertVerificationError):
        client.until(client.tls.do_handshake)
    client.door.data(client.out.read())
    assert client.ends == 1
    nonsense = Tls(authority, context, "x")
    nonsense.door.data(b"\x16nonsense that is no hello" * 4)
    assert nonsense.ends == 1
    silent = Tls(authority, context, "x")
    silent.door.ended()
    assert silent.ends == 1


def test_the_metadata_service_is_asked_with_method_path_and_headers() -> None:
    seen: list[tuple[str, str, str | None]] = []

    def answer(path: str, method: str, headers: Mapping[str, str]) -> tuple[int, str]:
        seen.append((path, method, headers.get("user-agent")))
        return 403, "no"

    line = Line(MetadataServer(answer))
    assert line.ask("PUT", "/latest/api/token") == (403, b"no")
    assert line.ask("GET", "/latest/meta-data/instance-id?x=1") == (403, b"no")
    client = "linux_amd64/1.0.1.459"
    assert seen == [("/latest/api/token", "PUT", client), ("/latest/meta-data/instance-id", "GET", client)]


def test_a_private_key_is_never_in_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """One would stay if the process was killed just then: so no folder of temporary files is needed."""
    monkeypatch.setattr("tempfile.tempdir", "/there/is/none")
    Authority().context("localhost")
