"""Made-up requests: whatever comes, the answer is one that a client can read, and never a 5xx."""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator
from contextlib import suppress
from typing import Any
from urllib.parse import quote_plus
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faultzone.api.errors import ApiError
from faultzone.errors import NotSupported, UsageError
from faultzone.listen import Request
from faultzone.serve import cloud as hosted
from faultzone.serve.application import Answer
from faultzone.serve.server import Endpoint, serve
from faultzone.serve.signatures import Keyring
from faultzone.serve.wire import JSON, XML
from tests.support.wire import KEY, FakeBackend, RawClient, ask, make_application, v1_query

NAMES = st.sampled_from(
    "Action Version Format AccessKeyId Signature SignatureMethod SignatureVersion SignatureNonce SignatureType "
    "Timestamp SecurityToken RegionId InstanceId.1 InstanceId.0 Tag.1.Key Tag..Key Parameters".split()
)
VALUES = st.sampled_from(
    ["2014-05-26", "JSON", "XML", "testid", "HMAC-SHA1", "1.0", "2026-11-23T18:40:00Z", "[", "{'a': 1}", "-1", ""]
)
FIELDS = st.tuples(NAMES | st.text(max_size=8), VALUES | st.text(max_size=12))
QUERIES = st.lists(FIELDS, max_size=16).map(
    lambda fields: "&".join(f"{quote_plus(name)}={quote_plus(value)}" for name, value in fields).encode()
) | st.binary(max_size=64)
HEADERS = st.dictionaries(
    st.sampled_from(
        "authorization x-acs-action x-acs-version x-acs-date x-acs-signature-nonce host content-type".split()
    ),
    st.sampled_from(
        [
            "ACS3-HMAC-SHA256 Credential=testid,SignedHeaders=host;x-acs-date;x-acs-signature-nonce,Signature=00",
            "ACS3-HMAC-SHA256 Credential=,SignedHeaders=;,Signature=",
            "Basic dGVzdA==",
            "application/x-www-form-urlencoded",
            "DescribeInstances",
            "2014-05-26",
            "2026-11-23T18:40:00Z",
        ]
    )
    | st.text(st.characters(max_codepoint=255), max_size=12),
)

PIECES = [
    *(b"GET ", b"POST ", b"CONNECT a:1", b"/", b"?a=1", b"http://h", b" HTTP/1.1\r\n", b" HTTP/9.9\r\n"),
    *(
        b"Content-Length: 3\r\n",
        b"Content-Length: -1\r\n",
        b"Transfer-Encoding: chunked\r\n",
        b"Host: http://1.2.3.4\r\n",
    ),
    *(b"Upgrade: x\r\nConnection: upgrade\r\n", b"Expect: 100-continue\r\n", b"\r\n", b"a=1", b"zz\r\n", b"0\r\n\r\n"),
]


def _is_readable(answer: Answer) -> None:
    assert answer.status < 500
    if answer.content_type.startswith("text/xml"):
        ElementTree.fromstring(answer.body)
    else:
        assert "RequestId" in json.loads(answer.body)


@pytest.mark.slow
@settings(max_examples=1000, deadline=None)
@given(
    st.sampled_from(["GET", "POST", "HEAD", "PUT", "X"]), st.sampled_from(["/", "//", "/x"]), QUERIES, HEADERS, QUERIES
)
def test_made_up_requests(method: str, path: str, query: bytes, headers: dict[str, str], body: bytes) -> None:
    answer = make_application(FakeBackend()).answer(Request(method, path, query, headers, body, "127.0.0.1"))
    assert isinstance(answer, Answer)
    if answer.content_type.startswith("text/html"):
        assert (method, path, query) == ("GET", "/", b""), "only a browser gets a page"
    else:
        _is_readable(answer)


@pytest.mark.slow
@settings(max_examples=500, deadline=None)
@given(
    st.dictionaries(
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=250),
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
        max_size=8,
    )
)
def test_any_text_can_be_signed_and_arrives_as_it_was_sent(parameters: dict[str, str]) -> None:
    door = FakeBackend()
    parameters = {f"P.{name}": value for name, value in parameters.items()}
    assert ask(make_application(door), v1_query(parameters)).status == 200
    assert door.calls[0][1] == parameters


ARGUMENTS = (
    st.none()
    | st.booleans()
    | st.integers(-2, 3)
    | st.floats()
    | st.sampled_from(["", "x", "\ud800", "a" * 300, "cn-hangzhou", "cn-hangzhou-b", "cn-hangzhou-b-h01", "ecs.g5"])
    | st.sampled_from([[], ["a"], [1], {}, {"a": 1}, 10**30])
)


@pytest.fixture(scope="module")
def cloud() -> Iterator[hosted.Hosted]:
    cloud = hosted.Hosted()
    yield cloud
    cloud.close()


@pytest.mark.slow
@settings(max_examples=1500, deadline=None)
@given(st.data())
def test_made_up_arguments_of_control_verbs(cloud: hosted.Hosted, data: st.DataObject) -> None:
    verbs: dict[str, Any] = cloud.control("verbs", {})
    verb = data.draw(st.sampled_from(sorted(verbs)))
    kinds = verbs[verb]["arguments"]
    arguments = data.draw(
        st.fixed_dictionaries(
            {name: ARGUMENTS for name, kind in kinds.items() if not kind.endswith("?")},
            optional={name: ARGUMENTS for name, kind in kinds.items() if kind.endswith("?")},
        )
    )
    with suppress(UsageError, NotSupported, ApiError):
        json.dumps(cloud.control(verb, arguments))


@pytest.fixture(scope="module")
def endpoint() -> Iterator[Endpoint]:
    with serve(FakeBackend(), Keyring([KEY])) as mounted:
        yield mounted


@pytest.fixture(scope="module")
def trusting(endpoint: Endpoint) -> ssl.SSLContext:
    return ssl.create_default_context(cadata=endpoint.authority.certificate)


@pytest.mark.slow
@settings(max_examples=500, deadline=None)
@given(st.lists(st.sampled_from(PIECES) | st.binary(max_size=16), max_size=12).map(b"".join))
@pytest.mark.parametrize("over", ["plain", "tls"])
def test_made_up_bytes(endpoint: Endpoint, trusting: ssl.SSLContext, over: str, data: bytes) -> None:
    with RawClient((endpoint.host, endpoint.port), trusting if over == "tls" else None) as client:
        client.send(data)
        client.finish()
        while (response := client.receive()) is not None:
            if response.status != 100:
                assert 400 <= response.status < 500
                assert response.headers["content-type"] in (JSON, XML)
