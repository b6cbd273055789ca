"""Instances: what their metadata service answers, to whom, and the keys of their roles."""

from __future__ import annotations

import base64
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


@clause("instance/metadata-items")
@needs("reach-guests")
def test_an_instance_is_told_who_it_is(region: Region) -> None:
    """What the API tells of it, and no other; there is nothing else."""
    several = region.run_instances(2, HostName="web-a")
    for each in several:
        shown = each.describe()
        attributes = shown["VpcAttributes"]
        items = {
            "instance-id": each.id,
            "region-id": region.id,
            "zone-id": each.zone,
            "image-id": shown["ImageId"],
            "hostname": shown["HostName"],
            "mac": each.identity.mac_address,
            "private-ipv4": each.private_ip,
            "public-ipv4": each.public_ip,
            "eipv4": each.public_ip,
            "serial-number": shown["SerialNumber"],
            "network-type": "vpc",
            "vpc-id": attributes["VpcId"],
            "vswitch-id": attributes["VSwitchId"],
            f"network/interfaces/macs/{each.identity.mac_address}/primary-ip-address": each.private_ip,
            f"network/interfaces/macs/{each.identity.mac_address}/vpc-id": attributes["VpcId"],
            f"network/interfaces/macs/{each.identity.mac_address}/vswitch-id": attributes["VSwitchId"],
        }
        for name, value in items.items():
            assert asked(region, each, f"/latest/meta-data/{name}") == (200, value), name
        listed = (asked(region, each, "/latest/meta-data/")[1] or "").split()
        assert {name for name in items if "/" not in name} | {"network/", "owner-account-id"} <= set(listed)
        assert (asked(region, each, "/latest/meta-data/network/interfaces/macs/")[1] or "").split() == [
            f"{each.identity.mac_address}/"
        ]
        for path in ("/latest/meta-data/none", "/latest/meta-data/instance-id/none", "/latest/none", "/none"):
            assert asked(region, each, path)[0] == 404, path


@clause("instance/metadata-items")
@needs("reach-guests")
def test_the_document_tells_who_an_instance_is(region: Region) -> None:
    """As the items do."""
    (instance,) = region.run_instances()
    document = json.loads(asked(region, instance, "/latest/dynamic/instance-identity/document")[1] or "{}")
    for name in "instance-id region-id zone-id image-id mac private-ipv4 serial-number owner-account-id".split():
        assert document.get(name) == asked(region, instance, f"/latest/meta-data/{name}")[1], name
    assert document.get("instance-type") == instance.describe()["InstanceType"]
    assert len(str(document.get("owner-account-id"))) == 16


@clause("instance/metadata-items")
@needs("reach-guests")
def test_an_instance_without_a_public_address_is_told_of_none(region: Region) -> None:
    """Nor of user data that nobody wrote."""
    text = "#!/bin/sh\necho 1\n"
    data = base64.b64encode(text.encode()).decode()
    plain, told = region.run_instances(InternetMaxBandwidthOut=0)[0], region.run_instances(UserData=data)[0]
    assert plain.public_ip is None
    for name in ("public-ipv4", "eipv4"):
        assert asked(region, plain, f"/latest/meta-data/{name}")[0] == 404
        assert name not in (asked(region, plain, "/latest/meta-data/")[1] or "").split()
    assert asked(region, plain, "/latest/user-data")[0] == 404
    assert asked(region, told, "/latest/user-data") == (200, text)


@clause("instance/metadata-token")
@needs("reach-guests", "move-time")
def test_a_token_is_good_for_its_instance_for_about_its_time(region: Region) -> None:
    """Where time goes on meanwhile."""
    one, other = region.run_instances(2)
    token = token_for(region, one, "3600")
    assert asked(region, other, token=token)[0] != 200
    region.clock.advance("55m")
    assert asked(region, one, token=token) == (200, one.id)
    region.clock.advance("5m")
    assert asked(region, one, token=token)[0] != 200


@clause("instance/metadata-token")
@needs("reach-guests", "move-time", "guest-time")
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
@needs("reach-guests")
@pytest.mark.parametrize("seconds", ["0", "21601", "-1", "1.5", "x", ""])
def test_a_token_is_for_a_second_to_six_hours(region: Region, seconds: str) -> None:
    (instance,) = region.run_instances()
    assert asked(region, instance, "/latest/api/token", "PUT", ttl_seconds=seconds)[0] != 200
    assert asked(region, instance, "/latest/api/token", "PUT")[0] != 200
    assert asked(region, instance, token=seconds or "x")[0] != 200


@clause("instance/metadata-token-required")
@needs("reach-guests")
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
@needs("reach-guests", "move-time")
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
