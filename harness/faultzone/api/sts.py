"""The actions of STS, which tells who calls and gives temporary keys.

Source: API reference of STS 2015-04-01, GetCallerIdentity and AssumeRole.
"""

from __future__ import annotations

from typing import Final

from faultzone.api.answer import FIRST, Answer, Structure, Text, Time
from faultzone.api.products import STS
from faultzone.api.request import Request, integer, text

#: How many seconds a session may last, with the role's own limit, which is that of a role for which none was chosen.
SESSION_SECONDS: Final = (900, 3600)
_ANY_RIGHT: Final = "a key may do here what its account may"
_NO_TRUST: Final = "every role here trusts its own account and ECS"


class GetCallerIdentity(Request):
    """Tell whose the key of the request is."""

    product = STS
    writes = False

    #: On the wire the key that the request is signed with, where that is a temporary one.
    access_key_id: str | None = text("AccessKeyId")

    answer = Answer(
        Text("IdentityType", "AccountId", "PrincipalId", "Arn"),
        Text("UserId", when="an account calls"),
        Text("RoleId", when="a role calls"),
    )


class AssumeRole(Request):
    """Give a temporary key of a role."""

    product = STS
    tells_secrets = True

    role_arn: str = text("RoleArn", required=True)
    role_session_name: str = text("RoleSessionName", required=True)
    duration_seconds: int = integer(
        "DurationSeconds",
        SESSION_SECONDS[1],
        least=SESSION_SECONDS[0],
        most=SESSION_SECONDS[1],
        code="InvalidParameter.DurationSeconds",
    )
    policy: str | None = text("Policy", inert=FIRST, why=_ANY_RIGHT)
    external_id: str | None = text("ExternalId", inert=FIRST, why=_NO_TRUST)
    source_identity: str | None = text("SourceIdentity")

    answer = Answer(
        Structure("AssumedRoleUser", Text("Arn", "AssumedRoleId")),
        Structure("Credentials", Text("AccessKeyId", "AccessKeySecret", "SecurityToken"), Time("Expiration")),
        Text("SourceIdentity", when="the request has one"),
    )
