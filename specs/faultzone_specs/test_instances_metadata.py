"""Instances: what their metadata service answers, to whom, and the keys of their roles."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest

from faultzone import Instance, Region

clause, needs = pytest.mark.clause, pytest.mark.needs

ID = "/latest/meta-data/instance-id"
ROLES = "/latest/meta-data/ram/security-credentials/"


def asked(
    region: Region, instance: Instance, path: str = ID, method: str = "GET", **headers: str
) -> tuple[int, str | None]:
    """What the service answers; `ttl_seconds` and `token` are headers."""
    names = {"token": "X-aliyun-ecs-metadata-token", "ttl_seconds": "X-aliyun-ecs-metadata-token-ttl-seconds"}
    given = {names[name]: value for name, value in headers.items()}
    answer = region.control("metadata", instance=instance.id, path=path, method=method, headers=given)
    return answer["status"], answer["text"]


def token_for(region: Region, instance: Instance, seconds: str) -> str:
    """A token of an instance for so many seconds."""
    status, token = asked(region, instance, "/latest/api/token", "PUT", ttl_seconds=seconds)
    assert status == 200
    assert token
    return token


@clause("instance/metadata-token")
@needs("guest", "move-time")
def test_a_token_is_good_for_its_instance_and_its_time(region: Region) -> None:
    one, other = region.run_instances(2)
    for seconds in (1, 60, 21_600):
        token = token_for(region, one, str(seconds))
        assert asked(region, one, token=token) == (200, one.id)
        assert asked(region, other, token=token)[0] != 200
        region.clock.advance(f"{seconds * 1000 - 1}ms")
        assert asked(region, one, token=token) == (200, one.id)
        region.clock.advance("1ms")
        assert asked(region, one, token=token)[0] != 200
    assert asked(region, one) == (200, one.id)


@clause("instance/metadata-token")
@needs("guest")
@pytest.mark.parametrize("seconds", ["0", "21601", "-1", "1.5", "x", ""])
def test_a_token_is_for_a_second_to_six_hours(region: Region, seconds: str) -> None:
    (instance,) = region.run_instances()
    assert asked(region, instance, "/latest/api/token", "PUT", ttl_seconds=seconds)[0] != 200
    assert asked(region, instance, "/latest/api/token", "PUT")[0] != 200
    assert asked(region, instance, token=seconds or "x")[0] != 200


@clause("instance/metadata-token-required")
@needs("guest")
def test_what_is_required_is_asked_for(region: Region) -> None:
    (instance,) = region.run_instances()
    region.call("ModifyInstanceMetadataOptions", InstanceId=instance.id, HttpEndpoint="enabled", HttpTokens="required")
    token = token_for(region, instance, "60")
    for path, found in ((ID, instance.id), ("/latest/meta-data/region-id", region.id)):
        assert asked(region, instance, path)[0] != 200
        assert asked(region, instance, path, token=f"{token}0")[0] != 200
        assert asked(region, instance, path, token=token) == (200, found)
    region.call("ModifyInstanceMetadataOptions", InstanceId=instance.id, HttpEndpoint="enabled", HttpTokens="optional")
    assert asked(region, instance) == (200, instance.id)
    region.call("ModifyInstanceMetadataOptions", InstanceId=instance.id, HttpEndpoint="disabled")
    assert asked(region, instance)[0] != 200
    assert asked(region, instance, token=token)[0] != 200
    assert asked(region, instance, "/latest/api/token", "PUT", ttl_seconds="60")[0] != 200


def key_of(region: Region, instance: Instance) -> dict[str, Any]:
    """The key of an instance's role `reader`."""
    status, text = asked(region, instance, f"{ROLES}reader")
    assert status == 200
    key: dict[str, Any] = json.loads(text or "")
    return key


@clause("instance/role-credentials")
@needs("guest", "move-time")
def test_a_role_has_a_key_that_is_replaced_before_it_ends(region: Region) -> None:
    (instance,), (other,) = region.run_instances(RamRoleName="reader"), region.run_instances()
    assert asked(region, instance, ROLES) == (200, "reader")
    assert [asked(region, other, path)[0] for path in (ROLES, f"{ROLES}reader")] == [404, 404]
    seen = [key_of(region, instance)]
    for _ in range(36):
        region.clock.advance("25m")
        key, now = key_of(region, instance), region.clock.now
        assert key["Code"] == "Success"
        assert datetime.fromisoformat(key["LastUpdated"]) <= now < datetime.fromisoformat(key["Expiration"])
        if key != seen[-1]:
            assert now < datetime.fromisoformat(seen[-1]["Expiration"]), "the key before has ended"
            seen.append(key)
    assert 2 <= len(seen) <= 5
    for part in ("AccessKeyId", "AccessKeySecret", "SecurityToken"):
        assert len({each[part] for each in seen}) == len(seen)
