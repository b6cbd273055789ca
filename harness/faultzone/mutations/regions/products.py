"""Wrong regions of the products beside ECS."""

from __future__ import annotations

from typing import Final

from faultzone.mutations.library import (
    answer,
    becomes,
    drop,
    emptied,
    put,
    refused_as,
    replaced,
    request,
    retry,
)
from faultzone.mutations.row import row

IDENTITY: Final = "sts.GetCallerIdentity"
ASSUME: Final = "sts.AssumeRole"
ROLE: Final = "ram.GetRole"
ENDPOINTS: Final = "location.DescribeEndpoints"
GROUPS: Final = "resourcemanager.ListResourceGroups"

REGIONS: Final = (
    row("caller-is-a-user", "product/caller-identity", "calls an account a user",
        answer(IDENTITY, "IdentityType", becomes("RAMUser"))),
    row("caller-of-another-arn", "product/caller-identity", "names another Arn than the root of the account",
        answer(IDENTITY, "Arn", replaced("root", "user/root"))),
    row("keys-of-roles-for-an-hour", "product/assume-role", "gives keys for an hour whatever was asked",
        request(ASSUME, drop("DurationSeconds"))),
    row("one-key-for-all-roles", "product/assume-role", "gives the same key again",
        answer(ASSUME, "Credentials", put(AccessKeyId="STS.one"))),
    row("session-without-its-name", "product/assume-role", "does not name the session",
        answer(ASSUME, "AssumedRoleUser.AssumedRoleId", replaced(":alice", ""))),
    row("any-arn", "product/assume-role-input", "takes any text for the Arn of a role",
        retry(ASSUME, "InvalidParameter.RoleArn", put(RoleArn="acs:ram::1000000000000001:role/reader"))),
    row("any-session-name", "product/assume-role-input", "takes any name of a session",
        retry(ASSUME, "InvalidParameter.RoleSessionName", put(RoleSessionName="alice"))),
    row("sessions-of-any-length", "product/assume-role-input", "takes any length of a session",
        retry(ASSUME, "InvalidParameter.DurationSeconds", drop("DurationSeconds"))),
    row("every-role-is-there", "product/role", "knows every role",
        retry(ROLE, "EntityNotExist.Role", put(RoleName="reader"))),
    row("no-role-is-listed", "product/role", "lists no roles", answer("ram.ListRoles", "Roles.Role", emptied())),
    row("roles-have-one-page", "product/role", "lists the first page for every marker",
        request("ram.ListRoles", drop("Marker"))),
    row("role-ids-differ", "product/role", "tells another id of a role than it lists",
        answer(ROLE, "Role.RoleId", becomes("300000000000000000"))),
    row("region-of-endpoints-unheeded", "product/endpoints", "has endpoints in regions that there are not",
        retry(ENDPOINTS, "InvalidRegionId", put(Id="cn-hangzhou"))),
    row("unknown-product-is-a-region", "product/endpoints", "calls an unknown product an unknown region",
        refused_as(ENDPOINTS, "Illegal Parameter", "InvalidRegionId")),
    row("endpoints-unspelt", "product/endpoints", "does not say whose an endpoint is",
        answer(ENDPOINTS, "Endpoints.Endpoint[]", put(SerivceCode=""))),
    row("no-default-group", "product/resource-groups", "has no default resource group",
        answer(GROUPS, "ResourceGroups.ResourceGroup[]", put(Name="mine"))),
    row("groups-of-any-status", "product/resource-groups", "does not filter resource groups by status",
        request(GROUPS, drop("Status"))),
    row("groups-of-any-name", "product/resource-groups", "does not filter resource groups by name",
        request(GROUPS, drop("Name"))),
    row("groups-of-any-id", "product/resource-groups", "does not filter resource groups by id",
        request(GROUPS, drop("ResourceGroupId"))),
)  # fmt: skip
