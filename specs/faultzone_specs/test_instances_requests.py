"""Instances: dry runs, client tokens, and what a refusal looks like."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from functools import partial
from typing import Any
from xml.etree import ElementTree

import pytest

from faultzone import ApiError, Region, assert_nothing_made, assert_refused
from faultzone_specs.observing import fresh_token
from faultzone_specs.words import Words

clause, needs = pytest.mark.clause, pytest.mark.needs

MISMATCH = "IdempotentParameterMismatch"


@clause("instance/dry-run")
def test_a_dry_run_that_would_succeed_makes_nothing(region: Region) -> None:
    """Success is answered as an error."""
    assert_nothing_made(region, lambda: region.run_instances(2, DryRun=True, wait=False), "DryRunOperation")
    assert_nothing_made(region, lambda: region.create_instance(DryRun=True, wait=False), "DryRunOperation")


@clause("instance/dry-run")
def test_a_dry_run_has_the_error_of_the_check_that_fails(region: Region) -> None:
    """The same as without DryRun."""
    wrong: dict[str, dict[str, Any]] = {
        "InvalidImageId.NotFound": {"ImageId": "nosuchimage"},
        "InvalidInstanceName.Malformed": {"InstanceName": "1"},
        "InvalidZoneId.NotFound": {"ZoneId": f"{region.id}-z"},
    }
    for code, asked in wrong.items():
        assert_nothing_made(region, partial(region.run_instances, DryRun=True, wait=False, **asked), code)


@clause("instance/dry-run")
@needs("set-supply")
def test_a_dry_run_checks_supply_and_takes_none(region: Region) -> None:
    """The last instance in supply can still be had after it."""
    with region.chaos.shortage():
        assert_refused("OperationDenied.NoStock", lambda: region.run_instances(DryRun=True, wait=False))
    with region.chaos.shortage(limit=1):
        assert_refused("DryRunOperation", lambda: region.run_instances(DryRun=True, wait=False))
        assert len(region.run_instances()) == 1


@clause("instance/client-token")
def test_a_repeated_run_has_the_first_result_again(region: Region) -> None:
    """The ids of the first batch, and no second one."""
    token = fresh_token(region)
    name = Words(region).name("twice")
    first = region.run_instances(2, ClientToken=token, InstanceName=name)
    assert region.run_instances(2, ClientToken=token, InstanceName=name) == first
    assert {each.id for each in region.instances if each.describe()["InstanceName"] == name} == {
        each.id for each in first
    }


@clause("instance/client-token")
def test_a_repeated_create_has_the_first_result_again(region: Region) -> None:
    """The id of the first instance, and no second one."""
    token = fresh_token(region)
    first = region.create_instance(ClientToken=token)
    before = region.instances
    assert region.create_instance(ClientToken=token) == first
    assert region.instances == before


@clause("instance/client-token")
@needs("set-supply")
def test_a_repeated_run_needs_no_supply(region: Region) -> None:
    """Nothing more is made, so nothing can be short."""
    token = fresh_token(region)
    first = region.run_instances(ClientToken=token)
    with region.chaos.shortage():
        assert region.run_instances(ClientToken=token) == first


@clause("instance/client-token")
def test_a_request_that_was_refused_leaves_its_token_free(region: Region) -> None:
    """Nothing was made that could be told again."""
    token = fresh_token(region)
    assert_refused("InvalidImageId.NotFound", lambda: region.run_instances(ClientToken=token, ImageId="nosuchimage"))
    assert len(region.run_instances(ClientToken=token)) == 1


@pytest.mark.parametrize("other", [{"Amount": 2}, {"InstanceName": "other"}, {"DeletionProtection": True}])
@clause("instance/client-token-mismatch")
def test_a_token_with_other_parameters_is_refused(region: Region, other: dict[str, Any]) -> None:
    """And makes nothing."""
    token = fresh_token(region)
    region.run_instances(ClientToken=token, wait=False)
    assert_nothing_made(region, lambda: region.run_instances(ClientToken=token, wait=False, **other), MISMATCH)


@clause("instance/client-token-mismatch")
def test_tokens_differ_by_case(region: Region) -> None:
    """Two tokens, two instances."""
    token = fresh_token(region)
    lower, upper = f"a-{token}"[:64].lower(), f"a-{token}"[:64].upper()
    first = region.create_instance(ClientToken=lower)
    assert region.create_instance(ClientToken=upper, InstanceName="other") != first


@clause("instance/client-token-length")
def test_a_token_of_64_characters_is_accepted(region: Region) -> None:
    """The longest."""
    assert region.create_instance(ClientToken=fresh_token(region).ljust(64, "x")).exists


@pytest.mark.parametrize("end", ["x" * 65, "é", "令牌"])
@clause("instance/client-token-length")
def test_a_longer_token_and_one_that_is_not_ascii_are_refused(region: Region, end: str) -> None:
    """And make nothing."""
    before = region.instances
    with pytest.raises(ApiError):
        region.create_instance(ClientToken=(fresh_token(region) + end)[-65:], wait=False)
    assert region.instances == before


@clause("instance/error-envelope")
def test_a_refusal_says_what_is_wrong(region: Region) -> None:
    """Code, message, request id, and a status that is an error."""
    refusal = assert_refused("InvalidInstanceId.NotFound", lambda: region.call("StopInstance", InstanceId="i-nosuch"))
    assert refusal.status >= 400
    assert refusal.message
    assert refusal.request_id


@clause("instance/error-envelope")
def test_each_answer_and_refusal_has_a_request_id_of_its_own(region: Region) -> None:
    """So that any call can be asked about."""
    first = region.call("DescribeInstances")["RequestId"]
    second = region.call("DescribeInstances")["RequestId"]
    refusal = assert_refused("InvalidInstanceId.NotFound", lambda: region.call("StopInstance", InstanceId="i-nosuch"))
    assert all((first, second, refusal.request_id))
    assert len({first, second, refusal.request_id}) == 3


@pytest.mark.parametrize("form", ["JSON", "XML"])
@clause("instance/error-envelope")
def test_a_refusal_on_the_wire_has_the_four_fields(region: Region, form: str) -> None:
    """A request without a signature is enough to be refused, and needs no key."""
    url = region.backend.name if region.backend.name.startswith("http") else region.endpoint
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(
            f"{url.rstrip('/')}/?Action=DescribeInstances&Version=2014-05-26&Format={form}", timeout=30
        )
    with refused.value as answer:
        status, raw = answer.code, answer.read()
    if form == "JSON":
        said = json.loads(raw)
    else:
        root = ElementTree.fromstring(raw)
        assert root.tag == "Error"
        said = {each.tag: each.text for each in root}
    assert status >= 400
    assert all(said.get(field) for field in ("RequestId", "HostId", "Code", "Message"))
