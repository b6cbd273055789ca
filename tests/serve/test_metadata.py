"""The metadata service on an address of its own, and the keys that it gives at the endpoint."""

from __future__ import annotations

import json
import socket
import time
import urllib.error
import urllib.request
from dataclasses import replace

import pytest

from faultzone import Region, make_region
from faultzone.serve import Credential
from tests.support.wire import v1_query


@pytest.fixture
def region() -> Region:
    return make_region(edition="2026-10")


def fetched(url: str, method: str = "GET", **headers: str) -> tuple[int, str]:
    """What a URL answers."""
    asked = urllib.request.Request(
        url, method=method, headers={name.replace("_", "-"): value for name, value in headers.items()}
    )
    try:
        with urllib.request.urlopen(asked, timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_a_program_outside_is_what_the_instance_is(region: Region) -> None:
    (one,) = region.run_instances(RamRoleName="reader")
    url = one.metadata_url
    assert url == one.metadata_url
    assert fetched(f"{url}/2016-01-01/meta-data/instance-id") == (200, one.id)
    assert fetched(f"{url}/latest/nothing")[0] == 404
    assert fetched(f"{url}/latest/meta-data/", "DELETE")[0] == 405
    _, token = fetched(f"{url}/latest/api/token", "PUT", X_aliyun_ecs_metadata_token_ttl_seconds="60")
    region.call("ModifyInstanceMetadataOptions", InstanceId=one.id, HttpEndpoint="enabled", HttpTokens="required")
    assert fetched(f"{url}/latest/meta-data/instance-id")[0] == 403
    assert fetched(f"{url}/latest/meta-data/instance-id", X_aliyun_ecs_metadata_token=token) == (200, one.id)
    one.stop()
    assert fetched(f"{url}/latest/meta-data/instance-id")[0] == 503
    assert fetched(f"{url}/latest/", Host="evil.example")[0] == 403
    region.close()
    with pytest.raises(ConnectionRefusedError), socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])), 5):
        pass  # pragma: no cover


def test_a_role_signs_with_the_key_that_its_instance_was_given(region: Region) -> None:
    (one,) = region.run_instances(RamRoleName="reader")
    key = json.loads(fetched(f"{one.metadata_url}/latest/meta-data/ram/security-credentials/reader")[1])

    known = Credential(key["AccessKeyId"], key["AccessKeySecret"], region.accounts[0], token=key["SecurityToken"])

    def called(credential: Credential = known) -> tuple[int, str]:
        query = v1_query({"RegionId": region.id}, method="GET", credential=credential, at=time.time()).decode()
        status, text = fetched(f"{region.endpoint}/?{query}")
        return status, str(json.loads(text).get("Code", ""))

    assert called() == (200, "")
    assert called(replace(known, token="x")) == (400, "InvalidSecurityToken.MismatchWithAccessKey")
    assert called(replace(known, token=None)) == (400, "MissingSecurityToken")
    assert called(replace(known, secret="x")) == (400, "SignatureDoesNotMatch")
    assert called(replace(known, access_key_id="STS.x"))[1] == "InvalidAccessKeyId.NotFound"
    region.clock.advance("7h")
    assert called() == (400, "InvalidSecurityToken.Expired")
    region.close()
