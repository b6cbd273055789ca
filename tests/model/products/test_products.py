"""Products beside ECS in process: what they answer, in which shape, and what becomes of bad input."""

from __future__ import annotations

from typing import Any

import pytest

from faultzone import ApiError, Region, assert_refused, make_region
from faultzone.api.products import VERSIONS
from faultzone.backends.answers import deviations
from faultzone.cli.actions import implemented
from faultzone.editions import load, names

ARN = "acs:ram::1000000000000001:role/reader"


def _calls(region: Region) -> list[tuple[str, str, dict[str, Any]]]:
    """Each action of each product in its forms."""
    session = {"RoleArn": ARN, "RoleSessionName": "alice"}
    key = region.call("AssumeRole", "sts", **session)["Credentials"]["AccessKeyId"]
    region.run_instances(1, RamRoleName="reader")
    region.run_instances(1, RamRoleName="writer")
    found: list[tuple[str, str, dict[str, Any]]] = [
        ("sts", "AssumeRole", {**session, "SourceIdentity": "me"}),
        ("sts", "GetCallerIdentity", {}),
        ("sts", "GetCallerIdentity", {"AccessKeyId": key}),
        ("ram", "GetRole", {"RoleName": "reader"}),
        ("ram", "ListRoles", {}),
        ("ram", "ListRoles", {"MaxItems": 1}),
        ("ram", "GetAccountAlias", {}),
        ("location", "DescribeEndpoints", {"Id": region.id, "ServiceCode": "ecs"}),
    ]
    if region.edition.has((2020, 12)):
        found.append(("resourcemanager", "ListResourceGroups", {}))
    return found


@pytest.mark.parametrize("edition", names())
def test_answers_have_what_is_declared_and_nothing_else(edition: str) -> None:
    date = load(edition).date
    with make_region(edition=edition) as region:
        calls, wrong = _calls(region), []
        for product, action, given in calls:
            answer = region.call(action, product, **given)
            wrong += [f"{product} {action}: {each}" for each in deviations(action, answer, date, product)]
    assert wrong == []
    asked = {(product, action) for product, action, _ in calls}
    known = {
        (product, action)
        for product in VERSIONS
        for action, request in implemented(product).items()
        if product not in ("ecs", "vpc", "cms") and load(edition).has(request.since)
    }
    assert known - asked == set()


def test_the_session_of_a_role_is_told_by_its_key() -> None:
    with make_region() as region:
        given = region.call("AssumeRole", "sts", RoleArn=ARN, RoleSessionName="alice")
        told = region.call("GetCallerIdentity", "sts", AccessKeyId=given["Credentials"]["AccessKeyId"])
        role = region.call("GetRole", "ram", RoleName="reader")["Role"]
        assert told["IdentityType"] == "AssumedRoleUser"
        assert told["Arn"] == given["AssumedRoleUser"]["Arn"] == "acs:ram::1000000000000001:assumed-role/reader/alice"
        assert told["PrincipalId"] == given["AssumedRoleUser"]["AssumedRoleId"] == f"{role['RoleId']}:alice"


def test_the_journal_names_the_product_and_no_secret() -> None:
    with make_region() as region:
        made = region.call("AssumeRole", "sts", RoleArn=ARN, RoleSessionName="alice")["Credentials"]
        *_, data = region.journal.of("call")[-1]
        assert (data["product"], data["action"]) == ("sts", "AssumeRole")
        assert made["AccessKeySecret"] not in str(region.journal.entries)
        assert made["SecurityToken"] not in str(region.journal.entries)


def test_the_journal_has_no_code_of_an_activation() -> None:
    with make_region(edition="2026-10") as region:
        made = region.call("CreateActivation")
        assert made["ActivationCode"] not in str(region.journal.entries)
        assert made["ActivationId"] in str(region.journal.entries)


def test_a_role_of_another_account_of_the_cloud_is_assumed_as_that_account() -> None:
    with make_region(accounts=2) as region:
        other = region.control("shape")["accounts"][1]
        arn = f"acs:ram::{other}:role/reader"
        key = region.call("AssumeRole", "sts", RoleArn=arn, RoleSessionName="alice")["Credentials"]["AccessKeyId"]
        assert region.control("role-key", access_key_id=key)["key"]["account"] == other
        nobodys = ARN.replace("1000000000000001", "1000000000000009")
        assert_refused(
            "EntityNotExist.Role", lambda: region.call("AssumeRole", "sts", RoleArn=nobodys, RoleSessionName="alice")
        )


def test_a_key_of_a_role_ends() -> None:
    with make_region() as region:
        given = {"RoleArn": ARN, "RoleSessionName": "alice", "DurationSeconds": 900}
        key = region.call("AssumeRole", "sts", **given)["Credentials"]["AccessKeyId"]
        ended = []
        for _ in range(2):
            ended.append(region.control("role-key", access_key_id=key)["key"]["ended"])
            region.clock.advance(900)
        assert ended == [False, True]


def test_roles_are_listed_in_pages() -> None:
    with make_region() as region:
        region.control("account-settings", ram_roles=["c", "a", "b"])
        seen, marker = [], None
        while True:
            page = region.call("ListRoles", "ram", MaxItems=2, Marker=marker)
            seen.append([each["RoleName"] for each in page["Roles"]["Role"]])
            if not page["IsTruncated"]:
                break
            marker = page["Marker"]
        assert seen == [["a", "b"], ["c"]]


@pytest.mark.parametrize(
    ("product", "action", "given", "code"),
    [
        ("ram", "GetRole", {"RoleName": "a/b"}, "InvalidParameter.RoleName.InvalidChars"),
        ("ram", "GetRole", {}, "MissingParameter"),
        ("ram", "ListRoles", {"MaxItems": 0}, "InvalidParameter"),
        ("sts", "AssumeRole", {"RoleArn": ARN}, "MissingParameter"),
        ("sts", "DescribeInstances", {}, "InvalidAction.NotFound"),
        ("ecs", "GetCallerIdentity", {}, "InvalidAction.NotFound"),
        ("location", "DescribeEndpoints", {"ServiceCode": "ecs"}, "MissingParameter"),
        ("resourcemanager", "ListResourceGroups", {"PageSize": 101}, "InvalidParameter"),
        ("resourcemanager", "ListResourceGroups", {"Status": "Gone"}, "InvalidParameter"),
    ],
)
def test_bad_input_is_refused(product: str, action: str, given: dict[str, Any], code: str) -> None:
    with make_region(edition="2026-10") as region, pytest.raises(ApiError) as refused:
        region.call(action, product, **given)
    assert refused.value.code == code


def test_a_product_that_came_later_is_refused_with_the_edition_that_has_it() -> None:
    with make_region(edition="2019-02") as region, pytest.raises(ApiError, match="from edition 2020-12 on"):
        region.call("ListResourceGroups", "resourcemanager")


def test_endpoints_inside_a_network_are_not_told() -> None:
    with make_region() as region:
        told = region.call("DescribeEndpoints", "location", Id=region.id, ServiceCode="ecs", Type="innerAPI")
        assert told["Endpoints"]["Endpoint"] == []
