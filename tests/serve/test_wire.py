from __future__ import annotations

import json
from collections.abc import Callable
from urllib.parse import quote
from xml.etree import ElementTree

import pytest

from faultzone.api.errors import ApiError
from faultzone.api.products import BY_VERSION
from faultzone.serve.wire import (
    FORM_MAX,
    NAME_MAX,
    PARAMETERS_MAX,
    Call,
    _encode,
    _encode_plainly,
    read_call,
    read_request,
    render,
    render_error,
    wants_xml,
)
from tests.support.wire import ANSWER

FORM = {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}
BASE = b"Action=StopInstance&Version=2014-05-26"


def _refused(query: bytes = b"", body: bytes = b"", method: str = "POST", path: str = "/") -> ApiError:
    with pytest.raises(ApiError) as caught:
        read_call(read_request(method, path, query, FORM if body else {}, body))
    return caught.value


@pytest.mark.parametrize("encode", [_encode, _encode_plainly])
def test_both_encoders_write_the_same(encode: Callable[[object], bytes]) -> None:
    answer = {"Text": "é\u4e2d\U0001f600", "Number": 10**30, "List": [1.5, None, True], "Lone": "\ud800"}
    assert json.loads(encode(answer)) == answer


def test_query_and_form_are_one_set_of_parameters() -> None:
    request = read_request("POST", "/", b"Action=A&Name=a+b%2A%C3%A9&Empty=", FORM, "Content=x%2B/=&Raw=é".encode())
    assert request.query == {"Action": "A", "Name": "a b*é", "Empty": ""}
    assert request.parameters == {**request.query, "Content": "x+/=", "Raw": "é"}


def test_a_call_is_without_what_the_wire_needs() -> None:
    wire = "&".join(
        f"{name}=x"
        for name in "AccessKeyId Signature SignatureMethod SignatureVersion SignatureNonce SignatureType "
        "Timestamp SecurityToken Format".split()
    )
    request = read_request("GET", "/", BASE + b"&RegionId=r&InstanceId.1=i-1&" + wire.encode(), {}, b"")
    assert read_call(request) == Call("ecs", "StopInstance", {"RegionId": "r", "InstanceId.1": "i-1"})


def test_the_length_of_a_name_is_that_of_the_decoded_one() -> None:
    name = "\u4e2d" * NAME_MAX
    assert read_request("GET", "/", quote(name).encode() + b"=1", {}, b"").parameters == {name: "1"}


def test_the_version_tells_the_product_and_that_of_no_other_is_known() -> None:
    assert BY_VERSION["2014-05-26"] == "ecs"
    assert BY_VERSION["2015-04-01"] == "sts"
    for version in ("2016-11-11", "2014-08-28", "2014-5-26", "2014-05-26 ", "ecs"):
        with pytest.raises(ApiError) as refusal:
            read_call(read_request("GET", "/", f"Action=DescribeVpcs&Version={version}".encode(), {}, b""))
        assert refusal.value.code == "InvalidVersion"


def test_action_and_version_may_be_headers() -> None:
    headers = {"x-acs-action": "StopInstance", "x-acs-version": "2014-05-26"}
    assert read_call(read_request("POST", "/", b"InstanceId=i", headers, b"")) == Call(
        "ecs", "StopInstance", {"InstanceId": "i"}
    )
    assert read_call(read_request("POST", "/", b"Action=Other", headers, b"")).action == "Other"


def test_a_body_of_nothing_may_have_any_type() -> None:
    # One client says `application/octet-stream` of an empty body.
    request = read_request("POST", "/", BASE, {"content-type": "application/octet-stream"}, b"")
    assert read_call(request).action == "StopInstance"


@pytest.mark.parametrize(
    ("query", "code"),
    [
        (b"Version=2014-05-26", "MissingParameter"),
        (b"Action=StopInstance", "MissingParameter"),
        (b"Action=Stop%0aInstance&Version=2014-05-26", "InvalidAction"),
        (b"Action=StopInstance&Version=2014-08-28", "InvalidVersion"),
        (BASE + b"&Name=a&Name=b", "InvalidParameter"),
        (BASE + b"&Name=%ff", "InvalidParameter"),
        (BASE + b"&%c3=1", "InvalidParameter"),
        (BASE + b"&Name=%00", "InvalidParameter"),
        (b"&".join(b"P.%d=1" % number for number in range(PARAMETERS_MAX + 1)), "InvalidParameter"),
        (b"P=1&" * 50_000, "InvalidParameter"),
        (BASE + b"&" + b"N" * (NAME_MAX + 1) + b"=1", "InvalidParameter"),
    ],
)
def test_what_cannot_be_read_is_refused_in_query_and_form(query: bytes, code: str) -> None:
    assert _refused(query).code == code
    assert _refused(body=query).code == code


def test_a_name_may_not_be_given_in_query_and_form() -> None:
    error = _refused(BASE, b"Name=1&Action=StopInstance")
    assert (error.code, error.status) == ("InvalidParameter", 400)
    assert "Action" in error.message


def test_a_form_and_a_query_are_long_together() -> None:
    half = b"A=" + b"a" * (FORM_MAX // 2 - 2)
    assert read_request("POST", "/", half, FORM, half.replace(b"A", b"B", 1)).parameters["B"] == "a" * (
        FORM_MAX // 2 - 2
    )
    error = _refused(half, half.replace(b"A", b"B", 1) + b"b")
    assert (error.code, error.status) == ("InvalidParameter", 413)


def test_a_body_must_be_a_form() -> None:
    with pytest.raises(ApiError, match="Content-Type"):
        read_request("POST", "/", BASE, {"content-type": "application/json"}, b"{}")


@pytest.mark.parametrize("method", ["PUT", "HEAD", "DELETE", "OPTIONS", "PATCH"])
def test_other_methods_are_refused(method: str) -> None:
    error = _refused(BASE, method=method)
    assert (error.code, error.status) == ("UnsupportedHTTPMethod", 403)


def test_other_paths_are_refused() -> None:
    error = _refused(BASE, path="/favicon.ico")
    assert (error.code, error.status) == ("InvalidApi.NotFound", 404)


@pytest.mark.parametrize(
    ("given", "xml"),
    [
        (b"", True),
        (b"Format=", True),
        (b"Format=JSON", False),
        (b"Format=json", False),
        (b"Format=None", False),
        (b"Format=xMl", True),
    ],
)
def test_formats(given: bytes, xml: bool) -> None:
    assert wants_xml(read_request("GET", "/", given, {}, b"")) is xml


@pytest.mark.parametrize(
    ("accept", "xml"), [({}, False), ({"accept": "application/xml"}, True), ({"accept": "*/*"}, False)]
)
def test_a_signature_in_headers_has_json_unless_its_client_reads_xml(accept: dict[str, str], xml: bool) -> None:
    headers = {"authorization": "ACS3-HMAC-SHA256 Credential=x", **accept}
    assert wants_xml(read_request("GET", "/", b"", headers, b"")) is xml


def test_another_format_is_refused() -> None:
    with pytest.raises(ApiError, match="JSON or XML"):
        wants_xml(read_request("GET", "/", b"Format=YAML", {}, b""))


def test_json() -> None:
    assert json.loads(render(ANSWER, "DescribeInstancesResponse", xml=False)) == ANSWER


def test_xml_repeats_the_elements_of_a_list() -> None:
    root = ElementTree.fromstring(render({**ANSWER, "Nothing": None}, "DescribeInstancesResponse", xml=True))
    assert root.tag == "DescribeInstancesResponse"
    assert [child.tag for child in root] == ["RequestId", "TotalCount", "Instances"]
    assert [each.findtext("InstanceId") for each in root.findall("Instances/Instance")] == ["i-1", "i-2"]
    assert root.findtext("Instances/Instance/Recyclable") == "false"
    assert root.findtext("Instances/Instance[2]/Name") == "<é&>"


def test_xml_of_characters_that_it_cannot_carry() -> None:
    root = ElementTree.fromstring(render({"Output": "a\x00\x1b\ud800\uffff\tb"}, "R", xml=True))
    assert root.findtext("Output") == "a" + "\ufffd" * 4 + "\tb"


def test_errors_have_the_names_that_clients_read() -> None:
    error = ApiError("InvalidVersion")
    fields = json.loads(render_error(error, "ID", "host", xml=False))
    assert fields["Recommend"].startswith("https://")
    del fields["Recommend"]
    assert fields == {"RequestId": "ID", "HostId": "host", "Code": "InvalidVersion", "Message": error.message}
    root = ElementTree.fromstring(render_error(error, "ID", "host", xml=True))
    assert (root.tag, root.findtext("Code"), root.findtext("RequestId")) == ("Error", "InvalidVersion", "ID")
