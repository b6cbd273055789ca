"""Products beside ECS, as far as its clients ask them: STS, RAM, Location, ResourceManager."""

from __future__ import annotations

import json
import re
from datetime import datetime
from functools import partial
from typing import Any

import pytest

from faultzone import Region, assert_refused, one

clause = pytest.mark.clause
pytestmark = pytest.mark.region(edition="2026-10")

Answer = dict[str, Any]


def identity(region: Region) -> Answer:
    return region.call("GetCallerIdentity", "sts")


def assume(region: Region, **given: object) -> Answer:
    arn = f"acs:ram::{identity(region)['AccountId']}:role/reader"
    return region.call("AssumeRole", "sts", **{"RoleArn": arn, "RoleSessionName": "alice", **given})


@clause("product/caller-identity")
def test_the_caller_is_the_account_of_the_key(region: Region) -> None:
    shown = identity(region)
    account = shown["AccountId"]
    assert re.fullmatch(r"[0-9]{16}", account)
    assert (shown["IdentityType"], shown["Arn"]) == ("Account", f"acs:ram::{account}:root")
    assert identity(region)["AccountId"] == account


@clause("product/assume-role")
def test_a_key_of_a_role_is_new_and_expires(region: Region) -> None:
    """The difference of two leaves the clock of the service out; a call may take some seconds."""
    short, usual = assume(region, DurationSeconds=900), assume(region)
    keys = [each["Credentials"] for each in (short, usual)]
    for name in ("AccessKeyId", "AccessKeySecret", "SecurityToken"):
        assert keys[0][name] != keys[1][name]
    first, second = (datetime.fromisoformat(each["Expiration"]) for each in keys)
    assert 2700 <= (second - first).total_seconds() <= 2760
    assert "reader" in usual["AssumedRoleUser"]["Arn"]
    assert usual["AssumedRoleUser"]["AssumedRoleId"].endswith(":alice")


@clause("product/assume-role-input")
@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"RoleArn": "reader"}, "InvalidParameter.RoleArn"),
        ({"RoleSessionName": "a"}, "InvalidParameter.RoleSessionName"),
        ({"RoleSessionName": "a" * 65}, "InvalidParameter.RoleSessionName"),
        ({"RoleSessionName": "a/b"}, "InvalidParameter.RoleSessionName"),
        ({"DurationSeconds": 899}, "InvalidParameter.DurationSeconds"),
        ({"DurationSeconds": 3601}, "InvalidParameter.DurationSeconds"),
    ],
)
def test_a_role_is_assumed_by_valid_values_alone(region: Region, given: Answer, code: str) -> None:
    assert_refused(code, partial(assume, region, **given))


@clause("product/assume-role-input")
@pytest.mark.parametrize(
    "given", [{"RoleSessionName": "ab"}, {"RoleSessionName": "a.b@c-d_E9" + "f" * 54}, {"DurationSeconds": 3600}]
)
def test_a_role_is_assumed_by_values_at_the_bounds(region: Region, given: Answer) -> None:
    assert assume(region, **given)["Credentials"]["AccessKeyId"]


@clause("product/role")
def test_a_role_is_told_where_it_is(region: Region) -> None:
    region.control("account-settings", ram_roles=["reader", "writer"])
    shown = region.call("GetRole", "ram", RoleName="reader")["Role"]
    assert (shown["RoleName"], shown["Arn"]) == ("reader", f"acs:ram::{identity(region)['AccountId']}:role/reader")
    assert json.loads(shown["AssumeRolePolicyDocument"])["Statement"][0]["Action"] == "sts:AssumeRole"
    assert_refused("EntityNotExist.Role", lambda: region.call("GetRole", "ram", RoleName="nobody"))
    listed = region.call("ListRoles", "ram")["Roles"]["Role"]
    assert {each["RoleName"] for each in listed} == {"reader", "writer"}
    assert one(each for each in listed if each["RoleName"] == "reader")["RoleId"] == shown["RoleId"]


@clause("product/role")
def test_roles_have_pages(region: Region) -> None:
    """By marker; each is on one of them, with what GetRole tells of it."""
    names = [f"role-{number}" for number in range(5)]
    region.control("account-settings", ram_roles=names)
    pages: list[list[Answer]] = []
    marker: str | None = None
    while len(pages) < 6:
        answer = region.call("ListRoles", "ram", MaxItems=2, Marker=marker)
        pages.append(list(answer["Roles"]["Role"]))
        assert answer["IsTruncated"] == bool(answer.get("Marker"))
        if not (marker := answer.get("Marker")):
            break
    assert [len(each) for each in pages] == [2, 2, 1]
    listed = [each for page in pages for each in page]
    assert sorted(each["RoleName"] for each in listed) == names
    assert len({each["RoleId"] for each in listed}) == 5
    for each in listed:
        told = region.call("GetRole", "ram", RoleName=each["RoleName"])["Role"]
        assert [each[name] for name in ("Arn", "RoleId")] == [told[name] for name in ("Arn", "RoleId")]


@clause("product/endpoints")
def test_the_endpoint_of_a_product_is_told(region: Region) -> None:
    ask = partial(region.call, "DescribeEndpoints", "location")
    shown = one(ask(Id=region.id, ServiceCode="ecs", Type="openAPI")["Endpoints"]["Endpoint"])
    assert shown["Endpoint"]
    assert (shown["Id"], shown["SerivceCode"], shown["Type"]) == (region.id, "ecs", "openAPI")
    assert_refused("InvalidRegionId", lambda: ask(Id="cn-nowhere", ServiceCode="ecs"))
    assert_refused("Illegal Parameter", lambda: ask(Id=region.id, ServiceCode="nothing"))


@clause("product/resource-groups")
def test_there_is_a_default_resource_group(region: Region) -> None:
    def ids(**filters: object) -> list[str]:
        listed = region.call("ListResourceGroups", "resourcemanager", PageSize=100, **filters)["ResourceGroups"]
        return [each["Id"] for each in listed["ResourceGroup"]]

    listed = region.call("ListResourceGroups", "resourcemanager", PageSize=100)["ResourceGroups"]["ResourceGroup"]
    default = one(each for each in listed if each["Name"] == "default")
    assert (default["Status"], default["AccountId"]) == ("OK", identity(region)["AccountId"])
    assert ids(ResourceGroupId=default["Id"]) == ids(ResourceGroupIds=[default["Id"]]) == [default["Id"]]
    assert default["Id"] in ids(Status="OK", Name="defaul", DisplayName="default")
    for without in ({"ResourceGroupId": "rg-none"}, {"Name": "none"}, {"Status": "Creating"}):
        assert default["Id"] not in ids(**without)
