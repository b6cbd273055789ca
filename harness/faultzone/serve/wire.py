"""One request of the RPC API read, one answer written: bytes on one side, names and values on the other."""

from __future__ import annotations

import json
import re
from binascii import a2b_qp
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final, NamedTuple
from urllib.parse import unquote_to_bytes

from faultzone.api.ecs import ECS
from faultzone.api.errors import ApiError
from faultzone.api.products import BY_VERSION, LOCATION, STS, VERSIONS, VPC, named_by
from faultzone.serve.signatures import SignedRequest, is_v3

#: Beyond these a request is refused with `InvalidParameter`, before its signature is looked at. The longest query that
#: a client sends has 131 kB, the most parameters are some 300, and the longest name has 60 characters.
FORM_MAX: Final = 256 * 1024
PARAMETERS_MAX: Final = 2000
NAME_MAX: Final = 256
#: The longest body of an answer that refuses. What a message quotes is cut where it would be longer.
REFUSAL_MAX: Final = 16 * 1024
_QUOTED_MAX: Final = 1000
#: So much is shown of the name of a product or an action.
_SHOWN_MOST: Final = 64

JSON: Final = "application/json;charset=utf-8"
#: One SDK parses XML errors only if the type is exactly this.
XML: Final = "text/xml;charset=utf-8"
HTML: Final = "text/html;charset=utf-8"

_FORM: Final = "application/x-www-form-urlencoded"
#: What a backend never sees: it is for the wire alone.
_WIRE_ONLY: Final = frozenset(
    "Action Version Format AccessKeyId Signature SignatureMethod SignatureVersion SignatureNonce SignatureType "
    "Timestamp TimeStamp SecurityToken".split()
)
_ACTION: Final = re.compile(r"[A-Za-z][A-Za-z0-9]{0,63}")
_METHODS: Final = frozenset({"GET", "POST"})
_HEX: Final = "0123456789ABCDEFabcdef"
#: From this length on, what is quoted is decoded as a whole.
_LONG: Final = 4096
_NOT_QUOTED: Final = re.compile(b"%(?![0-9A-Fa-f]{2})")
_UNQUOTED: Final = {high + low: chr(int(high + low, 16)) for high in "01234567" for low in _HEX}


class Call(NamedTuple):
    """What a request asks for: a product, its action, and the parameters without what only the wire needs."""

    product: str
    action: str
    parameters: dict[str, str]


def refusal(name: str, why: str, status: int = 400) -> ApiError:
    """`InvalidParameter`, the one code for what cannot be read."""
    return ApiError("InvalidParameter", f'The specified parameter "{name[:64]}" is not valid: {why}.', status)


def read_request(method: str, path: str, query: bytes, headers: Mapping[str, str], body: bytes) -> SignedRequest:
    """Read query and form into one set of parameters.

    Args:
        method: the method of the request.
        path: its decoded path.
        query: its query as received, without the question mark.
        headers: names in lower case, values as received.
        body: its body, whole.

    Raises:
        ApiError: `UnsupportedHTTPMethod`, `InvalidApi.NotFound` for another path than `/`, `InvalidParameter` for names
            given twice or too long, text that is not UTF-8, NUL, a body that is no form, and too much of them.
    """
    if method not in _METHODS:
        raise ApiError("UnsupportedHTTPMethod")
    if path != "/":
        raise ApiError("InvalidApi.NotFound")
    if len(query) + len(body) > FORM_MAX:
        raise refusal("body" if body else "query", f"query and body have more than {FORM_MAX} bytes", 413)
    in_query = _read_form(query, {})
    if not body:
        return SignedRequest(method, in_query, in_query, headers, body)
    if headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
        raise refusal("body", f"its Content-Type must be {_FORM}")
    return SignedRequest(method, in_query, _read_form(body, dict(in_query)), headers, body)


def _read_form(raw: bytes, into: dict[str, str]) -> dict[str, str]:
    """Decode `a=1&b=2` into the mapping given."""
    if not raw:
        return into
    if raw.count(b"&") + len(into) >= PARAMETERS_MAX:
        raise refusal("query", f"there are more than {PARAMETERS_MAX} parameters")
    if b"\x00" in raw or b"%00" in raw:
        raise refusal("query", "it contains a NUL character")
    try:
        for pair in raw.replace(b"+", b" ").decode().split("&"):
            if not pair:
                continue
            name, _, value = pair.partition("=")
            if "%" in name:
                name = _unquote(name)
            if len(name) > NAME_MAX:
                raise refusal(name, f"a name has at most {NAME_MAX} characters")
            if "%" in value:
                value = _unquote(value)
            if name in into:
                raise refusal(name, "it is given twice")
            into[name] = value
    except UnicodeDecodeError:
        raise refusal("query", "it is not UTF-8") from None
    return into


def _unquote(text: str) -> str:
    """The text without percent-encoding. Nearly all that is quoted is ASCII, for which no bytes are made first."""
    if len(text) > _LONG:
        return _unquote_long(text)
    first, *rest = text.split("%")
    try:
        return first + "".join([_UNQUOTED[part[:2]] + part[2:] for part in rest])
    except KeyError:
        return unquote_to_bytes(text).decode()


def _unquote_long(text: str) -> str:
    """The same of a long text, by a decoder of the standard library that works as a whole and takes a twentieth of the
    time: that of quoted-printable, which has another sign."""
    raw = text.encode()
    if _NOT_QUOTED.search(raw):
        return unquote_to_bytes(text).decode()
    return a2b_qp(raw.replace(b"=", b"=3D").replace(b"%", b"=")).decode()


def wants_xml(request: SignedRequest) -> bool:
    """Whether the answer is to be XML, as `Format` says in letters of any case. Left out, it is XML, as documented, but
    for a signature in headers, whose clients say in `Accept` what they read; one SDK sends the text `None`.

    Raises:
        ApiError: `InvalidParameter` for another format.
    """
    given = request.parameters.get("Format", "").lower()
    if given == "xml":
        return True
    if given in {"json", "none"}:
        return False
    if given:
        raise refusal("Format", "it must be JSON or XML")
    headers = request.headers
    return "xml" in headers.get("accept", "").lower() or not is_v3(headers)


def format_of(query: bytes, headers: Mapping[str, str]) -> bool:
    """Whether the answer to a request that was not read whole is to be XML; JSON where its query does not say."""
    try:
        parameters = _read_form(query, {}) if len(query) <= FORM_MAX else {}
        return bool(parameters) and wants_xml(SignedRequest("", parameters, parameters, headers, b""))
    except ApiError:
        return False


def read_call(request: SignedRequest) -> Call:
    """The product, its action and the parameters; `Action` and `Version` may be headers instead.

    The version names the product, and so does a host of the cloud, which names the region too where the request has no
    `RegionId`.

    Raises:
        ApiError: `MissingParameter`, `InvalidAction` for what cannot be the name of an action, `InvalidVersion` for a
            product that is not simulated, and for a version that is not that of the product of the host.
    """
    given, headers = request.parameters, request.headers
    action = given.get("Action") or headers.get("x-acs-action")
    version = given.get("Version") or headers.get("x-acs-version")
    if not action:
        raise ApiError.of("MissingParameter", name="Action")
    if not version:
        raise ApiError.of("MissingParameter", name="Version")
    if not _ACTION.fullmatch(action):
        raise ApiError.of("InvalidAction", name=action[:64])
    product = BY_VERSION.get(version)
    parameters = {name: value for name, value in given.items() if name not in _WIRE_ONLY}
    named = named_by(headers.get("host", ""))
    if product is None or named.product not in ("", product):
        raise _unknown_product(named.product, version)
    if named.region and not parameters.get("RegionId"):
        parameters["RegionId"] = named.region
    return Call(product, action, parameters)


def named_in(request: SignedRequest) -> tuple[str, str]:
    """The product and the action that a request names, whether or not there are such; empty where it names none."""
    given, headers = request.parameters, request.headers
    version = given.get("Version") or headers.get("x-acs-version", "")
    action = given.get("Action") or headers.get("x-acs-action", "")
    product = named_by(headers.get("host", "")).product or BY_VERSION.get(version, version)
    return product[:_SHOWN_MOST], action[:_SHOWN_MOST]


def _unknown_product(named: str, version: str) -> ApiError:
    """The refusal of a product that is not simulated, or of a version that is not that of the product."""
    refusal, right = ApiError("InvalidVersion"), VERSIONS.get(named)
    if right is not None:
        said = f"The version of {named} is {right}, and not {version[:64]}."
    else:
        simulated = ", ".join(f"{each} {date}" for each, date in VERSIONS.items())
        said = f"{f'The product {named[:64]}' if named else 'Its product'} is not simulated; these are: {simulated}."
    return ApiError(refusal.code, f"{refusal.message} {said}", refusal.status)


def signed_by(call: Call, access_key_id: str) -> Call:
    """The call with the key that signed it, which STS tells of; other products are not told."""
    if call.product != STS:
        return call
    return call._replace(parameters={**call.parameters, "AccessKeyId": access_key_id})


#: The actions whose answers name where to send requests.
ADDRESSED: Final = frozenset({"DescribeRegions", "DescribeEndpoints"})


def answered_at(call: Call, answer: Mapping[str, Any], host: str) -> Mapping[str, Any]:
    """The answer of DescribeRegions or DescribeEndpoints where the request was sent to this host: that is where all
    regions and products answer, and a client that follows the answer would leave for the cloud otherwise. Where the
    host is one of the cloud's, so are all others."""
    if not host or named_by(host).product:
        return answer
    if call.product in (ECS, VPC) and call.action == "DescribeRegions":
        regions = [{**each, "RegionEndpoint": host} for each in answer["Regions"]["Region"]]
        return {**answer, "Regions": {"Region": regions}}
    if (call.product, call.action) == (LOCATION, "DescribeEndpoints"):
        endpoints = [{**each, "Endpoint": host} for each in answer["Endpoints"]["Endpoint"]]
        return {**answer, "Endpoints": {"Endpoint": endpoints}}
    return answer


def _encode_plainly(answer: object) -> bytes:
    """JSON by the standard library."""
    return json.dumps(answer, separators=(",", ":")).encode()


def _encoder() -> Callable[[object], bytes]:
    """What encodes answers: orjson where it is installed (the extra `fast`), which takes a tenth of the time."""
    try:
        import orjson
    except ImportError:
        return _encode_plainly

    def encode(answer: object) -> bytes:
        try:
            return orjson.dumps(answer)
        except TypeError:  # It knows no integers of more than 64 bits and no lone surrogates.
            return _encode_plainly(answer)

    return encode


_encode: Final = _encoder()


def render(answer: Mapping[str, object], root: str, xml: bool) -> bytes:
    """The body of an answer: JSON, or XML under the element `root` with an element for each item of a list."""
    if not xml:
        return _encode(answer)
    return ('<?xml version="1.0" encoding="UTF-8"?>' + _element(root, answer)).encode()


@cache  # It takes long to compile, and most clients ask for JSON.
def _not_xml() -> re.Pattern[str]:
    """Matches characters that XML cannot carry, not even escaped."""
    return re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def _element(name: str, value: object) -> str:
    if isinstance(value, Mapping):
        inner = "".join([_element(str(key), item) for key, item in value.items()])
    elif isinstance(value, list | tuple):
        return "".join([_element(name, item) for item in value])
    elif value is None:
        return ""
    elif isinstance(value, bool):
        inner = "true" if value else "false"
    else:
        inner = _not_xml().sub("\ufffd", str(value)).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return f"<{name}>{inner}</{name}>"


def render_error(error: ApiError, request_id: str, host_id: str, xml: bool) -> bytes:
    """The body of a refusal (instance/error-envelope). The names are exactly these: one SDK reads no others. What it
    quotes of the request is cut where it would be long."""
    fields = {
        "RequestId": request_id,
        "HostId": host_id,
        "Code": error.code,
        "Message": error.message,
        "Recommend": f"https://error-center.aliyun.com/status/search?Keyword={error.code}&source=PopGw",
    }
    if len(error.message) <= REFUSAL_MAX:
        body = render(fields, "Error", xml)
        if len(body) <= REFUSAL_MAX:
            return body
    return render({**fields, "Message": error.message[:_QUOTED_MAX] + " …"}, "Error", xml)
