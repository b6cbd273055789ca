"""Roles, and the temporary keys of those who assume them: RAM and STS."""

from __future__ import annotations

import json
import re
from typing import Any, Final

from faultzone.api.errors import ApiError
from faultzone.api.ram import GetAccountAlias, GetRole, ListRoles
from faultzone.api.sts import SESSION_SECONDS, AssumeRole, GetCallerIdentity
from faultzone.clock import stamp
from faultzone.model.core import role_keys
from faultzone.model.core.dispatch import Answer, handles
from faultzone.model.core.state import AccountState, RegionState

_ROLE: Final = re.compile(r"[A-Za-z0-9.-]{1,64}")
_SESSION: Final = re.compile(r"[A-Za-z0-9.@_-]{2,64}")
_ARN: Final = re.compile(rf"acs:ram::([0-9]{{16}}):role/({_ROLE.pattern})")


@handles(GetCallerIdentity)
def get_caller_identity(region: RegionState, account: AccountState, request: GetCallerIdentity) -> Answer:
    """GetCallerIdentity: the account, or the session of a role (product/caller-identity)."""
    key = role_keys.find(region.cloud_regions.values(), request.access_key_id or "")
    if key is None:
        return {
            "IdentityType": "Account",
            "AccountId": account.id,
            "PrincipalId": account.id,
            "UserId": account.id,
            "Arn": f"acs:ram::{account.id}:root",
        }
    role_id = _id_of(region, key.account, key.role)
    return {
        "IdentityType": "AssumedRoleUser",
        "AccountId": key.account,
        "PrincipalId": f"{role_id}:{key.session}",
        "RoleId": role_id,
        "Arn": _session_arn(key),
    }


@handles(AssumeRole)
def assume_role(region: RegionState, account: AccountState, request: AssumeRole) -> Answer:
    """AssumeRole: a key of a role of any account of this cloud (product/assume-role, product/assume-role-input)."""
    named = _ARN.fullmatch(request.role_arn)
    if named is None:
        raise ApiError("InvalidParameter.RoleArn")
    if not _SESSION.fullmatch(request.role_session_name):
        raise ApiError("InvalidParameter.RoleSessionName")
    owner, role = named[1], named[2]
    if owner not in region.cloud_accounts or not region.account(owner).has_role(role):
        raise ApiError.of("EntityNotExist.Role", name=request.role_arn)
    key = role_keys.assume(region, owner, role, request.role_session_name, request.duration_seconds)
    answer: Answer = {
        "AssumedRoleUser": {
            "Arn": _session_arn(key),
            "AssumedRoleId": f"{_id_of(region, owner, role)}:{key.session}",
        },
        "Credentials": {
            "AccessKeyId": key.id,
            "AccessKeySecret": key.secret,
            "SecurityToken": key.token,
            "Expiration": stamp(key.ends),
        },
    }
    if request.source_identity is not None:
        answer["SourceIdentity"] = request.source_identity
    return answer


@handles(GetRole)
def get_role(region: RegionState, account: AccountState, request: GetRole) -> Answer:
    """GetRole: any role is there, until a test says which (product/role)."""
    name = request.role_name
    if not _ROLE.fullmatch(name):
        raise ApiError("InvalidParameter.RoleName.InvalidChars")
    if not account.has_role(name):
        raise ApiError.of("EntityNotExist.Role", name=name)
    trusted = {"RAM": [f"acs:ram::{account.id}:root"], "Service": ["ecs.aliyuncs.com"]}
    statement = {"Action": "sts:AssumeRole", "Effect": "Allow", "Principal": trusted}
    policy = json.dumps({"Statement": [statement], "Version": "1"})
    return {
        "Role": {
            **_render(region, account, name),
            "AssumeRolePolicyDocument": policy,
            "IsServiceLinkedRole": False,
        }
    }


@handles(ListRoles)
def list_roles(region: RegionState, account: AccountState, request: ListRoles) -> Answer:
    """ListRoles: those that a test chose; else those that instances have. A page begins after the name that its marker
    is (product/role)."""
    names = account.ram_roles
    if names is None:
        names = frozenset(role for each in account.instances.values() if (role := each.options.ram_role_name))
    left = sorted(each for each in names if each > (request.marker or ""))
    shown, more = left[: request.max_items], len(left) > request.max_items
    answer: Answer = {"IsTruncated": more, "Roles": {"Role": [_render(region, account, each) for each in shown]}}
    return answer | {"Marker": shown[-1]} if more else answer


@handles(GetAccountAlias)
def get_account_alias(region: RegionState, account: AccountState, request: GetAccountAlias) -> Answer:
    """GetAccountAlias: the id of the account, as for one that has chosen none."""
    return {"AccountAlias": account.id}


def _render(region: RegionState, account: AccountState, name: str) -> dict[str, Any]:
    return {
        "RoleId": _id_of(region, account.id, name),
        "RoleName": name,
        "Arn": f"acs:ram::{account.id}:role/{name}",
        "Description": "",
        "CreateDate": stamp(account.created),
        "UpdateDate": stamp(account.created),
        "MaxSessionDuration": SESSION_SECONDS[1],
    }


def _id_of(region: RegionState, account: str, role: str) -> str:
    """The id of a role: eighteen digits, the same whenever it is asked."""
    return f"3{int(region.world.sign('role', account, role), 16) % 10**17:017}"


def _session_arn(key: role_keys.RoleKey) -> str:
    return f"acs:ram::{key.account}:assumed-role/{key.role}/{key.session}"
