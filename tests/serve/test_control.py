from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from faultzone.api.errors import ApiError
from faultzone.listen import Authority
from faultzone.serve.control import Control
from faultzone.serve.server import Endpoint, serve
from faultzone.serve.signatures import Keyring
from tests.support.patience import PATIENCE
from tests.support.wire import KEY, NOW, FakeBackend, RawClient, Response, error_of, http_request, v1_query

TOKEN = "t0ken"


@pytest.fixture
def door() -> FakeBackend:
    return FakeBackend()


@pytest.fixture
def endpoint(door: FakeBackend) -> Iterator[Endpoint]:
    with serve(door, Keyring([KEY]), token=TOKEN, now=lambda: NOW) as mounted:
        yield mounted


def _ask(
    endpoint: Endpoint, path: str, body: bytes = b"", *, method: str = "POST", token: str | None = TOKEN
) -> Response:
    with RawClient((endpoint.host, endpoint.port)) as client:
        headers = {} if token is None else {"x-faultzone-token": token}
        return client.ask(
            http_request(f"/_faultzone/{path}".encode(), method=method.encode(), headers=headers, body=body)
        )


def test_a_verb_reaches_the_door(endpoint: Endpoint, door: FakeBackend) -> None:
    response = _ask(endpoint, "control/host-of", b'{"instance": "i-1"}')
    assert (response.status, response.json) == (200, {"verb": "host-of", "arguments": {"instance": "i-1"}})
    assert _ask(endpoint, "control/clock").status == 200
    assert door.verbs == [("host-of", {"instance": "i-1"}), ("clock", {})]


@pytest.mark.parametrize("token", [None, "", "wrong", "tök"])
@pytest.mark.parametrize(("method", "path"), [("POST", "control/clock"), ("GET", "schema"), ("GET", "nothing")])
def test_without_the_token_nothing_is_told(
    endpoint: Endpoint, door: FakeBackend, method: str, path: str, token: str
) -> None:
    response = _ask(endpoint, path, method=method, token=token)
    assert (response.status, error_of(response.body).code) == (403, "Forbidden")
    assert TOKEN not in response.body.decode()
    assert door.verbs == []


def test_what_is_refused_is_noted(endpoint: Endpoint, door: FakeBackend) -> None:
    _ask(endpoint, "control/clock", token="a guess")
    _ask(endpoint, "control/clock", b"[]")
    assert [(kind, data["code"], data["edge"]) for kind, data in door.notes] == [
        ("refusal", "Forbidden", True),
        ("refusal", "InvalidParameter", True),
    ]
    assert "a guess" not in str(door.notes[0])


def test_health_needs_no_token(endpoint: Endpoint) -> None:
    response = _ask(endpoint, "health", method="GET", token=None)
    assert (response.status, response.json) == (200, {"status": "ok"})


def test_the_schema_describes_every_verb(endpoint: Endpoint) -> None:
    schema = _ask(endpoint, "schema", method="GET").json
    assert schema["$schema"].endswith("2020-12/schema")
    assert schema["properties"] == {
        "advance": {
            "type": "object",
            "description": "Pass.",
            "x-capability": "move-time",
            "properties": {"milliseconds": {"type": ["integer"]}, "limit": {"type": ["integer", "null"]}, "seed": {}},
            "required": ["milliseconds"],
            "additionalProperties": False,
        }
    }


@pytest.mark.parametrize(
    ("verb", "status", "code", "message"),
    [
        ("usage", 400, "UsageError", "write 1"),
        ("unsupported", 501, "NotSupported", "no hosts"),
        ("trouble", 500, "HarnessError", "the engine is gone"),
        ("bug", 500, "InternalError", "unknown error"),
    ],
)
def test_the_harness_own_refusals_keep_their_names(
    endpoint: Endpoint, verb: str, status: int, code: str, message: str
) -> None:
    response = _ask(endpoint, f"control/{verb}")
    assert (response.status, error_of(response.body).code) == (status, code)
    assert message in response.json["Message"]


@pytest.mark.parametrize("body", [b"{", b"[]", b"1", b"\xff", b"[" * 100_000, b"{" + b" " * 600_000 + b"}"])
def test_a_body_that_is_no_json_object_is_refused(endpoint: Endpoint, door: FakeBackend, body: bytes) -> None:
    response = _ask(endpoint, "control/clock", body)
    assert error_of(response.body).code == "InvalidParameter"
    assert response.status in (400, 413)
    assert door.verbs == []


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "control/clock", 403), ("POST", "control/", 404), ("POST", "control/a/b", 404), ("GET", "", 404)],
)
def test_other_routes_are_refused(endpoint: Endpoint, method: str, path: str, status: int) -> None:
    assert _ask(endpoint, path, method=method).status == status


@pytest.mark.parametrize("peer", ["192.0.2.1", "::", "2001:db8::1", "fe80::1%eth0", "::ffff:192.0.2.1"])
def test_other_machines_are_refused_even_with_the_token(door: FakeBackend, peer: str) -> None:
    control = Control(door, TOKEN, Authority())
    asked = control.answer("POST", "/_faultzone/control/clock", {"x-faultzone-token": TOKEN}, b"", peer)
    with pytest.raises(ApiError, match="loopback"):
        asyncio.run(asked)


@pytest.mark.parametrize("peer", ["127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1"])
def test_loopback_has_many_addresses(door: FakeBackend, peer: str) -> None:
    control = Control(door, TOKEN, Authority())
    asked = control.answer("POST", "/_faultzone/control/clock", {"x-faultzone-token": TOKEN}, b"", peer)
    assert json.loads(asyncio.run(asked)) == {"verb": "clock", "arguments": {}}


def test_the_api_answers_while_a_verb_takes_its_time() -> None:
    going = threading.Event()
    done = threading.Event()

    class SlowBackend(FakeBackend):
        def control(self, verb: str, arguments: Mapping[str, object]) -> dict[str, Any]:
            if verb != "advance":
                return super().control(verb, arguments)
            going.set()
            assert done.wait(PATIENCE)
            return {}

    with (
        serve(SlowBackend(), Keyring([KEY]), token=TOKEN, now=lambda: NOW) as endpoint,
        RawClient((endpoint.host, endpoint.port)) as advancing,
        RawClient((endpoint.host, endpoint.port)) as calling,
    ):
        body = json.dumps({"milliseconds": 1}).encode()
        advancing.send(http_request(b"/_faultzone/control/advance", headers={"x-faultzone-token": TOKEN}, body=body))
        assert going.wait(PATIENCE)
        assert calling.ask(http_request(b"/?" + v1_query({}))).status == 200
        done.set()
        response = advancing.receive()
        assert response is not None
        assert response.json == {}
