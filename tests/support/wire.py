"""A backend that notes what it is asked, and clients that sign."""

from __future__ import annotations

import json
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from itertools import count
from typing import Any, Final, cast
from urllib.parse import urlencode

from faultzone.api.ecs import ECS
from faultzone.api.errors import ApiError
from faultzone.errors import HarnessError, NotSupported, UsageError
from faultzone.journal.journal import Journal
from faultzone.listen import Authority, Request
from faultzone.serve.application import Answer, Application, Refusal
from faultzone.serve.control import Control
from faultzone.serve.signatures import Credential, Keyring, Verifier, sign_v1, sign_v3
from tests.support.patience import PATIENCE

NOW: Final = datetime(2026, 11, 23, 18, 40, tzinfo=UTC).timestamp()
KEY: Final = Credential("testid", "testsecret", "1000000000000001")
STS: Final = Credential("STS.testid", "testsecret", "1000000000000002", token="tok+en/==")
REQUEST_ID: Final = "4C467B38-3910-447D-87BC-AC049166F216"
ANSWER: Final[dict[str, object]] = {
    "RequestId": REQUEST_ID,
    "TotalCount": 2,
    "Instances": {"Instance": [{"InstanceId": "i-1", "Recyclable": False}, {"InstanceId": "i-2", "Name": "<é&>"}]},
}

_nonces = count()


@dataclass
class FakeBackend:
    """Answers every action alike, and notes the calls; `error` is raised instead of answering."""

    name = "fake"
    outlives_tests = False
    delaying = False

    answer: dict[str, object] = field(default_factory=lambda: dict(ANSWER))
    error: Exception | None = None
    #: In how many parts a call is prepared, and how many are done.
    parts: int = 0
    prepared: int = 0
    calls: list[tuple[str, dict[str, object], str | None]] = field(default_factory=list)
    notes: list[tuple[str, dict[str, object]]] = field(default_factory=list)
    verbs: list[tuple[str, dict[str, object]]] = field(default_factory=list)
    journal: Journal = field(default_factory=Journal)
    capabilities: frozenset[str] = frozenset()

    def call(
        self, action: str, parameters: Mapping[str, object], *, product: str = ECS, account: str | None = None
    ) -> dict[str, object]:
        self.calls.append((action, dict(parameters), account))
        if self.error is not None:
            raise self.error
        return self.answer

    def close(self) -> None:
        pass

    def control(self, verb: str, arguments: Mapping[str, object]) -> dict[str, Any]:
        if verb == "note":
            self.notes.append((str(arguments["kind"]), cast(dict[str, object], arguments["data"])))
            return {}
        self.verbs.append((verb, dict(arguments)))
        match verb:
            case "prepare-call":
                self.prepared += 1
                return {"ready": self.prepared > self.parts}
            case "verbs":
                arguments_of_advance = {"milliseconds": "integer", "limit": "integer or null?", "seed": "any?"}
                return {"advance": {"says": "Pass.", "capability": "move-time", "arguments": arguments_of_advance}}
            case "shape":
                return {"accounts": [KEY.account, STS.account]}
            case "usage":
                raise UsageError("write 1")
            case "unsupported":
                raise NotSupported("no hosts")
            case "trouble":
                raise HarnessError("the engine is gone")
            case "bug":
                raise ZeroDivisionError
        return {"verb": verb, "arguments": dict(arguments)}


def make_application(door: FakeBackend, *credentials: Credential, log: list[Refusal] | None = None) -> Application:
    """An application that knows these credentials and stands at `NOW`."""
    verifier = Verifier(Keyring(credentials or (KEY, STS)), lambda: NOW)
    return Application(
        door, verifier, Control(door, "t", Authority()), "127.0.0.1:1", None if log is None else log.append
    )


def ask(application: Application, query: bytes, headers: Mapping[str, str] | None = None, body: bytes = b"") -> Answer:
    """The answer to one POST of the API that no fault delays or drops."""
    answer = application.answer(Request("POST", "/", query, headers or {}, body, "127.0.0.1"))
    assert isinstance(answer, Answer)
    return answer


def stamp(at: float = NOW) -> str:
    """The instant as a signature has it."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def v1_parameters(
    given: Mapping[str, str], *, method: str = "POST", credential: Credential = KEY, at: float = NOW
) -> dict[str, str]:
    """The parameters of a call with a V1 signature; `given` overrides any of them."""
    parameters = {
        "Action": "DescribeInstances",
        "Version": "2014-05-26",
        "Format": "JSON",
        "AccessKeyId": credential.access_key_id,
        "SignatureMethod": "HMAC-SHA1",
        "SignatureVersion": "1.0",
        "SignatureNonce": f"nonce-{next(_nonces)}",
        "Timestamp": stamp(at),
        **({"SecurityToken": credential.token} if credential.token else {}),
        **given,
    }
    return {"Signature": sign_v1(method, parameters, credential.secret), **parameters}


def v1_query(given: Mapping[str, str], *, method: str = "POST", credential: Credential = KEY, at: float = NOW) -> bytes:
    """The query of such a call."""
    return urlencode(v1_parameters(given, method=method, credential=credential, at=at)).encode()


def v3_headers(
    query: Mapping[str, str], given: Mapping[str, str] = {}, *, body: bytes = b"", credential: Credential = KEY
) -> dict[str, str]:
    """The headers of a POST with a V3 signature; `given` overrides any of them."""
    headers = {
        "host": "127.0.0.1:1",
        "x-acs-action": "DescribeInstances",
        "x-acs-version": "2014-05-26",
        "x-acs-date": stamp(),
        "x-acs-signature-nonce": f"nonce-{next(_nonces)}",
        "x-acs-content-sha256": sha256(body).hexdigest(),
        **({"x-acs-security-token": credential.token} if credential.token else {}),
        **given,
    }
    return {**headers, "authorization": sign_v3("POST", query, headers, body, credential)}


def error_of(body: bytes) -> ApiError:
    """The error that a JSON body tells of; it has all that a client may read."""
    error = json.loads(body)
    assert error.keys() == {"RequestId", "HostId", "Code", "Message", "Recommend"}
    assert error["Code"] in error["Recommend"]
    return ApiError(error["Code"], error["Message"])


@dataclass(frozen=True)
class Response:
    """An HTTP response as it was received."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class RawClient:
    """A connection on which anything can be sent, over TLS where a context is given."""

    def __init__(self, address: tuple[str, int], tls: ssl.SSLContext | None = None) -> None:
        self.socket = socket.create_connection(address, timeout=PATIENCE)
        if tls is not None:
            self.socket = tls.wrap_socket(self.socket, server_hostname="localhost", suppress_ragged_eofs=False)
        self._file = self.socket.makefile("rb")

    def __enter__(self) -> RawClient:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        self.socket.close()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def finish(self) -> None:
        """Write no more, and go on reading."""
        # That of a TLS socket forgets its keys too.
        socket.socket.shutdown(self.socket, socket.SHUT_WR)

    def receive(self) -> Response | None:
        """The next response, or None when the connection has ended."""
        line = self._file.readline()
        if not line:
            return None
        version, status, _ = line.split(b" ", 2)
        assert version == b"HTTP/1.1"
        headers = {}
        while line := self._file.readline().strip():
            name, _, value = line.decode("latin-1").partition(": ")
            headers[name.lower()] = value
        return Response(int(status), headers, self._file.read(int(headers["content-length"])))

    def ask(self, data: bytes) -> Response:
        """Send, and receive what must be a response."""
        self.send(data)
        response = self.receive()
        assert response is not None
        return response


def http_request(
    target: bytes, *, method: bytes = b"POST", headers: Mapping[str, str] | None = None, body: bytes = b""
) -> bytes:
    """A request as it goes over the wire."""
    fields = {"host": "127.0.0.1", "content-length": str(len(body)), **(headers or {})}
    lines = [method + b" " + target + b" HTTP/1.1", *(f"{name}: {value}".encode() for name, value in fields.items())]
    return b"\r\n".join([*lines, b"", body])
