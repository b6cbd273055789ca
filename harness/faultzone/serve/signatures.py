"""Both signatures of the RPC API, written and verified by the same code.

V1 is `HMAC-SHA1` over all parameters, carried among them. V3 is `ACS3-HMAC-SHA256` over the query, chosen headers and
the hash of the body, carried in `Authorization`. Both sign decoded text, encoded again: clients differ in how they
encode a space or an asterisk.
Neither secrets nor tokens appear in a `repr`, and a refusal that quotes what was signed masks them.
"""

from __future__ import annotations

import hmac
import re
import secrets
import time
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from typing import Final, NamedTuple
from urllib.parse import quote

from faultzone.api import ecs
from faultzone.api.errors import ApiError

#: The version of the API that requests name.
#: Seconds that a client's clock may be off, either way.
SKEW: Final = 15 * 60
NONCE_LENGTH_MAX: Final = 128

_V3: Final = "ACS3-HMAC-SHA256"
_AUTHORIZATION: Final = re.compile(_V3 + r"\s+Credential=([^,]+),\s*SignedHeaders=([^,]+),\s*Signature=([^,]+)")
_STAMP: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
_RESERVED: Final = re.compile(r"[^A-Za-z0-9._~-]")
_QUOTED: Final = {chr(n): f"%{n:02X}" for n in range(128)}
#: What each byte becomes; and a text of this length on is quoted as a whole.
_QUOTED_BYTES: Final = [chr(n) if not _RESERVED.match(chr(n)) else f"%{n:02X}" for n in range(256)]
_LONG: Final = 1024
#: What is reserved once base64 has been quoted.
_RESERVED_BESIDES: Final = re.compile(r"[^A-Za-z0-9._~%-]")
#: Longer names are not remembered: whoever sends many of them must not fill the memory.
_NAME_REMEMBERED: Final = 64
#: A refusal shows no more characters than this of a string to sign.
_QUOTED_MAX: Final = 8 * 1024
_VALUE_QUOTED_MAX: Final = 1024
_PARTS_OF_V1: Final = ("AccessKeyId", "Signature", "SignatureMethod", "SignatureVersion", "SignatureNonce")
#: One old client writes it so.
_OTHER_TIMESTAMP: Final = "TimeStamp"
#: What is never quoted back, not even to its sender, whose test report may be public.
_MASKED: Final = ("SecurityToken", "Password")


@dataclass(frozen=True, slots=True)
class Credential:
    """A key pair of an account; with a token, a temporary one of STS, whose every request must carry that token.

    Attributes:
        ended: whether the time of a temporary one has passed.
    """

    access_key_id: str
    secret: str = field(repr=False)
    account: str
    token: str | None = field(default=None, repr=False)
    disabled: bool = False
    ended: bool = False


#: What the id of a temporary key begins with.
TEMPORARY: Final = "STS."


class Keyring:
    """The credentials that an endpoint knows, by the id of their key."""

    def __init__(self, credentials: Iterable[Credential] = ()) -> None:
        self._credentials = {credential.access_key_id: credential for credential in credentials}

    def add(self, credential: Credential) -> None:
        """Know this credential from now on, in place of an earlier one of the same id."""
        self._credentials[credential.access_key_id] = credential

    def remove(self, access_key_id: str) -> None:
        """Know this key no longer. Removing an unknown one does nothing."""
        self._credentials.pop(access_key_id, None)

    def first(self) -> Credential | None:
        """The credential that it has known for longest, or None."""
        return next(iter(self._credentials.values()), None)

    def ids(self) -> list[str]:
        """The ids of all keys, the longest known first."""
        return list(self._credentials)

    def find(self, access_key_id: str) -> Credential | None:
        """The credential of this id, or None."""
        return self._credentials.get(access_key_id)


class SignedRequest(NamedTuple):
    """What a signature may cover; the path is always `/`.

    `query` is decoded, `parameters` are those of query and form together, names of headers are in lower case and their
    values as received.
    """

    method: str
    query: Mapping[str, str]
    parameters: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes


def is_v3(headers: Mapping[str, str]) -> bool:
    """Whether a request is signed in its headers."""
    return headers.get("authorization", "").startswith("ACS3-")


def canonical_query(parameters: Mapping[str, str]) -> str:
    """The parameters sorted by name and percent-encoded; only letters, digits and `-_.~` stay as they are."""
    # Most of a text needs no quoting, and to look for what does is cheaper than to look at everything.
    return "&".join(
        [
            f"{_quoted_name(name) if len(name) <= _NAME_REMEMBERED else _quoted_text(name)}="
            f"{_RESERVED.sub(_quoted, value) if len(value) < _LONG else _quoted_text(value)}"
            for name, value in sorted(parameters.items())
        ]
    )


def _quoted(found: re.Match[str]) -> str:
    return _QUOTED.get(found[0]) or quote(found[0])


def _quoted_text(text: str) -> str:
    """A text quoted in a time that depends on its length alone. Long ones are base64, mostly."""
    base64 = text.replace("%", "%25").replace("+", "%2B").replace("/", "%2F").replace("=", "%3D")
    if not _RESERVED_BESIDES.search(base64):
        return base64
    return "".join(map(_QUOTED_BYTES.__getitem__, text.encode()))


@lru_cache(1024)  # The names of all requests are a few hundred.
def _quoted_name(name: str) -> str:
    return _RESERVED.sub(_quoted, name)


def string_to_sign_v1(method: str, parameters: Mapping[str, str]) -> str:
    """What V1 signs, for parameters without `Signature`."""
    # The query is quoted a second time. It holds no other reserved characters than these three.
    query = canonical_query(parameters).replace("%", "%25").replace("=", "%3D").replace("&", "%26")
    return f"{method}&%2F&{query}"


def sign_v1(method: str, parameters: Mapping[str, str], secret: str) -> str:
    """The value of `Signature` for the parameters of a request, those of query and form together.

    Args:
        method: the real method of the request.
        parameters: all other parameters, decoded, `SecurityToken` among them.
        secret: the secret of the key.
    """
    return _hmac_v1(string_to_sign_v1(method, parameters), secret)


def complete_v1(method: str, parameters: Mapping[str, str], key: tuple[str, str]) -> dict[str, str]:
    """The parameters of a request with all that a V1 signature adds, signed now by the wall clock.

    Args:
        method: the method of the request.
        parameters: the flat parameters of the action, `Action` among them; what is given stands.
        key: id and secret of a key pair.
    """
    complete = {
        "Version": ecs.VERSION,
        "Format": "JSON",
        "AccessKeyId": key[0],
        "SignatureMethod": "HMAC-SHA1",
        "SignatureVersion": "1.0",
        "SignatureNonce": secrets.token_hex(16),
        "Timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        **parameters,
    }
    complete["Signature"] = sign_v1(method, complete, key[1])
    return complete


def _hmac_v1(text: str, secret: str) -> str:
    signing = _signing_v1(secret).copy()
    signing.update(text.encode())
    return b64encode(signing.digest()).decode()


@lru_cache(64)  # To take a key in costs more than to sign a request with it.
def _signing_v1(secret: str) -> hmac.HMAC:
    return hmac.new(f"{secret}&".encode(), digestmod="sha1")


def string_to_sign_v3(
    method: str, query: Mapping[str, str], headers: Mapping[str, str], signed: Sequence[str], body: bytes
) -> str:
    """What V3 signs: the hash of the canonical request. `signed` names its headers in lower case, in their order."""
    block = "".join([f"{name}:{headers[name].strip()}\n" for name in signed])
    request = f"{method}\n/\n{canonical_query(query)}\n{block}\n{';'.join(signed)}\n{sha256(body).hexdigest()}"
    return f"{_V3}\n{sha256(request.encode()).hexdigest()}"


def sign_v3(
    method: str, query: Mapping[str, str], headers: Mapping[str, str], body: bytes, credential: Credential
) -> str:
    """The value of `Authorization` for a request, all of `headers` signed.

    Args:
        method: the method of the request.
        query: the decoded parameters of the query.
        headers: names in lower case; among them `host`, `x-acs-action`, `x-acs-version`, `x-acs-date`,
            `x-acs-signature-nonce` and `x-acs-content-sha256`, with a token `x-acs-security-token`.
        body: the body as it will be sent.
        credential: the key to sign with.
    """
    signed = sorted(headers)
    signature = _hmac_v3(string_to_sign_v3(method, query, headers, signed, body), credential.secret)
    return f"{_V3} Credential={credential.access_key_id},SignedHeaders={';'.join(signed)},Signature={signature}"


def _hmac_v3(text: str, secret: str) -> str:
    return hmac.digest(secret.encode(), text.encode(), "sha256").hex()


class Verifier:
    """Judges signatures by the wall clock.

    Args:
        keyring: the credentials known; changes take effect at once.
        now: seconds since the epoch.
        temporary: gives a temporary credential that is not in the keyring, by the id of its key.
        nonces: how many nonces are remembered at least; of more in half an hour the oldest are forgotten.
    """

    def __init__(
        self,
        keyring: Keyring,
        now: Callable[[], float],
        *,
        temporary: Callable[[str], Credential | None] = lambda access_key_id: None,
        nonces: int = 100_000,
    ) -> None:
        self._keyring = keyring
        self._now = now
        self._temporary = temporary
        self._limit = nonces
        # Two generations: a set is filled, kept for as long again, then dropped whole, which bounds age and memory
        # without a sweep. A stamp may lie a skew ahead and is good for a skew after, hence twice the skew.
        self._nonces: set[tuple[str, str]] = set()
        self._older: set[tuple[str, str]] = set()
        self._turn = now() + 2 * SKEW

    def verify(self, request: SignedRequest) -> Credential:
        """The credential that signed this request.

        Raises:
            ApiError: `IncompleteSignature`, `InvalidAccessKeyId.NotFound`, `Forbidden.AccessKeyDisabled`,
                `InvalidTimeStamp.Format`, `InvalidTimeStamp.Expired`, `MissingSecurityToken`,
                `InvalidSecurityToken.MismatchWithAccessKey`, `InvalidSecurityToken.Expired`, `SignatureDoesNotMatch` or
                `SignatureNonceUsed`; the first of these that holds.
        """
        if is_v3(request.headers):
            return self._verify_v3(request)
        return self._verify_v1(request)

    def _verify_v1(self, request: SignedRequest) -> Credential:
        given = dict(request.parameters)
        for part in _PARTS_OF_V1:
            if not given.get(part):
                raise _incomplete(f"{part} is missing")
        at = given.get("Timestamp") or given.get(_OTHER_TIMESTAMP)
        if not at:
            raise _incomplete("Timestamp is missing")
        if given["SignatureMethod"].upper() != "HMAC-SHA1" or given["SignatureVersion"] != "1.0":
            raise _incomplete("SignatureMethod must be HMAC-SHA1 and SignatureVersion 1.0")
        now = self._now()
        nonce = _nonce(given["SignatureNonce"])
        credential = self._known(given["AccessKeyId"], at, given.get("SecurityToken"), now)
        signature = given.pop("Signature")
        text = string_to_sign_v1(request.method, given)
        if not _same(signature, _hmac_v1(text, credential.secret)):
            raise ApiError.of("SignatureDoesNotMatch", text=_quoted_v1(request.method, given, len(text)))
        self._use(credential, nonce, now)
        return credential

    def _verify_v3(self, request: SignedRequest) -> Credential:
        headers = request.headers
        match = _AUTHORIZATION.fullmatch(headers["authorization"])
        if match is None:
            raise _incomplete(f"Authorization must be {_V3} Credential=...,SignedHeaders=...,Signature=...")
        key, names, signature = match.groups()
        signed = names.lower().split(";")
        if len(set(signed)) < len(signed):
            # Each would add its header's value once more to what is hashed.
            raise _incomplete("SignedHeaders names a header twice")
        needed = ["host", "x-acs-date", "x-acs-signature-nonce", "x-acs-content-sha256"]
        # What the request means must not be open to change on its way either.
        needed += [name for name in ("x-acs-action", "x-acs-version", "x-acs-security-token") if name in headers]
        for name in needed:
            if name not in signed:
                raise _incomplete(f"the header {name} must be signed")
        for name in signed:
            if name not in headers:
                raise _incomplete(f"the signed header {name[:64]} is missing")
        now = self._now()
        nonce = _nonce(headers["x-acs-signature-nonce"])
        token = headers.get("x-acs-security-token") or request.query.get("SecurityToken")
        credential = self._known(key, headers["x-acs-date"], token, now)
        text = string_to_sign_v3(request.method, request.query, headers, signed, request.body)
        if not _same(headers["x-acs-content-sha256"].lower(), sha256(request.body).hexdigest()):
            raise ApiError(
                "SignatureDoesNotMatch", f"x-acs-content-sha256 is not the SHA-256 of the body. {_said(text)}"
            )
        if not _same(signature, _hmac_v3(text, credential.secret)):
            raise ApiError.of("SignatureDoesNotMatch", text=text)
        self._use(credential, nonce, now)
        return credential

    def _known(self, access_key_id: str, stamp: str, token: str | None, now: float) -> Credential:
        """The credential of this id, if it may sign at this time and with this token."""
        credential = self._keyring.find(access_key_id)
        if credential is None and access_key_id.startswith(TEMPORARY):
            credential = self._temporary(access_key_id)
        if credential is None:
            raise ApiError("InvalidAccessKeyId.NotFound")
        if credential.disabled:
            raise ApiError("Forbidden.AccessKeyDisabled")
        if abs(_seconds(stamp) - now) > SKEW:
            raise ApiError("InvalidTimeStamp.Expired")
        if credential.token is None:
            if token:
                raise _wrong_token()
        elif not token:
            raise ApiError("MissingSecurityToken", 'The parameter "SecurityToken" is mandatory for this key.', 400)
        elif not _same(token, credential.token):
            raise _wrong_token()
        if credential.ended:
            raise ApiError("InvalidSecurityToken.Expired", "The specified SecurityToken is expired.", 400)
        return credential

    def _use(self, credential: Credential, nonce: str, now: float) -> None:
        """Take note of a nonce. Only verified requests come here, so nobody can use up the nonces of others."""
        if now >= self._turn or len(self._nonces) >= self._limit:
            self._older, self._nonces = self._nonces, set()
            self._turn = now + 2 * SKEW
        entry = credential.access_key_id, nonce
        if entry in self._nonces or entry in self._older:
            raise ApiError("SignatureNonceUsed")
        self._nonces.add(entry)


@lru_cache(64)  # A client that is busy sends many requests in the same second.
def _seconds(stamp: str) -> float:
    if not _STAMP.fullmatch(stamp):
        raise ApiError("InvalidTimeStamp.Format")
    try:
        return datetime.fromisoformat(stamp).timestamp()
    except ValueError:
        raise ApiError("InvalidTimeStamp.Format") from None


def _quoted_v1(method: str, given: Mapping[str, str], length: int) -> str:
    """The string to sign as a refusal quotes it: without secrets, and the beginning alone of a long one."""
    masked = {**given, **{name: "***" for name in _MASKED if name in given}}
    if length <= _QUOTED_MAX:
        return string_to_sign_v1(method, masked)
    # The names and the beginnings of values are enough to see a difference.
    some = {name: masked[name][:_VALUE_QUOTED_MAX] for name in sorted(masked)[:_VALUE_QUOTED_MAX]}
    return f"{string_to_sign_v1(method, some)[:_QUOTED_MAX]} … ({length} characters in all)"


def _said(text: str) -> str:
    """The message of a signature that does not match."""
    return ApiError.of("SignatureDoesNotMatch", text=text).message


def _nonce(given: str) -> str:
    """A nonce of a length that can be remembered."""
    if not 0 < len(given) <= NONCE_LENGTH_MAX:
        raise _incomplete(f"a nonce has 1 to {NONCE_LENGTH_MAX} characters")
    return given


def _same(given: str, right: str) -> bool:
    # In bytes, since text beyond ASCII is refused with an exception.
    return hmac.compare_digest(given.encode(), right.encode())


def _incomplete(why: str) -> ApiError:
    return ApiError("IncompleteSignature", f"The request signature does not conform to Aliyun standards: {why}.")


def _wrong_token() -> ApiError:
    return ApiError(
        "InvalidSecurityToken.MismatchWithAccessKey",
        "The specified SecurityToken does not belong to the AccessKeyId.",
        400,
    )
