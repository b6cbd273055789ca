from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from faultzone.api.errors import ApiError
from faultzone.serve.signatures import (
    Credential,
    Keyring,
    SignedRequest,
    Verifier,
    sign_v1,
    sign_v3,
    string_to_sign_v1,
    string_to_sign_v3,
)
from faultzone.serve.wire import read_call, read_request
from tests.support.wire import KEY, NOW, STS, stamp, v1_parameters, v3_headers

CAPTURED: dict[str, Any] = json.loads(Path(__file__).with_name("captured_requests.json").read_text("utf-8"))["requests"]


def _captured(name: str) -> SignedRequest:
    raw = CAPTURED[name]
    path, _, query = raw["target"].partition("?")
    headers = {header.lower(): value for header, value in raw["headers"]}
    return read_request(raw["method"], path, query.encode(), headers, urlencode(raw.get("form", {})).encode())


def _token(request: SignedRequest) -> str | None:
    return request.parameters.get("SecurityToken") or request.headers.get("x-acs-security-token")


def _verifier(*credentials: Credential, now: float = NOW, nonces: int = 100_000) -> Verifier:
    return Verifier(Keyring(credentials or (KEY, STS)), lambda: now, nonces=nonces)


def _verifier_for(request: SignedRequest) -> Verifier:
    at = request.headers.get("x-acs-date") or request.parameters["Timestamp"]
    return _verifier(replace(KEY, token=_token(request)), now=datetime.fromisoformat(at).timestamp())


def _v1(given: dict[str, str], **options: Any) -> SignedRequest:
    parameters = v1_parameters(given, **options)
    return SignedRequest(options.get("method", "POST"), parameters, parameters, {}, b"")


def _v3(query: dict[str, str], given: dict[str, str] | None = None, **options: Any) -> SignedRequest:
    return SignedRequest("POST", query, query, v3_headers(query, given or {}, **options), options.get("body", b""))


def _refused(request: SignedRequest, verifier: Verifier | None = None) -> ApiError:
    with pytest.raises(ApiError) as caught:
        (verifier or _verifier()).verify(request)
    return caught.value


@pytest.mark.parametrize("name", CAPTURED)
def test_requests_of_real_clients_verify(name: str) -> None:
    request = _captured(name)
    assert _verifier_for(request).verify(request).account == KEY.account
    assert read_call(request).action in {"DescribeInstances", "RunInstances", "CreateCommand"}


@pytest.mark.parametrize("name", CAPTURED)
def test_a_changed_parameter_breaks_the_signature_of_a_real_client(name: str) -> None:
    request = _captured(name)
    changed = {**request.parameters, "RegionId": "cn-beijing"}
    request = request._replace(query=changed, parameters=changed)
    assert _refused(request, _verifier_for(request)).code == "SignatureDoesNotMatch"


@pytest.mark.parametrize("name", [name for name in CAPTURED if "/V1/" in name])
def test_the_string_that_v1_signs_is_the_clients(name: str) -> None:
    request = _captured(name)
    given = {key: value for key, value in request.parameters.items() if key != "Signature"}
    assert string_to_sign_v1(request.method, given) == CAPTURED[name]["string_to_sign"]
    assert sign_v1(request.method, given, "testsecret") == request.parameters["Signature"]


@pytest.mark.parametrize("name", [name for name in CAPTURED if "/V3/" in name])
def test_v3_signs_what_the_client_signed(name: str) -> None:
    request = _captured(name)
    signed = request.headers["authorization"].split("SignedHeaders=")[1].split(",")[0].split(";")
    headers = {header: request.headers[header] for header in signed}
    assert sign_v3(request.method, request.query, headers, b"", KEY) == request.headers["authorization"]


@pytest.mark.parametrize(
    "part", "AccessKeyId Signature SignatureMethod SignatureNonce SignatureVersion Timestamp".split()
)
def test_a_missing_part_of_v1_is_named(part: str) -> None:
    request = _v1({})
    given = {name: value for name, value in request.parameters.items() if name != part}
    error = _refused(request._replace(parameters=given))
    assert (error.code, error.status) == ("IncompleteSignature", 400)
    assert f"{part} is missing" in error.message


@pytest.mark.parametrize("given", [{"SignatureMethod": "HMAC-MD5"}, {"SignatureVersion": "2.0"}])
def test_another_method_of_signing_is_refused(given: dict[str, str]) -> None:
    assert _refused(_v1(given)).code == "IncompleteSignature"


@pytest.mark.parametrize("header", ["host", "x-acs-date", "x-acs-signature-nonce", "x-acs-action", "x-acs-version"])
def test_v3_must_sign_the_headers_that_matter(header: str) -> None:
    request = _v3({})
    headers = {**request.headers, "authorization": request.headers["authorization"].replace(header, "x-other")}
    error = _refused(request._replace(headers=headers))
    assert error.code == "IncompleteSignature"
    assert header in error.message


def test_v3_refuses_signed_headers_that_were_not_sent() -> None:
    request = _v3({}, {"x-acs-extra": "1"})
    headers = {name: value for name, value in request.headers.items() if name != "x-acs-extra"}
    assert "x-acs-extra is missing" in _refused(request._replace(headers=headers)).message


def test_v3_refuses_a_malformed_authorization() -> None:
    request = _v3({})
    headers = {**request.headers, "authorization": "ACS3-HMAC-SHA256 Credential=testid"}
    assert _refused(request._replace(headers=headers)).code == "IncompleteSignature"


def test_v3_signs_the_body() -> None:
    request = _v3({}, body=b"a=1")
    assert _verifier().verify(request) == KEY
    assert _refused(_v3({}, body=b"a=1")._replace(body=b"a=2")).code == "SignatureDoesNotMatch"


@pytest.mark.parametrize("make", [_v1, _v3])
def test_an_unknown_key_is_refused(make: Any) -> None:
    error = _refused(make({}, credential=replace(KEY, access_key_id="other")))
    assert (error.code, error.status) == ("InvalidAccessKeyId.NotFound", 404)


def test_keys_come_and_go_while_the_endpoint_is_open() -> None:
    ring = Keyring()
    verifier = Verifier(ring, lambda: NOW)
    assert _refused(_v1({}), verifier).code == "InvalidAccessKeyId.NotFound"
    ring.add(KEY)
    assert verifier.verify(_v1({})) == KEY
    ring.add(replace(KEY, disabled=True))
    error = _refused(_v1({}), verifier)
    assert (error.code, error.status) == ("Forbidden.AccessKeyDisabled", 403)
    ring.remove(KEY.access_key_id)
    assert _refused(_v1({}), verifier).code == "InvalidAccessKeyId.NotFound"


@pytest.mark.parametrize(
    "text", ["now", "2026-11-23 18:40:00", "2026-13-45T00:00:00Z", "2026-W01-1T00:00:00Z", "٢" * 20]
)
def test_a_stamp_of_another_form_is_refused(text: str) -> None:
    assert _refused(_v1({"Timestamp": text})).code == "InvalidTimeStamp.Format"
    assert _refused(_v3({}, {"x-acs-date": text})).code == "InvalidTimeStamp.Format"


@pytest.mark.parametrize("late", [901, -901])
def test_a_clock_may_be_a_quarter_of_an_hour_off(late: int) -> None:
    error = _refused(_v1({"Timestamp": stamp(NOW - late)}))
    assert (error.code, error.status) == ("InvalidTimeStamp.Expired", 400)
    at_the_limit = NOW - late + (1 if late > 0 else -1)
    assert _verifier().verify(_v1({"Timestamp": stamp(at_the_limit)})) == KEY


@pytest.mark.parametrize("make", [_v1, _v3])
def test_a_nonce_serves_once_for_each_key(make: Any) -> None:
    verifier = _verifier()
    once = make({})
    assert verifier.verify(once) == KEY
    error = _refused(once, verifier)
    assert (error.code, error.status) == ("SignatureNonceUsed", 400)
    same = {"SignatureNonce": once.parameters["SignatureNonce"]} if make is _v1 else {}
    assert verifier.verify(_v1(same, credential=STS)) == STS


def test_a_refused_request_uses_no_nonce() -> None:
    verifier = _verifier()
    good = _v1({"SignatureNonce": "n"})
    bad = good._replace(parameters={**good.parameters, "Signature": "x"})
    assert _refused(bad, verifier).code == "SignatureDoesNotMatch"
    assert verifier.verify(good) == KEY


def test_nonces_are_remembered_for_as_long_as_their_stamp_is_good() -> None:
    now = NOW
    verifier = Verifier(Keyring([KEY]), lambda: now)
    ahead = _v1({"Timestamp": stamp(NOW + 900)})
    verifier.verify(ahead)
    now = NOW + 1800
    assert _refused(ahead, verifier).code == "SignatureNonceUsed"


def test_the_memory_of_nonces_is_bounded() -> None:
    verifier = _verifier(nonces=2)
    requests = [_v1({"SignatureNonce": f"n{number}"}) for number in range(5)]
    for request in requests:
        verifier.verify(request)
    assert _refused(requests[-2], verifier).code == "SignatureNonceUsed"
    assert verifier.verify(requests[0]) == KEY
    assert "128" in _refused(_v1({"SignatureNonce": "n" * 129}), verifier).message


@pytest.mark.parametrize("make", [_v1, _v3])
def test_a_token_is_asked_of_temporary_keys_alone(make: Any) -> None:
    assert _verifier().verify(make({}, credential=STS)) == STS
    assert _refused(make({}, credential=replace(STS, token=None))).code == "MissingSecurityToken"
    for wrong in (replace(STS, token="other"), replace(KEY, token="tok")):
        assert _refused(make({}, credential=wrong)).code == "InvalidSecurityToken.MismatchWithAccessKey"


def test_a_wrong_secret_is_answered_with_the_string_that_the_server_signed() -> None:
    request = _v1({"Filter": "a:b"}, credential=replace(KEY, secret="wrong"))
    error = _refused(request)
    given = {name: value for name, value in request.parameters.items() if name != "Signature"}
    # One SDK compares all that follows the first colon of the message.
    assert error.message.split(":") == [error.message.split(":")[0], string_to_sign_v1("POST", given)]
    assert error.message.split(":")[0].endswith("server string to sign is")


def test_v3_answers_with_its_string_too() -> None:
    request = _v3({}, credential=replace(KEY, secret="wrong"))
    names = [name for name in sorted(request.headers) if name != "authorization"]
    expected = string_to_sign_v3("POST", {}, request.headers, names, b"")
    assert _refused(request).message.endswith(f"server string to sign is:{expected}")


def test_secrets_and_tokens_show_nowhere() -> None:
    wrong = replace(STS, secret="hidden-secret")
    error = _refused(_v1({"Password": "hidden-password"}, credential=wrong))
    shown = f"{error} {error!r} {STS!r} {wrong!r} {Keyring([wrong])!r}"
    for secret in ("hidden", "testsecret", "tok%25", "tok+en"):
        assert secret not in shown
    assert "SecurityToken%3D%252A%252A%252A" in error.message


@pytest.mark.parametrize("signature", ["ключ", "\ud7ff", "", "=" * 10_000])
def test_a_signature_of_any_text_is_judged(signature: str) -> None:
    request = _v1({})
    parameters = {**request.parameters, "Signature": signature}
    assert _refused(request._replace(parameters=parameters)).status == 400
