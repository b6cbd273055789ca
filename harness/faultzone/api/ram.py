"""The actions of RAM that clients of ECS ask: roles, and the alias of an account.

Source: API reference of RAM 2015-05-01, GetRole, ListRoles and GetAccountAlias.
"""

from __future__ import annotations

from typing import Final

from faultzone.api.answer import FIRST, Answer, Number, Structure, Text, Time, Truth, items
from faultzone.api.products import RAM
from faultzone.api.request import Request, integer, not_simulated, text

_ROLE: Final = (
    Text("RoleId", "RoleName", "Arn"),
    Text("Description", empty="no role here has one"),
    Time("CreateDate", "UpdateDate"),
    Number("MaxSessionDuration"),
)


class GetRole(Request):
    """Tell of one role."""

    product = RAM
    writes = False

    role_name: str = text("RoleName", required=True)

    answer = Answer(Structure("Role", *_ROLE, Text("AssumeRolePolicyDocument"), Truth("IsServiceLinkedRole")))


class ListRoles(Request):
    """List roles."""

    product = RAM
    writes = False

    marker: str | None = text("Marker")
    max_items: int = integer("MaxItems", 100, least=1, most=1000)
    tags: object = not_simulated("Tag", "roles have no tags here", since=FIRST)

    answer = Answer(
        Truth("IsTruncated"),
        Text("Marker", when="there are more"),
        items("Roles", "Role", *_ROLE),
    )


class GetAccountAlias(Request):
    """Tell the alias of the account."""

    product = RAM
    writes = False

    answer = Answer(Text("AccountAlias"))
